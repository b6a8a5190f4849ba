/*
 * The engine thread's letter box; see inbox.h. Two arrays change places, so that the lock is held for a copy
 * only.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/loop/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "host/ffmpeg/frame.h"

bool az_inbox_init(az_inbox *inbox)
{
    *inbox = (az_inbox){.wake = {-1, -1}};
    if (pthread_mutex_init(&inbox->lock, NULL))
        return false;
    if (az_wake_init(&inbox->wake))
        return true;
    pthread_mutex_destroy(&inbox->lock);
    return false;
}

void az_inbox_release(az_event *event)
{
    free((void *)(uintptr_t)event->url);
    free((void *)(uintptr_t)event->detail);
    az_slice_unref(&event->data);
}

void az_inbox_deinit(az_inbox *inbox)
{
    for (size_t i = 0; i < inbox->count; i++) {
        az_frame *frame = inbox->events[i].frame;
        az_frame_unref(&frame);
        az_inbox_release(&inbox->events[i]);
    }
    free(inbox->events);
    free(inbox->taken);
    az_wake_deinit(&inbox->wake);
    pthread_mutex_destroy(&inbox->lock);
}

static bool make_room(az_inbox *inbox)
{
    if (inbox->count < inbox->capacity)
        return true;
    if (inbox->capacity >= AZ_INBOX_EVENTS_MAX)
        return false;
    size_t capacity = inbox->capacity ? 2 * inbox->capacity : 64;
    az_event *events = realloc(inbox->events, capacity * sizeof(*events));
    if (!events)
        return false;
    inbox->events = events;
    inbox->capacity = capacity;
    return true;
}

bool az_inbox_put(az_inbox *inbox, const az_event *event)
{
    az_event copy = *event;
    copy.url = event->url ? strdup(event->url) : NULL;
    copy.detail = event->detail ? strdup(event->detail) : NULL;
    copy.data = az_slice_ref(event->data);
    bool is_whole = (!event->url || copy.url) && (!event->detail || copy.detail);
    pthread_mutex_lock(&inbox->lock);
    bool is_taken = is_whole && !inbox->is_closed && make_room(inbox);
    bool was_empty = inbox->count == 0;
    if (is_taken)
        inbox->events[inbox->count++] = copy;
    pthread_mutex_unlock(&inbox->lock);
    if (!is_taken)
        az_inbox_release(&copy);
    else if (was_empty)
        az_wake_raise(&inbox->wake);
    return is_taken;
}

void az_inbox_close(az_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->is_closed = true;
    pthread_mutex_unlock(&inbox->lock);
    az_wake_raise(&inbox->wake);
}

bool az_inbox_take(az_inbox *inbox, az_event **events, size_t *count)
{
    pthread_mutex_lock(&inbox->lock);
    bool is_open = !inbox->is_closed;
    *count = is_open ? inbox->count : 0;
    if (*count > 0) {
        az_event *filled = inbox->events;
        size_t capacity = inbox->capacity;
        inbox->events = inbox->taken;
        inbox->capacity = inbox->taken_capacity;
        inbox->taken = filled;
        inbox->taken_capacity = capacity;
        inbox->count = 0;
    }
    pthread_mutex_unlock(&inbox->lock);
    *events = inbox->taken;
    return is_open;
}
