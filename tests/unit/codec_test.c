/*
 * Every codec out of fragmented MP4 as FFmpeg's program makes it: each frame comes once and shows the colour
 * or sounds the tone that was encoded. A codec that the program cannot encode is told as skipped.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
#include <libavutil/mem.h>
#include <libavutil/samplefmt.h>

#include "demux/fmp4.h"
#include "demux/ts.h"
#include "host/ffmpeg/codec.h"
#include "host/ffmpeg/config.h"

#define UNITS_MAX 256
#define PICTURES  25
#define PICTURE   "-f lavfi -i color=c=0x2060c0:size=128x96:rate=25:duration=1 -pix_fmt "
#define SOUND     "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=1 "
#define LEVEL     0.0884 /* of each channel of two: the generator's eighth, by the square root of 2 */

typedef struct stream {
    az_media wanted;
    az_track track;
    az_unit units[UNITS_MAX];
    size_t count;
} stream;

static int64_t from_ticks(const az_track *track, int64_t ticks)
{
    return ticks == AZ_NO_TICKS ? AIZU_NO_TIME : az_rescale(ticks, AIZU_SECOND, track->timescale);
}

static void on_track(void *user, const az_track *track)
{
    stream *s = user;
    if (track->media != s->wanted)
        return;
    az_slice_unref(&s->track.config);
    s->track = *track;
    s->track.config = az_slice_ref(track->config);
}

static void on_sample(void *user, const az_sample *sample)
{
    stream *s = user;
    if (sample->media != s->wanted || s->count == UNITS_MAX)
        return;
    s->units[s->count++] = (az_unit){
        .pts = from_ticks(&s->track, sample->pts),
        .dts = from_ticks(&s->track, sample->dts),
        .duration = from_ticks(&s->track, sample->duration),
        .flags = sample->flags,
        .data = az_slice_ref(sample->data),
    };
}

static void free_stream(stream *s)
{
    for (size_t i = 0; i < s->count; i++)
        az_slice_unref(&s->units[i].data);
    az_slice_unref(&s->track.config);
    free(s);
}

static az_slice read_file(const char *path)
{
    az_slice slice = {NULL, NULL, 0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    rewind(file);
    assert_true(size > 0);
    slice.buf = az_buf_create((size_t)size);
    assert_non_null(slice.buf);
    slice.data = az_buf_data(slice.buf);
    slice.size = (size_t)size;
    assert_int_equal(fread(az_buf_data(slice.buf), 1, slice.size, file), slice.size);
    fclose(file);
    return slice;
}

/* NULL when this ffmpeg cannot make it. */
static stream *make(az_media media, const char *container, const char *arguments)
{
    char path[] = "/tmp/aizu-codec-XXXXXX", command[1024];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    snprintf(command, sizeof(command), "ffmpeg -nostdin -y -v quiet %s -strict -2 %s %s </dev/null",
             arguments, container, path);
    if (system(command) != 0) {
        print_message("not made here: %s\n", arguments);
        unlink(path);
        return NULL;
    }
    az_slice bytes = read_file(path);
    unlink(path);
    stream *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->wanted = media;
    az_demux_sink sink = {.user = s, .track = on_track, .sample = on_sample};
    if (strstr(container, "mpegts")) {
        az_ts *ts = az_ts_create(&sink);
        assert_int_equal(az_ts_feed(ts, az_slice_span(bytes)), AIZU_OK);
        assert_int_equal(az_ts_finish(ts), AIZU_OK);
        az_ts_destroy(&ts);
    } else {
        az_fmp4 *fmp4 = az_fmp4_create(&sink);
        assert_int_equal(az_fmp4_feed(fmp4, bytes), AIZU_OK);
        assert_int_equal(az_fmp4_finish(fmp4), AIZU_OK);
        az_fmp4_destroy(&fmp4);
    }
    az_slice_unref(&bytes);
    assert_true(s->count > 0 && s->track.codec);
    return s;
}

static stream *make_mp4(az_media media, const char *arguments)
{
    return make(media, "-f mp4 -movflags +frag_keyframe+delay_moov+default_base_moof", arguments);
}

/* ---- what came out ---- */

typedef struct found {
    size_t frames;
    int64_t samples; /* for each channel */
    int channels;
    int64_t begin, end; /* pts */
    double power;
    int crossings; /* upwards */
    double last;
    bool is_wrong_colour;
} found;

static void look_at_picture(found *f, const az_frame *frame)
{
    static const int expected[] = {91, 180, 93}; /* 0x2060c0 by BT.601 */
    const aizu_frame *view = az_frame_view(frame);
    assert_int_equal(view->width, 128);
    assert_int_equal(view->height, 96);
    assert_int_equal(view->format, AIZU_PIXEL_I420);
    for (int i = 0; i < 3; i++) {
        int scale = i ? 2 : 1;
        const uint8_t *row = view->planes[i] + (size_t)(48 / scale) * (size_t)view->strides[i];
        for (int x = 0; x < 128 / scale; x++)
            f->is_wrong_colour |= abs(row[x] - expected[i]) > 3;
    }
}

/* Of the left channel, or the middle one: there one channel of sound goes. */
static double sample_of(const AVFrame *av, int i)
{
    int channel = av->ch_layout.nb_channels > 2 ? 2 : 0;
    bool is_planar = av_sample_fmt_is_planar(av->format);
    const void *plane = av->extended_data[is_planar ? channel : 0];
    if (!is_planar)
        i = i * av->ch_layout.nb_channels + channel;
    switch (av_get_packed_sample_fmt(av->format)) {
    case AV_SAMPLE_FMT_FLT:
        return (double)((const float *)plane)[i];
    case AV_SAMPLE_FMT_S16:
        return ((const int16_t *)plane)[i] / 32768.0;
    case AV_SAMPLE_FMT_S32:
        return ((const int32_t *)plane)[i] / 2147483648.0;
    default:
        fail_msg("samples of format %d", av->format);
        return 0;
    }
}

static void look_at_sound(found *f, const az_frame *frame)
{
    const AVFrame *av = az_frame_av(frame);
    assert_int_equal(av->sample_rate, 48000);
    f->channels = av->ch_layout.nb_channels;
    f->samples += av->nb_samples;
    for (int i = 0; i < av->nb_samples; i++) {
        double value = sample_of(av, i);
        f->power += value * value;
        if (fabs(value) < LEVEL / 10)
            continue;
        f->crossings += f->last < 0 && value > 0;
        f->last = value;
    }
}

static void take(az_codec_decoder *decoder, found *f)
{
    az_frame *frame;
    aizu_result result;
    while ((result = az_codec_receive(decoder, &frame)) == AIZU_OK) {
        assert_true(f->frames == 0 || az_frame_pts(frame) >= f->end - AIZU_MILLISECOND);
        if (f->frames++ == 0)
            f->begin = az_frame_pts(frame);
        f->end = az_frame_pts(frame) + az_frame_duration(frame);
        if (az_frame_av(frame)->width > 0)
            look_at_picture(f, frame);
        else
            look_at_sound(f, frame);
        az_frame_unref(&frame);
    }
    assert_true(result == AIZU_AGAIN || result == AIZU_END);
}

static found decode(az_codec_decoder *decoder, const stream *s, size_t first)
{
    found f = {0};
    aizu_result result = az_codec_open(decoder, s->track.codec, &s->track);
    if (result)
        print_message("%s\n", decoder->detail);
    assert_int_equal(result, AIZU_OK);
    for (size_t i = first; i < s->count; i++) {
        assert_int_equal(az_codec_send(decoder, &s->units[i]), AIZU_OK);
        take(decoder, &f);
    }
    assert_int_equal(az_codec_send(decoder, NULL), AIZU_OK);
    take(decoder, &f);
    return f;
}

static void check_picture(const char *encoder)
{
    char arguments[512];
    snprintf(arguments, sizeof(arguments), PICTURE "%s", encoder);
    stream *s = make_mp4(AZ_MEDIA_VIDEO, arguments);
    if (!s)
        return;
    az_codec_decoder decoder;
    assert_true(az_codec_init(&decoder));
    found f = decode(&decoder, s, 0);
    print_message("%-60s %s %s\n", encoder, s->track.codec_string, decoder.context->codec->name);
    assert_int_equal(f.frames, PICTURES);
    assert_false(f.is_wrong_colour);
    assert_true(llabs(f.end - f.begin - AIZU_SECOND) < 2 * AIZU_MILLISECOND);
    az_codec_deinit(&decoder);
    free_stream(s);
}

static void check_sound(const char *encoder, int channels)
{
    char arguments[512];
    snprintf(arguments, sizeof(arguments), SOUND "-ac %d %s", channels, encoder);
    stream *s = make_mp4(AZ_MEDIA_AUDIO, arguments);
    if (!s)
        return;
    az_codec_decoder decoder;
    assert_true(az_codec_init(&decoder));
    found f = decode(&decoder, s, 0);
    double level = sqrt(f.power / (double)f.samples) * sqrt(2.0);
    print_message("%-60s %s %d channels, %lld samples, level %.3f\n", encoder, s->track.codec_string,
                  f.channels, (long long)f.samples, level);
    assert_int_equal(f.channels, channels);
    assert_in_range(f.samples, 48000 - 2048, 48000 + 4096);
    assert_in_range(f.crossings, 430, 450);
    assert_true(channels > 2 || fabs(level - LEVEL) < LEVEL * 0.1);
    az_codec_deinit(&decoder);
    free_stream(s);
}

static void h264_and_h265_are_decoded(void **state)
{
    (void)state;
    check_picture("yuv420p -c:v libx264 -preset veryfast -g 10");
    check_picture("yuv420p10le -c:v libx264 -preset veryfast -g 10");
    check_picture("yuv444p -c:v libx264 -preset veryfast -g 10");
    check_picture("yuv420p -c:v libx265 -preset veryfast -x265-params log-level=none -tag:v hvc1");
    check_picture("yuv420p10le -c:v libx265 -preset veryfast -x265-params log-level=none -tag:v hev1");
}

static void av1_and_vp9_are_decoded(void **state)
{
    (void)state;
    check_picture("yuv420p -c:v libaom-av1 -cpu-used 8 -g 10");
    check_picture("yuv420p10le -c:v libaom-av1 -cpu-used 8 -g 10");
    check_picture("yuv420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 10");
    check_picture("yuv420p10le -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 10");
}

static void each_codec_of_sound_is_decoded(void **state)
{
    (void)state;
    check_sound("-c:a aac", 2);
    check_sound("-c:a ac3", 2);
    check_sound("-c:a eac3", 2);
    check_sound("-c:a eac3", 6);
    check_sound("-c:a libmp3lame", 2);
    check_sound("-c:a libopus", 2);
    check_sound("-c:a libopus -mapping_family 1", 6);
    check_sound("-c:a flac -sample_fmt s16", 2);
    check_sound("-c:a flac -sample_fmt s32 -bits_per_raw_sample 24", 2);
    check_sound("-c:a alac -sample_fmt s16p", 2);
    check_sound("-c:a alac -sample_fmt s32p", 2);
}

static void sound_that_begins_in_the_middle_loses_nothing(void **state)
{
    (void)state;
    static const char *const encoders[] = {"-c:a libopus", "-c:a flac", "-c:a alac"};
    for (size_t i = 0; i < AZ_COUNT(encoders); i++) {
        char arguments[512];
        snprintf(arguments, sizeof(arguments), SOUND "-ac 2 %s", encoders[i]);
        stream *s = make_mp4(AZ_MEDIA_AUDIO, arguments);
        if (!s)
            continue;
        size_t first = s->count / 2;
        az_codec_decoder decoder;
        assert_true(az_codec_init(&decoder));
        found f = decode(&decoder, s, first);
        assert_int_equal(f.frames, s->count - first);
        assert_true(llabs(f.begin - s->units[first].pts) < AIZU_MILLISECOND / 10);
        int64_t end = s->units[s->count - 1].pts + s->units[s->count - 1].duration;
        assert_true(f.end - end > -AIZU_MILLISECOND);
        az_codec_deinit(&decoder);
        free_stream(s);
    }
}

static void one_decoder_takes_one_configuration_after_another(void **state)
{
    (void)state;
    static const char *const arguments[] = {
        PICTURE "yuv420p -c:v libx264 -preset veryfast -profile:v baseline",
        PICTURE "yuv420p -c:v libx264 -preset veryfast -profile:v high -bf 2",
        PICTURE "yuv420p10le -c:v libx264 -preset veryfast",
    };
    az_codec_decoder decoder;
    assert_true(az_codec_init(&decoder));
    for (size_t i = 0; i <= AZ_COUNT(arguments); i++) {
        bool is_annex_b = i == AZ_COUNT(arguments); /* with the parameter sets in the stream, at the end */
        stream *s = is_annex_b ? make(AZ_MEDIA_VIDEO, "-f mpegts", arguments[1])
                               : make_mp4(AZ_MEDIA_VIDEO, arguments[i]);
        if (!s)
            continue;
        assert_int_equal(s->track.config.size == 0, is_annex_b);
        found f = decode(&decoder, s, 0);
        assert_int_equal(f.frames, PICTURES);
        assert_false(f.is_wrong_colour);
        free_stream(s);
    }
    az_codec_deinit(&decoder);
}

/* ---- configurations ---- */

static void opus_heads_are_turned_round(void **state)
{
    (void)state;
    static const uint8_t dops[] = {0, 3, 0x01, 0x38, 0x00, 0x00, 0xBB, 0x80, 0xFF, 0x00, 1, 2, 1, 0, 2, 1};
    static const uint8_t head[] = {'O',  'p',  'u',  's',  'H',  'e',  'a', 'd', 1, 3, 0, 0,
                                   0x80, 0xBB, 0x00, 0x00, 0x00, 0xFF, 1,   2,   1, 0, 2, 1};
    uint8_t *out;
    int size;
    assert_int_equal(az_config_convert(AZ_CODEC_OPUS, az_span_make(dops, sizeof(dops)), &out, &size),
                     AIZU_OK);
    assert_int_equal(size, sizeof(head));
    assert_memory_equal(out, head, sizeof(head));
    for (int i = 0; i < AV_INPUT_BUFFER_PADDING_SIZE; i++)
        assert_int_equal(out[size + i], 0);
    av_free(out);
}

static void a_configuration_that_is_not_needed_is_left_out(void **state)
{
    (void)state;
    uint8_t *out;
    int size;
    assert_int_equal(az_config_convert(AZ_CODEC_VP9, az_span_str("abcdefgh"), &out, &size), AIZU_OK);
    assert_null(out);
    assert_int_equal(az_config_convert(AZ_CODEC_AAC, az_span_str(""), &out, &size), AIZU_OK);
    assert_null(out);
}

/* Each of these may be refused or taken; nothing else may happen. */
static void damaged_configurations_do_no_harm(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 100, 0,   31,  255, 225, 0,   24,  103, 100, 0, 31, 172, 217, 64, 80,
                                    5, 187, 16,  0,   0,   3,   0,   16,  0,   0,   3, 3,  192, 241, 66, 153,
                                    0, 255, 255, 255, 255, 3,   255, 128, 7,   9,   1, 2,  3,   4,   5,  6};
    static const az_codec codecs[] = {AZ_CODEC_H264, AZ_CODEC_H265, AZ_CODEC_AV1,  AZ_CODEC_VP9, AZ_CODEC_AAC,
                                      AZ_CODEC_OPUS, AZ_CODEC_FLAC, AZ_CODEC_ALAC, AZ_CODEC_MP3};
    az_codec_decoder decoder;
    assert_true(az_codec_init(&decoder));
    for (size_t c = 0; c < AZ_COUNT(codecs); c++) {
        for (size_t size = 1; size <= sizeof(bytes); size++) {
            for (size_t begin = 0; begin < 2; begin++) {
                az_track track = {.codec = codecs[c], .media = AZ_MEDIA_VIDEO};
                assert_true(az_slice_copy(&track.config, az_span_make(bytes + begin, size - begin)));
                aizu_result result = az_codec_open(&decoder, codecs[c], &track);
                assert_true(result == AIZU_OK || (result == AIZU_E_CODEC && decoder.detail[0]));
                az_unit unit = {.pts = 0, .data = track.config};
                az_frame *frame = NULL;
                if (!result && az_codec_send(&decoder, &unit) == AIZU_OK)
                    assert_int_not_equal(az_codec_receive(&decoder, &frame), AIZU_E_CODEC);
                az_frame_unref(&frame);
                az_slice_unref(&track.config);
            }
        }
    }
    az_track large = {.codec = AZ_CODEC_H264};
    large.config.buf = az_buf_create(AZ_CONFIG_SIZE_MAX + 1);
    assert_non_null(large.config.buf);
    memset(az_buf_data(large.config.buf), 1, AZ_CONFIG_SIZE_MAX + 1);
    large.config.data = az_buf_data(large.config.buf);
    large.config.size = AZ_CONFIG_SIZE_MAX + 1;
    assert_int_equal(az_codec_open(&decoder, AZ_CODEC_H264, &large), AIZU_E_CODEC);
    az_slice_unref(&large.config);
    az_codec_deinit(&decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h264_and_h265_are_decoded),
        cmocka_unit_test(av1_and_vp9_are_decoded),
        cmocka_unit_test(each_codec_of_sound_is_decoded),
        cmocka_unit_test(sound_that_begins_in_the_middle_loses_nothing),
        cmocka_unit_test(one_decoder_takes_one_configuration_after_another),
        cmocka_unit_test(opus_heads_are_turned_round),
        cmocka_unit_test(a_configuration_that_is_not_needed_is_left_out),
        cmocka_unit_test(damaged_configurations_do_no_harm),
    };
    return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
