/*
 * cue/captions.h, CEA-708: what a viewer sees of a service, and when. Bytes are written as CEA-708 has them.
 */
#include "base/random.h"
#include "captions_fixture.h"

#define CHANNEL 4 /* SERVICE1 */

#define CW(n)         (0x80 | (n))
#define CLW(windows)  0x88, windows
#define DSW(windows)  0x89, windows
#define HDW(windows)  0x8A, windows
#define TGW(windows)  0x8B, windows
#define DLW(windows)  0x8C, windows
#define DLY(tenths)   0x8D, tenths
#define DLC           0x8E
#define RST           0x8F
#define SPL(row, col) 0x92, row, col
#define SWA_LEFT      0x97, 0x00, 0x00, 0x0C, 0x00
#define SWA_RIGHT     0x97, 0x00, 0x00, 0x0D, 0x00
#define SWA_CENTER    0x97, 0x00, 0x00, 0x0E, 0x00
#define CR            0x0D

/* Window n, of these rows and columns, anchored in percent at a point (0: upper left ... 8: lower right);
 * pop-up style. */
#define DEFINE(n, is_visible, vertical, horizontal, point, rows, cols)                              \
    0x98 | (n), (is_visible) << 5 | 0x18, 0x80 | (vertical), horizontal, (point) << 4 | ((rows)-1), \
        (cols)-1, 1 << 3 | 1
#define HIDDEN(n)  DEFINE(n, 0, 99, 0, 6, 3, 32)
#define VISIBLE(n) DEFINE(n, 1, 99, 0, 6, 3, 32)

static void text_708(fixture *f, const char *characters)
{
    service_text(f, 1, characters);
}

static void a_window_is_seen_when_it_is_displayed_and_goes_when_it_is_hidden(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, HIDDEN(0));
    text_708(f, "Hello.");
    wait_pictures(f, 20);
    assert_int_equal(f->count, 0);
    int64_t begin = f->pts;
    SERVICE(f, 1, DSW(1));
    wait_pictures(f, 20);
    assert_int_equal(f->tells[0].begin, begin);
    expect_screen(f, CHANNEL, "Hello.");
    int64_t end = f->pts;
    SERVICE(f, 1, HDW(1));
    assert_int_equal(f->tells[0].end, end);
    SERVICE(f, 1, TGW(1));
    expect_screen(f, CHANNEL, "Hello.");
    SERVICE(f, 1, TGW(1));
    expect_screen(f, CHANNEL, "");
    SERVICE(f, 1, TGW(1), CLW(1));
    expect_screen(f, CHANNEL, "");
    text_708(f, "more");
    wait_pictures(f, 10);
    expect_placed(f, CHANNEL, "line:79.33%,end position:21.43% align:left: more"); /* the pen stays */
}

static void windows_are_deleted_and_then_unknown(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, HIDDEN(0), 'a', HIDDEN(1), 'b', DSW(3));
    SERVICE(f, 1, DLW(1));
    SERVICE(f, 1, CW(0), 'x', DSW(1)); /* there is none: the text goes to the window before */
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "bx");
    SERVICE(f, 1, DLW(0xFF));
    text_708(f, "nowhere");
    expect_screen(f, CHANNEL, "");
    SERVICE(f, 1, VISIBLE(0));
    expect_screen(f, CHANNEL, ""); /* a new one, without the old text */
}

static void windows_in_sight_together_are_captions_from_top_to_bottom(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, DEFINE(0, 0, 99, 0, 6, 1, 32), 'l', 'o', 'w', DEFINE(1, 0, 0, 0, 0, 1, 32), 't', 'o', 'p',
            DSW(3));
    expect_screen(f, CHANNEL, "top | low");
    assert_int_equal(f->tells[0].begin, f->tells[1].begin);
    SERVICE(f, 1, HDW(1));
    expect_screen(f, CHANNEL, "top");
    assert_int_equal(f->count, 2); /* which was not told again */
}

static void services_have_screens_of_their_own(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, VISIBLE(0), '1');
    SERVICE(f, 6, VISIBLE(0), '6');
    SERVICE(f, 7, VISIBLE(0), '7');
    SERVICE(f, 63, VISIBLE(0), 'z');
    wait_pictures(f, 10);
    expect_screen(f, 4, "1");
    expect_screen(f, 9, "6");
    expect_screen(f, 10, "7");
    expect_screen(f, 66, "z");
    assert_int_equal(az_captions_seen(f->captions), 1 << 4 | 1 << 9 | 1 << 10);
}

static void characters_of_all_sets_become_unicode(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, VISIBLE(0), 'a', '\'', '<', 0x7F, 0xA9, 0xE9, 0xFF);
    SERVICE(f, 1, 0x10, 0x25, 0x10, 0x2A, 0x10, 0x2C, 0x10, 0x30, 0x10, 0x31, 0x10, 0x32, 0x10, 0x33, 0x10,
            0x34);
    SERVICE(f, 1, 0x10, 0x35, 0x10, 0x39, 0x10, 0x3A, 0x10, 0x3C, 0x10, 0x3D, 0x10, 0x3F, CR);
    SERVICE(f, 1, 0x10, 0x76, 0x10, 0x77, 0x10, 0x78, 0x10, 0x79, 0x10, 0x7A, 0x10, 0x7B, 0x10, 0x7C, 0x10,
            0x7D);
    SERVICE(f, 1, 0x10, 0x7E, 0x10, 0x7F, 0x10, 0x40, CR);
    SERVICE(f, 1, 0x18, 0xD5, 0x5C, 0x18, 0xAE, 0x00, 0x18, 0x5B, 0x57, 0x18, 0xD8, 0x00, 0x18, 0x00, 0x07,
            'x');
    SERVICE(f, 1, 0x10, 0x20, 'y', 0x10, 0x21, 0x10, 0x21, 'z');
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "a'&lt;♪©éÿ…ŠŒ█‘’“”•™šœ℠Ÿ\n⅛⅜⅝⅞│┐└─┘┌_\n한글字\xEF\xBF\xBDx y \xC2\xA0z");
}

static void codes_that_nobody_has_defined_are_stepped_over(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, VISIBLE(0), 0x10, 0x05, 'a', 0x10, 0x0F, 'x', 'b', 0x10, 0x17, 'x', 'x', 'c');
    SERVICE(f, 1, 0x10, 0x1F, 'x', 'x', 'x', 'd', 0x10, 0x87, 'x', 'x', 'x', 'x', 'e');
    SERVICE(f, 1, 0x10, 0x8F, 'x', 'x', 'x', 'x', 'x', 'f', 0x10, 0x90, 0x03, 'x', 'x', 'x', 'g');
    SERVICE(f, 1, 0x11, 'x', 'h', 0x1F, 'x', 'x', 'i', 0x93, 'j', 0x03, 0x00, 'k');
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "abcdefghijk");
}

static void a_command_without_its_parameters_ends_the_block(void **state)
{
    fixture *f = *state;
    const uint8_t commands[] = {0x88, 0x8D, 0x90, 0x91, 0x92, 0x97, 0x98, 0x10, 0x18};
    SERVICE(f, 1, VISIBLE(0), 'a');
    for (size_t i = 0; i < AZ_COUNT(commands); i++)
        block(f, 1, (const uint8_t[]){'a', commands[i]}, 2);
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "aaaaaaaaaa");
}

static void pens_become_markup(void **state)
{
    fixture *f = *state;
    static const struct {
        uint8_t pen[3], color[4];
        const char *want;
    } cases[] = {
        {{0x90, 0x05, 0x00}, {0x91, 0x3F, 0x00, 0x00}, "a"},
        {{0x90, 0x05, 0x80}, {0x91, 0x3C, 0x00, 0x00}, "<c.yellow><i>a</i></c>"},
        {{0x90, 0x05, 0xC0}, {0x91, 0x3F, 0x03, 0x00}, "<c.bg_blue><i><u>a</u></i></c>"},
        {{0x90, 0x04, 0x40}, {0x91, 0x0C, 0x00, 0x00}, "<c.lime.size_75><u>a</u></c>"},
        {{0x90, 0x06, 0x00}, {0x91, 0x3F, 0x40, 0x00}, "<c.size_125>a</c>"}, /* a flashing background */
        {{0x90, 0x05, 0x00}, {0x91, 0x2A, 0x00, 0x00}, "a"},                 /* white of the eight colours */
        {{0x90, 0x05, 0x00}, {0x91, 0x28, 0x02, 0x00}, "<c.yellow.bg_blue>a</c>"},
        {{0x90, 0x05, 0x00}, {0x91, 0x26, 0x19, 0x00}, "<c.fg_AA55AA.bg_55AA55>a</c>"},
        {{0x90, 0x05, 0x00}, {0x91, 0x3F, 0x80, 0x00}, "<c.bg_00000080>a</c>"},
        {{0x90, 0x05, 0x00}, {0x91, 0x3F, 0xC0, 0x00}, "a"}, /* the window is black */
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        SERVICE(f, 1, DLW(0xFF), HIDDEN(0));
        block(f, 1, cases[i].pen, sizeof(cases[i].pen));
        block(f, 1, cases[i].color, sizeof(cases[i].color));
        SERVICE(f, 1, 'a', DSW(1));
        expect_screen(f, CHANNEL, cases[i].want);
    }
    /* a window style without fill under a pen style without background */
    SERVICE(f, 1, DLW(0xFF), 0x98, 0x20, 0x80, 0x00, 0x02, 0x1F, 2 << 3 | 7, 'a');
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "<c.bg_00000000>a</c>");
}

static void anchors_and_justification_become_settings(void **state)
{
    fixture *f = *state;
    /* 2 rows of 21 columns (half of the safe area), "abc" in its first row */
    static const struct {
        uint8_t vertical, horizontal, point, justify;
        const char *want;
    } cases[] = {
        {0x80 | 0, 0, 0, 0, "line:10% position:10% align:left: abc"},
        {0x80 | 99, 0, 6, 0, "line:84.67%,end position:10% align:left: abc"},
        {0x80 | 99, 99, 8, 1, "line:84.67%,end position:90% align:right: abc"},
        {0x80 | 99, 50, 7, 2, "line:84.67%,end position:50.4% align:center: abc"},
        {0x80 | 50, 50, 4, 2, "line:47.74%,center position:50.4% align:center: abc"},
        {0, 0, 0, 0, "line:10% position:10% align:left: abc"},
        {74, 209, 8, 1, "line:84.67%,end position:90% align:right: abc"},
        {127, 255, 8, 1, "line:84.67%,end position:90% align:right: abc"},
        {0x80 | 0, 0, 8, 0, "line:5.33%,end position:0% align:left: abc"}, /* kept in the picture */
        {0x80 | 0, 0, 15, 0, "line:10% position:10% align:left: abc"},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        SERVICE(f, 1, DLW(0xFF), 0x98, 0x18, cases[i].vertical, cases[i].horizontal,
                (uint8_t)(cases[i].point << 4 | 1), 20, 1 << 3 | 1, 0x97, 0, 0,
                (uint8_t)(0x0C | cases[i].justify), 0, 'a', 'b', 'c', DSW(1));
        expect_placed(f, CHANNEL, cases[i].want);
    }
}

static void the_pen_may_be_set_anywhere_in_the_window(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, HIDDEN(0), SPL(2, 4), 'a', 'b', SPL(0, 0), 'c', SPL(15, 63), 'z', DSW(1));
    expect_screen(f, CHANNEL,
                  "c\n\xC2\xA0\n\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0"
                  "ab \xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0"
                  "\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0"
                  "\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0z");
    SERVICE(f, 1, DLW(0xFF), HIDDEN(0), 'a', 'b', 'c', 0x08, CR, 'x', 'y', 0x0E, 'd', DSW(1));
    expect_screen(f, CHANNEL, "ab\nd");
    SERVICE(f, 1, 0x0C, 'e');
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "e");
}

static void lines_roll_up_in_a_window_in_sight(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, DEFINE(0, 1, 99, 0, 6, 2, 32), 'o', 'n', 'e', CR, 't', 'w', 'o');
    wait_pictures(f, 10);
    expect_placed(f, CHANNEL, "line:90%,end position:10% align:left: one\ntwo");
    int64_t roll = f->pts;
    SERVICE(f, 1, CR);
    expect_screen(f, CHANNEL, "two");
    assert_int_equal(f->tells[f->count - 1].begin, roll);
    SERVICE(f, 1, 't', 'h', 'r', 'e', 'e');
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "two\nthree");
}

static void growing_text_is_told_four_times_a_second_at_most_and_whole_before_it_goes(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, VISIBLE(0));
    for (int i = 0; i < 30; i++)
        SERVICE(f, 1, 'a');
    assert_in_range(f->count, 4, 5);
    SERVICE(f, 1, 'b');
    SERVICE(f, 1, CLW(1));
    assert_string_equal(f->tells[f->count - 1].text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
    expect_screen(f, CHANNEL, "");
}

static void words_that_do_not_fit_wrap_where_the_window_wants_it(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, DEFINE(0, 0, 99, 0, 6, 3, 10), 0x97, 0, 0, 0x4C, 0); /* word wrap */
    text_708(f, "wrapped at the words");
    SERVICE(f, 1, DSW(1));
    expect_screen(f, CHANNEL, "wrapped at\nthe words");
    SERVICE(f, 1, DLW(0xFF), DEFINE(0, 0, 99, 0, 6, 2, 10), 0x97, 0, 0, 0x4C, 0);
    text_708(f, "a longer word12345678 letters");
    SERVICE(f, 1, DSW(1));
    expect_screen(f, CHANNEL, "word123456\n78 letters"); /* the first line rolled out */
    SERVICE(f, 1, DLW(0xFF), DEFINE(0, 0, 99, 0, 6, 3, 10));
    text_708(f, "not wrapped at all");
    SERVICE(f, 1, DSW(1));
    expect_screen(f, CHANNEL, "not wrappe");
}

static void text_may_run_from_right_to_left_or_downwards(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, DEFINE(0, 0, 0, 0, 0, 2, 42), 0x97, 0, 0, 0x1C, 0, 'a', 'b', CR, 'c',
            DSW(1)); /* to the left */
    expect_placed(f, CHANNEL, "line:10% position:90% align:right: ab\nc");
    /* downwards, lines added on the left, as of Japanese */
    SERVICE(f, 1, DLW(0xFF), DEFINE(0, 0, 0, 0, 0, 15, 42), 0x97, 0, 0, 0x20, 0, 'a', 'b', CR, 'c', DSW(1));
    expect_placed(f, CHANNEL, "vertical:rl line:86.19% position:10% align:left: ab\nc");
    SERVICE(f, 1, DLW(0xFF), DEFINE(0, 0, 0, 0, 0, 15, 42), 0x97, 0, 0, 0x20, 0, SPL(1, 41), 'b', DSW(1));
    expect_placed(f, CHANNEL, "vertical:rl line:88.1% position:15.33% align:left: b");
    /* downwards, lines added on the right */
    SERVICE(f, 1, DLW(0xFF), 0x98, 0x18, 0x80, 0, 14, 41, 7 << 3 | 1, 'a', CR, 'b', DSW(1));
    expect_placed(f, CHANNEL, "vertical:lr line:10% position:10% align:left: a\nb");
    /* new rows at the top */
    SERVICE(f, 1, DLW(0xFF), DEFINE(0, 0, 0, 0, 0, 2, 42), 0x97, 0, 0, 0x08, 0, 'a', CR, 'b', CR, 'c',
            DSW(1));
    expect_screen(f, CHANNEL, "c\nb");
}

static void a_window_that_is_defined_again_keeps_its_text(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, DEFINE(0, 0, 0, 0, 0, 2, 10), 'a', 'b', CR, 'c', DSW(1));
    SERVICE(f, 1, 0x98, 0x20, 0x80 | 99, 0, 6 << 4 | 1, 9, 0);
    expect_placed(f, CHANNEL, "line:90%,end position:10% align:left: ab\nc");
    SERVICE(f, 1, 0x98, 0x20, 0x80 | 99, 0, 6 << 4, 0, 0); /* one row, one column */
    expect_screen(f, CHANNEL, "a");
    SERVICE(f, 1, 0x98, 0x20, 0x80 | 99, 0, 6 << 4 | 1, 9, 0);
    expect_screen(f, CHANNEL, "a");
}

static void a_delay_holds_what_comes_behind_it(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, HIDDEN(0), 'a', DLY(10), DSW(1));
    int64_t begin = f->pts - FRAME;
    SERVICE(f, 1, 'b');
    wait_pictures(f, 28);
    expect_screen(f, CHANNEL, "");
    wait_pictures(f, 20);
    expect_screen(f, CHANNEL, "ab");
    assert_in_range(f->tells[0].begin, begin + AIZU_SECOND, begin + AIZU_SECOND + 2 * FRAME);
    SERVICE(f, 1, DLY(255), HDW(1));
    wait_pictures(f, 100);
    expect_screen(f, CHANNEL, "ab");
    SERVICE(f, 1, DLC);
    expect_screen(f, CHANNEL, "");
    SERVICE(f, 1, DSW(1), DLY(255), HDW(1));
    expect_screen(f, CHANNEL, "ab");
    for (int i = 0; i < 6; i++) /* more than a service holds */
        text_708(f, "0123456789012345678901234567");
    expect_screen(f, CHANNEL, "");
    SERVICE(f, 1, DSW(1), DLY(255), DLY(255));
    SERVICE(f, 1, RST);
    expect_screen(f, CHANNEL, "");
    SERVICE(f, 1, VISIBLE(0), 'c');
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "c");
}

static void a_reset_command_takes_everything_away(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, HIDDEN(0), 'a', DSW(1));
    SERVICE(f, 1, RST, 'b', DSW(1));
    expect_screen(f, CHANNEL, "");
    az_captions_reset(f->captions, f->pts);
    SERVICE(f, 1, HIDDEN(0), 'a', DSW(1));
    az_captions_reset(f->captions, f->pts);
    expect_screen(f, CHANNEL, "");
}

/* ---- packets ---- */

static void raw(fixture *f, const uint8_t *bytes, size_t size, bool has_start)
{
    for (size_t i = 0; i + 1 < size; i += 2) {
        const uint8_t triplet[] = {has_start && i == 0 ? 0xFF : 0xFE, bytes[i], bytes[i + 1]};
        picture(f, triplet, sizeof(triplet));
    }
}

#define RAW(f, has_start, ...) \
    raw(f, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), has_start)

static void a_packet_may_hold_several_blocks_and_padding(void **state)
{
    fixture *f = *state;
    RAW(f, true, 0x0C, 0x28, VISIBLE(0), 'a', 0x48, VISIBLE(0), 'b', 0x21, 'c', 0x00, 0x21, 'x');
    wait_pictures(f, 10);
    expect_screen(f, 4, "ac");
    expect_screen(f, 5, "b");
}

static void bytes_without_a_start_are_nothing(void **state)
{
    fixture *f = *state;
    RAW(f, false, 0x06, 0x28, VISIBLE(0), 'a', 0x00, 0x00);
    wait_pictures(f, 10);
    assert_int_equal(f->count, 0);
}

static void a_packet_that_another_cuts_short_counts_as_far_as_it_came(void **state)
{
    fixture *f = *state;
    RAW(f, true, 0x00, 0x28, VISIBLE(0), 'a'); /* 127 bytes are announced */
    RAW(f, true, 0x42, 0x21, 'b', 0x00);
    wait_pictures(f, 10);
    expect_screen(f, CHANNEL, "ab");
}

static void a_jump_of_the_sequence_takes_nothing_away(void **state)
{
    fixture *f = *state;
    SERVICE(f, 1, HIDDEN(0), 'a');
    for (int i = 0; i < 20; i++)
        SERVICE(f, 2, 0x00);
    f->sequence++;
    SERVICE(f, 1, DSW(1));
    expect_screen(f, CHANNEL, "a");
}

/* Any bytes: each end belongs to a beginning (the fixture checks), and all ends with a reset. */
static void any_bytes_give_captions_that_begin_and_end(void **state)
{
    fixture *f = *state;
    az_random r;
    az_random_init(&r, 708);
    for (int step = 0; step < 30000; step++) {
        uint8_t bytes[31];
        size_t size = 1 + (size_t)az_random_below(&r, sizeof(bytes));
        for (size_t i = 0; i < size; i++) {
            uint64_t dice = az_random_below(&r, 8);
            bytes[i] = (uint8_t)(dice < 3   ? 0x20 + az_random_below(&r, 0x60)
                                 : dice < 5 ? 0x80 + az_random_below(&r, 0x20)
                                            : az_random_below(&r, 256));
            if (bytes[i] == 0x8D && !az_random_chance(&r, 100000))
                bytes[i] = 0x98; /* delays hide the rest */
        }
        block(f, 1 + (unsigned)az_random_below(&r, 3), bytes, size);
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
        TEST(a_window_is_seen_when_it_is_displayed_and_goes_when_it_is_hidden),
        TEST(windows_are_deleted_and_then_unknown),
        TEST(windows_in_sight_together_are_captions_from_top_to_bottom),
        TEST(services_have_screens_of_their_own),
        TEST(characters_of_all_sets_become_unicode),
        TEST(codes_that_nobody_has_defined_are_stepped_over),
        TEST(a_command_without_its_parameters_ends_the_block),
        TEST(pens_become_markup),
        TEST(anchors_and_justification_become_settings),
        TEST(the_pen_may_be_set_anywhere_in_the_window),
        TEST(lines_roll_up_in_a_window_in_sight),
        TEST(growing_text_is_told_four_times_a_second_at_most_and_whole_before_it_goes),
        TEST(words_that_do_not_fit_wrap_where_the_window_wants_it),
        TEST(text_may_run_from_right_to_left_or_downwards),
        TEST(a_window_that_is_defined_again_keeps_its_text),
        TEST(a_delay_holds_what_comes_behind_it),
        TEST(a_reset_command_takes_everything_away),
        TEST(a_packet_may_hold_several_blocks_and_padding),
        TEST(bytes_without_a_start_are_nothing),
        TEST(a_packet_that_another_cuts_short_counts_as_far_as_it_came),
        TEST(a_jump_of_the_sequence_takes_nothing_away),
        TEST(any_bytes_give_captions_that_begin_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
