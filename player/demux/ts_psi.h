/*
 * Programme tables (ISO/IEC 13818-1 2.4.4): a whole PAT or PMT section in, its content out. Pure.
 */
#ifndef AZ_DEMUX_TS_PSI_H
#define AZ_DEMUX_TS_PSI_H

#include "demux/demux.h"
#include "demux/opus_unit.h"
#include "demux/ts.h"

typedef struct az_pat_program {
    uint16_t number;
    uint16_t pmt_pid;
} az_pat_program;

typedef struct az_pat {
    uint8_t version, section, last_section;
    bool is_current;
    bool is_cut; /* had more programmes than fit */
    size_t count;
    az_pat_program programs[AZ_TS_PROGRAMS_MAX];
} az_pat;

typedef struct az_pmt_stream {
    uint16_t pid;
    uint8_t stream_type;
    az_media media;
    az_codec codec;
    bool is_encrypted;
    char language[4];
    az_opus_config opus; /* with AZ_CODEC_OPUS */
} az_pmt_stream;

typedef struct az_pmt {
    uint16_t program;
    uint8_t version;
    bool is_current;
    bool is_cut;
    size_t count;
    az_pmt_stream streams[AZ_TS_TRACKS_MAX];
} az_pmt;

/* The section's CRC was checked. False: not such a table, or its structure is broken. */
bool az_pat_parse(az_span section, az_pat *out);
bool az_pmt_parse(az_span section, az_pmt *out);

#endif
