/*
 * The part of a decoder that knows libavcodec: one codec, access units in, frames out. No threads of its
 * own but libavcodec's, no queue. Internal to host/ffmpeg/.
 */
#ifndef AZ_HOST_FFMPEG_CODEC_H
#define AZ_HOST_FFMPEG_CODEC_H

#include "engine/engine.h"
#include "host/ffmpeg/convert.h"
#include "host/ffmpeg/frame.h"

/* More threads than this only cost memory: each holds a frame. */
#define AZ_CODEC_THREADS_MAX 4

struct AVCodecContext;
struct AVFrame;
struct AVPacket;

typedef struct az_codec_decoder {
    struct AVCodecContext *context; /* NULL: closed */
    struct AVPacket *packet;
    struct AVFrame *frame;
    az_convert convert;
    az_codec codec;
    az_track track;
    int64_t next_pts;      /* where the last frame ended, for frames without a time */
    int64_t busy;          /* ns spent since the last look, ... */
    int64_t media;         /* ... for so much media */
    bool is_slow;          /* could not keep up */
    bool is_multithreaded; /* uses more than one thread */
    char detail[96];       /* the last error for people; "" none */
} az_codec_decoder;

/* False when out of memory. The struct is zeroed first. */
AZ_NODISCARD bool az_codec_init(az_codec_decoder *decoder);
void az_codec_deinit(az_codec_decoder *decoder);

/* Opens the decoder for a codec, with the configuration of its track, of which it takes a reference; one that
 * is open is closed. AIZU_E_CODEC, AIZU_E_MEMORY: closed. */
AZ_NODISCARD aizu_result az_codec_open(az_codec_decoder *decoder, az_codec codec, const az_track *track);

/* Gives one unit (NULL: the end) to libavcodec, without copying it when its buffer is padded. Take the frames
 * until AIZU_AGAIN or AIZU_END after it. AIZU_E_CODEC (closed), AIZU_E_DECODER, AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_codec_send(az_codec_decoder *decoder, const az_unit *unit);

/* The next frame, the caller's. AIZU_AGAIN: needs the next unit. AIZU_END: all given after the end.
 * AIZU_E_DECODER: one frame was lost, go on taking. */
AZ_NODISCARD aizu_result az_codec_receive(az_codec_decoder *decoder, az_frame **frame);

/* Forgets everything but the codec; needed after the end too. */
void az_codec_flush(az_codec_decoder *decoder);

/* Counts decoding time; true once when one thread is not enough: reopen at the next key frame. */
bool az_codec_is_overloaded(az_codec_decoder *decoder, int64_t busy, int64_t duration);

#endif
