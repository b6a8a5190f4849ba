/*
 * One line of text as libass draws it: its size, where runs of it stand, and its bitmaps. Internal to
 * host/sdl/subtitle*.c.
 */
#ifndef AZ_HOST_SDL_SUBTITLE_LINE_H
#define AZ_HOST_SDL_SUBTITLE_LINE_H

#include <ass/ass.h>

#include "base/log.h"
#include "cue/text.h"
#include "host/sdl/subtitle_layout.h"

#define AZ_LINE_PIECES_MAX 64 /* of one line; later ones are left out */

/* A part of a run that is in one line. */
typedef struct az_line_piece {
    const az_text_run *run;
    const char *text; /* not NUL-terminated */
    size_t size;
    bool is_ruby;          /* stands over the piece before it */
    az_subtitle_rect area; /* measured: in libass' frame; ruby: relative to its line */
    int drawn_x, drawn_y;  /* ruby: where its bitmaps are in libass' frame */
} az_line_piece;

typedef struct az_line {
    az_line_piece pieces[AZ_LINE_PIECES_MAX];
    size_t piece_count;
    bool breaks_anywhere;  /* between ideographs, where libass would not */
    az_subtitle_rect area; /* measured, in libass' frame; without ruby */
    int ruby_height;       /* pixels above the area */
} az_line;

/* What all lines of a cue have in common. */
typedef struct az_line_style {
    int font_height, padding; /* pixels; padding is that of the boxes */
    int width_max;
    az_text_align align; /* left, center, right: of lines among each other where one is broken */
    bool has_boxes;      /* else letters have outlines */
    bool is_vertical;
} az_line_style;

typedef struct az_typesetter {
    ASS_Library *library;
    ASS_Renderer *renderer;
    ASS_Track *track; /* of the line drawn last */
    int frame_size;   /* of libass' frame, a square */
    char *text;       /* of the event */
    size_t text_size, text_capacity;
} az_typesetter;

/* What the default of a background is. */
#define AZ_LINE_BACKGROUND UINT32_C(0x000000B8)

bool az_typesetter_init(az_typesetter *setter,
                        void (*log)(int level, const char *format, va_list args, void *user), void *user);
void az_typesetter_deinit(az_typesetter *setter);

/* Lines of up to `extent` pixels can be drawn from now on. */
void az_typesetter_fit(az_typesetter *setter, int extent);

/* Fills in areas and ruby_height. False: out of memory. An area without width: nothing of it can be seen. */
AZ_NODISCARD bool az_line_measure(az_typesetter *setter, const az_line_style *style, az_line *line);

/* The bitmaps of a line where it was measured, or of its ruby piece number `ruby` (0: the line itself). NULL:
 * nothing or out of memory. They live until the next call. */
const ASS_Image *az_line_draw(az_typesetter *setter, const az_line_style *style, const az_line *line,
                              size_t ruby);

#endif
