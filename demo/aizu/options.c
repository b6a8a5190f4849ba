/*
 * `aizu play`: options from argv into a struct; see options.h and docs/aizu.md.
 */
#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: aizu play [options] URL\n"
    "\n"
    "  --headless         decode in real time, without window and sound device\n"
    "  --no-decode        network, demuxing and cues in real time, nothing is decoded\n"
    "  --duration S       stop S seconds after load\n"
    "  --start S          begin at S seconds\n"
    "  --quality N|auto   a quality by number or name\n"
    "  --log FILE|-       write JSON lines (docs/aizu.md) to a file or standard output\n"
    "  --log-frames       with a line for each frame that was presented\n"
    "  --log-stats S      a line of statistics each S seconds (default 5, 0: only the last)\n"
    "  --header LINE      a request header, as in 'Origin: https://example.com'; may be repeated\n"
    "  --ca-file FILE     trust the certificates in a PEM file instead of the system's\n"
    "  --audio-language L preferred languages of the sound, best first, as in 'ja,en'\n"
    "  --text-language L  the same for subtitles and captions, which are off without it\n"
    "  --captions-off     log subtitles and captions, and do not draw them\n"
    "  --rate R           begin at this rate, 0.25 to 2\n"
    "  --key HEX          the key of an encrypted stream, 32 hexadecimal digits, in place of fetching it\n"
    "  --hold-back S      begin a live stream S seconds behind its edge\n"
    "  --early            also log cues when they are received, seconds ahead\n"
    "  --housekeeping     also log the frames that services send for themselves\n"
    "  --mute             begin muted\n"
    "  --full-screen      begin in full screen\n"
    "  --verbose          the library's log on standard error\n"
    "\n"
    "Standard input takes commands, one a line: pause, play, seek S, seek live, seek-fast S, rate R,\n"
    "quality N|auto, audio N|auto, text N|auto|off, thumbnail S, mute, unmute, volume 0..1, quit.\n"
    "Keys: space pause, left/right 10 s, home start, end live edge, up/down quality, 0 automatic,\n"
    "a sound, s subtitles, [ and ] rate, m mute, f full screen, i statistics, q or escape quit.\n"
    "Exit status: 0 ended, 1 failed, 2 wrong usage, 3 stopped by --duration, 4 stopped by the user.\n";

enum {
    OPT_HEADLESS = 256,
    OPT_NO_DECODE,
    OPT_DURATION,
    OPT_START,
    OPT_QUALITY,
    OPT_LOG,
    OPT_LOG_FRAMES,
    OPT_LOG_STATS,
    OPT_HEADER,
    OPT_CA_FILE,
    OPT_HOLD_BACK,
    OPT_EARLY,
    OPT_HOUSEKEEPING,
    OPT_MUTE,
    OPT_FULL_SCREEN,
    OPT_VERBOSE,
    OPT_AUDIO_LANGUAGE,
    OPT_TEXT_LANGUAGE,
    OPT_CAPTIONS_OFF,
    OPT_RATE,
    OPT_KEY,
    OPT_HELP,
};

static const struct option long_options[] = {
    {"headless", no_argument, NULL, OPT_HEADLESS},
    {"no-decode", no_argument, NULL, OPT_NO_DECODE},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"start", required_argument, NULL, OPT_START},
    {"quality", required_argument, NULL, OPT_QUALITY},
    {"log", required_argument, NULL, OPT_LOG},
    {"log-frames", no_argument, NULL, OPT_LOG_FRAMES},
    {"log-stats", required_argument, NULL, OPT_LOG_STATS},
    {"header", required_argument, NULL, OPT_HEADER},
    {"ca-file", required_argument, NULL, OPT_CA_FILE},
    {"hold-back", required_argument, NULL, OPT_HOLD_BACK},
    {"early", no_argument, NULL, OPT_EARLY},
    {"housekeeping", no_argument, NULL, OPT_HOUSEKEEPING},
    {"mute", no_argument, NULL, OPT_MUTE},
    {"full-screen", no_argument, NULL, OPT_FULL_SCREEN},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"audio-language", required_argument, NULL, OPT_AUDIO_LANGUAGE},
    {"text-language", required_argument, NULL, OPT_TEXT_LANGUAGE},
    {"captions-off", no_argument, NULL, OPT_CAPTIONS_OFF},
    {"rate", required_argument, NULL, OPT_RATE},
    {"key", required_argument, NULL, OPT_KEY},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static bool read_seconds(const char *name, const char *text, int64_t *out)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0.0 && seconds < 1e9)) {
        fprintf(stderr, "aizu: --%s: '%s' is not a number of seconds\n", name, text);
        return false;
    }
    *out = (int64_t)llround(seconds * (double)AIZU_SECOND);
    return true;
}

static bool read_rate(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end != text && !*end && *out >= 0.25 && *out <= 2.0)
        return true;
    fprintf(stderr, "aizu: --rate: '%s' is not a number from 0.25 to 2\n", text);
    return false;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_key(const char *text, options *out)
{
    bool is_good = strlen(text) == 2 * KEY_SIZE;
    for (size_t i = 0; is_good && i < KEY_SIZE; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        is_good = high >= 0 && low >= 0;
        out->key[i] = (uint8_t)(is_good ? high << 4 | low : 0);
    }
    if (!is_good)
        fprintf(stderr, "aizu: --key takes %d hexadecimal digits\n", 2 * KEY_SIZE);
    return out->has_key = is_good;
}

static bool add_header(options *out, const char *line)
{
    if (out->header_count == AIZU_HEADERS_MAX) {
        fprintf(stderr, "aizu: more than %d headers\n", AIZU_HEADERS_MAX);
        return false;
    }
    out->headers[out->header_count++] = line;
    return true;
}

static bool take_valued(options *out, int option, const char *value)
{
    switch (option) {
    case OPT_DURATION:
        return read_seconds("duration", value, &out->duration);
    case OPT_START:
        return read_seconds("start", value, &out->start);
    case OPT_LOG_STATS:
        return read_seconds("log-stats", value, &out->stats_every);
    case OPT_HOLD_BACK:
        return read_seconds("hold-back", value, &out->hold_back);
    case OPT_HEADER:
        return add_header(out, value);
    case OPT_RATE:
        return read_rate(value, &out->rate);
    case OPT_KEY:
        return read_key(value, out);
    case OPT_AUDIO_LANGUAGE:
        out->audio_languages = value;
        return true;
    case OPT_TEXT_LANGUAGE:
        out->text_languages = value;
        return true;
    case OPT_QUALITY:
        out->quality = value;
        return true;
    case OPT_LOG:
        out->log_path = value;
        return true;
    case OPT_CA_FILE:
        out->ca_file = value;
        return true;
    }
    return false;
}

static bool take(options *out, int option, const char *value)
{
    switch (option) {
    case OPT_HEADLESS:
        out->video = AIZU_VIDEO_HEADLESS;
        return true;
    case OPT_NO_DECODE:
        out->video = AIZU_VIDEO_NO_DECODE;
        return true;
    case OPT_LOG_FRAMES:
        return out->is_logging_frames = true;
    case OPT_EARLY:
        return out->is_early = true;
    case OPT_HOUSEKEEPING:
        return out->is_housekeeping = true;
    case OPT_CAPTIONS_OFF:
        return out->is_captions_off = true;
    case OPT_MUTE:
        return out->is_muted = true;
    case OPT_FULL_SCREEN:
        return out->is_full_screen = true;
    case OPT_VERBOSE:
        return out->is_verbose = true;
    }
    return take_valued(out, option, value);
}

bool options_parse(options *out, int argc, char **argv)
{
    *out = (options){
        .video = AIZU_VIDEO_PULL,
        .duration = AIZU_FOREVER,
        .start = AIZU_NO_TIME,
        .stats_every = 5 * AIZU_SECOND,
        .rate = 1.0,
    };
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(options_help, stdout);
            exit(0);
        }
        if (option == '?' || !take(out, option, optarg))
            return false;
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "aizu: %s (aizu play --help)\n", optind < argc ? "more than one URL" : "no URL");
        return false;
    }
    out->url = argv[optind];
    return true;
}
