/*
 * Bytes of test vectors as they stand in their documents: hexadecimal, blanks allowed.
 */
#ifndef AZ_TESTS_HEX_H
#define AZ_TESTS_HEX_H

#include <stddef.h>
#include <stdint.h>

static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many bytes were written; `out` is large enough. */
static inline size_t hex_bytes(uint8_t *out, const char *text)
{
    size_t digits = 0;
    for (; *text; text++) {
        int digit = hex_digit(*text);
        if (digit < 0)
            continue;
        if (digits % 2 == 0)
            out[digits / 2] = (uint8_t)(digit << 4);
        else
            out[digits / 2] |= (uint8_t)digit;
        digits++;
    }
    return digits / 2;
}

#endif
