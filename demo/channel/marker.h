/*
 * The frame number as a pattern of black and white cells, drawn into the lowest lines of each picture so that
 * a test can read from pixels which frame is on screen. Pure. It survives scaling and compression.
 *
 * The last height/45 lines (at least 2) hold 40 cells of equal width, from the left:
 *   white, black | 32 bits of the frame number, most significant first, white is 1 |
 *   4 check bits | black, white
 * The check bits are the exclusive or of the number's eight nibbles and of 0101. To read a cell, take the
 * luma in its middle; above 128 is white.
 */
#ifndef CH_MARKER_H
#define CH_MARKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_MARKER_CELLS 40

int ch_marker_height(int height); /* in lines */

/* Into a luma plane of limited range (16..235). The caller keeps the chroma there neutral. */
void ch_marker_draw(uint8_t *luma, ptrdiff_t stride, int width, int height, uint32_t number);

/* False when the picture has no sound marker; *number is then unchanged. */
bool ch_marker_read(const uint8_t *luma, ptrdiff_t stride, int width, int height, uint32_t *number);

#endif
