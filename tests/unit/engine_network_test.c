/*
 * The engine and the network: reloads of live playlists (RFC 8216, 6.3.4), back-off, and what comes of each
 * kind of failure.
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

static rig *rig_vod_start(void)
{
    rig *r = rig_create();
    rig_put_vod(r, "v", 5, NULL, 0);
    rig_start(r);
    rig_play(r);
    return r;
}

static rig *rig_live(int count)
{
    rig *r = rig_create();
    rig_put_live(r, "l", 100, count, false);
    rig_start(r);
    rig_load(r, "l.m3u8");
    rig_play(r);
    return r;
}

/* The origin writes a new segment every two seconds. */
static void live_goes_on(rig *r, int *first, int count, int64_t duration)
{
    for (int64_t at = 0; at < duration; at += 2 * S) {
        rig_run(r, 2 * S);
        rig_put_live(r, "l", ++*first, count, false);
    }
}

/* ---- live ---- */

static void a_live_stream_begins_three_targets_from_its_edge(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    rig_run(r, S);
    assert_non_null(rig_fetch_of(r, "l105.ts", 0));
    assert_null(rig_fetch_of(r, "l104.ts", 0));
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, 0, 0))->pts, 10 * S);
    az_snapshot s = rig_snapshot(r);
    assert_true(s.is_live);
    assert_int_equal(s.duration, AIZU_NO_TIME);
    assert_int_equal(s.seekable_begin, 0);
    assert_int_equal(s.seekable_end, 10 * S);
    rig_destroy(r);
}

static void a_hold_back_of_the_application_counts(void **state)
{
    (void)state;
    rig *r = rig_create();
    r->config.live_hold_back = 2 * S;
    rig_put_live(r, "l", 100, 8, false);
    rig_start(r);
    rig_load(r, "l.m3u8");
    rig_run(r, S);
    assert_non_null(rig_fetch_of(r, "l107.ts", 0));
    assert_null(rig_fetch_of(r, "l106.ts", 0));
    rig_destroy(r);
}

static void a_playlist_that_changed_is_reloaded_after_a_target_duration(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    int first = 100;
    live_goes_on(r, &first, 8, 20 * S);
    for (size_t n = 1; n < 8; n++) {
        int64_t wait =
            must(rig_fetch_of(r, "l.m3u8", n))->time - must(rig_fetch_of(r, "l.m3u8", n - 1))->time;
        assert_true(wait >= S); /* never sooner than half a target duration */
    }
    rig_destroy(r);
}

static void an_unchanged_playlist_is_reloaded_after_half_of_it(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    rig_run(r, 6500 * MS);
    int64_t times[6];
    for (size_t n = 0; n < AZ_COUNT(times); n++)
        times[n] = must(rig_fetch_of(r, "l.m3u8", n))->time;
    assert_int_equal(times[1] - times[0], 2 * S); /* the first load had something new */
    for (size_t n = 2; n < AZ_COUNT(times); n++)
        assert_int_equal(times[n] - times[n - 1], S);
    rig_destroy(r);
}

static void a_slow_playlist_is_not_asked_for_twice_at_once(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    rig_run(r, S);
    r->latency = 5 * S;
    rig_run(r, 20 * S);
    for (size_t n = 2; rig_fetch_of(r, "l.m3u8", n); n++)
        assert_true(rig_fetch_of(r, "l.m3u8", n)->time - rig_fetch_of(r, "l.m3u8", n - 1)->time >= 5 * S);
    rig_destroy(r);
}

static void a_live_stream_plays_for_long_without_a_frame_or_cue_lost(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    int first = 100;
    live_goes_on(r, &first, 8, 120 * S);
    size_t shown = rig_count(r, RIG_PRESENTED, 0);
    for (size_t i = 1; i < shown; i++)
        assert_int_equal(rig_nth(r, RIG_PRESENTED, 0, i)->pts - rig_nth(r, RIG_PRESENTED, 0, i - 1)->pts,
                         RIG_FRAME);
    assert_true(shown > 115 * 25);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    for (int i = 105; i < 160; i++) {
        char text[16];
        snprintf(text, sizeof(text), "l%d", i);
        assert_int_equal(must(rig_cue_entry(r, text, 0))->flags, 0);
    }
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void a_live_stream_that_ends_plays_to_its_end(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    rig_run(r, S);
    rig_put_live(r, "l", 101, 8, true);
    rig_run(r, 20 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(r->last_presented, 18 * S - RIG_FRAME);
    assert_int_equal(must(rig_report(r, AIZU_EVENT_DURATION, 0, 1))->position, 18 * S);
    size_t log = r->log_count;
    rig_run(r, 100 * S);
    assert_int_equal(r->log_count, log); /* nothing is reloaded any more */
    rig_destroy(r);
}

static void a_live_playlist_that_stays_as_it_is_is_told_and_given_up_in_the_end(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    rig_run(r, 20 * S);
    const rig_entry *stale = must(rig_error(r, AIZU_E_STALE));
    assert_false(stale->is_fatal);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_BUFFERING);
    rig_run(r, 200 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    assert_int_equal(rig_errors(r, true), 1);
    assert_int_equal(rig_errors(r, false), 2);
    rig_destroy(r);
}

static void a_playlist_that_comes_back_goes_on(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    rig_run(r, S);
    rig_find(r, "l.m3u8")->status = 503;
    rig_find(r, "l.m3u8")->result = AIZU_E_HTTP;
    rig_run(r, 40 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_BUFFERING);
    rig_put_live(r, "l", 104, 8, false);
    rig_find(r, "l.m3u8")->status = 200;
    rig_find(r, "l.m3u8")->result = AIZU_OK;
    size_t log = r->log_count;
    rig_run(r, 9 * S); /* the last tries were eight seconds apart at most */
    assert_int_equal(must(rig_report(r, AIZU_EVENT_STATE, log, 0))->state, AIZU_STATE_PLAYING);
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

static void segments_that_slid_out_are_jumped_over(void **state)
{
    (void)state;
    rig *r = rig_live(8);
    rig_run(r, S);
    rig_put_live(r, "l", 130, 8, false); /* 22 segments are missed */
    rig_run(r, 20 * S);
    assert_true(r->last_presented >= 60 * S);
    assert_int_equal(rig_errors(r, true), 0);
    for (size_t i = 1; rig_nth(r, RIG_PRESENTED, 0, i); i++)
        assert_true(rig_nth(r, RIG_PRESENTED, 0, i)->pts > rig_nth(r, RIG_PRESENTED, 0, i - 1)->pts);
    rig_destroy(r);
}

/* ---- trying again ---- */

static void failed_tries_are_spread_out_and_bounded(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        rig *r = rig_create();
        r->config.seed = seed;
        rig_resource *resource = rig_text(r, "v.m3u8", "");
        resource->status = 503;
        resource->result = AIZU_E_HTTP;
        rig_start(r);
        rig_load(r, "v.m3u8");
        rig_run(r, 120 * S);
        assert_int_equal(resource->requests, 6);
        int64_t limit = S / 2;
        for (size_t n = 1; n < 6; n++) {
            int64_t wait = must(rig_fetch_of(r, "v.m3u8", n))->time - rig_fetch_of(r, "v.m3u8", n - 1)->time;
            wait -= r->latency;
            assert_in_range(wait, limit / 10, limit);
            limit = AZ_MIN(2 * limit, 8 * S);
        }
        const rig_entry *error = must(rig_error(r, AIZU_E_HTTP));
        assert_true(error->is_fatal);
        assert_int_equal(error->http_status, 503);
        assert_string_equal(error->text, "multivariant playlist");
        assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
        rig_destroy(r);
    }
}

static void retry_after_is_obeyed_up_to_a_limit(void **state)
{
    (void)state;
    static const int64_t asked[] = {3 * S, 20 * S, 3600 * S};
    static const int64_t given[] = {3 * S, 20 * S, 30 * S};
    for (size_t i = 0; i < AZ_COUNT(asked); i++) {
        rig *r = rig_vod_start();
        rig_resource *resource = rig_find(r, "v.m3u8");
        resource->status = 429;
        resource->result = AIZU_E_THROTTLED;
        resource->retry_after = asked[i];
        resource->failures = 1;
        rig_load(r, "v.m3u8");
        rig_run(r, 60 * S);
        int64_t wait = must(rig_fetch_of(r, "v.m3u8", 1))->time - rig_fetch_of(r, "v.m3u8", 0)->time;
        assert_in_range(wait - r->latency, given[i], given[i] + S / 2);
        assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED); /* and it plays */
        assert_int_equal(rig_errors(r, false), 0);
        rig_destroy(r);
    }
}

/* ---- playlists that cannot be had ---- */

typedef struct failure {
    const char *what;
    int status;
    aizu_result result;
    const char *body;
    aizu_result told;
    int requests;
} failure;

static void what_is_told_when_there_is_no_playlist(void **state)
{
    (void)state;
    static const failure failures[] = {
        {"404", 404, AIZU_E_NOT_FOUND, "", AIZU_E_NOT_FOUND, 3},
        {"403", 403, AIZU_E_FORBIDDEN, "", AIZU_E_FORBIDDEN, 1},
        {"429", 429, AIZU_E_THROTTLED, "", AIZU_E_THROTTLED, 6},
        {"500", 500, AIZU_E_HTTP, "", AIZU_E_HTTP, 6},
        {"no connection", 0, AIZU_E_CONNECT, "", AIZU_E_CONNECT, 6},
        {"redirects", 302, AIZU_E_REDIRECT, "", AIZU_E_REDIRECT, 1},
        {"a web page", 200, AIZU_OK, "<!DOCTYPE html><html><body>Sign in</body></html>", AIZU_E_PLAYLIST, 3},
        {"nothing", 200, AIZU_OK, "", AIZU_E_PLAYLIST, 3},
        {"a head only", 200, AIZU_OK, "#EXTM3U\n", AIZU_E_PLAYLIST, 3},
        {"no variant", 200, AIZU_OK, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/passwd\n",
         AIZU_E_PLAYLIST, 3},
    };
    for (size_t i = 0; i < AZ_COUNT(failures); i++) {
        const failure *f = &failures[i];
        rig *r = rig_create();
        rig_resource *resource = rig_text(r, "v.m3u8", f->body);
        resource->status = f->status;
        resource->result = f->result;
        rig_start(r);
        rig_play(r);
        rig_load(r, "v.m3u8");
        rig_run(r, 120 * S);
        const rig_entry *error = rig_report(r, AIZU_EVENT_ERROR, 0, 0);
        if (!error || error->result != f->told || !error->is_fatal || resource->requests != f->requests)
            fail_msg("%s: told %d (fatal %d) after %d requests", f->what, error ? error->result : 0,
                     error && error->is_fatal, resource->requests);
        assert_int_equal(rig_errors(r, false), 1);
        assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
        assert_int_equal(az_engine_deadline(r->engine), AZ_NEVER);
        rig_destroy(r);
    }
}

static void a_playlist_without_end_is_given_up_at_the_limit(void **state)
{
    (void)state;
    static char text[1 << 20];
    rig *r = rig_create();
    memset(text, '#', sizeof(text));
    rig_put(r, "v.m3u8", text, sizeof(text))->is_endless = true;
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_run(r, 60 * S);
    const rig_entry *error = must(rig_error(r, AIZU_E_LIMIT));
    assert_true(error->is_fatal);
    assert_in_range(rig_snapshot(r).stats.bytes_received, 32 << 20, 34 << 20);
    assert_int_equal(rig_count(r, AZ_ACTION_FETCH_CANCEL, 0), 1);
    rig_destroy(r);
}

static void a_playlist_that_stalls_is_tried_again_after_ten_seconds(void **state)
{
    (void)state;
    rig *r = rig_vod_start();
    rig_find(r, "v.m3u8")->is_stalled = true;
    rig_load(r, "v.m3u8");
    rig_run(r, 10 * S);
    assert_int_equal(rig_find(r, "v.m3u8")->requests, 1);
    rig_find(r, "v.m3u8")->is_stalled = false;
    rig_run(r, 2 * S);
    assert_int_equal(rig_find(r, "v.m3u8")->requests, 2);
    assert_int_equal(must(rig_nth(r, AZ_ACTION_FETCH_CANCEL, 0, 0))->id, rig_fetch_of(r, "v.m3u8", 0)->id);
    rig_run(r, 15 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    rig_destroy(r);
}

static void a_playlist_in_small_pieces_is_the_same(void **state)
{
    (void)state;
    rig *r = rig_vod_start();
    r->chunk = 7;
    rig_load(r, "v.m3u8");
    rig_run(r, 15 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    rig_destroy(r);
}

/* ---- segments ---- */

static void a_segment_that_fails_for_a_while_is_not_missed(void **state)
{
    (void)state;
    static const failure failures[] = {
        {"404", 404, AIZU_E_NOT_FOUND, NULL, 0, 1},  {"403", 403, AIZU_E_FORBIDDEN, NULL, 0, 1},
        {"500", 500, AIZU_E_HTTP, NULL, 0, 2},       {"429", 429, AIZU_E_THROTTLED, NULL, 0, 2},
        {"reset", 200, AIZU_E_TRANSFER, NULL, 0, 3}, {"no connection", 0, AIZU_E_CONNECT, NULL, 0, 5},
    };
    for (size_t i = 0; i < AZ_COUNT(failures); i++) {
        rig *r = rig_vod_start();
        rig_resource *resource = rig_find(r, "v2.ts");
        resource->status = failures[i].status == 200 ? 0 : failures[i].status ? failures[i].status : 599;
        resource->result = failures[i].result;
        resource->failures = failures[i].requests;
        rig_load(r, "v.m3u8");
        rig_run(r, 60 * S);
        if (rig_count(r, RIG_PRESENTED, 0) != 250 || rig_errors(r, true) != 0)
            fail_msg("%s: %d frames", failures[i].what, (int)rig_count(r, RIG_PRESENTED, 0));
        assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
        rig_destroy(r);
    }
}

static void a_segment_that_is_gone_is_told_and_jumped_over(void **state)
{
    (void)state;
    static const char page[] = "<html>not here</html>";
    for (int i = 0; i < 3; i++) {
        rig *r = rig_vod_start();
        rig_resource *resource = i == 0 ? rig_find(r, "v2.ts") : rig_put(r, "v2.ts", page, i == 1 ? 21 : 0);
        resource->status = i == 0 ? 404 : 200;
        resource->result = i == 0 ? AIZU_E_NOT_FOUND : AIZU_OK;
        rig_load(r, "v.m3u8");
        rig_run(r, 60 * S);
        assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 200);
        const rig_entry *error = must(rig_error(r, i == 0 ? AIZU_E_NOT_FOUND : AIZU_E_MEDIA));
        assert_false(error->is_fatal);
        assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
        assert_int_equal(rig_snapshot(r).position, 10 * S);
        rig_destroy(r);
    }
}

static void a_truncated_segment_with_a_good_status_costs_its_tail_only(void **state)
{
    (void)state;
    rig *r = rig_vod_start();
    rig_find(r, "v2.ts")->body.size /= 2;
    rig_load(r, "v.m3u8");
    rig_run(r, 30 * S);
    assert_in_range(rig_count(r, RIG_PRESENTED, 0), 220, 230);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

static void a_segment_that_stalls_is_tried_again_without_repeating_frames(void **state)
{
    (void)state;
    rig *r = rig_vod_start();
    rig_find(r, "v1.ts")->is_stalled = true;
    rig_load(r, "v.m3u8");
    rig_run(r, 5 * S);
    rig_find(r, "v1.ts")->is_stalled = false;
    rig_run(r, 40 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    assert_int_equal(rig_find(r, "v1.ts")->requests, 2);
    int64_t wait = rig_fetch_of(r, "v1.ts", 1)->time - rig_fetch_of(r, "v1.ts", 0)->time;
    assert_in_range(wait, 10 * S, 11 * S);
    rig_destroy(r);
}

static void nothing_for_two_minutes_is_the_end(void **state)
{
    (void)state;
    rig *r = rig_vod_start();
    for (int i = 1; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof(name), "v%d.ts", i);
        rig_find(r, name)->status = 599;
        rig_find(r, name)->result = AIZU_E_CONNECT;
    }
    rig_load(r, "v.m3u8");
    rig_run(r, 110 * S);
    assert_int_equal(rig_errors(r, true), 0);
    rig_run(r, 40 * S);
    assert_int_equal(rig_errors(r, true), 1);
    assert_true(must(rig_error(r, AIZU_E_CONNECT)) != NULL);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    rig_destroy(r);
}

/* ---- what is not played ---- */

static void encrypted_streams_without_a_way_to_decrypt_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char drm[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\","
        "KEYFORMAT=\"com.apple.streamingkeydelivery\"\n#EXTINF:2,\na.mp4\n#EXT-X-ENDLIST\n";
    static const char *const lists[] = {
        drm,
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:2,\na.ts\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:2,\na.ts\n",
    };
    for (size_t i = 0; i < AZ_COUNT(lists); i++) {
        rig *r = rig_create();
        rig_text(r, "v.m3u8", lists[i]);
        rig_start(r);
        rig_load(r, "v.m3u8");
        rig_run(r, 30 * S);
        assert_true(must(rig_error(r, AIZU_E_UNSUPPORTED))->is_fatal);
        assert_int_equal(rig_count(r, AZ_ACTION_FETCH, 0), 1); /* no segment is fetched */
        assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
        rig_destroy(r);
    }
}

static void segments_are_never_fetched_from_other_schemes(void **state)
{
    (void)state;
    rig *r = rig_vod_start();
    rig_text(r, "v.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nv0.ts\n#EXTINF:2,\nfile:///etc/passwd\n"
             "#EXTINF:2,\nv2.ts\n#EXT-X-ENDLIST\n");
    rig_load(r, "v.m3u8");
    rig_run(r, 20 * S);
    for (size_t n = 0; rig_nth(r, AZ_ACTION_FETCH, 0, n); n++)
        assert_null(strstr(rig_nth(r, AZ_ACTION_FETCH, 0, n)->text, "passwd"));
    assert_false(must(rig_error(r, AIZU_E_SCHEME))->is_fatal);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 100); /* the others play */
    rig_destroy(r);
}

static void gaps_are_not_fetched(void **state)
{
    (void)state;
    rig *r = rig_vod_start();
    rig_text(r, "v.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nv0.ts\n#EXTINF:2,\n#EXT-X-GAP\nv1.ts\n"
             "#EXTINF:2,\nv2.ts\n#EXT-X-ENDLIST\n");
    rig_load(r, "v.m3u8");
    rig_run(r, 20 * S);
    assert_null(rig_fetch_of(r, "v1.ts", 0));
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 100);
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_stream_begins_three_targets_from_its_edge),
        cmocka_unit_test(a_hold_back_of_the_application_counts),
        cmocka_unit_test(a_playlist_that_changed_is_reloaded_after_a_target_duration),
        cmocka_unit_test(an_unchanged_playlist_is_reloaded_after_half_of_it),
        cmocka_unit_test(a_slow_playlist_is_not_asked_for_twice_at_once),
        cmocka_unit_test(a_live_stream_plays_for_long_without_a_frame_or_cue_lost),
        cmocka_unit_test(a_live_stream_that_ends_plays_to_its_end),
        cmocka_unit_test(a_live_playlist_that_stays_as_it_is_is_told_and_given_up_in_the_end),
        cmocka_unit_test(a_playlist_that_comes_back_goes_on),
        cmocka_unit_test(segments_that_slid_out_are_jumped_over),
        cmocka_unit_test(failed_tries_are_spread_out_and_bounded),
        cmocka_unit_test(retry_after_is_obeyed_up_to_a_limit),
        cmocka_unit_test(what_is_told_when_there_is_no_playlist),
        cmocka_unit_test(a_playlist_without_end_is_given_up_at_the_limit),
        cmocka_unit_test(a_playlist_that_stalls_is_tried_again_after_ten_seconds),
        cmocka_unit_test(a_playlist_in_small_pieces_is_the_same),
        cmocka_unit_test(a_segment_that_fails_for_a_while_is_not_missed),
        cmocka_unit_test(a_segment_that_is_gone_is_told_and_jumped_over),
        cmocka_unit_test(a_truncated_segment_with_a_good_status_costs_its_tail_only),
        cmocka_unit_test(a_segment_that_stalls_is_tried_again_without_repeating_frames),
        cmocka_unit_test(nothing_for_two_minutes_is_the_end),
        cmocka_unit_test(encrypted_streams_without_a_way_to_decrypt_are_refused_with_a_reason),
        cmocka_unit_test(segments_are_never_fetched_from_other_schemes),
        cmocka_unit_test(gaps_are_not_fetched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
