/*
 * The one refcounted byte buffer: it carries bytes from the socket to the decoder without a copy.
 *
 * A buffer is written by its only owner until it is shared; from then on it is read-only. References
 * may be taken and dropped on any thread. Each allocation ends in AZ_BUF_PADDING zero bytes past
 * `capacity`, so that decoders may read past the end.
 */
#ifndef AZ_BASE_BUF_H
#define AZ_BASE_BUF_H

#include "base/base.h"

#define AZ_BUF_PADDING 64

typedef struct az_buf az_buf;

/* A buffer of `capacity` bytes, uninitialised but for the padding, one reference. NULL when out of memory. */
az_buf *az_buf_create(size_t capacity);

/* Takes over foreign memory: `release(owner)` is called with the last reference. NULL when out of
 * memory (release is not called then). The memory need not be padded: copy where padding matters. */
az_buf *az_buf_wrap(void *data, size_t size, void (*release)(void *owner), void *owner);

az_buf *az_buf_ref(az_buf *buf); /* the same buffer; NULL gives NULL */
void az_buf_unref(az_buf **buf); /* drops one reference and nulls; NULL allowed */
/* Gives back what is allocated past `capacity`, where this is the only reference, the memory is its own and
 * there is enough of it. The bytes may move. */
void az_buf_shrink(az_buf **buf, size_t capacity);

uint8_t *az_buf_data(az_buf *buf);
size_t az_buf_capacity(const az_buf *buf);

/* True when AZ_BUF_PADDING readable bytes follow the capacity: not for wrapped memory. */
bool az_buf_is_padded(const az_buf *buf);

/* Part of a buffer, with a reference to it. A slice of NULL buf and size 0 is empty. */
typedef struct az_slice {
    az_buf *buf;
    const uint8_t *data;
    size_t size;
} az_slice;

az_slice az_slice_ref(az_slice slice); /* the same bytes with a reference of its own */
void az_slice_unref(az_slice *slice);
az_span az_slice_span(az_slice slice);

/* A slice of a new buffer with a copy of the bytes. False when out of memory. */
AZ_NODISCARD bool az_slice_copy(az_slice *out, az_span bytes);

#endif
