/*
 * A growing byte buffer with a sticky error, for text and packets that are put together piece by piece.
 * After an allocation failed every call does nothing and `failed` stays set: check once at the end.
 */
#ifndef CH_BYTES_H
#define CH_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define CH_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define CH_PRINTF(fmt, args)
#endif

typedef struct ch_bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
} ch_bytes;

void ch_bytes_deinit(ch_bytes *b);                                /* frees and empties */
uint8_t *ch_bytes_extend(ch_bytes *b, size_t size);               /* `size` new zero bytes; NULL: failed */
void ch_bytes_append(ch_bytes *b, const void *data, size_t size); /* data may be NULL when size is 0 */
void ch_bytes_printf(ch_bytes *b, const char *format, ...) CH_PRINTF(2, 3); /* no NUL is kept */

#endif
