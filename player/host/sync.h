/*
 * The driver's monotonic clock, waiting on a condition until a time of it, and a thread with the lock and the
 * condition that it shares with others. A file that includes this defines _POSIX_C_SOURCE 200809L first.
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

/* A thread that works at what others change under `lock`; `changed` tells it, or it them. */
typedef struct az_worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopping; /* under the lock */
} az_worker;

/* Starts run(argument). False: there is no thread, and nothing is left to free. The lock is ready when the
 * thread begins. */
static inline bool az_worker_start(az_worker *worker, void *(*run)(void *argument), void *argument)
{
    worker->is_stopping = false;
    if (pthread_mutex_init(&worker->lock, NULL))
        return false;
    if (az_cond_init(&worker->changed)) {
        if (!pthread_create(&worker->thread, NULL, run, argument))
            return true;
        pthread_cond_destroy(&worker->changed);
    }
    pthread_mutex_destroy(&worker->lock);
    return false;
}

/* Sets is_stopping, wakes the thread and waits for its end; the lock stays. */
static inline void az_worker_join(az_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->is_stopping = true;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
}

/* After az_worker_join(): nobody uses the lock any more. */
static inline void az_worker_deinit(az_worker *worker)
{
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
}

/* Both: what the thread worked at can be freed then. */
static inline void az_worker_stop(az_worker *worker)
{
    az_worker_join(worker);
    az_worker_deinit(worker);
}

#endif
