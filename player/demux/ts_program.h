/*
 * The programme that is demuxed: PAT and PMT payloads in, a table that says what each PID carries and the
 * elementary streams out. ISO/IEC 13818-1 2.4.4.
 *
 * With several programmes in the PAT the first whose PMT arrives is taken, and kept while the PAT lists it.
 */
#ifndef AZ_DEMUX_TS_PROGRAM_H
#define AZ_DEMUX_TS_PROGRAM_H

#include "demux/ts_psi.h"
#include "demux/ts_section.h"
#include "demux/ts_stream.h"

#define AZ_PID_COUNT 8192

/* Values of `slots`. */
enum {
    AZ_SLOT_NONE = 0,
    AZ_SLOT_PAT = 1,
    AZ_SLOT_PMT = 2,
    AZ_SLOT_STREAM = 3, /* and up: streams[slot - AZ_SLOT_STREAM] */
    AZ_SLOTS = AZ_SLOT_STREAM + AZ_TS_TRACKS_MAX,
};

/* What is remembered of the last packet of a PID. */
typedef struct az_ts_link {
    int8_t counter;       /* -1: none */
    bool is_duplicate;    /* it was one */
    bool is_easy;         /* its payload stands at the end of the stream's buffer; no fingerprint was taken */
    uint64_t fingerprint; /* else: of its bytes */
} az_ts_link;

typedef struct az_ts_program {
    az_ts_out *out;
    uint8_t slots[AZ_PID_COUNT];
    az_ts_link links[AZ_SLOTS];
    az_ts_stream *streams[AZ_TS_TRACKS_MAX];

    bool has_pat;
    uint8_t pat_version;
    uint8_t pat_sections[32]; /* of this version: bit set when received */
    size_t program_count;
    az_pat_program programs[AZ_TS_PROGRAMS_MAX];
    uint16_t number;      /* of the programme that was chosen, 0 none yet */
    uint16_t section_pid; /* whose bytes are in pmt_section, 0 none */
    bool has_pmt;
    uint64_t pmt_hash; /* of the PMT that was taken last */
    az_section pat_section, pmt_section;
} az_ts_program;

void az_ts_program_init(az_ts_program *p, az_ts_out *out);
void az_ts_program_deinit(az_ts_program *p);

/* The payload of a packet whose slot is AZ_SLOT_PAT or AZ_SLOT_PMT. */
void az_ts_program_feed(az_ts_program *p, uint16_t pid, bool is_unit_start, az_span payload);

/* Packets before the next are missing: sections that are not whole are dropped. */
void az_ts_program_gap(az_ts_program *p, uint8_t slot);

/* Forgets continuity counters and sections that are not whole; the tables stay known. */
void az_ts_program_reset(az_ts_program *p);

#endif
