/*
 * xoshiro256** seeded by splitmix64; see base/random.h.
 */
#include "base/random.h"

static uint64_t rotate_left(uint64_t value, unsigned count)
{
    return (value << count) | (value >> (64 - count));
}

void az_random_init(az_random *r, uint64_t seed)
{
    for (size_t i = 0; i < AZ_COUNT(r->state); i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        r->state[i] = z ^ (z >> 31);
    }
}

uint64_t az_random_u64(az_random *r)
{
    uint64_t *s = r->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t az_random_below(az_random *r, uint64_t bound)
{
    AZ_ASSERT(bound > 0);
    uint64_t reject = (0 - bound) % bound;
    uint64_t value;
    do
        value = az_random_u64(r);
    while (value < reject);
    return value % bound;
}

int64_t az_random_range(az_random *r, int64_t low, int64_t high)
{
    AZ_ASSERT(low <= high);
    uint64_t span = (uint64_t)high - (uint64_t)low;
    uint64_t offset = span == UINT64_MAX ? az_random_u64(r) : az_random_below(r, span + 1);
    return (int64_t)((uint64_t)low + offset);
}

bool az_random_chance(az_random *r, uint32_t in_million)
{
    return az_random_below(r, 1000000) < in_million;
}
