/*
 * Wakes one thread that waits for changes which others make. Thread-safe.
 */
#ifndef CH_BELL_H
#define CH_BELL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ch_bell ch_bell;

ch_bell *ch_bell_create(void); /* NULL: out of memory */
void ch_bell_destroy(ch_bell **bell);
void ch_bell_ring(ch_bell *bell);

/* Until somebody rings, or rang since the last call, at most `timeout_ms`. */
void ch_bell_wait(ch_bell *bell, unsigned timeout_ms);

#endif
