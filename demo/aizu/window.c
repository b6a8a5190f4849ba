/*
 * The window; see window.h. The player hands out frames (AIZU_VIDEO_PULL): each is drawn, presented and only
 * then released, so that its cues fire when it is on screen. The library wakes SDL's event loop with an event
 * of ours.
 */
#define _POSIX_C_SOURCE 200809L

#include "window.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <SDL.h>

#include <aizu/sdl.h>

#include "overlay.h"

#define BAR_SHOWN    (3 * AIZU_SECOND) /* after the mouse moved or a key was pressed */
#define JUMP         (10 * AIZU_SECOND)
#define REDRAW_EVERY (AIZU_SECOND / 4)  /* of overlays over a picture that stands */
#define LOOK_EVERY   (AIZU_SECOND / 20) /* at standard input and at what callbacks told */

struct window {
    play *play;
    SDL_Window *window;
    SDL_Renderer *renderer;
    aizu_sdl_picture *picture;
    overlay *overlay;
    Uint32 wake_event;
    atomic_bool is_awake; /* a wake event is in SDL's queue */
    bool is_full_screen;
    bool has_stats;
    int64_t bar_until;
    int64_t drawn_at;
    bool is_dirty; /* to be drawn although no frame came */
};

/* On a thread of the library. One event at a time is enough, and does not fill SDL's queue. */
static void on_wakeup(void *user)
{
    window *w = user;
    if (atomic_exchange(&w->is_awake, true))
        return;
    SDL_Event event = {.type = w->wake_event};
    SDL_PushEvent(&event);
}

static bool open_parts(window *w)
{
    if (aizu_sdl_window_create(&w->window, &w->renderer, "aizu", 1280, 720) != AIZU_OK) {
        fprintf(stderr, "aizu: no window: %s (--headless plays without one)\n", SDL_GetError());
        return false;
    }
    w->overlay = overlay_create(w->renderer);
    w->wake_event = SDL_RegisterEvents(1);
    if (!w->overlay || w->wake_event == (Uint32)-1 ||
        aizu_sdl_picture_create(&w->picture, w->renderer) != AIZU_OK)
        return false;
    w->play->picture = w->play->options->is_captions_off ? NULL : w->picture;
    return true;
}

static void set_full_screen(window *w, bool is_full)
{
    w->is_full_screen = is_full;
    SDL_SetWindowFullscreen(w->window, is_full ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
}

/* SDL goes on without a display, drawing for nobody, unless it was told to. */
static bool start_video(void)
{
    if (SDL_InitSubSystem(SDL_INIT_VIDEO)) {
        fprintf(stderr, "aizu: no display: %s (--headless plays without one)\n", SDL_GetError());
        return false;
    }
    const char *driver = SDL_GetCurrentVideoDriver();
    bool is_nowhere = strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0;
    if (!is_nowhere || getenv("SDL_VIDEODRIVER"))
        return true;
    fprintf(stderr, "aizu: no display (--headless plays without one)\n");
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    return false;
}

window *window_open(play *p)
{
    if (!start_video())
        return NULL;
    window *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->play = p;
    if (!open_parts(w)) {
        window_close(&w);
        return NULL;
    }
    if (p->options->is_full_screen)
        set_full_screen(w, true);
    aizu_player_set_wakeup(p->player, on_wakeup, w);
    return w;
}

void window_close(window **pointer)
{
    window *w = *pointer;
    *pointer = NULL;
    if (!w)
        return;
    w->play->picture = NULL;
    overlay_destroy(&w->overlay);
    aizu_sdl_picture_destroy(&w->picture);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->window)
        SDL_DestroyWindow(w->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(w);
}

/* ---- input ---- */

static void jump(window *w, int64_t distance)
{
    int64_t position = aizu_player_position(w->play->player);
    if (position != AIZU_NO_TIME)
        aizu_player_seek(w->play->player, position + distance > 0 ? position + distance : 0);
}

static void on_key(window *w, SDL_Keycode key)
{
    aizu_player *player = w->play->player;
    switch (key) {
    case SDLK_SPACE:
        play_toggle_pause(w->play);
        break;
    case SDLK_LEFT:
        jump(w, -JUMP);
        break;
    case SDLK_RIGHT:
        jump(w, JUMP);
        break;
    case SDLK_HOME:
        aizu_player_seek(player, 0);
        break;
    case SDLK_END:
        aizu_player_seek(player, AIZU_NO_TIME);
        break;
    case SDLK_UP:
        play_shift_quality(w->play, 1);
        break;
    case SDLK_DOWN:
        play_shift_quality(w->play, -1);
        break;
    case SDLK_0:
        aizu_player_set_quality(player, AIZU_QUALITY_AUTO);
        break;
    case SDLK_a:
        play_next_rendition(w->play, AIZU_RENDITION_AUDIO);
        break;
    case SDLK_s:
        play_next_rendition(w->play, AIZU_RENDITION_TEXT);
        break;
    case SDLK_LEFTBRACKET:
        play_shift_rate(w->play, -1);
        break;
    case SDLK_RIGHTBRACKET:
        play_shift_rate(w->play, 1);
        break;
    case SDLK_m:
        aizu_player_set_muted(player, !aizu_player_muted(player));
        break;
    case SDLK_f:
        set_full_screen(w, !w->is_full_screen);
        break;
    case SDLK_i:
        w->has_stats = !w->has_stats;
        break;
    case SDLK_q:
    case SDLK_ESCAPE:
        play_quit(w->play);
        break;
    default: /* not an enum of ours */
        return;
    }
    w->bar_until = aizu_now() + BAR_SHOWN;
    w->is_dirty = true;
}

static void on_click(window *w, int x, int y)
{
    int64_t begin, end;
    int width = 0, height = 0;
    SDL_Rect bar = overlay_bar(w->overlay);
    SDL_GetWindowSize(w->window, &width, &height);
    if (width <= 0 || bar.w <= 0 || y < height - 2 * (height - bar.y) ||
        aizu_player_seekable(w->play->player, &begin, &end) != AIZU_OK)
        return;
    double part = (double)(x - bar.x) / (double)bar.w;
    part = part < 0.0 ? 0.0 : part > 1.0 ? 1.0 : part;
    aizu_player_seek(w->play->player, begin + (int64_t)(part * (double)(end - begin)));
}

static void on_sdl_event(window *w, const SDL_Event *event)
{
    if (event->type == w->wake_event) {
        atomic_store(&w->is_awake, false);
        return;
    }
    switch (event->type) {
    case SDL_QUIT:
        play_quit(w->play);
        break;
    case SDL_KEYDOWN:
        on_key(w, event->key.keysym.sym);
        break;
    case SDL_MOUSEMOTION:
        w->bar_until = aizu_now() + BAR_SHOWN;
        break;
    case SDL_MOUSEBUTTONDOWN:
        w->bar_until = aizu_now() + BAR_SHOWN;
        on_click(w, event->button.x, event->button.y);
        break;
    case SDL_WINDOWEVENT:
        w->is_dirty = true;
        break;
    }
}

/* ---- drawing ---- */

static bool has_overlay(const window *w, int64_t now)
{
    return w->has_stats || now < w->bar_until;
}

static void draw(window *w)
{
    int64_t now = aizu_now();
    SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
    SDL_RenderClear(w->renderer);
    aizu_sdl_picture_draw(w->picture, NULL);
    overlay_draw(w->overlay, w->play->player, now < w->bar_until, w->has_stats);
    SDL_RenderPresent(w->renderer);
    w->drawn_at = now;
    w->is_dirty = has_overlay(w, now); /* once more when it goes */
}

static void show_frame(window *w)
{
    const aizu_frame *frame;
    if (aizu_player_acquire_frame(w->play->player, &frame) == AIZU_OK) {
        for (size_t i = 0; w->play->picture && i < frame->cue_count; i++)
            (void)aizu_sdl_picture_take_cue(w->picture, frame->cues[i]);
        if (aizu_sdl_picture_update(w->picture, frame) == AIZU_OK)
            draw(w);
        aizu_player_release_frame(w->play->player, &frame);
    } else if ((w->is_dirty && aizu_now() - w->drawn_at >= REDRAW_EVERY) ||
               aizu_sdl_picture_is_stale(w->picture)) {
        draw(w);
    }
}

void window_run(window *w)
{
    while (play_step(w->play)) {
        show_frame(w);
        int64_t sleep = play_sleep_max(w->play);
        if (sleep > LOOK_EVERY)
            sleep = LOOK_EVERY;
        SDL_Event event;
        if (SDL_WaitEventTimeout(&event, (int)(sleep / AIZU_MILLISECOND) + 1)) {
            do
                on_sdl_event(w, &event);
            while (SDL_PollEvent(&event));
        }
    }
}
