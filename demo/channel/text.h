/*
 * Text as coverage masks, through SDL2_ttf. Fonts are files at usual places: no font configuration is needed,
 * and without any font every call just fails. One thread; between ch_text_begin() and ch_text_end().
 */
#ifndef CH_TEXT_H
#define CH_TEXT_H

#include "canvas.h"

typedef enum ch_face {
    CH_FACE_MONO,     /* bold, for figures */
    CH_FACE_SANS,     /* bold */
    CH_FACE_JAPANESE, /* gothic */
    CH_FACES,
} ch_face;

typedef struct ch_fonts {
    const char *path[CH_FACES]; /* NULL: there is none */
} ch_fonts;

/* Finds the files. `own` (may be NULL) is tried before the usual ones for each face. False: no text at all.
 */
bool ch_text_begin(ch_fonts *fonts, const char *own);
void ch_text_end(void);

/* One line, trimmed to its ink at the top and bottom; sizes in pixels. False when the face lacks a letter, or
 * on any failure: then *out is empty. Free with ch_mask_deinit(). */
bool ch_text_render(ch_mask *out, const ch_fonts *fonts, ch_face face, int size, const char *utf8);

/* A figure 0..9 in seven bars, where there is no font. */
bool ch_text_seven_bars(ch_mask *out, int width, int height, int figure);

void ch_mask_deinit(ch_mask *mask);

#endif
