/*
 * The answers that are under way, so that none takes for ever: a reader of one byte each few seconds would
 * keep a segment in memory long after it left the list, and many of them any number of segments. Whoever
 * begins an answer cuts off those that took too long; nothing new is held without that. Thread-safe.
 */
#ifndef CH_TRANSFERS_H
#define CH_TRANSFERS_H

#include <stdint.h>

typedef struct ch_transfer {
    struct ch_transfer *previous, *next; /* the list's; in order of their beginnings */
    int socket;
    int64_t began_ns;
} ch_transfer;

typedef struct ch_transfers ch_transfers;

ch_transfers *ch_transfers_create(int64_t time_ns_max); /* NULL: out of memory */
void ch_transfers_destroy(ch_transfers **transfers);

/* The transfer stays the caller's; its socket must not be closed before ch_transfers_end(). `now_ns` never
 * goes back. */
void ch_transfers_begin(ch_transfers *transfers, ch_transfer *transfer, int socket, int64_t now_ns);
void ch_transfers_end(ch_transfers *transfers, ch_transfer *transfer);

#endif
