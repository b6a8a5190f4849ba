/*
 * timeline/timemap.h: media ticks to presentation time, with counters that wrap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "timeline/timemap.h"

#define S    AIZU_SECOND
#define ROLL (INT64_C(1) << 33)
#define HOUR (INT64_C(3600) * S)

static const az_timebase TS = {.timescale = 90000, .bits = 33};

static az_timemap *map_with(uint64_t domain, int64_t ticks, int64_t pts)
{
    az_timemap *map = az_timemap_create();
    assert_non_null(map);
    assert_int_equal(az_timemap_anchor(map, domain, TS, ticks, pts), AIZU_OK);
    return map;
}

static void a_domain_is_known_once_anchored(void **state)
{
    (void)state;
    az_timemap *map = az_timemap_create();
    assert_false(az_timemap_has(map, 5));
    assert_int_equal(az_timemap_anchor(map, 5, TS, 900000, 3 * S), AIZU_OK);
    assert_true(az_timemap_has(map, 5));
    assert_false(az_timemap_has(map, 4));
    assert_false(az_timemap_has(map, 6));
    az_timemap_destroy(&map);
    assert_null(map);
    az_timemap_destroy(&map);
}

static void the_anchor_stands_where_it_was_put(void **state)
{
    (void)state;
    static const int64_t ticks[] = {0, 1, 90000, 126000, ROLL / 2, ROLL - 1};
    for (size_t i = 0; i < AZ_COUNT(ticks); i++) {
        az_timemap *map = map_with(0, ticks[i], 7 * S);
        assert_int_equal(az_timemap_pts(map, 0, TS, ticks[i], 7 * S), 7 * S);
        assert_int_equal(az_timemap_pts(map, 0, TS, (ticks[i] + 90000) & (ROLL - 1), 7 * S), 8 * S);
        az_timemap_destroy(&map);
    }
}

static void a_counter_that_wraps_goes_on(void **state)
{
    (void)state;
    az_timemap *map = map_with(0, ROLL - 90000, 0);
    assert_int_equal(az_timemap_pts(map, 0, TS, ROLL - 1, 0), S - 11111);
    assert_int_equal(az_timemap_pts(map, 0, TS, 0, S), S);
    assert_int_equal(az_timemap_pts(map, 0, TS, 90000, S), 2 * S);
    az_timemap_destroy(&map);
}

static void a_timestamp_before_the_wrap_is_found_from_behind_it(void **state)
{
    (void)state;
    az_timemap *map = map_with(0, 90000, 10 * S); /* just behind the wrap */
    /* an earlier segment is loaded after a seek back, or sound that begins before the picture */
    assert_int_equal(az_timemap_pts(map, 0, TS, ROLL - 90000, 9 * S), 8 * S);
    az_timemap_destroy(&map);
}

static void a_stream_of_days_wraps_several_times(void **state)
{
    (void)state;
    az_timemap *map = map_with(0, 12345, 0);
    int64_t near = 0;
    for (int64_t k = 0; k < 4 * 24 * 3600; k += 7) { /* each 7 s of four days: three wraps */
        int64_t ticks = (12345 + k * 90000) & (ROLL - 1);
        int64_t pts = az_timemap_pts(map, 0, TS, ticks, near);
        assert_int_equal(pts, k * S);
        near = pts;
    }
    az_timemap_destroy(&map);
}

/* The whole counter is 26.5 hours: what is further away than half of it would be taken for the other side. */
static void a_place_up_to_half_the_counter_away_is_found(void **state)
{
    (void)state;
    az_timemap *map = map_with(0, 0, 0);
    int64_t thirteen = 13 * HOUR;
    int64_t ticks = 13 * INT64_C(3600) * 90000;
    assert_int_equal(az_timemap_pts(map, 0, TS, ticks, 0), thirteen);
    assert_int_equal(az_timemap_pts(map, 0, TS, ROLL - ticks, 0), -thirteen);
    /* 26 hours on: only the expectation tells it from half an hour back */
    int64_t ticks26 = 26 * INT64_C(3600) * 90000;
    assert_int_equal(az_timemap_pts(map, 0, TS, ticks26, 26 * HOUR), 26 * HOUR);
    assert_int_equal(az_timemap_pts(map, 0, TS, ticks26, 20 * HOUR), 26 * HOUR);
    assert_true(az_timemap_pts(map, 0, TS, ticks26, 0) < 0);
    az_timemap_destroy(&map);
}

/* 29.97 frames a second: no frame is a whole number of milliseconds. From the absolute tick each is right to
 * the nanosecond; adding up rounded durations would be off by a frame within hours. */
static void times_do_not_drift(void **state)
{
    (void)state;
    int64_t first = 1234567;
    az_timemap *map = map_with(0, first, 0);
    int64_t near = 0;
    int64_t last = -1;
    for (int64_t frame = 0; frame < 30 * 3600 * 30; frame += 11) {
        int64_t ticks = frame * 3003;
        int64_t pts = az_timemap_pts(map, 0, TS, (first + ticks) & (ROLL - 1), near);
        int64_t exact = az_rescale(ticks, S, 90000);
        assert_in_range(pts - exact + 1, 0, 2);
        assert_true(pts > last);
        near = last = pts;
    }
    az_timemap_destroy(&map);
}

static void the_expectation_may_be_wrong_by_hours(void **state)
{
    (void)state;
    az_random random;
    az_random_init(&random, 1);
    for (int i = 0; i < 20000; i++) {
        int64_t anchor = az_random_range(&random, 0, ROLL - 1);
        int64_t pts0 = az_random_range(&random, -HOUR, 100 * HOUR);
        int64_t at = az_random_range(&random, -200 * 3600, 200 * 3600); /* seconds from the anchor */
        az_timemap *map = map_with(9, anchor, pts0);
        int64_t near = pts0 + at * S + az_random_range(&random, -12 * HOUR, 12 * HOUR);
        int64_t pts = az_timemap_pts(map, 9, TS, (anchor + at * 90000) & (ROLL - 1), near);
        assert_in_range(pts - (pts0 + at * S) + 1, 0, 2);
        az_timemap_destroy(&map);
    }
}

static void domains_have_places_of_their_own(void **state)
{
    (void)state;
    az_timemap *map = map_with(3, 90000, 0);
    assert_int_equal(az_timemap_anchor(map, 1, TS, 5 * 90000, 100 * S), AIZU_OK);
    assert_int_equal(az_timemap_anchor(map, 2, TS, 0, 50 * S), AIZU_OK);
    assert_int_equal(az_timemap_pts(map, 3, TS, 180000, 0), S);
    assert_int_equal(az_timemap_pts(map, 1, TS, 6 * 90000, 100 * S), 101 * S);
    assert_int_equal(az_timemap_pts(map, 2, TS, 90000, 50 * S), 51 * S);
    az_timemap_destroy(&map);
}

static void anchoring_again_replaces(void **state)
{
    (void)state;
    az_timemap *map = map_with(3, 90000, 0);
    assert_int_equal(az_timemap_anchor(map, 3, TS, 90000, 20 * S), AIZU_OK);
    assert_int_equal(az_timemap_pts(map, 3, TS, 90000, 20 * S), 20 * S);
    az_timemap_destroy(&map);
}

static void past_the_limit_the_domain_anchored_longest_ago_is_forgotten(void **state)
{
    (void)state;
    az_timemap *map = az_timemap_create();
    for (uint64_t d = 0; d < AZ_TIMEMAP_DOMAINS_MAX; d++)
        assert_int_equal(az_timemap_anchor(map, d % 2 ? 6000 - d : 1000 + d, TS, (int64_t)d, 0), AIZU_OK);
    assert_true(az_timemap_has(map, 1000));
    assert_int_equal(az_timemap_anchor(map, 1000, TS, 0, S), AIZU_OK); /* again: no longer the oldest */
    assert_int_equal(az_timemap_anchor(map, 99999, TS, 0, 0), AIZU_OK);
    assert_true(az_timemap_has(map, 1000));
    assert_false(az_timemap_has(map, 5999)); /* the second one */
    assert_true(az_timemap_has(map, 1002));  /* the third one */
    assert_true(az_timemap_has(map, 99999));
    assert_int_equal(az_timemap_pts(map, 1000, TS, 90000, S), 2 * S);
    az_timemap_destroy(&map);
}

static void domains_without_end_stay_bounded(void **state)
{
    (void)state;
    az_timemap *map = az_timemap_create();
    for (uint64_t d = 0; d < 20000; d++)
        assert_int_equal(az_timemap_anchor(map, d, TS, 0, (int64_t)d * S), AIZU_OK);
    size_t known = 0;
    for (uint64_t d = 0; d < 20000; d++)
        known += az_timemap_has(map, d);
    assert_int_equal(known, AZ_TIMEMAP_DOMAINS_MAX);
    assert_true(az_timemap_has(map, 19999));
    az_timemap_destroy(&map);
}

static void other_timebases_work_too(void **state)
{
    (void)state;
    static const az_timebase bases[] = {{48000, 0},    {44100, 0}, {1000, 0},
                                        {10000000, 0}, {1, 0},     {90000, 32}};
    for (size_t i = 0; i < AZ_COUNT(bases); i++) {
        az_timemap *map = az_timemap_create();
        int64_t scale = bases[i].timescale;
        assert_int_equal(az_timemap_anchor(map, 0, bases[i], 1000 * scale, 5 * S), AIZU_OK);
        assert_int_equal(az_timemap_pts(map, 0, bases[i], 1060 * scale, 5 * S), 65 * S);
        assert_int_equal(az_timemap_pts(map, 0, bases[i], 990 * scale, 5 * S), -5 * S);
        az_timemap_destroy(&map);
    }
}

/* A counter that does not wrap is believed, wherever it was expected. */
static void a_counter_without_a_width_does_not_wrap(void **state)
{
    (void)state;
    az_timebase base = {.timescale = 1000, .bits = 0};
    az_timemap *map = az_timemap_create();
    assert_int_equal(az_timemap_anchor(map, 0, base, 0, 0), AIZU_OK);
    int64_t year = INT64_C(365) * 24 * 3600;
    assert_int_equal(az_timemap_pts(map, 0, base, year * 1000, 0), year * S);
    az_timemap_destroy(&map);
}

static void absurd_ticks_saturate(void **state)
{
    (void)state;
    az_timebase base = {.timescale = 1, .bits = 0};
    az_timemap *map = az_timemap_create();
    assert_int_equal(az_timemap_anchor(map, 0, base, INT64_MAX, 0), AIZU_OK);
    (void)az_timemap_pts(map, 0, base, INT64_MIN, INT64_MAX);
    assert_int_equal(az_timemap_anchor(map, 0, TS, INT64_MIN + 1, INT64_MAX), AIZU_OK);
    (void)az_timemap_pts(map, 0, TS, INT64_MAX, INT64_MIN + 1);
    az_timemap_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_known_once_anchored),
        cmocka_unit_test(the_anchor_stands_where_it_was_put),
        cmocka_unit_test(a_counter_that_wraps_goes_on),
        cmocka_unit_test(a_timestamp_before_the_wrap_is_found_from_behind_it),
        cmocka_unit_test(a_stream_of_days_wraps_several_times),
        cmocka_unit_test(a_place_up_to_half_the_counter_away_is_found),
        cmocka_unit_test(times_do_not_drift),
        cmocka_unit_test(the_expectation_may_be_wrong_by_hours),
        cmocka_unit_test(domains_have_places_of_their_own),
        cmocka_unit_test(anchoring_again_replaces),
        cmocka_unit_test(past_the_limit_the_domain_anchored_longest_ago_is_forgotten),
        cmocka_unit_test(domains_without_end_stay_bounded),
        cmocka_unit_test(other_timebases_work_too),
        cmocka_unit_test(a_counter_without_a_width_does_not_wrap),
        cmocka_unit_test(absurd_ticks_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
