/*
 * The playback clock: one linear map from presentation time to the driver's monotonic time. Frames, sound
 * and cues are all scheduled through it, so they agree by construction. The sound device's progress bends
 * it; only large errors make it step.
 */
#include "engine/internal.h"

#define STEP_FROM ((double)(250 * AIZU_MILLISECOND)) /* larger errors are not worth bending for */
#define BEND_MAX  0.05                               /* share of the rate */

static double pace_of(const az_clock *clock)
{
    return clock->pace > 0.0 ? clock->pace : 1.0;
}

void az_clock_set(az_clock *clock, int64_t pts, int64_t time)
{
    clock->base_pts = pts;
    clock->base_time = time;
    clock->rate = pace_of(clock);
}

void az_clock_set_pace(az_clock *clock, double pace, int64_t time)
{
    int64_t pts = az_clock_pts(clock, time);
    clock->pace = pace;
    az_clock_set(clock, pts, time);
}

void az_clock_run(az_clock *clock, int64_t time)
{
    if (clock->is_running)
        return;
    clock->is_running = true;
    az_clock_set(clock, clock->base_pts, time);
}

int64_t az_clock_pts(const az_clock *clock, int64_t time)
{
    if (!clock->is_running || time <= clock->base_time)
        return clock->base_pts;
    int64_t passed = time - clock->base_time;
    if (clock->rate == 1.0)
        return az_add_sat(clock->base_pts, passed);
    return az_add_sat(clock->base_pts, (int64_t)((double)passed * clock->rate));
}

int64_t az_clock_time(const az_clock *clock, int64_t pts)
{
    if (!clock->is_running)
        return AZ_NEVER;
    int64_t distance = az_sub_sat(pts, clock->base_pts);
    if (clock->rate == 1.0)
        return az_add_sat(clock->base_time, distance);
    /* rounded so that the clock is there at that time, not a nanosecond before */
    int64_t time = az_add_sat(clock->base_time, (int64_t)((double)distance / clock->rate));
    while (distance > 0 && az_clock_pts(clock, time) < pts)
        time += 1 + (pts - az_clock_pts(clock, time) - 1) / 2;
    return time;
}

void az_clock_hold(az_clock *clock, int64_t time)
{
    clock->base_pts = az_clock_pts(clock, time);
    clock->base_time = time;
    clock->is_running = false;
}

void az_clock_correct(az_clock *clock, int64_t pts, int64_t time, int64_t now)
{
    if (!clock->is_running || time < clock->base_time)
        return;
    double error = (double)az_sub_sat(pts, az_clock_pts(clock, time));
    if (error > STEP_FROM || error < -STEP_FROM) {
        az_clock_set(clock, az_add_sat(pts, now - time), now);
        return;
    }
    az_clock_set(clock, az_clock_pts(clock, now), now);
    double bend = error / (double)AIZU_SECOND;
    clock->rate = pace_of(clock) * (1.0 + AZ_MAX(-BEND_MAX, AZ_MIN(BEND_MAX, bend)));
}

void az_clock_straighten(az_clock *clock, int64_t now)
{
    if (clock->is_running && clock->rate != pace_of(clock))
        az_clock_set(clock, az_clock_pts(clock, now), now);
}
