/*
 * SDL's parts; see host/sdl/subsystem.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/subsystem.h"

#include <pthread.h>

/* The only globals of the library: SDL's own state is the process's. */
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t video_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t audio_lock = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t *lock_of(Uint32 part)
{
    return part == SDL_INIT_VIDEO ? &video_lock : &audio_lock;
}

void az_subsystem_lock(Uint32 part)
{
    pthread_mutex_lock(lock_of(part));
}

void az_subsystem_unlock(Uint32 part)
{
    pthread_mutex_unlock(lock_of(part));
}

bool az_subsystem_start(Uint32 part)
{
    pthread_mutex_lock(&start_lock);
    /* When the application uses SDL itself these are its business. */
    if (!SDL_WasInit(0)) {
        SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
        SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    }
    bool is_started = !SDL_InitSubSystem(part);
    pthread_mutex_unlock(&start_lock);
    return is_started;
}

void az_subsystem_stop(Uint32 part)
{
    pthread_mutex_lock(&start_lock);
    SDL_QuitSubSystem(part);
    pthread_mutex_unlock(&start_lock);
}
