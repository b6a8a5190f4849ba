/*
 * Every transport stream of the corpus through the demuxer, against what ffprobe (expect/ts) and ID3 parsers
 * (expect/timed-id3) make of it: each access unit's bytes, time stamps, flags, and the format of each track.
 * Then again byte by byte and cut at random places: the output must be the same. Where we differ on purpose
 * the difference stands in `deviations` with its reason; one that no longer occurs is a failure, too.
 */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <libavutil/md5.h>
#include <libavutil/mem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "demux/ts.h"

#define TICKS_MASK  ((INT64_C(1) << 33) - 1)
#define TRACKS_MAX  64
#define FIRST_MAX   8
#define MD5_SIZE    16
#define PATH_LENGTH 4096

typedef struct deviation {
    const char *file;   /* end of the name */
    const char *id;     /* of the stream, "*" any */
    const char *field;  /* "*" any */
    int64_t off_by_max; /* the numbers may differ by so much, 0 any */
    const char *reason;
    bool was_met;
} deviation;

#define ROUNDING \
    "ffprobe adds up durations cut to whole ticks; we round each time once, from the absolute one"
#define NO_TIMING    "no rate in the SPS: ffprobe's duration is a guess from the distance of time stamps"
#define LATE_SPS     "the stream begins before its first SPS: no duration for the pictures up to there"
#define CUT_AT_START "begins inside a frame: ffprobe hands out the piece, we begin with the first whole frame"
#define CUT_AT_END   "ends inside a frame: ffprobe hands out the piece, we end with the last whole frame"
#define HE_AAC       "HE-AAC with implicit signalling: the header gives the core's rate, only a decoder sees more"
#define IMPLICIT_PS  "parametric stereo that no configuration announces: only a decoder sees it"
#define NOT_MPEG     "DTS or MPEG-H: ffprobe takes it for MP3 and finds no frame in it"
#define BAD_CRC      "each PMT of this damaged recording has a wrong CRC: 2.4.4 wants them dropped"

static deviation deviations[] = {
    {"assets__id3-metadata.ts", "0x100", "sample_rate", 0, HE_AAC, false},
    {"assets__id3-metadata.ts", "0x100", "channels", 0, HE_AAC, false},
    {"hls-gap__2.ts", "0x50", "sumDuration", 0, NO_TIMING, false},
    {"hls-gap__3.ts", "0x50", "sumDuration", 0, NO_TIMING, false},
    {"hls-gap__4.ts", "0x50", "sumDuration", 0, NO_TIMING, false},
    {"hls-gap__6.ts", "0x50", "sumDuration", 0, NO_TIMING, false},
    {"hls-gap__7.ts", "0x50", "sumDuration", 0, NO_TIMING, false},
    {"hls-gap__8.ts", "0x50", "sumDuration", 0, NO_TIMING, false},
    {"hls-ts-h265__0.ts", "0x100", "sumDuration", 0, NO_TIMING, false},
    {"audio-muxed-in-video__main.ts", "0x102", "sumDuration", 0, NO_TIMING, false},
    {"with-overflow-nalus__fileSequence0.ts", "0x101", "sumDuration", 0, NO_TIMING, false},
    {"opus-h264-2880__segment.ts", "0x100", "sumDuration", 0, NO_TIMING, false},
    {"hls-ts-muxed-ac3-h264__s_00004.ts", "0x100", "sumDuration", 8 * 3600, LATE_SPS, false},
    {"input__test-137.ts", "0x79", "sumDuration", 3600, LATE_SPS, false},
    {"hls-multivideo__high_pitch_128k.ts", "0x100", "sumDuration", 174, ROUNDING, false},
    {"hls-multivideo__low_pitch_128k.ts", "0x100", "sumDuration", 174, ROUNDING, false},
    {"hls-multivideo__original_128k.ts", "0x100", "sumDuration", 174, ROUNDING, false},
    {"with-overflow-nalus__fileSequence0.ts", "0x102", "sumDuration", 215, ROUNDING, false},
    {"hls-ts-muxed-aac-h265__0.ts", "0x101", "sumDuration", 215, ROUNDING, false},
    {"hls-ts-muxed-aac-h265__0.ts", "0x101", "first.pts", 1, ROUNDING, false},
    {"hls-ts-muxed-aac-h265__0.ts", "0x101", "first.dts", 1, ROUNDING, false},
    {"hls-ts-muxed-aac-h265__1.ts", "0x101", "sumDuration", 215, ROUNDING, false},
    {"hls-ts-muxed-aac-h265__1.ts", "0x101", "first.pts", 1, ROUNDING, false},
    {"hls-ts-muxed-aac-h265__1.ts", "0x101", "first.dts", 1, ROUNDING, false},
    {"audio-muxed-in-video__main.ts", "0x101", "*", 0, CUT_AT_END, false},
    {"ts__sample_ait.ts", "0x14a", "*", 0, CUT_AT_END, false},
    {"ts__sample_ac3.ts", "0x76c", "*", 0, CUT_AT_START " (and " CUT_AT_END ")", false},
    {"ts__sample_dts_hd_across_pes.ts", "0x100", "*", 0, NOT_MPEG, false},
    {"ts__sample_mpegh_bl_cicp1_cont.ts", "0x20", "*", 0, NOT_MPEG, false},
    {"ts__sample_mpegh_bl_cicp1_single.ts", "0x20", "*", 0, NOT_MPEG, false},
    {"ts__sample_latm.ts", "0x100", "sumDuration", 3, ROUNDING, false},
    {"ts__sample_latm.ts", "0x100", "first.pts", 1, ROUNDING, false},
    {"ts__sample_latm.ts", "0x100", "first.dts", 1, ROUNDING, false},
    {"ts__sample_latm.ts", "0x100", "channels", 0, IMPLICIT_PS, false},
    {"input__test-143.ts", "*", "track", 0, BAD_CRC, false},
};

/* What was seen of one track. */
typedef struct track_record {
    az_track track;
    int64_t count, bytes, keys, corrupt, duration;
    int64_t first_pts, last_pts, min_pts, max_pts, first_dts, last_dts;
    struct {
        int64_t pts, dts, size;
        bool is_key;
        char md5[33];
    } first[FIRST_MAX];
    int64_t hashed; /* samples in `first` and `md5` */
    uint8_t *kept;  /* H.265: the last sample, which waits for the zero byte of the next */
    size_t kept_size;
    struct AVMD5 *md5; /* of the hex MD5s of all samples */
    char total[33];
    json_t *tags; /* ID3: {"pts", "hex"} */
} track_record;

typedef struct record {
    track_record tracks[TRACKS_MAX];
    size_t count;
    uint64_t hash; /* over every callback but trouble */
    size_t tracks_told;
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

static void on_track(void *user, const az_track *track)
{
    record *r = user;
    track_record *t = find_track(r, track->id);
    if (!t) {
        if (r->count == TRACKS_MAX)
            return;
        t = &r->tracks[r->count++];
        t->md5 = av_md5_alloc();
        av_md5_init(t->md5);
        t->tags = json_array();
    }
    t->track = *track;
    t->track.config = (az_slice){NULL, NULL, 0}; /* of its contents only the hash is kept */
    r->tracks_told++;
    r->hash = az_hash(r->hash, &t->track, sizeof(t->track));
    r->hash = az_hash(r->hash, track->config.data, track->config.size);
}

static void note_times(track_record *t, const az_sample *sample)
{
    if (t->count == 0) {
        t->first_pts = t->min_pts = t->max_pts = sample->pts;
        t->first_dts = sample->dts;
    }
    t->last_pts = sample->pts;
    t->last_dts = sample->dts;
}

/* The bytes of a packet as ffprobe has them. */
static void hash_packet(record *r, track_record *t, const uint8_t *data, size_t size)
{
    uint8_t digest[MD5_SIZE];
    char hex[33];
    av_md5_sum(digest, data, size);
    hex_of(hex, digest);
    av_md5_update(t->md5, (const uint8_t *)hex, 32);
    if (t->hashed < FIRST_MAX) {
        t->first[t->hashed].size = (int64_t)size;
        memcpy(t->first[t->hashed].md5, hex, sizeof(hex));
    }
    t->hashed++;
    r->hash = az_hash(r->hash, hex, sizeof(hex));
}

/*
 * libavformat's H.265 parser cuts between the zero_byte and the start code of the next access unit; Annex B
 * (B.2) has the zero_byte in the unit that it introduces, as we do. All bytes are compared all the same:
 * `next` brings its zero byte to the packet before it.
 */
static void hash_h265(record *r, track_record *t, const az_sample *next)
{
    bool has_zero = next && next->data.size > 3 && memcmp(next->data.data, "\0\0\0\1", 4) == 0;
    if (t->kept) {
        if (has_zero)
            t->kept[t->kept_size++] = 0;
        hash_packet(r, t, t->kept, t->kept_size);
    }
    bool is_moved = has_zero && t->kept;
    free(t->kept);
    t->kept = NULL;
    if (!next)
        return;
    t->kept_size = next->data.size - is_moved;
    t->kept = malloc(t->kept_size + 1);
    memcpy(t->kept, next->data.data + is_moved, t->kept_size);
}

static void on_sample(void *user, const az_sample *sample)
{
    record *r = user;
    track_record *t = find_track(r, sample->track);
    if (!t) {
        r->is_wrong = true; /* a sample of a track that was not announced */
        return;
    }
    if (sample->codec == AZ_CODEC_H265)
        hash_h265(r, t, sample);
    else
        hash_packet(r, t, sample->data.data, sample->data.size);
    note_times(t, sample);
    if (t->count < FIRST_MAX) {
        t->first[t->count].pts = sample->pts;
        t->first[t->count].dts = sample->dts;
        t->first[t->count].is_key = sample->flags & AZ_SAMPLE_KEY;
    }
    t->count++;
    t->bytes += (int64_t)sample->data.size;
    t->keys += sample->flags & AZ_SAMPLE_KEY ? 1 : 0;
    t->corrupt += sample->flags & AZ_SAMPLE_CORRUPT ? 1 : 0;
    t->duration += sample->duration;
    hash_value(r, sample->track);
    hash_value(r, sample->flags);
    hash_value(r, sample->pts);
    hash_value(r, sample->dts);
    hash_value(r, sample->duration);
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    record *r = user;
    track_record *t = find_track(r, metadata->track);
    if (!t) {
        r->is_wrong = true;
        return;
    }
    char *hex = malloc(metadata->data.size * 2 + 1);
    hex[0] = '\0';
    for (size_t i = 0; i < metadata->data.size; i++)
        snprintf(hex + 2 * i, 3, "%02x", metadata->data.data[i]);
    json_array_append_new(t->tags, json_pack("{s:I,s:s}", "pts", (json_int_t)metadata->pts, "hex", hex));
    free(hex);
    if (metadata->codec == AZ_CODEC_SCTE35) {
        hash_packet(r, t, metadata->data.data, metadata->data.size);
        t->count++;
        t->bytes += (int64_t)metadata->data.size;
    }
    hash_value(r, metadata->track);
    hash_value(r, metadata->pts);
    r->hash = az_hash(r->hash, metadata->data.data, metadata->data.size);
}

/* Feeds in pieces of 1..piece_max bytes; 0: all at once. */
static void demux(record *r, az_span bytes, size_t piece_max, uint64_t seed)
{
    memset(r, 0, sizeof(*r));
    r->hash = AZ_HASH_SEED;
    az_demux_sink sink = {.user = r, .track = on_track, .sample = on_sample, .metadata = on_metadata};
    az_ts *ts = az_ts_create(&sink);
    az_random random;
    az_random_init(&random, seed);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result;) {
        size_t size = piece_max ? 1 + (size_t)az_random_below(&random, piece_max) : bytes.size;
        result = az_ts_feed(ts, az_span_sub(bytes, pos, size));
        pos += size;
    }
    if (!result)
        result = az_ts_finish(ts);
    r->is_wrong |= result != AIZU_OK;
    az_ts_destroy(&ts);
    for (size_t i = 0; i < r->count; i++) {
        hash_h265(r, &r->tracks[i], NULL);
        uint8_t digest[MD5_SIZE];
        av_md5_final(r->tracks[i].md5, digest);
        hex_of(r->tracks[i].total, digest);
    }
}

static void record_free(record *r)
{
    for (size_t i = 0; i < r->count; i++) {
        av_free(r->tracks[i].md5);
        json_decref(r->tracks[i].tags);
    }
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

/* Time stamps are compared as they stand in the stream: ffprobe moves them over the 33-bit wrap. */
static void compare_ticks(const char *file, const char *id, const char *field, int64_t ours,
                          const json_t *theirs)
{
    if (!json_is_integer(theirs))
        return;
    json_t *masked = json_integer(json_integer_value(theirs) & TICKS_MASK);
    compare_int(file, id, field, ours, masked);
    json_decref(masked);
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
        compare_ticks(file, id, "first.pts", t->first[i].pts, json_object_get(p, "pts"));
        compare_ticks(file, id, "first.dts", t->first[i].dts, json_object_get(p, "dts"));
        compare_int(file, id, "first.size", t->first[i].size, json_object_get(p, "size"));
        compare_text(file, id, "first.md5", t->first[i].md5, json_object_get(p, "md5"));
        const char *flags = json_string_value(json_object_get(p, "flags"));
        if (flags && (flags[0] == 'K') != t->first[i].is_key)
            differs(file, id, "first.flags", t->first[i].is_key ? "K" : "_", flags);
    }
}

static void compare_packets(const char *file, const char *id, const track_record *t, const json_t *packets)
{
    compare_int(file, id, "count", t->count, json_object_get(packets, "count"));
    compare_int(file, id, "bytes", t->bytes, json_object_get(packets, "bytes"));
    compare_int(file, id, "keyPackets", t->keys, json_object_get(packets, "keyPackets"));
    compare_int(file, id, "corruptPackets", t->corrupt, json_object_get(packets, "corruptPackets"));
    compare_ticks(file, id, "firstPts", t->first_pts, json_object_get(packets, "firstPts"));
    compare_ticks(file, id, "lastPts", t->last_pts, json_object_get(packets, "lastPts"));
    compare_ticks(file, id, "firstDts", t->first_dts, json_object_get(packets, "firstDts"));
    compare_ticks(file, id, "lastDts", t->last_dts, json_object_get(packets, "lastDts"));
    compare_int(file, id, "sumDuration", t->duration, json_object_get(packets, "sumDuration"));
    compare_text(file, id, "md5OfPacketMd5s", t->total, json_object_get(packets, "md5OfPacketMd5s"));
    compare_first(file, id, t, json_object_get(packets, "first"));
}

/* Splice sections have no time stamps; those of ffprobe are the clock's. */
static void compare_sections(const char *file, const char *id, const track_record *t, const json_t *packets)
{
    compare_int(file, id, "count", t->count, json_object_get(packets, "count"));
    compare_int(file, id, "bytes", t->bytes, json_object_get(packets, "bytes"));
    compare_text(file, id, "md5OfPacketMd5s", t->total, json_object_get(packets, "md5OfPacketMd5s"));
}

static const char *codec_name(const track_record *t)
{
    if (t->track.codec == AZ_CODEC_H265)
        return "hevc";
    if (t->track.codec == AZ_CODEC_MP3)
        return strcmp(t->track.codec_string, "mp4a.40.33") == 0 ? "mp2" : "mp3";
    return az_codec_name(t->track.codec);
}

static bool is_ours(const char *codec)
{
    static const char *const codecs[] = {"h264", "hevc", "mpeg2video", "aac",  "aac_latm", "ac3",
                                         "eac3", "mp2",  "mp3",        "opus", "scte_35"};
    for (size_t i = 0; i < AZ_COUNT(codecs); i++)
        if (strcmp(codec, codecs[i]) == 0)
            return true;
    return false;
}

static void compare_stream(const char *file, record *r, const json_t *stream)
{
    const char *id = json_string_value(json_object_get(stream, "id"));
    const char *codec = json_string_value(json_object_get(stream, "codec_name"));
    if (!id || !codec || !is_ours(codec))
        return;
    const track_record *t = find_track(r, (uint32_t)strtoul(id, NULL, 16));
    if (!t) {
        differs(file, id, "track", "none", codec);
        return;
    }
    if (t->track.codec == AZ_CODEC_SCTE35) {
        compare_sections(file, id, t, json_object_get(stream, "packets"));
        return;
    }
    compare_packets(file, id, t, json_object_get(stream, "packets"));
    if (t->count == 0)
        return;
    compare_text(file, id, "codec_name", codec_name(t), json_object_get(stream, "codec_name"));
    compare_text(file, id, "language", t->track.language, json_object_get(stream, "language"));
    compare_int(file, id, "width", t->track.width, json_object_get(stream, "width"));
    compare_int(file, id, "height", t->track.height, json_object_get(stream, "height"));
    compare_int(file, id, "sample_rate", t->track.sample_rate, json_object_get(stream, "sample_rate"));
    compare_int(file, id, "channels", t->track.channels, json_object_get(stream, "channels"));
    if (t->track.frame_rate_num > 0) {
        char rate[32];
        snprintf(rate, sizeof(rate), "%d/%d", t->track.frame_rate_num, t->track.frame_rate_den);
        compare_text(file, id, "r_frame_rate", rate, json_object_get(stream, "r_frame_rate"));
    }
}

static void compare_tags(const char *file, record *r, const json_t *expected)
{
    size_t index;
    json_t *packet, *packets = json_object_get(expected, "packets");
    size_t counts[TRACKS_MAX] = {0};
    json_array_foreach(packets, index, packet)
    {
        char id[16];
        uint32_t pid = (uint32_t)json_integer_value(json_object_get(packet, "pid"));
        snprintf(id, sizeof(id), "0x%x", pid);
        track_record *t = find_track(r, pid);
        json_t *ours = t ? json_array_get(t->tags, counts[t - r->tracks]++) : NULL;
        if (!ours) {
            differs(file, id, "tag", "none", "a tag");
            continue;
        }
        compare_ticks(file, id, "tag.pts", json_integer_value(json_object_get(ours, "pts")),
                      json_object_get(packet, "pts"));
        compare_text(file, id, "tag.hex", json_string_value(json_object_get(ours, "hex")),
                     json_object_get(packet, "hex"));
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->tracks[i].track.codec == AZ_CODEC_ID3 && json_array_size(r->tracks[i].tags) != counts[i])
            differs(file, "*", "tag count", "more", "fewer");
}

static void compare_split(const char *file, az_span bytes, const record *whole, size_t piece_max)
{
    record *r = malloc(sizeof(*r));
    demux(r, bytes, piece_max, bytes.size);
    if (r->hash == whole->hash && r->is_wrong == whole->is_wrong)
        values_equal++;
    else
        differs(file, "*", "split", "another output", "the same as in one piece");
    record_free(r);
    free(r);
}

static az_span load(const char *path)
{
    az_span none = {NULL, 0};
    FILE *f = fopen(path, "rb");
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

static void check_file(const char *corpus, const char *folder, const char *name)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/ts/%s/%s", corpus, folder, name);
    az_span bytes = load(path);
    record *r = malloc(sizeof(*r));
    demux(r, bytes, 0, 0);
    files_seen++;
    if (r->is_wrong)
        differs(name, "*", "result", "an error", "success");
    snprintf(path, sizeof(path), "%s/expect/ts/%s/%s.json", corpus, folder, name);
    json_t *expected = json_load_file(path, 0, NULL);
    size_t index;
    json_t *stream;
    json_array_foreach(json_object_get(expected, "streams"), index, stream) compare_stream(name, r, stream);
    if (!expected)
        differs(name, "*", "expectation", "", "none");
    json_decref(expected);
    snprintf(path, sizeof(path), "%s/expect/timed-id3/%s/%s.json", corpus, folder, name);
    expected = json_load_file(path, 0, NULL);
    if (expected)
        compare_tags(name, r, expected);
    json_decref(expected);
    compare_split(name, bytes, r, 1);
    compare_split(name, bytes, r, 1000);
    compare_split(name, bytes, r, 70000);
    record_free(r);
    free(r);
    free((void *)bytes.data);
}

static void check_folder(const char *corpus, const char *folder)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof(path), "%s/ts/%s", corpus, folder);
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
    snprintf(path, sizeof(path), "%s/ts", argc > 1 ? argv[1] : "");
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
