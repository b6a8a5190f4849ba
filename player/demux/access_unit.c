/*
 * Access unit boundaries; see demux/access_unit.h. This is the loop that sees every byte of the picture: it
 * skips blocks without two zeros in a row, written so that compilers make vector instructions of it.
 */
#include "demux/access_unit.h"

#include <string.h>

#include "base/reader.h"

/* Bytes from the header of a unit that are enough to classify it: with them first_mb_in_slice is whole. */
#define HEADER_SIZE 7
#define BLOCK_SIZE  ((size_t)128)

typedef enum unit_kind {
    UNIT_OTHER,  /* stays where it is */
    UNIT_STARTS, /* begins an access unit if one with a picture is open */
    UNIT_PREFIX, /* belongs to what follows it */
    UNIT_SLICE,
} unit_kind;

typedef struct unit_info {
    unit_kind kind;
    bool is_key;
    uint32_t position; /* slices: of the first block in the picture */
} unit_info;

void az_au_splitter_init(az_au_splitter *s, az_codec codec)
{
    memset(s, 0, sizeof(*s));
    s->codec = codec;
    az_au_splitter_reset(s);
}

void az_au_splitter_reset(az_au_splitter *s)
{
    s->scan = 2;
    s->begin = s->unit = s->prefix = AZ_AU_NONE;
    s->last_slice = 0;
    s->has_picture = s->is_key = false;
}

/* Whether two zeros stand in a row somewhere in p[0..BLOCK_SIZE]: hardly ever in coded pictures. */
static bool has_zero_pair(const uint8_t *p)
{
    uint8_t low = UINT8_MAX;
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        uint8_t both = p[i] | p[i + 1];
        low = both < low ? both : low;
    }
    return low == 0;
}

/* The offset of the 01 of the next start code at or after `from`; `size` or more when there is none. */
static size_t find_start_code(const uint8_t *data, size_t from, size_t size)
{
    while (from < size) {
        /* the zeros of a start code whose 01 is in the block begin in data[from - 2 .. from + BLOCK_SIZE - 3]
         */
        while (size - from > BLOCK_SIZE && !has_zero_pair(data + from - 2))
            from += BLOCK_SIZE;
        size_t end = AZ_MIN(size, from + BLOCK_SIZE);
        while (from < end) {
            const uint8_t *one = memchr(data + from, 1, end - from);
            if (!one) {
                from = end;
            } else if (one[-1] == 0 && one[-2] == 0) {
                return (size_t)(one - data);
            } else {
                from = (size_t)(one - data) + 1;
            }
        }
    }
    return from;
}

static unit_info classify_h264(const uint8_t *unit, size_t size)
{
    unit_info info = {UNIT_OTHER, false, 0};
    switch (unit[0] & 31) {
    case 1: /* slice */
    case 2: /* data partition A */
    case 5: /* IDR slice */
        info.kind = UNIT_SLICE;
        info.is_key = (unit[0] & 31) == 5;
        if (size > 1 && !(unit[1] & 0x80)) {
            az_bits bits;
            az_bits_init(&bits, az_span_make(unit + 1, size - 1));
            info.position = az_bits_ue(&bits);
        }
        break;
    case 6: /* SEI */
    case 7: /* SPS */
    case 8: /* PPS */
    case 9: /* delimiter */
    case 15:
    case 16:
    case 17:
    case 18:
        info.kind = UNIT_STARTS;
        break;
    case 14:
        info.kind = UNIT_PREFIX;
        break;
    }
    return info;
}

static unit_info classify_h265(const uint8_t *unit, size_t size)
{
    unit_info info = {UNIT_OTHER, false, 0};
    unsigned type = (unit[0] >> 1) & 63;
    unsigned layer = size > 1 ? (unit[0] & 1u) << 5 | unit[1] >> 3 : 0;
    if (layer > 0)
        return info;
    if (type < 32) { /* 22..31 are reserved slices */
        info.kind = UNIT_SLICE;
        info.is_key = type >= 16 && type <= 23;
        info.position = size > 2 && !(unit[2] & 0x80); /* first_slice_segment_in_pic_flag */
    } else if ((type <= 35) || type == 39 || (type >= 41 && type <= 44) || (type >= 48 && type <= 55)) {
        info.kind = UNIT_STARTS;
    }
    return info;
}

static unit_info classify_mpeg2(const uint8_t *unit)
{
    unit_info info = {UNIT_OTHER, false, 0};
    if (unit[0] == 0x00)
        info.kind = UNIT_SLICE; /* a picture header: position 0 begins the next picture */
    else if (unit[0] == 0xB3 || unit[0] == 0xB8)
        info.kind = UNIT_STARTS;
    return info;
}

static unit_info classify(az_codec codec, const uint8_t *unit, size_t size)
{
    if (codec == AZ_CODEC_H264)
        return classify_h264(unit, size);
    if (codec == AZ_CODEC_H265)
        return classify_h265(unit, size);
    unit_info info = classify_mpeg2(unit);
    if (info.kind == UNIT_SLICE && size > 2) /* picture_coding_type 1: intra */
        info.is_key = ((unit[2] >> 3) & 7) == 1;
    return info;
}

static void take_format(az_au_splitter *s, az_span unit)
{
    uint64_t hash = az_hash(AZ_HASH_SEED, unit.data, unit.size);
    if (s->is_format_known && hash == s->format_hash)
        return;
    az_video_format format;
    bool ok;
    if (s->codec == AZ_CODEC_H264)
        ok = az_h264_sps_parse(unit, &format);
    else if (s->codec == AZ_CODEC_H265)
        ok = az_h265_sps_parse(unit, &format);
    else
        ok = az_mpeg2_sequence_parse(az_span_sub(unit, 1, unit.size), &format);
    if (!ok) {
        s->is_format_bad = true;
        return;
    }
    s->is_format_new = true;
    s->is_format_known = true;
    s->format_hash = hash;
    s->format = format;
}

/* Whether an H.264 SEI unit has a recovery point message (D.1.8): decoding may start here. */
static bool has_recovery_point(az_span unit)
{
    uint8_t start[256];
    size_t size = az_nal_unescape(start, sizeof(start), unit), pos = 1;
    while (pos + 2 < size) {
        unsigned type = 0, length = 0;
        while (pos < size && start[pos] == 255)
            type += start[pos++];
        type += pos < size ? start[pos++] : 0;
        while (pos < size && start[pos] == 255)
            length += start[pos++];
        length += pos < size ? start[pos++] : 0;
        if (type == 6)
            return true;
        pos += length;
    }
    return false;
}

/* The open unit ends: what is in it that matters here? */
static void close_unit(az_au_splitter *s, az_span bytes, size_t end)
{
    if (s->unit == AZ_AU_NONE || s->unit >= end)
        return;
    az_span unit = az_span_sub(bytes, s->unit, end - s->unit);
    while (unit.size > 1 && unit.data[unit.size - 1] == 0)
        unit.size--;
    unsigned type = unit.data[0];
    if (s->codec == AZ_CODEC_H264) {
        if ((type & 31) == 7)
            take_format(s, unit);
        else if ((type & 31) == 6 && !s->is_key)
            s->is_key = has_recovery_point(unit);
    } else if (s->codec == AZ_CODEC_H265) {
        if (((type >> 1) & 63) == 33 && unit.size > 1 && !(type & 1) && unit.data[1] >> 3 == 0)
            take_format(s, unit);
    }
    s->unit = AZ_AU_NONE;
}

/* MPEG-2 puts the format in units of their own start codes: header and extension are read together once
 * the picture header shows that both are there. */
static void take_mpeg2_format(az_au_splitter *s, az_span bytes, size_t end)
{
    size_t at = s->begin + 3;
    if (s->begin != AZ_AU_NONE && at < end && bytes.data[at] == 0xB3)
        take_format(s, az_span_sub(bytes, at, AZ_MIN(end - at, (size_t)160)));
}

/* Whether a unit that starts at `start` begins another access unit; *at is where. */
static bool begins_access_unit(az_au_splitter *s, const unit_info *info, size_t start, size_t *at)
{
    *at = start;
    if (s->begin == AZ_AU_NONE)
        return true;
    if (!s->has_picture)
        return false;
    if (info->kind == UNIT_STARTS)
        return true;
    if (info->kind != UNIT_SLICE)
        return false;
    bool is_first = s->codec == AZ_CODEC_H265 ? info->position == 0 : info->position <= s->last_slice;
    if (is_first && s->prefix != AZ_AU_NONE)
        *at = s->prefix;
    return is_first;
}

static void enter_unit(az_au_splitter *s, const unit_info *info, size_t start, size_t header)
{
    s->unit = header;
    if (info->kind == UNIT_PREFIX && s->has_picture) {
        s->prefix = start;
    } else if (info->kind == UNIT_SLICE) {
        s->prefix = AZ_AU_NONE;
        s->has_picture = true;
        s->last_slice = info->position;
        s->is_key |= info->is_key;
    }
}

bool az_au_splitter_next(az_au_splitter *s, az_span bytes, bool is_end, az_au *au)
{
    for (;;) {
        size_t one = find_start_code(bytes.data, s->scan, bytes.size);
        size_t header = one + 1;
        if (one >= bytes.size || header >= bytes.size) {
            s->scan = AZ_MAX(AZ_MIN(one, bytes.size), (size_t)2);
            return false;
        }
        unit_info info = classify(s->codec, bytes.data + header, bytes.size - header);
        if (bytes.size - header < HEADER_SIZE && !is_end && info.kind == UNIT_SLICE) {
            s->scan = one;
            return false;
        }
        size_t start = one - 2;
        if (start > 0 && bytes.data[start - 1] == 0)
            start--; /* zero_byte */
        close_unit(s, bytes, one - 2);
        if (s->codec == AZ_CODEC_MPEG2_VIDEO && info.kind == UNIT_SLICE)
            take_mpeg2_format(s, bytes, one - 2);
        s->scan = header + 1;
        size_t at;
        bool is_boundary = begins_access_unit(s, &info, start, &at);
        bool is_complete = is_boundary && s->begin != AZ_AU_NONE;
        if (is_complete)
            *au = (az_au){s->begin, at, s->is_key, s->has_picture};
        if (is_boundary) {
            s->begin = at;
            s->has_picture = s->is_key = false;
        }
        enter_unit(s, &info, start, header);
        if (is_complete)
            return true;
    }
}

bool az_au_splitter_flush(az_au_splitter *s, az_span bytes, az_au *au)
{
    close_unit(s, bytes, bytes.size);
    bool is_open = s->begin != AZ_AU_NONE && s->begin < bytes.size;
    if (is_open)
        *au = (az_au){s->begin, bytes.size, s->is_key, s->has_picture};
    az_au_splitter_reset(s);
    return is_open;
}

void az_au_splitter_move(az_au_splitter *s, size_t count)
{
    s->scan = s->scan >= count + 2 ? s->scan - count : 2;
    if (s->begin != AZ_AU_NONE)
        s->begin -= count;
    if (s->unit != AZ_AU_NONE)
        s->unit -= count;
    if (s->prefix != AZ_AU_NONE)
        s->prefix -= count;
}
