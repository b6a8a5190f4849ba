/*
 * getopt_long with ranges; see options.h.
 */
#include "options.h"

#include "cues.h"
#include "limit.h"
#include "log.h"
#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MIN 64
#define SIDE_MAX 4096

enum {
    OPT_PORT = 256,
    OPT_BIND,
    OPT_INPUT,
    OPT_SIZE,
    OPT_FPS,
    OPT_FONT,
    OPT_PRESET,
    OPT_SEGMENT,
    OPT_PART,
    OPT_WINDOW,
    OPT_PREFILL,
    OPT_DURATION,
    OPT_PUT_RATE,
    OPT_CUES,
    OPT_CUE_EVERY,
    OPT_CUE_LOG,
    OPT_SEGMENT_METADATA,
    OPT_VOD_DIR,
    OPT_PTS_START,
    OPT_WALL_START,
    OPT_HELP,
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, OPT_PORT},
    {"bind", required_argument, NULL, OPT_BIND},
    {"input", required_argument, NULL, OPT_INPUT},
    {"size", required_argument, NULL, OPT_SIZE},
    {"fps", required_argument, NULL, OPT_FPS},
    {"font", required_argument, NULL, OPT_FONT},
    {"preset", required_argument, NULL, OPT_PRESET},
    {"segment", required_argument, NULL, OPT_SEGMENT},
    {"part", required_argument, NULL, OPT_PART},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"prefill", required_argument, NULL, OPT_PREFILL},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"put-rate", required_argument, NULL, OPT_PUT_RATE},
    {"cues", required_argument, NULL, OPT_CUES},
    {"cue-every", required_argument, NULL, OPT_CUE_EVERY},
    {"cue-log", required_argument, NULL, OPT_CUE_LOG},
    {"segment-metadata", no_argument, NULL, OPT_SEGMENT_METADATA},
    {"vod-dir", required_argument, NULL, OPT_VOD_DIR},
    {"pts-start", required_argument, NULL, OPT_PTS_START},
    {"wall-start", required_argument, NULL, OPT_WALL_START},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "Usage: aizu-channel [options]\n"
    "A live HLS channel with timed cues: a drawn test card, or a file in a loop.\n"
    "\n"
    "  --port N              port to listen on; 0 (default) takes a free one and prints it\n"
    "  --bind ADDRESS        IPv4 address to listen on (127.0.0.1)\n"
    "  --input FILE          play this file in a loop instead of the test card\n"
    "  --size WxH, --fps N   of the test card (1280x720, 30 frames a second; 30 or 60)\n"
    "  --font FILE           try this font before the usual ones\n"
    "  --preset NAME         of x264 (superfast)\n"
    "  --segment S           length of segments in seconds (2)\n"
    "  --part S              length of parts in the low-latency playlists (0.2)\n"
    "  --window N            segments listed in a live playlist (6)\n"
    "  --prefill S           seconds of programme that are there at the start (6)\n"
    "  --duration S          end after so many seconds (no end; --vod-dir: the file once, or 60)\n"
    "  --put-rate N          PutMetadata requests accepted a second (5; 0 for no limit)\n"
    "  --cues FILE           cues to insert, lines of \"seconds payload\"\n"
    "  --cue-every S         insert a cue {\"n\":k,\"frame\":f} every S seconds\n"
    "  --cue-log FILE        write each inserted cue as a line of JSON (-: here, with --vod-dir)\n"
    "  --segment-metadata    add the TXXX frame \"segmentmetadata\" once a second\n"
    "  --vod-dir DIR         write a finished recording there, as fast as possible, and end\n"
    "  --pts-start TICKS     media time of the first frame (900000)\n"
    "  --wall-start SECONDS  UTC of the first frame, since 1970 (now; 2026-01-01 for --vod-dir)\n"
    "\n"
    "POST /PutMetadata {\"channelArn\":\"...\",\"metadata\":\"...\"} puts a cue on the next frame.\n";

static bool parse_real(const char *name, const char *value, double min, double max, double *out)
{
    char *end = NULL;
    double v = strtod(value, &end);
    if (end == value || *end || !(v >= min && v <= max)) {
        ch_error("--%s: a number from %g to %g, please, not \"%s\"", name, min, max, value);
        return false;
    }
    *out = v;
    return true;
}

static bool parse_whole(const char *name, const char *value, int64_t min, int64_t max, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long v = strtoll(value, &end, 10);
    if (end == value || *end || errno || v < min || v > max) {
        ch_error("--%s: a whole number from %lld to %lld, please, not \"%s\"", name, (long long)min,
                 (long long)max, value);
        return false;
    }
    *out = v;
    return true;
}

static bool parse_size(const char *value, ch_options *o)
{
    char *end = NULL;
    long width = strtol(value, &end, 10);
    bool ok = end != value && *end == 'x' && isdigit((unsigned char)end[1]);
    long height = ok ? strtol(end + 1, &end, 10) : 0;
    ok = ok && !*end && width >= SIDE_MIN && width <= SIDE_MAX && height >= SIDE_MIN && height <= SIDE_MAX &&
         width % 2 == 0 && height % 2 == 0;
    if (!ok) {
        ch_error("--size: WxH with even sides from %d to %d, please, not \"%s\"", SIDE_MIN, SIDE_MAX, value);
        return false;
    }
    o->width = (int)width;
    o->height = (int)height;
    return true;
}

static bool parse_numbers(ch_options *o, int option, const char *value)
{
    int64_t n = 0;
    bool ok = true;
    switch (option) {
    case OPT_PORT:
        ok = parse_whole("port", value, 0, 65535, &n);
        o->port = (uint16_t)n;
        return ok;
    case OPT_FPS:
        ok = parse_whole("fps", value, 30, 60, &n);
        if (ok && n != 30 && n != 60) {
            ch_error("--fps: 30 or 60, please");
            return false;
        }
        o->fps = (int)n;
        return ok;
    case OPT_WINDOW:
        ok = parse_whole("window", value, 3, CH_WINDOW_MAX, &n);
        o->window = (unsigned)n;
        return ok;
    case OPT_PUT_RATE:
        ok = parse_whole("put-rate", value, 0, CH_LIMIT_RATE_MAX, &n);
        o->put_rate = (unsigned)n;
        return ok;
    case OPT_SEGMENT:
        return parse_real("segment", value, 0.2, 30, &o->segment_seconds);
    case OPT_PART:
        return parse_real("part", value, 0.05, 5, &o->part_seconds);
    case OPT_PREFILL:
        return parse_real("prefill", value, 0, 600, &o->prefill_seconds);
    case OPT_DURATION:
        return parse_real("duration", value, 0.1, 1e8, &o->duration_seconds);
    case OPT_CUE_EVERY:
        return parse_real("cue-every", value, 0.01, 1e6, &o->cue_every_seconds);
    case OPT_PTS_START:
        return parse_whole("pts-start", value, CH_TS_HZ, INT64_C(1) << 40, &o->pts_first);
    case OPT_WALL_START:
        return parse_whole("wall-start", value, 0, INT64_C(4000000000), &o->wall_first);
    default:
        return false;
    }
}

static bool parse_one(ch_options *o, int option, const char *value)
{
    switch (option) {
    case OPT_BIND:
        o->bind = value;
        return true;
    case OPT_INPUT:
        o->input = value;
        return true;
    case OPT_SIZE:
        return parse_size(value, o);
    case OPT_FONT:
        o->font = value;
        return true;
    case OPT_PRESET:
        o->preset = value;
        return true;
    case OPT_CUES:
        o->cues = value;
        return true;
    case OPT_CUE_LOG:
        o->cue_log = value;
        return true;
    case OPT_SEGMENT_METADATA:
        o->segment_metadata = true;
        return true;
    case OPT_VOD_DIR:
        o->vod_dir = value;
        return true;
    default:
        return parse_numbers(o, option, value);
    }
}

ch_options_result ch_options_parse(ch_options *out, int argc, char **argv)
{
    *out = (ch_options){
        .bind = "127.0.0.1",
        .preset = "superfast",
        .width = 1280,
        .height = 720,
        .fps = 30,
        .segment_seconds = 2,
        .part_seconds = 0.2,
        .window = 6,
        .prefill_seconds = 6,
        .put_rate = 5,
        .pts_first = 900000,
        .wall_first = -1,
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == OPT_HELP || option == 'h') {
            fputs(usage, stdout);
            return CH_OPTIONS_DONE;
        }
        if (option == '?' || !parse_one(out, option, optarg))
            return CH_OPTIONS_WRONG;
    }
    if (optind < argc) {
        ch_error("what is \"%s\"? See --help", argv[optind]);
        return CH_OPTIONS_WRONG;
    }
    if (out->cue_log && strcmp(out->cue_log, "-") == 0 && !out->vod_dir) {
        ch_error(
            "--cue-log -: the first line of a live channel's output is its address; name a file, please");
        return CH_OPTIONS_WRONG;
    }
    return CH_OPTIONS_RUN;
}
