/*
 * Headers of audio frames: what real encoders write, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "demux/audio_frame.h"

typedef struct example {
    az_codec codec;
    uint8_t header[AZ_AUDIO_HEADER_SIZE];
    size_t size;
    int samples, sample_rate, channels;
    const char *codec_string;
    bool is_dependent;
} example;

static const example examples[] = {
    {AZ_CODEC_AAC, {0xFF, 0xF1, 0x4C, 0x80, 0x27, 0x7F, 0xFC}, 315, 1024, 48000, 2, "mp4a.40.2", false},
    {AZ_CODEC_AAC, {0xFF, 0xF1, 0x50, 0x40, 0x0E, 0xFF, 0xFC}, 119, 1024, 44100, 1, "mp4a.40.2", false},
    {AZ_CODEC_AC3, {0x0B, 0x77, 0, 0, 0x14, 0x40, 0x43, 0xE1}, 768, 1536, 48000, 2, "ac-3", false},
    {AZ_CODEC_AC3, {0x0B, 0x77, 0, 0, 0x1C, 0x40, 0xE0, 0xFF}, 1536, 1536, 48000, 5, "ac-3", false},
    {AZ_CODEC_AC3, {0x0B, 0x77, 0, 0, 0x1C, 0x40, 0xE1, 0x00}, 1536, 1536, 48000, 6, "ac-3", false},
    {AZ_CODEC_AC3, {0x0B, 0x77, 0, 0, 0x55, 0x40, 0x43, 0xE1}, 836, 1536, 44100, 2, "ac-3", false},
    {AZ_CODEC_EAC3, {0x0B, 0x77, 0x01, 0xFF, 0x3F, 0x80, 0, 0}, 1024, 1536, 48000, 6, "ec-3", false},
    {AZ_CODEC_EAC3, {0x0B, 0x77, 0x41, 0xFF, 0x3F, 0x80, 0, 0}, 1024, 1536, 48000, 6, "ec-3", true},
    {AZ_CODEC_EAC3, {0x0B, 0x77, 0x01, 0xFF, 0x04, 0x80, 0, 0}, 1024, 256, 48000, 2, "ec-3", false},
    {AZ_CODEC_MP3, {0xFF, 0xFB, 0x90, 0x00}, 417, 1152, 44100, 2, "mp4a.40.34", false},
    {AZ_CODEC_MP3, {0xFF, 0xFB, 0x92, 0xC0}, 418, 1152, 44100, 1, "mp4a.40.34", false},
    {AZ_CODEC_MP3, {0xFF, 0xFD, 0xA4, 0x00}, 576, 1152, 48000, 2, "mp4a.40.33", false},
    {AZ_CODEC_MP3, {0xFF, 0xF3, 0x84, 0x00}, 192, 576, 24000, 2, "mp4a.40.34", false},
    {AZ_CODEC_MP3, {0xFF, 0xFF, 0xC4, 0x00}, 384, 384, 48000, 2, "mp4a.40.32", false},
};

static void headers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(examples); i++) {
        const example *e = &examples[i];
        az_audio_frame f;
        assert_int_equal(az_audio_frame_parse(e->codec, az_span_make(e->header, sizeof(e->header)), &f),
                         AIZU_OK);
        assert_int_equal(f.codec, e->codec);
        assert_int_equal(f.size, e->size);
        assert_int_equal(f.samples, e->samples);
        assert_int_equal(f.sample_rate, e->sample_rate);
        assert_int_equal(f.channels, e->channels);
        assert_string_equal(f.codec_string, e->codec_string);
        assert_int_equal(f.is_dependent, e->is_dependent);
    }
}

static void a_cut_header_wants_more_and_never_reads_past_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(examples); i++) {
        const example *e = &examples[i];
        size_t needed = e->codec == AZ_CODEC_MP3 ? 4 : e->codec == AZ_CODEC_AAC ? 7 : 8;
        for (size_t size = 0; size < needed; size++) {
            uint8_t *exact = test_malloc(size + 1);
            memcpy(exact, e->header, size);
            az_audio_frame f;
            assert_int_equal(az_audio_frame_parse(e->codec, az_span_make(exact, size), &f), AIZU_AGAIN);
            test_free(exact);
        }
    }
}

static void what_is_no_header_is_refused(void **state)
{
    (void)state;
    static const example bad[] = {
        {.codec = AZ_CODEC_AAC, .header = {0xFF, 0xF1, 0x7C, 0x80, 0x27, 0x7F, 0xFC}}, /* rate 15 */
        {.codec = AZ_CODEC_AAC,
         .header = {0xFF, 0xF1, 0x4C, 0x80, 0x00, 0x1F, 0xFC}},      /* shorter than itself */
        {.codec = AZ_CODEC_AAC, .header = {0xFF, 0xFB, 0x90, 0x00}}, /* MPEG audio */
        {.codec = AZ_CODEC_AC3, .header = {0x0B, 0x77, 0, 0, 0xD4, 0x40, 0x43, 0xE1}},  /* rate 3 */
        {.codec = AZ_CODEC_AC3, .header = {0x0B, 0x77, 0, 0, 0x26, 0x40, 0x43, 0xE1}},  /* size code 38 */
        {.codec = AZ_CODEC_AC3, .header = {0x0B, 0x77, 0, 0, 0x14, 0x88, 0x43, 0xE1}},  /* bsid 17 */
        {.codec = AZ_CODEC_EAC3, .header = {0x0B, 0x77, 0xC1, 0xFF, 0x3F, 0x80, 0, 0}}, /* stream type 3 */
        {.codec = AZ_CODEC_EAC3, .header = {0x0B, 0x77, 0x00, 0x00, 0x3F, 0x80, 0, 0}}, /* two bytes */
        {.codec = AZ_CODEC_MP3, .header = {0xFF, 0xFB, 0x00, 0x00}},                    /* free format */
        {.codec = AZ_CODEC_MP3, .header = {0xFF, 0xFB, 0xF0, 0x00}},                    /* bit rate 15 */
        {.codec = AZ_CODEC_MP3, .header = {0xFF, 0xEB, 0x90, 0x00}},                    /* version 1 */
        {.codec = AZ_CODEC_MP3, .header = {0xFF, 0xF9, 0x90, 0x00}},                    /* layer 0 */
        {.codec = AZ_CODEC_H264, .header = {0xFF, 0xF1, 0x4C, 0x80, 0x27, 0x7F, 0xFC}}, /* no audio */
    };
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        az_audio_frame f;
        az_span bytes = az_span_make(bad[i].header, AZ_AUDIO_HEADER_SIZE);
        assert_int_equal(az_audio_frame_parse(bad[i].codec, bytes, &f), AIZU_E_MEDIA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(a_cut_header_wants_more_and_never_reads_past_its_end),
        cmocka_unit_test(what_is_no_header_is_refused),
    };
    return cmocka_run_group_tests_name("audio_frame", tests, NULL, NULL);
}
