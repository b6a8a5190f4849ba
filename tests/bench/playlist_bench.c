/*
 * Parsing of long playlists against a bare scan for line ends over the same text, in the same run: a DVR
 * playlist of 43,200 segments with a programme date-time each (a day of 2 s segments), and a low-latency
 * one with ten parts a segment. Prints the best times, their ratio, and the bytes a segment takes.
 */
#define _POSIX_C_SOURCE 200809L
#include "playlist/playlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 15

typedef struct text {
    char *data;
    size_t size;
    size_t capacity;
} text;

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

static text make_playlist(int segments, int parts)
{
    text t = {0};
    append(&t, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1000\n");
    for (int i = 0; i < segments; i++) {
        int second = i * 2 % 86400;
        append(&t, "#EXT-X-PROGRAM-DATE-TIME:2024-05-01T%02d:%02d:%02d.000Z\n", second / 3600,
               second / 60 % 60, second % 60);
        for (int j = 0; j < parts; j++)
            append(&t, "#EXT-X-PART:DURATION=0.2,URI=\"segment-%06d.%d.m4s\"%s\n", i, j,
                   j ? "" : ",INDEPENDENT=YES");
        append(&t, "#EXTINF:2.000,\nsegment-%06d.ts\n", i);
    }
    return t;
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
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

/* The first parse, and the best of all. The text is in a buffer already, as the engine has it after a fetch.
 */
static double time_parse(const text *t, double *first, size_t *bytes)
{
    double best = 1e9;
    az_slice slice;
    if (!az_slice_copy(&slice, az_span_make(t->data, t->size)))
        exit(1);
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

static void bench(const char *name, int segments, int parts)
{
    text t = make_playlist(segments, parts);
    size_t lines, bytes;
    double first;
    double scan = time_scan(&t, &lines);
    double parse = time_parse(&t, &first, &bytes);
    printf("%s: %d segments, %d parts each, %zu lines, %.2f MB\n", name, segments, parts, lines,
           (double)t.size / 1e6);
    printf("  line scan %.3f ms; parse %.3f ms (first %.3f ms); ratio %.2f\n", scan, parse, first,
           parse / scan);
    printf("  %.1f bytes a segment besides the text (%.1f with it)\n", (double)(bytes - t.size) / segments,
           (double)bytes / segments);
    free(t.data);
}

int main(void)
{
    bench("dvr", 43200, 0);
    bench("low latency", 4320, 10);
    return 0;
}
