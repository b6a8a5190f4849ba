/*
 * Section assembly; see demux/ts_section.h.
 */
#include "demux/ts_section.h"

#include <string.h>

#define HEADER_SIZE 3
#define STUFFING    0xFF

uint32_t az_section_crc(az_span bytes)
{
    /* of the polynomial 04C11DB7, for four bits at a time */
    static const uint32_t table[16] = {
        0x00000000, 0x04C11DB7, 0x09823B6E, 0x0D4326D9, 0x130476DC, 0x17C56B6B, 0x1A864DB2, 0x1E475005,
        0x2608EDB8, 0x22C9F00F, 0x2F8AD6D6, 0x2B4BCB61, 0x350C9B64, 0x31CD86D3, 0x3C8EA00A, 0x384FBDBD,
    };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        crc = crc << 4 ^ table[crc >> 28 ^ bytes.data[i] >> 4];
        crc = crc << 4 ^ table[crc >> 28 ^ (bytes.data[i] & 15)];
    }
    return crc;
}

void az_section_init(az_section *s)
{
    s->last_size = 0;
    az_section_reset(s);
}

void az_section_reset(az_section *s)
{
    s->is_active = false;
    s->size = 0;
}

/* Bytes that the section still needs before it is whole, or before its length is known. */
static size_t bytes_needed(const az_section *s)
{
    if (s->size < HEADER_SIZE)
        return HEADER_SIZE - s->size;
    return HEADER_SIZE + ((size_t)(s->data[1] & 15) << 8 | s->data[2]) - s->size;
}

static void finish_section(az_section *s, const az_section_sink *sink)
{
    az_span section = az_span_make(s->data, s->size);
    bool is_good = s->size >= HEADER_SIZE + 4 && az_section_crc(section) == 0;
    if (is_good)
        sink->section(sink->user, section);
    else
        sink->bad(sink->user);
    s->last_size = is_good ? section.size : 0;
    az_section_reset(s);
}

/* Tables are sent over and over: one that is known needs no CRC. How many bytes it has, 0 it is another one.
 */
static size_t match_repeat(const az_section *s, az_span bytes, const az_section_sink *sink)
{
    bool is_same = !sink->wants_repeats && s->last_size > 0 && bytes.size >= s->last_size &&
                   memcmp(bytes.data, s->data, s->last_size) == 0;
    return is_same ? s->last_size : 0;
}

/* Bytes of sections one after the other; `may_start`: another one may begin in them. */
static void collect(az_section *s, az_span bytes, bool may_start, const az_section_sink *sink)
{
    while (bytes.size > 0) {
        if (!s->is_active && (!may_start || bytes.data[0] == STUFFING))
            return;
        size_t repeated = s->is_active ? 0 : match_repeat(s, bytes, sink);
        if (repeated > 0) {
            bytes = az_span_sub(bytes, repeated, bytes.size);
            continue;
        }
        s->is_active = true;
        s->last_size = 0;
        size_t needed = bytes_needed(s), count = AZ_MIN(needed, bytes.size);
        if (s->size + needed > AZ_SECTION_SIZE_MAX) {
            az_section_reset(s);
            sink->bad(sink->user);
            return;
        }
        memcpy(s->data + s->size, bytes.data, count);
        s->size += count;
        bytes = az_span_sub(bytes, count, bytes.size);
        if (s->size >= HEADER_SIZE && bytes_needed(s) == 0)
            finish_section(s, sink);
    }
}

void az_section_feed(az_section *s, bool is_unit_start, az_span payload, const az_section_sink *sink)
{
    if (!is_unit_start) {
        if (s->is_active)
            collect(s, payload, true, sink);
        return;
    }
    if (payload.size == 0)
        return;
    size_t pointer = payload.data[0];
    if (pointer + 1 > payload.size) {
        az_section_reset(s);
        sink->bad(sink->user);
        return;
    }
    if (s->is_active)
        collect(s, az_span_sub(payload, 1, pointer), false, sink);
    if (s->is_active) {
        az_section_reset(s);
        sink->bad(sink->user);
    }
    collect(s, az_span_sub(payload, 1 + pointer, payload.size), true, sink);
}
