/*
 * Event message boxes (ISO/IEC 23009-1, 5.10.3.3), versions 0 and 1; ID3 in them (AOM "Carriage of ID3 Timed
 * Metadata in CMAF").
 */
#ifndef AZ_CUE_EMSG_H
#define AZ_CUE_EMSG_H

#include "cue/cue.h"

typedef struct az_emsg {
    uint8_t version;
    uint32_t timescale;               /* > 0 */
    uint32_t presentation_time_delta; /* version 0: to the earliest time of the segment */
    uint64_t presentation_time;       /* version 1 */
    uint32_t duration;                /* timescale; UINT32_MAX unknown */
    uint32_t id;
    az_span scheme; /* without its NUL */
    az_span value;
    az_span data;
} az_emsg;

/* `box` is the whole box with its header. Spans point into it. AIZU_E_MEDIA: it cannot be read. */
AZ_NODISCARD aizu_result az_emsg_parse(az_emsg *emsg, az_span box);

/* Whether its data is an ID3 tag, by its scheme. */
bool az_emsg_is_id3(const az_emsg *emsg);

/* The cue of a message whose data is not ID3: key is the scheme, name the value; pts and wall not known. */
void az_cue_info_from_emsg(az_cue_info *info, const az_emsg *emsg);

#endif
