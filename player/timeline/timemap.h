/*
 * Media time to presentation time: the only place where it is done. Pure.
 *
 * A domain is a stretch of the presentation in which media timestamps are continuous (between two
 * discontinuities). In each one presentation time is media time plus a constant, found from the first
 * timestamp that is met. Ticks become nanoseconds once, from the absolute tick value; a counter of
 * limited width (33 bits in MPEG-2 TS, ISO/IEC 13818-1 2.4.3.7) is unrolled to the value nearest to where it
 * is expected.
 */
#ifndef AZ_TIMELINE_TIMEMAP_H
#define AZ_TIMELINE_TIMEMAP_H

#include "base/base.h"

/* Domains remembered; past it the one anchored longest ago is forgotten. */
#define AZ_TIMEMAP_DOMAINS_MAX 1024

typedef struct az_timemap az_timemap;

/* How a container counts. */
typedef struct az_timebase {
    uint32_t timescale; /* ticks a second, > 0 */
    unsigned bits;      /* width of the counter; 0: it does not wrap */
} az_timebase;

az_timemap *az_timemap_create(void); /* NULL when out of memory */
void az_timemap_destroy(az_timemap **map);

bool az_timemap_has(const az_timemap *map, uint64_t domain);

/* Says that in this domain `ticks` stands at `pts`. Replaces what was known. AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_timemap_anchor(az_timemap *map, uint64_t domain, az_timebase base, int64_t ticks,
                                           int64_t pts);

/* Presentation time of `ticks`, a value expected near `pts_near` (within half the counter's range). The
 * domain must be known. */
int64_t az_timemap_pts(const az_timemap *map, uint64_t domain, az_timebase base, int64_t ticks,
                       int64_t pts_near);

#endif
