/*
 * The transport stream demuxer on streams made to measure: what goes out, with which times and flags, and
 * what is survived. Every stream is also fed byte by byte and must give the same.
 */
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
#define OUT_MAX 256

typedef struct seen_sample {
    az_sample sample; /* without data */
    uint64_t hash;
    size_t size;
    uint8_t first[8];
} seen_sample;

typedef struct seen {
    az_track tracks[OUT_MAX];
    size_t track_count;
    seen_sample samples[OUT_MAX];
    size_t sample_count;
    az_metadata metadata[OUT_MAX]; /* with references */
    size_t metadata_count;
    unsigned troubles_told[AZ_DEMUX_TROUBLES];
    uint64_t order; /* hash over the order of all callbacks */
} seen;

static void on_track(void *user, const az_track *track)
{
    seen *s = user;
    assert_true(s->track_count < OUT_MAX);
    s->tracks[s->track_count++] = *track;
    s->order = az_hash(s->order, track, sizeof(*track));
}

static void on_sample(void *user, const az_sample *sample)
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

static void on_metadata(void *user, const az_metadata *metadata)
{
    seen *s = user;
    assert_true(s->metadata_count < OUT_MAX);
    s->metadata[s->metadata_count] = *metadata;
    s->metadata[s->metadata_count++].data = az_slice_ref(metadata->data);
    s->order = az_hash(s->order, &metadata->pts, sizeof(metadata->pts));
    s->order = az_hash(s->order, metadata->data.data, metadata->data.size);
}

static void on_trouble(void *user, az_demux_trouble trouble, uint64_t byte_offset)
{
    (void)byte_offset;
    ((seen *)user)->troubles_told[trouble]++;
}

static void seen_clear(seen *s)
{
    for (size_t i = 0; i < s->metadata_count; i++)
        az_slice_unref(&s->metadata[i].data);
    memset(s, 0, sizeof(*s));
}

typedef struct fixture {
    ts_bytes bytes, unit;
    ts_writer writer;
    seen seen;
    az_ts *ts;
} fixture;

static void demuxer_create(fixture *f)
{
    az_demux_sink sink = {&f->seen, on_track, on_sample, on_metadata, on_trouble};
    f->ts = az_ts_create(&sink);
    assert_non_null(f->ts);
}

static void demuxer_renew(fixture *f)
{
    az_ts_destroy(&f->ts);
    seen_clear(&f->seen);
    demuxer_create(f);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof(*f));
    ts_writer_init(&f->writer, &f->bytes);
    demuxer_create(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
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

static void feed(fixture *f)
{
    assert_int_equal(az_ts_feed(f->ts, az_span_make(f->bytes.data, f->bytes.size)), AIZU_OK);
    ts_bytes_clear(&f->bytes);
}

/* Demuxes what was written, in one piece and byte by byte, from nothing to the end. */
static void demux(fixture *f)
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
static void write_video(fixture *f, bool is_idr, uint32_t number, int64_t pts)
{
    ts_pes pes = ts_pes_make(VIDEO, pts);
    pes.is_unbounded = true;
    ts_bytes_clear(&f->unit);
    ts_es_h264(&f->unit, &hd, is_idr, number, 700);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
}

static void write_audio(fixture *f, int rate, int count, int64_t pts)
{
    ts_pes pes = ts_pes_make(AUDIO, pts);
    ts_bytes_clear(&f->unit);
    for (int i = 0; i < count; i++)
        ts_es_adts(&f->unit, rate, 2, 100 + (size_t)i);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
}

static void write_tables(fixture *f)
{
    ts_writer_add(&f->writer, VIDEO, 0x1B, NULL);
    ts_writer_add(&f->writer, AUDIO, 0x0F, "eng");
    ts_writer_add(&f->writer, DATA, 0x15, NULL);
    ts_writer_tables(&f->writer);
}

static const az_track *last_track(const fixture *f, uint32_t id)
{
    for (size_t i = f->seen.track_count; i-- > 0;)
        if (f->seen.tracks[i].id == id)
            return &f->seen.tracks[i];
    fail_msg("no track %u", (unsigned)id);
    return NULL;
}

/* The n-th sample of a track. */
static const seen_sample *sample_of(const fixture *f, uint32_t id, size_t n)
{
    for (size_t i = 0; i < f->seen.sample_count; i++)
        if (f->seen.samples[i].sample.track == id && n-- == 0)
            return &f->seen.samples[i];
    fail_msg("no such sample of track %u", (unsigned)id);
    return NULL;
}

static size_t count_of(const fixture *f, uint32_t id)
{
    size_t count = 0;
    for (size_t i = 0; i < f->seen.sample_count; i++)
        count += f->seen.samples[i].sample.track == id;
    return count;
}

static uint64_t troubles(const fixture *f, az_demux_trouble trouble)
{
    return az_ts_troubles(f->ts, trouble);
}

static uint64_t all_troubles(const fixture *f)
{
    uint64_t count = 0;
    for (int i = 0; i < AZ_DEMUX_TROUBLES; i++)
        count += az_ts_troubles(f->ts, (az_demux_trouble)i);
    return count;
}

static uint64_t hash_unit(const fixture *f)
{
    return az_hash(AZ_HASH_SEED, f->unit.data, f->unit.size);
}

static void video_and_audio_come_out_whole_and_timed(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, SECOND);
    uint64_t first = hash_unit(f);
    write_audio(f, 48000, 3, SECOND);
    write_video(f, false, 1, SECOND + 3000);
    uint64_t second = hash_unit(f);
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 2);
    const seen_sample *v = sample_of(f, VIDEO, 0);
    assert_true(v->hash == first && sample_of(f, VIDEO, 1)->hash == second);
    assert_int_equal(v->sample.pts, SECOND);
    assert_int_equal(v->sample.dts, SECOND);
    assert_int_equal(v->sample.duration, 3000);
    assert_int_equal(v->sample.flags, AZ_SAMPLE_KEY);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.flags, 0);
    assert_int_equal(count_of(f, AUDIO), 3);
    assert_int_equal(sample_of(f, AUDIO, 2)->sample.pts, SECOND + 2 * 1920);
    assert_int_equal(sample_of(f, AUDIO, 2)->sample.duration, 1920);
    assert_int_equal(sample_of(f, AUDIO, 2)->size, 102);
    assert_int_equal(all_troubles(f), 0);
}

static void tracks_are_announced_before_samples_with_their_format(void **state)
{
    fixture *f = *state;
    write_tables(f);
    feed(f);
    write_video(f, true, 0, 0);
    write_audio(f, 44100, 1, 0);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(f->seen.track_count, 5);
    const az_track *v = last_track(f, VIDEO), *a = last_track(f, AUDIO);
    assert_int_equal(f->seen.tracks[0].width, 0);
    assert_int_equal(v->codec, AZ_CODEC_H264);
    assert_string_equal(v->codec_string, "avc1.42c01e");
    assert_int_equal(v->width, 1280);
    assert_int_equal(v->height, 720);
    assert_int_equal(v->frame_rate_num, 30);
    assert_int_equal(v->timescale, 90000);
    assert_string_equal(a->language, "eng");
    assert_string_equal(a->codec_string, "mp4a.40.2");
    assert_int_equal(a->sample_rate, 44100);
    assert_int_equal(a->channels, 2);
    assert_int_equal(last_track(f, DATA)->media, AZ_MEDIA_METADATA);
}

static void dts_is_kept_apart_from_pts(void **state)
{
    fixture *f = *state;
    write_tables(f);
    ts_pes pes = ts_pes_make(VIDEO, 9000);
    pes.dts = 3000;
    ts_es_h264(&f->unit, &hd, true, 0, 700);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    demux(f);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.pts, 9000);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.dts, 3000);
}

static void time_stamps_stay_raw_over_the_rollover(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, ROLL - 3000);
    write_video(f, false, 1, ROLL);
    write_audio(f, 48000, 3, ROLL - 1920);
    demux(f);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.pts, ROLL - 3000);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.pts, 0);
    assert_int_equal(sample_of(f, AUDIO, 0)->sample.pts, ROLL - 1920);
    assert_int_equal(sample_of(f, AUDIO, 1)->sample.pts, 0); /* counted, not carried */
    assert_int_equal(sample_of(f, AUDIO, 2)->sample.pts, 1920);
}

static void audio_times_do_not_drift_by_rounding(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_audio(f, 44100, 30, 1000);
    demux(f);
    int64_t end = 1000;
    for (size_t i = 0; i < 30; i++) {
        const az_sample *s = &sample_of(f, AUDIO, i)->sample;
        assert_int_equal(s->pts, 1000 + az_rescale((int64_t)i * 1024, 90000, 44100));
        assert_int_equal(s->pts, end);
        end = s->pts + s->duration;
    }
}

static void a_pes_packet_with_several_pictures_is_taken_apart(void **state)
{
    fixture *f = *state;
    write_tables(f);
    for (uint32_t i = 0; i < 4; i++)
        ts_es_h264(&f->unit, &hd, i == 0, i, 300);
    ts_pes pes = ts_pes_make(VIDEO, 5000);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    write_video(f, false, 4, 9000);
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 5);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.pts, 5000);
    assert_true(sample_of(f, VIDEO, 1)->sample.pts == AZ_NO_TICKS);
    assert_int_equal(sample_of(f, VIDEO, 4)->sample.pts, 9000);
}

static void a_picture_over_several_pes_packets_is_put_together(void **state)
{
    fixture *f = *state;
    write_tables(f);
    ts_es_h264(&f->unit, &hd, true, 0, 3000);
    uint64_t hash = hash_unit(f);
    size_t third = f->unit.size / 3;
    ts_pes pes = ts_pes_make(VIDEO, 5000);
    ts_writer_pes(&f->writer, &pes, f->unit.data, third);
    pes.pts = TS_NO_TIME;
    ts_writer_pes(&f->writer, &pes, f->unit.data + third, third);
    ts_writer_pes(&f->writer, &pes, f->unit.data + 2 * third, f->unit.size - 2 * third);
    write_video(f, false, 1, 8000);
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 2);
    assert_true(sample_of(f, VIDEO, 0)->hash == hash);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.pts, 5000);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.pts, 8000);
}

static void slices_of_one_picture_stay_together_without_delimiters(void **state)
{
    fixture *f = *state;
    ts_h264 sliced = hd;
    sliced.has_no_delimiter = true;
    sliced.slices = 4;
    write_tables(f);
    for (uint32_t i = 0; i < 3; i++) {
        ts_pes pes = ts_pes_make(VIDEO, i * 3000);
        ts_bytes_clear(&f->unit);
        ts_es_h264(&f->unit, &sliced, i == 0, i, 2000);
        ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    }
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 3);
    assert_true(sample_of(f, VIDEO, 2)->hash == hash_unit(f));
}

static void pes_headers_and_start_codes_may_be_cut_by_packets(void **state)
{
    fixture *f = *state;
    write_tables(f);
    for (size_t max = 1; max < 30; max++) {
        ts_pes pes = ts_pes_make(VIDEO, (int64_t)max * 3000);
        pes.dts = pes.pts - 1000;
        pes.packet_payload_max = max;
        ts_bytes_clear(&f->unit);
        ts_es_h264(&f->unit, &hd, true, (uint32_t)max, 100);
        ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    }
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 29);
    for (size_t i = 0; i < 29; i++)
        assert_int_equal(sample_of(f, VIDEO, i)->sample.dts, (int64_t)(i + 1) * 3000 - 1000);
    assert_true(sample_of(f, VIDEO, 28)->hash == hash_unit(f));
    assert_int_equal(all_troubles(f), 0);
}

static void audio_frames_may_be_cut_by_pes_packets(void **state)
{
    fixture *f = *state;
    write_tables(f);
    for (int i = 0; i < 4; i++)
        ts_es_adts(&f->unit, 48000, 2, 200);
    ts_pes pes = ts_pes_make(AUDIO, 5000);
    ts_writer_pes(&f->writer, &pes, f->unit.data, 500);
    pes.pts = 5000 + 3 * 1920; /* of the first frame that begins in it */
    ts_writer_pes(&f->writer, &pes, f->unit.data + 500, 300);
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sample_of(f, AUDIO, i)->sample.pts, 5000 + (int64_t)i * 1920);
    assert_int_equal(all_troubles(f), 0);
}

static void timed_id3_is_the_whole_tag_with_its_time(void **state)
{
    fixture *f = *state;
    static const char text[] = "{\"question\":\"?\"}";
    write_tables(f);
    ts_es_id3_priv(&f->unit, "metadata.live-video.net", text, sizeof(text));
    ts_pes pes = ts_pes_make(DATA, 77777);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    feed(f); /* at once: a cue does not wait for the next one */
    ts_writer_null(&f->writer);
    for (int i = 0; i < 20; i++)
        ts_writer_null(&f->writer);
    feed(f);
    assert_int_equal(f->seen.metadata_count, 1);
    const az_metadata *m = &f->seen.metadata[0];
    assert_int_equal(m->codec, AZ_CODEC_ID3);
    assert_int_equal(m->track, DATA);
    assert_int_equal(m->pts, 77777);
    assert_int_equal(m->data.size, f->unit.size);
    assert_memory_equal(m->data.data, f->unit.data, f->unit.size);
}

static void an_id3_tag_may_go_on_in_the_next_pes_packet(void **state)
{
    fixture *f = *state;
    uint8_t text[700] = {1, 2, 3};
    write_tables(f);
    ts_es_id3_priv(&f->unit, "a", text, sizeof(text));
    ts_pes pes = ts_pes_make(DATA, 100);
    ts_writer_pes(&f->writer, &pes, f->unit.data, 400);
    pes.pts = TS_NO_TIME;
    ts_writer_pes(&f->writer, &pes, f->unit.data + 400, f->unit.size - 400);
    demux(f);
    assert_int_equal(f->seen.metadata_count, 1);
    assert_int_equal(f->seen.metadata[0].pts, 100);
    assert_int_equal(f->seen.metadata[0].data.size, f->unit.size);
}

static void a_cut_id3_tag_is_dropped_and_the_next_one_is_not(void **state)
{
    fixture *f = *state;
    uint8_t text[700] = {1, 2, 3};
    write_tables(f);
    ts_es_id3_priv(&f->unit, "a", text, sizeof(text));
    ts_pes pes = ts_pes_make(DATA, 100);
    ts_writer_pes(&f->writer, &pes, f->unit.data, 400);
    pes.pts = 200;
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    demux(f);
    assert_int_equal(f->seen.metadata_count, 1);
    assert_int_equal(f->seen.metadata[0].pts, 200);
    assert_int_equal(f->seen.metadata[0].data.size, f->unit.size);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_PES), 1);
}

static void several_tags_of_one_pes_packet_stay_together(void **state)
{
    fixture *f = *state;
    write_tables(f);
    ts_es_id3_priv(&f->unit, "a", "x", 1);
    ts_es_id3_priv(&f->unit, "b", "y", 1);
    ts_pes pes = ts_pes_make(DATA, 100);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    demux(f);
    assert_int_equal(f->seen.metadata_count, 1);
    assert_int_equal(f->seen.metadata[0].data.size, f->unit.size);
}

static void an_id3_tag_in_a_pes_packet_without_length_does_not_wait(void **state)
{
    fixture *f = *state;
    write_tables(f);
    ts_es_id3_priv(&f->unit, "a", "x", 1);
    ts_pes pes = ts_pes_make(DATA, 100);
    pes.is_unbounded = true;
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    for (int i = 0; i < 20; i++)
        ts_writer_null(&f->writer);
    feed(f);
    assert_int_equal(f->seen.metadata_count, 1);
}

static void a_metadata_cell_header_is_taken_off(void **state)
{
    fixture *f = *state;
    static const uint8_t cell[] = {0, 0, 0xC0, 0, 30};
    write_tables(f);
    ts_bytes_append(&f->unit, cell, sizeof(cell));
    ts_es_id3_priv(&f->unit, "a", "x", 1);
    ts_pes pes = ts_pes_make(DATA, 100);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    demux(f);
    assert_int_equal(f->seen.metadata_count, 1);
    assert_memory_equal(f->seen.metadata[0].data.data, "ID3", 3);
}

static void duplicate_packets_are_dropped(void **state)
{
    fixture *f = *state;
    write_tables(f);
    size_t begin = f->bytes.size;
    write_video(f, true, 0, 0);
    ts_bytes copy = {0};
    ts_bytes_append(&copy, f->bytes.data, begin);
    for (size_t pos = begin; pos < f->bytes.size; pos += TS_PACKET_SIZE)
        for (int i = 0; i < 2; i++)
            ts_bytes_append(&copy, f->bytes.data + pos, TS_PACKET_SIZE);
    uint64_t hash = hash_unit(f);
    ts_bytes_free(&f->bytes);
    f->bytes = copy;
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 1);
    assert_true(sample_of(f, VIDEO, 0)->hash == hash);
    assert_int_equal(all_troubles(f), 0);
}

/* Takes one packet out of what was written. */
static void lose_packet(fixture *f, size_t begin)
{
    memmove(f->bytes.data + begin, f->bytes.data + begin + TS_PACKET_SIZE,
            f->bytes.size - begin - TS_PACKET_SIZE);
    f->bytes.size -= TS_PACKET_SIZE;
}

static void a_lost_packet_marks_the_picture_and_the_one_after(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    size_t second = f->bytes.size;
    write_video(f, false, 1, 3000);
    write_video(f, false, 2, 6000);
    write_video(f, false, 3, 9000);
    lose_packet(f, second + TS_PACKET_SIZE);
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 4);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.flags, AZ_SAMPLE_KEY);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.flags, AZ_SAMPLE_CORRUPT);
    assert_int_equal(sample_of(f, VIDEO, 2)->sample.flags, AZ_SAMPLE_DISCONTINUITY);
    assert_int_equal(sample_of(f, VIDEO, 3)->sample.flags, 0);
    assert_int_equal(troubles(f, AZ_DEMUX_CONTINUITY), 1);
}

static void sound_with_a_lost_packet_goes_on_with_the_next_pes(void **state)
{
    fixture *f = *state;
    write_tables(f);
    size_t begin = f->bytes.size;
    write_audio(f, 48000, 6, 0);
    write_audio(f, 48000, 2, 6 * 1920);
    lose_packet(f, begin + 2 * TS_PACKET_SIZE);
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 5); /* 3 whole ones before the hole */
    const az_sample *s = &sample_of(f, AUDIO, 3)->sample;
    assert_int_equal(s->pts, 6 * 1920);
    assert_int_equal(s->flags, AZ_SAMPLE_KEY | AZ_SAMPLE_DISCONTINUITY);
}

static void an_announced_discontinuity_is_no_loss(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    f->writer.counters[VIDEO] = (uint8_t)(f->writer.counters[VIDEO] + 7);
    ts_pes pes = ts_pes_make(VIDEO, 500 * SECOND);
    pes.is_discontinuity = true;
    ts_bytes_clear(&f->unit);
    ts_es_h264(&f->unit, &hd, true, 1, 700);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    demux(f);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.flags, AZ_SAMPLE_KEY);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.flags, AZ_SAMPLE_KEY | AZ_SAMPLE_DISCONTINUITY);
    assert_int_equal(all_troubles(f), 0);
}

static void a_new_pmt_changes_the_tracks(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    write_audio(f, 48000, 1, 0);
    ts_writer_remove_all(&f->writer);
    f->writer.pmt_version++;
    ts_writer_add(&f->writer, VIDEO, 0x1B, NULL);
    ts_writer_add(&f->writer, 0x200, 0x0F, "jpn");
    ts_writer_tables(&f->writer);
    write_audio(f, 48000, 1, 3000); /* on the old PID: nobody wants it */
    ts_pes pes = ts_pes_make(0x200, 3000);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    write_video(f, false, 1, 3000);
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 2);
    assert_int_equal(count_of(f, AUDIO), 1);
    assert_int_equal(count_of(f, 0x200), 1);
    assert_string_equal(last_track(f, 0x200)->language, "jpn");
}

static void a_new_size_is_announced_before_its_picture(void **state)
{
    fixture *f = *state;
    ts_h264 small = {.width = 640, .height = 362, .frame_rate_num = 25, .frame_rate_den = 1};
    write_tables(f);
    write_video(f, true, 0, 0);
    ts_pes pes = ts_pes_make(VIDEO, 3000);
    ts_bytes_clear(&f->unit);
    ts_es_h264(&f->unit, &small, true, 1, 700);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    write_video(f, true, 2, 6600);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(f->seen.track_count, 6); /* three, and one for each format */
    assert_int_equal(f->seen.tracks[4].width, 640);
    assert_int_equal(f->seen.tracks[4].height, 362);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.duration, 3000);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.duration, 3600);
}

static void sync_is_found_again_after_garbage(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    write_video(f, false, 1, 3000);
    for (unsigned i = 0; i < 1000; i++)
        ts_bytes_u8(&f->bytes, i % 50 == 0 ? 0x47 : i);
    write_video(f, false, 2, 6000);
    write_video(f, false, 3, 9000);
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 4);
    assert_int_equal(troubles(f, AZ_DEMUX_SYNC_LOST), 1);
}

/* Gives each packet bytes before and after it. */
static void widen(fixture *f, size_t before, size_t after)
{
    ts_bytes wide = {0};
    const uint8_t rubbish[16] = {0};
    for (size_t pos = 0; pos < f->bytes.size; pos += TS_PACKET_SIZE) {
        ts_bytes_append(&wide, rubbish, before);
        ts_bytes_append(&wide, f->bytes.data + pos, TS_PACKET_SIZE);
        ts_bytes_append(&wide, rubbish, after);
    }
    ts_bytes_free(&f->bytes);
    f->bytes = wide;
}

static void packets_of_192_and_204_bytes_are_recognised(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        seen_clear(&f->seen);
        ts_bytes_clear(&f->bytes);
        ts_writer_remove_all(&f->writer);
        write_tables(f);
        for (uint32_t n = 0; n < 8; n++)
            write_video(f, n == 0, n, n * 3000);
        widen(f, i ? 0 : 4, i ? 16 : 0);
        demux(f);
        assert_int_equal(count_of(f, VIDEO), 8);
        assert_int_equal(all_troubles(f), 0);
    }
}

static void what_is_no_transport_stream_is_refused_for_good(void **state)
{
    fixture *f = *state;
    static uint8_t zeros[(64 << 10) + 2048];
    aizu_result result = az_ts_feed(f->ts, az_span_make(zeros, sizeof(zeros)));
    assert_int_equal(result, AIZU_E_MEDIA);
    write_tables(f);
    assert_int_equal(az_ts_feed(f->ts, az_span_make(f->bytes.data, f->bytes.size)), AIZU_E_MEDIA);
}

static void one_packet_is_enough_at_the_end(void **state)
{
    fixture *f = *state;
    ts_writer_add(&f->writer, VIDEO, 0x1B, NULL);
    ts_writer_tables(&f->writer);
    demux(f);
    assert_int_equal(f->seen.track_count, 1);
}

static void finish_keeps_the_tables_for_the_next_segment(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(count_of(f, VIDEO), 1);
    f->writer.counters[VIDEO] = 9; /* another encoder run: no gap */
    write_video(f, false, 1, 3000);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(count_of(f, VIDEO), 2);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.flags, 0);
    assert_int_equal(all_troubles(f), 0);
}

static void reset_drops_what_is_held(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    for (int i = 0; i < 20; i++)
        ts_writer_null(&f->writer);
    feed(f);
    az_ts_reset(f->ts);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(count_of(f, VIDEO), 0);
    write_video(f, true, 1, 3000);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(count_of(f, VIDEO), 1);
}

static void media_before_the_first_pmt_is_not_lost(void **state)
{
    fixture *f = *state;
    write_video(f, true, 0, 0);
    write_video(f, false, 1, 3000);
    write_tables(f);
    write_video(f, false, 2, 6000);
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 3);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.flags, AZ_SAMPLE_KEY);
}

static void a_damaged_table_is_not_believed(void **state)
{
    fixture *f = *state;
    write_tables(f);
    f->bytes.data[TS_PACKET_SIZE + 30] ^= 1;
    write_video(f, true, 0, 0);
    demux(f);
    assert_int_equal(f->seen.track_count, 0);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_SECTION), 1);
}

static void scrambled_packets_are_told_and_the_track_says_so(void **state)
{
    fixture *f = *state;
    write_tables(f);
    size_t begin = f->bytes.size;
    write_video(f, true, 0, 0);
    for (size_t pos = begin; pos < f->bytes.size; pos += TS_PACKET_SIZE)
        f->bytes.data[pos + 3] |= 0x80;
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 0);
    assert_true(troubles(f, AZ_DEMUX_SCRAMBLED) > 0);
    assert_int_equal(f->seen.troubles_told[AZ_DEMUX_SCRAMBLED], 1); /* once a feed */
    assert_true(last_track(f, VIDEO)->is_encrypted);
}

static void packets_with_transport_errors_are_dropped(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    size_t second = f->bytes.size;
    write_video(f, false, 1, 3000);
    f->bytes.data[second + TS_PACKET_SIZE + 1] |= 0x80;
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_TRANSPORT_ERROR), 1);
    assert_int_equal(sample_of(f, VIDEO, 1)->sample.flags, AZ_SAMPLE_CORRUPT);
}

static void latm_is_announced_and_not_demuxed(void **state)
{
    fixture *f = *state;
    ts_writer_add(&f->writer, AUDIO, 0x11, NULL);
    ts_writer_tables(&f->writer);
    write_audio(f, 48000, 2, 0);
    demux(f);
    assert_int_equal(last_track(f, AUDIO)->codec, AZ_CODEC_AAC_LATM);
    assert_int_equal(f->seen.sample_count, 0);
    assert_int_equal(troubles(f, AZ_DEMUX_UNSUPPORTED), 1);
}

static const uint8_t splice_null[] = {0xFC, 0x30, 0x11, 0x00, 0,    0, 0,    0,   0,
                                      0,    0xFF, 0xFF, 0xF0, 0x00, 0, 0x00, 0x00};

static void splice_information_comes_as_sections_of_a_registered_programme(void **state)
{
    fixture *f = *state;
    for (int is_registered = 0; is_registered < 2; is_registered++) {
        seen_clear(&f->seen);
        ts_bytes_clear(&f->bytes);
        ts_writer_remove_all(&f->writer);
        if (is_registered)
            ts_bytes_descriptor(&f->writer.program_descriptors, 0x05, "CUEI", 4);
        ts_writer_add(&f->writer, SPLICE, 0x86, NULL);
        ts_writer_tables(&f->writer);
        ts_writer_section(&f->writer, SPLICE, splice_null, sizeof(splice_null) - 1);
        demux(f);
        assert_int_equal(f->seen.metadata_count, is_registered);
    }
    assert_int_equal(last_track(f, SPLICE)->codec, AZ_CODEC_SCTE35);
    const az_metadata *m = &f->seen.metadata[0];
    assert_int_equal(m->codec, AZ_CODEC_SCTE35);
    assert_int_equal(m->data.size, sizeof(splice_null) - 1 + 4);
    assert_memory_equal(m->data.data, splice_null, sizeof(splice_null) - 1);
    assert_true(m->pts == AZ_NO_TICKS);
}

static void sample_encryption_types_are_marked(void **state)
{
    fixture *f = *state;
    ts_writer_add(&f->writer, VIDEO, 0xDB, NULL);
    ts_writer_add(&f->writer, AUDIO, 0xCF, NULL);
    ts_writer_tables(&f->writer);
    write_video(f, true, 0, 0);
    write_audio(f, 48000, 2, 0);
    demux(f);
    assert_true(last_track(f, VIDEO)->is_encrypted && last_track(f, AUDIO)->is_encrypted);
    assert_int_equal(count_of(f, VIDEO), 1);
    assert_int_equal(count_of(f, AUDIO), 2);
}

static void an_endless_picture_is_dropped_at_the_limit(void **state)
{
    fixture *f = *state;
    write_tables(f);
    write_video(f, true, 0, 0);
    ts_bytes_clear(&f->unit);
    for (size_t i = 0; i < 200000; i++)
        ts_bytes_u8(&f->unit, 0x99);
    ts_pes pes = ts_pes_make(VIDEO, TS_NO_TIME);
    for (size_t size = 0; size <= AZ_TS_PES_SIZE_MAX; size += f->unit.size) {
        ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
        feed(f);
    }
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 1);
    write_video(f, true, 1, 3000);
    write_video(f, false, 2, 6000);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(count_of(f, VIDEO), 2);
    assert_int_equal(sample_of(f, VIDEO, 0)->sample.flags, AZ_SAMPLE_KEY | AZ_SAMPLE_DISCONTINUITY);
}

static void more_streams_than_the_limit_are_left_out(void **state)
{
    fixture *f = *state;
    for (uint16_t i = 0; i < TS_STREAMS_MAX; i++)
        ts_writer_add(&f->writer, (uint16_t)(0x100 + i), 0x0F, NULL);
    ts_writer_tables(&f->writer);
    demux(f);
    assert_int_equal(f->seen.track_count, AZ_TS_TRACKS_MAX);
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 1);
}

static void samples_may_outlive_the_demuxer(void **state)
{
    fixture *f = *state;
    write_tables(f);
    ts_es_id3_priv(&f->unit, "a", "x", 1);
    ts_pes pes = ts_pes_make(DATA, 100);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    demux(f);
    az_ts_destroy(&f->ts);
    assert_memory_equal(f->seen.metadata[0].data.data, f->unit.data, f->unit.size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(video_and_audio_come_out_whole_and_timed),
        TEST(tracks_are_announced_before_samples_with_their_format),
        TEST(dts_is_kept_apart_from_pts),
        TEST(time_stamps_stay_raw_over_the_rollover),
        TEST(audio_times_do_not_drift_by_rounding),
        TEST(a_pes_packet_with_several_pictures_is_taken_apart),
        TEST(a_picture_over_several_pes_packets_is_put_together),
        TEST(slices_of_one_picture_stay_together_without_delimiters),
        TEST(pes_headers_and_start_codes_may_be_cut_by_packets),
        TEST(audio_frames_may_be_cut_by_pes_packets),
        TEST(timed_id3_is_the_whole_tag_with_its_time),
        TEST(an_id3_tag_may_go_on_in_the_next_pes_packet),
        TEST(a_cut_id3_tag_is_dropped_and_the_next_one_is_not),
        TEST(several_tags_of_one_pes_packet_stay_together),
        TEST(an_id3_tag_in_a_pes_packet_without_length_does_not_wait),
        TEST(a_metadata_cell_header_is_taken_off),
        TEST(duplicate_packets_are_dropped),
        TEST(a_lost_packet_marks_the_picture_and_the_one_after),
        TEST(sound_with_a_lost_packet_goes_on_with_the_next_pes),
        TEST(an_announced_discontinuity_is_no_loss),
        TEST(a_new_pmt_changes_the_tracks),
        TEST(a_new_size_is_announced_before_its_picture),
        TEST(sync_is_found_again_after_garbage),
        TEST(packets_of_192_and_204_bytes_are_recognised),
        TEST(what_is_no_transport_stream_is_refused_for_good),
        TEST(one_packet_is_enough_at_the_end),
        TEST(finish_keeps_the_tables_for_the_next_segment),
        TEST(reset_drops_what_is_held),
        TEST(media_before_the_first_pmt_is_not_lost),
        TEST(a_damaged_table_is_not_believed),
        TEST(scrambled_packets_are_told_and_the_track_says_so),
        TEST(packets_with_transport_errors_are_dropped),
        TEST(latm_is_announced_and_not_demuxed),
        TEST(splice_information_comes_as_sections_of_a_registered_programme),
        TEST(sample_encryption_types_are_marked),
        TEST(an_endless_picture_is_dropped_at_the_limit),
        TEST(more_streams_than_the_limit_are_left_out),
        TEST(samples_may_outlive_the_demuxer),
    };
    return cmocka_run_group_tests_name("ts", tests, NULL, NULL);
}
