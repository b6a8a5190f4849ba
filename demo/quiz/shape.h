/*
 * Antialiased shapes for an SDL_Renderer: rounded boxes, their outlines and shadows, discs, a check mark and
 * a cross. Each shape is a small white mask, made once per size and drawn in any colour.
 */
#ifndef QUIZ_SHAPE_H
#define QUIZ_SHAPE_H

#include <SDL.h>

struct quiz_shapes; /* the masks of one renderer */

struct quiz_shapes *quiz_shapes_create(SDL_Renderer *renderer); /* NULL when out of memory */
void quiz_shapes_destroy(struct quiz_shapes **shapes);          /* before the renderer */

/* All measures in pixels; a radius larger than half the box is cut down. */
void quiz_shape_box(struct quiz_shapes *shapes, SDL_Rect box, int radius, SDL_Color color);
void quiz_shape_outline(struct quiz_shapes *shapes, SDL_Rect box, int radius, int width, SDL_Color color);
void quiz_shape_shadow(struct quiz_shapes *shapes, SDL_Rect box, int radius, int blur, SDL_Color color);
void quiz_shape_check(struct quiz_shapes *shapes, SDL_Rect box, SDL_Color color);
void quiz_shape_cross(struct quiz_shapes *shapes, SDL_Rect box, SDL_Color color);

#endif
