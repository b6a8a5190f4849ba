/*
 * Pictures of any format a decoder gives to the two that aizu shows.
 */
#ifndef AZ_HOST_FFMPEG_CONVERT_H
#define AZ_HOST_FFMPEG_CONVERT_H

#include "base/base.h"

struct AVFrame;
struct SwsContext;

/* Keeps the converter from picture to picture. Zero it before the first use. */
typedef struct az_convert {
    struct SwsContext *sws;
} az_convert;

void az_convert_deinit(az_convert *convert);

/*
 * Makes `av` an I420 or NV12 picture of 8 bits: at once when it is one, else through a converted copy that
 * takes its place, properties kept; BT.2020 becomes BT.709. AIZU_E_UNSUPPORTED (a format swscale does not
 * read), AIZU_E_MEMORY: unchanged.
 */
AZ_NODISCARD aizu_result az_convert_picture(az_convert *convert, struct AVFrame *av);

#endif
