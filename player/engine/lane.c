/*
 * The lane: which segment comes next, its bytes through the demuxer, its samples to the streams and its
 * metadata to the cue queue, all in presentation time.
 *
 * One segment at a time. The media decides where it belongs (timemap), the playlist's estimate is
 * corrected by it. Metadata that comes before the first sample of its segment waits until the place is known.
 */
#include "engine/internal.h"

#include <string.h>

#define SKIPS_PER_STEP 256                     /* segments passed over (gaps, unusable URIs) in one step */
#define SWITCH_SLACK   (60 * AIZU_MILLISECOND) /* variants agree about segment starts within this */
#define COVER_SLACK    (100 * AIZU_MILLISECOND)
#define STEPS_BACK_MAX 3
#define REFUSALS_MAX   8 /* tries while the buffer still lasts */

static const az_timebase TS_TIMEBASE = {.timescale = 90000, .bits = 33};

static void on_track(void *user, const az_track *track);
static void on_sample(void *user, const az_sample *sample);
static void on_metadata(void *user, const az_metadata *metadata);
static void on_trouble(void *user, az_demux_trouble trouble, uint64_t offset);

aizu_result az_lane_init(az_engine *e)
{
    az_demux_sink sink = {e, on_track, on_sample, on_metadata, on_trouble};
    e->lane.ts = az_ts_create(&sink);
    return e->lane.ts ? AIZU_OK : AIZU_E_MEMORY;
}

static void drop_early(az_lane *lane)
{
    for (size_t i = 0; i < lane->early_count; i++)
        az_slice_unref(&lane->early[i].data);
    lane->early_count = 0;
}

void az_lane_deinit(az_engine *e)
{
    drop_early(&e->lane);
    az_ts_destroy(&e->lane.ts);
}

void az_lane_stop(az_engine *e)
{
    az_lane *lane = &e->lane;
    az_fetch_stop(e, AZ_FETCH_SEGMENT);
    az_ts_reset(lane->ts);
    drop_early(lane);
    lane->state = AZ_LANE_STOPPED;
    lane->complete_end = AIZU_NO_TIME;
}

void az_lane_begin(az_engine *e, int64_t pts, bool is_exact)
{
    az_lane *lane = &e->lane;
    az_lane_stop(e);
    lane->state = AZ_LANE_CHOOSING;
    lane->is_by_time = true;
    lane->cover = pts;
    lane->is_exact = is_exact;
    lane->steps_back = is_exact ? 0 : STEPS_BACK_MAX;
    lane->is_contiguous = false;
    lane->success = e->now;
    e->is_again = true;
}

/* ---- choosing ---- */

static void fault(az_engine *e, const az_fetch_outcome *outcome, bool is_fatal, const char *stage)
{
    az_report_fault(e, &(az_fault){.result = outcome->result,
                                   .is_fatal = is_fatal,
                                   .stage = stage,
                                   .url = e->fetches[AZ_FETCH_SEGMENT].url,
                                   .http_status = outcome->http_status,
                                   .segment = (int64_t)e->lane.segment.sequence,
                                   .position = e->lane.segment.start,
                                   .detail = outcome->detail});
}

/* Goes to the wanted variant where the media queued so far ends. */
static void adopt_wanted(az_engine *e)
{
    az_lane *lane = &e->lane;
    const az_presentation *p = &e->presentation;
    if (p->wanted == p->current || !az_source_is_ready(e, p->wanted))
        return;
    if (!lane->is_by_time) {
        lane->cover = az_playback_available_end(e);
        if (lane->cover == AIZU_NO_TIME)
            lane->cover = az_add_sat(lane->segment.start, lane->segment.duration);
        lane->is_by_time = true;
        lane->is_exact = false;
        lane->steps_back = 0;
    }
    az_source_adopt(e, p->wanted);
}

static bool find_by_time(const az_engine *e, const az_list *list, az_list_item *item)
{
    const az_lane *lane = &e->lane;
    int64_t pts = az_add_sat(lane->cover, lane->is_exact ? 0 : SWITCH_SLACK);
    if (!az_list_find_time(list, pts, item))
        return false;
    bool is_past = pts >= az_add_sat(item->start, item->duration) && item->duration > 0;
    /* a seek to the very end shows the last frame; anything else waits for what comes */
    return !is_past || lane->is_exact;
}

static bool find_next(const az_engine *e, const az_list *list, az_list_item *item)
{
    return e->lane.is_by_time ? find_by_time(e, list, item) : az_list_find(list, e->lane.next, item);
}

/* The next segment will soon slide out of a live window: it is fetched even into a full buffer. */
static bool is_about_to_slide(const az_engine *e)
{
    const az_list *list = az_source_list(e);
    az_list_item next;
    if (!list || az_list_is_ended(list) || e->lane.is_by_time || !az_list_find(list, e->lane.next, &next))
        return false;
    int64_t margin = 2 * az_list_playlist(list)->target_duration;
    return next.start - az_list_begin(list) < margin &&
           az_stream_held(e) < az_add_sat(e->config.buffer_ahead_max, margin - next.duration);
}

static bool is_buffer_full(const az_engine *e)
{
    if (az_stream_bytes(e) >= e->config.buffer_bytes_max)
        return true;
    return az_stream_held(e) >= e->config.buffer_ahead_max && !is_about_to_slide(e);
}

/* The window slid past what comes next. At its edge the following segments would be lost one by one: playback
 * goes on at a distance from it, where a viewer who joins begins. */
static bool is_overtaken(const az_engine *e, const az_list_item *item)
{
    const az_lane *lane = &e->lane;
    return az_source_is_live(e) && !lane->is_by_time && item->sequence > lane->next &&
           item->start < az_source_live_start(e);
}

static void go_to_live(az_engine *e)
{
    e->lane.is_by_time = true;
    e->lane.is_exact = false;
    e->lane.steps_back = STEPS_BACK_MAX;
    e->lane.cover = az_source_live_start(e);
    e->lane.is_contiguous = false;
}

static void pass_over(az_lane *lane, const az_list_item *item)
{
    lane->next = item->sequence + 1;
    lane->is_by_time = false;
    lane->is_contiguous = false;
}

static bool start_segment(az_engine *e, const az_list_item *item)
{
    az_lane *lane = &e->lane;
    const az_source *source = az_source_current(e);
    char url[AIZU_URL_SIZE_MAX];
    aizu_result result = az_url_resolve(url, sizeof(url), az_span_str(source->base), item->uri);
    bool follows = !lane->is_by_time && lane->source == e->presentation.current &&
                   lane->segment.sequence + 1 == item->sequence;
    lane->is_contiguous = lane->is_contiguous && follows;
    lane->segment = *item;
    lane->source = e->presentation.current;
    lane->next = item->sequence + 1;
    if (result != AIZU_OK) {
        fault(e, &(az_fetch_outcome){.result = result, .detail = "the segment's URI cannot be used"}, false,
              "segment");
        pass_over(lane, item);
        return false;
    }
    lane->is_by_time = false;
    lane->is_placed = false;
    lane->is_retry = false;
    lane->verdict = AZ_LANE_GO_ON;
    lane->ordinal_count = 0;
    lane->is_cue_limit_told = false;
    lane->state = AZ_LANE_LOADING;
    if (az_fetch_start(e, AZ_FETCH_SEGMENT, url, item->range) != AIZU_OK)
        fault(e, &(az_fetch_outcome){.result = AIZU_E_MEMORY}, true, "segment");
    return true;
}

static void choose(az_engine *e)
{
    az_lane *lane = &e->lane;
    adopt_wanted(e);
    for (unsigned i = 0; i < SKIPS_PER_STEP; i++) {
        const az_list *list = az_source_list(e);
        az_list_item item;
        if (!list || az_list_is_empty(list))
            return;
        if (!find_next(e, list, &item)) {
            if (az_list_is_ended(list)) {
                lane->state = AZ_LANE_ENDED;
                e->is_again = true;
            }
            return;
        }
        if (item.has_map || item.has_key) {
            fault(e,
                  &(az_fetch_outcome){.result = AIZU_E_UNSUPPORTED,
                                      .detail = item.has_map ? "segments with EXT-X-MAP (fMP4)"
                                                             : "encrypted segments"},
                  true, "segment");
            return;
        }
        if (is_overtaken(e, &item))
            go_to_live(e);
        else if (item.flags & AZ_SEGMENT_GAP)
            pass_over(lane, &item);
        else if (start_segment(e, &item))
            return;
    }
    az_engine_wake(e, e->now);
}

/* A retry that waits takes the URI that the newest playlist gives: the old one may have been cut or expired.
 */
static void renew_uri(az_engine *e)
{
    const az_lane *lane = &e->lane;
    const az_list *list = az_source_list(e);
    az_list_item item;
    char url[AIZU_URL_SIZE_MAX];
    if (e->fetches[AZ_FETCH_SEGMENT].state != AZ_FETCH_WAITING || lane->source != e->presentation.current ||
        !list || !az_list_find(list, lane->segment.sequence, &item) ||
        item.sequence != lane->segment.sequence)
        return;
    if (az_url_resolve(url, sizeof(url), az_span_str(az_source_current(e)->base), item.uri) == AIZU_OK)
        az_fetch_retarget(e, AZ_FETCH_SEGMENT, url);
}

/* A retry that waits is given up for another variant that is ready. */
static void leave_failing(az_engine *e)
{
    const az_presentation *p = &e->presentation;
    if (e->fetches[AZ_FETCH_SEGMENT].state != AZ_FETCH_WAITING || p->wanted == p->current ||
        !az_source_is_ready(e, p->wanted))
        return;
    az_fetch_stop(e, AZ_FETCH_SEGMENT);
    az_ts_reset(e->lane.ts);
    drop_early(&e->lane);
    e->lane.state = AZ_LANE_CHOOSING;
    e->lane.is_contiguous = false;
    if (az_playback_available_end(e) == AIZU_NO_TIME) {
        e->lane.is_by_time = true;
        e->lane.cover = e->lane.segment.start;
    }
    choose(e);
}

void az_lane_step(az_engine *e)
{
    az_lane *lane = &e->lane;
    if (lane->state == AZ_LANE_LOADING) {
        bool is_over = az_stream_bytes(e) > e->config.buffer_bytes_max;
        bool is_low = az_stream_bytes(e) < e->config.buffer_bytes_max / 4 * 3;
        if (is_over || is_low)
            az_fetch_hold(e, AZ_FETCH_SEGMENT, is_over);
        renew_uri(e);
        leave_failing(e);
    } else if (lane->state == AZ_LANE_CHOOSING) {
        if (!is_buffer_full(e))
            choose(e);
        else if (e->playback.clock.is_running)
            az_engine_wake(e, az_add_sat(e->now, AZ_MAX(az_stream_held(e) - e->config.buffer_ahead_max,
                                                        10 * AIZU_MILLISECOND)));
    }
}

/* ---- bytes ---- */

static void skip_segment(az_engine *e);

/* True: the segment is no longer the one in hand. */
static bool carry_out_verdict(az_engine *e)
{
    az_lane *lane = &e->lane;
    uint64_t sequence = lane->segment.sequence;
    switch (lane->verdict) {
    case AZ_LANE_GO_ON:
        return false;
    case AZ_LANE_STEP_BACK:
        skip_segment(e);
        lane->steps_back++;
        lane->next = sequence - 1;
        break;
    case AZ_LANE_NO_MEMORY:
        fault(e, &(az_fetch_outcome){.result = AIZU_E_MEMORY}, true, "demux");
        break;
    }
    lane->verdict = AZ_LANE_GO_ON;
    return true;
}

void az_lane_data(az_engine *e, az_slice data)
{
    if (e->lane.state != AZ_LANE_LOADING)
        return;
    aizu_result result = az_ts_feed(e->lane.ts, az_slice_span(data));
    if (carry_out_verdict(e) || result == AIZU_OK)
        return;
    const char *detail = result == AIZU_E_MEDIA ? "not a transport stream" : "no memory for the demuxer";
    e->stats.requests_failed++;
    az_lane_fetched(e, &(az_fetch_outcome){.result = result, .detail = detail});
}

static void try_again(az_engine *e, const az_fetch_outcome *outcome)
{
    az_lane *lane = &e->lane;
    az_ts_reset(lane->ts);
    drop_early(lane);
    lane->is_retry = true;
    lane->ordinal_count = 0;
    az_fetch_again(e, AZ_FETCH_SEGMENT, outcome->retry_after);
}

static void skip_segment(az_engine *e)
{
    az_lane *lane = &e->lane;
    az_fetch_stop(e, AZ_FETCH_SEGMENT);
    az_ts_reset(lane->ts);
    drop_early(lane);
    lane->is_contiguous = false;
    lane->is_by_time = false;
    lane->state = AZ_LANE_CHOOSING;
    e->is_again = true;
}

static bool is_network_down(aizu_result result)
{
    return result == AIZU_E_RESOLVE || result == AIZU_E_CONNECT || result == AIZU_E_TLS ||
           result == AIZU_E_STALLED || result == AIZU_E_TRANSFER || result == AIZU_E_THROTTLED;
}

static bool slid_out(const az_engine *e)
{
    const az_list *list = az_source_list(e);
    az_list_item item;
    return list && az_list_find(list, e->lane.segment.sequence, &item) &&
           item.sequence != e->lane.segment.sequence;
}

/* The server answers, and not with the segment; or nobody answers. */
static void segment_failed(az_engine *e, const az_fetch_outcome *outcome)
{
    const az_fetch *fetch = &e->fetches[AZ_FETCH_SEGMENT];
    bool is_dry = az_playback_ahead(e) < AIZU_SECOND;
    bool is_hopeless = az_add_sat(e->lane.success, AZ_GIVE_UP_AFTER) <= e->now && is_dry;
    bool is_refused = !is_network_down(outcome->result) && fetch->tries >= AZ_RETRY_SEGMENT_MAX &&
                      (is_dry || fetch->tries >= REFUSALS_MAX);
    if (outcome->result == AIZU_E_MEMORY || is_hopeless) {
        fault(e, outcome, true, "segment");
        return;
    }
    if (fetch->tries == 2) {
        fault(e, outcome, false, "segment");
        (void)az_source_fail_over(e);
    }
    if (is_refused || slid_out(e)) {
        fault(e, outcome, false, "segment skipped");
        skip_segment(e);
        return;
    }
    try_again(e, outcome);
}

/* Metadata of a segment without a sample: placed by the playlist's word. */
static void place_early(az_engine *e);
static void set_cue_floor(az_engine *e, int64_t pts);
static void take_early(az_engine *e);

static void segment_complete(az_engine *e)
{
    az_lane *lane = &e->lane;
    if (!lane->is_placed)
        place_early(e);
    set_cue_floor(e, lane->segment.start);
    if (lane->is_placed)
        take_early(e);
    drop_early(lane);
    lane->is_contiguous = true;
    lane->success = e->now;
    lane->cover = AIZU_NO_TIME;
    for (unsigned i = 0; i < AZ_STREAMS; i++)
        lane->complete_end = AZ_MAX(lane->complete_end, e->streams[i].end);
    lane->state = AZ_LANE_CHOOSING;
    e->is_again = true;
}

void az_lane_fetched(az_engine *e, const az_fetch_outcome *outcome)
{
    az_lane *lane = &e->lane;
    if (lane->state != AZ_LANE_LOADING)
        return;
    if (outcome->result != AIZU_OK) {
        segment_failed(e, outcome);
        return;
    }
    aizu_result result = az_ts_finish(lane->ts);
    if (carry_out_verdict(e))
        return;
    if (result == AIZU_OK && !lane->is_placed && lane->early_count == 0)
        result = AIZU_E_MEDIA;
    if (result != AIZU_OK) {
        segment_failed(e, &(az_fetch_outcome){.result = result, .detail = "the segment holds no media"});
        return;
    }
    az_fetch_stop(e, AZ_FETCH_SEGMENT);
    segment_complete(e);
}

/* ---- placing ---- */

static void reanchor(az_engine *e, int64_t ticks, int64_t pts)
{
    if (az_timemap_anchor(e->timemap, e->lane.segment.domain, TS_TIMEBASE, ticks, pts) != AIZU_OK)
        e->lane.verdict = AZ_LANE_NO_MEMORY;
}

/* Where the first sample of the segment should stand if nothing is known of its timestamps. */
static int64_t expected_begin(const az_engine *e, az_media media)
{
    const az_lane *lane = &e->lane;
    int64_t end = media == AZ_MEDIA_VIDEO   ? e->streams[AZ_STREAM_VIDEO].end
                  : media == AZ_MEDIA_AUDIO ? e->streams[AZ_STREAM_AUDIO].end
                                            : AIZU_NO_TIME;
    if (!lane->is_contiguous || end == AIZU_NO_TIME)
        return lane->segment.start;
    int64_t drift = end - lane->segment.start;
    return drift > AZ_DRIFT_MAX || drift < -AZ_DRIFT_MAX ? lane->segment.start : end;
}

/* The segment begins too late for what has to be covered, and there is one before it. */
static bool is_too_late(const az_engine *e, int64_t begin)
{
    const az_lane *lane = &e->lane;
    const az_list *list = az_source_list(e);
    return lane->cover != AIZU_NO_TIME && begin > az_add_sat(lane->cover, COVER_SLACK) &&
           lane->steps_back < STEPS_BACK_MAX && lane->source == e->presentation.current && list &&
           !az_list_is_empty(list) && lane->segment.sequence > az_list_at(list, 0).sequence;
}

/* The first sample of the segment: says where the segment is. */
static bool place(az_engine *e, az_media media, int64_t ticks)
{
    az_lane *lane = &e->lane;
    uint64_t domain = lane->segment.domain;
    int64_t expected = expected_begin(e, media);
    if (!az_timemap_has(e->timemap, domain))
        reanchor(e, ticks, expected);
    if (lane->verdict != AZ_LANE_GO_ON)
        return false;
    int64_t pts = az_timemap_pts(e->timemap, domain, TS_TIMEBASE, ticks, expected);
    int64_t drift = pts - expected;
    if (lane->is_contiguous && (drift > AZ_DRIFT_MAX || drift < -AZ_DRIFT_MAX)) {
        az_trace(e, AZ_LOG_WARNING, "engine", "timestamps jump without a discontinuity");
        reanchor(e, ticks, expected);
        pts = expected;
    }
    int64_t error = pts - lane->segment.start;
    if ((error > AZ_SHIFT_MIN || error < -AZ_SHIFT_MIN) && lane->source == e->presentation.current)
        az_list_shift(e->presentation.sources[lane->source].list, lane->segment.sequence, error);
    lane->segment.start = pts;
    lane->last_pts = pts;
    if (is_too_late(e, pts))
        lane->verdict = AZ_LANE_STEP_BACK;
    if (lane->verdict != AZ_LANE_GO_ON)
        return false;
    lane->is_placed = true;
    return true;
}

/* Joining somewhere: the cues from the first picture on are passed, or from the first sound where there is no
 * picture. Until that is known metadata waits. */
static void set_cue_floor(az_engine *e, int64_t pts)
{
    if (e->playback.cue_floor != AIZU_NO_TIME)
        return;
    e->playback.cue_floor = pts;
    az_cue_queue_begin(e->cues, pts);
}

static int64_t map_ticks(const az_engine *e, int64_t ticks)
{
    return az_timemap_pts(e->timemap, e->lane.segment.domain, TS_TIMEBASE, ticks, e->lane.last_pts);
}

static bool is_misplaced(const az_lane *lane, int64_t pts)
{
    return pts < lane->segment.start - AZ_DRIFT_MAX ||
           pts > az_add_sat(lane->segment.start, az_add_sat(lane->segment.duration, 2 * AZ_DRIFT_MAX));
}

/* ---- what the demuxer gives ---- */

static void on_track(void *user, const az_track *track)
{
    az_engine *e = user;
    az_lane *lane = &e->lane;
    size_t at = 0;
    while (at < lane->track_count && lane->tracks[at].id != track->id)
        at++;
    if (at == AZ_TS_TRACKS_MAX)
        return;
    lane->track_count = AZ_MAX(lane->track_count, at + 1);
    lane->tracks[at] = *track;
    if (track->media != AZ_MEDIA_VIDEO && track->media != AZ_MEDIA_AUDIO)
        return;
    const az_stream_state *s =
        &e->streams[track->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    if (!s->is_announced || s->track.id == track->id)
        az_stream_track(e, track);
}

/* One track of a kind is played: the first one, until the programme no longer has it. */
static bool is_played(az_engine *e, const az_sample *sample)
{
    az_stream stream = sample->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO;
    const az_stream_state *s = &e->streams[stream];
    if (sample->track == s->track.id)
        return true;
    if (s->is_announced && az_ts_has_track(e->lane.ts, s->track.id))
        return false;
    for (size_t i = 0; i < e->lane.track_count; i++)
        if (e->lane.tracks[i].id == sample->track)
            az_stream_track(e, &e->lane.tracks[i]);
    return s->track.id == sample->track;
}

static void on_trouble(void *user, az_demux_trouble trouble, uint64_t offset)
{
    az_trace(user, AZ_LOG_DEBUG, "demux", "%s at byte %llu", az_demux_trouble_name(trouble),
             (unsigned long long)offset);
}

static void take_cue(az_engine *e, az_cue_info *info);

static void on_sample(void *user, const az_sample *sample)
{
    az_engine *e = user;
    az_lane *lane = &e->lane;
    if (lane->verdict != AZ_LANE_GO_ON ||
        (sample->media != AZ_MEDIA_VIDEO && sample->media != AZ_MEDIA_AUDIO) || !is_played(e, sample))
        return;
    const az_stream_state *s =
        &e->streams[sample->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    int64_t ticks = sample->pts != AZ_NO_TICKS ? sample->pts : sample->dts;
    if (!lane->is_placed && (ticks == AZ_NO_TICKS || !place(e, sample->media, ticks)))
        return;
    int64_t pts = ticks != AZ_NO_TICKS ? map_ticks(e, ticks) : s->end;
    if (pts == AIZU_NO_TIME || is_misplaced(lane, pts))
        return;
    if (sample->media == AZ_MEDIA_VIDEO || !e->streams[AZ_STREAM_VIDEO].is_announced)
        set_cue_floor(e, pts);
    if (e->playback.cue_floor != AIZU_NO_TIME)
        take_early(e);
    int64_t dts = sample->dts != AZ_NO_TICKS ? map_ticks(e, sample->dts) : AIZU_NO_TIME;
    int64_t duration = az_rescale(sample->duration, AIZU_SECOND, TS_TIMEBASE.timescale);
    lane->last_pts = pts;
    az_stream_push(e, sample, pts, dts, duration, (uint32_t)lane->source, lane->is_retry);
}

static void take_metadata(az_engine *e, az_codec codec, int64_t ticks, az_slice data)
{
    if (codec != AZ_CODEC_ID3)
        return;
    az_id3_list *list;
    int64_t pts = ticks != AZ_NO_TICKS ? map_ticks(e, ticks) : e->lane.last_pts;
    if (is_misplaced(&e->lane, pts))
        return;
    if (az_id3_parse(&list, az_slice_span(data)) != AIZU_OK) {
        az_trace(e, AZ_LOG_WARNING, "cue", "an ID3 tag that cannot be read is dropped");
        return;
    }
    for (size_t i = 0; i < az_id3_count(list); i++) {
        az_cue_info info;
        az_cue_info_from_id3(&info, az_id3_at(list, i));
        info.pts = pts;
        take_cue(e, &info);
    }
    az_id3_list_destroy(&list);
}

/* How many equal cues of the same time the segment had before this one. */
static uint32_t ordinal_of(az_lane *lane, const az_cue_info *info)
{
    uint64_t identity = az_hash(az_cue_hash(info), &info->pts, sizeof(info->pts));
    uint32_t ordinal = 0;
    for (size_t i = 0; i < lane->ordinal_count; i++)
        ordinal += lane->ordinals[i] == identity;
    if (lane->ordinal_count < AZ_ORDINALS_MAX)
        lane->ordinals[lane->ordinal_count++] = identity;
    return ordinal;
}

static void take_cue(az_engine *e, az_cue_info *info)
{
    az_lane *lane = &e->lane;
    if (!e->config.housekeeping_cues && az_cue_is_housekeeping(info))
        return;
    const az_list *list = az_source_list(e);
    int64_t offset = list ? az_list_wall_offset(list, info->pts) : AIZU_NO_TIME;
    info->wall = offset == AIZU_NO_TIME ? AIZU_NO_TIME : az_add_sat(info->pts, offset);
    aizu_result result = az_cue_queue_add(e->cues, info, ordinal_of(lane, info));
    if (result >= 0 || lane->is_cue_limit_told)
        return;
    lane->is_cue_limit_told = true;
    fault(e, &(az_fetch_outcome){.result = result, .detail = "cues are dropped: there are too many"}, false,
          "cue");
}

static void take_early(az_engine *e)
{
    az_lane *lane = &e->lane;
    for (size_t i = 0; i < lane->early_count; i++)
        take_metadata(e, lane->early[i].codec, lane->early[i].ticks, lane->early[i].data);
    drop_early(lane);
}

static void place_early(az_engine *e)
{
    az_lane *lane = &e->lane;
    for (size_t i = 0; i < lane->early_count; i++) {
        int64_t ticks = lane->early[i].ticks;
        if (ticks == AZ_NO_TICKS)
            continue;
        if (!place(e, AZ_MEDIA_METADATA, ticks))
            return;
        set_cue_floor(e, lane->segment.start);
        take_early(e);
        return;
    }
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    az_engine *e = user;
    az_lane *lane = &e->lane;
    if (lane->is_placed && e->playback.cue_floor != AIZU_NO_TIME) {
        take_metadata(e, metadata->codec, metadata->pts, metadata->data);
    } else if (lane->early_count < AZ_EARLY_METADATA_MAX) {
        lane->early[lane->early_count++] =
            (az_early_metadata){metadata->codec, metadata->pts, az_slice_ref(metadata->data)};
    }
}
