/*
 * From the grid of a caption decoder to WebVTT; see cue/captions_screen.h for what goes in. What comes out
 * follows W3C WebVTT, 4.1.3 (settings), 4.2.2 (cue text) and 5.1 (default colours), with the classes of
 * cue/text.h. The screen owns the bytes of what is open.
 */
#include "cue/captions_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_BREAK_SPACE 0xA0

/* ---- bytes ---- */

typedef struct bytes {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
} bytes;

static void put(bytes *b, const void *data, size_t size)
{
    if (b->failed)
        return;
    if (b->capacity - b->size < size) {
        size_t capacity = AZ_MAX(b->capacity * 2, b->size + size + 128);
        uint8_t *grown = realloc(b->data, capacity);
        if (!grown) {
            b->failed = true;
            return;
        }
        b->data = grown;
        b->capacity = capacity;
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void put_str(bytes *b, const char *text)
{
    put(b, text, strlen(text));
}

static void put_character(bytes *b, unsigned c)
{
    if (c == '&') {
        put_str(b, "&amp;");
    } else if (c == '<') {
        put_str(b, "&lt;");
    } else if (c == '>') {
        put_str(b, "&gt;");
    } else if (c < 0x80) {
        put(b, &(uint8_t){(uint8_t)c}, 1);
    } else if (c < 0x800) {
        put(b, (uint8_t[]){(uint8_t)(0xC0 | c >> 6), (uint8_t)(0x80 | (c & 0x3F))}, 2);
    } else {
        if (c >= 0xD800 && c <= 0xDFFF)
            c = 0xFFFD;
        put(b,
            (uint8_t[]){(uint8_t)(0xE0 | c >> 12), (uint8_t)(0x80 | (c >> 6 & 0x3F)),
                        (uint8_t)(0x80 | (c & 0x3F))},
            3);
    }
}

/* Within the picture, two decimals at most. */
static void put_percent(bytes *b, int32_t place)
{
    place = AZ_MIN(AZ_MAX(place, 0), 100 * AZ_CAPTION_PERCENT);
    unsigned hundredths = ((unsigned)place + AZ_CAPTION_PERCENT / 200) / (AZ_CAPTION_PERCENT / 100);
    char text[16];
    if (hundredths % 100 == 0)
        snprintf(text, sizeof(text), "%u%%", hundredths / 100);
    else if (hundredths % 10 == 0)
        snprintf(text, sizeof(text), "%u.%u%%", hundredths / 100, hundredths / 10 % 10);
    else
        snprintf(text, sizeof(text), "%u.%02u%%", hundredths / 100, hundredths % 100);
    put_str(b, text);
}

/* ---- lines ---- */

static const az_caption_cell *cell_at(const az_caption_region *r, unsigned line, unsigned cell)
{
    return r->origin + (ptrdiff_t)line * r->line_step + (ptrdiff_t)cell * r->cell_step;
}

static bool is_blank(const az_caption_cell *cell)
{
    return cell->character == 0 || cell->character == ' ' || cell->character == NO_BREAK_SPACE;
}

/* The characters of a line without the blanks around them: [begin, end), equal when there are none. */
typedef struct extent {
    unsigned begin, end;
} extent;

static extent line_extent(const az_caption_region *r, unsigned line)
{
    extent e = {0, r->cells};
    while (e.end > 0 && is_blank(cell_at(r, line, e.end - 1)))
        e.end--;
    while (e.begin < e.end && is_blank(cell_at(r, line, e.begin)))
        e.begin++;
    return e;
}

/* ---- text ---- */

static bool pens_equal(az_caption_pen a, az_caption_pen b)
{
    return a.foreground == b.foreground && a.background == b.background && a.opacity == b.opacity &&
           a.flags == b.flags;
}

/* A blank shows its background and underline alone: for anything else the tags stay as they are. */
static bool pens_equal_on_blank(az_caption_pen a, az_caption_pen b)
{
    return a.background == b.background && a.opacity == b.opacity &&
           ((a.flags ^ b.flags) & AZ_CAPTION_UNDERLINE) == 0;
}

static const char *color_name(uint8_t color)
{
    switch (color) {
    case AZ_CAPTION_BLACK:
        return "black";
    case AZ_CAPTION_BLUE:
        return "blue";
    case AZ_CAPTION_GREEN:
        return "lime";
    case AZ_CAPTION_CYAN:
        return "cyan";
    case AZ_CAPTION_RED:
        return "red";
    case AZ_CAPTION_MAGENTA:
        return "magenta";
    case AZ_CAPTION_YELLOW:
        return "yellow";
    case AZ_CAPTION_WHITE:
        return "white";
    }
    return NULL;
}

static void put_color(bytes *b, const char *prefix, uint8_t color, const char *alpha)
{
    char text[24];
    snprintf(text, sizeof(text), ".%s%02X%02X%02X%s", prefix, (color >> 4 & 3) * 0x55,
             (color >> 2 & 3) * 0x55, (color & 3) * 0x55, alpha);
    put_str(b, text);
}

static void put_classes(bytes *b, az_caption_pen pen)
{
    if (pen.foreground != AZ_CAPTION_WHITE) {
        const char *name = color_name(pen.foreground);
        if (name) {
            put_str(b, ".");
            put_str(b, name);
        } else {
            put_color(b, "fg_", pen.foreground, "");
        }
    }
    if (pen.opacity == AZ_CAPTION_TRANSLUCENT || pen.opacity == AZ_CAPTION_TRANSPARENT) {
        put_color(b, "bg_", pen.background, pen.opacity == AZ_CAPTION_TRANSLUCENT ? "80" : "00");
    } else if (pen.background != AZ_CAPTION_BLACK) {
        const char *name = color_name(pen.background);
        if (name) {
            put_str(b, ".bg_");
            put_str(b, name);
        } else {
            put_color(b, "bg_", pen.background, "");
        }
    }
    if (pen.flags & AZ_CAPTION_SMALL)
        put_str(b, ".size_75");
    if (pen.flags & AZ_CAPTION_LARGE)
        put_str(b, ".size_125");
}

static bool has_classes(az_caption_pen pen)
{
    pen.flags &= (uint8_t) ~(AZ_CAPTION_ITALIC | AZ_CAPTION_UNDERLINE);
    return !pens_equal(pen, AZ_CAPTION_PEN_DEFAULT);
}

static void pen_open(bytes *b, az_caption_pen pen)
{
    if (has_classes(pen)) {
        put_str(b, "<c");
        put_classes(b, pen);
        put_str(b, ">");
    }
    if (pen.flags & AZ_CAPTION_ITALIC)
        put_str(b, "<i>");
    if (pen.flags & AZ_CAPTION_UNDERLINE)
        put_str(b, "<u>");
}

static void pen_close(bytes *b, az_caption_pen pen)
{
    if (pen.flags & AZ_CAPTION_UNDERLINE)
        put_str(b, "</u>");
    if (pen.flags & AZ_CAPTION_ITALIC)
        put_str(b, "</i>");
    if (has_classes(pen))
        put_str(b, "</c>");
}

/* Spaces that WebVTT would fold into one become no-break spaces. */
static void put_line(bytes *b, const az_caption_region *r, unsigned line, extent e)
{
    az_caption_pen pen = cell_at(r, line, e.begin)->pen;
    bool was_blank = false;
    pen_open(b, pen);
    for (unsigned i = e.begin; i < e.end; i++) {
        const az_caption_cell *cell = cell_at(r, line, i);
        bool blank = is_blank(cell);
        bool is_same = cell->character == 0 ||
                       (blank ? pens_equal_on_blank(pen, cell->pen) : pens_equal(pen, cell->pen));
        if (!is_same) {
            pen_close(b, pen);
            pen = cell->pen;
            pen_open(b, pen);
        }
        if (blank)
            put_character(b, was_blank || cell->character == NO_BREAK_SPACE ? NO_BREAK_SPACE : ' ');
        else
            put_character(b, cell->character);
        was_blank = blank;
    }
    pen_close(b, pen);
}

/* ---- placement ---- */

/* What a region covers of the picture. */
typedef struct cover {
    unsigned first, last;   /* lines with text, both included */
    int32_t left, right;    /* edges of all lines, in the direction of characters */
    bool is_left, is_right; /* all lines end there */
    bool is_centered;       /* the middles of all lines are one, but for half a character */
    int32_t middle;
} cover;

static void edges(const az_caption_region *r, extent e, int32_t *left, int32_t *right)
{
    int32_t a = r->cell_begin + (int32_t)e.begin * r->cell_pitch;
    int32_t b = r->cell_begin + (int32_t)e.end * r->cell_pitch;
    *left = AZ_MIN(a, b);
    *right = AZ_MAX(a, b);
}

/* False when there is no text. */
static bool measure(const az_caption_region *r, cover *c)
{
    bool is_found = false;
    int32_t middle_min = INT32_MAX, middle_max = INT32_MIN;
    *c = (cover){.left = INT32_MAX, .right = INT32_MIN, .is_left = true, .is_right = true};
    for (unsigned line = 0; line < r->lines; line++) {
        extent e = line_extent(r, line);
        if (e.begin == e.end)
            continue;
        int32_t left, right;
        edges(r, e, &left, &right);
        if (!is_found)
            c->first = line;
        c->is_left &= !is_found || left == c->left;
        c->is_right &= !is_found || right == c->right;
        c->last = line;
        c->left = AZ_MIN(c->left, left);
        c->right = AZ_MAX(c->right, right);
        middle_min = AZ_MIN(middle_min, left / 2 + right / 2);
        middle_max = AZ_MAX(middle_max, left / 2 + right / 2);
        is_found = true;
    }
    if (!is_found)
        return false;
    int32_t pitch = r->cell_pitch < 0 ? -r->cell_pitch : r->cell_pitch;
    c->middle = middle_min / 2 + middle_max / 2;
    c->is_centered = middle_max - middle_min <= pitch;
    return true;
}

/*
 * One line alone is even with itself on all sides: it is centred when it stands in the middle of the screen.
 * Lines that agree in nothing keep their places with spaces on the left.
 */
static az_caption_justify justify(const az_caption_region *r, const cover *c)
{
    if (r->justify != AZ_CAPTION_AUTO)
        return r->justify;
    int32_t pitch = r->cell_pitch < 0 ? -r->cell_pitch : r->cell_pitch;
    int32_t off = c->middle - 50 * AZ_CAPTION_PERCENT;
    if (c->first == c->last)
        return off <= pitch && off >= -pitch ? AZ_CAPTION_CENTER : AZ_CAPTION_LEFT;
    bool is_backwards = r->cell_pitch < 0;
    if (is_backwards ? c->is_right : c->is_left)
        return is_backwards ? AZ_CAPTION_RIGHT : AZ_CAPTION_LEFT;
    if (c->is_centered)
        return AZ_CAPTION_CENTER;
    return c->is_right ? AZ_CAPTION_RIGHT : AZ_CAPTION_LEFT;
}

static void put_settings(bytes *b, const az_caption_region *r, const cover *c, az_caption_justify side)
{
    int32_t begin = r->line_begin + (int32_t)c->first * r->line_pitch;
    int32_t end = r->line_begin + (int32_t)(c->last + 1) * r->line_pitch;
    int32_t near = AZ_MIN(begin, end), far = AZ_MAX(begin, end);
    if (r->is_vertical)
        put_str(b, r->is_left_to_right ? "vertical:lr " : "vertical:rl ");
    put_str(b, "line:");
    if (r->is_vertical || r->anchor == AZ_CAPTION_UPPER) {
        put_percent(b, near);
    } else if (r->anchor == AZ_CAPTION_MIDDLE) {
        put_percent(b, near / 2 + far / 2);
        put_str(b, ",center");
    } else {
        put_percent(b, far);
        put_str(b, ",end");
    }
    /* text that the window justifies stands in its cells from the first one on */
    bool is_auto = r->justify == AZ_CAPTION_AUTO;
    int32_t size = (int32_t)r->cells * r->cell_pitch;
    put_str(b, " position:");
    if (side == AZ_CAPTION_CENTER) {
        put_percent(b, is_auto ? c->middle : r->cell_begin + size / 2);
        put_str(b, " align:center");
    } else if (side == AZ_CAPTION_RIGHT) {
        put_percent(b, is_auto ? c->right : r->cell_begin + AZ_MAX(size, 0));
        put_str(b, " align:right");
    } else {
        put_percent(b, c->left);
        put_str(b, " align:left");
    }
}

static void put_text(bytes *b, const az_caption_region *r, const cover *c, az_caption_justify side)
{
    for (unsigned line = c->first; line <= c->last; line++) {
        extent e = line_extent(r, line);
        if (line > c->first)
            put_str(b, "\n");
        if (e.begin == e.end) { /* an empty line would end the cue text */
            put_character(b, NO_BREAK_SPACE);
            continue;
        }
        int32_t left, right;
        edges(r, e, &left, &right);
        int32_t pitch = r->cell_pitch < 0 ? -r->cell_pitch : r->cell_pitch;
        if (side == AZ_CAPTION_LEFT)
            for (int32_t i = (left - c->left) / pitch; i > 0; i--)
                put_character(b, NO_BREAK_SPACE);
        put_line(b, r, line, e);
    }
}

/* ---- what was told ---- */

void az_caption_screen_init(az_caption_screen *screen, const az_caption_sink *sink, unsigned channel)
{
    *screen = (az_caption_screen){
        .sink = sink, .channel = channel, .grown_at = AIZU_NO_TIME, .told_at = AIZU_NO_TIME};
}

static void tell(az_caption_screen *screen, const az_caption_open *open, int64_t end)
{
    az_caption caption = {
        .channel = screen->channel,
        .begin = open->begin,
        .end = end,
        .settings = az_span_make(open->bytes, open->settings_size),
        .text = az_span_make(open->bytes + open->settings_size, open->text_size),
    };
    screen->sink->caption(screen->sink->user, &caption);
}

void az_caption_screen_clear(az_caption_screen *screen, int64_t pts)
{
    for (unsigned i = 0; i < screen->open_count; i++) {
        if (pts != AIZU_NO_TIME)
            tell(screen, &screen->open[i], AZ_MAX(pts, screen->open[i].begin));
        free(screen->open[i].bytes);
    }
    az_caption_screen_init(screen, screen->sink, screen->channel);
}

void az_caption_screen_grow(az_caption_screen *screen, int64_t pts)
{
    screen->grown_at = pts;
}

void az_caption_screen_change(az_caption_screen *screen)
{
    screen->is_changed = true;
}

bool az_caption_screen_is_unsettled(const az_caption_screen *screen, int64_t pts)
{
    return screen->grown_at != AIZU_NO_TIME && screen->grown_at < pts;
}

bool az_caption_screen_is_due(const az_caption_screen *screen, int64_t pts)
{
    if (screen->is_changed)
        return true;
    if (screen->grown_at == AIZU_NO_TIME)
        return false;
    return screen->told_at == AIZU_NO_TIME || pts < screen->told_at ||
           az_sub_sat(pts, screen->told_at) >= AZ_CAPTION_GROWTH_INTERVAL;
}

/* The caption of a region; no bytes when it has no text. */
static az_caption_open make(const az_caption_region *region, int64_t pts)
{
    cover c;
    bytes b = {0};
    az_caption_open made = {.begin = pts};
    if (!measure(region, &c))
        return made;
    az_caption_justify side = justify(region, &c);
    put_settings(&b, region, &c, side);
    made.settings_size = b.size;
    put_text(&b, region, &c, side);
    if (b.failed) {
        free(b.data);
        return made;
    }
    made.text_size = b.size - made.settings_size;
    made.bytes = b.data;
    return made;
}

static bool is_same(const az_caption_open *a, const az_caption_open *b)
{
    return a->settings_size == b->settings_size && a->text_size == b->text_size &&
           memcmp(a->bytes, b->bytes, a->settings_size + a->text_size) == 0;
}

/* Keeps of the open ones what is still there (and drops its double), ends the others. */
static void close_gone(az_caption_screen *screen, az_caption_open *made, unsigned count, int64_t pts)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < screen->open_count; i++) {
        az_caption_open open = screen->open[i];
        unsigned k = 0;
        while (k < count && !(made[k].bytes && is_same(&made[k], &open)))
            k++;
        if (k < count) {
            free(made[k].bytes);
            made[k].bytes = NULL;
            screen->open[kept++] = open;
        } else {
            tell(screen, &open, AZ_MAX(pts, open.begin));
            free(open.bytes);
            screen->told_at = pts;
        }
    }
    screen->open_count = kept;
}

void az_caption_screen_show(az_caption_screen *screen, const az_caption_region *regions, unsigned count,
                            int64_t pts)
{
    az_caption_open made[AZ_CAPTION_REGIONS_MAX];
    count = AZ_MIN(count, AZ_CAPTION_REGIONS_MAX);
    for (unsigned i = 0; i < count; i++)
        made[i] = make(&regions[i], pts);
    close_gone(screen, made, count, pts);
    for (unsigned i = 0; i < count; i++) {
        if (!made[i].bytes)
            continue;
        screen->open[screen->open_count++] = made[i];
        tell(screen, &made[i], AIZU_NO_TIME);
        screen->told_at = pts;
    }
    screen->is_changed = false;
    screen->grown_at = AIZU_NO_TIME;
}
