/*
 * Every media and text file of the corpus by its first bytes: the container has to be that of its folder, in
 * one piece and byte by byte. Files that are none, or encrypted as a whole, are listed with the reason.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "demux/probe.h"

#define PATH_LENGTH 4096

static const struct {
    const char *folder;
    az_container containers[2]; /* any of these */
} folders[] = {
    {"ts", {AZ_CONTAINER_TS, AZ_CONTAINER_TS}},
    {"fmp4", {AZ_CONTAINER_FMP4, AZ_CONTAINER_FMP4}},
    {"audio", {AZ_CONTAINER_PACKED_AUDIO, AZ_CONTAINER_PACKED_AUDIO}},
    {"text", {AZ_CONTAINER_WEBVTT, AZ_CONTAINER_TTML}},
};

static const struct {
    const char *name; /* in the file's name */
    const char *reason;
} unknown[] = {
    {"hls-aes-256__", "encrypted as a whole, or a key"},
    {"file-layout__newline-before-webvtt.vtt", "WEBVTT has to stand first"},
    {"file-layout__bom-garbage-data.vtt", "WEBVTT has to stand first"},
    {"file-layout__blank-file.vtt", "empty"},
    {"file-layout__bad-double-webvtt.vtt", "WEBVTT has to stand first"},
};

static int files_seen, files_unknown, failures;

static az_container probe_bytewise(az_span bytes)
{
    az_container container = AZ_CONTAINER_UNKNOWN;
    size_t size = 0;
    aizu_result result;
    do {
        size += size < 1024 ? 1 : size;
        size = AZ_MIN(size, bytes.size);
        result = az_probe(az_span_sub(bytes, 0, size), size == bytes.size, &container);
    } while (result == AIZU_AGAIN && size < bytes.size);
    return container;
}

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < AZ_COUNT(unknown); i++)
        if (strstr(name, unknown[i].name))
            return true;
    return false;
}

static void check_file(const char *path, const az_container *expected)
{
    static uint8_t bytes[AZ_PROBE_SIZE_MAX];
    FILE *f = fopen(path, "rb");
    size_t size = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
    if (f)
        fclose(f);
    az_container container = AZ_CONTAINER_UNKNOWN;
    aizu_result result = az_probe(az_span_make(bytes, size), true, &container);
    bool is_unknown = is_listed(path);
    bool is_right = container == expected[0] || container == expected[1];
    files_seen++;
    files_unknown += is_unknown;
    if (is_unknown ? result != AIZU_E_MEDIA : !is_right) {
        failures++;
        printf("%s: %s\n", path, az_container_name(container));
    }
    if (probe_bytewise(az_span_make(bytes, size)) != container) {
        failures++;
        printf("%s: another container byte by byte\n", path);
    }
}

static void check_folder(const char *path, const az_container *expected)
{
    char name[PATH_LENGTH];
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        int size = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (size > 0 && (size_t)size < sizeof(name))
            check_file(name, expected);
    }
    if (dir)
        closedir(dir);
}

int main(int argc, char **argv)
{
    char path[PATH_LENGTH], folder[PATH_LENGTH];
    for (size_t i = 0; i < AZ_COUNT(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s", argc > 1 ? argv[1] : "", folders[i].folder);
        DIR *dir = opendir(path);
        if (!dir) {
            printf("skipped: no corpus in %s\n", path);
            return 77;
        }
        for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
            if (entry->d_name[0] == '.')
                continue;
            int size = snprintf(folder, sizeof(folder), "%s/%s", path, entry->d_name);
            if (size > 0 && (size_t)size < sizeof(folder))
                check_folder(folder, folders[i].containers);
        }
        closedir(dir);
    }
    printf("%d files, %d of no container with a reason, %d wrong\n", files_seen, files_unknown, failures);
    return failures > 0 || files_seen == 0;
}
