/*
 * Where a block of text goes in a picture (W3C WebVTT, 7.2, in the large). Pure; internal to
 * host/sdl/subtitle*.c.
 *
 * Text is laid out in lines that run to the right and follow each other downwards. Vertical text is the same,
 * turned clockwise by a quarter afterwards: its picture is as wide as the real one is high.
 */
#ifndef AZ_HOST_SDL_SUBTITLE_LAYOUT_H
#define AZ_HOST_SDL_SUBTITLE_LAYOUT_H

#include "cue/text.h"

typedef struct az_subtitle_rect {
    int x, y, width, height;
} az_subtitle_rect;

/* The picture as the text of a cue sees it. */
typedef struct az_subtitle_page {
    int width, height;
    int font_height; /* of text of normal size, pixels of a line */
} az_subtitle_page;

az_subtitle_page az_subtitle_page_of(int picture_width, int picture_height, bool is_vertical);

/* The settings with what "start" and "end" mean for text of this direction: left or right, and a position. */
void az_subtitle_settle(az_text_settings *settings, bool is_rtl);

/* How wide lines may be. */
int az_subtitle_width_max(const az_text_settings *settings, const az_subtitle_page *page);

/* The place of a block of this size. */
az_subtitle_rect az_subtitle_place(const az_text_settings *settings, const az_subtitle_page *page, int width,
                                   int height);

/* Moves a block up or down, whichever is away from its edge, until it covers none of the others; where there
 * is no room it stays. */
void az_subtitle_avoid(az_subtitle_rect *rect, const az_subtitle_page *page, const az_subtitle_rect *others,
                       size_t count);

/* A rectangle of a vertical page in the picture. */
az_subtitle_rect az_subtitle_turn(az_subtitle_rect rect, const az_subtitle_page *page);

#endif
