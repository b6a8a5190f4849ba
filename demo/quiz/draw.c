/*
 * Painting; see draw.h. Colours and the order of things stand here, places come from card.c.
 */
#include "draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "shape.h"
#include "text.h"

#define SECOND INT64_C(1000000000)

/* Text on the panels has a contrast of 7:1 or more, also over a white picture. */
static const SDL_Color PANEL = {14, 17, 33, 234};
static const SDL_Color PANEL_EDGE = {255, 255, 255, 30};
static const SDL_Color SHADOW = {0, 0, 0, 84};
static const SDL_Color INK = {246, 247, 252, 255};
static const SDL_Color INK_SOFT = {178, 186, 212, 255};
static const SDL_Color INK_FAINT = {178, 186, 212, 170};
static const SDL_Color INK_DARK = {10, 13, 26, 255};
static const SDL_Color ROW = {255, 255, 255, 20};
static const SDL_Color ROW_FOCUS = {255, 255, 255, 48};
static const SDL_Color BADGE = {255, 255, 255, 34};
static const SDL_Color TRACK = {255, 255, 255, 36};
static const SDL_Color ACCENT = {122, 162, 255, 255}; /* indigo, lightened: the colour Aizu dyed its cotton */
static const SDL_Color ACCENT_ROW = {74, 108, 224, 170};
static const SDL_Color GOOD = {74, 222, 148, 255};
static const SDL_Color GOOD_ROW = {22, 143, 88, 190};
static const SDL_Color BAD = {255, 122, 122, 255};
static const SDL_Color BAD_ROW = {178, 46, 60, 190};
static const SDL_Color WARM = {255, 190, 92, 255};
static const SDL_Color LIVE = {255, 74, 88, 255};

/* What the look of a card depends on, but for time. */
struct card_key {
    uint64_t cue_id;
    int64_t start;
    int number;
    enum quiz_phase phase;
    int choice;
    int focus;
};

struct quiz_draw {
    SDL_Renderer *renderer;
    struct quiz_shapes *shapes;
    struct quiz_text *text;
    struct quiz_metrics metrics;
    struct quiz_card card;
    bool has_card;    /* `card` was painted last */
    bool is_laid_out; /* `card` fits `key` and `metrics` */
    SDL_Texture *still;
    SDL_Rect still_area;
    bool is_still_drawn; /* `still` fits `key` */
    struct card_key key;
};

struct quiz_draw *quiz_draw_create(SDL_Renderer *renderer, const char *font_path)
{
    struct quiz_draw *draw = calloc(1, sizeof(*draw));
    if (!draw) {
        SDL_OutOfMemory();
        return NULL;
    }
    draw->renderer = renderer;
    draw->text = quiz_text_create(renderer, font_path);
    draw->shapes = quiz_shapes_create(renderer);
    if (!draw->text || !draw->shapes)
        quiz_draw_destroy(&draw);
    return draw;
}

static void drop_still(struct quiz_draw *draw)
{
    if (draw->still) /* SDL_DestroyTexture(NULL) would overwrite the error to be shown */
        SDL_DestroyTexture(draw->still);
    draw->still = NULL;
    draw->is_still_drawn = false;
}

void quiz_draw_destroy(struct quiz_draw **draw)
{
    if (!draw || !*draw)
        return;
    drop_still(*draw);
    quiz_text_destroy(&(*draw)->text);
    quiz_shapes_destroy(&(*draw)->shapes);
    free(*draw);
    *draw = NULL;
}

static int shadow_blur(const struct quiz_draw *draw)
{
    return quiz_px(&draw->metrics, 14);
}

static void paint_panel(struct quiz_draw *draw, SDL_Rect box, int radius)
{
    quiz_shape_shadow(draw->shapes, box, radius, shadow_blur(draw), SHADOW);
    quiz_shape_box(draw->shapes, box, radius, PANEL);
    quiz_shape_outline(draw->shapes, box, radius, quiz_px(&draw->metrics, 0.6), PANEL_EDGE);
}

/* Title and countdown. */

static void paint_title(struct quiz_draw *draw, const struct quiz_game *game)
{
    const struct quiz_card *card = &draw->card;
    char words[32] = "POLL";
    if (game->item.kind != QUIZ_POLL)
        snprintf(words, sizeof(words), "QUESTION %d", game->number);
    quiz_text_draw(draw->text, card->meta_style, words, card->bar.x, card->meta_y, ACCENT);
}

/* The part of the card that moves: seconds and bar. */
static void paint_countdown(struct quiz_draw *draw, const struct quiz_game *game, int64_t now)
{
    const struct quiz_card *card = &draw->card;
    bool runs = game->phase == QUIZ_OPEN || game->phase == QUIZ_LOCKED;
    if (!quiz_game_has_countdown(game) || !runs)
        return;
    char words[32];
    int64_t left = quiz_game_remaining(game, now);
    long long seconds = (left + SECOND - 1) / SECOND;
    bool is_short = left <= 5 * SECOND;
    snprintf(words, sizeof(words), "%lld:%02lld", seconds / 60, seconds % 60);
    int width = quiz_text_width(draw->text, card->meta_style, words);
    quiz_text_draw(draw->text, card->meta_style, words, card->bar.x + card->bar.w - width, card->meta_y,
                   is_short ? WARM : INK);

    SDL_Rect bar = card->bar;
    bar.w = (int)((double)bar.w * (double)left / (double)game->item.duration_ns + 0.5);
    if (bar.w >= bar.h)
        quiz_shape_box(draw->shapes, bar, bar.h / 2, is_short ? WARM : ACCENT);
}

/* Answers. */

struct answer_look {
    SDL_Color row;
    SDL_Color badge;
    SDL_Color badge_ink;
    SDL_Color ink;
    bool has_check;
    bool has_cross;
};

static struct answer_look look_of(const struct quiz_game *game, int index)
{
    struct answer_look look = {ROW, BADGE, INK, INK, false, false};
    bool is_choice = index == game->choice;
    bool is_correct = index == game->item.correct;
    switch (game->phase) {
    case QUIZ_HIDDEN:
        break;
    case QUIZ_OPEN:
        if (index == game->focus)
            look = (struct answer_look){ROW_FOCUS, ACCENT, INK_DARK, INK, false, false};
        break;
    case QUIZ_LOCKED:
    case QUIZ_THANKED:
        if (is_choice)
            look =
                (struct answer_look){ACCENT_ROW, ACCENT, INK_DARK, INK, game->phase == QUIZ_THANKED, false};
        else
            look.ink = look.badge_ink = INK_SOFT;
        break;
    case QUIZ_REVEALED:
        if (is_correct)
            look = (struct answer_look){GOOD_ROW, GOOD, INK_DARK, INK, true, false};
        else if (is_choice)
            look = (struct answer_look){BAD_ROW, BAD, INK_DARK, INK, false, true};
        else
            look.ink = look.badge_ink = INK_FAINT;
        break;
    }
    return look;
}

static void paint_answer(struct quiz_draw *draw, const struct quiz_game *game, int index)
{
    const struct quiz_card *card = &draw->card;
    SDL_Rect row = card->answers[index], badge = card->badges[index];
    struct answer_look look = look_of(game, index);
    int radius = quiz_px(&draw->metrics, 7);
    quiz_shape_box(draw->shapes, row, radius, look.row);
    if (game->phase == QUIZ_OPEN && index == game->focus)
        quiz_shape_outline(draw->shapes, row, radius, quiz_px(&draw->metrics, 1.3), ACCENT);

    char number[16];
    struct quiz_style badge_style = {card->answer_style.pixels * 9 / 10, true};
    snprintf(number, sizeof(number), "%d", index + 1);
    int width = quiz_text_width(draw->text, badge_style, number);
    quiz_shape_box(draw->shapes, badge, radius * 5 / 7, look.badge);
    quiz_text_draw(draw->text, badge_style, number, badge.x + (badge.w - width) / 2,
                   quiz_text_middle(badge, badge_style), look.badge_ink);

    const struct quiz_lines *lines = &card->answer_lines[index];
    int y = quiz_text_middle(row, card->answer_style) - (lines->count - 1) * lines->line_height / 2;
    quiz_text_draw_lines(draw->text, card->answer_style, lines, card->answer_text_x[index], y, look.ink);

    int side = card->icon_side;
    SDL_Rect icon = {row.x + row.w - side - (badge.x - row.x), row.y + (row.h - side) / 2, side, side};
    if (look.has_check)
        quiz_shape_check(draw->shapes, icon, INK);
    if (look.has_cross)
        quiz_shape_cross(draw->shapes, icon, INK);
}

/* Footer. */

static SDL_Color footer_words(const struct quiz_game *game, char *words, size_t size)
{
    bool is_poll = game->item.kind == QUIZ_POLL;
    int count = game->item.answer_count;
    switch (game->phase) {
    case QUIZ_HIDDEN:
        words[0] = '\0';
        return INK_SOFT;
    case QUIZ_OPEN:
        if (count > 1)
            snprintf(words, size, "%s: press 1 to %d, or click", is_poll ? "Vote" : "Answer", count);
        else
            snprintf(words, size, "Press 1, or click");
        return INK_SOFT;
    case QUIZ_LOCKED:
        snprintf(words, size, "Locked in. The answer comes when time is up.");
        return ACCENT;
    case QUIZ_THANKED:
        snprintf(words, size, game->choice >= 0 ? "Thank you for your vote!" : "Voting has closed.");
        return game->choice >= 0 ? ACCENT : INK_SOFT;
    case QUIZ_REVEALED:
        if (game->choice < 0)
            snprintf(words, size, "Time is up.");
        else if (quiz_game_is_right(game))
            snprintf(words, size, game->is_replay ? "Right!" : "Right! One more point.");
        else
            snprintf(words, size, "Not this time.");
        return game->choice < 0 ? INK_SOFT : quiz_game_is_right(game) ? GOOD : BAD;
    }
    return INK_SOFT;
}

static void paint_footer(struct quiz_draw *draw, const struct quiz_game *game)
{
    const struct quiz_card *card = &draw->card;
    char words[96];
    SDL_Color color = footer_words(game, words, sizeof(words));
    struct quiz_lines line;
    quiz_text_wrap(draw->text, card->meta_style, words, card->bar.w, 1, &line);
    quiz_text_draw_lines(draw->text, card->meta_style, &line, card->bar.x, card->footer_y, color);
}

/* The still part of the card. It is drawn once into a texture of its own: a software renderer takes several
 * milliseconds for it, and for the texture a fraction of one. */

static void paint_still_card(struct quiz_draw *draw, const struct quiz_game *game)
{
    const struct quiz_card *card = &draw->card;
    paint_panel(draw, card->box, card->radius);
    paint_title(draw, game);
    quiz_shape_box(draw->shapes, card->bar, card->bar.h / 2, TRACK);
    quiz_text_draw_lines(draw->text, card->question_style, &card->question, card->bar.x, card->question_y,
                         INK);
    for (int i = 0; i < game->item.answer_count; i++)
        paint_answer(draw, game, i);
    paint_footer(draw, game);
}

static struct card_key key_of(const struct quiz_game *game)
{
    return (struct card_key){game->cue_id, game->start, game->number, game->phase, game->choice, game->focus};
}

static bool is_same_question(const struct card_key *a, const struct card_key *b)
{
    return a->cue_id == b->cue_id && a->start == b->start && a->number == b->number;
}

static bool is_same_card(const struct card_key *a, const struct card_key *b)
{
    return is_same_question(a, b) && a->phase == b->phase && a->choice == b->choice && a->focus == b->focus;
}

/* False when the renderer has no such textures. */
static bool draw_still(struct quiz_draw *draw, const struct quiz_game *game)
{
    SDL_Rect box = draw->card.box;
    int blur = shadow_blur(draw);
    SDL_Rect area = {box.x - blur, box.y - blur, box.w + 2 * blur, box.h + 2 * blur};
    if (draw->still && (draw->still_area.w != area.w || draw->still_area.h != area.h))
        drop_still(draw);
    if (!draw->still) {
        draw->still = SDL_CreateTexture(draw->renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_TARGET,
                                        area.w, area.h);
        if (!draw->still)
            return false;
        SDL_SetTextureBlendMode(draw->still, SDL_BLENDMODE_BLEND);
    }
    draw->still_area = area;
    SDL_Texture *before = SDL_GetRenderTarget(draw->renderer);
    if (SDL_SetRenderTarget(draw->renderer, draw->still) != 0)
        return false;
    /* Where nothing is drawn the colour still counts: edges are mixed with it. */
    SDL_SetRenderDrawColor(draw->renderer, PANEL.r, PANEL.g, PANEL.b, 0);
    SDL_RenderClear(draw->renderer);
    const SDL_Rect moved = {-area.x, -area.y, area.x + area.w, area.y + area.h};
    SDL_RenderSetViewport(draw->renderer, &moved);
    paint_still_card(draw, game);
    SDL_SetRenderTarget(draw->renderer, before);
    return true;
}

static void paint_card(struct quiz_draw *draw, const struct quiz_game *game, int64_t now)
{
    struct card_key key = key_of(game);
    if (!draw->is_laid_out || !is_same_question(&key, &draw->key)) {
        quiz_card_layout(&draw->card, draw->text, &game->item, &draw->metrics);
        draw->is_laid_out = true;
        draw->is_still_drawn = false;
    }
    if (!draw->is_still_drawn || !is_same_card(&key, &draw->key))
        draw->is_still_drawn = draw_still(draw, game);
    draw->key = key;
    if (draw->is_still_drawn)
        SDL_RenderCopy(draw->renderer, draw->still, NULL, &draw->still_area);
    else
        paint_still_card(draw, game);
    paint_countdown(draw, game, now);
}

void quiz_draw_reset(struct quiz_draw *draw)
{
    draw->is_still_drawn = false;
}

/* Status line and notices. */

static SDL_Color tone_color(enum quiz_tone tone)
{
    switch (tone) {
    case QUIZ_TONE_LIVE:
        return LIVE;
    case QUIZ_TONE_CALM:
        return ACCENT;
    case QUIZ_TONE_WAIT:
        return WARM;
    case QUIZ_TONE_BAD:
        return BAD;
    }
    return ACCENT;
}

static struct quiz_style small_style(const struct quiz_draw *draw, bool is_bold)
{
    int pixels = quiz_px(&draw->metrics, 10.5);
    return (struct quiz_style){pixels < 8                      ? 8
                               : pixels > QUIZ_FONT_PIXELS_MAX ? QUIZ_FONT_PIXELS_MAX
                                                               : pixels,
                               is_bold};
}

/* One capsule at the top, in the middle: a dot, a label, a detail, and the score once there is one. */
static void paint_status(struct quiz_draw *draw, const struct quiz_game *game,
                         const struct quiz_status *status)
{
    const struct quiz_metrics *m = &draw->metrics;
    struct quiz_style bold = small_style(draw, true), plain = small_style(draw, false);
    int height = quiz_px(m, 21), dot = quiz_px(m, 7), gap = quiz_px(m, 6), icon = quiz_px(m, 12);
    int label_width = quiz_text_width(draw->text, bold, status->label);
    struct quiz_lines detail;
    quiz_text_wrap(draw->text, plain, status->detail, m->width / 2, 1, &detail);
    char score[48] = "";
    if (game->counted > 0)
        snprintf(score, sizeof(score), "%d of %d", game->right_count, game->counted);

    int status_width = dot + gap + label_width + (detail.width > 0 ? gap + detail.width : 0);
    int score_width = score[0] ? 3 * gap + icon + gap / 2 + quiz_text_width(draw->text, bold, score) : 0;
    int width = status_width + score_width + 3 * gap;
    SDL_Rect box = {(m->width - width) / 2, quiz_px(m, 14), width, height};
    quiz_shape_box(draw->shapes, box, height / 2, PANEL);

    int x = box.x + gap * 3 / 2;
    quiz_shape_box(draw->shapes, (SDL_Rect){x, box.y + (height - dot) / 2, dot, dot}, dot / 2,
                   tone_color(status->tone));
    quiz_text_draw(draw->text, bold, status->label, x + dot + gap, quiz_text_middle(box, bold), INK);
    quiz_text_draw_lines(draw->text, plain, &detail, x + dot + 2 * gap + label_width,
                         quiz_text_middle(box, plain), INK_SOFT);
    if (!score[0])
        return;
    x += status_width + 3 * gap / 2;
    quiz_shape_box(draw->shapes, (SDL_Rect){x, box.y + height / 4, quiz_px(m, 0.8), height / 2}, 0, TRACK);
    x += 3 * gap / 2;
    quiz_shape_check(draw->shapes, (SDL_Rect){x, box.y + (height - icon) / 2, icon, icon}, GOOD);
    quiz_text_draw(draw->text, bold, score, x + icon + gap / 2, quiz_text_middle(box, bold), INK);
}

static void toast_words(const struct quiz_toast *toast, char *title, size_t title_size, char *body,
                        size_t body_size)
{
    const char *fallback = toast->kind == QUIZ_PRODUCT ? "In the shop" : "";
    snprintf(title, title_size, "%s", toast->title[0] ? toast->title : fallback);
    if (toast->kind == QUIZ_PRODUCT)
        snprintf(body, body_size, "Product %s", toast->id);
    else
        snprintf(body, body_size, "%s", toast->text);
}

static SDL_Color toast_color(enum quiz_kind kind)
{
    return kind == QUIZ_PRODUCT ? GOOD : kind == QUIZ_OVERLAY ? WARM : ACCENT;
}

struct toast_look {
    SDL_Rect box; /* no height: there is nothing to show */
    SDL_Rect mark;
    int text_y;
    struct quiz_lines title, body;
};

static void layout_toast(struct quiz_draw *draw, const struct quiz_toast *toast, int y,
                         struct toast_look *look)
{
    const struct quiz_metrics *m = &draw->metrics;
    int gap = quiz_px(m, 6), stripe = quiz_px(m, 3), padding = quiz_px(m, 8);
    int width_max = m->width * 2 / 5 < quiz_px(m, 200) ? m->width * 2 / 5 : quiz_px(m, 200);
    int beside = 2 * padding + stripe + gap;

    char title[QUIZ_TEXT_SIZE], body[QUIZ_TEXT_SIZE + 16];
    toast_words(toast, title, sizeof(title), body, sizeof(body));
    quiz_text_wrap(draw->text, small_style(draw, true), title, width_max - beside, 2, &look->title);
    quiz_text_wrap_evenly(draw->text, small_style(draw, false), body, width_max - beside, 3, &look->body);
    int content = look->title.width > look->body.width ? look->title.width : look->body.width;
    int lines = look->title.count + look->body.count;
    int height = lines > 0 ? lines * look->body.line_height + 2 * padding - gap / 2 : 0;

    look->box = (SDL_Rect){m->width - quiz_px(m, 14) - content - beside, y, content + beside, height};
    look->mark = (SDL_Rect){look->box.x + padding, y + padding, stripe, height - 2 * padding};
    look->text_y = y + padding - gap / 3;
}

static void paint_toast(struct quiz_draw *draw, enum quiz_kind kind, const struct toast_look *look)
{
    const struct quiz_metrics *m = &draw->metrics;
    int x = look->mark.x + look->mark.w + quiz_px(m, 6);
    int body_y = look->text_y + look->title.count * look->title.line_height;
    quiz_shape_box(draw->shapes, look->box, quiz_px(m, 8), PANEL);
    quiz_shape_box(draw->shapes, look->mark, look->mark.w / 2, toast_color(kind));
    quiz_text_draw_lines(draw->text, small_style(draw, true), &look->title, x, look->text_y, INK);
    quiz_text_draw_lines(draw->text, small_style(draw, false), &look->body, x, body_y,
                         look->title.count > 0 ? INK_SOFT : INK);
}

void quiz_draw_paint(struct quiz_draw *draw, const struct quiz_game *game, const struct quiz_status *status,
                     int64_t now)
{
    int width = 0, height = 0;
    if (SDL_GetRendererOutputSize(draw->renderer, &width, &height) != 0 || width < 1 || height < 1)
        return;
    if (width != draw->metrics.width || height != draw->metrics.height) {
        quiz_metrics_set(&draw->metrics, width, height);
        draw->is_laid_out = false;
    }
    paint_status(draw, game, status);
    draw->has_card = game->phase != QUIZ_HIDDEN;
    if (draw->has_card)
        paint_card(draw, game, now);
    /* The newest on top. The card is more important than the older ones. */
    int y = quiz_px(&draw->metrics, 14);
    int end = draw->has_card ? draw->card.box.y : height;
    for (int i = game->toast_count - 1; i >= 0; i--) {
        bool is_newest = i == game->toast_count - 1;
        struct toast_look look;
        layout_toast(draw, &game->toasts[i], y, &look);
        if (look.box.h == 0 || (!is_newest && look.box.y + look.box.h > end))
            continue;
        paint_toast(draw, game->toasts[i].kind, &look);
        y = look.box.y + look.box.h + quiz_px(&draw->metrics, 6);
    }
}

int quiz_draw_answer_at(const struct quiz_draw *draw, int x, int y)
{
    const SDL_Point point = {x, y};
    for (int i = 0; draw->has_card && i < QUIZ_ANSWERS_MAX; i++)
        if (SDL_PointInRect(&point, &draw->card.answers[i]))
            return i;
    return -1;
}

int quiz_draw_columns(const struct quiz_draw *draw)
{
    return draw->has_card ? draw->card.columns : 1;
}
