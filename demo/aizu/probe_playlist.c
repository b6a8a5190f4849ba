/*
 * Playlists for `aizu probe`: what they say (probe_lists.c), with the parser's diagnostics, and behind a URL
 * what is in the first segments of the first variant, its renditions and its I-frame playlist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define URL_SIZE       8192
#define RENDITIONS_MAX 8 /* that are followed */

/* A multivariant playlist whose variants are followed; a media playlist on its own has none. */
typedef struct parent {
    const az_playlist *playlist;
    const char *url;
} parent;

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

static void add_variables(json_t *out, const az_playlist *p)
{
    json_t *object = json_object();
    for (size_t i = 0; i < p->variable_count; i++) {
        char name[128];
        az_span span = p->variables[i].name;
        snprintf(name, sizeof(name), "%.*s", (int)AZ_MIN(span.size, sizeof(name) - 1),
                 (const char *)span.data);
        json_object_set_new(object, name, probe_text(p->variables[i].value));
    }
    if (p->variable_count > 0)
        json_object_set(out, "variables", object);
    json_decref(object);
}

/* AIZU_OK and *document is the caller's. */
static aizu_result parse(az_playlist **document, const probe_bytes *bytes, const az_playlist *importer,
                         az_playlist_error *error)
{
    az_slice slice;
    az_playlist_context context = {.url = bytes->url ? az_span_str(bytes->url) : (az_span){0}};
    if (importer) {
        context.imports = importer->variables;
        context.import_count = importer->variable_count;
    }
    if (!az_slice_copy(&slice, az_span_make(bytes->data, bytes->size)))
        return AIZU_E_MEMORY;
    aizu_result result = az_playlist_parse_context(document, slice, &context, error);
    az_slice_unref(&slice);
    return result;
}

static void describe(json_t *out, const az_playlist *document)
{
    bool is_media = document->kind == AZ_PLAYLIST_MEDIA;
    json_object_set_new(out, "playlist", json_string(is_media ? "media" : "multivariant"));
    json_object_set_new(out, "version", json_integer(document->version));
    add_variables(out, document);
    if (is_media)
        probe_add_media(out, &document->u.media);
    else
        probe_add_multivariant(out, &document->u.multivariant);
    add_diagnostics(out, document);
}

/* ---- segments ---- */

static bool fetch(const probe_options *o, const char *base, az_span uri, az_byte_range range,
                  probe_bytes *out)
{
    char target[URL_SIZE];
    *out = (probe_bytes){0};
    return az_url_resolve(target, sizeof(target), az_span_str(base), uri) == AIZU_OK &&
           probe_fetch(o, target, range.offset, range.size, out);
}

static void drop(probe_bytes *bytes)
{
    free(bytes->data);
    free(bytes->url);
    *bytes = (probe_bytes){0};
}

/* Whether the whole resource is encrypted, so that nothing in it can be read. */
static bool is_sealed(const az_media_playlist *m, uint32_t key)
{
    return key != AZ_NO_INDEX &&
           (m->keys[key].method == AZ_KEY_AES_128 || m->keys[key].method == AZ_KEY_OTHER);
}

static void look_into(const probe_options *o, json_t *out, const az_media_playlist *m, const az_segment *s,
                      const char *url)
{
    probe_bytes bytes, init = {0};
    if (s->map != AZ_NO_INDEX && !is_sealed(m, m->maps[s->map].key) &&
        fetch(o, url, m->maps[s->map].uri, m->maps[s->map].range, &init))
        json_object_set_new(out, "init_size", json_integer((json_int_t)init.size));
    if (fetch(o, url, s->uri, (az_byte_range){s->range_offset, s->range_size}, &bytes)) {
        json_object_set_new(out, "size", json_integer((json_int_t)bytes.size));
        if (is_sealed(m, s->key))
            json_object_set_new(out, "encrypted", json_string("as a whole; not looked into"));
        else if (!probe_media(out, az_span_make(init.data, init.size), az_span_make(bytes.data, bytes.size),
                              false))
            json_object_set_new(out, "container", json_string("unknown"));
    }
    drop(&bytes);
    drop(&init);
}

static void follow_segments(const probe_options *o, json_t *out, const az_media_playlist *m, const char *url)
{
    for (size_t i = 0, looked = 0; i < m->segment_count && looked < o->segments_max; i++) {
        char name[48];
        if (m->segments[i].flags & (AZ_SEGMENT_GAP | AZ_SEGMENT_PREFETCH))
            continue;
        json_t *segment = json_object();
        snprintf(name, sizeof(name), "segment %llu",
                 (unsigned long long)(m->media_sequence + m->skipped_segments + i));
        look_into(o, segment, m, &m->segments[i], url);
        json_object_set_new(out, name, segment);
        looked++;
    }
}

/* ---- variants and renditions ---- */

/* One level only: a multivariant playlist in there is described and not followed. */
static void follow_list(const probe_options *o, json_t *out, const char *name, const parent *from,
                        az_span uri)
{
    probe_bytes bytes;
    az_playlist *document = NULL;
    az_playlist_error error;
    if (fetch(o, from->url, uri, (az_byte_range){0}, &bytes)) {
        json_t *list = json_object();
        if (parse(&document, &bytes, from->playlist, &error) == AIZU_OK) {
            describe(list, document);
            if (document->kind == AZ_PLAYLIST_MEDIA)
                follow_segments(o, list, &document->u.media, bytes.url);
        } else {
            json_object_set_new(list, "error", json_string(error.text));
        }
        az_playlist_destroy(&document);
        json_object_set_new(out, name, list);
    }
    drop(&bytes);
}

static bool is_equal(az_span a, az_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static void follow_variant(const probe_options *o, json_t *out, const parent *from)
{
    const az_multivariant *m = &from->playlist->u.multivariant;
    size_t followed = 0;
    if (m->variant_count == 0)
        return;
    const az_variant *v = &m->variants[0];
    follow_list(o, out, "variant 0", from, v->uri);
    for (size_t i = 0; i < m->rendition_count && followed < RENDITIONS_MAX; i++) {
        const az_rendition *r = &m->renditions[i];
        bool is_of_variant = is_equal(r->group_id, v->audio) || is_equal(r->group_id, v->subtitles) ||
                             is_equal(r->group_id, v->video);
        if (r->uri.size == 0 || r->group_id.size == 0 || !is_of_variant)
            continue;
        char name[32];
        snprintf(name, sizeof(name), "rendition %zu", i);
        follow_list(o, out, name, from, r->uri);
        followed++;
    }
    if (m->i_frame_variant_count > 0)
        follow_list(o, out, "i_frame_variant 0", from, m->i_frame_variants[0].uri);
}

bool probe_playlist(const probe_options *o, json_t *out, const probe_bytes *bytes)
{
    az_playlist *document = NULL;
    az_playlist_error error;
    aizu_result result = parse(&document, bytes, NULL, &error);
    if (result != AIZU_OK) {
        fprintf(stderr, "aizu: line %u: %s\n", error.line, error.text);
        return false;
    }
    describe(out, document);
    if (bytes->url && document->kind == AZ_PLAYLIST_MEDIA)
        follow_segments(o, out, &document->u.media, bytes->url);
    else if (bytes->url)
        follow_variant(o, out, &(parent){document, bytes->url});
    az_playlist_destroy(&document);
    return true;
}
