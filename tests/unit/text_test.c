/*
 * The text cue model: markup to runs, settings with their defaults, plain text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cue/text.h"

/* Runs as one line: "text" or "text{b i u ruby fg bg size}", separated by "|". */
static const char *runs_of(const char *markup)
{
    static char out[4096];
    az_text_run *runs;
    size_t count, size = 0;
    char *copied = malloc(strlen(markup) + 1); /* so that a sanitizer sees reads past the end */
    assert_non_null(copied);
    memcpy(copied, markup, strlen(markup));
    assert_int_equal(az_text_parse(&runs, &count, az_span_make(copied, strlen(markup))), AIZU_OK);
    free(copied);
    out[0] = 0;
    for (size_t i = 0; i < count; i++) {
        const az_text_run *run = &runs[i];
        char style[128] = "", colors[64] = "";
        if (run->foreground != AZ_TEXT_NO_COLOR)
            snprintf(colors, sizeof(colors), " #%08x", run->foreground);
        if (run->background != AZ_TEXT_NO_COLOR)
            snprintf(colors + strlen(colors), sizeof(colors) - strlen(colors), " on #%08x", run->background);
        if (run->size_percent != 100)
            snprintf(colors + strlen(colors), sizeof(colors) - strlen(colors), " %u%%", run->size_percent);
        snprintf(style, sizeof(style), "%s%s%s%s%s", run->style & AZ_TEXT_BOLD ? " b" : "",
                 run->style & AZ_TEXT_ITALIC ? " i" : "", run->style & AZ_TEXT_UNDERLINE ? " u" : "",
                 run->style & AZ_TEXT_RUBY ? " ruby" : "", colors);
        size += (size_t)snprintf(out + size, sizeof(out) - size, "%s%s%s%s%s", i ? "|" : "", run->text,
                                 style[0] ? "{" : "", style[0] ? style + 1 : "", style[0] ? "}" : "");
    }
    az_text_runs_destroy(&runs, count);
    assert_null(runs);
    return out;
}

static const char *plain_of(const char *markup)
{
    static char out[1024];
    size_t size = az_text_plain(out, sizeof(out), az_span_str(markup));
    assert_int_equal(size, strlen(out));
    return out;
}

/* ---- markup ---- */

static void markup_becomes_styled_runs(void **state)
{
    (void)state;
    assert_string_equal(runs_of("plain"), "plain");
    assert_string_equal(runs_of(""), "");
    assert_string_equal(runs_of("a <b>b<i>c</i></b><u>d</u>"), "a |b{b}|c{b i}|d{u}");
    assert_string_equal(runs_of("two\nlines"), "two\nlines");
    assert_string_equal(runs_of("<v.loud Ann Lee>Hi</v> <lang en-GB>there</lang>"), "Hi there");
    assert_string_equal(runs_of("<b>never closed"), "never closed{b}");
}

static void classes_give_colours_and_sizes(void **state)
{
    (void)state;
    assert_string_equal(runs_of("<c.red.bg_yellow>x</c>y"), "x{#ff0000ff on #ffff00ff}|y");
    assert_string_equal(runs_of("<c.fg_12abCD>x</c><c.bg_01020380>y</c>"), "x{#12abcdff}|y{on #01020380}");
    assert_string_equal(runs_of("<c.size_150>x</c><c.size_5>y</c><c.size_9999>z</c>"),
                        "x{150%}|y{10%}|z{1000%}");
    assert_string_equal(runs_of("<c.lime>x<c.blue>y</c>z</c>"), "x{#00ff00ff}|y{#0000ffff}|z{#00ff00ff}");
    assert_string_equal(runs_of("<b.cyan>x</b>"), "x{b #00ffffff}");
    assert_string_equal(runs_of("<c.fg_12345.bg_xyz.size_.size_x.unknown..>x</c>"), "x");
}

static void opaque_white_is_a_colour_and_not_the_default(void **state)
{
    (void)state;
    assert_string_equal(runs_of("<c.bg_white.black>x</c>"), "x{#000000ff on #fffffffe}");
    assert_string_equal(runs_of("<c.bg_FFFFFFFF>x</c>"), "x{on #fffffffe}");
}

static void ruby_annotates_the_run_before_it(void **state)
{
    (void)state;
    assert_string_equal(runs_of("see <ruby>base<rt>note</rt></ruby> more"), "see |base|note{ruby}| more");
    assert_string_equal(runs_of("<ruby>a<rt>1</rt>b<rt>2</ruby>c"), "a|1{ruby}|b|2{ruby}|c");
    assert_string_equal(runs_of("<rt>alone</rt>"), "alone");
}

static void escapes_become_characters(void **state)
{
    (void)state;
    assert_string_equal(runs_of("a &amp; b &lt;i&gt; &nbsp;"), "a & b <i> \xC2\xA0");
    assert_string_equal(runs_of("&lrm;&rlm;"), "\xE2\x80\x8E\xE2\x80\x8F");
    assert_string_equal(runs_of("&#65;&#x3042;&#X1F600;"), "A\xE3\x81\x82\xF0\x9F\x98\x80");
    assert_string_equal(runs_of("&#0;&#xD800;&#99999999999;&#7;"),
                        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_string_equal(runs_of("R&D &; &unknown; &amp &#; &#x; &#12a; &"),
                        "R&D &; &unknown; &amp &#; &#x; &#12a; &");
}

static void malformed_markup_is_text(void **state)
{
    (void)state;
    assert_string_equal(runs_of("a < b"), "a < b");
    assert_string_equal(runs_of("I <3 you > me"), "I <3 you > me");
    assert_string_equal(runs_of("<b"), "<b");
    assert_string_equal(runs_of("<"), "<");
    assert_string_equal(runs_of("</"), "</");
    assert_string_equal(runs_of("<<b>x</b>"), "<|x{b}");
    assert_string_equal(runs_of("< b>x"), "< b>x");
    assert_string_equal(runs_of(">>> news"), ">>> news");
}

static void unknown_tags_and_time_stamps_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(runs_of("<font color=red>x</font><00:00:01.000>y<>z</>"), "xyz");
    assert_string_equal(runs_of("<script>x<br>y<bold>z</bold>"), "xyz");
}

static void only_a_matching_end_tag_closes(void **state)
{
    (void)state;
    assert_string_equal(runs_of("<b><i>x</b>y</i>z</b>w"), "xy{b i}|z{b}|w");
    assert_string_equal(runs_of("</b>x</i>"), "x");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    az_text_run *runs;
    size_t count;
    assert_int_equal(az_text_parse(&runs, &count, az_span_make("a\0\xFF", 3)), AIZU_OK);
    assert_int_equal(count, 1);
    assert_string_equal(runs[0].text, "a\xEF\xBF\xBD\xEF\xBF\xBD");
    az_text_runs_destroy(&runs, count);
}

/* ---- limits ---- */

static void repeat(char *out, const char *unit, size_t times)
{
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * strlen(unit), unit, strlen(unit) + 1);
}

static void runs_past_the_limit_are_left_out(void **state)
{
    (void)state;
    static char text[65536];
    repeat(text, "<b>x</b>y", 1000);
    az_text_run *runs;
    size_t count;
    assert_int_equal(az_text_parse(&runs, &count, az_span_str(text)), AIZU_OK);
    assert_int_equal(count, AZ_TEXT_RUNS_MAX);
    az_text_runs_destroy(&runs, count);
}

static void deep_nesting_is_harmless(void **state)
{
    (void)state;
    static char text[65536];
    repeat(text, "<b>", 20000);
    memcpy(text + 60000, "x", 2);
    assert_string_equal(runs_of(text), "x{b}");
}

/* Each would take minutes if a piece of it were looked at once per character. */
static void hostile_text_is_read_in_one_pass(void **state)
{
    (void)state;
    static const char *const units[] = {"<", "<a", "&", "&#", "</", "<1", "<b.", "<b><i>", "<1:"};
    static char text[1 << 20];
    for (size_t i = 0; i < AZ_COUNT(units); i++) {
        repeat(text, units[i], (sizeof(text) - 2) / strlen(units[i]));
        for (size_t close = 0; close < 2; close++) {
            az_text_run *runs;
            size_t count;
            memcpy(text + strlen(text), close ? ">" : "", 1 + close);
            assert_int_equal(az_text_parse(&runs, &count, az_span_str(text)), AIZU_OK);
            assert_in_range(count, 0, 2);
            az_text_runs_destroy(&runs, count);
        }
    }
}

/* ---- plain ---- */

static void plain_text_is_without_markup(void **state)
{
    (void)state;
    assert_string_equal(plain_of("<v Ann>A &amp; <b>B</b>\n<ruby>c<rt>d</rt></ruby>"), "A & B\ncd");
    assert_string_equal(plain_of(""), "");
}

static void plain_text_is_cut_at_a_character(void **state)
{
    (void)state;
    az_span text = az_span_str("ab<b>\xE3\x81\x82</b>&amp;c");
    char out[16];
    for (size_t size = 1; size <= 8; size++) {
        memset(out, 'x', sizeof(out));
        assert_int_equal(az_text_plain(out, size, text), 7);
        static const char *const expected[] = {
            "", "a", "ab", "ab", "ab", "ab\xE3\x81\x82", "ab\xE3\x81\x82&", "ab\xE3\x81\x82&c"};
        assert_string_equal(out, expected[size - 1]);
        assert_int_equal(out[size], 'x');
    }
    assert_int_equal(az_text_plain(NULL, 0, text), 7);
}

/* ---- settings ---- */

static az_text_settings settings_of(const char *text)
{
    az_text_settings s;
    az_text_settings_parse(&s, az_span_str(text));
    return s;
}

static bool is_near(double a, double b)
{
    return a - b < 1e-9 && b - a < 1e-9;
}

static void settings_have_defaults(void **state)
{
    (void)state;
    az_text_settings s = settings_of("");
    assert_false(s.is_vertical || s.has_line);
    assert_true(s.position < 0);
    assert_true(is_near(s.size, 100));
    assert_int_equal(s.align, AZ_TEXT_CENTER);
    assert_int_equal(s.position_align, AZ_TEXT_CENTER);
}

static void settings_are_read(void **state)
{
    (void)state;
    az_text_settings s = settings_of("vertical:lr line:-2,end position:12.5%,line-right size:40% align:left");
    assert_true(s.is_vertical && s.is_left_to_right);
    assert_true(s.has_line && !s.is_line_percent);
    assert_true(is_near(s.line, -2));
    assert_int_equal(s.line_align, AZ_TEXT_END);
    assert_true(is_near(s.position, 12.5));
    assert_int_equal(s.position_align, AZ_TEXT_END);
    assert_true(is_near(s.size, 40));
    assert_int_equal(s.align, AZ_TEXT_LEFT);
    s = settings_of("\tline:90.25%\n align:middle  vertical:rl");
    assert_true(s.is_line_percent && is_near(s.line, 90.25) && s.is_vertical && !s.is_left_to_right);
    assert_int_equal(s.line_align, AZ_TEXT_START);
    assert_int_equal(s.align, AZ_TEXT_CENTER);
}

static void the_anchor_follows_the_alignment_unless_it_is_given(void **state)
{
    (void)state;
    assert_int_equal(settings_of("align:left position:10%").position_align, AZ_TEXT_START);
    assert_int_equal(settings_of("position:10% align:end").position_align, AZ_TEXT_END);
    assert_int_equal(settings_of("position:10%,center align:end").position_align, AZ_TEXT_CENTER);
    assert_int_equal(settings_of("position:10%,line-left align:end").position_align, AZ_TEXT_START);
}

static void what_cannot_be_read_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "line:",       "line:x",      "line:1x",       "line:101%",        "line:-1%", "line:1,up",
        "line:1,left", "position:10", "position:101%", "position:10%,top", "size:x%",  "size:-5%",
        "align:up",    "vertical:up", "line :1",       "line: 1",          ":",        "line:.",
        "line:-",      "position:%",  "region:fred",   "size:50"};
    const az_text_settings normal = settings_of("");
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        az_text_settings s = settings_of(bad[i]);
        assert_int_equal(s.has_line, normal.has_line);
        assert_int_equal(s.is_vertical, normal.is_vertical);
        assert_true(s.position < 0);
        assert_true(is_near(s.size, 100));
        assert_int_equal(s.align, AZ_TEXT_CENTER);
        assert_int_equal(s.position_align, AZ_TEXT_CENTER);
    }
    assert_true(settings_of("line:99999999999999999999").line <= 1e6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_becomes_styled_runs),
        cmocka_unit_test(classes_give_colours_and_sizes),
        cmocka_unit_test(opaque_white_is_a_colour_and_not_the_default),
        cmocka_unit_test(ruby_annotates_the_run_before_it),
        cmocka_unit_test(escapes_become_characters),
        cmocka_unit_test(malformed_markup_is_text),
        cmocka_unit_test(unknown_tags_and_time_stamps_are_left_out),
        cmocka_unit_test(only_a_matching_end_tag_closes),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(runs_past_the_limit_are_left_out),
        cmocka_unit_test(deep_nesting_is_harmless),
        cmocka_unit_test(hostile_text_is_read_in_one_pass),
        cmocka_unit_test(plain_text_is_without_markup),
        cmocka_unit_test(plain_text_is_cut_at_a_character),
        cmocka_unit_test(settings_have_defaults),
        cmocka_unit_test(settings_are_read),
        cmocka_unit_test(the_anchor_follows_the_alignment_unless_it_is_given),
        cmocka_unit_test(what_cannot_be_read_changes_nothing),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
