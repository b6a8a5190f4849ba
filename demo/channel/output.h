/*
 * Segments in, playlists and files out: into the store as a sliding live window, where a segment may be read
 * while it grows, or into a folder as a finished recording. One thread; the store does its own locking.
 */
#ifndef CH_OUTPUT_H
#define CH_OUTPUT_H

#include "packager.h"
#include "playlist_writer.h"
#include "store.h"

#define CH_VARIANTS_MAX   4
#define CH_VARIANT_NAME   16
#define CH_VARIANT_CODECS 48
#define CH_WINDOW_MAX     1000

typedef struct ch_variant_settings {
    char name[CH_VARIANT_NAME];
    char codecs[CH_VARIANT_CODECS];
    int width, height;
    double frame_rate;
    int64_t bandwidth;         /* as planned; live announces it, or the measured peak where that is higher */
    int64_t average_bandwidth; /* as planned */
} ch_variant_settings;

typedef struct ch_output_settings {
    ch_store *store;        /* live */
    const char *dir;        /* or a recording; made when it is not there */
    unsigned window;        /* segments listed live; as many again stay fetchable */
    int64_t target_seconds; /* no segment is longer */
    int64_t sequence_first;
    int64_t pts_first;
    int64_t wall_first_ns; /* of pts_first */
    size_t variants_count;
    ch_variant_settings variants[CH_VARIANTS_MAX];
} ch_output_settings;

typedef struct ch_output ch_output;

ch_output *ch_output_create(const ch_output_settings *settings); /* NULL on failure, with a message printed */
void ch_output_destroy(ch_output **out);

/* The codec string of a variant, once it is known; before its first segment. */
void ch_output_set_codecs(ch_output *out, size_t variant, const char *codecs);

/* Live: what there is of the segment that is being written. 0, or an AVERROR with a message printed. */
int ch_output_grow(ch_output *out, size_t variant, const ch_segment *segment);

/* Publishes a whole segment of a variant. 0, or an AVERROR with a message printed. */
int ch_output_add(ch_output *out, size_t variant, const ch_segment *segment);

/* Writes a recording's playlists; live nothing. 0 or an AVERROR. */
int ch_output_end(ch_output *out);

int64_t ch_output_segments(const ch_output *out); /* that every variant has, so far */

#endif
