/*
 * player/base/base.h: spans, checked and saturating arithmetic, hashing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void a_span_of_no_string_is_empty(void **state)
{
    (void)state;
    assert_int_equal(az_span_str(NULL).size, 0);
    assert_int_equal(az_span_str("").size, 0);
    assert_int_equal(az_span_str("abc").size, 3);
}

static void part_of_a_span_is_cut_to_what_is_there(void **state)
{
    (void)state;
    az_span text = az_span_str("abcdef");
    assert_true(az_span_equal_str(az_span_sub(text, 2, 3), "cde"));
    assert_true(az_span_equal_str(az_span_sub(text, 2, SIZE_MAX), "cdef"));
    assert_int_equal(az_span_sub(text, 6, 1).size, 0);
    assert_int_equal(az_span_sub(text, SIZE_MAX, SIZE_MAX).size, 0);
    assert_int_equal(az_span_sub(az_span_str(NULL), 0, 1).size, 0);
}

static void spans_compare_by_content(void **state)
{
    (void)state;
    assert_true(az_span_equal(az_span_str(NULL), az_span_str("")));
    assert_true(az_span_equal(az_span_make("a\0b", 3), az_span_make("a\0b", 3)));
    assert_false(az_span_equal(az_span_make("a\0b", 3), az_span_make("a\0c", 3)));
    assert_false(az_span_equal(az_span_str("ab"), az_span_str("abc")));
    assert_true(az_span_starts_with(az_span_str("#EXTM3U"), "#EXT"));
    assert_true(az_span_starts_with(az_span_str(NULL), ""));
    assert_false(az_span_starts_with(az_span_str("#EX"), "#EXT"));
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    size_t out = 7;
    assert_false(az_add_size(SIZE_MAX, 1, &out));
    assert_false(az_mul_size(SIZE_MAX / 2 + 1, 2, &out));
    assert_int_equal(out, 7);
    assert_true(az_add_size(SIZE_MAX - 1, 1, &out));
    assert_true(out == SIZE_MAX);
    assert_true(az_mul_size(SIZE_MAX, 0, &out));
    assert_int_equal(out, 0);
    assert_true(az_mul_size(SIZE_MAX / 3, 3, &out));
    assert_true(out == SIZE_MAX / 3 * 3);
}

static void rescale_rounds_half_away_from_zero(void **state)
{
    (void)state;
    assert_int_equal(az_rescale(1, 1, 2), 1);
    assert_int_equal(az_rescale(-1, 1, 2), -1);
    assert_int_equal(az_rescale(1, 1, 3), 0);
    assert_int_equal(az_rescale(2, 1, 3), 1);
    assert_int_equal(az_rescale(-5, 3, 10), -2);
    assert_int_equal(az_rescale(5, -3, 10), -2);
    assert_int_equal(az_rescale(-5, -3, 10), 2);
    assert_int_equal(az_rescale(0, INT64_MIN, 1), 0);
    assert_int_equal(az_rescale(INT64_MAX, 0, 1), 0);
}

static void rescale_of_ticks_is_exact(void **state)
{
    (void)state;
    assert_int_equal(az_rescale(90000, AIZU_SECOND, 90000), AIZU_SECOND);
    assert_int_equal(az_rescale(INT64_C(1) << 33, AIZU_SECOND, 90000), INT64_C(95443717688889));
    /* a year in nanoseconds and back, through a product of 107 bits */
    int64_t year = INT64_C(31536000) * AIZU_SECOND;
    int64_t ticks = az_rescale(year, 90000, AIZU_SECOND);
    assert_int_equal(ticks, INT64_C(2838240000000));
    assert_int_equal(az_rescale(ticks, AIZU_SECOND, 90000), year);
}

static void rescale_of_huge_values_neither_overflows_nor_wraps(void **state)
{
    (void)state;
    assert_int_equal(az_rescale(INT64_MAX, INT64_MAX, INT64_MAX), INT64_MAX);
    assert_int_equal(az_rescale(INT64_MIN, INT64_MAX, INT64_MAX), INT64_MIN);
    assert_int_equal(az_rescale(INT64_MAX, INT64_MAX - 1, INT64_MAX), INT64_MAX - 1);
    assert_int_equal(az_rescale(INT64_MAX, 1, 1), INT64_MAX);
    assert_int_equal(az_rescale(INT64_MIN, 1, 1), INT64_MIN);
    assert_int_equal(az_rescale(INT64_MIN, 1, 2), INT64_MIN / 2);
    assert_int_equal(az_rescale(INT64_MAX, 2, 4), INT64_C(0x4000000000000000));
    assert_int_equal(az_rescale(INT64_MAX, 3, INT64_MAX), 3);
}

static void rescale_saturates(void **state)
{
    (void)state;
    assert_int_equal(az_rescale(INT64_MAX, 2, 1), INT64_MAX);
    assert_int_equal(az_rescale(INT64_MIN, 2, 1), INT64_MIN);
    assert_int_equal(az_rescale(INT64_MIN, -1, 1), INT64_MAX);
    assert_int_equal(az_rescale(INT64_MAX, INT64_MAX, 1), INT64_MAX);
    assert_int_equal(az_rescale(INT64_MAX, INT64_MIN, 1), INT64_MIN);
    assert_int_equal(az_rescale(INT64_MIN, INT64_MIN, 1), INT64_MAX);
    assert_int_equal(az_rescale(INT64_MIN, INT64_MIN, INT64_MAX), INT64_MAX);
}

static void addition_saturates(void **state)
{
    (void)state;
    assert_int_equal(az_add_sat(1, 2), 3);
    assert_int_equal(az_add_sat(INT64_MAX, 1), INT64_MAX);
    assert_int_equal(az_add_sat(INT64_MIN, -1), INT64_MIN);
    assert_int_equal(az_add_sat(INT64_MAX, INT64_MIN), -1);
    assert_int_equal(az_add_sat(AZ_NEVER, AIZU_SECOND), AZ_NEVER);
}

static void hash_is_fnv_1a_and_chains(void **state)
{
    (void)state;
    /* the test vectors of the authors (draft-eastlake-fnv) */
    assert_true(az_hash(AZ_HASH_SEED, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(az_hash(AZ_HASH_SEED, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(az_hash(AZ_HASH_SEED, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(az_hash(az_hash(AZ_HASH_SEED, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_of_no_string_is_empty),
        cmocka_unit_test(part_of_a_span_is_cut_to_what_is_there),
        cmocka_unit_test(spans_compare_by_content),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
        cmocka_unit_test(rescale_rounds_half_away_from_zero),
        cmocka_unit_test(rescale_of_ticks_is_exact),
        cmocka_unit_test(rescale_of_huge_values_neither_overflows_nor_wraps),
        cmocka_unit_test(rescale_saturates),
        cmocka_unit_test(addition_saturates),
        cmocka_unit_test(hash_is_fnv_1a_and_chains),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
