/*
 * The low-latency window: what its playlists say, who has to wait for what, and what the store holds of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ll.h"

#define PART    18000
#define START   900000
#define FIRST   1000
#define WINDOW  9
#define VIDEO   0
#define AUDIO   1
#define PER_SEG 10

typedef struct rig {
    ch_store *store;
    ch_ll *ll;
    int64_t parts[2]; /* added so far */
} rig;

static void start(rig *r)
{
    *r = (rig){.store = ch_store_create()};
    const ch_ll_settings s = {
        .store = r->store,
        .window = WINDOW,
        .target_seconds = 2,
        .sequence_first = FIRST,
        .pts_first = START,
        .wall_first_ns = INT64_C(1767225600) * 1000000000,
        .renditions_count = 2,
        .renditions = {{.name = "360p",
                        .width = 640,
                        .height = 360,
                        .frame_rate = 30,
                        .bandwidth = 500000,
                        .average_bandwidth = 400000,
                        .part_target_us = 200000},
                       {.name = "audio",
                        .is_audio = true,
                        .channels = 2,
                        .bandwidth = 130000,
                        .average_bandwidth = 128000,
                        .part_target_us = 213334}},
    };
    r->ll = ch_ll_create(&s);
    assert_non_null(r->ll);
    assert_true(ch_ll_set_header(r->ll, VIDEO, "avc1.64001e,mp4a.40.2", "head", 4));
}

static void stop(rig *r)
{
    ch_ll_destroy(&r->ll);
    ch_store_destroy(&r->store);
}

/* So many parts more of 200 ms, ten a segment; without data gaps. */
static void add(rig *r, size_t rendition, int count, bool has_data)
{
    for (int i = 0; i < count; i++) {
        int64_t n = r->parts[rendition]++;
        char data[32];
        snprintf(data, sizeof(data), "<%d.%d>", (int)(n / PER_SEG), (int)(n % PER_SEG));
        const ch_part part = {.data = (const uint8_t *)data,
                              .size = has_data ? strlen(data) : 0,
                              .pts = START + n * PART,
                              .duration = PART,
                              .timescale = 90000,
                              .is_independent = n % PER_SEG == 0,
                              .ends_segment = n % PER_SEG == PER_SEG - 1};
        assert_int_equal(ch_ll_add(r->ll, rendition, &part), 0);
    }
}

static ch_ll_answer ask(const rig *r, size_t rendition, int64_t msn, int64_t part)
{
    ch_blob *blob = NULL;
    const ch_ll_query q = {.sequence = msn, .part = part};
    ch_ll_answer answer = ch_ll_ask(r->ll, rendition, &q, &blob);
    assert_int_equal(ch_ll_has(r->ll, rendition, &q), answer == CH_LL_READY);
    if (blob)
        ch_blob_unref(blob);
    return answer;
}

static char *text_of(const rig *r, size_t rendition, bool may_skip)
{
    ch_blob *blob = NULL;
    const ch_ll_query q = {.sequence = -1, .part = -1, .may_skip = may_skip};
    assert_int_equal(ch_ll_ask(r->ll, rendition, &q, &blob), CH_LL_READY);
    char *text = malloc(blob->size + 1);
    assert_non_null(text);
    memcpy(text, blob->data, blob->size);
    text[blob->size] = '\0';
    ch_blob_unref(blob);
    return text;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at++)
        count++;
    return count;
}

static ch_blob_state state_of(const rig *r, const char *path)
{
    ch_blob *blob = ch_store_get(r->store, path);
    ch_blob_state state = blob ? ch_blob_state_of(blob) : CH_BLOB_WITHDRAWN;
    ch_blob_unref(blob);
    return state;
}

static void a_playlist_is_what_the_draft_says(void **state)
{
    (void)state;
    rig r;
    start(&r);
    add(&r, VIDEO, 12, true);
    add(&r, AUDIO, 11, true);
    char *text = text_of(&r, VIDEO, false);
    const char *expected =
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.641000,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6."
        "0\n"
        "#EXT-X-PART-INF:PART-TARGET=0.200000\n#EXT-X-MEDIA-SEQUENCE:1000\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n"
        "#EXT-X-PART:DURATION=0.200000,URI=\"1000.0.m4s\",INDEPENDENT=YES\n"
        "#EXT-X-PART:DURATION=0.200000,URI=\"1000.1.m4s\"\n";
    const char *tail = "#EXT-X-PART:DURATION=0.200000,URI=\"1000.9.m4s\"\n#EXTINF:2.000000,live\n1000.m4s\n"
                       "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z\n"
                       "#EXT-X-PART:DURATION=0.200000,URI=\"1001.0.m4s\",INDEPENDENT=YES\n"
                       "#EXT-X-PART:DURATION=0.200000,URI=\"1001.1.m4s\"\n"
                       "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1001.2.m4s\"\n"
                       "#EXT-X-RENDITION-REPORT:URI=\"../audio/index.m3u8\",LAST-MSN=1001,LAST-PART=0\n";
    assert_memory_equal(text, expected, strlen(expected));
    assert_string_equal(text + strlen(text) - strlen(tail), tail);
    free(text);
    stop(&r);
}

static void the_multivariant_playlist_comes_with_the_last_first_segment(void **state)
{
    (void)state;
    rig r;
    start(&r);
    add(&r, VIDEO, 25, true);
    assert_int_equal(state_of(&r, "/ll.m3u8"), CH_BLOB_WITHDRAWN);
    add(&r, AUDIO, 10, true);
    assert_int_equal(state_of(&r, "/ll.m3u8"), CH_BLOB_WHOLE);
    ch_blob *blob = ch_store_get(r.store, "/ll.m3u8");
    const char *expected =
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"audio\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\","
        "URI=\"ll/audio/index.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=630000,AVERAGE-BANDWIDTH=528000,RESOLUTION=640x360,FRAME-RATE=30.000,"
        "CODECS=\"avc1.64001e,mp4a.40.2\",CLOSED-CAPTIONS=NONE,AUDIO=\"audio\",NAME=\"360p\"\n"
        "ll/360p/index.m3u8\n";
    assert_int_equal(blob->size, strlen(expected));
    assert_memory_equal(blob->data, expected, blob->size);
    ch_blob_unref(blob);
    stop(&r);
}

static void a_request_waits_for_what_it_names(void **state)
{
    (void)state;
    rig r;
    start(&r);
    assert_int_equal(ask(&r, VIDEO, -1, -1), CH_LL_WAIT); /* there is no list yet */
    add(&r, VIDEO, 3 * PER_SEG + 4, true);                /* 1000..1002 and 4 parts of 1003 */
    static const struct {
        int64_t msn, part;
        ch_ll_answer answer;
    } cases[] = {
        {-1, -1, CH_LL_READY},          {5, -1, CH_LL_READY},    {1002, -1, CH_LL_READY},
        {1002, 9, CH_LL_READY},         {1003, 3, CH_LL_READY},  {1002, 10, CH_LL_READY}, /* 1003.0 */
        {1003, -1, CH_LL_WAIT},         {1003, 4, CH_LL_WAIT},   {1003, 18, CH_LL_WAIT},
        {1004, -1, CH_LL_WAIT},         {1004, 0, CH_LL_WAIT},   {1003, 19, CH_LL_WRONG},
        {1004, 15, CH_LL_WRONG},        {1005, -1, CH_LL_WRONG}, {INT64_MAX, 0, CH_LL_WRONG},
        {1003, INT64_MAX, CH_LL_WRONG},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (ask(&r, VIDEO, cases[i].msn, cases[i].part) != cases[i].answer)
            fail_msg("case %zu", i);
    add(&r, VIDEO, 6, true); /* 1003 is complete */
    assert_int_equal(ask(&r, VIDEO, 1003, -1), CH_LL_READY);
    assert_int_equal(ask(&r, VIDEO, 1003, 10), CH_LL_WAIT);
    add(&r, VIDEO, 1, true);
    assert_int_equal(ask(&r, VIDEO, 1003, 10), CH_LL_READY);
    assert_int_equal(ask(&r, VIDEO, 1004, 0), CH_LL_READY);
    stop(&r);
}

static void a_delta_leaves_out_what_is_old(void **state)
{
    (void)state;
    rig r;
    start(&r);
    add(&r, VIDEO, 5 * PER_SEG, true);
    char *text = text_of(&r, VIDEO, true);
    assert_null(strstr(text, "EXT-X-SKIP"));
    free(text);
    add(&r, VIDEO, 4 * PER_SEG + 3, true);
    char *full = text_of(&r, VIDEO, false);
    text = text_of(&r, VIDEO, true);
    assert_non_null(strstr(text, "#EXT-X-MEDIA-SEQUENCE:1000\n"));
    assert_non_null(strstr(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n"));
    assert_int_equal(count_of(full, "#EXTINF"), 9);
    const char *kept = strstr(full, "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06");
    assert_non_null(kept);
    assert_string_equal(strstr(text, "#EXT-X-PROGRAM"), kept);
    free(text);
    free(full);
    stop(&r);
}

static void the_window_slides_and_old_things_stay_for_a_while(void **state)
{
    (void)state;
    rig r;
    start(&r);
    add(&r, VIDEO, 12 * PER_SEG, true);
    char *text = text_of(&r, VIDEO, false);
    assert_non_null(strstr(text, "#EXT-X-MEDIA-SEQUENCE:1003\n"));
    assert_int_equal(count_of(text, "#EXTINF"), WINDOW);
    assert_int_equal(count_of(text, "#EXT-X-PART:"), 3 * PER_SEG);
    free(text);
    assert_int_equal(state_of(&r, "/ll/360p/1002.m4s"), CH_BLOB_WHOLE);
    assert_int_equal(state_of(&r, "/ll/360p/1007.0.m4s"), CH_BLOB_WHOLE);
    assert_int_equal(state_of(&r, "/ll/360p/1002.0.m4s"), CH_BLOB_WITHDRAWN);
    add(&r, VIDEO, 20 * PER_SEG, true);
    assert_int_equal(state_of(&r, "/ll/360p/1002.m4s"), CH_BLOB_WITHDRAWN);
    size_t count, size_bytes;
    ch_store_totals(r.store, &count, &size_bytes);
    size_t before = count;
    add(&r, VIDEO, 50 * PER_SEG, true);
    ch_store_totals(r.store, &count, &size_bytes);
    assert_int_equal(count, before);
    stop(&r);
}

static void a_segment_is_its_parts(void **state)
{
    (void)state;
    rig r;
    start(&r);
    add(&r, VIDEO, PER_SEG, true);
    ch_blob *blob = ch_store_get(r.store, "/ll/360p/1000.m4s");
    assert_non_null(blob);
    static const char expected[] = "<0.0><0.1><0.2><0.3><0.4><0.5><0.6><0.7><0.8><0.9>";
    assert_int_equal(blob->size, sizeof(expected) - 1);
    assert_memory_equal(blob->data, expected, blob->size);
    ch_blob_unref(blob);
    stop(&r);
}

static void the_hinted_part_is_promised_and_comes(void **state)
{
    (void)state;
    rig r;
    start(&r);
    add(&r, VIDEO, PER_SEG - 1, true);
    assert_int_equal(state_of(&r, "/ll/360p/1000.9.m4s"), CH_BLOB_PROMISED);
    ch_blob *blob = ch_store_get(r.store, "/ll/360p/1000.9.m4s");
    add(&r, VIDEO, 1, true);
    assert_int_equal(ch_blob_state_of(blob), CH_BLOB_WHOLE); /* the one that somebody waits with */
    ch_blob_unref(blob);
    assert_int_equal(state_of(&r, "/ll/360p/1001.0.m4s"), CH_BLOB_PROMISED);
    assert_int_equal(state_of(&r, "/ll/360p/1000.10.m4s"), CH_BLOB_WITHDRAWN);
    stop(&r);
}

static void a_gap_is_said_and_nobody_waits_for_it(void **state)
{
    (void)state;
    rig r;
    start(&r);
    add(&r, AUDIO, 1, true);
    ch_blob *blob = ch_store_get(r.store, "/ll/audio/1000.1.m4s");
    add(&r, AUDIO, PER_SEG - 1, false);
    assert_int_equal(ch_blob_state_of(blob), CH_BLOB_WITHDRAWN);
    ch_blob_unref(blob);
    add(&r, AUDIO, PER_SEG, false);
    char *text = text_of(&r, AUDIO, false);
    assert_non_null(strstr(text, "URI=\"1000.1.m4s\",GAP=YES\n"));
    assert_null(strstr(text, "#EXT-X-GAP\n#EXTINF:2.000000,live\n1000.m4s"));
    assert_non_null(strstr(text, "#EXT-X-GAP\n#EXTINF:2.000000,live\n1001.m4s"));
    assert_int_equal(state_of(&r, "/ll/audio/1001.m4s"), CH_BLOB_WITHDRAWN);
    free(text);
    stop(&r);
}

static void directives_are_read_strictly(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {NULL, "1", NULL},  {"", NULL, NULL},    {"x", NULL, NULL},  {"-1", NULL, NULL},
        {"1 ", NULL, NULL}, {"1", "", NULL},     {"1", "1.5", NULL}, {"99999999999999999999", NULL, NULL},
        {NULL, NULL, ""},   {NULL, NULL, "yes"}, {NULL, NULL, "v3"},
    };
    ch_ll_query q;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(ch_ll_query_parse(&q, wrong[i][0], wrong[i][1], wrong[i][2]));
    assert_true(ch_ll_query_parse(&q, NULL, NULL, NULL));
    assert_true(q.sequence == -1 && q.part == -1 && !q.may_skip);
    assert_true(ch_ll_query_parse(&q, "123", "4", "v2"));
    assert_true(q.sequence == 123 && q.part == 4 && q.may_skip);
}

static void a_promise_grows_and_becomes_whole(void **state)
{
    (void)state;
    ch_store *store = ch_store_create();
    char out[16];
    assert_true(ch_store_promise(store, "/a", "text/plain", "no-cache"));
    ch_blob *blob = ch_store_get(store, "/a");
    assert_int_equal(ch_blob_state_of(blob), CH_BLOB_PROMISED);
    assert_int_equal(ch_store_read(store, blob, 0, out, sizeof(out)), 0);
    assert_true(ch_store_append(store, "/a", "one", 3));
    assert_int_equal(ch_blob_state_of(blob), CH_BLOB_GROWING);
    assert_true(ch_store_append(store, "/a", "two", 3));
    assert_int_equal(ch_store_read(store, blob, 2, out, 3), 3);
    assert_memory_equal(out, "etw", 3);
    assert_true(ch_store_finish(store, "/a"));
    assert_int_equal(ch_blob_state_of(blob), CH_BLOB_WHOLE);
    assert_memory_equal(blob->data, "onetwo", 6);
    assert_false(ch_store_append(store, "/a", "more", 4));
    assert_false(ch_store_finish(store, "/never"));
    assert_true(ch_store_promise(store, "/a", "text/plain", "no-cache")); /* it stands already */
    ch_store_remove(store, "/a");
    assert_int_equal(blob->size, 6); /* who reads it keeps it */
    ch_blob_unref(blob);
    ch_store_destroy(&store);
}

static void a_promise_that_is_removed_is_withdrawn(void **state)
{
    (void)state;
    ch_store *store = ch_store_create();
    assert_true(ch_store_promise(store, "/a", "text/plain", "no-cache"));
    ch_blob *blob = ch_store_get(store, "/a");
    ch_store_remove(store, "/a");
    assert_int_equal(ch_blob_state_of(blob), CH_BLOB_WITHDRAWN);
    ch_blob_unref(blob);
    ch_store_destroy(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_playlist_is_what_the_draft_says),
        cmocka_unit_test(the_multivariant_playlist_comes_with_the_last_first_segment),
        cmocka_unit_test(a_request_waits_for_what_it_names),
        cmocka_unit_test(a_delta_leaves_out_what_is_old),
        cmocka_unit_test(the_window_slides_and_old_things_stay_for_a_while),
        cmocka_unit_test(a_segment_is_its_parts),
        cmocka_unit_test(the_hinted_part_is_promised_and_comes),
        cmocka_unit_test(a_gap_is_said_and_nobody_waits_for_it),
        cmocka_unit_test(directives_are_read_strictly),
        cmocka_unit_test(a_promise_grows_and_becomes_whole),
        cmocka_unit_test(a_promise_that_is_removed_is_withdrawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
