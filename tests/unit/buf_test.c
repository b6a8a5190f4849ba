/*
 * player/base/buf.h: references, padding, foreign memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void the_padding_is_zero(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 200; capacity += 67) {
        az_buf *buf = az_buf_create(capacity);
        assert_non_null(buf);
        assert_int_equal(az_buf_capacity(buf), capacity);
        memset(az_buf_data(buf), 0xff, capacity);
        for (size_t i = 0; i < AZ_BUF_PADDING; i++)
            assert_int_equal(az_buf_data(buf)[capacity + i], 0);
        az_buf_unref(&buf);
        assert_null(buf);
    }
}

static void a_buffer_that_cannot_exist_is_refused(void **state)
{
    (void)state;
    assert_null(az_buf_create(SIZE_MAX));
    assert_null(az_buf_create(SIZE_MAX - AZ_BUF_PADDING));
}

static void count_release(void *owner)
{
    ++*(int *)owner;
}

static void foreign_memory_is_released_once_with_the_last_reference(void **state)
{
    (void)state;
    int released = 0;
    uint8_t bytes[4] = "abc";
    az_buf *first = az_buf_wrap(bytes, 3, count_release, &released);
    assert_non_null(first);
    assert_ptr_equal(az_buf_data(first), bytes);
    assert_int_equal(az_buf_capacity(first), 3);
    az_buf *second = az_buf_ref(first);
    assert_ptr_equal(first, second);
    az_buf_unref(&first);
    assert_int_equal(released, 0);
    az_buf_unref(&second);
    assert_int_equal(released, 1);
    az_buf_unref(&second);
    assert_int_equal(released, 1);
}

static void a_buffer_gives_back_what_it_does_not_need_and_keeps_its_bytes(void **state)
{
    (void)state;
    az_buf *buf = az_buf_create(10000);
    assert_non_null(buf);
    memset(az_buf_data(buf), 0xff, 10000);
    az_buf *other = az_buf_ref(buf);
    az_buf_shrink(&buf, 100);
    assert_int_equal(az_buf_capacity(buf), 10000); /* somebody else reads it */
    az_buf_unref(&other);
    az_buf_shrink(&buf, 100);
    assert_int_equal(az_buf_capacity(buf), 100);
    for (size_t i = 0; i < 100 + AZ_BUF_PADDING; i++)
        assert_int_equal(az_buf_data(buf)[i], i < 100 ? 0xff : 0);
    az_buf_unref(&buf);
}

static void static_memory_needs_no_release(void **state)
{
    (void)state;
    uint8_t bytes[1] = {1};
    az_buf *buf = az_buf_wrap(bytes, 1, NULL, NULL);
    assert_non_null(buf);
    az_buf_unref(&buf);
    assert_null(buf);
}

static void no_buffer_has_no_references(void **state)
{
    (void)state;
    az_buf *none = NULL;
    assert_null(az_buf_ref(none));
    az_buf_unref(&none);
    az_slice empty = {NULL, NULL, 0};
    az_slice other = az_slice_ref(empty);
    assert_int_equal(az_slice_span(other).size, 0);
    az_slice_unref(&other);
}

static void a_slice_keeps_its_buffer_alive(void **state)
{
    (void)state;
    int released = 0;
    uint8_t bytes[8] = "abcdefg";
    az_buf *buf = az_buf_wrap(bytes, 8, count_release, &released);
    assert_non_null(buf);
    az_slice part = az_slice_ref((az_slice){buf, az_buf_data(buf) + 2, 3});
    az_buf_unref(&buf);
    assert_int_equal(released, 0);
    assert_true(az_span_equal_str(az_slice_span(part), "cde"));
    az_slice_unref(&part);
    assert_int_equal(released, 1);
    assert_null(part.data);
    assert_int_equal(part.size, 0);
}

static void a_copied_slice_is_its_own(void **state)
{
    (void)state;
    char text[] = "text";
    az_slice copy;
    assert_true(az_slice_copy(&copy, az_span_str(text)));
    text[0] = 'x';
    assert_true(az_span_equal_str(az_slice_span(copy), "text"));
    assert_int_equal(copy.data[4], 0); /* padded */
    az_slice_unref(&copy);
    assert_true(az_slice_copy(&copy, az_span_str(NULL)));
    assert_int_equal(copy.size, 0);
    az_slice_unref(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_padding_is_zero),
        cmocka_unit_test(a_buffer_that_cannot_exist_is_refused),
        cmocka_unit_test(foreign_memory_is_released_once_with_the_last_reference),
        cmocka_unit_test(a_buffer_gives_back_what_it_does_not_need_and_keeps_its_bytes),
        cmocka_unit_test(static_memory_needs_no_release),
        cmocka_unit_test(no_buffer_has_no_references),
        cmocka_unit_test(a_slice_keeps_its_buffer_alive),
        cmocka_unit_test(a_copied_slice_is_its_own),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
