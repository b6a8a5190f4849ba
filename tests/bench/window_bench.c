/*
 * What a picture on the screen costs: a file's video in real time through our decoder and one of
 *
 *     window_bench window FILE     the library's window
 *     window_bench headless FILE   no screen
 *     window_bench sdl FILE        SDL's default: a renderer of its choice and a YUV texture
 *
 * on the display that SDL finds (Xvfb will do). Prints CPU of this process, lateness and peak RSS.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <SDL.h>
#include <libavformat/avformat.h>

#include "host/ffmpeg/decoder.h"
#include "host/sdl/video.h"
#include "host/sync.h"

#define FRAMES_AHEAD 4

#define FRAMES_MAX 100000

/* What the decoder and the output report. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    az_frame *frames[64]; /* ring: decoded, not given to the output yet */
    size_t frame_count, decoded, shown, dropped;
    bool is_drained;
    int64_t late_max, late_sum;
} box = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int64_t at[FRAMES_MAX];

static bool write_event(void *user, const az_event *event)
{
    (void)user;
    pthread_mutex_lock(&box.lock);
    if (event->type == AZ_EVENT_FRAME)
        box.frames[box.frame_count++ % AZ_COUNT(box.frames)] = event->frame;
    box.decoded += event->type == AZ_EVENT_DECODED;
    box.is_drained = box.is_drained || event->type == AZ_EVENT_DRAINED;
    box.dropped += event->type == AZ_EVENT_DROPPED;
    if (event->type == AZ_EVENT_PRESENTED) {
        int64_t late = event->time - at[event->frame_id];
        box.shown++;
        box.late_sum += late;
        box.late_max = AZ_MAX(box.late_max, late);
    }
    pthread_cond_broadcast(&box.changed);
    pthread_mutex_unlock(&box.lock);
    return true;
}

static const az_post post = {write_event, NULL};

static size_t frames_decoded(void)
{
    pthread_mutex_lock(&box.lock);
    size_t count = box.frame_count;
    pthread_mutex_unlock(&box.lock);
    return count;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* SDL's own way, on this thread. */
typedef struct plain {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
} plain;

static void plain_show(plain *p, az_frame *frame, int64_t time)
{
    const aizu_frame *view = az_frame_view(frame);
    if (!p->window) {
        SDL_Init(SDL_INIT_VIDEO);
        p->window = SDL_CreateWindow("bench", 0, 0, view->width, view->height, 0);
        p->renderer = SDL_CreateRenderer(p->window, -1, 0);
        p->texture = SDL_CreateTexture(p->renderer, SDL_PIXELFORMAT_IYUV, SDL_TEXTUREACCESS_STREAMING,
                                       view->width, view->height);
        SDL_RendererInfo info = {0};
        SDL_GetRendererInfo(p->renderer, &info);
        printf("SDL's choice: %s\n", info.name ? info.name : "none");
    }
    SDL_PumpEvents();
    SDL_FlushEvents(SDL_FIRSTEVENT, SDL_LASTEVENT);
    SDL_UpdateYUVTexture(p->texture, NULL, view->planes[0], view->strides[0], view->planes[1],
                         view->strides[1], view->planes[2], view->strides[2]);
    SDL_RenderCopy(p->renderer, p->texture, NULL, NULL);
    struct timespec until = {(time_t)(time / AIZU_SECOND), (long)(time % AIZU_SECOND)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    SDL_RenderPresent(p->renderer);
    az_frame_unref(&frame);
}

static az_decoder *open_decoder(const AVStream *stream)
{
    az_track track = {.media = AZ_MEDIA_VIDEO,
                      .width = stream->codecpar->width,
                      .height = stream->codecpar->height,
                      .frame_rate_num = stream->avg_frame_rate.num,
                      .frame_rate_den = stream->avg_frame_rate.den};
    az_codec codec = stream->codecpar->codec_id == AV_CODEC_ID_HEVC ? AZ_CODEC_H265 : AZ_CODEC_H264;
    az_decoder *decoder = NULL;
    if (!az_decoder_create(&decoder, AZ_STREAM_VIDEO, &post, NULL))
        az_decoder_configure(decoder, codec, 0, &track);
    return decoder;
}

static void send(az_decoder *decoder, const AVStream *stream, const AVPacket *packet)
{
    az_unit unit = {
        .pts = av_rescale_q(packet->pts, stream->time_base, (AVRational){1, (int)AIZU_SECOND}),
        .dts = AIZU_NO_TIME,
        .flags = packet->flags & AV_PKT_FLAG_KEY ? AZ_SAMPLE_KEY : 0,
    };
    if (az_slice_copy(&unit.data, az_span_make(packet->data, (size_t)packet->size)))
        az_decoder_send(decoder, 0, &unit);
}

static void report(size_t shown)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu frames, %zu dropped, CPU %.2f s, peak RSS %.1f MiB", shown, box.dropped,
           seconds(usage.ru_utime) + seconds(usage.ru_stime), (double)usage.ru_maxrss / 1024);
    if (box.shown)
        printf(", late %.2f ms in the mean, %.2f ms at most", (double)box.late_sum / 1e6 / (double)box.shown,
               (double)box.late_max / 1e6);
    printf("\n");
}

/* One packet of the file to the decoder, and until it has taken it; false at the end. */
static bool decode_next(AVFormatContext *format, int index, AVPacket *packet, az_decoder *decoder)
{
    static size_t sent;
    bool is_over = av_read_frame(format, packet) < 0;
    if (is_over) {
        az_decoder_drain(decoder, 0);
    } else if (packet->stream_index == index) {
        send(decoder, format->streams[index], packet);
        sent++;
    }
    av_packet_unref(packet);
    pthread_mutex_lock(&box.lock);
    while (box.decoded < sent || (is_over && !box.is_drained))
        pthread_cond_wait(&box.changed, &box.lock);
    pthread_mutex_unlock(&box.lock);
    return !is_over;
}

static void show(az_video *video, plain *p, size_t i)
{
    static int64_t begin = AIZU_NO_TIME;
    az_frame *frame = box.frames[i % AZ_COUNT(box.frames)];
    int64_t pts = az_frame_pts(frame);
    if (begin == AIZU_NO_TIME)
        begin = az_clock_now() + AIZU_SECOND / 2 - pts;
    at[i] = begin + pts;
    if (!video) {
        plain_show(p, frame, at[i]);
        return;
    }
    az_video_present(video, &(az_present){.frame = frame, .frame_id = i, .pts = pts, .at = at[i]});
    pthread_mutex_lock(&box.lock);
    while (box.shown + box.dropped + FRAMES_AHEAD <= i)
        pthread_cond_wait(&box.changed, &box.lock);
    pthread_mutex_unlock(&box.lock);
}

int main(int argc, char **argv)
{
    AVFormatContext *format = NULL;
    if (argc < 3 || avformat_open_input(&format, argv[2], NULL, NULL) < 0 ||
        avformat_find_stream_info(format, NULL) < 0) {
        fprintf(stderr, "usage: window_bench window|headless|sdl FILE\n");
        return 1;
    }
    int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    az_decoder *decoder = index < 0 ? NULL : open_decoder(format->streams[index]);
    AVPacket *packet = av_packet_alloc();
    az_video *video = NULL;
    aizu_result result = AIZU_OK;
    if (!strcmp(argv[1], "window"))
        result = az_video_create_window(&video, &post, "bench", NULL, NULL);
    else if (!strcmp(argv[1], "headless"))
        result = az_video_create_headless(&video, &post);
    if (!decoder || !packet || result) {
        fprintf(stderr, "cannot start: %s\n", aizu_result_name(result));
        return 1;
    }
    plain p = {0};
    size_t shown = 0;
    for (bool is_over = false; !is_over;) {
        is_over = !decode_next(format, index, packet, decoder);
        for (; shown < frames_decoded() && shown < FRAMES_MAX; shown++)
            show(video, &p, shown);
    }
    pthread_mutex_lock(&box.lock);
    while (video && box.shown + box.dropped < shown)
        pthread_cond_wait(&box.changed, &box.lock);
    pthread_mutex_unlock(&box.lock);
    az_video_destroy(&video);
    report(shown);
    az_decoder_destroy(&decoder);
    av_packet_free(&packet);
    avformat_close_input(&format);
    return 0;
}
