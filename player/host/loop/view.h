/*
 * What getters read: a copy of the engine's snapshot, written by the engine thread after each run.
 * All functions on any thread; the lock is held for a copy only.
 */
#ifndef AZ_HOST_LOOP_VIEW_H
#define AZ_HOST_LOOP_VIEW_H

#include <pthread.h>

#include "engine/engine.h"

typedef struct az_view {
    pthread_mutex_t lock;
    az_snapshot snapshot;
    aizu_quality qualities[AIZU_QUALITIES_MAX];
} az_view;

AZ_NODISCARD bool az_view_init(az_view *view);
void az_view_deinit(az_view *view);

/* On the engine's thread. */
void az_view_publish(az_view *view, const az_engine *engine);

void az_view_snapshot(az_view *view, az_snapshot *snapshot);
AZ_NODISCARD bool az_view_quality(az_view *view, int index, aizu_quality *quality);

/* The position at `now`: extrapolated while playback runs, never past what the engine allows. */
int64_t az_snapshot_position(const az_snapshot *snapshot, int64_t now);

/* See aizu_player_live_latency(); `wall` is the Unix time at `now`. */
int64_t az_snapshot_live_latency(const az_snapshot *snapshot, int64_t now, int64_t wall);

#endif
