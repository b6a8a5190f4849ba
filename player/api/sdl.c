/*
 * aizu_sdl_window_create() of include/aizu/sdl.h; the pictures stand in host/sdl/picture.c. The choice of the
 * renderer is measured: docs/internals/output.md.
 */
#include "aizu/sdl.h"

#include <stdbool.h>

#include "host/sdl/texture.h"

static SDL_Window *open_window(const char *title, int width, int height)
{
    return SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height,
                            SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
}

/* NULL when there is no GPU behind SDL's renderers, and nobody asked for one of them by name. */
static SDL_Renderer *open_gpu(SDL_Window *window)
{
    const char *wanted = SDL_GetHint(SDL_HINT_RENDER_DRIVER);
    bool is_wanted = wanted && *wanted;
    if (!is_wanted && !az_gpu_is_possible())
        return NULL;
    SDL_Renderer *renderer =
        SDL_CreateRenderer(window, -1, SDL_RENDERER_ACCELERATED | SDL_RENDERER_PRESENTVSYNC);
    if (renderer && !is_wanted && !az_renderer_is_gpu(renderer)) {
        SDL_DestroyRenderer(renderer);
        renderer = NULL;
    }
    return renderer;
}

aizu_result aizu_sdl_window_create(SDL_Window **window, SDL_Renderer **renderer, const char *title, int width,
                                   int height)
{
    if (!window || !renderer || !title || width <= 0 || height <= 0)
        return AIZU_E_ARGUMENT;
    *renderer = NULL;
    *window = open_window(title, width, height);
    if (!*window)
        return AIZU_E_VIDEO_DEVICE;
    *renderer = open_gpu(*window);
    if (*renderer)
        return AIZU_OK;
    SDL_DestroyWindow(*window); /* trying a renderer may have changed it */
    SDL_SetHintWithPriority(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0", SDL_HINT_DEFAULT);
    *window = open_window(title, width, height);
    if (*window)
        *renderer = SDL_CreateRenderer(*window, -1, SDL_RENDERER_SOFTWARE);
    if (*renderer)
        return AIZU_OK;
    if (*window)
        SDL_DestroyWindow(*window);
    *window = NULL;
    return AIZU_E_VIDEO_DEVICE;
}
