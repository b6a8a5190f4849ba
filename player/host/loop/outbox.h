/*
 * The application's queue: cues and reports in from the engine thread, callbacks out on the application's.
 *
 * Bounded: past AZ_OUTBOX_ITEMS_MAX or AZ_OUTBOX_BYTES_MAX the oldest item is dropped, and the application
 * gets one AIZU_EVENT_ERROR with AIZU_E_LIMIT before the next one. What has no callback is not queued.
 */
#ifndef AZ_HOST_LOOP_OUTBOX_H
#define AZ_HOST_LOOP_OUTBOX_H

#include <pthread.h>

#include "aizu/player.h"
#include "engine/engine.h"
#include "host/ffmpeg/frame.h"
#include "host/loop/wake.h"

#define AZ_OUTBOX_ITEMS_MAX ((size_t)AIZU_CUE_PENDING_MAX)
#define AZ_OUTBOX_BYTES_MAX ((size_t)32 << 20) /* of cue payloads */

typedef struct az_outbox az_outbox;

az_outbox *az_outbox_create(void); /* NULL when out of memory */
void az_outbox_destroy(az_outbox **outbox);

void az_outbox_on_cue(az_outbox *outbox, aizu_cue_callback callback, void *user);
void az_outbox_on_event(az_outbox *outbox, aizu_event_callback callback, void *user);
void az_outbox_on_frame(az_outbox *outbox, aizu_event_callback callback, void *user);

/* ---- from the engine thread (input: any library thread); true: somebody has to be woken ---- */

AZ_NODISCARD bool az_outbox_put_cue(az_outbox *outbox, const az_action *action); /* takes its own reference */
AZ_NODISCARD bool az_outbox_put_report(az_outbox *outbox, const az_report *report, int64_t time);
AZ_NODISCARD bool az_outbox_put_thumbnail(az_outbox *outbox, aizu_event event,
                                          az_frame *frame);                 /* takes the frame */
AZ_NODISCARD bool az_outbox_put_input(az_outbox *outbox, aizu_event event); /* input_key is copied */

/* How far the engine is: commands carried out, and whether anything will follow without another. */
AZ_NODISCARD bool az_outbox_put_progress(az_outbox *outbox, uint64_t commands_done, aizu_state state,
                                         bool is_over);

/* Pull output: a frame became due. */
void az_outbox_frame_due(az_outbox *outbox);
uint64_t az_outbox_frame_mark(az_outbox *outbox);
void az_outbox_frame_taken(az_outbox *outbox, uint64_t mark, bool is_more); /* mark: from before the look */

/* ---- from the application ---- */

/* A command is on its way: until it is done the end is not reached. Undo when it could not be posted. */
void az_outbox_command(az_outbox *outbox, az_event_type type);
void az_outbox_command_undo(az_outbox *outbox);
bool az_outbox_is_loaded(az_outbox *outbox);

/* aizu_player_dispatch(). `is_thread`: for the dispatch thread, which goes on after the end. */
aizu_result az_outbox_dispatch(az_outbox *outbox, int64_t timeout, bool is_thread);

/* No callback begins any more and dispatch returns. True when called from inside a callback. */
bool az_outbox_close(az_outbox *outbox);

int az_outbox_fd(const az_outbox *outbox);

#endif
