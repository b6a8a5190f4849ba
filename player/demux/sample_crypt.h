/*
 * Decrypting one sample in memory: Common Encryption of fMP4 (ISO/IEC 23001-7), and SAMPLE-AES of transport
 * streams and packed audio (Apple's "MPEG-2 Stream Encryption Format for HTTP Live Streaming": blocks of
 * H.264 slices, AAC, AC-3 and E-AC-3 frames).
 */
#ifndef AZ_DEMUX_SAMPLE_CRYPT_H
#define AZ_DEMUX_SAMPLE_CRYPT_H

#include "base/cipher.h"
#include "demux/demux.h"

typedef struct az_sample_cipher az_sample_cipher;

/* NULL when out of memory. */
az_sample_cipher *az_sample_cipher_create(const az_cipher_provider *provider, const uint8_t key[16]);
void az_sample_cipher_destroy(az_sample_cipher **cipher);

/* The clear sample in a new buffer; *out is the caller's. With AZ_CRYPT_SAMPLE_AES the size may shrink
 * (emulation prevention of encrypted NAL units is taken off). AIZU_E_MEDIA: subsamples that do not fit the
 * sample; AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_sample_decrypt(az_sample_cipher *cipher, const az_sample *sample, az_slice *out);

#endif
