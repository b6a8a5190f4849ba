/*
 * Connections that wait for something of the channel: they are suspended, and a thread resumes each as soon
 * as its condition holds or its time is up. Bounded. Thread-safe.
 */
#ifndef CH_PARKED_H
#define CH_PARKED_H

#include "ll.h"

#include <microhttpd.h>

/* For one of the two; it belongs to the caller, who leaves it alone while the connection is parked. */
typedef struct ch_wait {
    struct MHD_Connection *connection;
    ch_blob *blob; /* until it has more than `size` bytes, or nothing more will come */
    size_t size;
    ch_ll *ll; /* or until ch_ll_has() what is asked for */
    size_t rendition;
    ch_ll_query query;
    int64_t until_ns; /* monotonic; then it is over in any case */
} ch_wait;

typedef enum ch_park_result {
    CH_PARK_PARKED,  /* suspended; the server's library calls again */
    CH_PARK_GO_ON,   /* over already: look again */
    CH_PARK_REFUSED, /* too many, or the server ends */
} ch_park_result;

typedef struct ch_parked ch_parked;

ch_parked *ch_parked_create(ch_bell *bell, size_t count_max); /* NULL: no memory or no thread */

/* Resumes all, and refuses from now on. */
void ch_parked_stop(ch_parked *parked);
void ch_parked_destroy(ch_parked **parked); /* after the connections are gone */

/* From a handler of `wait->connection` only. */
ch_park_result ch_parked_add(ch_parked *parked, ch_wait *wait);

int64_t ch_parked_now_ns(void); /* the clock of `until_ns` */

#endif
