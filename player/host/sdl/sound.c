/*
 * The timeline of sound; see host/sdl/sound.h.
 */
#include "host/sdl/sound.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_SIZE (AZ_SOUND_CHANNELS * sizeof(float))

bool az_sound_init(az_sound *sound, int rate, size_t capacity, int64_t slack_ns)
{
    AZ_ASSERT(rate > 0 && capacity > 0);
    memset(sound, 0, sizeof(*sound));
    sound->rate = rate;
    sound->slack = az_rescale(slack_ns, rate, AIZU_SECOND);
    sound->values = calloc(capacity, SAMPLE_SIZE);
    sound->capacity = capacity;
    return sound->values != NULL;
}

void az_sound_deinit(az_sound *sound)
{
    free(sound->values);
    memset(sound, 0, sizeof(*sound));
}

void az_sound_clear(az_sound *sound)
{
    sound->first = sound->count = sound->run_count = 0;
}

int64_t az_sound_position(const az_sound *sound, int64_t pts)
{
    return az_rescale(pts, sound->rate, AIZU_SECOND);
}

int64_t az_sound_pts(const az_sound *sound, int64_t position)
{
    return az_rescale(position, AIZU_SECOND, sound->rate);
}

static void store(az_sound *sound, const float *values, size_t count)
{
    size_t end = (sound->first + sound->count) % sound->capacity;
    size_t head = AZ_MIN(count, sound->capacity - end);
    memcpy(sound->values + end * AZ_SOUND_CHANNELS, values, head * SAMPLE_SIZE);
    memcpy(sound->values, values + head * AZ_SOUND_CHANNELS, (count - head) * SAMPLE_SIZE);
    sound->count += count;
}

/* Copies samples out of the ring, `offset` behind its first one. */
static void load(const az_sound *sound, size_t offset, float *out, size_t count)
{
    size_t begin = (sound->first + offset) % sound->capacity;
    size_t head = AZ_MIN(count, sound->capacity - begin);
    memcpy(out, sound->values + begin * AZ_SOUND_CHANNELS, head * SAMPLE_SIZE);
    memcpy(out + head * AZ_SOUND_CHANNELS, sound->values, (count - head) * SAMPLE_SIZE);
}

bool az_sound_append(az_sound *sound, int64_t pts, const float *values, size_t count)
{
    int64_t begin = az_sound_position(sound, pts);
    az_sound_run *last = sound->run_count ? &sound->runs[sound->run_count - 1] : NULL;
    int64_t end = last ? last->begin + (int64_t)last->count : begin;
    if (begin >= end - sound->slack && begin <= end + sound->slack) {
        begin = end;
    } else if (begin < end) {
        size_t cut = (uint64_t)(end - begin) < count ? (size_t)(end - begin) : count;
        values += cut * AZ_SOUND_CHANNELS;
        count -= cut;
        begin = end;
    }
    if (!count)
        return true;
    if (count > sound->capacity - sound->count)
        return false;
    if (last && begin == end) {
        last->count += count;
    } else {
        if (sound->run_count == AZ_SOUND_RUNS_MAX)
            return false;
        sound->runs[sound->run_count++] = (az_sound_run){begin, count};
    }
    store(sound, values, count);
    return true;
}

size_t az_sound_copy(const az_sound *sound, int64_t position, float *out, size_t count)
{
    size_t copied = 0, offset = 0;
    int64_t end = position + (int64_t)count;
    memset(out, 0, count * SAMPLE_SIZE);
    for (size_t i = 0; i < sound->run_count && sound->runs[i].begin < end; i++) {
        const az_sound_run *run = &sound->runs[i];
        int64_t first = AZ_MAX(position, run->begin);
        int64_t last = AZ_MIN(end, run->begin + (int64_t)run->count);
        if (first < last) {
            load(sound, offset + (size_t)(first - run->begin),
                 out + (size_t)(first - position) * AZ_SOUND_CHANNELS, (size_t)(last - first));
            copied += (size_t)(last - first);
        }
        offset += run->count;
    }
    return copied;
}

/* Forgets samples from the front of the first run, and the run when it is empty. */
static void drop(az_sound *sound, size_t count)
{
    az_sound_run *run = sound->runs;
    run->begin += (int64_t)count;
    run->count -= count;
    sound->first = (sound->first + count) % sound->capacity;
    sound->count -= count;
    if (!run->count) {
        sound->run_count--;
        memmove(sound->runs, sound->runs + 1, sound->run_count * sizeof(*run));
    }
}

void az_sound_forget(az_sound *sound, int64_t position)
{
    while (sound->run_count && sound->runs[0].begin < position) {
        uint64_t early = (uint64_t)position - (uint64_t)sound->runs[0].begin;
        drop(sound, early < sound->runs[0].count ? (size_t)early : sound->runs[0].count);
    }
}

size_t az_sound_read(az_sound *sound, int64_t position, float *out, size_t count)
{
    size_t heard = az_sound_copy(sound, position, out, count);
    az_sound_forget(sound, position + (int64_t)count);
    return heard;
}

int64_t az_sound_end(const az_sound *sound)
{
    if (!sound->run_count)
        return INT64_MIN;
    const az_sound_run *last = &sound->runs[sound->run_count - 1];
    return last->begin + (int64_t)last->count;
}
