/*
 * A streaming YUV texture that follows the format of the frames it is given, and which renderers make that
 * cheap. Internal to host/sdl/.
 */
#ifndef AZ_HOST_SDL_TEXTURE_H
#define AZ_HOST_SDL_TEXTURE_H

#include <SDL.h>

#include "aizu/frame.h"
#include "base/base.h"

/* Zero it before the first use. Destroy before the renderer. */
typedef struct az_texture {
    SDL_Texture *texture;
    int width, height;
    aizu_pixel_format format;
    SDL_YUV_CONVERSION_MODE mode;
} az_texture;

void az_texture_deinit(az_texture *texture);

/* Copies the planes to the texture. False when SDL refuses. */
AZ_NODISCARD bool az_texture_update(az_texture *texture, SDL_Renderer *renderer, const aizu_frame *frame);

/* Queues the drawing. */
AZ_NODISCARD bool az_texture_draw(az_texture *texture, SDL_Renderer *renderer, const SDL_Rect *place);

/* True when the renderer draws with a GPU: not SDL's own software renderer, not OpenGL on the CPU. */
bool az_renderer_is_gpu(SDL_Renderer *renderer);

/* False when it is certain without trying that there is no GPU: trying loads a software OpenGL, which is
 * large. */
bool az_gpu_is_possible(void);

#endif
