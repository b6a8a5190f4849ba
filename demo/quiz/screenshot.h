/*
 * What the renderer shows, as a PNG file.
 */
#ifndef QUIZ_SCREENSHOT_H
#define QUIZ_SCREENSHOT_H

#include <SDL.h>
#include <stdbool.h>

/* Call after drawing and before SDL_RenderPresent(). False: SDL_GetError() says why. */
bool quiz_screenshot(SDL_Renderer *renderer, const char *path);

#endif
