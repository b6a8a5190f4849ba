/*
 * One window of a CEA-708 service: pen, text and attributes in, a region of the screen out (see
 * cue/captions_screen.h). Used in this folder only.
 */
#ifndef AZ_CUE_CAPTIONS_WINDOW_H
#define AZ_CUE_CAPTIONS_WINDOW_H

#include "cue/captions_screen.h"

/* As many as the fields can say; services have 15 rows and 42 columns at most. */
#define AZ_CC708_ROWS 16
#define AZ_CC708_COLS 64

typedef enum az_cc708_direction { /* as coded, of printing and of scrolling */
    AZ_CC708_LEFT_TO_RIGHT = 0,
    AZ_CC708_RIGHT_TO_LEFT,
    AZ_CC708_TOP_TO_BOTTOM,
    AZ_CC708_BOTTOM_TO_TOP,
} az_cc708_direction;

typedef struct az_cc708_window {
    bool is_defined, is_visible;
    bool is_painted; /* text was written while it was visible */
    bool is_relative;
    bool is_wrapping;
    unsigned anchor_point, anchor_vertical, anchor_horizontal;
    unsigned rows, cols;
    unsigned justify; /* as coded: 0 left, 1 right, 2 center, 3 full */
    az_cc708_direction print, scroll;
    uint8_t fill, fill_opacity;
    az_caption_pen pen;
    unsigned line, place; /* of the pen, in the direction of printing; place may be behind the last */
    az_caption_cell cells[AZ_CC708_ROWS][AZ_CC708_COLS];
} az_cc708_window;

/* The parameters of DFx, SWA, SPA, SPC and SPL: 6, 4, 2, 3 and 2 bytes. */
void az_cc708_window_define(az_cc708_window *window, const uint8_t *parameters);
void az_cc708_window_set_attributes(az_cc708_window *window, const uint8_t *parameters);
void az_cc708_window_set_pen(az_cc708_window *window, const uint8_t *parameters);
void az_cc708_window_set_color(az_cc708_window *window, const uint8_t *parameters);
void az_cc708_window_move_pen(az_cc708_window *window, const uint8_t *parameters);

void az_cc708_window_clear(az_cc708_window *window); /* the text alone */
void az_cc708_window_write(az_cc708_window *window, uint16_t character);
void az_cc708_window_backspace(az_cc708_window *window);
bool az_cc708_window_is_last_line(const az_cc708_window *window);
void az_cc708_window_next_line(az_cc708_window *window);  /* CR: on the last line the first one goes */
void az_cc708_window_clear_line(az_cc708_window *window); /* HCR */
void az_cc708_window_clear_home(az_cc708_window *window); /* FF */

/* The region borrows the window's cells. */
void az_cc708_window_region(const az_cc708_window *window, az_caption_region *region);

#endif
