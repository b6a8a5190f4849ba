/*
 * The driver's inside, shared by the files of this folder: who owns which part.
 */
#ifndef AZ_HOST_LOOP_INTERNAL_H
#define AZ_HOST_LOOP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "host/curl/http.h"
#include "host/ffmpeg/decoder.h"
#include "host/loop/inbox.h"
#include "host/loop/loop.h"
#include "host/loop/outbox.h"
#include "host/loop/view.h"
#include "host/sdl/audio.h"
#include "host/sdl/video.h"

#define AZ_LOOP_TEXTS_MAX 32 /* subtitles drawn at once; the oldest goes first */

/* The application's functions that are called on any thread of the library. Once muted none is called. */
typedef struct az_outside {
    pthread_mutex_t lock; /* held during a call */
    bool is_muted;
    void (*wakeup)(void *user);
    void *wakeup_user;
    void (*log)(void *user, aizu_log_level level, const char *module, const char *text);
    void *log_user;
} az_outside;

struct az_loop {
    aizu_video_output video_kind;
    bool has_dispatch_thread;
    char *window_title;

    /* shared */
    az_outside outside;
    az_log log;
    az_inbox inbox;
    az_outbox *outbox;
    az_view view;
    az_http *http; /* the engine thread's, but for its headers */
    atomic_bool is_muted;
    _Atomic double volume;

    /* threads */
    pthread_t thread, dispatch_thread;
    bool is_doomed; /* destroyed from inside a callback: the dispatching thread ends it */

    /* the engine thread's */
    az_post post;
    az_engine *engine;
    az_decoder *decoders[AZ_DECODERS]; /* that of thumbnails with the first one */
    az_video *video;                   /* pull: also acquire and release */
    az_audio *audio;
    az_timer timer;
    bool draw_text;
    az_cue *texts[AZ_LOOP_TEXTS_MAX]; /* subtitles that are on the screen */
    size_t text_count;
    bool has_news; /* fed since the last run */
    uint64_t commands_fed;
    int64_t wall_offset; /* realtime less monotonic, as the engine was told */
    int64_t wall_checked;
    int64_t pts_to_wall; /* of the last snapshot, for frames */
};

/* Decoders and outputs, on the creating thread; a window is opened on the engine thread when it is needed. */
AZ_NODISCARD aizu_result az_loop_open_devices(az_loop *loop, const aizu_config *config);
void az_loop_close_devices(az_loop *loop);

/* Carries out all actions of the last run. */
void az_loop_act(az_loop *loop);

/* Calls the application's wakeup function. */
void az_loop_wake(az_loop *loop);

#endif
