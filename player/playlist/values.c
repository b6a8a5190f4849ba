/*
 * The values of attributes and tags (4.2) out of their text: integers, decimal seconds, resolutions,
 * initialisation vectors, byte ranges. Pure. No floating point: a decimal fraction of a second is read as
 * digits, so that durations add up without drift.
 */
#include "playlist/parser.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

bool az_value_u64(az_span text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            return false;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Up to nine digits of a fraction as ns; further ones round. */
static int64_t scan_fraction(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *c = *at;
    int64_t fraction = 0;
    int64_t unit = AIZU_SECOND;
    for (; c < end && is_digit(*c) && unit > 1; c++) {
        unit /= 10;
        fraction += (*c - '0') * unit;
    }
    if (c < end && *c >= '5' && *c <= '9')
        fraction++;
    while (c < end && is_digit(*c))
        c++;
    *at = c;
    return fraction;
}

bool az_scan_ns(const uint8_t **at, const uint8_t *end, int64_t *out)
{
    const int64_t seconds_max = INT64_MAX / AIZU_SECOND - 1;
    const uint8_t *c = *at;
    const uint8_t *begin = c;
    int64_t seconds = 0;
    for (; c < end && is_digit(*c); c++) {
        seconds = seconds * 10 + (*c - '0');
        if (seconds > seconds_max)
            return false;
    }
    size_t digits = (size_t)(c - begin);
    int64_t fraction = 0;
    if (c < end && *c == '.') {
        const uint8_t *point = ++c;
        fraction = scan_fraction(&c, end);
        digits += (size_t)(c - point);
    }
    if (digits == 0)
        return false;
    *at = c;
    *out = seconds * AIZU_SECOND + fraction;
    return true;
}

bool az_value_ns(az_span text, int64_t *out)
{
    if (text.size == 0)
        return false;
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;
    int64_t value;
    if (!az_scan_ns(&at, end, &value) || at != end)
        return false;
    *out = value;
    return true;
}

bool az_value_signed_ns(az_span text, int64_t *out)
{
    bool is_negative = text.size > 0 && text.data[0] == '-';
    if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = az_span_sub(text, 1, text.size);
    int64_t value;
    if (!az_value_ns(text, &value))
        return false;
    *out = is_negative ? -value : value;
    return true;
}

bool az_value_resolution(az_span text, uint32_t *w, uint32_t *h)
{
    size_t cross = 0;
    while (cross < text.size && text.data[cross] != 'x' && text.data[cross] != 'X')
        cross++;
    uint64_t width, height;
    if (!az_value_u64(az_span_sub(text, 0, cross), &width) ||
        !az_value_u64(az_span_sub(text, cross + 1, text.size), &height) || width > UINT32_MAX ||
        height > UINT32_MAX)
        return false;
    *w = (uint32_t)width;
    *h = (uint32_t)height;
    return true;
}

static int hex_digit(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool az_value_iv(az_span text, uint8_t iv[16])
{
    if (text.size < 3 || text.size > 34 || text.data[0] != '0' || (text.data[1] | 0x20) != 'x')
        return false;
    uint8_t value[16] = {0};
    size_t count = text.size - 2;
    for (size_t i = 0; i < count; i++) {
        int digit = hex_digit(text.data[text.size - 1 - i]);
        if (digit < 0)
            return false;
        value[15 - i / 2] |= (uint8_t)(i % 2 ? digit << 4 : digit);
    }
    for (size_t i = 0; i < sizeof(value); i++)
        iv[i] = value[i];
    return true;
}

bool az_value_byte_range(az_span text, az_byte_range *out, bool *has_offset)
{
    size_t sign = 0;
    while (sign < text.size && text.data[sign] != '@')
        sign++;
    az_byte_range range = {0};
    bool has = sign + 1 < text.size; /* "n@" is read as "n" */
    if (!az_value_u64(az_span_sub(text, 0, sign), &range.size))
        return false;
    if (has && !az_value_u64(az_span_sub(text, sign + 1, text.size), &range.offset))
        return false;
    if (range.size > INT64_MAX || range.offset > INT64_MAX)
        return false;
    *out = range;
    *has_offset = has;
    return true;
}
