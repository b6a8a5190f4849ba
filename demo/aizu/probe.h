/*
 * `aizu probe`: what is in a playlist, a stream or a media file, as a table or as JSON.
 */
#ifndef AIZU_DEMO_PROBE_H
#define AIZU_DEMO_PROBE_H

#include <jansson.h>

#include "base/base.h"
#include "playlist/playlist.h"

/* Runs `aizu probe`; the exit status: 0, 1 failed, 2 wrong usage. */
int probe_main(int argc, char **argv);

/* ---- inside: each adds what it finds to an object; false when the bytes are not of its kind ---- */

typedef struct probe_options {
    bool is_json;
    size_t segments_max; /* segments fetched from a URL */
    const char *ca_file;
    const char *headers[64];
    int header_count;
} probe_options;

/* The bytes of a file or URL; *data is malloc'd. `url` gets the final address. False after a message. */
bool probe_read_file(const char *path, uint8_t **data, size_t *size);
bool probe_fetch(const probe_options *o, const char *url, az_span range, uint8_t **data, size_t *size,
                 char *final, size_t final_size);

/* Any bytes: decides by looking at them. */
bool probe_bytes(json_t *out, az_span bytes, const char *name);

bool probe_playlist(json_t *out, az_span text, az_playlist **document); /* the caller destroys *document */
bool probe_ts(json_t *out, az_span bytes);
bool probe_id3(json_t *out, az_span bytes);

/* Prints the whole object: scalars as lines, arrays of objects as tables. */
void probe_print_table(const json_t *object);

#endif
