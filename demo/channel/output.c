/*
 * The live window and the recording; see output.h. A removed segment stays fetchable as long as a viewer may
 * still hold a playlist that lists it (RFC 8216 6.2.2).
 */
#include "output.h"

#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <libavutil/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define PATH_SIZE     4096
#define TYPE_PLAYLIST "application/vnd.apple.mpegurl"
#define TYPE_SEGMENT  "video/mp2t"

/* A playlist is asked for again each time, and a segment never changes. */
#define CACHE_PLAYLIST "no-cache"
#define CACHE_SEGMENT  "public, max-age=60"

#define LIST          "index.m3u8"
#define LIST_PREFETCH "prefetch.m3u8"

/* The segment being written and the one after it can be asked for (see docs/channel.md). */
#define PREFETCH_COUNT 2

typedef struct rendition {
    ch_variant_settings settings;
    ch_segment_info *segments; /* live: listed and kept ones; a recording: all */
    size_t count;
    size_t capacity;
    int64_t total; /* segments so far */
    size_t grown;  /* bytes of the next one that are in the store */
    int64_t bits_per_second_max;
    int64_t bytes;
    int64_t ticks;
} rendition;

struct ch_output {
    ch_output_settings settings;
    rendition renditions[CH_VARIANTS_MAX];
};

static int make_dir(const char *path)
{
    if (mkdir(path, 0777) && errno != EEXIST) {
        int error = AVERROR(errno);
        return ch_av_error(error, path);
    }
    return 0;
}

ch_output *ch_output_create(const ch_output_settings *settings)
{
    ch_output *out = calloc(1, sizeof(*out));
    if (!out) {
        ch_error("out of memory");
        return NULL;
    }
    out->settings = *settings;
    bool ok = !settings->dir || make_dir(settings->dir) == 0;
    for (size_t i = 0; ok && i < settings->variants_count; i++) {
        char path[PATH_SIZE];
        out->renditions[i].settings = settings->variants[i];
        snprintf(path, sizeof(path), "%s/%s", settings->dir ? settings->dir : "", settings->variants[i].name);
        ok = !settings->dir || make_dir(path) == 0;
    }
    if (!ok)
        ch_output_destroy(&out);
    return out;
}

void ch_output_destroy(ch_output **pointer)
{
    ch_output *out = *pointer;
    *pointer = NULL;
    if (!out)
        return;
    for (size_t i = 0; i < CH_VARIANTS_MAX; i++)
        free(out->renditions[i].segments);
    free(out);
}

void ch_output_set_codecs(ch_output *out, size_t variant, const char *codecs)
{
    snprintf(out->renditions[variant].settings.codecs, CH_VARIANT_CODECS, "%s", codecs);
}

int64_t ch_output_segments(const ch_output *out)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < out->settings.variants_count; i++) {
        if (out->renditions[i].total < least)
            least = out->renditions[i].total;
    }
    return least;
}

static int write_file(const char *dir, const char *path, const void *data, size_t size)
{
    char full[PATH_SIZE];
    snprintf(full, sizeof(full), "%s%s", dir, path);
    FILE *file = fopen(full, "wb");
    int error = file ? 0 : errno;
    if (file && fwrite(data, 1, size, file) != size)
        error = errno ? errno : EIO;
    if (file && fclose(file) && !error)
        error = errno;
    return error ? ch_av_error(AVERROR(error), full) : 0;
}

/* `path` begins with a slash. */
static int publish(ch_output *out, const char *path, const void *data, size_t size, bool is_segment)
{
    if (out->settings.dir)
        return write_file(out->settings.dir, path, data, size);
    if (!ch_store_put(out->settings.store, path, data, size, is_segment ? TYPE_SEGMENT : TYPE_PLAYLIST,
                      is_segment ? CACHE_SEGMENT : CACHE_PLAYLIST))
        return ch_av_error(AVERROR(ENOMEM), path);
    return 0;
}

static int publish_text(ch_output *out, const char *path, ch_bytes *text)
{
    int result =
        text->failed ? ch_av_error(AVERROR(ENOMEM), path) : publish(out, path, text->data, text->size, false);
    ch_bytes_deinit(text);
    return result;
}

static int publish_list(ch_output *out, const rendition *r, const ch_media_playlist *playlist,
                        const char *name)
{
    ch_bytes text = {0};
    ch_playlist_write_media(&text, playlist);
    char path[CH_STORE_PATH_MAX];
    snprintf(path, sizeof(path), "/%s/%s", r->settings.name, name);
    return publish_text(out, path, &text);
}

/* Live there is a second list, with what is to be had before it is whole. */
static int publish_media(ch_output *out, const rendition *r)
{
    bool is_vod = out->settings.dir != NULL;
    size_t listed = is_vod || r->count < out->settings.window ? r->count : out->settings.window;
    ch_media_playlist playlist = {.segments = r->segments + (r->count - listed),
                                  .count = listed,
                                  .target_seconds = out->settings.target_seconds,
                                  .is_vod = is_vod};
    int result = publish_list(out, r, &playlist, LIST);
    if (is_vod || result < 0)
        return result;
    playlist.prefetch_count = PREFETCH_COUNT;
    playlist.prefetch_first = out->settings.sequence_first + r->total;
    return publish_list(out, r, &playlist, LIST_PREFETCH);
}

static int publish_variants(ch_output *out, const ch_variant *variants, const char *path, const char *list)
{
    ch_bytes text = {0};
    ch_playlist_write_master(&text, variants, out->settings.variants_count, list);
    return publish_text(out, path, &text);
}

static int publish_master(ch_output *out)
{
    ch_variant variants[CH_VARIANTS_MAX];
    for (size_t i = 0; i < out->settings.variants_count; i++) {
        const rendition *r = &out->renditions[i];
        const ch_variant_settings *s = &r->settings;
        if (r->total == 0)
            return 0; /* each variant has a segment before anybody is sent there */
        int64_t measured = r->ticks ? r->bytes * 8 * CH_TS_HZ / r->ticks : 0;
        bool is_vod = out->settings.dir != NULL;
        variants[i] = (ch_variant){
            .name = s->name,
            .bandwidth =
                is_vod || r->bits_per_second_max > s->bandwidth ? r->bits_per_second_max : s->bandwidth,
            .average_bandwidth = is_vod ? measured : s->average_bandwidth,
            .width = s->width,
            .height = s->height,
            .frame_rate = s->frame_rate,
            .codecs = s->codecs,
        };
    }
    int result = publish_variants(out, variants, "/master.m3u8", LIST);
    return result < 0 || out->settings.dir ? result
                                           : publish_variants(out, variants, "/prefetch.m3u8", LIST_PREFETCH);
}

static void segment_path(char path[CH_STORE_PATH_MAX], const rendition *r, int64_t sequence)
{
    snprintf(path, CH_STORE_PATH_MAX, "/%s/%" PRId64 ".ts", r->settings.name, sequence);
}

/* Room for one more: live the oldest goes when it has been off the list long enough, a recording grows. */
static int make_room(ch_output *out, rendition *r)
{
    if (!out->settings.dir && r->count == 2 * (size_t)out->settings.window + 2) {
        char path[CH_STORE_PATH_MAX];
        segment_path(path, r, r->segments[0].sequence);
        ch_store_remove(out->settings.store, path);
        r->count--;
        memmove(r->segments, r->segments + 1, r->count * sizeof(r->segments[0]));
    }
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? r->capacity * 2 : 16;
        ch_segment_info *grown = realloc(r->segments, capacity * sizeof(*grown));
        if (!grown)
            return ch_av_error(AVERROR(ENOMEM), "segment list");
        r->segments = grown;
        r->capacity = capacity;
    }
    return 0;
}

/* Live: the segments that may be asked for before they are whole. */
static int promise_segments(ch_output *out, const rendition *r, int64_t first)
{
    for (int64_t i = first; i < first + PREFETCH_COUNT; i++) {
        char path[CH_STORE_PATH_MAX];
        segment_path(path, r, i);
        if (!ch_store_promise(out->settings.store, path, TYPE_SEGMENT, CACHE_SEGMENT))
            return ch_av_error(AVERROR(ENOMEM), path);
    }
    return 0;
}

int ch_output_grow(ch_output *out, size_t variant, const ch_segment *segment)
{
    rendition *r = &out->renditions[variant];
    int64_t sequence = out->settings.sequence_first + r->total;
    char path[CH_STORE_PATH_MAX];
    if (out->settings.dir || segment->size <= r->grown)
        return 0;
    int result = r->grown ? 0 : promise_segments(out, r, sequence);
    segment_path(path, r, sequence);
    if (result >= 0 &&
        !ch_store_append(out->settings.store, path, segment->data + r->grown, segment->size - r->grown))
        result = ch_av_error(AVERROR(ENOMEM), path);
    r->grown = segment->size;
    return result;
}

/* The bytes of a whole segment to where they are to be. */
static int keep_segment(ch_output *out, size_t variant, const ch_segment *segment, int64_t sequence)
{
    rendition *r = &out->renditions[variant];
    char path[CH_STORE_PATH_MAX];
    segment_path(path, r, sequence);
    if (out->settings.dir)
        return publish(out, path, segment->data, segment->size, true);
    int result = ch_output_grow(out, variant, segment);
    r->grown = 0;
    if (result >= 0 && !ch_store_finish(out->settings.store, path))
        result = ch_av_error(AVERROR(ENOMEM), path);
    return result < 0 ? result : promise_segments(out, r, sequence + 1);
}

static void count_segment(rendition *r, const ch_segment_info *info)
{
    r->segments[r->count++] = *info;
    r->total++;
    r->bytes += (int64_t)info->size_bytes;
    r->ticks += info->duration_ticks;
    if (info->duration_ticks <= 0)
        return;
    int64_t rate = (int64_t)info->size_bytes * 8 * CH_TS_HZ / info->duration_ticks;
    if (rate > r->bits_per_second_max)
        r->bits_per_second_max = rate;
}

int ch_output_add(ch_output *out, size_t variant, const ch_segment *segment)
{
    rendition *r = &out->renditions[variant];
    int result = make_room(out, r);
    if (result < 0)
        return result;
    int64_t ticks = segment->pts - out->settings.pts_first;
    const ch_segment_info info = {
        .sequence = out->settings.sequence_first + r->total,
        .duration_ticks = segment->duration_ticks,
        .wall_ns = out->settings.wall_first_ns + ticks / CH_TS_HZ * NS_PER_SECOND +
                   ticks % CH_TS_HZ * NS_PER_SECOND / CH_TS_HZ,
        .size_bytes = segment->size,
    };
    result = keep_segment(out, variant, segment, info.sequence);
    if (result < 0)
        return result;
    int64_t peak = r->bits_per_second_max;
    count_segment(r, &info);
    if (out->settings.dir)
        return 0;
    result = publish_media(out, r);
    bool is_new = r->total == 1 || peak != r->bits_per_second_max;
    return result < 0 || !is_new ? result : publish_master(out);
}

int ch_output_end(ch_output *out)
{
    int result = 0;
    for (size_t i = 0; out->settings.dir && result >= 0 && i < out->settings.variants_count; i++)
        result = publish_media(out, &out->renditions[i]);
    return out->settings.dir && result >= 0 ? publish_master(out) : result;
}
