/*
 * A CEA-708 window; see cue/captions_window.h. Commands and characters go in, a region of the screen comes
 * out. Codes and the predefined styles as in CEA-708 and 47 CFR 15.122. What WebVTT has no words for
 * (borders, edges, fonts, effects, text offset) is passed over. The service owns the windows.
 */
#include "cue/captions_window.h"

#include <string.h>

#define SAFE_COLS 42 /* of a 16:9 picture */
#define SAFE_ROWS 15

/* ---- attributes ---- */

/* Direction, justification, word wrap and fill of the predefined styles. */
static void set_style(az_cc708_window *w, unsigned style)
{
    bool is_ticker = style == 7;
    w->justify = style == 3 || style == 6 ? 2 : 0;
    w->print = is_ticker ? AZ_CC708_TOP_TO_BOTTOM : AZ_CC708_LEFT_TO_RIGHT;
    w->scroll = is_ticker ? AZ_CC708_RIGHT_TO_LEFT : AZ_CC708_BOTTOM_TO_TOP;
    w->is_wrapping = style >= 4 && style <= 6;
    w->fill = AZ_CAPTION_BLACK;
    w->fill_opacity = style == 2 || style == 5 ? AZ_CAPTION_TRANSPARENT : AZ_CAPTION_SOLID;
}

/* Of the pens, fonts and edges aside, the last two have no background. */
static void set_pen_style(az_cc708_window *w, unsigned style)
{
    w->pen = AZ_CAPTION_PEN_DEFAULT;
    if (style >= 6)
        w->pen.opacity = AZ_CAPTION_TRANSPARENT;
}

void az_cc708_window_define(az_cc708_window *w, const uint8_t *p)
{
    bool is_new = !w->is_defined;
    if (is_new)
        *w = (az_cc708_window){.is_defined = true};
    w->is_visible = p[0] >> 5 & 1;
    w->is_relative = p[1] >> 7;
    w->anchor_vertical = p[1] & 0x7F;
    w->anchor_horizontal = p[2];
    w->anchor_point = p[3] >> 4;
    w->rows = (p[3] & 0x0Fu) + 1;
    w->cols = (p[4] & 0x3Fu) + 1;
    unsigned style = p[5] >> 3 & 7, pen_style = p[5] & 7;
    if (style != 0 || is_new)
        set_style(w, style);
    if (pen_style != 0 || is_new)
        set_pen_style(w, pen_style);
    for (unsigned row = 0; row < AZ_CC708_ROWS; row++) { /* what is cut off does not come back */
        unsigned kept = row < w->rows ? w->cols : 0;
        memset(&w->cells[row][kept], 0, (AZ_CC708_COLS - kept) * sizeof(w->cells[0][0]));
    }
}

/* The eight colours that every decoder has are coded with 2 for full (47 CFR 15.122): white is 2, 2, 2. */
static uint8_t color_of(uint8_t parameter)
{
    uint8_t color = parameter & 0x3F;
    return color & 0x15 ? color : (uint8_t)(color | color >> 1);
}

void az_cc708_window_set_attributes(az_cc708_window *w, const uint8_t *p)
{
    w->fill_opacity = p[0] >> 6;
    w->fill = color_of(p[0]);
    w->is_wrapping = p[2] >> 6 & 1;
    w->print = (az_cc708_direction)(p[2] >> 4 & 3);
    w->scroll = (az_cc708_direction)(p[2] >> 2 & 3);
    w->justify = p[2] & 3;
}

void az_cc708_window_set_pen(az_cc708_window *w, const uint8_t *p)
{
    w->pen.flags = 0;
    if ((p[0] & 3) == 0)
        w->pen.flags |= AZ_CAPTION_SMALL;
    if ((p[0] & 3) == 2)
        w->pen.flags |= AZ_CAPTION_LARGE;
    if (p[1] & 0x80)
        w->pen.flags |= AZ_CAPTION_ITALIC;
    if (p[1] & 0x40)
        w->pen.flags |= AZ_CAPTION_UNDERLINE;
}

void az_cc708_window_set_color(az_cc708_window *w, const uint8_t *p)
{
    w->pen.foreground = color_of(p[0]);
    w->pen.background = color_of(p[1]);
    w->pen.opacity = p[1] >> 6;
}

/* ---- lines and places ---- */

static bool is_vertical(const az_cc708_window *w)
{
    return w->print == AZ_CC708_TOP_TO_BOTTOM || w->print == AZ_CC708_BOTTOM_TO_TOP;
}

/* New lines come in where scrolling comes from, so the first is at the other side. */
static bool is_first_line_last(const az_cc708_window *w)
{
    return is_vertical(w) ? w->scroll == AZ_CC708_LEFT_TO_RIGHT : w->scroll == AZ_CC708_TOP_TO_BOTTOM;
}

static bool is_first_place_last(const az_cc708_window *w)
{
    return w->print == AZ_CC708_RIGHT_TO_LEFT || w->print == AZ_CC708_BOTTOM_TO_TOP;
}

static unsigned line_count(const az_cc708_window *w)
{
    return is_vertical(w) ? w->cols : w->rows;
}

static unsigned place_count(const az_cc708_window *w)
{
    return is_vertical(w) ? w->rows : w->cols;
}

static az_caption_cell *cell_at(az_cc708_window *w, unsigned line, unsigned place)
{
    if (is_first_line_last(w))
        line = line_count(w) - 1 - line;
    if (is_first_place_last(w))
        place = place_count(w) - 1 - place;
    return is_vertical(w) ? &w->cells[place][line] : &w->cells[line][place];
}

/* The pen may be outside of a window that was defined anew, or whose direction changed. */
static void keep_pen_inside(az_cc708_window *w)
{
    w->line = AZ_MIN(w->line, line_count(w) - 1);
    w->place = AZ_MIN(w->place, place_count(w));
}

void az_cc708_window_move_pen(az_cc708_window *w, const uint8_t *p)
{
    unsigned row = AZ_MIN(p[0] & 0x0Fu, w->rows - 1);
    unsigned col = AZ_MIN(p[1] & 0x3Fu, w->cols - 1);
    w->line = is_vertical(w) ? col : row;
    w->place = is_vertical(w) ? row : col;
    if (is_first_line_last(w))
        w->line = line_count(w) - 1 - w->line;
    if (is_first_place_last(w))
        w->place = place_count(w) - 1 - w->place;
}

/* ---- text ---- */

static void erase_line(az_cc708_window *w, unsigned line)
{
    for (unsigned place = 0; place < place_count(w); place++)
        *cell_at(w, line, place) = (az_caption_cell){0};
}

void az_cc708_window_clear(az_cc708_window *w)
{
    memset(w->cells, 0, sizeof(w->cells));
    w->is_painted = false;
}

void az_cc708_window_clear_home(az_cc708_window *w)
{
    az_cc708_window_clear(w);
    w->line = w->place = 0;
}

void az_cc708_window_clear_line(az_cc708_window *w)
{
    keep_pen_inside(w);
    erase_line(w, w->line);
    w->place = 0;
}

void az_cc708_window_backspace(az_cc708_window *w)
{
    keep_pen_inside(w);
    if (w->place > 0)
        *cell_at(w, w->line, --w->place) = (az_caption_cell){0};
}

bool az_cc708_window_is_last_line(const az_cc708_window *w)
{
    return w->line + 1 >= line_count(w);
}

void az_cc708_window_next_line(az_cc708_window *w)
{
    keep_pen_inside(w);
    w->place = 0;
    if (!az_cc708_window_is_last_line(w)) {
        w->line++;
        return;
    }
    for (unsigned line = 0; line + 1 < line_count(w); line++)
        for (unsigned place = 0; place < place_count(w); place++)
            *cell_at(w, line, place) = *cell_at(w, line + 1, place);
    erase_line(w, line_count(w) - 1);
}

/* The word that does not fit goes to the next line, when it is shorter than a line. */
static void wrap(az_cc708_window *w)
{
    unsigned word = w->place;
    while (word > 0 && cell_at(w, w->line, word - 1)->character > ' ')
        word--;
    unsigned size = word > 0 ? w->place - word : 0;
    az_caption_cell carried[AZ_CC708_COLS];
    for (unsigned i = 0; i < size; i++) {
        carried[i] = *cell_at(w, w->line, word + i);
        *cell_at(w, w->line, word + i) = (az_caption_cell){0};
    }
    az_cc708_window_next_line(w);
    for (unsigned i = 0; i < size; i++)
        *cell_at(w, w->line, w->place++) = carried[i];
}

void az_cc708_window_write(az_cc708_window *w, uint16_t character)
{
    keep_pen_inside(w);
    if (w->place == place_count(w)) {
        if (!w->is_wrapping) /* outside of the window */
            return;
        if (character == ' ') {
            az_cc708_window_next_line(w);
            return;
        }
        wrap(w);
    }
    az_caption_pen pen = w->pen;
    if (pen.opacity == AZ_CAPTION_TRANSPARENT) { /* the window is seen through it */
        pen.background = w->fill;
        pen.opacity = w->fill_opacity;
    }
    *cell_at(w, w->line, w->place++) = (az_caption_cell){character, pen};
    w->is_painted |= w->is_visible;
}

/* ---- the screen ---- */

/* Where the box of the window begins, from its anchor and size; inside of the picture. */
static int32_t box_begin(unsigned anchor, unsigned anchor_max, unsigned side, int32_t size)
{
    int32_t at = AZ_CAPTION_SAFE;
    at += (int32_t)((int64_t)AZ_CAPTION_SAFE_SIZE * AZ_MIN(anchor, anchor_max) / anchor_max);
    at -= size / 2 * (int32_t)side;
    return AZ_MAX(AZ_MIN(at, 100 * AZ_CAPTION_PERCENT - size), 0);
}

static az_caption_justify justify(const az_cc708_window *w)
{
    if (w->justify == 1)
        return AZ_CAPTION_RIGHT;
    if (w->justify == 2)
        return AZ_CAPTION_CENTER;
    return w->is_painted ? AZ_CAPTION_LEFT : AZ_CAPTION_AUTO; /* a line that grows would change sides */
}

void az_cc708_window_region(const az_cc708_window *w, az_caption_region *region)
{
    unsigned point = w->anchor_point > 8 ? 0 : w->anchor_point;
    int32_t col_pitch = AZ_CAPTION_SAFE_SIZE / (int32_t)AZ_MAX(w->cols, SAFE_COLS);
    int32_t row_pitch = AZ_CAPTION_SAFE_SIZE / (int32_t)AZ_MAX(w->rows, SAFE_ROWS);
    int32_t width = (int32_t)w->cols * col_pitch, height = (int32_t)w->rows * row_pitch;
    int32_t left = box_begin(w->anchor_horizontal, w->is_relative ? 99 : 209, point % 3, width);
    int32_t top = box_begin(w->anchor_vertical, w->is_relative ? 99 : 74, point / 3, height);
    bool is_backwards = is_first_place_last(w);
    *region = (az_caption_region){.justify = justify(w), .anchor = (az_caption_anchor)(point / 3)};
    if (!is_vertical(w)) { /* rows from the top, whichever way they scroll */
        region->origin = &w->cells[0][is_backwards ? w->cols - 1 : 0];
        region->line_step = AZ_CC708_COLS;
        region->cell_step = is_backwards ? -1 : 1;
        region->lines = w->rows;
        region->cells = w->cols;
        region->line_begin = top;
        region->line_pitch = row_pitch;
        region->cell_begin = is_backwards ? left + width : left;
        region->cell_pitch = is_backwards ? -col_pitch : col_pitch;
        return;
    }
    bool is_right_to_left = is_first_line_last(w);
    region->is_vertical = true;
    region->is_left_to_right = !is_right_to_left;
    region->origin = &w->cells[is_backwards ? w->rows - 1 : 0][is_right_to_left ? w->cols - 1 : 0];
    region->line_step = is_right_to_left ? -1 : 1;
    region->cell_step = is_backwards ? -AZ_CC708_COLS : AZ_CC708_COLS;
    region->lines = w->cols;
    region->cells = w->rows;
    region->line_begin = is_right_to_left ? left + width : left;
    region->line_pitch = is_right_to_left ? -col_pitch : col_pitch;
    region->cell_begin = is_backwards ? top + height : top;
    region->cell_pitch = is_backwards ? -row_pitch : row_pitch;
}
