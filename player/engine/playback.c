/*
 * Playback: when it starts, stalls, jumps over holes and ends; commands; the clock and the sound.
 *
 *     IDLE -> LOADING -> FILLING <-> RUNNING -> ENDED
 */
#include "engine/internal.h"

#include <string.h>

#define RATE_MIN       0.25
#define RATE_MAX       2.0
#define VIDEO_HOLE_MIN AIZU_SECOND /* a video stream that ends so much earlier is not waited for */

static void phase_set(az_engine *e, az_phase phase)
{
    static const char *const names[] = {"idle", "loading", "filling", "running", "ended"};
    az_playback *p = &e->playback;
    if (p->phase == phase)
        return;
    az_log_printf(&e->config.log, AZ_LOG_TRACE, "engine", "%s -> %s", names[p->phase], names[phase]);
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

/* How far the media of one lane reaches, AIZU_NO_TIME when there is none yet. */
static int64_t lane_end(const az_engine *e, const az_lane *lane)
{
    int64_t end = AIZU_NO_TIME;
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        if (e->streams[i].lane != lane->kind || !az_stream_is_fed(e, (az_stream)i))
            continue;
        int64_t stream_end = e->streams[i].end;
        end = end == AIZU_NO_TIME ? stream_end : AZ_MIN(end, stream_end);
    }
    return end == AIZU_NO_TIME ? lane->complete_end : AZ_MAX(end, lane->complete_end);
}

/* Sound that comes for itself and the variant are both needed; a lane at the end of its playlist limits
 * nothing. */
int64_t az_playback_available_end(const az_engine *e)
{
    const az_lane *audio = &e->lanes[AZ_LANE_AUDIO];
    int64_t end = lane_end(e, &e->lanes[AZ_LANE_MAIN]);
    if (!az_lane_is_active(audio))
        return end;
    int64_t sound =
        e->streams[AZ_STREAM_AUDIO].is_replacing ? e->streams[AZ_STREAM_AUDIO].end : lane_end(e, audio);
    if (audio->state == AZ_LANE_ENDED)
        return AZ_MAX(end, sound);
    if (e->lanes[AZ_LANE_MAIN].state == AZ_LANE_ENDED && end != AIZU_NO_TIME && sound != AIZU_NO_TIME)
        return AZ_MAX(end, sound);
    return AZ_MIN(end, sound);
}

/* Everything that playback waits for has come to its end. */
static bool are_lanes_ended(const az_engine *e)
{
    const az_lane *audio = &e->lanes[AZ_LANE_AUDIO];
    return e->lanes[AZ_LANE_MAIN].state == AZ_LANE_ENDED &&
           (!az_lane_is_active(audio) || audio->state == AZ_LANE_ENDED);
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

/* Lets the sound follow the clock, where there is sound: `pts` is heard at a time. */
static void sound_start_at(az_engine *e, int64_t pts, int64_t at)
{
    az_playback *p = &e->playback;
    if (!e->config.decode || p->is_audio_lost || !az_stream_is_fed(e, AZ_STREAM_AUDIO))
        return;
    az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_AUDIO_START);
    action->pts = pts;
    action->at = at;
    action->rate = p->rate * p->bend;
    p->is_audio_running = true;
}

static void sound_start(az_engine *e, int64_t pts)
{
    sound_start_at(e, pts, e->now);
}

/* Lets clock and sound run from a place on. */
static void clock_start(az_engine *e, int64_t pts)
{
    az_playback *p = &e->playback;
    az_clock_hold(&p->clock, e->now);
    az_clock_set(&p->clock, pts, e->now);
    az_clock_set_pace(&p->clock, p->rate * p->bend, e->now);
    p->rate_due = AZ_NEVER;
    az_clock_run(&p->clock, e->now);
    sound_start(e, pts);
}

static bool is_sound_heard(const az_engine *e)
{
    const az_playback *p = &e->playback;
    int64_t end = e->streams[AZ_STREAM_AUDIO].sent_end;
    return p->is_audio_running && p->phase == AZ_PHASE_RUNNING && end != AIZU_NO_TIME &&
           az_playback_position(e) < end;
}

/* The device's progress bends the clock, as long as there is sound to be heard. */
static void sound_clock(az_engine *e, const az_event *event)
{
    if (is_sound_heard(e))
        az_clock_correct(&e->playback.clock, event->pts, event->time, e->now);
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
    for (unsigned i = 0; i < AZ_LANES; i++)
        az_lane_stop(&e->lanes[i]);
    pipeline_flush(e, AIZU_NO_TIME);
    az_stream_reset(e);
    for (unsigned i = 0; i < AZ_LANES; i++)
        az_lane_forget(&e->lanes[i]);
    az_source_unload(e);
    az_open_forget(e);
    az_steering_forget(e);
    az_scrub_forget(e);
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
    const az_list *list = az_source_main_list(e);
    const az_media_playlist *media = az_list_playlist(list);
    *is_exact = media->has_start && media->start_is_precise;
    const az_playlist *multivariant = e->presentation.multivariant;
    bool is_for_all = multivariant && multivariant->u.multivariant.has_start; /* goes first: bis 4.4.2.2 */
    *is_exact = is_for_all ? multivariant->u.multivariant.start_is_precise : *is_exact;
    if (media->has_start || is_for_all) {
        int64_t offset = is_for_all ? multivariant->u.multivariant.start_offset : media->start_offset;
        int64_t from = offset < 0 ? az_list_end(list) : az_list_begin(list);
        int64_t start = az_add_sat(from, offset);
        return AZ_MAX(az_list_begin(list), AZ_MIN(start, az_list_end(list)));
    }
    bool is_recording = az_list_is_ended(list) || media->type == AZ_PLAYLIST_TYPE_VOD;
    *is_exact = *is_exact || (!is_recording && media->part_target > 0); /* near the edge each frame counts */
    return is_recording ? az_list_begin(list) : az_source_live_start(e);
}

static void lanes_begin(az_engine *e, int64_t pts, bool is_exact)
{
    e->playback.begin = pts;
    az_metadata_flush(e);
    az_lane_begin(&e->lanes[AZ_LANE_MAIN], pts, is_exact);
    az_rendition_begin(e, pts, is_exact);
}

void az_playback_media_ready(az_engine *e)
{
    az_playback *p = &e->playback;
    const az_list *list = az_source_main_list(e);
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
    bool is_recording = az_list_is_ended(list) || az_list_playlist(list)->type == AZ_PLAYLIST_TYPE_VOD;
    bool is_whole = is_recording && start <= az_list_begin(list);
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
    lanes_begin(e, start, is_exact && !is_whole);
}

void az_playback_play(az_engine *e)
{
    az_playback *p = &e->playback;
    p->want_play = true;
    if (p->phase == AZ_PHASE_ENDED)
        az_playback_seek(e, az_list_begin(az_source_main_list(e)), false);
    else if (p->phase == AZ_PHASE_RUNNING && !p->clock.is_running)
        clock_start(e, az_playback_position(e));
    e->is_again = true;
}

/* The sound needs a while to change its rate: sound and clock change at one moment ahead. */
static void rate_changed(az_engine *e)
{
    az_playback *p = &e->playback;
    p->rate_due = e->now;
    if (p->phase == AZ_PHASE_RUNNING && p->clock.is_running && p->is_audio_running) {
        p->rate_due = az_add_sat(e->now, AZ_RATE_AHEAD);
        sound_start_at(e, az_clock_pts(&p->clock, p->rate_due), p->rate_due);
    }
    e->is_again = true;
}

void az_playback_set_rate(az_engine *e, double rate)
{
    az_playback *p = &e->playback;
    rate = rate < RATE_MIN ? RATE_MIN : rate > RATE_MAX ? RATE_MAX : rate;
    if (rate == p->rate)
        return;
    p->rate = rate;
    rate_changed(e);
}

void az_playback_bend(az_engine *e, double bend)
{
    if (bend == e->playback.bend)
        return;
    e->playback.bend = bend;
    rate_changed(e);
}

static void change_rate(az_engine *e)
{
    az_playback *p = &e->playback;
    if (p->rate_due == AZ_NEVER)
        return;
    if (p->rate_due > e->now && p->clock.is_running) {
        az_engine_wake(e, p->rate_due);
        return;
    }
    az_clock_set_pace(&p->clock, p->rate * p->bend, e->now);
    p->rate_due = AZ_NEVER;
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

/* The beginning of the segment, or independent part, that a time falls into. */
static int64_t key_frame_before(const az_engine *e, int64_t pts)
{
    az_list_item item;
    return az_list_locate(az_source_main_list(e), pts, &item) ? item.start : pts;
}

void az_playback_seek(az_engine *e, int64_t pts, bool is_fast)
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
    if (is_fast)
        pts = key_frame_before(e, pts);
    pipeline_flush(e, is_fast ? AIZU_NO_TIME : pts);
    p->target = is_fast ? AIZU_NO_TIME : pts;
    p->position_last = pts;
    p->fill = AZ_FILL_SEEK;
    p->is_seek_open = true;
    p->is_picture_owed = true;
    /* from the beginning: with all that stands before the first picture, too */
    bool is_whole = pts <= begin && az_list_is_ended(az_source_main_list(e));
    p->cue_floor = is_whole ? INT64_MIN : is_fast ? AIZU_NO_TIME : pts;
    if (p->cue_floor != AIZU_NO_TIME)
        az_cue_queue_begin(e->cues, p->cue_floor);
    phase_set(e, AZ_PHASE_FILLING);
    lanes_begin(e, pts, !is_fast);
}

/* ---- filling and stalling ---- */

/* Every stream that the lane's programme announces has come, or a segment shows that it will not. */
static bool is_complete_lane(const az_engine *e, const az_lane *lane)
{
    if (lane->complete_end != AIZU_NO_TIME || lane->state == AZ_LANE_ENDED)
        return true;
    bool has_any = false;
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        const az_stream_state *s = &e->streams[i];
        bool is_here = s->is_announced && s->lane == lane->kind;
        if (is_here && s->end == AIZU_NO_TIME)
            return false;
        has_any = has_any || is_here;
    }
    return has_any || lane->kind == AZ_LANE_MAIN;
}

static bool is_complete_start(const az_engine *e)
{
    const az_lane *audio = &e->lanes[AZ_LANE_AUDIO];
    return is_complete_lane(e, &e->lanes[AZ_LANE_MAIN]) &&
           (!az_lane_is_active(audio) || is_complete_lane(e, audio));
}

/* Decoders hold back their newest frames: nothing is left to push them out. A video stream that ends long
 * before the sound is not waited for. */
static bool is_video_dry(const az_engine *e)
{
    const az_stream_state *video = &e->streams[AZ_STREAM_VIDEO];
    return has_video(e) && !az_stream_head(e) && video->units.count == 0 && video->sent == 0 &&
           !az_stream_is_ending(e, AZ_STREAM_VIDEO) &&
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
    return AZ_MIN(end, az_add_sat(p->shown.pts, az_present_frame_duration(e, &p->shown)));
}

/* Media needed to go on after a stall: near the live edge there is never more than the distance from it. */
static int64_t resume_ahead(const az_engine *e)
{
    if (!az_source_is_live(e))
        return AZ_RESUME_AHEAD;
    return AZ_MIN(AZ_RESUME_AHEAD, az_list_hold_back(az_source_main_list(e)) / 2);
}

static bool is_filled(const az_engine *e)
{
    const az_playback *p = &e->playback;
    int64_t needed = p->fill == AZ_FILL_STALL ? resume_ahead(e) : AZ_START_AHEAD;
    bool is_all = are_lanes_ended(e);
    bool is_full = az_stream_bytes(e) >= e->config.buffer_bytes_max;
    if (az_playback_available_end(e) == AIZU_NO_TIME)
        return is_all;
    if (!is_complete_start(e) && !is_full)
        return false;
    if (has_video(e) && !az_stream_head(e) && !az_stream_is_drained(e, AZ_STREAM_VIDEO) && !p->has_shown)
        return false;
    bool is_dry = is_video_dry(e) || az_playback_ahead(e) <= 0;
    if (p->fill == AZ_FILL_STALL && is_dry && !is_all)
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

/* The target lies behind the last picture: everything was decoded and hidden. */
static bool is_past_last_picture(const az_engine *e)
{
    const az_playback *p = &e->playback;
    return p->target != AIZU_NO_TIME && !p->has_shown && p->showing_count == 0 && has_video(e) &&
           !az_stream_head(e) && az_stream_is_drained(e, AZ_STREAM_VIDEO) &&
           p->target >= e->streams[AZ_STREAM_VIDEO].end &&
           az_list_begin(az_source_main_list(e)) < e->streams[AZ_STREAM_VIDEO].end;
}

/* Where a live stream in parts would be joined by now: the edge moved on while the first parts came. */
static int64_t join_now(const az_engine *e, int64_t begin)
{
    const az_list *list = az_source_main_list(e);
    bool is_joining = e->playback.fill == AZ_FILL_START && e->playback.target != AIZU_NO_TIME &&
                      e->presentation.start == AIZU_NO_TIME && az_source_is_live(e);
    if (!is_joining || az_list_playlist(list)->part_target == 0)
        return begin;
    int64_t newest = az_sub_sat(az_playback_available_end(e), AZ_START_AHEAD);
    return AZ_MAX(begin, AZ_MIN(az_source_live_start(e), newest));
}

static void fill_end(az_engine *e)
{
    az_playback *p = &e->playback;
    int64_t first = fill_begin(e);
    int64_t begin = join_now(e, first);
    if (begin > first) {
        az_stream_hide(e, begin);
        az_cue_queue_jump(e->cues, begin);
        az_present_deliver(e, e->now);
    }
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
    if (event->type == AZ_EVENT_AUDIO_CLOCK)
        sound_clock(e, event);
    else
        sound_lost(e);
}

/* ---- holes and the end ---- */

/* A hole in all of the media ahead: where it begins and where it ends. */
static bool find_hole(const az_engine *e, int64_t *begin, int64_t *end)
{
    const az_playback *p = &e->playback;
    const az_frame_node *head = az_stream_head(e);
    const az_stream_state *video = &e->streams[AZ_STREAM_VIDEO];
    const az_stream_state *audio = &e->streams[AZ_STREAM_AUDIO];
    /* a decoder may hold back pictures from behind the hole */
    bool is_held_back = video->sent_end != AIZU_NO_TIME && video->sent_end > az_playback_position(e) &&
                        !az_stream_is_drained(e, AZ_STREAM_VIDEO);
    bool is_video_to_come =
        has_video(e) && !head && (video->units.count > 0 || video->sent > 0 || is_held_back);
    if (!p->clock.is_running || p->showing_count > 0 || is_video_to_come ||
        (head && p->has_shown && !az_present_is_hole(e, &p->shown, head->pts)))
        return false;
    *begin = az_playback_position(e);
    *end = head ? head->pts : AZ_NEVER;
    if (p->has_shown)
        *begin = AZ_MAX(*begin, az_add_sat(p->shown.pts, az_present_frame_duration(e, &p->shown)));
    *begin = AZ_MAX(*begin, audio->sent_end);
    if (audio->units.count > 0)
        *end = AZ_MIN(*end, audio->units.nodes[audio->units.begin].unit.pts);
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
    az_log_printf(&e->config.log, AZ_LOG_DEBUG, "engine", "playback jumps over a hole");
    az_cue_queue_jump(e->cues, end);
    az_present_deliver(e, e->now);
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
    az_present_deliver(e, e->now);
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
    else if (!are_lanes_ended(e))
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
        az_present_presume(e);
        if (p->fill != AZ_FILL_STALL)
            az_present_due(e);
        if (is_past_last_picture(e))
            az_playback_seek(e, e->streams[AZ_STREAM_VIDEO].end - 1, false);
        else if (is_filled(e))
            fill_end(e);
    }
    change_rate(e);
    if (p->phase == AZ_PHASE_RUNNING) {
        if (!is_sound_heard(e))
            az_clock_straighten(&p->clock, e->now);
        if (p->clock.is_running && !p->is_audio_running)
            sound_start(e, az_playback_position(e));
        az_present_presume(e);
        jump_over_hole(e);
        az_present_due(e);
        az_present_presume(e);
        az_present_pass_cues(e);
        p->position_last = az_playback_position(e);
        check_dry(e);
    }
    az_latency_step(e);
    az_present_deliver(e, AIZU_NO_TIME); /* early notices, late cues */
    live_history_forget(e);
}
