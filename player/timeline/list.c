/*
 * A list of segments over the reloads of a playlist: its life, and the complete segments. list_edge.c has
 * what is behind the last complete one, list_internal.h names the other files. See timeline/list.h.
 */
#include "timeline/list_internal.h"

#include <stdlib.h>

#define VOD_LOOKS 2 /* at a recording without EXT-X-ENDLIST: it may have been cut off */

az_list *az_list_create(void)
{
    return calloc(1, sizeof(az_list));
}

void az_list_destroy(az_list **pointer)
{
    az_list *list = *pointer;
    *pointer = NULL;
    if (!list)
        return;
    az_rows_deinit(&list->rows);
    az_arena_deinit(&list->edge);
    az_list_ranges_deinit(&list->ranges);
    free(list);
}

aizu_result az_list_update(az_list *list, az_playlist **pointer, az_list_change *change)
{
    az_list_version version;
    az_playlist *playlist = *pointer;
    *pointer = NULL;
    if (!list->has_version && playlist->u.media.skipped_segments > 0) {
        az_playlist_destroy(&playlist);
        return AIZU_E_PLAYLIST;
    }
    aizu_result result = az_list_version_of(list, &version, playlist);
    return result == AIZU_OK ? az_list_take(list, &version, change) : result;
}

aizu_result az_list_reload(az_list *list, az_slice text, const az_playlist_context *context,
                           az_list_change *change, bool *is_full_needed, az_playlist_error *error)
{
    az_list_version version;
    aizu_result result = az_list_version_read(list, &version, text, context, is_full_needed, error);
    return result == AIZU_OK ? az_list_take(list, &version, change) : result;
}

const az_media_playlist *az_list_playlist(const az_list *list)
{
    return list->has_version ? &list->media : NULL;
}

size_t az_list_count(const az_list *list)
{
    return list->count;
}

bool az_list_is_empty(const az_list *list)
{
    return list->count == 0;
}

uint64_t az_list_first_sequence(const az_list *list)
{
    return list->media.media_sequence + list->sequence_offset;
}

/* The part of a URI that names the resource for people: after the last slash, before the query. Hosts
 * and tokens may differ between two versions of a playlist from a CDN. */
static az_span resource_name(az_span uri)
{
    size_t end = 0;
    while (end < uri.size && uri.data[end] != '?' && uri.data[end] != '#')
        end++;
    size_t begin = end;
    while (begin > 0 && uri.data[begin - 1] != '/')
        begin--;
    return az_span_sub(uri, begin, end - begin);
}

uint64_t az_list_identity(az_span uri, uint32_t flags, int64_t wall)
{
    az_span name = resource_name(uri);
    uint64_t identity = az_hash(AZ_HASH_SEED, name.data, name.size);
    if (flags & AZ_SEGMENT_PDT)
        identity = az_hash(identity, &wall, sizeof(wall));
    return identity | 1;
}

/* ---- segments ---- */

/* Any row, those ahead of the complete ones included. */
static az_list_item item_at(const az_list *list, size_t index)
{
    const az_row *row = az_rows_at(&list->rows, index);
    const az_setting *setting = az_rows_setting(&list->rows, row);
    return (az_list_item){
        .sequence = az_list_first_sequence(list) + index,
        .number = list->media.media_sequence + index,
        .part = AZ_LIST_WHOLE,
        .is_independent = true,
        .domain = list->domain_origin + row->discontinuities,
        .start = row->start,
        .duration = row->duration,
        .wall = row->wall,
        .uri = az_rows_uri(&list->rows, row),
        .range = az_rows_range(&list->rows, row),
        .flags = row->flags,
        .bitrate = row->has_range ? 0 : setting->bitrate,
        .key = setting->keys,
        .map = setting->has_map ? &setting->map : NULL,
        .map_key = setting->map_keys,
    };
}

az_list_item az_list_at(const az_list *list, size_t index)
{
    AZ_ASSERT(index < list->count);
    return item_at(list, index);
}

az_list_item az_list_open_item(const az_list *list, size_t ahead)
{
    az_list_item item = item_at(list, list->count);
    if (ahead > 0) { /* nothing is known of it but that it follows */
        item.sequence += ahead;
        item.number += ahead;
        item.start = az_list_end(list);
        item.wall = AIZU_NO_TIME;
        item.flags = 0;
    }
    return item;
}

bool az_list_prefetch_item(const az_list *list, size_t ahead, az_list_item *item)
{
    if (ahead >= list->prefetch_count)
        return false;
    *item = item_at(list, list->count + ahead);
    return true;
}

const az_key *az_list_key_next(const az_list *list, const az_key *key)
{
    (void)list;
    return key && key->alternatives > 0 ? key + 1 : NULL;
}

bool az_list_find(const az_list *list, uint64_t sequence, az_list_item *item)
{
    size_t count = az_list_count(list);
    if (count == 0)
        return false;
    uint64_t first = az_list_first_sequence(list);
    uint64_t index = sequence > first ? sequence - first : 0;
    if (index >= count)
        return false;
    *item = az_list_at(list, (size_t)index);
    return true;
}

bool az_list_find_time(const az_list *list, int64_t pts, az_list_item *item)
{
    size_t low = 0;
    size_t high = az_list_count(list);
    if (high == 0)
        return false;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (az_rows_at(&list->rows, middle)->start <= pts)
            low = middle;
        else
            high = middle;
    }
    *item = az_list_at(list, low);
    return true;
}

void az_list_shift(az_list *list, uint64_t sequence, int64_t delta)
{
    size_t total = az_rows_count(&list->rows);
    uint64_t first = az_list_first_sequence(list);
    uint64_t begin = sequence > first ? sequence - first : 0;
    for (uint64_t i = begin; i < total; i++) {
        az_row *row = az_rows_at(&list->rows, (size_t)i);
        row->start = az_add_sat(row->start, delta);
    }
    if (begin >= list->count && begin < total)
        list->ahead_placed = AZ_MAX(list->ahead_placed, (size_t)begin - list->count + 1);
}

int64_t az_list_begin(const az_list *list)
{
    return az_list_is_empty(list) ? AIZU_NO_TIME : az_rows_at(&list->rows, 0)->start;
}

bool az_list_is_ended(const az_list *list)
{
    const az_media_playlist *media = az_list_playlist(list);
    return media &&
           (media->has_endlist || (media->type == AZ_PLAYLIST_TYPE_VOD && list->same_count >= VOD_LOOKS));
}

bool az_list_is_vod(const az_list *list)
{
    return az_list_is_ended(list) && list->was_ended_at_first;
}

int64_t az_list_wall_offset(const az_list *list, int64_t pts)
{
    az_list_item item;
    if (!az_list_find_time(list, pts, &item) || item.wall == AIZU_NO_TIME)
        return AIZU_NO_TIME;
    return item.wall - item.start;
}

int64_t az_list_parts_begin(const az_list *list)
{
    if (list->count == 0)
        return INT64_MIN;
    const az_row *last = az_rows_at(&list->rows, list->count - 1);
    int64_t kept = az_rescale(AZ_MAX(list->media.target_duration, last->duration), AZ_LIST_PARTS_TARGETS, 1);
    return az_sub_sat(last->start, kept);
}

size_t az_list_bytes(const az_list *list)
{
    return sizeof(*list) + az_rows_bytes(&list->rows) + list->edge.bytes;
}
