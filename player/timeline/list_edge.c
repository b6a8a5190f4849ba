/*
 * The live edge of a list: parts, hints and prefetched segments behind the last complete segment, where to
 * begin in them, and what to ask the server for next. Reads the list only. Sections are those of
 * draft-pantos-hls-rfc8216bis (4.4.4.9 parts, 4.4.5.3 hints, 6.2.5 delivery directives).
 */
#include "timeline/list_internal.h"

#include <stdio.h>

/* The parts of one segment, in az_media_playlist.parts. */
typedef struct part_run {
    size_t first;
    size_t count;
    int64_t duration; /* of all */
} part_run;

static size_t first_part_at(const az_media_playlist *media, size_t segment)
{
    size_t low = 0;
    size_t high = media->part_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (media->part_segments[middle] < segment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Long enough to tell whether a part is missing, short enough for sums that were rounded. */
static int64_t half_part(const az_media_playlist *media, const part_run *run)
{
    if (media->part_target > 0)
        return media->part_target / 2;
    return run->count > 0 ? media->parts[run->first].duration / 2 : 0;
}

/*
 * The parts of the segment at an index; that of the segment being written is the count of the list. Servers
 * take parts away that are old (4.4.4.9), maybe the first ones of a segment first: what is left of a complete
 * segment cannot be numbered then, and counts as none.
 */
static part_run parts_of(const az_list *list, size_t index)
{
    const az_media_playlist *media = az_list_playlist(list);
    part_run run = {.first = first_part_at(media, index)};
    for (size_t i = run.first; i < media->part_count && media->part_segments[i] == index; i++) {
        run.duration = az_add_sat(run.duration, media->parts[i].duration);
        run.count++;
    }
    if (index < list->count && run.count > 0 &&
        az_list_at(list, index).duration - run.duration > half_part(media, &run))
        run.count = 0;
    return run;
}

static bool is_independent(const az_media_playlist *media, const az_part *part, size_t number)
{
    return part->is_independent || (number == 0 && media->is_independent_segments);
}

static az_list_item part_item(const az_list *list, size_t index, const part_run *run, size_t number)
{
    const az_media_playlist *media = az_list_playlist(list);
    const az_part *part = &media->parts[run->first + number];
    bool is_complete = index < list->count;
    az_list_item item = is_complete ? az_list_at(list, index) : az_list_open_item(list, 0);
    int64_t before = 0;
    for (size_t i = 0; i < number; i++)
        before = az_add_sat(before, media->parts[run->first + i].duration);
    unsigned of_the_first = AZ_SEGMENT_DISCONTINUITY | AZ_SEGMENT_PDT;
    item.part = (uint32_t)number;
    item.is_last_part = is_complete && number + 1 == run->count;
    item.is_independent = is_independent(media, part, number);
    item.start = az_add_sat(item.start, before);
    item.wall = item.wall != AIZU_NO_TIME ? az_add_sat(item.wall, before) : AIZU_NO_TIME;
    item.duration = part->duration;
    item.uri = part->uri;
    item.range = part->range;
    item.flags = (number == 0 ? item.flags & of_the_first : 0) | (part->is_gap ? AZ_SEGMENT_GAP : 0);
    return item;
}

static const az_preload_hint *part_hint(const az_media_playlist *media)
{
    for (size_t i = 0; i < media->hint_count; i++) {
        if (!media->hints[i].is_map)
            return &media->hints[i];
    }
    return NULL;
}

/*
 * Whether the hint is for the first part of the segment after the one that is being written: the playlist
 * does not say. A hint that goes on in the last part's resource is for the same segment, one that begins a
 * resource where parts are ranges is not; else the segment is over when another part would make it too long.
 */
static bool is_hint_for_next(const az_media_playlist *media, const az_preload_hint *hint, const part_run *run)
{
    if (run->count == 0)
        return false;
    const az_part *last = &media->parts[run->first + run->count - 1];
    if (last->range.size > 0)
        return !az_span_equal(last->uri, hint->uri);
    return az_add_sat(run->duration, half_part(media, run)) > media->target_duration;
}

static bool hint_item(const az_list *list, az_list_cursor cursor, size_t ahead, az_list_item *item)
{
    const az_media_playlist *media = az_list_playlist(list);
    const az_preload_hint *hint = part_hint(media);
    part_run run = parts_of(list, list->count);
    if (!hint || media->has_endlist)
        return false;
    bool is_for_next = is_hint_for_next(media, hint, &run);
    bool is_wanted = ahead == 0 ? cursor.part == run.count : is_for_next && ahead == 1 && cursor.part == 0;
    if (!is_wanted)
        return false;
    az_list_item open = az_list_open_item(list, is_for_next ? 1 : 0);
    unsigned of_the_first = AZ_SEGMENT_DISCONTINUITY | AZ_SEGMENT_PDT;
    open.part = is_for_next ? 0 : (uint32_t)run.count;
    open.is_hint = true;
    open.is_independent = open.part == 0 && media->is_independent_segments;
    open.duration = media->part_target;
    if (!is_for_next) {
        open.start = az_add_sat(open.start, run.duration);
        open.wall = open.wall != AIZU_NO_TIME ? az_add_sat(open.wall, run.duration) : AIZU_NO_TIME;
    }
    open.uri = hint->uri;
    open.range = (az_byte_range){hint->range_offset, hint->range_size};
    if (hint->range_size == 0 && hint->range_offset > 0)
        open.range.size = AZ_RANGE_OPEN;
    open.flags = open.part == 0 ? open.flags & of_the_first : 0;
    *item = open;
    return true;
}

static bool has_parts(const az_media_playlist *media)
{
    return media->part_count > 0 || (media->part_target > 0 && part_hint(media));
}

/* `ahead` segments behind the last complete one. */
static bool next_ahead(const az_list *list, az_list_cursor cursor, size_t ahead, az_list_item *item)
{
    const az_media_playlist *media = az_list_playlist(list);
    if (!has_parts(media))
        return az_list_prefetch_item(list, ahead, item);
    part_run run = parts_of(list, list->count);
    if (ahead > 0 || cursor.part >= run.count)
        return hint_item(list, cursor, ahead, item);
    *item = part_item(list, list->count, &run, cursor.part);
    return true;
}

bool az_list_next(const az_list *list, az_list_cursor cursor, az_list_item *item)
{
    const az_media_playlist *media = az_list_playlist(list);
    if (!media)
        return false;
    uint64_t first = az_list_first_sequence(list);
    if (cursor.sequence < first)
        cursor = (az_list_cursor){first, 0};
    uint64_t index = cursor.sequence - first;
    if (index < list->count && cursor.part > 0) {
        part_run run = parts_of(list, (size_t)index);
        if (cursor.part < run.count) {
            *item = part_item(list, (size_t)index, &run, cursor.part);
            return true;
        }
        size_t known = run.count > 0 ? run.count : az_rows_at(&list->rows, (size_t)index)->part_count;
        if (known > 0 && cursor.part >= known) {
            cursor = (az_list_cursor){cursor.sequence + 1, 0};
            index++;
        }
    }
    if (index < list->count) {
        *item = az_list_at(list, (size_t)index);
        return true;
    }
    uint64_t ahead = index - list->count;
    return ahead <= AZ_PLAYLIST_PREFETCH_MAX && next_ahead(list, cursor, (size_t)ahead, item);
}

/* The last part with which decoding can begin, at or before `pts`. */
static bool find_independent(const az_list *list, size_t index, int64_t pts, az_list_item *item)
{
    const az_media_playlist *media = az_list_playlist(list);
    part_run run = parts_of(list, index);
    int64_t start = index < list->count ? az_list_at(list, index).start : az_list_open_item(list, 0).start;
    size_t found = run.count;
    for (size_t i = 0; i < run.count && start <= pts; i++) {
        const az_part *part = &media->parts[run.first + i];
        if (is_independent(media, part, i) && !part->is_gap)
            found = i;
        start = az_add_sat(start, part->duration);
    }
    if (found == run.count)
        return false;
    *item = part_item(list, index, &run, found);
    return true;
}

bool az_list_locate(const az_list *list, int64_t pts, az_list_item *item)
{
    const az_media_playlist *media = az_list_playlist(list);
    az_list_item part;
    if (!media)
        return false;
    if (pts >= az_list_open_item(list, 0).start && find_independent(list, list->count, pts, item))
        return true;
    if (!az_list_find_time(list, pts, item)) /* nothing but the segment being written */
        return find_independent(list, list->count, INT64_MAX, item);
    size_t index = (size_t)(item->sequence - az_list_first_sequence(list));
    if (find_independent(list, index, pts, &part) && part.part > 0)
        *item = part;
    return true;
}

int64_t az_list_end(const az_list *list)
{
    const az_media_playlist *media = az_list_playlist(list);
    if (!media)
        return AIZU_NO_TIME;
    part_run run = parts_of(list, list->count);
    if (run.count > 0)
        return az_add_sat(az_list_open_item(list, 0).start, run.duration);
    if (list->count == 0)
        return AIZU_NO_TIME;
    az_list_item last = az_list_at(list, list->count - 1);
    return az_add_sat(last.start, last.duration);
}

size_t az_list_open_part_count(const az_list *list)
{
    return parts_of(list, list->count).count;
}

bool az_list_is_low_latency(const az_list *list)
{
    const az_media_playlist *media = az_list_playlist(list);
    az_list_item item;
    return media && !media->has_endlist && (has_parts(media) || az_list_prefetch_item(list, 0, &item));
}

int64_t az_list_hold_back(const az_list *list)
{
    const az_media_playlist *media = az_list_playlist(list);
    az_list_item prefetched;
    if (!media)
        return 0;
    if (has_parts(media) && media->part_hold_back > 0)
        return media->part_hold_back;
    if (has_parts(media) && media->part_target > 0)
        return az_rescale(media->part_target, 3, 1);
    if (media->hold_back > 0)
        return media->hold_back;
    if (az_list_prefetch_item(list, 0, &prefetched))
        return prefetched.duration;
    return az_rescale(media->target_duration, 3, 1);
}

/* Appends to a NUL-terminated text that has room for it. */
static void append(char *out, size_t out_size, const char *directive)
{
    size_t used = strlen(out);
    snprintf(out + used, out_size - used, "%s%s", used ? "&" : "", directive);
}

/* 6.2.5.2: the next part, or the next segment where there are none. */
static void append_position(char *out, size_t out_size, uint64_t msn, bool has_part, uint64_t part)
{
    char text[80];
    if (has_part)
        snprintf(text, sizeof(text), "_HLS_msn=%llu&_HLS_part=%llu", (unsigned long long)msn,
                 (unsigned long long)part);
    else
        snprintf(text, sizeof(text), "_HLS_msn=%llu", (unsigned long long)msn);
    append(out, out_size, text);
}

#define DIRECTIVES_SIZE 128

static bool give(char *out, size_t out_size, const char *text)
{
    if (out_size > 0)
        out[0] = '\0';
    if (text[0] == '\0' || strlen(text) >= out_size)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool az_list_directives(const az_list *list, bool block, bool skip, int64_t age, char *out, size_t out_size)
{
    const az_media_playlist *media = az_list_playlist(list);
    char text[DIRECTIVES_SIZE] = "";
    if (!media || media->has_endlist)
        return give(out, out_size, "");
    if (block && media->can_block_reload) {
        /* A part behind the last one of its segment means the first of the next segment (6.2.5.2). */
        uint64_t msn = media->media_sequence + list->count;
        append_position(text, sizeof(text), msn, media->part_target > 0, parts_of(list, list->count).count);
    }
    /* 6.3.7: a version older than half of the skip boundary may miss segments that were skipped. */
    if (skip && list->count > 0 && media->can_skip_until > 0 && age >= 0 && age <= media->can_skip_until / 2)
        append(text, sizeof(text), media->can_skip_date_ranges ? "_HLS_skip=v2" : "_HLS_skip=YES");
    return give(out, out_size, text);
}

bool az_list_report_directives(const az_list *list, size_t index, char *out, size_t out_size)
{
    const az_media_playlist *media = az_list_playlist(list);
    char text[DIRECTIVES_SIZE] = "";
    if (!media || media->has_endlist || !media->can_block_reload || index >= media->report_count)
        return give(out, out_size, "");
    const az_rendition_report *report = &media->reports[index];
    append_position(text, sizeof(text), report->last_msn, report->last_part != AZ_NO_INDEX,
                    report->last_part);
    return give(out, out_size, text);
}
