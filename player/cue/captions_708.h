/*
 * CEA-708: bytes of the DTVCC channel in, the screens of its services out (see cue/captions_screen.h). Used
 * in this folder only.
 */
#ifndef AZ_CUE_CAPTIONS_708_H
#define AZ_CUE_CAPTIONS_708_H

#include "cue/captions_screen.h"

#define AZ_CC708_SERVICES 63

typedef struct az_cc708 az_cc708;

/* The sink is borrowed. NULL when out of memory. */
az_cc708 *az_cc708_create(const az_caption_sink *sink);
void az_cc708_destroy(az_cc708 **decoder);

/* Two bytes of the channel; `is_start`: the first of them begins a packet. */
void az_cc708_pair(az_cc708 *decoder, bool is_start, uint8_t first, uint8_t second, int64_t pts);

/* The picture is over: what is due is told. */
void az_cc708_tick(az_cc708 *decoder, int64_t pts);

/* What is open ends at `pts`, AIZU_NO_TIME: without being told; everything is forgotten. */
void az_cc708_reset(az_cc708 *decoder, int64_t pts);

#endif
