/*
 * The channel's packets into the low-latency window: a fragmenter for each quality and one for the sound,
 * which is a rendition of its own. Takes the same packets as the transport stream's packagers. One thread.
 */
#ifndef CH_CMAF_H
#define CH_CMAF_H

#include "ll.h"
#include "packager.h"

#define CH_CMAF_AUDIO_NAME    "audio"
#define CH_CMAF_CONFIG_SIZE   64
#define CH_CMAF_FRAME_SAMPLES 1024 /* of AAC LC */

typedef struct ch_cmaf_settings {
    ch_ll *ll; /* lent; renditions are the qualities, then the sound */
    size_t qualities_count;
    unsigned width[CH_LL_RENDITIONS_MAX], height[CH_LL_RENDITIONS_MAX];
    bool is_steady; /* see fragmenter.h */
    int64_t frame_ticks;
    int64_t part_ticks;
    int64_t segment_ticks;
    bool has_audio;
    ch_adts adts;
    uint8_t audio_config[CH_CMAF_CONFIG_SIZE]; /* AudioSpecificConfig */
    size_t audio_config_size;
    int64_t pts_first;
    int64_t wall_first_ns;
} ch_cmaf_settings;

typedef struct ch_cmaf ch_cmaf;

ch_cmaf *ch_cmaf_create(const ch_cmaf_settings *settings); /* NULL: out of memory */
void ch_cmaf_destroy(ch_cmaf **c);

/* All give 0 or an AVERROR. Until its parameter sets were seen, video is dropped. `codecs` as in a playlist.
 */
int ch_cmaf_video(ch_cmaf *c, size_t quality, const ch_video_packet *packet, const char *codecs);
int ch_cmaf_audio(ch_cmaf *c, const uint8_t *data, size_t size, int64_t pts);
int ch_cmaf_cue(ch_cmaf *c, const uint8_t *tag, size_t size, int64_t pts);

/* The longest part of video, and of sound whose frames last `frame_samples`, in microseconds. With `is_even`
 * the sound has no pauses. */
int64_t ch_cmaf_video_target_us(int64_t part_ticks, int64_t frame_ticks);
int64_t ch_cmaf_audio_target_us(int64_t video_target_us, int64_t frame_samples, int64_t hz, bool is_even);

/* The sampling rate that an ADTS index stands for; 0: none. */
uint32_t ch_cmaf_hz(unsigned frequency_index);

#endif
