/*
 * Reloads of a list from text: what is recognised gives the same as parsing everything anew, delta updates
 * are put onto what is known (bis 4.4.5.2, 6.2.5.1), and what does not fit is refused without a trace.
 */
#include "list_text.h"

#define TEXT_MAX 262144

/* ---- a server whose playlists have a bit of everything ---- */

typedef struct server {
    uint64_t first; /* sequence of the first segment listed */
    int count;
    bool has_dates; /* on each segment; else on each fourth */
    bool has_keys;  /* rotating, with maps */
    bool has_ranges;
    bool has_parts;
    bool has_date_ranges;
    uint64_t skipped; /* a delta update */
    const char *tail;
} server;

typedef struct writer {
    char *text;
    size_t size;
} writer;

static void put(writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    w->size += (size_t)vsnprintf(w->text + w->size, TEXT_MAX - w->size, format, arguments);
    va_end(arguments);
    assert_true(w->size < TEXT_MAX);
}

static void put_setting(writer *w, uint64_t sequence)
{
    unsigned long long key = sequence / 5;
    put(w, "#EXT-X-KEY:METHOD=AES-128,URI=\"k%llu\",IV=0x%032llx\n", key, key);
    put(w, "#EXT-X-MAP:URI=\"m%llu\"\n", (unsigned long long)sequence / 10);
    put(w, "#EXT-X-BITRATE:%llu\n", key);
}

static void put_segment(writer *w, const server *s, uint64_t sequence, bool is_first, uint64_t end)
{
    unsigned long long n = sequence;
    if (!is_first && n % 7 == 0)
        put(w, "#EXT-X-DISCONTINUITY\n");
    if (s->has_keys && (is_first || n % 5 == 0))
        put_setting(w, sequence);
    if (s->has_dates || is_first || n % 4 == 0)
        put(w, "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T%02llu:%02llu:%02llu.000Z\n", n * 2 / 3600,
            n * 2 / 60 % 60, n * 2 % 60);
    if (s->has_date_ranges && n % 6 == 0)
        put(w, "#EXT-X-DATERANGE:ID=\"r%llu\",START-DATE=\"2024-01-01T00:00:00Z\",X-N=\"%llu\"\n", n, n);
    if (n % 11 == 0)
        put(w, "#EXT-X-GAP\n");
    for (unsigned part = 0; s->has_parts && sequence + 4 > end && part < 4; part++)
        put(w, "#EXT-X-PART:DURATION=0.5,URI=\"p%llu.%u\"\n", n, part);
    put(w, "#EXTINF:2,%llu\n", n % 3);
    if (!s->has_ranges)
        put(w, "s%llu.ts\n", n);
    else if (is_first || n % 8 == 0)
        put(w, "#EXT-X-BYTERANGE:100@%llu\nfile%llu\n", n % 8 * 100, n / 8);
    else
        put(w, "#EXT-X-BYTERANGE:100\nfile%llu\n", n / 8);
}

static char *write_text(const server *s)
{
    writer w = {malloc(TEXT_MAX), 0};
    assert_non_null(w.text);
    put(&w, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%llu\n",
        (unsigned long long)s->first);
    put(&w, "#EXT-X-DISCONTINUITY-SEQUENCE:%llu\n", (unsigned long long)s->first / 7);
    if (s->has_parts)
        put(&w, "#EXT-X-PART-INF:PART-TARGET=0.5\n");
    if (s->skipped)
        put(&w, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%llu\n", (unsigned long long)s->skipped);
    uint64_t end = s->first + (unsigned)s->count;
    for (uint64_t n = s->first + s->skipped; n < end; n++)
        put_segment(&w, s, n, n == s->first, end);
    put(&w, "%s", s->tail ? s->tail : "");
    return w.text;
}

static reload_result reload_server(az_list *list, server s)
{
    char *text = write_text(&s);
    reload_result r = reload_with(list, text, NULL);
    free(text);
    return r;
}

static az_list_change update_server(az_list *list, server s)
{
    char *text = write_text(&s);
    az_playlist *playlist;
    az_list_change change;
    assert_int_equal(az_playlist_parse(&playlist, az_span_str(text), NULL), AIZU_OK);
    assert_int_equal(az_list_update(list, &playlist, &change), AIZU_OK);
    free(text);
    return change;
}

static bool key_equal(const az_key *a, const az_key *b)
{
    if (!a || !b)
        return a == b;
    return a->method == b->method && az_span_equal(a->uri, b->uri) &&
           memcmp(a->iv, b->iv, sizeof(a->iv)) == 0;
}

static void assert_items_equal(const az_list_item *a, const az_list_item *b)
{
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->part, b->part);
    assert_int_equal(a->domain, b->domain);
    assert_int_equal(a->start, b->start);
    assert_int_equal(a->duration, b->duration);
    assert_int_equal(a->wall, b->wall);
    assert_int_equal(a->bitrate, b->bitrate);
    assert_int_equal(a->range.offset, b->range.offset);
    assert_int_equal(a->range.size, b->range.size);
    /* a tag that slid into the sequence number is still known where the segment is; a date may be written at
     * the head alone */
    unsigned mask = ~(unsigned)(AZ_SEGMENT_DISCONTINUITY | AZ_SEGMENT_PDT);
    assert_int_equal(a->flags & mask, b->flags & mask);
    assert_true(az_span_equal(a->uri, b->uri));
    assert_true(key_equal(a->key, b->key));
    assert_true(key_equal(a->map_key, b->map_key));
    assert_int_equal(!a->map, !b->map);
    if (a->map)
        assert_true(az_span_equal(a->map->uri, b->map->uri));
}

static void assert_lists_equal(const az_list *a, const az_list *b)
{
    assert_int_equal(az_list_count(a), az_list_count(b));
    assert_int_equal(az_list_end(a), az_list_end(b));
    for (size_t i = 0; i < az_list_count(a); i++) {
        az_list_item x = az_list_at(a, i);
        az_list_item y = az_list_at(b, i);
        assert_items_equal(&x, &y);
    }
    const az_media_playlist *m = az_list_playlist(a);
    const az_media_playlist *n = az_list_playlist(b);
    assert_int_equal(m->date_range_count, n->date_range_count);
    for (size_t i = 0; i < m->date_range_count; i++)
        assert_true(az_span_equal(m->date_ranges[i].id, n->date_ranges[i].id));
    uint64_t end = az_list_at(a, 0).sequence + az_list_count(a);
    for (uint32_t part = 0; part < 6; part++) {
        for (uint64_t sequence = end - 2; sequence < end + 3; sequence++) {
            az_list_item x, y;
            az_list_cursor cursor = {sequence, part};
            bool has = az_list_next(a, cursor, &x);
            assert_int_equal(has, az_list_next(b, cursor, &y));
            if (has)
                assert_items_equal(&x, &y);
        }
    }
}

/* ---- recognising ---- */

/* A window that slides over a hundred segments, by 0 to 3 at a time, in each kind of playlist. */
static void a_reload_is_the_same_as_parsing_everything(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 32; kind++) {
        server s = {.first = 20,
                    .count = 30,
                    .has_dates = kind & 1,
                    .has_keys = kind & 2,
                    .has_ranges = kind & 4,
                    .has_parts = kind & 8,
                    .has_date_ranges = kind & 16};
        az_list *reloaded = az_list_create();
        az_list *updated = az_list_create();
        for (unsigned i = 0; i < 100; i++) {
            reload_result r = reload_server(reloaded, s);
            assert_int_equal(r.result, AIZU_OK);
            assert_int_equal(r.change, update_server(updated, s));
            assert_lists_equal(reloaded, updated);
            s.first += i * 7 % 4;
            s.count = 25 + (int)(i % 6) * (i % 10 < 5);
            if (s.first + (unsigned)s.count < az_list_at(updated, 0).sequence + az_list_count(updated))
                s.count = 40;
            if (i % 9 == 0)
                az_list_shift(reloaded, s.first + 10, 30 * MS);
            if (i % 9 == 0)
                az_list_shift(updated, s.first + 10, 30 * MS);
        }
        az_list_destroy(&reloaded);
        az_list_destroy(&updated);
    }
}

#define SEG(name) "#EXTINF:2,\n" name "\n"

static void what_changes_in_the_middle_is_seen(void **state)
{
    (void)state;
    static const char *const versions[] = {
        SEG("a") SEG("b") SEG("c") SEG("d"),
        SEG("a") "#EXT-X-GAP\n" SEG("b") SEG("c") SEG("d"),
        SEG("a") SEG("B") SEG("c") SEG("d"),
        SEG("a") SEG("B") "#EXTINF:1,\nc\n" SEG("d"),
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n" SEG("a") SEG("B") SEG("c") SEG("d"),
        SEG("a") SEG("B") SEG("c") SEG("d"),
        "#EXT-X-MAP:URI=\"m\"\n" SEG("a") SEG("B") SEG("c") SEG("d"),
        "#EXT-X-BITRATE:5\n" SEG("a") SEG("B") SEG("c") SEG("d"),
        "#EXT-X-BITRATE:5\n" SEG("a") SEG("B") "#EXT-X-BYTERANGE:9@1\n" SEG("c") SEG("d"),
    };
    az_list *list = az_list_create();
    for (size_t i = 0; i < AZ_COUNT(versions); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n%s", versions[i]);
        (void)reload(list, text);
        az_list *fresh = list_of_text(text);
        for (size_t k = 0; k < 4; k++) {
            az_list_item a = az_list_at(list, k);
            az_list_item b = az_list_at(fresh, k);
            a.start = b.start; /* a known segment keeps its place */
            assert_items_equal(&a, &b);
        }
        az_list_destroy(&fresh);
    }
    az_list_destroy(&list);
}

#define DEFINED(value) "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-DEFINE:NAME=\"t\",VALUE=\"" value "\"\n"
#define REFERRING      "#EXTINF:2,\na\n#EXTINF:2,\nb{$t}\n#EXTINF:2,\nc{$t}\n"

/* The text of the segments is the same, and means something else. */
static void variables_with_other_values_change_what_refers_to_them(void **state)
{
    (void)state;
    az_list *list = list_of_text(DEFINED("1") REFERRING);
    assert_text(az_list_at(list, 2).uri, "c1");
    (void)reload(list, DEFINED("2") REFERRING);
    assert_text(az_list_at(list, 1).uri, "b2");
    assert_text(az_list_at(list, 2).uri, "c2");
    (void)reload(list, DEFINED("2") REFERRING "#EXTINF:2,\nd{$t}\n");
    assert_text(az_list_at(list, 3).uri, "d2");
    az_list_destroy(&list);
}

static void a_date_that_was_not_written_again_stays_known(void **state)
{
    (void)state;
    az_list *list =
        list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00Z\n"
                     "#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n");
    int64_t wall = az_list_at(list, 2).wall;
    (void)reload(list, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1\n"
                       "#EXTINF:2,\nb\n#EXTINF:2,\nc\n#EXTINF:2,\nd\n");
    assert_int_equal(az_list_at(list, 1).wall, wall);
    assert_int_equal(az_list_at(list, 2).wall, wall + 2 * S);
    az_list_destroy(&list);
}

static void a_date_that_comes_later_tells_those_before_it(void **state)
{
    (void)state;
    az_list *list =
        list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n");
    assert_int_equal(az_list_at(list, 0).wall, AIZU_NO_TIME);
    (void)reload(
        list, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n#EXTINF:2,\nd\n"
              "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:08Z\n#EXTINF:2,\ne\n");
    int64_t wall = az_list_at(list, 4).wall;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(az_list_at(list, i).wall, wall - (int64_t)(4 - i) * 2 * S);
    az_list_destroy(&list);
}

static void errors_behind_what_is_known_name_their_line(void **state)
{
    (void)state;
    az_list *list =
        list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\n\nb\n#EXTINF:2,\nc\n");
    reload_result r = reload_with(
        list,
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\n\nb\n#EXTINF:2,\nc\n#EXTINF:2,\n{$x}\n",
        NULL);
    assert_int_equal(r.result, AIZU_E_PLAYLIST);
    assert_false(r.is_full_needed);
    assert_int_equal(r.error.line, 11);
    assert_int_equal(az_list_count(list), 3); /* as it was */
    r = reload_with(list, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", NULL);
    assert_int_equal(r.result, AIZU_E_PLAYLIST);
    assert_false(r.is_full_needed);
    r = reload_with(list, "not found", NULL);
    assert_int_equal(r.result, AIZU_E_PLAYLIST);
    assert_int_equal(r.error.line, 1);
    assert_text(az_list_at(list, 2).uri, "c");
    az_list_destroy(&list);
}

/* A restart is believed at the second version, whatever of it looks known. */
static void a_restart_with_names_that_were_there_before_is_a_restart(void **state)
{
    (void)state;
    az_list *list = list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:50\n#EXTINF:2,\na\n"
                                 "#EXTINF:2,\nb\n#EXTINF:2,\nc\n");
    const char *again = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n";
    assert_int_equal(reload(list, again), AZ_LIST_STALE);
    assert_int_equal(reload(list, again), AZ_LIST_RESTARTED);
    assert_int_equal(az_list_at(list, 0).sequence, 53);
    assert_int_equal(az_list_at(list, 0).start, 6 * S);
    assert_int_equal(az_list_at(list, 0).domain, 1);
    assert_int_equal(reload(list, again), AZ_LIST_SAME);
    az_list_destroy(&list);
}

/* A cut version that stays, and of which the first segments are recognised: eight votes, then its segments
 * come anew behind what was known. */
static void a_restart_of_known_segments_gives_them_new_places(void **state)
{
    (void)state;
    az_list *list =
        list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n"
                     "#EXTINF:2,\nd\n#EXTINF:2,\ne\n");
    const char *cut =
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nx\n#EXTINF:2,\ny\n";
    az_list_change change = AZ_LIST_STALE;
    for (int i = 0; i < 20 && change == AZ_LIST_STALE; i++)
        change = reload(list, cut);
    assert_int_equal(change, AZ_LIST_RESTARTED);
    assert_int_equal(az_list_count(list), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(az_list_at(list, i).start, (int64_t)(10 + 2 * i) * S);
        assert_int_equal(az_list_at(list, i).sequence, 5 + i);
        assert_int_equal(az_list_at(list, i).domain, 1);
    }
    az_list_destroy(&list);
}

static void a_long_list_does_not_grow_while_it_slides(void **state)
{
    (void)state;
    server s = {.count = 300, .has_dates = true, .has_keys = true};
    az_list *list = az_list_create();
    size_t most = 0;
    for (s.first = 0; s.first < 600; s.first++) {
        assert_int_equal(reload_server(list, s).result, AIZU_OK);
        if (s.first == 20)
            most = az_list_bytes(list) + az_list_bytes(list) / 8;
        if (s.first > 20)
            assert_true(az_list_bytes(list) <= most);
    }
    az_list_destroy(&list);
}

static void a_uri_that_was_cut_off_is_not_taken_for_the_whole_one(void **state)
{
    (void)state;
    static const char head[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\na7.ts\n";
    char cut[256], whole[320];
    snprintf(cut, sizeof(cut), "%s#EXTINF:2,\na8.ts\n#EXTINF:2,\nhttps://h/v", head);
    snprintf(whole, sizeof(whole), "%s3/a9.ts\n#EXTINF:2,\na10.ts\n", cut);
    az_list *list = list_of_text(cut);
    reload(list, whole);
    assert_int_equal(az_list_count(list), 4);
    assert_text(az_list_at(list, 2).uri, "https://h/v3/a9.ts");
    assert_text(az_list_at(list, 3).uri, "a10.ts");
    az_list_destroy(&list);
}

/* Each version cut off at each byte, in front of a list that knows the one before. */
static void a_text_that_is_cut_off_anywhere_does_no_harm(void **state)
{
    (void)state;
    const server s = {.first = 20,
                      .count = 8,
                      .has_dates = true,
                      .has_keys = true,
                      .has_ranges = true,
                      .has_parts = true,
                      .has_date_ranges = true};
    server delta = s;
    delta.first = 21;
    delta.skipped = 5;
    for (unsigned kind = 0; kind < 2; kind++) {
        char *text = write_text(kind ? &delta : &s);
        for (size_t size = strlen(text); size-- > 0;) {
            text[size] = '\0';
            az_list *list = az_list_create();
            assert_int_equal(reload_server(list, (server){.first = 20, .count = 8, .has_keys = true}).result,
                             AIZU_OK);
            reload_result r = reload_with(list, text, NULL);
            assert_true(r.result == AIZU_OK || r.result == AIZU_E_PLAYLIST);
            az_list_item item;
            for (uint32_t part = 0; part < 5; part++)
                (void)az_list_next(list, (az_list_cursor){28, part}, &item);
            assert_true(az_list_locate(list, INT64_MAX, &item));
            az_list_destroy(&list);
        }
        free(text);
    }
}

/* ---- delta updates ---- */

static void a_delta_gives_the_same_as_the_full_playlist(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 32; kind++) {
        server s = {.first = 20,
                    .count = 30,
                    .has_dates = kind & 1,
                    .has_keys = kind & 2,
                    .has_ranges = kind & 4,
                    .has_parts = kind & 8,
                    .has_date_ranges = kind & 16};
        az_list *deltas = az_list_create();
        az_list *updated = az_list_create();
        assert_int_equal(reload_server(deltas, s).result, AIZU_OK);
        (void)update_server(updated, s);
        for (unsigned i = 0; i < 60; i++) {
            s.first += i % 3;
            s.skipped = 24 - i % 5;
            reload_result r = reload_server(deltas, s);
            assert_int_equal(r.result, AIZU_OK);
            s.skipped = 0;
            assert_int_equal(r.change, update_server(updated, s));
            assert_lists_equal(deltas, updated);
        }
        /* and full ones recognise what deltas brought */
        assert_int_equal(reload_server(deltas, s).result, AIZU_OK);
        assert_lists_equal(deltas, updated);
        az_list_destroy(&deltas);
        az_list_destroy(&updated);
    }
}

static void assert_full_needed(az_list *list, server s)
{
    size_t count = az_list_count(list);
    reload_result r = reload_server(list, s);
    assert_int_equal(r.result, AIZU_E_PLAYLIST);
    assert_true(r.is_full_needed);
    assert_true(r.error.text[0] != '\0');
    assert_int_equal(az_list_count(list), count);
}

static void a_delta_that_does_not_fit_needs_the_full_playlist(void **state)
{
    (void)state;
    az_list *list = az_list_create();
    assert_full_needed(list, (server){.first = 20, .count = 30, .skipped = 20}); /* nothing is known */
    server s = {.first = 20, .count = 30};
    assert_int_equal(reload_server(list, s).result, AIZU_OK);
    assert_full_needed(list, (server){.first = 19, .count = 30, .skipped = 20}); /* begins before */
    assert_full_needed(list, (server){.first = 25, .count = 30, .skipped = 26}); /* skips what is new */
    assert_full_needed(list, (server){.first = 60, .count = 30, .skipped = 20}); /* too late */
    assert_full_needed(list, (server){.first = 2000, .count = 30, .skipped = 1});
    assert_int_equal(reload_server(list, (server){.first = 25, .count = 30, .skipped = 25}).change,
                     AZ_LIST_GREW);
    az_list_item last = az_list_at(list, 29);
    assert_int_equal(last.sequence, 54);
    az_list_destroy(&list);
}

static void a_delta_of_another_server_needs_the_full_playlist(void **state)
{
    (void)state;
    az_list *list =
        list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n");
    reload_result r = reload_with(
        list,
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXTINF:2,\nx\n#EXTINF:2,\ny\n",
        NULL);
    assert_int_equal(r.result, AIZU_E_PLAYLIST);
    assert_true(r.is_full_needed);
    assert_text(az_list_at(list, 2).uri, "c");
    r = reload_with(
        list, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SKIP:SKIPPED-SEGMENTS=99999999999999999999\n", NULL);
    assert_true(r.result != AIZU_OK || r.change == AZ_LIST_STALE);
    assert_int_equal(az_list_count(list), 3);
    az_list_destroy(&list);
}

static void a_delta_with_other_variables_needs_the_full_playlist(void **state)
{
    (void)state;
    az_list *list = list_of_text(DEFINED("1") REFERRING);
    reload_result r =
        reload_with(list, DEFINED("2") "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:2,\nd{$t}\n", NULL);
    assert_true(r.is_full_needed);
    r = reload_with(list, DEFINED("1") "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:2,\nd{$t}\n", NULL);
    assert_int_equal(r.result, AIZU_OK);
    assert_text(az_list_at(list, 3).uri, "d1");
    az_list_destroy(&list);
}

/* Time in proportion to the text, whatever it repeats. */
static void many_tags_before_the_first_segment_take_no_longer(void **state)
{
    (void)state;
    const size_t count = 150000;
    static const char part[] = "#EXT-X-PART:DURATION=1,URI=\"p\"\n";
    static const char skip[] = "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n";
    char *text = malloc(count * (sizeof(part) + sizeof(skip)) + 100);
    assert_non_null(text);
    char *at = text + sprintf(text, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
    for (size_t i = 0; i < count; i++, at += sizeof(part) - 1)
        memcpy(at, part, sizeof(part));
    for (size_t i = 0; i < count; i++, at += sizeof(skip) - 1)
        memcpy(at, skip, sizeof(skip));
    az_list *list = list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n");
    assert_int_equal(reload_with(list, text, NULL).result, AIZU_OK);
    az_list_destroy(&list);
    free(text);
}

static void a_delta_without_a_list_is_stale(void **state)
{
    (void)state;
    az_list *list = list_of_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2,\nb\n");
    server s = {.count = 4, .skipped = 2};
    assert_int_equal(update_server(list, s), AZ_LIST_STALE);
    assert_int_equal(az_list_count(list), 2);
    az_list_destroy(&list);

    char *text = write_text(&s);
    az_playlist *playlist;
    az_list_change change;
    list = az_list_create();
    assert_int_equal(az_playlist_parse(&playlist, az_span_str(text), NULL), AIZU_OK);
    assert_int_equal(az_list_update(list, &playlist, &change), AIZU_E_PLAYLIST);
    assert_null(playlist);
    assert_null(az_list_playlist(list));
    az_list_destroy(&list);
    free(text);
}

/* ---- date ranges ---- */

#define V2_HEAD \
    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12,CAN-SKIP-DATERANGES=YES\n"
#define RANGE(id, more) "#EXT-X-DATERANGE:ID=\"" id "\",START-DATE=\"2024-01-01T00:00:00Z\"" more "\n"

static const az_date_range *find_range(const az_list *list, const char *id)
{
    const az_media_playlist *media = az_list_playlist(list);
    for (size_t i = 0; i < media->date_range_count; i++) {
        if (az_span_equal_str(media->date_ranges[i].id, id))
            return &media->date_ranges[i];
    }
    return NULL;
}

static void a_delta_merges_date_ranges_and_removes_those_it_names(void **state)
{
    (void)state;
    az_list *list = list_of_text(V2_HEAD RANGE("old", "") "#EXTINF:2,\n0\n" RANGE("gone", "")
                                     RANGE("stays", ",CLASS=\"q\"") "#EXTINF:2,\n1\n#EXTINF:2,\n2\n" RANGE(
                                         "end", ",CLASS=\"c\",X-A=\"1\",X-B=\"2\""));
    assert_int_equal(az_list_playlist(list)->date_range_count, 4);
    (void)reload(list, V2_HEAD "#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"x\tgone\told\"\n"
                               "#EXTINF:2,\n3\n" RANGE("end", ",DURATION=4,X-A=\"3\"") RANGE("new", ""));
    assert_int_equal(az_list_playlist(list)->date_range_count, 3);
    assert_null(find_range(list, "gone"));
    assert_null(find_range(list, "old"));
    assert_non_null(find_range(list, "new"));
    assert_text(find_range(list, "stays")->class_name, "q");
    const az_date_range *end = find_range(list, "end");
    assert_text(end->class_name, "c"); /* what the update does not say stays */
    assert_int_equal(end->duration, 4 * S);
    assert_text(az_attribute_find(&end->attributes, "X-A")->value, "3");
    assert_text(az_attribute_find(&end->attributes, "X-B")->value, "2");
    az_list_destroy(&list);
}

static void date_ranges_go_with_their_segments(void **state)
{
    (void)state;
    server s = {.first = 0, .count = 30, .has_date_ranges = true};
    az_list *list = az_list_create();
    for (; s.first < 40; s.first++) {
        s.skipped = s.first > 0 ? 29 : 0;
        assert_int_equal(reload_server(list, s).result, AIZU_OK);
        assert_int_equal(az_list_playlist(list)->date_range_count, 5);
        assert_non_null(find_range(list, s.first <= 24 ? "r24" : "r42"));
    }
    az_list_destroy(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_is_the_same_as_parsing_everything),
        cmocka_unit_test(what_changes_in_the_middle_is_seen),
        cmocka_unit_test(variables_with_other_values_change_what_refers_to_them),
        cmocka_unit_test(a_date_that_was_not_written_again_stays_known),
        cmocka_unit_test(a_date_that_comes_later_tells_those_before_it),
        cmocka_unit_test(errors_behind_what_is_known_name_their_line),
        cmocka_unit_test(a_restart_with_names_that_were_there_before_is_a_restart),
        cmocka_unit_test(a_restart_of_known_segments_gives_them_new_places),
        cmocka_unit_test(a_long_list_does_not_grow_while_it_slides),
        cmocka_unit_test(a_uri_that_was_cut_off_is_not_taken_for_the_whole_one),
        cmocka_unit_test(a_text_that_is_cut_off_anywhere_does_no_harm),
        cmocka_unit_test(a_delta_gives_the_same_as_the_full_playlist),
        cmocka_unit_test(a_delta_that_does_not_fit_needs_the_full_playlist),
        cmocka_unit_test(a_delta_of_another_server_needs_the_full_playlist),
        cmocka_unit_test(a_delta_with_other_variables_needs_the_full_playlist),
        cmocka_unit_test(many_tags_before_the_first_segment_take_no_longer),
        cmocka_unit_test(a_delta_without_a_list_is_stale),
        cmocka_unit_test(a_delta_merges_date_ranges_and_removes_those_it_names),
        cmocka_unit_test(date_ranges_go_with_their_segments),
    };
    return cmocka_run_group_tests_name("delta", tests, NULL, NULL);
}
