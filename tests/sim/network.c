/*
 * Requests and what becomes of them: latency, bandwidth, chunks of any size, and faults while a fault
 * window is open. Each request that is not cancelled ends, but for a stall without end, which the
 * engine has to notice.
 */
#include <string.h>

#include "sim.h"

#define CUT_IN_ROW_MAX 4

static const char HTML[] = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n"
                           "<body><p>Please sign in to use this network.</p></body></html>\n";

void network_init(sim *s)
{
    network *n = &s->network;
    az_random_init(&n->random, s->options->seed ^ UINT64_C(0x6e6574));
    int64_t low = INT64_MAX;
    int64_t high = 0;
    for (int v = 0; v < s->world.variant_count; v++) {
        low = AZ_MIN(low, s->world.bandwidth[v]);
        high = AZ_MAX(high, s->world.bandwidth[v]);
    }
    n->bandwidth_low = low / 8 * 2;
    n->bandwidth_high = AZ_MAX(high, low * 2) / 8 * 6;
    n->bandwidth = n->bandwidth_high / 2;
    n->latency = az_random_range(&n->random, 1, 200) * AIZU_MILLISECOND;
}

static void request_free(sim *s, request *r)
{
    az_slice_unref(&r->body);
    if (r->is_answered)
        s->network.active--;
    r->id = 0;
}

void network_deinit(sim *s)
{
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        if (s->network.requests[i].id)
            request_free(s, &s->network.requests[i]);
}

/* Bytes per second now: a random walk in steps, between bounds that leave room to play. */
static int64_t bandwidth_now(sim *s)
{
    network *n = &s->network;
    if (s->faults_on & (1u << FAULT_OUTAGE))
        return 400;
    while (n->bandwidth_until <= s->now) {
        n->bandwidth_until = s->now + az_random_range(&n->random, 500, 10000) * AIZU_MILLISECOND;
        n->bandwidth = n->bandwidth * az_random_range(&n->random, 50, 190) / 100;
    }
    int64_t low = s->viewer.is_manual ? n->bandwidth_high / 2 : n->bandwidth_low;
    n->bandwidth = AZ_MAX(low, AZ_MIN(n->bandwidth, n->bandwidth_high));
    return n->bandwidth;
}

static bool fault_fits(sim_fault fault, resource_kind kind)
{
    switch (fault) {
    case FAULT_CONNECT:
    case FAULT_RESET:
    case FAULT_TRUNCATED:
    case FAULT_STATUS:
    case FAULT_THROTTLED:
    case FAULT_STALL:
        return true;
    case FAULT_HTML:
        return kind != RESOURCE_SEGMENT;
    case FAULT_GARBAGE:
        return kind == RESOURCE_SEGMENT;
    case FAULT_OUTAGE:
    case FAULT_STALE:
    case FAULT_STOP:
    case FAULT_JUMP:
    case FAULT_DECODER:
    case FAULT_SINK:
    case FAULTS:
        break;
    }
    return false;
}

static int choose_fault(sim *s, resource_kind kind)
{
    if (!az_random_chance(&s->network.random, 500000)) {
        if (kind == RESOURCE_MEDIA)
            s->network.cut_in_row = 0;
        return -1;
    }
    int first = (int)az_random_below(&s->network.random, FAULTS);
    for (int i = 0; i < FAULTS; i++) {
        int fault = (first + i) % FAULTS;
        if (!(s->faults_on & (1u << fault)) || !fault_fits((sim_fault)fault, kind))
            continue;
        /* a playlist that is cut off again and again looks like a channel that began anew */
        if (fault == FAULT_TRUNCATED && kind != RESOURCE_SEGMENT && ++s->network.cut_in_row > CUT_IN_ROW_MAX)
            break;
        s->result.faults[fault]++;
        return fault;
    }
    if (kind == RESOURCE_MEDIA)
        s->network.cut_in_row = 0;
    return -1;
}

static request *find(sim *s, uint64_t id)
{
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        if (s->network.requests[i].id == id)
            return &s->network.requests[i];
    return NULL;
}

static void schedule(sim *s, request *r, int64_t delay)
{
    sim_queue_push(&s->queue, s->now + delay, SIM_REQUEST, (uint32_t)(r - s->network.requests), r->serial);
}

void network_fetch(sim *s, const az_action *action)
{
    network *n = &s->network;
    if (action->fetch <= n->last_id)
        sim_fail(s, "fetch-id", "fetch %llu after %llu", (unsigned long long)action->fetch,
                 (unsigned long long)n->last_id);
    n->last_id = AZ_MAX(n->last_id, action->fetch);
    request *r = find(s, 0);
    if (!r) {
        sim_fail(s, "fetch-count", "more than %d fetches at a time", REQUESTS_MAX);
        az_event end = {.type = AZ_EVENT_FETCH_END, .fetch = action->fetch, .result = AIZU_E_CONNECT};
        sim_feed(s, &end);
        return;
    }
    *r = (request){.id = action->fetch, .serial = ++n->serial, .fault = -1, .started = s->now};
    r->last_progress = s->now;
    snprintf(r->url, sizeof(r->url), "%s", action->url);
    r->what = origin_parse(&s->origin, action->url);
    if (r->what.kind == RESOURCE_UNKNOWN && s->is_calm && !s->is_poisoned &&
        s->now - s->calm_since > 30 * AIZU_SECOND)
        sim_fail(s, "fetch-url", "no such resource: %s", action->url);
    if (action->range_size || action->range_offset)
        sim_fail(s, "fetch-range", "a range that no playlist asks for: %s", action->url);
    r->fault = choose_fault(s, r->what.kind);
    s->result.fetches++;
    schedule(s, r, n->latency / 2 + (int64_t)az_random_below(&n->random, (uint64_t)n->latency));
}

void network_cancel(sim *s, uint64_t id)
{
    request *r = id ? find(s, id) : NULL;
    if (!r && id == s->network.ended_id && s->now == s->network.ended_at)
        return; /* it ended in the same instant: the engine had not seen that yet */
    if (!r) {
        sim_fail(s, "fetch-cancel", "fetch %llu is not under way", (unsigned long long)id);
        return;
    }
    if (!sim_has_defect(s, DEFECT_FETCH_FORGOTTEN, 1))
        request_free(s, r);
}

void network_pause(sim *s, uint64_t id, bool is_paused)
{
    request *r = id ? find(s, id) : NULL;
    if (!r || r->is_paused == is_paused) {
        sim_fail(s, "fetch-pause", "fetch %llu is not under way, or is so already", (unsigned long long)id);
        return;
    }
    r->is_paused = is_paused;
    r->last_progress = s->now;
    if (!is_paused && r->is_waiting) {
        r->is_waiting = false;
        schedule(s, r, 0);
    }
}

static void end_request(sim *s, request *r, aizu_result result, int status, int64_t retry_after)
{
    az_event end = {
        .type = AZ_EVENT_FETCH_END,
        .fetch = r->id,
        .result = result,
        .http_status = status,
        .retry_after = retry_after,
    };
    if (r->what.kind == RESOURCE_SEGMENT && result == AIZU_OK)
        check_segment_bytes(s, r, r->fault < 0);
    s->network.ended_id = r->id;
    s->network.ended_at = s->now;
    request_free(s, r);
    sim_feed(s, &end);
}

static void respond(sim *s, request *r, int status, int64_t size)
{
    az_event response = {
        .type = AZ_EVENT_FETCH_RESPONSE,
        .fetch = r->id,
        .http_status = status,
        .url = r->url,
        .size = size,
    };
    sim_feed(s, &response);
}

static aizu_result result_of_status(int status)
{
    switch (status) {
    case 401:
    case 403:
        return AIZU_E_FORBIDDEN;
    case 404:
    case 410:
        return AIZU_E_NOT_FOUND;
    case 429:
        return AIZU_E_THROTTLED;
    default:
        return AIZU_E_HTTP;
    }
}

static void refuse(sim *s, request *r, int status)
{
    int64_t retry_after = 0;
    if (status == 429 || status == 503)
        retry_after = az_random_range(&s->network.random, 0, 8) * AIZU_SECOND;
    respond(s, r, status, -1);
    end_request(s, r, result_of_status(status), status, retry_after);
}

/* Puts the body in place and cuts it into chunks; false when the request is over. */
static bool body_begin(sim *s, request *r)
{
    static const int statuses[] = {403, 404, 500, 503, 503};
    az_random *random = &s->network.random;
    if (r->fault == FAULT_CONNECT) {
        end_request(s, r, AIZU_E_CONNECT, 0, 0);
        return false;
    }
    int status = origin_get(&s->origin, r->what, s->now, &r->body);
    if (r->fault == FAULT_STATUS)
        status = statuses[az_random_below(random, AZ_COUNT(statuses))];
    if (r->fault == FAULT_THROTTLED)
        status = 429;
    if (status) {
        refuse(s, r, status);
        return false;
    }
    if (r->fault == FAULT_HTML || r->fault == FAULT_GARBAGE) {
        size_t size = r->fault == FAULT_HTML ? sizeof(HTML) - 1 : r->body.size;
        az_buf *buf = az_buf_create(size);
        AZ_ASSERT(buf);
        for (size_t i = 0; i < size; i++)
            az_buf_data(buf)[i] = (uint8_t)(r->fault == FAULT_HTML ? HTML[i] : (char)az_random_u64(random));
        az_slice_unref(&r->body);
        r->body = (az_slice){buf, az_buf_data(buf), size};
    }
    r->cut = r->body.size;
    if (r->fault == FAULT_RESET || r->fault == FAULT_TRUNCATED || r->fault == FAULT_STALL)
        r->cut = (size_t)az_random_below(random, r->body.size + 1);
    if (r->fault == FAULT_TRUNCATED && r->what.kind == RESOURCE_MULTIVARIANT)
        s->is_poisoned = true; /* it is read once */
    return true;
}

static void chunk_begin(sim *s, request *r)
{
    az_random *random = &s->network.random;
    size_t left = r->cut - r->sent;
    size_t size = left;
    uint64_t way = az_random_below(random, 8);
    if (way == 0)
        size = 1 + (size_t)az_random_below(random, 200);
    else if (way < 4)
        size = 1 + (size_t)az_random_below(random, left + 1);
    r->chunk = AZ_MIN(size, left);
    int64_t share = AZ_MAX(bandwidth_now(s) / AZ_MAX(s->network.active, 1), 1);
    int64_t delay = az_rescale((int64_t)r->chunk, AIZU_SECOND, share);
    /* an outage ends; do not let what began in it last longer */
    schedule(s, r, AZ_MIN(delay, 20 * AIZU_SECOND));
}

static void chunk_end(sim *s, request *r)
{
    az_event data = {.type = AZ_EVENT_FETCH_DATA, .fetch = r->id};
    data.data = (az_slice){r->body.buf, r->body.data + r->sent, r->chunk};
    r->sent += r->chunk;
    r->chunk = 0;
    r->last_progress = s->now;
    if (r->what.kind == RESOURCE_SEGMENT && r->fault != FAULT_GARBAGE)
        check_segment_bytes(s, r, false);
    sim_feed(s, &data);
}

static void cut_off(sim *s, request *r)
{
    az_random *random = &s->network.random;
    if (r->fault == FAULT_STALL) {
        r->fault = FAULT_RESET;
        if (az_random_chance(random, 500000)) {
            r->fault = -1;
            r->cut = r->body.size;
            schedule(s, r, az_random_range(random, 1, 30) * AIZU_SECOND);
        }
        return; /* else for ever */
    }
    end_request(s, r, r->fault == FAULT_RESET ? AIZU_E_TRANSFER : AIZU_OK, 200, 0);
}

void network_step(sim *s, uint32_t slot, uint64_t serial)
{
    request *r = &s->network.requests[slot];
    if (r->id == 0 || r->serial != serial)
        return;
    if (r->is_paused) {
        r->is_waiting = true;
        return;
    }
    if (!r->is_answered) {
        int64_t wait = origin_wait(&s->origin, r->what, s->now);
        if (wait > 0 && s->now - r->started < 3 * s->world.target) { /* the server holds it back */
            schedule(s, r, AZ_MIN(wait, s->world.target));
            return;
        }
        if (!body_begin(s, r))
            return;
        r->is_answered = true;
        s->network.active++;
        bool is_sized = r->fault != FAULT_TRUNCATED && az_random_chance(&s->network.random, 700000);
        respond(s, r, 200, is_sized ? (int64_t)r->body.size : -1);
    } else if (r->chunk > 0) {
        chunk_end(s, r);
    }
    if (r->sent < r->cut)
        chunk_begin(s, r);
    else if (r->cut < r->body.size || r->fault == FAULT_RESET)
        cut_off(s, r);
    else
        end_request(s, r, AIZU_OK, 200, 0);
}

void network_check_idle(sim *s, int64_t stall_max)
{
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        request *r = &s->network.requests[i];
        if (r->id == 0 || r->is_paused || s->now - r->last_progress <= stall_max)
            continue;
        sim_fail(s, "fetch-stall", "fetch %llu without a byte for %.0f s and not given up: %s",
                 (unsigned long long)r->id, sim_seconds(s->now - r->last_progress), r->url);
        r->last_progress = s->now;
    }
}
