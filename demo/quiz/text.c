/*
 * Fonts, line breaking (a small part of Unicode's UAX 14: spaces, ideographs, and the marks that Japanese
 * keeps off the start or end of a line), and textures of runs. A run is a piece of a line in one font.
 */
#include "text.h"

#include <SDL_ttf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define FONTS_MAX 24   /* open at a time: a face at a size */
#define RUNS_MAX  160  /* textures kept; a card needs about 40 */
#define WORDS_MAX 1024 /* bytes to wrap; the rest is left out */
#define FACES_MAX 3    /* the one asked for, Latin, Japanese */

struct font {
    TTF_Font *font;
    int face;
    struct quiz_style style;
    uint64_t used;
};

struct run {
    SDL_Texture *texture;
    char *text;
    int face;
    struct quiz_style style;
    int width, height;
    uint64_t used;
};

struct quiz_text {
    SDL_Renderer *renderer;
    const char *faces[FACES_MAX][2]; /* regular and bold files; the second may be NULL */
    char *own_path;
    int face_count;
    struct font fonts[FONTS_MAX];
    struct run runs[RUNS_MAX];
    uint64_t clock; /* counts uses, so that the least recent goes first */
};

static bool is_readable(const char *path)
{
    SDL_RWops *file = SDL_RWFromFile(path, "rb");
    if (file)
        SDL_RWclose(file);
    return file != NULL;
}

static void add_face(struct quiz_text *text, const char *const (*candidates)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_readable(candidates[i][0]))
            continue;
        const char *bold = candidates[i][1];
        text->faces[text->face_count][0] = candidates[i][0];
        text->faces[text->face_count][1] = bold && is_readable(bold) ? bold : NULL;
        text->face_count++;
        return;
    }
}

static void add_system_faces(struct quiz_text *text)
{
    static const char *const latin[][2] = {
        {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
         "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"},
        {"/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
         "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"},
        {"/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
         "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf"},
        {"/usr/share/fonts/TTF/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf"},
    };
    static const char *const japanese[][2] = {
        {"/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf", NULL},
        {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
         "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"},
        {"/usr/share/fonts/truetype/fonts-japanese-gothic.ttf", NULL},
    };
    add_face(text, latin, sizeof(latin) / sizeof(latin[0]));
    add_face(text, japanese, sizeof(japanese) / sizeof(japanese[0]));
}

struct quiz_text *quiz_text_create(SDL_Renderer *renderer, const char *font_path)
{
    struct quiz_text *text = calloc(1, sizeof(*text));
    if (!text)
        return NULL;
    text->renderer = renderer;
    if (font_path) {
        text->own_path = SDL_strdup(font_path);
        const char *const own[][2] = {{text->own_path, NULL}};
        if (text->own_path)
            add_face(text, own, 1);
        if (text->face_count == 0) {
            quiz_text_destroy(&text);
            return NULL;
        }
    }
    add_system_faces(text);
    if (text->face_count == 0) {
        SDL_SetError("no font found: install fonts-dejavu-core or give a font file");
        quiz_text_destroy(&text);
    }
    return text;
}

static void drop_run(struct run *run)
{
    if (run->texture) /* SDL_DestroyTexture(NULL) would overwrite the error to be shown */
        SDL_DestroyTexture(run->texture);
    SDL_free(run->text);
    *run = (struct run){0};
}

void quiz_text_destroy(struct quiz_text **text)
{
    if (!text || !*text)
        return;
    for (int i = 0; i < RUNS_MAX; i++) {
        drop_run(&(*text)->runs[i]);
    }
    for (int i = 0; i < FONTS_MAX; i++)
        if ((*text)->fonts[i].font)
            TTF_CloseFont((*text)->fonts[i].font);
    SDL_free((*text)->own_path);
    free(*text);
    *text = NULL;
}

static bool is_same_style(struct quiz_style a, struct quiz_style b)
{
    return a.pixels == b.pixels && a.is_bold == b.is_bold;
}

static TTF_Font *find_font(struct quiz_text *text, int face, struct quiz_style style)
{
    struct font *oldest = &text->fonts[0];
    for (int i = 0; i < FONTS_MAX; i++) {
        struct font *font = &text->fonts[i];
        if (font->font && font->face == face && is_same_style(font->style, style)) {
            font->used = ++text->clock;
            return font->font;
        }
        if (font->used < oldest->used)
            oldest = font;
    }
    const char *bold_path = text->faces[face][1];
    const char *path = style.is_bold && bold_path ? bold_path : text->faces[face][0];
    TTF_Font *opened = TTF_OpenFont(path, style.pixels);
    if (!opened)
        return NULL;
    TTF_SetFontHinting(opened, TTF_HINTING_LIGHT);
    if (oldest->font)
        TTF_CloseFont(oldest->font);
    *oldest = (struct font){opened, face, style, ++text->clock};
    return opened;
}

static bool has_glyph(struct quiz_text *text, int face, struct quiz_style style, uint32_t code)
{
    TTF_Font *font = find_font(text, face, style);
    return font && TTF_GlyphIsProvided32(font, code);
}

/* The face of a whole line: the first, or the Japanese one where the first cannot write it all, so that Latin
 * letters among kana match them. */
static int main_face(struct quiz_text *text, struct quiz_style style, const char *line, size_t size)
{
    for (size_t pos = 0; pos < size;) {
        uint32_t code = quiz_utf8_next(line, size, &pos);
        for (int face = 0; face < text->face_count; face++) {
            if (!has_glyph(text, face, style, code))
                continue;
            if (face > 0 && code >= 0x2E80) /* ideographs, kana, hangul: not a lone symbol */
                return face;
            break;
        }
    }
    return 0;
}

/* -1: no font has it. */
static int face_of(struct quiz_text *text, struct quiz_style style, uint32_t code, int preferred)
{
    if (has_glyph(text, preferred, style, code))
        return preferred;
    for (int face = 0; face < text->face_count; face++)
        if (has_glyph(text, face, style, code))
            return face;
    return -1;
}

static int advance_of(struct quiz_text *text, struct quiz_style style, uint32_t code, int preferred)
{
    int face = face_of(text, style, code, preferred);
    TTF_Font *font = face >= 0 ? find_font(text, face, style) : NULL;
    int advance = 0;
    if (font)
        TTF_GlyphMetrics32(font, code, NULL, NULL, NULL, NULL, &advance);
    return advance;
}

int quiz_text_line_height(struct quiz_text *text, struct quiz_style style)
{
    (void)text;
    return style.pixels * 13 / 10;
}

int quiz_text_width(struct quiz_text *text, struct quiz_style style, const char *line)
{
    size_t size = strlen(line);
    int face = main_face(text, style, line, size);
    int width = 0;
    for (size_t pos = 0; pos < size;)
        width += advance_of(text, style, quiz_utf8_next(line, size, &pos), face);
    return width;
}

/* Scripts that break between any two characters. */
static bool is_ideographic(uint32_t code)
{
    return (code >= 0x2E80 && code <= 0xA4CF) || (code >= 0xAC00 && code <= 0xD7A3) ||
           (code >= 0xF900 && code <= 0xFAFF) || (code >= 0xFF00 && code <= 0xFFEF) ||
           (code >= 0x20000 && code <= 0x3FFFF);
}

static bool is_one_of(uint32_t code, const char *set)
{
    size_t size = strlen(set);
    for (size_t pos = 0; pos < size;)
        if (quiz_utf8_next(set, size, &pos) == code)
            return true;
    return false;
}

static bool starts_no_line(uint32_t code)
{
    return is_one_of(
        code, ")]},.!?:;%"
              "、。，．・：；？！ー々゛゜」』）］｝】〉》〕…‥ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ");
}

static bool ends_no_line(uint32_t code)
{
    return is_one_of(code, "([{「『（［｛【〈《〔");
}

static bool may_break(uint32_t before, uint32_t after)
{
    if (starts_no_line(after) || ends_no_line(before))
        return false;
    return before == ' ' || is_ideographic(before) || is_ideographic(after);
}

/* The end of the line that begins at `begin`: a byte offset past its last character. */
static size_t find_line_end(struct quiz_text *text, struct quiz_style style, int face, const char *words,
                            size_t size, size_t begin, int width)
{
    size_t allowed = begin; /* the last place to break at */
    uint32_t before = 0;
    int used = 0;
    for (size_t pos = begin; pos < size;) {
        size_t at = pos;
        uint32_t code = quiz_utf8_next(words, size, &pos);
        if (before && may_break(before, code))
            allowed = at;
        used += advance_of(text, style, code, face);
        bool is_too_wide = used > width && code != ' ';
        if (is_too_wide && at > begin)
            return allowed > begin ? allowed : at;
        if (pos - begin > QUIZ_LINE_SIZE - 8)
            return at;
        before = code;
    }
    return size;
}

static void put_line(struct quiz_lines *lines, const char *begin, size_t size)
{
    while (size > 0 && begin[size - 1] == ' ')
        size--;
    char *out = lines->text[lines->count++];
    memcpy(out, begin, size);
    out[size] = '\0';
}

/* Shortens a line until it and the ellipsis fit. */
static void add_ellipsis(struct quiz_text *text, struct quiz_style style, char *line, int width)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t size = strlen(line);
    for (;;) {
        while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == ','))
            size--;
        memcpy(line + size, ellipsis, sizeof(ellipsis));
        if (size == 0 || quiz_text_width(text, style, line) <= width)
            return;
        do {
            size--;
        } while (size > 0 && ((unsigned char)line[size] & 0xC0) == 0x80);
    }
}

/* Leaves out the characters that no font has, and the space that one of them leaves behind. Words of nothing
 * else, as in an answer that is one emoji, become a box, so that there is something to see. Returns the size.
 */
static size_t copy_drawable(struct quiz_text *text, struct quiz_style style, const char *words, char *out)
{
    static const char box[] = "\xE2\x96\xA1";
    size_t size = strlen(words), used = 0;
    for (size_t pos = 0; pos < size;) {
        size_t begin = pos;
        uint32_t code = quiz_utf8_next(words, size, &pos);
        bool is_doubled = code == ' ' && (used == 0 || out[used - 1] == ' ');
        if (is_doubled || face_of(text, style, code, 0) < 0)
            continue;
        if (used + (pos - begin) > WORDS_MAX)
            break;
        memcpy(out + used, words + begin, pos - begin);
        used += pos - begin;
    }
    if (used > 0 || size == 0)
        return used;
    memcpy(out, box, sizeof(box) - 1);
    return sizeof(box) - 1;
}

void quiz_text_wrap(struct quiz_text *text, struct quiz_style style, const char *given, int width,
                    int lines_max, struct quiz_lines *lines)
{
    char words[WORDS_MAX];
    size_t size = copy_drawable(text, style, given, words);
    int face = main_face(text, style, words, size);
    if (lines_max > QUIZ_LINES_MAX)
        lines_max = QUIZ_LINES_MAX;
    lines->count = 0;
    lines->width = 0;
    lines->line_height = quiz_text_line_height(text, style);

    size_t begin = 0;
    while (begin < size && lines->count < lines_max) {
        size_t end = find_line_end(text, style, face, words, size, begin, width);
        put_line(lines, words + begin, end - begin);
        begin = end;
        while (begin < size && words[begin] == ' ')
            begin++;
    }
    lines->is_cut = begin < size;
    if (lines->is_cut && lines->count > 0)
        add_ellipsis(text, style, lines->text[lines->count - 1], width);
    for (int i = 0; i < lines->count; i++) {
        int line_width = quiz_text_width(text, style, lines->text[i]);
        if (line_width > lines->width)
            lines->width = line_width;
    }
}

void quiz_text_wrap_evenly(struct quiz_text *text, struct quiz_style style, const char *words, int width,
                           int lines_max, struct quiz_lines *lines)
{
    quiz_text_wrap(text, style, words, width, lines_max, lines);
    if (lines->count < 2 || lines->is_cut)
        return;
    int count = lines->count;
    int low = width / count, high = width; /* high always does */
    while (high - low > style.pixels / 4 + 1) {
        int middle = low + (high - low) / 2;
        quiz_text_wrap(text, style, words, middle, lines_max, lines);
        if (lines->count > count || lines->is_cut)
            low = middle;
        else
            high = middle;
    }
    quiz_text_wrap(text, style, words, high, lines_max, lines);
}

static const struct run *find_run(struct quiz_text *text, int face, struct quiz_style style,
                                  const char *words)
{
    struct run *oldest = &text->runs[0];
    for (int i = 0; i < RUNS_MAX; i++) {
        struct run *run = &text->runs[i];
        if (run->texture && run->face == face && is_same_style(run->style, style) &&
            strcmp(run->text, words) == 0) {
            run->used = ++text->clock;
            return run;
        }
        if (run->used < oldest->used)
            oldest = run;
    }
    TTF_Font *font = find_font(text, face, style);
    SDL_Surface *surface = font ? TTF_RenderUTF8_Blended(font, words, (SDL_Color){255, 255, 255, 255}) : NULL;
    if (!surface)
        return NULL;
    struct run made = {.face = face, .style = style, .width = surface->w, .height = surface->h};
    made.texture = SDL_CreateTextureFromSurface(text->renderer, surface);
    made.text = SDL_strdup(words);
    made.used = ++text->clock;
    SDL_FreeSurface(surface);
    if (!made.texture || !made.text) {
        drop_run(&made);
        return NULL;
    }
    SDL_SetTextureBlendMode(made.texture, SDL_BLENDMODE_BLEND);
    drop_run(oldest);
    *oldest = made;
    return oldest;
}

/* Draws a run with its baseline at y; returns where the next begins. */
static int draw_run(struct quiz_text *text, int face, struct quiz_style style, const char *words, int x,
                    int baseline, SDL_Color color)
{
    const struct run *run = find_run(text, face, style, words);
    TTF_Font *font = find_font(text, face, style);
    if (!run || !font)
        return x;
    SDL_Rect place = {x, baseline - TTF_FontAscent(font), run->width, run->height};
    SDL_SetTextureColorMod(run->texture, color.r, color.g, color.b);
    SDL_SetTextureAlphaMod(run->texture, color.a);
    SDL_RenderCopy(text->renderer, run->texture, NULL, &place);
    if (style.is_bold &&
        !text->faces[face][1]) { /* no bold file: twice, a little apart, keeps the edges smooth */
        place.x += style.pixels >= 48 ? style.pixels / 24 : 1;
        SDL_RenderCopy(text->renderer, run->texture, NULL, &place);
    }
    return x + run->width;
}

void quiz_text_draw(struct quiz_text *text, struct quiz_style style, const char *line, int x, int y,
                    SDL_Color color)
{
    char words[QUIZ_LINE_SIZE];
    size_t size = strlen(line);
    size_t used = 0;
    int preferred = main_face(text, style, line, size);
    int run_face = preferred;
    int baseline = y + style.pixels; /* the same for all fonts, so that runs of two stand on one line */

    for (size_t pos = 0; pos < size;) {
        size_t begin = pos;
        uint32_t code = quiz_utf8_next(line, size, &pos);
        int face = face_of(text, style, code, preferred);
        if (face < 0)
            continue;
        if (used > 0 && (face != run_face || used + 5 > sizeof(words))) {
            words[used] = '\0';
            x = draw_run(text, run_face, style, words, x, baseline, color);
            used = 0;
        }
        run_face = face;
        memcpy(words + used, line + begin, pos - begin);
        used += pos - begin;
    }
    words[used] = '\0';
    if (used > 0)
        draw_run(text, run_face, style, words, x, baseline, color);
}

void quiz_text_draw_lines(struct quiz_text *text, struct quiz_style style, const struct quiz_lines *lines,
                          int x, int y, SDL_Color color)
{
    for (int i = 0; i < lines->count; i++)
        quiz_text_draw(text, style, lines->text[i], x, y + i * lines->line_height, color);
}
