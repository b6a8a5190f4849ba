/*
 * The event message boxes of the corpus, field by field, against mp4box.js and mux.js (expect/emsg). mux.js
 * leaves the closing NUL on its strings, which JSON keeps: it is taken off.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cue/emsg.h"

#define PATH_LENGTH 4096
#define BOX_MAX     65536

static int files_seen, failures, values_equal;

static void compare(bool is_equal, const char *file, const char *parser, const char *field)
{
    if (is_equal) {
        values_equal++;
        return;
    }
    failures++;
    printf("%s: %s differs from %s\n", file, field, parser);
}

static bool is_text(az_span ours, const json_t *theirs)
{
    size_t size = json_string_length(theirs);
    const char *text = json_string_value(theirs);
    if (size > 0 && text[size - 1] == 0)
        size--;
    return text && az_span_equal(ours, az_span_make(text, size));
}

static bool is_hex(az_span ours, const json_t *theirs)
{
    const char *hex = json_string_value(theirs);
    if (!hex || strlen(hex) != 2 * ours.size)
        return false;
    for (size_t i = 0; i < ours.size; i++) {
        char digits[3];
        snprintf(digits, sizeof(digits), "%02x", ours.data[i]);
        if (memcmp(digits, hex + 2 * i, 2) != 0)
            return false;
    }
    return true;
}

static void compare_box(const char *file, const char *parser, const az_emsg *e, const json_t *box,
                        const char *data)
{
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"version", e->version},
        {"timescale", e->timescale},
        {"presentation_time_delta", e->presentation_time_delta},
        {"presentation_time", e->presentation_time},
        {"event_duration", e->duration},
        {"id", e->id},
    };
    for (size_t i = 0; i < AZ_COUNT(numbers); i++) {
        const json_t *value = json_object_get(box, numbers[i].name);
        if (value)
            compare((uint64_t)json_integer_value(value) == numbers[i].value, file, parser, numbers[i].name);
    }
    compare(is_text(e->scheme, json_object_get(box, "scheme_id_uri")), file, parser, "scheme_id_uri");
    compare(is_text(e->value, json_object_get(box, "value")), file, parser, "value");
    compare(is_hex(e->data, json_object_get(box, data)), file, parser, "message_data");
}

static void check_file(const char *corpus, const char *folder, const char *name)
{
    static uint8_t bytes[BOX_MAX];
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/emsg/%s/%s", corpus, folder, name);
    FILE *f = fopen(path, "rb");
    size_t size = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
    if (f)
        fclose(f);
    snprintf(path, sizeof(path), "%s/expect/emsg/%s/%s.json", corpus, folder, name);
    json_t *expected = json_load_file(path, JSON_ALLOW_NUL, NULL);
    az_emsg emsg;
    files_seen++;
    if (!expected || az_emsg_parse(&emsg, az_span_make(bytes, size))) {
        failures++;
        printf("%s: cannot be read\n", name);
    } else {
        const json_t *boxes = json_object_get(json_object_get(expected, "mp4box.js"), "boxes");
        compare_box(name, "mp4box.js", &emsg, json_array_get(boxes, 0), "message_data_hex");
        const json_t *box = json_object_get(json_object_get(expected, "mux.js"), "box");
        compare_box(name, "mux.js", &emsg, box, "message_data");
        bool is_id3 = json_object_get(expected, "id3InMessage") != NULL;
        compare(az_emsg_is_id3(&emsg) == is_id3, name, "the ID3 parsers", "whether it is ID3");
    }
    json_decref(expected);
}

static void check_folder(const char *corpus, const char *folder)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/emsg/%s", corpus, folder);
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            check_file(corpus, folder, entry->d_name);
    if (dir)
        closedir(dir);
}

int main(int argc, char **argv)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/emsg", argc > 1 ? argv[1] : "");
    DIR *dir = opendir(path);
    if (!dir) {
        printf("skipped: no corpus in %s\n", path);
        return 77;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            check_folder(argv[1], entry->d_name);
    closedir(dir);
    printf("%d files, %d values equal, %d wrong\n", files_seen, values_equal, failures);
    return failures > 0 || files_seen == 0;
}
