/*
 * The fMP4 demuxer on arbitrary bytes. The first byte says in what pieces the rest is fed, and whether it is
 * fed a second time as the next segment. Beside crashes it holds the promises of the interface: any split
 * gives the same output, and samples are those of tracks that were announced.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "demux/fmp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct output {
    uint64_t hash;
    bool is_announced[4096]; /* by the track's id, modulo that */
} output;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void mix(output *o, const void *data, size_t size)
{
    o->hash = az_hash(o->hash, data, size);
}

static void on_track(void *user, const az_track *track)
{
    output *o = user;
    require(track->id != 0 && track->timescale > 0 && track->timescale <= INT32_MAX);
    require(memchr(track->codec_string, 0, sizeof(track->codec_string)) != NULL);
    require(track->width >= 0 && track->height >= 0 && track->sample_rate >= 0 && track->channels >= 0);
    o->is_announced[track->id % AZ_COUNT(o->is_announced)] = true;
    mix(o, &track->id, sizeof(track->id));
    mix(o, track->codec_string, strlen(track->codec_string));
    mix(o, track->config.data, track->config.size);
    mix(o, &track->edit_offset, sizeof(track->edit_offset));
}

static void on_sample(void *user, const az_sample *sample)
{
    output *o = user;
    require(o->is_announced[sample->track % AZ_COUNT(o->is_announced)]);
    require(sample->duration >= 0 && sample->data.size > 0 && sample->data.size <= AZ_FMP4_SAMPLE_MAX);
    require(sample->data.buf != NULL);
    const int64_t fields[] = {sample->track, sample->flags, sample->pts, sample->dts, sample->duration};
    mix(o, fields, sizeof(fields));
    mix(o, sample->data.data, sample->data.size);
    if (!sample->crypt)
        return;
    mix(o, sample->crypt->iv, sizeof(sample->crypt->iv));
    mix(o, sample->crypt->key_id, sizeof(sample->crypt->key_id));
    mix(o, sample->crypt->subsamples, sample->crypt->subsample_count * sizeof(*sample->crypt->subsamples));
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    require(metadata->timescale > 0 && metadata->data.size >= 20);
    mix(user, &metadata->pts, sizeof(metadata->pts));
    mix(user, metadata->data.data, metadata->data.size);
}

static void on_text(void *user, const az_text_sample *text)
{
    require(text->end >= text->begin);
    mix(user, &text->begin, sizeof(text->begin));
    mix(user, text->data.data, text->data.size);
}

static void on_producer_time(void *user, const az_producer_time *time)
{
    mix(user, &time->wall, sizeof(time->wall));
}

static aizu_result feed(az_fmp4 *fmp4, az_span bytes, size_t piece_max)
{
    az_random random;
    az_random_init(&random, piece_max);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result;) {
        size_t count = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : bytes.size;
        az_slice piece;
        require(az_slice_copy(&piece, az_span_sub(bytes, pos, count)));
        result = az_fmp4_feed(fmp4, piece);
        az_slice_unref(&piece);
        pos += count;
    }
    return result ? result : az_fmp4_finish(fmp4);
}

static uint64_t demux(az_span bytes, size_t piece_max, bool is_twice)
{
    output o = {.hash = AZ_HASH_SEED};
    az_demux_sink sink = {.user = &o,
                          .track = on_track,
                          .sample = on_sample,
                          .metadata = on_metadata,
                          .text = on_text,
                          .producer_time = on_producer_time};
    az_fmp4 *fmp4 = az_fmp4_create(&sink);
    require(fmp4 != NULL);
    aizu_result result = feed(fmp4, bytes, piece_max);
    if (!result && is_twice)
        result = feed(fmp4, bytes, piece_max);
    require(result == AIZU_OK || result == AIZU_E_MEDIA);
    az_fmp4_destroy(&fmp4);
    return o.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > (1 << 20))
        return 0;
    uint8_t mode = data[0];
    az_span bytes = az_span_make(data + 1, size - 1);
    bool is_twice = mode & 0x80;
    uint64_t whole = demux(bytes, 0, is_twice);
    require(demux(bytes, mode & 1 ? 1 : 1 + (size_t)(mode & 0x7F) * 8, is_twice) == whole);
    return 0;
}
