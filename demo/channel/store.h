/*
 * What the server serves: paths to refcounted blobs. A whole blob never changes; one that grows may be read
 * while it is written, and one that is only promised says that its path will come. Thread-safe: the channel
 * puts and removes while the server's threads get. A blob lives as long as a viewer still reads it.
 */
#ifndef CH_STORE_H
#define CH_STORE_H

#include "bell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_STORE_PATH_MAX 96
#define CH_ETAG_SIZE      20

typedef enum ch_blob_state {
    CH_BLOB_PROMISED,  /* nothing of it yet */
    CH_BLOB_GROWING,   /* some of it */
    CH_BLOB_WHOLE,     /* all of it: data, size and etag may be read */
    CH_BLOB_WITHDRAWN, /* it does not come, or not to its end */
} ch_blob_state;

typedef struct ch_blob {
    const uint8_t *data;
    size_t size;
    const char *content_type; /* static */
    const char *cache;        /* static: Cache-Control */
    char etag[CH_ETAG_SIZE];  /* with its quotes */
} ch_blob;

typedef struct ch_store ch_store;

ch_store *ch_store_create(void); /* NULL: out of memory */
void ch_store_destroy(ch_store **store);

/* Rings whenever something grew, became whole or was removed. */
ch_bell *ch_store_bell(ch_store *store);

/* Copies the bytes; keeps a promise, or replaces what stood there. False: out of memory or the path is too
 * long. */
bool ch_store_put(ch_store *store, const char *path, const void *data, size_t size, const char *content_type,
                  const char *cache);

/* Says that `path` will come; where something stands already nothing happens. False as above. */
bool ch_store_promise(ch_store *store, const char *path, const char *content_type, const char *cache);

/* Makes a promised blob longer, and whole. False: out of memory, or there is no such one. */
bool ch_store_append(ch_store *store, const char *path, const void *data, size_t size);
bool ch_store_finish(ch_store *store, const char *path);

void ch_store_remove(ch_store *store, const char *path); /* nothing there: nothing happens */

ch_blob *ch_store_get(ch_store *store, const char *path); /* with a reference, or NULL */
void ch_blob_unref(ch_blob *blob);
ch_blob_state ch_blob_state_of(const ch_blob *blob);
size_t ch_blob_size(const ch_blob *blob); /* so far */

/* Copies up to `max` bytes from `position` of a blob in any state; 0: none there. */
size_t ch_store_read(ch_store *store, const ch_blob *blob, size_t position, void *out, size_t max);

void ch_store_totals(ch_store *store, size_t *count, size_t *size_bytes);

/* A whole blob that stands under no path. NULL: out of memory. */
ch_blob *ch_blob_create(const void *data, size_t size, const char *content_type, const char *cache);
void ch_blob_ref(ch_blob *blob);

#endif
