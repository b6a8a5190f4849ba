/*
 * Text over a picture in an application's renderer; see host/sdl/picture_text.h. Cues are copied: what an
 * application is given lives as long as its callback.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/picture_text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "host/sdl/subtitle_thread.h"

/* The fields that are drawn, and their bytes behind it. */
typedef struct shown {
    aizu_cue cue;
    char bytes[];
} shown;

struct az_picture_text {
    pthread_mutex_t lock;
    shown *cues[AZ_PICTURE_TEXTS_MAX]; /* in the order in which they began */
    size_t count;
    atomic_bool is_new; /* the thread has a drawing that was not taken */
    az_subtitle_thread *thread;
    /* the renderer's thread */
    az_subtitle_image image;
    int width, height; /* of the picture that the image was made for */
    SDL_Texture *texture;
};

static void on_ready(void *user)
{
    az_picture_text *text = user;
    atomic_store(&text->is_new, true);
}

az_picture_text *az_picture_text_create(void)
{
    az_picture_text *text = calloc(1, sizeof(*text));
    if (!text)
        return NULL;
    pthread_mutex_init(&text->lock, NULL);
    atomic_init(&text->is_new, false);
    text->thread = az_subtitle_thread_create(NULL, on_ready, text);
    if (!text->thread)
        az_picture_text_destroy(&text);
    return text;
}

static void drop_image(az_picture_text *text)
{
    if (text->texture)
        SDL_DestroyTexture(text->texture);
    text->texture = NULL;
    az_subtitle_image_deinit(&text->image);
}

void az_picture_text_destroy(az_picture_text **pointer)
{
    az_picture_text *text = *pointer;
    *pointer = NULL;
    if (!text)
        return;
    if (text->thread)
        az_subtitle_thread_destroy(&text->thread);
    drop_image(text);
    for (size_t i = 0; i < text->count; i++)
        free(text->cues[i]);
    pthread_mutex_destroy(&text->lock);
    free(text);
}

/* ---- cues ---- */

static shown *copy_of(const aizu_cue *cue)
{
    size_t name_size = strlen(cue->name) + 1; /* both at most AIZU_CUE_PAYLOAD_MAX */
    shown *copy = malloc(sizeof(*copy) + name_size + cue->size);
    if (!copy)
        return NULL;
    copy->cue = *cue;
    memcpy(copy->bytes, cue->name, name_size);
    if (cue->size > 0)
        memcpy(copy->bytes + name_size, cue->data, cue->size);
    copy->cue.key = "";
    copy->cue.name = copy->bytes;
    copy->cue.data = (const uint8_t *)copy->bytes + name_size;
    return copy;
}

static size_t find(const az_picture_text *text, uint64_t id)
{
    size_t i = 0;
    while (i < text->count && text->cues[i]->cue.id != id)
        i++;
    return i;
}

static void remove_at(az_picture_text *text, size_t index)
{
    free(text->cues[index]);
    text->count--;
    memmove(&text->cues[index], &text->cues[index + 1],
            (text->count - index) * sizeof(text->cues[0])); /* nothing of it behind the last */
}

static bool publish(az_picture_text *text)
{
    const aizu_cue *cues[AZ_PICTURE_TEXTS_MAX];
    for (size_t i = 0; i < text->count; i++)
        cues[i] = &text->cues[i]->cue;
    return az_subtitle_thread_set_text(text->thread, cues, text->count);
}

/* Called with the lock. */
static aizu_result begin(az_picture_text *text, const aizu_cue *cue)
{
    if (find(text, cue->id) < text->count) /* it came with its frame before */
        return AIZU_OK;
    shown *copy = copy_of(cue);
    if (!copy)
        return AIZU_E_MEMORY;
    if (text->count == AZ_PICTURE_TEXTS_MAX)
        remove_at(text, 0);
    text->cues[text->count++] = copy;
    if (publish(text))
        return AIZU_OK;
    remove_at(text, text->count - 1);
    return AIZU_E_MEMORY;
}

aizu_result az_picture_text_take(az_picture_text *text, const aizu_cue *cue)
{
    aizu_result result = AIZU_OK;
    if (cue->kind != AIZU_CUE_TEXT || cue->phase == AIZU_CUE_RECEIVED || cue->flags & AIZU_CUE_SKIPPED)
        return AIZU_OK;
    pthread_mutex_lock(&text->lock);
    if (cue->phase == AIZU_CUE_START) {
        result = begin(text, cue);
    } else if (find(text, cue->id) < text->count) {
        remove_at(text, find(text, cue->id));
        if (!publish(text))
            result = AIZU_E_MEMORY;
    }
    pthread_mutex_unlock(&text->lock);
    return result;
}

void az_picture_text_clear(az_picture_text *text)
{
    pthread_mutex_lock(&text->lock);
    while (text->count > 0)
        remove_at(text, text->count - 1);
    (void)publish(text); /* none needs no memory */
    pthread_mutex_unlock(&text->lock);
}

/* ---- drawing ---- */

bool az_picture_text_is_new(const az_picture_text *text)
{
    return atomic_load(&text->is_new);
}

static bool make_texture(az_picture_text *text, SDL_Renderer *renderer)
{
    const az_subtitle_image *image = &text->image;
    text->texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STATIC,
                                      image->width, image->height);
    return text->texture && !SDL_SetTextureBlendMode(text->texture, SDL_BLENDMODE_BLEND) &&
           !SDL_UpdateTexture(text->texture, NULL, image->pixels, image->width * (int)sizeof(*image->pixels));
}

bool az_picture_text_draw(az_picture_text *text, SDL_Renderer *renderer, const SDL_Rect *place)
{
    az_subtitle_image image;
    az_subtitle_thread_set_size(text->thread, place->w, place->h);
    atomic_store(&text->is_new, false);
    if (az_subtitle_thread_take(text->thread, &image, &text->width, &text->height)) {
        drop_image(text);
        text->image = image;
    }
    if (!text->image.pixels || text->width != place->w || text->height != place->h)
        return true;
    if (!text->texture && !make_texture(text, renderer))
        return false;
    SDL_Rect target = {place->x + text->image.x, place->y + text->image.y, text->image.width,
                       text->image.height};
    return !SDL_RenderCopy(renderer, text->texture, NULL, &target);
}
