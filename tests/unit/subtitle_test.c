/*
 * Text over pictures: where blocks go, what of a cue is seen in the pixels, and that neither hostile text nor
 * a machine without fonts does harm. Letters are those of the fonts that are there, so sizes are compared,
 * not known.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/sdl/painter.h"
#include "host/sdl/subsystem.h"
#include "host/sdl/subtitle.h"
#include "host/sdl/subtitle_layout.h"
#include "host/sdl/subtitle_thread.h"
#include "host/sdl/video.h"
#include "support/collector.h"
#include "support/pictures.h"

#define WIDTH  640
#define HEIGHT 360

/* ---- places ---- */

static az_text_settings settings_of(const char *text, bool is_rtl)
{
    az_text_settings settings;
    az_text_settings_parse(&settings, az_span_str(text));
    az_subtitle_settle(&settings, is_rtl);
    return settings;
}

/* A block of 200 x 100 in a picture of 1600 x 800. */
static void check_place(const char *text, bool is_rtl, az_subtitle_rect expected)
{
    az_text_settings settings = settings_of(text, is_rtl);
    az_subtitle_page page = az_subtitle_page_of(1600, 800, settings.is_vertical);
    az_subtitle_rect rect = az_subtitle_place(&settings, &page, 200, 100);
    if (settings.is_vertical)
        rect = az_subtitle_turn(rect, &page);
    if (memcmp(&rect, &expected, sizeof(rect)) != 0)
        print_message("%s: %d,%d %dx%d\n", text, rect.x, rect.y, rect.width, rect.height);
    assert_memory_equal(&rect, &expected, sizeof(rect));
}

static void blocks_stand_where_settings_say(void **state)
{
    (void)state;
    check_place("", false, (az_subtitle_rect){700, 656, 200, 100});
    check_place("line:50%,center", false, (az_subtitle_rect){700, 350, 200, 100});
    check_place("line:90%,end", false, (az_subtitle_rect){700, 620, 200, 100});
    check_place("line:10%", false, (az_subtitle_rect){700, 80, 200, 100});
    check_place("line:100%", false, (az_subtitle_rect){700, 700, 200, 100});
    check_place("line:0", false, (az_subtitle_rect){700, 20, 200, 100});
    check_place("line:2", false, (az_subtitle_rect){700, 106, 200, 100});
    check_place("line:-1", false, (az_subtitle_rect){700, 680, 200, 100});
    check_place("line:-3", false, (az_subtitle_rect){700, 594, 200, 100});
    check_place("line:10% position:25%,line-left size:50% align:left", false,
                (az_subtitle_rect){400, 80, 200, 100});
    check_place("line:10% position:75%,line-right size:50% align:right", false,
                (az_subtitle_rect){1000, 80, 200, 100});
    check_place("line:10% position:25%,line-left size:50% align:center", false,
                (az_subtitle_rect){700, 80, 200, 100});
    check_place("line:10% align:left", false, (az_subtitle_rect){40, 80, 200, 100});
    check_place("line:10% align:right", false, (az_subtitle_rect){1360, 80, 200, 100});
}

static void start_and_end_follow_the_direction_of_the_text(void **state)
{
    (void)state;
    check_place("line:10% align:start", false, (az_subtitle_rect){40, 80, 200, 100});
    check_place("line:10% align:start", true, (az_subtitle_rect){1360, 80, 200, 100});
    check_place("line:10% align:end", true, (az_subtitle_rect){40, 80, 200, 100});
}

static void vertical_blocks_stand_on_their_side(void **state)
{
    (void)state;
    check_place("vertical:rl line:0", false, (az_subtitle_rect){1460, 300, 100, 200});
    check_place("vertical:lr line:0", false, (az_subtitle_rect){40, 300, 100, 200});
    check_place("vertical:rl line:50%,center align:left", false, (az_subtitle_rect){750, 20, 100, 200});
    check_place("vertical:rl line:90%,end align:right", false, (az_subtitle_rect){1340, 580, 100, 200});
    check_place("vertical:lr line:10%", false, (az_subtitle_rect){160, 300, 100, 200});
}

static void a_block_that_covers_another_moves(void **state)
{
    (void)state;
    az_subtitle_page page = {1000, 1000, 50};
    az_subtitle_rect others[] = {{100, 800, 300, 100}, {100, 650, 300, 120}, {800, 700, 100, 300}};
    az_subtitle_rect low = {200, 820, 200, 100}, high = {200, 100, 200, 100}, far = {500, 820, 200, 100};
    az_subtitle_avoid(&low, &page, others, AZ_COUNT(others));
    assert_int_equal(low.y, 550);
    az_subtitle_avoid(&far, &page, others, AZ_COUNT(others));
    assert_int_equal(far.y, 820);
    az_subtitle_rect top[] = {{0, 50, 1000, 100}};
    az_subtitle_avoid(&high, &page, top, 1);
    assert_int_equal(high.y, 150);
    az_subtitle_rect all[] = {{0, 0, 1000, 1000}};
    az_subtitle_avoid(&low, &page, all, 1);
    assert_int_equal(low.y, 550); /* no room: it stays */
}

/* ---- pixels ---- */

typedef struct drawing {
    az_subtitle *subtitle;
    az_subtitle_image image;
    az_subtitle_rect seen; /* what is not transparent, in the picture */
} drawing;

static uint32_t pixel_at(const az_subtitle_image *image, int x, int y)
{
    x -= image->x;
    y -= image->y;
    bool is_inside = x >= 0 && y >= 0 && x < image->width && y < image->height;
    return is_inside ? image->pixels[(size_t)y * (size_t)image->width + (size_t)x] : 0;
}

/* The rectangle of the pixels whose masked bits have a value. */
static az_subtitle_rect find(const az_subtitle_image *image, uint32_t mask, uint32_t value, bool is_equal)
{
    int left = WIDTH, top = HEIGHT, right = -1, bottom = -1;
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            if (((pixel_at(image, x, y) & mask) == value) != is_equal)
                continue;
            left = AZ_MIN(left, x);
            top = AZ_MIN(top, y);
            right = AZ_MAX(right, x);
            bottom = AZ_MAX(bottom, y);
        }
    }
    return right < 0 ? (az_subtitle_rect){0}
                     : (az_subtitle_rect){left, top, right - left + 1, bottom - top + 1};
}

static void draw_all(drawing *d, const az_subtitle_text *texts, size_t count)
{
    az_subtitle_image_deinit(&d->image);
    assert_true(az_subtitle_render(d->subtitle, texts, count, WIDTH, HEIGHT, &d->image));
    d->seen = find(&d->image, 0xFF000000, 0, false);
}

static az_subtitle_rect draw(drawing *d, const char *settings, const char *markup)
{
    az_subtitle_text text = {az_span_str(settings), az_span_str(markup)};
    draw_all(d, &text, 1);
    return d->seen;
}

static int setup(void **state)
{
    static drawing d;
    d = (drawing){.subtitle = az_subtitle_create(NULL)};
    *state = &d;
    return d.subtitle ? 0 : -1;
}

static int teardown(void **state)
{
    drawing *d = *state;
    az_subtitle_image_deinit(&d->image);
    az_subtitle_destroy(&d->subtitle);
    return 0;
}

static void need_fonts(drawing *d)
{
    if (draw(d, "", "x").width == 0) {
        print_message("skipped: no fonts\n");
        skip();
    }
}

static void text_stands_white_on_a_box_at_the_bottom(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    az_subtitle_rect r = draw(d, "", "Hello there");
    assert_in_range(r.y, HEIGHT * 3 / 4, HEIGHT - 1);
    assert_in_range(r.y + r.height, HEIGHT * 3 / 4, HEIGHT - 10);
    assert_in_range(r.x + r.width / 2, WIDTH / 2 - 2, WIDTH / 2 + 2);
    assert_true(r.width > 2 * r.height);
    assert_int_equal(pixel_at(&d->image, r.x + 1, r.y + 1), 0xB8000000);
    assert_true(find(&d->image, 0xFFFFFFFF, 0xFFFFFFFF, true).width > 0);
    assert_true(d->image.width < WIDTH && d->image.height < HEIGHT / 2); /* no more than is needed */
}

static void nothing_to_say_draws_nothing(void **state)
{
    drawing *d = *state;
    draw_all(d, NULL, 0);
    assert_null(d->image.pixels);
    draw(d, "line:0", "");
    assert_null(d->image.pixels);
    draw(d, "line:0", "<b></b>\n\n");
    assert_null(d->image.pixels);
}

static void settings_move_the_text(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    assert_in_range(draw(d, "line:0", "x").y, 0, HEIGHT / 8);
    assert_in_range(draw(d, "line:50%,center", "x").y, HEIGHT / 2 - 40, HEIGHT / 2);
    assert_in_range(draw(d, "align:left", "x").x, 0, WIDTH / 10);
    az_subtitle_rect r = draw(d, "position:80% align:right", "x");
    assert_in_range(r.x + r.width, WIDTH * 8 / 10 - 3, WIDTH * 8 / 10 + 3);
}

static void colours_are_those_of_the_cue(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    az_subtitle_rect all = draw(d, "", "a <c.red.bg_yellow>MMM</c> b");
    az_subtitle_rect yellow = find(&d->image, 0xFFFFFFFF, 0xFFFFFF00, true);
    az_subtitle_rect red = find(&d->image, 0xFFFFFFFF, 0xFFFF0000, true);
    assert_true(yellow.width > 0 && yellow.width < all.width && yellow.x > all.x);
    assert_true(red.width > 0 && red.width < yellow.width && red.x > yellow.x);
    draw(d, "", "<c.fg_12345680.bg_00FF0040>MMM</c>");
    assert_int_equal(pixel_at(&d->image, d->seen.x + 1, d->seen.y + 1), 0x4000FF00);
}

static void without_a_background_letters_have_an_outline(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    az_subtitle_rect boxed = draw(d, "", "MMM"), bare = draw(d, "", "<c.bg_00000000>MMM</c>");
    assert_true(bare.width > 0 && bare.height < boxed.height);
    assert_int_equal(pixel_at(&d->image, bare.x, bare.y) >> 24 < 0xFF, 1); /* a rounded corner */
    assert_true(find(&d->image, 0xFFFFFFFF, 0xFF000000, true).width > 0);
}

static void sizes_lines_and_ruby_take_their_room(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    az_subtitle_rect one = draw(d, "", "MMM");
    az_subtitle_rect large = draw(d, "", "<c.size_200>MMM</c>");
    assert_in_range(large.height, one.height * 3 / 2, one.height * 5 / 2);
    az_subtitle_rect two = draw(d, "", "MMM\nM");
    assert_in_range(two.height, one.height * 3 / 2, one.height * 2);
    assert_int_equal(two.y + two.height, one.y + one.height);
    az_subtitle_rect ruby = draw(d, "", "<ruby>MMM<rt>aa</rt></ruby>");
    assert_in_range(ruby.height, one.height + one.height / 4, two.height);
    assert_int_equal(ruby.width, one.width);
}

static void long_lines_are_broken(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    az_subtitle_rect one = draw(d, "", "word");
    az_subtitle_rect r = draw(d, "size:50%", "word word word word word word word word word word");
    assert_true(r.width <= WIDTH / 2 + 2);
    assert_true(r.height > one.height * 3 / 2);
    /* ideographs, where a font has them, without any space */
    az_subtitle_rect kanji = draw(d, "", "\xE5\xAD\x97");
    r = draw(d, "size:20%",
             "\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97"
             "\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97\xE5\xAD\x97");
    assert_true(r.width <= WIDTH / 5 + 2);
    assert_true(r.height > kanji.height * 3 / 2);
}

static void vertical_text_runs_down(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    const char *text = "\xE7\xB8\xA6\xE6\x9B\xB8\xE3\x81\x8D\xE6\x96\x87\xE5\xAD\x97";
    az_subtitle_rect across = draw(d, "line:50%", text), down = draw(d, "vertical:rl line:50%,center", text);
    assert_true(across.width > 2 * across.height);
    assert_true(down.height > 2 * down.width);
    az_subtitle_rect right = draw(d, "vertical:rl line:0", text), left = draw(d, "vertical:lr line:0", text);
    assert_true(right.x > WIDTH / 2 && left.x < WIDTH / 2);
    /* the second line is red: to the left of the first, or to the right of it */
    draw(d, "vertical:rl", "MMM\n<c.red>MMM</c>");
    assert_true(find(&d->image, 0xFFFFFFFF, 0xFFFF0000, true).x < d->seen.x + d->seen.width / 2);
    draw(d, "vertical:lr", "MMM\n<c.red>MMM</c>");
    assert_true(find(&d->image, 0xFFFFFFFF, 0xFFFF0000, true).x > d->seen.x + d->seen.width / 2);
}

static void cues_do_not_cover_each_other(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    az_subtitle_text texts[] = {{az_span_str(""), az_span_str("<c.bg_red>first</c>")},
                                {az_span_str(""), az_span_str("<c.bg_lime>second</c>")}};
    draw_all(d, texts, 2);
    az_subtitle_rect first = find(&d->image, 0xFFFFFFFF, 0xFFFF0000, true);
    az_subtitle_rect second = find(&d->image, 0xFFFFFFFF, 0xFF00FF00, true);
    assert_true(first.height > 0 && second.height > 0);
    assert_true(second.y + second.height <= first.y);
}

static void text_is_no_command_to_the_typesetter(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    az_subtitle_rect plain = draw(d, "", "(pos(0,0))MMM");
    az_subtitle_rect r = draw(d, "", "{\\pos(0,0)}MMM");
    assert_true(r.y > HEIGHT / 2 && r.width > plain.width / 2);
    az_subtitle_rect one = draw(d, "", "a\\Nb");
    assert_true(one.height < 2 * draw(d, "", "ab").height - 10);
}

/* ---- harm ---- */

static void any_text_is_drawn_within_the_picture(void **state)
{
    drawing *d = *state;
    static const char *const markups[] = {
        "<c.size_1000>MMMMMMMMMMMMMMMMMMMMMMMM</c>",
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nx",
        "<ruby><rt>x</rt></ruby><ruby>a<rt>a very long text over it, which is wider</rt></ruby>",
        "\xE2\x80\xAE mirrored \xF0\x9F\x98\x80 \xCC\x81\xCC\x81\xCC\x81",
        "{{{{\\\\\\\\}}}}{\\p1}m 0 0 l 9999999 0{\\t(\\fscx99999)}",
    };
    static const char *const settings[] = {"",
                                           "line:-1000",
                                           "line:100% position:100% align:right",
                                           "size:0%",
                                           "position:0%,line-right",
                                           "vertical:lr line:100%",
                                           "line:1e9"};
    static const int sizes[][2] = {{WIDTH, HEIGHT}, {1, 1}, {2, 500}, {500, 3}, {37, 41}};
    for (size_t i = 0; i < AZ_COUNT(markups); i++) {
        for (size_t j = 0; j < AZ_COUNT(settings); j++) {
            const int *size = sizes[(i + j) % AZ_COUNT(sizes)];
            az_subtitle_text text = {az_span_str(settings[j]), az_span_str(markups[i])};
            az_subtitle_image image;
            assert_true(az_subtitle_render(d->subtitle, &text, 1, size[0], size[1], &image));
            assert_true(image.x >= 0 && image.y >= 0);
            assert_true(image.x + image.width <= size[0] && image.y + image.height <= size[1]);
            az_subtitle_image_deinit(&image);
        }
    }
}

static void sizes_that_are_no_picture_draw_nothing(void **state)
{
    drawing *d = *state;
    static const int sizes[][2] = {{0, 0}, {-1, 100}, {100, 0}, {AZ_SUBTITLE_SIZE_MAX + 1, 100}};
    az_subtitle_text text = {az_span_str(""), az_span_str("x")};
    for (size_t i = 0; i < AZ_COUNT(sizes); i++) {
        az_subtitle_image image;
        assert_true(az_subtitle_render(d->subtitle, &text, 1, sizes[i][0], sizes[i][1], &image));
        assert_null(image.pixels);
    }
}

static void much_text_is_cut(void **state)
{
    drawing *d = *state;
    static char markup[65000];
    for (size_t i = 0; i + 10 < sizeof(markup); i += 9)
        memcpy(markup + i, "<b>w</b> ", 10);
    az_subtitle_text texts[20];
    for (size_t i = 0; i < AZ_COUNT(texts); i++)
        texts[i] = (az_subtitle_text){az_span_str(""), az_span_str(markup)};
    draw_all(d, texts, AZ_COUNT(texts));
}

static void count_warning(void *user, az_log_level level, const char *module, const char *text)
{
    (void)module;
    *(int *)user += level == AZ_LOG_WARNING && strstr(text, "no font for text") != NULL;
}

static void a_machine_without_fonts_says_so_once(void **state)
{
    (void)state;
    char path[4096];
    assert_non_null(getcwd(path, sizeof(path) - 32));
    strcat(path, "/subtitle_test_no_fonts.conf");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("<?xml version=\"1.0\"?><fontconfig></fontconfig>", file);
    fclose(file);
    setenv("FONTCONFIG_FILE", path, 1);
    int warnings = 0;
    az_log log = {count_warning, &warnings, AZ_LOG_WARNING};
    az_subtitle *subtitle = az_subtitle_create(&log);
    assert_non_null(subtitle);
    az_subtitle_text text = {az_span_str(""), az_span_str("<ruby>x<rt>y</rt></ruby>\nz")};
    for (int i = 0; i < 3; i++) {
        az_subtitle_image image;
        assert_true(az_subtitle_render(subtitle, &text, 1, WIDTH, HEIGHT, &image));
        assert_null(image.pixels);
        az_subtitle_image_deinit(&image);
    }
    assert_int_equal(warnings, 1);
    az_subtitle_destroy(&subtitle);
    unsetenv("FONTCONFIG_FILE");
    remove(path);
}

/* ---- the thread ---- */

typedef struct receiver {
    collector c; /* an event for each "ready" */
    az_subtitle_thread *thread;
    az_subtitle_image image;
    int width, height;
} receiver;

static void on_ready(void *user)
{
    collector_write(user, &(az_event){.type = AZ_EVENT_STOP});
}

static aizu_cue make_cue(const char *settings, const char *markup)
{
    return (aizu_cue){.size_struct = sizeof(aizu_cue),
                      .kind = AIZU_CUE_TEXT,
                      .key = "",
                      .name = settings,
                      .data = (const uint8_t *)markup,
                      .size = strlen(markup)};
}

static void take(receiver *r)
{
    az_subtitle_image_deinit(&r->image);
    assert_true(az_subtitle_thread_take(r->thread, &r->image, &r->width, &r->height));
}

static void the_thread_draws_what_is_wanted_last(void **state)
{
    need_fonts(*state);
    receiver r = {0};
    collector_init(&r.c);
    r.thread = az_subtitle_thread_create(NULL, on_ready, &r.c);
    assert_non_null(r.thread);
    assert_false(az_subtitle_thread_take(r.thread, &r.image, &r.width, &r.height));
    aizu_cue cue = make_cue("line:0", "x"), other = {.kind = AIZU_CUE_ID3, .name = ""};
    const aizu_cue *cues[] = {&other, &cue};
    assert_true(az_subtitle_thread_set_text(r.thread, cues, 2));
    az_subtitle_thread_set_size(r.thread, WIDTH, HEIGHT);
    assert_true(collector_wait(&r.c, AZ_EVENT_STOP, 0, 1));
    take(&r);
    assert_non_null(r.image.pixels);
    assert_int_equal(r.width, WIDTH);
    az_subtitle_thread_set_size(r.thread, WIDTH, HEIGHT); /* nothing new */
    az_subtitle_thread_set_size(r.thread, 2 * WIDTH, 2 * HEIGHT);
    assert_true(collector_wait(&r.c, AZ_EVENT_STOP, 0, 2));
    take(&r);
    assert_int_equal(r.width, 2 * WIDTH);
    assert_false(az_subtitle_thread_take(r.thread, &r.image, &r.width, &r.height));
    az_subtitle_image_deinit(&r.image);
    assert_true(az_subtitle_thread_set_text(r.thread, cues, 2));
    assert_true(az_subtitle_thread_set_text(r.thread, NULL, 0));
    take(&r); /* at once */
    assert_null(r.image.pixels);
    for (int i = 0; i < 50; i++)
        assert_true(az_subtitle_thread_set_text(r.thread, cues, 2));
    az_subtitle_thread_destroy(&r.thread); /* in the middle of it */
    assert_null(r.thread);
    az_subtitle_thread_destroy(&r.thread);
    collector_deinit(&r.c);
}

/* ---- the window ---- */

static bool has_white(const SDL_Surface *surface, int y_begin, int y_end)
{
    for (int y = y_begin; y < y_end; y++) {
        const uint8_t *row = (const uint8_t *)surface->pixels + (size_t)y * (size_t)surface->pitch;
        for (int x = 0; x < surface->w; x++) {
            Uint32 pixel;
            memcpy(&pixel, row + (size_t)x * 4, sizeof(pixel));
            if ((pixel & 0xFFFFFF) >= 0xFEFEFE)
                return true;
        }
    }
    return false;
}

static void a_window_has_the_text_over_the_picture(void **state)
{
    drawing *d = *state;
    need_fonts(d);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    assert_true(az_subsystem_start(SDL_INIT_VIDEO));
    az_painter painter;
    assert_true(az_painter_open(&painter, "test", WIDTH, HEIGHT + 40, NULL));
    az_frame *frame = picture_create(AV_PIX_FMT_YUV420P, WIDTH, HEIGHT, 63, 102, 240);
    assert_true(az_painter_prepare(&painter, az_frame_view(frame)));
    draw(d, "line:0", "MMM");
    az_painter_set_text(&painter, &d->image, WIDTH, HEIGHT);
    assert_null(d->image.pixels);
    assert_true(az_painter_prepare(&painter, az_frame_view(frame)));
    const SDL_Surface *surface = SDL_GetWindowSurface(painter.window);
    assert_true(has_white(surface, 20, 20 + HEIGHT / 4));
    assert_false(has_white(surface, HEIGHT / 2, HEIGHT + 40));
    draw(d, "line:0", "MMM");
    az_painter_set_text(&painter, &d->image, WIDTH + 2, HEIGHT); /* made for another size */
    assert_true(az_painter_prepare(&painter, az_frame_view(frame)));
    assert_false(has_white(SDL_GetWindowSurface(painter.window), 0, HEIGHT + 40));
    az_frame_unref(&frame);
    az_painter_close(&painter);
    az_subsystem_stop(SDL_INIT_VIDEO);
}

static void put(az_video *video, uint64_t id, int64_t at)
{
    az_present present = {
        .frame = picture_create(AV_PIX_FMT_YUV420P, WIDTH, HEIGHT, 63, 102, 240),
        .frame_id = id,
        .at = at,
        .wall = AIZU_NO_TIME,
    };
    az_video_present(video, &present);
}

/* The window's pixels belong to its thread: they are looked at while it cannot draw. */
static bool shows_text(bool is_wanted)
{
    for (int64_t end = az_clock_now() + 20 * AIZU_SECOND; az_clock_now() < end;) {
        az_subsystem_lock(SDL_INIT_VIDEO);
        SDL_Window *window = NULL;
        for (Uint32 i = 1; i < 100 && !window; i++)
            window = SDL_GetWindowFromID(i);
        const SDL_Surface *surface = window ? SDL_GetWindowSurface(window) : NULL;
        bool is_there = surface && has_white(surface, 0, surface->h / 4);
        az_subsystem_unlock(SDL_INIT_VIDEO);
        if (surface && is_there == is_wanted)
            return true;
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    return false;
}

static void text_comes_and_goes_over_a_picture_that_stands(void **state)
{
    need_fonts(*state);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    aizu_cue cue = make_cue("line:0", "MMM");
    const aizu_cue *cues[] = {&cue};
    assert_int_equal(az_video_create_window(&video, &c.post, "test", NULL, NULL), AIZU_OK);
    put(video, 1, 0);
    assert_true(collector_wait(&c, AZ_EVENT_PRESENTED, 0, 1));
    az_video_set_text(video, NULL, 0);
    az_video_set_text(video, cues, 1);
    assert_true(shows_text(true));
    put(video, 2, 0);
    assert_true(collector_wait(&c, AZ_EVENT_PRESENTED, 0, 2));
    assert_true(shows_text(true));
    az_video_set_text(video, NULL, 0);
    assert_true(shows_text(false));
    az_video_set_text(video, cues, 1);
    az_video_destroy(&video);
    collector_deinit(&c);
}

static void the_other_outputs_take_text_and_show_none(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    aizu_cue cue = make_cue("", "x");
    const aizu_cue *cues[] = {&cue};
    assert_int_equal(az_video_create_headless(&video, &c.post), AIZU_OK);
    az_video_set_text(video, cues, 1);
    az_video_destroy(&video);
    assert_int_equal(az_video_create_pull(&video, &c.post, NULL, NULL), AIZU_OK);
    az_video_set_text(video, cues, 1);
    az_video_destroy(&video);
    collector_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_stand_where_settings_say),
        cmocka_unit_test(start_and_end_follow_the_direction_of_the_text),
        cmocka_unit_test(vertical_blocks_stand_on_their_side),
        cmocka_unit_test(a_block_that_covers_another_moves),
        cmocka_unit_test_setup_teardown(text_stands_white_on_a_box_at_the_bottom, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_to_say_draws_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(settings_move_the_text, setup, teardown),
        cmocka_unit_test_setup_teardown(colours_are_those_of_the_cue, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_background_letters_have_an_outline, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_lines_and_ruby_take_their_room, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(vertical_text_runs_down, setup, teardown),
        cmocka_unit_test_setup_teardown(cues_do_not_cover_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(text_is_no_command_to_the_typesetter, setup, teardown),
        cmocka_unit_test_setup_teardown(any_text_is_drawn_within_the_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_that_are_no_picture_draw_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(much_text_is_cut, setup, teardown),
        cmocka_unit_test(a_machine_without_fonts_says_so_once),
        cmocka_unit_test_setup_teardown(the_thread_draws_what_is_wanted_last, setup, teardown),
        cmocka_unit_test_setup_teardown(a_window_has_the_text_over_the_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(text_comes_and_goes_over_a_picture_that_stands, setup, teardown),
        cmocka_unit_test(the_other_outputs_take_text_and_show_none),
    };
    return cmocka_run_group_tests_name("subtitle", tests, NULL, NULL);
}
