/*
 * Pushed cues in a ring, planned ones in a sorted array; see cues.h.
 */
#include "cues.h"

#include "log.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_PER_SECOND 90000
#define SECONDS_MAX      1e9
#define LINE_SIZE_MAX    (CH_CUE_SIZE_MAX + 64)

typedef struct planned {
    int64_t ticks;
    size_t line; /* ties stay in the file's order */
    char *payload;
} planned;

struct ch_cues {
    pthread_mutex_t mutex; /* guards the ring; the rest is the channel's thread's */
    ch_cue ring[CH_CUES_PUSHED_MAX];
    size_t ring_first;
    size_t ring_count;
    planned *planned;
    size_t planned_count;
    size_t planned_next;
    int64_t every_ticks;
    int64_t every_count; /* written so far */
};

static int compare_planned(const void *a, const void *b)
{
    const planned *x = a, *y = b;
    if (x->ticks != y->ticks)
        return x->ticks < y->ticks ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* "seconds payload" into *out; false: not such a line. */
static bool parse_line(char *line, planned *out)
{
    char *rest = NULL;
    double seconds = strtod(line, &rest);
    if (rest == line || *rest != ' ' || !isfinite(seconds) || seconds < 0 || seconds > SECONDS_MAX)
        return false;
    rest++;
    size_t size = strlen(rest);
    if (size == 0 || size > CH_CUE_SIZE_MAX)
        return false;
    out->ticks = llround(seconds * TICKS_PER_SECOND);
    out->payload = malloc(size + 1);
    if (out->payload)
        memcpy(out->payload, rest, size + 1);
    return out->payload != NULL;
}

static bool add_line(ch_cues *cues, char *line, size_t number)
{
    size_t count = cues->planned_count;
    if (count == CH_CUES_FILE_MAX)
        return false;
    if ((count & (count - 1)) == 0) { /* full at each power of two */
        planned *grown = realloc(cues->planned, (count ? 2 * count : 1) * sizeof(*grown));
        if (!grown)
            return false;
        cues->planned = grown;
    }
    cues->planned[count] = (planned){.line = number};
    if (!parse_line(line, &cues->planned[count]))
        return false;
    cues->planned_count++;
    return true;
}

static bool load(ch_cues *cues, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        ch_error("%s: cannot be opened", path);
        return false;
    }
    char line[LINE_SIZE_MAX];
    bool ok = true;
    for (size_t number = 1; ok && fgets(line, sizeof(line), file); number++) {
        size_t size = strcspn(line, "\r\n");
        bool is_cut = line[size] == '\0' && !feof(file);
        line[size] = '\0';
        if (!is_cut && (size == 0 || line[0] == '#'))
            continue;
        ok = !is_cut && add_line(cues, line, number);
        if (!ok)
            ch_error("%s:%zu: not \"seconds payload\" with at most %d bytes", path, number, CH_CUE_SIZE_MAX);
    }
    fclose(file);
    if (ok && cues->planned_count)
        qsort(cues->planned, cues->planned_count, sizeof(planned), compare_planned);
    return ok;
}

ch_cues *ch_cues_create(const char *file, int64_t every_ticks)
{
    ch_cues *cues = calloc(1, sizeof(*cues));
    if (!cues || pthread_mutex_init(&cues->mutex, NULL)) {
        free(cues);
        ch_error("out of memory");
        return NULL;
    }
    cues->every_ticks = every_ticks;
    if (file && !load(cues, file))
        ch_cues_destroy(&cues);
    return cues;
}

void ch_cues_destroy(ch_cues **pointer)
{
    ch_cues *cues = *pointer;
    *pointer = NULL;
    if (!cues)
        return;
    for (size_t i = 0; i < cues->planned_count; i++)
        free(cues->planned[i].payload);
    free(cues->planned);
    pthread_mutex_destroy(&cues->mutex);
    free(cues);
}

static void set_payload(ch_cue *cue, const char *payload, size_t size)
{
    memcpy(cue->payload, payload, size);
    cue->payload[size] = '\0';
    cue->size = size;
}

bool ch_cues_push(ch_cues *cues, const char *payload, size_t size)
{
    if (size == 0 || size > CH_CUE_SIZE_MAX)
        return false;
    pthread_mutex_lock(&cues->mutex);
    bool has_room = cues->ring_count < CH_CUES_PUSHED_MAX;
    if (has_room) {
        set_payload(&cues->ring[(cues->ring_first + cues->ring_count) % CH_CUES_PUSHED_MAX], payload, size);
        cues->ring_count++;
    }
    pthread_mutex_unlock(&cues->mutex);
    return has_room;
}

static bool take_pushed(ch_cues *cues, ch_cue *out)
{
    pthread_mutex_lock(&cues->mutex);
    bool has_one = cues->ring_count > 0;
    if (has_one) {
        const ch_cue *first = &cues->ring[cues->ring_first];
        set_payload(out, first->payload, first->size);
        cues->ring_first = (cues->ring_first + 1) % CH_CUES_PUSHED_MAX;
        cues->ring_count--;
    }
    pthread_mutex_unlock(&cues->mutex);
    return has_one;
}

bool ch_cues_take(ch_cues *cues, int64_t ticks, int64_t frame, ch_cue *out)
{
    if (cues->planned_next < cues->planned_count && cues->planned[cues->planned_next].ticks <= ticks) {
        const char *payload = cues->planned[cues->planned_next++].payload;
        set_payload(out, payload, strlen(payload));
        return true;
    }
    if (cues->every_ticks > 0 && (cues->every_count + 1) * cues->every_ticks <= ticks) {
        cues->every_count++;
        int size = snprintf(out->payload, sizeof(out->payload), "{\"n\":%" PRId64 ",\"frame\":%" PRId64 "}",
                            cues->every_count, frame);
        out->size = size > 0 ? (size_t)size : 0;
        return true;
    }
    return take_pushed(cues, out);
}
