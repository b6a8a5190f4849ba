/*
 * The transport stream demuxer on damaged, cut and hostile streams, and on the ends of segments: what is
 * survived, and how it is told.
 */
#include "ts_fixture.h"

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

static void tags_without_number_in_one_pes_packet_take_no_time(void **state)
{
    fixture *f = *state;
    write_tables(f);
    static const uint8_t tag[16] = {'I', 'D', '3', 4, 0, 0, 0, 0, 0, 6}; /* never ends where a packet does */
    for (int i = 0; i < 400000; i++)
        ts_bytes_append(&f->unit, tag, sizeof(tag));
    ts_bytes_append(&f->unit, "ID3", 3);
    ts_pes pes = ts_pes_make(DATA, 100);
    pes.is_unbounded = true;
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    feed(f);
    assert_int_equal(az_ts_finish(f->ts), AIZU_OK);
    assert_int_equal(f->seen.metadata_count, 0); /* the last one never ended */
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_PES), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cut_id3_tag_is_dropped_and_the_next_one_is_not),
        TEST(duplicate_packets_are_dropped),
        TEST(a_lost_packet_marks_the_picture_and_the_one_after),
        TEST(sound_with_a_lost_packet_goes_on_with_the_next_pes),
        TEST(an_announced_discontinuity_is_no_loss),
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
        TEST(an_endless_picture_is_dropped_at_the_limit),
        TEST(more_streams_than_the_limit_are_left_out),
        TEST(tags_without_number_in_one_pes_packet_take_no_time),
    };
    return cmocka_run_group_tests_name("ts_damage", tests, NULL, NULL);
}
