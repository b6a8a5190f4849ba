/*
 * For the tests of the fMP4 demuxer: boxes written by hand, a demuxer and what came out of it.
 */
#ifndef AZ_TESTS_FMP4_FIXTURE_H
#define AZ_TESTS_FMP4_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "demux/fmp4.h"
#include "ts_writer.h"

#define VIDEO    1
#define AUDIO    2
#define TEXT     3
#define OUT_MAX  256
#define PARTS    8
#define NO_TFDT  INT64_MIN
#define SYNC     0x02000000u
#define NOT_SYNC 0x01010000u

#define AVCC "0164001fffe100196764001facd9404405be5f011000003e90000ea600f183196001000668ebe3cb22c0"
#define ESDS "0000000003808080250002000480808017401500000000030d40000000000580808005120856e500068080800102"

typedef struct seen_sample {
    az_sample sample; /* without data and crypt */
    az_sample_crypt crypt;
    az_subsample parts[PARTS];
    bool is_encrypted;
    az_slice data; /* with a reference */
} seen_sample;

typedef struct seen {
    az_track tracks[OUT_MAX]; /* without config */
    char configs[OUT_MAX][512];
    size_t track_count;
    seen_sample samples[OUT_MAX];
    size_t sample_count;
    az_metadata metadata[OUT_MAX]; /* with references */
    size_t metadata_count;
    az_text_sample texts[OUT_MAX]; /* likewise */
    size_t text_count;
    az_producer_time clocks[OUT_MAX];
    size_t clock_count;
    size_t samples_before_metadata;
    uint64_t order; /* hash over the order of all callbacks */
} seen;

typedef struct fixture {
    ts_bytes bytes;
    seen seen;
    az_fmp4 *fmp4;
} fixture;

static inline void on_track(void *user, const az_track *track)
{
    seen *s = user;
    assert_true(s->track_count < OUT_MAX);
    az_track *out = &s->tracks[s->track_count];
    char *hex = s->configs[s->track_count++];
    *out = *track;
    for (size_t i = 0; i < track->config.size && i < 255; i++)
        snprintf(hex + 2 * i, 3, "%02x", track->config.data[i]);
    out->config = (az_slice){NULL, NULL, 0};
    s->order = az_hash(s->order, hex, strlen(hex));
    s->order = az_hash(s->order, &out->id, sizeof(out->id));
}

static inline void on_sample(void *user, const az_sample *sample)
{
    seen *s = user;
    assert_true(s->sample_count < OUT_MAX);
    seen_sample *out = &s->samples[s->sample_count++];
    out->sample = *sample;
    out->data = az_slice_ref(sample->data);
    out->is_encrypted = sample->crypt != NULL;
    out->sample.crypt = NULL;
    const int64_t fields[] = {sample->track, sample->flags, sample->pts, sample->dts, sample->duration};
    s->order = az_hash(az_hash(s->order, fields, sizeof(fields)), sample->data.data, sample->data.size);
    if (!sample->crypt)
        return;
    out->crypt = *sample->crypt;
    assert_true(sample->crypt->subsample_count <= PARTS);
    for (size_t i = 0; i < sample->crypt->subsample_count; i++)
        out->parts[i] = sample->crypt->subsamples[i];
    s->order = az_hash(s->order, out->crypt.iv, sizeof(out->crypt.iv));
}

static inline void on_metadata(void *user, const az_metadata *metadata)
{
    seen *s = user;
    assert_true(s->metadata_count < OUT_MAX);
    s->samples_before_metadata = s->sample_count;
    s->metadata[s->metadata_count] = *metadata;
    s->metadata[s->metadata_count++].data = az_slice_ref(metadata->data);
    s->order = az_hash(s->order, &metadata->pts, sizeof(metadata->pts));
    s->order = az_hash(s->order, metadata->data.data, metadata->data.size);
}

static inline void on_text(void *user, const az_text_sample *text)
{
    seen *s = user;
    assert_true(s->text_count < OUT_MAX);
    s->texts[s->text_count] = *text;
    s->texts[s->text_count++].data = az_slice_ref(text->data);
    s->order = az_hash(s->order, &text->begin, sizeof(text->begin));
    s->order = az_hash(s->order, text->data.data, text->data.size);
}

static inline void on_producer_time(void *user, const az_producer_time *time)
{
    seen *s = user;
    s->clocks[s->clock_count++] = *time;
    s->order = az_hash(s->order, &time->wall, sizeof(time->wall));
}

static inline void seen_clear(seen *s)
{
    for (size_t i = 0; i < s->sample_count; i++)
        az_slice_unref(&s->samples[i].data);
    for (size_t i = 0; i < s->metadata_count; i++)
        az_slice_unref(&s->metadata[i].data);
    for (size_t i = 0; i < s->text_count; i++)
        az_slice_unref(&s->texts[i].data);
    memset(s, 0, sizeof(*s));
}

static inline void demuxer_create(fixture *f)
{
    az_demux_sink sink = {.user = &f->seen,
                          .track = on_track,
                          .sample = on_sample,
                          .metadata = on_metadata,
                          .text = on_text,
                          .producer_time = on_producer_time};
    f->fmp4 = az_fmp4_create(&sink);
    assert_non_null(f->fmp4);
}

static inline void demuxer_renew(fixture *f)
{
    az_fmp4_destroy(&f->fmp4);
    seen_clear(&f->seen);
    demuxer_create(f);
}

static inline int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof(*f));
    demuxer_create(f);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    fixture *f = *state;
    az_fmp4_destroy(&f->fmp4);
    assert_null(f->fmp4);
    seen_clear(&f->seen);
    ts_bytes_free(&f->bytes);
    test_free(f);
    return 0;
}

/* A piece of its own memory, so that a byte too far is noticed. */
static inline aizu_result feed_piece(fixture *f, const uint8_t *data, size_t size)
{
    az_slice piece;
    assert_true(az_slice_copy(&piece, az_span_make(data, size)));
    aizu_result result = az_fmp4_feed(f->fmp4, piece);
    az_slice_unref(&piece);
    return result;
}

/* Feeds what was written and forgets it. */
static inline void feed(fixture *f)
{
    assert_int_equal(feed_piece(f, f->bytes.data, f->bytes.size), AIZU_OK);
    ts_bytes_clear(&f->bytes);
}

static inline void finish(fixture *f)
{
    assert_int_equal(az_fmp4_finish(f->fmp4), AIZU_OK);
}

/* Demuxes what was written, byte by byte and in one piece, from nothing to the end. */
static inline void demux(fixture *f)
{
    demuxer_renew(f);
    for (size_t i = 0; i < f->bytes.size; i++)
        assert_int_equal(feed_piece(f, f->bytes.data + i, 1), AIZU_OK);
    finish(f);
    uint64_t order = f->seen.order;
    demuxer_renew(f);
    assert_int_equal(feed_piece(f, f->bytes.data, f->bytes.size), AIZU_OK);
    finish(f);
    assert_true(f->seen.order == order);
}

static inline void u8(fixture *f, unsigned value)
{
    ts_bytes_u8(&f->bytes, value);
}

static inline void u16(fixture *f, unsigned value)
{
    ts_bytes_u16(&f->bytes, value);
}

static inline void u32(fixture *f, uint32_t value)
{
    ts_bytes_u32(&f->bytes, value);
}

static inline void u64(fixture *f, uint64_t value)
{
    u32(f, (uint32_t)(value >> 32));
    u32(f, (uint32_t)value);
}

static inline void zeros(fixture *f, size_t count)
{
    for (size_t i = 0; i < count; i++)
        u8(f, 0);
}

static inline void text(fixture *f, const char *string)
{
    ts_bytes_append(&f->bytes, string, strlen(string));
}

static inline void hex(fixture *f, const char *digits)
{
    for (; digits[0] && digits[1]; digits += 2) {
        unsigned value = 0;
        for (int i = 0; i < 2; i++)
            value = value * 16 + (unsigned)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
        u8(f, value);
    }
}

static inline void patch_u32(fixture *f, size_t pos, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        f->bytes.data[pos + i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Begins a box; end() with what it returned writes the size. */
static inline size_t box(fixture *f, const char *type)
{
    size_t begin = f->bytes.size;
    u32(f, 0);
    text(f, type);
    return begin;
}

static inline size_t full_box(fixture *f, const char *type, unsigned version, uint32_t flags)
{
    size_t begin = box(f, type);
    u32(f, version << 24 | flags);
    return begin;
}

static inline void end(fixture *f, size_t begin)
{
    patch_u32(f, begin, (uint32_t)(f->bytes.size - begin));
}

static inline void hex_box(fixture *f, const char *type, const char *digits)
{
    size_t b = box(f, type);
    hex(f, digits);
    end(f, b);
}

/* The fields of a VisualSampleEntry or AudioSampleEntry before its boxes. */
static inline size_t visual_entry(fixture *f, const char *type, unsigned width, unsigned height)
{
    size_t b = box(f, type);
    zeros(f, 24);
    u16(f, width);
    u16(f, height);
    zeros(f, 50);
    return b;
}

static inline size_t audio_entry(fixture *f, const char *type, unsigned channels, unsigned rate)
{
    size_t b = box(f, type);
    zeros(f, 16);
    u16(f, channels);
    zeros(f, 6);
    u16(f, rate);
    u16(f, 0);
    return b;
}

typedef struct trak {
    uint32_t id, timescale;
    const char *handler, *language;
    void (*entries)(fixture *f); /* as many as entry_count; NULL: by the handler */
    unsigned entry_count;
    bool has_edits;
    uint32_t empty_edit; /* in the movie's timescale, which is 1000 */
    int32_t media_time;
    uint32_t samples;   /* in the tables of moov */
    const char *groups; /* boxes of stbl, hex */
} trak;

static inline void write_entries(fixture *f, const trak *t)
{
    size_t b;
    if (t->entries) {
        t->entries(f);
        return;
    }
    if (strcmp(t->handler, "vide") == 0) {
        b = visual_entry(f, "avc1", 1080, 720);
        hex_box(f, "avcC", AVCC);
    } else {
        b = audio_entry(f, "mp4a", 1, 44100);
        hex_box(f, "esds", ESDS);
    }
    end(f, b);
}

static inline void write_edits(fixture *f, const trak *t)
{
    size_t edts = box(f, "edts"), elst = full_box(f, "elst", 0, 0);
    u32(f, t->empty_edit ? 2 : 1);
    if (t->empty_edit) {
        u32(f, t->empty_edit);
        u32(f, UINT32_MAX);
        u32(f, 0x10000);
    }
    u32(f, 0);
    u32(f, (uint32_t)t->media_time);
    u32(f, 0x10000);
    end(f, elst);
    end(f, edts);
}

static inline void write_trak(fixture *f, const trak *t)
{
    const char *l = t->language ? t->language : "und";
    size_t all = box(f, "trak"), b = full_box(f, "tkhd", 0, 7);
    zeros(f, 8);
    u32(f, t->id);
    zeros(f, 68);
    end(f, b);
    if (t->has_edits)
        write_edits(f, t);
    size_t mdia = box(f, "mdia");
    b = full_box(f, "mdhd", 0, 0);
    zeros(f, 8);
    u32(f, t->timescale);
    u32(f, 0);
    u16(f, (unsigned)((l[0] - 0x60) << 10 | (l[1] - 0x60) << 5 | (l[2] - 0x60)));
    u16(f, 0);
    end(f, b);
    b = full_box(f, "hdlr", 0, 0);
    u32(f, 0);
    text(f, t->handler);
    zeros(f, 13);
    end(f, b);
    size_t minf = box(f, "minf"), stbl = box(f, "stbl");
    b = full_box(f, "stsd", 0, 0);
    u32(f, t->entry_count ? t->entry_count : 1);
    write_entries(f, t);
    end(f, b);
    b = full_box(f, "stts", 0, 0);
    u32(f, t->samples);
    for (uint32_t i = 0; i < t->samples; i++)
        u64(f, 0x100000001);
    end(f, b);
    hex(f, t->groups ? t->groups : "");
    end(f, stbl);
    end(f, minf);
    end(f, mdia);
    end(f, all);
}

/* Defaults of all tracks: entry 1, 10 ticks, 20 bytes, flags 0. */
static inline void write_moov(fixture *f, const trak *traks, size_t count)
{
    size_t moov = box(f, "moov"), b = full_box(f, "mvhd", 0, 0);
    zeros(f, 8);
    u32(f, 1000);
    zeros(f, 84);
    end(f, b);
    for (size_t i = 0; i < count; i++)
        write_trak(f, &traks[i]);
    size_t mvex = box(f, "mvex");
    for (size_t i = 0; i < count; i++) {
        b = full_box(f, "trex", 0, 0);
        u32(f, traks[i].id);
        u32(f, 1);
        u32(f, 10);
        u32(f, 20);
        u32(f, 0);
        end(f, b);
    }
    end(f, mvex);
    end(f, moov);
}

static inline void write_ftyp(fixture *f)
{
    size_t b = box(f, "ftyp");
    text(f, "iso6");
    u32(f, 0);
    text(f, "iso6cmfc");
    end(f, b);
}

static const trak video_trak = {.id = VIDEO, .timescale = 30000, .handler = "vide"};
static const trak audio_trak = {.id = AUDIO, .timescale = 44100, .handler = "soun", .language = "eng"};

/* An initialisation section with pictures and sound. */
static inline void write_init(fixture *f)
{
    const trak traks[] = {video_trak, audio_trak};
    write_ftyp(f);
    write_moov(f, traks, 2);
}

/* The bytes of a sample: `seed` tells which; as one NAL unit with its length. */
static inline void write_data(fixture *f, uint8_t seed, size_t size)
{
    u32(f, (uint32_t)size - 4);
    u8(f, 0x41);
    u8(f, 0x9A); /* a P slice */
    for (size_t i = 6; i < size; i++)
        u8(f, (seed + i) & 0xFF);
}

typedef struct entry {
    uint32_t size, duration, flags;
    int32_t composition;
} entry;

/* tfhd without anything but the defaults of trex, and tfdt. */
static inline void write_tfhd(fixture *f, uint32_t track, int64_t dts)
{
    size_t b = full_box(f, "tfhd", 0, 0x020000);
    u32(f, track);
    end(f, b);
    if (dts == NO_TFDT)
        return;
    b = full_box(f, "tfdt", 1, 0);
    u64(f, (uint64_t)dts);
    end(f, b);
}

/* A run with all fields; returns where its data offset stands. */
static inline size_t write_trun(fixture *f, const entry *entries, size_t count)
{
    size_t b = full_box(f, "trun", 1, 0xF01), offset;
    u32(f, (uint32_t)count);
    offset = f->bytes.size;
    u32(f, 0);
    for (size_t i = 0; i < count; i++) {
        u32(f, entries[i].duration);
        u32(f, entries[i].size);
        u32(f, entries[i].flags);
        u32(f, (uint32_t)entries[i].composition);
    }
    end(f, b);
    return offset;
}

/* A fragment of one track, and its mdat: sample i has the seed `seed` + i. */
static inline void write_fragment(fixture *f, uint32_t track, int64_t dts, const entry *entries, size_t count,
                                  uint8_t seed)
{
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    write_tfhd(f, track, dts);
    size_t offset = write_trun(f, entries, count);
    end(f, traf);
    end(f, moof);
    size_t mdat = box(f, "mdat");
    patch_u32(f, offset, (uint32_t)(f->bytes.size - moof));
    for (size_t i = 0; i < count; i++)
        write_data(f, (uint8_t)(seed + i), entries[i].size);
    end(f, mdat);
}

static inline size_t load_size(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Whether the n-th sample that came out is the one with this seed, whole. */
static inline bool is_data(const fixture *f, size_t n, uint8_t seed)
{
    az_slice data = f->seen.samples[n].data;
    if (n >= f->seen.sample_count || data.size < 7)
        return false;
    for (size_t i = 6; i < data.size; i++)
        if (data.data[i] != ((seed + i) & 0xFF))
            return false;
    return load_size(data.data) == data.size - 4;
}

static inline const az_sample *sample_at(const fixture *f, size_t n)
{
    assert_true(n < f->seen.sample_count);
    return &f->seen.samples[n].sample;
}

static inline const az_track *last_track(const fixture *f, uint32_t id)
{
    for (size_t i = f->seen.track_count; i-- > 0;)
        if (f->seen.tracks[i].id == id)
            return &f->seen.tracks[i];
    fail_msg("no track %u", (unsigned)id);
    return NULL;
}

static inline uint64_t troubles(const fixture *f, az_demux_trouble trouble)
{
    return az_fmp4_troubles(f->fmp4, trouble);
}

static inline uint64_t all_troubles(const fixture *f)
{
    uint64_t count = 0;
    for (int i = 0; i < AZ_DEMUX_TROUBLES; i++)
        count += az_fmp4_troubles(f->fmp4, (az_demux_trouble)i);
    return count;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
