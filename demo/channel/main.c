/*
 * aizu-channel: a live HLS channel in a box. Source -> encoder -> packager -> store -> server; the channel
 * runs on this thread, at the pace of its pictures, and the server on its own ones.
 */
#include "channel.h"
#include "log.h"
#include "server.h"

#include <errno.h>
#include <libavutil/log.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_SECOND    INT64_C(1000000000)
#define TICKS_PER_SECOND 90000
#define VOD_SECONDS      60                  /* of the programme, when nothing else is said */
#define VOD_WALL_FIRST   INT64_C(1767225600) /* 2026-01-01: the same recording each time */

static volatile sig_atomic_t is_stopped;

static void on_signal(int signal_number)
{
    (void)signal_number;
    is_stopped = 1;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

static int64_t ns_of(int64_t ticks)
{
    return ticks / TICKS_PER_SECOND * NS_PER_SECOND +
           ticks % TICKS_PER_SECOND * NS_PER_SECOND / TICKS_PER_SECOND;
}

/* Until the monotonic clock shows `until_ns`; a signal ends it early. */
static void sleep_until(int64_t until_ns)
{
    const struct timespec t = {.tv_sec = until_ns / NS_PER_SECOND, .tv_nsec = until_ns % NS_PER_SECOND};
    while (!is_stopped && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

/* A live channel's clock and server, as the loop needs them. */
typedef struct live {
    const ch_options *options;
    const ch_counters *counters;
    const ch_server *server;
    int64_t mono_first_ns; /* when the first picture is due */
    int64_t prefill_ticks;
    bool is_announced;
} live;

/* Says where to listen once there is something to play, then keeps the pace. */
static void after_picture(live *l, int64_t ticks)
{
    if (!l->is_announced && ticks >= l->prefill_ticks && atomic_load(&l->counters->segments) > 0) {
        printf("listening on http://%s:%u/master.m3u8\n", l->options->bind,
               (unsigned)ch_server_port(l->server));
        fflush(stdout);
        l->is_announced = true;
    }
    sleep_until(l->mono_first_ns + ns_of(ticks));
}

/* Drives the channel to stream time `end` or until somebody stops it; without `live` as fast as possible. */
static int run(ch_channel *channel, int64_t end, live *l)
{
    while (!is_stopped && ch_channel_ticks(channel) < end) {
        int64_t before = ch_channel_ticks(channel);
        int result = ch_channel_step(channel);
        if (result < 0)
            return result;
        int64_t ticks = ch_channel_ticks(channel);
        if (l && ticks != before && ticks < end)
            after_picture(l, ticks);
    }
    return ch_channel_end(channel);
}

static int64_t duration_of(const ch_options *options)
{
    return llround(options->duration_seconds * TICKS_PER_SECOND);
}

static int run_live(const ch_options *options, ch_cues *cues, ch_counters *counters)
{
    /* The first frame is on a full second and in the past, so that segments are there at once. */
    int64_t wall = clock_ns(CLOCK_REALTIME), mono = clock_ns(CLOCK_MONOTONIC);
    int64_t prefill_ns = (int64_t)ceil(options->prefill_seconds) * NS_PER_SECOND;
    int64_t age = prefill_ns + wall % NS_PER_SECOND;
    int64_t wall_first = options->wall_first >= 0 ? options->wall_first * NS_PER_SECOND : wall - age;
    int result = -1;
    ch_store *store = ch_store_create();
    ch_channel *channel = store ? ch_channel_create(options, store, cues, counters, wall_first) : NULL;
    const ch_server_settings settings = {.bind = options->bind,
                                         .port = options->port,
                                         .put_rate = options->put_rate,
                                         .store = store,
                                         .ll = channel ? ch_channel_ll(channel) : NULL,
                                         .cues = cues,
                                         .counters = counters};
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old); /* signals are for this thread alone */
    ch_server *server = channel ? ch_server_create(&settings) : NULL;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (server) {
        live l = {.options = options,
                  .counters = counters,
                  .server = server,
                  .mono_first_ns = mono - age,
                  .prefill_ticks = (prefill_ns / NS_PER_SECOND) * TICKS_PER_SECOND};
        int64_t end = options->duration_seconds > 0 ? duration_of(options) : INT64_MAX;
        result = run(channel, end, &l);
    }
    ch_server_destroy(&server);
    ch_channel_destroy(&channel);
    ch_store_destroy(&store);
    return result;
}

static int run_recording(const ch_options *options, ch_cues *cues, ch_counters *counters)
{
    int64_t wall_first = options->wall_first >= 0 ? options->wall_first : VOD_WALL_FIRST;
    ch_channel *channel = ch_channel_create(options, NULL, cues, counters, wall_first * NS_PER_SECOND);
    int64_t end = VOD_SECONDS * TICKS_PER_SECOND;
    if (options->duration_seconds > 0)
        end = duration_of(options);
    else if (channel && ch_channel_length(channel) > 0)
        end = ch_channel_length(channel);
    int result = channel ? run(channel, end, NULL) : -1;
    ch_channel_destroy(&channel);
    return result;
}

int main(int argc, char **argv)
{
    ch_options options;
    switch (ch_options_parse(&options, argc, argv)) {
    case CH_OPTIONS_DONE:
        return 0;
    case CH_OPTIONS_WRONG:
        return 2;
    case CH_OPTIONS_RUN:
        break;
    }
    struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    av_log_set_level(AV_LOG_ERROR);

    ch_counters counters = {0};
    ch_cues *cues = ch_cues_create(options.cues, llround(options.cue_every_seconds * TICKS_PER_SECOND));
    if (!cues)
        return 1;
    int result =
        options.vod_dir ? run_recording(&options, cues, &counters) : run_live(&options, cues, &counters);
    ch_cues_destroy(&cues);
    return result < 0 ? 1 : 0;
}
