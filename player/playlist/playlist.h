/*
 * HLS playlists: text in, document out. Pure: no I/O, no clock.
 *
 * The face of playlist/. A document holds its text and an arena (where variables were put in); every span in
 * it points into either and lives until az_playlist_destroy(). URIs stand as written; az_url_resolve() makes
 * them absolute when they are needed. Sections are those of RFC 8216 ("bis": draft-pantos-hls-rfc8216bis).
 */
#ifndef AZ_PLAYLIST_PLAYLIST_H
#define AZ_PLAYLIST_PLAYLIST_H

#include "base/base.h"
#include "base/buf.h"

/* Limits. Past them parsing fails with AIZU_E_LIMIT and the line. */
#define AZ_PLAYLIST_SIZE_MAX        ((size_t)32 << 20) /* bytes of text */
#define AZ_PLAYLIST_LINE_SIZE_MAX   ((size_t)1 << 20)
#define AZ_PLAYLIST_SEGMENTS_MAX    ((size_t)200000)
#define AZ_PLAYLIST_VARIANTS_MAX    ((size_t)1000)
#define AZ_PLAYLIST_ATTRIBUTES_MAX  ((size_t)256) /* in one list */
#define AZ_PLAYLIST_DIAGNOSTICS_MAX ((size_t)64)  /* kept; further ones are counted only */
#define AZ_PLAYLIST_RENDITIONS_MAX  ((size_t)4000)
#define AZ_PLAYLIST_PARTS_MAX       ((size_t)200000)
#define AZ_PLAYLIST_KEYS_MAX        ((size_t)200000)    /* keys, and maps */
#define AZ_PLAYLIST_ENTRIES_MAX     ((size_t)400000)    /* tags, date ranges, session data: each */
#define AZ_PLAYLIST_LISTS_SIZE_MAX  ((size_t)128 << 20) /* bytes of kept attribute lists */
#define AZ_PLAYLIST_VARIABLES_MAX   ((size_t)256)
#define AZ_PLAYLIST_EXPANSION_MAX   ((size_t)32 << 20) /* bytes of text with variables put in */
/* Past these an item is ignored and noted. */
#define AZ_PLAYLIST_KEY_FORMATS_MAX ((size_t)8)  /* keys in force at once */
#define AZ_PLAYLIST_PREFETCH_MAX    ((size_t)16) /* EXT-X-PREFETCH */
#define AZ_PLAYLIST_HINTS_MAX       ((size_t)16) /* EXT-X-PRELOAD-HINT */
#define AZ_PLAYLIST_REPORTS_MAX     ((size_t)1000)
#define AZ_PLAYLIST_STEP_PARTS      64 /* segments */

typedef enum az_playlist_kind {
    AZ_PLAYLIST_MEDIA = 1,
    AZ_PLAYLIST_MULTIVARIANT,
} az_playlist_kind;

typedef enum az_playlist_type { /* 4.3.3.5 */
    AZ_PLAYLIST_TYPE_NONE = 0,
    AZ_PLAYLIST_TYPE_EVENT,
    AZ_PLAYLIST_TYPE_VOD,
} az_playlist_type;

/* Something the author wrote that the grammar or the rules do not allow, and that was read all the same. */
typedef struct az_diagnostic {
    uint32_t line;    /* from 1 */
    const char *text; /* a sentence; static or in the document's arena */
} az_diagnostic;

/* One attribute as written (4.2); the value without its quotes. */
typedef struct az_attribute {
    az_span name;
    az_span value;
    bool is_quoted;
} az_attribute;

typedef struct az_attribute_list {
    const az_attribute *items;
    size_t count;
} az_attribute_list;

/* A tag that has no field of its own, kept as it stands. */
typedef struct az_tag {
    az_span name;  /* without '#', as in "EXT-X-TWITCH-INFO" */
    az_span value; /* after the colon; empty when there is none */
    uint32_t line;
    uint32_t segment; /* index of the segment that it precedes; segment_count at the end */
} az_tag;

typedef struct az_byte_range { /* 4.3.2.2; size 0: the whole resource */
    uint64_t offset;
    uint64_t size;
} az_byte_range;

typedef enum az_key_method {
    AZ_KEY_NONE = 0,
    AZ_KEY_AES_128,
    AZ_KEY_SAMPLE_AES,
    AZ_KEY_SAMPLE_AES_CTR,
    AZ_KEY_OTHER, /* an unknown method: segments under it cannot be played */
} az_key_method;

typedef struct az_key { /* 4.3.2.4 */
    az_key_method method;
    az_span uri;
    bool has_iv;
    uint8_t iv[16];
    az_span key_format; /* empty: "identity" */
    az_span key_format_versions;
    uint32_t alternatives; /* next in the array: for the same segments in other formats, identity first */
} az_key;

typedef struct az_map { /* 4.3.2.5 */
    az_span uri;
    az_byte_range range;
    uint32_t key; /* of the init section itself: index into keys, or AZ_NO_INDEX */
} az_map;

typedef struct az_date_range { /* 4.3.2.7 */
    az_span id;
    az_span class_name;       /* CLASS */
    int64_t start;            /* Unix time, ns; AIZU_NO_TIME when it cannot be read */
    int64_t end;              /* Unix time, ns, or AIZU_NO_TIME */
    int64_t duration;         /* ns, or AIZU_NO_TIME */
    int64_t planned_duration; /* ns, or AIZU_NO_TIME */
    bool end_on_next;
    az_attribute_list attributes; /* all of them, X- and SCTE35- included */
    uint32_t line;
    uint32_t segment; /* index of the segment that it precedes */
} az_date_range;

typedef struct az_part { /* bis 4.4.4.9 */
    az_span uri;
    int64_t duration;
    az_byte_range range;
    bool is_independent;
    bool is_gap;
} az_part;

typedef enum az_segment_flag {
    AZ_SEGMENT_DISCONTINUITY = 1 << 0, /* EXT-X-DISCONTINUITY stands before it */
    AZ_SEGMENT_GAP = 1 << 1,
    AZ_SEGMENT_PDT = 1 << 2,      /* its programme date-time was written, not derived */
    AZ_SEGMENT_PREFETCH = 1 << 3, /* EXT-X-PREFETCH: still being written, duration unknown */
} az_segment_flag;

typedef struct az_preload_hint { /* bis 4.4.5.3 */
    bool is_map;                 /* TYPE=MAP, else PART */
    az_span uri;
    uint64_t range_offset;
    uint64_t range_size; /* 0: to the end of the resource */
} az_preload_hint;

typedef struct az_rendition_report { /* bis 4.4.5.4 */
    az_span uri;
    uint64_t last_msn;
    uint32_t last_part; /* AZ_NO_INDEX: not given */
} az_rendition_report;

/* A variable of EXT-X-DEFINE (bis 4.4.2.3). */
typedef struct az_variable {
    az_span name, value;
} az_variable;

/* What a playlist's variables depend on; all zero: nothing. */
typedef struct az_playlist_context {
    az_span url;                /* of the playlist, for QUERYPARAM */
    const az_variable *imports; /* of the multivariant playlist, for IMPORT */
    size_t import_count;
} az_playlist_context;

#define AZ_NO_INDEX UINT32_MAX

typedef struct az_segment { /* 3.2 */
    az_span uri;
    int64_t duration; /* ns */
    int64_t wall;     /* programme date-time, written or derived (6.3.3), Unix ns, or AIZU_NO_TIME */
    uint64_t range_offset;
    uint64_t range_size;   /* 0: the whole resource */
    uint32_t title_offset; /* into the document's text */
    uint32_t title_size;
    uint32_t discontinuities; /* EXT-X-DISCONTINUITY tags from the head of the list to it, its own included */
    uint32_t key;             /* index into keys, or AZ_NO_INDEX */
    uint32_t map;             /* index into maps, or AZ_NO_INDEX */
    uint32_t line;
    uint32_t flags;    /* az_segment_flag */
    uint32_t bitrate;  /* EXT-X-BITRATE in force, kbit/s, 0 none; does not hold for a segment with a range */
    uint32_t text_end; /* offset behind its URI line, line end included */
    uint16_t part_count; /* its EXT-X-PART tags */
    bool is_irregular;   /* says more than its own lines do, or they say more than it */
} az_segment;

typedef struct az_media_playlist {
    az_playlist_type type;
    bool has_endlist;
    bool is_i_frames_only;
    bool is_independent_segments;
    int64_t target_duration; /* ns */
    uint64_t media_sequence; /* as written; segments[0] has this plus skipped_segments */
    uint64_t discontinuity_sequence;
    bool has_start;       /* EXT-X-START, 4.3.5.2 */
    int64_t start_offset; /* ns, negative from the end */
    bool start_is_precise;
    const az_segment *segments;
    size_t segment_count;
    const az_key *keys;
    size_t key_count;
    const az_map *maps;
    size_t map_count;
    const az_date_range *date_ranges;
    size_t date_range_count;
    int64_t part_target;    /* EXT-X-PART-INF, ns, 0 none */
    int64_t hold_back;      /* EXT-X-SERVER-CONTROL, ns, 0 none */
    int64_t part_hold_back; /* ns, 0 none */
    bool can_block_reload;
    int64_t can_skip_until; /* ns, 0 none */
    bool can_skip_date_ranges;
    uint64_t skipped_segments;     /* EXT-X-SKIP */
    az_span removed_date_ranges;   /* EXT-X-SKIP: ids, tab-separated */
    const az_part *parts;          /* all, in order */
    const uint32_t *part_segments; /* for each part the index of its segment; the one not listed yet follows
                                      the last regular one */
    size_t part_count;
    az_segment
        open; /* the segment that is not listed yet: what the tags before its parts say, without a URI */
    const az_preload_hint *hints;
    size_t hint_count;
    const az_rendition_report *reports;
    size_t report_count;
} az_media_playlist;

typedef struct az_rendition { /* 4.3.4.1 */
    az_span type;             /* AUDIO, VIDEO, SUBTITLES, CLOSED-CAPTIONS */
    az_span group_id;
    az_span name;
    az_span language;
    az_span uri; /* empty: in the variant's own stream */
    bool is_default;
    bool is_autoselect;
    bool is_forced;
    az_span assoc_language;
    az_span instream_id;
    az_span characteristics;
    az_span channels;
    az_span stable_id; /* STABLE-RENDITION-ID */
    az_attribute_list attributes;
    uint32_t line;
} az_rendition;

typedef struct az_variant { /* 4.3.4.2, and 4.3.4.3 for I-frame playlists */
    az_span uri;
    uint64_t bandwidth;
    uint64_t average_bandwidth; /* 0 unknown */
    az_span codecs;
    uint32_t width, height;                           /* 0 unknown */
    double frame_rate;                                /* 0 unknown */
    az_span audio, video, subtitles, closed_captions; /* group ids, empty none */
    az_span name;                                     /* NAME or IVS-NAME, empty none */
    double score;                                     /* bis 4.4.6.2; negative: not given */
    az_span video_range;                              /* SDR, HLG, PQ; empty: not given */
    az_span hdcp_level;                               /* NONE, TYPE-0, TYPE-1; empty: not given */
    az_span supplemental_codecs;
    az_span stable_id;  /* STABLE-VARIANT-ID */
    az_span pathway_id; /* PATHWAY-ID; empty: "." */
    az_attribute_list attributes;
    uint32_t line;
} az_variant;

typedef struct az_session_data { /* 4.3.4.4 */
    az_attribute_list attributes;
    uint32_t line;
} az_session_data;

typedef struct az_multivariant {
    const az_variant *variants;
    size_t variant_count;
    const az_variant *i_frame_variants;
    size_t i_frame_variant_count;
    const az_rendition *renditions;
    size_t rendition_count;
    const az_session_data *session_data;
    size_t session_data_count;
    const az_key *session_keys;
    size_t session_key_count;
    bool is_independent_segments;
    bool has_start;
    int64_t start_offset;
    bool start_is_precise;
    az_span steering_uri;     /* EXT-X-CONTENT-STEERING: SERVER-URI; empty: none */
    az_span steering_pathway; /* its PATHWAY-ID; empty: "." */
} az_multivariant;

typedef struct az_playlist {
    az_playlist_kind kind;
    uint32_t version; /* EXT-X-VERSION, 1 when absent */
    az_span text;     /* the whole text, without BOM */
    union {
        az_media_playlist media;
        az_multivariant multivariant;
    } u;
    const az_variable *variables; /* EXT-X-DEFINE, substituted already where they are used */
    size_t variable_count;
    const az_tag *tags; /* tags without a field here, unknown ones included, in order */
    size_t tag_count;
    const az_diagnostic *diagnostics;
    size_t diagnostic_count;     /* kept in the array */
    size_t diagnostic_count_all; /* seen */
} az_playlist;

typedef struct az_playlist_error {
    uint32_t line; /* from 1, 0 when no line is concerned */
    char text[160];
} az_playlist_error;

/*
 * Parses a whole playlist. The text is copied. On success *out is the caller's, until
 * az_playlist_destroy(). AIZU_E_PLAYLIST: no playlist, or not to be repaired; AIZU_E_LIMIT; AIZU_E_MEMORY. On
 * failure *out is NULL and *error (may be NULL) says where and why.
 */
AZ_NODISCARD aizu_result az_playlist_parse(az_playlist **out, az_span text, az_playlist_error *error);

/* The same without the copy: the document takes a reference of its own, and the bytes must not change. */
AZ_NODISCARD aizu_result az_playlist_parse_slice(az_playlist **out, az_slice text, az_playlist_error *error);

/* The same with variables from outside. The context is used during the call only. */
AZ_NODISCARD aizu_result az_playlist_parse_context(az_playlist **out, az_slice text,
                                                   const az_playlist_context *context,
                                                   az_playlist_error *error);

void az_playlist_destroy(az_playlist **playlist);

/*
 * Parsing in steps, for who knows much of a media playlist from an earlier version, or keeps segments in its
 * own way: a reader stops behind some segments, or at EXT-X-SKIP before them. What was read may be taken out,
 * and what follows may be left out. The document holds the other segments; indexes of segments in it (those
 * of parts, tags and date ranges) count what was taken and not what was left out. Dates are not derived
 * backwards once something was taken.
 */
typedef struct az_playlist_reader az_playlist_reader;

/* Where a reader stopped. All of it lives until the next call. */
typedef struct az_playlist_stop {
    const az_media_playlist *media; /* fields as far as they were read; no arrays */
    const az_segment *segments;     /* none: at EXT-X-SKIP */
    size_t segment_count;
    const az_key *keys; /* for their indexes */
    const az_map *maps;
    const az_variable *variables;
    size_t variable_count;
    az_span rest;  /* the text that was not read yet */
    size_t offset; /* of `rest` in the text */
    uint32_t line; /* lines before it */
} az_playlist_stop;

/* What text that is left out leaves in force. Its spans must live until az_playlist_reader_finish(), and as
 * long as the document is used. */
typedef struct az_playlist_gap {
    size_t size; /* bytes of `rest` */
    uint32_t line_count;
    uint32_t discontinuities; /* EXT-X-DISCONTINUITY tags in it */
    uint32_t bitrate;
    const az_key *keys; /* NULL: none */
    const az_map *map;  /* NULL: none; its own key stands in map_keys */
    const az_key *map_keys;
    az_span range_uri; /* of the last segment, if it has a range */
    uint64_t range_end;
    int64_t wall; /* of the next segment, or AIZU_NO_TIME */
} az_playlist_gap;

/* *out is the caller's until az_playlist_reader_finish(). The context is used until then. */
AZ_NODISCARD aizu_result az_playlist_reader_create(az_playlist_reader **out, az_slice text,
                                                   const az_playlist_context *context,
                                                   az_playlist_error *error);

/* Reads on until there are `count` segments. False: there are not so many, or an error that
 * az_playlist_reader_finish() tells. */
bool az_playlist_reader_stop(az_playlist_reader *reader, size_t count, az_playlist_stop *stop);

/* Drops the segments that were read so far: they are the caller's now. Of their parts those of the last
 * AZ_PLAYLIST_STEP_PARTS segments stay in the document. */
void az_playlist_reader_take(az_playlist_reader *reader);

void az_playlist_reader_leave_out(az_playlist_reader *reader, const az_playlist_gap *gap);

/* Reads the rest; the reader is gone afterwards. `out` NULL: gives up. Results as of az_playlist_parse(). */
aizu_result az_playlist_reader_finish(az_playlist_reader **reader, az_playlist **out,
                                      az_playlist_error *error);

/* The attribute of a name, the last one when an author repeated it; NULL when it is absent. */
const az_attribute *az_attribute_find(const az_attribute_list *list, const char *name);

/* Bytes on the heap that the document holds, its text included. */
size_t az_playlist_bytes(const az_playlist *playlist);

/*
 * RFC 3986, 5.2: `reference` relative to the absolute URL `base`, dot segments removed, fragment
 * dropped. Spaces, non-ASCII bytes and characters that no URL may hold are percent-encoded in path and
 * query, and refused in the authority; control characters are refused. Writes a NUL-terminated URL.
 * AIZU_E_ARGUMENT: base is not absolute or the reference is malformed; AIZU_E_LIMIT: it does not fit;
 * AIZU_E_SCHEME: neither http nor https.
 */
AZ_NODISCARD aizu_result az_url_resolve(char *out, size_t out_size, az_span base, az_span reference);

/* Whether an absolute URL may be fetched: http or https with a host, no control characters or spaces. */
bool az_url_is_fetchable(az_span url);

/* ISO 8601 date-time (4.3.2.6): Unix time in ns. Lenient in the zone ("+0900", "Z", none = UTC). */
AZ_NODISCARD bool az_date_time_parse(az_span text, int64_t *wall);

#endif
