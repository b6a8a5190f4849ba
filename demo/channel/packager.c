/*
 * Three queues and the segment that is being written; see packager.h.
 */
#include "packager.h"

#include <libavutil/error.h>
#include <stdlib.h>
#include <string.h>

typedef struct item {
    struct item *next;
    int64_t pts;
    int64_t dts;
    bool key;
    bool cut;
    size_t size;
    uint8_t data[];
} item;

typedef struct queue {
    item *head;
    item *tail;
} queue;

struct ch_packager {
    ch_packager_settings settings;
    ch_ts_writer writer;
    queue video, audio, cues;
    int64_t audio_pts_last; /* fed so far */
    ch_bytes segment;
    int64_t segment_pts;
    int64_t video_end; /* end of the latest frame in presentation order */
    bool is_open;      /* a segment has begun */
};

static int push(queue *q, const uint8_t *data, size_t size, const item *fields)
{
    item *i = malloc(sizeof(*i) + size);
    if (!i)
        return AVERROR(ENOMEM);
    *i = *fields;
    i->next = NULL;
    i->size = size;
    if (size)
        memcpy(i->data, data, size);
    if (q->tail)
        q->tail->next = i;
    else
        q->head = i;
    q->tail = i;
    return 0;
}

static void pop(queue *q)
{
    item *i = q->head;
    q->head = i->next;
    if (!q->head)
        q->tail = NULL;
    free(i);
}

ch_packager *ch_packager_create(const ch_packager_settings *settings)
{
    ch_packager *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->settings = *settings;
    p->audio_pts_last = INT64_MIN;
    ch_ts_writer_init(&p->writer, settings->has_audio);
    return p;
}

void ch_packager_destroy(ch_packager **pointer)
{
    ch_packager *p = *pointer;
    *pointer = NULL;
    if (!p)
        return;
    queue *queues[] = {&p->video, &p->audio, &p->cues};
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        while (queues[i]->head)
            pop(queues[i]);
    }
    ch_bytes_deinit(&p->segment);
    free(p);
}

/* Sound and cues before `pts` go into the segment. */
static void write_before(ch_packager *p, int64_t pts)
{
    for (const item *i; (i = p->audio.head) && i->pts < pts; pop(&p->audio))
        ch_ts_write_audio(&p->writer, &p->segment, &p->settings.adts, i->data, i->size, i->pts);
    for (const item *i; (i = p->cues.head) && i->pts < pts; pop(&p->cues))
        ch_ts_write_metadata(&p->writer, &p->segment, i->data, i->size, i->pts);
}

static int end_segment(ch_packager *p, int64_t end_pts)
{
    if (p->segment.failed)
        return AVERROR(ENOMEM);
    const ch_segment segment = {.data = p->segment.data,
                                .size = p->segment.size,
                                .pts = p->segment_pts,
                                .duration_ticks = end_pts - p->segment_pts};
    int result = p->settings.on_segment(p->settings.user, &segment);
    p->segment.size = 0;
    p->is_open = false;
    return result < 0 ? result : 0;
}

static int write_video(ch_packager *p, const item *v)
{
    if (p->is_open && v->cut) {
        write_before(p, v->pts);
        int result = end_segment(p, v->pts);
        if (result < 0)
            return result;
    }
    if (!p->is_open) {
        p->is_open = true;
        p->segment_pts = v->pts;
        ch_ts_write_tables(&p->writer, &p->segment);
    }
    for (const item *i; (i = p->cues.head) && i->pts <= v->pts; pop(&p->cues))
        ch_ts_write_metadata(&p->writer, &p->segment, i->data, i->size, i->pts);
    for (const item *i; (i = p->audio.head) && i->pts < v->dts; pop(&p->audio))
        ch_ts_write_audio(&p->writer, &p->segment, &p->settings.adts, i->data, i->size, i->pts);
    ch_ts_write_video(&p->writer, &p->segment, v->data, v->size, v->pts, v->dts, v->key);
    if (v->pts + p->settings.frame_ticks > p->video_end)
        p->video_end = v->pts + p->settings.frame_ticks;
    if (p->segment.failed || !p->settings.on_growth)
        return p->segment.failed ? AVERROR(ENOMEM) : 0;
    const ch_segment segment = {.data = p->segment.data,
                                .size = p->segment.size,
                                .pts = p->segment_pts,
                                .duration_ticks = p->video_end - p->segment_pts};
    return p->settings.on_growth(p->settings.user, &segment);
}

/* Whether the sound that belongs before `v` may still come. */
static bool must_wait(const ch_packager *p, const item *v)
{
    if (!p->settings.has_audio || p->video.tail->dts - v->dts > CH_PACKAGER_WAIT)
        return false;
    return p->audio_pts_last < (v->cut ? v->pts : v->dts);
}

static int drain(ch_packager *p, bool is_ending)
{
    while (p->video.head && (is_ending || !must_wait(p, p->video.head))) {
        int result = write_video(p, p->video.head);
        pop(&p->video);
        if (result < 0)
            return result;
    }
    return 0;
}

int ch_packager_feed_video(ch_packager *p, const ch_video_packet *packet)
{
    const item fields = {.pts = packet->pts, .dts = packet->dts, .key = packet->key, .cut = packet->cut};
    int result = push(&p->video, packet->data, packet->size, &fields);
    return result < 0 ? result : drain(p, false);
}

int ch_packager_feed_audio(ch_packager *p, const uint8_t *data, size_t size, int64_t pts)
{
    int result = push(&p->audio, data, size, &(item){.pts = pts, .dts = pts});
    p->audio_pts_last = pts;
    return result < 0 ? result : drain(p, false);
}

int ch_packager_feed_cue(ch_packager *p, const uint8_t *tag, size_t size, int64_t pts)
{
    return push(&p->cues, tag, size, &(item){.pts = pts, .dts = pts});
}

int ch_packager_end(ch_packager *p)
{
    int result = drain(p, true);
    if (result < 0 || !p->is_open)
        return result;
    write_before(p, p->video_end);
    return end_segment(p, p->video_end);
}
