/*
 * Writes fragmented MP4 of one track (ISO/IEC 14496-12 and -15, 23000-19): the header of a track, and
 * fragments of it with their events (emsg) and their producer's clock (prft). Pure: appends to the caller's
 * bytes. A fragment's bytes are whole: segments are its fragments one after the other.
 */
#ifndef CH_MP4_WRITER_H
#define CH_MP4_WRITER_H

#include "bytes.h"

/* Parameter sets of H.264 as they stand in NAL units, without start codes. */
typedef struct ch_mp4_avc {
    ch_bytes sps; /* one set: 16 bits of size, then the unit, for each */
    ch_bytes pps;
    unsigned sps_count, pps_count;
} ch_mp4_avc;

typedef struct ch_mp4_track {
    uint32_t timescale;
    const ch_mp4_avc *avc; /* video; NULL: AAC */
    unsigned width, height;
    unsigned channels;
    const uint8_t *audio_config; /* AudioSpecificConfig */
    size_t audio_config_size;    /* at most 64 */
} ch_mp4_track;

typedef struct ch_mp4_sample {
    int64_t dts;
    int64_t pts;
    uint32_t duration;
    uint32_t size;
    bool key;
} ch_mp4_sample;

typedef struct ch_mp4_event {
    int64_t pts;
    uint32_t id;
    const uint8_t *tag; /* ID3 */
    size_t size;
} ch_mp4_event;

typedef struct ch_mp4_fragment {
    uint32_t sequence; /* of the fragment, from 1 */
    uint32_t timescale;
    bool begins_segment;          /* with a segment type box */
    int64_t wall_ns;              /* since 1970, of the first sample's presentation */
    const ch_mp4_sample *samples; /* in decoding order */
    size_t samples_count;         /* at least 1 */
    const ch_mp4_event *events;
    size_t events_count;
    const uint8_t *data; /* the samples, one after the other */
    size_t size;
} ch_mp4_fragment;

/* Takes the parameter sets out of an access unit in Annex B form; false when there are not both kinds or out
 * of memory. */
bool ch_mp4_avc_find(ch_mp4_avc *avc, const uint8_t *data, size_t size);
void ch_mp4_avc_deinit(ch_mp4_avc *avc);

/*
 * Appends an access unit in the form that MP4 wants: each NAL unit behind 32 bits of size. Delimiters and the
 * parameter sets of `avc` are left out: they stand in the header.
 */
void ch_mp4_append_access_unit(ch_bytes *out, const ch_mp4_avc *avc, const uint8_t *data, size_t size);

void ch_mp4_write_header(ch_bytes *out, const ch_mp4_track *track);
void ch_mp4_write_fragment(ch_bytes *out, const ch_mp4_fragment *fragment);

#endif
