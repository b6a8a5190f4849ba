/*
 * The test card: a designed still picture, on which each frame changes only the clock's and the counter's
 * figures, one tick of the ring, a small runner, and the frame marker (marker.h). One thread.
 */
#ifndef CH_CARD_H
#define CH_CARD_H

#include <libavutil/frame.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ch_card_settings {
    int width, height; /* even */
    int fps;           /* 1..60 */
    const char *font;  /* tried before the usual ones; or NULL */
    int64_t wall_first_ns;
    bool is_live;
} ch_card_settings;

typedef struct ch_card ch_card;

ch_card *ch_card_create(const ch_card_settings *settings); /* NULL: out of memory */
void ch_card_destroy(ch_card **card);

/* Frame `number`; call with 0, 1, 2 and so on. The card's, changed by the next call. NULL: out of memory. */
AVFrame *ch_card_draw(ch_card *card, int64_t number);

#endif
