/*
 * The application's queue: order, ends, limits, the descriptor, and closing while something waits.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>

#include "host/loop/outbox.h"
#include "host/loop/view.h"
#include "host/sync.h"

typedef struct told {
    az_outbox *outbox;
    int cues, events, frames;
    char last[64];
    aizu_error error;
    char detail[256];
    bool closes;
} told;

static void on_cue(void *user, const aizu_cue *cue)
{
    told *t = user;
    t->cues++;
    snprintf(t->last, sizeof(t->last), "%s", (const char *)cue->data);
    if (t->closes)
        assert_true(az_outbox_close(t->outbox)); /* knows that it is inside a callback */
}

static void on_event(void *user, const aizu_event *event)
{
    told *t = user;
    t->events++;
    t->frames += event->type == AIZU_EVENT_FRAME;
    if (event->type == AIZU_EVENT_ERROR) {
        t->error = *event->error;
        snprintf(t->detail, sizeof(t->detail), "%s", event->error->detail);
    }
    if (event->type == AIZU_EVENT_INPUT)
        snprintf(t->last, sizeof(t->last), "%s", event->input_key ? event->input_key : "none");
}

static void open_outbox(told *t)
{
    memset(t, 0, sizeof(*t));
    t->outbox = az_outbox_create();
    assert_non_null(t->outbox);
    az_outbox_on_cue(t->outbox, on_cue, t);
    az_outbox_on_event(t->outbox, on_event, t);
}

static bool put_cue(az_outbox *outbox, const char *text, size_t size)
{
    az_cue_info info = {.kind = AIZU_CUE_ID3, .pts = 0, .wall = AIZU_NO_TIME};
    static uint8_t bytes[AIZU_CUE_PAYLOAD_MAX];
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, text, strlen(text));
    info.data = az_span_make(bytes, size);
    az_action action = {.type = AZ_ACTION_CUE, .phase = AIZU_CUE_START, .due = 5};
    action.cue = az_cue_create(&info);
    assert_non_null(action.cue);
    bool is_woken = az_outbox_put_cue(outbox, &action);
    az_cue_unref(&action.cue);
    return is_woken;
}

static bool is_readable(const az_outbox *outbox)
{
    struct pollfd waiting = {.fd = az_outbox_fd(outbox), .events = POLLIN};
    return poll(&waiting, 1, 0) == 1;
}

static void items_come_out_in_order_and_the_descriptor_follows(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    assert_false(is_readable(t.outbox));
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_TIMEOUT);
    assert_true(put_cue(t.outbox, "one", 3));
    assert_true(put_cue(t.outbox, "two", 3));
    assert_true(is_readable(t.outbox));
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_OK);
    assert_int_equal(t.cues, 2);
    assert_string_equal(t.last, "two");
    assert_false(is_readable(t.outbox));
    az_outbox_destroy(&t.outbox);
}

static void what_nobody_wants_is_not_queued(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    az_report frame = {.type = AIZU_EVENT_FRAME};
    assert_false(az_outbox_put_report(t.outbox, &frame, 1));
    az_outbox_on_frame(t.outbox, on_event, &t);
    assert_true(az_outbox_put_report(t.outbox, &frame, 1));
    az_outbox_on_cue(t.outbox, NULL, NULL);
    assert_false(put_cue(t.outbox, "one", 3));
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_OK);
    assert_int_equal(t.frames, 1);
    assert_int_equal(t.cues, 0);
    az_outbox_destroy(&t.outbox);
}

static void the_end_waits_for_commands_and_items(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    assert_false(az_outbox_put_progress(t.outbox, 0, AIZU_STATE_IDLE, true));
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_TIMEOUT); /* nothing was ever loaded */
    assert_false(az_outbox_is_loaded(t.outbox));
    az_outbox_command(t.outbox, AZ_EVENT_LOAD);
    assert_true(az_outbox_is_loaded(t.outbox));
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_TIMEOUT); /* not carried out yet */
    assert_false(az_outbox_put_progress(t.outbox, 1, AIZU_STATE_PLAYING, false));
    (void)put_cue(t.outbox, "last", 4);
    assert_true(az_outbox_put_progress(t.outbox, 1, AIZU_STATE_ENDED, true));
    assert_true(is_readable(t.outbox));
    assert_int_equal(az_outbox_dispatch(t.outbox, AIZU_FOREVER, false), AIZU_OK);
    assert_true(is_readable(t.outbox)); /* the end is news too */
    assert_int_equal(az_outbox_dispatch(t.outbox, AIZU_FOREVER, false), AIZU_END);
    assert_false(is_readable(t.outbox));
    assert_int_equal(az_outbox_dispatch(t.outbox, AIZU_FOREVER, false), AIZU_END);
    assert_true(az_outbox_is_loaded(t.outbox)); /* ended: a seek goes on */
    az_outbox_command(t.outbox, AZ_EVENT_SEEK);
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_TIMEOUT);
    az_outbox_destroy(&t.outbox);
}

static void a_failure_and_a_stop_unload(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    az_outbox_command(t.outbox, AZ_EVENT_LOAD);
    assert_true(az_outbox_put_progress(t.outbox, 1, AIZU_STATE_IDLE, true));
    assert_false(az_outbox_is_loaded(t.outbox));
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_END);
    az_outbox_command(t.outbox, AZ_EVENT_LOAD);
    assert_true(az_outbox_is_loaded(t.outbox));
    az_outbox_command(t.outbox, AZ_EVENT_STOP);
    assert_false(az_outbox_is_loaded(t.outbox));
    az_outbox_destroy(&t.outbox);
}

static void an_application_that_does_not_dispatch_loses_the_oldest_and_is_told(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    for (size_t i = 0; i < AZ_OUTBOX_ITEMS_MAX + 10; i++)
        (void)put_cue(t.outbox, i == 9 ? "nine" : "x", 4);
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_OK);
    assert_int_equal(t.cues, AZ_OUTBOX_ITEMS_MAX);
    assert_int_equal(t.events, 1);
    assert_int_equal(t.error.result, AIZU_E_LIMIT);
    assert_non_null(strstr(t.detail, " 10 "));

    size_t fits = AZ_OUTBOX_BYTES_MAX / AIZU_CUE_PAYLOAD_MAX;
    t.cues = 0;
    for (size_t i = 0; i < fits + 3; i++)
        (void)put_cue(t.outbox, "large", AIZU_CUE_PAYLOAD_MAX);
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_OK);
    assert_int_equal(t.cues, fits);
    assert_non_null(strstr(t.detail, " 3 "));
    az_outbox_destroy(&t.outbox);
}

static void closing_ends_dispatch_and_drops_what_waits(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    t.closes = true;
    (void)put_cue(t.outbox, "one", 3);
    (void)put_cue(t.outbox, "two", 3);
    assert_int_equal(az_outbox_dispatch(t.outbox, 0, false), AIZU_OK);
    assert_int_equal(t.cues, 1);
    assert_int_equal(az_outbox_dispatch(t.outbox, AIZU_FOREVER, true), AIZU_END);
    assert_false(put_cue(t.outbox, "three", 5));
    assert_false(az_outbox_close(t.outbox)); /* not inside a callback now */
    az_outbox_destroy(&t.outbox);
}

static void inputs_carry_their_key(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    char key[] = "Space";
    aizu_event event = {.type = AIZU_EVENT_INPUT, .input = AIZU_INPUT_KEY, .input_key = key};
    assert_true(az_outbox_put_input(t.outbox, event));
    key[0] = '!'; /* was copied */
    (void)az_outbox_dispatch(t.outbox, 0, false);
    assert_string_equal(t.last, "Space");
    az_outbox_destroy(&t.outbox);
}

static void a_frame_keeps_the_descriptor_readable_until_it_is_taken(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    az_outbox_frame_due(t.outbox);
    assert_true(is_readable(t.outbox));
    (void)az_outbox_dispatch(t.outbox, 0, false);
    assert_true(is_readable(t.outbox));
    uint64_t mark = az_outbox_frame_mark(t.outbox);
    az_outbox_frame_due(t.outbox); /* a newer one, between the look and the word about it */
    az_outbox_frame_taken(t.outbox, mark, false);
    assert_true(is_readable(t.outbox));
    az_outbox_frame_taken(t.outbox, az_outbox_frame_mark(t.outbox), false);
    assert_false(is_readable(t.outbox));
    az_outbox_destroy(&t.outbox);
}

#define PUTS 2000

static void *put_many(void *user)
{
    for (int i = 0; i < PUTS; i++)
        (void)put_cue(user, "x", 1);
    return NULL;
}

static void a_waiting_dispatch_is_woken_from_another_thread(void **state)
{
    (void)state;
    told t;
    open_outbox(&t);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, put_many, t.outbox), 0);
    while (t.cues < PUTS)
        assert_int_equal(az_outbox_dispatch(t.outbox, 20 * AIZU_SECOND, false), AIZU_OK);
    pthread_join(thread, NULL);
    assert_int_equal(t.cues, PUTS);
    az_outbox_destroy(&t.outbox);
}

static void a_position_runs_on_between_snapshots_and_stops_where_it_must(void **state)
{
    (void)state;
    az_snapshot s = {.position = 1000, .position_time = 50, .position_max = 1300, .rate = 1.0};
    assert_int_equal(az_snapshot_position(&s, 50), 1000);
    assert_int_equal(az_snapshot_position(&s, 150), 1100);
    assert_int_equal(az_snapshot_position(&s, 5000), 1300);
    assert_int_equal(az_snapshot_position(&s, 10), 1000);
    s.rate = 0.0;
    assert_int_equal(az_snapshot_position(&s, 150), 1000);
    s.position = AIZU_NO_TIME;
    assert_true(az_snapshot_position(&s, 150) == AIZU_NO_TIME);
}

static void live_latency_is_by_wall_clock_where_there_is_one(void **state)
{
    (void)state;
    az_snapshot s = {.is_live = true, .position = 1000, .wall_offset = 70000, .live_edge = 4000};
    assert_int_equal(az_snapshot_live_latency(&s, 0, 73000), 2000);
    s.wall_offset = AIZU_NO_TIME;
    assert_int_equal(az_snapshot_live_latency(&s, 10, 73000), 3010);
    s.is_live = false;
    assert_true(az_snapshot_live_latency(&s, 10, 73000) == AIZU_NO_TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_order_and_the_descriptor_follows),
        cmocka_unit_test(what_nobody_wants_is_not_queued),
        cmocka_unit_test(the_end_waits_for_commands_and_items),
        cmocka_unit_test(a_failure_and_a_stop_unload),
        cmocka_unit_test(an_application_that_does_not_dispatch_loses_the_oldest_and_is_told),
        cmocka_unit_test(closing_ends_dispatch_and_drops_what_waits),
        cmocka_unit_test(inputs_carry_their_key),
        cmocka_unit_test(a_frame_keeps_the_descriptor_readable_until_it_is_taken),
        cmocka_unit_test(a_waiting_dispatch_is_woken_from_another_thread),
        cmocka_unit_test(a_position_runs_on_between_snapshots_and_stops_where_it_must),
        cmocka_unit_test(live_latency_is_by_wall_clock_where_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
