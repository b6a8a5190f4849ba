/*
 * Inside playlist/: the parser's state, and what its files offer each other.
 *
 * One pass over the lines. Handlers read a tag's value into the state and never return errors: the first
 * az_parser_fail() sticks and ends the loop, az_parser_note() records a leniency and goes on. Arrays grow
 * in vectors that the document takes over at the end; spans point into the text.
 */
#ifndef AZ_PLAYLIST_PARSER_H
#define AZ_PLAYLIST_PARSER_H

#include "base/arena.h"
#include "playlist/playlist.h"

/* --- vectors ------------------------------------------------------------------------------------ */

typedef struct az_vector {
    void *items;
    size_t count;
    size_t capacity;
} az_vector;

/* --- numbers (4.2), values.c -------------------------------------------------------------------- */

/* Each reads the whole span or returns false and leaves *out alone. */
AZ_NODISCARD bool az_value_u64(az_span text, uint64_t *out);
AZ_NODISCARD bool az_value_ns(az_span text, int64_t *out);        /* decimal seconds, exact to 1 ns */
AZ_NODISCARD bool az_value_signed_ns(az_span text, int64_t *out); /* with '-' or '+' */
AZ_NODISCARD bool az_value_resolution(az_span text, uint32_t *w, uint32_t *h);
AZ_NODISCARD bool az_value_iv(az_span text, uint8_t iv[16]); /* 0x and 1 to 32 digits */
AZ_NODISCARD bool az_value_byte_range(az_span text, az_byte_range *out,
                                      bool *has_offset); /* n[@o], n may be 0 */

/* Decimal seconds at *at; moves *at behind them. False, and *at unmoved, when there is no number. */
AZ_NODISCARD bool az_scan_ns(const uint8_t **at, const uint8_t *end, int64_t *out);

/* The last date seen: the times of a long playlist share theirs. */
typedef struct az_date_memory {
    uint8_t text[10];
    int64_t days;
} az_date_memory;

/* As az_date_time_parse(); *is_strict tells whether the form is that of the specification. */
AZ_NODISCARD bool az_date_time_scan(az_span text, az_date_memory *memory, int64_t *wall, bool *is_strict);

/* --- the parser --------------------------------------------------------------------------------- */

/* What the next URI line will take, and forget. */
typedef struct az_pending {
    int64_t duration; /* AIZU_NO_TIME: no EXTINF, or one that cannot be read */
    int64_t wall;
    az_byte_range range;
    uint32_t title_offset, title_size;
    uint32_t flags;
    uint32_t extinf_line; /* 0: none yet */
    uint16_t part_count;
    bool is_irregular;
    bool has_range;
    bool range_has_offset;
} az_pending;

/* Where the last byte range ended: one without offset goes on there. */
typedef struct az_range_end {
    az_span uri;
    uint64_t end; /* 0: there was none */
} az_range_end;

typedef struct az_parser {
    const uint8_t *text; /* the document's */
    size_t text_size;
    uint32_t line;
    az_span tag_name; /* of the tag that is being read */
    az_span tag_value;
    bool is_plain;     /* the text so far is ASCII without control characters: lines need no check */
    bool has_brace;    /* there may be a '{' in the text so far: references to variables */
    size_t plain_size; /* of the text that is_plain speaks of */
    bool has_head;     /* the first line that counts was seen */

    size_t at;          /* of the text: what was read */
    bool is_stopped;    /* after a failure, or where the reader was to stop */
    size_t stop_count;  /* of segments to stop behind, SIZE_MAX none; EXT-X-SKIP before them stops, too */
    aizu_result result; /* of the first failure */
    uint32_t error_line;
    const char *error_text;
    char error_buffer[160];

    az_arena arena; /* kept attribute lists */
    az_attribute attributes[AZ_PLAYLIST_ATTRIBUTES_MAX];
    size_t attribute_count;
    size_t lists_size; /* bytes of kept lists */
    az_playlist_context context;
    az_vector variables;
    size_t expansion_size; /* bytes of text with variables put in */

    az_vector diagnostics;
    size_t diagnostic_count_all;
    az_vector tags;
    uint32_t version;
    uint32_t version_line, start_line;
    bool is_independent_segments;
    int64_t start_offset;
    bool start_is_precise;

    /* media */
    az_media_playlist media; /* scalars; arrays stand in the vectors */
    az_pending pending;
    uint32_t media_line; /* of the first tag of a media playlist, 0 none */
    uint32_t target_line, media_sequence_line;
    int64_t duration_max; /* what a segment may last at most without a note */
    int64_t wall_next;
    az_date_memory date_memory;
    az_range_end segment_range_end, part_range_end;
    size_t first_wall; /* index of the first segment with a written date, SIZE_MAX none */
    az_key keys_in_force[AZ_PLAYLIST_KEY_FORMATS_MAX];
    size_t key_in_force_count;
    bool keys_changed; /* since key_index was made */
    uint32_t key_index;
    uint32_t map_index;
    bool has_skip;            /* EXT-X-SKIP was seen */
    uint32_t discontinuities; /* EXT-X-DISCONTINUITY tags so far */
    uint32_t bitrate;         /* EXT-X-BITRATE in force */
    bool prefetch_discontinuity;
    size_t segments_taken; /* by whoever reads in steps: not in `segments` any more */
    int64_t longest;       /* of the segments */
    az_vector segments, prefetches, keys, maps, date_ranges, parts, part_segments, hints, reports;

    /* multivariant */
    uint32_t multivariant_line; /* of the first tag of a multivariant playlist, 0 none */
    bool has_variant_pending;
    bool is_variant_refused;
    az_variant variant_pending;
    az_vector variants, i_frame_variants, renditions, session_data, session_keys;
    az_span steering_uri, steering_pathway;
} az_parser;

/* playlist.c */
void az_parser_fail(az_parser *p, aizu_result result, const char *text); /* at the present line */
/* The same with what the text is about behind it. */
void az_parser_fail_with(az_parser *p, const char *text, az_span about);
void az_parser_note(az_parser *p, const char *text); /* static text */
/* Room for `count` items in all, or twice as many as now; false after az_parser_fail(). */
bool az_parser_grow(az_parser *p, az_vector *vector, size_t item_size, size_t count, size_t count_max);
/* How many items there may be in all, when the rest of the text holds as many for its size; 0 when it is too
 * early to tell, or the items are taken out on the way. */
size_t az_parser_guess(const az_parser *p, size_t count);
/* Room for one more item, zeroed; NULL after az_parser_fail(). */
void *az_parser_add(az_parser *p, az_vector *vector, size_t item_size, size_t count_max);

/* keys.c, segments.c: what stands in force behind text that was left out. */
void az_keys_resume(az_parser *p, const az_playlist_gap *gap);
void az_segments_resume(az_parser *p, const az_playlist_gap *gap);

/* Segments so far, those that were taken included. */
static inline size_t az_parser_segments(const az_parser *p)
{
    return p->segments_taken + p->segments.count;
}

/* lines.c: calls the handlers below for each line from p->at on, until the end or p->is_stopped. */
void az_parser_read_lines(az_parser *p);
void az_parser_keep_tag(az_parser *p, az_span value);

/* attributes.c */
void az_attributes_read(az_parser *p, az_span value);        /* into p->attributes */
az_attribute_list az_attributes_keep(az_parser *p);          /* a copy in the arena */
az_span az_attribute_string(az_parser *p, const char *name); /* quoted; empty when absent */
az_span az_attribute_word(az_parser *p, const char *name);   /* unquoted; empty when absent */
bool az_attribute_has(const az_parser *p, const char *name);
bool az_attribute_yes(az_parser *p, const char *name);
bool az_attribute_u64(az_parser *p, const char *name, uint64_t *out); /* false: absent, or noted */
bool az_attribute_ns(az_parser *p, const char *name, int64_t *out);
bool az_attribute_date(az_parser *p, const char *name, int64_t *out);

/* variables.c (bis 4.3, 4.4.2.3) */
az_span az_variables_put_in(az_parser *p, az_span text); /* the text itself where it has no reference */
void az_read_define(az_parser *p, az_span value);

/* segments.c: the tags of one media segment (4.3.2), and its URI */
void az_read_extinf(az_parser *p, az_span value);
void az_read_program_date_time(az_parser *p, az_span value);
void az_read_byterange(az_parser *p, az_span value);
void az_read_discontinuity(az_parser *p, az_span value);
void az_read_gap(az_parser *p, az_span value);
void az_read_bitrate(az_parser *p, az_span value);
void az_read_prefetch(az_parser *p, az_span value);
void az_read_prefetch_discontinuity(az_parser *p, az_span value);
void az_read_segment_uri(az_parser *p, az_span uri);
void az_segments_finish(az_parser *p);
/* Puts the offset into a range that has none: it goes on where the last one ended (4.3.2.2). False: it cannot
 * be fetched. */
bool az_range_place(az_parser *p, az_range_end *last, az_byte_range *range, bool has_offset, az_span uri);

/* low_latency_tags.c (bis 4.4.3.7, 4.4.3.8, 4.4.4.9, 4.4.5) */
void az_read_part(az_parser *p, az_span value);
void az_read_part_inf(az_parser *p, az_span value);
void az_read_server_control(az_parser *p, az_span value);
void az_read_skip(az_parser *p, az_span value);
void az_read_preload_hint(az_parser *p, az_span value);
void az_read_rendition_report(az_parser *p, az_span value);

/* keys.c: EXT-X-KEY, EXT-X-MAP */
void az_read_key(az_parser *p, az_span value);
void az_read_session_key(az_parser *p, az_span value);
void az_read_map(az_parser *p, az_span value);
uint32_t az_key_in_force(az_parser *p); /* index into keys, or AZ_NO_INDEX */

/* media_tags.c: tags of a whole media playlist (4.3.3), date ranges, and those of both kinds (4.3.5) */
void az_read_target_duration(az_parser *p, az_span value);
void az_read_media_sequence(az_parser *p, az_span value);
void az_read_discontinuity_sequence(az_parser *p, az_span value);
void az_read_endlist(az_parser *p, az_span value);
void az_read_playlist_type(az_parser *p, az_span value);
void az_read_i_frames_only(az_parser *p, az_span value);
void az_read_date_range(az_parser *p, az_span value);
void az_read_version(az_parser *p, az_span value);
void az_read_independent_segments(az_parser *p, az_span value);
void az_read_start(az_parser *p, az_span value);
void az_media_finish(az_parser *p);

/* multivariant_tags.c (4.3.4) */
void az_read_media(az_parser *p, az_span value);
void az_read_stream_inf(az_parser *p, az_span value);
void az_read_i_frame_stream_inf(az_parser *p, az_span value);
void az_read_session_data(az_parser *p, az_span value);
void az_read_content_steering(az_parser *p, az_span value);
void az_read_variant_uri(az_parser *p, az_span uri);
void az_multivariant_finish(az_parser *p);

#endif
