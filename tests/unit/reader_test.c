/*
 * player/base/reader.h: bytes and bits, and the sticky error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"

static void fields_are_big_endian(void **state)
{
    (void)state;
    az_reader r;
    az_reader_init(&r, az_span_make("\1\2\3\4\5\6\7\x08\x09\x0a\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", 18));
    assert_int_equal(az_reader_u8(&r), 0x01);
    assert_int_equal(az_reader_u16(&r), 0x0203);
    assert_int_equal(az_reader_u24(&r), 0x040506);
    assert_int_equal(az_reader_u32(&r), 0x0708090a);
    assert_true(az_reader_u64(&r) == UINT64_C(0xfffefdfcfbfaf9f8));
    assert_int_equal(az_reader_left(&r), 0);
    assert_false(r.failed);
}

static void the_first_read_past_the_end_sticks(void **state)
{
    (void)state;
    az_reader r;
    az_reader_init(&r, az_span_make("\1\2\3", 3));
    assert_int_equal(az_reader_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(az_reader_u8(&r), 0); /* there is one, but the structure is broken */
    assert_int_equal(az_reader_left(&r), 0);
    assert_int_equal(az_reader_bytes(&r, 0).size, 0);
    assert_true(r.failed);
}

static void bytes_and_skips_stay_inside(void **state)
{
    (void)state;
    az_reader r;
    az_reader_init(&r, az_span_str("abcdef"));
    az_reader_skip(&r, 1);
    assert_true(az_span_equal_str(az_reader_bytes(&r, 3), "bcd"));
    assert_int_equal(az_reader_left(&r), 2);
    assert_int_equal(az_reader_bytes(&r, SIZE_MAX).size, 0);
    assert_true(r.failed);
    az_reader_init(&r, az_span_str("ab"));
    az_reader_skip(&r, 2);
    assert_false(r.failed);
    assert_int_equal(az_reader_bytes(&r, 0).size, 0);
    assert_false(r.failed);
    az_reader_skip(&r, SIZE_MAX);
    assert_true(r.failed);
}

static void an_empty_span_can_be_read(void **state)
{
    (void)state;
    az_reader r;
    az_reader_init(&r, (az_span){NULL, 0});
    assert_int_equal(az_reader_left(&r), 0);
    assert_int_equal(az_reader_u8(&r), 0);
    assert_true(r.failed);
    az_bits b;
    az_bits_init(&b, (az_span){NULL, 0});
    assert_int_equal(az_bits_u(&b, 0), 0);
    assert_false(b.failed);
    assert_false(az_bits_flag(&b));
    assert_true(b.failed);
}

static void bits_come_most_significant_first(void **state)
{
    (void)state;
    az_bits b;
    az_bits_init(&b, az_span_make("\xa5\x0f\xff\x00\x12\x34\x56\x78\x9a\xbc", 10));
    assert_int_equal(az_bits_left(&b), 80);
    assert_true(az_bits_flag(&b));
    assert_int_equal(az_bits_u(&b, 3), 2);
    assert_int_equal(az_bits_u(&b, 6), 0x14); /* over a byte boundary */
    az_bits_skip(&b, 2);
    assert_int_equal(az_bits_u(&b, 12), 0xfff);
    assert_int_equal(az_bits_u(&b, 32), 0x00123456);
    assert_int_equal(az_bits_u(&b, 0), 0);
    assert_int_equal(az_bits_left(&b), 24);
    assert_false(b.failed);
}

static void wide_bit_fields_are_whole(void **state)
{
    (void)state;
    az_bits b;
    az_bits_init(&b, az_span_make("\x80\x01\x02\x03\x04\x05\x06\x07\xff", 9));
    az_bits_skip(&b, 4);
    assert_true(az_bits_u64(&b, 64) == UINT64_C(0x001020304050607f));
    assert_int_equal(az_bits_u64(&b, 4), 0xf);
    assert_false(b.failed);
}

static void bits_past_the_end_stick(void **state)
{
    (void)state;
    az_bits b;
    az_bits_init(&b, az_span_make("\xff", 1));
    assert_int_equal(az_bits_u(&b, 9), 0);
    assert_true(b.failed);
    assert_int_equal(az_bits_u(&b, 1), 0);
    assert_int_equal(az_bits_left(&b), 0);
    az_bits_init(&b, az_span_make("\xff", 1));
    az_bits_skip(&b, SIZE_MAX);
    assert_true(b.failed);
}

static void exp_golomb_codes_follow_the_table(void **state)
{
    (void)state;
    /* H.264 table 9-2: 1, 010, 011, 00100, 00101, then 0001000 */
    az_bits b;
    az_bits_init(&b, az_span_make("\xa6\x42\x88\x00", 4));
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(az_bits_ue(&b), i);
    az_bits_init(&b, az_span_make("\xa6\x42\x88\x00", 4));
    static const int32_t values[] = {0, 1, -1, 2, -2};
    for (size_t i = 0; i < AZ_COUNT(values); i++)
        assert_int_equal(az_bits_se(&b), values[i]);
}

static void the_widest_exp_golomb_codes_fit(void **state)
{
    (void)state;
    az_bits b;
    az_span largest = az_span_make("\x00\x00\x00\x01\xff\xff\xff\xfe", 8); /* 31 zeros, 1, 31 ones */
    az_bits_init(&b, largest);
    assert_true(az_bits_ue(&b) == UINT32_C(4294967294));
    assert_false(b.failed);
    az_bits_init(&b, largest);
    assert_int_equal(az_bits_se(&b), -2147483647);
    az_bits_init(&b, az_span_make("\x00\x00\x00\x00\xff\xff\xff\xff\xff", 9));
    assert_int_equal(az_bits_ue(&b), 0);
    assert_true(b.failed);
    az_bits_init(&b, az_span_make("\x00\x00", 2));
    assert_int_equal(az_bits_ue(&b), 0);
    assert_true(b.failed);
    az_bits_init(&b, az_span_make("\x02", 1)); /* six zeros, one, and only one bit of six */
    assert_int_equal(az_bits_ue(&b), 0);
    assert_true(b.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_big_endian),
        cmocka_unit_test(the_first_read_past_the_end_sticks),
        cmocka_unit_test(bytes_and_skips_stay_inside),
        cmocka_unit_test(an_empty_span_can_be_read),
        cmocka_unit_test(bits_come_most_significant_first),
        cmocka_unit_test(wide_bit_fields_are_whole),
        cmocka_unit_test(bits_past_the_end_stick),
        cmocka_unit_test(exp_golomb_codes_follow_the_table),
        cmocka_unit_test(the_widest_exp_golomb_codes_fit),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
