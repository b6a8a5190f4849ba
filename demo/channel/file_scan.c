/*
 * Demuxing without decoding; see file_scan.h.
 */
#include "file_scan.h"

#include "ts_writer.h"

#define TICKS        ((AVRational){1, CH_TS_HZ})
#define LENGTH_MIN   (CH_TS_HZ / 10)
#define SEGMENT_SPAN 2 /* a copied segment is at most so many times as long as asked */

typedef struct scan_state {
    ch_file_scan *scan;
    const AVStream *video;
    AVBSFContext *annex_b; /* NULL: not H.264 */
    int64_t segment_ticks;
    int64_t end_ticks;   /* end of the latest picture */
    int64_t start_ticks; /* of the segment that the cut rule is in */
    int64_t count;
    bool is_sound; /* nothing seen yet that forbids copying */
} scan_state;

bool ch_is_segment_full(int64_t start, int64_t ticks, int64_t segment_ticks, int64_t slack)
{
    return ticks - start >= segment_ticks - slack;
}

bool ch_is_idr(const AVPacket *packet)
{
    for (int i = 0; i + 3 < packet->size; i++) {
        const uint8_t *p = packet->data + i;
        if (p[0] == 0 && p[1] == 0 && p[2] == 1) {
            unsigned type = p[3] & 0x1fu;
            if (type == 5)
                return true;
            if (type == 1)
                return false;
        }
    }
    return false;
}

int ch_open_annex_b(AVBSFContext **out, const AVStream *video)
{
    const AVBitStreamFilter *filter = av_bsf_get_by_name("h264_mp4toannexb");
    if (!filter)
        return AVERROR_BSF_NOT_FOUND;
    int result = av_bsf_alloc(filter, out);
    if (result >= 0)
        result = avcodec_parameters_copy((*out)->par_in, video->codecpar);
    if (result >= 0) {
        (*out)->time_base_in = video->time_base;
        result = av_bsf_init(*out);
    }
    if (result < 0)
        av_bsf_free(out);
    return result;
}

/* One video packet in Annex B form: the cut rule is tried on it. */
static void look_at_group(scan_state *s, const AVPacket *packet)
{
    if (packet->pts == AV_NOPTS_VALUE || packet->dts == AV_NOPTS_VALUE) {
        s->is_sound = false;
        return;
    }
    bool is_first = s->count++ == 0;
    int64_t ticks = av_rescale_q(packet->pts, s->video->time_base, TICKS);
    if (!ch_is_idr(packet)) {
        s->is_sound = s->is_sound && !is_first;
        return;
    }
    int64_t slack = av_rescale_q(packet->duration, s->video->time_base, TICKS) / 2;
    if (is_first) {
        s->start_ticks = ticks;
    } else if (ch_is_segment_full(s->start_ticks, ticks, s->segment_ticks, slack)) {
        if (ticks - s->start_ticks > s->scan->segment_ticks_max)
            s->scan->segment_ticks_max = ticks - s->start_ticks;
        s->start_ticks = ticks;
    }
}

static void look_at(scan_state *s, AVPacket *packet)
{
    int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (time != AV_NOPTS_VALUE) {
        int64_t ticks = av_rescale_q(time, s->video->time_base, TICKS);
        int64_t end = ticks + av_rescale_q(packet->duration, s->video->time_base, TICKS);
        if (s->scan->first_ticks == INT64_MAX || ticks < s->scan->first_ticks)
            s->scan->first_ticks = ticks;
        if (end > s->end_ticks)
            s->end_ticks = end;
    }
    if (!s->annex_b || av_bsf_send_packet(s->annex_b, packet) < 0) {
        s->is_sound = false;
        return;
    }
    while (av_bsf_receive_packet(s->annex_b, packet) >= 0) {
        look_at_group(s, packet);
        av_packet_unref(packet);
    }
}

static void conclude(scan_state *s)
{
    ch_file_scan *scan = s->scan;
    if (scan->first_ticks == INT64_MAX) {
        scan->first_ticks = 0;
        s->end_ticks = 0;
    }
    scan->length_ticks = s->end_ticks - scan->first_ticks;
    int64_t tail = s->end_ticks - s->start_ticks; /* a loop ends its last segment */
    if (tail > scan->segment_ticks_max)
        scan->segment_ticks_max = tail;
    const AVCodecParameters *p = s->video->codecpar;
    scan->can_copy = s->is_sound && s->count > 0 && p->width % 2 == 0 && p->height % 2 == 0 &&
                     (p->format == AV_PIX_FMT_YUV420P || p->format == AV_PIX_FMT_YUVJ420P) &&
                     scan->segment_ticks_max < SEGMENT_SPAN * s->segment_ticks;
}

int ch_file_scan_run(ch_file_scan *scan, AVFormatContext *format, const AVStream *video,
                     int64_t segment_ticks)
{
    *scan = (ch_file_scan){.first_ticks = INT64_MAX};
    scan_state s = {.scan = scan,
                    .video = video,
                    .segment_ticks = segment_ticks,
                    .end_ticks = INT64_MIN,
                    .is_sound = true};
    AVPacket *packet = av_packet_alloc();
    if (!packet)
        return AVERROR(ENOMEM);
    if (video->codecpar->codec_id == AV_CODEC_ID_H264)
        (void)ch_open_annex_b(&s.annex_b, video); /* without it the video is encoded */
    while (av_read_frame(format, packet) >= 0) {
        if (packet->stream_index == video->index)
            look_at(&s, packet);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    av_bsf_free(&s.annex_b);
    conclude(&s);
    if (scan->length_ticks < LENGTH_MIN)
        return AVERROR_INVALIDDATA;
    return avformat_seek_file(format, -1, INT64_MIN, INT64_MIN, INT64_MAX, 0);
}
