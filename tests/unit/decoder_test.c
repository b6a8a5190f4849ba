/*
 * The decoder on real streams through our demuxer: every frame comes once, errors do not stop it, and what
 * is old is dropped. The counts are those of `ffprobe -count_frames`.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libavutil/frame.h>

#include "demux/ts.h"
#include "host/ffmpeg/convert.h"
#include "host/ffmpeg/decoder.h"
#include "support/collector.h"

#define UNITS_MAX 1024

typedef struct stream {
    az_media wanted;
    az_track track;
    az_unit units[UNITS_MAX];
    size_t count;
} stream;

static int64_t from_ticks(int64_t ticks)
{
    return ticks == AZ_NO_TICKS ? AIZU_NO_TIME : az_rescale(ticks, AIZU_SECOND, 90000);
}

static void on_track(void *user, const az_track *track)
{
    stream *s = user;
    if (track->media == s->wanted && (!s->track.codec || track->id == s->track.id))
        s->track = *track;
}

static void on_sample(void *user, const az_sample *sample)
{
    stream *s = user;
    if (sample->track != s->track.id || !s->track.codec || s->count == UNITS_MAX)
        return;
    s->units[s->count++] = (az_unit){
        .pts = from_ticks(sample->pts),
        .dts = from_ticks(sample->dts),
        .duration = from_ticks(sample->duration),
        .flags = sample->flags,
        .data = az_slice_ref(sample->data),
    };
}

/* Skips the test when the corpus is not there. */
static stream *read_stream(const char *name, az_media media)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/corpus/%s", AIZU_SHARED_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("no corpus: %s\n", path);
        skip();
    }
    stream *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->wanted = media;
    az_demux_sink sink = {.user = s, .track = on_track, .sample = on_sample};
    az_ts *ts = az_ts_create(&sink);
    assert_non_null(ts);
    uint8_t bytes[16384];
    size_t size;
    while ((size = fread(bytes, 1, sizeof(bytes), file)) > 0)
        assert_int_equal(az_ts_feed(ts, az_span_make(bytes, size)), AIZU_OK);
    assert_int_equal(az_ts_finish(ts), AIZU_OK);
    az_ts_destroy(&ts);
    fclose(file);
    assert_true(s->count > 0);
    return s;
}

static void free_stream(stream *s)
{
    for (size_t i = 0; i < s->count; i++)
        az_slice_unref(&s->units[i].data);
    free(s);
}

static void send(az_decoder *decoder, uint32_t generation, const stream *s, size_t i)
{
    az_unit unit = s->units[i];
    unit.data = az_slice_ref(unit.data);
    az_decoder_send(decoder, generation, &unit);
}

static void send_all(az_decoder *decoder, uint32_t generation, const stream *s)
{
    for (size_t i = 0; i < s->count; i++)
        send(decoder, generation, s, i);
}

static az_decoder *create(const collector *c, const stream *s, uint32_t generation)
{
    az_decoder *decoder = NULL;
    az_stream kind = s->wanted == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO;
    assert_int_equal(az_decoder_create(&decoder, kind, &c->post, NULL), AIZU_OK);
    az_decoder_configure(decoder, s->track.codec, generation, &s->track);
    return decoder;
}

static void check_file(const char *name, az_media media, size_t frames)
{
    stream *s = read_stream(name, media);
    collector c;
    collector_init(&c);
    az_decoder *decoder = create(&c, s, 1);
    send_all(decoder, 1, s);
    az_decoder_drain(decoder, 1);
    assert_true(collector_wait(&c, AZ_EVENT_DRAINED, 1, 1));
    if (collector_count(&c, AZ_EVENT_FRAME, 1) != frames)
        print_message("%s: %zu frames of %zu units, not %zu\n", name, collector_count(&c, AZ_EVENT_FRAME, 1),
                      s->count, frames);
    assert_int_equal(collector_count(&c, AZ_EVENT_FRAME, 1), frames);
    assert_int_equal(collector_count(&c, AZ_EVENT_DECODED, 1), s->count);
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < frames; i++) {
        az_event event = collector_get(&c, AZ_EVENT_FRAME, i);
        assert_true(event.pts > last);
        last = event.pts;
        if (media == AZ_MEDIA_VIDEO) {
            const aizu_frame *view = az_frame_view(event.frame);
            assert_int_equal(view->width, event.width);
            assert_true(view->strides[0] >= view->width && view->planes[1] && view->sar_num > 0);
        } else {
            assert_true(event.duration > 0);
        }
    }
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
    free_stream(s);
}

static void every_h264_frame_comes_once(void **state)
{
    (void)state;
    check_file("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_VIDEO, 60);
}

static void b_frames_come_in_order_of_time(void **state)
{
    (void)state;
    check_file("ts/shaka-project+shaka-player/hls-ts-b-frames__1.ts", AZ_MEDIA_VIDEO, 144);
}

static void every_h265_frame_comes_once(void **state)
{
    (void)state;
    check_file("ts/androidx+media/ts__sample_h265.ts", AZ_MEDIA_VIDEO, 30);
}

static void every_mpeg2_frame_comes_once(void **state)
{
    (void)state;
    check_file("ts/androidx+media/ts__sample_h262_mpeg_audio.ts", AZ_MEDIA_VIDEO, 3);
}

static void every_aac_frame_comes_once(void **state)
{
    (void)state;
    check_file("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_AUDIO, 95);
}

static void every_ac3_frame_comes_once(void **state)
{
    (void)state;
    check_file("ts/shaka-project+shaka-player/hls-ts-ac3__ChID_voices_6ch_640kbps_dd_sub_0000.ts",
               AZ_MEDIA_AUDIO, 188);
}

static void every_eac3_frame_comes_once(void **state)
{
    (void)state;
    check_file("ts/shaka-project+shaka-player/hls-ts-ec3__ChID_voices_6ch_256kbps_ddp_sub_0000.ts",
               AZ_MEDIA_AUDIO, 188);
}

static void every_mp3_frame_comes_once(void **state)
{
    (void)state;
    check_file("ts/shaka-project+shaka-player/hls-ts-mp3__media_w239891843_0.ts", AZ_MEDIA_AUDIO, 383);
}

static void a_flush_drops_the_old_generation(void **state)
{
    (void)state;
    stream *s = read_stream("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_VIDEO);
    collector c;
    collector_init(&c);
    az_decoder *decoder = create(&c, s, 1);
    collector_set_closed(&c, true); /* the decoder stands still at its first report */
    send_all(decoder, 1, s);
    az_decoder_flush(decoder, 2);
    send_all(decoder, 2, s);
    az_decoder_drain(decoder, 2);
    collector_set_closed(&c, false);
    assert_true(collector_wait(&c, AZ_EVENT_DRAINED, 2, 1));
    assert_true(collector_count(&c, AZ_EVENT_FRAME, 1) + collector_count(&c, AZ_EVENT_DECODED, 1) <= 1);
    assert_int_equal(collector_count(&c, AZ_EVENT_FRAME, 2), 60);
    assert_int_equal(collector_count(&c, AZ_EVENT_DECODED, 2), s->count);
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
    free_stream(s);
}

static void units_of_an_old_generation_are_not_decoded(void **state)
{
    (void)state;
    stream *s = read_stream("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_AUDIO);
    collector c;
    collector_init(&c);
    az_decoder *decoder = create(&c, s, 7);
    send_all(decoder, 6, s);
    send(decoder, 7, s, 0);
    az_decoder_drain(decoder, 7);
    assert_true(collector_wait(&c, AZ_EVENT_DRAINED, 7, 1));
    assert_int_equal(c.count, collector_count(&c, AZ_EVENT_FRAME, 7) + 2);
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
    free_stream(s);
}

static void broken_data_does_not_stop_it(void **state)
{
    (void)state;
    stream *s = read_stream("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_VIDEO);
    collector c;
    collector_init(&c);
    az_decoder *decoder = create(&c, s, 1);
    for (size_t i = 0; i < s->count; i++) {
        if (i < 20 || i >= 26) {
            send(decoder, 1, s, i);
            continue;
        }
        az_unit unit = s->units[i];
        assert_true(az_slice_copy(&unit.data, az_slice_span(unit.data)));
        uint8_t *bytes = az_buf_data(unit.data.buf);
        for (size_t k = 0; k < unit.data.size; k++)
            bytes[k] = (uint8_t)(k * 151 + i);
        az_decoder_send(decoder, 1, &unit);
    }
    az_decoder_drain(decoder, 1);
    assert_true(collector_wait(&c, AZ_EVENT_DRAINED, 1, 1));
    size_t errors = 0;
    for (size_t i = 0; i < s->count; i++)
        errors += collector_get(&c, AZ_EVENT_DECODED, i).result == AIZU_E_DECODER;
    assert_int_equal(collector_count(&c, AZ_EVENT_DECODED, 1), s->count);
    assert_in_range(errors, 1, 6);
    size_t frames = collector_count(&c, AZ_EVENT_FRAME, 1);
    assert_in_range(frames, 50, 60);
    assert_true(collector_get(&c, AZ_EVENT_FRAME, frames - 1).pts == s->units[s->count - 1].pts ||
                collector_get(&c, AZ_EVENT_FRAME, frames - 1).pts > s->units[s->count - 4].pts);
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
    free_stream(s);
}

static void unknown_codecs_are_reported_with_each_unit(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_decoder *decoder = NULL;
    assert_int_equal(az_decoder_create(&decoder, AZ_STREAM_VIDEO, &c.post, NULL), AIZU_OK);
    az_decoder_configure(decoder, AZ_CODEC_UNKNOWN, 3, NULL);
    for (int i = 0; i < 2; i++) {
        az_unit unit = {.pts = i};
        assert_true(az_slice_copy(&unit.data, az_span_str("abc")));
        az_decoder_send(decoder, 3, &unit);
    }
    az_decoder_drain(decoder, 3);
    assert_true(collector_wait(&c, AZ_EVENT_DRAINED, 3, 1));
    assert_int_equal(collector_count(&c, AZ_EVENT_DECODED, 3), 2);
    assert_int_equal(collector_get(&c, AZ_EVENT_DECODED, 1).result, AIZU_E_CODEC);
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
}

/* With the sanitizers this fails when a configuration is let go too early, or never. */
static void configurations_are_held_as_long_as_they_are_needed(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_decoder *decoder = NULL;
    assert_int_equal(az_decoder_create(&decoder, AZ_STREAM_AUDIO, &c.post, NULL), AIZU_OK);
    for (uint32_t generation = 1; generation <= 8; generation++) {
        az_track track = {.media = AZ_MEDIA_AUDIO, .codec = AZ_CODEC_FLAC};
        assert_true(az_slice_copy(&track.config, az_span_str("no STREAMINFO")));
        az_decoder_configure(decoder, track.codec, generation, &track);
        az_slice_unref(&track.config);
        if (generation % 3 == 0)
            az_decoder_configure(decoder, AZ_CODEC_MP3, generation, NULL);
    }
    az_unit unit = {.pts = 0};
    assert_true(az_slice_copy(&unit.data, az_span_str("abc")));
    az_decoder_send(decoder, 8, &unit);
    assert_true(collector_wait(&c, AZ_EVENT_DECODED, 8, 1));
    assert_int_equal(collector_get(&c, AZ_EVENT_DECODED, 0).result, AIZU_E_CODEC);
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
}

static void an_empty_unit_is_not_taken_for_the_end(void **state)
{
    (void)state;
    stream *s = read_stream("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_VIDEO);
    collector c;
    collector_init(&c);
    az_decoder *decoder = create(&c, s, 1);
    az_decoder_send(decoder, 1, &(az_unit){.pts = 0});
    send_all(decoder, 1, s);
    az_decoder_drain(decoder, 1);
    assert_true(collector_wait(&c, AZ_EVENT_DRAINED, 1, 1));
    assert_int_equal(collector_count(&c, AZ_EVENT_FRAME, 1), 60);
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
    free_stream(s);
}

static void count_release(void *owner)
{
    ++*(int *)owner;
}

/* Wrapped memory ends where it ends: with the sanitizers this fails when libavcodec is let past it. */
static void unpadded_payloads_are_copied_and_let_go(void **state)
{
    (void)state;
    stream *s = read_stream("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_VIDEO);
    collector c;
    collector_init(&c);
    az_decoder *decoder = create(&c, s, 1);
    uint8_t *bytes[8];
    int released = 0;
    for (size_t i = 0; i < AZ_COUNT(bytes); i++) {
        az_unit unit = s->units[i];
        bytes[i] = malloc(unit.data.size);
        assert_non_null(bytes[i]);
        memcpy(bytes[i], unit.data.data, unit.data.size);
        unit.data.buf = az_buf_wrap(bytes[i], unit.data.size, count_release, &released);
        unit.data.data = bytes[i];
        az_decoder_send(decoder, 1, &unit);
    }
    az_decoder_drain(decoder, 1);
    assert_true(collector_wait(&c, AZ_EVENT_DRAINED, 1, 1));
    assert_int_equal(collector_count(&c, AZ_EVENT_FRAME, 1), AZ_COUNT(bytes));
    az_decoder_destroy(&decoder);
    assert_int_equal(released, AZ_COUNT(bytes));
    for (size_t i = 0; i < AZ_COUNT(bytes); i++)
        free(bytes[i]);
    collector_deinit(&c);
    free_stream(s);
}

/* Nothing to assert on but that nothing leaks or hangs. */
static void refused_frames_and_waiting_units_are_freed(void **state)
{
    (void)state;
    stream *s = read_stream("ts/aws-samples+amazon-ivs-clip-manifest/720p30__0.ts", AZ_MEDIA_VIDEO);
    collector c;
    collector_init(&c);
    c.is_refusing = true;
    az_decoder *decoder = create(&c, s, 1);
    send_all(decoder, 1, s);
    assert_true(collector_wait(&c, AZ_EVENT_DECODED, 1, 3));
    az_decoder_destroy(&decoder);
    assert_null(decoder);
    az_decoder_destroy(&decoder);
    collector_deinit(&c);
    free_stream(s);
}

static void other_formats_become_i420_of_the_same_picture(void **state)
{
    (void)state;
    AVFrame *av = av_frame_alloc();
    assert_non_null(av);
    av->format = AV_PIX_FMT_YUV422P10LE;
    av->width = 64;
    av->height = 48;
    av->colorspace = AVCOL_SPC_BT709;
    av->color_range = AVCOL_RANGE_MPEG;
    assert_true(av_frame_get_buffer(av, 0) >= 0);
    static const uint16_t values[] = {63 * 4, 102 * 4, 240 * 4};
    for (int plane = 0; plane < 3; plane++) {
        for (int i = 0; i < av->linesize[plane] / 2 * av->height; i++)
            ((uint16_t *)(void *)av->data[plane])[i] = values[plane];
    }
    az_convert convert = {0};
    for (int i = 0; i < 2; i++) /* the second time it has nothing to do */
        assert_int_equal(az_convert_picture(&convert, av), AIZU_OK);
    az_frame *frame = az_frame_create(av, 5, 0);
    assert_non_null(frame);
    const aizu_frame *view = az_frame_view(frame);
    assert_int_equal(view->format, AIZU_PIXEL_I420);
    assert_int_equal(view->matrix, AIZU_COLOR_BT709);
    assert_int_equal(view->full_range, 0);
    assert_in_range(view->planes[0][20 * view->strides[0] + 20], 62, 64);
    assert_in_range(view->planes[1][20 * view->strides[1] + 20], 101, 103);
    assert_in_range(view->planes[2][20 * view->strides[2] + 20], 239, 241);
    az_frame_unref(&frame);
    az_convert_deinit(&convert);
    av_frame_free(&av);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_h264_frame_comes_once),
        cmocka_unit_test(b_frames_come_in_order_of_time),
        cmocka_unit_test(every_h265_frame_comes_once),
        cmocka_unit_test(every_mpeg2_frame_comes_once),
        cmocka_unit_test(every_aac_frame_comes_once),
        cmocka_unit_test(every_ac3_frame_comes_once),
        cmocka_unit_test(every_eac3_frame_comes_once),
        cmocka_unit_test(every_mp3_frame_comes_once),
        cmocka_unit_test(a_flush_drops_the_old_generation),
        cmocka_unit_test(units_of_an_old_generation_are_not_decoded),
        cmocka_unit_test(broken_data_does_not_stop_it),
        cmocka_unit_test(unknown_codecs_are_reported_with_each_unit),
        cmocka_unit_test(configurations_are_held_as_long_as_they_are_needed),
        cmocka_unit_test(an_empty_unit_is_not_taken_for_the_end),
        cmocka_unit_test(unpadded_payloads_are_copied_and_let_go),
        cmocka_unit_test(refused_frames_and_waiting_units_are_freed),
        cmocka_unit_test(other_formats_become_i420_of_the_same_picture),
    };
    return cmocka_run_group_tests_name("decoder", tests, NULL, NULL);
}
