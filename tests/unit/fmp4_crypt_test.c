/*
 * Common Encryption in the fMP4 demuxer: which sample goes out with which key, IV and subsamples.
 */
#include "fmp4_fixture.h"

#define KEY_ID "00112233445566778899aabbccddeeff"
#define KEY_2  "ffeeddccbbaa99887766554433221100"
#define IV_16  "0f0e0d0c0b0a09080706050403020100"
#define PIFF   "a2394f525a9b4f14a2446c427c648df4"

static const char *scheme, *tenc, *frma;

static void protected_entry(fixture *f)
{
    bool is_video = frma[0] == 'a';
    size_t b = is_video ? visual_entry(f, "encv", 1080, 720) : audio_entry(f, "enca", 1, 44100);
    hex_box(f, is_video ? "avcC" : "esds", is_video ? AVCC : ESDS);
    size_t sinf = box(f, "sinf"), schm, schi;
    size_t form = box(f, "frma");
    text(f, frma);
    end(f, form);
    schm = full_box(f, "schm", 0, 0);
    text(f, scheme);
    u32(f, 0x10000);
    end(f, schm);
    schi = box(f, "schi");
    if (strcmp(scheme, "piff") == 0)
        hex_box(f, "uuid", tenc);
    else
        hex_box(f, "tenc", tenc);
    end(f, schi);
    end(f, sinf);
    end(f, b);
}

static const char *groups;

static void write_protected_init(fixture *f, const char *with_scheme, const char *with_tenc)
{
    scheme = with_scheme;
    tenc = with_tenc;
    frma = "avc1";
    trak t = {.id = VIDEO, .timescale = 30000, .handler = "vide", .entries = protected_entry};
    t.groups = groups;
    write_moov(f, &t, 1);
}

static const entry three[] = {{40, 10, SYNC, 0}, {50, 10, NOT_SYNC, 0}, {60, 10, NOT_SYNC, 0}};

/* A fragment of three samples; `boxes` stands before the run, `mdat_start` before the first sample. */
typedef struct fragment {
    const char *senc;       /* hex of boxes in traf */
    const char *mdat_start; /* hex */
    bool has_saio;          /* auxiliary information is at the start of mdat */
    unsigned aux_size;
    size_t moof, traf, offset, saio;
} fragment;

static void write_encrypted(fixture *f, fragment *g)
{
    g->moof = box(f, "moof");
    g->traf = box(f, "traf");
    write_tfhd(f, VIDEO, 1000);
    if (g->senc)
        hex(f, g->senc);
    if (g->has_saio) {
        size_t b = full_box(f, "saiz", 0, 0);
        u8(f, g->aux_size);
        u32(f, 3);
        end(f, b);
        b = full_box(f, "saio", 0, 0);
        u32(f, 1);
        g->saio = f->bytes.size;
        u32(f, 0);
        end(f, b);
    }
    g->offset = write_trun(f, three, 3);
    end(f, g->traf);
    end(f, g->moof);
    size_t b = box(f, "mdat");
    if (g->has_saio)
        patch_u32(f, g->saio, (uint32_t)(f->bytes.size - g->moof));
    if (g->mdat_start)
        hex(f, g->mdat_start);
    patch_u32(f, g->offset, (uint32_t)(f->bytes.size - g->moof));
    for (uint8_t i = 0; i < 3; i++)
        write_data(f, i, three[i].size);
    end(f, b);
}

static void assert_bytes(const uint8_t *bytes, const char *digits)
{
    char got[33] = "";
    for (size_t i = 0; i < strlen(digits) / 2; i++)
        snprintf(got + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(got, digits);
}

#define TENC_8 \
    "00000000" \
    "00000108" KEY_ID
#define TENC_16 \
    "00000000"  \
    "00000110" KEY_ID
#define TENC_IV \
    "01000000"  \
    "00190100" KEY_ID "10" IV_16
static void each_sample_has_its_iv_and_subsamples(void **state)
{
    fixture *f = *state;
    fragment g = {.senc = "00000040"
                          "73656e63"
                          "00000002"
                          "00000003"
                          "a1a2a3a4a5a6a7a8"
                          "0002"
                          "00050000000a"
                          "001900000000"
                          "b1b2b3b4b5b6b7b8"
                          "0001"
                          "00050000002d"
                          "c1c2c3c4c5c6c7c8"
                          "0000"};
    write_protected_init(f, "cenc",
                         "00000000"
                         "00190108" KEY_ID); /* version 0 has no pattern */
    write_encrypted(f, &g);
    demux(f);
    assert_int_equal(f->seen.samples[0].crypt.pattern_encrypted, 0);
    assert_true(f->seen.tracks[0].is_encrypted);
    assert_int_equal(f->seen.tracks[0].codec, AZ_CODEC_H264);
    assert_string_equal(f->seen.tracks[0].codec_string, "avc1.64001f");
    assert_int_equal(f->seen.sample_count, 3);
    const seen_sample *s = f->seen.samples;
    assert_true(s[0].is_encrypted);
    assert_int_equal(s[0].crypt.scheme, AZ_CRYPT_CENC);
    assert_bytes(s[0].crypt.key_id, KEY_ID);
    assert_bytes(s[0].crypt.iv, "a1a2a3a4a5a6a7a80000000000000000");
    assert_int_equal(s[0].crypt.subsample_count, 2);
    assert_int_equal(s[0].parts[0].clear, 5);
    assert_int_equal(s[0].parts[0].encrypted, 10);
    assert_int_equal(s[0].parts[1].clear, 25);
    assert_int_equal(s[1].crypt.subsample_count, 1);
    assert_int_equal(s[1].parts[0].encrypted, 45);
    assert_bytes(s[2].crypt.iv, "c1c2c3c4c5c6c7c80000000000000000");
    assert_int_equal(s[2].crypt.subsample_count, 0);
    assert_int_equal(s[0].sample.flags, AZ_SAMPLE_KEY);
    assert_int_equal(all_troubles(f), 0);
}

static void a_constant_iv_goes_with_every_sample(void **state)
{
    fixture *f = *state;
    fragment g = {.senc = "00000022"
                          "73656e63"
                          "00000002"
                          "00000003"
                          "0001"
                          "000500000023"
                          "0001"
                          "000000000032"
                          "0000"};
    write_protected_init(f, "cbcs", TENC_IV);
    write_encrypted(f, &g);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    const seen_sample *s = f->seen.samples;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(s[i].crypt.scheme, AZ_CRYPT_CBCS);
        assert_int_equal(s[i].crypt.pattern_encrypted, 1);
        assert_int_equal(s[i].crypt.pattern_clear, 9);
        assert_bytes(s[i].crypt.iv, IV_16);
    }
    assert_int_equal(s[0].parts[0].encrypted, 35);
    assert_int_equal(s[2].crypt.subsample_count, 0);
    ts_bytes_clear(&f->bytes); /* without auxiliary information: whole samples */
    g.senc = NULL;
    write_protected_init(f, "cbcs", TENC_IV);
    write_encrypted(f, &g);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_true(f->seen.samples[1].is_encrypted && f->seen.samples[1].crypt.subsample_count == 0);
    assert_int_equal(all_troubles(f), 0);
}

static void schemes_are_told_apart(void **state)
{
    static const struct {
        const char *name, *tenc;
        az_crypt_scheme scheme;
    } cases[] = {
        {"cbc1", TENC_16, AZ_CRYPT_CBC1},
        {"cens", TENC_16, AZ_CRYPT_CENS},
        {"cenc", TENC_16, AZ_CRYPT_CENC},
        {"cbcs", TENC_16, AZ_CRYPT_CBCS},
        {"piff",
         "8974dbce7be74c5184f97148f9882554"
         "00000000"
         "00000110" KEY_ID,
         AZ_CRYPT_CENC},
        {"piff",
         "8974dbce7be74c5184f97148f9882554"
         "00000000"
         "00000210" KEY_ID,
         AZ_CRYPT_CBC1},
    };
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        fragment g = {.senc = "00000040"
                              "73656e63"
                              "00000000"
                              "00000003" IV_16 IV_16 IV_16};
        ts_bytes_clear(&f->bytes);
        write_protected_init(f, cases[i].name, cases[i].tenc);
        write_encrypted(f, &g);
        demux(f);
        assert_int_equal(f->seen.sample_count, 3);
        assert_int_equal(f->seen.samples[2].crypt.scheme, cases[i].scheme);
        assert_bytes(f->seen.samples[2].crypt.iv, IV_16);
        assert_bytes(f->seen.samples[2].crypt.key_id, KEY_ID);
    }
}

/* The first sample clear, then two with another key than the track's. */
static void sample_groups_change_the_key_and_clear_samples(void **state)
{
    fixture *f = *state;
    fragment g = {.senc = "0000004b"
                          "73677064"
                          "01000000"
                          "73656967"
                          "00000000"
                          "00000002"
                          "00000014"
                          "00000000"
                          "00000000000000000000000000000000"
                          "00000017"
                          "00000108" KEY_2 "000000"
                          "00000024"
                          "73626770"
                          "00000000"
                          "73656967"
                          "00000002"
                          "00000001"
                          "00010001"
                          "00000002"
                          "00010002"
                          "00000020"
                          "73656e63"
                          "00000000"
                          "00000003"
                          "b1b2b3b4b5b6b7b8"
                          "c1c2c3c4c5c6c7c8"};
    write_protected_init(f, "cenc", TENC_16);
    write_encrypted(f, &g);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    const seen_sample *s = f->seen.samples;
    assert_false(s[0].is_encrypted);
    assert_true(s[1].is_encrypted && s[2].is_encrypted);
    assert_bytes(s[1].crypt.key_id, KEY_2);
    assert_bytes(s[1].crypt.iv, "b1b2b3b4b5b6b7b80000000000000000");
    assert_bytes(s[2].crypt.iv, "c1c2c3c4c5c6c7c80000000000000000");
    assert_int_equal(all_troubles(f), 0);
}

static void sample_groups_of_the_track_count_from_one(void **state)
{
    fixture *f = *state;
    fragment g = {.senc = "0000001c"
                          "73626770"
                          "00000000"
                          "73656967"
                          "00000001"
                          "00000002"
                          "00000001"
                          "00000030"
                          "73656e63"
                          "00000000"
                          "00000003"
                          "b1b2b3b4b5b6b7b8"
                          "c1c2c3c4c5c6c7c8" IV_16};
    groups = "0000002c"
             "73677064"
             "01000000"
             "73656967"
             "00000014"
             "00000001"
             "00000108" KEY_2;
    write_protected_init(f, "cenc", TENC_16);
    groups = NULL;
    write_encrypted(f, &g);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_bytes(f->seen.samples[1].crypt.key_id, KEY_2);
    assert_bytes(f->seen.samples[1].crypt.iv, "c1c2c3c4c5c6c7c80000000000000000");
    assert_bytes(f->seen.samples[2].crypt.key_id, KEY_ID); /* of no group */
    assert_bytes(f->seen.samples[2].crypt.iv, IV_16);
}

static void auxiliary_information_may_stand_in_mdat(void **state)
{
    fixture *f = *state;
    fragment g = {.has_saio = true,
                  .aux_size = 16,
                  .mdat_start = "a1a2a3a4a5a6a7a8"
                                "0001"
                                "000500000023"
                                "b1b2b3b4b5b6b7b8"
                                "0001"
                                "000500000020"
                                "c1c2c3c4c5c6c7c8"
                                "0001"
                                "000500000021"};
    write_protected_init(f, "cenc", TENC_8);
    write_encrypted(f, &g);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    const seen_sample *s = f->seen.samples;
    assert_bytes(s[0].crypt.iv, "a1a2a3a4a5a6a7a80000000000000000");
    assert_int_equal(s[2].parts[0].encrypted, 33);
    assert_true(is_data(f, 2, 2));
    assert_int_equal(all_troubles(f), 0);
}

static void piffs_box_is_read_as_senc(void **state)
{
    fixture *f = *state;
    fragment g = {.senc = "0000004c"
                          "75756964" PIFF "00000001"
                          "000001"
                          "08" KEY_2 "00000003"
                          "a1a2a3a4a5a6a7a8"
                          "b1b2b3b4b5b6b7b8"
                          "c1c2c3c4c5c6c7c8"};
    write_protected_init(f, "cenc", TENC_16);
    write_encrypted(f, &g);
    demux(f);
    assert_int_equal(f->seen.sample_count, 3);
    assert_bytes(f->seen.samples[0].crypt.key_id, KEY_2);
    assert_bytes(f->seen.samples[2].crypt.iv, "c1c2c3c4c5c6c7c80000000000000000");
}

static void samples_whose_encryption_is_not_known_do_not_go_out(void **state)
{
    static const char *const boxes[] = {
        NULL, /* no IVs at all */
        "00000020"
        "73656e63"
        "00000000"
        "00000003" IV_16, /* for one only */
        "00000024"
        "73656e63"
        "00000002"
        "00000003" IV_16 "ffff"
        "0000", /* subsamples past the end */
        "0000001c"
        "73626770"
        "00000000"
        "73656967"
        "00000001"
        "00000003"
        "00010009", /* a group that is not there */
    };
    static const size_t counts[] = {0, 1, 0, 0};
    fixture *f = *state;
    for (size_t i = 0; i < AZ_COUNT(boxes); i++) {
        fragment g = {.senc = boxes[i]};
        ts_bytes_clear(&f->bytes);
        write_protected_init(f, "cenc", TENC_16);
        write_encrypted(f, &g);
        demux(f);
        assert_int_equal(f->seen.sample_count, counts[i]);
        assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 3 - counts[i]);
    }
    fragment g = {.senc = NULL};
    ts_bytes_clear(&f->bytes);
    write_protected_init(f, "adkm", TENC_16); /* a scheme that nobody here knows */
    write_encrypted(f, &g);
    demux(f);
    assert_true(f->seen.tracks[0].is_encrypted);
    assert_int_equal(f->seen.sample_count, 0);
    assert_int_equal(troubles(f, AZ_DEMUX_SCRAMBLED), 3);
}

static void after_samples_that_were_missed_no_iv_is_sure(void **state)
{
    fixture *f = *state;
    write_protected_init(f, "cenc", TENC_16);
    size_t moof = box(f, "moof"), traf = box(f, "traf"), offsets[2];
    write_tfhd(f, VIDEO, 1000);
    hex(f, "00000030"
           "73656e63"
           "00000000"
           "00000002" IV_16 IV_16);
    for (int i = 0; i < 2; i++)
        offsets[i] = write_trun(f, three, 1);
    end(f, traf);
    end(f, moof);
    size_t b = box(f, "free");
    patch_u32(f, offsets[0], (uint32_t)(f->bytes.size - moof));
    write_data(f, 1, 40);
    end(f, b);
    b = box(f, "mdat");
    patch_u32(f, offsets[1], (uint32_t)(f->bytes.size - moof));
    write_data(f, 2, 40);
    end(f, b);
    write_encrypted(f, &(fragment){.senc = "00000040"
                                           "73656e63"
                                           "00000000"
                                           "00000003" IV_16 IV_16 IV_16});
    demux(f);
    assert_int_equal(f->seen.sample_count, 3); /* of the next fragment */
    assert_int_equal(troubles(f, AZ_DEMUX_BAD_BOX), 2);
}

static void encrypted_sound_keeps_its_configuration(void **state)
{
    fixture *f = *state;
    scheme = "cbcs";
    tenc = TENC_IV;
    frma = "mp4a";
    const trak t = {.id = AUDIO, .timescale = 44100, .handler = "soun", .entries = protected_entry};
    write_moov(f, &t, 1);
    demux(f);
    assert_int_equal(f->seen.tracks[0].codec, AZ_CODEC_AAC);
    assert_true(f->seen.tracks[0].is_encrypted);
    assert_string_equal(f->seen.configs[0], "1208"
                                            "56e500");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_sample_has_its_iv_and_subsamples),
        TEST(a_constant_iv_goes_with_every_sample),
        TEST(schemes_are_told_apart),
        TEST(sample_groups_change_the_key_and_clear_samples),
        TEST(sample_groups_of_the_track_count_from_one),
        TEST(auxiliary_information_may_stand_in_mdat),
        TEST(piffs_box_is_read_as_senc),
        TEST(samples_whose_encryption_is_not_known_do_not_go_out),
        TEST(after_samples_that_were_missed_no_iv_is_sure),
        TEST(encrypted_sound_keeps_its_configuration),
    };
    return cmocka_run_group_tests_name("fmp4_crypt", tests, NULL, NULL);
}
