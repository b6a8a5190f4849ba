/*
 * Every text file of the corpus: WebVTT against what vtt.js makes of it, TTML against what imsc.js shows at
 * each of its times. Where we differ on purpose the difference stands in `deviations` with its reason; one
 * that no longer occurs is a failure, too.
 */
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cue/text.h"
#include "demux/webvtt.h"
#include "host/xml/ttml.h"

#define PATH_LENGTH 4096
#define CUES_MAX    1024
#define TEXT_MAX    4096

typedef struct deviation {
    const char *file; /* end of the name */
    const char *reason;
    bool was_met;
} deviation;

#define NO_LIMIT                                                                                            \
    "three digits are hours, and then seconds are missing (W3C WebVTT, 6.3); vtt.js takes the minutes for " \
    "them"
#define NO_REGION \
    "imsc.js shows nothing that is in no region where there are regions; others show it, and so do we"

#define DELIMITERS "delimiters are for where ruby cannot be drawn; imsc.js has them beside it"

static deviation deviations[] = {
    {"cue-times__minimum-spots-over-sixty.vtt", NO_LIMIT, false},
    {"cue-times__max-spots-over-sixty.vtt", NO_LIMIT, false},
    {"integration__arrows.vtt", "a cue that ends when it begins is never to be seen", false},
    {"integration__id.vtt", "a second line with an arrow begins a cue (W3C WebVTT, 6.1); vtt.js drops it",
     false},
    {"line__bad-line-align.vtt", "a bad alignment spoils its setting (W3C WebVTT, 6.3)", false},
    {"file-layout__header-no-new-line.vtt", "an arrow ends the header (W3C WebVTT, 6.1)", false},
    {"testdata__example-in-carriage-return.vtt", "CR alone ends a line (W3C WebVTT, 6.1)", false},
    {"ruby__ruby004.ttml", DELIMITERS, false},
    {"ttml__rubies.xml", DELIMITERS, false},
    {"ttml__referential_styling.ttml", NO_REGION, false},
    {"ttml__inherit_begin_from_div.xml", NO_REGION, false},
};

typedef struct cue {
    double begin, end; /* seconds */
    char id[128], settings[256];
    char text[TEXT_MAX]; /* WebVTT: with its markup; TTML: plain, no white space */
} cue;

typedef struct record {
    cue cues[CUES_MAX];
    size_t count;
} record;

static record seen;
static int files_seen, files_equal, files_deviating, files_unread, failures;

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *data = malloc(1 << 22);
    *size = data ? fread(data, 1, 1 << 22, file) : 0;
    fclose(file);
    return data;
}

static void copy(char *out, size_t size, az_span text)
{
    size_t count = AZ_MIN(text.size, size - 1);
    if (count > 0)
        memcpy(out, text.data, count);
    out[count] = 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && !strcmp(text + a - b, end);
}

/* A difference: known, or a failure. */
static void judge(const char *file, const char *what)
{
    for (size_t i = 0; i < AZ_COUNT(deviations); i++) {
        if (ends_with(file, deviations[i].file)) {
            deviations[i].was_met = true;
            files_deviating++;
            return;
        }
    }
    failures++;
    printf("%s: %s\n", file, what);
}

/* ---- WebVTT ---- */

static void on_text(void *user, const az_text_sample *text)
{
    (void)user;
    if (seen.count == CUES_MAX)
        return;
    cue *c = &seen.cues[seen.count++];
    /* vtt.js gives times without the map */
    c->begin = (double)text->begin / text->timescale;
    c->end = (double)text->end / text->timescale;
    copy(c->id, sizeof(c->id), text->id);
    copy(c->settings, sizeof(c->settings), text->settings);
    copy(c->text, sizeof(c->text), az_slice_span(text->data));
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static const char *string_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool are_settings_equal(const char *text, json_t *expected)
{
    static const char *const aligns[] = {"start", "center", "end", "left", "right"};
    az_text_settings s;
    az_text_settings_parse(&s, az_span_str(text));
    const char *vertical = !s.is_vertical ? "" : s.is_left_to_right ? "lr" : "rl";
    json_t *line = json_object_get(expected, "line"), *position = json_object_get(expected, "position");
    bool is_good = !strcmp(vertical, string_of(expected, "vertical"));
    is_good = is_good && s.has_line == (bool)json_is_number(line);
    is_good = is_good &&
              (!s.has_line || (is_near(s.line, json_number_value(line)) &&
                               s.is_line_percent == !json_is_true(json_object_get(expected, "snapToLines"))));
    is_good = is_good &&
              (s.position < 0 ? !json_is_number(position) : is_near(s.position, json_number_value(position)));
    is_good = is_good && is_near(s.size, json_number_value(json_object_get(expected, "size")));
    return is_good && !strcmp(aligns[s.align], string_of(expected, "align"));
}

/* NULL: equal. */
static const char *compare_vtt(json_t *expected)
{
    json_t *cues = json_object_get(expected, "cues");
    if (json_array_size(cues) != seen.count)
        return "another number of cues";
    for (size_t i = 0; i < seen.count; i++) {
        const cue *c = &seen.cues[i];
        json_t *e = json_array_get(cues, i);
        double offset = c->begin - json_number_value(json_object_get(e, "start"));
        bool has_map = json_is_object(json_object_get(expected, "timestampMap"));
        if (!has_map && fabs(offset) > 1e-6)
            return "another begin";
        if (!is_near(c->end - offset, json_number_value(json_object_get(e, "end"))))
            return "another end";
        if (strcmp(c->id, string_of(e, "id")))
            return "another id";
        if (strcmp(c->text, string_of(e, "text")))
            return "another text";
        if (!are_settings_equal(c->settings, json_object_get(e, "settings")))
            return "other settings";
    }
    return NULL;
}

static void check_vtt(const char *file, az_span text, json_t *expected)
{
    az_demux_sink sink = {.text = on_text};
    az_webvtt *vtt = az_webvtt_create(&sink);
    seen.count = 0;
    aizu_result result = vtt ? az_webvtt_feed(vtt, text) : AIZU_E_MEMORY;
    if (!result)
        result = az_webvtt_finish(vtt);
    az_webvtt_destroy(&vtt);
    const char *difference = compare_vtt(expected);
    if (result && json_array_size(json_object_get(expected, "cues")) > 0)
        difference = aizu_result_name(result);
    if (difference)
        judge(file, difference);
    else
        files_equal++;
}

/* ---- TTML ---- */

static void without_space(char *out, const char *text)
{
    for (; *text; text++) {
        if ((uint8_t)*text > ' ')
            *out++ = *text;
    }
    *out = 0;
}

static void on_cue(void *user, const az_ttml_cue *c)
{
    char plain[TEXT_MAX];
    (void)user;
    if (seen.count == CUES_MAX)
        return;
    cue *out = &seen.cues[seen.count++];
    out->begin = (double)c->begin / 1e9;
    out->end = c->end == AZ_NEVER ? INFINITY : (double)c->end / 1e9;
    az_text_plain(plain, sizeof(plain), c->text);
    without_space(out->text, plain);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The texts of all regions at a time, sorted: regions are not named in cues. */
static const char *compare_state(json_t *state)
{
    static char ours[CUES_MAX][TEXT_MAX], theirs[CUES_MAX][TEXT_MAX];
    static char message[2 * TEXT_MAX];
    size_t our_count = 0, their_count = 0;
    double time = json_number_value(json_object_get(state, "time")) + 1e-6;
    for (size_t i = 0; i < seen.count; i++) {
        if (seen.cues[i].begin <= time && time < seen.cues[i].end && seen.cues[i].text[0])
            memcpy(ours[our_count++], seen.cues[i].text, TEXT_MAX);
    }
    json_t *regions = json_object_get(state, "regions");
    for (size_t i = 0; i < json_array_size(regions) && i < CUES_MAX; i++) {
        const char *text = string_of(json_array_get(regions, i), "text");
        if (strlen(text) < TEXT_MAX)
            without_space(theirs[their_count], text);
        their_count += theirs[their_count][0] != 0;
    }
    qsort(ours, our_count, TEXT_MAX, compare_strings);
    qsort(theirs, their_count, TEXT_MAX, compare_strings);
    for (size_t i = 0; i < AZ_MAX(our_count, their_count); i++) {
        const char *a = i < our_count ? ours[i] : "", *b = i < their_count ? theirs[i] : "";
        if (strcmp(a, b)) {
            snprintf(message, sizeof(message), "at %.3f: '%s', expected '%s'", time, a, b);
            return message;
        }
    }
    return NULL;
}

static void check_ttml(const char *file, az_span text, json_t *expected)
{
    const char *difference = NULL;
    seen.count = 0;
    aizu_result result = az_xml_ttml_parse(text, on_cue, NULL);
    if (!json_is_true(json_object_get(expected, "parsed"))) {
        files_unread++;
        return;
    }
    json_t *states = json_object_get(expected, "states");
    for (size_t i = 0; i < json_array_size(states) && !difference; i++)
        difference = compare_state(json_array_get(states, i));
    if (result && result != AIZU_E_UNSUPPORTED)
        difference = aizu_result_name(result);
    if (difference)
        judge(file, difference);
    else
        files_equal++;
}

/* ---- the corpus ---- */

static void check_file(const char *corpus, const char *folder, const char *name)
{
    char path[PATH_LENGTH], other[PATH_LENGTH], file[PATH_LENGTH];
    bool fits = snprintf(file, sizeof(file), "%s/%s", folder, name) < (int)sizeof(file) &&
                snprintf(other, sizeof(other), "%s/expect/text/%s.json", corpus, file) < (int)sizeof(other) &&
                snprintf(path, sizeof(path), "%s/text/%s", corpus, file) < (int)sizeof(path);
    json_t *root = fits ? json_load_file(other, 0, NULL) : NULL;
    size_t size = 0;
    char *data = fits ? read_file(path, &size) : NULL;
    json_t *vtt = json_object_get(root, "videojs-vtt.js"), *imsc = json_object_get(root, "imsc");
    files_seen++;
    if (!data || (!vtt && !imsc)) {
        failures++;
        printf("%s: no expectation, or not to be read\n", file);
    } else if (vtt) {
        check_vtt(file, az_span_make(data, size), vtt);
    } else {
        check_ttml(file, az_span_make(data, size), imsc);
    }
    free(data);
    json_decref(root);
}

static void check_folder(const char *corpus, const char *folder)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/text/%s", corpus, folder);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            check_file(corpus, folder, entry->d_name);
    closedir(dir);
}

int main(int argc, char **argv)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/text", argc > 1 ? argv[1] : "");
    DIR *dir = opendir(path);
    if (!dir) {
        printf("skipped: no corpus in %s\n", path);
        return 77;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            check_folder(argv[1], entry->d_name);
    closedir(dir);
    for (size_t i = 0; i < AZ_COUNT(deviations); i++)
        if (!deviations[i].was_met) {
            failures++;
            printf("no longer deviates: %s\n", deviations[i].file);
        }
    printf("%d files, %d equal, %d deviate with a reason, %d that nobody else reads, %d wrong\n", files_seen,
           files_equal, files_deviating, files_unread, failures);
    return failures > 0 || files_seen == 0;
}
