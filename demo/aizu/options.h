/*
 * The command line of `aizu play`.
 */
#ifndef AIZU_DEMO_OPTIONS_H
#define AIZU_DEMO_OPTIONS_H

#include <stdbool.h>

#include <aizu/aizu.h>

#define KEY_SIZE 16

typedef struct options {
    const char *url;
    aizu_video_output video; /* PULL: a window */
    int64_t duration;        /* ns after load, AIZU_FOREVER */
    int64_t start;           /* ns or AIZU_NO_TIME */
    int64_t stats_every;     /* ns, 0: only at the end */
    const char *log_path;    /* NULL: text for people on standard output; "-": JSON there */
    bool is_logging_frames;
    const char *headers[AIZU_HEADERS_MAX];
    int header_count;
    const char *quality; /* a number, "auto", a name, or NULL */
    const char *ca_file;
    int64_t hold_back;                            /* ns, 0: the playlist's */
    const char *audio_languages, *text_languages; /* NULL: not given */
    double rate;
    uint8_t key[KEY_SIZE];
    bool has_key;         /* answers every AIZU_EVENT_KEY */
    bool is_captions_off; /* they are logged and not drawn */
    bool is_muted;
    bool is_full_screen;
    bool is_verbose;
    bool is_early;        /* also log cues when they are received */
    bool is_housekeeping; /* also a service's own frames */
} options;

/* False after a message on standard error. Strings point into argv. */
bool options_parse(options *out, int argc, char **argv);

/* What `aizu play --help` prints. */
extern const char options_help[];

#endif
