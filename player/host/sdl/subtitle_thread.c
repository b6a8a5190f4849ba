/*
 * The thread that draws text; see host/sdl/subtitle_thread.h. A number counts the changes of what is wanted;
 * a drawing is good as long as the number is that at which it was begun.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/subtitle_thread.h"

#include <stdlib.h>
#include <string.h>

#include "host/sync.h"

/* Copied cues: the array, then its bytes, in one allocation. Shared by reference while they are drawn. */
typedef struct texts {
    int refs; /* under the lock */
    size_t count;
    az_subtitle_text items[];
} texts;

struct az_subtitle_thread {
    az_worker worker;
    az_log log;
    void (*ready)(void *user);
    void *user;
    /* under the lock */
    texts *wanted; /* NULL: none */
    int width, height;
    uint64_t changes, drawn; /* of `wanted` and the size; the last one that was drawn */
    bool has_image;          /* not yet taken */
    az_subtitle_image image;
    int image_width, image_height;
};

static void drop(texts **pointer)
{
    texts *old = *pointer;
    *pointer = NULL;
    if (old && --old->refs == 0)
        free(old);
}

/* Called with the lock. */
static void publish(az_subtitle_thread *thread, az_subtitle_image *image)
{
    az_subtitle_image_deinit(&thread->image);
    thread->image = *image;
    *image = (az_subtitle_image){0};
    thread->image_width = thread->width;
    thread->image_height = thread->height;
    thread->has_image = true;
    thread->drawn = thread->changes;
}

/* Draws what is wanted. Called with the lock, which it drops in between. */
static void draw(az_subtitle_thread *thread, az_subtitle **subtitle)
{
    az_subtitle_image image = {0};
    texts *items = thread->wanted;
    uint64_t begun = thread->changes;
    int width = thread->width, height = thread->height;
    if (items)
        items->refs++;
    pthread_mutex_unlock(&thread->worker.lock);
    if (items && !*subtitle)
        *subtitle = az_subtitle_create(&thread->log);
    bool is_good = !items || (*subtitle && az_subtitle_render(*subtitle, items->items, items->count, width,
                                                              height, &image));
    if (!is_good)
        az_log_printf(&thread->log, AZ_LOG_WARNING, "subtitle", "cannot draw text: out of memory");
    pthread_mutex_lock(&thread->worker.lock);
    drop(&items);
    bool is_current = begun == thread->changes;
    if (is_current)
        publish(thread, &image);
    az_subtitle_image_deinit(&image);
    if (!is_current)
        return;
    pthread_mutex_unlock(&thread->worker.lock);
    thread->ready(thread->user);
    pthread_mutex_lock(&thread->worker.lock);
}

static void *run(void *argument)
{
    az_subtitle_thread *thread = argument;
    az_subtitle *subtitle = NULL;
    pthread_mutex_lock(&thread->worker.lock);
    while (!thread->worker.is_stopping) {
        if (thread->drawn != thread->changes && thread->width > 0)
            draw(thread, &subtitle);
        else
            az_cond_wait_until(&thread->worker.changed, &thread->worker.lock, AZ_NEVER);
    }
    pthread_mutex_unlock(&thread->worker.lock);
    az_subtitle_destroy(&subtitle);
    return NULL;
}

az_subtitle_thread *az_subtitle_thread_create(const az_log *log, void (*ready)(void *user), void *user)
{
    az_subtitle_thread *thread = calloc(1, sizeof(*thread));
    if (!thread)
        return NULL;
    if (log)
        thread->log = *log;
    thread->ready = ready;
    thread->user = user;
    if (az_worker_start(&thread->worker, run, thread))
        return thread;
    free(thread);
    return NULL;
}

void az_subtitle_thread_destroy(az_subtitle_thread **pointer)
{
    az_subtitle_thread *thread = *pointer;
    *pointer = NULL;
    if (!thread)
        return;
    az_worker_stop(&thread->worker);
    drop(&thread->wanted);
    az_subtitle_image_deinit(&thread->image);
    free(thread);
}

static az_span copy_bytes(uint8_t **to, const void *from, size_t size)
{
    az_span copied = az_span_make(*to, size);
    if (size > 0)
        memcpy(*to, from, size);
    *to += size;
    return copied;
}

static texts *copy_cues(const aizu_cue *const *cues, size_t count)
{
    size_t size = 0, kept = 0;
    for (size_t i = 0; i < count && kept < AZ_SUBTITLE_CUES_MAX; i++) {
        if (cues[i]->kind == AIZU_CUE_TEXT) {
            size += strlen(cues[i]->name) + cues[i]->size; /* each at most AIZU_CUE_PAYLOAD_MAX */
            kept++;
        }
    }
    texts *copy = malloc(sizeof(*copy) + kept * sizeof(copy->items[0]) + size);
    if (!copy)
        return NULL;
    copy->refs = 1;
    copy->count = 0;
    uint8_t *bytes = (uint8_t *)&copy->items[kept];
    for (size_t i = 0; i < count && copy->count < kept; i++) {
        if (cues[i]->kind != AIZU_CUE_TEXT)
            continue;
        az_subtitle_text *item = &copy->items[copy->count++];
        item->settings = copy_bytes(&bytes, cues[i]->name, strlen(cues[i]->name));
        item->markup = copy_bytes(&bytes, cues[i]->data, cues[i]->size);
    }
    return copy;
}

bool az_subtitle_thread_set_text(az_subtitle_thread *thread, const aizu_cue *const *cues, size_t count)
{
    texts *copy = count > 0 ? copy_cues(cues, count) : NULL;
    if (count > 0 && !copy)
        return false;
    bool is_empty = !copy || copy->count == 0;
    az_subtitle_image nothing = {0};
    pthread_mutex_lock(&thread->worker.lock);
    drop(&thread->wanted);
    if (is_empty)
        drop(&copy);
    thread->wanted = copy;
    thread->changes++;
    if (is_empty) /* without waiting for a drawing in progress */
        publish(thread, &nothing);
    pthread_cond_broadcast(&thread->worker.changed);
    pthread_mutex_unlock(&thread->worker.lock);
    if (is_empty)
        thread->ready(thread->user);
    return true;
}

void az_subtitle_thread_set_size(az_subtitle_thread *thread, int width, int height)
{
    pthread_mutex_lock(&thread->worker.lock);
    if (thread->width != width || thread->height != height) {
        thread->width = width;
        thread->height = height;
        thread->changes++;
        pthread_cond_broadcast(&thread->worker.changed);
    }
    pthread_mutex_unlock(&thread->worker.lock);
}

bool az_subtitle_thread_take(az_subtitle_thread *thread, az_subtitle_image *image, int *width, int *height)
{
    pthread_mutex_lock(&thread->worker.lock);
    bool has_image = thread->has_image;
    if (has_image) {
        *image = thread->image;
        *width = thread->image_width;
        *height = thread->image_height;
        thread->image = (az_subtitle_image){0};
        thread->has_image = false;
    }
    pthread_mutex_unlock(&thread->worker.lock);
    return has_image;
}
