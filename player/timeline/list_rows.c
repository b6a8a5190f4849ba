/*
 * Rows of a list; see timeline/list_rows.h. What is appended was reserved before, so that a new version of a
 * playlist is taken whole or not at all.
 */
#include "timeline/list_rows.h"

#include <stdlib.h>
#include <string.h>

#define SPARE_DIVISOR 16 /* of what is needed, allocated besides: how seldom things are moved */

/* --- slides --------------------------------------------------------------------------------------- */

static bool slide_reserve(az_slide *s, size_t needed)
{
    size_t capacity;
    if (needed + needed / (2 * SPARE_DIVISOR) <= s->capacity)
        return true;
    if (!az_add_size(needed, needed / SPARE_DIVISOR + 64, &capacity))
        return false;
    uint8_t *data = realloc(s->data, capacity);
    if (!data)
        return needed <= s->capacity;
    s->data = data;
    s->capacity = capacity;
    return true;
}

/* Gives back what is far too much. */
static void slide_fit(az_slide *s)
{
    size_t size = s->end - s->begin;
    size_t capacity = size + size / SPARE_DIVISOR + 64;
    if (s->capacity <= capacity + capacity / 4)
        return;
    memmove(s->data, s->data + s->begin, size);
    s->begin = 0;
    s->end = size;
    uint8_t *data = realloc(s->data, capacity);
    if (!data)
        return;
    s->data = data;
    s->capacity = capacity;
}

static void *slide_add(az_slide *s, size_t size)
{
    if (size > s->capacity - s->end) {
        memmove(s->data, s->data + s->begin, s->end - s->begin);
        s->end -= s->begin;
        s->begin = 0;
    }
    AZ_ASSERT(size <= s->capacity - s->end);
    s->end += size;
    return s->data + s->end - size;
}

static size_t slide_size(const az_slide *s)
{
    return s->end - s->begin;
}

static void slide_cut(az_slide *s, size_t begin, size_t end)
{
    AZ_ASSERT(begin <= end && end <= slide_size(s));
    s->end = s->begin + end;
    s->begin += begin;
    if (s->begin == s->end)
        s->begin = s->end = 0;
}

/* --- settings ------------------------------------------------------------------------------------- */

static size_t count_keys(const az_key *keys)
{
    return keys ? (size_t)keys->alternatives + 1 : 0;
}

static size_t size_of_keys(const az_key *keys)
{
    size_t size = 0;
    for (size_t i = 0; i < count_keys(keys); i++)
        size += keys[i].uri.size + keys[i].key_format.size + keys[i].key_format_versions.size;
    return size;
}

static az_span put_span(uint8_t **at, az_span span)
{
    az_span out = {*at, span.size};
    if (span.size > 0)
        memcpy(*at, span.data, span.size);
    *at += span.size;
    return out;
}

static const az_key *put_keys(az_key *out, uint8_t **at, const az_key *keys)
{
    for (size_t i = 0; i < count_keys(keys); i++) {
        out[i] = keys[i];
        out[i].uri = put_span(at, keys[i].uri);
        out[i].key_format = put_span(at, keys[i].key_format);
        out[i].key_format_versions = put_span(at, keys[i].key_format_versions);
    }
    return keys ? out : NULL;
}

az_setting *az_setting_create(const az_key *keys, const az_map *map, const az_key *map_keys, uint32_t bitrate)
{
    struct {
        az_setting setting;
        az_key keys[];
    } * memory;
    size_t count = count_keys(keys);
    size_t key_size = (count + count_keys(map_keys)) * sizeof(az_key);
    size_t text_size = size_of_keys(keys) + size_of_keys(map_keys) + (map ? map->uri.size : 0);
    memory = calloc(1, sizeof(*memory) + key_size + text_size);
    if (!memory)
        return NULL;
    uint8_t *at = (uint8_t *)memory->keys + key_size;
    az_setting *setting = &memory->setting;
    setting->bitrate = bitrate;
    setting->keys = put_keys(memory->keys, &at, keys);
    setting->map_keys = put_keys(memory->keys + count, &at, map_keys);
    setting->has_map = map != NULL;
    if (map) {
        setting->map = *map;
        setting->map.uri = put_span(&at, map->uri);
        setting->map.key = AZ_NO_INDEX;
    }
    return setting;
}

static bool keys_equal(const az_key *a, const az_key *b)
{
    size_t count = count_keys(a);
    if (count != count_keys(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (a[i].method != b[i].method || a[i].has_iv != b[i].has_iv ||
            memcmp(a[i].iv, b[i].iv, sizeof(a[i].iv)) != 0 || !az_span_equal(a[i].uri, b[i].uri) ||
            !az_span_equal(a[i].key_format, b[i].key_format) ||
            !az_span_equal(a[i].key_format_versions, b[i].key_format_versions))
            return false;
    }
    return true;
}

bool az_setting_is(const az_setting *setting, const az_key *keys, const az_map *map, const az_key *map_keys,
                   uint32_t bitrate)
{
    if (setting->bitrate != bitrate || setting->has_map != (map != NULL))
        return false;
    if (map && (!az_span_equal(setting->map.uri, map->uri) ||
                setting->map.range.offset != map->range.offset || setting->map.range.size != map->range.size))
        return false;
    return keys_equal(setting->keys, keys) && keys_equal(setting->map_keys, map_keys);
}

/* --- rows ----------------------------------------------------------------------------------------- */

size_t az_rows_count(const az_rows *rows)
{
    return slide_size(&rows->rows) / sizeof(az_row);
}

az_row *az_rows_at(const az_rows *rows, size_t index)
{
    AZ_ASSERT(index < az_rows_count(rows));
    return (az_row *)(void *)(rows->rows.data + rows->rows.begin) + index;
}

static uint8_t *bytes_at(const az_rows *rows, const az_row *row)
{
    return rows->bytes.data + rows->bytes.begin + (uint32_t)(row->uri - rows->first_byte);
}

az_span az_rows_uri(const az_rows *rows, const az_row *row)
{
    return az_span_make(row->uri_size ? bytes_at(rows, row) : NULL, row->uri_size);
}

az_byte_range az_rows_range(const az_rows *rows, const az_row *row)
{
    az_byte_range range = {0};
    if (row->has_range)
        memcpy(&range, bytes_at(rows, row) + row->uri_size, sizeof(range));
    return range;
}

static az_setting **settings_of(const az_rows *rows)
{
    return (az_setting **)(void *)(rows->settings.data + rows->settings.begin);
}

size_t az_rows_setting_count(const az_rows *rows)
{
    return slide_size(&rows->settings) / sizeof(az_setting *);
}

const az_setting *az_rows_setting(const az_rows *rows, const az_row *row)
{
    uint32_t index = row->setting - rows->first_setting;
    AZ_ASSERT(index < az_rows_setting_count(rows));
    return settings_of(rows)[index];
}

/* Bytes that the rows [begin, end) have, and where they begin. */
static size_t byte_range_of(const az_rows *rows, size_t begin, size_t end, size_t *first)
{
    *first = 0;
    if (begin == end)
        return 0;
    const az_row *a = az_rows_at(rows, begin);
    const az_row *z = az_rows_at(rows, end - 1);
    *first = (uint32_t)(a->uri - rows->first_byte);
    size_t tail = z->uri_size + (z->has_range ? sizeof(az_byte_range) : 0);
    return (uint32_t)(z->uri - a->uri) + tail;
}

bool az_rows_reserve(az_rows *rows, size_t begin, size_t end, size_t row_count, size_t byte_count,
                     size_t more_settings)
{
    size_t first;
    size_t bytes = byte_range_of(rows, begin, end, &first);
    return slide_reserve(&rows->rows, (end - begin + row_count) * sizeof(az_row)) &&
           slide_reserve(&rows->bytes, bytes + byte_count) &&
           slide_reserve(&rows->settings, slide_size(&rows->settings) + more_settings * sizeof(az_setting *));
}

static void free_settings(az_rows *rows, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        free(settings_of(rows)[i]);
}

void az_rows_cut(az_rows *rows, size_t begin, size_t end)
{
    size_t first;
    size_t bytes = byte_range_of(rows, begin, end, &first);
    size_t used = end > begin ? az_rows_at(rows, end - 1)->setting - rows->first_setting + 1 : 0;
    size_t settings = az_rows_setting_count(rows);
    free_settings(rows, used, settings);
    slide_cut(&rows->settings, 0, used * sizeof(az_setting *));
    slide_cut(&rows->bytes, first, first + bytes);
    slide_cut(&rows->rows, begin * sizeof(az_row), end * sizeof(az_row));
    rows->first_byte += (uint32_t)first;
}

void az_rows_trim(az_rows *rows)
{
    if (az_rows_count(rows) == 0)
        return;
    size_t unused = az_rows_at(rows, 0)->setting - rows->first_setting;
    free_settings(rows, 0, unused);
    slide_cut(&rows->settings, unused * sizeof(az_setting *), slide_size(&rows->settings));
    rows->first_setting += (uint32_t)unused;
    slide_fit(&rows->rows);
    slide_fit(&rows->bytes);
    slide_fit(&rows->settings);
}

void az_rows_add_setting(az_rows *rows, az_setting *setting)
{
    az_setting **out = slide_add(&rows->settings, sizeof(*out));
    *out = setting;
}

void az_rows_add(az_rows *rows, const az_row *row, az_span uri, az_byte_range range)
{
    uint32_t offset = rows->first_byte + (uint32_t)slide_size(&rows->bytes);
    bool has_range = range.size > 0;
    size_t size = uri.size + (has_range ? sizeof(range) : 0);
    if (size > 0) {
        uint8_t *bytes = slide_add(&rows->bytes, size);
        if (uri.size > 0)
            memcpy(bytes, uri.data, uri.size);
        if (has_range)
            memcpy(bytes + uri.size, &range, sizeof(range));
    }
    az_row *out = slide_add(&rows->rows, sizeof(*out));
    *out = *row;
    out->has_range = has_range;
    out->uri = offset;
    out->uri_size = (uint32_t)uri.size;
    out->setting = rows->first_setting + (uint32_t)az_rows_setting_count(rows) - 1;
}

static bool setting_equal(const az_setting *a, const az_setting *b)
{
    return az_setting_is(a, b->keys, b->has_map ? &b->map : NULL, b->map_keys, b->bitrate);
}

void az_rows_append(az_rows *rows, az_rows *more)
{
    size_t count = az_rows_count(more);
    uint32_t taken = more->first_setting - 1; /* the last setting that was looked at */
    for (size_t i = 0; i < count; i++) {
        const az_row *row = az_rows_at(more, i);
        az_setting **setting = &settings_of(more)[row->setting - more->first_setting];
        size_t known = az_rows_setting_count(rows);
        bool is_same = i == 0 && known > 0 && setting_equal(settings_of(rows)[known - 1], *setting);
        if (row->setting != taken && !is_same) {
            az_rows_add_setting(rows, *setting);
            *setting = NULL;
        }
        taken = row->setting;
        az_rows_add(rows, row, az_rows_uri(more, row), az_rows_range(more, row));
    }
    az_rows_deinit(more);
}

size_t az_rows_byte_count(const az_rows *rows)
{
    return slide_size(&rows->bytes);
}

void az_rows_deinit(az_rows *rows)
{
    free_settings(rows, 0, az_rows_setting_count(rows));
    free(rows->rows.data);
    free(rows->bytes.data);
    free(rows->settings.data);
    *rows = (az_rows){0};
}

size_t az_rows_bytes(const az_rows *rows)
{
    return rows->rows.capacity + rows->bytes.capacity + rows->settings.capacity;
}

static inline uint64_t read_u64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* Two lanes of multiply and fold; the last block may overlap the one before it. Not for security: whoever
 * writes a playlist may as well write another one. */
uint64_t az_rows_hash(const uint8_t *text, size_t size)
{
    const uint64_t k = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t a = size * k;
    uint64_t b = ~a;
    uint8_t rest[16] = {0};
    size_t at = 0;
    if (size < sizeof(rest)) {
        if (size > 0)
            memcpy(rest, text, size);
        text = rest;
        size = sizeof(rest);
    }
    for (; size - at > sizeof(rest); at += sizeof(rest)) {
        a = (a ^ read_u64(text + at)) * k;
        b = (b ^ read_u64(text + at + 8)) * k;
        a ^= a >> 29;
        b ^= b >> 31;
    }
    a = (a ^ read_u64(text + size - 16)) * k;
    b = (b ^ read_u64(text + size - 8)) * k;
    a = ((a ^ (a >> 32)) ^ b) * k;
    return a ^ (a >> 32);
}
