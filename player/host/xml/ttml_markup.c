/*
 * Paragraphs to cue text; see host/xml/ttml_markup.h. Styles become classes, text is escaped, white space is
 * collapsed as XSL says (TTML2, 10.2.41) unless xml:space keeps it.
 */
#include "host/xml/ttml_markup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_COLOR     UINT64_MAX /* a colour is a number of 32 bits */
#define NORMAL_SIZE  (1.0 / 15) /* of the root's height: a cell of the default grid */
#define SIZE_CLOSE   2          /* percent from normal that nobody sees */
#define LANGUAGE_MAX 35         /* RFC 5646, 4.4.1 */

#define BYTES_OF_WORK 32 /* of text that count as much as a node */

/* ---- styles at a moment ---- */

bool az_ttml_is_active(const az_ttml_node *node, int64_t time)
{
    return node->begin_ns <= time && time < node->end_ns;
}

static void lay_node(az_ttml_style *style, const az_ttml_node *node, size_t *work)
{
    for (const az_ttml_ref *ref = node->refs; ref; ref = ref->next, ++*work)
        az_ttml_style_lay(style, ref->style);
    if (node->nested)
        az_ttml_style_lay(style, node->nested);
    for (const az_ttml_pair *pair = node->pairs; pair; pair = pair->next, ++*work)
        az_ttml_style_set(style, pair->property, &pair->value);
}

/* What the element and the active ones of its <set> say. */
static az_ttml_style specified(const az_ttml_doc *doc, uint32_t index, int64_t time, size_t *work)
{
    const az_ttml_node *nodes = doc->nodes;
    az_ttml_style style = {0};
    lay_node(&style, &nodes[index], work);
    for (uint32_t i = index + 1; i < nodes[index].end; i = nodes[i].end) {
        bool is_text = nodes[i].kind == TTML_NODE_TEXT;
        ++*work;
        if (nodes[i].kind == TTML_NODE_SET && az_ttml_is_active(&nodes[i], time))
            lay_node(&style, &nodes[i], work);
        else if (nodes[i].kind != TTML_NODE_SET && !is_text)
            break;
    }
    return style;
}

static void inherit(az_ttml_look *look, const az_ttml_look *parent)
{
    look->style.given = parent->style.given & ((UINT32_C(1) << TTML_INHERITED) - 1);
    for (size_t i = 0; i < TTML_INHERITED; i++)
        look->style.values[i] = parent->style.values[i];
    look->font_height = parent->font_height;
    look->opacity = parent->opacity;
    look->has_background = parent->has_background;
    look->background = parent->background;
}

static void lay_look(az_ttml_look *look, const az_ttml_doc *doc, const az_ttml_style *style, bool is_content)
{
    az_ttml_style_lay(&look->style, style);
    if (az_ttml_style_has(style, TTML_FONT_SIZE)) {
        az_ttml_length size = style->values[TTML_FONT_SIZE].y;
        look->font_height =
            az_ttml_length_share(&doc->root, size, false, look->font_height, look->font_height);
    }
    if (az_ttml_style_has(style, TTML_OPACITY))
        look->opacity *= style->values[TTML_OPACITY].number / 1000.0;
    if (az_ttml_style_has(style, TTML_BACKGROUND)) {
        uint32_t color = style->values[TTML_BACKGROUND].number;
        if ((color & 0xFF) > 0)
            look->background = color;
        look->has_background = look->has_background || (color & 0xFF) > 0 || is_content;
    }
}

void az_ttml_look_of(az_ttml_look *look, const az_ttml_doc *doc, uint32_t index, const az_ttml_look *parent,
                     int64_t time, size_t *work)
{
    *look = (az_ttml_look){.font_height = 1 / doc->root.lines, .opacity = 1};
    if (parent)
        inherit(look, parent);
    else
        lay_look(look, doc, &doc->initial, false);
    if (index == TTML_NONE)
        return;
    az_ttml_style style = specified(doc, index, time, work);
    lay_look(look, doc, &style, doc->nodes[index].kind != TTML_NODE_REGION);
}

static bool is_on(const az_ttml_look *look, az_ttml_property property)
{
    return az_ttml_style_has(&look->style, property) && look->style.values[property].number != 0;
}

/* ---- cue text ---- */

/* The part of a look that markup can say. */
typedef struct tags {
    bool is_bold, is_italic, is_underlined;
    uint64_t foreground, background; /* NO_COLOR: the default */
    unsigned size_percent;
    const char *lang;
} tags;

typedef struct open_node {
    uint32_t end;
    uint32_t ruby;
    const char *close; /* what ends it, NULL nothing */
    az_ttml_look look;
} open_node;

/* A paragraph being written. */
typedef struct paragraph {
    az_ttml_writer *writer;
    bool has_text;
    bool is_open; /* `tags` are open */
    tags tags;
    bool has_space;        /* white space that shows if text of the same line follows, ... */
    bool is_space_of_open; /* ... as part of what is open */
    bool is_at_start;
    bool is_ruby_text;
} paragraph;

void az_ttml_writer_deinit(az_ttml_writer *writer)
{
    free(writer->data);
    *writer = (az_ttml_writer){0};
}

static void put(az_ttml_writer *w, const char *text, size_t size)
{
    if (w->has_failed || size == 0)
        return;
    if (w->size + size > w->capacity) {
        size_t capacity = AZ_MAX(w->size + size, AZ_MAX(2 * w->capacity, 256));
        char *data = realloc(w->data, capacity);
        if (!data) {
            w->has_failed = true;
            return;
        }
        w->data = data;
        w->capacity = capacity;
    }
    memcpy(w->data + w->size, text, size);
    w->size += size;
    w->is_full = w->is_full || w->size > AZ_TTML_TEXT_MAX;
}

static void put_text(az_ttml_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static bool is_same(const tags *a, const tags *b)
{
    return a->is_bold == b->is_bold && a->is_italic == b->is_italic && a->is_underlined == b->is_underlined &&
           a->foreground == b->foreground && a->background == b->background &&
           a->size_percent == b->size_percent && !strcmp(a->lang, b->lang);
}

static bool has_class(const tags *t)
{
    return t->foreground != NO_COLOR || t->background != NO_COLOR || t->size_percent != 100;
}

static void put_color(az_ttml_writer *w, uint64_t color, bool is_background)
{
    static const struct {
        uint32_t color;
        const char *name;
    } names[] = {
        {0xFFFFFFFF, "white"},  {0x00FF00FF, "lime"},    {0x00FFFFFF, "cyan"}, {0xFF0000FF, "red"},
        {0xFFFF00FF, "yellow"}, {0xFF00FFFF, "magenta"}, {0x0000FFFF, "blue"}, {0x000000FF, "black"},
    };
    char digits[24];
    if (color == NO_COLOR)
        return;
    for (size_t i = 0; i < AZ_COUNT(names); i++) {
        if (color == names[i].color) {
            put_text(w, is_background ? ".bg_" : ".");
            put_text(w, names[i].name);
            return;
        }
    }
    uint32_t value = (uint32_t)color;
    if ((value & 0xFF) == 0xFF)
        snprintf(digits, sizeof(digits), ".%s_%06X", is_background ? "bg" : "fg", (unsigned)(value >> 8));
    else
        snprintf(digits, sizeof(digits), ".%s_%08X", is_background ? "bg" : "fg", (unsigned)value);
    put_text(w, digits);
}

static void close_tags(paragraph *p)
{
    if (!p->is_open)
        return;
    p->is_open = false;
    put_text(p->writer, p->tags.is_underlined ? "</u>" : "");
    put_text(p->writer, p->tags.is_italic ? "</i>" : "");
    put_text(p->writer, p->tags.is_bold ? "</b>" : "");
    put_text(p->writer, has_class(&p->tags) ? "</c>" : "");
    put_text(p->writer, p->tags.lang[0] ? "</lang>" : "");
}

static void open_tags(paragraph *p, const tags *t)
{
    az_ttml_writer *w = p->writer;
    if (p->is_open && is_same(&p->tags, t))
        return;
    close_tags(p);
    p->is_open = true;
    p->tags = *t;
    if (t->lang[0]) {
        put_text(w, "<lang ");
        put_text(w, t->lang);
        put_text(w, ">");
    }
    if (has_class(t)) {
        char size[24];
        put_text(w, "<c");
        put_color(w, t->foreground, false);
        put_color(w, t->background, true);
        snprintf(size, sizeof(size), ".size_%u", t->size_percent);
        put_text(w, t->size_percent != 100 ? size : "");
        put_text(w, ">");
    }
    put_text(w, t->is_bold ? "<b>" : "");
    put_text(w, t->is_italic ? "<i>" : "");
    put_text(w, t->is_underlined ? "<u>" : "");
}

static uint32_t with_opacity(uint32_t color, double opacity)
{
    return (color & 0xFFFFFF00) | (uint32_t)((color & 0xFF) * opacity + 0.5);
}

static const char *usable_language(const char *lang)
{
    size_t size = strlen(lang);
    for (size_t i = 0; i < size; i++) {
        bool is_letter = (lang[i] | 0x20) >= 'a' && (lang[i] | 0x20) <= 'z';
        if (!is_letter && !(lang[i] >= '0' && lang[i] <= '9') && lang[i] != '-')
            return "";
    }
    return size <= LANGUAGE_MAX ? lang : "";
}

static tags tags_of(const paragraph *p, const az_ttml_look *look, const az_ttml_node *node)
{
    tags t = {
        .is_bold = is_on(look, TTML_FONT_WEIGHT),
        .is_italic = is_on(look, TTML_FONT_STYLE),
        .is_underlined = is_on(look, TTML_DECORATION),
        .foreground = NO_COLOR,
        .background = NO_COLOR,
        .size_percent = 100,
        .lang = usable_language(node->lang),
    };
    uint32_t color =
        az_ttml_style_has(&look->style, TTML_COLOR) ? look->style.values[TTML_COLOR].number : UINT32_MAX;
    color = with_opacity(color, look->opacity);
    if (color != UINT32_MAX)
        t.foreground = color;
    if (look->has_background)
        t.background = with_opacity(look->background, look->opacity);
    double percent = look->font_height / NORMAL_SIZE * 100;
    unsigned rounded = (unsigned)AZ_MIN(AZ_MAX(percent, 10.0) + 0.5, 1000.0);
    if (!p->is_ruby_text && (rounded > 100 + SIZE_CLOSE || rounded < 100 - SIZE_CLOSE))
        t.size_percent = rounded;
    return t;
}

static void put_character(paragraph *p, char c)
{
    if (c == '&')
        put_text(p->writer, "&amp;");
    else if (c == '<')
        put_text(p->writer, "&lt;");
    else if (c == '>')
        put_text(p->writer, "&gt;");
    else
        put(p->writer, &c, 1);
    p->has_text = true;
}

static void put_space(paragraph *p)
{
    if (p->has_space && !p->is_at_start)
        put_text(p->writer, " ");
    p->has_space = p->is_space_of_open = false;
}

static void write_text(paragraph *p, const az_ttml_look *look, const az_ttml_node *node)
{
    tags t = tags_of(p, look, node);
    bool is_hidden = is_on(look, TTML_VISIBILITY) || (t.foreground != NO_COLOR && (t.foreground & 0xFF) == 0);
    if (is_hidden)
        return;
    const char *c = node->text;
    for (; *c && !p->writer->is_full; c++) {
        bool is_space = *c == ' ' || *c == '\t' || *c == '\n' || *c == '\r';
        if (is_space && !node->keeps_space) {
            p->is_space_of_open = p->is_space_of_open || (p->is_open && is_same(&p->tags, &t));
            p->has_space = true;
            continue;
        }
        if (p->is_space_of_open)
            put_space(p);
        open_tags(p, &t);
        put_space(p);
        put_character(p, *c);
        p->is_at_start = *c == '\n';
    }
    p->writer->work += (size_t)(c - node->text) / BYTES_OF_WORK;
}

static void write_break(paragraph *p)
{
    put_text(p->writer, "\n");
    p->is_at_start = true;
    p->has_space = p->is_space_of_open = false;
}

/* ---- ruby ---- */

/* Group ruby: bases one after the other, then the texts over all of them. */
static void enter_ruby(paragraph *p, open_node *open, uint32_t outer)
{
    bool is_text =
        open->ruby == TTML_RUBY_TEXTS || (open->ruby == TTML_RUBY_TEXT && outer != TTML_RUBY_TEXTS);
    if (open->ruby == TTML_RUBY_CONTAINER) {
        put_space(p);
        close_tags(p);
        put_text(p->writer, "<ruby>");
        open->close = "</ruby>";
    } else if (is_text) {
        close_tags(p);
        put_text(p->writer, "<rt>");
        open->close = "</rt>";
        p->is_ruby_text = true;
    }
    if (open->ruby != TTML_NO_RUBY) { /* white space at the edges of its parts is layout of the XML */
        p->has_space = p->is_space_of_open = false;
        p->is_at_start = p->is_at_start || open->ruby != TTML_RUBY_CONTAINER;
    }
}

static void leave(paragraph *p, const open_node *open)
{
    if (open->ruby != TTML_NO_RUBY) {
        p->has_space = p->is_space_of_open = false;
        p->is_at_start = false;
    }
    if (!open->close)
        return;
    close_tags(p);
    put_text(p->writer, open->close);
    p->is_ruby_text = false;
}

/* Beside the parts of a ruby white space is layout of the XML; more should not be there, but is shown. */
static bool takes_text(uint32_t ruby, const char *text)
{
    bool is_beside = ruby == TTML_RUBY_CONTAINER || ruby == TTML_RUBY_BASES || ruby == TTML_RUBY_TEXTS;
    return !is_beside || text[strspn(text, " \t\r\n")] != 0;
}

/* ---- paragraphs ---- */

/* How the paragraph looks below all that it stands in. False: something of that is not displayed. */
static bool look_of_paragraph(const az_ttml_doc *doc, uint32_t node, const az_ttml_look *region, int64_t time,
                              az_ttml_look *look, size_t *work)
{
    uint32_t chain[AZ_TTML_DEPTH_MAX];
    size_t count = 0;
    for (uint32_t at = node; at != TTML_NONE && count < AZ_COUNT(chain); at = doc->nodes[at].parent)
        chain[count++] = at;
    *look = *region;
    while (count > 0) {
        az_ttml_look inner;
        az_ttml_look_of(&inner, doc, chain[--count], look, time, work);
        *look = inner;
        if (is_on(look, TTML_DISPLAY))
            return false;
    }
    return true;
}

/* The nodes of a paragraph, with a stack of those that are open; the paragraph itself is the lowest. */
static void write_nodes(paragraph *p, const az_ttml_doc *doc, const az_ttml_piece *piece, int64_t time,
                        open_node *stack)
{
    const az_ttml_node *nodes = doc->nodes;
    size_t depth = 1;
    for (uint32_t i = piece->node + 1; i < nodes[piece->node].end && !p->writer->is_full;) {
        const az_ttml_node *node = &nodes[i];
        uint32_t next = node->end;
        p->writer->work++;
        while (depth > 1 && i >= stack[depth - 1].end)
            leave(p, &stack[--depth]);
        const open_node *outer = &stack[depth - 1];
        bool is_here = az_ttml_is_active(node, time);
        if (is_here && node->kind == TTML_NODE_TEXT && node->region == piece->region) {
            if (takes_text(outer->ruby, node->text))
                write_text(p, &outer->look, node);
        } else if (is_here && node->kind == TTML_NODE_BREAK && node->region == piece->region) {
            write_break(p);
        } else if (is_here && node->kind == TTML_NODE_SPAN && depth < AZ_TTML_DEPTH_MAX) {
            open_node *open = &stack[depth];
            *open = (open_node){.end = node->end};
            az_ttml_look_of(&open->look, doc, i, &outer->look, time, &p->writer->work);
            if (az_ttml_style_has(&open->look.style, TTML_RUBY))
                open->ruby = open->look.style.values[TTML_RUBY].number;
            if (!is_on(&open->look, TTML_DISPLAY) && open->ruby != TTML_RUBY_DELIMITER) {
                enter_ruby(p, open, outer->ruby);
                depth++;
                next = i + 1;
            }
        }
        i = next;
    }
    while (depth > 1)
        leave(p, &stack[--depth]);
    close_tags(p);
}

void az_ttml_write(az_ttml_writer *writer, const az_ttml_doc *doc, const az_ttml_piece *piece,
                   const az_ttml_look *region, int64_t time, az_ttml_look *look)
{
    open_node stack[AZ_TTML_DEPTH_MAX];
    paragraph p = {.writer = writer, .is_at_start = true};
    size_t before = writer->size;
    stack[0] = (open_node){.end = doc->nodes[piece->node].end};
    if (!look_of_paragraph(doc, piece->node, region, time, look, &writer->work))
        return;
    stack[0].look = *look;
    if (before > 0)
        put_text(writer, "\n");
    write_nodes(&p, doc, piece, time, stack);
    if (!p.has_text)
        writer->size = before;
}
