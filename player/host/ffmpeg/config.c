/*
 * Decoder configurations; see host/ffmpeg/config.h. Most are the same on both sides; those of Opus, FLAC and
 * ALAC come in other wrappings: dOps (Encapsulation of Opus in ISOBMFF, 4.3.2) and OpusHead (RFC 7845, 5.1),
 * dfLa (Encapsulation of FLAC in ISOBMFF, 3.3.2), alac (the cookie of the ALAC file format).
 */
#include "host/ffmpeg/config.h"

#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/mem.h>

#define DOPS_SIZE        11 /* without a channel mapping table */
#define OPUS_HEAD_SIZE   19
#define STREAMINFO_SIZE  34
#define DFLA_HEADER_SIZE 8  /* version and flags, header of the block */
#define ALAC_SIZE        28 /* version and flags, configuration */
#define BOX_HEADER_SIZE  8

/* An empty one with room for `size` bytes. */
static uint8_t *allocate(size_t size)
{
    return av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
}

static aizu_result copy(az_span config, uint8_t **out, int *out_size)
{
    *out = allocate(config.size);
    if (!*out)
        return AIZU_E_MEMORY;
    memcpy(*out, config.data, config.size);
    *out_size = (int)config.size;
    return AIZU_OK;
}

static void swap16(uint8_t *to, const uint8_t *from)
{
    to[0] = from[1];
    to[1] = from[0];
}

/*
 * Numbers turn from big endian into little endian, and the mapping table is the same. The pre-skip becomes 0:
 * in MP4 the edit list says what is not heard, and a decoder that is opened in the middle must not drop
 * sound.
 */
static aizu_result convert_opus(az_span dops, uint8_t **out, int *out_size)
{
    static const uint8_t magic[8] = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd'};
    if (dops.size < DOPS_SIZE || dops.data[0] != 0 || dops.data[1] == 0)
        return AIZU_E_CODEC;
    unsigned channels = dops.data[1], family = dops.data[10];
    size_t mapping_size = family ? 2 + channels : 0;
    if (dops.size < DOPS_SIZE + mapping_size || (!family && channels > 2))
        return AIZU_E_CODEC;
    uint8_t *head = allocate(OPUS_HEAD_SIZE + mapping_size);
    if (!head)
        return AIZU_E_MEMORY;
    memcpy(head, magic, sizeof(magic));
    head[8] = 1; /* version */
    head[9] = (uint8_t)channels;
    swap16(head + 12, dops.data + 6); /* sample rate of what was encoded */
    swap16(head + 14, dops.data + 4);
    swap16(head + 16, dops.data + 8); /* gain */
    head[18] = (uint8_t)family;
    memcpy(head + OPUS_HEAD_SIZE, dops.data + DOPS_SIZE, mapping_size);
    *out = head;
    *out_size = (int)(OPUS_HEAD_SIZE + mapping_size);
    return AIZU_OK;
}

static aizu_result convert_flac(az_span dfla, uint8_t **out, int *out_size)
{
    if (dfla.size < DFLA_HEADER_SIZE + STREAMINFO_SIZE || (dfla.data[4] & 0x7F) != 0)
        return AIZU_E_CODEC;
    return copy(az_span_sub(dfla, DFLA_HEADER_SIZE, STREAMINFO_SIZE), out, out_size);
}

/* libavcodec wants the whole box. */
static aizu_result convert_alac(az_span alac, uint8_t **out, int *out_size)
{
    static const uint8_t header[BOX_HEADER_SIZE] = {0, 0, 0, BOX_HEADER_SIZE + ALAC_SIZE, 'a', 'l', 'a', 'c'};
    if (alac.size < ALAC_SIZE)
        return AIZU_E_CODEC;
    *out = allocate(BOX_HEADER_SIZE + ALAC_SIZE);
    if (!*out)
        return AIZU_E_MEMORY;
    memcpy(*out, header, BOX_HEADER_SIZE);
    memcpy(*out + BOX_HEADER_SIZE, alac.data, ALAC_SIZE);
    *out_size = BOX_HEADER_SIZE + ALAC_SIZE;
    return AIZU_OK;
}

aizu_result az_config_convert(az_codec codec, az_span config, uint8_t **out, int *out_size)
{
    *out = NULL;
    *out_size = 0;
    if (!config.size)
        return AIZU_OK;
    if (config.size > AZ_CONFIG_SIZE_MAX)
        return AIZU_E_CODEC;
    switch (codec) {
    case AZ_CODEC_H264:
    case AZ_CODEC_H265:
    case AZ_CODEC_AV1:
    case AZ_CODEC_AAC:
        return copy(config, out, out_size);
    case AZ_CODEC_OPUS:
        return convert_opus(config, out, out_size);
    case AZ_CODEC_FLAC:
        return convert_flac(config, out, out_size);
    case AZ_CODEC_ALAC:
        return convert_alac(config, out, out_size);
    case AZ_CODEC_VP9: /* vpcC repeats what the frames say */
    case AZ_CODEC_MPEG2_VIDEO:
    case AZ_CODEC_AAC_LATM:
    case AZ_CODEC_AC3:
    case AZ_CODEC_EAC3:
    case AZ_CODEC_MP3:
    case AZ_CODEC_UNKNOWN:
    case AZ_CODEC_ID3:
    case AZ_CODEC_SCTE35:
    case AZ_CODEC_EMSG:
    case AZ_CODEC_WEBVTT:
    case AZ_CODEC_TTML:
        break;
    }
    return AIZU_OK;
}
