/*
 * AES-128 for the core, by libavutil; see base/cipher.h.
 */
#ifndef AZ_HOST_FFMPEG_CIPHER_H
#define AZ_HOST_FFMPEG_CIPHER_H

#include "base/cipher.h"

/* Static. Its contexts belong to one thread at a time each. */
const az_cipher_provider *az_ffmpeg_cipher(void);

#endif
