/*
 * Cues out of two doors, each taken once.
 *
 * A frame carries the cues that it starts (contract point 7 of aizu/cue.h): they are taken with the frame,
 * before it is drawn, so that a card is on the very frame. The callback brings them again when the frame is
 * on screen, and brings those that no frame carried: late and skipped ones. This struct remembers what the
 * frames brought, by id, and tells the callback what is new. A replay after a seek is carried again and
 * called back again, so the pairs stay pairs.
 */
#ifndef QUIZ_CUE_SOURCE_H
#define QUIZ_CUE_SOURCE_H

#include <stdbool.h>

#include "aizu/cue.h"
#include "payload.h"

#define QUIZ_CARRIED_MAX                                                               \
    256 /* ids between their frame and their callback; past it the oldest is forgotten \
         */

struct quiz_cue_source {
    uint64_t carried[QUIZ_CARRIED_MAX]; /* a ring */
    unsigned begin, count;
};

/* A frame brought the cue. */
void quiz_cue_source_carry(struct quiz_cue_source *source, uint64_t id);

/* The callback brought it: true when no frame did before. */
bool quiz_cue_source_is_new(struct quiz_cue_source *source, uint64_t id);

/* What a cue holds for a viewer. Date ranges, splice points and captions are no payloads; free text out of a
 * video codec's user data is not either: encoders leave their name there. */
void quiz_cue_read(const aizu_cue *cue, struct quiz_item *item);

#endif
