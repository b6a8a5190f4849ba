/*
 * The cue queue: every cue of every carrier goes in, in any order and as often as it was received; each
 * comes out once for each passing of the playhead, in order, when the playhead gets there. Pure.
 *
 * Contract points 1, 2, 4, 6 and 8 of include/aizu/cue.h are kept here; point 3 (on its frame) is the
 * engine's, which calls az_cue_queue_pass() when a frame was presented.
 *
 * A passing begins with az_cue_queue_begin() (load, seek) at its floor; the cursor is how far the playhead
 * got. [floor, cursor) was passed, [cursor, ...) is to come.
 */
#ifndef AZ_CUE_QUEUE_H
#define AZ_CUE_QUEUE_H

#include "cue/cue.h"

/* Delivered cues remembered, to know their copies; past it the earliest are forgotten. */
#define AZ_CUE_HISTORY_MAX ((size_t)262144)

/* Bytes of ranges whose end was told, kept for seeks into their middle; past it the earliest are dropped. */
#define AZ_CUE_KEPT_MAX ((size_t)4 << 20)

typedef struct az_cue_queue az_cue_queue;

typedef struct az_cue_delivery {
    az_cue *cue; /* a reference of the taker's */
    aizu_cue_phase phase;
    unsigned flags;  /* aizu_cue_flag */
    int64_t late_by; /* ns of presentation time */
} az_cue_delivery;

typedef struct az_cue_counts {
    uint64_t received, copies, delivered, late, skipped, refused;
} az_cue_counts;

/* early: cues are also given out when they are first added (AIZU_CUE_RECEIVED). NULL when out of memory. */
az_cue_queue *az_cue_queue_create(bool early);
void az_cue_queue_destroy(az_cue_queue **queue);

/* Forgets everything, history and ids included: another presentation is loaded. */
void az_cue_queue_clear(az_cue_queue *queue);

/*
 * A cue was received. `ordinal` counts equal ones (same kind, key, name, payload and time) before it in the
 * same piece of media, so that copies of one collapse and true repetitions stay. AIZU_OK: new; AIZU_AGAIN: a
 * copy of a known one; AIZU_E_LIMIT: a limit of include/aizu/cue.h was passed, it is dropped; AIZU_E_MEMORY.
 */
AZ_NODISCARD aizu_result az_cue_queue_add(az_cue_queue *queue, const az_cue_info *info, uint32_t ordinal);

/*
 * The end of a range that was added is learned, or moved; `info` and `ordinal` are as they were added, the
 * duration aside. Its END comes when the playhead gets there, with the real duration; where that was behind,
 * at the next pass. An end that was told in this passing is not told again. Adding the range once more
 * without an end opens it again. AIZU_OK; AIZU_AGAIN: it is not known, or has this very end.
 */
AZ_NODISCARD aizu_result az_cue_queue_close(az_cue_queue *queue, const az_cue_info *info, uint32_t ordinal,
                                            int64_t end);

/* A passing begins at a time: cues before it are not part of it, but ranges that it falls into are entered.
 */
void az_cue_queue_begin(az_cue_queue *queue, int64_t pts);

/* The playhead got to `pts`: all before it (not at it) is given out. Going back is ignored. */
void az_cue_queue_pass(az_cue_queue *queue, int64_t pts);

/* Playback jumps ahead to `pts`: what lies between is given out, flagged AIZU_CUE_SKIPPED. */
void az_cue_queue_jump(az_cue_queue *queue, int64_t pts);

/* The presentation is over: all that is left is given out, what is after `end` flagged AIZU_CUE_SKIPPED. */
void az_cue_queue_finish(az_cue_queue *queue, int64_t end);

/* Cues of a kind are not wanted any more: those that are to come are dropped until they are added again, and
 * ranges that the playhead is in end. */
void az_cue_queue_withdraw(az_cue_queue *queue, aizu_cue_kind kind);

/* Nothing before `pts` can be received any more: its history may go. */
void az_cue_queue_forget(az_cue_queue *queue, int64_t pts);

/* The next cue to deliver; AIZU_AGAIN when there is none. */
AZ_NODISCARD aizu_result az_cue_queue_take(az_cue_queue *queue, az_cue_delivery *delivery);

/* The time of the next cue to come (start or end), or where the playhead is when it is due already; AZ_NEVER
 * when none is known. */
int64_t az_cue_queue_next(const az_cue_queue *queue);

/* The cues that start in [begin, end), and the ranges that the passing begins inside of when `begin` is not
 * past its beginning; at most `max`, in order, each with a reference for the caller. */
size_t az_cue_queue_between(const az_cue_queue *queue, int64_t begin, int64_t end, az_cue **cues, size_t max);

/* Whether a cue of az_cue_queue_between() was delivered before, in an earlier passing. */
bool az_cue_queue_is_replay(const az_cue_queue *queue, const az_cue *cue);

az_cue_counts az_cue_queue_counts(const az_cue_queue *queue);

#endif
