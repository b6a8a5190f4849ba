/*
 * Text in an SDL_Renderer: picks the font that has the glyphs, wraps between words and between the characters
 * of languages that write without spaces, and keeps what it has drawn as textures.
 */
#ifndef QUIZ_TEXT_H
#define QUIZ_TEXT_H

#include <SDL.h>
#include <stdbool.h>

#define QUIZ_LINES_MAX       8
#define QUIZ_LINE_SIZE       640 /* bytes of a line with its ellipsis */
#define QUIZ_FONT_PIXELS_MAX 200

struct quiz_text; /* the fonts and textures of one renderer */

struct quiz_style {
    int pixels; /* height of the font, 6 to QUIZ_FONT_PIXELS_MAX */
    bool is_bold;
};

struct quiz_lines {
    int count;
    bool is_cut;     /* there was more */
    int width;       /* of the longest */
    int line_height; /* from one to the next */
    char text[QUIZ_LINES_MAX][QUIZ_LINE_SIZE];
};

/* font_path: taken before all others, NULL for those of the system. NULL when there is no font at all or no
 * memory; SDL_GetError() says why. SDL_ttf must have been initialised. */
struct quiz_text *quiz_text_create(SDL_Renderer *renderer, const char *font_path);
void quiz_text_destroy(struct quiz_text **text); /* before the renderer */

int quiz_text_line_height(struct quiz_text *text, struct quiz_style style);
int quiz_text_width(struct quiz_text *text, struct quiz_style style, const char *line);

/* Breaks UTF-8 text into lines of at most `width` pixels; the last of lines_max ends in an ellipsis when
 * there is more. Lines shorter than one character still hold one. */
void quiz_text_wrap(struct quiz_text *text, struct quiz_style style, const char *words, int width,
                    int lines_max, struct quiz_lines *lines);

/* The same with lines of about one length, and no more lines than that. Slower. */
void quiz_text_wrap_evenly(struct quiz_text *text, struct quiz_style style, const char *words, int width,
                           int lines_max, struct quiz_lines *lines);

/* Draws one line with its upper left corner at x, y. Characters that no font has are left out. */
void quiz_text_draw(struct quiz_text *text, struct quiz_style style, const char *line, int x, int y,
                    SDL_Color color);
void quiz_text_draw_lines(struct quiz_text *text, struct quiz_style style, const struct quiz_lines *lines,
                          int x, int y, SDL_Color color);

#endif
