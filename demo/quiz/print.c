/*
 * Lines of --print; see print.h.
 */
#include "print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

const char *quiz_state_name(aizu_state state)
{
    switch (state) {
    case AIZU_STATE_IDLE:
        return "idle";
    case AIZU_STATE_READY:
        return "ready";
    case AIZU_STATE_BUFFERING:
        return "buffering";
    case AIZU_STATE_PLAYING:
        return "playing";
    case AIZU_STATE_ENDED:
        return "ended";
    }
    return "unknown";
}

void quiz_print_line(const struct quiz_printer *printer, const char *what, const char *format, ...)
{
    if (!printer->is_on)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("%8.3f  %-11s ", aizu_seconds(aizu_now() - printer->start), what);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    va_end(arguments);
}

void quiz_print_event(const struct quiz_printer *printer, const aizu_event *event)
{
    switch (event->type) {
    case AIZU_EVENT_STATE:
        quiz_print_line(printer, "state", "%s", quiz_state_name(event->state));
        break;
    case AIZU_EVENT_FIRST_FRAME:
        quiz_print_line(printer, "first frame", "position %.3f s", aizu_seconds(event->position));
        break;
    case AIZU_EVENT_QUALITY:
        quiz_print_line(printer, "quality", "%d", event->quality);
        break;
    case AIZU_EVENT_SEEKED:
        quiz_print_line(printer, "seeked", "position %.3f s", aizu_seconds(event->position));
        break;
    case AIZU_EVENT_STALL:
        quiz_print_line(printer, "stall", "position %.3f s", aizu_seconds(event->position));
        break;
    case AIZU_EVENT_ERROR:
        if (event->error)
            quiz_print_line(printer, event->error->is_fatal ? "fatal" : "error", "%s: %s: %s",
                            aizu_result_name(event->error->result), event->error->stage,
                            event->error->detail);
        break;
    case AIZU_EVENT_DURATION:
    case AIZU_EVENT_QUALITIES:
    case AIZU_EVENT_FRAME:
    case AIZU_EVENT_INPUT:
    case AIZU_EVENT_RENDITIONS:
    case AIZU_EVENT_RENDITION:
    case AIZU_EVENT_KEY:
    case AIZU_EVENT_THUMBNAIL:
        break;
    }
}

void quiz_print_cue(const struct quiz_printer *printer, const aizu_cue *cue, const struct quiz_item *item,
                    int64_t frame_pts)
{
    if (!printer->is_on)
        return;
    char where[64], owner[96], words[160], flags[32];
    if (frame_pts == AIZU_NO_TIME)
        snprintf(where, sizeof(where), "no frame");
    else
        snprintf(where, sizeof(where), "frame %.3f", aizu_seconds(frame_pts));
    snprintf(flags, sizeof(flags), "%s%s%s", cue->flags & AIZU_CUE_LATE ? " late" : "",
             cue->flags & AIZU_CUE_SKIPPED ? " skipped" : "", cue->flags & AIZU_CUE_REPLAY ? " replay" : "");
    quiz_utf8_clean(owner, sizeof(owner), cue->key, strlen(cue->key));
    quiz_utf8_clean(words, sizeof(words), item->text, strlen(item->text));
    quiz_print_line(printer, "cue", "%.3f on %s%s  %s %s  %s%s%s", aizu_seconds(cue->pts), where, flags,
                    cue->name, owner, quiz_kind_name(item->kind), words[0] ? ": " : "", words);
}

void quiz_print_game(const struct quiz_printer *printer, const struct quiz_game *game)
{
    const char *phase = quiz_phase_name(game->phase);
    const char *choice = game->choice >= 0 ? game->item.answers[game->choice] : "none";
    switch (game->phase) {
    case QUIZ_HIDDEN:
        quiz_print_line(printer, "card", "%s", phase);
        break;
    case QUIZ_OPEN:
        quiz_print_line(printer, "card", "%s, %d answers, %.0f s: %s", phase, game->item.answer_count,
                        (double)game->item.duration_ns / 1e9, game->item.text);
        break;
    case QUIZ_LOCKED:
    case QUIZ_THANKED:
        quiz_print_line(printer, "card", "%s: %s", phase, choice);
        break;
    case QUIZ_REVEALED:
        quiz_print_line(printer, "card", "%s: %s, the answer is %s; score %d of %d", phase,
                        quiz_game_is_right(game) ? "right" : "not right",
                        game->item.answers[game->item.correct], game->right_count, game->counted);
        break;
    }
}
