/*
 * The engine thread's letter box: events in from any thread, taken out in order by the engine thread.
 */
#ifndef AZ_HOST_LOOP_INBOX_H
#define AZ_HOST_LOOP_INBOX_H

#include <pthread.h>

#include "engine/engine.h"
#include "host/loop/wake.h"

/* Events that wait at most. Decoders and outputs hold far fewer; only commands without end get here. */
#define AZ_INBOX_EVENTS_MAX ((size_t)65536)

typedef struct az_inbox {
    pthread_mutex_t lock;
    az_wake wake; /* readable while events may wait */
    az_event *events;
    size_t count, capacity;
    az_event *taken; /* the engine thread's */
    size_t taken_capacity;
    bool is_closed;
} az_inbox;

AZ_NODISCARD bool az_inbox_init(az_inbox *inbox);
void az_inbox_deinit(az_inbox *inbox); /* frees what waits, frames included */

/* Copies the event. False when it was not taken (out of memory, full, closed): a frame in it stays the
 * caller's. */
AZ_NODISCARD bool az_inbox_put(az_inbox *inbox, const az_event *event);

/* Nothing is taken any more. */
void az_inbox_close(az_inbox *inbox);

/* What came since the last call: valid until the next one, az_inbox_release() each when done. False when
 * closed. */
AZ_NODISCARD bool az_inbox_take(az_inbox *inbox, az_event **events, size_t *count);

/* Frees what the inbox copied. The frame in it is not touched. */
void az_inbox_release(az_event *event);

#endif
