/*
 * What the engine makes of text and messages: subtitles of a rendition of their own (WebVTT, RFC 8216 3.5),
 * captions in the picture (CEA-608), and event messages of fragmented MP4, each as cues on their frames.
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

/* A cue's n-th delivery in a phase. */
static const rig_entry *told(const rig *r, const char *text, aizu_cue_phase phase, size_t n)
{
    for (size_t i = 0; i < r->log_count; i++)
        if (r->log[i].type == AZ_ACTION_CUE && r->log[i].phase == phase &&
            strcmp(r->log[i].text, text) == 0 && n-- == 0)
            return &r->log[i];
    return NULL;
}

static size_t count_text(const rig *r, size_t from, aizu_cue_phase phase)
{
    size_t count = 0;
    for (size_t i = from; i < r->log_count; i++)
        count +=
            r->log[i].type == AZ_ACTION_CUE && r->log[i].kind == AIZU_CUE_TEXT && r->log[i].phase == phase;
    return count;
}

/* Once, when the frame of its time was shown. */
static void assert_on_its_frame(const rig *r, const char *text, int64_t pts)
{
    const rig_entry *cue = must(told(r, text, AIZU_CUE_START, 0));
    assert_null(told(r, text, AIZU_CUE_START, 1));
    assert_int_equal(cue->pts, pts);
    assert_int_equal(cue->flags, 0);
    for (size_t n = 0;; n++) {
        const rig_entry *frame = must(rig_nth(r, RIG_PRESENTED, 0, n));
        if (frame->pts + RIG_FRAME <= pts)
            continue;
        assert_int_equal(cue->time, frame->time);
        return;
    }
}

/* ---- subtitles ---- */

#define MASTER_TEXT(more)                                                                         \
    "#EXTM3U\n"                                                                                   \
    "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"English\",LANGUAGE=\"en\",AUTOSELECT=YES," \
    "URI=\"en.m3u8\"\n"                                                                           \
    "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"French\",LANGUAGE=\"fr\",AUTOSELECT=YES,"  \
    "URI=\"fr.m3u8\"\n" more "#EXT-X-STREAM-INF:BANDWIDTH=800000,SUBTITLES=\"s\"\nv.m3u8\n"

#define MAP                                                                                        \
    "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n" /* 10 s: where the media begins \
                                                                    */

/* NAME.m3u8 with segments NAME0.vtt ... of four seconds, each with a cue "NAME <n>" in its second second. */
static void put_text(rig *r, const char *name, int count)
{
    char text[4096];
    int at = snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:4\n");
    for (int i = 0; i < count; i++) {
        char segment[64], body[256];
        snprintf(segment, sizeof(segment), "%s%d.vtt", name, i);
        snprintf(body, sizeof(body), MAP "00:00:%02d.000 --> 00:00:%02d.500\n%s %d\n\n", 4 * i + 1, 4 * i + 2,
                 name, i);
        rig_text(r, segment, body);
        at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXTINF:4,\n%s\n", segment);
    }
    snprintf(text + at, sizeof(text) - (size_t)at, "#EXT-X-ENDLIST\n");
    char playlist[64];
    snprintf(playlist, sizeof(playlist), "%s.m3u8", name);
    rig_text(r, playlist, text);
}

static rig *rig_with_subtitles(const char *master)
{
    rig *r = rig_create();
    rig_put_vod(r, "v", 10, NULL, 0);
    put_text(r, "en", 5);
    put_text(r, "fr", 5);
    rig_text(r, "m.m3u8", master);
    return r;
}

static void play(rig *r, const char *name, int64_t duration)
{
    rig_start(r);
    rig_load(r, name);
    rig_play(r);
    rig_run(r, duration);
}

static void choose(rig *r, int index)
{
    rig_feed(r, AZ_EVENT_RENDITION, (az_event){.kind = AIZU_RENDITION_TEXT, .index = index});
}

static void subtitles_come_with_their_frames(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(MASTER_TEXT(""));
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    play(r, "m.m3u8", 30 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    for (int i = 0; i < 5; i++) {
        char text[16];
        snprintf(text, sizeof(text), "en %d", i);
        assert_on_its_frame(r, text, (4 * i + 1) * S);
        const rig_entry *start = told(r, text, AIZU_CUE_START, 0);
        assert_int_equal(start->kind, AIZU_CUE_TEXT);
        assert_int_equal(start->duration, 1500 * MS);
        assert_string_equal(start->key, "en");
        const rig_entry *end = must(told(r, text, AIZU_CUE_END, 0));
        assert_in_range(end->time - start->time, 1500 * MS - RIG_FRAME, 1500 * MS + RIG_FRAME);
    }
    assert_int_equal(count_text(r, 0, AIZU_CUE_START), 5);
    assert_null(rig_fetch_of(r, "fr.m3u8", 0));
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void a_cue_that_neighbouring_segments_repeat_comes_once(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(MASTER_TEXT(""));
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    rig_text(r, "en0.vtt", MAP "00:00:03.000 --> 00:00:09.000\nlong\n\n");
    rig_text(r, "en1.vtt", MAP "00:00:03.000 --> 00:00:09.000\nlong\n\n");
    rig_text(r, "en2.vtt",
             MAP "00:00:03.000 --> 00:00:09.000\nlong\n\n00:00:10.000 --> 00:00:11.000\nshort\n\n");
    play(r, "m.m3u8", 30 * S);
    assert_on_its_frame(r, "long", 3 * S);
    assert_on_its_frame(r, "short", 10 * S);
    rig_destroy(r);
}

static void subtitles_are_off_until_they_are_chosen(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(MASTER_TEXT(""));
    play(r, "m.m3u8", 6 * S);
    assert_null(rig_fetch_of(r, "en.m3u8", 0));
    assert_int_equal(rig_snapshot(r).renditions[AIZU_RENDITION_TEXT], AIZU_RENDITION_OFF);
    choose(r, 0);
    rig_run(r, 6 * S);
    assert_on_its_frame(r, "en 2", 9 * S);
    assert_null(told(r, "en 0", AIZU_CUE_START, 0)); /* over long ago */
    rig_destroy(r);
}

static void subtitles_that_are_switched_off_stay_away(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(MASTER_TEXT(""));
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    play(r, "m.m3u8", 7 * S); /* all that follow are received by now */
    choose(r, AIZU_RENDITION_OFF);
    size_t from = r->log_count;
    rig_run(r, 20 * S);
    assert_int_equal(count_text(r, from, AIZU_CUE_START), 0);
    rig_destroy(r);
}

static void another_language_takes_over_at_once(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(MASTER_TEXT(""));
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    play(r, "m.m3u8", 7 * S);
    choose(r, 1);
    rig_run(r, 20 * S);
    assert_on_its_frame(r, "fr 2", 9 * S);
    assert_on_its_frame(r, "fr 4", 17 * S);
    assert_null(told(r, "en 2", AIZU_CUE_START, 0));
    rig_destroy(r);
}

static void forced_subtitles_are_shown_without_being_asked_for(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(
        MASTER_TEXT("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Signs\",LANGUAGE=\"en\",FORCED=YES,"
                    "AUTOSELECT=YES,URI=\"signs.m3u8\"\n"));
    put_text(r, "signs", 5);
    play(r, "m.m3u8", 30 * S);
    assert_on_its_frame(r, "signs 1", 5 * S);
    assert_null(rig_fetch_of(r, "en.m3u8", 0));
    rig_destroy(r);
}

static void subtitles_that_cannot_be_had_do_not_stop_playback(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(MASTER_TEXT(""));
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    rig_find(r, "en1.vtt")->status = 404;
    rig_find(r, "en1.vtt")->result = AIZU_E_NOT_FOUND;
    rig_text(r, "en4.vtt", "<html>");
    play(r, "m.m3u8", 60 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 500);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    assert_on_its_frame(r, "en 2", 9 * S);
    assert_on_its_frame(r, "en 3", 13 * S);
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

/* Behind a discontinuity the map's MPEGTS counts from somewhere else, which only the media tells. */
static void text_of_a_later_domain_waits_for_its_clock(void **state)
{
    (void)state;
    rig *r = rig_create();
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof(name), "v%d.ts", i);
        rig_put_segment(r, name, &(rig_segment){.ticks = ((i < 2 ? 10 : 5000) + 2 * i) * RIG_TICKS_SECOND});
    }
    rig_find(r, "v2.ts")->due = r->now + 3 * S;
    rig_text(r, "v.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nv0.ts\n#EXTINF:2,\nv1.ts\n#EXT-X-DISCONTINUITY\n"
             "#EXTINF:2,\nv2.ts\n#EXTINF:2,\nv3.ts\n#EXT-X-ENDLIST\n");
    rig_text(r, "en.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nen0.vtt\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\n"
             "en1.vtt\n#EXT-X-ENDLIST\n");
    rig_text(r, "en0.vtt", MAP "00:00:01.000 --> 00:00:02.000\nbefore\n\n");
    rig_text(r, "en1.vtt", /* 5004 s is the first picture behind the discontinuity */
             "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:450360000\n\n"
             "00:00:01.000 --> 00:00:02.000\nafter\n\n");
    rig_text(r, "m.m3u8", MASTER_TEXT(""));
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    play(r, "m.m3u8", 20 * S);
    assert_on_its_frame(r, "before", 1 * S);
    assert_on_its_frame(r, "after", 5 * S);
    assert_true(must(rig_fetch_of(r, "en1.vtt", 0))->time >= rig_find(r, "v2.ts")->due);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

static void a_seek_brings_the_subtitles_of_the_new_place(void **state)
{
    (void)state;
    rig *r = rig_with_subtitles(MASTER_TEXT(""));
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    play(r, "m.m3u8", 3 * S);
    size_t from = r->log_count;
    rig_seek(r, 17500 * MS); /* into the middle of one */
    rig_run(r, 5 * S);
    assert_int_equal(count_text(r, from, AIZU_CUE_START), 1);
    assert_int_equal(must(told(r, "en 4", AIZU_CUE_START, 0))->pts, 17 * S);
    rig_seek(r, 500 * MS);
    rig_run(r, 3 * S);
    assert_true(must(told(r, "en 0", AIZU_CUE_START, 1))->flags & AIZU_CUE_REPLAY);
    rig_destroy(r);
}

/* ---- captions in the picture ---- */

/* Pop-on: "HI" is shown with frame 30 and taken away with frame 60. */
static const rig_caption captions[] = {
    {2, {0x14, 0x20}},  {3, {0x14, 0x20}},  {4, {0x14, 0x2E}},  {5, {0x14, 0x2E}},
    {6, {0x14, 0x70}},  {7, {0x14, 0x70}},  {8, {'H', 'I'}},    {30, {0x14, 0x2F}},
    {31, {0x14, 0x2F}}, {60, {0x14, 0x2C}}, {61, {0x14, 0x2C}},
};

/* Segments of four seconds; the caption is in the second one. */
static rig *rig_with_captions(void)
{
    rig *r = rig_create();
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof(name), "c%d.ts", i);
        rig_put_segment(r, name,
                        &(rig_segment){.ticks = (10 + 4 * i) * RIG_TICKS_SECOND,
                                       .frames = 100,
                                       .captions = i == 1 ? captions : NULL,
                                       .caption_count = i == 1 ? AZ_COUNT(captions) : 0});
    }
    rig_text(r, "c.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nc0.ts\n#EXTINF:4,\nc1.ts\n#EXTINF:4,\nc2.ts\n"
             "#EXTINF:4,\nc3.ts\n#EXT-X-ENDLIST\n");
    return r;
}

static void captions_in_the_picture_are_offered_and_not_shown_unasked(void **state)
{
    (void)state;
    rig *r = rig_with_captions();
    play(r, "c.m3u8", 20 * S);
    aizu_rendition rendition;
    assert_int_equal(rig_snapshot(r).rendition_counts[AIZU_RENDITION_TEXT], 1);
    assert_true(az_engine_rendition(r->engine, AIZU_RENDITION_TEXT, 0, &rendition));
    assert_int_equal(rendition.is_caption, 1);
    assert_non_null(rig_report(r, AIZU_EVENT_RENDITIONS, 0, 0));
    assert_int_equal(count_text(r, 0, AIZU_CUE_START), 0);
    rig_destroy(r);
}

static void captions_that_are_chosen_come_with_their_frames(void **state)
{
    (void)state;
    rig *r = rig_with_captions();
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"English\",LANGUAGE=\"en\","
             "AUTOSELECT=YES,INSTREAM-ID=\"CC1\"\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=800000,CLOSED-CAPTIONS=\"cc\"\nc.m3u8\n");
    rig_start(r);
    rig_load(r, "m.m3u8");
    rig_play(r);
    rig_run(r, 100 * MS);
    choose(r, 0);
    rig_run(r, 20 * S);
    assert_int_equal(rig_snapshot(r).rendition_counts[AIZU_RENDITION_TEXT], 1);
    assert_on_its_frame(r, "HI", 4 * S + 30 * RIG_FRAME);
    const rig_entry *start = told(r, "HI", AIZU_CUE_START, 0);
    const rig_entry *end = must(told(r, "HI", AIZU_CUE_END, 0));
    assert_int_equal(start->kind, AIZU_CUE_TEXT);
    assert_in_range(end->time - start->time, 29 * RIG_FRAME, 31 * RIG_FRAME);
    rig_destroy(r);
}

static void a_caption_ends_when_playback_goes_elsewhere(void **state)
{
    (void)state;
    rig *r = rig_with_captions();
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"English\",LANGUAGE=\"en\","
             "AUTOSELECT=YES,INSTREAM-ID=\"CC1\"\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=800000,CLOSED-CAPTIONS=\"cc\"\nc.m3u8\n");
    snprintf(r->config.text_languages, sizeof(r->config.text_languages), "en");
    play(r, "m.m3u8", 6 * S); /* it is on the screen */
    assert_non_null(told(r, "HI", AIZU_CUE_START, 0));
    assert_null(told(r, "HI", AIZU_CUE_END, 0));
    rig_seek(r, 10 * S);
    rig_run(r, 3 * S);
    assert_non_null(told(r, "HI", AIZU_CUE_END, 0));
    assert_int_equal(count_text(r, 0, AIZU_CUE_START), 1);
    rig_seek(r, 4500 * MS);
    rig_run(r, 3 * S);
    assert_int_equal(count_text(r, 0, AIZU_CUE_START), 2); /* again, once */
    rig_destroy(r);
}

/* ---- event messages ---- */

static void play_message(rig *r, const rig_emsg *emsg)
{
    rig_put_map(r, "i.mp4", false);
    rig_put_fragment(r, "f0.m4s", 10 * RIG_TICKS_SECOND, 50, NULL);
    rig_put_fragment(r, "f1.m4s", 12 * RIG_TICKS_SECOND, 50, emsg);
    rig_put_fragment(r, "f2.m4s", 14 * RIG_TICKS_SECOND, 50, NULL);
    rig_text(
        r, "f.m3u8",
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:2,\nf0.m4s\n"
        "#EXTINF:2,\nf1.m4s\n#EXTINF:2,\nf2.m4s\n#EXT-X-ENDLIST\n");
    play(r, "f.m3u8", 10 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_errors(r, false), 0);
}

static void a_message_of_version_0_counts_from_its_segment(void **state)
{
    (void)state;
    rig *r = rig_create();
    play_message(r, &(rig_emsg){.version = 0,
                                .scheme = "urn:example",
                                .value = "1",
                                .id = 7,
                                .ticks = RIG_TICKS_SECOND / 2,
                                .duration = RIG_TICKS_SECOND,
                                .data = "quiz",
                                .size = 4});
    assert_on_its_frame(r, "quiz", 2500 * MS);
    const rig_entry *cue = told(r, "quiz", AIZU_CUE_START, 0);
    assert_int_equal(cue->kind, AIZU_CUE_EMSG);
    assert_int_equal(cue->duration, S);
    assert_string_equal(cue->key, "urn:example");
    assert_non_null(told(r, "quiz", AIZU_CUE_END, 0));
    rig_destroy(r);
}

static void a_message_of_version_1_counts_as_the_media(void **state)
{
    (void)state;
    rig *r = rig_create();
    play_message(r, &(rig_emsg){.version = 1,
                                .scheme = "urn:example",
                                .value = "",
                                .ticks = 15 * RIG_TICKS_SECOND,
                                .data = "quiz",
                                .size = 4});
    assert_on_its_frame(r, "quiz", 5 * S); /* in the segment behind its own */
    rig_destroy(r);
}

static void id3_in_a_message_is_a_tag(void **state)
{
    (void)state;
    ts_bytes tag = {0};
    ts_es_id3_priv(&tag, "test", "question", 8);
    for (int version = 0; version < 2; version++) {
        rig *r = rig_create();
        play_message(r, &(rig_emsg){.version = version,
                                    .scheme = "https://aomedia.org/emsg/ID3",
                                    .value = "",
                                    .ticks = version ? 13 * RIG_TICKS_SECOND : RIG_TICKS_SECOND,
                                    .data = tag.data,
                                    .size = tag.size});
        assert_on_its_frame(r, "question", 3 * S);
        assert_int_equal(told(r, "question", AIZU_CUE_START, 0)->kind, AIZU_CUE_ID3);
        assert_string_equal(told(r, "question", AIZU_CUE_START, 0)->key, "test");
        rig_destroy(r);
    }
    ts_bytes_free(&tag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subtitles_come_with_their_frames),
        cmocka_unit_test(a_cue_that_neighbouring_segments_repeat_comes_once),
        cmocka_unit_test(subtitles_are_off_until_they_are_chosen),
        cmocka_unit_test(subtitles_that_are_switched_off_stay_away),
        cmocka_unit_test(another_language_takes_over_at_once),
        cmocka_unit_test(forced_subtitles_are_shown_without_being_asked_for),
        cmocka_unit_test(subtitles_that_cannot_be_had_do_not_stop_playback),
        cmocka_unit_test(text_of_a_later_domain_waits_for_its_clock),
        cmocka_unit_test(a_seek_brings_the_subtitles_of_the_new_place),
        cmocka_unit_test(captions_in_the_picture_are_offered_and_not_shown_unasked),
        cmocka_unit_test(captions_that_are_chosen_come_with_their_frames),
        cmocka_unit_test(a_caption_ends_when_playback_goes_elsewhere),
        cmocka_unit_test(a_message_of_version_0_counts_from_its_segment),
        cmocka_unit_test(a_message_of_version_1_counts_as_the_media),
        cmocka_unit_test(id3_in_a_message_is_a_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
