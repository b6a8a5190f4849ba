/*
 * A new version of a playlist to the list: what changed, where its segments stand in time, and which number
 * and domain they have. Everything that may fail is done in a plan first; then the list takes it. See
 * docs/internals/timeline.md for what a version may be.
 */
#include "timeline/list_internal.h"

#include <stdlib.h>

#define VOTES_FOR_RESTART   2 /* versions in a row that must say so: one may be garbled */
#define VOTES_AGAINST_CACHE 8 /* the same when all that they name was seen before */
#define MISSED_MAX          1000000u

/* ---- what changed ---- */

static uint64_t row_identity(const az_rows *rows, size_t index)
{
    const az_row *row = az_rows_at(rows, index);
    return az_list_identity(az_rows_uri(rows, row), row->flags, row->wall);
}

/* What stood at a media sequence number, 0 unknown. */
static uint64_t identity_at(const az_list *list, uint64_t sequence)
{
    uint64_t index = sequence - list->media.media_sequence;
    if (sequence >= list->media.media_sequence && index < list->count)
        return row_identity(&list->rows, (size_t)index);
    const az_list_memory *known = &list->memories[sequence % AZ_LIST_MEMORIES];
    return known->sequence == sequence ? known->identity : 0;
}

/* The rows from `begin` on are new. */
static void remember(az_list *list, size_t begin)
{
    size_t last = list->count > AZ_LIST_MEMORIES ? list->count - AZ_LIST_MEMORIES : 0;
    for (size_t i = AZ_MAX(begin, last); i < list->count; i++) {
        uint64_t sequence = list->media.media_sequence + i;
        az_list_memory *memory = &list->memories[sequence % AZ_LIST_MEMORIES];
        *memory = (az_list_memory){sequence, identity_at(list, sequence)};
    }
}

/* Whether a version whose numbers went back is an old one of the same stream: what it names was seen before.
 */
static bool is_older_version(const az_list *list, const az_list_version *version)
{
    uint64_t sequence = version->playlist->u.media.media_sequence;
    if (version->known_count > 0)
        return true;
    for (size_t i = 0; i < version->count; i++) {
        uint64_t known = identity_at(list, sequence + i);
        if (known != 0)
            return known == row_identity(&version->rows, i - version->known_count);
    }
    return false;
}

/* Whether a version begins where the known one does and only ends earlier: it was cut off on its way. Its
 * last URI may be cut, too. */
static bool is_cut_version(const az_list *list, const az_list_version *version)
{
    uint64_t sequence = version->playlist->u.media.media_sequence;
    if (sequence < list->media.media_sequence)
        return false;
    for (size_t i = version->known_count; i + 1 < version->count; i++) {
        if (identity_at(list, sequence + i) != row_identity(&version->rows, i - version->known_count))
            return false;
    }
    return true;
}

/* The index in the new list that a segment of the document has; that of the gap's other side is not kept. */
static size_t index_of(const az_list_version *version, size_t segment)
{
    return segment < version->parsed_from ? 0 : version->known_count + segment - version->parsed_from;
}

/* The same segments: by what is ahead of them. A cache may give out an older version there, too. */
static az_list_change compare_ahead(const az_list *list, const az_list_version *version)
{
    const az_media_playlist *next = &version->playlist->u.media;
    size_t known = az_list_open_part_count(list);
    size_t parts = 0;
    for (size_t i = next->part_count;
         i > 0 && index_of(version, next->part_segments[i - 1]) == version->count; i--)
        parts++;
    if (parts < known)
        return AZ_LIST_STALE;
    return parts == known && version->prefetch_count == list->prefetch_count ? AZ_LIST_SAME : AZ_LIST_GREW;
}

static az_list_change classify(const az_list *list, const az_list_version *version)
{
    const az_media_playlist *next = &version->playlist->u.media;
    const az_media_playlist *known = &list->media;
    if (next->skipped_segments > 0 && !version->is_delta)
        return AZ_LIST_STALE;
    if (!list->has_version || list->count == 0)
        return AZ_LIST_GREW;
    if (version->count == 0)
        return next->has_endlist && !known->has_endlist ? AZ_LIST_GREW : AZ_LIST_STALE;
    uint64_t known_end = known->media_sequence + list->count;
    uint64_t next_end = next->media_sequence + version->count;
    if (next->media_sequence < known->media_sequence || next_end < known_end)
        return AZ_LIST_RESTARTED;
    if (next->media_sequence > known_end)
        return AZ_LIST_JUMPED;
    if (next_end == known_end && next->has_endlist == known->has_endlist &&
        next->media_sequence == known->media_sequence)
        return compare_ahead(list, version);
    return AZ_LIST_GREW;
}

/* Numbers that go back are a restart when several versions in a row say so: one may have been cut off on its
 * way, and caches give out old versions for a while. */
static az_list_change confirm(az_list *list, const az_list_version *version, az_list_change change)
{
    if (change != AZ_LIST_RESTARTED) {
        list->steps_back = 0;
        return change;
    }
    if (is_cut_version(list, version))
        return AZ_LIST_STALE;
    bool is_seen = version->playlist->u.media.media_sequence >= list->media.media_sequence ||
                   is_older_version(list, version);
    unsigned needed = is_seen ? VOTES_AGAINST_CACHE : VOTES_FOR_RESTART;
    if (++list->steps_back < needed)
        return AZ_LIST_STALE;
    return AZ_LIST_RESTARTED;
}

/* ---- the plan ---- */

typedef struct plan {
    az_list_change change;
    size_t keep_begin, keep_end; /* rows that stay */
    int64_t kept_start;          /* of the first of them, after a restart */
    az_arena edge;
    az_media_playlist media;
    az_list_ranges ranges;
} plan;

/* The row of a sequence number whose place the list knows, those ahead included; NULL: none. */
static const az_row *known_row(const az_list *list, uint64_t sequence)
{
    uint64_t index = sequence - list->media.media_sequence;
    if (!list->has_version || sequence < list->media.media_sequence)
        return NULL;
    if (index >= list->count + list->ahead_placed && index != list->count)
        return NULL;
    return az_rows_at(&list->rows, (size_t)index);
}

/* Where the first segment of a version stands that has nothing in common with the known one. */
static int64_t start_after(const az_list *list, const az_list_version *version, az_list_change change)
{
    const az_media_playlist *next = &version->playlist->u.media;
    if (!list->has_version)
        return 0;
    if (list->count == 0)
        return az_rows_at(&list->rows, 0)->start;
    const az_row *last = az_rows_at(&list->rows, list->count - 1);
    int64_t end = az_list_end(list);
    if (change != AZ_LIST_JUMPED)
        return end;
    int64_t wall = az_rows_at(&version->rows, 0)->wall;
    if (last->wall != AIZU_NO_TIME && wall != AIZU_NO_TIME && wall > last->wall)
        return AZ_MAX(end, az_add_sat(last->start, az_sub_sat(wall, last->wall)));
    uint64_t missed = next->media_sequence - (list->media.media_sequence + list->count);
    return az_add_sat(end, az_rescale(next->target_duration, (int64_t)AZ_MIN(missed, MISSED_MAX), 1));
}

/* Starts of the version's rows: known segments keep theirs, new ones are chained behind. */
static void plan_starts(const az_list *list, az_list_version *version, plan *p)
{
    uint64_t sequence = version->playlist->u.media.media_sequence + version->known_count;
    bool is_same_line = p->change == AZ_LIST_GREW || p->change == AZ_LIST_SAME;
    int64_t start = start_after(list, version, p->change);
    p->kept_start = start;
    if (is_same_line && p->keep_end > p->keep_begin) {
        const az_row *last = az_rows_at(&list->rows, p->keep_end - 1);
        start = az_add_sat(last->start, last->duration);
    }
    for (size_t i = p->keep_begin; i < p->keep_end && !is_same_line; i++)
        start = az_add_sat(start, az_rows_at(&list->rows, i)->duration);
    for (size_t n = 0; n < az_rows_count(&version->rows) && list->has_version; n++) {
        az_row *row = az_rows_at(&version->rows, n);
        const az_row *known = is_same_line ? known_row(list, sequence + n) : NULL;
        row->start = known ? known->start : start;
        if (known) /* it may have lost its parts: a cursor behind them means the next segment */
            row->part_count = AZ_MAX(row->part_count, known->part_count);
        start = az_add_sat(row->start, row->duration);
    }
}

/* ---- what is kept of the edge ---- */

static bool copy_span(az_arena *arena, az_span *span)
{
    char *copy = az_arena_strdup(arena, *span);
    *span = az_span_make(copy, span->size);
    return copy != NULL;
}

/* The first part of the document that is worth keeping: those near the end. */
static size_t first_part(const az_list_version *version)
{
    const az_media_playlist *next = &version->playlist->u.media;
    size_t complete = version->count - version->known_count;
    if (complete == 0)
        return 0;
    const az_row *last = az_rows_at(&version->rows, complete - 1);
    int64_t kept = az_rescale(AZ_MAX(next->target_duration, last->duration), AZ_LIST_PARTS_TARGETS, 1);
    int64_t begin = az_sub_sat(last->start, kept);
    size_t n = complete;
    while (n > 0 && az_rows_at(&version->rows, n - 1)->start >= begin)
        n--;
    size_t part = next->part_count;
    while (part > 0 && index_of(version, next->part_segments[part - 1]) >= version->known_count + n)
        part--;
    return part;
}

static bool plan_parts(const az_list_version *version, plan *p)
{
    const az_media_playlist *next = &version->playlist->u.media;
    size_t begin = first_part(version);
    while (begin < next->part_count && next->part_segments[begin] < version->parsed_from)
        begin++; /* of the segment that is known */
    size_t count = next->part_count - begin;
    az_part *parts = az_arena_alloc_array(&p->edge, count, sizeof(*parts));
    uint32_t *segments = az_arena_alloc_array(&p->edge, count, sizeof(*segments));
    bool is_good = parts && segments;
    for (size_t i = 0; i < count && is_good; i++) {
        parts[i] = next->parts[begin + i];
        segments[i] = (uint32_t)index_of(version, next->part_segments[begin + i]);
        is_good = copy_span(&p->edge, &parts[i].uri);
    }
    p->media.parts = parts;
    p->media.part_segments = segments;
    p->media.part_count = count;
    return is_good;
}

static bool plan_edge(const az_list_version *version, plan *p)
{
    const az_media_playlist *next = &version->playlist->u.media;
    az_preload_hint *hints = az_arena_alloc_array(&p->edge, next->hint_count, sizeof(*hints));
    az_rendition_report *reports = az_arena_alloc_array(&p->edge, next->report_count, sizeof(*reports));
    bool is_good = hints && reports && plan_parts(version, p);
    for (size_t i = 0; i < next->hint_count && is_good; i++) {
        hints[i] = next->hints[i];
        is_good = copy_span(&p->edge, &hints[i].uri);
    }
    for (size_t i = 0; i < next->report_count && is_good; i++) {
        reports[i] = next->reports[i];
        is_good = copy_span(&p->edge, &reports[i].uri);
    }
    p->media.hints = hints;
    p->media.reports = reports;
    p->media.segments = NULL;
    p->media.keys = NULL;
    p->media.maps = NULL;
    p->media.segment_count = p->media.key_count = p->media.map_count = 0;
    p->media.open = (az_segment){.key = AZ_NO_INDEX, .map = AZ_NO_INDEX};
    p->media.removed_date_ranges = (az_span){0};
    p->media.skipped_segments = 0;
    return is_good;
}

static bool plan_make(az_list *list, az_list_version *version, plan *p)
{
    const az_rows *rows = &version->rows;
    p->media = version->playlist->u.media;
    p->keep_begin = version->known_first;
    p->keep_end = version->known_first + version->known_count;
    plan_starts(list, version, p);
    if (!plan_edge(version, p) || !az_list_ranges_merge(&p->ranges, list, version))
        return false;
    return version->known_count == 0 ||
           az_rows_reserve(&list->rows, p->keep_begin, p->keep_end, az_rows_count(rows),
                           az_rows_byte_count(rows), az_rows_setting_count(rows));
}

/* ---- taking it ---- */

/*
 * A segment keeps its domain, and domains do not go back: many servers leave EXT-X-DISCONTINUITY-SEQUENCE
 * out, and the count begins anew when a tag slides out of their window.
 */
static void keep_domains(az_list *list, const az_list_version *version)
{
    const az_media_playlist *next = &version->playlist->u.media;
    if (list->count == 0 || version->count == 0)
        return;
    uint64_t away = next->media_sequence - list->media.media_sequence;
    size_t index = (size_t)AZ_MIN(away, list->count - 1);
    uint64_t was = list->domain_origin + az_rows_at(&list->rows, index)->discontinuities;
    uint64_t is = next->discontinuity_sequence + version->discontinuities + list->domain_offset;
    if (away == index || is < was)
        list->domain_offset += was - is;
}

/* Makes the numbering of a restarted stream follow the known one. */
static void renumber(az_list *list, const az_list_version *version)
{
    const az_media_playlist *next = &version->playlist->u.media;
    az_list_item last = az_list_at(list, list->count - 1);
    uint64_t domain = last.domain + 1 - next->discontinuity_sequence;
    list->domain_origin += domain - list->domain_offset;
    list->domain_offset = domain;
    list->sequence_offset = last.sequence + 1 - next->media_sequence;
    list->steps_back = 0;
    memset(list->memories, 0, sizeof(list->memories));
}

/* Dates of known segments that only a later one tells (6.3.3). */
static void derive_walls(az_list *list, size_t end, int64_t wall)
{
    for (size_t i = end; i > 0 && wall != AIZU_NO_TIME; i--) {
        az_row *row = az_rows_at(&list->rows, i - 1);
        if (row->wall != AIZU_NO_TIME)
            return;
        wall = row->wall = az_sub_sat(wall, row->duration);
    }
}

/* After a restart, what is known of it comes behind all that was. */
static void move_kept(az_list *list, size_t kept, int64_t start)
{
    for (size_t i = 0; i < kept; i++) {
        az_row *row = az_rows_at(&list->rows, i);
        row->start = start;
        start = az_add_sat(start, row->duration);
    }
}

/* Makes the rows those of the version. */
static void commit_rows(az_list *list, az_list_version *version, const plan *p)
{
    const az_media_playlist *next = &version->playlist->u.media;
    size_t kept = p->keep_end - p->keep_begin;
    if (p->change == AZ_LIST_RESTARTED)
        renumber(list, version);
    else
        keep_domains(list, version);
    uint64_t domain = next->discontinuity_sequence + list->domain_offset;
    if (kept == 0) {
        az_rows_deinit(&list->rows);
        list->rows = version->rows;
        version->rows = (az_rows){0};
        list->domain_origin = domain;
    } else {
        for (size_t n = 0; n < az_rows_count(&version->rows); n++)
            az_rows_at(&version->rows, n)->discontinuities += (uint32_t)(domain - list->domain_origin);
        az_rows_cut(&list->rows, p->keep_begin, p->keep_end);
        az_rows_append(&list->rows, &version->rows);
        if (p->change == AZ_LIST_RESTARTED)
            move_kept(list, kept, p->kept_start);
        if (version->is_first_dated)
            az_rows_at(&list->rows, 0)->flags |= AZ_SEGMENT_PDT;
        derive_walls(list, kept, az_rows_at(&list->rows, kept)->wall);
    }
    az_rows_trim(&list->rows);
}

static void commit(az_list *list, az_list_version *version, plan *p)
{
    const az_media_playlist *next = &version->playlist->u.media;
    uint64_t end = list->media.media_sequence + list->count;
    uint64_t grown = next->media_sequence + version->count - end;
    bool is_same_line = p->change == AZ_LIST_GREW || p->change == AZ_LIST_SAME;
    commit_rows(list, version, p);
    if (!list->has_version)
        list->was_ended_at_first = next->has_endlist || next->type == AZ_PLAYLIST_TYPE_VOD;
    list->same_count = p->change == AZ_LIST_SAME ? list->same_count + 1 : 0;
    list->ahead_placed = is_same_line && grown < list->ahead_placed ? list->ahead_placed - (size_t)grown : 0;
    list->ahead_placed = AZ_MIN(list->ahead_placed, AZ_MAX(version->prefetch_count, 1));
    list->has_version = true;
    list->count = version->count;
    list->prefetch_count = version->prefetch_count;
    list->variables = version->variables;
    az_arena_deinit(&list->edge);
    list->edge = p->edge;
    az_arena_init(&p->edge, 0);
    az_list_ranges_deinit(&list->ranges);
    list->ranges = p->ranges;
    p->ranges = (az_list_ranges){0};
    list->media = p->media;
    list->media.date_ranges = list->ranges.items;
    list->media.date_range_count = list->ranges.count;
    remember(list, p->keep_end - p->keep_begin);
}

aizu_result az_list_take(az_list *list, az_list_version *version, az_list_change *change)
{
    plan p = {0};
    aizu_result result = AIZU_OK;
    *change = p.change = confirm(list, version, classify(list, version));
    if (*change != AZ_LIST_STALE) {
        if (plan_make(list, version, &p))
            commit(list, version, &p);
        else
            result = AIZU_E_MEMORY;
        az_arena_deinit(&p.edge);
        az_list_ranges_deinit(&p.ranges);
    }
    az_list_version_deinit(version);
    return result;
}
