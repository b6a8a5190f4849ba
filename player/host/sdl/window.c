/*
 * The library's own window. One thread opens it, gets each picture ready ahead, shows it at its time and
 * takes the window's events. See host/sdl/video.h; how pixels get to the screen is in host/sdl/painter.h.
 *
 * Events may be pumped by any thread of the process that uses SDL, so a watch notes those of this window
 * and its thread acts on them.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "host/sdl/painter.h"
#include "host/sdl/subsystem.h"
#include "host/sdl/subtitle_thread.h"
#include "host/sdl/video_base.h"

/* How often events are looked for, and how close to a frame's time they wait. */
#define PUMP_INTERVAL (20 * AIZU_MILLISECOND)
#define PUMP_COST     (3 * AIZU_MILLISECOND)

#define KEYS_MAX  16 /* pressed between two looks; more are lost */
#define TITLE_MAX 256
#define WIDTH     1280 /* until the first picture says */
#define HEIGHT    720

typedef enum window_state {
    WINDOW_OPENING,
    WINDOW_OPEN,
    WINDOW_FAILED,
} window_state;

typedef struct window {
    az_video base;
    az_video_input input;
    az_log log;
    char title[TITLE_MAX];
    az_worker worker; /* its lock is taken after az_subsystem_lock() where both are needed */

    window_state state;
    uint64_t flushes; /* how often the queue was emptied */
    az_video_queue queue;
    bool is_damaged, is_closed; /* noted by the watch */
    SDL_Keycode keys[KEYS_MAX];
    size_t key_count;
    az_subtitle_thread *text;      /* NULL until the first text */
    bool has_new_text;             /* it has something to take */
    int place_width, place_height; /* of the picture prepared last; 0 before */

    /* the thread's */
    az_painter painter;
    Uint32 id;
    az_frame *shown;  /* to draw it again */
    bool is_prepared; /* the first of the queue */
    bool is_fitted;   /* the window has the size of the first picture */
    int64_t next_pump;
} window;

/* ---- events ---- */

/* Runs under the lock of the subsystem, or on a thread of the application. */
static int watch(void *user, SDL_Event *event)
{
    window *output = user;
    pthread_mutex_lock(&output->worker.lock);
    if (event->type == SDL_WINDOWEVENT && event->window.windowID == output->id) {
        switch (event->window.event) {
        case SDL_WINDOWEVENT_SIZE_CHANGED:
        case SDL_WINDOWEVENT_EXPOSED:
            output->is_damaged = true;
            break;
        case SDL_WINDOWEVENT_CLOSE:
            output->is_closed = true;
            break;
        default:
            break;
        }
    } else if (event->type == SDL_KEYDOWN && event->key.windowID == output->id && !event->key.repeat) {
        if (output->key_count < KEYS_MAX)
            output->keys[output->key_count++] = event->key.keysym.sym;
    }
    pthread_mutex_unlock(&output->worker.lock);
    return 0;
}

/* Takes this window's events out of SDL's queue, where nobody else reads them. */
static int SDLCALL is_of_others(void *user, SDL_Event *event)
{
    const window *output = user;
    Uint32 id = 0;
    switch (event->type) {
    case SDL_WINDOWEVENT:
        id = event->window.windowID;
        break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        id = event->key.windowID;
        break;
    case SDL_TEXTEDITING:
    case SDL_TEXTINPUT:
        id = event->text.windowID;
        break;
    case SDL_MOUSEMOTION:
        id = event->motion.windowID;
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        id = event->button.windowID;
        break;
    case SDL_MOUSEWHEEL:
        id = event->wheel.windowID;
        break;
    default:
        return 1;
    }
    return id != output->id;
}

/* Gets a picture ready, and tells those who draw text its size. */
static bool paint(window *output, const aizu_frame *frame)
{
    bool is_done = az_painter_prepare(&output->painter, frame);
    pthread_mutex_lock(&output->worker.lock);
    output->place_width = output->painter.place.w;
    output->place_height = output->painter.place.h;
    if (output->text)
        az_subtitle_thread_set_size(output->text, output->place_width, output->place_height);
    pthread_mutex_unlock(&output->worker.lock);
    return is_done;
}

static void redraw(window *output)
{
    output->is_prepared = false; /* the pixels are the same for both */
    if (output->shown && !paint(output, az_frame_view(output->shown)))
        return;
    az_painter_show(&output->painter);
}

/* Takes what was drawn of the text. Called with the lock, which it drops in between. */
static void take_text(window *output)
{
    az_subtitle_image image;
    int width, height;
    bool is_still = !az_video_queue_first(&output->queue); /* no picture comes in which it would be seen */
    output->has_new_text = false;
    bool is_new = az_subtitle_thread_take(output->text, &image, &width, &height);
    if (!is_new)
        return;
    output->is_prepared = false;
    pthread_mutex_unlock(&output->worker.lock);
    az_subsystem_lock(SDL_INIT_VIDEO);
    az_painter_set_text(&output->painter, &image, width, height);
    if (is_still)
        redraw(output);
    az_subsystem_unlock(SDL_INIT_VIDEO);
    pthread_mutex_lock(&output->worker.lock);
}

static void pump(window *output)
{
    SDL_Keycode keys[KEYS_MAX];
    az_subsystem_lock(SDL_INIT_VIDEO);
    SDL_PumpEvents();
    SDL_FilterEvents(is_of_others, output);
    pthread_mutex_lock(&output->worker.lock);
    bool is_damaged = output->is_damaged, is_closed = output->is_closed;
    size_t key_count = output->key_count;
    SDL_memcpy(keys, output->keys, sizeof(keys));
    output->is_damaged = output->is_closed = false;
    output->key_count = 0;
    pthread_mutex_unlock(&output->worker.lock);
    if (is_damaged)
        redraw(output);
    az_subsystem_unlock(SDL_INIT_VIDEO);

    if (!output->input.input)
        return;
    for (size_t i = 0; i < key_count; i++)
        output->input.input(output->input.user, AIZU_INPUT_KEY, SDL_GetKeyName(keys[i]));
    if (is_closed)
        output->input.input(output->input.user, AIZU_INPUT_CLOSE, NULL);
}

/* ---- pictures ---- */

/* The size of the first picture, as far as the screen has room. */
static void fit(window *output, const aizu_frame *frame)
{
    SDL_Rect screen;
    SDL_Window *sdl = output->painter.window;
    int display = SDL_GetWindowDisplayIndex(sdl);
    if (output->is_fitted || SDL_GetDisplayUsableBounds(AZ_MAX(display, 0), &screen))
        return;
    output->is_fitted = true;
    int width = (int)az_rescale(frame->width, frame->sar_num, frame->sar_den);
    az_video_rect area = {0, 0, AZ_MIN(width, screen.w), AZ_MIN(frame->height, screen.h)};
    area = az_video_place(area, frame);
    SDL_SetWindowSize(sdl, area.width, area.height);
    SDL_SetWindowPosition(sdl, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
}

/* Gets the first of the queue ready. Called with the lock, which it drops in between. */
static void prepare(window *output)
{
    az_frame *frame = az_frame_ref(az_video_queue_first(&output->queue)->frame);
    uint64_t flushes = output->flushes;
    pthread_mutex_unlock(&output->worker.lock);
    az_subsystem_lock(SDL_INIT_VIDEO);
    fit(output, az_frame_view(frame));
    bool is_done = paint(output, az_frame_view(frame));
    az_subsystem_unlock(SDL_INIT_VIDEO);
    if (!is_done)
        az_log_printf(&output->log, AZ_LOG_WARNING, "window", "cannot draw: %s", SDL_GetError());
    az_frame_unref(&frame);
    pthread_mutex_lock(&output->worker.lock);
    /* A frame that cannot be drawn is still shown as far as the playback clock goes. */
    output->is_prepared = flushes == output->flushes;
}

/* Shows the first of the queue. Called with the lock, which it drops in between. */
static void show(window *output)
{
    az_video_item item = az_video_queue_pop(&output->queue);
    output->is_prepared = false;
    pthread_mutex_unlock(&output->worker.lock);
    az_subsystem_lock(SDL_INIT_VIDEO);
    az_painter_show(&output->painter);
    az_subsystem_unlock(SDL_INIT_VIDEO);
    az_video_report(&output->base, AZ_EVENT_PRESENTED, item.frame_id, az_clock_now());
    az_frame_unref(&output->shown);
    output->shown = item.frame;
    item.frame = NULL;
    az_video_item_deinit(&item);
    pthread_mutex_lock(&output->worker.lock);
}

static void drop_first(window *output)
{
    az_video_item item = az_video_queue_pop(&output->queue);
    output->is_prepared = false;
    az_video_report(&output->base, AZ_EVENT_DROPPED, item.frame_id, az_clock_now());
    az_video_item_deinit(&item);
}

/* One step of the thread, with the lock. */
static void step(window *output)
{
    int64_t now = az_clock_now();
    const az_video_item *first = az_video_queue_first(&output->queue);
    const az_video_item *second = az_video_queue_second(&output->queue);
    bool has_time = !first || first->at - now > PUMP_COST || now - output->next_pump > 5 * PUMP_INTERVAL;
    if (output->has_new_text && has_time) {
        take_text(output);
    } else if (output->next_pump <= now && has_time) {
        output->next_pump = now + PUMP_INTERVAL;
        pthread_mutex_unlock(&output->worker.lock);
        pump(output);
        pthread_mutex_lock(&output->worker.lock);
    } else if (second && second->at <= now) {
        drop_first(output);
    } else if (first && !output->is_prepared) {
        prepare(output);
    } else if (first && first->at <= now) {
        show(output);
    } else {
        int64_t time = first ? first->at : AZ_NEVER;
        if (has_time)
            time = AZ_MIN(time, AZ_MAX(output->next_pump, now));
        az_cond_wait_until(&output->worker.changed, &output->worker.lock, time);
    }
}

/* ---- the thread ---- */

/* Where there is no display SDL may fall back to a driver that shows nothing; only who asks for it gets it.
 */
static bool has_display(void)
{
    const char *wanted = SDL_GetHint(SDL_HINT_VIDEODRIVER);
    const char *driver = SDL_GetCurrentVideoDriver();
    if (wanted && *wanted)
        return true;
    if (driver && SDL_strcmp(driver, "offscreen") && SDL_strcmp(driver, "dummy"))
        return true;
    SDL_SetError("no display");
    return false;
}

static bool open_window(window *output)
{
    if (!az_subsystem_start(SDL_INIT_VIDEO))
        return false;
    az_subsystem_lock(SDL_INIT_VIDEO);
    bool is_open =
        has_display() && az_painter_open(&output->painter, output->title, WIDTH, HEIGHT, &output->log);
    if (is_open) {
        output->id = SDL_GetWindowID(output->painter.window);
        SDL_AddEventWatch(watch, output);
    }
    az_subsystem_unlock(SDL_INIT_VIDEO);
    if (!is_open)
        az_subsystem_stop(SDL_INIT_VIDEO);
    return is_open;
}

static void close_window(window *output)
{
    az_subsystem_lock(SDL_INIT_VIDEO);
    SDL_DelEventWatch(watch, output);
    az_painter_close(&output->painter);
    SDL_PumpEvents();
    SDL_FilterEvents(is_of_others, output);
    az_subsystem_unlock(SDL_INIT_VIDEO);
    az_subsystem_stop(SDL_INIT_VIDEO);
    az_frame_unref(&output->shown);
}

static void *run(void *argument)
{
    window *output = argument;
    bool is_open = open_window(output);
    if (!is_open)
        az_log_printf(&output->log, AZ_LOG_ERROR, "window", "no window: %s", SDL_GetError());
    pthread_mutex_lock(&output->worker.lock);
    output->state = is_open ? WINDOW_OPEN : WINDOW_FAILED;
    pthread_cond_broadcast(&output->worker.changed);
    while (is_open && !output->worker.is_stopping)
        step(output);
    pthread_mutex_unlock(&output->worker.lock);
    if (is_open)
        close_window(output);
    SDL_TLSCleanup(); /* this is not a thread of SDL's */
    return NULL;
}

/* ---- the engine's side ---- */

static void present(az_video *video, const az_present *present)
{
    window *output = (window *)video;
    az_video_item item, dropped;
    az_video_item_init(&item, present, true, false);
    pthread_mutex_lock(&output->worker.lock);
    bool is_full = az_video_queue_push(&output->queue, &item, &dropped);
    if (is_full) {
        output->is_prepared = false;
        output->flushes++;
        az_video_report(video, AZ_EVENT_DROPPED, dropped.frame_id, az_clock_now());
        az_video_item_deinit(&dropped);
    }
    if (is_full || output->queue.count == 1)
        pthread_cond_broadcast(&output->worker.changed);
    pthread_mutex_unlock(&output->worker.lock);
}

static void flush(az_video *video)
{
    window *output = (window *)video;
    pthread_mutex_lock(&output->worker.lock);
    az_video_queue_clear(&output->queue);
    output->is_prepared = false;
    output->flushes++;
    pthread_mutex_unlock(&output->worker.lock);
}

/* Runs on the thread that draws text, or in set_text(). */
static void on_text_ready(void *user)
{
    window *output = user;
    pthread_mutex_lock(&output->worker.lock);
    output->has_new_text = true;
    pthread_cond_broadcast(&output->worker.changed);
    pthread_mutex_unlock(&output->worker.lock);
}

static void set_text(az_video *video, const aizu_cue *const *cues, size_t count)
{
    window *output = (window *)video;
    if (!output->text && count == 0)
        return;
    if (!output->text) {
        az_subtitle_thread *text = az_subtitle_thread_create(&output->log, on_text_ready, output);
        pthread_mutex_lock(&output->worker.lock);
        output->text = text;
        if (text)
            az_subtitle_thread_set_size(text, output->place_width, output->place_height);
        pthread_mutex_unlock(&output->worker.lock);
    }
    if (!output->text || !az_subtitle_thread_set_text(output->text, cues, count))
        az_log_printf(&output->log, AZ_LOG_WARNING, "window", "cannot show text: out of memory");
}

static void end(window *output)
{
    az_worker_join(&output->worker);
    az_subtitle_thread_destroy(&output->text); /* its thread calls back until then */
    az_worker_deinit(&output->worker);
    az_video_queue_clear(&output->queue);
    free(output);
}

static void destroy(az_video *video)
{
    end((window *)video);
}

aizu_result az_video_create_window(az_video **video, const az_post *post, const char *title,
                                   const az_video_input *input, const az_log *log)
{
    static const az_video_ops ops = {present, flush, destroy};
    *video = NULL;
    window *output = calloc(1, sizeof(*output));
    if (!output)
        return AIZU_E_MEMORY;
    output->base = (az_video){.ops = &ops, .post = *post, .set_text = set_text};
    if (input)
        output->input = *input;
    if (log)
        output->log = *log;
    SDL_strlcpy(output->title, title ? title : "", sizeof(output->title));
    if (!az_worker_start(&output->worker, run, output)) {
        free(output);
        return AIZU_E_INTERNAL;
    }
    pthread_mutex_lock(&output->worker.lock);
    while (output->state == WINDOW_OPENING)
        pthread_cond_wait(&output->worker.changed, &output->worker.lock);
    bool is_open = output->state == WINDOW_OPEN;
    pthread_mutex_unlock(&output->worker.lock);
    if (!is_open) {
        end(output);
        return AIZU_E_VIDEO_DEVICE;
    }
    *video = &output->base;
    return AIZU_OK;
}
