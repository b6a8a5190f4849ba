/*
 * WebVTT segments and samples: which cues come out, with which times, settings and text. Each document is
 * also fed byte by byte and in random pieces, and must give the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "demux/webvtt.h"

#define CUES_MAX 64

typedef struct seen_cue {
    int64_t begin, end;
    uint32_t timescale;
    unsigned counter_bits;
    char id[64], settings[256], text[256];
    size_t text_size;
} seen_cue;

typedef struct seen {
    seen_cue cues[CUES_MAX];
    size_t count;
    uint64_t hash;
    size_t told; /* troubles */
} seen;

static void copy(char *out, size_t size, az_span text)
{
    size_t count = AZ_MIN(text.size, size - 1);
    if (count > 0)
        memcpy(out, text.data, count);
    out[count] = 0;
}

static void on_text(void *user, const az_text_sample *text)
{
    seen *s = user;
    int64_t fields[] = {text->begin, text->end, text->timescale, text->counter_bits};
    s->hash = az_hash(s->hash, fields, sizeof(fields));
    s->hash = az_hash(s->hash, text->id.data, text->id.size);
    s->hash = az_hash(s->hash, text->settings.data, text->settings.size);
    s->hash = az_hash(s->hash, text->data.data, text->data.size);
    assert_int_equal(text->codec, AZ_CODEC_WEBVTT);
    if (s->count == CUES_MAX)
        return;
    seen_cue *cue = &s->cues[s->count++];
    cue->begin = text->begin;
    cue->end = text->end;
    cue->timescale = text->timescale;
    cue->counter_bits = text->counter_bits;
    cue->text_size = text->data.size;
    copy(cue->id, sizeof(cue->id), text->id);
    copy(cue->settings, sizeof(cue->settings), text->settings);
    copy(cue->text, sizeof(cue->text), az_slice_span(text->data));
}

static void on_trouble(void *user, az_demux_trouble trouble, uint64_t offset)
{
    (void)trouble;
    (void)offset;
    ((seen *)user)->told++;
}

static az_webvtt *create(seen *s)
{
    memset(s, 0, sizeof(*s));
    s->hash = AZ_HASH_SEED;
    az_demux_sink sink = {.user = s, .text = on_text, .trouble = on_trouble};
    az_webvtt *vtt = az_webvtt_create(&sink);
    assert_non_null(vtt);
    return vtt;
}

/* In pieces of 1 to piece_max bytes, 0: whole. */
static aizu_result parse_in(seen *s, az_span text, size_t piece_max)
{
    az_webvtt *vtt = create(s);
    az_random random;
    az_random_init(&random, piece_max);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < text.size && !result;) {
        size_t count = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : text.size;
        result = az_webvtt_feed(vtt, az_span_sub(text, pos, count));
        pos += count;
    }
    aizu_result finished = az_webvtt_finish(vtt);
    az_webvtt_destroy(&vtt);
    return result ? result : finished;
}

static aizu_result parse_span(seen *s, az_span text)
{
    static seen other;
    aizu_result result = parse_in(s, text, 0);
    for (size_t piece = 1; piece < 20; piece += 6) {
        assert_int_equal(parse_in(&other, text, piece), result);
        if (result == AIZU_OK)
            assert_true(other.hash == s->hash);
    }
    return result;
}

static aizu_result parse(seen *s, const char *text)
{
    return parse_span(s, az_span_str(text));
}

static void check(const seen *s, size_t i, int64_t begin, int64_t end, const char *text)
{
    assert_true(i < s->count);
    assert_int_equal(s->cues[i].begin, begin);
    assert_int_equal(s->cues[i].end, end);
    assert_string_equal(s->cues[i].text, text);
}

/* ---- the file ---- */

static void cues_come_out_with_their_times_ids_and_settings(void **state)
{
    (void)state;
    seen s;
    assert_int_equal(parse(&s,
                           "WEBVTT - a title\nKind: captions\n\n"
                           "00:11.000 --> 00:13.000 vertical:rl\n<v Roger Bingham>We are in New York City\n\n"
                           "second\n1:00:13.500 --> 100:00:16.000\nTwo\nlines\n\n\n"
                           "00:00:20.000\t-->\t00:00:22.000 align:start  line:0\n\n"),
                     AIZU_OK);
    assert_int_equal(s.count, 3);
    check(&s, 0, 11000, 13000, "<v Roger Bingham>We are in New York City");
    assert_string_equal(s.cues[0].settings, "vertical:rl");
    assert_int_equal(s.cues[0].timescale, 1000);
    assert_int_equal(s.cues[0].counter_bits, 0);
    check(&s, 1, 3613500, 360016000, "Two\nlines");
    assert_string_equal(s.cues[1].id, "second");
    assert_string_equal(s.cues[1].settings, "");
    check(&s, 2, 20000, 22000, "");
    assert_string_equal(s.cues[2].id, "");
    assert_string_equal(s.cues[2].settings, "align:start  line:0");
    assert_int_equal(s.told, 0);
}

static void the_last_cue_needs_no_line_end(void **state)
{
    (void)state;
    seen s;
    assert_int_equal(parse(&s, "WEBVTT\n\n00:01.000 --> 00:02.000\nend"), AIZU_OK);
    assert_int_equal(s.count, 1);
    check(&s, 0, 1000, 2000, "end");
}

static void line_ends_are_of_any_kind(void **state)
{
    (void)state;
    seen s;
    assert_int_equal(parse(&s, "\xEF\xBB\xBFWEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\na\r\nb\r\n\r\n"
                               "00:03.000 --> 00:04.000\rc\rd\r\r00:05.000 --> 00:06.000\ne\r"),
                     AIZU_OK);
    assert_int_equal(s.count, 3);
    check(&s, 0, 1000, 2000, "a\nb");
    check(&s, 1, 3000, 4000, "c\nd");
    check(&s, 2, 5000, 6000, "e");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    seen s;
    const char text[] = "WEBVTT\n\n00:01.000 --> 00:02.000\na\0b\xFF \xE3\x81\x82 \xED\xA0\x80";
    assert_int_equal(parse_span(&s, az_span_make(text, sizeof(text) - 1)), AIZU_OK);
    check(&s, 0, 1000, 2000,
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD \xE3\x81\x82 \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void what_is_not_webvtt_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\nWEBVTT\n",
                                      "WEBVT\n",
                                      "WEBVTTX\n\n00:01.000 --> 00:02.000\nx",
                                      "webvtt\n",
                                      "<?xml version=\"1.0\"?>",
                                      " WEBVTT\n"};
    seen s;
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        assert_int_equal(parse(&s, bad[i]), AIZU_E_MEDIA);
        assert_int_equal(s.count, 0);
    }
    assert_int_equal(parse(&s, ""), AIZU_OK); /* nobody speaks in it */
    assert_int_equal(parse(&s, "WEBVTT"), AIZU_OK);
    assert_int_equal(parse(&s, "WEBVTT\ttabbed"), AIZU_OK);
}

static void a_refused_segment_does_not_spoil_the_next(void **state)
{
    (void)state;
    seen s;
    az_webvtt *vtt = create(&s);
    assert_int_equal(az_webvtt_feed(vtt, az_span_str("no\n")), AIZU_E_MEDIA);
    assert_int_equal(az_webvtt_feed(vtt, az_span_str("WEBVTT\n")), AIZU_E_MEDIA);
    az_webvtt_reset(vtt);
    assert_int_equal(az_webvtt_feed(vtt, az_span_str("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00.000,MPEGTS:90\n\n"
                                                     "00:01.000 --> 00:02.000\nfirst")),
                     AIZU_OK);
    assert_int_equal(az_webvtt_finish(vtt), AIZU_OK);
    assert_int_equal(az_webvtt_feed(vtt, az_span_str("WEBVTT\n\n00:01.000 --> 00:02.000\nsecond\n\n")),
                     AIZU_OK);
    assert_int_equal(s.count, 2); /* complete, and given out before the end */
    check(&s, 0, 90090, 180090, "first");
    check(&s, 1, 1000, 2000, "second"); /* without the map of the segment before */
    az_webvtt_destroy(&vtt);
    assert_null(vtt);
}

/* ---- times ---- */

static void the_timestamp_map_stands_in_either_order(void **state)
{
    (void)state;
    static const char *const maps[] = {
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n",
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n",
        "WEBVTT\nKind: captions\nX-TIMESTAMP-MAP=LOCAL:00:10.000, MPEGTS:1800000\nLanguage: en\n\n",
        "WEBVTT\n\nX-TIMESTAMP-MAP=LOCAL:00:00.000,MPEGTS:9223372036855675808\n\n", /* 2^63 + 900000 */
    };
    seen s;
    for (size_t i = 0; i < AZ_COUNT(maps); i++) {
        char text[256];
        snprintf(text, sizeof(text), "%s00:01.000 --> 00:02.001\nx\n", maps[i]);
        assert_int_equal(parse(&s, text), AIZU_OK);
        assert_int_equal(s.count, 1);
        check(&s, 0, 990000, 1080090, "x");
        assert_int_equal(s.cues[0].timescale, 90000);
        assert_int_equal(s.cues[0].counter_bits, 33);
    }
}

static void mapped_times_wrap_at_33_bits(void **state)
{
    (void)state;
    seen s;
    assert_int_equal(parse(&s, "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:10.000,MPEGTS:8589934591\n\n"
                               "00:10.000 --> 00:11.000\nx\n\n00:00.000 --> 00:01.000\ny\n"),
                     AIZU_OK);
    check(&s, 0, INT64_C(8589934591), 89999, "x");
    check(&s, 1, INT64_C(8589934591) - 900000, INT64_C(8589934591) - 810000, "y");
}

static void a_broken_timestamp_map_is_trouble_and_no_map(void **state)
{
    (void)state;
    static const char *const bad[] = {"MPEGTS:1", "LOCAL:00:00.000",      "MPEGTS:x,LOCAL:00:00.000",
                                      "",         "MPEGTS:1,LOCAL:00:00", "MPEGTS:1,LOCAL:00:00.000,",
                                      "FOO:1"};
    seen s;
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        char text[256];
        snprintf(text, sizeof(text), "WEBVTT\nX-TIMESTAMP-MAP=%s\n\n00:01.000 --> 00:02.000\nx\n", bad[i]);
        az_webvtt *vtt = create(&s);
        assert_int_equal(az_webvtt_feed(vtt, az_span_str(text)), AIZU_OK);
        assert_int_equal(az_webvtt_finish(vtt), AIZU_OK);
        assert_int_equal(az_webvtt_troubles(vtt, AZ_DEMUX_BAD_TEXT), 1);
        az_webvtt_destroy(&vtt);
        check(&s, 0, 1000, 2000, "x");
        assert_int_equal(s.cues[0].counter_bits, 0);
    }
}

static void unreadable_times_cost_their_cue_and_no_other(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "00:01.000 --> 00:02,000",
        "00:01.00 --> 00:02.000",
        "0:01.000 --> 00:02.000",
        "00:60.000 --> 00:61.000",
        "00:01.000 -- > 00:02.000-->",
        "--> 00:02.000",
        "00:60:00.000 --> 01:61:00.000",
        "00:02.000 --> 00:02.000",
        "00:03.000 --> 00:02.000",
        "99999999999:00:00.000 --> 99999999999:00:01.000",
        "00:01.000 -->",
        "00:01.0000 --> 00:02.000",
        "00:1.000 --> 00:02.000",
        "01.000 --> 02.000",
    };
    seen s;
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        char text[256];
        snprintf(text, sizeof(text), "WEBVTT\n\nid\n%s\ntext\n\n00:01.000 --> 00:02.000\ngood\n", bad[i]);
        assert_int_equal(parse(&s, text), AIZU_OK);
        assert_int_equal(s.count, 1);
        check(&s, 0, 1000, 2000, "good");
    }
}

/* ---- blocks ---- */

static void comments_styles_and_regions_are_no_cues(void **state)
{
    (void)state;
    seen s;
    assert_int_equal(parse(&s, "WEBVTT\n\nNOTE a comment\nof two lines\n\nSTYLE\n::cue { color: red }\n\n"
                               "REGION\nid:bottom\nwidth:40%\n\nNOTE\n\n00:01.000 --> 00:02.000\nx\n\n"
                               "NOTE between\n\nSTYLE\nnot a style any more\n\n00:03.000 --> 00:04.000\ny"),
                     AIZU_OK);
    assert_int_equal(s.count, 2);
    check(&s, 0, 1000, 2000, "x");
    check(&s, 1, 3000, 4000, "y");
    assert_int_equal(s.told, 0);
}

static void an_arrow_begins_a_cue_wherever_it_stands(void **state)
{
    (void)state;
    seen s;
    assert_int_equal(parse(&s, "WEBVTT\n00:01.000 --> 00:02.000\nno blank line after the header\n"
                               "00:03.000 --> 00:04.000\nno blank line between\nid of nobody\n\n"
                               "one\ntwo\n00:05.000 --> 00:06.000\nafter two lines\n"),
                     AIZU_OK);
    assert_int_equal(s.count, 3);
    check(&s, 0, 1000, 2000, "no blank line after the header");
    check(&s, 1, 3000, 4000, "no blank line between\nid of nobody");
    check(&s, 2, 5000, 6000, "after two lines");
    assert_string_equal(s.cues[2].id, "");
}

static void a_region_becomes_settings(void **state)
{
    (void)state;
    seen s;
    assert_int_equal(parse(&s, "WEBVTT\n\nREGION\nid:fred width:40% lines:3\nregionanchor:0%,100%\n"
                               "viewportanchor:10%,90% scroll:up\n\n"
                               "00:01.000 --> 00:02.000 region:fred align:left\nx\n\n"
                               "00:01.000 --> 00:02.000 region:fred\nx\n\n"
                               "00:01.000 --> 00:02.000 region:fred position:25%,center\nx\n\n"
                               "00:01.000 --> 00:02.000 region:fred line:0\nplaces itself\n\n"
                               "00:01.000 --> 00:02.000 region:nobody\nx\n\n"),
                     AIZU_OK);
    assert_string_equal(s.cues[0].settings, "line:90.000%,end position:10.000% size:40.000% align:left");
    assert_string_equal(s.cues[1].settings, "line:90.000%,end position:30.000% size:40.000%");
    assert_string_equal(s.cues[2].settings, "line:90.000%,end position:20.000%,center size:40.000%");
    assert_string_equal(s.cues[3].settings, "region:fred line:0");
    assert_string_equal(s.cues[4].settings, "region:nobody");
}

/* ---- limits ---- */

static void add(char **out, size_t *size, const char *text, size_t times)
{
    size_t length = strlen(text);
    *out = realloc(*out, *size + length * times);
    assert_non_null(*out);
    for (size_t i = 0; i < times; i++, *size += length)
        memcpy(*out + *size, text, length);
}

static void a_block_past_its_limit_is_dropped_alone(void **state)
{
    (void)state;
    static const char *const fillers[] = {"x", "line\n", "\xFF"};
    seen s;
    for (size_t i = 0; i < AZ_COUNT(fillers); i++) {
        char *text = NULL;
        size_t size = 0;
        add(&text, &size, "WEBVTT\n\n00:01.000 --> 00:02.000\n", 1);
        add(&text, &size, fillers[i], AZ_WEBVTT_BLOCK_MAX);
        add(&text, &size, "\nmore\n\nid\n00:03.000 --> 00:04.000\ngood\n", 1);
        assert_int_equal(parse_span(&s, az_span_make(text, size)), AIZU_OK);
        assert_int_equal(s.count, 1);
        check(&s, 0, 3000, 4000, "good");
        assert_true(s.told > 0);
        free(text);
    }
}

static void only_so_many_regions_are_kept(void **state)
{
    (void)state;
    seen s;
    char *text = NULL;
    size_t size = 0;
    add(&text, &size, "WEBVTT\n\n", 1);
    for (unsigned i = 0; i < AZ_WEBVTT_REGIONS_MAX + 1; i++) {
        char region[64];
        snprintf(region, sizeof(region), "REGION\nid:r%u\n\n", i);
        add(&text, &size, region, 1);
    }
    add(&text, &size, "00:01.000 --> 00:02.000 region:r63\nx\n\n00:01.000 --> 00:02.000 region:r64\nx\n", 1);
    assert_int_equal(parse_span(&s, az_span_make(text, size)), AIZU_OK);
    free(text);
    assert_int_equal(s.count, 2);
    assert_string_equal(s.cues[0].settings, "line:100.000%,end position:50.000% size:100.000%");
    assert_string_equal(s.cues[1].settings, "region:r64");
    assert_int_equal(s.told, 1);
}

static void settings_past_their_limit_are_left_out(void **state)
{
    (void)state;
    seen s;
    char *text = NULL;
    size_t size = 0;
    add(&text, &size, "WEBVTT\n\n00:01.000 --> 00:02.000 ", 1);
    add(&text, &size, "align:start ", 100);
    add(&text, &size, "\nx\n", 1);
    assert_int_equal(parse_span(&s, az_span_make(text, size)), AIZU_OK);
    free(text);
    check(&s, 0, 1000, 2000, "x");
    assert_string_equal(s.cues[0].settings, "");
}

static void a_document_may_end_anywhere(void **state)
{
    (void)state;
    const char *text =
        "\xEF\xBB\xBFWEBVTT x\r\nX-TIMESTAMP-MAP=MPEGTS:9000,LOCAL:00:00.000\r\n\r\nREGION\r\nid:a\r\n\r\n"
        "id\r\n00:01.000 --> 00:02.000 region:a\r\n\xE3\x81\x82\r\n\r\nNOTE x\r\n\r\n"
        "00:03.000 --> 00:04.000\r\nlast";
    for (size_t size = 0; size <= strlen(text); size++) {
        seen s;
        aizu_result result = parse_span(&s, az_span_make(text, size));
        assert_int_equal(result, size > 0 && size < 9 ? AIZU_E_MEDIA : AIZU_OK);
    }
}

/* ---- fMP4 ---- */

typedef struct boxes {
    uint8_t data[512];
    size_t size;
} boxes;

static size_t begin_box(boxes *b, const char *type)
{
    size_t at = b->size;
    memset(b->data + at, 0, 4);
    memcpy(b->data + at + 4, type, 4);
    b->size += 8;
    return at;
}

static void end_box(boxes *b, size_t at)
{
    size_t size = b->size - at;
    b->data[at + 2] = (uint8_t)(size >> 8);
    b->data[at + 3] = (uint8_t)size;
}

static void put_box(boxes *b, const char *type, const char *text)
{
    size_t at = begin_box(b, type);
    memcpy(b->data + b->size, text, strlen(text));
    b->size += strlen(text);
    end_box(b, at);
}

static bool read_boxes(seen *s, const uint8_t *data, size_t size)
{
    memset(s, 0, sizeof(*s));
    s->hash = AZ_HASH_SEED;
    az_demux_sink sink = {.user = s, .text = on_text};
    az_text_sample frame = {.track = 3, .timescale = 1000, .begin = 5000, .end = 7000};
    uint8_t *copied = malloc(AZ_MAX(size, 1)); /* so that a sanitizer sees reads past the end */
    assert_non_null(copied);
    memcpy(copied, data, size);
    bool is_good = az_webvtt_sample(&sink, &frame, az_span_make(copied, size));
    free(copied);
    return is_good;
}

static void a_sample_gives_its_cues(void **state)
{
    (void)state;
    boxes b = {.size = 0};
    size_t at = begin_box(&b, "vttc");
    put_box(&b, "vsid", "\1\2\3\4");
    put_box(&b, "iden", "one");
    put_box(&b, "ctim", "00:00:05.000");
    put_box(&b, "sttg", "align:left\n");
    put_box(&b, "payl", "Hello <i>there</i>");
    end_box(&b, at);
    put_box(&b, "vtta", "a comment");
    at = begin_box(&b, "vttc");
    put_box(&b, "payl", "two\xFF");
    end_box(&b, at);
    seen s;
    assert_true(read_boxes(&s, b.data, b.size));
    assert_int_equal(s.count, 2);
    check(&s, 0, 5000, 7000, "Hello <i>there</i>");
    assert_string_equal(s.cues[0].id, "one");
    assert_string_equal(s.cues[0].settings, "align:left");
    check(&s, 1, 5000, 7000, "two\xEF\xBF\xBD");
    assert_string_equal(s.cues[1].id, "");
    for (size_t size = 0; size < b.size; size++) /* at the ends of boxes it is right */
        (void)read_boxes(&s, b.data, size);
}

static void an_empty_sample_gives_none(void **state)
{
    (void)state;
    seen s;
    boxes b = {.size = 0};
    put_box(&b, "vtte", "");
    assert_true(read_boxes(&s, b.data, b.size));
    assert_int_equal(s.count, 0);
    assert_true(read_boxes(&s, b.data, 0));
}

static void a_sample_of_broken_boxes_is_refused(void **state)
{
    (void)state;
    seen s;
    static const uint8_t bad[][16] = {
        {0, 0, 0, 4, 'v', 't', 't', 'c'},
        {0, 0, 0, 17, 'v', 't', 't', 'c'},
        {0xFF, 0xFF, 0xFF, 0xFF, 'v', 't', 't', 'c'},
        {0, 0, 0, 1, 'v', 't', 't', 'c', 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
        {0, 0, 0, 16, 'v', 't', 't', 'c', 0, 0, 0, 9, 'p', 'a', 'y', 'l'},
    };
    for (size_t i = 0; i < AZ_COUNT(bad); i++)
        assert_false(read_boxes(&s, bad[i], sizeof(bad[i])));
    assert_int_equal(s.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cues_come_out_with_their_times_ids_and_settings),
        cmocka_unit_test(the_last_cue_needs_no_line_end),
        cmocka_unit_test(line_ends_are_of_any_kind),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(what_is_not_webvtt_is_refused),
        cmocka_unit_test(a_refused_segment_does_not_spoil_the_next),
        cmocka_unit_test(the_timestamp_map_stands_in_either_order),
        cmocka_unit_test(mapped_times_wrap_at_33_bits),
        cmocka_unit_test(a_broken_timestamp_map_is_trouble_and_no_map),
        cmocka_unit_test(unreadable_times_cost_their_cue_and_no_other),
        cmocka_unit_test(comments_styles_and_regions_are_no_cues),
        cmocka_unit_test(an_arrow_begins_a_cue_wherever_it_stands),
        cmocka_unit_test(a_region_becomes_settings),
        cmocka_unit_test(a_block_past_its_limit_is_dropped_alone),
        cmocka_unit_test(only_so_many_regions_are_kept),
        cmocka_unit_test(settings_past_their_limit_are_left_out),
        cmocka_unit_test(a_document_may_end_anywhere),
        cmocka_unit_test(a_sample_gives_its_cues),
        cmocka_unit_test(an_empty_sample_gives_none),
        cmocka_unit_test(a_sample_of_broken_boxes_is_refused),
    };
    return cmocka_run_group_tests_name("webvtt", tests, NULL, NULL);
}
