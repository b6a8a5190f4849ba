/*
 * The engine's snapshot for getters, and what follows from it at a moment; see view.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/loop/view.h"

#include <stdlib.h>
#include <string.h>

bool az_view_init(az_view *view)
{
    memset(view, 0, sizeof(*view));
    az_snapshot *s = &view->snapshot;
    s->quality = -1;
    s->is_quality_auto = true;
    s->renditions[0] = s->renditions[1] = AIZU_RENDITION_OFF;
    s->wanted_rate = 1.0;
    s->position = s->duration = s->wall_offset = s->live_edge = AIZU_NO_TIME;
    s->seekable_begin = s->seekable_end = s->buffered_begin = s->buffered_end = AIZU_NO_TIME;
    s->stats.first_frame_delay = AIZU_NO_TIME;
    return pthread_mutex_init(&view->lock, NULL) == 0;
}

static void data_drop(az_view *view)
{
    for (size_t i = 0; i < view->data_count; i++) {
        free(view->data[i].id);
        free(view->data[i].language);
        free(view->data[i].value);
    }
    view->data_count = 0;
}

void az_view_deinit(az_view *view)
{
    data_drop(view);
    pthread_mutex_destroy(&view->lock);
}

static char *copy_span(az_span text)
{
    char *copy = malloc(text.size + 1);
    if (!copy)
        return NULL;
    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

static void data_copy(az_view *view, const az_engine *engine)
{
    az_span id, language, value;
    data_drop(view);
    for (size_t i = 0; view->data_count < AZ_VIEW_DATA_MAX; i++) {
        if (!az_engine_session_data(engine, i, &id, &language, &value))
            return;
        az_view_data *data = &view->data[view->data_count];
        *data = (az_view_data){copy_span(id), copy_span(language), copy_span(value)};
        view->data_count++;
        if (!data->id || !data->language || !data->value) {
            data_drop(view);
            return;
        }
    }
}

/* What changes seldom is copied when it did; a list is never said to be longer than what was copied. */
static void lists_copy(az_view *view, const az_engine *engine, az_snapshot *snapshot)
{
    snapshot->quality_count = AZ_MIN(snapshot->quality_count, AIZU_QUALITIES_MAX);
    for (int i = 0; i < snapshot->quality_count; i++)
        if (!az_engine_quality(engine, i, &view->qualities[i]))
            snapshot->quality_count = i;
    for (int kind = 0; kind < 2; kind++) {
        int *count = &snapshot->rendition_counts[kind];
        *count = AZ_MIN(*count, AIZU_RENDITIONS_MAX);
        for (int i = 0; i < *count; i++)
            if (!az_engine_rendition(engine, (aizu_rendition_kind)kind, i, &view->renditions[kind][i]))
                *count = i;
    }
    data_copy(view, engine);
}

void az_view_publish(az_view *view, const az_engine *engine)
{
    az_snapshot snapshot;
    az_engine_snapshot(engine, &snapshot);
    pthread_mutex_lock(&view->lock);
    if (snapshot.qualities_version != view->snapshot.qualities_version) {
        lists_copy(view, engine, &snapshot);
    } else {
        snapshot.quality_count = view->snapshot.quality_count;
        memcpy(snapshot.rendition_counts, view->snapshot.rendition_counts, sizeof(snapshot.rendition_counts));
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

bool az_view_rendition(az_view *view, aizu_rendition_kind kind, int index, aizu_rendition *rendition)
{
    pthread_mutex_lock(&view->lock);
    bool is_known = index >= 0 && index < view->snapshot.rendition_counts[kind];
    if (is_known)
        *rendition = view->renditions[kind][index];
    pthread_mutex_unlock(&view->lock);
    return is_known;
}

static const az_view_data *data_find(const az_view *view, const char *id, const char *language)
{
    for (size_t i = 0; i < view->data_count; i++)
        if (strcmp(view->data[i].id, id) == 0 && (!language || strcmp(view->data[i].language, language) == 0))
            return &view->data[i];
    return NULL;
}

aizu_result az_view_session_data(az_view *view, const char *id, const char *language, char *out,
                                 size_t out_size)
{
    pthread_mutex_lock(&view->lock);
    const az_view_data *data = data_find(view, id, language);
    size_t size = data ? strlen(data->value) + 1 : 0;
    bool is_fitting = data && size <= out_size;
    if (is_fitting)
        memcpy(out, data->value, size);
    pthread_mutex_unlock(&view->lock);
    return is_fitting ? AIZU_OK : data ? AIZU_E_LIMIT : AIZU_AGAIN;
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
