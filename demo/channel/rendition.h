/*
 * One quality: scaling, its encoder where it has one, and its packager. Used by channel.c only.
 */
#ifndef CH_RENDITION_H
#define CH_RENDITION_H

#include "cmaf.h"
#include "encoder.h"
#include "output.h"
#include "source.h"

typedef struct ch_rendition ch_rendition;

typedef struct ch_rendition_settings {
    ch_output *output; /* lent */
    ch_cmaf *cmaf;     /* lent; NULL: recordings are transport streams only */
    size_t variant;    /* its number there */
    int width, height;
    AVRational frame_rate;
    int64_t frame_ticks;
    int64_t bits_per_second; /* 0: packets come ready-made */
    const char *preset;
    bool has_audio;
    ch_adts adts;
} ch_rendition_settings;

ch_rendition *ch_rendition_create(const ch_rendition_settings *settings); /* NULL, with a message printed */
void ch_rendition_destroy(ch_rendition **r);

/* All times are media times. Results: 0 or an AVERROR. With `cut` a new segment begins. */
int ch_rendition_picture(ch_rendition *r, AVFrame *picture, int64_t pts, bool cut);
int ch_rendition_video(ch_rendition *r, const ch_video_packet *packet);
int ch_rendition_audio(ch_rendition *r, const uint8_t *data, size_t size, int64_t pts);
int ch_rendition_cue(ch_rendition *r, const uint8_t *tag, size_t size, int64_t pts);
int ch_rendition_end(ch_rendition *r);

#endif
