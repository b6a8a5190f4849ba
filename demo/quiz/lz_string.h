/*
 * LZ-string, base64 form: a compression that web pages use for short JSON texts.
 */
#ifndef QUIZ_LZ_STRING_H
#define QUIZ_LZ_STRING_H

#include <stdbool.h>
#include <stddef.h>

#define QUIZ_LZ_INPUT_MAX  65536 /* characters of base64 */
#define QUIZ_LZ_OUTPUT_MAX 65536 /* UTF-16 units that come out */

/*
 * Decompresses into a new NUL-terminated UTF-8 string of *size bytes that the caller frees. NULL when the
 * text is not complete LZ-string data, passes a limit, or memory is out. The URL-safe alphabet is taken too.
 */
char *quiz_lz_string_decode(const char *text, size_t text_size, size_t *size);

#endif
