/*
 * UTF-8; see base/utf8.h.
 */
#include "base/utf8.h"

#include <string.h>

uint32_t az_utf8_get(az_span text, size_t *length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    *length = 1;
    uint8_t first = text.data[0];
    if (first < 0x80)
        return first;
    size_t count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || count > text.size)
        return AZ_UTF8_REPLACEMENT;
    uint32_t character = first & (0x7Fu >> count);
    for (size_t i = 1; i < count; i++) {
        if ((text.data[i] & 0xC0) != 0x80)
            return AZ_UTF8_REPLACEMENT;
        character = character << 6 | (text.data[i] & 0x3F);
    }
    if (character < smallest[count] || character > 0x10FFFF || (character >> 11) == 0x1B)
        return AZ_UTF8_REPLACEMENT;
    *length = count;
    return character;
}

size_t az_utf8_put(uint8_t out[4], uint32_t character)
{
    if (character > 0x10FFFF || (character >> 11) == 0x1B)
        character = AZ_UTF8_REPLACEMENT;
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return 1;
    }
    size_t count = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = count - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    out[0] = (uint8_t)((0xF00u >> count & 0xFF) | character);
    return count;
}

size_t az_utf8_clean(uint8_t *out, size_t out_size, az_span text)
{
    size_t needed = 0;
    bool is_full = false;
    while (text.size > 0) {
        size_t length;
        uint8_t bytes[4];
        uint32_t character = az_utf8_get(text, &length);
        size_t count = az_utf8_put(bytes, character ? character : AZ_UTF8_REPLACEMENT);
        is_full = is_full || count > out_size - AZ_MIN(needed, out_size);
        if (!is_full)
            memcpy(out + needed, bytes, count);
        needed += count;
        text = az_span_sub(text, length, text.size);
    }
    return needed;
}
