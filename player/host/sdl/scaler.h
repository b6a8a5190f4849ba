/*
 * A picture to RGB pixels of any size in one pass, on the CPU: where there is no GPU this costs a fraction
 * of SDL's own way. Internal to host/sdl/.
 */
#ifndef AZ_HOST_SDL_SCALER_H
#define AZ_HOST_SDL_SCALER_H

#include <SDL.h>

#include "aizu/frame.h"
#include "base/base.h"

struct SwsContext;

/* Zero it before the first use. */
typedef struct az_scaler {
    struct SwsContext *sws;
    /* what it was made for */
    aizu_pixel_format from;
    aizu_color_matrix matrix;
    int full_range;
    int from_width, from_height;
    Uint32 to;
    int to_width, to_height;
} az_scaler;

void az_scaler_deinit(az_scaler *scaler);

/* True when frames can become pixels of this SDL_PixelFormatEnum. */
bool az_scaler_takes(Uint32 format);

/* swscale works in steps: when the width is no multiple of AZ_SCALER_STEP it may write so many pixels less
 * one past the end of each row but the last. */
#define AZ_SCALER_STEP 8

/* Fills width x height pixels at `pixels`. Fast for even sizes only. False: format or memory. */
AZ_NODISCARD bool az_scaler_run(az_scaler *scaler, const aizu_frame *frame, Uint32 format, void *pixels,
                                int pitch, int width, int height);

#endif
