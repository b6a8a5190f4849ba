/*
 * See api_server.h. Recordings are made on the spot; they hold no decodable pictures.
 */
#define _POSIX_C_SOURCE 200809L

#include "api_server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ts_writer.h"

#define FRAMES       20 /* a segment of one second */
#define PID_VIDEO    256
#define PID_ID3      258
#define MEDIA_BEGIN  INT64_C(900000)
#define HEADERS_SIZE 256

static ts_bytes segments[API_SEGMENTS];
static struct MHD_Daemon *server;
char api_server_base[64];
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static char seen_header[HEADERS_SIZE]; /* X-Test of the last request */

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
    ts_pes pes = ts_pes_make(PID_ID3, MEDIA_BEGIN + number * (90000 / API_CUES));
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
        if (i % (FRAMES / API_CUES) == 0)
            put_cue(&writer, &unit, index * API_CUES + i / (FRAMES / API_CUES));
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
    for (int i = 0; i < API_SEGMENTS; i++)
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

int api_server_start(void **state)
{
    (void)state;
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
        unsetenv(proxies[i]); /* the server is in this process */
    for (int i = 0; i < API_SEGMENTS; i++)
        make_segment(i);
    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, NULL, MHD_OPTION_END);
    if (!server)
        return -1;
    snprintf(api_server_base, sizeof(api_server_base), "http://127.0.0.1:%u",
             (unsigned)MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
    return 0;
}

int api_server_stop(void **state)
{
    (void)state;
    MHD_stop_daemon(server);
    for (int i = 0; i < API_SEGMENTS; i++)
        ts_bytes_free(&segments[i]);
    return 0;
}

void api_server_header(char *out, size_t size)
{
    pthread_mutex_lock(&seen_lock);
    snprintf(out, size, "%s", seen_header);
    pthread_mutex_unlock(&seen_lock);
}

aizu_config api_settings(aizu_video_output video)
{
    aizu_config config;
    aizu_config_init(&config);
    config.video = video;
    config.audio = AIZU_AUDIO_SILENT;
    return config;
}
