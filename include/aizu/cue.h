/*
 * Cues: timed metadata, delivered with the picture it belongs to.
 *
 * The contract (tests hold it):
 *
 *  1. Once. A cue that the playhead passes is delivered once for that passing. Copies of it (another
 *     rendition, a part and its segment, a retried or redundant download, a reloaded playlist) collapse
 *     into one; two cues that the author really sent twice, with the same payload and time, stay two.
 *  2. In order of presentation time; ties in stream order.
 *  3. On time. The callback runs when the frame that covers the cue's time is presented: never before
 *     that frame, and within 2 ms of it at the 99th percentile on an idle two-core machine.
 *  4. Nothing lost. Cues that playback jumps over (rebuffering to the live edge, a gap, a skip) are still
 *     delivered, flagged AIZU_CUE_SKIPPED; one whose bytes arrive after its time is delivered at once,
 *     flagged AIZU_CUE_LATE, with how late in `late_by`.
 *  6. Ranges (a cue with a duration) enter and leave; joining or seeking into the middle of one enters it.
 *  8. Seeking back replays cues (a recording is watched again) with the same `id`, flagged
 *     AIZU_CUE_REPLAY.
 *
 * The numbers are those of the project's design. Points 5 (early notice), 7 (frame lock) and 9 (bounds)
 * stand at aizu_config.early_cues, aizu_frame.cues and AIZU_CUE_*_MAX.
 */
#ifndef AIZU_CUE_H
#define AIZU_CUE_H

#include <stddef.h>
#include <stdint.h>

#include "aizu/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Limits; past them the stream is at fault and an AIZU_EVENT_ERROR with AIZU_E_LIMIT says so. */
#define AIZU_CUE_PAYLOAD_MAX    65536 /* bytes in one cue */
#define AIZU_CUE_PER_SECOND_MAX 1000  /* cues whose time falls into one second of the presentation */
#define AIZU_CUE_PENDING_MAX    16384 /* cues parsed and not yet delivered */

typedef enum aizu_cue_kind {
    AIZU_CUE_ID3 = 1,   /* one frame of an ID3v2 tag */
    AIZU_CUE_EMSG,      /* an event message box (ISO/IEC 23009-1, 5.10.3.3) */
    AIZU_CUE_DATERANGE, /* EXT-X-DATERANGE (RFC 8216, 4.3.2.7) */
    AIZU_CUE_SCTE35,    /* a splice_info_section (SCTE 35) */
    AIZU_CUE_SEI,       /* user_data_unregistered (ITU-T H.264, D.1.7) */
    AIZU_CUE_TEXT,      /* a caption or subtitle */
} aizu_cue_kind;

typedef enum aizu_cue_phase {
    AIZU_CUE_RECEIVED = 1, /* parsed, seconds ahead; only with aizu_config.early_cues */
    AIZU_CUE_START,        /* its frame is on screen */
    AIZU_CUE_END,          /* its range is over; only for cues with a duration */
} aizu_cue_phase;

typedef enum aizu_cue_flag {
    AIZU_CUE_LATE = 1 << 0,    /* its bytes came after its time */
    AIZU_CUE_SKIPPED = 1 << 1, /* playback jumped over its time */
    AIZU_CUE_REPLAY = 1 << 2,  /* delivered before, and passed again after a seek back */
} aizu_cue_flag;

/*
 * One cue. All pointers belong to the cue and live as long as the callback that was given it (or the
 * frame that carries it, see aizu_frame); copy what is to be kept. Immutable.
 */
typedef struct aizu_cue {
    size_t size_struct; /* sizeof(aizu_cue) of the library */
    uint64_t id;        /* the same for each delivery of one cue in a session; never 0 */
    aizu_cue_kind kind;
    aizu_cue_phase phase;
    unsigned flags;      /* aizu_cue_flag */
    const char *key;     /* PRIV and UFID: owner; TXXX, WXXX, COMM, USLT, GEOB, APIC: description;
                            T*** and W***: the frame id; emsg: scheme_id_uri; never NULL, UTF-8,
                            may be empty */
    const char *name;    /* ID3: the frame id, as in "PRIV"; emsg: value; never NULL */
    int64_t pts;         /* presentation time, ns; the scale of aizu_player_position() */
    int64_t duration;    /* ns, 0 for a moment, AIZU_NO_TIME if it has no end yet */
    int64_t wall;        /* programme date-time of pts, Unix time in ns, or AIZU_NO_TIME */
    int64_t due;         /* monotonic time at which its frame was presented, or AIZU_NO_TIME when
                            no frame was (received, skipped) */
    int64_t late_by;     /* with AIZU_CUE_LATE: ns between its time and its delivery, else 0 */
    const uint8_t *data; /* the payload; for text frames UTF-8; never NULL */
    size_t size;         /* bytes, at most AIZU_CUE_PAYLOAD_MAX; a 0 byte follows the last */
} aizu_cue;

#ifdef __cplusplus
}
#endif
#endif
