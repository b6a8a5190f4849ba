/*
 * Where pictures and sound come from: the drawn programme or a media file. Each gives items in the order in
 * which they are to be encoded; times are 90 kHz ticks from 0 at the start and run on without a break for
 * ever. One thread.
 */
#ifndef CH_SOURCE_H
#define CH_SOURCE_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ch_item_kind {
    CH_ITEM_PICTURE,      /* to be encoded */
    CH_ITEM_SOUND,        /* 48 kHz stereo planar floats, to be encoded */
    CH_ITEM_VIDEO_PACKET, /* H.264, Annex B: goes out as it is */
    CH_ITEM_AUDIO_PACKET, /* AAC without ADTS: goes out as it is */
} ch_item_kind;

typedef struct ch_item {
    ch_item_kind kind;
    int64_t pts;
    int64_t dts;
    bool key;               /* VIDEO_PACKET: begins a closed group */
    bool is_seam;           /* VIDEO_PACKET: the first one of a new loop */
    AVFrame *frame;         /* the source's, until the next call; its pixels may be read but not written */
    const AVPacket *packet; /* the source's, until the next call */
} ch_item;

typedef struct ch_source_info {
    int width, height;
    AVRational frame_rate;
    int64_t frame_ticks; /* nominal */
    bool has_audio;
    const AVCodecParameters
        *copied_video; /* video packets come, and pictures for the other qualities; or NULL */
    const AVCodecParameters *copied_audio; /* or NULL: sound is to be encoded */
    int64_t segment_ticks_max;             /* copied video: the longest segment that its groups make */
    int64_t length_ticks;                  /* of one loop; 0 for the programme */
} ch_source_info;

typedef struct ch_source ch_source;

/* What a source implements; the struct begins its own. */
struct ch_source {
    ch_source_info info;
    int (*next)(ch_source *source, ch_item *item); /* 0 or an AVERROR; never ends by itself */
    void (*destroy)(ch_source *source);
};

typedef struct ch_programme_settings {
    int width, height; /* even */
    int fps;
    const char *font;      /* or NULL */
    int64_t wall_first_ns; /* what the clock in the picture shows at time 0 */
    bool is_live;          /* the badge in the corner */
} ch_programme_settings;

/* NULL on failure, with a message printed. */
ch_source *ch_source_programme(const ch_programme_settings *settings);

typedef struct ch_file_settings {
    const char *path;
    int width_max, height_max; /* of what is encoded */
    int64_t segment_ticks;     /* video is copied when its groups fit into segments of this length */
} ch_file_settings;

ch_source *ch_source_file(const ch_file_settings *settings);

void ch_source_destroy(ch_source **source);

#endif
