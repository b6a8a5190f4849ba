/*
 * The yardstick for CPU and memory: every video frame of a file through libavformat and libavcodec with
 * one thread (or as many as given), and nothing else. With "sound" that of its sound as well.
 *
 *     decode_bench FILE [THREADS [sound]]
 */
#define _POSIX_C_SOURCE 200809L

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static long decode(AVCodecContext *context, const AVPacket *packet, AVFrame *frame)
{
    long count = 0;
    if (!context || avcodec_send_packet(context, packet) < 0)
        return 0;
    while (!avcodec_receive_frame(context, frame)) {
        count++;
        av_frame_unref(frame);
    }
    return count;
}

static AVCodecContext *open_decoder(AVFormatContext *format, enum AVMediaType type, int threads, int *index)
{
    *index = av_find_best_stream(format, type, -1, -1, NULL, 0);
    if (*index < 0)
        return NULL;
    const AVStream *stream = format->streams[*index];
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!context)
        return NULL;
    avcodec_parameters_to_context(context, stream->codecpar);
    context->thread_count = threads;
    if (avcodec_open2(context, codec, NULL) < 0)
        avcodec_free_context(&context);
    return context;
}

int main(int argc, char **argv)
{
    AVFormatContext *format = NULL;
    if (argc < 2 || avformat_open_input(&format, argv[1], NULL, NULL) < 0 ||
        avformat_find_stream_info(format, NULL) < 0) {
        fprintf(stderr, "usage: decode_bench FILE [THREADS [sound]]\n");
        return 1;
    }
    bool has_sound = argc > 3 && strcmp(argv[3], "sound") == 0;
    int video_index, sound_index = -1;
    AVCodecContext *video =
        open_decoder(format, AVMEDIA_TYPE_VIDEO, argc > 2 ? atoi(argv[2]) : 1, &video_index);
    AVCodecContext *sound = has_sound ? open_decoder(format, AVMEDIA_TYPE_AUDIO, 1, &sound_index) : NULL;
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    if (!video || !packet || !frame)
        return 1;
    long frames = 0;
    while (av_read_frame(format, packet) >= 0) {
        if (packet->stream_index == video_index)
            frames += decode(video, packet, frame);
        else if (packet->stream_index == sound_index)
            (void)decode(sound, packet, frame);
        av_packet_unref(packet);
    }
    frames += decode(video, NULL, frame);

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld frames, CPU %.2f s, peak RSS %.1f MiB\n", frames,
           seconds(usage.ru_utime) + seconds(usage.ru_stime), (double)usage.ru_maxrss / 1024);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&sound);
    avcodec_free_context(&video);
    avformat_close_input(&format);
    return 0;
}
