/*
 * AES-128 as libavutil does it behind the core's table of functions, with the vectors of NIST SP 800-38A
 * (F.2.2, F.5.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "host/ffmpeg/cipher.h"

#define KEY "2b7e1516 28aed2a6 abf71588 09cf4f3c"
#define PLAIN                             \
    "6bc1bee2 2e409f96 e93d7e11 7393172a" \
    "ae2d8a57 1e03ac9c 9eb76fac 45af8e51" \
    "30c81c46 a35ce411 e5fbc119 1a0a52ef" \
    "f69f2445 df4f9b17 ad2b417b e66c3710"

typedef struct vector {
    az_cipher_mode mode;
    const char *iv, *cipher, *plain;
} vector;

static const vector cbc = {AZ_CIPHER_CBC, "00010203 04050607 08090a0b 0c0d0e0f",
                           "7649abac 8119b246 cee98e9b 12e9197d 5086cb9b 507219ee 95db113a 917678b2"
                           "73bed6b8 e3c1743b 7116e69e 22229516 3ff1caa1 681fac09 120eca30 7586e1a7",
                           PLAIN};
static const vector ctr = {AZ_CIPHER_CTR, "f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff",
                           "874d6191 b620e326 1bef6864 990db6ce 9806f66b 7970fdff 8617187b b9fffdff"
                           "5ae4df3e dbd5d35e 5b4f0902 0db03eab 1e031dda 2fbe03d1 792170a0 f3009cee",
                           PLAIN};
/* by openssl: the counter passes 128 bits after two blocks */
static const vector ctr_wrap = {AZ_CIPHER_CTR, "ffffffff ffffffff ffffffff fffffffe",
                                "00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"
                                "00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
                                "d1b714b6 fbf5fff1 289aee2a 4c4eeda3 8af28601 42f786f4 09307c1a 3f7eaaac"
                                "7df76b0c 1ab899b3 3e42f047 b91b546f 57127d40 34b1bebf aef466b9 c7726fc6"};

/* Decrypts in pieces of `step` bytes. */
static void check(const vector *v, size_t step, bool is_in_place)
{
    const az_cipher_provider *provider = az_ffmpeg_cipher();
    uint8_t key[16], iv[16], in[64], out[64], plain[64];
    hex_bytes(key, KEY);
    hex_bytes(iv, v->iv);
    assert_int_equal(hex_bytes(in, v->cipher), sizeof(in));
    hex_bytes(plain, v->plain);
    void *context = provider->create(v->mode, key);
    assert_non_null(context);
    provider->restart(context, iv);
    for (size_t pos = 0; pos < sizeof(in); pos += step) {
        size_t size = AZ_MIN(step, sizeof(in) - pos);
        provider->decrypt(context, (is_in_place ? in : out) + pos, in + pos, size);
    }
    assert_memory_equal(is_in_place ? in : out, plain, sizeof(plain));
    provider->destroy(context);
}

static void cbc_gives_the_vectors_of_nist(void **state)
{
    (void)state;
    for (size_t step = 16; step <= 64; step += 16) {
        check(&cbc, step, false);
        check(&cbc, step, true);
    }
}

static void ctr_gives_the_vectors_of_nist_in_any_pieces(void **state)
{
    (void)state;
    for (size_t step = 1; step <= 64; step++) {
        check(&ctr, step, false);
        check(&ctr, step, true);
    }
}

static void the_counter_has_128_bits(void **state)
{
    (void)state;
    check(&ctr_wrap, 64, false);
    check(&ctr_wrap, 5, false);
}

/* More than the key stream that is made at once, with a restart in the middle of a block. */
static void a_restart_begins_anew(void **state)
{
    (void)state;
    const az_cipher_provider *provider = az_ffmpeg_cipher();
    uint8_t key[16], iv[16], zeros[1500] = {0}, first[1500], second[1500];
    hex_bytes(key, KEY);
    hex_bytes(iv, ctr.iv);
    void *context = provider->create(AZ_CIPHER_CTR, key);
    assert_non_null(context);
    provider->restart(context, iv);
    provider->decrypt(context, first, zeros, sizeof(first));
    provider->restart(context, iv);
    provider->decrypt(context, second, zeros, 7);
    assert_memory_equal(first, second, 7);
    provider->restart(context, iv);
    for (size_t pos = 0; pos < sizeof(second); pos += 100)
        provider->decrypt(context, second + pos, zeros, 100);
    assert_memory_equal(first, second, sizeof(first));
    provider->destroy(context);
    provider->destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cbc_gives_the_vectors_of_nist),
        cmocka_unit_test(ctr_gives_the_vectors_of_nist_in_any_pieces),
        cmocka_unit_test(the_counter_has_128_bits),
        cmocka_unit_test(a_restart_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
