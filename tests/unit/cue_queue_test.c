/*
 * cue/queue.h: the cue contract of include/aizu/cue.h, point by point, and a random comparison with a naive
 * model of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "cue/queue.h"

#define S  AIZU_SECOND
#define MS AIZU_MILLISECOND

static az_cue_info cue(int64_t pts, int64_t duration, const char *text)
{
    return (az_cue_info){.kind = AIZU_CUE_ID3,
                         .key = az_span_str("key"),
                         .name = az_span_str("PRIV"),
                         .pts = pts,
                         .duration = duration,
                         .wall = AIZU_NO_TIME,
                         .data = az_span_str(text)};
}

static aizu_result add_again(az_cue_queue *queue, int64_t pts, const char *text, uint32_t ordinal)
{
    az_cue_info info = cue(pts, 0, text);
    return az_cue_queue_add(queue, &info, ordinal);
}

static void add(az_cue_queue *queue, int64_t pts, const char *text)
{
    assert_int_equal(add_again(queue, pts, text, 0), AIZU_OK);
}

static aizu_result add_range(az_cue_queue *queue, int64_t pts, int64_t duration, const char *text)
{
    az_cue_info info = cue(pts, duration, text);
    return az_cue_queue_add(queue, &info, 0);
}

/* Takes one delivery, which must be this; its id. */
static uint64_t expect(az_cue_queue *queue, const char *text, aizu_cue_phase phase, unsigned flags,
                       int64_t late_by)
{
    az_cue_delivery delivery;
    if (az_cue_queue_take(queue, &delivery) != AIZU_OK)
        fail_msg("'%s' does not come", text);
    const aizu_cue *shown = az_cue_public(delivery.cue);
    if (strcmp((const char *)shown->data, text) != 0)
        fail_msg("'%s' comes in place of '%s'", (const char *)shown->data, text);
    assert_int_equal(delivery.phase, phase);
    assert_int_equal(delivery.flags, flags);
    assert_int_equal(delivery.late_by, late_by);
    uint64_t id = shown->id;
    assert_int_not_equal(id, 0);
    az_cue_unref(&delivery.cue);
    return id;
}

static uint64_t expect_start(az_cue_queue *queue, const char *text)
{
    return expect(queue, text, AIZU_CUE_START, 0, 0);
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

/* ---- 1. once ---- */

static void a_cue_comes_when_the_playhead_is_past_it(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    az_cue_queue_pass(queue, S); /* up to it, not past it */
    expect_nothing(queue);
    az_cue_queue_pass(queue, S + 1);
    expect_start(queue, "a");
    az_cue_queue_pass(queue, 100 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
    assert_null(queue);
    az_cue_queue_destroy(&queue);
}

static void copies_collapse_whenever_they_come(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    assert_int_equal(add_again(queue, S, "a", 0), AIZU_AGAIN); /* before it is passed */
    az_cue_queue_pass(queue, 2 * S);
    expect_start(queue, "a");
    assert_int_equal(add_again(queue, S, "a", 0), AIZU_AGAIN); /* and behind the playhead */
    az_cue_queue_pass(queue, 3 * S);
    expect_nothing(queue);
    az_cue_counts counts = az_cue_queue_counts(queue);
    assert_int_equal(counts.received, 1);
    assert_int_equal(counts.copies, 2);
    assert_int_equal(counts.delivered, 1);
    assert_int_equal(counts.late, 0);
    az_cue_queue_destroy(&queue);
}

static void what_was_authored_twice_comes_twice(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    assert_int_equal(add_again(queue, S, "a", 1), AIZU_OK);
    /* the same segment of another variant brings both again */
    assert_int_equal(add_again(queue, S, "a", 0), AIZU_AGAIN);
    assert_int_equal(add_again(queue, S, "a", 1), AIZU_AGAIN);
    az_cue_queue_pass(queue, 2 * S);
    uint64_t first = expect_start(queue, "a");
    assert_true(expect_start(queue, "a") > first);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void a_copy_has_the_same_time_and_identity(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    add(queue, S + 1, "a"); /* a nanosecond makes another cue */
    add(queue, S, "b");
    az_cue_info info = cue(S, 0, "a");
    info.key = az_span_str("other");
    assert_int_equal(az_cue_queue_add(queue, &info, 0), AIZU_OK);
    info = cue(S, 0, "a");
    info.name = az_span_str("TXXX");
    assert_int_equal(az_cue_queue_add(queue, &info, 0), AIZU_OK);
    info = cue(S, 0, "a");
    info.kind = AIZU_CUE_EMSG;
    assert_int_equal(az_cue_queue_add(queue, &info, 0), AIZU_OK);
    assert_int_equal(az_cue_queue_counts(queue).received, 6);
    az_cue_queue_destroy(&queue);
}

/* ---- 2. in order ---- */

static void cues_come_in_order_of_time_with_ties_as_they_arrived(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, 3 * S, "d");
    add(queue, 2 * S, "b");
    add(queue, S, "a");
    add(queue, 2 * S, "c");
    az_cue_queue_pass(queue, 10 * S);
    expect_start(queue, "a");
    expect_start(queue, "b");
    expect_start(queue, "c");
    expect_start(queue, "d");
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void going_back_by_passing_is_ignored(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    az_cue_queue_pass(queue, 5 * S);
    az_cue_queue_pass(queue, 2 * S);
    az_cue_queue_jump(queue, 3 * S);
    add(queue, 4 * S, "a");
    expect(queue, "a", AIZU_CUE_START, AIZU_CUE_LATE, S);
    az_cue_queue_destroy(&queue);
}

/* ---- 4. nothing lost ---- */

static void a_late_cue_comes_at_once_and_says_how_late(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    az_cue_queue_pass(queue, 5 * S);
    add(queue, 5 * S, "future");
    expect_nothing(queue);
    add(queue, 3 * S + 500 * MS, "late");
    expect(queue, "late", AIZU_CUE_START, AIZU_CUE_LATE, 1500 * MS);
    assert_int_equal(az_cue_queue_counts(queue).late, 1);
    az_cue_queue_pass(queue, 6 * S);
    expect_start(queue, "future");
    az_cue_queue_destroy(&queue);
}

static void what_was_before_the_beginning_does_not_come(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(10 * S);
    add(queue, 9 * S, "before");
    add(queue, 10 * S, "at");
    az_cue_queue_pass(queue, 20 * S);
    expect_start(queue, "at");
    add(queue, 8 * S, "before too");
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void what_a_jump_leaves_out_comes_flagged(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "passed");
    add(queue, 3 * S, "jumped");
    add(queue, 4 * S, "jumped too");
    add(queue, 5 * S, "after");
    az_cue_queue_pass(queue, 2 * S);
    az_cue_queue_jump(queue, 5 * S);
    expect_start(queue, "passed");
    expect(queue, "jumped", AIZU_CUE_START, AIZU_CUE_SKIPPED, 0);
    expect(queue, "jumped too", AIZU_CUE_START, AIZU_CUE_SKIPPED, 0);
    expect_nothing(queue);
    az_cue_queue_pass(queue, 6 * S);
    expect_start(queue, "after");
    assert_int_equal(az_cue_queue_counts(queue).skipped, 2);
    az_cue_queue_destroy(&queue);
}

static void what_arrives_after_its_jump_is_late_and_skipped(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    az_cue_queue_pass(queue, 2 * S);
    az_cue_queue_jump(queue, 5 * S);
    az_cue_queue_pass(queue, 6 * S);
    add(queue, S, "late");
    add(queue, 2 * S, "edge");
    add(queue, 4 * S, "within");
    add(queue, 5 * S, "behind");
    expect(queue, "late", AIZU_CUE_START, AIZU_CUE_LATE, 5 * S);
    expect(queue, "edge", AIZU_CUE_START, AIZU_CUE_LATE | AIZU_CUE_SKIPPED, 4 * S);
    expect(queue, "within", AIZU_CUE_START, AIZU_CUE_LATE | AIZU_CUE_SKIPPED, 2 * S);
    expect(queue, "behind", AIZU_CUE_START, AIZU_CUE_LATE, S);
    az_cue_queue_destroy(&queue);
}

static void a_seek_forgets_jumps(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    az_cue_queue_jump(queue, 5 * S);
    az_cue_queue_begin(queue, 0);
    az_cue_queue_pass(queue, 4 * S);
    add(queue, S, "late");
    expect(queue, "late", AIZU_CUE_START, AIZU_CUE_LATE, 3 * S);
    az_cue_queue_destroy(&queue);
}

static void the_end_gives_out_what_is_left(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "in time");
    add(queue, 10 * S, "behind the last frame");
    assert_int_equal(add_range(queue, 2 * S, 60 * S, "range"), AIZU_OK);
    az_cue_queue_finish(queue, 5 * S);
    expect_start(queue, "in time");
    expect_start(queue, "range");
    expect(queue, "behind the last frame", AIZU_CUE_START, AIZU_CUE_SKIPPED, 0);
    expect(queue, "range", AIZU_CUE_END, AIZU_CUE_SKIPPED, 0);
    expect_nothing(queue);
    az_cue_queue_finish(queue, 5 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

/* ---- 5. early notice ---- */

static void early_notice_comes_once(void **state)
{
    (void)state;
    az_cue_queue *queue = az_cue_queue_create(true);
    az_cue_queue_begin(queue, 0);
    add(queue, 5 * S, "a");
    uint64_t id = expect(queue, "a", AIZU_CUE_RECEIVED, 0, 0);
    assert_int_equal(add_again(queue, 5 * S, "a", 0), AIZU_AGAIN);
    expect_nothing(queue);
    az_cue_queue_pass(queue, 6 * S);
    assert_int_equal(expect_start(queue, "a"), id);
    az_cue_queue_begin(queue, 0);
    assert_int_equal(add_again(queue, 5 * S, "a", 0), AIZU_AGAIN); /* known for long */
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void an_early_notice_comes_before_a_late_delivery(void **state)
{
    (void)state;
    az_cue_queue *queue = az_cue_queue_create(true);
    az_cue_queue_begin(queue, 0);
    az_cue_queue_pass(queue, 5 * S);
    add(queue, 4 * S, "a");
    expect(queue, "a", AIZU_CUE_RECEIVED, 0, 0);
    expect(queue, "a", AIZU_CUE_START, AIZU_CUE_LATE, S);
    az_cue_queue_destroy(&queue);
}

/* ---- 6. ranges ---- */

static void a_range_enters_and_leaves(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, S, 2 * S, "range"), AIZU_OK);
    az_cue_queue_pass(queue, 2 * S);
    uint64_t id = expect_start(queue, "range");
    az_cue_queue_pass(queue, 3 * S);
    expect_nothing(queue);
    az_cue_queue_pass(queue, 3 * S + 1);
    assert_int_equal(expect(queue, "range", AIZU_CUE_END, 0, 0), id);
    az_cue_queue_pass(queue, 30 * S);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void ends_and_starts_come_in_order_ends_first(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, S, 2 * S, "one"), AIZU_OK);
    assert_int_equal(add_range(queue, 2 * S, 4 * S, "two"), AIZU_OK);
    assert_int_equal(add_range(queue, 3 * S, S, "three"), AIZU_OK);
    add(queue, 3 * S + 500 * MS, "moment");
    az_cue_queue_pass(queue, 10 * S);
    expect_start(queue, "one");
    expect_start(queue, "two");
    expect(queue, "one", AIZU_CUE_END, 0, 0);
    expect_start(queue, "three");
    expect_start(queue, "moment");
    expect(queue, "three", AIZU_CUE_END, 0, 0);
    expect(queue, "two", AIZU_CUE_END, 0, 0);
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void joining_inside_a_range_enters_it(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(5 * S);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_OK); /* known after the start */
    assert_int_equal(add_range(queue, S, 4 * S, "over"), AIZU_OK);   /* ends where playback begins */
    add(queue, 5 * S, "moment");
    az_cue_queue_pass(queue, 5 * S + 1);
    expect_start(queue, "range");
    expect_start(queue, "moment");
    expect_nothing(queue);
    az_cue_queue_pass(queue, 12 * S);
    expect(queue, "range", AIZU_CUE_END, 0, 0);
    az_cue_queue_destroy(&queue);
}

static void seeking_inside_a_range_that_was_not_reached_enters_it(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, 10 * S, 10 * S, "range"), AIZU_OK);
    az_cue_queue_pass(queue, S);
    az_cue_queue_begin(queue, 15 * S);
    expect_nothing(queue); /* the picture is not there yet */
    az_cue_queue_pass(queue, 15 * S + 1);
    expect_start(queue, "range");
    az_cue_queue_destroy(&queue);
}

static void leaving_a_range_by_a_seek_ends_it(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_OK);
    az_cue_queue_pass(queue, 5 * S);
    uint64_t id = expect_start(queue, "range");
    az_cue_queue_begin(queue, 50 * S);
    expect(queue, "range", AIZU_CUE_END, AIZU_CUE_SKIPPED, 0);
    az_cue_queue_pass(queue, 60 * S);
    expect_nothing(queue);
    /* back inside, its bytes come again */
    az_cue_queue_begin(queue, 3 * S);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_AGAIN);
    az_cue_queue_pass(queue, 4 * S);
    assert_int_equal(expect(queue, "range", AIZU_CUE_START, AIZU_CUE_REPLAY, 0), id);
    az_cue_queue_destroy(&queue);
}

static void a_seek_within_a_range_stays_inside(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_OK);
    az_cue_queue_pass(queue, 5 * S);
    expect_start(queue, "range");
    az_cue_queue_begin(queue, 8 * S);
    az_cue_queue_begin(queue, 2 * S);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_AGAIN);
    az_cue_queue_pass(queue, 11 * S);
    expect_nothing(queue);
    az_cue_queue_pass(queue, 11 * S + 1);
    expect(queue, "range", AIZU_CUE_END, 0, 0);
    az_cue_queue_destroy(&queue);
}

static void a_seek_to_the_very_start_of_a_range_enters_it_anew(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_OK);
    az_cue_queue_pass(queue, 5 * S);
    expect_start(queue, "range");
    az_cue_queue_begin(queue, S);
    expect(queue, "range", AIZU_CUE_END, AIZU_CUE_SKIPPED, 0);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_AGAIN);
    az_cue_queue_pass(queue, S + 1);
    expect(queue, "range", AIZU_CUE_START, AIZU_CUE_REPLAY, 0);
    az_cue_queue_destroy(&queue);
}

static void a_range_that_a_jump_leaves_out_enters_and_leaves_flagged(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, S, S, "inside"), AIZU_OK);
    assert_int_equal(add_range(queue, 3 * S, 10 * S, "into"), AIZU_OK);
    az_cue_queue_jump(queue, 5 * S);
    expect(queue, "inside", AIZU_CUE_START, AIZU_CUE_SKIPPED, 0);
    expect(queue, "inside", AIZU_CUE_END, AIZU_CUE_SKIPPED, 0);
    expect(queue, "into", AIZU_CUE_START, AIZU_CUE_SKIPPED, 0);
    az_cue_queue_pass(queue, 14 * S);
    expect(queue, "into", AIZU_CUE_END, 0, 0);
    az_cue_queue_destroy(&queue);
}

static void a_late_range_enters_and_leaves(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    az_cue_queue_pass(queue, 10 * S);
    assert_int_equal(add_range(queue, 8 * S, 5 * S, "still on"), AIZU_OK);
    assert_int_equal(add_range(queue, 2 * S, S, "over"), AIZU_OK);
    expect(queue, "still on", AIZU_CUE_START, AIZU_CUE_LATE, 2 * S);
    expect(queue, "over", AIZU_CUE_START, AIZU_CUE_LATE, 8 * S);
    az_cue_queue_pass(queue, 10 * S + 1);
    expect(queue, "over", AIZU_CUE_END, 0, 0);
    az_cue_queue_pass(queue, 20 * S);
    expect(queue, "still on", AIZU_CUE_END, 0, 0);
    az_cue_queue_destroy(&queue);
}

static void a_range_without_an_end_stays_until_a_seek_leaves_it(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, 5 * S, AIZU_NO_TIME, "open"), AIZU_OK);
    az_cue_queue_pass(queue, 6 * S);
    expect_start(queue, "open");
    az_cue_queue_finish(queue, 100 * S);
    expect_nothing(queue);
    az_cue_queue_begin(queue, 0);
    expect(queue, "open", AIZU_CUE_END, AIZU_CUE_SKIPPED, 0);
    az_cue_queue_destroy(&queue);
}

/* ---- 7. frame lock ---- */

static void between_gives_the_cues_of_a_frame_and_changes_nothing(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    add(queue, 2 * S, "b");
    add(queue, 2 * S, "c");
    add(queue, 3 * S, "d");
    az_cue *cues[8];
    assert_int_equal(az_cue_queue_between(queue, S, 3 * S, cues, 8), 3);
    assert_string_equal((const char *)az_cue_public(cues[0])->data, "a");
    assert_string_equal((const char *)az_cue_public(cues[1])->data, "b");
    assert_string_equal((const char *)az_cue_public(cues[2])->data, "c");
    for (int i = 0; i < 3; i++)
        az_cue_unref(&cues[i]);
    assert_int_equal(az_cue_queue_between(queue, S, 3 * S, cues, 2), 2);
    for (int i = 0; i < 2; i++)
        az_cue_unref(&cues[i]);
    az_cue_queue_pass(queue, 2 * S);
    expect_start(queue, "a");
    assert_int_equal(az_cue_queue_between(queue, INT64_MIN, 2 * S, cues, 8), 0); /* delivered */
    assert_int_equal(az_cue_queue_between(queue, 3 * S + 1, INT64_MAX, cues, 8), 0);
    az_cue_queue_pass(queue, 4 * S);
    expect_start(queue, "b");
    expect_start(queue, "c");
    expect_start(queue, "d");
    az_cue_queue_destroy(&queue);
}

static void the_first_frame_carries_the_range_that_it_joins(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(5 * S);
    assert_int_equal(add_range(queue, S, 10 * S, "range"), AIZU_OK);
    add(queue, 5 * S, "moment");
    az_cue *cues[8];
    assert_int_equal(az_cue_queue_between(queue, INT64_MIN, 5 * S + 40 * MS, cues, 8), 2);
    assert_string_equal((const char *)az_cue_public(cues[0])->data, "range");
    az_cue_unref(&cues[0]);
    az_cue_unref(&cues[1]);
    /* not the second frame */
    assert_int_equal(az_cue_queue_between(queue, 5 * S + 40 * MS, 5 * S + 80 * MS, cues, 8), 0);
    az_cue_queue_destroy(&queue);
}

static void next_is_the_time_of_what_comes_next(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(az_cue_queue_next(queue), AZ_NEVER);
    add(queue, 5 * S, "a");
    assert_int_equal(add_range(queue, S, 2 * S, "range"), AIZU_OK);
    assert_int_equal(az_cue_queue_next(queue), S);
    az_cue_queue_pass(queue, 2 * S);
    assert_int_equal(az_cue_queue_next(queue), 3 * S); /* its end */
    az_cue_queue_pass(queue, 4 * S);
    assert_int_equal(az_cue_queue_next(queue), 5 * S);
    az_cue_queue_pass(queue, 6 * S);
    assert_int_equal(az_cue_queue_next(queue), AZ_NEVER);
    az_cue_queue_begin(queue, 2 * S);
    assert_int_equal(az_cue_queue_next(queue), 2 * S); /* the range is joined at once */
    az_cue_queue_pass(queue, 4 * S);
    assert_int_equal(az_cue_queue_next(queue), AZ_NEVER); /* the bytes of the other have to come again */
    assert_int_equal(add_again(queue, 5 * S, "a", 0), AIZU_AGAIN);
    assert_int_equal(az_cue_queue_next(queue), 5 * S);
    az_cue_queue_destroy(&queue);
}

/* ---- 8. seeking back ---- */

static void a_seek_back_replays_with_the_same_id(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    az_cue_queue_pass(queue, 2 * S);
    uint64_t id = expect_start(queue, "a");
    for (int i = 0; i < 3; i++) {
        az_cue_queue_begin(queue, 0);
        assert_int_equal(add_again(queue, S, "a", 0), AIZU_AGAIN);
        az_cue_queue_pass(queue, 2 * S);
        assert_int_equal(expect(queue, "a", AIZU_CUE_START, AIZU_CUE_REPLAY, 0), id);
        assert_int_equal(add_again(queue, S, "a", 0), AIZU_AGAIN);
        expect_nothing(queue);
    }
    assert_int_equal(az_cue_queue_counts(queue).received, 1);
    az_cue_queue_destroy(&queue);
}

static void what_a_seek_left_out_is_no_replay_later(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, 5 * S, "a");
    az_cue_queue_begin(queue, 10 * S);
    az_cue_queue_pass(queue, 20 * S);
    expect_nothing(queue); /* seeking is not jumping */
    az_cue_queue_begin(queue, 0);
    az_cue_queue_pass(queue, 6 * S);
    expect_start(queue, "a");
    az_cue_queue_destroy(&queue);
}

static void a_replay_may_be_late_and_skipped(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    az_cue_queue_pass(queue, 2 * S);
    expect_start(queue, "a");
    az_cue_queue_begin(queue, 0);
    az_cue_queue_jump(queue, 3 * S);
    expect_nothing(queue);
    assert_int_equal(add_again(queue, S, "a", 0), AIZU_AGAIN);
    expect(queue, "a", AIZU_CUE_START, AIZU_CUE_REPLAY | AIZU_CUE_LATE | AIZU_CUE_SKIPPED, 2 * S);
    az_cue_queue_destroy(&queue);
}

static void clearing_forgets_everything(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    add(queue, S, "a");
    add(queue, 5 * S, "b");
    az_cue_queue_pass(queue, 2 * S);
    az_cue_queue_clear(queue); /* with a delivery not taken */
    expect_nothing(queue);
    az_cue_queue_begin(queue, 0);
    add(queue, S, "a");
    az_cue_queue_pass(queue, 10 * S);
    expect_start(queue, "a");
    expect_nothing(queue);
    assert_int_equal(az_cue_queue_counts(queue).delivered, 1);
    az_cue_queue_destroy(&queue);
}

/* ---- 9. bounded ---- */

static void a_payload_past_the_limit_is_refused(void **state)
{
    (void)state;
    static char large[AIZU_CUE_PAYLOAD_MAX + 1];
    memset(large, 'x', sizeof(large));
    az_cue_queue *queue = queue_at(0);
    az_cue_info info = cue(S, 0, "");
    info.data = az_span_make(large, AIZU_CUE_PAYLOAD_MAX + 1);
    assert_int_equal(az_cue_queue_add(queue, &info, 0), AIZU_E_LIMIT);
    info.data.size--;
    assert_int_equal(az_cue_queue_add(queue, &info, 0), AIZU_OK);
    info.key = az_span_make(large, AIZU_CUE_PAYLOAD_MAX + 1);
    assert_int_equal(az_cue_queue_add(queue, &info, 0), AIZU_E_LIMIT);
    assert_int_equal(az_cue_queue_counts(queue).refused, 2);
    az_cue_queue_pass(queue, 2 * S);
    az_cue_delivery delivery;
    assert_int_equal(az_cue_queue_take(queue, &delivery), AIZU_OK);
    assert_int_equal(az_cue_public(delivery.cue)->size, AIZU_CUE_PAYLOAD_MAX);
    az_cue_unref(&delivery.cue);
    az_cue_queue_destroy(&queue);
}

static void a_second_holds_so_many_cues(void **state)
{
    (void)state;
    static const int64_t begins[] = {5 * S, 0, -S, -7 * S}; /* before zero a second is a second, too */
    az_cue_queue *queue = queue_at(-100 * S);
    for (size_t k = 0; k < AZ_COUNT(begins); k++) {
        for (int i = 0; i < AIZU_CUE_PER_SECOND_MAX; i++)
            add(queue, begins[k] + i * MS, "a");
        assert_int_equal(add_again(queue, begins[k] + MS / 2, "a", 0), AIZU_E_LIMIT);
        assert_int_equal(add_again(queue, begins[k] + S - 1, "a", 0), AIZU_E_LIMIT);
        assert_int_equal(add_again(queue, begins[k] + MS, "a", 0), AIZU_AGAIN); /* copies are no new ones */
    }
    add(queue, 6 * S, "a");
    add(queue, -2 * S, "a");
    az_cue_queue_destroy(&queue);
}

static void so_many_cues_may_wait(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    for (int i = 0; i < AIZU_CUE_PENDING_MAX; i++)
        add(queue, i * 10 * MS, "a");
    assert_int_equal(add_again(queue, 3600 * S, "a", 0), AIZU_E_LIMIT);
    az_cue_queue_pass(queue, 1); /* one is delivered: room for one */
    expect_start(queue, "a");
    add(queue, 3600 * S, "a");
    assert_int_equal(add_again(queue, 3601 * S, "a", 0), AIZU_E_LIMIT);
    az_cue_queue_destroy(&queue);
}

/* Each seek leaves what was buffered undelivered; that is no reason to refuse what comes. */
static void what_seeks_leave_behind_does_not_fill_the_queue(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    for (int seek = 0; seek < 200; seek++) {
        az_cue_queue_begin(queue, seek * 100 * S);
        for (int i = 0; i < 150; i++)
            add(queue, seek * 100 * S + i * 200 * MS, "a");
    }
    az_cue_queue_pass(queue, 199 * 100 * S + 1);
    expect_start(queue, "a");
    az_cue_queue_begin(queue, 0); /* back: the bytes are received again */
    assert_int_equal(add_again(queue, 0, "a", 0), AIZU_AGAIN);
    az_cue_queue_pass(queue, 1);
    expect_start(queue, "a");
    az_cue_queue_destroy(&queue);
}

static void history_stays_bounded_and_recent_copies_known(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    int64_t pts = 0;
    for (size_t i = 0; i < AZ_CUE_HISTORY_MAX + 50000; i++) {
        pts = (int64_t)i * 2 * MS;
        add(queue, pts, "a");
        az_cue_queue_pass(queue, pts + 1);
        az_cue_delivery delivery;
        assert_int_equal(az_cue_queue_take(queue, &delivery), AIZU_OK);
        az_cue_unref(&delivery.cue);
    }
    for (int64_t i = 0; i < 100000; i++)
        assert_int_equal(add_again(queue, pts - i * 2 * MS, "a", 0), AIZU_AGAIN);
    expect_nothing(queue);
    /* the beginning is forgotten: its copy is taken for a new cue */
    assert_int_equal(add_again(queue, 0, "a", 0), AIZU_OK);
    expect(queue, "a", AIZU_CUE_START, AIZU_CUE_LATE, pts + 1);
    az_cue_queue_destroy(&queue);
}

static void what_was_forgotten_takes_no_part(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(0);
    assert_int_equal(add_range(queue, S, 100 * S, "range"), AIZU_OK);
    add(queue, 2 * S, "a");
    add(queue, 20 * S, "b");
    az_cue_queue_pass(queue, 5 * S);
    expect_start(queue, "range");
    expect_start(queue, "a");
    az_cue_queue_forget(queue, 10 * S);
    az_cue_queue_forget(queue, 100 * S); /* what is to come stays */
    az_cue_queue_pass(queue, 200 * S);
    expect_start(queue, "b");
    expect(queue, "range", AIZU_CUE_END, 0, 0); /* so does an open range */
    expect_nothing(queue);
    az_cue_queue_destroy(&queue);
}

static void times_at_the_ends_of_the_scale_are_survived(void **state)
{
    (void)state;
    az_cue_queue *queue = queue_at(INT64_MIN);
    add(queue, INT64_MAX, "never");
    add(queue, INT64_MIN, "first");
    assert_int_equal(add_range(queue, INT64_MAX - 5, 10, "long"), AIZU_OK);
    az_cue_queue_pass(queue, 0);
    expect_start(queue, "first");
    az_cue_queue_begin(queue, INT64_MAX);
    az_cue_queue_pass(queue, INT64_MAX);
    az_cue_queue_finish(queue, INT64_MAX);
    az_cue_queue_begin(queue, INT64_MIN);
    az_cue_queue_destroy(&queue);
}

/* ---- the contract once more, as a naive model ---- */

#define MODEL_CUES   160
#define MODEL_EVENTS 4096

typedef struct model_cue {
    int64_t pts, end;
    char text[16];
    uint32_t ordinal;
    uint64_t id; /* 0: never received */
    bool is_held, is_active, is_joining;
    int passing; /* last one in which it was delivered */
} model_cue;

typedef struct model_event {
    uint64_t id;
    aizu_cue_phase phase;
    unsigned flags;
    int64_t late_by, duration;
} model_event;

typedef struct model {
    model_cue cues[MODEL_CUES];
    int64_t floor, cursor;
    int passing;
    uint64_t id_last;
    struct {
        int64_t from, to;
    } jumps[8];
    size_t jump_count;
    model_event events[MODEL_EVENTS];
    size_t event_count;
} model;

static void model_emit(model *m, const model_cue *c, aizu_cue_phase phase, unsigned flags, int64_t late_by)
{
    assert_true(m->event_count < MODEL_EVENTS);
    int64_t duration = c->end == AZ_NEVER ? AIZU_NO_TIME : c->end - c->pts;
    m->events[m->event_count++] = (model_event){c->id, phase, flags, late_by, duration};
}

static void model_start(model *m, model_cue *c, unsigned flags, int64_t late_by)
{
    model_emit(m, c, AIZU_CUE_START, flags | (c->passing ? (unsigned)AIZU_CUE_REPLAY : 0u), late_by);
    c->passing = m->passing;
    c->is_joining = false;
    c->is_active = c->end > c->pts;
    c->is_held = c->is_active;
}

static void model_end(model *m, model_cue *c, unsigned flags)
{
    model_emit(m, c, AIZU_CUE_END, flags, 0);
    c->is_active = false;
    c->is_held = c->end > c->pts; /* a range's payload stays */
}

/* A range's end is learned, moved, or (AZ_NEVER) unknown again. */
static void model_close(model *m, model_cue *c, int64_t end)
{
    c->end = end;
    if (!c->is_active && c->passing != m->passing && c->pts < m->floor)
        c->is_joining = c->is_held && end > m->cursor;
}

static void model_add(model *m, model_cue *c)
{
    if (c->is_held || (c->passing == m->passing && c->id))
        return;
    if (!c->id)
        c->id = ++m->id_last;
    c->is_held = true;
    if (c->pts >= m->cursor)
        return;
    if (c->pts >= m->floor) {
        unsigned flags = AIZU_CUE_LATE;
        for (size_t i = 0; i < m->jump_count; i++)
            if (m->jumps[i].from <= c->pts && c->pts < m->jumps[i].to)
                flags |= AIZU_CUE_SKIPPED;
        model_start(m, c, flags, m->cursor - c->pts);
    } else if (c->end > m->floor) {
        c->is_joining = true;
    } else {
        c->is_held = c->end > c->pts;
    }
}

/* The next thing before `pts`: what joins, then by time, ends before starts, then in order of start and id.
 */
static model_cue *model_next(model *m, int64_t pts, bool *is_end)
{
    model_cue *best = NULL;
    int64_t best_time = 0;
    int best_kind = 3;
    for (size_t i = 0; i < MODEL_CUES; i++) {
        model_cue *c = &m->cues[i];
        bool is_start = c->is_held && !c->is_active && c->passing != m->passing && c->pts >= m->cursor;
        int kind = c->is_joining ? 0 : c->is_active ? 1 : is_start ? 2 : 3;
        int64_t time = kind == 0 ? INT64_MIN : kind == 1 ? c->end : c->pts;
        if (kind == 3 || time >= pts)
            continue;
        bool is_before = !best || time < best_time || (time == best_time && kind < best_kind) ||
                         (time == best_time && kind == best_kind &&
                          (c->pts < best->pts || (c->pts == best->pts && c->id < best->id)));
        if (is_before) {
            best = c;
            best_time = time;
            best_kind = kind;
        }
    }
    *is_end = best_kind == 1;
    return best;
}

static void model_advance(model *m, int64_t pts, unsigned flags)
{
    bool is_end;
    model_cue *c;
    while ((c = model_next(m, pts, &is_end)) != NULL) {
        if (is_end)
            model_end(m, c, flags);
        else
            model_start(m, c, flags, 0);
    }
}

static void model_pass(model *m, int64_t pts)
{
    if (pts <= m->cursor)
        return;
    model_advance(m, pts, 0);
    m->cursor = pts;
}

static void model_jump(model *m, int64_t pts)
{
    if (pts <= m->cursor)
        return;
    m->jumps[m->jump_count].from = m->cursor;
    m->jumps[m->jump_count++].to = pts;
    model_advance(m, pts, AIZU_CUE_SKIPPED);
    m->cursor = pts;
}

static int by_start_and_id(const void *a, const void *b)
{
    const model_cue *x = *(model_cue *const *)a;
    const model_cue *y = *(model_cue *const *)b;
    if (x->pts != y->pts)
        return x->pts < y->pts ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void model_begin(model *m, int64_t pts)
{
    model_cue *order[MODEL_CUES];
    for (size_t i = 0; i < MODEL_CUES; i++)
        order[i] = &m->cues[i];
    qsort(order, MODEL_CUES, sizeof(order[0]), by_start_and_id);
    for (size_t i = 0; i < MODEL_CUES; i++) {
        model_cue *c = order[i];
        bool is_inside = c->pts < pts && pts < c->end;
        if (c->is_active && !is_inside)
            model_end(m, c, AIZU_CUE_SKIPPED);
        else if (c->is_active)
            c->passing = m->passing + 1;
        c->is_joining = !c->is_active && is_inside && c->is_held;
    }
    m->passing++;
    m->floor = m->cursor = pts;
    m->jump_count = 0;
}

static void model_compare(model *m, az_cue_queue *queue, uint64_t seed, int step)
{
    for (size_t i = 0; i < m->event_count; i++) {
        const model_event *want = &m->events[i];
        az_cue_delivery got;
        if (az_cue_queue_take(queue, &got) != AIZU_OK)
            fail_msg("seed %d step %d: cue %d does not come", (int)seed, step, (int)want->id);
        uint64_t id = az_cue_public(got.cue)->id;
        assert_int_equal(az_cue_public(got.cue)->duration, want->duration);
        az_cue_unref(&got.cue);
        if (id != want->id || got.phase != want->phase || got.flags != want->flags ||
            got.late_by != want->late_by)
            fail_msg("seed %d step %d: cue %d phase %d flags %u, not cue %d phase %d flags %u", (int)seed,
                     step, (int)id, (int)got.phase, got.flags, (int)want->id, (int)want->phase, want->flags);
    }
    m->event_count = 0;
    expect_nothing(queue);
}

static void model_compare_next(model *m, const az_cue_queue *queue)
{
    bool is_end;
    const model_cue *c = model_next(m, INT64_MAX, &is_end);
    int64_t want = !c ? AZ_NEVER : c->is_joining ? m->cursor : is_end ? AZ_MAX(c->end, m->cursor) : c->pts;
    if (!c)
        for (size_t i = 0; i < MODEL_CUES; i++)
            assert_false(m->cues[i].is_active && m->cues[i].end != AZ_NEVER);
    assert_int_equal(az_cue_queue_next(queue), want);
    az_cue *cues[MODEL_CUES];
    int64_t begin = az_add_sat(m->cursor, -S), end = az_add_sat(m->cursor, 5 * S);
    size_t count = az_cue_queue_between(queue, begin, end, cues, MODEL_CUES);
    size_t wanted = 0;
    for (size_t i = 0; i < MODEL_CUES; i++)
        wanted += m->cues[i].is_joining ||
                  (m->cues[i].is_held && !m->cues[i].is_active && m->cues[i].passing != m->passing &&
                   m->cues[i].pts >= m->cursor && m->cues[i].pts < end);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++)
        az_cue_unref(&cues[i]);
}

/* Cues within 100 s: many at the same time, some authored twice, a third of them ranges, a few without end.
 */
static void model_author(model *m, az_random *r)
{
    *m = (model){.floor = INT64_MIN, .cursor = INT64_MIN, .passing = 1};
    for (uint32_t i = 0; i < MODEL_CUES; i++) {
        model_cue *c = &m->cues[i];
        c->pts = az_random_range(r, 0, 100) * S + az_random_range(r, 0, 1) * 300 * MS;
        c->end = c->pts;
        if (az_random_chance(r, 333333))
            c->end += az_random_range(r, 1, 40) * S;
        if (az_random_chance(r, 20000))
            c->end = AZ_NEVER;
        snprintf(c->text, sizeof(c->text), "%u", i % 2 ? i : i / 20);
        for (uint32_t k = 0; k < i; k++)
            c->ordinal += m->cues[k].pts == c->pts && strcmp(m->cues[k].text, c->text) == 0;
    }
}

static void model_step(model *m, az_cue_queue *queue, az_random *r)
{
    int64_t near = m->cursor == INT64_MIN ? 0 : m->cursor;
    uint64_t dice = az_random_below(r, 100);
    if (dice < 6) {
        model_cue *c = &m->cues[az_random_below(r, MODEL_CUES)];
        az_cue_info info = cue(c->pts, 0, c->text);
        int64_t end = c->pts + az_random_range(r, 0, 40) * S;
        aizu_result want = c->id && end != c->end ? AIZU_OK : AIZU_AGAIN;
        assert_int_equal(az_cue_queue_close(queue, &info, c->ordinal, end), want);
        if (want == AIZU_OK)
            model_close(m, c, end);
    } else if (dice < 60) {
        model_cue *c = &m->cues[az_random_below(r, MODEL_CUES)];
        if (az_random_chance(r, 20000) && !(c->id && c->passing == m->passing && !c->is_active))
            model_close(m, c, AZ_NEVER);
        az_cue_info info = cue(c->pts, c->end == AZ_NEVER ? AIZU_NO_TIME : c->end - c->pts, c->text);
        aizu_result want = c->id ? AIZU_AGAIN : AIZU_OK;
        assert_int_equal(az_cue_queue_add(queue, &info, c->ordinal), want);
        model_add(m, c);
    } else if (dice < 90) {
        int64_t pts = near + az_random_range(r, -1, 6) * S / (int64_t)(1 + az_random_below(r, 5));
        az_cue_queue_pass(queue, pts);
        model_pass(m, pts);
    } else if (dice < 94 && m->jump_count < 8) {
        int64_t pts = near + az_random_range(r, -1, 15) * S;
        az_cue_queue_jump(queue, pts);
        model_jump(m, pts);
    } else if (dice < 99) {
        int64_t pts = az_random_range(r, -2, 105) * S + az_random_range(r, 0, 1) * 300 * MS;
        az_cue_queue_begin(queue, pts);
        model_begin(m, pts);
    } else {
        int64_t end = near + az_random_range(r, 0, 20) * S;
        az_cue_queue_finish(queue, end);
        model_pass(m, end);
        model_advance(m, INT64_MAX, AIZU_CUE_SKIPPED);
        m->cursor = AZ_MAX(m->cursor, end);
    }
}

static void the_queue_does_what_the_contract_says_whatever_happens(void **state)
{
    (void)state;
    static model m;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        az_random r;
        az_random_init(&r, seed);
        model_author(&m, &r);
        az_cue_queue *queue = az_cue_queue_create(false);
        for (int step = 0; step < 1000; step++) {
            model_step(&m, queue, &r);
            model_compare(&m, queue, seed, step);
            if (step % 4 == 0)
                model_compare_next(&m, queue);
        }
        az_cue_queue_destroy(&queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cue_comes_when_the_playhead_is_past_it),
        cmocka_unit_test(copies_collapse_whenever_they_come),
        cmocka_unit_test(what_was_authored_twice_comes_twice),
        cmocka_unit_test(a_copy_has_the_same_time_and_identity),
        cmocka_unit_test(cues_come_in_order_of_time_with_ties_as_they_arrived),
        cmocka_unit_test(going_back_by_passing_is_ignored),
        cmocka_unit_test(a_late_cue_comes_at_once_and_says_how_late),
        cmocka_unit_test(what_was_before_the_beginning_does_not_come),
        cmocka_unit_test(what_a_jump_leaves_out_comes_flagged),
        cmocka_unit_test(what_arrives_after_its_jump_is_late_and_skipped),
        cmocka_unit_test(a_seek_forgets_jumps),
        cmocka_unit_test(the_end_gives_out_what_is_left),
        cmocka_unit_test(early_notice_comes_once),
        cmocka_unit_test(an_early_notice_comes_before_a_late_delivery),
        cmocka_unit_test(a_range_enters_and_leaves),
        cmocka_unit_test(ends_and_starts_come_in_order_ends_first),
        cmocka_unit_test(joining_inside_a_range_enters_it),
        cmocka_unit_test(seeking_inside_a_range_that_was_not_reached_enters_it),
        cmocka_unit_test(leaving_a_range_by_a_seek_ends_it),
        cmocka_unit_test(a_seek_within_a_range_stays_inside),
        cmocka_unit_test(a_seek_to_the_very_start_of_a_range_enters_it_anew),
        cmocka_unit_test(a_range_that_a_jump_leaves_out_enters_and_leaves_flagged),
        cmocka_unit_test(a_late_range_enters_and_leaves),
        cmocka_unit_test(a_range_without_an_end_stays_until_a_seek_leaves_it),
        cmocka_unit_test(between_gives_the_cues_of_a_frame_and_changes_nothing),
        cmocka_unit_test(the_first_frame_carries_the_range_that_it_joins),
        cmocka_unit_test(next_is_the_time_of_what_comes_next),
        cmocka_unit_test(a_seek_back_replays_with_the_same_id),
        cmocka_unit_test(what_a_seek_left_out_is_no_replay_later),
        cmocka_unit_test(a_replay_may_be_late_and_skipped),
        cmocka_unit_test(clearing_forgets_everything),
        cmocka_unit_test(a_payload_past_the_limit_is_refused),
        cmocka_unit_test(a_second_holds_so_many_cues),
        cmocka_unit_test(so_many_cues_may_wait),
        cmocka_unit_test(what_seeks_leave_behind_does_not_fill_the_queue),
        cmocka_unit_test(history_stays_bounded_and_recent_copies_known),
        cmocka_unit_test(what_was_forgotten_takes_no_part),
        cmocka_unit_test(times_at_the_ends_of_the_scale_are_survived),
        cmocka_unit_test(the_queue_does_what_the_contract_says_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
