/*
 * Segments of any container out of arbitrary bytes, through the facade. The first byte says in what pieces
 * they are fed, the second how many bytes the first of two segments has. Any split gives the same output, a
 * segment that is refused does not spoil the next, and every sample can be decrypted as any scheme, with a
 * cipher that changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "demux/demuxer.h"
#include "demux/sample_crypt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct output {
    uint64_t hash;
    az_sample_cipher *cipher;
} output;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void *cipher_create(az_cipher_mode mode, const uint8_t key[16])
{
    (void)mode;
    (void)key;
    return malloc(1);
}

static void cipher_restart(void *context, const uint8_t iv[16])
{
    (void)context;
    (void)iv;
}

static void cipher_decrypt(void *context, uint8_t *out, const uint8_t *in, size_t size)
{
    (void)context;
    if (size)
        memmove(out, in, size);
}

static const az_cipher_provider null_cipher = {cipher_create, free, cipher_restart, cipher_decrypt};

static void on_track(void *user, const az_track *track)
{
    output *out = user;
    out->hash = az_hash(out->hash, &track->codec, sizeof(track->codec));
    out->hash = az_hash(out->hash, track->codec_string, strlen(track->codec_string));
}

static void decrypt(output *out, const az_sample *sample, az_crypt_scheme scheme)
{
    az_sample copy = *sample;
    az_sample_crypt crypt = {.scheme = scheme};
    if (sample->crypt)
        crypt = *sample->crypt;
    crypt.scheme = scheme;
    copy.crypt = &crypt;
    az_slice clear;
    aizu_result result = az_sample_decrypt(out->cipher, &copy, &clear);
    require(result == AIZU_OK || result == AIZU_E_MEDIA);
    require(clear.size <= sample->data.size);
    if (result == AIZU_OK && scheme != AZ_CRYPT_SAMPLE_AES)
        require(az_span_equal(az_slice_span(clear), az_slice_span(sample->data)));
    az_slice_unref(&clear);
}

static void on_sample(void *user, const az_sample *sample)
{
    output *out = user;
    const int64_t fields[] = {sample->track, sample->flags, sample->pts, sample->dts, sample->duration};
    out->hash = az_hash(out->hash, fields, sizeof(fields));
    out->hash = az_hash(out->hash, sample->data.data, sample->data.size);
    for (int scheme = AZ_CRYPT_CBCS; scheme <= AZ_CRYPT_SAMPLE_AES; scheme++)
        decrypt(out, sample, (az_crypt_scheme)scheme);
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    output *out = user;
    out->hash = az_hash(out->hash, &metadata->pts, sizeof(metadata->pts));
    out->hash = az_hash(out->hash, metadata->data.data, metadata->data.size);
}

static void on_text(void *user, const az_text_sample *text)
{
    output *out = user;
    const int64_t fields[] = {text->begin, text->end};
    out->hash = az_hash(out->hash, fields, sizeof(fields));
    out->hash = az_hash(out->hash, text->data.data, text->data.size);
}

static void demux_segment(az_demuxer *demuxer, az_span bytes, size_t piece_max)
{
    az_random random;
    az_random_init(&random, piece_max);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result;) {
        size_t count = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : bytes.size;
        az_slice slice;
        require(az_slice_copy(&slice, az_span_sub(bytes, pos, count)));
        result = az_demuxer_feed(demuxer, slice);
        az_slice_unref(&slice);
        pos += count;
    }
    require(result == AIZU_OK || result == AIZU_E_MEDIA);
    aizu_result end = az_demuxer_finish(demuxer);
    require(end == AIZU_OK || end == AIZU_E_MEDIA);
    require(result == AIZU_OK || end == AIZU_E_MEDIA);
}

static uint64_t demux(az_span first, az_span second, size_t piece_max)
{
    static const uint8_t key[16];
    output out = {.hash = AZ_HASH_SEED, .cipher = az_sample_cipher_create(&null_cipher, key)};
    az_demux_sink sink = {
        .user = &out, .track = on_track, .sample = on_sample, .metadata = on_metadata, .text = on_text};
    az_demuxer *demuxer = az_demuxer_create(&sink);
    require(demuxer != NULL && out.cipher != NULL);
    demux_segment(demuxer, first, piece_max);
    demux_segment(demuxer, second, piece_max);
    require(az_demuxer_container(demuxer) <= AZ_CONTAINER_TTML);
    az_demuxer_destroy(&demuxer);
    az_sample_cipher_destroy(&out.cipher);
    return out.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > (1 << 20))
        return 0;
    az_span bytes = az_span_make(data + 2, size - 2);
    size_t cut = (size_t)data[1] * 16;
    az_span first = az_span_sub(bytes, 0, cut), second = az_span_sub(bytes, cut, bytes.size);
    uint64_t whole = demux(first, second, 0);
    require(demux(first, second, data[0] & 1 ? 1 : 1 + (size_t)data[0] * 8) == whole);
    return 0;
}
