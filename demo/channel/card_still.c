/*
 * The card's design: colours, layout and type, drawn once. All numbers of the layout are in units of a
 * 1280x720 picture. Indigo and vermilion are Japan's ai and shu; the ground is the wave pattern seigaiha.
 */
#include "card_still.h"

#include "marker.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDIGO_DEEP 0x0b1130
#define INDIGO      0x1c2b66
#define PANEL       0x0a0f29
#define PANEL_EDGE  0x34468c
#define PAPER       0xf7f2e4
#define MUTED       0x93a4dc
#define VERMILION   0xeb5b32
#define GOLD        0xf2b632
#define TICK_DARK   0x222e66
#define BLACK       0x000000

#define PI 3.14159265358979323846

/* The ring, in design units. */
#define RING_X     1034
#define RING_Y     364
#define RING_OUTER 184
#define RING_INNER 146
#define DISC       116

typedef struct layout {
    const ch_card_settings *settings;
    ch_fonts fonts;
    double scale;
    double left, top; /* of the design in the picture */
} layout;

static double px(const layout *l, double x)
{
    return l->left + x * l->scale;
}

static double py(const layout *l, double y)
{
    return l->top + y * l->scale;
}

static int even(double v)
{
    return (int)lround(v / 2) * 2;
}

static void rect(ch_canvas *c, const layout *l, double x, double y, double w, double h, double r,
                 uint32_t colour)
{
    ch_canvas_round_rect(c, px(l, x), py(l, y), w * l->scale, h * l->scale, r * l->scale, colour, 1);
}

/* Text with its top left corner at x, y, or centred on x. Without a font there is just no text. */
static void text(ch_canvas *c, const layout *l, ch_face face, double size, double x, double y, bool centred,
                 uint32_t colour, const char *utf8)
{
    ch_mask mask;
    if (!ch_text_render(&mask, &l->fonts, face, (int)lround(size * l->scale), utf8))
        return;
    double left = px(l, x) - (centred ? mask.width / 2.0 : 0);
    /* Japanese faces come in one weight mostly: drawn over again beside itself it goes with the bold Latin.
     */
    int strokes = face == CH_FACE_JAPANESE ? 1 + (int)lround(size * l->scale / 60) : 1;
    for (int i = 0; i < strokes * strokes; i++)
        ch_canvas_mask(c, &mask, (int)lround(left) + i % strokes, (int)lround(py(l, y)) + i / strokes,
                       colour);
    ch_mask_deinit(&mask);
}

/* How bright the wave pattern is at a point: arcs of overlapping circles, the lower rows in front. */
static double wave_at(double x, double y, double radius)
{
    double step = radius / 2;
    int row_last = (int)ceil((y + radius) / step);
    for (int row = row_last; row >= row_last - 5; row--) {
        double cy = row * step;
        double offset = row & 1 ? radius : 0;
        double cx = floor((x - offset) / (2 * radius) + 0.5) * 2 * radius + offset;
        double d = hypot(x - cx, y - cy);
        if (d >= radius)
            continue;
        double nearest = fabs(fmod(d / radius, 0.25) - 0.125); /* lines at 1/8, 3/8, 5/8, 7/8 */
        double line = 1 - nearest * radius / 1.1;
        return line > 0 ? line : 0;
    }
    return 0;
}

static void draw_ground(ch_canvas *c, const layout *l)
{
    for (int y = 0; y < c->height; y++) {
        for (int x = 0; x < c->width; x++) {
            double across = (double)x / c->width, down = (double)y / c->height;
            double light = 0.25 + 0.75 * (1 - hypot(across - 0.78, (down - 0.45) * 0.8));
            light = light < 0 ? 0 : light > 1 ? 1 : light;
            ch_canvas_blend(c, x, y, ch_colour_mix(INDIGO_DEEP, INDIGO, light), 1);
            double wave = wave_at(x / l->scale, y / l->scale, 44);
            ch_canvas_blend(c, x, y, MUTED, 0.13 * wave * (0.35 + 0.65 * across));
        }
    }
}

static void draw_header(ch_canvas *c, const layout *l)
{
    const ch_card_settings *s = l->settings;
    char line[96];
    rect(c, l, 48, 40, 96, 96, 14, VERMILION);
    rect(c, l, 53, 45, 86, 86, 10, PAPER);
    rect(c, l, 55, 47, 82, 82, 9, VERMILION);
    text(c, l, CH_FACE_JAPANESE, 37, 96, 70, true, PAPER, "合図");
    text(c, l, CH_FACE_SANS, 46, 168, 50, false, PAPER, "aizu channel");
    snprintf(line, sizeof(line), "test card   %d×%d   %d fps   H.264 + AAC   one beep a second", s->width,
             s->height, s->fps);
    text(c, l, CH_FACE_SANS, 18, 170, 110, false, MUTED, line);
    rect(c, l, 1112, 60, 120, 44, 22, s->is_live ? VERMILION : PANEL_EDGE);
    if (s->is_live)
        ch_canvas_capsule(c, px(l, 1138), py(l, 82), px(l, 1138), py(l, 82), 7 * l->scale, PAPER, 1);
    text(c, l, CH_FACE_SANS, 23, s->is_live ? 1183 : 1172, 73, true, PAPER, s->is_live ? "LIVE" : "VOD");
}

static void draw_panel(ch_canvas *c, const layout *l, double y, double height)
{
    rect(c, l, 48, y, 748, height, 18, PANEL_EDGE);
    rect(c, l, 50, y + 2, 744, height - 4, 16, PANEL);
}

static void draw_bars(ch_canvas *c, const layout *l)
{
    static const uint32_t bars[] = {0xbfbfbf, 0xbfbf00, 0x00bfbf, 0x00bf00, 0xbf00bf, 0xbf0000, 0x0000bf};
    const int count = (int)(sizeof(bars) / sizeof(bars[0]));
    const double width = 1184.0 / count;
    rect(c, l, 46, 590, 1188, 66, 4, PANEL_EDGE);
    for (int i = 0; i < count; i++)
        rect(c, l, 48 + width * i, 592, width, 44, 0, bars[i]);
    for (int i = 0; i < 32; i++)
        rect(c, l, 48 + 37.0 * i, 636, 37, 18, 0, ch_colour_mix(BLACK, 0xffffff, i / 31.0));
}

static void draw_track(ch_canvas *c, const layout *l, const card_box *track)
{
    ch_canvas_round_rect(c, track->x, track->y, track->width, track->height, track->height / 2.0, PANEL, 1);
    for (int i = 0; i <= 40; i++) {
        double x = track->x + track->height / 2.0 + (track->width - track->height) * i / 40.0;
        double half = (i % 10 == 0 ? 0.30 : 0.14) * track->height, middle = track->y + track->height / 2.0;
        ch_canvas_capsule(c, x, middle - half, x, middle + half, 0.8 * l->scale, PANEL_EDGE, 1);
    }
}

/* Ticks, dark or lit, around a disc, quiet or flashing. */
static void draw_ring(ch_canvas *c, const layout *l, bool is_lit)
{
    double cx = px(l, RING_X), cy = py(l, RING_Y);
    int fps = l->settings->fps;
    double thick = (fps > 30 ? 3.6 : 6.5) * l->scale;
    ch_canvas_capsule(c, cx, cy, cx, cy, (RING_OUTER + 14) * l->scale, PANEL_EDGE, 1);
    ch_canvas_capsule(c, cx, cy, cx, cy, (RING_OUTER + 12) * l->scale, PANEL, 1);
    for (int i = 0; i < fps; i++) {
        double angle = 2 * PI * (i + 0.5) / fps - PI / 2;
        uint32_t colour = is_lit ? ch_colour_mix(GOLD, VERMILION, (double)i / fps) : TICK_DARK;
        ch_canvas_capsule(c, cx + cos(angle) * (RING_INNER + 8) * l->scale,
                          cy + sin(angle) * (RING_INNER + 8) * l->scale,
                          cx + cos(angle) * (RING_OUTER - 8) * l->scale,
                          cy + sin(angle) * (RING_OUTER - 8) * l->scale, thick, colour, 1);
    }
    ch_canvas_capsule(c, cx, cy, cx, cy, DISC * l->scale, is_lit ? PAPER : TICK_DARK, 1);
    ch_canvas_capsule(c, cx, cy, cx, cy, (DISC - 3) * l->scale, is_lit ? PAPER : INDIGO_DEEP, 1);
    text(c, l, CH_FACE_JAPANESE, 92, RING_X, RING_Y - 62, true, is_lit ? VERMILION : PANEL_EDGE, "合図");
    text(c, l, CH_FACE_SANS, 24, RING_X, RING_Y + 48, true, is_lit ? VERMILION : PANEL_EDGE, "the cue");
}

static void draw_still(ch_canvas *c, const layout *l, const card_still *still, bool is_lit)
{
    draw_ground(c, l);
    draw_header(c, l);
    draw_panel(c, l, 164, 212);
    text(c, l, CH_FACE_SANS, 20, 80, 190, false, MUTED, "UTC");
    draw_panel(c, l, 392, 172);
    text(c, l, CH_FACE_SANS, 20, 80, 412, false, MUTED, "FRAME");
    draw_ring(c, l, is_lit);
    draw_bars(c, l);
    draw_track(c, l, &still->track);
    /* The marker's lines keep neutral chroma. */
    int lines = ch_marker_height(c->height);
    lines += lines & 1;
    ch_canvas_round_rect(c, 0, c->height - lines, c->width, lines, 0, BLACK, 1);
}

/* Figures of a size as pictures on the panel's colour, cut to the widest and highest of them. */
static bool make_figures(card_figures *f, const layout *l, double size, uint32_t colour)
{
    ch_mask masks[10];
    int pixels = (int)lround(size * l->scale);
    int width = 0, height = 0;
    bool ok = true;
    for (int i = 0; i < 10; i++) {
        const char name[2] = {(char)('0' + i), '\0'};
        if (!ch_text_render(&masks[i], &l->fonts, CH_FACE_MONO, pixels, name))
            ok = ch_text_seven_bars(&masks[i], pixels * 3 / 5 + 2, pixels * 3 / 4 + 2, i) && ok;
        width = masks[i].width > width ? masks[i].width : width;
        height = masks[i].height > height ? masks[i].height : height;
    }
    f->width = width + (width & 1);
    f->height = height + (height & 1);
    for (int i = 0; i < 10; i++) {
        ch_canvas c = {0};
        f->picture[i] = ok ? ch_picture_create(f->width, f->height) : NULL;
        ok = f->picture[i] && ch_canvas_init(&c, f->width, f->height);
        if (ok) {
            ch_canvas_fill(&c, PANEL);
            ch_canvas_mask(&c, &masks[i], (f->width - masks[i].width) / 2, f->height - masks[i].height,
                           colour);
            ch_canvas_to_frame(&c, f->picture[i]);
        }
        ch_canvas_deinit(&c);
        ch_mask_deinit(&masks[i]);
    }
    return ok;
}

/* A row whose figures stand in groups (24: pairs of two in HH MM SS) with a gap after each group. */
static void place_row(card_row *row, const layout *l, const card_figures *f, int count, double x,
                      double bottom, const char *groups, double gap)
{
    *row = (card_row){.figures = f, .count = count, .y = even(py(l, bottom)) - f->height};
    double at = px(l, x);
    int in_group = 0;
    for (int i = 0; i < count; i++) {
        row->x[i] = even(at);
        row->shown[i] = -1;
        at += f->width;
        if (*groups && ++in_group == *groups - '0') {
            at += gap * f->width;
            in_group = 0;
            groups++;
        }
    }
}

static void draw_colon(ch_canvas *c, const card_row *row, int after)
{
    const card_figures *f = row->figures;
    double x = (row->x[after] + f->width + row->x[after + 1]) / 2.0;
    for (int i = 0; i < 2; i++) {
        double y = row->y + f->height * (i ? 0.72 : 0.30);
        ch_canvas_capsule(c, x, y, x, y, f->width * 0.10, PAPER, 1);
    }
}

/* Colons, the point before the milliseconds, and the date's dashes. */
static void draw_separators(ch_canvas *c, const card_still *still)
{
    draw_colon(c, &still->clock, 1);
    draw_colon(c, &still->clock, 3);
    const card_row *clock = &still->clock;
    double x = (clock->x[5] + clock->figures->width + still->milliseconds.x[0]) / 2.0;
    double y = clock->y + clock->figures->height - clock->figures->width * 0.09;
    ch_canvas_capsule(c, x, y, x, y, clock->figures->width * 0.09, GOLD, 1);
    const card_row *date = &still->date;
    for (int i = 3; i <= 5; i += 2) {
        double left = date->x[i] + date->figures->width, right = date->x[i + 1];
        double middle = date->y + date->figures->height / 2.0;
        double inset = (right - left) * 0.25;
        ch_canvas_capsule(c, left + inset, middle, right - inset, middle, date->figures->width * 0.08, MUTED,
                          1);
    }
}

static bool place_figures(card_still *s, const layout *l)
{
    if (!make_figures(&s->big, l, 126, PAPER) || !make_figures(&s->medium, l, 72, GOLD) ||
        !make_figures(&s->small, l, 28, MUTED) || !make_figures(&s->counter, l, 128, GOLD))
        return false;
    place_row(&s->clock, l, &s->big, CARD_CLOCK, 74, 340, "22", 0.34);
    double ms_left = (s->clock.x[5] + s->big.width - l->left) / l->scale + 20;
    place_row(&s->milliseconds, l, &s->medium, CARD_MS, ms_left, 340, "", 0);
    place_row(&s->date, l, &s->small, CARD_DATE, 150, 208, "42", 0.7);
    place_row(&s->count, l, &s->counter, CARD_COUNT, 76, 546, "", 0);
    return true;
}

static bool make_ring_map(card_still *s, const layout *l)
{
    double half = (RING_OUTER + 4) * l->scale;
    double cx = px(l, RING_X), cy = py(l, RING_Y);
    s->ring = (card_box){even(cx - half), even(cy - half), even(2 * half), even(2 * half)};
    s->ring_map = malloc((size_t)s->ring.width * (size_t)s->ring.height);
    if (!s->ring_map)
        return false;
    int fps = l->settings->fps;
    for (int y = 0; y < s->ring.height; y++) {
        for (int x = 0; x < s->ring.width; x++) {
            double dx = s->ring.x + x + 0.5 - cx, dy = s->ring.y + y + 0.5 - cy;
            double r = hypot(dx, dy) / l->scale;
            uint8_t tick = CARD_NO_TICK;
            if (r < DISC + 2)
                tick = CARD_DISC;
            else if (r > RING_INNER - 3 && r < RING_OUTER + 3)
                tick = (uint8_t)((int)floor((atan2(dx, -dy) / (2 * PI) + 1) * fps) % fps);
            s->ring_map[(size_t)y * (size_t)s->ring.width + (size_t)x] = tick;
        }
    }
    return true;
}

static bool make_runner(card_still *s)
{
    int size = s->track.height;
    ch_canvas c;
    s->runner = ch_picture_create(size, size);
    if (!s->runner || !ch_canvas_init(&c, size, size))
        return false;
    ch_canvas_fill(&c, PANEL);
    ch_canvas_capsule(&c, size / 2.0, size / 2.0, size / 2.0, size / 2.0, size * 0.42, VERMILION, 1);
    ch_canvas_to_frame(&c, s->runner);
    ch_canvas_deinit(&c);
    return true;
}

static bool make_still(AVFrame **out, const layout *l, const card_still *still, bool is_lit)
{
    ch_canvas c;
    *out = ch_picture_create(l->settings->width, l->settings->height);
    if (!*out || !ch_canvas_init(&c, l->settings->width, l->settings->height))
        return false;
    draw_still(&c, l, still, is_lit);
    draw_separators(&c, still);
    ch_canvas_to_frame(&c, *out);
    ch_canvas_deinit(&c);
    return true;
}

bool card_still_init(card_still *still, const ch_card_settings *settings)
{
    *still = (card_still){0};
    layout l = {.settings = settings};
    l.scale = fmin((double)settings->width / CARD_WIDTH, (double)settings->height / CARD_HEIGHT);
    l.left = (settings->width - CARD_WIDTH * l.scale) / 2;
    l.top = (settings->height - CARD_HEIGHT * l.scale) / 2;
    bool has_text = ch_text_begin(&l.fonts, settings->font);
    still->track = (card_box){even(px(&l, 48)), even(py(&l, 668)), even(1184 * l.scale), even(24 * l.scale)};
    bool ok = place_figures(still, &l) && make_ring_map(still, &l) && make_runner(still) &&
              make_still(&still->rest, &l, still, false) && make_still(&still->lit, &l, still, true);
    if (has_text)
        ch_text_end();
    return ok;
}

void card_still_deinit(card_still *still)
{
    card_figures *sets[] = {&still->big, &still->medium, &still->small, &still->counter};
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        for (int k = 0; k < 10; k++)
            av_frame_free(&sets[i]->picture[k]);
    }
    av_frame_free(&still->rest);
    av_frame_free(&still->lit);
    av_frame_free(&still->runner);
    free(still->ring_map);
    *still = (card_still){0};
}
