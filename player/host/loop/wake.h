/*
 * Descriptors that a thread can wait on: one that any thread raises (eventfd, or a pipe elsewhere), and a
 * timer on the monotonic clock with nanoseconds (timerfd; elsewhere the caller's poll time-out has to do).
 */
#ifndef AZ_HOST_LOOP_WAKE_H
#define AZ_HOST_LOOP_WAKE_H

#include "base/base.h"

typedef struct az_wake {
    int read_fd; /* readable while raised */
    int write_fd;
} az_wake;

AZ_NODISCARD bool az_wake_init(az_wake *wake);
void az_wake_deinit(az_wake *wake);
void az_wake_raise(az_wake *wake); /* any thread */
void az_wake_clear(az_wake *wake);

typedef struct az_timer {
    int fd; /* readable once the time has come; -1 where there is no such thing */
    int64_t deadline;
} az_timer;

AZ_NODISCARD bool az_timer_init(az_timer *timer);
void az_timer_deinit(az_timer *timer);
void az_timer_set(az_timer *timer, int64_t deadline); /* monotonic, ns; AZ_NEVER: not at all */

#endif
