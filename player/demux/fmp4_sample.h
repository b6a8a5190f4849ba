/*
 * The last step: one sample of a fragment, its bytes together, to the sink.
 */
#ifndef AZ_DEMUX_FMP4_SAMPLE_H
#define AZ_DEMUX_FMP4_SAMPLE_H

#include "demux/fmp4_fragment.h"

/* Room for the subsamples of an encrypted sample; it grows. */
typedef struct az_fmp4_scratch {
    az_subsample *subsamples;
    size_t capacity;
} az_fmp4_scratch;

void az_fmp4_scratch_deinit(az_fmp4_scratch *scratch);

/* Announces the track where it changed. */
void az_fmp4_announce(az_fmp4_track *track, const az_fmp4_entry *entry, const az_fmp4_out *out);

/* The sample at hand, which is not auxiliary information. `is_cut`: bytes at its end are missing. */
void az_fmp4_sample_give(const az_fmp4_item *item, az_slice data, bool is_cut, az_fmp4_scratch *scratch,
                         az_fmp4_out *out);

/* It is not given out: its track has a gap. */
void az_fmp4_sample_drop(const az_fmp4_item *item, az_demux_trouble trouble, az_fmp4_out *out);

#endif
