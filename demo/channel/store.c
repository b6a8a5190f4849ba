/*
 * An array behind a mutex: a channel holds some hundred paths. See store.h.
 */
#include "store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Until it is whole, the bytes belong to the store's mutex; then they never change. */
typedef struct counted_blob {
    ch_blob blob; /* first: a ch_blob pointer is one of this */
    atomic_size_t refs;
    atomic_int state;   /* ch_blob_state */
    atomic_size_t size; /* so far */
    uint8_t *bytes;
    size_t capacity;
} counted_blob;

typedef struct entry {
    char path[CH_STORE_PATH_MAX];
    counted_blob *blob;
} entry;

struct ch_store {
    pthread_mutex_t mutex;
    ch_bell *bell;
    entry *entries;
    size_t count;
    size_t capacity;
};

ch_store *ch_store_create(void)
{
    ch_store *store = calloc(1, sizeof(*store));
    ch_bell *bell = ch_bell_create();
    if (!store || !bell || pthread_mutex_init(&store->mutex, NULL)) {
        ch_bell_destroy(&bell);
        free(store);
        return NULL;
    }
    store->bell = bell;
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
    ch_bell_destroy(&store->bell);
    free(store);
}

ch_bell *ch_store_bell(ch_store *store)
{
    return store->bell;
}

/* FNV-1a, 64 bit. */
static uint64_t hash_of(const uint8_t *data, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * UINT64_C(1099511628211);
    return hash;
}

static counted_blob *blob_create(const char *content_type, const char *cache)
{
    counted_blob *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    atomic_init(&b->refs, 1);
    atomic_init(&b->state, CH_BLOB_PROMISED);
    atomic_init(&b->size, 0);
    b->blob = (ch_blob){.content_type = content_type, .cache = cache};
    return b;
}

static bool reserve(counted_blob *b, size_t size)
{
    if (size <= b->capacity)
        return true;
    uint8_t *bytes = realloc(b->bytes, size);
    if (!bytes)
        return false;
    b->bytes = bytes;
    b->capacity = size;
    return true;
}

/* Room for growth comes in doubles, and is given back at the end. */
static bool append(counted_blob *b, const void *data, size_t size)
{
    size_t used = atomic_load(&b->size);
    if (size > SIZE_MAX / 2 - used)
        return false;
    size_t capacity = b->capacity ? b->capacity : size;
    while (capacity < used + size)
        capacity *= 2;
    if (!reserve(b, capacity))
        return false;
    if (size)
        memcpy(b->bytes + used, data, size);
    atomic_store(&b->size, used + size);
    if (size)
        atomic_store(&b->state, CH_BLOB_GROWING);
    return true;
}

static void finish(counted_blob *b)
{
    size_t size = atomic_load(&b->size);
    uint8_t *bytes = size && size < b->capacity ? realloc(b->bytes, size) : NULL;
    if (bytes)
        b->bytes = bytes;
    b->capacity = size;
    b->blob.data = b->bytes;
    b->blob.size = size;
    snprintf(b->blob.etag, sizeof(b->blob.etag), "\"%016" PRIx64 "\"", hash_of(b->bytes, size));
    atomic_store(&b->state, CH_BLOB_WHOLE);
}

void ch_blob_ref(ch_blob *blob)
{
    atomic_fetch_add(&((counted_blob *)blob)->refs, 1);
}

void ch_blob_unref(ch_blob *blob)
{
    counted_blob *b = (counted_blob *)blob;
    if (b && atomic_fetch_sub(&b->refs, 1) == 1) {
        free(b->bytes);
        free(b);
    }
}

ch_blob_state ch_blob_state_of(const ch_blob *blob)
{
    return (ch_blob_state)atomic_load(&((const counted_blob *)blob)->state);
}

size_t ch_blob_size(const ch_blob *blob)
{
    return atomic_load(&((const counted_blob *)blob)->size);
}

ch_blob *ch_blob_create(const void *data, size_t size, const char *content_type, const char *cache)
{
    counted_blob *b = blob_create(content_type, cache);
    if (!b)
        return NULL;
    if (!append(b, data, size)) {
        ch_blob_unref(&b->blob);
        return NULL;
    }
    finish(b);
    return &b->blob;
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

/* The blob under `path` that may still be written; NULL: there is none. */
static counted_blob *find_open(ch_store *store, const char *path)
{
    entry *e = find(store, path);
    return e && ch_blob_state_of(&e->blob->blob) <= CH_BLOB_GROWING ? e->blob : NULL;
}

/* Under the mutex: a whole new blob in place of what stands there. */
static bool replace(ch_store *store, const char *path, counted_blob *blob, counted_blob **old)
{
    entry *e = find(store, path);
    if (!e)
        e = add(store, path);
    if (!e)
        return false;
    *old = e->blob;
    e->blob = blob;
    return true;
}

bool ch_store_put(ch_store *store, const char *path, const void *data, size_t size, const char *content_type,
                  const char *cache)
{
    if (strlen(path) >= CH_STORE_PATH_MAX)
        return false;
    counted_blob *spare = blob_create(content_type, cache); /* where no promise is kept */
    counted_blob *old = NULL;
    if (!spare)
        return false;
    pthread_mutex_lock(&store->mutex);
    counted_blob *b = find_open(store, path);
    bool is_promised = b && ch_blob_size(&b->blob) == 0;
    if (!is_promised)
        b = spare;
    bool ok = append(b, data, size);
    if (ok)
        finish(b);
    if (ok && !is_promised) {
        ok = replace(store, path, spare, &old);
        if (ok)
            spare = NULL;
    }
    pthread_mutex_unlock(&store->mutex);
    if (spare)
        ch_blob_unref(&spare->blob);
    if (old)
        ch_blob_unref(&old->blob);
    ch_bell_ring(store->bell);
    return ok;
}

bool ch_store_promise(ch_store *store, const char *path, const char *content_type, const char *cache)
{
    if (strlen(path) >= CH_STORE_PATH_MAX)
        return false;
    bool ok = true;
    pthread_mutex_lock(&store->mutex);
    if (!find(store, path)) {
        counted_blob *blob = blob_create(content_type, cache), *old = NULL;
        ok = blob && replace(store, path, blob, &old);
        if (!ok && blob)
            ch_blob_unref(&blob->blob);
    }
    pthread_mutex_unlock(&store->mutex);
    return ok;
}

bool ch_store_append(ch_store *store, const char *path, const void *data, size_t size)
{
    pthread_mutex_lock(&store->mutex);
    counted_blob *b = find_open(store, path);
    bool ok = b && append(b, data, size);
    pthread_mutex_unlock(&store->mutex);
    ch_bell_ring(store->bell);
    return ok;
}

bool ch_store_finish(ch_store *store, const char *path)
{
    pthread_mutex_lock(&store->mutex);
    counted_blob *b = find_open(store, path);
    if (b)
        finish(b);
    pthread_mutex_unlock(&store->mutex);
    ch_bell_ring(store->bell);
    return b != NULL;
}

void ch_store_remove(ch_store *store, const char *path)
{
    counted_blob *old = NULL;
    pthread_mutex_lock(&store->mutex);
    entry *e = find(store, path);
    if (e) {
        old = e->blob;
        *e = store->entries[--store->count];
        if (ch_blob_state_of(&old->blob) <= CH_BLOB_GROWING)
            atomic_store(&old->state, CH_BLOB_WITHDRAWN);
    }
    pthread_mutex_unlock(&store->mutex);
    if (old) {
        ch_blob_unref(&old->blob);
        ch_bell_ring(store->bell);
    }
}

ch_blob *ch_store_get(ch_store *store, const char *path)
{
    ch_blob *out = NULL;
    pthread_mutex_lock(&store->mutex);
    entry *e = find(store, path);
    if (e) {
        ch_blob_ref(&e->blob->blob);
        out = &e->blob->blob;
    }
    pthread_mutex_unlock(&store->mutex);
    return out;
}

size_t ch_store_read(ch_store *store, const ch_blob *blob, size_t position, void *out, size_t max)
{
    const counted_blob *b = (const counted_blob *)blob;
    pthread_mutex_lock(&store->mutex);
    size_t size = atomic_load(&b->size);
    size_t count = position < size ? size - position : 0;
    if (count > max)
        count = max;
    if (count)
        memcpy(out, b->bytes + position, count);
    pthread_mutex_unlock(&store->mutex);
    return count;
}

void ch_store_totals(ch_store *store, size_t *count, size_t *size_bytes)
{
    pthread_mutex_lock(&store->mutex);
    *count = store->count;
    *size_bytes = 0;
    for (size_t i = 0; i < store->count; i++)
        *size_bytes += ch_blob_size(&store->entries[i].blob->blob);
    pthread_mutex_unlock(&store->mutex);
}
