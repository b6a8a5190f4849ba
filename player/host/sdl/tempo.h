/*
 * Sound faster or slower at its own pitch: stereo floats in, fewer or more of them out, through libavfilter's
 * atempo. The first sample out is the first one in, and sample n out is what stands at n * rate in, give or
 * take the half window (20 ms) by which the filter looks for a fitting piece; that does not add up.
 *
 * libavfilter is loaded when the first rate other than 1 is asked for, and not linked: with all that it drags
 * in it would cost each program twice the time to start (docs/internals/output.md). Internal to host/sdl/;
 * one thread at a time.
 */
#ifndef AZ_HOST_SDL_TEMPO_H
#define AZ_HOST_SDL_TEMPO_H

#include "base/base.h"

#define AZ_TEMPO_RATE_MIN 0.2
#define AZ_TEMPO_RATE_MAX 4.0

typedef struct az_tempo az_tempo;

/* Loads libavfilter. AIZU_E_UNSUPPORTED: it is not there, or without atempo; AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_tempo_create(az_tempo **tempo);
void az_tempo_destroy(az_tempo **tempo); /* NULL allowed */

/* Begins anew at a rate of AZ_TEMPO_RATE_MIN .. MAX; what was inside is forgotten. AIZU_E_MEMORY,
 * AIZU_E_INTERNAL. */
AZ_NODISCARD aizu_result az_tempo_open(az_tempo *tempo, int sample_rate, double rate);

/* Gives `count` samples of AZ_SOUND_CHANNELS values. Take what comes out before the next ones. AIZU_E_MEMORY,
 * AIZU_E_INTERNAL: nothing more comes until it is opened again. */
AZ_NODISCARD aizu_result az_tempo_feed(az_tempo *tempo, const float *values, size_t count);

/* Some of the samples that are ready; *values lives until the next call of any function. False: none. */
bool az_tempo_take(az_tempo *tempo, const float **values, size_t *count);

#endif
