/*
 * Video outputs: frames with a time in, the picture on the screen (or nowhere, or at the application) at
 * that time, and PRESENTED or DROPPED out through the letter box.
 *
 * present, flush and destroy are called on one thread (the engine's) and do not wait for the screen;
 * destroy waits for the output's thread. Any number of outputs may exist in a process.
 */
#ifndef AZ_HOST_SDL_VIDEO_H
#define AZ_HOST_SDL_VIDEO_H

#include "aizu/player.h"
#include "base/log.h"
#include "cue/cue.h"
#include "host/ffmpeg/frame.h"
#include "host/post.h"

/* Frames that wait for their time at most; past it the oldest is dropped and reported so. */
#define AZ_VIDEO_QUEUE_MAX 64

/* Pull: a frame that was not released so long after it was due counts as presented when it was due. */
#define AZ_VIDEO_RELEASE_MAX (100 * AIZU_MILLISECOND)

typedef struct az_video az_video;

/* One frame to show: AZ_ACTION_PRESENT. */
typedef struct az_present {
    az_frame *frame; /* the reference goes to the output */
    uint64_t frame_id;
    int64_t pts;
    int64_t at;          /* monotonic, ns; in the past: at once */
    int64_t wall;        /* programme date-time of pts or AIZU_NO_TIME; only pull shows it */
    az_cue *const *cues; /* the array is the caller's, the references go to the output */
    size_t cue_count;
    uint64_t cue_replays; /* bit i: cues[i] was delivered before */
} az_present;

/* Headless: waits, reports, shows nothing. AIZU_E_MEMORY, AIZU_E_INTERNAL (no thread). */
AZ_NODISCARD aizu_result az_video_create_headless(az_video **video, const az_post *post);

/* What a window calls back with, on its own thread: AIZU_INPUT_CLOSE (key NULL) or AIZU_INPUT_KEY with SDL's
 * name of the key. Must not call the output. */
typedef struct az_video_input {
    void (*input)(void *user, aizu_input_type type, const char *key);
    void *user;
} az_video_input;

/* A window of the library with a thread of its own. Waits until it is open (tens of milliseconds).
 * AIZU_E_VIDEO_DEVICE: no display, or SDL refuses. Title copied; input and log may be NULL. */
AZ_NODISCARD aizu_result az_video_create_window(az_video **video, const az_post *post, const char *title,
                                                const az_video_input *input, const az_log *log);

/* Pull: frames for aizu_player_acquire_frame(). wake(user) is called on a thread of the output each time a
 * frame became due, and must not call the output. It may be NULL. */
AZ_NODISCARD aizu_result az_video_create_pull(az_video **video, const az_post *post, void (*wake)(void *user),
                                              void *user);

void az_video_present(az_video *video, const az_present *present);

/*
 * The captions and subtitles to show from now on, all of them: called when one begins or ends, in the order
 * of their beginning. Cues of kind AIZU_CUE_TEXT count, settings in `name` and cue text in `data`
 * (cue/text.h); copied. A window draws them into the next picture, or into the one that stands, a few
 * milliseconds later; none takes them away at once. The other outputs show no text. From the thread of
 * present, flush and destroy; does not wait.
 */
void az_video_set_text(az_video *video, const aizu_cue *const *cues, size_t count);

/* Forgets the frames that wait, without reports. The picture on the screen stays; a report of a frame that
 * is being shown at this moment may still come, and a frame that the application holds stays valid. */
void az_video_flush(az_video *video);

/* Ends the thread and frees everything, a frame that the application still holds too. NULL allowed. */
void az_video_destroy(az_video **video);

/* Pull only (AIZU_E_STATE for the others); any thread. As aizu_player_acquire_frame() and
 * aizu_player_release_frame() say. */
AZ_NODISCARD aizu_result az_video_acquire(az_video *video, const aizu_frame **frame);
void az_video_release(az_video *video, const aizu_frame **frame);

/* True for pull when acquire would give a frame now: what keeps the player's descriptor readable. */
bool az_video_has_frame(az_video *video);

#endif
