/*
 * Places of text; see host/sdl/subtitle_layout.h.
 */
#include "host/sdl/subtitle_layout.h"

#define FONT_SHARE  15 /* of the picture's height: a line of normal text */
#define FONT_MIN    10
#define MARGIN      40 /* of the page: text that is not placed stays so far from its edges, ... */
#define LINE_MARGIN 18 /* ... and so far from the bottom */

az_subtitle_page az_subtitle_page_of(int picture_width, int picture_height, bool is_vertical)
{
    az_subtitle_page page = {picture_width, picture_height, 0};
    int height = AZ_MIN(picture_height, picture_width * 3 / 4); /* upright pictures are narrow */
    page.font_height = AZ_MAX(height / FONT_SHARE, FONT_MIN);
    if (is_vertical) {
        page.width = picture_height;
        page.height = picture_width;
    }
    return page;
}

void az_subtitle_settle(az_text_settings *s, bool is_rtl)
{
    if (s->align == AZ_TEXT_START)
        s->align = is_rtl ? AZ_TEXT_RIGHT : AZ_TEXT_LEFT;
    else if (s->align == AZ_TEXT_END)
        s->align = is_rtl ? AZ_TEXT_LEFT : AZ_TEXT_RIGHT;
    if (s->position >= 0)
        return;
    s->position = s->align == AZ_TEXT_LEFT ? 0 : s->align == AZ_TEXT_RIGHT ? 100 : 50;
    s->position_align = s->align == AZ_TEXT_LEFT    ? AZ_TEXT_START
                        : s->align == AZ_TEXT_RIGHT ? AZ_TEXT_END
                                                    : AZ_TEXT_CENTER;
}

/* The width of the cue's box in percent: no wider than the picture is beside its position. */
static double box_width(const az_text_settings *s)
{
    double room = 100;
    if (s->position_align == AZ_TEXT_START)
        room = 100 - s->position;
    else if (s->position_align == AZ_TEXT_END)
        room = s->position;
    else
        room = 2 * AZ_MIN(s->position, 100 - s->position);
    return AZ_MIN(s->size, room);
}

int az_subtitle_width_max(const az_text_settings *s, const az_subtitle_page *page)
{
    int whole = page->width - 2 * (page->width / MARGIN);
    int width = (int)(box_width(s) / 100 * page->width);
    return AZ_MAX(AZ_MIN(width, whole), page->font_height);
}

static int place_x(const az_text_settings *s, const az_subtitle_page *page, int width)
{
    double box = box_width(s), left = s->position;
    if (s->position_align == AZ_TEXT_CENTER)
        left -= box / 2;
    else if (s->position_align == AZ_TEXT_END)
        left -= box;
    double room = box / 100 * page->width - width, x = left / 100 * page->width;
    if (s->align == AZ_TEXT_CENTER)
        x += room / 2;
    else if (s->align == AZ_TEXT_RIGHT)
        x += room;
    return (int)x;
}

/* Percents count from the left of the picture in vertical text, which is the bottom of the turned page. */
static int place_by_percent(const az_text_settings *s, const az_subtitle_page *page, int height)
{
    double y = s->line / 100 * page->height;
    az_text_align align = s->line_align;
    if (s->is_vertical) {
        y = page->height - y;
        align = align == AZ_TEXT_START ? AZ_TEXT_END : align == AZ_TEXT_END ? AZ_TEXT_START : align;
    }
    if (align == AZ_TEXT_CENTER)
        y -= height / 2.0;
    else if (align == AZ_TEXT_END)
        y -= height;
    return (int)y;
}

/* Lines count from the top, from the right or from the left; negative ones from the other end. */
static int place_by_number(const az_text_settings *s, const az_subtitle_page *page, int height)
{
    double line = s->line;
    bool is_from_end = line < 0;
    double offset = (is_from_end ? -line - 1 : line) * page->font_height;
    if (!is_from_end && s->line_align == AZ_TEXT_CENTER)
        offset -= height / 2.0;
    else if (!is_from_end && s->line_align == AZ_TEXT_END)
        offset -= height;
    if (s->is_vertical && s->is_left_to_right)
        is_from_end = !is_from_end;
    return (int)(is_from_end ? page->height - offset - height : offset);
}

static int clamp(int value, int low, int high)
{
    return AZ_MAX(AZ_MIN(value, high), low); /* where it does not fit, the beginning is seen */
}

az_subtitle_rect az_subtitle_place(const az_text_settings *s, const az_subtitle_page *page, int width,
                                   int height)
{
    int margin_x = page->width / MARGIN, margin_y = page->height / MARGIN;
    az_subtitle_rect rect = {place_x(s, page, width), 0, width, height};
    if (!s->has_line) {
        bool is_at_top = s->is_vertical && s->is_left_to_right;
        rect.y = is_at_top ? page->height / LINE_MARGIN : page->height - page->height / LINE_MARGIN - height;
    } else if (s->is_line_percent) {
        rect.y = place_by_percent(s, page, height);
    } else {
        rect.y = place_by_number(s, page, height);
    }
    bool is_by_number = s->has_line && !s->is_line_percent;
    rect.x = clamp(rect.x, AZ_MIN(margin_x, page->width - width), page->width - margin_x - width);
    rect.y = clamp(rect.y, 0, page->height - height);
    if (is_by_number) /* the first and the last line are not at the very edge */
        rect.y = clamp(rect.y, margin_y, page->height - margin_y - height);
    return rect;
}

static const az_subtitle_rect *find_covered(const az_subtitle_rect *rect, const az_subtitle_rect *others,
                                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const az_subtitle_rect *o = &others[i];
        bool is_beside = rect->x + rect->width <= o->x || o->x + o->width <= rect->x;
        bool is_above = rect->y + rect->height <= o->y || o->y + o->height <= rect->y;
        if (!is_beside && !is_above)
            return o;
    }
    return NULL;
}

void az_subtitle_avoid(az_subtitle_rect *rect, const az_subtitle_page *page, const az_subtitle_rect *others,
                       size_t count)
{
    az_subtitle_rect moved = *rect;
    bool goes_up = rect->y + rect->height / 2 > page->height / 2;
    for (size_t i = 0; i <= count; i++) { /* each step passes one of them for good */
        const az_subtitle_rect *covered = find_covered(&moved, others, count);
        if (!covered) {
            *rect = moved;
            return;
        }
        moved.y = goes_up ? covered->y - moved.height : covered->y + covered->height;
        if (moved.y < 0 || moved.y + moved.height > page->height)
            return;
    }
}

az_subtitle_rect az_subtitle_turn(az_subtitle_rect rect, const az_subtitle_page *page)
{
    return (az_subtitle_rect){page->height - rect.y - rect.height, rect.x, rect.height, rect.width};
}
