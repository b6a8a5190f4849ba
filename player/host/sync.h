/*
 * The driver's monotonic clock, and waiting on a condition until a time of it. A file that includes this
 * defines _POSIX_C_SOURCE 200809L first.
 */
#ifndef AZ_HOST_SYNC_H
#define AZ_HOST_SYNC_H

#include <pthread.h>
#include <time.h>

#include "base/base.h"

static inline int64_t az_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * AIZU_SECOND + now.tv_nsec;
}

/* A condition whose timed waits are on the monotonic clock. */
static inline bool az_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr))
        return false;
    bool is_ready = !pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) && !pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
    return is_ready;
}

/* Waits for a signal, at most until `time` (AZ_NEVER: without end). May wake for no reason. */
static inline void az_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t time)
{
    if (time == AZ_NEVER) {
        pthread_cond_wait(cond, mutex);
        return;
    }
    if (time < 0)
        time = 0;
    struct timespec until = {.tv_sec = (time_t)(time / AIZU_SECOND), .tv_nsec = (long)(time % AIZU_SECOND)};
    pthread_cond_timedwait(cond, mutex, &until);
}

#endif
