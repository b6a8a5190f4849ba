/*
 * Opus in transport streams: descriptors into decoder configurations, access units into packets and times.
 * The bytes are written by hand after the syntax, some after what FFmpeg writes.
 */
#include "ts_fixture.h"

#include "demux/opus_unit.h"

#define STEREO_20 0xFC /* table of contents: CELT, fullband, 20 ms, stereo, one frame */

/* A packet of `size` bytes that begins with this table of contents. */
static void put_packet(ts_bytes *b, unsigned toc, size_t size)
{
    ts_bytes_u8(b, toc);
    for (size_t i = 1; i < size; i++)
        ts_bytes_u8(b, (unsigned)i & 0x3F); /* nothing in it looks like a control header */
}

/* Control header; it says `lie` bytes more than there are. */
static void put_header(ts_bytes *b, unsigned flags, size_t size, size_t lie)
{
    ts_bytes_u8(b, 0x7F);
    ts_bytes_u8(b, 0xE0 | flags);
    for (size += lie; size >= 255; size -= 255)
        ts_bytes_u8(b, 255);
    ts_bytes_u8(b, (unsigned)size);
    if (flags & 0x10)
        ts_bytes_u16(b, 312);
    if (flags & 0x08)
        ts_bytes_u16(b, 648);
    if (flags & 0x04) {
        ts_bytes_u8(b, 3);
        ts_bytes_append(b, "\x7F\xE0\0", 3); /* nearly one more header */
    }
}

static void add_unit(fixture *f, unsigned flags, unsigned toc, size_t size)
{
    put_header(&f->unit, flags, size, 0);
    put_packet(&f->unit, toc, size);
}

static void write_unit_pes(fixture *f, int64_t pts)
{
    ts_pes pes = ts_pes_make(AUDIO, pts);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    ts_bytes_clear(&f->unit);
}

static void write_opus_tables(fixture *f, const void *descriptor, size_t size)
{
    ts_writer_stream *s = ts_writer_add(&f->writer, AUDIO, 0x06, "eng");
    ts_bytes_descriptor(&s->descriptors, 0x05, "Opus", 4);
    if (size)
        ts_bytes_descriptor(&s->descriptors, 0x7F, descriptor, size);
    ts_writer_tables(&f->writer);
}

static void write_stereo_tables(fixture *f)
{
    static const uint8_t stereo[] = {0x80, 2};
    write_opus_tables(f, stereo, sizeof(stereo));
}

static void packets_come_out_without_their_control_header(void **state)
{
    fixture *f = *state;
    ts_bytes packet = {0};
    write_stereo_tables(f);
    add_unit(f, 0x10, STEREO_20, 300);
    add_unit(f, 0, STEREO_20, 255);
    add_unit(f, 0, STEREO_20, 1);
    write_unit_pes(f, SECOND);
    add_unit(f, 0x0C, STEREO_20, 510);
    write_unit_pes(f, SECOND + 5400);
    demux(f);
    const size_t sizes[] = {300, 255, 1, 510};
    assert_int_equal(count_of(f, AUDIO), 4);
    for (size_t i = 0; i < 4; i++) {
        const seen_sample *s = sample_of(f, AUDIO, i);
        ts_bytes_clear(&packet);
        put_packet(&packet, STEREO_20, sizes[i]);
        assert_int_equal(s->size, sizes[i]);
        assert_true(s->hash == az_hash(AZ_HASH_SEED, packet.data, packet.size));
        assert_true(s->sample.pts == SECOND + 1800 * (int64_t)i && s->sample.dts == s->sample.pts);
        assert_true(s->sample.duration == 1800);
        assert_int_equal(s->sample.codec, AZ_CODEC_OPUS);
        assert_int_equal(s->sample.flags, AZ_SAMPLE_KEY);
    }
    assert_int_equal(all_troubles(f), 0);
    ts_bytes_free(&packet);
}

static void the_track_is_whole_with_the_pmt(void **state)
{
    static const uint8_t dops[] = {0, 2, 0, 0, 0, 0, 0xBB, 0x80, 0, 0, 0};
    fixture *f = *state;
    write_stereo_tables(f);
    demux(f);
    assert_int_equal(f->seen.track_count, 1);
    const az_track *t = last_track(f, AUDIO);
    assert_int_equal(t->media, AZ_MEDIA_AUDIO);
    assert_int_equal(t->codec, AZ_CODEC_OPUS);
    assert_int_equal(t->sample_rate, 48000);
    assert_int_equal(t->channels, 2);
    assert_int_equal(t->timescale, 90000);
    assert_string_equal(t->codec_string, "opus");
    assert_string_equal(t->language, "eng");
    assert_int_equal(t->config.size, sizeof(dops));
    assert_memory_equal(t->config.data, dops, sizeof(dops));
}

static void frames_of_2_5_ms_do_not_drift(void **state)
{
    fixture *f = *state;
    write_stereo_tables(f);
    for (int i = 0; i < 81; i++)
        add_unit(f, 0, 0xE0, 20); /* 120 samples are 225 ticks */
    write_unit_pes(f, ROLL - 225);
    add_unit(f, 0, 0x08, 20); /* SILK, 20 ms mono in a stereo stream */
    write_unit_pes(f, TS_NO_TIME);
    demux(f);
    assert_true(sample_of(f, AUDIO, 0)->sample.pts == ROLL - 225);
    assert_true(sample_of(f, AUDIO, 81)->sample.pts == 80 * 225);
    assert_true(sample_of(f, AUDIO, 81)->sample.duration == 1800);
}

static void units_may_be_cut_by_packets_and_pes_packets(void **state)
{
    fixture *f = *state;
    write_stereo_tables(f);
    add_unit(f, 0x1C, STEREO_20, 700);
    for (size_t first = 1; first < 20; first++) {
        ts_pes pes = ts_pes_make(AUDIO, SECOND * (int64_t)first);
        pes.packet_payload_max = 10 + first;
        ts_writer_pes(&f->writer, &pes, f->unit.data, first);
        pes.pts = TS_NO_TIME;
        ts_writer_pes(&f->writer, &pes, f->unit.data + first, f->unit.size - first);
    }
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 19);
    for (size_t i = 0; i < 19; i++) {
        assert_int_equal(sample_of(f, AUDIO, i)->size, 700);
        assert_true(sample_of(f, AUDIO, i)->sample.pts == SECOND * (int64_t)(i + 1));
    }
    assert_int_equal(all_troubles(f), 0);
}

static void durations_are_those_of_the_table_of_contents(void **state)
{
    static const struct {
        uint8_t packet[2];
        int samples;
    } cases[] = {
        {{0 << 3, 0}, 480},        {{1 << 3, 0}, 960},       {{2 << 3, 0}, 1920},
        {{3 << 3, 0}, 2880},       {{11 << 3, 0}, 2880},     {{12 << 3, 0}, 480},
        {{13 << 3, 0}, 960},       {{15 << 3, 0}, 960},      {{16 << 3, 0}, 120},
        {{17 << 3, 0}, 240},       {{18 << 3, 0}, 480},      {{19 << 3, 0}, 960},
        {{31 << 3, 0}, 960},       {{31 << 3 | 1, 0}, 1920}, {{31 << 3 | 2, 0}, 1920},
        {{3 << 3 | 1, 0}, 5760},   {{31 << 3 | 3, 6}, 5760}, {{31 << 3 | 3, 0xC3}, 2880},
        {{16 << 3 | 3, 48}, 5760}, {{31 << 3 | 3, 7}, 0},    {{31 << 3 | 3, 0}, 0},
        {{16 << 3 | 3, 49}, 0},    {{3 << 3 | 3, 3}, 0},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        const uint8_t unit[] = {0x7F, 0xE0, 2, cases[i].packet[0], cases[i].packet[1]};
        az_audio_frame frame;
        aizu_result result = az_opus_unit_parse(az_span_make(unit, sizeof(unit)), &frame);
        assert_int_equal(result, cases[i].samples ? AIZU_OK : AIZU_E_MEDIA);
        if (!result)
            assert_int_equal(frame.samples, cases[i].samples);
    }
}

static void a_cut_header_asks_for_more(void **state)
{
    fixture *f = *state;
    az_audio_frame frame;
    add_unit(f, 0x1C, STEREO_20, 600);
    const size_t header = 2 + 3 + 2 + 2 + 4;
    for (size_t size = 0; size < f->unit.size; size++) {
        aizu_result result = az_opus_unit_parse(az_span_make(f->unit.data, size), &frame);
        assert_int_equal(result, size < header + 2 ? AIZU_AGAIN : AIZU_OK);
    }
    assert_int_equal(frame.skip, header);
    assert_int_equal(frame.size, header + 600);
}

static void what_is_no_unit_is_refused(void **state)
{
    static const struct {
        uint8_t size, bytes[6];
    } cases[] = {
        {1, {0x7E}},                   /* no prefix */
        {2, {0x7F, 0xC0}},             /* half a prefix */
        {3, {0x7F, 0xE0, 0}},          /* no packet */
        {4, {0x7F, 0xE0, 1, 0xFF}},    /* a count of frames that is not there */
        {5, {0x7F, 0xE0, 2, 0xFF, 0}}, /* no frames */
    };
    (void)state;
    az_audio_frame frame;
    for (size_t i = 0; i < AZ_COUNT(cases); i++)
        assert_int_equal(az_opus_unit_parse(az_span_make(cases[i].bytes, cases[i].size), &frame),
                         AIZU_E_MEDIA);
    uint8_t endless[400];
    memset(endless, 255, sizeof(endless));
    endless[0] = 0x7F;
    endless[1] = 0xE0;
    assert_int_equal(az_opus_unit_parse(az_span_make(endless, 200), &frame), AIZU_AGAIN);
    assert_int_equal(az_opus_unit_parse(az_span_make(endless, sizeof(endless)), &frame), AIZU_E_MEDIA);
}

static void a_size_that_lies_costs_its_own_packet_only(void **state)
{
    fixture *f = *state;
    write_stereo_tables(f);
    add_unit(f, 0, STEREO_20, 200);
    put_header(&f->unit, 0, 200, 150);
    put_packet(&f->unit, STEREO_20, 200);
    write_unit_pes(f, 0);
    for (int i = 1; i < 4; i++) {
        add_unit(f, 0, STEREO_20, 100 + (size_t)i);
        write_unit_pes(f, SECOND * i);
    }
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 4);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(sample_of(f, AUDIO, i)->size, 100 + i);
        assert_true(sample_of(f, AUDIO, i)->sample.pts == SECOND * (int64_t)i);
    }
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_FRAME), 1);
}

static void rubbish_between_units_is_skipped(void **state)
{
    fixture *f = *state;
    write_stereo_tables(f);
    ts_bytes_append(&f->unit, "\x7F\xE0\x02\xFF", 4);
    add_unit(f, 0, STEREO_20, 50);
    add_unit(f, 0, STEREO_20, 51);
    ts_bytes_append(&f->unit, "\x7F\x7F\xE0", 3);
    add_unit(f, 0, STEREO_20, 52);
    add_unit(f, 0, STEREO_20, 53);
    write_unit_pes(f, 0);
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sample_of(f, AUDIO, i)->size, 50 + i);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_FRAME), 1);
}

static void damage_anywhere_in_a_unit_is_survived(void **state)
{
    fixture *f = *state;
    write_stereo_tables(f);
    size_t tables = f->bytes.size;
    for (size_t at = 0; at < 60; at++) {
        f->bytes.size = tables;
        ts_bytes_clear(&f->unit);
        memset(f->writer.counters, 0, sizeof(f->writer.counters));
        add_unit(f, 0x1C, STEREO_20, 40);
        add_unit(f, 0, STEREO_20, 40);
        if (at < f->unit.size)
            f->unit.data[at] ^= 0xFF;
        write_unit_pes(f, 0);
        for (int i = 1; i < 4; i++) {
            add_unit(f, 0, STEREO_20, 40);
            write_unit_pes(f, SECOND * i);
        }
        demux(f);
        assert_true(count_of(f, AUDIO) >= 3 && count_of(f, AUDIO) <= 5);
        size_t last = count_of(f, AUDIO) - 1;
        assert_true(sample_of(f, AUDIO, last)->sample.pts == SECOND * 3);
        assert_int_equal(sample_of(f, AUDIO, last)->size, 40);
    }
}

static void assert_config(const uint8_t *descriptor, size_t size, unsigned channels, const char *table,
                          size_t table_size)
{
    az_opus_config c = az_opus_config_parse(az_span_make(descriptor, size));
    assert_int_equal(c.size, 10 + table_size);
    assert_int_equal(c.data[1], channels);
    assert_memory_equal(c.data + 10, table, table_size);
}

#define CONFIG(channels, table, ...)                                                                       \
    assert_config((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), channels, table, \
                  sizeof(table) - 1)

static void layouts_become_mapping_tables(void **state)
{
    (void)state;
    CONFIG(1, "\0", 1);
    CONFIG(2, "\0", 2);
    CONFIG(2, "\377\1\1\0\1", 0); /* dual mono */
    CONFIG(3, "\1\2\1\0\2\1", 3);
    CONFIG(6, "\1\4\2\0\4\1\2\3\5", 6);
    CONFIG(8, "\1\5\3\0\6\1\2\3\4\5\7", 8);
    CONFIG(2, "\1\2\0\0\1", 0x82); /* each channel by itself */
    CONFIG(8, "\1\10\0\0\1\2\3\4\5\6\7", 0x88);
    CONFIG(2, "\0", 0x81, 2, 0);                       /* spelt out */
    CONFIG(3, "\1\2\1\0\2\1", 0x81, 3, 1, 0x52, 0x40); /* 01 01 00 10 01, filled up */
    CONFIG(2, "\377\1\0\0\377", 0x81, 2, 255, 0x10);   /* 0 0 0 1: the second is silent */
}

static void layouts_that_contradict_themselves_are_refused(void **state)
{
    static const uint8_t cases[][5] = {
        {0x09},             /* more than eight channels */
        {0x80},             /* reserved */
        {0xFF},             /* reserved */
        {0x81, 0, 0},       /* no channels */
        {0x81, 3, 0},       /* three in one stream */
        {0x81, 9, 1},       /* too many */
        {0x81, 4, 2},       /* a family that is not known */
        {0x81, 3, 1, 0x70}, /* two streams, three of them coupled */
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++)
        assert_int_equal(az_opus_config_parse(az_span_make(cases[i], sizeof(cases[i]))).size, 0);
    assert_int_equal(az_opus_config_parse(az_span_make(cases[5], 2)).size, 0); /* cut */
}

static void channels_that_cannot_be_decoded_leave_an_unknown_codec(void **state)
{
    static const uint8_t many[] = {0x80, 0x40};
    fixture *f = *state;
    write_opus_tables(f, many, sizeof(many));
    add_unit(f, 0, STEREO_20, 50);
    write_unit_pes(f, 0);
    demux(f);
    assert_int_equal(last_track(f, AUDIO)->codec, AZ_CODEC_UNKNOWN);
    assert_int_equal(last_track(f, AUDIO)->media, AZ_MEDIA_AUDIO);
    assert_int_equal(f->seen.sample_count, 0);
    assert_int_equal(troubles(f, AZ_DEMUX_UNSUPPORTED), 1);
}

static void without_a_descriptor_it_is_stereo(void **state)
{
    fixture *f = *state;
    write_opus_tables(f, NULL, 0);
    demux(f);
    assert_int_equal(last_track(f, AUDIO)->channels, 2);
    assert_int_equal(last_track(f, AUDIO)->config.size, 11);
}

static void a_new_pmt_changes_the_channels(void **state)
{
    static const uint8_t surround[] = {0x80, 6};
    fixture *f = *state;
    write_stereo_tables(f);
    add_unit(f, 0, STEREO_20, 50);
    write_unit_pes(f, 0);
    ts_writer_remove_all(&f->writer);
    f->writer.pmt_version++;
    write_opus_tables(f, surround, sizeof(surround));
    add_unit(f, 0, STEREO_20, 51);
    write_unit_pes(f, 1800);
    demux(f);
    assert_int_equal(count_of(f, AUDIO), 2);
    assert_int_equal(f->seen.tracks[0].channels, 2);
    assert_int_equal(last_track(f, AUDIO)->channels, 6);
    assert_int_equal(last_track(f, AUDIO)->config.size, 19);
    /* and another codec under the same PID and type is another stream */
    ts_writer_remove_all(&f->writer);
    f->writer.pmt_version++;
    ts_writer_stream *s = ts_writer_add(&f->writer, AUDIO, 0x06, NULL);
    ts_bytes_descriptor(&s->descriptors, 0x05, "AC-3", 4);
    ts_writer_tables(&f->writer);
    demux(f);
    assert_int_equal(last_track(f, AUDIO)->codec, AZ_CODEC_AC3);
    assert_int_equal(last_track(f, AUDIO)->config.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(packets_come_out_without_their_control_header),
        TEST(the_track_is_whole_with_the_pmt),
        TEST(frames_of_2_5_ms_do_not_drift),
        TEST(units_may_be_cut_by_packets_and_pes_packets),
        TEST(durations_are_those_of_the_table_of_contents),
        TEST(a_cut_header_asks_for_more),
        TEST(what_is_no_unit_is_refused),
        TEST(a_size_that_lies_costs_its_own_packet_only),
        TEST(rubbish_between_units_is_skipped),
        TEST(damage_anywhere_in_a_unit_is_survived),
        TEST(layouts_become_mapping_tables),
        TEST(layouts_that_contradict_themselves_are_refused),
        TEST(channels_that_cannot_be_decoded_leave_an_unknown_codec),
        TEST(without_a_descriptor_it_is_stereo),
        TEST(a_new_pmt_changes_the_channels),
    };
    return cmocka_run_group_tests_name("ts_opus", tests, NULL, NULL);
}
