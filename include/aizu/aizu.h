/*
 * The whole public API of aizu but for the SDL helper (aizu/sdl.h).
 */
#ifndef AIZU_AIZU_H
#define AIZU_AIZU_H

#include "aizu/cue.h"
#include "aizu/frame.h"
#include "aizu/player.h"
#include "aizu/result.h"
#include "aizu/version.h"

#endif
