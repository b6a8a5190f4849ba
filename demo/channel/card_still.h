/*
 * The card's still parts and where its moving ones go: shared by card.c and card_still.c only.
 */
#ifndef CH_CARD_STILL_H
#define CH_CARD_STILL_H

#include "canvas.h"
#include "card.h"

#define CARD_WIDTH   1280 /* design units; the card is scaled to the picture */
#define CARD_HEIGHT  720
#define CARD_CLOCK   6 /* figures: HHMMSS */
#define CARD_MS      3
#define CARD_DATE    8 /* YYYYMMDD */
#define CARD_COUNT   8 /* frame number */
#define CARD_NO_TICK 255
#define CARD_DISC    254 /* in the ring's map: the disc in its middle */

/* Ten figures as pictures of one size. */
typedef struct card_figures {
    AVFrame *picture[10];
    int width, height; /* even */
} card_figures;

/* A row of figures in the picture. */
typedef struct card_row {
    const card_figures *figures;
    int count;
    int x[CARD_COUNT];
    int y;
    int shown[CARD_COUNT]; /* -1: none yet */
} card_row;

typedef struct card_box {
    int x, y, width, height; /* even */
} card_box;

typedef struct card_still {
    AVFrame *rest; /* nothing lit */
    AVFrame *lit;  /* all of the ring lit, the disc flashing, the runner's colour */
    card_figures big, medium, small, counter;
    card_row clock, milliseconds, date, count;
    card_box ring;
    uint8_t *ring_map; /* a byte for each pixel of `ring`: tick, CARD_DISC or CARD_NO_TICK */
    card_box track;    /* the runner's way; the runner is as wide as the track is high */
    AVFrame *runner;
} card_still;

bool card_still_init(card_still *still, const ch_card_settings *settings); /* false: out of memory */
void card_still_deinit(card_still *still);

#endif
