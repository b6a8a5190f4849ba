/*
 * Captions from arbitrary bytes. The first byte says how the rest is read: as access units (through
 * az_sei_scan) or as the triplets of pictures. Beside crashes it holds what cue/captions.h promises: each
 * caption is told once without and at most once with an end, its text is UTF-8 with closed markup, and it
 * fits a cue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cue/captions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CUE_MAX  65536
#define OPEN_MAX 1024

typedef struct run {
    az_captions *captions;
    int64_t pts;
    uint64_t open[OPEN_MAX]; /* hashes of captions without an end */
    size_t count;
} run;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

/* Bytes of the UTF-8 sequence here, 0: none. */
static size_t utf8_size(const uint8_t *at, size_t left)
{
    size_t size = at[0] < 0x80 ? 1 : (at[0] & 0xE0) == 0xC0 ? 2 : (at[0] & 0xF0) == 0xE0 ? 3 : 0;
    if (size == 0 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

static void check_text(az_span text)
{
    char tags[8];
    size_t depth = 0;
    for (size_t i = 0; i < text.size;) {
        if (text.data[i] == '<') {
            bool is_end = text.data[i + 1] == '/';
            char tag = (char)text.data[i + (is_end ? 2 : 1)];
            require(tag == 'c' || tag == 'i' || tag == 'u');
            if (is_end)
                require(depth > 0 && tags[--depth] == tag);
            else
                require(depth < sizeof(tags) && (tags[depth++] = tag) != 0);
            while (text.data[i] != '>')
                require(++i < text.size);
            i++;
            continue;
        }
        size_t size = utf8_size(text.data + i, text.size - i);
        require(size > 0 && (text.data[i] >= 0x20 || text.data[i] == '\n') && text.data[i] != '>');
        require(!(text.data[i] == '\n' && i + 1 < text.size && text.data[i + 1] == '\n'));
        i += size;
    }
    require(depth == 0);
}

static void on_caption(void *user, const az_caption *caption)
{
    run *r = user;
    require(caption->channel < AZ_CAPTION_CHANNELS);
    require(caption->text.size > 0 && caption->text.size < CUE_MAX && caption->settings.size < 128);
    check_text(caption->text);
    uint64_t hash = az_hash(AZ_HASH_SEED, &caption->channel, sizeof(caption->channel));
    hash = az_hash(hash, &caption->begin, sizeof(caption->begin));
    hash = az_hash(hash, caption->settings.data, caption->settings.size);
    hash = az_hash(hash, caption->text.data, caption->text.size);
    if (caption->end == AIZU_NO_TIME) {
        require(r->count < OPEN_MAX);
        r->open[r->count++] = hash;
        return;
    }
    require(caption->end >= caption->begin);
    size_t at = 0;
    while (at < r->count && r->open[at] != hash)
        at++;
    require(at < r->count);
    r->open[at] = r->open[--r->count];
}

static void on_triplets(void *user, az_span triplets)
{
    run *r = user;
    require(triplets.size > 0 && triplets.size % 3 == 0 && triplets.size <= 93);
    az_captions_feed(r->captions, r->pts, triplets);
}

static void on_unregistered(void *user, az_span payload)
{
    (void)user;
    require(payload.size >= 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 1 << 16)
        return 0;
    run r = {.captions = az_captions_create(on_caption, &r)};
    require(r.captions != NULL);
    const az_sei_sink sink = {.user = &r, .triplets = on_triplets, .unregistered = on_unregistered};
    uint8_t mode = data[0];
    size_t piece = mode & 0x80 ? 1 + (size_t)(mode & 0x0F) * 3 : 64 + (size_t)(mode & 0x0F) * 64;
    for (size_t pos = 1; pos < size; pos += piece) {
        az_span bytes = az_span_make(data + pos, AZ_MIN(piece, size - pos));
        if (mode & 0x80)
            az_captions_feed(r.captions, r.pts, bytes);
        else
            az_sei_scan(bytes, mode & 0x40, mode >> 4 & 3 ? (mode >> 4 & 3) + 1u : 0, &sink);
        r.pts += AIZU_SECOND / 30;
    }
    az_captions_reset(r.captions, r.pts);
    require(r.count == 0);
    az_captions_destroy(&r.captions);
    return 0;
}
