/*
 * Packed audio out of arbitrary bytes. The first byte says in what pieces the rest is fed. Beside crashes it
 * holds the promise of the interface: any split gives the same output, and what comes out follows the input's
 * order and lies within its size.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "demux/packed_audio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct output {
    uint64_t hash;
    size_t bytes;
} output;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static bool is_time(int64_t pts)
{
    return pts == AZ_NO_TICKS || (pts >= 0 && pts < INT64_C(1) << 33);
}

static void on_track(void *user, const az_track *track)
{
    output *out = user;
    require(track->id == 0 && track->timescale == 90000 && track->sample_rate > 0);
    out->hash = az_hash(out->hash, track, sizeof(*track));
}

static void on_sample(void *user, const az_sample *sample)
{
    output *out = user;
    require(is_time(sample->pts) && sample->duration > 0 && sample->data.size > 0);
    const int64_t fields[] = {sample->flags, sample->pts, sample->duration, sample->crypt != NULL};
    out->hash = az_hash(out->hash, fields, sizeof(fields));
    out->hash = az_hash(out->hash, sample->data.data, sample->data.size);
    out->bytes += sample->data.size;
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    output *out = user;
    require(is_time(metadata->pts) && metadata->data.size >= 10 &&
            memcmp(metadata->data.data, "ID3", 3) == 0);
    out->hash = az_hash(out->hash, &metadata->pts, sizeof(metadata->pts));
    out->hash = az_hash(out->hash, metadata->data.data, metadata->data.size);
    out->bytes += metadata->data.size;
}

static uint64_t demux(az_span bytes, size_t piece_max)
{
    output out = {.hash = AZ_HASH_SEED};
    az_demux_sink sink = {.user = &out, .track = on_track, .sample = on_sample, .metadata = on_metadata};
    az_packed_audio *audio = az_packed_audio_create(&sink);
    require(audio != NULL);
    az_random random;
    az_random_init(&random, piece_max);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result;) {
        size_t count = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : bytes.size;
        az_slice slice;
        require(az_slice_copy(&slice, az_span_sub(bytes, pos, count)));
        result = az_packed_audio_feed(audio, slice);
        az_slice_unref(&slice);
        pos += count;
    }
    if (!result)
        result = az_packed_audio_finish(audio);
    require(result == AIZU_OK || result == AIZU_E_MEDIA);
    require(out.bytes <= bytes.size);
    az_packed_audio_destroy(&audio);
    return out.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > (1 << 20))
        return 0;
    az_span bytes = az_span_make(data + 1, size - 1);
    uint64_t whole = demux(bytes, 0);
    require(demux(bytes, data[0] & 1 ? 1 : 1 + (size_t)data[0] * 8) == whole);
    return 0;
}
