/*
 * Trouble from end to end: players of the public API against a server that breaks in every way of cases.c,
 * all at once in one process. Each must end as documented, in time, with each cue once and in order.
 * What was seen is printed. An argument picks cases by a part of their name.
 */
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <poll.h>
#include <sys/resource.h>

#include "cases.h"
#include "media.h"

#define ERRORS_MAX     24
#define CUES_MAX       256
#define OUTAGE_BEGIN   (13 * AIZU_SECOND / 10)
#define OUTAGE_END     (63 * AIZU_SECOND / 10)
#define DESTROY_MAX    AIZU_SECOND
#define KEPT_FOR       (25 * AIZU_SECOND)
#define MEMORY_KIB_MAX (300 * 1024)

typedef struct told_error {
    aizu_result result;
    bool is_fatal;
    char stage[32], url[256], detail[128];
    int http_status;
    int64_t segment;
} told_error;

typedef struct viewer {
    const fault_case *c;
    aizu_player *player;
    fault_server *own; /* for an outage */
    int session;
    int64_t begin, end; /* end: 0 until it is over */
    bool has_ended;
    told_error errors[ERRORS_MAX];
    int error_count;
    int cue_count, cues[CUES_MAX]; /* their numbers */
    bool is_out_of_order;
    int stalls;
} viewer;

static fault_server *server, *other;
static viewer viewers[FAULT_SESSIONS_MAX];
static int fds_before, threads_before;

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

/* ---- a viewer ---- */

static void on_cue(void *user, const aizu_cue *cue)
{
    viewer *v = user;
    int number = strncmp((const char *)cue->data, "cue ", 4) == 0 ? atoi((const char *)cue->data + 4) : -1;
    if (v->cue_count > 0 && number <= v->cues[v->cue_count - 1])
        v->is_out_of_order = true;
    if (v->cue_count < CUES_MAX)
        v->cues[v->cue_count++] = number;
}

static void take_error(viewer *v, const aizu_error *error)
{
    if (v->error_count == ERRORS_MAX)
        v->error_count--; /* the last one is of interest */
    told_error *told = &v->errors[v->error_count++];
    *told = (told_error){.result = error->result,
                         .is_fatal = error->is_fatal != 0,
                         .http_status = error->http_status,
                         .segment = error->segment};
    snprintf(told->stage, sizeof(told->stage), "%s", error->stage);
    snprintf(told->url, sizeof(told->url), "%s", error->url);
    snprintf(told->detail, sizeof(told->detail), "%s", error->detail);
}

static void on_event(void *user, const aizu_event *event)
{
    viewer *v = user;
    if (event->type == AIZU_EVENT_ERROR)
        take_error(v, event->error);
    v->has_ended = v->has_ended || (event->type == AIZU_EVENT_STATE && event->state == AIZU_STATE_ENDED);
    v->stalls += event->type == AIZU_EVENT_STALL;
}

static void begin_viewing(viewer *v, const fault_case *c)
{
    aizu_config config;
    aizu_config_init(&config);
    config.video = AIZU_VIDEO_NO_DECODE;
    config.audio = AIZU_AUDIO_SILENT;
    config.random_seed = 7;
    config.log_level = AIZU_LOG_ERROR;
    *v = (viewer){.c = c};
    fault_server *from = server;
    if (c->has_outage)
        from = v->own = fault_server_start();
    v->session = fault_server_add(from, c->variants > 0 ? c->variants : 1, c->is_live, c->rules);
    char url[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/%d/%s?token=secret", fault_server_port(from), v->session,
             c->variants ? "master.m3u8" : "a/list.m3u8");
    assert_int_equal(aizu_player_create(&v->player, &config), AIZU_OK);
    aizu_player_on_cue(v->player, on_cue, v);
    aizu_player_on_event(v->player, on_event, v);
    v->begin = aizu_now();
    assert_int_equal(aizu_player_load(v->player, url), AIZU_OK);
    assert_int_equal(aizu_player_play(v->player), AIZU_OK);
}

/* The server of a viewer goes, and comes back on the same port. */
static void step_outage(viewer *v)
{
    int64_t since = aizu_now() - v->begin;
    if (v->own)
        fault_server_set_away(v->own, since >= OUTAGE_BEGIN && since < OUTAGE_END);
}

/* One round over all viewers. */
static void watch_all(void)
{
    struct pollfd fds[FAULT_SESSIONS_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < fault_case_count; i++) {
        viewer *v = &viewers[i];
        if (!v->player || v->end)
            continue;
        step_outage(v);
        if (aizu_player_dispatch(v->player, 0) == AIZU_END)
            v->end = aizu_now();
        fds[count++] = (struct pollfd){.fd = aizu_player_wakeup_fd(v->player), .events = POLLIN};
    }
    poll(fds, count, 20);
}

/* ---- what is expected ---- */

static const char *path_of(const char *url)
{
    const char *at = strstr(url, "://");
    return at ? at + 3 : url;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static bool is_expected(const fault_case *c, const told_error *e)
{
    return e->result == c->error && strcmp(e->stage, c->stage) == 0 && ends_with(path_of(e->url), c->url) &&
           e->http_status == c->http_status &&
           (c->segment == FAULT_ANY_SEGMENT || e->segment == c->segment - 1);
}

static void print_viewer(const viewer *v)
{
    print_message("%-72s %5.1f s, %2d cues, %d stalls%s%s\n", v->c->name,
                  aizu_seconds((v->end ? v->end : aizu_now()) - v->begin), v->cue_count, v->stalls,
                  v->has_ended ? ", ended" : "", v->is_out_of_order ? ", OUT OF ORDER" : "");
    for (int i = 0; i < v->error_count; i++) {
        const told_error *e = &v->errors[i];
        print_message("    %s%s at %s, status %d, segment %lld, %s: %s\n", e->is_fatal ? "FATAL " : "",
                      aizu_result_name(e->result), e->stage, e->http_status, (long long)e->segment,
                      path_of(e->url), e->detail);
    }
}

static void check_errors(const viewer *v)
{
    int expected = 0, fatal = 0;
    for (int i = 0; i < v->error_count; i++) {
        const told_error *e = &v->errors[i];
        assert_null(strstr(e->url, "secret"));
        assert_null(strstr(e->detail, "secret"));
        fatal += e->is_fatal;
        expected += v->c->error != AIZU_OK && is_expected(v->c, e) && e->is_fatal == v->c->is_fatal;
    }
    assert_int_equal(fatal, v->c->is_fatal ? 1 : 0);
    if (v->c->error == AIZU_OK)
        assert_int_equal(v->error_count, 0);
    else
        assert_true(expected > 0);
}

static void check_cues(const viewer *v)
{
    const fault_case *c = v->c;
    assert_false(v->is_out_of_order); /* which a cue that came twice would be, too */
    if (c->is_kept && c->missing < 0)
        assert_true(v->cue_count >= MEDIA_CUES_ALL - c->missing);
    if (c->is_fatal || c->is_kept)
        return;
    if (c->is_live) {
        assert_true(v->cue_count > 0);
        assert_int_equal(v->cues[v->cue_count - 1], MEDIA_LIVE_ALL * MEDIA_CUES - 1);
        int passed = v->cues[v->cue_count - 1] - v->cues[0] + 1;
        assert_in_range(v->cue_count, passed - c->missing, passed);
    } else {
        assert_in_range(v->cue_count, MEDIA_CUES_ALL - c->missing, MEDIA_CUES_ALL);
    }
}

/* The test of one case: waits for it, and no longer than it may take. */
static void ends_as_documented(void **state)
{
    viewer *v = *state;
    const fault_case *c = v->c;
    int64_t limit = v->begin + (c->seconds ? c->seconds : 30) * AIZU_SECOND;
    if (c->is_kept)
        limit = v->begin + KEPT_FOR;
    while (!v->end && aizu_now() < limit)
        watch_all();
    print_viewer(v);
    if (!c->is_kept) {
        assert_true(v->end > 0 && v->end < limit);
        assert_int_equal(aizu_player_state(v->player), c->is_fatal ? AIZU_STATE_IDLE : AIZU_STATE_ENDED);
        assert_int_equal(v->has_ended, !c->is_fatal);
    }
    check_errors(v);
    check_cues(v);
    if (c->requests)
        assert_true(fault_server_requests(v->own ? v->own : server, v->session, c->rules[0].path) >=
                    c->requests);
}

/* Whatever state it is in, a player goes at once. */
static int end_viewing(void **state)
{
    viewer *v = *state;
    int64_t begin = aizu_now();
    aizu_player_destroy(&v->player);
    int64_t took = aizu_now() - begin;
    fault_server_stop(&v->own);
    if (took > DESTROY_MAX)
        print_error("%s: destroy took %.3f s\n", v->c->name, aizu_seconds(took));
    return took > DESTROY_MAX;
}

static void nothing_is_left_over(void **state)
{
    (void)state;
    fault_server_stop(&server);
    fault_server_stop(&other);
    for (int i = 0; i < 100 && count_entries("/proc/self/task") > threads_before; i++)
        poll(NULL, 0, 20); /* detached threads of the server */
    assert_in_range(count_entries("/proc/self/fd"), 0, fds_before);
    assert_in_range(count_entries("/proc/self/task"), 0, threads_before);
#ifdef AZ_FAULTS_MEMORY_COUNTS
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    print_message("peak memory of %zu players: %ld MiB\n", fault_case_count, usage.ru_maxrss / 1024);
    assert_in_range(usage.ru_maxrss, 0, MEMORY_KIB_MAX);
#endif
}

/* What libraries keep open for good is there after the first player. */
static void warm_up(void)
{
    aizu_player *player;
    assert_int_equal(aizu_player_create(&player, NULL), AIZU_OK);
    aizu_player_load(player, "http://127.0.0.1:1/");
    aizu_player_dispatch(player, AIZU_SECOND / 10);
    aizu_player_destroy(&player);
}

static int begin_all(void **state)
{
    (void)state;
    static const fault_rule none[FAULT_RULES_MAX];
    cases_init();
    warm_up();
    fds_before = count_entries("/proc/self/fd");
    threads_before = count_entries("/proc/self/task");
    server = fault_server_start();
    other = fault_server_start();
    fault_server_set_other(server, other);
    fault_server_add(other, 1, false, none);
    for (size_t i = 0; i < fault_case_count; i++)
        if (viewers[i].c)
            begin_viewing(&viewers[i], &fault_cases[i]);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
        unsetenv(proxies[i]); /* the server is in this process */
    struct CMUnitTest tests[FAULT_SESSIONS_MAX + 1] = {{0}};
    size_t count = 0;
    for (size_t i = 0; i < fault_case_count; i++) {
        if (argc > 1 && !strstr(fault_cases[i].name, argv[1])) /* only some */
            continue;
        viewers[i].c = &fault_cases[i];
        tests[count++] = (struct CMUnitTest){.name = fault_cases[i].name,
                                             .test_func = ends_as_documented,
                                             .teardown_func = end_viewing,
                                             .initial_state = &viewers[i]};
    }
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(nothing_is_left_over);
    return _cmocka_run_group_tests("faults", tests, count, begin_all, NULL);
}
