/*
 * One track's packets in, parts of fMP4 out: whole fragments, of which a segment is a row. Video is cut by
 * time and at its key frames; sound is cut where the video was, to the nearest frame, so that part N.M of the
 * sound goes with part N.M of the pictures. Pure; copies what it is given. One thread.
 *
 * Times that go in are 90 kHz ticks. The sound's own timescale is its sampling rate: its frames follow each
 * other without rounding.
 */
#ifndef CH_FRAGMENTER_H
#define CH_FRAGMENTER_H

#include "mp4_writer.h"

/* Sound that lags more than this behind the pictures is not waited for: the part is a gap. */
#define CH_FRAGMENTER_WAIT (90000 * 3 / 2)

typedef struct ch_part {
    const uint8_t *data; /* valid during the call; size 0: a gap, nothing is there */
    size_t size;
    int64_t pts;      /* of its first sample */
    int64_t duration; /* both in units of `timescale` */
    uint32_t timescale;
    bool is_independent;    /* begins with a key frame */
    bool ends_segment;      /* the next part begins another */
    int64_t boundary_ticks; /* video: presentation time of its end, for the sound */
} ch_part;

typedef struct ch_fragmenter_settings {
    uint32_t timescale; /* 90000 for video, the sampling rate for sound */
    bool is_video;
    /*
     * Video whose frames are all as long as `frame_ticks` and whose segments end as soon as they are full: a
     * part goes out with its last frame. Else it waits for the next frame, which tells how long the last one
     * is, and whether it begins a segment.
     */
    bool is_steady;
    int64_t frame_ticks;
    int64_t part_ticks;
    int64_t segment_ticks;
    int64_t frame_samples; /* sound: samples in a frame */
    int64_t pts_first;
    int64_t wall_first_ns; /* UTC of pts_first */
    /* Below 0 stops the fragmenter with that error. */
    int (*on_part)(void *user, const ch_part *part);
    void *user;
} ch_fragmenter_settings;

typedef struct ch_frame {
    const uint8_t *data; /* as MP4 wants it */
    size_t size;
    int64_t pts, dts;
    bool key;
    bool cut; /* a segment begins here */
} ch_frame;

typedef struct ch_fragmenter ch_fragmenter;

#define CH_FRAGMENTER_NO_MEMORY (-12)

ch_fragmenter *ch_fragmenter_create(const ch_fragmenter_settings *settings); /* NULL: out of memory */
void ch_fragmenter_destroy(ch_fragmenter **f);

/* All give 0, or below 0: CH_FRAGMENTER_NO_MEMORY or what on_part gave. */
int ch_fragmenter_video(ch_fragmenter *f, const ch_frame *frame);
int ch_fragmenter_sound(ch_fragmenter *f, const uint8_t *data, size_t size, int64_t pts);

/* An event for the part that covers `pts`. */
int ch_fragmenter_event(ch_fragmenter *f, uint32_t id, const uint8_t *tag, size_t size, int64_t pts);

/* Sound: a part of the video ended at `ticks`, and with it perhaps a segment. */
int ch_fragmenter_boundary(ch_fragmenter *f, int64_t ticks, bool ends_segment);

#endif
