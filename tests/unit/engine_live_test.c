/*
 * The engine at the live edge: parts, hints, blocking reloads, delta updates and reports of Low-Latency HLS
 * (draft-pantos-hls-rfc8216bis 4.4.4.9, 4.4.5.3, 6.2.5), and segments that are fetched while they are written
 * (EXT-X-PREFETCH). The origin follows from the rig's clock.
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

#define S        AIZU_SECOND
#define MS       AIZU_MILLISECOND
#define SEGMENT  (2 * S)
#define PART     (400 * MS)
#define PARTS    5 /* in a segment */
#define SEGMENTS 45
#define WINDOW   12                  /* segments in a playlist */
#define LEAD     (20 * S + 100 * MS) /* media at the start of a test */

static const rig_entry *must(const rig_entry *entry)
{
    assert_non_null(entry);
    return entry;
}

/* ---- the origin ---- */

typedef struct origin {
    int64_t begin;  /* of the rig's clock: media time 0 */
    int parts_kept; /* complete segments with parts listed, -1: no parts at all */
    bool has_prefetch;
    bool has_no_hints;
    bool ignores;        /* directives */
    bool refuses;        /* them */
    int busy;            /* so many of them get 503 */
    bool skips_too_much; /* deltas that nobody can use */
    bool is_ended;
    int cut; /* before this segment the timestamps jump, 0: nowhere */
} origin;

static int segment_now(const rig *r, const origin *o)
{
    return (int)((r->now - o->begin) / SEGMENT);
}

static int part_now(const rig *r, const origin *o)
{
    return (int)((r->now - o->begin) % SEGMENT / PART);
}

static bool read_number(const char *query, const char *name, int *number)
{
    const char *at = strstr(query, name);
    *number = at ? atoi(at + strlen(name)) : 0;
    return at != NULL;
}

/* When a blocking reload is answered. */
static int64_t list_hold(rig *r, const rig_resource *resource, const char *query)
{
    const origin *o = r->user;
    int segment, part;
    (void)resource;
    if (o->ignores || o->refuses || !read_number(query, "_HLS_msn=", &segment))
        return 0;
    bool has_part = read_number(query, "_HLS_part=", &part);
    return o->begin + segment * SEGMENT + (has_part ? (part + 1) * PART : SEGMENT);
}

typedef struct list_text {
    char text[16384];
    size_t size;
} list_text;

static void add(list_text *t, const char *format, ...) AZ_PRINTF(2, 3);

static void add(list_text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    t->size += (size_t)vsnprintf(t->text + t->size, sizeof(t->text) - t->size, format, arguments);
    va_end(arguments);
    assert_true(t->size < sizeof(t->text));
}

static void add_parts(list_text *t, char name, int segment, int count)
{
    for (int i = 0; i < count; i++)
        add(t, "#EXT-X-PART:DURATION=0.4,URI=\"%c%d.ts.%d\"%s\n", name, segment, i,
            i == 0 ? ",INDEPENDENT=YES" : "");
}

static void add_segments(list_text *t, const origin *o, char name, int first, int end)
{
    for (int i = first; i < end; i++) {
        if (o->cut > 0 && i == o->cut)
            add(t, "#EXT-X-DISCONTINUITY\n");
        if (i >= end - o->parts_kept)
            add_parts(t, name, i, PARTS);
        add(t, "#EXTINF:2,\n%c%d.ts\n", name, i);
    }
}

static void add_edge(list_text *t, const rig *r, const origin *o, char name)
{
    int segment = segment_now(r, o);
    int part = part_now(r, o);
    if (o->is_ended) {
        add(t, "#EXT-X-ENDLIST\n");
        return;
    }
    if (o->has_prefetch)
        add(t, "#EXT-X-PREFETCH:%c%d.ts\n", name, segment);
    if (o->parts_kept < 0)
        return;
    if (o->cut > 0 && segment == o->cut)
        add(t, "#EXT-X-DISCONTINUITY\n");
    add_parts(t, name, segment, part);
    if (!o->has_no_hints)
        add(t, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%c%d.ts.%d\"\n", name, segment, part);
    char other = name == 'a' ? 'b' : 'a';
    add(t, "#EXT-X-RENDITION-REPORT:URI=\"%c.m3u8\",LAST-MSN=%d,LAST-PART=%d\n", other,
        part ? segment : segment - 1, part ? part - 1 : PARTS - 1);
}

/* "a.m3u8" as it stands now. */
static void list_write(rig *r, rig_resource *resource, const char *query)
{
    origin *o = r->user;
    list_text t = {0};
    int end = segment_now(r, o);
    int first = AZ_MAX(0, end - WINDOW);
    bool has_directives = strstr(query, "_HLS_") != NULL;
    bool is_refused = o->refuses && has_directives;
    bool is_busy = has_directives && o->busy > 0 && o->busy-- > 0;
    resource->status = is_refused ? 400 : is_busy ? 503 : 200;
    resource->result = is_refused || is_busy ? AIZU_E_HTTP : AIZU_OK;
    add(&t, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n", first);
    if (o->parts_kept >= 0)
        add(&t, "#EXT-X-PART-INF:PART-TARGET=0.4\n"
                "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.2,CAN-SKIP-UNTIL=12\n");
    if (!o->ignores && strstr(query, "_HLS_skip=YES") && end - first > 6) {
        int skipped = end - first - 6;
        add(&t, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%d\n", o->skips_too_much ? skipped + 40 : skipped);
        first += skipped;
    }
    add_segments(&t, o, resource->name[0], first, end);
    add_edge(&t, r, o, resource->name[0]);
    rig_text(r, resource->name, t.text);
}

static void put_list(rig *r, const char *name)
{
    rig_resource *list = rig_text(r, name, "#EXTM3U\n");
    list->hold = list_hold;
    list->write = list_write;
}

/* When the origin has what it has. */
static void set_times(rig *r, const origin *o, char name)
{
    for (int i = 0; i < SEGMENTS; i++) {
        char text[32];
        snprintf(text, sizeof(text), "%c%d.ts", name, i);
        rig_resource *whole = rig_find(r, text);
        whole->due = o->begin + (o->has_prefetch ? i : i + 1) * SEGMENT;
        whole->whole = o->begin + (i + 1) * SEGMENT;
        for (int k = 0; k < PARTS; k++) {
            snprintf(text, sizeof(text), "%c%d.ts.%d", name, i, k);
            rig_find(r, text)->due = o->begin + i * SEGMENT + (k + 1) * PART;
        }
    }
}

static void put_media(rig *r, const origin *o, char name)
{
    for (int i = 0; i < SEGMENTS; i++) {
        char text[32];
        snprintf(text, sizeof(text), "%c%d.ts", name, i);
        int jump = o->cut > 0 && i >= o->cut ? 5000 : 0;
        rig_put_parts(r, text, &(rig_segment){.ticks = (10 + jump + 2 * i) * RIG_TICKS_SECOND}, 10);
    }
    set_times(r, o, name);
}

static rig *rig_live(origin *o)
{
    rig *r = rig_create();
    o->begin = r->now - LEAD;
    r->user = o;
    put_media(r, o, 'a');
    put_list(r, "a.m3u8");
    return r;
}

static void start(rig *r, const char *name)
{
    rig_start(r);
    rig_load(r, name);
    rig_play(r);
}

/* The encoder stands still for a while. */
static void stop_encoder(rig *r, origin *o, int64_t duration)
{
    o->begin += duration;
    set_times(r, o, 'a');
    for (size_t i = 0; i < r->event_count; i++) { /* what waits, waits longer */
        rig_event *e = &r->events[i];
        bool waits = e->event.type == AZ_EVENT_FETCH_END && e->resource &&
                     (e->resource->due > r->now || e->time > r->now + 100 * MS);
        if (waits)
            e->time += duration;
    }
}

/* ---- what a viewer sees ---- */

/* Every frame once, in order, from an index of the log on. The number of frames. */
static size_t assert_frames_follow(const rig *r, size_t from)
{
    int64_t last = AIZU_NO_TIME;
    size_t count = 0;
    for (size_t i = from; i < r->log_count; i++) {
        if (r->log[i].type != RIG_PRESENTED)
            continue;
        if (last != AIZU_NO_TIME && r->log[i].pts - last != RIG_FRAME)
            fail_msg("%.3f after %.3f", (double)r->log[i].pts / 1e9, (double)last / 1e9);
        last = r->log[i].pts;
        count++;
    }
    return count;
}

static int64_t latency(const rig *r, const origin *o)
{
    return r->now - o->begin - r->last_presented;
}

static size_t fetches_of_segment(const rig *r, int segment)
{
    char name[32];
    snprintf(name, sizeof(name), "a%d.ts", segment);
    return rig_fetches(r, name);
}

static size_t fetches_of_part(const rig *r, int segment, int part)
{
    char name[32];
    snprintf(name, sizeof(name), "a%d.ts.%d", segment, part);
    return rig_fetches(r, name);
}

/* ---- parts and hints ---- */

static void parts_are_played_and_their_segments_are_not_fetched_again(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 30 * S);
    assert_true(assert_frames_follow(r, 0) > 29 * 25);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    assert_int_equal(rig_errors(r, false), 0);
    for (int i = 10; i < 24; i++) {
        assert_int_equal(fetches_of_segment(r, i), 0);
        for (int k = 0; k < PARTS; k++)
            assert_int_equal(fetches_of_part(r, i, k), 1);
    }
    assert_in_range(latency(r, &o), 1100 * MS, 1400 * MS);
    rig_destroy(r);
}

static void playback_begins_exactly_at_the_part_hold_back(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 300 * MS);
    assert_int_equal(must(rig_nth(r, RIG_PRESENTED, 0, 0))->pts, 20 * S - 1200 * MS);
    rig_destroy(r);
}

static void a_hint_is_asked_for_before_its_part_is_there(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 10 * S);
    size_t blocking = 0;
    for (int i = 11; i < 14; i++)
        for (int k = 0; k < PARTS; k++) {
            char name[32];
            snprintf(name, sizeof(name), "a%d.ts.%d", i, k);
            const rig_entry *entry = must(rig_fetch_of(r, name, 0));
            blocking += entry->is_blocking;
            assert_true(entry->time < rig_find(r, name)->due);
        }
    assert_int_equal(blocking, 3 * PARTS);
    rig_destroy(r);
}

static void a_refused_hint_is_fetched_when_it_is_listed(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    for (size_t i = 0; i < r->resource_count; i++)
        r->resources[i].is_impatient = true;
    start(r, "a.m3u8");
    rig_run(r, 30 * S);
    assert_true(assert_frames_follow(r, 0) > 28 * 25);
    assert_int_equal(rig_errors(r, false), 0);
    for (int i = 11; i < 24; i++) {
        assert_int_equal(fetches_of_segment(r, i), 0);
        for (int k = 0; k < PARTS; k++)
            assert_int_equal(fetches_of_part(r, i, k), 2);
    }
    rig_destroy(r);
}

static void parts_without_hints_are_played_as_they_are_listed(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3, .has_no_hints = true};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 30 * S);
    assert_true(assert_frames_follow(r, 0) > 28 * 25);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    assert_int_equal(fetches_of_part(r, 15, 2), 1);
    assert_int_equal(fetches_of_segment(r, 15), 0);
    rig_destroy(r);
}

static void when_parts_vanish_whole_segments_go_on_without_a_frame_twice(void **state)
{
    (void)state;
    for (int64_t at = 3 * S; at < 5 * S; at += 190 * MS) {
        origin o = {.parts_kept = 3};
        rig *r = rig_live(&o);
        start(r, "a.m3u8");
        rig_run(r, at);
        o.parts_kept = -1;
        for (size_t i = 0; i < r->resource_count; i++) /* neither listed nor there */
            if (strstr(r->resources[i].name, ".ts."))
                r->resources[i].due = INT64_MAX / 2, r->resources[i].is_impatient = true;
        rig_run(r, 20 * S);
        assert_true(assert_frames_follow(r, 0) > 15 * 25);
        assert_int_equal(rig_errors(r, true), 0);
        rig_destroy(r);
    }
}

/* The demuxer holds the last picture of a transport stream until more comes: of the next domain, here. */
static void the_last_picture_of_a_segment_of_parts_belongs_to_it(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3, .cut = 13};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 20 * S);
    assert_true(assert_frames_follow(r, 0) > 18 * 25);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    rig_destroy(r);
}

static void a_part_that_is_listed_and_not_there_does_not_stop_playback(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    rig_find(r, "a13.ts.2")->due = INT64_MAX / 2;
    rig_find(r, "a13.ts.2")->is_impatient = true;
    start(r, "a.m3u8");
    rig_run(r, 30 * S);
    assert_int_equal(rig_errors(r, true), 0);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_PLAYING);
    assert_true(latency(r, &o) < 6 * S);
    int64_t last = -1;
    for (size_t n = 0; rig_nth(r, RIG_PRESENTED, 0, n); n++) {
        int64_t pts = rig_nth(r, RIG_PRESENTED, 0, n)->pts;
        assert_true(pts > last);
        last = pts;
    }
    rig_destroy(r);
}

static void a_stream_of_parts_plays_to_its_end(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 9900 * MS - 20 * MS); /* media until 30 s, less a moment */
    rig_run(r, 40 * MS);
    o.is_ended = true;
    rig_run(r, 20 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_true(r->last_presented >= 30 * S - RIG_FRAME);
    (void)assert_frames_follow(r, 0);
    rig_destroy(r);
}

/* ---- reloads ---- */

static void reloads_carry_the_delivery_directives(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 3 * S);
    assert_non_null(rig_fetch_of(r, "a.m3u8", 0));
    assert_non_null(rig_fetch_of(r, "a.m3u8?_HLS_msn=10&_HLS_part=0&_HLS_skip=YES", 0));
    assert_true(rig_fetch_of(r, "a.m3u8?_HLS_msn=10&_HLS_part=0&_HLS_skip=YES", 0)->is_blocking);
    assert_non_null(rig_fetch_of(r, "a.m3u8?_HLS_msn=10&_HLS_part=1&_HLS_skip=YES", 0));
    assert_non_null(rig_fetch_of(r, "a.m3u8?_HLS_msn=11&_HLS_part=0&_HLS_skip=YES", 0));
    assert_in_range(rig_fetches(r, "a.m3u8"), 7, 9); /* one for each part */
    rig_destroy(r);
}

static void a_server_that_ignores_the_directives_is_not_pestered(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3, .ignores = true};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 20 * S);
    assert_true(assert_frames_follow(r, 0) > 18 * 25);
    assert_true(rig_fetches(r, "a.m3u8") <= 3 * 20 * 1000 / 400 + 3); /* three times a part */
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void a_server_that_refuses_the_directives_is_asked_without(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3, .refuses = true};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 20 * S);
    assert_true(assert_frames_follow(r, 0) > 18 * 25);
    size_t with = 0;
    for (size_t i = 0; i < r->log_count; i++)
        with += r->log[i].type == AZ_ACTION_FETCH && strstr(r->log[i].text, "_HLS_") != NULL;
    assert_int_equal(with, 1);
    assert_true(rig_fetches(r, "a.m3u8") <= 2 * 20 * 1000 / 400 + 2);
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

static void a_server_that_is_busy_is_asked_with_the_directives_again(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3, .busy = 2};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 20 * S);
    size_t without = 0;
    for (size_t i = 0; i < r->log_count; i++)
        without += r->log[i].type == AZ_ACTION_FETCH && strcmp(r->log[i].text, "a.m3u8") == 0;
    assert_int_equal(without, 1); /* the first */
    assert_true(assert_frames_follow(r, 0) > 17 * 25);
    assert_int_equal(rig_errors(r, false), 0);
    rig_destroy(r);
}

static void a_delta_that_does_not_fit_is_followed_by_the_whole_playlist(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3, .skips_too_much = true};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 20 * S);
    assert_true(assert_frames_follow(r, 0) > 18 * 25);
    size_t without = 0;
    for (size_t i = 0; i < r->log_count; i++)
        without += r->log[i].type == AZ_ACTION_FETCH && strncmp(r->log[i].text, "a.m3u8?", 7) == 0 &&
                   !strstr(r->log[i].text, "_HLS_skip");
    assert_true(without > 0);
    assert_int_equal(rig_errors(r, true), 0);
    rig_destroy(r);
}

static void a_switch_begins_with_what_the_rendition_report_says(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    put_media(r, &o, 'b');
    put_list(r, "b.m3u8");
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000\na.m3u8\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=900000\nb.m3u8\n");
    start(r, "m.m3u8");
    rig_run(r, 5 * S);
    size_t from = r->log_count;
    int used = rig_snapshot(r).quality;
    const char *other = used == 0 ? "b.m3u8" : "a.m3u8";
    rig_feed(r, AZ_EVENT_QUALITY, (az_event){.index = 1 - used});
    rig_run(r, 10 * S);
    const rig_entry *first = NULL;
    for (size_t i = from; i < r->log_count && !first; i++)
        if (r->log[i].type == AZ_ACTION_FETCH && strncmp(r->log[i].text, other, 6) == 0)
            first = &r->log[i];
    assert_non_null(strstr(must(first)->text, "_HLS_msn="));
    assert_int_equal(rig_snapshot(r).quality, 1 - used);
    assert_true(assert_frames_follow(r, 0) > 13 * 25);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    rig_destroy(r);
}

/* ---- an encoder that stands still ---- */

static void blocking_requests_wait_for_an_encoder_that_stands_still(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 5 * S + 50 * MS);
    size_t from = r->log_count;
    stop_encoder(r, &o, 5 * S);
    rig_run(r, 5 * S); /* three target durations is what the server has */
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_BUFFERING);
    assert_int_equal(rig_count(r, AZ_ACTION_FETCH_CANCEL, from), 0);
    rig_run(r, 10 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_PLAYING);
    assert_int_equal(rig_errors(r, false), 0);
    assert_int_equal(rig_snapshot(r).stats.stalls, 1);
    assert_true(assert_frames_follow(r, 0) > 14 * 25);
    rig_destroy(r);
}

static void playback_goes_on_after_a_long_standstill(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 5 * S + 50 * MS);
    stop_encoder(r, &o, 40 * S);
    rig_run(r, 40 * S);
    assert_int_equal(rig_errors(r, true), 0);
    rig_run(r, 12 * S);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_PLAYING);
    assert_true(latency(r, &o) < 4 * S);
    rig_destroy(r);
}

/* Behind by some seconds after a pause: five percent faster until the distance is what the playlist asks for,
 * and then no further. */
static void a_viewer_who_fell_behind_comes_back_to_the_edge(void **state)
{
    (void)state;
    origin o = {.parts_kept = 3};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 10 * S);
    int64_t kept = latency(r, &o);
    rig_pause(r);
    rig_run(r, 1500 * MS);
    rig_play(r);
    rig_run(r, 1 * S);
    int64_t behind = latency(r, &o);
    assert_true(behind > kept + S);
    rig_run(r, 10 * S);
    assert_in_range(behind - latency(r, &o), 400 * MS, 600 * MS);
    rig_run(r, 25 * S);
    assert_in_range(latency(r, &o), kept - 150 * MS, kept + 150 * MS);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    rig_destroy(r);
}

/* ---- segments that are still being written ---- */

static void a_prefetched_segment_is_played_while_it_is_written(void **state)
{
    (void)state;
    origin o = {.parts_kept = -1, .has_prefetch = true};
    rig *r = rig_live(&o);
    start(r, "a.m3u8");
    rig_run(r, 30 * S);
    assert_true(assert_frames_follow(r, 0) > 28 * 25);
    assert_int_equal(rig_snapshot(r).stats.stalls, 0);
    assert_int_equal(rig_errors(r, false), 0);
    for (int i = 11; i < 24; i++) {
        char name[32];
        snprintf(name, sizeof(name), "a%d.ts", i);
        assert_int_equal(fetches_of_segment(r, i), 1);
        assert_true(must(rig_fetch_of(r, name, 0))->time < rig_find(r, name)->whole - S);
    }
    assert_true(latency(r, &o) < 3 * S);
    rig_destroy(r);
}

static void a_prefetched_segment_that_is_refused_is_fetched_when_it_is_listed(void **state)
{
    (void)state;
    origin o = {.parts_kept = -1, .has_prefetch = true};
    rig *r = rig_live(&o);
    for (int i = 0; i < SEGMENTS; i++) { /* the server does not give out what is not complete */
        char name[32];
        snprintf(name, sizeof(name), "a%d.ts", i);
        rig_find(r, name)->due = rig_find(r, name)->whole;
        rig_find(r, name)->is_impatient = true;
    }
    start(r, "a.m3u8");
    rig_run(r, 30 * S);
    assert_int_equal(rig_errors(r, true), 0);
    assert_true(assert_frames_follow(r, 0) > 24 * 25);
    assert_true(fetches_of_segment(r, 15) <= 5);
    rig_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_played_and_their_segments_are_not_fetched_again),
        cmocka_unit_test(playback_begins_exactly_at_the_part_hold_back),
        cmocka_unit_test(a_hint_is_asked_for_before_its_part_is_there),
        cmocka_unit_test(a_refused_hint_is_fetched_when_it_is_listed),
        cmocka_unit_test(parts_without_hints_are_played_as_they_are_listed),
        cmocka_unit_test(when_parts_vanish_whole_segments_go_on_without_a_frame_twice),
        cmocka_unit_test(the_last_picture_of_a_segment_of_parts_belongs_to_it),
        cmocka_unit_test(a_part_that_is_listed_and_not_there_does_not_stop_playback),
        cmocka_unit_test(a_stream_of_parts_plays_to_its_end),
        cmocka_unit_test(reloads_carry_the_delivery_directives),
        cmocka_unit_test(a_server_that_ignores_the_directives_is_not_pestered),
        cmocka_unit_test(a_server_that_refuses_the_directives_is_asked_without),
        cmocka_unit_test(a_server_that_is_busy_is_asked_with_the_directives_again),
        cmocka_unit_test(a_delta_that_does_not_fit_is_followed_by_the_whole_playlist),
        cmocka_unit_test(a_switch_begins_with_what_the_rendition_report_says),
        cmocka_unit_test(blocking_requests_wait_for_an_encoder_that_stands_still),
        cmocka_unit_test(playback_goes_on_after_a_long_standstill),
        cmocka_unit_test(a_viewer_who_fell_behind_comes_back_to_the_edge),
        cmocka_unit_test(a_prefetched_segment_is_played_while_it_is_written),
        cmocka_unit_test(a_prefetched_segment_that_is_refused_is_fetched_when_it_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
