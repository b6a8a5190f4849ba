/*
 * Arena allocation in growing blocks; see base/arena.h.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE_MIN ((size_t)4096)
#define BLOCK_SIZE_MAX ((size_t)1 << 20)

struct az_arena_block {
    struct az_arena_block *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) uint8_t data[];
};

void az_arena_init(az_arena *arena, size_t bytes_max)
{
    *arena = (az_arena){.bytes_max = bytes_max};
}

void az_arena_deinit(az_arena *arena)
{
    struct az_arena_block *block = arena->blocks;
    while (block) {
        struct az_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->bytes = 0;
}

static struct az_arena_block *block_add(az_arena *arena, size_t needed)
{
    size_t size = arena->blocks ? AZ_MIN(arena->blocks->size * 2, BLOCK_SIZE_MAX) : BLOCK_SIZE_MIN;
    size = AZ_MAX(size, needed);
    size_t total;
    if (!az_add_size(sizeof(struct az_arena_block), size, &total))
        return NULL;
    if (arena->bytes_max && total > arena->bytes_max - AZ_MIN(arena->bytes, arena->bytes_max))
        return NULL;
    struct az_arena_block *block = calloc(1, total);
    if (!block)
        return NULL;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->bytes += total;
    return block;
}

void *az_arena_alloc(az_arena *arena, size_t size)
{
    size_t rounded;
    if (!az_add_size(size, alignof(max_align_t) - 1, &rounded))
        return NULL;
    rounded &= ~(alignof(max_align_t) - 1);
    struct az_arena_block *block = arena->blocks;
    if (!block || rounded > block->size - block->used)
        block = block_add(arena, rounded);
    if (!block)
        return NULL;
    void *out = block->data + block->used;
    block->used += rounded;
    return out;
}

void *az_arena_alloc_array(az_arena *arena, size_t count, size_t size)
{
    size_t total;
    return az_mul_size(count, size, &total) ? az_arena_alloc(arena, total) : NULL;
}

char *az_arena_strdup(az_arena *arena, az_span text)
{
    char *out = text.size < SIZE_MAX ? az_arena_alloc(arena, text.size + 1) : NULL;
    if (out && text.size)
        memcpy(out, text.data, text.size);
    return out;
}
