/*
 * One face for all containers: which one a segment has is told from its first bytes, whatever the cuts, and a
 * change of container, a broken segment or an empty one does no harm to the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "demux/demuxer.h"
#include "demux/probe.h"
#include "ts_writer.h"

#define VIDEO 0x100

typedef struct fixture {
    ts_bytes bytes;
    az_demuxer *demuxer;
    size_t tracks, samples, metadata, texts;
    az_track last_track;
    az_codec last_codec;
    char last_text[256];
    uint64_t hash; /* of all output in order */
} fixture;

static void on_track(void *user, const az_track *track)
{
    fixture *f = user;
    f->tracks++;
    f->last_track = *track;
    f->hash = az_hash(f->hash, &track->codec, sizeof(track->codec));
}

static void on_sample(void *user, const az_sample *sample)
{
    fixture *f = user;
    f->samples++;
    f->last_codec = sample->codec;
    f->hash = az_hash(f->hash, sample->data.data, sample->data.size);
    f->hash = az_hash(f->hash, &sample->pts, sizeof(sample->pts));
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    fixture *f = user;
    f->metadata++;
    f->hash = az_hash(f->hash, metadata->data.data, metadata->data.size);
}

static void on_text(void *user, const az_text_sample *text)
{
    fixture *f = user;
    f->texts++;
    f->last_codec = text->codec;
    size_t size = AZ_MIN(text->data.size, sizeof(f->last_text) - 1);
    memcpy(f->last_text, text->data.data, size);
    f->last_text[size] = 0;
    f->hash = az_hash(f->hash, text->data.data, text->data.size);
}

static void forget_output(fixture *f)
{
    f->tracks = f->samples = f->metadata = f->texts = 0;
    f->last_codec = AZ_CODEC_UNKNOWN;
    f->last_text[0] = 0;
    f->hash = AZ_HASH_SEED;
}

static void renew(fixture *f)
{
    az_demux_sink sink = {
        .user = f, .track = on_track, .sample = on_sample, .metadata = on_metadata, .text = on_text};
    az_demuxer_destroy(&f->demuxer);
    f->demuxer = az_demuxer_create(&sink);
    assert_non_null(f->demuxer);
    forget_output(f);
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
    az_demuxer_destroy(&f->demuxer);
    ts_bytes_free(&f->bytes);
    free(f);
    return 0;
}

static aizu_result feed(fixture *f, const void *data, size_t size)
{
    az_slice slice;
    assert_true(az_slice_copy(&slice, az_span_make(data, size)));
    aizu_result result = az_demuxer_feed(f->demuxer, slice);
    az_slice_unref(&slice);
    return result;
}

/* A whole segment in pieces; the first error, or what finish says. */
static aizu_result segment(fixture *f, const void *data, size_t size, size_t piece)
{
    aizu_result result = AIZU_OK, end;
    for (size_t pos = 0; pos < size && !result; pos += piece)
        result = feed(f, (const uint8_t *)data + pos, AZ_MIN(piece, size - pos));
    end = az_demuxer_finish(f->demuxer);
    return result ? result : end;
}

static aizu_result text_segment(fixture *f, const char *text, size_t piece)
{
    return segment(f, text, strlen(text), piece);
}

static void write_ts(ts_bytes *bytes)
{
    static const ts_h264 format = {.width = 320, .height = 180, .frame_rate_num = 30, .frame_rate_den = 1};
    ts_writer w;
    ts_bytes unit = {0};
    ts_writer_init(&w, bytes);
    ts_writer_add(&w, VIDEO, 0x1B, NULL);
    ts_writer_tables(&w);
    for (int i = 0; i < 3; i++) {
        ts_pes pes = ts_pes_make(VIDEO, i * 3000);
        ts_bytes_clear(&unit);
        ts_es_h264(&unit, &format, i == 0, (uint32_t)i, 500);
        ts_writer_pes(&w, &pes, unit.data, unit.size);
    }
    ts_bytes_free(&unit);
    ts_writer_deinit(&w);
}

static void write_audio(ts_bytes *bytes)
{
    static const uint8_t stamp[8] = {0, 0, 0, 0, 0, 1, 0x5F, 0x90};
    ts_es_id3_priv(bytes, "com.apple.streaming.transportStreamTimestamp", stamp, sizeof(stamp));
    for (size_t i = 0; i < 4; i++)
        ts_es_adts(bytes, 48000, 2, 100 + i);
}

/* An initialisation section without tracks. */
static void write_fmp4(ts_bytes *bytes)
{
    ts_bytes_u32(bytes, 16);
    ts_bytes_append(bytes, "ftyp", 4);
    ts_bytes_append(bytes, "cmfc\0\0\0\0", 8);
    ts_bytes_u32(bytes, 8);
    ts_bytes_append(bytes, "free", 4);
}

#define VTT "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n\n"
#define TTML \
    "<?xml version=\"1.0\"?>\n<!-- <html> -->\n<tt xmlns=\"http://www.w3.org/ns/ttml\"><body/></tt>\n"

static void each_container_is_told_whatever_the_pieces(void **state)
{
    fixture *f = *state;
    static const size_t pieces[] = {1 << 20, 1, 2, 7, 100, 189};
    for (az_container c = AZ_CONTAINER_TS; c <= AZ_CONTAINER_TTML; c++) {
        uint64_t whole = 0;
        ts_bytes_clear(&f->bytes);
        if (c == AZ_CONTAINER_TS)
            write_ts(&f->bytes);
        else if (c == AZ_CONTAINER_PACKED_AUDIO)
            write_audio(&f->bytes);
        else if (c == AZ_CONTAINER_FMP4)
            write_fmp4(&f->bytes);
        else
            ts_bytes_append(&f->bytes, c == AZ_CONTAINER_TTML ? TTML : VTT,
                            strlen(c == AZ_CONTAINER_TTML ? TTML : VTT));
        for (size_t i = 0; i < AZ_COUNT(pieces); i++) {
            renew(f);
            assert_int_equal(az_demuxer_container(f->demuxer), AZ_CONTAINER_UNKNOWN);
            assert_int_equal(segment(f, f->bytes.data, f->bytes.size, pieces[i]), AIZU_OK);
            assert_int_equal(az_demuxer_container(f->demuxer), c);
            whole = i == 0 ? f->hash : whole;
            assert_true(f->hash == whole);
            assert_int_equal(f->samples, c == AZ_CONTAINER_TS ? 3 : c == AZ_CONTAINER_PACKED_AUDIO ? 4 : 0);
            assert_int_equal(f->texts, c == AZ_CONTAINER_WEBVTT || c == AZ_CONTAINER_TTML);
        }
    }
}

static void first_bytes_decide(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        az_container container; /* UNKNOWN: none, at the end */
    } cases[] = {
        {"ID3", 3, AZ_CONTAINER_PACKED_AUDIO},
        {"\0\0\0\x18styp", 8, AZ_CONTAINER_FMP4},
        {"\0\0\0\x01mdat", 8, AZ_CONTAINER_FMP4},
        {"\0\0\0\x07moof", 8, AZ_CONTAINER_UNKNOWN},
        {"\xFF\xFB\x90\x64mdat", 8, AZ_CONTAINER_FMP4}, /* not MPEG audio, as its first half is */
        {"\0\0\0\x0Cwhat\0\0\0\0\0\0\0\x10moof\0\0\0\0\0\0\0\0", 28, AZ_CONTAINER_FMP4},
        {"WEBVTT", 6, AZ_CONTAINER_WEBVTT},
        {"\xEF\xBB\xBFWEBVTT\n", 10, AZ_CONTAINER_WEBVTT},
        {"WEBV", 4, AZ_CONTAINER_UNKNOWN},
        {"\xEF\xBB\xBF \r\n\t<tt>", 11, AZ_CONTAINER_TTML},
        {"<tt:tt xml:lang=\"en\">", 21, AZ_CONTAINER_TTML},
        {"\xFF\xFE<\0t\0t\0>\0", 10, AZ_CONTAINER_TTML},
        {"<!DOCTYPE html><html><tt>", 25, AZ_CONTAINER_UNKNOWN},
        {"<?xml?><Error><Code>AccessDenied</Code></Error>", 47, AZ_CONTAINER_UNKNOWN},
        {"<tts>", 5, AZ_CONTAINER_UNKNOWN},
        {"\xFF\xF1\x4C\x80\x0C\x9F\xFC\x00", 8, AZ_CONTAINER_PACKED_AUDIO},
        {"\xFF\xFB\x90\x64\0\0\0\0", 8, AZ_CONTAINER_PACKED_AUDIO},
        {"\x0B\x77\0\0\x14\x40\0\0", 8, AZ_CONTAINER_PACKED_AUDIO},
        {"G", 1, AZ_CONTAINER_UNKNOWN},
        {"{\"error\":404}", 13, AZ_CONTAINER_UNKNOWN},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_container container = AZ_CONTAINER_UNKNOWN;
        az_span bytes = az_span_make(cases[i].bytes, cases[i].size);
        aizu_result result = az_probe(bytes, true, &container);
        assert_int_equal(container, cases[i].container);
        assert_int_equal(result, container ? AIZU_OK : AIZU_E_MEDIA);
        /* fewer bytes say nothing, or the same */
        for (size_t size = 0; size < bytes.size; size++) {
            result = az_probe(az_span_sub(bytes, 0, size), false, &container);
            assert_true(result == AIZU_AGAIN || (result == AIZU_OK && container == cases[i].container));
        }
    }
}

static void packets_of_192_and_204_bytes_are_a_transport_stream(void **state)
{
    (void)state;
    static const struct {
        size_t stride, begin;
    } cases[] = {{188, 0}, {192, 4}, {192, 0}, {204, 0}, {188, 1000}};
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        uint8_t bytes[2000] = {0};
        for (size_t pos = cases[i].begin; pos < sizeof(bytes); pos += cases[i].stride)
            bytes[pos] = 0x47;
        az_container container = AZ_CONTAINER_UNKNOWN;
        assert_int_equal(az_probe(az_span_make(bytes, sizeof(bytes)), true, &container), AIZU_OK);
        assert_int_equal(container, AZ_CONTAINER_TS);
    }
}

static void tables_alone_are_a_transport_stream_and_its_tracks_stay(void **state)
{
    fixture *f = *state;
    ts_writer w;
    ts_writer_init(&w, &f->bytes);
    ts_writer_add(&w, VIDEO, 0x1B, NULL);
    ts_writer_tables(&w);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 1), AIZU_OK);
    assert_int_equal(f->tracks, 1);
    ts_bytes_clear(&f->bytes);
    write_ts(&f->bytes);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 1000), AIZU_OK);
    assert_int_equal(f->samples, 3);
    assert_true(az_demuxer_has_track(f->demuxer, VIDEO));
    assert_false(az_demuxer_has_track(f->demuxer, 0));
    size_t told = f->tracks;
    az_demuxer_reset(f->demuxer);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 1000), AIZU_OK);
    assert_int_equal(f->tracks, told);
    az_demuxer_forget(f->demuxer);
    assert_false(az_demuxer_has_track(f->demuxer, VIDEO));
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 1000), AIZU_OK);
    assert_true(f->tracks > told);
    ts_writer_deinit(&w);
}

static void another_container_may_follow_and_forgets_the_tracks(void **state)
{
    fixture *f = *state;
    write_ts(&f->bytes);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 4096), AIZU_OK);
    ts_bytes_clear(&f->bytes);
    write_audio(&f->bytes);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 4096), AIZU_OK);
    assert_int_equal(az_demuxer_container(f->demuxer), AZ_CONTAINER_PACKED_AUDIO);
    assert_int_equal(f->last_codec, AZ_CODEC_AAC);
    assert_int_equal(f->metadata, 1);
    assert_true(az_demuxer_has_track(f->demuxer, 0));
    assert_false(az_demuxer_has_track(f->demuxer, VIDEO));
    assert_int_equal(text_segment(f, VTT, 5), AIZU_OK);
    assert_int_equal(f->last_codec, AZ_CODEC_WEBVTT);
    assert_string_equal(f->last_text, "hello");
}

static void a_ttml_document_is_given_out_whole_at_the_end(void **state)
{
    fixture *f = *state;
    assert_int_equal(feed(f, TTML, 60), AIZU_OK);
    assert_int_equal(feed(f, &TTML[60], strlen(TTML) - 60), AIZU_OK);
    assert_int_equal(f->texts, 0);
    assert_int_equal(az_demuxer_finish(f->demuxer), AIZU_OK);
    assert_int_equal(f->texts, 1);
    assert_string_equal(f->last_text, TTML);
    assert_int_equal(f->tracks, 1);
    assert_int_equal(f->last_track.media, AZ_MEDIA_TEXT);
    assert_int_equal(f->last_track.codec, AZ_CODEC_TTML);
    assert_int_equal(text_segment(f, TTML, 10), AIZU_OK);
    assert_int_equal(f->texts, 2);
    assert_int_equal(f->tracks, 1);
    /* a download that broke off is not given out */
    assert_int_equal(feed(f, TTML, 70), AIZU_OK);
    az_demuxer_reset(f->demuxer);
    assert_int_equal(az_demuxer_finish(f->demuxer), AIZU_OK);
    assert_int_equal(f->texts, 2);
}

static void a_ttml_document_past_its_limit_is_dropped_and_told(void **state)
{
    fixture *f = *state;
    uint8_t *blanks = malloc(AZ_TTML_SIZE_MAX);
    assert_non_null(blanks);
    memset(blanks, ' ', AZ_TTML_SIZE_MAX);
    assert_int_equal(feed(f, TTML, strlen(TTML)), AIZU_OK);
    assert_int_equal(feed(f, blanks, AZ_TTML_SIZE_MAX), AIZU_OK);
    assert_int_equal(feed(f, blanks, 10), AIZU_OK);
    assert_int_equal(az_demuxer_finish(f->demuxer), AIZU_OK);
    assert_int_equal(f->texts, 0);
    assert_int_equal(az_demuxer_troubles(f->demuxer, AZ_DEMUX_LIMIT), 1);
    assert_int_equal(text_segment(f, TTML, 1000), AIZU_OK);
    assert_int_equal(f->texts, 1);
    free(blanks);
}

static void what_is_no_media_is_told_and_the_next_segment_plays(void **state)
{
    fixture *f = *state;
    assert_int_equal(text_segment(f, "<html><body>404</body></html>", 1000), AIZU_E_MEDIA);
    uint8_t *noise = malloc(AZ_PROBE_SIZE_MAX + 1);
    assert_non_null(noise);
    memset(noise, 'x', AZ_PROBE_SIZE_MAX + 1);
    /* told as soon as it is sure, and until the end */
    assert_int_equal(feed(f, noise, AZ_PROBE_SIZE_MAX - 1), AIZU_OK);
    assert_int_equal(feed(f, noise, 1), AIZU_E_MEDIA);
    assert_int_equal(feed(f, TTML, 10), AIZU_E_MEDIA);
    assert_int_equal(az_demuxer_finish(f->demuxer), AIZU_E_MEDIA);
    assert_int_equal(feed(f, noise, AZ_PROBE_SIZE_MAX + 1), AIZU_E_MEDIA);
    az_demuxer_reset(f->demuxer);
    free(noise);
    write_ts(&f->bytes);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 300), AIZU_OK);
    assert_int_equal(f->samples, 3);
}

/* Sync in its first packets only: the transport stream demuxer gives up, while it is fed or at the end. */
static void a_transport_stream_without_sync_does_not_spoil_the_next(void **state)
{
    fixture *f = *state;
    size_t size_max = (size_t)80 << 10, refused_at_end = 0;
    uint8_t *noise = calloc(1, size_max);
    assert_non_null(noise);
    noise[0] = noise[188] = 0x47;
    write_ts(&f->bytes);
    for (size_t size = (size_t)60 << 10; size <= size_max; size += 512) {
        renew(f);
        aizu_result result = feed(f, noise, size);
        assert_true(result == AIZU_E_MEDIA || size < size_max);
        aizu_result end = az_demuxer_finish(f->demuxer);
        assert_true(result == AIZU_OK || end == AIZU_E_MEDIA);
        refused_at_end += result == AIZU_OK && end == AIZU_E_MEDIA;
        assert_int_equal(az_demuxer_container(f->demuxer), AZ_CONTAINER_TS);
        assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 300), AIZU_OK);
        assert_int_equal(f->samples, 3);
    }
    assert_true(refused_at_end > 0);
    free(noise);
}

static void junk_before_packets_frames_or_a_tag_is_skipped(void **state)
{
    fixture *f = *state;
    static const uint8_t junk[300] = {1, 2, 3};
    ts_bytes_append(&f->bytes, junk, sizeof(junk));
    write_ts(&f->bytes);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 50), AIZU_OK);
    assert_int_equal(f->samples, 3);
    assert_true(az_demuxer_troubles(f->demuxer, AZ_DEMUX_SYNC_LOST) > 0);
    ts_bytes_clear(&f->bytes);
    ts_bytes_append(&f->bytes, junk, sizeof(junk));
    write_audio(&f->bytes);
    assert_int_equal(segment(f, f->bytes.data, f->bytes.size, 50), AIZU_OK);
    assert_int_equal(f->samples, 3 + 4);
    /* of the transport stream's demuxer, which is gone, and of this one */
    assert_int_equal(az_demuxer_troubles(f->demuxer, AZ_DEMUX_SYNC_LOST), 2);
}

static void an_empty_segment_is_nothing(void **state)
{
    fixture *f = *state;
    assert_int_equal(az_demuxer_finish(f->demuxer), AIZU_OK);
    assert_int_equal(feed(f, "", 0), AIZU_OK);
    assert_int_equal(az_demuxer_finish(f->demuxer), AIZU_OK);
    assert_int_equal(az_demuxer_container(f->demuxer), AZ_CONTAINER_UNKNOWN);
    assert_string_equal(az_container_name(AZ_CONTAINER_TS), "ts");
    assert_string_equal(az_container_name((az_container)99), "?");
}

/* Nothing crashes and nothing is invented wherever a segment ends. */
static void every_truncation_of_every_container_is_survived(void **state)
{
    fixture *f = *state;
    for (int kind = 0; kind < 4; kind++) {
        ts_bytes_clear(&f->bytes);
        if (kind == 0)
            write_ts(&f->bytes);
        else if (kind == 1)
            write_audio(&f->bytes);
        else if (kind == 2)
            write_fmp4(&f->bytes);
        else
            ts_bytes_append(&f->bytes, TTML, strlen(TTML));
        for (size_t size = 0; size < f->bytes.size; size++) {
            renew(f);
            aizu_result result = segment(f, f->bytes.data, size, 64);
            assert_true(result == AIZU_OK || result == AIZU_E_MEDIA);
            assert_true(f->samples <= 4);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_container_is_told_whatever_the_pieces),
        TEST(first_bytes_decide),
        TEST(packets_of_192_and_204_bytes_are_a_transport_stream),
        TEST(tables_alone_are_a_transport_stream_and_its_tracks_stay),
        TEST(another_container_may_follow_and_forgets_the_tracks),
        TEST(a_ttml_document_is_given_out_whole_at_the_end),
        TEST(a_ttml_document_past_its_limit_is_dropped_and_told),
        TEST(what_is_no_media_is_told_and_the_next_segment_plays),
        TEST(a_transport_stream_without_sync_does_not_spoil_the_next),
        TEST(junk_before_packets_frames_or_a_tag_is_skipped),
        TEST(an_empty_segment_is_nothing),
        TEST(every_truncation_of_every_container_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
