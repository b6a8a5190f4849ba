/*
 * What the user wants while a session runs, by key or by a line of text; see play.h. A value that the player
 * refuses is reported on standard error and changes nothing.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

static bool read_number(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out > -1e9 && *out < 1e9;
}

/* ---- quality ---- */

void play_set_quality(play *p, const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    int index = end != text && *end == '\0' ? (int)number : -2;
    if (strcmp(text, "auto") == 0)
        index = AIZU_QUALITY_AUTO;
    aizu_quality quality = {.size_struct = sizeof(quality)};
    for (int i = 0; index == -2 && aizu_player_get_quality(p->player, i, &quality) == AIZU_OK; i++)
        if (strcmp(quality.name, text) == 0)
            index = i;
    if (index < AIZU_QUALITY_AUTO || aizu_player_set_quality(p->player, index) != AIZU_OK)
        fprintf(stderr, "aizu: no quality '%s'\n", text);
}

void play_shift_quality(play *p, int direction)
{
    aizu_quality now = {.size_struct = sizeof(now)}, other = {.size_struct = sizeof(other)};
    int best = -1;
    int64_t best_bandwidth = 0;
    if (aizu_player_get_quality(p->player, aizu_player_quality(p->player), &now) != AIZU_OK)
        return;
    for (int i = 0; aizu_player_get_quality(p->player, i, &other) == AIZU_OK; i++) {
        int64_t step = (other.bandwidth - now.bandwidth) * direction;
        if (step > 0 && (best < 0 || step < (best_bandwidth - now.bandwidth) * direction)) {
            best = i;
            best_bandwidth = other.bandwidth;
        }
    }
    if (best >= 0)
        aizu_player_set_quality(p->player, best);
}

/* ---- renditions ---- */

static void set_rendition(play *p, aizu_rendition_kind kind, const char *text)
{
    double number = 0;
    aizu_result result = AIZU_E_ARGUMENT;
    if (strcmp(text, "auto") == 0)
        result = aizu_player_set_rendition(p->player, kind, AIZU_RENDITION_AUTO);
    else if (strcmp(text, "off") == 0)
        result = aizu_player_set_rendition(p->player, kind, AIZU_RENDITION_OFF);
    else if (read_number(text, &number) && number >= 0 && number < AIZU_RENDITIONS_MAX)
        result = aizu_player_set_rendition(p->player, kind, (int)number);
    if (result != AIZU_OK)
        fprintf(stderr, "aizu: no %s '%s': %s\n", kind == AIZU_RENDITION_AUDIO ? "audio" : "text", text,
                aizu_result_name(result));
}

void play_next_rendition(play *p, aizu_rendition_kind kind)
{
    int count = aizu_player_rendition_count(p->player, kind);
    int next = aizu_player_rendition(p->player, kind) + 1;
    if (count == 0)
        return;
    if (next < 0) /* none was chosen */
        next = 0;
    if (next >= count)
        next = kind == AIZU_RENDITION_TEXT ? AIZU_RENDITION_OFF : 0;
    aizu_player_set_rendition(p->player, kind, next);
}

/* ---- rate and position ---- */

static void set_rate(play *p, const char *text)
{
    double rate;
    if (!read_number(text, &rate) || aizu_player_set_rate(p->player, rate) != AIZU_OK)
        fprintf(stderr, "aizu: the rate goes from 0.25 to 2\n");
}

void play_shift_rate(play *p, int direction)
{
    double rate = aizu_player_rate(p->player) + 0.25 * direction;
    aizu_player_set_rate(p->player, fmin(fmax(rate, 0.25), 2.0));
}

void play_toggle_pause(play *p)
{
    int state = p->state;
    if (state == AIZU_STATE_PLAYING || state == AIZU_STATE_BUFFERING)
        aizu_player_pause(p->player);
    else
        aizu_player_play(p->player);
}

/* One of the functions that take a position. */
static void go(play *p, const char *verb, aizu_result (*function)(aizu_player *, int64_t), const char *text)
{
    double seconds;
    aizu_result result = AIZU_E_ARGUMENT;
    if (strcmp(text, "live") == 0 && function != aizu_player_request_thumbnail)
        result = function(p->player, AIZU_NO_TIME);
    else if (read_number(text, &seconds))
        result = function(p->player, (int64_t)(seconds * (double)AIZU_SECOND));
    if (result != AIZU_OK)
        fprintf(stderr, "aizu: %s %s: %s\n", verb, text, aizu_result_name(result));
}

static void set_volume(play *p, const char *text)
{
    double volume;
    if (!read_number(text, &volume) || aizu_player_set_volume(p->player, volume) != AIZU_OK)
        fprintf(stderr, "aizu: volume goes from 0 to 1\n");
}

/* ---- lines ---- */

/* The verbs that take a value. */
static bool run_valued(play *p, const char *verb, const char *value)
{
    if (strcmp(verb, "seek") == 0)
        go(p, verb, aizu_player_seek, value);
    else if (strcmp(verb, "seek-fast") == 0)
        go(p, verb, aizu_player_seek_fast, value);
    else if (strcmp(verb, "thumbnail") == 0)
        go(p, verb, aizu_player_request_thumbnail, value);
    else if (strcmp(verb, "rate") == 0)
        set_rate(p, value);
    else if (strcmp(verb, "quality") == 0)
        play_set_quality(p, value);
    else if (strcmp(verb, "audio") == 0)
        set_rendition(p, AIZU_RENDITION_AUDIO, value);
    else if (strcmp(verb, "text") == 0)
        set_rendition(p, AIZU_RENDITION_TEXT, value);
    else if (strcmp(verb, "volume") == 0)
        set_volume(p, value);
    else
        return false;
    return true;
}

void play_command(play *p, char *line)
{
    char *state = NULL;
    const char *verb = strtok_r(line, " \t\r\n", &state);
    const char *value = verb ? strtok_r(NULL, " \t\r\n", &state) : NULL;
    if (!verb)
        return;
    if (strcmp(verb, "pause") == 0)
        aizu_player_pause(p->player);
    else if (strcmp(verb, "play") == 0)
        aizu_player_play(p->player);
    else if (strcmp(verb, "mute") == 0 || strcmp(verb, "unmute") == 0)
        aizu_player_set_muted(p->player, verb[0] == 'm');
    else if (strcmp(verb, "quit") == 0)
        play_quit(p);
    else if (!value || !run_valued(p, verb, value))
        fprintf(stderr, "aizu: unknown command '%s'\n", verb);
}
