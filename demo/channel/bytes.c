/*
 * The growing byte buffer; see bytes.h.
 */
#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ch_bytes_deinit(ch_bytes *b)
{
    free(b->data);
    *b = (ch_bytes){0};
}

uint8_t *ch_bytes_extend(ch_bytes *b, size_t size)
{
    if (b->failed || size > SIZE_MAX / 2 - b->size) {
        b->failed = true;
        return NULL;
    }
    size_t needed = b->size + size;
    if (needed > b->capacity) {
        size_t capacity = b->capacity ? b->capacity : 512;
        while (capacity < needed)
            capacity *= 2;
        uint8_t *data = realloc(b->data, capacity);
        if (!data) {
            b->failed = true;
            return NULL;
        }
        b->data = data;
        b->capacity = capacity;
    }
    uint8_t *out = b->data + b->size;
    memset(out, 0, size);
    b->size = needed;
    return out;
}

void ch_bytes_append(ch_bytes *b, const void *data, size_t size)
{
    uint8_t *out = size ? ch_bytes_extend(b, size) : NULL;
    if (out)
        memcpy(out, data, size);
}

void ch_bytes_printf(ch_bytes *b, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= sizeof(line))
        b->failed = true;
    else
        ch_bytes_append(b, line, (size_t)size);
}
