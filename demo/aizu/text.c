/*
 * Is it text, and if not, base64; see text.h.
 */
#include "text.h"

#include <stdlib.h>

/* The length of the sequence that a first byte begins, 0 for none, with the bits it brings. */
static size_t begin_sequence(uint8_t byte, uint32_t *code)
{
    if (byte < 0x80) {
        *code = byte;
        return 1;
    }
    for (size_t length = 2; length <= 4; length++) {
        unsigned shift = (unsigned)(7 - length);
        if ((unsigned)byte >> shift == (0xffu >> shift & ~1u)) { /* ones, as many as bytes, and a zero */
            *code = byte & ((1u << shift) - 1);
            return length;
        }
    }
    return 0;
}

static bool is_character(uint32_t code, size_t length)
{
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    return code >= least[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

bool text_is_utf8(const uint8_t *data, size_t size)
{
    size_t pos = 0;
    while (pos < size) {
        uint32_t code = 0;
        size_t length = begin_sequence(data[pos], &code);
        if (length == 0 || length > size - pos)
            return false;
        for (size_t i = 1; i < length; i++) {
            if ((data[pos + i] & 0xc0) != 0x80)
                return false;
            code = code << 6 | (data[pos + i] & 0x3fu);
        }
        if (!is_character(code, length))
            return false;
        pos += length;
    }
    return true;
}

char *text_base64(const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = malloc((size + 2) / 3 * 4 + 1);
    if (!out)
        return NULL;
    char *at = out;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)data[i] << 16;
        group |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        group |= left > 2 ? data[i + 2] : 0;
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[group & 63] : '=';
    }
    *at = '\0';
    return out;
}

void text_add_payload(json_t *object, const uint8_t *data, size_t size)
{
    if (text_is_utf8(data, size)) {
        json_object_set_new(object, "text", json_stringn((const char *)data, size));
        return;
    }
    char *encoded = text_base64(data, size);
    if (encoded)
        json_object_set_new(object, "base64", json_string(encoded));
    free(encoded);
}
