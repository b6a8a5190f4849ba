/*
 * Samples wait in an array, their bytes in one buffer, until their part is complete; see fragmenter.h.
 */
#include "fragmenter.h"

#include <stdlib.h>
#include <string.h>

#define TICKS_PER_SECOND 90000
#define NS_PER_SECOND    INT64_C(1000000000)
#define SAMPLES_MAX      4096 /* of one part, and of sound that waits for the video */
#define EVENTS_MAX       1024
#define BOUNDARIES_MAX   256
#define FRAME_SECONDS    10 /* a longer pause between two frames is not a frame's duration */
#define STEP_MAX         2  /* samples of sound: rounding of the times that come in */

typedef struct event {
    struct event *next;
    int64_t pts;
    uint32_t id;
    size_t size;
    uint8_t tag[];
} event;

typedef struct boundary {
    int64_t time; /* in the track's timescale */
    bool ends_segment;
} boundary;

struct ch_fragmenter {
    ch_fragmenter_settings settings;
    ch_mp4_sample *samples; /* SAMPLES_MAX */
    size_t samples_count;
    ch_bytes data; /* theirs */
    event *events_first, *events_last;
    boundary boundaries[BOUNDARIES_MAX]; /* in order */
    size_t boundaries_count;
    ch_bytes part;
    uint32_t sequence;
    int64_t part_time;    /* where the part begins */
    int64_t segment_time; /* video: where the segment begins, decoding and presentation */
    int64_t segment_pts;
    int64_t pts_max; /* end of the latest frame in presentation order */
    bool has_begun;
    bool is_segment_new; /* the next part begins one */
};

ch_fragmenter *ch_fragmenter_create(const ch_fragmenter_settings *settings)
{
    ch_fragmenter *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->settings = *settings;
    f->is_segment_new = true;
    f->samples = calloc(SAMPLES_MAX, sizeof(*f->samples));
    if (!f->samples)
        ch_fragmenter_destroy(&f);
    return f;
}

static void drop_event(ch_fragmenter *f)
{
    event *e = f->events_first;
    f->events_first = e->next;
    if (!f->events_first)
        f->events_last = NULL;
    free(e);
}

void ch_fragmenter_destroy(ch_fragmenter **pointer)
{
    ch_fragmenter *f = *pointer;
    *pointer = NULL;
    if (!f)
        return;
    while (f->events_first)
        drop_event(f);
    ch_bytes_deinit(&f->data);
    ch_bytes_deinit(&f->part);
    free(f->samples);
    free(f);
}

/* Ticks into the track's timescale, to the nearest. */
static int64_t time_of(const ch_fragmenter *f, int64_t ticks)
{
    int64_t scale = f->settings.timescale;
    if (scale == TICKS_PER_SECOND)
        return ticks;
    return ticks / TICKS_PER_SECOND * scale +
           (ticks % TICKS_PER_SECOND * scale + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
}

static int64_t wall_of(const ch_fragmenter *f, int64_t time)
{
    int64_t scale = f->settings.timescale, since = time - time_of(f, f->settings.pts_first);
    return f->settings.wall_first_ns + since / scale * NS_PER_SECOND + since % scale * NS_PER_SECOND / scale;
}

static int append(ch_fragmenter *f, const uint8_t *data, const ch_mp4_sample *sample)
{
    ch_bytes_append(&f->data, data, sample->size);
    f->samples[f->samples_count++] = *sample;
    return f->data.failed ? CH_FRAGMENTER_NO_MEMORY : 0;
}

/* The events before `end` into `out`; how many. They stay in the list until drop_event(). */
static size_t take_events(const ch_fragmenter *f, int64_t end, ch_mp4_event *out)
{
    size_t count = 0;
    for (const event *e = f->events_first; e && e->pts < end && count < EVENTS_MAX; e = e->next)
        out[count++] = (ch_mp4_event){.pts = e->pts, .id = e->id, .tag = e->tag, .size = e->size};
    return count;
}

static void write_part(ch_fragmenter *f, size_t count, size_t size)
{
    ch_mp4_event events[EVENTS_MAX];
    const ch_mp4_fragment fragment = {.sequence = ++f->sequence,
                                      .timescale = f->settings.timescale,
                                      .begins_segment = f->is_segment_new,
                                      .wall_ns = wall_of(f, f->samples[0].pts),
                                      .samples = f->samples,
                                      .samples_count = count,
                                      .events = events,
                                      .events_count = take_events(f, f->pts_max, events),
                                      .data = f->data.data,
                                      .size = size};
    ch_mp4_write_fragment(&f->part, &fragment);
    for (size_t i = 0; i < fragment.events_count; i++)
        drop_event(f);
}

/* A part of the first `count` samples, which ends at `end`; no samples: a gap. */
static int end_part(ch_fragmenter *f, size_t count, int64_t end, bool ends_segment)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += f->samples[i].size;
    f->part.size = 0;
    if (count)
        write_part(f, count, size);
    if (f->part.failed)
        return CH_FRAGMENTER_NO_MEMORY;
    ch_part part = {.data = f->part.data,
                    .size = f->part.size,
                    .pts = count ? f->samples[0].pts : f->part_time,
                    .duration = end - f->part_time,
                    .timescale = f->settings.timescale,
                    .is_independent = count && f->samples[0].key,
                    .ends_segment = ends_segment,
                    .boundary_ticks = f->segment_pts + end - f->segment_time};
    f->samples_count -= count;
    memmove(f->samples, f->samples + count, f->samples_count * sizeof(f->samples[0]));
    f->data.size -= size;
    if (f->data.size)
        memmove(f->data.data, f->data.data + size, f->data.size);
    f->part_time = end;
    f->is_segment_new = ends_segment;
    int result = f->settings.on_part(f->settings.user, &part);
    return result < 0 ? result : 0;
}

/* Half a frame forgives rounding, and makes a part as many frames as come nearest to it. */
static bool is_full(const ch_fragmenter *f, int64_t begin, int64_t end, int64_t length)
{
    return end - begin >= length - f->settings.frame_ticks / 2;
}

/* What is known about the frames so far when the next one comes. */
static int before_frame(ch_fragmenter *f, const ch_frame *frame)
{
    if (f->samples_count == 0)
        return 0;
    ch_mp4_sample *last = &f->samples[f->samples_count - 1];
    int64_t duration = frame->dts - last->dts;
    if (duration > 0 && duration < FRAME_SECONDS * TICKS_PER_SECOND)
        last->duration = (uint32_t)duration;
    bool is_ended = frame->cut || is_full(f, f->part_time, frame->dts, f->settings.part_ticks);
    if (!is_ended && f->samples_count < SAMPLES_MAX)
        return 0;
    return end_part(f, f->samples_count, frame->dts, frame->cut);
}

static void begin_segment(ch_fragmenter *f, const ch_frame *frame)
{
    f->has_begun = true;
    f->part_time = frame->dts;
    f->segment_time = frame->dts;
    f->segment_pts = frame->pts;
}

int ch_fragmenter_video(ch_fragmenter *f, const ch_frame *frame)
{
    const ch_fragmenter_settings *s = &f->settings;
    int result = before_frame(f, frame);
    if (result < 0)
        return result;
    if (f->samples_count == 0 && f->is_segment_new)
        begin_segment(f, frame);
    const ch_mp4_sample sample = {.dts = frame->dts,
                                  .pts = frame->pts,
                                  .duration = (uint32_t)s->frame_ticks,
                                  .size = (uint32_t)frame->size,
                                  .key = frame->key};
    result = append(f, frame->data, &sample);
    int64_t end = frame->dts + s->frame_ticks;
    if (frame->pts + s->frame_ticks > f->pts_max)
        f->pts_max = frame->pts + s->frame_ticks;
    if (result < 0 || !s->is_steady)
        return result;
    bool ends_segment = is_full(f, f->segment_time, end, s->segment_ticks);
    if (ends_segment || is_full(f, f->part_time, end, s->part_ticks))
        result = end_part(f, f->samples_count, end, ends_segment);
    return result;
}

/* Where the sound ends that is there. */
static int64_t sound_end(const ch_fragmenter *f)
{
    if (f->samples_count == 0)
        return f->part_time;
    const ch_mp4_sample *last = &f->samples[f->samples_count - 1];
    return last->dts + last->duration;
}

static bool is_late(const ch_fragmenter *f)
{
    return f->boundaries[f->boundaries_count - 1].time - f->boundaries[0].time >
           time_of(f, CH_FRAGMENTER_WAIT);
}

/* Where the part ends whose boundary is `time` and that holds `count` samples: with its last one, where that
 * is near. */
static int64_t sound_part_end(const ch_fragmenter *f, size_t count, int64_t time)
{
    int64_t half = f->settings.frame_samples / 2;
    int64_t end = count < f->samples_count ? f->samples[count].dts : sound_end(f);
    return count && end - time <= half && time - end <= half ? end : time;
}

/* Ends the parts whose end is known and whose sound is there, or too late. */
static int end_sound_parts(ch_fragmenter *f)
{
    int64_t half = f->settings.frame_samples / 2;
    while (f->boundaries_count) {
        boundary b = f->boundaries[0];
        bool is_there = f->has_begun && sound_end(f) + half >= b.time;
        if (!is_there && !is_late(f))
            return 0;
        if (!f->has_begun)
            f->part_time = b.time - time_of(f, f->settings.part_ticks);
        f->has_begun = true;
        size_t count = 0;
        while (count < f->samples_count && f->samples[count].dts + half < b.time)
            count++;
        f->pts_max = sound_part_end(f, count, b.time);
        if (count &&
            count == f->samples_count) /* a pause is not part of its frame for longer than its part */
            f->samples[count - 1].duration = (uint32_t)(f->pts_max - f->samples[count - 1].dts);
        f->boundaries_count--;
        memmove(f->boundaries, f->boundaries + 1, f->boundaries_count * sizeof(f->boundaries[0]));
        int result = end_part(f, count, f->pts_max, b.ends_segment);
        if (result < 0)
            return result;
    }
    return 0;
}

/* The time of the next frame of sound: rounding is taken off, and a pause makes the frame before longer. */
static int64_t place_sound(ch_fragmenter *f, int64_t time)
{
    int64_t step = time - sound_end(f);
    ch_mp4_sample *last = f->samples_count ? &f->samples[f->samples_count - 1] : NULL;
    if (!f->has_begun)
        return time;
    if ((step >= -STEP_MAX && step <= STEP_MAX) || (last && time <= last->dts))
        return sound_end(f);
    if (last && time - last->dts < (int64_t)FRAME_SECONDS * f->settings.timescale)
        last->duration = (uint32_t)(time - last->dts);
    return time;
}

int ch_fragmenter_sound(ch_fragmenter *f, const uint8_t *data, size_t size, int64_t pts)
{
    int64_t time = place_sound(f, time_of(f, pts));
    if (f->samples_count == SAMPLES_MAX)
        return 0; /* more than a minute before the pictures: they stand still, and parts with them */
    if (!f->has_begun)
        f->part_time = time;
    f->has_begun = true;
    const ch_mp4_sample sample = {.dts = time,
                                  .pts = time,
                                  .duration = (uint32_t)f->settings.frame_samples,
                                  .size = (uint32_t)size,
                                  .key = true};
    int result = append(f, data, &sample);
    return result < 0 ? result : end_sound_parts(f);
}

int ch_fragmenter_boundary(ch_fragmenter *f, int64_t ticks, bool ends_segment)
{
    if (f->boundaries_count == BOUNDARIES_MAX)
        return CH_FRAGMENTER_NO_MEMORY;
    f->boundaries[f->boundaries_count++] =
        (boundary){.time = time_of(f, ticks), .ends_segment = ends_segment};
    return end_sound_parts(f);
}

int ch_fragmenter_event(ch_fragmenter *f, uint32_t id, const uint8_t *tag, size_t size, int64_t pts)
{
    event *e = malloc(sizeof(*e) + size);
    if (!e)
        return CH_FRAGMENTER_NO_MEMORY;
    *e = (event){.pts = pts, .id = id, .size = size};
    if (size)
        memcpy(e->tag, tag, size);
    if (f->events_last)
        f->events_last->next = e;
    else
        f->events_first = e;
    f->events_last = e;
    return 0;
}
