/*
 * swresample; see host/sdl/resample.h.
 */
#include "host/sdl/resample.h"

#include <stdlib.h>

#include <libavutil/frame.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>

#include "host/sdl/sound.h"

void az_resample_deinit(az_resample *resample)
{
    swr_free(&resample->swr);
    av_channel_layout_uninit(&resample->layout);
    free(resample->values);
    *resample = (az_resample){0};
}

void az_resample_flush(az_resample *resample)
{
    swr_free(&resample->swr);
}

static bool is_fitting(const az_resample *resample, const AVFrame *av, int out_rate)
{
    return resample->swr && resample->format == av->format && resample->rate == av->sample_rate &&
           resample->out_rate == out_rate && !av_channel_layout_compare(&resample->layout, &av->ch_layout);
}

static aizu_result open(az_resample *resample, const AVFrame *av, int out_rate)
{
    AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
    AVChannelLayout layout = {0};
    swr_free(&resample->swr);
    if (av->sample_rate <= 0 || av->ch_layout.nb_channels <= 0)
        return AIZU_E_DECODER;
    /* Channels in no known order count as the usual layout of so many. */
    if (av->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&layout, av->ch_layout.nb_channels);
    else if (av_channel_layout_copy(&layout, &av->ch_layout) < 0)
        return AIZU_E_MEMORY;
    int error = swr_alloc_set_opts2(&resample->swr, &stereo, AV_SAMPLE_FMT_FLT, out_rate, &layout, av->format,
                                    av->sample_rate, 0, NULL);
    if (error >= 0)
        error = swr_init(resample->swr);
    av_channel_layout_uninit(&layout);
    av_channel_layout_uninit(&resample->layout);
    if (error >= 0)
        error = av_channel_layout_copy(&resample->layout, &av->ch_layout);
    if (error < 0) {
        swr_free(&resample->swr);
        return error == AVERROR(ENOMEM) ? AIZU_E_MEMORY : AIZU_E_DECODER;
    }
    resample->format = av->format;
    resample->rate = av->sample_rate;
    resample->out_rate = out_rate;
    return AIZU_OK;
}

static bool reserve(az_resample *resample, int samples)
{
    size_t size;
    if (samples < 0 || !az_mul_size((size_t)samples, AZ_SOUND_CHANNELS * sizeof(float), &size))
        return false;
    if (size <= resample->capacity)
        return true;
    float *values = realloc(resample->values, size);
    if (!values)
        return false;
    resample->values = values;
    resample->capacity = size;
    return true;
}

aizu_result az_resample_run(az_resample *resample, const AVFrame *av, int out_rate, const float **values,
                            size_t *count, int64_t *delay)
{
    *count = 0;
    aizu_result result = is_fitting(resample, av, out_rate) ? AIZU_OK : open(resample, av, out_rate);
    if (result)
        return result;
    *delay = swr_get_delay(resample->swr, AIZU_SECOND);
    int samples = swr_get_out_samples(resample->swr, av->nb_samples);
    if (!reserve(resample, samples))
        return AIZU_E_MEMORY;
    uint8_t *out[1] = {(uint8_t *)resample->values};
    samples = swr_convert(resample->swr, out, samples, (const uint8_t **)av->extended_data, av->nb_samples);
    if (samples < 0)
        return AIZU_E_DECODER;
    *values = resample->values;
    *count = (size_t)samples;
    return AIZU_OK;
}
