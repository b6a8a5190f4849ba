/*
 * The engine through its four verbs: load, play, pause, seek, stop, the end; cues with their frames; what is
 * ignored; and that everything comes back.
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

/* One on a frame, one between frames, two at one time, one at the first tick and one at the last frame. */
static const rig_cue CUES[] = {
    {0, "zero"},     {1 * S, "one"},    {3 * S + 10 * MS, "three"},
    {5 * S, "five"}, {5 * S, "five b"}, {9 * S + 990 * MS, "last"},
};

static rig *rig_with_vod(void)
{
    rig *r = rig_create();
    rig_put_vod(r, "v", 5, CUES, AZ_COUNT(CUES)); /* ten seconds */
    rig_start(r);
    return r;
}

static rig *rig_playing(void)
{
    rig *r = rig_with_vod();
    rig_load(r, "v.m3u8");
    rig_play(r);
    return r;
}

/* An entry of the log that has to be there. */
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

/* ---- states ---- */

static void an_engine_with_nothing_to_do_does_nothing(void **state)
{
    (void)state;
    rig *r = rig_create();
    rig_start(r);
    rig_run(r, 3600 * S);
    assert_int_equal(r->log_count, 0);
    assert_int_equal(az_engine_deadline(r->engine), AZ_NEVER);
    az_snapshot s = rig_snapshot(r);
    assert_int_equal(s.state, AIZU_STATE_IDLE);
    assert_int_equal(s.position, AIZU_NO_TIME);
    assert_true(s.is_over);
    rig_destroy(r);
}

static void a_recording_plays_from_its_first_to_its_last_frame(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    assert_int_equal(rig_errors(r, false), 0);
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, 0, 0))->pts, 0);
    int64_t first = 0;
    for (size_t i = 0; i < 250; i++) {
        const rig_entry *shown = rig_nth(r, RIG_PRESENTED, 0, i);
        assert_int_equal(shown->pts, (int64_t)i * RIG_FRAME);
        if (i == 1)
            first = shown->time - RIG_FRAME;
        if (i > 1)
            assert_int_equal(shown->time, first + (int64_t)i * RIG_FRAME); /* each in its time */
    }
    az_snapshot s = rig_snapshot(r);
    assert_int_equal(s.state, AIZU_STATE_ENDED);
    assert_int_equal(s.position, 10 * S);
    assert_int_equal(s.duration, 10 * S);
    assert_int_equal(s.stats.stalls, 0);
    assert_int_equal(s.stats.frames_presented, 250);
    assert_int_equal(az_engine_deadline(r->engine), AZ_NEVER);
    rig_destroy(r);
}

static void a_load_is_told_in_order(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 15 * S);
    static const aizu_event_type wanted[] = {AIZU_EVENT_STATE, AIZU_EVENT_QUALITIES, AIZU_EVENT_DURATION,
                                             AIZU_EVENT_QUALITY, AIZU_EVENT_FIRST_FRAME};
    size_t at = 0;
    for (size_t i = 0; i < AZ_COUNT(wanted); i++)
        at = index_of(r, rig_report(r, wanted[i], i ? at + 1 : 0, 0));
    assert_int_equal(must(rig_report(r, AIZU_EVENT_DURATION, 0, 0))->position, 10 * S);
    static const aizu_state states[] = {AIZU_STATE_BUFFERING, AIZU_STATE_PLAYING, AIZU_STATE_ENDED};
    for (size_t i = 0; i < AZ_COUNT(states); i++) {
        assert_non_null(rig_report(r, AIZU_EVENT_STATE, 0, i));
        assert_int_equal(must(rig_report(r, AIZU_EVENT_STATE, 0, i))->state, states[i]);
    }
    assert_null(rig_report(r, AIZU_EVENT_STATE, 0, AZ_COUNT(states)));
    assert_null(rig_report(r, AIZU_EVENT_FIRST_FRAME, 0, 1));
    rig_destroy(r);
}

static void without_play_the_first_picture_is_shown_and_stays(void **state)
{
    (void)state;
    rig *r = rig_with_vod();
    rig_load(r, "v.m3u8");
    rig_run(r, 60 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 1);
    assert_int_equal(r->last_presented, 0);
    az_snapshot s = rig_snapshot(r);
    assert_int_equal(s.state, AIZU_STATE_READY);
    assert_int_equal(s.position, 0);
    assert_int_equal(s.duration, 10 * S);
    assert_true(s.rate == 0.0);
    assert_non_null(rig_cue_entry(r, "zero", 0)); /* its cue came with it */
    assert_null(rig_cue_entry(r, "one", 0));
    rig_play(r);
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    rig_destroy(r);
}

static void a_pause_keeps_the_picture_and_the_place(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 3 * S);
    rig_pause(r);
    rig_run(r, S);
    az_snapshot s = rig_snapshot(r);
    assert_int_equal(s.state, AIZU_STATE_READY);
    size_t shown = rig_count(r, RIG_PRESENTED, 0);
    rig_run(r, 3600 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), shown);
    assert_int_equal(rig_snapshot(r).position, s.position);
    assert_in_range(s.position - r->last_presented, 0, RIG_FRAME);
    rig_play(r);
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250); /* none twice, none left out */
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    rig_destroy(r);
}

static void stop_ends_everything_at_once(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 3 * S);
    rig_stop(r);
    rig_run(r, 0);
    size_t log = r->log_count;
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    assert_int_equal(r->frames_out, 0);
    rig_run(r, 60 * S);
    assert_int_equal(r->log_count, log);
    rig_destroy(r);
}

static void stop_cancels_what_is_under_way(void **state)
{
    (void)state;
    rig *r = rig_playing();
    r->latency = 5 * S;
    rig_run(r, S);
    rig_stop(r);
    rig_run(r, 0);
    assert_int_equal(must(rig_nth(r, AZ_ACTION_FETCH_CANCEL, 0, 0))->id,
                     must(rig_fetch_of(r, "v.m3u8", 0))->id);
    rig_destroy(r);
}

static void play_at_the_end_begins_again(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 15 * S);
    size_t log = r->log_count;
    rig_play(r);
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, log), 250);
    const rig_entry *first = rig_cue_entry(r, "one", 0);
    const rig_entry *again = rig_cue_entry(r, "one", log);
    assert_non_null(again);
    assert_int_equal(again->id, first->id);
    assert_int_equal(again->flags, AIZU_CUE_REPLAY);
    rig_destroy(r);
}

static void a_start_position_is_taken(void **state)
{
    (void)state;
    rig *r = rig_with_vod();
    rig_feed(r, AZ_EVENT_LOAD, (az_event){.url = RIG_BASE "v.m3u8", .pts = 6 * S + 100 * MS});
    rig_play(r);
    rig_run(r, 10 * S);
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, 0, 0))->pts,
                     6 * S + 80 * MS); /* the frame that covers it */
    assert_null(rig_cue_entry(r, "five", 0));
    assert_non_null(rig_cue_entry(r, "last", 0));
    rig_destroy(r);
}

static void several_loads_in_a_row_play_the_last(void **state)
{
    (void)state;
    rig *r = rig_with_vod();
    static const rig_cue other = {S, "other"};
    rig_put_vod(r, "w", 3, &other, 1);
    rig_play(r);
    for (int i = 0; i < 5; i++) {
        rig_load(r, "v.m3u8");
        rig_run(r, i * 15 * MS);
        rig_load(r, "w.m3u8");
        rig_run(r, i * 700 * MS);
    }
    size_t log = r->log_count;
    rig_load(r, "w.m3u8");
    rig_run(r, 10 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, log), 150);
    assert_null(rig_cue_entry(r, "one", log));
    const rig_entry *cue = rig_cue_entry(r, "other", log);
    assert_non_null(cue);
    assert_int_equal(cue->flags, 0); /* nothing is left of the loads before */
    assert_int_equal(rig_errors(r, false), 0);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

/* ---- seeking ---- */

static void a_seek_shows_the_frame_that_covers_its_target_first(void **state)
{
    (void)state;
    static const int64_t targets[] = {0,     7 * S,      7 * S + 1,        7 * S + 39999999, 2 * S - 1,
                                      2 * S, 3 * S + MS, 9 * S + 999 * MS, 500 * MS};
    rig *r = rig_playing();
    rig_run(r, S);
    for (size_t i = 0; i < AZ_COUNT(targets); i++) {
        size_t log = r->log_count;
        rig_seek(r, targets[i]);
        rig_run(r, 300 * MS);
        const rig_entry *first = rig_nth(r, RIG_PRESENTED, log, 0);
        assert_non_null(first);
        assert_int_equal(first->pts, targets[i] / RIG_FRAME * RIG_FRAME);
        const rig_entry *seeked = rig_report(r, AIZU_EVENT_SEEKED, log, 0);
        assert_non_null(seeked);
        assert_in_range(seeked->position - targets[i] + RIG_FRAME, 0, 2 * RIG_FRAME);
        assert_null(rig_report(r, AIZU_EVENT_SEEKED, index_of(r, seeked) + 1, 0));
    }
    rig_destroy(r);
}

static void a_seek_while_paused_shows_its_picture_and_stays(void **state)
{
    (void)state;
    rig *r = rig_with_vod();
    rig_load(r, "v.m3u8");
    rig_run(r, S);
    size_t log = r->log_count;
    rig_seek(r, 5 * S);
    rig_run(r, 10 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, log), 1);
    assert_int_equal(r->last_presented, 5 * S);
    assert_int_equal(rig_snapshot(r).position, 5 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_READY);
    assert_non_null(rig_cue_entry(r, "five", log));
    rig_destroy(r);
}

static void seeks_are_clamped_to_what_there_is(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, S);
    rig_seek(r, -100 * S);
    rig_run(r, 0);
    assert_int_equal(rig_snapshot(r).position, 0);
    rig_run(r, 300 * MS);
    assert_in_range(r->last_presented, 0, S);
    size_t log = r->log_count;
    rig_seek(r, 1000 * S);
    rig_run(r, 5 * S);
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, log, 0))->pts, 10 * S - RIG_FRAME); /* the last one */
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

static void only_the_last_of_many_seeks_counts(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, S);
    size_t log = r->log_count;
    for (int i = 0; i < 40; i++) {
        rig_seek(r, (i * 7 % 9) * S);
        rig_run(r, i % 3 * 5 * MS);
    }
    rig_seek(r, 8 * S);
    rig_run(r, 5 * S);
    const rig_entry *last = NULL;
    for (size_t n = 0; rig_nth(r, RIG_PRESENTED, log, n); n++)
        last = rig_nth(r, RIG_PRESENTED, log, n);
    assert_int_equal(last->pts, 10 * S - RIG_FRAME);
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void a_seek_before_the_playlist_is_there_is_where_playback_begins(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_seek(r, 4 * S);
    rig_run(r, 2 * S);
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, 0, 0))->pts, 4 * S);
    rig_destroy(r);
}

/* ---- cues ---- */

/* The index in the log of the frame that was on screen last before an entry. */
static const rig_entry *frame_before(const rig *r, const rig_entry *entry)
{
    for (size_t i = index_of(r, entry); i-- > 0;)
        if (r->log[i].type == RIG_PRESENTED)
            return &r->log[i];
    return NULL;
}

static void each_cue_comes_once_with_the_frame_that_covers_it(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, AZ_ACTION_CUE, 0), AZ_COUNT(CUES));
    for (size_t i = 0; i < AZ_COUNT(CUES); i++) {
        const rig_entry *cue = rig_nth(r, AZ_ACTION_CUE, 0, i);
        assert_string_equal(cue->text, CUES[i].text); /* in order */
        assert_in_range(cue->pts - CUES[i].offset + 12000, 0, 24000);
        assert_int_equal(cue->phase, AIZU_CUE_START);
        assert_int_equal(cue->flags, 0);
        const rig_entry *frame = frame_before(r, cue);
        assert_non_null(frame);
        assert_true(frame->pts <= cue->pts && cue->pts < frame->pts + RIG_FRAME);
        assert_int_equal(cue->time, frame->time); /* in the same instant, and not before */
        assert_int_equal(cue->due, frame->time);
    }
    rig_destroy(r);
}

static void a_frame_carries_its_cues_to_the_output(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 15 * S);
    size_t carried = 0;
    for (size_t n = 0; rig_nth(r, AZ_ACTION_PRESENT, 0, n); n++) {
        const rig_entry *present = rig_nth(r, AZ_ACTION_PRESENT, 0, n);
        char wanted[160] = "";
        for (size_t i = 0; i < AZ_COUNT(CUES); i++) {
            if (CUES[i].offset / RIG_FRAME * RIG_FRAME != present->pts)
                continue;
            strcat(wanted, wanted[0] ? "," : "");
            strcat(wanted, CUES[i].text);
        }
        assert_string_equal(present->text, wanted);
        carried += present->cue_count;
    }
    assert_int_equal(carried, AZ_COUNT(CUES));
    rig_destroy(r);
}

static void cues_wait_for_a_screen_that_is_late(void **state)
{
    (void)state;
    rig *r = rig_playing();
    r->is_deaf = true; /* nothing is said: after a while it is taken to have been shown */
    rig_run(r, 20 * S);
    assert_int_equal(rig_count(r, AZ_ACTION_CUE, 0), AZ_COUNT(CUES));
    for (size_t i = 0; i < AZ_COUNT(CUES); i++) {
        const rig_entry *cue = rig_nth(r, AZ_ACTION_CUE, 0, i);
        assert_string_equal(cue->text, CUES[i].text);
        for (size_t n = 0; rig_nth(r, AZ_ACTION_PRESENT, 0, n); n++) {
            const rig_entry *present = rig_nth(r, AZ_ACTION_PRESENT, 0, n);
            if (present->pts == CUES[i].offset / RIG_FRAME * RIG_FRAME)
                assert_in_range(cue->time - present->at, 0, 200 * MS);
        }
    }
    rig_destroy(r);
}

static void cues_behind_the_last_frame_come_at_the_end_flagged(void **state)
{
    (void)state;
    static const rig_cue cues[] = {{S, "in"}, {4 * S + 500 * MS, "behind"}};
    rig *r = rig_create();
    rig_put_vod(r, "v", 2, cues, AZ_COUNT(cues)); /* four seconds */
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_play(r);
    rig_run(r, 10 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(must(rig_cue_entry(r, "in", 0))->flags, 0);
    const rig_entry *behind = rig_cue_entry(r, "behind", 0);
    assert_non_null(behind);
    assert_int_equal(behind->flags, AIZU_CUE_SKIPPED);
    assert_int_equal(behind->due, AIZU_NO_TIME);
    rig_destroy(r);
}

static void early_notice_comes_ahead(void **state)
{
    (void)state;
    rig *r = rig_create();
    r->config.early_cues = true;
    rig_put_vod(r, "v", 5, CUES, AZ_COUNT(CUES));
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_play(r);
    rig_run(r, 15 * S);
    const rig_entry *early = rig_cue_entry(r, "five", 0);
    assert_int_equal(early->phase, AIZU_CUE_RECEIVED);
    const rig_entry *start = rig_cue_entry(r, "five", index_of(r, early) + 1);
    assert_int_equal(start->phase, AIZU_CUE_START);
    assert_int_equal(start->id, early->id);
    assert_true(start->time - early->time > 3 * S);
    assert_null(rig_cue_entry(r, "five", index_of(r, start) + 2));
    rig_destroy(r);
}

static void a_seek_over_cues_leaves_them_out_and_one_back_replays(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 2 * S);
    size_t log = r->log_count;
    rig_seek(r, 8 * S);
    rig_run(r, S);
    assert_int_equal(rig_count(r, AZ_ACTION_CUE, log), 0);
    log = r->log_count;
    rig_seek(r, 0);
    rig_run(r, 4 * S);
    assert_int_equal(must(rig_cue_entry(r, "one", log))->flags, AIZU_CUE_REPLAY);
    assert_int_equal(must(rig_cue_entry(r, "one", log))->id, must(rig_cue_entry(r, "one", 0))->id);
    assert_int_equal(must(rig_cue_entry(r, "three", log))->flags, 0);
    rig_destroy(r);
}

static void without_decoding_cues_come_in_their_time(void **state)
{
    (void)state;
    rig *r = rig_create();
    r->config.decode = false;
    rig_put_vod(r, "v", 5, CUES, AZ_COUNT(CUES));
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_play(r);
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, AZ_ACTION_CUE, 0), AZ_COUNT(CUES));
    assert_int_equal(rig_count(r, AZ_ACTION_DECODE, 0) + rig_count(r, AZ_ACTION_PRESENT, 0), 0);
    const rig_entry *zero = rig_cue_entry(r, "zero", 0);
    for (size_t i = 1; i < AZ_COUNT(CUES); i++) {
        const rig_entry *cue = rig_nth(r, AZ_ACTION_CUE, 0, i);
        assert_string_equal(cue->text, CUES[i].text);
        assert_int_equal(cue->time - zero->time, CUES[i].offset / RIG_FRAME * RIG_FRAME);
    }
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

/* ---- stalls ---- */

static void a_stall_is_told_and_playback_goes_on_where_it_was(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_find(r, "v2.ts")->status = 503;
    rig_find(r, "v2.ts")->result = AIZU_E_CONNECT;
    rig_find(r, "v2.ts")->failures = 1000;
    rig_run(r, 12 * S);
    const rig_entry *stall = rig_report(r, AIZU_EVENT_STALL, 0, 0);
    assert_non_null(stall);
    assert_in_range(stall->position, 4 * S - RIG_FRAME, 4 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_BUFFERING);
    assert_int_equal(rig_snapshot(r).position, stall->position);
    rig_find(r, "v2.ts")->status = 200;
    rig_find(r, "v2.ts")->result = AIZU_OK;
    rig_run(r, 25 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    assert_int_equal(rig_count(r, AZ_ACTION_CUE, 0), AZ_COUNT(CUES));
    assert_int_equal(rig_snapshot(r).stats.stalls, 1);
    assert_in_range(rig_snapshot(r).stats.stall_duration, S, 20 * S);
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

/* ---- sound ---- */

static rig *rig_with_sound(void)
{
    rig *r = rig_create();
    char text[1024] = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof(name), "a%d.ts", i);
        rig_put_segment(r, name, &(rig_segment){.ticks = (10 + 2 * i) * RIG_TICKS_SECOND, .has_audio = true});
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "#EXTINF:2,\n%s\n", name);
    }
    strcat(text, "#EXT-X-ENDLIST\n");
    rig_text(r, "a.m3u8", text);
    rig_start(r);
    rig_load(r, "a.m3u8");
    rig_play(r);
    return r;
}

static void sound_begins_where_the_picture_does(void **state)
{
    (void)state;
    rig *r = rig_with_sound();
    rig_run(r, 5 * S);
    const rig_entry *start = rig_nth(r, AZ_ACTION_AUDIO_START, 0, 0);
    assert_non_null(start);
    const rig_entry *second = rig_nth(r, RIG_PRESENTED, 0, 1);
    assert_int_equal(start->pts - start->at, second->pts - second->time);
    int64_t target = 6 * S + 10 * MS;
    size_t log = r->log_count;
    rig_seek(r, target);
    rig_run(r, S);
    const rig_entry *sound = rig_nth(r, AZ_ACTION_AUDIO, log, 0);
    assert_non_null(sound);
    assert_in_range(sound->pts, target - 22 * MS, target);
    assert_int_equal(sound->trim, target - sound->pts); /* exact to the sample */
    rig_destroy(r);
}

static void a_pause_holds_the_sound(void **state)
{
    (void)state;
    rig *r = rig_with_sound();
    rig_run(r, 2 * S);
    size_t log = r->log_count;
    rig_pause(r);
    rig_run(r, S);
    assert_int_equal(rig_count(r, AZ_ACTION_AUDIO_PAUSE, log), 1);
    assert_int_equal(rig_count(r, AZ_ACTION_AUDIO_START, log), 0);
    rig_play(r);
    rig_run(r, S);
    assert_int_equal(rig_count(r, AZ_ACTION_AUDIO_START, log), 1);
    rig_destroy(r);
}

static void a_lost_sound_device_does_not_stop_the_picture(void **state)
{
    (void)state;
    rig *r = rig_with_sound();
    rig_run(r, 2 * S);
    rig_feed(r, AZ_EVENT_AUDIO_CLOCK, (az_event){.pts = rig_snapshot(r).position - 100 * MS});
    rig_run(r, 0);
    assert_true(rig_snapshot(r).rate < 1.0);
    rig_feed(r, AZ_EVENT_AUDIO_LOST, (az_event){0});
    rig_run(r, 20 * MS);
    assert_true(rig_snapshot(r).rate == 1.0); /* nobody is there to end the correction */
    rig_feed(r, AZ_EVENT_AUDIO_LOST, (az_event){0});
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    assert_int_equal(rig_errors(r, false), 1);
    assert_false(must(rig_error(r, AIZU_E_AUDIO_DEVICE))->is_fatal);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

/* ---- what a driver may get wrong ---- */

static void unknown_and_old_ids_are_ignored(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 2 * S);
    uint64_t old_fetch = must(rig_fetch_of(r, "v.m3u8", 0))->id;
    az_slice data;
    assert_true(az_slice_copy(&data, az_span_str("#EXTM3U garbage")));
    for (uint64_t id = 0; id < 50; id++) {
        uint64_t fetch = id == 0 ? old_fetch : id < 40 ? id : UINT64_MAX - id;
        rig_feed(r, AZ_EVENT_FETCH_RESPONSE, (az_event){.fetch = fetch, .http_status = 500});
        rig_feed(r, AZ_EVENT_FETCH_DATA, (az_event){.fetch = fetch, .data = data});
        rig_feed(r, AZ_EVENT_FETCH_END, (az_event){.fetch = fetch, .result = AIZU_E_FORBIDDEN});
        rig_feed(r, AZ_EVENT_PRESENTED, (az_event){.frame_id = 1000000 + id});
        rig_feed(r, AZ_EVENT_DROPPED, (az_event){.frame_id = 1000000 + id});
        rig_feed(r, AZ_EVENT_DECODED, (az_event){.generation = 1000, .result = AIZU_E_CODEC});
        rig_feed(r, AZ_EVENT_DRAINED, (az_event){.generation = 1000});
        rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = 1000});
        rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = -7});
    }
    az_slice_unref(&data);
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void commands_on_an_idle_engine_do_nothing(void **state)
{
    (void)state;
    rig *r = rig_create();
    rig_start(r);
    rig_seek(r, 5 * S);
    rig_pause(r);
    rig_stop(r);
    rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = 0});
    rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = AIZU_QUALITY_AUTO});
    rig_feed(r, AZ_EVENT_AUDIO_CLOCK, (az_event){.pts = 5});
    rig_run(r, S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    assert_int_equal(rig_count(r, AZ_ACTION_FETCH, 0), 0);
    rig_destroy(r);
}

static void time_that_goes_back_is_survived(void **state)
{
    (void)state;
    rig *r = rig_playing();
    rig_run(r, 2 * S);
    int64_t position = rig_snapshot(r).position;
    az_engine_run(r->engine, r->now - 100 * S);
    assert_int_equal(rig_snapshot(r).position, position);
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    rig_destroy(r);
}

/* At each moment: requests, units, frames in decoders, on the screen's queue and waiting. */
static void destroy_gives_everything_back_at_any_moment(void **state)
{
    (void)state;
    for (int i = 0; i < 120; i++) {
        rig *r = rig_playing();
        rig_run(r, i * 7 * MS);
        if (i % 3 == 1)
            rig_seek(r, 5 * S);
        if (i % 3 == 2)
            rig_stop(r);
        if (i % 2)
            az_engine_run(r->engine, r->now); /* actions that nobody takes */
        rig_destroy(r);
    }
}

static uint64_t hash_of_a_session(uint64_t seed)
{
    rig *r = rig_create();
    r->config.seed = seed;
    rig_put_vod(r, "v", 5, CUES, AZ_COUNT(CUES));
    rig_find(r, "v1.ts")->status = 503;
    rig_find(r, "v1.ts")->result = AIZU_E_HTTP;
    rig_find(r, "v1.ts")->failures = 2;
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_play(r);
    rig_run(r, 4 * S);
    rig_seek(r, S);
    rig_run(r, 20 * S);
    uint64_t hash = r->hash;
    rig_destroy(r);
    return hash;
}

static void the_same_events_and_seed_give_the_same_actions(void **state)
{
    (void)state;
    assert_int_equal(hash_of_a_session(5), hash_of_a_session(5));
    assert_int_not_equal(hash_of_a_session(5), hash_of_a_session(6)); /* jitter */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_with_nothing_to_do_does_nothing),
        cmocka_unit_test(a_recording_plays_from_its_first_to_its_last_frame),
        cmocka_unit_test(a_load_is_told_in_order),
        cmocka_unit_test(without_play_the_first_picture_is_shown_and_stays),
        cmocka_unit_test(a_pause_keeps_the_picture_and_the_place),
        cmocka_unit_test(stop_ends_everything_at_once),
        cmocka_unit_test(stop_cancels_what_is_under_way),
        cmocka_unit_test(play_at_the_end_begins_again),
        cmocka_unit_test(a_start_position_is_taken),
        cmocka_unit_test(several_loads_in_a_row_play_the_last),
        cmocka_unit_test(a_seek_shows_the_frame_that_covers_its_target_first),
        cmocka_unit_test(a_seek_while_paused_shows_its_picture_and_stays),
        cmocka_unit_test(seeks_are_clamped_to_what_there_is),
        cmocka_unit_test(only_the_last_of_many_seeks_counts),
        cmocka_unit_test(a_seek_before_the_playlist_is_there_is_where_playback_begins),
        cmocka_unit_test(each_cue_comes_once_with_the_frame_that_covers_it),
        cmocka_unit_test(a_frame_carries_its_cues_to_the_output),
        cmocka_unit_test(cues_wait_for_a_screen_that_is_late),
        cmocka_unit_test(cues_behind_the_last_frame_come_at_the_end_flagged),
        cmocka_unit_test(early_notice_comes_ahead),
        cmocka_unit_test(a_seek_over_cues_leaves_them_out_and_one_back_replays),
        cmocka_unit_test(without_decoding_cues_come_in_their_time),
        cmocka_unit_test(a_stall_is_told_and_playback_goes_on_where_it_was),
        cmocka_unit_test(sound_begins_where_the_picture_does),
        cmocka_unit_test(a_pause_holds_the_sound),
        cmocka_unit_test(a_lost_sound_device_does_not_stop_the_picture),
        cmocka_unit_test(unknown_and_old_ids_are_ignored),
        cmocka_unit_test(commands_on_an_idle_engine_do_nothing),
        cmocka_unit_test(time_that_goes_back_is_survived),
        cmocka_unit_test(destroy_gives_everything_back_at_any_moment),
        cmocka_unit_test(the_same_events_and_seed_give_the_same_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
