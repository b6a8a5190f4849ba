/*
 * A condition with a flag; see bell.h.
 */
#include "bell.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_SECOND 1000000000L

struct ch_bell {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool has_rung;
};

static bool init(ch_bell *bell)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&bell->mutex, NULL))
        return false;
    bool ok = pthread_condattr_init(&attributes) == 0;
    if (ok) {
        ok = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
             pthread_cond_init(&bell->condition, &attributes) == 0;
        pthread_condattr_destroy(&attributes);
    }
    if (!ok)
        pthread_mutex_destroy(&bell->mutex);
    return ok;
}

ch_bell *ch_bell_create(void)
{
    ch_bell *bell = calloc(1, sizeof(*bell));
    if (bell && !init(bell)) {
        free(bell);
        bell = NULL;
    }
    return bell;
}

void ch_bell_destroy(ch_bell **pointer)
{
    ch_bell *bell = *pointer;
    *pointer = NULL;
    if (!bell)
        return;
    pthread_cond_destroy(&bell->condition);
    pthread_mutex_destroy(&bell->mutex);
    free(bell);
}

void ch_bell_ring(ch_bell *bell)
{
    pthread_mutex_lock(&bell->mutex);
    bell->has_rung = true;
    pthread_cond_signal(&bell->condition);
    pthread_mutex_unlock(&bell->mutex);
}

void ch_bell_wait(ch_bell *bell, unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (until.tv_nsec >= NS_PER_SECOND) {
        until.tv_nsec -= NS_PER_SECOND;
        until.tv_sec++;
    }
    pthread_mutex_lock(&bell->mutex);
    while (!bell->has_rung && pthread_cond_timedwait(&bell->condition, &bell->mutex, &until) == 0)
        continue;
    bell->has_rung = false;
    pthread_mutex_unlock(&bell->mutex);
}
