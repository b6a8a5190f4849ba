/*
 * The channel's transport stream writer: every packet is well formed, payloads come out again as they went
 * in, and the programme map says what Apple's timed metadata needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ts_writer.h"

/* One reassembled PES packet of one PID. */
typedef struct pes {
    uint8_t bytes[8192];
    size_t size;
    unsigned packets;
    bool has_pcr;
    int64_t pcr;
    bool is_random_access;
} pes;

static unsigned pid_of(const uint8_t *packet)
{
    return ((packet[1] & 0x1fu) << 8) | packet[2];
}

/* Checks each packet's form and collects the payloads of `pid`. */
static void collect(pes *out, const ch_bytes *ts, unsigned pid)
{
    *out = (pes){0};
    assert_int_equal(ts->size % CH_TS_PACKET_SIZE, 0);
    for (size_t at = 0; at < ts->size; at += CH_TS_PACKET_SIZE) {
        const uint8_t *p = ts->data + at;
        assert_int_equal(p[0], 0x47);
        if (pid_of(p) != pid)
            continue;
        assert_int_equal(p[3] & 15, out->packets & 15);
        assert_int_equal((p[1] & 0x40) != 0, out->packets == 0);
        size_t begin = 4;
        if (p[3] & 0x20) {
            begin += 1 + (size_t)p[4];
            assert_in_range(begin, 5, CH_TS_PACKET_SIZE);
            if (p[4] > 0 && (p[5] & 0x10)) {
                assert_true(p[4] >= 7); /* flags and six bytes of clock */
                out->has_pcr = true;
                out->pcr = ((int64_t)p[6] << 25) | (p[7] << 17) | (p[8] << 9) | (p[9] << 1) | (p[10] >> 7);
            }
            out->is_random_access = out->is_random_access || (p[4] > 0 && (p[5] & 0x40));
        }
        assert_in_range(out->size + CH_TS_PACKET_SIZE - begin, 0, sizeof(out->bytes));
        memcpy(out->bytes + out->size, p + begin, CH_TS_PACKET_SIZE - begin);
        out->size += CH_TS_PACKET_SIZE - begin;
        out->packets++;
    }
}

static int64_t time_at(const uint8_t *p)
{
    assert_true((p[0] & 1) && (p[2] & 1) && (p[4] & 1));
    return ((int64_t)(p[0] & 0x0e) << 29) | (p[1] << 22) | ((p[2] & 0xfe) << 14) | (p[3] << 7) | (p[4] >> 1);
}

static void video_of_every_size_comes_out_as_it_went_in(void **state)
{
    (void)state;
    static uint8_t data[1200];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 + 1);
    memcpy(data, "\0\0\0\1\11\xf0", 6);
    for (size_t size = 6; size <= sizeof(data); size++) {
        ch_ts_writer w;
        ch_bytes ts = {0};
        pes got;
        ch_ts_writer_init(&w, false);
        ch_ts_write_video(&w, &ts, data, size, 903000, 900000, size % 2 == 0);
        collect(&got, &ts, CH_TS_PID_VIDEO);
        assert_int_equal(got.size, 19 + size);
        assert_memory_equal(got.bytes, "\0\0\1\xe0\0\0\x84\xc0\12", 9);
        assert_int_equal(time_at(got.bytes + 9), 903000);
        assert_int_equal(time_at(got.bytes + 14), 900000);
        assert_memory_equal(got.bytes + 19, data, size);
        assert_true(got.has_pcr);
        assert_int_equal(got.pcr, 900000 - CH_TS_PCR_DELAY);
        assert_int_equal(got.is_random_access, size % 2 == 0);
        ch_bytes_deinit(&ts);
    }
}

static void an_access_unit_without_delimiter_gets_one(void **state)
{
    (void)state;
    static const uint8_t idr[] = {0, 0, 1, 0x65, 1, 2, 3};
    ch_ts_writer w;
    ch_bytes ts = {0};
    pes got;
    ch_ts_writer_init(&w, false);
    ch_ts_write_video(&w, &ts, idr, sizeof(idr), 900000, 900000, true);
    collect(&got, &ts, CH_TS_PID_VIDEO);
    assert_int_equal(got.size, 14 + 6 + sizeof(idr));
    assert_memory_equal(got.bytes + 14, "\0\0\0\1\11\xf0", 6);
    assert_memory_equal(got.bytes + 20, idr, sizeof(idr));
    ch_bytes_deinit(&ts);
}

static void times_wrap_at_33_bits(void **state)
{
    (void)state;
    static const uint8_t tag[] = "ID3";
    const int64_t wrap = INT64_C(1) << 33;
    ch_ts_writer w;
    ch_bytes ts = {0};
    pes got;
    ch_ts_writer_init(&w, false);
    ch_ts_write_metadata(&w, &ts, tag, 3, wrap + 5);
    collect(&got, &ts, CH_TS_PID_METADATA);
    assert_int_equal(time_at(got.bytes + 9), 5);
    ts.size = 0;
    ch_ts_write_metadata(&w, &ts, tag, 3, wrap - 1);
    assert_int_equal(time_at(ts.data + CH_TS_PACKET_SIZE - 3 - 5), wrap - 1);
    ch_bytes_deinit(&ts);
}

static void metadata_is_one_pes_packet_with_its_length(void **state)
{
    (void)state;
    uint8_t tag[1100];
    memset(tag, 'x', sizeof(tag));
    ch_ts_writer w;
    ch_bytes ts = {0};
    pes got;
    ch_ts_writer_init(&w, true);
    ch_ts_write_metadata(&w, &ts, tag, sizeof(tag), 963000);
    collect(&got, &ts, CH_TS_PID_METADATA);
    assert_memory_equal(got.bytes, "\0\0\1\xbd", 4);
    assert_int_equal((got.bytes[4] << 8) | got.bytes[5], 8 + sizeof(tag));
    assert_int_equal(got.bytes[6] & 4, 4); /* data_alignment_indicator: the tag begins here */
    assert_int_equal(time_at(got.bytes + 9), 963000);
    assert_memory_equal(got.bytes + 14, tag, sizeof(tag));
    assert_false(got.has_pcr);
    ch_bytes_deinit(&ts);
}

static void sound_gets_an_adts_header(void **state)
{
    (void)state;
    static const uint8_t config[] = {0x11, 0x90}; /* AAC LC, 48 kHz, stereo */
    uint8_t frame[300];
    memset(frame, 0x5a, sizeof(frame));
    ch_ts_writer w;
    ch_bytes ts = {0};
    ch_adts adts;
    pes got;
    assert_true(ch_adts_parse(&adts, config, sizeof(config)));
    ch_ts_writer_init(&w, true);
    ch_ts_write_audio(&w, &ts, &adts, frame, sizeof(frame), 900000);
    collect(&got, &ts, CH_TS_PID_AUDIO);
    const uint8_t *h = got.bytes + 14;
    assert_int_equal((h[0] << 4) | (h[1] >> 4), 0xfff);
    assert_int_equal(h[2] >> 6, 1);
    assert_int_equal((h[2] >> 2) & 15, 3);
    assert_int_equal(((h[2] & 1) << 2) | (h[3] >> 6), 2);
    assert_int_equal(((h[3] & 3) << 11) | (h[4] << 3) | (h[5] >> 5), sizeof(frame) + 7);
    assert_memory_equal(h + 7, frame, sizeof(frame));
    ch_bytes_deinit(&ts);
}

static void configurations_that_adts_cannot_carry_are_refused(void **state)
{
    (void)state;
    static const uint8_t sbr[] = {0x2b, 0x11}, no_channels[] = {0x11, 0x80}, own_rate[] = {0x17, 0x90};
    ch_adts adts;
    assert_false(ch_adts_parse(&adts, sbr, 2));
    assert_false(ch_adts_parse(&adts, no_channels, 2));
    assert_false(ch_adts_parse(&adts, own_rate, 2));
    assert_false(ch_adts_parse(&adts, sbr, 1));
}

static void too_much_for_one_packet_fails_and_writes_nothing(void **state)
{
    (void)state;
    static uint8_t big[66000];
    static const ch_adts adts = {2, 3, 2};
    ch_ts_writer w;
    ch_bytes ts = {0};
    ch_ts_writer_init(&w, true);
    ch_ts_write_metadata(&w, &ts, big, sizeof(big), 0);
    assert_true(ts.failed);
    assert_int_equal(ts.size, 0);
    ts.failed = false;
    ch_ts_write_audio(&w, &ts, &adts, big, 8185, 0);
    assert_true(ts.failed);
    assert_int_equal(ts.size, 0);
    ch_bytes_deinit(&ts);
}

static void tables_name_the_streams_and_the_metadata(void **state)
{
    (void)state;
    ch_ts_writer w;
    ch_bytes ts = {0};
    ch_ts_writer_init(&w, true);
    ch_ts_write_tables(&w, &ts);
    assert_int_equal(ts.size, 2 * CH_TS_PACKET_SIZE);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *section = ts.data + i * CH_TS_PACKET_SIZE + 5;
        assert_int_equal(ch_ts_crc(section, 3 + (size_t)section[2]), 0);
    }
    const uint8_t *pmt = ts.data + CH_TS_PACKET_SIZE + 5;
    assert_int_equal(pid_of(ts.data + CH_TS_PACKET_SIZE), CH_TS_PID_PMT);
    static const uint8_t pointer[] = {0x25, 15,  0xff, 0xff, 'I', 'D',  '3', ' ', 0xff,
                                      'I',  'D', '3',  ' ',  0,   0x1f, 0,   1};
    static const uint8_t streams[] = {0x1b, 0xe1, 0,   0xf0, 0,   0x0f, 0xe1, 1,    0xf0, 0,
                                      0x15, 0xe1, 2,   0xf0, 15,  0x26, 13,   0xff, 0xff, 'I',
                                      'D',  '3',  ' ', 0xff, 'I', 'D',  '3',  ' ',  0,    0x0f};
    assert_memory_equal(pmt + 12, pointer, sizeof(pointer));
    assert_memory_equal(pmt + 12 + sizeof(pointer), streams, sizeof(streams));
    ch_bytes_deinit(&ts);
}

static void continuity_runs_on_over_segments(void **state)
{
    (void)state;
    static const uint8_t tag[] = "ID3";
    ch_ts_writer w;
    ch_bytes first = {0}, second = {0};
    ch_ts_writer_init(&w, false);
    for (unsigned i = 0; i < 18; i++)
        ch_ts_write_metadata(&w, &first, tag, 3, i);
    ch_ts_write_metadata(&w, &second, tag, 3, 18);
    assert_int_equal(second.data[3] & 15, 2);
    ch_bytes_deinit(&first);
    ch_bytes_deinit(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(video_of_every_size_comes_out_as_it_went_in),
        cmocka_unit_test(an_access_unit_without_delimiter_gets_one),
        cmocka_unit_test(times_wrap_at_33_bits),
        cmocka_unit_test(metadata_is_one_pes_packet_with_its_length),
        cmocka_unit_test(sound_gets_an_adts_header),
        cmocka_unit_test(configurations_that_adts_cannot_carry_are_refused),
        cmocka_unit_test(too_much_for_one_packet_fails_and_writes_nothing),
        cmocka_unit_test(tables_name_the_streams_and_the_metadata),
        cmocka_unit_test(continuity_runs_on_over_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
