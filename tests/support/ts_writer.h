/*
 * Writes transport streams for tests and the simulator: tables, PES packets, adaptation fields, stuffing,
 * and elementary streams that a demuxer takes for real (they hold no decodable pictures or sound).
 * Everything goes to the end of a buffer that the caller gave. Memory that runs out ends the program.
 */
#ifndef AZ_TESTS_TS_WRITER_H
#define AZ_TESTS_TS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_PACKET_SIZE 188
#define TS_NO_TIME     INT64_MIN
#define TS_STREAMS_MAX 40

/* A buffer that grows. Zero-initialise; free with ts_bytes_free(). */
typedef struct ts_bytes {
    uint8_t *data;
    size_t size, capacity;
} ts_bytes;

void ts_bytes_append(ts_bytes *b, const void *data, size_t size);
void ts_bytes_u8(ts_bytes *b, unsigned value);
void ts_bytes_u16(ts_bytes *b, unsigned value);
void ts_bytes_u32(ts_bytes *b, uint32_t value);
void ts_bytes_clear(ts_bytes *b);
void ts_bytes_free(ts_bytes *b);

typedef struct ts_writer_stream {
    uint16_t pid;
    uint8_t stream_type;
    char language[4]; /* "" none */
    ts_bytes descriptors;
} ts_writer_stream;

/* Fields may be changed between calls; init sets what an encoder would. */
typedef struct ts_writer {
    ts_bytes *out;
    uint16_t transport_stream_id, program, pmt_pid, pcr_pid;
    uint8_t pat_version, pmt_version;
    ts_bytes program_descriptors;
    ts_writer_stream streams[TS_STREAMS_MAX];
    size_t stream_count;
    uint8_t counters[8192]; /* continuity counter of the next packet */
} ts_writer;

/* Programme 1, PMT on PID 0x1000, no streams. */
void ts_writer_init(ts_writer *w, ts_bytes *out);
void ts_writer_deinit(ts_writer *w);

/* The first stream added carries the clock. NULL language: none. */
ts_writer_stream *ts_writer_add(ts_writer *w, uint16_t pid, uint8_t stream_type, const char *language);
void ts_writer_remove_all(ts_writer *w);
void ts_bytes_descriptor(ts_bytes *b, unsigned tag, const void *body, size_t size);

/* PAT and PMT. */
void ts_writer_tables(ts_writer *w);

/* Any section, without its CRC. */
void ts_writer_section(ts_writer *w, uint16_t pid, const uint8_t *section, size_t size);

typedef struct ts_pes {
    uint16_t pid;
    uint8_t stream_id; /* 0: by the stream's type */
    int64_t pts, dts;  /* 90 kHz, taken modulo 2^33; TS_NO_TIME: not written */
    int64_t pcr;       /* 90 kHz; TS_NO_TIME: not written */
    bool is_unbounded; /* PES_packet_length 0 */
    bool is_random_access, is_discontinuity;
    size_t packet_payload_max; /* 0: as much as fits */
} ts_pes;

/* pts without dts and pcr. */
ts_pes ts_pes_make(uint16_t pid, int64_t pts);
void ts_writer_pes(ts_writer *w, const ts_pes *pes, const void *data, size_t size);

/* A packet of null PID; one with a clock and no payload. */
void ts_writer_null(ts_writer *w);
void ts_writer_pcr(ts_writer *w, uint16_t pid, int64_t pcr, bool is_discontinuity);

/* Elementary streams, appended to `b`. */

/* An access unit of H.264: delimiter, SPS and PPS before an IDR picture, one slice of about `size` bytes that
 * holds `number` in its bytes. frame_rate_num 0: no timing info. */
typedef struct ts_h264 {
    int width, height; /* even */
    int frame_rate_num, frame_rate_den;
    bool has_no_delimiter;
    int slices; /* 0: 1 */
} ts_h264;
void ts_es_h264(ts_bytes *b, const ts_h264 *format, bool is_idr, uint32_t number, size_t size);

/* An AAC-LC frame with ADTS header, of `size` bytes in all. */
void ts_es_adts(ts_bytes *b, int sample_rate, int channels, size_t size);

/* An ID3v2.4 tag with one PRIV frame. */
void ts_es_id3_priv(ts_bytes *b, const char *owner, const void *data, size_t size);

#endif
