/*
 * What a decoder configuration says about pictures: sequence parameter sets of H.264 (ITU-T H.264 7.3.2.1)
 * and H.265 (ITU-T H.265 7.3.2.2), sequence headers of MPEG-2 video (ISO/IEC 13818-2 6.2.2.1). Pure.
 */
#ifndef AZ_DEMUX_VIDEO_FORMAT_H
#define AZ_DEMUX_VIDEO_FORMAT_H

#include "demux/demux.h"

typedef struct az_video_format {
    int width, height;                  /* after cropping */
    int sar_num, sar_den;               /* 0 unknown */
    int frame_rate_num, frame_rate_den; /* frames, not fields; 0 unknown */
    char codec_string[32];              /* RFC 6381 */
} az_video_format;

/* A whole NAL unit with its header, without start code, emulation prevention still in it. False: it
 * cannot be read, *out is unchanged. */
bool az_h264_sps_parse(az_span nal, az_video_format *out);
bool az_h265_sps_parse(az_span nal, az_video_format *out);

/* The bytes after 00 00 01 B3, with the sequence extension where it follows. */
bool az_mpeg2_sequence_parse(az_span bytes, az_video_format *out);

/* The payload of a NAL unit: 00 00 03 becomes 00 00. At most `capacity` bytes; the count written. */
size_t az_nal_unescape(uint8_t *out, size_t capacity, az_span nal);

#endif
