/*
 * SAMPLE-AES of transport streams and packed audio (Apple, "MPEG-2 Stream Encryption Format for HTTP Live
 * Streaming", 2.2 and 2.3): encrypted bytes in, clear ones out. Pure; internal to demux/.
 */
#ifndef AZ_DEMUX_SAMPLE_AES_H
#define AZ_DEMUX_SAMPLE_AES_H

#include "base/cipher.h"
#include "demux/demux.h"

/* One access unit of H.264 in Annex B form, or the frames of sound in one sample, with headers. `context` is
 * one of `provider` for CBC. At most sample->data.size bytes go to `out`; how many. */
size_t az_sample_aes_video(uint8_t *out, const az_cipher_provider *provider, void *context,
                           const az_sample *sample);
size_t az_sample_aes_audio(uint8_t *out, const az_cipher_provider *provider, void *context,
                           const az_sample *sample);

#endif
