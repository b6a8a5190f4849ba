/*
 * Conversion with swscale; see host/ffmpeg/convert.h.
 */
#include "host/ffmpeg/convert.h"

#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

void az_convert_deinit(az_convert *convert)
{
    sws_freeContext(convert->sws);
    convert->sws = NULL;
}

static bool is_shown_as_it_is(const AVFrame *av)
{
    bool is_known = av->format == AV_PIX_FMT_YUV420P || av->format == AV_PIX_FMT_YUVJ420P ||
                    av->format == AV_PIX_FMT_NV12;
    return is_known && av->linesize[0] > 0 && av->linesize[1] > 0;
}

static bool is_rgb(const AVFrame *av)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(av->format);
    return format && (format->flags & AV_PIX_FMT_FLAG_RGB);
}

/* The same matrix and range on both sides, so that only format and depth change. */
static void set_colors(struct SwsContext *sws, const AVFrame *from, AVFrame *to)
{
    int in = from->colorspace, out = in;
    if (in == AVCOL_SPC_BT2020_NCL || in == AVCOL_SPC_BT2020_CL)
        out = to->colorspace = AVCOL_SPC_BT709;
    if (is_rgb(from)) {
        out = to->colorspace = AVCOL_SPC_BT709;
        to->color_range = AVCOL_RANGE_MPEG;
    }
    int is_full = from->color_range == AVCOL_RANGE_JPEG;
    sws_setColorspaceDetails(sws, sws_getCoefficients(in), is_full, sws_getCoefficients(out),
                             to->color_range == AVCOL_RANGE_JPEG, 0, 1 << 16, 1 << 16);
}

aizu_result az_convert_picture(az_convert *convert, AVFrame *av)
{
    if (is_shown_as_it_is(av))
        return AIZU_OK;
    if (!sws_isSupportedInput(av->format))
        return AIZU_E_UNSUPPORTED;
    AVFrame *to = av_frame_alloc();
    if (!to)
        return AIZU_E_MEMORY;
    aizu_result result = AIZU_E_MEMORY;
    if (av_frame_copy_props(to, av) < 0)
        goto done;
    to->format = AV_PIX_FMT_YUV420P;
    to->width = av->width;
    to->height = av->height;
    if (av_frame_get_buffer(to, 0) < 0)
        goto done;
    convert->sws = sws_getCachedContext(convert->sws, av->width, av->height, av->format, to->width,
                                        to->height, to->format, SWS_FAST_BILINEAR, NULL, NULL, NULL);
    if (!convert->sws)
        goto done;
    set_colors(convert->sws, av, to);
    sws_scale(convert->sws, (const uint8_t *const *)av->data, av->linesize, 0, av->height, to->data,
              to->linesize);
    av_frame_unref(av);
    av_frame_move_ref(av, to);
    result = AIZU_OK;
done:
    av_frame_free(&to);
    return result;
}
