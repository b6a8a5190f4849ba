/*
 * A media file in an endless loop. H.264 in 8-bit 4:2:0 whose groups fit into the segments goes out as it is,
 * and is decoded for the other quality only; AAC LC with its configuration goes out as it is; all else is
 * decoded. A loop is as long as the video: sound beyond its end is dropped, so that pictures never pause.
 */
#include "file_scan.h"
#include "log.h"
#include "source.h"
#include "ts_writer.h"

#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libswresample/swresample.h>
#include <stdlib.h>

#define SOUND_HZ       48000
#define SOUND_CHANNELS 2
#define TICKS          ((AVRational){1, CH_TS_HZ})

typedef struct file_source {
    ch_source source; /* first */
    AVFormatContext *format;
    AVStream *video, *audio;                       /* audio may be NULL */
    AVBSFContext *annex_b;                         /* copied video only */
    AVCodecContext *video_decoder, *audio_decoder; /* audio's NULL when it is copied */
    struct SwrContext *resampler;
    AVFrame *frame;
    AVFrame *sound; /* resampled */
    AVPacket *packet;
    ch_file_scan scan;
    int64_t loop_ticks;     /* where this loop begins */
    int64_t picture_pts;    /* of the last picture given; the next is later */
    bool is_draining;       /* the end of the file was reached */
    bool is_seam;           /* the next video packet is a loop's first */
    bool is_bsf_busy;       /* the filter may hold another packet */
    bool has_given_picture; /* in this loop */
} file_source;

/* File time to stream time. */
static int64_t ticks_of(const file_source *f, const AVStream *stream, int64_t time)
{
    return av_rescale_q(time, stream->time_base, TICKS) - f->scan.first_ticks + f->loop_ticks;
}

static bool is_inside_loop(const file_source *f, int64_t ticks)
{
    return ticks >= f->loop_ticks && ticks < f->loop_ticks + f->scan.length_ticks;
}

/* 1: an item; 0: none now. */
static int take_picture(file_source *f, ch_item *item)
{
    while (avcodec_receive_frame(f->video_decoder, f->frame) >= 0) {
        int64_t time = f->frame->best_effort_timestamp;
        int64_t pts = time == AV_NOPTS_VALUE ? f->picture_pts + f->source.info.frame_ticks
                                             : ticks_of(f, f->video, time);
        if (pts <= f->picture_pts)
            continue;
        f->picture_pts = pts;
        f->has_given_picture = true;
        *item = (ch_item){.kind = CH_ITEM_PICTURE, .pts = pts, .dts = pts, .frame = f->frame};
        return 1;
    }
    return 0;
}

static int resample(file_source *f)
{
    av_frame_unref(f->sound);
    f->sound->format = AV_SAMPLE_FMT_FLTP;
    f->sound->sample_rate = SOUND_HZ;
    av_channel_layout_default(&f->sound->ch_layout, SOUND_CHANNELS);
    int result = swr_convert_frame(f->resampler, f->sound, f->frame);
    if (result == AVERROR_INPUT_CHANGED) {
        result = swr_config_frame(f->resampler, f->sound, f->frame);
        if (result >= 0)
            result = swr_convert_frame(f->resampler, f->sound, f->frame);
    }
    return result;
}

static int take_sound(file_source *f, ch_item *item)
{
    while (f->audio_decoder && avcodec_receive_frame(f->audio_decoder, f->frame) >= 0) {
        int64_t time = f->frame->best_effort_timestamp;
        if (time == AV_NOPTS_VALUE || !is_inside_loop(f, ticks_of(f, f->audio, time)))
            continue;
        int64_t delay = swr_is_initialized(f->resampler) ? swr_get_delay(f->resampler, CH_TS_HZ) : 0;
        if (resample(f) < 0 || f->sound->nb_samples == 0)
            continue;
        int64_t pts = ticks_of(f, f->audio, time) - delay;
        *item = (ch_item){.kind = CH_ITEM_SOUND, .pts = pts, .dts = pts, .frame = f->sound};
        return 1;
    }
    return 0;
}

/* A copied packet out of the filter; the decoder gets it too. */
static int take_video_packet(file_source *f, ch_item *item)
{
    f->is_bsf_busy = av_bsf_receive_packet(f->annex_b, f->packet) >= 0;
    if (!f->is_bsf_busy)
        return 0;
    int result = avcodec_send_packet(f->video_decoder, f->packet);
    if (result == AVERROR(ENOMEM))
        return result;
    *item = (ch_item){.kind = CH_ITEM_VIDEO_PACKET,
                      .pts = ticks_of(f, f->video, f->packet->pts),
                      .dts = ticks_of(f, f->video, f->packet->dts),
                      .key = ch_is_idr(f->packet),
                      .is_seam = f->is_seam,
                      .packet = f->packet};
    f->is_seam = false;
    return 1;
}

static int feed_video(file_source *f)
{
    if (f->annex_b) {
        int result = av_bsf_send_packet(f->annex_b, f->packet);
        f->is_bsf_busy = result >= 0;
        return result == AVERROR(ENOMEM) ? result : 0;
    }
    int result = avcodec_send_packet(f->video_decoder, f->packet);
    return result == AVERROR(ENOMEM) ? result : 0;
}

/* 1: an item, a copied packet; 0: eaten. */
static int feed_audio(file_source *f, ch_item *item)
{
    if (f->audio_decoder) {
        int result = avcodec_send_packet(f->audio_decoder, f->packet);
        return result == AVERROR(ENOMEM) ? result : 0;
    }
    if (f->packet->pts == AV_NOPTS_VALUE || !is_inside_loop(f, ticks_of(f, f->audio, f->packet->pts)))
        return 0;
    int64_t pts = ticks_of(f, f->audio, f->packet->pts);
    *item = (ch_item){.kind = CH_ITEM_AUDIO_PACKET, .pts = pts, .dts = pts, .packet = f->packet};
    return 1;
}

static void begin_drain(file_source *f)
{
    f->is_draining = true;
    avcodec_send_packet(f->video_decoder, NULL);
    if (f->audio_decoder)
        avcodec_send_packet(f->audio_decoder, NULL);
}

static int begin_loop(file_source *f)
{
    if (!f->has_given_picture)
        return AVERROR_INVALIDDATA; /* it would go round for ever */
    int result = avformat_seek_file(f->format, -1, INT64_MIN, INT64_MIN, INT64_MAX, 0);
    if (result < 0)
        return result;
    avcodec_flush_buffers(f->video_decoder);
    if (f->audio_decoder)
        avcodec_flush_buffers(f->audio_decoder);
    if (f->annex_b)
        av_bsf_flush(f->annex_b);
    f->loop_ticks += f->scan.length_ticks;
    f->is_draining = false;
    f->is_seam = true;
    f->has_given_picture = false;
    return 0;
}

static int next(ch_source *source, ch_item *item)
{
    file_source *f = (file_source *)source;
    for (;;) {
        int result = take_picture(f, item);
        if (result == 0)
            result = take_sound(f, item);
        if (result == 0 && f->is_bsf_busy)
            result = take_video_packet(f, item);
        if (result == 0 && f->is_draining) {
            result = begin_loop(f);
        } else if (result == 0) {
            av_packet_unref(f->packet);
            if (av_read_frame(f->format, f->packet) < 0) /* damaged at some place: that is its end */
                begin_drain(f);
            else if (f->packet->stream_index == f->video->index)
                result = feed_video(f);
            else if (f->audio && f->packet->stream_index == f->audio->index)
                result = feed_audio(f, item);
        }
        if (result != 0)
            return result < 0 ? result : 0;
    }
}

static void destroy(ch_source *source)
{
    file_source *f = (file_source *)source;
    avcodec_free_context(&f->video_decoder);
    avcodec_free_context(&f->audio_decoder);
    av_bsf_free(&f->annex_b);
    swr_free(&f->resampler);
    av_frame_free(&f->frame);
    av_frame_free(&f->sound);
    av_packet_free(&f->packet);
    avformat_close_input(&f->format);
    free(f);
}

static AVCodecContext *open_decoder(const AVStream *stream)
{
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c)
        return NULL;
    c->thread_count = 1;
    c->pkt_timebase = stream->time_base;
    if (avcodec_parameters_to_context(c, stream->codecpar) < 0 || avcodec_open2(c, codec, NULL) < 0)
        avcodec_free_context(&c);
    return c;
}

static bool can_copy_audio(const AVCodecParameters *p)
{
    ch_adts adts;
    return p->codec_id == AV_CODEC_ID_AAC && p->profile == FF_PROFILE_AAC_LOW && p->extradata &&
           ch_adts_parse(&adts, p->extradata, (size_t)p->extradata_size);
}

/* Encoded pictures are made to fit into the largest size, and are never made larger. */
static void plan_size(ch_source_info *info, const AVCodecParameters *p, const ch_file_settings *s)
{
    double scale = 1;
    if (p->width * scale > s->width_max)
        scale = (double)s->width_max / p->width;
    if (p->height * scale > s->height_max)
        scale = (double)s->height_max / p->height;
    if (info->copied_video)
        scale = 1;
    info->width = (int)(p->width * scale / 2 + 0.5) * 2;
    info->height = (int)(p->height * scale / 2 + 0.5) * 2;
}

static int open_streams(file_source *f, const ch_file_settings *s)
{
    int video = av_find_best_stream(f->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    int audio = av_find_best_stream(f->format, AVMEDIA_TYPE_AUDIO, -1, video, NULL, 0);
    if (video < 0)
        return AVERROR_STREAM_NOT_FOUND;
    f->video = f->format->streams[video];
    f->audio = audio >= 0 ? f->format->streams[audio] : NULL;
    int result = ch_file_scan_run(&f->scan, f->format, f->video, s->segment_ticks);
    if (result < 0)
        return result;
    ch_source_info *info = &f->source.info;
    AVRational rate = av_guess_frame_rate(f->format, f->video, NULL);
    bool is_rate_sound = rate.num > 0 && rate.den > 0 && av_q2d(rate) >= 1 && av_q2d(rate) <= 240;
    info->frame_rate = is_rate_sound ? rate : (AVRational){25, 1};
    info->frame_ticks = av_rescale(CH_TS_HZ, info->frame_rate.den, info->frame_rate.num);
    info->length_ticks = f->scan.length_ticks;
    info->segment_ticks_max = f->scan.segment_ticks_max;
    info->has_audio = f->audio != NULL;
    if (f->scan.can_copy)
        info->copied_video = f->video->codecpar;
    if (f->audio && can_copy_audio(f->audio->codecpar))
        info->copied_audio = f->audio->codecpar;
    plan_size(info, f->video->codecpar, s);
    return 0;
}

static int open_codecs(file_source *f)
{
    f->video_decoder = open_decoder(f->video);
    f->frame = av_frame_alloc();
    f->sound = av_frame_alloc();
    f->packet = av_packet_alloc();
    f->resampler = swr_alloc();
    if (!f->video_decoder)
        return AVERROR_DECODER_NOT_FOUND;
    if (!f->frame || !f->sound || !f->packet || !f->resampler)
        return AVERROR(ENOMEM);
    if (f->audio && !f->source.info.copied_audio) {
        f->audio_decoder = open_decoder(f->audio);
        if (!f->audio_decoder)
            return AVERROR_DECODER_NOT_FOUND;
    }
    return f->scan.can_copy ? ch_open_annex_b(&f->annex_b, f->video) : 0;
}

ch_source *ch_source_file(const ch_file_settings *settings)
{
    file_source *f = calloc(1, sizeof(*f));
    if (!f) {
        ch_error("out of memory");
        return NULL;
    }
    f->source = (ch_source){.next = next, .destroy = destroy};
    f->picture_pts = INT64_MIN / 2;
    int result = avformat_open_input(&f->format, settings->path, NULL, NULL);
    if (result >= 0)
        result = avformat_find_stream_info(f->format, NULL);
    if (result >= 0)
        result = open_streams(f, settings);
    if (result >= 0)
        result = open_codecs(f);
    if (result < 0) {
        ch_av_error(result, settings->path);
        destroy(&f->source);
        return NULL;
    }
    return &f->source;
}
