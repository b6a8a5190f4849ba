/*
 * Parameter sets of real encoders, whole and cut anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "demux/video_format.h"

typedef struct example {
    bool is_h265;
    const char *hex;
    az_video_format format;
} example;

static const example examples[] = {
    {false,
     "6764001eacb405a0937fe0080005a2000003000200000300651e2c5d40",
     {720, 576, 64, 45, 25, 1, "avc1.64001e"}},
    {false,
     "6742c01fda014016ec05a810102a000003000200000300781e306540",
     {1280, 720, 1, 1, 30, 1, "avc1.42c01f"}},
    {false,
     "67640028acd940780227e5c04400000fa40003a9803c60c658",
     {1920, 1080, 1, 1, 30000, 1001, "avc1.640028"}},
    {true,
     "42010701600000030090000003000003003f0000a0073200ac7256266533989317248a41d2474f3e3fc4fcb3f9fb3cbfd7cc879"
     "2ff9f"
     "b3cbfd7c123a79f1fe27e53fcfdfcb3f5f321e4bfe7ecf2ff5f1ffe1568156602000007d0000075301",
     {914, 686, 2740, 2739, 15, 1, "hvc1.1.6.L63.90"}},
    {true,
     "42010101600000030090000003000003005da005a20050165998a924cab016a020202080000003008000000f04",
     {720, 1280, 1, 1, 30, 1, "hvc1.1.6.L93.90"}},
    {true,
     "420101022000000300b0000003000003007ba00502016936718b92448853888892cf24a69272c9124922dc91aa48fca223ff000"
     "100016a"
     "02020201",
     {640, 360, 1, 1, 0, 0, "hvc1.2.4.L123.B0"}},
};

static size_t unhex(uint8_t *out, const char *hex)
{
    size_t size = 0;
    for (unsigned value; hex[0] && hex[1]; hex += 2) {
        const char digits[3] = {hex[0], hex[1], 0};
        value = 0;
        for (int i = 0; i < 2; i++)
            value = value * 16 + (unsigned)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
        out[size++] = (uint8_t)value;
    }
    return size;
}

static bool parse(const example *e, az_span nal, az_video_format *out)
{
    return e->is_h265 ? az_h265_sps_parse(nal, out) : az_h264_sps_parse(nal, out);
}

static void parameter_sets_give_size_aspect_rate_and_codec(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(examples); i++) {
        const az_video_format *e = &examples[i].format;
        uint8_t nal[256];
        az_video_format f;
        assert_true(parse(&examples[i], az_span_make(nal, unhex(nal, examples[i].hex)), &f));
        assert_int_equal(f.width, e->width);
        assert_int_equal(f.height, e->height);
        assert_int_equal(f.sar_num, e->sar_num);
        assert_int_equal(f.sar_den, e->sar_den);
        assert_int_equal(f.frame_rate_num, e->frame_rate_num);
        assert_int_equal(f.frame_rate_den, e->frame_rate_den);
        assert_string_equal(f.codec_string, e->codec_string);
    }
}

static void a_cut_parameter_set_fails_or_gives_the_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(examples); i++) {
        uint8_t nal[256];
        size_t size = unhex(nal, examples[i].hex);
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *exact = test_malloc(cut + 1);
            memcpy(exact, nal, cut);
            az_video_format f = {.width = -1};
            if (parse(&examples[i], az_span_make(exact, cut), &f))
                assert_int_equal(f.width, examples[i].format.width);
            else
                assert_int_equal(f.width, -1); /* untouched */
            test_free(exact);
        }
    }
}

static void emulation_prevention_is_taken_out(void **state)
{
    (void)state;
    static const uint8_t in[] = {1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3}, out[] = {1, 0, 0, 1, 0, 0, 0, 0, 3};
    uint8_t got[16];
    assert_int_equal(az_nal_unescape(got, sizeof(got), az_span_make(in, sizeof(in))), sizeof(out));
    assert_memory_equal(got, out, sizeof(out));
    assert_int_equal(az_nal_unescape(got, 3, az_span_make(in, sizeof(in))), 3);
}

static void mpeg2_sequence_headers_are_read(void **state)
{
    (void)state;
    /* 720 x 576, 16:9, 25 Hz, with its extension */
    static const uint8_t bytes[] = {0x2D, 0x02, 0x40, 0x33, 0x24, 0x9F, 0x23, 0x80, 0,
                                    0,    1,    0xB5, 0x14, 0x8A, 0x00, 0x01, 0x00, 0x00};
    az_video_format f;
    assert_true(az_mpeg2_sequence_parse(az_span_make(bytes, sizeof(bytes)), &f));
    assert_int_equal(f.width, 720);
    assert_int_equal(f.height, 576);
    assert_int_equal(f.sar_num, 64);
    assert_int_equal(f.sar_den, 45);
    assert_int_equal(f.frame_rate_num, 25);
    assert_false(az_mpeg2_sequence_parse(az_span_make(bytes, 7), &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_sets_give_size_aspect_rate_and_codec),
        cmocka_unit_test(a_cut_parameter_set_fails_or_gives_the_size),
        cmocka_unit_test(emulation_prevention_is_taken_out),
        cmocka_unit_test(mpeg2_sequence_headers_are_read),
    };
    return cmocka_run_group_tests_name("video_format", tests, NULL, NULL);
}
