/*
 * What lies over the video: the question card, notices, the status line and the score.
 *
 * Game state (game.h) in, pixels out; state is only read. All measures grow with the output, from about 360
 * to 2160 lines. One object a renderer, used on the renderer's thread.
 */
#ifndef QUIZ_DRAW_H
#define QUIZ_DRAW_H

#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

#include "game.h"

struct quiz_draw;

enum quiz_tone {
    QUIZ_TONE_LIVE, /* all is well, on air */
    QUIZ_TONE_CALM, /* a recording, a pause */
    QUIZ_TONE_WAIT, /* loading, buffering */
    QUIZ_TONE_BAD,  /* an error */
};

/* The status line. */
struct quiz_status {
    enum quiz_tone tone;
    char label[32];   /* "LIVE" */
    char detail[128]; /* "2.1 s", or what went wrong; may be empty */
};

/* font_path NULL: the system's fonts. NULL on failure; SDL_GetError() says why. */
struct quiz_draw *quiz_draw_create(SDL_Renderer *renderer, const char *font_path);
void quiz_draw_destroy(struct quiz_draw **draw); /* before the renderer */

/* Draws over what is there; neither clears nor presents. */
void quiz_draw_paint(struct quiz_draw *draw, const struct quiz_game *game, const struct quiz_status *status,
                     int64_t now);

/* After SDL_RENDER_TARGETS_RESET: textures that were drawn into have lost their contents. */
void quiz_draw_reset(struct quiz_draw *draw);

/* Of the card that was painted last: the answer at a pixel (-1: none), and the columns of the answers. */
int quiz_draw_answer_at(const struct quiz_draw *draw, int x, int y);
int quiz_draw_columns(const struct quiz_draw *draw);

#endif
