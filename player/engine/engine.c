/*
 * The four verbs: events are recorded by feed and worked off by run, in order; then each part decides in
 * turn.
 */
#include "engine/internal.h"

#include <stdlib.h>

#define ROUNDS_MAX 8 /* of one run, while parts change what others decide on */

/* A string that may be pointed to by an action, freed at the next run. */
struct az_retired {
    struct az_retired *next;
    char *string;
};

void az_engine_config_init(az_engine_config *config)
{
    *config = (az_engine_config){
        .seed = 1,
        .decode = true,
        .buffer_ahead_max = 30 * AIZU_SECOND,
        .buffer_bytes_max = UINT64_C(64) << 20,
        .log = {NULL, NULL, AZ_LOG_WARNING},
    };
}

void az_engine_retire(az_engine *e, char *string)
{
    if (!string)
        return;
    struct az_retired *node = malloc(sizeof(*node));
    if (!node)
        return; /* leaked rather than freed under a reader */
    *node = (struct az_retired){e->retired, string};
    e->retired = node;
}

static void retired_free(az_engine *e)
{
    while (e->retired) {
        struct az_retired *node = e->retired;
        e->retired = node->next;
        free(node->string);
        free(node);
    }
}

static void reports_free(az_engine *e)
{
    for (size_t i = 0; i < e->report_count; i++)
        free(e->reports[i]);
    e->report_count = 0;
}

az_engine *az_engine_create(const az_engine_config *config)
{
    az_engine *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->config = *config;
    e->deadline = AZ_NEVER;
    e->wall = e->wall_time = AIZU_NO_TIME;
    e->quality_shown = -1;
    e->presentation.start = AIZU_NO_TIME;
    e->presentation.duration_told = -1;
    e->playback.position_last = e->playback.target = AIZU_NO_TIME;
    e->playback.stall_begin = AIZU_NO_TIME;
    e->playback.rate = e->playback.bend = 1.0;
    e->playback.rate_due = AZ_NEVER;
    e->captions.last = AIZU_NO_TIME;
    az_clock_set_pace(&e->playback.clock, 1.0, 0);
    e->steering.due = AZ_NEVER;
    e->stats = (aizu_stats){.size_struct = sizeof(e->stats), .first_frame_delay = AIZU_NO_TIME};
    az_random_init(&e->random, config->seed);
    e->timemap = az_timemap_create();
    e->cues = az_cue_queue_create(config->early_cues);
    bool is_ready = e->timemap && e->cues;
    for (unsigned i = 0; i < AZ_LANES; i++)
        is_ready = az_lane_init(&e->lanes[i], e, (az_lane_kind)i) == AIZU_OK && is_ready;
    if (!is_ready) {
        az_engine_destroy(&e, NULL, NULL);
        return NULL;
    }
    az_stream_reset(e);
    e->mailbox.action_count = 0; /* nothing to flush yet */
    return e;
}

/* References that actions nobody took still hold. */
static void actions_drop(az_engine *e, void (*drop)(void *user, az_stream stream, void *frame), void *user)
{
    az_action action;
    while (az_engine_take(e, &action) == AIZU_OK) {
        az_slice_unref(&action.unit.data);
        az_cue_unref(&action.cue);
        for (size_t i = 0; i < action.cue_count; i++)
            az_cue_unref(&action.cues[i]);
        if (action.frame && drop)
            drop(user, action.stream, action.frame);
    }
}

static void events_drop(az_engine *e, void (*drop)(void *user, az_stream stream, void *frame), void *user)
{
    az_event event;
    while (az_mailbox_get(&e->mailbox, &event)) {
        if (event.type == AZ_EVENT_FRAME && event.frame && drop)
            drop(user, event.stream, event.frame);
        az_event_deinit(&event);
    }
}

void az_engine_destroy(az_engine **pointer, void (*drop)(void *user, az_stream stream, void *frame),
                       void *user)
{
    az_engine *e = *pointer;
    *pointer = NULL;
    if (!e)
        return;
    actions_drop(e, drop, user);
    events_drop(e, drop, user);
    az_stream_deinit(e, drop, user);
    for (unsigned i = 0; i < AZ_LANES; i++)
        if (e->lanes[i].e)
            az_lane_deinit(&e->lanes[i]);
    az_source_unload(e);
    az_open_forget(e);
    az_steering_forget(e);
    az_metadata_deinit(e);
    az_slice_unref(&e->scrub.track.config);
    az_fetch_deinit(e);
    az_timemap_destroy(&e->timemap);
    az_cue_queue_destroy(&e->cues);
    az_mailbox_deinit(&e->mailbox);
    retired_free(e);
    reports_free(e);
    free(e);
}

aizu_result az_engine_feed(az_engine *e, const az_event *event)
{
    return az_mailbox_put(&e->mailbox, event);
}

/* ---- events ---- */

static void load(az_engine *e, const az_event *event)
{
    bool want_play = e->playback.want_play;
    az_playback_stop(e, AZ_PHASE_IDLE);
    az_playback_load(e);
    e->playback.want_play = want_play;
    if (!e->timemap || az_source_load(e, event->url ? event->url : "", event->pts) != AIZU_OK)
        az_report_fault(e, &(az_fault){.result = AIZU_E_MEMORY,
                                       .is_fatal = true,
                                       .stage = "load",
                                       .segment = -1,
                                       .position = AIZU_NO_TIME});
}

static void choose_quality(az_engine *e, int index)
{
    az_presentation *p = &e->presentation;
    if (index == AIZU_QUALITY_AUTO)
        p->is_manual = false;
    else if (index >= 0 && (size_t)index < p->variant_count)
        az_quality_choose(e, (size_t)index);
}

static void handle(az_engine *e, const az_event *event)
{
    switch (event->type) {
    case AZ_EVENT_LOAD:
        load(e, event);
        break;
    case AZ_EVENT_PLAY:
        az_playback_play(e);
        break;
    case AZ_EVENT_PAUSE:
        az_playback_pause(e);
        break;
    case AZ_EVENT_SEEK:
        az_playback_seek(e, event->pts, event->index == 1);
        break;
    case AZ_EVENT_STOP:
        az_playback_stop(e, AZ_PHASE_IDLE);
        e->playback.want_play = false;
        break;
    case AZ_EVENT_QUALITY:
        choose_quality(e, event->index);
        break;
    case AZ_EVENT_RENDITION:
        az_rendition_choose(e, event->kind, event->index);
        break;
    case AZ_EVENT_RATE:
        az_playback_set_rate(e, event->rate);
        break;
    case AZ_EVENT_KEY:
        az_open_key(e, event);
        break;
    case AZ_EVENT_THUMBNAIL:
        az_scrub_request(e, event->pts);
        break;
    case AZ_EVENT_REPORT_FRAMES:
        e->config.report_frames = event->index != 0;
        break;
    case AZ_EVENT_WALL:
        e->wall = event->wall;
        e->wall_time = event->time;
        break;
    case AZ_EVENT_FETCH_RESPONSE:
    case AZ_EVENT_FETCH_DATA:
    case AZ_EVENT_FETCH_END:
        az_fetch_event(e, event);
        break;
    case AZ_EVENT_FRAME:
    case AZ_EVENT_DECODED:
    case AZ_EVENT_DRAINED:
        if (event->stream == AZ_STREAM_THUMBNAIL)
            az_scrub_event(e, event);
        else
            az_stream_event(e, event);
        break;
    case AZ_EVENT_PRESENTED:
    case AZ_EVENT_DROPPED:
        az_present_event(e, event);
        break;
    case AZ_EVENT_AUDIO_CLOCK:
    case AZ_EVENT_AUDIO_LOST:
        az_playback_event(e, event);
        break;
    }
}

/* A bounded number of bytes in one run; everything that is not media is worked off at once. */
static void handle_events(az_engine *e)
{
    size_t bytes = 0;
    az_event event;
    while (bytes < AZ_EVENT_BYTES_PER_RUN_MAX && az_mailbox_get(&e->mailbox, &event)) {
        bytes += event.data.size;
        handle(e, &event);
        az_event_deinit(&event);
    }
    if (e->mailbox.event_count > 0)
        az_engine_wake(e, e->now);
}

void az_engine_run(az_engine *e, int64_t now)
{
    retired_free(e);
    reports_free(e);
    e->frame_cues_used = 0;
    e->now = AZ_MAX(e->now, now);
    e->deadline = AZ_NEVER;
    e->is_again = false;
    handle_events(e);
    bool is_over = false;
    for (unsigned round = 0; round < ROUNDS_MAX && !is_over; round++) {
        e->is_again = false;
        if (e->playback.phase == AZ_PHASE_IDLE)
            break;
        az_fetch_step(e);
        az_steering_step(e);
        az_quality_step(e);
        az_rendition_step(e);
        for (unsigned i = 0; i < AZ_LANES && e->playback.phase != AZ_PHASE_IDLE; i++) {
            az_source_step(&e->lanes[i]);
            az_lane_step(&e->lanes[i]);
        }
        az_stream_step(e);
        if (e->playback.phase != AZ_PHASE_IDLE)
            az_playback_step(e);
        is_over = !e->is_again;
    }
    if (!is_over && e->playback.phase != AZ_PHASE_IDLE)
        az_engine_wake(e, e->now);
    az_report_state(e);
}

aizu_result az_engine_take(az_engine *e, az_action *action)
{
    az_mailbox *box = &e->mailbox;
    if (box->action_count == 0)
        return AIZU_AGAIN;
    *action = box->actions[box->action_begin];
    box->action_begin = (box->action_begin + 1) % box->action_capacity;
    box->action_count--;
    return AIZU_OK;
}

bool az_engine_has_events(const az_engine *e)
{
    return e->mailbox.event_count > 0;
}

int64_t az_engine_deadline(const az_engine *e)
{
    return e->deadline;
}

/* ---- what getters read ---- */

static void snapshot_stats(const az_engine *e, az_snapshot *snapshot)
{
    az_cue_counts counts = az_cue_queue_counts(e->cues);
    aizu_stats *stats = &snapshot->stats;
    *stats = e->stats;
    stats->throughput = az_quality_estimate(e);
    stats->cues_received = counts.received;
    stats->cue_copies = counts.copies;
    stats->cues_delivered = counts.delivered;
    stats->cues_late = counts.late;
    stats->cues_skipped = counts.skipped;
    stats->buffered_ahead = az_playback_ahead(e);
    stats->buffered_bytes = az_stream_bytes(e);
    if (e->playback.stall_begin != AIZU_NO_TIME)
        stats->stall_duration += e->now - e->playback.stall_begin;
}

static void snapshot_live(const az_engine *e, az_snapshot *snapshot)
{
    const az_list *list = az_source_main_list(e);
    if (!list)
        return;
    snapshot->is_live = az_source_is_live(e);
    snapshot->duration = az_list_is_ended(list) ? az_list_end(list) : AIZU_NO_TIME;
    snapshot->live_edge = az_list_end(list);
    snapshot->live_edge_time = az_source_current(&e->lanes[AZ_LANE_MAIN])->changed;
    if (snapshot->position != AIZU_NO_TIME)
        snapshot->wall_offset = az_list_wall_offset(list, snapshot->position);
    if (!az_source_seekable(e, &snapshot->seekable_begin, &snapshot->seekable_end))
        snapshot->seekable_begin = snapshot->seekable_end = AIZU_NO_TIME;
}

void az_engine_snapshot(const az_engine *e, az_snapshot *snapshot)
{
    const az_playback *p = &e->playback;
    *snapshot = (az_snapshot){
        .state = az_report_public_state(e),
        .is_over = p->phase == AZ_PHASE_IDLE || p->phase == AZ_PHASE_ENDED,
        .position = az_playback_position(e),
        .position_time = e->now,
        .position_max = az_playback_available_end(e),
        .rate = p->phase == AZ_PHASE_RUNNING && p->clock.is_running ? p->clock.rate : 0.0,
        .duration = AIZU_NO_TIME,
        .seekable_begin = AIZU_NO_TIME,
        .seekable_end = AIZU_NO_TIME,
        .buffered_begin = AIZU_NO_TIME,
        .buffered_end = AIZU_NO_TIME,
        .live_edge = AIZU_NO_TIME,
        .wall_offset = AIZU_NO_TIME,
        .quality = e->quality_shown,
        .is_quality_auto = !e->presentation.is_manual,
        .quality_count = (int)e->presentation.variant_count,
        .qualities_version = e->presentation.version,
        .wanted_rate = p->rate,
    };
    if (snapshot->position_max != AIZU_NO_TIME && snapshot->position != AIZU_NO_TIME) {
        snapshot->buffered_begin = snapshot->position;
        snapshot->buffered_end = AZ_MAX(snapshot->position, snapshot->position_max);
    }
    for (unsigned i = 0; i < AZ_RENDITION_KINDS; i++) {
        snapshot->rendition_counts[i] = (int)e->presentation.renditions[i].count;
        snapshot->renditions[i] = e->presentation.renditions[i].used;
    }
    snapshot_live(e, snapshot);
    snapshot_stats(e, snapshot);
}

bool az_engine_quality(const az_engine *e, int index, aizu_quality *quality)
{
    const az_presentation *p = &e->presentation;
    if (index < 0 || (size_t)index >= p->variant_count)
        return false;
    *quality = p->sources[index].quality;
    return true;
}

bool az_engine_rendition(const az_engine *e, aizu_rendition_kind kind, int index, aizu_rendition *rendition)
{
    const az_rendition_list *list = &e->presentation.renditions[kind];
    if (index < 0 || (size_t)index >= list->count)
        return false;
    *rendition = list->items[index].face;
    return true;
}

bool az_engine_session_data(const az_engine *e, size_t index, az_span *id, az_span *language, az_span *value)
{
    const az_playlist *playlist = e->presentation.multivariant;
    if (!playlist || index >= playlist->u.multivariant.session_data_count)
        return false;
    const az_attribute_list *list = &playlist->u.multivariant.session_data[index].attributes;
    const az_attribute *name = az_attribute_find(list, "DATA-ID");
    const az_attribute *tongue = az_attribute_find(list, "LANGUAGE");
    const az_attribute *text = az_attribute_find(list, "VALUE");
    if (!text)
        text = az_attribute_find(list, "URI");
    *id = name ? name->value : (az_span){0};
    *language = tongue ? tongue->value : (az_span){0};
    *value = text ? text->value : (az_span){0};
    return true;
}
