/*
 * AES-128 as the core sees it: a table of functions that the driver supplies, since ciphers come from a
 * library and the core has none. Pure computation: the same input gives the same output.
 */
#ifndef AZ_BASE_CIPHER_H
#define AZ_BASE_CIPHER_H

#include "base/base.h"

typedef enum az_cipher_mode {
    AZ_CIPHER_CBC = 0, /* sizes are multiples of 16 */
    AZ_CIPHER_CTR,     /* any size; a 128-bit big-endian counter that begins at the IV */
} az_cipher_mode;

typedef struct az_cipher_provider {
    /* A decryption context; NULL when out of memory. */
    void *(*create)(az_cipher_mode mode, const uint8_t key[16]);
    void (*destroy)(void *context); /* NULL allowed */
    /* The next bytes begin with this IV. */
    void (*restart)(void *context, const uint8_t iv[16]);
    /* Continues where the last call ended. out may be in. */
    void (*decrypt)(void *context, uint8_t *out, const uint8_t *in, size_t size);
} az_cipher_provider;

#endif
