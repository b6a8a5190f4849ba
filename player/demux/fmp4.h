/*
 * Fragmented MP4 and CMAF (ISO/IEC 14496-12, ISO/IEC 23000-19): bytes in, tracks, samples, event messages and
 * subtitles out.
 */
#ifndef AZ_DEMUX_FMP4_H
#define AZ_DEMUX_FMP4_H

#include "demux/demux.h"

/* Limits; what passes them is dropped with AZ_DEMUX_LIMIT. */
#define AZ_FMP4_TRACKS_MAX  32
#define AZ_FMP4_BOX_MAX     ((size_t)16 << 20) /* bytes of a box that is read as a whole */
#define AZ_FMP4_SAMPLE_MAX  ((size_t)64 << 20)
#define AZ_FMP4_SAMPLES_MAX ((size_t)1 << 17) /* in one fragment */

typedef struct az_fmp4 az_fmp4;

/* NULL when out of memory. The sink is copied. */
az_fmp4 *az_fmp4_create(const az_demux_sink *sink);
void az_fmp4_destroy(az_fmp4 **fmp4);

/*
 * The next bytes, cut anywhere: any split of the input gives the same output, a sample as soon as its last
 * byte is there. Samples that lie within `bytes` are slices of it; others are put together. An initialisation
 * section (moov) is fed like everything else; a later one replaces it, the same again changes
 * nothing. Of a slice without a buffer all samples are copied. AIZU_OK, AIZU_E_MEDIA (no box structure; stays
 * so until reset), AIZU_E_MEMORY (output is incomplete; destroy).
 */
AZ_NODISCARD aizu_result az_fmp4_feed(az_fmp4 *fmp4, az_slice bytes);

/* The input ends here (end of a segment or an initialisation section). Feeding may go on afterwards with a
 * box: tracks stay known, and so do the times at which the next fragment begins that has no tfdt. */
AZ_NODISCARD aizu_result az_fmp4_finish(az_fmp4 *fmp4);

/* Drops what is held without giving it out (a seek or a broken-off download). Tracks stay known; a fragment
 * without tfdt begins where the segment did. */
void az_fmp4_reset(az_fmp4 *fmp4);

/* Whether the last moov has a track of this id. */
bool az_fmp4_has_track(const az_fmp4 *fmp4, uint32_t id);

uint64_t az_fmp4_troubles(const az_fmp4 *fmp4, az_demux_trouble trouble);

#endif
