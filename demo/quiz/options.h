/*
 * The command line of aizu-quiz.
 */
#ifndef QUIZ_OPTIONS_H
#define QUIZ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct quiz_options {
    const char *url;
    const char *font;         /* NULL: the system's */
    const char *screenshot;   /* PNG file, NULL: none */
    int width, height;        /* of the window */
    int64_t duration_ns;      /* 0: until closed or the stream ends */
    int64_t screenshot_at_ns; /* after the first frame; -1: with the first card */
    bool auto_answer;
    bool print;
    bool mute;
};

enum quiz_options_result {
    QUIZ_OPTIONS_RUN,
    QUIZ_OPTIONS_DONE,  /* help was asked for and printed */
    QUIZ_OPTIONS_WRONG, /* and said so on stderr */
};

/* Strings point into argv. */
enum quiz_options_result quiz_options_read(struct quiz_options *options, int argc, char **argv);

#endif
