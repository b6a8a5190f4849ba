/*
 * Cue text to runs of equally styled characters (W3C WebVTT, 6.4); see cue/text.h.
 *
 * Well-formed tags that nobody knows and time stamps are left out; a "<" or "&" that begins nothing
 * well-formed is a character. Elements close as the specification says: an end tag that does not match is
 * nothing.
 */
#include "cue/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define DEPTH_MAX    64 /* of elements; tags past it are without effect */
#define SIZE_MIN     10u
#define SIZE_LARGEST 1000u

typedef enum element {
    ELEMENT_NONE,
    ELEMENT_BOLD,
    ELEMENT_ITALIC,
    ELEMENT_UNDERLINE,
    ELEMENT_CLASS,
    ELEMENT_VOICE,
    ELEMENT_LANGUAGE,
    ELEMENT_RUBY,
    ELEMENT_RUBY_TEXT,
} element;

typedef enum token_type {
    TOKEN_TEXT, /* `text` is what it says, or `character` where there is one */
    TOKEN_START,
    TOKEN_END,
    TOKEN_NOTHING,
} token_type;

typedef struct token {
    token_type type;
    az_span text;       /* START: the classes, as in ".red.bg_blue" */
    uint32_t character; /* 0: none */
    element element;
} token;

/* Markup in pieces. */
typedef struct scanner {
    az_span rest;
    const uint8_t *last_close; /* the last ">" of all, NULL: there is none */
} scanner;

/* ---- tokens ---- */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alnum(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static element find_element(az_span name)
{
    static const struct {
        const char *name;
        element element;
    } names[] = {
        {"b", ELEMENT_BOLD},  {"i", ELEMENT_ITALIC},      {"u", ELEMENT_UNDERLINE}, {"c", ELEMENT_CLASS},
        {"v", ELEMENT_VOICE}, {"lang", ELEMENT_LANGUAGE}, {"ruby", ELEMENT_RUBY},   {"rt", ELEMENT_RUBY_TEXT},
    };
    for (size_t i = 0; i < AZ_COUNT(names); i++) {
        if (az_span_equal_str(name, names[i].name))
            return names[i].element;
    }
    return ELEMENT_NONE;
}

/* A tag, what stands between "<" and ">", that begins with a letter. */
static void parse_tag(az_span tag, bool is_end, token *out)
{
    size_t name = 0, classes;
    while (name < tag.size && is_alnum(tag.data[name]))
        name++;
    for (classes = name; classes < tag.size && tag.data[classes] > ' '; classes++)
        ;
    out->type = TOKEN_NOTHING;
    out->element = find_element(az_span_sub(tag, 0, name));
    out->text = az_span_sub(tag, name, classes - name);
    if (out->element != ELEMENT_NONE && (out->text.size == 0 || out->text.data[0] == '.'))
        out->type = is_end ? TOKEN_END : TOKEN_START;
}

static uint32_t parse_number(az_span digits)
{
    uint32_t value = 0, base = 10;
    size_t i = 0;
    if (digits.size > 0 && (digits.data[0] | 0x20) == 'x') {
        base = 16;
        i++;
    }
    if (i == digits.size)
        return 0;
    for (; i < digits.size; i++) {
        uint8_t byte = digits.data[i], lower = byte | 0x20;
        uint32_t digit = is_digit(byte) ? (uint32_t)(byte - '0') : UINT32_MAX;
        if (base == 16 && lower >= 'a' && lower <= 'f')
            digit = lower - 'a' + 10u;
        if (digit == UINT32_MAX)
            return 0;
        value = AZ_MIN(value * base + digit, UINT32_C(0x110000)); /* past Unicode it stays */
    }
    return value == 0 || (value < ' ' && value != '\n' && value != '\t') ? AZ_UTF8_REPLACEMENT : value;
}

/* What stands between "&" and ";". 0: nothing known. */
static uint32_t parse_escape(az_span name)
{
    static const struct {
        const char *name;
        uint32_t character;
    } names[] = {
        {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
        {"nbsp", 0xA0},    {"lrm", 0x200E},   {"rlm", 0x200F},   {"shy", 0xAD},     {"hellip", 0x2026},
        {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C},
        {"rdquo", 0x201D}, {"copy", 0xA9},    {"laquo", 0xAB},   {"raquo", 0xBB},   {"iexcl", 0xA1},
    };
    if (name.size > 0 && name.data[0] == '#')
        return parse_number(az_span_sub(name, 1, name.size));
    for (size_t i = 0; i < AZ_COUNT(names); i++) {
        if (az_span_equal_str(name, names[i].name))
            return names[i].character;
    }
    return 0;
}

static size_t take_escape(az_span rest, token *out)
{
    size_t end = 1;
    while (end < AZ_MIN(rest.size, 16) && (is_alnum(rest.data[end]) || rest.data[end] == '#'))
        end++;
    if (end == rest.size || rest.data[end] != ';')
        return 0;
    out->character = parse_escape(az_span_sub(rest, 1, end - 1));
    return out->character ? end + 1 : 0;
}

/* Looks for a ">" only where it is certain that there is one, and then takes all before it: linear. */
static size_t take_tag(const scanner *scan, token *out)
{
    az_span rest = scan->rest;
    size_t begin = 1, end;
    if (rest.data + 1 > scan->last_close)
        return 0;
    bool is_end = rest.data[begin] == '/';
    begin += is_end;
    for (end = begin; is_digit(rest.data[end]) || rest.data[end] == ':' || rest.data[end] == '.'; end++)
        ;                        /* the last ">" ends this */
    if (rest.data[end] == '>') { /* a time stamp, or "<>" */
        out->type = TOKEN_NOTHING;
        return end + 1;
    }
    if (end > begin || !is_alnum(rest.data[begin]))
        return 0;
    const uint8_t *close = memchr(rest.data, '>', rest.size);
    end = (size_t)(close - rest.data);
    parse_tag(az_span_sub(rest, begin, end - begin), is_end, out);
    return end + 1;
}

static void begin_scan(scanner *scan, az_span markup)
{
    size_t at = markup.size;
    while (at > 0 && markup.data[at - 1] != '>')
        at--;
    *scan = (scanner){.rest = markup, .last_close = at > 0 ? markup.data + at - 1 : NULL};
}

/* Takes the next token off the front; false at the end. */
static bool take_token(scanner *scan, token *out)
{
    az_span rest = scan->rest;
    size_t size = 0;
    if (rest.size == 0)
        return false;
    *out = (token){.type = TOKEN_TEXT};
    if (rest.data[0] == '&')
        size = take_escape(rest, out);
    else if (rest.data[0] == '<' && scan->last_close)
        size = take_tag(scan, out);
    if (size == 0) {
        for (size = 1; size < rest.size && rest.data[size] != '<' && rest.data[size] != '&'; size++)
            ;
        out->text = az_span_sub(rest, 0, size);
    }
    scan->rest = az_span_sub(rest, size, rest.size);
    return true;
}

/* ---- styles ---- */

typedef struct style {
    unsigned style; /* az_text_style */
    uint32_t foreground, background;
    unsigned size_percent;
} style;

static bool parse_color(az_span name, uint32_t *color)
{
    static const struct {
        const char *name;
        uint32_t color;
    } names[] = {
        {"white", 0xFFFFFFFF},  {"lime", 0x00FF00FF},    {"cyan", 0x00FFFFFF}, {"red", 0xFF0000FF},
        {"yellow", 0xFFFF00FF}, {"magenta", 0xFF00FFFF}, {"blue", 0x0000FFFF}, {"black", 0x000000FF},
    };
    for (size_t i = 0; i < AZ_COUNT(names); i++) {
        if (az_span_equal_str(name, names[i].name)) {
            *color = names[i].color;
            return true;
        }
    }
    return false;
}

bool az_text_color_parse(az_span digits, uint32_t *color)
{
    uint32_t value = 0;
    if (digits.size != 6 && digits.size != 8)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        uint8_t byte = digits.data[i], lower = byte | 0x20;
        if (byte >= '0' && byte <= '9')
            value = value << 4 | (uint32_t)(byte - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value << 4 | (uint32_t)(lower - 'a' + 10);
        else
            return false;
    }
    *color = digits.size == 6 ? value << 8 | 0xFF : value;
    return true;
}

static void set_color(uint32_t *to, uint32_t color)
{
    *to = color == AZ_TEXT_NO_COLOR ? AZ_TEXT_WHITE : color;
}

static void apply_class(style *s, az_span name)
{
    uint32_t color;
    az_span value = az_span_sub(name, 3, name.size);
    if (parse_color(name, &color)) {
        set_color(&s->foreground, color);
    } else if (az_span_starts_with(name, "bg_")) {
        if (parse_color(value, &color) || az_text_color_parse(value, &color))
            set_color(&s->background, color);
    } else if (az_span_starts_with(name, "fg_")) {
        if (az_text_color_parse(value, &color))
            set_color(&s->foreground, color);
    } else if (az_span_starts_with(name, "size_") && name.size > 5 && name.size <= 9) {
        unsigned percent = 0;
        for (size_t i = 5; i < name.size; i++) {
            if (name.data[i] < '0' || name.data[i] > '9')
                return;
            percent = percent * 10 + (unsigned)(name.data[i] - '0');
        }
        s->size_percent = AZ_MIN(AZ_MAX(percent, SIZE_MIN), SIZE_LARGEST);
    }
}

static void apply_classes(style *s, az_span classes)
{
    while (classes.size > 0) {
        classes = az_span_sub(classes, 1, classes.size); /* the dot */
        size_t size = 0;
        while (size < classes.size && classes.data[size] != '.')
            size++;
        apply_class(s, az_span_sub(classes, 0, size));
        classes = az_span_sub(classes, size, classes.size);
    }
}

/* ---- runs ---- */

typedef struct builder {
    az_text_run *runs;
    size_t count, capacity;
    char *text; /* of the run in hand */
    size_t size, text_capacity;
    style style;   /* likewise */
    bool is_split; /* what follows is another run, styled equally or not */
    struct {
        element element;
        style style;
    } open[DEPTH_MAX];
    size_t depth;
} builder;

static style current_style(const builder *b)
{
    return b->depth > 0 ? b->open[b->depth - 1].style : (style){0, AZ_TEXT_NO_COLOR, AZ_TEXT_NO_COLOR, 100};
}

static bool finish_run(builder *b)
{
    if (b->size == 0)
        return true;
    if (b->count == b->capacity) {
        size_t capacity = b->capacity ? 2 * b->capacity : 4;
        az_text_run *runs = realloc(b->runs, capacity * sizeof(*runs));
        if (!runs)
            return false;
        b->runs = runs;
        b->capacity = capacity;
    }
    char *text = malloc(b->size + 1);
    if (!text)
        return false;
    memcpy(text, b->text, b->size);
    text[b->size] = 0;
    b->runs[b->count++] = (az_text_run){
        .style = b->style.style,
        .foreground = b->style.foreground,
        .background = b->style.background,
        .size_percent = b->style.size_percent,
        .text = text,
    };
    b->size = 0;
    return true;
}

static bool add_text(builder *b, az_span text)
{
    style now = current_style(b);
    bool is_same = !b->is_split && now.style == b->style.style && now.foreground == b->style.foreground &&
                   now.background == b->style.background && now.size_percent == b->style.size_percent;
    if (!is_same && !finish_run(b))
        return false;
    b->style = now;
    b->is_split = false;
    if (b->count == AZ_TEXT_RUNS_MAX)
        return true;
    size_t size = az_utf8_clean(NULL, 0, text), wanted;
    if (!az_add_size(b->size, size, &wanted))
        return false;
    if (wanted > b->text_capacity) {
        size_t capacity = AZ_MAX(wanted, 64);
        if (capacity < 2 * b->text_capacity)
            capacity = 2 * b->text_capacity;
        char *grown = realloc(b->text, capacity);
        if (!grown)
            return false;
        b->text = grown;
        b->text_capacity = capacity;
    }
    az_utf8_clean((uint8_t *)b->text + b->size, size, text);
    b->size += size;
    return true;
}

static void open_element(builder *b, const token *t)
{
    style s = current_style(b);
    bool is_in_ruby = b->depth > 0 && b->open[b->depth - 1].element == ELEMENT_RUBY;
    if (b->depth == DEPTH_MAX || (t->element == ELEMENT_RUBY_TEXT && !is_in_ruby))
        return;
    if (t->element == ELEMENT_BOLD)
        s.style |= AZ_TEXT_BOLD;
    else if (t->element == ELEMENT_ITALIC)
        s.style |= AZ_TEXT_ITALIC;
    else if (t->element == ELEMENT_UNDERLINE)
        s.style |= AZ_TEXT_UNDERLINE;
    else if (t->element == ELEMENT_RUBY_TEXT)
        s.style |= AZ_TEXT_RUBY;
    apply_classes(&s, t->text);
    b->open[b->depth].element = t->element;
    b->open[b->depth++].style = s;
    b->is_split = b->is_split || t->element == ELEMENT_RUBY || t->element == ELEMENT_RUBY_TEXT;
}

static void close_element(builder *b, element wanted)
{
    if (b->depth == 0)
        return;
    element top = b->open[b->depth - 1].element;
    bool closes_both = wanted == ELEMENT_RUBY && top == ELEMENT_RUBY_TEXT; /* </rt> may be left out */
    if (top == wanted || closes_both)
        b->depth -= closes_both ? 2 : 1;
    else
        return;
    b->is_split = b->is_split || top == ELEMENT_RUBY || top == ELEMENT_RUBY_TEXT;
}

static bool add_token(builder *b, const token *t)
{
    uint8_t bytes[4];
    switch (t->type) {
    case TOKEN_TEXT:
        if (t->character)
            return add_text(b, az_span_make(bytes, az_utf8_put(bytes, t->character)));
        return add_text(b, t->text);
    case TOKEN_START:
        open_element(b, t);
        break;
    case TOKEN_END:
        close_element(b, t->element);
        break;
    case TOKEN_NOTHING:
        break;
    }
    return true;
}

aizu_result az_text_parse(az_text_run **runs, size_t *count, az_span markup)
{
    builder b = {.style = {0, AZ_TEXT_NO_COLOR, AZ_TEXT_NO_COLOR, 100}};
    scanner scan;
    token t;
    bool is_good = true;
    begin_scan(&scan, markup);
    while (is_good && b.count < AZ_TEXT_RUNS_MAX && take_token(&scan, &t))
        is_good = add_token(&b, &t);
    if (is_good && b.count < AZ_TEXT_RUNS_MAX)
        is_good = finish_run(&b);
    free(b.text);
    *runs = b.runs;
    *count = b.count;
    if (is_good)
        return AIZU_OK;
    az_text_runs_destroy(runs, b.count);
    *count = 0;
    return AIZU_E_MEMORY;
}

void az_text_runs_destroy(az_text_run **runs, size_t count)
{
    if (!*runs)
        return;
    for (size_t i = 0; i < count; i++)
        free((*runs)[i].text);
    free(*runs);
    *runs = NULL;
}

size_t az_text_plain(char *out, size_t out_size, az_span markup)
{
    size_t needed = 0;
    scanner scan;
    token t;
    begin_scan(&scan, markup);
    if (out_size > 0)
        memset(out, 0, out_size); /* wherever it is cut, a NUL follows */
    while (take_token(&scan, &t)) {
        uint8_t bytes[4];
        if (t.type != TOKEN_TEXT)
            continue;
        az_span text = t.character ? az_span_make(bytes, az_utf8_put(bytes, t.character)) : t.text;
        size_t room = out_size > needed ? out_size - needed - 1 : 0;
        needed += az_utf8_clean(room > 0 ? (uint8_t *)out + needed : NULL, room, text);
    }
    return needed;
}
