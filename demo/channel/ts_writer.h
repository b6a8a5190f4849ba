/*
 * Writes an MPEG-2 transport stream (ISO/IEC 13818-1) of one programme: H.264, optionally AAC in ADTS, and
 * timed ID3 metadata as in Apple's "Timed Metadata for HTTP Live Streaming". Pure: whole access units and
 * tags go in, 188-byte packets are appended to the caller's bytes. Continuity runs on over segments; begin
 * each segment with ch_ts_write_tables(). Times are 90 kHz ticks and may pass 2^33: they wrap on the wire.
 */
#ifndef CH_TS_WRITER_H
#define CH_TS_WRITER_H

#include "bytes.h"

#define CH_TS_PACKET_SIZE  188
#define CH_TS_PID_PMT      0x1000
#define CH_TS_PID_VIDEO    0x100
#define CH_TS_PID_AUDIO    0x101
#define CH_TS_PID_METADATA 0x102
#define CH_TS_HZ           90000

/* The clock reference runs this far behind the decoding times; the first one must not be below it. */
#define CH_TS_PCR_DELAY 45000

enum {
    CH_TS_PAT,
    CH_TS_PMT,
    CH_TS_VIDEO,
    CH_TS_AUDIO,
    CH_TS_METADATA,
    CH_TS_STREAMS
};

typedef struct ch_ts_writer {
    uint8_t counters[CH_TS_STREAMS];
    bool has_audio;
} ch_ts_writer;

/* What an ADTS header needs of the AudioSpecificConfig (ISO/IEC 14496-3). */
typedef struct ch_adts {
    unsigned object_type;     /* 1..4; 2 is AAC LC */
    unsigned frequency_index; /* 0..12 */
    unsigned channels;        /* channel configuration 1..7 */
} ch_adts;

void ch_ts_writer_init(ch_ts_writer *w, bool has_audio);
void ch_ts_write_tables(ch_ts_writer *w, ch_bytes *out);

/* One H.264 access unit in Annex B form; an access unit delimiter is put in front where there is none. */
void ch_ts_write_video(ch_ts_writer *w, ch_bytes *out, const uint8_t *data, size_t size, int64_t pts,
                       int64_t dts, bool key);

/* One raw AAC frame of at most 8184 bytes (else out->failed). */
void ch_ts_write_audio(ch_ts_writer *w, ch_bytes *out, const ch_adts *adts, const uint8_t *data, size_t size,
                       int64_t pts);

/* One ID3 tag of at most 65527 bytes (else out->failed). */
void ch_ts_write_metadata(ch_ts_writer *w, ch_bytes *out, const uint8_t *data, size_t size, int64_t pts);

/* Reads the first two bytes of an AudioSpecificConfig; false when ADTS cannot carry it. */
bool ch_adts_parse(ch_adts *out, const uint8_t *config, size_t size);

/* CRC-32/MPEG-2 over a section (Annex A); 0 over a section with its CRC. */
uint32_t ch_ts_crc(const uint8_t *data, size_t size);

#endif
