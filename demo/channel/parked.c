/*
 * An array of waits behind a mutex, and the thread that looks through it; see parked.h. A wait is looked at
 * once more after it is in the array, so that nothing that happens meanwhile is missed.
 */
#include "parked.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define LOOK_MS       100 /* for those whose time is up */

struct ch_parked {
    ch_bell *bell;
    pthread_mutex_t mutex;
    pthread_t thread;
    bool is_stopped;
    size_t count;
    size_t count_max;
    ch_wait **waits;
};

int64_t ch_parked_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

static bool is_over(const ch_wait *w, int64_t now_ns)
{
    if (now_ns >= w->until_ns)
        return true;
    if (w->blob)
        return ch_blob_size(w->blob) > w->size || ch_blob_state_of(w->blob) >= CH_BLOB_WHOLE;
    return ch_ll_has(w->ll, w->rendition, &w->query);
}

/* Under the mutex. */
static void resume_those_over(ch_parked *p)
{
    int64_t now_ns = ch_parked_now_ns();
    for (size_t i = 0; i < p->count;) {
        ch_wait *w = p->waits[i];
        if (!p->is_stopped && !is_over(w, now_ns)) {
            i++;
            continue;
        }
        p->waits[i] = p->waits[--p->count];
        MHD_resume_connection(w->connection);
    }
}

static void *look(void *user)
{
    ch_parked *p = user;
    bool goes_on = true;
    while (goes_on) {
        ch_bell_wait(p->bell, LOOK_MS);
        pthread_mutex_lock(&p->mutex);
        resume_those_over(p);
        goes_on = !p->is_stopped;
        pthread_mutex_unlock(&p->mutex);
    }
    return NULL;
}

ch_parked *ch_parked_create(ch_bell *bell, size_t count_max)
{
    ch_parked *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->bell = bell;
    p->count_max = count_max;
    p->waits = calloc(count_max, sizeof(ch_wait *));
    bool ok = p->waits && pthread_mutex_init(&p->mutex, NULL) == 0;
    if (ok && pthread_create(&p->thread, NULL, look, p)) {
        pthread_mutex_destroy(&p->mutex);
        ok = false;
    }
    if (!ok) {
        free(p->waits);
        free(p);
        p = NULL;
    }
    return p;
}

void ch_parked_stop(ch_parked *p)
{
    pthread_mutex_lock(&p->mutex);
    bool was_stopped = p->is_stopped;
    p->is_stopped = true;
    resume_those_over(p);
    pthread_mutex_unlock(&p->mutex);
    if (was_stopped)
        return;
    ch_bell_ring(p->bell);
    pthread_join(p->thread, NULL);
}

void ch_parked_destroy(ch_parked **pointer)
{
    ch_parked *p = *pointer;
    *pointer = NULL;
    if (!p)
        return;
    ch_parked_stop(p);
    pthread_mutex_destroy(&p->mutex);
    free(p->waits);
    free(p);
}

ch_park_result ch_parked_add(ch_parked *p, ch_wait *wait)
{
    ch_park_result result = CH_PARK_REFUSED;
    pthread_mutex_lock(&p->mutex);
    if (!p->is_stopped && is_over(wait, ch_parked_now_ns())) {
        result = CH_PARK_GO_ON;
    } else if (!p->is_stopped && p->count < p->count_max) {
        MHD_suspend_connection(wait->connection);
        p->waits[p->count++] = wait;
        result = CH_PARK_PARKED;
    }
    pthread_mutex_unlock(&p->mutex);
    return result;
}
