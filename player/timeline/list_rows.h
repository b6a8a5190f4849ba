/*
 * The segments of a list as they are kept over reloads: compact rows, their URIs, and what keys, init
 * sections and bit rates are in force for them. New ones come at the end, old ones go at the front; the text
 * that they were read from is not kept, only its hash. Pure memory; everything belongs to az_rows.
 */
#ifndef AZ_TIMELINE_LIST_ROWS_H
#define AZ_TIMELINE_LIST_ROWS_H

#include "playlist/playlist.h"

/* An array that grows at its end and shrinks at both. Offsets are bytes. */
typedef struct az_slide {
    uint8_t *data;
    size_t begin, end, capacity;
} az_slide;

/* What the tags before it leave in force for a stretch of segments. Never changes; one allocation. */
typedef struct az_setting {
    const az_key *keys; /* the first and its alternatives, NULL: clear */
    bool has_map;
    az_map map;
    const az_key *map_keys; /* likewise, of the init section itself */
    uint32_t bitrate;
} az_setting;

typedef struct az_row {
    int64_t start; /* presentation time, ns */
    int64_t duration;
    int64_t wall;
    uint64_t hash;            /* of its text, from behind the URI line before it to behind its own */
    uint32_t text_size;       /* of the same; 0: it cannot be recognised by its text */
    uint32_t uri;             /* offset, counted from the first byte ever kept, modulo 2^32 */
    uint32_t uri_size;        /* the byte range stands behind it if there is one */
    uint32_t discontinuities; /* since the origin of the list's domains */
    uint32_t setting;         /* number, counted from the first ever kept */
    uint16_t line_count;
    uint16_t part_count; /* EXT-X-PART tags that stood before its URI */
    uint8_t flags;       /* az_segment_flag */
    bool has_range;
} az_row;

typedef struct az_rows {
    az_slide rows, bytes, settings;
    uint32_t first_byte, first_setting; /* what the first of each has for a number */
} az_rows;

void az_rows_deinit(az_rows *rows);
size_t az_rows_count(const az_rows *rows);
az_row *az_rows_at(const az_rows *rows, size_t index);
az_span az_rows_uri(const az_rows *rows, const az_row *row);
az_byte_range az_rows_range(const az_rows *rows, const az_row *row);
const az_setting *az_rows_setting(const az_rows *rows, const az_row *row);
size_t az_rows_bytes(const az_rows *rows); /* on the heap; settings by their pointers */

/* Room for so much more than the rows [begin, end) need, which are kept. False: out of memory, nothing
 * changed. */
AZ_NODISCARD bool az_rows_reserve(az_rows *rows, size_t begin, size_t end, size_t row_count,
                                  size_t byte_count, size_t setting_count);
/* Keeps the rows [begin, end) only. */
void az_rows_cut(az_rows *rows, size_t begin, size_t end);
/* All within what was reserved. A row has the last setting. */
void az_rows_add_setting(az_rows *rows, az_setting *setting); /* is taken over */
void az_rows_add(az_rows *rows, const az_row *row, az_span uri, az_byte_range range);
/* Takes what `more` has; that is empty afterwards. */
void az_rows_append(az_rows *rows, az_rows *more);
size_t az_rows_setting_count(const az_rows *rows);
size_t az_rows_byte_count(const az_rows *rows); /* of URIs and ranges */
/* Frees settings that rows which were cut off at the front had, and room that is far too much. */
void az_rows_trim(az_rows *rows);

/* NULL when out of memory. `keys` NULL: clear; `map` NULL: none. Everything is copied. */
az_setting *az_setting_create(const az_key *keys, const az_map *map, const az_key *map_keys,
                              uint32_t bitrate);
bool az_setting_is(const az_setting *setting, const az_key *keys, const az_map *map, const az_key *map_keys,
                   uint32_t bitrate);

uint64_t az_rows_hash(const uint8_t *text, size_t size);

#endif
