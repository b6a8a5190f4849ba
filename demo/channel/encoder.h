/*
 * H.264 and AAC encoders (libavcodec: libx264, the native AAC encoder), set up for live segments: no delay,
 * no B frames, closed groups that begin only where asked. Pictures and samples in, packets out. One thread
 * each. Times are 90 kHz ticks.
 */
#ifndef CH_ENCODER_H
#define CH_ENCODER_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>

#define CH_AUDIO_HZ       48000
#define CH_AUDIO_CHANNELS 2

typedef struct ch_video_encoder_settings {
    int width, height;
    AVRational frame_rate;
    int64_t bits_per_second;
    const char *preset; /* of x264 */
} ch_video_encoder_settings;

typedef struct ch_video_encoder ch_video_encoder;

/* NULL on failure, with a message printed. */
ch_video_encoder *ch_video_encoder_create(const ch_video_encoder_settings *settings);
void ch_video_encoder_destroy(ch_video_encoder **e);

/* One YUV 4:2:0 picture. With `key` it begins a closed group. Then take packets until AVERROR(EAGAIN). */
int ch_video_encoder_feed(ch_video_encoder *e, AVFrame *frame, int64_t pts, bool key);
int ch_video_encoder_take(ch_video_encoder *e, AVPacket *packet);

typedef struct ch_audio_encoder ch_audio_encoder;

ch_audio_encoder *ch_audio_encoder_create(int64_t bits_per_second); /* NULL, with a message printed */
void ch_audio_encoder_destroy(ch_audio_encoder **e);

/*
 * 48 kHz stereo planar floats that begin at `pts`. What leaves a gap to the samples before is filled with
 * silence, what overlaps them is dropped; small steps are taken as jitter. Then take packets until
 * AVERROR(EAGAIN).
 */
int ch_audio_encoder_feed(ch_audio_encoder *e, const float *const planes[CH_AUDIO_CHANNELS], int count,
                          int64_t pts);
int ch_audio_encoder_take(ch_audio_encoder *e, AVPacket *packet);
const AVCodecContext *ch_audio_encoder_context(const ch_audio_encoder *e); /* for its configuration */

#endif
