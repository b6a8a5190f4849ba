/*
 * What is drawn over the picture: a progress bar with times, and the statistics.
 */
#ifndef AIZU_DEMO_OVERLAY_H
#define AIZU_DEMO_OVERLAY_H

#include <stdbool.h>

#include <SDL.h>

#include <aizu/aizu.h>

typedef struct overlay overlay;

/* Works without a font, with the bar alone. NULL when out of memory. */
overlay *overlay_create(SDL_Renderer *renderer);
void overlay_destroy(overlay **o);

/* Where on the output the bar is, for the mouse. */
SDL_Rect overlay_bar(const overlay *o);

/* Draws; nothing is drawn of what is not wanted. */
void overlay_draw(overlay *o, const aizu_player *player, bool with_bar, bool with_stats);

#endif
