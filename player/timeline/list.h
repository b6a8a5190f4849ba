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
    AZ_LIST_GREW,      /* segments were added, the end came, or the window slid */
    AZ_LIST_JUMPED,    /* new segments do not follow the known ones: some were missed */
    AZ_LIST_RESTARTED, /* the sequence began anew: its segments are appended after the known ones */
    AZ_LIST_STALE,     /* numbers went back, and that is not a restart yet: ignored (caches give out old
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
    uint64_t domain;
    int64_t start;    /* presentation time, ns */
    int64_t duration; /* ns */
    int64_t wall;     /* programme date-time, Unix ns, or AIZU_NO_TIME */
    az_span uri;      /* as written; lives until the next update */
    az_byte_range range;
    unsigned flags; /* az_segment_flag */
    bool has_key;   /* a method other than NONE is in force */
    bool has_map;
} az_list_item;

/* NULL when out of memory. */
az_list *az_list_create(void);
void az_list_destroy(az_list **list);

/*
 * Takes the next version of the playlist (a media playlist); *playlist is the list's and NULL afterwards, in
 * each case. AIZU_E_MEMORY leaves the list as it was. The first version puts its first segment at 0.
 */
AZ_NODISCARD aizu_result az_list_update(az_list *list, az_playlist **playlist, az_list_change *change);

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

/* The segment in which a time falls; the first one for earlier times, the last for later ones. False: empty.
 */
bool az_list_find_time(const az_list *list, int64_t pts, az_list_item *item);

int64_t az_list_begin(const az_list *list); /* start of the first segment, AIZU_NO_TIME when empty */
int64_t az_list_end(const az_list *list);   /* end of the last segment: the live edge */
bool az_list_is_ended(const az_list *list); /* EXT-X-ENDLIST; VOD without it, when it stays as it is */
bool az_list_is_vod(const az_list *list);   /* ended, and was when it was first seen */

/* The playlist's own fields; NULL before the first update. */
const az_media_playlist *az_list_playlist(const az_list *list);

/* Distance from the live edge at which to play (6.3.3): EXT-X-SERVER-CONTROL's HOLD-BACK, else three
 * target durations. */
int64_t az_list_hold_back(const az_list *list);

/* Programme date-time less presentation time around a time, or AIZU_NO_TIME. */
int64_t az_list_wall_offset(const az_list *list, int64_t pts);

#endif
