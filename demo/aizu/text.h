/*
 * Payloads as text: UTF-8 that JSON can carry, or base64.
 */
#ifndef AIZU_DEMO_TEXT_H
#define AIZU_DEMO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool text_is_utf8(const uint8_t *data, size_t size);

/* RFC 4648; the caller frees it. NULL when out of memory. */
char *text_base64(const uint8_t *data, size_t size);

/* Adds "text" or, where it is none, "base64" to an object. */
void text_add_payload(json_t *object, const uint8_t *data, size_t size);

#endif
