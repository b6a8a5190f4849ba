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

/* swscale's unscaled converter is the fastest, but leaves the end of such rows empty. Asking for accuracy
 * chooses the general way. */
static int flags_for(const aizu_frame *frame, int width, int height)
{
    bool is_unscaled = frame->width == width && frame->height == height;
    return SWS_FAST_BILINEAR | (is_unscaled && width % AZ_SCALER_STEP ? SWS_ACCURATE_RND : 0);
}

static bool is_fitting(const az_scaler *scaler, const aizu_frame *frame, Uint32 format, int width, int height)
{
    return scaler->sws && scaler->from == frame->format && scaler->matrix == frame->matrix &&
           scaler->full_range == frame->full_range && scaler->from_width == frame->width &&
           scaler->from_height == frame->height && scaler->to == format && scaler->to_width == width &&
           scaler->to_height == height;
}

static bool open(az_scaler *scaler, const aizu_frame *frame, Uint32 format, int width, int height)
{
    az_scaler_deinit(scaler);
    enum AVPixelFormat from = frame->format == AIZU_PIXEL_NV12 ? AV_PIX_FMT_NV12 : AV_PIX_FMT_YUV420P;
    enum AVPixelFormat to = pixel_format(format);
    if (to == AV_PIX_FMT_NONE)
        return false;
    struct SwsContext *sws = sws_getContext(frame->width, frame->height, from, width, height, to,
                                            flags_for(frame, width, height), NULL, NULL, NULL);
    if (!sws)
        return false;
    const int *matrix =
        sws_getCoefficients(frame->matrix == AIZU_COLOR_BT601 ? SWS_CS_ITU601 : SWS_CS_ITU709);
    sws_setColorspaceDetails(sws, matrix, frame->full_range, matrix, 1, 0, 1 << 16, 1 << 16);
    *scaler = (az_scaler){
        .sws = sws,
        .from = frame->format,
        .matrix = frame->matrix,
        .full_range = frame->full_range,
        .from_width = frame->width,
        .from_height = frame->height,
        .to = format,
        .to_width = width,
        .to_height = height,
    };
    return true;
}

bool az_scaler_run(az_scaler *scaler, const aizu_frame *frame, Uint32 format, void *pixels, int pitch,
                   int width, int height)
{
    if (!is_fitting(scaler, frame, format, width, height) && !open(scaler, frame, format, width, height))
        return false;
    uint8_t *to_planes[4] = {pixels};
    int to_strides[4] = {pitch};
    const uint8_t *from_planes[4] = {frame->planes[0], frame->planes[1], frame->planes[2]};
    int from_strides[4] = {frame->strides[0], frame->strides[1], frame->strides[2]};
    sws_scale(scaler->sws, from_planes, from_strides, 0, frame->height, to_planes, to_strides);
    return true;
}
