/*
 * libavcodec; see host/ffmpeg/codec.h. Times inside libavcodec are nanoseconds: its time base is 1/1e9.
 */
#include "host/ffmpeg/codec.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/cpu.h>
#include <libavutil/error.h>

#include "host/ffmpeg/config.h"

/* One thread decodes this; it costs the least CPU and memory. Beyond: 1920x1088 at 30, and some room. */
#define ONE_THREAD_PIXELS_PER_SECOND (INT64_C(1920) * 1088 * 32)

/* How much media is looked at before one thread is called too slow, and the share of time that is. */
#define LOAD_WINDOW      (2 * AIZU_SECOND)
#define LOAD_PERCENT_MAX 85

static enum AVCodecID codec_id(az_codec codec)
{
    switch (codec) {
    case AZ_CODEC_H264:
        return AV_CODEC_ID_H264;
    case AZ_CODEC_H265:
        return AV_CODEC_ID_HEVC;
    case AZ_CODEC_MPEG2_VIDEO:
        return AV_CODEC_ID_MPEG2VIDEO;
    case AZ_CODEC_AAC:
        return AV_CODEC_ID_AAC;
    case AZ_CODEC_AAC_LATM:
        return AV_CODEC_ID_AAC_LATM;
    case AZ_CODEC_AC3:
        return AV_CODEC_ID_AC3;
    case AZ_CODEC_EAC3:
        return AV_CODEC_ID_EAC3;
    case AZ_CODEC_MP3:
        return AV_CODEC_ID_MP3;
    case AZ_CODEC_AV1:
        return AV_CODEC_ID_AV1;
    case AZ_CODEC_VP9:
        return AV_CODEC_ID_VP9;
    case AZ_CODEC_OPUS:
        return AV_CODEC_ID_OPUS;
    case AZ_CODEC_FLAC:
        return AV_CODEC_ID_FLAC;
    case AZ_CODEC_ALAC:
        return AV_CODEC_ID_ALAC;
    case AZ_CODEC_UNKNOWN:
    case AZ_CODEC_ID3:
    case AZ_CODEC_SCTE35:
    case AZ_CODEC_EMSG:
    case AZ_CODEC_WEBVTT:
    case AZ_CODEC_TTML:
        break;
    }
    return AV_CODEC_ID_NONE;
}

/* Debian's FFmpeg has one decoder for each codec and knows a better one for AV1: its own needs hardware. */
static const AVCodec *find_decoder(az_codec codec)
{
    static const char *const av1[] = {"libdav1d", "libaom-av1"};
    if (codec != AZ_CODEC_AV1)
        return avcodec_find_decoder(codec_id(codec));
    for (size_t i = 0; i < AZ_COUNT(av1); i++) {
        const AVCodec *found = avcodec_find_decoder_by_name(av1[i]);
        if (found)
            return found;
    }
    return NULL;
}

static void set_detail(az_codec_decoder *decoder, int error)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(error, text, sizeof(text));
    snprintf(decoder->detail, sizeof(decoder->detail), "%s: %s", az_codec_name(decoder->codec), text);
}

bool az_codec_init(az_codec_decoder *decoder)
{
    memset(decoder, 0, sizeof(*decoder));
    decoder->next_pts = AIZU_NO_TIME;
    decoder->packet = av_packet_alloc();
    decoder->frame = av_frame_alloc();
    if (decoder->packet && decoder->frame)
        return true;
    az_codec_deinit(decoder);
    return false;
}

void az_codec_deinit(az_codec_decoder *decoder)
{
    avcodec_free_context(&decoder->context);
    az_slice_unref(&decoder->track.config);
    av_packet_free(&decoder->packet);
    av_frame_free(&decoder->frame);
    az_convert_deinit(&decoder->convert);
}

static int threads_for(const az_codec_decoder *decoder)
{
    const az_track *track = &decoder->track;
    if (track->media != AZ_MEDIA_VIDEO)
        return 1;
    int64_t rate = track->frame_rate_den > 0
                       ? (track->frame_rate_num + track->frame_rate_den - 1) / track->frame_rate_den
                       : 30;
    bool is_large = (int64_t)track->width * track->height * rate > ONE_THREAD_PIXELS_PER_SECOND;
    return is_large || decoder->is_slow ? AZ_MAX(1, AZ_MIN(av_cpu_count(), AZ_CODEC_THREADS_MAX)) : 1;
}

/* Keeps the track with a reference of its own; it may be the one that is kept. */
static void set_track(az_codec_decoder *decoder, const az_track *track)
{
    static const az_track unknown;
    az_track kept = track ? *track : unknown;
    kept.config = az_slice_ref(kept.config);
    az_slice_unref(&decoder->track.config);
    decoder->track = kept;
}

static aizu_result open_context(az_codec_decoder *decoder, const AVCodec *library, AVCodecContext *context)
{
    context->pkt_timebase = (AVRational){1, (int)AIZU_SECOND};
    context->thread_count = threads_for(decoder);
    context->log_level_offset = AV_LOG_TRACE; /* errors are reported; a library does not print */
    aizu_result result = az_config_convert(decoder->codec, az_slice_span(decoder->track.config),
                                           &context->extradata, &context->extradata_size);
    if (result) {
        snprintf(decoder->detail, sizeof(decoder->detail), "%s: its configuration cannot be read",
                 az_codec_name(decoder->codec));
        return result;
    }
    int error = avcodec_open2(context, library, NULL);
    if (error >= 0)
        return AIZU_OK;
    set_detail(decoder, error);
    return error == AVERROR(ENOMEM) ? AIZU_E_MEMORY : AIZU_E_CODEC;
}

aizu_result az_codec_open(az_codec_decoder *decoder, az_codec codec, const az_track *track)
{
    avcodec_free_context(&decoder->context);
    decoder->codec = codec;
    set_track(decoder, track);
    decoder->next_pts = AIZU_NO_TIME;
    decoder->busy = decoder->media = 0;
    const AVCodec *library = find_decoder(codec);
    if (!library) {
        snprintf(decoder->detail, sizeof(decoder->detail), "no decoder for %s", az_codec_name(codec));
        return AIZU_E_CODEC;
    }
    AVCodecContext *context = avcodec_alloc_context3(library);
    if (!context)
        return AIZU_E_MEMORY;
    aizu_result result = open_context(decoder, library, context);
    if (result) {
        avcodec_free_context(&context);
        return result;
    }
    decoder->is_multithreaded = context->thread_count > 1;
    decoder->context = context;
    return AIZU_OK;
}

static void release_payload(void *opaque, uint8_t *data)
{
    (void)data;
    az_buf *buf = opaque;
    az_buf_unref(&buf);
}

/* libavcodec reads up to 64 bytes past the end of its input. */
static bool has_padding(az_slice data)
{
    if (!data.buf)
        return false;
    size_t readable = az_buf_capacity(data.buf) + (az_buf_is_padded(data.buf) ? AZ_BUF_PADDING : 0);
    size_t end = (size_t)(data.data - az_buf_data(data.buf)) + data.size;
    return end + AV_INPUT_BUFFER_PADDING_SIZE <= readable;
}

static int fill_packet(AVPacket *packet, const az_unit *unit)
{
    if (unit->data.size > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE)
        return AVERROR_INVALIDDATA;
    int size = (int)unit->data.size;
    if (has_padding(unit->data)) {
        uint8_t *data = az_buf_data(unit->data.buf) + (unit->data.data - az_buf_data(unit->data.buf));
        az_buf *held = az_buf_ref(unit->data.buf);
        packet->buf = av_buffer_create(data, (size_t)size, release_payload, held, AV_BUFFER_FLAG_READONLY);
        if (!packet->buf) {
            az_buf_unref(&held);
            return AVERROR(ENOMEM);
        }
        packet->data = data;
        packet->size = size;
    } else {
        int error = av_new_packet(packet, size);
        if (error < 0)
            return error;
        memcpy(packet->data, unit->data.data, (size_t)size);
    }
    packet->pts = unit->pts == AIZU_NO_TIME ? AV_NOPTS_VALUE : unit->pts;
    packet->dts = unit->dts == AIZU_NO_TIME ? AV_NOPTS_VALUE : unit->dts;
    packet->duration = AZ_MAX(unit->duration, 0);
    packet->flags = (unit->flags & AZ_SAMPLE_KEY ? AV_PKT_FLAG_KEY : 0) |
                    (unit->flags & AZ_SAMPLE_CORRUPT ? AV_PKT_FLAG_CORRUPT : 0);
    return 0;
}

aizu_result az_codec_send(az_codec_decoder *decoder, const az_unit *unit)
{
    if (!decoder->context)
        return AIZU_E_CODEC;
    if (unit && !unit->data.size) /* libavcodec takes an empty packet for the end */
        return AIZU_E_DECODER;
    decoder->detail[0] = '\0';
    int error = unit ? fill_packet(decoder->packet, unit) : 0;
    if (!error)
        error = avcodec_send_packet(decoder->context, unit ? decoder->packet : NULL);
    av_packet_unref(decoder->packet);
    if (error >= 0 || error == AVERROR_EOF)
        return AIZU_OK;
    set_detail(decoder, error);
    return error == AVERROR(ENOMEM) ? AIZU_E_MEMORY : AIZU_E_DECODER;
}

static int64_t frame_duration(const az_codec_decoder *decoder, const AVFrame *av)
{
    if (av->nb_samples > 0 && av->sample_rate > 0)
        return az_rescale(av->nb_samples, AIZU_SECOND, av->sample_rate);
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    int64_t duration = av->duration;
#else
    int64_t duration = av->pkt_duration;
#endif
    const az_track *track = &decoder->track;
    if (duration <= 0 && track->frame_rate_num > 0 && track->frame_rate_den > 0)
        duration = az_rescale(AIZU_SECOND, track->frame_rate_den, track->frame_rate_num);
    return AZ_MAX(duration, 0);
}

static int64_t frame_pts(const az_codec_decoder *decoder, const AVFrame *av)
{
    if (av->best_effort_timestamp != AV_NOPTS_VALUE)
        return av->best_effort_timestamp;
    return av->pts != AV_NOPTS_VALUE ? av->pts : decoder->next_pts;
}

aizu_result az_codec_receive(az_codec_decoder *decoder, az_frame **frame)
{
    *frame = NULL;
    if (!decoder->context)
        return AIZU_E_CODEC;
    AVFrame *av = decoder->frame;
    int error = avcodec_receive_frame(decoder->context, av);
    if (error == AVERROR(EAGAIN))
        return AIZU_AGAIN;
    if (error == AVERROR_EOF)
        return AIZU_END;
    if (error < 0) {
        set_detail(decoder, error);
        return error == AVERROR(ENOMEM) ? AIZU_E_MEMORY : AIZU_E_DECODER;
    }
    aizu_result result = AIZU_OK;
    if (av->width > 0) {
        if (av->sample_aspect_ratio.num <= 0)
            av->sample_aspect_ratio = (AVRational){decoder->track.sar_num, decoder->track.sar_den};
        result = az_convert_picture(&decoder->convert, av);
    }
    if (!result) {
        int64_t pts = frame_pts(decoder, av);
        int64_t duration = frame_duration(decoder, av);
        *frame = az_frame_create(av, pts, duration);
        result = *frame ? AIZU_OK : AIZU_E_MEMORY;
        decoder->next_pts = pts == AIZU_NO_TIME ? pts : az_add_sat(pts, duration);
    }
    av_frame_unref(av);
    return result == AIZU_E_UNSUPPORTED ? AIZU_E_DECODER : result;
}

void az_codec_flush(az_codec_decoder *decoder)
{
    decoder->next_pts = AIZU_NO_TIME;
    if (decoder->context)
        avcodec_flush_buffers(decoder->context);
}

bool az_codec_is_overloaded(az_codec_decoder *decoder, int64_t busy, int64_t duration)
{
    if (decoder->is_slow || decoder->is_multithreaded || decoder->track.media != AZ_MEDIA_VIDEO)
        return false;
    decoder->busy += busy;
    decoder->media += duration;
    if (decoder->media < LOAD_WINDOW)
        return false;
    decoder->is_slow = decoder->busy > decoder->media / 100 * LOAD_PERCENT_MAX && av_cpu_count() > 1;
    decoder->busy = decoder->media = 0;
    return decoder->is_slow;
}
