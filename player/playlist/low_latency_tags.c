/*
 * The tags of low latency: parts (bis 4.4.4.9), preload hints (4.4.5.3), rendition reports (4.4.5.4), what
 * the server can do (4.4.3.7, 4.4.3.8) and what it skipped (4.4.5.2). Values go into the parser's document;
 * nothing is returned.
 */
#include "playlist/parser.h"

#include <string.h>

static void read_part_range(az_parser *p, az_part *part)
{
    az_span text = az_attribute_string(p, "BYTERANGE");
    az_byte_range range;
    bool has_offset;
    if (text.size == 0)
        return;
    if (!az_value_byte_range(text, &range, &has_offset)) {
        az_parser_note(p, "byte range cannot be read: its part becomes a gap");
        part->is_gap = true;
    } else if (az_range_place(p, &p->part_range_end, &range, has_offset, part->uri)) {
        part->range = range;
    } else {
        part->is_gap = true;
    }
}

#define SKIP_PREFIX(at, end, literal)                                                                    \
    ((size_t)((end) - (at)) >= sizeof(literal) - 1 && memcmp((at), literal, sizeof(literal) - 1) == 0 && \
     ((at) += sizeof(literal) - 1))

/* Tells one attribute that a part has mostly, in the form that the grammar asks for; *bit is its own. */
static bool scan_attribute(const uint8_t **at, const uint8_t *end, az_part *part, unsigned *bit)
{
    if (SKIP_PREFIX(*at, end, "DURATION=")) {
        *bit = 1;
        return az_scan_ns(at, end, &part->duration);
    }
    if (SKIP_PREFIX(*at, end, "URI=\"")) {
        const uint8_t *quote = *at < end ? memchr(*at, '"', (size_t)(end - *at)) : NULL;
        part->uri = az_span_make(*at, quote ? (size_t)(quote - *at) : 0);
        *at = quote ? quote + 1 : *at;
        *bit = 2;
        return part->uri.size > 0;
    }
    part->is_independent = part->is_independent || SKIP_PREFIX(*at, end, "INDEPENDENT=YES");
    *bit = 4;
    return part->is_independent;
}

/* The most frequent tag of low latency, in one pass. False: it has more, or is written otherwise. */
static bool scan_part(const az_parser *p, az_span value, az_part *part)
{
    const uint8_t *at = value.data;
    const uint8_t *end = value.data + value.size;
    unsigned seen = 0;
    unsigned bit;
    while (at < end && !p->has_brace) {
        if (!scan_attribute(&at, end, part, &bit) || (seen & bit))
            return false;
        seen |= bit;
        if (at == end)
            return (seen & 3) == 3;
        if (*at++ != ',')
            return false;
    }
    return false;
}

static void read_part_attributes(az_parser *p, az_span value, az_part *part)
{
    az_attributes_read(p, value);
    part->uri = az_attribute_string(p, "URI");
    if (!az_attribute_ns(p, "DURATION", &part->duration))
        az_parser_note(p, "EXT-X-PART without DURATION");
    part->is_independent = az_attribute_yes(p, "INDEPENDENT");
    part->is_gap = az_attribute_yes(p, "GAP");
    if (part->uri.size > 0)
        read_part_range(p, part);
}

/* Room for one more. Both arrays grow alike. */
static bool reserve_part(az_parser *p)
{
    if (AZ_LIKELY(p->parts.count < p->parts.capacity && p->part_segments.count < p->part_segments.capacity))
        return true;
    size_t guess = az_parser_guess(p, p->parts.count);
    return az_parser_grow(p, &p->parts, sizeof(az_part), guess, AZ_PLAYLIST_PARTS_MAX) &&
           az_parser_grow(p, &p->part_segments, sizeof(uint32_t), guess, AZ_PLAYLIST_PARTS_MAX);
}

void az_read_part(az_parser *p, az_span value)
{
    az_part part = {0};
    if (!scan_part(p, value, &part)) {
        part = (az_part){0};
        read_part_attributes(p, value, &part);
    }
    if (part.uri.size == 0) {
        az_parser_note(p, "EXT-X-PART without URI: ignored");
        return;
    }
    if (!reserve_part(p))
        return;
    ((az_part *)p->parts.items)[p->parts.count++] = part;
    ((uint32_t *)p->part_segments.items)[p->part_segments.count++] = (uint32_t)az_parser_segments(p);
    if (p->pending.part_count < UINT16_MAX)
        p->pending.part_count++;
}

void az_read_part_inf(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    if (!az_attribute_ns(p, "PART-TARGET", &p->media.part_target))
        az_parser_note(p, "EXT-X-PART-INF without PART-TARGET");
}

void az_read_server_control(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    p->media.can_block_reload = az_attribute_yes(p, "CAN-BLOCK-RELOAD");
    p->media.can_skip_date_ranges = az_attribute_yes(p, "CAN-SKIP-DATERANGES");
    az_attribute_ns(p, "HOLD-BACK", &p->media.hold_back);
    az_attribute_ns(p, "PART-HOLD-BACK", &p->media.part_hold_back);
    az_attribute_ns(p, "CAN-SKIP-UNTIL", &p->media.can_skip_until);
}

void az_read_skip(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    if (!az_attribute_u64(p, "SKIPPED-SEGMENTS", &p->media.skipped_segments))
        az_parser_note(p, "EXT-X-SKIP without SKIPPED-SEGMENTS");
    p->media.removed_date_ranges = az_attribute_string(p, "RECENTLY-REMOVED-DATERANGES");
    if (az_parser_segments(p) > 0)
        az_parser_note(p, "EXT-X-SKIP after a segment");
    else if (p->stop_count != SIZE_MAX && !p->has_skip)
        p->is_stopped = true;
    if (p->has_skip)
        az_parser_note(p, "EXT-X-SKIP stands more than once: the last one counts");
    p->has_skip = true;
}

/* Absent means from the beginning, and to the end. */
static void read_hint_range(az_parser *p, az_preload_hint *hint)
{
    az_attribute_u64(p, "BYTERANGE-START", &hint->range_offset);
    bool has_size = az_attribute_u64(p, "BYTERANGE-LENGTH", &hint->range_size);
    if (hint->range_offset > INT64_MAX || hint->range_size > INT64_MAX - hint->range_offset ||
        (has_size && hint->range_size == 0)) {
        az_parser_note(p, "byte range that is empty or too far: the hint is for the whole resource");
        hint->range_offset = hint->range_size = 0;
    }
}

void az_read_preload_hint(az_parser *p, az_span value)
{
    az_preload_hint hint = {0};
    az_attributes_read(p, value);
    az_span type = az_attribute_word(p, "TYPE");
    hint.is_map = az_span_equal_str(type, "MAP");
    hint.uri = az_attribute_string(p, "URI");
    if (hint.uri.size == 0 || (!hint.is_map && !az_span_equal_str(type, "PART"))) {
        az_parser_note(p, "EXT-X-PRELOAD-HINT without URI, or of an unknown TYPE: ignored");
        return;
    }
    if (p->hints.count == AZ_PLAYLIST_HINTS_MAX) {
        az_parser_note(p, "too many preload hints: this one is ignored");
        return;
    }
    read_hint_range(p, &hint);
    az_preload_hint *out = az_parser_add(p, &p->hints, sizeof(*out), AZ_PLAYLIST_HINTS_MAX);
    if (out)
        *out = hint;
}

void az_read_rendition_report(az_parser *p, az_span value)
{
    az_rendition_report report = {.last_part = AZ_NO_INDEX};
    uint64_t part;
    az_attributes_read(p, value);
    report.uri = az_attribute_string(p, "URI");
    if (!az_attribute_u64(p, "LAST-MSN", &report.last_msn) || report.uri.size == 0) {
        az_parser_note(p, "EXT-X-RENDITION-REPORT without URI or LAST-MSN: ignored");
        return;
    }
    if (az_attribute_u64(p, "LAST-PART", &part) && part < AZ_NO_INDEX)
        report.last_part = (uint32_t)part;
    if (p->reports.count == AZ_PLAYLIST_REPORTS_MAX) {
        az_parser_note(p, "too many rendition reports: this one is ignored");
        return;
    }
    az_rendition_report *out = az_parser_add(p, &p->reports, sizeof(*out), AZ_PLAYLIST_REPORTS_MAX);
    if (out)
        *out = report;
}
