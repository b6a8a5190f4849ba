/*
 * The lane: which segment comes next, one at a time; its bytes to the demuxer; what to do when it does not
 * come.
 */
#include "engine/internal.h"

#include <string.h>

#define SKIPS_PER_STEP 256                     /* segments passed over (gaps, unusable URIs) in one step */
#define SWITCH_SLACK   (60 * AIZU_MILLISECOND) /* variants agree about segment starts within this */
#define REFUSALS_MAX   8                       /* tries while the buffer still lasts */

aizu_result az_lane_init(az_engine *e)
{
    az_demux_sink sink = az_place_sink(e);
    e->lane.ts = az_ts_create(&sink);
    return e->lane.ts ? AIZU_OK : AIZU_E_MEMORY;
}

void az_lane_deinit(az_engine *e)
{
    az_place_drop_early(&e->lane);
    az_ts_destroy(&e->lane.ts);
}

/* Another presentation: the demuxer announces its tracks anew. */
void az_lane_forget(az_engine *e)
{
    e->lane.track_count = 0;
    az_lane_deinit(e);
    (void)az_lane_init(e); /* without memory there is no demuxer: the next load fails */
}

void az_lane_stop(az_engine *e)
{
    az_lane *lane = &e->lane;
    lane->skipped = AIZU_OK;
    az_fetch_stop(e, AZ_FETCH_SEGMENT);
    if (lane->ts)
        az_ts_reset(lane->ts);
    az_place_drop_early(lane);
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
    lane->steps_back = is_exact ? 0 : AZ_STEPS_BACK_MAX;
    lane->is_contiguous = false;
    lane->success = e->now;
    e->is_again = true;
}

/* ---- choosing ---- */

void az_lane_fault(az_engine *e, const az_fetch_outcome *outcome, bool is_fatal, const char *stage)
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
    az_source_adopt(e, p->wanted, lane->cover);
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
    e->lane.steps_back = AZ_STEPS_BACK_MAX;
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
        az_lane_fault(e, &(az_fetch_outcome){.result = result, .detail = "the segment's URI cannot be used"},
                      false, "segment");
        pass_over(lane, item);
        return false;
    }
    lane->is_by_time = false;
    lane->is_placed = false;
    lane->is_list_corrected = false;
    lane->listed_start = item->start;
    lane->bytes_idle = 0;
    lane->verdict = AZ_LANE_GO_ON;
    lane->ordinal_count = 0;
    lane->is_cue_limit_told = false;
    lane->state = AZ_LANE_LOADING;
    if (az_fetch_start(e, AZ_FETCH_SEGMENT, url, item->range) != AIZU_OK)
        az_lane_fault(e, &(az_fetch_outcome){.result = AIZU_E_MEMORY}, true, "segment");
    return true;
}

/* A recording of which nothing could be loaded has not been played to its end: it failed. */
static void end_of_list(az_engine *e)
{
    az_lane *lane = &e->lane;
    az_fetch_outcome outcome = {lane->skipped, lane->skipped_status, 0, "no segment could be loaded"};
    bool is_nothing = az_playback_available_end(e) == AIZU_NO_TIME && e->playback.fill == AZ_FILL_START;
    lane->state = AZ_LANE_ENDED;
    e->is_again = true;
    if (is_nothing && outcome.result != AIZU_OK)
        az_lane_fault(e, &outcome, true, "segment");
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
            if (az_list_is_ended(list))
                end_of_list(e);
            return;
        }
        if (item.map || item.key) {
            az_lane_fault(e,
                          &(az_fetch_outcome){.result = AIZU_E_UNSUPPORTED,
                                              .detail = item.map ? "segments with EXT-X-MAP (fMP4)"
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
    az_place_drop_early(&e->lane);
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
        int64_t beyond = az_stream_held(e) - e->config.buffer_ahead_max; /* of a very long segment */
        uint64_t bytes = az_stream_bytes(e);
        bool is_over = bytes > e->config.buffer_bytes_max || beyond > AZ_HOLD_BEYOND;
        bool is_low = bytes < e->config.buffer_bytes_max / 4 * 3 && beyond < AZ_HOLD_BEYOND / 2;
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
        az_lane_fault(e, &(az_fetch_outcome){.result = AIZU_E_MEMORY}, true, "demux");
        break;
    }
    lane->verdict = AZ_LANE_GO_ON;
    return true;
}

void az_lane_data(az_engine *e, az_slice data)
{
    if (e->lane.state != AZ_LANE_LOADING)
        return;
    e->lane.bytes_idle += data.size;
    aizu_result result = az_ts_feed(e->lane.ts, az_slice_span(data));
    if (result == AIZU_OK && e->lane.bytes_idle > AZ_IDLE_BYTES_MAX)
        result = AIZU_E_LIMIT;
    if (carry_out_verdict(e) || result == AIZU_OK)
        return;
    if (result == AIZU_E_MEDIA) { /* it has given up its input for good */
        az_lane_forget(e);
        result = e->lane.ts ? AIZU_E_MEDIA : AIZU_E_MEMORY;
    }
    const char *detail = result == AIZU_E_MEDIA   ? "not a transport stream"
                         : result == AIZU_E_LIMIT ? "the segment goes on without anything new"
                                                  : "no memory for the demuxer";
    e->stats.requests_failed++;
    az_lane_fetched(e, &(az_fetch_outcome){.result = result, .detail = detail});
}

static void try_again(az_engine *e, const az_fetch_outcome *outcome)
{
    az_lane *lane = &e->lane;
    az_ts_reset(lane->ts);
    az_place_drop_early(lane);
    lane->bytes_idle = 0;
    lane->ordinal_count = 0;
    az_fetch_again(e, AZ_FETCH_SEGMENT, outcome->retry_after);
}

static void skip_segment(az_engine *e)
{
    az_lane *lane = &e->lane;
    az_fetch_stop(e, AZ_FETCH_SEGMENT);
    az_ts_reset(lane->ts);
    az_place_drop_early(lane);
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

/* The server answers, and not with the segment; or always breaks off. */
static bool is_refused(const az_engine *e, const az_fetch_outcome *outcome, bool is_dry)
{
    const az_fetch *fetch = &e->fetches[AZ_FETCH_SEGMENT];
    if (is_network_down(outcome->result))
        return is_dry && fetch->breaks >= AZ_RETRY_BREAKS_MAX;
    return fetch->tries >= AZ_RETRY_SEGMENT_MAX && (is_dry || fetch->tries >= REFUSALS_MAX);
}

static void segment_failed(az_engine *e, const az_fetch_outcome *outcome)
{
    const az_fetch *fetch = &e->fetches[AZ_FETCH_SEGMENT];
    bool is_dry = az_playback_ahead(e) < AIZU_SECOND;
    bool is_hopeless = az_add_sat(e->lane.success, AZ_GIVE_UP_AFTER) <= e->now && is_dry;
    if (outcome->result == AIZU_E_MEMORY || is_hopeless) {
        az_lane_fault(e, outcome, true, "segment");
        return;
    }
    if (fetch->tries == (outcome->result == AIZU_E_STALLED ? 1 : 2)) {
        az_lane_fault(e, outcome, false, "segment");
        (void)az_source_fail_over(e);
    }
    if (is_refused(e, outcome, is_dry) || slid_out(e)) {
        az_lane_fault(e, outcome, false, "segment skipped");
        e->lane.skipped = outcome->result;
        e->lane.skipped_status = outcome->http_status;
        skip_segment(e);
        return;
    }
    try_again(e, outcome);
}

static void segment_complete(az_engine *e)
{
    az_lane *lane = &e->lane;
    az_place_finish(e);
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
