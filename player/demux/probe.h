/*
 * Which container a segment has, from its first bytes. Pure.
 *
 * What stands at the very start decides: an ID3 tag or a frame header (packed audio), a box, "WEBVTT", the
 * root element of a TTML document, transport packets. Where nothing of that does, up to AZ_PROBE_SIZE_MAX
 * bytes are searched for transport packets, frames and boxes behind something else.
 */
#ifndef AZ_DEMUX_PROBE_H
#define AZ_DEMUX_PROBE_H

#include "demux/demuxer.h"

#define AZ_PROBE_SIZE_MAX ((size_t)64 << 10) /* more is not looked at */

/*
 * `is_end`: nothing follows. AIZU_OK and *out; AIZU_AGAIN: more bytes are needed; AIZU_E_MEDIA: none that is
 * known. More bytes do not change an answer once it is one of AIZU_OK and AIZU_E_MEDIA, but for what `is_end`
 * forced.
 */
AZ_NODISCARD aizu_result az_probe(az_span bytes, bool is_end, az_container *out);

#endif
