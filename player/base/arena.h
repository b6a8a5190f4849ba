/*
 * An arena: many small allocations that die together (one per parsed playlist). Not thread-safe.
 */
#ifndef AZ_BASE_ARENA_H
#define AZ_BASE_ARENA_H

#include "base/base.h"

typedef struct az_arena {
    struct az_arena_block *blocks;
    size_t bytes;     /* taken from the heap so far */
    size_t bytes_max; /* allocation fails past this; 0 for no limit */
} az_arena;

void az_arena_init(az_arena *arena, size_t bytes_max);
void az_arena_deinit(az_arena *arena); /* frees everything; the arena may be used again */

/* Zeroed memory aligned for any type; NULL when out of memory or past the limit. size 0 gives a
 * pointer that must not be read. */
void *az_arena_alloc(az_arena *arena, size_t size);
void *az_arena_alloc_array(az_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of the span. */
char *az_arena_strdup(az_arena *arena, az_span text);

#endif
