/*
 * Packed audio: frames with times that do not drift, every tag as metadata at the time of the frame behind
 * it, and what damage, cuts and hostile sizes do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "demux/packed_audio.h"
#include "ts_writer.h"

#define OUT_MAX 4096
#define ROLL    (INT64_C(1) << 33)
#define STAMP   "com.apple.streaming.transportStreamTimestamp"

typedef struct seen_sample {
    int64_t pts, duration;
    unsigned flags;
    size_t size;
    az_codec codec;
    bool is_encrypted;
} seen_sample;

typedef struct fixture {
    ts_bytes bytes;
    az_packed_audio *audio;
    az_track track;
    size_t tracks;
    seen_sample samples[OUT_MAX];
    size_t sample_count;
    struct {
        int64_t pts;
        size_t size;
        uint8_t last; /* byte */
    } tags[OUT_MAX];
    size_t tag_count;
    uint64_t hash;
} fixture;

static void on_track(void *user, const az_track *track)
{
    fixture *f = user;
    f->tracks++;
    f->track = *track;
    f->hash = az_hash(f->hash, track, sizeof(*track));
}

static void on_sample(void *user, const az_sample *sample)
{
    fixture *f = user;
    assert_true(f->sample_count < OUT_MAX);
    seen_sample *out = &f->samples[f->sample_count++];
    *out = (seen_sample){sample->pts,       sample->duration, sample->flags,
                         sample->data.size, sample->codec,    sample->crypt != NULL};
    if (sample->crypt)
        assert_int_equal(sample->crypt->scheme, AZ_CRYPT_SAMPLE_AES);
    assert_int_equal(sample->track, 0);
    assert_true(sample->dts == sample->pts);
    f->hash = az_hash(f->hash, sample->data.data, sample->data.size);
    f->hash = az_hash(f->hash, &sample->pts, sizeof(sample->pts));
    f->hash = az_hash(f->hash, &sample->flags, sizeof(sample->flags));
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    fixture *f = user;
    assert_true(f->tag_count < OUT_MAX);
    assert_int_equal(metadata->codec, AZ_CODEC_ID3);
    assert_int_equal(metadata->timescale, 90000);
    f->tags[f->tag_count].pts = metadata->pts;
    f->tags[f->tag_count].size = metadata->data.size;
    f->tags[f->tag_count++].last = metadata->data.data[metadata->data.size - 1];
    f->hash = az_hash(f->hash, metadata->data.data, metadata->data.size);
    f->hash = az_hash(f->hash, &metadata->pts, sizeof(metadata->pts));
}

static void renew(fixture *f)
{
    az_demux_sink sink = {.user = f, .track = on_track, .sample = on_sample, .metadata = on_metadata};
    az_packed_audio_destroy(&f->audio);
    f->audio = az_packed_audio_create(&sink);
    assert_non_null(f->audio);
    f->tracks = f->sample_count = f->tag_count = 0;
    f->hash = AZ_HASH_SEED;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    renew(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    az_packed_audio_destroy(&f->audio);
    ts_bytes_free(&f->bytes);
    free(f);
    return 0;
}

static aizu_result feed(fixture *f, size_t begin, size_t size)
{
    az_slice slice;
    assert_true(az_slice_copy(&slice, az_span_make(f->bytes.data + begin, size)));
    aizu_result result = az_packed_audio_feed(f->audio, slice);
    az_slice_unref(&slice);
    return result;
}

/* All bytes in pieces of `piece`, and the end. */
static void demux(fixture *f, size_t piece)
{
    for (size_t pos = 0; pos < f->bytes.size; pos += piece)
        assert_int_equal(feed(f, pos, AZ_MIN(piece, f->bytes.size - pos)), AIZU_OK);
    assert_int_equal(az_packed_audio_finish(f->audio), AIZU_OK);
}

static uint64_t troubles(const fixture *f)
{
    uint64_t count = 0;
    for (int i = 0; i < AZ_DEMUX_TROUBLES; i++)
        count += az_packed_audio_troubles(f->audio, (az_demux_trouble)i);
    return count;
}

static void write_stamp(ts_bytes *b, int64_t ticks)
{
    uint8_t value[8];
    for (int i = 0; i < 8; i++)
        value[i] = (uint8_t)((uint64_t)ticks >> (56 - 8 * i));
    ts_es_id3_priv(b, STAMP, value, sizeof(value));
}

static void write_frames(ts_bytes *b, int rate, int count)
{
    for (int i = 0; i < count; i++)
        ts_es_adts(b, rate, 2, 100 + (size_t)(i % 50));
}

/* An E-AC-3 frame of 6 blocks at 48 kHz; type 1: of a dependent substream. */
static void write_eac3(ts_bytes *b, unsigned type, unsigned substream, size_t size)
{
    uint8_t frame[512] = {0x0B, 0x77};
    assert_true(size <= sizeof(frame) && size % 2 == 0);
    size_t words = size / 2 - 1;
    frame[2] = (uint8_t)(type << 6 | substream << 3 | words >> 8);
    frame[3] = (uint8_t)words;
    frame[4] = 0x34; /* 48 kHz, 6 blocks, 2/0 */
    frame[5] = 16 << 3;
    ts_bytes_append(b, frame, size);
}

static void write_mp3(ts_bytes *b, const char *tag)
{
    uint8_t frame[417] = {0xFF, 0xFB, 0x90, 0x00}; /* layer III, 128 kbit/s, 44.1 kHz, stereo */
    if (tag)
        memcpy(frame + 4 + 32, tag, 4);
    ts_bytes_append(b, frame, sizeof(frame));
}

static void frames_count_from_the_timestamp_without_drift(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 900000);
    write_frames(&f->bytes, 44100, 4000);
    demux(f, 1 << 20);
    assert_int_equal(f->sample_count, 4000);
    int64_t sum = 0;
    for (int64_t i = 0; i < 4000; i++) {
        /* 1024 samples are 2089.795... ticks */
        assert_true(f->samples[i].pts == 900000 + (i * 1024 * 90000 * 2 + 44100) / (2 * 44100));
        sum += f->samples[i].duration;
    }
    assert_true(sum == (INT64_C(4000) * 1024 * 90000 * 2 + 44100) / (2 * 44100));
    assert_int_equal(troubles(f), 0);
    assert_int_equal(f->tracks, 1);
    assert_int_equal(f->track.media, AZ_MEDIA_AUDIO);
    assert_int_equal(f->track.codec, AZ_CODEC_AAC);
    assert_int_equal(f->track.timescale, 90000);
    assert_int_equal(f->track.counter_bits, 33);
    assert_int_equal(f->track.sample_rate, 44100);
    assert_int_equal(f->track.channels, 2);
    assert_string_equal(f->track.codec_string, "mp4a.40.2");
    assert_false(f->track.is_encrypted);
}

static void times_wrap_at_33_bits(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, ROLL - 1920);
    write_frames(&f->bytes, 48000, 3);
    demux(f, 1 << 20);
    assert_true(f->samples[0].pts == ROLL - 1920);
    assert_true(f->samples[1].pts == 0);
    assert_true(f->samples[2].pts == 1920);
}

static void only_33_bits_of_the_timestamp_count(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, (INT64_C(0x3FFFFFFF) << 33) + 77);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 1 << 20);
    assert_true(f->samples[0].pts == 77);
}

static void without_a_timestamp_there_are_no_times_but_durations(void **state)
{
    fixture *f = *state;
    write_frames(&f->bytes, 48000, 2);
    demux(f, 1 << 20);
    assert_int_equal(f->sample_count, 2);
    assert_true(f->samples[0].pts == AZ_NO_TICKS && f->samples[1].pts == AZ_NO_TICKS);
    assert_int_equal(f->samples[1].duration, 1920);
}

static void the_next_segment_has_a_timestamp_of_its_own(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 1000);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 64);
    ts_bytes_clear(&f->bytes);
    write_frames(&f->bytes, 48000, 1);
    demux(f, 64);
    assert_true(f->samples[2].pts == AZ_NO_TICKS);
    ts_bytes_clear(&f->bytes);
    write_stamp(&f->bytes, 90000);
    write_frames(&f->bytes, 48000, 1);
    demux(f, 64);
    assert_true(f->samples[3].pts == 90000);
    assert_int_equal(f->tracks, 1);
}

static void every_tag_is_metadata_at_the_time_of_the_frame_behind_it(void **state)
{
    fixture *f = *state;
    ts_es_id3_priv(&f->bytes, "a", "1", 1); /* before the timestamp, and at its time */
    write_stamp(&f->bytes, 5000);
    ts_es_id3_priv(&f->bytes, "a", "2", 1);
    write_frames(&f->bytes, 48000, 2);
    ts_es_id3_priv(&f->bytes, "a", "3", 1);
    ts_es_id3_priv(&f->bytes, "a", "4", 1);
    write_frames(&f->bytes, 48000, 1);
    ts_es_id3_priv(&f->bytes, "a", "5", 1); /* at the end of the sound */
    static const struct {
        int64_t pts;
        uint8_t last;
    } expected[] = {{5000, '1'}, {5000, 0x88}, {5000, '2'}, {8840, '3'}, {8840, '4'}, {10760, '5'}};
    demux(f, 1 << 20);
    assert_int_equal(f->tag_count, AZ_COUNT(expected));
    for (size_t i = 0; i < AZ_COUNT(expected); i++) {
        assert_true(f->tags[i].pts == expected[i].pts);
        assert_int_equal(f->tags[i].last, expected[i].last);
    }
    assert_int_equal(f->sample_count, 3);
    assert_int_equal(troubles(f), 0);
}

/* Segments put together into one file. */
static void a_later_timestamp_moves_the_time_but_a_copy_does_not(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 1000);
    write_frames(&f->bytes, 48000, 2);
    write_stamp(&f->bytes, 1000);
    write_frames(&f->bytes, 48000, 1);
    write_stamp(&f->bytes, 500000);
    write_frames(&f->bytes, 48000, 1);
    demux(f, 1 << 20);
    assert_true(f->samples[2].pts == 1000 + 2 * 1920);
    assert_true(f->samples[3].pts == 500000);
    assert_true(f->tags[2].pts == 500000);
}

static void a_timestamp_is_found_behind_frames_with_wrong_sizes(void **state)
{
    fixture *f = *state;
    /* 2.4, whose sizes are synchsafe; the one of the first frame is plain, as old encoders wrote it */
    uint8_t text[10 + 200] = {'T', 'I', 'T', '2', 0, 0, 0, 200};
    ts_bytes_append(&f->bytes, "ID3\4\0\0\0\0\2\x11", 10);
    ts_bytes_append(&f->bytes, text, sizeof(text));
    ts_bytes_append(&f->bytes, "PRIV\0\0\0\x35\0\0" STAMP "\0\0\0\0\0\0\0\1\2", 10 + 45 + 8);
    assert_int_equal(f->bytes.size, 10 + 2 * 128 + 17);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 1 << 20);
    assert_int_equal(f->tag_count, 1);
    assert_true(f->samples[0].pts == 0x102);
}

static void unsynchronised_timestamps_are_read(void **state)
{
    fixture *f = *state;
    /* FF 00 stands for FF: of the whole tag, and of a frame of 2.4 */
    static const uint8_t value[] = {0, 0, 0, 1, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFE};
    for (int i = 0; i < 2; i++) {
        ts_bytes_clear(&f->bytes);
        ts_es_id3_priv(&f->bytes, STAMP, value, sizeof(value));
        if (i == 0)
            f->bytes.data[5] |= 0x80;
        else
            f->bytes.data[10 + 9] |= 0x02;
        write_frames(&f->bytes, 48000, 2);
        renew(f);
        demux(f, 1 << 20);
        assert_true(f->samples[0].pts == 0x1FFFFFFFE);
    }
}

static void a_footer_belongs_to_its_tag(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 3);
    f->bytes.data[5] |= 0x10;
    size_t size = f->bytes.size;
    ts_bytes_append(&f->bytes, "3DI\4\0\x10\0\0\0\0", 10);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 1 << 20);
    assert_int_equal(f->tags[0].size, size + 10);
    assert_int_equal(f->sample_count, 2);
    assert_int_equal(troubles(f), 0);
}

static void an_audio_description_says_that_frames_are_encrypted(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 3);
    ts_es_id3_priv(&f->bytes, "com.apple.streaming.audioDescription", "zaac\0\0\0\0", 8);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 1 << 20);
    assert_true(f->track.is_encrypted);
    assert_true(f->samples[0].is_encrypted && f->samples[1].is_encrypted);
    ts_bytes_clear(&f->bytes);
    write_stamp(&f->bytes, 3);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 1 << 20);
    assert_false(f->track.is_encrypted);
    assert_false(f->samples[2].is_encrypted);
}

static void frames_of_further_substreams_join_their_access_unit(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        write_eac3(&f->bytes, 0, 0, 200);
        write_eac3(&f->bytes, 1, 0, 100);
        write_eac3(&f->bytes, 0, 1, 60);
    }
    demux(f, 1 << 20);
    assert_int_equal(f->sample_count, 3);
    assert_int_equal(f->samples[0].size, 360);
    assert_int_equal(f->samples[2].size, 360);
    assert_int_equal(f->samples[0].codec, AZ_CODEC_EAC3);
    assert_int_equal(f->samples[0].duration, 1536 * 90000 / 48000);
    assert_string_equal(f->track.codec_string, "ec-3");
}

static void an_access_unit_without_end_has_one(void **state)
{
    fixture *f = *state;
    write_eac3(&f->bytes, 0, 0, 100);
    for (int i = 0; i < 1000; i++)
        write_eac3(&f->bytes, 1, 0, 100);
    demux(f, 777);
    assert_true(f->sample_count > 10);
    assert_true(f->samples[0].size <= 72 * 100);
}

static void mp3_contents_are_no_sound(void **state)
{
    fixture *f = *state;
    static const char *const tags[] = {"Xing", "Info", "VBRI"};
    for (size_t i = 0; i < AZ_COUNT(tags); i++) {
        ts_bytes_clear(&f->bytes);
        write_stamp(&f->bytes, 100);
        write_mp3(&f->bytes, tags[i]);
        write_mp3(&f->bytes, NULL);
        write_mp3(&f->bytes, NULL);
        renew(f);
        demux(f, 50);
        assert_int_equal(f->sample_count, 2);
        assert_true(f->samples[0].pts == 100);
        assert_string_equal(f->track.codec_string, "mp4a.40.34");
        assert_int_equal(troubles(f), 0);
    }
}

static void an_id3v1_tag_at_the_end_is_skipped(void **state)
{
    fixture *f = *state;
    uint8_t tag[128] = "TAGtitle";
    write_mp3(&f->bytes, NULL);
    write_mp3(&f->bytes, NULL);
    ts_bytes_append(&f->bytes, tag, sizeof(tag));
    demux(f, 100);
    assert_int_equal(f->sample_count, 2);
    assert_int_equal(troubles(f), 0);
}

static void damage_is_skipped_and_marked(void **state)
{
    fixture *f = *state;
    static const uint8_t damage[77] = {0xFF, 0xF1, 0x50, 0, 0xFF};
    write_stamp(&f->bytes, 0);
    write_frames(&f->bytes, 48000, 3);
    ts_bytes_append(&f->bytes, damage, sizeof(damage));
    write_frames(&f->bytes, 48000, 3);
    demux(f, 1 << 20);
    assert_int_equal(f->sample_count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(!!(f->samples[i].flags & AZ_SAMPLE_DISCONTINUITY), i == 3);
    assert_int_equal(az_packed_audio_troubles(f->audio, AZ_DEMUX_BAD_FRAME), 1);
}

static void a_tag_after_damage_is_still_found(void **state)
{
    fixture *f = *state;
    write_frames(&f->bytes, 48000, 2);
    ts_bytes_append(&f->bytes, "IIDID3", 4);
    ts_es_id3_priv(&f->bytes, "a", "1", 1);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 3);
    assert_int_equal(f->tag_count, 1);
    assert_int_equal(f->sample_count, 4);
}

static void a_change_of_rate_goes_on_in_time(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 0);
    write_frames(&f->bytes, 48000, 2);
    write_frames(&f->bytes, 24000, 2);
    demux(f, 1 << 20);
    assert_int_equal(f->sample_count, 4);
    assert_true(f->samples[2].pts == 2 * 1920);
    assert_true(f->samples[3].pts == 2 * 1920 + 3840);
    assert_int_equal(f->tracks, 2);
    assert_int_equal(f->track.sample_rate, 24000);
}

static void a_tag_past_its_limit_is_skipped_and_told(void **state)
{
    fixture *f = *state;
    /* 1 MiB and its header of 10 bytes */
    static const uint8_t header[10] = {'I', 'D', '3', 4, 0, 0, 0, 64, 0, 0};
    uint8_t *body = calloc(1, (size_t)1 << 20);
    assert_non_null(body);
    write_frames(&f->bytes, 48000, 1);
    ts_bytes_append(&f->bytes, header, sizeof(header));
    ts_bytes_append(&f->bytes, body, (size_t)1 << 20);
    write_frames(&f->bytes, 48000, 1);
    free(body);
    demux(f, 1000);
    assert_int_equal(f->tag_count, 0);
    assert_int_equal(f->sample_count, 2);
    assert_int_equal(az_packed_audio_troubles(f->audio, AZ_DEMUX_LIMIT), 1);
}

/* More than are held back for a frame: they go out early, and none is lost. */
static void a_thousand_tags_in_a_row_are_all_given_out(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 4);
    for (int i = 0; i < 1000; i++)
        ts_es_id3_priv(&f->bytes, "a", "1", 1);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 100);
    assert_int_equal(f->tag_count, 1001);
    for (size_t i = 0; i < f->tag_count; i++)
        assert_true(f->tags[i].pts == 4);
}

static void bytes_without_a_frame_are_no_audio_until_a_reset(void **state)
{
    fixture *f = *state;
    uint8_t *noise = calloc(1, (size_t)65 << 10);
    assert_non_null(noise);
    ts_bytes_append(&f->bytes, noise, (size_t)65 << 10);
    free(noise);
    assert_int_equal(feed(f, 0, f->bytes.size), AIZU_E_MEDIA);
    assert_int_equal(feed(f, 0, 10), AIZU_E_MEDIA);
    assert_int_equal(az_packed_audio_finish(f->audio), AIZU_E_MEDIA);
    az_packed_audio_reset(f->audio);
    ts_bytes_clear(&f->bytes);
    write_frames(&f->bytes, 48000, 2);
    demux(f, 1 << 20);
    assert_int_equal(f->sample_count, 2);
}

static void a_reset_drops_what_waits(void **state)
{
    fixture *f = *state;
    write_stamp(&f->bytes, 4);
    write_frames(&f->bytes, 48000, 1);
    assert_int_equal(feed(f, 0, f->bytes.size - 1), AIZU_OK);
    az_packed_audio_reset(f->audio);
    assert_int_equal(az_packed_audio_finish(f->audio), AIZU_OK);
    assert_int_equal(f->sample_count + f->tag_count, 0);
}

/* A bit of everything. */
static void write_mixture(ts_bytes *b)
{
    static const uint8_t damage[9] = {'I', 'D', '3', 0xFF, 0xF1, 0x0B, 0x77, 'T', 'A'};
    write_stamp(b, 1000);
    ts_es_id3_priv(b, "a", "1", 1);
    write_frames(b, 48000, 3);
    ts_es_id3_priv(b, "a", "2", 1);
    write_frames(b, 48000, 2);
    ts_bytes_append(b, damage, sizeof(damage));
    write_frames(b, 48000, 2);
    write_eac3(b, 0, 0, 200);
    write_eac3(b, 1, 0, 100);
    write_eac3(b, 0, 0, 200);
    write_mp3(b, NULL);
    write_mp3(b, NULL);
    write_stamp(b, 9000);
}

static void any_split_gives_the_same_output(void **state)
{
    fixture *f = *state;
    write_mixture(&f->bytes);
    demux(f, 1 << 20);
    uint64_t whole = f->hash;
    assert_int_equal(f->sample_count, 11);
    assert_int_equal(f->tag_count, 4);
    for (size_t piece = 1; piece < 300; piece++) {
        renew(f);
        demux(f, piece);
        assert_true(f->hash == whole);
    }
    for (size_t cut = 1; cut < f->bytes.size; cut++) {
        renew(f);
        assert_int_equal(feed(f, 0, cut), AIZU_OK);
        assert_int_equal(feed(f, cut, f->bytes.size - cut), AIZU_OK);
        assert_int_equal(az_packed_audio_finish(f->audio), AIZU_OK);
        assert_true(f->hash == whole);
    }
}

static void a_segment_may_end_anywhere(void **state)
{
    fixture *f = *state;
    write_mixture(&f->bytes);
    size_t last = 0;
    for (size_t end = 0; end < f->bytes.size; end++) {
        renew(f);
        if (end > 0)
            assert_int_equal(feed(f, 0, end), AIZU_OK);
        assert_int_equal(az_packed_audio_finish(f->audio), AIZU_OK);
        assert_true(f->sample_count + 1 >= last);
        last = f->sample_count;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(frames_count_from_the_timestamp_without_drift),
        TEST(times_wrap_at_33_bits),
        TEST(only_33_bits_of_the_timestamp_count),
        TEST(without_a_timestamp_there_are_no_times_but_durations),
        TEST(the_next_segment_has_a_timestamp_of_its_own),
        TEST(every_tag_is_metadata_at_the_time_of_the_frame_behind_it),
        TEST(a_later_timestamp_moves_the_time_but_a_copy_does_not),
        TEST(a_timestamp_is_found_behind_frames_with_wrong_sizes),
        TEST(unsynchronised_timestamps_are_read),
        TEST(a_footer_belongs_to_its_tag),
        TEST(an_audio_description_says_that_frames_are_encrypted),
        TEST(frames_of_further_substreams_join_their_access_unit),
        TEST(an_access_unit_without_end_has_one),
        TEST(mp3_contents_are_no_sound),
        TEST(an_id3v1_tag_at_the_end_is_skipped),
        TEST(damage_is_skipped_and_marked),
        TEST(a_tag_after_damage_is_still_found),
        TEST(a_change_of_rate_goes_on_in_time),
        TEST(a_tag_past_its_limit_is_skipped_and_told),
        TEST(a_thousand_tags_in_a_row_are_all_given_out),
        TEST(bytes_without_a_frame_are_no_audio_until_a_reset),
        TEST(a_reset_drops_what_waits),
        TEST(any_split_gives_the_same_output),
        TEST(a_segment_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
