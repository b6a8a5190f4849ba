/*
 * Picture to scaled picture to packet to segment; see rendition.h.
 */
#include "rendition.h"

#include "canvas.h"
#include "log.h"

#include <libswscale/swscale.h>
#include <stdio.h>
#include <stdlib.h>

struct ch_rendition {
    ch_rendition_settings settings;
    ch_packager *packager;
    ch_video_encoder *encoder;
    struct SwsContext *scaler;
    AVFrame *scaled;
    AVPacket *packet;
    char codecs[CH_VARIANT_CODECS]; /* once they are known */
};

/* avc1.PPCCLL from the three bytes after the header of the sequence parameter set (RFC 6381 3.3). */
static bool find_profile(const uint8_t *data, size_t size, unsigned profile[3])
{
    for (size_t i = 0; i + 6 < size; i++) {
        if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 && (data[i + 3] & 0x1f) == 7) {
            for (size_t k = 0; k < 3; k++)
                profile[k] = data[i + 4 + k];
            return true;
        }
    }
    return false;
}

static int on_segment(void *user, const ch_segment *segment)
{
    const ch_rendition *r = user;
    return ch_output_add(r->settings.output, r->settings.variant, segment);
}

static int on_growth(void *user, const ch_segment *segment)
{
    const ch_rendition *r = user;
    return ch_output_grow(r->settings.output, r->settings.variant, segment);
}

static int open_encoder(ch_rendition *r)
{
    const ch_rendition_settings *s = &r->settings;
    const ch_video_encoder_settings e = {.width = s->width,
                                         .height = s->height,
                                         .frame_rate = s->frame_rate,
                                         .bits_per_second = s->bits_per_second,
                                         .preset = s->preset};
    r->encoder = ch_video_encoder_create(&e);
    r->scaled = ch_picture_create(s->width, s->height);
    r->packet = av_packet_alloc();
    return r->encoder && r->scaled && r->packet ? 0 : -1;
}

ch_rendition *ch_rendition_create(const ch_rendition_settings *settings)
{
    ch_rendition *r = calloc(1, sizeof(*r));
    if (!r) {
        ch_error("out of memory");
        return NULL;
    }
    r->settings = *settings;
    const ch_packager_settings p = {.has_audio = settings->has_audio,
                                    .adts = settings->adts,
                                    .frame_ticks = settings->frame_ticks,
                                    .on_segment = on_segment,
                                    .on_growth = on_growth,
                                    .user = r};
    r->packager = ch_packager_create(&p);
    if (!r->packager || (settings->bits_per_second > 0 && open_encoder(r) < 0)) {
        ch_error("quality %zu cannot be set up", settings->variant);
        ch_rendition_destroy(&r);
    }
    return r;
}

void ch_rendition_destroy(ch_rendition **pointer)
{
    ch_rendition *r = *pointer;
    *pointer = NULL;
    if (!r)
        return;
    ch_packager_destroy(&r->packager);
    ch_video_encoder_destroy(&r->encoder);
    sws_freeContext(r->scaler);
    av_frame_free(&r->scaled);
    av_packet_free(&r->packet);
    free(r);
}

/* The picture in this quality's size and format; the same one when it fits already. */
static AVFrame *scale(ch_rendition *r, AVFrame *picture)
{
    const ch_rendition_settings *s = &r->settings;
    if (picture->width == s->width && picture->height == s->height && picture->format == AV_PIX_FMT_YUV420P)
        return picture;
    r->scaler = sws_getCachedContext(r->scaler, picture->width, picture->height, picture->format, s->width,
                                     s->height, AV_PIX_FMT_YUV420P, SWS_FAST_BILINEAR, NULL, NULL, NULL);
    if (!r->scaler || av_frame_make_writable(r->scaled) < 0)
        return NULL;
    int lines = sws_scale(r->scaler, (const uint8_t *const *)picture->data, picture->linesize, 0,
                          picture->height, r->scaled->data, r->scaled->linesize);
    return lines > 0 ? r->scaled : NULL;
}

int ch_rendition_picture(ch_rendition *r, AVFrame *picture, int64_t pts, bool cut)
{
    AVFrame *fitting = scale(r, picture);
    if (!fitting)
        return ch_av_error(AVERROR(ENOMEM), "scaler");
    int result = ch_video_encoder_feed(r->encoder, fitting, pts, cut);
    while (result >= 0) {
        result = ch_video_encoder_take(r->encoder, r->packet);
        if (result == AVERROR(EAGAIN))
            return 0;
        if (result < 0)
            break;
        bool key = r->packet->flags & AV_PKT_FLAG_KEY; /* the encoder makes none of its own accord */
        const ch_video_packet packet = {.data = r->packet->data,
                                        .size = (size_t)r->packet->size,
                                        .pts = r->packet->pts,
                                        .dts = r->packet->dts,
                                        .key = key,
                                        .cut = key};
        result = ch_rendition_video(r, &packet);
        av_packet_unref(r->packet);
    }
    return ch_av_error(result, "H.264 encoder");
}

/* What playlists say of the streams, out of the first key frame. */
static void find_codecs(ch_rendition *r, const ch_video_packet *packet)
{
    unsigned profile[3];
    if (r->codecs[0] || !packet->key || !find_profile(packet->data, packet->size, profile))
        return;
    int size = snprintf(r->codecs, sizeof(r->codecs), "avc1.%02x%02x%02x", profile[0] & 0xff,
                        profile[1] & 0xff, profile[2] & 0xff);
    if (r->settings.has_audio && size > 0)
        snprintf(r->codecs + size, sizeof(r->codecs) - (size_t)size, ",mp4a.40.%u",
                 r->settings.adts.object_type);
    ch_output_set_codecs(r->settings.output, r->settings.variant, r->codecs);
}

int ch_rendition_video(ch_rendition *r, const ch_video_packet *packet)
{
    find_codecs(r, packet);
    int result = ch_packager_feed_video(r->packager, packet);
    if (result < 0 || !r->settings.cmaf)
        return result;
    return ch_cmaf_video(r->settings.cmaf, r->settings.variant, packet, r->codecs);
}

int ch_rendition_audio(ch_rendition *r, const uint8_t *data, size_t size, int64_t pts)
{
    return ch_packager_feed_audio(r->packager, data, size, pts);
}

int ch_rendition_cue(ch_rendition *r, const uint8_t *tag, size_t size, int64_t pts)
{
    return ch_packager_feed_cue(r->packager, tag, size, pts);
}

int ch_rendition_end(ch_rendition *r)
{
    return ch_packager_end(r->packager);
}
