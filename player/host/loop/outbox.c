/*
 * The application's queue; see outbox.h. One lock; callbacks run without it. The descriptor is readable
 * exactly while items, an end that nobody was told of, or a frame wait.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/loop/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/ffmpeg/frame.h"
#include "host/sync.h"

#define KEY_SIZE_MAX 48

typedef struct item {
    az_cue *cue; /* NULL: an event */
    aizu_cue_phase phase;
    unsigned flags;
    int64_t due, late_by;
    aizu_event event;
    az_report *report; /* of an error: its texts */
    az_frame *thumbnail;
    char input_key[KEY_SIZE_MAX]; /* of an input */
} item;

struct az_outbox {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    az_wake wake;
    bool is_raised;
    bool is_closed;
    bool is_dispatching;
    pthread_t dispatcher; /* while is_dispatching */
    aizu_cue_callback on_cue;
    aizu_event_callback on_event, on_frame;
    void *cue_user, *event_user, *frame_user;
    item *items; /* a ring */
    size_t begin, count, capacity;
    size_t bytes;  /* of cue payloads in it */
    uint64_t lost; /* dropped for want of room, not told yet */
    uint64_t commands_posted, commands_done;
    bool was_loaded, is_loaded_next; /* is_loaded_next: once the commands posted so far are done */
    bool is_engine_over;
    bool is_end_told;
    aizu_state state;
    bool is_frame_waiting;
    uint64_t frames_due;
};

az_outbox *az_outbox_create(void)
{
    az_outbox *outbox = calloc(1, sizeof(*outbox));
    if (!outbox)
        return NULL;
    outbox->is_end_told = true;
    if (pthread_mutex_init(&outbox->lock, NULL))
        goto fail;
    if (!az_cond_init(&outbox->changed))
        goto fail_lock;
    if (az_wake_init(&outbox->wake))
        return outbox;
    pthread_cond_destroy(&outbox->changed);
fail_lock:
    pthread_mutex_destroy(&outbox->lock);
fail:
    free(outbox);
    return NULL;
}

static void item_deinit(item *dropped)
{
    az_cue_unref(&dropped->cue);
    az_frame_unref(&dropped->thumbnail);
    free(dropped->report);
    dropped->report = NULL;
}

static size_t item_bytes(const item *counted)
{
    return counted->cue ? az_cue_public(counted->cue)->size : 0;
}

static item pop_locked(az_outbox *outbox)
{
    item first = outbox->items[outbox->begin];
    outbox->begin = (outbox->begin + 1) % outbox->capacity;
    outbox->count--;
    outbox->bytes -= item_bytes(&first);
    return first;
}

void az_outbox_destroy(az_outbox **pointer)
{
    az_outbox *outbox = *pointer;
    *pointer = NULL;
    if (!outbox)
        return;
    while (outbox->count > 0) {
        item dropped = pop_locked(outbox);
        item_deinit(&dropped);
    }
    free(outbox->items);
    az_wake_deinit(&outbox->wake);
    pthread_cond_destroy(&outbox->changed);
    pthread_mutex_destroy(&outbox->lock);
    free(outbox);
}

static void set_callback(az_outbox *outbox, aizu_event_callback *where, void **where_user,
                         aizu_event_callback callback, void *user)
{
    pthread_mutex_lock(&outbox->lock);
    *where = callback;
    *where_user = user;
    pthread_mutex_unlock(&outbox->lock);
}

void az_outbox_on_event(az_outbox *outbox, aizu_event_callback callback, void *user)
{
    set_callback(outbox, &outbox->on_event, &outbox->event_user, callback, user);
}

void az_outbox_on_frame(az_outbox *outbox, aizu_event_callback callback, void *user)
{
    set_callback(outbox, &outbox->on_frame, &outbox->frame_user, callback, user);
}

void az_outbox_on_cue(az_outbox *outbox, aizu_cue_callback callback, void *user)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->on_cue = callback;
    outbox->cue_user = user;
    pthread_mutex_unlock(&outbox->lock);
}

/* ---- what waits ---- */

static bool is_over_locked(const az_outbox *outbox)
{
    return outbox->was_loaded && outbox->commands_posted == outbox->commands_done &&
           (outbox->is_engine_over || !outbox->is_loaded_next);
}

/* The descriptor follows what waits. */
static void update_fd_locked(az_outbox *outbox)
{
    bool is_waiting = outbox->count > 0 || outbox->lost > 0 || outbox->is_frame_waiting ||
                      (is_over_locked(outbox) && !outbox->is_end_told);
    if (is_waiting == outbox->is_raised)
        return;
    outbox->is_raised = is_waiting;
    if (is_waiting)
        az_wake_raise(&outbox->wake);
    else
        az_wake_clear(&outbox->wake);
}

static void unlock_and_signal(az_outbox *outbox)
{
    pthread_mutex_unlock(&outbox->lock);
    pthread_cond_signal(&outbox->changed);
}

static bool grow_locked(az_outbox *outbox)
{
    size_t capacity = outbox->capacity ? 2 * outbox->capacity : 64;
    item *items = outbox->capacity < AZ_OUTBOX_ITEMS_MAX ? malloc(capacity * sizeof(*items)) : NULL;
    if (!items)
        return false;
    for (size_t i = 0; i < outbox->count; i++)
        items[i] = outbox->items[(outbox->begin + i) % outbox->capacity];
    free(outbox->items);
    outbox->items = items;
    outbox->begin = 0;
    outbox->capacity = capacity;
    return true;
}

static void push_locked(az_outbox *outbox, const item *added)
{
    size_t bytes = item_bytes(added);
    if (outbox->count == outbox->capacity)
        (void)grow_locked(outbox);
    while (outbox->count > 0 &&
           (outbox->count == outbox->capacity || outbox->bytes + bytes > AZ_OUTBOX_BYTES_MAX)) {
        item dropped = pop_locked(outbox);
        item_deinit(&dropped);
        outbox->lost++;
    }
    if (outbox->capacity == 0) { /* out of memory from the start */
        item dropped = *added;
        item_deinit(&dropped);
        outbox->lost++;
        return;
    }
    outbox->items[(outbox->begin + outbox->count++) % outbox->capacity] = *added;
    outbox->bytes += bytes;
}

/* With the lock held, which it gives up. */
static bool put_and_unlock(az_outbox *outbox, const item *added, bool is_wanted)
{
    is_wanted = is_wanted && !outbox->is_closed;
    if (!is_wanted) {
        pthread_mutex_unlock(&outbox->lock);
        item dropped = *added;
        item_deinit(&dropped);
        return false;
    }
    push_locked(outbox, added);
    update_fd_locked(outbox);
    unlock_and_signal(outbox);
    return true;
}

bool az_outbox_put_cue(az_outbox *outbox, const az_action *action)
{
    item added = {
        .cue = az_cue_ref(action->cue),
        .phase = action->phase,
        .flags = action->cue_flags,
        .due = action->due,
        .late_by = action->late_by,
    };
    pthread_mutex_lock(&outbox->lock);
    return put_and_unlock(outbox, &added, outbox->on_cue != NULL);
}

bool az_outbox_put_report(az_outbox *outbox, const az_report *report, int64_t time)
{
    item added = {.event = {
                      .size_struct = sizeof(aizu_event),
                      .type = report->type,
                      .time = time,
                      .state = report->state,
                      .position = report->position,
                      .quality = report->quality,
                      .rendition_kind = report->rendition_kind,
                      .rendition = report->rendition,
                      .key_id = report->key_id,
                  }};
    if (report->type == AIZU_EVENT_ERROR || report->type == AIZU_EVENT_KEY) {
        added.report = malloc(sizeof(*added.report));
        if (added.report)
            *added.report = *report;
    }
    pthread_mutex_lock(&outbox->lock);
    bool is_frame = report->type == AIZU_EVENT_FRAME;
    return put_and_unlock(outbox, &added, is_frame ? outbox->on_frame != NULL : outbox->on_event != NULL);
}

bool az_outbox_put_thumbnail(az_outbox *outbox, aizu_event event, az_frame *frame)
{
    item added = {.event = event, .thumbnail = frame};
    added.event.type = AIZU_EVENT_THUMBNAIL;
    pthread_mutex_lock(&outbox->lock);
    return put_and_unlock(outbox, &added, outbox->on_event != NULL);
}

bool az_outbox_put_input(az_outbox *outbox, aizu_event event)
{
    item added = {.event = event};
    if (event.input_key)
        snprintf(added.input_key, sizeof(added.input_key), "%s", event.input_key);
    pthread_mutex_lock(&outbox->lock);
    return put_and_unlock(outbox, &added, outbox->on_event != NULL);
}

bool az_outbox_put_progress(az_outbox *outbox, uint64_t commands_done, aizu_state state, bool is_over)
{
    pthread_mutex_lock(&outbox->lock);
    bool was_over = is_over_locked(outbox);
    outbox->commands_done = commands_done;
    outbox->state = state;
    outbox->is_engine_over = is_over;
    bool is_news = is_over_locked(outbox) && !was_over;
    if (is_news) {
        outbox->is_end_told = false;
        update_fd_locked(outbox);
    }
    pthread_mutex_unlock(&outbox->lock);
    if (is_news)
        pthread_cond_signal(&outbox->changed);
    return is_news;
}

void az_outbox_frame_due(az_outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->frames_due++;
    outbox->is_frame_waiting = true;
    update_fd_locked(outbox);
    pthread_mutex_unlock(&outbox->lock);
}

uint64_t az_outbox_frame_mark(az_outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    uint64_t mark = outbox->frames_due;
    pthread_mutex_unlock(&outbox->lock);
    return mark;
}

void az_outbox_frame_taken(az_outbox *outbox, uint64_t mark, bool is_more)
{
    pthread_mutex_lock(&outbox->lock);
    if (outbox->frames_due == mark)
        outbox->is_frame_waiting = is_more;
    update_fd_locked(outbox);
    pthread_mutex_unlock(&outbox->lock);
}

/* ---- commands ---- */

void az_outbox_command(az_outbox *outbox, az_event_type type)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->commands_posted++;
    if (type == AZ_EVENT_LOAD)
        outbox->was_loaded = outbox->is_loaded_next = true;
    if (type == AZ_EVENT_STOP)
        outbox->is_loaded_next = false;
    update_fd_locked(outbox);
    pthread_mutex_unlock(&outbox->lock);
}

void az_outbox_command_undo(az_outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->commands_posted--;
    pthread_mutex_unlock(&outbox->lock);
}

bool az_outbox_is_loaded(az_outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    bool has_failed = outbox->commands_posted == outbox->commands_done && outbox->is_engine_over &&
                      outbox->state == AIZU_STATE_IDLE;
    bool is_loaded = outbox->is_loaded_next && !has_failed;
    pthread_mutex_unlock(&outbox->lock);
    return is_loaded;
}

/* ---- callbacks ---- */

static void call_cue(const item *told, aizu_cue_callback callback, void *user)
{
    aizu_cue cue = *az_cue_public(told->cue);
    cue.phase = told->phase;
    cue.flags = told->flags;
    cue.due = told->due;
    cue.late_by = told->late_by;
    callback(user, &cue);
}

static void call_event(item *told, aizu_event_callback callback, void *user)
{
    aizu_error error;
    const az_report *report = told->report;
    if (report && report->type == AIZU_EVENT_KEY) {
        told->event.key_url = report->key_url;
    } else if (report) {
        error = (aizu_error){
            .result = report->error.result,
            .is_fatal = report->error.is_fatal,
            .stage = report->error.stage ? report->error.stage : "",
            .url = report->error.url,
            .http_status = report->error.http_status,
            .segment = report->error.segment,
            .position = report->error.position,
            .detail = report->error.detail,
        };
        told->event.error = &error;
    } else if (told->event.type == AIZU_EVENT_ERROR) {
        error = (aizu_error){.result = AIZU_E_MEMORY, .stage = "", .url = "", .segment = -1};
        error.position = AIZU_NO_TIME;
        error.detail = "an error happened and there was no memory to say which";
        told->event.error = &error;
    }
    told->event.input_key =
        told->event.type == AIZU_EVENT_INPUT && told->event.input == AIZU_INPUT_KEY ? told->input_key : NULL;
    told->event.thumbnail = told->thumbnail ? az_frame_view(told->thumbnail) : NULL;
    callback(user, &told->event);
}

/* Runs one item's callback; the lock is given up meanwhile. */
static void deliver_locked(az_outbox *outbox, item *told)
{
    bool is_frame = told->event.type == AIZU_EVENT_FRAME;
    aizu_cue_callback on_cue = outbox->on_cue;
    aizu_event_callback on_event = is_frame ? outbox->on_frame : outbox->on_event;
    void *user = told->cue ? outbox->cue_user : is_frame ? outbox->frame_user : outbox->event_user;
    pthread_mutex_unlock(&outbox->lock);
    if (told->cue) {
        if (on_cue)
            call_cue(told, on_cue, user);
    } else if (on_event) {
        call_event(told, on_event, user);
    }
    item_deinit(told);
    pthread_mutex_lock(&outbox->lock);
}

/* Says that items were dropped, in their place. */
static void deliver_loss_locked(az_outbox *outbox)
{
    az_report *report = calloc(1, sizeof(*report));
    item told = {.event = {.size_struct = sizeof(aizu_event), .type = AIZU_EVENT_ERROR}};
    told.event.time = az_clock_now();
    told.event.state = outbox->state;
    told.event.position = AIZU_NO_TIME;
    told.event.quality = -1;
    told.report = report;
    if (report) {
        report->error.result = AIZU_E_LIMIT;
        report->error.stage = "dispatch";
        report->error.segment = -1;
        report->error.position = AIZU_NO_TIME;
        snprintf(report->error.detail, sizeof(report->error.detail),
                 "the application does not dispatch: %llu cues and events were dropped",
                 (unsigned long long)outbox->lost);
    }
    outbox->lost = 0;
    deliver_locked(outbox, &told);
}

static void wait_locked(az_outbox *outbox, int64_t timeout, bool is_thread)
{
    int64_t deadline = timeout == AIZU_FOREVER ? AZ_NEVER : az_add_sat(az_clock_now(), timeout);
    while (!outbox->is_closed && outbox->count == 0 && outbox->lost == 0 &&
           (is_thread || !is_over_locked(outbox)) && (deadline == AZ_NEVER || az_clock_now() < deadline))
        az_cond_wait_until(&outbox->changed, &outbox->lock, deadline);
}

aizu_result az_outbox_dispatch(az_outbox *outbox, int64_t timeout, bool is_thread)
{
    pthread_mutex_lock(&outbox->lock);
    if (outbox->is_dispatching) {
        pthread_mutex_unlock(&outbox->lock);
        return AIZU_E_STATE;
    }
    outbox->is_dispatching = true;
    outbox->dispatcher = pthread_self();
    if (timeout > 0)
        wait_locked(outbox, timeout, is_thread);
    size_t due = outbox->count;
    aizu_result result = AIZU_TIMEOUT;
    if (outbox->is_closed) {
        result = AIZU_END; /* what still waits is not delivered any more */
    } else if (due > 0 || outbox->lost > 0) {
        result = AIZU_OK;
    } else if (is_over_locked(outbox)) {
        result = AIZU_END;
        outbox->is_end_told = true;
    }
    if (outbox->lost > 0 && !outbox->is_closed)
        deliver_loss_locked(outbox);
    for (; due > 0 && outbox->count > 0 && !outbox->is_closed; due--) {
        item told = pop_locked(outbox);
        deliver_locked(outbox, &told);
    }
    update_fd_locked(outbox);
    outbox->is_dispatching = false;
    pthread_mutex_unlock(&outbox->lock);
    return result;
}

bool az_outbox_close(az_outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->is_closed = true;
    bool is_inside = outbox->is_dispatching && pthread_equal(outbox->dispatcher, pthread_self());
    pthread_mutex_unlock(&outbox->lock);
    pthread_cond_broadcast(&outbox->changed);
    return is_inside;
}

int az_outbox_fd(const az_outbox *outbox)
{
    return outbox->wake.read_fd;
}
