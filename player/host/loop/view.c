/*
 * The engine's snapshot for getters, and what follows from it at a moment; see view.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/loop/view.h"

#include <string.h>

bool az_view_init(az_view *view)
{
    memset(view, 0, sizeof(*view));
    az_snapshot *s = &view->snapshot;
    s->quality = -1;
    s->is_quality_auto = true;
    s->position = s->duration = s->wall_offset = s->live_edge = AIZU_NO_TIME;
    s->seekable_begin = s->seekable_end = s->buffered_begin = s->buffered_end = AIZU_NO_TIME;
    s->stats.first_frame_delay = AIZU_NO_TIME;
    return pthread_mutex_init(&view->lock, NULL) == 0;
}

void az_view_deinit(az_view *view)
{
    pthread_mutex_destroy(&view->lock);
}

void az_view_publish(az_view *view, const az_engine *engine)
{
    az_snapshot snapshot;
    az_engine_snapshot(engine, &snapshot);
    pthread_mutex_lock(&view->lock);
    if (snapshot.qualities_version != view->snapshot.qualities_version) {
        snapshot.quality_count = AZ_MIN(snapshot.quality_count, AIZU_QUALITIES_MAX);
        for (int i = 0; i < snapshot.quality_count; i++)
            if (!az_engine_quality(engine, i, &view->qualities[i]))
                snapshot.quality_count = i;
    } else {
        snapshot.quality_count = view->snapshot.quality_count;
    }
    view->snapshot = snapshot;
    pthread_mutex_unlock(&view->lock);
}

void az_view_snapshot(az_view *view, az_snapshot *snapshot)
{
    pthread_mutex_lock(&view->lock);
    *snapshot = view->snapshot;
    pthread_mutex_unlock(&view->lock);
}

bool az_view_quality(az_view *view, int index, aizu_quality *quality)
{
    pthread_mutex_lock(&view->lock);
    bool is_known = index >= 0 && index < view->snapshot.quality_count;
    if (is_known)
        *quality = view->qualities[index];
    pthread_mutex_unlock(&view->lock);
    return is_known;
}

int64_t az_snapshot_position(const az_snapshot *snapshot, int64_t now)
{
    int64_t position = snapshot->position;
    if (position == AIZU_NO_TIME || snapshot->rate <= 0 || now <= snapshot->position_time)
        return position;
    position += (int64_t)((double)(now - snapshot->position_time) * snapshot->rate);
    return AZ_MAX(snapshot->position, AZ_MIN(position, snapshot->position_max));
}

int64_t az_snapshot_live_latency(const az_snapshot *snapshot, int64_t now, int64_t wall)
{
    int64_t position = az_snapshot_position(snapshot, now);
    if (!snapshot->is_live || position == AIZU_NO_TIME)
        return AIZU_NO_TIME;
    if (snapshot->wall_offset != AIZU_NO_TIME)
        return wall - (position + snapshot->wall_offset);
    if (snapshot->live_edge == AIZU_NO_TIME)
        return AIZU_NO_TIME;
    return snapshot->live_edge + (now - snapshot->live_edge_time) - position;
}
