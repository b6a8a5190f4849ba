/*
 * Regions to WebVTT settings; see host/xml/ttml_markup.h. A region is a rectangle in which text hangs at one
 * edge; a cue is a point, a width and the side of the text that is at the point: the edge gives the line, the
 * alignment gives the position.
 */
#include <stdio.h>

#include "host/xml/ttml_markup.h"

typedef struct rectangle {
    double x, y, width, height; /* percent of the root */
} rectangle;

static double clamp(double percent)
{
    return percent > 0 ? AZ_MIN(percent, 100.0) : 0;
}

static double share(const az_ttml_doc *doc, const az_ttml_look *look, az_ttml_length length, bool is_width,
                    double whole)
{
    return az_ttml_length_share(&doc->root, length, is_width, whole, look->font_height);
}

static rectangle place(const az_ttml_doc *doc, const az_ttml_look *look)
{
    const az_ttml_style *s = &look->style;
    rectangle r = {0, 0, 1, 1};
    if (az_ttml_style_has(s, TTML_EXTENT)) {
        r.width = clamp(100 * share(doc, look, s->values[TTML_EXTENT].x, true, 1)) / 100;
        r.height = clamp(100 * share(doc, look, s->values[TTML_EXTENT].y, false, 1)) / 100;
    }
    if (az_ttml_style_has(s, TTML_POSITION)) {
        const az_ttml_value *at = &s->values[TTML_POSITION];
        r.x = share(doc, look, at->x, true, 1 - r.width);
        r.y = share(doc, look, at->y, false, 1 - r.height);
        r.x = at->number & TTML_FROM_RIGHT ? 1 - r.width - r.x : r.x;
        r.y = at->number & TTML_FROM_BOTTOM ? 1 - r.height - r.y : r.y;
    } else if (az_ttml_style_has(s, TTML_ORIGIN)) {
        r.x = share(doc, look, s->values[TTML_ORIGIN].x, true, 1);
        r.y = share(doc, look, s->values[TTML_ORIGIN].y, false, 1);
    }
    return (rectangle){100 * r.x, 100 * r.y, 100 * r.width, 100 * r.height};
}

static uint32_t keyword_of(const az_ttml_look *look, az_ttml_property property, uint32_t initial)
{
    return az_ttml_style_has(&look->style, property) ? look->style.values[property].number : initial;
}

/* Left, center or right; top to bottom in vertical writing. */
static uint32_t alignment(const az_ttml_look *paragraph, uint32_t mode)
{
    uint32_t align = keyword_of(paragraph, TTML_TEXT_ALIGN, TTML_START);
    bool is_rtl = keyword_of(paragraph, TTML_DIRECTION, mode == TTML_HORIZONTAL_RL) == 1;
    if (align == TTML_START)
        return is_rtl ? TTML_RIGHT : TTML_LEFT;
    if (align == TTML_END)
        return is_rtl ? TTML_LEFT : TTML_RIGHT;
    return align;
}

/* Hundredths, since printf's decimal point follows the locale. */
static int hundredths(double percent)
{
    return (int)(clamp(percent) * 100 + 0.5);
}

void az_ttml_settings(char out[AZ_TTML_SETTINGS_MAX], const az_ttml_doc *doc, const az_ttml_look *region,
                      const az_ttml_look *paragraph, bool is_placed)
{
    static const char *const aligns[] = {"left", "center", "right"};
    static const char *const anchors[] = {"line-left", "center", "line-right"};
    static const char *const line_aligns[] = {"start", "center", "end"};
    uint32_t mode = keyword_of(region, TTML_WRITING_MODE, TTML_HORIZONTAL);
    uint32_t align = alignment(paragraph, mode);
    bool has_align = az_ttml_style_has(&paragraph->style, TTML_TEXT_ALIGN);
    if (!is_placed) { /* where captions are by custom, not in the upper left corner */
        snprintf(out, AZ_TTML_SETTINGS_MAX, "%s%s", has_align ? "align:" : "",
                 has_align ? aligns[align] : "");
        return;
    }
    rectangle r = place(doc, region);
    uint32_t edge = keyword_of(region, TTML_DISPLAY_ALIGN, TTML_BEFORE);
    bool is_vertical = mode == TTML_VERTICAL_RL || mode == TTML_VERTICAL_LR;
    double begin = is_vertical ? r.x : r.y, depth = is_vertical ? r.width : r.height;
    double left = is_vertical ? r.y : r.x, width = is_vertical ? r.height : r.width;
    if (mode == TTML_VERTICAL_RL)
        edge = TTML_AFTER - edge; /* lines go from right to left */
    int line = hundredths(begin + depth * edge / 2);
    int position = hundredths(left + width * align / 2);
    int size = hundredths(width);
    snprintf(out, AZ_TTML_SETTINGS_MAX, "%sline:%d.%02d%%,%s position:%d.%02d%%,%s size:%d.%02d%% align:%s",
             mode == TTML_VERTICAL_RL   ? "vertical:rl "
             : mode == TTML_VERTICAL_LR ? "vertical:lr "
                                        : "",
             line / 100, line % 100, line_aligns[edge], position / 100, position % 100, anchors[align],
             size / 100, size % 100, aligns[align]);
}
