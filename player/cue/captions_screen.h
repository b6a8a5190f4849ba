/*
 * What one caption channel shows, and what of it was told: cells in a grid go in, captions as WebVTT settings
 * and text come out. Shared by CEA-608 and CEA-708; used in this folder only.
 */
#ifndef AZ_CUE_CAPTIONS_SCREEN_H
#define AZ_CUE_CAPTIONS_SCREEN_H

#include "cue/captions.h"

/* Text that grows character by character is told this often at most. */
#define AZ_CAPTION_GROWTH_INTERVAL (250 * AIZU_MILLISECOND)
#define AZ_CAPTION_REGIONS_MAX     8

/* Places in the picture: millionths of a percent. Captions stand in the safe title area, its middle 80
 * percent (47 CFR 15.119 and 15.122). */
#define AZ_CAPTION_PERCENT   1000000
#define AZ_CAPTION_SAFE      (10 * AZ_CAPTION_PERCENT)
#define AZ_CAPTION_SAFE_SIZE (80 * AZ_CAPTION_PERCENT)

typedef enum az_caption_opacity {
    AZ_CAPTION_SOLID = 0,
    AZ_CAPTION_FLASH, /* shown as solid */
    AZ_CAPTION_TRANSLUCENT,
    AZ_CAPTION_TRANSPARENT,
} az_caption_opacity;

/* Two bits each of red, green and blue, as in CEA-708. */
#define AZ_CAPTION_BLACK   0x00
#define AZ_CAPTION_BLUE    0x03
#define AZ_CAPTION_GREEN   0x0C
#define AZ_CAPTION_CYAN    0x0F
#define AZ_CAPTION_RED     0x30
#define AZ_CAPTION_MAGENTA 0x33
#define AZ_CAPTION_YELLOW  0x3C
#define AZ_CAPTION_WHITE   0x3F

enum {
    AZ_CAPTION_ITALIC = 1 << 0,
    AZ_CAPTION_UNDERLINE = 1 << 1,
    AZ_CAPTION_SMALL = 1 << 2,
    AZ_CAPTION_LARGE = 1 << 3,
};

typedef struct az_caption_pen {
    uint8_t foreground;
    uint8_t background;
    uint8_t opacity; /* of the background */
    uint8_t flags;
} az_caption_pen;

/* White on black: what needs no markup. */
#define AZ_CAPTION_PEN_DEFAULT ((az_caption_pen){.foreground = AZ_CAPTION_WHITE})

typedef struct az_caption_cell {
    uint16_t character; /* of the basic multilingual plane; 0: nothing, the picture is seen */
    az_caption_pen pen;
} az_caption_cell;

typedef enum az_caption_justify {
    AZ_CAPTION_AUTO = 0, /* as the lines stand: even on the left, around a middle, even on the right */
    AZ_CAPTION_LEFT,
    AZ_CAPTION_RIGHT,
    AZ_CAPTION_CENTER,
} az_caption_justify;

typedef enum az_caption_anchor {
    AZ_CAPTION_UPPER = 0, /* the text keeps its upper edge if it is drawn in another size, ... */
    AZ_CAPTION_MIDDLE,
    AZ_CAPTION_LOWER,
} az_caption_anchor;

/* Lines of text that belong together, in the order in which they are read. Places are of the grid's edges, in
 * the direction of lines and of characters; a pitch is negative where that runs to the left or upwards. */
typedef struct az_caption_region {
    const az_caption_cell *origin; /* first character of the first line */
    ptrdiff_t line_step, cell_step;
    unsigned lines, cells;
    int32_t line_begin, line_pitch;
    int32_t cell_begin, cell_pitch;
    az_caption_justify justify;
    az_caption_anchor anchor;
    bool is_vertical, is_left_to_right;
} az_caption_region;

typedef struct az_caption_sink {
    void *user;
    void (*caption)(void *user, const az_caption *caption);
} az_caption_sink;

/* A caption that was told and has no end yet. */
typedef struct az_caption_open {
    int64_t begin;
    uint8_t *bytes; /* settings, then text */
    size_t settings_size, text_size;
} az_caption_open;

typedef struct az_caption_screen {
    const az_caption_sink *sink;
    unsigned channel;
    bool is_changed;  /* to be told with this picture */
    int64_t grown_at; /* pts of the last growth that was not told, AIZU_NO_TIME none */
    int64_t told_at;  /* pts of what was told last */
    az_caption_open open[AZ_CAPTION_REGIONS_MAX];
    unsigned open_count;
} az_caption_screen;

/* The sink is borrowed. */
void az_caption_screen_init(az_caption_screen *screen, const az_caption_sink *sink, unsigned channel);

/* All that is open ends at `pts`, AIZU_NO_TIME: without being told. Frees. */
void az_caption_screen_clear(az_caption_screen *screen, int64_t pts);

/* Text in sight got longer or was corrected: told when the interval is over. */
void az_caption_screen_grow(az_caption_screen *screen, int64_t pts);

/* Something appeared, went or moved: told with this picture. */
void az_caption_screen_change(az_caption_screen *screen);

/* Whether growth of an earlier picture is to be told before a change makes it invisible: then show at
 * screen->grown_at. */
bool az_caption_screen_is_unsettled(const az_caption_screen *screen, int64_t pts);

/* Whether to show with this picture. */
bool az_caption_screen_is_due(const az_caption_screen *screen, int64_t pts);

/* This is on the screen from `pts` on; what was there and is no more ends. Regions without text are left
 * out. Out of memory: a caption is lost. */
void az_caption_screen_show(az_caption_screen *screen, const az_caption_region *regions, unsigned count,
                            int64_t pts);

#endif
