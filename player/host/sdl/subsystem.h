/*
 * Starting and stopping parts of SDL from several players in one process. Internal to host/sdl/.
 *
 * SDL counts who uses a part, but neither that nor its lists of windows and devices are safe between
 * threads: starting, and each call that touches windows or events, or opens or closes a sound device, is
 * made under a lock of the process.
 */
#ifndef AZ_HOST_SDL_SUBSYSTEM_H
#define AZ_HOST_SDL_SUBSYSTEM_H

#include <SDL.h>

#include "base/base.h"

/* SDL_INIT_VIDEO or SDL_INIT_AUDIO; false: not available, SDL_GetError() says why. Takes the lock. Leaves
 * signals alone and an application's use of SDL as it is. */
bool az_subsystem_start(Uint32 part);
void az_subsystem_stop(Uint32 part);

/* SDL_INIT_VIDEO or SDL_INIT_AUDIO. Not recursive. */
void az_subsystem_lock(Uint32 part);
void az_subsystem_unlock(Uint32 part);

#endif
