/*
 * The channel's packager: segments begin where they are cut, and each holds exactly the sound and the cues of
 * its time, whatever order they came in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "packager.h"

#define FRAME    3000
#define SOUND    1920
#define START    900000
#define SEGMENT  (10 * FRAME)
#define SEEN_MAX 64

/* What a finished segment held: presentation times by PID. */
typedef struct seen {
    int64_t pts, duration;
    int64_t video[SEEN_MAX], audio[SEEN_MAX], cues[SEEN_MAX];
    size_t video_count, audio_count, cues_count;
} seen;

static seen segments[8];
static size_t segments_count;

static int64_t time_at(const uint8_t *p)
{
    return ((int64_t)(p[0] & 0x0e) << 29) | (p[1] << 22) | ((p[2] & 0xfe) << 14) | (p[3] << 7) | (p[4] >> 1);
}

static void note(int64_t *times, size_t *count, int64_t pts)
{
    assert_in_range(*count, 0, SEEN_MAX - 1);
    times[(*count)++] = pts;
}

static int on_segment(void *user, const ch_segment *segment)
{
    (void)user;
    assert_in_range(segments_count, 0, 7);
    seen *s = &segments[segments_count++];
    *s = (seen){.pts = segment->pts, .duration = segment->duration_ticks};
    assert_int_equal(segment->data[1] & 0x5f, 0x40); /* the tables come first */
    for (size_t at = 0; at < segment->size; at += CH_TS_PACKET_SIZE) {
        const uint8_t *p = segment->data + at;
        unsigned pid = ((p[1] & 0x1fu) << 8) | p[2];
        size_t begin = 4 + ((p[3] & 0x20) ? 1 + (size_t)p[4] : 0);
        if (!(p[1] & 0x40) || pid < CH_TS_PID_VIDEO || pid > CH_TS_PID_METADATA)
            continue;
        int64_t pts = time_at(p + begin + 9);
        if (pid == CH_TS_PID_VIDEO)
            note(s->video, &s->video_count, pts);
        else if (pid == CH_TS_PID_AUDIO)
            note(s->audio, &s->audio_count, pts);
        else
            note(s->cues, &s->cues_count, pts);
    }
    return 0;
}

static ch_packager *start(bool has_audio)
{
    segments_count = 0;
    const ch_packager_settings settings = {
        .has_audio = has_audio, .adts = {2, 3, 2}, .frame_ticks = FRAME, .on_segment = on_segment};
    ch_packager *p = ch_packager_create(&settings);
    assert_non_null(p);
    return p;
}

static void feed_frame(ch_packager *p, int64_t n)
{
    static const uint8_t nal[] = {0, 0, 1, 0x65, 1};
    int64_t pts = START + n * FRAME;
    const ch_video_packet packet = {
        .data = nal, .size = sizeof(nal), .pts = pts, .dts = pts, .key = n % 10 == 0, .cut = n % 10 == 0};
    assert_int_equal(ch_packager_feed_video(p, &packet), 0);
}

static void feed_sound(ch_packager *p, int64_t n)
{
    assert_int_equal(ch_packager_feed_audio(p, (const uint8_t *)"aac", 3, START + n * SOUND), 0);
}

static void assert_segments_hold_their_own(size_t count, size_t frames, size_t sounds)
{
    size_t audio = 0;
    assert_int_equal(segments_count, count);
    for (size_t i = 0; i < count; i++) {
        const seen *s = &segments[i];
        assert_int_equal(s->pts, START + (int64_t)i * SEGMENT);
        assert_int_equal(s->duration, SEGMENT);
        assert_int_equal(s->video_count, frames / count);
        for (size_t k = 0; k < s->audio_count; k++) {
            assert_true(s->audio[k] >= s->pts && s->audio[k] < s->pts + s->duration);
            assert_int_equal(s->audio[k], START + (int64_t)audio++ * SOUND);
        }
    }
    assert_int_equal(audio, sounds);
}

/* 47 sound frames cover 90240 ticks, a little more than 30 pictures. */
static void sound_ahead_of_the_pictures_waits_for_its_segment(void **state)
{
    (void)state;
    ch_packager *p = start(true);
    for (int i = 0; i < 47; i++)
        feed_sound(p, i);
    for (int i = 0; i < 30; i++)
        feed_frame(p, i);
    assert_int_equal(ch_packager_end(p), 0);
    assert_segments_hold_their_own(3, 30, 47);
    ch_packager_destroy(&p);
}

static void pictures_ahead_of_the_sound_wait_for_it(void **state)
{
    (void)state;
    ch_packager *p = start(true);
    for (int i = 0; i < 30; i++)
        feed_frame(p, i);
    assert_int_equal(segments_count, 0);
    for (int i = 0; i < 47; i++)
        feed_sound(p, i);
    assert_int_equal(ch_packager_end(p), 0);
    assert_segments_hold_their_own(3, 30, 47);
    ch_packager_destroy(&p);
}

static void missing_sound_holds_pictures_up_for_a_bounded_time(void **state)
{
    (void)state;
    ch_packager *p = start(true);
    for (int i = 0; i < CH_PACKAGER_WAIT / FRAME + 12; i++)
        feed_frame(p, i);
    assert_int_equal(segments_count, 1);
    ch_packager_destroy(&p);
}

static void a_cue_is_in_the_segment_that_covers_it(void **state)
{
    (void)state;
    ch_packager *p = start(false);
    static const int at[] = {0, 9, 10, 19, 19};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ch_packager_feed_cue(p, (const uint8_t *)"ID3", 3, START + at[i] * FRAME), 0);
    for (int i = 0; i < 20; i++)
        feed_frame(p, i);
    assert_int_equal(ch_packager_end(p), 0);
    assert_int_equal(segments_count, 2);
    assert_int_equal(segments[0].cues_count, 2);
    assert_int_equal(segments[0].cues[1], START + 9 * FRAME);
    assert_int_equal(segments[1].cues_count, 3);
    assert_int_equal(segments[1].cues[0], START + SEGMENT);
    ch_packager_destroy(&p);
}

/* A cue that was put on a picture whose decoding comes early (B pictures) is not lost at the cut. */
static void a_cue_between_the_last_pictures_stays_in_its_segment(void **state)
{
    (void)state;
    static const uint8_t nal[] = {0, 0, 1, 0x41, 1};
    ch_packager *p = start(false);
    feed_frame(p, 0);
    const ch_video_packet late = {.data = nal, .size = 5, .pts = START + FRAME, .dts = START + FRAME};
    assert_int_equal(ch_packager_feed_video(p, &late), 0);
    assert_int_equal(ch_packager_feed_cue(p, (const uint8_t *)"ID3", 3, START + 2 * FRAME), 0);
    feed_frame(p, 10);
    assert_int_equal(ch_packager_end(p), 0);
    assert_int_equal(segments[0].cues_count, 1);
    assert_int_equal(segments[1].cues_count, 0);
    ch_packager_destroy(&p);
}

static int refuse(void *user, const ch_segment *segment)
{
    (void)user;
    (void)segment;
    return -5;
}

static void an_error_of_the_receiver_comes_back(void **state)
{
    (void)state;
    const ch_packager_settings settings = {.frame_ticks = FRAME, .on_segment = refuse};
    ch_packager *p = ch_packager_create(&settings);
    feed_frame(p, 0);
    assert_int_equal(ch_packager_end(p), -5);
    ch_packager_destroy(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_ahead_of_the_pictures_waits_for_its_segment),
        cmocka_unit_test(pictures_ahead_of_the_sound_wait_for_it),
        cmocka_unit_test(missing_sound_holds_pictures_up_for_a_bounded_time),
        cmocka_unit_test(a_cue_is_in_the_segment_that_covers_it),
        cmocka_unit_test(a_cue_between_the_last_pictures_stays_in_its_segment),
        cmocka_unit_test(an_error_of_the_receiver_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
