/*
 * A transport stream writer for tests; see ts_writer.h.
 */
#include "ts_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_MAX 184

void ts_bytes_append(ts_bytes *b, const void *data, size_t size)
{
    if (b->size + size > b->capacity) {
        b->capacity = (b->size + size) * 2 + 256;
        b->data = realloc(b->data, b->capacity);
        if (!b->data) {
            fprintf(stderr, "out of memory\n");
            abort();
        }
    }
    if (size > 0)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

void ts_bytes_u8(ts_bytes *b, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    ts_bytes_append(b, &byte, 1);
}

void ts_bytes_u16(ts_bytes *b, unsigned value)
{
    ts_bytes_u8(b, value >> 8);
    ts_bytes_u8(b, value);
}

void ts_bytes_u32(ts_bytes *b, uint32_t value)
{
    ts_bytes_u16(b, value >> 16);
    ts_bytes_u16(b, value & 0xFFFF);
}

void ts_bytes_clear(ts_bytes *b)
{
    b->size = 0;
}

void ts_bytes_free(ts_bytes *b)
{
    free(b->data);
    memset(b, 0, sizeof(*b));
}

void ts_writer_init(ts_writer *w, ts_bytes *out)
{
    memset(w, 0, sizeof(*w));
    w->out = out;
    w->transport_stream_id = 1;
    w->program = 1;
    w->pmt_pid = 0x1000;
    w->pcr_pid = 0x1FFF;
}

void ts_writer_remove_all(ts_writer *w)
{
    for (size_t i = 0; i < w->stream_count; i++)
        ts_bytes_free(&w->streams[i].descriptors);
    w->stream_count = 0;
}

void ts_writer_deinit(ts_writer *w)
{
    ts_writer_remove_all(w);
    ts_bytes_free(&w->program_descriptors);
}

ts_writer_stream *ts_writer_add(ts_writer *w, uint16_t pid, uint8_t stream_type, const char *language)
{
    if (w->stream_count == TS_STREAMS_MAX)
        abort();
    if (w->stream_count == 0)
        w->pcr_pid = pid;
    ts_writer_stream *s = &w->streams[w->stream_count++];
    memset(s, 0, sizeof(*s));
    s->pid = pid;
    s->stream_type = stream_type;
    if (language) {
        snprintf(s->language, sizeof(s->language), "%s", language);
        uint8_t body[4] = {0};
        memcpy(body, s->language, 3);
        ts_bytes_descriptor(&s->descriptors, 0x0A, body, sizeof(body));
    }
    return s;
}

void ts_bytes_descriptor(ts_bytes *b, unsigned tag, const void *body, size_t size)
{
    ts_bytes_u8(b, tag);
    ts_bytes_u8(b, (unsigned)size);
    ts_bytes_append(b, body, size);
}

/* What stands in a packet's adaptation field. */
typedef struct adaptation {
    int64_t pcr;
    bool is_random_access, is_discontinuity;
} adaptation;

static size_t adaptation_size(const adaptation *a)
{
    if (a->pcr != TS_NO_TIME)
        return 8;
    return a->is_random_access || a->is_discontinuity ? 2 : 0;
}

static void write_adaptation(uint8_t *p, const adaptation *a, size_t size)
{
    p[0] = (uint8_t)(size - 1);
    if (size == 1)
        return;
    memset(p + 1, 0xFF, size - 1);
    p[1] = (uint8_t)((a->is_discontinuity ? 0x80 : 0) | (a->is_random_access ? 0x40 : 0));
    if (a->pcr == TS_NO_TIME)
        return;
    uint64_t base = (uint64_t)a->pcr & ((UINT64_C(1) << 33) - 1);
    p[1] |= 0x10;
    p[2] = (uint8_t)(base >> 25);
    p[3] = (uint8_t)(base >> 17);
    p[4] = (uint8_t)(base >> 9);
    p[5] = (uint8_t)(base >> 1);
    p[6] = (uint8_t)((base & 1) << 7 | 0x7E);
    p[7] = 0;
}

/* One packet with up to payload_max bytes of the payload; how many it took. */
static size_t write_packet(ts_writer *w, uint16_t pid, bool is_start, const adaptation *a,
                           const uint8_t *payload, size_t size, size_t payload_max)
{
    uint8_t p[TS_PACKET_SIZE];
    size_t field = adaptation_size(a), room = PAYLOAD_MAX - field;
    size_t count = size < room ? size : room;
    if (payload_max && count > payload_max)
        count = payload_max;
    field = PAYLOAD_MAX - count;
    p[0] = 0x47;
    p[1] = (uint8_t)((is_start ? 0x40 : 0) | pid >> 8);
    p[2] = (uint8_t)pid;
    p[3] = (uint8_t)((field ? 0x20 : 0) | (count ? 0x10 : 0));
    p[3] |= count ? w->counters[pid]++ & 15 : (w->counters[pid] - 1) & 15;
    if (field)
        write_adaptation(p + 4, a, field);
    memcpy(p + 4 + field, payload, count);
    ts_bytes_append(w->out, p, sizeof(p));
    return count;
}

static uint32_t crc32_mpeg(const uint8_t *data, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++)
        for (int bit = 7; bit >= 0; bit--)
            crc = crc << 1 ^ ((crc >> 31 ^ (data[i] >> bit & 1u)) ? 0x04C11DB7u : 0);
    return crc;
}

void ts_writer_section(ts_writer *w, uint16_t pid, const uint8_t *section, size_t size)
{
    ts_bytes b = {0};
    ts_bytes_u8(&b, 0); /* pointer field */
    ts_bytes_append(&b, section, size);
    ts_bytes_u32(&b, crc32_mpeg(section, size));
    while (b.size % PAYLOAD_MAX)
        ts_bytes_u8(&b, 0xFF);
    const adaptation none = {.pcr = TS_NO_TIME};
    for (size_t pos = 0; pos < b.size; pos += PAYLOAD_MAX)
        write_packet(w, pid, pos == 0, &none, b.data + pos, b.size - pos, 0);
    ts_bytes_free(&b);
}

static void begin_table(ts_bytes *b, unsigned table, unsigned id, unsigned version, size_t body_size)
{
    ts_bytes_u8(b, table);
    ts_bytes_u16(b, 0xB000 | (unsigned)(5 + body_size + 4));
    ts_bytes_u16(b, id);
    ts_bytes_u8(b, 0xC1 | (version & 31) << 1);
    ts_bytes_u16(b, 0); /* section 0 of 0 */
}

void ts_writer_tables(ts_writer *w)
{
    ts_bytes b = {0}, body = {0};
    ts_bytes_u16(&body, w->program);
    ts_bytes_u16(&body, 0xE000u | w->pmt_pid);
    begin_table(&b, 0x00, w->transport_stream_id, w->pat_version, body.size);
    ts_bytes_append(&b, body.data, body.size);
    ts_writer_section(w, 0, b.data, b.size);
    ts_bytes_clear(&b);
    ts_bytes_clear(&body);
    ts_bytes_u16(&body, 0xE000u | w->pcr_pid);
    ts_bytes_u16(&body, 0xF000u | (unsigned)w->program_descriptors.size);
    ts_bytes_append(&body, w->program_descriptors.data, w->program_descriptors.size);
    for (size_t i = 0; i < w->stream_count; i++) {
        const ts_writer_stream *s = &w->streams[i];
        ts_bytes_u8(&body, s->stream_type);
        ts_bytes_u16(&body, 0xE000u | s->pid);
        ts_bytes_u16(&body, 0xF000u | (unsigned)s->descriptors.size);
        ts_bytes_append(&body, s->descriptors.data, s->descriptors.size);
    }
    begin_table(&b, 0x02, w->program, w->pmt_version, body.size);
    ts_bytes_append(&b, body.data, body.size);
    ts_writer_section(w, w->pmt_pid, b.data, b.size);
    ts_bytes_free(&b);
    ts_bytes_free(&body);
}

ts_pes ts_pes_make(uint16_t pid, int64_t pts)
{
    return (ts_pes){.pid = pid, .pts = pts, .dts = TS_NO_TIME, .pcr = TS_NO_TIME};
}

static void write_ticks(ts_bytes *b, unsigned marker, int64_t ticks)
{
    uint64_t t = (uint64_t)ticks & ((UINT64_C(1) << 33) - 1);
    ts_bytes_u8(b, marker << 4 | (unsigned)(t >> 29 & 0x0E) | 1);
    ts_bytes_u16(b, (unsigned)(t >> 14 & 0xFFFE) | 1);
    ts_bytes_u16(b, (unsigned)(t << 1 & 0xFFFE) | 1);
}

static unsigned stream_id_of(const ts_writer *w, uint16_t pid)
{
    for (size_t i = 0; i < w->stream_count; i++) {
        if (w->streams[i].pid != pid)
            continue;
        switch (w->streams[i].stream_type) {
        case 0x03:
        case 0x04:
        case 0x0F:
        case 0x11:
        case 0xCF:
            return 0xC0;
        case 0x01:
        case 0x02:
        case 0x1B:
        case 0x24:
        case 0xDB:
            return 0xE0;
        default:
            return 0xBD;
        }
    }
    return 0xBD;
}

void ts_writer_pes(ts_writer *w, const ts_pes *pes, const void *data, size_t size)
{
    ts_bytes b = {0};
    bool has_pts = pes->pts != TS_NO_TIME, has_dts = has_pts && pes->dts != TS_NO_TIME;
    unsigned header = has_dts ? 10 : has_pts ? 5 : 0;
    size_t length = 3 + header + size;
    ts_bytes_u8(&b, 0);
    ts_bytes_u16(&b, 1);
    ts_bytes_u8(&b, pes->stream_id ? pes->stream_id : stream_id_of(w, pes->pid));
    ts_bytes_u16(&b, pes->is_unbounded || length > 0xFFFF ? 0 : (unsigned)length);
    ts_bytes_u8(&b, 0x84); /* data_alignment_indicator */
    ts_bytes_u8(&b, has_dts ? 0xC0 : has_pts ? 0x80 : 0);
    ts_bytes_u8(&b, header);
    if (has_pts)
        write_ticks(&b, has_dts ? 3 : 2, pes->pts);
    if (has_dts)
        write_ticks(&b, 1, pes->dts);
    ts_bytes_append(&b, data, size);
    adaptation a = {pes->pcr, pes->is_random_access, pes->is_discontinuity};
    for (size_t pos = 0; pos < b.size;) {
        pos += write_packet(w, pes->pid, pos == 0, &a, b.data + pos, b.size - pos, pes->packet_payload_max);
        a = (adaptation){.pcr = TS_NO_TIME};
    }
    ts_bytes_free(&b);
}

void ts_writer_null(ts_writer *w)
{
    uint8_t p[TS_PACKET_SIZE];
    memset(p, 0xFF, sizeof(p));
    p[0] = 0x47;
    p[1] = 0x1F;
    p[3] = 0x10;
    ts_bytes_append(w->out, p, sizeof(p));
}

void ts_writer_pcr(ts_writer *w, uint16_t pid, int64_t pcr, bool is_discontinuity)
{
    adaptation a = {.pcr = pcr, .is_discontinuity = is_discontinuity};
    uint8_t nothing = 0;
    write_packet(w, pid, false, &a, &nothing, 0, 0);
}

/* Bits, most significant first. */
typedef struct bit_writer {
    uint8_t data[128];
    size_t count;
} bit_writer;

static void put_bits(bit_writer *b, unsigned count, uint32_t value)
{
    while (count-- > 0) {
        if (b->count % 8 == 0)
            b->data[b->count / 8] = 0;
        b->data[b->count / 8] |= (uint8_t)((value >> count & 1) << (7 - b->count % 8));
        b->count++;
    }
}

static void put_ue(bit_writer *b, uint32_t value)
{
    unsigned bits = 0;
    while ((value + 1) >> (bits + 1))
        bits++;
    put_bits(b, bits, 0);
    put_bits(b, bits + 1, value + 1);
}

/* Start code, header and payload with emulation prevention. */
static void write_nal(ts_bytes *b, const bit_writer *bits)
{
    static const uint8_t start[] = {0, 0, 0, 1};
    ts_bytes_append(b, start, sizeof(start));
    unsigned zeros = 0;
    for (size_t i = 0; i < (bits->count + 7) / 8; i++) {
        if (zeros == 2 && bits->data[i] <= 3) {
            ts_bytes_u8(b, 3);
            zeros = 0;
        }
        zeros = bits->data[i] ? 0 : zeros + 1;
        ts_bytes_u8(b, bits->data[i]);
    }
}

static void write_sps(ts_bytes *b, const ts_h264 *f)
{
    bit_writer w = {.count = 0};
    uint32_t columns = ((uint32_t)f->width + 15) / 16, rows = ((uint32_t)f->height + 15) / 16;
    put_bits(&w, 32, 0x6742C01E); /* constrained baseline, level 3 */
    put_ue(&w, 0);
    put_ue(&w, 0); /* frame_num of 4 bits */
    put_ue(&w, 2); /* output order is decoding order */
    put_ue(&w, 1);
    put_bits(&w, 1, 0);
    put_ue(&w, columns - 1);
    put_ue(&w, rows - 1);
    put_bits(&w, 3, 7); /* frames only, direct_8x8, cropping */
    put_ue(&w, 0);
    put_ue(&w, (columns * 16 - (uint32_t)f->width) / 2);
    put_ue(&w, 0);
    put_ue(&w, (rows * 16 - (uint32_t)f->height) / 2);
    put_bits(&w, 1, f->frame_rate_num > 0); /* VUI */
    if (f->frame_rate_num > 0) {
        put_bits(&w, 4, 0);
        put_bits(&w, 1, 1);
        put_bits(&w, 32, (uint32_t)f->frame_rate_den);
        put_bits(&w, 32, (uint32_t)f->frame_rate_num * 2);
        put_bits(&w, 5, 0x10);
    }
    put_bits(&w, 1, 1);
    write_nal(b, &w);
}

static void write_slice(ts_bytes *b, bool is_idr, uint32_t first_mb, uint32_t number, size_t size)
{
    bit_writer w = {.count = 0};
    put_bits(&w, 8, is_idr ? 0x65 : 0x41);
    put_ue(&w, first_mb);
    put_ue(&w, is_idr ? 7 : 5);
    put_ue(&w, 0);
    put_bits(&w, 4, number & 15); /* frame_num */
    for (int i = 4; i >= 0; i--)  /* the number in bytes that cannot look like a start code */
        put_bits(&w, 8, 0x80 | (number >> (7 * i) & 127));
    put_bits(&w, 1, 1);
    size_t begin = b->size;
    write_nal(b, &w);
    for (uint32_t x = number; b->size - begin < size; x = x * 1103515245 + 12345)
        ts_bytes_u8(b, 0x80 | x >> 24);
}

void ts_es_h264(ts_bytes *b, const ts_h264 *format, bool is_idr, uint32_t number, size_t size)
{
    static const uint8_t delimiter[] = {0, 0, 0, 1, 0x09, 0xF0};
    static const uint8_t pps[] = {0, 0, 0, 1, 0x68, 0xCE, 0x38, 0x80};
    if (!format->has_no_delimiter)
        ts_bytes_append(b, delimiter, sizeof(delimiter));
    if (is_idr) {
        write_sps(b, format);
        ts_bytes_append(b, pps, sizeof(pps));
    }
    int slices = format->slices ? format->slices : 1;
    for (int i = 0; i < slices; i++)
        write_slice(b, is_idr, (uint32_t)i * 4, number, size / (size_t)slices);
}

void ts_es_adts(ts_bytes *b, int sample_rate, int channels, size_t size)
{
    static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                22050, 16000, 12000, 11025, 8000,  7350};
    unsigned rate = 0;
    while (rate < 12 && rates[rate] != sample_rate)
        rate++;
    unsigned count = channels == 8 ? 7 : (unsigned)channels;
    if (size < 7)
        size = 7;
    ts_bytes_u16(b, 0xFFF1);
    ts_bytes_u8(b, 1u << 6 | rate << 2 | count >> 2);
    ts_bytes_u8(b, (count & 3) << 6 | (unsigned)(size >> 11));
    ts_bytes_u8(b, (unsigned)(size >> 3));
    ts_bytes_u8(b, (unsigned)(size & 7) << 5 | 0x1F);
    ts_bytes_u8(b, 0xFC);
    for (size_t i = 7; i < size; i++)
        ts_bytes_u8(b, (unsigned)(0x21 + i) & 0x7F);
}

static void write_synchsafe(ts_bytes *b, size_t value)
{
    for (int shift = 21; shift >= 0; shift -= 7)
        ts_bytes_u8(b, (unsigned)(value >> shift) & 127);
}

void ts_es_id3_priv(ts_bytes *b, const char *owner, const void *data, size_t size)
{
    size_t body = strlen(owner) + 1 + size;
    ts_bytes_append(b, "ID3\4\0\0", 6);
    write_synchsafe(b, 10 + body);
    ts_bytes_append(b, "PRIV", 4);
    write_synchsafe(b, body);
    ts_bytes_u16(b, 0);
    ts_bytes_append(b, owner, strlen(owner) + 1);
    ts_bytes_append(b, data, size);
}
