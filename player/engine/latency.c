/*
 * Keeping up with the live edge of a stream in parts (bis 6.3.3): where playback is further behind than the
 * playlist asks for, it runs a little faster, with the pitch kept, until it is there. Only while the
 * application leaves the rate alone.
 */
#include "engine/internal.h"

#define CATCH_UP_RATE  1.05
#define CATCH_UP_FROM  (120 * AIZU_MILLISECOND) /* further behind than asked for: begin ... */
#define CATCH_UP_UNTIL (20 * AIZU_MILLISECOND)  /* ... and end */
#define AHEAD_FROM     (300 * AIZU_MILLISECOND) /* media that has to be there to begin ... */
#define AHEAD_UNTIL    (150 * AIZU_MILLISECOND) /* ... and to go on */
#define LOOK_EVERY     (100 * AIZU_MILLISECOND)

static bool is_kept(const az_engine *e)
{
    const az_playback *p = &e->playback;
    const az_list *list = az_source_main_list(e);
    return p->phase == AZ_PHASE_RUNNING && p->clock.is_running && p->rate == 1.0 && az_source_is_live(e) &&
           az_list_playlist(list)->part_target > 0;
}

/* How far the position is behind the edge; between two versions of the playlist the edge moves on. */
static int64_t distance(const az_engine *e)
{
    const az_list *list = az_source_main_list(e);
    int64_t since = az_sub_sat(e->now, az_source_current(&e->lanes[AZ_LANE_MAIN])->changed);
    int64_t edge = az_add_sat(az_list_end(list), AZ_MIN(since, az_list_playlist(list)->part_target));
    return az_sub_sat(edge, az_playback_position(e));
}

void az_latency_step(az_engine *e)
{
    bool is_catching_up = e->playback.bend > 1.0;
    if (!is_kept(e)) {
        az_playback_bend(e, 1.0);
        return;
    }
    const az_list *list = az_source_main_list(e);
    int64_t target = e->config.live_hold_back > 0 ? e->config.live_hold_back : az_list_hold_back(list);
    int64_t behind = az_sub_sat(distance(e), target);
    int64_t ahead = az_playback_ahead(e);
    if (!is_catching_up && behind > CATCH_UP_FROM && ahead > AHEAD_FROM)
        az_playback_bend(e, CATCH_UP_RATE);
    else if (is_catching_up && (behind <= CATCH_UP_UNTIL || ahead < AHEAD_UNTIL))
        az_playback_bend(e, 1.0);
    az_engine_wake(e, az_add_sat(e->now, LOOK_EVERY));
}
