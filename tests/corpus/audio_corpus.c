/*
 * Every packed audio file of the corpus through the facade, against what ffprobe makes of it (expect/audio:
 * frames, times, format) and what ID3 parsers say of the tag in front (expect/audio-id3: its size, the
 * timestamp). Then again byte by byte and cut at random places: the output must be the same. Where we differ
 * on purpose the difference stands in `deviations` with its reason; one that no longer occurs is a failure,
 * too.
 */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <libavutil/md5.h>
#include <libavutil/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "demux/demuxer.h"

#define TICKS_MASK  ((INT64_C(1) << 33) - 1)
#define FIRST_MAX   8
#define MD5_SIZE    16
#define PATH_LENGTH 4096

typedef struct deviation {
    const char *file;  /* end of the name */
    const char *field; /* "*" any */
    const char *reason;
    bool was_met;
} deviation;

#define CUT_AT_END "ends inside a frame: ffprobe hands out the piece, we end with the last whole frame"
#define STRAY      "a line feed behind the last frame: ffprobe hands it out as a packet"

static deviation deviations[] = {
    {"bear-id3-numeric-genre.mp3", "count", STRAY, false},
    {"bear-id3-numeric-genre.mp3", "bytes", STRAY, false},
    {"bear-id3-numeric-genre.mp3", "md5OfPacketMd5s", STRAY, false},
    {"bear-id3.mp3", "count", STRAY, false},
    {"bear-id3.mp3", "bytes", STRAY, false},
    {"bear-id3.mp3", "md5OfPacketMd5s", STRAY, false},
    {"sample_cbs_truncated.adts", "count", CUT_AT_END, false},
    {"sample_cbs_truncated.adts", "bytes", CUT_AT_END, false},
    {"sample_cbs_truncated.adts", "md5OfPacketMd5s", CUT_AT_END, false},
    {"ts__sample.ac3", "count", CUT_AT_END, false},
    {"ts__sample.ac3", "bytes", CUT_AT_END, false},
    {"ts__sample.ac3", "md5OfPacketMd5s", CUT_AT_END, false},
    {"ts__sample.ac3", "lastPts", CUT_AT_END, false},
};

typedef struct packet {
    int64_t pts; /* since the first */
    int64_t size;
    char md5[2 * MD5_SIZE + 1];
} packet;

typedef struct record {
    az_track track;
    int64_t count, bytes;
    int64_t first_pts, last_pts; /* ticks; the last since the first */
    packet first[FIRST_MAX];
    struct AVMD5 *md5;
    char total[2 * MD5_SIZE + 1];
    int64_t tag_count, tag_bytes, tag_pts;
    uint64_t hash; /* of everything that came out, in order */
    bool is_wrong;
    az_container container;
} record;

static int files_seen, failures, values_equal, values_deviating;

static void hex_of(char *out, const uint8_t *digest)
{
    for (size_t i = 0; i < MD5_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void on_track(void *user, const az_track *track)
{
    record *r = user;
    r->track = *track;
    r->hash = az_hash(r->hash, track->codec_string, sizeof(track->codec_string));
}

static void on_sample(void *user, const az_sample *sample)
{
    record *r = user;
    uint8_t digest[MD5_SIZE];
    char text[2 * MD5_SIZE + 1];
    if (r->count == 0)
        r->first_pts = sample->pts;
    int64_t since = (sample->pts - r->first_pts) & TICKS_MASK;
    av_md5_sum(digest, sample->data.data, sample->data.size);
    hex_of(text, digest);
    av_md5_update(r->md5, (const uint8_t *)text, sizeof(text) - 1);
    if (r->count < FIRST_MAX) {
        packet *p = &r->first[r->count];
        p->pts = since;
        p->size = (int64_t)sample->data.size;
        memcpy(p->md5, text, sizeof(text));
    }
    r->count++;
    r->bytes += (int64_t)sample->data.size;
    r->last_pts = since;
    const int64_t fields[] = {sample->pts, sample->duration, sample->flags, (int64_t)sample->data.size};
    r->hash = az_hash(r->hash, fields, sizeof(fields));
    r->hash = az_hash(r->hash, digest, sizeof(digest));
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    record *r = user;
    if (r->tag_count++ == 0) {
        r->tag_bytes = (int64_t)metadata->data.size;
        r->tag_pts = metadata->pts;
    }
    r->hash = az_hash(r->hash, &metadata->pts, sizeof(metadata->pts));
    r->hash = az_hash(r->hash, metadata->data.data, metadata->data.size);
}

static void demux(record *r, az_span bytes, size_t piece_max, uint64_t seed)
{
    *r = (record){.hash = AZ_HASH_SEED, .md5 = av_md5_alloc()};
    av_md5_init(r->md5);
    az_demux_sink sink = {.user = r, .track = on_track, .sample = on_sample, .metadata = on_metadata};
    az_demuxer *demuxer = az_demuxer_create(&sink);
    az_random random;
    az_random_init(&random, seed);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result;) {
        size_t count = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : bytes.size;
        az_slice slice;
        r->is_wrong |= !az_slice_copy(&slice, az_span_sub(bytes, pos, count));
        result = az_demuxer_feed(demuxer, slice);
        az_slice_unref(&slice);
        pos += count;
    }
    if (!result)
        result = az_demuxer_finish(demuxer);
    r->is_wrong |= result != AIZU_OK;
    r->container = az_demuxer_container(demuxer);
    az_demuxer_destroy(&demuxer);
    uint8_t digest[MD5_SIZE];
    av_md5_final(r->md5, digest);
    av_free(r->md5);
    hex_of(r->total, digest);
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static void differs(const char *file, const char *field, const char *ours, const char *theirs)
{
    for (size_t i = 0; i < AZ_COUNT(deviations); i++) {
        deviation *d = &deviations[i];
        if (!ends_with(file, d->file) || (strcmp(d->field, "*") != 0 && strcmp(d->field, field) != 0))
            continue;
        d->was_met = true;
        values_deviating++;
        return;
    }
    failures++;
    printf("%s %s: ours %s, theirs %s\n", file, field, ours, theirs);
}

static void compare_int(const char *file, const char *field, int64_t ours, const json_t *theirs)
{
    char a[32], b[32];
    if (!json_is_integer(theirs) && !json_is_string(theirs))
        return;
    int64_t value = json_is_string(theirs) ? strtoll(json_string_value(theirs), NULL, 10)
                                           : (int64_t)json_integer_value(theirs);
    if (value == ours) {
        values_equal++;
        return;
    }
    snprintf(a, sizeof(a), "%" PRId64, ours);
    snprintf(b, sizeof(b), "%" PRId64, value);
    differs(file, field, a, b);
}

static void compare_text(const char *file, const char *field, const char *ours, const json_t *theirs)
{
    if (!json_is_string(theirs))
        return;
    if (strcmp(ours, json_string_value(theirs)) == 0)
        values_equal++;
    else
        differs(file, field, ours, json_string_value(theirs));
}

/* ffprobe counts from 0 in ticks of its own; we in 90 kHz from the timestamp. */
static void compare_time(const char *file, const char *field, int64_t ours, const json_t *theirs,
                         const json_t *time_base)
{
    const char *scale = json_string_value(time_base);
    if (!json_is_integer(theirs) || !scale || strncmp(scale, "1/", 2) != 0)
        return;
    int64_t ticks = az_rescale(json_integer_value(theirs), 90000, strtoll(scale + 2, NULL, 10));
    json_t *rescaled = json_integer(ticks);
    compare_int(file, field, ours, rescaled);
    json_decref(rescaled);
}

static const char *codec_name(const record *r)
{
    if (r->track.codec == AZ_CODEC_MP3)
        return strcmp(r->track.codec_string, "mp4a.40.33") == 0 ? "mp2" : "mp3";
    return az_codec_name(r->track.codec);
}

static void compare_stream(const char *file, const record *r, const json_t *stream)
{
    const json_t *packets = json_object_get(stream, "packets"), *base = json_object_get(stream, "time_base");
    compare_text(file, "codec_name", codec_name(r), json_object_get(stream, "codec_name"));
    compare_int(file, "sample_rate", r->track.sample_rate, json_object_get(stream, "sample_rate"));
    compare_int(file, "channels", r->track.channels, json_object_get(stream, "channels"));
    compare_int(file, "count", r->count, json_object_get(packets, "count"));
    compare_int(file, "bytes", r->bytes, json_object_get(packets, "bytes"));
    compare_text(file, "md5OfPacketMd5s", r->total, json_object_get(packets, "md5OfPacketMd5s"));
    const json_t *first = json_object_get(packets, "first");
    for (size_t i = 0; i < json_array_size(first) && i < FIRST_MAX; i++) {
        const json_t *p = json_array_get(first, i);
        compare_int(file, "first.size", r->first[i].size, json_object_get(p, "size"));
        compare_text(file, "first.md5", r->first[i].md5, json_object_get(p, "md5"));
    }
    if (r->first_pts == AZ_NO_TICKS)
        return;
    compare_time(file, "lastPts", r->last_pts, json_object_get(packets, "lastPts"), base);
    for (size_t i = 0; i < json_array_size(first) && i < FIRST_MAX; i++)
        compare_time(file, "first.pts", r->first[i].pts, json_object_get(json_array_get(first, i), "pts"),
                     base);
}

/* The 8 bytes of the timestamp that stands in the tag, as mux.js gives them; -1 without. */
static int64_t stamp_of(const json_t *expected)
{
    size_t index;
    const json_t *frame;
    json_array_foreach(json_object_get(json_object_get(expected, "mux.js"), "frames"), index, frame)
    {
        const char *owner = json_string_value(json_object_get(frame, "owner"));
        const char *hex = json_string_value(json_object_get(json_object_get(frame, "data"), "hex"));
        if (owner && hex && strcmp(owner, "com.apple.streaming.transportStreamTimestamp") == 0)
            return (int64_t)(strtoull(hex, NULL, 16) & (uint64_t)TICKS_MASK);
    }
    return -1;
}

static void compare_tag(const char *file, const record *r, const json_t *expected)
{
    if (!expected) {
        json_t *none = json_integer(0);
        compare_int(file, "tags", r->tag_count, none);
        json_decref(none);
        return;
    }
    compare_int(file, "tagBytes", r->tag_bytes,
                json_object_get(json_object_get(expected, "@svta/cml-id3"), "tagBytes"));
    int64_t stamp = stamp_of(expected);
    json_t *value = json_integer(stamp >= 0 ? stamp : AZ_NO_TICKS);
    compare_int(file, "stamp", r->first_pts, value);
    compare_int(file, "tag.pts", r->tag_pts, value);
    json_decref(value);
}

static void compare_split(const char *file, az_span bytes, const record *whole, size_t piece_max)
{
    record *r = malloc(sizeof(*r));
    demux(r, bytes, piece_max, bytes.size);
    if (r->hash == whole->hash && r->is_wrong == whole->is_wrong)
        values_equal++;
    else
        differs(file, "split", "another output", "the same as in one piece");
    free(r);
}

static az_span load(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return az_span_make(NULL, 0);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    size_t got = fread(data, 1, (size_t)size, f);
    fclose(f);
    return az_span_make(data, got);
}

static void check_file(const char *corpus, const char *folder, const char *name)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/audio/%s/%s", corpus, folder, name);
    az_span bytes = load(path);
    record *r = malloc(sizeof(*r));
    demux(r, bytes, 0, 0);
    files_seen++;
    if (r->is_wrong)
        differs(name, "result", "an error", "success");
    if (r->container != AZ_CONTAINER_PACKED_AUDIO)
        differs(name, "container", az_container_name(r->container), "packed audio");
    snprintf(path, sizeof(path), "%s/expect/audio/%s/%s.json", corpus, folder, name);
    json_t *expected = json_load_file(path, 0, NULL);
    compare_stream(name, r, json_array_get(json_object_get(expected, "streams"), 0));
    if (!expected)
        differs(name, "expectation", "", "none");
    json_decref(expected);
    snprintf(path, sizeof(path), "%s/expect/audio-id3/%s/%s.json", corpus, folder, name);
    expected = json_load_file(path, 0, NULL);
    compare_tag(name, r, expected);
    json_decref(expected);
    compare_split(name, bytes, r, 1);
    compare_split(name, bytes, r, 100);
    compare_split(name, bytes, r, 5000);
    free(r);
    free((void *)bytes.data);
}

static void check_folder(const char *corpus, const char *folder)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/audio/%s", corpus, folder);
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
    snprintf(path, sizeof(path), "%s/audio", argc > 1 ? argv[1] : "");
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
            printf("no longer deviates: %s %s\n", deviations[i].file, deviations[i].field);
        }
    printf("%d files, %d values equal, %d deviate with a reason, %d wrong\n", files_seen, values_equal,
           values_deviating, failures);
    return failures > 0 || files_seen == 0;
}
