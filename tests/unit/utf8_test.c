/*
 * UTF-8: what is a character, what is not, and that nothing is written in part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void each_character_comes_back(void **state)
{
    (void)state;
    static const uint32_t edges[] = {1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < AZ_COUNT(edges); i++) {
        uint8_t bytes[4];
        size_t size = az_utf8_put(bytes, edges[i]), length;
        assert_int_equal(az_utf8_get(az_span_make(bytes, size), &length), edges[i]);
        assert_int_equal(length, size);
        if (size > 1) {
            assert_int_equal(az_utf8_get(az_span_make(bytes, size - 1), &length), AZ_UTF8_REPLACEMENT);
            assert_int_equal(length, 1);
        }
    }
}

static void what_is_no_character_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
        "\xFF", "\xC3(",    "\xE3\x81"};
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        size_t length;
        assert_int_equal(az_utf8_get(az_span_str(bad[i]), &length), AZ_UTF8_REPLACEMENT);
        assert_int_equal(length, 1);
    }
    uint8_t bytes[4];
    assert_int_equal(az_utf8_put(bytes, 0xD800), 3);
    assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
    assert_int_equal(az_utf8_put(bytes, 0x110000), 3);
}

static void cleaning_keeps_good_text_and_cuts_at_characters(void **state)
{
    (void)state;
    uint8_t out[16];
    az_span text = az_span_str("a\xE3\x81\x82\xFF");
    assert_int_equal(az_utf8_clean(NULL, 0, text), 7);
    assert_int_equal(az_utf8_clean(out, sizeof(out), text), 7);
    assert_memory_equal(out, "a\xE3\x81\x82\xEF\xBF\xBD", 7);
    memset(out, 'x', sizeof(out));
    assert_int_equal(az_utf8_clean(out, 6, text), 7);
    assert_memory_equal(out, "a\xE3\x81\x82xxx", 7);
    assert_int_equal(az_utf8_clean(out, sizeof(out), az_span_make("\0", 1)), 3);
    assert_int_equal(az_utf8_clean(NULL, 0, az_span_make(NULL, 0)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_character_comes_back),
        cmocka_unit_test(what_is_no_character_is_replaced_byte_by_byte),
        cmocka_unit_test(cleaning_keeps_good_text_and_cuts_at_characters),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
