/*
 * The transport stream demuxer on arbitrary bytes. The first byte says how: in what pieces the rest is fed,
 * and whether it is first put into packets with sync bytes, so that the fuzzer need not find those. Beside
 * crashes it holds the promise of the interface: any split gives the same output.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "demux/ts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void on_track(void *user, const az_track *track)
{
    uint64_t *hash = user;
    az_track without_config = *track; /* the slice says where in memory it lies */
    without_config.config = (az_slice){NULL, NULL, 0};
    *hash = az_hash(*hash, &without_config, sizeof(without_config));
    *hash = az_hash(*hash, track->config.data, track->config.size);
}

static void on_sample(void *user, const az_sample *sample)
{
    uint64_t *hash = user;
    require(sample->pts == AZ_NO_TICKS || (sample->pts >= 0 && sample->pts < INT64_C(1) << 33));
    require(sample->dts == AZ_NO_TICKS || (sample->dts >= 0 && sample->dts < INT64_C(1) << 33));
    require(sample->duration >= 0 && sample->data.size > 0);
    const int64_t fields[] = {sample->track, sample->flags, sample->pts, sample->dts, sample->duration};
    *hash = az_hash(*hash, fields, sizeof(fields));
    *hash = az_hash(*hash, sample->data.data, sample->data.size);
    uint8_t padding[AZ_BUF_PADDING]; /* readable past the end */
    memcpy(padding, sample->data.data + sample->data.size, sizeof(padding));
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    uint64_t *hash = user;
    *hash = az_hash(*hash, &metadata->pts, sizeof(metadata->pts));
    *hash = az_hash(*hash, metadata->data.data, metadata->data.size);
}

static uint64_t demux(az_span bytes, size_t piece_max)
{
    uint64_t hash = AZ_HASH_SEED;
    az_demux_sink sink = {.user = &hash, .track = on_track, .sample = on_sample, .metadata = on_metadata};
    az_ts *ts = az_ts_create(&sink);
    require(ts != NULL);
    az_random random;
    az_random_init(&random, piece_max);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result;) {
        size_t count = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : bytes.size;
        result = az_ts_feed(ts, az_span_sub(bytes, pos, count));
        pos += count;
    }
    if (!result)
        result = az_ts_finish(ts);
    require(result == AIZU_OK || result == AIZU_E_MEDIA);
    az_ts_destroy(&ts);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > (1 << 20))
        return 0;
    uint8_t mode = data[0];
    uint8_t *copy = malloc(size);
    require(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    az_span bytes = az_span_make(copy, size - 1);
    if (mode & 0x80)
        for (size_t pos = 0; pos < bytes.size; pos += 188)
            copy[pos] = 0x47;
    uint64_t whole = demux(bytes, 0);
    require(demux(bytes, mode & 1 ? 1 : 1 + (size_t)(mode & 0x7F) * 8) == whole);
    free(copy);
    return 0;
}
