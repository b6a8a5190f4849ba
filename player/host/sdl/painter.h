/*
 * Pictures into an SDL window, by the cheaper of two ways: textures and a GPU where there is one, swscale
 * straight into the window's pixels where there is none. Internal to host/sdl/; all functions under
 * az_subsystem_lock() and on the window's thread.
 */
#ifndef AZ_HOST_SDL_PAINTER_H
#define AZ_HOST_SDL_PAINTER_H

#include "base/log.h"
#include "host/sdl/scaler.h"
#include "host/sdl/subtitle.h"
#include "host/sdl/texture.h"

typedef struct az_painter {
    SDL_Window *window;
    SDL_Renderer *renderer; /* NULL: by CPU */
    az_texture texture;
    az_scaler scaler;
    SDL_Rect place;    /* of the picture prepared last; by CPU: what is not black, ... */
    int width, height; /* ... in a window of this size */
    az_subtitle_image text;
    int text_width, text_height; /* of the picture that it was made for */
    SDL_Texture *text_texture;   /* with a GPU; NULL: to be made */
} az_painter;

/* Opens a window, with a GPU if possible. False: SDL_GetError(). */
AZ_NODISCARD bool az_painter_open(az_painter *painter, const char *title, int width, int height,
                                  const az_log *log);
void az_painter_close(az_painter *painter);

/* What stands over the pictures prepared from now on, at a size of width x height; over others nothing does.
 * Takes the image over. */
void az_painter_set_text(az_painter *painter, az_subtitle_image *image, int width, int height);

/* Gets a picture ready; the screen does not change. The frame is not used afterwards. */
AZ_NODISCARD bool az_painter_prepare(az_painter *painter, const aizu_frame *frame);
/* Shows what was prepared last, or black before. */
bool az_painter_show(az_painter *painter);

#endif
