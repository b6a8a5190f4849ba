/*
 * One quality's packets in, finished TS segments out. Puts video, sound and cues into decoding order, starts
 * a segment at each video packet marked `cut`, and keeps every sound frame and cue in the segment that covers
 * its time. Copies what it is given. One thread.
 *
 * Times are 90 kHz ticks. Sound may run behind video by up to CH_PACKAGER_WAIT ticks; what comes later is
 * written late.
 */
#ifndef CH_PACKAGER_H
#define CH_PACKAGER_H

#include "ts_writer.h"

#define CH_PACKAGER_WAIT (3 * CH_TS_HZ)

typedef struct ch_segment {
    const uint8_t *data; /* valid during the call */
    size_t size;
    int64_t pts; /* of its first frame */
    int64_t duration_ticks;
} ch_segment;

typedef struct ch_video_packet {
    const uint8_t *data; /* Annex B */
    size_t size;
    int64_t pts;
    int64_t dts;
    bool key;
    bool cut; /* a segment begins here; must be a key frame of a closed group */
} ch_video_packet;

typedef struct ch_packager_settings {
    bool has_audio;
    ch_adts adts;
    int64_t frame_ticks;                                      /* duration of the last frame */
    int (*on_segment)(void *user, const ch_segment *segment); /* below 0 stops the packager with that error */
    /* May be NULL: after each frame, the segment as far as it is written. */
    int (*on_growth)(void *user, const ch_segment *segment);
    void *user;
} ch_packager_settings;

typedef struct ch_packager ch_packager;

ch_packager *ch_packager_create(const ch_packager_settings *settings); /* NULL: out of memory */
void ch_packager_destroy(ch_packager **p);

/* All give 0, or below 0 (an AVERROR: out of memory or what on_segment gave). */
int ch_packager_feed_video(ch_packager *p, const ch_video_packet *packet);
int ch_packager_feed_audio(ch_packager *p, const uint8_t *data, size_t size, int64_t pts);
int ch_packager_feed_cue(ch_packager *p, const uint8_t *tag, size_t size, int64_t pts);

/* Writes what is held and ends the last segment. */
int ch_packager_end(ch_packager *p);

#endif
