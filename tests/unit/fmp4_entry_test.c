/*
 * Sample entries of the fMP4 demuxer: what a track is announced as. Configurations are those of real
 * encoders.
 */
#include "fmp4_fixture.h"

#define SPS_H265 "42010101600000030090000003000003005da005a20050165998a924cab016a020202080000003008000000f04"

/* One track with the entry that a test wrote; what it was announced as. */
static const az_track *announce(fixture *f, const char *handler, void (*entries)(fixture *f))
{
    const trak t = {.id = 1, .timescale = 48000, .handler = handler, .entries = entries};
    ts_bytes_clear(&f->bytes);
    write_moov(f, &t, 1);
    demux(f);
    assert_int_equal(f->seen.track_count, 1);
    return &f->seen.tracks[0];
}

static void avc1(fixture *f)
{
    size_t b = visual_entry(f, "avc3", 1920, 1088);
    hex_box(f, "avcC", AVCC);
    hex_box(f, "pasp", "0000000400000003");
    end(f, b);
}

static void avcc_without_sets(fixture *f)
{
    size_t b = visual_entry(f, "avc1", 640, 360);
    hex_box(f, "avcC", "014d401effe000");
    end(f, b);
}

static void h264_is_what_its_parameter_set_says(void **state)
{
    fixture *f = *state;
    const az_track *t = announce(f, "vide", avc1);
    assert_int_equal(t->media, AZ_MEDIA_VIDEO);
    assert_int_equal(t->codec, AZ_CODEC_H264);
    assert_string_equal(t->codec_string, "avc3.64001f");
    assert_int_equal(t->width, 1080);
    assert_int_equal(t->height, 720);
    assert_int_equal(t->sar_num, 4);
    assert_int_equal(t->sar_den, 3);
    assert_int_equal(t->frame_rate_num, 30000);
    assert_int_equal(t->frame_rate_den, 1001);
    assert_string_equal(f->seen.configs[0], AVCC);
    t = announce(f, "vide", avcc_without_sets);
    assert_string_equal(t->codec_string, "avc1.4d401e");
    assert_int_equal(t->width, 640);
    assert_int_equal(all_troubles(f), 0);
}

static void write_hvcc(fixture *f)
{
    size_t b = box(f, "hvcC");
    hex(f, "0101600000009000000000005df000fcfdf8f800000f01a10001");
    u16(f, (unsigned)strlen(SPS_H265) / 2);
    hex(f, SPS_H265);
    end(f, b);
}

static void hvc1(fixture *f)
{
    size_t b = visual_entry(f, "hev1", 640, 360);
    write_hvcc(f);
    end(f, b);
}

static void dvh1(fixture *f)
{
    size_t b = visual_entry(f, "dvh1", 640, 360);
    write_hvcc(f);
    hex_box(f, "dvcC", "01000a2d0000");
    end(f, b);
}

static void h265_and_dolby_vision_over_it_are_h265(void **state)
{
    fixture *f = *state;
    const az_track *t = announce(f, "vide", hvc1);
    assert_int_equal(t->codec, AZ_CODEC_H265);
    assert_string_equal(t->codec_string, "hev1.1.6.L93.90");
    assert_int_equal(t->width, 720);
    assert_int_equal(t->height, 1280);
    t = announce(f, "vide", dvh1);
    assert_int_equal(t->codec, AZ_CODEC_H265);
    assert_string_equal(t->codec_string, "dvh1.05.05");
    assert_int_equal(all_troubles(f), 0);
}

static void av01(fixture *f)
{
    size_t b = visual_entry(f, "av01", 1280, 720);
    hex_box(f, "av1C", "81050c000a0b0000002d4cffb3dcaf9804");
    end(f, b);
}

static void vp09(fixture *f)
{
    size_t b = visual_entry(f, "vp09", 1280, 720);
    hex_box(f, "vpcC", "01000000021fa20101010000");
    end(f, b);
}

static void av1_and_vp9_have_their_strings(void **state)
{
    fixture *f = *state;
    const az_track *t = announce(f, "vide", av01);
    assert_int_equal(t->codec, AZ_CODEC_AV1);
    assert_string_equal(t->codec_string, "av01.0.05M.08");
    assert_int_equal(t->height, 720);
    assert_string_equal(f->seen.configs[0], "81050c000a0b0000002d4cffb3dcaf9804");
    t = announce(f, "vide", vp09);
    assert_int_equal(t->codec, AZ_CODEC_VP9);
    assert_string_equal(t->codec_string, "vp09.02.31.10");
}

static const char *asc;
static unsigned object_type;

static void mp4a(fixture *f)
{
    size_t size = strlen(asc) / 2;
    size_t b = audio_entry(f, "mp4a", 2, 48000), esds = full_box(f, "esds", 0, 0);
    u8(f, 3);
    u8(f, (unsigned)(3 + 2 + 13 + 2 + size));
    u16(f, 1);
    u8(f, 0);
    u8(f, 4);
    u8(f, (unsigned)(13 + 2 + size));
    u8(f, object_type);
    zeros(f, 12);
    u8(f, 5);
    u8(f, (unsigned)size);
    hex(f, asc);
    end(f, esds);
    end(f, b);
}

static void aac_is_what_its_configuration_says(void **state)
{
    static const struct {
        const char *asc, *string;
        int rate, channels;
    } cases[] = {
        {"1190", "mp4a.40.2", 48000, 2},            /* LC */
        {"1208", "mp4a.40.2", 44100, 1},            /* the entry says 48000 and 2 */
        {"2b118800", "mp4a.40.5", 48000, 2},        /* SBR, hierarchical: 24000 doubled */
        {"eb8a0800", "mp4a.40.29", 44100, 2},       /* PS over one channel */
        {"131056e598", "mp4a.40.5", 48000, 2},      /* SBR, backward compatible */
        {"130856e59d4880", "mp4a.40.29", 48000, 2}, /* PS, likewise */
        {"11b0", "mp4a.40.2", 48000, 6},            /* 5.1 */
        {"11b8", "mp4a.40.2", 48000, 8},            /* 7.1 */
        {"1780bb8008", "mp4a.40.2", 96000, 1},      /* the rate in full */
        {"f9463622cc04", "mp4a.40.42", 48000, 1},   /* USAC */
    };
    fixture *f = *state;
    object_type = 0x40;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        asc = cases[i].asc;
        const az_track *t = announce(f, "soun", mp4a);
        assert_int_equal(t->media, AZ_MEDIA_AUDIO);
        assert_int_equal(t->codec, AZ_CODEC_AAC);
        assert_string_equal(t->codec_string, cases[i].string);
        assert_int_equal(t->sample_rate, cases[i].rate);
        assert_int_equal(t->channels, cases[i].channels);
        assert_string_equal(f->seen.configs[0], cases[i].asc);
    }
    asc = "";
    object_type = 0x6B;
    const az_track *t = announce(f, "soun", mp4a);
    assert_int_equal(t->codec, AZ_CODEC_MP3);
    assert_string_equal(t->codec_string, "mp4a.6B");
}

static const char *audio_type, *audio_box, *audio_config;

static void audio(fixture *f)
{
    size_t b = audio_entry(f, audio_type, 2, 0);
    if (audio_box)
        hex_box(f, audio_box, audio_config);
    end(f, b);
}

static void other_sound_is_what_its_box_says(void **state)
{
    static const struct {
        const char *type, *box, *config;
        az_codec codec;
        const char *string;
        int rate, channels;
        bool has_config;
    } cases[] = {
        {"ac-3", "dac3", "0c3dc0", AZ_CODEC_AC3, "ac-3", 48000, 6, false},
        {"ec-3", "dec3", "1400200f000110", AZ_CODEC_EAC3, "ec-3", 48000, 6, false},
        {"ec-3", "dec3", "1400200f0202", AZ_CODEC_EAC3, "ec-3", 48000, 8, false},
        {"Opus", "dOps", "000201380000bb80000000", AZ_CODEC_OPUS, "opus", 48000, 2, true},
        {"fLaC", "dfLa",
         "000000008000002210001000000000000000177003700000000000000000000000000000000000000000",
         AZ_CODEC_FLAC, "fLaC", 96000, 2, true},
        {"alac", "alac", "00000000000010000018280a0e0200ff000000000000000000015888", AZ_CODEC_ALAC, "alac",
         88200, 2, true},
        {".mp3", NULL, "", AZ_CODEC_MP3, "mp4a.6B", 48000, 2, false},
        {"ac-4", "dac4", "00", AZ_CODEC_UNKNOWN, "ac-4", 48000, 2, false},
    };
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        audio_type = cases[i].type;
        audio_box = cases[i].box;
        audio_config = cases[i].config;
        const az_track *t = announce(f, "soun", audio);
        assert_int_equal(t->codec, cases[i].codec);
        assert_string_equal(t->codec_string, cases[i].string);
        assert_int_equal(t->sample_rate, cases[i].rate);
        assert_int_equal(t->channels, cases[i].channels);
        assert_string_equal(f->seen.configs[0], cases[i].has_config ? cases[i].config : "");
    }
    assert_int_equal(troubles(f, AZ_DEMUX_UNSUPPORTED), 1);
}

static void quicktime(fixture *f)
{
    size_t b = audio_entry(f, "mp4a", 2, 44100);
    f->bytes.data[b + 17] = 1; /* version */
    zeros(f, 16);
    size_t wave = box(f, "wave");
    hex_box(f, "frma", "6d703461");
    hex_box(f, "esds", ESDS);
    end(f, wave);
    end(f, b);
}

static void quicktimes_sound_descriptions_are_read(void **state)
{
    fixture *f = *state;
    const az_track *t = announce(f, "soun", quicktime);
    assert_int_equal(t->codec, AZ_CODEC_AAC);
    assert_int_equal(t->channels, 1);
    assert_int_equal(all_troubles(f), 0);
}

static void stpp(fixture *f)
{
    size_t b = box(f, "stpp");
    zeros(f, 8);
    text(f, "http://www.w3.org/ns/ttml");
    zeros(f, 3);
    end(f, b);
}

static void wvtt(fixture *f)
{
    size_t b = box(f, "wvtt"), config;
    zeros(f, 8);
    config = box(f, "vttC");
    text(f, "WEBVTT");
    end(f, config);
    end(f, b);
}

static void c608(fixture *f)
{
    size_t b = box(f, "c608");
    zeros(f, 8);
    end(f, b);
}

static void subtitles_and_other_tracks_are_told_apart(void **state)
{
    fixture *f = *state;
    const az_track *t = announce(f, "subt", stpp);
    assert_int_equal(t->media, AZ_MEDIA_TEXT);
    assert_int_equal(t->codec, AZ_CODEC_TTML);
    t = announce(f, "text", wvtt);
    assert_int_equal(t->media, AZ_MEDIA_TEXT);
    assert_int_equal(t->codec, AZ_CODEC_WEBVTT);
    t = announce(f, "clcp", c608);
    assert_int_equal(t->media, AZ_MEDIA_OTHER);
    assert_int_equal(t->codec, AZ_CODEC_UNKNOWN);
    assert_string_equal(t->codec_string, "c608");
    assert_int_equal(all_troubles(f), 0);
}

static void write_text_samples(fixture *f, const char *const *samples, size_t count, size_t xml_size)
{
    size_t moof = box(f, "moof"), traf = box(f, "traf"), b;
    entry entries[4] = {{0}};
    for (size_t i = 0; i < count; i++)
        entries[i] = (entry){(uint32_t)strlen(samples[i]), 3000, SYNC, 0};
    write_tfhd(f, TEXT, 48000);
    if (xml_size > 0) {
        b = full_box(f, "subs", 0, 0);
        u32(f, 1);
        u32(f, 1); /* the first sample */
        u16(f, 2);
        u16(f, (unsigned)xml_size);
        zeros(f, 6);
        u16(f, (unsigned)(entries[0].size - xml_size));
        zeros(f, 6);
        end(f, b);
    }
    size_t offset = write_trun(f, entries, count);
    end(f, traf);
    end(f, moof);
    b = box(f, "mdat");
    patch_u32(f, offset, (uint32_t)(f->bytes.size - moof));
    for (size_t i = 0; i < count; i++)
        text(f, samples[i]);
    end(f, b);
}

static void ttml_documents_come_as_text_without_their_pictures(void **state)
{
    static const char *const samples[] = {"<tt>1</tt>PNG...", "<tt>2</tt>"};
    fixture *f = *state;
    const trak t = {.id = TEXT, .timescale = 48000, .handler = "subt", .entries = stpp};
    write_moov(f, &t, 1);
    write_text_samples(f, samples, 2, 10);
    demux(f);
    assert_int_equal(f->seen.sample_count, 0);
    assert_int_equal(f->seen.text_count, 2);
    const az_text_sample *text = f->seen.texts;
    assert_int_equal(text->track, TEXT);
    assert_int_equal(text->codec, AZ_CODEC_TTML);
    assert_int_equal(text->timescale, 48000);
    assert_int_equal(text->counter_bits, 0);
    assert_int_equal(text->begin, 48000);
    assert_int_equal(text->end, 51000);
    assert_int_equal(text->data.size, 10);
    assert_memory_equal(text->data.data, "<tt>1</tt>", 10);
    assert_int_equal(f->seen.texts[1].data.size, 10);
}

static void webvtt_samples_come_as_cues(void **state)
{
    static const char cue[] = "\0\0\0\x14vttc\0\0\0\xcpayl"
                              "Ja? \0\0\0\x8vtte";
    fixture *f = *state;
    const trak t = {.id = TEXT, .timescale = 48000, .handler = "text", .entries = wvtt};
    const entry entries[] = {{20, 500, 0, 0}, {8, 500, 0, 0}, {3, 500, 0, 0}};
    write_moov(f, &t, 1);
    size_t moof = box(f, "moof"), traf = box(f, "traf");
    write_tfhd(f, TEXT, 1000);
    size_t offset = write_trun(f, entries, 3);
    end(f, traf);
    end(f, moof);
    size_t b = box(f, "mdat");
    patch_u32(f, offset, (uint32_t)(f->bytes.size - moof));
    ts_bytes_append(&f->bytes, cue, 28);
    text(f, "???");
    end(f, b);
    demux(f);
    assert_int_equal(f->seen.text_count, 1);
    assert_int_equal(f->seen.texts[0].codec, AZ_CODEC_WEBVTT);
    assert_int_equal(f->seen.texts[0].begin, 1000);
    assert_int_equal(f->seen.texts[0].end, 1500);
    assert_memory_equal(f->seen.texts[0].data.data, "Ja?", 3);
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_TEXT), 1);
}

static void two(fixture *f)
{
    size_t b = visual_entry(f, "avc1", 1080, 720);
    hex_box(f, "avcC", AVCC);
    end(f, b);
    avcc_without_sets(f);
}

static void a_fragment_may_change_the_entry(void **state)
{
    static const entry one[] = {{20, 10, SYNC, 0}};
    fixture *f = *state;
    const trak t = {.id = VIDEO, .timescale = 48000, .handler = "vide", .entries = two, .entry_count = 2};
    write_moov(f, &t, 1);
    write_fragment(f, VIDEO, 0, one, 1, 1);
    size_t moof = box(f, "moof"), traf = box(f, "traf"), b = full_box(f, "tfhd", 0, 0x20002);
    u32(f, VIDEO);
    u32(f, 2);
    end(f, b);
    size_t offset = write_trun(f, one, 1);
    end(f, traf);
    end(f, moof);
    b = box(f, "mdat");
    patch_u32(f, offset, (uint32_t)(f->bytes.size - moof));
    write_data(f, 2, 20);
    end(f, b);
    demux(f);
    assert_int_equal(f->seen.track_count, 2);
    assert_string_equal(f->seen.tracks[0].codec_string, "avc1.64001f");
    assert_string_equal(f->seen.tracks[1].codec_string, "avc1.4d401e");
    assert_int_equal(f->seen.sample_count, 2);
}

static const char *broken_type, *broken_box, *broken_config;

static void broken(fixture *f)
{
    size_t b = broken_type[0] == 'v' ? visual_entry(f, broken_type + 1, 64, 48)
                                     : audio_entry(f, broken_type + 1, 2, 44100);
    if (broken_box)
        hex_box(f, broken_box, broken_config);
    end(f, b);
}

static void broken_configurations_leave_a_track_without(void **state)
{
    static const struct {
        const char *type, *box, *config;
    } cases[] = {
        {"vavc1", "avcC", "0164001fffe1"},
        {"vavc1", NULL, ""},
        {"vhvc1", "hvcC", "01"},
        {"vav01", "av1C", "0102"},
        {"vvp09", "vpcC", "01"},
        {"amp4a", "esds", "000000000310"},
        {"amp4a", NULL, ""},
        {"aac-3", "dac3", "00"},
        {"aec-3", "dec3", "0000"},
        {"aOpus", "dOps", "00"},
        {"afLaC", "dfLa", "0000"},
        {"aalac", "alac", "00"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        broken_type = cases[i].type;
        broken_box = cases[i].box;
        broken_config = cases[i].config;
        (void)announce(f, cases[i].type[0] == 'v' ? "vide" : "soun", broken);
        assert_string_equal(f->seen.configs[0], "");
        assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(h264_is_what_its_parameter_set_says),
        TEST(h265_and_dolby_vision_over_it_are_h265),
        TEST(av1_and_vp9_have_their_strings),
        TEST(aac_is_what_its_configuration_says),
        TEST(other_sound_is_what_its_box_says),
        TEST(quicktimes_sound_descriptions_are_read),
        TEST(subtitles_and_other_tracks_are_told_apart),
        TEST(ttml_documents_come_as_text_without_their_pictures),
        TEST(webvtt_samples_come_as_cues),
        TEST(a_fragment_may_change_the_entry),
        TEST(broken_configurations_leave_a_track_without),
    };
    return cmocka_run_group_tests_name("fmp4_entry", tests, NULL, NULL);
}
