/*
 * AAC in LATM over LOAS: StreamMuxConfigs into rates, channels and durations, frames out whole. The bits are
 * written after ISO/IEC 14496-3, 1.7.
 */
#include "ts_fixture.h"

#include "demux/latm.h"

/* Bits, most significant first, at the end of `bytes`. */
typedef struct bit_writer {
    uint8_t data[4096];
    size_t count;
} bit_writer;

static void put(bit_writer *b, unsigned count, uint32_t value)
{
    while (count-- > 0) {
        b->data[b->count / 8] &= (uint8_t)(0xFF00u >> b->count % 8);
        b->data[b->count / 8] |= (uint8_t)((value >> count & 1) << (7 - b->count % 8));
        b->count++;
    }
}

/* What a StreamMuxConfig says. Zeros: none. */
typedef struct mux {
    int object_type; /* of the core */
    int rate_index;  /* of the core */
    int channels;
    int sbr_rate_index; /* with `explicit_type` 5 or 29 */
    int explicit_type;  /* announced in front */
    bool has_lengths;   /* audioMuxVersion 1 */
    bool has_extension; /* SBR announced behind; with lengths */
    bool is_short;      /* 960 samples */
    int subframes;
} mux;

static void put_asc(bit_writer *b, const mux *m)
{
    put(b, 5, (uint32_t)(m->explicit_type ? m->explicit_type : m->object_type));
    put(b, 4, (uint32_t)m->rate_index);
    put(b, 4, (uint32_t)m->channels);
    if (m->explicit_type) {
        put(b, 4, (uint32_t)m->sbr_rate_index);
        put(b, 5, (uint32_t)m->object_type);
    }
    put(b, 1, m->is_short);
    put(b, 2, 0); /* no core coder, no extension */
    if (m->has_extension) {
        put(b, 11, 0x2B7);
        put(b, 5, 5);
        put(b, 1, 1);
        put(b, 4, (uint32_t)m->sbr_rate_index);
    }
}

static void put_mux_config(bit_writer *b, const mux *m)
{
    put(b, 1, m->has_lengths);
    if (m->has_lengths) {
        put(b, 1, 0);
        put(b, 2 + 8, 255); /* taraBufferFullness */
    }
    put(b, 1, 1);
    put(b, 6, (uint32_t)AZ_MAX(m->subframes, 1) - 1);
    put(b, 4 + 3, 0);
    if (m->has_lengths) {
        bit_writer asc = {.count = 0};
        put_asc(&asc, m);
        put(b, 2 + 8, (uint32_t)asc.count);
    }
    put_asc(b, m);
    put(b, 3 + 8, 0xFF); /* frame length type, latmBufferFullness */
    put(b, 1 + 1, 0);
}

/* A LOAS frame of `size` bytes in all; NULL: as the one before. */
static void add_frame(ts_bytes *out, const mux *m, size_t size)
{
    bit_writer b = {.count = 0};
    put(&b, 11, 0x2B7);
    put(&b, 13, (uint32_t)size - 3);
    put(&b, 1, m == NULL);
    if (m)
        put_mux_config(&b, m);
    while (b.count < size * 8)
        put(&b, 1, b.count % 3 == 0);
    ts_bytes_append(out, b.data, size);
}

static const mux lc = {.object_type = 2, .rate_index = 3, .channels = 2};

static void write_unit_pes(fixture *f, int64_t pts)
{
    ts_pes pes = ts_pes_make(AUDIO, pts);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    ts_bytes_clear(&f->unit);
}

static void write_latm_tables(fixture *f, uint8_t stream_type)
{
    ts_writer_add(&f->writer, AUDIO, stream_type, NULL);
    ts_writer_tables(&f->writer);
}

static void frames_come_out_whole_and_timed(void **state)
{
    fixture *f = *state;
    ts_bytes frame = {0};
    write_latm_tables(f, 0x11);
    for (size_t i = 0; i < 4; i++)
        add_frame(&f->unit, i == 0 ? &lc : NULL, 200 + i);
    write_unit_pes(f, ROLL - 1920);
    for (size_t i = 4; i < 6; i++)
        add_frame(&f->unit, NULL, 200 + i);
    write_unit_pes(f, 3 * 1920);
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 6);
    for (size_t i = 0; i < 6; i++) {
        const seen_sample *s = sample_of(f, AUDIO, i);
        ts_bytes_clear(&frame);
        add_frame(&frame, i == 0 ? &lc : NULL, 200 + i);
        assert_int_equal(s->size, 200 + i);
        assert_true(s->hash == az_hash(AZ_HASH_SEED, frame.data, frame.size));
        assert_true(s->sample.pts == (ROLL + 1920 * ((int64_t)i - 1)) % ROLL);
        assert_true(s->sample.duration == 1920 && s->sample.dts == s->sample.pts);
        assert_int_equal(s->sample.codec, AZ_CODEC_AAC_LATM);
        assert_int_equal(s->sample.flags, AZ_SAMPLE_KEY);
    }
    const az_track *t = last_track(f, AUDIO);
    assert_int_equal(t->codec, AZ_CODEC_AAC_LATM);
    assert_int_equal(t->sample_rate, 48000);
    assert_int_equal(t->channels, 2);
    assert_string_equal(t->codec_string, "mp4a.40.2");
    assert_int_equal(t->config.size, 0);
    assert_int_equal(all_troubles(f), 0);
    ts_bytes_free(&frame);
}

static void configurations_say_rate_channels_and_samples(void **state)
{
    static const struct {
        mux mux;
        int rate, channels, samples;
        const char *string;
    } cases[] = {
        {{.object_type = 2, .rate_index = 4, .channels = 1}, 44100, 1, 1024, "mp4a.40.2"},
        {{.object_type = 2, .rate_index = 3, .channels = 7, .is_short = true}, 48000, 8, 960, "mp4a.40.2"},
        {{.object_type = 2, .rate_index = 3, .channels = 6, .subframes = 3}, 48000, 6, 3072, "mp4a.40.2"},
        {{.object_type = 2, .rate_index = 7, .channels = 2, .explicit_type = 5, .sbr_rate_index = 4},
         44100,
         2,
         2048,
         "mp4a.40.5"},
        {{.object_type = 2, .rate_index = 6, .channels = 1, .explicit_type = 29, .sbr_rate_index = 3},
         48000,
         2,
         2048,
         "mp4a.40.29"},
        {{.object_type = 2, .rate_index = 3, .channels = 2, .explicit_type = 5, .sbr_rate_index = 3},
         48000, /* SBR that does not raise the rate */
         2,
         1024,
         "mp4a.40.5"},
        {{.object_type = 2, .rate_index = 3, .channels = 0, .has_lengths = true},
         48000,
         0,
         1024,
         "mp4a.40.2"},
        {{.object_type = 2,
          .rate_index = 6,
          .channels = 2,
          .has_lengths = true,
          .has_extension = true,
          .sbr_rate_index = 3},
         48000,
         2,
         2048,
         "mp4a.40.5"},
        {{.object_type = 23, .rate_index = 3, .channels = 2}, 48000, 2, 512, "mp4a.40.23"},
    };
    static const az_audio_frame none;
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_audio_frame frame;
        ts_bytes_clear(&f->unit);
        add_frame(&f->unit, &cases[i].mux, 100);
        for (size_t size = 0; size < 100; size++)
            assert_int_equal(az_loas_frame_parse(az_span_make(f->unit.data, size), &none, &frame),
                             AIZU_AGAIN);
        assert_int_equal(az_loas_frame_parse(az_span_make(f->unit.data, 100), &none, &frame), AIZU_OK);
        assert_int_equal(frame.size, 100);
        assert_int_equal(frame.skip, 0);
        assert_int_equal(frame.sample_rate, cases[i].rate);
        assert_int_equal(frame.channels, cases[i].channels);
        assert_int_equal(frame.samples, cases[i].samples);
        assert_string_equal(frame.codec_string, cases[i].string);
    }
}

static void what_is_no_frame_is_refused(void **state)
{
    static const struct {
        uint8_t size, bytes[12];
    } cases[] = {
        {1, {0x57}},
        {2, {0x56, 0xC0}},
        {3, {0x56, 0xE0, 0}},                                                  /* empty */
        {4, {0x56, 0xE0, 1, 0}},                                               /* a cut configuration */
        {8, {0x56, 0xE0, 5, 0x60, 0, 0, 0, 0}},                                /* audioMuxVersionA */
        {9, {0x56, 0xE0, 6, 0x20, 0, 0x00, 0x00, 0x00, 0x00}},                 /* object type 0 */
        {10, {0x56, 0xE0, 7, 0x20, 0, 0x17, 0x80, 0, 0, 0}},                   /* a rate of 0 */
        {12, {0x56, 0xE0, 9, 0x40, 0, 0, 0x18, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF}}, /* a length past the end */
    };
    static const az_audio_frame none;
    (void)state;
    az_audio_frame frame;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_span bytes = az_span_make(cases[i].bytes, cases[i].size);
        assert_int_equal(az_loas_frame_parse(bytes, &none, &frame), AIZU_E_MEDIA);
    }
}

static void frames_before_the_first_configuration_count_and_are_kept_back(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x11);
    for (size_t i = 0; i < 3; i++)
        add_frame(&f->unit, NULL, 100);
    add_frame(&f->unit, &lc, 101);
    add_frame(&f->unit, NULL, 102);
    write_unit_pes(f, SECOND);
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 2);
    assert_int_equal(sample_of(f, AUDIO, 0)->size, 101);
    assert_true(sample_of(f, AUDIO, 0)->sample.pts == SECOND + 3 * 1920);
    assert_true(sample_of(f, AUDIO, 1)->sample.pts == SECOND + 4 * 1920);
    assert_int_equal(all_troubles(f), 0);
}

static void a_configuration_holds_over_the_end_of_a_segment(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x11);
    add_frame(&f->unit, &lc, 100);
    write_unit_pes(f, 0);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    ts_writer_tables(&f->writer);
    add_frame(&f->unit, NULL, 101);
    write_unit_pes(f, SECOND);
    feed(f);
    az_ts_reset(f->ts);
    ts_writer_tables(&f->writer);
    add_frame(&f->unit, NULL, 102);
    write_unit_pes(f, 2 * SECOND);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(count_of(f, AUDIO), 2); /* one was not whole at the reset */
    assert_true(sample_of(f, AUDIO, 1)->sample.pts == 2 * SECOND);
}

static void a_new_configuration_is_announced_before_its_frame(void **state)
{
    static const mux other = {.object_type = 2, .rate_index = 4, .channels = 1};
    fixture *f = *state;
    write_latm_tables(f, 0x11);
    add_frame(&f->unit, &lc, 100);
    add_frame(&f->unit, &other, 100);
    add_frame(&f->unit, NULL, 100);
    write_unit_pes(f, 0);
    demux(f);
    assert_int_equal(f->seen.track_count, 3);
    assert_int_equal(f->seen.tracks[1].sample_rate, 48000);
    assert_int_equal(f->seen.tracks[2].sample_rate, 44100);
    assert_int_equal(f->seen.tracks[2].channels, 1);
    assert_true(sample_of(f, AUDIO, 1)->sample.pts == 1920);
    assert_true(sample_of(f, AUDIO, 2)->sample.pts == 1920 + 2090);
}

static void loas_under_the_type_of_adts_is_announced_as_latm(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x0F);
    ts_bytes_append(&f->unit, "\xFF\x56\xFF", 3); /* cut off */
    add_frame(&f->unit, NULL, 150);
    add_frame(&f->unit, &lc, 100);
    add_frame(&f->unit, NULL, 100);
    write_unit_pes(f, SECOND);
    add_frame(&f->unit, NULL, 100);
    write_unit_pes(f, SECOND + 1920 * 3);
    demux(f);
    assert_int_equal(f->seen.tracks[0].codec, AZ_CODEC_AAC);
    assert_int_equal(last_track(f, AUDIO)->codec, AZ_CODEC_AAC_LATM);
    assert_int_equal(f->seen.track_count, 2);
    assert_int_equal(count_of(f, AUDIO), 3);
    assert_int_equal(sample_of(f, AUDIO, 0)->sample.codec, AZ_CODEC_AAC_LATM);
    assert_int_equal(all_troubles(f), 0);
}

static void adts_under_the_type_of_latm_is_announced_as_adts(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x11);
    write_audio(f, 48000, 3, SECOND);
    demux(f);
    assert_int_equal(last_track(f, AUDIO)->codec, AZ_CODEC_AAC);
    assert_int_equal(count_of(f, AUDIO), 3);
}

static void adts_that_was_seen_stays_adts(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x0F);
    write_audio(f, 48000, 2, 0);
    add_frame(&f->unit, &lc, 100);
    add_frame(&f->unit, NULL, 100);
    ts_bytes_clear(&f->unit);
    add_frame(&f->unit, &lc, 100);
    add_frame(&f->unit, NULL, 100);
    write_unit_pes(f, SECOND);
    write_audio(f, 48000, 2, SECOND * 2);
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 4);
    assert_int_equal(last_track(f, AUDIO)->codec, AZ_CODEC_AAC);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_FRAME), 1);
}

static void frames_may_be_cut_by_packets_and_pes_packets(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x11);
    add_frame(&f->unit, &lc, 300);
    for (size_t first = 1; first < 30; first++) {
        ts_pes pes = ts_pes_make(AUDIO, SECOND * (int64_t)first);
        pes.packet_payload_max = 10 + first;
        ts_writer_pes(&f->writer, &pes, f->unit.data, first);
        pes.pts = TS_NO_TIME;
        ts_writer_pes(&f->writer, &pes, f->unit.data + first, f->unit.size - first);
    }
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 29);
    for (size_t i = 0; i < 29; i++)
        assert_true(sample_of(f, AUDIO, i)->sample.pts == SECOND * (int64_t)(i + 1));
    assert_int_equal(all_troubles(f), 0);
}

static void a_length_that_lies_is_survived(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x11);
    add_frame(&f->unit, &lc, 200);
    size_t lie = f->unit.size;
    add_frame(&f->unit, NULL, 200);
    f->unit.data[lie + 2] += 40;
    for (int i = 0; i < 4; i++)
        add_frame(&f->unit, NULL, 200);
    write_unit_pes(f, 0);
    for (int i = 1; i < 3; i++) {
        add_frame(&f->unit, NULL, 201);
        write_unit_pes(f, SECOND * i);
    }
    demux(f);
    size_t count = count_of(f, AUDIO);
    assert_true(count >= 6);
    assert_int_equal(sample_of(f, AUDIO, count - 1)->size, 201);
    assert_true(sample_of(f, AUDIO, count - 1)->sample.pts == 2 * SECOND);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_FRAME), 1);
}

static void damage_anywhere_in_a_frame_is_survived(void **state)
{
    fixture *f = *state;
    write_latm_tables(f, 0x11);
    size_t tables = f->bytes.size;
    for (size_t at = 0; at < 30 * 8; at++) {
        f->bytes.size = tables;
        ts_bytes_clear(&f->unit);
        memset(f->writer.counters, 0, sizeof(f->writer.counters));
        add_frame(&f->unit, &lc, 30);
        f->unit.data[at / 8] ^= (uint8_t)(0x80 >> at % 8);
        write_unit_pes(f, 0);
        for (int i = 1; i < 6; i++) {
            add_frame(&f->unit, &lc, 30);
            add_frame(&f->unit, NULL, 3000);
            write_unit_pes(f, SECOND * i);
        }
        demux(f);
        size_t count = count_of(f, AUDIO);
        assert_true(count >= 2 && count <= 11);
        assert_int_equal(sample_of(f, AUDIO, count - 2)->size, 30);
        assert_true(sample_of(f, AUDIO, count - 2)->sample.pts == SECOND * 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_come_out_whole_and_timed),
        TEST(configurations_say_rate_channels_and_samples),
        TEST(what_is_no_frame_is_refused),
        TEST(frames_before_the_first_configuration_count_and_are_kept_back),
        TEST(a_configuration_holds_over_the_end_of_a_segment),
        TEST(a_new_configuration_is_announced_before_its_frame),
        TEST(loas_under_the_type_of_adts_is_announced_as_latm),
        TEST(adts_under_the_type_of_latm_is_announced_as_adts),
        TEST(adts_that_was_seen_stays_adts),
        TEST(frames_may_be_cut_by_packets_and_pes_packets),
        TEST(a_length_that_lies_is_survived),
        TEST(damage_anywhere_in_a_frame_is_survived),
    };
    return cmocka_run_group_tests_name("ts_latm", tests, NULL, NULL);
}
