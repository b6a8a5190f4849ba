/*
 * Drawing into an application's renderer; see include/aizu/sdl.h. With a GPU the planes go to a YUV texture;
 * on SDL's software renderer, which would convert each pixel slowly, the picture is converted and scaled
 * in one pass to a texture of the size at which it was drawn last.
 */
#define _POSIX_C_SOURCE 200809L

#include "aizu/sdl.h"

#include <stdlib.h>

#include "host/sdl/picture_text.h"
#include "host/sdl/scaler.h"
#include "host/sdl/texture.h"
#include "host/sdl/video_base.h"

struct aizu_sdl_picture {
    SDL_Renderer *renderer;
    bool is_by_cpu;
    aizu_frame frame; /* of the last update: only its size is looked at */
    bool has_frame;
    az_texture yuv;
    az_scaler scaler;
    SDL_Texture *rgb; /* by CPU */
    Uint32 rgb_format;
    int rgb_width, rgb_height;
    SDL_Rect area; /* of the last draw; empty: the whole output */
    az_picture_text *text;
};

static Uint32 texture_format(SDL_Renderer *renderer)
{
    SDL_RendererInfo info;
    if (!SDL_GetRendererInfo(renderer, &info)) {
        for (Uint32 i = 0; i < info.num_texture_formats; i++) {
            if (!SDL_ISPIXELFORMAT_ALPHA(info.texture_formats[i]) && az_scaler_takes(info.texture_formats[i]))
                return info.texture_formats[i];
        }
    }
    return SDL_PIXELFORMAT_ARGB8888;
}

aizu_result aizu_sdl_picture_create(aizu_sdl_picture **out, SDL_Renderer *renderer)
{
    if (!out)
        return AIZU_E_ARGUMENT;
    *out = NULL;
    SDL_RendererInfo info;
    if (!renderer || SDL_GetRendererInfo(renderer, &info))
        return AIZU_E_ARGUMENT;
    aizu_sdl_picture *picture = calloc(1, sizeof(*picture));
    if (!picture)
        return AIZU_E_MEMORY;
    picture->renderer = renderer;
    picture->is_by_cpu = (info.flags & SDL_RENDERER_SOFTWARE) != 0;
    picture->rgb_format = texture_format(renderer);
    picture->text = az_picture_text_create();
    if (!picture->text) {
        free(picture);
        return AIZU_E_MEMORY;
    }
    *out = picture;
    return AIZU_OK;
}

static void drop_rgb(aizu_sdl_picture *picture)
{
    if (picture->rgb)
        SDL_DestroyTexture(picture->rgb);
    picture->rgb = NULL;
}

void aizu_sdl_picture_destroy(aizu_sdl_picture **pointer)
{
    aizu_sdl_picture *picture = pointer ? *pointer : NULL;
    if (!picture)
        return;
    *pointer = NULL;
    az_picture_text_destroy(&picture->text);
    drop_rgb(picture);
    az_texture_deinit(&picture->yuv);
    az_scaler_deinit(&picture->scaler);
    free(picture);
}

static bool whole_output(const aizu_sdl_picture *picture, SDL_Rect *area)
{
    *area = (SDL_Rect){0};
    SDL_RenderGetLogicalSize(picture->renderer, &area->w, &area->h);
    return area->w > 0 || !SDL_GetRendererOutputSize(picture->renderer, &area->w, &area->h);
}

static bool fit_rgb(aizu_sdl_picture *picture, int width, int height)
{
    if (picture->rgb && picture->rgb_width == width && picture->rgb_height == height)
        return true;
    drop_rgb(picture);
    picture->rgb =
        SDL_CreateTexture(picture->renderer, picture->rgb_format, SDL_TEXTUREACCESS_STREAMING, width, height);
    if (!picture->rgb)
        return false;
    SDL_SetTextureBlendMode(picture->rgb, SDL_BLENDMODE_NONE);
    picture->rgb_width = width;
    picture->rgb_height = height;
    return true;
}

static bool update_by_cpu(aizu_sdl_picture *picture, const aizu_frame *frame)
{
    SDL_Rect area = picture->area, place;
    if (aizu_sdl_picture_place(picture, area.w > 0 ? &area : NULL, &place))
        place = (SDL_Rect){0, 0, frame->width, frame->height};
    if (!fit_rgb(picture, place.w, place.h))
        return false;
    void *pixels = NULL;
    int pitch = 0;
    if (SDL_LockTexture(picture->rgb, NULL, &pixels, &pitch))
        return false;
    bool is_done =
        az_scaler_run(&picture->scaler, frame, picture->rgb_format, pixels, pitch, place.w, place.h);
    SDL_UnlockTexture(picture->rgb);
    return is_done;
}

aizu_result aizu_sdl_picture_update(aizu_sdl_picture *picture, const aizu_frame *frame)
{
    if (!picture || !frame)
        return AIZU_E_ARGUMENT;
    picture->frame = *frame;
    picture->has_frame = true;
    picture->has_frame = picture->is_by_cpu ? update_by_cpu(picture, frame)
                                            : az_texture_update(&picture->yuv, picture->renderer, frame);
    return picture->has_frame ? AIZU_OK : AIZU_E_VIDEO_DEVICE;
}

aizu_result aizu_sdl_picture_place(const aizu_sdl_picture *picture, const SDL_Rect *area, SDL_Rect *place)
{
    if (!picture || !place)
        return AIZU_E_ARGUMENT;
    if (!picture->has_frame)
        return AIZU_AGAIN;
    SDL_Rect whole;
    if (!area) {
        if (!whole_output(picture, &whole))
            return AIZU_E_VIDEO_DEVICE;
        area = &whole;
    }
    if (area->w <= 0 || area->h <= 0)
        return AIZU_E_ARGUMENT;
    az_video_rect at = az_video_place((az_video_rect){area->x, area->y, area->w, area->h}, &picture->frame);
    if (picture->is_by_cpu) { /* even sizes cost swscale a fraction of odd ones */
        at.width = AZ_MAX(at.width & ~1, 1);
        at.height = AZ_MAX(at.height & ~1, 1);
    }
    *place = (SDL_Rect){at.x, at.y, at.width, at.height};
    return AIZU_OK;
}

aizu_result aizu_sdl_picture_draw(aizu_sdl_picture *picture, const SDL_Rect *area)
{
    SDL_Rect place;
    aizu_result result = aizu_sdl_picture_place(picture, area, &place);
    if (result)
        return result;
    picture->area = area ? *area : (SDL_Rect){0};
    bool is_drawn = picture->is_by_cpu ? !SDL_RenderCopy(picture->renderer, picture->rgb, NULL, &place)
                                       : az_texture_draw(&picture->yuv, picture->renderer, &place);
    is_drawn = is_drawn && az_picture_text_draw(picture->text, picture->renderer, &place);
    return is_drawn ? AIZU_OK : AIZU_E_VIDEO_DEVICE;
}

aizu_result aizu_sdl_picture_take_cue(aizu_sdl_picture *picture, const aizu_cue *cue)
{
    return picture && cue ? az_picture_text_take(picture->text, cue) : AIZU_E_ARGUMENT;
}

void aizu_sdl_picture_clear_text(aizu_sdl_picture *picture)
{
    if (picture)
        az_picture_text_clear(picture->text);
}

int aizu_sdl_picture_is_stale(const aizu_sdl_picture *picture)
{
    return picture && az_picture_text_is_new(picture->text);
}
