/*
 * At most so many events in any one second: the limit on PutMetadata. Pure; the caller gives the time. Not
 * thread-safe.
 */
#ifndef CH_LIMIT_H
#define CH_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define CH_LIMIT_RATE_MAX 1000

typedef struct ch_limit {
    int64_t times_ns[CH_LIMIT_RATE_MAX]; /* of the last accepted events, a ring */
    unsigned rate;
    unsigned count;
    unsigned next;
} ch_limit;

void ch_limit_init(ch_limit *limit, unsigned rate); /* events a second; 0 for no limit; cut at the maximum */

/* True, and the event counts, when fewer than `rate` were accepted in the second before `now_ns`. */
bool ch_limit_take(ch_limit *limit, int64_t now_ns);

#endif
