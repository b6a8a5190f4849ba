/*
 * One decoder: a thread that turns the access units of one stream into frames with libavcodec.
 *
 * In: codec and units from the engine thread. Out, through the letter box, in order and each with the
 * generation it belongs to: FRAME (frame is an az_frame with one reference that goes with the event),
 * DECODED for each unit whatever became of it, DRAINED. What belongs to an older generation than the last
 * configure or flush is dropped without an event. Payloads are not copied.
 *
 * All functions: on one thread (the engine's); none of them waits for the decoder but destroy.
 */
#ifndef AZ_HOST_FFMPEG_DECODER_H
#define AZ_HOST_FFMPEG_DECODER_H

#include "base/log.h"
#include "host/ffmpeg/frame.h"
#include "host/post.h"

/* Units that wait at most; more are refused with DECODED and AIZU_E_LIMIT. */
#define AZ_DECODER_UNITS_MAX 1024

typedef struct az_decoder az_decoder;

/* Starts the thread. The log may be NULL, and is called on the decoder's thread. AIZU_E_MEMORY,
 * AIZU_E_INTERNAL (no thread). */
AZ_NODISCARD aizu_result az_decoder_create(az_decoder **decoder, az_stream stream, const az_post *post,
                                           const az_log *log);

/* Ends the thread (it finishes the unit it is at) and frees everything. NULL allowed. */
void az_decoder_destroy(az_decoder **decoder);

/* AZ_ACTION_DECODER: a new decoder from the next unit on; units that wait and frames that were not given
 * out yet are dropped. `track` is copied (its configuration by reference), NULL when nothing is known. A
 * codec that cannot be decoded is reported with the first unit: DECODED and AIZU_E_CODEC, and so for each
 * that follows. */
void az_decoder_configure(az_decoder *decoder, az_codec codec, uint32_t generation, const az_track *track);

/* AZ_ACTION_DECODE: takes unit.data over, always. */
void az_decoder_send(az_decoder *decoder, uint32_t generation, const az_unit *unit);

/* AZ_ACTION_FLUSH: forgets units and frames of older generations; the codec stays. */
void az_decoder_flush(az_decoder *decoder, uint32_t generation);

/* AZ_ACTION_DRAIN: the frames that are left, then DRAINED; units may follow as after a flush. */
void az_decoder_drain(az_decoder *decoder, uint32_t generation);

#endif
