/*
 * Subtitles over a picture in an application's renderer: software rendering into a surface, so that what a
 * viewer would see can be counted. Letters need a font; without one only the rules of coming and going are
 * tested.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>

#include "aizu/sdl.h"

#define WIDTH       640
#define HEIGHT      360
#define PATIENCE_MS 10000

typedef struct screen {
    SDL_Surface *surface;
    SDL_Renderer *renderer;
    aizu_sdl_picture *picture;
    uint8_t *planes;
} screen;

static void close_screen(screen *s)
{
    aizu_sdl_picture_destroy(&s->picture);
    assert_null(s->picture);
    SDL_DestroyRenderer(s->renderer);
    SDL_FreeSurface(s->surface);
    free(s->planes);
}

static aizu_cue make_cue(uint64_t id, aizu_cue_phase phase, const char *settings, const char *text)
{
    return (aizu_cue){.size_struct = sizeof(aizu_cue),
                      .id = id,
                      .kind = AIZU_CUE_TEXT,
                      .phase = phase,
                      .key = "en",
                      .name = settings,
                      .data = (const uint8_t *)text,
                      .size = strlen(text)};
}

/* Pixels that are nearly white, in the rows from `top` on. */
static int count_white(const screen *s, int top, int bottom)
{
    int count = 0;
    for (int y = top; y < bottom; y++) {
        const uint32_t *row =
            (const uint32_t *)(const void *)((const uint8_t *)s->surface->pixels + y * s->surface->pitch);
        for (int x = 0; x < WIDTH; x++)
            count += (row[x] & 0xff) > 200 && (row[x] >> 8 & 0xff) > 200;
    }
    return count;
}

static void draw(screen *s)
{
    SDL_SetRenderDrawColor(s->renderer, 0, 0, 0, 255);
    SDL_RenderClear(s->renderer);
    assert_int_equal(aizu_sdl_picture_draw(s->picture, NULL), AIZU_OK);
    SDL_RenderPresent(s->renderer);
}

/* Draws, each time that there is something new, until there is text in the upper and in the lower half, or
 * none, as wanted. False: it does not come to that. */
static bool settles(screen *s, bool wants_high, bool wants_low)
{
    for (int i = 0; i < PATIENCE_MS; i++) {
        if (aizu_sdl_picture_is_stale(s->picture))
            draw(s);
        if ((count_white(s, 0, HEIGHT / 2) > 0) == wants_high &&
            (count_white(s, HEIGHT / 2, HEIGHT) > 0) == wants_low)
            return true;
        poll(NULL, 0, 1);
    }
    return false;
}

/* The first text; skips where the machine has no font. */
static void show_first(screen *s, const aizu_cue *cue)
{
    assert_int_equal(aizu_sdl_picture_take_cue(s->picture, cue), AIZU_OK);
    if (settles(s, false, true))
        return;
    if (system("fc-list | grep -q .") == 0)
        fail_msg("there are fonts, and no text");
    skip();
}

static void open_screen(screen *s)
{
    s->surface = SDL_CreateRGBSurfaceWithFormat(0, WIDTH, HEIGHT, 32, SDL_PIXELFORMAT_ARGB8888);
    assert_non_null(s->surface);
    s->renderer = SDL_CreateSoftwareRenderer(s->surface);
    assert_non_null(s->renderer);
    assert_int_equal(aizu_sdl_picture_create(&s->picture, s->renderer), AIZU_OK);
    s->planes = malloc(WIDTH * HEIGHT * 3 / 2); /* a picture that is black all over */
    assert_non_null(s->planes);
    memset(s->planes, 16, WIDTH * HEIGHT);
    memset(s->planes + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
    const aizu_frame frame = {
        .size_struct = sizeof(frame),
        .format = AIZU_PIXEL_I420,
        .matrix = AIZU_COLOR_BT709,
        .width = WIDTH,
        .height = HEIGHT,
        .sar_num = 1,
        .sar_den = 1,
        .planes = {s->planes, s->planes + WIDTH * HEIGHT, s->planes + WIDTH * HEIGHT * 5 / 4},
        .strides = {WIDTH, WIDTH / 2, WIDTH / 2},
    };
    assert_int_equal(aizu_sdl_picture_update(s->picture, &frame), AIZU_OK);
    draw(s);
}

static void text_stands_from_its_start_to_its_end(void **state)
{
    (void)state;
    screen s;
    open_screen(&s);
    aizu_cue low = make_cue(1, AIZU_CUE_START, "", "Low down"),
             high = make_cue(2, AIZU_CUE_START, "line:0", "High up");
    show_first(&s, &low);
    int white = count_white(&s, HEIGHT / 2, HEIGHT);
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &high), AIZU_OK);
    assert_true(settles(&s, true, true));
    assert_int_equal(count_white(&s, HEIGHT / 2, HEIGHT), white);
    low.phase = AIZU_CUE_END;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &low), AIZU_OK);
    assert_true(settles(&s, true, false));
    aizu_sdl_picture_clear_text(s.picture);
    assert_true(settles(&s, false, false));
    close_screen(&s);
}

static void the_same_cue_twice_stands_once(void **state)
{
    (void)state;
    screen s;
    open_screen(&s);
    aizu_cue cue = make_cue(1, AIZU_CUE_START, "", "Once");
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK); /* with its frame */
    show_first(&s, &cue);                                                  /* and called back */
    cue.phase = AIZU_CUE_END;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    assert_true(settles(&s, false, false));
    close_screen(&s);
}

static void what_is_no_text_or_was_skipped_is_left_alone(void **state)
{
    (void)state;
    screen s;
    open_screen(&s);
    aizu_cue cue = make_cue(1, AIZU_CUE_START, "", "Nothing");
    assert_int_equal(aizu_sdl_picture_take_cue(NULL, &cue), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, NULL), AIZU_E_ARGUMENT);
    aizu_sdl_picture_clear_text(NULL);
    assert_int_equal(aizu_sdl_picture_is_stale(NULL), 0);
    cue.kind = AIZU_CUE_ID3;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    cue.kind = AIZU_CUE_TEXT;
    cue.flags = AIZU_CUE_SKIPPED;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    cue.flags = 0;
    cue.phase = AIZU_CUE_RECEIVED;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    cue.phase = AIZU_CUE_END; /* of one that never began */
    cue.id = 9;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    cue = make_cue(2, AIZU_CUE_START, "", "Low");
    show_first(&s, &cue); /* what came before would stand higher */
    cue.phase = AIZU_CUE_END;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    assert_true(settles(&s, false, false));
    close_screen(&s);
}

static void more_cues_than_fit_push_out_the_oldest(void **state)
{
    (void)state;
    screen s;
    open_screen(&s);
    aizu_cue first = make_cue(1, AIZU_CUE_START, "", "a");
    show_first(&s, &first);
    for (uint64_t i = 2; i <= 40; i++) {
        aizu_cue cue = make_cue(i, AIZU_CUE_START, "line:0", "a");
        assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    }
    for (uint64_t i = 2; i <= 40; i++) {
        aizu_cue cue = make_cue(i, AIZU_CUE_END, "", "a");
        assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    }
    assert_true(settles(&s, false, false)); /* the first one did not end */
    close_screen(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stands_from_its_start_to_its_end),
        cmocka_unit_test(the_same_cue_twice_stands_once),
        cmocka_unit_test(what_is_no_text_or_was_skipped_is_left_alone),
        cmocka_unit_test(more_cues_than_fit_push_out_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
