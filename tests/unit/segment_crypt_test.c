/*
 * AES-128 of whole segments: what openssl encrypted comes back, however the bytes are cut, and what is no
 * such thing is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "demux/segment_crypt.h"
#include "hex.h"
#include "host/ffmpeg/cipher.h"

#define SIZE_MAX_HERE 128

/* "openssl enc -aes-128-cbc" of the first `size` of the bytes 3, 10, 17, ... */
static const struct {
    size_t size;
    const char *cipher;
} vectors[] = {
    {0, "c84af0b613435d5d9182801a9bd9320b"},
    {1, "120670e9d142292550e51267f1fca68c"},
    {15, "5423281508b6c0a4654ab8d0d005cd87"},
    {16, "0fa02a8340a0687ca4413328a063ed24a876931ec46e29d83efd7a03d34c73a5"},
    {17, "0fa02a8340a0687ca4413328a063ed24e93a2a7a7773fae5f8460332905722d0"},
    {31, "0fa02a8340a0687ca4413328a063ed24cad356ded55a7e6717ce28d54799aac9"},
    {32, "0fa02a8340a0687ca4413328a063ed248ae61fb0dfdb689e3ef022124fd852c8"
         "8ef688746de194f1bebdb6d1d540ed23"},
    {33, "0fa02a8340a0687ca4413328a063ed248ae61fb0dfdb689e3ef022124fd852c8"
         "8ad65a30376aea476002b0c535051c52"},
    {100, "0fa02a8340a0687ca4413328a063ed248ae61fb0dfdb689e3ef022124fd852c8"
          "7fcae9ca1c7c5df09bb0d9ecfc0b65bbc4d62b7ab79526abd0a1105124527c6e"
          "0b8393db169037395ca0df99369b9a923be0e2d0cc0bba49f10027f059f79ff3"
          "61ebedeed2d5e8987ddb4a475bb4d873"},
};

typedef struct clear {
    uint8_t data[SIZE_MAX_HERE];
    size_t size;
    aizu_result result; /* of the end */
} clear;

static void take(clear *c, az_slice *piece)
{
    assert_true(c->size + piece->size <= sizeof(c->data));
    if (piece->size)
        memcpy(c->data + c->size, piece->data, piece->size);
    c->size += piece->size;
    az_slice_unref(piece);
}

static az_segment_cipher *create(const char *key_text)
{
    uint8_t key[16], iv[16];
    hex_bytes(key, key_text);
    hex_bytes(iv, "000102030405060708090a0b0c0d0e0f");
    az_segment_cipher *cipher = az_segment_cipher_create(az_ffmpeg_cipher(), key, iv);
    assert_non_null(cipher);
    return cipher;
}

#define KEY "2b7e151628aed2a6abf7158809cf4f3c"

/* In two pieces, the first of `cut` bytes, or with cut 0 byte by byte. */
static void decrypt(clear *c, const char *key, az_span bytes, size_t cut)
{
    az_segment_cipher *cipher = create(key);
    az_slice piece;
    c->size = 0;
    for (size_t pos = 0; pos < bytes.size;) {
        size_t count = cut == 0 ? 1 : pos == 0 ? cut : bytes.size - pos;
        assert_int_equal(az_segment_cipher_feed(cipher, az_span_sub(bytes, pos, count), &piece), AIZU_OK);
        take(c, &piece);
        pos += count;
    }
    assert_int_equal(az_segment_cipher_feed(cipher, az_span_make(NULL, 0), &piece), AIZU_OK);
    assert_int_equal(piece.size, 0);
    c->result = az_segment_cipher_finish(cipher, &piece);
    take(c, &piece);
    az_segment_cipher_destroy(&cipher);
    assert_null(cipher);
}

static void what_openssl_encrypted_comes_back_whatever_the_split(void **state)
{
    (void)state;
    uint8_t cipher[SIZE_MAX_HERE], plain[SIZE_MAX_HERE];
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * 7 + 3);
    for (size_t i = 0; i < AZ_COUNT(vectors); i++) {
        size_t size = hex_bytes(cipher, vectors[i].cipher);
        for (size_t cut = 0; cut <= size; cut++) {
            clear c;
            decrypt(&c, KEY, az_span_make(cipher, size), cut);
            assert_int_equal(c.result, AIZU_OK);
            assert_int_equal(c.size, vectors[i].size);
            assert_memory_equal(c.data, plain, c.size);
        }
    }
}

static void a_segment_cut_short_is_told_wherever_it_ends(void **state)
{
    (void)state;
    uint8_t cipher[SIZE_MAX_HERE];
    size_t size = hex_bytes(cipher, vectors[AZ_COUNT(vectors) - 1].cipher);
    for (size_t end = 0; end < size; end++) {
        clear c;
        decrypt(&c, KEY, az_span_make(cipher, end), 5);
        assert_int_equal(c.result, AIZU_E_MEDIA);
        assert_true(c.size <= end);
    }
}

static void a_wrong_key_shows_in_the_padding(void **state)
{
    (void)state;
    uint8_t cipher[SIZE_MAX_HERE];
    size_t size = hex_bytes(cipher, vectors[AZ_COUNT(vectors) - 1].cipher);
    clear c;
    decrypt(&c, "00000000000000000000000000000000", az_span_make(cipher, size), 20);
    assert_int_equal(c.result, AIZU_E_MEDIA);
}

static void padding_has_to_be_what_pkcs7_says(void **state)
{
    (void)state;
    /* plain blocks that end in 00, in 11 (17), and in 02 behind 01; by openssl without padding */
    static const char *const blocks[] = {"50fe67cc996d32b6da0937e99bafec60",
                                         "fae352d2b582c260c7858f461df3ec16",
                                         "243962a031805a30157f28d41a5373b8"};
    for (size_t i = 0; i < AZ_COUNT(blocks); i++) {
        uint8_t cipher[16];
        clear c;
        decrypt(&c, KEY, az_span_make(cipher, hex_bytes(cipher, blocks[i])), 3);
        assert_int_equal(c.result, AIZU_E_MEDIA);
        assert_int_equal(c.size, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_openssl_encrypted_comes_back_whatever_the_split),
        cmocka_unit_test(a_segment_cut_short_is_told_wherever_it_ends),
        cmocka_unit_test(a_wrong_key_shows_in_the_padding),
        cmocka_unit_test(padding_has_to_be_what_pkcs7_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
