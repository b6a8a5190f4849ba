/*
 * The channel, made from the seed as far as it is needed: segments, domains of timestamps, and every cue
 * with its true time. What stands here is the truth that the checker holds against the engine.
 */
#include <stdlib.h>

#include "sim.h"

uint64_t world_hash(const world *w, uint64_t a, uint64_t b)
{
    uint64_t words[3] = {w->salt, a, b};
    uint64_t hash = az_hash(AZ_HASH_SEED, words, sizeof(words));
    return hash ^ (hash >> 29);
}

static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 64;
    items = realloc(items, *capacity * size);
    AZ_ASSERT(items);
    return items;
}

static void domain_begin(world *w, int64_t ticks)
{
    w->domains = grow(w->domains, w->domain_count, &w->domain_capacity, sizeof(*w->domains));
    int64_t media = az_random_range(&w->random, 0, (INT64_C(1) << 33) - 1);
    /* every other domain wraps within two minutes */
    if (az_random_chance(&w->random, 500000))
        media = (INT64_C(1) << 33) - az_random_range(&w->random, 1, 120 * TICKS_PER_SECOND);
    w->domains[w->domain_count++] = (world_domain){ticks, media};
}

static void cue_add(world *w, int64_t ticks, uint32_t number, int32_t slot)
{
    w->cues = grow(w->cues, w->cue_count, &w->cue_capacity, sizeof(*w->cues));
    uint32_t segment = (uint32_t)w->segment_count;
    size_t at = w->cue_count++;
    size_t first = w->segments[segment].cue;
    /* stream order is the order of the bytes */
    for (; at > first && w->cues[at - 1].slot > slot; at--)
        w->cues[at] = w->cues[at - 1];
    w->cues[at] = (world_cue){ticks, number, segment, slot};
    w->segments[segment].cue_count++;
}

/* A text of its own, or now and then one that was sent before. */
static uint32_t cue_number(world *w)
{
    uint32_t number = (uint32_t)w->cue_count + 1;
    return w->has_own_texts || !az_random_chance(&w->random, 100000) ? number : number / 64;
}

static void cues_at_frame(world *w, const world_segment *g, int32_t slot)
{
    az_random *r = &w->random;
    int64_t begin = (g->frame + slot) * w->ticks_per_frame;
    int64_t ticks = begin + (az_random_chance(r, 500000) ? az_random_range(r, 0, w->ticks_per_frame - 1) : 0);
    int32_t where = slot;
    if (az_random_chance(r, 200000)) /* sent after its picture, or well before it */
        where = (int32_t)az_random_range(r, AZ_MAX(0, slot - 3), AZ_MIN(g->frame_count, slot + 2));
    uint32_t number = cue_number(w);
    switch (az_random_below(r, 10)) {
    case 0: /* several at one time */
        for (int64_t i = az_random_range(r, 2, 4); i > 0; i--)
            cue_add(w, ticks, cue_number(w), where);
        return;
    case 1: /* twice or three times the same */
        for (int64_t i = az_random_range(r, 2, 3); i > 0; i--)
            cue_add(w, ticks, number, where);
        return;
    case 2: /* a burst: one after the other within this frame */
        for (int64_t i = 0; i < 6; i++)
            cue_add(w, begin + i * w->ticks_per_frame / 6, number + (uint32_t)i, slot);
        return;
    case 3: /* the last tick of the frame */
        cue_add(w, begin + w->ticks_per_frame - 1, number, where);
        return;
    case 4: /* beyond the end of the segment that carries it, or before its beginning */
        if (g->frame > 10 && slot == 0)
            ticks = begin - az_random_range(r, 1, TICKS_PER_SECOND / 3);
        if (slot == g->frame_count - 1)
            ticks = begin + w->ticks_per_frame + az_random_range(r, 0, TICKS_PER_SECOND / 3);
        cue_add(w, ticks, number, where);
        return;
    default:
        cue_add(w, ticks, number, where);
        return;
    }
}

static void segment_add(world *w)
{
    az_random *r = &w->random;
    w->segments = grow(w->segments, w->segment_count, &w->segment_capacity, sizeof(*w->segments));
    world_segment *g = &w->segments[w->segment_count];
    const world_segment *before = w->segment_count ? g - 1 : NULL;
    int64_t target_ticks = az_rescale(w->target, TICKS_PER_SECOND, AIZU_SECOND);
    int64_t most = AZ_MAX(target_ticks / w->ticks_per_frame, 1);
    int64_t least = AZ_MAX(most * 6 / 10, 1);
    *g = (world_segment){
        .frame = before ? before->frame + before->frame_count : 0,
        .frame_count = (int32_t)(az_random_chance(r, 700000) ? most : az_random_range(r, least, most)),
        .cue = (uint32_t)w->cue_count,
    };
    int64_t ticks = g->frame * w->ticks_per_frame;
    if (!before || w->is_cut || az_random_chance(r, w->discontinuity_in_million))
        domain_begin(w, ticks);
    w->is_cut = false;
    g->domain = (uint32_t)w->domain_count - 1;
    g->wall = w->wall_begin + az_rescale(ticks, AIZU_SECOND, TICKS_PER_SECOND) + w->wall_shift;
    for (int32_t slot = 0; slot < g->frame_count; slot++) {
        bool is_edge = slot == 0 || slot == g->frame_count - 1;
        if (az_random_chance(r, is_edge ? w->cue_in_million * 3 : w->cue_in_million))
            cues_at_frame(w, g, slot);
    }
    w->segment_count++;
}

void world_extend(world *w, int64_t ticks)
{
    while ((int64_t)w->segment_count < w->segment_total &&
           (w->segment_count == 0 || world_segment_end(w, w->segment_count - 1) <= ticks))
        segment_add(w);
}

int64_t world_segment_begin(const world *w, size_t segment)
{
    return w->segments[segment].frame * w->ticks_per_frame;
}

int64_t world_segment_end(const world *w, size_t segment)
{
    const world_segment *g = &w->segments[segment];
    return (g->frame + g->frame_count) * w->ticks_per_frame;
}

size_t world_segment_at(const world *w, int64_t ticks)
{
    size_t low = 0;
    size_t high = w->segment_count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (world_segment_end(w, middle) <= ticks)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int world_part_count(const world *w, size_t segment)
{
    return (w->segments[segment].frame_count + w->part_frames - 1) / w->part_frames;
}

int64_t world_part_end(const world *w, size_t segment, int part)
{
    const world_segment *g = &w->segments[segment];
    return (g->frame + AZ_MIN(g->frame_count, (part + 1) * w->part_frames)) * w->ticks_per_frame;
}

int64_t world_media_time(const world *w, size_t segment, int64_t ticks)
{
    const world_domain *d = &w->domains[w->segments[segment].domain];
    return (d->media + ticks - d->begin) & ((INT64_C(1) << 33) - 1);
}

int world_cue_text(const world *w, const world_cue *cue, char *out, size_t size)
{
    (void)w;
    return snprintf(out, size, "{\"q\":%u}", (unsigned)cue->number);
}

static void choose_pace(world *w, bool is_live_day)
{
    static const int64_t paces[] = {18000, 18000, 18000, 9000, 9000, 14400, 45000, 3600, 3003};
    az_random *r = &w->random;
    w->ticks_per_frame = is_live_day ? 18000 : paces[az_random_below(r, AZ_COUNT(paces))];
    w->target = az_random_range(r, 1, 6) * AIZU_SECOND;
    w->cue_in_million = (uint32_t)(w->ticks_per_frame * az_random_range(r, 1, is_live_day ? 12 : 60) / 9);
    w->discontinuity_in_million = az_random_chance(r, 500000) ? 0 : (uint32_t)az_random_range(r, 500, 50000);
    /* the engine measures throughput by segments of some size */
    int64_t base = w->ticks_per_frame < 9000 ? 1 : az_random_range(r, 2, is_live_day ? 3 : 8);
    for (int v = 0; v < w->variant_count; v++) {
        w->frame_packets[v] = (int)base * (v + 1);
        int64_t packets = w->frame_packets[v] * TICKS_PER_SECOND / w->ticks_per_frame + 11;
        w->bandwidth[v] = packets * 188 * 8 * 11 / 10;
        w->playlist_lag[v] = az_random_chance(r, 200000);
    }
    for (int v = 0; v < w->variant_count; v++) {
        int other = (int)az_random_below(r, (uint64_t)v + 1);
        w->bandwidth_order[v] = w->bandwidth_order[other];
        w->bandwidth_order[other] = v;
    }
}

/* A quarter of a segment or more; the last part of a segment is none of less than half. */
static int choose_part_frames(const world *w)
{
    int most = (int)AZ_MAX(az_rescale(w->target, TICKS_PER_SECOND, AIZU_SECOND) / w->ticks_per_frame, 1);
    int frames = (most + 3) / 4;
    while (most % frames != 0 && most % frames * 2 <= frames)
        frames++;
    return frames;
}

/* Of a random stream of its own. */
static void choose_features(world *w, uint64_t seed)
{
    az_random r;
    az_random_init(&r, seed ^ UINT64_C(0x66656174757265));
    w->has_sound_lane = w->has_audio && !w->is_plain && az_random_chance(&r, 300000);
    w->playlist_lag[SOUND] = az_random_chance(&r, 200000);
    if (w->kind != WORLD_LIVE || !az_random_chance(&r, 350000))
        return;
    w->part_frames = choose_part_frames(w);
    for (int v = 0; v < SOURCES_MAX; v++)
        w->playlist_lag[v] = 0;
}

void world_init(world *w, uint64_t seed, bool is_live_day, bool has_own_texts)
{
    *w = (world){.has_own_texts = has_own_texts};
    az_random *r = &w->random;
    az_random_init(r, seed ^ UINT64_C(0x776f726c64));
    w->salt = az_random_u64(r);
    w->kind = is_live_day ? WORLD_LIVE : (world_kind)az_random_below(r, 3);
    w->variant_count = (int)az_random_range(r, is_live_day ? 2 : 1, VARIANTS_MAX);
    w->is_plain = w->variant_count == 1 && az_random_chance(r, 500000);
    w->has_wall = az_random_chance(r, 700000);
    w->has_audio = az_random_chance(r, 800000);
    choose_pace(w, is_live_day);
    choose_features(w, seed);
    w->segment_total = INT64_MAX;
    if (w->kind == WORLD_VOD)
        w->segment_total = az_random_range(r, 3, 900);
    if (w->kind == WORLD_EVENT)
        w->segment_total = az_random_range(r, 50, 600);
    w->sequence_first = az_random_chance(r, 400000) ? 0 : az_random_below(r, UINT64_C(1) << 40);
    if (w->kind == WORLD_EVENT)
        w->sequence_first = 0;
    w->window = (int)az_random_range(r, 5, 12);
    w->lead = w->target * (w->kind == WORLD_EVENT ? 4 : w->window + 3);
    w->wall_begin = INT64_C(1760000000) * AIZU_SECOND;
    world_extend(w, w->kind == WORLD_VOD ? INT64_MAX / 2 : 0);
}

void world_deinit(world *w)
{
    free(w->segments);
    free(w->cues);
    free(w->domains);
}
