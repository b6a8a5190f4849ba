/*
 * The log of `aizu play`: one JSON object a line (docs/aizu.md), or short lines for people. Any thread may
 * log.
 */
#ifndef AIZU_DEMO_LOG_H
#define AIZU_DEMO_LOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include <aizu/aizu.h>

typedef struct event_log {
    FILE *file;           /* JSON lines; NULL: text on standard output */
    bool is_own;          /* the file is closed at the end */
    int64_t load;         /* monotonic time of load */
    pthread_mutex_t lock; /* a line at a time */
} event_log;

/* False after a message on standard error. path NULL: text, "-": JSON on standard output. */
bool log_open(event_log *out, const char *path);
void log_close(event_log *l);

void log_cue(event_log *l, const aizu_cue *cue, int64_t now);
void log_event(event_log *l, const aizu_event *event, const aizu_player *player, int64_t now);
void log_stats(event_log *l, const aizu_player *player, int64_t now);
void log_end(event_log *l, const char *reason, int status, int64_t now);

const char *log_state_name(aizu_state state);

#endif
