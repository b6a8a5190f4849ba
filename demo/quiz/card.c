/*
 * The card's layout; see card.h. It stands at the bottom of the picture:
 *
 *     QUESTION 3                     0:12
 *     ==============----------------------   countdown
 *     Which river flows through Aizu?
 *     [1 Tadami      ] [2 Shinano        ]   two columns when every answer fits on one line of a column
 *     [3 Tone        ] [4 Kitakami       ]
 *     Press 1 to 4, or click
 */
#include "card.h"

#include <math.h>

/* Lengths at 360 lines. */
#define MARGIN          14
#define CARD_WIDTH_MAX  540
#define CARD_RADIUS     12
#define CARD_PADDING    14
#define GAP             7
#define BAR_HEIGHT      3
#define QUESTION_PIXELS 18
#define ANSWER_PIXELS   13.5
#define META_PIXELS     10.5
#define ANSWER_PADDING  6.5
#define BADGE_SIDE      19
#define ICON_SIDE       15

void quiz_metrics_set(struct quiz_metrics *metrics, int width, int height)
{
    double lines = fmin(height, width * 9.0 / 16.0);
    metrics->width = width;
    metrics->height = height;
    /* A little less than in proportion: on a larger screen text may be smaller against the picture. */
    metrics->unit = pow(fmax(lines, 120) / 360, 0.92);
}

int quiz_px(const struct quiz_metrics *metrics, double length)
{
    int pixels = (int)lround(length * metrics->unit);
    return pixels > 0 ? pixels : 1;
}

static int font_pixels(const struct quiz_metrics *metrics, double length)
{
    int pixels = quiz_px(metrics, length);
    return pixels < 8 ? 8 : pixels > QUIZ_FONT_PIXELS_MAX ? QUIZ_FONT_PIXELS_MAX : pixels;
}

int quiz_text_middle(SDL_Rect box, struct quiz_style style)
{
    /* Capitals are 0.73 of the font's height and stand on the baseline, `pixels` below the line's top. */
    return box.y + (int)lround(box.h / 2.0 + style.pixels * 0.365) - style.pixels;
}

/* The width an answer's text has in a row of this many columns. */
static int answer_text_width(const struct quiz_card *card, const struct quiz_metrics *m, int columns)
{
    int content = card->box.w - 2 * card->padding;
    int row = (content - (columns - 1) * quiz_px(m, GAP)) / columns;
    return row - quiz_px(m, BADGE_SIDE) - 3 * quiz_px(m, ANSWER_PADDING) - card->icon_side;
}

static int choose_columns(const struct quiz_card *card, struct quiz_text *text, const struct quiz_item *item,
                          const struct quiz_metrics *m)
{
    int width = answer_text_width(card, m, 2);
    if (item->answer_count < 2)
        return 1;
    if (item->answer_count > 5)
        return 2;
    for (int i = 0; i < item->answer_count; i++)
        if (quiz_text_width(text, card->answer_style, item->answers[i]) > width)
            return 1;
    return 2;
}

/* Places the answers from y on, row by row; returns the y below the last row. */
static int place_answers(struct quiz_card *card, struct quiz_text *text, const struct quiz_item *item,
                         const struct quiz_metrics *m, int y, int lines_max)
{
    int gap = quiz_px(m, GAP), badge = quiz_px(m, BADGE_SIDE), padding = quiz_px(m, ANSWER_PADDING);
    int content = card->box.w - 2 * card->padding;
    int width = (content - (card->columns - 1) * gap) / card->columns;
    int text_width = answer_text_width(card, m, card->columns);

    for (int first = 0; first < item->answer_count; first += card->columns) {
        int lines = 1;
        for (int i = first; i < first + card->columns && i < item->answer_count; i++) {
            quiz_text_wrap(text, card->answer_style, item->answers[i], text_width, lines_max,
                           &card->answer_lines[i]);
            if (card->answer_lines[i].count > lines)
                lines = card->answer_lines[i].count;
        }
        int text_height = (lines - 1) * quiz_text_line_height(text, card->answer_style) + badge;
        int height = text_height + 2 * (padding * 3 / 5);
        for (int i = first; i < first + card->columns && i < item->answer_count; i++) {
            int x = card->box.x + card->padding + (i - first) * (width + gap);
            card->answers[i] = (SDL_Rect){x, y, width, height};
            card->badges[i] = (SDL_Rect){x + padding * 3 / 5, y + (height - badge) / 2, badge, badge};
            card->answer_text_x[i] = card->badges[i].x + badge + padding;
        }
        y += height + gap;
    }
    return y - gap;
}

/* Lays out at one text scale with the box's top at 0; returns the height. */
static int layout_at(struct quiz_card *card, struct quiz_text *text, const struct quiz_item *item,
                     const struct quiz_metrics *m, int question_lines_max, int answer_lines_max)
{
    int gap = quiz_px(m, GAP);
    card->padding = quiz_px(m, CARD_PADDING);
    card->radius = quiz_px(m, CARD_RADIUS);
    card->icon_side = quiz_px(m, ICON_SIDE);
    card->meta_style = (struct quiz_style){font_pixels(m, META_PIXELS), true};
    card->question_style = (struct quiz_style){font_pixels(m, QUESTION_PIXELS), true};
    card->answer_style = (struct quiz_style){font_pixels(m, ANSWER_PIXELS), false};
    card->columns = choose_columns(card, text, item, m);

    int content = card->box.w - 2 * card->padding;
    int y = card->padding - gap / 2;
    card->meta_y = y;
    y += quiz_text_line_height(text, card->meta_style) + gap / 2;
    card->bar = (SDL_Rect){card->box.x + card->padding, y, content, quiz_px(m, BAR_HEIGHT)};
    y += card->bar.h + gap;
    card->question_y = y;
    quiz_text_wrap_evenly(text, card->question_style, item->text, content, question_lines_max,
                          &card->question);
    y += card->question.count * card->question.line_height + gap;
    y = place_answers(card, text, item, m, y, answer_lines_max) + gap;
    card->footer_y = y;
    return y + quiz_text_line_height(text, card->meta_style) + card->padding - gap;
}

static void move_down(struct quiz_card *card, int answer_count, int y)
{
    card->box.y = y;
    card->meta_y += y;
    card->bar.y += y;
    card->question_y += y;
    card->footer_y += y;
    for (int i = 0; i < answer_count; i++) {
        card->answers[i].y += y;
        card->badges[i].y += y;
    }
}

void quiz_card_layout(struct quiz_card *card, struct quiz_text *text, const struct quiz_item *item,
                      const struct quiz_metrics *metrics)
{
    static const double scales[] = {1, 0.92, 0.84, 0.76, 0.68};
    const int steps = (int)(sizeof(scales) / sizeof(scales[0]));
    int margin = quiz_px(metrics, MARGIN);
    int width = metrics->width - 2 * margin;
    int height_max = metrics->height - 2 * margin;
    int height = 0;
    if (width > quiz_px(metrics, CARD_WIDTH_MAX))
        width = quiz_px(metrics, CARD_WIDTH_MAX);
    card->box = (SDL_Rect){(metrics->width - width) / 2, 0, width, 0};

    /* First smaller, then shorter. The text first gets three fifths of the picture, so that the host's face
     * stays. */
    for (int step = 0; step < 2 * steps; step++) {
        struct quiz_metrics scaled = *metrics;
        scaled.unit *= scales[step % steps];
        bool is_cut = step >= steps;
        height = layout_at(card, text, item, &scaled, is_cut ? 2 : 4, is_cut ? 1 : 2);
        int wanted = step % steps < 2 && !is_cut ? metrics->height * 3 / 5 : height_max;
        if (height <= wanted)
            break;
    }
    card->box.h = height;
    move_down(card, item->answer_count, metrics->height - margin - height);
}
