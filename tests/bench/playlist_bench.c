/*
 * How long a playlist takes: a DVR playlist of one day with programme date-time, and a low-latency one with
 * ten parts a segment. First the parser alone, against a bare scan for line ends over the same text in the
 * same run; then a list over its versions: the first one, the same again, a window that slid by one segment,
 * and a delta update for that. Prints the best CPU times, their ratios to the scan, and the bytes a segment
 * takes.
 */
#define _POSIX_C_SOURCE 200809L
#include "playlist/playlist.h"
#include "timeline/list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 40

typedef struct text {
    char *data;
    size_t size;
    size_t capacity;
} text;

typedef struct stream {
    const char *name;
    int segments, parts;
    int delta; /* segments that a delta update lists */
} stream;

static void append(text *t, const char *format, ...)
{
    va_list arguments;
    if (t->capacity - t->size < 512) {
        t->capacity = t->capacity ? t->capacity * 2 : 1 << 20;
        t->data = realloc(t->data, t->capacity);
        if (!t->data)
            exit(1);
    }
    va_start(arguments, format);
    t->size += (size_t)vsnprintf(t->data + t->size, t->capacity - t->size, format, arguments);
    va_end(arguments);
}

/* The window that begins at segment `first`; `listed` of its segments, the others skipped. */
static text make_playlist(const stream *s, int first, int listed)
{
    text t = {0};
    append(&t,
           "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12\n"
           "#EXT-X-PART-INF:PART-TARGET=0.2\n#EXT-X-MEDIA-SEQUENCE:%d\n",
           first);
    if (listed < s->segments)
        append(&t, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%d\n", s->segments - listed);
    for (int i = first + s->segments - listed; i < first + s->segments; i++) {
        int second = i * 2 % 86400;
        append(&t, "#EXT-X-PROGRAM-DATE-TIME:2024-05-01T%02d:%02d:%02d.000Z\n", second / 3600,
               second / 60 % 60, second % 60);
        for (int j = 0; j < s->parts; j++)
            append(&t, "#EXT-X-PART:DURATION=0.2,URI=\"segment-%06d.%d.m4s\"%s\n", i, j,
                   j ? "" : ",INDEPENDENT=YES");
        append(&t, "#EXTINF:2.000,\nsegment-%06d.ts\n", i);
    }
    return t;
}

static az_slice slice_of(const text *t)
{
    az_slice slice;
    if (!az_slice_copy(&slice, az_span_make(t->data, t->size)))
        exit(1);
    return slice;
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t scan_lines(const text *t)
{
    size_t lines = 0;
    const char *end = t->data + t->size;
    for (const char *at = t->data; at < end; lines++) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        at = next ? next + 1 : end;
    }
    return lines;
}

static double time_scan(const text *t, size_t *lines)
{
    double best = 1e9;
    for (int i = 0; i < RUNS; i++) {
        double begin = now_ms();
        *lines = scan_lines(t);
        best = AZ_MIN(best, now_ms() - begin);
    }
    return best;
}

/* The text is in a buffer already, as the engine has it after a fetch. */
static double time_parse(const text *t, double *first, size_t *bytes)
{
    double best = 1e9;
    az_slice slice = slice_of(t);
    for (int i = 0; i < RUNS; i++) {
        az_playlist *playlist;
        az_playlist_error error;
        double begin = now_ms();
        if (az_playlist_parse_slice(&playlist, slice, &error) != AIZU_OK) {
            fprintf(stderr, "line %u: %s\n", error.line, error.text);
            exit(1);
        }
        double taken = now_ms() - begin;
        if (i == 0)
            *first = taken;
        best = AZ_MIN(best, taken);
        *bytes = az_playlist_bytes(playlist);
        az_playlist_destroy(&playlist);
    }
    az_slice_unref(&slice);
    return best;
}

static double reload(az_list *list, az_slice slice, az_list_change expected)
{
    az_list_change change;
    az_playlist_error error;
    bool is_full_needed;
    double begin = now_ms();
    aizu_result result = az_list_reload(list, slice, NULL, &change, &is_full_needed, &error);
    double taken = now_ms() - begin;
    if (result != AIZU_OK || change != expected) {
        fprintf(stderr, "reload: %d, change %d\n", result, change);
        exit(1);
    }
    return taken;
}

typedef struct list_times {
    double first, first_ever, same, slid, delta;
    size_t bytes;
} list_times;

static list_times time_list(const stream *s)
{
    list_times best = {1e9, 0, 1e9, 1e9, 1e9, 0};
    text texts[3] = {make_playlist(s, 1000, s->segments), make_playlist(s, 1001, s->segments),
                     make_playlist(s, 1002, s->delta)};
    az_slice slices[3];
    for (int i = 0; i < 3; i++)
        slices[i] = slice_of(&texts[i]);
    for (int i = 0; i < RUNS; i++) {
        az_list *list = az_list_create();
        if (!list)
            exit(1);
        double first = reload(list, slices[0], AZ_LIST_GREW);
        if (i == 0)
            best.first_ever = first;
        best.first = AZ_MIN(best.first, first);
        double same = reload(list, slices[0], AZ_LIST_SAME);
        best.same = AZ_MIN(best.same, same);
        double slid = reload(list, slices[1], AZ_LIST_GREW);
        best.slid = AZ_MIN(best.slid, slid);
        double delta = reload(list, slices[2], AZ_LIST_GREW);
        best.delta = AZ_MIN(best.delta, delta);
        best.bytes = az_list_bytes(list);
        az_list_destroy(&list);
    }
    for (int i = 0; i < 3; i++) {
        az_slice_unref(&slices[i]);
        free(texts[i].data);
    }
    return best;
}

static void bench(const stream *s)
{
    text t = make_playlist(s, 1000, s->segments);
    size_t lines, bytes;
    double first;
    double scan = time_scan(&t, &lines);
    double parse = time_parse(&t, &first, &bytes);
    list_times list = time_list(s);
    printf("%s: %d segments, %d parts each, %zu lines, %.2f MB\n", s->name, s->segments, s->parts, lines,
           (double)t.size / 1e6);
    printf("  line scan                 %.3f ms\n", scan);
    printf("  parse                     %.3f ms, ratio %.2f (very first %.3f ms)\n", parse, parse / scan,
           first);
    printf("  list, first version       %.3f ms, ratio %.2f (very first %.3f ms)\n", list.first,
           list.first / scan, list.first_ever);
    printf("  list, the same again      %.3f ms, ratio %.3f\n", list.same, list.same / scan);
    printf("  list, slid by a segment   %.3f ms, ratio %.3f\n", list.slid, list.slid / scan);
    printf("  list, delta of %d segments %.3f ms, ratio %.3f\n", s->delta, list.delta, list.delta / scan);
    printf("  bytes a segment: document %.1f with its text, list %.1f with all it needs\n",
           (double)bytes / s->segments, (double)list.bytes / s->segments);
    free(t.data);
}

int main(void)
{
    static const stream streams[] = {{"dvr", 43200, 0, 8}, {"low latency", 4320, 10, 8}};
    for (size_t i = 0; i < AZ_COUNT(streams); i++)
        bench(&streams[i]);
    return 0;
}
