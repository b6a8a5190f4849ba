/*
 * Transport stream packets, tables and PES headers; see ts_writer.h. Section numbers are ISO/IEC 13818-1's.
 */
#include "ts_writer.h"

#include <string.h>

#define PAYLOAD_SIZE       (CH_TS_PACKET_SIZE - 4)
#define PROGRAM            1
#define STREAM_TYPE_H264   0x1b
#define STREAM_TYPE_ADTS   0x0f
#define STREAM_TYPE_ID3    0x15 /* metadata in PES packets */
#define PES_SIZE_MAX       65535
#define PES_HEADER_MAX     32
#define ADTS_HEADER_SIZE   7
#define ADTS_FRAME_MAX     8191
#define NO_PCR             INT64_MIN
#define ACCESS_UNIT_PREFIX 6 /* start code, delimiter, its payload */

/* The bytes of one PES packet before they are cut into transport packets. */
typedef struct pes {
    unsigned stream; /* CH_TS_VIDEO ... */
    unsigned pid;
    uint8_t header[PES_HEADER_MAX];
    size_t header_size;
    const uint8_t *payload;
    size_t payload_size;
    int64_t pcr; /* or NO_PCR */
    bool random_access;
} pes;

uint32_t ch_ts_crc(const uint8_t *data, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint32_t)data[i] << 24;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (crc << 1) ^ ((crc >> 31) ? UINT32_C(0x04c11db7) : 0);
    }
    return crc;
}

bool ch_adts_parse(ch_adts *out, const uint8_t *config, size_t size)
{
    if (size < 2)
        return false;
    *out = (ch_adts){
        .object_type = config[0] >> 3,
        .frequency_index = ((config[0] & 7u) << 1) | (config[1] >> 7),
        .channels = (config[1] >> 3) & 15u,
    };
    return out->object_type >= 1 && out->object_type <= 4 && out->frequency_index <= 12 &&
           out->channels >= 1 && out->channels <= 7;
}

void ch_ts_writer_init(ch_ts_writer *w, bool has_audio)
{
    *w = (ch_ts_writer){.has_audio = has_audio};
}

static void write_packet_header(ch_ts_writer *w, uint8_t *packet, unsigned stream, unsigned pid, bool start,
                                bool adaptation)
{
    packet[0] = 0x47;
    packet[1] = (uint8_t)((start ? 0x40u : 0u) | (pid >> 8));
    packet[2] = (uint8_t)(pid & 0xffu);
    packet[3] = (uint8_t)((adaptation ? 0x30u : 0x10u) | w->counters[stream]);
    w->counters[stream] = (w->counters[stream] + 1) & 15;
}

/* A section of at most one packet: pointer field, section, CRC, padding (2.4.4). */
static void write_section(ch_ts_writer *w, ch_bytes *out, unsigned stream, unsigned pid, uint8_t *section,
                          size_t size)
{
    section[1] = 0xb0; /* section_syntax_indicator; the length fits in the second byte */
    section[2] = (uint8_t)(size - 3 + 4);
    uint32_t crc = ch_ts_crc(section, size);
    for (unsigned i = 0; i < 4; i++)
        section[size + i] = (uint8_t)(crc >> (24 - 8 * i));
    uint8_t *packet = ch_bytes_extend(out, CH_TS_PACKET_SIZE);
    if (!packet)
        return;
    write_packet_header(w, packet, stream, pid, true, false);
    memcpy(packet + 5, section, size + 4);
    memset(packet + 5 + size + 4, 0xff, CH_TS_PACKET_SIZE - 5 - size - 4);
}

static size_t put(uint8_t *out, size_t pos, const void *data, size_t size)
{
    memcpy(out + pos, data, size);
    return pos + size;
}

static size_t put_stream(uint8_t *out, size_t pos, unsigned type, unsigned pid, size_t info_size)
{
    const uint8_t entry[5] = {(uint8_t)type, (uint8_t)(0xe0u | (pid >> 8)), (uint8_t)(pid & 0xffu), 0xf0,
                              (uint8_t)info_size};
    return put(out, pos, entry, sizeof(entry));
}

void ch_ts_write_tables(ch_ts_writer *w, ch_bytes *out)
{
    /* metadata_pointer_descriptor (2.6.58) and metadata_descriptor (2.6.60), both for 'ID3 '. */
    static const uint8_t pointer[] = {0x25, 15,  0xff, 0xff, 'I', 'D',  '3', ' ',    0xff,
                                      'I',  'D', '3',  ' ',  0,   0x1f, 0,   PROGRAM};
    static const uint8_t metadata[] = {0x26, 13,  0xff, 0xff, 'I', 'D', '3', ' ',
                                       0xff, 'I', 'D',  '3',  ' ', 0,   0x0f};
    static const uint8_t pat_body[] = {
        0x00, 0, 0, 0, 1, 0xc1, 0, 0, 0, PROGRAM, 0xe0 | (CH_TS_PID_PMT >> 8), CH_TS_PID_PMT & 0xff};
    static const uint8_t pmt_body[] = {0x02,
                                       0,
                                       0,
                                       0,
                                       PROGRAM,
                                       0xc1,
                                       0,
                                       0,
                                       0xe0 | (CH_TS_PID_VIDEO >> 8),
                                       CH_TS_PID_VIDEO & 0xff,
                                       0xf0,
                                       sizeof(pointer)};
    uint8_t section[PAYLOAD_SIZE];
    size_t size = put(section, 0, pat_body, sizeof(pat_body));
    write_section(w, out, CH_TS_PAT, 0, section, size);

    size = put(section, 0, pmt_body, sizeof(pmt_body));
    size = put(section, size, pointer, sizeof(pointer));
    size = put_stream(section, size, STREAM_TYPE_H264, CH_TS_PID_VIDEO, 0);
    if (w->has_audio)
        size = put_stream(section, size, STREAM_TYPE_ADTS, CH_TS_PID_AUDIO, 0);
    size = put_stream(section, size, STREAM_TYPE_ID3, CH_TS_PID_METADATA, sizeof(metadata));
    size = put(section, size, metadata, sizeof(metadata));
    write_section(w, out, CH_TS_PMT, CH_TS_PID_PMT, section, size);
}

/* 33 bits in three marked groups (2.4.3.7). */
static void write_time(uint8_t *out, unsigned prefix, int64_t ticks)
{
    uint64_t t = (uint64_t)ticks;
    out[0] = (uint8_t)((prefix << 4) | ((t >> 29) & 0x0e) | 1);
    out[1] = (uint8_t)(t >> 22);
    out[2] = (uint8_t)(((t >> 14) & 0xfe) | 1);
    out[3] = (uint8_t)(t >> 7);
    out[4] = (uint8_t)(((t << 1) & 0xfe) | 1);
}

/* 42 bits of clock reference, the extension 0 (2.4.3.5). */
static void write_pcr(uint8_t *out, int64_t ticks)
{
    uint64_t t = (uint64_t)ticks;
    out[0] = (uint8_t)(t >> 25);
    out[1] = (uint8_t)(t >> 17);
    out[2] = (uint8_t)(t >> 9);
    out[3] = (uint8_t)(t >> 1);
    out[4] = (uint8_t)(((t & 1) << 7) | 0x7e);
    out[5] = 0;
}

/* Starts the PES header; `dts` equal to `pts` is left out. Only video may leave its length open (0). */
static void begin_pes(pes *p, unsigned stream_id, int64_t pts, int64_t dts, size_t payload_size)
{
    bool has_dts = pts != dts;
    size_t times_size = has_dts ? 10 : 5;
    size_t length = 3 + times_size + payload_size;
    if (p->stream == CH_TS_VIDEO)
        length = 0;
    const uint8_t fixed[9] = {0,
                              0,
                              1,
                              (uint8_t)stream_id,
                              (uint8_t)(length >> 8),
                              (uint8_t)(length & 0xff),
                              0x84 /* data_alignment_indicator */,
                              has_dts ? 0xc0 : 0x80,
                              (uint8_t)times_size};
    p->header_size = put(p->header, 0, fixed, sizeof(fixed));
    write_time(p->header + p->header_size, has_dts ? 3 : 2, pts);
    if (has_dts)
        write_time(p->header + p->header_size + 5, 1, dts);
    p->header_size += times_size;
}

/* The adaptation field into `out` (2.4.3.4): flags, clock, then stuffing up to `size` bytes in all. */
static void write_adaptation(uint8_t *out, size_t size, const pes *p, bool first)
{
    if (size == 0)
        return;
    out[0] = (uint8_t)(size - 1);
    if (size == 1)
        return;
    memset(out + 1, 0xff, size - 1);
    out[1] = 0;
    if (first && p->random_access)
        out[1] |= 0x40;
    if (first && p->pcr != NO_PCR) {
        out[1] |= 0x10;
        write_pcr(out + 2, p->pcr);
    }
}

static void write_pes(ch_ts_writer *w, ch_bytes *out, const pes *p)
{
    size_t total = p->header_size + p->payload_size;
    size_t done = 0;
    while (done < total) {
        bool first = done == 0;
        size_t adaptation = 0;
        if (first && p->pcr != NO_PCR)
            adaptation = 8;
        else if (first && p->random_access)
            adaptation = 2;
        size_t size = PAYLOAD_SIZE - adaptation;
        if (total - done < size) {
            size = total - done;
            adaptation = PAYLOAD_SIZE - size;
        }
        uint8_t *packet = ch_bytes_extend(out, CH_TS_PACKET_SIZE);
        if (!packet)
            return;
        write_packet_header(w, packet, p->stream, p->pid, first, adaptation > 0);
        write_adaptation(packet + 4, adaptation, p, first);
        uint8_t *payload = packet + 4 + adaptation;
        if (first) { /* headers are shorter than one packet's payload */
            memcpy(payload, p->header, p->header_size);
            memcpy(payload + p->header_size, p->payload, size - p->header_size);
        } else {
            memcpy(payload, p->payload + (done - p->header_size), size);
        }
        done += size;
    }
}

/* Whether the access unit begins with a delimiter, after a start code of three or four bytes. */
static bool has_delimiter(const uint8_t *data, size_t size)
{
    size_t zeros = 0;
    while (zeros < size && zeros < 4 && data[zeros] == 0)
        zeros++;
    return zeros >= 2 && zeros + 1 < size && data[zeros] == 1 && (data[zeros + 1] & 0x1f) == 9;
}

void ch_ts_write_video(ch_ts_writer *w, ch_bytes *out, const uint8_t *data, size_t size, int64_t pts,
                       int64_t dts, bool key)
{
    static const uint8_t delimiter[ACCESS_UNIT_PREFIX] = {0, 0, 0, 1, 9, 0xf0};
    pes p = {.stream = CH_TS_VIDEO,
             .pid = CH_TS_PID_VIDEO,
             .payload = data,
             .payload_size = size,
             .pcr = dts - CH_TS_PCR_DELAY,
             .random_access = key};
    begin_pes(&p, 0xe0, pts, dts, size);
    if (!has_delimiter(data, size))
        p.header_size = put(p.header, p.header_size, delimiter, sizeof(delimiter));
    write_pes(w, out, &p);
}

void ch_ts_write_audio(ch_ts_writer *w, ch_bytes *out, const ch_adts *adts, const uint8_t *data, size_t size,
                       int64_t pts)
{
    if (size > ADTS_FRAME_MAX - ADTS_HEADER_SIZE) {
        out->failed = true;
        return;
    }
    pes p = {.stream = CH_TS_AUDIO,
             .pid = CH_TS_PID_AUDIO,
             .payload = data,
             .payload_size = size,
             .pcr = NO_PCR,
             .random_access = true};
    size_t frame = size + ADTS_HEADER_SIZE;
    /* ISO/IEC 14496-3 1.A.2.2: MPEG-4, no CRC, buffer fullness 0x7ff (variable rate), one block. */
    const uint8_t header[ADTS_HEADER_SIZE] = {
        0xff,
        0xf1,
        (uint8_t)(((adts->object_type - 1) << 6) | (adts->frequency_index << 2) | (adts->channels >> 2)),
        (uint8_t)(((adts->channels & 3) << 6) | (frame >> 11)),
        (uint8_t)(frame >> 3),
        (uint8_t)(((frame & 7) << 5) | 0x1f),
        0xfc,
    };
    begin_pes(&p, 0xc0, pts, pts, frame);
    p.header_size = put(p.header, p.header_size, header, sizeof(header));
    write_pes(w, out, &p);
}

void ch_ts_write_metadata(ch_ts_writer *w, ch_bytes *out, const uint8_t *data, size_t size, int64_t pts)
{
    if (size > PES_SIZE_MAX - 8) {
        out->failed = true;
        return;
    }
    pes p = {.stream = CH_TS_METADATA,
             .pid = CH_TS_PID_METADATA,
             .payload = data,
             .payload_size = size,
             .pcr = NO_PCR};
    begin_pes(&p, 0xbd, pts, pts, size);
    write_pes(w, out, &p);
}
