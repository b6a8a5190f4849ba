/*
 * The output for an application that draws itself. Frames wait for their time; the newest that is due is
 * the current one until the application takes it, then the held one until it is given back. See
 * host/sdl/video.h and aizu_player_acquire_frame().
 *
 * Reports come in the order of the frames: while one is held and not reported yet, at most
 * AZ_VIDEO_RELEASE_MAX, none becomes due.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "host/sdl/video_base.h"

/* A frame that was due. Reported: the engine was told what became of it. */
typedef struct slot {
    az_video_item item;
    bool is_used, is_reported;
    int64_t due;
    aizu_frame view;
    aizu_cue *cues;            /* as the frame shows them ... */
    const aizu_cue **cue_list; /* ... and where each is */
} slot;

typedef struct pull {
    az_video base;
    void (*wake)(void *user);
    void *user;
    az_worker worker;
    bool has_news; /* the application is to be woken */
    az_video_queue queue;
    slot current; /* due, not taken */
    slot held;    /* the application's */
} pull;

static const az_video_ops ops;

static void clear(slot *cleared)
{
    az_video_item_deinit(&cleared->item);
    free(cleared->cues);
    free(cleared->cue_list);
    *cleared = (slot){0};
}

static void report(pull *output, slot *reported, az_event_type type, int64_t time)
{
    if (!reported->is_used || reported->is_reported)
        return;
    reported->is_reported = true;
    az_video_report(&output->base, type, reported->item.frame_id, time);
}

/* Without memory for the list the frame goes without its cues; they are called back all the same. */
static void fill_view(slot *filled)
{
    const az_video_item *item = &filled->item;
    filled->view = *az_frame_view(item->frame);
    filled->view.pts = item->pts;
    filled->view.due = item->at;
    filled->view.wall = item->wall;
    if (!item->cue_count)
        return;
    filled->cues = malloc(item->cue_count * sizeof(*filled->cues));
    filled->cue_list = malloc(item->cue_count * sizeof(const aizu_cue *));
    if (!filled->cues || !filled->cue_list)
        return;
    for (size_t i = 0; i < item->cue_count; i++) {
        filled->cues[i] = *az_cue_public(item->cues[i]);
        filled->cues[i].phase = AIZU_CUE_START;
        filled->cues[i].flags = item->cue_replays >> i & 1 ? AIZU_CUE_REPLAY : 0;
        filled->cues[i].due = item->at;
        filled->cue_list[i] = &filled->cues[i];
    }
    filled->view.cues = filled->cue_list;
    filled->view.cue_count = item->cue_count;
}

/* Moves what is due at `now`. */
static void advance(pull *output, int64_t now)
{
    bool is_new = false;
    if (output->held.is_used && output->held.due + AZ_VIDEO_RELEASE_MAX <= now)
        report(output, &output->held, AZ_EVENT_PRESENTED, output->held.due);
    if (output->held.is_used && !output->held.is_reported)
        return;
    for (;;) {
        const az_video_item *first = az_video_queue_first(&output->queue);
        if (!first || first->at > now)
            break;
        report(output, &output->current, AZ_EVENT_DROPPED, now);
        clear(&output->current);
        output->current.item = az_video_queue_pop(&output->queue);
        output->current.is_used = true;
        output->current.due = now;
        is_new = true;
    }
    if (is_new) {
        fill_view(&output->current);
        output->has_news = true;
    }
    if (output->current.is_used && output->current.due + AZ_VIDEO_RELEASE_MAX <= now)
        report(output, &output->current, AZ_EVENT_PRESENTED, output->current.due);
}

/* When advance() has something to do next. */
static int64_t next_time(pull *output)
{
    if (output->held.is_used && !output->held.is_reported)
        return output->held.due + AZ_VIDEO_RELEASE_MAX;
    int64_t time = AZ_NEVER;
    const az_video_item *first = az_video_queue_first(&output->queue);
    if (first)
        time = first->at;
    if (output->current.is_used && !output->current.is_reported)
        time = AZ_MIN(time, output->current.due + AZ_VIDEO_RELEASE_MAX);
    return time;
}

static void *run(void *argument)
{
    pull *output = argument;
    pthread_mutex_lock(&output->worker.lock);
    while (!output->worker.is_stopping) {
        advance(output, az_clock_now());
        if (output->has_news && output->wake) {
            output->has_news = false;
            pthread_mutex_unlock(&output->worker.lock);
            output->wake(output->user);
            pthread_mutex_lock(&output->worker.lock);
            continue;
        }
        int64_t time = next_time(output);
        if (time > az_clock_now())
            az_cond_wait_until(&output->worker.changed, &output->worker.lock, time);
    }
    pthread_mutex_unlock(&output->worker.lock);
    return NULL;
}

static void present(az_video *video, const az_present *present)
{
    pull *output = (pull *)video;
    az_video_item item, dropped;
    (void)az_video_item_init(&item, present, true, true);
    pthread_mutex_lock(&output->worker.lock);
    if (az_video_queue_push(&output->queue, &item, &dropped)) {
        az_video_report(video, AZ_EVENT_DROPPED, dropped.frame_id, az_clock_now());
        az_video_item_deinit(&dropped);
    }
    bool is_first = output->queue.count == 1;
    pthread_mutex_unlock(&output->worker.lock);
    if (is_first)
        pthread_cond_signal(&output->worker.changed);
}

static void flush(az_video *video)
{
    pull *output = (pull *)video;
    pthread_mutex_lock(&output->worker.lock);
    az_video_queue_clear(&output->queue);
    clear(&output->current);
    output->held.is_reported = true; /* of a time before the flush */
    pthread_mutex_unlock(&output->worker.lock);
}

static void destroy(az_video *video)
{
    pull *output = (pull *)video;
    az_worker_stop(&output->worker);
    az_video_queue_clear(&output->queue);
    clear(&output->current);
    clear(&output->held);
    free(output);
}

aizu_result az_video_acquire(az_video *video, const aizu_frame **frame)
{
    *frame = NULL;
    if (video->ops != &ops)
        return AIZU_E_STATE;
    pull *output = (pull *)video;
    aizu_result result = AIZU_AGAIN;
    pthread_mutex_lock(&output->worker.lock);
    advance(output, az_clock_now());
    if (output->held.is_used) {
        result = AIZU_E_STATE;
    } else if (output->current.is_used) {
        output->held = output->current;
        output->current = (slot){0};
        output->has_news = false;
        *frame = &output->held.view;
        result = AIZU_OK;
    }
    pthread_cond_signal(&output->worker.changed);
    pthread_mutex_unlock(&output->worker.lock);
    return result;
}

void az_video_release(az_video *video, const aizu_frame **frame)
{
    if (!*frame || video->ops != &ops)
        return;
    pull *output = (pull *)video;
    pthread_mutex_lock(&output->worker.lock);
    if (*frame == &output->held.view && output->held.is_used) {
        report(output, &output->held, AZ_EVENT_PRESENTED, az_clock_now());
        clear(&output->held);
        output->has_news = output->current.is_used;
        pthread_cond_signal(&output->worker.changed);
    }
    pthread_mutex_unlock(&output->worker.lock);
    *frame = NULL;
}

bool az_video_has_frame(az_video *video)
{
    if (video->ops != &ops)
        return false;
    pull *output = (pull *)video;
    pthread_mutex_lock(&output->worker.lock);
    bool has_frame = output->current.is_used && !output->held.is_used;
    pthread_mutex_unlock(&output->worker.lock);
    return has_frame;
}

static const az_video_ops ops = {present, flush, destroy};

aizu_result az_video_create_pull(az_video **video, const az_post *post, void (*wake)(void *user), void *user)
{
    *video = NULL;
    pull *output = calloc(1, sizeof(*output));
    if (!output)
        return AIZU_E_MEMORY;
    output->base = (az_video){.ops = &ops, .post = *post};
    output->wake = wake;
    output->user = user;
    if (!az_worker_start(&output->worker, run, output)) {
        free(output);
        return AIZU_E_INTERNAL;
    }
    *video = &output->base;
    return AIZU_OK;
}
