/*
 * Parameter sets into a picture format; see demux/video_format.h.
 */
#include "demux/video_format.h"

#include <stdio.h>

#include "base/reader.h"

/* An SPS with every scaling list is below this; what is cut off fails to parse. */
#define RBSP_SIZE_MAX  2048
#define DIMENSION_MAX  16384
#define FRAME_RATE_MAX 1000 /* above, the clock is given and not the rate */

size_t az_nal_unescape(uint8_t *out, size_t capacity, az_span nal)
{
    size_t size = 0, zeros = 0;
    for (size_t i = 0; i < nal.size && size < capacity; i++) {
        uint8_t byte = nal.data[i];
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte ? 0 : zeros + 1;
        out[size++] = byte;
    }
    return size;
}

static void set_aspect(az_video_format *f, az_bits *b)
{
    static const uint8_t sar[][2] = {{0, 0},   {1, 1},    {12, 11}, {10, 11}, {16, 11}, {40, 33},
                                     {24, 11}, {20, 11},  {32, 11}, {80, 33}, {18, 11}, {15, 11},
                                     {64, 33}, {160, 99}, {4, 3},   {3, 2},   {2, 1}};
    unsigned idc = az_bits_u(b, 8);
    if (idc == 255) {
        f->sar_num = (int)az_bits_u(b, 16);
        f->sar_den = (int)az_bits_u(b, 16);
    } else if (idc < AZ_COUNT(sar)) {
        f->sar_num = sar[idc][0];
        f->sar_den = sar[idc][1];
    }
    if (f->sar_num == 0 || f->sar_den == 0)
        f->sar_num = f->sar_den = 0;
}

static void set_frame_rate(az_video_format *f, uint64_t num, uint64_t den)
{
    if (num == 0 || den == 0)
        return;
    for (uint64_t a = num, b = den;;) {
        uint64_t rest = a % b;
        if (rest == 0) {
            num /= b;
            den /= b;
            break;
        }
        a = b;
        b = rest;
    }
    if (num > INT32_MAX || den > INT32_MAX || num / den > FRAME_RATE_MAX)
        return;
    f->frame_rate_num = (int)num;
    f->frame_rate_den = (int)den;
}

/* The part of the VUI that both standards share, up to the default display window or timing info. */
static void skip_vui_start(az_bits *b, az_video_format *f)
{
    if (az_bits_flag(b))
        set_aspect(f, b);
    if (az_bits_flag(b)) /* overscan */
        az_bits_skip(b, 1);
    if (az_bits_flag(b)) { /* video signal type */
        az_bits_skip(b, 4);
        if (az_bits_flag(b))
            az_bits_skip(b, 24);
    }
    if (az_bits_flag(b)) { /* chroma sample location */
        az_bits_ue(b);
        az_bits_ue(b);
    }
}

static bool crop(az_video_format *f, uint64_t width, uint64_t height, uint64_t cut_x, uint64_t cut_y)
{
    if (width == 0 || height == 0 || width > DIMENSION_MAX || height > DIMENSION_MAX || cut_x >= width ||
        cut_y >= height)
        return false;
    f->width = (int)(width - cut_x);
    f->height = (int)(height - cut_y);
    return true;
}

static void skip_h264_scaling_lists(az_bits *b, unsigned count)
{
    for (unsigned i = 0; i < count && !b->failed; i++) {
        if (!az_bits_flag(b))
            continue;
        int last = 8, next = 8;
        for (unsigned j = 0; j < (i < 6 ? 16u : 64u) && next != 0 && !b->failed; j++) {
            next = (int)((unsigned)(last + (az_bits_se(b) % 256) + 256) & 255);
            last = next ? next : last;
        }
    }
}

static bool has_h264_chroma_info(unsigned profile)
{
    static const uint8_t profiles[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    for (size_t i = 0; i < AZ_COUNT(profiles); i++)
        if (profiles[i] == profile)
            return true;
    return false;
}

/* chroma_format_idc; up to the scaling lists. */
static unsigned read_h264_chroma(az_bits *b)
{
    unsigned idc = az_bits_ue(b);
    bool is_separate = idc == 3 && az_bits_flag(b);
    az_bits_ue(b); /* bit depths */
    az_bits_ue(b);
    az_bits_skip(b, 1);
    if (az_bits_flag(b))
        skip_h264_scaling_lists(b, idc == 3 ? 12 : 8);
    return is_separate ? 0 : idc;
}

static void skip_h264_poc(az_bits *b)
{
    unsigned type = az_bits_ue(b);
    if (type == 0) {
        az_bits_ue(b);
    } else if (type == 1) {
        az_bits_skip(b, 1);
        az_bits_se(b);
        az_bits_se(b);
        unsigned count = az_bits_ue(b);
        for (unsigned i = 0; i < count && i < 256 && !b->failed; i++)
            az_bits_se(b);
    }
}

static void read_h264_vui(az_bits *b, az_video_format *f)
{
    skip_vui_start(b, f);
    if (!az_bits_flag(b))
        return;
    uint64_t units = az_bits_u(b, 32), scale = az_bits_u(b, 32);
    if (!b->failed)
        set_frame_rate(f, scale, units * 2); /* a tick is a field */
}

bool az_h264_sps_parse(az_span nal, az_video_format *out)
{
    uint8_t rbsp[RBSP_SIZE_MAX];
    az_bits b;
    az_bits_init(&b, az_span_make(rbsp, az_nal_unescape(rbsp, sizeof(rbsp), nal)));
    az_bits_skip(&b, 8);
    unsigned profile = az_bits_u(&b, 8), constraints = az_bits_u(&b, 8), level = az_bits_u(&b, 8);
    az_bits_ue(&b);
    unsigned chroma = has_h264_chroma_info(profile) ? read_h264_chroma(&b) : 1;
    az_bits_ue(&b); /* log2_max_frame_num */
    skip_h264_poc(&b);
    az_bits_ue(&b); /* reference frames */
    az_bits_skip(&b, 1);
    uint64_t width = ((uint64_t)az_bits_ue(&b) + 1) * 16, map_units = (uint64_t)az_bits_ue(&b) + 1;
    unsigned fields = az_bits_flag(&b) ? 1 : 2; /* frame_mbs_only_flag */
    if (fields == 2)
        az_bits_skip(&b, 1);
    az_bits_skip(&b, 1);
    uint64_t cut_x = 0, cut_y = 0;
    if (az_bits_flag(&b)) {
        unsigned unit_x = chroma == 1 || chroma == 2 ? 2 : 1, unit_y = (chroma == 1 ? 2u : 1u) * fields;
        cut_x = ((uint64_t)az_bits_ue(&b) + az_bits_ue(&b)) * unit_x;
        cut_y = ((uint64_t)az_bits_ue(&b) + az_bits_ue(&b)) * unit_y;
    }
    az_video_format f = {0};
    if (b.failed || chroma > 3 || !crop(&f, width, map_units * 16 * fields, cut_x, cut_y))
        return false;
    if (az_bits_flag(&b))
        read_h264_vui(&b, &f);
    snprintf(f.codec_string, sizeof(f.codec_string), "avc1.%02x%02x%02x", profile, constraints, level);
    *out = f;
    return true;
}

/* profile_tier_level() into "hvc1.1.6.L93.90" (ISO/IEC 14496-15 E.3); sub-layers are skipped. */
static void read_h265_profile(az_bits *b, unsigned sub_layers, az_video_format *f)
{
    unsigned space = az_bits_u(b, 2);
    bool is_high_tier = az_bits_flag(b);
    unsigned profile = az_bits_u(b, 5);
    uint32_t compatible = az_bits_u(b, 32), reversed = 0;
    for (unsigned i = 0; i < 32; i++)
        reversed |= ((compatible >> i) & 1) << (31 - i);
    uint64_t constraints = az_bits_u64(b, 48);
    unsigned level = az_bits_u(b, 8);
    char tail[20] = "";
    size_t used = 0;
    for (int shift = 40; shift >= 0 && (constraints & ((UINT64_C(1) << (shift + 8)) - 1)); shift -= 8)
        used += (size_t)snprintf(tail + used, sizeof(tail) - used, ".%02X",
                                 (unsigned)(constraints >> shift) & 255);
    const char *spaces[] = {"", "A", "B", "C"};
    snprintf(f->codec_string, sizeof(f->codec_string), "hvc1.%s%u.%X.%c%u%s", spaces[space], profile,
             (unsigned)reversed, is_high_tier ? 'H' : 'L', level, tail);
    uint32_t present = 0;
    if (sub_layers > 0)
        present = az_bits_u(b, 16); /* two flags a sub-layer, 8 places */
    for (unsigned i = 0; i < sub_layers; i++) {
        az_bits_skip(b, present >> (15 - 2 * i) & 1 ? 88 : 0);
        az_bits_skip(b, present >> (14 - 2 * i) & 1 ? 8 : 0);
    }
}

static void skip_h265_scaling_lists(az_bits *b)
{
    for (unsigned size = 0; size < 4; size++)
        for (unsigned matrix = 0; matrix < 6 && !b->failed; matrix += size == 3 ? 3 : 1) {
            if (!az_bits_flag(b)) {
                az_bits_ue(b);
                continue;
            }
            if (size > 1)
                az_bits_se(b);
            for (unsigned i = 0; i < AZ_MIN(64u, 1u << (4 + 2 * size)) && !b->failed; i++)
                az_bits_se(b);
        }
}

#define H265_RPS_MAX 64

/* One st_ref_pic_set(); `counts` holds how many pictures each set before it has. False: not readable. */
static bool skip_h265_rps(az_bits *b, unsigned index, uint8_t *counts)
{
    if (index > 0 && az_bits_flag(b)) {
        az_bits_skip(b, 1);
        az_bits_ue(b);
        unsigned count = 0;
        for (unsigned i = 0; i <= counts[index - 1]; i++) {
            bool is_used = az_bits_flag(b);
            count += is_used || az_bits_flag(b);
        }
        counts[index] = (uint8_t)count;
        return !b->failed && count <= 32;
    }
    unsigned negative = az_bits_ue(b), positive = az_bits_ue(b);
    if (b->failed || negative > 16 || positive > 16)
        return false;
    for (unsigned i = 0; i < negative + positive; i++) {
        az_bits_ue(b);
        az_bits_skip(b, 1);
    }
    counts[index] = (uint8_t)(negative + positive);
    return !b->failed;
}

/* From after the bit depths to the VUI. */
static bool skip_h265_middle(az_bits *b, unsigned sub_layers)
{
    unsigned poc_bits = az_bits_ue(b) + 4;
    for (unsigned i = az_bits_flag(b) ? 0 : sub_layers; i <= sub_layers; i++) {
        az_bits_ue(b);
        az_bits_ue(b);
        az_bits_ue(b);
    }
    for (unsigned i = 0; i < 6; i++) /* block sizes and transform depths */
        az_bits_ue(b);
    if (az_bits_flag(b) && az_bits_flag(b))
        skip_h265_scaling_lists(b);
    az_bits_skip(b, 2);
    if (az_bits_flag(b)) { /* PCM */
        az_bits_skip(b, 8);
        az_bits_ue(b);
        az_bits_ue(b);
        az_bits_skip(b, 1);
    }
    uint8_t counts[H265_RPS_MAX];
    unsigned sets = az_bits_ue(b);
    if (sets > H265_RPS_MAX || poc_bits > 16)
        return false;
    for (unsigned i = 0; i < sets; i++)
        if (!skip_h265_rps(b, i, counts))
            return false;
    if (az_bits_flag(b)) { /* long-term pictures */
        unsigned count = az_bits_ue(b);
        az_bits_skip(b, (size_t)AZ_MIN(count, 33u) * (poc_bits + 1));
    }
    az_bits_skip(b, 2);
    return !b->failed;
}

static void read_h265_vui(az_bits *b, az_video_format *f)
{
    skip_vui_start(b, f);
    az_bits_skip(b, 3);
    if (az_bits_flag(b)) /* default display window: a hint, pictures are not cut by it */
        for (unsigned i = 0; i < 4; i++)
            az_bits_ue(b);
    if (!az_bits_flag(b))
        return;
    uint64_t units = az_bits_u(b, 32), scale = az_bits_u(b, 32);
    if (!b->failed)
        set_frame_rate(f, scale, units);
}

bool az_h265_sps_parse(az_span nal, az_video_format *out)
{
    uint8_t rbsp[RBSP_SIZE_MAX];
    az_bits b;
    az_bits_init(&b, az_span_make(rbsp, az_nal_unescape(rbsp, sizeof(rbsp), nal)));
    az_bits_skip(&b, 16 + 4);
    unsigned sub_layers = az_bits_u(&b, 3);
    az_bits_skip(&b, 1);
    az_video_format f = {0};
    read_h265_profile(&b, sub_layers, &f);
    az_bits_ue(&b);
    unsigned chroma = az_bits_ue(&b);
    bool is_separate = chroma == 3 && az_bits_flag(&b);
    uint64_t width = az_bits_ue(&b), height = az_bits_ue(&b), cut_x = 0, cut_y = 0;
    if (az_bits_flag(&b)) {
        unsigned unit_x = !is_separate && (chroma == 1 || chroma == 2) ? 2 : 1, unit_y = chroma == 1 ? 2 : 1;
        cut_x = ((uint64_t)az_bits_ue(&b) + az_bits_ue(&b)) * unit_x;
        cut_y = ((uint64_t)az_bits_ue(&b) + az_bits_ue(&b)) * unit_y;
    }
    az_bits_ue(&b); /* bit depths */
    az_bits_ue(&b);
    if (b.failed || sub_layers > 6 || chroma > 3 || !crop(&f, width, height, cut_x, cut_y))
        return false;
    if (skip_h265_middle(&b, sub_layers) && az_bits_flag(&b))
        read_h265_vui(&b, &f);
    *out = f;
    return true;
}

static void set_mpeg2_aspect(az_video_format *f, unsigned code)
{
    static const uint8_t dar[][2] = {{4, 3}, {16, 9}, {221, 100}};
    if (code == 1) {
        f->sar_num = f->sar_den = 1;
    } else if (code >= 2 && code <= 4) {
        int num = dar[code - 2][0] * f->height, den = dar[code - 2][1] * f->width;
        int a = num, b = den;
        while (b) {
            int rest = a % b;
            a = b;
            b = rest;
        }
        f->sar_num = num / a;
        f->sar_den = den / a;
    }
}

bool az_mpeg2_sequence_parse(az_span bytes, az_video_format *out)
{
    static const int rates[][2] = {{0, 0},  {24000, 1001}, {24, 1},       {25, 1}, {30000, 1001},
                                   {30, 1}, {50, 1},       {60000, 1001}, {60, 1}};
    az_bits b;
    az_bits_init(&b, bytes);
    az_video_format f = {0};
    unsigned width = az_bits_u(&b, 12), height = az_bits_u(&b, 12), aspect = az_bits_u(&b, 4);
    unsigned rate = az_bits_u(&b, 4);
    az_bits_skip(&b, 18 + 1 + 10 + 1);
    if (az_bits_flag(&b))
        az_bits_skip(&b, 64 * 8);
    if (az_bits_flag(&b))
        az_bits_skip(&b, 64 * 8);
    if (b.failed || !crop(&f, width, height, 0, 0))
        return false;
    uint64_t num = rate < AZ_COUNT(rates) ? (uint64_t)rates[rate][0] : 0;
    uint64_t den = rate < AZ_COUNT(rates) ? (uint64_t)rates[rate][1] : 0;
    if (az_bits_u(&b, 32) == 0x1B5 && az_bits_u(&b, 4) == 1) { /* sequence extension */
        az_bits_skip(&b, 8 + 1 + 2);
        unsigned more_width = az_bits_u(&b, 2) << 12, more_height = az_bits_u(&b, 2) << 12;
        az_bits_skip(&b, 12 + 1 + 8 + 1);
        num *= az_bits_u(&b, 2) + 1;
        den *= az_bits_u(&b, 5) + 1;
        if (b.failed || !crop(&f, width | more_width, height | more_height, 0, 0))
            return false;
    }
    set_mpeg2_aspect(&f, aspect);
    set_frame_rate(&f, num, den);
    snprintf(f.codec_string, sizeof(f.codec_string), "mp2v");
    *out = f;
    return true;
}
