/*
 * What a multivariant playlist (RFC 8216, 4.3.4) gives the engine: sources for its variants and renditions,
 * and the list of renditions that an application can choose from. Variants that differ in nothing but their
 * URI, pathway or groups are redundant copies of one source (4.3.4.2, bis 7).
 */
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_span(char *out, size_t size, az_span text)
{
    size_t used = AZ_MIN(text.size, size - 1);
    while (used > 0 && used < text.size && (text.data[used] & 0xC0) == 0x80) /* not within a character */
        used--;
    if (used)
        memcpy(out, text.data, used);
    out[used] = '\0';
}

static uint64_t hash_span(uint64_t seed, az_span text)
{
    uint64_t size = text.size;
    return az_hash(az_hash(seed, &size, sizeof(size)), text.data, text.size);
}

uint64_t az_multivariant_hash(az_span id)
{
    return id.size ? hash_span(AZ_HASH_SEED, id) | 1 : 0;
}

/* ---- variants ---- */

static bool has_video_codec(az_span codecs)
{
    static const char *const names[] = {"avc", "hvc", "hev", "av01", "vp0", "mp4v", "dvh"};
    for (size_t i = 0; i < codecs.size; i++)
        for (size_t k = 0; k < AZ_COUNT(names); k++)
            if (az_span_starts_with(az_span_sub(codecs, i, SIZE_MAX), names[k]))
                return true;
    return false;
}

static bool is_audio_only(const az_variant *variant)
{
    return variant->codecs.size > 0 && variant->height == 0 && !has_video_codec(variant->codecs);
}

/* Variants that are not chosen by themselves, unless there is nothing else: without a picture; for outputs
 * that are protected from copying, which this one is not; and of a range that it does not show as it is
 * meant. */
static bool is_for_others(const az_variant *variant)
{
    bool is_protected = variant->hdcp_level.size > 0 && !az_span_equal_str(variant->hdcp_level, "NONE");
    bool is_wide = variant->video_range.size > 0 && !az_span_equal_str(variant->video_range, "SDR");
    bool is_limited = az_attribute_find(&variant->attributes, "ALLOWED-CPC") != NULL; /* no DRM here */
    return is_audio_only(variant) || is_protected || is_wide || is_limited;
}

static void describe(aizu_quality *quality, int index, const az_variant *variant)
{
    quality->size_struct = sizeof(*quality);
    quality->index = index;
    quality->bandwidth = (int64_t)AZ_MIN(variant->bandwidth, (uint64_t)INT64_MAX);
    quality->width = (int)AZ_MIN(variant->width, 65535u);
    quality->height = (int)AZ_MIN(variant->height, 65535u);
    quality->frame_rate = variant->frame_rate;
    quality->score = variant->score;
    copy_span(quality->codecs, sizeof(quality->codecs), variant->codecs);
    copy_span(quality->video_range, sizeof(quality->video_range), variant->video_range);
    copy_span(quality->hdcp_level, sizeof(quality->hdcp_level), variant->hdcp_level);
    if (variant->name.size)
        copy_span(quality->name, sizeof(quality->name), variant->name);
    else if (variant->video.size)
        copy_span(quality->name, sizeof(quality->name), variant->video);
    else if (variant->height)
        snprintf(quality->name, sizeof(quality->name), "%dp", quality->height);
}

/* What redundant copies of a variant have in common: its stable id, else all that describes it. */
static uint64_t variant_identity(const az_variant *v)
{
    if (v->stable_id.size)
        return hash_span(1, v->stable_id);
    uint64_t identity = az_hash(2, &v->bandwidth, sizeof(v->bandwidth));
    identity = az_hash(identity, &v->width, sizeof(v->width));
    identity = az_hash(identity, &v->height, sizeof(v->height));
    identity = az_hash(identity, &v->frame_rate, sizeof(v->frame_rate));
    identity = hash_span(identity, v->codecs);
    identity = hash_span(identity, v->video_range);
    return hash_span(identity, v->name);
}

static bool url_add(az_source *source, const char *url, const az_variant *variant)
{
    if (source->url_count == AZ_SOURCE_URLS_MAX)
        return false;
    az_source_url *slot = &source->urls[source->url_count];
    *slot = (az_source_url){.url = az_text_copy(url), .pathway = "."};
    if (!slot->url)
        return false;
    if (variant && variant->pathway_id.size)
        copy_span(slot->pathway, sizeof(slot->pathway), variant->pathway_id);
    if (variant) {
        slot->audio_group = az_multivariant_hash(variant->audio);
        slot->text_group = az_multivariant_hash(variant->subtitles);
    }
    source->url_count++;
    return true;
}

static az_source *source_new(az_presentation *p, az_lane_kind lane)
{
    az_source *source = &p->sources[p->source_count];
    *source = (az_source){.lane = lane, .rendition = -1, .reload_due = AZ_NEVER};
    return source;
}

/* The same variant with another pathway or another group: a redundant copy. One pathway with the same groups
 * twice is one too; with another group of sound it is a variant of its own, unless the pathway differs. */
static az_source *redundant_of(az_presentation *p, const az_variant *variant, uint64_t identity)
{
    char pathway[AZ_PATHWAY_ID_MAX] = ".";
    if (variant->pathway_id.size)
        copy_span(pathway, sizeof(pathway), variant->pathway_id);
    for (size_t i = 0; i < p->variant_count; i++) {
        az_source *source = &p->sources[i];
        if (source->identity != identity)
            continue;
        const az_source_url *first = &source->urls[0];
        if (strcmp(first->pathway, pathway) != 0 ||
            first->audio_group == az_multivariant_hash(variant->audio))
            return source;
    }
    return NULL;
}

static bool variant_add(az_presentation *p, const az_variant *variant, const char *base)
{
    char url[AIZU_URL_SIZE_MAX];
    if (az_url_resolve(url, sizeof(url), az_span_str(base), variant->uri) != AIZU_OK)
        return false;
    uint64_t identity = variant_identity(variant);
    az_source *known = variant->bandwidth > 0 ? redundant_of(p, variant, identity) : NULL;
    if (known)
        return url_add(known, url, variant);
    if (p->variant_count == AIZU_QUALITIES_MAX)
        return false;
    az_source *source = source_new(p, AZ_LANE_MAIN);
    source->identity = identity;
    source->stable = az_multivariant_hash(variant->stable_id);
    if (!url_add(source, url, variant))
        return false;
    describe(&source->quality, (int)p->variant_count, variant);
    if (is_for_others(variant))
        source->penalty_until = AZ_NEVER;
    p->source_count++;
    p->variant_count++;
    return true;
}

static void allow_others(az_presentation *p)
{
    for (size_t i = 0; i < p->variant_count; i++)
        if (p->sources[i].penalty_until != AZ_NEVER)
            return;
    for (size_t i = 0; i < p->variant_count; i++)
        p->sources[i].penalty_until = 0;
}

/* ---- renditions ---- */

static bool kind_of(const az_rendition *r, aizu_rendition_kind *kind)
{
    if (az_span_equal_str(r->type, "AUDIO"))
        *kind = AIZU_RENDITION_AUDIO;
    else if (az_span_equal_str(r->type, "SUBTITLES") || az_span_equal_str(r->type, "CLOSED-CAPTIONS"))
        *kind = AIZU_RENDITION_TEXT;
    else
        return false;
    return true;
}

/* The channel of INSTREAM-ID: CC1 to CC4, SERVICE1 to SERVICE63. */
static int caption_channel(az_span id)
{
    int prefix = az_span_starts_with(id, "CC") ? 2 : az_span_starts_with(id, "SERVICE") ? 7 : 0;
    int number = 0;
    for (size_t i = (size_t)prefix; i < id.size && number < 100; i++)
        number = number * 10 + (id.data[i] - '0');
    int count = prefix == 2 ? 4 : 63;
    if (prefix == 0 || number < 1 || number > count)
        return -1;
    return prefix == 2 ? number - 1 : number + 3;
}

static void describe_rendition(az_rendition_info *info, const az_rendition *r, aizu_rendition_kind kind,
                               int index)
{
    aizu_rendition *face = &info->face;
    *face = (aizu_rendition){.size_struct = sizeof(*face), .kind = kind, .index = index};
    copy_span(face->name, sizeof(face->name), r->name);
    copy_span(face->language, sizeof(face->language), r->language);
    copy_span(face->channels, sizeof(face->channels), r->channels);
    copy_span(face->characteristics, sizeof(face->characteristics), r->characteristics);
    face->is_default = r->is_default;
    face->is_autoselect = r->is_autoselect || r->is_default;
    face->is_forced = r->is_forced;
    face->is_caption = az_span_equal_str(r->type, "CLOSED-CAPTIONS");
    info->caption = face->is_caption ? caption_channel(r->instream_id) : -1;
    info->is_in_main = r->uri.size == 0;
}

/* Groups repeat their renditions (in other bit rates, on other pathways): one name in one language is one
 * choice. */
static int rendition_index(az_rendition_list *list, const az_rendition *r, aizu_rendition_kind kind)
{
    az_rendition_info next = {0};
    describe_rendition(&next, r, kind, (int)list->count);
    for (size_t i = 0; i < list->count; i++) {
        const aizu_rendition *known = &list->items[i].face;
        if (strcmp(known->name, next.face.name) == 0 && strcmp(known->language, next.face.language) == 0 &&
            known->is_caption == next.face.is_caption && known->is_forced == next.face.is_forced)
            return (int)i;
    }
    if (list->count == AIZU_RENDITIONS_MAX)
        return -1;
    list->items[list->count] = next;
    return (int)list->count++;
}

static void rendition_add(az_presentation *p, const az_rendition *r, const char *base)
{
    aizu_rendition_kind kind;
    char url[AIZU_URL_SIZE_MAX];
    if (!kind_of(r, &kind))
        return;
    int index = rendition_index(&p->renditions[kind], r, kind);
    if (index < 0 || r->uri.size == 0 || p->source_count == AZ_SOURCES_MAX ||
        az_url_resolve(url, sizeof(url), az_span_str(base), r->uri) != AIZU_OK)
        return;
    az_source *source = source_new(p, kind == AIZU_RENDITION_AUDIO ? AZ_LANE_AUDIO : AZ_LANE_TEXT);
    source->rendition = index;
    source->group = az_multivariant_hash(r->group_id);
    source->stable = az_multivariant_hash(r->stable_id);
    if (url_add(source, url, NULL))
        p->source_count++;
}

static void i_frames_add(az_presentation *p, const az_variant *variant, const char *base)
{
    char url[AIZU_URL_SIZE_MAX];
    if (az_url_resolve(url, sizeof(url), az_span_str(base), variant->uri) != AIZU_OK)
        return;
    az_source *source = source_new(p, AZ_LANE_SCRUB);
    describe(&source->quality, 0, variant);
    if (url_add(source, url, NULL))
        p->source_count++;
}

/* A rendition is on the pathway of the variants that refer to its group. */
static void pathways_set(az_presentation *p)
{
    for (size_t i = p->variant_count; i < p->source_count; i++) {
        az_source *rendition = &p->sources[i];
        if (rendition->lane == AZ_LANE_SCRUB)
            continue;
        for (size_t k = 0; k < p->variant_count; k++) {
            const az_source *variant = &p->sources[k];
            for (size_t u = 0; u < variant->url_count; u++) {
                const az_source_url *url = &variant->urls[u];
                if (url->audio_group == rendition->group || url->text_group == rendition->group)
                    memcpy(rendition->urls[0].pathway, url->pathway, sizeof(url->pathway));
            }
        }
    }
}

/* ---- the whole ---- */

static void drop_sources(az_engine *e)
{
    az_presentation *p = &e->presentation;
    for (size_t i = 0; i < p->source_count; i++) {
        for (size_t k = 0; k < p->sources[i].url_count; k++)
            az_engine_retire(e, p->sources[i].urls[k].url);
        free(p->sources[i].base);
        az_list_destroy(&p->sources[i].list);
    }
    free(p->sources);
    p->sources = NULL;
    p->source_count = p->variant_count = 0;
}

void az_multivariant_forget(az_engine *e)
{
    az_presentation *p = &e->presentation;
    drop_sources(e);
    az_playlist_destroy(&p->multivariant);
    free(p->multivariant_base);
    p->multivariant_base = NULL;
}

aizu_result az_multivariant_take(az_engine *e, az_playlist **playlist, const char *base)
{
    az_presentation *p = &e->presentation;
    p->multivariant = *playlist;
    *playlist = NULL;
    const az_multivariant *m = &p->multivariant->u.multivariant;
    size_t count =
        AZ_MIN(m->variant_count + m->rendition_count + m->i_frame_variant_count, (size_t)AZ_SOURCES_MAX);
    p->sources = calloc(AZ_MAX(count, 1), sizeof(*p->sources));
    p->multivariant_base = az_text_copy(base);
    if (!p->sources || !p->multivariant_base)
        return AIZU_E_MEMORY;
    for (size_t i = 0; i < m->variant_count && p->source_count < count; i++)
        if (!variant_add(p, &m->variants[i], base))
            az_log_printf(&e->config.log, AZ_LOG_WARNING, "engine",
                          "a variant that cannot be used is left out");
    if (p->variant_count == 0)
        return AIZU_E_PLAYLIST;
    allow_others(p);
    for (size_t i = 0; i < m->rendition_count && p->source_count < count; i++)
        rendition_add(p, &m->renditions[i], base);
    for (size_t i = 0; i < m->i_frame_variant_count && p->source_count < count; i++)
        i_frames_add(p, &m->i_frame_variants[i], base);
    pathways_set(p);
    return AIZU_OK;
}
