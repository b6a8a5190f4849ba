/*
 * Strings of ID3 frames (ID3v2.4.0 structure, chapter 4; ID3v2.3.0, 3.3): Latin-1, UTF-16 and UTF-8 bytes in,
 * valid UTF-8 out. What is valid UTF-8 already is not copied; the rest goes to the frame list's arena.
 *
 * Broken input gives U+FFFD, one for each maximal wrong part (Unicode, 3.9), never an error: a quiz question
 * with one bad byte is still a question.
 */
#include "cue/id3_text.h"

#include <string.h>

#define REPLACEMENT UINT32_C(0xfffd)
#define BOM         UINT32_C(0xfeff)
#define BOM_SWAPPED UINT32_C(0xfffe)

/* Where UTF-8 goes; without memory it counts only. */
typedef struct sink {
    uint8_t *out;
    size_t size;
} sink;

static void put_byte(sink *s, uint32_t byte)
{
    if (s->out)
        s->out[s->size] = (uint8_t)byte;
    s->size++;
}

static void put(sink *s, uint32_t code)
{
    if (code < 0x80) {
        put_byte(s, code);
        return;
    }
    if (code < 0x800) {
        put_byte(s, 0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            put_byte(s, 0xe0 | code >> 12);
        } else {
            put_byte(s, 0xf0 | code >> 18);
            put_byte(s, 0x80 | ((code >> 12) & 0x3f));
        }
        put_byte(s, 0x80 | ((code >> 6) & 0x3f));
    }
    put_byte(s, 0x80 | (code & 0x3f));
}

/* One character of UTF-8 from the start of non-empty bytes; *used is how many it took. REPLACEMENT with
 * *valid false for a maximal wrong part. */
static uint32_t utf8_next(az_span bytes, size_t *used, bool *valid)
{
    uint8_t first = bytes.data[0];
    *used = 1;
    *valid = first < 0x80;
    if (first < 0x80)
        return first;
    if (first < 0xc2 || first > 0xf4)
        return REPLACEMENT;
    size_t needed = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    uint32_t code = first & (0xffu >> (needed + 1));
    for (; *used < needed; (*used)++) {
        if (*used >= bytes.size || bytes.data[*used] < low || bytes.data[*used] > high)
            return REPLACEMENT;
        code = code << 6 | (bytes.data[*used] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    *valid = true;
    return code;
}

static bool utf8_is_valid(az_span bytes)
{
    for (size_t pos = 0, used; pos < bytes.size; pos += used) {
        bool valid;
        (void)utf8_next(az_span_sub(bytes, pos, bytes.size), &used, &valid);
        if (!valid)
            return false;
    }
    return true;
}

static bool is_ascii(az_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] >= 0x80)
            return false;
    return true;
}

static void utf8_convert(sink *s, az_span bytes)
{
    for (size_t pos = 0, used; pos < bytes.size; pos += used) {
        bool valid;
        put(s, utf8_next(az_span_sub(bytes, pos, bytes.size), &used, &valid));
    }
}

static void latin1_convert(sink *s, az_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        put(s, bytes.data[i]);
}

static uint32_t unit_at(az_span bytes, size_t pos, int order)
{
    uint32_t first = bytes.data[pos], second = bytes.data[pos + 1];
    return order == AZ_ID3_ORDER_LITTLE ? second << 8 | first : first << 8 | second;
}

/* Each string of a list may have a byte order mark of its own; without one the last order goes on. */
static int utf16_convert(sink *s, az_span bytes, int order)
{
    bool at_start = true;
    size_t pos = 0;
    for (; pos + 2 <= bytes.size; pos += 2) {
        uint32_t unit = unit_at(bytes, pos, order);
        if (at_start && (unit == BOM || unit == BOM_SWAPPED)) {
            bool little = (unit == BOM) == (order == AZ_ID3_ORDER_LITTLE);
            order = little ? AZ_ID3_ORDER_LITTLE : AZ_ID3_ORDER_BIG;
            at_start = false;
            continue;
        }
        at_start = unit == 0;
        if (unit >= 0xd800 && unit < 0xdc00 && pos + 4 <= bytes.size) {
            uint32_t low = unit_at(bytes, pos + 2, order);
            if (low >= 0xdc00 && low < 0xe000) {
                put(s, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                pos += 2;
                continue;
            }
        }
        put(s, unit >= 0xd800 && unit < 0xe000 ? REPLACEMENT : unit);
    }
    if (pos < bytes.size && bytes.data[pos] != 0)
        put(s, REPLACEMENT);
    return order;
}

/* The order of UTF-16 that lacks the byte order mark: most texts hold characters below U+0100, whose high
 * byte is 0. Big endian where nothing speaks for either (Unicode, 3.10). */
static int utf16_guess(az_span bytes)
{
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i < bytes.size; i++)
        zeros[i & 1] += bytes.data[i] == 0;
    return zeros[1] > zeros[0] ? AZ_ID3_ORDER_LITTLE : AZ_ID3_ORDER_BIG;
}

static void convert(sink *s, az_id3_text *text, az_span bytes, az_id3_encoding encoding)
{
    switch (encoding) {
    case AZ_ID3_LATIN1:
        latin1_convert(s, bytes);
        break;
    case AZ_ID3_UTF16:
    case AZ_ID3_UTF16BE:
        text->order = utf16_convert(s, bytes, text->order);
        break;
    case AZ_ID3_UTF8:
        utf8_convert(s, bytes);
        break;
    }
}

/* Twice over the bytes: count, then write. */
static az_span decode(az_id3_text *text, az_span bytes, az_id3_encoding encoding)
{
    if (encoding == AZ_ID3_UTF8 && az_span_starts_with(bytes, "\xef\xbb\xbf"))
        bytes = az_span_sub(bytes, 3, bytes.size);
    if ((encoding == AZ_ID3_UTF8 && utf8_is_valid(bytes)) || (encoding == AZ_ID3_LATIN1 && is_ascii(bytes)))
        return bytes;
    if (encoding == AZ_ID3_UTF16 && text->order == AZ_ID3_ORDER_UNKNOWN && bytes.size)
        text->order = utf16_guess(bytes);
    int order = text->order;
    sink s = {NULL, 0};
    convert(&s, text, bytes, encoding);
    text->order = order;
    if (s.size == 0)
        return (az_span){NULL, 0};
    s.out = az_arena_alloc(text->arena, s.size);
    if (!s.out) {
        text->out_of_memory = true;
        return (az_span){NULL, 0};
    }
    s.size = 0;
    convert(&s, text, bytes, encoding);
    return az_span_make(s.out, s.size);
}

/* Where the first terminator stands, or bytes.size. */
static size_t terminator_find(az_span bytes, size_t width)
{
    for (size_t pos = 0; pos + width <= bytes.size; pos += width)
        if (bytes.data[pos] == 0 && (width == 1 || bytes.data[pos + 1] == 0))
            return pos;
    return bytes.size;
}

static size_t terminator_width(az_id3_encoding encoding)
{
    return encoding == AZ_ID3_UTF16 || encoding == AZ_ID3_UTF16BE ? 2 : 1;
}

static az_span take_terminated(az_id3_text *text, size_t width)
{
    size_t end = terminator_find(text->rest, width);
    if (text->failed || end == text->rest.size) {
        text->failed = true;
        return (az_span){NULL, 0};
    }
    az_span out = az_span_sub(text->rest, 0, end);
    text->rest = az_span_sub(text->rest, end + width, text->rest.size);
    return out;
}

static az_span take_last(az_id3_text *text, size_t width, bool values)
{
    az_span out = text->rest;
    text->rest = (az_span){NULL, 0};
    if (text->failed)
        return (az_span){NULL, 0};
    return values ? out : az_span_sub(out, 0, terminator_find(out, width));
}

void az_id3_text_init(az_id3_text *text, az_arena *arena, az_span bytes)
{
    *text = (az_id3_text){.arena = arena, .rest = bytes};
}

void az_id3_text_encoding(az_id3_text *text)
{
    if (text->rest.size == 0 || text->rest.data[0] > AZ_ID3_UTF8) {
        text->failed = true;
        return;
    }
    text->encoding = (az_id3_encoding)text->rest.data[0];
    if (text->encoding == AZ_ID3_UTF16BE)
        text->order = AZ_ID3_ORDER_BIG;
    text->rest = az_span_sub(text->rest, 1, text->rest.size);
}

az_span az_id3_text_terminated(az_id3_text *text)
{
    return decode(text, take_terminated(text, terminator_width(text->encoding)), text->encoding);
}

az_span az_id3_text_last(az_id3_text *text, bool values)
{
    az_span out = take_last(text, terminator_width(text->encoding), values);
    out = decode(text, out, text->encoding);
    while (out.size && out.data[out.size - 1] == 0)
        out.size--;
    return out;
}

static az_span decode_plain(az_id3_text *text, az_span bytes)
{
    return decode(text, bytes, utf8_is_valid(bytes) ? AZ_ID3_UTF8 : AZ_ID3_LATIN1);
}

az_span az_id3_text_plain_terminated(az_id3_text *text)
{
    return decode_plain(text, take_terminated(text, 1));
}

az_span az_id3_text_plain_last(az_id3_text *text)
{
    return decode_plain(text, take_last(text, 1, false));
}
