/*
 * Playlists: the multivariant playlist, the media playlists of each lane and their reloads (RFC 8216, 6.3.4;
 * bis 6.2.5 for those that block and skip), and which source a lane uses. Bodies come from fetch.c; lane.c
 * takes segments from the list of the source in use.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENALTY       (30 * AIZU_SECOND) /* a source that failed is left alone so long */
#define RELOAD_MIN    (100 * AIZU_MILLISECOND)
#define STALE_TARGETS 4 /* target durations without anything new: told */

az_source *az_source_current(const az_lane *lane)
{
    const az_presentation *p = &lane->e->presentation;
    return lane->current < p->source_count ? &p->sources[lane->current] : NULL;
}

az_list *az_source_list(const az_lane *lane)
{
    const az_source *source = az_source_current(lane);
    return source ? source->list : NULL;
}

az_list *az_source_main_list(const az_engine *e)
{
    return az_source_list(&e->lanes[AZ_LANE_MAIN]);
}

const char *az_source_url_of(const az_source *source)
{
    return source->urls[source->url_current].url;
}

bool az_source_is_live(const az_engine *e)
{
    const az_list *list = az_source_main_list(e);
    return list && !az_list_is_ended(list);
}

void az_source_unload(az_engine *e)
{
    az_presentation *p = &e->presentation;
    az_multivariant_forget(e);
    e->captions.listed = 0;
    az_engine_retire(e, p->url);
    *p = (az_presentation){.start = AIZU_NO_TIME, .duration_told = -1, .version = p->version + 1};
    for (unsigned i = 0; i < AZ_LANES; i++)
        e->lanes[i].current = e->lanes[i].wanted = AZ_NO_SOURCE;
    for (unsigned i = 0; i < AZ_RENDITION_KINDS; i++)
        p->renditions[i] = (az_rendition_list){.asked = AIZU_RENDITION_AUTO, .used = AIZU_RENDITION_OFF};
}

aizu_result az_source_load(az_engine *e, const char *url, int64_t start)
{
    az_source_unload(e);
    az_presentation *p = &e->presentation;
    p->start = start;
    p->url = az_text_copy(url);
    if (!p->url)
        return AIZU_E_MEMORY;
    return az_fetch_start(e, AZ_FETCH_MULTIVARIANT, &(az_fetch_request){.url = url});
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

/* ---- requests ---- */

static az_fetch_slot playlist_slot(const az_lane *lane)
{
    return az_slot(lane->kind, AZ_FETCH_PLAYLIST);
}

/* How long the server may take to answer a reload that waits for news (bis 6.2.5.2). */
static int64_t reload_patience(const az_list *list)
{
    return az_rescale(az_list_playlist(list)->target_duration, 3, 1);
}

static bool append_query(char *url, size_t size, const char *query)
{
    size_t used = strlen(url);
    int written = snprintf(url + used, size - used, "%c%s", strchr(url, '?') ? '&' : '?', query);
    return written > 0 && (size_t)written < size - used;
}

/* Asks for the playlist of a source, in the words of the delivery directives where the server knows them. */
static aizu_result fetch_playlist(az_lane *lane, az_fetch_slot slot, az_source *source, const char *query)
{
    az_engine *e = lane->e;
    char url[AIZU_URL_SIZE_MAX];
    char directives[128];
    az_fetch_request request = {.url = az_source_url_of(source)};
    snprintf(url, sizeof(url), "%s", request.url);
    if (source->list && !query) {
        bool is_blocking = !source->is_unblocked && az_list_playlist(source->list)->can_block_reload;
        int64_t age = az_sub_sat(e->now, source->loaded);
        bool is_full = source->is_full_needed || source->is_unblocked;
        if (az_list_directives(source->list, is_blocking, !is_full, age, directives, sizeof(directives)))
            query = directives;
        request.patience = is_blocking ? reload_patience(source->list) : 0;
    }
    if (query && append_query(url, sizeof(url), query))
        request.url = url;
    source->reload_due = AZ_NEVER;
    return az_fetch_start(e, slot, &request);
}

static aizu_result fetch_current(az_lane *lane)
{
    return fetch_playlist(lane, playlist_slot(lane), az_source_current(lane), NULL);
}

void az_source_reload(az_lane *lane)
{
    if (fetch_current(lane) != AIZU_OK)
        az_log_printf(&lane->e->config.log, AZ_LOG_ERROR, "engine", "no memory to fetch a playlist");
}

/* What the playlist in use says of another one's newest segment (EXT-X-RENDITION-REPORT). */
static bool find_report(const az_lane *lane, const az_source *target, char *out, size_t size)
{
    for (unsigned i = 0; i < AZ_LANES; i++) {
        const az_lane *other = &lane->e->lanes[i];
        const az_source *source = az_source_current(other);
        if (!source || !source->list)
            continue;
        const az_media_playlist *media = az_list_playlist(source->list);
        for (size_t k = 0; k < media->report_count; k++) {
            char url[AIZU_URL_SIZE_MAX];
            if (az_url_resolve(url, sizeof(url), az_span_str(source->base), media->reports[k].uri) ==
                    AIZU_OK &&
                strcmp(url, az_source_url_of(target)) == 0)
                return az_list_report_directives(source->list, k, out, size);
        }
    }
    return false;
}

/* ---- the multivariant playlist ---- */

static aizu_result take_multivariant(az_engine *e, az_playlist **playlist, const char *base)
{
    az_presentation *p = &e->presentation;
    az_lane *lane = &e->lanes[AZ_LANE_MAIN];
    aizu_result result = az_multivariant_take(e, playlist, base);
    if (result != AIZU_OK) {
        az_multivariant_forget(e);
        return result;
    }
    lane->current = lane->wanted = az_quality_first(e);
    p->version++;
    az_report_event(e, AIZU_EVENT_QUALITIES, AIZU_NO_TIME);
    if (p->renditions[AIZU_RENDITION_AUDIO].count + p->renditions[AIZU_RENDITION_TEXT].count > 0)
        az_report_event(e, AIZU_EVENT_RENDITIONS, AIZU_NO_TIME);
    az_steering_begin(e);
    az_open_preload(e);
    return fetch_current(lane);
}

/* ---- what a media playlist gives ---- */

static void tell_duration(az_engine *e)
{
    az_presentation *p = &e->presentation;
    const az_list *list = az_source_main_list(e);
    int64_t duration = az_list_is_ended(list) ? az_list_end(list) : AIZU_NO_TIME;
    if (duration == p->duration_told)
        return;
    p->duration_told = duration;
    az_report_event(e, AIZU_EVENT_DURATION, duration);
}

/* How soon to look again (6.3.4); a server that blocks is asked at once and decides itself (bis 6.2.5.2). */
static int64_t reload_wait(const az_source *source, bool is_new)
{
    const az_list *list = source->list;
    const az_media_playlist *media = az_list_playlist(list);
    int64_t pace = media->target_duration;
    if (az_list_is_low_latency(list)) {
        size_t count = az_list_count(list);
        int64_t last = count > 0 ? az_list_at(list, count - 1).duration : pace;
        pace = media->part_target > 0 ? media->part_target : AZ_MIN(pace, last);
    }
    if (media->can_block_reload && !source->is_unblocked)
        return is_new ? 0 : AZ_MAX(pace / 2, RELOAD_MIN);
    return AZ_MAX(is_new ? pace : pace / 2, RELOAD_MIN);
}

static void schedule_reload(az_engine *e, az_source *source, int64_t loaded, az_list_change change)
{
    source->loaded = loaded;
    source->reload_due = AZ_NEVER;
    if (az_list_is_ended(source->list))
        return;
    bool is_new = change != AZ_LIST_SAME && change != AZ_LIST_STALE;
    int64_t wait = reload_wait(source, is_new);
    source->reload_due = AZ_MAX(az_add_sat(loaded, wait), az_add_sat(e->now, AZ_MIN(wait, RELOAD_MIN)));
    if (is_new) {
        source->changed = e->now;
        source->is_stale_reported = false;
    }
}

/* Some list of the presentation to put a new one beside. */
static const az_list *reference_for(const az_lane *lane, const az_source *source)
{
    const az_list *own = az_source_list(lane);
    if (own && own != source->list)
        return own;
    for (unsigned i = 0; i < AZ_LANES; i++) {
        const az_list *list = az_source_list(&lane->e->lanes[i]);
        if (list && list != source->list && !az_list_is_empty(list))
            return list;
    }
    return NULL;
}

static az_playlist_context context_of(const az_engine *e, const az_fetch *fetch)
{
    const az_playlist *multivariant = e->presentation.multivariant;
    return (az_playlist_context){
        .url = az_span_str(az_fetch_base(fetch)),
        .imports = multivariant ? multivariant->variables : NULL,
        .import_count = multivariant ? multivariant->variable_count : 0,
    };
}

/* The body of a request, which gives it away. */
static aizu_result take_text(az_fetch *fetch, az_slice *text)
{
    static uint8_t nothing;
    uint8_t *body = fetch->body;
    size_t size = fetch->body_size;
    az_buf *buf = az_buf_wrap(body ? body : &nothing, size, body ? free : NULL, body);
    if (!buf)
        return AIZU_E_MEMORY;
    *text = (az_slice){buf, az_buf_data(buf), size};
    fetch->body = NULL;
    fetch->body_size = fetch->body_capacity = 0;
    return AIZU_OK;
}

/* After a version of the playlist of a source came in. */
static aizu_result took_media(az_lane *lane, size_t index, const az_fetch *fetch, az_list_change change,
                              bool is_first)
{
    az_engine *e = lane->e;
    az_source *source = &e->presentation.sources[index];
    char *base = az_text_copy(az_fetch_base(fetch));
    if (!base)
        return AIZU_E_MEMORY;
    free(source->base);
    source->base = base;
    const az_list *reference = is_first ? reference_for(lane, source) : NULL;
    if (reference)
        az_list_align(source->list, reference, az_playback_available_end(e));
    schedule_reload(e, source, fetch->started, change);
    if (index != lane->current)
        return AIZU_OK;
    if (lane->kind == AZ_LANE_MAIN) {
        tell_duration(e);
        az_playback_media_ready(e);
    }
    return AIZU_OK;
}

/* There is nothing to play in it, and there never will be. */
static bool is_void(const az_list *list)
{
    const az_media_playlist *media = az_list_playlist(list);
    return az_list_is_empty(list) && (media->has_endlist || media->type == AZ_PLAYLIST_TYPE_VOD);
}

/* The first version of a media playlist: as a document, or as text, which the list reads itself. */
typedef struct first_version {
    az_playlist *playlist; /* NULL: text */
    az_slice text;
    az_playlist_context context;
    az_playlist_error *error;
} first_version;

static aizu_result list_take(az_list *list, first_version *version, az_list_change *change)
{
    bool is_full_needed;
    if (version->playlist)
        return az_list_update(list, &version->playlist, change);
    return az_list_reload(list, version->text, &version->context, change, &is_full_needed, version->error);
}

static aizu_result take_first(az_lane *lane, size_t index, first_version *version, const az_fetch *fetch)
{
    az_source *source = &lane->e->presentation.sources[index];
    az_list_change change = AZ_LIST_SAME;
    az_list_destroy(&source->list);
    source->list = az_list_create();
    if (!source->list) {
        az_playlist_destroy(&version->playlist);
        return AIZU_E_MEMORY;
    }
    aizu_result result = list_take(source->list, version, &change);
    if (result == AIZU_OK && is_void(source->list))
        result = AIZU_E_PLAYLIST;
    if (result == AIZU_OK)
        result = took_media(lane, index, fetch, change, true);
    if (result != AIZU_OK)
        az_list_destroy(&source->list);
    return result;
}

static aizu_result take_single(az_engine *e, az_playlist **playlist, const az_fetch *fetch)
{
    az_presentation *p = &e->presentation;
    az_lane *lane = &e->lanes[AZ_LANE_MAIN];
    p->sources = calloc(1, sizeof(*p->sources));
    char *url = az_text_copy(p->url);
    if (!p->sources || !url) {
        free(url);
        az_playlist_destroy(playlist);
        return AIZU_E_MEMORY;
    }
    p->sources[0] = (az_source){.lane = AZ_LANE_MAIN, .rendition = -1, .url_count = 1};
    p->sources[0].reload_due = AZ_NEVER;
    p->sources[0].urls[0] = (az_source_url){.url = url, .pathway = "."};
    p->sources[0].quality = (aizu_quality){.size_struct = sizeof(p->sources[0].quality), .score = -1.0};
    p->source_count = p->variant_count = 1;
    lane->current = lane->wanted = 0;
    p->version++;
    az_report_event(e, AIZU_EVENT_QUALITIES, AIZU_NO_TIME);
    first_version version = {.playlist = *playlist};
    *playlist = NULL;
    return take_first(lane, 0, &version, fetch);
}

static void trace_diagnostics(const az_engine *e, const az_playlist *playlist)
{
    for (size_t i = 0; i < playlist->diagnostic_count; i++)
        az_log_printf(&e->config.log, AZ_LOG_DEBUG, "playlist", "line %u: %s",
                      (unsigned)playlist->diagnostics[i].line, playlist->diagnostics[i].text);
}

/* What is loaded first: it may be of either kind. A *detail is static or in `error`. */
static aizu_result take_root(az_engine *e, az_slice text, az_playlist_error *error, const char **detail)
{
    az_fetch *fetch = &e->fetches[AZ_FETCH_MULTIVARIANT];
    az_playlist *playlist;
    az_playlist_context context = context_of(e, fetch);
    aizu_result result = az_playlist_parse_context(&playlist, text, &context, error);
    if (result != AIZU_OK) {
        *detail = error->text;
        return result;
    }
    trace_diagnostics(e, playlist);
    bool is_multivariant = playlist->kind == AZ_PLAYLIST_MULTIVARIANT;
    result = is_multivariant ? take_multivariant(e, &playlist, az_fetch_base(fetch))
                             : take_single(e, &playlist, fetch);
    if (result == AIZU_E_PLAYLIST)
        *detail = is_multivariant ? "the multivariant playlist has no usable variant"
                                  : "the playlist is finished and has no segments";
    return result;
}

/* A media playlist that is seen for the first time. */
static aizu_result take_new(az_lane *lane, az_fetch_slot slot, size_t index, az_slice text,
                            az_playlist_error *error, const char **detail)
{
    az_engine *e = lane->e;
    first_version version = {.text = text, .context = context_of(e, &e->fetches[slot]), .error = error};
    aizu_result result = take_first(lane, index, &version, &e->fetches[slot]);
    if (result != AIZU_OK)
        *detail = error->text[0] ? error->text : "the playlist is finished and has no segments";
    return result;
}

/* The next version of a playlist. */
static aizu_result take_reload(az_lane *lane, az_fetch_slot slot, az_slice text, az_playlist_error *error,
                               const char **detail)
{
    az_engine *e = lane->e;
    az_source *source = az_source_current(lane);
    az_list_change change;
    az_playlist_context context = context_of(e, &e->fetches[slot]);
    bool is_full_needed = false;
    aizu_result result = az_list_reload(source->list, text, &context, &change, &is_full_needed, error);
    if (is_full_needed && source->is_full_needed) {
        *detail = "the server sends an update where the whole playlist is asked for";
        return AIZU_E_PLAYLIST;
    }
    if (is_full_needed) { /* the update does not fit: the whole playlist, at once */
        source->is_full_needed = true;
        return fetch_current(lane);
    }
    *detail = result != AIZU_OK ? error->text : NULL;
    source->is_full_needed = source->is_full_needed && result != AIZU_OK;
    return result == AIZU_OK ? took_media(lane, lane->current, &e->fetches[slot], change, false) : result;
}

static aizu_result take_body(az_engine *e, az_fetch_slot slot, az_playlist_error *error, const char **detail)
{
    az_fetch *fetch = &e->fetches[slot];
    az_lane *lane = &e->lanes[az_slot_lane(slot)];
    az_slice text;
    aizu_result result = take_text(fetch, &text);
    if (result != AIZU_OK)
        return result;
    bool is_switch = az_slot_purpose(slot) == AZ_FETCH_SWITCH;
    size_t index = is_switch ? lane->wanted : lane->current;
    /* what a switch that came to nothing left behind is out of date */
    if (slot == AZ_FETCH_MULTIVARIANT)
        result = take_root(e, text, error, detail);
    else if (is_switch || !az_source_list(lane))
        result = take_new(lane, slot, index, text, error, detail);
    else
        result = take_reload(lane, slot, text, error, detail);
    az_slice_unref(&text);
    return result;
}

/* ---- failures ---- */

/* Another copy of the same source. */
static bool other_url(az_engine *e, az_source *source)
{
    if (az_steering_leave(e, source, az_add_sat(e->now, PENALTY)))
        return true;
    source->urls[source->url_current].penalty_until = az_add_sat(e->now, PENALTY);
    for (size_t i = 1; i < source->url_count; i++) {
        size_t next = (source->url_current + i) % source->url_count;
        if (source->urls[next].penalty_until > e->now)
            continue;
        source->url_current = next;
        return true;
    }
    return false;
}

static size_t other_source(const az_lane *lane, size_t not_this)
{
    const az_presentation *p = &lane->e->presentation;
    size_t best = AZ_NO_SOURCE;
    for (size_t i = 0; lane->kind == AZ_LANE_MAIN && i < p->variant_count; i++) {
        if (i == not_this || p->sources[i].penalty_until > lane->e->now)
            continue;
        if (best == AZ_NO_SOURCE || p->sources[i].quality.bandwidth < p->sources[best].quality.bandwidth)
            best = i;
    }
    return best;
}

bool az_source_fail_over(az_lane *lane)
{
    az_engine *e = lane->e;
    az_source *failed = az_source_current(lane);
    if (other_url(e, failed))
        return fetch_current(lane) == AIZU_OK;
    if (lane->kind != AZ_LANE_MAIN)
        return false; /* another rendition is no substitute */
    failed->penalty_until = AZ_MAX(failed->penalty_until, az_add_sat(e->now, PENALTY));
    size_t other = other_source(lane, lane->current);
    if (other == AZ_NO_SOURCE)
        return false;
    if (failed->list) {
        bool is_leaving =
            lane->wanted != lane->current && e->presentation.sources[lane->wanted].penalty_until <= e->now;
        if (!is_leaving)
            az_source_switch_to(lane, other);
        return true;
    }
    lane->current = lane->wanted = other;
    return fetch_current(lane) == AIZU_OK;
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

/* Nothing more can be had of this lane: the end, or playback without it. */
static void lane_failed(az_lane *lane, const char *stage, const char *url, const az_fetch_outcome *outcome)
{
    if (lane->kind == AZ_LANE_MAIN)
        fatal(lane->e, stage, url, outcome);
    else
        az_rendition_give_up(lane, outcome);
}

/* A server that does not understand the directives is asked without. True: it was. One that had nothing new
 * for too long says 503 (bis 6.2.5.2) and is asked again as before. */
static bool ask_plainly(az_lane *lane, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_source *source = az_source_current(lane);
    const az_fetch *fetch = &lane->e->fetches[slot];
    bool has_directives = fetch->url && strstr(fetch->url, "_HLS_");
    bool is_busy = outcome->http_status >= 500 || outcome->http_status == 429;
    if (!has_directives || outcome->http_status < 400 || outcome->result == AIZU_E_FORBIDDEN ||
        (is_busy && fetch->tries < AZ_RETRY_SEGMENT_MAX))
        return false;
    source->is_unblocked = true;
    return fetch_current(lane) == AIZU_OK;
}

/* The source in use has been played from: its playlist may fail for long before all is given up. */
static void reload_failed(az_lane *lane, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    az_source *source = az_source_current(lane);
    const az_fetch *fetch = &e->fetches[slot];
    if (ask_plainly(lane, slot, outcome))
        return;
    if (az_add_sat(AZ_MAX(source->loaded, source->changed), AZ_GIVE_UP_AFTER) <= e->now &&
        az_playback_ahead(e) <= 0) {
        lane_failed(lane, "media playlist", az_source_url_of(source), outcome);
        return;
    }
    bool is_forbidden = outcome->result == AIZU_E_FORBIDDEN; /* once more of the same changes nothing soon */
    bool is_told = fetch->tries == (is_forbidden ? 1 : AZ_RETRY_SEGMENT_MAX);
    uint64_t id = fetch->id;
    if (is_told)
        trouble(e, "media playlist", az_source_url_of(source), outcome);
    if (is_told || is_forbidden)
        (void)az_source_fail_over(lane);
    if (fetch->id == id)
        az_fetch_again(e, slot,
                       is_forbidden ? AZ_MAX(outcome->retry_after, AZ_RETRY_LAST) : outcome->retry_after);
}

static void switch_failed(az_lane *lane, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    az_source *source = &e->presentation.sources[lane->wanted];
    trouble(e, "media playlist", e->fetches[slot].url, outcome);
    if (other_url(e, source) && fetch_playlist(lane, slot, source, NULL) == AIZU_OK)
        return;
    source->penalty_until = AZ_MAX(source->penalty_until, az_add_sat(e->now, PENALTY));
    lane->wanted = lane->current;
}

static void failed(az_engine *e, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_presentation *p = &e->presentation;
    az_lane *lane = &e->lanes[az_slot_lane(slot)];
    az_fetch_purpose purpose = az_slot_purpose(slot);
    if (purpose == AZ_FETCH_PLAYLIST && az_source_list(lane)) {
        reload_failed(lane, slot, outcome);
    } else if (is_worth_a_try(outcome, e->fetches[slot].tries)) {
        az_fetch_again(e, slot, outcome->retry_after);
    } else if (purpose == AZ_FETCH_SWITCH) {
        switch_failed(lane, slot, outcome);
    } else if (purpose == AZ_FETCH_PLAYLIST && outcome->result != AIZU_E_MEMORY) {
        const char *url = az_source_url_of(az_source_current(lane));
        if (az_source_fail_over(lane))
            trouble(e, "media playlist", url, outcome);
        else
            lane_failed(lane, "media playlist", url, outcome);
    } else {
        fatal(e, slot == AZ_FETCH_MULTIVARIANT ? "multivariant playlist" : "media playlist", p->url, outcome);
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

bool az_source_is_ready(const az_lane *lane, size_t index)
{
    const az_source *source = &lane->e->presentation.sources[index];
    return source->list && !az_list_is_empty(source->list) &&
           !az_fetch_is_busy(lane->e, az_slot(lane->kind, AZ_FETCH_SWITCH));
}

void az_source_switch_to(az_lane *lane, size_t index)
{
    az_engine *e = lane->e;
    az_fetch_slot slot = az_slot(lane->kind, AZ_FETCH_SWITCH);
    AZ_ASSERT(index < e->presentation.source_count);
    if (!az_source_list(lane)) { /* nothing is played yet: begin with it */
        bool is_new = lane->current != index;
        lane->current = lane->wanted = index;
        if (is_new && fetch_current(lane) != AIZU_OK)
            az_log_printf(&e->config.log, AZ_LOG_ERROR, "engine", "no memory to begin with another source");
        return;
    }
    if (index == lane->wanted)
        return;
    az_fetch_stop(e, slot);
    lane->wanted = index;
    az_source *source = &e->presentation.sources[index];
    bool is_known = source->list && az_list_is_ended(source->list);
    if (index == lane->current || is_known)
        return;
    char report[128];
    bool has_report = find_report(lane, source, report, sizeof(report));
    if (fetch_playlist(lane, slot, source, has_report ? report : NULL) != AIZU_OK)
        lane->wanted = lane->current;
}

void az_source_adopt(az_lane *lane, size_t index, int64_t pts)
{
    az_engine *e = lane->e;
    az_presentation *p = &e->presentation;
    az_source *left = az_source_current(lane);
    az_fetch_stop(e, playlist_slot(lane));
    left->reload_due = AZ_NEVER;
    if (left->list && p->sources[index].list)
        az_list_align(p->sources[index].list, left->list, pts);
    if (left->list && !az_list_is_ended(left->list))
        az_list_destroy(&left->list); /* it would be out of date when it is needed again */
    lane->current = lane->wanted = index;
    if (lane->kind == AZ_LANE_MAIN)
        tell_duration(e);
}

static void check_stale(az_lane *lane, az_source *source)
{
    az_engine *e = lane->e;
    const az_media_playlist *media = az_list_playlist(source->list);
    int64_t quiet = AZ_MAX(media->target_duration, AIZU_SECOND) * STALE_TARGETS;
    int64_t told_at = az_add_sat(source->changed, quiet);
    int64_t over_at = az_add_sat(source->changed, AZ_GIVE_UP_AFTER);
    const az_fetch *fetch = &e->fetches[playlist_slot(lane)];
    bool is_unreachable =
        fetch->state == AZ_FETCH_WAITING || (fetch->state != AZ_FETCH_IDLE && fetch->tries > 1);
    if (is_unreachable) /* told as such */
        return;
    az_fetch_outcome outcome = {.result = AIZU_E_STALE, .detail = "the live playlist does not change"};
    if (over_at <= e->now && az_playback_ahead(e) <= 0 && e->playback.want_play) {
        lane_failed(lane, "media playlist", az_source_url_of(source), &outcome);
        return;
    }
    if (told_at <= e->now && !source->is_stale_reported) {
        source->is_stale_reported = true;
        trouble(e, "media playlist", az_source_url_of(source), &outcome);
    }
    az_engine_wake(e, source->is_stale_reported ? AZ_MAX(over_at, e->now + AIZU_SECOND) : told_at);
}

void az_source_step(az_lane *lane)
{
    az_engine *e = lane->e;
    az_source *source = az_source_current(lane);
    if (!source || !source->list || az_list_is_ended(source->list))
        return;
    if (source->reload_due <= e->now && !az_fetch_is_busy(e, playlist_slot(lane)) &&
        fetch_current(lane) != AIZU_OK)
        source->reload_due = az_add_sat(e->now, AIZU_SECOND);
    if (source->reload_due != AZ_NEVER)
        az_engine_wake(e, source->reload_due);
    check_stale(lane, source);
}

/* ---- where playback may go ---- */

int64_t az_source_live_start(const az_engine *e)
{
    const az_list *list = az_source_main_list(e);
    int64_t hold_back = e->config.live_hold_back > 0 ? e->config.live_hold_back : az_list_hold_back(list);
    return AZ_MAX(az_list_begin(list), az_add_sat(az_list_end(list), -hold_back));
}

bool az_source_seekable(const az_engine *e, int64_t *begin, int64_t *end)
{
    const az_list *list = az_source_main_list(e);
    if (!list || az_list_is_empty(list))
        return false;
    *begin = az_list_begin(list);
    *end = az_list_is_ended(list) ? az_list_end(list) : az_source_live_start(e);
    return true;
}
