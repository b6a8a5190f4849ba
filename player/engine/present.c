/*
 * Presentation: which frame goes to the output when, which one is on screen, and the cues, which are given
 * out when the frame that covers them was presented (contract point 3 of include/aizu/cue.h).
 */
#include "engine/internal.h"

#include <string.h>

#define HALF_TICK INT64_C(5000) /* ns; of the 90 kHz clock that media times come from */

/* How long a frame is; the first one may have come before that was known. */
int64_t az_present_frame_duration(const az_engine *e, const az_showing *showing)
{
    const az_stream_state *video = &e->streams[AZ_STREAM_VIDEO];
    bool is_first = showing->pts == video->begin && video->frame_duration > 0;
    return AZ_MAX(1, is_first ? video->frame_duration : showing->duration);
}

/* ---- frames to the output ---- */

/* A hole: the next frame is further away than frames of this stream are from each other. */
bool az_present_is_hole(const az_engine *e, const az_showing *showing, int64_t next_pts)
{
    int64_t duration = az_present_frame_duration(e, showing);
    return next_pts > az_add_sat(showing->pts, duration + AZ_MAX(AZ_GAP_MIN, 3 * duration));
}

/* Where the time that a frame covers ends: at the next frame, if that follows without a frame missing. */
static int64_t covered_until(const az_engine *e, const az_showing *showing, int64_t next_pts)
{
    int64_t duration = az_present_frame_duration(e, showing);
    bool is_next = next_pts > showing->pts && next_pts <= az_add_sat(showing->pts, duration + duration / 2);
    /* the next one may stand a rounding error (less than half a tick) before the end of this one's time */
    return is_next ? next_pts : az_add_sat(showing->pts, AZ_MAX(1, duration - HALF_TICK));
}

/* The next frame that is known, on its way to the screen or waiting; AZ_NEVER for none. */
static int64_t next_frame_pts(const az_engine *e)
{
    const az_frame_node *head = az_stream_head(e);
    if (e->playback.showing_count > 0)
        return e->playback.showing[0].pts;
    return head ? head->pts : AZ_NEVER;
}

static void give_cues_to_frame(az_engine *e, az_action *action, int64_t begin, int64_t end)
{
    if (e->frame_cues_used == AZ_SHOWING_MAX)
        return;
    az_cue **cues = e->frame_cues[e->frame_cues_used];
    action->cue_count = az_cue_queue_between(e->cues, begin, end, cues, AZ_FRAME_CUES_MAX);
    action->cues = cues;
    for (size_t i = 0; i < action->cue_count; i++)
        action->cue_replays |= (uint64_t)az_cue_queue_is_replay(e->cues, cues[i]) << i;
    if (action->cue_count > 0)
        e->frame_cues_used++;
}

static void present(az_engine *e, int64_t at)
{
    az_playback *p = &e->playback;
    int64_t begin = p->showing_count > 0 ? p->showing[p->showing_count - 1].end
                    : p->has_shown       ? p->shown.end
                                         : INT64_MIN;
    az_frame_node node = az_stream_pop_frame(&e->streams[AZ_STREAM_VIDEO]);
    az_showing *showing = &p->showing[p->showing_count++];
    *showing = (az_showing){.id = node.id,
                            .pts = node.pts,
                            .duration = node.duration,
                            .at = AZ_MAX(at, e->now),
                            .source = node.source,
                            .width = node.width,
                            .height = node.height};
    const az_frame_node *next = az_stream_head(e);
    showing->end = covered_until(e, showing, next ? next->pts : AZ_NEVER);
    p->is_picture_owed = false;
    if (!e->config.decode)
        return;
    az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_PRESENT);
    action->stream = AZ_STREAM_VIDEO;
    action->generation = e->streams[AZ_STREAM_VIDEO].generation;
    action->frame = node.frame;
    action->frame_id = node.id;
    action->pts = node.pts;
    action->at = at;
    give_cues_to_frame(e, action, begin, showing->end);
}

static void drop_head(az_engine *e)
{
    az_frame_node node = az_stream_pop_frame(&e->streams[AZ_STREAM_VIDEO]);
    e->stats.frames_dropped++;
    if (!node.frame)
        return;
    az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_DROP);
    action->stream = AZ_STREAM_VIDEO;
    action->frame = node.frame;
}

/* Gives the output what is due soon; what the next frame has overtaken is dropped. */
void az_present_due(az_engine *e)
{
    az_playback *p = &e->playback;
    for (;;) {
        const az_frame_node *head = az_stream_head(e);
        if (!head || p->showing_count == AZ_SHOWING_MAX)
            return;
        if (!p->clock.is_running) {
            if (p->is_picture_owed)
                present(e, e->now);
            return;
        }
        int64_t at = az_clock_time(&p->clock, head->pts);
        int64_t ahead = e->config.decode ? AZ_PRESENT_AHEAD : 0;
        if (at - ahead > e->now) {
            az_engine_wake(e, at - ahead);
            return;
        }
        const az_stream_state *s = &e->streams[AZ_STREAM_VIDEO];
        if (s->frame_count > 1 && az_clock_time(&p->clock, s->frames[1].pts) <= e->now)
            drop_head(e);
        else
            present(e, AZ_MAX(at, e->config.decode ? at : e->now));
    }
}

/* ---- frames on the screen ---- */

static void tell_first_frame(az_engine *e, int64_t time)
{
    az_playback *p = &e->playback;
    if (!p->is_first_frame_told) {
        p->is_first_frame_told = true;
        e->stats.first_frame_delay = time - p->load_time;
        az_report_frame(e, AIZU_EVENT_FIRST_FRAME, p->shown.pts, time);
    }
    if (p->is_seek_open) {
        p->is_seek_open = false;
        az_report_event(e, AIZU_EVENT_SEEKED, az_playback_position(e));
    }
}

static void tell_quality(az_engine *e)
{
    int quality = (int)e->playback.shown.source;
    if (quality == e->quality_shown)
        return;
    if (e->quality_shown >= 0)
        e->stats.quality_switches++;
    e->quality_shown = quality;
    az_report_event(e, AIZU_EVENT_QUALITY, e->playback.shown.pts);
}

void az_present_deliver(az_engine *e, int64_t due)
{
    az_cue_delivery delivery;
    while (az_cue_queue_take(e->cues, &delivery) == AIZU_OK) {
        az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_CUE);
        bool is_on_frame = delivery.phase != AIZU_CUE_RECEIVED && !(delivery.flags & AIZU_CUE_SKIPPED);
        action->cue = delivery.cue;
        action->phase = delivery.phase;
        action->cue_flags = delivery.flags;
        action->late_by = delivery.late_by;
        action->due = is_on_frame ? due : AIZU_NO_TIME;
        action->time = e->now;
    }
}

/* A frame reached the screen: it is the one shown, and what it covers is due. */
static void shown(az_engine *e, size_t index, int64_t time)
{
    az_playback *p = &e->playback;
    p->shown = p->showing[index];
    p->has_shown = true;
    p->showing_count -= index + 1;
    memmove(&p->showing[0], &p->showing[index + 1], p->showing_count * sizeof(p->showing[0]));
    e->stats.frames_presented++;
    e->stats.width = p->shown.width;
    e->stats.height = p->shown.height;
    tell_quality(e);
    p->shown.end = covered_until(e, &p->shown, next_frame_pts(e));
    az_cue_queue_pass(e->cues, p->shown.end);
    az_present_deliver(e, time);
    tell_first_frame(e, time);
    if (e->config.report_frames)
        az_report_frame(e, AIZU_EVENT_FRAME, p->shown.pts, time);
    e->is_again = true;
}

static size_t showing_find(const az_playback *p, uint64_t id)
{
    for (size_t i = 0; i < p->showing_count; i++)
        if (p->showing[i].id == id)
            return i;
    return SIZE_MAX;
}

/* An output that does not tell is taken to have shown what it was given. */
void az_present_presume(az_engine *e)
{
    az_playback *p = &e->playback;
    while (p->showing_count > 0) {
        int64_t patience = e->config.decode ? AZ_PRESENT_PATIENCE : 0;
        int64_t until = az_add_sat(p->showing[0].at, patience);
        if (until > e->now) {
            az_engine_wake(e, until);
            return;
        }
        shown(e, 0, p->showing[0].at);
    }
}

/* ---- cues without a frame of their own ---- */

/* The frame that follows the one on screen may become known only now. Sound alone, and a picture that stays
 * for longer than its time, are followed by the clock. */
void az_present_pass_cues(az_engine *e)
{
    az_playback *p = &e->playback;
    int64_t next_frame = next_frame_pts(e);
    int64_t next_cue = az_cue_queue_next(e->cues);
    if (p->phase != AZ_PHASE_RUNNING || next_cue == AZ_NEVER)
        return;
    if (p->has_shown) {
        p->shown.end = AZ_MAX(p->shown.end, covered_until(e, &p->shown, next_frame));
        az_cue_queue_pass(e->cues, p->shown.end);
    }
    next_cue = az_cue_queue_next(e->cues);
    bool is_picture_coming = az_stream_is_fed(e, AZ_STREAM_VIDEO) && !p->has_shown && next_frame != AZ_NEVER;
    if (p->clock.is_running && next_cue < next_frame && !is_picture_coming) {
        bool is_frame_late = az_stream_is_fed(e, AZ_STREAM_VIDEO) && next_frame == AZ_NEVER;
        int64_t patience = is_frame_late ? AZ_FRAME_PATIENCE : 0;
        int64_t due = az_add_sat(az_clock_time(&p->clock, next_cue), patience);
        e->is_again = e->is_again || due <= e->now; /* the one after it may be due, too */
        if (due > e->now)
            az_engine_wake(e, due);
        else
            az_cue_queue_pass(e->cues, AZ_MIN(az_add_sat(next_cue, 1), next_frame));
    }
    az_present_deliver(e, e->now);
}

void az_present_event(az_engine *e, const az_event *event)
{
    az_playback *p = &e->playback;
    size_t index = showing_find(p, event->frame_id);
    if (index == SIZE_MAX)
        return;
    if (event->type == AZ_EVENT_PRESENTED) {
        shown(e, index, event->time);
    } else {
        e->stats.frames_dropped++;
        p->showing_count--;
        memmove(&p->showing[index], &p->showing[index + 1],
                (p->showing_count - index) * sizeof(p->showing[0]));
    }
}
