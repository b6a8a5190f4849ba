/*
 * Playlists for `aizu probe`: variants and renditions, or segments and date ranges, with the parser's
 * diagnostics. Behind a URL the first variant and some segments are fetched as well.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "playlist/playlist.h"
#include "probe.h"

#define URL_SIZE 8192

static json_t *text(az_span span)
{
    json_t *string = json_stringn((const char *)(span.size ? span.data : (const uint8_t *)""), span.size);
    return string ? string : json_string("(not UTF-8)");
}

static json_t *seconds(int64_t time)
{
    return time == AIZU_NO_TIME ? json_null() : json_real(round((double)time / 1e3) / 1e6);
}

static void add_variants(json_t *out, const char *name, const az_variant *variants, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const az_variant *v = &variants[i];
        json_t *row = json_object();
        json_object_set_new(row, "index", json_integer((json_int_t)i));
        json_object_set_new(row, "bandwidth", json_integer((json_int_t)v->bandwidth));
        json_object_set_new(row, "average", json_integer((json_int_t)v->average_bandwidth));
        json_object_set_new(row, "width", json_integer(v->width));
        json_object_set_new(row, "height", json_integer(v->height));
        json_object_set_new(row, "frame_rate", json_real(v->frame_rate));
        json_object_set_new(row, "codecs", text(v->codecs));
        json_object_set_new(row, "name", text(v->name));
        json_object_set_new(row, "audio", text(v->audio));
        json_object_set_new(row, "subtitles", text(v->subtitles));
        json_object_set_new(row, "uri", text(v->uri));
        json_array_append_new(list, row);
    }
    json_object_set_new(out, name, list);
}

static void add_renditions(json_t *out, const az_multivariant *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->rendition_count; i++) {
        const az_rendition *r = &m->renditions[i];
        json_t *row = json_object();
        json_object_set_new(row, "type", text(r->type));
        json_object_set_new(row, "group", text(r->group_id));
        json_object_set_new(row, "name", text(r->name));
        json_object_set_new(row, "language", text(r->language));
        json_object_set_new(row, "default", json_boolean(r->is_default));
        json_object_set_new(row, "uri", text(r->uri));
        json_array_append_new(list, row);
    }
    json_object_set_new(out, "renditions", list);
}

static void add_segments(json_t *out, const az_media_playlist *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->segment_count; i++) {
        const az_segment *s = &m->segments[i];
        json_t *row = json_object();
        uint64_t sequence = m->media_sequence + m->skipped_segments + i;
        json_object_set_new(row, "sequence", json_integer((json_int_t)sequence));
        json_object_set_new(row, "duration", seconds(s->duration));
        json_object_set_new(row, "pdt", seconds(s->wall));
        json_object_set_new(row, "discontinuity", json_boolean(s->flags & AZ_SEGMENT_DISCONTINUITY));
        json_object_set_new(row, "gap", json_boolean(s->flags & AZ_SEGMENT_GAP));
        if (s->range_size > 0) {
            json_object_set_new(row, "range_offset", json_integer((json_int_t)s->range_offset));
            json_object_set_new(row, "range_size", json_integer((json_int_t)s->range_size));
        }
        json_object_set_new(row, "uri", text(s->uri));
        json_array_append_new(list, row);
    }
    json_object_set_new(out, "segments", list);
}

static void add_date_ranges(json_t *out, const az_media_playlist *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->date_range_count; i++) {
        const az_date_range *r = &m->date_ranges[i];
        json_t *row = json_object();
        json_object_set_new(row, "id", text(r->id));
        json_object_set_new(row, "class", text(r->class_name));
        json_object_set_new(row, "start", seconds(r->start));
        json_object_set_new(row, "duration", seconds(r->duration));
        json_array_append_new(list, row);
    }
    json_object_set_new(out, "date_ranges", list);
}

static void add_media(json_t *out, const az_media_playlist *m)
{
    static const char *const types[] = {"live", "event", "vod"};
    int64_t total = 0;
    for (size_t i = 0; i < m->segment_count; i++)
        total += m->segments[i].duration;
    json_object_set_new(out, "type", json_string(types[m->type]));
    json_object_set_new(out, "ended", json_boolean(m->has_endlist));
    json_object_set_new(out, "target_duration", seconds(m->target_duration));
    json_object_set_new(out, "media_sequence", json_integer((json_int_t)m->media_sequence));
    json_object_set_new(out, "duration", seconds(total));
    add_segments(out, m);
    add_date_ranges(out, m);
}

static void add_diagnostics(json_t *out, const az_playlist *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->diagnostic_count; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "line", json_integer(p->diagnostics[i].line));
        json_object_set_new(row, "text", json_string(p->diagnostics[i].text));
        json_array_append_new(list, row);
    }
    json_object_set_new(out, "diagnostics", list);
}

/* What the first segments hold; the first one that can be read names the tracks. */
static void follow_segments(const probe_options *o, json_t *out, const az_media_playlist *m, const char *url)
{
    for (size_t i = 0; i < m->segment_count && i < o->segments_max; i++) {
        const az_segment *s = &m->segments[i];
        char target[URL_SIZE], name[32];
        probe_bytes bytes = {0};
        if (az_url_resolve(target, sizeof(target), az_span_str(url), s->uri) != AIZU_OK)
            continue;
        json_t *segment = json_object();
        snprintf(name, sizeof(name), "segment %llu", (unsigned long long)(m->media_sequence + i));
        if (probe_fetch(o, target, s->range_offset, s->range_size, &bytes)) {
            json_object_set_new(segment, "size", json_integer((json_int_t)bytes.size));
            if (!probe_ts(segment, az_span_make(bytes.data, bytes.size), false))
                json_object_set_new(segment, "format", json_string("not a transport stream"));
        }
        json_object_set_new(out, name, segment);
        free(bytes.data);
        free(bytes.url);
    }
}

static void follow_variant(const probe_options *o, json_t *out, const az_multivariant *m, const char *url)
{
    char target[URL_SIZE];
    probe_bytes bytes = {0};
    if (m->variant_count == 0 ||
        az_url_resolve(target, sizeof(target), az_span_str(url), m->variants[0].uri) != AIZU_OK)
        return;
    if (probe_fetch(o, target, 0, 0, &bytes)) {
        json_t *variant = json_object();
        /* one level only: a multivariant playlist in there is described and not followed */
        az_span found = az_span_make(bytes.data, bytes.size);
        az_playlist *document = NULL;
        if (az_playlist_parse(&document, found, NULL) == AIZU_OK && document->kind == AZ_PLAYLIST_MEDIA) {
            add_media(variant, &document->u.media);
            add_diagnostics(variant, document);
            follow_segments(o, variant, &document->u.media, bytes.url);
        }
        az_playlist_destroy(&document);
        json_object_set_new(out, "variant 0", variant);
    }
    free(bytes.data);
    free(bytes.url);
}

bool probe_playlist(const probe_options *o, json_t *out, az_span bytes, const char *url)
{
    az_playlist *document = NULL;
    az_playlist_error error;
    aizu_result result = az_playlist_parse(&document, bytes, &error);
    if (result != AIZU_OK) {
        fprintf(stderr, "aizu: line %u: %s\n", error.line, error.text);
        return false;
    }
    bool is_media = document->kind == AZ_PLAYLIST_MEDIA;
    json_object_set_new(out, "playlist", json_string(is_media ? "media" : "multivariant"));
    json_object_set_new(out, "version", json_integer(document->version));
    if (is_media) {
        add_media(out, &document->u.media);
    } else {
        const az_multivariant *m = &document->u.multivariant;
        add_variants(out, "variants", m->variants, m->variant_count);
        if (m->i_frame_variant_count > 0)
            add_variants(out, "i_frame_variants", m->i_frame_variants, m->i_frame_variant_count);
        add_renditions(out, m);
    }
    add_diagnostics(out, document);
    if (url && is_media)
        follow_segments(o, out, &document->u.media, url);
    else if (url)
        follow_variant(o, out, &document->u.multivariant, url);
    az_playlist_destroy(&document);
    return true;
}
