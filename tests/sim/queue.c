/*
 * The events to come, in a binary heap by time and order of arrival; see sim.h.
 */
#include <stdlib.h>

#include "sim.h"

static bool is_before(const sim_event *a, const sim_event *b)
{
    return a->time != b->time ? a->time < b->time : a->order < b->order;
}

void sim_queue_push(sim_queue *queue, int64_t time, sim_event_type type, uint32_t index, uint64_t serial)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity ? queue->capacity * 2 : 256;
        queue->items = realloc(queue->items, queue->capacity * sizeof(*queue->items));
        AZ_ASSERT(queue->items);
    }
    sim_event event = {time, queue->order++, type, index, serial};
    size_t at = queue->count++;
    while (at > 0 && is_before(&event, &queue->items[(at - 1) / 2])) {
        queue->items[at] = queue->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->items[at] = event;
}

bool sim_queue_pop(sim_queue *queue, int64_t now, sim_event *event)
{
    if (queue->count == 0 || queue->items[0].time > now)
        return false;
    *event = queue->items[0];
    sim_event last = queue->items[--queue->count];
    size_t at = 0;
    for (size_t child = 1; child < queue->count; child = 2 * at + 1) {
        if (child + 1 < queue->count && is_before(&queue->items[child + 1], &queue->items[child]))
            child++;
        if (!is_before(&queue->items[child], &last))
            break;
        queue->items[at] = queue->items[child];
        at = child;
    }
    if (queue->count > 0)
        queue->items[at] = last;
    return true;
}

int64_t sim_queue_next(const sim_queue *queue)
{
    return queue->count ? queue->items[0].time : AZ_NEVER;
}
