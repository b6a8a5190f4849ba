/*
 * player/cue/cue.h: one immutable cue, its identity, and how ID3 frames become cues.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cue/cue.h"

static const az_cue_info quiz = {
    .kind = AIZU_CUE_ID3,
    .key = {(const uint8_t *)"metadata.live-video.net", 23},
    .name = {(const uint8_t *)"PRIV", 4},
    .pts = 5 * AIZU_SECOND,
    .duration = 0,
    .wall = AIZU_NO_TIME,
    .data = {(const uint8_t *)"{\"question\":1}", 14},
};

static void a_cue_shows_what_it_was_made_of(void **state)
{
    (void)state;
    az_cue *cue = az_cue_create(&quiz);
    assert_non_null(cue);
    const aizu_cue *shown = az_cue_public(cue);
    assert_int_equal(shown->size_struct, sizeof(aizu_cue));
    assert_int_equal(shown->id, 0);
    assert_int_equal(shown->kind, AIZU_CUE_ID3);
    assert_int_equal(shown->flags, 0);
    assert_string_equal(shown->key, "metadata.live-video.net");
    assert_string_equal(shown->name, "PRIV");
    assert_int_equal(shown->pts, 5 * AIZU_SECOND);
    assert_int_equal(shown->duration, 0);
    assert_int_equal(shown->wall, AIZU_NO_TIME);
    assert_int_equal(shown->due, AIZU_NO_TIME);
    assert_int_equal(shown->late_by, 0);
    assert_int_equal(shown->size, 14);
    assert_memory_equal(shown->data, "{\"question\":1}", 15); /* with the 0 byte behind */
    az_cue_unref(&cue);
    assert_null(cue);
}

static void a_cue_keeps_copies(void **state)
{
    (void)state;
    char key[] = "key", data[] = "data";
    az_cue_info info = quiz;
    info.key = az_span_str(key);
    info.data = az_span_str(data);
    az_cue *cue = az_cue_create(&info);
    assert_non_null(cue);
    memset(key, 'x', 3);
    memset(data, 'x', 4);
    assert_string_equal(az_cue_public(cue)->key, "key");
    assert_memory_equal(az_cue_public(cue)->data, "data", 5);
    az_cue_unref(&cue);
}

static void empty_fields_are_empty_strings(void **state)
{
    (void)state;
    az_cue_info info = {.kind = AIZU_CUE_EMSG, .pts = 0, .wall = AIZU_NO_TIME};
    az_cue *cue = az_cue_create(&info);
    assert_non_null(cue);
    assert_string_equal(az_cue_public(cue)->key, "");
    assert_string_equal(az_cue_public(cue)->name, "");
    assert_non_null(az_cue_public(cue)->data);
    assert_int_equal(az_cue_public(cue)->size, 0);
    assert_int_equal(az_cue_public(cue)->data[0], 0);
    az_cue_unref(&cue);
}

static void a_cue_lives_until_its_last_reference_goes(void **state)
{
    (void)state;
    az_cue *first = az_cue_create(&quiz);
    az_cue *second = az_cue_ref(first);
    assert_ptr_equal(first, second);
    az_cue_unref(&first);
    assert_string_equal(az_cue_public(second)->name, "PRIV");
    az_cue_unref(&second);
    az_cue_unref(&second); /* NULL by now */
    assert_null(az_cue_ref(NULL));
}

static void payloads_up_to_the_limit_are_taken(void **state)
{
    (void)state;
    uint8_t *bytes = malloc(AIZU_CUE_PAYLOAD_MAX + 1);
    assert_non_null(bytes);
    memset(bytes, 'x', AIZU_CUE_PAYLOAD_MAX + 1);
    az_cue_info info = quiz;
    info.data = az_span_make(bytes, AIZU_CUE_PAYLOAD_MAX);
    az_cue *cue = az_cue_create(&info);
    assert_non_null(cue);
    assert_int_equal(az_cue_public(cue)->size, AIZU_CUE_PAYLOAD_MAX);
    az_cue_unref(&cue);
    info.data.size++;
    assert_null(az_cue_create(&info));
    info = quiz;
    info.key = az_span_make(bytes, AIZU_CUE_PAYLOAD_MAX + 1);
    assert_null(az_cue_create(&info));
    free(bytes);
}

static void identity_is_what_the_author_sent_and_not_when(void **state)
{
    (void)state;
    uint64_t hash = az_cue_hash(&quiz);
    az_cue_info other = quiz;
    other.pts++;
    other.duration = AIZU_SECOND;
    other.wall = 0;
    assert_true(az_cue_hash(&other) == hash);
    other = quiz;
    other.kind = AIZU_CUE_EMSG;
    assert_false(az_cue_hash(&other) == hash);
    other = quiz;
    other.key = az_span_str("inband.metadata.live-video.net");
    assert_false(az_cue_hash(&other) == hash);
    other = quiz;
    other.name = az_span_str("GEOB");
    assert_false(az_cue_hash(&other) == hash);
    other = quiz;
    other.data.size--;
    assert_false(az_cue_hash(&other) == hash);
}

static void identity_knows_where_key_and_payload_part(void **state)
{
    (void)state;
    az_cue_info a = {.kind = AIZU_CUE_ID3, .key = az_span_str("ab"), .data = az_span_str("c")};
    az_cue_info b = {.kind = AIZU_CUE_ID3, .key = az_span_str("a"), .data = az_span_str("bc")};
    assert_false(az_cue_hash(&a) == az_cue_hash(&b));
}

static void id3_frames_become_cues_by_kind(void **state)
{
    static const struct {
        const char *id;
        az_id3_kind kind;
        const char *key;
    } cases[] = {
        {"PRIV", AZ_ID3_PRIV, "owner"}, {"UFID", AZ_ID3_UFID, "owner"}, {"TXXX", AZ_ID3_TXXX, "owner"},
        {"WXXX", AZ_ID3_WXXX, "owner"}, {"COMM", AZ_ID3_COMM, "owner"}, {"GEOB", AZ_ID3_GEOB, "owner"},
        {"APIC", AZ_ID3_APIC, "owner"}, {"TIT2", AZ_ID3_TEXT, "TIT2"},  {"WOAF", AZ_ID3_URL, "WOAF"},
        {"CHAP", AZ_ID3_RAW, ""},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_id3_frame frame = {.kind = cases[i].kind, .value = az_span_str("value")};
        memcpy(frame.id, cases[i].id, 5);
        if (cases[i].kind != AZ_ID3_TEXT && cases[i].kind != AZ_ID3_URL && cases[i].kind != AZ_ID3_RAW)
            frame.owner = az_span_str("owner");
        az_cue_info info;
        az_cue_info_from_id3(&info, &frame);
        assert_int_equal(info.kind, AIZU_CUE_ID3);
        assert_true(az_span_equal_str(info.key, cases[i].key));
        assert_true(az_span_equal_str(info.name, cases[i].id));
        assert_true(az_span_equal_str(info.data, "value"));
        assert_int_equal(info.pts, AIZU_NO_TIME);
        assert_int_equal(info.duration, 0);
        assert_int_equal(info.wall, AIZU_NO_TIME);
    }
}

static void frames_of_the_service_itself_are_housekeeping(void **state)
{
    static const struct {
        aizu_cue_kind kind;
        const char *name, *key;
        bool expected;
    } cases[] = {
        {AIZU_CUE_ID3, "TXXX", "segmentmetadata", true},
        {AIZU_CUE_ID3, "TDEN", "TDEN", true},
        {AIZU_CUE_ID3, "TXXX", "segmentmetadata2", false},
        {AIZU_CUE_ID3, "PRIV", "segmentmetadata", false},
        {AIZU_CUE_EMSG, "TDEN", "", false},
        {AIZU_CUE_ID3, "TIT2", "TIT2", false},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_cue_info info = {.kind = cases[i].kind};
        info.name = az_span_str(cases[i].name);
        info.key = az_span_str(cases[i].key);
        assert_int_equal(az_cue_is_housekeeping(&info), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cue_shows_what_it_was_made_of),
        cmocka_unit_test(a_cue_keeps_copies),
        cmocka_unit_test(empty_fields_are_empty_strings),
        cmocka_unit_test(a_cue_lives_until_its_last_reference_goes),
        cmocka_unit_test(payloads_up_to_the_limit_are_taken),
        cmocka_unit_test(identity_is_what_the_author_sent_and_not_when),
        cmocka_unit_test(identity_knows_where_key_and_payload_part),
        cmocka_unit_test(id3_frames_become_cues_by_kind),
        cmocka_unit_test(frames_of_the_service_itself_are_housekeeping),
    };
    return cmocka_run_group_tests_name("cue", tests, NULL, NULL);
}
