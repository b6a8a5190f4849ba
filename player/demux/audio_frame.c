/*
 * Audio frame headers; see demux/audio_frame.h. Tables are those of the specifications named there.
 */
#include "demux/audio_frame.h"

#include <string.h>

#include "base/reader.h"

static aizu_result parse_adts(az_span bytes, az_audio_frame *out)
{
    static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                22050, 16000, 12000, 11025, 8000,  7350};
    static const int channels[] = {0, 1, 2, 3, 4, 5, 6, 8};
    const uint8_t *d = bytes.data;
    if (d[0] != 0xFF || (bytes.size > 1 && (d[1] & 0xF6) != 0xF0))
        return AIZU_E_MEDIA;
    if (bytes.size < 7)
        return AIZU_AGAIN;
    unsigned rate = (d[2] >> 2) & 15;
    size_t size = (size_t)(d[3] & 3) << 11 | (size_t)d[4] << 3 | d[5] >> 5;
    if (rate >= AZ_COUNT(rates) || size < (d[1] & 1 ? 7u : 9u))
        return AIZU_E_MEDIA;
    out->codec = AZ_CODEC_AAC;
    out->size = size;
    out->samples = 1024 * ((d[6] & 3) + 1);
    out->sample_rate = rates[rate];
    out->channels = channels[(d[2] & 1) << 2 | d[3] >> 6];
    memcpy(out->codec_string, "mp4a.40.2", 10);
    out->codec_string[8] = (char)('1' + (d[2] >> 6)); /* for each frame: no printf */
    return AIZU_OK;
}

static int ac3_channels(unsigned acmod, bool has_lfe)
{
    static const int channels[] = {2, 1, 2, 3, 3, 4, 4, 5};
    return channels[acmod] + has_lfe;
}

static aizu_result parse_ac3_core(az_span bytes, az_audio_frame *out)
{
    static const int rates[] = {48000, 44100, 32000};
    static const int kbits[] = {32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                192, 224, 256, 320, 384, 448, 512, 576, 640};
    const uint8_t *d = bytes.data;
    unsigned fscod = d[4] >> 6, code = d[4] & 63, bsid = d[5] >> 3;
    if (fscod > 2 || code / 2 >= AZ_COUNT(kbits))
        return AIZU_E_MEDIA;
    /* words of 16 bits in 1536 samples; at 44.1 kHz an odd code adds one */
    int rate = rates[fscod];
    size_t words = (size_t)kbits[code / 2] * 96000u / (size_t)rate + (fscod == 1 && (code & 1));
    unsigned acmod = d[6] >> 5, skip = 0;
    skip += (acmod & 1) && acmod != 1 ? 2 : 0;
    skip += acmod & 4 ? 2 : 0;
    skip += acmod == 2 ? 2 : 0;
    bool has_lfe = ((unsigned)(d[6] << 8 | d[7]) >> (12 - skip)) & 1;
    out->codec = AZ_CODEC_AC3;
    out->size = words * 2;
    out->samples = 1536;
    out->sample_rate = rate >> (bsid > 8 ? bsid - 8 : 0);
    out->channels = ac3_channels(acmod, has_lfe);
    memcpy(out->codec_string, "ac-3", 5);
    return AIZU_OK;
}

static aizu_result parse_eac3(az_span bytes, az_audio_frame *out)
{
    static const int rates[] = {48000, 44100, 32000};
    static const int blocks[] = {1, 2, 3, 6};
    const uint8_t *d = bytes.data;
    unsigned type = d[2] >> 6, substream = (d[2] >> 3) & 7, fscod = d[4] >> 6, code = (d[4] >> 4) & 3;
    if (type == 3 || (fscod == 3 && code == 3))
        return AIZU_E_MEDIA;
    out->codec = AZ_CODEC_EAC3;
    out->size = 2 * ((size_t)((d[2] & 7) << 8 | d[3]) + 1);
    out->samples = 256 * (fscod == 3 ? 6 : blocks[code]);
    out->sample_rate = fscod == 3 ? rates[code] / 2 : rates[fscod];
    out->channels = ac3_channels((d[4] >> 1) & 7, d[4] & 1);
    out->is_dependent = type == 1 || (type == 0 && substream > 0);
    memcpy(out->codec_string, "ec-3", 5);
    return out->size < AZ_AUDIO_HEADER_SIZE ? AIZU_E_MEDIA : AIZU_OK;
}

static aizu_result parse_ac3(az_span bytes, az_audio_frame *out)
{
    const uint8_t *d = bytes.data;
    if (d[0] != 0x0B || (bytes.size > 1 && d[1] != 0x77))
        return AIZU_E_MEDIA;
    if (bytes.size < 8)
        return AIZU_AGAIN;
    unsigned bsid = d[5] >> 3; /* at the same place in both syntaxes */
    if (bsid > 16)
        return AIZU_E_MEDIA;
    return bsid <= 10 ? parse_ac3_core(bytes, out) : parse_eac3(bytes, out);
}

static int mpeg_bitrate(bool is_mpeg1, unsigned layer, unsigned index)
{
    static const int kbits[5][15] = {
        {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
    };
    unsigned row = is_mpeg1 ? layer - 1 : (layer == 1 ? 3 : 4);
    return kbits[row][index] * 1000;
}

static aizu_result parse_mpeg(az_span bytes, az_audio_frame *out)
{
    static const int rates[] = {44100, 48000, 32000};
    const uint8_t *d = bytes.data;
    if (d[0] != 0xFF || (bytes.size > 1 && (d[1] & 0xE0) != 0xE0))
        return AIZU_E_MEDIA;
    if (bytes.size < 4)
        return AIZU_AGAIN;
    unsigned version = (d[1] >> 3) & 3, layer = 4 - ((d[1] >> 1) & 3), rate = (d[2] >> 2) & 3;
    unsigned bitrate_index = d[2] >> 4;
    /* bitrate index 0 is free format: the frame's size stands nowhere */
    if (version == 1 || layer == 4 || rate == 3 || bitrate_index == 0 || bitrate_index == 15)
        return AIZU_E_MEDIA;
    bool is_mpeg1 = version == 3;
    int bitrate = mpeg_bitrate(is_mpeg1, layer, bitrate_index);
    int padding = (d[2] >> 1) & 1;
    out->codec = AZ_CODEC_MP3;
    out->sample_rate = rates[rate] >> (is_mpeg1 ? 0 : (version == 2 ? 1 : 2));
    out->channels = d[3] >> 6 == 3 ? 1 : 2;
    if (layer == 1) {
        out->samples = 384;
        out->size = (size_t)(12 * bitrate / out->sample_rate + padding) * 4;
    } else {
        out->samples = layer == 3 && !is_mpeg1 ? 576 : 1152;
        out->size = (size_t)(out->samples / 8 * bitrate / out->sample_rate + padding);
    }
    memcpy(out->codec_string, "mp4a.40.34", 11);
    out->codec_string[9] = (char)('1' + layer);
    return AIZU_OK;
}

aizu_result az_audio_frame_parse(az_codec codec, az_span bytes, az_audio_frame *out)
{
    if (bytes.size == 0)
        return AIZU_AGAIN;
    out->is_dependent = false;
    out->skip = 0;
    if (codec == AZ_CODEC_AAC)
        return parse_adts(bytes, out);
    if (codec == AZ_CODEC_AC3 || codec == AZ_CODEC_EAC3)
        return parse_ac3(bytes, out);
    if (codec == AZ_CODEC_MP3)
        return parse_mpeg(bytes, out);
    return AIZU_E_MEDIA;
}
