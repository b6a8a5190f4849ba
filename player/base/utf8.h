/*
 * UTF-8, one character at a time (RFC 3629): for text that comes from outside and goes to an application,
 * which may rely on it.
 */
#ifndef AZ_BASE_UTF8_H
#define AZ_BASE_UTF8_H

#include "base/base.h"

#define AZ_UTF8_REPLACEMENT UINT32_C(0xFFFD)

/* The character at the beginning of a span that is not empty; *length: its bytes, at least 1. Bytes that are
 * no character (cut, overlong, a surrogate, past U+10FFFF) give AZ_UTF8_REPLACEMENT one by one. */
uint32_t az_utf8_get(az_span text, size_t *length);

/* Writes 1 to 4 bytes and says how many; AZ_UTF8_REPLACEMENT for what is no character. */
size_t az_utf8_put(uint8_t out[4], uint32_t character);

/* Copies `text` with U+FFFD in place of each NUL and each byte that is no character; the bytes needed. Writes
 * at most out_size of them, no character in part; 3 * text.size are always enough. out may be NULL with size
 * 0. */
size_t az_utf8_clean(uint8_t *out, size_t out_size, az_span text);

#endif
