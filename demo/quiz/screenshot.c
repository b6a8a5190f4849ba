/*
 * Reads the renderer's pixels back and writes them with libavcodec's PNG encoder.
 */
#include "screenshot.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <stdio.h>
#include <string.h>

static AVFrame *read_pixels(SDL_Renderer *renderer)
{
    int width = 0, height = 0;
    AVFrame *frame = av_frame_alloc();
    if (!frame || SDL_GetRendererOutputSize(renderer, &width, &height) != 0)
        goto fail;
    frame->format = AV_PIX_FMT_RGB24;
    frame->width = width;
    frame->height = height;
    if (av_frame_get_buffer(frame, 0) < 0)
        goto fail;
    if (SDL_RenderReadPixels(renderer, NULL, SDL_PIXELFORMAT_RGB24, frame->data[0], frame->linesize[0]) != 0)
        goto fail;
    return frame;
fail:
    av_frame_free(&frame);
    return NULL;
}

/* NULL on failure. */
static AVPacket *encode_png(const AVFrame *frame)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
    AVPacket *packet = av_packet_alloc();
    int result = -1;
    if (context && packet) {
        context->width = frame->width;
        context->height = frame->height;
        context->pix_fmt = frame->format;
        context->time_base = (AVRational){1, 1};
        result = avcodec_open2(context, codec, NULL);
        if (result >= 0)
            result = avcodec_send_frame(context, frame);
        if (result >= 0)
            result = avcodec_receive_packet(context, packet);
    }
    avcodec_free_context(&context);
    if (result < 0)
        av_packet_free(&packet);
    return packet;
}

bool quiz_screenshot(SDL_Renderer *renderer, const char *path)
{
    AVFrame *frame = read_pixels(renderer);
    if (!frame)
        return false;
    AVPacket *packet = encode_png(frame);
    av_frame_free(&frame);
    if (!packet) {
        SDL_SetError("no PNG encoder");
        return false;
    }
    FILE *file = fopen(path, "wb");
    bool is_written = file && fwrite(packet->data, 1, (size_t)packet->size, file) == (size_t)packet->size;
    if (file && fclose(file) != 0)
        is_written = false;
    if (!is_written)
        SDL_SetError("cannot write %s: %s", path, strerror(errno));
    av_packet_free(&packet);
    return is_written;
}
