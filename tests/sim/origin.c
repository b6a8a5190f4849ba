/*
 * The server: playlists as they stand at a moment, and segments. URLs under URL_BASE: main.m3u8,
 * v<variant>.m3u8, v<variant>/<media sequence number>.ts.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

typedef struct text {
    char *data;
    size_t size, capacity;
} text;

static void put(text *t, const char *format, ...) AZ_PRINTF(2, 3);

static void put(text *t, const char *format, ...)
{
    if (t->capacity - t->size < 512) {
        t->capacity = t->capacity ? t->capacity * 2 : 4096;
        t->data = realloc(t->data, t->capacity);
        AZ_ASSERT(t->data);
    }
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(t->data + t->size, t->capacity - t->size, format, arguments);
    va_end(arguments);
    AZ_ASSERT(size >= 0 && (size_t)size < t->capacity - t->size);
    t->size += (size_t)size;
}

static bool text_slice(text *t, az_slice *out)
{
    bool ok = az_slice_copy(out, az_span_make(t->data, t->size));
    free(t->data);
    return ok;
}

void origin_init(origin *o, world *w)
{
    *o = (origin){.world = w, .stop_begin = AZ_NEVER, .frozen_at = AZ_NEVER};
}

void origin_deinit(origin *o)
{
    for (size_t i = 0; i < AZ_COUNT(o->cache); i++)
        az_buf_unref(&o->cache[i].buf);
    for (size_t i = 0; i < VARIANTS_MAX; i++)
        az_buf_unref(&o->list_cache[i]);
}

resource origin_parse(const origin *o, const char *url)
{
    resource r = {RESOURCE_UNKNOWN, 0, 0};
    size_t base = strlen(URL_BASE);
    if (strncmp(url, URL_BASE, base) != 0)
        return r;
    url += base;
    if (strcmp(url, "main.m3u8") == 0) {
        r.kind = o->world->is_plain ? RESOURCE_MEDIA : RESOURCE_MULTIVARIANT;
        return r;
    }
    if (url[0] != 'v' || url[1] < '0' || url[1] >= '0' + o->world->variant_count)
        return r;
    r.variant = url[1] - '0';
    if (strcmp(url + 2, ".m3u8") == 0) {
        r.kind = RESOURCE_MEDIA;
        return r;
    }
    if (url[2] != '/')
        return r;
    char *end = NULL;
    r.segment = strtoull(url + 3, &end, 10) - o->world->sequence_first;
    if (end != url + 3 && strcmp(end, ".ts") == 0)
        r.kind = RESOURCE_SEGMENT;
    return r;
}

int64_t origin_media_now(const origin *o, int64_t now)
{
    int64_t stopped = o->stopped + (o->stop_begin == AZ_NEVER ? 0 : now - o->stop_begin);
    return az_rescale(o->world->lead + now - stopped, TICKS_PER_SECOND, AIZU_SECOND);
}

/* Civil date from days since 1970 (Gregorian, proleptic). */
static void put_wall(text *t, int64_t wall)
{
    int64_t ms = wall / AIZU_MILLISECOND;
    int64_t days = ms / 86400000 + 719468;
    int64_t era = days / 146097;
    int64_t doe = days % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t month = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    int64_t year = yoe + era * 400 + (month <= 2);
    int64_t left = ms % 86400000;
    put(t, "#EXT-X-PROGRAM-DATE-TIME:%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\n", (int)year, (int)month, (int)day,
        (int)(left / 3600000), (int)(left / 60000 % 60), (int)(left / 1000 % 60), (int)(left % 1000));
}

static void put_segment(text *t, const world *w, int variant, size_t i, bool is_first)
{
    const world_segment *g = &w->segments[i];
    bool begins_domain = i > 0 && w->segments[i - 1].domain != g->domain;
    if (begins_domain)
        put(t, "#EXT-X-DISCONTINUITY\n");
    if (w->has_wall && (is_first || begins_domain || w->salt % 2))
        put_wall(t, g->wall);
    int64_t duration = az_rescale(g->frame_count * w->ticks_per_frame, AIZU_SECOND, TICKS_PER_SECOND);
    if (w->salt % 3)
        put(t, "#EXTINF:%.3f,\n", (double)duration / 1e9);
    else
        put(t, "#EXTINF:%.6f,live\n", (double)duration / 1e9);
    if (w->salt % 5 == 0)
        put(t, "%s", URL_BASE);
    put(t, "v%d/%llu.ts\n", variant, (unsigned long long)(w->sequence_first + i));
}

/* Index behind the last segment that a variant's playlist lists at a media time. */
static size_t listed_end(const world *w, int variant, int64_t media)
{
    size_t end = world_segment_at(w, media);
    if (world_segment_end(w, end) <= media)
        end++;
    size_t lag = w->kind == WORLD_LIVE ? (size_t)w->playlist_lag[variant] : 0;
    return end > lag ? end - lag : 0;
}

static void put_media_playlist(text *t, const world *w, int variant, size_t begin, size_t end)
{
    bool is_ended = (int64_t)end == w->segment_total;
    put(t, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n", (int)(w->target / AIZU_SECOND));
    if (w->kind != WORLD_LIVE)
        put(t, "#EXT-X-PLAYLIST-TYPE:%s\n", w->kind == WORLD_VOD ? "VOD" : "EVENT");
    put(t, "#EXT-X-MEDIA-SEQUENCE:%llu\n", (unsigned long long)(w->sequence_first + begin));
    if (w->kind == WORLD_LIVE && end > begin) {
        bool has_tag = begin > 0 && w->segments[begin - 1].domain != w->segments[begin].domain;
        put(t, "#EXT-X-DISCONTINUITY-SEQUENCE:%u\n", (unsigned)w->segments[begin].domain - has_tag);
    }
    for (size_t i = begin; i < end; i++)
        put_segment(t, w, variant, i, i == begin);
    if (is_ended)
        put(t, "#EXT-X-ENDLIST\n");
}

static int get_media_playlist(origin *o, int variant, int64_t now, az_slice *body)
{
    world *w = o->world;
    if (o->list_cache[variant]) {
        az_buf *buf = az_buf_ref(o->list_cache[variant]);
        *body = (az_slice){buf, az_buf_data(buf), o->list_size[variant]};
        return 0;
    }
    int64_t media = o->frozen_at == AZ_NEVER ? origin_media_now(o, now) : o->frozen_at;
    world_extend(w, media);
    size_t end = w->kind == WORLD_VOD ? w->segment_count : listed_end(w, variant, media);
    size_t begin = w->kind == WORLD_LIVE && end > (size_t)w->window ? end - (size_t)w->window : 0;
    text t = {0};
    put_media_playlist(&t, w, variant, begin, end);
    if (!text_slice(&t, body))
        return 500;
    if ((int64_t)end == w->segment_total) {
        o->list_cache[variant] = az_buf_ref(body->buf);
        o->list_size[variant] = body->size;
    }
    return 0;
}

static int get_multivariant(const origin *o, az_slice *body)
{
    const world *w = o->world;
    text t = {0};
    put(&t, "#EXTM3U\n#EXT-X-VERSION:3\n");
    for (int i = 0; i < w->variant_count; i++) {
        int v = w->bandwidth_order[i];
        put(&t, "#EXT-X-STREAM-INF:BANDWIDTH=%lld,RESOLUTION=%dx%d,CODECS=\"avc1.42c00a%s\",NAME=\"v%d\"\n",
            (long long)w->bandwidth[v], 64 + 16 * v, 64 + 16 * v, w->has_audio ? ",mp4a.40.2" : "", v);
        put(&t, "v%d.m3u8\n", v);
    }
    return text_slice(&t, body) ? 0 : 500;
}

static int get_segment(origin *o, resource r, int64_t now, az_slice *body)
{
    world *w = o->world;
    int64_t media = origin_media_now(o, now);
    world_extend(w, media);
    if (r.segment >= w->segment_count ||
        (w->kind != WORLD_VOD && world_segment_end(w, (size_t)r.segment) > media))
        return 404;
    /* a server keeps what fell out of the playlist for its duration and a while (RFC 8216, 6.2.2) */
    if (w->kind == WORLD_LIVE && r.segment + 2 * (uint64_t)w->window + 2 < world_segment_at(w, media))
        return 404;
    segment_cache *slot = &o->cache[(r.segment * VARIANTS_MAX + (uint64_t)r.variant) % AZ_COUNT(o->cache)];
    if (!slot->buf || slot->segment != r.segment || slot->variant != r.variant) {
        az_buf_unref(&slot->buf);
        if (!segment_write(w, r.variant, (size_t)r.segment, &slot->buf, &slot->size))
            return 500;
        slot->segment = r.segment;
        slot->variant = r.variant;
    }
    az_buf *buf = az_buf_ref(slot->buf);
    *body = (az_slice){buf, az_buf_data(buf), slot->size};
    return 0;
}

int origin_get(origin *o, resource r, int64_t now, az_slice *body)
{
    *body = (az_slice){0};
    switch (r.kind) {
    case RESOURCE_MULTIVARIANT:
        return get_multivariant(o, body);
    case RESOURCE_MEDIA:
        return get_media_playlist(o, r.variant, now, body);
    case RESOURCE_SEGMENT:
        return get_segment(o, r, now, body);
    case RESOURCE_UNKNOWN:
        break;
    }
    return 404;
}
