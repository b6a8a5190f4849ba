/*
 * Wake-ups and timers out of eventfd and timerfd on Linux, a pipe elsewhere; see wake.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/loop/wake.h"

#include <fcntl.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

bool az_wake_init(az_wake *wake)
{
#ifdef __linux__
    wake->read_fd = wake->write_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake->read_fd >= 0;
#else
    int fds[2];
    wake->read_fd = wake->write_fd = -1;
    if (pipe(fds))
        return false;
    for (int i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    wake->read_fd = fds[0];
    wake->write_fd = fds[1];
    return true;
#endif
}

void az_wake_deinit(az_wake *wake)
{
    if (wake->read_fd >= 0)
        close(wake->read_fd);
    if (wake->write_fd >= 0 && wake->write_fd != wake->read_fd)
        close(wake->write_fd);
    wake->read_fd = wake->write_fd = -1;
}

void az_wake_raise(az_wake *wake)
{
    uint64_t one = 1;
    /* It fails only when it is raised so often that it is full, and so readable. */
    ssize_t written = write(wake->write_fd, &one, sizeof(one));
    (void)written;
}

void az_wake_clear(az_wake *wake)
{
    uint64_t bytes[8];
    while (read(wake->read_fd, bytes, sizeof(bytes)) == sizeof(bytes))
        ;
}

bool az_timer_init(az_timer *timer)
{
    timer->fd = -1;
    timer->deadline = AZ_NEVER;
#ifdef __linux__
    timer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return timer->fd >= 0;
#else
    return true;
#endif
}

void az_timer_deinit(az_timer *timer)
{
    if (timer->fd >= 0)
        close(timer->fd);
    timer->fd = -1;
}

void az_timer_set(az_timer *timer, int64_t deadline)
{
    if (timer->deadline == deadline)
        return;
    timer->deadline = deadline;
#ifdef __linux__
    struct itimerspec at = {0};
    if (deadline != AZ_NEVER) {
        int64_t time = AZ_MAX(deadline, 1); /* 0 would disarm it */
        at.it_value.tv_sec = (time_t)(time / AIZU_SECOND);
        at.it_value.tv_nsec = (long)(time % AIZU_SECOND);
    }
    timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &at, NULL); /* also makes it unreadable */
#endif
}
