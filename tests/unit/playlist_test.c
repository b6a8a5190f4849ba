/*
 * HLS playlists: the specification's examples as data, errors with their lines, each leniency with its
 * diagnostic, limits, date-times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "playlist/playlist.h"

#define S AIZU_SECOND

static az_playlist *parse_bytes(az_span text)
{
    az_playlist *playlist = NULL;
    az_playlist_error error;
    aizu_result result = az_playlist_parse(&playlist, text, &error);
    if (result != AIZU_OK)
        fail_msg("line %u: %s (%d)", error.line, error.text, result);
    return playlist;
}

static az_playlist *parse(const char *text)
{
    return parse_bytes(az_span_str(text));
}

static void assert_span(az_span span, const char *want)
{
    if (!az_span_equal_str(span, want))
        fail_msg("'%.*s' is not '%s'", (int)span.size, (const char *)span.data, want);
}

static int64_t wall(const char *text)
{
    int64_t out;
    assert_true(az_date_time_parse(az_span_str(text), &out));
    return out;
}

static az_span title(const az_playlist *playlist, const az_segment *segment)
{
    return az_span_sub(playlist->text, segment->title_offset, segment->title_size);
}

/* --- the specification's examples (section 8) ----------------------------------------------------- */

static void reads_a_simple_media_playlist(void **state)
{
    (void)state;
    az_playlist *p =
        parse("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-VERSION:3\n#EXTINF:9.009,\n"
              "http://media.example.com/first.ts\n#EXTINF:9.009,\nhttp://media.example.com/second.ts\n"
              "#EXTINF:3.003,\nhttp://media.example.com/third.ts\n#EXT-X-ENDLIST\n");
    assert_int_equal(p->kind, AZ_PLAYLIST_MEDIA);
    assert_int_equal(p->version, 3);
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->segment_count, 3);
    assert_int_equal(m->target_duration, 10 * S);
    assert_int_equal(m->segments[0].duration, INT64_C(9009000000));
    assert_int_equal(m->segments[2].duration, INT64_C(3003000000));
    assert_span(m->segments[2].uri, "http://media.example.com/third.ts");
    assert_int_equal(m->segments[2].line, 9);
    assert_int_equal(m->segments[0].wall, AIZU_NO_TIME);
    assert_int_equal(m->segments[0].key, AZ_NO_INDEX);
    assert_int_equal(m->segments[0].map, AZ_NO_INDEX);
    assert_true(m->has_endlist);
    assert_int_equal(p->diagnostic_count_all, 0);
    az_playlist_destroy(&p);
    assert_null(p);
}

static void reads_an_encrypted_live_playlist(void **state)
{
    (void)state;
    az_playlist *p =
        parse("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7794\n#EXT-X-TARGETDURATION:15\n\n"
              "#EXT-X-KEY:METHOD=AES-128,URI=\"https://priv.example.com/key.php?r=52\"\n\n"
              "#EXTINF:2.833,\nhttp://media.example.com/52-1.ts\n#EXTINF:15.0,\n52-2.ts\n"
              "#EXT-X-KEY:METHOD=AES-128,URI=\"https://priv.example.com/key.php?r=53\",IV=0x0A\n\n"
              "#EXTINF:15.0,\n53-1.ts\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:1,\nclear.ts\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->media_sequence, 7794);
    assert_false(m->has_endlist);
    assert_int_equal(m->key_count, 2);
    assert_int_equal(m->segments[0].key, 0);
    assert_int_equal(m->segments[1].key, 0);
    assert_int_equal(m->segments[2].key, 1);
    assert_int_equal(m->segments[3].key, AZ_NO_INDEX);
    assert_int_equal(m->keys[0].method, AZ_KEY_AES_128);
    assert_false(m->keys[0].has_iv);
    assert_span(m->keys[1].uri, "https://priv.example.com/key.php?r=53");
    assert_true(m->keys[1].has_iv);
    assert_int_equal(m->keys[1].iv[15], 10);
    assert_int_equal(m->keys[1].iv[14], 0);
    az_playlist_destroy(&p);
}

static void reads_a_multivariant_playlist_with_renditions(void **state)
{
    (void)state;
    az_playlist *p = parse(
        "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"English\",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="
        "\"en\","
        "URI=\"main/english-audio.m3u8\"\n"
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"a, "
        "b\",DEFAULT=NO,FORCED=YES,LANGUAGE=\"de\",URI=\"s\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000,RESOLUTION=1280x720,FRAME-RATE=29.970,"
        "CODECS=\"avc1.4d401f,mp4a.40.2\",AUDIO=\"aac\",SUBTITLES=\"s\",CLOSED-CAPTIONS=NONE,IVS-NAME="
        "\"720p\"\n"
        "low/video-only.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=65000,CODECS=\"mp4a.40.5\",AUDIO=\"aac\",CLOSED-CAPTIONS=\"cc\"\n"
        "main/english-audio.m3u8\n"
        "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI=\"low/iframe.m3u8\"\n"
        "#EXT-X-SESSION-DATA:DATA-ID=\"com.example.title\",LANGUAGE=\"en\",VALUE=\"An example\"\n"
        "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://1\",KEYFORMAT=\"com.apple.streamingkeydelivery\","
        "KEYFORMATVERSIONS=\"1\"\n"
        "#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steering\"\n#EXT-X-START:TIME-OFFSET=-12.5,PRECISE=YES\n");
    assert_int_equal(p->kind, AZ_PLAYLIST_MULTIVARIANT);
    assert_int_equal(p->diagnostic_count_all, 0);
    const az_multivariant *m = &p->u.multivariant;
    assert_int_equal(m->variant_count, 2);
    assert_int_equal(m->variants[0].bandwidth, 1280000);
    assert_int_equal(m->variants[0].average_bandwidth, 1000000);
    assert_int_equal(m->variants[0].width, 1280);
    assert_int_equal(m->variants[0].height, 720);
    assert_true(m->variants[0].frame_rate > 29.969 && m->variants[0].frame_rate < 29.971);
    assert_span(m->variants[0].codecs, "avc1.4d401f,mp4a.40.2");
    assert_span(m->variants[0].uri, "low/video-only.m3u8");
    assert_span(m->variants[0].closed_captions, "");
    assert_span(m->variants[0].name, "720p");
    assert_span(m->variants[1].closed_captions, "cc");
    assert_int_equal(m->variants[1].width, 0);
    assert_span(m->i_frame_variants[0].uri, "low/iframe.m3u8");
    assert_int_equal(m->rendition_count, 2);
    assert_span(m->renditions[0].group_id, "aac");
    assert_true(m->renditions[0].is_default);
    assert_true(m->renditions[0].is_autoselect);
    assert_false(m->renditions[0].is_forced);
    assert_span(m->renditions[1].name, "a, b");
    assert_span(m->renditions[1].language, "de");
    assert_true(m->renditions[1].is_forced);
    assert_span(az_attribute_find(&m->session_data[0].attributes, "VALUE")->value, "An example");
    assert_null(az_attribute_find(&m->session_data[0].attributes, "URI"));
    assert_int_equal(m->session_keys[0].method, AZ_KEY_SAMPLE_AES);
    assert_span(m->session_keys[0].key_format_versions, "1");
    assert_true(m->is_independent_segments);
    assert_true(m->has_start);
    assert_int_equal(m->start_offset, -12500 * AIZU_MILLISECOND);
    assert_true(m->start_is_precise);
    assert_span(m->steering_uri, "/steering");
    assert_span(m->steering_pathway, "");
    assert_int_equal(p->tag_count, 0);
    az_playlist_destroy(&p);
}

static void reads_date_ranges_with_all_their_attributes(void **state)
{
    (void)state;
    az_playlist *p = parse(
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n"
        "#EXT-X-DATERANGE:ID=\"splice-6FFFFFF0\",START-DATE=\"2014-03-05T11:15:00Z\",PLANNED-DURATION=59.993,"
        "SCTE35-OUT=0xFC002F0000\n#EXTINF:5,\na.ts\n"
        "#EXT-X-DATERANGE:ID=\"c\",CLASS=\"quiz\",START-DATE=\"2014-03-05T11:16:00Z\",END-ON-NEXT=YES,X-Q="
        "\"1,2\"\n"
        "#EXT-X-DATERANGE:ID=\"e\",START-DATE=\"2014-03-05T11:16:00Z\",END-DATE=\"2014-03-05T11:16:01.5Z\","
        "DURATION=1.5\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->date_range_count, 3);
    assert_span(m->date_ranges[0].id, "splice-6FFFFFF0");
    assert_int_equal(m->date_ranges[0].start, INT64_C(1394018100) * S);
    assert_int_equal(m->date_ranges[0].planned_duration, INT64_C(59993000000));
    assert_int_equal(m->date_ranges[0].duration, AIZU_NO_TIME);
    assert_int_equal(m->date_ranges[0].end, AIZU_NO_TIME);
    assert_span(az_attribute_find(&m->date_ranges[0].attributes, "SCTE35-OUT")->value, "0xFC002F0000");
    assert_true(m->date_ranges[1].end_on_next);
    assert_span(m->date_ranges[1].class_name, "quiz");
    assert_span(az_attribute_find(&m->date_ranges[1].attributes, "X-Q")->value, "1,2");
    assert_int_equal(m->date_ranges[2].end - m->date_ranges[2].start, m->date_ranges[2].duration);
    assert_int_equal(p->diagnostic_count_all, 0);
    az_playlist_destroy(&p);
}

static void reads_a_low_latency_playlist(void **state)
{
    (void)state;
    az_playlist *p =
        parse("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-VERSION:9\n#EXT-X-PART-INF:PART-TARGET=0.33334\n"
              "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,HOLD-BACK=12,CAN-SKIP-UNTIL=24,"
              "CAN-SKIP-DATERANGES=YES\n#EXT-X-MEDIA-SEQUENCE:266\n"
              "#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"a\tb\"\n#EXTINF:4,\nf269.mp4\n"
              "#EXT-X-PART:DURATION=0.33334,URI=\"p0.mp4\",INDEPENDENT=YES\n"
              "#EXT-X-PART:DURATION=0.3,URI=\"f.mp4\",BYTERANGE=\"100@50\"\n"
              "#EXT-X-PART:DURATION=0.3,URI=\"f.mp4\",BYTERANGE=\"20\",GAP=YES\n#EXTINF:1,\nf270.mp4\n"
              "#EXT-X-PART:DURATION=0.2,URI=\"p4.mp4\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p5.mp4\"\n"
              "#EXT-X-RENDITION-REPORT:URI=\"../1M/x.m3u8\",LAST-MSN=273,LAST-PART=2\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->part_target, 333340 * INT64_C(1000));
    assert_true(m->can_block_reload && m->can_skip_date_ranges);
    assert_int_equal(m->part_hold_back, S);
    assert_int_equal(m->hold_back, 12 * S);
    assert_int_equal(m->can_skip_until, 24 * S);
    assert_int_equal(m->skipped_segments, 3);
    assert_span(m->removed_date_ranges, "a\tb");
    assert_int_equal(m->part_count, 4);
    assert_true(m->parts[0].is_independent);
    assert_int_equal(m->parts[1].range.offset, 50);
    assert_int_equal(m->parts[2].range.offset, 150);
    assert_int_equal(m->parts[2].range.size, 20);
    assert_true(m->parts[2].is_gap);
    assert_int_equal(m->part_segments[0], 1);
    assert_int_equal(m->part_segments[3], m->segment_count);
    assert_int_equal(m->hint_count, 1);
    assert_false(m->hints[0].is_map);
    assert_span(m->hints[0].uri, "p5.mp4");
    assert_int_equal(m->hints[0].range_offset, 0);
    assert_int_equal(m->hints[0].range_size, 0);
    assert_int_equal(m->report_count, 1);
    assert_span(m->reports[0].uri, "../1M/x.m3u8");
    assert_int_equal(m->reports[0].last_msn, 273);
    assert_int_equal(m->reports[0].last_part, 2);
    assert_int_equal(p->tag_count, 0);
    az_playlist_destroy(&p);
}

static void reads_what_choosing_and_steering_need(void **state)
{
    (void)state;
    az_playlist *p = parse(
        "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/s?v=1\",PATHWAY-ID=\"CDN-A\"\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\",URI=\"u\",LANGUAGE=\"de\",ASSOC-LANGUAGE=\"de-"
        "AT\","
        "CHANNELS=\"16/JOC\",CHARACTERISTICS=\"public.easy-to-read\",STABLE-RENDITION-ID=\"r1\"\n"
        "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"n\",INSTREAM-ID=\"SERVICE3\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=1,SCORE=2.5,VIDEO-RANGE=PQ,HDCP-LEVEL=TYPE-1,STABLE-VARIANT-ID=\"v1\","
        "PATHWAY-ID=\"CDN-A\",SUPPLEMENTAL-CODECS=\"dvh1.08.07/"
        "db4h\"\nv\n#EXT-X-STREAM-INF:BANDWIDTH=1\nw\n");
    const az_multivariant *m = &p->u.multivariant;
    assert_span(m->steering_uri, "/s?v=1");
    assert_span(m->steering_pathway, "CDN-A");
    assert_true(m->variants[0].score > 2.49 && m->variants[0].score < 2.51);
    assert_span(m->variants[0].video_range, "PQ");
    assert_span(m->variants[0].hdcp_level, "TYPE-1");
    assert_span(m->variants[0].stable_id, "v1");
    assert_span(m->variants[0].pathway_id, "CDN-A");
    assert_span(m->variants[0].supplemental_codecs, "dvh1.08.07/db4h");
    assert_true(m->variants[1].score < 0);
    assert_span(m->variants[1].pathway_id, "");
    assert_span(m->renditions[0].assoc_language, "de-AT");
    assert_span(m->renditions[0].channels, "16/JOC");
    assert_span(m->renditions[0].characteristics, "public.easy-to-read");
    assert_span(m->renditions[0].stable_id, "r1");
    assert_span(m->renditions[1].instream_id, "SERVICE3");
    assert_int_equal(p->diagnostic_count_all, 0);
    az_playlist_destroy(&p);
}

/* bis 4.4.6.2: a client must ignore a variant with a REQ- attribute that it does not know. */
static void variants_that_require_the_unknown_are_ignored(void **state)
{
    (void)state;
    az_playlist *p = parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,REQ-VIDEO-LAYOUT=\"CH-STEREO\"\nstereo\n"
                           "#EXT-X-STREAM-INF:BANDWIDTH=2,REQ-VIDEO-LAYOUT=\"CH-MONO\"\nmono\n"
                           "#EXT-X-STREAM-INF:BANDWIDTH=3,REQ-SMELL=YES\nsmell\n"
                           "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\",REQ-VIDEO-LAYOUT=\"CH-STEREO\"\n"
                           "#EXT-X-STREAM-INF:BANDWIDTH=4\nplain\n");
    const az_multivariant *m = &p->u.multivariant;
    assert_int_equal(m->variant_count, 2);
    assert_span(m->variants[0].uri, "mono");
    assert_span(m->variants[1].uri, "plain");
    assert_int_equal(m->i_frame_variant_count, 0);
    assert_int_equal(p->diagnostic_count_all, 3);
    az_playlist_destroy(&p);
}

/* What stands before parts of a segment whose URI is not listed yet. */
static void the_open_segment_has_what_its_tags_say(void **state)
{
    (void)state;
    az_playlist *p =
        parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-BITRATE:7\n#EXTINF:2,\na\n#EXT-X-DISCONTINUITY\n"
              "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"m\"\n"
              "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00Z\n#EXT-X-PART:DURATION=1,URI=\"p\"\n"
              "#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"m2\",BYTERANGE-START=5,BYTERANGE-LENGTH=6\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->segment_count, 1);
    assert_int_equal(m->segments[0].bitrate, 7);
    assert_int_equal(m->open.flags, AZ_SEGMENT_DISCONTINUITY | AZ_SEGMENT_PDT);
    assert_int_equal(m->open.discontinuities, 1);
    assert_int_equal(m->open.wall, wall("2024-01-01T00:00:00Z"));
    assert_span(m->keys[m->open.key].uri, "k");
    assert_span(m->maps[m->open.map].uri, "m");
    assert_int_equal(m->open.uri.size, 0);
    assert_true(m->hints[0].is_map);
    assert_int_equal(m->hints[0].range_offset, 5);
    assert_int_equal(m->hints[0].range_size, 6);
    az_playlist_destroy(&p);
}

/* The form that is read in one go and each other one that means the same. */
static void parts_mean_the_same_however_they_are_written(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "DURATION=0.5,URI=\"p\",INDEPENDENT=YES",
        "INDEPENDENT=YES,URI=\"p\",DURATION=0.5",
        "URI=\"p\",DURATION=0.50, INDEPENDENT=YES",
        "DURATION=9,DURATION=0.5,URI=\"p\",INDEPENDENT=YES",
        "DURATION=0.5,URI=\"p\",INDEPENDENT=YES,",
        "DURATION=0.5,URI=\"p\",INDEPENDENT=YES,X-NEW=1,GAP=NO",
        "DURATION=0.5,URI=\"p\",INDEPENDENT=NO,INDEPENDENT=YES",
        "DURATION=\"0.5\",URI=p,INDEPENDENT=YES  ",
    };
    for (size_t i = 0; i < AZ_COUNT(forms); i++) {
        char text[256];
        snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART:%s\n", forms[i]);
        az_playlist *p = parse(text);
        const az_part *part = &p->u.media.parts[0];
        assert_int_equal(p->u.media.part_count, 1);
        assert_span(part->uri, "p");
        assert_int_equal(part->duration, S / 2);
        assert_true(part->is_independent);
        assert_false(part->is_gap);
        az_playlist_destroy(&p);
    }
}

/* --- segments ------------------------------------------------------------------------------------- */

static void derives_dates_forwards_and_backwards(void **state)
{
    (void)state;
    az_playlist *p = parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:1.5,\nb\n"
                           "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:10.000Z\n#EXTINF:2,\nc\n#EXTINF:2,\nd\n"
                           "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T01:00:20.500+01:00\n#EXTINF:2,\ne\n");
    const az_segment *s = p->u.media.segments;
    int64_t ten = wall("2024-01-01T00:00:10Z");
    assert_int_equal(s[0].wall, ten - 3500 * AIZU_MILLISECOND);
    assert_int_equal(s[1].wall, ten - 1500 * AIZU_MILLISECOND);
    assert_int_equal(s[2].wall, ten);
    assert_int_equal(s[3].wall, ten + 2 * S);
    assert_int_equal(s[4].wall, ten + 10500 * AIZU_MILLISECOND);
    assert_int_equal(s[1].flags & AZ_SEGMENT_PDT, 0);
    assert_int_equal(s[2].flags & AZ_SEGMENT_PDT, AZ_SEGMENT_PDT);
    assert_int_equal(s[3].flags & AZ_SEGMENT_PDT, 0);
    az_playlist_destroy(&p);
}

static void reads_durations_exactly(void **state)
{
    (void)state;
    az_playlist *p = parse(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:0.1,\na\n#EXTINF:9.123456789,\nb\n"
        "#EXTINF:1.0000000004,\nc\n#EXTINF:1.0000000005,\nd\n#EXTINF:10,\ne\n#EXTINF:0.000000001,\nf\n");
    const az_segment *s = p->u.media.segments;
    assert_int_equal(s[0].duration, 100000000);
    assert_int_equal(s[1].duration, INT64_C(9123456789));
    assert_int_equal(s[2].duration, S);
    assert_int_equal(s[3].duration, S + 1);
    assert_int_equal(s[4].duration, 10 * S);
    assert_int_equal(s[5].duration, 1);
    assert_int_equal(p->diagnostic_count_all, 0);
    az_playlist_destroy(&p);
}

static void continues_byte_ranges(void **state)
{
    (void)state;
    az_playlist *p =
        parse("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-MAP:URI=\"v.mp4\",BYTERANGE=\"720@0\"\n"
              "#EXTINF:10,\n#EXT-X-BYTERANGE:75232@720\nv.mp4\n#EXT-X-BYTERANGE:82112\n#EXTINF:10,\nv.mp4\n"
              "#EXTINF:10,\nw.mp4\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->maps[0].range.size, 720);
    assert_int_equal(m->segments[0].map, 0);
    assert_int_equal(m->segments[0].range_offset, 720);
    assert_int_equal(m->segments[1].range_offset, 75952);
    assert_int_equal(m->segments[1].range_size, 82112);
    assert_int_equal(m->segments[2].range_size, 0);
    assert_int_equal(p->diagnostic_count_all, 0);
    az_playlist_destroy(&p);
}

static void counts_discontinuities_and_marks_gaps(void **state)
{
    (void)state;
    az_playlist *p =
        parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-DISCONTINUITY-SEQUENCE:7\n"
              "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\na\n"
              "#EXTINF:2,\nb\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:2,\nc\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->discontinuity_sequence, 7);
    assert_int_equal(m->type, AZ_PLAYLIST_TYPE_EVENT);
    assert_true(m->is_i_frames_only);
    assert_int_equal(m->segments[0].discontinuities, 1);
    assert_int_equal(m->segments[0].flags, AZ_SEGMENT_DISCONTINUITY);
    assert_int_equal(m->segments[1].discontinuities, 1);
    assert_int_equal(m->segments[1].flags, 0);
    assert_int_equal(m->segments[2].discontinuities, 2);
    assert_int_equal(m->segments[2].flags, AZ_SEGMENT_DISCONTINUITY | AZ_SEGMENT_GAP);
    az_playlist_destroy(&p);
}

static void keeps_keys_of_several_formats_side_by_side(void **state)
{
    (void)state;
    az_playlist *p = parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
                           "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://1\",KEYFORMAT=\"fairplay\"\n"
                           "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k1\"\n#EXT-X-MAP:URI=\"i\"\n#EXTINF:2,\na\n"
                           "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k1\",KEYFORMAT=\"identity\"\n#EXTINF:2,\nb\n"
                           "#EXT-X-KEY:METHOD=NONE\n#EXT-X-MAP:URI=\"i\"\n#EXTINF:2,\nc\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->segments[0].key, 0);
    assert_span(m->keys[0].uri, "k1");
    assert_int_equal(m->keys[0].alternatives, 1);
    assert_span(m->keys[1].uri, "skd://1");
    assert_int_equal(m->keys[1].alternatives, 0);
    assert_int_equal(m->segments[2].key, AZ_NO_INDEX);
    assert_int_equal(m->map_count, 2);
    assert_int_equal(m->maps[0].key, 0);
    assert_int_equal(m->maps[1].key, AZ_NO_INDEX);
    assert_int_equal(m->segments[2].map, 1);
    az_playlist_destroy(&p);
}

static void a_key_repeated_before_each_segment_stays_one(void **state)
{
    (void)state;
    az_playlist *p = parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"
                           "#EXT-X-MAP:URI=\"i\"\n#EXTINF:2,\na\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"
                           "#EXT-X-MAP:URI=\"i\"\n#EXTINF:2,\nb\n");
    assert_int_equal(p->u.media.key_count, 1);
    assert_int_equal(p->u.media.map_count, 1);
    assert_int_equal(p->u.media.segments[1].key, 0);
    az_playlist_destroy(&p);
}

static void prefetch_segments_come_last(void **state)
{
    (void)state;
    az_playlist *p = parse(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-TWITCH-INFO:NODE=\"x\"\n"
        "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.000Z\n#EXTINF:2.000,live\na.ts\n"
        "#EXT-X-PREFETCH:https://h/b.ts\n#EXT-X-PREFETCH-DISCONTINUITY\n#EXT-X-PREFETCH:https://h/c.ts\n");
    const az_media_playlist *m = &p->u.media;
    assert_int_equal(m->segment_count, 3);
    assert_span(title(p, &m->segments[0]), "live");
    assert_int_equal(m->segments[1].flags, AZ_SEGMENT_PREFETCH);
    assert_span(m->segments[1].uri, "https://h/b.ts");
    assert_int_equal(m->segments[1].duration, 0);
    assert_int_equal(m->segments[1].wall, wall("2024-01-01T00:00:02Z"));
    assert_int_equal(m->segments[2].flags, AZ_SEGMENT_PREFETCH | AZ_SEGMENT_DISCONTINUITY);
    assert_int_equal(m->segments[2].discontinuities, 1);
    assert_int_equal(m->segments[2].wall, AIZU_NO_TIME);
    assert_int_equal(p->diagnostic_count_all, 0);
    assert_span(p->tags[0].name, "EXT-X-TWITCH-INFO");
    assert_span(p->tags[0].value, "NODE=\"x\"");
    az_playlist_destroy(&p);
}

static void long_lists_keep_every_segment(void **state)
{
    (void)state;
    const size_t count = 5000;
    char *text = malloc(count * 40 + 100);
    size_t size = (size_t)sprintf(text, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
    for (size_t i = 0; i < count; i++) /* lines that get longer, so that every guess is wrong */
        size += (size_t)sprintf(text + size, "#EXTINF:1,%s\n%zu\n", i % 1000 < 500 ? "" : "a title", i);
    az_playlist *p = parse_bytes(az_span_make(text, size));
    assert_int_equal(p->u.media.segment_count, count);
    for (size_t i = 0; i < count; i++) {
        char uri[32];
        snprintf(uri, sizeof(uri), "%zu", i);
        assert_span(p->u.media.segments[i].uri, uri);
    }
    assert_true(az_playlist_bytes(p) - size < count * 100);
    az_playlist_destroy(&p);
    free(text);
}

/* --- text ----------------------------------------------------------------------------------------- */

static void line_ends_and_missing_last_line_end_do_not_matter(void **state)
{
    (void)state;
    az_playlist *p =
        parse("#EXTM3U\r\n\r\n# comment\r\n#EXT-X-TARGETDURATION:2\r\n#EXTINF:2,t\r\na.ts\r\n#EXTINF:1\nb");
    assert_int_equal(p->u.media.segment_count, 2);
    assert_span(p->u.media.segments[0].uri, "a.ts");
    assert_span(title(p, &p->u.media.segments[0]), "t");
    assert_span(p->u.media.segments[1].uri, "b");
    assert_int_equal(p->tag_count, 0);
    az_playlist_destroy(&p);
}

static void a_slice_is_shared_not_copied(void **state)
{
    (void)state;
    az_slice slice;
    az_playlist *p;
    assert_true(az_slice_copy(&slice, az_span_str("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n")));
    const uint8_t *data = slice.data;
    assert_int_equal(az_playlist_parse_slice(&p, slice, NULL), AIZU_OK);
    az_slice_unref(&slice);
    assert_ptr_equal(p->text.data, data);
    assert_span(p->u.media.segments[0].uri, "a.ts");
    az_playlist_destroy(&p);
}

/* --- leniencies ----------------------------------------------------------------------------------- */

#define HEAD    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
#define SEGMENT "#EXTINF:2,\na.ts\n"

typedef struct lenient_case {
    const char *text;
    uint32_t line;
    const char *note; /* a part of the diagnostic */
} lenient_case;

static const lenient_case LENIENT[] = {
    {"\xef\xbb\xbf" HEAD SEGMENT, 1, "byte order mark"},
    {"\n# c\n" HEAD SEGMENT, 3, "before #EXTM3U"},
    {"#EXT-X-TARGETDURATION:2\n" SEGMENT, 1, "does not begin with #EXTM3U"},
    {"#EXTM3U x=\"y\"\n#EXT-X-TARGETDURATION:2\n" SEGMENT, 1, "after #EXTM3U"},
    {HEAD "#EXTM3U\n" SEGMENT, 3, "more than once"},
    {"#EXTM3U\n" SEGMENT, 0, "no EXT-X-TARGETDURATION"},
    {"#EXTM3U\n#EXT-X-TARGETDURATION:2.5\n" SEGMENT, 2, "fraction"},
    {"#EXTM3U\n#EXT-X-TARGETDURATION:x\n" SEGMENT, 2, "cannot be read"},
    {HEAD "#EXT-X-TARGETDURATION:2\n" SEGMENT, 3, "more than once"},
    {HEAD "#EXT-X-MEDIA-SEQUENCE:-1\n" SEGMENT, 3, "not a decimal integer"},
    {HEAD SEGMENT "#EXT-X-MEDIA-SEQUENCE:1\n", 5, "after the first segment"},
    {HEAD SEGMENT "#EXT-X-DISCONTINUITY-SEQUENCE:1\n", 5, "after the first segment"},
    {HEAD "#EXT-X-VERSION:3\n#EXT-X-VERSION:4\n" SEGMENT, 4, "more than once"},
    {HEAD "#EXT-X-VERSION:three\n" SEGMENT, 3, "not a decimal integer"},
    {HEAD "#EXT-X-PLAYLIST-TYPE:LIVE\n" SEGMENT, 3, "neither EVENT nor VOD"},
    {HEAD "#EXT-X-START:TIME-OFFSET=x\n" SEGMENT, 3, "TIME-OFFSET"},
    {HEAD "#EXTINF:2\na.ts\n", 3, "without the comma"},
    {HEAD "#EXTINF\na.ts\n", 3, "the target duration is taken"}, /* found by fuzzing: no colon */
    {HEAD "#EXTINF: 2,\na.ts\n", 3, "white space before"},
    {HEAD "#EXTINF:2;x\na.ts\n", 3, "after the duration"},
    {HEAD "#EXTINF:abc,\na.ts\n", 3, "the target duration is taken"},
    {HEAD "#EXTINF:-1,\na.ts\n", 3, "the target duration is taken"},
    {HEAD "a.ts\n", 3, "without EXTINF"},
    {HEAD "#EXTINF:2,\n" SEGMENT, 4, "earlier one is dropped"},
    {HEAD SEGMENT "#EXTINF:2,\n", 5, "without a URI"},
    {HEAD "#EXTINF:2.6,\na.ts\n", 4, "longer than the target"},
    {HEAD "  " SEGMENT, 3, "begin of the line"},
    {HEAD "#EXTINF:2,\na.ts  \n", 4, "end of the line"},
    {HEAD "#EXTINF:2,\na\x01.ts\n", 4, "control character"},
    {HEAD "#EXTINF:2,\xff\na.ts\n", 3, "not UTF-8"},
    {HEAD "#EXT-X-PROGRAM-DATE-TIME:yesterday\n" SEGMENT, 3, "cannot be read"},
    {HEAD "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00\n" SEGMENT, 3, "unusual form"},
    {HEAD "#EXT-X-BYTERANGE:10\n" SEGMENT, 5, "read from 0"},
    {HEAD "#EXT-X-BYTERANGE:x\n" SEGMENT, 3, "becomes a gap"},
    {HEAD "#EXT-X-BYTERANGE:5@9\n" SEGMENT SEGMENT "#EXT-X-BYTERANGE:5\n" SEGMENT, 10,
     "without one to continue"},
    {HEAD "#EXT-X-BYTERANGE:0@9\n" SEGMENT, 5, "empty or too far"},
    {HEAD "#EXT-X-BYTERANGE:5@9\n" SEGMENT "#EXT-X-BYTERANGE:5\n#EXTINF:1,\nb\n", 8, "another resource"},
    {HEAD "#EXT-X-KEY:URI=\"k\"\n" SEGMENT, 3, "AES-128"},
    {HEAD "#EXT-X-KEY:METHOD=ROT13,URI=\"k\"\n" SEGMENT, 3, "unknown key method"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128\n" SEGMENT, 3, "without URI"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=12\n" SEGMENT, 3, "IV is not"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x12\n" SEGMENT, 3, "fewer than 32"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,URI=k\n" SEGMENT, 3, "without the quotes"},
    {HEAD "#EXT-X-KEY:METHOD=\"AES-128\",URI=\"k\"\n" SEGMENT, 3, "in quotes"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128, URI=\"k\"\n" SEGMENT, 3, "around an attribute name"},
    {HEAD "#EXT-X-KEY:METHOD= AES-128,URI=\"k\"\n" SEGMENT, 3, "around an attribute value"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"k\n" SEGMENT, 3, "closing quote"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"x\n" SEGMENT, 3, "between the closing quote"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",\n" SEGMENT, 3, "comma at the end"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,foo,URI=\"k\"\n" SEGMENT, 3, "without '='"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,foo=1,URI=\"k\"\n" SEGMENT, 3, "A-Z"},
    {HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"j\",URI=\"k\"\n" SEGMENT, 3, "repeated"},
    {HEAD "#EXT-X-KEY\n" SEGMENT, 3, "without its attribute list"},
    {HEAD "#EXT-X-MAP:X=1\n" SEGMENT, 3, "without URI"},
    {HEAD "#EXT-X-MAP:URI=\"m\",BYTERANGE=\"x\"\n" SEGMENT, 3, "cannot be read"},
    {HEAD "#EXT-X-DATERANGE:START-DATE=\"2024-01-01T00:00:00Z\"\n" SEGMENT, 3, "without ID"},
    {HEAD "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"x\"\n" SEGMENT, 3, "not a date-time"},
    {HEAD "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2024-01-01T00:00:00Z\",DURATION=-1\n" SEGMENT, 3,
     "seconds"},
    {HEAD "#EXT-X-PREFETCH:b.ts\n" SEGMENT, 5, "after EXT-X-PREFETCH"},
    {HEAD "#EXT-X-PREFETCH:\n" SEGMENT, 3, "without URI"},
    {HEAD "#EXT-X-PART:DURATION=1\n" SEGMENT, 3, "without URI"},
    {HEAD "#EXT-X-PART:URI=\"p\"\n" SEGMENT, 3, "without DURATION"},
    {HEAD SEGMENT "#EXT-X-PRELOAD-HINT:TYPE=PART\n", 5, "without URI"},
    {HEAD SEGMENT "#EXT-X-PRELOAD-HINT:TYPE=SOUND,URI=\"x\"\n", 5, "unknown TYPE"},
    {HEAD SEGMENT "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\",BYTERANGE-LENGTH=0\n", 5, "whole resource"},
    {HEAD SEGMENT "#EXT-X-RENDITION-REPORT:URI=\"x\"\n", 5, "LAST-MSN"},
    {HEAD "#EXT-X-BITRATE:fast\n" SEGMENT, 3, "not a decimal integer"},
    {HEAD "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n" SEGMENT, 4, "more than once"},
    {"#EXTM3U\n#EXT-X-CONTENT-STEERING:PATHWAY-ID=\"a\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", 2,
     "SERVER-URI"},
    {HEAD "#EXT-X-SESSION-DATA:DATA-ID=\"x\"\n" SEGMENT, 3, "multivariant playlist in a media"},
    {"#EXTM3U\n#EXT-X-STREAM-INF:AUDIO=\"a\"\nv\n", 2, "without BANDWIDTH"},
    {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1.5\nv\n", 2, "not a decimal integer"},
    {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=720p\nv\n", 2, "RESOLUTION"},
    {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", 3,
     "earlier one is dropped"},
    {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", 4, "at the end"},
    {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\nw\n", 4, "without EXT-X-STREAM-INF"},
    {"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", 2, "media playlist in a multi"},
    {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n", 4, "without URI"},
    {"#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\",DEFAULT=TRUE\n", 2, "neither YES nor NO"},
    {"#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO\n", 2, "without TYPE, GROUP-ID or NAME"},
};

static void each_leniency_is_reported_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(LENIENT); i++) {
        const lenient_case *c = &LENIENT[i];
        az_playlist *p = parse(c->text);
        bool is_found = false;
        for (size_t j = 0; j < p->diagnostic_count; j++) {
            const az_diagnostic *d = &p->diagnostics[j];
            is_found = is_found || (d->line == c->line && strstr(d->text, c->note));
        }
        if (!is_found) {
            for (size_t j = 0; j < p->diagnostic_count; j++)
                print_message("line %u: %s\n", p->diagnostics[j].line, p->diagnostics[j].text);
            fail_msg("no '%s' at line %u of:\n%s", c->note, c->line, c->text);
        }
        az_playlist_destroy(&p);
    }
}

static void what_is_lenient_still_gives_the_meaning(void **state)
{
    (void)state;
    az_playlist *p = parse("#EXTM3U\n#EXTINF:3.4,\na\n#EXTINF:abc,\nb\n");
    assert_int_equal(p->u.media.target_duration, 3 * S);
    az_playlist_destroy(&p);
    p = parse(HEAD "#EXTINF:abc,\na\nb\n#EXT-X-BYTERANGE:x\n#EXTINF:1,\nc\n");
    assert_int_equal(p->u.media.segments[0].duration, 2 * S);
    assert_int_equal(p->u.media.segments[1].duration, 2 * S);
    assert_int_equal(p->u.media.segments[2].flags, AZ_SEGMENT_GAP);
    az_playlist_destroy(&p);
    p = parse(HEAD "#EXT-X-KEY:URI=\"j\",METHOD=AES-128 , URI=\"k,IV=0x01\n" SEGMENT);
    assert_span(p->u.media.keys[0].uri, "k");
    assert_true(p->u.media.keys[0].has_iv);
    az_playlist_destroy(&p);
    p = parse(HEAD "#EXTINF:2,\n#EXT-X-FOO\n#EXTBAR:x:y\na.ts\n");
    assert_int_equal(p->tag_count, 2);
    assert_span(p->tags[0].name, "EXT-X-FOO");
    assert_int_equal(p->tags[0].value.size, 0);
    assert_int_equal(p->tags[0].line, 4);
    assert_span(p->tags[1].value, "x:y");
    assert_int_equal(p->diagnostic_count_all, 0);
    az_playlist_destroy(&p);
}

/* --- errors and limits ---------------------------------------------------------------------------- */

typedef struct error_case {
    const char *text;
    uint32_t line;
    const char *message;
} error_case;

static void errors_name_their_line(void **state)
{
    (void)state;
    static const error_case cases[] = {
        {"", 0, "empty"},
        {"\n\n", 2, "empty"},
        {"<html>\n", 1, "#EXTM3U is missing"},
        {"\n\n404 not found", 3, "#EXTM3U is missing"},
        {"#EXTM3U8\n", 1, ""},
        {"#EXTM3U\n", 1, "neither"},
        {"#EXTM3U\n#EXT-X-VERSION:3\n", 2, "neither"},
        {HEAD SEGMENT "#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", 6, "variant in a media playlist"},
        {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n" SEGMENT, 5, "segment in a multivariant"},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_playlist *p = (az_playlist *)1;
        az_playlist_error error;
        assert_int_equal(az_playlist_parse(&p, az_span_str(cases[i].text), &error), AIZU_E_PLAYLIST);
        assert_null(p);
        if (error.line != cases[i].line || !strstr(error.text, cases[i].message))
            fail_msg("line %u: %s; expected line %u: %s", error.line, error.text, cases[i].line,
                     cases[i].message);
        assert_int_equal(az_playlist_parse(&p, az_span_str(cases[i].text), NULL), AIZU_E_PLAYLIST);
    }
}

static aizu_result parse_repeated(const char *head, const char *item, size_t count, az_playlist_error *error)
{
    size_t head_size = strlen(head), item_size = strlen(item);
    char *text = malloc(head_size + count * item_size + 1);
    assert_non_null(text);
    memcpy(text, head, head_size);
    for (size_t i = 0; i < count; i++)
        memcpy(text + head_size + i * item_size, item, item_size);
    az_playlist *p;
    aizu_result result = az_playlist_parse(&p, az_span_make(text, head_size + count * item_size), error);
    az_playlist_destroy(&p);
    free(text);
    return result;
}

static void limits_are_kept_and_named(void **state)
{
    (void)state;
    az_playlist_error e;
    const char *stream = "#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n";
    assert_int_equal(parse_repeated(HEAD, "a\n", AZ_PLAYLIST_SEGMENTS_MAX, &e), AIZU_OK);
    assert_int_equal(parse_repeated(HEAD, "a\n", AZ_PLAYLIST_SEGMENTS_MAX + 1, &e), AIZU_E_LIMIT);
    assert_int_equal(e.line, AZ_PLAYLIST_SEGMENTS_MAX + 3);
    assert_int_equal(parse_repeated("#EXTM3U\n", stream, AZ_PLAYLIST_VARIANTS_MAX, &e), AIZU_OK);
    assert_int_equal(parse_repeated("#EXTM3U\n", stream, AZ_PLAYLIST_VARIANTS_MAX + 1, &e), AIZU_E_LIMIT);
    assert_int_equal(parse_repeated(HEAD, "#EXT\n", AZ_PLAYLIST_ENTRIES_MAX + 1, &e), AIZU_E_LIMIT);
    assert_int_equal(parse_repeated(HEAD "#EXT-X-KEY:", "A=1,", AZ_PLAYLIST_ATTRIBUTES_MAX, &e), AIZU_OK);
    assert_int_equal(parse_repeated(HEAD "#EXT-X-KEY:", "A=1,", AZ_PLAYLIST_ATTRIBUTES_MAX + 1, &e),
                     AIZU_E_LIMIT);
    assert_int_equal(e.line, 3);
    assert_int_equal(parse_repeated(HEAD, "x", AZ_PLAYLIST_LINE_SIZE_MAX, &e), AIZU_OK);
    assert_int_equal(parse_repeated(HEAD, "x", AZ_PLAYLIST_LINE_SIZE_MAX + 1, &e), AIZU_E_LIMIT);
    assert_int_equal(e.line, 3);
    assert_int_equal(parse_repeated(HEAD, "\n", AZ_PLAYLIST_SIZE_MAX, &e), AIZU_E_LIMIT);
}

static void keeps_some_diagnostics_and_counts_all(void **state)
{
    (void)state;
    char text[8192] = HEAD;
    for (int i = 0; i < 100; i++)
        strcat(text, "#EXTINF:9,\na\n");
    az_playlist *p = parse(text);
    assert_int_equal(p->diagnostic_count, AZ_PLAYLIST_DIAGNOSTICS_MAX);
    assert_int_equal(p->diagnostic_count_all, 100);
    az_playlist_destroy(&p);
}

static void destroying_nothing_is_allowed(void **state)
{
    (void)state;
    az_playlist *p = NULL;
    az_playlist_destroy(&p);
    az_playlist_destroy(NULL);
}

/* --- numbers at their ends ------------------------------------------------------------------------ */

static void numbers_out_of_range_are_noted_not_wrapped(void **state)
{
    (void)state;
    az_playlist *p =
        parse(HEAD "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n#EXTINF:99999999999999999999,\na\n"
                   "#EXT-X-BYTERANGE:9223372036854775807@1\n#EXTINF:1,\nb\n");
    assert_int_equal(p->u.media.media_sequence, UINT64_MAX);
    assert_int_equal(p->u.media.segments[0].duration, 2 * S);
    assert_int_equal(p->u.media.segments[1].flags, AZ_SEGMENT_GAP);
    assert_int_equal(p->diagnostic_count_all, 2);
    az_playlist_destroy(&p);
    p = parse(HEAD "#EXT-X-MEDIA-SEQUENCE:18446744073709551616\n" SEGMENT);
    assert_int_equal(p->u.media.media_sequence, 0);
    assert_int_equal(p->diagnostic_count_all, 1);
    az_playlist_destroy(&p);
    p = parse(HEAD "#EXT-X-BYTERANGE:9223372036854775000@0\n" SEGMENT "#EXT-X-BYTERANGE:900\n" SEGMENT);
    assert_int_equal(p->u.media.segments[1].flags, AZ_SEGMENT_GAP);
    az_playlist_destroy(&p);
}

typedef struct date_case {
    const char *text;
    int64_t ms; /* INT64_MIN: refused */
} date_case;

static void reads_date_times_in_many_forms(void **state)
{
    (void)state;
    static const date_case cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2010-02-19T14:54:23.031+08:00", INT64_C(1266562463031)},
        {"2010-02-19T14:54:23.031+0800", INT64_C(1266562463031)},
        {"2010-02-19T14:54:23.031+08", INT64_C(1266562463031)},
        {"2010-02-19T06:54:23.031Z", INT64_C(1266562463031)},
        {"2010-02-19t06:54:23.031z", INT64_C(1266562463031)},
        {"2010-02-19 06:54:23,031", INT64_C(1266562463031)},
        {"2010-02-18T22:54:23.031-08:00", INT64_C(1266562463031)},
        {"2010-02-19T06:54Z", INT64_C(1266562440000)},
        {"2010-02-19", INT64_C(1266537600000)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
        {"2023-12-31T24:00:00Z", INT64_C(1704067200000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
        {"1969-12-31T23:59:59.5Z", -500},
        {"1900-03-01T00:00:00Z", INT64_C(-2203891200000)},
        {"2100-02-29T00:00:00Z", INT64_MIN},
        {"2010-13-01T00:00:00Z", INT64_MIN},
        {"2010-00-01T00:00:00Z", INT64_MIN},
        {"2010-02-19T25:00:00Z", INT64_MIN},
        {"2010-02-19T24:00:01Z", INT64_MIN},
        {"2010-02-19T06:60:00Z", INT64_MIN},
        {"2010-02-19T06:54:23.Z", INT64_MIN},
        {"2010-02-19T06:54:23.031ZZ", INT64_MIN},
        {"2010-02-19T06:54:23+8", INT64_MIN},
        {"2010-02-19T", INT64_MIN},
        {"2010-2-19T06:54:23Z", INT64_MIN},
        {"9999-01-01T00:00:00Z", INT64_MIN}, /* past the end of int64_t nanoseconds */
        {"", INT64_MIN},
        {"now", INT64_MIN},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        int64_t got = -1;
        bool is_read = az_date_time_parse(az_span_str(cases[i].text), &got);
        if (is_read != (cases[i].ms != INT64_MIN) || (is_read && got != cases[i].ms * AIZU_MILLISECOND))
            fail_msg("%s: %d %lld", cases[i].text, is_read, (long long)got);
    }
    assert_int_equal(wall("2024-01-01T00:00:00.123456789Z") % S, 123456789);
    assert_int_equal(wall("2024-01-01T00:00:00.1234567899Z") % S, 123456789);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_simple_media_playlist),
        cmocka_unit_test(reads_an_encrypted_live_playlist),
        cmocka_unit_test(reads_a_multivariant_playlist_with_renditions),
        cmocka_unit_test(reads_date_ranges_with_all_their_attributes),
        cmocka_unit_test(reads_a_low_latency_playlist),
        cmocka_unit_test(reads_what_choosing_and_steering_need),
        cmocka_unit_test(variants_that_require_the_unknown_are_ignored),
        cmocka_unit_test(the_open_segment_has_what_its_tags_say),
        cmocka_unit_test(parts_mean_the_same_however_they_are_written),
        cmocka_unit_test(derives_dates_forwards_and_backwards),
        cmocka_unit_test(reads_durations_exactly),
        cmocka_unit_test(continues_byte_ranges),
        cmocka_unit_test(counts_discontinuities_and_marks_gaps),
        cmocka_unit_test(keeps_keys_of_several_formats_side_by_side),
        cmocka_unit_test(a_key_repeated_before_each_segment_stays_one),
        cmocka_unit_test(prefetch_segments_come_last),
        cmocka_unit_test(long_lists_keep_every_segment),
        cmocka_unit_test(line_ends_and_missing_last_line_end_do_not_matter),
        cmocka_unit_test(a_slice_is_shared_not_copied),
        cmocka_unit_test(each_leniency_is_reported_with_its_line),
        cmocka_unit_test(what_is_lenient_still_gives_the_meaning),
        cmocka_unit_test(errors_name_their_line),
        cmocka_unit_test(limits_are_kept_and_named),
        cmocka_unit_test(keeps_some_diagnostics_and_counts_all),
        cmocka_unit_test(destroying_nothing_is_allowed),
        cmocka_unit_test(numbers_out_of_range_are_noted_not_wrapped),
        cmocka_unit_test(reads_date_times_in_many_forms),
    };
    return cmocka_run_group_tests_name("playlist", tests, NULL, NULL);
}
