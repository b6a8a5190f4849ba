/*
 * A letter box for tests of host modules: keeps every event and lets a test wait for one. Frames in events
 * belong to the collector; detail is not kept.
 */
#ifndef AZ_TESTS_COLLECTOR_H
#define AZ_TESTS_COLLECTOR_H

#include <stdlib.h>

#include "host/ffmpeg/frame.h"
#include "host/post.h"
#include "host/sync.h"

#define COLLECTOR_PATIENCE (20 * AIZU_SECOND)

typedef struct collector {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    az_event *events;
    size_t count, capacity;
    bool is_refusing; /* frames are not taken */
    bool is_closed;   /* writers wait; see collector_open() */
    az_post post;
} collector;

static inline bool collector_write(void *user, const az_event *event)
{
    collector *c = user;
    pthread_mutex_lock(&c->lock);
    while (c->is_closed)
        pthread_cond_wait(&c->changed, &c->lock);
    bool is_taken = !(c->is_refusing && event->type == AZ_EVENT_FRAME);
    if (is_taken) {
        if (c->count == c->capacity) {
            c->capacity = c->capacity ? c->capacity * 2 : 64;
            c->events = realloc(c->events, c->capacity * sizeof(*c->events));
            AZ_ASSERT(c->events);
        }
        c->events[c->count++] = *event;
    }
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return is_taken;
}

static inline void collector_init(collector *c)
{
    *c = (collector){.post = {collector_write, c}};
    pthread_mutex_init(&c->lock, NULL);
    az_cond_init(&c->changed);
}

static inline void collector_deinit(collector *c)
{
    for (size_t i = 0; i < c->count; i++) {
        az_frame *frame = c->events[i].frame;
        az_frame_unref(&frame);
    }
    free(c->events);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
}

static inline void collector_set_closed(collector *c, bool is_closed)
{
    pthread_mutex_lock(&c->lock);
    c->is_closed = is_closed;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static inline size_t collector_count_locked(const collector *c, az_event_type type, uint32_t generation)
{
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        count += c->events[i].type == type && c->events[i].generation == generation;
    return count;
}

static inline size_t collector_count(collector *c, az_event_type type, uint32_t generation)
{
    pthread_mutex_lock(&c->lock);
    size_t count = collector_count_locked(c, type, generation);
    pthread_mutex_unlock(&c->lock);
    return count;
}

/* Waits until so many events of a kind came; false when they do not come. */
static inline bool collector_wait(collector *c, az_event_type type, uint32_t generation, size_t count)
{
    int64_t end = az_clock_now() + COLLECTOR_PATIENCE;
    pthread_mutex_lock(&c->lock);
    bool is_there;
    while (!(is_there = collector_count_locked(c, type, generation) >= count) && az_clock_now() < end)
        az_cond_wait_until(&c->changed, &c->lock, end);
    pthread_mutex_unlock(&c->lock);
    return is_there;
}

/* A copy of the n-th event of a kind; a zeroed one when there is none. */
static inline az_event collector_get(collector *c, az_event_type type, size_t n)
{
    az_event event = {0};
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->count; i++) {
        if (c->events[i].type == type && n-- == 0) {
            event = c->events[i];
            break;
        }
    }
    pthread_mutex_unlock(&c->lock);
    return event;
}

#endif
