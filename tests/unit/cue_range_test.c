/*
 * cue/queue.h: ranges whose end is not known when they are added, or that are entered again after their end:
 * captions, and date ranges that are closed later. Beside the model of cue_queue_test.c, which closes and
 * opens ranges at random, these name what an application is promised.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cue/queue.h"

#define S AIZU_SECOND

static az_cue_info text(int64_t pts, int64_t duration, const char *data)
{
    return (az_cue_info){.kind = AIZU_CUE_TEXT,
                         .key = az_span_str("CC1"),
                         .name = az_span_str("line:90%,end"),
                         .pts = pts,
                         .duration = duration,
                         .wall = AIZU_NO_TIME,
                         .data = az_span_str(data)};
}

static aizu_result add(az_cue_queue *queue, int64_t pts, int64_t duration, const char *data)
{
    az_cue_info info = text(pts, duration, data);
    return az_cue_queue_add(queue, &info, 0);
}

static aizu_result close_at(az_cue_queue *queue, int64_t pts, const char *data, int64_t end)
{
    az_cue_info info = text(pts, AIZU_NO_TIME, data);
    return az_cue_queue_close(queue, &info, 0, end);
}

/* Takes one delivery, which must be this; its id. */
static uint64_t expect(az_cue_queue *queue, const char *data, aizu_cue_phase phase, unsigned flags,
                       int64_t duration)
{
    az_cue_delivery delivery;
    if (az_cue_queue_take(queue, &delivery) != AIZU_OK)
        fail_msg("'%s' does not come", data);
    const aizu_cue *shown = az_cue_public(delivery.cue);
    assert_string_equal((const char *)shown->data, data);
    assert_int_equal(delivery.phase, phase);
    assert_int_equal(delivery.flags, flags);
    assert_int_equal(shown->duration, duration);
    uint64_t id = shown->id;
    az_cue_unref(&delivery.cue);
    return id;
}

static void expect_nothing(az_cue_queue *queue)
{
    az_cue_delivery delivery;
    if (az_cue_queue_take(queue, &delivery) == AIZU_OK)
        fail_msg("'%s' comes", (const char *)az_cue_public(delivery.cue)->data);
}

static az_cue_queue *queue_at(int64_t pts)
{
    az_cue_queue *queue = az_cue_queue_create(false);
    assert_non_null(queue);
    az_cue_queue_begin(queue, pts);
    return queue;
}

static void an_end_that_is_learned_in_time_is_told_in_time(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    az_cue_queue_pass(queue, 6 * S);
    uint64_t id = expect(queue, "hello", AIZU_CUE_START, 0, AIZU_NO_TIME);
    assert_int_equal(az_cue_queue_next(queue), AZ_NEVER);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK);
    assert_int_equal(az_cue_queue_next(queue), 8 * S);
    az_cue_queue_pass(queue, 8 * S); /* up to it, not past it */
    expect_nothing(queue);
    az_cue_queue_pass(queue, 8 * S + 1);
    assert_int_equal(expect(queue, "hello", AIZU_CUE_END, 0, 3 * S), id);
    az_cue_queue_pass(queue, 100 * S);
    az_cue_queue_finish(queue, 100 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

/* A driver goes where the next cue is: it must get past it. */
static void a_range_that_comes_when_it_is_over_ends_at_the_next_step(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    az_cue_queue_pass(queue, 20 * S);
    assert_int_equal(add(queue, 5 * S, 2 * S, "late"), AIZU_OK);
    expect(queue, "late", AIZU_CUE_START, AIZU_CUE_LATE, 2 * S);
    expect_nothing(queue);
    assert_int_equal(az_cue_queue_next(queue), 20 * S);
    az_cue_queue_pass(queue, 20 * S + 1);
    expect(queue, "late", AIZU_CUE_END, 0, 2 * S);
    assert_int_equal(az_cue_queue_next(queue), AZ_NEVER);
    az_cue_queue_destroy(&queue);
}

static void what_is_withdrawn_ends_and_does_not_come(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, S, S, "over"), AIZU_OK);
    assert_int_equal(add(queue, 5 * S, 10 * S, "now"), AIZU_OK);
    assert_int_equal(add(queue, 12 * S, S, "soon"), AIZU_OK);
    az_cue_queue_pass(queue, 10 * S);
    expect(queue, "over", AIZU_CUE_START, 0, S);
    expect(queue, "over", AIZU_CUE_END, 0, S);
    uint64_t id = expect(queue, "now", AIZU_CUE_START, 0, 10 * S);
    az_cue_queue_withdraw(queue, AIZU_CUE_ID3);
    expect_nothing(queue);
    az_cue_queue_withdraw(queue, AIZU_CUE_TEXT);
    expect(queue, "now", AIZU_CUE_END, 0, 10 * S);
    expect_nothing(queue);
    assert_int_equal(az_cue_queue_next(queue), AZ_NEVER);
    assert_int_equal(add(queue, 5 * S, 10 * S, "now"), AIZU_AGAIN); /* it is wanted after all */
    assert_int_equal(expect(queue, "now", AIZU_CUE_START, AIZU_CUE_LATE | AIZU_CUE_REPLAY, 10 * S), id);
    az_cue_queue_withdraw(queue, AIZU_CUE_TEXT);
    expect(queue, "now", AIZU_CUE_END, 0, 10 * S);
    az_cue_queue_begin(queue, 7 * S);
    az_cue_queue_finish(queue, 30 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void an_end_that_is_learned_before_the_start_is_in_both(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK);
    az_cue_queue_pass(queue, 20 * S);
    expect(queue, "hello", AIZU_CUE_START, 0, 3 * S);
    expect(queue, "hello", AIZU_CUE_END, 0, 3 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void what_was_delivered_stays_as_it_was(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    az_cue_queue_pass(queue, 6 * S);
    az_cue_delivery start;
    assert_int_equal(az_cue_queue_take(queue, &start), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK);
    assert_int_equal(az_cue_public(start.cue)->duration, AIZU_NO_TIME); /* immutable, and still there */
    az_cue_queue_destroy(&queue);
    assert_string_equal((const char *)az_cue_public(start.cue)->data, "hello");
    az_cue_unref(&start.cue);
}

static void an_end_that_is_already_behind_is_told_at_the_next_pass(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    az_cue_queue_pass(queue, 10 * S);
    expect(queue, "hello", AIZU_CUE_START, 0, AIZU_NO_TIME);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK);
    az_cue_queue_pass(queue, 10 * S + 1);
    expect(queue, "hello", AIZU_CUE_END, 0, 3 * S);
    az_cue_queue_destroy(&queue);
}

static void an_end_may_be_moved_until_it_is_told(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, 4 * S, "hello"), AIZU_OK);
    az_cue_queue_pass(queue, 6 * S);
    expect(queue, "hello", AIZU_CUE_START, 0, 4 * S);
    assert_int_equal(close_at(queue, 5 * S, "hello", 15 * S), AIZU_OK);
    az_cue_queue_pass(queue, 10 * S);
    expect_nothing(queue);
    az_cue_queue_pass(queue, 16 * S);
    expect(queue, "hello", AIZU_CUE_END, 0, 10 * S);
    assert_int_equal(close_at(queue, 5 * S, "hello", 30 * S), AIZU_OK); /* for a later passing */
    az_cue_queue_pass(queue, 40 * S);
    expect_nothing(queue);
    az_cue_queue_begin(queue, 20 * S);
    az_cue_queue_pass(queue, 20 * S + 1);
    expect(queue, "hello", AIZU_CUE_START, AIZU_CUE_REPLAY, 25 * S);
    az_cue_queue_destroy(&queue);
}

static void what_is_not_known_cannot_be_closed(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_AGAIN);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "other", 8 * S), AIZU_AGAIN);
    assert_int_equal(close_at(queue, 6 * S, "hello", 8 * S), AIZU_AGAIN);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_AGAIN); /* told twice */
    az_cue_queue_pass(queue, 100 * S);
    expect(queue, "hello", AIZU_CUE_START, 0, 3 * S);
    expect(queue, "hello", AIZU_CUE_END, 0, 3 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void an_end_before_the_start_makes_a_moment(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "hello", 2 * S), AIZU_OK);
    az_cue_queue_pass(queue, 10 * S);
    expect(queue, "hello", AIZU_CUE_START, 0, 0);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void a_seek_into_a_range_that_was_over_enters_it(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "hello", 15 * S), AIZU_OK);
    az_cue_queue_pass(queue, 20 * S);
    uint64_t id = expect(queue, "hello", AIZU_CUE_START, 0, 10 * S);
    expect(queue, "hello", AIZU_CUE_END, 0, 10 * S);
    for (int i = 0; i < 3; i++) { /* nothing is added again: its media begins before the seek */
        az_cue_queue_begin(queue, 12 * S);
        az_cue_queue_pass(queue, 12 * S + 1);
        assert_int_equal(expect(queue, "hello", AIZU_CUE_START, AIZU_CUE_REPLAY, 10 * S), id);
        az_cue_queue_pass(queue, 30 * S);
        assert_int_equal(expect(queue, "hello", AIZU_CUE_END, 0, 10 * S), id);
        expect_nothing(queue);
    }
    az_cue_queue_begin(queue, 3 * S);
    az_cue_queue_pass(queue, 6 * S);
    expect(queue, "hello", AIZU_CUE_START, AIZU_CUE_REPLAY, 10 * S);
    assert_int_equal(add(queue, 5 * S, 10 * S, "hello"), AIZU_AGAIN); /* and its copy is a copy */
    az_cue_queue_pass(queue, 30 * S);
    expect(queue, "hello", AIZU_CUE_END, 0, 10 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void a_closed_range_is_not_entered_behind_its_end(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    az_cue_queue_pass(queue, 6 * S);
    expect(queue, "hello", AIZU_CUE_START, 0, AIZU_NO_TIME);
    az_cue_queue_begin(queue, 60 * S); /* inside, for all that is known */
    expect_nothing(queue);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK);
    az_cue_queue_pass(queue, 60 * S + 1);
    expect(queue, "hello", AIZU_CUE_END, 0, 3 * S);
    az_cue_queue_begin(queue, 70 * S);
    az_cue_queue_pass(queue, 80 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void a_range_that_would_be_joined_is_not_when_its_end_turns_out_to_be_behind(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(60 * S);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK);
    az_cue_queue_pass(queue, 70 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void a_range_that_was_cut_off_opens_again_when_it_is_received_again(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_OK);
    assert_int_equal(close_at(queue, 5 * S, "hello", 8 * S), AIZU_OK); /* a seek away: no more is known */
    az_cue_queue_begin(queue, 3 * S);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_AGAIN);
    az_cue_queue_pass(queue, 10 * S);
    expect(queue, "hello", AIZU_CUE_START, 0, AIZU_NO_TIME);
    expect_nothing(queue);
    assert_int_equal(close_at(queue, 5 * S, "hello", 12 * S), AIZU_OK);
    az_cue_queue_pass(queue, 20 * S);
    expect(queue, "hello", AIZU_CUE_END, 0, 7 * S);
    assert_int_equal(add(queue, 5 * S, AIZU_NO_TIME, "hello"), AIZU_AGAIN); /* over, in this passing */
    az_cue_queue_pass(queue, 30 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void ranges_that_are_kept_do_not_fill_the_queue(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    char data[32];
    for (int i = 0; i < 3 * AIZU_CUE_PENDING_MAX; i++) {
        snprintf(data, sizeof(data), "%d", i);
        assert_int_equal(add(queue, i * S, S / 2, data), AIZU_OK);
        az_cue_queue_pass(queue, (i + 1) * S);
        expect(queue, data, AIZU_CUE_START, 0, S / 2);
        expect(queue, data, AIZU_CUE_END, 0, S / 2);
    }
    int64_t last = 3 * AIZU_CUE_PENDING_MAX - 1; /* the latest are still there, the earliest are not */
    az_cue_queue_begin(queue, last * S + S / 4);
    az_cue_queue_pass(queue, last * S + S / 3);
    expect(queue, data, AIZU_CUE_START, AIZU_CUE_REPLAY, S / 2);
    az_cue_queue_begin(queue, S / 4);
    expect(queue, data, AIZU_CUE_END, AIZU_CUE_SKIPPED, S / 2);
    az_cue_queue_pass(queue, S / 3);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void many_open_ranges_leave_in_order(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    char data[16];
    for (int i = 0; i < 100; i++) {
        snprintf(data, sizeof(data), "%d", i);
        assert_int_equal(add(queue, i / 4 * S, AIZU_NO_TIME, data), AIZU_OK);
    }
    az_cue_queue_pass(queue, 50 * S);
    for (int i = 0; i < 100; i++) {
        snprintf(data, sizeof(data), "%d", i);
        expect(queue, data, AIZU_CUE_START, 0, AIZU_NO_TIME);
        assert_int_equal(close_at(queue, i / 4 * S, data, (200 - i / 10) * S), AIZU_OK);
    }
    az_cue_queue_pass(queue, 300 * S);
    for (int tens = 9; tens >= 0; tens--) /* by end, then by start */
        for (int i = tens * 10; i < tens * 10 + 10; i++) {
            snprintf(data, sizeof(data), "%d", i);
            expect(queue, data, AIZU_CUE_END, 0, (200 - tens - i / 4) * S);
        }
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_that_is_learned_in_time_is_told_in_time),
        cmocka_unit_test(a_range_that_comes_when_it_is_over_ends_at_the_next_step),
        cmocka_unit_test(what_is_withdrawn_ends_and_does_not_come),
        cmocka_unit_test(an_end_that_is_learned_before_the_start_is_in_both),
        cmocka_unit_test(what_was_delivered_stays_as_it_was),
        cmocka_unit_test(an_end_that_is_already_behind_is_told_at_the_next_pass),
        cmocka_unit_test(an_end_may_be_moved_until_it_is_told),
        cmocka_unit_test(what_is_not_known_cannot_be_closed),
        cmocka_unit_test(an_end_before_the_start_makes_a_moment),
        cmocka_unit_test(a_seek_into_a_range_that_was_over_enters_it),
        cmocka_unit_test(a_closed_range_is_not_entered_behind_its_end),
        cmocka_unit_test(a_range_that_would_be_joined_is_not_when_its_end_turns_out_to_be_behind),
        cmocka_unit_test(a_range_that_was_cut_off_opens_again_when_it_is_received_again),
        cmocka_unit_test(ranges_that_are_kept_do_not_fill_the_queue),
        cmocka_unit_test(many_open_ranges_leave_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
