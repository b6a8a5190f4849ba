/*
 * Playlists: the multivariant playlist and its variants, reloads of live ones (RFC 8216, 6.3.4), and
 * which variant is in use. Bodies come from fetch.c; lane.c takes segments from the list of the source in
 * use.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENALTY       (30 * AIZU_SECOND) /* a source that failed is left alone so long */
#define RELOAD_MIN    (100 * AIZU_MILLISECOND)
#define STALE_TARGETS 4 /* target durations without anything new: told */

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static void copy_span(char *out, size_t size, az_span text)
{
    size_t used = AZ_MIN(text.size, size - 1);
    if (used)
        memcpy(out, text.data, used);
    out[used] = '\0';
}

az_list *az_source_list(const az_engine *e)
{
    const az_source *source = az_source_current(e);
    return source ? source->list : NULL;
}

const az_source *az_source_current(const az_engine *e)
{
    const az_presentation *p = &e->presentation;
    return p->current < p->source_count ? &p->sources[p->current] : NULL;
}

bool az_source_is_live(const az_engine *e)
{
    const az_list *list = az_source_list(e);
    return list && !az_list_is_ended(list);
}

static void drop_sources(az_engine *e)
{
    az_presentation *p = &e->presentation;
    for (size_t i = 0; i < p->source_count; i++) {
        az_engine_retire(e, p->sources[i].url);
        free(p->sources[i].base);
        az_list_destroy(&p->sources[i].list);
    }
    free(p->sources);
    p->sources = NULL;
    p->source_count = 0;
}

void az_source_unload(az_engine *e)
{
    az_presentation *p = &e->presentation;
    drop_sources(e);
    az_engine_retire(e, p->url);
    *p = (az_presentation){.start = AIZU_NO_TIME, .duration_told = -1, .version = p->version + 1};
}

aizu_result az_source_load(az_engine *e, const char *url, int64_t start)
{
    az_source_unload(e);
    az_presentation *p = &e->presentation;
    p->start = start;
    p->url = copy_text(url);
    if (!p->url)
        return AIZU_E_MEMORY;
    return az_fetch_start(e, AZ_FETCH_MULTIVARIANT, url, (az_byte_range){0, 0});
}

/* ---- what a multivariant playlist gives ---- */

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

static void describe(aizu_quality *quality, int index, const az_variant *variant)
{
    quality->size_struct = sizeof(*quality);
    quality->index = index;
    quality->bandwidth = (int64_t)AZ_MIN(variant->bandwidth, (uint64_t)INT64_MAX);
    quality->width = (int)AZ_MIN(variant->width, 65535u);
    quality->height = (int)AZ_MIN(variant->height, 65535u);
    quality->frame_rate = variant->frame_rate;
    copy_span(quality->codecs, sizeof(quality->codecs), variant->codecs);
    if (variant->name.size)
        copy_span(quality->name, sizeof(quality->name), variant->name);
    else if (variant->video.size)
        copy_span(quality->name, sizeof(quality->name), variant->video);
    else if (variant->height)
        snprintf(quality->name, sizeof(quality->name), "%dp", quality->height);
}

static bool source_add(az_engine *e, const az_variant *variant, const char *base)
{
    az_presentation *p = &e->presentation;
    char url[AIZU_URL_SIZE_MAX];
    if (az_url_resolve(url, sizeof(url), az_span_str(base), variant->uri) != AIZU_OK)
        return false;
    az_source *source = &p->sources[p->source_count];
    *source = (az_source){.reload_due = AZ_NEVER};
    source->url = copy_text(url);
    if (!source->url)
        return false;
    describe(&source->quality, (int)p->source_count, variant);
    if (is_audio_only(variant))
        source->penalty_until = AZ_NEVER;
    p->source_count++;
    return true;
}

static void fatal(az_engine *e, const char *stage, const char *url, const az_fetch_outcome *outcome)
{
    az_report_fault(e, &(az_fault){.result = outcome->result,
                                   .is_fatal = true,
                                   .stage = stage,
                                   .url = url,
                                   .http_status = outcome->http_status,
                                   .segment = -1,
                                   .position = AIZU_NO_TIME,
                                   .detail = outcome->detail});
}

static void trouble(az_engine *e, const char *stage, const char *url, const az_fetch_outcome *outcome)
{
    az_report_fault(e, &(az_fault){.result = outcome->result,
                                   .stage = stage,
                                   .url = url,
                                   .http_status = outcome->http_status,
                                   .segment = -1,
                                   .position = AIZU_NO_TIME,
                                   .detail = outcome->detail});
}

static aizu_result fetch_current(az_engine *e)
{
    az_presentation *p = &e->presentation;
    az_source *source = &p->sources[p->current];
    source->reload_due = AZ_NEVER;
    return az_fetch_start(e, AZ_FETCH_PLAYLIST, source->url, (az_byte_range){0, 0});
}

static aizu_result take_multivariant(az_engine *e, const az_multivariant *document, const char *base)
{
    az_presentation *p = &e->presentation;
    size_t count = AZ_MIN(document->variant_count, (size_t)AIZU_QUALITIES_MAX);
    p->sources = calloc(AZ_MAX(count, 1), sizeof(*p->sources));
    if (!p->sources)
        return AIZU_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (!source_add(e, &document->variants[i], base))
            az_trace(e, AZ_LOG_WARNING, "engine", "a variant without a usable URI is left out");
    if (p->source_count == 0) {
        drop_sources(e);
        return AIZU_E_PLAYLIST;
    }
    p->current = p->wanted = az_quality_first(e);
    p->version++;
    az_report_event(e, AIZU_EVENT_QUALITIES, AIZU_NO_TIME);
    return fetch_current(e);
}

/* ---- what a media playlist gives ---- */

static void tell_duration(az_engine *e)
{
    az_presentation *p = &e->presentation;
    const az_list *list = az_source_list(e);
    int64_t duration = az_list_is_ended(list) ? az_list_end(list) : AIZU_NO_TIME;
    if (duration == p->duration_told)
        return;
    p->duration_told = duration;
    az_report_event(e, AIZU_EVENT_DURATION, duration);
}

static void schedule_reload(az_engine *e, az_source *source, int64_t loaded, az_list_change change)
{
    const az_media_playlist *media = az_list_playlist(source->list);
    source->loaded = loaded;
    source->reload_due = AZ_NEVER;
    if (az_list_is_ended(source->list))
        return;
    bool is_new = change != AZ_LIST_SAME && change != AZ_LIST_STALE;
    int64_t wait = is_new ? media->target_duration : media->target_duration / 2;
    source->reload_due = AZ_MAX(az_add_sat(loaded, wait), az_add_sat(e->now, RELOAD_MIN));
    if (is_new) {
        source->changed = e->now;
        source->is_stale_reported = false;
    }
}

/* One version of the playlist of a source. *playlist is taken over. */
static aizu_result take_media(az_engine *e, size_t index, az_playlist **playlist, const az_fetch *fetch)
{
    az_presentation *p = &e->presentation;
    az_source *source = &p->sources[index];
    if (index != p->current) /* kept from a switch that came to nothing: what it missed it can only guess */
        az_list_destroy(&source->list);
    bool is_first = !source->list;
    az_list_change change;
    if (is_first)
        source->list = az_list_create();
    char *base = copy_text(az_fetch_base(fetch));
    if (!source->list || !base) {
        free(base);
        az_playlist_destroy(playlist);
        return AIZU_E_MEMORY;
    }
    free(source->base);
    source->base = base;
    aizu_result result = az_list_update(source->list, playlist, &change);
    if (result != AIZU_OK) {
        if (is_first)
            az_list_destroy(&source->list);
        return result;
    }
    const az_list *reference = az_source_list(e);
    if (is_first && reference && reference != source->list)
        az_list_align(source->list, reference, az_playback_available_end(e));
    schedule_reload(e, source, fetch->started, change);
    if (index == p->current) {
        tell_duration(e);
        az_playback_media_ready(e);
    }
    return AIZU_OK;
}

static aizu_result take_single(az_engine *e, az_playlist **playlist, const az_fetch *fetch)
{
    az_presentation *p = &e->presentation;
    p->sources = calloc(1, sizeof(*p->sources));
    if (!p->sources) {
        az_playlist_destroy(playlist);
        return AIZU_E_MEMORY;
    }
    az_variant variant = {.uri = az_span_str(p->url)};
    if (!source_add(e, &variant, p->url)) {
        az_playlist_destroy(playlist);
        return AIZU_E_MEMORY;
    }
    p->version++;
    az_report_event(e, AIZU_EVENT_QUALITIES, AIZU_NO_TIME);
    return take_media(e, 0, playlist, fetch);
}

/* There is nothing to play in it, and there never will be. */
static bool is_void(const az_media_playlist *media)
{
    return media->segment_count == 0 && (media->has_endlist || media->type == AZ_PLAYLIST_TYPE_VOD);
}

/* Parses what was fetched and hands it on. A *detail is static or in `error`. */
static aizu_result take_body(az_engine *e, az_fetch_slot slot, az_playlist_error *error, const char **detail)
{
    az_fetch *fetch = &e->fetches[slot];
    az_presentation *p = &e->presentation;
    az_playlist *playlist;
    aizu_result result = az_playlist_parse(&playlist, az_span_make(fetch->body, fetch->body_size), error);
    if (result != AIZU_OK) {
        *detail = error->text;
        return result;
    }
    for (size_t i = 0; i < playlist->diagnostic_count; i++)
        az_trace(e, AZ_LOG_DEBUG, "playlist", "line %u: %s", (unsigned)playlist->diagnostics[i].line,
                 playlist->diagnostics[i].text);
    bool is_multivariant = playlist->kind == AZ_PLAYLIST_MULTIVARIANT;
    if (slot == AZ_FETCH_MULTIVARIANT && is_multivariant) {
        result = take_multivariant(e, &playlist->u.multivariant, az_fetch_base(fetch));
        *detail = result == AIZU_E_PLAYLIST ? "the multivariant playlist has no usable variant" : NULL;
        az_playlist_destroy(&playlist);
        return result;
    }
    if (is_multivariant) {
        az_playlist_destroy(&playlist);
        *detail = "a variant leads to a multivariant playlist";
        return AIZU_E_PLAYLIST;
    }
    size_t index = slot == AZ_FETCH_SWITCH ? p->wanted : p->current;
    bool is_first = slot == AZ_FETCH_MULTIVARIANT || !p->sources[index].list;
    if (is_first && is_void(&playlist->u.media)) {
        az_playlist_destroy(&playlist);
        *detail = "the playlist is finished and has no segments";
        return AIZU_E_PLAYLIST;
    }
    return slot == AZ_FETCH_MULTIVARIANT ? take_single(e, &playlist, fetch)
                                         : take_media(e, index, &playlist, fetch);
}

/* ---- failures ---- */

static size_t other_source(const az_engine *e, size_t not_this)
{
    const az_presentation *p = &e->presentation;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < p->source_count; i++) {
        if (i == not_this || p->sources[i].penalty_until > e->now)
            continue;
        if (best == SIZE_MAX || p->sources[i].quality.bandwidth < p->sources[best].quality.bandwidth)
            best = i;
    }
    return best;
}

bool az_source_fail_over(az_engine *e)
{
    az_presentation *p = &e->presentation;
    az_source *failed = &p->sources[p->current];
    failed->penalty_until = AZ_MAX(failed->penalty_until, az_add_sat(e->now, PENALTY));
    size_t other = other_source(e, p->current);
    if (other == SIZE_MAX)
        return false;
    if (failed->list) {
        if (p->wanted == p->current || p->sources[p->wanted].penalty_until > e->now)
            az_source_switch_to(e, other, false);
        return true;
    }
    p->current = p->wanted = other;
    return fetch_current(e) == AIZU_OK;
}

static bool is_worth_a_try(const az_fetch_outcome *outcome, unsigned tries)
{
    switch (outcome->result) {
    case AIZU_E_FORBIDDEN:
    case AIZU_E_SCHEME:
    case AIZU_E_REDIRECT:
    case AIZU_E_LIMIT:
    case AIZU_E_MEMORY:
        return false;
    case AIZU_E_NOT_FOUND:
    case AIZU_E_PLAYLIST:
    case AIZU_E_TLS:
        return tries < AZ_RETRY_SEGMENT_MAX;
    default:
        return tries < AZ_RETRY_START_MAX;
    }
}

/* The source in use has been played from: its playlist may fail for long before all is given up. */
static void reload_failed(az_engine *e, const az_fetch_outcome *outcome)
{
    az_presentation *p = &e->presentation;
    az_source *source = &p->sources[p->current];
    const az_fetch *fetch = &e->fetches[AZ_FETCH_PLAYLIST];
    if (az_add_sat(AZ_MAX(source->loaded, source->changed), AZ_GIVE_UP_AFTER) <= e->now &&
        az_playback_ahead(e) <= 0) {
        fatal(e, "media playlist", source->url, outcome);
        return;
    }
    bool is_forbidden = outcome->result == AIZU_E_FORBIDDEN; /* once more of the same changes nothing soon */
    bool is_told = fetch->tries == (is_forbidden ? 1 : AZ_RETRY_SEGMENT_MAX);
    if (is_told)
        trouble(e, "media playlist", source->url, outcome);
    if (is_told || is_forbidden)
        (void)az_source_fail_over(e);
    az_fetch_again(e, AZ_FETCH_PLAYLIST,
                   is_forbidden ? AZ_MAX(outcome->retry_after, AZ_RETRY_LAST) : outcome->retry_after);
}

static void failed(az_engine *e, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_presentation *p = &e->presentation;
    const char *stage = slot == AZ_FETCH_MULTIVARIANT ? "multivariant playlist" : "media playlist";
    if (slot == AZ_FETCH_PLAYLIST && p->sources[p->current].list) {
        reload_failed(e, outcome);
    } else if (is_worth_a_try(outcome, e->fetches[slot].tries)) {
        az_fetch_again(e, slot, outcome->retry_after);
    } else if (slot == AZ_FETCH_SWITCH) {
        trouble(e, stage, e->fetches[slot].url, outcome);
        az_source *source = &p->sources[p->wanted];
        source->penalty_until = AZ_MAX(source->penalty_until, az_add_sat(e->now, PENALTY));
        p->wanted = p->current;
    } else if (slot == AZ_FETCH_PLAYLIST && outcome->result != AIZU_E_MEMORY) {
        const char *url = p->sources[p->current].url;
        if (az_source_fail_over(e))
            trouble(e, stage, url, outcome);
        else
            fatal(e, stage, url, outcome);
    } else {
        fatal(e, stage, p->url, outcome);
    }
}

void az_source_fetched(az_engine *e, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_fetch_outcome mine = *outcome;
    az_playlist_error error = {0};
    uint64_t id = e->fetches[slot].id;
    if (mine.result == AIZU_OK)
        mine.result = take_body(e, slot, &error, &mine.detail);
    if (mine.result != AIZU_OK)
        failed(e, slot, &mine);
    else if (e->fetches[slot].id == id)
        az_fetch_stop(e, slot);
    e->is_again = true;
}

/* ---- switching and reloading ---- */

bool az_source_is_ready(const az_engine *e, size_t index)
{
    const az_source *source = &e->presentation.sources[index];
    return source->list && !az_list_is_empty(source->list) && !az_fetch_is_busy(e, AZ_FETCH_SWITCH);
}

void az_source_switch_to(az_engine *e, size_t index, bool is_manual)
{
    az_presentation *p = &e->presentation;
    AZ_ASSERT(index < p->source_count);
    p->is_manual = is_manual || p->is_manual;
    if (!p->sources[p->current].list) { /* nothing is played yet: begin with it */
        p->wanted = index;
        if (p->current != index) {
            p->current = index;
            if (fetch_current(e) != AIZU_OK)
                az_trace(e, AZ_LOG_ERROR, "engine", "no memory to begin with another variant");
        }
        return;
    }
    if (index == p->wanted)
        return;
    az_fetch_stop(e, AZ_FETCH_SWITCH);
    p->wanted = index;
    az_source *source = &p->sources[index];
    bool is_known = source->list && az_list_is_ended(source->list);
    if (index == p->current || is_known)
        return;
    if (az_fetch_start(e, AZ_FETCH_SWITCH, source->url, (az_byte_range){0, 0}) != AIZU_OK)
        p->wanted = p->current;
}

void az_source_adopt(az_engine *e, size_t index, int64_t pts)
{
    az_presentation *p = &e->presentation;
    az_source *left = &p->sources[p->current];
    az_fetch_stop(e, AZ_FETCH_PLAYLIST);
    left->reload_due = AZ_NEVER;
    if (left->list && p->sources[index].list)
        az_list_align(p->sources[index].list, left->list, pts);
    if (left->list && !az_list_is_ended(left->list))
        az_list_destroy(&left->list); /* it would be out of date when it is needed again */
    p->current = p->wanted = index;
    tell_duration(e);
}

static void check_stale(az_engine *e, az_source *source)
{
    const az_media_playlist *media = az_list_playlist(source->list);
    int64_t quiet = AZ_MAX(media->target_duration, AIZU_SECOND) * STALE_TARGETS;
    int64_t told_at = az_add_sat(source->changed, quiet);
    int64_t over_at = az_add_sat(source->changed, AZ_GIVE_UP_AFTER);
    const az_fetch *fetch = &e->fetches[AZ_FETCH_PLAYLIST];
    bool is_unreachable =
        fetch->state == AZ_FETCH_WAITING || (fetch->state != AZ_FETCH_IDLE && fetch->tries > 1);
    if (is_unreachable) /* told as such */
        return;
    az_fetch_outcome outcome = {.result = AIZU_E_STALE, .detail = "the live playlist does not change"};
    if (over_at <= e->now && az_playback_ahead(e) <= 0 && e->playback.want_play) {
        fatal(e, "media playlist", source->url, &outcome);
        return;
    }
    if (told_at <= e->now && !source->is_stale_reported) {
        source->is_stale_reported = true;
        trouble(e, "media playlist", source->url, &outcome);
    }
    az_engine_wake(e, source->is_stale_reported ? AZ_MAX(over_at, e->now + AIZU_SECOND) : told_at);
}

void az_source_step(az_engine *e)
{
    az_presentation *p = &e->presentation;
    if (!az_source_is_live(e))
        return;
    az_source *source = &p->sources[p->current];
    if (source->reload_due <= e->now && !az_fetch_is_busy(e, AZ_FETCH_PLAYLIST) &&
        fetch_current(e) != AIZU_OK)
        source->reload_due = az_add_sat(e->now, AIZU_SECOND);
    if (source->reload_due != AZ_NEVER)
        az_engine_wake(e, source->reload_due);
    check_stale(e, source);
}

/* ---- where playback may go ---- */

int64_t az_source_live_start(const az_engine *e)
{
    const az_list *list = az_source_list(e);
    int64_t hold_back = e->config.live_hold_back > 0 ? e->config.live_hold_back : az_list_hold_back(list);
    return AZ_MAX(az_list_begin(list), az_add_sat(az_list_end(list), -hold_back));
}

bool az_source_seekable(const az_engine *e, int64_t *begin, int64_t *end)
{
    const az_list *list = az_source_list(e);
    if (!list || az_list_is_empty(list))
        return false;
    *begin = az_list_begin(list);
    *end = az_list_is_ended(list) ? az_list_end(list) : az_source_live_start(e);
    return true;
}
