/*
 * Media playlists over their reloads; see timeline/list.h.
 *
 * The list keeps the newest playlist document and, beside it, one start per segment.
 */
#include "timeline/list.h"

#include <stdlib.h>
#include <string.h>

#define MEMORIES            256
#define VOD_LOOKS           2  /* at a recording without EXT-X-ENDLIST: it may have been cut off */
#define APART_MAX           30 /* segments between two lists whose numbers still belong together */
#define VOTES_FOR_RESTART   2  /* versions in a row that must say so: one may be garbled */
#define VOTES_AGAINST_CACHE 8  /* the same when all that they name was seen before */

/* A segment that was listed. */
typedef struct memory {
    uint64_t sequence;
    uint64_t identity; /* of its name and date; 0: none */
} memory;

struct az_list {
    az_playlist *playlist;
    int64_t *starts;           /* one per segment of the playlist */
    uint64_t sequence_offset;  /* added to media sequence numbers: grows with restarts */
    uint64_t domain_offset;    /* added to discontinuity sequence numbers, likewise */
    size_t count;              /* segments, without those that are still being written */
    unsigned same_count;       /* versions in a row that had nothing new */
    unsigned steps_back;       /* versions in a row whose numbers went back */
    memory memories[MEMORIES]; /* what stood at the last sequence numbers, by their remainder */
    bool was_ended_at_first;
};

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
    for (size_t i = list->count > MEMORIES ? list->count - MEMORIES : 0; i < list->count; i++) {
        uint64_t sequence = media->media_sequence + i;
        list->memories[sequence % MEMORIES] = (memory){sequence, identity_of(&media->segments[i])};
    }
}

/* Whether a version whose numbers went back is an old one of the same stream: what it names was seen before.
 */
static bool is_older_version(const az_list *list, const az_media_playlist *next)
{
    for (size_t i = 0; i < count_complete(next); i++) {
        uint64_t sequence = next->media_sequence + i;
        const memory *known = &list->memories[sequence % MEMORIES];
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
        const memory *known = &list->memories[sequence % MEMORIES];
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

/* Starts of the next version: known segments keep theirs, new ones are chained behind. */
static void chain_starts(const az_list *list, const az_media_playlist *next, az_list_change change,
                         int64_t *starts)
{
    const az_media_playlist *known = az_list_playlist(list);
    int64_t start = first_start(list, next, change);
    for (size_t i = 0; i < count_complete(next); i++) {
        if (known && change == AZ_LIST_GREW && next->media_sequence + i >= known->media_sequence) {
            uint64_t index = next->media_sequence + i - known->media_sequence;
            if (index < list->count)
                start = list->starts[index];
        }
        starts[i] = start;
        start = az_add_sat(start, next->segments[i].duration);
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
    int64_t *starts = malloc(AZ_MAX(next->segment_count, 1) * sizeof(*starts));
    if (!starts) {
        az_playlist_destroy(&playlist);
        return AIZU_E_MEMORY;
    }
    if (*change == AZ_LIST_SAME)
        memcpy(starts, list->starts, list->count * sizeof(*starts));
    else
        chain_starts(list, next, *change, starts);
    if (*change == AZ_LIST_RESTARTED)
        renumber(list, next);
    else
        keep_domains(list, next);
    list->same_count = *change == AZ_LIST_SAME ? list->same_count + 1 : 0;
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

az_list_item az_list_at(const az_list *list, size_t index)
{
    const az_media_playlist *media = az_list_playlist(list);
    AZ_ASSERT(media && index < list->count);
    const az_segment *segment = &media->segments[index];
    const az_map *map = segment->map != AZ_NO_INDEX ? &media->maps[segment->map] : NULL;
    return (az_list_item){
        .sequence = media->media_sequence + list->sequence_offset + index,
        .number = media->media_sequence + index,
        .part = AZ_LIST_WHOLE,
        .is_independent = true,
        .domain = media->discontinuity_sequence + list->domain_offset + segment->discontinuities,
        .start = list->starts[index],
        .duration = segment->duration,
        .wall = segment->wall,
        .uri = segment->uri,
        .range = {segment->range_offset, segment->range_size},
        .flags = segment->flags,
        .key = key_at(media, segment->key),
        .map = map,
        .map_key = map ? key_at(media, map->key) : NULL,
    };
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
    size_t count = az_list_count(list);
    if (count == 0)
        return;
    uint64_t first = az_list_at(list, 0).sequence;
    for (uint64_t i = sequence > first ? sequence - first : 0; i < count; i++)
        list->starts[i] = az_add_sat(list->starts[i], delta);
}

int64_t az_list_begin(const az_list *list)
{
    return az_list_is_empty(list) ? AIZU_NO_TIME : list->starts[0];
}

int64_t az_list_end(const az_list *list)
{
    size_t count = az_list_count(list);
    if (count == 0)
        return AIZU_NO_TIME;
    return az_add_sat(list->starts[count - 1], list->playlist->u.media.segments[count - 1].duration);
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

int64_t az_list_hold_back(const az_list *list)
{
    const az_media_playlist *media = az_list_playlist(list);
    if (!media)
        return 0;
    return media->hold_back > 0 ? media->hold_back : az_rescale(media->target_duration, 3, 1);
}

int64_t az_list_wall_offset(const az_list *list, int64_t pts)
{
    az_list_item item;
    if (!az_list_find_time(list, pts, &item) || item.wall == AIZU_NO_TIME)
        return AIZU_NO_TIME;
    return item.wall - item.start;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? az_sub_sat(b, a) : az_sub_sat(a, b);
}

/* The segment whose programme date-time was written (a derived one is wrong behind a jump) and is nearest to
 * `wall`. */
static bool find_wall(const az_list *list, int64_t wall, az_list_item *found)
{
    bool is_found = false;
    for (size_t i = 0; i < az_list_count(list); i++) {
        az_list_item item = az_list_at(list, i);
        bool is_dated = (item.flags & AZ_SEGMENT_PDT) && item.wall != AIZU_NO_TIME;
        if (!is_dated || (is_found && distance(item.wall, wall) >= distance(found->wall, wall)))
            continue;
        *found = item;
        is_found = true;
    }
    return is_found;
}

/* The segment with a written date that stands nearest to `pts`. */
static bool find_dated(const az_list *list, int64_t pts, az_list_item *found)
{
    bool is_found = false;
    for (size_t i = 0; i < az_list_count(list); i++) {
        az_list_item item = az_list_at(list, i);
        bool is_dated = (item.flags & AZ_SEGMENT_PDT) && item.wall != AIZU_NO_TIME;
        if (!is_dated || (is_found && distance(item.start, pts) >= distance(found->start, pts)))
            continue;
        *found = item;
        is_found = true;
    }
    return is_found;
}

/* A segment of each, with dates as near to each other as can be found near `pts` and at the ends of the list.
 */
static bool find_date_pair(const az_list *list, const az_list *reference, int64_t pts, az_list_item *mine,
                           az_list_item *theirs)
{
    bool is_found = find_dated(reference, pts, theirs) && find_wall(list, theirs->wall, mine);
    for (unsigned end = 0; end < 2 && is_found; end++) {
        az_list_item a, b;
        int64_t edge = end == 0 ? az_list_begin(list) : az_list_end(list);
        if (find_dated(list, edge, &a) && find_wall(reference, a.wall, &b) &&
            distance(a.wall, b.wall) < distance(mine->wall, theirs->wall)) {
            *mine = a;
            *theirs = b;
        }
    }
    return is_found;
}

static bool find_same_sequence(const az_list *list, uint64_t sequence, az_list_item *item)
{
    return az_list_find(list, sequence, item) && item->sequence == sequence;
}

/* By how much numbers that follow the reference's (or go before them) say that `list` is off: some segments
 * were missed. False: they have nothing to do with each other. */
static bool align_apart(const az_list *list, const az_list *reference, int64_t *delta)
{
    int64_t target = list->playlist->u.media.target_duration;
    uint64_t first = az_list_at(list, 0).sequence;
    uint64_t known = az_list_at(reference, 0).sequence;
    uint64_t end = first + list->count;
    uint64_t known_end = known + reference->count;
    uint64_t missed = first >= known_end ? first - known_end : known - AZ_MIN(end, known);
    if (missed > APART_MAX)
        return false;
    int64_t gap = az_rescale(target, (int64_t)missed, 1);
    *delta = first >= known_end ? az_add_sat(az_list_end(reference), gap) - az_list_begin(list)
                                : az_add_sat(az_list_begin(reference), -gap) - az_list_end(list);
    return true;
}

/*
 * How far `list` is from the reference, seen near `pts`: estimates drift apart over long lists. A pair of
 * segments with one date tells best; then one number; then dates that are apart; then the ends.
 */
static int64_t alignment(const az_list *list, const az_list *reference, int64_t pts)
{
    az_list_item theirs, mine;
    bool is_dated = find_date_pair(list, reference, pts, &mine, &theirs);
    int64_t by_date = is_dated ? az_add_sat(theirs.start, mine.wall - theirs.wall) - mine.start : 0;
    if (is_dated && distance(mine.wall, theirs.wall) <= AZ_MAX(mine.duration, theirs.duration) / 2)
        return by_date;
    az_list_item first = az_list_at(list, 0);
    (void)az_list_find_time(reference, pts, &theirs);
    if (find_same_sequence(list, theirs.sequence, &mine))
        return theirs.start - mine.start;
    if (find_same_sequence(reference, first.sequence, &theirs))
        return theirs.start - first.start;
    theirs = az_list_at(reference, 0);
    if (find_same_sequence(list, theirs.sequence, &mine))
        return theirs.start - mine.start;
    if (is_dated)
        return by_date;
    if (az_list_is_ended(list) && az_list_is_ended(reference))
        return az_list_begin(reference) - first.start;
    int64_t delta;
    if (align_apart(list, reference, &delta))
        return delta;
    return az_list_end(reference) - az_list_end(list);
}

void az_list_align(az_list *list, const az_list *reference, int64_t pts)
{
    if (az_list_is_empty(list) || az_list_is_empty(reference))
        return;
    /* what restarts used up of the numbers counts for both */
    list->sequence_offset = reference->sequence_offset;
    list->domain_offset = reference->domain_offset;
    int64_t delta = alignment(list, reference, pts);
    az_list_shift(list, 0, delta);
}
