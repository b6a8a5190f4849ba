/*
 * TTML to cues: when they are, where they are, what they say, and what hostile documents cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/xml/ttml.h"

#define MS INT64_C(1000000)

#define TT                                                                                     \
    "<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" " \
    "xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" "

/* All cues, one a line: "begin-end [settings] text", times in ms. */
typedef struct output {
    char text[16384];
    size_t size, count;
} output;

static void on_cue(void *user, const az_ttml_cue *cue)
{
    output *out = user;
    char end[32] = "";
    if (cue->end != AZ_NEVER)
        snprintf(end, sizeof(end), "%lld", (long long)((cue->end + MS / 2) / MS));
    out->count++;
    int size =
        snprintf(out->text + out->size, sizeof(out->text) - out->size, "%s%lld-%s [%.*s] %.*s",
                 out->size ? "\n" : "", (long long)((cue->begin + MS / 2) / MS), end, (int)cue->settings.size,
                 (const char *)cue->settings.data, (int)cue->text.size, (const char *)cue->text.data);
    out->size = AZ_MIN(out->size + (size_t)size, sizeof(out->text) - 1);
}

static aizu_result parse(output *out, const char *document)
{
    size_t size = strlen(document);
    char *copied = malloc(size + 1); /* so that a sanitizer sees reads past the end */
    assert_non_null(copied);
    memcpy(copied, document, size);
    memset(out, 0, sizeof(*out));
    aizu_result result = az_xml_ttml_parse(az_span_make(copied, size), on_cue, out);
    free(copied);
    return result;
}

static const char *cues_of(const char *document)
{
    static output out;
    assert_int_equal(parse(&out, document), AIZU_OK);
    return out.text;
}

/* A body with paragraphs. */
static const char *body(const char *paragraphs)
{
    static char document[8192];
    snprintf(document, sizeof(document), TT "><body><div>%s</div></body></tt>", paragraphs);
    return cues_of(document);
}

/* ---- times ---- */

static void times_are_read_in_all_their_forms(void **state)
{
    (void)state;
    static const struct {
        const char *begin;
        int ms;
    } cases[] = {
        {"00:00:01", 1000},   {"01:02:03.25", 3723250}, {"00:00:01:12", 1501}, {"100:00:00", 360000000},
        {"1.5s", 1500},       {"250ms", 250},           {"2m", 120000},        {"1h", 3600000},
        {"24f", 1001},        {"120t", 2000},           {"0.5t", 8},           {"00:00:01:12.2", 1521},
        {"00:00:00.0005", 1},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        char document[1024], expected[64];
        snprintf(document, sizeof(document),
                 TT "ttp:frameRate=\"24\" ttp:frameRateMultiplier=\"1000 1001\" ttp:subFrameRate=\"4\" "
                    "ttp:tickRate=\"60\"><body><div><p begin=\"%s\">x</p></div></body></tt>",
                 cases[i].begin);
        snprintf(expected, sizeof(expected), "%d- [] x", cases[i].ms);
        assert_string_equal(cues_of(document), expected);
    }
}

static void unreadable_times_are_as_if_not_there(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "1",   "x",          "1:2", "00:00:01,5",
                                      "1.s", "-1s", "00:00:01:x", "1 s", "1S"};
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        char paragraph[256];
        snprintf(paragraph, sizeof(paragraph), "<p begin=\"%s\" end=\"2s\">x</p>", bad[i]);
        assert_string_equal(body(paragraph), "0-2000 [] x");
    }
}

static void times_count_from_the_parents_begin(void **state)
{
    (void)state;
    assert_string_equal(
        cues_of(TT "><body begin=\"10s\"><div begin=\"1s\" dur=\"5s\">"
                   "<p begin=\"1s\" end=\"2s\">a</p><p begin=\"4s\" end=\"9s\">cut by the div</p>"
                   "<p begin=\"7s\">never</p></div></body></tt>"),
        "12000-13000 [] a\n15000-16000 [] cut by the div");
}

static void the_shorter_of_end_and_dur_counts(void **state)
{
    (void)state;
    assert_string_equal(body("<p begin=\"1s\" end=\"5s\" dur=\"2s\">a</p>"), "1000-3000 [] a");
    assert_string_equal(body("<p begin=\"1s\" end=\"2s\" dur=\"9s\">a</p>"), "1000-2000 [] a");
}

static void a_sequence_plays_one_after_the_other(void **state)
{
    (void)state;
    assert_string_equal(cues_of(TT
                                "><body><div timeContainer=\"seq\"><p dur=\"1s\">a</p>"
                                "<p begin=\"500ms\" dur=\"1s\">b</p><p end=\"2s\">c</p></div></body></tt>"),
                        "0-1000 [] a\n1500-2500 [] b\n2500-4500 [] c");
    assert_string_equal(
        body("<p timeContainer=\"seq\"><span dur=\"1s\">a</span><span dur=\"1s\">b</span></p>"),
        "0-1000 [] a\n1000-2000 [] b");
}

static void spans_come_and_go_inside_a_paragraph(void **state)
{
    (void)state;
    assert_string_equal(body("<p begin=\"1s\" end=\"4s\">a <span begin=\"1s\" end=\"2s\">b</span></p>"),
                        "1000-2000 [] a\n2000-3000 [] a b\n3000-4000 [] a");
}

/* ---- intervals and regions ---- */

#define LAYOUT                                                                                         \
    "<head><layout><region xml:id=\"top\" tts:origin=\"10% 5%\" tts:extent=\"80% 20%\"/>"              \
    "<region xml:id=\"low\" tts:origin=\"10% 70%\" tts:extent=\"80% 20%\" tts:displayAlign=\"after\" " \
    "tts:textAlign=\"center\"/></layout></head>"

static void paragraphs_of_one_region_share_a_cue(void **state)
{
    (void)state;
    assert_string_equal(cues_of(TT ">" LAYOUT "<body region=\"low\"><div><p begin=\"1s\" end=\"3s\">a</p>"
                                   "<p begin=\"2s\" end=\"4s\">b</p></div></body></tt>"),
                        "1000-2000 [line:90.00%,end position:50.00%,center size:80.00% align:center] a\n"
                        "2000-3000 [line:90.00%,end position:50.00%,center size:80.00% align:center] a\nb\n"
                        "3000-4000 [line:90.00%,end position:50.00%,center size:80.00% align:center] b");
}

static void a_region_goes_on_while_another_changes(void **state)
{
    (void)state;
    assert_string_equal(cues_of(TT ">" LAYOUT "<body><div><p region=\"top\" begin=\"1s\" end=\"4s\">a</p>"
                                   "<p region=\"low\" begin=\"2s\" end=\"3s\">b</p></div></body></tt>"),
                        "1000-4000 [line:5.00%,start position:10.00%,line-left size:80.00% align:left] a\n"
                        "2000-3000 [line:90.00%,end position:50.00%,center size:80.00% align:center] b");
}

static void the_same_text_again_is_one_cue(void **state)
{
    (void)state;
    assert_string_equal(body("<p begin=\"1s\" end=\"2s\">a</p><p begin=\"2s\" end=\"3s\">a</p>"),
                        "1000-3000 [] a");
}

static void without_a_region_only_the_alignment_is_said(void **state)
{
    (void)state;
    assert_string_equal(body("<p end=\"1s\" tts:textAlign=\"right\">a</p>"), "0-1000 [align:right] a");
    assert_string_equal(body("<p end=\"1s\" region=\"nowhere\">a</p>"), "0-1000 [] a");
}

static const char *placed(const char *region)
{
    static char document[2048];
    snprintf(document, sizeof(document),
             TT "tts:extent=\"1000px 500px\" ttp:cellResolution=\"50 20\"><head><layout><region xml:id=\"r\" "
                "%s/></layout></head><body><div><p region=\"r\" tts:fontSize=\"3c\">a</p></div></body></tt>",
             region);
    const char *cue = cues_of(document);
    return cue + strlen("0- [");
}

static void regions_are_measured_in_every_unit(void **state)
{
    (void)state;
    const char *expected =
        "line:20.00%,start position:10.00%,line-left size:50.00% align:left] <c.size_225>a</c>";
    assert_string_equal(placed("tts:origin=\"10% 20%\" tts:extent=\"50% 30%\""), expected);
    assert_string_equal(placed("tts:origin=\"100px 100px\" tts:extent=\"500px 150px\""), expected);
    assert_string_equal(placed("tts:origin=\"5c 4c\" tts:extent=\"25c 6c\""), expected);
    assert_string_equal(placed("tts:origin=\"10rw 20rh\" tts:extent=\"50rw 30rh\""), expected);
    assert_string_equal(placed("tts:position=\"20% 28.5714%\" tts:extent=\"50% 30%\""), expected);
    assert_string_equal(placed("tts:position=\"left 100px top 100px\" tts:extent=\"50% 30%\""), expected);
    assert_string_equal(placed("tts:position=\"right 400px bottom 250px\" tts:extent=\"50% 30%\""), expected);
}

static void text_hangs_at_the_edge_that_the_region_says(void **state)
{
    (void)state;
    assert_string_equal(
        placed("tts:position=\"center\" tts:extent=\"50% 40%\" tts:displayAlign=\"center\" "
               "tts:textAlign=\"end\""),
        "line:50.00%,center position:75.00%,line-right size:50.00% align:right] <c.size_225>a</c>");
    assert_string_equal(placed("tts:origin=\"10% 20%\" tts:extent=\"20% 60%\" tts:writingMode=\"tbrl\""),
                        "vertical:rl line:30.00%,end position:20.00%,line-left size:60.00% align:left] "
                        "<c.size_225>a</c>");
    assert_string_equal(placed("tts:origin=\"10% 20%\" tts:extent=\"20% 60%\" tts:writingMode=\"tblr\""),
                        "vertical:lr line:10.00%,start position:20.00%,line-left size:60.00% align:left] "
                        "<c.size_225>a</c>");
    assert_string_equal(
        placed("tts:origin=\"10% 20%\" tts:extent=\"50% 60%\" tts:direction=\"rtl\""),
        "line:20.00%,start position:60.00%,line-right size:50.00% align:right] <c.size_225>a</c>");
}

static void a_region_has_times_and_changes_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(cues_of(TT "><head><layout><region xml:id=\"r\" begin=\"1s\" end=\"3s\">"
                                   "<set begin=\"1s\" tts:color=\"red\"/></region></layout></head>"
                                   "<body region=\"r\"><div><p>a</p></div></body></tt>"),
                        "1000-2000 [line:0.00%,start position:0.00%,line-left size:100.00% align:left] a\n"
                        "2000-3000 [line:0.00%,start position:0.00%,line-left size:100.00% align:left] "
                        "<c.red>a</c>");
}

/* ---- styles ---- */

static void styles_become_markup(void **state)
{
    (void)state;
    assert_string_equal(
        body(
            "<p end=\"1s\">a <span tts:fontWeight=\"bold\" tts:fontStyle=\"italic\" tts:color=\"#12345680\">b"
            "</span><span tts:textDecoration=\"underline\" tts:backgroundColor=\"black\"> c</span></p>"),
        "0-1000 [] a <c.fg_12345680><b><i>b</i></b></c><c.bg_black><u> c</u></c>");
    assert_string_equal(
        body("<p end=\"1s\" tts:color=\"rgb(0,255,0)\">a <span tts:color=\"rgba(1, 2, 3, 255)\">b"
             "</span></p>"),
        "0-1000 [] <c.lime>a </c><c.fg_010203>b</c>");
    assert_string_equal(body("<p end=\"1s\" tts:fontSize=\"200%\">a <span tts:fontSize=\"50%\">b</span></p>"),
                        "0-1000 [] <c.size_200>a </c>b");
    assert_string_equal(body("<p end=\"1s\" tts:opacity=\"0.5\" tts:backgroundColor=\"blue\">a</p>"),
                        "0-1000 [] <c.fg_FFFFFF80.bg_0000FF80>a</c>");
}

static void styles_are_referred_to_nested_and_inherited(void **state)
{
    (void)state;
    assert_string_equal(
        cues_of(TT "><head><styling><initial tts:color=\"yellow\"/><style xml:id=\"late\" style=\"base\" "
                   "tts:fontStyle=\"italic\"/><style xml:id=\"base\" tts:color=\"red\"/></styling><layout>"
                   "<region xml:id=\"r\"><style tts:fontWeight=\"bold\"/></region></layout></head>"
                   "<body><div><p end=\"1s\" style=\"late nothing\">a<span tts:color=\"lime\">b</span></p>"
                   "<p begin=\"1s\" end=\"2s\" region=\"r\">c</p></div></body></tt>"),
        "0-1000 [] <c.red><i>a</i></c><c.lime><i>b</i></c>\n"
        "1000-2000 [line:0.00%,start position:0.00%,line-left size:100.00% align:left] "
        "<c.yellow><b>c</b></c>");
}

static void styles_that_name_each_other_come_to_an_end(void **state)
{
    (void)state;
    assert_string_equal(
        cues_of(TT "><head><styling><style xml:id=\"a\" style=\"b\" tts:color=\"red\"/><style xml:id=\"b\" "
                   "style=\"a b\" tts:fontStyle=\"italic\"/></styling></head>"
                   "<body><div><p end=\"1s\" style=\"a\">x</p></div></body></tt>"),
        "0-1000 [] <c.red><i>x</i></c>");
}

static void what_is_hidden_is_not_said(void **state)
{
    (void)state;
    assert_string_equal(body("<p end=\"1s\" tts:display=\"none\">a</p>"
                             "<p end=\"1s\">b<span tts:visibility=\"hidden\">c</span></p>"
                             "<p end=\"1s\" tts:opacity=\"0\">d</p>"),
                        "0-1000 [] b");
    assert_string_equal(body("<p end=\"2s\"><set begin=\"1s\" tts:visibility=\"hidden\"/>a</p>"),
                        "0-1000 [] a");
}

static void ruby_is_grouped(void **state)
{
    (void)state;
    assert_string_equal(
        body("<p end=\"1s\">see <span tts:ruby=\"container\"> <span tts:ruby=\"base\">a</span>\n "
             "<span tts:ruby=\"delimiter\">(</span><span tts:ruby=\"text\">b</span></span> c</p>"),
        "0-1000 [] see <ruby>a<rt>b</rt></ruby> c");
    assert_string_equal(
        body("<p end=\"1s\"><span tts:ruby=\"container\"><span tts:ruby=\"baseContainer\"><span "
             "tts:ruby=\"base\">a"
             "</span><span tts:ruby=\"base\">b</span></span><span tts:ruby=\"textContainer\"><span "
             "tts:ruby=\"text\">1</span><span tts:ruby=\"text\">2</span></span></span></p>"),
        "0-1000 [] <ruby>ab<rt>12</rt></ruby>");
}

/* ---- text ---- */

static void white_space_is_collapsed_or_kept(void **state)
{
    (void)state;
    assert_string_equal(body("<p end=\"1s\">\n  a \n <span> b</span> <br/>  c\t</p>"), "0-1000 [] a b\nc");
    assert_string_equal(body("<p end=\"1s\" xml:space=\"preserve\"> a  b\nc</p>"), "0-1000 []  a  b\nc");
}

static void text_is_escaped(void **state)
{
    (void)state;
    assert_string_equal(body("<p end=\"1s\">a &lt; b &amp;amp; <![CDATA[<i>]]> &#x3042;</p>"),
                        "0-1000 [] a &lt; b &amp;amp; &lt;i&gt; \xE3\x81\x82");
}

static void languages_are_marked_where_they_change(void **state)
{
    (void)state;
    assert_string_equal(
        cues_of(TT "xml:lang=\"en\"><body><div><p end=\"1s\" xml:lang=\"ja\">a</p></div></body></tt>"),
        "0-1000 [] <lang ja>a</lang>");
}

static void elements_of_others_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(
        body("<metadata><p>m</p></metadata><p end=\"1s\" xmlns:x=\"urn:x\">a<x:b>c</x:b><metadata>d"
             "</metadata></p>"),
        "0-1000 [] a");
}

static void the_drafts_are_read_too(void **state)
{
    (void)state;
    assert_string_equal(cues_of("<tt xmlns=\"http://www.w3.org/2006/10/ttaf1\" "
                                "xmlns:s=\"http://www.w3.org/2006/10/ttaf1#style\"><body><div>"
                                "<p begin=\"1s\" end=\"2s\" s:color=\"red\">a</p></div></body></tt>"),
                        "1000-2000 [] <c.red>a</c>");
}

/* ---- what is refused ---- */

static void what_is_no_ttml_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x",
        "<",
        "<tt/>",
        "<html xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        TT "><body>",
        TT "></tt>x",
        TT "><body><div><p end=\"1s\">&undeclared;</p></div></body></tt>",
        "WEBVTT\n",
    };
    output out;
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        assert_int_equal(parse(&out, bad[i]), AIZU_E_MEDIA);
        assert_int_equal(out.count, 0);
    }
}

static void document_types_and_entities_are_refused(void **state)
{
    (void)state;
    output out;
    assert_int_equal(parse(&out, "<!DOCTYPE tt [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>" TT
                                 "><body><div><p end=\"1s\">&b;</p></div></body></tt>"),
                     AIZU_E_MEDIA);
    assert_int_equal(parse(&out, "<!DOCTYPE tt SYSTEM \"file:///etc/passwd\">" TT "><body/></tt>"),
                     AIZU_E_MEDIA);
}

static void pictures_are_reported(void **state)
{
    (void)state;
    output out;
    assert_int_equal(parse(&out,
                           TT "xmlns:smpte=\"http://www.smpte-ra.org/schemas/2052-1/2010/smpte-tt\"><body>"
                              "<div begin=\"1s\" end=\"2s\" smpte:backgroundImage=\"#i\"/></body></tt>"),
                     AIZU_E_UNSUPPORTED);
    assert_int_equal(parse(&out, TT "><body><div end=\"2s\"><image src=\"a.png\"/></div></body></tt>"),
                     AIZU_E_UNSUPPORTED);
}

static void an_empty_document_says_nothing(void **state)
{
    (void)state;
    assert_string_equal(cues_of(TT "/>"), "");
    assert_string_equal(cues_of(TT "><body/></tt>"), "");
    assert_string_equal(body("<p end=\"1s\"> </p><p begin=\"2s\" end=\"1s\">x</p><p end=\"1s\"><br/></p>"),
                        "");
}

/* ---- limits ---- */

static char *repeat(const char *before, const char *unit, size_t count, const char *after)
{
    size_t size = strlen(before) + count * strlen(unit) + strlen(after) + 1, at = strlen(before);
    char *text = malloc(size);
    assert_non_null(text);
    memcpy(text, before, at);
    for (size_t i = 0; i < count; i++, at += strlen(unit))
        memcpy(text + at, unit, strlen(unit));
    memcpy(text + at, after, strlen(after) + 1);
    return text;
}

static void check_limit(const char *before, const char *unit, size_t count, const char *after)
{
    output out;
    char *text = repeat(before, unit, count, after);
    assert_int_equal(parse(&out, text), AIZU_E_LIMIT);
    assert_int_equal(out.count, 0);
    free(text);
}

static void documents_past_a_limit_are_refused(void **state)
{
    (void)state;
    check_limit(TT "><body><div>", "<p/>", AZ_TTML_NODES_MAX, "</div></body></tt>");
    check_limit(TT "><body>", "<div>", AZ_TTML_DEPTH_MAX, "");
    check_limit(TT "><head><layout>", "<region/>", AZ_TTML_REGIONS_MAX + 1, "</layout></head></tt>");
    check_limit(TT "><head><styling>", "<style xml:id=\"a\"/>", AZ_TTML_STYLES_MAX + 1,
                "</styling></head></tt>");
    check_limit(TT "><body>", "                                ", 1 << 18, "</body></tt>");
    /* everything at once, and something else at each moment */
    char *paragraphs = malloc(1 << 22);
    assert_non_null(paragraphs);
    size_t size = (size_t)snprintf(paragraphs, 1 << 22, TT "><body><div>");
    for (unsigned i = 0; i < 20000; i++)
        size += (size_t)snprintf(paragraphs + size, (1 << 22) - size, "<p begin=\"%us\">x</p>", i);
    snprintf(paragraphs + size, (1 << 22) - size, "</div></body></tt>");
    output out;
    assert_int_equal(parse(&out, paragraphs), AIZU_E_LIMIT);
    free(paragraphs);
}

/* A time at which something changes for each unit, and much that has to be looked at again each time. */
static void check_hostile(const char *head, const char *before, const char *unit, const char *after)
{
    char *text = repeat(head, "", 0, before);
    char *units = repeat(text, unit, 30000, after);
    free(text);
    /* each "####" becomes a number */
    unsigned number = 0;
    for (char *at = units; *at; at++) {
        if (*at != '#')
            continue;
        for (unsigned i = 0, rest = number++; i < 4; i++, rest /= 10)
            *at++ = (char)('0' + rest % 10);
    }
    output out;
    assert_int_equal(parse(&out, units), AIZU_E_LIMIT);
    free(units);
}

static void work_that_multiplies_is_refused_early(void **state)
{
    (void)state;
    static char blanks[1 << 20], refs[512], head[4096];
    memset(blanks, ' ', sizeof(blanks) - 1);
    char *before = repeat(TT "><body><div><p>x", blanks, 1, "");
    check_hostile(before, "", "<span begin=\"####ms\">y</span>", "</p></div></body></tt>");
    free(before);
    for (size_t i = 0; i < 60; i++)
        memcpy(refs + 3 * i, "s1 ", 4);
    snprintf(head, sizeof(head),
             TT
             "><head><styling><style xml:id=\"s1\" tts:color=\"red\" tts:fontSize=\"10%%\"/></styling></head>"
             "<body style=\"%s\"><div style=\"%s\"><p style=\"%s\">",
             refs, refs, refs);
    check_hostile(head, "", "<span begin=\"####ms\">y</span>", "</p></div></body></tt>");
}

static void a_long_programme_is_well_below_the_limits(void **state)
{
    (void)state;
    char *paragraphs = malloc(1 << 22);
    assert_non_null(paragraphs);
    size_t size = (size_t)snprintf(paragraphs, 1 << 22, TT "><body><div>");
    for (unsigned i = 0; i < 20000; i++)
        size += (size_t)snprintf(paragraphs + size, (1 << 22) - size,
                                 "<p begin=\"%us\" end=\"%us\"><span tts:color=\"red\">number %u</span></p>",
                                 i, i + 1, i);
    snprintf(paragraphs + size, (1 << 22) - size, "</div></body></tt>");
    output out;
    assert_int_equal(parse(&out, paragraphs), AIZU_OK);
    assert_int_equal(out.count, 20000);
    free(paragraphs);
}

static void a_long_cue_is_cut(void **state)
{
    (void)state;
    output out;
    char *text =
        repeat(TT "><body><div><p end=\"1s\">", "<span>word </span>", 10000, "</p></div></body></tt>");
    assert_int_equal(parse(&out, text), AIZU_OK);
    assert_int_equal(out.count, 1);
    free(text);
}

static void a_document_may_be_cut_anywhere(void **state)
{
    (void)state;
    const char *text =
        TT "><head><styling><style xml:id=\"a\" tts:color=\"red\"/></styling></head><body><div>"
           "<p begin=\"1s\" style=\"a\">x<br/><span>&#x3042;</span></p></div></body></tt>";
    char copied[1024];
    output out;
    for (size_t size = 0; size < strlen(text); size++) {
        snprintf(copied, sizeof(copied), "%.*s", (int)size, text);
        assert_int_equal(parse(&out, copied), AIZU_E_MEDIA);
        assert_int_equal(out.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_in_all_their_forms),
        cmocka_unit_test(unreadable_times_are_as_if_not_there),
        cmocka_unit_test(times_count_from_the_parents_begin),
        cmocka_unit_test(the_shorter_of_end_and_dur_counts),
        cmocka_unit_test(a_sequence_plays_one_after_the_other),
        cmocka_unit_test(spans_come_and_go_inside_a_paragraph),
        cmocka_unit_test(paragraphs_of_one_region_share_a_cue),
        cmocka_unit_test(a_region_goes_on_while_another_changes),
        cmocka_unit_test(the_same_text_again_is_one_cue),
        cmocka_unit_test(without_a_region_only_the_alignment_is_said),
        cmocka_unit_test(regions_are_measured_in_every_unit),
        cmocka_unit_test(text_hangs_at_the_edge_that_the_region_says),
        cmocka_unit_test(a_region_has_times_and_changes_of_its_own),
        cmocka_unit_test(styles_become_markup),
        cmocka_unit_test(styles_are_referred_to_nested_and_inherited),
        cmocka_unit_test(styles_that_name_each_other_come_to_an_end),
        cmocka_unit_test(what_is_hidden_is_not_said),
        cmocka_unit_test(ruby_is_grouped),
        cmocka_unit_test(white_space_is_collapsed_or_kept),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(languages_are_marked_where_they_change),
        cmocka_unit_test(elements_of_others_are_left_out),
        cmocka_unit_test(the_drafts_are_read_too),
        cmocka_unit_test(what_is_no_ttml_is_refused),
        cmocka_unit_test(document_types_and_entities_are_refused),
        cmocka_unit_test(pictures_are_reported),
        cmocka_unit_test(an_empty_document_says_nothing),
        cmocka_unit_test(documents_past_a_limit_are_refused),
        cmocka_unit_test(work_that_multiplies_is_refused_early),
        cmocka_unit_test(a_long_programme_is_well_below_the_limits),
        cmocka_unit_test(a_long_cue_is_cut),
        cmocka_unit_test(a_document_may_be_cut_anywhere),
    };
    return cmocka_run_group_tests_name("ttml", tests, NULL, NULL);
}
