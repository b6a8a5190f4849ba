/*
 * Plays a URL as an application that draws its own frames, and prints one line a picture: presentation time
 * in ns, width, height and the Adler-32 of its samples (rows without padding, Y, U, V, from 0, as FFmpeg's
 * framecrc prints it). play.py compares with what FFmpeg makes of the media before it was packaged.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aizu/aizu.h>

#define ADLER_BASE 65521u

static uint32_t adler(uint32_t sum, const uint8_t *bytes, int size)
{
    uint32_t low = sum & 0xFFFF, high = sum >> 16;
    for (int i = 0; i < size; i++) {
        low = (low + bytes[i]) % ADLER_BASE;
        high = (high + low) % ADLER_BASE;
    }
    return high << 16 | low;
}

static void print_frame(const aizu_frame *frame)
{
    uint32_t sum = 0;
    for (int plane = 0; plane < 3; plane++) {
        int width = plane ? (frame->width + 1) / 2 : frame->width;
        int height = plane ? (frame->height + 1) / 2 : frame->height;
        for (int y = 0; y < height; y++)
            sum = adler(sum, frame->planes[plane] + (size_t)y * (size_t)frame->strides[plane], width);
    }
    printf("%" PRId64 " %d %d 0x%08" PRIx32 "\n", frame->pts, frame->width, frame->height, sum);
}

static void on_event(void *user, const aizu_event *event)
{
    if (event->type != AIZU_EVENT_ERROR)
        return;
    *(int *)user |= event->error->is_fatal;
    fprintf(stderr, "%s at %s: %s\n", aizu_result_name(event->error->result), event->error->stage,
            event->error->detail);
}

int main(int argc, char **argv)
{
    aizu_config config;
    aizu_player *player = NULL;
    int has_failed = 0;
    if (argc < 2)
        return 2;
    aizu_config_init(&config);
    config.video = AIZU_VIDEO_PULL;
    config.audio = AIZU_AUDIO_SILENT;
    config.ca_file = argc > 2 ? argv[2] : NULL;
    if (aizu_player_create(&player, &config) != AIZU_OK)
        return 1;
    if (aizu_player_on_event(player, on_event, &has_failed) != AIZU_OK ||
        aizu_player_load(player, argv[1]) != AIZU_OK || aizu_player_play(player) != AIZU_OK) {
        aizu_player_destroy(&player);
        return 1;
    }
    while (aizu_player_dispatch(player, 5 * AIZU_SECOND / 1000) != AIZU_END) {
        const aizu_frame *frame;
        if (aizu_player_acquire_frame(player, &frame) != AIZU_OK)
            continue;
        if (frame->format == AIZU_PIXEL_I420)
            print_frame(frame);
        aizu_player_release_frame(player, &frame);
    }
    aizu_player_destroy(&player);
    return has_failed;
}
