/*
 * Real streams with closed captions, from demuxer to text, against what mux.js makes of them
 * (expect/captions): each of its captions must be on the screen of its channel, the same words, from its
 * first to its last tick. Where we differ on purpose the difference stands in `deviations` with its reason;
 * one that no longer occurs is a failure, too. An argument behind the corpus: the files whose names have it,
 * with all that was told.
 */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cue/captions.h"
#include "demux/fmp4.h"
#include "demux/ts.h"

#define PATH_LENGTH  4096
#define TEXT_LENGTH  2048
#define PICTURES_MAX 16384
#define TOLD_MAX     4096

typedef struct deviation {
    const char *file;  /* end of the name */
    const char *text;  /* beginning of the expected text, "" any */
    const char *field; /* "begin", "end", "text" */
    const char *reason;
    bool was_met;
} deviation;

#define TOGGLED "the other window is deleted one picture later: what is seen stays, mux.js begins it anew"

static deviation deviations[] = {
    {"assets__captions-test.ts", "These are 708 captions\n(top left)", "end", TOGGLED, false},
    {"assets__captions-test.ts", "These are 708 captions\n(top left)", "begin", TOGGLED, false},
    {"assets__captions-test.ts", "These are 708 captions\n(middle)", "end", TOGGLED, false},
    {"assets__captions-test.ts", "These are 708 captions\n(middle)", "begin", TOGGLED, false},
};

typedef struct picture {
    int64_t pts; /* ns */
    size_t order;
    uint8_t *triplets;
    size_t size;
} picture;

typedef struct told {
    unsigned channel;
    int64_t begin, end;
    char settings[128];
    char text[TEXT_LENGTH];
} told;

typedef struct stream {
    bool is_h265;
    unsigned length_size;
    uint32_t timescale;
    int64_t edit_offset;
    int64_t pts; /* of the sample in hand */
    picture *pictures;
    size_t picture_count;
    size_t units;
    told *tells;
    size_t told_count;
} stream;

static int files_seen, values_equal, values_deviating, failures;
static const char *only;

/* ---- from the file to what is told ---- */

static void on_track(void *user, const az_track *track)
{
    stream *s = user;
    if (track->media != AZ_MEDIA_VIDEO)
        return;
    s->is_h265 = track->codec == AZ_CODEC_H265;
    s->timescale = track->timescale;
    s->edit_offset = track->edit_offset;
    size_t at = s->is_h265 ? 21 : 4; /* lengthSizeMinusOne of hvcC and avcC */
    s->length_size = track->config.size > at ? (track->config.data[at] & 3u) + 1 : 0;
}

static void on_triplets(void *user, az_span triplets)
{
    stream *s = user;
    if (s->picture_count == PICTURES_MAX)
        return;
    picture *p = &s->pictures[s->picture_count];
    *p = (picture){s->pts, s->picture_count, malloc(triplets.size), triplets.size};
    memcpy(p->triplets, triplets.data, triplets.size);
    s->picture_count++;
}

static void on_sample(void *user, const az_sample *sample)
{
    stream *s = user;
    if (sample->media != AZ_MEDIA_VIDEO || (sample->codec != AZ_CODEC_H264 && sample->codec != AZ_CODEC_H265))
        return;
    s->units++;
    s->pts = az_rescale(sample->pts + s->edit_offset, AIZU_SECOND, s->timescale);
    az_sei_sink sink = {.user = s, .triplets = on_triplets};
    az_sei_scan(az_slice_span(sample->data), s->is_h265, s->length_size, &sink);
}

static void on_caption(void *user, const az_caption *caption)
{
    stream *s = user;
    for (size_t i = 0; i < s->told_count && caption->end != AIZU_NO_TIME; i++) {
        told *t = &s->tells[i];
        if (t->channel == caption->channel && t->begin == caption->begin && t->end == AIZU_NO_TIME &&
            az_span_equal_str(caption->text, t->text) && az_span_equal_str(caption->settings, t->settings)) {
            t->end = caption->end;
            return;
        }
    }
    if (caption->end != AIZU_NO_TIME || s->told_count == TOLD_MAX) {
        failures++;
        printf("an end without a beginning\n");
        return;
    }
    told *t = &s->tells[s->told_count++];
    t->channel = caption->channel;
    t->begin = caption->begin;
    t->end = caption->end;
    snprintf(t->settings, sizeof(t->settings), "%.*s", (int)caption->settings.size,
             (const char *)caption->settings.data);
    snprintf(t->text, sizeof(t->text), "%.*s", (int)caption->text.size, (const char *)caption->text.data);
}

static int by_time(const void *a, const void *b)
{
    const picture *p = a, *q = b;
    if (p->pts != q->pts)
        return p->pts < q->pts ? -1 : 1;
    return p->order < q->order ? -1 : 1;
}

static bool read_slice(az_slice *out, const char *corpus, const char *name)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/%s", corpus, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    az_buf *buf = az_buf_create(size);
    bool is_read = buf && fread(az_buf_data(buf), 1, size, file) == size;
    fclose(file);
    if (is_read)
        *out = (az_slice){buf, az_buf_data(buf), size};
    else
        az_buf_unref(&buf);
    return is_read;
}

static bool demux_ts(const az_demux_sink *sink, az_slice bytes)
{
    az_ts *ts = az_ts_create(sink);
    bool is_good = ts && az_ts_feed(ts, az_slice_span(bytes)) == AIZU_OK && az_ts_finish(ts) == AIZU_OK;
    az_ts_destroy(&ts);
    return is_good;
}

static bool demux_fmp4(const az_demux_sink *sink, const char *corpus, const char *init, az_slice bytes)
{
    az_fmp4 *fmp4 = az_fmp4_create(sink);
    bool is_good = fmp4 != NULL;
    az_slice head;
    if (init && read_slice(&head, corpus, init)) {
        is_good = is_good && az_fmp4_feed(fmp4, head) == AIZU_OK && az_fmp4_finish(fmp4) == AIZU_OK;
        az_slice_unref(&head);
    }
    is_good = is_good && az_fmp4_feed(fmp4, bytes) == AIZU_OK && az_fmp4_finish(fmp4) == AIZU_OK;
    az_fmp4_destroy(&fmp4);
    return is_good;
}

static bool demux(stream *s, const char *corpus, const char *name, const char *init)
{
    az_slice bytes;
    if (!read_slice(&bytes, corpus, name))
        return false;
    az_demux_sink sink = {.user = s, .track = on_track, .sample = on_sample};
    bool is_good =
        strncmp(name, "ts/", 3) == 0 ? demux_ts(&sink, bytes) : demux_fmp4(&sink, corpus, init, bytes);
    az_slice_unref(&bytes);
    return is_good;
}

static void decode(stream *s)
{
    qsort(s->pictures, s->picture_count, sizeof(*s->pictures), by_time);
    az_captions *captions = az_captions_create(on_caption, s);
    for (size_t i = 0; i < s->picture_count; i++)
        az_captions_feed(captions, s->pictures[i].pts,
                         az_span_make(s->pictures[i].triplets, s->pictures[i].size));
    az_captions_destroy(&captions);
    for (size_t i = 0; i < s->told_count && only; i++) {
        const told *t = &s->tells[i];
        printf("%8s %9.3f %9.3f [%s] %s\n", az_caption_channel_name(t->channel), (double)t->begin / 1e9,
               t->end == AIZU_NO_TIME ? -1.0 : (double)t->end / 1e9, t->settings, t->text);
    }
}

/* ---- comparing ---- */

static void replace_all(char *text, const char *from, char to)
{
    for (char *at = strstr(text, from); at; at = strstr(at, from)) {
        *at = to;
        memmove(at + 1, at + strlen(from), strlen(at + strlen(from)) + 1);
    }
}

/* Without classes; blanks at the ends of lines go, other blanks are spaces, an apostrophe is the straight
 * one. */
static void plain(char *text)
{
    for (char *at = strstr(text, "<c."); at; at = strstr(at, "<c."))
        memmove(at, strchr(at, '>') + 1, strlen(strchr(at, '>') + 1) + 1);
    for (char *at = strstr(text, "</c>"); at; at = strstr(at, "</c>"))
        memmove(at, at + 4, strlen(at + 4) + 1);
    replace_all(text, "\xC2\xA0", ' ');
    replace_all(text, "\xE2\x80\x99", '\'');
    size_t size = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\n')
            while (size > 0 && text[size - 1] == ' ')
                size--;
        if (*c != ' ' || (size > 0 && text[size - 1] != '\n'))
            text[size++] = *c;
    }
    while (size > 0 && text[size - 1] == ' ')
        size--;
    text[size] = 0;
}

/* What is on a channel's screen right before a time, and since when it is all there. */
static int64_t screen_before(const stream *s, unsigned channel, int64_t time, char *text, size_t text_size)
{
    int64_t since = INT64_MIN;
    text[0] = 0;
    for (size_t i = 0; i < s->told_count; i++) {
        const told *t = &s->tells[i];
        if (t->channel != channel || t->begin >= time || (t->end != AIZU_NO_TIME && t->end < time))
            continue;
        size_t size = strlen(text);
        if (snprintf(text + size, text_size - size, "%s%s", size ? "\n" : "", t->text) < 0)
            text[size] = 0;
        since = AZ_MAX(since, t->begin);
    }
    plain(text);
    return since;
}

static bool is_deviation(const char *file, const char *text, const char *field)
{
    for (size_t i = 0; i < AZ_COUNT(deviations); i++) {
        deviation *d = &deviations[i];
        size_t length = strlen(file), end = strlen(d->file);
        if (length >= end && strcmp(file + length - end, d->file) == 0 && strcmp(field, d->field) == 0 &&
            strncmp(text, d->text, strlen(d->text)) == 0) {
            d->was_met = true;
            return true;
        }
    }
    return false;
}

static void count(bool is_equal, const char *file, const char *text, const char *field, const char *ours)
{
    if (is_equal) {
        values_equal++;
    } else if (is_deviation(file, text, field)) {
        values_deviating++;
    } else {
        failures++;
        printf("%s: '%s': %s: %s\n", file, text, field, ours);
    }
}

static int64_t time_of(const json_t *caption, const char *ticks, const char *seconds)
{
    const json_t *value = json_object_get(caption, ticks);
    if (value)
        return az_rescale(json_integer_value(value), AIZU_SECOND, 90000);
    return (int64_t)(json_number_value(json_object_get(caption, seconds)) * 1e9);
}

static bool is_near(int64_t a, int64_t b)
{
    return a - b < AIZU_MILLISECOND && b - a < AIZU_MILLISECOND;
}

static void compare(const stream *s, const char *file, const json_t *caption)
{
    const char *name = json_string_value(json_object_get(caption, "stream"));
    unsigned channel =
        strncmp(name, "CC", 2) == 0 ? (unsigned)(name[2] - '1') : (unsigned)(name[6] - '1') + 4;
    int64_t begin = time_of(caption, "startPts", "startTime");
    int64_t end = time_of(caption, "endPts", "endTime");
    char want[TEXT_LENGTH], have[TEXT_LENGTH], ours[64];
    snprintf(want, sizeof(want), "%s", json_string_value(json_object_get(caption, "text")));
    plain(want);
    int64_t since = screen_before(s, channel, end - AIZU_MILLISECOND, have, sizeof(have));
    count(strcmp(want, have) == 0, file, want, "text", have);
    snprintf(ours, sizeof(ours), "%.3f, not %.3f", (double)since / 1e9, (double)begin / 1e9);
    count(is_near(since, begin), file, want, "begin", ours);
    screen_before(s, channel, end + AIZU_MILLISECOND, have, sizeof(have));
    snprintf(ours, sizeof(ours), "not at %.3f", (double)end / 1e9);
    count(strcmp(want, have) != 0, file, want, "end", ours);
}

static void check_file(const char *corpus, const char *path)
{
    json_t *expected = json_load_file(path, 0, NULL);
    const char *name = json_string_value(json_object_get(expected, "file"));
    const char *init = json_string_value(json_object_get(expected, "readAfterInit"));
    if (!name || (only && !strstr(name, only))) {
        json_decref(expected);
        return;
    }
    if (only)
        printf("== %s\n", name);
    stream s = {.pictures = calloc(PICTURES_MAX, sizeof(picture)), .tells = calloc(TOLD_MAX, sizeof(told))};
    if (!demux(&s, corpus, name, init)) {
        failures++;
        printf("%s: cannot be demuxed\n", name);
    }
    decode(&s);
    const json_t *caption;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(expected, "mux.js"), "captions"), i, caption)
    {
        compare(&s, name, caption);
    }
    files_seen++;
    for (size_t k = 0; k < s.picture_count; k++)
        free(s.pictures[k].triplets);
    free(s.pictures);
    free(s.tells);
    json_decref(expected);
}

/* ---- the corpus ---- */

static void check_folder(const char *corpus, const char *folder)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/expect/captions/%s", corpus, folder);
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/expect/captions/%s/%s", corpus, folder, entry->d_name);
        check_file(corpus, path);
    }
    if (dir)
        closedir(dir);
}

int main(int argc, char **argv)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/expect/captions", argc > 1 ? argv[1] : "");
    only = argc > 2 ? argv[2] : NULL;
    DIR *dir = opendir(path);
    if (!dir) {
        printf("skipped: no corpus in %s\n", path);
        return 77;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            check_folder(argv[1], entry->d_name);
    closedir(dir);
    for (size_t i = 0; i < AZ_COUNT(deviations) && !only; i++)
        if (!deviations[i].was_met) {
            failures++;
            printf("no longer deviates: %s %s %s\n", deviations[i].file, deviations[i].text,
                   deviations[i].field);
        }
    printf("%d files, %d values equal, %d deviate with a reason, %d wrong\n", files_seen, values_equal,
           values_deviating, failures);
    return failures > 0 || files_seen == 0;
}
