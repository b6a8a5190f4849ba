/*
 * The frame number as cells; see marker.h.
 */
#include "marker.h"

#include <string.h>

#define BLACK     16
#define WHITE     235
#define THRESHOLD 128
#define LINES     45 /* one in so many lines is the marker's */

int ch_marker_height(int height)
{
    int lines = height / LINES;
    return lines < 2 ? 2 : lines;
}

/* All cells as bits, the leftmost highest. */
static uint64_t cells_of(uint32_t number)
{
    unsigned check = 5;
    for (unsigned i = 0; i < 8; i++)
        check ^= (number >> (4 * i)) & 15u;
    return (UINT64_C(2) << 38) | ((uint64_t)number << 6) | ((uint64_t)check << 2) | 1u;
}

void ch_marker_draw(uint8_t *luma, ptrdiff_t stride, int width, int height, uint32_t number)
{
    uint64_t cells = cells_of(number);
    int lines = ch_marker_height(height);
    uint8_t *first = luma + stride * (height - lines);
    for (int i = 0; i < CH_MARKER_CELLS; i++) {
        int left = width * i / CH_MARKER_CELLS;
        int right = width * (i + 1) / CH_MARKER_CELLS;
        bool is_white = (cells >> (CH_MARKER_CELLS - 1 - i)) & 1;
        memset(first + left, is_white ? WHITE : BLACK, (size_t)(right - left));
    }
    for (int line = 1; line < lines; line++)
        memcpy(first + stride * line, first, (size_t)width);
}

bool ch_marker_read(const uint8_t *luma, ptrdiff_t stride, int width, int height, uint32_t *number)
{
    int lines = ch_marker_height(height);
    if (width < CH_MARKER_CELLS || height < lines)
        return false;
    const uint8_t *middle = luma + stride * (height - lines + lines / 2);
    uint64_t cells = 0;
    for (int i = 0; i < CH_MARKER_CELLS; i++) {
        int left = width * i / CH_MARKER_CELLS;
        int right = width * (i + 1) / CH_MARKER_CELLS;
        cells = (cells << 1) | (middle[(left + right) / 2] > THRESHOLD);
    }
    uint32_t candidate = (uint32_t)(cells >> 6);
    if (cells != cells_of(candidate))
        return false;
    *number = candidate;
    return true;
}
