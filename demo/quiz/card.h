/*
 * Where everything on the question card goes: sizes and line breaks, computed once for a question and window
 * size.
 */
#ifndef QUIZ_CARD_H
#define QUIZ_CARD_H

#include "game.h"
#include "text.h"

/* Lengths that all drawing shares, in pixels for one output size. */
struct quiz_metrics {
    int width, height;
    double unit; /* pixels for what is one pixel at 360 lines */
};

struct quiz_card {
    SDL_Rect box;
    int radius;
    int padding;
    int columns;
    struct quiz_style meta_style; /* header and footer */
    struct quiz_style question_style;
    struct quiz_style answer_style;
    int meta_y;   /* top of the header's text */
    SDL_Rect bar; /* of the countdown */
    int question_y;
    int footer_y;
    struct quiz_lines question;
    SDL_Rect answers[QUIZ_ANSWERS_MAX];
    SDL_Rect badges[QUIZ_ANSWERS_MAX];
    struct quiz_lines answer_lines[QUIZ_ANSWERS_MAX];
    int answer_text_x[QUIZ_ANSWERS_MAX];
    int icon_side;
};

void quiz_metrics_set(struct quiz_metrics *metrics, int width, int height);
int quiz_px(const struct quiz_metrics *metrics, double length);

/* The y of a line of text whose letters stand in the middle of a box. */
int quiz_text_middle(SDL_Rect box, struct quiz_style style);

/* Fills *card for the item of a question or poll. Text that is too much even at the smallest size is cut. */
void quiz_card_layout(struct quiz_card *card, struct quiz_text *text, const struct quiz_item *item,
                      const struct quiz_metrics *metrics);

#endif
