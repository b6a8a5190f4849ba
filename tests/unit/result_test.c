/*
 * include/aizu/result.h: each code has a class by its hundred and a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aizu/result.h"
#include "base/base.h"

static void what_is_no_error_has_no_class(void **state)
{
    (void)state;
    assert_int_equal(aizu_result_class(AIZU_OK), AIZU_CLASS_NONE);
    assert_int_equal(aizu_result_class(AIZU_AGAIN), AIZU_CLASS_NONE);
    assert_int_equal(aizu_result_class(AIZU_TIMEOUT), AIZU_CLASS_NONE);
    assert_int_equal(aizu_result_class(AIZU_END), AIZU_CLASS_NONE);
}

static void each_hundred_is_a_class(void **state)
{
    static const struct {
        aizu_result result;
        aizu_class expected;
    } cases[] = {
        {AIZU_E_ARGUMENT, AIZU_CLASS_USAGE},          {AIZU_E_SCHEME, AIZU_CLASS_USAGE},
        {AIZU_E_PLAYLIST, AIZU_CLASS_CONTENT},        {AIZU_E_UNSUPPORTED, AIZU_CLASS_CONTENT},
        {AIZU_E_RESOLVE, AIZU_CLASS_NETWORK},         {AIZU_E_STALE, AIZU_CLASS_NETWORK},
        {AIZU_E_FORBIDDEN, AIZU_CLASS_AUTHORISATION}, {AIZU_E_AUDIO_DEVICE, AIZU_CLASS_DEVICE},
        {AIZU_E_DECODER, AIZU_CLASS_DEVICE},          {AIZU_E_MEMORY, AIZU_CLASS_FATAL},
        {AIZU_E_INTERNAL, AIZU_CLASS_FATAL},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++)
        assert_int_equal(aizu_result_class(cases[i].result), cases[i].expected);
}

static void unknown_errors_are_fatal(void **state)
{
    (void)state;
    static const int codes[] = {-1, -99, -700, -12345, INT32_MIN};
    for (size_t i = 0; i < AZ_COUNT(codes); i++)
        assert_int_equal(aizu_result_class((aizu_result)codes[i]), AIZU_CLASS_FATAL);
}

static void names_are_those_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(aizu_result_name(AIZU_OK), "OK");
    assert_string_equal(aizu_result_name(AIZU_E_PLAYLIST), "E_PLAYLIST");
    assert_string_equal(aizu_result_name(AIZU_E_INTERNAL), "E_INTERNAL");
    assert_string_equal(aizu_result_name((aizu_result)-1), "UNKNOWN");
    assert_string_equal(aizu_result_name((aizu_result)99), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_error_has_no_class),
        cmocka_unit_test(each_hundred_is_a_class),
        cmocka_unit_test(unknown_errors_are_fatal),
        cmocka_unit_test(names_are_those_of_the_header),
    };
    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
