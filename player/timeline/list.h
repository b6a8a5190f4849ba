/*
 * One media playlist over all its reloads: which segments there are, and where each stands in
 * presentation time. Pure.
 *
 * Playlists say how long segments are, not when they are: the starts here are estimates from EXTINF,
 * chained over reloads by media sequence number, and corrected by az_list_shift() when the media turns
 * out to say otherwise. Sections are those of RFC 8216.
 */
#ifndef AZ_TIMELINE_LIST_H
#define AZ_TIMELINE_LIST_H

#include "playlist/playlist.h"

typedef struct az_list az_list;

typedef enum az_list_change {
    AZ_LIST_SAME = 0,  /* nothing new */
    AZ_LIST_GREW,      /* segments or parts were added, the end came, or the window slid */
    AZ_LIST_JUMPED,    /* new segments do not follow the known ones: some were missed */
    AZ_LIST_RESTARTED, /* the sequence began anew: its segments are appended after the known ones */
    AZ_LIST_STALE, /* numbers or parts went back, and that is not a restart yet: ignored (caches give out old
                      versions; a cut-off one looks like a restart) */
} az_list_change;

/*
 * One segment. `sequence` only grows: it is the media sequence number (4.3.3.2), plus what earlier
 * restarts of the numbering used up. `domain` names the stretch between two discontinuities in which
 * media timestamps are continuous; it is the discontinuity sequence number (4.3.3.3) plus the same, and stays
 * with its segment even if the server does not count.
 */
typedef struct az_list_item {
    uint64_t sequence;
    uint64_t number;   /* media sequence number as the server counts */
    uint32_t part;     /* which Partial Segment of it, from 0; AZ_LIST_WHOLE: the segment */
    bool is_last_part; /* the segment is over with this part */
    bool is_hint; /* EXT-X-PRELOAD-HINT: the server will answer when it is there; duration is PART-TARGET */
    bool is_independent; /* parts: begins with an independent frame, as the playlist says; segments: true */
    uint64_t domain;
    int64_t start;         /* presentation time, ns */
    int64_t duration;      /* ns */
    int64_t wall;          /* programme date-time, Unix ns, or AIZU_NO_TIME */
    az_span uri;           /* as written; lives until the next update */
    az_byte_range range;   /* size AZ_RANGE_OPEN: from the offset to the end (hints) */
    unsigned flags;        /* az_segment_flag; AZ_SEGMENT_PREFETCH: still being written, duration estimated */
    uint32_t bitrate;      /* EXT-X-BITRATE, kbit/s, 0 unknown */
    const az_key *key;     /* the first of its keys, identity first; NULL: clear. Further ones:
                              az_list_key_next().     Like uri, key and map live until the next update */
    const az_map *map;     /* NULL none */
    const az_key *map_key; /* that the map is encrypted with, NULL: clear */
} az_list_item;

#define AZ_LIST_WHOLE UINT32_MAX
#define AZ_RANGE_OPEN UINT64_MAX

/* What to load next: the part of a segment, part 0 standing for the whole one too. */
typedef struct az_list_cursor {
    uint64_t sequence;
    uint32_t part;
} az_list_cursor;

/* NULL when out of memory. */
az_list *az_list_create(void);
void az_list_destroy(az_list **list);

/*
 * Takes the next version of the playlist (a media playlist); *playlist is the list's and NULL afterwards, in
 * each case. AIZU_E_MEMORY leaves the list as it was. The first version puts its first segment at 0. A delta
 * update needs az_list_reload(): here it is stale, and AIZU_E_PLAYLIST where nothing is known yet.
 */
AZ_NODISCARD aizu_result az_list_update(az_list *list, az_playlist **playlist, az_list_change *change);

/*
 * The same from text: what did not change since the last version is recognised and not parsed again, and a
 * Playlist Delta Update (EXT-X-SKIP, bis 6.2.5.1) is put onto it. AIZU_E_PLAYLIST with *is_full_needed: a
 * delta that does not fit; AIZU_E_PLAYLIST, AIZU_E_LIMIT, AIZU_E_MEMORY with *error as az_playlist_parse()
 * has it. A failure leaves the list as it was. The text is not kept.
 */
AZ_NODISCARD aizu_result az_list_reload(az_list *list, az_slice text, const az_playlist_context *context,
                                        az_list_change *change, bool *is_full_needed,
                                        az_playlist_error *error);

/*
 * Moves the whole list so that it agrees with another one of the same presentation: by programme
 * date-time, else by media sequence number within the same numbering, else (both finished) by their
 * beginnings, else by their ends; and gives it the sequence and domain numbers of the other where the
 * server's numbering was restarted. The pair of segments nearest to `pts` counts: estimates drift apart over
 * long lists. An empty one: nothing is done.
 */
void az_list_align(az_list *list, const az_list *reference, int64_t pts);

/* Moves the segments from `sequence` on by `delta` ns. */
void az_list_shift(az_list *list, uint64_t sequence, int64_t delta);

/* Segments that are complete: those of EXT-X-PREFETCH, still being written, are left out. */
bool az_list_is_empty(const az_list *list);
size_t az_list_count(const az_list *list);
az_list_item az_list_at(const az_list *list, size_t index); /* index < count */

/* The segment of a sequence number; the next one that there is when it slid out of the window. False: it is
 * past the end. */
bool az_list_find(const az_list *list, uint64_t sequence, az_list_item *item);

/*
 * What comes at a cursor, at the live edge too. A complete segment comes whole at part 0; at a later part its
 * remaining parts come while they are listed, and then it comes whole (the caller knows the beginning
 * already). Of the segment that is being written come the parts, then the hint for the next one. Past the
 * last complete segment of a playlist without parts come those of EXT-X-PREFETCH. A cursor behind the last
 * part of a segment that is complete means the next segment. False: nothing yet.
 */
bool az_list_next(const az_list *list, az_list_cursor cursor, az_list_item *item);

/* Where to begin so as to show `pts`: as az_list_find_time(), and in a segment that still has its parts the
 * last independent part that begins at or before it. */
bool az_list_locate(const az_list *list, int64_t pts, az_list_item *item);

/* The next of the keys for the same segments in another KEYFORMAT; NULL: no more. */
const az_key *az_list_key_next(const az_list *list, const az_key *key);

/* The segment in which a time falls; the first one for earlier times, the last for later ones. False: empty.
 */
bool az_list_find_time(const az_list *list, int64_t pts, az_list_item *item);

int64_t az_list_begin(const az_list *list); /* start of the first segment, AIZU_NO_TIME when empty */
int64_t az_list_end(const az_list *list);   /* end of the last segment or part: the live edge */
bool az_list_is_ended(const az_list *list); /* EXT-X-ENDLIST; VOD without it, when it stays as it is */
bool az_list_is_vod(const az_list *list);   /* ended, and was when it was first seen */

/* The newest version's own fields, its date ranges, parts (near the end), hints and reports; NULL before the
 * first update. There are no segments, keys and maps in it: az_list_at() has them. Lives until the next
 * update. */
const az_media_playlist *az_list_playlist(const az_list *list);

/* Distance from the live edge at which to play (6.3.3): PART-HOLD-BACK where parts are listed, else HOLD-BACK
 * of EXT-X-SERVER-CONTROL, else one segment with EXT-X-PREFETCH, else three target durations. */
int64_t az_list_hold_back(const az_list *list);

/* Whether parts or prefetched segments are listed: reloads follow the part target or the last segment's
 * duration and not the target duration. */
bool az_list_is_low_latency(const az_list *list);

/*
 * The delivery directives for the next reload (bis 6.2.5): "_HLS_msn=M&_HLS_part=N" where the server can
 * block and `block` is set, "_HLS_skip=YES" or "v2" where it can skip, `skip` is set and the known version is
 * recent enough
 * (`age`: ns since it was loaded). Without '?' or '&' in front. False: none.
 */
bool az_list_directives(const az_list *list, bool block, bool skip, int64_t age, char *out, size_t out_size);

/* The same for the first load of another rendition, from this one's EXT-X-RENDITION-REPORT of its URI (as the
 * playlist of this list writes it: `index` of az_media_playlist.reports). */
bool az_list_report_directives(const az_list *list, size_t index, char *out, size_t out_size);

/* Bytes on the heap, but for keys, init sections and date ranges. */
size_t az_list_bytes(const az_list *list);

/* Programme date-time less presentation time around a time, or AIZU_NO_TIME. */
int64_t az_list_wall_offset(const az_list *list, int64_t pts);

#endif
