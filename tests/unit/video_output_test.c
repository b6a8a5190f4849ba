/*
 * The video outputs: when frames are reported, what reaches the pixels, and what an application that pulls
 * gets to see. Times are asserted from one side only (never early); how late they were is printed.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <SDL.h>
#include <cmocka.h>

#include "aizu/sdl.h"
#include "host/sdl/painter.h"
#include "host/sdl/subsystem.h"
#include "host/sdl/video.h"
#include "host/sdl/video_base.h"
#include "support/collector.h"
#include "support/pictures.h"

#define MS AIZU_MILLISECOND

static void put(az_video *video, uint64_t id, int64_t at, az_cue *const *cues, size_t cue_count)
{
    az_present present = {
        .frame = picture_create(AV_PIX_FMT_YUV420P, 64, 48, 200, 128, 128),
        .frame_id = id,
        .pts = (int64_t)id * AIZU_SECOND,
        .at = at,
        .wall = AIZU_NO_TIME,
        .cues = cues,
        .cue_count = cue_count,
    };
    az_video_present(video, &present);
}

static az_cue *make_cue(const char *data)
{
    az_cue_info info = {.kind = AIZU_CUE_ID3, .data = az_span_str(data)};
    az_cue *cue = az_cue_create(&info);
    assert_non_null(cue);
    return cue;
}

/* ---- all outputs ---- */

static void check_order_and_time(az_video *video, collector *c)
{
    /* far enough apart that a busy machine drops none */
    int64_t begin = az_clock_now() + 500 * MS;
    for (uint64_t i = 0; i < 10; i++) {
        az_cue *cue = make_cue("x");
        put(video, i, begin + (int64_t)i * 100 * MS, &cue, 1);
    }
    assert_true(collector_wait(c, AZ_EVENT_PRESENTED, 0, 10));
    int64_t late_max = 0;
    for (uint64_t i = 0; i < 10; i++) {
        az_event event = collector_get(c, AZ_EVENT_PRESENTED, i);
        int64_t late = event.time - (begin + (int64_t)i * 100 * MS);
        assert_int_equal(event.frame_id, i);
        assert_true(late >= 0);
        late_max = AZ_MAX(late_max, late);
    }
    print_message("late by at most %.3f ms\n", (double)late_max / 1e6);
}

static void headless_reports_frames_in_order_and_never_early(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    assert_int_equal(az_video_create_headless(&video, &c.post), AIZU_OK);
    check_order_and_time(video, &c);
    az_video_destroy(&video);
    assert_null(video);
    collector_deinit(&c);
}

static void past_frames_are_reported_at_once(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    assert_int_equal(az_video_create_headless(&video, &c.post), AIZU_OK);
    put(video, 1, 0, NULL, 0);
    put(video, 2, INT64_MIN, NULL, 0);
    assert_true(collector_wait(&c, AZ_EVENT_PRESENTED, 0, 2));
    az_video_destroy(&video);
    collector_deinit(&c);
}

static void a_flush_forgets_what_waits(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    assert_int_equal(az_video_create_headless(&video, &c.post), AIZU_OK);
    put(video, 1, az_clock_now() + 100 * AIZU_SECOND, NULL, 0);
    az_video_flush(video);
    put(video, 2, 0, NULL, 0);
    assert_true(collector_wait(&c, AZ_EVENT_PRESENTED, 0, 1));
    assert_int_equal(collector_get(&c, AZ_EVENT_PRESENTED, 0).frame_id, 2);
    assert_int_equal(c.count, 1);
    az_video_destroy(&video);
    collector_deinit(&c);
}

static void too_many_frames_drop_the_oldest(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    assert_int_equal(az_video_create_headless(&video, &c.post), AIZU_OK);
    for (uint64_t i = 0; i <= AZ_VIDEO_QUEUE_MAX; i++)
        put(video, i, az_clock_now() + 100 * AIZU_SECOND, NULL, 0);
    assert_int_equal(collector_count(&c, AZ_EVENT_DROPPED, 0), 1);
    assert_int_equal(collector_get(&c, AZ_EVENT_DROPPED, 0).frame_id, 0);
    az_video_destroy(&video);
    collector_deinit(&c);
}

/* ---- pull ---- */

typedef struct waker {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int count;
} waker;

static void wake(void *user)
{
    waker *w = user;
    pthread_mutex_lock(&w->lock);
    w->count++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void wait_wakes(waker *w, int count)
{
    pthread_mutex_lock(&w->lock);
    int64_t end = az_clock_now() + COLLECTOR_PATIENCE;
    while (w->count < count && az_clock_now() < end)
        az_cond_wait_until(&w->changed, &w->lock, end);
    assert_true(w->count >= count);
    pthread_mutex_unlock(&w->lock);
}

typedef struct puller {
    collector c;
    waker w;
    az_video *video;
} puller;

static void puller_init(puller *p)
{
    memset(p, 0, sizeof(*p));
    collector_init(&p->c);
    pthread_mutex_init(&p->w.lock, NULL);
    az_cond_init(&p->w.changed);
    assert_int_equal(az_video_create_pull(&p->video, &p->c.post, wake, &p->w), AIZU_OK);
}

static void puller_deinit(puller *p)
{
    az_video_destroy(&p->video);
    collector_deinit(&p->c);
    pthread_cond_destroy(&p->w.changed);
    pthread_mutex_destroy(&p->w.lock);
}

static void pull_gives_a_frame_when_it_is_due_and_counts_its_release(void **state)
{
    (void)state;
    puller p;
    puller_init(&p);
    const aizu_frame *frame = NULL;
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_AGAIN);
    put(p.video, 1, az_clock_now() + 100 * AIZU_SECOND, NULL, 0);
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_AGAIN);
    az_video_flush(p.video);

    int64_t at = az_clock_now() + 5 * MS;
    put(p.video, 2, at, NULL, 0);
    wait_wakes(&p.w, 1);
    assert_true(az_video_has_frame(p.video));
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_OK);
    assert_true(az_clock_now() >= at);
    assert_int_equal(frame->pts, 2 * AIZU_SECOND);
    assert_int_equal(frame->due, at);
    assert_int_equal(frame->width, 64);
    assert_false(az_video_has_frame(p.video));
    const aizu_frame *second = NULL;
    assert_int_equal(az_video_acquire(p.video, &second), AIZU_E_STATE);
    int64_t release = az_clock_now();
    az_video_release(p.video, &frame);
    assert_null(frame);
    assert_true(collector_wait(&p.c, AZ_EVENT_PRESENTED, 0, 1));
    az_event event = collector_get(&p.c, AZ_EVENT_PRESENTED, 0);
    assert_int_equal(event.frame_id, 2);
    if (release - at < AZ_VIDEO_RELEASE_MAX / 2)
        assert_true(event.time >= release);
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_AGAIN);
    puller_deinit(&p);
}

static void pull_gives_the_newest_and_drops_what_it_passes(void **state)
{
    (void)state;
    puller p;
    puller_init(&p);
    const aizu_frame *frame = NULL;
    put(p.video, 1, 0, NULL, 0);
    wait_wakes(&p.w, 1);
    put(p.video, 2, 0, NULL, 0);
    put(p.video, 3, 0, NULL, 0);
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_OK);
    assert_int_equal(frame->pts, 3 * AIZU_SECOND);
    az_video_release(p.video, &frame);
    assert_true(collector_wait(&p.c, AZ_EVENT_PRESENTED, 0, 1));
    assert_int_equal(collector_count(&p.c, AZ_EVENT_DROPPED, 0), 2);
    assert_int_equal(collector_get(&p.c, AZ_EVENT_DROPPED, 0).frame_id, 1);
    assert_int_equal(collector_get(&p.c, AZ_EVENT_DROPPED, 1).frame_id, 2);
    puller_deinit(&p);
}

static void pull_counts_an_unreleased_frame_when_it_was_due(void **state)
{
    (void)state;
    puller p;
    puller_init(&p);
    const aizu_frame *frame = NULL;
    int64_t before = az_clock_now();
    put(p.video, 1, 0, NULL, 0);
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_OK);
    int64_t after = az_clock_now();
    assert_true(collector_wait(&p.c, AZ_EVENT_PRESENTED, 0, 1));
    assert_in_range(collector_get(&p.c, AZ_EVENT_PRESENTED, 0).time, before, after);
    assert_true(az_clock_now() - before >= AZ_VIDEO_RELEASE_MAX);
    put(p.video, 2, 0, NULL, 0);
    az_video_release(p.video, &frame); /* counted already */
    assert_int_equal(collector_count(&p.c, AZ_EVENT_PRESENTED, 0), 1);
    wait_wakes(&p.w, 1);
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_OK);
    az_video_release(p.video, &frame);
    assert_int_equal(collector_count(&p.c, AZ_EVENT_PRESENTED, 0), 2);
    puller_deinit(&p);
}

static void pull_counts_a_frame_that_nobody_takes(void **state)
{
    (void)state;
    puller p;
    puller_init(&p);
    put(p.video, 1, 0, NULL, 0);
    assert_true(collector_wait(&p.c, AZ_EVENT_PRESENTED, 0, 1));
    const aizu_frame *frame = NULL;
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_OK); /* it is still the picture to show */
    az_video_release(p.video, &frame);
    assert_int_equal(p.c.count, 1);
    puller_deinit(&p);
}

static void pull_carries_the_cues_with_the_frame(void **state)
{
    (void)state;
    puller p;
    puller_init(&p);
    az_cue *cues[] = {make_cue("one"), make_cue("two")};
    put(p.video, 1, 0, cues, 2);
    const aizu_frame *frame = NULL;
    assert_int_equal(az_video_acquire(p.video, &frame), AIZU_OK);
    assert_int_equal(frame->cue_count, 2);
    assert_string_equal((const char *)frame->cues[0]->data, "one");
    assert_string_equal((const char *)frame->cues[1]->data, "two");
    az_video_flush(p.video); /* a held frame stays valid */
    assert_string_equal((const char *)frame->cues[1]->data, "two");
    az_video_release(p.video, &frame);
    assert_int_equal(p.c.count, 0);
    puller_deinit(&p);
}

static void only_pull_can_be_pulled_from(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    const aizu_frame *frame = NULL;
    assert_int_equal(az_video_create_headless(&video, &c.post), AIZU_OK);
    assert_int_equal(az_video_acquire(video, &frame), AIZU_E_STATE);
    assert_false(az_video_has_frame(video));
    az_video_destroy(&video);
    collector_deinit(&c);
}

/* ---- pictures ---- */

static void check_place(int width, int height, int sar_num, int sar_den, az_video_rect expected)
{
    aizu_frame frame = {.width = width, .height = height, .sar_num = sar_num, .sar_den = sar_den};
    az_video_rect place = az_video_place((az_video_rect){0, 0, 800, 600}, &frame);
    assert_memory_equal(&place, &expected, sizeof(place));
}

static void pictures_keep_their_aspect(void **state)
{
    (void)state;
    check_place(1280, 720, 1, 1, (az_video_rect){0, 75, 800, 450});
    check_place(720, 1280, 1, 1, (az_video_rect){231, 0, 338, 600});
    check_place(720, 576, 16, 15, (az_video_rect){0, 0, 800, 600});
    check_place(100000, 1, 1, 1, (az_video_rect){0, 299, 800, 1});
}

static Uint32 pixel_at(const SDL_Surface *surface, int x, int y)
{
    const uint8_t *row = (const uint8_t *)surface->pixels + (size_t)y * (size_t)surface->pitch;
    Uint32 pixel;
    memcpy(&pixel, row + (size_t)x * 4, sizeof(pixel));
    return pixel & 0xffffff;
}

static bool is_near(Uint32 pixel, int r, int g, int b)
{
    int dr = abs((int)(pixel >> 16 & 255) - r);
    int dg = abs((int)(pixel >> 8 & 255) - g);
    int db = abs((int)(pixel & 255) - b);
    return dr <= 4 && dg <= 4 && db <= 4;
}

/* BT.709 red is Y 63, U 102, V 240; the same bytes read as BT.601 are another colour. */
static void check_picture(int format, int width, int height)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, 322, 242, 32, SDL_PIXELFORMAT_RGB888);
    SDL_Renderer *renderer = SDL_CreateSoftwareRenderer(surface);
    assert_non_null(renderer);
    az_frame *frame = picture_create(format, width, height, 63, 102, format == AV_PIX_FMT_NV12 ? 102 : 240);
    aizu_sdl_picture *picture = NULL;
    assert_int_equal(aizu_sdl_picture_create(&picture, renderer), AIZU_OK);
    assert_int_equal(aizu_sdl_picture_draw(picture, NULL), AIZU_AGAIN);
    SDL_Rect place;
    for (int i = 0; i < 2; i++) {
        SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255);
        SDL_RenderClear(renderer);
        assert_int_equal(aizu_sdl_picture_update(picture, az_frame_view(frame)), AIZU_OK);
        SDL_Rect area = {10, 20, 100, 200};
        assert_int_equal(aizu_sdl_picture_draw(picture, i ? &area : NULL), AIZU_OK);
        assert_int_equal(aizu_sdl_picture_place(picture, i ? &area : NULL, &place), AIZU_OK);
        SDL_RenderFlush(renderer);
        if (format == AV_PIX_FMT_YUV420P && height >= 720)
            assert_true(is_near(pixel_at(surface, place.x + place.w / 2, place.y + place.h / 2), 255, 0, 0));
        assert_int_not_equal(pixel_at(surface, place.x, place.y), 0);
        assert_int_not_equal(pixel_at(surface, place.x + place.w - 1, place.y + place.h - 1), 0);
        assert_int_equal(pixel_at(surface, place.x, place.y - 1), 0);
        assert_int_equal(pixel_at(surface, place.x, place.y + place.h), 0);
    }
    aizu_sdl_picture_destroy(&picture);
    assert_null(picture);
    az_frame_unref(&frame);
    SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
}

static void a_picture_is_drawn_in_its_place_and_colour(void **state)
{
    (void)state;
    check_picture(AV_PIX_FMT_YUV420P, 1280, 720);
    check_picture(AV_PIX_FMT_YUV420P, 854, 480);
    check_picture(AV_PIX_FMT_YUV420P, 33, 17);
    check_picture(AV_PIX_FMT_NV12, 640, 360);
}

static void picture_calls_check_their_arguments(void **state)
{
    (void)state;
    aizu_sdl_picture *picture = NULL;
    assert_int_equal(aizu_sdl_picture_create(&picture, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_sdl_picture_create(NULL, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_sdl_picture_update(NULL, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_sdl_picture_draw(NULL, NULL), AIZU_E_ARGUMENT);
    aizu_sdl_picture_destroy(&picture);
    aizu_sdl_picture_destroy(NULL);
}

/* Widths that are no multiple of the step are where swscale writes too much or too little. */
static void check_scaler(az_scaler *scaler, const aizu_frame *frame, int width, int height)
{
    int margin = AZ_SCALER_STEP + 8, pitch = (width + 2 * margin) * 4;
    size_t size = (size_t)pitch * (size_t)(height + 2);
    uint8_t *pixels = malloc(size);
    assert_non_null(pixels);
    memset(pixels, 0x55, size);
    assert_true(az_scaler_run(scaler, frame, SDL_PIXELFORMAT_RGB888, pixels + pitch + margin * 4, pitch,
                              width, height));
    for (int y = -1; y <= height; y++) {
        for (int x = -margin; x < width + margin; x++) {
            Uint32 pixel;
            memcpy(&pixel, pixels + (y + 1) * pitch + (x + margin) * 4, sizeof(pixel));
            bool is_inside = x >= 0 && x < width && y >= 0 && y < height;
            bool is_step = x >= width && x < width + AZ_SCALER_STEP - 1 && y >= 0 && y < height - 1 &&
                           width % AZ_SCALER_STEP;
            if (!is_step)
                assert_int_equal(is_inside, pixel != 0x55555555);
        }
    }
    free(pixels);
}

static void the_scaler_fills_its_rectangle(void **state)
{
    (void)state;
    static const int sizes[][2] = {{854, 480}, {64, 48}, {30, 20}, {33, 17}, {1, 1}, {426, 240}, {100, 57}};
    static const int formats[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12};
    az_scaler scaler = {0};
    for (size_t f = 0; f < AZ_COUNT(formats); f++) {
        az_frame *frame = picture_create(formats[f], 854, 480, 200, 128, 128);
        for (size_t i = 0; i < AZ_COUNT(sizes); i++)
            check_scaler(&scaler, az_frame_view(frame), sizes[i][0], sizes[i][1]);
        az_frame_unref(&frame);
    }
    az_scaler_deinit(&scaler);
}

/* ---- the window, on SDL's driver without a screen ---- */

static void a_window_shows_frames_in_order_and_never_early(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    assert_int_equal(az_video_create_window(&video, &c.post, "test", NULL, NULL), AIZU_OK);
    check_order_and_time(video, &c);
    az_video_flush(video);
    az_video_destroy(&video);
    collector_deinit(&c);
}

static void a_late_window_drops_what_it_passes(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    assert_int_equal(az_video_create_window(&video, &c.post, "test", NULL, NULL), AIZU_OK);
    az_subsystem_lock(SDL_INIT_VIDEO); /* the window can draw nothing */
    for (uint64_t i = 0; i < 5; i++)
        put(video, i, az_clock_now(), NULL, 0);
    az_subsystem_unlock(SDL_INIT_VIDEO);
    size_t shown = 0;
    do
        assert_true(collector_wait(&c, AZ_EVENT_PRESENTED, 0, ++shown));
    while (collector_get(&c, AZ_EVENT_PRESENTED, shown - 1).frame_id != 4);
    assert_in_range(collector_count(&c, AZ_EVENT_DROPPED, 0), 3, 4);
    assert_int_equal(c.count, 5);
    az_video_destroy(&video);
    collector_deinit(&c);
}

static void two_windows_live_side_by_side(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    collector c;
    collector_init(&c);
    az_video *videos[2] = {NULL, NULL};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(az_video_create_window(&videos[i], &c.post, NULL, NULL, NULL), AIZU_OK);
    for (uint64_t i = 0; i < 10; i++)
        put(videos[i % 2], i, az_clock_now() + (int64_t)i * MS, NULL, 0);
    az_video_destroy(&videos[0]);
    put(videos[1], 99, 0, NULL, 0);
    az_video_destroy(&videos[1]);
    collector_deinit(&c);
}

static void no_display_is_an_error_and_nothing_else(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "no-such-driver", 1);
    collector c;
    collector_init(&c);
    az_video *video = NULL;
    assert_int_equal(az_video_create_window(&video, &c.post, "test", NULL, NULL), AIZU_E_VIDEO_DEVICE);
    assert_null(video);
    unsetenv("SDL_VIDEODRIVER"); /* SDL's own choice may be a driver that shows nothing */
    setenv("DISPLAY", ":no-such-display", 1);
    unsetenv("WAYLAND_DISPLAY");
    assert_int_equal(az_video_create_window(&video, &c.post, "test", NULL, NULL), AIZU_E_VIDEO_DEVICE);
    az_video_destroy(&video);
    collector_deinit(&c);
}

static void a_window_has_the_picture_with_black_around_it(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    assert_true(az_subsystem_start(SDL_INIT_VIDEO));
    az_painter painter;
    assert_true(az_painter_open(&painter, "test", 400, 400, NULL));
    az_frame *frame = picture_create(AV_PIX_FMT_YUV420P, 1280, 720, 63, 102, 240);
    assert_true(az_painter_prepare(&painter, az_frame_view(frame)));
    assert_true(az_painter_show(&painter));
    const SDL_Surface *surface = SDL_GetWindowSurface(painter.window);
    assert_non_null(surface);
    assert_true(is_near(pixel_at(surface, 200, 200), 255, 0, 0));
    assert_int_equal(pixel_at(surface, 200, 10), 0);
    SDL_SetWindowSize(painter.window, 450, 250); /* 444 pixels of picture: no multiple of the scaler's step */
    assert_true(az_painter_prepare(&painter, az_frame_view(frame)));
    surface = SDL_GetWindowSurface(painter.window);
    for (int y = 0; y < 250; y++) {
        assert_int_equal(pixel_at(surface, 2, y), 0);
        assert_int_equal(pixel_at(surface, 447, y), 0);
    }
    SDL_SetWindowSize(painter.window, 200, 300);
    assert_true(az_painter_prepare(&painter, az_frame_view(frame)));
    surface = SDL_GetWindowSurface(painter.window);
    assert_int_equal(surface->w, 200);
    assert_true(is_near(pixel_at(surface, 100, 150), 255, 0, 0));
    assert_int_equal(pixel_at(surface, 100, 80), 0);
    az_frame_unref(&frame);
    az_painter_close(&painter);
    az_subsystem_stop(SDL_INIT_VIDEO);
}

typedef struct inputs {
    collector *c;
    int close_count;
    char key[32];
} inputs;

static void on_input(void *user, aizu_input_type type, const char *key)
{
    inputs *in = user;
    if (type == AIZU_INPUT_KEY)
        SDL_strlcpy(in->key, key, sizeof(in->key));
    else
        in->close_count++;
    collector_write(in->c, &(az_event){.type = AZ_EVENT_STOP});
}

static void keys_and_the_close_button_are_called_back(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    collector c;
    collector_init(&c);
    inputs in = {.c = &c};
    az_video_input input = {on_input, &in};
    az_video *video = NULL;
    assert_int_equal(az_video_create_window(&video, &c.post, "test", &input, NULL), AIZU_OK);
    Uint32 id = 0;
    for (Uint32 i = 1; i < 100 && !id; i++)
        id = SDL_GetWindowFromID(i) ? i : 0;
    assert_true(id);
    SDL_Event key = {.key = {.type = SDL_KEYDOWN, .windowID = id, .keysym = {.sym = SDLK_SPACE}}};
    SDL_PushEvent(&key);
    assert_true(collector_wait(&c, AZ_EVENT_STOP, 0, 1));
    SDL_Event button = {.window = {.type = SDL_WINDOWEVENT, .windowID = id, .event = SDL_WINDOWEVENT_CLOSE}};
    SDL_PushEvent(&button);
    assert_true(collector_wait(&c, AZ_EVENT_STOP, 0, 2));
    az_video_destroy(&video);
    assert_string_equal(in.key, "Space");
    assert_int_equal(in.close_count, 1);
    collector_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headless_reports_frames_in_order_and_never_early),
        cmocka_unit_test(past_frames_are_reported_at_once),
        cmocka_unit_test(a_flush_forgets_what_waits),
        cmocka_unit_test(too_many_frames_drop_the_oldest),
        cmocka_unit_test(pull_gives_a_frame_when_it_is_due_and_counts_its_release),
        cmocka_unit_test(pull_gives_the_newest_and_drops_what_it_passes),
        cmocka_unit_test(pull_counts_an_unreleased_frame_when_it_was_due),
        cmocka_unit_test(pull_counts_a_frame_that_nobody_takes),
        cmocka_unit_test(pull_carries_the_cues_with_the_frame),
        cmocka_unit_test(only_pull_can_be_pulled_from),
        cmocka_unit_test(pictures_keep_their_aspect),
        cmocka_unit_test(a_picture_is_drawn_in_its_place_and_colour),
        cmocka_unit_test(picture_calls_check_their_arguments),
        cmocka_unit_test(the_scaler_fills_its_rectangle),
        cmocka_unit_test(a_window_shows_frames_in_order_and_never_early),
        cmocka_unit_test(a_late_window_drops_what_it_passes),
        cmocka_unit_test(two_windows_live_side_by_side),
        cmocka_unit_test(no_display_is_an_error_and_nothing_else),
        cmocka_unit_test(a_window_has_the_picture_with_black_around_it),
        cmocka_unit_test(keys_and_the_close_button_are_called_back),
    };
    return cmocka_run_group_tests_name("video_output", tests, NULL, NULL);
}
