/*
 * LZ-string: LZ78 over UTF-16 units, written as a stream of bits, six to a base64 character.
 *
 * A token is a number of `width` bits, least significant first. 0 and 1 announce a new unit of 8 or 16 bits,
 * 2 ends the text, others name a phrase of the dictionary; each token after the first also adds the phrase
 * "the one before, and the first unit of this one". The width grows by a bit whenever the numbers of the
 * present width are used up. A phrase always stands in the output already, so the dictionary keeps places
 * in the output and no copies.
 */
#include "lz_string.h"

#include <stdint.h>
#include <stdlib.h>

#include "utf8.h"

enum token {
    TOKEN_UNIT_8 = 0,
    TOKEN_UNIT_16 = 1,
    TOKEN_END = 2,
    TOKEN_FIRST_PHRASE = 3,
};

struct phrase {
    uint32_t begin;
    uint32_t size;
};

struct decoder {
    const char *text;
    size_t text_size;
    size_t bit; /* read so far */
    bool failed;

    uint16_t *units;
    uint32_t unit_count;
    struct phrase *phrases;
    uint32_t phrase_count; /* the three numbers below TOKEN_FIRST_PHRASE included */
    uint32_t phrase_max;
    unsigned width;       /* bits of a token */
    uint32_t until_wider; /* phrases to add until width grows */
};

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' || c == '-' ? 63 : -1;
}

static uint32_t read_bits(struct decoder *d, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++, d->bit++) {
        size_t index = d->bit / 6;
        int six = index < d->text_size ? base64_value(d->text[index]) : -1;
        if (six < 0) {
            d->failed = true;
            return TOKEN_END;
        }
        value |= ((uint32_t)six >> (5 - d->bit % 6) & 1u) << i;
    }
    return value;
}

static void add_phrase(struct decoder *d, uint32_t begin, uint32_t size)
{
    if (d->phrase_count >= d->phrase_max) {
        d->failed = true;
        return;
    }
    d->phrases[d->phrase_count++] = (struct phrase){begin, size};
    if (--d->until_wider == 0) {
        d->until_wider = 1u << d->width;
        d->width++;
    }
}

static void put_unit(struct decoder *d, uint16_t unit)
{
    if (d->unit_count >= QUIZ_LZ_OUTPUT_MAX)
        d->failed = true;
    else
        d->units[d->unit_count++] = unit;
}

/* Copies forwards, unit by unit: a phrase may reach into what it is just writing. */
static void put_phrase(struct decoder *d, struct phrase phrase)
{
    for (uint32_t i = 0; i < phrase.size && !d->failed; i++)
        put_unit(d, d->units[phrase.begin + i]);
}

/* One token and what it stands for. False at the end of the text. */
static bool decode_token(struct decoder *d, struct phrase *before, bool is_first)
{
    uint32_t token = read_bits(d, d->width);
    if (d->failed || token == TOKEN_END)
        return false;

    struct phrase entry = {d->unit_count, 1};
    if (token == TOKEN_UNIT_8 || token == TOKEN_UNIT_16) {
        uint32_t unit = read_bits(d, token == TOKEN_UNIT_8 ? 8 : 16);
        if (d->failed)
            return false;
        put_unit(d, (uint16_t)unit);
        add_phrase(d, entry.begin, 1);
    } else if (!is_first && token < d->phrase_count) {
        put_phrase(d, d->phrases[token]);
        entry.size = d->phrases[token].size;
    } else if (!is_first && token == d->phrase_count) {
        entry.size = before->size + 1;
        put_phrase(d, (struct phrase){before->begin, entry.size});
    } else {
        d->failed = true;
    }
    if (!is_first && !d->failed)
        add_phrase(d, before->begin, before->size + 1);
    *before = entry;
    return !d->failed;
}

static char *units_to_utf8(const uint16_t *units, uint32_t count, size_t *size)
{
    char *out = malloc((size_t)count * 3 + 1);
    if (!out)
        return NULL;
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = units[i];
        bool is_pair = (code & 0xFC00) == 0xD800 && i + 1 < count && (units[i + 1] & 0xFC00) == 0xDC00;
        if (is_pair)
            code = 0x10000 + ((code & 0x3FF) << 10) + (units[++i] & 0x3FFu);
        used += quiz_utf8_put(out + used, code);
    }
    out[used] = '\0';
    *size = used;
    return out;
}

char *quiz_lz_string_decode(const char *text, size_t text_size, size_t *size)
{
    while (text_size > 0 && (text[text_size - 1] == '=' || text[text_size - 1] == '$'))
        text_size--;
    if (text_size == 0 || text_size > QUIZ_LZ_INPUT_MAX)
        return NULL;

    /* A token has two bits or more and adds at most two phrases. */
    struct decoder d = {.text = text, .text_size = text_size, .phrase_count = TOKEN_FIRST_PHRASE};
    d.phrase_max = (uint32_t)text_size * 6 + TOKEN_FIRST_PHRASE;
    d.width = 2;
    d.until_wider = 1;
    d.units = malloc(QUIZ_LZ_OUTPUT_MAX * sizeof(*d.units));
    d.phrases = malloc(d.phrase_max * sizeof(*d.phrases));
    char *out = NULL;
    if (d.units && d.phrases) {
        struct phrase before = {0, 0};
        bool is_first = true;
        while (decode_token(&d, &before, is_first))
            is_first = false;
        if (!d.failed)
            out = units_to_utf8(d.units, d.unit_count, size);
    }
    free(d.units);
    free(d.phrases);
    return out;
}
