/*
 * Closed captions in the video: CEA-608 (line 21) and CEA-708, carried as ATSC A/53 user data in H.264 and
 * H.265 SEI messages (ANSI/SCTE 128-1, ITU-T T.35). In: cc_data in order of presentation. Out: what is on the
 * screen of each channel or service, from when to when, as WebVTT cue text (see cue/text.h).
 */
#ifndef AZ_CUE_CAPTIONS_H
#define AZ_CUE_CAPTIONS_H

#include "base/base.h"

/* CC1 to CC4, then SERVICE1 to SERVICE63, as in INSTREAM-ID (RFC 8216, 4.3.4.1). */
#define AZ_CAPTION_CHANNELS 67

typedef struct az_caption {
    unsigned channel; /* 0: CC1 .. 3: CC4; 4: SERVICE1 ... */
    int64_t begin;    /* pts, ns */
    int64_t end; /* pts of the next change, or AIZU_NO_TIME: not known yet; another call with the same channel
                    and begin says when it is over */
    az_span settings;
    az_span text; /* empty: nothing is on the screen */
} az_caption;

typedef struct az_captions az_captions;

/* NULL when out of memory. */
az_captions *az_captions_create(void (*caption)(void *user, const az_caption *caption), void *user);
void az_captions_destroy(az_captions **captions);

/* The cc_data triplets of one picture (cc_valid, cc_type, two bytes each). Pictures come in order of
 * presentation. */
void az_captions_feed(az_captions *captions, int64_t pts, az_span triplets);

/* A seek or a discontinuity: what is on the screens ends at `pts` (AIZU_NO_TIME: without being told). */
void az_captions_reset(az_captions *captions, int64_t pts);

/* Which channels have had anything so far, bit by channel number up to 63. */
uint64_t az_captions_seen(const az_captions *captions);

/* "CC1", "SERVICE2". */
const char *az_caption_channel_name(unsigned channel);

/*
 * The caption bytes of one access unit, Annex B or length-prefixed: calls `triplets` for each cc_data found,
 * and `unregistered` (may be NULL) for each user_data_unregistered SEI message (16 bytes of UUID and the
 * payload, emulation prevention removed). `is_h265`; `length_size` 0 for Annex B, else the size of the NAL
 * length field.
 */
typedef struct az_sei_sink {
    void *user;
    void (*triplets)(void *user, az_span triplets);
    void (*unregistered)(void *user, az_span payload);
} az_sei_sink;
void az_sei_scan(az_span unit, bool is_h265, unsigned length_size, const az_sei_sink *sink);

#endif
