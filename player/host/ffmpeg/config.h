/*
 * Decoder configurations as they stand in ISO base media files, in the form that libavcodec takes.
 */
#ifndef AZ_HOST_FFMPEG_CONFIG_H
#define AZ_HOST_FFMPEG_CONFIG_H

#include "demux/demux.h"

#define AZ_CONFIG_SIZE_MAX ((size_t)1 << 20) /* bytes; parameter sets of pictures are the longest */

/*
 * What libavcodec wants to have for az_track.config: `*out` begins with `*out_size` bytes for it, followed by
 * zeros as far as libavcodec may read; free it with av_free(). NULL where the stream says it all.
 * AIZU_E_CODEC: a configuration that cannot be right; AIZU_E_MEMORY.
 */
AZ_NODISCARD aizu_result az_config_convert(az_codec codec, az_span config, uint8_t **out, int *out_size);

#endif
