/*
 * The internal cue: the public struct with a refcount and the memory it points to.
 */
#ifndef AZ_CUE_CUE_H
#define AZ_CUE_CUE_H

#include "aizu/cue.h"
#include "base/base.h"
#include "cue/id3.h"

typedef struct az_cue az_cue;

/* What makes a cue; everything is copied. */
typedef struct az_cue_info {
    aizu_cue_kind kind;
    az_span key;  /* UTF-8; at most AIZU_CUE_PAYLOAD_MAX bytes, as name and data */
    az_span name; /* UTF-8 */
    int64_t pts;
    int64_t duration;
    int64_t wall;
    az_span data;
} az_cue_info;

/* One reference; NULL when out of memory or past AIZU_CUE_PAYLOAD_MAX (check the sizes first to tell which).
 * id is 0 until the queue gives one. */
az_cue *az_cue_create(const az_cue_info *info);
az_cue *az_cue_ref(az_cue *cue);                  /* any thread */
void az_cue_unref(az_cue **cue);                  /* any thread; nulls */
const aizu_cue *az_cue_public(const az_cue *cue); /* phase, flags, due and late_by unset */

/* Before the cue is shared. */
void az_cue_set_id(az_cue *cue, uint64_t id);

/* Identity of what the author sent: kind, key, name and payload. Not its time. */
uint64_t az_cue_hash(const az_cue_info *info);

/* The cue of one ID3 frame: key and data as include/aizu/cue.h says, a moment whose times are not known
 * (AIZU_NO_TIME). Spans point into the frame and to what it points to. */
void az_cue_info_from_id3(az_cue_info *info, const az_id3_frame *frame);

/* A frame that services of interactive streams send for themselves: TXXX "segmentmetadata", TDEN; the
 * timestamp of packed audio. */
bool az_cue_is_housekeeping(const az_cue_info *info);

#endif
