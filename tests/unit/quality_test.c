/*
 * Variants: which one playback begins with, manual and automatic switches, and what becomes of one that
 * fails. Through the four verbs, and player/engine/quality.c through engine/internal.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/internal.h"
#include "engine_rig.h"

#define S        AIZU_SECOND
#define MS       AIZU_MILLISECOND
#define SEGMENTS 30

static const rig_entry *must(const rig_entry *entry)
{
    assert_non_null(entry);
    return entry;
}

/* The segments are the same in each test; writing them is most of the work. */
static ts_bytes written[3][SEGMENTS];

static int free_written(void **state)
{
    (void)state;
    for (size_t v = 0; v < AZ_COUNT(written); v++)
        for (size_t i = 0; i < SEGMENTS; i++)
            ts_bytes_free(&written[v][i]);
    return 0;
}

/* Three variants of one minute: a is small, b is what is begun with, c is large. All carry the same cues. */
static rig *rig_with_variants(void)
{
    static const struct {
        const char *name;
        size_t frame_size;
    } variants[] = {{"a", 1000}, {"b", 5000}, {"c", 20000}}; /* 0.2, 1 and 4 Mbit/s */
    rig *r = rig_create();
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180\na.m3u8\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=1200000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\"\n"
             "b.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=4500000,RESOLUTION=1280x720,NAME=\"HD\"\nc.m3u8\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.2\"\naudio.m3u8\n");
    for (size_t v = 0; v < AZ_COUNT(variants); v++) {
        char text[2048] = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
        char name[32];
        for (int i = 0; i < SEGMENTS; i++) {
            char cue[16];
            snprintf(cue, sizeof(cue), "cue%d", i);
            rig_cue own = {S, cue};
            snprintf(name, sizeof(name), "%s%d.ts", variants[v].name, i);
            const rig_segment segment = {.ticks = (10 + 2 * i) * RIG_TICKS_SECOND,
                                         .frame_size = variants[v].frame_size,
                                         .cues = &own,
                                         .cue_count = 1};
            if (written[v][i].size == 0) {
                const rig_resource *resource = rig_put_segment(r, name, &segment);
                ts_bytes_append(&written[v][i], resource->body.data, resource->body.size);
            }
            rig_put(r, name, written[v][i].data, written[v][i].size);
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "#EXTINF:2,\n%s\n", name);
        }
        strcat(text, "#EXT-X-ENDLIST\n");
        snprintf(name, sizeof(name), "%s.m3u8", variants[v].name);
        rig_text(r, name, text);
    }
    r->bytes_second = 10000000;
    r->config.buffer_ahead_max = 8 * S;
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    return r;
}

static void assert_all_frames_and_cues_once(const rig *r)
{
    int64_t frames = 0;
    int64_t cues = 0;
    for (size_t i = 0; i < r->log_count; i++) {
        const rig_entry *entry = &r->log[i];
        if (entry->type == RIG_PRESENTED)
            assert_int_equal(entry->pts, frames++ * RIG_FRAME);
        if (entry->type == AZ_ACTION_CUE) {
            assert_int_equal(entry->pts, cues++ * 2 * S + S);
            assert_int_equal(entry->flags, 0);
        }
    }
    assert_int_equal(frames, SEGMENTS * 50);
    assert_int_equal(cues, SEGMENTS);
}

static void the_qualities_are_those_of_the_playlist(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_run(r, S);
    assert_int_equal(rig_snapshot(r).quality_count, 4);
    aizu_quality quality;
    assert_true(az_engine_quality(r->engine, 1, &quality));
    assert_int_equal(quality.index, 1);
    assert_int_equal(quality.bandwidth, 1200000);
    assert_int_equal(quality.height, 360);
    assert_string_equal(quality.name, "360p");
    assert_string_equal(quality.codecs, "avc1.64001f,mp4a.40.2");
    assert_true(az_engine_quality(r->engine, 2, &quality));
    assert_string_equal(quality.name, "HD");
    assert_false(az_engine_quality(r->engine, 4, &quality));
    assert_false(az_engine_quality(r->engine, -1, &quality));
    rig_destroy(r);
}

static void playback_begins_with_what_an_unknown_network_may_carry(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_run(r, S);
    assert_non_null(rig_fetch_of(r, "b0.ts", 0));
    assert_null(rig_fetch_of(r, "a0.ts", 0));
    assert_null(rig_fetch_of(r, "c0.ts", 0));
    assert_int_equal(rig_snapshot(r).quality, 1);
    rig_destroy(r);
}

static void a_fast_network_leads_up_without_a_frame_lost(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_run(r, 70 * S);
    assert_non_null(rig_fetch_of(r, "c20.ts", 0));
    assert_int_equal(must(rig_report(r, AIZU_EVENT_QUALITY, 0, 1))->quality, 2);
    assert_int_equal(rig_snapshot(r).stats.quality_switches, 1);
    assert_all_frames_and_cues_once(r);
    rig_destroy(r);
}

static void a_network_that_gets_slow_leads_down(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_run(r, 20 * S);
    r->bytes_second = 120000; /* about 1 Mbit/s */
    rig_run(r, 80 * S);
    assert_non_null(rig_fetch_of(r, "a29.ts", 0));
    assert_all_frames_and_cues_once(r);
    rig_destroy(r);
}

static void the_sound_only_variant_is_not_chosen_by_itself(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    r->bytes_second = 20000; /* too slow for any */
    rig_run(r, 60 * S);
    assert_null(rig_fetch_of(r, "audio.m3u8", 0));
    rig_destroy(r);
}

static void a_choice_of_the_application_stays(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_run(r, 5 * S);
    rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = 0});
    rig_run(r, 70 * S);
    assert_non_null(rig_fetch_of(r, "a29.ts", 0));
    assert_false(rig_snapshot(r).is_quality_auto);
    assert_all_frames_and_cues_once(r);
    rig_destroy(r);
}

static void automatic_again_goes_up_again(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_run(r, S);
    rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = 0});
    rig_run(r, 10 * S);
    rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = AIZU_QUALITY_AUTO});
    rig_run(r, 70 * S);
    assert_true(rig_snapshot(r).is_quality_auto);
    assert_non_null(rig_fetch_of(r, "c29.ts", 0));
    assert_all_frames_and_cues_once(r);
    rig_destroy(r);
}

static void a_choice_before_the_first_picture_is_taken_at_once(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_run(r, 30 * MS); /* the variants are known, the media playlist is on its way */
    assert_int_equal(rig_snapshot(r).quality_count, 4);
    rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = 2});
    rig_run(r, S);
    assert_non_null(rig_fetch_of(r, "c0.ts", 0));
    assert_null(rig_fetch_of(r, "b0.ts", 0));
    rig_destroy(r);
}

static void many_choices_in_a_row_lose_nothing(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    for (int i = 0; i < 200; i++) {
        rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = i * 7 % 3});
        rig_run(r, (i % 5) * 61 * MS);
    }
    rig_run(r, 70 * S);
    assert_all_frames_and_cues_once(r);
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void a_variant_that_cannot_be_had_is_told_and_left(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_find(r, "c.m3u8")->status = 403;
    rig_find(r, "c.m3u8")->result = AIZU_E_FORBIDDEN;
    rig_run(r, 70 * S);
    const rig_entry *error = must(rig_error(r, AIZU_E_FORBIDDEN));
    assert_false(error->is_fatal);
    assert_string_equal(error->text, "media playlist");
    assert_in_range(rig_find(r, "c.m3u8")->requests, 1, 4); /* once in thirty seconds */
    assert_all_frames_and_cues_once(r);
    rig_destroy(r);
}

static void playback_begins_with_another_variant_when_the_first_fails(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    rig_find(r, "b.m3u8")->status = 404;
    rig_find(r, "b.m3u8")->result = AIZU_E_NOT_FOUND;
    rig_run(r, 90 * S);
    assert_false(must(rig_error(r, AIZU_E_NOT_FOUND))->is_fatal);
    assert_all_frames_and_cues_once(r);
    rig_destroy(r);
}

static void a_variant_whose_segments_fail_is_left(void **state)
{
    (void)state;
    rig *r = rig_with_variants();
    for (int i = 5; i < SEGMENTS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "c%d.ts", i);
        rig_find(r, name)->status = 500;
        rig_find(r, name)->result = AIZU_E_HTTP;
    }
    rig_run(r, 120 * S);
    assert_false(must(rig_error(r, AIZU_E_HTTP))->is_fatal);
    assert_all_frames_and_cues_once(r);
    rig_destroy(r);
}

/* ---- the estimate ---- */

static int64_t estimate_after(const uint64_t *bytes, const int64_t *durations, size_t count)
{
    az_engine_config config;
    az_engine_config_init(&config);
    az_engine *e = az_engine_create(&config);
    assert_non_null(e);
    for (size_t i = 0; i < count; i++)
        az_quality_measured(e, bytes[i], durations[i]);
    int64_t estimate = az_quality_estimate(e);
    az_engine_destroy(&e, NULL, NULL);
    return estimate;
}

static void nothing_measured_is_nothing_known(void **state)
{
    (void)state;
    assert_int_equal(estimate_after(NULL, NULL, 0), 0);
    const uint64_t small[] = {100, 16383, 1000000};
    const int64_t durations[] = {S, MS, 0};
    assert_int_equal(estimate_after(small, durations, 3), 0); /* these measure the round trip */
}

static void a_steady_rate_is_the_estimate(void **state)
{
    (void)state;
    const uint64_t bytes[] = {1000000, 1000000, 1000000};
    const int64_t durations[] = {S, S, S};
    for (size_t count = 1; count <= 3; count++)
        assert_in_range(estimate_after(bytes, durations, count), 7999000, 8001000);
}

static void a_fall_is_believed_sooner_than_a_rise(void **state)
{
    (void)state;
    const uint64_t fall[] = {1000000, 1000000, 1000000, 1000000, 100000};
    const uint64_t rise[] = {100000, 100000, 100000, 100000, 1000000};
    const int64_t durations[] = {S, S, S, S, S};
    int64_t after_fall = estimate_after(fall, durations, 5);
    int64_t after_rise = estimate_after(rise, durations, 5);
    assert_true(after_fall < 7000000);
    assert_true(after_rise < 3500000);
    assert_true(8000000 - after_fall > after_rise - 800000 - 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_qualities_are_those_of_the_playlist),
        cmocka_unit_test(playback_begins_with_what_an_unknown_network_may_carry),
        cmocka_unit_test(a_fast_network_leads_up_without_a_frame_lost),
        cmocka_unit_test(a_network_that_gets_slow_leads_down),
        cmocka_unit_test(the_sound_only_variant_is_not_chosen_by_itself),
        cmocka_unit_test(a_choice_of_the_application_stays),
        cmocka_unit_test(automatic_again_goes_up_again),
        cmocka_unit_test(a_choice_before_the_first_picture_is_taken_at_once),
        cmocka_unit_test(many_choices_in_a_row_lose_nothing),
        cmocka_unit_test(a_variant_that_cannot_be_had_is_told_and_left),
        cmocka_unit_test(playback_begins_with_another_variant_when_the_first_fails),
        cmocka_unit_test(a_variant_whose_segments_fail_is_left),
        cmocka_unit_test(nothing_measured_is_nothing_known),
        cmocka_unit_test(a_steady_rate_is_the_estimate),
        cmocka_unit_test(a_fall_is_believed_sooner_than_a_rise),
    };
    return cmocka_run_group_tests(tests, NULL, free_written);
}
