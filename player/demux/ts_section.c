/*
 * Section assembly; see demux/ts_section.h.
 */
#include "demux/ts_section.h"

#include <string.h>

#define HEADER_SIZE 3
#define STUFFING    0xFF

uint32_t az_section_crc(az_span bytes)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= (uint32_t)bytes.data[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 ? 0x04C11DB7 : 0);
    }
    return crc;
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
    if (s->size >= HEADER_SIZE + 4 && az_section_crc(section) == 0)
        sink->section(sink->user, section);
    else
        sink->bad(sink->user);
    az_section_reset(s);
}

/* Bytes of sections one after the other; `may_start`: another one may begin in them. */
static void collect(az_section *s, az_span bytes, bool may_start, const az_section_sink *sink)
{
    while (bytes.size > 0) {
        if (!s->is_active && (!may_start || bytes.data[0] == STUFFING))
            return;
        s->is_active = true;
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
