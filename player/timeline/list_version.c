/*
 * A new version of a playlist from its text: the first segment is parsed and compared; when it is one that
 * the list knows, the segments behind it are recognised by the hashes of their text as long as these agree,
 * and parsing goes on behind them. A Playlist Delta Update (bis 4.4.5.2, 6.2.5.1) is the same with a gap that
 * the server made. Changes nothing in the list.
 */
#include "timeline/list_internal.h"

#include <stdlib.h>

static const char DOES_NOT_FIT[] = "a delta update that does not fit the known version";

static uint64_t hash_variables(const az_variable *variables, size_t count)
{
    uint64_t hash = AZ_HASH_SEED;
    for (size_t i = 0; i < count; i++) {
        hash = az_hash(hash, variables[i].name.data, variables[i].name.size);
        hash = az_hash(hash, "=", 1);
        hash = az_hash(hash, variables[i].value.data, variables[i].value.size);
        hash = az_hash(hash, "\n", 1);
    }
    return hash;
}

static aizu_result fail(az_playlist_error *error, aizu_result result, const char *text)
{
    if (error) {
        error->line = 0;
        memcpy(error->text, text, strlen(text) + 1);
    }
    return result;
}

void az_list_version_deinit(az_list_version *version)
{
    az_playlist_destroy(&version->playlist);
    az_rows_deinit(&version->rows);
}

/* ---- segments to rows ---- */

#define STEP 256 /* segments that are parsed before they become rows: they stay in the cache */

typedef struct builder {
    az_list_version *version;
    const uint8_t *text;
    size_t text_size;
    size_t text_end; /* of the segment before; SIZE_MAX: unknown where the next one's text begins */
    uint32_t line;   /* likewise */
    const az_key *keys;
    const az_map *maps;
    uint32_t key, map, bitrate; /* of the last setting */
    bool has_setting;
    int64_t start; /* of the next row, from 0 */
} builder;

static const az_key *key_of(const az_key *keys, uint32_t index)
{
    return index != AZ_NO_INDEX ? &keys[index] : NULL;
}

static bool add_setting(builder *b, const az_segment *segment)
{
    az_rows *rows = &b->version->rows;
    const az_map *map = segment->map != AZ_NO_INDEX ? &b->maps[segment->map] : NULL;
    az_setting *setting = az_setting_create(key_of(b->keys, segment->key), map,
                                            map ? key_of(b->keys, map->key) : NULL, segment->bitrate);
    if (!setting || !az_rows_reserve(rows, 0, az_rows_count(rows), 0, 0, 1)) {
        free(setting);
        return false;
    }
    az_rows_add_setting(rows, setting);
    b->key = segment->key;
    b->map = segment->map;
    b->bitrate = segment->bitrate;
    b->has_setting = true;
    return true;
}

/* Within what was reserved, but for the setting. */
static bool add_row(builder *b, const az_segment *segment, int64_t duration, bool is_complete)
{
    bool is_same =
        b->key == segment->key && b->map == segment->map && b->bitrate == segment->bitrate && b->has_setting;
    if (AZ_UNLIKELY(!is_same) && !add_setting(b, segment))
        return false;
    az_row row = {
        .start = b->start,
        .duration = duration,
        .wall = segment->wall,
        .discontinuities = segment->discontinuities,
        .part_count = segment->part_count,
        .flags = (uint8_t)segment->flags,
    };
    uint32_t lines = segment->line - b->line;
    bool is_known = is_complete && !segment->is_irregular && b->text_end != SIZE_MAX && lines <= UINT16_MAX;
    /* a URI without its line end may be cut off: the next version has more of it */
    if (is_known && b->text[segment->text_end - 1] == '\n') {
        row.text_size = (uint32_t)(segment->text_end - b->text_end);
        row.line_count = (uint16_t)lines;
        row.hash = az_rows_hash(b->text + b->text_end, row.text_size);
    }
    b->text_end = segment->text_end;
    b->line = segment->line;
    b->start = az_add_sat(b->start, duration);
    az_rows_add(&b->version->rows, &row, segment->uri,
                (az_byte_range){segment->range_offset, segment->range_size});
    return true;
}

/* The first time, room for as many as the text seems to hold. */
static bool reserve(builder *b, const az_segment *segments, size_t count)
{
    az_rows *rows = &b->version->rows;
    size_t rows_now = az_rows_count(rows);
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += segments[i].uri.size + (segments[i].range_size > 0 ? sizeof(az_byte_range) : 0);
    size_t row_count = count;
    if (count == STEP && rows_now <= 1) {
        size_t begin = b->text_end != SIZE_MAX ? b->text_end : 0;
        size_t used = AZ_MAX(segments[count - 1].text_end - begin, 1);
        uint64_t left = b->text_size - begin;
        row_count = (size_t)(left * count / used) + count;
        bytes = (size_t)(left * bytes / used) + bytes;
    }
    return az_rows_reserve(rows, 0, rows_now, row_count, bytes, 0);
}

static bool add_segments(builder *b, const az_segment *segments, size_t count)
{
    if (!reserve(b, segments, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!add_row(b, &segments[i], segments[i].duration, true))
            return false;
    }
    return true;
}

static size_t count_complete(const az_media_playlist *media)
{
    size_t count = media->segment_count;
    while (count > 0 && (media->segments[count - 1].flags & AZ_SEGMENT_PREFETCH))
        count--;
    return count;
}

/* How long a segment is taken to last whose duration is not known yet. */
static int64_t typical_duration(const az_list *list, const az_list_version *version)
{
    size_t rows = az_rows_count(&version->rows);
    if (rows > 0)
        return az_rows_at(&version->rows, rows - 1)->duration;
    if (version->known_count > 0)
        return az_rows_at(&list->rows, version->known_first + version->known_count - 1)->duration;
    return version->playlist->u.media.target_duration;
}

/* What is left in the document: the last complete segments, and those ahead of them. */
static bool add_rest(const az_list *list, builder *b)
{
    az_list_version *version = b->version;
    const az_media_playlist *media = &version->playlist->u.media;
    size_t complete = count_complete(media);
    b->keys = media->keys;
    b->maps = media->maps;
    if (!add_segments(b, media->segments, complete))
        return false;
    version->count = version->known_count + az_rows_count(&version->rows);
    version->prefetch_count = media->segment_count - complete;
    int64_t typical = typical_duration(list, version);
    const az_segment *ahead = version->prefetch_count > 0 ? media->segments + complete : &media->open;
    size_t count = AZ_MAX(version->prefetch_count, 1);
    if (!reserve(b, ahead, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!add_row(b, &ahead[i], version->prefetch_count > 0 ? typical : 0, false))
            return false;
    }
    version->variables = hash_variables(version->playlist->variables, version->playlist->variable_count);
    return true;
}

static void note_first(az_list_version *version, const az_segment *first)
{
    version->discontinuities = first->discontinuities;
    version->is_first_dated = first->flags & AZ_SEGMENT_PDT;
}

/* 6.3.3, once more: steps do not see what comes later. */
static void derive_walls(az_list_version *version)
{
    size_t complete = version->count - version->known_count;
    size_t i = 0;
    while (i < complete && az_rows_at(&version->rows, i)->wall == AIZU_NO_TIME)
        i++;
    for (; i > 0 && i < complete; i--) {
        az_row *row = az_rows_at(&version->rows, i - 1);
        row->wall = az_sub_sat(az_rows_at(&version->rows, i)->wall, row->duration);
    }
}

aizu_result az_list_version_of(const az_list *list, az_list_version *version, az_playlist *playlist)
{
    const az_media_playlist *media = &playlist->u.media;
    *version = (az_list_version){.playlist = playlist};
    builder b = {
        .version = version,
        .text = playlist->text.data,
        .text_size = playlist->text.size,
        .text_end = SIZE_MAX,
    };
    note_first(version, media->segment_count > 0 ? media->segments : &media->open);
    if (add_rest(list, &b))
        return AIZU_OK;
    az_list_version_deinit(version);
    return AIZU_E_MEMORY;
}

/* ---- recognising ---- */

static bool setting_is(const az_setting *setting, const az_playlist_stop *stop)
{
    const az_segment *first = stop->segments;
    const az_map *map = first->map != AZ_NO_INDEX ? &stop->maps[first->map] : NULL;
    return az_setting_is(setting, key_of(stop->keys, first->key), map,
                         map ? key_of(stop->keys, map->key) : NULL, first->bitrate);
}

/* Whether a segment leaves the same behind as the row: then the text behind it means the same. A date that is
 * not written again is still known. */
static bool row_is(const az_list *list, const az_row *row, const az_playlist_stop *stop)
{
    const az_segment *first = stop->segments;
    az_byte_range range = az_rows_range(&list->rows, row);
    unsigned mask = AZ_SEGMENT_GAP;
    bool is_dated = first->flags & AZ_SEGMENT_PDT;
    if (is_dated ? first->wall != row->wall : (row->flags & AZ_SEGMENT_PDT) != 0)
        return false;
    return row->duration == first->duration && (row->flags & mask) == (first->flags & mask) &&
           range.offset == first->range_offset && range.size == first->range_size &&
           az_span_equal(az_rows_uri(&list->rows, row), first->uri) &&
           setting_is(az_rows_setting(&list->rows, row), stop);
}

/* The index behind the last row whose text follows in `rest`. */
static size_t recognise(const az_list *list, size_t index, az_span rest, az_playlist_gap *gap)
{
    int64_t parts_begin = az_list_parts_begin(list);
    for (; index < list->count; index++) {
        const az_row *row = az_rows_at(&list->rows, index);
        bool has_parts = row->part_count > 0 && row->start >= parts_begin; /* they have to be read */
        if (row->text_size == 0 || row->text_size > rest.size - gap->size || has_parts ||
            az_rows_hash(rest.data + gap->size, row->text_size) != row->hash)
            break;
        gap->size += row->text_size;
        gap->line_count += row->line_count;
    }
    return index;
}

/* What stands in force behind a row. */
static void fill_gap(const az_list *list, const az_row *last, az_playlist_gap *gap)
{
    const az_setting *setting = az_rows_setting(&list->rows, last);
    az_byte_range range = az_rows_range(&list->rows, last);
    gap->bitrate = setting->bitrate;
    gap->keys = setting->keys;
    gap->map = setting->has_map ? &setting->map : NULL;
    gap->map_keys = setting->map_keys;
    gap->range_uri = az_rows_uri(&list->rows, last);
    gap->range_end = range.offset + range.size;
    gap->wall = last->wall != AIZU_NO_TIME ? az_add_sat(last->wall, last->duration) : AIZU_NO_TIME;
}

/* False: nothing was recognised. */
static bool leave_out_known(const az_list *list, builder *b, az_playlist_reader *reader,
                            const az_playlist_stop *stop)
{
    az_list_version *version = b->version;
    az_playlist_gap gap = {0};
    uint64_t sequence = stop->media->media_sequence;
    uint64_t index = sequence - list->media.media_sequence;
    if (sequence < list->media.media_sequence || index >= list->count)
        return false;
    const az_row *first = az_rows_at(&list->rows, (size_t)index);
    if (!row_is(list, first, stop) || (first->part_count > 0 && first->start >= az_list_parts_begin(list)))
        return false;
    size_t end = recognise(list, (size_t)index + 1, stop->rest, &gap);
    if (end == index + 1)
        return false;
    const az_row *last = az_rows_at(&list->rows, end - 1);
    fill_gap(list, last, &gap);
    gap.discontinuities = last->discontinuities - first->discontinuities;
    version->known_first = (size_t)index;
    version->known_count = end - (size_t)index;
    version->parsed_from = 1;
    b->text_end = stop->offset + gap.size;
    b->line = stop->line + gap.line_count;
    az_playlist_reader_leave_out(reader, &gap);
    return true;
}

/* ---- delta updates ---- */

/* Whether all that the server skipped is known. */
static bool leave_out_skipped(const az_list *list, builder *b, az_playlist_reader *reader,
                              const az_playlist_stop *stop)
{
    az_list_version *version = b->version;
    const az_media_playlist *media = stop->media;
    uint64_t index = media->media_sequence - list->media.media_sequence;
    if (media->media_sequence < list->media.media_sequence || index >= list->count ||
        media->skipped_segments == 0 || media->skipped_segments > list->count - index)
        return false;
    const az_row *first = az_rows_at(&list->rows, (size_t)index);
    const az_row *last = az_rows_at(&list->rows, (size_t)(index + media->skipped_segments - 1));
    az_playlist_gap gap = {0};
    fill_gap(list, last, &gap);
    version->discontinuities = first->flags & AZ_SEGMENT_DISCONTINUITY ? 1 : 0;
    gap.discontinuities = last->discontinuities - first->discontinuities + version->discontinuities;
    version->is_delta = true;
    version->known_first = (size_t)index;
    version->known_count = (size_t)media->skipped_segments;
    b->text_end = stop->offset;
    b->line = stop->line;
    az_playlist_reader_leave_out(reader, &gap);
    return true;
}

/* The segments that a delta lists and that are known as well must be the same ones: else one of the two comes
 * from another server. */
static bool agrees(const az_list *list, const az_list_version *version)
{
    size_t index = version->known_first + version->known_count;
    if (version->known_count == version->count || index >= list->count)
        return true;
    const az_row *a = az_rows_at(&version->rows, 0);
    const az_row *b = az_rows_at(&list->rows, index);
    return az_list_identity(az_rows_uri(&version->rows, a), a->flags, a->wall) ==
           az_list_identity(az_rows_uri(&list->rows, b), b->flags, b->wall);
}

/* Whether a delta is what it was taken for when the reader stopped at its EXT-X-SKIP. */
static bool fits(const az_list *list, const az_list_version *version)
{
    const az_media_playlist *media = &version->playlist->u.media;
    return version->is_delta && media->skipped_segments == version->known_count &&
           media->media_sequence == list->media.media_sequence + version->known_first &&
           version->variables == list->variables && agrees(list, version) &&
           list->ranges.count + media->date_range_count <= AZ_PLAYLIST_ENTRIES_MAX;
}

/* ---- reading ---- */

/* Up to the end of the text, some segments at a time. The reader is gone afterwards. */
static aizu_result read_rest(const az_list *list, builder *b, az_playlist_reader **reader,
                             az_playlist_error *error)
{
    az_playlist_stop stop;
    bool is_good = true;
    while (is_good && az_playlist_reader_stop(*reader, STEP, &stop)) {
        b->keys = stop.keys;
        b->maps = stop.maps;
        is_good = add_segments(b, stop.segments, stop.segment_count);
        az_playlist_reader_take(*reader);
    }
    aizu_result result = az_playlist_reader_finish(reader, is_good ? &b->version->playlist : NULL, error);
    if (!is_good)
        return fail(error, AIZU_E_MEMORY, "out of memory");
    if (result != AIZU_OK)
        return result;
    if (b->version->playlist->kind != AZ_PLAYLIST_MEDIA)
        return fail(error, AIZU_E_PLAYLIST, "a multivariant playlist where a media playlist was expected");
    return add_rest(list, b) ? AIZU_OK : fail(error, AIZU_E_MEMORY, "out of memory");
}

/* The first stop: what is known is left out. False: a delta that does not fit. */
static bool read_first(const az_list *list, builder *b, az_playlist_reader *reader,
                       const az_playlist_stop *stop, aizu_result *result)
{
    bool has_variables = hash_variables(stop->variables, stop->variable_count) == list->variables;
    b->text = stop->rest.data - stop->offset;
    b->text_size = stop->offset + stop->rest.size;
    if (stop->segment_count == 0)
        return leave_out_skipped(list, b, reader, stop);
    note_first(b->version, stop->segments);
    bool is_known = list->count > 0 && has_variables && leave_out_known(list, b, reader, stop);
    b->keys = stop->keys;
    b->maps = stop->maps;
    if (!is_known && !add_segments(b, stop->segments, 1))
        *result = AIZU_E_MEMORY;
    az_playlist_reader_take(reader);
    return true;
}

/* Whether the numbers are those by which segments were recognised: a tag behind them may say otherwise. */
static bool is_as_recognised(const az_list *list, const az_list_version *version)
{
    return version->known_count == 0 || version->is_delta ||
           version->playlist->u.media.media_sequence == list->media.media_sequence + version->known_first;
}

static aizu_result read_version(const az_list *list, az_list_version *version, az_slice text,
                                const az_playlist_context *context, bool *is_full_needed,
                                az_playlist_error *error)
{
    az_playlist_reader *reader;
    az_playlist_stop stop;
    builder b = {.version = version, .text_end = SIZE_MAX};
    aizu_result result = az_playlist_reader_create(&reader, text, context, error);
    if (result != AIZU_OK)
        return result;
    if (az_playlist_reader_stop(reader, 1, &stop))
        *is_full_needed = !read_first(list, &b, reader, &stop, &result);
    else
        note_first(version, &(az_segment){0});
    if (*is_full_needed || result != AIZU_OK) {
        (void)az_playlist_reader_finish(&reader, NULL, NULL);
        return *is_full_needed ? fail(error, AIZU_E_PLAYLIST, DOES_NOT_FIT)
                               : fail(error, result, "out of memory");
    }
    result = read_rest(list, &b, &reader, error);
    if (result == AIZU_OK)
        derive_walls(version);
    return result;
}

aizu_result az_list_version_read(const az_list *list, az_list_version *version, az_slice text,
                                 const az_playlist_context *context, bool *is_full_needed,
                                 az_playlist_error *error)
{
    *version = (az_list_version){0};
    *is_full_needed = false;
    aizu_result result = read_version(list, version, text, context, is_full_needed, error);
    if (result == AIZU_OK && !is_as_recognised(list, version)) {
        az_playlist *playlist;
        az_list_version_deinit(version);
        result = az_playlist_parse_context(&playlist, text, context, error);
        if (result == AIZU_OK)
            result = az_list_version_of(list, version, playlist);
    }
    if (result == AIZU_OK) {
        uint64_t skipped = version->playlist->u.media.skipped_segments;
        *is_full_needed = (version->is_delta || skipped > 0) && !fits(list, version);
        if (*is_full_needed)
            result = fail(error, AIZU_E_PLAYLIST, DOES_NOT_FIT);
        else if (version->count > AZ_PLAYLIST_SEGMENTS_MAX)
            result = fail(error, AIZU_E_LIMIT, "too many segments");
    }
    if (result != AIZU_OK)
        az_list_version_deinit(version);
    return result;
}
