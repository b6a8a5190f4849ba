/*
 * The quiz as a viewer plays it: which question is open, until when, what was chosen, the score, and the
 * small notices beside it.
 *
 * Pure state: items (payload.h) and times come in, draw.c shows what is here. All times are stream time, the
 * scale of aizu_player_position(): a stalled stream stops the countdown, and a viewer two seconds behind
 * another has the same time to answer. The caller owns the struct; nothing is allocated.
 */
#ifndef QUIZ_GAME_H
#define QUIZ_GAME_H

#include <stdbool.h>
#include <stdint.h>

#include "payload.h"

#define QUIZ_TOASTS_MAX    3
#define QUIZ_REMEMBER_MAX  64                            /* questions whose replay does not count again */
#define QUIZ_REVEAL_NS     (INT64_C(5) * 1000000000)     /* the right answer stays on screen */
#define QUIZ_THANKS_NS     (INT64_C(5) * 1000000000 / 2) /* after a vote */
#define QUIZ_OPEN_MAX_NS   (INT64_C(60) * 1000000000)    /* a question without a countdown */
#define QUIZ_TOAST_NS      (INT64_C(5) * 1000000000)     /* a notice without a duration */
#define QUIZ_TOAST_MAX_NS  (INT64_C(15) * 1000000000)    /* and one with a long one */
#define QUIZ_REPEAT_NS     (INT64_C(10) * 1000000000)    /* the same question within it is a repetition */
#define QUIZ_SEEK_SLACK_NS (INT64_C(1) * 1000000000)     /* steps back that are no seek */

enum quiz_phase {
    QUIZ_HIDDEN = 0,
    QUIZ_OPEN,     /* waits for an answer */
    QUIZ_LOCKED,   /* answered; the countdown still runs for the others */
    QUIZ_REVEALED, /* right or wrong is shown */
    QUIZ_THANKED,  /* a vote was given, or a poll has ended */
};

struct quiz_toast {
    enum quiz_kind kind;
    int64_t since;
    int64_t until;
    char id[QUIZ_ID_SIZE];
    char title[QUIZ_TEXT_SIZE];
    char text[QUIZ_TEXT_SIZE];
};

struct quiz_game {
    enum quiz_phase phase;
    struct quiz_item item;
    uint64_t cue_id;
    int64_t start;
    int64_t last_pts; /* of this question's last repetition */
    int64_t deadline; /* of answers */
    int64_t hide_at;  /* when REVEALED or THANKED ends */
    int choice;       /* index, -1: none */
    int focus;        /* of the keyboard or mouse, -1: none */
    int number;       /* of this question in the show, from 1 */
    bool is_replay;   /* seen before: does not count */

    int right_count;
    int counted; /* questions that count, answered or not, whose answer was revealed */

    struct quiz_toast toasts[QUIZ_TOASTS_MAX]; /* oldest first */
    int toast_count;

    uint64_t seen[QUIZ_REMEMBER_MAX]; /* ids of cues, a ring */
    int seen_count;
};

void quiz_game_init(struct quiz_game *game);

/*
 * An item whose cue has the time `pts` is there now. A question begins at pts, so one that comes late or was
 * jumped over has that much less time, or none and is not shown. The same question again, as channels repeat
 * it for late joiners, changes nothing but what was unknown: a poll that comes again with a right answer is
 * revealed. Returns true when something on screen changes.
 */
bool quiz_game_show(struct quiz_game *game, const struct quiz_item *item, uint64_t cue_id, int64_t pts,
                    int64_t now);

/* Time has gone on (or back: after a seek). True when something but the countdown changes. */
bool quiz_game_advance(struct quiz_game *game, int64_t now);

/* Chooses an answer, while QUIZ_OPEN. False when it is not taken. */
bool quiz_game_answer(struct quiz_game *game, int index, int64_t now);

/* Moves the focus by columns and rows in a grid `columns` wide. False when it stays. */
bool quiz_game_move_focus(struct quiz_game *game, int dx, int dy, int columns);
bool quiz_game_set_focus(struct quiz_game *game, int index);

/* Takes the card away; an unanswered question is given up. */
bool quiz_game_dismiss(struct quiz_game *game);

bool quiz_game_has_countdown(const struct quiz_game *game);
/* ns until answers end, never negative; 0 without a countdown. */
int64_t quiz_game_remaining(const struct quiz_game *game, int64_t now);
bool quiz_game_is_right(const struct quiz_game *game);

/* For unattended runs: what a player of some skill would answer now, -1: not yet. Two in three are right. */
int quiz_game_auto_answer(const struct quiz_game *game, int64_t now);

const char *quiz_phase_name(enum quiz_phase phase);

#endif
