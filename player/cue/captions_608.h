/*
 * CEA-608, one field of line 21: byte pairs in, the screens of its two channels out (see
 * cue/captions_screen.h). Used in this folder only.
 */
#ifndef AZ_CUE_CAPTIONS_608_H
#define AZ_CUE_CAPTIONS_608_H

#include "cue/captions_screen.h"

typedef struct az_cc608 az_cc608;

/* `field` 0: CC1 and CC2, 1: CC3 and CC4. The sink is borrowed. NULL when out of memory. */
az_cc608 *az_cc608_create(const az_caption_sink *sink, unsigned field);
void az_cc608_destroy(az_cc608 **field);

/* One byte pair, with its parity bits. */
void az_cc608_pair(az_cc608 *field, uint8_t first, uint8_t second, int64_t pts);

/* The picture is over: what is due is told. */
void az_cc608_tick(az_cc608 *field, int64_t pts);

/* What is open ends at `pts`, AIZU_NO_TIME: without being told; everything is forgotten. */
void az_cc608_reset(az_cc608 *field, int64_t pts);

#endif
