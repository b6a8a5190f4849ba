/*
 * What the server serves: paths to refcounted, read-only blobs. Thread-safe: the channel puts and removes
 * while the server's threads get. A blob lives as long as a viewer still reads it.
 */
#ifndef CH_STORE_H
#define CH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_STORE_PATH_MAX 96
#define CH_ETAG_SIZE      20

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

/* Copies the bytes; replaces what stood there. False: out of memory or the path is too long. */
bool ch_store_put(ch_store *store, const char *path, const void *data, size_t size, const char *content_type,
                  const char *cache);
void ch_store_remove(ch_store *store, const char *path); /* nothing there: nothing happens */

ch_blob *ch_store_get(ch_store *store, const char *path); /* with a reference, or NULL */
void ch_blob_unref(ch_blob *blob);
void ch_store_totals(ch_store *store, size_t *count, size_t *size_bytes);

#endif
