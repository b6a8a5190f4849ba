/*
 * Content steering manifests: the examples of the specification, what is left out, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/json/steering.h"

#define START "{\"VERSION\":1,\"PATHWAY-PRIORITY\":[\"A\"]"

static az_steering steering; /* large */

static aizu_result parse(const char *json)
{
    memset(&steering, 0x5A, sizeof(steering));
    return az_json_steering_parse(&steering, az_span_str(json));
}

/* Shaped as the examples of bis 7.2 and 7.3 are. */
static const char full[] =
    "{ \"VERSION\": 1, \"TTL\": 120, \"RELOAD-URI\": "
    "\"https://example.com/steering?video=00012&session=123\",\n"
    "  \"PATHWAY-CLONES\": [ { \"BASE-ID\": \"CDN-A\", \"ID\": \"CDN-A-CLONE\", \"URI-REPLACEMENT\": {\n"
    "    \"HOST\": \"backup2.example.com:8443\", \"PARAMS\": { \"token-for\": \"tok9_1\", \"x\": \"\" },\n"
    "    \"PER-VARIANT-URIS\": { \"v/1+=\": \"https://q.example.com/v1.m3u8?a=b\" },\n"
    "    \"PER-RENDITION-URIS\": { \"en\": \"../en.m3u8\", \"ja\": \"../ja.m3u8\" } } } ],\n"
    "  \"PATHWAY-PRIORITY\": [ \"CDN-A-CLONE\", \"CDN-A\", \"CDN_B.2\" ], \"X-UNKNOWN\": [ { } ] }\n";

static void a_whole_manifest_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse(full), AIZU_OK);
    assert_true(steering.ttl == 120 * AIZU_SECOND);
    assert_string_equal(steering.reload_uri, "https://example.com/steering?video=00012&session=123");
    assert_int_equal(steering.priority_count, 3);
    assert_string_equal(steering.priority[0], "CDN-A-CLONE");
    assert_string_equal(steering.priority[2], "CDN_B.2");
    assert_int_equal(steering.clone_count, 1);
    const az_pathway_clone *clone = &steering.clones[0];
    assert_string_equal(clone->base_id, "CDN-A");
    assert_string_equal(clone->id, "CDN-A-CLONE");
    assert_string_equal(clone->host, "backup2.example.com:8443");
    assert_int_equal(clone->param_count, 2);
    assert_string_equal(clone->params[0].name, "token-for");
    assert_string_equal(clone->params[0].value, "tok9_1");
    assert_string_equal(clone->params[1].value, "");
    assert_int_equal(clone->variant_count, 1);
    assert_string_equal(clone->variants[0].id, "v/1+=");
    assert_string_equal(clone->variants[0].uri, "https://q.example.com/v1.m3u8?a=b");
    assert_int_equal(clone->rendition_count, 2);
    assert_string_equal(clone->renditions[1].id, "ja");
    assert_string_equal(clone->renditions[1].uri, "../ja.m3u8");
}

static void what_is_not_there_has_its_default(void **state)
{
    (void)state;
    assert_int_equal(parse("\xEF\xBB\xBF" START "}"), AIZU_OK);
    assert_true(steering.ttl == 300 * AIZU_SECOND);
    assert_string_equal(steering.reload_uri, "");
    assert_int_equal(steering.priority_count, 1);
    assert_int_equal(steering.clone_count, 0);
}

static void the_time_to_live_has_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ttl;
    } cases[] = {
        {"10", 10 * AIZU_SECOND},       {"2.5", 2500 * AIZU_MILLISECOND},
        {"0.001", AZ_STEERING_TTL_MIN}, {"0", 300 * AIZU_SECOND},
        {"-5", 300 * AIZU_SECOND},      {"\"10\"", 300 * AIZU_SECOND},
        {"1e300", AZ_STEERING_TTL_MAX}, {"999999999999999999", AZ_STEERING_TTL_MAX},
        {"null", 300 * AIZU_SECOND},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        char text[128];
        snprintf(text, sizeof(text), START ",\"TTL\":%s}", cases[i].text);
        assert_int_equal(parse(text), AIZU_OK);
        assert_true(steering.ttl == cases[i].ttl);
    }
}

static void what_is_no_manifest_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "nonsense",
        "[]",
        "1",
        "{}",
        "{\"VERSION\":1}",
        "{\"VERSION\":2,\"PATHWAY-PRIORITY\":[\"A\"]}",
        "{\"VERSION\":\"1\",\"PATHWAY-PRIORITY\":[\"A\"]}",
        "{\"PATHWAY-PRIORITY\":[\"A\"]}",
        "{\"VERSION\":1,\"PATHWAY-PRIORITY\":[]}",
        "{\"VERSION\":1,\"PATHWAY-PRIORITY\":\"A\"}",
        "{\"VERSION\":1,\"PATHWAY-PRIORITY\":[1,null,{},\"\",\"a b\",\"a/b\",\"\\u0000\"]}",
        START "} trailing",
    };
    for (size_t i = 0; i < AZ_COUNT(texts); i++) {
        assert_int_equal(parse(texts[i]), AIZU_E_PLAYLIST);
        assert_int_equal(steering.priority_count + steering.clone_count, 0);
        assert_true(steering.ttl == 0);
    }
}

static void pathways_that_cannot_be_are_left_out(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"VERSION\":1,\"PATHWAY-PRIORITY\":[\"a b\",\"B\",7,\"B\",\"C\"]}"), AIZU_OK);
    assert_int_equal(steering.priority_count, 2);
    assert_string_equal(steering.priority[0], "B");
    assert_string_equal(steering.priority[1], "C");
}

static void clones_that_cannot_be_are_left_out(void **state)
{
    (void)state;
    static const char *const clones[] = {
        "null",
        "{}",
        "{\"BASE-ID\":\"A\",\"ID\":\"B\"}",
        "{\"BASE-ID\":\"A\",\"URI-REPLACEMENT\":{}}",
        "{\"BASE-ID\":\"A\",\"ID\":\"A\",\"URI-REPLACEMENT\":{}}",
        "{\"BASE-ID\":\"A\",\"ID\":\"B\",\"URI-REPLACEMENT\":{\"HOST\":7}}",
        "{\"BASE-ID\":\"A\",\"ID\":\"B\",\"URI-REPLACEMENT\":{\"HOST\":\"evil.example/x\"}}",
        "{\"BASE-ID\":\"A\",\"ID\":\"B\",\"URI-REPLACEMENT\":{\"HOST\":\"user@evil.example\"}}",
        "{\"BASE-ID\":\"A\",\"ID\":\"B\",\"URI-REPLACEMENT\":{\"HOST\":\"a\\r\\nX: y\"}}",
    };
    for (size_t i = 0; i < AZ_COUNT(clones); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 START ",\"PATHWAY-CLONES\":[%s,{\"BASE-ID\":\"A\",\"ID\":\"Z\",\"URI-REPLACEMENT\":{}}]}",
                 clones[i]);
        assert_int_equal(parse(text), AIZU_OK);
        assert_int_equal(steering.clone_count, 1);
        assert_string_equal(steering.clones[0].id, "Z");
        assert_string_equal(steering.clones[0].host, "");
        assert_int_equal(steering.clones[0].param_count, 0);
    }
}

static void parts_of_a_clone_that_do_not_fit_are_left_out(void **state)
{
    (void)state;
    char uri[1100], text[4096];
    memset(uri, 'u', sizeof(uri));
    uri[sizeof(uri) - 1] = '\0';
    snprintf(text, sizeof(text),
             START ",\"PATHWAY-CLONES\":[{\"BASE-ID\":\"A\",\"ID\":\"B\",\"URI-REPLACEMENT\":{"
                   "\"PARAMS\":{\"\":\"x\",\"n\":1,\"a\\n\":\"x\",\"good\":\"1\"},"
                   "\"PER-VARIANT-URIS\":{\"v1\":\"%s\",\"v2\":\"\",\"v 3\":\"x\",\"v4\":\"ok\"},"
                   "\"PER-RENDITION-URIS\":[]}}]}",
             uri);
    assert_int_equal(parse(text), AIZU_OK);
    const az_pathway_clone *clone = &steering.clones[0];
    assert_int_equal(clone->param_count, 1);
    assert_string_equal(clone->params[0].name, "good");
    assert_int_equal(clone->variant_count, 1);
    assert_string_equal(clone->variants[0].id, "v4");
    assert_int_equal(clone->rendition_count, 0);
}

static void lists_are_bounded(void **state)
{
    (void)state;
    size_t size = 200000;
    char *text = malloc(size);
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, size, "{\"VERSION\":1,\"PATHWAY-PRIORITY\":[\"p\"");
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, size - used, ",\"p%d\"", i);
    used += (size_t)snprintf(text + used, size - used, "],\"PATHWAY-CLONES\":[{}");
    for (int i = 0; i < 40; i++) {
        used += (size_t)snprintf(
            text + used, size - used,
            ",{\"BASE-ID\":\"p\",\"ID\":\"c%d\",\"URI-REPLACEMENT\":{\"PARAMS\":{\"q\":\"\"", i);
        for (int k = 0; k < 40; k++)
            used += (size_t)snprintf(text + used, size - used, ",\"q%d\":\"1\"", k);
        used += (size_t)snprintf(text + used, size - used, "},\"PER-VARIANT-URIS\":{\"v\":\"u\"");
        for (int k = 0; k < 100; k++)
            used += (size_t)snprintf(text + used, size - used, ",\"v%d\":\"u\"", k);
        used += (size_t)snprintf(text + used, size - used, "}}}");
    }
    snprintf(text + used, size - used, "]}");
    assert_int_equal(parse(text), AIZU_OK);
    assert_int_equal(steering.priority_count, AZ_PATHWAYS_MAX);
    assert_int_equal(steering.clone_count, AZ_PATHWAYS_MAX);
    assert_int_equal(steering.clones[AZ_PATHWAYS_MAX - 1].param_count, AZ_PATHWAY_PARAMS_MAX);
    assert_int_equal(steering.clones[AZ_PATHWAYS_MAX - 1].variant_count, AZ_PATHWAY_URIS_MAX);
    free(text);
}

static void long_ids_and_addresses_are_left_out(void **state)
{
    (void)state;
    char id[AZ_PATHWAY_ID_MAX + 1], uri[2049], text[4096];
    memset(id, 'i', sizeof(id));
    id[AZ_PATHWAY_ID_MAX] = '\0'; /* one too long */
    memset(uri, 'u', sizeof(uri));
    uri[2048] = '\0';
    snprintf(text, sizeof(text), "{\"VERSION\":1,\"RELOAD-URI\":\"%s\",\"PATHWAY-PRIORITY\":[\"%s\",\"%s\"]}",
             uri, id, id + 1);
    assert_int_equal(parse(text), AIZU_OK);
    assert_string_equal(steering.reload_uri, "");
    assert_int_equal(steering.priority_count, 1);
    assert_string_equal(steering.priority[0], id + 1);
}

static void size_and_depth_are_bounded(void **state)
{
    (void)state;
    char *text = malloc(AZ_STEERING_SIZE_MAX + 2);
    assert_non_null(text);
    memset(text, ' ', AZ_STEERING_SIZE_MAX + 1);
    text[AZ_STEERING_SIZE_MAX + 1] = '\0';
    memcpy(text, START "}", strlen(START "}"));
    assert_int_equal(parse(text), AIZU_E_LIMIT);
    text[AZ_STEERING_SIZE_MAX] = '\0';
    assert_int_equal(parse(text), AIZU_OK);
    memset(text, '[', AZ_STEERING_SIZE_MAX);
    assert_int_equal(parse(text), AIZU_E_PLAYLIST);
    free(text);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    size_t end = strlen(full) - 1; /* the line's end is not missed */
    for (size_t size = 0; size < end; size++) {
        uint8_t *copy = malloc(size ? size : 1); /* where reading on is seen */
        assert_non_null(copy);
        memcpy(copy, full, size);
        assert_int_equal(az_json_steering_parse(&steering, az_span_make(copy, size)), AIZU_E_PLAYLIST);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_manifest_is_read),
        cmocka_unit_test(what_is_not_there_has_its_default),
        cmocka_unit_test(the_time_to_live_has_limits),
        cmocka_unit_test(what_is_no_manifest_is_refused),
        cmocka_unit_test(pathways_that_cannot_be_are_left_out),
        cmocka_unit_test(clones_that_cannot_be_are_left_out),
        cmocka_unit_test(parts_of_a_clone_that_do_not_fit_are_left_out),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(long_ids_and_addresses_are_left_out),
        cmocka_unit_test(size_and_depth_are_bounded),
        cmocka_unit_test(every_truncation_is_refused),
    };
    return cmocka_run_group_tests_name("steering", tests, NULL, NULL);
}
