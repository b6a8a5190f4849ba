/*
 * Where cues come from: pushed by the server's threads for "the next frame", or planned for a stream time (a
 * file of them, or one each so many seconds). The channel takes what is due at each frame. Thread-safe.
 */
#ifndef CH_CUES_H
#define CH_CUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_CUE_SIZE_MAX    1024   /* payload */
#define CH_CUES_PUSHED_MAX 64     /* waiting for the next frame */
#define CH_CUES_FILE_MAX   100000 /* lines */

typedef struct ch_cue {
    size_t size;
    char payload[CH_CUE_SIZE_MAX + 1]; /* NUL-terminated; holds no other NUL */
} ch_cue;

typedef struct ch_cues ch_cues;

/* `file` (lines "seconds payload") may be NULL; `every_ticks` 0 for none. NULL on failure, with a message
 * printed. */
ch_cues *ch_cues_create(const char *file, int64_t every_ticks);
void ch_cues_destroy(ch_cues **cues);

/* For the next frame. False when CH_CUES_PUSHED_MAX wait already or the payload is empty or too long. */
bool ch_cues_push(ch_cues *cues, const char *payload, size_t size);

/* The next cue due at or before stream time `ticks` (of frame `frame`); false when there is none. */
bool ch_cues_take(ch_cues *cues, int64_t ticks, int64_t frame, ch_cue *out);

#endif
