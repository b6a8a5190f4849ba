/*
 * The drawn programme: the card's picture for each frame, and a beep on each second, in time with the card's
 * flash. Sound runs a little ahead of the pictures, so that a finished segment never waits for its last
 * sound.
 */
#include "card.h"
#include "encoder.h"
#include "log.h"
#include "source.h"

#include <math.h>
#include <stdlib.h>

#define TICKS_PER_SECOND 90000
#define AUDIO_AHEAD      (CH_AUDIO_HZ / 10) /* samples */
#define CHUNK            1024               /* samples given at once */
#define BEEP_SAMPLES     (CH_AUDIO_HZ / 10)
#define BEEP_RAMP        (CH_AUDIO_HZ / 200) /* samples of fading in and out: no click */
#define BEEP_HZ          1000.0
#define BEEP_MINUTE_HZ   1500.0 /* on second 0 */
#define BEEP_AMPLITUDE   0.22
#define NS_PER_SECOND    INT64_C(1000000000)
#define PI               3.14159265358979323846

typedef struct programme {
    ch_source source; /* first */
    ch_card *card;
    int fps;
    int64_t wall_second; /* the wall clock's second at time 0 */
    int64_t frame;       /* number of the next picture */
    int64_t sample;      /* number of the next sample */
    AVFrame *sound;
} programme;

static float beep_at(const programme *p, int64_t sample)
{
    int64_t second = sample / CH_AUDIO_HZ;
    int64_t phase = sample % CH_AUDIO_HZ;
    if (phase >= BEEP_SAMPLES)
        return 0;
    double hz = (p->wall_second + second) % 60 == 0 ? BEEP_MINUTE_HZ : BEEP_HZ;
    double envelope = 1;
    int64_t edge = phase < BEEP_SAMPLES - 1 - phase ? phase : BEEP_SAMPLES - 1 - phase;
    if (edge < BEEP_RAMP)
        envelope = 0.5 - 0.5 * cos(PI * (double)edge / BEEP_RAMP);
    return (float)(BEEP_AMPLITUDE * envelope * sin(2 * PI * hz * (double)phase / CH_AUDIO_HZ));
}

static int next_sound(programme *p, ch_item *item)
{
    int result = av_frame_make_writable(p->sound);
    if (result < 0)
        return result;
    float *left = (float *)(void *)p->sound->data[0];
    float *right = (float *)(void *)p->sound->data[1];
    for (int i = 0; i < CHUNK; i++) {
        left[i] = beep_at(p, p->sample + i);
        right[i] = left[i];
    }
    int64_t pts = p->sample * (TICKS_PER_SECOND / 10) / (CH_AUDIO_HZ / 10);
    *item = (ch_item){.kind = CH_ITEM_SOUND, .pts = pts, .dts = pts, .frame = p->sound};
    p->sample += CHUNK;
    return 0;
}

static int next(ch_source *source, ch_item *item)
{
    programme *p = (programme *)source;
    if (p->sample < (p->frame + 1) * CH_AUDIO_HZ / p->fps + AUDIO_AHEAD)
        return next_sound(p, item);
    int64_t pts = p->frame * p->source.info.frame_ticks;
    *item =
        (ch_item){.kind = CH_ITEM_PICTURE, .pts = pts, .dts = pts, .frame = ch_card_draw(p->card, p->frame)};
    p->frame++;
    return item->frame ? 0 : AVERROR(ENOMEM);
}

static void destroy(ch_source *source)
{
    programme *p = (programme *)source;
    ch_card_destroy(&p->card);
    av_frame_free(&p->sound);
    free(p);
}

static AVFrame *sound_create(void)
{
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->format = AV_SAMPLE_FMT_FLTP;
    f->nb_samples = CHUNK;
    f->sample_rate = CH_AUDIO_HZ;
    av_channel_layout_default(&f->ch_layout, CH_AUDIO_CHANNELS);
    if (av_frame_get_buffer(f, 0) < 0)
        av_frame_free(&f);
    return f;
}

ch_source *ch_source_programme(const ch_programme_settings *settings)
{
    programme *p = calloc(1, sizeof(*p));
    if (!p) {
        ch_error("out of memory");
        return NULL;
    }
    p->source = (ch_source){
        .info = {.width = settings->width,
                 .height = settings->height,
                 .frame_rate = {settings->fps, 1},
                 .frame_ticks = TICKS_PER_SECOND / settings->fps,
                 .has_audio = true},
        .next = next,
        .destroy = destroy,
    };
    p->fps = settings->fps;
    p->wall_second = settings->wall_first_ns / NS_PER_SECOND;
    p->sound = sound_create();
    const ch_card_settings card = {.width = settings->width,
                                   .height = settings->height,
                                   .fps = settings->fps,
                                   .font = settings->font,
                                   .wall_first_ns = settings->wall_first_ns,
                                   .is_live = settings->is_live};
    p->card = ch_card_create(&card);
    if (!p->sound || !p->card) {
        ch_error("out of memory");
        destroy(&p->source);
        return NULL;
    }
    return &p->source;
}
