/*
 * UTF-8 for text that strangers wrote: decode it, and copy it so that what is kept can be drawn.
 */
#ifndef QUIZ_UTF8_H
#define QUIZ_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point at text[*pos], and *pos moves past it. A byte that is not UTF-8 gives U+FFFD and counts
 * alone. *pos < size. */
uint32_t quiz_utf8_next(const char *text, size_t size, size_t *pos);

/* Writes a code point; the number of bytes, 1 to 4. Surrogates and values past U+10FFFF become U+FFFD. */
size_t quiz_utf8_put(char out[4], uint32_t code);

bool quiz_utf8_is_valid(const char *text, size_t size);

/*
 * Copies for display into out[out_size], always terminated: control characters and runs of white space
 * become one space, ends are trimmed, marks that turn or hide text (bidirectional controls, zero-width
 * characters) are dropped, what does not fit is cut between characters with an ellipsis.
 * Returns false when nothing visible is left. out_size >= 8.
 */
bool quiz_utf8_clean(char *out, size_t out_size, const char *text, size_t size);

#endif
