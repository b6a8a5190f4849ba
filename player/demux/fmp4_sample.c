/*
 * Samples to the sink: flags, encryption, subtitles; see demux/fmp4_sample.h.
 */
#include "demux/fmp4_sample.h"

#include <stdlib.h>
#include <string.h>

#include "demux/webvtt.h"

#define NOT_SYNC        0x00010000u /* sample_is_non_sync_sample (ISO/IEC 14496-12, 8.8.3.1) */
#define DEPENDS_SHIFT   24
#define DEPENDS_ON_SOME 1u
#define DEPENDS_ON_NONE 2u
#define H264_SLICE      1
#define H264_IDR        5
#define H265_VCL_LAST   31
#define H265_IRAP_FIRST 16
#define H265_IRAP_LAST  21
#define H265_IDR_FIRST  19
#define H265_IDR_LAST   20

void az_fmp4_scratch_deinit(az_fmp4_scratch *scratch)
{
    free(scratch->subsamples);
    *scratch = (az_fmp4_scratch){NULL, 0};
}

static bool is_same_format(const az_track *a, const az_track *b)
{
    az_track left = *a, right = *b;
    left.config = right.config = (az_slice){NULL, NULL, 0};
    return left.media == right.media && left.codec == right.codec && left.timescale == right.timescale &&
           strcmp(left.language, right.language) == 0 && strcmp(left.codec_string, right.codec_string) == 0 &&
           left.width == right.width && left.height == right.height && left.sar_num == right.sar_num &&
           left.sar_den == right.sar_den && left.frame_rate_num == right.frame_rate_num &&
           left.frame_rate_den == right.frame_rate_den && left.sample_rate == right.sample_rate &&
           left.channels == right.channels && left.is_encrypted == right.is_encrypted &&
           left.edit_offset == right.edit_offset &&
           az_span_equal(az_slice_span(a->config), az_slice_span(b->config));
}

void az_fmp4_announce(az_fmp4_track *track, const az_fmp4_entry *entry, const az_fmp4_out *out)
{
    const az_fmp4_entry *before = track->announced;
    track->announced = entry;
    if (before && is_same_format(&before->track, &entry->track))
        return;
    if (out->sink.track)
        out->sink.track(out->sink.user, &entry->track);
}

typedef enum picture {
    PICTURE_UNKNOWN,
    PICTURE_START, /* IDR: nothing before it is needed */
    PICTURE_INTRA, /* complete in itself */
    PICTURE_OTHER,
} picture;

/* A slice header begins with first_mb_in_slice and slice_type (ITU-T H.264, 7.3.3). */
static picture look_at_h264(az_span nal)
{
    unsigned type = nal.data[0] & 31;
    az_bits b;
    if (type == H264_IDR)
        return PICTURE_START;
    if (type != H264_SLICE)
        return PICTURE_UNKNOWN;
    az_bits_init(&b, az_span_sub(nal, 1, 8));
    (void)az_bits_ue(&b);
    unsigned slice = az_bits_ue(&b) % 5;
    if (b.failed)
        return PICTURE_UNKNOWN;
    return slice == 2 || slice == 4 ? PICTURE_INTRA : PICTURE_OTHER;
}

static picture look_at_h265(az_span nal)
{
    unsigned type = nal.data[0] >> 1 & 63;
    if (type > H265_VCL_LAST)
        return PICTURE_UNKNOWN;
    if (type >= H265_IDR_FIRST && type <= H265_IDR_LAST)
        return PICTURE_START;
    return type >= H265_IRAP_FIRST && type <= H265_IRAP_LAST ? PICTURE_INTRA : PICTURE_OTHER;
}

/* What the first slice of a sample is. */
static picture look_at(const az_fmp4_entry *entry, az_span data)
{
    size_t pos = 0, length = entry->nal_length_size;
    while (length > 0 && data.size - pos > length) {
        size_t size = 0;
        for (size_t i = 0; i < length; i++)
            size = size << 8 | data.data[pos + i];
        pos += length;
        if (size > data.size - pos)
            return PICTURE_UNKNOWN;
        az_span nal = az_span_make(data.data + pos, size);
        picture p = PICTURE_UNKNOWN;
        if (size > 0)
            p = entry->track.codec == AZ_CODEC_H264 ? look_at_h264(nal) : look_at_h265(nal);
        if (p != PICTURE_UNKNOWN)
            return p;
        pos += size;
    }
    return PICTURE_UNKNOWN;
}

/*
 * Some writers flag every picture as a sync sample by leaving all flags zero, others none: the first is
 * looked into where the flags do not say what a picture depends on, the second where a run begins.
 */
static bool is_key(const az_fmp4_item *item, az_span data)
{
    const az_fmp4_entry *entry = item->traf->entry;
    unsigned depends = item->flags >> DEPENDS_SHIFT & 3;
    bool is_sync = !(item->flags & NOT_SYNC) && depends != DEPENDS_ON_SOME;
    if (entry->track.media == AZ_MEDIA_AUDIO)
        return true;
    if (item->key || (is_sync ? depends == DEPENDS_ON_NONE : !item->is_first))
        return is_sync;
    picture p = look_at(entry, data);
    return is_sync ? p != PICTURE_OTHER : p == PICTURE_START;
}

static void give_text(const az_fmp4_item *item, az_slice data, az_fmp4_out *out)
{
    const az_track *t = &item->traf->entry->track;
    az_text_sample text = {.track = t->id,
                           .codec = t->codec,
                           .timescale = t->timescale,
                           .begin = item->pts,
                           .end = az_add_sat(item->pts, item->duration),
                           .data = data};
    if (t->codec == AZ_CODEC_TTML) {
        if (item->text_size > 0 && item->text_size < data.size)
            text.data.size = item->text_size;
        if (out->sink.text)
            out->sink.text(out->sink.user, &text);
    } else if (!az_webvtt_sample(&out->sink, &text, az_slice_span(data))) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_TEXT);
    }
}

/* False: out of memory. */
static bool reserve(az_fmp4_scratch *scratch, size_t count)
{
    if (count <= scratch->capacity)
        return true;
    size_t capacity = AZ_MAX(count, scratch->capacity * 2);
    az_subsample *more = realloc(scratch->subsamples, capacity * sizeof(*more));
    if (!more)
        return false;
    scratch->subsamples = more;
    scratch->capacity = capacity;
    return true;
}

static void give(const az_fmp4_item *item, az_slice data, bool is_cut, az_fmp4_scratch *scratch,
                 az_fmp4_out *out)
{
    az_fmp4_track *track = item->traf->track;
    const az_track *t = &item->traf->entry->track;
    az_sample_crypt crypt;
    az_sample sample = {.track = t->id,
                        .media = t->media,
                        .codec = t->codec,
                        .pts = item->pts,
                        .dts = item->dts,
                        .duration = item->duration,
                        .data = data};
    if (is_key(item, az_slice_span(data)))
        sample.flags |= AZ_SAMPLE_KEY;
    if (is_cut)
        sample.flags |= AZ_SAMPLE_CORRUPT;
    if (track->is_broken)
        sample.flags |= AZ_SAMPLE_DISCONTINUITY;
    track->is_broken = false;
    if (item->key) {
        if (!reserve(scratch, az_fmp4_crypt_subsamples(item))) {
            out->is_out_of_memory = true;
            return;
        }
        az_fmp4_crypt_fill(item, &crypt, scratch->subsamples);
        sample.crypt = &crypt;
    }
    if (out->sink.sample)
        out->sink.sample(out->sink.user, &sample);
}

void az_fmp4_sample_give(const az_fmp4_item *item, az_slice data, bool is_cut, az_fmp4_scratch *scratch,
                         az_fmp4_out *out)
{
    const az_fmp4_entry *entry = item->traf->entry;
    bool is_text = entry->track.media == AZ_MEDIA_TEXT;
    if (item->traf->track->announced != entry)
        az_fmp4_announce(item->traf->track, entry, out);
    if (item->is_crypt_bad)
        az_fmp4_sample_drop(item, AZ_DEMUX_BAD_BOX, out);
    else if ((entry->track.is_encrypted && !entry->is_protected) || (is_text && item->key))
        az_fmp4_sample_drop(item, AZ_DEMUX_SCRAMBLED, out);
    else if (is_text && is_cut)
        az_fmp4_sample_drop(item, AZ_DEMUX_BAD_BOX, out);
    else if (is_text)
        give_text(item, data, out);
    else
        give(item, data, is_cut, scratch, out);
}

void az_fmp4_sample_drop(const az_fmp4_item *item, az_demux_trouble trouble, az_fmp4_out *out)
{
    item->traf->track->is_broken = true;
    az_fmp4_trouble(out, trouble);
}
