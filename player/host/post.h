/*
 * How the modules of host/ tell the engine thread what happened.
 */
#ifndef AZ_HOST_POST_H
#define AZ_HOST_POST_H

#include "engine/engine.h"

/*
 * The engine thread's letter box. `write` is called on any thread, also with a lock of the caller held:
 * it must not call back into the module, and must not block for long. It copies the event. False when it
 * was not taken (out of memory, shutting down): a frame in it then stays the caller's.
 */
typedef struct az_post {
    bool (*write)(void *user, const az_event *event);
    void *user;
} az_post;

static inline bool az_post_event(const az_post *post, const az_event *event)
{
    return post->write(post->user, event);
}

#endif
