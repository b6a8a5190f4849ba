/*
 * Access units of a video stream with their time stamps and flags; see demux/ts_stream.h.
 */
#include "demux/ts_stream.h"

#include <string.h>

/* So many bytes without a start code are no video. */
#define GARBAGE_SIZE_MAX ((size_t)64 << 10)

/* The access unit that begins at `begin`: which time stamps are its own? */
static void open_access_unit(az_ts_stream *s, size_t begin)
{
    if (begin == s->open_begin || begin == AZ_AU_NONE)
        return;
    s->open_begin = begin;
    s->open_flags = 0;
    s->open_pts = s->open_dts = AZ_NO_TICKS;
    /* a zero_byte that stands alone at the end of a PES packet: the start code after it counts */
    size_t last = begin + 1;
    az_ts_mark *mark = NULL;
    for (size_t i = 0; i < s->mark_count && s->marks[i].offset <= last; i++)
        mark = &s->marks[i];
    if (mark && !mark->is_used) {
        mark->is_used = true;
        s->open_pts = mark->pts;
        s->open_dts = mark->dts;
    }
    if (s->discontinuity_begin <= last) {
        s->open_flags |= AZ_SAMPLE_DISCONTINUITY;
        s->discontinuity_begin = AZ_OFFSET_NONE;
    }
}

static void update_track(az_ts_stream *s)
{
    if (s->splitter.is_format_bad) {
        s->splitter.is_format_bad = false;
        az_ts_trouble(s->out, AZ_DEMUX_BAD_FRAME);
    }
    if (!s->splitter.is_format_new)
        return;
    s->splitter.is_format_new = false;
    const az_video_format *f = &s->splitter.format;
    az_track *t = &s->track;
    t->width = f->width;
    t->height = f->height;
    t->sar_num = f->sar_num;
    t->sar_den = f->sar_den;
    t->frame_rate_num = f->frame_rate_num;
    t->frame_rate_den = f->frame_rate_den;
    memset(t->codec_string, 0, sizeof(t->codec_string));
    memcpy(t->codec_string, f->codec_string, strlen(f->codec_string));
    az_ts_stream_announce(s);
}

static az_sample make_sample(az_ts_stream *s, const az_au *au)
{
    az_sample sample = {.track = s->track.id, .media = AZ_MEDIA_VIDEO, .codec = s->track.codec};
    sample.crypt = s->crypt;
    sample.flags = s->open_flags | (au->is_key ? AZ_SAMPLE_KEY : 0u);
    sample.pts = s->open_pts;
    sample.dts = s->open_dts;
    if (s->track.frame_rate_num > 0)
        sample.duration = az_rescale(s->track.timescale, s->track.frame_rate_den, s->track.frame_rate_num);
    if (s->gap_begin <= au->end) {
        sample.flags |= AZ_SAMPLE_CORRUPT;
        bool is_over = s->gap_end <= au->end;
        s->gap_begin = is_over ? AZ_OFFSET_NONE : au->end;
        s->gap_end = is_over ? AZ_OFFSET_NONE : s->gap_end;
    }
    return sample;
}

void az_ts_video_parse(az_ts_stream *s, bool is_end)
{
    az_ts_held held = {.is_set = false};
    az_span bytes = az_span_make(s->data, s->size);
    az_au au;
    size_t taken = 0;
    for (bool is_flushed = false; !is_flushed;) {
        bool has_unit = az_au_splitter_next(&s->splitter, bytes, is_end, &au);
        if (!has_unit) {
            open_access_unit(s, s->splitter.begin);
            if (!is_end)
                break;
            is_flushed = true;
            if (!az_au_splitter_flush(&s->splitter, bytes, &au))
                break;
        }
        if (held.is_set && s->out->sink.sample)
            s->out->sink.sample(s->out->sink.user, &held.sample);
        open_access_unit(s, au.begin); /* when its start and end came at once */
        update_track(s);
        az_sample sample = make_sample(s, &au);
        az_ts_held_set(s, &held, &sample, au.begin, au.end);
        taken = au.end;
        open_access_unit(s, s->splitter.begin);
    }
    if (!held.is_set && s->splitter.begin == AZ_AU_NONE && s->size > GARBAGE_SIZE_MAX)
        taken = s->size - 3;
    az_ts_held_release(s, &held, taken);
    az_au_splitter_move(&s->splitter, taken);
}
