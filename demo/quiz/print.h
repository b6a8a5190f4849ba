/*
 * What happens, as lines for --print: seconds since start, what, details. Free text of strangers is cleaned
 * first.
 */
#ifndef QUIZ_PRINT_H
#define QUIZ_PRINT_H

#include "aizu/aizu.h"
#include "game.h"

struct quiz_printer {
    bool is_on;
    int64_t start; /* aizu_now() at the beginning */
};

void quiz_print_event(const struct quiz_printer *printer, const aizu_event *event);
/* frame_pts: of the frame that brought it, AIZU_NO_TIME when none did. */
void quiz_print_cue(const struct quiz_printer *printer, const aizu_cue *cue, const struct quiz_item *item,
                    int64_t frame_pts);
void quiz_print_game(const struct quiz_printer *printer, const struct quiz_game *game);
void quiz_print_line(const struct quiz_printer *printer, const char *what, const char *format, ...);

const char *quiz_state_name(aizu_state state);

#endif
