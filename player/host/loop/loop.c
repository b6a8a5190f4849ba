/*
 * The engine thread: it sleeps until an event, a socket or the engine's deadline, feeds what happened, runs
 * the engine and has its actions carried out. Around it the life of a player: who creates, ends and joins
 * what.
 *
 * Threads here: the engine thread, optionally the dispatch thread, and those of decoders and outputs, which
 * only post. No locks but those of inbox, outbox, view and outside, and none is held while another is taken.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/loop/loop.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/ffmpeg/cipher.h"
#include "host/json/steering.h"
#include "host/loop/internal.h"
#include "host/sync.h"
#include "host/xml/ttml.h"

#define WALL_CHECK_EVERY AIZU_SECOND
#define WALL_STEP_MIN    (5 * AIZU_MILLISECOND) /* smaller ones are noise of reading two clocks */

int64_t az_loop_wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * AIZU_SECOND + now.tv_nsec;
}

/* ---- the application's functions ---- */

void az_loop_wake(az_loop *loop)
{
    az_outside *outside = &loop->outside;
    pthread_mutex_lock(&outside->lock);
    if (outside->wakeup && !outside->is_muted)
        outside->wakeup(outside->wakeup_user);
    pthread_mutex_unlock(&outside->lock);
}

static void write_log(void *user, az_log_level level, const char *module, const char *text)
{
    az_loop *loop = user;
    az_outside *outside = &loop->outside;
    pthread_mutex_lock(&outside->lock);
    if (!outside->is_muted)
        outside->log(outside->log_user, (aizu_log_level)level, module, text);
    pthread_mutex_unlock(&outside->lock);
}

void az_loop_set_wakeup(az_loop *loop, void (*wakeup)(void *user), void *user)
{
    pthread_mutex_lock(&loop->outside.lock);
    loop->outside.wakeup = wakeup;
    loop->outside.wakeup_user = user;
    pthread_mutex_unlock(&loop->outside.lock);
}

/* ---- the engine thread ---- */

static bool is_command(az_event_type type)
{
    return type <= AZ_EVENT_REPORT_FRAMES;
}

static void feed(az_loop *loop, const az_event *event)
{
    az_frame *frame = event->frame;
    loop->has_news = true;
    if (is_command(event->type))
        loop->commands_fed++;
    if (az_engine_feed(loop->engine, event) != AIZU_OK) {
        az_frame_unref(&frame);
        az_log_printf(&loop->log, AZ_LOG_ERROR, "loop", "an event was lost: out of memory");
    }
}

static void on_http_event(void *user, const az_event *event)
{
    feed(user, event);
}

static bool write_post(void *user, const az_event *event)
{
    az_loop *loop = user;
    return az_inbox_put(&loop->inbox, event);
}

/* False when the player ends. */
static bool feed_inbox(az_loop *loop)
{
    az_event *events;
    size_t count;
    if (!az_inbox_take(&loop->inbox, &events, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        feed(loop, &events[i]);
        az_inbox_release(&events[i]);
    }
    return true;
}

/* Tells the engine the Unix time at the start and whenever somebody has set the clock. */
static void check_wall(az_loop *loop, int64_t now)
{
    if (loop->wall_checked != AIZU_NO_TIME && now - loop->wall_checked < WALL_CHECK_EVERY)
        return;
    int64_t before = az_clock_now();
    az_event event = {.type = AZ_EVENT_WALL, .wall = az_loop_wall()};
    event.time = before + (az_clock_now() - before) / 2;
    int64_t offset = event.wall - event.time;
    int64_t step = offset - loop->wall_offset;
    if (loop->wall_checked == AIZU_NO_TIME || step > WALL_STEP_MIN || step < -WALL_STEP_MIN) {
        loop->wall_offset = offset;
        feed(loop, &event);
    }
    loop->wall_checked = now;
}

static void run_engine(az_loop *loop)
{
    int64_t now = az_clock_now();
    check_wall(loop, now);
    loop->has_news = false;
    az_engine_run(loop->engine, now);
    az_view_publish(&loop->view, loop->engine); /* first: callbacks that the actions lead to use getters */
    const az_snapshot *snapshot = &loop->view.snapshot; /* only this thread writes it */
    loop->pts_to_wall = snapshot->wall_offset;
    az_loop_act(loop);
    if (az_outbox_put_progress(loop->outbox, loop->commands_fed, snapshot->state, snapshot->is_over))
        az_loop_wake(loop);
}

static void wait_for_more(az_loop *loop)
{
    int64_t deadline = az_engine_deadline(loop->engine);
    int64_t now = az_clock_now();
    struct pollfd fds[2] = {{.fd = loop->inbox.wake.read_fd, .events = POLLIN},
                            {.fd = loop->timer.fd, .events = POLLIN}};
    bool has_timer = loop->timer.fd >= 0;
    int timeout_ms = -1;
    if (deadline <= now) {
        timeout_ms = 0;
    } else if (has_timer) {
        az_timer_set(&loop->timer, deadline);
    } else if (deadline != AZ_NEVER) {
        int64_t milliseconds = (deadline - now + AIZU_MILLISECOND - 1) / AIZU_MILLISECOND;
        timeout_ms = (int)AZ_MIN(milliseconds, 60000);
    }
    az_http_wait(loop->http, fds, has_timer ? 2 : 1, timeout_ms);
    if (fds[0].revents)
        az_wake_clear(&loop->inbox.wake);
}

static void drop_frame(void *user, az_stream stream, void *frame)
{
    (void)user, (void)stream;
    az_frame *dropped = frame;
    az_frame_unref(&dropped);
}

static void *run_thread(void *user)
{
    az_loop *loop = user;
    while (feed_inbox(loop)) {
        run_engine(loop); /* before the network, which may take its time: cues are due */
        if (!az_engine_has_events(loop->engine)) /* else bytes would pile up */
            az_http_run(loop->http);
        if (loop->has_news)
            run_engine(loop);
        wait_for_more(loop);
    }
    return NULL;
}

/* ---- the dispatch thread, and the end ---- */

/* Frees what create made, as far as it came. The engine thread has ended. */
static void free_loop(az_loop *loop)
{
    az_loop_close_devices(loop);
    if (loop->engine)
        az_engine_destroy(&loop->engine, drop_frame, NULL);
    az_http_destroy(&loop->http);
    az_timer_deinit(&loop->timer);
    az_outbox_destroy(&loop->outbox);
    az_inbox_deinit(&loop->inbox);
    az_view_deinit(&loop->view);
    pthread_mutex_destroy(&loop->outside.lock);
    free(loop->window_title);
    free(loop);
}

static void end(az_loop *loop)
{
    az_inbox_close(&loop->inbox);
    pthread_join(loop->thread, NULL);
    free_loop(loop);
}

static void *dispatch_thread(void *user)
{
    az_loop *loop = user;
    while (az_outbox_dispatch(loop->outbox, AIZU_FOREVER, true) != AIZU_END)
        ;
    if (loop->is_doomed) { /* nobody joins */
        pthread_detach(pthread_self());
        end(loop);
    }
    return NULL;
}

void az_loop_destroy(az_loop **pointer)
{
    az_loop *loop = *pointer;
    *pointer = NULL;
    if (!loop)
        return;
    pthread_mutex_lock(&loop->outside.lock);
    loop->outside.is_muted = true;
    pthread_mutex_unlock(&loop->outside.lock);
    if (az_outbox_close(loop->outbox)) {
        loop->is_doomed = true;
        return;
    }
    if (loop->has_dispatch_thread)
        pthread_join(loop->dispatch_thread, NULL);
    end(loop);
}

aizu_result az_loop_dispatch(az_loop *loop, int64_t timeout)
{
    if (loop->has_dispatch_thread)
        return AIZU_E_STATE;
    aizu_result result = az_outbox_dispatch(loop->outbox, timeout, false);
    if (result == AIZU_E_STATE || !loop->is_doomed)
        return result;
    end(loop);
    return AIZU_END;
}

/* ---- create ---- */

static uint64_t choose_seed(const az_loop *loop)
{
    int64_t times[2] = {az_clock_now(), az_loop_wall()};
    const void *place = loop;
    return az_hash(az_hash(AZ_HASH_SEED, times, sizeof(times)), &place, sizeof(place));
}

static void engine_config(az_loop *loop, const aizu_config *config, az_engine_config *out)
{
    az_engine_config_init(out);
    out->seed = config->random_seed ? config->random_seed : choose_seed(loop);
    out->decode = config->video != AIZU_VIDEO_NO_DECODE;
    out->buffer_ahead_max = config->buffer_ahead_max;
    out->buffer_bytes_max = config->buffer_bytes_max;
    out->live_hold_back = config->live_hold_back;
    out->early_cues = config->early_cues != 0;
    out->housekeeping_cues = config->housekeeping_cues != 0;
    out->ask_keys = config->ask_keys != 0;
    if (config->audio_languages)
        snprintf(out->audio_languages, sizeof(out->audio_languages), "%s", config->audio_languages);
    if (config->text_languages)
        snprintf(out->text_languages, sizeof(out->text_languages), "%s", config->text_languages);
    out->cipher = az_ffmpeg_cipher();
    out->parse_ttml = az_xml_ttml_parse;
    out->parse_steering = az_json_steering_parse;
    out->log = loop->log;
}

static aizu_result create_parts(az_loop *loop, const aizu_config *config)
{
    az_http_config http_config = {
        .event = on_http_event,
        .user = loop,
        .now = az_clock_now,
        .user_agent = config->user_agent,
        .ca_file = config->ca_file,
        .log = loop->log,
    };
    az_engine_config settings;
    engine_config(loop, config, &settings);
    loop->window_title = strdup(config->window_title);
    loop->outbox = az_outbox_create();
    loop->engine = az_engine_create(&settings);
    if (!loop->window_title || !loop->outbox || !loop->engine)
        return AIZU_E_MEMORY;
    if (!az_timer_init(&loop->timer))
        return AIZU_E_INTERNAL;
    aizu_result result = az_http_create(&loop->http, &http_config);
    if (result == AIZU_OK)
        result = az_loop_open_devices(loop, config);
    return result;
}

static aizu_result start_threads(az_loop *loop, const aizu_config *config)
{
    if (pthread_create(&loop->thread, NULL, run_thread, loop))
        return AIZU_E_INTERNAL;
    if (!config->dispatch_thread)
        return AIZU_OK;
    if (pthread_create(&loop->dispatch_thread, NULL, dispatch_thread, loop) == 0) {
        loop->has_dispatch_thread = true;
        return AIZU_OK;
    }
    az_inbox_close(&loop->inbox);
    pthread_join(loop->thread, NULL);
    return AIZU_E_INTERNAL;
}

static az_loop *allocate(const aizu_config *config)
{
    az_loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return NULL;
    loop->video_kind = config->video;
    loop->draw_text = config->draw_text != 0;
    loop->timer.fd = -1;
    loop->wall_checked = AIZU_NO_TIME;
    loop->pts_to_wall = AIZU_NO_TIME;
    atomic_init(&loop->volume, 1.0);
    atomic_init(&loop->is_muted, false);
    loop->post = (az_post){write_post, loop};
    loop->outside.log = config->log;
    loop->outside.log_user = config->log_user;
    if (config->log)
        loop->log = (az_log){write_log, loop, (az_log_level)config->log_level};
    if (pthread_mutex_init(&loop->outside.lock, NULL))
        goto fail;
    if (!az_view_init(&loop->view))
        goto fail_outside;
    if (az_inbox_init(&loop->inbox))
        return loop;
    az_view_deinit(&loop->view);
fail_outside:
    pthread_mutex_destroy(&loop->outside.lock);
fail:
    free(loop);
    return NULL;
}

aizu_result az_loop_create(az_loop **out, const aizu_config *config)
{
    *out = NULL;
    az_loop *loop = allocate(config);
    if (!loop)
        return AIZU_E_MEMORY;
    aizu_result result = create_parts(loop, config);
    if (result == AIZU_OK)
        result = start_threads(loop, config);
    if (result != AIZU_OK) {
        free_loop(loop);
        return result;
    }
    *out = loop;
    return AIZU_OK;
}

/* ---- what the application calls ---- */

aizu_result az_loop_command(az_loop *loop, const az_event *command)
{
    az_outbox_command(loop->outbox, command->type);
    if (az_inbox_put(&loop->inbox, command))
        return AIZU_OK;
    az_outbox_command_undo(loop->outbox);
    return AIZU_E_MEMORY;
}

bool az_loop_is_loaded(az_loop *loop)
{
    return az_outbox_is_loaded(loop->outbox);
}

void az_loop_snapshot(az_loop *loop, az_snapshot *snapshot)
{
    az_view_snapshot(&loop->view, snapshot);
}

bool az_loop_quality(az_loop *loop, int index, aizu_quality *quality)
{
    return az_view_quality(&loop->view, index, quality);
}

bool az_loop_rendition(az_loop *loop, aizu_rendition_kind kind, int index, aizu_rendition *rendition)
{
    return az_view_rendition(&loop->view, kind, index, rendition);
}

aizu_result az_loop_session_data(az_loop *loop, const char *id, const char *language, char *out,
                                 size_t out_size)
{
    return az_view_session_data(&loop->view, id, language, out, out_size);
}

aizu_result az_loop_set_header(az_loop *loop, const char *line)
{
    return az_http_set_header(loop->http, line);
}

void az_loop_set_volume(az_loop *loop, double volume)
{
    atomic_store(&loop->volume, volume);
    if (loop->audio)
        az_audio_set_volume(loop->audio, (float)volume);
}

double az_loop_volume(az_loop *loop)
{
    return atomic_load(&loop->volume);
}

void az_loop_set_muted(az_loop *loop, bool is_muted)
{
    atomic_store(&loop->is_muted, is_muted);
    if (loop->audio)
        az_audio_set_mute(loop->audio, is_muted);
}

bool az_loop_is_muted(az_loop *loop)
{
    return atomic_load(&loop->is_muted);
}

void az_loop_on_cue(az_loop *loop, aizu_cue_callback callback, void *user)
{
    az_outbox_on_cue(loop->outbox, callback, user);
}

void az_loop_on_event(az_loop *loop, aizu_event_callback callback, void *user)
{
    az_outbox_on_event(loop->outbox, callback, user);
}

aizu_result az_loop_on_frame(az_loop *loop, aizu_event_callback callback, void *user)
{
    az_outbox_on_frame(loop->outbox, callback, user);
    az_event command = {.type = AZ_EVENT_REPORT_FRAMES, .time = az_clock_now(), .index = callback != NULL};
    return az_loop_command(loop, &command);
}

int az_loop_wakeup_fd(const az_loop *loop)
{
    return az_outbox_fd(loop->outbox);
}

aizu_result az_loop_acquire(az_loop *loop, const aizu_frame **frame)
{
    *frame = NULL;
    if (loop->video_kind != AIZU_VIDEO_PULL)
        return AIZU_E_STATE;
    uint64_t mark = az_outbox_frame_mark(loop->outbox);
    aizu_result result = az_video_acquire(loop->video, frame);
    az_outbox_frame_taken(loop->outbox, mark, az_video_has_frame(loop->video));
    return result;
}

void az_loop_release(az_loop *loop, const aizu_frame **frame)
{
    if (loop->video_kind != AIZU_VIDEO_PULL || !*frame)
        return;
    uint64_t mark = az_outbox_frame_mark(loop->outbox);
    az_video_release(loop->video, frame);
    az_outbox_frame_taken(loop->outbox, mark, az_video_has_frame(loop->video));
}
