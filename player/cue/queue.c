/*
 * The exactly-once cue queue; see cue/queue.h.
 *
 * One record for each cue that the author sent, sorted by time and order of arrival. A record outlives its
 * payload: of a moment, once delivered, only the identity is kept, to know copies and replays. The payload of
 * a range stays, within AZ_CUE_KEPT_MAX: a seek into its middle need not load what began it.
 */
#include "cue/queue.h"

#include <stdlib.h>
#include <string.h>

#define JUMPS_MAX 8

typedef struct record {
    int64_t pts;
    int64_t end; /* pts for a moment, AZ_NEVER for an open end */
    uint64_t hash;
    uint64_t id; /* ids grow in order of arrival */
    az_cue *cue; /* NULL when the payload is not held */
    uint32_t ordinal;
    uint32_t passing; /* the last one in which its start was delivered, 0 none */
    uint32_t size;    /* bytes that the cue takes, about */
    size_t open_at;   /* index in the open ones */
    bool is_active;   /* start delivered in this passing, end to come */
    bool is_joining;  /* the floor falls into it: start at the next pass */
    bool is_kept;     /* not open, and a payload is held though its end was told */
} record;

typedef struct jump {
    int64_t from, to;
} jump;

struct az_cue_queue {
    bool early;
    record **records;
    size_t count, capacity;
    size_t next;    /* index of the first record at or after the cursor */
    size_t pending; /* records with a payload held that is not kept */
    size_t kept;    /* bytes of payloads that are kept */
    record **open;  /* active or joining, in no order; room for all records */
    size_t open_count;
    int64_t floor, cursor;
    uint32_t passing;
    bool is_swept; /* payloads that the last seek left behind were dropped */
    uint64_t id_last;
    jump jumps[JUMPS_MAX];
    size_t jump_count;
    az_cue_delivery *out; /* ring */
    size_t out_begin, out_count, out_capacity;
    az_cue_counts counts;
};

az_cue_queue *az_cue_queue_create(bool early)
{
    az_cue_queue *queue = calloc(1, sizeof(*queue));
    if (!queue)
        return NULL;
    queue->early = early;
    az_cue_queue_clear(queue);
    return queue;
}

static void payload_drop(az_cue_queue *queue, record *r)
{
    if (!r->cue)
        return;
    az_cue_unref(&r->cue);
    if (r->is_kept)
        queue->kept -= r->size;
    else
        queue->pending--;
    r->is_kept = false;
}

static void open_set(az_cue_queue *queue, record *r, bool is_active, bool is_joining)
{
    bool was_open = r->is_active || r->is_joining;
    r->is_active = is_active;
    r->is_joining = is_joining;
    if (!was_open && (is_active || is_joining)) {
        if (r->is_kept) { /* it is to be delivered again */
            r->is_kept = false;
            queue->kept -= r->size;
            queue->pending++;
        }
        r->open_at = queue->open_count;
        queue->open[queue->open_count++] = r;
    } else if (was_open && !is_active && !is_joining) {
        record *last = queue->open[--queue->open_count];
        last->open_at = r->open_at;
        queue->open[last->open_at] = last;
    }
}

static void record_free(az_cue_queue *queue, record *r)
{
    payload_drop(queue, r);
    open_set(queue, r, false, false);
    free(r);
}

/* The earliest ones go first; they come again when their media is loaded again. */
static void kept_trim(az_cue_queue *queue)
{
    if (queue->kept <= AZ_CUE_KEPT_MAX)
        return;
    for (size_t i = 0; i < queue->count && queue->kept > AZ_CUE_KEPT_MAX / 2; i++) {
        record *r = queue->records[i];
        if (r->is_kept)
            payload_drop(queue, r);
    }
}

/* A payload that is not to be delivered in this passing (any more). */
static void payload_retire(az_cue_queue *queue, record *r)
{
    if (r->end <= r->pts) {
        payload_drop(queue, r);
    } else if (r->cue && !r->is_kept) {
        r->is_kept = true;
        queue->pending--;
        queue->kept += r->size;
        kept_trim(queue);
    }
}

void az_cue_queue_clear(az_cue_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        record_free(queue, queue->records[i]);
    queue->count = 0;
    queue->next = 0;
    while (queue->out_count > 0) {
        az_cue_delivery delivery;
        if (az_cue_queue_take(queue, &delivery) == AIZU_OK)
            az_cue_unref(&delivery.cue);
    }
    queue->floor = queue->cursor = INT64_MIN;
    queue->passing = 1;
    queue->id_last = 0;
    queue->jump_count = 0;
    queue->counts = (az_cue_counts){0};
}

void az_cue_queue_destroy(az_cue_queue **pointer)
{
    az_cue_queue *queue = *pointer;
    *pointer = NULL;
    if (!queue)
        return;
    az_cue_queue_clear(queue);
    free(queue->records);
    free(queue->open);
    free(queue->out);
    free(queue);
}

/* Room in the ring is made before anything is changed, so that giving out cannot fail. */
static bool out_reserve(az_cue_queue *queue, size_t more)
{
    size_t needed = queue->out_count + more;
    if (needed <= queue->out_capacity)
        return true;
    size_t capacity = AZ_MAX(queue->out_capacity * 2, AZ_MAX(needed, 16));
    az_cue_delivery *out = malloc(capacity * sizeof(*out));
    if (!out)
        return false;
    for (size_t i = 0; i < queue->out_count; i++)
        out[i] = queue->out[(queue->out_begin + i) % queue->out_capacity];
    free(queue->out);
    queue->out = out;
    queue->out_begin = 0;
    queue->out_capacity = capacity;
    return true;
}

static void give(az_cue_queue *queue, record *r, aizu_cue_phase phase, unsigned flags, int64_t late_by)
{
    AZ_ASSERT(queue->out_count < queue->out_capacity);
    size_t slot = (queue->out_begin + queue->out_count++) % queue->out_capacity;
    queue->out[slot] = (az_cue_delivery){az_cue_ref(r->cue), phase, flags, late_by};
}

aizu_result az_cue_queue_take(az_cue_queue *queue, az_cue_delivery *delivery)
{
    if (queue->out_count == 0)
        return AIZU_AGAIN;
    *delivery = queue->out[queue->out_begin];
    queue->out_begin = (queue->out_begin + 1) % queue->out_capacity;
    queue->out_count--;
    return AIZU_OK;
}

static void give_start(az_cue_queue *queue, record *r, unsigned flags)
{
    int64_t late_by = flags & AIZU_CUE_LATE ? queue->cursor - r->pts : 0;
    if (r->passing != 0)
        flags |= AIZU_CUE_REPLAY;
    r->passing = queue->passing;
    queue->counts.delivered++;
    queue->counts.late += (flags & AIZU_CUE_LATE) != 0;
    queue->counts.skipped += (flags & AIZU_CUE_SKIPPED) != 0;
    give(queue, r, AIZU_CUE_START, flags, late_by);
    open_set(queue, r, r->end > r->pts, false);
    if (!r->is_active)
        payload_drop(queue, r);
}

static void give_end(az_cue_queue *queue, record *r, unsigned flags)
{
    give(queue, r, AIZU_CUE_END, flags, 0);
    open_set(queue, r, false, false);
    payload_retire(queue, r);
}

/* Index of the first record at or after a time. */
static size_t lower_bound(const az_cue_queue *queue, int64_t pts)
{
    size_t low = 0;
    size_t high = queue->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (queue->records[middle]->pts < pts)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static record *find_copy(const az_cue_queue *queue, const az_cue_info *info, uint64_t hash, uint32_t ordinal)
{
    for (size_t i = lower_bound(queue, info->pts); i < queue->count; i++) {
        record *r = queue->records[i];
        if (r->pts != info->pts)
            return NULL;
        if (r->hash == hash && r->ordinal == ordinal)
            return r;
    }
    return NULL;
}

static bool is_too_many(const az_cue_queue *queue, int64_t pts)
{
    int64_t into = pts % AIZU_SECOND;
    int64_t begin = az_add_sat(pts, into < 0 ? -into - AIZU_SECOND : -into);
    size_t in_second = lower_bound(queue, az_add_sat(begin, AIZU_SECOND)) - lower_bound(queue, begin);
    return in_second >= AIZU_CUE_PER_SECOND_MAX;
}

/* What seeks left behind undelivered counts as pending only while there is room: its bytes are received again
 * when playback gets back there. */
static bool is_full(az_cue_queue *queue)
{
    if (queue->pending < AIZU_CUE_PENDING_MAX)
        return false;
    for (size_t i = 0; i < queue->next && !queue->is_swept; i++)
        if (!queue->records[i]->is_active && !queue->records[i]->is_joining && !queue->records[i]->is_kept)
            payload_drop(queue, queue->records[i]);
    queue->is_swept = true;
    return queue->pending >= AIZU_CUE_PENDING_MAX;
}

/* Forgets delivered records from the front when the history is full. */
static bool history_trim(az_cue_queue *queue)
{
    if (queue->count < AZ_CUE_HISTORY_MAX)
        return true;
    size_t keep_from = AZ_MIN(queue->next, AZ_CUE_HISTORY_MAX / 4);
    if (keep_from == 0)
        return false;
    az_cue_queue_forget(queue, queue->records[keep_from - 1]->pts + 1);
    return queue->count < AZ_CUE_HISTORY_MAX;
}

static record *insert(az_cue_queue *queue, const az_cue_info *info, uint64_t hash, uint32_t ordinal)
{
    if (queue->count == queue->capacity) {
        size_t capacity = queue->capacity ? queue->capacity * 2 : 64;
        record **records = realloc(queue->records, capacity * sizeof(*records));
        if (!records)
            return NULL;
        queue->records = records;
        record **open = realloc(queue->open, capacity * sizeof(*open));
        if (!open)
            return NULL;
        queue->open = open;
        queue->capacity = capacity;
    }
    record *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->pts = info->pts;
    r->end = info->duration == AIZU_NO_TIME ? AZ_NEVER : az_add_sat(info->pts, info->duration);
    r->hash = hash;
    r->ordinal = ordinal;
    r->id = ++queue->id_last;
    /* ids grow, so behind all others of the same time */
    size_t at = lower_bound(queue, info->pts == INT64_MAX ? info->pts : info->pts + 1);
    memmove(&queue->records[at + 1], &queue->records[at], (queue->count - at) * sizeof(*queue->records));
    queue->records[at] = r;
    queue->count++;
    if (r->pts < queue->cursor)
        queue->next++;
    return r;
}

static bool was_jumped(const az_cue_queue *queue, int64_t pts)
{
    for (size_t i = 0; i < queue->jump_count; i++)
        if (queue->jumps[i].from <= pts && pts < queue->jumps[i].to)
            return true;
    return false;
}

/* What a record that has just got its payload is to the present passing. */
static void place(az_cue_queue *queue, record *r)
{
    if (r->passing == queue->passing || r->pts >= queue->cursor)
        return;
    if (r->pts >= queue->floor)
        give_start(queue, r, AIZU_CUE_LATE | (was_jumped(queue, r->pts) ? AIZU_CUE_SKIPPED : 0u));
    else if (r->end > queue->floor)
        open_set(queue, r, false, true);
    else
        payload_retire(queue, r);
}

/* The end of a range is learned or moved. The cue is shared and immutable, so another takes its place; out of
 * memory the old one goes on saying that it does not know. */
static void set_end(az_cue_queue *queue, record *r, const az_cue_info *info, int64_t end)
{
    r->end = AZ_MAX(end, r->pts);
    if (!r->is_active && r->passing != queue->passing && r->pts < queue->floor)
        open_set(queue, r, false, r->cue && r->end > queue->cursor);
    az_cue_info closed = *info;
    closed.duration = r->end == AZ_NEVER ? AIZU_NO_TIME : az_sub_sat(r->end, r->pts);
    az_cue *cue = r->cue ? az_cue_create(&closed) : NULL;
    if (!cue)
        return;
    az_cue_set_id(cue, r->id);
    az_cue_unref(&r->cue);
    r->cue = cue;
}

/* A range that ended when something cut it off, and is received anew: its end is to come. */
static void reopen(az_cue_queue *queue, record *r, const az_cue_info *info)
{
    bool is_over = r->passing == queue->passing && !r->is_active;
    if (info->duration == AIZU_NO_TIME && r->end != AZ_NEVER && !is_over)
        set_end(queue, r, info, AZ_NEVER);
}

aizu_result az_cue_queue_add(az_cue_queue *queue, const az_cue_info *info, uint32_t ordinal)
{
    uint64_t hash = az_cue_hash(info);
    record *r = find_copy(queue, info, hash, ordinal);
    bool is_new = !r;
    if (r) {
        queue->counts.copies++;
        reopen(queue, r, info);
    }
    if (r && (r->cue || (r->passing == queue->passing && !r->is_active)))
        return AIZU_AGAIN;
    if (info->data.size > AIZU_CUE_PAYLOAD_MAX || info->key.size > AIZU_CUE_PAYLOAD_MAX ||
        info->name.size > AIZU_CUE_PAYLOAD_MAX || is_full(queue) ||
        (is_new && (is_too_many(queue, info->pts) || !history_trim(queue)))) {
        queue->counts.refused++;
        return AIZU_E_LIMIT;
    }
    if (!out_reserve(queue, 2))
        return AIZU_E_MEMORY;
    az_cue_info known = *info;
    if (r) /* its end may have been learned since */
        known.duration = r->end == AZ_NEVER ? AIZU_NO_TIME : az_sub_sat(r->end, r->pts);
    az_cue *cue = az_cue_create(&known);
    if (!cue)
        return AIZU_E_MEMORY;
    if (is_new)
        r = insert(queue, info, hash, ordinal);
    if (!r) {
        az_cue_unref(&cue);
        return AIZU_E_MEMORY;
    }
    az_cue_set_id(cue, r->id);
    r->cue = cue;
    r->size = (uint32_t)(info->data.size + info->key.size + info->name.size + sizeof(aizu_cue));
    queue->pending++;
    if (is_new) {
        queue->counts.received++;
        if (queue->early)
            give(queue, r, AIZU_CUE_RECEIVED, 0, 0);
    }
    place(queue, r);
    return is_new ? AIZU_OK : AIZU_AGAIN;
}

aizu_result az_cue_queue_close(az_cue_queue *queue, const az_cue_info *info, uint32_t ordinal, int64_t end)
{
    record *r = find_copy(queue, info, az_cue_hash(info), ordinal);
    if (!r || r->end == AZ_MAX(end, r->pts))
        return AIZU_AGAIN;
    set_end(queue, r, info, end);
    return AIZU_OK;
}

static bool is_before(const record *a, const record *b)
{
    return a->pts != b->pts ? a->pts < b->pts : a->id < b->id;
}

/* The open record that comes first: one that joins, else the active one that ends first. */
static record *open_first(const az_cue_queue *queue)
{
    record *first = NULL;
    for (size_t i = 0; i < queue->open_count; i++) {
        record *r = queue->open[i];
        bool is_better = !first || (r->is_joining && !first->is_joining);
        if (first && r->is_joining == first->is_joining)
            is_better = r->is_joining || r->end == first->end ? is_before(r, first) : r->end < first->end;
        if (is_better)
            first = r;
    }
    return first;
}

/* Gives out starts and ends before `pts`, in order; at one time ends come first. */
static void advance(az_cue_queue *queue, int64_t pts, unsigned flags)
{
    for (;;) {
        if (!out_reserve(queue, 1))
            return;
        record *open = open_first(queue);
        record *start = queue->next < queue->count ? queue->records[queue->next] : NULL;
        if (start && start->pts >= pts)
            start = NULL;
        if (open && !open->is_joining && open->end >= pts)
            open = NULL;
        if (open && open->is_joining) {
            give_start(queue, open, flags);
        } else if (open && (!start || open->end <= start->pts)) {
            give_end(queue, open, flags);
        } else if (start) {
            queue->next++;
            if (start->cue && start->passing != queue->passing)
                give_start(queue, start, flags);
        } else {
            return;
        }
    }
}

void az_cue_queue_pass(az_cue_queue *queue, int64_t pts)
{
    if (pts <= queue->cursor)
        return;
    advance(queue, pts, 0);
    queue->cursor = pts;
}

void az_cue_queue_jump(az_cue_queue *queue, int64_t pts)
{
    if (pts <= queue->cursor)
        return;
    if (queue->jump_count == JUMPS_MAX)
        memmove(&queue->jumps[0], &queue->jumps[1], --queue->jump_count * sizeof(queue->jumps[0]));
    queue->jumps[queue->jump_count++] = (jump){queue->cursor, pts};
    advance(queue, pts, AIZU_CUE_SKIPPED);
    queue->cursor = pts;
}

void az_cue_queue_finish(az_cue_queue *queue, int64_t end)
{
    az_cue_queue_pass(queue, end);
    advance(queue, INT64_MAX, AIZU_CUE_SKIPPED);
    queue->cursor = AZ_MAX(queue->cursor, end);
    queue->next = lower_bound(queue, queue->cursor);
}

void az_cue_queue_begin(az_cue_queue *queue, int64_t pts)
{
    /* leave the ranges that the new place is outside of */
    for (size_t i = 0; i < queue->count; i++) {
        record *r = queue->records[i];
        bool is_inside = r->pts < pts && pts < r->end;
        if (r->is_active && !is_inside && out_reserve(queue, 1))
            give_end(queue, r, AIZU_CUE_SKIPPED);
        open_set(queue, r, r->is_active, !r->is_active && is_inside && r->cue);
        if (r->is_active)
            r->passing = queue->passing + 1;
    }
    queue->passing++;
    queue->is_swept = false;
    queue->floor = queue->cursor = pts;
    queue->jump_count = 0;
    queue->next = lower_bound(queue, pts);
}

void az_cue_queue_withdraw(az_cue_queue *queue, aizu_cue_kind kind)
{
    for (size_t i = 0; i < queue->count; i++) {
        record *r = queue->records[i];
        if (!r->cue || az_cue_public(r->cue)->kind != kind)
            continue;
        if (r->is_active && !out_reserve(queue, 1))
            return;
        if (r->is_active) {
            give_end(queue, r, 0);
            r->passing = queue->passing - 1; /* added again it is entered again */
        }
        open_set(queue, r, false, false);
        payload_drop(queue, r);
    }
}

void az_cue_queue_forget(az_cue_queue *queue, int64_t pts)
{
    size_t kept = 0;
    size_t limit = AZ_MIN(lower_bound(queue, pts), queue->next);
    if (limit == 0)
        return;
    for (size_t i = 0; i < limit; i++) {
        record *r = queue->records[i];
        if (r->is_active || r->is_joining)
            queue->records[kept++] = r;
        else
            record_free(queue, r);
    }
    memmove(&queue->records[kept], &queue->records[limit], (queue->count - limit) * sizeof(*queue->records));
    queue->count -= limit - kept;
    queue->next -= limit - kept;
}

int64_t az_cue_queue_next(const az_cue_queue *queue)
{
    int64_t next = AZ_NEVER;
    for (size_t i = queue->next; i < queue->count && next == AZ_NEVER; i++)
        if (queue->records[i]->cue && queue->records[i]->passing != queue->passing)
            next = queue->records[i]->pts;
    const record *open = open_first(queue);
    if (open)
        next = AZ_MIN(next, open->is_joining ? queue->cursor : AZ_MAX(open->end, queue->cursor));
    return next;
}

/* The first that joins behind another, in order. */
static const record *joining_after(const az_cue_queue *queue, const record *last)
{
    const record *next = NULL;
    for (size_t i = 0; i < queue->open_count; i++) {
        const record *r = queue->open[i];
        if (r->is_joining && (!last || is_before(last, r)) && (!next || is_before(r, next)))
            next = r;
    }
    return next;
}

size_t az_cue_queue_between(const az_cue_queue *queue, int64_t begin, int64_t end, az_cue **cues, size_t max)
{
    size_t count = 0;
    size_t joining = begin <= queue->cursor ? queue->open_count : 0;
    for (const record *last = NULL; joining > 0 && count < max; joining--) {
        const record *r = joining_after(queue, last);
        if (!r)
            break;
        cues[count++] = az_cue_ref(r->cue);
        last = r;
    }
    for (size_t i = lower_bound(queue, AZ_MAX(begin, queue->cursor)); i < queue->count && count < max; i++) {
        const record *r = queue->records[i];
        if (r->pts >= end)
            break;
        if (r->cue && r->passing != queue->passing)
            cues[count++] = az_cue_ref(r->cue);
    }
    return count;
}

bool az_cue_queue_is_replay(const az_cue_queue *queue, const az_cue *cue)
{
    int64_t pts = az_cue_public(cue)->pts;
    for (size_t i = lower_bound(queue, pts); i < queue->count && queue->records[i]->pts == pts; i++)
        if (queue->records[i]->cue == cue)
            return queue->records[i]->passing != 0;
    return false;
}

az_cue_counts az_cue_queue_counts(const az_cue_queue *queue)
{
    return queue->counts;
}
