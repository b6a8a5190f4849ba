/*
 * Streams: samples wait here in order, go to the decoder a few at a time, and come back as frames.
 *
 * Back pressure: no more units are in a decoder's hands than are needed to keep AZ_FRAMES_HIGH pictures or
 * AZ_AUDIO_AHEAD of sound ready. Without decoding, units become frames themselves.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define UNITS_MAX      ((size_t)1 << 17)
#define DURATION_VIDEO (AIZU_SECOND / 30) /* assumed while unknown */
#define DURATION_AUDIO (AIZU_SECOND / 47)
#define SPLICE_MIN     (200 * AIZU_MILLISECOND) /* of another rendition, before it takes over */

static az_action *act(az_engine *e, az_action_type type, az_stream stream)
{
    az_action *action = az_mailbox_act(&e->mailbox, type);
    action->stream = stream;
    action->generation = e->streams[stream].generation;
    return action;
}

static void drop_frame(az_engine *e, az_stream stream, void *frame)
{
    if (frame)
        act(e, AZ_ACTION_DROP, stream)->frame = frame;
}

/* ---- rings of units ---- */

static az_unit_node *ring_at(const az_unit_ring *ring, size_t index)
{
    return &ring->nodes[(ring->begin + index) % ring->capacity];
}

static bool ring_grow(az_unit_ring *ring)
{
    size_t capacity = ring->capacity ? ring->capacity * 2 : 128;
    if (capacity > UNITS_MAX)
        return false;
    az_unit_node *nodes = malloc(capacity * sizeof(*nodes));
    if (!nodes)
        return false;
    for (size_t i = 0; i < ring->count; i++)
        nodes[i] = *ring_at(ring, i);
    free(ring->nodes);
    ring->nodes = nodes;
    ring->begin = 0;
    ring->capacity = capacity;
    return true;
}

static bool ring_put(az_unit_ring *ring, az_unit_node node)
{
    if (ring->count == ring->capacity && !ring_grow(ring))
        return false;
    ring->nodes[(ring->begin + ring->count++) % ring->capacity] = node;
    ring->bytes += node.unit.data.size;
    ring->held += node.unit.duration;
    return true;
}

static void ring_uncount(az_unit_ring *ring, const az_unit_node *node)
{
    ring->count--;
    ring->bytes -= node->unit.data.size;
    ring->held -= node->unit.duration;
}

static az_unit_node ring_pop(az_unit_ring *ring)
{
    az_unit_node node = *ring_at(ring, 0);
    ring_uncount(ring, &node);
    ring->begin = (ring->begin + 1) % ring->capacity;
    return node;
}

static az_format *format_ref(az_format *format)
{
    format->refs++;
    return format;
}

static void format_unref(az_format **pointer)
{
    az_format *format = *pointer;
    *pointer = NULL;
    if (!format || --format->refs > 0)
        return;
    az_slice_unref(&format->track.config);
    free(format);
}

static void node_drop(az_unit_node *node)
{
    az_slice_unref(&node->unit.data);
    format_unref(&node->format);
}

static void ring_clear(az_unit_ring *ring)
{
    while (ring->count > 0) {
        az_unit_node node = ring_pop(ring);
        node_drop(&node);
    }
    ring->first = ring->end = AIZU_NO_TIME;
}

/* Takes off the newest units that begin at or after `pts`. */
static void ring_cut(az_unit_ring *ring, int64_t pts)
{
    while (ring->count > 0 && ring_at(ring, ring->count - 1)->unit.pts >= pts) {
        az_unit_node node = *ring_at(ring, ring->count - 1);
        ring_uncount(ring, &node);
        node_drop(&node);
    }
}

static az_unit_node unit_pop(az_stream_state *s)
{
    az_unit_node node = ring_pop(&s->units);
    s->sent_end = AZ_MAX(s->sent_end, az_add_sat(node.unit.pts, node.unit.duration));
    return node;
}

static void units_drop(az_stream_state *s)
{
    ring_clear(&s->units);
    ring_clear(&s->next);
    s->is_replacing = false;
}

static void forget_times(az_stream_state *s, int64_t hide_before)
{
    s->begin = s->end = s->sent_end = s->last_dts = AIZU_NO_TIME;
    s->last_frame_pts = s->popped_pts = s->passed_dts = AIZU_NO_TIME;
    s->source_since = AIZU_NO_TIME;
    s->hide_before = hide_before;
    s->sent = 0;
}

void az_stream_deinit(az_engine *e, void (*drop)(void *user, az_stream stream, void *frame), void *user)
{
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        az_stream_state *s = &e->streams[i];
        units_drop(s);
        free(s->units.nodes);
        free(s->next.nodes);
        format_unref(&s->incoming);
        format_unref(&s->format);
        for (size_t k = 0; k < s->frame_count; k++)
            if (drop && s->frames[k].frame)
                drop(user, (az_stream)i, s->frames[k].frame);
    }
}

void az_stream_flush(az_engine *e, int64_t hide_before)
{
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        az_stream_state *s = &e->streams[i];
        units_drop(s);
        while (s->frame_count > 0)
            drop_frame(e, (az_stream)i, az_stream_pop_frame(s).frame);
        s->generation++;
        forget_times(s, hide_before);
        if (s->decoder == AZ_DECODER_DRAINING || s->decoder == AZ_DECODER_DRAINED)
            s->decoder = AZ_DECODER_READY;
        if (e->config.decode)
            act(e, AZ_ACTION_FLUSH, (az_stream)i);
    }
}

void az_stream_silence(az_engine *e)
{
    az_stream_state *s = &e->streams[AZ_STREAM_AUDIO];
    units_drop(s);
    s->generation++;
    forget_times(s, s->hide_before);
    s->is_announced = false;
    if (s->decoder == AZ_DECODER_DRAINING || s->decoder == AZ_DECODER_DRAINED)
        s->decoder = AZ_DECODER_READY;
    if (e->config.decode)
        act(e, AZ_ACTION_FLUSH, AZ_STREAM_AUDIO);
    e->playback.is_audio_running = false;
}

void az_stream_hide(az_engine *e, int64_t pts)
{
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        az_stream_state *s = &e->streams[i];
        s->hide_before = pts;
        while (s->frame_count > 0 && az_add_sat(s->frames[0].pts, s->frames[0].duration) <= pts)
            drop_frame(e, (az_stream)i, az_stream_pop_frame(s).frame);
    }
}

void az_stream_reset(az_engine *e)
{
    az_stream_flush(e, AIZU_NO_TIME);
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        az_stream_state *s = &e->streams[i];
        s->is_announced = false;
        s->lane = AZ_LANE_MAIN;
        s->frame_duration = 0;
        format_unref(&s->incoming);
        if (s->decoder == AZ_DECODER_DEAD)
            s->decoder = AZ_DECODER_NONE;
    }
}

static bool is_fitting(const az_format *format, const az_track *track)
{
    return format && format->track.codec == track->codec &&
           az_span_equal(az_slice_span(format->track.config), az_slice_span(track->config));
}

static void format_set(az_engine *e, az_stream_state *s, const az_track *track)
{
    if (is_fitting(s->incoming, track))
        return;
    az_format *format = malloc(sizeof(*format));
    if (!format) {
        az_log_printf(&e->config.log, AZ_LOG_ERROR, "engine", "no memory for the format of a stream");
        return;
    }
    *format = (az_format){.track = *track, .refs = 1};
    format->track.config = az_slice_ref(track->config);
    format_unref(&s->incoming);
    s->incoming = format;
}

void az_stream_track(az_engine *e, az_lane_kind lane, const az_track *track)
{
    az_stream_state *s = &e->streams[track->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    s->track = *track;
    s->track.config = (az_slice){0};
    s->lane = lane;
    s->is_announced = true;
    format_set(e, s, track);
    if (track->frame_rate_num > 0 && track->frame_rate_den > 0)
        s->frame_duration = az_rescale(AIZU_SECOND, track->frame_rate_den, track->frame_rate_num);
}

bool az_stream_is_fed(const az_engine *e, az_stream stream)
{
    const az_stream_state *s = &e->streams[stream];
    return s->end != AIZU_NO_TIME && s->decoder != AZ_DECODER_DEAD;
}

uint64_t az_stream_bytes(const az_engine *e)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < AZ_STREAMS; i++)
        bytes += e->streams[i].units.bytes + e->streams[i].next.bytes;
    return bytes;
}

int64_t az_stream_held(const az_lane *lane)
{
    int64_t held = 0;
    for (unsigned i = 0; i < AZ_STREAMS; i++) {
        const az_stream_state *s = &lane->e->streams[i];
        if (s->lane == lane->kind)
            held = AZ_MAX(held, s->is_replacing ? s->next.held : s->units.held);
    }
    return held;
}

bool az_stream_is_ending(const az_engine *e, az_stream stream)
{
    const az_stream_state *s = &e->streams[stream];
    bool is_to_be_replaced = s->is_replacing && s->next.count > 0; /* else the other one has nothing */
    return e->lanes[s->lane].state == AZ_LANE_ENDED && !is_to_be_replaced;
}

/* ---- samples in ---- */

/* Another distance than before counts when it comes twice: a lost unit makes one look long, an overlap short.
 */
static void learn_duration(az_stream_state *s, int64_t dts)
{
    if (s->last_dts == AIZU_NO_TIME || dts <= s->last_dts || dts - s->last_dts >= AIZU_SECOND)
        return;
    int64_t delta = dts - s->last_dts;
    int64_t change = delta - s->last_delta;
    bool is_repeated = change < s->last_delta / 8 && change > -s->last_delta / 8;
    s->last_delta = delta;
    if (s->frame_duration == 0 || is_repeated)
        s->frame_duration = delta;
}

static int64_t duration_of(az_stream_state *s, az_stream stream, int64_t dts, int64_t duration)
{
    if (duration > 0 && duration < AIZU_SECOND)
        s->frame_duration = duration;
    else
        learn_duration(s, dts);
    if (s->frame_duration > 0)
        return s->frame_duration;
    return stream == AZ_STREAM_VIDEO ? DURATION_VIDEO : DURATION_AUDIO;
}

/* What a retry, a repetition or an overlapping variant brings a second time. Pictures of another variant are
 * needed to decode those that follow, and behind a discontinuity decoding begins anew. */
static bool is_known(const az_stream_state *s, az_stream stream, const az_placed *placed, int64_t dts)
{
    int64_t end = az_stream_queue_end(s);
    if (end == AIZU_NO_TIME)
        return false;
    if (stream == AZ_STREAM_AUDIO)
        return placed->pts < end - s->frame_duration / 2;
    return placed->source == s->source && placed->domain == s->last_domain && s->last_dts != AIZU_NO_TIME &&
           dts <= s->last_dts;
}

static void note_source(az_stream_state *s, uint32_t source, int64_t pts)
{
    if (s->source_since == AIZU_NO_TIME)
        s->source = s->source_before = source;
    if (s->source == source && s->source_since != AIZU_NO_TIME)
        return;
    s->source_before = s->source;
    s->source = source;
    s->source_since = pts;
}

/* Puts what came of the other rendition into the place of the sound that is queued, as soon as there is
 * enough of it to go on with. */
static void splice(az_stream_state *s)
{
    if (!s->is_replacing || s->next.count == 0)
        return;
    int64_t from = AZ_MAX(s->sent_end, s->next.first);
    bool is_enough = s->next.end >= az_add_sat(from, SPLICE_MIN) || s->units.count == 0;
    if (!is_enough)
        return;
    ring_cut(&s->units, from);
    while (s->next.count > 0) {
        az_unit_node node = ring_pop(&s->next);
        if (az_add_sat(node.unit.pts, node.unit.duration / 2) < from || !ring_put(&s->units, node))
            node_drop(&node);
    }
    s->end = s->next.end;
    s->next.first = s->next.end = AIZU_NO_TIME;
    s->is_replacing = false;
}

int64_t az_stream_replace_audio(az_engine *e, az_lane_kind lane)
{
    az_stream_state *s = &e->streams[AZ_STREAM_AUDIO];
    ring_clear(&s->next);
    s->lane = lane;
    s->is_announced = false;
    s->is_replacing = s->end != AIZU_NO_TIME;
    if (s->decoder == AZ_DECODER_DEAD)
        s->decoder = AZ_DECODER_NONE;
    int64_t position = az_playback_position(e);
    return AZ_MAX(s->sent_end, position);
}

/* What the stream knows of its end, which another rendition does not continue. */
static int64_t *end_of(az_stream_state *s)
{
    return s->is_replacing ? &s->next.end : &s->end;
}

static bool queue_unit(az_engine *e, az_stream_state *s, const az_sample *sample, const az_unit *unit,
                       uint32_t source)
{
    az_unit_ring *ring = s->is_replacing ? &s->next : &s->units;
    az_unit_node node = {.unit = *unit, .format = format_ref(s->incoming), .source = source};
    if (e->config.decode)
        node.unit.data = az_slice_ref(sample->data);
    if (ring_put(ring, node))
        return true;
    node_drop(&node);
    az_log_printf(&e->config.log, AZ_LOG_ERROR, "engine", "a sample is dropped: too many wait");
    return false;
}

bool az_stream_push(az_engine *e, const az_sample *sample, const az_placed *placed)
{
    az_stream stream = sample->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO;
    az_stream_state *s = &e->streams[stream];
    if (s->decoder == AZ_DECODER_DEAD || !s->incoming)
        return true;
    int64_t pts = placed->pts;
    int64_t order = placed->dts == AIZU_NO_TIME ? pts : placed->dts;
    if (is_known(s, stream, placed, order))
        return false;
    int64_t duration = duration_of(s, stream, order, placed->duration);
    note_source(s, placed->source, pts);
    s->last_dts = order;
    s->last_domain = placed->domain;
    s->begin = s->begin == AIZU_NO_TIME ? pts : AZ_MIN(s->begin, pts);
    if (s->is_replacing && s->next.first == AIZU_NO_TIME)
        s->next.first = pts;
    *end_of(s) = AZ_MAX(*end_of(s), az_add_sat(pts, duration));
    az_unit unit = {.pts = pts, .dts = order, .duration = duration, .flags = sample->flags};
    (void)queue_unit(e, s, sample, &unit, placed->source);
    splice(s);
    return true;
}

/* ---- frames out ---- */

az_frame_node az_stream_pop_frame(az_stream_state *s)
{
    AZ_ASSERT(s->frame_count > 0);
    az_frame_node node = s->frames[0];
    s->popped_pts = node.pts;
    s->frame_count--;
    memmove(&s->frames[0], &s->frames[1], s->frame_count * sizeof(s->frames[0]));
    return node;
}

/* A frame that was shown before, or lies before the place playback goes to, is not taken. */
static bool is_wanted(const az_stream_state *s, int64_t pts, int64_t duration)
{
    if (s->hide_before != AIZU_NO_TIME && az_add_sat(pts, duration) <= s->hide_before)
        return false;
    return s->last_frame_pts == AIZU_NO_TIME || pts > s->last_frame_pts;
}

static bool frame_add(az_engine *e, az_stream stream, az_frame_node node)
{
    az_stream_state *s = &e->streams[stream];
    if (!is_wanted(s, node.pts, node.duration) || s->frame_count == AZ_FRAMES_MAX)
        return false;
    s->last_frame_pts = node.pts;
    node.id = ++e->playback.frame_id;
    bool is_before = s->source_since != AIZU_NO_TIME && node.pts < s->source_since;
    node.source = is_before ? s->source_before : s->source;
    s->frames[s->frame_count++] = node;
    return true;
}

static void sound_frame(az_engine *e, const az_event *event)
{
    az_stream_state *s = &e->streams[AZ_STREAM_AUDIO];
    bool is_hidden =
        s->hide_before != AIZU_NO_TIME && az_add_sat(event->pts, event->duration) <= s->hide_before;
    if (is_hidden || e->playback.is_audio_lost) {
        drop_frame(e, AZ_STREAM_AUDIO, event->frame);
        return;
    }
    az_action *action = act(e, AZ_ACTION_AUDIO, AZ_STREAM_AUDIO);
    action->frame = event->frame;
    action->pts = event->pts;
    action->trim_begin = s->hide_before != AIZU_NO_TIME ? AZ_MAX(0, s->hide_before - event->pts) : 0;
}

static void decoded(az_engine *e, const az_event *event)
{
    az_stream_state *s = &e->streams[event->stream];
    if (s->sent > 0)
        s->sent--;
    if (event->result == AIZU_OK)
        return;
    e->stats.frames_corrupt++;
    if (event->result != AIZU_E_CODEC || s->decoder == AZ_DECODER_DEAD)
        return;
    s->decoder = AZ_DECODER_DEAD;
    units_drop(s);
    az_report_fault(e, &(az_fault){.result = AIZU_E_CODEC,
                                   .stage = "decode",
                                   .segment = -1,
                                   .position = AIZU_NO_TIME,
                                   .detail = event->stream == AZ_STREAM_VIDEO ? "no decoder for the video"
                                                                              : "no decoder for the sound"});
}

void az_stream_event(az_engine *e, const az_event *event)
{
    az_stream_state *s = &e->streams[event->stream];
    if (event->generation != s->generation || e->playback.phase == AZ_PHASE_IDLE) {
        if (event->type == AZ_EVENT_FRAME)
            drop_frame(e, event->stream, event->frame);
        return;
    }
    if (event->type == AZ_EVENT_DECODED) {
        decoded(e, event);
    } else if (event->type == AZ_EVENT_DRAINED) {
        if (s->decoder == AZ_DECODER_DRAINING)
            s->decoder = AZ_DECODER_DRAINED;
    } else if (event->stream == AZ_STREAM_AUDIO) {
        sound_frame(e, event);
    } else {
        az_frame_node node = {.frame = event->frame,
                              .pts = event->pts,
                              .duration = event->duration > 0 ? event->duration : s->frame_duration,
                              .width = event->width,
                              .height = event->height};
        if (!frame_add(e, AZ_STREAM_VIDEO, node))
            drop_frame(e, AZ_STREAM_VIDEO, event->frame);
    }
}

/* ---- units to the decoder ---- */

/* The decoder fits the next unit, or is on the way to. */
static bool prepare_decoder(az_engine *e, az_stream stream, az_format *format)
{
    az_stream_state *s = &e->streams[stream];
    if (s->decoder == AZ_DECODER_READY && is_fitting(s->format, &format->track))
        return true;
    if (s->decoder == AZ_DECODER_READY) { /* another format: first all that the old one holds */
        s->decoder = AZ_DECODER_DRAINING;
        act(e, AZ_ACTION_DRAIN, stream);
        return false;
    }
    if (s->decoder == AZ_DECODER_DRAINING || s->decoder == AZ_DECODER_DEAD)
        return false;
    az_action *action = act(e, AZ_ACTION_DECODER, stream);
    format_unref(&s->format);
    s->format = format_ref(format);
    action->codec = format->track.codec;
    action->track = &s->format->track;
    s->decoder = AZ_DECODER_READY;
    s->sent = 0;
    return true;
}

/* How far the sound that the output has reaches beyond the position, seen from the unit that comes next. */
static int64_t sound_ahead(const az_engine *e, const az_unit_node *node)
{
    int64_t position = az_playback_position(e);
    if (position == AIZU_NO_TIME)
        position =
            e->playback.target != AIZU_NO_TIME ? e->playback.target : e->streams[AZ_STREAM_AUDIO].begin;
    return az_sub_sat(node->unit.pts, position);
}

static bool is_needed(az_engine *e, az_stream stream, const az_unit_node *node)
{
    az_stream_state *s = &e->streams[stream];
    bool is_low, is_high;
    if (stream == AZ_STREAM_VIDEO) {
        size_t ready = s->frame_count + s->sent;
        is_low = ready < AZ_FRAMES_LOW;
        is_high = ready >= AZ_FRAMES_HIGH;
    } else {
        int64_t ahead = sound_ahead(e, node);
        double rate = AZ_MAX(1.0, e->playback.rate); /* the output takes it so much faster */
        is_low = (double)ahead <= (double)AZ_AUDIO_LOW * rate;
        is_high = (double)ahead > (double)AZ_AUDIO_AHEAD * rate;
        if (!is_low && !az_stream_is_fed(e, AZ_STREAM_VIDEO)) /* pictures wake the engine often enough */
            az_engine_wake(e, az_clock_time(&e->playback.clock, node->unit.pts - AZ_AUDIO_LOW));
    }
    s->is_bursting = !is_high && (is_low || s->is_bursting);
    return s->is_bursting;
}

static void feed_decoder(az_engine *e, az_stream stream)
{
    az_stream_state *s = &e->streams[stream];
    while (s->units.count > 0) {
        az_unit_node *head = ring_at(&s->units, 0);
        bool is_thrown = stream == AZ_STREAM_AUDIO && (e->playback.is_audio_lost || !e->config.decode);
        if (!is_needed(e, stream, head) || (!is_thrown && !prepare_decoder(e, stream, head->format)))
            return;
        if (is_thrown) {
            az_unit_node node = unit_pop(s);
            node_drop(&node);
            continue;
        }
        az_action *action = act(e, AZ_ACTION_DECODE, stream);
        az_unit_node node = unit_pop(s);
        action->codec = node.format->track.codec;
        action->unit = node.unit;
        format_unref(&node.format);
        s->sent++;
    }
    if (az_stream_is_ending(e, stream) && s->decoder == AZ_DECODER_READY && s->sent == 0) {
        s->decoder = AZ_DECODER_DRAINING;
        act(e, AZ_ACTION_DRAIN, stream);
    }
}

/* No-decode: a unit becomes a frame, put into order of presentation. */
static void unit_to_frame(az_engine *e, const az_unit *unit)
{
    az_stream_state *s = &e->streams[AZ_STREAM_VIDEO];
    az_frame_node node = {
        .pts = unit->pts, .duration = unit->duration, .width = s->track.width, .height = s->track.height};
    bool is_hidden =
        s->hide_before != AIZU_NO_TIME && az_add_sat(unit->pts, unit->duration) <= s->hide_before;
    size_t at = s->frame_count;
    while (at > 0 && s->frames[at - 1].pts > unit->pts)
        at--;
    bool is_copy = at > 0 && s->frames[at - 1].pts == unit->pts;
    s->passed_dts = unit->dts;
    if (is_hidden || is_copy || (s->popped_pts != AIZU_NO_TIME && unit->pts <= s->popped_pts))
        return;
    bool is_before = s->source_since != AIZU_NO_TIME && node.pts < s->source_since;
    node.source = is_before ? s->source_before : s->source;
    node.id = ++e->playback.frame_id;
    memmove(&s->frames[at + 1], &s->frames[at], (s->frame_count - at) * sizeof(s->frames[0]));
    s->frames[at] = node;
    s->frame_count++;
}

static void units_to_frames(az_engine *e)
{
    az_stream_state *s = &e->streams[AZ_STREAM_VIDEO];
    while (s->units.count > 0 && s->frame_count < AZ_REORDER_MAX) {
        az_unit_node node = unit_pop(s);
        unit_to_frame(e, &node.unit);
        node_drop(&node);
    }
}

const az_frame_node *az_stream_head(const az_engine *e)
{
    const az_stream_state *s = &e->streams[AZ_STREAM_VIDEO];
    if (s->frame_count == 0)
        return NULL;
    const az_frame_node *head = &s->frames[0];
    bool is_settled = e->config.decode || s->passed_dts >= head->pts || s->frame_count >= AZ_REORDER_MAX ||
                      (az_stream_is_ending(e, AZ_STREAM_VIDEO) && s->units.count == 0);
    return is_settled ? head : NULL;
}

bool az_stream_is_drained(const az_engine *e, az_stream stream)
{
    const az_stream_state *s = &e->streams[stream];
    if (!az_stream_is_ending(e, stream) || s->units.count > 0)
        return false;
    if (!e->config.decode || (stream == AZ_STREAM_AUDIO && e->playback.is_audio_lost))
        return true;
    return s->decoder != AZ_DECODER_READY && s->decoder != AZ_DECODER_DRAINING;
}

void az_stream_step(az_engine *e)
{
    if (!e->config.decode) {
        units_to_frames(e);
        feed_decoder(e, AZ_STREAM_AUDIO);
        return;
    }
    for (unsigned i = 0; i < AZ_STREAMS; i++)
        feed_decoder(e, (az_stream)i);
}
