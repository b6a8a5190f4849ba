/*
 * The public API against a server in this process that serves small recordings made on the spot (no decodable
 * pictures: playback is without decoding, in real time). What an application may rely on: arguments, states,
 * ends, callbacks that destroy, several players, headers, nothing left over.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>

#include <aizu/aizu.h>

#include "ts_writer.h"

#define PATIENCE     (20 * AIZU_SECOND)
#define SEGMENTS     2
#define FRAMES       20 /* a segment of one second */
#define CUES         4  /* a segment */
#define PID_VIDEO    256
#define PID_ID3      258
#define MEDIA_BEGIN  INT64_C(900000)
#define CUES_ALL     (SEGMENTS * CUES)
#define HEADERS_SIZE 256

static ts_bytes segments[SEGMENTS];
static struct MHD_Daemon *server;
static char base[64];
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static char seen_header[HEADERS_SIZE]; /* X-Test of the last request */

/* ---- the server ---- */

static void put_frame(ts_writer *w, ts_bytes *unit, int number, bool is_key)
{
    ts_h264 format = {.width = 64, .height = 64};
    int64_t pts = MEDIA_BEGIN + number * (90000 / FRAMES);
    ts_bytes_clear(unit);
    ts_es_h264(unit, &format, is_key, (uint32_t)number, 200);
    ts_pes pes = ts_pes_make(PID_VIDEO, pts);
    pes.is_random_access = is_key;
    pes.pcr = is_key ? pts : TS_NO_TIME;
    ts_writer_pes(w, &pes, unit->data, unit->size);
}

static void put_cue(ts_writer *w, ts_bytes *unit, int number)
{
    char text[16];
    int size = snprintf(text, sizeof(text), "cue %d", number);
    ts_bytes_clear(unit);
    ts_es_id3_priv(unit, "aizu.test", text, (size_t)size);
    ts_pes pes = ts_pes_make(PID_ID3, MEDIA_BEGIN + number * (90000 / CUES));
    ts_writer_pes(w, &pes, unit->data, unit->size);
}

static void make_segment(int index)
{
    ts_writer writer;
    ts_bytes unit = {0};
    ts_writer_init(&writer, &segments[index]);
    ts_writer_add(&writer, PID_VIDEO, 0x1b, NULL);
    ts_writer_add(&writer, PID_ID3, 0x15, NULL);
    ts_writer_tables(&writer);
    for (int i = 0; i < FRAMES; i++) {
        if (i % (FRAMES / CUES) == 0)
            put_cue(&writer, &unit, index * CUES + i / (FRAMES / CUES));
        put_frame(&writer, &unit, index * FRAMES + i, i == 0);
    }
    ts_writer_deinit(&writer);
    ts_bytes_free(&unit);
}

/* Two languages of subtitles beside the recording, session data, and a key that only the application has. */
static const struct text_file {
    const char *path, *text;
} texts[] = {
    {"/master.m3u8",
     "#EXTM3U\n"
     "#EXT-X-SESSION-DATA:DATA-ID=\"aizu.title\",LANGUAGE=\"en\",VALUE=\"A title\"\n"
     "#EXT-X-SESSION-DATA:DATA-ID=\"aizu.title\",LANGUAGE=\"ja\",VALUE=\"題名\"\n"
     "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"English\",LANGUAGE=\"en\",AUTOSELECT=YES,"
     "CHARACTERISTICS=\"public.easy-to-read\",URI=\"en.m3u8\"\n"
     "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"日本語\",LANGUAGE=\"ja\",AUTOSELECT=YES,"
     "URI=\"ja.m3u8\"\n"
     "#EXT-X-STREAM-INF:BANDWIDTH=100000,SUBTITLES=\"s\"\nlist.m3u8\n"},
    {"/en.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nen.vtt\n#EXT-X-ENDLIST\n"},
    {"/ja.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nja.vtt\n#EXT-X-ENDLIST\n"},
    {"/en.vtt", "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:0,MPEGTS:900000\n\n00:00.500 --> 00:01.000 line:0\nyes\n"},
    {"/ja.vtt", "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:0,MPEGTS:900000\n\n00:00.500 --> 00:01.000 line:0\nはい\n"},
    {"/sealed.m3u8",
     "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"secret.key?token=1\"\n"
     "#EXTINF:1,\n0.ts\n#EXT-X-ENDLIST\n"},
};

static struct MHD_Response *route(const char *path, unsigned *status)
{
    static const char list[] =
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXTINF:1.0,\n0.ts\n#EXTINF:1.0,\n1.ts\n#EXT-X-ENDLIST\n";
    static const char page[] = "<html><body>not a playlist</body></html>";
    *status = 200;
    if (strcmp(path, "/list.m3u8") == 0)
        return MHD_create_response_from_buffer(sizeof(list) - 1, (void *)(uintptr_t)list,
                                               MHD_RESPMEM_PERSISTENT);
    for (int i = 0; i < SEGMENTS; i++)
        if (path[1] == '0' + i && strcmp(path + 2, ".ts") == 0)
            return MHD_create_response_from_buffer(segments[i].size, segments[i].data,
                                                   MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(path, texts[i].path) == 0)
            return MHD_create_response_from_buffer(strlen(texts[i].text), (void *)(uintptr_t)texts[i].text,
                                                   MHD_RESPMEM_PERSISTENT);
    if (strcmp(path, "/page.m3u8") != 0)
        *status = strcmp(path, "/forbidden.m3u8") == 0 ? 403 : 404;
    return MHD_create_response_from_buffer(sizeof(page) - 1, (void *)(uintptr_t)page, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)user, (void)method, (void)version, (void)upload, (void)upload_size, (void)state;
    const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Test");
    pthread_mutex_lock(&seen_lock);
    snprintf(seen_header, sizeof(seen_header), "%s", header ? header : "");
    pthread_mutex_unlock(&seen_lock);
    unsigned status;
    struct MHD_Response *response = route(path, &status);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static int start_server(void **state)
{
    (void)state;
    for (int i = 0; i < SEGMENTS; i++)
        make_segment(i);
    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, NULL, MHD_OPTION_END);
    if (!server)
        return -1;
    snprintf(base, sizeof(base), "http://127.0.0.1:%u",
             (unsigned)MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    MHD_stop_daemon(server);
    for (int i = 0; i < SEGMENTS; i++)
        ts_bytes_free(&segments[i]);
    return 0;
}

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

static aizu_config settings(aizu_video_output video)
{
    aizu_config config;
    aizu_config_init(&config);
    config.video = video;
    config.audio = AIZU_AUDIO_SILENT;
    return config;
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
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
    open_with(v, &config);
}

static aizu_result load(viewer *v, const char *path)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", base, path);
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
    aizu_config good = settings(AIZU_VIDEO_NO_DECODE), bad;
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

    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
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
        aizu_config config = settings(kinds[i % 3]);
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
        int64_t expected = i * (AIZU_SECOND / CUES);
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
    assert_int_equal(stats.requests, 1 + SEGMENTS);

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
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
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
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
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
    pthread_mutex_lock(&seen_lock);
    memcpy(header, seen_header, sizeof(header));
    pthread_mutex_unlock(&seen_lock);
    assert_string_equal(header, "for a");
    load(&b, "/missing.m3u8");
    watch(&b);
    pthread_mutex_lock(&seen_lock);
    memcpy(header, seen_header, sizeof(header));
    pthread_mutex_unlock(&seen_lock);
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

/* ---- renditions, rates, keys, thumbnails ---- */

static void calls_for_tracks_refuse_what_they_cannot_take(void **state)
{
    (void)state;
    viewer v;
    char text[16];
    aizu_rendition rendition = {.size_struct = sizeof(rendition)}, no_size = {0};
    const aizu_rendition_kind no_kind = (aizu_rendition_kind)7;
    open_viewer(&v);
    assert_int_equal(aizu_player_set_rate(NULL, 1.0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rate(v.player, 0.2), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rate(v.player, 2.1), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rate(v.player, NAN), AIZU_E_ARGUMENT);
    assert_true(fabs(aizu_player_rate(NULL) - 1.0) < 1e-9);
    assert_int_equal(aizu_player_seek_fast(NULL, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_seek_fast(v.player, 0), AIZU_E_STATE);
    assert_int_equal(aizu_player_request_thumbnail(NULL, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_request_thumbnail(v.player, -1), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_request_thumbnail(v.player, 0), AIZU_E_STATE);
    assert_int_equal(aizu_player_set_rendition(NULL, AIZU_RENDITION_TEXT, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rendition(v.player, no_kind, AIZU_RENDITION_AUTO), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rendition(v.player, AIZU_RENDITION_TEXT, AIZU_RENDITION_OFF),
                     AIZU_E_STATE);
    assert_int_equal(aizu_player_rendition_count(NULL, AIZU_RENDITION_TEXT), 0);
    assert_int_equal(aizu_player_rendition_count(v.player, no_kind), 0);
    assert_int_equal(aizu_player_rendition_count(v.player, AIZU_RENDITION_AUDIO), 0);
    assert_int_equal(aizu_player_rendition(NULL, AIZU_RENDITION_TEXT), AIZU_RENDITION_OFF);
    assert_int_equal(aizu_player_rendition(v.player, AIZU_RENDITION_TEXT), AIZU_RENDITION_OFF);
    assert_int_equal(aizu_player_get_rendition(v.player, AIZU_RENDITION_TEXT, 0, &rendition),
                     AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_get_rendition(v.player, AIZU_RENDITION_TEXT, 0, &no_size), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_get_rendition(v.player, AIZU_RENDITION_TEXT, 0, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_session_data(v.player, NULL, NULL, text, sizeof(text)), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_session_data(v.player, "x", NULL, text, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_session_data(v.player, "x", NULL, text, sizeof(text)), AIZU_AGAIN);
    assert_int_equal(aizu_player_provide_key(NULL, 1, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_provide_key(v.player, 1, NULL), AIZU_OK); /* nobody waits for it */
    aizu_player_destroy(&v.player);
}

/* What a viewer with subtitles hears. */
typedef struct reader {
    aizu_player *player;
    int starts, ends, renditions, thumbnails, keys;
    bool has_picture;
    int text; /* the rendition that was told last */
    char said[32];
    char key_url[128];
    aizu_result error;
    bool gives_key;
} reader;

static void on_text(void *user, const aizu_cue *cue)
{
    reader *r = user;
    if (cue->kind != AIZU_CUE_TEXT)
        return;
    r->starts += cue->phase == AIZU_CUE_START;
    r->ends += cue->phase == AIZU_CUE_END;
    assert_string_equal(cue->name, "line:0");
    assert_true(llabs(cue->pts - AIZU_SECOND / 2) < AIZU_MILLISECOND);
    snprintf(r->said, sizeof(r->said), "%s", (const char *)cue->data);
}

static void on_track_event(void *user, const aizu_event *event)
{
    reader *r = user;
    static const uint8_t key[16] = {1};
    if (event->type == AIZU_EVENT_RENDITIONS)
        r->renditions++;
    if (event->type == AIZU_EVENT_RENDITION && event->rendition_kind == AIZU_RENDITION_TEXT)
        r->text = event->rendition;
    if (event->type == AIZU_EVENT_THUMBNAIL) {
        r->thumbnails++;
        r->has_picture = event->thumbnail != NULL;
    }
    if (event->type == AIZU_EVENT_ERROR && r->error == AIZU_OK)
        r->error = event->error->result;
    if (event->type == AIZU_EVENT_KEY) {
        r->keys++;
        assert_true(event->key_id != 0);
        snprintf(r->key_url, sizeof(r->key_url), "%s", event->key_url);
        aizu_player_provide_key(r->player, event->key_id, r->gives_key ? key : NULL);
    }
}

static void open_reader(reader *r, const aizu_config *config, const char *path)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", base, path);
    r->text = AIZU_RENDITION_OFF;
    assert_int_equal(aizu_player_create(&r->player, config), AIZU_OK);
    aizu_player_on_cue(r->player, on_text, r);
    aizu_player_on_event(r->player, on_track_event, r);
    assert_int_equal(aizu_player_load(r->player, url), AIZU_OK);
}

static void read_to_end(reader *r)
{
    int64_t limit = aizu_now() + PATIENCE;
    while (aizu_now() < limit && aizu_player_dispatch(r->player, AIZU_SECOND) != AIZU_END)
        ;
    assert_true(aizu_now() < limit);
}

static void subtitles_are_listed_chosen_by_language_and_delivered(void **state)
{
    (void)state;
    reader r = {0};
    char text[32];
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
    config.text_languages = "de,ja";
    open_reader(&r, &config, "/master.m3u8");
    while (r.renditions == 0)
        aizu_player_dispatch(r.player, PATIENCE);
    assert_int_equal(aizu_player_rendition_count(r.player, AIZU_RENDITION_TEXT), 2);
    aizu_rendition found = {.size_struct = sizeof(found)};
    assert_int_equal(aizu_player_get_rendition(r.player, AIZU_RENDITION_TEXT, 0, &found), AIZU_OK);
    assert_string_equal(found.name, "English");
    assert_string_equal(found.language, "en");
    assert_string_equal(found.characteristics, "public.easy-to-read");
    assert_true(found.is_autoselect && !found.is_default && !found.is_forced && !found.is_caption);
    assert_int_equal(aizu_player_set_rendition(r.player, AIZU_RENDITION_TEXT, 2), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rendition(r.player, AIZU_RENDITION_TEXT, -3), AIZU_E_ARGUMENT);

    assert_int_equal(aizu_player_session_data(r.player, "aizu.title", "ja", text, sizeof(text)), AIZU_OK);
    assert_string_equal(text, "題名");
    assert_int_equal(aizu_player_session_data(r.player, "aizu.title", "en", text, 3), AIZU_E_LIMIT);
    assert_int_equal(aizu_player_session_data(r.player, "aizu.none", NULL, text, sizeof(text)), AIZU_AGAIN);

    aizu_player_play(r.player);
    read_to_end(&r);
    assert_int_equal(r.text, 1);
    assert_string_equal(r.said, "はい");
    assert_int_equal(r.starts, 1);
    assert_int_equal(r.ends, 1);
    aizu_player_destroy(&r.player);
}

static void subtitles_are_off_until_they_are_chosen(void **state)
{
    (void)state;
    reader r = {0};
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
    open_reader(&r, &config, "/master.m3u8");
    aizu_player_play(r.player);
    read_to_end(&r);
    assert_int_equal(r.starts, 0);
    assert_int_equal(aizu_player_rendition(r.player, AIZU_RENDITION_TEXT), AIZU_RENDITION_OFF);
    aizu_player_seek(r.player, 0);
    assert_int_equal(aizu_player_set_rendition(r.player, AIZU_RENDITION_TEXT, 0), AIZU_OK);
    aizu_player_play(r.player);
    read_to_end(&r);
    assert_string_equal(r.said, "yes");
    assert_int_equal(r.starts, 1);
    assert_int_equal(r.text, 0);
    aizu_player_destroy(&r.player);
}

static void a_rate_changes_how_long_a_recording_takes(void **state)
{
    (void)state;
    reader r = {0};
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
    open_reader(&r, &config, "/list.m3u8");
    assert_int_equal(aizu_player_set_rate(r.player, 2.0), AIZU_OK);
    int64_t begin = aizu_now();
    aizu_player_play(r.player);
    read_to_end(&r);
    int64_t took = aizu_now() - begin;
    assert_true(took > 9 * AIZU_SECOND / 10 && took < 18 * AIZU_SECOND / 10); /* of two seconds */
    assert_true(fabs(aizu_player_rate(r.player) - 2.0) < 1e-9);
    aizu_player_destroy(&r.player);
}

static void a_stream_without_i_frames_answers_that_there_is_no_thumbnail(void **state)
{
    (void)state;
    reader r = {0};
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
    open_reader(&r, &config, "/list.m3u8");
    assert_int_equal(aizu_player_request_thumbnail(r.player, AIZU_SECOND), AIZU_OK);
    aizu_player_play(r.player);
    read_to_end(&r);
    assert_int_equal(r.thumbnails, 1);
    assert_false(r.has_picture);
    aizu_player_destroy(&r.player);
}

static void a_key_is_asked_for_and_may_be_refused(void **state)
{
    (void)state;
    aizu_config config = settings(AIZU_VIDEO_NO_DECODE);
    config.ask_keys = 1;
    for (int gives = 0; gives < 2; gives++) {
        reader r = {.gives_key = gives};
        open_reader(&r, &config, "/sealed.m3u8");
        aizu_player_play(r.player);
        read_to_end(&r);
        assert_true(r.keys >= 1);
        assert_non_null(
            strstr(r.key_url, "/secret.key?token=1")); /* as it is: it may be what names the key */
        assert_true(r.error != AIZU_OK); /* refused, or not the right one: the segment was never encrypted */
        assert_int_equal(aizu_result_class(r.error), gives ? AIZU_CLASS_CONTENT : AIZU_CLASS_AUTHORISATION);
        aizu_player_destroy(&r.player);
    }
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
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
        unsetenv(proxies[i]); /* the server is in this process */
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
        cmocka_unit_test(calls_for_tracks_refuse_what_they_cannot_take),
        cmocka_unit_test(subtitles_are_listed_chosen_by_language_and_delivered),
        cmocka_unit_test(subtitles_are_off_until_they_are_chosen),
        cmocka_unit_test(a_rate_changes_how_long_a_recording_takes),
        cmocka_unit_test(a_stream_without_i_frames_answers_that_there_is_no_thumbnail),
        cmocka_unit_test(a_key_is_asked_for_and_may_be_refused),
        cmocka_unit_test(helpers_say_what_they_are_documented_to),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
