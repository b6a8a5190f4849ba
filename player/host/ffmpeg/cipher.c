/*
 * AES-128 with libavutil's av_aes; see host/ffmpeg/cipher.h. NIST SP 800-38A, 6.2 (CBC) and 6.5 (CTR).
 *
 * CTR is made here out of single blocks: av_aes_ctr counts in the lower 64 bits only, and goes byte by byte.
 */
#include "host/ffmpeg/cipher.h"

#include <libavutil/aes.h>
#include <libavutil/mem.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE    ((size_t)16)
#define STREAM_BLOCKS ((size_t)32)      /* of key stream, made at once */
#define CBC_BYTES_MAX ((size_t)1 << 30) /* av_aes_crypt counts blocks in an int */
#define STREAM_SIZE   (STREAM_BLOCKS * BLOCK_SIZE)

typedef struct context {
    struct AVAES *aes;
    az_cipher_mode mode;
    uint8_t iv[16]; /* CBC: the last block of ciphertext; CTR: the next counter */
    size_t used;    /* CTR: bytes of the key stream that are spent */
    uint8_t stream[STREAM_SIZE];
} context;

static void destroy(void *pointer)
{
    context *c = pointer;
    if (c)
        av_free(c->aes);
    free(c);
}

static void *create(az_cipher_mode mode, const uint8_t key[16])
{
    context *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->mode = mode;
    c->used = STREAM_SIZE;
    c->aes = av_aes_alloc();
    if (!c->aes || av_aes_init(c->aes, key, 128, mode == AZ_CIPHER_CBC) < 0) {
        destroy(c);
        return NULL;
    }
    return c;
}

static void restart(void *pointer, const uint8_t iv[16])
{
    context *c = pointer;
    memcpy(c->iv, iv, sizeof(c->iv));
    c->used = STREAM_SIZE;
}

static void count(uint8_t counter[16])
{
    for (int i = 15; i >= 0 && ++counter[i] == 0; i--)
        ;
}

static void make_stream(context *c)
{
    for (size_t i = 0; i < STREAM_BLOCKS; i++) {
        memcpy(c->stream + i * BLOCK_SIZE, c->iv, BLOCK_SIZE);
        count(c->iv);
    }
    av_aes_crypt(c->aes, c->stream, c->stream, (int)STREAM_BLOCKS, NULL, 0);
    c->used = 0;
}

static void combine(uint8_t *out, const uint8_t *in, const uint8_t *stream, size_t size)
{
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t a, b;
        memcpy(&a, in + i, sizeof(a));
        memcpy(&b, stream + i, sizeof(b));
        a ^= b;
        memcpy(out + i, &a, sizeof(a));
    }
    for (; i < size; i++)
        out[i] = in[i] ^ stream[i];
}

static void decrypt_ctr(context *c, uint8_t *out, const uint8_t *in, size_t size)
{
    while (size > 0) {
        if (c->used == STREAM_SIZE)
            make_stream(c);
        size_t step = AZ_MIN(size, STREAM_SIZE - c->used);
        combine(out, in, c->stream + c->used, step);
        c->used += step;
        out += step;
        in += step;
        size -= step;
    }
}

static void decrypt(void *pointer, uint8_t *out, const uint8_t *in, size_t size)
{
    context *c = pointer;
    if (c->mode == AZ_CIPHER_CTR) {
        decrypt_ctr(c, out, in, size);
        return;
    }
    AZ_ASSERT(size % BLOCK_SIZE == 0);
    while (size > 0) {
        size_t step = AZ_MIN(size, CBC_BYTES_MAX);
        av_aes_crypt(c->aes, out, in, (int)(step / BLOCK_SIZE), c->iv, 1);
        out += step;
        in += step;
        size -= step;
    }
}

const az_cipher_provider *az_ffmpeg_cipher(void)
{
    static const az_cipher_provider provider = {create, destroy, restart, decrypt};
    return &provider;
}
