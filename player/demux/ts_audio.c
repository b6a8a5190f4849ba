/*
 * Frames of an audio stream; see demux/ts_stream.h. A frame's time is that of the last time stamp plus the
 * samples since, rounded once: adding durations up would drift.
 */
#include "demux/audio_frame.h"
#include "demux/latm.h"
#include "demux/opus_unit.h"
#include "demux/ts_stream.h"

#include <string.h>

#define TICKS_MASK ((INT64_C(1) << 33) - 1)

/* A frame whose bytes are all there, or why not. */
typedef enum frame_state {
    FRAME_WHOLE,
    FRAME_WAITS, /* more bytes are needed */
    FRAME_BAD,
} frame_state;

static az_span rest_of(const az_ts_stream *s, size_t pos)
{
    return pos < s->size ? az_span_make(s->data + pos, s->size - pos) : az_span_make(NULL, 0);
}

/* AAC comes as ADTS or LOAS frames, and stream types do not always say which: the first frame does. */
static bool is_undecided(const az_ts_stream *s)
{
    return !s->is_in_sync && s->track.sample_rate == 0 &&
           (s->track.stream_type == 0x0F || s->track.stream_type == 0x11);
}

static az_codec codec_at(const az_ts_stream *s, size_t pos)
{
    if (!is_undecided(s))
        return s->track.codec;
    return s->data[pos] == AZ_LOAS_SYNC ? AZ_CODEC_AAC_LATM : AZ_CODEC_AAC;
}

static aizu_result parse_header(const az_ts_stream *s, size_t pos, az_codec codec, az_audio_frame *frame)
{
    if (AZ_LIKELY(codec != AZ_CODEC_AAC_LATM && codec != AZ_CODEC_OPUS))
        return az_audio_frame_parse(codec, rest_of(s, pos), frame);
    if (codec == AZ_CODEC_AAC_LATM)
        return az_loas_frame_parse(rest_of(s, pos), &s->latm, frame);
    frame->channels = s->track.channels;
    return az_opus_unit_parse(rest_of(s, pos), frame);
}

/* Whether a PES packet begins between these offsets, and with a header: the frame's size is a lie. */
static bool has_start_inside(const az_ts_stream *s, size_t begin, size_t end)
{
    az_audio_frame next;
    for (size_t i = 0; i < s->mark_count; i++) {
        size_t at = s->marks[i].offset;
        if (at > begin && at < AZ_MIN(end, s->size) &&
            parse_header(s, at, s->track.codec, &next) != AIZU_E_MEDIA)
            return true;
    }
    return false;
}

/* Out of sync a header is believed when another follows its frame, or the bytes end with it. */
static frame_state verify(const az_ts_stream *s, az_codec codec, size_t end, bool is_end)
{
    az_audio_frame next;
    if (end > s->size)
        return is_end ? FRAME_BAD : FRAME_WAITS;
    if (end == s->size)
        return FRAME_WHOLE;
    aizu_result result = parse_header(s, end, codec, &next);
    return result == AIZU_E_MEDIA ? FRAME_BAD : FRAME_WHOLE;
}

/* E-AC-3: frames of further substreams belong to the access unit of the frame before them. */
static frame_state extend(const az_ts_stream *s, size_t pos, az_audio_frame *frame, bool is_end)
{
    az_audio_frame next;
    for (;;) {
        aizu_result result = az_audio_frame_parse(AZ_CODEC_EAC3, rest_of(s, pos + frame->size), &next);
        if (result == AIZU_AGAIN)
            return is_end ? FRAME_WHOLE : FRAME_WAITS;
        if (result != AIZU_OK || !next.is_dependent)
            return FRAME_WHOLE;
        if (pos + frame->size + next.size > s->size)
            return is_end ? FRAME_WHOLE : FRAME_WAITS;
        frame->size += next.size;
    }
}

static frame_state read_frame(const az_ts_stream *s, size_t pos, az_audio_frame *frame, bool is_end)
{
    az_codec codec = AZ_LIKELY(s->is_in_sync) ? s->track.codec : codec_at(s, pos);
    aizu_result result = parse_header(s, pos, codec, frame);
    if (result == AIZU_AGAIN)
        return is_end ? FRAME_BAD : FRAME_WAITS;
    if (result != AIZU_OK)
        return FRAME_BAD;
    if (codec == AZ_CODEC_OPUS && has_start_inside(s, pos, pos + frame->size))
        return FRAME_BAD;
    if (!s->is_in_sync) {
        frame_state state = verify(s, codec, pos + frame->size, is_end);
        if (state != FRAME_WHOLE)
            return state;
    }
    if (pos + frame->size > s->size)
        return is_end ? FRAME_BAD : FRAME_WAITS;
    return s->track.codec == AZ_CODEC_EAC3 ? extend(s, pos, frame, is_end) : FRAME_WHOLE;
}

static void update_track(az_ts_stream *s, const az_audio_frame *frame)
{
    az_track *t = &s->track;
    if (t->sample_rate == frame->sample_rate && t->channels == frame->channels && t->codec == frame->codec &&
        strcmp(t->codec_string, frame->codec_string) == 0)
        return;
    t->codec = frame->codec;
    t->sample_rate = frame->sample_rate;
    t->channels = frame->channels;
    memset(t->codec_string, 0, sizeof(t->codec_string));
    memcpy(t->codec_string, frame->codec_string, strlen(frame->codec_string));
    az_ts_stream_announce(s);
}

/* A time stamp that stands at `pos` or before it counts from here on. */
static void take_marks(az_ts_stream *s, size_t pos)
{
    for (; s->mark_count > 0 && s->marks[0].offset <= pos; s->mark_count--) {
        if (s->marks[0].pts != AZ_NO_TICKS) {
            s->base_pts = s->marks[0].pts;
            s->base_samples = s->latm_frames = 0;
        }
        memmove(s->marks, s->marks + 1, sizeof(s->marks[0]) * (AZ_TS_MARKS - 1));
    }
}

static int64_t ticks_since_base(const az_ts_stream *s, int64_t samples)
{
    return az_rescale(samples, s->track.timescale, s->base_rate);
}

/* The time of the frame at `pos`, which is the next one. */
static void set_time(az_ts_stream *s, size_t pos, const az_audio_frame *frame, az_sample *sample)
{
    if (s->base_rate != frame->sample_rate) {
        if (s->base_pts != AZ_NO_TICKS && s->base_rate > 0)
            s->base_pts = (s->base_pts + ticks_since_base(s, s->base_samples)) & TICKS_MASK;
        s->base_samples = 0;
        s->base_rate = frame->sample_rate;
    }
    take_marks(s, pos);
    if (AZ_UNLIKELY(s->latm_frames > 0)) {
        s->base_samples += s->latm_frames * frame->samples;
        s->latm_frames = 0;
    }
    int64_t begin = ticks_since_base(s, s->base_samples);
    s->base_samples += frame->samples;
    sample->duration = ticks_since_base(s, s->base_samples) - begin;
    sample->pts = s->base_pts == AZ_NO_TICKS ? AZ_NO_TICKS : (s->base_pts + begin) & TICKS_MASK;
    sample->dts = sample->pts;
    if (s->discontinuity_begin <= pos) {
        sample->flags |= AZ_SAMPLE_DISCONTINUITY;
        s->discontinuity_begin = AZ_OFFSET_NONE;
    }
}

/* Where the next header may begin, after `pos` proved to be none. */
static size_t next_candidate(const az_ts_stream *s, size_t pos)
{
    int first = 0xFF;
    if (is_undecided(s)) {
        do
            pos++;
        while (pos < s->size && s->data[pos] != first && s->data[pos] != AZ_LOAS_SYNC);
        return pos;
    }
    if (s->track.codec == AZ_CODEC_AC3 || s->track.codec == AZ_CODEC_EAC3)
        first = 0x0B;
    else if (s->track.codec == AZ_CODEC_OPUS)
        first = AZ_OPUS_PREFIX;
    else if (s->track.codec == AZ_CODEC_AAC_LATM)
        first = AZ_LOAS_SYNC;
    const uint8_t *found = pos + 1 < s->size ? memchr(s->data + pos + 1, first, s->size - pos - 1) : NULL;
    return found ? (size_t)(found - s->data) : s->size;
}

/* Whether the frame can be given out: no decoder could begin before the first StreamMuxConfig. */
static bool take_latm(az_ts_stream *s, size_t pos, const az_audio_frame *frame)
{
    s->latm = *frame;
    if (frame->sample_rate > 0)
        return true;
    s->track.codec = AZ_CODEC_AAC_LATM;
    take_marks(s, pos);
    s->latm_frames++;
    return false;
}

void az_ts_audio_parse(az_ts_stream *s, bool is_end)
{
    az_ts_held held = {.is_set = false};
    size_t pos = 0;
    while (pos < s->size) {
        az_audio_frame frame;
        frame_state state = read_frame(s, pos, &frame, is_end);
        if (state == FRAME_WAITS)
            break;
        if (state == FRAME_BAD) {
            if (s->is_in_sync)
                az_ts_trouble(s->out, AZ_DEMUX_BAD_FRAME);
            s->is_in_sync = false;
            pos = next_candidate(s, pos);
            continue;
        }
        s->is_in_sync = true;
        size_t begin = pos;
        pos += frame.size;
        if (frame.codec == AZ_CODEC_AAC_LATM && !take_latm(s, begin, &frame))
            continue;
        if (held.is_set && s->out->sink.sample)
            s->out->sink.sample(s->out->sink.user, &held.sample);
        update_track(s, &frame);
        az_sample sample = {.track = s->track.id, .media = AZ_MEDIA_AUDIO, .codec = s->track.codec};
        sample.crypt = s->crypt;
        sample.flags = AZ_SAMPLE_KEY;
        set_time(s, begin, &frame, &sample);
        az_ts_held_set(s, &held, &sample, begin + frame.skip, pos);
    }
    az_ts_held_release(s, &held, pos);
}
