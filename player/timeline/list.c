/*
 * Media playlists over their reloads: takes versions in, says where complete segments stand; see
 * timeline/list.h. list_edge.c has what is behind the last complete segment, list_align.c two lists of one
 * presentation.
 */
#include "timeline/list_internal.h"

#include <stdlib.h>

#define VOD_LOOKS           2 /* at a recording without EXT-X-ENDLIST: it may have been cut off */
#define VOTES_FOR_RESTART   2 /* versions in a row that must say so: one may be garbled */
#define VOTES_AGAINST_CACHE 8 /* the same when all that they name was seen before */

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
    az_playlist_destroy(&list->playlist);
    free(list->starts);
    free(list);
}

const az_media_playlist *az_list_playlist(const az_list *list)
{
    return list->playlist ? &list->playlist->u.media : NULL;
}

size_t az_list_count(const az_list *list)
{
    return list->count;
}

bool az_list_is_empty(const az_list *list)
{
    return az_list_count(list) == 0;
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

/* Segments that are complete; those of EXT-X-PREFETCH stand last. */
static size_t count_complete(const az_media_playlist *media)
{
    size_t count = media->segment_count;
    while (count > 0 && (media->segments[count - 1].flags & AZ_SEGMENT_PREFETCH))
        count--;
    return count;
}

static uint64_t identity_of(const az_segment *segment)
{
    az_span name = resource_name(segment->uri);
    uint64_t identity = az_hash(AZ_HASH_SEED, name.data, name.size);
    if (segment->flags & AZ_SEGMENT_PDT)
        identity = az_hash(identity, &segment->wall, sizeof(segment->wall));
    return identity | 1;
}

static void remember(az_list *list)
{
    const az_media_playlist *media = az_list_playlist(list);
    for (size_t i = list->count > AZ_LIST_MEMORIES ? list->count - AZ_LIST_MEMORIES : 0; i < list->count;
         i++) {
        uint64_t sequence = media->media_sequence + i;
        list->memories[sequence % AZ_LIST_MEMORIES] =
            (az_list_memory){sequence, identity_of(&media->segments[i])};
    }
}

/* Whether a version whose numbers went back is an old one of the same stream: what it names was seen before.
 */
static bool is_older_version(const az_list *list, const az_media_playlist *next)
{
    for (size_t i = 0; i < count_complete(next); i++) {
        uint64_t sequence = next->media_sequence + i;
        const az_list_memory *known = &list->memories[sequence % AZ_LIST_MEMORIES];
        if (known->identity != 0 && known->sequence == sequence)
            return known->identity == identity_of(&next->segments[i]);
    }
    return false;
}

/* Whether a version begins where the known one does and only ends earlier: it was cut off on its way. Its
 * last URI may be cut, too. */
static bool is_cut_version(const az_list *list, const az_media_playlist *next)
{
    if (next->media_sequence < az_list_playlist(list)->media_sequence)
        return false;
    for (size_t i = 0; i + 1 < count_complete(next); i++) {
        uint64_t sequence = next->media_sequence + i;
        const az_list_memory *known = &list->memories[sequence % AZ_LIST_MEMORIES];
        if (known->sequence != sequence || known->identity != identity_of(&next->segments[i]))
            return false;
    }
    return true;
}

static az_list_change classify(const az_list *list, const az_media_playlist *next)
{
    const az_media_playlist *known = az_list_playlist(list);
    size_t next_count = count_complete(next);
    if (!known || list->count == 0)
        return AZ_LIST_GREW;
    if (next_count == 0)
        return next->has_endlist && !known->has_endlist ? AZ_LIST_GREW : AZ_LIST_STALE;
    uint64_t known_end = known->media_sequence + list->count;
    uint64_t next_end = next->media_sequence + next_count;
    if (next->media_sequence < known->media_sequence || next_end < known_end)
        return AZ_LIST_RESTARTED;
    if (next->media_sequence > known_end)
        return AZ_LIST_JUMPED;
    if (next_end == known_end && next->has_endlist == known->has_endlist &&
        next->media_sequence == known->media_sequence)
        return AZ_LIST_SAME;
    return AZ_LIST_GREW;
}

/* Numbers that go back are a restart when several versions in a row say so: one may have been cut off on its
 * way, and caches give out old versions for a while. */
static az_list_change confirm(az_list *list, const az_media_playlist *next, az_list_change change)
{
    if (change != AZ_LIST_RESTARTED) {
        list->steps_back = 0;
        return change;
    }
    if (is_cut_version(list, next))
        return AZ_LIST_STALE;
    bool is_seen =
        next->media_sequence >= az_list_playlist(list)->media_sequence || is_older_version(list, next);
    unsigned needed = is_seen ? VOTES_AGAINST_CACHE : VOTES_FOR_RESTART;
    if (++list->steps_back < needed)
        return AZ_LIST_STALE;
    list->steps_back = 0;
    memset(list->memories, 0, sizeof(list->memories));
    return AZ_LIST_RESTARTED;
}

/* Where the first segment of the next version stands. */
static int64_t first_start(const az_list *list, const az_media_playlist *next, az_list_change change)
{
    const az_media_playlist *known = az_list_playlist(list);
    if (!known || list->count == 0)
        return 0;
    size_t last = list->count - 1;
    int64_t end = az_list_end(list);
    if (change == AZ_LIST_RESTARTED)
        return end;
    if (change != AZ_LIST_JUMPED) {
        size_t index = (size_t)(next->media_sequence - known->media_sequence);
        return index <= last ? list->starts[index] : end;
    }
    int64_t wall_known = known->segments[last].wall;
    int64_t wall_next = next->segments[0].wall;
    if (wall_known != AIZU_NO_TIME && wall_next != AIZU_NO_TIME && wall_next > wall_known)
        return AZ_MAX(end, az_add_sat(list->starts[last], wall_next - wall_known));
    uint64_t missed = next->media_sequence - (known->media_sequence + list->count);
    return az_add_sat(end, az_rescale(next->target_duration, (int64_t)AZ_MIN(missed, 1000000u), 1));
}

/* Where a sequence number stands, as far as the list knows. */
static bool known_start(const az_list *list, uint64_t sequence, int64_t *start)
{
    const az_media_playlist *known = az_list_playlist(list);
    if (!known || sequence < known->media_sequence)
        return false;
    uint64_t index = sequence - known->media_sequence;
    if (index >= list->count + list->ahead_placed && index != list->count)
        return false;
    *start = list->starts[index];
    return true;
}

/* How long a segment is taken to last whose duration is not known yet. */
static int64_t typical_duration(const az_media_playlist *media, size_t count)
{
    return count > 0 ? media->segments[count - 1].duration : media->target_duration;
}

/* Starts of the next version: known segments keep theirs, new ones are chained behind. */
static void chain_starts(const az_list *list, const az_media_playlist *next, az_list_change change,
                         int64_t *starts, size_t total)
{
    size_t count = count_complete(next);
    int64_t start = first_start(list, next, change);
    for (size_t i = 0; i < total; i++) {
        if (change == AZ_LIST_GREW || change == AZ_LIST_SAME)
            (void)known_start(list, next->media_sequence + i, &start);
        starts[i] = start;
        start = az_add_sat(start, i < count ? next->segments[i].duration : typical_duration(next, count));
    }
}

/* Makes the numbering of a restarted stream follow the known one. */
static void renumber(az_list *list, const az_media_playlist *next)
{
    az_list_item last = az_list_at(list, az_list_count(list) - 1);
    list->sequence_offset = last.sequence + 1 - next->media_sequence;
    list->domain_offset = last.domain + 1 - next->discontinuity_sequence;
}

/* A segment keeps its domain, and domains do not go back: many servers leave EXT-X-DISCONTINUITY-SEQUENCE
 * out, and the count begins anew when a tag slides out of their window. */
static void keep_domains(az_list *list, const az_media_playlist *next)
{
    const az_media_playlist *known = az_list_playlist(list);
    if (!known || list->count == 0 || count_complete(next) == 0)
        return;
    uint64_t index = AZ_MIN(next->media_sequence - known->media_sequence, list->count - 1);
    uint64_t was = known->discontinuity_sequence + known->segments[index].discontinuities;
    uint64_t is = next->discontinuity_sequence + next->segments[0].discontinuities;
    bool is_same_segment = next->media_sequence == known->media_sequence + index;
    if (is_same_segment || is < was)
        list->domain_offset += was - is;
}

aizu_result az_list_update(az_list *list, az_playlist **pointer, az_list_change *change)
{
    az_playlist *playlist = *pointer;
    *pointer = NULL;
    const az_media_playlist *next = &playlist->u.media;
    *change = confirm(list, next, classify(list, next));
    if (*change == AZ_LIST_STALE) {
        az_playlist_destroy(&playlist);
        return AIZU_OK;
    }
    size_t count = count_complete(next);
    size_t total = AZ_MAX(next->segment_count, count + 1);
    int64_t *starts = malloc(total * sizeof(*starts));
    if (!starts) {
        az_playlist_destroy(&playlist);
        return AIZU_E_MEMORY;
    }
    chain_starts(list, next, *change, starts, total);
    if (*change == AZ_LIST_RESTARTED)
        renumber(list, next);
    else
        keep_domains(list, next);
    list->same_count = *change == AZ_LIST_SAME ? list->same_count + 1 : 0;
    list->ahead_placed = 0;
    list->ahead_count = total - count;
    if (!list->playlist)
        list->was_ended_at_first = next->has_endlist || next->type == AZ_PLAYLIST_TYPE_VOD;
    az_playlist_destroy(&list->playlist);
    free(list->starts);
    list->playlist = playlist;
    list->starts = starts;
    list->count = count_complete(&playlist->u.media);
    remember(list);
    return AIZU_OK;
}

/* NULL where nothing is encrypted. */
static const az_key *key_at(const az_media_playlist *media, uint32_t index)
{
    return index != AZ_NO_INDEX && media->keys[index].method != AZ_KEY_NONE ? &media->keys[index] : NULL;
}

static az_list_item item_of(const az_list *list, const az_segment *segment, size_t index)
{
    const az_media_playlist *media = az_list_playlist(list);
    const az_map *map = segment->map != AZ_NO_INDEX ? &media->maps[segment->map] : NULL;
    return (az_list_item){
        .sequence = az_list_first_sequence(list) + index,
        .part = AZ_LIST_WHOLE,
        .is_independent = true,
        .domain = media->discontinuity_sequence + list->domain_offset + segment->discontinuities,
        .start = list->starts[index],
        .duration = segment->duration,
        .wall = segment->wall,
        .uri = segment->uri,
        .range = {segment->range_offset, segment->range_size},
        .flags = segment->flags,
        .bitrate = segment->bitrate,
        .key = key_at(media, segment->key),
        .map = map,
        .map_key = map ? key_at(media, map->key) : NULL,
    };
}

uint64_t az_list_first_sequence(const az_list *list)
{
    return list->playlist->u.media.media_sequence + list->sequence_offset;
}

az_list_item az_list_at(const az_list *list, size_t index)
{
    AZ_ASSERT(list->playlist && index < list->count);
    return item_of(list, &list->playlist->u.media.segments[index], index);
}

az_list_item az_list_open_item(const az_list *list, size_t ahead)
{
    const az_media_playlist *media = az_list_playlist(list);
    az_list_item item = item_of(list, &media->open, list->count);
    if (ahead > 0) {
        item.sequence += ahead;
        item.start = az_add_sat(az_list_end(list), 0);
        item.wall = AIZU_NO_TIME;
        item.flags = 0;
    }
    return item;
}

bool az_list_prefetch_item(const az_list *list, size_t ahead, az_list_item *item)
{
    const az_media_playlist *media = az_list_playlist(list);
    if (!media || ahead >= media->segment_count - list->count)
        return false;
    *item = item_of(list, &media->segments[list->count + ahead], list->count + ahead);
    item->duration = typical_duration(media, list->count);
    return true;
}

size_t az_list_part_count(const az_list *list, size_t index)
{
    (void)list;
    (void)index;
    return 0;
}

bool az_list_find(const az_list *list, uint64_t sequence, az_list_item *item)
{
    size_t count = az_list_count(list);
    if (count == 0)
        return false;
    uint64_t first = az_list_at(list, 0).sequence;
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
        if (list->starts[middle] <= pts)
            low = middle;
        else
            high = middle;
    }
    *item = az_list_at(list, low);
    return true;
}

void az_list_shift(az_list *list, uint64_t sequence, int64_t delta)
{
    if (!list->playlist)
        return;
    uint64_t first = az_list_first_sequence(list);
    uint64_t begin = sequence > first ? sequence - first : 0;
    size_t total = list->count + list->ahead_count;
    for (uint64_t i = begin; i < total; i++)
        list->starts[i] = az_add_sat(list->starts[i], delta);
    if (begin >= list->count && begin < total)
        list->ahead_placed = AZ_MAX(list->ahead_placed, (size_t)begin - list->count + 1);
}

int64_t az_list_begin(const az_list *list)
{
    return az_list_is_empty(list) ? AIZU_NO_TIME : list->starts[0];
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

aizu_result az_list_reload(az_list *list, az_slice text, const az_playlist_context *context,
                           az_list_change *change, bool *is_full_needed, az_playlist_error *error)
{
    az_playlist *playlist;
    *is_full_needed = false;
    aizu_result result = az_playlist_parse_context(&playlist, text, context, error);
    if (result != AIZU_OK)
        return result;
    bool is_media = playlist->kind == AZ_PLAYLIST_MEDIA;
    *is_full_needed = is_media && playlist->u.media.skipped_segments > 0;
    if (!is_media || *is_full_needed) {
        if (error)
            *error = (az_playlist_error){0, "not a media playlist, or a delta that does not fit"};
        az_playlist_destroy(&playlist);
        return AIZU_E_PLAYLIST;
    }
    return az_list_update(list, &playlist, change);
}
