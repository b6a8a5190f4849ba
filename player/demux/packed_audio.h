/*
 * Packed audio (RFC 8216, 3.4): AAC (ADTS), AC-3, E-AC-3 or MPEG audio frames without a container, ID3 tags
 * before and between them. The PRIV frame "com.apple.streaming.transportStreamTimestamp" of the first tag
 * says where the sound stands (90 kHz, 33 bits); every tag, that one too, is given out as metadata at the
 * time of the frame that follows it.
 */
#ifndef AZ_DEMUX_PACKED_AUDIO_H
#define AZ_DEMUX_PACKED_AUDIO_H

#include "demux/demux.h"

#define AZ_PACKED_AUDIO_TAG_MAX ((size_t)1 << 20) /* bytes of an ID3 tag; larger ones are skipped */

typedef struct az_packed_audio az_packed_audio;

/* NULL when out of memory. The sink is copied. */
az_packed_audio *az_packed_audio_create(const az_demux_sink *sink);
void az_packed_audio_destroy(az_packed_audio **audio);

/*
 * The next bytes, cut anywhere: any split gives the same output. The track has id 0 and counts in 90 kHz with
 * 33 bits; frames stand where the timestamp and the samples before them say (each from the absolute count of
 * samples), and without a timestamp have AZ_NO_TICKS. AIZU_OK, AIZU_E_MEDIA (neither tag nor frame in the
 * first 64 KiB; stays so until reset), AIZU_E_MEMORY.
 */
AZ_NODISCARD aizu_result az_packed_audio_feed(az_packed_audio *audio, az_slice bytes);

/* End of a segment: the next one has a timestamp of its own. */
AZ_NODISCARD aizu_result az_packed_audio_finish(az_packed_audio *audio);
void az_packed_audio_reset(az_packed_audio *audio);
uint64_t az_packed_audio_troubles(const az_packed_audio *audio, az_demux_trouble trouble);

#endif
