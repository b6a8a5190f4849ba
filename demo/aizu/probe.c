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
                           "  --segments N    segments to fetch and look into (default 1); with a URL only\n"
                           "  --header LINE   a request header; may be repeated\n"
                           "  --ca-file FILE  trust the certificates in a PEM file instead of the system's\n"
                           "\n"
                           "A playlist: variants, renditions, segments, date ranges, diagnostics. A "
                           "transport stream: tracks, and every\n"
                           "sample and cue with its ticks. A file of ID3 tags: their frames.\n";

static bool parse(probe_options *o, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"json", no_argument, NULL, 'j'},         {"segments", required_argument, NULL, 's'},
        {"header", required_argument, NULL, 'H'}, {"ca-file", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
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

static bool probe_any(const probe_options *o, json_t *out, const probe_bytes *bytes)
{
    az_span span = az_span_make(bytes->data, bytes->size);
    json_object_set_new(out, "size", json_integer((json_int_t)bytes->size));
    if (looks_like_playlist(span))
        return probe_playlist(o, out, span, bytes->url);
    if (az_span_starts_with(span, "ID3") && probe_id3(out, span))
        return true;
    if (probe_ts(out, span, true))
        return true;
    fprintf(stderr, "aizu: neither a playlist, a transport stream nor an ID3 tag\n");
    return false;
}

int probe_main(int argc, char **argv)
{
    probe_options o;
    if (!parse(&o, argc, argv))
        return 2;
    probe_bytes bytes;
    bool is_url = strstr(o.target, "://") != NULL;
    bool is_there = is_url ? probe_fetch(&o, o.target, 0, 0, &bytes) : probe_read_file(o.target, &bytes);
    json_t *out = json_object();
    char shown[512];
    az_log_url(shown, sizeof(shown), bytes.url ? bytes.url : o.target);
    json_object_set_new(out, is_url ? "url" : "file", json_string(is_url ? shown : o.target));
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
