/*
 * WebVTT on arbitrary bytes. The first byte says how: as a sample's boxes, or as a segment and in what
 * pieces. Beside crashes it holds that any split gives the same output, and that what goes out is UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/utf8.h"
#include "demux/webvtt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void take(uint64_t *hash, az_span text)
{
    require(az_utf8_clean(NULL, 0, text) == text.size);
    *hash = az_hash(*hash, text.data, text.size);
}

static void on_text(void *user, const az_text_sample *text)
{
    const int64_t times[] = {text->begin, text->end, text->timescale, text->counter_bits};
    require(text->begin >= 0 && text->end >= 0 && (text->counter_bits || text->end > text->begin));
    *(uint64_t *)user = az_hash(*(uint64_t *)user, times, sizeof(times));
    take(user, text->id);
    take(user, text->settings);
    take(user, az_slice_span(text->data));
}

static uint64_t parse(az_span text, size_t piece_max)
{
    uint64_t hash = AZ_HASH_SEED;
    az_demux_sink sink = {.user = &hash, .text = on_text};
    az_webvtt *vtt = az_webvtt_create(&sink);
    require(vtt != NULL);
    az_random random;
    az_random_init(&random, piece_max);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < text.size && !result;) {
        size_t count = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : text.size;
        result = az_webvtt_feed(vtt, az_span_sub(text, pos, count));
        pos += count;
    }
    if (!result)
        result = az_webvtt_finish(vtt);
    require(result == AIZU_OK || result == AIZU_E_MEDIA);
    az_webvtt_destroy(&vtt);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > (1 << 20))
        return 0;
    az_span text = az_span_make(data + 1, size - 1);
    if (data[0] & 0x80) {
        uint64_t hash = AZ_HASH_SEED;
        az_demux_sink sink = {.user = &hash, .text = on_text};
        az_text_sample frame = {.timescale = 1000, .begin = 0, .end = 1000};
        (void)az_webvtt_sample(&sink, &frame, text);
        return 0;
    }
    require(parse(text, 0) == parse(text, 1 + (size_t)(data[0] & 0x7F)));
    return 0;
}
