/*
 * The channel's fragmented MP4 and its parts: boxes that fit into each other, samples where the boxes say,
 * parts that end with their last frame, and sound that is cut where the video was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fragmenter.h"

#define FRAME     3000
#define PART      (6 * FRAME)
#define SEGMENT   (30 * FRAME)
#define START     900000
#define WALL      (INT64_C(1767225600) * 1000000000)
#define HZ        48000
#define PARTS_MAX 64

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t u64(const uint8_t *p)
{
    return (uint64_t)u32(p) << 32 | u32(p + 4);
}

/* The n-th box of a type among those that begin in [at, end); fails where sizes do not fit. NULL: none. */
static const uint8_t *box(const uint8_t *data, size_t at, size_t end, const char *type, int n, size_t *size)
{
    while (at < end) {
        assert_true(end - at >= 8);
        size_t own = u32(data + at);
        assert_in_range(own, 8, end - at);
        if (memcmp(data + at + 4, type, 4) == 0 && n-- == 0) {
            *size = own;
            return data + at;
        }
        at += own;
    }
    return NULL;
}

/* Down a path of types, without full boxes in between. */
static const uint8_t *path(const uint8_t *data, size_t size, const char *const *types, size_t *out_size)
{
    const uint8_t *found = data;
    *out_size = size;
    size_t at = 0;
    for (; *types; types++) {
        found = box(found, at, *out_size, *types, 0, out_size);
        if (!found)
            return NULL;
        at = 8;
    }
    return found;
}

/* ---- access units ---- */

static const uint8_t unit[] = {0,    0, 0, 1,    9,    0xf0,                   /* delimiter */
                               0,    0, 0, 1,    0x67, 0x64, 0,    0x1f, 0xaa, /* sequence */
                               0,    0, 1, 0x68, 0xee, 0x3c, 0x80,             /* picture */
                               0,    0, 1, 0x65, 0x88, 0,    0,    3,    1,
                               0x11, 0, 0, 0}; /* slice, trailing zeros */

static void parameter_sets_go_into_the_header_and_out_of_the_samples(void **state)
{
    (void)state;
    ch_mp4_avc avc = {0};
    ch_bytes out = {0};
    assert_true(ch_mp4_avc_find(&avc, unit, sizeof(unit)));
    assert_true(ch_mp4_avc_find(&avc, unit, sizeof(unit))); /* the same again changes nothing */
    assert_int_equal(avc.sps_count, 1);
    assert_int_equal(avc.pps_count, 1);
    ch_mp4_append_access_unit(&out, &avc, unit, sizeof(unit));
    static const uint8_t expected[] = {0, 0, 0, 7, 0x65, 0x88, 0, 0, 3, 1, 0x11};
    assert_int_equal(out.size, sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected));
    ch_bytes_deinit(&out);
    ch_mp4_avc_deinit(&avc);
}

static void another_parameter_set_stays_in_the_sample(void **state)
{
    (void)state;
    static const uint8_t other[] = {0, 0, 1, 0x68, 0xee, 0x3c, 0x81, 0, 0, 1, 0x65, 1};
    static const uint8_t expected[] = {0, 0, 0, 4, 0x68, 0xee, 0x3c, 0x81, 0, 0, 0, 2, 0x65, 1};
    ch_mp4_avc avc = {0};
    ch_bytes out = {0};
    assert_true(ch_mp4_avc_find(&avc, unit, sizeof(unit)));
    ch_mp4_append_access_unit(&out, &avc, other, sizeof(other));
    assert_int_equal(out.size, sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected));
    ch_bytes_deinit(&out);
    ch_mp4_avc_deinit(&avc);
}

static void a_cut_off_access_unit_is_no_harm(void **state)
{
    (void)state;
    for (size_t size = 0; size <= sizeof(unit); size++) {
        ch_mp4_avc avc = {0};
        ch_bytes out = {0};
        ch_mp4_avc_find(&avc, unit, size);
        ch_mp4_append_access_unit(&out, &avc, unit, size);
        assert_in_range(out.size, 0, 2 * sizeof(unit));
        ch_bytes_deinit(&out);
        ch_mp4_avc_deinit(&avc);
    }
}

static void headers_describe_their_track(void **state)
{
    (void)state;
    static const char *const video_path[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd", NULL};
    static const uint8_t config[] = {0x11, 0x90};
    ch_mp4_avc avc = {0};
    ch_bytes out = {0};
    size_t size, own;
    assert_true(ch_mp4_avc_find(&avc, unit, sizeof(unit)));
    ch_mp4_write_header(&out, &(ch_mp4_track){.timescale = 90000, .avc = &avc, .width = 640, .height = 360});
    const uint8_t *stsd = path(out.data, out.size, video_path, &size);
    assert_non_null(stsd);
    const uint8_t *entry = box(stsd, 16, size, "avc1", 0, &own);
    assert_non_null(entry);
    assert_int_equal(entry[32] << 8 | entry[33], 640);
    const uint8_t *avcc = box(entry, 86, own, "avcC", 0, &size);
    assert_non_null(avcc);
    assert_int_equal(avcc[9], 0x64);  /* profile */
    assert_int_equal(avcc[12], 0xff); /* four bytes of size */
    out.size = 0;
    ch_mp4_write_header(
        &out,
        &(ch_mp4_track){.timescale = HZ, .channels = 2, .audio_config = config, .audio_config_size = 2});
    stsd = path(out.data, out.size, video_path, &size);
    entry = box(stsd, 16, size, "mp4a", 0, &own);
    assert_non_null(entry);
    assert_int_equal(u32(entry + 32), (uint32_t)HZ << 16);
    assert_non_null(box(entry, 36, own, "esds", 0, &size));
    ch_bytes_deinit(&out);
    ch_mp4_avc_deinit(&avc);
}

/* ---- parts ---- */

typedef struct kept {
    ch_part part;
    uint8_t data[8192];
} kept;

static kept parts[PARTS_MAX];
static size_t parts_count;
static int answer;

static int on_part(void *user, const ch_part *part)
{
    (void)user;
    assert_in_range(parts_count, 0, PARTS_MAX - 1);
    assert_in_range(part->size, 0, sizeof(parts[0].data));
    kept *k = &parts[parts_count++];
    k->part = *part;
    if (part->size)
        memcpy(k->data, part->data, part->size);
    return answer;
}

static ch_fragmenter *start(bool is_video, bool is_steady)
{
    parts_count = 0;
    answer = 0;
    const ch_fragmenter_settings s = {.timescale = is_video ? 90000 : HZ,
                                      .is_video = is_video,
                                      .is_steady = is_steady,
                                      .frame_ticks = FRAME,
                                      .part_ticks = PART,
                                      .segment_ticks = SEGMENT,
                                      .frame_samples = 1024,
                                      .pts_first = START,
                                      .wall_first_ns = WALL,
                                      .on_part = on_part};
    ch_fragmenter *f = ch_fragmenter_create(&s);
    assert_non_null(f);
    return f;
}

static int feed(ch_fragmenter *f, int64_t n, int64_t shift, bool cut)
{
    uint8_t data[4] = {(uint8_t)n, 1, 2, 3};
    const ch_frame frame = {.data = data,
                            .size = sizeof(data),
                            .pts = START + n * FRAME + shift,
                            .dts = START + n * FRAME,
                            .key = cut,
                            .cut = cut};
    return ch_fragmenter_video(f, &frame);
}

/* Its samples lie where the run says, and begin with `first`. */
static void assert_samples(const kept *k, size_t count, int64_t dts, uint8_t first)
{
    size_t size, moof_size;
    const uint8_t *moof = box(k->data, 0, k->part.size, "moof", 0, &moof_size);
    assert_non_null(moof);
    const uint8_t *traf = box(moof, 8, moof_size, "traf", 0, &size);
    assert_non_null(traf);
    const uint8_t *trun = box(traf, 8, u32(traf), "trun", 0, &size);
    const uint8_t *tfdt = box(traf, 8, u32(traf), "tfdt", 0, &size);
    assert_true(trun && tfdt);
    assert_int_equal(u32(trun + 12), count);
    assert_int_equal(u64(tfdt + 12), (uint64_t)dts);
    const uint8_t *data = moof + u32(trun + 16);
    assert_int_equal(data[0], first);
    assert_memory_equal(data - 4, "mdat", 4);
    assert_int_equal(u32(data - 8), 8 + 4 * count);
}

static void steady_parts_go_out_with_their_last_frame(void **state)
{
    (void)state;
    ch_fragmenter *f = start(true, true);
    for (int n = 0; n < 60; n++) {
        assert_int_equal(feed(f, n, 0, n % 30 == 0), 0);
        assert_int_equal(parts_count, (size_t)(n + 1) / 6);
    }
    for (size_t i = 0; i < parts_count; i++) {
        const ch_part *p = &parts[i].part;
        assert_int_equal(p->duration, PART);
        assert_int_equal(p->pts, START + (int64_t)i * PART);
        assert_int_equal(p->is_independent, i % 5 == 0);
        assert_int_equal(p->ends_segment, i % 5 == 4);
        assert_int_equal(p->boundary_ticks, START + (int64_t)(i + 1) * PART);
        assert_samples(&parts[i], 6, START + (int64_t)i * PART, (uint8_t)(6 * i));
        assert_int_equal(memcmp(parts[i].data + 4, "styp", 4) == 0, i % 5 == 0);
    }
    ch_fragmenter_destroy(&f);
}

/* A file's frames: the next one says how long the last one is, and may begin a segment early. */
static void other_parts_wait_for_the_next_frame(void **state)
{
    (void)state;
    ch_fragmenter *f = start(true, false);
    for (int n = 0; n < 6; n++)
        assert_int_equal(feed(f, n, 0, n == 0), 0);
    assert_int_equal(parts_count, 0);
    assert_int_equal(feed(f, 6, 0, false), 0);
    assert_int_equal(parts_count, 1);
    assert_false(parts[0].part.ends_segment);
    assert_int_equal(feed(f, 8, 0, true), 0); /* frame 6 is two frames long, and the last one */
    assert_int_equal(parts_count, 2);
    assert_true(parts[1].part.ends_segment);
    assert_int_equal(parts[1].part.duration, 2 * FRAME);
    assert_samples(&parts[1], 1, START + 6 * FRAME, 6);
    ch_fragmenter_destroy(&f);
}

static void a_boundary_is_in_presentation_time(void **state)
{
    (void)state;
    ch_fragmenter *f = start(true, true);
    for (int n = 0; n < 6; n++)
        assert_int_equal(feed(f, n, 2 * FRAME, n == 0), 0);
    assert_int_equal(parts[0].part.boundary_ticks, START + PART + 2 * FRAME);
    ch_fragmenter_destroy(&f);
}

static void an_event_is_in_the_part_that_covers_it(void **state)
{
    (void)state;
    ch_fragmenter *f = start(true, true);
    static const int at[] = {0, 5, 6, 6};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(ch_fragmenter_event(f, i + 1, (const uint8_t *)"ID3", 3, START + at[i] * FRAME), 0);
    for (int n = 0; n < 12; n++)
        assert_int_equal(feed(f, n, 0, n == 0), 0);
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        for (int k = 0; k < 2; k++) {
            const uint8_t *emsg = box(parts[i].data, 0, parts[i].part.size, "emsg", k, &size);
            assert_non_null(emsg);
            assert_int_equal(u32(emsg + 12), 90000);
            assert_int_equal(u64(emsg + 16), START + at[2 * i + (size_t)k] * FRAME);
            assert_string_equal((const char *)emsg + 32, "https://aomedia.org/emsg/ID3");
            assert_memory_equal(emsg + size - 3, "ID3", 3);
        }
        assert_null(box(parts[i].data, 0, parts[i].part.size, "emsg", 2, &size));
    }
    ch_fragmenter_destroy(&f);
}

static void the_producers_clock_is_that_of_the_first_frame(void **state)
{
    (void)state;
    ch_fragmenter *f = start(true, true);
    for (int n = 0; n < 12; n++)
        assert_int_equal(feed(f, n, 0, n == 0), 0);
    size_t size;
    const uint8_t *prft = box(parts[1].data, 0, parts[1].part.size, "prft", 0, &size);
    assert_non_null(prft);
    assert_int_equal(u32(prft + 16), UINT32_C(1767225600) + UINT32_C(2208988800));
    assert_in_range(u32(prft + 20), 0x33333300, 0x33333400); /* 0.2 s */
    assert_int_equal(u64(prft + 24), START + PART);
    ch_fragmenter_destroy(&f);
}

static void sound(ch_fragmenter *f, int64_t first, int64_t count)
{
    for (int64_t i = first; i < first + count; i++)
        assert_int_equal(ch_fragmenter_sound(f, (const uint8_t *)"aac!", 4, START + i * 1920), 0);
}

/* 200 ms are 9.375 frames of sound: parts have 9 or 10, and never drift from the video. */
static void sound_is_cut_where_the_video_was(void **state)
{
    (void)state;
    ch_fragmenter *f = start(false, false);
    sound(f, 0, 200);
    assert_int_equal(parts_count, 0);
    for (int i = 1; i <= 20; i++)
        assert_int_equal(ch_fragmenter_boundary(f, START + i * PART, i % 5 == 0), 0);
    assert_int_equal(parts_count, 20);
    int64_t end = START / 90 * 48;
    for (size_t i = 0; i < parts_count; i++) {
        const ch_part *p = &parts[i].part;
        int64_t boundary = (START + (int64_t)(i + 1) * PART) / 15 * 8;
        assert_int_equal(p->pts, end);
        assert_true(p->duration == 9 * 1024 || p->duration == 10 * 1024);
        end += p->duration;
        assert_in_range(end - boundary + 512, 0, 1024);
        assert_true(p->is_independent);
        assert_int_equal(p->ends_segment, i % 5 == 4);
    }
    ch_fragmenter_destroy(&f);
}

static void sound_that_lags_is_waited_for(void **state)
{
    (void)state;
    ch_fragmenter *f = start(false, false);
    assert_int_equal(ch_fragmenter_boundary(f, START + PART, false), 0);
    sound(f, 0, 8);
    assert_int_equal(parts_count, 0);
    sound(f, 8, 1);
    assert_int_equal(parts_count, 1);
    assert_int_equal(parts[0].part.duration, 9 * 1024);
    ch_fragmenter_destroy(&f);
}

static void missing_sound_becomes_a_gap_after_a_bounded_time(void **state)
{
    (void)state;
    ch_fragmenter *f = start(false, false);
    sound(f, 0, 10);
    int boundaries = 0;
    while (parts_count < 3 && boundaries++ < 100)
        assert_int_equal(ch_fragmenter_boundary(f, START + boundaries * PART, boundaries % 5 == 0), 0);
    assert_in_range(boundaries, 3, 3 + CH_FRAGMENTER_WAIT / PART + 1);
    assert_true(parts[0].part.size > 0);
    assert_int_equal(parts[2].part.size, 0);
    assert_int_equal(parts[2].part.duration, PART * 8 / 15);
    sound(f, 100, 10); /* it goes on in the part where it is again */
    assert_int_equal(parts_count, 11);
    assert_int_equal(parts[9].part.size, 0);
    assert_int_equal(parts[10].part.pts, START / 90 * 48 + 100 * 1024);
    ch_fragmenter_destroy(&f);
}

static void times_that_were_rounded_make_no_gaps(void **state)
{
    (void)state;
    ch_fragmenter *f = start(false, false);
    for (int i = 0; i < 40; i++)
        assert_int_equal(ch_fragmenter_sound(f, (const uint8_t *)"aac!", 4, START + i * 1920 + i % 3 - 1), 0);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(ch_fragmenter_boundary(f, START + i * PART, false), 0);
    assert_int_equal(parts[0].part.duration % 1024, 0);
    assert_int_equal(parts[1].part.duration % 1024, 0);
    assert_int_equal(parts[1].part.pts, parts[0].part.pts + parts[0].part.duration);
    ch_fragmenter_destroy(&f);
}

static void an_error_of_the_receiver_comes_back(void **state)
{
    (void)state;
    ch_fragmenter *f = start(true, true);
    answer = -5;
    for (int n = 0; n < 5; n++)
        assert_int_equal(feed(f, n, 0, n == 0), 0);
    assert_int_equal(feed(f, 5, 0, false), -5);
    ch_fragmenter_destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_sets_go_into_the_header_and_out_of_the_samples),
        cmocka_unit_test(another_parameter_set_stays_in_the_sample),
        cmocka_unit_test(a_cut_off_access_unit_is_no_harm),
        cmocka_unit_test(headers_describe_their_track),
        cmocka_unit_test(steady_parts_go_out_with_their_last_frame),
        cmocka_unit_test(other_parts_wait_for_the_next_frame),
        cmocka_unit_test(a_boundary_is_in_presentation_time),
        cmocka_unit_test(an_event_is_in_the_part_that_covers_it),
        cmocka_unit_test(the_producers_clock_is_that_of_the_first_frame),
        cmocka_unit_test(sound_is_cut_where_the_video_was),
        cmocka_unit_test(sound_that_lags_is_waited_for),
        cmocka_unit_test(missing_sound_becomes_a_gap_after_a_bounded_time),
        cmocka_unit_test(times_that_were_rounded_make_no_gaps),
        cmocka_unit_test(an_error_of_the_receiver_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
