/*
 * The state of the quiz; see game.h.
 */
#include "game.h"

#include <string.h>

void quiz_game_init(struct quiz_game *game)
{
    memset(game, 0, sizeof(*game));
    game->choice = -1;
    game->focus = -1;
}

static void hide(struct quiz_game *game)
{
    game->phase = QUIZ_HIDDEN;
    game->focus = -1;
}

static bool was_seen(const struct quiz_game *game, uint64_t cue_id)
{
    int count = game->seen_count < QUIZ_REMEMBER_MAX ? game->seen_count : QUIZ_REMEMBER_MAX;
    for (int i = 0; i < count; i++)
        if (game->seen[i] == cue_id)
            return true;
    return false;
}

static void remember(struct quiz_game *game, uint64_t cue_id)
{
    game->seen[game->seen_count % QUIZ_REMEMBER_MAX] = cue_id;
    game->seen_count++;
    if (game->seen_count == 2 * QUIZ_REMEMBER_MAX) /* keeps its place in the ring and never overflows */
        game->seen_count = QUIZ_REMEMBER_MAX;
}

bool quiz_game_has_countdown(const struct quiz_game *game)
{
    return game->item.duration_ns > 0;
}

int64_t quiz_game_remaining(const struct quiz_game *game, int64_t now)
{
    bool runs = game->phase == QUIZ_OPEN || game->phase == QUIZ_LOCKED;
    if (!runs || !quiz_game_has_countdown(game) || now >= game->deadline)
        return 0;
    int64_t left = game->deadline - now;
    return left < game->item.duration_ns ? left : game->item.duration_ns;
}

bool quiz_game_is_right(const struct quiz_game *game)
{
    return game->item.kind == QUIZ_QUESTION && game->choice == game->item.correct;
}

static void reveal(struct quiz_game *game, int64_t now)
{
    game->phase = QUIZ_REVEALED;
    game->hide_at = now + QUIZ_REVEAL_NS;
    game->focus = -1;
    if (game->is_replay)
        return;
    game->counted++;
    if (quiz_game_is_right(game))
        game->right_count++;
}

static void thank(struct quiz_game *game, int64_t now)
{
    game->phase = QUIZ_THANKED;
    game->hide_at = now + QUIZ_THANKS_NS;
    game->focus = -1;
}

/* Answers end: at the countdown's end, or when a question without one has stood for long enough. */
static void close_question(struct quiz_game *game, int64_t now)
{
    if (game->item.kind == QUIZ_POLL)
        thank(game, now);
    else if (quiz_game_has_countdown(game) || game->choice >= 0)
        reveal(game, now);
    else
        hide(game);
}

static bool drop_toasts(struct quiz_game *game, int64_t now)
{
    int kept = 0;
    for (int i = 0; i < game->toast_count; i++) {
        const struct quiz_toast *toast = &game->toasts[i];
        if (now < toast->until && now >= toast->since - QUIZ_SEEK_SLACK_NS) {
            if (kept != i)
                game->toasts[kept] = *toast;
            kept++;
        }
    }
    bool changed = kept != game->toast_count;
    game->toast_count = kept;
    return changed;
}

bool quiz_game_advance(struct quiz_game *game, int64_t now)
{
    bool changed = drop_toasts(game, now);
    if (game->phase == QUIZ_HIDDEN)
        return changed;
    if (now < game->start - QUIZ_SEEK_SLACK_NS) {
        hide(game); /* a seek back to before the question: its cue will come again */
        return true;
    }
    bool takes_answers = game->phase == QUIZ_OPEN || game->phase == QUIZ_LOCKED;
    if (takes_answers && now >= game->deadline) {
        close_question(game, now);
        changed = true;
    }
    takes_answers = game->phase == QUIZ_OPEN || game->phase == QUIZ_LOCKED;
    if (!takes_answers && game->phase != QUIZ_HIDDEN && now >= game->hide_at) {
        hide(game);
        changed = true;
    }
    return changed;
}

static bool is_same_question(const struct quiz_item *a, const struct quiz_item *b)
{
    if (strcmp(a->id, b->id) != 0 || strcmp(a->text, b->text) != 0 || a->answer_count != b->answer_count)
        return false;
    for (int i = 0; i < a->answer_count; i++)
        if (strcmp(a->answers[i], b->answers[i]) != 0)
            return false;
    return true;
}

/* The question that is, or just was, on screen comes once more. */
static bool repeat_question(struct quiz_game *game, const struct quiz_item *item, int64_t now)
{
    if (item->correct < 0 || game->item.correct >= 0 || game->phase == QUIZ_REVEALED)
        return false;
    game->item.kind = QUIZ_QUESTION;
    game->item.correct = item->correct;
    reveal(game, now);
    return true;
}

static bool show_question(struct quiz_game *game, const struct quiz_item *item, uint64_t cue_id, int64_t pts,
                          int64_t now)
{
    int64_t open = item->duration_ns > 0 ? item->duration_ns : QUIZ_OPEN_MAX_NS;
    if (now - pts >= open)
        return false;
    bool is_repeat =
        game->phase != QUIZ_HIDDEN || (pts > game->last_pts && pts - game->last_pts < QUIZ_REPEAT_NS);
    if (is_repeat && is_same_question(&game->item, item)) {
        game->last_pts = pts;
        return repeat_question(game, item, now);
    }

    game->phase = QUIZ_OPEN;
    game->item = *item;
    game->cue_id = cue_id;
    game->start = pts;
    game->last_pts = pts;
    game->deadline = pts + open;
    game->choice = -1;
    game->focus = -1;
    game->is_replay = was_seen(game, cue_id);
    if (!game->is_replay) {
        game->number++;
        remember(game, cue_id);
    }
    return true;
}

static bool show_toast(struct quiz_game *game, const struct quiz_item *item, int64_t pts, int64_t now)
{
    int64_t length = item->duration_ns > 0 ? item->duration_ns : QUIZ_TOAST_NS;
    if (length > QUIZ_TOAST_MAX_NS)
        length = QUIZ_TOAST_MAX_NS;
    int64_t until = pts + length;
    if (now >= until)
        return false;

    const char *title = item->kind == QUIZ_FREE_TEXT ? "" : item->text;
    const char *text = item->kind == QUIZ_FREE_TEXT ? item->text : item->detail;
    for (int i = 0; i < game->toast_count; i++) {
        struct quiz_toast *toast = &game->toasts[i];
        if (toast->kind == item->kind && strcmp(toast->id, item->id) == 0 &&
            strcmp(toast->title, title) == 0 && strcmp(toast->text, text) == 0) {
            toast->until = until; /* shops repeat theirs each second */
            return false;
        }
    }
    if (game->toast_count == QUIZ_TOASTS_MAX) {
        memmove(game->toasts, game->toasts + 1, sizeof(game->toasts[0]) * (QUIZ_TOASTS_MAX - 1));
        game->toast_count--;
    }
    struct quiz_toast *toast = &game->toasts[game->toast_count++];
    toast->kind = item->kind;
    toast->since = now;
    toast->until = until;
    memcpy(toast->id, item->id, sizeof(toast->id));
    memcpy(toast->title, title, strlen(title) + 1); /* from fields of the same size */
    memcpy(toast->text, text, strlen(text) + 1);
    return true;
}

bool quiz_game_show(struct quiz_game *game, const struct quiz_item *item, uint64_t cue_id, int64_t pts,
                    int64_t now)
{
    switch (item->kind) {
    case QUIZ_IGNORED:
        return false;
    case QUIZ_QUESTION:
    case QUIZ_POLL:
        return show_question(game, item, cue_id, pts, now);
    case QUIZ_STOP:
        game->item.text[0] = '\0'; /* the same question after a stop is asked anew */
        return quiz_game_dismiss(game);
    case QUIZ_NOTICE:
    case QUIZ_PRODUCT:
    case QUIZ_OVERLAY:
    case QUIZ_FREE_TEXT:
        return show_toast(game, item, pts, now);
    }
    return false;
}

bool quiz_game_answer(struct quiz_game *game, int index, int64_t now)
{
    if (game->phase != QUIZ_OPEN || index < 0 || index >= game->item.answer_count || now >= game->deadline)
        return false;
    game->choice = index;
    game->focus = -1;
    if (game->item.kind == QUIZ_POLL)
        thank(game, now);
    else if (quiz_game_has_countdown(game))
        game->phase = QUIZ_LOCKED;
    else
        reveal(game, now);
    return true;
}

bool quiz_game_set_focus(struct quiz_game *game, int index)
{
    bool is_valid = game->phase == QUIZ_OPEN && index >= -1 && index < game->item.answer_count;
    if (!is_valid || index == game->focus)
        return false;
    game->focus = index;
    return true;
}

bool quiz_game_move_focus(struct quiz_game *game, int dx, int dy, int columns)
{
    if (game->phase != QUIZ_OPEN || columns < 1)
        return false;
    if (game->focus < 0)
        return quiz_game_set_focus(game, 0);
    int column = game->focus % columns + dx;
    int index = game->focus + dx + dy * columns;
    if (column < 0 || column >= columns || index < 0)
        return false;
    return quiz_game_set_focus(game, index);
}

bool quiz_game_dismiss(struct quiz_game *game)
{
    if (game->phase == QUIZ_HIDDEN)
        return false;
    hide(game);
    return true;
}

int quiz_game_auto_answer(const struct quiz_game *game, int64_t now)
{
    int64_t wait = quiz_game_has_countdown(game) ? game->item.duration_ns * 2 / 5 : INT64_C(4) * 1000000000;
    if (game->phase != QUIZ_OPEN || now - game->start < wait)
        return -1;
    if (game->item.kind == QUIZ_POLL)
        return game->number % game->item.answer_count;
    bool is_wrong = game->number % 3 == 0;
    return (game->item.correct + is_wrong) % game->item.answer_count;
}

const char *quiz_phase_name(enum quiz_phase phase)
{
    switch (phase) {
    case QUIZ_HIDDEN:
        return "hidden";
    case QUIZ_OPEN:
        return "open";
    case QUIZ_LOCKED:
        return "answered";
    case QUIZ_REVEALED:
        return "revealed";
    case QUIZ_THANKED:
        return "thanked";
    }
    return "hidden";
}
