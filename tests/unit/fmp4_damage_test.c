/*
 * The fMP4 demuxer on what is cut, broken, larger than its limits, or of another kind.
 */
#include "fmp4_fixture.h"

static const entry three[] = {{30, 1001, SYNC, 0}, {40, 1002, NOT_SYNC, 0}, {50, 1003, NOT_SYNC, 0}};

static void input_without_boxes_is_refused_until_reset(void **state)
{
    static const char *const inputs[] = {"474011100000000000000000", "0000000766747970", "00000018ff01027f",
                                         "00000001667265650000000000000008"};
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(inputs); i++) {
        ts_bytes_clear(&f->bytes);
        demuxer_renew(f);
        hex(f, inputs[i]);
        assert_int_equal(feed_piece(f, f->bytes.data, f->bytes.size), AIZU_E_MEDIA);
        assert_int_equal(feed_piece(f, f->bytes.data, 1), AIZU_E_MEDIA);
        assert_int_equal(az_fmp4_finish(f->fmp4), AIZU_E_MEDIA);
        assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
        az_fmp4_reset(f->fmp4);
        ts_bytes_clear(&f->bytes);
        write_init(f);
        write_fragment(f, VIDEO, 0, three, 3, 1);
        feed(f);
        finish(f);
        assert_int_equal(f->seen.sample_count, 3);
    }
}

static void write_stream(fixture *f)
{
    write_init(f);
    size_t b = full_box(f, "emsg", 0, 0);
    text(f, "a");
    zeros(f, 2);
    u32(f, 1000);
    zeros(f, 12);
    end(f, b);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    write_fragment(f, AUDIO, 0, three, 3, 4);
    write_fragment(f, VIDEO, NO_TFDT, three, 2, 7);
}

static void a_stream_may_end_anywhere(void **state)
{
    fixture *f = *state;
    uint64_t hashes[8];
    write_stream(f);
    demux(f);
    assert_int_equal(f->seen.sample_count, AZ_COUNT(hashes));
    for (size_t i = 0; i < AZ_COUNT(hashes); i++)
        hashes[i] = az_hash(AZ_HASH_SEED, f->seen.samples[i].data.data, f->seen.samples[i].data.size);
    for (size_t size = 0; size < f->bytes.size; size++) {
        demuxer_renew(f);
        assert_int_equal(feed_piece(f, f->bytes.data, size), AIZU_OK);
        finish(f);
        for (size_t i = 0; i < f->seen.sample_count; i++) {
            const seen_sample *s = &f->seen.samples[i];
            if (s->sample.flags & AZ_SAMPLE_CORRUPT)
                assert_int_equal(i + 1, f->seen.sample_count); /* the one that was cut */
            else
                assert_true(hashes[i] == az_hash(AZ_HASH_SEED, s->data.data, s->data.size));
        }
    }
    assert_int_equal(f->seen.sample_count, AZ_COUNT(hashes));
    assert_true(sample_at(f, 7)->flags & AZ_SAMPLE_CORRUPT);
    assert_int_equal(f->seen.samples[7].data.size, 39);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
}

/* Feeds what was written, whole or byte by byte; what came out. */
static uint64_t try(fixture *f, bool is_split, aizu_result *result)
{
    demuxer_renew(f);
    *result = AIZU_OK;
    for (size_t i = 0; i < f->bytes.size && !*result; i += is_split ? 1 : f->bytes.size)
        *result = feed_piece(f, f->bytes.data + i, is_split ? 1 : f->bytes.size);
    if (!*result)
        *result = az_fmp4_finish(f->fmp4);
    return f->seen.order;
}

static void any_byte_may_be_wrong(void **state)
{
    static const uint8_t values[] = {0, 1, 0x7F, 0xFF};
    fixture *f = *state;
    aizu_result whole_result, split_result;
    write_stream(f);
    for (size_t pos = 0; pos < f->bytes.size; pos++) {
        uint8_t good = f->bytes.data[pos];
        for (size_t i = 0; i < AZ_COUNT(values); i++) {
            f->bytes.data[pos] = values[i];
            uint64_t whole = try(f, false, &whole_result);
            uint64_t split = try(f, true, &split_result);
            assert_true(whole == split && whole_result == split_result);
            assert_true(whole_result == AIZU_OK || whole_result == AIZU_E_MEDIA);
        }
        f->bytes.data[pos] = good;
    }
}

static void a_file_that_is_not_fragmented_is_said_to_be_unsupported(void **state)
{
    fixture *f = *state;
    trak t = video_trak;
    t.samples = 3;
    write_moov(f, &t, 1);
    size_t b = box(f, "mdat");
    zeros(f, 100);
    end(f, b);
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_UNSUPPORTED), 1);
    assert_int_equal(f->seen.sample_count, 0);
}

static void fragments_of_tracks_that_are_not_known_are_dropped(void **state)
{
    fixture *f = *state;
    write_fragment(f, VIDEO, 0, three, 3, 1); /* before its initialisation section */
    write_init(f);
    write_fragment(f, 9, 0, three, 3, 1);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 2);
}

/* A fragment with a run of `count` samples whose table is not there. */
static void write_bare_run(fixture *f, uint32_t track, uint32_t flags, uint32_t count, uint32_t offset)
{
    size_t moof = box(f, "moof"), traf = box(f, "traf"), b;
    write_tfhd(f, track, 0);
    b = full_box(f, "trun", 0, flags | 1);
    u32(f, count);
    u32(f, offset);
    end(f, b);
    end(f, traf);
    end(f, moof);
}

static void counts_that_lie_are_not_believed(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_bare_run(f, VIDEO, 0x200, 3, 100);          /* three sizes that are not there */
    write_bare_run(f, VIDEO, 0xF00, UINT32_MAX, 100); /* nor these */
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 2);
    ts_bytes_clear(&f->bytes);
    write_init(f);
    write_bare_run(f, VIDEO, 0, UINT32_MAX, 100); /* without fields any number could be */
    write_bare_run(f, VIDEO, 0, AZ_FMP4_SAMPLES_MAX + 1, 100);
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 2);
    assert_int_equal(f->seen.sample_count, 0);
}

static void runs_that_cannot_be_where_they_say_are_dropped(void **state)
{
    static const uint32_t offsets[] = {0, 8, 0x80000000, 0xFFFFFFFF};
    fixture *f = *state;
    write_init(f);
    for (size_t i = 0; i < AZ_COUNT(offsets); i++)
        write_bare_run(f, VIDEO, 0, 3, offsets[i]);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 4);
}

static void samples_outside_of_mdat_are_dropped_and_leave_a_gap(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    size_t mdat = f->bytes.size - 128;
    patch_u32(f, mdat, 8 + 30 + 40 + 49); /* the last sample sticks out */
    f->bytes.size--;
    write_fragment(f, VIDEO, 5000, three, 2, 1);
    demux(f);
    assert_int_equal(f->seen.sample_count, 4);
    assert_int_equal(sample_at(f, 1)->flags, 0);
    assert_int_equal(sample_at(f, 2)->flags, AZ_SAMPLE_KEY | AZ_SAMPLE_DISCONTINUITY);
    assert_int_equal(sample_at(f, 3)->flags, 0);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
}

static void runs_of_a_track_that_go_back_in_the_file_are_dropped(void **state)
{
    fixture *f = *state;
    write_init(f);
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    write_tfhd(f, VIDEO, 0);
    size_t first = write_trun(f, three, 1), second = write_trun(f, three, 1);
    end(f, traf);
    end(f, moof);
    size_t b = box(f, "mdat");
    patch_u32(f, second, (uint32_t)(f->bytes.size - moof));
    write_data(f, 1, 30);
    patch_u32(f, first, (uint32_t)(f->bytes.size - moof));
    write_data(f, 2, 30);
    end(f, b);
    demux(f);
    assert_int_equal(f->seen.sample_count, 1); /* in decoding order, or not at all */
    assert_true(is_data(f, 0, 2));
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
}

static void boxes_and_samples_past_their_limits_are_passed_over(void **state)
{
    fixture *f = *state;
    write_init(f);
    size_t b = box(f, "moof");
    zeros(f, 8);
    patch_u32(f, b, (uint32_t)AZ_FMP4_BOX_MAX + 1);
    feed(f);
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 1);
    for (size_t left = AZ_FMP4_BOX_MAX + 1 - 16; left > 0;) {
        static const uint8_t nothing[65536];
        size_t size = AZ_MIN(left, sizeof(nothing));
        assert_int_equal(feed_piece(f, nothing, size), AIZU_OK);
        left -= size;
    }
    write_fragment(f, VIDEO, 0, three, 3, 1);
    feed(f);
    assert_int_equal(f->seen.sample_count, 3);
    const entry huge[] = {{30, 10, 0, 0}, {(uint32_t)AZ_FMP4_SAMPLE_MAX + 1, 10, 0, 0}};
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    write_tfhd(f, AUDIO, 0);
    size_t offset = write_trun(f, huge, 2);
    end(f, traf);
    end(f, moof);
    (void)box(f, "mdat"); /* to the end */
    patch_u32(f, offset, (uint32_t)(f->bytes.size - moof));
    write_data(f, 1, 30);
    zeros(f, 100);
    feed(f);
    finish(f);
    assert_int_equal(f->seen.sample_count, 4);
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 2);
}

static void a_body_of_size_zero_or_none_is_no_trouble(void **state)
{
    fixture *f = *state;
    write_init(f);
    hex(f, "00000008667265650000000866726565"
           "000000086d646174"
           "0000001066726565"
           "0000000000000000");
    write_fragment(f, VIDEO, 0, three, 3, 1);
    hex_box(f, "moof", "");
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_int_equal(all_troubles(f), 0);
    hex(f, "00000000"
           "6d6f6f66"
           "00"); /* a moof to the end has no place for its samples */
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
}

static void bytes_after_the_last_box_are_noticed(void **state)
{
    fixture *f = *state;
    write_init(f);
    zeros(f, 5);
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
    ts_bytes_clear(&f->bytes);
    write_init(f);
    f->bytes.size -= 5; /* within moov */
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
    assert_int_equal(f->seen.track_count, 0);
}

static void zeros_behind_the_last_box_are_padding(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    zeros(f, 100);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_int_equal(all_troubles(f), 0);
    ts_bytes_clear(&f->bytes);
    zeros(f, 100);
    assert_int_equal(feed_piece(f, f->bytes.data, 100), AIZU_E_MEDIA); /* they alone are nothing */
}

static void a_segment_that_is_cut_leaves_a_gap_in_each_of_its_tracks(void **state)
{
    fixture *f = *state;
    write_init(f);
    for (uint32_t track = VIDEO; track <= AUDIO; track++)
        write_bare_run(f, track, 0, 3, 10000);
    size_t mdat = box(f, "mdat");
    zeros(f, 100);
    end(f, mdat);
    feed(f);
    finish(f);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 2);
    write_fragment(f, AUDIO, 0, three, 2, 1);
    write_fragment(f, VIDEO, 0, three, 2, 1);
    feed(f);
    assert_true(sample_at(f, 0)->flags & AZ_SAMPLE_DISCONTINUITY);
    assert_false(sample_at(f, 1)->flags & AZ_SAMPLE_DISCONTINUITY);
    assert_true(sample_at(f, 2)->flags & AZ_SAMPLE_DISCONTINUITY);
}

static void many_fragments_tracks_runs_and_messages_have_limits(void **state)
{
    fixture *f = *state;
    trak traks[AZ_FMP4_TRACKS_MAX + 8];
    for (size_t i = 0; i < AZ_COUNT(traks); i++) {
        traks[i] = audio_trak;
        traks[i].id = (uint32_t)i + 1;
    }
    write_moov(f, traks, AZ_COUNT(traks));
    feed(f);
    assert_int_equal(f->seen.track_count, AZ_FMP4_TRACKS_MAX);
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 1);
    for (int i = 0; i < 6; i++) /* whose data never comes: four are waited for */
        write_bare_run(f, VIDEO, 0, 3, 10000);
    feed(f);
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 3);
    az_fmp4_reset(f->fmp4);
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    write_tfhd(f, VIDEO, 0);
    for (uint32_t i = 0; i < 9000; i++)
        (void)write_trun(f, three, i == 0);
    for (uint32_t i = 0; i < 9000; i++)
        patch_u32(f, write_trun(f, three, 1), 1000000 + 30 * i);
    end(f, traf);
    end(f, moof);
    feed(f);
    assert_int_equal(troubles(f, AZ_DEMUX_LIMIT), 4);
    for (int i = 0; i < 300; i++)
        hex_box(f, "emsg",
                "00000000"
                "6100"
                "6100"
                "00000001"
                "00000000"
                "00000000"
                "00000000");
    feed(f);
    finish(f);
    assert_int_equal(f->seen.metadata_count, 256);
}

static void a_few_bytes_that_name_many_samples_cost_little(void **state)
{
    fixture *f = *state;
    trak t = audio_trak;
    write_moov(f, &t, 1);
    for (int i = 0; i < 5000; i++) { /* 131072 samples each, of which one byte in three fragments is there */
        write_bare_run(f, AUDIO, 0, AZ_FMP4_SAMPLES_MAX, 80);
        if (i % 3 == 0)
            hex_box(f, "mdat", "00");
        hex_box(f, "free", "");
        hex_box(f, "mdat", "00");
    }
    assert_int_equal(feed_piece(f, f->bytes.data, f->bytes.size), AIZU_OK); /* or the test takes minutes */
    finish(f);
    assert_int_equal(f->seen.sample_count, 0);
}

static void times_out_of_this_world_are_not_believed(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, INT64_MAX, three, 1, 1);
    write_fragment(f, VIDEO, INT64_C(1) << 60, three, 1, 1);
    for (int i = 0; i < 4; i++)
        write_fragment(f, VIDEO, NO_TFDT, three, 1, 1);
    demux(f);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
    assert_int_equal(f->seen.sample_count, 5);
    assert_true(sample_at(f, 4)->dts <= INT64_C(1) << 60);
}

static void boxes_in_boxes_cost_nothing(void **state)
{
    fixture *f = *state;
    write_init(f);
    for (uint32_t left = 100000; left > 0; left--) {
        u32(f, left * 8);
        text(f, left % 2 ? "moov" : "trak");
    }
    write_fragment(f, VIDEO, 0, three, 3, 1);
    assert_int_equal(feed_piece(f, f->bytes.data, f->bytes.size), AIZU_OK);
    assert_int_equal(f->seen.sample_count, 3); /* what was no initialisation section changed nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(input_without_boxes_is_refused_until_reset),
        TEST(a_stream_may_end_anywhere),
        TEST(any_byte_may_be_wrong),
        TEST(a_file_that_is_not_fragmented_is_said_to_be_unsupported),
        TEST(fragments_of_tracks_that_are_not_known_are_dropped),
        TEST(counts_that_lie_are_not_believed),
        TEST(runs_that_cannot_be_where_they_say_are_dropped),
        TEST(samples_outside_of_mdat_are_dropped_and_leave_a_gap),
        TEST(runs_of_a_track_that_go_back_in_the_file_are_dropped),
        TEST(boxes_and_samples_past_their_limits_are_passed_over),
        TEST(a_body_of_size_zero_or_none_is_no_trouble),
        TEST(bytes_after_the_last_box_are_noticed),
        TEST(zeros_behind_the_last_box_are_padding),
        TEST(a_segment_that_is_cut_leaves_a_gap_in_each_of_its_tracks),
        TEST(many_fragments_tracks_runs_and_messages_have_limits),
        TEST(a_few_bytes_that_name_many_samples_cost_little),
        TEST(times_out_of_this_world_are_not_believed),
        TEST(boxes_in_boxes_cost_nothing),
    };
    return cmocka_run_group_tests_name("fmp4_damage", tests, NULL, NULL);
}
