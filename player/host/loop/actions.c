/*
 * The engine's actions, carried out: fetches go to curl, units to the decoders, frames to the outputs, cues
 * and reports to the application's queue. Engine thread only. References that come with an action (frame,
 * unit, cues) go on to the one who takes them, or are dropped here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>

#include "host/loop/internal.h"
#include "host/sync.h"

static void on_frame_due(void *user)
{
    az_loop *loop = user;
    az_outbox_frame_due(loop->outbox);
    az_loop_wake(loop);
}

aizu_result az_loop_open_devices(az_loop *loop, const aizu_config *config)
{
    if (config->video == AIZU_VIDEO_NO_DECODE)
        return AIZU_OK;
    aizu_result result = AIZU_OK;
    for (int i = 0; i < AZ_STREAMS && result == AIZU_OK; i++)
        result = az_decoder_create(&loop->decoders[i], (az_stream)i, &loop->post, &loop->log);
    if (result == AIZU_OK)
        result = az_audio_create(&loop->audio, config->audio, &loop->post, &loop->log);
    if (result == AIZU_OK && config->video == AIZU_VIDEO_PULL)
        result = az_video_create_pull(&loop->video, &loop->post, on_frame_due, loop);
    if (result == AIZU_OK && config->video == AIZU_VIDEO_HEADLESS)
        result = az_video_create_headless(&loop->video, &loop->post);
    return result;
}

void az_loop_close_devices(az_loop *loop)
{
    while (loop->text_count > 0)
        az_cue_unref(&loop->texts[--loop->text_count]);
    az_video_destroy(&loop->video);
    az_audio_destroy(&loop->audio);
    for (int i = 0; i < AZ_DECODERS; i++)
        az_decoder_destroy(&loop->decoders[i]);
}

/* On the window's thread. */
static void on_input(void *user, aizu_input_type type, const char *key)
{
    az_loop *loop = user;
    az_snapshot snapshot;
    az_view_snapshot(&loop->view, &snapshot);
    int64_t now = az_clock_now();
    aizu_event event = {
        .size_struct = sizeof(event),
        .type = AIZU_EVENT_INPUT,
        .time = now,
        .state = snapshot.state,
        .position = az_snapshot_position(&snapshot, now),
        .quality = snapshot.quality,
        .input = type,
        .input_key = key,
    };
    if (az_outbox_put_input(loop->outbox, event))
        az_loop_wake(loop);
    if (type == AIZU_INPUT_CLOSE) {
        az_event stop = {.type = AZ_EVENT_STOP, .time = now};
        if (az_loop_command(loop, &stop) != AIZU_OK)
            az_log_printf(&loop->log, AZ_LOG_ERROR, "loop",
                          "the window was closed and playback does not stop");
    }
}

static void report_no_window(az_loop *loop, aizu_result result)
{
    az_snapshot snapshot;
    az_engine_snapshot(loop->engine, &snapshot);
    az_report report = {.type = AIZU_EVENT_ERROR, .state = snapshot.state, .quality = snapshot.quality};
    report.position = snapshot.position;
    report.error.result = result;
    report.error.stage = "window";
    report.error.segment = -1;
    report.error.position = AIZU_NO_TIME;
    snprintf(report.error.detail, sizeof(report.error.detail),
             "no window can be opened; playback goes on without a picture");
    if (az_outbox_put_report(loop->outbox, &report, az_clock_now()))
        az_loop_wake(loop);
}

/* The window opens with the first video track, so that no stream without one shows an empty window. */
static void need_window(az_loop *loop)
{
    if (loop->video || loop->video_kind != AIZU_VIDEO_WINDOW)
        return;
    const az_video_input input = {on_input, loop};
    aizu_result result =
        az_video_create_window(&loop->video, &loop->post, loop->window_title, &input, &loop->log);
    if (result == AIZU_OK)
        return;
    report_no_window(loop, result);
    if (az_video_create_headless(&loop->video, &loop->post) != AIZU_OK)
        az_log_printf(&loop->log, AZ_LOG_ERROR, "loop", "no video output at all");
}

/* The engine waits for a word about each frame: one that no output takes is reported as dropped. */
static void present(az_loop *loop, az_action *action)
{
    az_present present = {
        .frame = action->frame,
        .frame_id = action->frame_id,
        .pts = action->pts,
        .at = action->at,
        .wall = AIZU_NO_TIME,
        .cues = action->cues,
        .cue_count = action->cue_count,
        .cue_replays = action->cue_replays,
    };
    if (loop->pts_to_wall != AIZU_NO_TIME)
        present.wall = action->pts + loop->pts_to_wall;
    if (loop->video) {
        az_video_present(loop->video, &present);
        return;
    }
    for (size_t i = 0; i < action->cue_count; i++)
        az_cue_unref(&action->cues[i]);
    az_frame_unref(&present.frame);
    az_event dropped = {.type = AZ_EVENT_DROPPED, .frame_id = action->frame_id, .time = az_clock_now()};
    if (!az_inbox_put(&loop->inbox, &dropped))
        az_log_printf(&loop->log, AZ_LOG_ERROR, "loop", "the report of a frame was lost");
}

/* ---- subtitles in the library's window ---- */

static void texts_show(az_loop *loop)
{
    const aizu_cue *cues[AZ_LOOP_TEXTS_MAX];
    for (size_t i = 0; i < loop->text_count; i++)
        cues[i] = az_cue_public(loop->texts[i]);
    if (loop->video && loop->draw_text)
        az_video_set_text(loop->video, cues, loop->text_count);
}

static void text_remove(az_loop *loop, size_t index)
{
    az_cue_unref(&loop->texts[index]);
    loop->text_count--;
    for (size_t i = index; i < loop->text_count; i++)
        loop->texts[i] = loop->texts[i + 1];
}

static void texts_clear(az_loop *loop)
{
    if (loop->text_count == 0)
        return;
    while (loop->text_count > 0)
        text_remove(loop, loop->text_count - 1);
    texts_show(loop);
}

static void text_cue(az_loop *loop, const az_action *action)
{
    uint64_t id = az_cue_public(action->cue)->id;
    for (size_t i = loop->text_count; i-- > 0;)
        if (az_cue_public(loop->texts[i])->id == id)
            text_remove(loop, i);
    if (action->phase == AIZU_CUE_START && !(action->cue_flags & AIZU_CUE_SKIPPED)) {
        if (loop->text_count == AZ_LOOP_TEXTS_MAX)
            text_remove(loop, 0);
        loop->texts[loop->text_count++] = az_cue_ref(action->cue);
    }
    texts_show(loop);
}

static void flush(az_loop *loop, const az_action *action)
{
    if (action->stream == AZ_STREAM_VIDEO)
        texts_clear(loop);
    if (loop->decoders[action->stream])
        az_decoder_flush(loop->decoders[action->stream], action->generation);
    if (action->stream == AZ_STREAM_VIDEO && loop->video)
        az_video_flush(loop->video);
    if (action->stream == AZ_STREAM_AUDIO && loop->audio)
        az_audio_flush(loop->audio);
}

static void act_on_fetch(az_loop *loop, const az_action *action)
{
    switch ((int)action->type) {
    case AZ_ACTION_FETCH:
        az_http_fetch(loop->http, action->fetch, action->url, action->range_offset, action->range_size);
        break;
    case AZ_ACTION_FETCH_CANCEL:
        az_http_cancel(loop->http, action->fetch);
        break;
    case AZ_ACTION_FETCH_PAUSE:
        az_http_pause(loop->http, action->fetch);
        break;
    case AZ_ACTION_FETCH_RESUME:
        az_http_resume(loop->http, action->fetch);
        break;
    }
}

/* The state of the player as an event has it. */
static aizu_event event_now(az_loop *loop)
{
    az_snapshot snapshot;
    az_engine_snapshot(loop->engine, &snapshot);
    return (aizu_event){
        .size_struct = sizeof(aizu_event),
        .time = az_clock_now(),
        .state = snapshot.state,
        .position = snapshot.position,
        .quality = snapshot.quality,
    };
}

static void need_thumbnail_decoder(az_loop *loop)
{
    if (!loop->decoders[AZ_STREAM_THUMBNAIL] &&
        az_decoder_create(&loop->decoders[AZ_STREAM_THUMBNAIL], AZ_STREAM_THUMBNAIL, &loop->post,
                          &loop->log) != AIZU_OK)
        az_log_printf(&loop->log, AZ_LOG_ERROR, "loop", "no decoder for thumbnails");
}

static void thumbnail(az_loop *loop, const az_action *action)
{
    aizu_event event = event_now(loop);
    event.position = action->pts;
    if (az_outbox_put_thumbnail(loop->outbox, event, action->frame))
        az_loop_wake(loop);
}

static void act_on_stream(az_loop *loop, az_action *action)
{
    if (action->stream == AZ_STREAM_THUMBNAIL)
        need_thumbnail_decoder(loop);
    az_decoder *decoder = loop->decoders[action->stream];
    switch ((int)action->type) {
    case AZ_ACTION_DECODER:
        if (action->stream == AZ_STREAM_VIDEO)
            need_window(loop);
        if (decoder)
            az_decoder_configure(decoder, action->codec, action->generation, action->track);
        break;
    case AZ_ACTION_DECODE:
        if (decoder)
            az_decoder_send(decoder, action->generation, &action->unit);
        else
            az_slice_unref(&action->unit.data);
        break;
    case AZ_ACTION_FLUSH:
        flush(loop, action);
        break;
    case AZ_ACTION_DRAIN:
        if (decoder)
            az_decoder_drain(decoder, action->generation);
        break;
    }
}

static void append_audio(az_loop *loop, const az_action *action)
{
    az_frame *frame = action->frame;
    if (loop->audio)
        az_audio_append(loop->audio, frame, action->pts, action->trim_begin);
    else
        az_frame_unref(&frame);
}

static void act_on_audio(az_loop *loop, const az_action *action)
{
    if (action->type == AZ_ACTION_AUDIO)
        append_audio(loop, action);
    else if (loop->audio && action->type == AZ_ACTION_AUDIO_START)
        az_audio_start(loop->audio, action->pts, action->at, action->rate);
    else if (loop->audio)
        az_audio_pause(loop->audio);
}

static void act(az_loop *loop, az_action *action)
{
    az_frame *frame = action->frame;
    switch (action->type) {
    case AZ_ACTION_FETCH:
    case AZ_ACTION_FETCH_CANCEL:
    case AZ_ACTION_FETCH_PAUSE:
    case AZ_ACTION_FETCH_RESUME:
        act_on_fetch(loop, action);
        break;
    case AZ_ACTION_DECODER:
    case AZ_ACTION_DECODE:
    case AZ_ACTION_FLUSH:
    case AZ_ACTION_DRAIN:
        act_on_stream(loop, action);
        break;
    case AZ_ACTION_AUDIO:
    case AZ_ACTION_AUDIO_START:
    case AZ_ACTION_AUDIO_PAUSE:
        act_on_audio(loop, action);
        break;
    case AZ_ACTION_PRESENT:
        present(loop, action);
        break;
    case AZ_ACTION_DROP:
        az_frame_unref(&frame);
        break;
    case AZ_ACTION_THUMBNAIL:
        thumbnail(loop, action);
        break;
    case AZ_ACTION_CUE:
        if (az_cue_public(action->cue)->kind == AIZU_CUE_TEXT && action->phase != AIZU_CUE_RECEIVED)
            text_cue(loop, action);
        if (az_outbox_put_cue(loop->outbox, action))
            az_loop_wake(loop);
        az_cue_unref(&action->cue);
        break;
    case AZ_ACTION_REPORT:
        if (action->report->type == AIZU_EVENT_RENDITION &&
            action->report->rendition_kind == AIZU_RENDITION_TEXT)
            texts_clear(loop);
        if (az_outbox_put_report(loop->outbox, action->report, action->time))
            az_loop_wake(loop);
        break;
    }
}

void az_loop_act(az_loop *loop)
{
    az_action action;
    while (az_engine_take(loop->engine, &action) == AIZU_OK)
        act(loop, &action);
}
