/*
 * The channel itself: takes items from the source, encodes what must be encoded, puts cues on frames, and
 * hands finished segments to the output. One thread drives it; the counters may be read from any.
 */
#ifndef CH_CHANNEL_H
#define CH_CHANNEL_H

#include "cues.h"
#include "ll.h"
#include "options.h"
#include "store.h"

#include <stdatomic.h>

/* For GET /health. */
typedef struct ch_counters {
    atomic_llong frames;
    atomic_llong segments;
    atomic_llong cues;
} ch_counters;

typedef struct ch_channel ch_channel;

/*
 * The parameters are lent until the channel is destroyed; `store` is NULL for a recording. `wall_first_ns` is
 * the UTC of the first frame. NULL on failure, with a message printed.
 */
ch_channel *ch_channel_create(const ch_options *options, ch_store *store, ch_cues *cues,
                              ch_counters *counters, int64_t wall_first_ns);
void ch_channel_destroy(ch_channel **channel);

/* The low-latency window for the server, as long as the channel lives; NULL for a recording. */
ch_ll *ch_channel_ll(const ch_channel *channel);

/* One item further. 0, or an AVERROR with a message printed. */
int ch_channel_step(ch_channel *channel);

/* Stream time in 90 kHz ticks at which the next picture is due. */
int64_t ch_channel_ticks(const ch_channel *channel);

/* Of one loop of the input in ticks; 0 for the drawn programme, which has no end. */
int64_t ch_channel_length(const ch_channel *channel);

/* Ends the last segments (of a recording: and writes its playlists). 0 or an AVERROR. */
int ch_channel_end(ch_channel *channel);

#endif
