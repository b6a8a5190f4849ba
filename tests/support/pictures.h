/*
 * Frames of one colour and pieces of a tone, for tests of the outputs.
 */
#ifndef AZ_TESTS_PICTURES_H
#define AZ_TESTS_PICTURES_H

#include <string.h>

#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>

#include "host/ffmpeg/frame.h"

/* I420 or NV12 (AVPixelFormat), each plane filled with one value. */
static inline az_frame *picture_create(int format, int width, int height, int y, int u, int v)
{
    AVFrame *av = av_frame_alloc();
    AZ_ASSERT(av);
    av->format = format;
    av->width = width;
    av->height = height;
    AZ_ASSERT(av_frame_get_buffer(av, 0) >= 0);
    size_t rows = (size_t)(height + 1) / 2;
    memset(av->data[0], y, (size_t)av->linesize[0] * (size_t)height);
    memset(av->data[1], u, (size_t)av->linesize[1] * rows);
    if (format == AV_PIX_FMT_YUV420P)
        memset(av->data[2], v, (size_t)av->linesize[2] * rows);
    az_frame *frame = az_frame_create(av, 0, 0);
    AZ_ASSERT(frame);
    av_frame_free(&av);
    return frame;
}

/* Planar floats, all samples of one value. */
static inline az_frame *tone_create(int rate, int channels, int samples, float value)
{
    AVFrame *av = av_frame_alloc();
    AZ_ASSERT(av);
    av->format = AV_SAMPLE_FMT_FLTP;
    av->sample_rate = rate;
    av->nb_samples = samples;
    av_channel_layout_default(&av->ch_layout, channels);
    AZ_ASSERT(av_frame_get_buffer(av, 0) >= 0);
    for (int c = 0; c < channels; c++) {
        for (int i = 0; i < samples; i++)
            ((float *)(void *)av->extended_data[c])[i] = value;
    }
    az_frame *frame = az_frame_create(av, 0, az_rescale(samples, AIZU_SECOND, rate));
    AZ_ASSERT(frame);
    av_frame_free(&av);
    return frame;
}

#endif
