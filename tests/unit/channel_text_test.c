/*
 * The channel's text and tags: playlists as RFC 8216 wants them, dates, ID3 tags byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "id3_writer.h"
#include "playlist_writer.h"

#define NS INT64_C(1000000000)

static void assert_text(ch_bytes *b, const char *expected)
{
    assert_false(b->failed);
    assert_non_null(ch_bytes_extend(b, 1)); /* a NUL */
    assert_string_equal((const char *)b->data, expected);
    ch_bytes_deinit(b);
}

static void a_live_playlist_lists_its_window(void **state)
{
    (void)state;
    const ch_segment_info segments[] = {
        {.sequence = 7, .duration_ticks = 180000, .wall_ns = 1767225600 * NS},
        {.sequence = 8, .duration_ticks = 180180, .wall_ns = 1767225602 * NS},
    };
    const ch_media_playlist p = {.segments = segments, .count = 2, .target_seconds = 2};
    ch_bytes out = {0};
    ch_playlist_write_media(&out, &p);
    assert_text(&out, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n"
                      "#EXT-X-INDEPENDENT-SEGMENTS\n"
                      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2.000000,live\n7.ts\n"
                      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z\n#EXTINF:2.002000,live\n8.ts\n");
}

static void a_recording_is_marked_complete(void **state)
{
    (void)state;
    const ch_segment_info segment = {.sequence = 0, .duration_ticks = 1, .wall_ns = 0};
    const ch_media_playlist p = {.segments = &segment, .count = 1, .target_seconds = 1, .is_vod = true};
    ch_bytes out = {0};
    ch_playlist_write_media(&out, &p);
    assert_text(
        &out, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
              "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
              "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z\n#EXTINF:0.000011,\n0.ts\n#EXT-X-ENDLIST\n");
}

static void the_multivariant_playlist_has_every_attribute(void **state)
{
    (void)state;
    const ch_variant v = {.name = "720p",
                          .bandwidth = 2600000,
                          .average_bandwidth = 2400000,
                          .width = 1280,
                          .height = 720,
                          .frame_rate = 30000.0 / 1001,
                          .codecs = "avc1.64001f,mp4a.40.2"};
    ch_bytes out = {0};
    ch_playlist_write_master(&out, &v, 1, "index.m3u8");
    assert_text(&out, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                      "#EXT-X-STREAM-INF:BANDWIDTH=2600000,AVERAGE-BANDWIDTH=2400000,RESOLUTION=1280x720,"
                      "FRAME-RATE=29.970,CODECS=\"avc1.64001f,mp4a.40.2\",NAME=\"720p\"\n720p/index.m3u8\n");
}

static void dates_follow_the_calendar(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {951782399 * NS + 999999999, "2000-02-28T23:59:59.999Z"},
        {951782400 * NS, "2000-02-29T00:00:00.000Z"},
        {1709251199 * NS, "2024-02-29T23:59:59.000Z"},
        {1798761599 * NS, "2026-12-31T23:59:59.000Z"},
        {INT64_C(4107542400) * NS, "2100-03-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[CH_ISO_TIME_SIZE];
        ch_iso_time(text, cases[i].wall_ns);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_priv_tag_has_synchsafe_sizes(void **state)
{
    (void)state;
    char payload[200];
    memset(payload, 'p', sizeof(payload));
    ch_bytes out = {0};
    ch_id3_write_priv(&out, "a.b", payload, sizeof(payload));
    assert_false(out.failed);
    assert_int_equal(out.size, 20 + 4 + 200);
    /* 214 and 204 in groups of seven bits */
    assert_memory_equal(out.data, "ID3\4\0\0\0\0\1\126PRIV\0\0\1\114\0\0a.b\0pp", 26);
    ch_bytes_deinit(&out);
}

static void a_txxx_tag_is_utf8(void **state)
{
    (void)state;
    ch_bytes out = {0};
    ch_id3_write_txxx(&out, "key", "\xe5\x90\x88");
    assert_int_equal(out.size, 29);
    assert_memory_equal(out.data, "ID3\4\0\0\0\0\0\23TXXX\0\0\0\11\0\0\3key\0\xe5\x90\x88", 29);
    ch_bytes_deinit(&out);
}

static void a_tag_that_is_too_big_fails(void **state)
{
    (void)state;
    ch_bytes out = {0};
    ch_id3_write_priv(&out, "a", "", CH_ID3_SIZE_MAX);
    assert_true(out.failed);
    ch_bytes_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_playlist_lists_its_window),
        cmocka_unit_test(a_recording_is_marked_complete),
        cmocka_unit_test(the_multivariant_playlist_has_every_attribute),
        cmocka_unit_test(dates_follow_the_calendar),
        cmocka_unit_test(a_priv_tag_has_synchsafe_sizes),
        cmocka_unit_test(a_txxx_tag_is_utf8),
        cmocka_unit_test(a_tag_that_is_too_big_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
