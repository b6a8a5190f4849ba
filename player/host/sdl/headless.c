/*
 * The output without a screen: a thread that wakes at each frame's time and says so. Pictures and cues are
 * let go at once, so that decoding uses few buffers. See host/sdl/video.h.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "host/sdl/video_base.h"

typedef struct headless {
    az_video base;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopping;
    az_video_queue queue;
} headless;

static void *run(void *argument)
{
    headless *output = argument;
    pthread_mutex_lock(&output->lock);
    while (!output->is_stopping) {
        const az_video_item *first = az_video_queue_first(&output->queue);
        int64_t now = az_clock_now();
        if (!first || first->at > now) {
            az_cond_wait_until(&output->changed, &output->lock, first ? first->at : AZ_NEVER);
            continue;
        }
        /* reported under the lock, so that nothing comes after a flush */
        az_video_item item = az_video_queue_pop(&output->queue);
        az_video_report(&output->base, AZ_EVENT_PRESENTED, item.frame_id, now);
    }
    pthread_mutex_unlock(&output->lock);
    return NULL;
}

static void present(az_video *video, const az_present *present)
{
    headless *output = (headless *)video;
    az_video_item item, dropped;
    az_video_item_init(&item, present, false, false);
    pthread_mutex_lock(&output->lock);
    if (az_video_queue_push(&output->queue, &item, &dropped))
        az_video_report(video, AZ_EVENT_DROPPED, dropped.frame_id, az_clock_now());
    bool is_first = output->queue.count == 1;
    pthread_mutex_unlock(&output->lock);
    if (is_first)
        pthread_cond_signal(&output->changed);
}

static void flush(az_video *video)
{
    headless *output = (headless *)video;
    pthread_mutex_lock(&output->lock);
    az_video_queue_clear(&output->queue);
    pthread_mutex_unlock(&output->lock);
}

static void destroy(az_video *video)
{
    headless *output = (headless *)video;
    pthread_mutex_lock(&output->lock);
    output->is_stopping = true;
    pthread_cond_signal(&output->changed);
    pthread_mutex_unlock(&output->lock);
    pthread_join(output->thread, NULL);
    pthread_cond_destroy(&output->changed);
    pthread_mutex_destroy(&output->lock);
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
    if (pthread_mutex_init(&output->lock, NULL))
        goto fail;
    if (!az_cond_init(&output->changed))
        goto fail_lock;
    if (pthread_create(&output->thread, NULL, run, output))
        goto fail_cond;
    *video = &output->base;
    return AIZU_OK;
fail_cond:
    pthread_cond_destroy(&output->changed);
fail_lock:
    pthread_mutex_destroy(&output->lock);
fail:
    free(output);
    return AIZU_E_INTERNAL;
}
