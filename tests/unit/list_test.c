/*
 * timeline/list.h: one media playlist over its reloads. Playlists are written as short texts by the helpers
 * below; what is checked is where segments stand and what the list says of each new version.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "timeline/list.h"

#define S        AIZU_SECOND
#define WALL     (INT64_C(1700000000) * S) /* 2023-11-14T22:13:20Z */
#define TEXT_MAX 65536

/* A media playlist to write: `count` segments of `seconds`, named by `name` and their sequence number. */
typedef struct version {
    uint64_t sequence;
    int count;
    int seconds;
    uint64_t discontinuity_sequence;
    int discontinuity_at; /* index of the segment that has the tag before it, 0 none */
    int64_t wall;         /* Unix seconds of sequence 0, 0 none */
    const char *name;     /* "s" */
    const char *head;     /* more tags at the beginning */
    const char *tail;     /* and at the end */
} version;

static az_playlist *parse(const char *text)
{
    az_playlist *playlist = NULL;
    az_playlist_error error;
    if (az_playlist_parse(&playlist, az_span_str(text), &error) != AIZU_OK)
        fail_msg("line %u: %s", error.line, error.text);
    return playlist;
}

static az_playlist *write_version(const version *v)
{
    static char text[TEXT_MAX];
    int seconds = v->seconds ? v->seconds : 2;
    int at = snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%llu\n",
                      seconds, (unsigned long long)v->sequence);
    if (v->discontinuity_sequence)
        at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXT-X-DISCONTINUITY-SEQUENCE:%llu\n",
                       (unsigned long long)v->discontinuity_sequence);
    at += snprintf(text + at, sizeof(text) - (size_t)at, "%s", v->head ? v->head : "");
    for (int i = 0; i < v->count; i++) {
        unsigned long long sequence = v->sequence + (unsigned)i;
        if (v->discontinuity_at && i == v->discontinuity_at)
            at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXT-X-DISCONTINUITY\n");
        if (v->wall) {
            int64_t wall = v->wall + (int64_t)sequence * seconds; /* within one hour of 22:13:20 */
            int64_t of_day = wall - INT64_C(1699920000);
            at += snprintf(text + at, sizeof(text) - (size_t)at,
                           "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T%02d:%02d:%02dZ\n", (int)(of_day / 3600),
                           (int)(of_day / 60 % 60), (int)(of_day % 60));
        }
        at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXTINF:%d,\n%s%llu.ts\n", seconds,
                       v->name ? v->name : "s", sequence);
    }
    snprintf(text + at, sizeof(text) - (size_t)at, "%s", v->tail ? v->tail : "");
    return parse(text);
}

static az_list_change update_with(az_list *list, az_playlist *playlist)
{
    az_list_change change;
    assert_int_equal(az_list_update(list, &playlist, &change), AIZU_OK);
    assert_null(playlist);
    return change;
}

static az_list_change update(az_list *list, version v)
{
    return update_with(list, write_version(&v));
}

static az_list *list_of(version v)
{
    az_list *list = az_list_create();
    assert_non_null(list);
    assert_int_equal(update(list, v), AZ_LIST_GREW);
    return list;
}

static void assert_item(const az_list *list, size_t index, uint64_t sequence, int64_t start, const char *uri)
{
    az_list_item item = az_list_at(list, index);
    assert_int_equal(item.sequence, sequence);
    assert_int_equal(item.start, start);
    if (!az_span_equal_str(item.uri, uri))
        fail_msg("'%.*s' is not '%s'", (int)item.uri.size, (const char *)item.uri.data, uri);
}

/* ---- one version ---- */

static void an_empty_list_has_no_times(void **state)
{
    (void)state;
    az_list *list = az_list_create();
    az_list_item item;
    assert_true(az_list_is_empty(list));
    assert_int_equal(az_list_begin(list), AIZU_NO_TIME);
    assert_int_equal(az_list_end(list), AIZU_NO_TIME);
    assert_false(az_list_find(list, 0, &item));
    assert_false(az_list_find_time(list, 0, &item));
    assert_false(az_list_is_ended(list));
    assert_null(az_list_playlist(list));
    assert_int_equal(az_list_hold_back(list), 0);
    assert_int_equal(az_list_wall_offset(list, 0), AIZU_NO_TIME);
    az_list_shift(list, 0, S);
    az_list_destroy(&list);
    assert_null(list);
    az_list_destroy(&list);
}

static void the_first_version_begins_at_zero(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 100, .count = 3});
    assert_int_equal(az_list_count(list), 3);
    assert_item(list, 0, 100, 0, "s100.ts");
    assert_item(list, 2, 102, 4 * S, "s102.ts");
    assert_int_equal(az_list_begin(list), 0);
    assert_int_equal(az_list_end(list), 6 * S);
    az_list_destroy(&list);
}

static void starts_are_the_sum_of_durations_without_drift(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    int at = snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
    for (int i = 0; i < 1000; i++)
        at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXTINF:1.9019,\n%d.ts\n", i);
    az_list *list = az_list_create();
    update_with(list, parse(text));
    assert_int_equal(az_list_at(list, 999).start, 999 * INT64_C(1901900000));
    az_list_destroy(&list);
}

static void an_item_tells_what_the_playlist_says(void **state)
{
    (void)state;
    az_list *list = az_list_create();
    update_with(list, parse("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-VERSION:6\n"
                            "#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\na.ts\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"
                            "#EXTINF:3,\n#EXT-X-GAP\nb.ts\n#EXT-X-KEY:METHOD=NONE\n"
                            "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\nc.mp4\n"));
    az_list_item item = az_list_at(list, 0);
    assert_int_equal(item.range.offset, 50);
    assert_int_equal(item.range.size, 100);
    assert_null(item.key);
    assert_null(item.map);
    item = az_list_at(list, 1);
    assert_int_equal(item.duration, 3 * S);
    assert_non_null(item.key);
    assert_true(item.flags & AZ_SEGMENT_GAP);
    item = az_list_at(list, 2);
    assert_null(item.key); /* NONE ends it */
    assert_non_null(item.map);
    az_list_destroy(&list);
}

static void segments_still_being_written_are_left_out(void **state)
{
    (void)state;
    const char *prefetch = "#EXT-X-PREFETCH:s3.ts\n#EXT-X-PREFETCH:s4.ts\n";
    az_list *list = list_of((version){.count = 3, .tail = prefetch});
    assert_int_equal(az_list_count(list), 3);
    assert_int_equal(az_list_end(list), 6 * S);
    assert_int_equal(update(list, (version){.count = 3, .tail = prefetch}), AZ_LIST_SAME);
    /* the prefetched one becomes a segment like others */
    assert_int_equal(update(list, (version){.sequence = 1, .count = 3, .tail = prefetch}), AZ_LIST_GREW);
    assert_int_equal(az_list_count(list), 3);
    assert_item(list, 2, 3, 6 * S, "s3.ts");
    az_list_destroy(&list);
}

static void hold_back_is_the_servers_or_three_targets(void **state)
{
    (void)state;
    az_list *list = list_of((version){.count = 3, .seconds = 4});
    assert_int_equal(az_list_hold_back(list), 12 * S);
    az_list_destroy(&list);
    list = list_of((version){.count = 3, .seconds = 4, .head = "#EXT-X-SERVER-CONTROL:HOLD-BACK=15.5\n"});
    assert_int_equal(az_list_hold_back(list), 15 * S + S / 2);
    az_list_destroy(&list);
}

/* ---- reloads ---- */

static void an_unchanged_playlist_is_the_same(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 7, .count = 3});
    az_list_shift(list, 8, S / 10);
    assert_int_equal(update(list, (version){.sequence = 7, .count = 3}), AZ_LIST_SAME);
    assert_int_equal(az_list_at(list, 0).start, 0);
    assert_int_equal(az_list_at(list, 1).start, 2 * S + S / 10); /* what was learned stays */
    az_list_destroy(&list);
}

static void a_window_that_slides_keeps_the_place_of_each_segment(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 10, .count = 5});
    for (uint64_t first = 11; first < 200; first++) {
        assert_int_equal(update(list, (version){.sequence = first, .count = 5}), AZ_LIST_GREW);
        assert_int_equal(az_list_at(list, 0).sequence, first);
        assert_int_equal(az_list_begin(list), (int64_t)(first - 10) * 2 * S);
    }
    az_list_destroy(&list);
}

static void what_was_shifted_stays_so_over_reloads(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 4});
    az_list_shift(list, 2, S / 4); /* the media of segment 2 began later than its EXTINF said */
    update(list, (version){.sequence = 1, .count = 5});
    assert_item(list, 0, 1, 2 * S, "s1.ts");
    assert_item(list, 1, 2, 4 * S + S / 4, "s2.ts");
    assert_item(list, 4, 5, 10 * S + S / 4, "s5.ts");
    az_list_destroy(&list);
}

static void a_shift_before_the_window_moves_all_and_past_it_nothing(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 5, .count = 3});
    az_list_shift(list, 2, S);
    assert_int_equal(az_list_begin(list), S);
    assert_int_equal(az_list_end(list), 7 * S);
    az_list_shift(list, 8, S);
    assert_int_equal(az_list_end(list), 7 * S);
    az_list_shift(list, UINT64_MAX, S);
    assert_int_equal(az_list_end(list), 7 * S);
    az_list_destroy(&list);
}

static void a_window_that_follows_without_overlap_is_not_a_jump(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 3});
    assert_int_equal(update(list, (version){.sequence = 3, .count = 3}), AZ_LIST_GREW);
    assert_item(list, 0, 3, 6 * S, "s3.ts");
    az_list_destroy(&list);
}

static void missed_segments_leave_room_for_their_time(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 3});
    assert_int_equal(update(list, (version){.sequence = 13, .count = 3}), AZ_LIST_JUMPED);
    assert_item(list, 0, 13, 26 * S, "s13.ts"); /* ten of two seconds in between */
    az_list_destroy(&list);
}

static void one_missed_segment_is_a_jump(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 3});
    assert_int_equal(update(list, (version){.sequence = 4, .count = 3}), AZ_LIST_JUMPED);
    assert_item(list, 0, 4, 8 * S, "s4.ts");
    az_list_destroy(&list);
}

static void after_a_jump_dates_say_how_long_was_missed(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 3, .wall = WALL / S});
    /* the numbering left out ten numbers, the encoder stood still for 100 s besides */
    version later = {.sequence = 13, .count = 3, .wall = WALL / S + 100};
    assert_int_equal(update(list, later), AZ_LIST_JUMPED);
    assert_item(list, 0, 13, 126 * S, "s13.ts");
    az_list_destroy(&list);
}

static void a_jump_with_dates_that_go_back_does_not_overlap(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 3, .wall = WALL / S});
    version later = {.sequence = 13, .count = 3, .wall = WALL / S - 600};
    assert_int_equal(update(list, later), AZ_LIST_JUMPED);
    assert_true(az_list_begin(list) >= 6 * S);
    az_list_destroy(&list);
}

static void a_jump_to_the_end_of_the_numbers_does_not_overflow(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 3});
    assert_int_equal(update(list, (version){.sequence = UINT64_C(1) << 62, .count = 3}), AZ_LIST_JUMPED);
    assert_true(az_list_begin(list) >= 6 * S);
    assert_true(az_list_begin(list) <= az_list_end(list));
    az_list_destroy(&list);
}

/* ---- the end ---- */

static void endlist_ends_a_live_list_once(void **state)
{
    (void)state;
    az_list *list = list_of((version){.count = 3});
    assert_false(az_list_is_ended(list));
    assert_int_equal(update(list, (version){.count = 3, .tail = "#EXT-X-ENDLIST\n"}), AZ_LIST_GREW);
    assert_true(az_list_is_ended(list));
    assert_false(az_list_is_vod(list)); /* it was live when it was met */
    assert_int_equal(update(list, (version){.count = 3, .tail = "#EXT-X-ENDLIST\n"}), AZ_LIST_SAME);
    az_list_destroy(&list);
}

static void a_finished_playlist_is_a_recording(void **state)
{
    (void)state;
    az_list *list = list_of((version){.count = 3, .tail = "#EXT-X-ENDLIST\n"});
    assert_true(az_list_is_ended(list));
    assert_true(az_list_is_vod(list));
    az_list_destroy(&list);
}

static void a_recording_without_its_end_is_looked_at_again(void **state)
{
    (void)state;
    const version cut = {.count = 3, .head = "#EXT-X-PLAYLIST-TYPE:VOD\n"};
    az_list *list = list_of(cut);
    assert_false(az_list_is_ended(list));
    assert_int_equal(update(list, cut), AZ_LIST_SAME);
    assert_false(az_list_is_ended(list));
    assert_int_equal(update(list, cut), AZ_LIST_SAME); /* it has no end, then */
    assert_true(az_list_is_ended(list));
    assert_true(az_list_is_vod(list));
    az_list_destroy(&list);

    list = list_of(cut);
    assert_int_equal(
        update(list, (version){.count = 5, .head = "#EXT-X-PLAYLIST-TYPE:VOD\n", .tail = "#EXT-X-ENDLIST\n"}),
        AZ_LIST_GREW);
    assert_true(az_list_is_ended(list));
    az_list_destroy(&list);
}

static void an_event_grows_at_its_end(void **state)
{
    (void)state;
    const char *head = "#EXT-X-PLAYLIST-TYPE:EVENT\n";
    az_list *list = list_of((version){.count = 1, .head = head});
    for (int count = 2; count < 40; count++) {
        assert_int_equal(update(list, (version){.count = count, .head = head}), AZ_LIST_GREW);
        assert_int_equal(az_list_begin(list), 0);
        assert_int_equal(az_list_end(list), count * 2 * S);
        assert_false(az_list_is_ended(list));
    }
    assert_int_equal(update(list, (version){.count = 39, .head = head, .tail = "#EXT-X-ENDLIST\n"}),
                     AZ_LIST_GREW);
    assert_true(az_list_is_ended(list));
    az_list_destroy(&list);
}

static void an_endlist_without_segments_ends_the_list(void **state)
{
    (void)state;
    az_list *list = list_of((version){.count = 3});
    assert_int_equal(
        update_with(list,
                    parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-ENDLIST\n")),
        AZ_LIST_GREW);
    assert_true(az_list_is_ended(list));
    az_list_destroy(&list);
}

static void a_list_may_begin_empty(void **state)
{
    (void)state;
    az_list *list = az_list_create();
    assert_int_equal(update(list, (version){.sequence = 4, .count = 0}), AZ_LIST_GREW);
    assert_true(az_list_is_empty(list));
    assert_int_equal(update(list, (version){.sequence = 4, .count = 2}), AZ_LIST_GREW);
    assert_item(list, 0, 4, 0, "s4.ts");
    az_list_destroy(&list);
}

/* ---- numbers that go back ---- */

static void one_garbled_version_changes_nothing(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 5});
    /* cut off on its way, and one without any segment */
    assert_int_equal(update(list, (version){.sequence = 50, .count = 2, .name = "x"}), AZ_LIST_STALE);
    assert_int_equal(update(list, (version){.sequence = 50, .count = 0}), AZ_LIST_STALE);
    assert_int_equal(az_list_count(list), 5);
    assert_item(list, 0, 50, 0, "s50.ts");
    assert_int_equal(update(list, (version){.sequence = 51, .count = 5}), AZ_LIST_GREW);
    assert_item(list, 4, 55, 10 * S, "s55.ts");
    az_list_destroy(&list);
}

static void a_restart_is_appended_when_a_second_version_says_so(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 5, .discontinuity_sequence = 3});
    assert_int_equal(update(list, (version){.sequence = 0, .count = 2, .name = "new"}), AZ_LIST_STALE);
    assert_int_equal(update(list, (version){.sequence = 0, .count = 3, .name = "new"}), AZ_LIST_RESTARTED);
    assert_int_equal(az_list_count(list), 3);
    assert_item(list, 0, 55, 10 * S, "new0.ts"); /* numbers and time go on */
    assert_int_equal(az_list_at(list, 0).domain, 4);
    assert_int_equal(update(list, (version){.sequence = 1, .count = 3, .name = "new"}), AZ_LIST_GREW);
    assert_item(list, 2, 58, 16 * S, "new3.ts");
    az_list_destroy(&list);
}

/* Where there is no IV the number stands in its place (RFC 8216, 5.2). */
static void an_item_has_the_number_that_the_server_gave_it(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 2});
    assert_int_equal(az_list_at(list, 0).number, 50);
    assert_int_equal(az_list_at(list, 1).number, 51);
    for (int i = 0; i < 2; i++)
        (void)update(list, (version){.sequence = 10, .count = 2, .name = "b"});
    assert_item(list, 1, 53, 6 * S, "b11.ts");
    assert_int_equal(az_list_at(list, 1).number, 11);
    az_list_destroy(&list);
}

static void two_restarts_add_up(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 2});
    for (int i = 0; i < 2; i++)
        (void)update(list, (version){.sequence = 10, .count = 2, .name = "b"});
    assert_item(list, 0, 52, 4 * S, "b10.ts");
    for (int i = 0; i < 2; i++)
        (void)update(list, (version){.sequence = 0, .count = 2, .name = "c"});
    assert_item(list, 0, 54, 8 * S, "c0.ts");
    assert_int_equal(az_list_at(list, 0).domain, 2);
    az_list_destroy(&list);
}

static void votes_for_a_restart_must_come_in_a_row(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 5});
    for (int i = 0; i < 10; i++) {
        assert_int_equal(update(list, (version){.sequence = 0, .count = 2, .name = "x"}), AZ_LIST_STALE);
        assert_int_equal(update(list, (version){.sequence = 50, .count = 5}), AZ_LIST_SAME);
    }
    az_list_destroy(&list);
}

static void old_versions_from_a_cache_are_no_restart_for_long(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 5});
    update(list, (version){.sequence = 51, .count = 5});
    update(list, (version){.sequence = 52, .count = 5});
    for (int i = 0; i < 7; i++)
        assert_int_equal(update(list, (version){.sequence = 50, .count = 5}), AZ_LIST_STALE);
    assert_item(list, 0, 52, 4 * S, "s52.ts");
    assert_int_equal(update(list, (version){.sequence = 53, .count = 5}), AZ_LIST_GREW);
    assert_item(list, 0, 53, 6 * S, "s53.ts");
    az_list_destroy(&list);
}

static void an_old_version_is_known_by_name_though_host_and_token_differ(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 5, .name = "https://a.example/x/s"});
    update(list, (version){.sequence = 51, .count = 5, .name = "https://a.example/x/s"});
    version old = {.sequence = 50, .count = 5, .name = "https://b.example/y/s"};
    for (int i = 0; i < 7; i++)
        assert_int_equal(update(list, old), AZ_LIST_STALE);
    az_list_destroy(&list);
}

static void a_server_that_stays_with_the_old_version_is_believed_in_the_end(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 5});
    update(list, (version){.sequence = 52, .count = 5});
    az_list_change change = AZ_LIST_STALE;
    int versions = 0;
    while (change == AZ_LIST_STALE && versions < 100) {
        change = update(list, (version){.sequence = 50, .count = 5});
        versions++;
    }
    assert_int_equal(change, AZ_LIST_RESTARTED);
    assert_in_range(versions, 3, 20);
    assert_item(list, 0, 57, 14 * S, "s50.ts");
    az_list_destroy(&list);
}

static void the_same_names_with_other_dates_are_a_restart(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 5, .wall = WALL / S});
    update(list, (version){.sequence = 3, .count = 5, .wall = WALL / S});
    /* an encoder that writes segment names from 0 again, an hour later */
    version again = {.sequence = 0, .count = 2, .wall = WALL / S + 3600};
    assert_int_equal(update(list, again), AZ_LIST_STALE);
    assert_int_equal(update(list, again), AZ_LIST_RESTARTED);
    az_list_destroy(&list);
}

/* Cut in the middle of a URI, twice in a row: the last segment has another name then. */
static void a_list_cut_off_at_its_end_is_no_restart(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 50, .count = 5});
    for (int i = 0; i < 3; i++)
        assert_int_equal(update(list, (version){.sequence = 50, .count = 4 - i, .tail = "#EXTINF:2,\ns5"}),
                         i == 0 ? AZ_LIST_SAME : AZ_LIST_STALE);
    assert_int_equal(update(list, (version){.sequence = 51, .count = 5}), AZ_LIST_GREW);
    assert_item(list, 0, 51, 2 * S, "s51.ts");
    az_list_destroy(&list);
}

/* ---- discontinuities ---- */

static void domains_count_discontinuities(void **state)
{
    (void)state;
    az_list *list = list_of((version){.count = 4, .discontinuity_sequence = 7, .discontinuity_at = 2});
    assert_int_equal(az_list_at(list, 1).domain, 7);
    assert_int_equal(az_list_at(list, 2).domain, 8);
    assert_int_equal(az_list_at(list, 3).domain, 8);
    az_list_destroy(&list);
}

static void a_segment_keeps_its_domain_while_the_window_slides(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 4, .discontinuity_at = 2});
    update(list, (version){.sequence = 1, .count = 4, .discontinuity_at = 1});
    assert_int_equal(az_list_at(list, 1).domain, 1); /* segment 2 */
    /* the tag has left the window, and the sequence counts it */
    update(list, (version){.sequence = 3, .count = 4, .discontinuity_sequence = 1});
    assert_int_equal(az_list_at(list, 0).domain, 1); /* segment 3 */
    az_list_destroy(&list);
}

/* 4.3.3.3 asks for EXT-X-DISCONTINUITY-SEQUENCE; many servers leave it out. */
static void a_segment_keeps_its_domain_without_a_discontinuity_sequence(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 0, .count = 4, .discontinuity_at = 2});
    assert_int_equal(az_list_at(list, 3).domain, 1);
    update(list, (version){.sequence = 3, .count = 4});
    assert_int_equal(az_list_at(list, 0).domain, 1);
    assert_int_equal(az_list_at(list, 3).domain, 1);
    /* and one that counts a tag too early */
    update(list, (version){.sequence = 3, .count = 4, .discontinuity_sequence = 9});
    assert_int_equal(az_list_at(list, 3).domain, 1);
    update(list, (version){.sequence = 4, .count = 4, .discontinuity_at = 3});
    assert_int_equal(az_list_at(list, 2).domain, 1);
    assert_int_equal(az_list_at(list, 3).domain, 2);
    az_list_destroy(&list);
}

/* ---- programme date-time ---- */

static void the_wall_offset_is_that_of_the_segment_at_the_time(void **state)
{
    (void)state;
    az_list *list = list_of((version){.count = 5, .wall = WALL / S});
    assert_int_equal(az_list_wall_offset(list, 0), WALL);
    assert_int_equal(az_list_wall_offset(list, 9 * S), WALL);
    az_list_shift(list, 3, -S); /* the media of segment 3 begins a second earlier than the playlist says */
    assert_int_equal(az_list_wall_offset(list, 2 * S), WALL);
    assert_int_equal(az_list_wall_offset(list, 5 * S), WALL + S);
    az_list_destroy(&list);
    list = list_of((version){.count = 5});
    assert_int_equal(az_list_wall_offset(list, 0), AIZU_NO_TIME);
    az_list_destroy(&list);
}

/* ---- finding ---- */

static void find_takes_the_next_segment_for_one_that_slid_out(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 10, .count = 3});
    az_list_item item;
    assert_true(az_list_find(list, 11, &item));
    assert_int_equal(item.sequence, 11);
    assert_true(az_list_find(list, 3, &item));
    assert_int_equal(item.sequence, 10);
    assert_true(az_list_find(list, 12, &item));
    assert_int_equal(item.sequence, 12);
    assert_false(az_list_find(list, 13, &item));
    assert_false(az_list_find(list, UINT64_MAX, &item));
    az_list_destroy(&list);
}

static void find_time_is_exact_at_the_edges(void **state)
{
    (void)state;
    az_list *list = list_of((version){.sequence = 10, .count = 3});
    static const struct {
        int64_t pts;
        uint64_t sequence;
    } cases[] = {
        {INT64_MIN, 10}, {-1, 10},    {0, 10},     {2 * S - 1, 10}, {2 * S, 11},
        {4 * S - 1, 11}, {4 * S, 12}, {6 * S, 12}, {INT64_MAX, 12},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_list_item item;
        assert_true(az_list_find_time(list, cases[i].pts, &item));
        assert_int_equal(item.sequence, cases[i].sequence);
    }
    az_list_destroy(&list);
}

/* ---- variants ---- */

static void variants_agree_by_date(void **state)
{
    (void)state;
    az_list *reference = list_of((version){.sequence = 10, .count = 5, .wall = WALL / S});
    /* other numbers, and it begins two segments later */
    az_list *list = list_of((version){.sequence = 700, .count = 5, .wall = WALL / S - 688 * 2, .name = "v"});
    az_list_align(list, reference, 0);
    assert_item(list, 0, 700, 4 * S, "v700.ts");
    az_list_destroy(&list);
    az_list_destroy(&reference);
}

static void variants_agree_by_date_in_the_stretch_of_that_date(void **state)
{
    (void)state;
    /* between 1 and 2 the dates jump by an hour, the media does not */
    az_list *reference = az_list_create();
    update_with(reference, parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
                                 "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T10:00:00Z\n#EXTINF:2,\n0.ts\n"
                                 "#EXTINF:2,\n1.ts\n#EXT-X-DISCONTINUITY\n"
                                 "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T11:00:00Z\n#EXTINF:2,\n2.ts\n"));
    az_list *list = az_list_create();
    update_with(list, parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:77\n"
                            "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T11:00:00Z\n#EXTINF:2,\n77.ts\n"));
    az_list_align(list, reference, 0);
    assert_int_equal(az_list_begin(list), 4 * S);
    az_list_destroy(&list);
    az_list_destroy(&reference);
}

static void variants_without_dates_agree_by_sequence(void **state)
{
    (void)state;
    az_list *reference = list_of((version){.sequence = 10, .count = 5});
    az_list *later = list_of((version){.sequence = 12, .count = 5});
    az_list *earlier = list_of((version){.sequence = 7, .count = 5});
    az_list_align(later, reference, 0);
    assert_int_equal(az_list_begin(later), 4 * S);
    az_list_align(earlier, reference, 0);
    assert_int_equal(az_list_begin(earlier), -6 * S);
    az_list_destroy(&reference);
    az_list_destroy(&later);
    az_list_destroy(&earlier);
}

static void variants_agree_with_what_was_learned_of_the_media(void **state)
{
    (void)state;
    az_list *reference = list_of((version){.sequence = 10, .count = 5});
    az_list_shift(reference, 12, S / 4);
    az_list *list = list_of((version){.sequence = 12, .count = 5});
    az_list_align(list, reference, 0);
    assert_int_equal(az_list_begin(list), 4 * S + S / 4);
    az_list_destroy(&reference);
    az_list_destroy(&list);
}

static void finished_variants_with_other_numbers_agree_by_their_beginnings(void **state)
{
    (void)state;
    az_list *reference = list_of((version){.sequence = 1, .count = 5, .tail = "#EXT-X-ENDLIST\n"});
    az_list *list = list_of((version){.sequence = 100, .count = 7, .tail = "#EXT-X-ENDLIST\n"});
    az_list_shift(reference, 0, S);
    az_list_align(list, reference, 0);
    assert_int_equal(az_list_begin(list), S);
    az_list_destroy(&reference);
    az_list_destroy(&list);
}

static void live_variants_with_other_numbers_agree_by_their_ends(void **state)
{
    (void)state;
    az_list *reference = list_of((version){.sequence = 1, .count = 5});
    az_list *list = list_of((version){.sequence = 100, .count = 3});
    az_list_align(list, reference, 0);
    assert_int_equal(az_list_end(list), 10 * S);
    az_list_destroy(&reference);
    az_list_destroy(&list);
}

/* The numbering of the reference began anew while it was watched; a variant that is met only now has the
 * server's present numbers. */
static void a_variant_met_after_a_restart_has_the_numbers_and_domains_of_the_other(void **state)
{
    (void)state;
    az_list *reference = list_of((version){.sequence = 50, .count = 5, .discontinuity_sequence = 3});
    for (int i = 0; i < 2; i++)
        (void)update(reference, (version){.sequence = 0, .count = 4, .name = "n"});
    az_list *list = list_of((version){.sequence = 1, .count = 5, .name = "v"});
    az_list_align(list, reference, 0);
    az_list_item theirs = az_list_at(reference, 1);
    az_list_item mine = az_list_at(list, 0);
    assert_int_equal(mine.start, theirs.start);
    assert_int_equal(mine.sequence, theirs.sequence);
    assert_int_equal(mine.domain, theirs.domain);
    az_list_destroy(&reference);
    az_list_destroy(&list);
}

static void nothing_is_aligned_with_an_empty_list(void **state)
{
    (void)state;
    az_list *empty = az_list_create();
    az_list *list = list_of((version){.sequence = 1, .count = 3});
    az_list_align(list, empty, 0);
    az_list_align(empty, list, 0);
    assert_int_equal(az_list_begin(list), 0);
    assert_true(az_list_is_empty(empty));
    az_list_destroy(&empty);
    az_list_destroy(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_has_no_times),
        cmocka_unit_test(the_first_version_begins_at_zero),
        cmocka_unit_test(starts_are_the_sum_of_durations_without_drift),
        cmocka_unit_test(an_item_tells_what_the_playlist_says),
        cmocka_unit_test(segments_still_being_written_are_left_out),
        cmocka_unit_test(hold_back_is_the_servers_or_three_targets),
        cmocka_unit_test(an_unchanged_playlist_is_the_same),
        cmocka_unit_test(a_window_that_slides_keeps_the_place_of_each_segment),
        cmocka_unit_test(what_was_shifted_stays_so_over_reloads),
        cmocka_unit_test(a_shift_before_the_window_moves_all_and_past_it_nothing),
        cmocka_unit_test(a_window_that_follows_without_overlap_is_not_a_jump),
        cmocka_unit_test(missed_segments_leave_room_for_their_time),
        cmocka_unit_test(one_missed_segment_is_a_jump),
        cmocka_unit_test(after_a_jump_dates_say_how_long_was_missed),
        cmocka_unit_test(a_jump_with_dates_that_go_back_does_not_overlap),
        cmocka_unit_test(a_jump_to_the_end_of_the_numbers_does_not_overflow),
        cmocka_unit_test(endlist_ends_a_live_list_once),
        cmocka_unit_test(a_finished_playlist_is_a_recording),
        cmocka_unit_test(a_recording_without_its_end_is_looked_at_again),
        cmocka_unit_test(an_event_grows_at_its_end),
        cmocka_unit_test(an_endlist_without_segments_ends_the_list),
        cmocka_unit_test(a_list_may_begin_empty),
        cmocka_unit_test(one_garbled_version_changes_nothing),
        cmocka_unit_test(a_restart_is_appended_when_a_second_version_says_so),
        cmocka_unit_test(an_item_has_the_number_that_the_server_gave_it),
        cmocka_unit_test(two_restarts_add_up),
        cmocka_unit_test(votes_for_a_restart_must_come_in_a_row),
        cmocka_unit_test(old_versions_from_a_cache_are_no_restart_for_long),
        cmocka_unit_test(an_old_version_is_known_by_name_though_host_and_token_differ),
        cmocka_unit_test(a_server_that_stays_with_the_old_version_is_believed_in_the_end),
        cmocka_unit_test(the_same_names_with_other_dates_are_a_restart),
        cmocka_unit_test(a_list_cut_off_at_its_end_is_no_restart),
        cmocka_unit_test(domains_count_discontinuities),
        cmocka_unit_test(a_segment_keeps_its_domain_while_the_window_slides),
        cmocka_unit_test(a_segment_keeps_its_domain_without_a_discontinuity_sequence),
        cmocka_unit_test(the_wall_offset_is_that_of_the_segment_at_the_time),
        cmocka_unit_test(find_takes_the_next_segment_for_one_that_slid_out),
        cmocka_unit_test(find_time_is_exact_at_the_edges),
        cmocka_unit_test(variants_agree_by_date),
        cmocka_unit_test(variants_agree_by_date_in_the_stretch_of_that_date),
        cmocka_unit_test(variants_without_dates_agree_by_sequence),
        cmocka_unit_test(variants_agree_with_what_was_learned_of_the_media),
        cmocka_unit_test(finished_variants_with_other_numbers_agree_by_their_beginnings),
        cmocka_unit_test(live_variants_with_other_numbers_agree_by_their_ends),
        cmocka_unit_test(a_variant_met_after_a_restart_has_the_numbers_and_domains_of_the_other),
        cmocka_unit_test(nothing_is_aligned_with_an_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
