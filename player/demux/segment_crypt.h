/*
 * AES-128 of whole segments (RFC 8216, 4.3.2.4 and 5.2): CBC with PKCS#7 padding, resumable at every byte.
 */
#ifndef AZ_DEMUX_SEGMENT_CRYPT_H
#define AZ_DEMUX_SEGMENT_CRYPT_H

#include "base/buf.h"
#include "base/cipher.h"

typedef struct az_segment_cipher az_segment_cipher;

/* NULL when out of memory. */
az_segment_cipher *az_segment_cipher_create(const az_cipher_provider *provider, const uint8_t key[16],
                                            const uint8_t iv[16]);
void az_segment_cipher_destroy(az_segment_cipher **cipher);

/* The next bytes; *clear (may be empty) is the caller's. The last block is held back: it may be padding.
 * AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_segment_cipher_feed(az_segment_cipher *cipher, az_span bytes, az_slice *clear);

/* The end: the rest without its padding. AIZU_E_MEDIA: the size is no multiple of 16 or the padding is wrong
 * (a wrong key, most likely); *clear is empty then. */
AZ_NODISCARD aizu_result az_segment_cipher_finish(az_segment_cipher *cipher, az_slice *clear);

#endif
