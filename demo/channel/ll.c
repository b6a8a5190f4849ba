/*
 * The window of each rendition behind one mutex; see ll.h. A part or segment that left its list stays
 * fetchable as long as a viewer may still hold a playlist with it (RFC 8216 6.2.2).
 */
#include "ll.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_SECOND   INT64_C(1000000)
#define NS_PER_SECOND   INT64_C(1000000000)
#define FOLDER          "ll"
#define TYPE_PLAYLIST   "application/vnd.apple.mpegurl"
#define TYPE_VIDEO      "video/mp4"
#define TYPE_AUDIO      "audio/mp4"
#define CACHE_PLAYLIST  "no-cache"
#define CACHE_MEDIA     "public, max-age=60"
#define PARTS_LISTED    3 /* target durations from the end (4.4.4.9) */
#define PARTS_KEPT      6 /* the same, in the store */
#define PARTS_MAX       4096
#define MSN_AHEAD_MAX   2 /* 6.2.5.2 */
#define HOLD_BACK_PARTS 3
#define US_PER_MS       1000

typedef struct segment {
    ch_ll_segment info;
    ch_ll_part *parts; /* info.parts */
    size_t parts_capacity;
    bool has_parts_stored;
} segment;

typedef struct rendition {
    segment *segments; /* kept ones, then listed ones */
    size_t count;
    size_t capacity;
    int64_t sequence_next; /* of the next segment to begin */
    ch_bytes open;         /* the segment that is being filled */
    char codecs[CH_LL_CODECS];
    int64_t bits_per_second_max;
    ch_blob *cached[2]; /* the playlist and its delta, as things stand; or NULL */
} rendition;

struct ch_ll {
    ch_ll_settings settings;
    pthread_mutex_t mutex;
    int64_t part_hold_back_us;
    rendition renditions[CH_LL_RENDITIONS_MAX];
};

ch_ll *ch_ll_create(const ch_ll_settings *settings)
{
    ch_ll *ll = calloc(1, sizeof(*ll));
    if (!ll || pthread_mutex_init(&ll->mutex, NULL)) {
        free(ll);
        return NULL;
    }
    ll->settings = *settings;
    int64_t longest = 0;
    for (size_t i = 0; i < settings->renditions_count; i++) {
        ll->renditions[i].sequence_next = settings->sequence_first;
        if (settings->renditions[i].part_target_us > longest)
            longest = settings->renditions[i].part_target_us;
    }
    /* One hold-back for all, in full milliseconds. */
    ll->part_hold_back_us = (HOLD_BACK_PARTS * longest + US_PER_MS - 1) / US_PER_MS * US_PER_MS;
    return ll;
}

static void drop_cached(rendition *r)
{
    for (size_t i = 0; i < 2; i++) {
        if (r->cached[i])
            ch_blob_unref(r->cached[i]);
        r->cached[i] = NULL;
    }
}

void ch_ll_destroy(ch_ll **pointer)
{
    ch_ll *ll = *pointer;
    *pointer = NULL;
    if (!ll)
        return;
    for (size_t i = 0; i < CH_LL_RENDITIONS_MAX; i++) {
        rendition *r = &ll->renditions[i];
        for (size_t k = 0; k < r->count; k++)
            free(r->segments[k].parts);
        free(r->segments);
        ch_bytes_deinit(&r->open);
        drop_cached(r);
    }
    pthread_mutex_destroy(&ll->mutex);
    free(ll);
}

int64_t ch_ll_target_seconds(const ch_ll *ll)
{
    return ll->settings.target_seconds;
}

static const char *media_type(const ch_ll *ll, size_t i)
{
    return ll->settings.renditions[i].is_audio ? TYPE_AUDIO : TYPE_VIDEO;
}

static void segment_path(const ch_ll *ll, size_t i, char path[CH_STORE_PATH_MAX], int64_t sequence)
{
    snprintf(path, CH_STORE_PATH_MAX, "/" FOLDER "/%s/%" PRId64 ".m4s", ll->settings.renditions[i].name,
             sequence);
}

static void part_path(const ch_ll *ll, size_t i, char path[CH_STORE_PATH_MAX], int64_t sequence, size_t part)
{
    snprintf(path, CH_STORE_PATH_MAX, "/" FOLDER "/%s/%" PRId64 ".%zu.m4s", ll->settings.renditions[i].name,
             sequence, part);
}

bool ch_ll_set_header(ch_ll *ll, size_t i, const char *codecs, const void *header, size_t size)
{
    char path[CH_STORE_PATH_MAX];
    snprintf(path, sizeof(path), "/" FOLDER "/%s/init.mp4", ll->settings.renditions[i].name);
    snprintf(ll->renditions[i].codecs, CH_LL_CODECS, "%s", codecs);
    return ch_store_put(ll->settings.store, path, header, size, media_type(ll, i), CACHE_MEDIA);
}

/* The segment that is being filled, or NULL. */
static segment *open_segment(rendition *r)
{
    segment *last = r->count ? &r->segments[r->count - 1] : NULL;
    return last && !last->info.is_complete ? last : NULL;
}

static void remove_parts(ch_ll *ll, size_t i, segment *s)
{
    for (size_t k = 0; s->has_parts_stored && k < s->info.parts_count; k++) {
        char path[CH_STORE_PATH_MAX];
        part_path(ll, i, path, s->info.sequence, k);
        ch_store_remove(ll->settings.store, path);
    }
    s->has_parts_stored = false;
}

/* Drops the oldest segments that nobody can know any more. */
static void slide(ch_ll *ll, size_t i)
{
    rendition *r = &ll->renditions[i];
    while (r->count > 2 * (size_t)ll->settings.window + 2) {
        char path[CH_STORE_PATH_MAX];
        segment_path(ll, i, path, r->segments[0].info.sequence);
        ch_store_remove(ll->settings.store, path);
        remove_parts(ll, i, &r->segments[0]);
        free(r->segments[0].parts);
        r->count--;
        memmove(r->segments, r->segments + 1, r->count * sizeof(r->segments[0]));
    }
}

/* Parts are for viewers at the live edge: older segments lose theirs, first from the list. */
static void age_parts(ch_ll *ll, size_t i)
{
    rendition *r = &ll->renditions[i];
    int64_t after = 0, target = ll->settings.target_seconds * US_PER_SECOND;
    for (size_t k = r->count; k-- > 0;) {
        segment *s = &r->segments[k];
        s->info.has_parts_listed = after < PARTS_LISTED * target;
        if (after >= PARTS_KEPT * target)
            remove_parts(ll, i, s);
        after += s->info.duration_us;
    }
}

static int64_t wall_of(const ch_ll *ll, const ch_part *part)
{
    int64_t scale = part->timescale;
    int64_t first = ll->settings.pts_first;
    int64_t first_time = first / 90000 * scale + (first % 90000 * scale + 45000) / 90000;
    int64_t since = part->pts - first_time;
    return ll->settings.wall_first_ns + since / scale * NS_PER_SECOND + since % scale * NS_PER_SECOND / scale;
}

static segment *begin_segment(ch_ll *ll, rendition *r, const ch_part *part)
{
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? r->capacity * 2 : 32;
        segment *grown = realloc(r->segments, capacity * sizeof(*grown));
        if (!grown)
            return NULL;
        r->segments = grown;
        r->capacity = capacity;
    }
    segment *s = &r->segments[r->count++];
    *s = (segment){.info = {.sequence = r->sequence_next++, .wall_ns = wall_of(ll, part), .is_gap = true},
                   .has_parts_stored = true};
    return s;
}

static bool append_part(segment *s, const ch_ll_part *part)
{
    if (s->info.parts_count == PARTS_MAX)
        return false;
    if (s->info.parts_count == s->parts_capacity) {
        size_t capacity = s->parts_capacity ? s->parts_capacity * 2 : 16;
        ch_ll_part *grown = realloc(s->parts, capacity * sizeof(*grown));
        if (!grown)
            return false;
        s->parts = grown;
        s->parts_capacity = capacity;
    }
    s->parts[s->info.parts_count++] = *part;
    s->info.parts = s->parts;
    s->info.duration_us += part->duration_us;
    s->info.is_gap = s->info.is_gap && part->is_gap;
    return true;
}

static bool store_media(ch_ll *ll, size_t i, const char *path, const void *data, size_t size)
{
    return ch_store_put(ll->settings.store, path, data, size, media_type(ll, i), CACHE_MEDIA);
}

/* The part that comes next is there for who asks early. */
static bool promise_next(ch_ll *ll, size_t i, int64_t sequence, size_t part)
{
    char path[CH_STORE_PATH_MAX];
    part_path(ll, i, path, sequence, part);
    return ch_store_promise(ll->settings.store, path, media_type(ll, i), CACHE_MEDIA);
}

static bool store_segment(ch_ll *ll, size_t i, const segment *s)
{
    rendition *r = &ll->renditions[i];
    char path[CH_STORE_PATH_MAX];
    segment_path(ll, i, path, s->info.sequence);
    bool ok = !r->open.failed && (s->info.is_gap || store_media(ll, i, path, r->open.data, r->open.size));
    int64_t rate = s->info.duration_us > 0
                       ? (int64_t)((double)r->open.size * 8 * US_PER_SECOND / (double)s->info.duration_us)
                       : 0;
    if (rate > r->bits_per_second_max)
        r->bits_per_second_max = rate;
    r->open.size = 0;
    return ok;
}

static bool is_ready(const ch_ll *ll)
{
    for (size_t i = 0; i < ll->settings.renditions_count; i++) {
        if (ll->renditions[i].count == 0 || !ll->renditions[i].segments[0].info.is_complete)
            return false;
    }
    return true;
}

static int64_t at_least(int64_t planned, int64_t measured)
{
    return measured > planned ? measured : planned;
}

static bool publish_master(ch_ll *ll)
{
    ch_variant variants[CH_LL_RENDITIONS_MAX];
    size_t count = 0;
    const ch_ll_rendition_settings *audio = NULL;
    int64_t audio_peak = 0;
    if (!is_ready(ll))
        return true;
    for (size_t i = 0; i < ll->settings.renditions_count; i++) {
        if (ll->settings.renditions[i].is_audio) {
            audio = &ll->settings.renditions[i];
            audio_peak = at_least(audio->bandwidth, ll->renditions[i].bits_per_second_max);
        }
    }
    for (size_t i = 0; i < ll->settings.renditions_count; i++) {
        const ch_ll_rendition_settings *s = &ll->settings.renditions[i];
        if (s->is_audio)
            continue;
        variants[count++] = (ch_variant){
            .name = s->name,
            .bandwidth = at_least(s->bandwidth, ll->renditions[i].bits_per_second_max) + audio_peak,
            .average_bandwidth = s->average_bandwidth + (audio ? audio->average_bandwidth : 0),
            .width = s->width,
            .height = s->height,
            .frame_rate = s->frame_rate,
            .codecs = ll->renditions[i].codecs,
        };
    }
    ch_bytes text = {0};
    ch_ll_write_master(&text, FOLDER, variants, count, audio ? audio->name : NULL,
                       audio ? audio->channels : 0);
    bool ok = !text.failed && ch_store_put(ll->settings.store, "/" FOLDER ".m3u8", text.data, text.size,
                                           TYPE_PLAYLIST, CACHE_PLAYLIST);
    ch_bytes_deinit(&text);
    return ok;
}

/* The list after `part`, under the mutex. */
static bool add_to_list(ch_ll *ll, size_t i, const ch_part *part)
{
    rendition *r = &ll->renditions[i];
    segment *s = open_segment(r);
    if (!s)
        s = begin_segment(ll, r, part);
    const ch_ll_part info = {.duration_us =
                                 (part->duration * US_PER_SECOND + part->timescale / 2) / part->timescale,
                             .is_independent = part->is_independent,
                             .is_gap = part->size == 0};
    if (!s || !append_part(s, &info))
        return false;
    s->info.is_complete = part->ends_segment;
    age_parts(ll, i);
    slide(ll, i);
    for (size_t k = 0; k < ll->settings.renditions_count; k++)
        drop_cached(&ll->renditions[k]); /* they report on each other */
    return true;
}

/*
 * What a playlist names is in the store before it names it. Only this thread changes the list, so that it may
 * read it without the mutex.
 */
int ch_ll_add(ch_ll *ll, size_t i, const ch_part *part)
{
    rendition *r = &ll->renditions[i];
    const segment *open = open_segment(r);
    int64_t sequence = open ? open->info.sequence : r->sequence_next;
    size_t number = open ? open->info.parts_count : 0;
    char path[CH_STORE_PATH_MAX];
    part_path(ll, i, path, sequence, number);
    bool ok = promise_next(ll, i, part->ends_segment ? sequence + 1 : sequence,
                           part->ends_segment ? 0 : number + 1);
    if (part->size == 0)
        ch_store_remove(ll->settings.store, path);
    else
        ok = ok && store_media(ll, i, path, part->data, part->size);
    ch_bytes_append(&r->open, part->data, part->size);
    int64_t peak = r->bits_per_second_max;
    if (ok && part->ends_segment) {
        segment whole = open ? *open : (segment){.info = {.sequence = sequence, .is_gap = true}};
        whole.info.duration_us += part->duration * US_PER_SECOND / part->timescale;
        whole.info.is_gap = whole.info.is_gap && part->size == 0;
        ok = store_segment(ll, i, &whole);
    }
    pthread_mutex_lock(&ll->mutex);
    ok = ok && add_to_list(ll, i, part);
    pthread_mutex_unlock(&ll->mutex);
    if (ok && (peak != r->bits_per_second_max || sequence == ll->settings.sequence_first))
        ok = publish_master(ll);
    ch_bell_ring(ch_store_bell(ll->settings.store));
    return ok ? 0 : CH_FRAGMENTER_NO_MEMORY;
}

bool ch_ll_find(const ch_ll *ll, const char *path, size_t *index)
{
    for (size_t i = 0; i < ll->settings.renditions_count; i++) {
        char own[CH_STORE_PATH_MAX];
        snprintf(own, sizeof(own), "/" FOLDER "/%s/index.m3u8", ll->settings.renditions[i].name);
        *index = i;
        if (strcmp(own, path) == 0)
            return true;
    }
    return false;
}

/* Where the list ends: the next part is (*sequence, *part). */
static void find_end(rendition *r, int64_t *sequence, int64_t *part)
{
    const segment *open = open_segment(r);
    *sequence = open ? open->info.sequence : r->sequence_next;
    *part = open ? (int64_t)open->info.parts_count : 0;
}

/* 6.2.5.2. A part behind the end of its segment is the first one of the next. */
static bool is_there(rendition *r, const ch_ll_query *q)
{
    int64_t sequence, part;
    find_end(r, &sequence, &part);
    if (q->sequence < 0) /* at the very start there is no list */
        return r->count && r->segments[0].info.is_complete;
    if (q->sequence < sequence - 1)
        return true;
    if (q->sequence >= sequence)
        return q->sequence == sequence && q->part >= 0 && q->part < part;
    const segment *last = NULL; /* the last complete one is asked for */
    for (size_t i = r->count; i-- > 0 && !last;) {
        if (r->segments[i].info.sequence == q->sequence)
            last = &r->segments[i];
    }
    return q->part < 0 || part > 0 || (last && q->part < (int64_t)last->info.parts_count);
}

/* Further ahead than anybody has reason to ask. */
static bool is_absurd(const ch_ll *ll, size_t i, rendition *r, const ch_ll_query *q)
{
    int64_t sequence, part;
    find_end(r, &sequence, &part);
    int64_t target_us = ll->settings.renditions[i].part_target_us;
    int64_t ahead_max = HOLD_BACK_PARTS;
    if (target_us < US_PER_SECOND)
        ahead_max = (HOLD_BACK_PARTS * US_PER_SECOND + target_us - 1) / target_us;
    if (q->sequence > sequence - 1 + MSN_AHEAD_MAX)
        return true;
    if (q->sequence == sequence)
        return q->part >= part + ahead_max;
    return q->sequence > sequence && q->part >= ahead_max;
}

bool ch_ll_has(ch_ll *ll, size_t i, const ch_ll_query *query)
{
    pthread_mutex_lock(&ll->mutex);
    bool has = is_there(&ll->renditions[i], query);
    pthread_mutex_unlock(&ll->mutex);
    return has;
}

static size_t collect_reports(ch_ll *ll, size_t i, ch_ll_report reports[CH_LL_RENDITIONS_MAX])
{
    size_t count = 0;
    for (size_t k = 0; k < ll->settings.renditions_count; k++) {
        const rendition *r = &ll->renditions[k];
        if (k == i || r->count == 0)
            continue;
        const ch_ll_segment *last = &r->segments[r->count - 1].info;
        reports[count++] = (ch_ll_report){.name = ll->settings.renditions[k].name,
                                          .sequence = last->sequence,
                                          .part = last->parts_count - 1};
    }
    return count;
}

static ch_blob *write_playlist(ch_ll *ll, size_t i, bool is_delta)
{
    rendition *r = &ll->renditions[i];
    ch_ll_report reports[CH_LL_RENDITIONS_MAX];
    size_t listed = r->count;
    size_t complete = open_segment(r) ? listed - 1 : listed;
    if (complete > ll->settings.window)
        listed -= complete - ll->settings.window;
    ch_ll_segment *segments = malloc((listed ? listed : 1) * sizeof(*segments));
    if (!segments)
        return NULL;
    for (size_t k = 0; k < listed; k++)
        segments[k] = r->segments[r->count - listed + k].info;
    const ch_ll_playlist playlist = {.segments = segments,
                                     .count = listed,
                                     .sequence_next = r->sequence_next,
                                     .target_seconds = ll->settings.target_seconds,
                                     .part_target_us = ll->settings.renditions[i].part_target_us,
                                     .part_hold_back_us = ll->part_hold_back_us,
                                     .reports = reports,
                                     .reports_count = collect_reports(ll, i, reports)};
    ch_bytes text = {0};
    ch_ll_write_media(&text, &playlist, is_delta);
    ch_blob *blob = text.failed ? NULL : ch_blob_create(text.data, text.size, TYPE_PLAYLIST, CACHE_PLAYLIST);
    ch_bytes_deinit(&text);
    free(segments);
    return blob;
}

ch_ll_answer ch_ll_ask(ch_ll *ll, size_t i, const ch_ll_query *query, ch_blob **blob)
{
    rendition *r = &ll->renditions[i];
    ch_ll_answer answer = CH_LL_READY;
    pthread_mutex_lock(&ll->mutex);
    if (is_absurd(ll, i, r, query)) {
        answer = CH_LL_WRONG;
    } else if (!is_there(r, query)) {
        answer = CH_LL_WAIT;
    } else {
        ch_blob **cached = &r->cached[query->may_skip ? 1 : 0];
        if (!*cached)
            *cached = write_playlist(ll, i, query->may_skip);
        *blob = *cached;
        if (*blob)
            ch_blob_ref(*blob);
        else
            answer = CH_LL_FAILED;
    }
    pthread_mutex_unlock(&ll->mutex);
    return answer;
}
