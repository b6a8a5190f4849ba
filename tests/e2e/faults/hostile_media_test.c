/*
 * Hostile media through the whole player, decoders included: the corpus' and the fuzz targets' files, as they
 * are, cut and damaged, shuffled into recordings with discontinuities, with a seek now and then. Arguments:
 * folders with files. Nothing may crash, hang or stop for good; sanitizers watch.
 */
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <microhttpd.h>
#include <poll.h>

#include <aizu/aizu.h>

#include "ts_writer.h"

#define FILES_MAX       1000
#define FILE_SIZE_MAX   (1 << 20)
#define PLAYERS         6
#define SEGMENTS        40
#define SEEK_EVERY      (900 * AIZU_MILLISECOND)
#define DURATION        (20 * AIZU_SECOND)
#define DAMAGE_PER_FILE 8

static char *files[FILES_MAX];
static int file_count;
static struct MHD_Daemon *server;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int note_file(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)walk;
    if (kind == FTW_F && info->st_size > 0 && file_count < FILES_MAX)
        files[file_count++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- the server ---- */

static void put_list(ts_bytes *out)
{
    char line[64];
    int size = snprintf(line, sizeof(line), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
    ts_bytes_append(out, line, (size_t)size);
    for (int i = 0; i < SEGMENTS; i++) {
        size =
            snprintf(line, sizeof(line), "%s#EXTINF:2,\n%d.ts\n", i % 3 ? "" : "#EXT-X-DISCONTINUITY\n", i);
        ts_bytes_append(out, line, (size_t)size);
    }
    ts_bytes_append(out, "#EXT-X-ENDLIST\n", 15);
}

/* A file by chance; one of three as it is, one cut, one with wrong bytes. */
static void put_segment(ts_bytes *out, uint32_t seed)
{
    uint32_t random = seed;
    next_random(&random);
    const char *path = files[next_random(&random) % (uint32_t)file_count];
    uint8_t *data = malloc(FILE_SIZE_MAX);
    FILE *file = fopen(path, "rb");
    size_t size = file && data ? fread(data, 1, FILE_SIZE_MAX, file) : 0;
    if (file)
        fclose(file);
    uint32_t kind = next_random(&random) % 3;
    if (kind == 1 && size > 0)
        size = next_random(&random) % size;
    for (int i = 0; kind == 2 && size > 0 && i < DAMAGE_PER_FILE; i++)
        data[next_random(&random) % size] = (uint8_t)next_random(&random);
    ts_bytes_append(out, data, size);
    free(data);
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)user, (void)method, (void)version, (void)upload, (void)upload_size, (void)state;
    ts_bytes body = {0};
    const char *name = strrchr(path, '/');
    if (strcmp(name, "/list.m3u8") == 0)
        put_list(&body);
    else
        put_segment(&body, (uint32_t)(atoi(path + 1) * 1000 + atoi(name + 1)));
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.size, body.data, MHD_RESPMEM_MUST_COPY);
    ts_bytes_free(&body);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- the players ---- */

typedef struct viewer {
    aizu_player *player;
    int frames, errors, cues;
    bool is_over;
} viewer;

static void on_event(void *user, const aizu_event *event)
{
    viewer *v = user;
    v->frames += event->type == AIZU_EVENT_FRAME;
    v->errors += event->type == AIZU_EVENT_ERROR;
}

static void on_cue(void *user, const aizu_cue *cue)
{
    viewer *v = user;
    assert_int_equal(cue->data[cue->size], 0);
    v->cues++;
}

static void begin_viewing(viewer *v, int number)
{
    aizu_config config;
    aizu_config_init(&config);
    config.video = AIZU_VIDEO_HEADLESS;
    config.audio = AIZU_AUDIO_SILENT;
    config.housekeeping_cues = 1;
    config.early_cues = number & 1;
    assert_int_equal(aizu_player_create(&v->player, &config), AIZU_OK);
    aizu_player_on_event(v->player, on_event, v);
    aizu_player_on_frame(v->player, on_event, v);
    aizu_player_on_cue(v->player, on_cue, v);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/%d/list.m3u8",
             (unsigned)MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port, number);
    aizu_player_load(v->player, url);
    aizu_player_play(v->player);
}

static void hostile_media_does_no_harm(void **state)
{
    (void)state;
    viewer viewers[PLAYERS] = {{0}};
    uint32_t random = 5;
    if (file_count == 0)
        skip();
    for (int i = 0; i < PLAYERS; i++)
        begin_viewing(&viewers[i], i);
    int64_t begin = aizu_now(), seek_due = begin + SEEK_EVERY;
    for (int64_t now = begin; now < begin + DURATION; now = aizu_now()) {
        bool is_seek = now >= seek_due;
        if (is_seek)
            seek_due = now + SEEK_EVERY;
        for (int i = 0; i < PLAYERS; i++) {
            aizu_player_dispatch(viewers[i].player, 0);
            int64_t duration = aizu_player_duration(viewers[i].player);
            if (is_seek && duration > 0)
                aizu_player_seek(viewers[i].player, next_random(&random) % (duration / 1000000) * 1000000);
        }
        poll(NULL, 0, 2);
    }
    int frames = 0, errors = 0, cues = 0;
    for (int i = 0; i < PLAYERS; i++) {
        assert_int_not_equal(aizu_player_state(viewers[i].player), AIZU_STATE_IDLE); /* nothing was fatal */
        int64_t destroy_begin = aizu_now();
        aizu_player_destroy(&viewers[i].player);
        assert_true(aizu_now() - destroy_begin < AIZU_SECOND);
        frames += viewers[i].frames;
        errors += viewers[i].errors;
        cues += viewers[i].cues;
    }
    print_message("%d files, %d frames, %d cues, %d errors told\n", file_count, frames, cues, errors);
    assert_true(frames > 100); /* the undamaged ones among them are shown */
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        nftw(argv[i], note_file, 8, FTW_PHYS);
    qsort(files, (size_t)file_count, sizeof(files[0]), by_name);
    unsetenv("http_proxy"); /* the server is in this process */
    unsetenv("all_proxy");
    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, NULL, MHD_OPTION_END);
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_media_does_no_harm)};
    int failed = server ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    MHD_stop_daemon(server);
    for (int i = 0; i < file_count; i++)
        free(files[i]);
    return failed;
}
