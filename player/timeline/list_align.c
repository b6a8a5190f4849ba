/*
 * Two lists of one presentation: moves one so that it agrees with the other. An estimate from dates, numbers
 * or ends, in that order; the media makes it exact later. See az_list_align() in timeline/list.h.
 */
#include "timeline/list_internal.h"

#define APART_MAX 30 /* segments between two lists whose numbers still belong together */

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? az_sub_sat(b, a) : az_sub_sat(a, b);
}

/* What is looked for: the segment nearest to a date, or to a time. */
typedef enum nearest_by {
    BY_WALL,
    BY_START,
} nearest_by;

/* Among the segments whose programme date-time was written: a derived one is wrong behind a jump. */
static bool find_nearest(const az_list *list, nearest_by by, int64_t value, az_list_item *found)
{
    bool is_found = false;
    int64_t nearest = INT64_MAX;
    for (size_t i = 0; i < az_list_count(list); i++) {
        az_list_item item = az_list_at(list, i);
        bool is_dated = (item.flags & AZ_SEGMENT_PDT) && item.wall != AIZU_NO_TIME;
        int64_t away = distance(by == BY_WALL ? item.wall : item.start, value);
        if (!is_dated || (is_found && away >= nearest))
            continue;
        *found = item;
        nearest = away;
        is_found = true;
    }
    return is_found;
}

/* A segment of each, with dates as near to each other as can be found near `pts` and at the ends of the list.
 */
static bool find_date_pair(const az_list *list, const az_list *reference, int64_t pts, az_list_item *mine,
                           az_list_item *theirs)
{
    bool is_found =
        find_nearest(reference, BY_START, pts, theirs) && find_nearest(list, BY_WALL, theirs->wall, mine);
    for (unsigned end = 0; end < 2 && is_found; end++) {
        az_list_item a, b;
        int64_t edge = end == 0 ? az_list_begin(list) : az_list_end(list);
        if (find_nearest(list, BY_START, edge, &a) && find_nearest(reference, BY_WALL, a.wall, &b) &&
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
    int64_t target = list->media.target_duration;
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
    list->domain_origin += reference->domain_offset - list->domain_offset;
    list->domain_offset = reference->domain_offset;
    int64_t delta = alignment(list, reference, pts);
    az_list_shift(list, 0, delta);
}
