/*
 * Sound on a timeline: pieces of stereo samples with a presentation time in, any stretch of the timeline
 * out, silence where there is nothing. Pure; not thread-safe. Internal to host/sdl/.
 *
 * A position is a count of samples since presentation time 0. Gaps cost no memory.
 */
#ifndef AZ_HOST_SDL_SOUND_H
#define AZ_HOST_SDL_SOUND_H

#include "base/base.h"

#define AZ_SOUND_CHANNELS 2

/* Contiguous pieces that are told apart; a piece after that many gaps has to wait. */
#define AZ_SOUND_RUNS_MAX 32

typedef struct az_sound_run {
    int64_t begin; /* position */
    size_t count;  /* samples; one has AZ_SOUND_CHANNELS values */
} az_sound_run;

typedef struct az_sound {
    int rate;
    int64_t slack;   /* samples: smaller gaps and overlaps are joined */
    float *values;   /* ring */
    size_t capacity; /* samples */
    size_t first, count;
    az_sound_run runs[AZ_SOUND_RUNS_MAX]; /* in order; their samples follow one another in the ring */
    size_t run_count;
} az_sound;

/* Holds up to `capacity` samples at `rate`. False when out of memory. */
AZ_NODISCARD bool az_sound_init(az_sound *sound, int rate, size_t capacity, int64_t slack_ns);
void az_sound_deinit(az_sound *sound); /* a zeroed one is allowed */
void az_sound_clear(az_sound *sound);

int64_t az_sound_position(const az_sound *sound, int64_t pts);
int64_t az_sound_pts(const az_sound *sound, int64_t position);

/*
 * Appends `count` samples that begin at `pts`. What lies before the end of the last piece is cut; less than
 * the slack between them is joined. False: no room, nothing was taken.
 */
AZ_NODISCARD bool az_sound_append(az_sound *sound, int64_t pts, const float *values, size_t count);

/* Fills out[0 .. count) with the timeline from `position` on. Returns how many of the samples are not
 * filled-in silence. */
size_t az_sound_copy(const az_sound *sound, int64_t position, float *out, size_t count);

/* Forgets everything before `position`. */
void az_sound_forget(az_sound *sound, int64_t position);

/* Copies, and forgets everything before the end of what it copied. */
size_t az_sound_read(az_sound *sound, int64_t position, float *out, size_t count);

/* Where the last piece ends; INT64_MIN when there is none. */
int64_t az_sound_end(const az_sound *sound);

#endif
