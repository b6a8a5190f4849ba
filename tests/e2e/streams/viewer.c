/*
 * A viewer for tests: plays a URL as an application that draws its own frames, and prints what it is given,
 * each on a line: "picture PTS WIDTH HEIGHT CHECKSUM" (the Adler-32 of the samples, rows without padding, Y,
 * U, V, from 0, as FFmpeg's framecrc prints it), "thumbnail" likewise or "thumbnail none", "text PTS DURATION
 * PAYLOAD", "audio INDEX LANGUAGE" and "text-rendition INDEX LANGUAGE" when chosen, "data VALUE" of
 * EXT-X-SESSION-DATA, "error RESULT at STAGE: DETAIL".
 *
 * Options: --ca FILE, --audio LANGUAGES, --text LANGUAGES, --sound (SDL's sound device), --switch SECONDS
 * INDEX (another rendition of the sound then), --key HEX (the answer to each question for a key; "-"
 * refuses),
 * --thumbnail SECONDS and --data ID (asked for when the first picture is there).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aizu/aizu.h>

#define ADLER_BASE 65521u

typedef struct viewer {
    aizu_player *player;
    int64_t switch_at; /* presentation time, AIZU_NO_TIME none */
    int switch_to;
    const char *key;      /* hexadecimal, "-": refused, NULL: fetched as usual */
    int64_t thumbnail_at; /* AIZU_NO_TIME: none */
    const char *data_id;  /* NULL: none */
    int has_failed;
} viewer;

static uint32_t adler(uint32_t sum, const uint8_t *bytes, int size)
{
    uint32_t low = sum & 0xFFFF, high = sum >> 16;
    for (int i = 0; i < size; i++) {
        low = (low + bytes[i]) % ADLER_BASE;
        high = (high + low) % ADLER_BASE;
    }
    return high << 16 | low;
}

static void print_frame(const char *kind, const aizu_frame *frame)
{
    uint32_t sum = 0;
    for (int plane = 0; plane < 3 && frame->format == AIZU_PIXEL_I420; plane++) {
        int width = plane ? (frame->width + 1) / 2 : frame->width;
        int height = plane ? (frame->height + 1) / 2 : frame->height;
        for (int y = 0; y < height; y++)
            sum = adler(sum, frame->planes[plane] + (size_t)y * (size_t)frame->strides[plane], width);
    }
    printf("%s %" PRId64 " %d %d 0x%08" PRIx32 "\n", kind, frame->pts, frame->width, frame->height, sum);
}

static void on_cue(void *user, const aizu_cue *cue)
{
    (void)user;
    if (cue->kind != AIZU_CUE_TEXT || cue->phase != AIZU_CUE_START)
        return;
    printf("text %" PRId64 " %" PRId64 " ", cue->pts, cue->duration);
    for (size_t i = 0; i < cue->size; i++) {
        char c = ((const char *)cue->data)[i];
        if (c == '\n')
            fputs("\\n", stdout);
        else
            putchar(c);
    }
    putchar('\n');
}

static void print_rendition(const viewer *v, const aizu_event *event)
{
    aizu_rendition rendition = {.size_struct = sizeof(rendition)};
    if (event->rendition >= 0 &&
        aizu_player_get_rendition(v->player, event->rendition_kind, event->rendition, &rendition) != AIZU_OK)
        return;
    printf("%s %d %s\n", event->rendition_kind == AIZU_RENDITION_AUDIO ? "audio" : "text-rendition",
           event->rendition, rendition.language);
}

static void answer_key(const viewer *v, uint64_t id)
{
    uint8_t key[16] = {0};
    bool is_refused = strcmp(v->key, "-") == 0;
    for (size_t i = 0; i < sizeof(key) && !is_refused; i++) {
        const char digits[3] = {v->key[2 * i], v->key[2 * i + 1], 0};
        key[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    if (aizu_player_provide_key(v->player, id, is_refused ? NULL : key) != AIZU_OK)
        printf("error: nobody waits for the key\n");
}

/* What is asked for once the playlist is there. */
static void ask(viewer *v)
{
    char value[256];
    if (v->data_id && aizu_player_session_data(v->player, v->data_id, NULL, value, sizeof(value)) == AIZU_OK)
        printf("data %s\n", value);
    if (v->thumbnail_at != AIZU_NO_TIME &&
        aizu_player_request_thumbnail(v->player, v->thumbnail_at) != AIZU_OK)
        printf("error: no thumbnail can be asked for\n");
    v->data_id = NULL;
    v->thumbnail_at = AIZU_NO_TIME;
}

static void on_event(void *user, const aizu_event *event)
{
    viewer *v = user;
    if (event->type == AIZU_EVENT_KEY && v->key)
        answer_key(v, event->key_id);
    if (event->type == AIZU_EVENT_FIRST_FRAME)
        ask(v);
    if (event->type == AIZU_EVENT_THUMBNAIL && event->thumbnail)
        print_frame("thumbnail", event->thumbnail);
    else if (event->type == AIZU_EVENT_THUMBNAIL)
        printf("thumbnail none\n");
    if (event->type == AIZU_EVENT_RENDITION)
        print_rendition(v, event);
    if (event->type != AIZU_EVENT_ERROR)
        return;
    v->has_failed |= event->error->is_fatal;
    printf("error %s at %s: %s\n", aizu_result_name(event->error->result), event->error->stage,
           event->error->detail);
}

static void take_frames(viewer *v)
{
    const aizu_frame *frame;
    while (aizu_player_acquire_frame(v->player, &frame) == AIZU_OK) {
        print_frame("picture", frame);
        aizu_player_release_frame(v->player, &frame);
    }
    if (v->switch_at != AIZU_NO_TIME && aizu_player_position(v->player) >= v->switch_at) {
        v->switch_at = AIZU_NO_TIME;
        if (aizu_player_set_rendition(v->player, AIZU_RENDITION_AUDIO, v->switch_to) != AIZU_OK)
            printf("error: the rendition cannot be taken\n");
    }
}

static const char *read_options(int argc, char **argv, aizu_config *config, viewer *v)
{
    const char *url = NULL;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (argv[i][0] != '-') {
            url = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--sound") == 0) {
            config->audio = AIZU_AUDIO_DEVICE;
            continue;
        }
        if (!value)
            return NULL;
        i++;
        if (strcmp(argv[i - 1], "--ca") == 0) {
            config->ca_file = value;
        } else if (strcmp(argv[i - 1], "--audio") == 0) {
            config->audio_languages = value;
        } else if (strcmp(argv[i - 1], "--text") == 0) {
            config->text_languages = value;
        } else if (strcmp(argv[i - 1], "--key") == 0) {
            config->ask_keys = 1;
            v->key = value;
        } else if (strcmp(argv[i - 1], "--thumbnail") == 0) {
            v->thumbnail_at = (int64_t)(strtod(value, NULL) * (double)AIZU_SECOND);
        } else if (strcmp(argv[i - 1], "--data") == 0) {
            v->data_id = value;
        } else if (strcmp(argv[i - 1], "--switch") == 0 && i + 1 < argc) {
            v->switch_at = (int64_t)(strtod(value, NULL) * (double)AIZU_SECOND);
            v->switch_to = (int)strtol(argv[++i], NULL, 10);
        } else {
            return NULL;
        }
    }
    return url;
}

int main(int argc, char **argv)
{
    aizu_config config;
    viewer v = {.switch_at = AIZU_NO_TIME, .thumbnail_at = AIZU_NO_TIME};
    aizu_config_init(&config);
    config.video = AIZU_VIDEO_PULL;
    config.audio = AIZU_AUDIO_SILENT;
    const char *url = read_options(argc, argv, &config, &v);
    if (!url)
        return 2;
    if (aizu_player_create(&v.player, &config) != AIZU_OK)
        return 1;
    if (aizu_player_on_event(v.player, on_event, &v) != AIZU_OK ||
        aizu_player_on_cue(v.player, on_cue, &v) != AIZU_OK || aizu_player_load(v.player, url) != AIZU_OK ||
        aizu_player_play(v.player) != AIZU_OK) {
        aizu_player_destroy(&v.player);
        return 1;
    }
    while (aizu_player_dispatch(v.player, AIZU_SECOND / 200) != AIZU_END)
        take_frames(&v);
    aizu_player_destroy(&v.player);
    return v.has_failed;
}
