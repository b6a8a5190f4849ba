/*
 * The fMP4 demuxer on fragments made to measure: what goes out, with which times and flags, and where its
 * bytes are looked for. Every stream is also fed byte by byte and must give the same.
 */
#include "fmp4_fixture.h"

static const entry three[] = {{30, 1001, SYNC, 2002}, {40, 1002, NOT_SYNC, 3003}, {50, 1003, NOT_SYNC, -7}};

static void samples_come_out_whole_and_timed(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, 90000, three, 3, 1);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    const az_sample *first = sample_at(f, 0), *last = sample_at(f, 2);
    assert_true(is_data(f, 0, 1) && is_data(f, 1, 2) && is_data(f, 2, 3));
    assert_int_equal(first->track, VIDEO);
    assert_int_equal(first->codec, AZ_CODEC_H264);
    assert_int_equal(first->dts, 90000);
    assert_int_equal(first->pts, 92002);
    assert_int_equal(first->duration, 1001);
    assert_int_equal(first->flags, AZ_SAMPLE_KEY);
    assert_null(first->crypt);
    assert_int_equal(last->dts, 92003);
    assert_int_equal(last->pts, 91996);
    assert_int_equal(last->flags, 0);
    assert_int_equal(all_troubles(f), 0);
}

static void tracks_are_announced_by_the_initialisation_section(void **state)
{
    fixture *f = *state;
    write_init(f);
    feed(f);
    finish(f);
    assert_int_equal(f->seen.track_count, 2);
    const az_track *v = last_track(f, VIDEO), *a = last_track(f, AUDIO);
    assert_int_equal(v->media, AZ_MEDIA_VIDEO);
    assert_int_equal(v->timescale, 30000);
    assert_int_equal(v->counter_bits, 0);
    assert_string_equal(v->codec_string, "avc1.64001f");
    assert_string_equal(v->language, "");
    assert_string_equal(f->seen.configs[0], AVCC);
    assert_int_equal(a->media, AZ_MEDIA_AUDIO);
    assert_string_equal(a->language, "eng");
    assert_true(az_fmp4_has_track(f->fmp4, AUDIO) && !az_fmp4_has_track(f->fmp4, 7));
}

static void a_sample_is_a_slice_of_the_bytes_or_put_together_once(void **state)
{
    fixture *f = *state;
    az_slice all, half;
    write_init(f);
    feed(f);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    assert_true(az_slice_copy(&all, az_span_make(f->bytes.data, f->bytes.size)));
    half = (az_slice){all.buf, all.data, all.size - 60};
    assert_int_equal(az_fmp4_feed(f->fmp4, half), AIZU_OK);
    assert_int_equal(f->seen.sample_count, 1); /* with its last byte, not later */
    half = (az_slice){all.buf, all.data + all.size - 60, 60};
    assert_int_equal(az_fmp4_feed(f->fmp4, half), AIZU_OK);
    assert_true(f->seen.samples[0].data.buf == all.buf);
    assert_true(f->seen.samples[1].data.buf != all.buf);
    assert_true(az_buf_is_padded(f->seen.samples[1].data.buf));
    assert_true(f->seen.samples[2].data.buf == all.buf);
    assert_true(is_data(f, 1, 2));
    az_slice_unref(&all);
}

static void bytes_without_an_owner_are_copied(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    assert_int_equal(az_fmp4_feed(f->fmp4, (az_slice){NULL, f->bytes.data, f->bytes.size}), AIZU_OK);
    memset(f->bytes.data, 0, f->bytes.size);
    assert_true(is_data(f, 0, 1) && is_data(f, 2, 3));
}

static void a_fragment_without_time_goes_on_where_the_last_ended(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, NO_TFDT, three, 3, 1);
    write_fragment(f, AUDIO, NO_TFDT, three, 1, 1);
    write_fragment(f, VIDEO, NO_TFDT, three, 1, 1);
    feed(f);
    finish(f);
    write_init(f); /* the same again changes nothing */
    write_fragment(f, VIDEO, NO_TFDT, three, 1, 1);
    feed(f);
    assert_int_equal(sample_at(f, 0)->dts, 0);
    assert_int_equal(sample_at(f, 3)->dts, 0);
    assert_int_equal(sample_at(f, 4)->dts, 3006);
    assert_int_equal(sample_at(f, 5)->dts, 4007);
    assert_int_equal(f->seen.track_count, 2);
    az_fmp4_reset(f->fmp4); /* the download broke off: the segment comes again */
    write_fragment(f, VIDEO, NO_TFDT, three, 1, 1);
    feed(f);
    assert_int_equal(sample_at(f, 6)->dts, 4007);
}

static void fields_that_a_run_leaves_out_have_defaults(void **state)
{
    fixture *f = *state;
    write_init(f);
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    size_t b = full_box(f, "tfhd", 0, 0x20038);
    u32(f, VIDEO);
    u32(f, 500); /* duration, size, flags */
    u32(f, 24);
    u32(f, NOT_SYNC);
    end(f, b);
    b = full_box(f, "trun", 0, 0x5);
    u32(f, 3);
    u32(f, (uint32_t)(f->bytes.size - moof + 16));
    u32(f, SYNC);
    end(f, b);
    end(f, traf);
    end(f, moof);
    b = box(f, "mdat");
    for (uint8_t i = 0; i < 3; i++)
        write_data(f, i, 24);
    end(f, b);
    write_fragment(f, AUDIO, NO_TFDT, NULL, 0, 0);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_int_equal(sample_at(f, 0)->flags, AZ_SAMPLE_KEY);
    assert_int_equal(sample_at(f, 1)->flags, 0);
    assert_int_equal(sample_at(f, 2)->pts, 1000);
    assert_int_equal(sample_at(f, 2)->duration, 500);
    assert_true(is_data(f, 2, 2));
    assert_int_equal(all_troubles(f), 0);
}

/* Two track fragments of two runs each; how their bytes are found is what the flags say. */
static void write_four_runs(fixture *f, uint32_t tfhd_flags, bool has_offsets)
{
    size_t moof = box(f, "moof"), traf, b, offsets[4], offset_count = 0;
    for (uint32_t track = VIDEO; track <= AUDIO; track++) {
        traf = box(f, "traf");
        b = full_box(f, "tfhd", 0, tfhd_flags);
        u32(f, track);
        if (tfhd_flags & 1)
            u64(f, moof);
        end(f, b);
        for (int i = 0; i < 2; i++) {
            b = full_box(f, "trun", 0, has_offsets ? 1 : 0);
            u32(f, 2);
            offsets[offset_count++] = f->bytes.size;
            if (has_offsets)
                u32(f, 0);
            end(f, b);
        }
        end(f, traf);
    }
    end(f, moof);
    b = box(f, "mdat");
    size_t data = f->bytes.size;
    for (uint8_t i = 0; i < 8; i++)
        write_data(f, i, 20);
    end(f, b);
    static const uint32_t order[] = {0, 2, 1, 3}; /* runs of both tracks in turn */
    for (uint32_t i = 0; has_offsets && i < 4; i++)
        patch_u32(f, offsets[i], (uint32_t)(data - moof) + 40 * order[i]);
}

static void runs_are_found_from_the_start_of_their_fragment(void **state)
{
    static const uint32_t flags[] = {0x20000, 0x1, 0x20001};
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(flags); i++) {
        ts_bytes_clear(&f->bytes);
        write_init(f);
        write_four_runs(f, flags[i], true);
        demux(f);
        assert_int_equal(f->seen.sample_count, 8);
        for (uint8_t n = 0; n < 8; n++)
            assert_true(is_data(f, n, n));
        assert_int_equal(sample_at(f, 1)->track, VIDEO);
        assert_int_equal(sample_at(f, 2)->track, AUDIO);
        assert_int_equal(sample_at(f, 4)->track, VIDEO);
        assert_int_equal(sample_at(f, 4)->dts, 20);
        assert_int_equal(all_troubles(f), 0);
    }
}

static void runs_without_offsets_follow_each_other(void **state)
{
    static const uint32_t flags[] = {0, 0x20000, 0x1};
    fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        ts_bytes_clear(&f->bytes);
        write_init(f);
        write_four_runs(f, flags[i], false);
        demux(f);
        assert_int_equal(f->seen.sample_count, 8);
        for (uint8_t n = 0; n < 8; n++)
            assert_true(is_data(f, n, n));
        assert_int_equal(sample_at(f, 3)->track, VIDEO);
        assert_int_equal(sample_at(f, 4)->track, AUDIO);
    }
}

static void a_track_fragment_without_base_begins_where_the_last_ended(void **state)
{
    fixture *f = *state;
    write_init(f);
    size_t moof = box(f, "moof"), offsets[2];
    for (uint32_t track = VIDEO; track <= AUDIO; track++) {
        size_t traf = box(f, "traf"), b = full_box(f, "tfhd", 0, 0);
        u32(f, track);
        end(f, b);
        offsets[track - VIDEO] = write_trun(f, three, 2);
        end(f, traf);
    }
    end(f, moof);
    size_t mdat = box(f, "mdat");
    patch_u32(f, offsets[0], (uint32_t)(f->bytes.size - moof));
    patch_u32(f, offsets[1], 7); /* from the end of the other's bytes */
    write_data(f, 1, 30);
    write_data(f, 2, 40);
    zeros(f, 7);
    write_data(f, 3, 30);
    write_data(f, 4, 40);
    end(f, mdat);
    demux(f);
    assert_int_equal(f->seen.sample_count, 4);
    assert_true(is_data(f, 1, 2) && is_data(f, 2, 3) && is_data(f, 3, 4));
    assert_int_equal(sample_at(f, 2)->track, AUDIO);
}

static void a_segment_cut_out_of_a_file_is_found_all_the_same(void **state)
{
    fixture *f = *state;
    write_init(f);
    feed(f);
    finish(f);
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    size_t b = full_box(f, "tfhd", 0, 1);
    u32(f, VIDEO);
    u64(f, 123456789); /* where the fragment is in the whole file */
    end(f, b);
    size_t offset = write_trun(f, three, 3);
    end(f, traf);
    end(f, moof);
    b = box(f, "mdat");
    patch_u32(f, offset, (uint32_t)(f->bytes.size - moof));
    for (uint8_t i = 0; i < 3; i++)
        write_data(f, i, three[i].size);
    end(f, b);
    feed(f);
    finish(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_true(is_data(f, 2, 2));
}

static void mdat_may_have_a_long_size_or_none(void **state)
{
    fixture *f = *state;
    for (int is_open = 0; is_open < 2; is_open++) {
        ts_bytes_clear(&f->bytes);
        write_init(f);
        write_fragment(f, VIDEO, 0, three, 1, 1);
        size_t mdat = f->bytes.size - 38, offset = mdat - 20;
        if (is_open) {
            patch_u32(f, mdat, 0); /* to the end */
        } else {
            ts_bytes body = {0};
            ts_bytes_append(&body, f->bytes.data + mdat + 8, 30);
            patch_u32(f, mdat, 1);
            f->bytes.size = mdat + 8;
            u64(f, 16 + 5 + 30);
            zeros(f, 5);
            ts_bytes_append(&f->bytes, body.data, 30);
            ts_bytes_free(&body);
            patch_u32(f, offset, (uint32_t)load_size(f->bytes.data + offset) + 13);
        }
        demux(f);
        assert_int_equal(f->seen.sample_count, 1);
        assert_true(is_data(f, 0, 1));
        assert_int_equal(all_troubles(f), 0);
    }
}

static void fragments_may_all_stand_before_their_data(void **state)
{
    fixture *f = *state;
    size_t offsets[3], moofs[3];
    write_init(f);
    for (int i = 0; i < 3; i++) {
        moofs[i] = box(f, "moof");
        size_t traf = box(f, "traf");
        write_tfhd(f, i == 1 ? AUDIO : VIDEO, NO_TFDT);
        offsets[i] = write_trun(f, three, 2);
        end(f, traf);
        end(f, moofs[i]);
    }
    size_t skipped = box(f, "free");
    zeros(f, 100);
    end(f, skipped);
    for (uint8_t i = 0; i < 3; i++) {
        size_t b = box(f, "mdat");
        zeros(f, 9); /* bytes that no run names */
        patch_u32(f, offsets[i], (uint32_t)(f->bytes.size - moofs[i]));
        write_data(f, (uint8_t)(2 * i), 30);
        write_data(f, (uint8_t)(2 * i + 1), 40);
        zeros(f, 5);
        end(f, b);
    }
    demux(f);
    assert_int_equal(f->seen.sample_count, 6);
    for (uint8_t n = 0; n < 6; n++)
        assert_true(is_data(f, n, n));
    assert_int_equal(sample_at(f, 4)->dts, 2003);
    assert_int_equal(all_troubles(f), 0);
}

static void a_run_may_go_on_over_the_border_of_two_mdats(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, 0, three, 2, 1);
    size_t second = f->bytes.size - 40;
    ts_bytes body = {0};
    ts_bytes_append(&body, f->bytes.data + second, 40);
    f->bytes.size = second;
    patch_u32(f, second - 38, 38);
    size_t b = box(f, "mdat");
    ts_bytes_append(&f->bytes, body.data, 40);
    end(f, b);
    ts_bytes_free(&body);
    demux(f);
    assert_int_equal(f->seen.sample_count, 2);
    assert_true(is_data(f, 0, 1) && is_data(f, 1, 2));
}

static void empty_samples_only_take_time(void **state)
{
    static const entry entries[] = {{30, 100, 0, 0}, {0, 50, 0, 0}, {40, 100, 0, 0}};
    fixture *f = *state;
    write_init(f);
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    write_tfhd(f, AUDIO, 1000);
    size_t offset = write_trun(f, entries, 3);
    end(f, traf);
    end(f, moof);
    size_t mdat = box(f, "mdat");
    patch_u32(f, offset, (uint32_t)(f->bytes.size - moof));
    write_data(f, 1, 30);
    write_data(f, 2, 40);
    end(f, mdat);
    demux(f);
    assert_int_equal(f->seen.sample_count, 2);
    assert_int_equal(sample_at(f, 1)->dts, 1150);
    assert_true(is_data(f, 1, 2));
}

static void edit_lists_are_told_and_not_applied(void **state)
{
    fixture *f = *state;
    trak shifted = video_trak, delayed = audio_trak;
    shifted.has_edits = delayed.has_edits = true;
    shifted.media_time = 2002;
    delayed.media_time = 1024;
    delayed.empty_edit = 500; /* half a second */
    const trak traks[] = {shifted, delayed};
    write_moov(f, traks, 2);
    write_fragment(f, VIDEO, 0, three, 1, 1);
    demux(f);
    assert_int_equal(last_track(f, VIDEO)->edit_offset, -2002);
    assert_int_equal(last_track(f, AUDIO)->edit_offset, 22050 - 1024);
    assert_int_equal(sample_at(f, 0)->pts, 2002);
}

static void a_new_initialisation_section_announces_what_changed(void **state)
{
    fixture *f = *state;
    trak moved = audio_trak;
    moved.language = "fra";
    write_init(f);
    feed(f);
    finish(f);
    const trak traks[] = {video_trak, moved};
    write_moov(f, traks, 2);
    write_fragment(f, VIDEO, NO_TFDT, three, 1, 1);
    feed(f);
    assert_int_equal(f->seen.track_count, 3);
    assert_string_equal(last_track(f, AUDIO)->language, "fra");
    assert_int_equal(f->seen.sample_count, 1);
    write_moov(f, traks, 1);
    feed(f);
    assert_true(az_fmp4_has_track(f->fmp4, VIDEO) && !az_fmp4_has_track(f->fmp4, AUDIO));
}

static void write_key_test(fixture *f, uint32_t flags, unsigned nal, unsigned slice)
{
    const entry entries[] = {{20, 10, flags, 0}, {20, 10, flags, 0}};
    write_fragment(f, VIDEO, 0, entries, 2, 0);
    for (int i = 1; i < 3; i++) {
        f->bytes.data[f->bytes.size - (size_t)(20 * i) + 4] = (uint8_t)nal;
        f->bytes.data[f->bytes.size - (size_t)(20 * i) + 5] = (uint8_t)slice;
    }
}

static void key_pictures_are_flagged_and_flags_that_lie_are_seen_through(void **state)
{
    static const struct {
        uint32_t flags;
        uint8_t nal, slice;
        bool is_first_key, is_second_key;
    } cases[] = {
        {SYNC, 0x41, 0x9A, true, true},         /* the flags are explicit */
        {NOT_SYNC, 0x41, 0x88, false, false},   /* an I picture that is no sync sample */
        {NOT_SYNC, 0x65, 0x88, true, false},    /* an IDR where a run begins */
        {0, 0x65, 0x88, true, true},            /* IDR */
        {0, 0x41, 0x88, true, true},            /* I */
        {0, 0x41, 0x9A, false, false},          /* P: all flags were left zero */
        {0x00010000, 0x41, 0x9A, false, false}, /* only the bit */
        {0x01000000, 0x41, 0x9A, false, false}, /* depends on others */
        {0x01000000, 0x06, 0, false, false},
        {0, 0x06, 0, true, true}, /* nothing to see */
    };
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        ts_bytes_clear(&f->bytes);
        write_init(f);
        write_key_test(f, cases[i].flags, cases[i].nal, cases[i].slice);
        demux(f);
        assert_int_equal(f->seen.sample_count, 2);
        assert_int_equal(sample_at(f, 0)->flags, cases[i].is_first_key ? AZ_SAMPLE_KEY : 0);
        assert_int_equal(sample_at(f, 1)->flags, cases[i].is_second_key ? AZ_SAMPLE_KEY : 0);
    }
    ts_bytes_clear(&f->bytes);
    write_init(f);
    write_fragment(f, AUDIO, 0, &three[1], 1, 1);
    demux(f);
    assert_int_equal(sample_at(f, 0)->flags, AZ_SAMPLE_KEY); /* sound */
}

static void write_emsg_0(fixture *f, uint32_t timescale, uint32_t delta)
{
    size_t b = full_box(f, "emsg", 0, 0);
    text(f, "urn:x");
    u8(f, 0);
    text(f, "1");
    u8(f, 0);
    u32(f, timescale);
    u32(f, delta);
    u32(f, 0);
    u32(f, 7);
    text(f, "data");
    end(f, b);
}

static void write_emsg_1(fixture *f, uint32_t timescale, uint64_t time)
{
    size_t b = full_box(f, "emsg", 1, 0);
    u32(f, timescale);
    u64(f, time);
    u32(f, 0);
    u32(f, 7);
    text(f, "urn:x");
    u8(f, 0);
    u8(f, 0);
    text(f, "data");
    end(f, b);
}

static void messages_come_whole_before_the_fragment_that_they_belong_to(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, 0, three, 1, 1);
    size_t begin = f->bytes.size;
    write_emsg_1(f, 90000, 12345678901);
    size_t size = f->bytes.size - begin;
    write_fragment(f, VIDEO, NO_TFDT, three, 1, 1);
    demux(f);
    assert_int_equal(f->seen.metadata_count, 1);
    const az_metadata *m = &f->seen.metadata[0];
    assert_int_equal(m->codec, AZ_CODEC_EMSG);
    assert_int_equal(m->timescale, 90000);
    assert_int_equal(m->pts, 12345678901);
    assert_int_equal(m->data.size, size);
    assert_memory_equal(m->data.data, f->bytes.data + begin, size);
    assert_int_equal(f->seen.samples_before_metadata, 1);
}

static void messages_that_count_from_the_fragment_wait_for_its_time(void **state)
{
    fixture *f = *state;
    trak shifted = video_trak;
    shifted.has_edits = true;
    shifted.media_time = 1000;
    const trak traks[] = {shifted, audio_trak};
    write_moov(f, traks, 2);
    write_emsg_0(f, 90000, 500);
    feed(f);
    assert_int_equal(f->seen.metadata_count, 0);
    static const entry late_first[] = {{30, 1000, SYNC, 4000}, {30, 1000, NOT_SYNC, 1000}};
    write_fragment(f, VIDEO, 31000, late_first, 2, 1); /* the second is shown first: at 33000 - 1000 */
    write_emsg_0(f, 1000, 0);
    write_emsg_0(f, 1000, 0);
    feed(f);
    assert_int_equal(f->seen.metadata_count, 1);
    assert_int_equal(f->seen.metadata[0].pts, 96000); /* (33000 - 1000) / 30000 s */
    assert_int_equal(f->seen.samples_before_metadata, 0);
    finish(f); /* no fragment follows: of the last one */
    assert_int_equal(f->seen.metadata_count, 3);
    assert_int_equal(f->seen.metadata[2].pts, 1067);
    write_emsg_0(f, 1000, 0);
    feed(f);
    finish(f); /* no fragment at all */
    assert_int_equal(f->seen.metadata_count, 4);
    assert_true(f->seen.metadata[3].pts == AZ_NO_TICKS);
    write_emsg_0(f, 1000, 0);
    feed(f);
    az_fmp4_reset(f->fmp4);
    finish(f);
    assert_int_equal(f->seen.metadata_count, 4);
}

static void messages_count_from_the_earliest_of_several_tracks(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_emsg_0(f, 1000, 0);
    size_t moof = box(f, "moof");
    static const int64_t starts[] = {60000, 44100 * 3 / 2}; /* 2 s, 1.5 s */
    for (uint32_t track = VIDEO; track <= AUDIO; track++) {
        size_t traf = box(f, "traf");
        write_tfhd(f, track, starts[track - 1]);
        patch_u32(f, write_trun(f, three, 1), 1000 * track);
        end(f, traf);
    }
    end(f, moof);
    feed(f);
    assert_int_equal(f->seen.metadata[0].pts, 1545); /* sound at 1.5 s, its first sample 2002 ticks later */
}

static void messages_do_not_count_from_what_is_edited_out(void **state)
{
    fixture *f = *state;
    trak primed = audio_trak;
    primed.has_edits = true;
    primed.media_time = 1024;
    static const entry frames[] = {{20, 1024, SYNC, 0}, {20, 1024, SYNC, 0}};
    write_moov(f, &primed, 1);
    write_emsg_0(f, 1000, 0);
    write_fragment(f, AUDIO, 0, frames, 2, 1);
    demux(f);
    assert_int_equal(f->seen.metadata[0].pts, 0);
}

static void broken_messages_are_dropped(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_emsg_1(f, 0, 1);
    write_emsg_1(f, 1000, UINT64_MAX);
    hex_box(f, "emsg", "00000000616263");
    hex_box(f, "emsg", "");
    hex_box(f, "emsg", "020000000000000100000000000000000000000000000000");
    demux(f);
    assert_int_equal(f->seen.metadata_count, 0);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 5);
}

static void the_producers_clock_is_told(void **state)
{
    fixture *f = *state;
    write_init(f);
    for (unsigned version = 0; version < 2; version++) {
        size_t b = full_box(f, "prft", version, 24);
        u32(f, VIDEO);
        u32(f, 2208988800u + 1700000000u);
        u32(f, 0x80000000); /* half a second */
        if (version)
            u64(f, 60000);
        else
            u32(f, 60000);
        end(f, b);
    }
    hex_box(f, "prft",
            "00000000"
            "00000001"
            "00000001"
            "00000000"
            "00000000"); /* after 2036 */
    hex_box(f, "prft", "0000000000000009");
    demux(f);
    assert_int_equal(f->seen.clock_count, 3);
    assert_true(f->seen.clocks[2].wall == (INT64_C(4294967297) - 2208988800) * AIZU_SECOND);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(f->seen.clocks[i].track, VIDEO);
        assert_int_equal(f->seen.clocks[i].timescale, 30000);
        assert_int_equal(f->seen.clocks[i].ticks, 60000);
        assert_true(f->seen.clocks[i].wall == INT64_C(1700000000500000000));
    }
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
}

static void samples_may_outlive_the_demuxer(void **state)
{
    fixture *f = *state;
    write_init(f);
    write_fragment(f, VIDEO, 0, three, 3, 1);
    demux(f);
    az_fmp4_destroy(&f->fmp4);
    assert_true(is_data(f, 0, 1) && is_data(f, 2, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(samples_come_out_whole_and_timed),
        TEST(tracks_are_announced_by_the_initialisation_section),
        TEST(a_sample_is_a_slice_of_the_bytes_or_put_together_once),
        TEST(bytes_without_an_owner_are_copied),
        TEST(a_fragment_without_time_goes_on_where_the_last_ended),
        TEST(fields_that_a_run_leaves_out_have_defaults),
        TEST(runs_are_found_from_the_start_of_their_fragment),
        TEST(runs_without_offsets_follow_each_other),
        TEST(a_track_fragment_without_base_begins_where_the_last_ended),
        TEST(a_segment_cut_out_of_a_file_is_found_all_the_same),
        TEST(mdat_may_have_a_long_size_or_none),
        TEST(fragments_may_all_stand_before_their_data),
        TEST(a_run_may_go_on_over_the_border_of_two_mdats),
        TEST(empty_samples_only_take_time),
        TEST(edit_lists_are_told_and_not_applied),
        TEST(a_new_initialisation_section_announces_what_changed),
        TEST(key_pictures_are_flagged_and_flags_that_lie_are_seen_through),
        TEST(messages_come_whole_before_the_fragment_that_they_belong_to),
        TEST(messages_that_count_from_the_fragment_wait_for_its_time),
        TEST(messages_count_from_the_earliest_of_several_tracks),
        TEST(messages_do_not_count_from_what_is_edited_out),
        TEST(broken_messages_are_dropped),
        TEST(the_producers_clock_is_told),
        TEST(samples_may_outlive_the_demuxer),
    };
    return cmocka_run_group_tests_name("fmp4", tests, NULL, NULL);
}
