/*
 * Decoded pictures for an application that draws them itself, each with the cues that belong to it.
 */
#ifndef AIZU_FRAME_H
#define AIZU_FRAME_H

#include "aizu/cue.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum aizu_pixel_format {
    AIZU_PIXEL_I420 = 1, /* 8 bit, 3 planes Y U V, chroma halved in both directions */
    AIZU_PIXEL_NV12,     /* 8 bit, 2 planes Y UV */
} aizu_pixel_format;

typedef enum aizu_color_matrix {
    AIZU_COLOR_BT601 = 1,
    AIZU_COLOR_BT709,
} aizu_color_matrix;

/*
 * One picture. Immutable; all pointers live until aizu_player_release_frame(). Other formats that a
 * decoder produces are converted to AIZU_PIXEL_I420 first.
 */
typedef struct aizu_frame {
    size_t size_struct;
    aizu_pixel_format format;
    aizu_color_matrix matrix;
    int full_range;              /* 1: samples span 0..255; 0: 16..235 */
    int width, height;           /* pixels */
    int sar_num, sar_den;        /* sample aspect ratio, both > 0 */
    const uint8_t *planes[3];    /* first row of each plane, unused ones NULL */
    int strides[3];              /* bytes from row to row, > 0 */
    int64_t pts;                 /* presentation time, ns */
    int64_t due;                 /* monotonic time at which it was to be shown, ns */
    int64_t wall;                /* programme date-time of pts, Unix time in ns, or AIZU_NO_TIME */
    const aizu_cue *const *cues; /* contract point 7: the cues that this frame starts, in order */
    size_t cue_count;
} aizu_frame;

#ifdef __cplusplus
}
#endif
#endif
