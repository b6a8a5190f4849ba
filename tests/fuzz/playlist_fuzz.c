/*
 * Arbitrary bytes as a playlist: parses them, reads every field and span of the document, resolves each URI,
 * and holds the promises of the header: spans lie in the text, indexes in their arrays, a failure says why.
 */
#include "base/base.h"
#include "playlist/playlist.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char BASE[] = "https://host.example/live/a/b.m3u8?token=1";
static volatile uint64_t sink;

/* Reads each byte; every span of a document is part of its text, unless variables were put in. */
static void touch(const az_playlist *p, az_span span)
{
    uint64_t sum = 0;
    if (span.size == 0)
        return;
    bool is_in_text = span.data >= p->text.data && span.data + span.size <= p->text.data + p->text.size;
    AZ_ASSERT(is_in_text || p->variable_count > 0);
    for (size_t i = 0; i < span.size; i++)
        sum += span.data[i];
    sink += sum;
}

static void touch_uri(const az_playlist *p, az_span uri)
{
    char out[512], again[512];
    touch(p, uri);
    if (az_url_resolve(out, sizeof(out), az_span_str(BASE), uri) != AIZU_OK)
        return;
    AZ_ASSERT(az_url_is_fetchable(az_span_str(out)));
    /* What was resolved is absolute: resolving it again changes nothing. */
    AZ_ASSERT(az_url_resolve(again, sizeof(again), az_span_str(BASE), az_span_str(out)) == AIZU_OK);
    AZ_ASSERT(strcmp(out, again) == 0);
}

static void touch_list(const az_playlist *p, const az_attribute_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        touch(p, list->items[i].name);
        touch(p, list->items[i].value);
    }
    if (list->count)
        sink += az_attribute_find(list, "URI") != NULL;
}

static void touch_key(const az_playlist *p, const az_key *key)
{
    touch_uri(p, key->uri);
    touch(p, key->key_format);
    touch(p, key->key_format_versions);
    sink += key->iv[15] + (uint64_t)key->method;
}

static void touch_segments(const az_playlist *p, const az_media_playlist *m)
{
    uint32_t discontinuities = 0;
    for (size_t i = 0; i < m->segment_count; i++) {
        const az_segment *s = &m->segments[i];
        touch_uri(p, s->uri);
        AZ_ASSERT((size_t)s->title_offset + s->title_size <= p->text.size);
        AZ_ASSERT(s->duration >= 0);
        AZ_ASSERT(s->key == AZ_NO_INDEX || s->key + m->keys[s->key].alternatives < m->key_count);
        AZ_ASSERT(s->map == AZ_NO_INDEX || s->map < m->map_count);
        AZ_ASSERT(s->range_offset <= INT64_MAX - s->range_size);
        AZ_ASSERT(s->discontinuities >= discontinuities || (s->flags & AZ_SEGMENT_PREFETCH));
        AZ_ASSERT(!(s->flags & AZ_SEGMENT_PDT) || s->wall != AIZU_NO_TIME);
        discontinuities = s->discontinuities;
    }
}

static void touch_media(const az_playlist *p, const az_media_playlist *m)
{
    touch_segments(p, m);
    for (size_t i = 0; i < m->key_count; i++)
        touch_key(p, &m->keys[i]);
    for (size_t i = 0; i < m->map_count; i++) {
        touch_uri(p, m->maps[i].uri);
        AZ_ASSERT(m->maps[i].key == AZ_NO_INDEX || m->maps[i].key < m->key_count);
    }
    for (size_t i = 0; i < m->date_range_count; i++) {
        touch(p, m->date_ranges[i].id);
        touch(p, m->date_ranges[i].class_name);
        touch_list(p, &m->date_ranges[i].attributes);
    }
    for (size_t i = 0; i < m->part_count; i++) {
        touch_uri(p, m->parts[i].uri);
        AZ_ASSERT(m->part_segments[i] <= m->segment_count);
        AZ_ASSERT(m->parts[i].duration >= 0);
        AZ_ASSERT(m->parts[i].range.offset <= INT64_MAX - m->parts[i].range.size);
    }
    for (size_t i = 0; i < m->hint_count; i++) {
        touch_uri(p, m->hints[i].uri);
        AZ_ASSERT(m->hints[i].range_offset <= INT64_MAX - m->hints[i].range_size);
    }
    for (size_t i = 0; i < m->report_count; i++)
        touch_uri(p, m->reports[i].uri);
    AZ_ASSERT(m->open.key == AZ_NO_INDEX || m->open.key < m->key_count);
    AZ_ASSERT(m->open.map == AZ_NO_INDEX || m->open.map < m->map_count);
    touch(p, m->removed_date_ranges);
    AZ_ASSERT(m->target_duration >= 0 && m->part_target >= 0);
}

static void touch_variant(const az_playlist *p, const az_variant *v)
{
    touch_uri(p, v->uri);
    touch(p, v->codecs);
    touch(p, v->audio);
    touch(p, v->video);
    touch(p, v->subtitles);
    touch(p, v->closed_captions);
    touch(p, v->name);
    touch(p, v->video_range);
    touch(p, v->hdcp_level);
    touch(p, v->supplemental_codecs);
    touch(p, v->stable_id);
    touch(p, v->pathway_id);
    touch_list(p, &v->attributes);
    AZ_ASSERT(v->frame_rate >= 0);
}

static void touch_multivariant(const az_playlist *p, const az_multivariant *m)
{
    for (size_t i = 0; i < m->variant_count; i++)
        touch_variant(p, &m->variants[i]);
    for (size_t i = 0; i < m->i_frame_variant_count; i++)
        touch_variant(p, &m->i_frame_variants[i]);
    for (size_t i = 0; i < m->rendition_count; i++) {
        const az_rendition *r = &m->renditions[i];
        touch(p, r->type);
        touch(p, r->group_id);
        touch(p, r->name);
        touch(p, r->language);
        touch_uri(p, r->uri);
        touch(p, r->assoc_language);
        touch(p, r->instream_id);
        touch(p, r->characteristics);
        touch(p, r->channels);
        touch(p, r->stable_id);
        touch_list(p, &r->attributes);
    }
    for (size_t i = 0; i < m->session_data_count; i++)
        touch_list(p, &m->session_data[i].attributes);
    for (size_t i = 0; i < m->session_key_count; i++)
        touch_key(p, &m->session_keys[i]);
    touch_uri(p, m->steering_uri);
    touch(p, m->steering_pathway);
}

static void touch_playlist(const az_playlist *p)
{
    for (size_t i = 0; i < p->tag_count; i++) {
        touch(p, p->tags[i].name);
        touch(p, p->tags[i].value);
    }
    AZ_ASSERT(p->diagnostic_count <= AZ_PLAYLIST_DIAGNOSTICS_MAX &&
              p->diagnostic_count <= p->diagnostic_count_all);
    for (size_t i = 0; i < p->diagnostic_count; i++)
        sink += strlen(p->diagnostics[i].text) + p->diagnostics[i].line;
    for (size_t i = 0; i < p->variable_count; i++)
        sink += p->variables[i].name.size + p->variables[i].value.size;
    if (p->kind == AZ_PLAYLIST_MEDIA)
        touch_media(p, &p->u.media);
    else
        touch_multivariant(p, &p->u.multivariant);
    AZ_ASSERT(az_playlist_bytes(p) >= p->text.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    az_playlist *p = NULL;
    az_playlist_error error;
    int64_t wall;
    az_span text = az_span_make(data, size);
    static const az_variable imports[] = {{{(const uint8_t *)"i", 1}, {(const uint8_t *)"import", 6}}};
    const az_playlist_context context = {
        .url = az_span_str(BASE), .imports = imports, .import_count = AZ_COUNT(imports)};
    az_slice slice;
    if (!az_slice_copy(&slice, text))
        return 0;
    aizu_result result = az_playlist_parse_context(&p, slice, &context, &error);
    az_slice_unref(&slice);
    AZ_ASSERT((result == AIZU_OK) == (p != NULL));
    if (p)
        touch_playlist(p);
    else
        AZ_ASSERT(error.text[0] != '\0');
    az_playlist_destroy(&p);

    char out[256];
    size_t half = size / 2; /* any base, any reference */
    if (az_url_resolve(out, sizeof(out), az_span_sub(text, 0, half), az_span_sub(text, half, size)) ==
        AIZU_OK)
        AZ_ASSERT(az_url_is_fetchable(az_span_str(out)));
    sink += az_date_time_parse(text, &wall);
    return 0;
}
