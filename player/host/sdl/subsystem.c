/*
 * SDL's parts; see host/sdl/subsystem.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/subsystem.h"

#include <pthread.h>

/* The one global of the library: SDL's own state is the process's. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void az_subsystem_lock(void)
{
    pthread_mutex_lock(&lock);
}

void az_subsystem_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

bool az_subsystem_start(Uint32 part)
{
    az_subsystem_lock();
    /* When the application uses SDL itself these are its business. */
    if (!SDL_WasInit(0)) {
        SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
        SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    }
    bool is_started = !SDL_InitSubSystem(part);
    az_subsystem_unlock();
    return is_started;
}

void az_subsystem_stop(Uint32 part)
{
    az_subsystem_lock();
    SDL_QuitSubSystem(part);
    az_subsystem_unlock();
}
