/*
 * The fields of one ID3 frame. Folder-internal.
 */
#ifndef AZ_CUE_ID3_FRAME_H
#define AZ_CUE_ID3_FRAME_H

#include "base/arena.h"
#include "cue/id3.h"

/* The name of a 2.2 frame in 2.3, or NULL where there is none. */
const char *az_id3_frame_name(const char id[3]);

/* Fills kind and the typed fields of a frame whose id, version and flags stand already. A body that cannot be
 * read stays raw and is flagged. `short_format`: a 2.2 picture. False when out of memory. */
AZ_NODISCARD bool az_id3_frame_read(az_id3_frame *frame, az_arena *arena, az_span body, bool short_format);

#endif
