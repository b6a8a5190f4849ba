/*
 * SDL2_ttf behind one call; see text.h. The fonts' files stand where Debian, Fedora, Arch and Homebrew put
 * DejaVu, IPAex Gothic and Noto.
 */
#include "text.h"

#include <SDL_ttf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATHS_MAX 8

static const char *const usual_paths[CH_FACES][PATHS_MAX] = {
    [CH_FACE_MONO] = {"/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
                      "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono-Bold.ttf",
                      "/usr/share/fonts/TTF/DejaVuSansMono-Bold.ttf",
                      "/usr/share/fonts/truetype/liberation/LiberationMono-Bold.ttf",
                      "/System/Library/Fonts/Menlo.ttc"},
    [CH_FACE_SANS] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
                      "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf",
                      "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",
                      "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
                      "/System/Library/Fonts/Helvetica.ttc"},
    [CH_FACE_JAPANESE] = {"/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
                          "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
                          "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
                          "/usr/share/fonts/ipa-ex-gothic-fonts/ipaexg.ttf",
                          "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Bold.ttc",
                          "/usr/share/fonts/OTF/ipaexg.ttf", "/System/Library/Fonts/Hiragino Sans GB.ttc"},
};

bool ch_text_begin(ch_fonts *fonts, const char *own)
{
    *fonts = (ch_fonts){{NULL}};
    if (TTF_Init())
        return false;
    for (size_t face = 0; face < CH_FACES; face++) {
        if (own && access(own, R_OK) == 0)
            fonts->path[face] = own;
        for (size_t i = 0; i < PATHS_MAX && usual_paths[face][i] && !fonts->path[face]; i++) {
            if (access(usual_paths[face][i], R_OK) == 0)
                fonts->path[face] = usual_paths[face][i];
        }
    }
    return true;
}

void ch_text_end(void)
{
    TTF_Quit();
}

void ch_mask_deinit(ch_mask *mask)
{
    free(mask->coverage);
    *mask = (ch_mask){0};
}

static bool row_has_ink(const SDL_Surface *s, int row)
{
    const uint8_t *pixels = (const uint8_t *)s->pixels + (ptrdiff_t)row * s->pitch;
    for (int x = 0; x < s->w; x++) {
        if (pixels[x])
            return true;
    }
    return false;
}

/* The surface of TTF_RenderUTF8_Shaded: 8 bits a pixel, an index that runs from background to text. */
static bool take_surface(ch_mask *out, const SDL_Surface *s)
{
    int top = 0, bottom = s->h;
    while (top < bottom && !row_has_ink(s, top))
        top++;
    while (bottom > top && !row_has_ink(s, bottom - 1))
        bottom--;
    if (top == bottom || s->w <= 0)
        return false;
    out->width = s->w;
    out->height = bottom - top;
    out->coverage = malloc((size_t)out->width * (size_t)out->height);
    if (!out->coverage)
        return false;
    for (int row = 0; row < out->height; row++)
        memcpy(out->coverage + (size_t)row * (size_t)out->width,
               (const uint8_t *)s->pixels + (ptrdiff_t)(top + row) * s->pitch, (size_t)out->width);
    return true;
}

/* The project's name is all that is asked of a Japanese face; other text is Latin, which every font has. */
static bool has_letters(TTF_Font *font, ch_face face)
{
    return face != CH_FACE_JAPANESE ||
           (TTF_GlyphIsProvided32(font, 0x5408) && TTF_GlyphIsProvided32(font, 0x56f3));
}

bool ch_text_render(ch_mask *out, const ch_fonts *fonts, ch_face face, int size, const char *utf8)
{
    *out = (ch_mask){0};
    if (!fonts->path[face])
        return false;
    TTF_Font *font = TTF_OpenFont(fonts->path[face], size < 6 ? 6 : size);
    if (!font)
        return false;
    bool ok = false;
    if (has_letters(font, face)) {
        const SDL_Color white = {255, 255, 255, 255}, black = {0, 0, 0, 255};
        SDL_Surface *surface = TTF_RenderUTF8_Shaded(font, utf8, white, black);
        ok = surface && surface->format->BytesPerPixel == 1 && take_surface(out, surface);
        SDL_FreeSurface(surface);
    }
    TTF_CloseFont(font);
    if (!ok)
        ch_mask_deinit(out);
    return ok;
}

bool ch_text_seven_bars(ch_mask *out, int width, int height, int figure)
{
    static const uint8_t bars_of[10] = {0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f};
    *out = (ch_mask){.width = width, .height = height};
    out->coverage = calloc((size_t)width * (size_t)height, 1);
    if (!out->coverage || figure < 0 || figure > 9) {
        ch_mask_deinit(out);
        return false;
    }
    int bar = width / 6 > 0 ? width / 6 : 1;
    int left = bar, right = width - bar, half = height / 2;
    const int boxes[7][4] = {
        {left, 0, right, bar},
        {right - bar, 0, right, half},
        {right - bar, half, right, height},
        {left, height - bar, right, height},
        {left, half, left + bar, height},
        {left, 0, left + bar, half},
        {left, half - bar / 2, right, half + bar - bar / 2},
    };
    for (int i = 0; i < 7; i++) {
        for (int y = boxes[i][1]; (bars_of[figure] >> i & 1) && y < boxes[i][3]; y++) {
            for (int x = boxes[i][0]; x < boxes[i][2]; x++)
                out->coverage[(size_t)y * (size_t)width + (size_t)x] = 255;
        }
    }
    return true;
}
