/*
 * Each frame's changes to the still picture; see card.h. All of them together touch a few thousand pixels.
 */
#include "card.h"

#include "card_still.h"
#include "marker.h"
#include "playlist_writer.h"

#include <stdlib.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define FLASH_PART    10 /* of a second: as long as the beep */

struct ch_card {
    ch_card_settings settings;
    card_still still;
    AVFrame *frame;
    int runner_x; /* where the runner was drawn; -1: nowhere yet */
};

ch_card *ch_card_create(const ch_card_settings *settings)
{
    ch_card *card = calloc(1, sizeof(*card));
    if (!card)
        return NULL;
    card->settings = *settings;
    card->runner_x = -1;
    card->frame = ch_picture_create(settings->width, settings->height);
    if (!card->frame || !card_still_init(&card->still, settings)) {
        ch_card_destroy(&card);
        return NULL;
    }
    ch_picture_copy(card->frame, 0, 0, card->still.rest, 0, 0, settings->width, settings->height);
    return card;
}

void ch_card_destroy(ch_card **pointer)
{
    ch_card *card = *pointer;
    *pointer = NULL;
    if (!card)
        return;
    card_still_deinit(&card->still);
    av_frame_free(&card->frame);
    free(card);
}

static void draw_number(AVFrame *frame, card_row *row, int64_t value)
{
    for (int i = row->count - 1; i >= 0; i--, value /= 10) {
        int figure = (int)(value % 10);
        if (figure == row->shown[i])
            continue;
        row->shown[i] = figure;
        const card_figures *f = row->figures;
        ch_picture_copy(frame, row->x[i], row->y, f->picture[figure], 0, 0, f->width, f->height);
    }
}

static void restore(ch_card *card, const card_box *box)
{
    ch_picture_copy(card->frame, box->x, box->y, card->still.rest, box->x, box->y, box->width, box->height);
}

/* Those pixels of the ring that the map gives to `tick`, from one of the still pictures. */
static void copy_tick(ch_card *card, const AVFrame *from, uint8_t tick)
{
    const card_box *box = &card->still.ring;
    for (int y = 0; y < box->height; y++) {
        const uint8_t *map = card->still.ring_map + (ptrdiff_t)y * box->width;
        for (int x = 0; x < box->width; x++) {
            if (map[x] != tick)
                continue;
            for (int plane = 0; plane < 3; plane++) {
                if (plane && ((x | y) & 1))
                    break;
                int shift = plane ? 1 : 0;
                int column = (box->x + x) >> shift, line = (box->y + y) >> shift;
                card->frame->data[plane][(ptrdiff_t)line * card->frame->linesize[plane] + column] =
                    from->data[plane][(ptrdiff_t)line * from->linesize[plane] + column];
            }
        }
    }
}

static void draw_ring(ch_card *card, int phase)
{
    if (phase == 0) {
        restore(card, &card->still.ring);
        copy_tick(card, card->still.lit, CARD_DISC);
    }
    if (phase == (card->settings.fps + FLASH_PART - 1) / FLASH_PART)
        copy_tick(card, card->still.rest, CARD_DISC);
    copy_tick(card, card->still.lit, (uint8_t)phase);
}

/* There and back in four seconds, at the same step each frame: uneven display shows as a judder. */
static void draw_runner(ch_card *card, int64_t number)
{
    const card_box *track = &card->still.track;
    int size = track->height;
    int way = track->width - size;
    int64_t period = 4 * (int64_t)card->settings.fps;
    int64_t position = number % period;
    if (position > period / 2)
        position = period - position;
    int x = track->x + (int)(way * position / (period / 2) / 2 * 2);
    if (card->runner_x >= 0)
        restore(card, &(card_box){card->runner_x, track->y, size, size});
    ch_picture_copy(card->frame, x, track->y, card->still.runner, 0, 0, size, size);
    card->runner_x = x;
}

AVFrame *ch_card_draw(ch_card *card, int64_t number)
{
    if (av_frame_make_writable(card->frame) < 0)
        return NULL;
    int fps = card->settings.fps;
    int64_t wall =
        card->settings.wall_first_ns + number / fps * NS_PER_SECOND + number % fps * NS_PER_SECOND / fps;
    ch_calendar c = ch_calendar_of(wall);
    draw_number(card->frame, &card->still.clock, c.hour * 10000 + c.minute * 100 + c.second);
    draw_number(card->frame, &card->still.milliseconds, c.millisecond);
    draw_number(card->frame, &card->still.date, c.year * 10000 + c.month * 100 + c.day);
    draw_number(card->frame, &card->still.count, number);
    draw_ring(card, (int)(number % fps));
    draw_runner(card, number);
    ch_marker_draw(card->frame->data[0], card->frame->linesize[0], card->settings.width,
                   card->settings.height, (uint32_t)number);
    return card->frame;
}
