/*
 * The subtitles and captions of an aizu_sdl_picture: text cues in as they begin and end, a texture over the
 * picture out. Fonts and drawing are a thread's (host/sdl/subtitle_thread.h). Internal to host/sdl/.
 */
#ifndef AZ_HOST_SDL_PICTURE_TEXT_H
#define AZ_HOST_SDL_PICTURE_TEXT_H

#include <SDL.h>

#include "aizu/cue.h"
#include "base/base.h"

#define AZ_PICTURE_TEXTS_MAX 16 /* cues that are shown at a time; past it the oldest goes */

typedef struct az_picture_text az_picture_text;

/* NULL when out of memory, or there is no thread. */
az_picture_text *az_picture_text_create(void);
void az_picture_text_destroy(az_picture_text **text); /* on the renderer's thread; NULL allowed */

/* A cue of any kind that began or ended; copied. AIZU_E_MEMORY: all stays as it was. Any thread. */
AZ_NODISCARD aizu_result az_picture_text_take(az_picture_text *text, const aizu_cue *cue);

/* Nothing is shown any more. Any thread. */
void az_picture_text_clear(az_picture_text *text);

/* Whether there is something that draw has not shown yet. Any thread. */
bool az_picture_text_is_new(const az_picture_text *text);

/* Over a picture at `place`. False when SDL refuses. On the renderer's thread. */
AZ_NODISCARD bool az_picture_text_draw(az_picture_text *text, SDL_Renderer *renderer, const SDL_Rect *place);

#endif
