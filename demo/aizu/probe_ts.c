/*
 * Transport streams and ID3 tags for `aizu probe`: every track, sample and cue with exact ticks. It uses the
 * demuxer and the tag parser of the core: a player has no reason to show ticks.
 */
#include <string.h>

#include "cue/cue.h"
#include "cue/id3.h"
#include "demux/ts.h"
#include "probe.h"
#include "text.h"

typedef struct dump {
    json_t *tracks, *samples, *cues, *troubles;
    bool with_samples;
    uint64_t sample_count[AZ_TS_TRACKS_MAX];
    uint32_t ids[AZ_TS_TRACKS_MAX];
    size_t id_count;
} dump;

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

static void fill_track(json_t *out, const az_track *track)
{
    json_object_set_new(out, "pid", json_integer(track->id));
    json_object_set_new(out, "media", json_string(media_name(track->media)));
    json_object_set_new(out, "codec", json_string(az_codec_name(track->codec)));
    json_object_set_new(out, "stream_type", json_integer(track->stream_type));
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
        if (json_integer_value(json_object_get(known, "pid")) == track->id) {
            fill_track(known, track);
            return;
        }
    }
    json_t *added = json_object();
    fill_track(added, track);
    json_array_append_new(d->tracks, added);
}

static void count_sample(dump *d, uint32_t track)
{
    size_t i = 0;
    while (i < d->id_count && d->ids[i] != track)
        i++;
    if (i == d->id_count && d->id_count < AZ_TS_TRACKS_MAX)
        d->ids[d->id_count++] = track;
    if (i < AZ_TS_TRACKS_MAX)
        d->sample_count[i]++;
}

static void on_sample(void *user, const az_sample *sample)
{
    dump *d = user;
    count_sample(d, sample->track);
    if (!d->with_samples)
        return;
    json_t *row = json_object();
    json_object_set_new(row, "pid", json_integer(sample->track));
    json_object_set_new(row, "media", json_string(media_name(sample->media)));
    json_object_set_new(row, "pts", ticks(sample->pts));
    json_object_set_new(row, "dts", ticks(sample->dts));
    json_object_set_new(row, "duration", json_integer(sample->duration));
    json_object_set_new(row, "size", json_integer((json_int_t)sample->data.size));
    json_object_set_new(row, "key", json_boolean(sample->flags & AZ_SAMPLE_KEY));
    json_object_set_new(row, "discontinuity", json_boolean(sample->flags & AZ_SAMPLE_DISCONTINUITY));
    json_object_set_new(row, "corrupt", json_boolean(sample->flags & AZ_SAMPLE_CORRUPT));
    json_array_append_new(d->samples, row);
}

static bool add_frames(json_t *out, az_span bytes, uint32_t pid, int64_t pts)
{
    az_id3_list *list = NULL;
    if (az_id3_parse(&list, bytes) != AIZU_OK)
        return false;
    for (size_t i = 0; i < az_id3_count(list); i++) {
        az_cue_info info;
        az_cue_info_from_id3(&info, az_id3_at(list, i));
        json_t *row = json_object();
        if (pid) {
            json_object_set_new(row, "pid", json_integer(pid));
            json_object_set_new(row, "pts", ticks(pts));
        }
        json_object_set_new(row, "kind", json_string("id3"));
        json_object_set_new(row, "name", json_stringn((const char *)info.name.data, info.name.size));
        json_object_set_new(row, "key", json_stringn((const char *)info.key.data, info.key.size));
        json_object_set_new(row, "housekeeping", json_boolean(az_cue_is_housekeeping(&info)));
        json_object_set_new(row, "size", json_integer((json_int_t)info.data.size));
        text_add_payload(row, info.data.data, info.data.size);
        json_array_append_new(out, row);
    }
    az_id3_list_destroy(&list);
    return true;
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    dump *d = user;
    az_span bytes = az_slice_span(metadata->data);
    count_sample(d, metadata->track);
    if (metadata->codec == AZ_CODEC_ID3 && add_frames(d->cues, bytes, metadata->track, metadata->pts))
        return;
    json_t *row = json_object();
    json_object_set_new(row, "pid", json_integer(metadata->track));
    json_object_set_new(row, "pts", ticks(metadata->pts));
    json_object_set_new(row, "kind", json_string(az_codec_name(metadata->codec)));
    json_object_set_new(row, "size", json_integer((json_int_t)bytes.size));
    text_add_payload(row, bytes.data, bytes.size);
    json_array_append_new(d->cues, row);
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
        json_int_t pid = json_integer_value(json_object_get(track, "pid"));
        json_int_t count = 0;
        for (size_t i = 0; i < d->id_count; i++)
            count = d->ids[i] == pid ? (json_int_t)d->sample_count[i] : count;
        json_object_set_new(track, "samples", json_integer(count));
    }
}

bool probe_ts(json_t *out, az_span bytes, bool with_samples)
{
    dump d = {.with_samples = with_samples};
    d.tracks = json_array();
    d.samples = json_array();
    d.cues = json_array();
    d.troubles = json_array();
    const az_demux_sink sink = {
        .user = &d, .track = on_track, .sample = on_sample, .metadata = on_metadata, .trouble = on_trouble};
    az_ts *ts = az_ts_create(&sink);
    aizu_result result = ts ? az_ts_feed(ts, bytes) : AIZU_E_MEMORY;
    if (result == AIZU_OK)
        result = az_ts_finish(ts);
    az_ts_destroy(&ts);
    add_counts(&d);
    bool is_ts = result == AIZU_OK && json_array_size(d.tracks) > 0;
    if (is_ts) {
        json_object_set(out, "tracks", d.tracks);
        if (with_samples)
            json_object_set(out, "samples", d.samples);
        json_object_set(out, "cues", d.cues);
        json_object_set(out, "diagnostics", d.troubles);
    }
    json_decref(d.tracks);
    json_decref(d.samples);
    json_decref(d.cues);
    json_decref(d.troubles);
    return is_ts;
}

bool probe_id3(json_t *out, az_span bytes)
{
    json_t *frames = json_array();
    bool is_id3 = add_frames(frames, bytes, 0, AZ_NO_TICKS);
    if (is_id3)
        json_object_set(out, "cues", frames);
    json_decref(frames);
    return is_id3;
}
