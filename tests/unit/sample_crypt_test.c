/*
 * Decrypting samples: streams that another packager encrypted under every scheme come back as they were
 * (tests/unit/crypt), and the rules that those streams do not reach are held one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "demux/demuxer.h"
#include "demux/sample_crypt.h"
#include "hex.h"
#include "host/ffmpeg/cipher.h"

#define KEY         "2b7e1516 28aed2a6 abf71588 09cf4f3c"
#define IV          "f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff"
#define SAMPLES_MAX 64

static az_sample_cipher *cipher_create(void)
{
    uint8_t key[16];
    hex_bytes(key, KEY);
    az_sample_cipher *cipher = az_sample_cipher_create(az_ffmpeg_cipher(), key);
    assert_non_null(cipher);
    return cipher;
}

/* ---- whole streams ---- */

typedef struct stream {
    az_sample_cipher *cipher;
    az_track track;
    struct {
        az_slice data;
        int64_t pts, dts;
        bool was_encrypted;
    } samples[SAMPLES_MAX];
    size_t count;
} stream;

static void on_track(void *user, const az_track *track)
{
    ((stream *)user)->track = *track;
}

static void on_sample(void *user, const az_sample *sample)
{
    stream *s = user;
    az_sample copy = *sample;
    az_sample_crypt crypt;
    assert_true(s->count < SAMPLES_MAX);
    if (sample->crypt) {
        crypt = *sample->crypt;
        if (crypt.scheme == AZ_CRYPT_SAMPLE_AES) /* as in the playlist */
            hex_bytes(crypt.iv, IV);
        copy.crypt = &crypt;
    }
    s->samples[s->count].pts = sample->pts;
    s->samples[s->count].dts = sample->dts;
    s->samples[s->count].was_encrypted = sample->crypt != NULL;
    assert_int_equal(az_sample_decrypt(s->cipher, &copy, &s->samples[s->count].data), AIZU_OK);
    s->count++;
}

static void load(stream *s, const char *name)
{
    char path[1024];
    static uint8_t bytes[65536];
    snprintf(path, sizeof(path), "%s/%s", CRYPT_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    memset(s, 0, sizeof(*s));
    s->cipher = cipher_create();
    az_demux_sink sink = {.user = s, .track = on_track, .sample = on_sample};
    az_demuxer *demuxer = az_demuxer_create(&sink);
    az_slice slice;
    assert_non_null(demuxer);
    assert_true(az_slice_copy(&slice, az_span_make(bytes, size)));
    assert_int_equal(az_demuxer_feed(demuxer, slice), AIZU_OK);
    assert_int_equal(az_demuxer_finish(demuxer), AIZU_OK);
    az_slice_unref(&slice);
    az_demuxer_destroy(&demuxer);
}

static void unload(stream *s)
{
    for (size_t i = 0; i < s->count; i++)
        az_slice_unref(&s->samples[i].data);
    az_sample_cipher_destroy(&s->cipher);
    assert_null(s->cipher);
}

static void assert_same(const char *encrypted_name, const char *clear_name)
{
    static stream encrypted, clear;
    size_t different = 0;
    load(&encrypted, encrypted_name);
    load(&clear, clear_name);
    assert_true(encrypted.count > 4);
    assert_int_equal(encrypted.count, clear.count);
    assert_true(encrypted.track.is_encrypted);
    assert_false(clear.track.is_encrypted);
    assert_int_equal(encrypted.track.codec, clear.track.codec);
    assert_string_equal(encrypted.track.codec_string, clear.track.codec_string);
    for (size_t i = 0; i < clear.count; i++) {
        assert_true(encrypted.samples[i].pts == clear.samples[i].pts);
        assert_true(encrypted.samples[i].dts == clear.samples[i].dts);
        different += encrypted.samples[i].was_encrypted;
        assert_false(clear.samples[i].was_encrypted);
        assert_int_equal(encrypted.samples[i].data.size, clear.samples[i].data.size);
        assert_memory_equal(encrypted.samples[i].data.data, clear.samples[i].data.data,
                            clear.samples[i].data.size);
    }
    assert_int_equal(different, clear.count);
    unload(&encrypted);
    unload(&clear);
}

static void common_encryption_of_another_packager_comes_back(void **state)
{
    (void)state;
    static const char *const schemes[] = {"cenc", "cens", "cbc1", "cbcs"};
    static const char *const kinds[] = {"video", "audio"};
    for (size_t i = 0; i < AZ_COUNT(schemes); i++) {
        for (size_t j = 0; j < AZ_COUNT(kinds); j++) {
            char encrypted[64], clear[64];
            snprintf(encrypted, sizeof(encrypted), "%s_%s.mp4", kinds[j], schemes[i]);
            snprintf(clear, sizeof(clear), "%s_clear.mp4", kinds[j]);
            assert_same(encrypted, clear);
        }
    }
}

static void sample_aes_in_transport_streams_comes_back(void **state)
{
    (void)state;
    assert_same("video_aes.ts", "video_clear.ts");
    assert_same("aac_aes.ts", "aac_clear.ts");
    assert_same("ac3_aes.ts", "ac3_clear.ts");
    assert_same("ec3_aes.ts", "ec3_clear.ts");
}

static void sample_aes_in_packed_audio_comes_back(void **state)
{
    (void)state;
    assert_same("aac_aes.aac", "aac_clear.aac");
    assert_same("ac3_aes.ac3", "ac3_clear.ac3");
    assert_same("ec3_aes.ec3", "ec3_clear.ec3");
}

/* ---- rules ---- */

typedef struct rig {
    az_sample_cipher *cipher;
    uint8_t in[512], expected[512];
    az_subsample subsamples[8];
    az_sample_crypt crypt;
    az_sample sample;
    az_slice out;
} rig;

static int setup(void **state)
{
    rig *r = calloc(1, sizeof(*r));
    if (!r)
        return -1;
    r->cipher = cipher_create();
    for (size_t i = 0; i < sizeof(r->in); i++)
        r->in[i] = r->expected[i] = (uint8_t)(i * 31 + 7);
    hex_bytes(r->crypt.iv, IV);
    r->crypt.subsamples = r->subsamples;
    r->sample.crypt = &r->crypt;
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig *r = *state;
    az_slice_unref(&r->out);
    az_sample_cipher_destroy(&r->cipher);
    free(r);
    return 0;
}

static aizu_result decrypt(rig *r, size_t size)
{
    az_slice_unref(&r->out);
    assert_true(az_slice_copy(&r->sample.data, az_span_make(r->in, size)));
    aizu_result result = az_sample_decrypt(r->cipher, &r->sample, &r->out);
    az_slice_unref(&r->sample.data);
    return result;
}

static void assert_expected(rig *r, size_t size)
{
    assert_int_equal(decrypt(r, size), AIZU_OK);
    assert_int_equal(r->out.size, size);
    assert_memory_equal(r->out.data, r->expected, size);
}

static void *context_at(az_cipher_mode mode, const uint8_t iv[16])
{
    uint8_t key[16];
    hex_bytes(key, KEY);
    void *context = az_ffmpeg_cipher()->create(mode, key);
    assert_non_null(context);
    az_ffmpeg_cipher()->restart(context, iv);
    return context;
}

/* What is expected of bytes [begin, begin + size). */
static void expect(rig *r, void *context, size_t begin, size_t size)
{
    az_ffmpeg_cipher()->decrypt(context, r->expected + begin, r->in + begin, size);
}

static void end(void *context)
{
    az_ffmpeg_cipher()->destroy(context);
}

static void set_subsamples(rig *r, az_crypt_scheme scheme, size_t count)
{
    static const az_subsample subsamples[] = {{5, 37}, {3, 64}, {0, 20}};
    r->crypt.scheme = scheme;
    memcpy(r->subsamples, subsamples, count * sizeof(subsamples[0]));
    r->crypt.subsample_count = count;
}

static void cenc_counts_on_over_subsamples_in_the_middle_of_blocks(void **state)
{
    rig *r = *state;
    set_subsamples(r, AZ_CRYPT_CENC, 3);
    r->crypt.pattern_encrypted = r->crypt.pattern_clear = 1; /* not of this scheme */
    void *context = context_at(AZ_CIPHER_CTR, r->crypt.iv);
    expect(r, context, 5, 37);
    expect(r, context, 45, 64);
    expect(r, context, 109, 20);
    end(context);
    assert_expected(r, 150); /* behind the subsamples all is clear */
}

static void the_counter_of_cenc_wraps_at_64_bits(void **state)
{
    rig *r = *state;
    r->crypt.scheme = AZ_CRYPT_CENC;
    hex_bytes(r->crypt.iv, "01020304 05060708 ffffffff fffffffe");
    uint8_t wrapped[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    void *context = context_at(AZ_CIPHER_CTR, r->crypt.iv);
    expect(r, context, 0, 32);
    end(context);
    context = context_at(AZ_CIPHER_CTR, wrapped);
    expect(r, context, 32, 68);
    end(context);
    assert_expected(r, 100);
}

static void cens_counts_encrypted_blocks_only(void **state)
{
    rig *r = *state;
    set_subsamples(r, AZ_CRYPT_CENS, 2);
    r->crypt.pattern_encrypted = 1;
    r->crypt.pattern_clear = 2;
    void *context = context_at(AZ_CIPHER_CTR, r->crypt.iv);
    expect(r, context, 5, 16);
    expect(r, context, 45, 16);
    expect(r, context, 45 + 48, 16);
    end(context);
    assert_expected(r, 109);
}

static void cbc1_chains_on_over_subsamples(void **state)
{
    rig *r = *state;
    set_subsamples(r, AZ_CRYPT_CBC1, 2);
    void *context = context_at(AZ_CIPHER_CBC, r->crypt.iv);
    expect(r, context, 5, 32);
    expect(r, context, 45, 64);
    end(context);
    assert_expected(r, 109);
}

static void cbcs_begins_anew_in_each_subsample(void **state)
{
    rig *r = *state;
    set_subsamples(r, AZ_CRYPT_CBCS, 3);
    r->crypt.pattern_encrypted = 2;
    r->crypt.pattern_clear = 1;
    static const size_t begins[] = {5, 45, 109}, firsts[] = {32, 32, 16};
    for (size_t i = 0; i < AZ_COUNT(begins); i++) {
        void *context = context_at(AZ_CIPHER_CBC, r->crypt.iv);
        expect(r, context, begins[i], firsts[i]);
        if (i == 1)
            expect(r, context, begins[i] + 48, 16);
        end(context);
    }
    assert_expected(r, 129);
}

static void without_subsamples_all_whole_blocks_are_encrypted(void **state)
{
    rig *r = *state;
    r->crypt.scheme = AZ_CRYPT_CBCS;
    void *context = context_at(AZ_CIPHER_CBC, r->crypt.iv);
    expect(r, context, 0, 96);
    end(context);
    assert_expected(r, 100);
    r->crypt.pattern_encrypted = 10; /* 10:0 is the same */
    assert_expected(r, 100);
    r->crypt.scheme = AZ_CRYPT_CBC1;
    assert_expected(r, 100);
    r->crypt.scheme = AZ_CRYPT_CENS;
    context = context_at(AZ_CIPHER_CTR, r->crypt.iv);
    expect(r, context, 0, 96);
    end(context);
    assert_expected(r, 100);
}

static void a_pattern_without_encrypted_blocks_encrypts_nothing(void **state)
{
    rig *r = *state;
    r->crypt.scheme = AZ_CRYPT_CBCS;
    r->crypt.pattern_clear = 9;
    assert_expected(r, 400);
}

static void subsamples_past_the_sample_are_refused(void **state)
{
    rig *r = *state;
    static const az_subsample bad[][2] = {
        {{0, 101}, {0, 0}},          {{101, 0}, {0, 0}},
        {{50, 50}, {1, 0}},          {{50, 50}, {UINT32_MAX, UINT32_MAX}},
        {{0, 50}, {UINT32_MAX, 51}},
    };
    r->crypt.scheme = AZ_CRYPT_CENC;
    r->crypt.subsample_count = 2;
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        memcpy(r->subsamples, bad[i], sizeof(bad[i]));
        assert_int_equal(decrypt(r, 100), AIZU_E_MEDIA);
        assert_int_equal(r->out.size, 0);
    }
}

static void a_clear_sample_is_given_on_without_a_copy(void **state)
{
    rig *r = *state;
    az_slice data;
    r->sample.crypt = NULL;
    assert_true(az_slice_copy(&data, az_span_make(r->in, 100)));
    r->sample.data = data;
    assert_int_equal(az_sample_decrypt(r->cipher, &r->sample, &r->out), AIZU_OK);
    assert_ptr_equal(r->out.data, data.data);
    r->sample.crypt = &r->crypt;
    r->crypt.scheme = AZ_CRYPT_SAMPLE_AES;
    r->sample.codec = AZ_CODEC_MP3; /* not encrypted by SAMPLE-AES */
    az_slice_unref(&r->out);
    assert_int_equal(az_sample_decrypt(r->cipher, &r->sample, &r->out), AIZU_OK);
    assert_ptr_equal(r->out.data, data.data);
    az_slice_unref(&data);
}

/* A start code and a NAL unit of `size` bytes at `pos`; where the next may begin. */
static size_t put_nal(rig *r, size_t pos, uint8_t header, size_t size)
{
    memcpy(r->in + pos, "\0\0\1", 3);
    memset(r->in + pos + 3, 0x55, size);
    r->in[pos + 3] = header;
    return pos + 3 + size;
}

static void only_slices_over_48_bytes_are_encrypted(void **state)
{
    rig *r = *state;
    r->crypt.scheme = AZ_CRYPT_SAMPLE_AES;
    r->sample.codec = AZ_CODEC_H264;
    size_t end_of_clear = put_nal(r, 0, 0x67, 100);     /* a parameter set */
    end_of_clear = put_nal(r, end_of_clear, 0x65, 48);  /* a short slice */
    end_of_clear = put_nal(r, end_of_clear, 0x62, 100); /* a data partition */
    r->in[end_of_clear] = 0;                            /* zero_byte */
    size_t size = put_nal(r, end_of_clear + 1, 0x41, 49 + 160);
    memcpy(r->expected, r->in, size);
    void *context = context_at(AZ_CIPHER_CBC, r->crypt.iv);
    size_t slice = end_of_clear + 4;
    expect(r, context, slice + 32, 16);
    expect(r, context, slice + 32 + 160, 16);
    end(context);
    assert_expected(r, size);
    /* one byte fewer, and the second block is not followed by anything: it is clear */
    memcpy(r->expected + slice + 32 + 160, r->in + slice + 32 + 160, 17);
    assert_expected(r, size - 1);
}

static void emulation_prevention_of_the_encryption_comes_off_and_that_of_the_picture_stays(void **state)
{
    rig *r = *state;
    r->crypt.scheme = AZ_CRYPT_SAMPLE_AES;
    r->sample.codec = AZ_CODEC_H264;
    /* the picture has 00 00 03 in its first bytes; a block of ciphertext is all zeros */
    uint8_t encrypted[64] = {0x65, 9, 0, 0, 3, 1};
    memset(encrypted + 6, 0x77, sizeof(encrypted) - 6);
    memset(encrypted + 32, 0, 16);
    size_t size = 0, zeros = 0;
    memcpy(r->in, "\0\0\1", size = 3);
    for (size_t i = 0; i < sizeof(encrypted); i++) { /* ITU-T H.264, 7.4.1.1 */
        if (zeros == 2 && encrypted[i] <= 3) {
            r->in[size++] = 3;
            zeros = 0;
        }
        r->in[size++] = encrypted[i];
        zeros = encrypted[i] ? 0 : zeros + 1;
    }
    assert_int_equal(size, 3 + 64 + 1 + 7);
    memcpy(r->expected, "\0\0\1", 3);
    memcpy(r->expected + 3, encrypted, sizeof(encrypted));
    void *context = context_at(AZ_CIPHER_CBC, r->crypt.iv);
    az_ffmpeg_cipher()->decrypt(context, r->expected + 3 + 32, encrypted + 32, 16);
    end(context);
    assert_int_equal(decrypt(r, size), AIZU_OK);
    assert_int_equal(r->out.size, 3 + sizeof(encrypted));
    assert_memory_equal(r->out.data, r->expected, r->out.size);
}

static void sound_is_clear_in_its_headers_16_bytes_more_and_the_last_part_of_a_block(void **state)
{
    rig *r = *state;
    static const struct {
        const char *header;
        size_t size, leader;
        az_codec codec;
    } cases[] = {
        {"\xFF\xF1\x4C\x80\x0C\x9F\xFC\0", 100, 7 + 16, AZ_CODEC_AAC},
        {"\xFF\xF0\x4C\x80\x0C\x9F\xFC\0", 100, 9 + 16, AZ_CODEC_AAC}, /* with a CRC */
        {"\x0B\x77\0\x31\x34\x80\0\0", 100, 16, AZ_CODEC_EAC3},
    };
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        r->crypt.scheme = AZ_CRYPT_SAMPLE_AES;
        r->sample.codec = cases[i].codec;
        for (size_t pos = 0; pos < 200; pos += 100)
            memcpy(r->in + pos, cases[i].header, 8);
        memcpy(r->expected, r->in, sizeof(r->in));
        for (size_t pos = 0; pos < 200; pos += 100) {
            void *context = context_at(AZ_CIPHER_CBC, r->crypt.iv);
            expect(r, context, pos + cases[i].leader, (cases[i].size - cases[i].leader) / 16 * 16);
            end(context);
        }
        assert_expected(r, 200);
        assert_memory_not_equal(r->in, r->expected, 200);
    }
}

/* Wrong bytes give wrong bytes, never more of them. */
static void any_bytes_are_survived(void **state)
{
    rig *r = *state;
    static const az_codec codecs[] = {AZ_CODEC_H264, AZ_CODEC_AAC, AZ_CODEC_AC3, AZ_CODEC_EAC3};
    az_random random;
    az_random_init(&random, 1);
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)az_random_below(&random, 300);
        for (size_t j = 0; j < size; j++)
            r->in[j] = (uint8_t)(az_random_chance(&random, 600000) ? az_random_below(&random, 4)
                                                                   : az_random_u64(&random));
        if (size > 8 && i % 2)
            memcpy(r->in, i % 4 == 1 ? "\xFF\xF1\x50\x80\x04\x00\xFC" : "\x0B\x77\0\x20\x34\x80", 6);
        r->crypt.scheme = (az_crypt_scheme)(1 + i % 5);
        r->crypt.pattern_encrypted = (uint8_t)az_random_below(&random, 3);
        r->crypt.pattern_clear = (uint8_t)az_random_below(&random, 3);
        r->crypt.subsample_count = (size_t)az_random_below(&random, 4);
        for (size_t j = 0; j < r->crypt.subsample_count; j++)
            r->subsamples[j] = (az_subsample){(uint32_t)az_random_below(&random, 60),
                                              (uint32_t)az_random_below(&random, 60)};
        r->sample.codec = codecs[i % 4];
        aizu_result result = decrypt(r, size);
        assert_true(result == AIZU_OK || (result == AIZU_E_MEDIA && r->crypt.scheme != AZ_CRYPT_SAMPLE_AES));
        assert_true(r->out.size <= size);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_encryption_of_another_packager_comes_back),
        cmocka_unit_test(sample_aes_in_transport_streams_comes_back),
        cmocka_unit_test(sample_aes_in_packed_audio_comes_back),
        TEST(cenc_counts_on_over_subsamples_in_the_middle_of_blocks),
        TEST(the_counter_of_cenc_wraps_at_64_bits),
        TEST(cens_counts_encrypted_blocks_only),
        TEST(cbc1_chains_on_over_subsamples),
        TEST(cbcs_begins_anew_in_each_subsample),
        TEST(without_subsamples_all_whole_blocks_are_encrypted),
        TEST(a_pattern_without_encrypted_blocks_encrypts_nothing),
        TEST(subsamples_past_the_sample_are_refused),
        TEST(a_clear_sample_is_given_on_without_a_copy),
        TEST(only_slices_over_48_bytes_are_encrypted),
        TEST(emulation_prevention_of_the_encryption_comes_off_and_that_of_the_picture_stays),
        TEST(sound_is_clear_in_its_headers_16_bytes_more_and_the_last_part_of_a_block),
        TEST(any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
