/*
 * The channel's rate limit: never more than the rate in any one second, and no less than it over time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limit.h"

#define MS INT64_C(1000000)

static void a_burst_passes_up_to_the_rate(void **state)
{
    (void)state;
    ch_limit limit;
    ch_limit_init(&limit, 5);
    for (int i = 0; i < 5; i++)
        assert_true(ch_limit_take(&limit, i * MS));
    assert_false(ch_limit_take(&limit, 5 * MS));
    assert_false(ch_limit_take(&limit, 999 * MS));
    assert_true(ch_limit_take(&limit, 1000 * MS)); /* the first of the burst is a second old */
    assert_false(ch_limit_take(&limit, 1000 * MS));
    assert_true(ch_limit_take(&limit, 1001 * MS));
}

static void no_second_holds_more_than_the_rate(void **state)
{
    (void)state;
    enum {
        TRIES = 5000,
        STEP_MS = 7,
        RATE = 5
    };
    static int64_t taken[TRIES];
    ch_limit limit;
    int count = 0;
    ch_limit_init(&limit, RATE);
    for (int i = 0; i < TRIES; i++) {
        if (ch_limit_take(&limit, i * STEP_MS * MS))
            taken[count++] = i * STEP_MS * MS;
    }
    for (int i = RATE; i < count; i++)
        assert_true(taken[i] - taken[i - RATE] >= 1000 * MS);
    assert_in_range(count, TRIES * STEP_MS / 1000 * RATE - 2 * RATE, TRIES * STEP_MS / 1000 * RATE + RATE);
}

static void refused_ones_do_not_count(void **state)
{
    (void)state;
    ch_limit limit;
    ch_limit_init(&limit, 1);
    assert_true(ch_limit_take(&limit, 0));
    for (int i = 1; i < 1000; i++)
        assert_false(ch_limit_take(&limit, i * MS));
    assert_true(ch_limit_take(&limit, 1000 * MS));
}

static void rate_zero_means_no_limit(void **state)
{
    (void)state;
    ch_limit limit;
    ch_limit_init(&limit, 0);
    for (int i = 0; i < 5000; i++)
        assert_true(ch_limit_take(&limit, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_up_to_the_rate),
        cmocka_unit_test(no_second_holds_more_than_the_rate),
        cmocka_unit_test(refused_ones_do_not_count),
        cmocka_unit_test(rate_zero_means_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
