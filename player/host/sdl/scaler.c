/*
 * swscale; see host/sdl/scaler.h.
 */
#include "host/sdl/scaler.h"

#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>

void az_scaler_deinit(az_scaler *scaler)
{
    sws_freeContext(scaler->sws);
    scaler->sws = NULL;
}

static enum AVPixelFormat pixel_format(Uint32 format)
{
    switch (format) {
    case SDL_PIXELFORMAT_RGB888:
    case SDL_PIXELFORMAT_ARGB8888:
        return AV_PIX_FMT_RGB32;
    case SDL_PIXELFORMAT_BGR888:
    case SDL_PIXELFORMAT_ABGR8888:
        return AV_PIX_FMT_BGR32;
    case SDL_PIXELFORMAT_RGBX8888:
    case SDL_PIXELFORMAT_RGBA8888:
        return AV_PIX_FMT_RGB32_1;
    case SDL_PIXELFORMAT_BGRX8888:
    case SDL_PIXELFORMAT_BGRA8888:
        return AV_PIX_FMT_BGR32_1;
    case SDL_PIXELFORMAT_RGB24:
        return AV_PIX_FMT_RGB24;
    case SDL_PIXELFORMAT_BGR24:
        return AV_PIX_FMT_BGR24;
    case SDL_PIXELFORMAT_RGB565:
        return AV_PIX_FMT_RGB565;
    default:
        return AV_PIX_FMT_NONE;
    }
}

bool az_scaler_takes(Uint32 format)
{
    return pixel_format(format) != AV_PIX_FMT_NONE;
}

/* swscale's unscaled converter is the fastest, but it works in steps of eight pixels: for other widths it
 * writes past the end of a row, or leaves it empty. Asking for accuracy chooses the general way. */
static int flags_for(int width)
{
    return SWS_FAST_BILINEAR | (width % 8 ? SWS_ACCURATE_RND : 0);
}

bool az_scaler_run(az_scaler *scaler, const aizu_frame *frame, Uint32 format, void *pixels, int pitch,
                   int width, int height)
{
    enum AVPixelFormat from = frame->format == AIZU_PIXEL_NV12 ? AV_PIX_FMT_NV12 : AV_PIX_FMT_YUV420P;
    enum AVPixelFormat to = pixel_format(format);
    if (to == AV_PIX_FMT_NONE)
        return false;
    struct SwsContext *before = scaler->sws;
    scaler->sws = sws_getCachedContext(before, frame->width, frame->height, from, width, height, to,
                                       flags_for(width), NULL, NULL, NULL);
    if (!scaler->sws)
        return false;
    bool is_new =
        scaler->sws != before || scaler->matrix != frame->matrix || scaler->full_range != frame->full_range;
    if (is_new) {
        const int *matrix =
            sws_getCoefficients(frame->matrix == AIZU_COLOR_BT601 ? SWS_CS_ITU601 : SWS_CS_ITU709);
        sws_setColorspaceDetails(scaler->sws, matrix, frame->full_range, matrix, 1, 0, 1 << 16, 1 << 16);
        scaler->matrix = frame->matrix;
        scaler->full_range = frame->full_range;
    }
    uint8_t *to_planes[4] = {pixels};
    int to_strides[4] = {pitch};
    const uint8_t *from_planes[4] = {frame->planes[0], frame->planes[1], frame->planes[2]};
    int from_strides[4] = {frame->strides[0], frame->strides[1], frame->strides[2]};
    sws_scale(scaler->sws, from_planes, from_strides, 0, frame->height, to_planes, to_strides);
    return true;
}
