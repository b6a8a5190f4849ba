/*
 * Text cues to pixels, through libass: what a set of cues looks like over a picture of a given size. White on
 * a translucent box where a cue does not say otherwise; lines, positions, sizes, alignment, vertical writing,
 * colours and ruby as the cue has them. Internal to host/sdl/; one thread at a time.
 *
 * Each line of text is one event of libass, drawn alone and placed here, because ASS has neither the boxes of
 * WebVTT nor ruby. See docs/internals/text.md.
 */
#ifndef AZ_HOST_SDL_SUBTITLE_H
#define AZ_HOST_SDL_SUBTITLE_H

#include "base/log.h"

#define AZ_SUBTITLE_CUES_MAX  16             /* at a time; later ones are left out */
#define AZ_SUBTITLE_SIZE_MAX  8192           /* pixels of either side of a picture */
#define AZ_SUBTITLE_LINES_MAX 32             /* of one cue */
#define AZ_SUBTITLE_TEXT_MAX  ((size_t)4096) /* bytes of one cue's text */

typedef struct az_subtitle az_subtitle;

/* A text cue in the terms of cue/text.h. */
typedef struct az_subtitle_text {
    az_span settings, markup;
} az_subtitle_text;

/* Pixels of SDL_PIXELFORMAT_ARGB8888, rows without gaps, for the rectangle of the picture that they cover. */
typedef struct az_subtitle_image {
    uint32_t *pixels; /* NULL: nothing is to be seen */
    int x, y, width, height;
} az_subtitle_image;

/* Looks for fonts (fontconfig), which may take a second. NULL: out of memory, or libass refuses. The log is
 * copied. */
az_subtitle *az_subtitle_create(const az_log *log);
void az_subtitle_destroy(az_subtitle **subtitle);

/* Draws cues, the first lowest, so that none covers another. *image is the caller's in any case:
 * az_subtitle_image_deinit(). Without fonts nothing is to be seen, and the log says so once. False: out of
 * memory. */
AZ_NODISCARD bool az_subtitle_render(az_subtitle *subtitle, const az_subtitle_text *texts, size_t count,
                                     int width, int height, az_subtitle_image *image);
void az_subtitle_image_deinit(az_subtitle_image *image);

#endif
