/*
 * The viewer: plays, pauses, seeks, changes the quality, stops and loads again, at times of their own.
 */
#include "sim.h"

static void think(sim *s, int64_t mean)
{
    viewer *v = &s->viewer;
    int64_t delay = az_random_range(&v->random, 0, 2 * mean);
    sim_queue_push(&s->queue, s->now + delay, SIM_VIEWER, 0, ++v->serial);
}

static void command(sim *s, az_event event)
{
    s->viewer.last_action = s->now;
    sim_feed(s, &event);
}

static void play(sim *s)
{
    s->viewer.wants_play = true;
    command(s, (az_event){.type = AZ_EVENT_PLAY});
    if (s->check.state == AIZU_STATE_ENDED) /* it starts again from the beginning */
        check_begin_pass(s);
}

static void load(sim *s)
{
    viewer *v = &s->viewer;
    bool has_start = s->world.kind != WORLD_LIVE && az_random_chance(&v->random, 200000);
    int64_t start = has_start ? az_random_range(&v->random, 0, 120) * AIZU_SECOND : AIZU_NO_TIME;
    s->result.loads++;
    s->is_poisoned = false;
    v->is_loaded = true;
    v->is_manual = false;
    v->is_reload_due = false;
    check_begin_session(s, s->world.kind == WORLD_VOD && !has_start);
    command(s, (az_event){.type = AZ_EVENT_LOAD, .url = URL_BASE "main.m3u8", .pts = start});
    play(s);
    if (az_random_chance(&v->random, 100000)) {
        v->wants_play = false;
        command(s, (az_event){.type = AZ_EVENT_PAUSE});
    }
}

static void stop(sim *s)
{
    s->viewer.is_loaded = false;
    s->viewer.wants_play = false;
    command(s, (az_event){.type = AZ_EVENT_STOP});
    check_begin_pass(s);
}

static void seek(sim *s)
{
    viewer *v = &s->viewer;
    const az_snapshot *snapshot = &s->snapshot;
    int64_t to = AIZU_NO_TIME;
    int64_t begin = snapshot->seekable_begin;
    int64_t end = snapshot->seekable_end;
    switch (az_random_below(&v->random, 6)) {
    case 0: /* anywhere */
    case 1:
        if (begin != AIZU_NO_TIME && end > begin)
            to = az_random_range(&v->random, begin, end);
        break;
    case 2: /* a little back */
    case 3:
        if (snapshot->position != AIZU_NO_TIME)
            to = snapshot->position - az_random_range(&v->random, 0, 30000) * AIZU_MILLISECOND;
        break;
    case 4: /* a little ahead */
        if (snapshot->position != AIZU_NO_TIME)
            to = snapshot->position + az_random_range(&v->random, 0, 30000) * AIZU_MILLISECOND;
        break;
    default: /* live */
        break;
    }
    s->result.seeks++;
    check_begin_pass(s);
    command(s, (az_event){.type = AZ_EVENT_SEEK, .pts = to});
}

static void choose_quality(sim *s)
{
    viewer *v = &s->viewer;
    int count = s->snapshot.quality_count;
    v->is_manual = count > 0 && az_random_chance(&v->random, 600000);
    int index = v->is_manual ? (int)az_random_below(&v->random, (uint64_t)count) : AIZU_QUALITY_AUTO;
    command(s, (az_event){.type = AZ_EVENT_QUALITY, .index = index});
}

void viewer_init(sim *s)
{
    viewer *v = &s->viewer;
    az_random_init(&v->random, s->options->seed ^ UINT64_C(0x766965776572));
    v->think_mean = az_random_range(&v->random, 20, s->options->is_live_day ? 1200 : 300) * AIZU_SECOND;
    az_event wall = {.type = AZ_EVENT_WALL, .wall = s->world.wall_begin + s->world.lead};
    sim_feed(s, &wall);
    if (!s->output.has_device)
        output_audio_lost(s);
    load(s);
    think(s, v->think_mean);
}

void viewer_step(sim *s, uint64_t serial)
{
    viewer *v = &s->viewer;
    if (serial != v->serial)
        return;
    if (!v->is_loaded || v->is_reload_due || s->is_poisoned) {
        load(s);
        think(s, v->think_mean);
        return;
    }
    if (!v->wants_play || s->check.state == AIZU_STATE_ENDED) {
        play(s);
        think(s, v->think_mean);
        return;
    }
    uint64_t what = az_random_below(&v->random, 16);
    if (what < 4) {
        v->wants_play = false;
        command(s, (az_event){.type = AZ_EVENT_PAUSE});
        think(s, az_random_chance(&v->random, 200000) ? 300 * AIZU_SECOND : 5 * AIZU_SECOND);
    } else if (what < 11) {
        seek(s);
        think(s, az_random_chance(&v->random, 200000) ? AIZU_SECOND : v->think_mean);
    } else if (what < 14) {
        choose_quality(s);
        think(s, v->think_mean);
    } else if (what == 14) {
        stop(s);
        think(s, 10 * AIZU_SECOND);
    } else {
        if (az_random_chance(&v->random, 100000) && s->output.has_device)
            output_audio_lost(s);
        load(s);
        think(s, v->think_mean);
    }
}

void viewer_report(sim *s, const az_report *report)
{
    viewer *v = &s->viewer;
    if (report->type == AIZU_EVENT_STATE && report->state == AIZU_STATE_ENDED)
        think(s, 10 * AIZU_SECOND);
    if (report->type != AIZU_EVENT_ERROR || !report->error.is_fatal)
        return;
    v->is_reload_due = true;
    think(s, 5 * AIZU_SECOND);
}
