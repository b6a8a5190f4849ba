/*
 * `aizu play`: a player, its log and its commands; see play.h. The window, where there is one, is window.c's;
 * then callbacks run on the library's dispatch thread, so that a cue does not wait for the screen, and only
 * log.
 */
#define _POSIX_C_SOURCE 200809L

#include "play.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aizu/sdl.h>

#include "window.h"

#define SLEEP_MAX (AIZU_SECOND / 2) /* also how long a signal between two looks may wait */

static volatile sig_atomic_t was_interrupted;

static void on_signal(int number)
{
    (void)number;
    was_interrupted = 1;
}

static void finish(play *p, const char *reason, int status)
{
    if (p->is_over)
        return;
    p->is_over = true;
    p->reason = reason;
    p->status = status;
}

void play_quit(play *p)
{
    finish(p, "user", EXIT_USER);
}

/* ---- callbacks ---- */

static void on_cue(void *user, const aizu_cue *cue)
{
    int64_t now = aizu_now();
    play *p = user;
    log_cue(&p->log, cue, now);
    if (p->picture)
        (void)aizu_sdl_picture_take_cue(p->picture, cue); /* without memory for it there is no text */
}

static void on_frame(void *user, const aizu_event *event)
{
    play *p = user;
    log_event(&p->log, event, p->player, aizu_now());
}

static void take_away_text(play *p, const aizu_event *event)
{
    bool is_text = event->type == AIZU_EVENT_RENDITION && event->rendition_kind == AIZU_RENDITION_TEXT;
    if (p->picture && (is_text || event->type == AIZU_EVENT_SEEKED))
        aizu_sdl_picture_clear_text(p->picture);
}

static void on_event(void *user, const aizu_event *event)
{
    play *p = user;
    if (event->type == AIZU_EVENT_STATE)
        p->state = event->state;
    if (event->type == AIZU_EVENT_QUALITIES && p->options->quality)
        play_set_quality(p, p->options->quality);
    if (event->type == AIZU_EVENT_ERROR && event->error->is_fatal)
        p->has_failed = true;
    if (event->type == AIZU_EVENT_KEY)
        (void)aizu_player_provide_key(p->player, event->key_id, p->options->key);
    take_away_text(p, event);
    log_event(&p->log, event, p->player, aizu_now());
}

static void on_log(void *user, aizu_log_level level, const char *module, const char *text)
{
    static const char *const names[] = {"error", "warning", "info", "debug", "trace"};
    (void)user;
    fprintf(stderr, "aizu: %s: %s: %s\n", names[level], module, text);
}

/* ---- the session ---- */

/* What came is cut into lines; a longer one than the buffer is cut as well. */
static void read_input(play *p)
{
    ssize_t size = read(STDIN_FILENO, p->input + p->input_size, sizeof(p->input) - 1 - p->input_size);
    if (size <= 0) {
        p->is_input_open = size < 0 && (errno == EINTR || errno == EAGAIN);
        return;
    }
    p->input_size += (size_t)size;
    for (;;) {
        char *end = memchr(p->input, '\n', p->input_size);
        if (!end && p->input_size < sizeof(p->input) - 1)
            return;
        size_t used = end ? (size_t)(end - p->input) + 1 : p->input_size;
        char line[COMMAND_SIZE_MAX];
        memcpy(line, p->input, used);
        line[end ? used - 1 : used] = '\0';
        memmove(p->input, p->input + used, p->input_size - used);
        p->input_size -= used;
        play_command(p, line);
    }
}

static void look_at_input(play *p)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (p->is_input_open && poll(&input, 1, 0) > 0)
        read_input(p);
}

static void look_at_clock(play *p)
{
    int64_t now = aizu_now();
    if (p->options->duration != AIZU_FOREVER && now - p->log.load >= p->options->duration)
        finish(p, "duration", EXIT_DURATION);
    if (p->stats_at <= now) {
        log_stats(&p->log, p->player, now);
        p->stats_at += p->options->stats_every;
    }
}

bool play_step(play *p)
{
    (void)aizu_player_dispatch(p->player, 0); /* does nothing where the library has a thread for it */
    if (p->state == AIZU_STATE_ENDED)
        finish(p, "ended", EXIT_ENDED);
    if (p->state == AIZU_STATE_IDLE && p->has_failed)
        finish(p, "failed", EXIT_FAILED);
    look_at_input(p);
    look_at_clock(p);
    if (was_interrupted)
        play_quit(p);
    return !p->is_over;
}

int64_t play_sleep_max(const play *p)
{
    int64_t now = aizu_now();
    int64_t sleep = SLEEP_MAX;
    if (p->options->duration != AIZU_FOREVER && p->log.load + p->options->duration - now < sleep)
        sleep = p->log.load + p->options->duration - now;
    if (p->stats_at - now < sleep)
        sleep = p->stats_at - now;
    return sleep > 0 ? sleep : 0;
}

static void run_headless(play *p)
{
    struct pollfd fds[2] = {{.fd = aizu_player_wakeup_fd(p->player), .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    while (play_step(p)) {
        int64_t sleep_ms = play_sleep_max(p) / AIZU_MILLISECOND + 1;
        poll(fds, p->is_input_open ? 2 : 1, (int)sleep_ms);
    }
}

static aizu_result create_player(play *p)
{
    const options *o = p->options;
    aizu_config config;
    aizu_config_init(&config);
    config.video = o->video;
    config.audio = o->video == AIZU_VIDEO_PULL ? AIZU_AUDIO_DEVICE : AIZU_AUDIO_SILENT;
    config.dispatch_thread = o->video == AIZU_VIDEO_PULL; /* the main thread waits for the screen */
    config.early_cues = o->is_early;
    config.housekeeping_cues = o->is_housekeeping;
    config.live_hold_back = o->hold_back;
    config.ca_file = o->ca_file;
    config.audio_languages = o->audio_languages;
    config.text_languages = o->text_languages;
    config.ask_keys = o->has_key;
    if (o->is_verbose) {
        config.log = on_log;
        config.log_level = AIZU_LOG_DEBUG;
    }
    aizu_result result = aizu_player_create(&p->player, &config);
    if (result != AIZU_OK)
        return result;
    aizu_player_on_cue(p->player, on_cue, p);
    aizu_player_on_event(p->player, on_event, p);
    if (o->is_logging_frames)
        aizu_player_on_frame(p->player, on_frame, p);
    aizu_player_set_muted(p->player, o->is_muted);
    aizu_player_set_rate(p->player, o->rate);
    for (int i = 0; i < o->header_count; i++) {
        result = aizu_player_set_header(p->player, o->headers[i]);
        if (result != AIZU_OK) {
            fprintf(stderr, "aizu: header '%s' is not of the form 'Name: value'\n", o->headers[i]);
            return result;
        }
    }
    return AIZU_OK;
}

static bool start(play *p)
{
    const options *o = p->options;
    p->log.load = aizu_now();
    p->stats_at = o->stats_every > 0 ? p->log.load + o->stats_every : INT64_MAX;
    aizu_result result = aizu_player_load_at(p->player, o->url, o->start);
    if (result == AIZU_E_SCHEME)
        fprintf(stderr, "aizu: '%s' is not an http or https URL\n", o->url);
    else if (result != AIZU_OK)
        fprintf(stderr, "aizu: cannot load: %s\n", aizu_result_name(result));
    return result == AIZU_OK && aizu_player_play(p->player) == AIZU_OK;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* With a player that is set up: plays, and says how it went. */
static void run(play *p)
{
    window *w = NULL;
    if (p->options->video == AIZU_VIDEO_PULL && !(w = window_open(p)))
        finish(p, "failed", EXIT_FAILED);
    else if (!start(p))
        finish(p, "failed", EXIT_USAGE);
    else if (w)
        window_run(w);
    else
        run_headless(p);
    log_stats(&p->log, p->player, aizu_now());
    aizu_player_destroy(&p->player); /* nothing is called back after it: the end is the last line */
    window_close(&w);
    log_end(&p->log, p->reason, p->status, aizu_now());
}

int play_main(int argc, char **argv)
{
    options o;
    if (!options_parse(&o, argc, argv))
        return EXIT_USAGE;
    play p = {.options = &o, .is_input_open = true};
    atomic_init(&p.state, AIZU_STATE_IDLE);
    atomic_init(&p.has_failed, false);
    if (!log_open(&p.log, o.log_path))
        return EXIT_USAGE;
    catch_signals();
    aizu_result result = create_player(&p);
    if (result == AIZU_OK)
        run(&p);
    else
        fprintf(stderr, "aizu: no player: %s\n", aizu_result_name(result));
    aizu_player_destroy(&p.player);
    log_close(&p.log);
    return result == AIZU_OK ? p.status : EXIT_USAGE;
}
