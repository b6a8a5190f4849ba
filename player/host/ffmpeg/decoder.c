/*
 * The decoder's thread and its queue; see host/ffmpeg/decoder.h. libavcodec is in host/ffmpeg/codec.h.
 *
 * A flush or configure empties the queue, so it is always the first thing the thread has to do and needs
 * no place in the queue: `reset` holds it.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/ffmpeg/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "host/ffmpeg/codec.h"
#include "host/sync.h"

typedef enum reset {
    RESET_NONE,
    RESET_FLUSH,
    RESET_CONFIGURE,
} reset;

typedef struct item {
    bool is_drain;
    uint32_t generation;
    az_unit unit;
} item;

struct az_decoder {
    az_stream stream;
    az_post post;
    az_log log;

    az_worker worker; /* what follows is under its lock */
    reset reset;
    uint32_t generation;
    az_codec codec; /* with RESET_CONFIGURE */
    az_track track;
    bool has_track;
    item *items; /* ring */
    size_t begin, count, capacity;

    /* the thread's */
    az_codec_decoder av;
    aizu_result open_result; /* of the last configure */
    bool wants_threads;      /* reopen at the next key frame */
};

/* ---- the queue, under the lock ---- */

static void drop_items(az_decoder *decoder)
{
    for (size_t i = 0; i < decoder->count; i++)
        az_slice_unref(&decoder->items[(decoder->begin + i) % decoder->capacity].unit.data);
    decoder->begin = decoder->count = 0;
}

static bool grow(az_decoder *decoder)
{
    size_t capacity = decoder->capacity ? decoder->capacity * 2 : 16;
    item *items = malloc(capacity * sizeof(*items));
    if (!items)
        return false;
    for (size_t i = 0; i < decoder->count; i++)
        items[i] = decoder->items[(decoder->begin + i) % decoder->capacity];
    free(decoder->items);
    decoder->items = items;
    decoder->capacity = capacity;
    decoder->begin = 0;
    return true;
}

static aizu_result push(az_decoder *decoder, const item *pushed)
{
    if (decoder->count >= AZ_DECODER_UNITS_MAX && !pushed->is_drain)
        return AIZU_E_LIMIT;
    if (decoder->count == decoder->capacity && !grow(decoder))
        return AIZU_E_MEMORY;
    decoder->items[(decoder->begin + decoder->count++) % decoder->capacity] = *pushed;
    return AIZU_OK;
}

/* ---- the thread ---- */

static bool is_current(az_decoder *decoder, uint32_t generation)
{
    pthread_mutex_lock(&decoder->worker.lock);
    bool is = decoder->generation == generation && !decoder->worker.is_stopping;
    pthread_mutex_unlock(&decoder->worker.lock);
    return is;
}

static void post_frame(az_decoder *decoder, uint32_t generation, az_frame *frame)
{
    const aizu_frame *view = az_frame_view(frame);
    az_event event = {
        .type = AZ_EVENT_FRAME,
        .time = az_clock_now(),
        .stream = decoder->stream,
        .generation = generation,
        .pts = az_frame_pts(frame),
        .duration = az_frame_duration(frame),
        .frame = frame,
        .width = view->width,
        .height = view->height,
    };
    if (!is_current(decoder, generation) || !az_post_event(&decoder->post, &event))
        az_frame_unref(&frame);
}

static void post_result(az_decoder *decoder, az_event_type type, uint32_t generation, aizu_result result)
{
    bool has_detail = result < 0 && decoder->av.detail[0];
    az_event event = {
        .type = type,
        .time = az_clock_now(),
        .stream = decoder->stream,
        .generation = generation,
        .result = result,
        .detail = has_detail ? decoder->av.detail : NULL,
    };
    if (is_current(decoder, generation))
        az_post_event(&decoder->post, &event);
}

/* Posts what libavcodec has ready. Each error is about one frame at most: more follow. */
static aizu_result take_frames(az_decoder *decoder, uint32_t generation)
{
    aizu_result first_error = AIZU_OK;
    int errors = 0;
    while (errors < 16) {
        az_frame *frame = NULL;
        aizu_result result = az_codec_receive(&decoder->av, &frame);
        if (result == AIZU_AGAIN || result == AIZU_END)
            break;
        if (frame) {
            post_frame(decoder, generation, frame);
            continue;
        }
        first_error = first_error ? first_error : result;
        errors++;
        if (result == AIZU_E_CODEC)
            break;
    }
    return first_error;
}

/* All frames of the units so far; ready for new ones then. */
static void drain(az_decoder *decoder, uint32_t generation)
{
    if (!az_codec_send(&decoder->av, NULL))
        (void)take_frames(decoder, generation);
    az_codec_flush(&decoder->av);
}

static void reopen_with_threads(az_decoder *decoder, uint32_t generation)
{
    drain(decoder, generation);
    az_track track = decoder->av.track;
    decoder->wants_threads = false;
    decoder->open_result = az_codec_open(&decoder->av, decoder->av.codec, &track);
    az_log_printf(&decoder->log, AZ_LOG_INFO, "decoder", "one thread is too slow: more from here on");
}

static void decode(az_decoder *decoder, const item *work)
{
    int64_t begin = az_clock_now();
    if (decoder->wants_threads && (work->unit.flags & AZ_SAMPLE_KEY))
        reopen_with_threads(decoder, work->generation);
    aizu_result result = decoder->open_result;
    if (!result) {
        result = az_codec_send(&decoder->av, &work->unit);
        aizu_result taken = take_frames(decoder, work->generation);
        result = result ? result : taken;
    }
    int64_t duration = work->unit.duration;
    const az_track *track = &decoder->av.track;
    if (duration <= 0 && track->frame_rate_num > 0)
        duration = az_rescale(AIZU_SECOND, track->frame_rate_den, track->frame_rate_num);
    if (az_codec_is_overloaded(&decoder->av, az_clock_now() - begin, duration))
        decoder->wants_threads = true;
    post_result(decoder, AZ_EVENT_DECODED, work->generation, result);
}

static void apply_reset(az_decoder *decoder, reset what, az_codec codec, const az_track *track)
{
    if (what == RESET_FLUSH) {
        az_codec_flush(&decoder->av);
        return;
    }
    decoder->wants_threads = false;
    decoder->open_result = az_codec_open(&decoder->av, codec, track);
    if (decoder->open_result)
        az_log_printf(&decoder->log, AZ_LOG_ERROR, "decoder", "%s", decoder->av.detail);
}

static void *run(void *argument)
{
    az_decoder *decoder = argument;
    pthread_mutex_lock(&decoder->worker.lock);
    while (!decoder->worker.is_stopping) {
        if (decoder->reset) {
            reset what = decoder->reset;
            az_codec codec = decoder->codec;
            az_track track = decoder->track;
            bool has_track = decoder->has_track;
            decoder->reset = RESET_NONE;
            decoder->track.config = (az_slice){NULL, NULL, 0};
            pthread_mutex_unlock(&decoder->worker.lock);
            apply_reset(decoder, what, codec, has_track ? &track : NULL);
            az_slice_unref(&track.config);
            pthread_mutex_lock(&decoder->worker.lock);
        } else if (decoder->count) {
            item work = decoder->items[decoder->begin];
            decoder->begin = (decoder->begin + 1) % decoder->capacity;
            decoder->count--;
            pthread_mutex_unlock(&decoder->worker.lock);
            if (work.is_drain) {
                drain(decoder, work.generation);
                post_result(decoder, AZ_EVENT_DRAINED, work.generation, AIZU_OK);
            } else {
                decode(decoder, &work);
                az_slice_unref(&work.unit.data);
            }
            pthread_mutex_lock(&decoder->worker.lock);
        } else {
            pthread_cond_wait(&decoder->worker.changed, &decoder->worker.lock);
        }
    }
    pthread_mutex_unlock(&decoder->worker.lock);
    return NULL;
}

/* ---- the engine's side ---- */

aizu_result az_decoder_create(az_decoder **out, az_stream stream, const az_post *post, const az_log *log)
{
    *out = NULL;
    az_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return AIZU_E_MEMORY;
    decoder->stream = stream;
    decoder->post = *post;
    decoder->open_result = AIZU_E_CODEC;
    if (log)
        decoder->log = *log;
    aizu_result result = AIZU_E_MEMORY;
    if (!grow(decoder) || !az_codec_init(&decoder->av))
        goto fail;
    result = AIZU_E_INTERNAL;
    if (!az_worker_start(&decoder->worker, run, decoder))
        goto fail_codec;
    *out = decoder;
    return AIZU_OK;
fail_codec:
    az_codec_deinit(&decoder->av);
fail:
    free(decoder->items);
    free(decoder);
    return result;
}

void az_decoder_destroy(az_decoder **pointer)
{
    az_decoder *decoder = *pointer;
    *pointer = NULL;
    if (!decoder)
        return;
    az_worker_stop(&decoder->worker);
    drop_items(decoder);
    free(decoder->items);
    az_slice_unref(&decoder->track.config);
    az_codec_deinit(&decoder->av);
    free(decoder);
}

static void reset_to(az_decoder *decoder, reset what, uint32_t generation)
{
    drop_items(decoder);
    decoder->generation = generation;
    if (decoder->reset != RESET_CONFIGURE)
        decoder->reset = what;
    pthread_cond_signal(&decoder->worker.changed);
}

void az_decoder_configure(az_decoder *decoder, az_codec codec, uint32_t generation, const az_track *track)
{
    pthread_mutex_lock(&decoder->worker.lock);
    decoder->codec = codec;
    decoder->has_track = track != NULL;
    az_slice_unref(&decoder->track.config);
    if (track) {
        decoder->track = *track;
        decoder->track.config = az_slice_ref(track->config);
    }
    reset_to(decoder, RESET_CONFIGURE, generation);
    pthread_mutex_unlock(&decoder->worker.lock);
}

void az_decoder_flush(az_decoder *decoder, uint32_t generation)
{
    pthread_mutex_lock(&decoder->worker.lock);
    reset_to(decoder, RESET_FLUSH, generation);
    pthread_mutex_unlock(&decoder->worker.lock);
}

void az_decoder_send(az_decoder *decoder, uint32_t generation, const az_unit *unit)
{
    item pushed = {.generation = generation, .unit = *unit};
    pthread_mutex_lock(&decoder->worker.lock);
    aizu_result result = generation == decoder->generation ? push(decoder, &pushed) : AIZU_AGAIN;
    pthread_mutex_unlock(&decoder->worker.lock);
    if (!result) { /* after the unlock: the thread would wake only to wait for the lock */
        pthread_cond_signal(&decoder->worker.changed);
        return;
    }
    az_slice_unref(&pushed.unit.data);
    az_event event = {
        .type = AZ_EVENT_DECODED,
        .time = az_clock_now(),
        .stream = decoder->stream,
        .generation = generation,
        .result = result,
        .detail = "too many units wait for the decoder",
    };
    if (result < 0)
        az_post_event(&decoder->post, &event);
}

void az_decoder_drain(az_decoder *decoder, uint32_t generation)
{
    item pushed = {.is_drain = true, .generation = generation};
    pthread_mutex_lock(&decoder->worker.lock);
    if (generation == decoder->generation && push(decoder, &pushed)) {
        /* no memory for one more entry: the last unit gives way, so that the end is not missed */
        item *last = &decoder->items[(decoder->begin + decoder->count - 1) % decoder->capacity];
        az_slice_unref(&last->unit.data);
        *last = pushed;
    }
    pthread_cond_signal(&decoder->worker.changed);
    pthread_mutex_unlock(&decoder->worker.lock);
}
