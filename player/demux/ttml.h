/*
 * TTML as the core sees it: a function that the driver supplies, since XML comes from a library and the core
 * has none.
 */
#ifndef AZ_DEMUX_TTML_H
#define AZ_DEMUX_TTML_H

#include "base/base.h"

/* One interval of a document during which the same text is shown, in the terms of WebVTT (see cue/text.h). */
typedef struct az_ttml_cue {
    int64_t begin; /* ns of document time */
    int64_t end;   /* ns, AZ_NEVER when the document does not say */
    az_span settings;
    az_span text;
} az_ttml_cue;

/* Parses a document and calls `cue` for each, by begin. AIZU_OK, AIZU_E_MEDIA (no TTML), AIZU_E_LIMIT,
 * AIZU_E_MEMORY. Pure. */
typedef aizu_result (*az_ttml_parser)(az_span xml, void (*cue)(void *user, const az_ttml_cue *cue),
                                      void *user);

#endif
