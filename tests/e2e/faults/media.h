/*
 * A programme for the fault tests: segments of one second, made from their number alone, each with frames
 * that a demuxer takes and cues "cue N". Playlists over them, recorded and live.
 */
#ifndef AZ_TESTS_FAULTS_MEDIA_H
#define AZ_TESTS_FAULTS_MEDIA_H

#include "ts_writer.h"

#define MEDIA_FRAMES   20 /* a segment */
#define MEDIA_CUES     4  /* a segment */
#define MEDIA_SEGMENTS 4  /* of the recording */
#define MEDIA_CUES_ALL (MEDIA_SEGMENTS * MEDIA_CUES)
#define MEDIA_OWNER    "aizu.test"

/* The live stream: so many segments are there at the beginning, so many in the window, so many in all. */
#define MEDIA_LIVE_FIRST  5
#define MEDIA_LIVE_WINDOW 8
#define MEDIA_LIVE_ALL    18

/* Appends a segment. */
void media_segment(ts_bytes *out, int number);

/* The same with a sound track of a codec that aizu does not play (DTS). */
void media_segment_dts(ts_bytes *out, int number);

/* Appends packets without content. */
void media_null(ts_bytes *out, int packets);

void media_text(ts_bytes *out, const char *text);

/* Playlists; segments are "N.ts" beside them, variants "a/list.m3u8" and "b/list.m3u8" below them,
 * "a" the better one. */
void media_master(ts_bytes *out, int variants);
void media_recording(ts_bytes *out);
void media_live(ts_bytes *out, double seconds); /* as it reads so long after its beginning */

#endif
