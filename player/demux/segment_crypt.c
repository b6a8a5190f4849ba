/*
 * Decryption of whole segments; see demux/segment_crypt.h. The last block of the ciphertext that is there
 * always waits in `held`: only the end says whether it holds padding (RFC 5652, 6.3).
 */
#include "demux/segment_crypt.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16)

struct az_segment_cipher {
    const az_cipher_provider *provider;
    void *context;
    size_t held_size; /* 0 before the first byte, else 1 to 16 */
    uint8_t held[BLOCK_SIZE];
};

az_segment_cipher *az_segment_cipher_create(const az_cipher_provider *provider, const uint8_t key[16],
                                            const uint8_t iv[16])
{
    az_segment_cipher *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->provider = provider;
    c->context = provider->create(AZ_CIPHER_CBC, key);
    if (!c->context) {
        free(c);
        return NULL;
    }
    provider->restart(c->context, iv);
    return c;
}

void az_segment_cipher_destroy(az_segment_cipher **cipher)
{
    if (*cipher)
        (*cipher)->provider->destroy((*cipher)->context);
    free(*cipher);
    *cipher = NULL;
}

static void hold(az_segment_cipher *c, az_span bytes)
{
    if (bytes.size)
        memcpy(c->held + c->held_size, bytes.data, bytes.size);
    c->held_size += bytes.size;
}

aizu_result az_segment_cipher_feed(az_segment_cipher *c, az_span bytes, az_slice *clear)
{
    *clear = (az_slice){NULL, NULL, 0};
    if (bytes.size <= BLOCK_SIZE - c->held_size) {
        hold(c, bytes);
        return AIZU_OK;
    }
    size_t total;
    if (!az_add_size(c->held_size, bytes.size, &total))
        return AIZU_E_MEMORY;
    size_t size = (total - 1) / BLOCK_SIZE * BLOCK_SIZE; /* 1 to 16 bytes stay */
    az_buf *buf = az_buf_create(size);
    if (!buf)
        return AIZU_E_MEMORY;
    uint8_t *out = az_buf_data(buf);
    size_t used = 0;
    if (c->held_size > 0) {
        used = BLOCK_SIZE - c->held_size;
        hold(c, az_span_sub(bytes, 0, used));
        c->provider->decrypt(c->context, out, c->held, BLOCK_SIZE);
        out += BLOCK_SIZE;
        c->held_size = 0;
    }
    size_t rest = size - (size_t)(out - az_buf_data(buf));
    c->provider->decrypt(c->context, out, bytes.data + used, rest);
    hold(c, az_span_sub(bytes, used + rest, bytes.size));
    *clear = (az_slice){buf, az_buf_data(buf), size};
    return AIZU_OK;
}

aizu_result az_segment_cipher_finish(az_segment_cipher *c, az_slice *clear)
{
    *clear = (az_slice){NULL, NULL, 0};
    size_t held = c->held_size;
    c->held_size = 0;
    if (held != BLOCK_SIZE)
        return AIZU_E_MEDIA;
    uint8_t last[BLOCK_SIZE];
    c->provider->decrypt(c->context, last, c->held, BLOCK_SIZE);
    size_t padding = last[BLOCK_SIZE - 1];
    if (padding == 0 || padding > BLOCK_SIZE)
        return AIZU_E_MEDIA;
    for (size_t i = BLOCK_SIZE - padding; i < BLOCK_SIZE; i++)
        if (last[i] != padding)
            return AIZU_E_MEDIA;
    if (padding == BLOCK_SIZE)
        return AIZU_OK;
    return az_slice_copy(clear, az_span_make(last, BLOCK_SIZE - padding)) ? AIZU_OK : AIZU_E_MEMORY;
}
