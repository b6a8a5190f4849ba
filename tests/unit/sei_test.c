/*
 * az_sei_scan() of cue/captions.h: caption triplets and unregistered user data out of access units made to
 * measure, behind start codes and lengths, whole and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "cue/captions.h"

#define BYTES_MAX 262144

/* What was given out. */
typedef struct seen {
    unsigned triplet_calls, unregistered_calls;
    uint8_t triplets[1024];
    size_t triplets_size;
    uint8_t *unregistered;
    size_t unregistered_size;
} seen;

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

static seen found;

static void on_triplets(void *user, az_span triplets)
{
    (void)user;
    found.triplet_calls++;
    assert_true(triplets.size > 0 && triplets.size % 3 == 0);
    assert_true(found.triplets_size + triplets.size <= sizeof(found.triplets));
    memcpy(found.triplets + found.triplets_size, triplets.data, triplets.size);
    found.triplets_size += triplets.size;
}

static void on_unregistered(void *user, az_span payload)
{
    (void)user;
    found.unregistered_calls++;
    assert_true(payload.size >= 16);
    free(found.unregistered);
    found.unregistered = malloc(payload.size);
    memcpy(found.unregistered, payload.data, payload.size);
    found.unregistered_size = payload.size;
}

static const az_sei_sink sink = {.triplets = on_triplets, .unregistered = on_unregistered};

static void scan(az_span unit, bool is_h265, unsigned length_size)
{
    free(found.unregistered);
    found = (seen){0};
    uint8_t *exact = malloc(unit.size ? unit.size : 1); /* a read past the end is seen by the sanitizer */
    if (unit.size)
        memcpy(exact, unit.data, unit.size);
    az_sei_scan(az_span_make(exact, unit.size), is_h265, length_size, &sink);
    free(exact);
}

/* ---- a writer ---- */

static int setup(void **state)
{
    bytes *b = calloc(1, sizeof(*b));
    b->data = malloc(BYTES_MAX);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bytes *b = *state;
    free(b->data);
    free(b);
    free(found.unregistered);
    found.unregistered = NULL;
    return 0;
}

static void put(bytes *b, const void *data, size_t size)
{
    assert_true(b->size + size <= BYTES_MAX);
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

#define PUT(b, ...) put(b, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* A message of an SEI RBSP. */
static void message(bytes *b, unsigned type, const uint8_t *payload, size_t size)
{
    for (; type >= 255; type -= 255)
        PUT(b, 255);
    PUT(b, (uint8_t)type);
    size_t left = size;
    for (; left >= 255; left -= 255)
        PUT(b, 255);
    PUT(b, (uint8_t)left);
    put(b, payload, size);
}

static const uint8_t cc_payload[] = {0xB5, 0x00, 0x31, 'G',  'A',  '9',  '4',  0x03, 0xC2,
                                     0xFF, 0xFC, 0x94, 0x2C, 0xFD, 0x80, 0x80, 0xFF};
static const uint8_t cc_triplets[] = {0xFC, 0x94, 0x2C, 0xFD, 0x80, 0x80};

/* A NAL unit with header and RBSP, emulation prevention put in; length_size 0: behind a start code. */
static void nal(bytes *b, unsigned length_size, const uint8_t *header, size_t header_size, const bytes *rbsp)
{
    uint8_t *escaped = malloc(2 * rbsp->size + header_size + 1);
    size_t size = 0, zeros = 0;
    memcpy(escaped, header, header_size);
    size = header_size;
    for (size_t i = 0; i < rbsp->size; i++) {
        if (zeros >= 2 && rbsp->data[i] <= 3) {
            escaped[size++] = 3;
            zeros = 0;
        }
        escaped[size++] = rbsp->data[i];
        zeros = rbsp->data[i] == 0 ? zeros + 1 : 0;
    }
    if (length_size == 0)
        PUT(b, 0, 0, 1);
    for (unsigned i = length_size; i > 0; i--)
        PUT(b, (uint8_t)(i > 4 ? 0 : size >> (8 * (i - 1))));
    put(b, escaped, size);
    free(escaped);
}

static const uint8_t h264_sei[] = {0x06}, h264_slice[] = {0x65}, h264_delimiter[] = {0x09},
                     h264_sps[] = {0x67};
static const uint8_t h265_sei[] = {0x4E, 0x01}, h265_suffix[] = {0x50, 0x01}, h265_slice[] = {0x26, 0x01};

/* An access unit: delimiter, parameter set, this SEI message, a slice. */
static void access_unit(bytes *b, bool is_h265, unsigned length_size, unsigned type, const uint8_t *payload,
                        size_t size)
{
    uint8_t data[131072];
    bytes rbsp = {data, 0};
    if (!is_h265) {
        PUT(&rbsp, 0xF0);
        nal(b, length_size, h264_delimiter, 1, &rbsp);
        rbsp.size = 0;
        PUT(&rbsp, 0x64, 0x00, 0x1E, 0xAC, 0xD9);
        nal(b, length_size, h264_sps, 1, &rbsp);
    }
    rbsp.size = 0;
    message(&rbsp, type, payload, size);
    PUT(&rbsp, 0x80);
    nal(b, length_size, is_h265 ? h265_sei : h264_sei, is_h265 ? 2 : 1, &rbsp);
    rbsp.size = 0;
    for (int i = 0; i < 50; i++)
        PUT(&rbsp, 0x9A, 0x21, 0x6C, 0x42, 0x3F);
    nal(b, length_size, is_h265 ? h265_slice : h264_slice, is_h265 ? 2 : 1, &rbsp);
}

static void expect_captions(void)
{
    assert_int_equal(found.triplet_calls, 1);
    assert_int_equal(found.triplets_size, sizeof(cc_triplets));
    assert_memory_equal(found.triplets, cc_triplets, sizeof(cc_triplets));
}

/* ---- tests ---- */

static void captions_are_found_behind_start_codes_and_lengths_in_both_codecs(void **state)
{
    bytes *b = *state;
    for (unsigned length_size = 0; length_size <= 4; length_size++)
        for (int is_h265 = 0; is_h265 < 2; is_h265++) {
            if (length_size == 1 && is_h265)
                continue; /* the slice is too long for it */
            b->size = 0;
            access_unit(b, is_h265, length_size, 4, cc_payload, sizeof(cc_payload));
            if (length_size == 1) { /* the slice is, too */
                b->size -= 252;
            }
            scan(az_span_make(b->data, b->size), is_h265, length_size);
            expect_captions();
        }
}

static void four_byte_start_codes_and_zeros_behind_units_do_not_matter(void **state)
{
    bytes *b = *state, once = {malloc(4096), 0};
    access_unit(&once, false, 0, 4, cc_payload, sizeof(cc_payload));
    for (size_t i = 0; i < once.size; i++) {
        if (i + 2 < once.size && once.data[i] == 0 && once.data[i + 1] == 0 && once.data[i + 2] == 1)
            PUT(b, 0, 0, 0);
        PUT(b, once.data[i]);
    }
    scan(az_span_make(b->data, b->size), false, 0);
    expect_captions();
    free(once.data);
}

static void several_messages_and_units_are_all_read(void **state)
{
    bytes *b = *state;
    uint8_t data[4096], uuid[20] = "0123456789ABCDEFxyz", zeros[300] = {0};
    bytes rbsp = {data, 0};
    message(&rbsp, 1, (const uint8_t *)"time", 4);
    message(&rbsp, 4, cc_payload, sizeof(cc_payload));
    message(&rbsp, 300, zeros, sizeof(zeros));
    message(&rbsp, 5, uuid, sizeof(uuid));
    message(&rbsp, 4, cc_payload, sizeof(cc_payload));
    PUT(&rbsp, 0x80);
    nal(b, 0, h264_sei, 1, &rbsp);
    nal(b, 0, h264_sei, 1, &rbsp);
    scan(az_span_make(b->data, b->size), false, 0);
    assert_int_equal(found.triplet_calls, 4);
    assert_int_equal(found.unregistered_calls, 2);
    assert_int_equal(found.unregistered_size, sizeof(uuid));
    assert_memory_equal(found.unregistered, uuid, sizeof(uuid));
    az_sei_scan(az_span_make(b->data, b->size), false, 0, &(az_sei_sink){0}); /* nobody listens */
}

static void emulation_prevention_is_removed_wherever_it_stands(void **state)
{
    bytes *b = *state;
    static const uint8_t patterns[][8] = {
        {0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 3, 0, 0, 3, 0, 0}, {0, 0, 1, 0, 0, 2, 0, 0},
        {1, 0, 0, 0, 1, 0, 0, 3}, {3, 3, 0, 0, 3, 3, 0, 0},
    };
    const size_t sizes[] = {16, 17, 100, 255, 256, 510, 1023, 1024, 1025, 5000, 65536, 65552};
    uint8_t *payload = malloc(65552);
    for (size_t p = 0; p < AZ_COUNT(patterns); p++)
        for (size_t s = 0; s < AZ_COUNT(sizes); s++) {
            for (size_t i = 0; i < sizes[s]; i++)
                payload[i] = patterns[p][i % 8];
            b->size = 0;
            access_unit(b, false, 0, 5, payload, sizes[s]);
            scan(az_span_make(b->data, b->size), false, 0);
            assert_int_equal(found.unregistered_calls, 1);
            assert_int_equal(found.unregistered_size, sizes[s]);
            assert_memory_equal(found.unregistered, payload, sizes[s]);
        }
    free(payload);
}

static void a_payload_past_the_limit_is_passed_over(void **state)
{
    bytes *b = *state;
    uint8_t *payload = calloc(1, 65553);
    uint8_t data[131072];
    bytes rbsp = {data, 0};
    message(&rbsp, 5, payload, 65553);
    message(&rbsp, 4, cc_payload, sizeof(cc_payload));
    PUT(&rbsp, 0x80);
    nal(b, 0, h264_sei, 1, &rbsp);
    scan(az_span_make(b->data, b->size), false, 0);
    assert_int_equal(found.unregistered_calls, 0);
    expect_captions();
    free(payload);
}

static void user_data_of_others_is_not_taken_for_captions(void **state)
{
    bytes *b = *state;
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {
        {0, 0xB4}, {0, 0xFF}, {1, 0x01}, {2, 0x30}, {3, 'D'}, {6, '5'}, {7, 0x06}, /* bar data */
        {8, 0x82}, /* process_cc_data_flag is not set */
        {8, 0xC0}, /* no triplets */
    };
    for (size_t i = 0; i < AZ_COUNT(changes); i++) {
        uint8_t payload[sizeof(cc_payload)];
        memcpy(payload, cc_payload, sizeof(payload));
        payload[changes[i].at] = changes[i].value;
        b->size = 0;
        access_unit(b, false, 0, 4, payload, sizeof(payload));
        scan(az_span_make(b->data, b->size), false, 0);
        assert_int_equal(found.triplet_calls, 0);
    }
}

static void captions_as_of_directv_are_found(void **state)
{
    bytes *b = *state;
    const uint8_t payload[] = {0xB5, 0x00, 0x2F, 0x03, 0x09, 0xC2, 0xFF,
                               0xFC, 0x94, 0x2C, 0xFD, 0x80, 0x80, 0xFF};
    access_unit(b, false, 4, 4, payload, sizeof(payload));
    scan(az_span_make(b->data, b->size), false, 4);
    expect_captions();
}

static void a_count_beyond_the_bytes_gives_what_is_there(void **state)
{
    bytes *b = *state;
    uint8_t payload[sizeof(cc_payload)];
    memcpy(payload, cc_payload, sizeof(payload));
    payload[8] = 0xDF; /* 31 */
    access_unit(b, false, 0, 4, payload, sizeof(payload) - 1);
    scan(az_span_make(b->data, b->size), false, 0);
    expect_captions();
}

static void what_stands_behind_a_slice_is_found_where_units_tell_their_length(void **state)
{
    bytes *b = *state;
    uint8_t data[256];
    for (int is_h265 = 0; is_h265 < 2; is_h265++)
        for (unsigned length_size = 0; length_size <= 4; length_size += 4) {
            bytes rbsp = {data, 0};
            b->size = 0;
            PUT(&rbsp, 0x9A, 0x21);
            nal(b, length_size, is_h265 ? h265_slice : h264_slice, is_h265 ? 2 : 1, &rbsp);
            rbsp.size = 0;
            message(&rbsp, 4, cc_payload, sizeof(cc_payload));
            PUT(&rbsp, 0x80);
            nal(b, length_size, is_h265 ? h265_suffix : h264_sei, is_h265 ? 2 : 1, &rbsp);
            scan(az_span_make(b->data, b->size), is_h265, length_size);
            assert_int_equal(found.triplet_calls,
                             length_size == 4); /* else the slice would have to be searched */
        }
}

static void messages_of_other_layers_are_not_read(void **state)
{
    bytes *b = *state;
    uint8_t data[256];
    bytes rbsp = {data, 0};
    message(&rbsp, 4, cc_payload, sizeof(cc_payload));
    PUT(&rbsp, 0x80);
    nal(b, 0, (const uint8_t[]){0x4E, 0x09}, 2, &rbsp);
    scan(az_span_make(b->data, b->size), true, 0);
    assert_int_equal(found.triplet_calls, 0);
}

static void an_access_unit_cut_at_each_byte_gives_all_or_nothing(void **state)
{
    bytes *b = *state;
    for (unsigned length_size = 0; length_size <= 4; length_size += 2) {
        b->size = 0;
        access_unit(b, false, length_size, 4, cc_payload, sizeof(cc_payload));
        unsigned last = 0;
        for (size_t size = 0; size <= b->size; size++) {
            scan(az_span_make(b->data, size), false, length_size);
            assert_true(found.triplet_calls >= last && found.triplet_calls <= 1);
            if (found.triplet_calls)
                expect_captions();
            last = found.triplet_calls;
        }
        assert_int_equal(last, 1);
    }
}

static void any_bytes_are_survived(void **state)
{
    bytes *b = *state;
    az_random r;
    az_random_init(&r, 39);
    for (int step = 0; step < 20000; step++) {
        b->size = 0;
        access_unit(b, false, 0, (unsigned)az_random_range(&r, 4, 5), cc_payload, sizeof(cc_payload));
        for (int i = 0; i < 4; i++)
            b->data[az_random_below(&r, b->size)] = (uint8_t)az_random_below(&r, 256);
        scan(az_span_make(b->data, b->size), step % 2, (unsigned)az_random_below(&r, 6));
        scan(az_span_make(b->data, b->size), false, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(captions_are_found_behind_start_codes_and_lengths_in_both_codecs),
        TEST(four_byte_start_codes_and_zeros_behind_units_do_not_matter),
        TEST(several_messages_and_units_are_all_read),
        TEST(emulation_prevention_is_removed_wherever_it_stands),
        TEST(a_payload_past_the_limit_is_passed_over),
        TEST(user_data_of_others_is_not_taken_for_captions),
        TEST(captions_as_of_directv_are_found),
        TEST(a_count_beyond_the_bytes_gives_what_is_there),
        TEST(what_stands_behind_a_slice_is_found_where_units_tell_their_length),
        TEST(messages_of_other_layers_are_not_read),
        TEST(an_access_unit_cut_at_each_byte_gives_all_or_nothing),
        TEST(any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
