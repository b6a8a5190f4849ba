/*
 * WebVTT segments (RFC 8216, 3.5; W3C WebVTT): text in, cues out. Times are of the 90 kHz clock of
 * X-TIMESTAMP-MAP (33 bits), or without one milliseconds since the start of the presentation.
 */
#ifndef AZ_DEMUX_WEBVTT_H
#define AZ_DEMUX_WEBVTT_H

#include "demux/demux.h"

#define AZ_WEBVTT_BLOCK_MAX   ((size_t)64 << 10) /* bytes of one block; a larger one is dropped */
#define AZ_WEBVTT_REGIONS_MAX 64

typedef struct az_webvtt az_webvtt;

/* NULL when out of memory. The sink is copied. */
az_webvtt *az_webvtt_create(const az_demux_sink *sink);
void az_webvtt_destroy(az_webvtt **vtt);

/* The next bytes, cut anywhere. A cue is given out (sink.text) when its block is complete. AIZU_OK,
 * AIZU_E_MEDIA (no "WEBVTT" at the start; stays so until finish or reset), AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_webvtt_feed(az_webvtt *vtt, az_span bytes);
AZ_NODISCARD aizu_result
az_webvtt_finish(az_webvtt *vtt); /* end of the segment: the next has its own header */
void az_webvtt_reset(az_webvtt *vtt);
uint64_t az_webvtt_troubles(const az_webvtt *vtt, az_demux_trouble trouble);

/* A sample of a wvtt track (ISO/IEC 14496-30, 7): its cues as text samples with the given track and times, to
 * sink->text. An empty sample (vtte) gives none. False: it cannot be read. */
bool az_webvtt_sample(const az_demux_sink *sink, const az_text_sample *frame, az_span boxes);

#endif
