/*
 * Media segments (4.3.2): the tags that stand before a URI line collect in `pending`, the URI line makes
 * the segment and empties it. This is the path that a long DVR playlist takes tens of thousands of times.
 * Also prefetch segments, which have their URI in the tag, and the segment that is not listed yet.
 */
#include "playlist/parser.h"

static const az_pending NOTHING_PENDING = {.duration = AIZU_NO_TIME, .wall = AIZU_NO_TIME};

void az_read_extinf(az_parser *p, az_span value)
{
    az_pending *pending = &p->pending;
    const uint8_t *at = value.data;
    const uint8_t *end = value.data + value.size;
    if (AZ_UNLIKELY(pending->extinf_line != 0))
        az_parser_note(p, "EXTINF without a URI before the next one: the earlier one is dropped");
    pending->extinf_line = p->line;
    pending->duration = AIZU_NO_TIME;
    pending->title_size = 0;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    if (AZ_UNLIKELY(at != value.data))
        az_parser_note(p, "white space before the duration of EXTINF: ignored");
    if (AZ_UNLIKELY(!az_scan_ns(&at, end, &pending->duration))) {
        az_parser_note(p, "duration of EXTINF cannot be read: the target duration is taken");
        while (at < end && *at != ',')
            at++;
    }
    if (AZ_LIKELY(at < end && *at == ',')) {
        at++;
        pending->title_offset = (uint32_t)(at - p->text);
        pending->title_size = (uint32_t)(end - at);
        return;
    }
    az_parser_note(p, at == end ? "EXTINF without the comma after its duration"
                                : "text after the duration of EXTINF: ignored");
}

void az_read_program_date_time(az_parser *p, az_span value)
{
    bool is_strict;
    int64_t wall;
    if (AZ_UNLIKELY(!az_date_time_scan(value, &p->date_memory, &wall, &is_strict))) {
        az_parser_note(p, "programme date-time cannot be read: ignored");
        return;
    }
    if (AZ_UNLIKELY(!is_strict))
        az_parser_note(p, "date-time in an unusual form; UTC where it names no zone");
    p->pending.wall = wall;
}

void az_read_byterange(az_parser *p, az_span value)
{
    az_pending *pending = &p->pending;
    pending->has_range = az_value_byte_range(value, &pending->range, &pending->range_has_offset);
    if (!pending->has_range) {
        az_parser_note(p, "byte range cannot be read: its segment becomes a gap");
        pending->flags |= AZ_SEGMENT_GAP;
    }
}

void az_read_discontinuity(az_parser *p, az_span value)
{
    (void)value;
    p->pending.flags |= AZ_SEGMENT_DISCONTINUITY;
    p->discontinuities++;
}

void az_read_gap(az_parser *p, az_span value)
{
    (void)value;
    p->pending.flags |= AZ_SEGMENT_GAP;
}

/* bis 4.4.4.8: for the segments that follow, but those with a byte range. */
void az_read_bitrate(az_parser *p, az_span value)
{
    uint64_t bitrate;
    if (!az_value_u64(value, &bitrate))
        az_parser_note(p, "tag value is not a decimal integer: ignored");
    else
        p->bitrate = (uint32_t)AZ_MIN(bitrate, UINT32_MAX);
}

/* That it must go on in the same resource is noted only: per-segment tokens make one resource look like many.
 */
bool az_range_place(az_parser *p, az_range_end *last, az_byte_range *range, bool has_offset, az_span uri)
{
    if (!has_offset) {
        if (last->end == 0 || !az_span_equal(uri, last->uri))
            az_parser_note(p, last->end
                                  ? "byte range without offset that goes on from one of another resource"
                                  : "byte range without offset and without one to continue: read from 0");
        range->offset = last->end;
    }
    if (range->size == 0 || range->offset > INT64_MAX - range->size) {
        az_parser_note(p, "byte range that is empty or too far: a gap");
        range->size = 0;
    }
    last->uri = uri;
    last->end = range->offset + range->size;
    return range->size > 0;
}

static void take_range(az_parser *p, az_segment *segment)
{
    az_byte_range range = p->pending.range;
    if (!az_range_place(p, &p->segment_range_end, &range, p->pending.range_has_offset, segment->uri)) {
        segment->flags |= AZ_SEGMENT_GAP;
        segment->is_irregular = true; /* where the next range goes on is not in the segment */
        return;
    }
    segment->range_offset = range.offset;
    segment->range_size = range.size;
}

/* Rare: without a duration of its own a segment is taken to last the target duration. */
static int64_t duration_in_doubt(az_parser *p)
{
    p->pending.is_irregular = true; /* it changes with the target duration */
    if (p->pending.extinf_line == 0)
        az_parser_note(p, "segment without EXTINF: the target duration is taken");
    return p->media.target_duration;
}

/* Room for one more segment. When some are there, the rest of the text is guessed to hold as many for its
 * size. */
static az_segment *add_segment(az_parser *p)
{
    az_vector *segments = &p->segments;
    if (AZ_UNLIKELY(segments->count == segments->capacity)) {
        size_t guess = p->stop_count != SIZE_MAX ? p->stop_count : az_parser_guess(p, segments->count);
        if (!az_parser_grow(p, segments, sizeof(az_segment), guess, AZ_PLAYLIST_SEGMENTS_MAX))
            return NULL;
    }
    return (az_segment *)segments->items + segments->count++;
}

void az_read_segment_uri(az_parser *p, az_span uri)
{
    const az_pending *pending = &p->pending;
    az_segment *segment = add_segment(p);
    if (AZ_UNLIKELY(!segment))
        return;
    int64_t duration = pending->duration;
    if (AZ_UNLIKELY(duration == AIZU_NO_TIME))
        duration = duration_in_doubt(p);
    else if (AZ_UNLIKELY(duration > p->duration_max))
        az_parser_note(p, "segment longer than the target duration");
    p->longest = AZ_MAX(p->longest, duration);
    bool has_wall = pending->wall != AIZU_NO_TIME;
    if (has_wall && p->first_wall == SIZE_MAX)
        p->first_wall = p->segments.count - 1;
    *segment = (az_segment){
        .uri = uri,
        .duration = duration,
        .wall = has_wall ? pending->wall : p->wall_next,
        .title_offset = pending->title_offset,
        .title_size = pending->title_size,
        .discontinuities = p->discontinuities,
        .key = p->keys_changed ? az_key_in_force(p) : p->key_index,
        .map = p->map_index,
        .line = p->line,
        .flags = pending->flags | (has_wall ? AZ_SEGMENT_PDT : 0u),
        .bitrate = p->bitrate,
        .text_end = (uint32_t)p->at,
        .part_count = pending->part_count,
        .is_irregular = pending->is_irregular,
    };
    if (segment->wall != AIZU_NO_TIME)
        p->wall_next = az_add_sat(segment->wall, duration);
    p->segment_range_end.end = pending->has_range ? p->segment_range_end.end : 0;
    if (pending->has_range)
        take_range(p, segment);
    p->pending = NOTHING_PENDING;
    p->is_stopped = p->is_stopped || p->segments.count >= p->stop_count;
}

/* Held apart until the end: indexes of regular segments must count media sequence numbers. */
void az_read_prefetch(az_parser *p, az_span value)
{
    if (value.size == 0 || p->prefetches.count == AZ_PLAYLIST_PREFETCH_MAX) {
        az_parser_note(p, value.size ? "too many prefetch segments: this one is ignored"
                                     : "EXT-X-PREFETCH without URI: ignored");
        return;
    }
    az_segment *segment = az_parser_add(p, &p->prefetches, sizeof(*segment), AZ_PLAYLIST_PREFETCH_MAX);
    if (!segment)
        return;
    /* An EXT-X-DISCONTINUITY that no segment took yet is this one's. */
    bool is_discontinuity = p->prefetch_discontinuity || (p->pending.flags & AZ_SEGMENT_DISCONTINUITY);
    segment->uri = value;
    segment->wall = p->pending.wall;
    segment->discontinuities = p->discontinuities;
    segment->key = az_key_in_force(p);
    segment->map = p->map_index;
    segment->line = p->line;
    segment->bitrate = p->bitrate;
    segment->text_end = (uint32_t)p->at;
    segment->flags = AZ_SEGMENT_PREFETCH | (is_discontinuity ? AZ_SEGMENT_DISCONTINUITY : 0u) |
                     (p->pending.wall != AIZU_NO_TIME ? AZ_SEGMENT_PDT : 0u);
    p->prefetch_discontinuity = false;
    p->pending.flags &= ~(uint32_t)AZ_SEGMENT_DISCONTINUITY;
    p->pending.wall = AIZU_NO_TIME;
}

void az_read_prefetch_discontinuity(az_parser *p, az_span value)
{
    (void)value;
    p->prefetch_discontinuity = true;
    p->discontinuities++;
}

void az_segments_resume(az_parser *p, const az_playlist_gap *gap)
{
    p->pending = NOTHING_PENDING;
    p->discontinuities += gap->discontinuities;
    p->bitrate = gap->bitrate;
    p->segment_range_end = (az_range_end){gap->range_uri, gap->range_end};
    p->part_range_end = (az_range_end){0};
    p->wall_next = gap->wall;
    if (gap->wall != AIZU_NO_TIME)
        p->first_wall = 0; /* nothing is left to derive backwards */
    az_keys_resume(p, gap);
}

/* 6.3.3: dates before the first written one, from it backwards. */
static void derive_walls_backwards(az_parser *p)
{
    az_segment *segments = p->segments.items;
    if (p->first_wall == SIZE_MAX)
        return;
    for (size_t i = p->first_wall; i > 0; i--)
        segments[i - 1].wall = az_add_sat(segments[i].wall, -segments[i - 1].duration);
}

static void append_prefetches(az_parser *p)
{
    const az_segment *prefetches = p->prefetches.items;
    if (p->prefetches.count > 0 && p->segments.count > 0) {
        const az_segment *segments = p->segments.items;
        if (segments[p->segments.count - 1].line > prefetches[0].line)
            az_parser_note(p, "segment after EXT-X-PREFETCH: prefetch segments are put at the end");
    }
    for (size_t i = 0; i < p->prefetches.count; i++) {
        az_segment *segment = az_parser_add(p, &p->segments, sizeof(*segment),
                                            AZ_PLAYLIST_SEGMENTS_MAX + AZ_PLAYLIST_PREFETCH_MAX);
        if (!segment)
            return;
        *segment = prefetches[i];
        /* Only the first one's date is known: how long it lasts is not. */
        if (segment->wall == AIZU_NO_TIME && i == 0)
            segment->wall = p->wall_next;
    }
}

/* What is known of the segment whose URI is not listed yet. */
static void finish_open(az_parser *p)
{
    const az_pending *pending = &p->pending;
    bool has_wall = pending->wall != AIZU_NO_TIME;
    p->media.open = (az_segment){
        .wall = has_wall ? pending->wall : p->wall_next,
        .discontinuities = p->discontinuities,
        .key = az_key_in_force(p),
        .map = p->map_index,
        .line = p->line,
        .flags = pending->flags | (has_wall ? AZ_SEGMENT_PDT : 0u),
        .bitrate = p->bitrate,
        .text_end = (uint32_t)p->at,
    };
}

void az_segments_finish(az_parser *p)
{
    finish_open(p);
    if (p->pending.extinf_line != 0)
        az_parser_note(p, "EXTINF at the end without a URI: dropped");
    derive_walls_backwards(p);
    append_prefetches(p);
}
