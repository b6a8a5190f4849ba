/*
 * player/base/random.h: the same numbers everywhere, and the edges of ranges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

static void the_generator_is_xoshiro256_starstar(void **state)
{
    (void)state;
    /* from state 1, 2, 3, 4, worked out by the published algorithm */
    az_random r = {.state = {1, 2, 3, 4}};
    static const uint64_t expected[] = {UINT64_C(11520), UINT64_C(0), UINT64_C(1509978240),
                                        UINT64_C(1215971899390074240)};
    for (size_t i = 0; i < AZ_COUNT(expected); i++)
        assert_true(az_random_u64(&r) == expected[i]);
}

static void one_seed_gives_one_sequence(void **state)
{
    (void)state;
    az_random a, b, c;
    az_random_init(&a, 42);
    az_random_init(&b, 42);
    az_random_init(&c, 43);
    bool differs = false;
    for (int i = 0; i < 1000; i++) {
        uint64_t value = az_random_u64(&a);
        assert_true(value == az_random_u64(&b));
        differs |= value != az_random_u64(&c);
    }
    assert_true(differs);
}

static void seed_zero_is_a_seed(void **state)
{
    (void)state;
    az_random r;
    az_random_init(&r, 0);
    assert_true(r.state[0] == UINT64_C(0xe220a8397b1dcdaf)); /* splitmix64's first number from 0 */
    assert_true(az_random_u64(&r) != 0);
}

static void below_reaches_every_value_and_no_other(void **state)
{
    (void)state;
    az_random r;
    az_random_init(&r, 1);
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint64_t value = az_random_below(&r, 7);
        assert_true(value < 7);
        seen[value]++;
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(seen[i] > 800 && seen[i] < 1200);
    assert_true(az_random_below(&r, 1) == 0);
    for (int i = 0; i < 100; i++)
        assert_true(az_random_below(&r, UINT64_MAX) < UINT64_MAX);
}

static void ranges_include_both_ends(void **state)
{
    (void)state;
    az_random r;
    az_random_init(&r, 1);
    bool low = false, high = false;
    for (int i = 0; i < 200; i++) {
        int64_t value = az_random_range(&r, -2, 2);
        assert_true(value >= -2 && value <= 2);
        low |= value == -2;
        high |= value == 2;
    }
    assert_true(low && high);
    assert_int_equal(az_random_range(&r, 5, 5), 5);
    assert_int_equal(az_random_range(&r, INT64_MAX, INT64_MAX), INT64_MAX);
    assert_int_equal(az_random_range(&r, INT64_MIN, INT64_MIN), INT64_MIN);
}

static void the_widest_range_has_both_signs(void **state)
{
    (void)state;
    az_random r;
    az_random_init(&r, 1);
    bool negative = false, positive = false;
    for (int i = 0; i < 100; i++) {
        int64_t value = az_random_range(&r, INT64_MIN, INT64_MAX);
        negative |= value < 0;
        positive |= value > 0;
        assert_true(az_random_range(&r, INT64_MIN, 0) <= 0);
    }
    assert_true(negative && positive);
}

static void chance_is_never_always_and_between(void **state)
{
    (void)state;
    az_random r;
    az_random_init(&r, 1);
    int hits = 0;
    for (int i = 0; i < 10000; i++) {
        assert_false(az_random_chance(&r, 0));
        assert_true(az_random_chance(&r, 1000000));
        hits += az_random_chance(&r, 250000);
    }
    assert_true(hits > 2300 && hits < 2700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_is_xoshiro256_starstar),
        cmocka_unit_test(one_seed_gives_one_sequence),
        cmocka_unit_test(seed_zero_is_a_seed),
        cmocka_unit_test(below_reaches_every_value_and_no_other),
        cmocka_unit_test(ranges_include_both_ends),
        cmocka_unit_test(the_widest_range_has_both_signs),
        cmocka_unit_test(chance_is_never_always_and_between),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
