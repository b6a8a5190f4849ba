/*
 * Lines through libass; see host/sdl/subtitle_line.h.
 *
 * A line is measured by the boxes that libass draws behind runs of text: to measure, each piece has a box of
 * a colour of its own, which says whose it is.
 */
#include "host/sdl/subtitle_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define FONT          "sans-serif"
#define RUBY_PERCENT  50
#define PERCENT_MAX   300 /* of the normal size: larger letters fit nowhere */
#define PERCENT_MIN   25
#define GLYPHS_MAX    1000
#define BITMAPS_MAX   16 /* MiB */
#define OUTLINE_SHARE 18 /* of the font's height */

typedef enum purpose {
    TO_MEASURE,
    TO_DRAW
} purpose;

/* ---- libass ---- */

bool az_typesetter_init(az_typesetter *setter,
                        void (*log)(int level, const char *format, va_list args, void *user), void *user)
{
    *setter = (az_typesetter){0};
    setter->library = ass_library_init();
    if (!setter->library)
        return false;
    ass_set_message_cb(setter->library, log, user); /* by default it prints */
    setter->renderer = ass_renderer_init(setter->library);
    if (!setter->renderer) {
        az_typesetter_deinit(setter);
        return false;
    }
    ass_set_fonts(setter->renderer, NULL, FONT, ASS_FONTPROVIDER_AUTODETECT, NULL, 1);
    ass_set_cache_limits(setter->renderer, GLYPHS_MAX, BITMAPS_MAX);
    return true;
}

void az_typesetter_deinit(az_typesetter *setter)
{
    if (setter->track)
        ass_free_track(setter->track);
    if (setter->renderer)
        ass_renderer_done(setter->renderer);
    if (setter->library)
        ass_library_done(setter->library);
    free(setter->text);
    *setter = (az_typesetter){0};
}

void az_typesetter_fit(az_typesetter *setter, int extent)
{
    int size = 2 * extent + 64; /* lines begin or end in the middle, and stand in the upper quarter */
    if (setter->frame_size == size)
        return;
    setter->frame_size = size;
    ass_set_frame_size(setter->renderer, size, size);
    ass_set_storage_size(setter->renderer, size, size);
}

static char *copy_string(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

/* A script of one style and one event with the text in hand. libass frees its strings with free(). */
static bool make_track(az_typesetter *setter, const az_line_style *style, bool has_boxes)
{
    if (setter->track)
        ass_free_track(setter->track);
    ASS_Track *track = setter->track = ass_new_track(setter->library);
    if (!track)
        return false;
    track->track_type = TRACK_TYPE_ASS;
    track->PlayResX = track->PlayResY = setter->frame_size;
    track->ScaledBorderAndShadow = 1;
    track->Kerning = 1;
    int s = ass_alloc_style(track), e = ass_alloc_event(track);
    if (s < 0 || e < 0)
        return false;
    ASS_Style *as = &track->styles[s];
    as->Name = copy_string("Default");
    as->FontName = copy_string(style->is_vertical ? "@" FONT : FONT); /* @: ideographs lie, to be turned */
    as->FontSize = style->font_height;
    as->PrimaryColour = as->SecondaryColour = 0xFFFFFF00; /* alpha is how transparent */
    as->OutlineColour = 0x00000000;
    as->BackColour = 0x000000FF;
    as->ScaleX = as->ScaleY = 1;
    as->BorderStyle = has_boxes ? 3 : 1;
    as->Outline = has_boxes ? style->padding : AZ_MAX(style->font_height / (double)OUTLINE_SHARE, 1);
    as->Alignment = VALIGN_TOP | HALIGN_LEFT;
    as->Encoding = -1; /* the direction of the text is its own */
    as->MarginL = as->MarginR = AZ_MAX((setter->frame_size - style->width_max) / 2, 0);
    ASS_Event *event = &track->events[e];
    event->Duration = 1000;
    event->Style = s;
    event->Name = copy_string("");
    event->Effect = copy_string("");
    event->Text = copy_string(setter->text);
    return as->Name && as->FontName && event->Name && event->Effect && event->Text;
}

static const ASS_Image *render(az_typesetter *setter, const az_line_style *style, bool has_boxes)
{
    if (!make_track(setter, style, has_boxes))
        return NULL;
    return ass_render_frame(setter->renderer, setter->track, 0, NULL);
}

/* ---- the text of an event ---- */

static bool put(az_typesetter *setter, const char *text, size_t size)
{
    size_t wanted = setter->text_size + size + 1;
    if (wanted > setter->text_capacity) {
        size_t capacity = AZ_MAX(wanted, 2 * setter->text_capacity);
        char *grown = realloc(setter->text, capacity);
        if (!grown)
            return false;
        setter->text = grown;
        setter->text_capacity = capacity;
    }
    memcpy(setter->text + setter->text_size, text, size);
    setter->text_size += size;
    setter->text[setter->text_size] = 0;
    return true;
}

static bool put_string(az_typesetter *setter, const char *text)
{
    return put(setter, text, strlen(text));
}

/* Lines may not begin or not end with these. */
static bool is_closing(uint32_t c)
{
    static const uint32_t closing[] = {0x3001, 0x3002, 0xFF0C, 0xFF0E, 0x300D, 0x300F, 0x3011, 0xFF09, 0x3015,
                                       0x3009, 0x300B, 0xFF01, 0xFF1F, 0x30FC, 0x3063, 0x3083, 0x3085, 0x3087,
                                       0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x2026, 0x30FB, 0xFF1A, 0xFF1B};
    for (size_t i = 0; i < AZ_COUNT(closing); i++) {
        if (c == closing[i])
            return true;
    }
    return false;
}

static bool is_opening(uint32_t c)
{
    return c == 0x300C || c == 0x300E || c == 0x3010 || c == 0xFF08 || c == 0x3014 || c == 0x3008 ||
           c == 0x300A;
}

/* Scripts that are written without spaces and break between characters. */
static bool is_ideographic(uint32_t c)
{
    return (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) ||
           (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x20000 && c <= 0x3FFFF) || (c >= 0x0E00 && c <= 0x0E7F);
}

/* libass breaks lines at spaces only; between ideographs one of no width makes it. */
static bool put_text(az_typesetter *setter, const az_line_piece *piece, bool breaks_anywhere)
{
    az_span rest = az_span_make(piece->text, piece->size);
    uint32_t last = 0;
    bool is_good = true;
    while (rest.size > 0 && is_good) {
        size_t length;
        uint32_t c = az_utf8_get(rest, &length);
        bool may_break = last && (is_ideographic(c) || is_ideographic(last)) && !is_closing(c) &&
                         !is_opening(last) && c != ' ' && last != ' ';
        if (breaks_anywhere && may_break)
            is_good = put_string(setter, "{\\fscx0} {\\fscx100}");
        if (c == '{' || c == '}')
            is_good = is_good && put_string(setter, c == '{' ? "\\{" : "\\}");
        else if (c == '\\') /* word joiner: what follows is no command */
            is_good = is_good && put_string(setter, "\\\xE2\x81\xA0");
        else if (c >= ' ')
            is_good = is_good && put(setter, (const char *)rest.data, length);
        else if (c == '\t')
            is_good = is_good && put_string(setter, " ");
        rest = az_span_sub(rest, length, rest.size);
        last = c;
    }
    return is_good;
}

/* RRGGBB as ASS writes it. */
static unsigned bgr(uint32_t color)
{
    return (color >> 24 & 0xFF) | (color >> 8 & 0xFF00) | (color << 8 & 0xFF0000);
}

static uint32_t color_of(uint32_t color, uint32_t normal)
{
    color = color == AZ_TEXT_NO_COLOR ? normal : color;
    return color == AZ_TEXT_WHITE ? UINT32_MAX : color;
}

static bool put_piece(az_typesetter *setter, const az_line_style *style, const az_line_piece *piece,
                      purpose what, size_t number, bool breaks_anywhere)
{
    char tags[256];
    const az_text_run *run = piece->run;
    uint32_t front = color_of(run->foreground, AZ_TEXT_WHITE);
    uint32_t back = color_of(run->background, AZ_LINE_BACKGROUND);
    if (what == TO_MEASURE)
        back = (uint32_t)(number + 1) << 8 | 0xFF;
    else if (!style->has_boxes)
        back = 0x000000FF & front; /* the outline goes with its letters */
    unsigned percent = AZ_MIN(AZ_MAX(run->size_percent, PERCENT_MIN), PERCENT_MAX);
    if (piece->is_ruby)
        percent = percent * RUBY_PERCENT / 100;
    int height = AZ_MAX(style->font_height * (int)percent / 100, 4);
    snprintf(tags, sizeof(tags), "{\\fs%d\\b%d\\i%d\\u%d\\1c&H%06X&\\1a&H%02X&\\3c&H%06X&\\3a&H%02X&}",
             height, (run->style & AZ_TEXT_BOLD) != 0, (run->style & AZ_TEXT_ITALIC) != 0,
             (run->style & AZ_TEXT_UNDERLINE) != 0, bgr(front), 255 - (front & 0xFF), bgr(back),
             255 - (back & 0xFF));
    return put_string(setter, tags) && put_text(setter, piece, breaks_anywhere);
}

static bool begin_event(az_typesetter *setter, const az_line_style *style)
{
    char tags[64];
    int alignment = style->align == AZ_TEXT_LEFT ? 7 : style->align == AZ_TEXT_RIGHT ? 9 : 8;
    int x = setter->frame_size / 2, y = setter->frame_size / 4;
    if (style->align == AZ_TEXT_LEFT)
        x = setter->frame_size / 4;
    else if (style->align == AZ_TEXT_RIGHT)
        x = setter->frame_size * 3 / 4;
    setter->text_size = 0;
    snprintf(tags, sizeof(tags), "{\\an%d\\pos(%d,%d)\\q0}", alignment, x, y);
    return put_string(setter, tags);
}

static const ASS_Image *draw_line(az_typesetter *setter, const az_line_style *style, const az_line *line,
                                  purpose what)
{
    bool is_good = begin_event(setter, style);
    for (size_t i = 0; i < line->piece_count && is_good; i++) {
        if (!line->pieces[i].is_ruby)
            is_good = put_piece(setter, style, &line->pieces[i], what, i, line->breaks_anywhere);
    }
    return is_good ? render(setter, style, what == TO_MEASURE || style->has_boxes) : NULL;
}

static const ASS_Image *draw_ruby(az_typesetter *setter, const az_line_style *style,
                                  const az_line_piece *piece, purpose what)
{
    if (!begin_event(setter, style) || !put_piece(setter, style, piece, what, 0, false))
        return NULL;
    return render(setter, style, what == TO_MEASURE || style->has_boxes);
}

/* ---- measuring ---- */

static bool is_empty(const uint8_t *from, ptrdiff_t step, int count)
{
    for (int i = 0; i < count; i++, from += step) {
        if (*from)
            return false;
    }
    return true;
}

/* The part of a bitmap in which something is: libass leaves room at the right and the bottom. */
static az_subtitle_rect trim(const ASS_Image *image)
{
    az_subtitle_rect r = {image->dst_x, image->dst_y, image->w, image->h};
    while (r.height > 0 && is_empty(image->bitmap + (ptrdiff_t)(r.height - 1) * image->stride, 1, r.width))
        r.height--;
    while (r.width > 0 && is_empty(image->bitmap + r.width - 1, image->stride, r.height))
        r.width--;
    return r;
}

static void grow(az_subtitle_rect *area, const ASS_Image *image)
{
    az_subtitle_rect r = trim(image);
    if (r.width <= 0 || r.height <= 0)
        return;
    if (area->width == 0) {
        *area = r;
        return;
    }
    int right = AZ_MAX(area->x + area->width, r.x + r.width);
    int bottom = AZ_MAX(area->y + area->height, r.y + r.height);
    area->x = AZ_MIN(area->x, r.x);
    area->y = AZ_MIN(area->y, r.y);
    area->width = right - area->x;
    area->height = bottom - area->y;
}

static void measure(az_line *line, const ASS_Image *images)
{
    line->area = (az_subtitle_rect){0};
    for (size_t i = 0; i < line->piece_count; i++)
        line->pieces[i].area = (az_subtitle_rect){0};
    for (const ASS_Image *image = images; image; image = image->next) {
        size_t number = (image->color >> 8) - (size_t)1;
        if (image->type != IMAGE_TYPE_OUTLINE)
            continue;
        grow(&line->area, image);
        if (number < line->piece_count)
            grow(&line->pieces[number].area, image);
    }
}

static bool has_ideographs(const az_line *line)
{
    for (size_t i = 0; i < line->piece_count; i++) {
        az_span rest = az_span_make(line->pieces[i].text, line->pieces[i].size);
        while (rest.size > 0) {
            size_t length;
            if (is_ideographic(az_utf8_get(rest, &length)))
                return true;
            rest = az_span_sub(rest, length, rest.size);
        }
    }
    return false;
}

/* Ruby stands in the middle over its base. */
static void place_ruby(az_line *line, az_line_piece *ruby, const az_line_piece *base, const ASS_Image *images,
                       int padding)
{
    az_subtitle_rect own = {0};
    for (const ASS_Image *image = images; image; image = image->next) {
        if (image->type == IMAGE_TYPE_OUTLINE)
            grow(&own, image);
    }
    ruby->area = own;
    ruby->drawn_x = own.x;
    ruby->drawn_y = own.y;
    if (own.width == 0 || base->area.width == 0)
        return;
    ruby->area.x = base->area.x + (base->area.width - own.width) / 2 - line->area.x;
    ruby->area.y = base->area.y - own.height + 2 * padding - line->area.y;
    line->ruby_height = AZ_MAX(line->ruby_height, -ruby->area.y);
}

bool az_line_measure(az_typesetter *setter, const az_line_style *style, az_line *line)
{
    line->breaks_anywhere = false;
    line->ruby_height = 0;
    measure(line, draw_line(setter, style, line, TO_MEASURE));
    if (line->area.width > style->width_max + 2 * style->padding && has_ideographs(line)) {
        line->breaks_anywhere = true;
        measure(line, draw_line(setter, style, line, TO_MEASURE));
    }
    for (size_t i = 1; i < line->piece_count; i++) {
        az_line_piece *piece = &line->pieces[i];
        if (piece->is_ruby)
            place_ruby(line, piece, piece - 1, draw_ruby(setter, style, piece, TO_MEASURE), style->padding);
    }
    return setter->track != NULL;
}

const ASS_Image *az_line_draw(az_typesetter *setter, const az_line_style *style, const az_line *line,
                              size_t ruby)
{
    return ruby == 0 ? draw_line(setter, style, line, TO_DRAW)
                     : draw_ruby(setter, style, &line->pieces[ruby], TO_DRAW);
}
