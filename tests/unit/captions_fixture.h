/*
 * For tests of cue/captions.h: a writer of line 21 and DTVCC bytes, one pair or packet a picture, and a
 * record of what was told.
 */
#ifndef AZ_TESTS_CAPTIONS_FIXTURE_H
#define AZ_TESTS_CAPTIONS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cue/captions.h"

#define FRAME    (AIZU_SECOND / 30)
#define TOLD_MAX 512

typedef struct told {
    unsigned channel;
    int64_t begin, end;
    char settings[128];
    char text[4096];
} told;

typedef struct fixture {
    az_captions *captions;
    int64_t pts;    /* of the next picture */
    bool is_single; /* control codes are sent once */
    unsigned sequence;
    told tells[TOLD_MAX];
    size_t count;
} fixture;

/* A begin is recorded; an end finds it. */
static inline void on_caption(void *user, const az_caption *caption)
{
    fixture *f = user;
    assert_true(caption->text.size > 0 && caption->settings.size > 0);
    if (caption->end == AIZU_NO_TIME) {
        assert_true(f->count < TOLD_MAX);
        told *t = &f->tells[f->count++];
        *t = (told){.channel = caption->channel, .begin = caption->begin, .end = AIZU_NO_TIME};
        snprintf(t->settings, sizeof(t->settings), "%.*s", (int)caption->settings.size,
                 (const char *)caption->settings.data);
        snprintf(t->text, sizeof(t->text), "%.*s", (int)caption->text.size, (const char *)caption->text.data);
        return;
    }
    assert_true(caption->end >= caption->begin);
    for (size_t i = 0; i < f->count; i++) {
        told *t = &f->tells[i];
        if (t->end == AIZU_NO_TIME && t->channel == caption->channel && t->begin == caption->begin &&
            az_span_equal_str(caption->settings, t->settings) && az_span_equal_str(caption->text, t->text)) {
            t->end = caption->end;
            return;
        }
    }
    fail_msg("the end of '%.*s', which was not told", (int)caption->text.size,
             (const char *)caption->text.data);
}

static inline int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    f->captions = az_captions_create(on_caption, f);
    *state = f;
    return f->captions ? 0 : -1;
}

static inline int teardown(void **state)
{
    fixture *f = *state;
    az_captions_destroy(&f->captions);
    free(f);
    return 0;
}

static inline void picture(fixture *f, const uint8_t *triplets, size_t size)
{
    az_captions_feed(f->captions, f->pts, az_span_make(triplets, size));
    f->pts += FRAME;
}

static inline void wait_pictures(fixture *f, int count)
{
    for (int i = 0; i < count; i++)
        picture(f, NULL, 0);
}

/* ---- line 21 ---- */

static inline uint8_t with_parity(uint8_t byte)
{
    unsigned ones = 0;
    for (int i = 0; i < 7; i++)
        ones += byte >> i & 1;
    return ones % 2 ? byte : byte | 0x80;
}

static inline void raw_pair(fixture *f, unsigned field, uint8_t first, uint8_t second)
{
    const uint8_t triplet[] = {(uint8_t)(0xFC | field), first, second};
    picture(f, triplet, sizeof(triplet));
}

static inline void pair(fixture *f, unsigned field, uint8_t first, uint8_t second)
{
    raw_pair(f, field, with_parity(first), with_parity(second));
}

static inline void code_on(fixture *f, unsigned field, uint8_t first, uint8_t second)
{
    for (int i = f->is_single ? 1 : 0; i < 2; i++)
        pair(f, field, first, second);
}

static inline void code(fixture *f, uint8_t first, uint8_t second)
{
    code_on(f, 0, first, second);
}

static inline void text_on(fixture *f, unsigned field, const char *text)
{
    for (size_t i = 0; text[i]; i += text[i + 1] ? 2 : 1)
        pair(f, field, (uint8_t)text[i], (uint8_t)text[i + 1]);
}

static inline void text(fixture *f, const char *characters)
{
    text_on(f, 0, characters);
}

/* ---- DTVCC ---- */

/* A service block in a packet of its own, in one picture. */
static inline void block(fixture *f, unsigned service, const uint8_t *bytes, size_t size)
{
    uint8_t packet[128] = {0}, triplets[3 * 64];
    size_t filled = 1;
    assert_true(size < 32);
    packet[filled++] = (uint8_t)((service < 7 ? service : 7) << 5 | size);
    if (service >= 7)
        packet[filled++] = (uint8_t)service;
    memcpy(packet + filled, bytes, size);
    filled += size;
    filled += filled % 2;
    packet[0] = (uint8_t)((f->sequence++ & 3) << 6 | filled / 2);
    size_t at = 0;
    for (size_t i = 0; i < filled; i += 2) {
        triplets[at++] = i == 0 ? 0xFF : 0xFE;
        triplets[at++] = packet[i];
        triplets[at++] = packet[i + 1];
    }
    picture(f, triplets, at);
}

#define SERVICE(f, service, ...) \
    block(f, service, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static inline void service_text(fixture *f, unsigned service, const char *characters)
{
    for (size_t size = strlen(characters); size > 0; size = strlen(characters)) {
        size = AZ_MIN(size, 30);
        block(f, service, (const uint8_t *)characters, size);
        characters += size;
    }
}

/* ---- what is on the screen ---- */

static inline void screen(const fixture *f, unsigned channel, bool with_settings, char *out, size_t size)
{
    out[0] = 0;
    for (size_t i = 0; i < f->count; i++) {
        const told *t = &f->tells[i];
        size_t used = strlen(out);
        if (t->channel == channel && t->end == AIZU_NO_TIME)
            snprintf(out + used, size - used, "%s%s%s%s", used ? " | " : "", with_settings ? t->settings : "",
                     with_settings ? ": " : "", t->text);
    }
}

/* The texts on a channel's screen, " | " between them. */
static inline void expect_screen(const fixture *f, unsigned channel, const char *want)
{
    char have[8192];
    screen(f, channel, false, have, sizeof(have));
    assert_string_equal(have, want);
}

/* The same with settings: "line:10% position:10% align:left: text". */
static inline void expect_placed(const fixture *f, unsigned channel, const char *want)
{
    char have[8192];
    screen(f, channel, true, have, sizeof(have));
    assert_string_equal(have, want);
}

#endif
