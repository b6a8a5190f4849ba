/*
 * SEI messages: the NAL units of an access unit go in, caption triplets and unregistered user data come out.
 *
 * H.264 and H.265, 7.3.1 (NAL units) and 7.3.2.3, 7.3.5 (SEI); ITU-T T.35 user data as ANSI/SCTE 128-1, 8.1
 * and ATSC A/53 Part 4, 6.2.3 have it, and DirecTV's form of the same. It runs on every access unit of every
 * stream and must cost next to nothing: behind start codes it stops at the first slice, before which SEI
 * messages stand; where units tell their length it steps over slices, for the encoders that put messages
 * last. Nothing is kept; spans given out point into the access unit, or into a copy where emulation
 * prevention had to be removed.
 */
#include "cue/captions.h"

#include <stdlib.h>

#define H264_SEI             6
#define H264_SLICE_LAST      5  /* 1 to 5 */
#define H264_SLICE_EXTENSION 20 /* of other layers */
#define H265_SLICE_LAST      31 /* 0 to 31 */
#define H265_SEI_PREFIX      39
#define H265_SEI_SUFFIX      40

#define PAYLOAD_T35          4
#define PAYLOAD_UNREGISTERED 5
#define UUID_SIZE            16

#define T35_COUNTRY_US       0xB5
#define T35_PROVIDER_ATSC    0x0031
#define T35_PROVIDER_DIRECTV 0x002F
#define A53_CC_DATA          3

#define PAYLOAD_MAX   ((size_t)65536 + UUID_SIZE) /* larger ones are passed over */
#define UNESCAPED_MAX 1024                        /* on the stack; the heap above */

/* ---- T.35 ---- */

/* cc_data() of A/53: flags and count, em_data, triplets, marker. */
static void cc_data(az_span data, const az_sei_sink *sink)
{
    if (data.size < 2 || !(data.data[0] & 0x40) || !sink->triplets)
        return;
    az_span triplets = az_span_sub(data, 2, (size_t)(data.data[0] & 0x1F) * 3);
    triplets.size -= triplets.size % 3;
    if (triplets.size > 0)
        sink->triplets(sink->user, triplets);
}

static void t35(az_span data, const az_sei_sink *sink)
{
    if (data.size < 3 || data.data[0] != T35_COUNTRY_US)
        return;
    unsigned provider = (unsigned)data.data[1] << 8 | data.data[2];
    az_span rest = az_span_sub(data, 3, data.size);
    if (provider == T35_PROVIDER_ATSC) {
        if (az_span_starts_with(rest, "GA94") && rest.size > 5 && rest.data[4] == A53_CC_DATA)
            cc_data(az_span_sub(rest, 5, rest.size), sink);
    } else if (provider == T35_PROVIDER_DIRECTV) { /* no identifier; a size behind the type */
        if (rest.size > 2 && rest.data[0] == A53_CC_DATA)
            cc_data(az_span_sub(rest, 2, rest.size), sink);
    }
}

/* ---- SEI messages ---- */

static void payload_give(unsigned type, az_span payload, const az_sei_sink *sink)
{
    if (type == PAYLOAD_T35)
        t35(payload, sink);
    else if (sink->unregistered && payload.size >= UUID_SIZE)
        sink->unregistered(sink->user, payload);
}

/* Bytes of a NAL unit without emulation prevention: 00 00 03 is read as 00 00. */
typedef struct rbsp {
    az_span unit;
    size_t pos;
    unsigned zeros; /* 0 bytes right before pos */
} rbsp;

static bool rbsp_byte(rbsp *r, uint8_t *byte)
{
    if (r->pos < r->unit.size && r->zeros >= 2 && r->unit.data[r->pos] == 3) {
        r->pos++;
        r->zeros = 0;
    }
    if (r->pos >= r->unit.size)
        return false;
    *byte = r->unit.data[r->pos++];
    r->zeros = *byte ? 0 : r->zeros + 1;
    return true;
}

/* payloadType and payloadSize: 255 for each byte of FF, and the byte after them. */
static bool rbsp_number(rbsp *r, size_t *number)
{
    uint8_t byte = 0xFF;
    *number = 0;
    while (byte == 0xFF) {
        if (!rbsp_byte(r, &byte))
            return false;
        *number += byte; /* at most 255 times the size of the unit */
    }
    return true;
}

/* Steps over a payload; false when the unit ends within it. `out`, when given, gets its bytes. */
static bool rbsp_payload(rbsp *r, size_t size, uint8_t *out)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte;
        if (!rbsp_byte(r, &byte))
            return false;
        if (out)
            out[i] = byte;
    }
    return true;
}

static void wanted_payload(rbsp *r, unsigned type, size_t size, const az_sei_sink *sink)
{
    rbsp ahead = *r;
    if (!rbsp_payload(&ahead, size, NULL))
        return;
    if (ahead.pos - r->pos == size) { /* nothing to remove */
        payload_give(type, az_span_sub(r->unit, r->pos, size), sink);
        return;
    }
    uint8_t stack[UNESCAPED_MAX];
    uint8_t *copy = size <= sizeof(stack) ? stack : malloc(size);
    if (!copy)
        return; /* user data is given up first */
    ahead = *r;
    if (rbsp_payload(&ahead, size, copy))
        payload_give(type, az_span_make(copy, size), sink);
    if (copy != stack)
        free(copy);
}

static void sei_unit(az_span unit, const az_sei_sink *sink)
{
    while (unit.size > 0 && unit.data[unit.size - 1] == 0) /* trailing_zero_8bits */
        unit.size--;
    rbsp r = {.unit = unit};
    while (r.pos + 1 < unit.size) { /* the last byte is that of the trailing bits */
        size_t type, size;
        if (!rbsp_number(&r, &type) || !rbsp_number(&r, &size))
            return;
        if ((type == PAYLOAD_T35 || type == PAYLOAD_UNREGISTERED) && size <= PAYLOAD_MAX)
            wanted_payload(&r, (unsigned)type, size, sink);
        if (!rbsp_payload(&r, size, NULL))
            return;
    }
}

/* ---- NAL units ---- */

typedef enum nal_kind {
    NAL_SEI,
    NAL_SLICE,
    NAL_OTHER,
} nal_kind;

static nal_kind kind_of(az_span unit, bool is_h265)
{
    if (unit.size < (is_h265 ? 2u : 1u))
        return NAL_OTHER;
    if (is_h265) {
        unsigned type = unit.data[0] >> 1 & 0x3F;
        unsigned layer = (unit.data[0] & 1u) << 5 | unit.data[1] >> 3;
        if (type <= H265_SLICE_LAST)
            return NAL_SLICE;
        return (type == H265_SEI_PREFIX || type == H265_SEI_SUFFIX) && layer == 0 ? NAL_SEI : NAL_OTHER;
    }
    unsigned type = unit.data[0] & 0x1F;
    if ((type >= 1 && type <= H264_SLICE_LAST) || type == H264_SLICE_EXTENSION)
        return NAL_SLICE;
    return type == H264_SEI ? NAL_SEI : NAL_OTHER;
}

static void nal_unit(az_span unit, bool is_h265, const az_sei_sink *sink)
{
    sei_unit(az_span_sub(unit, is_h265 ? 2 : 1, unit.size), sink);
}

/* Offset of the next 00 00 01, or the size. */
static size_t start_code(az_span bytes, size_t pos)
{
    while (pos + 2 < bytes.size) {
        if (bytes.data[pos + 2] > 1)
            pos += 3;
        else if (bytes.data[pos] == 0 && bytes.data[pos + 1] == 0 && bytes.data[pos + 2] == 1)
            return pos;
        else
            pos++;
    }
    return bytes.size;
}

static void scan_start_codes(az_span bytes, bool is_h265, const az_sei_sink *sink)
{
    size_t code = start_code(bytes, 0);
    while (code < bytes.size) {
        size_t begin = code + 3;
        nal_kind kind = kind_of(az_span_sub(bytes, begin, bytes.size), is_h265);
        if (kind == NAL_SLICE)
            return;
        code = start_code(bytes, begin);
        if (kind == NAL_SEI)
            nal_unit(az_span_sub(bytes, begin, code - begin), is_h265, sink);
    }
}

static void scan_lengths(az_span bytes, bool is_h265, unsigned length_size, const az_sei_sink *sink)
{
    size_t pos = 0;
    while (bytes.size - pos > length_size) {
        size_t size = 0;
        for (unsigned i = 0; i < length_size; i++)
            size = size << 8 | bytes.data[pos + i];
        pos += length_size;
        az_span unit = az_span_sub(bytes, pos, size);
        if (kind_of(unit, is_h265) == NAL_SEI)
            nal_unit(unit, is_h265, sink);
        pos += unit.size;
    }
}

void az_sei_scan(az_span unit, bool is_h265, unsigned length_size, const az_sei_sink *sink)
{
    if (length_size == 0)
        scan_start_codes(unit, is_h265, sink);
    else if (length_size <= 4)
        scan_lengths(unit, is_h265, length_size, sink);
}
