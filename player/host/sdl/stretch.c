/*
 * The timeline at a rate; see host/sdl/stretch.h. The filter is in host/sdl/tempo.h.
 */
#include "host/sdl/stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FEED_SAMPLES 512 /* to the filter at once */
#define RATE_DIRECT  1.0
/* Shares of a second: sound ahead, a crossfade, how far a fitting place is looked for, and how much comes out
 * of the filter at once at most. */
#define AHEAD_SHARE  10
#define FADE_SHARE   100
#define SEARCH_SHARE 125
#define BURST_SHARE  2
/* The device takes one block while the next is made. */
#define BLOCKS_KEPT 2

#define SAMPLE_SIZE (AZ_SOUND_CHANNELS * sizeof(float))

void az_stretch_init(az_stretch *s, int rate, int block, const az_log *log)
{
    *s = (az_stretch){.rate = rate};
    s->urgent = BLOCKS_KEPT * (int64_t)block;
    s->ahead = AZ_MAX(rate / AHEAD_SHARE, s->urgent + block + rate / FADE_SHARE);
    s->capacity = s->ahead + rate / BURST_SHARE;
    if (log)
        s->log = *log;
}

void az_stretch_deinit(az_stretch *s)
{
    az_tempo_destroy(&s->tempo);
    free(s->ring);
    *s = (az_stretch){0};
}

void az_stretch_stop(az_stretch *s)
{
    s->serial++;
    s->line_count = 0;
    s->taken = s->begin = s->end = s->written = s->fade_begin = s->fade_end = 0;
    s->has_change = s->is_filtering = s->is_opening = false;
}

static void add_line(az_stretch *s, int64_t index, double position, double rate)
{
    if (s->line_count == AZ_STRETCH_LINES_MAX) {
        memmove(s->lines, s->lines + 1, (AZ_STRETCH_LINES_MAX - 1) * sizeof(*s->lines));
        s->line_count--;
    }
    s->lines[s->line_count++] = (az_stretch_line){index, position, rate};
}

/* As the last line wants it. Where the filter could be loaded it gets another chance. */
static void use_filter(az_stretch *s)
{
    s->is_filtering = s->is_opening = s->lines[s->line_count - 1].rate != RATE_DIRECT;
    s->is_unable = s->is_unable && !s->tempo;
}

void az_stretch_start(az_stretch *s, double position, double rate)
{
    az_stretch_stop(s);
    s->feed = llround(position);
    add_line(s, 0, (double)s->feed, rate);
    use_filter(s);
}

void az_stretch_skip(az_stretch *s, int64_t index)
{
    s->taken = index;
}

void az_stretch_change(az_stretch *s, int64_t index, double rate)
{
    s->has_change = s->line_count > 0 && rate != s->lines[s->line_count - 1].rate;
    s->change_index = index;
    s->change_rate = rate;
}

double az_stretch_rate(const az_stretch *s)
{
    if (s->has_change)
        return s->change_rate;
    return s->line_count ? s->lines[s->line_count - 1].rate : RATE_DIRECT;
}

/* The line of an index; the first for those before it. There is one. */
static size_t line_of(const az_stretch *s, double index)
{
    size_t i = s->line_count - 1;
    while (i > 0 && (double)s->lines[i].index > index)
        i--;
    return i;
}

double az_stretch_position(const az_stretch *s, double index)
{
    if (!s->line_count)
        return 0;
    const az_stretch_line *line = &s->lines[line_of(s, index)];
    return line->position + (index - (double)line->index) * line->rate;
}

static int64_t position_at(const az_stretch *s, int64_t index)
{
    return llround(az_stretch_position(s, (double)index));
}

/* ---- the device's side ---- */

static float *slot(const az_stretch *s, int64_t index)
{
    return s->ring + (size_t)(index % s->capacity) * AZ_SOUND_CHANNELS;
}

/* Samples out of the ring, all of which are there. */
static void load(const az_stretch *s, int64_t index, float *out, int64_t count)
{
    int64_t head = AZ_MIN(count, s->capacity - index % s->capacity);
    memcpy(out, slot(s, index), (size_t)head * SAMPLE_SIZE);
    memcpy(out + head * AZ_SOUND_CHANNELS, s->ring, (size_t)(count - head) * SAMPLE_SIZE);
}

/* From `index` to at most `end`, as far as it is of one kind. Returns how many samples that were. */
static int64_t take_some(const az_stretch *s, const az_sound *sound, int64_t index, int64_t end, float *out)
{
    if (index >= s->begin && index < s->end) {
        int64_t count = AZ_MIN(end, s->end) - index;
        load(s, index, out, count);
        return count;
    }
    size_t line = line_of(s, (double)index);
    if (s->begin > index && s->begin < s->end)
        end = AZ_MIN(end, s->begin);
    if (line + 1 < s->line_count)
        end = AZ_MIN(end, s->lines[line + 1].index);
    if (s->lines[line].rate == RATE_DIRECT)
        az_sound_copy(sound, position_at(s, index), out, (size_t)(end - index));
    else /* the filter was too slow, or is not there */
        memset(out, 0, (size_t)(end - index) * SAMPLE_SIZE);
    return end - index;
}

void az_stretch_take(az_stretch *s, az_sound *sound, float *out, size_t count)
{
    int64_t end = s->taken + (int64_t)count;
    if (!s->line_count) {
        memset(out, 0, count * SAMPLE_SIZE);
        return;
    }
    while (s->taken < end) {
        int64_t taken = take_some(s, sound, s->taken, end, out);
        out += taken * AZ_SOUND_CHANNELS;
        s->taken += taken;
    }
    s->begin = AZ_MAX(s->begin, AZ_MIN(s->taken, s->end));
    az_sound_forget(sound, position_at(s, s->taken));
}

/* ---- the filter's side ---- */

/* Puts samples where the filter goes on, as far as they are still wanted. */
static void put(az_stretch *s, const float *values, size_t count)
{
    int64_t late = AZ_MIN(AZ_MAX(s->taken - s->written, 0), (int64_t)count);
    int64_t room = s->taken + s->capacity - s->written - late;
    int64_t wanted = AZ_MIN((int64_t)count - late, AZ_MAX(room, 0));
    values += late * AZ_SOUND_CHANNELS;
    s->written += late;
    if (s->written > s->end)
        s->begin = s->end = s->written;
    double fade_size = (double)(s->fade_end - s->fade_begin + 1);
    for (int64_t i = 0; i < wanted; i++) {
        float *out = slot(s, s->written);
        float share = 1.0f;
        if (s->written < s->fade_end)
            share = (float)((double)(s->written - s->fade_begin + 1) / fade_size);
        for (size_t c = 0; c < AZ_SOUND_CHANNELS; c++, values++)
            out[c] = share < 1.0f ? out[c] + (*values - out[c]) * share : *values;
        s->written++;
    }
    s->end = AZ_MAX(s->end, s->written);
}

/* How well `a` goes on in `b`: the correlation of the two sums of channels, 1 at best. */
static double likeness(const float *a, const float *b, size_t count)
{
    double product = 0, power_a = 0, power_b = 0;
    for (size_t i = 0; i < count; i += 2) {
        double x = (double)a[i * 2] + a[i * 2 + 1], y = (double)b[i * 2] + b[i * 2 + 1];
        product += x * y;
        power_a += x * x;
        power_b += y * y;
    }
    return power_a > 0 && power_b > 0 ? product / sqrt(power_a * power_b) : 0;
}

/* How far from `position` the timeline is best in phase with what was filtered for `index` and after. */
static int64_t align(const az_stretch *s, const az_sound *sound, int64_t index, int64_t position,
                     int64_t count)
{
    int64_t reach = s->rate / SEARCH_SHARE;
    size_t around = (size_t)(2 * reach + count);
    float *old = malloc(((size_t)count + around) * SAMPLE_SIZE);
    if (!old)
        return 0;
    float *near = old + count * AZ_SOUND_CHANNELS;
    load(s, index, old, count);
    az_sound_copy(sound, position - reach, near, around);
    int64_t best = 0;
    double best_score = 0;
    for (int64_t i = 0; i <= 2 * reach; i++) {
        int64_t offset = i % 2 ? (i + 1) / 2 : -i / 2; /* near ones first; far ones must be better */
        double score = likeness(old, near + (offset + reach) * AZ_SOUND_CHANNELS, (size_t)count) *
                       (1.0 - 0.2 * fabs((double)offset) / (double)reach);
        if (score > best_score) {
            best_score = score;
            best = offset;
        }
    }
    free(old);
    return best;
}

static bool reserve(az_stretch *s)
{
    if (!s->ring)
        s->ring = calloc((size_t)s->capacity, SAMPLE_SIZE);
    if (!s->ring)
        s->is_unable = true;
    return s->ring != NULL;
}

/* The crossfade into sound that needs no filter. */
static void fade_to_direct(az_stretch *s, const az_sound *sound)
{
    float values[FEED_SAMPLES * AZ_SOUND_CHANNELS];
    while (s->written < s->fade_end) {
        int64_t count = AZ_MIN(s->fade_end - s->written, FEED_SAMPLES);
        az_sound_copy(sound, position_at(s, s->written), values, (size_t)count);
        put(s, values, (size_t)count);
    }
}

/* The earliest index at which the change can happen now. */
static int64_t change_index(const az_stretch *s)
{
    return AZ_MAX(s->change_index, s->taken + s->urgent);
}

static bool is_change_due(const az_stretch *s)
{
    if (!s->has_change)
        return false;
    if (!s->is_filtering)
        return change_index(s) <= s->taken + s->ahead;
    if (s->is_unable)
        return true;
    /* What is crossfaded has to be there, or was too late anyhow. */
    int64_t ready = s->written - s->rate / FADE_SHARE;
    return !s->is_opening && change_index(s) <= ready;
}

static void change(az_stretch *s, const az_sound *sound)
{
    int64_t index = change_index(s);
    int64_t position = position_at(s, index);
    int64_t fade = 0;
    s->has_change = false;
    if (s->is_filtering && s->ring)
        fade = AZ_MIN(AZ_MAX(s->end - index, 0), s->rate / FADE_SHARE);
    if (fade > 0)
        position += align(s, sound, index, position, fade);
    add_line(s, index, (double)position, s->change_rate);
    s->serial++;
    s->end = AZ_MIN(s->end, index + fade);
    s->begin = AZ_MIN(s->begin, s->end);
    s->written = s->fade_begin = index;
    s->fade_end = index + fade;
    s->feed = position;
    use_filter(s);
    if (!s->is_filtering && fade > 0)
        fade_to_direct(s, sound);
}

static void give_up(az_stretch *s, aizu_result result)
{
    s->is_unable = true;
    az_log_printf(&s->log, AZ_LOG_WARNING, "audio", "no sound at rates other than 1: libavfilter: %s",
                  aizu_result_name(result));
}

/* Loads the filter, which may take a while, without the lock. */
static aizu_result load_filter(az_stretch *s, pthread_mutex_t *lock)
{
    az_tempo *tempo = NULL;
    if (s->tempo)
        return AIZU_OK;
    pthread_mutex_unlock(lock);
    aizu_result result = az_tempo_create(&tempo);
    pthread_mutex_lock(lock);
    s->tempo = tempo;
    if (result)
        give_up(s, result);
    return result;
}

/* Without the lock in between. */
static void open_filter(az_stretch *s, pthread_mutex_t *lock)
{
    if (load_filter(s, lock) || !s->is_opening)
        return;
    uint64_t serial = s->serial;
    double rate = s->lines[s->line_count - 1].rate;
    pthread_mutex_unlock(lock);
    aizu_result result = az_tempo_open(s->tempo, s->rate, rate);
    pthread_mutex_lock(lock);
    if (serial != s->serial)
        return;
    s->is_opening = false;
    if (result)
        give_up(s, result);
}

/* Without the lock in between. */
static void feed(az_stretch *s, const az_sound *sound, pthread_mutex_t *lock)
{
    float values[FEED_SAMPLES * AZ_SOUND_CHANNELS];
    uint64_t serial = s->serial;
    az_sound_copy(sound, s->feed, values, FEED_SAMPLES);
    s->feed += FEED_SAMPLES;
    pthread_mutex_unlock(lock);
    aizu_result result = az_tempo_feed(s->tempo, values, FEED_SAMPLES);
    const float *filtered;
    size_t count;
    while (!result && az_tempo_take(s->tempo, &filtered, &count)) {
        pthread_mutex_lock(lock);
        if (serial == s->serial)
            put(s, filtered, count);
        pthread_mutex_unlock(lock);
    }
    pthread_mutex_lock(lock);
    if (result && serial == s->serial)
        give_up(s, result);
}

static bool wants_feed(const az_stretch *s, const az_sound *sound, bool is_complete)
{
    int64_t ready = s->written - s->taken;
    if (!s->is_filtering || s->is_unable || ready >= s->ahead)
        return false;
    int64_t end = az_sound_end(sound);
    bool is_there = end != INT64_MIN && end - s->feed >= FEED_SAMPLES;
    return is_there || (is_complete && ready <= s->urgent + s->rate / FADE_SHARE);
}

bool az_stretch_is_busy(const az_stretch *s)
{
    return s->is_filtering || s->has_change;
}

bool az_stretch_work(az_stretch *s, const az_sound *sound, bool is_complete, pthread_mutex_t *lock)
{
    if (!s->line_count || !az_stretch_is_busy(s))
        return false;
    if (s->has_change && !s->tempo && !s->is_unable && reserve(s))
        (void)load_filter(s, lock); /* first: a change is placed as near as it can be */
    else if (is_change_due(s))
        change(s, sound);
    else if (s->is_opening && !s->is_unable && reserve(s))
        open_filter(s, lock);
    else if (!s->is_opening && wants_feed(s, sound, is_complete))
        feed(s, sound, lock);
    else
        return false;
    return true;
}
