/*
 * A new version of a playlist from its text: the first segment is parsed and compared; when it is one that
 * the list knows, the segments behind it are recognised by the hashes of their text as long as these agree,
 * and parsing goes on behind them. A Playlist Delta Update (bis 4.4.5.2, 6.2.5.1) is the same with a gap that
 * the server made. Changes nothing in the list.
 */
#include "timeline/list_internal.h"

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

static size_t count_complete(const az_media_playlist *media)
{
    size_t count = media->segment_count;
    while (count > 0 && (media->segments[count - 1].flags & AZ_SEGMENT_PREFETCH))
        count--;
    return count;
}

const az_segment *az_list_version_segment(const az_list_version *version, size_t index)
{
    AZ_ASSERT(index >= version->known_count);
    return &version->playlist->u.media.segments[version->parsed_from + index - version->known_count];
}

void az_list_version_of(az_list_version *version, az_playlist *playlist)
{
    *version = (az_list_version){
        .playlist = playlist,
        .count = count_complete(&playlist->u.media),
        .variables = hash_variables(playlist->variables, playlist->variable_count),
    };
}

/* ---- recognising ---- */

static const az_key *key_of(const az_key *keys, uint32_t index)
{
    return index != AZ_NO_INDEX ? &keys[index] : NULL;
}

static bool setting_is(const az_setting *setting, const az_playlist_stop *stop)
{
    const az_segment *first = stop->first;
    const az_map *map = first->map != AZ_NO_INDEX ? &stop->maps[first->map] : NULL;
    return az_setting_is(setting, key_of(stop->keys, first->key), map,
                         map ? key_of(stop->keys, map->key) : NULL, first->bitrate);
}

/* Whether a segment leaves the same behind as the row: then the text behind it means the same. A date that is
 * not written again is still known. */
static bool row_is(const az_list *list, const az_row *row, const az_playlist_stop *stop)
{
    const az_segment *first = stop->first;
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

static void leave_out_known(const az_list *list, az_list_version *version, az_playlist_reader *reader,
                            const az_playlist_stop *stop)
{
    az_playlist_gap gap = {0};
    uint64_t sequence = stop->media->media_sequence;
    uint64_t index = sequence - list->media.media_sequence;
    if (sequence < list->media.media_sequence || index >= list->count)
        return;
    const az_row *first = az_rows_at(&list->rows, (size_t)index);
    if (!row_is(list, first, stop) || (first->part_count > 0 && first->start >= az_list_parts_begin(list)))
        return;
    size_t end = recognise(list, (size_t)index + 1, stop->rest, &gap);
    if (end == index + 1)
        return;
    const az_row *last = az_rows_at(&list->rows, end - 1);
    fill_gap(list, last, &gap);
    gap.discontinuities = last->discontinuities - first->discontinuities;
    version->known_first = (size_t)index;
    version->known_count = end - (size_t)index;
    version->parsed_from = 1;
    version->text_begin = stop->offset + gap.size;
    version->line_begin = stop->line + gap.line_count;
    az_playlist_reader_leave_out(reader, &gap);
}

/* ---- delta updates ---- */

/* Whether all that the server skipped is known. */
static bool leave_out_skipped(const az_list *list, az_list_version *version, az_playlist_reader *reader,
                              const az_playlist_stop *stop)
{
    const az_media_playlist *media = stop->media;
    uint64_t index = media->media_sequence - list->media.media_sequence;
    if (media->media_sequence < list->media.media_sequence || index >= list->count ||
        media->skipped_segments == 0 || media->skipped_segments > list->count - index)
        return false;
    const az_row *first = az_rows_at(&list->rows, (size_t)index);
    const az_row *last = az_rows_at(&list->rows, (size_t)(index + media->skipped_segments - 1));
    az_playlist_gap gap = {0};
    fill_gap(list, last, &gap);
    gap.discontinuities =
        last->discontinuities - first->discontinuities + (first->flags & AZ_SEGMENT_DISCONTINUITY ? 1 : 0);
    version->is_delta = true;
    version->known_first = (size_t)index;
    version->known_count = (size_t)media->skipped_segments;
    version->text_begin = stop->offset;
    version->line_begin = stop->line;
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
    const az_segment *segment = az_list_version_segment(version, version->known_count);
    const az_row *row = az_rows_at(&list->rows, index);
    return az_list_identity(segment->uri, segment->flags, segment->wall) ==
           az_list_identity(az_rows_uri(&list->rows, row), row->flags, row->wall);
}

static aizu_result fail(az_playlist_error *error, const char *text)
{
    if (error) {
        error->line = 0;
        memcpy(error->text, text, strlen(text) + 1);
    }
    return AIZU_E_PLAYLIST;
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

/* The document as it was read: refused, or a version. */
static aizu_result judge(const az_list *list, az_list_version *version, bool *is_full_needed,
                         az_playlist_error *error)
{
    const az_playlist *playlist = version->playlist;
    const az_media_playlist *media = &playlist->u.media;
    if (playlist->kind != AZ_PLAYLIST_MEDIA)
        return fail(error, "a multivariant playlist where a media playlist was expected");
    version->count = version->known_count + count_complete(media) - version->parsed_from;
    version->variables = hash_variables(playlist->variables, playlist->variable_count);
    *is_full_needed = (version->is_delta || media->skipped_segments > 0) && !fits(list, version);
    if (*is_full_needed)
        return fail(error, DOES_NOT_FIT);
    if (version->count <= AZ_PLAYLIST_SEGMENTS_MAX)
        return AIZU_OK;
    (void)fail(error, "too many segments");
    return AIZU_E_LIMIT;
}

/* Whether the numbers are those by which segments were recognised: a tag behind them may say otherwise. */
static bool is_as_recognised(const az_list *list, const az_list_version *version)
{
    const az_playlist *playlist = version->playlist;
    return version->known_count == 0 || version->is_delta || playlist->kind != AZ_PLAYLIST_MEDIA ||
           playlist->u.media.media_sequence == list->media.media_sequence + version->known_first;
}

aizu_result az_list_version_read(const az_list *list, az_list_version *version, az_slice text,
                                 const az_playlist_context *context, bool *is_full_needed,
                                 az_playlist_error *error)
{
    az_playlist_reader *reader;
    az_playlist_stop stop;
    *version = (az_list_version){0};
    *is_full_needed = false;
    aizu_result result = az_playlist_reader_create(&reader, text, context, error);
    if (result != AIZU_OK)
        return result;
    if (az_playlist_reader_stop(reader, &stop)) {
        bool has_variables = hash_variables(stop.variables, stop.variable_count) == list->variables;
        if (!stop.first)
            *is_full_needed = !leave_out_skipped(list, version, reader, &stop);
        else if (list->count > 0 && has_variables)
            leave_out_known(list, version, reader, &stop);
    }
    if (*is_full_needed) {
        (void)az_playlist_reader_finish(&reader, NULL, NULL);
        return fail(error, DOES_NOT_FIT);
    }
    result = az_playlist_reader_finish(&reader, &version->playlist, error);
    if (result == AIZU_OK && !is_as_recognised(list, version)) {
        az_playlist_destroy(&version->playlist);
        *version = (az_list_version){0};
        result = az_playlist_parse_context(&version->playlist, text, context, error);
    }
    if (result == AIZU_OK)
        result = judge(list, version, is_full_needed, error);
    if (result != AIZU_OK)
        az_playlist_destroy(&version->playlist);
    return result;
}
