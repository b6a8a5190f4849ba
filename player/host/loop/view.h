/*
 * What getters read: a copy of the engine's snapshot, written by the engine thread after each run.
 * All functions on any thread; the lock is held for a copy only.
 */
#ifndef AZ_HOST_LOOP_VIEW_H
#define AZ_HOST_LOOP_VIEW_H

#include <pthread.h>

#include "engine/engine.h"

#define AZ_VIEW_DATA_MAX 64 /* EXT-X-SESSION-DATA kept */

typedef struct az_view_data {
    char *id, *language, *value;
} az_view_data;

typedef struct az_view {
    pthread_mutex_t lock;
    az_snapshot snapshot;
    aizu_quality qualities[AIZU_QUALITIES_MAX];
    aizu_rendition renditions[2][AIZU_RENDITIONS_MAX]; /* by aizu_rendition_kind */
    az_view_data data[AZ_VIEW_DATA_MAX];
    size_t data_count;
} az_view;

AZ_NODISCARD bool az_view_init(az_view *view);
void az_view_deinit(az_view *view);

/* On the engine's thread. */
void az_view_publish(az_view *view, const az_engine *engine);

void az_view_snapshot(az_view *view, az_snapshot *snapshot);
AZ_NODISCARD bool az_view_quality(az_view *view, int index, aizu_quality *quality);
AZ_NODISCARD bool az_view_rendition(az_view *view, aizu_rendition_kind kind, int index,
                                    aizu_rendition *rendition);
/* As aizu_player_session_data(). */
AZ_NODISCARD aizu_result az_view_session_data(az_view *view, const char *id, const char *language, char *out,
                                              size_t out_size);

/* The position at `now`: extrapolated while playback runs, never past what the engine allows. */
int64_t az_snapshot_position(const az_snapshot *snapshot, int64_t now);

/* See aizu_player_live_latency(); `wall` is the Unix time at `now`. */
int64_t az_snapshot_live_latency(const az_snapshot *snapshot, int64_t now, int64_t wall);

#endif
