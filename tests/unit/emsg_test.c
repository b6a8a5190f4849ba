/*
 * Event message boxes of both versions, by field; ID3 by scheme; what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cue/emsg.h"

typedef struct box {
    uint8_t data[256];
    size_t size;
} box;

static void put(box *b, const void *bytes, size_t size)
{
    assert_true(b->size + size <= sizeof(b->data));
    memcpy(b->data + b->size, bytes, size);
    b->size += size;
}

static void put_u32(box *b, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    put(b, bytes, sizeof(bytes));
}

static void put_strings(box *b, const char *scheme, const char *value)
{
    put(b, scheme, strlen(scheme) + 1);
    put(b, value, strlen(value) + 1);
}

static void begin(box *b, unsigned version)
{
    b->size = 0;
    put_u32(b, 0); /* see end() */
    put(b, "emsg", 4);
    put_u32(b, version << 24);
}

static az_span end(box *b)
{
    for (size_t i = 0; i < 4; i++)
        b->data[i] = (uint8_t)((uint32_t)b->size >> (24 - 8 * i));
    return az_span_make(b->data, b->size);
}

#define SCHEME  "urn:example:event"
#define PAYLOAD "{\"question\":\"?\"}"

static az_span write_v0(box *b, uint32_t timescale, uint32_t duration)
{
    begin(b, 0);
    put_strings(b, SCHEME, "7");
    put_u32(b, timescale);
    put_u32(b, 900);
    put_u32(b, duration);
    put_u32(b, 42);
    put(b, PAYLOAD, strlen(PAYLOAD));
    return end(b);
}

static az_span write_v1(box *b, const char *scheme, uint32_t timescale, uint32_t duration)
{
    begin(b, 1);
    put_u32(b, timescale);
    put_u32(b, 0x12);
    put_u32(b, 0x3456789A);
    put_u32(b, duration);
    put_u32(b, 43);
    put_strings(b, scheme, "");
    put(b, PAYLOAD, strlen(PAYLOAD));
    return end(b);
}

static void version_0_has_a_delta_behind_its_strings(void **state)
{
    (void)state;
    box b;
    az_emsg emsg;
    assert_int_equal(az_emsg_parse(&emsg, write_v0(&b, 1000, 2500)), AIZU_OK);
    assert_int_equal(emsg.version, 0);
    assert_int_equal(emsg.timescale, 1000);
    assert_int_equal(emsg.presentation_time_delta, 900);
    assert_int_equal(emsg.duration, 2500);
    assert_int_equal(emsg.id, 42);
    assert_true(az_span_equal_str(emsg.scheme, SCHEME));
    assert_true(az_span_equal_str(emsg.value, "7"));
    assert_true(az_span_equal_str(emsg.data, PAYLOAD));
    assert_false(az_emsg_is_id3(&emsg));
}

static void version_1_has_an_absolute_time_of_64_bits_before_its_strings(void **state)
{
    (void)state;
    box b;
    az_emsg emsg;
    assert_int_equal(az_emsg_parse(&emsg, write_v1(&b, SCHEME, 90000, UINT32_MAX)), AIZU_OK);
    assert_int_equal(emsg.version, 1);
    assert_int_equal(emsg.timescale, 90000);
    assert_true(emsg.presentation_time == UINT64_C(0x123456789A));
    assert_int_equal(emsg.id, 43);
    assert_true(az_span_equal_str(emsg.scheme, SCHEME));
    assert_int_equal(emsg.value.size, 0);
    assert_true(az_span_equal_str(emsg.data, PAYLOAD));
}

static void id3_is_known_by_its_schemes(void **state)
{
    (void)state;
    static const struct {
        const char *scheme;
        bool is_id3;
    } cases[] = {
        {"https://aomedia.org/emsg/ID3", true},
        {"https://developer.apple.com/streaming/emsg-id3", true},
        {"urn:twitch:id3", true},
        {"https://aomedia.org/emsg/ID", false},
        {"https://aomedia.org/emsg/ID3/", false},
        {"urn:scte:scte35:2013:bin", false},
        {"", false},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        box b;
        az_emsg emsg;
        assert_int_equal(az_emsg_parse(&emsg, write_v1(&b, cases[i].scheme, 1, 0)), AIZU_OK);
        assert_int_equal(az_emsg_is_id3(&emsg), cases[i].is_id3);
    }
}

static void a_cue_has_scheme_value_payload_and_duration(void **state)
{
    (void)state;
    static const struct {
        uint32_t duration;
        int64_t expected;
    } cases[] = {{0, 0}, {45000, AIZU_SECOND / 2}, {UINT32_MAX, AIZU_NO_TIME}};
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        box b;
        az_emsg emsg;
        az_cue_info info;
        assert_int_equal(az_emsg_parse(&emsg, write_v0(&b, 90000, cases[i].duration)), AIZU_OK);
        az_cue_info_from_emsg(&info, &emsg);
        assert_int_equal(info.kind, AIZU_CUE_EMSG);
        assert_true(az_span_equal_str(info.key, SCHEME));
        assert_true(az_span_equal_str(info.name, "7"));
        assert_true(az_span_equal_str(info.data, PAYLOAD));
        assert_true(info.duration == cases[i].expected);
        assert_true(info.pts == AIZU_NO_TIME && info.wall == AIZU_NO_TIME);
    }
}

static void sizes_of_64_bits_and_to_the_end_are_read(void **state)
{
    (void)state;
    box b, large = {.size = 0};
    az_emsg emsg;
    az_span whole = write_v0(&b, 1, 1);
    put_u32(&large, 1);
    put(&large, "emsg", 4);
    put_u32(&large, 0);
    put_u32(&large, (uint32_t)whole.size + 8);
    put(&large, whole.data + 8, whole.size - 8);
    assert_int_equal(az_emsg_parse(&emsg, az_span_make(large.data, large.size)), AIZU_OK);
    assert_true(az_span_equal_str(emsg.data, PAYLOAD));
    memset(b.data, 0, 4);
    assert_int_equal(az_emsg_parse(&emsg, whole), AIZU_OK);
    assert_true(az_span_equal_str(emsg.data, PAYLOAD));
}

static void bytes_behind_the_box_are_not_its_data(void **state)
{
    (void)state;
    box b;
    az_emsg emsg;
    write_v0(&b, 1, 1);
    put(&b, "more", 4);
    assert_int_equal(az_emsg_parse(&emsg, az_span_make(b.data, b.size)), AIZU_OK);
    assert_true(az_span_equal_str(emsg.data, PAYLOAD));
}

/* A payload may be empty, so only what is before it is needed; but the size says what should be there. */
static void a_box_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (int version = 0; version < 2; version++) {
        box b;
        az_span whole = version ? write_v1(&b, SCHEME, 1, 1) : write_v0(&b, 1, 1);
        for (size_t size = 0; size < whole.size; size++) {
            az_emsg emsg = {.id = 7};
            uint8_t *copy = malloc(size ? size : 1); /* for the sanitizer */
            assert_non_null(copy);
            memcpy(copy, whole.data, size);
            assert_int_equal(az_emsg_parse(&emsg, az_span_make(copy, size)), AIZU_E_MEDIA);
            /* a header that tells of fewer bytes than the fields need */
            for (size_t i = 0; i < 4 && size >= 4; i++)
                copy[i] = (uint8_t)((uint32_t)size >> (24 - 8 * i));
            aizu_result result = az_emsg_parse(&emsg, az_span_make(copy, size));
            assert_int_equal(result, size + strlen(PAYLOAD) >= whole.size ? AIZU_OK : AIZU_E_MEDIA);
            assert_true(result == AIZU_OK || emsg.id == 7);
            free(copy);
        }
    }
}

static void what_cannot_be_an_event_is_refused(void **state)
{
    (void)state;
    box b;
    az_emsg emsg;
    assert_int_equal(az_emsg_parse(&emsg, write_v0(&b, 0, 1)), AIZU_E_MEDIA); /* timescale */
    write_v0(&b, 1, 1);
    b.data[8] = 2; /* version */
    assert_int_equal(az_emsg_parse(&emsg, end(&b)), AIZU_E_MEDIA);
    write_v0(&b, 1, 1);
    b.data[4] = 'E'; /* type */
    assert_int_equal(az_emsg_parse(&emsg, end(&b)), AIZU_E_MEDIA);
    write_v0(&b, 1, 1);
    b.data[12] = 0xFF; /* the scheme is no text */
    assert_int_equal(az_emsg_parse(&emsg, end(&b)), AIZU_E_MEDIA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_0_has_a_delta_behind_its_strings),
        cmocka_unit_test(version_1_has_an_absolute_time_of_64_bits_before_its_strings),
        cmocka_unit_test(id3_is_known_by_its_schemes),
        cmocka_unit_test(a_cue_has_scheme_value_payload_and_duration),
        cmocka_unit_test(sizes_of_64_bits_and_to_the_end_are_read),
        cmocka_unit_test(bytes_behind_the_box_are_not_its_data),
        cmocka_unit_test(a_box_cut_anywhere_is_refused),
        cmocka_unit_test(what_cannot_be_an_event_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
