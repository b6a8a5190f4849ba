/*
 * The lane: which segment comes next, one at a time; what it needs first; its bytes to the demuxer; what to
 * do when it does not come. Parts and segments that are still being written are segments here, too.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define SKIPS_PER_STEP 256                     /* segments passed over (gaps, unusable URIs) in one step */
#define SWITCH_SLACK   (60 * AIZU_MILLISECOND) /* variants agree about segment starts within this */
#define REFUSALS_MAX   8                       /* tries while the buffer still lasts */

static az_fetch_slot segment_slot(const az_lane *lane)
{
    return az_slot(lane->kind, AZ_FETCH_SEGMENT);
}

aizu_result az_lane_init(az_lane *lane, az_engine *e, az_lane_kind kind)
{
    lane->e = e;
    lane->kind = kind;
    lane->current = lane->wanted = AZ_NO_SOURCE;
    lane->complete_end = AIZU_NO_TIME;
    az_demux_sink sink = az_place_sink(lane);
    lane->demuxer = az_demuxer_create(&sink);
    return lane->demuxer ? AIZU_OK : AIZU_E_MEMORY;
}

static void tracks_drop(az_lane *lane)
{
    for (size_t i = 0; i < lane->track_count; i++)
        az_slice_unref(&lane->tracks[i].config);
    lane->track_count = 0;
}

void az_lane_deinit(az_lane *lane)
{
    az_place_drop_early(lane);
    tracks_drop(lane);
    az_open_end(lane);
    az_demuxer_destroy(&lane->demuxer);
    free(lane->url);
    lane->url = NULL;
}

/* Another presentation: the demuxer announces its tracks anew. */
void az_lane_forget(az_lane *lane)
{
    tracks_drop(lane);
    az_demuxer_forget(lane->demuxer);
    lane->map_fed = 0;
    lane->has_own_domain = false;
}

void az_lane_stop(az_lane *lane)
{
    az_engine *e = lane->e;
    lane->skipped = AIZU_OK;
    az_fetch_stop(e, segment_slot(lane));
    az_fetch_stop(e, az_slot(lane->kind, AZ_FETCH_MAP));
    az_demuxer_reset(lane->demuxer);
    az_place_drop_early(lane);
    az_open_end(lane);
    lane->state = AZ_LANE_STOPPED;
    lane->complete_end = AIZU_NO_TIME;
    lane->has_refused_hint = false;
}

void az_lane_begin(az_lane *lane, int64_t pts, bool is_exact)
{
    az_lane_stop(lane);
    lane->state = AZ_LANE_CHOOSING;
    lane->is_by_time = true;
    lane->cover = pts;
    lane->is_exact = is_exact;
    lane->steps_back = is_exact ? 0 : AZ_STEPS_BACK_MAX;
    lane->is_contiguous = false;
    lane->success = lane->e->now;
    lane->gap = UINT64_MAX;
    lane->e->is_again = true;
}

/* ---- choosing ---- */

void az_lane_fault(az_lane *lane, const az_fetch_outcome *outcome, bool is_fatal, const char *stage)
{
    if (lane->kind == AZ_LANE_SCRUB) {
        if (is_fatal)
            az_scrub_failed(lane->e);
        return;
    }
    az_report_fault(lane->e, &(az_fault){.result = outcome->result,
                                         .is_fatal = is_fatal && lane->kind == AZ_LANE_MAIN,
                                         .stage = stage,
                                         .url = outcome->url ? outcome->url : lane->url,
                                         .http_status = outcome->http_status,
                                         .segment = (int64_t)lane->segment.sequence,
                                         .position = lane->segment.start,
                                         .detail = outcome->detail});
    if (is_fatal && lane->kind != AZ_LANE_MAIN)
        az_rendition_give_up(lane, outcome);
}

/* Where the media that the lane has queued ends. */
static int64_t queued_end(const az_lane *lane)
{
    int64_t end = AIZU_NO_TIME;
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        const az_stream_state *s = &lane->e->streams[i];
        int64_t stream_end = az_stream_queue_end(s);
        if (s->lane == lane->kind && az_stream_is_fed(lane->e, (az_stream)i) && stream_end != AIZU_NO_TIME)
            end = end == AIZU_NO_TIME ? stream_end : AZ_MIN(end, stream_end);
    }
    return end == AIZU_NO_TIME ? lane->complete_end : AZ_MAX(end, lane->complete_end);
}

static az_list_cursor cursor_after(const az_list_item *item)
{
    if (item->part == AZ_LIST_WHOLE || item->is_last_part)
        return (az_list_cursor){item->sequence + 1, 0};
    return (az_list_cursor){item->sequence, item->part + 1};
}

static bool find_by_time(const az_lane *lane, const az_list *list, az_list_item *item)
{
    int64_t pts = az_add_sat(lane->cover, lane->is_exact ? 0 : SWITCH_SLACK);
    if (!az_list_locate(list, pts, item))
        return false;
    bool is_picture = lane->kind == AZ_LANE_MAIN || lane->kind == AZ_LANE_SCRUB;
    if (lane->is_exact && is_picture)
        return true; /* a seek to the very end shows the last frame; anything else waits for what comes */
    while (item->duration > 0 && pts >= az_add_sat(item->start, item->duration)) {
        if (!az_list_next(list, cursor_after(item), item))
            return false;
        if (!item->is_independent) /* nothing can begin with it */
            pts = az_add_sat(item->start, item->duration);
    }
    return true;
}

/* Announced, and not complete on the server. */
static bool is_to_come(const az_list_item *item)
{
    return item->is_hint || (item->flags & AZ_SEGMENT_PREFETCH);
}

static bool find_next(const az_lane *lane, const az_list *list, az_list_item *item)
{
    if (lane->is_by_time)
        return find_by_time(lane, list, item);
    if (!az_list_next(list, lane->next, item))
        return false;
    return !is_to_come(item) || !lane->has_refused_hint || item->sequence != lane->refused_hint.sequence ||
           item->part != lane->refused_hint.part;
}

/* In the middle of a segment that comes in parts there is no picture that another source could begin with. */
static bool is_inside_segment(const az_lane *lane)
{
    const az_list *list = az_source_list(lane);
    az_list_item next;
    if (lane->is_by_time || !lane->is_contiguous || lane->segment.part == AZ_LIST_WHOLE ||
        lane->segment.is_last_part || az_source_current(lane)->penalty_until > lane->e->now || !list)
        return false;
    if (find_next(lane, list, &next))
        return next.sequence == lane->segment.sequence;
    return !az_list_is_ended(list);
}

/* Goes to the wanted source where the media queued so far ends. */
static void adopt_wanted(az_lane *lane)
{
    if (lane->wanted == lane->current || !az_source_is_ready(lane, lane->wanted) || is_inside_segment(lane))
        return;
    if (!lane->is_by_time) {
        lane->cover = queued_end(lane);
        if (lane->cover == AIZU_NO_TIME)
            lane->cover = az_add_sat(lane->segment.start, lane->segment.duration);
        lane->is_by_time = true;
        lane->is_exact = false;
        lane->steps_back = 0;
    }
    az_source_adopt(lane, lane->wanted, lane->cover);
}

/* The next segment will soon slide out of a live window: it is fetched even into a full buffer. */
static bool is_about_to_slide(const az_lane *lane)
{
    const az_list *list = az_source_list(lane);
    az_list_item next;
    if (!list || az_list_is_ended(list) || lane->is_by_time ||
        !az_list_find(list, lane->next.sequence, &next))
        return false;
    int64_t margin = 2 * az_list_playlist(list)->target_duration;
    return next.start - az_list_begin(list) < margin &&
           az_stream_held(lane) < az_add_sat(lane->e->config.buffer_ahead_max, margin - next.duration);
}

/* How much the lane has ahead: subtitles queue nothing that could be counted. */
static int64_t held(const az_lane *lane)
{
    int64_t position = az_playback_position(lane->e);
    if (lane->kind != AZ_LANE_TEXT)
        return az_stream_held(lane);
    if (position == AIZU_NO_TIME || lane->complete_end == AIZU_NO_TIME)
        return 0;
    return AZ_MAX(0, az_sub_sat(lane->complete_end, position));
}

static bool is_buffer_full(const az_lane *lane)
{
    const az_engine_config *config = &lane->e->config;
    bool is_bytes_full = az_stream_bytes(lane->e) >= config->buffer_bytes_max;
    /* a lane that has nothing may not wait for one that has all */
    if (is_bytes_full && held(lane) >= AZ_START_AHEAD)
        return true;
    return held(lane) >= config->buffer_ahead_max && !is_about_to_slide(lane);
}

/* The window slid past what comes next. At its edge the following segments would be lost one by one: playback
 * goes on at a distance from it, where a viewer who joins begins. */
static bool is_overtaken(const az_lane *lane, const az_list_item *item)
{
    uint64_t expected = lane->next.sequence + (lane->next.part > 0); /* behind the last part: the next one */
    return az_source_is_live(lane->e) && !lane->is_by_time && item->sequence > expected &&
           item->start < az_source_live_start(lane->e);
}

static void go_to_live(az_lane *lane)
{
    lane->is_by_time = true;
    lane->is_exact = false;
    lane->steps_back = AZ_STEPS_BACK_MAX;
    lane->cover = az_source_live_start(lane->e);
    lane->is_contiguous = false;
}

static void pass_over(az_lane *lane, const az_list_item *item)
{
    lane->next = cursor_after(item);
    lane->is_by_time = false;
    lane->is_contiguous = false;
}

/* The part that follows the one before it: the demuxer and all that is known of the segment go on. */
static bool is_continuation(const az_lane *lane, const az_list_item *item)
{
    const az_list_item *last = &lane->segment;
    return !lane->is_by_time && lane->source == lane->current && lane->is_contiguous &&
           last->sequence == item->sequence && last->part != AZ_LIST_WHOLE && item->part != AZ_LIST_WHOLE &&
           last->part + 1 == item->part;
}

static bool follows(const az_lane *lane, const az_list_item *item)
{
    const az_list_item *last = &lane->segment;
    return !lane->is_by_time && lane->source == lane->current &&
           (last->sequence + 1 == item->sequence || last->sequence == item->sequence);
}

static void begin_segment(az_lane *lane, const az_list_item *item)
{
    bool is_part = is_continuation(lane, item);
    lane->is_overlapping = lane->segment.sequence == item->sequence;
    lane->is_contiguous = lane->is_contiguous && follows(lane, item);
    lane->segment = *item;
    lane->source = lane->current;
    lane->next = cursor_after(item);
    lane->is_by_time = false;
    lane->bytes_idle = 0;
    lane->verdict = AZ_LANE_GO_ON;
    if (is_part)
        return;
    lane->is_placed = false;
    lane->is_list_corrected = false;
    lane->listed_start = item->start;
    lane->ordinal_count = 0;
    lane->is_cue_limit_told = false;
}

static bool start_segment(az_lane *lane, const az_list_item *item)
{
    az_engine *e = lane->e;
    char url[AIZU_URL_SIZE_MAX];
    aizu_result result =
        az_url_resolve(url, sizeof(url), az_span_str(az_source_current(lane)->base), item->uri);
    begin_segment(lane, item);
    char *copy = result == AIZU_OK ? az_text_copy(url) : NULL;
    az_engine_retire(e, lane->url);
    lane->url = copy;
    az_fetch_outcome outcome = {.result = result, .detail = "the segment's URI cannot be used"};
    if (result == AIZU_OK && !copy)
        outcome = (az_fetch_outcome){.result = AIZU_E_MEMORY};
    if (outcome.result == AIZU_OK) {
        outcome.result = az_open_begin(lane, item);
        outcome.detail = outcome.result == AIZU_E_UNSUPPORTED
                             ? "segments that are encrypted in a way that is not known"
                             : "the URI of a key or map cannot be used";
    }
    if (outcome.result != AIZU_OK) {
        bool is_fatal = outcome.result == AIZU_E_MEMORY || outcome.result == AIZU_E_UNSUPPORTED;
        az_lane_fault(lane, &outcome, is_fatal, "segment");
        if (is_fatal)
            return true;
        lane->skipped = outcome.result;
        lane->skipped_status = 0;
        pass_over(lane, item);
        return false;
    }
    lane->state = AZ_LANE_OPENING;
    return true;
}

/* A recording of which nothing could be loaded has not been played to its end: it failed. */
static void end_of_list(az_lane *lane)
{
    az_engine *e = lane->e;
    az_fetch_outcome outcome = {
        .result = lane->skipped, .http_status = lane->skipped_status, .detail = "no segment could be loaded"};
    bool is_nothing = queued_end(lane) == AIZU_NO_TIME && e->playback.fill == AZ_FILL_START;
    lane->state = AZ_LANE_ENDED;
    e->is_again = true;
    if (lane->kind == AZ_LANE_SCRUB)
        az_scrub_failed(e);
    else if (is_nothing && outcome.result != AIZU_OK)
        az_lane_fault(lane, &outcome, true, "segment");
}

/* A gap (EXT-X-GAP, bis 6.3.3) that another variant may not have: that one is tried first. */
static bool is_leaving_gap(az_lane *lane, const az_list_item *item)
{
    if (lane->kind != AZ_LANE_MAIN)
        return false;
    if (lane->gap != item->sequence) {
        lane->gap = item->sequence;
        (void)az_source_fail_over(lane);
    }
    return lane->wanted != lane->current && az_fetch_is_busy(lane->e, az_slot(lane->kind, AZ_FETCH_SWITCH));
}

static bool carry_out_verdict(az_lane *lane);

/* A part that was hinted at did not say that it is the last of its segment; now another segment follows. What
 * the demuxer still holds is of the one before. */
static void close_segment(az_lane *lane)
{
    if (!lane->is_contiguous || lane->segment.part == AZ_LIST_WHOLE || lane->segment.is_last_part)
        return;
    lane->segment.is_last_part = true;
    if (az_demuxer_finish(lane->demuxer) == AIZU_OK)
        az_place_finish(lane);
    (void)carry_out_verdict(lane);
}

static void choose(az_lane *lane)
{
    adopt_wanted(lane);
    for (unsigned i = 0; i < SKIPS_PER_STEP; i++) {
        const az_list *list = az_source_list(lane);
        az_list_item item;
        if (!list || (az_list_is_empty(list) && az_list_end(list) == AIZU_NO_TIME))
            return;
        bool is_found = find_next(lane, list, &item);
        if (is_found ? !is_continuation(lane, &item) : az_list_is_ended(list))
            close_segment(lane);
        if (lane->state != AZ_LANE_CHOOSING)
            return;
        if (!is_found) {
            if (az_list_is_ended(list))
                end_of_list(lane);
            return;
        }
        if (lane->kind == AZ_LANE_TEXT && !az_timemap_has(lane->e->timemap, item.domain))
            return; /* the variant will say how the media's clock stands */
        if (is_overtaken(lane, &item))
            go_to_live(lane);
        else if ((item.flags & AZ_SEGMENT_GAP) && is_leaving_gap(lane, &item))
            return;
        else if (item.flags & AZ_SEGMENT_GAP)
            pass_over(lane, &item);
        else if (start_segment(lane, &item))
            return;
    }
    az_engine_wake(lane->e, lane->e->now);
}

/* ---- opening and loading ---- */

/* A server holds the answer back until a part that it hinted at, or a segment that it announced, is there. */
static int64_t patience_for(const az_lane *lane)
{
    const az_list *list = az_source_list(lane);
    return is_to_come(&lane->segment) && list ? az_rescale(az_list_playlist(list)->target_duration, 3, 1) : 0;
}

static void open_segment(az_lane *lane)
{
    az_engine *e = lane->e;
    az_fetch_outcome outcome = {0};
    switch (az_open_step(lane, &outcome)) {
    case AZ_OPEN_WAIT:
        return;
    case AZ_OPEN_FAILED:
        az_lane_refused(lane, &outcome);
        return;
    case AZ_OPEN_READY:
        break;
    }
    az_fetch_request request = {
        .url = lane->url, .range = lane->segment.range, .patience = patience_for(lane)};
    lane->state = AZ_LANE_LOADING;
    if (az_fetch_start(e, segment_slot(lane), &request) != AIZU_OK)
        az_lane_fault(lane, &(az_fetch_outcome){.result = AIZU_E_MEMORY}, true, "segment");
}

/* A retry that waits takes the URI that the newest playlist gives: the old one may have been cut or expired.
 */
static void renew_uri(az_lane *lane)
{
    const az_list *list = az_source_list(lane);
    az_list_item item;
    char url[AIZU_URL_SIZE_MAX];
    if (lane->e->fetches[segment_slot(lane)].state != AZ_FETCH_WAITING || lane->source != lane->current ||
        lane->segment.part != AZ_LIST_WHOLE || !list || !az_list_find(list, lane->segment.sequence, &item) ||
        item.sequence != lane->segment.sequence)
        return;
    if (az_url_resolve(url, sizeof(url), az_span_str(az_source_current(lane)->base), item.uri) == AIZU_OK)
        az_fetch_retarget(lane->e, segment_slot(lane), url);
}

/* A retry that waits is given up for another variant that is ready. */
static void leave_failing(az_lane *lane)
{
    az_engine *e = lane->e;
    if (e->fetches[segment_slot(lane)].state != AZ_FETCH_WAITING || lane->wanted == lane->current ||
        !az_source_is_ready(lane, lane->wanted))
        return;
    az_fetch_stop(e, segment_slot(lane));
    az_demuxer_reset(lane->demuxer);
    az_place_drop_early(lane);
    lane->state = AZ_LANE_CHOOSING;
    lane->is_contiguous = false;
    if (queued_end(lane) == AIZU_NO_TIME) {
        lane->is_by_time = true;
        lane->cover = lane->segment.start;
    }
    choose(lane);
}

static void hold_when_full(az_lane *lane)
{
    const az_engine_config *config = &lane->e->config;
    int64_t beyond = az_stream_held(lane) - config->buffer_ahead_max; /* of a very long segment */
    uint64_t bytes = az_stream_bytes(lane->e);
    bool is_bytes_over = bytes > config->buffer_bytes_max && az_stream_held(lane) >= AZ_START_AHEAD;
    bool is_over = is_bytes_over || beyond > AZ_HOLD_BEYOND;
    bool is_low = (bytes < config->buffer_bytes_max / 4 * 3 || az_stream_held(lane) < AZ_START_AHEAD) &&
                  beyond < AZ_HOLD_BEYOND / 2;
    if (is_over || is_low)
        az_fetch_hold(lane->e, segment_slot(lane), is_over);
}

void az_lane_step(az_lane *lane)
{
    az_engine *e = lane->e;
    switch (lane->state) {
    case AZ_LANE_STOPPED:
    case AZ_LANE_ENDED:
        break;
    case AZ_LANE_CHOOSING:
        if (!is_buffer_full(lane))
            choose(lane);
        else if (e->playback.clock.is_running)
            az_engine_wake(e, az_add_sat(e->now, AZ_MAX(held(lane) - e->config.buffer_ahead_max,
                                                        10 * AIZU_MILLISECOND)));
        break;
    case AZ_LANE_OPENING:
    case AZ_LANE_LOADING:
        break;
    }
    if (lane->state == AZ_LANE_OPENING)
        open_segment(lane);
    if (lane->state != AZ_LANE_LOADING)
        return;
    hold_when_full(lane);
    renew_uri(lane);
    leave_failing(lane);
}

/* ---- bytes ---- */

static void skip_segment(az_lane *lane)
{
    az_fetch_stop(lane->e, segment_slot(lane));
    az_fetch_stop(lane->e, az_slot(lane->kind, AZ_FETCH_MAP));
    az_demuxer_reset(lane->demuxer);
    az_place_drop_early(lane);
    lane->is_contiguous = false;
    lane->is_by_time = false;
    lane->state = AZ_LANE_CHOOSING;
    lane->e->is_again = true;
}

/* True: the segment is no longer the one in hand. */
static bool carry_out_verdict(az_lane *lane)
{
    uint64_t sequence = lane->segment.sequence;
    az_lane_verdict verdict = lane->verdict;
    lane->verdict = AZ_LANE_GO_ON;
    switch (verdict) {
    case AZ_LANE_GO_ON:
        return false;
    case AZ_LANE_STEP_BACK:
        skip_segment(lane);
        lane->steps_back++;
        lane->next = (az_list_cursor){sequence - 1, 0};
        break;
    case AZ_LANE_NO_MEMORY:
        az_lane_fault(lane, &(az_fetch_outcome){.result = AIZU_E_MEMORY}, true, "demux");
        break;
    case AZ_LANE_NO_KEY: /* it costs the segment: the next one may be in the clear */
        az_lane_refused(lane,
                        &(az_fetch_outcome){.result = AIZU_E_UNSUPPORTED,
                                            .detail = "samples are encrypted and the playlist names no key"});
        break;
    }
    return true;
}

static const char *detail_of(const az_lane *lane, aizu_result result)
{
    switch ((int)result) {
    case AIZU_E_MEDIA:
        return lane->segment_cipher
                   ? "decrypted with its key the segment is no media"
                   : "neither transport stream nor fragmented MP4 nor any other that is known";
    case AIZU_E_LIMIT:
        return "the segment goes on without anything new";
    default:
        return "no memory for the demuxer";
    }
}

void az_lane_data(az_lane *lane, az_slice data)
{
    az_engine *e = lane->e;
    if (lane->state != AZ_LANE_LOADING)
        return;
    az_slice clear;
    lane->bytes_idle += data.size;
    aizu_result result = az_open_decrypt(lane, data, &clear);
    if (result == AIZU_OK && clear.size > 0)
        result = az_demuxer_feed(lane->demuxer, clear);
    az_slice_unref(&clear);
    if (result == AIZU_OK && lane->bytes_idle > AZ_IDLE_BYTES_MAX)
        result = AIZU_E_LIMIT;
    if (carry_out_verdict(lane) || result == AIZU_OK)
        return;
    e->stats.requests_failed++;
    az_lane_fetched(lane, &(az_fetch_outcome){.result = result, .detail = detail_of(lane, result)});
}

static void try_again(az_lane *lane, const az_fetch_outcome *outcome)
{
    az_demuxer_reset(lane->demuxer);
    az_place_drop_early(lane);
    lane->bytes_idle = 0;
    lane->ordinal_count = 0;
    if (lane->segment_cipher) { /* from its beginning, too */
        az_segment_cipher_destroy(&lane->segment_cipher);
        az_fetch_outcome ignored = {0};
        (void)az_open_step(lane, &ignored);
    }
    az_fetch_again(lane->e, segment_slot(lane), outcome->retry_after);
}

static bool is_network_down(aizu_result result)
{
    return result == AIZU_E_RESOLVE || result == AIZU_E_CONNECT || result == AIZU_E_TLS ||
           result == AIZU_E_STALLED || result == AIZU_E_TRANSFER || result == AIZU_E_THROTTLED;
}

static bool slid_out(const az_lane *lane)
{
    const az_list *list = az_source_list(lane);
    az_list_item item;
    return list && az_list_find(list, lane->segment.sequence, &item) &&
           item.sequence != lane->segment.sequence;
}

/* The server answers, and not with the segment; or always breaks off. */
static bool is_refused(const az_lane *lane, const az_fetch_outcome *outcome, bool is_dry)
{
    const az_fetch *fetch = &lane->e->fetches[segment_slot(lane)];
    if (is_network_down(outcome->result))
        return is_dry && fetch->breaks >= AZ_RETRY_BREAKS_MAX;
    return fetch->tries >= AZ_RETRY_SEGMENT_MAX && (is_dry || fetch->tries >= REFUSALS_MAX);
}

void az_lane_refused(az_lane *lane, const az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    bool is_lost = lane->kind == AZ_LANE_MAIN && az_playback_available_end(e) == AIZU_NO_TIME;
    bool is_key = lane->state == AZ_LANE_OPENING && lane->opening.key.method != AZ_KEY_NONE;
    az_fetch_outcome mine = *outcome;
    if (is_key && !mine.detail)
        mine.detail = "the key of the segment cannot be had";
    bool is_hopeless = lane->kind == AZ_LANE_MAIN && az_playback_ahead(e) <= 0 &&
                       az_add_sat(lane->success, AZ_GIVE_UP_AFTER) <= e->now;
    if (is_hopeless) {
        az_lane_fault(lane, &mine, true, is_key ? "key" : "segment");
        return;
    }
    if (is_key && is_lost && !az_source_fail_over(lane)) { /* every segment will want it */
        az_lane_fault(lane, &mine, true, "key");
        return;
    }
    az_lane_fault(lane, &mine, false, "segment skipped");
    lane->skipped = mine.result;
    lane->skipped_status = mine.http_status;
    skip_segment(lane);
}

/* What was hinted at did not come true: nothing is wrong with the stream (bis 4.4.5.3). It comes when the
 * playlist lists it. */
static void hint_refused(az_lane *lane)
{
    az_list_item *item = &lane->segment;
    lane->has_refused_hint = true;
    lane->refused_hint = (az_list_cursor){item->sequence, item->part};
    az_fetch_stop(lane->e, segment_slot(lane));
    lane->next = (az_list_cursor){item->sequence, item->part == AZ_LIST_WHOLE ? 0 : item->part};
    if (item->part == AZ_LIST_WHOLE || item->part == 0) {
        item->part = AZ_LIST_WHOLE;
        item->sequence--;
    } else {
        item->part--;
    }
    lane->state = AZ_LANE_CHOOSING;
}

static void segment_failed(az_lane *lane, const az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    const az_fetch *fetch = &e->fetches[segment_slot(lane)];
    int64_t ahead = lane->kind == AZ_LANE_TEXT ? held(lane) : az_playback_ahead(e);
    bool is_dry = ahead < AIZU_SECOND;
    bool is_hopeless = az_add_sat(lane->success, AZ_GIVE_UP_AFTER) <= e->now && is_dry;
    if (outcome->result == AIZU_E_MEMORY || is_hopeless) {
        az_lane_fault(lane, outcome, true, "segment");
        return;
    }
    if (is_to_come(&lane->segment) && fetch->responded == AIZU_NO_TIME && !is_network_down(outcome->result)) {
        hint_refused(lane);
        return;
    }
    uint64_t id = fetch->id;
    if (fetch->tries == (outcome->result == AIZU_E_STALLED ? 1 : 2)) {
        az_lane_fault(lane, outcome, false, "segment");
        (void)az_source_fail_over(lane);
    }
    if (lane->state != AZ_LANE_LOADING || fetch->id != id)
        return;
    if (is_refused(lane, outcome, is_dry) || slid_out(lane)) {
        az_lane_refused(lane, outcome);
        return;
    }
    try_again(lane, outcome);
}

/* The end of a segment, or of its last part, flushes the demuxer; containers without boxes go on over parts.
 */
static bool is_demuxer_done(const az_lane *lane)
{
    bool is_part = lane->segment.part != AZ_LIST_WHOLE && !lane->segment.is_last_part;
    az_container container = az_demuxer_container(lane->demuxer);
    return !is_part || (container != AZ_CONTAINER_TS && container != AZ_CONTAINER_PACKED_AUDIO);
}

static void segment_complete(az_lane *lane)
{
    az_engine *e = lane->e;
    if (lane->kind == AZ_LANE_SCRUB) {
        az_scrub_complete(e);
        return;
    }
    az_place_finish(lane);
    lane->is_contiguous = true;
    lane->success = e->now;
    lane->cover = AIZU_NO_TIME;
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        const az_stream_state *s = &e->streams[i];
        if (s->lane == lane->kind)
            lane->complete_end = AZ_MAX(lane->complete_end, az_stream_queue_end(s));
    }
    if (lane->kind == AZ_LANE_TEXT)
        lane->complete_end = az_add_sat(lane->segment.start, lane->segment.duration);
    lane->state = AZ_LANE_CHOOSING;
    e->is_again = true;
}

static aizu_result finish_demuxer(az_lane *lane)
{
    az_slice rest;
    aizu_result result = az_open_decrypt_end(lane, &rest);
    if (result == AIZU_OK && rest.size > 0)
        result = az_demuxer_feed(lane->demuxer, rest);
    az_slice_unref(&rest);
    if (result == AIZU_OK && is_demuxer_done(lane))
        result = az_demuxer_finish(lane->demuxer);
    return result;
}

/* A segment gave nothing because what is in it is encrypted and no key was named. */
static bool is_without_key(const az_lane *lane)
{
    bool is_encrypted = false;
    for (size_t i = 0; i < lane->track_count; i++)
        is_encrypted = is_encrypted || lane->tracks[i].is_encrypted;
    return is_encrypted && lane->opening.key.method == AZ_KEY_NONE;
}

void az_lane_fetched(az_lane *lane, const az_fetch_outcome *outcome)
{
    if (lane->state != AZ_LANE_LOADING)
        return;
    if (outcome->result != AIZU_OK) {
        segment_failed(lane, outcome);
        return;
    }
    aizu_result result = finish_demuxer(lane);
    if (carry_out_verdict(lane))
        return;
    const char *detail = result == AIZU_OK ? "the segment holds no media" : detail_of(lane, result);
    if (result == AIZU_OK && !lane->is_placed && lane->early_count == 0 && lane->kind != AZ_LANE_TEXT)
        result = AIZU_E_MEDIA;
    if (result == AIZU_E_MEDIA && is_without_key(lane)) {
        lane->verdict = AZ_LANE_NO_KEY;
        (void)carry_out_verdict(lane);
        return;
    }
    if (result != AIZU_OK) {
        segment_failed(lane, &(az_fetch_outcome){.result = result, .detail = detail});
        return;
    }
    az_fetch_stop(lane->e, segment_slot(lane));
    segment_complete(lane);
}
