/*
 * timeline/list.h at the live edge: parts, hints and prefetched segments at a cursor, where to begin,
 * hold-backs and delivery directives (bis 4.4.4.9, 4.4.5.3, 6.2.5, 6.3.7).
 */
#include "list_text.h"

#define LL_HEAD                                                                                       \
    "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.5\n"           \
    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,PART-HOLD-BACK=1.6,HOLD-BACK=6.5\n" \
    "#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-MAP:URI=\"init.mp4\"\n"
#define SEGMENT_100 "#EXTINF:2,\n100.mp4\n"
#define PARTS_101                                                                                       \
    "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:02Z\n"                                                   \
    "#EXT-X-PART:DURATION=0.5,URI=\"101.0.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=0.5,URI=\"101.1." \
    "mp4\"\n"                                                                                           \
    "#EXT-X-PART:DURATION=0.5,URI=\"101.2.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=0.5,URI=\"101.3." \
    "mp4\"\n"
#define SEGMENT_101 PARTS_101 "#EXTINF:2,\n101.mp4\n"
#define PARTS_102                                                                                       \
    "#EXT-X-PART:DURATION=0.5,URI=\"102.0.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=0.5,URI=\"102.1." \
    "mp4\"\n"
#define HINT_102_2 "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"102.2.mp4\"\n"
#define LL         LL_HEAD SEGMENT_100 SEGMENT_101 PARTS_102 HINT_102_2

static void assert_next(const az_list *list, uint64_t sequence, uint32_t part, uint64_t got_sequence,
                        uint32_t got_part, int64_t start, const char *uri)
{
    az_list_item item;
    assert_true(az_list_next(list, (az_list_cursor){sequence, part}, &item));
    assert_text(item.uri, uri);
    assert_int_equal(item.sequence, got_sequence);
    assert_int_equal(item.part, got_part);
    assert_int_equal(item.start, start);
}

static bool has_next(const az_list *list, uint64_t sequence, uint32_t part)
{
    az_list_item item;
    return az_list_next(list, (az_list_cursor){sequence, part}, &item);
}

/* ---- parts ---- */

static void complete_segments_come_whole_then_the_parts_then_the_hint(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL);
    assert_next(list, 0, 7, 100, AZ_LIST_WHOLE, 0, "100.mp4"); /* slid out: the first one there is */
    assert_next(list, 100, 0, 100, AZ_LIST_WHOLE, 0, "100.mp4");
    assert_next(list, 101, 0, 101, AZ_LIST_WHOLE, 2 * S, "101.mp4");
    assert_next(list, 102, 0, 102, 0, 4 * S, "102.0.mp4");
    assert_next(list, 102, 1, 102, 1, 4500 * MS, "102.1.mp4");
    assert_next(list, 102, 2, 102, 2, 5 * S, "102.2.mp4");
    assert_false(has_next(list, 102, 3));
    assert_false(has_next(list, 103, 0));
    assert_false(has_next(list, UINT64_MAX, 0));
    assert_int_equal(az_list_count(list), 2);
    az_list_destroy(&list);
}

static void a_part_tells_what_the_playlist_says(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL);
    az_list_item item;
    assert_true(az_list_next(list, (az_list_cursor){102, 1}, &item));
    assert_int_equal(item.duration, 500 * MS);
    assert_false(item.is_hint);
    assert_false(item.is_independent);
    assert_false(item.is_last_part);
    assert_non_null(item.map);
    assert_text(item.map->uri, "init.mp4");
    assert_int_equal(item.wall, az_list_at(list, 1).wall + 2500 * MS);
    assert_true(az_list_next(list, (az_list_cursor){102, 0}, &item));
    assert_true(item.is_independent);
    assert_true(az_list_next(list, (az_list_cursor){101, 3}, &item)); /* a complete segment's last one */
    assert_int_equal(item.part, 3);
    assert_true(item.is_last_part);
    assert_int_equal(item.start, 3500 * MS);
    assert_true(az_list_next(list, (az_list_cursor){102, 2}, &item));
    assert_true(item.is_hint);
    assert_int_equal(item.duration, 500 * MS);
    assert_int_equal(item.range.size, 0);
    az_list_destroy(&list);
}

static void a_cursor_behind_the_last_part_means_the_next_segment(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL);
    assert_next(list, 101, 3, 101, 3, 3500 * MS, "101.3.mp4");
    assert_next(list, 101, 4, 102, 0, 4 * S, "102.0.mp4");
    /* the same when its parts are not listed any more */
    (void)reload(list,
                 LL_HEAD SEGMENT_100 "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:02Z\n#EXTINF:2,\n101.mp4\n"
                                     "#EXTINF:2,\n102.mp4\n#EXTINF:2,\n103.mp4\n");
    assert_next(list, 101, 4, 102, AZ_LIST_WHOLE, 4 * S, "102.mp4");
    assert_next(list, 101, 2, 101, AZ_LIST_WHOLE, 2 * S, "101.mp4"); /* its end is needed yet */
    az_list_destroy(&list);
}

static void a_part_keeps_its_cursor_and_place_when_its_segment_becomes_complete(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL);
    az_list_shift(list, 102, 100 * MS); /* the media of the segment being written said so */
    assert_next(list, 102, 1, 102, 1, 4600 * MS, "102.1.mp4");
    (void)reload(list, LL_HEAD SEGMENT_100 SEGMENT_101 PARTS_102
                 "#EXT-X-PART:DURATION=0.5,URI=\"102.2.mp4\"\n#EXT-X-PART:DURATION=0.5,URI=\"102.3.mp4\"\n"
                 "#EXTINF:2,\n102.mp4\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"103.0.mp4\"\n");
    assert_next(list, 102, 2, 102, 2, 5100 * MS, "102.2.mp4");
    assert_next(list, 102, 0, 102, AZ_LIST_WHOLE, 4100 * MS, "102.mp4");
    assert_next(list, 102, 4, 103, 0, 6100 * MS, "103.0.mp4");
    assert_next(list, 103, 0, 103, 0, 6100 * MS, "103.0.mp4");
    az_list_destroy(&list);
}

/* The server listed the last part of a segment before the segment itself: the hint is for the one after it.
 */
static void a_hint_behind_a_full_segment_is_for_the_next_one(void **state)
{
    (void)state;
    az_list *list =
        list_of_text(LL_HEAD SEGMENT_100 PARTS_101 "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"102.0.mp4\"\n");
    az_list_item item;
    assert_true(az_list_next(list, (az_list_cursor){101, 4}, &item));
    assert_true(item.is_hint);
    assert_int_equal(item.sequence, 102);
    assert_int_equal(item.part, 0);
    assert_int_equal(item.start, 4 * S);
    assert_next(list, 102, 0, 102, 0, 4 * S, "102.0.mp4");
    assert_false(has_next(list, 102, 1));
    az_list_destroy(&list);
}

static void a_hint_may_be_a_byte_range_that_goes_on(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL_HEAD SEGMENT_100
                                 "#EXT-X-PART:DURATION=0.5,URI=\"101.mp4\",BYTERANGE=\"1000@0\"\n"
                                 "#EXT-X-PART:DURATION=0.5,URI=\"101.mp4\",BYTERANGE=\"500\"\n"
                                 "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"101.mp4\",BYTERANGE-START=1500\n");
    az_list_item item;
    assert_true(az_list_next(list, (az_list_cursor){101, 1}, &item));
    assert_int_equal(item.range.offset, 1000); /* continues the one before */
    assert_int_equal(item.range.size, 500);
    assert_true(az_list_next(list, (az_list_cursor){101, 2}, &item));
    assert_true(item.is_hint);
    assert_int_equal(item.range.offset, 1500);
    assert_true(item.range.size == AZ_RANGE_OPEN);
    az_list_destroy(&list);
    list =
        list_of_text(LL_HEAD SEGMENT_100 "#EXT-X-PART:DURATION=0.5,URI=\"101.mp4\",BYTERANGE=\"1000@0\"\n"
                                         "#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"i\"\n"
                                         "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"101.mp4\",BYTERANGE-START=1000,"
                                         "BYTERANGE-LENGTH=300\n");
    assert_true(az_list_next(list, (az_list_cursor){101, 1}, &item));
    assert_int_equal(item.range.offset, 1000);
    assert_int_equal(item.range.size, 300);
    /* another resource: the next segment's first part, though this one is short */
    az_list_destroy(&list);
    list =
        list_of_text(LL_HEAD SEGMENT_100 "#EXT-X-PART:DURATION=0.5,URI=\"101.mp4\",BYTERANGE=\"1000@0\"\n"
                                         "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"102.mp4\",BYTERANGE-START=0\n");
    assert_next(list, 101, 1, 102, 0, 2500 * MS, "102.mp4");
    az_list_destroy(&list);
}

static void gap_parts_are_marked_and_not_begun_with(void **state)
{
    (void)state;
    az_list *list =
        list_of_text(LL_HEAD SEGMENT_100 "#EXT-X-PART:DURATION=0.5,URI=\"a\",INDEPENDENT=YES\n"
                                         "#EXT-X-PART:DURATION=0.5,URI=\"b\",INDEPENDENT=YES,GAP=YES\n");
    az_list_item item;
    assert_true(az_list_next(list, (az_list_cursor){101, 1}, &item));
    assert_true(item.flags & AZ_SEGMENT_GAP);
    assert_true(az_list_locate(list, 2900 * MS, &item));
    assert_int_equal(item.part, 0);
    assert_int_equal(item.sequence, 101);
    az_list_destroy(&list);
}

/* bis 4.4.4.9: parts older than three target durations go, maybe in the middle of a segment. */
static void a_segment_that_lost_its_first_parts_comes_whole(void **state)
{
    (void)state;
    az_list *list =
        list_of_text(LL_HEAD "#EXT-X-PART:DURATION=0.5,URI=\"100.2.mp4\"\n"
                             "#EXT-X-PART:DURATION=0.5,URI=\"100.3.mp4\"\n" SEGMENT_100 SEGMENT_101);
    assert_next(list, 100, 1, 100, AZ_LIST_WHOLE, 0, "100.mp4");
    assert_next(list, 101, 1, 101, 1, 2500 * MS, "101.1.mp4");
    az_list_destroy(&list);
}

static void a_discontinuity_before_parts_begins_a_domain_there(void **state)
{
    (void)state;
    az_list *list =
        list_of_text(LL_HEAD SEGMENT_100 "#EXT-X-DISCONTINUITY\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"
                                         "#EXT-X-MAP:URI=\"other.mp4\"\n" PARTS_101);
    az_list_item item;
    assert_true(az_list_next(list, (az_list_cursor){101, 1}, &item));
    assert_int_equal(item.domain, az_list_at(list, 0).domain + 1);
    assert_false(item.flags & AZ_SEGMENT_DISCONTINUITY); /* it stands before part 0 */
    assert_text(item.map->uri, "other.mp4");
    assert_text(item.key->uri, "k");
    assert_text(item.map_key->uri, "k");
    assert_true(az_list_next(list, (az_list_cursor){101, 0}, &item));
    assert_true(item.flags & AZ_SEGMENT_DISCONTINUITY);
    assert_true(item.flags & AZ_SEGMENT_PDT);
    az_list_destroy(&list);
}

static void the_live_edge_is_the_end_of_the_last_part(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL);
    assert_int_equal(az_list_end(list), 5 * S);
    assert_int_equal(az_list_begin(list), 0);
    az_list_destroy(&list);
    list = list_of_text(LL_HEAD SEGMENT_100 SEGMENT_101);
    assert_int_equal(az_list_end(list), 4 * S);
    az_list_destroy(&list);
}

static void a_playlist_may_begin_with_parts_alone(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL_HEAD "#EXT-X-PART:DURATION=0.5,URI=\"100.0.mp4\",INDEPENDENT=YES\n");
    assert_true(az_list_is_empty(list));
    assert_next(list, 0, 0, 100, 0, 0, "100.0.mp4");
    assert_int_equal(az_list_end(list), 500 * MS);
    az_list_item item;
    assert_true(az_list_locate(list, 0, &item));
    assert_int_equal(item.part, 0);
    az_list_shift(list, 100, S); /* learned before there is a complete segment */
    (void)reload(list, LL_HEAD "#EXT-X-PART:DURATION=0.5,URI=\"100.0.mp4\",INDEPENDENT=YES\n" SEGMENT_100);
    assert_next(list, 100, 0, 100, AZ_LIST_WHOLE, S, "100.mp4");
    az_list_destroy(&list);
}

static void a_new_part_is_news_and_fewer_of_them_are_an_old_version(void **state)
{
    (void)state;
    az_list *list = list_of_text(LL_HEAD SEGMENT_100 SEGMENT_101);
    assert_int_equal(reload(list, LL_HEAD SEGMENT_100 SEGMENT_101 HINT_102_2), AZ_LIST_SAME);
    assert_int_equal(reload(list, LL), AZ_LIST_GREW);
    assert_int_equal(reload(list, LL), AZ_LIST_SAME);
    assert_int_equal(reload(list, LL_HEAD SEGMENT_100 SEGMENT_101), AZ_LIST_STALE);
    assert_int_equal(az_list_end(list), 5 * S);
    assert_int_equal(reload(list, LL_HEAD SEGMENT_100 SEGMENT_101 PARTS_102 "#EXTINF:2,\n102.mp4\n"),
                     AZ_LIST_GREW);
    az_list_destroy(&list);
}

/* ---- where to begin ---- */

static void locating_takes_the_last_independent_part_before_a_time(void **state)
{
    (void)state;
    static const struct {
        int64_t pts;
        uint64_t sequence;
        uint32_t part;
    } cases[] = {
        {-S, 100, AZ_LIST_WHOLE},
        {S, 100, AZ_LIST_WHOLE},
        {2 * S, 101, AZ_LIST_WHOLE},
        {2900 * MS, 101, AZ_LIST_WHOLE},
        {3 * S, 101, 2},
        {3900 * MS, 101, 2},
        {4 * S, 102, 0},
        {4900 * MS, 102, 0},
        {60 * S, 102, 0},
    };
    az_list *list = list_of_text(LL);
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_list_item item;
        assert_true(az_list_locate(list, cases[i].pts, &item));
        assert_int_equal(item.sequence, cases[i].sequence);
        assert_int_equal(item.part, cases[i].part);
    }
    az_list_destroy(&list);
}

static void without_an_independent_part_the_segment_before_is_the_place(void **state)
{
    (void)state;
    az_list *list =
        list_of_text(LL_HEAD SEGMENT_100 SEGMENT_101 "#EXT-X-PART:DURATION=0.5,URI=\"102.0.mp4\"\n");
    az_list_item item;
    assert_true(az_list_locate(list, 4200 * MS, &item));
    assert_int_equal(item.sequence, 101);
    assert_int_equal(item.part, 2);
    /* EXT-X-INDEPENDENT-SEGMENTS says it of every first part */
    (void)reload(list, LL_HEAD "#EXT-X-INDEPENDENT-SEGMENTS\n" SEGMENT_100 SEGMENT_101
                               "#EXT-X-PART:DURATION=0.5,URI=\"102.0.mp4\"\n");
    assert_true(az_list_locate(list, 4200 * MS, &item));
    assert_int_equal(item.sequence, 102);
    assert_int_equal(item.part, 0);
    az_list_destroy(&list);
}

static void nothing_comes_of_an_empty_list(void **state)
{
    (void)state;
    az_list *list = az_list_create();
    az_list_item item;
    char text[64] = "x";
    assert_false(az_list_next(list, (az_list_cursor){0, 0}, &item));
    assert_false(az_list_locate(list, 0, &item));
    assert_false(az_list_is_low_latency(list));
    assert_false(az_list_directives(list, true, true, 0, text, sizeof(text)));
    assert_string_equal(text, "");
    assert_false(az_list_report_directives(list, 0, text, sizeof(text)));
    assert_null(az_list_key_next(list, NULL));
    az_list_destroy(&list);
}

/* ---- prefetched segments ---- */

#define LIVE_HEAD "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:7\n"
#define LIVE_7    "#EXTINF:2.000,live\n7.ts\n"
#define LIVE_8    "#EXTINF:1.900,live\n8.ts\n"

static void prefetched_segments_come_behind_the_complete_ones(void **state)
{
    (void)state;
    az_list *list =
        list_of_text(LIVE_HEAD LIVE_7 LIVE_8 "#EXT-X-PREFETCH:9.ts\n#EXT-X-PREFETCH-DISCONTINUITY\n"
                                             "#EXT-X-PREFETCH:10.ts\n");
    az_list_item item;
    assert_next(list, 8, 0, 8, AZ_LIST_WHOLE, 2 * S, "8.ts");
    assert_true(az_list_next(list, (az_list_cursor){9, 0}, &item));
    assert_text(item.uri, "9.ts");
    assert_true(item.flags & AZ_SEGMENT_PREFETCH);
    assert_int_equal(item.sequence, 9);
    assert_int_equal(item.part, AZ_LIST_WHOLE);
    assert_int_equal(item.start, 3900 * MS);
    assert_int_equal(item.duration, 1900 * MS); /* as the last one */
    assert_int_equal(item.domain, 0);
    assert_true(az_list_next(list, (az_list_cursor){10, 0}, &item));
    assert_text(item.uri, "10.ts");
    assert_int_equal(item.start, 5800 * MS);
    assert_int_equal(item.domain, 1);
    assert_false(has_next(list, 11, 0));
    assert_int_equal(az_list_count(list), 2);
    assert_true(az_list_is_low_latency(list));
    assert_int_equal(az_list_hold_back(list), 1900 * MS);
    az_list_destroy(&list);
}

static void a_prefetched_segment_keeps_its_cursor_domain_and_place_when_it_is_listed(void **state)
{
    (void)state;
    az_list *list =
        list_of_text(LIVE_HEAD LIVE_7 LIVE_8 "#EXT-X-PREFETCH:9.ts\n#EXT-X-PREFETCH-DISCONTINUITY\n"
                                             "#EXT-X-PREFETCH:10.ts\n");
    az_list_shift(list, 9, 50 * MS);
    az_list_shift(list, 10, 30 * MS);
    for (int i = 0; i < 2; i++) /* nothing new: what was learned stays */
        assert_int_equal(reload(list, LIVE_HEAD LIVE_7 LIVE_8
                                "#EXT-X-PREFETCH:9.ts\n"
                                "#EXT-X-PREFETCH-DISCONTINUITY\n#EXT-X-PREFETCH:10.ts\n"),
                         AZ_LIST_SAME);
    assert_int_equal(reload(list, LIVE_HEAD LIVE_7 LIVE_8 "#EXTINF:2.000,live\n9.ts\n#EXT-X-DISCONTINUITY\n"
                                                          "#EXT-X-PREFETCH:10.ts\n#EXT-X-PREFETCH:11.ts\n"),
                     AZ_LIST_GREW);
    assert_next(list, 9, 0, 9, AZ_LIST_WHOLE, 3950 * MS, "9.ts");
    assert_next(list, 10, 0, 10, AZ_LIST_WHOLE, 5880 * MS, "10.ts");
    assert_next(list, 11, 0, 11, AZ_LIST_WHOLE, 7880 * MS, "11.ts");
    az_list_item item;
    assert_true(az_list_next(list, (az_list_cursor){10, 0}, &item));
    assert_int_equal(item.domain, 1);
    (void)reload(list, LIVE_HEAD LIVE_7 LIVE_8 "#EXTINF:2.000,live\n9.ts\n#EXT-X-DISCONTINUITY\n"
                                               "#EXTINF:2.000,live\n10.ts\n");
    assert_next(list, 10, 0, 10, AZ_LIST_WHOLE, 5880 * MS, "10.ts");
    assert_int_equal(az_list_at(list, 3).domain, 1);
    az_list_destroy(&list);
}

/* Only what the media told stays: a guess gives way to the duration of the segment before it. */
static void a_guessed_place_gives_way_to_a_listed_duration(void **state)
{
    (void)state;
    az_list *list = list_of_text(LIVE_HEAD LIVE_7 LIVE_8 "#EXT-X-PREFETCH:9.ts\n#EXT-X-PREFETCH:10.ts\n");
    (void)reload(list, LIVE_HEAD LIVE_7 LIVE_8 "#EXTINF:2.100,live\n9.ts\n#EXT-X-PREFETCH:10.ts\n");
    assert_next(list, 10, 0, 10, AZ_LIST_WHOLE, 6 * S, "10.ts");
    az_list_destroy(&list);
}

/* ---- hold-backs ---- */

static void hold_back_follows_what_the_server_offers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t hold_back;
        bool is_low_latency;
    } cases[] = {
        {LL, 1600 * MS, true},
        {LL_HEAD SEGMENT_100, 6500 * MS, false}, /* nothing in parts yet */
        {LL_HEAD SEGMENT_100 "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\"\n", 1600 * MS, true},
        {"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.5\n" SEGMENT_101, 1500 * MS, true},
        {LIVE_HEAD LIVE_7 "#EXT-X-PREFETCH:8.ts\n", 2 * S, true},
        {LIVE_HEAD "#EXT-X-SERVER-CONTROL:HOLD-BACK=20\n" LIVE_7 "#EXT-X-PREFETCH:8.ts\n", 20 * S, true},
        {LIVE_HEAD LIVE_7, 18 * S, false},
        {LIVE_HEAD LIVE_7 "#EXT-X-ENDLIST\n", 18 * S, false},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_list *list = list_of_text(cases[i].text);
        assert_int_equal(az_list_hold_back(list), cases[i].hold_back);
        assert_int_equal(az_list_is_low_latency(list), cases[i].is_low_latency);
        az_list_destroy(&list);
    }
}

/* ---- delivery directives ---- */

static void assert_directives(const char *playlist, bool block, bool skip, int64_t age, const char *want)
{
    char text[128] = "x";
    az_list *list = list_of_text(playlist);
    assert_int_equal(az_list_directives(list, block, skip, age, text, sizeof(text)), want[0] != '\0');
    assert_string_equal(text, want);
    az_list_destroy(&list);
}

static void directives_ask_for_the_next_part_or_segment(void **state)
{
    (void)state;
    assert_directives(LL, true, true, S, "_HLS_msn=102&_HLS_part=2&_HLS_skip=YES");
    assert_directives(LL, true, false, S, "_HLS_msn=102&_HLS_part=2");
    assert_directives(LL, false, true, 6 * S, "_HLS_skip=YES");
    assert_directives(LL, false, true, 6 * S + 1, ""); /* half of the skip boundary has passed */
    assert_directives(LL, false, false, 0, "");
    assert_directives(LL_HEAD SEGMENT_100 SEGMENT_101, true, false, 0, "_HLS_msn=102&_HLS_part=0");
    assert_directives(LL "#EXT-X-ENDLIST\n", true, true, 0, "");
    assert_directives(LIVE_HEAD "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n" LIVE_7, true, true, 0,
                      "_HLS_msn=8");
    assert_directives(LIVE_HEAD "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=36,CAN-SKIP-DATERANGES=YES\n" LIVE_7,
                      true, true, 0, "_HLS_skip=v2");
    assert_directives(LIVE_HEAD LIVE_7, true, true, 0, "");
}

static void directives_after_a_restart_have_the_servers_numbers(void **state)
{
    (void)state;
    char text[128];
    az_list *list = list_of_text(LIVE_HEAD "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n" LIVE_7 LIVE_8);
    const char *again = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n"
                        "#EXTINF:2,\nnew0.ts\n";
    (void)reload(list, again);
    assert_int_equal(reload(list, again), AZ_LIST_RESTARTED);
    assert_int_equal(az_list_at(list, 0).sequence, 9);
    assert_true(az_list_directives(list, true, false, 0, text, sizeof(text)));
    assert_string_equal(text, "_HLS_msn=1");
    az_list_destroy(&list);
}

static void a_text_that_is_too_short_gets_none(void **state)
{
    (void)state;
    char text[9];
    az_list *list = list_of_text(LL);
    assert_false(az_list_directives(list, true, false, 0, text, sizeof(text)));
    assert_string_equal(text, "");
    assert_false(az_list_directives(list, true, false, 0, text, 0));
    az_list_destroy(&list);
}

static void reports_tell_where_another_rendition_is(void **state)
{
    (void)state;
    char text[128];
    az_list *list = list_of_text(LL "#EXT-X-RENDITION-REPORT:URI=\"../a/a.m3u8\",LAST-MSN=102,LAST-PART=1\n"
                                    "#EXT-X-RENDITION-REPORT:URI=\"../b/b.m3u8\",LAST-MSN=103\n");
    assert_int_equal(az_list_playlist(list)->report_count, 2);
    assert_text(az_list_playlist(list)->reports[1].uri, "../b/b.m3u8");
    assert_true(az_list_report_directives(list, 0, text, sizeof(text)));
    assert_string_equal(text, "_HLS_msn=102&_HLS_part=1");
    assert_true(az_list_report_directives(list, 1, text, sizeof(text)));
    assert_string_equal(text, "_HLS_msn=103");
    assert_false(az_list_report_directives(list, 2, text, sizeof(text)));
    az_list_destroy(&list);
}

/* ---- items ---- */

static void bit_rates_hold_for_segments_without_a_range(void **state)
{
    (void)state;
    az_list *list = list_of_text(LIVE_HEAD "#EXT-X-BITRATE:800\n" LIVE_7 "#EXT-X-BYTERANGE:10@0\n" LIVE_8
                                           "#EXTINF:2,\n9.ts\n#EXT-X-BITRATE:900\n#EXTINF:2,\n10.ts\n");
    static const uint32_t want[] = {800, 0, 800, 900};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(az_list_at(list, i).bitrate, want[i]);
    az_list_destroy(&list);
}

static void keys_of_other_formats_follow_the_first(void **state)
{
    (void)state;
    az_list *list = list_of_text(LIVE_HEAD "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://1\",KEYFORMAT=\"fps\"\n"
                                           "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n" LIVE_7);
    const az_key *key = az_list_at(list, 0).key;
    assert_text(key->uri, "k");
    key = az_list_key_next(list, key);
    assert_text(key->uri, "skd://1");
    assert_text(key->key_format, "fps");
    assert_null(az_list_key_next(list, key));
    az_list_destroy(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_segments_come_whole_then_the_parts_then_the_hint),
        cmocka_unit_test(a_part_tells_what_the_playlist_says),
        cmocka_unit_test(a_cursor_behind_the_last_part_means_the_next_segment),
        cmocka_unit_test(a_part_keeps_its_cursor_and_place_when_its_segment_becomes_complete),
        cmocka_unit_test(a_hint_behind_a_full_segment_is_for_the_next_one),
        cmocka_unit_test(a_hint_may_be_a_byte_range_that_goes_on),
        cmocka_unit_test(gap_parts_are_marked_and_not_begun_with),
        cmocka_unit_test(a_segment_that_lost_its_first_parts_comes_whole),
        cmocka_unit_test(a_discontinuity_before_parts_begins_a_domain_there),
        cmocka_unit_test(the_live_edge_is_the_end_of_the_last_part),
        cmocka_unit_test(a_playlist_may_begin_with_parts_alone),
        cmocka_unit_test(a_new_part_is_news_and_fewer_of_them_are_an_old_version),
        cmocka_unit_test(locating_takes_the_last_independent_part_before_a_time),
        cmocka_unit_test(without_an_independent_part_the_segment_before_is_the_place),
        cmocka_unit_test(nothing_comes_of_an_empty_list),
        cmocka_unit_test(prefetched_segments_come_behind_the_complete_ones),
        cmocka_unit_test(a_prefetched_segment_keeps_its_cursor_domain_and_place_when_it_is_listed),
        cmocka_unit_test(a_guessed_place_gives_way_to_a_listed_duration),
        cmocka_unit_test(hold_back_follows_what_the_server_offers),
        cmocka_unit_test(directives_ask_for_the_next_part_or_segment),
        cmocka_unit_test(directives_after_a_restart_have_the_servers_numbers),
        cmocka_unit_test(a_text_that_is_too_short_gets_none),
        cmocka_unit_test(reports_tell_where_another_rendition_is),
        cmocka_unit_test(bit_rates_hold_for_segments_without_a_range),
        cmocka_unit_test(keys_of_other_formats_follow_the_first),
    };
    return cmocka_run_group_tests_name("list_parts", tests, NULL, NULL);
}
