/*
 * The engine opens segments: keys (RFC 8216, 4.3.2.4 and 5.2) that are fetched, asked for, inline or refused,
 * initialisation sections (4.3.2.5), byte ranges, and samples that nobody has a key for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine_rig.h"

#define S     AIZU_SECOND
#define MS    AIZU_MILLISECOND
#define BLOCK 16

static const rig_entry *must(const rig_entry *entry)
{
    assert_non_null(entry);
    return entry;
}

/* ---- a cipher that anybody can undo: chained blocks, xor with key and IV ---- */

typedef struct cipher {
    uint8_t key[BLOCK], iv[BLOCK], before[BLOCK];
} cipher;

static void *cipher_create(az_cipher_mode mode, const uint8_t key[16])
{
    (void)mode;
    cipher *c = calloc(1, sizeof(*c));
    if (c)
        memcpy(c->key, key, BLOCK);
    return c;
}

static void cipher_restart(void *context, const uint8_t iv[16])
{
    cipher *c = context;
    memcpy(c->iv, iv, BLOCK);
    memset(c->before, 0, BLOCK);
}

static void cipher_decrypt(void *context, uint8_t *out, const uint8_t *in, size_t size)
{
    cipher *c = context;
    for (size_t i = 0; i < size; i++) {
        uint8_t secret = in[i];
        out[i] = (uint8_t)(secret ^ c->key[i % BLOCK] ^ c->iv[i % BLOCK] ^ c->before[i % BLOCK]);
        c->before[i % BLOCK] = secret;
    }
}

static const az_cipher_provider provider = {cipher_create, free, cipher_restart, cipher_decrypt};

static void key_of(uint8_t key[16], int number)
{
    for (int i = 0; i < BLOCK; i++)
        key[i] = (uint8_t)(17 * i + 31 * number + 5);
}

static rig_resource *put_key(rig *r, const char *name, int number)
{
    uint8_t key[BLOCK];
    key_of(key, number);
    return rig_put(r, name, key, sizeof(key));
}

/* Encrypts a resource with a key, as a whole and padded; the IV ends in `iv`. */
static void encrypt(rig *r, const char *name, int number, uint64_t iv)
{
    const rig_resource *clear = rig_find(r, name);
    uint8_t key[BLOCK], vector[BLOCK] = {0}, before[BLOCK] = {0};
    ts_bytes secret = {0};
    key_of(key, number);
    for (int i = 0; i < 8; i++)
        vector[15 - i] = (uint8_t)(iv >> (8 * i));
    size_t padding = BLOCK - clear->body.size % BLOCK;
    for (size_t i = 0; i < clear->body.size + padding; i++) {
        unsigned byte = i < clear->body.size ? clear->body.data[i] : (unsigned)padding;
        byte ^= key[i % BLOCK] ^ vector[i % BLOCK] ^ before[i % BLOCK];
        before[i % BLOCK] = (uint8_t)byte;
        ts_bytes_u8(&secret, byte);
    }
    rig_put(r, name, secret.data, secret.size);
    ts_bytes_free(&secret);
}

static rig *rig_with_cipher(void)
{
    rig *r = rig_create();
    r->config.cipher = &provider;
    r->chunk = 1000; /* not a multiple of a block */
    return r;
}

typedef struct list_text {
    char text[8192];
    size_t size;
} list_text;

static void add(list_text *t, const char *format, ...) AZ_PRINTF(2, 3);

static void add(list_text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    t->size += (size_t)vsnprintf(t->text + t->size, sizeof(t->text) - t->size, format, arguments);
    va_end(arguments);
    assert_true(t->size < sizeof(t->text));
}

static void add_head(list_text *t)
{
    add(t, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n");
}

#define SEQUENCE 7 /* of the first segment */

/* Ten segments v0.ts ... encrypted with key 0; the last five with key 1, if there is one. */
static void put_encrypted(rig *r, const char *key0, const char *key1)
{
    list_text t = {0};
    rig_put_vod(r, "v", 10, NULL, 0);
    add_head(&t);
    for (int i = 0; i < 10; i++) {
        char name[32];
        bool is_second = key1 && i >= 5;
        snprintf(name, sizeof(name), "v%d.ts", i);
        encrypt(r, name, is_second ? 1 : 0, SEQUENCE + (uint64_t)i);
        if (i == 0 || (key1 && i == 5))
            add(&t, "#EXT-X-KEY:METHOD=AES-128,URI=\"%s\"\n", is_second ? key1 : key0);
        add(&t, "#EXTINF:2,\n%s\n", name);
    }
    add(&t, "#EXT-X-ENDLIST\n");
    rig_text(r, "v.m3u8", t.text);
}

static void play(rig *r, const char *name, int64_t duration)
{
    rig_start(r);
    rig_load(r, name);
    rig_play(r);
    rig_run(r, duration);
}

static void assert_played(const rig *r, size_t frames)
{
    assert_int_equal(rig_errors(r, false), 0);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), frames);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
}

/* ---- keys that are fetched ---- */

static void a_key_is_fetched_once_for_all_its_segments(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", NULL);
    put_key(r, "k0", 0);
    play(r, "v.m3u8", 30 * S);
    assert_played(r, 500);
    assert_int_equal(rig_fetches(r, "k0"), 1);
    assert_true(rig_fetch_of(r, "k0", 0) < rig_fetch_of(r, "v0.ts", 0));
    rig_destroy(r);
}

static void another_key_is_fetched_when_the_keys_rotate(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", "k1");
    put_key(r, "k0", 0);
    put_key(r, "k1", 1);
    play(r, "v.m3u8", 30 * S);
    assert_played(r, 500);
    assert_int_equal(rig_fetches(r, "k0"), 1);
    assert_int_equal(rig_fetches(r, "k1"), 1);
    rig_seek(r, S); /* both are still known */
    rig_run(r, 30 * S);
    assert_int_equal(rig_fetches(r, "k0"), 1);
    assert_int_equal(rig_fetches(r, "k1"), 1);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 500 + 475);
    rig_destroy(r);
}

static void an_iv_of_its_own_counts(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    rig_put_vod(r, "v", 2, NULL, 0);
    encrypt(r, "v0.ts", 0, 0xABCDEF0123456789);
    encrypt(r, "v1.ts", 0, 0xABCDEF0123456789);
    put_key(r, "k0", 0);
    rig_text(r, "v.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
             "#EXT-X-KEY:METHOD=AES-128,URI=\"k0\",IV=0x0000000000000000ABCDEF0123456789\n"
             "#EXTINF:2,\nv0.ts\n#EXTINF:2,\nv1.ts\n#EXT-X-ENDLIST\n");
    play(r, "v.m3u8", 10 * S);
    assert_played(r, 100);
    rig_destroy(r);
}

static void clear_segments_may_follow_encrypted_ones(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    rig_put_vod(r, "v", 2, NULL, 0);
    encrypt(r, "v0.ts", 0, 0);
    put_key(r, "k0", 0);
    rig_text(r, "v.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"k0\"\n#EXTINF:2,\nv0.ts\n"
             "#EXT-X-KEY:METHOD=NONE\n#EXTINF:2,\nv1.ts\n#EXT-X-ENDLIST\n");
    play(r, "v.m3u8", 10 * S);
    assert_played(r, 100);
    rig_destroy(r);
}

static void a_transfer_that_broke_off_is_decrypted_from_its_beginning_again(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", NULL);
    put_key(r, "k0", 0);
    rig_resource *segment = rig_find(r, "v1.ts");
    segment->failures = 1;
    segment->result = AIZU_E_TRANSFER; /* after all of its bytes */
    play(r, "v.m3u8", 30 * S);
    assert_int_equal(rig_fetches(r, "v1.ts"), 2);
    assert_played(r, 500);
    rig_destroy(r);
}

static void a_key_server_that_stumbles_is_asked_again(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", NULL);
    rig_resource *key = put_key(r, "k0", 0);
    key->failures = 2;
    key->status = 503;
    key->result = AIZU_E_HTTP;
    play(r, "v.m3u8", 40 * S);
    assert_int_equal(rig_fetches(r, "k0"), 3);
    assert_played(r, 500);
    rig_destroy(r);
}

static void refused_key(int status, aizu_result result)
{
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", NULL);
    rig_resource *key = put_key(r, "k0", 0);
    key->status = status;
    key->result = result;
    play(r, "v.m3u8", 120 * S);
    const rig_entry *error = must(rig_error(r, result));
    assert_true(error->is_fatal);
    assert_string_equal(error->text, "key");
    assert_int_equal(error->http_status, status);
    assert_int_equal(rig_errors(r, false), 1);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    assert_true(rig_fetches(r, "k0") <= 2);
    assert_null(rig_fetch_of(r, "v0.ts", 0));
    rig_destroy(r);
}

static void a_key_that_is_refused_ends_playback(void **state)
{
    (void)state;
    refused_key(403, AIZU_E_FORBIDDEN);
    refused_key(404, AIZU_E_NOT_FOUND);
}

static void a_key_of_the_wrong_size_ends_playback(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 15, 17, 4096};
    for (size_t i = 0; i < AZ_COUNT(sizes); i++) {
        static const uint8_t bytes[4096];
        rig *r = rig_with_cipher();
        put_encrypted(r, "k0", NULL);
        rig_put(r, "k0", bytes, sizes[i]);
        play(r, "v.m3u8", 60 * S);
        assert_true(must(rig_error(r, AIZU_E_MEDIA))->is_fatal);
        assert_string_equal(must(rig_error(r, AIZU_E_MEDIA))->text, "key");
        assert_true(rig_fetches(r, "k0") <= 2);
        rig_destroy(r);
    }
}

static void a_wrong_key_ends_in_an_error_and_not_in_silence(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", NULL);
    put_key(r, "k0", 9);
    play(r, "v.m3u8", 200 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 0);
    assert_int_equal(rig_errors(r, true), 1);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    rig_destroy(r);
}

static void a_key_that_is_refused_later_costs_its_segments(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", "k1");
    put_key(r, "k0", 0);
    put_key(r, "k1", 1)->status = 404;
    rig_find(r, "k1")->result = AIZU_E_NOT_FOUND;
    play(r, "v.m3u8", 120 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 250);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_string_equal(must(rig_error(r, AIZU_E_NOT_FOUND))->text, "segment skipped");
    assert_true(rig_fetches(r, "k1") <= 4);
    rig_destroy(r);
}

static void without_a_cipher_encrypted_media_is_refused_at_once(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    r->config.cipher = NULL;
    put_encrypted(r, "k0", NULL);
    play(r, "v.m3u8", 30 * S);
    assert_true(must(rig_error(r, AIZU_E_UNSUPPORTED))->is_fatal);
    assert_int_equal(rig_errors(r, false), 1);
    assert_null(rig_fetch_of(r, "v0.ts", 0));
    rig_destroy(r);
}

static void another_variant_is_tried_when_the_key_of_one_is_refused(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", NULL);
    rig_put_vod(r, "w", 10, NULL, 0);
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\nv.m3u8\n"
             "#EXT-X-STREAM-INF:BANDWIDTH=900000\nw.m3u8\n");
    play(r, "m.m3u8", 60 * S);
    assert_int_equal(rig_errors(r, true), 0);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_true(rig_count(r, RIG_PRESENTED, 0) >= 450); /* but for a segment that was skipped */
    rig_destroy(r);
}

/* ---- keys from elsewhere ---- */

static void the_application_is_asked_for_keys_if_it_wants(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    r->config.ask_keys = true;
    put_encrypted(r, "k0", "k1");
    put_key(r, "k0", 0);
    play(r, "v.m3u8", 3 * S);
    const rig_entry *asked = must(rig_report(r, AIZU_EVENT_KEY, 0, 0));
    assert_string_equal(asked->text, RIG_BASE "k0");
    assert_null(rig_report(r, AIZU_EVENT_KEY, 0, 1)); /* once */
    assert_null(rig_fetch_of(r, "v0.ts", 0));
    uint8_t key[BLOCK];
    az_slice data;
    key_of(key, 0);
    assert_true(az_slice_copy(&data, az_span_make(key, sizeof(key))));
    rig_feed(r, AZ_EVENT_KEY, (az_event){.key_id = asked->id, .data = data});
    az_slice_unref(&data);
    rig_run(r, 1 * S);
    asked = must(rig_report(r, AIZU_EVENT_KEY, 0, 1)); /* for what comes after the first five segments */
    key_of(key, 1);
    assert_true(az_slice_copy(&data, az_span_make(key, sizeof(key))));
    rig_feed(r, AZ_EVENT_KEY, (az_event){.key_id = asked->id, .data = data});
    az_slice_unref(&data);
    rig_run(r, 30 * S);
    assert_played(r, 500);
    assert_null(rig_report(r, AIZU_EVENT_KEY, 0, 2));
    assert_int_equal(rig_fetches(r, "k0") + rig_fetches(r, "k1"), 0);
    rig_destroy(r);
}

static void the_application_may_refuse_a_key(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    r->config.ask_keys = true;
    put_encrypted(r, "k0", NULL);
    play(r, "v.m3u8", 3 * S);
    rig_feed(r, AZ_EVENT_KEY, (az_event){.key_id = must(rig_report(r, AIZU_EVENT_KEY, 0, 0))->id});
    rig_run(r, 60 * S);
    assert_true(must(rig_error(r, AIZU_E_FORBIDDEN))->is_fatal);
    assert_string_equal(must(rig_error(r, AIZU_E_FORBIDDEN))->text, "key");
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    rig_destroy(r);
}

static void keys_that_nobody_asked_for_change_nothing(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", NULL);
    put_key(r, "k0", 0);
    rig_start(r);
    rig_load(r, "v.m3u8");
    rig_play(r);
    for (uint64_t id = 0; id < 5; id++)
        rig_feed(r, AZ_EVENT_KEY, (az_event){.key_id = id});
    rig_run(r, 30 * S);
    assert_played(r, 500);
    rig_destroy(r);
}

static void a_key_may_stand_in_the_playlist_itself(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    /* base64 of the bytes of key_of(0) */
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t key[18] = {0};
    char url[64] = "data:text/plain;base64,";
    size_t at = strlen(url);
    key_of(key, 0);
    for (size_t i = 0; i < 18; i += 3) {
        unsigned bits = (unsigned)key[i] << 16 | (unsigned)key[i + 1] << 8 | key[i + 2];
        for (int k = 18; k >= 0; k -= 6)
            url[at++] = digits[bits >> k & 63];
    }
    memcpy(url + at - 2, "==", 3);
    put_encrypted(r, url, NULL);
    play(r, "v.m3u8", 30 * S);
    assert_played(r, 500);
    rig_destroy(r);
}

static void a_broken_inline_key_ends_playback(void **state)
{
    (void)state;
    static const char *const urls[] = {"data:", "data:text/plain;base64,", "data:text/plain;base64,AAAA",
                                       "data:text/plain,0123456789abcdef"};
    for (size_t i = 0; i < AZ_COUNT(urls); i++) {
        rig *r = rig_with_cipher();
        put_encrypted(r, urls[i], NULL);
        play(r, "v.m3u8", 60 * S);
        assert_int_equal(rig_errors(r, true), 1);
        assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
        rig_destroy(r);
    }
}

static void session_keys_are_fetched_before_they_are_needed(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_encrypted(r, "k0", "k1");
    put_key(r, "k0", 0);
    put_key(r, "k1", 1);
    rig_find(r, "v.m3u8")->due = r->now + S; /* a slow playlist */
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k0\"\n"
             "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k1\"\n#EXT-X-STREAM-INF:BANDWIDTH=800000\nv.m3u8\n");
    play(r, "m.m3u8", 500 * MS);
    assert_int_equal(rig_fetches(r, "k0"), 1);
    rig_run(r, 30 * S);
    assert_int_equal(rig_fetches(r, "k0"), 1);
    assert_int_equal(rig_fetches(r, "k1"), 1);
    assert_played(r, 500);
    rig_destroy(r);
}

static void two_lanes_share_a_key(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    list_text t = {0};
    put_encrypted(r, "k0", NULL);
    put_key(r, "k0", 0);
    rig_find(r, "k0")->due = r->now + S; /* both wait for it */
    add_head(&t);
    add(&t, "#EXT-X-KEY:METHOD=AES-128,URI=\"k0\"\n");
    for (int i = 0; i < 10; i++) {
        char name[32];
        snprintf(name, sizeof(name), "a%d.ts", i);
        rig_put_segment(r, name, &(rig_segment){.ticks = (10 + 2 * i) * RIG_TICKS_SECOND, .has_audio = true});
        encrypt(r, name, 0, SEQUENCE + (uint64_t)i);
        add(&t, "#EXTINF:2,\n%s\n", name);
    }
    add(&t, "#EXT-X-ENDLIST\n");
    rig_text(r, "a.m3u8", t.text);
    rig_text(r, "m.m3u8",
             "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",DEFAULT=YES,AUTOSELECT=YES,"
             "URI=\"a.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO=\"a\"\nv.m3u8\n");
    play(r, "m.m3u8", 30 * S);
    assert_int_equal(rig_fetches(r, "k0"), 1);
    assert_played(r, 500);
    assert_true(rig_count(r, AZ_ACTION_AUDIO, 0) > 20 * 46);
    rig_destroy(r);
}

/* ---- initialisation sections ---- */

/* Segments of one second: f0.m4s ... from 10 s. */
static void put_fragments(rig *r, int count)
{
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "f%d.m4s", i);
        rig_put_fragment(r, name, (10 + i) * RIG_TICKS_SECOND, 25, NULL);
    }
}

static void an_initialisation_section_is_fetched_once_and_first(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_fragments(r, 4);
    rig_put_map(r, "i.mp4", false);
    rig_text(
        r, "f.m3u8",
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf0.m4s\n"
        "#EXTINF:1,\nf1.m4s\n#EXTINF:1,\nf2.m4s\n#EXTINF:1,\nf3.m4s\n#EXT-X-ENDLIST\n");
    play(r, "f.m3u8", 10 * S);
    assert_played(r, 100);
    assert_int_equal(rig_fetches(r, "i.mp4"), 1);
    assert_true(rig_fetch_of(r, "i.mp4", 0) < rig_fetch_of(r, "f0.m4s", 0));
    rig_seek(r, S);
    rig_run(r, 10 * S);
    assert_int_equal(rig_fetches(r, "i.mp4"), 1);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 175);
    rig_destroy(r);
}

static void sections_and_segments_may_be_ranges_of_one_file(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    list_text t = {0};
    ts_bytes file = {0};
    put_fragments(r, 4);
    rig_put_map(r, "i.mp4", false);
    ts_bytes_append(&file, "rubbish", 7);
    add_head(&t);
    for (int i = -1; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof(name), i < 0 ? "i.mp4" : "f%d.m4s", i);
        const ts_bytes *body = &rig_find(r, name)->body;
        if (i < 0)
            add(&t, "#EXT-X-MAP:URI=\"all.mp4\",BYTERANGE=\"%zu@7\"\n", body->size);
        else if (i == 0)
            add(&t, "#EXTINF:1,\n#EXT-X-BYTERANGE:%zu@%zu\nall.mp4\n", body->size, file.size);
        else
            add(&t, "#EXTINF:1,\n#EXT-X-BYTERANGE:%zu\nall.mp4\n", body->size);
        ts_bytes_append(&file, body->data, body->size);
    }
    add(&t, "#EXT-X-ENDLIST\n");
    rig_put(r, "all.mp4", file.data, file.size);
    ts_bytes_free(&file);
    rig_text(r, "f.m3u8", t.text);
    play(r, "f.m3u8", 10 * S);
    assert_int_equal(must(rig_fetch_of(r, "all.mp4", 0))->range_offset, 7);
    assert_true(must(rig_fetch_of(r, "all.mp4", 0))->range_size > 0);
    assert_int_equal(rig_fetches(r, "all.mp4"), 5);
    assert_played(r, 100);
    rig_destroy(r);
}

static void another_section_may_follow_in_the_middle(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_fragments(r, 4);
    rig_put_map(r, "i.mp4", false);
    rig_put_map(r, "j.mp4", false);
    rig_text(
        r, "f.m3u8",
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf0.m4s\n"
        "#EXTINF:1,\nf1.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"j.mp4\"\n#EXTINF:1,\nf2.m4s\n"
        "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf3.m4s\n#EXT-X-ENDLIST\n");
    play(r, "f.m3u8", 10 * S);
    assert_played(r, 100);
    assert_int_equal(rig_fetches(r, "i.mp4"), 1);
    assert_int_equal(rig_fetches(r, "j.mp4"), 1);
    rig_destroy(r);
}

static void an_encrypted_section_is_decrypted(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_fragments(r, 2);
    rig_put_map(r, "i.mp4", false);
    put_key(r, "k0", 0);
    encrypt(r, "i.mp4", 0, 0x1234);
    encrypt(r, "f0.m4s", 0, 0x1234);
    encrypt(r, "f1.m4s", 0, 0x1234);
    rig_text(r, "f.m3u8",
             "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n"
             "#EXT-X-KEY:METHOD=AES-128,URI=\"k0\",IV=0x1234\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf0.m4s\n"
             "#EXTINF:1,\nf1.m4s\n#EXT-X-ENDLIST\n");
    play(r, "f.m3u8", 10 * S);
    assert_played(r, 50);
    assert_int_equal(rig_fetches(r, "k0"), 1);
    rig_destroy(r);
}

static void a_section_that_cannot_be_had_costs_its_segments_only(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_fragments(r, 4);
    rig_put_map(r, "i.mp4", false);
    rig_text(
        r, "f.m3u8",
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf0.m4s\n"
        "#EXT-X-MAP:URI=\"gone.mp4\"\n#EXTINF:1,\nf1.m4s\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf2.m4s\n"
        "#EXTINF:1,\nf3.m4s\n#EXT-X-ENDLIST\n");
    play(r, "f.m3u8", 30 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 75);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_ENDED);
    assert_int_equal(rig_errors(r, true), 0);
    assert_string_equal(must(rig_error(r, AIZU_E_NOT_FOUND))->text, "segment skipped");
    rig_destroy(r);
}

static void a_section_that_is_none_is_told_as_such(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_fragments(r, 2);
    rig_text(r, "i.mp4", "<html>");
    rig_text(
        r, "f.m3u8",
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf0.m4s\n"
        "#EXTINF:1,\nf1.m4s\n#EXT-X-ENDLIST\n");
    play(r, "f.m3u8", 60 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 0);
    assert_int_equal(rig_errors(r, true), 1);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    rig_destroy(r);
}

static void samples_that_nobody_has_a_key_for_are_an_error(void **state)
{
    (void)state;
    rig *r = rig_with_cipher();
    put_fragments(r, 2);
    rig_put_map(r, "i.mp4", true);
    rig_text(
        r, "f.m3u8",
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\nf0.m4s\n"
        "#EXTINF:1,\nf1.m4s\n#EXT-X-ENDLIST\n");
    play(r, "f.m3u8", 60 * S);
    assert_int_equal(rig_count(r, RIG_PRESENTED, 0), 0);
    assert_non_null(rig_error(r, AIZU_E_UNSUPPORTED));
    assert_int_equal(rig_errors(r, true), 1);
    assert_int_equal(rig_snapshot(r).state, AIZU_STATE_IDLE);
    rig_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_fetched_once_for_all_its_segments),
        cmocka_unit_test(another_key_is_fetched_when_the_keys_rotate),
        cmocka_unit_test(an_iv_of_its_own_counts),
        cmocka_unit_test(clear_segments_may_follow_encrypted_ones),
        cmocka_unit_test(a_transfer_that_broke_off_is_decrypted_from_its_beginning_again),
        cmocka_unit_test(a_key_server_that_stumbles_is_asked_again),
        cmocka_unit_test(a_key_that_is_refused_ends_playback),
        cmocka_unit_test(a_key_of_the_wrong_size_ends_playback),
        cmocka_unit_test(a_wrong_key_ends_in_an_error_and_not_in_silence),
        cmocka_unit_test(a_key_that_is_refused_later_costs_its_segments),
        cmocka_unit_test(without_a_cipher_encrypted_media_is_refused_at_once),
        cmocka_unit_test(another_variant_is_tried_when_the_key_of_one_is_refused),
        cmocka_unit_test(the_application_is_asked_for_keys_if_it_wants),
        cmocka_unit_test(the_application_may_refuse_a_key),
        cmocka_unit_test(keys_that_nobody_asked_for_change_nothing),
        cmocka_unit_test(a_key_may_stand_in_the_playlist_itself),
        cmocka_unit_test(a_broken_inline_key_ends_playback),
        cmocka_unit_test(session_keys_are_fetched_before_they_are_needed),
        cmocka_unit_test(two_lanes_share_a_key),
        cmocka_unit_test(an_initialisation_section_is_fetched_once_and_first),
        cmocka_unit_test(sections_and_segments_may_be_ranges_of_one_file),
        cmocka_unit_test(another_section_may_follow_in_the_middle),
        cmocka_unit_test(an_encrypted_section_is_decrypted),
        cmocka_unit_test(a_section_that_cannot_be_had_costs_its_segments_only),
        cmocka_unit_test(a_section_that_is_none_is_told_as_such),
        cmocka_unit_test(samples_that_nobody_has_a_key_for_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
