/*
 * A short array behind a mutex: a channel holds some fifty paths. See store.h.
 */
#include "store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct counted_blob {
    ch_blob blob; /* first: a ch_blob pointer is one of this */
    atomic_size_t refs;
    uint8_t bytes[];
} counted_blob;

typedef struct entry {
    char path[CH_STORE_PATH_MAX];
    counted_blob *blob;
} entry;

struct ch_store {
    pthread_mutex_t mutex;
    entry *entries;
    size_t count;
    size_t capacity;
};

ch_store *ch_store_create(void)
{
    ch_store *store = calloc(1, sizeof(*store));
    if (store && pthread_mutex_init(&store->mutex, NULL)) {
        free(store);
        store = NULL;
    }
    return store;
}

void ch_store_destroy(ch_store **pointer)
{
    ch_store *store = *pointer;
    *pointer = NULL;
    if (!store)
        return;
    for (size_t i = 0; i < store->count; i++)
        ch_blob_unref(&store->entries[i].blob->blob);
    free(store->entries);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

/* FNV-1a, 64 bit. */
static uint64_t hash_of(const uint8_t *data, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * UINT64_C(1099511628211);
    return hash;
}

static counted_blob *blob_create(const void *data, size_t size, const char *content_type, const char *cache)
{
    counted_blob *b = malloc(sizeof(*b) + size);
    if (!b)
        return NULL;
    if (size)
        memcpy(b->bytes, data, size);
    atomic_init(&b->refs, 1);
    b->blob = (ch_blob){.data = b->bytes, .size = size, .content_type = content_type, .cache = cache};
    snprintf(b->blob.etag, sizeof(b->blob.etag), "\"%016" PRIx64 "\"", hash_of(b->bytes, size));
    return b;
}

void ch_blob_unref(ch_blob *blob)
{
    counted_blob *b = (counted_blob *)blob;
    if (b && atomic_fetch_sub(&b->refs, 1) == 1)
        free(b);
}

static entry *find(ch_store *store, const char *path)
{
    for (size_t i = 0; i < store->count; i++) {
        if (strcmp(store->entries[i].path, path) == 0)
            return &store->entries[i];
    }
    return NULL;
}

static entry *add(ch_store *store, const char *path)
{
    if (store->count == store->capacity) {
        size_t capacity = store->capacity ? store->capacity * 2 : 32;
        entry *entries = realloc(store->entries, capacity * sizeof(*entries));
        if (!entries)
            return NULL;
        store->entries = entries;
        store->capacity = capacity;
    }
    entry *e = &store->entries[store->count++];
    snprintf(e->path, sizeof(e->path), "%s", path);
    e->blob = NULL;
    return e;
}

bool ch_store_put(ch_store *store, const char *path, const void *data, size_t size, const char *content_type,
                  const char *cache)
{
    if (strlen(path) >= CH_STORE_PATH_MAX)
        return false;
    counted_blob *blob = blob_create(data, size, content_type, cache);
    if (!blob)
        return false;
    counted_blob *old = blob; /* dropped below when there is no room for it */
    pthread_mutex_lock(&store->mutex);
    entry *e = find(store, path);
    if (!e)
        e = add(store, path);
    if (e) {
        old = e->blob;
        e->blob = blob;
    }
    pthread_mutex_unlock(&store->mutex);
    if (old)
        ch_blob_unref(&old->blob);
    return old != blob;
}

void ch_store_remove(ch_store *store, const char *path)
{
    counted_blob *old = NULL;
    pthread_mutex_lock(&store->mutex);
    entry *e = find(store, path);
    if (e) {
        old = e->blob;
        *e = store->entries[--store->count];
    }
    pthread_mutex_unlock(&store->mutex);
    if (old)
        ch_blob_unref(&old->blob);
}

ch_blob *ch_store_get(ch_store *store, const char *path)
{
    ch_blob *out = NULL;
    pthread_mutex_lock(&store->mutex);
    entry *e = find(store, path);
    if (e) {
        atomic_fetch_add(&e->blob->refs, 1);
        out = &e->blob->blob;
    }
    pthread_mutex_unlock(&store->mutex);
    return out;
}

void ch_store_totals(ch_store *store, size_t *count, size_t *size_bytes)
{
    pthread_mutex_lock(&store->mutex);
    *count = store->count;
    *size_bytes = 0;
    for (size_t i = 0; i < store->count; i++)
        *size_bytes += store->entries[i].blob->blob.size;
    pthread_mutex_unlock(&store->mutex);
}
