/*
 * Drawing into an application's own SDL_Renderer. The player must have been created with
 * AIZU_VIDEO_PULL. Include after SDL.h or with it on the include path.
 */
#ifndef AIZU_SDL_H
#define AIZU_SDL_H

#include <SDL.h>

#include "aizu/player.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A texture that follows the size and format of the frames it is given. Belongs to one renderer. */
typedef struct aizu_sdl_picture aizu_sdl_picture;

/* AIZU_E_ARGUMENT, AIZU_E_MEMORY. All functions here: on the renderer's thread. Destroy before the renderer.
 */
AIZU_API aizu_result aizu_sdl_picture_create(aizu_sdl_picture **picture, SDL_Renderer *renderer);
AIZU_API void aizu_sdl_picture_destroy(aizu_sdl_picture **picture);

/* Uploads a frame; planes go to the texture as they are. AIZU_E_VIDEO_DEVICE when SDL refuses. */
AIZU_API aizu_result aizu_sdl_picture_update(aizu_sdl_picture *picture, const aizu_frame *frame);

/* Draws the last frame, scaled with its aspect kept into `area` (NULL: the whole output), centred.
 * Does not clear and does not present. AIZU_AGAIN before the first frame. */
AIZU_API aizu_result aizu_sdl_picture_draw(aizu_sdl_picture *picture, const SDL_Rect *area);

/* Where in `area` a picture of these frames lands. AIZU_AGAIN before the first frame. */
AIZU_API aizu_result aizu_sdl_picture_place(const aizu_sdl_picture *picture, const SDL_Rect *area,
                                            SDL_Rect *place);

/*
 * Opens a resizable window with the renderer that costs least on this machine: the GPU, with vertical
 * synchronisation, or SDL's software renderer where there is none (its default goes through an OpenGL done
 * by the CPU, at several times the cost). SDL's video subsystem must be initialised, and the hints
 * SDL_HINT_RENDER_DRIVER and SDL_HINT_FRAMEBUFFER_ACCELERATION are respected where the application set them.
 * On success the caller owns both. AIZU_E_ARGUMENT; AIZU_E_VIDEO_DEVICE: SDL_GetError() says why.
 */
AIZU_API aizu_result aizu_sdl_window_create(SDL_Window **window, SDL_Renderer **renderer, const char *title,
                                            int width, int height);

#ifdef __cplusplus
}
#endif
#endif
