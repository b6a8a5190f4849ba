/*
 * YUV textures; see host/sdl/texture.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/texture.h"

#include <string.h>
#ifdef __linux__
#include <dirent.h>
#include <unistd.h>
#endif

/* OpenGL's GL_RENDERER and the type of glGetString, without its headers. */
#define GL_RENDERER_NAME 0x1F01u
typedef const unsigned char *(*gl_get_string)(unsigned name);

void az_texture_deinit(az_texture *texture)
{
    if (texture->texture)
        SDL_DestroyTexture(texture->texture);
    texture->texture = NULL;
}

/* SDL knows full range with BT.601 only. */
static SDL_YUV_CONVERSION_MODE mode_for(const aizu_frame *frame)
{
    if (frame->full_range)
        return SDL_YUV_CONVERSION_JPEG;
    return frame->matrix == AIZU_COLOR_BT601 ? SDL_YUV_CONVERSION_BT601 : SDL_YUV_CONVERSION_BT709;
}

static bool create(az_texture *texture, SDL_Renderer *renderer, const aizu_frame *frame)
{
    az_texture_deinit(texture);
    texture->format = frame->format;
    texture->width = frame->width;
    texture->height = frame->height;
    texture->mode = mode_for(frame);
    Uint32 format = frame->format == AIZU_PIXEL_NV12 ? SDL_PIXELFORMAT_NV12 : SDL_PIXELFORMAT_IYUV;
    /* The mode is SDL's for all textures; some renderers read it here, some when they draw. */
    SDL_YUV_CONVERSION_MODE before = SDL_GetYUVConversionMode();
    SDL_SetYUVConversionMode(texture->mode);
    texture->texture =
        SDL_CreateTexture(renderer, format, SDL_TEXTUREACCESS_STREAMING, frame->width, frame->height);
    SDL_SetYUVConversionMode(before);
    if (!texture->texture)
        return false;
    SDL_SetTextureBlendMode(texture->texture, SDL_BLENDMODE_NONE);
    SDL_SetTextureScaleMode(texture->texture, SDL_ScaleModeLinear);
    return true;
}

bool az_texture_update(az_texture *texture, SDL_Renderer *renderer, const aizu_frame *frame)
{
    bool fits = texture->texture && texture->width == frame->width && texture->height == frame->height &&
                texture->format == frame->format && texture->mode == mode_for(frame);
    if (!fits && !create(texture, renderer, frame))
        return false;
    if (frame->format == AIZU_PIXEL_NV12)
        return !SDL_UpdateNVTexture(texture->texture, NULL, frame->planes[0], frame->strides[0],
                                    frame->planes[1], frame->strides[1]);
    return !SDL_UpdateYUVTexture(texture->texture, NULL, frame->planes[0], frame->strides[0],
                                 frame->planes[1], frame->strides[1], frame->planes[2], frame->strides[2]);
}

bool az_texture_draw(az_texture *texture, SDL_Renderer *renderer, const SDL_Rect *place)
{
    SDL_YUV_CONVERSION_MODE before = SDL_GetYUVConversionMode();
    SDL_SetYUVConversionMode(texture->mode);
    bool is_drawn = !SDL_RenderCopy(renderer, texture->texture, NULL, place) && !SDL_RenderFlush(renderer);
    SDL_SetYUVConversionMode(before);
    return is_drawn;
}

static bool is_cpu_driver(const char *name)
{
    static const char *const cpu[] = {"llvmpipe", "softpipe", "swrast", "SWR", "Software", "SwiftShader"};
    for (size_t i = 0; i < AZ_COUNT(cpu); i++) {
        if (strstr(name, cpu[i]))
            return true;
    }
    return false;
}

bool az_renderer_is_gpu(SDL_Renderer *renderer)
{
    SDL_RendererInfo info;
    if (SDL_GetRendererInfo(renderer, &info) || (info.flags & SDL_RENDERER_SOFTWARE))
        return false;
    if (strncmp(info.name, "opengl", 6))
        return true;
    union {
        void *pointer;
        gl_get_string function;
    } get_string = {.pointer = SDL_GL_GetProcAddress("glGetString")};
    const unsigned char *name = get_string.pointer ? get_string.function(GL_RENDERER_NAME) : NULL;
    return name && !is_cpu_driver((const char *)name);
}

bool az_gpu_is_possible(void)
{
#ifdef __linux__
    if (!access("/dev/nvidiactl", R_OK | W_OK) || !access("/dev/mali0", R_OK | W_OK))
        return true;
    DIR *directory = opendir("/dev/dri");
    if (!directory)
        return false;
    bool is_possible = false;
    for (const struct dirent *entry; !is_possible && (entry = readdir(directory));)
        is_possible = !strncmp(entry->d_name, "renderD", 7);
    closedir(directory);
    return is_possible;
#else
    return true;
#endif
}
