/*
 * The server: playlists as they stand at a moment, and segments. URLs under URL_BASE: main.m3u8,
 * v<variant>.m3u8, v<variant>/<media sequence number>.ts, and where there are parts <number>.<part>.ts;
 * a.m3u8 and a/ are the rendition of sound.
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
    for (size_t i = 0; i < AZ_COUNT(o->cache); i++) {
        az_buf_unref(&o->cache[i].buf);
        free(o->cache[i].marks);
    }
    for (size_t i = 0; i < SOURCES_MAX; i++)
        az_buf_unref(&o->list_cache[i]);
}

/* "?_HLS_msn=M&_HLS_part=N" */
static void parse_directives(const origin *o, const char *query, resource *r)
{
    const char *number = strstr(query, "_HLS_msn=");
    const char *part = strstr(query, "_HLS_part=");
    if (!number)
        return;
    r->is_waiting = true;
    r->segment = strtoull(number + strlen("_HLS_msn="), NULL, 10) - o->world->sequence_first;
    if (part)
        r->part = (int)strtol(part + strlen("_HLS_part="), NULL, 10);
}

/* "12.ts", "12.3.ts" */
static void parse_segment(const origin *o, const char *name, resource *r)
{
    char *end = NULL;
    r->segment = strtoull(name, &end, 10) - o->world->sequence_first;
    if (end == name)
        return;
    if (o->world->part_frames > 0 && end[0] == '.' && end[1] >= '0' && end[1] <= '9')
        r->part = (int)strtol(end + 1, &end, 10);
    if (strcmp(end, ".ts") == 0)
        r->kind = RESOURCE_SEGMENT;
}

resource origin_parse(const origin *o, const char *url)
{
    resource r = {.kind = RESOURCE_UNKNOWN, .part = -1};
    const world *w = o->world;
    size_t base = strlen(URL_BASE);
    if (strncmp(url, URL_BASE, base) != 0)
        return r;
    url += base;
    size_t size = strcspn(url, "?");
    if (strncmp(url, "main.m3u8", size) == 0 && size == strlen("main.m3u8")) {
        r.kind = w->is_plain ? RESOURCE_MEDIA : RESOURCE_MULTIVARIANT;
        parse_directives(o, url + size, &r);
        return r;
    }
    bool is_sound = url[0] == 'a' && w->has_sound_lane;
    if (!is_sound && (url[0] != 'v' || url[1] < '0' || url[1] >= '0' + w->variant_count))
        return r;
    r.variant = is_sound ? SOUND : url[1] - '0';
    const char *rest = url + (is_sound ? 1 : 2);
    size -= (size_t)(rest - url);
    if (size == strlen(".m3u8") && strncmp(rest, ".m3u8", size) == 0) {
        r.kind = RESOURCE_MEDIA;
        parse_directives(o, rest + size, &r);
    } else if (rest[0] == '/') {
        parse_segment(o, rest + 1, &r);
    }
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

static void put_name(text *t, const world *w, int variant)
{
    if (w->salt % 5 == 0)
        put(t, "%s", URL_BASE);
    if (variant == SOUND)
        put(t, "a");
    else
        put(t, "v%d", variant);
}

static void put_parts(text *t, const world *w, int variant, size_t i, int count)
{
    const world_segment *g = &w->segments[i];
    for (int k = 0; k < count; k++) {
        int frames = AZ_MIN(w->part_frames, g->frame_count - k * w->part_frames);
        int64_t duration = az_rescale(frames * w->ticks_per_frame, AIZU_SECOND, TICKS_PER_SECOND);
        put(t, "#EXT-X-PART:DURATION=%.6f,URI=\"", (double)duration / 1e9);
        put_name(t, w, variant);
        put(t, "/%llu.%d.ts\"%s\n", (unsigned long long)(w->sequence_first + i), k,
            k == 0 ? ",INDEPENDENT=YES" : "");
    }
}

#define PARTS_KEPT 3 /* segments whose parts are listed */

/* What stands before the URI of a segment, or for the one that is being written. */
static void put_segment_tags(text *t, const world *w, size_t i, bool is_first)
{
    const world_segment *g = &w->segments[i];
    bool begins_domain = i > 0 && w->segments[i - 1].domain != g->domain;
    if (begins_domain)
        put(t, "#EXT-X-DISCONTINUITY\n");
    if (w->has_wall && (is_first || begins_domain || w->salt % 2))
        put_wall(t, g->wall);
}

static void put_segment(text *t, const world *w, int variant, size_t i, size_t end, bool is_first)
{
    const world_segment *g = &w->segments[i];
    put_segment_tags(t, w, i, is_first);
    if (w->part_frames > 0 && i + PARTS_KEPT >= end)
        put_parts(t, w, variant, i, world_part_count(w, i));
    int64_t duration = az_rescale(g->frame_count * w->ticks_per_frame, AIZU_SECOND, TICKS_PER_SECOND);
    if (w->salt % 3)
        put(t, "#EXTINF:%.3f,\n", (double)duration / 1e9);
    else
        put(t, "#EXTINF:%.6f,live\n", (double)duration / 1e9);
    put_name(t, w, variant);
    put(t, "/%llu.ts\n", (unsigned long long)(w->sequence_first + i));
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

static void put_part_head(text *t, const world *w)
{
    double part =
        (double)az_rescale(w->part_frames * w->ticks_per_frame, AIZU_SECOND, TICKS_PER_SECOND) / 1e9;
    put(t, "#EXT-X-PART-INF:PART-TARGET=%.6f\n", part);
    put(t, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%.6f\n", 3 * part);
}

static int parts_done(const world *w, size_t segment, int64_t media)
{
    int count = 0;
    while (count < world_part_count(w, segment) && world_part_end(w, segment, count) <= media)
        count++;
    return count;
}

/* The segment that is being written: its parts, and the next one. */
static void put_open(text *t, const world *w, int variant, size_t i, int64_t media, bool is_first)
{
    int done = parts_done(w, i, media);
    put_segment_tags(t, w, i, is_first);
    put_parts(t, w, variant, i, done);
    put(t, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"");
    put_name(t, w, variant);
    put(t, "/%llu.%d.ts\"\n", (unsigned long long)(w->sequence_first + i), done);
}

static void put_media_playlist(text *t, const world *w, int variant, size_t begin, size_t end, int64_t media)
{
    bool is_ended = (int64_t)end == w->segment_total;
    put(t, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n", w->part_frames > 0 ? 9 : 3,
        (int)(w->target / AIZU_SECOND));
    if (w->part_frames > 0)
        put_part_head(t, w);
    if (w->kind != WORLD_LIVE)
        put(t, "#EXT-X-PLAYLIST-TYPE:%s\n", w->kind == WORLD_VOD ? "VOD" : "EVENT");
    put(t, "#EXT-X-MEDIA-SEQUENCE:%llu\n", (unsigned long long)(w->sequence_first + begin));
    if (w->kind == WORLD_LIVE && end > begin) {
        bool has_tag = begin > 0 && w->segments[begin - 1].domain != w->segments[begin].domain;
        put(t, "#EXT-X-DISCONTINUITY-SEQUENCE:%u\n", (unsigned)w->segments[begin].domain - has_tag);
    }
    for (size_t i = begin; i < end; i++)
        put_segment(t, w, variant, i, end, i == begin);
    if (w->part_frames > 0 && end < w->segment_count)
        put_open(t, w, variant, end, media, end == begin);
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
    put_media_playlist(&t, w, variant, begin, end, media);
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
    if (w->has_sound_lane)
        put(&t, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"sound\",DEFAULT=YES,AUTOSELECT=YES,"
                "URI=\"a.m3u8\"\n");
    for (int i = 0; i < w->variant_count; i++) {
        int v = w->bandwidth_order[i];
        put(&t, "#EXT-X-STREAM-INF:BANDWIDTH=%lld,RESOLUTION=%dx%d,CODECS=\"avc1.42c00a%s\",NAME=\"v%d\"%s\n",
            (long long)w->bandwidth[v], 64 + 16 * v, 64 + 16 * v, w->has_audio ? ",mp4a.40.2" : "", v,
            w->has_sound_lane ? ",AUDIO=\"sound\"" : "");
        put(&t, "v%d.m3u8\n", v);
    }
    return text_slice(&t, body) ? 0 : 500;
}

static int64_t due_ticks(const world *w, resource r)
{
    size_t i = (size_t)r.segment;
    bool is_part = r.part >= 0 && w->part_frames > 0 && r.part < world_part_count(w, i);
    return is_part ? world_part_end(w, i, r.part) : world_segment_end(w, i);
}

int64_t origin_wait(origin *o, resource r, int64_t now)
{
    world *w = o->world;
    bool is_held = w->part_frames > 0 && (r.kind == RESOURCE_MEDIA ? r.is_waiting : r.part >= 0);
    int64_t media = origin_media_now(o, now);
    if (r.kind == RESOURCE_MEDIA && o->frozen_at != AZ_NEVER)
        media = o->frozen_at;
    world_extend(w, media);
    if (!is_held || r.segment > (uint64_t)w->segment_count) /* (uint64_t)-1: before the first */
        return 0;
    if (r.segment == w->segment_count)
        return w->target / 4;
    int64_t ticks = due_ticks(w, r) - media;
    return ticks <= 0 ? 0 : az_rescale(ticks, AIZU_SECOND, TICKS_PER_SECOND) + AIZU_MILLISECOND;
}

static segment_cache *load_segment(origin *o, resource r)
{
    segment_cache *slot = &o->cache[(r.segment * SOURCES_MAX + (uint64_t)r.variant) % AZ_COUNT(o->cache)];
    if (slot->buf && slot->segment == r.segment && slot->variant == r.variant)
        return slot;
    az_buf_unref(&slot->buf);
    free(slot->marks);
    slot->marks = NULL;
    return segment_write(o->world, r.variant, (size_t)r.segment, slot) ? slot : NULL;
}

static int get_segment(origin *o, resource r, int64_t now, az_slice *body)
{
    world *w = o->world;
    int64_t media = origin_media_now(o, now);
    world_extend(w, media);
    if (r.segment >= w->segment_count || (w->kind != WORLD_VOD && due_ticks(w, r) > media))
        return 404;
    /* a server keeps what fell out of the playlist for its duration and a while (RFC 8216, 6.2.2) */
    if (w->kind == WORLD_LIVE && r.segment + 2 * (uint64_t)w->window + 2 < world_segment_at(w, media))
        return 404;
    if (r.part >= 0 && (w->part_frames == 0 || r.part >= world_part_count(w, (size_t)r.segment)))
        return 404;
    const segment_cache *slot = load_segment(o, r);
    if (!slot)
        return 500;
    size_t begin = 0;
    size_t end = slot->size;
    if (r.part >= 0) {
        int32_t frames = w->segments[r.segment].frame_count;
        begin = slot->marks[r.part * w->part_frames];
        end = slot->marks[AZ_MIN(frames, (r.part + 1) * w->part_frames)];
    }
    az_buf *buf = az_buf_ref(slot->buf);
    *body = (az_slice){buf, az_buf_data(buf) + begin, end - begin};
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
