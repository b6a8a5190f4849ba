/*
 * For the tests of the transport stream demuxer: a writer, a demuxer and what came out of it.
 */
#ifndef AZ_TESTS_TS_FIXTURE_H
#define AZ_TESTS_TS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "demux/ts.h"
#include "ts_writer.h"

#define VIDEO   0x100
#define AUDIO   0x101
#define DATA    0x102
#define SPLICE  0x103
#define SECOND  INT64_C(90000)
#define ROLL    (INT64_C(1) << 33)
#define OUT_MAX 512

typedef struct seen_sample {
    az_sample sample; /* without data */
    uint64_t hash;
    size_t size;
    uint8_t first[8];
} seen_sample;

typedef struct seen {
    az_track tracks[OUT_MAX]; /* with references */
    size_t track_count;
    seen_sample samples[OUT_MAX];
    size_t sample_count;
    az_metadata metadata[OUT_MAX]; /* with references */
    size_t metadata_count;
    unsigned troubles_told[AZ_DEMUX_TROUBLES];
    uint64_t order; /* hash over the order of all callbacks */
} seen;

static inline void on_track(void *user, const az_track *track)
{
    seen *s = user;
    assert_true(s->track_count < OUT_MAX);
    az_track *kept = &s->tracks[s->track_count++];
    *kept = *track;
    kept->config = (az_slice){NULL, NULL, 0}; /* where it lies in memory is not what it says */
    s->order = az_hash(s->order, kept, sizeof(*kept));
    s->order = az_hash(s->order, track->config.data, track->config.size);
    kept->config = az_slice_ref(track->config);
}

static inline void on_sample(void *user, const az_sample *sample)
{
    seen *s = user;
    assert_true(s->sample_count < OUT_MAX);
    seen_sample *out = &s->samples[s->sample_count++];
    out->sample = *sample;
    out->size = sample->data.size;
    out->hash = az_hash(AZ_HASH_SEED, sample->data.data, sample->data.size);
    memcpy(out->first, sample->data.data, AZ_MIN(sizeof(out->first), sample->data.size));
    /* decoders read past the end: there must be something to read */
    volatile uint8_t sink = 0;
    for (size_t i = 0; i < AZ_BUF_PADDING; i++)
        sink = (uint8_t)(sink + sample->data.data[sample->data.size + i]);
    const int64_t fields[] = {sample->track, sample->flags, sample->pts, sample->dts, sample->duration};
    s->order = az_hash(az_hash(s->order, fields, sizeof(fields)), &out->hash, sizeof(out->hash));
}

static inline void on_metadata(void *user, const az_metadata *metadata)
{
    seen *s = user;
    assert_true(s->metadata_count < OUT_MAX);
    s->metadata[s->metadata_count] = *metadata;
    s->metadata[s->metadata_count++].data = az_slice_ref(metadata->data);
    s->order = az_hash(s->order, &metadata->pts, sizeof(metadata->pts));
    s->order = az_hash(s->order, metadata->data.data, metadata->data.size);
}

static inline void on_trouble(void *user, az_demux_trouble trouble, uint64_t byte_offset)
{
    (void)byte_offset;
    ((seen *)user)->troubles_told[trouble]++;
}

static inline void seen_clear(seen *s)
{
    for (size_t i = 0; i < s->metadata_count; i++)
        az_slice_unref(&s->metadata[i].data);
    for (size_t i = 0; i < s->track_count; i++)
        az_slice_unref(&s->tracks[i].config);
    memset(s, 0, sizeof(*s));
}

typedef struct fixture {
    ts_bytes bytes, unit;
    ts_writer writer;
    seen seen;
    az_ts *ts;
} fixture;

static inline void demuxer_create(fixture *f)
{
    az_demux_sink sink = {.user = &f->seen,
                          .track = on_track,
                          .sample = on_sample,
                          .metadata = on_metadata,
                          .trouble = on_trouble};
    f->ts = az_ts_create(&sink);
    assert_non_null(f->ts);
}

static inline void demuxer_renew(fixture *f)
{
    az_ts_destroy(&f->ts);
    seen_clear(&f->seen);
    demuxer_create(f);
}

static inline int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof(*f));
    ts_writer_init(&f->writer, &f->bytes);
    demuxer_create(f);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    fixture *f = *state;
    az_ts_destroy(&f->ts);
    assert_null(f->ts);
    seen_clear(&f->seen);
    ts_writer_deinit(&f->writer);
    ts_bytes_free(&f->bytes);
    ts_bytes_free(&f->unit);
    test_free(f);
    return 0;
}

static inline void feed(fixture *f)
{
    assert_int_equal(az_ts_feed(f->ts, az_span_make(f->bytes.data, f->bytes.size)), AIZU_OK);
    ts_bytes_clear(&f->bytes);
}

/* Demuxes what was written, in one piece and byte by byte, from nothing to the end. */
static inline void demux(fixture *f)
{
    az_span bytes = az_span_make(f->bytes.data, f->bytes.size);
    demuxer_renew(f);
    for (size_t i = 0; i < bytes.size; i++)
        assert_int_equal(az_ts_feed(f->ts, az_span_sub(bytes, i, 1)), AIZU_OK);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    uint64_t order = f->seen.order;
    demuxer_renew(f);
    assert_int_equal(az_ts_feed(f->ts, bytes), AIZU_OK);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_true(f->seen.order == order);
}

static const ts_h264 hd = {.width = 1280, .height = 720, .frame_rate_num = 30, .frame_rate_den = 1};

/* One access unit of video in one PES packet. */
static inline void write_video(fixture *f, bool is_idr, uint32_t number, int64_t pts)
{
    ts_pes pes = ts_pes_make(VIDEO, pts);
    pes.is_unbounded = true;
    ts_bytes_clear(&f->unit);
    ts_es_h264(&f->unit, &hd, is_idr, number, 700);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
}

static inline void write_audio(fixture *f, int rate, int count, int64_t pts)
{
    ts_pes pes = ts_pes_make(AUDIO, pts);
    ts_bytes_clear(&f->unit);
    for (int i = 0; i < count; i++)
        ts_es_adts(&f->unit, rate, 2, 100 + (size_t)i);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
}

static inline void write_tables(fixture *f)
{
    ts_writer_add(&f->writer, VIDEO, 0x1B, NULL);
    ts_writer_add(&f->writer, AUDIO, 0x0F, "eng");
    ts_writer_add(&f->writer, DATA, 0x15, NULL);
    ts_writer_tables(&f->writer);
}

static inline const az_track *last_track(const fixture *f, uint32_t id)
{
    for (size_t i = f->seen.track_count; i-- > 0;)
        if (f->seen.tracks[i].id == id)
            return &f->seen.tracks[i];
    fail_msg("no track %u", (unsigned)id);
    return NULL;
}

/* The n-th sample of a track. */
static inline const seen_sample *sample_of(const fixture *f, uint32_t id, size_t n)
{
    for (size_t i = 0; i < f->seen.sample_count; i++)
        if (f->seen.samples[i].sample.track == id && n-- == 0)
            return &f->seen.samples[i];
    fail_msg("no such sample of track %u", (unsigned)id);
    return NULL;
}

static inline size_t count_of(const fixture *f, uint32_t id)
{
    size_t count = 0;
    for (size_t i = 0; i < f->seen.sample_count; i++)
        count += f->seen.samples[i].sample.track == id;
    return count;
}

static inline uint64_t troubles(const fixture *f, az_demux_trouble trouble)
{
    return az_ts_troubles(f->ts, trouble);
}

static inline uint64_t all_troubles(const fixture *f)
{
    uint64_t count = 0;
    for (int i = 0; i < AZ_DEMUX_TROUBLES; i++)
        count += az_ts_troubles(f->ts, (az_demux_trouble)i);
    return count;
}

static inline uint64_t hash_unit(const fixture *f)
{
    return az_hash(AZ_HASH_SEED, f->unit.data, f->unit.size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
