/*
 * Virtual decoders, screen and sound device. Each frame handed to the engine is counted until it comes back.
 * The screen shows a queued frame at its time, or a little later; the sound device has a clock of its own
 * that drifts.
 */
#include <stdlib.h>

#include "sim.h"

#define FRAME_MAGIC UINT64_C(0x6672616d65)

void output_init(sim *s)
{
    output *o = &s->output;
    az_random *r = &o->random;
    az_random_init(r, s->options->seed ^ UINT64_C(0x6f7574));
    for (int i = 0; i < AZ_STREAMS; i++) {
        o->decoders[i].delay = (int)az_random_below(r, i == AZ_STREAM_VIDEO ? 4 : 2);
        o->decoders[i].serial = 1;
    }
    o->refresh = az_random_chance(r, 500000) ? 16666667 : 0;
    o->has_device = az_random_chance(r, 850000);
    o->drift_ppm = az_random_range(r, -300, 300);
    o->clock_interval = az_random_range(r, 100, 1000) * AIZU_MILLISECOND;
    o->last_sound = AIZU_NO_TIME;
}

static frame *frame_create(output *o)
{
    frame *f = o->free_frames;
    if (f)
        o->free_frames = f->next;
    else
        f = malloc(sizeof(*f));
    AZ_ASSERT(f);
    *f = (frame){.magic = FRAME_MAGIC};
    return f;
}

static void frame_release(output *o, frame *f)
{
    f->magic = 0;
    f->next = o->free_frames;
    o->free_frames = f;
}

/* A frame comes back from the engine. NULL: it was not there. */
static frame *take_back(sim *s, void *pointer)
{
    frame *f = pointer;
    if (!f || f->magic != FRAME_MAGIC || !f->is_with_engine) {
        sim_fail(s, "frame-back", "a frame came back that the engine does not have");
        return NULL;
    }
    f->is_with_engine = false;
    s->output.frames_out--;
    return f;
}

void output_take_back(void *user, az_stream stream, void *pointer)
{
    sim *s = user;
    (void)stream;
    frame *f = take_back(s, pointer);
    if (f)
        frame_release(&s->output, f);
}

/* ---- decoders ---- */

static void held_drop(output *o, decoder *d)
{
    while (d->held_first) {
        frame *f = d->held_first;
        d->held_first = f->next;
        frame_release(o, f);
    }
    d->held_last = NULL;
    d->held = 0;
}

static void feed_frame(sim *s, decoder *d, uint32_t generation)
{
    frame *f = d->held_first;
    d->held_first = f->next;
    d->held--;
    if (!d->held_first)
        d->held_last = NULL;
    f->is_with_engine = true;
    s->output.frames_out++;
    az_event event = {
        .type = AZ_EVENT_FRAME,
        .stream = f->stream,
        .generation = generation,
        .pts = f->pts,
        .duration = f->duration,
        .frame = f,
        .width = f->stream == AZ_STREAM_VIDEO ? 64 + 16 * f->variant : 0,
        .height = f->stream == AZ_STREAM_VIDEO ? 64 + 16 * f->variant : 0,
    };
    sim_feed(s, &event);
}

static void decoder_reset(sim *s, decoder *d, uint32_t generation)
{
    held_drop(&s->output, d);
    d->count = 0;
    d->begin = 0;
    d->serial++;
    d->generation = generation;
    d->is_draining = false;
    d->busy_until = s->now;
}

static void schedule_unit(sim *s, az_stream stream)
{
    decoder *d = &s->output.decoders[stream];
    az_random *r = &s->output.random;
    int64_t delay = az_random_chance(r, 300000) ? az_random_range(r, 0, 8) * AIZU_MILLISECOND : 0;
    d->busy_until = AZ_MAX(d->busy_until, s->now) + delay;
    sim_queue_push(&s->queue, d->busy_until, SIM_UNIT, stream, d->serial);
}

static void decode(sim *s, az_action *action)
{
    decoder *d = &s->output.decoders[action->stream];
    unit u = {.pts = action->unit.pts, .duration = action->unit.duration, .generation = action->generation};
    if (!d->is_open || action->generation != d->generation || d->is_draining) {
        sim_fail(s, "decode-order", "a unit for generation %u, which is not open", action->generation);
    } else if (d->count == UNITS_MAX) {
        sim_fail(s, "decode-bound", "more than %d units in a decoder", UNITS_MAX);
    } else {
        u.is_refused = !segment_read_unit(az_slice_span(action->unit.data), &u.number, &u.variant);
        sim_trace(s, "  unit %lld of variant %d%s", (long long)u.number, u.variant,
                  u.is_refused ? ", damaged" : "");
        if (!u.is_refused)
            check_unit(s, action->stream, u.number, u.pts);
        if ((s->faults_on & (1u << FAULT_DECODER)) && az_random_chance(&s->output.random, 100000))
            u.is_refused = true;
        if (u.is_refused)
            s->check.last_trouble = s->now;
        d->units[(d->begin + d->count++) % UNITS_MAX] = u;
        schedule_unit(s, action->stream);
    }
    az_slice_unref(&action->unit.data);
}

static void drain_now(sim *s, az_stream stream)
{
    decoder *d = &s->output.decoders[stream];
    d->is_draining = false;
    while (d->held_first)
        feed_frame(s, d, d->drain_generation);
    az_event event = {.type = AZ_EVENT_DRAINED, .stream = stream, .generation = d->drain_generation};
    sim_feed(s, &event);
}

void output_unit(sim *s, uint32_t stream, uint64_t serial)
{
    decoder *d = &s->output.decoders[stream];
    if (d->serial != serial)
        return;
    if (d->count > 0) {
        unit u = d->units[d->begin];
        d->begin = (d->begin + 1) % UNITS_MAX;
        d->count--;
        if (!u.is_refused) {
            frame *f = frame_create(&s->output);
            f->stream = (az_stream)stream;
            f->number = u.number;
            f->variant = u.variant;
            f->pts = u.pts;
            f->duration = u.duration;
            if (d->held_last)
                d->held_last->next = f;
            else
                d->held_first = f;
            d->held_last = f;
            if (++d->held > d->delay)
                feed_frame(s, d, u.generation);
        }
        az_event decoded = {
            .type = AZ_EVENT_DECODED,
            .stream = (az_stream)stream,
            .generation = u.generation,
            .result = u.is_refused ? AIZU_E_DECODER : AIZU_OK,
        };
        sim_feed(s, &decoded);
    }
    if (d->count == 0 && d->is_draining)
        drain_now(s, (az_stream)stream);
}

/* ---- screen ---- */

static int64_t show_time(sim *s, int64_t at)
{
    output *o = &s->output;
    at = AZ_MAX(at, s->now);
    if (o->refresh)
        at = (at + o->refresh - 1) / o->refresh * o->refresh;
    bool is_bad = (s->faults_on & (1u << FAULT_SINK)) && az_random_chance(&o->random, 50000);
    if (is_bad)
        at += az_random_range(&o->random, 5, 70) * AIZU_MILLISECOND; /* less than the engine's patience */
    if (o->present_count > 0)                                        /* one after the other */
        at = AZ_MAX(at, o->presents[(o->present_begin + o->present_count - 1) % PRESENTS_MAX]->at);
    return at;
}

static void present(sim *s, az_action *action)
{
    output *o = &s->output;
    for (size_t i = 0; i < action->cue_count; i++) {
        if (sim_has_defect(s, DEFECT_CUE_EARLY, 20)) {
            const aizu_cue *cue = az_cue_public(action->cues[i]);
            check_cue(s, cue, AIZU_CUE_START, 0, s->now, 0);
        }
        az_cue_unref(&action->cues[i]);
    }
    frame *f = take_back(s, action->frame);
    if (!f)
        return;
    if (o->present_count == PRESENTS_MAX) {
        sim_fail(s, "present-bound", "more than %d frames queued", PRESENTS_MAX);
        frame_release(o, f);
        return;
    }
    f->frame_id = action->frame_id;
    f->at = show_time(s, action->at);
    o->presents[(o->present_begin + o->present_count++) % PRESENTS_MAX] = f;
    sim_queue_push(&s->queue, f->at, SIM_PRESENT, 0, o->present_serial);
}

static void presents_drop(output *o)
{
    for (; o->present_count > 0; o->present_count--) {
        frame_release(o, o->presents[o->present_begin]);
        o->present_begin = (o->present_begin + 1) % PRESENTS_MAX;
    }
    o->present_serial++;
}

void output_present(sim *s, uint64_t serial)
{
    output *o = &s->output;
    if (o->present_serial != serial || o->present_count == 0)
        return;
    frame *f = o->presents[o->present_begin];
    o->present_begin = (o->present_begin + 1) % PRESENTS_MAX;
    o->present_count--;
    if (sim_has_defect(s, DEFECT_SINK_DEAD, 1) && s->now > 10 * 60 * AIZU_SECOND) {
        frame_release(o, f);
        return;
    }
    bool is_given_up = (s->faults_on & (1u << FAULT_SINK)) && az_random_chance(&o->random, 30000);
    az_event event = {.frame_id = f->frame_id};
    event.type = is_given_up ? AZ_EVENT_DROPPED : AZ_EVENT_PRESENTED;
    if (is_given_up) {
        s->check.last_trouble = s->now;
    } else if (!sim_has_defect(s, DEFECT_PRESENT_UNTOLD, 50)) {
        check_presented(s, f);
        if (sim_has_defect(s, DEFECT_FRAME_REPEAT, 50))
            check_presented(s, f);
    }
    sim_feed(s, &event);
    frame_release(o, f);
}

/* ---- sound ---- */

int64_t output_heard(const output *o, int64_t now)
{
    if (!o->is_sounding)
        return o->sound_pts;
    /* where nothing was appended there is silence: the device runs on */
    int64_t gone = AZ_MAX(now - o->sound_at, 0);
    return o->sound_pts + gone + az_rescale(gone, o->drift_ppm, 1000000);
}

static void sound_append(sim *s, az_action *action)
{
    output *o = &s->output;
    frame *f = take_back(s, action->frame);
    if (!f)
        return;
    if (o->last_sound != AIZU_NO_TIME && f->pts < o->last_sound)
        sim_fail(s, "sound-order", "sound of %.6f after %.6f", sim_seconds(f->pts),
                 sim_seconds(o->last_sound));
    o->last_sound = f->pts;
    frame_release(o, f);
}

static void sound_start(sim *s, const az_action *action)
{
    output *o = &s->output;
    if (!o->has_device)
        return;
    o->is_sounding = true;
    o->sound_pts = action->pts;
    o->sound_at = AZ_MAX(action->at, s->now);
    o->clock_serial++;
    sim_queue_push(&s->queue, o->sound_at + o->clock_interval, SIM_AUDIO_CLOCK, 0, o->clock_serial);
}

static void sound_pause(sim *s)
{
    output *o = &s->output;
    o->sound_pts = output_heard(o, s->now);
    o->is_sounding = false;
    o->clock_serial++;
}

void output_audio_clock(sim *s, uint64_t serial)
{
    output *o = &s->output;
    if (!o->is_sounding || serial != o->clock_serial || !o->has_device)
        return;
    int64_t noise = az_random_range(&o->random, -500, 500) * 1000;
    az_event event = {.type = AZ_EVENT_AUDIO_CLOCK, .pts = output_heard(o, s->now) + noise};
    sim_queue_push(&s->queue, s->now + o->clock_interval, SIM_AUDIO_CLOCK, 0, serial);
    sim_feed(s, &event);
}

void output_audio_lost(sim *s)
{
    az_event event = {.type = AZ_EVENT_AUDIO_LOST};
    sound_pause(s);
    s->output.has_device = false;
    sim_feed(s, &event);
}

/* ---- actions ---- */

static void flush(sim *s, const az_action *action)
{
    output *o = &s->output;
    decoder *d = &o->decoders[action->stream];
    /* on its way when the flush came: the engine has to give it back */
    if (d->held_first && az_random_chance(&o->random, 500000))
        feed_frame(s, d, d->generation);
    decoder_reset(s, d, action->generation);
    if (action->stream == AZ_STREAM_VIDEO) {
        presents_drop(o);
    } else {
        o->last_sound = AIZU_NO_TIME;
        o->sound_pts = AIZU_NO_TIME;
        o->is_sounding = false;
        o->clock_serial++;
    }
}

static void drain(sim *s, const az_action *action)
{
    decoder *d = &s->output.decoders[action->stream];
    if (!d->is_open || action->generation != d->generation) {
        sim_fail(s, "decode-order", "a drain for generation %u, which is not open", action->generation);
        return;
    }
    d->is_draining = true;
    d->drain_generation = action->generation;
    sim_queue_push(&s->queue, AZ_MAX(d->busy_until, s->now), SIM_UNIT, action->stream, d->serial);
}

void output_action(sim *s, az_action *action)
{
    frame *f;
    switch ((int)action->type) {
    case AZ_ACTION_DECODER:
        s->output.decoders[action->stream].is_open = true;
        decoder_reset(s, &s->output.decoders[action->stream], action->generation);
        return;
    case AZ_ACTION_DECODE:
        decode(s, action);
        return;
    case AZ_ACTION_FLUSH:
        flush(s, action);
        return;
    case AZ_ACTION_DRAIN:
        drain(s, action);
        return;
    case AZ_ACTION_PRESENT:
        present(s, action);
        return;
    case AZ_ACTION_AUDIO:
        sound_append(s, action);
        return;
    case AZ_ACTION_AUDIO_START:
        sound_start(s, action);
        return;
    case AZ_ACTION_AUDIO_PAUSE:
        sound_pause(s);
        return;
    case AZ_ACTION_DROP:
        f = take_back(s, action->frame);
        if (f && !sim_has_defect(s, DEFECT_FRAME_LEAK, 20)) {
            frame_release(&s->output, f);
        } else if (f) {
            f->is_with_engine = true; /* as if it had never come back */
            s->output.frames_out++;
        }
        return;
    default:
        return;
    }
}

void output_deinit(sim *s)
{
    output *o = &s->output;
    presents_drop(o);
    for (int i = 0; i < AZ_STREAMS; i++)
        held_drop(o, &o->decoders[i]);
    while (o->free_frames) {
        frame *f = o->free_frames;
        o->free_frames = f->next;
        free(f);
    }
}
