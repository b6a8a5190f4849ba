/*
 * What the device gets: the timeline of sound (host/sdl/sound.h), at a rate, with its pitch kept. Internal to
 * host/sdl/.
 *
 * The device's samples are numbered; index 0 is that of the last az_stretch_start(). A list of lines maps
 * index to position on the timeline, one line for each stretch at one rate, so what is heard is known to the
 * sample whatever lies in the filter. At rate 1 samples come straight from the timeline. At another rate a
 * worker filters ahead, a tenth of a second, and the rest of the timeline waits unfiltered, so that a new
 * rate is heard soon. Where one rate follows another the two are brought into phase and crossfaded.
 *
 * All functions with the lock of the caller, which az_stretch_work() drops while it filters; only one thread
 * calls that.
 */
#ifndef AZ_HOST_SDL_STRETCH_H
#define AZ_HOST_SDL_STRETCH_H

#include <pthread.h>

#include "base/log.h"
#include "host/sdl/sound.h"
#include "host/sdl/tempo.h"

#define AZ_STRETCH_LINES_MAX 16 /* the oldest is forgotten: it was heard long ago */

typedef struct az_stretch_line {
    int64_t index;   /* from here on, up to the next line, ... */
    double position; /* ... this is what stands here, ... */
    double rate;     /* ... and so fast it goes on */
} az_stretch_line;

typedef struct az_stretch {
    int rate;       /* of the device */
    int64_t ahead;  /* samples that are filtered before they are wanted, ... */
    int64_t urgent; /* ... and so few that what is missing in the timeline is taken for silence */
    az_log log;
    az_stretch_line lines[AZ_STRETCH_LINES_MAX];
    size_t line_count; /* 0: stopped */
    int64_t taken;     /* index of the device's next sample */
    uint64_t serial;   /* counts starts and changes: what was filtered before is not wanted */

    /* Filtered samples by index, modulo capacity; allocated with the first change of rate. */
    float *ring;
    int64_t capacity;
    int64_t begin, end;           /* what there is */
    int64_t written;              /* where the filter goes on */
    int64_t fade_begin, fade_end; /* where it is mixed with what is there */

    bool has_change;
    int64_t change_index;
    double change_rate;

    bool is_filtering; /* the last line comes out of the filter */
    bool is_opening;   /* the filter is to begin anew */
    bool is_unable;    /* there is no filter: silence at all rates but 1 */
    int64_t feed;      /* position of the filter's next sample in */

    /* the worker's, without the lock */
    az_tempo *tempo;
} az_stretch;

/* `block`: samples that the device takes at once. The log may be NULL; it is used by az_stretch_work(). */
void az_stretch_init(az_stretch *stretch, int rate, int block, const az_log *log);
void az_stretch_deinit(az_stretch *stretch); /* a zeroed one is allowed */

/* Stops: silence, and nothing to work at. */
void az_stretch_stop(az_stretch *stretch);

/* Begins: sample 0 is what stands at `position`. */
void az_stretch_start(az_stretch *stretch, double position, double rate);

/* The next sample for the device is this one; for a start that is late. */
void az_stretch_skip(az_stretch *stretch, int64_t index);

/* Another rate from a sample on, as soon as possible when that is past: the rest of what is about to be
 * played, some blocks, stays as it is. The latest change counts. */
void az_stretch_change(az_stretch *stretch, int64_t index, double rate);

/* The rate of the last start or change. */
double az_stretch_rate(const az_stretch *stretch);

/* What stands at an index, taken or to come, as the lines are now. */
double az_stretch_position(const az_stretch *stretch, double index);

/* The next `count` samples; what is missing is silence. Forgets what is past in `sound`. */
void az_stretch_take(az_stretch *stretch, az_sound *sound, float *out, size_t count);

/* Whether taking samples gives the worker something to do. */
bool az_stretch_is_busy(const az_stretch *stretch);

/* One step of the worker's; false: nothing to do. `is_complete`: what is missing in the timeline will not
 * come in time. `lock` is held, and dropped in between. */
bool az_stretch_work(az_stretch *stretch, const az_sound *sound, bool is_complete, pthread_mutex_t *lock);

#endif
