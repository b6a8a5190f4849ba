/*
 * Cues to one picture: text to lines, lines to a block, blocks to their places, bitmaps to pixels; see
 * host/sdl/subtitle.h.
 */
#include "host/sdl/subtitle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "host/sdl/subtitle_line.h"

struct az_subtitle {
    az_log log;
    az_typesetter setter;
    bool is_told; /* that there are no fonts */
};

/* A cue as lines, and where they go. */
typedef struct block {
    az_text_run *runs;
    size_t run_count;
    az_line *lines; /* [AZ_SUBTITLE_LINES_MAX] */
    size_t line_count;
    az_text_settings settings;
    az_line_style style;
    az_subtitle_page page;
    az_subtitle_rect area; /* in the page */
} block;

/* Where pixels go: a rectangle of the picture. */
typedef struct canvas {
    az_subtitle_image image;
    const block *block; /* the one being drawn */
} canvas;

/* ---- libass' messages ---- */

static void on_message(int level, const char *format, va_list args, void *user)
{
    const az_subtitle *subtitle = user;
    char text[256];
    vsnprintf(text, sizeof(text), format, args);
    az_log_printf(&subtitle->log, level <= 1 ? AZ_LOG_WARNING : AZ_LOG_TRACE, "subtitle", "%s", text);
}

az_subtitle *az_subtitle_create(const az_log *log)
{
    az_subtitle *subtitle = calloc(1, sizeof(*subtitle));
    if (!subtitle)
        return NULL;
    if (log)
        subtitle->log = *log;
    if (az_typesetter_init(&subtitle->setter, on_message, subtitle))
        return subtitle;
    free(subtitle);
    return NULL;
}

void az_subtitle_destroy(az_subtitle **pointer)
{
    az_subtitle *subtitle = *pointer;
    *pointer = NULL;
    if (!subtitle)
        return;
    az_typesetter_deinit(&subtitle->setter);
    free(subtitle);
}

void az_subtitle_image_deinit(az_subtitle_image *image)
{
    free(image->pixels);
    *image = (az_subtitle_image){0};
}

/* ---- text to lines ---- */

static void add_piece(block *b, const az_text_run *run, const char *text, size_t size)
{
    az_line *line = &b->lines[b->line_count - 1];
    if (size == 0 || line->piece_count == AZ_LINE_PIECES_MAX)
        return;
    const az_line_piece *last = line->piece_count > 0 ? &line->pieces[line->piece_count - 1] : NULL;
    line->pieces[line->piece_count++] = (az_line_piece){
        .run = run,
        .text = text,
        .size = size,
        .is_ruby = (run->style & AZ_TEXT_RUBY) && last && !last->is_ruby,
    };
}

/* Cuts at most `max` bytes off the front of a text, at a character. */
static size_t cut(const char *text, size_t max)
{
    size_t size = strlen(text);
    if (size <= max)
        return size;
    for (size = max; size > 0 && ((uint8_t)text[size] & 0xC0) == 0x80; size--)
        ;
    return size;
}

static void split_lines(block *b)
{
    size_t room = AZ_SUBTITLE_TEXT_MAX;
    b->line_count = 1;
    for (size_t i = 0; i < b->run_count && room > 0; i++) {
        const char *text = b->runs[i].text;
        size_t left = cut(text, room);
        room = left < strlen(text) ? 0 : room - left;
        while (left > 0) {
            const char *end = memchr(text, '\n', left);
            size_t size = end ? (size_t)(end - text) : left;
            add_piece(b, &b->runs[i], text, size);
            if (end && b->line_count == AZ_SUBTITLE_LINES_MAX)
                return;
            b->line_count += end != NULL;
            size += end != NULL;
            text += size;
            left -= size;
        }
    }
}

/* By the first character that has a direction. */
static bool is_rtl(const block *b)
{
    for (size_t i = 0; i < b->run_count; i++) {
        az_span rest = az_span_str(b->runs[i].text);
        while (rest.size > 0) {
            size_t length;
            uint32_t c = az_utf8_get(rest, &length);
            rest = az_span_sub(rest, length, rest.size);
            if ((c >= 0x590 && c <= 0x8FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFF) ||
                c == 0x200F)
                return true;
            if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xC0 && c < 0x590) || c > 0x8FF)
                return false;
        }
    }
    return false;
}

static bool has_boxes(const block *b)
{
    for (size_t i = 0; i < b->run_count; i++) {
        if (b->runs[i].background == AZ_TEXT_NO_COLOR || (b->runs[i].background & 0xFF) > 0)
            return true;
    }
    return false;
}

static bool init_block(block *b, const az_subtitle_text *text, int width, int height)
{
    *b = (block){0};
    b->lines = calloc(AZ_SUBTITLE_LINES_MAX, sizeof(*b->lines));
    if (!b->lines || az_text_parse(&b->runs, &b->run_count, text->markup))
        return false;
    az_text_settings_parse(&b->settings, text->settings);
    az_subtitle_settle(&b->settings, is_rtl(b));
    split_lines(b);
    b->page = az_subtitle_page_of(width, height, b->settings.is_vertical);
    b->style = (az_line_style){
        .font_height = b->page.font_height,
        .padding = AZ_MAX(b->page.font_height / 10, 1),
        .width_max = az_subtitle_width_max(&b->settings, &b->page),
        .align = b->settings.align,
        .has_boxes = has_boxes(b),
        .is_vertical = b->settings.is_vertical,
    };
    b->style.width_max = AZ_MAX(b->style.width_max - 2 * b->style.padding, 1);
    return true;
}

static void deinit_block(block *b)
{
    az_text_runs_destroy(&b->runs, b->run_count);
    free(b->lines);
}

/* ---- lines to a block ---- */

static bool is_blank(const az_line *line)
{
    for (size_t i = 0; i < line->piece_count; i++) {
        for (size_t j = 0; j < line->pieces[i].size; j++) {
            if ((uint8_t)line->pieces[i].text[j] > ' ')
                return false;
        }
    }
    return true;
}

/* Boxes of neighbouring lines share their padding, so that there is neither a gap nor a darker strip. */
static int line_height(const block *b, const az_line *line)
{
    if (line->area.width == 0)
        return b->style.font_height;
    return line->area.height - 2 * b->style.padding;
}

/* Measures the lines; the size of the block is then known. False: out of memory. */
static bool measure_block(az_subtitle *subtitle, block *b)
{
    int height = 0, width = 0;
    for (size_t i = 0; i < b->line_count; i++) {
        az_line *line = &b->lines[i];
        if (!az_line_measure(&subtitle->setter, &b->style, line))
            return false;
        if (line->area.width == 0 && !is_blank(line) && !subtitle->is_told) {
            subtitle->is_told = true;
            az_log_printf(&subtitle->log, AZ_LOG_WARNING, "subtitle",
                          "no font for text: captions are not drawn");
        }
        width = AZ_MAX(width, line->area.width);
        height += line_height(b, line) + line->ruby_height;
    }
    b->area.width = width;
    b->area.height = width > 0 ? height + 2 * b->style.padding : 0;
    return true;
}

/* In vertical text from left to right the first line is the last of the turned page. */
static bool is_upside_down(const block *b)
{
    return b->settings.is_vertical && b->settings.is_left_to_right;
}

/* The corner of a line in its block. */
static void place_line(const block *b, size_t number, int *x, int *y)
{
    const az_line *line = &b->lines[number];
    int above = 0, room = b->area.width - line->area.width;
    size_t begin = is_upside_down(b) ? number + 1 : 0;
    size_t end = is_upside_down(b) ? b->line_count : number;
    for (size_t i = begin; i < end; i++)
        above += line_height(b, &b->lines[i]) + b->lines[i].ruby_height;
    *y = above + line->ruby_height;
    *x = b->settings.align == AZ_TEXT_CENTER ? room / 2 : b->settings.align == AZ_TEXT_RIGHT ? room : 0;
}

/* ---- pixels ---- */

static unsigned mix(unsigned a, unsigned b, unsigned share, unsigned whole)
{
    return (a * share + b * (whole - share) + whole / 2) / whole;
}

/* Colour over what is there; both with straight alpha. */
static void blend_over(uint32_t *pixel, uint32_t color, unsigned alpha)
{
    unsigned below = *pixel >> 24;
    if (alpha == 0)
        return;
    if (alpha == 255 || below == 0) {
        *pixel = alpha << 24 | color;
        return;
    }
    unsigned rest = below * (255 - alpha) / 255, whole = alpha + rest;
    uint32_t mixed = whole << 24;
    for (unsigned shift = 0; shift < 24; shift += 8)
        mixed |= mix(color >> shift & 0xFF, *pixel >> shift & 0xFF, alpha, whole) << shift;
    *pixel = mixed;
}

/* Boxes meet without adding up. */
static void blend_box(uint32_t *pixel, uint32_t color, unsigned alpha)
{
    if (alpha > *pixel >> 24)
        *pixel = alpha << 24 | color;
}

/* One bitmap, moved by (x, y) to the page of the block. */
static void draw_bitmap(canvas *c, const ASS_Image *bitmap, int x, int y, bool is_box)
{
    const az_subtitle_image *image = &c->image;
    const block *b = c->block;
    uint32_t color = bitmap->color >> 8;
    unsigned alpha = 255 - (bitmap->color & 0xFF);
    for (int row = 0; row < bitmap->h; row++) {
        const uint8_t *from = bitmap->bitmap + (ptrdiff_t)row * bitmap->stride;
        for (int column = 0; column < bitmap->w; column++) {
            int at_x = bitmap->dst_x + column + x, at_y = bitmap->dst_y + row + y;
            if (b->settings.is_vertical) { /* a quarter clockwise */
                int turned = b->page.height - 1 - at_y;
                at_y = at_x;
                at_x = turned;
            }
            at_x -= image->x;
            at_y -= image->y;
            if (from[column] == 0 || at_x < 0 || at_y < 0 || at_x >= image->width || at_y >= image->height)
                continue;
            uint32_t *pixel = &image->pixels[(size_t)at_y * (size_t)image->width + (size_t)at_x];
            (is_box ? blend_box : blend_over)(pixel, color, alpha * from[column] / 255);
        }
    }
}

static void draw_bitmaps(canvas *c, const ASS_Image *bitmap, int x, int y, bool wants_boxes)
{
    for (; bitmap; bitmap = bitmap->next) {
        bool is_box = c->block->style.has_boxes && bitmap->type == IMAGE_TYPE_OUTLINE;
        if (is_box == wants_boxes)
            draw_bitmap(c, bitmap, x, y, is_box);
    }
}

/* All boxes of a cue come before all of its letters: those of one line reach into the next. */
static void draw_block(az_subtitle *subtitle, canvas *c, const block *b, bool wants_boxes)
{
    c->block = b;
    for (size_t i = 0; i < b->line_count; i++) {
        const az_line *line = &b->lines[i];
        int x, y;
        if (line->area.width == 0)
            continue;
        place_line(b, i, &x, &y);
        x += b->area.x;
        y += b->area.y;
        draw_bitmaps(c, az_line_draw(&subtitle->setter, &b->style, line, 0), x - line->area.x,
                     y - line->area.y, wants_boxes);
        for (size_t j = 1; j < line->piece_count; j++) {
            const az_line_piece *piece = &line->pieces[j];
            if (piece->is_ruby && piece->area.width > 0)
                draw_bitmaps(c, az_line_draw(&subtitle->setter, &b->style, line, j),
                             x + piece->area.x - piece->drawn_x, y + piece->area.y - piece->drawn_y,
                             wants_boxes);
        }
    }
}

/* ---- cues to a picture ---- */

static az_subtitle_rect in_picture(const block *b, az_subtitle_rect rect)
{
    return b->settings.is_vertical ? az_subtitle_turn(rect, &b->page) : rect;
}

/* Gives each block its place. Vertical ones do not look out for horizontal ones. */
static void place_blocks(block *blocks, size_t count)
{
    az_subtitle_rect others[AZ_SUBTITLE_CUES_MAX];
    for (size_t i = 0; i < count; i++) {
        block *b = &blocks[i];
        size_t other_count = 0;
        if (b->area.width == 0)
            continue;
        for (size_t j = 0; j < i; j++) {
            if (blocks[j].area.width > 0 && blocks[j].settings.is_vertical == b->settings.is_vertical)
                others[other_count++] = blocks[j].area;
        }
        b->area = az_subtitle_place(&b->settings, &b->page, b->area.width, b->area.height);
        az_subtitle_avoid(&b->area, &b->page, others, other_count);
    }
}

/* The part of the picture that the blocks cover, with room for letters that lean out of their boxes. */
static az_subtitle_image make_image(const block *blocks, size_t count, int width, int height)
{
    int left = width, top = height, right = 0, bottom = 0;
    az_subtitle_image image = {0};
    for (size_t i = 0; i < count; i++) {
        const block *b = &blocks[i];
        az_subtitle_rect r = in_picture(b, b->area);
        int margin = b->style.font_height / 2;
        if (b->area.width == 0)
            continue;
        left = AZ_MIN(left, r.x - margin);
        top = AZ_MIN(top, r.y - margin);
        right = AZ_MAX(right, r.x + r.width + margin);
        bottom = AZ_MAX(bottom, r.y + r.height + margin);
    }
    image.x = AZ_MAX(left, 0);
    image.y = AZ_MAX(top, 0);
    image.width = AZ_MIN(right, width) - image.x;
    image.height = AZ_MIN(bottom, height) - image.y;
    if (image.width <= 0 || image.height <= 0)
        image = (az_subtitle_image){0};
    return image;
}

static bool draw_blocks(az_subtitle *subtitle, const block *blocks, size_t count, int width, int height,
                        az_subtitle_image *out)
{
    canvas c = {.image = make_image(blocks, count, width, height)};
    if (c.image.width == 0)
        return true;
    c.image.pixels = calloc((size_t)c.image.width * (size_t)c.image.height, sizeof(*c.image.pixels));
    if (!c.image.pixels)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].area.width == 0)
            continue;
        if (blocks[i].style.has_boxes)
            draw_block(subtitle, &c, &blocks[i], true);
        draw_block(subtitle, &c, &blocks[i], false);
    }
    *out = c.image;
    return true;
}

bool az_subtitle_render(az_subtitle *subtitle, const az_subtitle_text *texts, size_t count, int width,
                        int height, az_subtitle_image *image)
{
    block blocks[AZ_SUBTITLE_CUES_MAX];
    size_t made = 0;
    bool is_good = true;
    *image = (az_subtitle_image){0};
    if (width <= 0 || height <= 0 || width > AZ_SUBTITLE_SIZE_MAX || height > AZ_SUBTITLE_SIZE_MAX)
        return true;
    az_typesetter_fit(&subtitle->setter, AZ_MAX(width, height));
    for (; made < AZ_MIN(count, AZ_SUBTITLE_CUES_MAX) && is_good; made++)
        is_good =
            init_block(&blocks[made], &texts[made], width, height) && measure_block(subtitle, &blocks[made]);
    if (is_good) {
        place_blocks(blocks, made);
        is_good = draw_blocks(subtitle, blocks, made, width, height, image);
    }
    for (size_t i = 0; i < made; i++)
        deinit_block(&blocks[i]);
    return is_good;
}
