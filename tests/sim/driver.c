/*
 * The driver: moves the virtual clock from event to event, feeds them, runs the engine, carries out its
 * actions, and lets the checker look after each step. It holds no policy.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define RUNS_MAX       2000 /* engine runs without time passing */
#define VIOLATIONS_MAX 10   /* a seed is stopped then */

double sim_seconds(int64_t ns)
{
    return ns == AIZU_NO_TIME ? -1.0 : (double)ns / 1e9;
}

void sim_trace(sim *s, const char *format, ...)
{
    if (!s->options->is_verbose || !s->options->out || s->now < s->options->verbose_from)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(s->options->out, "%12.6f ", sim_seconds(s->now));
    vfprintf(s->options->out, format, arguments);
    fputc('\n', s->options->out);
    va_end(arguments);
}

void sim_fail(sim *s, const char *rule, const char *format, ...)
{
    s->result.violations++;
    if (!s->options->out || s->result.violations > VIOLATIONS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(s->options->out, "VIOLATION seed %llu at %.6f s: %s: ", (unsigned long long)s->options->seed,
            sim_seconds(s->now), rule);
    vfprintf(s->options->out, format, arguments);
    fputc('\n', s->options->out);
    va_end(arguments);
}

bool sim_has_defect(sim *s, sim_defect defect, uint64_t one_in)
{
    return s->options->defect == defect && ++s->defect_count % one_in == 0;
}

/* ---- events ---- */

static void trace_event(sim *s, const az_event *e)
{
    static const char *const names[] = {
        "?",     "LOAD",      "PLAY",    "PAUSE",         "SEEK",    "STOP",        "QUALITY",    "RENDITION",
        "RATE",  "THUMBNAIL", "KEY",     "REPORT_FRAMES", "WALL",    "RESPONSE",    "DATA",       "END",
        "FRAME", "DECODED",   "DRAINED", "PRESENTED",     "DROPPED", "AUDIO_CLOCK", "AUDIO_LOST",
    };
    sim_trace(s, "> %-11s stream %d gen %u pts %.6f frame %llu | fetch %llu status %d size %zu result %s",
              names[e->type], (int)e->stream, e->generation, sim_seconds(e->pts),
              (unsigned long long)e->frame_id, (unsigned long long)e->fetch, e->http_status, e->data.size,
              aizu_result_name(e->result));
}

void sim_feed(sim *s, az_event *event)
{
    event->time = s->now;
    if (s->options->is_verbose)
        trace_event(s, event);
    aizu_result result = az_engine_feed(s->engine, event);
    if (result != AIZU_OK)
        sim_fail(s, "feed", "%s", aizu_result_name(result));
}

/* ---- actions ---- */

static const char *const ACTION_NAMES[] = {
    "?",           "FETCH", "CANCEL",    "FETCH_PAUSE", "FETCH_RESUME", "DECODER",
    "DECODE",      "FLUSH", "DRAIN",     "PRESENT",     "AUDIO",        "AUDIO_START",
    "AUDIO_PAUSE", "DROP",  "THUMBNAIL", "CUE",         "REPORT",
};

static void hash_action(sim *s, const az_action *a)
{
    int64_t words[] = {s->now,
                       a->type,
                       (int64_t)a->fetch,
                       a->stream,
                       a->generation,
                       (int64_t)a->frame_id,
                       a->pts,
                       a->at,
                       a->trim_begin,
                       a->cue ? (int64_t)az_cue_public(a->cue)->id : 0,
                       a->phase,
                       a->cue_flags,
                       a->unit.pts,
                       (int64_t)a->unit.data.size};
    uint64_t hash = s->result.hash;
    /* whole words: a hash by bytes would be half of the simulator's time */
    for (size_t i = 0; i < AZ_COUNT(words); i++)
        hash = (hash ^ (uint64_t)words[i]) * UINT64_C(0x9e3779b97f4a7c15), hash ^= hash >> 32;
    if (a->url)
        hash = az_hash(hash, a->url, strlen(a->url));
    s->result.hash = hash;
}

static void trace_action(sim *s, const az_action *a)
{
    char more[1200] = "";
    if (a->url)
        snprintf(more, sizeof(more), "%s", a->url);
    if (a->type == AZ_ACTION_CUE) {
        const aizu_cue *cue = az_cue_public(a->cue);
        snprintf(more, sizeof(more), "cue %llu phase %d pts %.6f %.*s flags %u late_by %.6f",
                 (unsigned long long)cue->id, (int)a->phase, sim_seconds(cue->pts), (int)cue->size,
                 (const char *)cue->data, a->cue_flags, sim_seconds(a->late_by));
    }
    if (a->type == AZ_ACTION_REPORT)
        snprintf(more, sizeof(more), "type %d state %d position %.6f quality %d %s %s %s %s",
                 (int)a->report->type, (int)a->report->state, sim_seconds(a->report->position),
                 a->report->quality,
                 a->report->type == AIZU_EVENT_ERROR ? aizu_result_name(a->report->error.result) : "",
                 a->report->error.is_fatal ? "FATAL" : "", a->report->error.url, a->report->error.detail);
    int64_t pts = a->type == AZ_ACTION_DECODE ? a->unit.pts : a->pts;
    sim_trace(s, "< %-11s stream %d gen %u pts %.6f at %.6f frame %llu | fetch %llu %s",
              ACTION_NAMES[a->type], (int)a->stream, a->generation, sim_seconds(pts), sim_seconds(a->at),
              (unsigned long long)a->frame_id, (unsigned long long)a->fetch, more);
}

static void deliver(sim *s, const az_action *a)
{
    unsigned flags = sim_has_defect(s, DEFECT_CUE_FLAGS, 1) ? 0 : a->cue_flags;
    if (sim_has_defect(s, DEFECT_CUE_CHANGED, 20)) {
        aizu_cue changed = *az_cue_public(a->cue);
        changed.size--;
        check_cue(s, &changed, a->phase, flags, a->due, a->late_by);
        return;
    }
    if (s->options->defect == DEFECT_CUE_ID && (flags & AIZU_CUE_REPLAY)) {
        aizu_cue changed = *az_cue_public(a->cue);
        changed.id += 1000000;
        check_cue(s, &changed, a->phase, flags, a->due, a->late_by);
        return;
    }
    check_cue(s, az_cue_public(a->cue), a->phase, flags, a->due, a->late_by);
    if (sim_has_defect(s, DEFECT_CUE_TWICE, 20))
        check_cue(s, az_cue_public(a->cue), a->phase, flags, a->due, a->late_by);
}

/* A defect may keep one cue aside: for later, or to let another one pass it. */
static bool put_aside(sim *s, const az_action *a)
{
    bool holds = sim_has_defect(s, DEFECT_CUE_HELD, 20);
    if (s->cue_aside || (!holds && !sim_has_defect(s, DEFECT_CUE_SWAPPED, 20)))
        return false;
    s->cue_aside = a->cue;
    s->action_aside = *a;
    if (holds)
        sim_queue_push(&s->queue, s->now + 300 * AIZU_MILLISECOND, SIM_HELD_CUE, 0, 0);
    return true;
}

static void deliver_aside(sim *s)
{
    if (!s->cue_aside)
        return;
    s->action_aside.cue = s->cue_aside;
    deliver(s, &s->action_aside);
    az_cue_unref(&s->cue_aside);
}

static void cue_action(sim *s, az_action *a)
{
    if (sim_has_defect(s, DEFECT_CUE_LOST, 20)) {
        az_cue_unref(&a->cue);
        return;
    }
    if (put_aside(s, a))
        return;
    deliver(s, a);
    az_cue_unref(&a->cue);
    if (s->options->defect == DEFECT_CUE_SWAPPED)
        deliver_aside(s);
}

static void report_action(sim *s, const az_report *report)
{
    if (report->type == AIZU_EVENT_QUALITY)
        s->result.switches++;
    if (report->type == AIZU_EVENT_STALL)
        s->result.stalls++;
    if (report->type == AIZU_EVENT_ERROR && report->error.is_fatal)
        s->result.fatal_errors++;
    check_report(s, report);
    viewer_report(s, report);
}

static void act(sim *s, az_action *a)
{
    s->result.actions++;
    hash_action(s, a);
    if (s->options->is_verbose)
        trace_action(s, a);
    switch (a->type) {
    case AZ_ACTION_FETCH:
        network_fetch(s, a);
        return;
    case AZ_ACTION_FETCH_CANCEL:
        network_cancel(s, a->fetch);
        return;
    case AZ_ACTION_FETCH_PAUSE:
        network_pause(s, a->fetch, true);
        return;
    case AZ_ACTION_FETCH_RESUME:
        network_pause(s, a->fetch, false);
        return;
    case AZ_ACTION_DECODER:
    case AZ_ACTION_DECODE:
    case AZ_ACTION_FLUSH:
    case AZ_ACTION_DRAIN:
    case AZ_ACTION_PRESENT:
    case AZ_ACTION_AUDIO:
    case AZ_ACTION_AUDIO_START:
    case AZ_ACTION_AUDIO_PAUSE:
    case AZ_ACTION_DROP:
        output_action(s, a);
        return;
    case AZ_ACTION_THUMBNAIL: /* nobody asks for one */
        sim_fail(s, "thumbnail", "a picture that nobody asked for");
        return;
    case AZ_ACTION_CUE:
        cue_action(s, a);
        return;
    case AZ_ACTION_REPORT:
        report_action(s, a->report);
        return;
    }
}

/* ---- the loop ---- */

static void run_once(sim *s)
{
    az_engine_run(s->engine, s->now);
    az_engine_snapshot(s->engine, &s->snapshot);
    check_step(s);
    az_action action;
    while (az_engine_take(s->engine, &action) == AIZU_OK)
        act(s, &action);
    s->result.steps++;
}

/* Runs until the engine has nothing more to do at this moment. */
static void settle(sim *s)
{
    int runs = 0;
    do {
        run_once(s);
        if (++runs == RUNS_MAX) {
            sim_fail(s, "busy", "%d runs and the deadline is still now", RUNS_MAX);
            s->has_failed_hard = true;
            return;
        }
    } while (az_engine_deadline(s->engine) <= s->now);
    check_instant(s);
}

static void carry_out(sim *s, const sim_event *event)
{
    switch (event->type) {
    case SIM_REQUEST:
        network_step(s, event->index, event->serial);
        return;
    case SIM_UNIT:
        output_unit(s, event->index, event->serial);
        return;
    case SIM_PRESENT:
        output_present(s, event->serial);
        return;
    case SIM_AUDIO_CLOCK:
        output_audio_clock(s, event->serial);
        return;
    case SIM_VIEWER:
        viewer_step(s, event->serial);
        return;
    case SIM_FAULT:
        fault_step(s);
        return;
    case SIM_HELD_CUE:
        deliver_aside(s);
        return;
    }
}

static void carry_out_next(sim *s)
{
    sim_event event;
    /* units that are ready at one time are fed together; all else one by one, so that it can be told
     * what an event brought about */
    while (sim_queue_pop(&s->queue, s->now, &event)) {
        carry_out(s, &event);
        if (event.type != SIM_UNIT || s->queue.count == 0 || s->queue.items[0].type != SIM_UNIT)
            return;
    }
}

static void loop(sim *s)
{
    settle(s);
    while (!s->has_failed_hard && s->result.violations < VIOLATIONS_MAX) {
        int64_t deadline = az_engine_deadline(s->engine);
        int64_t next = AZ_MIN(sim_queue_next(&s->queue), deadline);
        if (next >= s->end)
            break;
        s->now = AZ_MAX(next, s->now);
        /* DEFECT_NOISE: a driver that looks at something that does not follow from the seed */
        if (s->options->noise && s->result.steps % 1000 == 999)
            s->now += (int64_t)s->options->noise * 1000;
        carry_out_next(s);
        settle(s);
    }
    s->result.simulated = s->now;
}

static void engine_log(void *user, az_log_level level, const char *module, const char *text)
{
    (void)level;
    sim_trace(user, "  [%s] %s", module, text);
}

static void choose_config(sim *s)
{
    az_random r;
    az_random_init(&r, s->options->seed ^ UINT64_C(0x636f6e666967));
    az_engine_config_init(&s->config);
    s->config.seed = s->options->seed;
    s->config.decode = s->options->is_live_day || !az_random_chance(&r, 150000);
    s->config.buffer_ahead_max = az_random_range(&r, 8, 60) * AIZU_SECOND;
    s->config.early_cues = az_random_chance(&r, 200000);
    if (az_random_chance(&r, 200000))
        s->config.live_hold_back = az_random_range(&r, 2, 10) * AIZU_SECOND;
    if (s->options->is_verbose)
        s->config.log = (az_log){engine_log, s, AZ_LOG_DEBUG};
}

static void trace_world(sim *s)
{
    static const char *const kinds[] = {"VOD", "EVENT", "live"};
    const world *w = &s->world;
    if (!s->options->is_verbose)
        return;
    fprintf(s->options->out,
            "%s, %d variants%s, target %d s, %.3f fps, window %d, %s date-time, %s sound%s, part %d frames, "
            "sequence from %llu\n",
            kinds[w->kind], w->variant_count, w->is_plain ? " (plain)" : "", (int)(w->target / AIZU_SECOND),
            (double)TICKS_PER_SECOND / (double)w->ticks_per_frame, w->window,
            w->has_wall ? "with" : "without", w->has_audio ? "with" : "without",
            w->has_sound_lane ? " of its own" : "", w->part_frames, (unsigned long long)w->sequence_first);
    fprintf(s->options->out, "%s, ahead %.0f s, hold-back %.0f s, decoder delay %d, %s, drift %d ppm\n",
            s->config.decode ? "decoding" : "not decoding", sim_seconds(s->config.buffer_ahead_max),
            sim_seconds(s->config.live_hold_back), s->output.decoders[0].delay,
            s->output.has_device ? "sound device" : "no sound device", (int)s->output.drift_ppm);
}

static void finish(sim *s)
{
    check_end(s);
    az_cue_unref(&s->cue_aside);
    az_engine_destroy(&s->engine, output_take_back, s);
    if (s->output.frames_out)
        sim_fail(s, "frame-lost", "%zu frames never came back", s->output.frames_out);
    network_deinit(s);
    output_deinit(s);
    check_deinit(s);
    origin_deinit(&s->origin);
    world_deinit(&s->world);
    free(s->queue.items);
}

void sim_run(const sim_options *options, sim_result *result)
{
    sim *s = calloc(1, sizeof(*s));
    AZ_ASSERT(s);
    s->options = options;
    s->end = options->duration;
    s->result.hash = AZ_HASH_SEED;
    choose_config(s);
    /* without decoding cues tell where the timestamps stand */
    world_init(&s->world, options->seed, options->is_live_day, !s->config.decode);
    if (s->world.part_frames > 0) /* nearer to the edge than the server allows is at one's own risk */
        s->config.live_hold_back = 0;
    origin_init(&s->origin, &s->world);
    s->engine = az_engine_create(&s->config);
    AZ_ASSERT(s->engine);
    network_init(s);
    output_init(s);
    check_init(s);
    fault_init(s);
    trace_world(s);
    viewer_init(s);
    loop(s);
    finish(s);
    *result = s->result;
    free(s);
}
