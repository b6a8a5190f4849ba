/*
 * Lines (4.1): finds each line of the text, tells tags, URIs and comments apart, and hands each to its
 * reader by one table of tags. The two tags of every segment in a long playlist are looked for first.
 */
#include "playlist/parser.h"

#include <string.h>

#define CHECK_BLOCK ((size_t)8192)

typedef enum tag_kind {
    TAG_ANY,
    TAG_SEGMENT, /* of media playlists, and says nothing but what holds for segments behind it */
    TAG_MEDIA,
    TAG_MULTIVARIANT,
} tag_kind;

typedef struct tag_rule {
    const char *name;
    size_t name_size;
    void (*read)(az_parser *p, az_span value); /* NULL: the tag is kept as it stands */
    tag_kind kind;
} tag_rule;

#define TAG(name, read, kind)              \
    {                                      \
        name, sizeof(name) - 1, read, kind \
    }

static void read_extm3u_again(az_parser *p, az_span value)
{
    (void)value;
    az_parser_note(p, "#EXTM3U stands more than once");
}

/* Frequent ones first: the search is linear. */
static const tag_rule RULES[] = {
    TAG("EXTINF", az_read_extinf, TAG_SEGMENT),
    TAG("EXT-X-PROGRAM-DATE-TIME", az_read_program_date_time, TAG_SEGMENT),
    TAG("EXT-X-PART", az_read_part, TAG_SEGMENT),
    TAG("EXT-X-BYTERANGE", az_read_byterange, TAG_SEGMENT),
    TAG("EXT-X-KEY", az_read_key, TAG_SEGMENT),
    TAG("EXT-X-BITRATE", az_read_bitrate, TAG_SEGMENT),
    TAG("EXT-X-DISCONTINUITY", az_read_discontinuity, TAG_SEGMENT),
    TAG("EXT-X-DATERANGE", az_read_date_range, TAG_SEGMENT),
    TAG("EXT-X-GAP", az_read_gap, TAG_SEGMENT),
    TAG("EXT-X-MAP", az_read_map, TAG_SEGMENT),
    TAG("EXT-X-PREFETCH", az_read_prefetch, TAG_MEDIA),
    TAG("EXT-X-PREFETCH-DISCONTINUITY", az_read_prefetch_discontinuity, TAG_MEDIA),
    TAG("EXT-X-PRELOAD-HINT", az_read_preload_hint, TAG_MEDIA),
    TAG("EXT-X-RENDITION-REPORT", az_read_rendition_report, TAG_MEDIA),
    TAG("EXT-X-STREAM-INF", az_read_stream_inf, TAG_MULTIVARIANT),
    TAG("EXT-X-MEDIA", az_read_media, TAG_MULTIVARIANT),
    TAG("EXT-X-I-FRAME-STREAM-INF", az_read_i_frame_stream_inf, TAG_MULTIVARIANT),
    TAG("EXT-X-VERSION", az_read_version, TAG_ANY),
    TAG("EXT-X-TARGETDURATION", az_read_target_duration, TAG_MEDIA),
    TAG("EXT-X-MEDIA-SEQUENCE", az_read_media_sequence, TAG_MEDIA),
    TAG("EXT-X-DISCONTINUITY-SEQUENCE", az_read_discontinuity_sequence, TAG_MEDIA),
    TAG("EXT-X-ENDLIST", az_read_endlist, TAG_MEDIA),
    TAG("EXT-X-PLAYLIST-TYPE", az_read_playlist_type, TAG_MEDIA),
    TAG("EXT-X-I-FRAMES-ONLY", az_read_i_frames_only, TAG_MEDIA),
    TAG("EXT-X-PART-INF", az_read_part_inf, TAG_MEDIA),
    TAG("EXT-X-SERVER-CONTROL", az_read_server_control, TAG_MEDIA),
    TAG("EXT-X-SKIP", az_read_skip, TAG_MEDIA),
    TAG("EXT-X-INDEPENDENT-SEGMENTS", az_read_independent_segments, TAG_ANY),
    TAG("EXT-X-START", az_read_start, TAG_ANY),
    TAG("EXT-X-SESSION-DATA", az_read_session_data, TAG_MULTIVARIANT),
    TAG("EXT-X-SESSION-KEY", az_read_session_key, TAG_MULTIVARIANT),
    TAG("EXT-X-CONTENT-STEERING", az_read_content_steering, TAG_MULTIVARIANT),
    TAG("EXT-X-DEFINE", az_read_define, TAG_ANY),
    TAG("EXTM3U", read_extm3u_again, TAG_ANY),
};

void az_parser_keep_tag(az_parser *p, az_span value)
{
    az_tag *tag = az_parser_add(p, &p->tags, sizeof(*tag), AZ_PLAYLIST_ENTRIES_MAX);
    if (!tag)
        return;
    tag->name = p->tag_name;
    tag->value = value;
    tag->line = p->line;
    tag->segment = (uint32_t)az_parser_segments(p);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static az_span trim_end(az_parser *p, az_span text)
{
    size_t size = text.size;
    while (size > 0 && is_blank(text.data[size - 1]))
        size--;
    if (size != text.size)
        az_parser_note(p, "white space at the end of the line: ignored");
    return az_span_make(text.data, size);
}

static void mark_kind(az_parser *p, tag_kind kind)
{
    if ((kind == TAG_MEDIA || kind == TAG_SEGMENT) && p->media_line == 0)
        p->media_line = p->line;
    if (kind != TAG_SEGMENT)
        p->pending.is_irregular = true;
    if (kind == TAG_MULTIVARIANT && p->multivariant_line == 0)
        p->multivariant_line = p->line;
}

static void read_other_tag(az_parser *p, az_span line)
{
    const uint8_t *name = line.data + 1;
    const uint8_t *colon = memchr(name, ':', line.size - 1);
    size_t name_size = colon ? (size_t)(colon - name) : line.size - 1;
    const uint8_t *value_begin =
        colon ? colon + 1 : name + name_size; /* readers get a pointer into the line always */
    az_span value = az_span_make(value_begin, (size_t)(line.data + line.size - value_begin));
    p->tag_name = az_span_make(name, name_size);
    for (size_t i = 0; i < AZ_COUNT(RULES); i++) {
        const tag_rule *rule = &RULES[i];
        if (rule->name_size != name_size || memcmp(rule->name, name, name_size) != 0)
            continue;
        mark_kind(p, rule->kind);
        if (rule->read)
            rule->read(p, value);
        else
            az_parser_keep_tag(p, value);
        return;
    }
    az_parser_keep_tag(p, value);
}

static bool has_prefix(az_span line, const char *prefix, size_t size)
{
    return line.size >= size && memcmp(line.data, prefix, size) == 0;
}

#define HAS_PREFIX(line, literal) has_prefix(line, literal, sizeof(literal) - 1)

static void read_tag(az_parser *p, az_span line)
{
    if (AZ_LIKELY(HAS_PREFIX(line, "#EXTINF:"))) {
        mark_kind(p, TAG_SEGMENT);
        /* Blanks at the end may belong to the title. */
        az_read_extinf(p, az_span_make(line.data + 8, line.size - 8));
        return;
    }
    if (AZ_UNLIKELY(is_blank(line.data[line.size - 1])))
        line = trim_end(p, line);
    if (HAS_PREFIX(line, "#EXT-X-PROGRAM-DATE-TIME:")) {
        mark_kind(p, TAG_SEGMENT);
        az_read_program_date_time(p, az_span_make(line.data + 25, line.size - 25));
    } else if (HAS_PREFIX(line, "#EXT-X-PART:")) {
        mark_kind(p, TAG_SEGMENT);
        az_read_part(p, az_span_make(line.data + 12, line.size - 12));
    } else if (HAS_PREFIX(line, "#EXT")) {
        read_other_tag(p, line);
    } /* else a comment */
}

static void read_uri(az_parser *p, az_span line)
{
    if (AZ_UNLIKELY(is_blank(line.data[line.size - 1])))
        line = trim_end(p, line);
    if (AZ_UNLIKELY(p->has_brace))
        line = az_variables_put_in(p, line);
    if (p->has_variant_pending) {
        az_read_variant_uri(p, line);
        return;
    }
    if (AZ_UNLIKELY(p->variants.count > 0)) {
        if (p->pending.extinf_line != 0)
            az_parser_fail(p, AIZU_E_PLAYLIST, "a media segment in a multivariant playlist");
        else
            az_parser_note(p, "URI without EXT-X-STREAM-INF before it: ignored");
        return;
    }
    az_read_segment_uri(p, line);
}

static bool is_utf8(az_span text)
{
    const uint8_t *c = text.data;
    const uint8_t *end = text.data + text.size;
    while (c < end) {
        size_t more = *c < 0x80 ? 0 : *c < 0xc2 ? 4 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : *c < 0xf5 ? 3 : 4;
        if (more == 4 || (size_t)(end - c) <= more)
            return false;
        bool is_overlong = more > 1 && ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xf0 && c[1] < 0x90));
        bool is_outside = more > 1 && ((*c == 0xed && c[1] > 0x9f) || (*c == 0xf4 && c[1] > 0x8f));
        if (is_overlong || is_outside)
            return false;
        for (size_t i = 1; i <= more; i++) {
            if ((c[i] & 0xc0) != 0x80)
                return false;
        }
        c += more + 1;
    }
    return true;
}

/* Whether the text from the part looked at so far to `end`, or a block more, is printable ASCII and line
 * ends. */
static bool is_plain_to(az_parser *p, const uint8_t *end)
{
    size_t begin = p->plain_size;
    size_t needed = (size_t)(end - p->text);
    p->plain_size = AZ_MIN(AZ_MAX(needed, begin + CHECK_BLOCK), p->text_size);
    const uint8_t *text = p->text;
    uint8_t odd = 0; /* as wide as the text, for the sake of vector code */
    uint8_t brace = 0;
    for (size_t i = begin; i < p->plain_size; i++) {
        uint8_t c = text[i];
        odd |= (uint8_t)(((uint8_t)(c - 0x20) > 0x5e) & (c != '\n') & (c != '\r'));
        brace |= (uint8_t)(c == '{');
    }
    p->has_brace = p->has_brace || brace || odd; /* nobody looks further from the first odd block on */
    return odd == 0;
}

static void check_characters(az_parser *p, az_span line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] < 0x20 || line.data[i] == 0x7f) {
            az_parser_note(p, "control character in a line");
            break;
        }
    }
    if (!is_utf8(line))
        az_parser_note(p, "line is not UTF-8");
}

/* The first line that is neither blank nor a comment must be #EXTM3U, or at least a tag. */
static void read_head(az_parser *p, az_span line)
{
    p->has_head = true;
    if (HAS_PREFIX(line, "#EXTM3U") && (line.size == 7 || is_blank(line.data[7]) || line.data[7] == ':')) {
        if (p->line != 1)
            az_parser_note(p, "lines before #EXTM3U");
        if (line.size > 7)
            az_parser_note(p, "text after #EXTM3U: ignored");
    } else if (HAS_PREFIX(line, "#EXT")) {
        az_parser_note(p, "the playlist does not begin with #EXTM3U");
        read_tag(p, line);
    } else {
        az_parser_fail(p, AIZU_E_PLAYLIST, "not a playlist: #EXTM3U is missing");
    }
}

static void read_line(az_parser *p, az_span line)
{
    if (AZ_UNLIKELY(line.size > AZ_PLAYLIST_LINE_SIZE_MAX)) {
        az_parser_fail(p, AIZU_E_LIMIT, "line too long");
        return;
    }
    if (AZ_UNLIKELY(!p->is_plain))
        check_characters(p, line);
    if (AZ_UNLIKELY(is_blank(line.data[0]))) {
        size_t blanks = 0;
        while (blanks < line.size && is_blank(line.data[blanks]))
            blanks++;
        az_parser_note(p, "white space at the begin of the line: ignored");
        line = az_span_sub(line, blanks, line.size);
        if (line.size == 0)
            return;
    }
    bool is_comment = line.data[0] == '#' && !HAS_PREFIX(line, "#EXT");
    if (AZ_UNLIKELY(!p->has_head)) {
        if (!is_comment)
            read_head(p, line);
    } else if (line.data[0] == '#') {
        read_tag(p, line);
    } else {
        read_uri(p, line);
    }
}

void az_parser_read_lines(az_parser *p)
{
    const uint8_t *at = p->text_size ? p->text + p->at : NULL;
    const uint8_t *end = p->text_size ? p->text + p->text_size : at;
    while (at < end && !p->is_stopped) {
        const uint8_t *next = memchr(at, '\n', (size_t)(end - at));
        const uint8_t *line_end = next ? next : end;
        size_t size = (size_t)(line_end - at);
        p->line++;
        p->at = (size_t)(next ? next + 1 - p->text : end - p->text);
        if (AZ_UNLIKELY((size_t)(line_end - p->text) > p->plain_size) && p->is_plain)
            p->is_plain = is_plain_to(p, line_end);
        if (size > 0 && at[size - 1] == '\r')
            size--;
        if (size > 0)
            read_line(p, az_span_make(at, size));
        at = p->text + p->at;
    }
    if (!p->is_stopped && !p->has_head)
        az_parser_fail(p, AIZU_E_PLAYLIST, "not a playlist: it is empty");
}
