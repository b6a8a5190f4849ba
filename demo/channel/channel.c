/*
 * The way of an item from the source to both qualities; see channel.h.
 */
#include "channel.h"

#include "cmaf.h"
#include "file_scan.h"
#include "id3_writer.h"
#include "log.h"
#include "output.h"
#include "rendition.h"
#include "source.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUALITIES          2
#define AUDIO_BITS         128000
#define TOP_BITS           2300000 /* at 720p30 */
#define LOW_BITS           540000  /* at 360p30 */
#define TOP_AREA           (1280.0 * 720)
#define LOW_WIDTH          640.0
#define LOW_HEIGHT         360.0
#define TS_OVERHEAD        1.06
#define MP4_OVERHEAD       1.02
#define SKIP_TARGETS       6 /* target durations at the end that a playlist delta always has */
#define DRAIN_ITEMS_MAX    400
#define PEAK               1.25
#define CUTS_MAX           64 /* copied video: cuts that the decoder has not reached */
#define NS_PER_SECOND      INT64_C(1000000000)
#define CUE_OWNER          "metadata.live-video.net"
#define HOUSEKEEPING_LABEL "segmentmetadata"

struct ch_channel {
    const ch_options *options;
    ch_cues *cues;
    ch_counters *counters;
    int64_t wall_first_ns;
    ch_source *source;
    ch_output *output;
    ch_ll *ll;     /* live */
    ch_cmaf *cmaf; /* live */
    ch_rendition *renditions[QUALITIES];
    ch_audio_encoder *audio; /* NULL: sound is copied or there is none */
    AVPacket *packet;
    FILE *cue_log;
    ch_bytes tag;
    int64_t segment_ticks;
    int64_t cut;            /* where the segment began that is being filled */
    int64_t cuts[CUTS_MAX]; /* a ring */
    size_t cuts_first, cuts_count;
    int64_t copied_pts_max;
    int64_t dts_first; /* below 0 when pictures are reordered */
    int64_t frames;
    int64_t ticks;
    int64_t housekeeping_second; /* of the last housekeeping frame */
};

static ch_source *open_source(const ch_channel *c)
{
    const ch_options *o = c->options;
    if (o->input) {
        const ch_file_settings s = {.path = o->input,
                                    .segment_ticks = c->segment_ticks,
                                    .width_max = o->width,
                                    .height_max = o->height};
        return ch_source_file(&s);
    }
    const ch_programme_settings s = {.width = o->width,
                                     .height = o->height,
                                     .fps = o->fps,
                                     .font = o->font,
                                     .wall_first_ns = c->wall_first_ns,
                                     .is_live = o->vod_dir == NULL};
    return ch_source_programme(&s);
}

/* The size and rate of a quality: the source's, and half of it or less, so that it fits into 640x360. */
static void plan_quality(const ch_source_info *info, size_t quality, ch_rendition_settings *s)
{
    double scale = 1;
    if (quality > 0)
        scale = fmin(0.5, fmin(LOW_WIDTH / info->width, LOW_HEIGHT / info->height));
    s->variant = quality;
    s->width = (int)(info->width * scale / 2 + 0.5) * 2;
    s->height = (int)(info->height * scale / 2 + 0.5) * 2;
    s->frame_rate = info->frame_rate;
    s->frame_ticks = info->frame_ticks;
    double speed = av_q2d(info->frame_rate) > 31 ? 1.5 : 1;
    double share =
        pow(s->width * (double)s->height / (quality == 0 ? TOP_AREA : LOW_WIDTH * LOW_HEIGHT), 0.75);
    s->bits_per_second = (int64_t)((quality == 0 ? TOP_BITS : LOW_BITS) * share * speed);
    if (s->bits_per_second < 80000)
        s->bits_per_second = 80000;
}

static void plan_variant(const ch_rendition_settings *s, int64_t copied_bits, ch_variant_settings *v)
{
    double video = (double)(copied_bits > 0 ? copied_bits : s->bits_per_second);
    double audio = s->has_audio ? AUDIO_BITS : 0;
    snprintf(v->name, sizeof(v->name), "%dp", s->height);
    v->width = s->width;
    v->height = s->height;
    v->frame_rate = av_q2d(s->frame_rate);
    v->bandwidth = (int64_t)((video * PEAK + audio) * TS_OVERHEAD);
    v->average_bandwidth = (int64_t)((video + audio) * TS_OVERHEAD);
}

/* What the sound's headers say: out of the copied sound's or the encoder's configuration. */
static int open_audio(ch_channel *c, ch_cmaf_settings *cmaf)
{
    const ch_source_info *info = &c->source->info;
    if (!info->has_audio)
        return 0;
    const uint8_t *config = NULL;
    int size = 0;
    if (info->copied_audio) {
        config = info->copied_audio->extradata;
        size = info->copied_audio->extradata_size;
    } else {
        c->audio = ch_audio_encoder_create(AUDIO_BITS);
        if (!c->audio)
            return -1;
        config = ch_audio_encoder_context(c->audio)->extradata;
        size = ch_audio_encoder_context(c->audio)->extradata_size;
    }
    if (!config || size < 0 || (size_t)size > sizeof(cmaf->audio_config) ||
        !ch_adts_parse(&cmaf->adts, config, (size_t)size)) {
        ch_error("this AAC cannot be carried in ADTS");
        return -1;
    }
    cmaf->has_audio = true;
    memcpy(cmaf->audio_config, config, (size_t)size);
    cmaf->audio_config_size = (size_t)size;
    return 0;
}

/* A duration rounded to seconds is not above the target (RFC 8216 4.3.3.1). */
static int64_t target_of(int64_t ticks)
{
    int64_t seconds = (ticks + CH_TS_HZ / 2) / CH_TS_HZ;
    return seconds > 0 ? seconds : 1;
}

/* Numbers go on after a restart, so that names in caches are never used twice. */
static int64_t sequence_first(const ch_channel *c)
{
    if (c->options->vod_dir)
        return 0;
    return (int64_t)((double)c->wall_first_ns / 1e9 / c->options->segment_seconds);
}

static void plan_ll_rendition(const ch_rendition_settings *s, int64_t copied_bits, int64_t part_target_us,
                              ch_ll_rendition_settings *out)
{
    double video = (double)(copied_bits > 0 ? copied_bits : s->bits_per_second);
    snprintf(out->name, sizeof(out->name), "%dp", s->height);
    out->width = s->width;
    out->height = s->height;
    out->frame_rate = av_q2d(s->frame_rate);
    out->bandwidth = (int64_t)(video * PEAK * MP4_OVERHEAD);
    out->average_bandwidth = (int64_t)(video * MP4_OVERHEAD);
    out->part_target_us = part_target_us;
}

/*
 * Live: the low-latency window. It is longer than the other one by what a playlist delta never leaves out, so
 * that there is something to leave out.
 */
static int open_ll(ch_channel *c, ch_store *store, const ch_rendition_settings *renditions,
                   int64_t target_seconds, ch_cmaf_settings *cmaf)
{
    const ch_source_info *info = &c->source->info;
    const ch_options *o = c->options;
    int64_t part_ticks = llround(o->part_seconds * CH_TS_HZ);
    ch_ll_settings ll = {
        .store = store,
        .window = o->window + (unsigned)ceil(SKIP_TARGETS * (double)target_seconds / o->segment_seconds),
        .target_seconds = target_seconds,
        .sequence_first = sequence_first(c),
        .pts_first = o->pts_first,
        .wall_first_ns = c->wall_first_ns,
        .renditions_count = QUALITIES,
    };
    int64_t target_us = ch_cmaf_video_target_us(part_ticks, info->frame_ticks);
    for (size_t i = 0; i < QUALITIES; i++) {
        int64_t copied_bits = i == 0 && info->copied_video ? info->copied_video->bit_rate : 0;
        plan_ll_rendition(&renditions[i], copied_bits, target_us, &ll.renditions[i]);
        cmaf->width[i] = (unsigned)renditions[i].width;
        cmaf->height[i] = (unsigned)renditions[i].height;
    }
    if (cmaf->has_audio)
        ll.renditions[ll.renditions_count++] = (ch_ll_rendition_settings){
            .name = CH_CMAF_AUDIO_NAME,
            .is_audio = true,
            .channels = cmaf->adts.channels,
            .bandwidth = (int64_t)(AUDIO_BITS * MP4_OVERHEAD),
            .average_bandwidth = (int64_t)(AUDIO_BITS * MP4_OVERHEAD),
            .part_target_us = ch_cmaf_audio_target_us(target_us, CH_CMAF_FRAME_SAMPLES,
                                                      ch_cmaf_hz(cmaf->adts.frequency_index), !o->input)};
    c->ll = ch_ll_create(&ll);
    cmaf->ll = c->ll;
    cmaf->qualities_count = QUALITIES;
    cmaf->is_steady = !o->input;
    cmaf->frame_ticks = info->frame_ticks;
    cmaf->part_ticks = part_ticks;
    cmaf->segment_ticks = c->segment_ticks;
    cmaf->pts_first = o->pts_first;
    cmaf->wall_first_ns = c->wall_first_ns;
    if (c->ll)
        c->cmaf = ch_cmaf_create(cmaf);
    if (!c->cmaf)
        ch_error("out of memory");
    return c->cmaf ? 0 : -1;
}

static int open_qualities(ch_channel *c, ch_store *store)
{
    const ch_source_info *info = &c->source->info;
    const ch_options *o = c->options;
    ch_cmaf_settings cmaf = {0};
    if (open_audio(c, &cmaf) < 0)
        return -1;
    int64_t longest = info->copied_video ? info->segment_ticks_max : c->segment_ticks + info->frame_ticks / 2;
    ch_output_settings out = {
        .store = store,
        .dir = o->vod_dir,
        .window = o->window,
        .target_seconds = target_of(longest),
        .sequence_first = sequence_first(c),
        .pts_first = o->pts_first,
        .wall_first_ns = c->wall_first_ns,
        .variants_count = QUALITIES,
    };
    ch_rendition_settings settings[QUALITIES] = {0};
    for (size_t i = 0; i < QUALITIES; i++) {
        ch_rendition_settings *s = &settings[i];
        s->has_audio = info->has_audio;
        s->adts = cmaf.adts;
        s->preset = o->preset;
        plan_quality(info, i, s);
        bool is_copied = i == 0 && info->copied_video;
        plan_variant(s, is_copied ? info->copied_video->bit_rate : 0, &out.variants[i]);
        if (is_copied)
            s->bits_per_second = 0;
    }
    if (store && open_ll(c, store, settings, out.target_seconds, &cmaf) < 0)
        return -1;
    c->output = ch_output_create(&out);
    for (size_t i = 0; c->output && i < QUALITIES; i++) {
        settings[i].output = c->output;
        settings[i].cmaf = c->cmaf;
        c->renditions[i] = ch_rendition_create(&settings[i]);
        if (!c->renditions[i])
            return -1;
    }
    return c->output ? 0 : -1;
}

static int open_cue_log(ch_channel *c)
{
    const char *path = c->options->cue_log;
    if (!path)
        return 0;
    c->cue_log = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!c->cue_log)
        ch_error("%s: cannot be written", path);
    return c->cue_log ? 0 : -1;
}

ch_channel *ch_channel_create(const ch_options *options, ch_store *store, ch_cues *cues,
                              ch_counters *counters, int64_t wall_first_ns)
{
    ch_channel *c = calloc(1, sizeof(*c));
    if (!c) {
        ch_error("out of memory");
        return NULL;
    }
    c->options = options;
    c->cues = cues;
    c->counters = counters;
    c->wall_first_ns = wall_first_ns;
    c->segment_ticks = llround(options->segment_seconds * CH_TS_HZ);
    c->housekeeping_second = -1;
    c->packet = av_packet_alloc();
    c->source = open_source(c);
    if (!c->packet || !c->source || open_qualities(c, store) < 0 || open_cue_log(c) < 0)
        ch_channel_destroy(&c);
    return c;
}

void ch_channel_destroy(ch_channel **pointer)
{
    ch_channel *c = *pointer;
    *pointer = NULL;
    if (!c)
        return;
    for (size_t i = 0; i < QUALITIES; i++)
        ch_rendition_destroy(&c->renditions[i]);
    ch_audio_encoder_destroy(&c->audio);
    ch_output_destroy(&c->output);
    ch_cmaf_destroy(&c->cmaf);
    ch_ll_destroy(&c->ll);
    ch_source_destroy(&c->source);
    av_packet_free(&c->packet);
    ch_bytes_deinit(&c->tag);
    if (c->cue_log && c->cue_log != stdout)
        fclose(c->cue_log);
    free(c);
}

ch_ll *ch_channel_ll(const ch_channel *c)
{
    return c->ll;
}

int64_t ch_channel_ticks(const ch_channel *c)
{
    return c->ticks;
}

static int64_t wall_of(const ch_channel *c, int64_t ticks)
{
    return c->wall_first_ns + ticks / CH_TS_HZ * NS_PER_SECOND + ticks % CH_TS_HZ * NS_PER_SECOND / CH_TS_HZ;
}

/* The tag in c->tag into every quality. */
static int add_tag(ch_channel *c, int64_t ticks)
{
    int result = c->tag.failed ? AVERROR(ENOMEM) : 0;
    for (size_t i = 0; result >= 0 && i < QUALITIES; i++)
        result = ch_rendition_cue(c->renditions[i], c->tag.data, c->tag.size, c->options->pts_first + ticks);
    if (result >= 0 && c->cmaf)
        result = ch_cmaf_cue(c->cmaf, c->tag.data, c->tag.size, c->options->pts_first + ticks);
    c->tag.size = 0;
    return result < 0 ? ch_av_error(result, "cue") : 0;
}

/* The truth for accuracy tests: what stands where in the stream. */
static void log_cue(const ch_channel *c, const ch_cue *cue, int64_t ticks)
{
    json_t *line =
        json_pack("{s:I, s:I, s:I, s:f, s:f, s:s}", "n", (json_int_t)c->counters->cues, "pts",
                  (json_int_t)(c->options->pts_first + ticks), "frame", (json_int_t)c->frames, "time",
                  (double)ticks / CH_TS_HZ, "wall", (double)wall_of(c, ticks) / 1e9, "payload", cue->payload);
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(16)) : NULL;
    if (text) {
        fprintf(c->cue_log, "%s\n", text);
        fflush(c->cue_log);
    }
    free(text);
    json_decref(line);
}

static int add_housekeeping(ch_channel *c, int64_t ticks)
{
    char value[64];
    if (ticks / CH_TS_HZ == c->housekeeping_second)
        return 0;
    c->housekeeping_second = ticks / CH_TS_HZ;
    snprintf(value, sizeof(value), "{\"transc_r\":%" PRId64 "}", wall_of(c, ticks) / 1000000);
    ch_id3_write_txxx(&c->tag, HOUSEKEEPING_LABEL, value);
    return add_tag(c, ticks);
}

/* All that is due at the frame at `ticks`. */
static int add_cues(ch_channel *c, int64_t ticks)
{
    int result = c->options->segment_metadata ? add_housekeeping(c, ticks) : 0;
    ch_cue cue;
    while (result >= 0 && ch_cues_take(c->cues, ticks, c->frames, &cue)) {
        atomic_fetch_add(&c->counters->cues, 1);
        ch_id3_write_priv(&c->tag, CUE_OWNER, cue.payload, cue.size);
        result = add_tag(c, ticks);
        if (c->cue_log)
            log_cue(c, &cue, ticks);
    }
    return result;
}

/* Whether a segment begins at this frame, which is a key frame or can be made one. */
static bool begins_segment(ch_channel *c, int64_t ticks, bool is_seam)
{
    int64_t slack = c->source->info.frame_ticks / 2;
    if (c->frames > 0 && !is_seam && !ch_is_segment_full(c->cut, ticks, c->segment_ticks, slack))
        return false;
    c->cut = ticks;
    return true;
}

static void count_frame(ch_channel *c, int64_t ticks)
{
    c->frames++;
    c->ticks = ticks + c->source->info.frame_ticks;
    atomic_store(&c->counters->frames, c->frames);
    atomic_store(&c->counters->segments, ch_output_segments(c->output));
}

/* Copied video: the frames where the top quality was cut, so that the others are cut there too. */
static void push_cut(ch_channel *c, int64_t ticks)
{
    if (c->cuts_count < CUTS_MAX)
        c->cuts[(c->cuts_first + c->cuts_count++) % CUTS_MAX] = ticks;
}

static bool pop_cut(ch_channel *c, int64_t ticks)
{
    bool is_cut = false;
    while (c->cuts_count && c->cuts[c->cuts_first] <= ticks) {
        c->cuts_first = (c->cuts_first + 1) % CUTS_MAX;
        c->cuts_count--;
        is_cut = true;
    }
    return is_cut;
}

static int take_picture(ch_channel *c, const ch_item *item)
{
    int64_t pts = c->options->pts_first + item->pts;
    if (c->source->info.copied_video) {
        bool cut = pop_cut(c, item->pts);
        return ch_rendition_picture(c->renditions[1], item->frame, pts, cut);
    }
    int result = add_cues(c, item->pts);
    bool cut = begins_segment(c, item->pts, false);
    for (size_t i = 0; result >= 0 && i < QUALITIES; i++)
        result = ch_rendition_picture(c->renditions[i], item->frame, pts, cut);
    count_frame(c, item->pts);
    return result;
}

static int take_video_packet(ch_channel *c, const ch_item *item)
{
    int result = add_cues(c, item->pts);
    bool cut = item->key && begins_segment(c, item->pts, item->is_seam);
    if (cut)
        push_cut(c, item->pts);
    const ch_video_packet packet = {.data = item->packet->data,
                                    .size = (size_t)item->packet->size,
                                    .pts = c->options->pts_first + item->pts,
                                    .dts = c->options->pts_first + item->dts,
                                    .key = item->key,
                                    .cut = cut};
    if (item->pts > c->copied_pts_max)
        c->copied_pts_max = item->pts;
    if (result >= 0)
        result = ch_rendition_video(c->renditions[0], &packet);
    if (c->frames == 0)
        c->dts_first = item->dts;
    count_frame(c, item->dts - c->dts_first);
    return result;
}

static int take_audio(ch_channel *c, const uint8_t *data, int size, int64_t pts)
{
    int result = 0;
    for (size_t i = 0; result >= 0 && i < QUALITIES; i++)
        result = ch_rendition_audio(c->renditions[i], data, (size_t)size, pts);
    return result < 0 || !c->cmaf ? result : ch_cmaf_audio(c->cmaf, data, (size_t)size, pts);
}

static int take_sound(ch_channel *c, const ch_item *item)
{
    const float *const planes[CH_AUDIO_CHANNELS] = {(const float *)(const void *)item->frame->data[0],
                                                    (const float *)(const void *)item->frame->data[1]};
    int result = ch_audio_encoder_feed(c->audio, planes, item->frame->nb_samples, item->pts);
    while (result >= 0) {
        result = ch_audio_encoder_take(c->audio, c->packet);
        if (result == AVERROR(EAGAIN))
            return 0;
        if (result >= 0)
            result = take_audio(c, c->packet->data, c->packet->size, c->options->pts_first + c->packet->pts);
        av_packet_unref(c->packet);
    }
    return ch_av_error(result, "sound");
}

int ch_channel_step(ch_channel *c)
{
    ch_item item;
    int result = c->source->next(c->source, &item);
    if (result < 0)
        return ch_av_error(result, "source");
    switch (item.kind) {
    case CH_ITEM_PICTURE:
        return take_picture(c, &item);
    case CH_ITEM_SOUND:
        return take_sound(c, &item);
    case CH_ITEM_VIDEO_PACKET:
        return take_video_packet(c, &item);
    case CH_ITEM_AUDIO_PACKET:
        return take_audio(c, item.packet->data, item.packet->size, c->options->pts_first + item.pts);
    }
    return 0;
}

int64_t ch_channel_length(const ch_channel *c)
{
    return c->source->info.length_ticks;
}

/* Copied video: the decoder is some pictures behind the packets that went out; the other qualities get them.
 */
static int drain_pictures(ch_channel *c)
{
    for (int i = 0; i < DRAIN_ITEMS_MAX; i++) {
        ch_item item;
        int result = c->source->next(c->source, &item);
        if (result < 0 || (item.kind == CH_ITEM_PICTURE && item.pts > c->copied_pts_max))
            return 0;
        if (item.kind == CH_ITEM_PICTURE)
            result = take_picture(c, &item);
        if (result < 0)
            return result;
    }
    return 0;
}

int ch_channel_end(ch_channel *c)
{
    int result = c->source->info.copied_video ? drain_pictures(c) : 0;
    for (size_t i = 0; result >= 0 && i < QUALITIES; i++)
        result = ch_rendition_end(c->renditions[i]);
    return result < 0 ? result : ch_output_end(c->output);
}
