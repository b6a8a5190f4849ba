/*
 * Content steering (bis 7): a manifest that is fetched now and again says in which order pathways are to be
 * used. A source has a URL for each pathway that it is on; the best one that has no penalty is taken. Clones
 * of pathways (bis 7.3) add URLs.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL_MIN   (5 * AIZU_SECOND)
#define TTL_MAX   (24 * 3600 * AIZU_SECOND)
#define TTL_RETRY (300 * AIZU_SECOND) /* when the manifest cannot be had */

void az_steering_forget(az_engine *e)
{
    az_engine_retire(e, e->steering.url);
    e->steering = (az_steering_state){.due = AZ_NEVER};
}

/* ---- choosing ---- */

static size_t rank_of(const az_steering_state *s, const char *pathway)
{
    for (size_t i = 0; i < s->priority_count; i++)
        if (strcmp(s->priority[i], pathway) == 0)
            return i;
    return s->priority_count;
}

static size_t best_url(const az_engine *e, const az_source *source)
{
    size_t best = source->url_current;
    size_t best_rank = SIZE_MAX;
    for (size_t i = 0; i < source->url_count; i++) {
        size_t rank = rank_of(&e->steering, source->urls[i].pathway);
        if (source->urls[i].penalty_until > e->now)
            rank += AZ_PATHWAYS_MAX + 1;
        if (rank < best_rank || (rank == best_rank && i == source->url_current)) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

/* The lane that plays a source, or NULL. */
static az_lane *player_of(az_engine *e, size_t index)
{
    for (unsigned i = 0; i < AZ_LANES; i++)
        if (e->lanes[i].current == index)
            return &e->lanes[i];
    return NULL;
}

void az_steering_apply(az_engine *e)
{
    az_presentation *p = &e->presentation;
    for (size_t i = 0; i < p->source_count; i++) {
        az_source *source = &p->sources[i];
        size_t best = best_url(e, source);
        if (best == source->url_current)
            continue;
        source->url_current = best;
        az_lane *lane = player_of(e, i);
        if (lane && source->list)
            az_source_reload(lane);
        else if (!lane)
            az_list_destroy(&source->list); /* its URIs lead to the other pathway */
    }
}

bool az_steering_leave(az_engine *e, const az_source *source, int64_t until)
{
    az_presentation *p = &e->presentation;
    char failed[AZ_PATHWAY_ID_MAX];
    if (e->steering.priority_count == 0)
        return false;
    memcpy(failed, source->urls[source->url_current].pathway, sizeof(failed));
    for (size_t i = 0; i < p->source_count; i++)
        for (size_t k = 0; k < p->sources[i].url_count; k++)
            if (strcmp(p->sources[i].urls[k].pathway, failed) == 0)
                p->sources[i].urls[k].penalty_until = until;
    size_t before = source->url_current;
    az_steering_apply(e);
    return source->url_current != before;
}

/* ---- clones ---- */

static const char *replaced_uri(const az_pathway_clone *clone, const az_source *source)
{
    bool is_variant = source->rendition < 0;
    const az_uri_pair *pairs = is_variant ? clone->variants : clone->renditions;
    size_t count = is_variant ? clone->variant_count : clone->rendition_count;
    for (size_t i = 0; source->stable != 0 && i < count; i++)
        if (az_multivariant_hash(az_span_str(pairs[i].id)) == source->stable)
            return pairs[i].uri;
    return NULL;
}

/* The URL of the clone: a URI of its own, or that of the original with another host; parameters are added to
 * both. */
static bool clone_url(const az_engine *e, const az_pathway_clone *clone, const az_source *source,
                      const char *original, char *out, size_t size)
{
    const char *uri = replaced_uri(clone, source);
    size_t used = 0;
    if (uri) {
        const char *base = e->steering.url ? e->steering.url : e->presentation.multivariant_base;
        if (az_url_resolve(out, size, az_span_str(base), az_span_str(uri)) != AIZU_OK)
            return false;
        used = strlen(out);
    } else {
        const char *host = strstr(original, "://");
        if (!host)
            return false;
        size_t scheme = (size_t)(host - original) + 3;
        const char *path = original + scheme + strcspn(original + scheme, "/?#");
        const char *name = clone->host[0] ? clone->host : NULL;
        int length = name ? snprintf(out, size, "%.*s%s%s", (int)scheme, original, name, path)
                          : snprintf(out, size, "%s", original);
        if (length < 0 || (size_t)length >= size)
            return false;
        used = (size_t)length;
    }
    for (size_t i = 0; i < clone->param_count; i++) {
        int length = snprintf(out + used, size - used, "%c%s=%s", strchr(out, '?') ? '&' : '?',
                              clone->params[i].name, clone->params[i].value);
        if (length < 0 || (size_t)length >= size - used)
            return false;
        used += (size_t)length;
    }
    return az_url_is_fetchable(az_span_str(out));
}

static void clone_source(az_engine *e, const az_pathway_clone *clone, az_source *source)
{
    const az_source_url *base = NULL;
    char url[AIZU_URL_SIZE_MAX];
    for (size_t i = 0; i < source->url_count; i++) {
        if (strcmp(source->urls[i].pathway, clone->id) == 0)
            return; /* known already */
        if (strcmp(source->urls[i].pathway, clone->base_id) == 0)
            base = &source->urls[i];
    }
    if (!base || source->url_count == AZ_SOURCE_URLS_MAX ||
        !clone_url(e, clone, source, base->url, url, sizeof(url)))
        return;
    az_source_url *copy = &source->urls[source->url_count];
    *copy = *base;
    copy->penalty_until = 0;
    snprintf(copy->pathway, sizeof(copy->pathway), "%s", clone->id);
    copy->url = az_text_copy(url);
    source->url_count += copy->url != NULL;
}

/* ---- the manifest ---- */

static void take(az_engine *e, const az_steering *manifest)
{
    az_steering_state *s = &e->steering;
    az_presentation *p = &e->presentation;
    for (size_t i = 0; i < manifest->clone_count; i++)
        for (size_t k = 0; k < p->source_count; k++)
            clone_source(e, &manifest->clones[i], &p->sources[k]);
    s->priority_count = manifest->priority_count;
    memcpy(s->priority, manifest->priority, sizeof(s->priority));
    int64_t ttl = AZ_MAX(TTL_MIN, AZ_MIN(manifest->ttl, TTL_MAX));
    s->due = az_add_sat(e->now, ttl);
    char url[AIZU_URL_SIZE_MAX];
    const az_fetch *fetch = &e->fetches[AZ_FETCH_STEERING];
    const char *base = fetch->url ? az_fetch_base(fetch) : p->multivariant_base; /* inline: no request */
    if (manifest->reload_uri[0] &&
        az_url_resolve(url, sizeof(url), az_span_str(base), az_span_str(manifest->reload_uri)) == AIZU_OK) {
        char *copy = az_text_copy(url);
        if (copy) {
            az_engine_retire(e, s->url);
            s->url = copy;
        }
    }
    az_steering_apply(e);
}

void az_steering_fetched(az_engine *e, const az_fetch_outcome *outcome)
{
    az_fetch *fetch = &e->fetches[AZ_FETCH_STEERING];
    az_steering_state *s = &e->steering;
    aizu_result result = outcome->result;
    az_steering *manifest = result == AIZU_OK ? calloc(1, sizeof(*manifest)) : NULL;
    if (manifest)
        result = e->config.parse_steering(manifest, az_span_make(fetch->body, fetch->body_size));
    if (manifest && result == AIZU_OK)
        take(e, manifest);
    else
        s->due = az_add_sat(e->now, outcome->retry_after > 0 ? outcome->retry_after : TTL_RETRY);
    if (result != AIZU_OK)
        az_log_printf(&e->config.log, AZ_LOG_WARNING, "engine", "steering: %s", aizu_result_name(result));
    if (outcome->http_status == 410) /* bis 7.4: no more steering in this session */
        s->due = AZ_NEVER;
    free(manifest);
    az_fetch_stop(e, AZ_FETCH_STEERING);
    e->is_again = true;
}

/* With the pathway in use and the throughput, as far as they are known (bis 7.2). */
static void look_again(az_engine *e)
{
    az_steering_state *s = &e->steering;
    const az_source *source = az_source_current(&e->lanes[AZ_LANE_MAIN]);
    const char *pathway = source ? source->urls[source->url_current].pathway : ".";
    long long throughput = az_quality_estimate(e);
    char url[AIZU_URL_SIZE_MAX], clean[AIZU_URL_SIZE_MAX], rate[48] = "";
    if (throughput > 0)
        snprintf(rate, sizeof(rate), "&_HLS_throughput=%lld", throughput);
    int length = snprintf(url, sizeof(url), "%s%c_HLS_pathway=\"%s\"%s", s->url,
                          strchr(s->url, '?') ? '&' : '?', pathway, rate);
    bool is_usable = length > 0 && (size_t)length < sizeof(url) &&
                     az_url_resolve(clean, sizeof(clean), az_span_str(s->url), az_span_str(url)) == AIZU_OK;
    s->due = AZ_NEVER;
    if (az_fetch_start(e, AZ_FETCH_STEERING, &(az_fetch_request){.url = is_usable ? clean : s->url}) !=
        AIZU_OK)
        s->due = az_add_sat(e->now, TTL_RETRY);
}

/* A manifest that stands in the playlist itself. */
static void take_inline(az_engine *e, az_span uri)
{
    char *text = malloc(uri.size + 1);
    uint8_t *json = malloc(uri.size + 1);
    az_steering *manifest = calloc(1, sizeof(*manifest));
    size_t size = 0;
    if (text && json && manifest && uri.size > 0 && uri.size < AZ_STEERING_SIZE_MAX) {
        memcpy(text, uri.data, uri.size);
        text[uri.size] = '\0';
        if (az_open_inline(text, json, uri.size, &size) &&
            e->config.parse_steering(manifest, az_span_make(json, size)) == AIZU_OK)
            take(e, manifest);
    }
    e->steering.due = e->steering.url ? e->steering.due : AZ_NEVER;
    free(manifest);
    free(json);
    free(text);
}

void az_steering_step(az_engine *e)
{
    az_steering_state *s = &e->steering;
    if (!s->url || az_fetch_is_busy(e, AZ_FETCH_STEERING))
        return;
    if (s->due <= e->now)
        look_again(e);
    else if (s->due != AZ_NEVER)
        az_engine_wake(e, s->due);
}

void az_steering_begin(az_engine *e)
{
    const az_presentation *p = &e->presentation;
    const az_multivariant *m = &p->multivariant->u.multivariant;
    char url[AIZU_URL_SIZE_MAX];
    az_steering_forget(e);
    if (m->steering_uri.size == 0)
        return;
    if (m->steering_pathway.size > 0 && m->steering_pathway.size < AZ_PATHWAY_ID_MAX) {
        memcpy(e->steering.priority[0], m->steering_pathway.data, m->steering_pathway.size);
        e->steering.priority_count = 1;
        az_steering_apply(e);
    }
    if (e->config.parse_steering && az_span_starts_with(m->steering_uri, "data:")) {
        take_inline(e, m->steering_uri);
        return;
    }
    if (!e->config.parse_steering ||
        az_url_resolve(url, sizeof(url), az_span_str(p->multivariant_base), m->steering_uri) != AIZU_OK)
        return;
    e->steering.url = az_text_copy(url);
    if (e->steering.url)
        look_again(e);
}
