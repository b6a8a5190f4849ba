/*
 * Starting and stopping parts of SDL from several players in one process. Internal to host/sdl/.
 *
 * SDL counts who uses a part, but neither that nor its window list is safe between threads: everything
 * here and each call that touches windows or events is made under one lock of the process.
 */
#ifndef AZ_HOST_SDL_SUBSYSTEM_H
#define AZ_HOST_SDL_SUBSYSTEM_H

#include <SDL.h>

#include "base/base.h"

/* SDL_INIT_VIDEO or SDL_INIT_AUDIO; false: not available, SDL_GetError() says why. Takes the lock. Leaves
 * signals alone and an application's use of SDL as it is. */
bool az_subsystem_start(Uint32 part);
void az_subsystem_stop(Uint32 part);

void az_subsystem_lock(void);
void az_subsystem_unlock(void);

#endif
