/*
 * libavcodec's encoders behind feed and take; see encoder.h.
 */
#include "encoder.h"

#include "log.h"

#include <inttypes.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_PER_SECOND 90000
#define GOP_FRAMES_MAX   100000                     /* groups begin where the caller says */
#define AUDIO_FIFO_SIZE  (4 * CH_AUDIO_HZ)          /* samples */
#define AUDIO_JITTER     (CH_AUDIO_HZ / 20)         /* samples */
#define AUDIO_GAP_MAX    (2 * (int64_t)CH_AUDIO_HZ) /* more than this is a new start */

struct ch_video_encoder {
    AVCodecContext *context;
};

struct ch_audio_encoder {
    AVCodecContext *context;
    AVFrame *frame;
    float *fifo[CH_AUDIO_CHANNELS];
    int fifo_count;
    int64_t fifo_pts;   /* of the first sample in the fifo, in samples */
    int64_t drop_below; /* packets before it are the encoder's own run-in */
    bool has_begun;
};

static void set_video_options(AVCodecContext *c, const ch_video_encoder_settings *s)
{
    c->width = s->width;
    c->height = s->height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){1, TICKS_PER_SECOND};
    c->framerate = s->frame_rate;
    c->gop_size = GOP_FRAMES_MAX;
    c->max_b_frames = 0;
    c->thread_count = 1;
    c->bit_rate = s->bits_per_second;
    c->rc_max_rate = s->bits_per_second * 5 / 4;
    c->rc_buffer_size = (int)(s->bits_per_second * 5 / 4);
    c->flags |= AV_CODEC_FLAG_CLOSED_GOP;
    c->color_range = AVCOL_RANGE_MPEG;
    c->color_primaries = AVCOL_PRI_BT709;
    c->color_trc = AVCOL_TRC_BT709;
    c->colorspace = AVCOL_SPC_BT709;
    av_opt_set(c->priv_data, "preset", s->preset, 0);
    av_opt_set(c->priv_data, "tune", "zerolatency", 0);
    av_opt_set_int(c->priv_data, "forced-idr", 1, 0);
    av_opt_set_int(c->priv_data, "aud", 1, 0);
    av_opt_set(c->priv_data, "x264-params", "scenecut=0:force-cfr=1", 0);
}

ch_video_encoder *ch_video_encoder_create(const ch_video_encoder_settings *settings)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    if (!codec) {
        ch_error("this FFmpeg has no libx264");
        return NULL;
    }
    ch_video_encoder *e = calloc(1, sizeof(*e));
    if (e)
        e->context = avcodec_alloc_context3(codec);
    if (!e || !e->context) {
        ch_error("out of memory");
        ch_video_encoder_destroy(&e);
        return NULL;
    }
    set_video_options(e->context, settings);
    int result = avcodec_open2(e->context, codec, NULL);
    if (result < 0) {
        ch_av_error(result, "H.264 encoder");
        ch_video_encoder_destroy(&e);
    }
    return e;
}

void ch_video_encoder_destroy(ch_video_encoder **pointer)
{
    ch_video_encoder *e = *pointer;
    *pointer = NULL;
    if (!e)
        return;
    avcodec_free_context(&e->context);
    free(e);
}

int ch_video_encoder_feed(ch_video_encoder *e, AVFrame *frame, int64_t pts, bool key)
{
    frame->pts = pts;
    frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    return avcodec_send_frame(e->context, frame);
}

int ch_video_encoder_take(ch_video_encoder *e, AVPacket *packet)
{
    return avcodec_receive_packet(e->context, packet);
}

static int open_audio(ch_audio_encoder *e, int64_t bits_per_second)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (!codec)
        return AVERROR_ENCODER_NOT_FOUND;
    e->context = avcodec_alloc_context3(codec);
    e->frame = av_frame_alloc();
    if (!e->context || !e->frame)
        return AVERROR(ENOMEM);
    for (int i = 0; i < CH_AUDIO_CHANNELS; i++) {
        e->fifo[i] = calloc(AUDIO_FIFO_SIZE, sizeof(float));
        if (!e->fifo[i])
            return AVERROR(ENOMEM);
    }
    e->context->sample_rate = CH_AUDIO_HZ;
    e->context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    e->context->bit_rate = bits_per_second;
    e->context->time_base = (AVRational){1, CH_AUDIO_HZ};
    e->context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER; /* ADTS wants the AudioSpecificConfig */
    av_channel_layout_default(&e->context->ch_layout, CH_AUDIO_CHANNELS);
    int result = avcodec_open2(e->context, codec, NULL);
    if (result < 0)
        return result;
    e->frame->format = AV_SAMPLE_FMT_FLTP;
    e->frame->nb_samples = e->context->frame_size;
    e->frame->sample_rate = CH_AUDIO_HZ;
    result = av_channel_layout_copy(&e->frame->ch_layout, &e->context->ch_layout);
    return result < 0 ? result : av_frame_get_buffer(e->frame, 0);
}

ch_audio_encoder *ch_audio_encoder_create(int64_t bits_per_second)
{
    ch_audio_encoder *e = calloc(1, sizeof(*e));
    int result = e ? open_audio(e, bits_per_second) : AVERROR(ENOMEM);
    if (result < 0) {
        ch_av_error(result, "AAC encoder");
        ch_audio_encoder_destroy(&e);
    }
    return e;
}

void ch_audio_encoder_destroy(ch_audio_encoder **pointer)
{
    ch_audio_encoder *e = *pointer;
    *pointer = NULL;
    if (!e)
        return;
    avcodec_free_context(&e->context);
    av_frame_free(&e->frame);
    for (int i = 0; i < CH_AUDIO_CHANNELS; i++)
        free(e->fifo[i]);
    free(e);
}

/* Appends samples (NULL: silence), as many as fit. */
static void append(ch_audio_encoder *e, const float *const planes[CH_AUDIO_CHANNELS], int offset, int count)
{
    if (count > AUDIO_FIFO_SIZE - e->fifo_count)
        count = AUDIO_FIFO_SIZE - e->fifo_count;
    for (int i = 0; i < CH_AUDIO_CHANNELS; i++) {
        float *to = e->fifo[i] + e->fifo_count;
        if (planes)
            memcpy(to, planes[i] + offset, (size_t)count * sizeof(float));
        else
            memset(to, 0, (size_t)count * sizeof(float));
    }
    e->fifo_count += count;
}

int ch_audio_encoder_feed(ch_audio_encoder *e, const float *const planes[CH_AUDIO_CHANNELS], int count,
                          int64_t pts)
{
    int64_t position = av_rescale(pts, CH_AUDIO_HZ, TICKS_PER_SECOND);
    int64_t gap = position - (e->fifo_pts + e->fifo_count);
    int skip = 0;
    if (!e->has_begun || gap > AUDIO_GAP_MAX) {
        e->fifo_pts = position;
        e->fifo_count = 0;
        if (!e->has_begun)
            e->drop_below = position;
        e->has_begun = true;
    } else if (gap > AUDIO_JITTER) {
        append(e, NULL, 0, (int)gap);
    } else if (gap < -AUDIO_JITTER) {
        skip = -gap < count ? (int)-gap : count;
    }
    append(e, planes, skip, count - skip);
    return 0;
}

/* One frame from the fifo into the encoder; AVERROR(EAGAIN) when there is not enough. */
static int send_frame(ch_audio_encoder *e)
{
    int size = e->frame->nb_samples;
    if (e->fifo_count < size)
        return AVERROR(EAGAIN);
    int result = av_frame_make_writable(e->frame);
    if (result < 0)
        return result;
    for (int i = 0; i < CH_AUDIO_CHANNELS; i++) {
        memcpy(e->frame->data[i], e->fifo[i], (size_t)size * sizeof(float));
        memmove(e->fifo[i], e->fifo[i] + size, (size_t)(e->fifo_count - size) * sizeof(float));
    }
    e->frame->pts = e->fifo_pts;
    e->fifo_pts += size;
    e->fifo_count -= size;
    return avcodec_send_frame(e->context, e->frame);
}

int ch_audio_encoder_take(ch_audio_encoder *e, AVPacket *packet)
{
    for (;;) {
        int result = avcodec_receive_packet(e->context, packet);
        if (result == AVERROR(EAGAIN)) {
            result = send_frame(e);
            if (result < 0)
                return result;
            continue;
        }
        if (result < 0)
            return result;
        if (packet->pts >= e->drop_below) {
            packet->pts = av_rescale(packet->pts, TICKS_PER_SECOND, CH_AUDIO_HZ);
            packet->dts = packet->pts;
            return 0;
        }
        av_packet_unref(packet);
    }
}

const AVCodecContext *ch_audio_encoder_context(const ch_audio_encoder *e)
{
    return e->context;
}
