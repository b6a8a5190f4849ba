/*
 * The command line. Strings point into argv.
 */
#ifndef CH_OPTIONS_H
#define CH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ch_options {
    const char *bind;
    uint16_t port;     /* 0: any free one */
    const char *input; /* NULL: the drawn programme */
    const char *font;
    const char *vod_dir; /* write a recording there and end */
    const char *cues;
    const char *cue_log;
    const char *preset;
    int width, height;
    int fps;
    double segment_seconds;
    double part_seconds; /* of the low-latency playlists */
    unsigned window;
    double duration_seconds; /* 0: no end */
    double prefill_seconds;  /* this much is there when the server starts */
    double cue_every_seconds;
    unsigned put_rate;
    bool segment_metadata;
    int64_t pts_first;
    int64_t wall_first; /* seconds since 1970; -1: now, or 2026-01-01 for a recording */
} ch_options;

typedef enum ch_options_result {
    CH_OPTIONS_RUN,
    CH_OPTIONS_DONE,  /* help or version was printed */
    CH_OPTIONS_WRONG, /* a message was printed */
} ch_options_result;

ch_options_result ch_options_parse(ch_options *out, int argc, char **argv);

#endif
