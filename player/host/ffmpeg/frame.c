/*
 * Frames; see host/ffmpeg/frame.h.
 */
#include "host/ffmpeg/frame.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <libavutil/frame.h>

struct az_frame {
    atomic_size_t refs;
    AVFrame *av;
    int64_t pts;
    int64_t duration;
    aizu_frame view;
};

/* Streams that do not say are BT.709 from HD on, as they are made and as other players take them. */
static aizu_color_matrix matrix_of(const AVFrame *av)
{
    if (av->colorspace == AVCOL_SPC_UNSPECIFIED)
        return av->height >= 720 ? AIZU_COLOR_BT709 : AIZU_COLOR_BT601;
    if (av->colorspace == AVCOL_SPC_FCC || av->colorspace == AVCOL_SPC_BT470BG ||
        av->colorspace == AVCOL_SPC_SMPTE170M || av->colorspace == AVCOL_SPC_SMPTE240M)
        return AIZU_COLOR_BT601;
    return AIZU_COLOR_BT709;
}

static void view_picture(az_frame *frame)
{
    const AVFrame *av = frame->av;
    aizu_frame *view = &frame->view;
    AVRational sar = av->sample_aspect_ratio;
    bool has_sar = sar.num > 0 && sar.den > 0;
    *view = (aizu_frame){
        .size_struct = sizeof(*view),
        .format = av->format == AV_PIX_FMT_NV12 ? AIZU_PIXEL_NV12 : AIZU_PIXEL_I420,
        .matrix = matrix_of(av),
        .full_range = av->color_range == AVCOL_RANGE_JPEG || av->format == AV_PIX_FMT_YUVJ420P,
        .width = av->width,
        .height = av->height,
        .sar_num = has_sar ? sar.num : 1,
        .sar_den = has_sar ? sar.den : 1,
        .pts = frame->pts,
        .due = AIZU_NO_TIME,
        .wall = AIZU_NO_TIME,
    };
    int planes = view->format == AIZU_PIXEL_NV12 ? 2 : 3;
    for (int i = 0; i < planes; i++) {
        view->planes[i] = av->data[i];
        view->strides[i] = av->linesize[i];
    }
}

az_frame *az_frame_create(AVFrame *av, int64_t pts, int64_t duration)
{
    az_frame *frame = calloc(1, sizeof(*frame));
    if (!frame)
        return NULL;
    frame->av = av_frame_alloc();
    if (!frame->av) {
        free(frame);
        return NULL;
    }
    atomic_init(&frame->refs, 1);
    frame->pts = pts;
    frame->duration = duration;
    av_frame_move_ref(frame->av, av);
    if (frame->av->width > 0)
        view_picture(frame);
    return frame;
}

az_frame *az_frame_ref(az_frame *frame)
{
    if (frame)
        atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
    return frame;
}

void az_frame_unref(az_frame **pointer)
{
    az_frame *frame = *pointer;
    *pointer = NULL;
    if (!frame || atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) != 1)
        return;
    av_frame_free(&frame->av);
    free(frame);
}

const aizu_frame *az_frame_view(const az_frame *frame)
{
    return &frame->view;
}

const AVFrame *az_frame_av(const az_frame *frame)
{
    return frame->av;
}

int64_t az_frame_pts(const az_frame *frame)
{
    return frame->pts;
}

int64_t az_frame_duration(const az_frame *frame)
{
    return frame->duration;
}
