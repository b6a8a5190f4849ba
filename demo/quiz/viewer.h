/*
 * The viewer: a player, a window, and the quiz between them, all on the thread that calls quiz_viewer_run().
 */
#ifndef QUIZ_VIEWER_H
#define QUIZ_VIEWER_H

#include "options.h"

/* Runs until the window is closed, the duration is over, or the stream ends. The exit status: 0; 1 when the
 * stream failed for good, nothing could be opened, or a screenshot was asked for and not taken. */
int quiz_viewer_run(const struct quiz_options *options);

#endif
