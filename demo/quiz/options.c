/*
 * getopt_long with ranges; see options.h.
 */
#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SIDE_MIN     160
#define SIDE_MAX     7680
#define SECONDS_MAX  1e6
#define CARD_DEFAULT (-1)

static const char usage[] =
    "Usage: aizu-quiz [options] URL\n"
    "Plays an HLS stream and shows the questions, polls and notices in it, each on its own frame.\n"
    "\n"
    "  --size WxH            of the window (1280x720)\n"
    "  --duration S          ends after so many seconds\n"
    "  --screenshot FILE     writes what a viewer sees as PNG, with the first question card on it\n"
    "  --screenshot-at S     ... or so many seconds after the first frame\n"
    "  --screenshot-card     ... with the first card (the default)\n"
    "  --auto-answer         answers by itself\n"
    "  --print               a line on standard output for each cue and each change of state\n"
    "  --mute                no sound, and no sound device\n"
    "  --font FILE           try this font before those of the system\n"
    "\n"
    "Keys: 1 to 9, arrows and Enter answer; Esc closes a card; Space pauses, M mutes, F full screen, Q "
    "quits.\n";

static bool read_size(const char *text, int *width, int *height)
{
    char *end;
    long w = strtol(text, &end, 10);
    long h = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end || w < SIDE_MIN || h < SIDE_MIN || w > SIDE_MAX || h > SIDE_MAX)
        return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

static bool read_seconds(const char *text, int64_t *out)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0 && seconds <= SECONDS_MAX))
        return false;
    *out = (int64_t)llround(seconds * 1e9);
    return true;
}

enum option_letter {
    OPTION_SIZE = 256,
    OPTION_DURATION,
    OPTION_SCREENSHOT,
    OPTION_SCREENSHOT_AT,
    OPTION_SCREENSHOT_CARD,
    OPTION_AUTO_ANSWER,
    OPTION_PRINT,
    OPTION_MUTE,
    OPTION_FONT,
    OPTION_HELP,
};

/* False when the value is out of range or the option unknown. */
static bool take_option(struct quiz_options *options, int letter, const char *value)
{
    switch (letter) {
    case OPTION_SIZE:
        return read_size(value, &options->width, &options->height);
    case OPTION_DURATION:
        return read_seconds(value, &options->duration_ns);
    case OPTION_SCREENSHOT:
        options->screenshot = value;
        return true;
    case OPTION_SCREENSHOT_AT:
        return read_seconds(value, &options->screenshot_at_ns);
    case OPTION_SCREENSHOT_CARD:
        options->screenshot_at_ns = CARD_DEFAULT;
        return true;
    case OPTION_AUTO_ANSWER:
        options->auto_answer = true;
        return true;
    case OPTION_PRINT:
        options->print = true;
        return true;
    case OPTION_MUTE:
        options->mute = true;
        return true;
    case OPTION_FONT:
        options->font = value;
        return true;
    default:
        return false;
    }
}

enum quiz_options_result quiz_options_read(struct quiz_options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"size", required_argument, NULL, OPTION_SIZE},
        {"duration", required_argument, NULL, OPTION_DURATION},
        {"screenshot", required_argument, NULL, OPTION_SCREENSHOT},
        {"screenshot-at", required_argument, NULL, OPTION_SCREENSHOT_AT},
        {"screenshot-card", no_argument, NULL, OPTION_SCREENSHOT_CARD},
        {"auto-answer", no_argument, NULL, OPTION_AUTO_ANSWER},
        {"print", no_argument, NULL, OPTION_PRINT},
        {"mute", no_argument, NULL, OPTION_MUTE},
        {"font", required_argument, NULL, OPTION_FONT},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
    };
    *options = (struct quiz_options){.width = 1280, .height = 720, .screenshot_at_ns = CARD_DEFAULT};

    int letter, index = 0;
    while ((letter = getopt_long(argc, argv, "", names, &index)) != -1) {
        if (letter == OPTION_HELP) {
            fputs(usage, stdout);
            return QUIZ_OPTIONS_DONE;
        }
        if (letter == '?') /* getopt_long has said what is wrong */
            return QUIZ_OPTIONS_WRONG;
        if (!take_option(options, letter, optarg)) {
            fprintf(stderr, "aizu-quiz: --%s: \"%s\" is out of range\n", names[index].name, optarg);
            return QUIZ_OPTIONS_WRONG;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return QUIZ_OPTIONS_WRONG;
    }
    options->url = argv[optind];
    return QUIZ_OPTIONS_RUN;
}
