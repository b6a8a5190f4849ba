/*
 * LOAS frames and their StreamMuxConfig; see demux/latm.h.
 */
#include "demux/latm.h"

#include <stdio.h>

#include "base/reader.h"
#include "demux/aac_config.h"

#define HEADER_SIZE   ((size_t)3)
#define RATE_MIN      1000
#define RATE_MAX      768000
#define SBR_RATIO_MAX 4

/* LatmGetValue(): up to four bytes, their count first. */
static uint32_t read_value(az_bits *b)
{
    unsigned bytes = az_bits_u(b, 2) + 1;
    return az_bits_u(b, 8 * bytes);
}

/* 1.7.3.2, as far as the AudioSpecificConfig of the first layer of the first programme. */
static bool read_mux_config(az_bits *b, az_aac_config *config, int *subframes)
{
    bool has_lengths = az_bits_flag(b); /* audioMuxVersion */
    if (has_lengths && az_bits_flag(b)) /* audioMuxVersionA: of a syntax that is not defined */
        return false;
    if (has_lengths)
        (void)read_value(b); /* taraBufferFullness */
    az_bits_skip(b, 1);      /* allStreamsSameTimeFraming */
    *subframes = (int)az_bits_u(b, 6) + 1;
    az_bits_skip(b, 4 + 3); /* programmes, layers */
    size_t size = has_lengths ? read_value(b) : 0;
    if (b->failed || size > az_bits_left(b))
        return false;
    return az_aac_config_parse(*b, size ? b->pos + size : 0, config);
}

static bool take_config(const az_aac_config *config, int subframes, az_audio_frame *out)
{
    int rate = config->core_rate, samples = config->core_samples * subframes;
    if (rate < RATE_MIN || rate > RATE_MAX)
        return false;
    int ratio = config->rate / rate;
    if (config->rate == rate * ratio && ratio > 1 && ratio <= SBR_RATIO_MAX) {
        rate *= ratio;
        samples *= ratio;
    }
    out->sample_rate = rate;
    out->samples = samples;
    out->channels = config->channels;
    snprintf(out->codec_string, sizeof(out->codec_string), "mp4a.40.%u", config->object_type);
    return true;
}

aizu_result az_loas_frame_parse(az_span bytes, const az_audio_frame *last, az_audio_frame *out)
{
    const uint8_t *d = bytes.data;
    if (bytes.size > 0 && (d[0] != AZ_LOAS_SYNC || (bytes.size > 1 && (d[1] & 0xE0) != 0xE0)))
        return AIZU_E_MEDIA;
    if (bytes.size < HEADER_SIZE)
        return AIZU_AGAIN;
    size_t size = HEADER_SIZE + ((size_t)(d[1] & 31) << 8 | d[2]);
    if (size == HEADER_SIZE)
        return AIZU_E_MEDIA;
    if (bytes.size < size)
        return AIZU_AGAIN;
    *out = *last;
    out->codec = AZ_CODEC_AAC_LATM;
    out->size = size;
    out->skip = 0;
    out->is_dependent = false;
    az_bits b;
    az_bits_init(&b, az_span_sub(bytes, HEADER_SIZE, size - HEADER_SIZE));
    if (az_bits_flag(&b)) /* useSameStreamMux */
        return AIZU_OK;
    az_aac_config config;
    int subframes;
    if (!read_mux_config(&b, &config, &subframes) || !take_config(&config, subframes, out))
        return AIZU_E_MEDIA;
    return AIZU_OK;
}
