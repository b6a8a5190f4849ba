/*
 * Playing over TLS, as an application meets it: a certificate that nobody vouches for is an error that says
 * so; with aizu_config.ca_file the same server plays; a server that speaks no TLS is no way around it.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <microhttpd.h>
#include <unistd.h>

#include <aizu/aizu.h>

#include "http_test_tls.h"
#include "media.h"

#define PATIENCE (30 * AIZU_SECOND)

static struct MHD_Daemon *server;

typedef struct viewer {
    aizu_player *player;
    int cues;
    aizu_result error;
    bool is_fatal, has_status;
} viewer;

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)user, (void)method, (void)version, (void)upload, (void)upload_size, (void)state;
    ts_bytes body = {0};
    if (strcmp(path, "/list.m3u8") == 0)
        media_recording(&body);
    else
        media_segment(&body, atoi(path + 1));
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.size, body.data, MHD_RESPMEM_MUST_COPY);
    ts_bytes_free(&body);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static void on_cue(void *user, const aizu_cue *cue)
{
    viewer *v = user;
    (void)cue;
    v->cues++;
}

static void on_event(void *user, const aizu_event *event)
{
    viewer *v = user;
    if (event->type != AIZU_EVENT_ERROR)
        return;
    v->error = event->error->result;
    v->is_fatal = event->error->is_fatal != 0;
    v->has_status = event->error->http_status != 0;
}

/* Plays to the end or to failure. */
static viewer watch(const char *scheme, const char *host, const char *ca_file)
{
    viewer v = {0};
    aizu_config config;
    aizu_config_init(&config);
    config.video = AIZU_VIDEO_NO_DECODE;
    config.audio = AIZU_AUDIO_SILENT;
    config.ca_file = ca_file;
    assert_int_equal(aizu_player_create(&v.player, &config), AIZU_OK);
    aizu_player_on_cue(v.player, on_cue, &v);
    aizu_player_on_event(v.player, on_event, &v);
    char url[64];
    snprintf(url, sizeof(url), "%s://%s:%u/list.m3u8", scheme, host,
             (unsigned)MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
    aizu_player_load(v.player, url);
    aizu_player_play(v.player);
    int64_t limit = aizu_now() + PATIENCE;
    aizu_result result = AIZU_OK;
    while (result != AIZU_END && aizu_now() < limit)
        result = aizu_player_dispatch(v.player, AIZU_SECOND);
    assert_int_equal(result, AIZU_END);
    aizu_player_destroy(&v.player);
    return v;
}

static void an_unknown_certificate_is_an_error(void **state)
{
    (void)state;
    viewer v = watch("https", "127.0.0.1", NULL);
    assert_int_equal(v.error, AIZU_E_TLS);
    assert_true(v.is_fatal && !v.has_status);
    assert_int_equal(v.cues, 0);
}

static void a_certificate_that_is_vouched_for_plays(void **state)
{
    viewer v = watch("https", "127.0.0.1", *state);
    assert_int_equal(v.error, AIZU_OK);
    assert_int_equal(v.cues, MEDIA_CUES_ALL);
}

static void a_certificate_for_another_name_is_an_error(void **state)
{
    viewer v = watch("https", "127.0.0.2", *state);
    assert_int_equal(v.error, AIZU_E_TLS);
    assert_true(v.is_fatal);
    assert_int_equal(v.cues, 0);
}

static void a_server_that_wants_tls_does_not_play_without(void **state)
{
    viewer v = watch("http", "127.0.0.1", *state);
    assert_true(v.is_fatal);
    assert_int_equal(aizu_result_class(v.error), AIZU_CLASS_NETWORK);
}

int main(void)
{
    static char ca_file[] = "/tmp/aizu-tls-test-XXXXXX";
    unsetenv("https_proxy"); /* the server is in this process */
    unsetenv("HTTPS_PROXY");
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, handle, NULL,
                              MHD_OPTION_HTTPS_MEM_KEY, tls_key, MHD_OPTION_HTTPS_MEM_CERT, tls_certificate,
                              MHD_OPTION_END);
    if (!server) {
        printf("skipped: libmicrohttpd has no TLS\n");
        return 77;
    }
    int fd = mkstemp(ca_file);
    size_t size = strlen(tls_certificate);
    bool is_written = fd >= 0 && write(fd, tls_certificate, size) == (ssize_t)size;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_certificate_is_an_error),
        cmocka_unit_test_prestate(a_certificate_that_is_vouched_for_plays, ca_file),
        cmocka_unit_test_prestate(a_certificate_for_another_name_is_an_error, ca_file),
        cmocka_unit_test_prestate(a_server_that_wants_tls_does_not_play_without, ca_file),
    };
    int failed = is_written ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    MHD_stop_daemon(server);
    unlink(ca_file);
    close(fd);
    return failed;
}
