/*
 * player/base/log.h: levels, long lines, and URLs that show no secrets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

typedef struct lines {
    int count;
    az_log_level level;
    char module[16];
    char text[2048];
} lines;

static void keep(void *user, az_log_level level, const char *module, const char *text)
{
    lines *l = user;
    l->count++;
    l->level = level;
    strncpy(l->module, module, sizeof(l->module) - 1);
    strncpy(l->text, text, sizeof(l->text) - 1);
}

static void lines_up_to_the_level_are_written(void **state)
{
    (void)state;
    lines l = {0};
    az_log log = {keep, &l, AZ_LOG_INFO};
    az_log_printf(&log, AZ_LOG_DEBUG, "ts", "dropped");
    assert_int_equal(l.count, 0);
    az_log_printf(&log, AZ_LOG_INFO, "ts", "pid %d: %s", 257, "lost");
    assert_int_equal(l.count, 1);
    assert_int_equal(l.level, AZ_LOG_INFO);
    assert_string_equal(l.module, "ts");
    assert_string_equal(l.text, "pid 257: lost");
    az_log_printf(&log, AZ_LOG_ERROR, "ts", "worse");
    assert_int_equal(l.count, 2);
}

static void without_a_log_nothing_happens(void **state)
{
    (void)state;
    az_log none = {NULL, NULL, AZ_LOG_TRACE};
    az_log_printf(NULL, AZ_LOG_ERROR, "ts", "text");
    az_log_printf(&none, AZ_LOG_ERROR, "ts", "text");
}

static void long_lines_are_cut(void **state)
{
    (void)state;
    lines l = {0};
    az_log log = {keep, &l, AZ_LOG_TRACE};
    char text[4000];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    az_log_printf(&log, AZ_LOG_TRACE, "ts", "%s", text);
    assert_int_equal(l.count, 1);
    assert_true(strlen(l.text) >= 500 && strlen(l.text) < sizeof(text) - 1);
}

static void urls_are_shown_without_userinfo_query_and_fragment(void **state)
{
    static const char *const cases[][2] = {
        {"https://h/live.m3u8", "https://h/live.m3u8"},
        {"https://h/live.m3u8?token=secret", "https://h/live.m3u8"},
        {"https://h/live.m3u8#secret", "https://h/live.m3u8"},
        {"https://h/a#f?q", "https://h/a"},
        {"https://user:secret@h:8080/a", "https://h:8080/a"},
        {"https://user:se@cret@h/a", "https://h/a"},
        {"https://user:secret@h", "https://h"},
        {"https://user:secret@h?token=secret", "https://h"},
        {"https://h/path@version/a", "https://h/path@version/a"},
        {"https://h?next=http://user:secret@x/", "https://h"},
        {"https://[::1]:80/a?b", "https://[::1]:80/a"},
        {"path/segment.ts?token=secret", "path/segment.ts"},
        {"//user:secret@h/a", "//h/a"},
        {"/path@version/a", "/path@version/a"},
        {"https:", "https:"},
        {"https:/\\user:secret@h/a", NULL}, /* whatever it shows, not the secret */
        {"user:secret@h/a", NULL},
        {"https:user:secret@h/a", NULL},
        {"http://h\\user:secret@x/", NULL},
        {"?token=secret", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        char out[100];
        memset(out, 'x', sizeof(out));
        az_log_url(out, sizeof(out), cases[i][0]);
        assert_null(strstr(out, "secret"));
        if (cases[i][1])
            assert_string_equal(out, cases[i][1]);
    }
}

static void urls_are_cut_to_fit_and_terminated(void **state)
{
    (void)state;
    const char *url = "https://user:pass@host/path/file.ts?token=secret";
    const char *whole = "https://host/path/file.ts";
    for (size_t size = 1; size <= strlen(whole) + 5; size++) {
        char *out = malloc(size); /* exactly, for a sanitizer to see */
        assert_non_null(out);
        memset(out, 'x', size);
        az_log_url(out, size, url);
        size_t expected = AZ_MIN(size - 1, strlen(whole));
        assert_int_equal(strlen(out), expected);
        assert_memory_equal(out, whole, expected);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_up_to_the_level_are_written),
        cmocka_unit_test(without_a_log_nothing_happens),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(urls_are_shown_without_userinfo_query_and_fragment),
        cmocka_unit_test(urls_are_cut_to_fit_and_terminated),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
