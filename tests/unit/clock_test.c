/*
 * player/engine/clock.c: one line from presentation time to monotonic time, bent by the sound device.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/internal.h"

#define S  AIZU_SECOND
#define MS AIZU_MILLISECOND

static az_clock running(int64_t pts, int64_t time)
{
    az_clock clock = {0};
    az_clock_set(&clock, pts, time);
    az_clock_run(&clock, time);
    return clock;
}

static void a_clock_that_stands_has_no_time_for_anything(void **state)
{
    (void)state;
    az_clock clock = {0};
    az_clock_set(&clock, 5 * S, 100 * S);
    assert_int_equal(az_clock_pts(&clock, 100 * S), 5 * S);
    assert_int_equal(az_clock_pts(&clock, 200 * S), 5 * S);
    assert_int_equal(az_clock_time(&clock, 6 * S), AZ_NEVER);
}

static void a_clock_that_runs_goes_with_time(void **state)
{
    (void)state;
    az_clock clock = running(5 * S, 100 * S);
    assert_int_equal(az_clock_pts(&clock, 100 * S), 5 * S);
    assert_int_equal(az_clock_pts(&clock, 101 * S + 1), 6 * S + 1);
    assert_int_equal(az_clock_time(&clock, 6 * S), 101 * S);
    assert_int_equal(az_clock_time(&clock, 4 * S), 99 * S);
    assert_int_equal(az_clock_pts(&clock, 99 * S), 5 * S); /* not before its beginning */
}

static void it_runs_on_from_where_it_was_held(void **state)
{
    (void)state;
    az_clock clock = running(0, 0);
    az_clock_hold(&clock, 2 * S);
    assert_false(clock.is_running);
    assert_int_equal(az_clock_pts(&clock, 50 * S), 2 * S);
    az_clock_hold(&clock, 60 * S); /* twice is once */
    assert_int_equal(az_clock_pts(&clock, 70 * S), 2 * S);
    az_clock_run(&clock, 100 * S);
    assert_int_equal(az_clock_pts(&clock, 101 * S), 3 * S);
    az_clock_run(&clock, 102 * S); /* already runs */
    assert_int_equal(az_clock_pts(&clock, 102 * S), 4 * S);
}

static void small_errors_bend_and_never_jump(void **state)
{
    (void)state;
    static const int64_t errors[] = {-249 * MS, -40 * MS, -MS, 0, MS, 40 * MS, 249 * MS};
    for (size_t i = 0; i < AZ_COUNT(errors); i++) {
        az_clock clock = running(0, 0);
        int64_t before = az_clock_pts(&clock, 10 * S);
        az_clock_correct(&clock, 10 * S + errors[i], 10 * S, 10 * S);
        assert_int_equal(az_clock_pts(&clock, 10 * S), before);
        int64_t after = az_clock_pts(&clock, 11 * S) - before - S; /* what was made good in a second */
        assert_true(errors[i] == 0 ? after == 0 : (after > 0) == (errors[i] > 0));
        assert_in_range(after + 51 * MS, 0, 102 * MS);
        int64_t left = errors[i] - after;
        assert_true((left < 0 ? -left : left) <= (errors[i] < 0 ? -errors[i] : errors[i]));
    }
}

static void large_errors_step(void **state)
{
    (void)state;
    static const int64_t errors[] = {-10 * S, -251 * MS, 251 * MS, 3600 * S};
    for (size_t i = 0; i < AZ_COUNT(errors); i++) {
        az_clock clock = running(0, 0);
        az_clock_correct(&clock, 20 * S + errors[i], 20 * S, 20 * S + 5 * MS);
        assert_int_equal(az_clock_pts(&clock, 20 * S + 5 * MS), 20 * S + errors[i] + 5 * MS);
        assert_true(clock.rate == 1.0);
    }
}

static void a_clock_that_stands_is_not_corrected(void **state)
{
    (void)state;
    az_clock clock = running(0, 0);
    az_clock_hold(&clock, S);
    az_clock_correct(&clock, 9 * S, 2 * S, 2 * S);
    assert_int_equal(az_clock_pts(&clock, 3 * S), S);
    clock = running(10 * S, 10 * S);
    az_clock_correct(&clock, 9 * S, 9 * S, 11 * S); /* measured before the clock was set */
    assert_int_equal(az_clock_pts(&clock, 11 * S), 11 * S);
}

static void starting_anew_forgets_the_bend(void **state)
{
    (void)state;
    az_clock clock = running(0, 0);
    az_clock_correct(&clock, S + 200 * MS, S, S);
    az_clock_hold(&clock, 2 * S);
    int64_t held = az_clock_pts(&clock, 2 * S);
    az_clock_run(&clock, 5 * S);
    assert_int_equal(az_clock_pts(&clock, 6 * S), held + S);
}

static void a_straightened_clock_goes_on_at_the_plain_rate(void **state)
{
    (void)state;
    az_clock clock = running(0, 0);
    az_clock_correct(&clock, 10 * S + 200 * MS, 10 * S, 10 * S);
    int64_t before = az_clock_pts(&clock, 11 * S);
    az_clock_straighten(&clock, 11 * S);
    assert_int_equal(az_clock_pts(&clock, 11 * S), before);
    assert_int_equal(az_clock_pts(&clock, 12 * S), before + S);
    az_clock_hold(&clock, 12 * S);
    az_clock_straighten(&clock, 20 * S);
    assert_int_equal(az_clock_pts(&clock, 20 * S), before + S);
}

/* The pictures follow a device whose clock is off by 0.03 %, within a millisecond. */
static void it_settles_on_a_device_that_drifts(void **state)
{
    (void)state;
    az_clock clock = running(0, 0);
    for (int64_t time = 0; time <= 600 * S; time += 200 * MS) {
        int64_t heard = time + time / 10000 * 3 + 30 * MS; /* and began 30 ms off */
        if (time > 30 * S) {
            int64_t error = heard - az_clock_pts(&clock, time);
            assert_in_range(error + MS, 0, 2 * MS);
        }
        az_clock_correct(&clock, heard, time, time);
    }
}

/* What the engine waits for must be there when it wakes: a nanosecond early would mean to wake again and
 * again without time passing, more than that late would be seen. */
static void time_and_pts_are_inverse_to_the_nanosecond(void **state)
{
    (void)state;
    az_random random;
    az_random_init(&random, 7);
    for (int i = 0; i < 200000; i++) {
        int64_t pts = az_random_range(&random, -100 * S, 1000000 * S);
        int64_t time = az_random_range(&random, 0, 1000000 * S);
        az_clock clock = running(pts, time);
        if (i % 4)
            clock.rate = 1.0 + (double)az_random_range(&random, -50000, 50000) / 1e6;
        int64_t ahead = i % 3 == 0   ? az_random_range(&random, 1, 100)
                        : i % 3 == 1 ? az_random_range(&random, 1, 10 * S)
                                     : az_random_range(&random, 1, 100000 * S);
        int64_t at = az_clock_time(&clock, pts + ahead);
        assert_true(az_clock_pts(&clock, at) >= pts + ahead);
        assert_true(az_clock_pts(&clock, at) <= pts + ahead + 1);
        assert_true(az_clock_pts(&clock, at - 1) < pts + ahead);
    }
}

static void absurd_times_saturate(void **state)
{
    (void)state;
    az_clock clock = running(0, 0);
    assert_int_equal(az_clock_time(&clock, INT64_MAX), INT64_MAX);
    (void)az_clock_time(&clock, INT64_MIN);
    (void)az_clock_pts(&clock, INT64_MAX);
    clock = running(100 * S, 5 * S);
    assert_int_equal(az_clock_time(&clock, INT64_MAX), INT64_MAX - 95 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_stands_has_no_time_for_anything),
        cmocka_unit_test(a_clock_that_runs_goes_with_time),
        cmocka_unit_test(it_runs_on_from_where_it_was_held),
        cmocka_unit_test(small_errors_bend_and_never_jump),
        cmocka_unit_test(large_errors_step),
        cmocka_unit_test(a_clock_that_stands_is_not_corrected),
        cmocka_unit_test(starting_anew_forgets_the_bend),
        cmocka_unit_test(a_straightened_clock_goes_on_at_the_plain_rate),
        cmocka_unit_test(it_settles_on_a_device_that_drifts),
        cmocka_unit_test(time_and_pts_are_inverse_to_the_nanosecond),
        cmocka_unit_test(absurd_times_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
