/*
 * `aizu play`: one session, from load to its exit status. The loops (headless here, window.c with a window)
 * call play_step() whenever something may have happened.
 */
#ifndef AIZU_DEMO_PLAY_H
#define AIZU_DEMO_PLAY_H

#include <stdatomic.h>
#include <stdbool.h>

#include <aizu/aizu.h>

#include "log.h"
#include "options.h"

enum {
    EXIT_ENDED = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_DURATION = 3,
    EXIT_USER = 4,
};

#define COMMAND_SIZE_MAX 256

typedef struct aizu_sdl_picture aizu_sdl_picture;

typedef struct play {
    const options *options;
    aizu_player *player;
    aizu_sdl_picture *picture; /* that text is drawn over; NULL: none */
    event_log log;
    atomic_int state;       /* aizu_state, as the last event told */
    atomic_bool has_failed; /* a fatal error was told */
    bool is_over;           /* reason and status are set */
    const char *reason;     /* "ended", "failed", "duration", "user" */
    int status;
    int64_t stats_at;
    bool is_input_open; /* standard input */
    char input[COMMAND_SIZE_MAX];
    size_t input_size;
} play;

/* Runs `aizu play`; the exit status. */
int play_main(int argc, char **argv);

/* Callbacks, commands, statistics and the time limit; false when the session is over. Does not wait. */
bool play_step(play *p);

/* How long a loop may sleep before the next step, ns. */
int64_t play_sleep_max(const play *p);

/* Ends the session: the user wants to. */
void play_quit(play *p);

/* The next quality up (+1) or down (-1) by bandwidth; the next rendition, none after the last text; the next
 * rate; and the pause key's toggle. */
void play_set_quality(play *p, const char *text); /* a number, a name or "auto" */
void play_shift_quality(play *p, int direction);
void play_next_rendition(play *p, aizu_rendition_kind kind);
void play_shift_rate(play *p, int direction);
void play_toggle_pause(play *p);

/* One line of the command language; unknown ones are reported on standard error. */
void play_command(play *p, char *line);

#endif
