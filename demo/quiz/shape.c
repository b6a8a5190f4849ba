/*
 * Masks from distances: how far a pixel lies inside or outside an outline gives its coverage. Boxes of any
 * size come from one mask per radius, cut into nine parts: corners are copied, edges stretched, the middle
 * filled.
 */
#include "shape.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define MASKS_MAX   64  /* past it the oldest is made anew */
#define MASK_SIDE   512 /* pixels at most */
#define MASK_MIDDLE 2   /* pixels between the corners of a box mask */

enum mask_kind {
    MASK_BOX,
    MASK_OUTLINE,
    MASK_SHADOW,
    MASK_CHECK,
    MASK_CROSS,
};

struct mask {
    SDL_Texture *texture;
    enum mask_kind kind;
    int radius; /* icons: the side */
    int extra;  /* outline: its width; shadow: its blur */
    int side;
};

struct quiz_shapes {
    SDL_Renderer *renderer;
    struct mask masks[MASKS_MAX];
    int mask_count;
    int oldest;
};

struct quiz_shapes *quiz_shapes_create(SDL_Renderer *renderer)
{
    struct quiz_shapes *shapes = calloc(1, sizeof(*shapes));
    if (shapes)
        shapes->renderer = renderer;
    return shapes;
}

void quiz_shapes_destroy(struct quiz_shapes **shapes)
{
    if (!shapes || !*shapes)
        return;
    for (int i = 0; i < (*shapes)->mask_count; i++)
        SDL_DestroyTexture((*shapes)->masks[i].texture);
    free(*shapes);
    *shapes = NULL;
}

/* Distance from the outline of a box with rounded corners around 0, 0; negative inside. */
static double box_distance(double x, double y, double half, double radius)
{
    double dx = fabs(x) - (half - radius);
    double dy = fabs(y) - (half - radius);
    double outside = hypot(fmax(dx, 0), fmax(dy, 0));
    return outside + fmin(fmax(dx, dy), 0) - radius;
}

static double segment_distance(double x, double y, double x0, double y0, double x1, double y1)
{
    double dx = x1 - x0, dy = y1 - y0;
    double along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
    along = fmin(fmax(along, 0), 1);
    return hypot(x - x0 - along * dx, y - y0 - along * dy);
}

static double clamp_unit(double value)
{
    return fmin(fmax(value, 0), 1);
}

/* How much of the pixel at x, y (from the middle of the mask) is covered, 0 to 1. */
static double coverage(const struct mask *mask, double x, double y)
{
    double half = mask->side / 2.0;
    double u = x / mask->side + 0.5, v = y / mask->side + 0.5;
    double stroke = 0.075;
    double distance;
    switch (mask->kind) {
    case MASK_BOX:
        return clamp_unit(0.5 - box_distance(x, y, half, mask->radius));
    case MASK_OUTLINE:
        distance = box_distance(x, y, half, mask->radius);
        return clamp_unit(0.5 - distance) - clamp_unit(0.5 - distance - mask->extra);
    case MASK_SHADOW: /* nothing under the box itself: it is translucent */
        distance = box_distance(x, y, half - mask->extra, mask->radius);
        return clamp_unit(distance + 0.5) * pow(clamp_unit(1 - distance / mask->extra), 2);
    case MASK_CHECK:
        distance = fmin(segment_distance(u, v, 0.2, 0.53, 0.42, 0.74),
                        segment_distance(u, v, 0.42, 0.74, 0.8, 0.28));
        return clamp_unit(0.5 - (distance - stroke) * mask->side);
    case MASK_CROSS:
        distance = fmin(segment_distance(u, v, 0.26, 0.26, 0.74, 0.74),
                        segment_distance(u, v, 0.74, 0.26, 0.26, 0.74));
        return clamp_unit(0.5 - (distance - stroke) * mask->side);
    }
    return 0;
}

static SDL_Texture *draw_mask(SDL_Renderer *renderer, const struct mask *mask)
{
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormat(0, mask->side, mask->side, 32, SDL_PIXELFORMAT_ARGB8888);
    if (!surface)
        return NULL;
    for (int y = 0; y < mask->side; y++) {
        Uint32 *row = (Uint32 *)((Uint8 *)surface->pixels + (size_t)y * (size_t)surface->pitch);
        for (int x = 0; x < mask->side; x++) {
            double part = coverage(mask, x + 0.5 - mask->side / 2.0, y + 0.5 - mask->side / 2.0);
            row[x] = (Uint32)lround(part * 255) << 24 | 0xFFFFFFu;
        }
    }
    SDL_Texture *texture = SDL_CreateTextureFromSurface(renderer, surface);
    SDL_FreeSurface(surface);
    if (texture)
        SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND);
    return texture;
}

/* NULL when SDL gives no texture: the shape is then missing, and nothing else is. */
static const struct mask *find_mask(struct quiz_shapes *shapes, enum mask_kind kind, int radius, int extra,
                                    int side)
{
    for (int i = 0; i < shapes->mask_count; i++) {
        const struct mask *mask = &shapes->masks[i];
        if (mask->kind == kind && mask->radius == radius && mask->extra == extra)
            return mask;
    }
    struct mask made = {NULL, kind, radius, extra, side};
    if (side < 1 || side > MASK_SIDE || !(made.texture = draw_mask(shapes->renderer, &made)))
        return NULL;
    struct mask *place;
    if (shapes->mask_count < MASKS_MAX) {
        place = &shapes->masks[shapes->mask_count++];
    } else {
        place = &shapes->masks[shapes->oldest];
        shapes->oldest = (shapes->oldest + 1) % MASKS_MAX;
        SDL_DestroyTexture(place->texture);
    }
    *place = made;
    return place;
}

static void tint(const struct mask *mask, SDL_Color color)
{
    SDL_SetTextureColorMod(mask->texture, color.r, color.g, color.b);
    SDL_SetTextureAlphaMod(mask->texture, color.a);
}

static void copy_part(struct quiz_shapes *shapes, const struct mask *mask, SDL_Rect from, SDL_Rect to)
{
    if (to.w > 0 && to.h > 0)
        SDL_RenderCopy(shapes->renderer, mask->texture, &from, &to);
}

/* Corners and edges of a mask around the box; `corner` is the side of a corner part. */
static void draw_frame(struct quiz_shapes *shapes, const struct mask *mask, SDL_Rect box, int corner)
{
    int end = mask->side - corner;
    int right = box.x + box.w - corner, bottom = box.y + box.h - corner;
    int w = box.w - 2 * corner, h = box.h - 2 * corner;
    copy_part(shapes, mask, (SDL_Rect){0, 0, corner, corner}, (SDL_Rect){box.x, box.y, corner, corner});
    copy_part(shapes, mask, (SDL_Rect){end, 0, corner, corner}, (SDL_Rect){right, box.y, corner, corner});
    copy_part(shapes, mask, (SDL_Rect){0, end, corner, corner}, (SDL_Rect){box.x, bottom, corner, corner});
    copy_part(shapes, mask, (SDL_Rect){end, end, corner, corner}, (SDL_Rect){right, bottom, corner, corner});
    if (mask->kind == MASK_BOX)
        return;
    copy_part(shapes, mask, (SDL_Rect){corner, 0, 1, corner}, (SDL_Rect){box.x + corner, box.y, w, corner});
    copy_part(shapes, mask, (SDL_Rect){corner, end, 1, corner},
              (SDL_Rect){box.x + corner, bottom, w, corner});
    copy_part(shapes, mask, (SDL_Rect){0, corner, corner, 1}, (SDL_Rect){box.x, box.y + corner, corner, h});
    copy_part(shapes, mask, (SDL_Rect){end, corner, corner, 1}, (SDL_Rect){right, box.y + corner, corner, h});
}

static int fit_radius(SDL_Rect box, int radius)
{
    int side = box.w < box.h ? box.w : box.h;
    return radius > side / 2 ? side / 2 : radius;
}

void quiz_shape_box(struct quiz_shapes *shapes, SDL_Rect box, int radius, SDL_Color color)
{
    if (box.w <= 0 || box.h <= 0)
        return;
    radius = fit_radius(box, radius);
    const struct mask *mask =
        radius > 0 ? find_mask(shapes, MASK_BOX, radius, 0, 2 * radius + MASK_MIDDLE) : NULL;
    if (mask) {
        tint(mask, color);
        draw_frame(shapes, mask, box, radius);
    } else {
        radius = 0;
    }
    const SDL_Rect parts[3] = {
        {box.x + radius, box.y, box.w - 2 * radius, radius},
        {box.x, box.y + radius, box.w, box.h - 2 * radius},
        {box.x + radius, box.y + box.h - radius, box.w - 2 * radius, radius},
    };
    SDL_SetRenderDrawBlendMode(shapes->renderer, SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(shapes->renderer, color.r, color.g, color.b, color.a);
    for (int i = 0; i < 3; i++)
        if (parts[i].w > 0 && parts[i].h > 0)
            SDL_RenderFillRect(shapes->renderer, &parts[i]);
}

void quiz_shape_outline(struct quiz_shapes *shapes, SDL_Rect box, int radius, int width, SDL_Color color)
{
    radius = fit_radius(box, radius);
    int corner = radius > width ? radius : width;
    const struct mask *mask = find_mask(shapes, MASK_OUTLINE, radius, width, 2 * corner + MASK_MIDDLE);
    if (!mask)
        return;
    tint(mask, color);
    draw_frame(shapes, mask, box, corner);
}

void quiz_shape_shadow(struct quiz_shapes *shapes, SDL_Rect box, int radius, int blur, SDL_Color color)
{
    radius = fit_radius(box, radius);
    int corner = radius + blur;
    const struct mask *mask =
        blur > 0 ? find_mask(shapes, MASK_SHADOW, radius, blur, 2 * corner + MASK_MIDDLE) : NULL;
    if (!mask)
        return;
    tint(mask, color);
    SDL_Rect outer = {box.x - blur, box.y - blur, box.w + 2 * blur, box.h + 2 * blur};
    draw_frame(shapes, mask, outer, corner);
}

static void draw_icon(struct quiz_shapes *shapes, enum mask_kind kind, SDL_Rect box, SDL_Color color)
{
    const struct mask *mask = find_mask(shapes, kind, box.w, 0, box.w);
    if (!mask)
        return;
    tint(mask, color);
    SDL_RenderCopy(shapes->renderer, mask->texture, NULL, &box);
}

void quiz_shape_check(struct quiz_shapes *shapes, SDL_Rect box, SDL_Color color)
{
    draw_icon(shapes, MASK_CHECK, box, color);
}

void quiz_shape_cross(struct quiz_shapes *shapes, SDL_Rect box, SDL_Color color)
{
    draw_icon(shapes, MASK_CROSS, box, color);
}
