/*
 * Playback: when it starts, stalls, jumps and ends; which frame goes to the output when; and cues, which are
 * given out when the frame that covers them was presented (contract point 3 of include/aizu/cue.h).
 *
 *     IDLE -> LOADING -> FILLING <-> RUNNING -> ENDED
 */
#include "engine/internal.h"

#include <string.h>

#define VIDEO_HOLE_MIN AIZU_SECOND /* a video stream that ends so much earlier is not waited for */

static void phase_set(az_engine *e, az_phase phase)
{
    static const char *const names[] = {"idle", "loading", "filling", "running", "ended"};
    az_playback *p = &e->playback;
    if (p->phase == phase)
        return;
    az_trace(e, AZ_LOG_TRACE, "engine", "%s -> %s", names[p->phase], names[phase]);
    p->phase = phase;
    e->is_again = true;
}

/* ---- where playback is ---- */

int64_t az_playback_position(const az_engine *e)
{
    const az_playback *p = &e->playback;
    switch (p->phase) {
    case AZ_PHASE_IDLE:
    case AZ_PHASE_LOADING:
        return AIZU_NO_TIME;
    case AZ_PHASE_FILLING:
        return p->target != AIZU_NO_TIME ? p->target : p->position_last;
    case AZ_PHASE_RUNNING:
        return AZ_MAX(az_clock_pts(&p->clock, e->now), p->position_last);
    case AZ_PHASE_ENDED:
        break;
    }
    return p->position_last;
}

int64_t az_playback_available_end(const az_engine *e)
{
    int64_t end = AIZU_NO_TIME;
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        if (!az_stream_is_fed(e, (az_stream)i))
            continue;
        int64_t stream_end = e->streams[i].end;
        end = end == AIZU_NO_TIME ? stream_end : AZ_MIN(end, stream_end);
    }
    return end == AIZU_NO_TIME ? e->lane.complete_end : AZ_MAX(end, e->lane.complete_end);
}

int64_t az_playback_ahead(const az_engine *e)
{
    int64_t end = az_playback_available_end(e);
    int64_t position = az_playback_position(e);
    if (end == AIZU_NO_TIME)
        return 0;
    if (position == AIZU_NO_TIME) {
        for (unsigned i = 0; i < AZ_STREAMS; i++)
            if (e->streams[i].begin != AIZU_NO_TIME)
                position =
                    position == AIZU_NO_TIME ? e->streams[i].begin : AZ_MIN(position, e->streams[i].begin);
    }
    return position == AIZU_NO_TIME ? 0 : AZ_MAX(0, end - position);
}

bool az_playback_is_filling(const az_engine *e)
{
    return e->playback.phase == AZ_PHASE_FILLING;
}

static bool has_video(const az_engine *e)
{
    return az_stream_is_fed(e, AZ_STREAM_VIDEO);
}

/* ---- sound and clock ---- */

static void sound_hold(az_engine *e)
{
    if (e->playback.is_audio_running)
        az_mailbox_act(&e->mailbox, AZ_ACTION_AUDIO_PAUSE);
    e->playback.is_audio_running = false;
}

static void clock_hold(az_engine *e)
{
    sound_hold(e);
    az_clock_hold(&e->playback.clock, e->now);
}

/* Lets the sound follow the clock, where there is sound. */
static void sound_start(az_engine *e, int64_t pts)
{
    az_playback *p = &e->playback;
    if (!e->config.decode || p->is_audio_lost || !az_stream_is_fed(e, AZ_STREAM_AUDIO))
        return;
    az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_AUDIO_START);
    action->pts = pts;
    action->at = e->now;
    p->is_audio_running = true;
}

/* Lets clock and sound run from a place on. */
static void clock_start(az_engine *e, int64_t pts)
{
    az_playback *p = &e->playback;
    az_clock_hold(&p->clock, e->now);
    az_clock_set(&p->clock, pts, e->now);
    az_clock_run(&p->clock, e->now);
    sound_start(e, pts);
}

/* The device's progress bends the clock, as long as there is sound to be heard. */
static void sound_clock(az_engine *e, const az_event *event)
{
    az_playback *p = &e->playback;
    int64_t end = e->streams[AZ_STREAM_AUDIO].sent_end;
    if (p->is_audio_running && p->phase == AZ_PHASE_RUNNING && end != AIZU_NO_TIME &&
        az_playback_position(e) < end)
        az_clock_correct(&p->clock, event->pts, event->time, e->now);
}

/* ---- commands ---- */

/* Empties the pipeline: what was on the way to screen and loudspeaker is not wanted any more. */
static void pipeline_flush(az_engine *e, int64_t hide_before)
{
    az_playback *p = &e->playback;
    clock_hold(e);
    az_stream_flush(e, hide_before);
    p->showing_count = 0;
    p->has_shown = false;
}

void az_playback_stop(az_engine *e, az_phase phase)
{
    az_fetch_stop_all(e);
    az_lane_stop(e);
    pipeline_flush(e, AIZU_NO_TIME);
    az_stream_reset(e);
    e->lane.track_count = 0;
    az_source_unload(e);
    az_timemap_destroy(&e->timemap);
    e->timemap = az_timemap_create();
    e->quality_shown = -1;
    e->playback.is_seek_open = false;
    phase_set(e, phase);
}

void az_playback_load(az_engine *e)
{
    az_playback *p = &e->playback;
    p->load_time = e->now;
    p->target = AIZU_NO_TIME;
    p->position_last = AIZU_NO_TIME;
    p->fill = AZ_FILL_START;
    p->is_first_frame_told = false;
    p->is_picture_owed = true;
    p->stall_begin = AIZU_NO_TIME;
    az_cue_queue_clear(e->cues);
    e->stats = (aizu_stats){.size_struct = sizeof(e->stats), .first_frame_delay = AIZU_NO_TIME};
    phase_set(e, AZ_PHASE_LOADING);
}

/* Where playback begins when the application does not say (RFC 8216, 4.3.5.2 and 6.3.3). */
static int64_t default_start(const az_engine *e, bool *is_exact)
{
    const az_list *list = az_source_list(e);
    const az_media_playlist *media = az_list_playlist(list);
    *is_exact = media->has_start && media->start_is_precise;
    if (media->has_start) {
        int64_t from = media->start_offset < 0 ? az_list_end(list) : az_list_begin(list);
        int64_t start = az_add_sat(from, media->start_offset);
        return AZ_MAX(az_list_begin(list), AZ_MIN(start, az_list_end(list)));
    }
    return az_list_is_ended(list) ? az_list_begin(list) : az_source_live_start(e);
}

void az_playback_media_ready(az_engine *e)
{
    az_playback *p = &e->playback;
    const az_list *list = az_source_list(e);
    if (p->phase != AZ_PHASE_LOADING || az_list_is_empty(list))
        return;
    bool is_exact = true;
    int64_t begin, end;
    int64_t start = e->presentation.start;
    (void)az_source_seekable(e, &begin, &end);
    if (start == AIZU_NO_TIME)
        start = default_start(e, &is_exact);
    else
        start = AZ_MAX(begin, AZ_MIN(start, end));
    bool is_whole = az_list_is_ended(list) && start <= az_list_begin(list);
    p->target = is_exact ? start : AIZU_NO_TIME;
    p->cue_floor = is_whole ? INT64_MIN : is_exact ? start : AIZU_NO_TIME;
    if (p->cue_floor != AIZU_NO_TIME)
        az_cue_queue_begin(e->cues, p->cue_floor);
    if (is_whole)
        p->target = AIZU_NO_TIME;
    for (unsigned i = 0; i < AZ_STREAMS; i++)
        e->streams[i].hide_before = p->target;
    p->position_last = is_exact ? start : AIZU_NO_TIME;
    phase_set(e, AZ_PHASE_FILLING);
    az_lane_begin(e, start, is_exact && !is_whole);
}

void az_playback_play(az_engine *e)
{
    az_playback *p = &e->playback;
    p->want_play = true;
    if (p->phase == AZ_PHASE_ENDED)
        az_playback_seek(e, az_list_begin(az_source_list(e)));
    else if (p->phase == AZ_PHASE_RUNNING && !p->clock.is_running)
        clock_start(e, az_playback_position(e));
    e->is_again = true;
}

void az_playback_pause(az_engine *e)
{
    az_playback *p = &e->playback;
    p->want_play = false;
    if (p->phase != AZ_PHASE_RUNNING || !p->clock.is_running)
        return;
    clock_hold(e);
    /* a frame that is with the output already will still be shown */
    if (p->showing_count > 0)
        p->clock.base_pts = AZ_MAX(p->clock.base_pts, p->showing[p->showing_count - 1].pts);
    p->position_last = az_playback_position(e);
}

void az_playback_seek(az_engine *e, int64_t pts)
{
    az_playback *p = &e->playback;
    int64_t begin, end;
    if (p->phase == AZ_PHASE_IDLE)
        return;
    if (p->phase == AZ_PHASE_LOADING || !az_source_seekable(e, &begin, &end)) {
        e->presentation.start = pts;
        return;
    }
    if (pts == AIZU_NO_TIME)
        pts = end;
    pts = AZ_MAX(begin, AZ_MIN(pts, end));
    pipeline_flush(e, pts);
    p->target = pts;
    p->position_last = pts;
    p->fill = AZ_FILL_SEEK;
    p->is_seek_open = true;
    p->is_picture_owed = true;
    p->cue_floor = pts;
    az_cue_queue_begin(e->cues, pts);
    phase_set(e, AZ_PHASE_FILLING);
    az_lane_begin(e, pts, true);
}

/* ---- filling and stalling ---- */

/* Every stream that the programme announces has come, or a segment shows that it will not. */
static bool is_complete_start(const az_engine *e)
{
    if (e->lane.complete_end != AIZU_NO_TIME || e->lane.state == AZ_LANE_ENDED)
        return true;
    for (unsigned i = 0; i < AZ_STREAMS; i++)
        if (e->streams[i].is_announced && e->streams[i].end == AIZU_NO_TIME)
            return false;
    return true;
}

/* How long frames are; the first one of a stream may have come before that was known. */
static int64_t frame_duration(const az_engine *e, const az_showing *showing)
{
    int64_t known = e->streams[AZ_STREAM_VIDEO].frame_duration;
    return AZ_MAX(1, known > 0 ? known : showing->duration);
}

/* Decoders hold back their newest frames: nothing is left to push them out. A video stream that ends long
 * before the sound is not waited for. */
static bool is_video_dry(const az_engine *e)
{
    const az_stream_state *video = &e->streams[AZ_STREAM_VIDEO];
    return has_video(e) && !az_stream_head(e) && video->unit_count == 0 && video->sent == 0 &&
           e->lane.state != AZ_LANE_ENDED &&
           video->end > az_add_sat(az_playback_available_end(e), -VIDEO_HOLE_MIN);
}

/* When the clock has to stop for want of media: where the picture on screen has had its time and none can
 * follow, else at the end of what there is. */
static int64_t dry_at(const az_engine *e)
{
    const az_playback *p = &e->playback;
    int64_t end = az_playback_available_end(e);
    if (!p->has_shown || !is_video_dry(e))
        return end;
    return AZ_MIN(end, az_add_sat(p->shown.pts, frame_duration(e, &p->shown)));
}

static bool is_filled(const az_engine *e)
{
    const az_playback *p = &e->playback;
    int64_t needed = p->fill == AZ_FILL_STALL ? AZ_RESUME_AHEAD : AZ_START_AHEAD;
    bool is_all = e->lane.state == AZ_LANE_ENDED;
    bool is_full = az_stream_bytes(e) >= e->config.buffer_bytes_max;
    if (az_playback_available_end(e) == AIZU_NO_TIME)
        return is_all;
    if (!is_complete_start(e) && !is_full)
        return false;
    if (has_video(e) && !az_stream_head(e) && !az_stream_is_drained(e, AZ_STREAM_VIDEO) && !p->has_shown)
        return false;
    if (p->fill == AZ_FILL_STALL && is_video_dry(e) && !is_full)
        return false;
    return is_all || is_full || az_playback_ahead(e) >= needed;
}

/* Where the clock begins: at the target, else at the first picture or sound. */
static int64_t fill_begin(const az_engine *e)
{
    const az_playback *p = &e->playback;
    const az_frame_node *head = az_stream_head(e);
    if (p->fill == AZ_FILL_STALL)
        return p->position_last;
    int64_t first = head ? head->pts : AIZU_NO_TIME;
    if (p->showing_count > 0)
        first = p->showing[0].pts;
    if (p->has_shown)
        first = p->shown.pts;
    if (first == AIZU_NO_TIME)
        first = e->streams[AZ_STREAM_AUDIO].begin;
    if (p->target != AIZU_NO_TIME)
        return AZ_MAX(p->target, first);
    return AZ_MAX(p->position_last, first);
}

static void fill_end(az_engine *e)
{
    az_playback *p = &e->playback;
    int64_t begin = fill_begin(e);
    if (p->stall_begin != AIZU_NO_TIME)
        e->stats.stall_duration += e->now - p->stall_begin;
    p->stall_begin = AIZU_NO_TIME;
    p->position_last = begin;
    az_clock_hold(&p->clock, e->now);
    az_clock_set(&p->clock, begin, e->now);
    phase_set(e, AZ_PHASE_RUNNING);
    if (p->want_play)
        clock_start(e, begin);
    if (p->is_seek_open && !has_video(e)) {
        p->is_seek_open = false;
        az_report_event(e, AIZU_EVENT_SEEKED, begin);
    }
}

static void stall(az_engine *e)
{
    az_playback *p = &e->playback;
    p->position_last = az_playback_position(e);
    clock_hold(e);
    p->fill = AZ_FILL_STALL;
    p->target = p->position_last;
    p->stall_begin = e->now;
    e->stats.stalls++;
    phase_set(e, AZ_PHASE_FILLING);
    az_report_event(e, AIZU_EVENT_STALL, p->position_last);
}

/* ---- frames to the output ---- */

/* A hole: the next frame is further away than frames of this stream are from each other. */
static bool is_hole_between(const az_engine *e, const az_showing *showing, int64_t next_pts)
{
    int64_t duration = frame_duration(e, showing);
    return next_pts > az_add_sat(showing->pts, duration + AZ_MAX(AZ_GAP_MIN, 3 * duration));
}

/* Where the time that a frame covers ends: at the next frame, if that follows without a frame missing. */
static int64_t covered_until(const az_engine *e, const az_showing *showing, int64_t next_pts)
{
    int64_t duration = frame_duration(e, showing);
    bool is_next = next_pts > showing->pts && next_pts <= az_add_sat(showing->pts, duration + duration / 2);
    return is_next ? next_pts : az_add_sat(showing->pts, duration);
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
                            .at = at,
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
static void present_due(az_engine *e)
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
        az_report_event(e, AIZU_EVENT_FIRST_FRAME, p->shown.pts);
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

static void deliver(az_engine *e, int64_t due)
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
    p->present_time = time;
    p->showing_count -= index + 1;
    memmove(&p->showing[0], &p->showing[index + 1], p->showing_count * sizeof(p->showing[0]));
    e->stats.frames_presented++;
    e->stats.width = p->shown.width;
    e->stats.height = p->shown.height;
    tell_quality(e);
    p->shown.end = covered_until(e, &p->shown, next_frame_pts(e));
    az_cue_queue_pass(e->cues, p->shown.end);
    deliver(e, time);
    tell_first_frame(e, time);
    if (e->config.report_frames)
        az_report_event(e, AIZU_EVENT_FRAME, p->shown.pts);
    e->is_again = true;
}

static size_t showing_find(const az_playback *p, uint64_t id)
{
    for (size_t i = 0; i < p->showing_count; i++)
        if (p->showing[i].id == id)
            return i;
    return SIZE_MAX;
}

static void sound_lost(az_engine *e)
{
    az_playback *p = &e->playback;
    if (p->is_audio_lost)
        return;
    p->is_audio_lost = true;
    p->is_audio_running = false;
    az_report_fault(e, &(az_fault){.result = AIZU_E_AUDIO_DEVICE,
                                   .stage = "sound output",
                                   .segment = -1,
                                   .position = AIZU_NO_TIME,
                                   .detail = "no sound device: playback goes on without"});
}

void az_playback_event(az_engine *e, const az_event *event)
{
    az_playback *p = &e->playback;
    size_t index = showing_find(p, event->frame_id);
    if (event->type == AZ_EVENT_PRESENTED && index != SIZE_MAX) {
        shown(e, index, event->time);
    } else if (event->type == AZ_EVENT_DROPPED && index != SIZE_MAX) {
        e->stats.frames_dropped++;
        p->showing_count--;
        memmove(&p->showing[index], &p->showing[index + 1],
                (p->showing_count - index) * sizeof(p->showing[0]));
    } else if (event->type == AZ_EVENT_AUDIO_CLOCK) {
        sound_clock(e, event);
    } else if (event->type == AZ_EVENT_AUDIO_LOST) {
        sound_lost(e);
    }
}

/* An output that does not tell is taken to have shown what it was given. */
static void presume_shown(az_engine *e)
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
static void pass_cues(az_engine *e)
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
    bool is_picture_coming = has_video(e) && !p->has_shown && next_frame != AZ_NEVER;
    if (p->clock.is_running && next_cue < next_frame && !is_picture_coming) {
        bool is_frame_late = has_video(e) && next_frame == AZ_NEVER;
        int64_t patience = is_frame_late ? AZ_FRAME_PATIENCE : 0;
        int64_t position = az_playback_position(e) - patience;
        if (next_cue > position)
            az_engine_wake(e, az_add_sat(az_clock_time(&p->clock, next_cue), patience));
        else
            az_cue_queue_pass(e->cues, AZ_MIN(az_add_sat(position, 1), next_frame));
    }
    deliver(e, e->now);
}

/* ---- holes and the end ---- */

/* A hole in all of the media ahead: where it begins and where it ends. */
static bool find_hole(const az_engine *e, int64_t *begin, int64_t *end)
{
    const az_playback *p = &e->playback;
    const az_frame_node *head = az_stream_head(e);
    const az_stream_state *video = &e->streams[AZ_STREAM_VIDEO];
    const az_stream_state *audio = &e->streams[AZ_STREAM_AUDIO];
    bool is_video_to_come = has_video(e) && !head && (video->unit_count > 0 || video->sent > 0);
    if (!p->clock.is_running || p->showing_count > 0 || is_video_to_come ||
        (head && p->has_shown && !is_hole_between(e, &p->shown, head->pts)))
        return false;
    *begin = az_playback_position(e);
    *end = head ? head->pts : AZ_NEVER;
    if (p->has_shown)
        *begin = AZ_MAX(*begin, az_add_sat(p->shown.pts, frame_duration(e, &p->shown)));
    *begin = AZ_MAX(*begin, audio->sent_end);
    if (audio->unit_count > 0)
        *end = AZ_MIN(*end, audio->units[audio->unit_begin].unit.pts);
    return *end != AZ_NEVER && *end > az_add_sat(*begin, AZ_GAP_MIN);
}

static void jump_over_hole(az_engine *e)
{
    az_playback *p = &e->playback;
    int64_t begin, end;
    if (!find_hole(e, &begin, &end))
        return;
    if (begin > az_playback_position(e)) {
        az_engine_wake(e, az_clock_time(&p->clock, begin));
        return;
    }
    az_trace(e, AZ_LOG_DEBUG, "engine", "playback jumps over a hole");
    az_cue_queue_jump(e->cues, end);
    deliver(e, e->now);
    p->position_last = end;
    if (p->has_shown)
        p->shown.end = end;
    clock_start(e, end);
    e->is_again = true;
}

static void finish(az_engine *e)
{
    az_playback *p = &e->playback;
    int64_t end = az_playback_available_end(e);
    p->position_last = AZ_MAX(az_playback_position(e), end == AIZU_NO_TIME ? p->position_last : end);
    clock_hold(e);
    az_cue_queue_finish(e->cues, az_add_sat(p->position_last, 1));
    deliver(e, e->now);
    phase_set(e, AZ_PHASE_ENDED);
}

/* Nothing is left to be shown: wait for more, or it is the end. */
static void check_dry(az_engine *e)
{
    az_playback *p = &e->playback;
    if (!p->clock.is_running || p->showing_count > 0 || az_stream_head(e))
        return;
    int64_t end = dry_at(e);
    if (end != AIZU_NO_TIME && az_playback_position(e) < end) {
        az_engine_wake(e, az_clock_time(&p->clock, end));
        return;
    }
    bool is_drained = az_stream_is_drained(e, AZ_STREAM_VIDEO) && az_stream_is_drained(e, AZ_STREAM_AUDIO);
    if (is_drained)
        finish(e);
    else if (e->lane.state != AZ_LANE_ENDED)
        stall(e);
}

static void live_history_forget(az_engine *e)
{
    int64_t begin, end;
    if (az_source_is_live(e) && az_source_seekable(e, &begin, &end))
        az_cue_queue_forget(e->cues, az_add_sat(begin, -60 * AIZU_SECOND));
}

void az_playback_step(az_engine *e)
{
    az_playback *p = &e->playback;
    if (p->phase == AZ_PHASE_FILLING) {
        presume_shown(e);
        if (p->fill != AZ_FILL_STALL)
            present_due(e);
        if (is_filled(e))
            fill_end(e);
    }
    if (p->phase == AZ_PHASE_RUNNING) {
        if (p->clock.is_running && !p->is_audio_running)
            sound_start(e, az_playback_position(e));
        presume_shown(e);
        jump_over_hole(e);
        present_due(e);
        presume_shown(e);
        pass_cues(e);
        p->position_last = az_playback_position(e);
        check_dry(e);
    }
    deliver(e, AIZU_NO_TIME); /* early notices, late cues */
    live_history_forget(e);
}
