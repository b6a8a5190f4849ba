/*
 * The window of `aizu play`: picture, keys, progress bar and statistics, on the main thread.
 */
#ifndef AIZU_DEMO_WINDOW_H
#define AIZU_DEMO_WINDOW_H

#include "play.h"

typedef struct window window;

/* NULL after a message on standard error that says what to do without a display. */
window *window_open(play *p);

/* Plays until the session is over. */
void window_run(window *w);

void window_close(window **w); /* NULL allowed; when the player is destroyed */

#endif
