/*
 * host/curl against a server of our own in this process: what an engine sees of answers, ranges, redirects,
 * broken connections and headers. The server's routes stand in `handle`.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <microhttpd.h>

#include "host/curl/http.h"
#include "host/curl/status.h"
#include "host/sync.h"
#include "http_test_tls.h"
#include "timeline/list.h"

#define BODY_SIZE 200000u
#define PATIENCE  (20 * AIZU_SECOND)

static const unsigned char gzip_playlist[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x53, 0x76, 0x8d, 0x08,
    0xf1, 0x35, 0x0e, 0xe5, 0x52, 0x06, 0xd2, 0xba, 0x11, 0xba, 0xae, 0x7e, 0x2e, 0x3e,
    0x9e, 0xc1, 0x21, 0x5c, 0x00, 0x90, 0x7c, 0x4d, 0x41, 0x17, 0x00, 0x00, 0x00};
static const char playlist_text[] = "#EXTM3U\n#EXT-X-ENDLIST\n";

static uint8_t body[BODY_SIZE];

/* A request for /held is answered when another one asks for /release, as a server that blocks does. */
static _Atomic(struct MHD_Connection *) held;
static atomic_bool is_released;

/* ---- the server ---- */

static ssize_t read_endless(void *user, uint64_t pos, char *out, size_t size)
{
    (void)user;
    memset(out, (int)(pos & 0x7f), size);
    return (ssize_t)size;
}

static ssize_t read_then_break(void *user, uint64_t pos, char *out, size_t size)
{
    (void)user;
    if (pos >= 500)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t part = AZ_MIN(size, 500 - (size_t)pos);
    memcpy(out, body + pos, part);
    return (ssize_t)part;
}

static struct MHD_Response *text_response(const char *text)
{
    return MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
}

static struct MHD_Response *redirect_response(const char *location)
{
    struct MHD_Response *response = text_response("moved");
    MHD_add_response_header(response, "Location", location);
    return response;
}

static struct MHD_Response *span_response(size_t begin, size_t size)
{
    return MHD_create_response_from_buffer(size, body + begin, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *playlist_response(struct MHD_Connection *connection)
{
    const char *accepted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Encoding");
    if (!accepted || !strstr(accepted, "gzip"))
        return text_response(playlist_text);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        sizeof(gzip_playlist), (void *)(uintptr_t)gzip_playlist, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Encoding", "gzip");
    return response;
}

/* 206 with the range that was asked for; `slack` bytes more before it. */
static struct MHD_Response *range_response(struct MHD_Connection *connection, size_t slack, size_t size_max)
{
    const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");
    size_t first = range ? (size_t)strtoul(range + strlen("bytes="), NULL, 10) : 0;
    const char *dash = range ? strchr(range, '-') : NULL;
    size_t last = dash && dash[1] ? (size_t)strtoul(dash + 1, NULL, 10) : BODY_SIZE - 1;
    first -= slack;
    size_t size = AZ_MIN(last - first + 1, size_max);
    struct MHD_Response *response = span_response(first, size);
    char text[96];
    snprintf(text, sizeof(text), "bytes %zu-%zu/%u", first, first + size - 1, BODY_SIZE);
    MHD_add_response_header(response, "Content-Range", text);
    return response;
}

/* What the request carried, as a text. */
static struct MHD_Response *echo_response(struct MHD_Connection *connection)
{
    static const char *const names[] = {"User-Agent", "X-Test", "Origin", "Accept-Encoding", "Range"};
    char text[1024] = "";
    for (size_t i = 0; i < AZ_COUNT(names); i++) {
        const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, names[i]);
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s=%s;", names[i], value ? value : "");
    }
    return text_response(text);
}

static struct MHD_Response *route(struct MHD_Connection *connection, const char *path, unsigned *status)
{
    struct MHD_Response *response;
    *status = 200;
    if (strncmp(path, "/status/", 8) == 0) {
        *status = (unsigned)strtoul(path + 8, NULL, 10);
        const char *after = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after");
        response = text_response("an error page that nobody wants");
        if (after)
            MHD_add_response_header(response, "Retry-After", after);
        return response;
    }
    if (strncmp(path, "/redirect/", 10) == 0) {
        char next[64];
        unsigned long left = strtoul(path + 10, NULL, 10);
        snprintf(next, sizeof(next), left > 1 ? "/redirect/%lu" : "/body", left - 1);
        *status = 302;
        return redirect_response(next);
    }
    if (strcmp(path, "/to-file") == 0 || strcmp(path, "/to-ftp") == 0 || strcmp(path, "/loop") == 0) {
        *status = 302;
        return redirect_response(strcmp(path, "/to-file") == 0  ? "file:///etc/hostname"
                                 : strcmp(path, "/to-ftp") == 0 ? "ftp://127.0.0.1/x"
                                                                : "/loop");
    }
    if (strcmp(path, "/body") == 0 || strcmp(path, "/range-ignored") == 0)
        return span_response(0, BODY_SIZE);
    if (strcmp(path, "/range") == 0 || strcmp(path, "/range-early") == 0 ||
        strcmp(path, "/range-short") == 0) {
        *status = 206;
        return range_response(connection, strcmp(path, "/range-early") == 0 ? 7 : 0,
                              strcmp(path, "/range-short") == 0 ? 10 : SIZE_MAX);
    }
    if (strcmp(path, "/broken") == 0)
        return MHD_create_response_from_callback(1000, 256, read_then_break, NULL, NULL);
    if (strcmp(path, "/broken-chunked") == 0)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 256, read_then_break, NULL, NULL);
    if (strcmp(path, "/endless") == 0 || strcmp(path, "/endless-error") == 0) {
        *status = strcmp(path, "/endless") == 0 ? 200 : 500;
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, read_endless, NULL, NULL);
    }
    if (strcmp(path, "/list.m3u8") == 0)
        return playlist_response(connection);
    if (strcmp(path, "/held") == 0)
        return span_response(0, BODY_SIZE);
    if (strcmp(path, "/release") == 0) {
        is_released = true;
        MHD_resume_connection(held);
        return text_response("");
    }
    if (strncmp(path, "/echo", 5) == 0)
        return echo_response(connection);
    if (strcmp(path, "/empty") == 0)
        return text_response("");
    *status = 404;
    return text_response("<html><body>no such page</body></html>");
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)user, (void)method, (void)version, (void)upload, (void)upload_size, (void)state;
    unsigned status;
    if (strcmp(path, "/held") == 0 && !is_released) {
        MHD_suspend_connection(connection);
        held = connection;
        return MHD_YES;
    }
    struct MHD_Response *response = route(connection, path, &status);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- the client's side ---- */

typedef struct seen {
    unsigned responses, ends, events;
    int status, end_status;
    int64_t size;
    char url[256];
    aizu_result result;
    int64_t retry_after;
    char detail[256];
    uint8_t *data;
    size_t data_size;
    bool is_ordered;     /* response, data, end */
    bool cancel_on_data; /* the callback cancels the fetch that brings data */
} seen;

typedef struct fixture {
    struct MHD_Daemon *daemon, *tls_daemon;
    unsigned port, tls_port;
    az_http *http;
    seen fetches[4]; /* by id */
} fixture;

static void on_event(void *user, const az_event *event)
{
    fixture *f = user;
    assert_true(event->fetch < AZ_COUNT(f->fetches));
    seen *s = &f->fetches[event->fetch];
    s->events++;
    assert_int_equal(s->ends, 0);
    if (event->type == AZ_EVENT_FETCH_RESPONSE) {
        s->is_ordered = s->responses++ == 0 && s->data_size == 0;
        s->status = event->http_status;
        s->size = event->size;
        snprintf(s->url, sizeof(s->url), "%s", event->url);
    } else if (event->type == AZ_EVENT_FETCH_DATA) {
        s->is_ordered = s->is_ordered && s->responses == 1;
        s->data = realloc(s->data, s->data_size + event->data.size);
        memcpy(s->data + s->data_size, event->data.data, event->data.size);
        s->data_size += event->data.size;
        if (s->cancel_on_data)
            az_http_cancel(f->http, event->fetch);
    } else {
        s->ends++;
        s->result = event->result;
        s->end_status = event->http_status;
        s->retry_after = event->retry_after;
        snprintf(s->detail, sizeof(s->detail), "%s", event->detail ? event->detail : "");
    }
}

static void open_client(fixture *f, const char *ca_file)
{
    az_http_config config = {
        .event = on_event, .user = f, .now = az_clock_now, .user_agent = "aizu/test", .ca_file = ca_file};
    assert_int_equal(az_http_create(&f->http, &config), AIZU_OK);
}

static unsigned port_of(struct MHD_Daemon *daemon)
{
    assert_non_null(daemon);
    return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    for (size_t i = 0; i < BODY_SIZE; i++)
        body[i] = (uint8_t)(i * 2654435761u >> 13);
    f->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
                                 handle, NULL, MHD_OPTION_END);
    f->port = port_of(f->daemon);
    open_client(f, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    az_http_destroy(&f->http);
    MHD_stop_daemon(f->daemon);
    if (f->tls_daemon)
        MHD_stop_daemon(f->tls_daemon);
    for (size_t i = 0; i < AZ_COUNT(f->fetches); i++)
        free(f->fetches[i].data);
    free(f);
    return 0;
}

static void pump(fixture *f)
{
    az_http_run(f->http);
    az_http_wait(f->http, NULL, 0, 20);
}

static void start(fixture *f, uint64_t id, const char *path, uint64_t offset, uint64_t size)
{
    char url[256];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", f->port, path);
    az_http_fetch(f->http, id, url, offset, size);
}

static const seen *finish(fixture *f, uint64_t id)
{
    int64_t limit = az_clock_now() + PATIENCE;
    while (f->fetches[id].ends == 0 && az_clock_now() < limit)
        pump(f);
    assert_int_equal(f->fetches[id].ends, 1);
    return &f->fetches[id];
}

static const seen *get_range(fixture *f, const char *path, uint64_t offset, uint64_t size)
{
    free(f->fetches[1].data);
    memset(&f->fetches[1], 0, sizeof(f->fetches[1]));
    start(f, 1, path, offset, size);
    return finish(f, 1);
}

static const seen *get(fixture *f, const char *path)
{
    return get_range(f, path, 0, 0);
}

/* ---- tests ---- */

static void a_body_arrives_whole_and_in_order(void **state)
{
    const seen *s = get(*state, "/body");
    assert_int_equal(s->result, AIZU_OK);
    assert_int_equal(s->status, 200);
    assert_int_equal(s->size, BODY_SIZE);
    assert_true(s->is_ordered);
    assert_int_equal(s->data_size, BODY_SIZE);
    assert_memory_equal(s->data, body, BODY_SIZE);
}

static void an_empty_body_has_a_response(void **state)
{
    const seen *s = get(*state, "/empty");
    assert_int_equal(s->result, AIZU_OK);
    assert_int_equal(s->responses, 1);
    assert_int_equal(s->size, 0);
    assert_int_equal(s->data_size, 0);
}

static void statuses_become_results_without_a_body(void **state)
{
    static const struct {
        const char *path;
        int status;
        aizu_result result;
    } cases[] = {
        {"/status/401", 401, AIZU_E_FORBIDDEN}, {"/status/403", 403, AIZU_E_FORBIDDEN},
        {"/status/404", 404, AIZU_E_NOT_FOUND}, {"/status/410", 410, AIZU_E_NOT_FOUND},
        {"/status/429", 429, AIZU_E_THROTTLED}, {"/status/500", 500, AIZU_E_HTTP},
        {"/status/503", 503, AIZU_E_HTTP},      {"/status/416", 416, AIZU_E_HTTP},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        const seen *s = get(*state, cases[i].path);
        assert_int_equal(s->result, cases[i].result);
        assert_int_equal(s->end_status, cases[i].status);
        assert_int_equal(s->responses, 1);
        assert_int_equal(s->data_size, 0);
    }
}

static void retry_after_is_a_delay_in_both_forms(void **state)
{
    assert_int_equal(get(*state, "/status/503?after=120")->retry_after, 120 * AIZU_SECOND);
    assert_int_equal(get(*state, "/status/429?after=99999999")->retry_after, AZ_HTTP_RETRY_AFTER_NS_MAX);
    assert_int_equal(get(*state, "/status/429?after=-5")->retry_after, 0);
    assert_int_equal(get(*state, "/status/429?after=soon")->retry_after, 0);
    char path[128];
    time_t then = time(NULL) + 60;
    struct tm parts;
    strftime(path, sizeof(path), "/status/503?after=%a,%%20%d%%20%b%%20%Y%%20%H:%M:%S%%20GMT",
             gmtime_r(&then, &parts));
    int64_t delay = get(*state, path)->retry_after;
    assert_in_range(delay, 55 * AIZU_SECOND, 60 * AIZU_SECOND);
}

static void an_endless_error_page_is_cut(void **state)
{
    const seen *s = get(*state, "/endless-error");
    assert_int_equal(s->result, AIZU_E_HTTP);
    assert_int_equal(s->end_status, 500);
    assert_int_equal(s->data_size, 0);
}

static void redirects_are_followed_and_the_final_address_told(void **state)
{
    const seen *s = get(*state, "/redirect/10");
    assert_int_equal(s->result, AIZU_OK);
    assert_int_equal(s->responses, 1);
    assert_non_null(strstr(s->url, "/body"));
    assert_int_equal(s->data_size, BODY_SIZE);
}

static void too_many_redirects_end(void **state)
{
    assert_int_equal(get(*state, "/redirect/11")->result, AIZU_E_REDIRECT);
    assert_int_equal(get(*state, "/loop")->result, AIZU_E_REDIRECT);
}

static void a_redirect_to_another_scheme_is_refused(void **state)
{
    const seen *s = get(*state, "/to-file");
    assert_int_equal(s->result, AIZU_E_REDIRECT);
    assert_int_equal(s->data_size, 0);
    assert_int_equal(get(*state, "/to-ftp")->result, AIZU_E_REDIRECT);
}

static void other_schemes_are_refused(void **state)
{
    fixture *f = *state;
    az_http_fetch(f->http, 1, "file:///etc/hostname", 0, 0);
    const seen *s = finish(f, 1);
    assert_int_equal(s->result, AIZU_E_SCHEME);
    assert_int_equal(s->data_size, 0);
}

static void a_range_brings_exactly_its_bytes(void **state)
{
    static const char *const paths[] = {"/range", "/range-ignored", "/range-early"};
    for (size_t i = 0; i < AZ_COUNT(paths); i++) {
        const seen *s = get_range(*state, paths[i], 1000, 70000);
        assert_int_equal(s->result, AIZU_OK);
        assert_int_equal(s->data_size, 70000);
        assert_memory_equal(s->data, body + 1000, 70000);
        assert_int_equal(s->size, 70000);
    }
}

static void a_range_without_end_goes_to_the_end(void **state)
{
    static const char *const paths[] = {"/range", "/range-ignored"};
    static const uint64_t sizes[] = {0, AZ_RANGE_OPEN};
    for (size_t i = 0; i < AZ_COUNT(paths) * AZ_COUNT(sizes); i++) {
        const seen *s = get_range(*state, paths[i / 2], 150000, sizes[i % 2]);
        assert_int_equal(s->result, AIZU_OK);
        assert_int_equal(s->data_size, BODY_SIZE - 150000);
        assert_memory_equal(s->data, body + 150000, s->data_size);
    }
}

static void assert_asked(fixture *f, uint64_t offset, uint64_t size, const char *wanted)
{
    const seen *s = get_range(f, "/echo", offset, size);
    assert_true(s->data_size > 0);
    char text[512] = "";
    memcpy(text, s->data, AZ_MIN(s->data_size, sizeof(text) - 1));
    assert_non_null(strstr(text, wanted));
}

static void the_whole_is_asked_for_without_a_range(void **state)
{
    assert_asked(*state, 0, 0, "Range=;");
    assert_asked(*state, 0, AZ_RANGE_OPEN, "Range=;");
    assert_asked(*state, 0, 1000, "Range=bytes=0-999;");
    assert_asked(*state, 5, AZ_RANGE_OPEN, "Range=bytes=5-;");
}

/* Blocking reloads and preload hints. */
static void an_answer_that_is_held_back_holds_up_no_other(void **state)
{
    fixture *f = *state;
    is_released = false;
    start(f, 2, "/held", 0, AZ_RANGE_OPEN);
    int64_t limit = az_clock_now() + PATIENCE;
    while (!held && az_clock_now() < limit)
        pump(f);
    assert_non_null(held);
    for (int i = 0; i < 5; i++)
        assert_int_equal(get(f, "/body")->data_size, BODY_SIZE);
    assert_int_equal(f->fetches[2].events, 0);
    get(f, "/release");
    const seen *s = finish(f, 2);
    assert_int_equal(s->result, AIZU_OK);
    assert_int_equal(s->data_size, BODY_SIZE);
}

static void a_range_past_the_end_is_a_transfer_error(void **state)
{
    assert_int_equal(get_range(*state, "/range-ignored", BODY_SIZE - 10, 20)->result, AIZU_E_TRANSFER);
    assert_int_equal(get_range(*state, "/range-ignored", BODY_SIZE + 10, 20)->result, AIZU_E_TRANSFER);
    assert_int_equal(get_range(*state, "/range-short", 1000, 20)->result, AIZU_E_TRANSFER);
}

static void a_body_shorter_than_announced_is_a_transfer_error(void **state)
{
    const seen *s = get(*state, "/broken");
    assert_int_equal(s->result, AIZU_E_TRANSFER);
    assert_int_equal(s->size, 1000);
    assert_int_equal(s->data_size, 500);
    assert_true(s->detail[0] != '\0');
    s = get(*state, "/broken-chunked");
    assert_int_equal(s->result, AIZU_E_TRANSFER);
    assert_int_equal(s->data_size, 500);
}

static void playlists_travel_compressed_and_arrive_plain(void **state)
{
    const seen *s = get(*state, "/list.m3u8?token=a.ts");
    assert_int_equal(s->result, AIZU_OK);
    assert_int_equal(s->data_size, strlen(playlist_text));
    assert_memory_equal(s->data, playlist_text, s->data_size);
    assert_int_equal(s->size, -1);
}

static void assert_echo(fixture *f, const char *path, const char *part, bool is_there)
{
    const seen *s = get(f, path);
    char text[1024] = "";
    memcpy(text, s->data, AZ_MIN(s->data_size, sizeof(text) - 1));
    assert_int_equal(strstr(text, part) != NULL, is_there);
}

static void media_is_not_asked_for_compressed(void **state)
{
    assert_echo(*state, "/echo.ts", "Accept-Encoding=;", true);
    assert_echo(*state, "/echo.m3u8", "gzip", true);
}

static void headers_are_sent_replaced_and_removed(void **state)
{
    fixture *f = *state;
    assert_echo(f, "/echo", "User-Agent=aizu/test;", true);
    assert_int_equal(az_http_set_header(f->http, "X-Test: one"), AIZU_OK);
    assert_int_equal(az_http_set_header(f->http, "Origin: https://example.com"), AIZU_OK);
    assert_echo(f, "/echo", "X-Test=one;Origin=https://example.com;", true);
    assert_int_equal(az_http_set_header(f->http, "x-test: two"), AIZU_OK);
    assert_echo(f, "/echo", "X-Test=two;", true);
    assert_int_equal(az_http_set_header(f->http, "X-TEST:"), AIZU_OK);
    assert_echo(f, "/echo", "X-Test=;Origin=https://example.com;", true);
    assert_int_equal(az_http_set_header(f->http, "X-Unknown: "), AIZU_OK);
}

static void bad_headers_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const lines[] = {
        "",        "no colon",         ": no name",           "a b: space in the name", "X: a\r\nY: b",
        "X: \x01", "Range: bytes=0-1", "accept-encoding: br", "Content-Length: 5"};
    for (size_t i = 0; i < AZ_COUNT(lines); i++)
        assert_int_equal(az_http_set_header(f->http, lines[i]), AIZU_E_ARGUMENT);
    char line[AIZU_HEADER_SIZE_MAX + 2];
    memset(line, 'a', sizeof(line));
    memcpy(line, "X: ", 3);
    line[AIZU_HEADER_SIZE_MAX + 1] = '\0';
    assert_int_equal(az_http_set_header(f->http, line), AIZU_E_ARGUMENT);
    line[AIZU_HEADER_SIZE_MAX] = '\0';
    assert_int_equal(az_http_set_header(f->http, line), AIZU_OK);
    for (int i = 1; i < AIZU_HEADERS_MAX; i++) {
        snprintf(line, sizeof(line), "X-%d: y", i);
        assert_int_equal(az_http_set_header(f->http, line), AIZU_OK);
    }
    assert_int_equal(az_http_set_header(f->http, "One-More: y"), AIZU_E_LIMIT);
    assert_int_equal(az_http_set_header(f->http, "X-5: z"), AIZU_OK);
}

static void a_cancelled_fetch_is_silent(void **state)
{
    fixture *f = *state;
    start(f, 1, "/body", 0, 0);
    start(f, 2, "/body", 0, 0);
    az_http_cancel(f->http, 1);
    az_http_cancel(f->http, 77);
    assert_int_equal(finish(f, 2)->result, AIZU_OK);
    assert_int_equal(f->fetches[1].events, 0);
    assert_int_equal(az_http_count(f->http), 0);
}

static void a_fetch_may_be_cancelled_from_its_own_callback(void **state)
{
    fixture *f = *state;
    f->fetches[1].cancel_on_data = true;
    start(f, 1, "/endless", 0, 0);
    int64_t limit = az_clock_now() + PATIENCE;
    while (az_http_count(f->http) > 0 && az_clock_now() < limit)
        pump(f);
    assert_int_equal(az_http_count(f->http), 0);
    assert_true(f->fetches[1].data_size > 0);
    assert_int_equal(f->fetches[1].events, 2);
    assert_int_equal(get_range(f, "/body", 0, 0)->result, AIZU_OK);
}

static void a_paused_fetch_rests_until_it_is_resumed(void **state)
{
    fixture *f = *state;
    seen *s = &f->fetches[1];
    start(f, 1, "/endless", 0, 0);
    while (s->data_size == 0)
        pump(f);
    az_http_pause(f->http, 1);
    size_t size = s->data_size;
    for (int i = 0; i < 5; i++)
        pump(f);
    assert_int_equal(s->data_size, size);
    az_http_resume(f->http, 1);
    int64_t limit = az_clock_now() + PATIENCE;
    while (s->data_size < size + 1000000 && az_clock_now() < limit)
        pump(f);
    assert_true(s->data_size >= size + 1000000);
    az_http_cancel(f->http, 1);
}

static void no_server_no_name_and_no_tls_are_told_apart(void **state)
{
    fixture *f = *state;
    char url[128];
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/body", f->port);
    az_http_fetch(f->http, 1, url, 0, 0);
    assert_int_equal(finish(f, 1)->result, AIZU_E_TLS);
    az_http_fetch(f->http, 2, "http://127.0.0.1:1/", 0, 0);
    assert_int_equal(finish(f, 2)->result, AIZU_E_CONNECT);
    az_http_fetch(f->http, 3, "http://no-such-host.invalid/", 0, 0);
    const seen *s = finish(f, 3);
    assert_int_equal(s->result, AIZU_E_RESOLVE);
    assert_int_equal(s->responses + (unsigned)s->end_status, 0);
}

static void certificates_are_verified(void **state)
{
    fixture *f = *state;
    f->tls_daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, handle,
                                     NULL, MHD_OPTION_HTTPS_MEM_KEY, tls_key, MHD_OPTION_HTTPS_MEM_CERT,
                                     tls_certificate, MHD_OPTION_END);
    if (!f->tls_daemon)
        skip(); /* a libmicrohttpd without TLS */
    char url[128], ca_file[] = "/tmp/aizu-http-test-XXXXXX";
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/body", port_of(f->tls_daemon));
    az_http_fetch(f->http, 1, url, 0, 0);
    assert_int_equal(finish(f, 1)->result, AIZU_E_TLS);

    int fd = mkstemp(ca_file);
    assert_int_equal(write(fd, tls_certificate, strlen(tls_certificate)), strlen(tls_certificate));
    close(fd);
    az_http_destroy(&f->http);
    open_client(f, ca_file);
    az_http_fetch(f->http, 2, url, 0, 0);
    const seen *s = finish(f, 2);
    unlink(ca_file);
    assert_int_equal(s->result, AIZU_OK);
    assert_int_equal(s->data_size, BODY_SIZE);
}

static void destroy_breaks_off_what_runs(void **state)
{
    fixture *f = *state;
    start(f, 1, "/endless", 0, 0);
    start(f, 2, "/body", 0, 0);
    pump(f);
    az_http_destroy(&f->http);
    assert_null(f->http);
    assert_int_equal(f->fetches[1].ends, 0);
}

static void content_ranges_are_read(void **state)
{
    (void)state;
    uint64_t begin = 0;
    assert_true(az_http_content_range("bytes 5-9/100", &begin));
    assert_int_equal(begin, 5);
    assert_true(az_http_content_range("Bytes  0-9/*", &begin));
    assert_int_equal(begin, 0);
    static const char *const bad[] = {"",
                                      "bytes",
                                      "bytes -",
                                      "bytes */100",
                                      "items 5-9/100",
                                      "bytes 5",
                                      "bytes 99999999999999999999999-5/7"};
    for (size_t i = 0; i < AZ_COUNT(bad); i++)
        assert_false(az_http_content_range(bad[i], &begin));
}

int main(void)
{
    unsetenv("http_proxy"); /* the server is in this process */
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_body_arrives_whole_and_in_order),
        TEST(an_empty_body_has_a_response),
        TEST(statuses_become_results_without_a_body),
        TEST(retry_after_is_a_delay_in_both_forms),
        TEST(an_endless_error_page_is_cut),
        TEST(redirects_are_followed_and_the_final_address_told),
        TEST(too_many_redirects_end),
        TEST(a_redirect_to_another_scheme_is_refused),
        TEST(other_schemes_are_refused),
        TEST(a_range_brings_exactly_its_bytes),
        TEST(a_range_without_end_goes_to_the_end),
        TEST(the_whole_is_asked_for_without_a_range),
        TEST(an_answer_that_is_held_back_holds_up_no_other),
        TEST(a_range_past_the_end_is_a_transfer_error),
        TEST(a_body_shorter_than_announced_is_a_transfer_error),
        TEST(playlists_travel_compressed_and_arrive_plain),
        TEST(media_is_not_asked_for_compressed),
        TEST(headers_are_sent_replaced_and_removed),
        TEST(bad_headers_are_refused),
        TEST(a_cancelled_fetch_is_silent),
        TEST(a_fetch_may_be_cancelled_from_its_own_callback),
        TEST(a_paused_fetch_rests_until_it_is_resumed),
        TEST(no_server_no_name_and_no_tls_are_told_apart),
        TEST(certificates_are_verified),
        TEST(destroy_breaks_off_what_runs),
        TEST(content_ranges_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
