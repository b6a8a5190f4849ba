/*
 * Text cues drawn on a thread of its own, so that no picture waits for fonts: the cues and the size of the
 * picture in, the newest drawing of them out. What became old before it was done is dropped. Internal to
 * host/sdl/.
 */
#ifndef AZ_HOST_SDL_SUBTITLE_THREAD_H
#define AZ_HOST_SDL_SUBTITLE_THREAD_H

#include "aizu/cue.h"
#include "host/sdl/subtitle.h"

typedef struct az_subtitle_thread az_subtitle_thread;

/* ready(user) is called, on the thread or inside set_text, each time there is something to take. NULL: out
 * of memory, or no thread. */
az_subtitle_thread *az_subtitle_thread_create(const az_log *log, void (*ready)(void *user), void *user);
void az_subtitle_thread_destroy(az_subtitle_thread **thread); /* waits; NULL allowed */

/* All cues to show from now on; copied. Those that are no text are left out. None: what is shown goes at
 * once. False: out of memory, and it stays as it was. Any thread. */
bool az_subtitle_thread_set_text(az_subtitle_thread *thread, const aizu_cue *const *cues, size_t count);

/* The size at which the picture is drawn. Any thread. */
void az_subtitle_thread_set_size(az_subtitle_thread *thread, int width, int height);

/* A drawing that was not yet taken; *image is then the caller's, without pixels when nothing is to be seen,
 * and made for a picture of *width x *height. Any thread. */
bool az_subtitle_thread_take(az_subtitle_thread *thread, az_subtitle_image *image, int *width, int *height);

#endif
