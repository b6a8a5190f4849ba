/*
 * The loop: SDL's events and the player's wakeups come in through SDL's queue; a frame or a change of the
 * game is a reason to draw; drawing is clear, picture, card, present, release. Nothing is drawn without a
 * reason.
 */
#include "viewer.h"

#include <SDL.h>
#include <SDL_ttf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aizu/aizu.h"
#include "aizu/sdl.h"
#include "cue_source.h"
#include "draw.h"
#include "game.h"
#include "print.h"
#include "screenshot.h"

#define WAIT_MS           250               /* without events: often enough for --duration */
#define STATUS_PERIOD     (AIZU_SECOND / 2) /* the latency in the status line changes no more often */
#define COUNTDOWN_PERIOD  (AIZU_SECOND / 10)
#define SCREENSHOT_SETTLE (3 * AIZU_SECOND / 2) /* the first card's countdown has moved a little by then */

struct viewer {
    const struct quiz_options *options;
    struct quiz_printer printer;
    SDL_Window *window;
    SDL_Renderer *renderer;
    aizu_sdl_picture *picture;
    struct quiz_draw *draw;
    aizu_player *player;

    struct quiz_game game;
    struct quiz_cue_source cues;
    struct quiz_status status;
    char error[sizeof(((struct quiz_status *)0)->detail)]; /* the last one, until playback goes on */

    int64_t now;                /* stream time */
    int64_t first_frame_at;     /* monotonic, AIZU_NO_TIME before it */
    int64_t status_at;          /* monotonic, of the last refresh */
    int64_t card_since;         /* stream time of the first card, for the screenshot */
    int64_t painted;            /* stream time on screen */
    enum quiz_phase told_phase; /* of the card that was printed last */
    int64_t told_start;
    bool needs_paint;
    bool is_closed;
    bool has_ended; /* the stream did, well or not */
    bool has_failed;
    bool has_screenshot;

    Uint32 wakeup_type; /* SDL's number of our own event */
    SDL_atomic_t has_wakeup;
};

/* Called on a thread of the library. One event at a time is enough. */
static void on_wakeup(void *user)
{
    struct viewer *v = user;
    if (!SDL_AtomicCAS(&v->has_wakeup, 0, 1))
        return;
    SDL_Event event = {.type = v->wakeup_type};
    if (SDL_PushEvent(&event) != 1)
        SDL_AtomicSet(&v->has_wakeup, 0);
}

/* The game may change in many ways; one place draws the conclusions. */
static void note_change(struct viewer *v, bool has_changed)
{
    const struct quiz_game *game = &v->game;
    if (!has_changed)
        return;
    v->needs_paint = true;
    if (game->phase == v->told_phase && game->start == v->told_start)
        return; /* a notice or the focus */
    v->told_phase = game->phase;
    v->told_start = game->start;
    quiz_print_game(&v->printer, game);
    if (game->phase == QUIZ_OPEN && v->card_since == AIZU_NO_TIME)
        v->card_since = v->now;
}

static void take_cue(struct viewer *v, const aizu_cue *cue, int64_t frame_pts)
{
    struct quiz_item item;
    quiz_cue_read(cue, &item);
    quiz_print_cue(&v->printer, cue, &item, frame_pts);
    note_change(v, quiz_game_show(&v->game, &item, cue->id, cue->pts, v->now));
}

static void on_cue(void *user, const aizu_cue *cue)
{
    struct viewer *v = user;
    (void)aizu_sdl_picture_take_cue(v->picture, cue); /* without memory for it there is no caption */
    if (cue->kind == AIZU_CUE_TEXT)
        return;
    if (cue->phase == AIZU_CUE_START && quiz_cue_source_is_new(&v->cues, cue->id))
        take_cue(v, cue, AIZU_NO_TIME);
}

static void on_event(void *user, const aizu_event *event)
{
    struct viewer *v = user;
    quiz_print_event(&v->printer, event);
    if (event->type == AIZU_EVENT_ERROR && event->error) {
        snprintf(v->error, sizeof(v->error), "%s", event->error->detail);
        if (event->error->is_fatal)
            v->has_failed = true;
    }
    if (event->type == AIZU_EVENT_SEEKED ||
        (event->type == AIZU_EVENT_RENDITION && event->rendition_kind == AIZU_RENDITION_TEXT))
        aizu_sdl_picture_clear_text(v->picture);
    if (event->type == AIZU_EVENT_STATE && event->state == AIZU_STATE_PLAYING)
        v->error[0] = '\0';
    v->status_at = AIZU_NO_TIME; /* refresh now */
}

/* Status line. */

static void write_clock(char *out, size_t size, int64_t time)
{
    long long seconds = time == AIZU_NO_TIME || time < 0 ? 0 : time / AIZU_SECOND;
    snprintf(out, size, "%lld:%02lld", seconds / 60, seconds % 60);
}

static void write_playing(const struct viewer *v, struct quiz_status *status)
{
    if (aizu_player_is_live(v->player)) {
        int64_t latency = aizu_player_live_latency(v->player);
        status->tone = QUIZ_TONE_LIVE;
        snprintf(status->label, sizeof(status->label), "LIVE");
        if (latency != AIZU_NO_TIME)
            snprintf(status->detail, sizeof(status->detail), "%.1f s", aizu_seconds(latency));
        return;
    }
    char position[24], duration[24];
    write_clock(position, sizeof(position), v->now);
    write_clock(duration, sizeof(duration), aizu_player_duration(v->player));
    status->tone = QUIZ_TONE_CALM;
    snprintf(status->label, sizeof(status->label), "PLAYING");
    snprintf(status->detail, sizeof(status->detail), "%s / %s", position, duration);
}

static void write_status(const struct viewer *v, struct quiz_status *status)
{
    const char *label = "";
    memset(status, 0, sizeof(*status));
    switch (aizu_player_state(v->player)) {
    case AIZU_STATE_PLAYING:
        write_playing(v, status);
        return;
    case AIZU_STATE_IDLE:
        status->tone = v->has_failed ? QUIZ_TONE_BAD : QUIZ_TONE_WAIT;
        label = v->has_failed ? "STOPPED" : "LOADING";
        break;
    case AIZU_STATE_BUFFERING:
        status->tone = QUIZ_TONE_WAIT;
        label = v->first_frame_at == AIZU_NO_TIME ? "LOADING" : "BUFFERING";
        break;
    case AIZU_STATE_READY:
        status->tone = QUIZ_TONE_CALM;
        label = "PAUSED";
        break;
    case AIZU_STATE_ENDED:
        status->tone = QUIZ_TONE_CALM;
        label = "ENDED";
        break;
    }
    snprintf(status->label, sizeof(status->label), "%s", label);
    snprintf(status->detail, sizeof(status->detail), "%s", v->error);
}

static void refresh_status(struct viewer *v)
{
    int64_t now = aizu_now();
    if (v->status_at != AIZU_NO_TIME && now - v->status_at < STATUS_PERIOD)
        return;
    struct quiz_status status;
    write_status(v, &status);
    v->status_at = now;
    if (memcmp(&status, &v->status, sizeof(status)) != 0) {
        v->status = status;
        v->needs_paint = true;
    }
}

/* Input. */

static void answer(struct viewer *v, int index)
{
    note_change(v, quiz_game_answer(&v->game, index, v->now));
}

static void move_focus(struct viewer *v, int dx, int dy)
{
    note_change(v, quiz_game_move_focus(&v->game, dx, dy, quiz_draw_columns(v->draw)));
}

static void toggle_pause(struct viewer *v)
{
    if (aizu_player_state(v->player) == AIZU_STATE_READY)
        aizu_player_play(v->player);
    else
        aizu_player_pause(v->player);
}

static void toggle_full_screen(struct viewer *v)
{
    bool is_full = SDL_GetWindowFlags(v->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;
    SDL_SetWindowFullscreen(v->window, is_full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
}

/* The next subtitles or captions of the stream, none after the last. */
static void next_captions(struct viewer *v)
{
    int next = aizu_player_rendition(v->player, AIZU_RENDITION_TEXT) + 1;
    if (next >= aizu_player_rendition_count(v->player, AIZU_RENDITION_TEXT))
        next = AIZU_RENDITION_OFF;
    else if (next < 0)
        next = 0;
    aizu_player_set_rendition(v->player, AIZU_RENDITION_TEXT, next);
}

static void on_key(struct viewer *v, SDL_Keycode key)
{
    if (key >= SDLK_1 && key <= SDLK_9) {
        answer(v, key - SDLK_1);
        return;
    }
    if (key >= SDLK_KP_1 && key <= SDLK_KP_9) {
        answer(v, key - SDLK_KP_1);
        return;
    }
    switch (key) {
    case SDLK_LEFT:
        move_focus(v, -1, 0);
        break;
    case SDLK_RIGHT:
        move_focus(v, 1, 0);
        break;
    case SDLK_UP:
        move_focus(v, 0, -1);
        break;
    case SDLK_DOWN:
        move_focus(v, 0, 1);
        break;
    case SDLK_RETURN:
    case SDLK_KP_ENTER:
        answer(v, v->game.focus);
        break;
    case SDLK_ESCAPE:
        note_change(v, quiz_game_dismiss(&v->game));
        break;
    case SDLK_SPACE:
        toggle_pause(v);
        break;
    case SDLK_m:
        aizu_player_set_muted(v->player, !aizu_player_muted(v->player));
        break;
    case SDLK_c:
        next_captions(v);
        break;
    case SDLK_f:
        toggle_full_screen(v);
        break;
    case SDLK_q:
        v->is_closed = true;
        break;
    default: /* the keys that nobody asked for */
        break;
    }
}

/* The answer under a point in window coordinates, which are not pixels on dense screens. */
static int answer_at(const struct viewer *v, int x, int y)
{
    int width = 0, height = 0, pixels_wide = 0, pixels_high = 0;
    SDL_GetWindowSize(v->window, &width, &height);
    SDL_GetRendererOutputSize(v->renderer, &pixels_wide, &pixels_high);
    if (width < 1 || height < 1)
        return -1;
    return quiz_draw_answer_at(v->draw, x * pixels_wide / width, y * pixels_high / height);
}

static void on_sdl_event(struct viewer *v, const SDL_Event *event)
{
    if (event->type == v->wakeup_type) {
        SDL_AtomicSet(&v->has_wakeup, 0);
        return;
    }
    switch (event->type) {
    case SDL_QUIT:
        v->is_closed = true;
        break;
    case SDL_KEYDOWN:
        if (!event->key.repeat)
            on_key(v, event->key.keysym.sym);
        break;
    case SDL_MOUSEMOTION:
        note_change(v, quiz_game_set_focus(&v->game, answer_at(v, event->motion.x, event->motion.y)));
        break;
    case SDL_MOUSEBUTTONDOWN:
        if (event->button.button == SDL_BUTTON_LEFT)
            answer(v, answer_at(v, event->button.x, event->button.y));
        break;
    case SDL_RENDER_TARGETS_RESET:
        quiz_draw_reset(v->draw);
        v->needs_paint = true;
        break;
    case SDL_WINDOWEVENT: /* size, exposure and the like */
        v->needs_paint = true;
        break;
    default:
        break;
    }
}

/* Drawing. */

static void take_screenshot(struct viewer *v)
{
    const struct quiz_options *options = v->options;
    if (!options->screenshot || v->has_screenshot || v->first_frame_at == AIZU_NO_TIME)
        return;
    bool is_time;
    if (options->screenshot_at_ns >= 0)
        is_time = aizu_now() - v->first_frame_at >= options->screenshot_at_ns;
    else
        is_time = v->card_since != AIZU_NO_TIME && v->game.phase != QUIZ_HIDDEN &&
                  v->now - v->card_since >= SCREENSHOT_SETTLE;
    if (!is_time)
        return;
    v->has_screenshot = true;
    if (quiz_screenshot(v->renderer, options->screenshot)) {
        quiz_print_line(&v->printer, "screenshot", "%s", options->screenshot);
    } else {
        fprintf(stderr, "aizu-quiz: no screenshot: %s\n", SDL_GetError());
        v->has_failed = true;
    }
}

static void paint(struct viewer *v)
{
    SDL_SetRenderDrawColor(v->renderer, 0, 0, 0, 255);
    SDL_RenderClear(v->renderer);
    aizu_sdl_picture_draw(v->picture, NULL);
    quiz_draw_paint(v->draw, &v->game, &v->status, v->now);
    take_screenshot(v);
    SDL_RenderPresent(v->renderer);
    v->needs_paint = false;
    v->painted = v->now;
}

static void take_frame(struct viewer *v, const aizu_frame *frame)
{
    v->now = frame->pts;
    if (v->first_frame_at == AIZU_NO_TIME)
        v->first_frame_at = aizu_now();
    for (size_t i = 0; i < frame->cue_count; i++) {
        (void)aizu_sdl_picture_take_cue(v->picture, frame->cues[i]);
        if (frame->cues[i]->kind == AIZU_CUE_TEXT)
            continue;
        quiz_cue_source_carry(&v->cues, frame->cues[i]->id);
        take_cue(v, frame->cues[i], frame->pts);
    }
    aizu_sdl_picture_update(v->picture, frame);
    v->needs_paint = true;
}

/* Between frames, and where there are none: an audio-only stream has a countdown too. */
static void follow_position(struct viewer *v)
{
    int64_t position = aizu_player_position(v->player);
    if (position == AIZU_NO_TIME)
        return;
    v->now = position;
    if (v->game.phase != QUIZ_HIDDEN && v->now - v->painted >= COUNTDOWN_PERIOD)
        v->needs_paint = true;
}

/* Once around: callbacks, a frame if one is due, the game, the picture. */
static void step(struct viewer *v)
{
    const aizu_frame *frame = NULL;
    if (aizu_player_dispatch(v->player, 0) == AIZU_END)
        v->has_ended = true;
    if (aizu_player_acquire_frame(v->player, &frame) == AIZU_OK)
        take_frame(v, frame);
    else
        follow_position(v);

    note_change(v, quiz_game_advance(&v->game, v->now));
    if (v->options->auto_answer) {
        int choice = quiz_game_auto_answer(&v->game, v->now);
        if (choice >= 0)
            answer(v, choice);
    }
    refresh_status(v);
    if (v->needs_paint || aizu_sdl_picture_is_stale(v->picture))
        paint(v);
    if (frame) {
        aizu_player_release_frame(v->player, &frame);
        if (aizu_player_dispatch(v->player, 0) == AIZU_END) /* the frame's cues, now that it is on screen */
            v->has_ended = true;
    }
}

static void loop(struct viewer *v)
{
    int64_t end = v->options->duration_ns > 0 ? aizu_now() + v->options->duration_ns : INT64_MAX;
    while (!v->is_closed && !v->has_ended && aizu_now() < end) {
        SDL_Event event;
        if (SDL_WaitEventTimeout(&event, WAIT_MS)) {
            do {
                on_sdl_event(v, &event);
            } while (SDL_PollEvent(&event));
        }
        step(v);
    }
}

/* Opening and closing. */

/* Without a GPU SDL would draw through a software OpenGL, which costs a multiple of its own software
 * renderer. */
static void choose_renderer(void)
{
    static const char *const devices[] = {"/dev/dri/renderD128", "/dev/dri/card0", "/dev/nvidia0"};
#ifdef __linux__
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        if (access(devices[i], R_OK | W_OK) == 0)
            return;
    SDL_SetHintWithPriority(SDL_HINT_RENDER_DRIVER, "software", SDL_HINT_DEFAULT);
    SDL_SetHintWithPriority(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0", SDL_HINT_DEFAULT);
#else
    (void)devices;
#endif
}

static bool open_window(struct viewer *v)
{
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    choose_renderer();
    if (SDL_Init(SDL_INIT_VIDEO) != 0 || TTF_Init() != 0)
        return false;
    v->wakeup_type = SDL_RegisterEvents(1);
    v->window =
        SDL_CreateWindow("aizu quiz", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, v->options->width,
                         v->options->height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!v->window)
        return false;
    SDL_SetWindowMinimumSize(v->window, 160, 160);
    v->renderer = SDL_CreateRenderer(v->window, -1, 0);
    if (!v->renderer)
        return false;
    v->draw = quiz_draw_create(v->renderer, v->options->font);
    return v->draw && aizu_sdl_picture_create(&v->picture, v->renderer) == AIZU_OK;
}

static aizu_result open_player(struct viewer *v)
{
    aizu_config config;
    aizu_config_init(&config);
    config.video = AIZU_VIDEO_PULL;
    config.audio = v->options->mute ? AIZU_AUDIO_SILENT : AIZU_AUDIO_DEVICE;
    aizu_result result = aizu_player_create(&v->player, &config);
    if (result != AIZU_OK)
        return result;
    aizu_player_on_cue(v->player, on_cue, v);
    aizu_player_on_event(v->player, on_event, v);
    aizu_player_set_wakeup(v->player, on_wakeup, v);
    result = aizu_player_load(v->player, v->options->url);
    return result == AIZU_OK ? aizu_player_play(v->player) : result;
}

/* In the reverse order of opening; what was not opened is NULL. */
static void close_all(struct viewer *v)
{
    aizu_player_destroy(&v->player);
    aizu_sdl_picture_destroy(&v->picture);
    quiz_draw_destroy(&v->draw);
    if (v->renderer)
        SDL_DestroyRenderer(v->renderer);
    if (v->window)
        SDL_DestroyWindow(v->window);
    if (TTF_WasInit())
        TTF_Quit();
    SDL_Quit();
}

int quiz_viewer_run(const struct quiz_options *options)
{
    struct viewer *v = calloc(1, sizeof(*v));
    if (!v)
        return 1;
    v->options = options;
    v->printer = (struct quiz_printer){options->print, aizu_now()};
    v->first_frame_at = v->status_at = v->card_since = AIZU_NO_TIME;
    quiz_game_init(&v->game);

    aizu_result result = AIZU_OK;
    bool is_open = open_window(v);
    if (!is_open)
        fprintf(stderr, "aizu-quiz: cannot open a window: %s\n", SDL_GetError());
    if (is_open && (result = open_player(v)) != AIZU_OK)
        fprintf(stderr, "aizu-quiz: cannot play %s: %s\n", options->url, aizu_result_name(result));
    bool has_run = is_open && result == AIZU_OK;
    if (has_run)
        loop(v);
    if (v->has_failed && v->error[0])
        fprintf(stderr, "aizu-quiz: %s\n", v->error);
    bool is_good = has_run && !v->has_failed && (!options->screenshot || v->has_screenshot);
    if (has_run && options->screenshot && !v->has_screenshot)
        fprintf(stderr, "aizu-quiz: nothing to take a screenshot of\n");
    close_all(v);
    free(v);
    return is_good ? 0 : 1;
}
