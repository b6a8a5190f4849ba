/*
 * Media files and segments of each container for `aizu probe`: every track, sample and cue with exact ticks.
 * It uses the demuxers and parsers of the core: a player has no reason to show ticks.
 */
#include <stdio.h>
#include <string.h>

#include "cue/cue.h"
#include "cue/emsg.h"
#include "cue/id3.h"
#include "demux/demuxer.h"
#include "probe.h"
#include "text.h"

#define TRACKS_MAX 64 /* whose samples are counted */

typedef struct dump {
    az_demuxer *demuxer;
    json_t *tracks, *samples, *cues, *times, *troubles;
    bool with_samples;
    uint64_t sample_count[TRACKS_MAX];
    uint64_t encrypted_count[TRACKS_MAX];
    uint32_t ids[TRACKS_MAX];
    size_t id_count;
} dump;

static json_t *string(az_span bytes)
{
    json_t *text = json_stringn((const char *)(bytes.size ? bytes.data : (const uint8_t *)""), bytes.size);
    return text ? text : json_string("(not UTF-8)");
}

/* What a transport stream calls a PID is a number of a track elsewhere. */
static const char *id_name(const dump *d)
{
    return az_demuxer_container(d->demuxer) == AZ_CONTAINER_TS ? "pid" : "track";
}

static json_t *ticks(int64_t value)
{
    return value == AZ_NO_TICKS ? json_null() : json_integer(value);
}

static const char *media_name(az_media media)
{
    switch (media) {
    case AZ_MEDIA_VIDEO:
        return "video";
    case AZ_MEDIA_AUDIO:
        return "audio";
    case AZ_MEDIA_METADATA:
        return "metadata";
    case AZ_MEDIA_TEXT:
        return "text";
    case AZ_MEDIA_OTHER:
        return "other";
    }
    return "unknown";
}

static void fill_track(const dump *d, json_t *out, const az_track *track)
{
    json_object_set_new(out, id_name(d), json_integer(track->id));
    json_object_set_new(out, "media", json_string(media_name(track->media)));
    json_object_set_new(out, "codec", json_string(az_codec_name(track->codec)));
    if (track->stream_type > 0)
        json_object_set_new(out, "stream_type", json_integer(track->stream_type));
    json_object_set_new(out, "timescale", json_integer(track->timescale));
    if (track->edit_offset != 0)
        json_object_set_new(out, "edit_offset", json_integer(track->edit_offset));
    json_object_set_new(out, "codecs", json_string(track->codec_string));
    json_object_set_new(out, "language", json_string(track->language));
    if (track->media == AZ_MEDIA_VIDEO) {
        json_object_set_new(out, "width", json_integer(track->width));
        json_object_set_new(out, "height", json_integer(track->height));
    }
    if (track->media == AZ_MEDIA_AUDIO) {
        json_object_set_new(out, "sample_rate", json_integer(track->sample_rate));
        json_object_set_new(out, "channels", json_integer(track->channels));
    }
    json_object_set_new(out, "encrypted", json_boolean(track->is_encrypted));
}

/* A track that is announced anew replaces what was known of it. */
static void on_track(void *user, const az_track *track)
{
    dump *d = user;
    size_t index;
    json_t *known;
    json_array_foreach(d->tracks, index, known)
    {
        if (json_integer_value(json_object_get(known, id_name(d))) == track->id) {
            fill_track(d, known, track);
            return;
        }
    }
    json_t *added = json_object();
    fill_track(d, added, track);
    json_array_append_new(d->tracks, added);
}

static void count_sample(dump *d, uint32_t track, bool is_encrypted)
{
    size_t i = 0;
    while (i < d->id_count && d->ids[i] != track)
        i++;
    if (i == d->id_count && d->id_count < TRACKS_MAX)
        d->ids[d->id_count++] = track;
    if (i == TRACKS_MAX)
        return;
    d->sample_count[i]++;
    d->encrypted_count[i] += is_encrypted;
}

static const char *scheme_name(az_crypt_scheme scheme)
{
    switch (scheme) {
    case AZ_CRYPT_CBCS:
        return "cbcs";
    case AZ_CRYPT_CENC:
        return "cenc";
    case AZ_CRYPT_CBC1:
        return "cbc1";
    case AZ_CRYPT_CENS:
        return "cens";
    case AZ_CRYPT_SAMPLE_AES:
        return "SAMPLE-AES";
    }
    return "unknown";
}

static void on_sample(void *user, const az_sample *sample)
{
    dump *d = user;
    count_sample(d, sample->track, sample->crypt != NULL);
    if (!d->with_samples)
        return;
    json_t *row = json_object();
    json_object_set_new(row, id_name(d), json_integer(sample->track));
    json_object_set_new(row, "media", json_string(media_name(sample->media)));
    json_object_set_new(row, "pts", ticks(sample->pts));
    json_object_set_new(row, "dts", ticks(sample->dts));
    json_object_set_new(row, "duration", json_integer(sample->duration));
    json_object_set_new(row, "size", json_integer((json_int_t)sample->data.size));
    json_object_set_new(row, "key", json_boolean(sample->flags & AZ_SAMPLE_KEY));
    json_object_set_new(row, "discontinuity", json_boolean(sample->flags & AZ_SAMPLE_DISCONTINUITY));
    json_object_set_new(row, "corrupt", json_boolean(sample->flags & AZ_SAMPLE_CORRUPT));
    if (sample->crypt)
        json_object_set_new(row, "encrypted", json_string(scheme_name(sample->crypt->scheme)));
    json_array_append_new(d->samples, row);
}

/* What all cues have. `d` NULL: out of a file of tags, where there are neither tracks nor ticks. */
static json_t *add_cue(const dump *d, json_t *out, uint32_t track, int64_t pts, const char *kind)
{
    json_t *row = json_object();
    if (d) {
        json_object_set_new(row, id_name(d), json_integer(track));
        json_object_set_new(row, "pts", ticks(pts));
    }
    json_object_set_new(row, "kind", json_string(kind));
    json_array_append_new(out, row);
    return row;
}

static void add_payload(json_t *row, az_span bytes)
{
    json_object_set_new(row, "size", json_integer((json_int_t)bytes.size));
    text_add_payload(row, bytes.data, bytes.size);
}

static bool add_frames(const dump *d, json_t *out, az_span bytes, uint32_t track, int64_t pts)
{
    az_id3_list *list = NULL;
    if (az_id3_parse(&list, bytes) != AIZU_OK)
        return false;
    for (size_t i = 0; i < az_id3_count(list); i++) {
        az_cue_info info;
        az_cue_info_from_id3(&info, az_id3_at(list, i));
        json_t *row = add_cue(d, out, track, pts, "id3");
        json_object_set_new(row, "name", string(info.name));
        json_object_set_new(row, "key", string(info.key));
        json_object_set_new(row, "housekeeping", json_boolean(az_cue_is_housekeeping(&info)));
        add_payload(row, info.data);
    }
    az_id3_list_destroy(&list);
    return true;
}

/* Version 0 counts from the earliest sample of its fragment, which `pts` is. */
static void add_emsg(dump *d, const az_metadata *metadata, const az_emsg *emsg)
{
    bool is_relative = emsg->version == 0 && metadata->pts != AZ_NO_TICKS;
    json_t *row = add_cue(d, d->cues, metadata->track, metadata->pts, "emsg");
    json_object_set_new(row, "name", string(emsg->value));
    json_object_set_new(row, "key", string(emsg->scheme));
    json_object_set_new(row, "version", json_integer(emsg->version));
    json_object_set_new(row, "timescale", json_integer(emsg->timescale));
    json_object_set_new(row, "duration", json_integer(emsg->duration));
    json_object_set_new(row, "id", json_integer(emsg->id));
    if (is_relative)
        json_object_set_new(row, "delta", json_integer(emsg->presentation_time_delta));
    add_payload(row, emsg->data);
    if (az_emsg_is_id3(emsg))
        (void)add_frames(d, d->cues, emsg->data, metadata->track, metadata->pts); /* beside the message */
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    dump *d = user;
    az_span bytes = az_slice_span(metadata->data);
    az_emsg emsg;
    if (metadata->codec == AZ_CODEC_EMSG && az_emsg_parse(&emsg, bytes) == AIZU_OK) {
        add_emsg(d, metadata, &emsg);
        return;
    }
    count_sample(d, metadata->track, false);
    if (metadata->codec == AZ_CODEC_ID3 && add_frames(d, d->cues, bytes, metadata->track, metadata->pts))
        return;
    add_payload(add_cue(d, d->cues, metadata->track, metadata->pts, az_codec_name(metadata->codec)), bytes);
}

static void on_text(void *user, const az_text_sample *text)
{
    dump *d = user;
    count_sample(d, text->track, false);
    json_t *row = add_cue(d, d->cues, text->track, text->begin, az_codec_name(text->codec));
    json_object_set_new(row, "end", ticks(text->end));
    json_object_set_new(row, "timescale", json_integer(text->timescale));
    json_object_set_new(row, "id", string(text->id));
    json_object_set_new(row, "settings", string(text->settings));
    add_payload(row, az_slice_span(text->data));
}

static void on_producer_time(void *user, const az_producer_time *time)
{
    dump *d = user;
    json_t *row = json_object();
    json_object_set_new(row, id_name(d), json_integer(time->track));
    json_object_set_new(row, "pts", ticks(time->ticks));
    json_object_set_new(row, "wall", json_real((double)time->wall / 1e9));
    json_array_append_new(d->times, row);
}

static void on_trouble(void *user, az_demux_trouble trouble, uint64_t byte_offset)
{
    dump *d = user;
    json_t *row = json_object();
    json_object_set_new(row, "trouble", json_string(az_demux_trouble_name(trouble)));
    json_object_set_new(row, "byte_offset", json_integer((json_int_t)byte_offset));
    json_array_append_new(d->troubles, row);
}

static void add_counts(dump *d)
{
    size_t index;
    json_t *track;
    json_array_foreach(d->tracks, index, track)
    {
        json_int_t id = json_integer_value(json_object_get(track, id_name(d)));
        size_t i = 0;
        while (i < d->id_count && d->ids[i] != id)
            i++;
        json_int_t count = i < d->id_count ? (json_int_t)d->sample_count[i] : 0;
        json_int_t encrypted = i < d->id_count ? (json_int_t)d->encrypted_count[i] : 0;
        json_object_set_new(track, "samples", json_integer(count));
        if (encrypted > 0)
            json_object_set_new(track, "encrypted_samples", json_integer(encrypted));
    }
}

/* One resource: an initialisation section, or a segment. */
static aizu_result feed(az_demuxer *demuxer, az_span bytes)
{
    az_slice slice;
    if (bytes.size == 0)
        return AIZU_OK;
    if (!az_slice_copy(&slice, bytes))
        return AIZU_E_MEMORY;
    aizu_result result = az_demuxer_feed(demuxer, slice);
    aizu_result finished = az_demuxer_finish(demuxer);
    az_slice_unref(&slice);
    return result != AIZU_OK ? result : finished;
}

static void give(const dump *d, json_t *out)
{
    json_object_set_new(out, "container", json_string(az_container_name(az_demuxer_container(d->demuxer))));
    json_object_set(out, "tracks", d->tracks);
    if (d->with_samples)
        json_object_set(out, "samples", d->samples);
    json_object_set(out, "cues", d->cues);
    if (json_array_size(d->times) > 0)
        json_object_set(out, "producer_times", d->times);
    json_object_set(out, "diagnostics", d->troubles);
}

bool probe_media(json_t *out, az_span init, az_span bytes, bool with_samples)
{
    dump d = {.with_samples = with_samples};
    const az_demux_sink sink = {.user = &d,
                                .track = on_track,
                                .sample = on_sample,
                                .metadata = on_metadata,
                                .text = on_text,
                                .producer_time = on_producer_time,
                                .trouble = on_trouble};
    json_t **const lists[] = {&d.tracks, &d.samples, &d.cues, &d.times, &d.troubles};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        *lists[i] = json_array();
    d.demuxer = az_demuxer_create(&sink);
    aizu_result result = d.demuxer ? feed(d.demuxer, init) : AIZU_E_MEMORY;
    if (result == AIZU_OK)
        result = feed(d.demuxer, bytes);
    /* text needs no track; a tag alone is no audio */
    bool is_media = result == AIZU_OK && (json_array_size(d.tracks) > 0 || json_array_size(d.cues) > 0);
    bool is_tag = is_media && az_demuxer_container(d.demuxer) == AZ_CONTAINER_PACKED_AUDIO &&
                  json_array_size(d.tracks) == 0;
    is_media = is_media && !is_tag;
    if (is_media) {
        add_counts(&d);
        give(&d, out);
    }
    if (d.demuxer)
        az_demuxer_destroy(&d.demuxer);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        json_decref(*lists[i]);
    return is_media;
}

bool probe_id3(json_t *out, az_span bytes)
{
    json_t *frames = json_array();
    bool is_id3 = add_frames(NULL, frames, bytes, 0, AZ_NO_TICKS);
    if (is_id3)
        json_object_set(out, "cues", frames);
    json_decref(frames);
    return is_id3;
}
