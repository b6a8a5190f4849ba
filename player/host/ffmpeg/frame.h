/*
 * A decoded picture or piece of sound: libavutil's AVFrame with a refcount of ours, and for pictures the
 * public view of it. It travels from the decoder through the engine (az_event.frame) to an output.
 *
 * A frame is immutable once it is posted. References may be taken and dropped on any thread.
 */
#ifndef AZ_HOST_FFMPEG_FRAME_H
#define AZ_HOST_FFMPEG_FRAME_H

#include "aizu/frame.h"
#include "base/base.h"

struct AVFrame;
typedef struct az_frame az_frame;

/*
 * Takes the content of `av` over (it is left empty) with one reference for the caller. The picture must
 * be I420 or NV12; sound may have any format. NULL when out of memory: `av` is unchanged then.
 */
az_frame *az_frame_create(struct AVFrame *av, int64_t pts, int64_t duration);
az_frame *az_frame_ref(az_frame *frame);
void az_frame_unref(az_frame **frame); /* nulls; NULL allowed */

/* The picture: everything but due, wall and cues, which the output knows. Not for sound. */
const aizu_frame *az_frame_view(const az_frame *frame);

/* The AVFrame; the frame's, do not change it. Its own timestamps mean nothing. */
const struct AVFrame *az_frame_av(const az_frame *frame);

int64_t az_frame_pts(const az_frame *frame);      /* ns */
int64_t az_frame_duration(const az_frame *frame); /* ns, 0 unknown */

#endif
