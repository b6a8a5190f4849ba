/*
 * Every fragmented MP4 file of the corpus through the demuxer, behind its initialisation section where it has
 * one, against what ffprobe makes of it (expect/fmp4): each sample's bytes, time stamps and flags, and the
 * format of each track. Then again byte by byte and cut at random places: the output must be the same. Where
 * we differ on purpose the difference stands in `deviations` with its reason; one that no longer occurs is a
 * failure, too.
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
#include "demux/fmp4.h"

#define TRACKS_MAX  AZ_FMP4_TRACKS_MAX
#define FIRST_MAX   8
#define MD5_SIZE    16
#define PATH_LENGTH 4096

typedef struct deviation {
    const char *file;   /* end of the name, or of a folder's */
    const char *id;     /* of the stream, "*" any */
    const char *field;  /* "*" any */
    int64_t off_by_max; /* the numbers may differ by so much, 0 any */
    const char *reason;
    bool was_met;
} deviation;

#define MAC_LANGUAGE   "QuickTime's number of a language, which ISO/IEC 14496-12 does not have"
#define NOT_A_CODE     "three bytes 0x7F are no language"
#define CIPHERTEXT     "encrypted as a whole: no boxes, and that is what is said"
#define CUT_AT_END     "the file ends inside its last sample: we flag it, ffprobe hands it out as whole"
#define SHIFTED        "ffprobe moves presentation times up where offsets are negative; 8.6.1.3 adds them"
#define IMAGES         "pictures follow the document in the sample: only the document is given out (8.7.7)"
#define TWO_MDATS      "a run over two mdat boxes: ffprobe takes the header of the second for bytes of the sample"
#define NOT_FRAGMENTED "samples in moov: said to be unsupported, a segment is fragmented"
#define GIVES_UP       "ffprobe stops at the second fragment; with the clear copy cbcsdec.mp4 our sizes agree"
#define CUT_FROM \
    "offsets of a larger file: ffprobe reads other bytes; ours are those of sample_fragmented.mp4"

static deviation deviations[] = {
    {"assets__cea-init.mp4", "0x2", "language", 0, MAC_LANGUAGE, false},
    {"assets__cea-segment.mp4", "0x2", "language", 0, MAC_LANGUAGE, false},
    {"mp4__sample_opus_fragmented.mp4", "0x1", "language", 0, NOT_A_CODE, false},
    {"hls-aes-256__init.mp4", "*", "result", 0, CIPHERTEXT, false},
    {"hls-aes-256__segment_0.m4s", "*", "result", 0, CIPHERTEXT, false},
    {"hls-aes-256__segment_1.m4s", "*", "result", 0, CIPHERTEXT, false},
    {"hls-aes-256__segment_2.m4s", "*", "result", 0, CIPHERTEXT, false},
    {"hls-aes-256__segment_3.m4s", "*", "result", 0, CIPHERTEXT, false},
    {"hls-aes-256__segment_4.m4s", "*", "result", 0, CIPHERTEXT, false},
    {"audio-enc-s3.mp4", "0x1", "corruptPackets", 1, CUT_AT_END, false},
    {"hls-iframe-only__segment--00001.mp4", "0x1", "firstPts", 2000, SHIFTED, false},
    {"hls-iframe-only__segment--00001.mp4", "0x1", "lastPts", 2000, SHIFTED, false},
    {"hls-iframe-only__segment--00001.mp4", "0x1", "first.pts", 2000, SHIFTED, false},
    {"hls-iframe-only__segment--00002.mp4", "0x1", "firstPts", 2000, SHIFTED, false},
    {"hls-iframe-only__segment--00002.mp4", "0x1", "lastPts", 2000, SHIFTED, false},
    {"hls-iframe-only__segment--00002.mp4", "0x1", "first.pts", 2000, SHIFTED, false},
    {"assets__imsc-image-segment.cmft", "0x1", "*", 0, IMAGES, false},
    {"assets__ttml-segment-multiple-mdat.mp4", "0x1", "md5OfPacketMd5s", 0, TWO_MDATS, false},
    {"assets__ttml-segment-multiple-mdat.mp4", "0x1", "first.md5", 0, TWO_MDATS, false},
    {"testdata__stpp_prog.mp4", "0x1", "*", 0, NOT_FRAGMENTED, false},
    {"testdata__cbcs.mp4", "*", "*", 0, GIVES_UP, false},
    {"mp4__sample_fragmented_uuid.mp4", "*", "md5OfPacketMd5s", 0, CUT_FROM, false},
    {"mp4__sample_fragmented_uuid.mp4", "*", "first.md5", 0, CUT_FROM, false},
    {"mp4__sample_fragmented_uuid.mp4", "0x1", "keyPackets", 0, CUT_FROM, false},
    {"mp4__sample_fragmented_uuid.mp4", "0x1", "first.flags", 0, CUT_FROM, false},
    {"mp4__sample_fragmented_uuid.mp4", "0x2", "channels", 0, CUT_FROM, false},
};

/* What was seen of one track. */
typedef struct track_record {
    az_track track; /* without config */
    int64_t count, bytes, keys, corrupt;
    int64_t end, gaps; /* where the sample before ends; how often the next does not begin there */
    int64_t first_pts, last_pts, first_dts, last_dts;
    struct {
        int64_t pts, dts, size;
        bool is_key;
        char md5[33];
    } first[FIRST_MAX];
    struct AVMD5 *md5; /* of the hex MD5s of all samples */
    char total[33];
} track_record;

typedef struct record {
    track_record tracks[TRACKS_MAX];
    size_t count;
    size_t cues, message_count;
    char messages[FIRST_MAX][33]; /* MD5s of emsg boxes */
    uint64_t hash;                /* over every callback but trouble */
    aizu_result result;
    bool is_wrong; /* a promise of the interface was broken */
} record;

static int files_seen, values_equal, values_deviating, failures;

static void hex_of(char out[33], const uint8_t *digest)
{
    for (int i = 0; i < MD5_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static track_record *find_track(record *r, uint32_t id)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->tracks[i].track.id == id)
            return &r->tracks[i];
    return NULL;
}

static void hash_value(record *r, int64_t value)
{
    r->hash = az_hash(r->hash, &value, sizeof(value));
}

static void hash_bytes(record *r, az_slice bytes)
{
    r->hash = az_hash(r->hash, bytes.data, bytes.size);
}

static void on_track(void *user, const az_track *track)
{
    record *r = user;
    track_record *t = find_track(r, track->id);
    if (!t) {
        t = &r->tracks[r->count++];
        t->md5 = av_md5_alloc();
        av_md5_init(t->md5);
    }
    t->track = *track;
    hash_bytes(r, track->config);
    t->track.config = (az_slice){NULL, NULL, 0};
    r->hash = az_hash(r->hash, track->codec_string, strlen(track->codec_string));
    hash_value(r, track->id);
    hash_value(r, track->width);
    hash_value(r, track->edit_offset);
}

static void note_sample(record *r, uint32_t id, int64_t pts, int64_t dts, unsigned flags, az_slice data)
{
    uint8_t digest[MD5_SIZE];
    char hex[33];
    track_record *t = find_track(r, id);
    if (!t || data.size == 0) {
        r->is_wrong = true; /* a sample of a track that was not announced */
        return;
    }
    pts += t->track.edit_offset;
    dts += t->track.edit_offset;
    av_md5_sum(digest, data.data, data.size);
    hex_of(hex, digest);
    av_md5_update(t->md5, (const uint8_t *)hex, 32);
    if (t->count == 0) {
        t->first_pts = pts;
        t->first_dts = dts;
    }
    if (t->count < FIRST_MAX) {
        t->first[t->count].pts = pts;
        t->first[t->count].dts = dts;
        t->first[t->count].size = (int64_t)data.size;
        t->first[t->count].is_key = flags & AZ_SAMPLE_KEY;
        memcpy(t->first[t->count].md5, hex, sizeof(hex));
    }
    t->last_pts = pts;
    t->last_dts = dts;
    t->count++;
    t->bytes += (int64_t)data.size;
    t->keys += flags & AZ_SAMPLE_KEY ? 1 : 0;
    t->corrupt += flags & AZ_SAMPLE_CORRUPT ? 1 : 0;
    hash_value(r, id);
    hash_value(r, flags);
    hash_value(r, pts);
    hash_value(r, dts);
    hash_bytes(r, data);
}

static void on_sample(void *user, const az_sample *sample)
{
    record *r = user;
    note_sample(r, sample->track, sample->pts, sample->dts, sample->flags, sample->data);
    track_record *t = find_track(r, sample->track);
    if (t && t->count > 1 && t->end != sample->dts)
        t->gaps++;
    if (t)
        t->end = sample->dts + sample->duration;
    hash_value(r, sample->duration);
    if (!sample->crypt)
        return;
    hash_value(r, (int64_t)sample->crypt->scheme);
    hash_value(r, sample->crypt->pattern_encrypted);
    r->hash = az_hash(r->hash, sample->crypt->key_id, sizeof(sample->crypt->key_id));
    r->hash = az_hash(r->hash, sample->crypt->iv, sizeof(sample->crypt->iv));
    size_t sum = 0;
    for (size_t i = 0; i < sample->crypt->subsample_count; i++) {
        const az_subsample *part = &sample->crypt->subsamples[i];
        sum += (size_t)part->clear + part->encrypted;
        hash_value(r, part->clear);
        hash_value(r, part->encrypted);
    }
    r->is_wrong |= sample->crypt->subsample_count > 0 && sum != sample->data.size &&
                   !(sample->flags & AZ_SAMPLE_CORRUPT);
}

static void on_text(void *user, const az_text_sample *text)
{
    record *r = user;
    if (text->codec == AZ_CODEC_TTML)
        note_sample(r, text->track, text->begin, text->begin, AZ_SAMPLE_KEY, text->data);
    r->cues++;
    hash_value(r, text->begin);
    hash_value(r, text->end);
    hash_bytes(r, text->data);
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    record *r = user;
    uint8_t digest[MD5_SIZE];
    av_md5_sum(digest, metadata->data.data, metadata->data.size);
    if (r->message_count < FIRST_MAX)
        hex_of(r->messages[r->message_count], digest);
    r->message_count++;
    hash_value(r, metadata->pts);
    hash_value(r, metadata->timescale);
    hash_bytes(r, metadata->data);
}

static void on_producer_time(void *user, const az_producer_time *time)
{
    hash_value(user, time->ticks);
    hash_value(user, time->wall);
}

/* In pieces of 1..piece_max bytes; 0: all at once. */
static aizu_result feed(az_fmp4 *fmp4, az_span bytes, size_t piece_max, uint64_t seed)
{
    az_random random;
    az_random_init(&random, seed);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result;) {
        size_t size = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : bytes.size;
        az_slice piece; /* a buffer of its own, so that a byte too far is noticed */
        if (!az_slice_copy(&piece, az_span_sub(bytes, pos, size)))
            return AIZU_E_MEMORY;
        result = az_fmp4_feed(fmp4, piece);
        az_slice_unref(&piece);
        pos += size;
    }
    return result ? result : az_fmp4_finish(fmp4);
}

static void demux(record *r, az_span init, az_span bytes, size_t piece_max)
{
    memset(r, 0, sizeof(*r));
    r->hash = AZ_HASH_SEED;
    az_demux_sink sink = {.user = r,
                          .track = on_track,
                          .sample = on_sample,
                          .metadata = on_metadata,
                          .text = on_text,
                          .producer_time = on_producer_time};
    az_fmp4 *fmp4 = az_fmp4_create(&sink);
    if (init.size > 0 && feed(fmp4, init, piece_max, init.size) != AIZU_OK)
        r->is_wrong = true;
    r->result = feed(fmp4, bytes, piece_max, bytes.size);
    az_fmp4_destroy(&fmp4);
    for (size_t i = 0; i < r->count; i++) {
        uint8_t digest[MD5_SIZE];
        av_md5_final(r->tracks[i].md5, digest);
        hex_of(r->tracks[i].total, digest);
    }
}

static void record_free(record *r)
{
    for (size_t i = 0; i < r->count; i++)
        av_free(r->tracks[i].md5);
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static bool applies(const deviation *d, const char *file, const char *id, const char *field,
                    int64_t difference)
{
    return ends_with(file, d->file) && (strcmp(d->id, "*") == 0 || strcmp(d->id, id) == 0) &&
           (strcmp(d->field, "*") == 0 || strcmp(d->field, field) == 0) &&
           (d->off_by_max == 0 || (difference >= -d->off_by_max && difference <= d->off_by_max));
}

static void differs_by(const char *file, const char *id, const char *field, const char *ours,
                       const char *theirs, int64_t difference)
{
    for (size_t i = 0; i < AZ_COUNT(deviations); i++) {
        if (!applies(&deviations[i], file, id, field, difference))
            continue;
        deviations[i].was_met = true;
        values_deviating++;
        return;
    }
    failures++;
    printf("%s %s %s: ours %s, theirs %s\n", file, id, field, ours, theirs);
}

static void differs(const char *file, const char *id, const char *field, const char *ours, const char *theirs)
{
    differs_by(file, id, field, ours, theirs, INT64_MAX);
}

static void compare_int(const char *file, const char *id, const char *field, int64_t ours,
                        const json_t *theirs)
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
    differs_by(file, id, field, a, b, ours - value);
}

static void compare_text(const char *file, const char *id, const char *field, const char *ours,
                         const json_t *theirs)
{
    if (!json_is_string(theirs))
        return;
    if (strcmp(ours, json_string_value(theirs)) == 0)
        values_equal++;
    else
        differs(file, id, field, ours, json_string_value(theirs));
}

static void compare_first(const char *file, const char *id, const track_record *t, const json_t *first)
{
    for (size_t i = 0; i < json_array_size(first) && i < FIRST_MAX; i++) {
        const json_t *p = json_array_get(first, i);
        compare_int(file, id, "first.pts", t->first[i].pts, json_object_get(p, "pts"));
        compare_int(file, id, "first.dts", t->first[i].dts, json_object_get(p, "dts"));
        compare_int(file, id, "first.size", t->first[i].size, json_object_get(p, "size"));
        compare_text(file, id, "first.md5", t->first[i].md5, json_object_get(p, "md5"));
        const char *flags = json_string_value(json_object_get(p, "flags"));
        if (flags && (flags[0] == 'K') != t->first[i].is_key)
            differs(file, id, "first.flags", t->first[i].is_key ? "K" : "_", flags);
    }
}

/* Durations: ffprobe has none of the last sample and often guesses, so each must lead to the next sample. */
static void compare_packets(const char *file, const char *id, const track_record *t, const json_t *packets,
                            bool is_repacked)
{
    compare_int(file, id, "count", t->count, json_object_get(packets, "count"));
    compare_int(file, id, "keyPackets", t->keys, json_object_get(packets, "keyPackets"));
    compare_int(file, id, "corruptPackets", t->corrupt, json_object_get(packets, "corruptPackets"));
    compare_int(file, id, "firstPts", t->first_pts, json_object_get(packets, "firstPts"));
    compare_int(file, id, "lastPts", t->last_pts, json_object_get(packets, "lastPts"));
    compare_int(file, id, "firstDts", t->first_dts, json_object_get(packets, "firstDts"));
    compare_int(file, id, "lastDts", t->last_dts, json_object_get(packets, "lastDts"));
    json_t *none = json_integer(0);
    compare_int(file, id, "gaps", t->gaps, none);
    json_decref(none);
    if (is_repacked)
        return;
    compare_int(file, id, "bytes", t->bytes, json_object_get(packets, "bytes"));
    compare_text(file, id, "md5OfPacketMd5s", t->total, json_object_get(packets, "md5OfPacketMd5s"));
    compare_first(file, id, t, json_object_get(packets, "first"));
}

static const char *codec_name(const az_track *t)
{
    return t->codec == AZ_CODEC_H265 ? "hevc" : az_codec_name(t->codec);
}

static void compare_format(const char *file, const char *id, const az_track *t, const json_t *stream)
{
    char base[32], tag[5] = "";
    if (t->codec != AZ_CODEC_UNKNOWN && t->media != AZ_MEDIA_TEXT)
        compare_text(file, id, "codec_name", codec_name(t), json_object_get(stream, "codec_name"));
    const char *language = json_string_value(json_object_get(stream, "language"));
    if (language && strcmp(language, "und") != 0)
        compare_text(file, id, "language", t->language, json_object_get(stream, "language"));
    snprintf(base, sizeof(base), "1/%u", (unsigned)t->timescale);
    compare_text(file, id, "time_base", base, json_object_get(stream, "time_base"));
    if (t->media == AZ_MEDIA_VIDEO) {
        memcpy(tag, t->codec_string, 4);
        compare_text(file, id, "codec_tag_string", tag, json_object_get(stream, "codec_tag_string"));
        compare_int(file, id, "width", t->width, json_object_get(stream, "width"));
        compare_int(file, id, "height", t->height, json_object_get(stream, "height"));
    }
    if (t->media != AZ_MEDIA_AUDIO)
        return;
    compare_int(file, id, "sample_rate", t->sample_rate, json_object_get(stream, "sample_rate"));
    compare_int(file, id, "channels", t->channels, json_object_get(stream, "channels"));
}

static void compare_stream(const char *file, record *r, const json_t *stream)
{
    const char *id = json_string_value(json_object_get(stream, "id"));
    const track_record *t = id ? find_track(r, (uint32_t)strtoul(id, NULL, 16)) : NULL;
    if (!t) {
        differs(file, id ? id : "?", "track", "none", "a stream");
        return;
    }
    compare_format(file, id, &t->track, stream);
    const char *codec = json_string_value(json_object_get(stream, "codec_name"));
    bool is_repacked = codec && strcmp(codec, "eia_608") == 0; /* ffprobe takes the boxes off */
    if (t->track.codec != AZ_CODEC_WEBVTT)                     /* cues come out, not samples */
        compare_packets(file, id, t, json_object_get(stream, "packets"), is_repacked);
}

static void compare_split(const char *file, az_span init, az_span bytes, const record *whole,
                          size_t piece_max)
{
    record *r = malloc(sizeof(*r));
    demux(r, init, bytes, piece_max);
    if (r->hash == whole->hash && r->is_wrong == whole->is_wrong && r->result == whole->result)
        values_equal++;
    else
        differs(file, "*", "split", "another output", "the same as in one piece");
    record_free(r);
    free(r);
}

static az_span load(const char *corpus, const char *name)
{
    char path[PATH_LENGTH];
    az_span none = {NULL, 0};
    snprintf(path, sizeof(path), "%s/%s", corpus, name);
    FILE *f = name[0] ? fopen(path, "rb") : NULL;
    if (!f)
        return none;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    size_t got = fread(data, 1, (size_t)size, f);
    fclose(f);
    return az_span_make(data, got);
}

/* Event messages against the boxes that stand in the folder emsg as files of their own. */
static void compare_messages(const char *corpus, const char *folder, const char *name, const record *r)
{
    char path[PATH_LENGTH], md5[33];
    uint8_t digest[MD5_SIZE];
    for (size_t i = 0; i < FIRST_MAX; i++) {
        snprintf(path, sizeof(path), "emsg/%s/%s.%zu.emsg", folder, name, i);
        az_span box = load(corpus, path);
        if (box.size == 0)
            return;
        av_md5_sum(digest, box.data, box.size);
        hex_of(md5, digest);
        json_t *expected = json_string(md5);
        compare_text(name, "*", "emsg", i < r->message_count ? r->messages[i] : "", expected);
        json_decref(expected);
        free((void *)box.data);
    }
}

static void check_file(const char *corpus, const char *folder, const char *name)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/expect/fmp4/%s/%s.json", corpus, folder, name);
    json_t *expected = json_load_file(path, 0, NULL);
    const char *before = json_string_value(json_object_get(expected, "readAfterInit"));
    az_span init = load(corpus, before ? before : "");
    snprintf(path, sizeof(path), "fmp4/%s/%s", folder, name);
    az_span bytes = load(corpus, path);
    record *r = malloc(sizeof(*r));
    demux(r, init, bytes, 0);
    files_seen++;
    if (r->is_wrong || r->result != AIZU_OK)
        differs(name, "*", "result", "an error", "success");
    size_t index;
    json_t *stream;
    json_array_foreach(json_object_get(expected, "streams"), index, stream) compare_stream(name, r, stream);
    if (!expected)
        differs(name, "*", "expectation", "", "none");
    compare_messages(corpus, folder, name, r);
    compare_split(name, init, bytes, r, 1);
    compare_split(name, init, bytes, r, 1000);
    compare_split(name, init, bytes, r, 70000);
    json_decref(expected);
    record_free(r);
    free(r);
    free((void *)init.data);
    free((void *)bytes.data);
}

static void check_folder(const char *corpus, const char *folder)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/fmp4/%s", corpus, folder);
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        if (entry->d_name[0] != '.' && !ends_with(entry->d_name, ".key"))
            check_file(corpus, folder, entry->d_name);
    if (dir)
        closedir(dir);
}

int main(int argc, char **argv)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/fmp4", argc > 1 ? argv[1] : "");
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
            printf("no longer deviates: %s %s %s\n", deviations[i].file, deviations[i].id,
                   deviations[i].field);
        }
    printf("%d files, %d values equal, %d deviate with a reason, %d wrong\n", files_seen, values_equal,
           values_deviating, failures);
    return failures > 0 || files_seen == 0;
}
