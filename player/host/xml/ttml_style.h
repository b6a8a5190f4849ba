/*
 * Styles of TTML: one attribute to a value, sets of values laid over each other, and what an element finally
 * has. Internal to host/xml/.
 */
#ifndef AZ_HOST_XML_TTML_STYLE_H
#define AZ_HOST_XML_TTML_STYLE_H

#include "base/base.h"

typedef enum az_ttml_property {
    TTML_COLOR, /* inherited ones first */
    TTML_FONT_SIZE,
    TTML_FONT_STYLE,
    TTML_FONT_WEIGHT,
    TTML_DECORATION,
    TTML_TEXT_ALIGN,
    TTML_VISIBILITY,
    TTML_DIRECTION,
    TTML_INHERITED, /* how many those are */
    TTML_BACKGROUND = TTML_INHERITED,
    TTML_DISPLAY_ALIGN,
    TTML_DISPLAY,
    TTML_OPACITY,
    TTML_WRITING_MODE,
    TTML_ORIGIN,
    TTML_EXTENT,
    TTML_POSITION,
    TTML_RUBY,
    TTML_PROPERTIES,
} az_ttml_property;

typedef enum az_ttml_unit {
    TTML_PERCENT,
    TTML_PIXEL,
    TTML_CELL,
    TTML_EM,
    TTML_ROOT_WIDTH,
    TTML_ROOT_HEIGHT,
} az_ttml_unit;

typedef struct az_ttml_length {
    float value;
    az_ttml_unit unit;
} az_ttml_length;

enum {
    TTML_LEFT,
    TTML_CENTER,
    TTML_RIGHT,
    TTML_START,
    TTML_END
}; /* TEXT_ALIGN */
enum {
    TTML_BEFORE,
    TTML_MIDDLE,
    TTML_AFTER
}; /* DISPLAY_ALIGN */
enum {
    TTML_HORIZONTAL,
    TTML_HORIZONTAL_RL,
    TTML_VERTICAL_RL,
    TTML_VERTICAL_LR
};     /* WRITING_MODE */
enum { /* RUBY */
    TTML_NO_RUBY,
    TTML_RUBY_CONTAINER,
    TTML_RUBY_BASES, /* containers of several */
    TTML_RUBY_TEXTS,
    TTML_RUBY_BASE,
    TTML_RUBY_TEXT,
    TTML_RUBY_DELIMITER,
};
enum {
    TTML_FROM_RIGHT = 1,
    TTML_FROM_BOTTOM = 2
}; /* POSITION: the edges that x and y count from */

/* Which of its fields count depends on the property. */
typedef struct az_ttml_value {
    uint32_t number; /* a colour as RRGGBBAA, one of the above, 0 or 1; OPACITY: of 1000 */
    az_ttml_length x, y;
} az_ttml_value;

/* Values that are given, and those that are not. */
typedef struct az_ttml_style {
    uint32_t given; /* bit of each property */
    az_ttml_value values[TTML_PROPERTIES];
} az_ttml_style;

/* One attribute of the styling namespace. False: another one, or one that cannot be read. */
bool az_ttml_style_parse(const char *name, az_span text, az_ttml_property *property, az_ttml_value *value);

void az_ttml_style_set(az_ttml_style *style, az_ttml_property property, const az_ttml_value *value);
void az_ttml_style_lay(az_ttml_style *below, const az_ttml_style *above);
bool az_ttml_style_has(const az_ttml_style *style, az_ttml_property property);

/* Takes the next word off the front; empty at the end. */
az_span az_ttml_word(az_span *text);

/* The size of a document's root in the units that lengths use. */
typedef struct az_ttml_root {
    double width, height;  /* pixels */
    double columns, lines; /* cells */
} az_ttml_root;

/* A length as a share of the root's width or height. `whole`: what a percent is of, `em`: the height of the
 * font, both likewise shares. */
double az_ttml_length_share(const az_ttml_root *root, az_ttml_length length, bool is_width, double whole,
                            double em);
bool az_ttml_length_parse(az_span text, az_ttml_length *length);

#endif
