/*
 * The common part of the video outputs; see host/sdl/video.h and video_base.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/video.h"

#include <stdlib.h>
#include <string.h>

#include "host/sdl/video_base.h"

void az_video_present(az_video *video, const az_present *present)
{
    video->ops->present(video, present);
}

void az_video_set_text(az_video *video, const aizu_cue *const *cues, size_t count)
{
    if (video->set_text)
        video->set_text(video, cues, count);
}

void az_video_flush(az_video *video)
{
    video->ops->flush(video);
}

void az_video_destroy(az_video **pointer)
{
    az_video *video = *pointer;
    *pointer = NULL;
    if (video)
        video->ops->destroy(video);
}

bool az_video_item_init(az_video_item *item, const az_present *present, bool keeps_frame, bool keeps_cues)
{
    *item = (az_video_item){
        .frame = present->frame,
        .frame_id = present->frame_id,
        .pts = present->pts,
        .at = present->at,
        .wall = present->wall,
        .cue_replays = present->cue_replays,
    };
    if (!keeps_frame)
        az_frame_unref(&item->frame);
    bool has_cues = keeps_cues && present->cue_count;
    if (has_cues)
        item->cues = malloc(present->cue_count * sizeof(*item->cues));
    if (item->cues) {
        memcpy(item->cues, present->cues, present->cue_count * sizeof(*item->cues));
        item->cue_count = present->cue_count;
        return true;
    }
    for (size_t i = 0; i < present->cue_count; i++) {
        az_cue *cue = present->cues[i];
        az_cue_unref(&cue);
    }
    return !has_cues;
}

void az_video_item_deinit(az_video_item *item)
{
    for (size_t i = 0; i < item->cue_count; i++)
        az_cue_unref(&item->cues[i]);
    free(item->cues);
    item->cues = NULL;
    item->cue_count = 0;
    az_frame_unref(&item->frame);
}

bool az_video_queue_push(az_video_queue *queue, const az_video_item *item, az_video_item *dropped)
{
    bool is_full = queue->count == AZ_VIDEO_QUEUE_MAX;
    if (is_full)
        *dropped = az_video_queue_pop(queue);
    queue->items[(queue->begin + queue->count++) % AZ_VIDEO_QUEUE_MAX] = *item;
    return is_full;
}

az_video_item *az_video_queue_first(az_video_queue *queue)
{
    return queue->count ? &queue->items[queue->begin] : NULL;
}

az_video_item *az_video_queue_second(az_video_queue *queue)
{
    return queue->count > 1 ? &queue->items[(queue->begin + 1) % AZ_VIDEO_QUEUE_MAX] : NULL;
}

az_video_item az_video_queue_pop(az_video_queue *queue)
{
    AZ_ASSERT(queue->count);
    az_video_item item = queue->items[queue->begin];
    queue->begin = (queue->begin + 1) % AZ_VIDEO_QUEUE_MAX;
    queue->count--;
    return item;
}

void az_video_queue_clear(az_video_queue *queue)
{
    while (queue->count) {
        az_video_item item = az_video_queue_pop(queue);
        az_video_item_deinit(&item);
    }
}

void az_video_report(const az_video *video, az_event_type type, uint64_t frame_id, int64_t time)
{
    az_event event = {.type = type, .frame_id = frame_id, .time = time, .stream = AZ_STREAM_VIDEO};
    az_post_event(&video->post, &event);
}

az_video_rect az_video_place(az_video_rect area, const aizu_frame *frame)
{
    int64_t width = (int64_t)frame->width * frame->sar_num;
    int64_t height = (int64_t)frame->height * frame->sar_den;
    az_video_rect place = area;
    int64_t scaled = az_rescale(area.height, width, height);
    if (scaled <= area.width)
        place.width = (int)AZ_MAX(scaled, 1);
    else
        place.height = (int)AZ_MAX(az_rescale(area.width, height, width), 1);
    place.x += (area.width - place.width) / 2;
    place.y += (area.height - place.height) / 2;
    return place;
}
