/*
 * The output without a screen: a thread that wakes at each frame's time and says so. Pictures and cues are
 * let go at once, so that decoding uses few buffers. See host/sdl/video.h.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "host/sdl/video_base.h"

typedef struct headless {
    az_video base;
    az_worker worker;
    az_video_queue queue;
} headless;

static void *run(void *argument)
{
    headless *output = argument;
    pthread_mutex_lock(&output->worker.lock);
    while (!output->worker.is_stopping) {
        const az_video_item *first = az_video_queue_first(&output->queue);
        int64_t now = az_clock_now();
        if (!first || first->at > now) {
            az_cond_wait_until(&output->worker.changed, &output->worker.lock, first ? first->at : AZ_NEVER);
            continue;
        }
        /* reported under the lock, so that nothing comes after a flush */
        az_video_item item = az_video_queue_pop(&output->queue);
        az_video_report(&output->base, AZ_EVENT_PRESENTED, item.frame_id, now);
    }
    pthread_mutex_unlock(&output->worker.lock);
    return NULL;
}

static void present(az_video *video, const az_present *present)
{
    headless *output = (headless *)video;
    az_video_item item, dropped;
    az_video_item_init(&item, present, false, false);
    pthread_mutex_lock(&output->worker.lock);
    if (az_video_queue_push(&output->queue, &item, &dropped))
        az_video_report(video, AZ_EVENT_DROPPED, dropped.frame_id, az_clock_now());
    bool is_first = output->queue.count == 1;
    pthread_mutex_unlock(&output->worker.lock);
    if (is_first)
        pthread_cond_signal(&output->worker.changed);
}

static void flush(az_video *video)
{
    headless *output = (headless *)video;
    pthread_mutex_lock(&output->worker.lock);
    az_video_queue_clear(&output->queue);
    pthread_mutex_unlock(&output->worker.lock);
}

static void destroy(az_video *video)
{
    headless *output = (headless *)video;
    az_worker_stop(&output->worker);
    free(output);
}

aizu_result az_video_create_headless(az_video **video, const az_post *post)
{
    static const az_video_ops ops = {present, flush, destroy};
    *video = NULL;
    headless *output = calloc(1, sizeof(*output));
    if (!output)
        return AIZU_E_MEMORY;
    output->base = (az_video){.ops = &ops, .post = *post};
    if (!az_worker_start(&output->worker, run, output)) {
        free(output);
        return AIZU_E_INTERNAL;
    }
    *video = &output->base;
    return AIZU_OK;
}
