/*
 * `aizu probe`: what is in a playlist, a stream or a media file, as JSON or as tables made from that JSON.
 */
#ifndef AIZU_DEMO_PROBE_H
#define AIZU_DEMO_PROBE_H

#include <stdbool.h>

#include <jansson.h>

#include "aizu/player.h"
#include "base/base.h"
#include "playlist/playlist.h"

#define PROBE_BYTES_MAX ((size_t)1 << 30) /* of one file or answer */

typedef struct probe_options {
    const char *target; /* URL or path */
    bool is_json;
    const char *init;    /* URL or path of the initialisation section that a file needs; NULL: none */
    size_t segments_max; /* fetched of each media playlist behind a URL */
    const char *ca_file;
    const char *headers[AIZU_HEADERS_MAX];
    int header_count;
} probe_options;

typedef struct probe_bytes {
    uint8_t *data; /* free() it */
    size_t size;
    char *url; /* after redirects; NULL for a file; free() it */
} probe_bytes;

/* Runs `aizu probe`; the exit status: 0, 1 failed, 2 wrong usage. */
int probe_main(int argc, char **argv);

/* ---- probe_input.c: false after a message on standard error ---- */
bool probe_read_file(const char *path, probe_bytes *out);
bool probe_fetch(const probe_options *o, const char *url, uint64_t range_offset, uint64_t range_size,
                 probe_bytes *out);

/* ---- what is in some bytes: fields are added to `out`; false when they are not of that kind ---- */
bool probe_playlist(const probe_options *o, json_t *out, const probe_bytes *bytes); /* probe_playlist.c */
/* `init` may be empty; with_samples: each with its ticks, else their number. probe_media.c */
bool probe_media(json_t *out, az_span init, az_span bytes, bool with_samples);
bool probe_id3(json_t *out, az_span bytes); /* probe_media.c */

/* ---- probe_lists.c: lists of a playlist as JSON ---- */
json_t *probe_text(az_span span);
json_t *probe_seconds(int64_t time);
void probe_add_media(json_t *out, const az_media_playlist *m);
void probe_add_multivariant(json_t *out, const az_multivariant *m);

/* ---- probe_table.c: scalars as lines, lists of objects as tables, objects one level in ---- */
void probe_print(const json_t *object, int depth);

#endif
