/*
 * Refcounted buffers and slices; see base/buf.h.
 */
#include "base/buf.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SHRINK_MIN 1024 /* less is not worth it */

struct az_buf {
    atomic_size_t refs;
    uint8_t *data;
    size_t capacity;
    void (*release)(void *owner);
    void *owner;
};

az_buf *az_buf_create(size_t capacity)
{
    size_t size;
    if (!az_add_size(sizeof(az_buf) + AZ_BUF_PADDING, capacity, &size))
        return NULL;
    az_buf *buf = malloc(size);
    if (!buf)
        return NULL;
    atomic_init(&buf->refs, 1);
    buf->data = (uint8_t *)(buf + 1);
    buf->capacity = capacity;
    buf->release = NULL;
    buf->owner = NULL;
    memset(buf->data + capacity, 0, AZ_BUF_PADDING);
    return buf;
}

az_buf *az_buf_wrap(void *data, size_t size, void (*release)(void *owner), void *owner)
{
    az_buf *buf = malloc(sizeof(*buf));
    if (!buf)
        return NULL;
    atomic_init(&buf->refs, 1);
    buf->data = data;
    buf->capacity = size;
    buf->release = release;
    buf->owner = owner;
    return buf;
}

az_buf *az_buf_ref(az_buf *buf)
{
    if (buf)
        atomic_fetch_add_explicit(&buf->refs, 1, memory_order_relaxed);
    return buf;
}

void az_buf_unref(az_buf **pointer)
{
    az_buf *buf = *pointer;
    *pointer = NULL;
    if (!buf || atomic_fetch_sub_explicit(&buf->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (buf->release)
        buf->release(buf->owner);
    free(buf);
}

void az_buf_shrink(az_buf **pointer, size_t capacity)
{
    az_buf *buf = *pointer;
    bool is_alone = !buf->release && atomic_load_explicit(&buf->refs, memory_order_acquire) == 1;
    if (!is_alone || capacity > buf->capacity || buf->capacity - capacity < SHRINK_MIN)
        return;
    az_buf *smaller = realloc(buf, sizeof(*buf) + capacity + AZ_BUF_PADDING);
    if (!smaller)
        return;
    smaller->data = (uint8_t *)(smaller + 1);
    smaller->capacity = capacity;
    memset(smaller->data + capacity, 0, AZ_BUF_PADDING);
    *pointer = smaller;
}

uint8_t *az_buf_data(az_buf *buf)
{
    return buf->data;
}

size_t az_buf_capacity(const az_buf *buf)
{
    return buf->capacity;
}

bool az_buf_is_padded(const az_buf *buf)
{
    return buf->data == (const uint8_t *)(buf + 1);
}

az_slice az_slice_ref(az_slice slice)
{
    az_buf_ref(slice.buf);
    return slice;
}

void az_slice_unref(az_slice *slice)
{
    az_buf_unref(&slice->buf);
    slice->data = NULL;
    slice->size = 0;
}

az_span az_slice_span(az_slice slice)
{
    return az_span_make(slice.data, slice.size);
}

bool az_slice_copy(az_slice *out, az_span bytes)
{
    az_buf *buf = az_buf_create(bytes.size);
    if (!buf)
        return false;
    if (bytes.size)
        memcpy(az_buf_data(buf), bytes.data, bytes.size);
    *out = (az_slice){buf, az_buf_data(buf), bytes.size};
    return true;
}
