/*
 * player/base/arena.h: alignment, zeroing, limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    az_arena arena;
    az_arena_init(&arena, 0);
    uint8_t *last = NULL;
    for (size_t size = 1; size < 3000; size += 7) {
        uint8_t *p = az_arena_alloc(&arena, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size); /* the next one must still be zero */
        assert_ptr_not_equal(p, last);
        last = p;
    }
    az_arena_deinit(&arena);
}

static void allocations_larger_than_a_block_work(void **state)
{
    (void)state;
    az_arena arena;
    az_arena_init(&arena, 0);
    uint8_t *small = az_arena_alloc(&arena, 10);
    uint8_t *large = az_arena_alloc(&arena, (size_t)4 << 20);
    assert_non_null(small);
    assert_non_null(large);
    large[((size_t)4 << 20) - 1] = 1;
    assert_true(arena.bytes >= (size_t)4 << 20);
    az_arena_deinit(&arena);
    assert_int_equal(arena.bytes, 0);
}

static void the_limit_counts_all_that_was_taken(void **state)
{
    (void)state;
    az_arena arena;
    az_arena_init(&arena, 20000);
    size_t count = 0;
    while (az_arena_alloc(&arena, 1000))
        count++;
    assert_true(count >= 4 && count <= 20);
    assert_true(arena.bytes <= 20000);
    assert_null(az_arena_alloc(&arena, 20000));
    az_arena_deinit(&arena);
    assert_non_null(az_arena_alloc(&arena, 1000)); /* usable again */
    az_arena_deinit(&arena);
}

static void the_last_bytes_below_the_limit_can_be_had(void **state)
{
    (void)state;
    az_arena arena;
    az_arena_init(&arena, 20000);
    while (az_arena_alloc(&arena, 16))
        ;
    assert_true(arena.bytes > 20000 - 8192); /* growing blocks do not waste half of the limit */
    az_arena_deinit(&arena);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    az_arena arena;
    az_arena_init(&arena, 0);
    assert_null(az_arena_alloc(&arena, SIZE_MAX));
    assert_null(az_arena_alloc(&arena, SIZE_MAX - 32));
    assert_null(az_arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(az_arena_strdup(&arena, (az_span){NULL, SIZE_MAX}));
    assert_non_null(az_arena_alloc_array(&arena, 10, 8));
    az_arena_deinit(&arena);
}

static void nothing_can_be_allocated_too(void **state)
{
    (void)state;
    az_arena arena;
    az_arena_init(&arena, 0);
    assert_non_null(az_arena_alloc(&arena, 0));
    assert_non_null(az_arena_alloc_array(&arena, 0, 8));
    az_arena_deinit(&arena);
    az_arena_deinit(&arena);
}

static void strings_are_copied_with_a_terminator(void **state)
{
    (void)state;
    az_arena arena;
    az_arena_init(&arena, 0);
    char *first = az_arena_strdup(&arena, az_span_make("abcdef", 3));
    char *second = az_arena_strdup(&arena, az_span_str(NULL));
    assert_string_equal(first, "abc");
    assert_string_equal(second, "");
    az_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(allocations_larger_than_a_block_work),
        cmocka_unit_test(the_limit_counts_all_that_was_taken),
        cmocka_unit_test(the_last_bytes_below_the_limit_can_be_had),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(nothing_can_be_allocated_too),
        cmocka_unit_test(strings_are_copied_with_a_terminator),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
