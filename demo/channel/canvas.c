/*
 * Shapes as distance functions, sampled once a pixel; see canvas.h.
 */
#include "canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool ch_canvas_init(ch_canvas *c, int width, int height)
{
    *c = (ch_canvas){.width = width, .height = height};
    c->rgb = calloc((size_t)width * (size_t)height, 3);
    return c->rgb != NULL;
}

void ch_canvas_deinit(ch_canvas *c)
{
    free(c->rgb);
    *c = (ch_canvas){0};
}

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

static unsigned channel_of(uint32_t colour, unsigned i)
{
    return (colour >> (16 - 8 * i)) & 0xff;
}

uint32_t ch_colour_mix(uint32_t a, uint32_t b, double share_of_b)
{
    uint32_t out = 0;
    for (unsigned i = 0; i < 3; i++) {
        double v = channel_of(a, i) * (1 - share_of_b) + channel_of(b, i) * share_of_b;
        out = (out << 8) | (uint32_t)clamp(round(v), 0, 255);
    }
    return out;
}

void ch_canvas_blend(ch_canvas *c, int x, int y, uint32_t colour, double alpha)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height || alpha <= 0)
        return;
    uint8_t *pixel = c->rgb + 3 * ((size_t)y * (size_t)c->width + (size_t)x);
    for (unsigned i = 0; i < 3; i++)
        pixel[i] = (uint8_t)clamp(round(pixel[i] * (1 - alpha) + channel_of(colour, i) * alpha), 0, 255);
}

void ch_canvas_fill(ch_canvas *c, uint32_t colour)
{
    for (int y = 0; y < c->height; y++) {
        for (int x = 0; x < c->width; x++)
            ch_canvas_blend(c, x, y, colour, 1);
    }
}

void ch_canvas_round_rect(ch_canvas *c, double x, double y, double width, double height, double radius,
                          uint32_t colour, double alpha)
{
    double cx = x + width / 2, cy = y + height / 2;
    for (int py = (int)floor(y); py < (int)ceil(y + height); py++) {
        for (int px = (int)floor(x); px < (int)ceil(x + width); px++) {
            double dx = fabs(px + 0.5 - cx) - (width / 2 - radius);
            double dy = fabs(py + 0.5 - cy) - (height / 2 - radius);
            double outside = hypot(fmax(dx, 0), fmax(dy, 0)) + fmin(fmax(dx, dy), 0) - radius;
            ch_canvas_blend(c, px, py, colour, alpha * clamp(0.5 - outside, 0, 1));
        }
    }
}

void ch_canvas_capsule(ch_canvas *c, double x0, double y0, double x1, double y1, double radius,
                       uint32_t colour, double alpha)
{
    double vx = x1 - x0, vy = y1 - y0;
    double length2 = vx * vx + vy * vy;
    int left = (int)floor(fmin(x0, x1) - radius), right = (int)ceil(fmax(x0, x1) + radius);
    int top = (int)floor(fmin(y0, y1) - radius), bottom = (int)ceil(fmax(y0, y1) + radius);
    for (int py = top; py <= bottom; py++) {
        for (int px = left; px <= right; px++) {
            double wx = px + 0.5 - x0, wy = py + 0.5 - y0;
            double t = length2 > 0 ? clamp((wx * vx + wy * vy) / length2, 0, 1) : 0;
            double outside = hypot(wx - t * vx, wy - t * vy) - radius;
            ch_canvas_blend(c, px, py, colour, alpha * clamp(0.5 - outside, 0, 1));
        }
    }
}

void ch_canvas_mask(ch_canvas *c, const ch_mask *mask, int x, int y, uint32_t colour)
{
    for (int row = 0; row < mask->height; row++) {
        for (int column = 0; column < mask->width; column++) {
            uint8_t coverage = mask->coverage[(size_t)row * (size_t)mask->width + (size_t)column];
            ch_canvas_blend(c, x + column, y + row, colour, coverage / 255.0);
        }
    }
}

/* One pixel's luma, and its chroma added to the sums (ITU-R BT.709, limited range). */
static uint8_t convert(const uint8_t *pixel, double *cb, double *cr)
{
    double r = pixel[0] / 255.0, g = pixel[1] / 255.0, b = pixel[2] / 255.0;
    double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    *cb += 224 * (b - y) / 1.8556;
    *cr += 224 * (r - y) / 1.5748;
    return (uint8_t)lround(16 + 219 * y);
}

void ch_canvas_to_frame(const ch_canvas *c, AVFrame *frame)
{
    for (int y = 0; y < c->height; y += 2) {
        for (int x = 0; x < c->width; x += 2) {
            double cb = 0, cr = 0;
            for (int i = 0; i < 4; i++) {
                int px = x + (i & 1), py = y + (i >> 1);
                const uint8_t *pixel = c->rgb + 3 * ((size_t)py * (size_t)c->width + (size_t)px);
                frame->data[0][(ptrdiff_t)py * frame->linesize[0] + px] = convert(pixel, &cb, &cr);
            }
            frame->data[1][(ptrdiff_t)(y / 2) * frame->linesize[1] + x / 2] = (uint8_t)lround(128 + cb / 4);
            frame->data[2][(ptrdiff_t)(y / 2) * frame->linesize[2] + x / 2] = (uint8_t)lround(128 + cr / 4);
        }
    }
}

AVFrame *ch_picture_create(int width, int height)
{
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->format = AV_PIX_FMT_YUV420P;
    f->width = width;
    f->height = height;
    f->color_range = AVCOL_RANGE_MPEG;
    f->color_primaries = AVCOL_PRI_BT709;
    f->color_trc = AVCOL_TRC_BT709;
    f->colorspace = AVCOL_SPC_BT709;
    if (av_frame_get_buffer(f, 0) < 0)
        av_frame_free(&f);
    return f;
}

void ch_picture_copy(AVFrame *to, int to_x, int to_y, const AVFrame *from, int x, int y, int width,
                     int height)
{
    for (int plane = 0; plane < 3; plane++) {
        int shift = plane ? 1 : 0;
        uint8_t *out = to->data[plane] + (ptrdiff_t)(to_y >> shift) * to->linesize[plane] + (to_x >> shift);
        const uint8_t *in =
            from->data[plane] + (ptrdiff_t)(y >> shift) * from->linesize[plane] + (x >> shift);
        for (int row = 0; row < height >> shift; row++) {
            memcpy(out, in, (size_t)(width >> shift));
            out += to->linesize[plane];
            in += from->linesize[plane];
        }
    }
}
