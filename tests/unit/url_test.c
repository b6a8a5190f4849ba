/*
 * URL resolution: the tables of RFC 3986, 5.4, and what real playlists hold besides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "playlist/playlist.h"

typedef struct resolve_case {
    const char *base;
    const char *reference;
    const char *want; /* NULL: `result` */
    aizu_result result;
} resolve_case;

#define RFC_BASE "http://a/b/c/d;p?q"

static void check(const resolve_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char out[256];
        const resolve_case *c = &cases[i];
        aizu_result result =
            az_url_resolve(out, sizeof(out), az_span_str(c->base), az_span_str(c->reference));
        if (result != c->result || strcmp(out, c->want ? c->want : "") != 0)
            fail_msg("%s + %s: %d '%s', not %d '%s'", c->base, c->reference, result, out, c->result,
                     c->want ? c->want : "");
    }
}

static void resolves_the_normal_examples_of_the_rfc(void **state)
{
    (void)state;
    static const resolve_case cases[] = {
        {RFC_BASE, "g", "http://a/b/c/g", AIZU_OK},
        {RFC_BASE, "./g", "http://a/b/c/g", AIZU_OK},
        {RFC_BASE, "g/", "http://a/b/c/g/", AIZU_OK},
        {RFC_BASE, "/g", "http://a/g", AIZU_OK},
        {RFC_BASE, "//g", "http://g", AIZU_OK},
        {RFC_BASE, "?y", "http://a/b/c/d;p?y", AIZU_OK},
        {RFC_BASE, "g?y", "http://a/b/c/g?y", AIZU_OK},
        {RFC_BASE, "#s", "http://a/b/c/d;p?q", AIZU_OK}, /* fragments are dropped */
        {RFC_BASE, "g#s", "http://a/b/c/g", AIZU_OK},
        {RFC_BASE, "g?y#s", "http://a/b/c/g?y", AIZU_OK},
        {RFC_BASE, ";x", "http://a/b/c/;x", AIZU_OK},
        {RFC_BASE, "g;x", "http://a/b/c/g;x", AIZU_OK},
        {RFC_BASE, "g;x?y#s", "http://a/b/c/g;x?y", AIZU_OK},
        {RFC_BASE, "", "http://a/b/c/d;p?q", AIZU_OK},
        {RFC_BASE, ".", "http://a/b/c/", AIZU_OK},
        {RFC_BASE, "./", "http://a/b/c/", AIZU_OK},
        {RFC_BASE, "..", "http://a/b/", AIZU_OK},
        {RFC_BASE, "../", "http://a/b/", AIZU_OK},
        {RFC_BASE, "../g", "http://a/b/g", AIZU_OK},
        {RFC_BASE, "../..", "http://a/", AIZU_OK},
        {RFC_BASE, "../../", "http://a/", AIZU_OK},
        {RFC_BASE, "../../g", "http://a/g", AIZU_OK},
        {RFC_BASE, "g:h", NULL, AIZU_E_SCHEME},
    };
    check(cases, AZ_COUNT(cases));
}

static void resolves_the_abnormal_examples_of_the_rfc(void **state)
{
    (void)state;
    static const resolve_case cases[] = {
        {RFC_BASE, "../../../g", "http://a/g", AIZU_OK},
        {RFC_BASE, "../../../../g", "http://a/g", AIZU_OK},
        {RFC_BASE, "/./g", "http://a/g", AIZU_OK},
        {RFC_BASE, "/../g", "http://a/g", AIZU_OK},
        {RFC_BASE, "g.", "http://a/b/c/g.", AIZU_OK},
        {RFC_BASE, ".g", "http://a/b/c/.g", AIZU_OK},
        {RFC_BASE, "g..", "http://a/b/c/g..", AIZU_OK},
        {RFC_BASE, "..g", "http://a/b/c/..g", AIZU_OK},
        {RFC_BASE, "./../g", "http://a/b/g", AIZU_OK},
        {RFC_BASE, "./g/.", "http://a/b/c/g/", AIZU_OK},
        {RFC_BASE, "g/./h", "http://a/b/c/g/h", AIZU_OK},
        {RFC_BASE, "g/../h", "http://a/b/c/h", AIZU_OK},
        {RFC_BASE, "g;x=1/./y", "http://a/b/c/g;x=1/y", AIZU_OK},
        {RFC_BASE, "g;x=1/../y", "http://a/b/c/y", AIZU_OK},
        {RFC_BASE, "g?y/./x", "http://a/b/c/g?y/./x", AIZU_OK},
        {RFC_BASE, "g?y/../x", "http://a/b/c/g?y/../x", AIZU_OK},
        {RFC_BASE, "g#s/../x", "http://a/b/c/g", AIZU_OK},
        {RFC_BASE, "http:g", NULL, AIZU_E_ARGUMENT}, /* the strict reading: a URL without a host */
    };
    check(cases, AZ_COUNT(cases));
}

static void resolves_what_playlists_hold(void **state)
{
    (void)state;
    static const resolve_case cases[] = {
        {"https://host/live/a.m3u8?token=x", "seg 1.ts", "https://host/live/seg%201.ts", AIZU_OK},
        {"https://host/live/a.m3u8", "\xe3\x81\x82.ts", "https://host/live/%E3%81%82.ts", AIZU_OK},
        {"https://host/live/a.m3u8", "a%20b.ts?x=%2F", "https://host/live/a%20b.ts?x=%2F", AIZU_OK},
        {"https://host/live/a.m3u8", " a.ts ", "https://host/live/a.ts", AIZU_OK},
        {"https://host/live/a.m3u8", "HTTP://Other:8080/x", "http://Other:8080/x", AIZU_OK},
        {"https://host/live/a.m3u8", "//[::1]:80/x", "https://[::1]:80/x", AIZU_OK},
        {"https://host", "a.ts", "https://host/a.ts", AIZU_OK},
        {"https://host?x", "a.ts", "https://host/a.ts", AIZU_OK},
        {"https://host/live/a.m3u8", "12:30.ts", "https://host/live/12:30.ts", AIZU_OK},
        {"https://host/a/", "..//b", "https://host//b", AIZU_OK},
        {"https://host/a", "b?u=http://x/../y", "https://host/b?u=http://x/../y", AIZU_OK},
    };
    check(cases, AZ_COUNT(cases));
}

static void refuses_what_must_not_be_fetched(void **state)
{
    (void)state;
    static const resolve_case cases[] = {
        {"https://host/a", "file:///etc/passwd", NULL, AIZU_E_SCHEME},
        {"https://host/a", "data:text/plain,x", NULL, AIZU_E_SCHEME},
        {"file:///tmp/a.m3u8", "b.ts", NULL, AIZU_E_SCHEME},
        {"a.m3u8", "b.ts", NULL, AIZU_E_ARGUMENT},
        {"", "b.ts", NULL, AIZU_E_ARGUMENT},
        {"https:///x", "b.ts", NULL, AIZU_E_ARGUMENT},
        {"https://host/a", "b\r\nHost: evil", NULL, AIZU_E_ARGUMENT},
        {"https://host/a", "//h\\@evil/x", NULL, AIZU_E_ARGUMENT},
        {"https://host/a", "//ho st/x", NULL, AIZU_E_ARGUMENT},
        {"https://host/a", "//host:99999/x", NULL, AIZU_E_ARGUMENT},
        {"https://host/a", "//host:8o/x", NULL, AIZU_E_ARGUMENT},
        {"https://host/a", "//[::1/x", NULL, AIZU_E_ARGUMENT},
        {"https://host/a", "//user@/x", NULL, AIZU_E_ARGUMENT},
    };
    check(cases, AZ_COUNT(cases));
}

static void says_when_the_url_does_not_fit(void **state)
{
    (void)state;
    const char *want = "http://a/b/c/g";
    char out[32];
    for (size_t size = 0; size < sizeof(out); size++) {
        memset(out, 'x', sizeof(out));
        aizu_result result = az_url_resolve(out, size, az_span_str(RFC_BASE), az_span_str("g"));
        if (size > strlen(want)) {
            assert_int_equal(result, AIZU_OK);
            assert_string_equal(out, want);
        } else {
            assert_int_equal(result, AIZU_E_LIMIT);
            assert_int_equal(out[size], 'x');
        }
    }
}

static void tells_fetchable_urls(void **state)
{
    (void)state;
    static const char *good[] = {"http://a", "https://a/b?c#d", "HTTPS://u:p@h:1/", "http://[::1]/"};
    static const char *bad[] = {"",           "a/b",         "http:///a",    "http:a",        "ftp://a/b",
                                "http://a b", "http://a/\n", "http://a/b c", "file:///etc/x", "http://h:x/"};
    for (size_t i = 0; i < AZ_COUNT(good); i++)
        assert_true(az_url_is_fetchable(az_span_str(good[i])));
    for (size_t i = 0; i < AZ_COUNT(bad); i++)
        assert_false(az_url_is_fetchable(az_span_str(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_the_normal_examples_of_the_rfc),
        cmocka_unit_test(resolves_the_abnormal_examples_of_the_rfc),
        cmocka_unit_test(resolves_what_playlists_hold),
        cmocka_unit_test(refuses_what_must_not_be_fetched),
        cmocka_unit_test(says_when_the_url_does_not_fit),
        cmocka_unit_test(tells_fetchable_urls),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
