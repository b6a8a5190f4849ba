/*
 * Fragmenters and their headers; see cmaf.h. The sound is cut where the first quality was.
 */
#include "cmaf.h"

#include <libavutil/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_PER_SECOND 90000
#define US_PER_SECOND    INT64_C(1000000)

typedef struct track {
    struct ch_cmaf *owner;
    size_t number; /* of the rendition */
    ch_fragmenter *fragmenter;
    ch_mp4_avc avc;
    bool has_header;
} track;

struct ch_cmaf {
    ch_cmaf_settings settings;
    track qualities[CH_LL_RENDITIONS_MAX];
    track sound;
    ch_bytes unit; /* an access unit in MP4's form */
    uint32_t events;
};

uint32_t ch_cmaf_hz(unsigned frequency_index)
{
    static const uint32_t hz[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                  22050, 16000, 12000, 11025, 8000,  7350};
    return frequency_index < sizeof(hz) / sizeof(hz[0]) ? hz[frequency_index] : 0;
}

int64_t ch_cmaf_video_target_us(int64_t part_ticks, int64_t frame_ticks)
{
    int64_t least = part_ticks - frame_ticks / 2; /* with which the fragmenter calls a part full */
    int64_t frames = (least + frame_ticks - 1) / frame_ticks;
    int64_t ticks = (frames > 0 ? frames : 1) * frame_ticks;
    if (TICKS_PER_SECOND % frame_ticks)
        ticks++; /* times were rounded to ticks */
    return (ticks * US_PER_SECOND + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND;
}

/* Between two of the video's ends lie so many frames, or one more; with pauses any time up to one more. */
int64_t ch_cmaf_audio_target_us(int64_t video_target_us, int64_t frame_samples, int64_t hz, bool is_even)
{
    int64_t frame = frame_samples * US_PER_SECOND;
    int64_t frames = (video_target_us * hz + frame - 1) / frame;
    int64_t samples_us = is_even ? frames * frame : video_target_us * hz + frame;
    return (samples_us + hz - 1) / hz;
}

/* The fragmenter has its own word for it. */
static int error_of(int result)
{
    return result == CH_FRAGMENTER_NO_MEMORY ? AVERROR(ENOMEM) : result;
}

static int on_video_part(void *user, const ch_part *part)
{
    const track *t = user;
    ch_cmaf *c = t->owner;
    int result = ch_ll_add(c->settings.ll, t->number, part);
    if (result >= 0 && t->number == 0 && c->sound.fragmenter)
        result = ch_fragmenter_boundary(c->sound.fragmenter, part->boundary_ticks, part->ends_segment);
    return result;
}

static int on_sound_part(void *user, const ch_part *part)
{
    const track *t = user;
    return ch_ll_add(t->owner->settings.ll, t->number, part);
}

static bool open_track(ch_cmaf *c, track *t, size_t number, bool is_video)
{
    const ch_cmaf_settings *s = &c->settings;
    const ch_fragmenter_settings f = {.timescale =
                                          is_video ? TICKS_PER_SECOND : ch_cmaf_hz(s->adts.frequency_index),
                                      .is_video = is_video,
                                      .is_steady = s->is_steady,
                                      .frame_ticks = s->frame_ticks,
                                      .part_ticks = s->part_ticks,
                                      .segment_ticks = s->segment_ticks,
                                      .frame_samples = CH_CMAF_FRAME_SAMPLES,
                                      .pts_first = s->pts_first,
                                      .wall_first_ns = s->wall_first_ns,
                                      .on_part = is_video ? on_video_part : on_sound_part,
                                      .user = t};
    t->owner = c;
    t->number = number;
    t->fragmenter = ch_fragmenter_create(&f);
    return t->fragmenter != NULL;
}

static bool write_audio_header(ch_cmaf *c)
{
    const ch_cmaf_settings *s = &c->settings;
    const ch_mp4_track t = {.timescale = ch_cmaf_hz(s->adts.frequency_index),
                            .channels = s->adts.channels == 7 ? 8 : s->adts.channels,
                            .audio_config = s->audio_config,
                            .audio_config_size = s->audio_config_size};
    ch_bytes header = {0};
    ch_mp4_write_header(&header, &t);
    bool ok = !header.failed && ch_ll_set_header(s->ll, c->sound.number, "", header.data, header.size);
    ch_bytes_deinit(&header);
    return ok;
}

ch_cmaf *ch_cmaf_create(const ch_cmaf_settings *settings)
{
    ch_cmaf *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->settings = *settings;
    bool ok = true;
    for (size_t i = 0; ok && i < settings->qualities_count; i++)
        ok = open_track(c, &c->qualities[i], i, true);
    if (ok && settings->has_audio)
        ok = open_track(c, &c->sound, settings->qualities_count, false) && write_audio_header(c);
    if (!ok)
        ch_cmaf_destroy(&c);
    return c;
}

static void close_track(track *t)
{
    ch_fragmenter_destroy(&t->fragmenter);
    ch_mp4_avc_deinit(&t->avc);
}

void ch_cmaf_destroy(ch_cmaf **pointer)
{
    ch_cmaf *c = *pointer;
    *pointer = NULL;
    if (!c)
        return;
    for (size_t i = 0; i < CH_LL_RENDITIONS_MAX; i++)
        close_track(&c->qualities[i]);
    close_track(&c->sound);
    ch_bytes_deinit(&c->unit);
    free(c);
}

/* Once the first key frame shows the parameter sets. */
static int write_video_header(ch_cmaf *c, track *t, const ch_video_packet *packet, const char *codecs)
{
    if (!packet->key || !ch_mp4_avc_find(&t->avc, packet->data, packet->size))
        return 0;
    const ch_mp4_track m = {.timescale = TICKS_PER_SECOND,
                            .avc = &t->avc,
                            .width = c->settings.width[t->number],
                            .height = c->settings.height[t->number]};
    ch_bytes header = {0};
    ch_mp4_write_header(&header, &m);
    t->has_header =
        !header.failed && ch_ll_set_header(c->settings.ll, t->number, codecs, header.data, header.size);
    ch_bytes_deinit(&header);
    return t->has_header ? 0 : AVERROR(ENOMEM);
}

int ch_cmaf_video(ch_cmaf *c, size_t quality, const ch_video_packet *packet, const char *codecs)
{
    track *t = &c->qualities[quality];
    int result = t->has_header ? 0 : write_video_header(c, t, packet, codecs);
    if (result < 0 || !t->has_header)
        return result;
    c->unit.size = 0;
    ch_mp4_append_access_unit(&c->unit, &t->avc, packet->data, packet->size);
    if (c->unit.failed)
        return AVERROR(ENOMEM);
    const ch_frame frame = {.data = c->unit.data,
                            .size = c->unit.size,
                            .pts = packet->pts,
                            .dts = packet->dts,
                            .key = packet->key,
                            .cut = packet->cut};
    return error_of(ch_fragmenter_video(t->fragmenter, &frame));
}

int ch_cmaf_audio(ch_cmaf *c, const uint8_t *data, size_t size, int64_t pts)
{
    return c->sound.fragmenter ? error_of(ch_fragmenter_sound(c->sound.fragmenter, data, size, pts)) : 0;
}

int ch_cmaf_cue(ch_cmaf *c, const uint8_t *tag, size_t size, int64_t pts)
{
    int result = 0;
    c->events++;
    for (size_t i = 0; result >= 0 && i < c->settings.qualities_count; i++)
        result = ch_fragmenter_event(c->qualities[i].fragmenter, c->events, tag, size, pts);
    return error_of(result);
}
