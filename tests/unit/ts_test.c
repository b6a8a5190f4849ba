/*
 * The transport stream demuxer on good streams made to measure: what goes out, with which times and flags.
 * Every stream is also fed byte by byte and must give the same.
 */
#include "ts_fixture.h"

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

static void a_start_code_is_found_at_every_offset(void **state)
{
    fixture *f = *state;
    ts_h264 bare = hd;
    bare.has_no_delimiter = true; /* one start code a picture: none may be overlooked */
    write_tables(f);
    for (uint32_t i = 0; i < 130; i++) {
        ts_pes pes = ts_pes_make(VIDEO, i * 6000);
        ts_bytes_clear(&f->unit);
        ts_es_h264(&f->unit, &bare, false, 2 * i, 500 + i);
        ts_es_h264(&f->unit, &bare, false, 2 * i + 1, 500);
        ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    }
    demux(f);
    assert_int_equal(count_of(f, VIDEO), 260);
}

static void sound_goes_out_with_the_last_byte_of_its_pes_packet(void **state)
{
    fixture *f = *state;
    write_tables(f);
    ts_es_adts(&f->unit, 48000, 2, 3 * 184 - 14); /* fills three packets with the header: no stuffing */
    ts_pes pes = ts_pes_make(AUDIO, 0);
    ts_writer_pes(&f->writer, &pes, f->unit.data, f->unit.size);
    for (int i = 0; i < 20; i++)
        ts_writer_null(&f->writer);
    feed(f);
    assert_int_equal(count_of(f, AUDIO), 1);
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

static void dts_is_announced_and_not_demuxed(void **state)
{
    fixture *f = *state;
    ts_writer_add(&f->writer, AUDIO, 0x86, NULL); /* not registered as CUEI */
    ts_writer_tables(&f->writer);
    write_audio(f, 48000, 2, 0);
    demux(f);
    assert_int_equal(last_track(f, AUDIO)->media, AZ_MEDIA_AUDIO);
    assert_int_equal(last_track(f, AUDIO)->codec, AZ_CODEC_UNKNOWN);
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
        TEST(a_start_code_is_found_at_every_offset),
        TEST(sound_goes_out_with_the_last_byte_of_its_pes_packet),
        TEST(timed_id3_is_the_whole_tag_with_its_time),
        TEST(an_id3_tag_may_go_on_in_the_next_pes_packet),
        TEST(several_tags_of_one_pes_packet_stay_together),
        TEST(an_id3_tag_in_a_pes_packet_without_length_does_not_wait),
        TEST(a_metadata_cell_header_is_taken_off),
        TEST(a_new_pmt_changes_the_tracks),
        TEST(a_new_size_is_announced_before_its_picture),
        TEST(dts_is_announced_and_not_demuxed),
        TEST(splice_information_comes_as_sections_of_a_registered_programme),
        TEST(sample_encryption_types_are_marked),
        TEST(samples_may_outlive_the_demuxer),
    };
    return cmocka_run_group_tests_name("ts", tests, NULL, NULL);
}
