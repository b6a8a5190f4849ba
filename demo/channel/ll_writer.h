/*
 * Writes the playlists of Low-Latency HLS (draft-pantos-hls-rfc8216bis, 4.4 and 6.2.5) and reads the delivery
 * directives of their requests. Pure: appends text to the caller's bytes.
 *
 * Names: N.m4s is segment N, N.P.m4s its part P, init.mp4 the header; <name>/index.m3u8 a rendition.
 */
#ifndef CH_LL_WRITER_H
#define CH_LL_WRITER_H

#include "playlist_writer.h"

typedef struct ch_ll_part {
    int64_t duration_us;
    bool is_independent;
    bool is_gap;
} ch_ll_part;

typedef struct ch_ll_segment {
    int64_t sequence;
    int64_t duration_us; /* of its parts so far */
    int64_t wall_ns;
    const ch_ll_part *parts;
    size_t parts_count;
    bool is_complete;
    bool is_gap;
    bool has_parts_listed;
} ch_ll_segment;

/* How far another rendition is. */
typedef struct ch_ll_report {
    const char *name;
    int64_t sequence; /* of its last part */
    size_t part;
} ch_ll_report;

typedef struct ch_ll_playlist {
    const ch_ll_segment *segments; /* only the last one may be incomplete, and then has a part */
    size_t count;
    int64_t sequence_next; /* of the first part's segment where there is no segment yet */
    int64_t target_seconds;
    int64_t part_target_us;
    int64_t part_hold_back_us;
    const ch_ll_report *reports;
    size_t reports_count;
} ch_ll_playlist;

/* What a request asks for in its query; -1: nothing. */
typedef struct ch_ll_query {
    int64_t sequence; /* _HLS_msn */
    int64_t part;     /* _HLS_part */
    bool may_skip;    /* _HLS_skip */
} ch_ll_query;

/* Segments that a playlist delta leaves out: those that end before the skip boundary. */
size_t ch_ll_skippable(const ch_ll_playlist *playlist);

/* With `is_delta` what can be left out is. */
void ch_ll_write_media(ch_bytes *out, const ch_ll_playlist *playlist, bool is_delta);

/* `audio` is the name of the sound's rendition, or NULL; bandwidths hold it. */
void ch_ll_write_master(ch_bytes *out, const char *folder, const ch_variant *variants, size_t count,
                        const char *audio, unsigned audio_channels);

/* Values are NULL where the query does not have them. False: nonsense. */
bool ch_ll_query_parse(ch_ll_query *query, const char *msn, const char *part, const char *skip);

#endif
