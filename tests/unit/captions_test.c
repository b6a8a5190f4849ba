/*
 * cue/captions.h, line 21: what a viewer sees of CEA-608 captions, and when. Codes are written as CEA-608 and
 * 47 CFR 15.119 have them. CEA-708 is in captions_708_test.c.
 */
#include "base/random.h"
#include "captions_fixture.h"

#define RCL 0x14, 0x20
#define BS  0x14, 0x21
#define DER 0x14, 0x24
#define RU2 0x14, 0x25
#define RU3 0x14, 0x26
#define RU4 0x14, 0x27
#define FON 0x14, 0x28
#define RDC 0x14, 0x29
#define TR  0x14, 0x2A
#define EDM 0x14, 0x2C
#define CR  0x14, 0x2D
#define ENM 0x14, 0x2E
#define EOC 0x14, 0x2F
#define PAC 0x14, 0x70 /* row 15, white, at the first column */

static void pop_on(fixture *f, const char *characters)
{
    code(f, RCL);
    code(f, ENM);
    code(f, PAC);
    text(f, characters);
    code(f, EOC);
}

/* ---- pop-on ---- */

static void a_caption_pops_on_when_it_is_complete_and_goes_when_it_is_erased(void **state)
{
    fixture *f = *state;
    f->is_single = true;
    code(f, RCL);
    code(f, PAC);
    text(f, "Hello.");
    assert_int_equal(f->count, 0);
    int64_t flip = f->pts;
    code(f, EOC);
    wait_pictures(f, 50);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->tells[0].begin, flip);
    assert_int_equal(f->tells[0].end, AIZU_NO_TIME);
    assert_string_equal(f->tells[0].text, "Hello.");
    int64_t erase = f->pts;
    code(f, EDM);
    assert_int_equal(f->tells[0].end, erase);
    expect_screen(f, 0, "");
    assert_int_equal(f->count, 1);
}

static void a_caption_is_replaced_by_the_next_in_the_same_picture(void **state)
{
    fixture *f = *state;
    f->is_single = true;
    pop_on(f, "one");
    pop_on(f, "two");
    assert_int_equal(f->count, 2);
    assert_int_equal(f->tells[0].end, f->tells[1].begin);
    expect_screen(f, 0, "two");
    code(f, RCL); /* the memory that is not displayed is not erased by loading */
    code(f, EOC);
    expect_screen(f, 0, "one");
}

static void a_caption_that_is_shown_again_as_it_is_is_not_told_again(void **state)
{
    fixture *f = *state;
    pop_on(f, "same");
    pop_on(f, "same");
    assert_int_equal(f->count, 1);
}

static void codes_count_once_whether_sent_once_or_twice(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        f->is_single = i == 1;
        code(f, RCL);
        code(f, ENM);
        code(f, PAC);
        text(f, "abcd");
        code(f, BS);
        code(f, 0x17, 0x22); /* two columns to the right */
        text(f, "e");
        code(f, 0x11, 0x37); /* a note */
        code(f, EOC);
        expect_screen(f, 0,
                      "abc \xC2\xA0"
                      "e\xE2\x99\xAA");
        code(f, EDM);
    }
}

static void a_code_after_its_two_copies_counts_again(void **state)
{
    fixture *f = *state;
    code(f, RCL);
    code(f, PAC);
    text(f, "abcd");
    code(f, BS);
    code(f, BS);
    code(f, EOC);
    expect_screen(f, 0, "ab");
}

static void padding_may_stand_between_the_copies_of_a_code(void **state)
{
    fixture *f = *state;
    f->is_single = true;
    code(f, RCL);
    code(f, PAC);
    text(f, "abcd");
    code(f, BS);
    pair(f, 0, 0, 0);
    code(f, BS);
    pair(f, 0, 0, 0);
    code(f, EOC);
    expect_screen(f, 0, "abc");
}

/* ---- channels ---- */

static void each_channel_of_both_fields_has_its_own_screen(void **state)
{
    fixture *f = *state;
    for (unsigned field = 0; field < 2; field++)
        for (uint8_t second = 0; second < 2; second++) {
            uint8_t control = (uint8_t)(0x14 | second << 3 | field);
            code_on(f, field, control, 0x20);
            code_on(f, field, (uint8_t)(0x14 | second << 3), 0x70);
            char name[2] = {(char)('1' + 2 * field + second), 0};
            text_on(f, field, name);
        }
    for (unsigned field = 0; field < 2; field++)
        for (uint8_t second = 0; second < 2; second++)
            code_on(f, field, (uint8_t)(0x14 | second << 3 | field), 0x2F);
    expect_screen(f, 0, "1");
    expect_screen(f, 1, "2");
    expect_screen(f, 2, "3");
    expect_screen(f, 3, "4");
    assert_int_equal(az_captions_seen(f->captions), 0xF);
    assert_string_equal(az_caption_channel_name(0), "CC1");
    assert_string_equal(az_caption_channel_name(3), "CC4");
    assert_string_equal(az_caption_channel_name(4), "SERVICE1");
    assert_string_equal(az_caption_channel_name(66), "SERVICE63");
    assert_string_equal(az_caption_channel_name(67), "");
}

static void what_is_not_valid_or_damaged_is_passed_over(void **state)
{
    fixture *f = *state;
    pop_on(f, "text");
    const uint8_t invalid[] = {0xF8, with_parity(0x14), with_parity(0x2C)};
    picture(f, invalid, sizeof(invalid));
    raw_pair(f, 0, 0x14, 0x2C); /* both without their parity */
    raw_pair(f, 0, with_parity(0x14), with_parity(0x2C) ^ 0x80);
    picture(f, (const uint8_t[]){0xFC, 0x94}, 2);
    expect_screen(f, 0, "text");
    code(f, RCL);
    code(f, ENM);
    code(f, PAC);
    raw_pair(f, 0, with_parity('a'), (uint8_t)(with_parity('b') ^ 0x80));
    code(f, EOC);
    expect_screen(f, 0, "a\xE2\x96\x88"); /* a solid block */
}

static void the_text_service_is_no_caption(void **state)
{
    fixture *f = *state;
    code(f, RU2);
    code(f, CR);
    text(f, "caption");
    code(f, TR);
    code(f, PAC);
    text(f, "text service");
    code(f, CR);
    code(f, BS);
    wait_pictures(f, 20);
    expect_screen(f, 0, "caption");
    code(f, RU2);
    code(f, CR);
    text(f, "more");
    wait_pictures(f, 20);
    expect_screen(f, 0, "caption\nmore");
}

static void extended_data_between_captions_are_no_text(void **state)
{
    fixture *f = *state;
    code_on(f, 1, 0x15, 0x20);
    code_on(f, 1, 0x14, 0x70);
    text_on(f, 1, "be");
    pair(f, 1, 0x01, 0x05); /* a packet of class current, ... */
    text_on(f, 1, "PG");
    pair(f, 1, 0x0F, 0x21); /* ... and its checksum */
    text_on(f, 1, "fo");
    pair(f, 1, 0x01, 0x05); /* one that a caption cuts short */
    text_on(f, 1, "XDS");
    code_on(f, 1, 0x15, 0x20);
    text_on(f, 1, "re");
    code_on(f, 1, 0x15, 0x2F);
    expect_screen(f, 2, "before");
    code(f, RCL); /* field 1 has none */
    code(f, PAC);
    pair(f, 0, 0x01, 0x05);
    text(f, "text");
    code(f, EOC);
    expect_screen(f, 0, "text");
}

static void joining_in_the_middle_shows_nothing_until_a_caption_begins(void **state)
{
    fixture *f = *state;
    text(f, "ption");
    code(f, EOC);
    wait_pictures(f, 20);
    assert_int_equal(f->count, 0);
    pop_on(f, "whole");
    expect_screen(f, 0, "whole");
}

static void a_caption_whose_loading_command_was_missed_is_shown_from_its_erasing_on(void **state)
{
    fixture *f = *state;
    text(f, "tail");
    code(f, ENM);
    code(f, PAC);
    text(f, "whole");
    code(f, EOC);
    expect_screen(f, 0, "whole");
}

/* ---- characters and markup ---- */

static void characters_of_all_sets_become_unicode(void **state)
{
    fixture *f = *state;
    static const struct {
        uint8_t first, second;
        const char *want;
    } cases[] = {
        {0x2A, 0x5C, "áé"}, {0x5E, 0x5F, "íó"}, {0x60, 0x7B, "úç"},     {0x7C, 0x7D, "÷Ñ"},
        {0x7E, 0x7F, "ñ█"}, {0x27, 'x', "’x"},  {'<', '>', "&lt;&gt;"}, {'&', '!', "&amp;!"},
        {0x11, 0x30, "®"},  {0x11, 0x31, "°"},  {0x11, 0x32, "½"},      {0x11, 0x33, "¿"},
        {0x11, 0x34, "™"},  {0x11, 0x35, "¢"},  {0x11, 0x36, "£"},      {0x11, 0x37, "♪"},
        {0x11, 0x38, "à"},  {0x11, 0x3A, "è"},  {0x11, 0x3B, "â"},      {0x11, 0x3C, "ê"},
        {0x11, 0x3D, "î"},  {0x11, 0x3E, "ô"},  {0x11, 0x3F, "û"},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        code(f, RCL);
        code(f, ENM);
        code(f, PAC);
        if (cases[i].first < 0x20)
            code(f, cases[i].first, cases[i].second);
        else
            pair(f, 0, cases[i].first, cases[i].second);
        code(f, EOC);
        expect_screen(f, 0, cases[i].want);
    }
}

static void an_extended_character_takes_the_place_of_the_one_before_it(void **state)
{
    fixture *f = *state;
    static const char *const spanish_french = "ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»";
    static const char *const portuguese_german = "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘";
    for (uint8_t set = 0x12; set <= 0x13; set++) {
        code(f, RCL);
        code(f, ENM);
        code(f, PAC);
        for (uint8_t i = 0x20; i < 0x40; i++) {
            text(f, "?");
            code(f, set, i);
        }
        code(f, EOC);
        expect_screen(f, 0, set == 0x12 ? spanish_french : portuguese_german);
    }
}

static void styles_become_markup(void **state)
{
    fixture *f = *state;
    static const struct {
        uint8_t codes[8]; /* PAC, then others; 0: end */
        const char *want;
    } cases[] = {
        {{0x14, 0x70}, "ab"},
        {{0x14, 0x62}, "<c.lime>ab</c>"},
        {{0x14, 0x64}, "<c.blue>ab</c>"},
        {{0x14, 0x66}, "<c.cyan>ab</c>"},
        {{0x14, 0x68}, "<c.red>ab</c>"},
        {{0x14, 0x6A}, "<c.yellow>ab</c>"},
        {{0x14, 0x6C}, "<c.magenta>ab</c>"},
        {{0x14, 0x6E}, "<i>ab</i>"},
        {{0x14, 0x6F}, "<i><u>ab</u></i>"},
        {{0x14, 0x71}, "<u>ab</u>"},
        {{0x14, 0x6A, 0x11, 0x2E}, "<c.yellow><i>ab</i></c>"}, /* italics keep the colour, ... */
        {{0x14, 0x6E, 0x11, 0x28}, "<c.red>ab</c>"},           /* ... a colour ends italics */
        {{0x14, 0x70, 0x10, 0x20}, "<c.bg_white>ab</c>"},
        {{0x14, 0x70, 0x10, 0x2A}, "<c.bg_yellow>ab</c>"},
        {{0x14, 0x70, 0x10, 0x25}, "<c.bg_0000FF80>ab</c>"},
        {{0x14, 0x70, 0x17, 0x2D}, "<c.bg_00000000>ab</c>"},
        {{0x14, 0x70, 0x17, 0x2E}, "<c.black>ab</c>"},
        {{0x14, 0x70, 0x17, 0x2F}, "<c.black><u>ab</u></c>"},
        {{0x14, 0x70, 0x10, 0x28, 0x11, 0x2A}, "<c.yellow.bg_red>ab</c>"},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        code(f, RCL);
        code(f, ENM);
        for (size_t k = 0; cases[i].codes[k]; k += 2)
            code(f, cases[i].codes[k], cases[i].codes[k + 1]);
        text(f, "ab");
        code(f, EOC);
        expect_screen(f, 0, cases[i].want);
    }
}

static void a_style_may_change_within_a_row(void **state)
{
    fixture *f = *state;
    code(f, RCL);
    code(f, PAC);
    text(f, "one");
    code(f, 0x11, 0x2E); /* shown as a space */
    text(f, "two");
    code(f, 0x11, 0x20);
    text(f, "three");
    code(f, 0x11, 0x21);
    text(f, "four  five");
    code(f, FON);
    code(f, EOC);
    expect_screen(f, 0,
                  "one <i>two </i>three <u>four \xC2\xA0"
                  "five</u>");
}

static void a_background_takes_the_place_of_the_space_before_it(void **state)
{
    fixture *f = *state;
    code(f, RCL);
    code(f, PAC);
    text(f, "a ");
    code(f, 0x10, 0x24);
    text(f, "b");
    code(f, EOC);
    expect_screen(f, 0, "a<c.bg_blue> b</c>");
}

/* ---- places ---- */

static void rows_and_columns_become_settings(void **state)
{
    fixture *f = *state;
    static const struct {
        uint8_t codes[4]; /* PAC, tab */
        const char *text, *want;
    } cases[] = {
        {{0x11, 0x50}, "row 1", "line:10% position:10% align:left: row 1"},
        {{0x11, 0x70}, "row 2", "line:15.33% position:10% align:left: row 2"},
        {{0x12, 0x50}, "row 3", "line:20.67% position:10% align:left: row 3"},
        {{0x16, 0x50}, "row 7", "line:42% position:10% align:left: row 7"},
        {{0x16, 0x70}, "row 8", "line:52.67%,end position:10% align:left: row 8"},
        {{0x10, 0x50}, "row 11", "line:68.67%,end position:10% align:left: row 11"},
        {{0x13, 0x70}, "row 13", "line:79.33%,end position:10% align:left: row 13"},
        {{0x14, 0x70}, "row 15", "line:90%,end position:10% align:left: row 15"},
        {{0x14, 0x52}, "column 4", "line:84.67%,end position:20% align:left: column 4"},
        {{0x14, 0x7E, 0x17, 0x23}, "x", "line:90%,end position:87.5% align:left: x"},
        {{0x14, 0x76, 0x17, 0x22}, "1234", "line:90%,end position:50% align:center: 1234"},
        {{0x14, 0x76, 0x17, 0x21}, "1234", "line:90%,end position:47.5% align:center: 1234"},
        {{0x14, 0x74}, "1234", "line:90%,end position:30% align:left: 1234"},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        code(f, RCL);
        code(f, ENM);
        code(f, cases[i].codes[0], cases[i].codes[1]);
        if (cases[i].codes[2])
            code(f, cases[i].codes[2], cases[i].codes[3]);
        text(f, cases[i].text);
        code(f, EOC);
        expect_placed(f, 0, cases[i].want);
    }
}

/* Two rows, 14 and 15, at these columns (a multiple of 4, and a tab). */
static void two_rows(fixture *f, unsigned col_1, const char *row_1, unsigned col_2, const char *row_2)
{
    const unsigned cols[2] = {col_1, col_2};
    code(f, RCL);
    code(f, ENM);
    for (int i = 0; i < 2; i++) {
        code(f, 0x14, (uint8_t)((i ? 0x70 : 0x50) | cols[i] / 4 << 1));
        if (cols[i] % 4)
            code(f, 0x17, (uint8_t)(0x20 | cols[i] % 4));
        text(f, i ? row_2 : row_1);
    }
    code(f, EOC);
}

static void rows_that_follow_each_other_are_one_caption_aligned_as_they_stand(void **state)
{
    fixture *f = *state;
    two_rows(f, 4, "- Who?", 4, "- You.");
    expect_placed(f, 0, "line:90%,end position:20% align:left: - Who?\n- You.");
    two_rows(f, 10, "123456789012", 14, "1234");
    expect_placed(f, 0, "line:90%,end position:50% align:center: 123456789012\n1234");
    two_rows(f, 20, "12345678", 23, "12");
    expect_placed(f, 0, "line:90%,end position:70% align:center: 12345678\n12");
    two_rows(f, 16, "123456789", 23, "12");
    expect_placed(f, 0, "line:90%,end position:72.5% align:right: 123456789\n12");
    two_rows(f, 0, "123456789", 2, "12");
    expect_placed(f, 0,
                  "line:90%,end position:10% align:left: 123456789\n\xC2\xA0\xC2\xA0"
                  "12");
}

static void rows_that_stand_apart_are_captions_of_their_own(void **state)
{
    fixture *f = *state;
    code(f, RCL);
    code(f, 0x11, 0x50);
    text(f, "top");
    code(f, PAC);
    text(f, "bottom");
    code(f, EOC);
    expect_placed(f, 0,
                  "line:10% position:10% align:left: top | line:90%,end position:10% align:left: bottom");
    assert_int_equal(f->tells[0].begin, f->tells[1].begin);
    code(f, RCL);
    code(f, ENM);
    code(f, 0x11, 0x50);
    text(f, "top");
    code(f, EOC);
    expect_screen(f, 0, "top"); /* which stays, and is not told again */
    assert_int_equal(f->count, 2);
}

static void a_row_ends_at_its_last_column(void **state)
{
    fixture *f = *state;
    code(f, RCL);
    code(f, PAC);
    text(f, "12345678901234567890123456789012");
    text(f, "abc");
    code(f, EOC);
    expect_screen(f, 0, "1234567890123456789012345678901c");
    code(f, RCL);
    code(f, ENM);
    code(f, PAC);
    text(f, "12345678901234567890123456789012");
    code(f, BS);
    code(f, EOC);
    expect_screen(f, 0, "1234567890123456789012345678901");
}

/* ---- paint-on ---- */

static void painted_text_appears_as_it_comes_four_times_a_second_at_most(void **state)
{
    fixture *f = *state;
    f->is_single = true;
    code(f, RDC);
    code(f, PAC);
    int64_t first = f->pts;
    for (int i = 0; i < 30; i++) /* a second */
        text(f, "a");
    assert_int_equal(f->tells[0].begin, first);
    assert_in_range(f->count, 4, 5);
    for (size_t i = 1; i < f->count; i++)
        assert_true(f->tells[i].begin - f->tells[i - 1].begin >= AIZU_SECOND / 4);
    wait_pictures(f, 10);
    expect_screen(f, 0, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_string_equal(f->tells[0].settings, "line:90%,end position:10% align:left");
    assert_string_equal(f->tells[f->count - 1].settings, "line:90%,end position:10% align:left");
}

static void painted_text_that_is_erased_at_once_was_seen_whole(void **state)
{
    fixture *f = *state;
    f->is_single = true;
    code(f, RDC);
    code(f, PAC);
    text(f, "All");
    int64_t last = f->pts;
    text(f, "!");
    code(f, EDM);
    const told *t = &f->tells[f->count - 1];
    assert_string_equal(t->text, "All!");
    assert_int_equal(t->begin, last);
    assert_int_equal(t->end, last + FRAME);
}

static void painted_text_can_be_corrected(void **state)
{
    fixture *f = *state;
    code(f, RDC);
    code(f, PAC);
    text(f, "teh");
    code(f, BS);
    code(f, BS);
    text(f, "he");
    wait_pictures(f, 10);
    expect_screen(f, 0, "the");
    code(f, PAC);
    code(f, DER);
    wait_pictures(f, 10);
    expect_screen(f, 0, "");
}

/* ---- roll-up ---- */

static void roll_line(fixture *f, const char *characters)
{
    code(f, RU3);
    code(f, CR);
    code(f, PAC);
    text(f, characters);
}

static void lines_roll_up_and_the_oldest_goes(void **state)
{
    fixture *f = *state;
    roll_line(f, "one");
    roll_line(f, "two");
    roll_line(f, "three");
    wait_pictures(f, 10);
    expect_placed(f, 0, "line:90%,end position:10% align:left: one\ntwo\nthree");
    int64_t roll = f->pts + 2 * FRAME; /* behind RU3 and its copy */
    code(f, RU3);
    code(f, CR);
    expect_placed(f, 0, "line:84.67%,end position:10% align:left: two\nthree");
    assert_int_equal(f->tells[f->count - 1].begin, roll);
    text(f, "four");
    wait_pictures(f, 10);
    expect_screen(f, 0, "two\nthree\nfour");
    code(f, RU2);
    expect_screen(f, 0, "three\nfour");
    code(f, EDM);
    expect_screen(f, 0, "");
}

static void a_line_is_told_whole_before_it_rolls(void **state)
{
    fixture *f = *state;
    f->is_single = true;
    roll_line(f, "it is late");
    code(f, RU3);
    code(f, CR);
    bool was_whole = false;
    for (size_t i = 0; i < f->count; i++)
        was_whole |=
            strcmp(f->tells[i].text, "it is late") == 0 && strstr(f->tells[i].settings, "90%") != NULL;
    assert_true(was_whole);
}

static void a_growing_line_is_not_told_at_each_character(void **state)
{
    fixture *f = *state;
    f->is_single = true;
    for (int i = 0; i < 10; i++)
        roll_line(f, "a line of twenty-eight chars");
    double seconds = (double)f->pts / AIZU_SECOND;
    assert_true((double)f->count / seconds < 8); /* four a second, and two a line */
}

static void the_base_row_moves_with_its_rows(void **state)
{
    fixture *f = *state;
    code(f, RU2);
    code(f, CR);
    text(f, "one");
    code(f, CR);
    text(f, "two");
    code(f, 0x13, 0x50); /* row 12 */
    wait_pictures(f, 10);
    expect_placed(f, 0, "line:74%,end position:10% align:left: one\ntwo");
    code(f, 0x11, 0x50); /* row 1 has no room for two: row 2 */
    wait_pictures(f, 10);
    expect_placed(f, 0, "line:20.67%,end position:10% align:left: one\ntwo");
    code(f, RU4);
    wait_pictures(f, 10);
    expect_placed(f, 0, "line:31.33%,end position:10% align:left: one\ntwo");
}

static void changing_to_roll_up_clears_what_was_there(void **state)
{
    fixture *f = *state;
    pop_on(f, "popped");
    code(f, RU2);
    expect_screen(f, 0, "");
    text(f, "rolled");
    wait_pictures(f, 10);
    expect_screen(f, 0, "rolled");
    pop_on(f, "again");
    expect_screen(f, 0, "again");
}

/* ---- life ---- */

static void a_reset_ends_what_is_shown_and_forgets_what_was_loaded(void **state)
{
    fixture *f = *state;
    pop_on(f, "shown");
    code(f, RCL);
    code(f, ENM);
    code(f, PAC);
    text(f, "loaded");
    az_captions_reset(f->captions, f->pts);
    expect_screen(f, 0, "");
    assert_int_equal(f->tells[0].end, f->pts);
    code(f, EOC);
    assert_int_equal(f->count, 1);
    pop_on(f, "next");
    az_captions_reset(f->captions, AIZU_NO_TIME);
    assert_int_equal(f->tells[1].end, AIZU_NO_TIME); /* not told */
    code(f, EDM);
    assert_int_equal(f->count, 2);
    assert_int_equal(az_captions_seen(f->captions), 1);
}

static void triplets_of_a_picture_may_come_in_pieces(void **state)
{
    fixture *f = *state;
    const uint8_t codes[][2] = {{0x14, 0x20}, {0x14, 0x2E}, {0x14, 0x70},
                                {'a', 'b'},   {0x14, 0x2F}, {0x11, 0x2E}};
    uint8_t triplets[3 * AZ_COUNT(codes)];
    for (size_t i = 0; i < AZ_COUNT(codes); i++) {
        triplets[3 * i] = 0xFC;
        triplets[3 * i + 1] = with_parity(codes[i][0]);
        triplets[3 * i + 2] = with_parity(codes[i][1]);
    }
    for (size_t cut = 0; cut <= sizeof(triplets); cut += 3) {
        az_captions_feed(f->captions, f->pts, az_span_make(triplets, cut));
        az_captions_feed(f->captions, f->pts, az_span_make(triplets + cut, sizeof(triplets) - cut));
        f->pts += FRAME;
        expect_screen(f, 0, "ab");
        code(f, EDM);
        expect_screen(f, 0, "");
    }
}

static void time_may_stand_still_or_go_back(void **state)
{
    fixture *f = *state;
    f->pts = 100 * AIZU_SECOND;
    pop_on(f, "one");
    f->pts = 10 * AIZU_SECOND;
    pop_on(f, "two");
    expect_screen(f, 0, "two");
    assert_int_equal(f->tells[0].end, f->tells[0].begin);
    code(f, RDC);
    code(f, 0x11, 0x50);
    text(f, "three");
    f->pts = INT64_MIN + 1;
    text(f, "four");
    f->pts = INT64_MAX - 100 * FRAME;
    wait_pictures(f, 1);
    expect_screen(f, 0, "two | threefour");
}

/* Any bytes: each end belongs to a beginning (the fixture checks), and all ends with a reset. */
static void any_bytes_give_captions_that_begin_and_end(void **state)
{
    fixture *f = *state;
    az_random r;
    az_random_init(&r, 608);
    for (int step = 0; step < 20000; step++) {
        uint8_t triplets[30];
        size_t size = (size_t)az_random_below(&r, 11) * 3;
        for (size_t i = 0; i < size; i += 3) {
            triplets[i] = (uint8_t)(0xFC | az_random_below(&r, 2));
            bool is_code = az_random_chance(&r, 400000);
            triplets[i + 1] =
                with_parity((uint8_t)(is_code ? 0x10 + az_random_below(&r, 16) : az_random_below(&r, 128)));
            triplets[i + 2] = with_parity((uint8_t)(0x20 + az_random_below(&r, 96)));
        }
        picture(f, triplets, size);
        if (f->count > TOLD_MAX - 40) {
            az_captions_reset(f->captions, f->pts);
            for (size_t i = 0; i < f->count; i++)
                assert_int_not_equal(f->tells[i].end, AIZU_NO_TIME);
            f->count = 0;
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_caption_pops_on_when_it_is_complete_and_goes_when_it_is_erased),
        TEST(a_caption_is_replaced_by_the_next_in_the_same_picture),
        TEST(a_caption_that_is_shown_again_as_it_is_is_not_told_again),
        TEST(codes_count_once_whether_sent_once_or_twice),
        TEST(a_code_after_its_two_copies_counts_again),
        TEST(padding_may_stand_between_the_copies_of_a_code),
        TEST(each_channel_of_both_fields_has_its_own_screen),
        TEST(what_is_not_valid_or_damaged_is_passed_over),
        TEST(the_text_service_is_no_caption),
        TEST(extended_data_between_captions_are_no_text),
        TEST(joining_in_the_middle_shows_nothing_until_a_caption_begins),
        TEST(a_caption_whose_loading_command_was_missed_is_shown_from_its_erasing_on),
        TEST(characters_of_all_sets_become_unicode),
        TEST(an_extended_character_takes_the_place_of_the_one_before_it),
        TEST(styles_become_markup),
        TEST(a_style_may_change_within_a_row),
        TEST(a_background_takes_the_place_of_the_space_before_it),
        TEST(rows_and_columns_become_settings),
        TEST(rows_that_follow_each_other_are_one_caption_aligned_as_they_stand),
        TEST(rows_that_stand_apart_are_captions_of_their_own),
        TEST(a_row_ends_at_its_last_column),
        TEST(painted_text_appears_as_it_comes_four_times_a_second_at_most),
        TEST(painted_text_that_is_erased_at_once_was_seen_whole),
        TEST(painted_text_can_be_corrected),
        TEST(lines_roll_up_and_the_oldest_goes),
        TEST(a_line_is_told_whole_before_it_rolls),
        TEST(a_growing_line_is_not_told_at_each_character),
        TEST(the_base_row_moves_with_its_rows),
        TEST(changing_to_roll_up_clears_what_was_there),
        TEST(a_reset_ends_what_is_shown_and_forgets_what_was_loaded),
        TEST(triplets_of_a_picture_may_come_in_pieces),
        TEST(time_may_stand_still_or_go_back),
        TEST(any_bytes_give_captions_that_begin_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
