/*
 * Headers of audio frames as they stand in a byte stream: ADTS (ISO/IEC 14496-3 1.A), AC-3 and E-AC-3
 * (ETSI TS 102 366), MPEG audio (ISO/IEC 11172-3, 13818-3). Pure: bytes in, one description out.
 */
#ifndef AZ_DEMUX_AUDIO_FRAME_H
#define AZ_DEMUX_AUDIO_FRAME_H

#include "demux/demux.h"

/* So many bytes always suffice to read a header. */
#define AZ_AUDIO_HEADER_SIZE 8

typedef struct az_audio_frame {
    az_codec codec;        /* AC-3 and E-AC-3 are told apart by the frame itself */
    size_t size;           /* bytes, header included */
    size_t skip;           /* of them at the start that are not handed on; Opus: its control header */
    int samples;           /* per channel */
    int sample_rate;       /* Hz; LATM: 0 before its first configuration */
    int channels;          /* 0: not in the header */
    bool is_dependent;     /* E-AC-3: adds channels to the frame before it, same access unit */
    char codec_string[16]; /* RFC 6381 */
} az_audio_frame;

/*
 * The header at the start of `bytes`. AIZU_OK; AIZU_AGAIN: too few bytes to tell; AIZU_E_MEDIA: no header
 * of this codec (AZ_CODEC_AAC, _AC3, _EAC3 or _MP3) starts here.
 */
AZ_NODISCARD aizu_result az_audio_frame_parse(az_codec codec, az_span bytes, az_audio_frame *out);

#endif
