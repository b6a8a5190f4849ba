/*
 * A first look at all video packets of a file: how long it is, and whether its video can go out as it is.
 */
#ifndef CH_FILE_SCAN_H
#define CH_FILE_SCAN_H

#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <stdbool.h>

typedef struct ch_file_scan {
    int64_t first_ticks;       /* of the earliest picture, in file time at 90 kHz */
    int64_t length_ticks;      /* of the video */
    int64_t segment_ticks_max; /* when it is copied: the longest segment */
    bool can_copy;             /* 8-bit 4:2:0 H.264 whose IDR pictures come at least once a segment */
} ch_file_scan;

/* Reads `format` through and goes back to its start. 0 or an AVERROR. */
int ch_file_scan_run(ch_file_scan *scan, AVFormatContext *format, const AVStream *video,
                     int64_t segment_ticks);

/* The filter to Annex B. 0 or an AVERROR. */
int ch_open_annex_b(AVBSFContext **out, const AVStream *video);

/* Whether an Annex B packet holds an IDR picture. */
bool ch_is_idr(const AVPacket *packet);

/*
 * Whether a copied segment ends where this IDR picture stands: the rule of the scan and of the channel.
 * `start` is the segment's first time; `slack` forgives rounding.
 */
bool ch_is_segment_full(int64_t start, int64_t ticks, int64_t segment_ticks, int64_t slack);

#endif
