/*
 * One elementary stream of a programme: payloads of its transport packets in, samples and metadata out.
 * ts_stream.c assembles PES packets (ISO/IEC 13818-1 2.4.3.6); ts_video.c, ts_audio.c and ts_id3.c make of
 * their bytes what goes out.
 *
 * Bytes are copied once, from the packet to the end of `buf`. Samples are slices of it; once something of it
 * was given out the rest moves to a new buffer, so a shared buffer is never written.
 */
#ifndef AZ_DEMUX_TS_STREAM_H
#define AZ_DEMUX_TS_STREAM_H

#include <string.h>

#include "demux/access_unit.h"
#include "demux/audio_frame.h"
#include "demux/ts_psi.h"
#include "demux/ts_section.h"

#define AZ_PES_HEADER_SIZE_MAX (9 + 255)
#define AZ_TS_MARKS            4
#define AZ_OFFSET_NONE         SIZE_MAX

/* Where all streams put their output. Offsets are those of the packet at hand. */
typedef struct az_ts_out {
    az_demux_sink sink;
    uint64_t troubles[AZ_DEMUX_TROUBLES];
    unsigned told; /* kinds of trouble that were told in this feed */
    uint64_t byte_offset;
    bool is_out_of_memory;
} az_ts_out;

void az_ts_trouble(az_ts_out *out, az_demux_trouble trouble);

/* Time stamps of a PES packet and where in the buffer its payload begins: they belong to the first access
 * unit that begins there or later. */
typedef struct az_ts_mark {
    size_t offset;
    int64_t pts, dts;
    bool is_used;
} az_ts_mark;

typedef enum az_pes_state {
    AZ_PES_IDLE,    /* waits for the start of a PES packet */
    AZ_PES_HEADER,  /* header not whole yet */
    AZ_PES_PAYLOAD, /* inside */
} az_pes_state;

typedef struct az_ts_stream {
    az_track track;     /* as it is */
    az_track announced; /* as it was told last */
    az_ts_out *out;
    az_section *section;          /* SCTE-35 only */
    const az_sample_crypt *crypt; /* of its samples: a stream type of SAMPLE-AES says so */

    az_pes_state state;
    bool is_bounded;         /* the PES packet says how long it is */
    bool is_payload_started; /* bytes of this PES packet's payload were seen */
    size_t pes_end; /* offset in the buffer where the PES packet's payload ends; without length NONE */
    size_t header_size;
    uint8_t header[AZ_PES_HEADER_SIZE_MAX];

    az_buf *buf;
    uint8_t *data; /* of buf */
    size_t size, capacity;
    size_t easy_end;          /* up to this size payload is only appended: nothing else is due */
    size_t capacity_hints[2]; /* what the last access unit needed; of pictures: [1] the last key picture */
    bool is_key_next;         /* the adaptation field announced one */
    bool is_key_last;         /* the one that was taken out last was one */

    az_ts_mark marks[AZ_TS_MARKS]; /* oldest first */
    size_t mark_count;
    size_t gap_begin, gap_end;  /* bytes are missing at these offsets and perhaps in between */
    size_t discontinuity_begin; /* the sample that begins here or later gets the flag */

    /* video: the open access unit */
    az_au_splitter splitter;
    size_t open_begin; /* for which the next three hold */
    unsigned open_flags;
    int64_t open_pts, open_dts;

    size_t tags_end; /* ID3: whole tags stand in front of this offset */

    /* audio */
    bool is_in_sync;
    int64_t base_pts; /* of the first frame after a time stamp; later ones count from it */
    int64_t base_samples;
    int base_rate;
    az_audio_frame latm; /* the last frame: what its StreamMuxConfig said still holds */
    int64_t latm_frames; /* since the last time stamp, before the first StreamMuxConfig: not given out */
} az_ts_stream;

/* What another description of the same stream says. False when out of memory; nothing was changed then. */
bool az_ts_stream_describe(az_ts_stream *s, const az_pmt_stream *description);

/* NULL when out of memory. `out` outlives the stream. */
az_ts_stream *az_ts_stream_create(const az_pmt_stream *description, az_ts_out *out);
void az_ts_stream_destroy(az_ts_stream **stream);

/* The payload of the next packet. */
void az_ts_stream_feed(az_ts_stream *s, bool is_unit_start, const uint8_t *payload, size_t size);

/* The same for the packet that nearly every one is: a continuation of an open PES packet, `size` bytes.
 * False: it needs az_ts_stream_feed(). */
static inline bool az_ts_stream_feed_easy(az_ts_stream *s, const uint8_t *payload, size_t size)
{
    if (s->size + size > s->easy_end)
        return false;
    memcpy(s->data + s->size, payload, size);
    s->size += size;
    return true;
}

/* Whether the payload is what was appended last. */
bool az_ts_stream_is_last(const az_ts_stream *s, const uint8_t *payload, size_t size);

void az_ts_stream_gap(az_ts_stream *s);           /* packets are missing before the next payload */
void az_ts_stream_discontinuity(az_ts_stream *s); /* the container says that a new time begins */
void az_ts_stream_finish(az_ts_stream *s);        /* gives out what is held */
void az_ts_stream_reset(az_ts_stream *s);         /* drops what is held */

/* Tells the track if it is not as it was told last. */
void az_ts_stream_announce(az_ts_stream *s);

/* For the parsers: what they do with the bytes in the buffer. `is_end`: the stream ends here. */
void az_ts_video_parse(az_ts_stream *s, bool is_end);
void az_ts_audio_parse(az_ts_stream *s, bool is_end);
void az_ts_id3_parse(az_ts_stream *s, bool is_pes_end, bool is_end);

/* A sample that waits until the buffer's rest was moved away, so that zeros can follow it. */
typedef struct az_ts_held {
    bool is_set;
    az_sample sample;
} az_ts_held;

void az_ts_held_set(az_ts_stream *s, az_ts_held *held, const az_sample *sample, size_t begin, size_t end);

/* Takes bytes [0, count) out of the buffer and gives out what is held. */
void az_ts_held_release(az_ts_stream *s, az_ts_held *held, size_t count);

#endif
