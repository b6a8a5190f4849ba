/*
 * aizu-quiz-preview: draws the card of a payload over a made-up picture into a PNG file, without a stream.
 * For working on the design, and for looking at what a payload will become before it is sent.
 */
#include <SDL.h>
#include <SDL_ttf.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "screenshot.h"

struct options {
    int width, height;
    double at; /* seconds after the cue */
    int answer;
    int focus;
    const char *font;
    const char *output;
};

static bool read_size(const char *text, int *width, int *height)
{
    char *end;
    long w = strtol(text, &end, 10);
    long h = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end || w < 64 || h < 64 || w > 7680 || h > 4320)
        return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

static bool show_file(struct quiz_game *game, const char *path, uint64_t id)
{
    static char payload[QUIZ_PAYLOAD_MAX + 1];
    struct quiz_item item;
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "cannot open %s\n", path);
        return false;
    }
    size_t size = fread(payload, 1, sizeof(payload), file);
    fclose(file);
    quiz_payload_parse(payload, size, &item);
    printf("%s: %s, %d answers\n", path, quiz_kind_name(item.kind), item.answer_count);
    quiz_game_show(game, &item, id, 0, 0);
    return true;
}

/* A sky, hills and a bright disc: dark and light places for the text to stand on. */
static void paint_picture(SDL_Renderer *renderer, int width, int height)
{
    for (int y = 0; y < height; y++) {
        int part = 255 * y / height;
        SDL_SetRenderDrawColor(renderer, (Uint8)(90 + part * 150 / 255), (Uint8)(150 + part * 60 / 255),
                               (Uint8)(230 - part * 60 / 255), 255);
        SDL_RenderDrawLine(renderer, 0, y, width, y);
    }
    for (int x = 0; x < width; x++) {
        int hill = height * 3 / 5 + (int)(height * 0.12 * SDL_sin(x * 6.0 / width) +
                                          height * 0.04 * SDL_sin(x * 23.0 / width));
        SDL_SetRenderDrawColor(renderer, 52, 104, 74, 255);
        SDL_RenderDrawLine(renderer, x, hill, x, height);
        SDL_SetRenderDrawColor(renderer, 236, 238, 228, 255);
        if (x > width * 3 / 5)
            SDL_RenderDrawLine(renderer, x, hill + height / 8, x, height);
    }
}

static bool paint(const struct options *options, char **files, int count)
{
    bool is_done = false;
    struct quiz_draw *draw = NULL;
    struct quiz_game game;
    struct quiz_status status = {QUIZ_TONE_LIVE, "LIVE", "2.1 s"};
    int64_t now = (int64_t)(options->at * 1e9);
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormat(0, options->width, options->height, 32, SDL_PIXELFORMAT_ARGB8888);
    SDL_Renderer *renderer = surface ? SDL_CreateSoftwareRenderer(surface) : NULL;
    if (renderer)
        draw = quiz_draw_create(renderer, options->font);
    if (!draw)
        goto done;

    quiz_game_init(&game);
    for (int i = 0; i < count; i++)
        if (!show_file(&game, files[i], (uint64_t)i + 1))
            goto done;
    quiz_game_set_focus(&game, options->focus);
    quiz_game_answer(&game, options->answer, 0);
    quiz_game_advance(&game, now);
    paint_picture(renderer, options->width, options->height);
    quiz_draw_paint(draw, &game, &status, now);
    is_done = quiz_screenshot(renderer, options->output);
done:
    if (!is_done)
        fprintf(stderr, "cannot draw: %s\n", SDL_GetError());
    quiz_draw_destroy(&draw);
    if (renderer)
        SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
    return is_done;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"size", required_argument, NULL, 's'},
        {"at", required_argument, NULL, 't'},
        {"answer", required_argument, NULL, 'a'},
        {"focus", required_argument, NULL, 'f'},
        {"font", required_argument, NULL, 'F'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {1280, 720, 1, -1, -1, NULL, "card.png"};
    bool is_usage = false;
    int letter;
    while ((letter = getopt_long(argc, argv, "o:", names, NULL)) != -1) {
        if (letter == 's')
            is_usage |= !read_size(optarg, &options.width, &options.height);
        else if (letter == 't')
            options.at = strtod(optarg, NULL);
        else if (letter == 'a')
            options.answer = (int)strtol(optarg, NULL, 10) - 1;
        else if (letter == 'f')
            options.focus = (int)strtol(optarg, NULL, 10) - 1;
        else if (letter == 'F')
            options.font = optarg;
        else if (letter == 'o')
            options.output = optarg;
        else
            is_usage = true;
    }
    if (is_usage || optind == argc) {
        fprintf(stderr,
                "usage: aizu-quiz-preview [--size WxH] [--at S] [--answer N] [--focus N] [--font FILE] "
                "[--output FILE.png] PAYLOAD-FILE...\n");
        return 2;
    }
    if (SDL_Init(0) != 0 || TTF_Init() != 0) {
        fprintf(stderr, "cannot start SDL: %s\n", SDL_GetError());
        return 1;
    }
    bool is_done = paint(&options, argv + optind, argc - optind);
    TTF_Quit();
    SDL_Quit();
    return is_done ? 0 : 1;
}
