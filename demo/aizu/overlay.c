/*
 * Progress bar and statistics; see overlay.h. Lines of text are kept as textures and made anew only when they
 * change, so that an overlay costs next to nothing per frame.
 */
#include "overlay.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <SDL_ttf.h>

#include "log.h"

#define LINES_MAX     14
#define LINE_SIZE_MAX 128
#define BAR_HEIGHT    6
#define MARGIN        16

typedef struct line {
    char text[LINE_SIZE_MAX];
    SDL_Texture *texture;
    int width, height;
} line;

struct overlay {
    SDL_Renderer *renderer;
    TTF_Font *font; /* NULL: no text */
    bool is_ttf_started;
    line lines[LINES_MAX];
};

/* Where systems keep a font with all we write; the first that opens is taken. AIZU_FONT comes before them. */
static const char *const font_paths[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansMono-Regular.ttf",
    "/System/Library/Fonts/Menlo.ttc",
};

static TTF_Font *open_font(int size)
{
    const char *wanted = getenv("AIZU_FONT");
    TTF_Font *font = wanted ? TTF_OpenFont(wanted, size) : NULL;
    for (size_t i = 0; !font && i < sizeof(font_paths) / sizeof(font_paths[0]); i++)
        font = TTF_OpenFont(font_paths[i], size);
    return font;
}

overlay *overlay_create(SDL_Renderer *renderer)
{
    overlay *o = calloc(1, sizeof(*o));
    if (!o)
        return NULL;
    o->renderer = renderer;
    o->is_ttf_started = TTF_Init() == 0;
    if (o->is_ttf_started)
        o->font = open_font(15);
    if (!o->font)
        fprintf(stderr, "aizu: no font: the overlay is without text (set AIZU_FONT to a .ttf file)\n");
    return o;
}

void overlay_destroy(overlay **pointer)
{
    overlay *o = *pointer;
    *pointer = NULL;
    if (!o)
        return;
    for (int i = 0; i < LINES_MAX; i++)
        if (o->lines[i].texture)
            SDL_DestroyTexture(o->lines[i].texture);
    if (o->font)
        TTF_CloseFont(o->font);
    if (o->is_ttf_started)
        TTF_Quit();
    free(o);
}

static void set_line(overlay *o, int index, const char *format, ...)
{
    line *l = &o->lines[index];
    char text[LINE_SIZE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!o->font || (l->texture && strcmp(text, l->text) == 0))
        return;
    if (l->texture)
        SDL_DestroyTexture(l->texture);
    l->texture = NULL;
    SDL_Surface *surface = TTF_RenderUTF8_Blended(o->font, text, (SDL_Color){255, 255, 255, 255});
    if (!surface)
        return;
    memcpy(l->text, text, sizeof(text));
    l->texture = SDL_CreateTextureFromSurface(o->renderer, surface);
    l->width = surface->w;
    l->height = surface->h;
    SDL_FreeSurface(surface);
}

static void draw_line(overlay *o, int index, int x, int y)
{
    const line *l = &o->lines[index];
    if (!l->texture)
        return;
    SDL_Rect place = {x, y, l->width, l->height};
    SDL_RenderCopy(o->renderer, l->texture, NULL, &place);
}

static void fill(overlay *o, SDL_Rect area, Uint8 grey, Uint8 alpha)
{
    SDL_SetRenderDrawBlendMode(o->renderer, SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(o->renderer, grey, grey, grey, alpha);
    SDL_RenderFillRect(o->renderer, &area);
}

SDL_Rect overlay_bar(const overlay *o)
{
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(o->renderer, &width, &height);
    return (SDL_Rect){MARGIN, height - MARGIN - BAR_HEIGHT, width - 2 * MARGIN, BAR_HEIGHT};
}

static int place_on_bar(const SDL_Rect *bar, int64_t time, int64_t begin, int64_t end)
{
    double part = end > begin ? (double)(time - begin) / (double)(end - begin) : 0.0;
    return (int)lround((double)bar->w * fmin(fmax(part, 0.0), 1.0));
}

static void format_time(char *out, size_t size, int64_t time)
{
    long long seconds = time == AIZU_NO_TIME ? 0 : (long long)(time / AIZU_SECOND);
    snprintf(out, size, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void draw_bar(overlay *o, const aizu_player *player)
{
    int64_t begin, end, have_begin, have_end;
    int64_t position = aizu_player_position(player);
    if (aizu_player_seekable(player, &begin, &end) != AIZU_OK || position == AIZU_NO_TIME)
        return;
    SDL_Rect bar = overlay_bar(o);
    fill(o, (SDL_Rect){0, bar.y - 30, bar.w + 2 * MARGIN, 30 + BAR_HEIGHT + MARGIN}, 0, 110);
    fill(o, bar, 255, 70);
    if (aizu_player_buffered(player, &have_begin, &have_end) == AIZU_OK) {
        int from = place_on_bar(&bar, have_begin, begin, end), to = place_on_bar(&bar, have_end, begin, end);
        fill(o, (SDL_Rect){bar.x + from, bar.y, to - from, bar.h}, 255, 90);
    }
    int now = place_on_bar(&bar, position, begin, end);
    fill(o, (SDL_Rect){bar.x, bar.y, now, bar.h}, 255, 230);
    fill(o, (SDL_Rect){bar.x + now - 2, bar.y - 3, 5, bar.h + 6}, 255, 255);
    char at[24], length[24];
    format_time(at, sizeof(at), position);
    format_time(length, sizeof(length), aizu_player_duration(player));
    if (aizu_player_is_live(player))
        set_line(o, 0, "%s  live", at);
    else
        set_line(o, 0, "%s / %s", at, length);
    draw_line(o, 0, bar.x, bar.y - 26);
}

static void fill_stats(overlay *o, const aizu_player *player)
{
    aizu_stats s = {.size_struct = sizeof(s)};
    aizu_quality q = {.size_struct = sizeof(q)};
    if (aizu_player_get_stats(player, &s) != AIZU_OK)
        return;
    if (aizu_player_get_quality(player, aizu_player_quality(player), &q) != AIZU_OK)
        memset(q.name, 0, sizeof(q.name));
    int64_t latency = aizu_player_live_latency(player);
    set_line(o, 1, "%s  %dx%d  %s%s", log_state_name(aizu_player_state(player)), s.width, s.height, q.name,
             aizu_player_quality_is_auto(player) ? " (auto)" : "");
    set_line(o, 2, "frames    %llu shown, %llu dropped, %llu corrupt", (unsigned long long)s.frames_presented,
             (unsigned long long)s.frames_dropped, (unsigned long long)s.frames_corrupt);
    set_line(o, 3, "network   %.2f Mbit/s, %.1f MiB, %llu requests, %llu failed", (double)s.throughput / 1e6,
             (double)s.bytes_received / 1048576.0, (unsigned long long)s.requests,
             (unsigned long long)s.requests_failed);
    set_line(o, 4, "buffer    %.1f s, %.1f MiB", aizu_seconds(s.buffered_ahead),
             (double)s.buffered_bytes / 1048576.0);
    set_line(o, 5, "stalls    %llu, %.1f s in all", (unsigned long long)s.stalls,
             aizu_seconds(s.stall_duration));
    set_line(o, 6, "cues      %llu received, %llu delivered, %llu late, %llu skipped, %llu copies",
             (unsigned long long)s.cues_received, (unsigned long long)s.cues_delivered,
             (unsigned long long)s.cues_late, (unsigned long long)s.cues_skipped,
             (unsigned long long)s.cue_copies);
    if (latency != AIZU_NO_TIME)
        set_line(o, 7, "latency   %.2f s", aizu_seconds(latency));
    else
        set_line(o, 7, "recording");
}

static void draw_stats(overlay *o, const aizu_player *player)
{
    fill_stats(o, player);
    int width = 0, y = MARGIN;
    for (int i = 1; i <= 7; i++)
        width = o->lines[i].width > width ? o->lines[i].width : width;
    if (width == 0)
        return;
    fill(o, (SDL_Rect){MARGIN - 8, MARGIN - 8, width + 16, 7 * o->lines[1].height + 16}, 0, 150);
    for (int i = 1; i <= 7; i++) {
        draw_line(o, i, MARGIN, y);
        y += o->lines[i].height;
    }
}

void overlay_draw(overlay *o, const aizu_player *player, bool with_bar, bool with_stats)
{
    if (with_bar)
        draw_bar(o, player);
    if (with_stats)
        draw_stats(o, player);
}
