/*
 * Seeded pseudo-random numbers (xoshiro256**, Blackman and Vigna): jitter in the engine, everything in
 * the simulator. The same seed gives the same numbers on every machine. Not for secrets.
 */
#ifndef AZ_BASE_RANDOM_H
#define AZ_BASE_RANDOM_H

#include "base/base.h"

typedef struct az_random {
    uint64_t state[4];
} az_random;

void az_random_init(az_random *r, uint64_t seed);
uint64_t az_random_u64(az_random *r);
uint64_t az_random_below(az_random *r, uint64_t bound);           /* 0 .. bound - 1; bound > 0 */
int64_t az_random_range(az_random *r, int64_t low, int64_t high); /* low .. high, both included */
bool az_random_chance(az_random *r, uint32_t in_million);         /* true in so many of a million */

#endif
