/*
 * The two ways to a window; see host/sdl/painter.h and docs/internals/output.md.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/painter.h"

#include <string.h>

#include "host/sdl/video_base.h"

static SDL_Window *open_window(const char *title, int width, int height)
{
    Uint32 flags = SDL_WINDOW_HIDDEN | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    return SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height, flags);
}

/* A renderer that the user asked for by SDL's hint is taken as it is. */
static bool open_gpu(az_painter *painter)
{
    const char *wanted = SDL_GetHint(SDL_HINT_RENDER_DRIVER);
    bool is_wanted = wanted && *wanted;
    if (is_wanted ? !strcmp(wanted, "software") : !az_gpu_is_possible())
        return false;
    painter->renderer =
        SDL_CreateRenderer(painter->window, -1, SDL_RENDERER_ACCELERATED | SDL_RENDERER_PRESENTVSYNC);
    if (painter->renderer && (is_wanted || az_renderer_is_gpu(painter->renderer)))
        return true;
    if (painter->renderer)
        SDL_DestroyRenderer(painter->renderer);
    painter->renderer = NULL;
    return false;
}

/* SDL's own way to put pixels into a window is through OpenGL, also where that is done by the CPU. */
static SDL_Surface *get_surface(az_painter *painter)
{
    const char *before = SDL_GetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION);
    char saved[16] = "";
    if (before)
        SDL_strlcpy(saved, before, sizeof(saved));
    SDL_SetHintWithPriority(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0", SDL_HINT_OVERRIDE);
    SDL_Surface *surface = SDL_GetWindowSurface(painter->window);
    SDL_ResetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION);
    if (before)
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, saved);
    return surface;
}

bool az_painter_open(az_painter *painter, const char *title, int width, int height, const az_log *log)
{
    memset(painter, 0, sizeof(*painter));
    painter->window = open_window(title, width, height);
    if (!painter->window)
        return false;
    if (!open_gpu(painter)) {
        /* anew: trying a renderer may have changed the window for it */
        SDL_DestroyWindow(painter->window);
        painter->window = open_window(title, width, height);
        if (!painter->window)
            return false;
    }
    SDL_RendererInfo info = {.name = "CPU"};
    if (painter->renderer)
        SDL_GetRendererInfo(painter->renderer, &info);
    az_log_printf(log, AZ_LOG_INFO, "window", "%s draws by %s", SDL_GetCurrentVideoDriver(), info.name);
    SDL_ShowWindow(painter->window);
    if (az_painter_show(painter))
        return true;
    az_painter_close(painter);
    return false;
}

static void drop_text(az_painter *painter)
{
    if (painter->text_texture)
        SDL_DestroyTexture(painter->text_texture);
    painter->text_texture = NULL;
    az_subtitle_image_deinit(&painter->text);
}

void az_painter_set_text(az_painter *painter, az_subtitle_image *image, int width, int height)
{
    drop_text(painter);
    painter->text = *image;
    painter->text_width = width;
    painter->text_height = height;
    *image = (az_subtitle_image){0};
}

static bool has_text(const az_painter *painter)
{
    return painter->text.pixels && painter->text_width == painter->place.w &&
           painter->text_height == painter->place.h;
}

static SDL_Rect text_place(const az_painter *painter)
{
    const az_subtitle_image *text = &painter->text;
    return (SDL_Rect){painter->place.x + text->x, painter->place.y + text->y, text->width, text->height};
}

void az_painter_close(az_painter *painter)
{
    drop_text(painter);
    az_texture_deinit(&painter->texture);
    az_scaler_deinit(&painter->scaler);
    if (painter->renderer)
        SDL_DestroyRenderer(painter->renderer);
    if (painter->window)
        SDL_DestroyWindow(painter->window);
    painter->renderer = NULL;
    painter->window = NULL;
}

/* Odd sizes cost swscale several times as much; nobody sees the missing line. */
static SDL_Rect place_by_cpu(const SDL_Surface *surface, const aizu_frame *frame)
{
    az_video_rect place = az_video_place((az_video_rect){0, 0, surface->w, surface->h}, frame);
    int width = place.width > 1 ? place.width & ~1 : 1;
    int height = place.height > 1 ? place.height & ~1 : 1;
    return (SDL_Rect){place.x, place.y, width, height};
}

/* Makes black again what the scaler wrote past the ends of rows, on the right or round the edge. */
static void clean_borders(SDL_Surface *surface, const SDL_Rect *place)
{
    int right = place->x + place->w;
    if (place->w % AZ_SCALER_STEP == 0 || place->w == surface->w)
        return;
    Uint32 black = SDL_MapRGB(surface->format, 0, 0, 0);
    SDL_FillRect(surface, &(SDL_Rect){0, place->y, AZ_MIN(place->x, AZ_SCALER_STEP), place->h}, black);
    SDL_FillRect(surface, &(SDL_Rect){right, place->y, AZ_SCALER_STEP, place->h}, black);
}

static bool draw_text_by_cpu(const az_painter *painter, SDL_Surface *surface)
{
    if (!has_text(painter))
        return true;
    const az_subtitle_image *text = &painter->text;
    SDL_Rect target = text_place(painter);
    SDL_Surface *source = SDL_CreateRGBSurfaceWithFormatFrom(text->pixels, text->width, text->height, 32,
                                                             text->width * 4, SDL_PIXELFORMAT_ARGB8888);
    if (!source)
        return false;
    bool is_done = !SDL_SetSurfaceBlendMode(source, SDL_BLENDMODE_BLEND) &&
                   !SDL_BlitSurface(source, NULL, surface, &target);
    SDL_FreeSurface(source);
    return is_done;
}

static bool draw_text_by_gpu(az_painter *painter)
{
    if (!has_text(painter))
        return true;
    const az_subtitle_image *text = &painter->text;
    SDL_Rect target = text_place(painter);
    if (!painter->text_texture) {
        painter->text_texture = SDL_CreateTexture(painter->renderer, SDL_PIXELFORMAT_ARGB8888,
                                                  SDL_TEXTUREACCESS_STATIC, text->width, text->height);
        if (!painter->text_texture || SDL_SetTextureBlendMode(painter->text_texture, SDL_BLENDMODE_BLEND) ||
            SDL_UpdateTexture(painter->text_texture, NULL, text->pixels, text->width * 4))
            return false;
    }
    return !SDL_RenderCopy(painter->renderer, painter->text_texture, NULL, &target);
}

static bool prepare_by_cpu(az_painter *painter, const aizu_frame *frame)
{
    SDL_Surface *surface = get_surface(painter);
    if (!surface || SDL_LockSurface(surface))
        return false;
    SDL_Rect place = place_by_cpu(surface, frame);
    bool is_as_before = surface->w == painter->width && surface->h == painter->height &&
                        !memcmp(&place, &painter->place, sizeof(place));
    if (!is_as_before)
        SDL_FillRect(surface, NULL, SDL_MapRGB(surface->format, 0, 0, 0));
    painter->place = place;
    painter->width = surface->w;
    painter->height = surface->h;
    uint8_t *pixels = (uint8_t *)surface->pixels + (size_t)place.y * (size_t)surface->pitch +
                      (size_t)place.x * surface->format->BytesPerPixel;
    bool is_done = az_scaler_run(&painter->scaler, frame, surface->format->format, pixels, surface->pitch,
                                 place.w, place.h);
    SDL_UnlockSurface(surface);
    clean_borders(surface, &place);
    return is_done && draw_text_by_cpu(painter, surface);
}

bool az_painter_prepare(az_painter *painter, const aizu_frame *frame)
{
    if (!painter->renderer)
        return prepare_by_cpu(painter, frame);
    int width = 0, height = 0;
    if (!az_texture_update(&painter->texture, painter->renderer, frame) ||
        SDL_GetRendererOutputSize(painter->renderer, &width, &height) || width <= 0 || height <= 0)
        return false;
    az_video_rect place = az_video_place((az_video_rect){0, 0, width, height}, frame);
    SDL_Rect target = {place.x, place.y, place.width, place.height};
    painter->place = target;
    return !SDL_SetRenderDrawColor(painter->renderer, 0, 0, 0, 255) && !SDL_RenderClear(painter->renderer) &&
           az_texture_draw(&painter->texture, painter->renderer, &target) && draw_text_by_gpu(painter);
}

bool az_painter_show(az_painter *painter)
{
    if (painter->renderer) {
        if (!painter->texture.texture)
            SDL_RenderClear(painter->renderer);
        SDL_RenderPresent(painter->renderer);
        return true;
    }
    if (!get_surface(painter))
        return false;
    return !SDL_UpdateWindowSurface(painter->window);
}
