/*
 * Boxes between fragments that say something about time: event messages (ISO/IEC 23009-1, 5.10.3.3) and the
 * producer's clock (ISO/IEC 14496-12, 8.16.5).
 *
 * A whole emsg box comes in and goes out to sink.metadata as it is. One of version 0 counts from the fragment
 * that follows it and is held, as a copy, until that one is known.
 */
#ifndef AZ_DEMUX_FMP4_EVENT_H
#define AZ_DEMUX_FMP4_EVENT_H

#include "demux/fmp4_fragment.h"

#define AZ_FMP4_HELD_MAX  256 /* messages, and what they may weigh */
#define AZ_FMP4_HELD_SIZE ((size_t)1 << 20)

typedef struct az_fmp4_events {
    az_slice *held; /* NULL before the first */
    size_t held_count, held_size;
} az_fmp4_events;

/* A whole emsg box. */
void az_fmp4_events_feed(az_fmp4_events *events, az_slice box, az_fmp4_out *out);

/* Gives out what is held, at the time given; a time without timescale: the time is not known. */
void az_fmp4_events_release(az_fmp4_events *events, az_fmp4_time earliest, az_fmp4_out *out);

/* Drops what is held. */
void az_fmp4_events_reset(az_fmp4_events *events);
void az_fmp4_events_deinit(az_fmp4_events *events);

/* The body of a prft. */
void az_fmp4_producer_time(const az_fmp4_movie *movie, az_span prft, az_fmp4_out *out);

#endif
