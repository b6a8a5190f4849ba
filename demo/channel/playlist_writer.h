/*
 * Writes HLS playlists (RFC 8216) of TS segments. Pure: appends text to the caller's bytes.
 */
#ifndef CH_PLAYLIST_WRITER_H
#define CH_PLAYLIST_WRITER_H

#include "bytes.h"

typedef struct ch_segment_info {
    int64_t sequence;       /* also the file's name: <sequence>.ts */
    int64_t duration_ticks; /* 90 kHz */
    int64_t wall_ns;        /* of its first frame, since 1970 */
    size_t size_bytes;
} ch_segment_info;

typedef struct ch_media_playlist {
    const ch_segment_info *segments;
    size_t count;
    int64_t target_seconds;
    bool is_vod; /* complete: PLAYLIST-TYPE and ENDLIST */
    /* Segments behind the last one that are named, too, with EXT-X-PREFETCH: the one being written and those
     * after it. */
    unsigned prefetch_count;
    int64_t prefetch_first; /* the first one's sequence */
} ch_media_playlist;

typedef struct ch_variant {
    const char *name; /* also the folder */
    int64_t bandwidth;
    int64_t average_bandwidth;
    int width;
    int height;
    double frame_rate;
    const char *codecs;
} ch_variant;

void ch_playlist_write_media(ch_bytes *out, const ch_media_playlist *playlist);
/* `list` is the name of each media playlist in its folder. */
void ch_playlist_write_master(ch_bytes *out, const ch_variant *variants, size_t count, const char *list);

/* 2026-11-22T14:14:36.123Z, as PROGRAM-DATE-TIME has it; size of `out` at least CH_ISO_TIME_SIZE. */
#define CH_ISO_TIME_SIZE 32
void ch_iso_time(char *out, int64_t wall_ns);

/* The calendar (UTC) of a wall time, without the C library's clock functions. */
typedef struct ch_calendar {
    int64_t year;
    unsigned month, day, hour, minute, second, millisecond;
} ch_calendar;
ch_calendar ch_calendar_of(int64_t wall_ns);

#endif
