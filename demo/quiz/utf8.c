/*
 * UTF-8 decoding and cleaning (RFC 3629); see utf8.h.
 */
#include "utf8.h"

#include <string.h>

#define REPLACEMENT 0xFFFDu

static bool is_scalar(uint32_t code)
{
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

uint32_t quiz_utf8_next(const char *text, size_t size, size_t *pos)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text + *pos;
    size_t left = size - *pos;
    uint32_t first = bytes[0];
    size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;

    *pos += 1;
    if (length == 1)
        return first;
    if (first < 0xC2 || first > 0xF4 || length > left)
        return REPLACEMENT;
    uint32_t code = first & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        code = code << 6 | (bytes[i] & 0x3F);
    }
    if (code < smallest[length] || !is_scalar(code))
        return REPLACEMENT;
    *pos += length - 1;
    return code;
}

size_t quiz_utf8_put(char out[4], uint32_t code)
{
    if (!is_scalar(code))
        code = REPLACEMENT;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)((0xF00u >> length & 0xF0u) | code);
    return length;
}

bool quiz_utf8_is_valid(const char *text, size_t size)
{
    for (size_t pos = 0; pos < size;) {
        size_t begin = pos;
        uint32_t code = quiz_utf8_next(text, size, &pos);
        if (code == REPLACEMENT && pos - begin == 1)
            return false;
    }
    return true;
}

static bool is_space(uint32_t code)
{
    return code <= 0x20 || (code >= 0x7F && code <= 0xA0) || (code >= 0x2000 && code <= 0x200A) ||
           code == 0x1680 || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
           code == 0x3000;
}

/* Characters that draw nothing themselves but change or hide their neighbours. */
static bool is_hidden(uint32_t code)
{
    return (code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0x00AD || code == 0x061C ||
           (code >= 0xFE00 && code <= 0xFE0F) || (code >= 0xFFF0 && code <= 0xFFFB) || code >= 0xE0000;
}

bool quiz_utf8_clean(char *out, size_t out_size, const char *text, size_t size)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t used = 0;
    size_t cut_at = 0; /* the last place where an ellipsis would still fit */
    bool space = false;

    for (size_t pos = 0; pos < size;) {
        uint32_t code = quiz_utf8_next(text, size, &pos);
        if (is_hidden(code))
            continue;
        if (is_space(code)) {
            space = used > 0;
            continue;
        }
        char bytes[4];
        size_t length = quiz_utf8_put(bytes, code);
        if (used + length + space + 1 > out_size) {
            memcpy(out + cut_at, ellipsis, sizeof(ellipsis));
            return true;
        }
        if (space)
            out[used++] = ' ';
        space = false;
        memcpy(out + used, bytes, length);
        used += length;
        if (used + sizeof(ellipsis) <= out_size)
            cut_at = used;
    }
    out[used] = '\0';
    return used > 0;
}
