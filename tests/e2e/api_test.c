/*
 * The public API against a server in this process that serves small recordings made on the spot (no decodable
 * pictures: playback is without decoding, in real time). What an application may rely on: arguments, states,
 * ends, callbacks that destroy, several players, headers, nothing left over.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>

#include <aizu/aizu.h>

#include "api_server.h"

#define PATIENCE     (20 * AIZU_SECOND)
#define CUES_ALL     (API_SEGMENTS * API_CUES)
#define HEADERS_SIZE 256

/* ---- a viewer ---- */

typedef struct viewer {
    aizu_player *player;
    atomic_int cues, replays, events, wakeups;
    atomic_bool is_destroyed;
    char texts[4 * CUES_ALL][16];
    int64_t pts[4 * CUES_ALL];
    uint64_t ids[4 * CUES_ALL];
    aizu_result error;
    bool is_fatal;
    bool has_ended;
    char url[128];
    bool destroys_on_cue;
    aizu_result inner_dispatch; /* from inside a callback */
} viewer;

static void on_cue(void *user, const aizu_cue *cue)
{
    viewer *v = user;
    assert_false(v->is_destroyed);
    int n = v->cues;
    if (n < (int)(sizeof(v->ids) / sizeof(v->ids[0]))) {
        snprintf(v->texts[n], sizeof(v->texts[n]), "%s", (const char *)cue->data);
        v->pts[n] = cue->pts;
        v->ids[n] = cue->id;
    }
    v->replays += (cue->flags & AIZU_CUE_REPLAY) != 0;
    assert_string_equal(cue->key, "aizu.test");
    assert_string_equal(cue->name, "PRIV");
    v->cues++;
    if (v->player)
        v->inner_dispatch = aizu_player_dispatch(v->player, 0);
    if (v->destroys_on_cue) {
        aizu_player_destroy(&v->player);
        assert_null(v->player);
        v->is_destroyed = true;
    }
}

static void on_event(void *user, const aizu_event *event)
{
    viewer *v = user;
    assert_false(v->is_destroyed);
    v->events++;
    if (event->type == AIZU_EVENT_STATE && event->state == AIZU_STATE_ENDED)
        v->has_ended = true;
    if (event->type == AIZU_EVENT_ERROR && v->error == AIZU_OK) {
        v->error = event->error->result;
        v->is_fatal = event->error->is_fatal != 0;
        snprintf(v->url, sizeof(v->url), "%s", event->error->url);
    }
}

static void on_wakeup(void *user)
{
    viewer *v = user;
    v->wakeups++;
}

static void open_with(viewer *v, const aizu_config *config)
{
    memset(v, 0, sizeof(*v));
    assert_int_equal(aizu_player_create(&v->player, config), AIZU_OK);
    aizu_player_on_cue(v->player, on_cue, v);
    aizu_player_on_event(v->player, on_event, v);
}

static void open_viewer(viewer *v)
{
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    open_with(v, &config);
}

static aizu_result load(viewer *v, const char *path)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", api_server_base, path);
    return aizu_player_load(v->player, url);
}

/* Dispatches until the end; fails a test that takes too long. */
static void watch(viewer *v)
{
    int64_t limit = aizu_now() + PATIENCE;
    aizu_result result = AIZU_OK;
    while (result != AIZU_END && aizu_now() < limit)
        result = aizu_player_dispatch(v->player, AIZU_SECOND);
    assert_int_equal(result, AIZU_END);
}

/* ---- tests ---- */

static void null_arguments_are_refused(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    aizu_player *none = NULL;
    aizu_stats stats = {0};
    aizu_quality quality = {0};
    const aizu_frame *frame;
    int64_t begin;
    assert_int_equal(aizu_player_create(NULL, NULL), AIZU_E_ARGUMENT);
    aizu_player_destroy(NULL);
    aizu_player_destroy(&none);
    assert_int_equal(aizu_player_load(NULL, "http://x/"), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_load(v.player, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_play(NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_pause(NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_stop(NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_seek(NULL, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_quality(NULL, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_header(v.player, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_seekable(v.player, &begin, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_get_stats(v.player, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_get_stats(v.player, &stats), AIZU_E_ARGUMENT); /* size_struct 0 */
    assert_int_equal(aizu_player_get_quality(v.player, 0, &quality), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_acquire_frame(v.player, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_acquire_frame(NULL, &frame), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_dispatch(NULL, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_dispatch(v.player, -1), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_wakeup_fd(NULL), -1);
    assert_int_equal(aizu_player_state(NULL), AIZU_STATE_IDLE);
    assert_true(aizu_player_position(NULL) == AIZU_NO_TIME);
    aizu_player_destroy(&v.player);
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    aizu_player *player = NULL;
    aizu_config good = api_settings(AIZU_VIDEO_NO_DECODE), bad;
#define REFUSED(field, value)                                                 \
    do {                                                                      \
        bad = good;                                                           \
        bad.field = value;                                                    \
        assert_int_equal(aizu_player_create(&player, &bad), AIZU_E_ARGUMENT); \
        assert_null(player);                                                  \
    } while (0)
    REFUSED(size_struct, 0);
    REFUSED(video, (aizu_video_output)7);
    REFUSED(audio, (aizu_audio_output)-1);
    REFUSED(buffer_ahead_max, AIZU_SECOND);
    REFUSED(buffer_ahead_max, 601 * AIZU_SECOND);
    REFUSED(buffer_bytes_max, 1000);
    REFUSED(live_hold_back, -1);
    REFUSED(log_level, (aizu_log_level)9);
    REFUSED(user_agent, "two\nlines");
#undef REFUSED
    good.user_agent = NULL;
    good.window_title = NULL;
    good.size_struct = offsetof(aizu_config, random_seed); /* an application of an older version */
    good.log_level = (aizu_log_level)9;                    /* behind it: not looked at */
    assert_int_equal(aizu_player_create(&player, &good), AIZU_OK);
    aizu_player_destroy(&player);
}

static void urls_are_checked_when_loading(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    static const char *const refused[] = {
        "",        "/etc/passwd",           "file:///etc/passwd", "ftp://host/a.m3u8", "data:text/plain,x",
        "http://", "http://host/with space"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_int_equal(aizu_player_load(v.player, refused[i]), AIZU_E_SCHEME);
    char *url = malloc(AIZU_URL_SIZE_MAX + 1);
    memset(url, 'a', AIZU_URL_SIZE_MAX);
    memcpy(url, "http://127.0.0.1:1/", 19);
    url[AIZU_URL_SIZE_MAX] = '\0';
    assert_int_equal(aizu_player_load(v.player, url), AIZU_E_ARGUMENT);
    url[AIZU_URL_SIZE_MAX - 1] = '\0';
    assert_int_equal(aizu_player_load(v.player, url), AIZU_OK);
    free(url);
    assert_int_equal(aizu_player_load_at(v.player, "http://127.0.0.1:1/", -5), AIZU_E_ARGUMENT);
    aizu_player_destroy(&v.player);
}

static void calls_that_do_not_fit_the_state_are_refused(void **state)
{
    (void)state;
    viewer v;
    const aizu_frame *frame;
    int64_t begin, end;
    open_viewer(&v);
    assert_int_equal(aizu_player_seek(v.player, 0), AIZU_E_STATE);
    assert_int_equal(aizu_player_set_quality(v.player, AIZU_QUALITY_AUTO), AIZU_E_STATE);
    assert_int_equal(aizu_player_acquire_frame(v.player, &frame), AIZU_E_STATE);
    assert_int_equal(aizu_player_seekable(v.player, &begin, &end), AIZU_AGAIN);
    assert_true(begin == AIZU_NO_TIME && end == AIZU_NO_TIME);
    assert_int_equal(aizu_player_dispatch(v.player, 0), AIZU_TIMEOUT);
    assert_int_equal(aizu_player_dispatch(v.player, AIZU_MILLISECOND), AIZU_TIMEOUT);
    assert_int_equal(aizu_player_state(v.player), AIZU_STATE_IDLE);
    assert_int_equal(aizu_player_quality(v.player), -1);

    assert_int_equal(load(&v, "/list.m3u8"), AIZU_OK);
    assert_int_equal(aizu_player_seek(v.player, 0), AIZU_OK);
    assert_int_equal(aizu_player_set_quality(v.player, 5), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_stop(v.player), AIZU_OK);
    assert_int_equal(aizu_player_seek(v.player, 0), AIZU_E_STATE);
    aizu_player_destroy(&v.player);

    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    config.dispatch_thread = 1;
    open_with(&v, &config);
    assert_int_equal(aizu_player_dispatch(v.player, 0), AIZU_E_STATE);
    aizu_player_destroy(&v.player);
}

static void volume_and_mute_are_kept_apart(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    assert_true(aizu_player_volume(v.player) >= 1.0);
    assert_int_equal(aizu_player_set_volume(v.player, 0.25), AIZU_OK);
    assert_int_equal(aizu_player_set_muted(v.player, 1), AIZU_OK);
    assert_true(fabs(aizu_player_volume(v.player) - 0.25) < 1e-9);
    assert_int_equal(aizu_player_muted(v.player), 1);
    assert_int_equal(aizu_player_set_volume(v.player, 1.5), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_volume(v.player, -0.1), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_volume(v.player, (double)NAN), AIZU_E_ARGUMENT);
    aizu_player_destroy(&v.player);
}

static int count_entries(const char *path)
{
    int count = 0;
    DIR *dir = opendir(path);
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

static void players_leave_nothing_behind(void **state)
{
    (void)state;
    static const aizu_video_output kinds[] = {AIZU_VIDEO_NO_DECODE, AIZU_VIDEO_HEADLESS, AIZU_VIDEO_PULL};
    int fds = 0, threads = 0;
    for (int i = 0; i < 100; i++) {
        viewer v;
        aizu_config config = api_settings(kinds[i % 3]);
        config.dispatch_thread = i & 1;
        open_with(&v, &config);
        if (i % 4 != 0) {
            load(&v, "/list.m3u8");
            aizu_player_play(v.player);
        }
        if (i % 4 > 1 && !config.dispatch_thread)
            aizu_player_dispatch(v.player, 5 * AIZU_MILLISECOND);
        int64_t begin = aizu_now();
        aizu_player_destroy(&v.player);
        assert_null(v.player);
        assert_true(aizu_now() - begin < AIZU_SECOND);
        if (i == 11) { /* what the libraries keep for good is there by now */
            fds = count_entries("/proc/self/fd");
            threads = count_entries("/proc/self/task");
        }
    }
    int64_t limit = aizu_now() + PATIENCE; /* the server closes its side in its own time */
    while (count_entries("/proc/self/fd") > fds + 2 && aizu_now() < limit)
        poll(NULL, 0, 1);
    assert_in_range(count_entries("/proc/self/fd"), 0, fds + 2);
    assert_in_range(count_entries("/proc/self/task"), 0, threads);
}

static void assert_all_cues(const viewer *v, int from)
{
    for (int i = 0; i < CUES_ALL; i++) {
        char text[16];
        snprintf(text, sizeof(text), "cue %d", i);
        assert_string_equal(v->texts[from + i], text);
        int64_t expected = i * (AIZU_SECOND / API_CUES);
        assert_true(llabs(v->pts[from + i] - expected) < AIZU_MILLISECOND);
    }
}

static void a_recording_plays_to_its_end_with_each_cue_once(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    assert_int_equal(load(&v, "/list.m3u8"), AIZU_OK);
    int64_t begin = aizu_now();
    aizu_player_play(v.player);
    watch(&v);
    int64_t took = aizu_now() - begin;
    assert_true(took > 19 * AIZU_SECOND / 10); /* real time */
    assert_int_equal(v.cues, CUES_ALL);
    assert_all_cues(&v, 0);
    assert_true(v.has_ended);
    assert_int_equal(v.error, AIZU_OK);
    assert_int_equal(v.inner_dispatch, AIZU_E_STATE);
    assert_int_equal(aizu_player_state(v.player), AIZU_STATE_ENDED);
    assert_true(llabs(aizu_player_duration(v.player) - 2 * AIZU_SECOND) < AIZU_MILLISECOND);
    assert_int_equal(aizu_player_is_live(v.player), 0);
    assert_int_equal(aizu_player_quality_count(v.player), 1);
    assert_int_equal(aizu_player_dispatch(v.player, 0), AIZU_END); /* still */

    aizu_stats stats = {.size_struct = sizeof(stats)};
    assert_int_equal(aizu_player_get_stats(v.player, &stats), AIZU_OK);
    assert_int_equal(stats.cues_delivered, CUES_ALL);
    assert_int_equal(stats.requests, 1 + API_SEGMENTS);

    aizu_player_play(v.player); /* again, from the beginning: the same cues, told apart by their flag */
    watch(&v);
    assert_int_equal(v.cues, 2 * CUES_ALL);
    assert_all_cues(&v, CUES_ALL);
    assert_int_equal(v.replays, CUES_ALL);
    assert_memory_equal(v.ids, v.ids + CUES_ALL, CUES_ALL * sizeof(v.ids[0]));
    aizu_player_destroy(&v.player);
}

static void a_player_may_be_destroyed_in_its_own_callback(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    aizu_player *player = v.player; /* what the dispatching code holds */
    v.destroys_on_cue = true;
    load(&v, "/list.m3u8");
    aizu_player_play(player);
    aizu_result result = AIZU_OK;
    while (result == AIZU_OK)
        result = aizu_player_dispatch(player, PATIENCE);
    assert_int_equal(result, AIZU_END);
    assert_null(v.player);
    assert_int_equal(v.cues, 1);
}

static void a_player_with_its_own_thread_may_be_destroyed_in_a_callback(void **state)
{
    (void)state;
    viewer v;
    int threads = count_entries("/proc/self/task");
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    config.dispatch_thread = 1;
    open_with(&v, &config);
    v.destroys_on_cue = true;
    load(&v, "/list.m3u8");
    aizu_player_play(v.player);
    int64_t limit = aizu_now() + PATIENCE;
    while (count_entries("/proc/self/task") > threads && aizu_now() < limit)
        poll(NULL, 0, 1);
    assert_true(v.is_destroyed);
    assert_int_equal(v.cues, 1);
    assert_in_range(count_entries("/proc/self/task"), 0, threads);
}

static void nothing_is_called_back_after_destroy(void **state)
{
    (void)state;
    viewer v;
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    config.dispatch_thread = 1;
    open_with(&v, &config);
    aizu_player_on_frame(v.player, on_event, &v);
    load(&v, "/list.m3u8");
    aizu_player_play(v.player);
    int64_t limit = aizu_now() + PATIENCE;
    while (v.events < 10 && aizu_now() < limit)
        poll(NULL, 0, 1);
    aizu_player_destroy(&v.player);
    v.is_destroyed = true; /* the callbacks assert that it is not set */
    int events = v.events;
    poll(NULL, 0, 200);
    assert_int_equal(v.events, events);
    assert_true(events >= 10);
}

static void several_players_do_not_disturb_each_other(void **state)
{
    (void)state;
    viewer a, b;
    open_viewer(&a);
    open_viewer(&b);
    load(&a, "/list.m3u8");
    load(&b, "/missing.m3u8");
    aizu_player_play(a.player);
    aizu_player_play(b.player);
    watch(&b);
    aizu_player_destroy(&b.player);
    watch(&a);
    assert_int_equal(a.cues, CUES_ALL);
    assert_int_equal(a.error, AIZU_OK);
    assert_int_equal(b.cues, 0);
    assert_int_equal(b.error, AIZU_E_NOT_FOUND);
    aizu_player_destroy(&a.player);
}

static void failures_name_their_cause_and_end_playback(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        aizu_result result;
    } cases[] = {
        {"/missing.m3u8?token=secret", AIZU_E_NOT_FOUND},
        {"/forbidden.m3u8?token=secret", AIZU_E_FORBIDDEN},
        {"/page.m3u8?token=secret", AIZU_E_PLAYLIST},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        viewer v;
        open_viewer(&v);
        load(&v, cases[i].path);
        aizu_player_play(v.player);
        watch(&v);
        assert_int_equal(v.error, cases[i].result);
        assert_true(v.is_fatal);
        assert_null(strstr(v.url, "secret"));
        assert_non_null(strstr(v.url, ".m3u8"));
        assert_int_equal(aizu_player_state(v.player), AIZU_STATE_IDLE);
        assert_int_equal(aizu_player_seek(v.player, 0), AIZU_E_STATE);
        aizu_player_destroy(&v.player);
    }
}

static void a_player_can_load_again_after_failure(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    load(&v, "/missing.m3u8");
    aizu_player_play(v.player);
    watch(&v);
    load(&v, "/list.m3u8");
    aizu_player_play(v.player);
    watch(&v);
    assert_int_equal(v.cues, CUES_ALL);
    aizu_player_destroy(&v.player);
}

static void headers_reach_the_server_and_belong_to_their_player(void **state)
{
    (void)state;
    viewer a, b;
    char header[HEADERS_SIZE];
    open_viewer(&a);
    open_viewer(&b);
    assert_int_equal(aizu_player_set_header(a.player, "X-Test: for a"), AIZU_OK);
    load(&a, "/missing.m3u8");
    watch(&a);
    api_server_header(header, sizeof(header));
    assert_string_equal(header, "for a");
    load(&b, "/missing.m3u8");
    watch(&b);
    api_server_header(header, sizeof(header));
    assert_string_equal(header, "");
    aizu_player_destroy(&a.player);
    aizu_player_destroy(&b.player);
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    return poll(&waiting, 1, timeout_ms) == 1;
}

static void the_descriptor_says_when_callbacks_wait(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    aizu_player_set_wakeup(v.player, on_wakeup, &v);
    int fd = aizu_player_wakeup_fd(v.player);
    assert_false(is_readable(fd, 0));
    load(&v, "/list.m3u8");
    aizu_player_play(v.player);
    aizu_result result = AIZU_OK;
    int64_t limit = aizu_now() + PATIENCE;
    while (result != AIZU_END && aizu_now() < limit) {
        assert_true(is_readable(fd, 5000));
        result = aizu_player_dispatch(v.player, 0);
        assert_int_not_equal(result, AIZU_TIMEOUT); /* readable means that something waits */
    }
    assert_int_equal(result, AIZU_END);
    assert_false(is_readable(fd, 0));
    assert_int_equal(v.cues, CUES_ALL);
    assert_true(v.wakeups > 0);
    aizu_player_destroy(&v.player);
}

static void closing_a_stream_ends_dispatch(void **state)
{
    (void)state;
    viewer v;
    open_viewer(&v);
    load(&v, "/list.m3u8");
    aizu_player_play(v.player);
    while (v.cues < 2)
        aizu_player_dispatch(v.player, PATIENCE);
    aizu_player_stop(v.player);
    watch(&v);
    assert_int_equal(aizu_player_state(v.player), AIZU_STATE_IDLE);
    assert_true(v.cues < CUES_ALL);
    aizu_player_destroy(&v.player);
}

static void helpers_say_what_they_are_documented_to(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof(version), "%d.%d.%d", AIZU_VERSION_MAJOR, AIZU_VERSION_MINOR,
             AIZU_VERSION_PATCH);
    assert_string_equal(aizu_version(), version);
    assert_true(fabs(aizu_seconds(1500 * AIZU_MILLISECOND) - 1.5) < 1e-12);
    assert_true(isnan(aizu_seconds(AIZU_NO_TIME)));
    int64_t now = aizu_now();
    assert_true(now > 0 && aizu_now() >= now);
    aizu_config config;
    aizu_config_init(&config);
    assert_int_equal(config.size_struct, sizeof(config));
    assert_int_equal(config.buffer_ahead_max, 30 * AIZU_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_arguments_are_refused),
        cmocka_unit_test(settings_out_of_range_are_refused),
        cmocka_unit_test(urls_are_checked_when_loading),
        cmocka_unit_test(calls_that_do_not_fit_the_state_are_refused),
        cmocka_unit_test(volume_and_mute_are_kept_apart),
        cmocka_unit_test(players_leave_nothing_behind),
        cmocka_unit_test(a_recording_plays_to_its_end_with_each_cue_once),
        cmocka_unit_test(a_player_may_be_destroyed_in_its_own_callback),
        cmocka_unit_test(a_player_with_its_own_thread_may_be_destroyed_in_a_callback),
        cmocka_unit_test(nothing_is_called_back_after_destroy),
        cmocka_unit_test(several_players_do_not_disturb_each_other),
        cmocka_unit_test(failures_name_their_cause_and_end_playback),
        cmocka_unit_test(a_player_can_load_again_after_failure),
        cmocka_unit_test(headers_reach_the_server_and_belong_to_their_player),
        cmocka_unit_test(the_descriptor_says_when_callbacks_wait),
        cmocka_unit_test(closing_a_stream_ends_dispatch),
        cmocka_unit_test(helpers_say_what_they_are_documented_to),
    };
    return cmocka_run_group_tests(tests, api_server_start, api_server_stop);
}
