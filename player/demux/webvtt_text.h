/*
 * The small grammars inside WebVTT: times, the timing line, X-TIMESTAMP-MAP, regions. Pure functions over
 * spans; internal to demux/webvtt*.c.
 */
#ifndef AZ_DEMUX_WEBVTT_TEXT_H
#define AZ_DEMUX_WEBVTT_TEXT_H

#include "base/base.h"

#define AZ_WEBVTT_SETTINGS_MAX  ((size_t)1024) /* bytes of a cue's settings; longer ones are left out */
#define AZ_WEBVTT_REGION_ID_MAX 64

/* A region (W3C WebVTT, 3.4 and 4.3). Lengths in thousandths of a percent of the picture. */
typedef struct az_webvtt_region {
    char id[AZ_WEBVTT_REGION_ID_MAX]; /* NUL-terminated, never empty */
    int32_t width, height;
    int32_t anchor_x, anchor_y;     /* of the region: this point of it ... */
    int32_t viewport_x, viewport_y; /* ... stands at this point of the picture */
} az_webvtt_region;

bool az_webvtt_is_space(uint8_t byte); /* blank, tab, form feed, line ends */

/* Takes a word off the front: what stands before the next white space; empty when there is none. */
az_span az_webvtt_word(az_span *text);

bool az_webvtt_has_arrow(az_span line);

/* Takes a time stamp off the front (W3C WebVTT, 6.3: hours are optional, fractions have three digits). */
bool az_webvtt_time(az_span *text, int64_t *milliseconds);

/* "begin --> end settings". */
bool az_webvtt_timing(az_span line, int64_t *begin, int64_t *end, az_span *settings);

/* "X-TIMESTAMP-MAP=MPEGTS:n,LOCAL:t" in either order (RFC 8216, 3.5). *ticks: 33 bits of 90 kHz. */
bool az_webvtt_map(az_span line, int64_t *ticks, int64_t *local);

/* The settings of a REGION block, its first line left out. False: it has no usable id. */
bool az_webvtt_region_parse(az_webvtt_region *region, az_span text);

/* The value of the last setting of this name; empty when there is none. */
az_span az_webvtt_setting(az_span settings, const char *name);

/* A cue's settings with those that put it where its region is, and without "region"; the size. What does not
 * fit into out_size is left out by words. */
size_t az_webvtt_merge(char *out, size_t out_size, az_span settings, const az_webvtt_region *region);

#endif
