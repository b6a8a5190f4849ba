/*
 * The channel's frame marker: any number can be read back at any size, also from a scaled picture, and a
 * picture without a marker is not taken for one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "marker.h"

#define WIDTH  1280
#define HEIGHT 720

static uint8_t picture[WIDTH * HEIGHT], half[WIDTH * HEIGHT / 4];

static void numbers_are_read_back_at_each_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1280, 720}, {640, 360}, {322, 182}, {64, 64}, {854, 480}};
    static const uint32_t numbers[] = {0, 1, 47, 0x12345678, 0x80000000, UINT32_MAX};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
            uint32_t got = 99;
            memset(picture, 128, sizeof(picture));
            ch_marker_draw(picture, WIDTH, sizes[s][0], sizes[s][1], numbers[n]);
            assert_true(ch_marker_read(picture, WIDTH, sizes[s][0], sizes[s][1], &got));
            assert_int_equal(got, numbers[n]);
        }
    }
}

static void a_marker_survives_scaling_and_noise(void **state)
{
    (void)state;
    uint32_t got = 0, noise = 1;
    memset(picture, 128, sizeof(picture));
    ch_marker_draw(picture, WIDTH, WIDTH, HEIGHT, 987654321);
    for (int y = 0; y < HEIGHT / 2; y++) {
        for (int x = 0; x < WIDTH / 2; x++) {
            const uint8_t *p = picture + 2 * y * WIDTH + 2 * x;
            noise = noise * 1664525 + 1013904223;
            int value = (p[0] + p[1] + p[WIDTH] + p[WIDTH + 1]) / 4 + (int)(noise >> 26) - 32;
            half[y * WIDTH / 2 + x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
    assert_true(ch_marker_read(half, WIDTH / 2, WIDTH / 2, HEIGHT / 2, &got));
    assert_int_equal(got, 987654321);
}

static void one_wrong_cell_is_noticed(void **state)
{
    (void)state;
    for (int cell = 0; cell < CH_MARKER_CELLS; cell++) {
        uint32_t got = 7;
        ch_marker_draw(picture, WIDTH, WIDTH, HEIGHT, 12345);
        uint8_t *first =
            picture + (HEIGHT - ch_marker_height(HEIGHT)) * WIDTH + cell * WIDTH / CH_MARKER_CELLS;
        int other = 251 - first[0];
        for (int line = 0; line < ch_marker_height(HEIGHT); line++)
            memset(first + line * WIDTH, other, WIDTH / CH_MARKER_CELLS);
        assert_false(ch_marker_read(picture, WIDTH, WIDTH, HEIGHT, &got));
        assert_int_equal(got, 7);
    }
}

static void plain_pictures_have_no_marker(void **state)
{
    (void)state;
    uint32_t got;
    memset(picture, 16, sizeof(picture));
    assert_false(ch_marker_read(picture, WIDTH, WIDTH, HEIGHT, &got));
    memset(picture, 235, sizeof(picture));
    assert_false(ch_marker_read(picture, WIDTH, WIDTH, HEIGHT, &got));
    assert_false(ch_marker_read(picture, WIDTH, 20, 20, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_back_at_each_size),
        cmocka_unit_test(a_marker_survives_scaling_and_noise),
        cmocka_unit_test(one_wrong_cell_is_noticed),
        cmocka_unit_test(plain_pictures_have_no_marker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
