/*
 * Decoder configurations of sound: esds with its AudioSpecificConfig (ISO/IEC 14496-1, 7.2.6;
 * 14496-3, 1.6.2), dac3 and dec3 (ETSI TS 102 366, annex F), dOps (Opus in ISOBMFF, 4.3.2), dfLa (FLAC in
 * ISOBMFF), alac; see demux/fmp4_movie.h.
 */
#include <stdio.h>
#include <string.h>

#include "demux/aac_config.h"
#include "demux/fmp4_movie.h"

static void set_string(az_track *t, const char *text)
{
    memset(t->codec_string, 0, sizeof(t->codec_string));
    snprintf(t->codec_string, sizeof(t->codec_string), "%s", text);
}

/* 1.6.2.1; what it does not say stays as the sample entry has it. */
static void read_asc(az_fmp4_entry *entry, az_span asc, az_fmp4_out *out)
{
    az_track *t = &entry->track;
    az_aac_config config;
    az_bits b;
    az_bits_init(&b, asc);
    if (!az_aac_config_parse(b, asc.size * 8, &config)) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    if (config.rate > 0)
        t->sample_rate = config.rate;
    if (config.channels > 0)
        t->channels = config.channels;
    char text[32];
    snprintf(text, sizeof(text), "mp4a.40.%u", config.object_type);
    set_string(t, text);
    az_fmp4_set_config(entry, asc, out);
}

/* A descriptor's tag and size (ISO/IEC 14496-1, 8.3.3); its bytes, as far as they are there. */
static az_span read_descriptor(az_reader *r, uint8_t *tag)
{
    *tag = az_reader_u8(r);
    size_t size = 0;
    uint8_t byte = 0x80;
    for (int i = 0; i < 4 && byte & 0x80; i++) {
        byte = az_reader_u8(r);
        size = size << 7 | (byte & 0x7F);
    }
    return az_reader_bytes(r, AZ_MIN(size, az_reader_left(r)));
}

static bool find_descriptor(az_span descriptors, uint8_t wanted, az_span *body)
{
    az_reader r;
    az_reader_init(&r, descriptors);
    while (az_reader_left(&r) > 0 && !r.failed) {
        uint8_t tag;
        *body = read_descriptor(&r, &tag);
        if (tag == wanted && !r.failed)
            return true;
    }
    return false;
}

/* The DecoderConfigDescriptor in an esds (7.2.6.6). */
static bool find_decoder_config(az_span esds, az_span *config)
{
    az_reader r;
    az_span es;
    (void)az_full_box_open(&r, esds, NULL);
    if (!find_descriptor(az_span_sub(esds, r.pos, esds.size), 3, &es))
        return false;
    az_reader_init(&r, es);
    az_reader_skip(&r, 2);
    uint8_t flags = az_reader_u8(&r);
    if (flags & 0x80) /* depends on another stream */
        az_reader_skip(&r, 2);
    if (flags & 0x40)
        az_reader_skip(&r, az_reader_u8(&r));
    if (flags & 0x20)
        az_reader_skip(&r, 2);
    return !r.failed && find_descriptor(az_span_sub(es, r.pos, es.size), 4, config) && config->size >= 13;
}

static void read_esds(az_fmp4_entry *entry, az_span esds, az_fmp4_out *out)
{
    az_track *t = &entry->track;
    az_span config, asc;
    char text[32];
    if (!find_decoder_config(esds, &config)) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    unsigned type = config.data[0];
    snprintf(text, sizeof(text), "mp4a.%02X", type);
    set_string(t, text);
    switch (type) {
    case 0x40: /* MPEG-4, and the profiles of MPEG-2 */
    case 0x66:
    case 0x67:
    case 0x68:
        t->codec = AZ_CODEC_AAC;
        if (find_descriptor(az_span_sub(config, 13, config.size), 5, &asc))
            read_asc(entry, asc, out);
        else
            az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    case 0x69:
    case 0x6B:
        t->codec = AZ_CODEC_MP3;
        return;
    case 0xA5:
        t->codec = AZ_CODEC_AC3;
        return;
    case 0xA6:
        t->codec = AZ_CODEC_EAC3;
        return;
    default:
        az_fmp4_trouble(out, AZ_DEMUX_UNSUPPORTED);
    }
}

static const uint8_t ac3_channels[8] = {2, 1, 2, 3, 3, 4, 4, 5};
static const int ac3_rates[4] = {48000, 44100, 32000, 0};

static void set_ac3(az_track *t, unsigned fscod, unsigned channels)
{
    if (ac3_rates[fscod] > 0)
        t->sample_rate = ac3_rates[fscod];
    t->channels = (int)channels;
}

static void read_dac3(az_fmp4_entry *entry, az_span dac3, az_fmp4_out *out)
{
    az_bits b;
    az_bits_init(&b, dac3);
    unsigned fscod = az_bits_u(&b, 2);
    az_bits_skip(&b, 8); /* bsid, bsmod */
    unsigned acmod = az_bits_u(&b, 3), lfe = az_bits_u(&b, 1);
    if (b.failed)
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
    else
        set_ac3(&entry->track, fscod, ac3_channels[acmod] + lfe);
}

/* The first independent substream; the channels that its dependent ones add (table F.6.1). */
static void read_dec3(az_fmp4_entry *entry, az_span dec3, az_fmp4_out *out)
{
    static const uint8_t added[9] = {2, 2, 1, 1, 2, 2, 2, 1, 1}; /* from Lc/Rc, bit 0 of chan_loc, on */
    az_bits b;
    az_bits_init(&b, dec3);
    az_bits_skip(&b, 16); /* data_rate, num_ind_sub */
    unsigned fscod = az_bits_u(&b, 2);
    az_bits_skip(&b, 10); /* bsid, reserved, asvc, bsmod */
    unsigned acmod = az_bits_u(&b, 3), channels = ac3_channels[acmod] + az_bits_u(&b, 1);
    az_bits_skip(&b, 3);
    unsigned dependent = az_bits_u(&b, 4), locations = dependent > 0 ? az_bits_u(&b, 9) : 0;
    for (unsigned i = 0; i < AZ_COUNT(added); i++)
        channels += locations >> i & 1 ? added[i] : 0;
    if (b.failed)
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
    else
        set_ac3(&entry->track, fscod, channels);
}

static void read_dops(az_fmp4_entry *entry, az_span dops, az_fmp4_out *out)
{
    if (dops.size < 11) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    set_string(&entry->track, "opus");
    entry->track.channels = dops.data[1];
    entry->track.sample_rate = 48000; /* what it is decoded to, always */
    az_fmp4_set_config(entry, dops, out);
}

/* Version and flags, then a STREAMINFO block with its header. */
static void read_dfla(az_fmp4_entry *entry, az_span dfla, az_fmp4_out *out)
{
    az_bits b;
    az_bits_init(&b, dfla);
    az_bits_skip(&b, 32);
    unsigned type = az_bits_u(&b, 8) & 0x7F;
    az_bits_skip(&b, 24 + 80); /* size of the block; block and frame sizes */
    int rate = (int)az_bits_u(&b, 20), channels = (int)az_bits_u(&b, 3) + 1;
    if (b.failed || type != 0) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    entry->track.sample_rate = rate;
    entry->track.channels = channels;
    az_fmp4_set_config(entry, dfla, out);
}

static void read_alac(az_fmp4_entry *entry, az_span alac, az_fmp4_out *out)
{
    if (alac.size < 28 || az_load_be32(alac.data + 24) > INT32_MAX) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    entry->track.channels = alac.data[13];
    entry->track.sample_rate = (int)az_load_be32(alac.data + 24);
    az_fmp4_set_config(entry, alac, out);
}

static const az_fmp4_kind kinds[] = {
    {AZ_FOURCC('m', 'p', '4', 'a'), AZ_FOURCC('e', 's', 'd', 's'), AZ_CODEC_UNKNOWN, read_esds},
    {AZ_FOURCC('a', 'c', '-', '3'), AZ_FOURCC('d', 'a', 'c', '3'), AZ_CODEC_AC3, read_dac3},
    {AZ_FOURCC('e', 'c', '-', '3'), AZ_FOURCC('d', 'e', 'c', '3'), AZ_CODEC_EAC3, read_dec3},
    {AZ_FOURCC('O', 'p', 'u', 's'), AZ_FOURCC('d', 'O', 'p', 's'), AZ_CODEC_OPUS, read_dops},
    {AZ_FOURCC('f', 'L', 'a', 'C'), AZ_FOURCC('d', 'f', 'L', 'a'), AZ_CODEC_FLAC, read_dfla},
    {AZ_FOURCC('a', 'l', 'a', 'c'), AZ_FOURCC('a', 'l', 'a', 'c'), AZ_CODEC_ALAC, read_alac},
};

void az_fmp4_audio_parse(az_fmp4_entry *entry, uint32_t type, az_span boxes, az_fmp4_out *out)
{
    if (type == AZ_FOURCC('.', 'm', 'p', '3')) {
        entry->track.codec = AZ_CODEC_MP3;
        set_string(&entry->track, "mp4a.6B");
        return;
    }
    az_fmp4_kind_read(kinds, AZ_COUNT(kinds), entry, type, boxes, out);
}
