/*
 * Opus in transport streams ("Opus in MPEG-TS", the draft of xiph.org that FFmpeg, GStreamer and others
 * follow): descriptor and access units in, decoder configuration and packets out. Packets: RFC 6716, 3. Pure.
 */
#ifndef AZ_DEMUX_OPUS_UNIT_H
#define AZ_DEMUX_OPUS_UNIT_H

#include "demux/audio_frame.h"

#define AZ_OPUS_PREFIX        0x7F               /* first byte of a control header */
#define AZ_OPUS_CHANNELS_MAX  8                  /* streams with more are not demuxed */
#define AZ_OPUS_UNIT_SIZE_MAX ((size_t)64 << 10) /* of a packet; encoders stay below 8 KiB */
#define AZ_OPUS_CONFIG_SIZE   (11 + 2 + AZ_OPUS_CHANNELS_MAX)

/* A dOps body (Encapsulation of Opus in ISOBMFF, 4.3.2). Size 0: the channels are of a kind that is not
 * demuxed. */
typedef struct az_opus_config {
    uint8_t size;
    uint8_t data[AZ_OPUS_CONFIG_SIZE]; /* [1] channels */
} az_opus_config;

/* For a descriptor's body from channel_config_code on; empty, without a descriptor: stereo, to which a
 * decoder brings mono packets, too. */
az_opus_config az_opus_config_parse(az_span descriptor);

/*
 * The access unit at the start of `bytes`: control header, which is `skip` bytes long, and packet. Channels
 * are not in it: they stay as they are in *out. AIZU_OK; AIZU_AGAIN: too few bytes to tell; AIZU_E_MEDIA:
 * none starts here.
 */
AZ_NODISCARD aizu_result az_opus_unit_parse(az_span bytes, az_audio_frame *out);

#endif
