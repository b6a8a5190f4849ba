/*
 * What the three video outputs share: the frames that wait for their time, and the reports. Internal to
 * host/sdl/.
 */
#ifndef AZ_HOST_SDL_VIDEO_BASE_H
#define AZ_HOST_SDL_VIDEO_BASE_H

#include "host/sdl/video.h"
#include "host/sync.h"

typedef struct az_video_ops {
    void (*present)(az_video *video, const az_present *present);
    void (*flush)(az_video *video);
    void (*destroy)(az_video *video);
} az_video_ops;

/* The first member of each output. */
struct az_video {
    const az_video_ops *ops;
    az_post post;
    void (*set_text)(az_video *video, const aizu_cue *const *cues, size_t count); /* NULL: shows no text */
};

/* An az_present that owns what it points to. */
typedef struct az_video_item {
    az_frame *frame; /* NULL where the output does not need it */
    uint64_t frame_id;
    int64_t pts, at, wall;
    az_cue **cues;
    size_t cue_count;
    uint64_t cue_replays;
} az_video_item;

/* Frames in the order in which they were presented. Not thread-safe. */
typedef struct az_video_queue {
    az_video_item items[AZ_VIDEO_QUEUE_MAX]; /* ring */
    size_t begin, count;
} az_video_queue;

/* Takes the references over. False when the array of cues did not fit into memory: the frame then goes
 * without. */
bool az_video_item_init(az_video_item *item, const az_present *present, bool keeps_frame, bool keeps_cues);
void az_video_item_deinit(az_video_item *item);

/* Puts an item at the end; when the queue is full its first item comes out in *dropped (true). */
bool az_video_queue_push(az_video_queue *queue, const az_video_item *item, az_video_item *dropped);
/* The first item, still in the queue; NULL when empty. */
az_video_item *az_video_queue_first(az_video_queue *queue);
/* The one after it, or NULL. */
az_video_item *az_video_queue_second(az_video_queue *queue);
az_video_item az_video_queue_pop(az_video_queue *queue); /* not when empty */
void az_video_queue_clear(az_video_queue *queue);

/* AZ_EVENT_PRESENTED or AZ_EVENT_DROPPED. */
void az_video_report(const az_video *video, az_event_type type, uint64_t frame_id, int64_t time);

/* The rectangle of the picture in an area: aspect kept, centred. All sizes > 0. */
typedef struct az_video_rect {
    int x, y, width, height;
} az_video_rect;
az_video_rect az_video_place(az_video_rect area, const aizu_frame *frame);

#endif
