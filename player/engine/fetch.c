/*
 * Requests: one slot for each purpose. A slot survives its tries: a failed one waits (back-off with full
 * jitter, or what the server asked for) and is begun anew, until its owner stops it.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

char *az_text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static az_fetch *find(az_engine *e, uint64_t id, az_fetch_slot *slot)
{
    for (unsigned i = 0; i < AZ_FETCH_SLOTS; i++) {
        az_fetch *fetch = &e->fetches[i];
        if (fetch->id == id && (fetch->state == AZ_FETCH_ACTIVE || fetch->state == AZ_FETCH_PAUSED)) {
            *slot = i;
            return fetch;
        }
    }
    return NULL;
}

static void forget_response(az_engine *e, az_fetch *fetch)
{
    az_engine_retire(e, fetch->url_final);
    fetch->url_final = NULL;
    free(fetch->body);
    fetch->body = NULL;
    fetch->body_size = fetch->body_capacity = 0;
    fetch->bytes = 0;
}

static void begin_try(az_engine *e, az_fetch *fetch)
{
    forget_response(e, fetch);
    fetch->id = ++e->fetch_id;
    fetch->state = AZ_FETCH_ACTIVE;
    fetch->started = fetch->progress = e->now;
    fetch->unmarked = 0;
    fetch->responded = AIZU_NO_TIME;
    fetch->tries++;
    e->stats.requests++;
    az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_FETCH);
    action->fetch = fetch->id;
    action->url = fetch->url;
    action->range_offset = fetch->range.offset;
    action->range_size = fetch->range.size;
    action->is_blocking = fetch->patience > 0;
}

aizu_result az_fetch_start(az_engine *e, az_fetch_slot slot, const az_fetch_request *request)
{
    az_fetch *fetch = &e->fetches[slot];
    az_fetch_stop(e, slot);
    fetch->url = az_text_copy(request->url);
    if (!fetch->url)
        return AIZU_E_MEMORY;
    fetch->range = request->range;
    fetch->patience = request->patience;
    fetch->tries = fetch->breaks = 0;
    begin_try(e, fetch);
    return AIZU_OK;
}

static void cancel(az_engine *e, az_fetch *fetch)
{
    if (fetch->state == AZ_FETCH_ACTIVE || fetch->state == AZ_FETCH_PAUSED)
        az_mailbox_act(&e->mailbox, AZ_ACTION_FETCH_CANCEL)->fetch = fetch->id;
}

void az_fetch_stop(az_engine *e, az_fetch_slot slot)
{
    az_fetch *fetch = &e->fetches[slot];
    cancel(e, fetch);
    forget_response(e, fetch);
    az_engine_retire(e, fetch->url);
    fetch->url = NULL;
    fetch->state = AZ_FETCH_IDLE;
}

void az_fetch_stop_all(az_engine *e)
{
    for (unsigned i = 0; i < AZ_FETCH_SLOTS; i++)
        az_fetch_stop(e, i);
}

void az_fetch_deinit(az_engine *e)
{
    for (unsigned i = 0; i < AZ_FETCH_SLOTS; i++) {
        free(e->fetches[i].url);
        free(e->fetches[i].url_final);
        free(e->fetches[i].body);
    }
}

bool az_fetch_is_busy(const az_engine *e, az_fetch_slot slot)
{
    return e->fetches[slot].state != AZ_FETCH_IDLE;
}

const char *az_fetch_base(const az_fetch *fetch)
{
    return fetch->url_final ? fetch->url_final : fetch->url;
}

/* A live window moves on meanwhile: about as often as it is reloaded anyway is patience enough. */
static int64_t retry_last(const az_engine *e)
{
    if (!az_source_is_live(e))
        return AZ_RETRY_LAST;
    int64_t target = az_list_playlist(az_source_main_list(e))->target_duration;
    return AZ_MAX(AZ_RETRY_FIRST, AZ_MIN(az_add_sat(target, target), AZ_RETRY_LAST));
}

void az_fetch_again(az_engine *e, az_fetch_slot slot, int64_t retry_after)
{
    az_fetch *fetch = &e->fetches[slot];
    AZ_ASSERT(fetch->url);
    int64_t limit = AZ_RETRY_FIRST;
    for (unsigned i = 1; i < fetch->tries && limit < AZ_RETRY_LAST; i++)
        limit *= 2;
    limit = AZ_MIN(limit, retry_last(e));
    int64_t wait = az_random_range(&e->random, limit / 10, limit);
    if (retry_after > 0)
        wait = AZ_MIN(retry_after, AZ_RETRY_AFTER_MAX) + az_random_range(&e->random, 0, AZ_RETRY_FIRST);
    cancel(e, fetch);
    fetch->state = AZ_FETCH_WAITING;
    fetch->due = az_add_sat(e->now, wait);
}

void az_fetch_retarget(az_engine *e, az_fetch_slot slot, const char *url)
{
    az_fetch *fetch = &e->fetches[slot];
    if (fetch->state != AZ_FETCH_WAITING || strcmp(fetch->url, url) == 0)
        return;
    char *copy = az_text_copy(url);
    if (!copy)
        return;
    az_engine_retire(e, fetch->url);
    fetch->url = copy;
}

void az_fetch_hold(az_engine *e, az_fetch_slot slot, bool hold)
{
    az_fetch *fetch = &e->fetches[slot];
    az_fetch_state from = hold ? AZ_FETCH_ACTIVE : AZ_FETCH_PAUSED;
    if (fetch->state != from)
        return;
    fetch->state = hold ? AZ_FETCH_PAUSED : AZ_FETCH_ACTIVE;
    fetch->progress = e->now;
    az_mailbox_act(&e->mailbox, hold ? AZ_ACTION_FETCH_PAUSE : AZ_ACTION_FETCH_RESUME)->fetch = fetch->id;
}

/* The owner of the slot decides what comes of it. */
static void ended(az_engine *e, az_fetch_slot slot, az_fetch_outcome outcome)
{
    az_fetch *fetch = &e->fetches[slot];
    if (outcome.result != AIZU_OK) {
        e->stats.requests_failed++;
        fetch->breaks += fetch->responded != AIZU_NO_TIME;
    }
    fetch->state = AZ_FETCH_IDLE;
    az_lane *lane = &e->lanes[az_slot_lane(slot)];
    az_fetch_purpose purpose = az_slot_purpose(slot);
    switch (purpose) {
    case AZ_FETCH_MULTIVARIANT:
    case AZ_FETCH_PLAYLIST:
    case AZ_FETCH_SWITCH:
        az_source_fetched(e, slot, &outcome);
        break;
    case AZ_FETCH_STEERING:
        az_steering_fetched(e, &outcome);
        break;
    case AZ_FETCH_SEGMENT:
        az_lane_fetched(lane, &outcome);
        break;
    case AZ_FETCH_MAP:
    case AZ_FETCH_KEY:
        az_open_fetched(lane, purpose, &outcome);
        break;
    case AZ_FETCH_PURPOSES:
        break;
    }
}

static size_t body_size_max(az_fetch_slot slot)
{
    switch (az_slot_purpose(slot)) {
    case AZ_FETCH_STEERING:
        return AZ_STEERING_SIZE_MAX;
    case AZ_FETCH_MAP:
        return AZ_FETCH_MAP_MAX;
    case AZ_FETCH_KEY:
        return AZ_FETCH_KEY_MAX;
    default:
        return AZ_PLAYLIST_SIZE_MAX;
    }
}

static void give_up_try(az_engine *e, az_fetch_slot slot, aizu_result result, const char *detail)
{
    cancel(e, &e->fetches[slot]);
    ended(e, slot, (az_fetch_outcome){.result = result, .detail = detail});
}

static bool body_append(az_fetch *fetch, az_span data)
{
    size_t size = fetch->body_size + data.size;
    if (size > fetch->body_capacity) {
        size_t capacity = AZ_MAX(size, fetch->body_capacity * 2);
        uint8_t *body = realloc(fetch->body, capacity);
        if (!body)
            return false;
        fetch->body = body;
        fetch->body_capacity = capacity;
    }
    memcpy(fetch->body + fetch->body_size, data.data, data.size);
    fetch->body_size = size;
    return true;
}

static void received(az_engine *e, az_fetch_slot slot, const az_event *event)
{
    az_fetch *fetch = &e->fetches[slot];
    fetch->bytes += event->data.size;
    e->stats.bytes_received += event->data.size;
    if (az_slot_purpose(slot) == AZ_FETCH_SEGMENT) {
        az_lane_data(&e->lanes[az_slot_lane(slot)], event->data);
        return;
    }
    if (fetch->bytes > body_size_max(slot))
        give_up_try(e, slot, AIZU_E_LIMIT, "what the server sends is too large");
    else if (event->data.size > 0 && !body_append(fetch, az_slice_span(event->data)))
        give_up_try(e, slot, AIZU_E_MEMORY, "no memory for what the server sends");
}

void az_fetch_event(az_engine *e, const az_event *event)
{
    az_fetch_slot slot;
    az_fetch *fetch = find(e, event->fetch, &slot);
    if (!fetch)
        return;
    fetch->unmarked += event->data.size;
    if (event->type != AZ_EVENT_FETCH_DATA || fetch->unmarked >= AZ_PROGRESS_BYTES) {
        fetch->progress = AZ_MAX(fetch->progress, event->time);
        fetch->unmarked = 0;
    }
    if (event->type == AZ_EVENT_FETCH_RESPONSE) {
        if (event->url && !fetch->url_final)
            fetch->url_final = az_text_copy(event->url);
    } else if (event->type == AZ_EVENT_FETCH_DATA) {
        if (fetch->responded == AIZU_NO_TIME)
            fetch->responded = event->time;
        received(e, slot, event);
    } else if (event->type == AZ_EVENT_FETCH_END) {
        if (az_slot_purpose(slot) == AZ_FETCH_SEGMENT && fetch->patience == 0 && event->result == AIZU_OK)
            az_quality_measured(e, fetch->bytes, event->time - fetch->started);
        ended(e, slot,
              (az_fetch_outcome){.result = event->result,
                                 .http_status = event->http_status,
                                 .retry_after = event->retry_after,
                                 .detail = event->detail});
    }
}

/* When a try without progress is given up. A server that was asked to wait may be silent for longer at first.
 */
static int64_t stalled_at(const az_fetch *fetch)
{
    int64_t patience = fetch->responded == AIZU_NO_TIME ? fetch->patience : 0;
    return az_add_sat(fetch->progress, az_add_sat(patience, AZ_STALLED_AFTER));
}

void az_fetch_step(az_engine *e)
{
    for (unsigned i = 0; i < AZ_FETCH_SLOTS; i++) {
        az_fetch *fetch = &e->fetches[i];
        if (fetch->state == AZ_FETCH_WAITING && fetch->due <= e->now)
            begin_try(e, fetch);
        if (fetch->state == AZ_FETCH_ACTIVE && stalled_at(fetch) <= e->now)
            give_up_try(e, i, AIZU_E_STALLED, "next to no bytes came for ten seconds");
        if (fetch->state == AZ_FETCH_WAITING)
            az_engine_wake(e, fetch->due);
        if (fetch->state == AZ_FETCH_ACTIVE)
            az_engine_wake(e, stalled_at(fetch));
    }
}
