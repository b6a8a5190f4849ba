/*
 * Subtitles over a picture in an application's renderer: software rendering into a surface, so that what a
 * viewer would see can be counted. Letters need a font; without one only the rules of coming and going are
 * tested.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
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

/* Draws when there is something new to draw. */
static void settle(screen *s)
{
    for (int i = 0; i < PATIENCE_MS && !aizu_sdl_picture_is_stale(s->picture); i++)
        poll(NULL, 0, 1);
    assert_true(aizu_sdl_picture_is_stale(s->picture));
    SDL_SetRenderDrawColor(s->renderer, 0, 0, 0, 255);
    SDL_RenderClear(s->renderer);
    assert_int_equal(aizu_sdl_picture_draw(s->picture, NULL), AIZU_OK);
    SDL_RenderPresent(s->renderer);
    assert_false(aizu_sdl_picture_is_stale(s->picture));
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
    assert_int_equal(aizu_sdl_picture_draw(s->picture, NULL), AIZU_OK);
    settle(s); /* the size is new */
}

static void text_stands_from_its_start_to_its_end(void **state)
{
    (void)state;
    screen s;
    open_screen(&s);
    aizu_cue low = make_cue(1, AIZU_CUE_START, "", "Low down"),
             high = make_cue(2, AIZU_CUE_START, "line:0", "High up");
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &low), AIZU_OK);
    settle(&s);
    int white = count_white(&s, HEIGHT / 2, HEIGHT);
    if (white == 0) {
        close_screen(&s);
        skip(); /* no font on this machine */
    }
    assert_int_equal(count_white(&s, 0, HEIGHT / 2), 0);

    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &high), AIZU_OK);
    settle(&s);
    assert_true(count_white(&s, 0, HEIGHT / 2) > 0);
    assert_int_equal(count_white(&s, HEIGHT / 2, HEIGHT), white);

    low.phase = AIZU_CUE_END;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &low), AIZU_OK);
    settle(&s);
    assert_int_equal(count_white(&s, HEIGHT / 2, HEIGHT), 0);
    assert_true(count_white(&s, 0, HEIGHT / 2) > 0);

    aizu_sdl_picture_clear_text(s.picture);
    settle(&s);
    assert_int_equal(count_white(&s, 0, HEIGHT), 0);
    close_screen(&s);
}

static void the_same_cue_twice_stands_once(void **state)
{
    (void)state;
    screen s;
    open_screen(&s);
    aizu_cue cue = make_cue(1, AIZU_CUE_START, "", "Once");
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    settle(&s);
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    poll(NULL, 0, 20); /* long enough for a drawing that should not be made */
    assert_false(aizu_sdl_picture_is_stale(s.picture));
    cue.phase = AIZU_CUE_END;
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    settle(&s);
    assert_int_equal(count_white(&s, 0, HEIGHT), 0);
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
    assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    poll(NULL, 0, 20);
    assert_false(aizu_sdl_picture_is_stale(s.picture));
    close_screen(&s);
}

static void more_cues_than_fit_push_out_the_oldest(void **state)
{
    (void)state;
    screen s;
    open_screen(&s);
    char text[8] = "a";
    for (uint64_t i = 1; i <= 40; i++) {
        aizu_cue cue = make_cue(i, AIZU_CUE_START, "line:50% size:10%", text);
        assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    }
    settle(&s);
    for (uint64_t i = 1; i <= 40; i++) {
        aizu_cue cue = make_cue(i, AIZU_CUE_END, "", text);
        assert_int_equal(aizu_sdl_picture_take_cue(s.picture, &cue), AIZU_OK);
    }
    settle(&s);
    while (aizu_sdl_picture_is_stale(s.picture))
        settle(&s);
    assert_int_equal(count_white(&s, 0, HEIGHT), 0);
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
