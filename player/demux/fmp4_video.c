/*
 * Decoder configurations of pictures: avcC and hvcC (ISO/IEC 14496-15), av1C (AV1 in ISOBMFF, 2.3), vpcC (VP9
 * in ISOBMFF), Dolby Vision over H.265; see demux/fmp4_movie.h.
 */
#include <stdio.h>
#include <string.h>

#include "demux/fmp4_movie.h"
#include "demux/video_format.h"

#define H265_SPS 33

/* The stream knows its size better than the box around it; the shape of pixels is the box's where it has it.
 */
static void take_format(az_track *t, const az_video_format *f)
{
    t->width = f->width;
    t->height = f->height;
    t->frame_rate_num = f->frame_rate_num;
    t->frame_rate_den = f->frame_rate_den;
    if (t->sar_num == 0) {
        t->sar_num = f->sar_num;
        t->sar_den = f->sar_den;
    }
}

/* ISO/IEC 14496-15, 5.3.3.1 */
static void read_avcc(az_fmp4_entry *entry, az_span avcc, az_fmp4_out *out)
{
    az_reader r;
    az_track *t = &entry->track;
    az_reader_init(&r, avcc);
    uint8_t version = az_reader_u8(&r), profile = az_reader_u8(&r);
    uint8_t constraints = az_reader_u8(&r), level = az_reader_u8(&r);
    uint8_t length_size = (az_reader_u8(&r) & 3) + 1;
    unsigned count = az_reader_u8(&r) & 31;
    az_span sps = az_reader_bytes(&r, count > 0 ? az_reader_u16(&r) : 0);
    if (r.failed || version != 1) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    entry->nal_length_size = length_size;
    snprintf(t->codec_string + 4, sizeof(t->codec_string) - 4, ".%02x%02x%02x", profile, constraints, level);
    az_video_format format = {0};
    if (count > 0 && az_h264_sps_parse(sps, &format))
        take_format(t, &format);
    else if (count > 0)
        az_fmp4_trouble(out, AZ_DEMUX_BAD_FRAME);
    az_fmp4_set_config(entry, avcc, out);
}

/* The first parameter set of a kind in a hvcC (ISO/IEC 14496-15, 8.3.3.1); empty without. */
static az_span find_h265_set(az_reader *r, uint8_t wanted)
{
    unsigned arrays = az_reader_u8(r);
    for (unsigned i = 0; i < arrays && !r->failed; i++) {
        uint8_t type = az_reader_u8(r) & 63;
        unsigned count = az_reader_u16(r);
        for (unsigned j = 0; j < count && !r->failed; j++) {
            az_span nal = az_reader_bytes(r, az_reader_u16(r));
            if (type == wanted && nal.size > 0)
                return nal;
        }
    }
    return (az_span){NULL, 0};
}

/* RFC 6381 as ISO/IEC 14496-15, E.3 fills it: profile, compatibility, tier and level, constraints. */
static void write_h265_string(az_track *t, const uint8_t *hvcc)
{
    static const char *const spaces[] = {"", "A", "B", "C"};
    uint32_t flags = az_load_be32(hvcc + 2), reversed = 0;
    for (int i = 0; i < 32; i++)
        reversed |= (flags >> i & 1) << (31 - i);
    size_t count = 6;
    while (count > 0 && hvcc[6 + count - 1] == 0)
        count--;
    snprintf(t->codec_string + 4, sizeof(t->codec_string) - 4, ".%s%u.%X.%c%u", spaces[hvcc[1] >> 6],
             hvcc[1] & 31u, (unsigned)reversed, hvcc[1] & 32 ? 'H' : 'L', (unsigned)hvcc[12]);
    for (size_t i = 0; i < count; i++) { /* as many as there is room for */
        char part[4];
        size_t size = strlen(t->codec_string);
        snprintf(part, sizeof(part), ".%X", hvcc[6 + i]);
        if (size + sizeof(part) <= sizeof(t->codec_string))
            memcpy(t->codec_string + size, part, strlen(part) + 1);
    }
}

static void read_hvcc(az_fmp4_entry *entry, az_span hvcc, az_fmp4_out *out)
{
    az_reader r;
    az_reader_init(&r, hvcc);
    az_reader_skip(&r, 21);
    uint8_t length_size = (az_reader_u8(&r) & 3) + 1;
    if (r.failed) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    entry->nal_length_size = length_size;
    write_h265_string(&entry->track, hvcc.data);
    az_video_format format = {0};
    az_span sps = find_h265_set(&r, H265_SPS);
    if (sps.size > 0 && az_h265_sps_parse(sps, &format))
        take_format(&entry->track, &format);
    else if (sps.size > 0)
        az_fmp4_trouble(out, AZ_DEMUX_BAD_FRAME);
    az_fmp4_set_config(entry, hvcc, out);
}

/* Dolby Vision: profile and level (the decoder sees H.265 or H.264). */
static void read_dolby(az_track *t, az_span boxes)
{
    az_span box;
    if ((az_box_find(boxes, AZ_FOURCC('d', 'v', 'c', 'C'), &box) ||
         az_box_find(boxes, AZ_FOURCC('d', 'v', 'v', 'C'), &box)) &&
        box.size >= 4)
        snprintf(t->codec_string + 4, sizeof(t->codec_string) - 4, ".%02d.%02d", box.data[2] >> 1,
                 (box.data[2] & 1) << 5 | box.data[3] >> 3);
}

static void read_av1c(az_fmp4_entry *entry, az_span av1c, az_fmp4_out *out)
{
    if (av1c.size < 4 || av1c.data[0] != 0x81) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    uint8_t flags = av1c.data[2];
    int depth = !(flags & 0x40) ? 8 : flags & 0x20 ? 12 : 10;
    az_track *t = &entry->track;
    snprintf(t->codec_string, sizeof(t->codec_string), "av01.%d.%02d%c.%02d", av1c.data[1] >> 5,
             av1c.data[1] & 31, flags & 0x80 ? 'H' : 'M', depth);
    az_fmp4_set_config(entry, av1c, out);
}

static void read_vpcc(az_fmp4_entry *entry, az_span vpcc, az_fmp4_out *out)
{
    if (vpcc.size < 7) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    az_track *t = &entry->track;
    snprintf(t->codec_string + 4, sizeof(t->codec_string) - 4, ".%02d.%02d.%02d", vpcc.data[4], vpcc.data[5],
             vpcc.data[6] >> 4);
    az_fmp4_set_config(entry, vpcc, out);
}

static const az_fmp4_kind kinds[] = {
    {AZ_FOURCC('a', 'v', 'c', '1'), AZ_FOURCC('a', 'v', 'c', 'C'), AZ_CODEC_H264, read_avcc},
    {AZ_FOURCC('a', 'v', 'c', '3'), AZ_FOURCC('a', 'v', 'c', 'C'), AZ_CODEC_H264, read_avcc},
    {AZ_FOURCC('d', 'v', 'a', '1'), AZ_FOURCC('a', 'v', 'c', 'C'), AZ_CODEC_H264, read_avcc},
    {AZ_FOURCC('d', 'v', 'a', 'v'), AZ_FOURCC('a', 'v', 'c', 'C'), AZ_CODEC_H264, read_avcc},
    {AZ_FOURCC('h', 'v', 'c', '1'), AZ_FOURCC('h', 'v', 'c', 'C'), AZ_CODEC_H265, read_hvcc},
    {AZ_FOURCC('h', 'e', 'v', '1'), AZ_FOURCC('h', 'v', 'c', 'C'), AZ_CODEC_H265, read_hvcc},
    {AZ_FOURCC('d', 'v', 'h', '1'), AZ_FOURCC('h', 'v', 'c', 'C'), AZ_CODEC_H265, read_hvcc},
    {AZ_FOURCC('d', 'v', 'h', 'e'), AZ_FOURCC('h', 'v', 'c', 'C'), AZ_CODEC_H265, read_hvcc},
    {AZ_FOURCC('a', 'v', '0', '1'), AZ_FOURCC('a', 'v', '1', 'C'), AZ_CODEC_AV1, read_av1c},
    {AZ_FOURCC('v', 'p', '0', '9'), AZ_FOURCC('v', 'p', 'c', 'C'), AZ_CODEC_VP9, read_vpcc},
};

void az_fmp4_video_parse(az_fmp4_entry *entry, uint32_t type, az_span boxes, az_fmp4_out *out)
{
    az_fmp4_kind_read(kinds, AZ_COUNT(kinds), entry, type, boxes, out);
    if (type >> 16 == (AZ_FOURCC('d', 'v', 0, 0) >> 16) && entry->track.codec != AZ_CODEC_UNKNOWN)
        read_dolby(&entry->track, boxes);
}
