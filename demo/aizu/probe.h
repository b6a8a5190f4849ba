/*
 * `aizu probe`: what is in a playlist, a stream or a media file, as JSON or as tables made from that JSON.
 */
#ifndef AIZU_DEMO_PROBE_H
#define AIZU_DEMO_PROBE_H

#include <stdbool.h>

#include <jansson.h>

#include "aizu/player.h"
#include "base/base.h"

#define PROBE_BYTES_MAX ((size_t)1 << 30) /* of one file or answer */

typedef struct probe_options {
    const char *target; /* URL or path */
    bool is_json;
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
bool probe_playlist(const probe_options *o, json_t *out, az_span text,
                    const char *url);                         /* probe_playlist.c */
bool probe_ts(json_t *out, az_span bytes, bool with_samples); /* probe_ts.c */
bool probe_id3(json_t *out, az_span bytes);                   /* probe_ts.c */

/* ---- probe_table.c: scalars as lines, lists of objects as tables, objects one level in ---- */
void probe_print(const json_t *object, int depth);

#endif
