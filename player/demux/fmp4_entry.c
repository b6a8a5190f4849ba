/*
 * Sample entries (ISO/IEC 14496-12, 8.5.2): their common part, what they were before they were encrypted
 * (8.12), and subtitles (ISO/IEC 14496-30). Codecs are in fmp4_video.c and fmp4_audio.c; see
 * demux/fmp4_movie.h.
 */
#include <stdlib.h>
#include <string.h>

#include "demux/fmp4_movie.h"

#define COMMON_SIZE  8 /* SampleEntry */
#define VISUAL_SIZE  78
#define AUDIO_SIZE   28
#define QUICKTIME_V1 16 /* bytes more in QuickTime's sound descriptions, versions 1 and 2 */
#define QUICKTIME_V2 36

void az_fmp4_set_config(az_fmp4_entry *entry, az_span config, az_fmp4_out *out)
{
    az_slice_unref(&entry->track.config);
    if (config.size > 0 && !az_slice_copy(&entry->track.config, config))
        out->is_out_of_memory = true;
}

static az_media media_of(uint32_t type, az_media handler)
{
    switch (type) {
    case AZ_FOURCC('e', 'n', 'c', 'v'):
        return AZ_MEDIA_VIDEO;
    case AZ_FOURCC('e', 'n', 'c', 'a'):
        return AZ_MEDIA_AUDIO;
    case AZ_FOURCC('s', 't', 'p', 'p'):
    case AZ_FOURCC('w', 'v', 't', 't'):
        return AZ_MEDIA_TEXT;
    default:
        return handler;
    }
}

/* Width, height and, from pasp (12.1.4), the shape of pixels; the stream may know better. */
static bool read_visual(az_fmp4_entry *entry, az_span body, az_span *boxes)
{
    az_reader r;
    az_span pasp;
    az_track *t = &entry->track;
    az_reader_init(&r, body);
    az_reader_skip(&r, COMMON_SIZE + 16);
    t->width = az_reader_u16(&r);
    t->height = az_reader_u16(&r);
    if (body.size < VISUAL_SIZE)
        return false;
    *boxes = az_span_sub(body, VISUAL_SIZE, body.size);
    if (!az_box_find(*boxes, AZ_FOURCC('p', 'a', 's', 'p'), &pasp))
        return true;
    az_reader_init(&r, pasp);
    uint32_t num = az_reader_u32(&r), den = az_reader_u32(&r);
    if (!r.failed && num > 0 && den > 0 && num <= UINT16_MAX && den <= UINT16_MAX) {
        t->sar_num = (int)num;
        t->sar_den = (int)den;
    }
    return true;
}

static bool read_sound(az_fmp4_entry *entry, az_span body, az_span *boxes)
{
    az_reader r;
    az_span wave;
    az_track *t = &entry->track;
    az_reader_init(&r, body);
    az_reader_skip(&r, COMMON_SIZE);
    uint16_t version = az_reader_u16(&r);
    az_reader_skip(&r, 6);
    t->channels = az_reader_u16(&r);
    az_reader_skip(&r, 6);
    t->sample_rate = az_reader_u16(&r);
    if (t->sample_rate == 0) /* rates above 65535 Hz do not fit; the timescale is the rate in such tracks */
        t->sample_rate = (int)t->timescale;
    if (body.size < AUDIO_SIZE)
        return false;
    size_t size = AUDIO_SIZE;
    /* AudioSampleEntryV1 of ISO/IEC 14496-12 has a version, too, but boxes at once */
    bool is_box = body.size >= AUDIO_SIZE + 8 &&
                  az_load_be32(body.data + AUDIO_SIZE) <= body.size - AUDIO_SIZE &&
                  az_load_be32(body.data + AUDIO_SIZE) >= 8;
    if (version == 2 || (version == 1 && !is_box))
        size += version == 1 ? QUICKTIME_V1 : QUICKTIME_V2;
    *boxes = az_span_sub(body, size, body.size);
    if (az_box_find(*boxes, AZ_FOURCC('w', 'a', 'v', 'e'), &wave))
        *boxes = wave;
    return true;
}

static void read_text(az_fmp4_entry *entry, uint32_t type, az_fmp4_out *out)
{
    az_track *t = &entry->track;
    if (type == AZ_FOURCC('s', 't', 'p', 'p')) {
        t->codec = AZ_CODEC_TTML;
    } else if (type == AZ_FOURCC('w', 'v', 't', 't')) {
        t->codec = AZ_CODEC_WEBVTT;
    } else {
        t->media = AZ_MEDIA_OTHER;
        az_fmp4_trouble(out, AZ_DEMUX_UNSUPPORTED);
    }
}

/* The boxes of an entry that is neither pictures nor sound: only sinf is looked for. After the common part
 * the one of TTML has three strings (ISO/IEC 14496-12, 12.6.3). */
static void find_boxes(uint32_t type, az_span body, az_span *boxes)
{
    size_t pos = COMMON_SIZE;
    if (type == AZ_FOURCC('s', 't', 'p', 'p') || type == AZ_FOURCC('e', 'n', 'c', 's'))
        for (int i = 0; i < 3 && pos < body.size; i++) {
            const uint8_t *end = memchr(body.data + pos, 0, body.size - pos);
            pos = end ? (size_t)(end - body.data) + 1 : body.size;
        }
    *boxes = az_span_sub(body, pos, body.size);
}

static bool is_encrypted(uint32_t type)
{
    return type >> 8 == AZ_FOURCC(0, 'e', 'n', 'c');
}

bool az_fmp4_entry_parse(az_fmp4_entry *entry, uint32_t type, az_span body, az_fmp4_out *out)
{
    az_span boxes;
    az_track *t = &entry->track;
    t->media = media_of(type, t->media);
    if (t->media == AZ_MEDIA_VIDEO ? !read_visual(entry, body, &boxes)
                                   : t->media == AZ_MEDIA_AUDIO && !read_sound(entry, body, &boxes))
        return false;
    if (t->media != AZ_MEDIA_VIDEO && t->media != AZ_MEDIA_AUDIO)
        find_boxes(type, body, &boxes);
    if (is_encrypted(type)) {
        t->is_encrypted = true;
        if (!az_fmp4_protection_parse(entry, boxes, &type))
            az_fmp4_trouble(out, AZ_DEMUX_UNSUPPORTED);
    }
    az_fourcc_text(t->codec_string, type);
    if (t->media == AZ_MEDIA_VIDEO)
        az_fmp4_video_parse(entry, type, boxes, out);
    else if (t->media == AZ_MEDIA_AUDIO)
        az_fmp4_audio_parse(entry, type, boxes, out);
    else if (t->media == AZ_MEDIA_TEXT)
        read_text(entry, type, out);
    return !out->is_out_of_memory;
}

void az_fmp4_kind_read(const az_fmp4_kind *kinds, size_t count, az_fmp4_entry *entry, uint32_t type,
                       az_span boxes, az_fmp4_out *out)
{
    for (size_t i = 0; i < count; i++) {
        az_span config;
        if (kinds[i].type != type)
            continue;
        entry->track.codec = kinds[i].codec;
        if (az_box_find(boxes, kinds[i].box, &config))
            kinds[i].read(entry, config, out);
        else
            az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    az_fmp4_trouble(out, AZ_DEMUX_UNSUPPORTED);
}
