/*
 * Domains sorted by number, one constant each; see timeline/timemap.h.
 */
#include "timeline/timemap.h"

#include <stdlib.h>
#include <string.h>

typedef struct domain_map {
    uint64_t domain;
    uint64_t used;        /* counter at the last anchoring, to forget the oldest */
    int64_t origin_media; /* ns of media time ... */
    int64_t origin_pts;   /* ... that stand at this presentation time */
} domain_map;

struct az_timemap {
    domain_map *maps;
    size_t count;
    size_t capacity;
    uint64_t uses;
};

az_timemap *az_timemap_create(void)
{
    return calloc(1, sizeof(az_timemap));
}

void az_timemap_destroy(az_timemap **map)
{
    if (*map)
        free((*map)->maps);
    free(*map);
    *map = NULL;
}

/* Index of the first domain that is not below the given one. */
static size_t lower_bound(const az_timemap *map, uint64_t domain)
{
    size_t low = 0;
    size_t high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->maps[middle].domain < domain)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const domain_map *find(const az_timemap *map, uint64_t domain)
{
    size_t index = lower_bound(map, domain);
    return index < map->count && map->maps[index].domain == domain ? &map->maps[index] : NULL;
}

bool az_timemap_has(const az_timemap *map, uint64_t domain)
{
    return find(map, domain) != NULL;
}

static void forget_oldest(az_timemap *map)
{
    size_t oldest = 0;
    for (size_t i = 1; i < map->count; i++)
        if (map->maps[i].used < map->maps[oldest].used)
            oldest = i;
    map->count--;
    memmove(&map->maps[oldest], &map->maps[oldest + 1], (map->count - oldest) * sizeof(*map->maps));
}

static aizu_result reserve(az_timemap *map)
{
    if (map->count < map->capacity)
        return AIZU_OK;
    size_t capacity = map->capacity ? map->capacity * 2 : 8;
    domain_map *maps = realloc(map->maps, capacity * sizeof(*maps));
    if (!maps)
        return AIZU_E_MEMORY;
    map->maps = maps;
    map->capacity = capacity;
    return AIZU_OK;
}

aizu_result az_timemap_anchor(az_timemap *map, uint64_t domain, az_timebase base, int64_t ticks, int64_t pts)
{
    size_t index = lower_bound(map, domain);
    bool is_known = index < map->count && map->maps[index].domain == domain;
    if (!is_known && map->count >= AZ_TIMEMAP_DOMAINS_MAX) {
        forget_oldest(map);
        index = lower_bound(map, domain);
    }
    if (!is_known) {
        if (reserve(map) != AIZU_OK)
            return AIZU_E_MEMORY;
        memmove(&map->maps[index + 1], &map->maps[index], (map->count - index) * sizeof(*map->maps));
        map->count++;
    }
    map->maps[index] = (domain_map){
        .domain = domain,
        .used = ++map->uses,
        .origin_media = az_rescale(ticks, AIZU_SECOND, base.timescale),
        .origin_pts = pts,
    };
    return AIZU_OK;
}

/* The value congruent to `ticks` modulo 2^bits that is nearest to `expected`. */
static int64_t unroll(int64_t ticks, int64_t expected, unsigned bits)
{
    if (bits == 0 || bits > 62)
        return ticks;
    uint64_t mask = (UINT64_C(1) << bits) - 1;
    uint64_t ahead = ((uint64_t)ticks - (uint64_t)expected) & mask;
    int64_t distance = (int64_t)ahead;
    if (ahead > mask / 2)
        distance -= (int64_t)mask + 1;
    return az_add_sat(expected, distance);
}

int64_t az_timemap_pts(const az_timemap *map, uint64_t domain, az_timebase base, int64_t ticks,
                       int64_t pts_near)
{
    const domain_map *known = find(map, domain);
    AZ_ASSERT(known);
    int64_t media_near = az_add_sat(known->origin_media, az_sub_sat(pts_near, known->origin_pts));
    int64_t expected = az_rescale(media_near, base.timescale, AIZU_SECOND);
    int64_t media = az_rescale(unroll(ticks, expected, base.bits), AIZU_SECOND, base.timescale);
    return az_add_sat(known->origin_pts, az_sub_sat(media, known->origin_media));
}
