/*
 * The sound output; see host/sdl/audio.h. The timeline of what was appended is in host/sdl/sound.h, what goes
 * out of it to the device, at which rate, in host/sdl/stretch.h.
 *
 * Three threads meet here: the engine appends and commands, the worker opens the device, converts, filters
 * and reports, SDL's thread takes what is to be heard next. One lock, held for a copy of some samples at
 * most.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/sdl/audio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/frame.h>

#include "host/sdl/resample.h"
#include "host/sdl/stretch.h"
#include "host/sdl/subsystem.h"
#include "host/sync.h"

#define CLOCK_INTERVAL (100 * AIZU_MILLISECOND)
/* A device that asked for nothing for so long is broken. */
#define DEVICE_SILENCE_MAX (3 * AIZU_SECOND)
/* Errors of the device's rhythm under this are smoothed, larger ones are a jump. */
#define CLOCK_JUMP (30 * AIZU_MILLISECOND)

typedef enum device_state {
    DEVICE_CLOSED, /* until the first frame */
    DEVICE_OPEN,
    DEVICE_LOST,
} device_state;

typedef enum motion {
    MOTION_STOPPED,
    MOTION_STARTING, /* silent until start_at */
    MOTION_RUNNING,
} motion;

typedef struct piece {
    az_frame *frame;
    int64_t pts;
    int64_t trim;
} piece;

struct az_audio {
    aizu_audio_output kind;
    az_post post;
    az_log log;
    az_worker worker;
    device_state device_state;

    piece *pieces; /* ring of AZ_AUDIO_FRAMES_MAX: not converted yet */
    size_t begin, count;
    uint64_t flushes; /* how often everything was forgotten */
    az_sound sound;

    motion motion;
    int64_t start_pts, start_at;
    double start_rate;
    az_stretch stretch;
    int64_t latency;       /* from SDL's callback to the ear */
    int64_t base;          /* monotonic time at which the stretch's sample 0 was heard */
    int64_t clock_begin;   /* monotonic time from which on that holds */
    int64_t callback_time; /* of the last one */
    float volume;
    bool is_muted;
    float gain; /* of the last sample */

    /* the worker's */
    SDL_AudioDeviceID device;
    int rate;
    az_resample resample;
    uint64_t resample_flushes;
    int64_t next_clock;
};

/* ---- SDL's thread ---- */

static void apply_gain(az_audio *audio, float *out, size_t count)
{
    float target = audio->is_muted ? 0.0f : audio->volume;
    float gain = audio->gain;
    audio->gain = target;
    if (gain == 1.0f && target == 1.0f)
        return;
    float step = (target - gain) / (float)count; /* a jump would be heard as a click */
    for (size_t i = 0; i < count; i++) {
        gain += step;
        for (size_t c = 0; c < AZ_SOUND_CHANNELS; c++)
            out[i * AZ_SOUND_CHANNELS + c] *= gain;
    }
}

/* True when the sound begins within this block, which is heard from `heard_at` on. */
static bool begin_running(az_audio *audio, int64_t heard_at, size_t count, size_t *lead)
{
    int64_t end = heard_at + az_sound_pts(&audio->sound, (int64_t)count);
    if (end <= audio->start_at)
        return false;
    int64_t late = az_sound_position(&audio->sound, heard_at - audio->start_at);
    *lead = late < 0 ? AZ_MIN((size_t)-late, count) : 0;
    az_stretch_skip(&audio->stretch, AZ_MAX(late, 0));
    audio->base = audio->start_at;
    audio->clock_begin = AZ_MAX(heard_at, audio->start_at);
    audio->next_clock = audio->clock_begin;
    audio->motion = MOTION_RUNNING;
    pthread_cond_signal(&audio->worker.changed);
    return true;
}

static void follow_clock(az_audio *audio, int64_t heard_at)
{
    int64_t measured = heard_at - az_sound_pts(&audio->sound, audio->stretch.taken);
    int64_t error = measured - audio->base;
    bool is_jump = error > CLOCK_JUMP || error < -CLOCK_JUMP;
    audio->base += is_jump ? error : error / 16;
}

static void SDLCALL fill(void *user, Uint8 *stream, int size)
{
    az_audio *audio = user;
    float *out = (float *)(void *)stream;
    size_t count = (size_t)size / (AZ_SOUND_CHANNELS * sizeof(float));
    memset(stream, 0, (size_t)size);
    pthread_mutex_lock(&audio->worker.lock);
    int64_t now = az_clock_now();
    int64_t heard_at = now + audio->latency;
    audio->callback_time = now;
    size_t lead = 0;
    if (audio->motion == MOTION_RUNNING)
        follow_clock(audio, heard_at);
    bool is_heard = audio->motion == MOTION_RUNNING ||
                    (audio->motion == MOTION_STARTING && begin_running(audio, heard_at, count, &lead));
    if (is_heard) {
        az_stretch_take(&audio->stretch, &audio->sound, out + lead * AZ_SOUND_CHANNELS, count - lead);
        apply_gain(audio, out, count);
        if (az_stretch_is_busy(&audio->stretch))
            pthread_cond_signal(&audio->worker.changed);
    }
    pthread_mutex_unlock(&audio->worker.lock);
}

/* The stretch's sample that is heard at a time. */
static double index_at(const az_audio *audio, int64_t time)
{
    return (double)(time - audio->base) * audio->sound.rate / (double)AIZU_SECOND;
}

/* What is heard at a time. */
static int64_t pts_at(const az_audio *audio, int64_t time)
{
    double position = az_stretch_position(&audio->stretch, index_at(audio, time));
    double whole = floor(position);
    return az_sound_pts(&audio->sound, (int64_t)whole) +
           (int64_t)((position - whole) * (double)AIZU_SECOND / audio->sound.rate);
}

/* The stretch as the motion wants it. With the lock. */
static void place(az_audio *audio)
{
    if (audio->device_state != DEVICE_OPEN)
        return;
    if (audio->motion == MOTION_STOPPED)
        az_stretch_stop(&audio->stretch);
    else
        az_stretch_start(&audio->stretch, (double)az_sound_position(&audio->sound, audio->start_pts),
                         audio->start_rate);
}

/* ---- the worker ---- */

static void post_simple(az_audio *audio, az_event_type type, int64_t pts, int64_t time)
{
    az_event event = {.type = type, .time = time, .pts = pts, .stream = AZ_STREAM_AUDIO};
    if (type == AZ_EVENT_AUDIO_LOST)
        event.result = AIZU_E_AUDIO_DEVICE;
    az_post_event(&audio->post, &event);
}

static void drop_pieces(az_audio *audio)
{
    while (audio->count) {
        az_frame_unref(&audio->pieces[audio->begin].frame);
        audio->begin = (audio->begin + 1) % AZ_AUDIO_FRAMES_MAX;
        audio->count--;
    }
}

/* With the lock. */
static void lose(az_audio *audio, const char *why)
{
    audio->device_state = DEVICE_LOST;
    drop_pieces(audio);
    az_sound_clear(&audio->sound);
    az_stretch_stop(&audio->stretch);
    az_log_printf(&audio->log, AZ_LOG_WARNING, "audio", "no sound: %s", why);
    post_simple(audio, AZ_EVENT_AUDIO_LOST, AIZU_NO_TIME, az_clock_now());
}

/* About 20 ms, as a power of two. */
static Uint16 block_size(int rate)
{
    Uint16 size = 256;
    while (size < 4096 && size * 50 < rate)
        size = (Uint16)(size * 2);
    return size;
}

/* Without the lock: this may take as long as a sound server does. The device starts paused. */
static bool open_device(az_audio *audio, int rate)
{
    if (!az_subsystem_start(SDL_INIT_AUDIO))
        return false;
    SDL_AudioSpec want = {
        .freq = rate > 0 ? rate : 48000,
        .format = AUDIO_F32SYS,
        .channels = AZ_SOUND_CHANNELS,
        .samples = block_size(rate),
        .callback = fill,
        .userdata = audio,
    };
    SDL_AudioSpec have;
    int changes = SDL_AUDIO_ALLOW_FREQUENCY_CHANGE | SDL_AUDIO_ALLOW_SAMPLES_CHANGE;
    az_subsystem_lock(SDL_INIT_AUDIO);
    audio->device = SDL_OpenAudioDevice(NULL, 0, &want, &have, changes);
    az_subsystem_unlock(SDL_INIT_AUDIO);
    size_t capacity = (size_t)az_rescale(AZ_AUDIO_BUFFER_MAX, have.freq, AIZU_SECOND);
    if (audio->device && az_sound_init(&audio->sound, have.freq, capacity, AZ_AUDIO_SLACK)) {
        audio->rate = have.freq;
        /* SDL does not tell what lies behind its callback: one block is being played meanwhile. */
        audio->latency = az_rescale(have.samples, AIZU_SECOND, have.freq);
        az_stretch_init(&audio->stretch, have.freq, have.samples, &audio->log);
        return true;
    }
    if (audio->device)
        SDL_CloseAudioDevice(audio->device);
    audio->device = 0;
    az_subsystem_stop(SDL_INIT_AUDIO);
    return false;
}

static void close_device(az_audio *audio)
{
    if (!audio->device)
        return;
    az_subsystem_lock(SDL_INIT_AUDIO);
    SDL_CloseAudioDevice(audio->device);
    az_subsystem_unlock(SDL_INIT_AUDIO);
    audio->device = 0;
    az_subsystem_stop(SDL_INIT_AUDIO);
}

/* With the lock, which it drops in between. */
static void open_for_first(az_audio *audio)
{
    int rate = az_frame_av(audio->pieces[audio->begin].frame)->sample_rate;
    pthread_mutex_unlock(&audio->worker.lock);
    bool is_open = open_device(audio, rate);
    const char *driver = is_open ? SDL_GetCurrentAudioDriver() : NULL;
    pthread_mutex_lock(&audio->worker.lock);
    if (!is_open) {
        lose(audio, SDL_GetError());
        return;
    }
    az_log_printf(&audio->log, AZ_LOG_INFO, "audio", "%s at %d Hz", driver ? driver : "?", audio->rate);
    audio->device_state = DEVICE_OPEN;
    audio->callback_time = az_clock_now();
    place(audio);
    pthread_mutex_unlock(&audio->worker.lock);
    SDL_PauseAudioDevice(audio->device, 0); /* takes SDL's lock, under which the callback takes ours */
    pthread_mutex_lock(&audio->worker.lock);
}

static bool has_room(const az_audio *audio)
{
    const AVFrame *av = az_frame_av(audio->pieces[audio->begin].frame);
    int64_t samples =
        av->sample_rate > 0 ? az_rescale(av->nb_samples, audio->rate, av->sample_rate) + 256 : 0;
    size_t room = audio->sound.capacity - audio->sound.count;
    return (uint64_t)samples <= room && audio->sound.run_count < AZ_SOUND_RUNS_MAX;
}

/* Converts the first frame and puts it on the timeline. With the lock, which it drops in between. */
static void convert_first(az_audio *audio)
{
    piece taken = audio->pieces[audio->begin];
    uint64_t flushes = audio->flushes;
    audio->begin = (audio->begin + 1) % AZ_AUDIO_FRAMES_MAX;
    audio->count--;
    pthread_mutex_unlock(&audio->worker.lock);

    if (audio->resample_flushes != flushes || taken.trim > 0)
        az_resample_flush(&audio->resample);
    audio->resample_flushes = flushes;
    const float *values = NULL;
    size_t count = 0;
    int64_t delay = 0;
    aizu_result result =
        az_resample_run(&audio->resample, az_frame_av(taken.frame), audio->rate, &values, &count, &delay);
    if (result)
        az_log_printf(&audio->log, AZ_LOG_WARNING, "audio", "frame dropped: %s", aizu_result_name(result));
    int64_t cut = taken.trim > 0 ? az_rescale(taken.trim, audio->rate, AIZU_SECOND) : 0;
    size_t skip = (uint64_t)cut < count ? (size_t)cut : count;
    az_frame_unref(&taken.frame);

    pthread_mutex_lock(&audio->worker.lock);
    if (!result && count > skip && flushes == audio->flushes && audio->device_state == DEVICE_OPEN) {
        int64_t pts = taken.pts - delay + AZ_MAX(taken.trim, 0);
        if (!az_sound_append(&audio->sound, pts, values + skip * AZ_SOUND_CHANNELS, count - skip))
            az_log_printf(&audio->log, AZ_LOG_WARNING, "audio", "frame dropped: buffer full");
    }
}

/* Reports the clock and looks after the device. With the lock. */
static void look_after(az_audio *audio, int64_t now)
{
    audio->next_clock = now + CLOCK_INTERVAL;
    bool is_stopped = SDL_GetAudioDeviceStatus(audio->device) == SDL_AUDIO_STOPPED;
    if (is_stopped || now - audio->callback_time > DEVICE_SILENCE_MAX) {
        lose(audio, "the device went away");
        return;
    }
    if (audio->motion == MOTION_RUNNING && now >= audio->clock_begin)
        post_simple(audio, AZ_EVENT_AUDIO_CLOCK, pts_at(audio, now), now);
}

/* Filters, or converts the next frame. False: nothing to do. With the lock, which it drops in between. */
static bool work(az_audio *audio)
{
    bool has_frame = audio->count && has_room(audio);
    bool is_complete = audio->motion == MOTION_RUNNING && !has_frame;
    if (az_stretch_work(&audio->stretch, &audio->sound, is_complete, &audio->worker.lock))
        return true;
    if (has_frame)
        convert_first(audio);
    return has_frame;
}

static void step(az_audio *audio)
{
    int64_t now = az_clock_now();
    switch (audio->device_state) {
    case DEVICE_CLOSED:
        if (audio->count)
            open_for_first(audio);
        else
            az_cond_wait_until(&audio->worker.changed, &audio->worker.lock, AZ_NEVER);
        break;
    case DEVICE_OPEN:
        if (audio->next_clock <= now)
            look_after(audio, now);
        else if (!work(audio))
            az_cond_wait_until(&audio->worker.changed, &audio->worker.lock, audio->next_clock);
        break;
    case DEVICE_LOST:
        az_cond_wait_until(&audio->worker.changed, &audio->worker.lock, AZ_NEVER);
        break;
    }
}

static void *run(void *argument)
{
    az_audio *audio = argument;
    pthread_mutex_lock(&audio->worker.lock);
    while (!audio->worker.is_stopping)
        step(audio);
    pthread_mutex_unlock(&audio->worker.lock);
    close_device(audio);
    SDL_TLSCleanup(); /* this is not a thread of SDL's */
    return NULL;
}

/* ---- the engine's side ---- */

aizu_result az_audio_create(az_audio **out, aizu_audio_output kind, const az_post *post, const az_log *log)
{
    *out = NULL;
    az_audio *audio = calloc(1, sizeof(*audio));
    if (!audio)
        return AIZU_E_MEMORY;
    audio->kind = kind;
    audio->post = *post;
    audio->volume = audio->gain = 1.0f;
    audio->start_rate = 1.0;
    if (log)
        audio->log = *log;
    if (kind == AIZU_AUDIO_SILENT) {
        *out = audio;
        return AIZU_OK;
    }
    audio->pieces = calloc(AZ_AUDIO_FRAMES_MAX, sizeof(*audio->pieces));
    aizu_result result = audio->pieces ? AIZU_OK : AIZU_E_MEMORY;
    if (!result && !az_worker_start(&audio->worker, run, audio))
        result = AIZU_E_INTERNAL;
    if (result) {
        free(audio->pieces);
        free(audio);
        return result;
    }
    *out = audio;
    return AIZU_OK;
}

void az_audio_destroy(az_audio **pointer)
{
    az_audio *audio = *pointer;
    *pointer = NULL;
    if (audio && audio->kind != AIZU_AUDIO_SILENT) {
        az_worker_stop(&audio->worker);
        drop_pieces(audio);
        az_stretch_deinit(&audio->stretch);
        az_sound_deinit(&audio->sound);
        az_resample_deinit(&audio->resample);
        free(audio->pieces);
    }
    free(audio);
}

void az_audio_append(az_audio *audio, az_frame *frame, int64_t pts, int64_t trim_begin)
{
    if (audio->kind == AIZU_AUDIO_SILENT || pts == AIZU_NO_TIME) {
        az_frame_unref(&frame);
        return;
    }
    az_frame *dropped = NULL;
    pthread_mutex_lock(&audio->worker.lock);
    if (audio->device_state == DEVICE_LOST) {
        dropped = frame;
    } else {
        if (audio->count == AZ_AUDIO_FRAMES_MAX) {
            dropped = audio->pieces[audio->begin].frame;
            audio->begin = (audio->begin + 1) % AZ_AUDIO_FRAMES_MAX;
            audio->count--;
        }
        size_t end = (audio->begin + audio->count++) % AZ_AUDIO_FRAMES_MAX;
        audio->pieces[end] = (piece){frame, pts, trim_begin};
        pthread_cond_signal(&audio->worker.changed);
    }
    pthread_mutex_unlock(&audio->worker.lock);
    az_frame_unref(&dropped);
}

/* Whether the sound can simply go on at another rate. With the lock. */
static bool is_continued(const az_audio *audio, int64_t pts, int64_t at)
{
    if (audio->motion != MOTION_RUNNING || audio->device_state != DEVICE_OPEN)
        return false;
    int64_t apart = az_sub_sat(pts, pts_at(audio, at));
    return apart >= -AZ_AUDIO_CHANGE_SLACK && apart <= AZ_AUDIO_CHANGE_SLACK;
}

void az_audio_start(az_audio *audio, int64_t pts, int64_t at, double rate)
{
    if (audio->kind == AIZU_AUDIO_SILENT)
        return;
    rate = rate > 0 ? AZ_MIN(AZ_MAX(rate, AZ_TEMPO_RATE_MIN), AZ_TEMPO_RATE_MAX) : 1.0;
    pthread_mutex_lock(&audio->worker.lock);
    bool is_new_rate = rate != audio->start_rate;
    audio->start_rate = rate;
    if (is_new_rate && is_continued(audio, pts, at)) {
        az_stretch_change(&audio->stretch, (int64_t)ceil(index_at(audio, at)), rate);
    } else {
        audio->motion = MOTION_STARTING;
        audio->start_pts = pts;
        audio->start_at = at;
        place(audio);
    }
    pthread_cond_signal(&audio->worker.changed);
    pthread_mutex_unlock(&audio->worker.lock);
}

void az_audio_pause(az_audio *audio)
{
    if (audio->kind == AIZU_AUDIO_SILENT)
        return;
    pthread_mutex_lock(&audio->worker.lock);
    audio->motion = MOTION_STOPPED;
    place(audio);
    pthread_mutex_unlock(&audio->worker.lock);
}

void az_audio_flush(az_audio *audio)
{
    if (audio->kind == AIZU_AUDIO_SILENT)
        return;
    pthread_mutex_lock(&audio->worker.lock);
    audio->motion = MOTION_STOPPED;
    audio->flushes++;
    drop_pieces(audio);
    az_sound_clear(&audio->sound);
    place(audio);
    pthread_cond_signal(&audio->worker.changed);
    pthread_mutex_unlock(&audio->worker.lock);
}

void az_audio_set_volume(az_audio *audio, float volume)
{
    if (audio->kind == AIZU_AUDIO_SILENT)
        return;
    pthread_mutex_lock(&audio->worker.lock);
    audio->volume = volume < 0.0f ? 0.0f : AZ_MIN(volume, 1.0f);
    pthread_mutex_unlock(&audio->worker.lock);
}

void az_audio_set_mute(az_audio *audio, bool is_muted)
{
    if (audio->kind == AIZU_AUDIO_SILENT)
        return;
    pthread_mutex_lock(&audio->worker.lock);
    audio->is_muted = is_muted;
    pthread_mutex_unlock(&audio->worker.lock);
}
