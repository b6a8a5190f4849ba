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

/* AIZU_E_ARGUMENT, AIZU_E_MEMORY. All functions here that do not say otherwise: on the renderer's thread.
 * Destroy before the renderer. */
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
 * Subtitles and captions. Give the picture each cue, as it comes: those of aizu_frame.cues before the frame
 * is drawn, and those of the cue callback; the same one twice does no harm. Cues of kind AIZU_CUE_TEXT stand
 * over the picture from AIZU_CUE_START to AIZU_CUE_END, where and as they ask to; others, skipped ones and
 * announcements are left alone. Copied. From any thread, until destroy. AIZU_E_ARGUMENT, AIZU_E_MEMORY.
 *
 * A thread of the library makes the letters, a few milliseconds later (the first time, when it looks for
 * fonts, up to a second), and the next aizu_sdl_picture_draw() shows them, over a picture drawn at
 * the same size as before.
 */
AIZU_API aizu_result aizu_sdl_picture_take_cue(aizu_sdl_picture *picture, const aizu_cue *cue);
/* Takes all text away: after load, AIZU_EVENT_SEEKED, and AIZU_EVENT_RENDITION of AIZU_RENDITION_TEXT. Any
 * thread. */
AIZU_API void aizu_sdl_picture_clear_text(aizu_sdl_picture *picture);
/* 1: text came or went since the last draw, for those who draw only when something changed, as in a pause.
 * Any thread. */
AIZU_API int aizu_sdl_picture_is_stale(const aizu_sdl_picture *picture);

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
