/*
 * Drawing of still pictures: shapes with smooth edges and text, in RGB, and their conversion to limited-range
 * BT.709 YUV 4:2:0. Used once at the start, so clarity goes before speed. One thread.
 */
#ifndef CH_CANVAS_H
#define CH_CANVAS_H

#include <libavutil/frame.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ch_canvas {
    int width, height;
    uint8_t *rgb; /* 3 bytes a pixel, no padding */
} ch_canvas;

/* How much of each pixel a piece of text covers. */
typedef struct ch_mask {
    int width, height;
    uint8_t *coverage;
} ch_mask;

bool ch_canvas_init(ch_canvas *c, int width, int height); /* black; false: out of memory */
void ch_canvas_deinit(ch_canvas *c);

/* Colours are 0xRRGGBB, alpha 0..1. What lies outside is cut off. */
void ch_canvas_fill(ch_canvas *c, uint32_t colour);
void ch_canvas_blend(ch_canvas *c, int x, int y, uint32_t colour, double alpha);
void ch_canvas_round_rect(ch_canvas *c, double x, double y, double width, double height, double radius,
                          uint32_t colour, double alpha);
void ch_canvas_capsule(ch_canvas *c, double x0, double y0, double x1, double y1, double radius,
                       uint32_t colour,
                       double alpha); /* a line with round ends; a disc when it has no length */
void ch_canvas_mask(ch_canvas *c, const ch_mask *mask, int x, int y, uint32_t colour);

uint32_t ch_colour_mix(uint32_t a, uint32_t b, double share_of_b);

/* The whole canvas into the top left of `frame`, which is at least as large. Sizes are even. */
void ch_canvas_to_frame(const ch_canvas *c, AVFrame *frame);

/* A YUV 4:2:0 picture; NULL: out of memory. */
AVFrame *ch_picture_create(int width, int height);

/* Copies the rectangle; all numbers even and inside both pictures. */
void ch_picture_copy(AVFrame *to, int to_x, int to_y, const AVFrame *from, int x, int y, int width,
                     int height);

#endif
