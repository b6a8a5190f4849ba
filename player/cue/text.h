/*
 * The one model of caption and subtitle text: that of WebVTT. Whatever it came as (WebVTT, TTML,
 * CEA-608/708), a text cue has a payload of WebVTT cue text (W3C WebVTT, 4.2.2) and a settings list (4.1.3).
 *
 * Markup: <b> <i> <u> <ruby> <rt> <lang> <v> and <c.class...>; escapes &amp; &lt; &gt; &lrm; &rlm; &nbsp; and
 * numeric ones. Classes are the default ones of WebVTT (5.1: white, lime, cyan, red, yellow, magenta, blue,
 * black, and bg_ before each) and, for any other colour, fg_RRGGBB[AA] and bg_RRGGBB[AA]; size_NN: percent of
 * the normal size, with which a line takes 1/15 of the picture's height.
 *
 * Here a payload becomes runs of equally styled characters, for those that draw it.
 */
#ifndef AZ_CUE_TEXT_H
#define AZ_CUE_TEXT_H

#include "base/base.h"

typedef enum az_text_style {
    AZ_TEXT_BOLD = 1 << 0,
    AZ_TEXT_ITALIC = 1 << 1,
    AZ_TEXT_UNDERLINE = 1 << 2,
    AZ_TEXT_RUBY = 1 << 3, /* annotation of the run before it */
} az_text_style;

#define AZ_TEXT_RUNS_MAX 1024 /* of one cue; what follows is left out */
#define AZ_TEXT_NO_COLOR UINT32_MAX
#define AZ_TEXT_WHITE    UINT32_C(0xFFFFFFFE) /* opaque white: its own number means no colour */

typedef struct az_text_run {
    unsigned style;      /* az_text_style */
    uint32_t foreground; /* 0xRRGGBBAA, AZ_TEXT_NO_COLOR: the default */
    uint32_t background; /* likewise; default: the drawer's */
    unsigned size_percent;
    char *text; /* UTF-8 without markup, NUL-terminated; '\n' ends a line */
} az_text_run;

typedef enum az_text_align {
    AZ_TEXT_START = 0,
    AZ_TEXT_CENTER,
    AZ_TEXT_END,
    AZ_TEXT_LEFT,
    AZ_TEXT_RIGHT
} az_text_align;

/* The settings list, or its defaults. */
typedef struct az_text_settings {
    bool is_vertical;      /* vertical:rl or lr */
    bool is_left_to_right; /* vertical:lr */
    bool has_line;
    bool is_line_percent; /* else a line number; negative from the bottom */
    double line;
    az_text_align line_align;     /* start, center, end */
    double position;              /* percent, negative: auto */
    az_text_align position_align; /* start: line-left, center, end: line-right */
    double size;                  /* percent, default 100 */
    az_text_align align;          /* default center */
} az_text_settings;

/* RRGGBB or RRGGBBAA in hexadecimal digits, as 0xRRGGBBAA. */
bool az_text_color_parse(az_span digits, uint32_t *color);

/* Lenient: what cannot be read keeps its default. */
void az_text_settings_parse(az_text_settings *settings, az_span text);

/* *runs is the caller's: az_text_runs_destroy(). AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_text_parse(az_text_run **runs, size_t *count, az_span markup);
void az_text_runs_destroy(az_text_run **runs, size_t count);

/* The characters alone, into `out` (cut at a character); the size that would be needed without its NUL. */
size_t az_text_plain(char *out, size_t out_size, az_span markup);

#endif
