/*
 * One face for all containers: a segment's first bytes tell which it is.
 */
#ifndef AZ_DEMUX_DEMUXER_H
#define AZ_DEMUX_DEMUXER_H

#include "demux/demux.h"

typedef enum az_container {
    AZ_CONTAINER_UNKNOWN = 0,
    AZ_CONTAINER_TS,
    AZ_CONTAINER_FMP4,
    AZ_CONTAINER_PACKED_AUDIO,
    AZ_CONTAINER_WEBVTT,
    AZ_CONTAINER_TTML, /* one XML document: given out whole at the end of the segment */
} az_container;

#define AZ_TTML_SIZE_MAX ((size_t)4 << 20) /* bytes of a document */

typedef struct az_demuxer az_demuxer;

/* NULL when out of memory. The sink is copied. */
az_demuxer *az_demuxer_create(const az_demux_sink *sink);
void az_demuxer_destroy(az_demuxer **demuxer);

/* The next bytes of a segment (or of its initialisation section), cut anywhere. AIZU_OK, AIZU_E_MEDIA (no
 * container that is known; stays so until the next finish or reset), AIZU_E_MEMORY (destroy). */
AZ_NODISCARD aizu_result az_demuxer_feed(az_demuxer *demuxer, az_slice bytes);

/* The segment or initialisation section ends here; what comes next may be of another container. Tracks stay
 * known as long as it is not. */
AZ_NODISCARD aizu_result az_demuxer_finish(az_demuxer *demuxer);

/* Drops what is held without giving it out. Tracks stay known. */
void az_demuxer_reset(az_demuxer *demuxer);

/* Forgets everything, the tracks too: they are announced anew. */
void az_demuxer_forget(az_demuxer *demuxer);

az_container
az_demuxer_container(const az_demuxer *demuxer); /* of the segment in hand, else of the last one */
bool az_demuxer_has_track(const az_demuxer *demuxer, uint32_t id); /* as the container's tables say now */
uint64_t az_demuxer_troubles(const az_demuxer *demuxer, az_demux_trouble trouble); /* since creation */
const char *az_container_name(az_container container);

#endif
