/*
 * Fault windows: long calm, then a while in which one to three kinds of trouble are on, then calm again, so
 * that recovery can be asserted.
 */
#include "sim.h"

static const char *const NAMES[FAULTS] = {
    "connect", "reset",  "truncated", "status", "throttled", "stall",   "html",
    "garbage", "outage", "stale",     "stop",   "jump",      "decoder", "sink",
};

const char *sim_fault_name(sim_fault fault)
{
    return fault < FAULTS ? NAMES[fault] : "?";
}

void fault_init(sim *s)
{
    az_random_init(&s->fault_random, s->options->seed ^ UINT64_C(0x6661756c74));
    s->is_calm = true;
    sim_queue_push(&s->queue, az_random_range(&s->fault_random, 60, 900) * AIZU_SECOND, SIM_FAULT, 0, 0);
}

static bool is_on(const sim *s, sim_fault fault)
{
    return s->faults_on & (1u << fault);
}

static void window_open(sim *s)
{
    az_random *r = &s->fault_random;
    for (int64_t i = az_random_range(r, 1, 3); i > 0; i--)
        s->faults_on |= 1u << az_random_below(r, FAULTS);
    if (s->world.kind == WORLD_VOD)
        s->faults_on &= ~(1u << FAULT_STALE | 1u << FAULT_STOP | 1u << FAULT_JUMP);
    for (int i = FAULT_OUTAGE; i < FAULTS; i++)
        s->result.faults[i] += is_on(s, (sim_fault)i);
    if (is_on(s, FAULT_STALE))
        s->origin.frozen_at = origin_media_now(&s->origin, s->now);
    if (is_on(s, FAULT_STOP) || is_on(s, FAULT_JUMP))
        s->origin.stop_begin = s->now;
    s->is_calm = false;
}

static void window_close(sim *s)
{
    origin *o = &s->origin;
    if (o->stop_begin != AZ_NEVER) {
        int64_t stopped = s->now - o->stop_begin;
        /* segments that are made already keep their date-time, so all that is made later moves */
        if (is_on(s, FAULT_JUMP)) {
            s->world.wall_shift += stopped;
            s->world.is_cut = true;
        }
        o->stopped += stopped;
        o->stop_begin = AZ_NEVER;
    }
    o->frozen_at = AZ_NEVER;
    s->faults_on = 0;
    s->is_calm = true;
    s->calm_since = s->now;
}

void fault_step(sim *s)
{
    int64_t delay;
    if (s->is_calm) {
        window_open(s);
        bool is_long = az_random_chance(&s->fault_random, 150000);
        delay = az_random_range(&s->fault_random, 2, is_long ? 300 : 60);
    } else {
        window_close(s);
        delay = az_random_range(&s->fault_random, 90, 1500);
    }
    sim_trace(s, "-- faults 0x%x", s->faults_on);
    sim_queue_push(&s->queue, s->now + delay * AIZU_SECOND, SIM_FAULT, 0, 0);
}
