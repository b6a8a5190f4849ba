/*
 * The engine with more than one way for media: renditions of sound, redundant copies of a variant, content
 * steering, thumbnails; and playback at other rates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine_rig.h"

#define S  AIZU_SECOND
#define MS AIZU_MILLISECOND

static const rig_entry *must(const rig_entry *entry)
{
    assert_non_null(entry);
    return entry;
}

static size_t index_of(const rig *r, const rig_entry *entry)
{
    assert_non_null(entry);
    return (size_t)(entry - r->log);
}

/* A recording with sound in it: NAME.m3u8, NAME0.ts ... */
static void put_sound(rig *r, const char *name, int count)
{
    char text[4096];
    int at = snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
    for (int i = 0; i < count; i++) {
        char segment[64];
        snprintf(segment, sizeof(segment), "%s%d.ts", name, i);
        rig_put_segment(r, segment,
                        &(rig_segment){.ticks = (10 + 2 * i) * RIG_TICKS_SECOND, .has_audio = true});
        at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXTINF:2,\n%s\n", segment);
    }
    snprintf(text + at, sizeof(text) - (size_t)at, "#EXT-X-ENDLIST\n");
    char playlist[64];
    snprintf(playlist, sizeof(playlist), "%s.m3u8", name);
    rig_text(r, playlist, text);
}

static rig *rig_with_languages(void)
{
    rig *r = rig_create();
    r->latency = 20 * MS;
    rig_put_vod(r, "v", 10, NULL, 0);
    put_sound(r, "en", 10);
    put_sound(r, "ja", 10);
    rig_text(r, "m.m3u8",
             "#EXTM3U\n"
             "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,"
             "AUTOSELECT=YES,URI=\"en.m3u8\"\n"
             "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Japanese\",LANGUAGE=\"ja\",AUTOSELECT=YES,"
             "URI=\"ja.m3u8\"\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO=\"a\"\nv.m3u8\n");
    return r;
}

/* All sound that went to the output from an index of the log on follows without a gap or a repetition. */
static size_t sound_without_gap(const rig *r, size_t from)
{
    int64_t last = AIZU_NO_TIME;
    size_t count = 0;
    for (const rig_entry *entry; (entry = rig_nth(r, AZ_ACTION_AUDIO, from, count)); count++) {
        if (last != AIZU_NO_TIME) {
            assert_true(entry->pts - last > 15 * MS);
            assert_true(entry->pts - last < 30 * MS);
        }
        last = entry->pts;
    }
    return count;
}

/* ---- renditions of sound ---- */

static void the_default_rendition_is_played_with_the_variant(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 30 * S);
    az_snapshot s = rig_snapshot(r);
    assert_int_equal(s.rendition_counts[AIZU_RENDITION_AUDIO], 2);
    assert_int_equal(s.renditions[AIZU_RENDITION_AUDIO], 0);
    assert_int_equal(s.state, AIZU_STATE_ENDED);
    assert_non_null(rig_fetch_of(r, "en9.ts", 0));
    assert_null(rig_fetch_of(r, "ja.m3u8", 0));
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 500);
    assert_true(sound_without_gap(r, 0) > 20 * 46);
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void a_preferred_language_goes_before_the_default(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    snprintf(r->config.audio_languages, sizeof(r->config.audio_languages), "fr, JA-JP,ja");
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 5 * S);
    assert_int_equal(rig_snapshot(r).renditions[AIZU_RENDITION_AUDIO], 1);
    assert_null(rig_fetch_of(r, "en.m3u8", 0));
    assert_non_null(rig_fetch_of(r, "ja0.ts", 0));
    rig_destroy(r);
}

static void another_rendition_takes_over_without_a_gap(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 5 * S + 130 * MS);
    size_t from = r->log_count;
    rig_feed(r, AZ_EVENT_RENDITION, (az_event){.kind = AIZU_RENDITION_AUDIO, .index = 1});
    rig_run(r, 25 * S);
    assert_int_equal(must(rig_report(r, AIZU_EVENT_RENDITION, from, 0))->rendition, 1);
    /* not from the end of the 20 s that are buffered, but from where playback is */
    assert_non_null(rig_fetch_of(r, "ja2.ts", 0));
    assert_null(rig_fetch_of(r, "ja0.ts", 0));
    assert_true(sound_without_gap(r, 0) > 20 * 46);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 500);
    assert_null(rig_report(r, AIZU_EVENT_STALL, 0, 0));
    rig_destroy(r);
}

static void sound_that_cannot_be_had_is_given_up_and_the_picture_plays(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    rig_find(r, "en.m3u8")->status = 404;
    rig_find(r, "en.m3u8")->result = AIZU_E_NOT_FOUND;
    rig_find(r, "ja.m3u8")->status = 404;
    rig_find(r, "ja.m3u8")->result = AIZU_E_NOT_FOUND;
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 60 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 500);
    assert_false(must(rig_error(r, AIZU_E_NOT_FOUND))->is_fatal);
    assert_string_equal(must(rig_error(r, AIZU_E_NOT_FOUND))->text, "audio rendition");
    rig_destroy(r);
}

static void a_missing_segment_of_sound_costs_no_more_than_itself(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    rig_find(r, "en4.ts")->status = 404;
    rig_find(r, "en4.ts")->result = AIZU_E_NOT_FOUND;
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 60 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_snapshot(r).renditions[AIZU_RENDITION_AUDIO], 0);
    assert_null(rig_fetch_of(r, "ja.m3u8", 0)); /* another language would be no help */
    assert_non_null(rig_fetch_of(r, "en9.ts", 0));
    assert_true(rig_count(r, AZ_ACTION_AUDIO, 0) > 17 * 46);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 500);
    rig_destroy(r);
}

static void playback_ends_with_the_picture_when_the_sound_is_off(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 5 * S);
    rig_feed(r, AZ_EVENT_RENDITION, (az_event){.kind = AIZU_RENDITION_AUDIO, .index = AIZU_RENDITION_OFF});
    rig_run(r, 16 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 500);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_snapshot(r).position, 20 * S);
    rig_destroy(r);
}

static void sound_that_is_switched_off_is_silent_at_once_and_comes_back(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 5 * S);
    rig_feed(r, AZ_EVENT_RENDITION, (az_event){.kind = AIZU_RENDITION_AUDIO, .index = AIZU_RENDITION_OFF});
    rig_run(r, 100 * MS);
    size_t from = r->log_count;
    rig_run(r, 3 * S);
    assert_int_equal(rig_count(r, AZ_ACTION_AUDIO, from), 0);
    assert_true(rig_count(r, RIG_PRESENTED, from) > 70);
    rig_feed(r, AZ_EVENT_RENDITION, (az_event){.kind = AIZU_RENDITION_AUDIO, .index = AIZU_RENDITION_AUTO});
    from = r->log_count;
    rig_run(r, 20 * S);
    assert_in_range(must(rig_nth(r, AZ_ACTION_AUDIO, from, 0))->pts, 8 * S, 8500 * MS);
    assert_true(sound_without_gap(r, from) > 11 * 46);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

static void a_seek_takes_all_lanes_along(void **state)
{
    (void)state;
    rig *r = rig_with_languages();
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 3 * S);
    size_t from = r->log_count;
    rig_seek(r, 13 * S);
    rig_run(r, 10 * S);
    assert_in_range(must(rig_nth(r, AZ_ACTION_AUDIO, from, 0))->pts, 12950 * MS, 13030 * MS);
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, from, 0))->pts, 13 * S);
    assert_true(sound_without_gap(r, from) > 6 * 46);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

/* ---- copies of a variant ---- */

static void a_redundant_copy_takes_over_when_one_fails(void **state)
{
    (void)state;
    rig *r = rig_create();
    rig_put_vod(r, "b", 3, NULL, 0);
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=64x64\ngone.m3u8\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=64x64\nb.m3u8\n");
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 20 * S);
    assert_int_equal(rig_snapshot(r).quality_count, 1); /* one quality in two places */
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 150);
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

/* ---- content steering ---- */

static const char *steering_order[2];

static aizu_result parse_order(az_steering *out, az_span json)
{
    (void)json;
    *out = (az_steering){.ttl = 10 * S, .priority_count = 2};
    for (size_t i = 0; i < 2; i++)
        snprintf(out->priority[i], sizeof(out->priority[i]), "%s", steering_order[i]);
    return AIZU_OK;
}

static void the_steering_server_chooses_the_pathway(void **state)
{
    (void)state;
    rig *r = rig_create();
    steering_order[0] = "B";
    steering_order[1] = "A";
    r->config.parse_steering = parse_order;
    rig_put_live(r, "a", 0, 5, false);
    rig_put_live(r, "b", 0, 5, false);
    rig_text(r, "s.json", "{}");
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"s.json\",PATHWAY-ID=\"A\"\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=800000,PATHWAY-ID=\"A\"\na.m3u8\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=800000,PATHWAY-ID=\"B\"\nb.m3u8\n");
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 5 * S);
    assert_non_null(rig_fetch_of(r, "a.m3u8", 0)); /* the playlist's own choice, until the server answers */
    assert_non_null(rig_fetch_of(r, "b.m3u8", 0));
    steering_order[0] = "A";
    steering_order[1] = "B";
    size_t from = r->log_count;
    rig_run(r, 15 * S);
    bool is_back = false;
    for (size_t n = 0; rig_nth(r, AZ_ACTION_FETCH, from, n); n++)
        is_back = is_back || strcmp(rig_nth(r, AZ_ACTION_FETCH, from, n)->text, "a.m3u8") == 0;
    assert_true(is_back); /* with the manifest's next version */
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

/* ---- thumbnails ---- */

static void a_thumbnail_comes_out_of_the_i_frame_playlist(void **state)
{
    (void)state;
    rig *r = rig_create();
    rig_put_vod(r, "v", 5, NULL, 0);
    rig_text(r, "i.m3u8",
             "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nv0.ts\n"
             "#EXTINF:2,\nv1.ts\n#EXTINF:2,\nv2.ts\n#EXTINF:2,\nv3.ts\n#EXTINF:2,\nv4.ts\n#EXT-X-ENDLIST\n");
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000\nv.m3u8\n"
             "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI=\"i.m3u8\"\n");
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 1 * S);
    assert_null(rig_fetch_of(r, "i.m3u8", 0)); /* nobody asked */
    rig_feed(r, AZ_EVENT_THUMBNAIL, (az_event){.pts = 7 * S});
    rig_run(r, 1 * S);
    const rig_entry *answer = must(rig_nth(r, AZ_ACTION_THUMBNAIL, 0, 0));
    assert_true(answer->has_frame);
    assert_int_equal(answer->pts, 7 * S);
    assert_non_null(rig_fetch_of(r, "v3.ts", 0));
    rig_run(r, 20 * S);
    assert_int_equal(rig_count(r, AZ_ACTION_THUMBNAIL, 0), 1);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250); /* playback did not notice */
    rig_destroy(r);
}

static void without_an_i_frame_playlist_the_answer_is_no_thumbnail(void **state)
{
    (void)state;
    rig *r = rig_create();
    rig_put_vod(r, "v", 2, NULL, 0);
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_run(r, 1 * S);
    rig_feed(r, AZ_EVENT_THUMBNAIL, (az_event){.pts = 1 * S});
    rig_run(r, 1 * S);
    assert_false(must(rig_nth(r, AZ_ACTION_THUMBNAIL, 0, 0))->has_frame);
    rig_destroy(r);
}

/* ---- rates and quick seeks ---- */

static void at_twice_the_rate_frames_and_cues_come_twice_as_fast(void **state)
{
    (void)state;
    rig *r = rig_create();
    const rig_cue cue = {8 * S, "late"};
    rig_put_vod(r, "v", 5, &cue, 1);
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_play(r);
    rig_run(r, 2 * S);
    rig_feed(r, AZ_EVENT_RATE, (az_event){.rate = 2.0});
    int64_t changed = r->now;
    int64_t position = rig_snapshot(r).position;
    rig_run(r, 15 * S);
    const rig_entry *told = must(rig_cue_entry(r, "late", 0));
    assert_in_range(told->time - changed, (8 * S - position) / 2 - 50 * MS, (8 * S - position) / 2 + 50 * MS);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    assert_int_equal(rig_snapshot(r).stats.frames_dropped, 0);
    rig_destroy(r);
}

static void the_sound_hears_of_another_rate(void **state)
{
    (void)state;
    rig *r = rig_create();
    put_sound(r, "s", 5);
    rig_start(r);
    rig_load(r, "s.m3u8");
    rig_play(r);
    rig_run(r, 2 * S);
    size_t from = r->log_count;
    rig_feed(r, AZ_EVENT_RATE, (az_event){.rate = 0.5});
    rig_run(r, 1 * S);
    assert_true(must(rig_nth(r, AZ_ACTION_AUDIO_START, 0, 0))->rate > 0.99);
    assert_true(must(rig_nth(r, AZ_ACTION_AUDIO_START, from, 0))->rate < 0.51);
    rig_destroy(r);
}

static void a_fast_seek_goes_to_the_key_frame_before(void **state)
{
    (void)state;
    rig *r = rig_create();
    rig_put_vod(r, "v", 5, NULL, 0);
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_play(r);
    rig_run(r, 1 * S);
    size_t from = r->log_count;
    rig_feed(r, AZ_EVENT_SEEK, (az_event){.pts = 7500 * MS, .index = 1});
    rig_run(r, 1 * S);
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, from, 0))->pts, 6 * S);
    assert_int_equal(must(rig_report(r, AIZU_EVENT_SEEKED, from, 0))->position, 6 * S);
    assert_true(index_of(r, rig_report(r, AIZU_EVENT_SEEKED, from, 0)) > from);
    rig_destroy(r);
}

/* ---- what the application may read ---- */

static void session_data_is_offered(void **state)
{
    (void)state;
    rig *r = rig_create();
    rig_put_vod(r, "v", 1, NULL, 0);
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID=\"title\",VALUE=\"The show\",LANGUAGE=\"en\"\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=800000\nv.m3u8\n");
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_run(r, 1 * S);
    az_span id, language, value;
    assert_true(az_engine_session_data(r->engine, 0, &id, &language, &value));
    assert_true(az_span_equal_str(id, "title"));
    assert_true(az_span_equal_str(language, "en"));
    assert_true(az_span_equal_str(value, "The show"));
    assert_false(az_engine_session_data(r->engine, 1, &id, &language, &value));
    rig_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_rendition_is_played_with_the_variant),
        cmocka_unit_test(a_preferred_language_goes_before_the_default),
        cmocka_unit_test(another_rendition_takes_over_without_a_gap),
        cmocka_unit_test(sound_that_cannot_be_had_is_given_up_and_the_picture_plays),
        cmocka_unit_test(a_missing_segment_of_sound_costs_no_more_than_itself),
        cmocka_unit_test(playback_ends_with_the_picture_when_the_sound_is_off),
        cmocka_unit_test(sound_that_is_switched_off_is_silent_at_once_and_comes_back),
        cmocka_unit_test(a_seek_takes_all_lanes_along),
        cmocka_unit_test(a_redundant_copy_takes_over_when_one_fails),
        cmocka_unit_test(the_steering_server_chooses_the_pathway),
        cmocka_unit_test(a_thumbnail_comes_out_of_the_i_frame_playlist),
        cmocka_unit_test(without_an_i_frame_playlist_the_answer_is_no_thumbnail),
        cmocka_unit_test(at_twice_the_rate_frames_and_cues_come_twice_as_fast),
        cmocka_unit_test(the_sound_hears_of_another_rate),
        cmocka_unit_test(a_fast_seek_goes_to_the_key_frame_before),
        cmocka_unit_test(session_data_is_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
