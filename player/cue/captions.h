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

/*
 * One block of text on the screen of a channel. Blocks that stand apart (two speakers, two windows) are
 * captions of their own, with one begin. Each is told twice: when it appears, with AIZU_NO_TIME for its end,
 * and again, with the same channel, begin, settings and text, when it goes or changes.
 */
typedef struct az_caption {
    unsigned channel; /* 0: CC1 .. 3: CC4; 4: SERVICE1 ... */
    int64_t begin;    /* pts of the picture with which it appears, ns */
    int64_t end;      /* pts of the picture with which it goes; may be `begin` */
    az_span settings; /* as in "line:90%,end position:50% align:center" */
    az_span text;     /* never empty; with the settings below AIZU_CUE_PAYLOAD_MAX */
} az_caption;

typedef struct az_captions az_captions;

/* NULL when out of memory. */
az_captions *az_captions_create(void (*caption)(void *user, const az_caption *caption), void *user);
void az_captions_destroy(az_captions **captions);

/* The cc_data triplets of one picture (cc_valid, cc_type, two bytes each). Pictures come in order of
 * presentation. Once there were captions, a picture without triplets should come, too, with an empty span:
 * text that grows character by character is told at most four times a second, and this says that time went
 * on. */
void az_captions_feed(az_captions *captions, int64_t pts, az_span triplets);

/* A seek or a discontinuity: what is on the screens ends at `pts` (AIZU_NO_TIME: without being told), and
 * what was half received is forgotten. Whoever keeps captions should give the pts of the last picture: one
 * that is never closed is on the screen for ever. */
void az_captions_reset(az_captions *captions, int64_t pts);

/* Which channels have had a caption so far, bit by channel number up to 63. */
uint64_t az_captions_seen(const az_captions *captions);

/* "CC1", "SERVICE2"; "" past the last. */
const char *az_caption_channel_name(unsigned channel);

/*
 * The caption bytes of one access unit, Annex B or length-prefixed: calls `triplets` for each cc_data found,
 * and `unregistered` (may be NULL) for each user_data_unregistered SEI message (16 bytes of UUID and the
 * payload, emulation prevention removed). `is_h265`; `length_size` 0 for Annex B, else the size of the NAL
 * length field. Behind start codes nothing after the first slice is looked at. A picture may have several;
 * spans live during the call.
 */
typedef struct az_sei_sink {
    void *user;
    void (*triplets)(void *user, az_span triplets);
    void (*unregistered)(void *user, az_span payload);
} az_sei_sink;
void az_sei_scan(az_span unit, bool is_h265, unsigned length_size, const az_sei_sink *sink);

#endif
