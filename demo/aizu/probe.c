/*
 * `aizu probe`: options, where the bytes come from, and what kind they are; see probe.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "probe.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const char help[] = "usage: aizu probe [options] URL|FILE\n"
                           "\n"
                           "  --json          JSON in place of tables\n"
                           "  --init URL|FILE the initialisation section of an fMP4 segment\n"
                           "  --segments N    segments to fetch and look into (default 1); with a URL only\n"
                           "  --header LINE   a request header; may be repeated\n"
                           "  --ca-file FILE  trust the certificates in a PEM file instead of the system's\n"
                           "\n"
                           "A playlist: what its tags say, and what is in its first segments. A transport "
                           "stream, fMP4, packed\n"
                           "audio, WebVTT or TTML: tracks, and every sample and cue with its ticks. A "
                           "file of ID3 tags: their frames.\n";

static bool parse(probe_options *o, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"json", no_argument, NULL, 'j'},
        {"segments", required_argument, NULL, 's'},
        {"header", required_argument, NULL, 'H'},
        {"ca-file", required_argument, NULL, 'c'},
        {"init", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *o = (probe_options){.segments_max = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            exit(0);
        } else if (option == 'j') {
            o->is_json = true;
        } else if (option == 's') {
            o->segments_max = (size_t)strtoul(optarg, NULL, 10);
        } else if (option == 'H' && o->header_count < AIZU_HEADERS_MAX) {
            o->headers[o->header_count++] = optarg;
        } else if (option == 'i') {
            o->init = optarg;
        } else if (option == 'c') {
            o->ca_file = optarg;
        } else {
            return false;
        }
    }
    if (optind + 1 != argc)
        fputs(help, stderr);
    else
        o->target = argv[optind];
    return o->target != NULL;
}

static bool looks_like_playlist(az_span bytes)
{
    if (az_span_starts_with(bytes, "\xef\xbb\xbf"))
        bytes = az_span_sub(bytes, 3, SIZE_MAX);
    return az_span_starts_with(bytes, "#EXT");
}

static bool is_url(const char *target)
{
    return strstr(target, "://") != NULL;
}

static bool read_any(const probe_options *o, const char *target, probe_bytes *out)
{
    return is_url(target) ? probe_fetch(o, target, 0, 0, out) : probe_read_file(target, out);
}

static bool probe_with_init(const probe_options *o, json_t *out, az_span span)
{
    probe_bytes init = {0};
    bool is_there = !o->init || read_any(o, o->init, &init);
    is_there = is_there && probe_media(out, az_span_make(init.data, init.size), span, true);
    free(init.data);
    free(init.url);
    return is_there;
}

static bool probe_any(const probe_options *o, json_t *out, const probe_bytes *bytes)
{
    az_span span = az_span_make(bytes->data, bytes->size);
    json_object_set_new(out, "size", json_integer((json_int_t)bytes->size));
    if (looks_like_playlist(span))
        return probe_playlist(o, out, bytes);
    if (probe_with_init(o, out, span) || (az_span_starts_with(span, "ID3") && probe_id3(out, span)))
        return true;
    fprintf(stderr, "aizu: neither a playlist, media nor an ID3 tag%s\n",
            o->init ? "" : " (an fMP4 segment alone needs --init)");
    return false;
}

int probe_main(int argc, char **argv)
{
    probe_options o;
    if (!parse(&o, argc, argv))
        return 2;
    probe_bytes bytes;
    bool is_there = read_any(&o, o.target, &bytes);
    json_t *out = json_object();
    char shown[512];
    az_log_url(shown, sizeof(shown), bytes.url ? bytes.url : o.target);
    json_object_set_new(out, is_url(o.target) ? "url" : "file",
                        json_string(is_url(o.target) ? shown : o.target));
    is_there = is_there && probe_any(&o, out, &bytes);
    if (is_there && o.is_json) {
        json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
        printf("\n");
    } else if (is_there) {
        probe_print(out, 0);
    }
    json_decref(out);
    free(bytes.data);
    free(bytes.url);
    return is_there ? 0 : 1;
}
