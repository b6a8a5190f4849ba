/*
 * Tags of a whole media playlist (4.3.3), date ranges (4.3.2.7), and the tags that both kinds may have
 * (4.3.1.2, 4.3.5).
 */
#include "playlist/parser.h"

#include <string.h>

/* A decimal integer of a tag; a sign, a fraction or anything else is noted and read as false. */
static bool read_u64(az_parser *p, az_span value, uint64_t *out)
{
    bool is_good = az_value_u64(value, out);
    if (!is_good)
        az_parser_note(p, "tag value is not a decimal integer: ignored");
    return is_good;
}

void az_read_version(az_parser *p, az_span value)
{
    uint64_t version;
    if (!read_u64(p, value, &version))
        return;
    if (p->version_line != 0)
        az_parser_note(p, "EXT-X-VERSION stands more than once: the last one counts");
    p->version_line = p->line;
    p->version = (uint32_t)AZ_MIN(version, UINT32_MAX);
}

void az_read_independent_segments(az_parser *p, az_span value)
{
    (void)value;
    p->is_independent_segments = true;
}

void az_read_start(az_parser *p, az_span value)
{
    int64_t offset;
    az_attributes_read(p, value);
    if (!az_value_signed_ns(az_attribute_word(p, "TIME-OFFSET"), &offset)) {
        az_parser_note(p, "EXT-X-START without a TIME-OFFSET that can be read: ignored");
        return;
    }
    if (p->start_line != 0)
        az_parser_note(p, "EXT-X-START stands more than once: the last one counts");
    p->start_line = p->line;
    p->start_offset = offset;
    p->start_is_precise = az_attribute_yes(p, "PRECISE");
}

void az_read_target_duration(az_parser *p, az_span value)
{
    uint64_t seconds;
    int64_t duration;
    if (!az_value_ns(value, &duration)) {
        az_parser_note(p, "target duration cannot be read: ignored");
        return;
    }
    if (!az_value_u64(value, &seconds))
        az_parser_note(p, "target duration with a fraction");
    if (p->target_line != 0)
        az_parser_note(p, "EXT-X-TARGETDURATION stands more than once: the last one counts");
    p->target_line = p->line;
    p->media.target_duration = duration;
    /* 4.3.3.1: the duration of a segment, rounded to the nearest second, must not be greater. */
    p->duration_max = az_add_sat(duration, AIZU_SECOND / 2 - 1);
}

void az_read_media_sequence(az_parser *p, az_span value)
{
    if (p->media_sequence_line != 0)
        az_parser_note(p, "EXT-X-MEDIA-SEQUENCE stands more than once: the last one counts");
    if (az_parser_segments(p) > 0)
        az_parser_note(p, "EXT-X-MEDIA-SEQUENCE after the first segment");
    if (read_u64(p, value, &p->media.media_sequence))
        p->media_sequence_line = p->line;
}

void az_read_discontinuity_sequence(az_parser *p, az_span value)
{
    if (az_parser_segments(p) > 0 || p->discontinuities > 0)
        az_parser_note(p, "EXT-X-DISCONTINUITY-SEQUENCE after the first segment or discontinuity");
    if (!read_u64(p, value, &p->media.discontinuity_sequence))
        return;
}

void az_read_endlist(az_parser *p, az_span value)
{
    (void)value;
    p->media.has_endlist = true;
}

void az_read_playlist_type(az_parser *p, az_span value)
{
    if (az_span_equal_str(value, "VOD"))
        p->media.type = AZ_PLAYLIST_TYPE_VOD;
    else if (az_span_equal_str(value, "EVENT"))
        p->media.type = AZ_PLAYLIST_TYPE_EVENT;
    else
        az_parser_note(p, "playlist type is neither EVENT nor VOD: ignored");
}

void az_read_i_frames_only(az_parser *p, az_span value)
{
    (void)value;
    p->media.is_i_frames_only = true;
}

static void check_date_range(az_parser *p, const az_date_range *range)
{
    if (range->id.size == 0)
        az_parser_note(p, "EXT-X-DATERANGE without ID");
    if (range->start == AIZU_NO_TIME)
        az_parser_note(p, "EXT-X-DATERANGE without a START-DATE that can be read");
    if (range->start != AIZU_NO_TIME && range->end != AIZU_NO_TIME && range->end < range->start)
        az_parser_note(p, "EXT-X-DATERANGE ends before it starts");
    if (range->end_on_next && range->class_name.size == 0)
        az_parser_note(p, "END-ON-NEXT without CLASS");
    if (range->end_on_next && (range->end != AIZU_NO_TIME || range->duration != AIZU_NO_TIME))
        az_parser_note(p, "END-ON-NEXT beside END-DATE or DURATION");
}

void az_read_date_range(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    az_date_range *range = az_parser_add(p, &p->date_ranges, sizeof(*range), AZ_PLAYLIST_ENTRIES_MAX);
    if (!range)
        return;
    range->id = az_attribute_string(p, "ID");
    range->class_name = az_attribute_string(p, "CLASS");
    range->start = range->end = range->duration = range->planned_duration = AIZU_NO_TIME;
    az_attribute_date(p, "START-DATE", &range->start);
    az_attribute_date(p, "END-DATE", &range->end);
    az_attribute_ns(p, "DURATION", &range->duration);
    az_attribute_ns(p, "PLANNED-DURATION", &range->planned_duration);
    range->end_on_next = az_attribute_yes(p, "END-ON-NEXT");
    range->attributes = az_attributes_keep(p);
    range->line = p->line;
    range->segment = (uint32_t)az_parser_segments(p);
    check_date_range(p, range);
}

/* 4.3.3.1 demands the tag; without it the longest segment tells. */
static void derive_target_duration(az_parser *p)
{
    p->media.target_duration = (p->longest + AIZU_SECOND / 2) / AIZU_SECOND * AIZU_SECOND;
    p->line = 0;
    az_parser_note(p, "no EXT-X-TARGETDURATION: taken from the longest segment");
}

void az_media_finish(az_parser *p)
{
    az_segments_finish(p);
    if (p->target_line == 0)
        derive_target_duration(p);
    if (p->multivariant_line != 0) {
        p->line = p->multivariant_line;
        az_parser_note(p, "tag of a multivariant playlist in a media playlist: ignored");
    }
}
