/*
 * Common Encryption (ISO/IEC 23001-7, 9 and 10), and the way to SAMPLE-AES; see demux/sample_crypt.h. The
 * sample is copied once and decrypted in the copy.
 *
 *   cenc  CTR over the encrypted bytes of the sample
 *   cens  the same over a pattern of blocks
 *   cbc1  CBC over the encrypted bytes of the sample
 *   cbcs  CBC over a pattern of blocks, from the IV anew in each subsample
 */
#include "demux/sample_crypt.h"

#include <stdlib.h>
#include <string.h>

#include "demux/sample_aes.h"

#define BLOCK_SIZE ((size_t)16)

struct az_sample_cipher {
    const az_cipher_provider *provider;
    uint8_t key[16];
    void *contexts[2]; /* by az_cipher_mode; created when needed */

    uint8_t iv[16];
    uint64_t
        counter_left; /* CTR: bytes until the lower half of the counter passes its end; UINT64_MAX: never */
};

az_sample_cipher *az_sample_cipher_create(const az_cipher_provider *provider, const uint8_t key[16])
{
    az_sample_cipher *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->provider = provider;
    memcpy(c->key, key, sizeof(c->key));
    return c;
}

void az_sample_cipher_destroy(az_sample_cipher **cipher)
{
    if (*cipher)
        for (size_t i = 0; i < AZ_COUNT((*cipher)->contexts); i++)
            (*cipher)->provider->destroy((*cipher)->contexts[i]);
    free(*cipher);
    *cipher = NULL;
}

static void *context_for(az_sample_cipher *c, az_cipher_mode mode)
{
    if (!c->contexts[mode])
        c->contexts[mode] = c->provider->create(mode, c->key);
    return c->contexts[mode];
}

static bool is_counter(az_crypt_scheme scheme)
{
    return scheme == AZ_CRYPT_CENC || scheme == AZ_CRYPT_CENS;
}

/* The lower half of the counter wraps by itself (9.3); a cipher counts in all 128 bits. */
static void begin_counter(az_sample_cipher *c)
{
    uint64_t low = 0;
    for (size_t i = 8; i < 16; i++)
        low = low << 8 | c->iv[i];
    uint64_t blocks = 0 - low;
    c->counter_left = low == 0 || blocks > UINT64_MAX / BLOCK_SIZE ? UINT64_MAX : blocks * BLOCK_SIZE;
}

static void restart(az_sample_cipher *c, az_cipher_mode mode, const uint8_t iv[16])
{
    memcpy(c->iv, iv, sizeof(c->iv));
    c->provider->restart(c->contexts[mode], c->iv);
    if (mode == AZ_CIPHER_CTR)
        begin_counter(c);
}

static void decrypt_ctr(az_sample_cipher *c, uint8_t *bytes, size_t size)
{
    while (size > 0) {
        size_t step = size < c->counter_left ? size : (size_t)c->counter_left;
        c->provider->decrypt(c->contexts[AZ_CIPHER_CTR], bytes, bytes, step);
        bytes += step;
        size -= step;
        if (c->counter_left == UINT64_MAX)
            continue;
        c->counter_left -= step;
        if (c->counter_left == 0) {
            uint8_t iv[16] = {0};
            memcpy(iv, c->iv, 8);
            restart(c, AZ_CIPHER_CTR, iv);
        }
    }
}

/* Blocks of a protected range, by the mode of the scheme. */
static void decrypt_blocks(az_sample_cipher *c, const az_sample_crypt *crypt, uint8_t *bytes, size_t blocks)
{
    size_t size = blocks * BLOCK_SIZE;
    if (is_counter(crypt->scheme))
        decrypt_ctr(c, bytes, size);
    else
        c->provider->decrypt(c->contexts[AZ_CIPHER_CBC], bytes, bytes, size);
}

/* One protected range. What is not a whole block at its end stays clear (9.6, 9.7), but under cenc. */
static void decrypt_range(az_sample_cipher *c, const az_sample_crypt *crypt, uint8_t *bytes, size_t size)
{
    if (crypt->scheme == AZ_CRYPT_CENC) {
        decrypt_ctr(c, bytes, size);
        return;
    }
    size_t blocks = size / BLOCK_SIZE;
    if (crypt->scheme == AZ_CRYPT_CBC1 || crypt->pattern_clear == 0) {
        decrypt_blocks(c, crypt, bytes, blocks);
        return;
    }
    while (blocks > 0) {
        size_t run = AZ_MIN(blocks, crypt->pattern_encrypted);
        decrypt_blocks(c, crypt, bytes, run);
        run = AZ_MIN(blocks, run + crypt->pattern_clear);
        bytes += run * BLOCK_SIZE;
        blocks -= run;
    }
}

static bool has_room(const az_sample_crypt *crypt, size_t size)
{
    for (size_t i = 0; i < crypt->subsample_count; i++) {
        const az_subsample *s = &crypt->subsamples[i];
        if (s->clear > size || s->encrypted > size - s->clear)
            return false;
        size -= (size_t)s->clear + s->encrypted;
    }
    return true;
}

/* Behind the last subsample everything is clear. */
static void decrypt_common(az_sample_cipher *c, const az_sample_crypt *crypt, uint8_t *bytes, size_t size)
{
    az_cipher_mode mode = is_counter(crypt->scheme) ? AZ_CIPHER_CTR : AZ_CIPHER_CBC;
    restart(c, mode, crypt->iv);
    if (crypt->subsample_count == 0)
        decrypt_range(c, crypt, bytes, size);
    for (size_t i = 0; i < crypt->subsample_count; i++) {
        const az_subsample *s = &crypt->subsamples[i];
        if (crypt->scheme == AZ_CRYPT_CBCS && i > 0)
            restart(c, mode, crypt->iv);
        decrypt_range(c, crypt, bytes + s->clear, s->encrypted);
        bytes += (size_t)s->clear + s->encrypted;
    }
}

/* How many bytes there are then. */
static size_t decrypt_into(az_sample_cipher *c, const az_sample *sample, uint8_t *out)
{
    if (sample->crypt->scheme == AZ_CRYPT_SAMPLE_AES) {
        void *context = c->contexts[AZ_CIPHER_CBC];
        return sample->codec == AZ_CODEC_H264 ? az_sample_aes_video(out, c->provider, context, sample)
                                              : az_sample_aes_audio(out, c->provider, context, sample);
    }
    memcpy(out, sample->data.data, sample->data.size);
    decrypt_common(c, sample->crypt, out, sample->data.size);
    return sample->data.size;
}

/* SAMPLE-AES knows these codecs only; others stand in the same stream clear. */
static bool is_clear(const az_sample *sample)
{
    if (!sample->crypt || sample->data.size == 0)
        return true;
    return sample->crypt->scheme == AZ_CRYPT_SAMPLE_AES && sample->codec != AZ_CODEC_H264 &&
           sample->codec != AZ_CODEC_AAC && sample->codec != AZ_CODEC_AC3 && sample->codec != AZ_CODEC_EAC3;
}

aizu_result az_sample_decrypt(az_sample_cipher *c, const az_sample *sample, az_slice *out)
{
    *out = (az_slice){NULL, NULL, 0};
    if (is_clear(sample)) {
        *out = az_slice_ref(sample->data);
        return AIZU_OK;
    }
    if (sample->crypt->scheme != AZ_CRYPT_SAMPLE_AES && !has_room(sample->crypt, sample->data.size))
        return AIZU_E_MEDIA;
    az_cipher_mode mode = is_counter(sample->crypt->scheme) ? AZ_CIPHER_CTR : AZ_CIPHER_CBC;
    if (!context_for(c, mode))
        return AIZU_E_MEMORY;
    az_buf *buf = az_buf_create(sample->data.size);
    if (!buf)
        return AIZU_E_MEMORY;
    size_t size = decrypt_into(c, sample, az_buf_data(buf));
    memset(az_buf_data(buf) + size, 0, sample->data.size - size);
    *out = (az_slice){buf, az_buf_data(buf), size};
    return AIZU_OK;
}
