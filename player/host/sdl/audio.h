/*
 * Sound output: decoded frames in, sound on the default device, and the sound's clock out through the
 * letter box.
 *
 * Appended frames lie on a timeline of presentation time. A gap between them is silence of its exact
 * length, however long; what lies before the end of the last frame is cut; differences under
 * AZ_AUDIO_SLACK are rounding of the container and are joined. While the sound runs the timeline runs:
 * where nothing was appended in time there is silence, and frames that come after their time are cut, so
 * picture and sound stay together.
 *
 * AUDIO_CLOCK comes right after the sound started and then about ten times a second: what the listener
 * hears at `time`, the buffer of the device and what is filtered ahead counted. AUDIO_LOST comes once, when
 * there is no device or it went away; then frames are dropped and no clock comes. The silent output drops
 * frames and posts nothing.
 *
 * All functions: on one thread (the engine's); none waits for the device but destroy.
 */
#ifndef AZ_HOST_SDL_AUDIO_H
#define AZ_HOST_SDL_AUDIO_H

#include "aizu/player.h"
#include "base/log.h"
#include "host/ffmpeg/frame.h"
#include "host/post.h"

#define AZ_AUDIO_SLACK      (10 * AIZU_MILLISECOND)
#define AZ_AUDIO_BUFFER_MAX (2 * AIZU_SECOND) /* sound held; frames wait in a queue past it */
#define AZ_AUDIO_FRAMES_MAX 512               /* frames in that queue; past it the oldest is dropped */

typedef struct az_audio az_audio;

/* The device is opened with the first frame. AIZU_E_MEMORY, AIZU_E_INTERNAL (no thread). */
AZ_NODISCARD aizu_result az_audio_create(az_audio **audio, aizu_audio_output kind, const az_post *post,
                                         const az_log *log);
void az_audio_destroy(az_audio **audio); /* NULL allowed */

/* AZ_ACTION_AUDIO. The frame's reference goes to the output. `trim_begin` ns are cut from its front; `pts` is
 * that of the frame before the cut. */
void az_audio_append(az_audio *audio, az_frame *frame, int64_t pts, int64_t trim_begin);

/*
 * AZ_ACTION_AUDIO_START: `pts` is heard at `at`, and from there on the sound runs at `rate` (0.2 .. 4, cut to
 * that; 0 means 1) with its pitch kept. What is before `pts` is not heard. While it runs:
 *
 * - with the same rate the sound is moved to the new map;
 * - with another one, and within AZ_AUDIO_CHANGE_SLACK of where it is, the sound goes on without a gap or a
 * click and changes its rate at `at`, or as soon as it can: an `at` that is AZ_AUDIO_CHANGE_AHEAD in the
 * future is kept, a nearer one is missed by up to that. AUDIO_CLOCK says what is really heard.
 */
#define AZ_AUDIO_CHANGE_SLACK (250 * AIZU_MILLISECOND)
#define AZ_AUDIO_CHANGE_AHEAD (120 * AIZU_MILLISECOND)
void az_audio_start(az_audio *audio, int64_t pts, int64_t at, double rate);

/* AZ_ACTION_AUDIO_PAUSE: silence from the next device buffer on; appended frames stay. */
void az_audio_pause(az_audio *audio);

/* AZ_ACTION_FLUSH: forgets all frames and stops, until the next start. */
void az_audio_flush(az_audio *audio);

/* 0 .. 1, default 1; the mute is apart from it, default off. Any thread. */
void az_audio_set_volume(az_audio *audio, float volume);
void az_audio_set_mute(az_audio *audio, bool is_muted);

#endif
