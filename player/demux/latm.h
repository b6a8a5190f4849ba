/*
 * AAC in LATM over LOAS (ISO/IEC 14496-3, 1.7: AudioSyncStream): bytes in, the frame that begins with them
 * out. Pure. What StreamMuxConfig says holds for the frames after it: the caller keeps it.
 */
#ifndef AZ_DEMUX_LATM_H
#define AZ_DEMUX_LATM_H

#include "demux/audio_frame.h"

#define AZ_LOAS_SYNC 0x56 /* first byte of a frame */

/*
 * The LOAS frame at the start of `bytes`; codec AZ_CODEC_AAC_LATM. A frame without a StreamMuxConfig is as
 * `last`, a frame that was given out before or zeros, says; sample_rate 0: not known yet. AIZU_OK;
 * AIZU_AGAIN: not all of it is there; AIZU_E_MEDIA: no frame starts here, or one whose configuration cannot
 * be read.
 */
AZ_NODISCARD aizu_result az_loas_frame_parse(az_span bytes, const az_audio_frame *last, az_audio_frame *out);

#endif
