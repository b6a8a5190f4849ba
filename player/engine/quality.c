/*
 * Throughput and the choice of variant: a first, simple rule. Two means of the rate of whole segments, a
 * quick one and a slow one, bits over seconds, so that one slow transfer outweighs many quick ones; the lower
 * of both is believed, and a share of it is used.
 */
#include "engine/internal.h"

#define ASSUMED_RATE 5.0e6 /* bit/s, before anything was measured */
#define USED_SHARE   0.8   /* of the estimate */
#define FAST_MEMORY  3.0   /* seconds of transfer after which half is new */
#define SLOW_MEMORY  10.0
#define SECONDS_MIN  0.2               /* short transfers make the past fade as if they had taken this */
#define BYTES_MIN    16384             /* smaller transfers measure the round trip */
#define UP_AHEAD_MIN (4 * AIZU_SECOND) /* buffer needed to go up */

static void mean_add(az_rate_mean *mean, double bits, double seconds, double memory)
{
    double keep = memory / (memory + AZ_MAX(seconds, SECONDS_MIN));
    mean->bits = mean->bits * keep + bits;
    mean->seconds = mean->seconds * keep + seconds;
}

void az_quality_measured(az_engine *e, uint64_t bytes, int64_t duration)
{
    if (bytes < BYTES_MIN || duration <= 0)
        return;
    double bits = (double)bytes * 8.0;
    double seconds = (double)duration / (double)AIZU_SECOND;
    mean_add(&e->throughput.fast, bits, seconds, FAST_MEMORY);
    mean_add(&e->throughput.slow, bits, seconds, SLOW_MEMORY);
}

int64_t az_quality_estimate(const az_engine *e)
{
    const az_throughput *t = &e->throughput;
    if (t->fast.seconds <= 0)
        return 0;
    return (int64_t)AZ_MIN(t->fast.bits / t->fast.seconds, t->slow.bits / t->slow.seconds);
}

/* The author's order where there is one (SCORE, bis 4.4.6.2), else that of the bit rates. */
static bool is_better(const az_engine *e, size_t a, size_t b)
{
    const aizu_quality *x = &e->presentation.sources[a].quality;
    const aizu_quality *y = &e->presentation.sources[b].quality;
    if (x->score >= 0 && y->score >= 0 && (x->score > y->score || x->score < y->score))
        return x->score > y->score;
    return x->bandwidth > y->bandwidth;
}

/* Bit rate that a variant needs next: what the playlist says of the coming segment (EXT-X-BITRATE,
 * bis 4.4.4.8), where it is loaded, else BANDWIDTH. */
static int64_t rate_needed(const az_engine *e, size_t index)
{
    const az_source *source = &e->presentation.sources[index];
    const az_lane *lane = &e->lanes[AZ_LANE_MAIN];
    az_list_item item;
    bool is_known = index == lane->current && source->list && !lane->is_by_time &&
                    az_list_find(source->list, lane->next.sequence, &item) && item.bitrate > 0;
    int64_t peak = source->quality.bandwidth;
    return is_known ? AZ_MIN(peak, (int64_t)item.bitrate * 1000) : peak;
}

/* The best source that a rate carries, else the cheapest; those under a penalty only when there is no other.
 */
static size_t best_for(const az_engine *e, double rate)
{
    const az_presentation *p = &e->presentation;
    size_t best = SIZE_MAX;
    size_t cheapest = SIZE_MAX;
    for (size_t i = 0; i < p->variant_count; i++) {
        int64_t bandwidth = p->sources[i].quality.bandwidth;
        if (p->sources[i].penalty_until > e->now)
            continue;
        if (cheapest == SIZE_MAX || bandwidth < p->sources[cheapest].quality.bandwidth)
            cheapest = i;
        if ((double)rate_needed(e, i) <= rate && (best == SIZE_MAX || is_better(e, i, best)))
            best = i;
    }
    if (best != SIZE_MAX)
        return best;
    return cheapest != SIZE_MAX ? cheapest : 0;
}

size_t az_quality_first(const az_engine *e)
{
    int64_t estimate = az_quality_estimate(e);
    return best_for(e, USED_SHARE * (estimate > 0 ? (double)estimate : ASSUMED_RATE));
}

void az_quality_step(az_engine *e)
{
    const az_presentation *p = &e->presentation;
    az_lane *lane = &e->lanes[AZ_LANE_MAIN];
    if (p->is_manual || p->variant_count < 2 || !az_source_list(lane))
        return;
    int64_t estimate = az_quality_estimate(e);
    size_t best = estimate > 0 ? best_for(e, USED_SHARE * (double)estimate) : lane->current;
    if (p->sources[lane->current].penalty_until > e->now && best == lane->current)
        best = best_for(e, USED_SHARE * ASSUMED_RATE);
    bool is_up = p->sources[best].quality.bandwidth > p->sources[lane->wanted].quality.bandwidth;
    if (is_up && az_playback_ahead(e) < UP_AHEAD_MIN)
        return;
    if (best != lane->wanted)
        az_source_switch_to(lane, best);
}

void az_quality_choose(az_engine *e, size_t index)
{
    e->presentation.is_manual = true;
    az_source_switch_to(&e->lanes[AZ_LANE_MAIN], index);
}
