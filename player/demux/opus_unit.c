/*
 * Opus access units; see demux/opus_unit.h. start_trim and end_trim are read over: the packet goes out whole
 * with the time of its first sample, as in MP4, where an edit list would say the same.
 */
#include "demux/opus_unit.h"

#include <string.h>

#include "base/reader.h"

#define RATE           48000
#define SAMPLES_MAX    5760 /* 120 ms */
#define FLAG_START     0x10
#define FLAG_END       0x08
#define FLAG_EXTENSION 0x04

#define CODE_DUAL_MONO 0x00
#define CODE_EXPLICIT  0x81
#define CODE_UNCOUPLED 0x80 /* | channels: each in a stream of its own */

#define FAMILY_PLAIN     0 /* one stream, one or two channels */
#define FAMILY_VORBIS    1
#define FAMILY_UNORDERED 255

static az_opus_config make_config(unsigned channels, unsigned family)
{
    az_opus_config c = {.size = 11};
    c.data[1] = (uint8_t)channels;
    c.data[6] = RATE >> 8; /* of what was encoded, 32 bits */
    c.data[7] = RATE & 0xFF;
    c.data[10] = (uint8_t)family;
    return c;
}

static void set_mapping(az_opus_config *c, unsigned streams, unsigned coupled, const uint8_t *map)
{
    c->data[11] = (uint8_t)streams;
    c->data[12] = (uint8_t)coupled;
    memcpy(c->data + 13, map, c->data[1]);
    c->size = (uint8_t)(13 + c->data[1]);
}

/* Bits that a number in 0 .. count - 1 takes. */
static unsigned bits_for(unsigned count)
{
    unsigned bits = 0;
    while (1u << bits < count)
        bits++;
    return bits;
}

/* The layout as the stream spells it out. */
static az_opus_config read_explicit(az_span body)
{
    az_opus_config none = {0};
    uint8_t map[AZ_OPUS_CHANNELS_MAX];
    az_bits b;
    az_bits_init(&b, body);
    unsigned channels = az_bits_u(&b, 8), family = az_bits_u(&b, 8);
    if (b.failed || channels == 0 || channels > AZ_OPUS_CHANNELS_MAX)
        return none;
    if (family == FAMILY_PLAIN)
        return channels <= 2 ? make_config(channels, family) : none;
    if (family != FAMILY_VORBIS && family != FAMILY_UNORDERED)
        return none;
    unsigned streams = az_bits_u(&b, bits_for(channels)) + 1;
    unsigned coupled = az_bits_u(&b, bits_for(streams + 1)), coded = streams + coupled;
    if (coupled > streams)
        return none;
    for (unsigned i = 0; i < channels; i++) {
        unsigned from = az_bits_u(&b, bits_for(coded + 1));
        map[i] = (uint8_t)(from < coded ? from : 255); /* 255: silence */
    }
    if (b.failed)
        return none;
    az_opus_config c = make_config(channels, family);
    set_mapping(&c, streams, coupled, map);
    return c;
}

az_opus_config az_opus_config_parse(az_span descriptor)
{
    /* the layouts of three and more channels in RFC 7845, 5.1.1.2, as encoders order their streams */
    static const struct {
        uint8_t streams, coupled, map[AZ_OPUS_CHANNELS_MAX];
    } layouts[] = {
        {2, 1, {0, 2, 1}},          {2, 2, {0, 1, 2, 3}},          {3, 2, {0, 4, 1, 2, 3}},
        {4, 2, {0, 4, 1, 2, 3, 5}}, {4, 3, {0, 4, 1, 2, 3, 5, 6}}, {5, 3, {0, 6, 1, 2, 3, 4, 5, 7}},
    };
    static const uint8_t straight[AZ_OPUS_CHANNELS_MAX] = {0, 1, 2, 3, 4, 5, 6, 7};
    unsigned code = descriptor.size > 0 ? descriptor.data[0] : 2, channels = code & 0x7F;
    az_opus_config c = {0};
    if (code == CODE_EXPLICIT)
        return read_explicit(az_span_sub(descriptor, 1, descriptor.size));
    if (code == CODE_DUAL_MONO) {
        c = make_config(2, FAMILY_UNORDERED);
        set_mapping(&c, 1, 1, straight);
    } else if (channels == 0 || channels > AZ_OPUS_CHANNELS_MAX) {
        return c;
    } else if (code & CODE_UNCOUPLED) {
        c = make_config(channels, FAMILY_VORBIS);
        set_mapping(&c, channels, 0, straight);
    } else if (channels <= 2) {
        c = make_config(channels, FAMILY_PLAIN);
    } else {
        c = make_config(channels, FAMILY_VORBIS);
        set_mapping(&c, layouts[channels - 3].streams, layouts[channels - 3].coupled,
                    layouts[channels - 3].map);
    }
    return c;
}

/* Samples of a packet of `size` bytes, of which the first two are there if it has as many; 0: no packet has
 * such a table of contents (RFC 6716, 3.1 and 3.2). */
static int count_samples(const uint8_t *packet, size_t size)
{
    static const int silk[] = {480, 960, 1920, 2880};
    unsigned config = packet[0] >> 3, code = packet[0] & 3;
    int samples, count = code == 0 ? 1 : 2;
    if (config < 12)
        samples = silk[config & 3];
    else if (config < 16)
        samples = 480 << (config & 1);
    else
        samples = 120 << (config & 3);
    if (code == 3)
        count = size > 1 ? packet[1] & 63 : 0;
    return count * samples <= SAMPLES_MAX ? count * samples : 0;
}

/* Behind the two bytes with the flags: a run of 255 and a last byte. */
static size_t read_size(az_reader *r)
{
    size_t size = 0;
    uint8_t byte = 255;
    while (byte == 255 && !r->failed && size <= AZ_OPUS_UNIT_SIZE_MAX) {
        byte = az_reader_u8(r);
        size += byte;
    }
    return size;
}

aizu_result az_opus_unit_parse(az_span bytes, az_audio_frame *out)
{
    az_reader r;
    az_reader_init(&r, bytes);
    uint8_t prefix = az_reader_u8(&r), flags = az_reader_u8(&r);
    if ((bytes.size > 0 && prefix != AZ_OPUS_PREFIX) || (bytes.size > 1 && (flags & 0xE0) != 0xE0))
        return AIZU_E_MEDIA;
    size_t size = read_size(&r);
    if (size > AZ_OPUS_UNIT_SIZE_MAX || (size == 0 && !r.failed))
        return AIZU_E_MEDIA;
    az_reader_skip(&r, (flags & FLAG_START ? 2u : 0u) + (flags & FLAG_END ? 2u : 0u));
    if (flags & FLAG_EXTENSION)
        az_reader_skip(&r, az_reader_u8(&r));
    if (r.failed || az_reader_left(&r) < AZ_MIN(size, (size_t)2))
        return AIZU_AGAIN;
    int samples = count_samples(bytes.data + r.pos, size);
    if (samples == 0)
        return AIZU_E_MEDIA;
    out->codec = AZ_CODEC_OPUS;
    out->skip = r.pos;
    out->size = r.pos + size;
    out->samples = samples;
    out->sample_rate = RATE;
    out->is_dependent = false;
    memcpy(out->codec_string, "opus", 5);
    return AIZU_OK;
}
