/*
 * The channel's server and those who wait: for a part, for a playlist, for the rest of a segment. In real
 * time, because the waiting is what is tested: a channel that stands still answers 503 after three target
 * durations.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parked.h"
#include "server.h"
#include "transfers.h"

#define START    900000
#define TEXT_MAX 4096

typedef struct rig {
    ch_store *store;
    ch_ll *ll;
    ch_cues *cues;
    ch_counters counters;
    ch_server *server;
    int64_t parts;
} rig;

static void add(rig *r, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t n = r->parts++;
        const ch_part part = {.data = (const uint8_t *)"part",
                              .size = 4,
                              .pts = START + n * 45000,
                              .duration = 45000,
                              .timescale = 90000,
                              .is_independent = n % 2 == 0,
                              .ends_segment = n % 2 == 1};
        assert_int_equal(ch_ll_add(r->ll, 0, &part), 0);
    }
}

static void start(rig *r)
{
    *r = (rig){.store = ch_store_create(), .cues = ch_cues_create(NULL, 0)};
    const ch_ll_settings ll = {.store = r->store,
                               .window = 6,
                               .target_seconds = 1,
                               .sequence_first = 10,
                               .pts_first = START,
                               .renditions_count = 1,
                               .renditions = {{.name = "v", .frame_rate = 30, .part_target_us = 500000}}};
    r->ll = ch_ll_create(&ll);
    assert_non_null(r->ll);
    add(r, 4); /* segments 10 and 11 */
    const ch_server_settings s = {
        .bind = "127.0.0.1", .store = r->store, .ll = r->ll, .cues = r->cues, .counters = &r->counters};
    r->server = ch_server_create(&s);
    assert_non_null(r->server);
}

static void stop(rig *r)
{
    ch_server_destroy(&r->server);
    ch_ll_destroy(&r->ll);
    ch_cues_destroy(&r->cues);
    ch_store_destroy(&r->store);
}

/* A connection that has asked for `path` and wants no other. */
static int request(const rig *r, const char *path)
{
    char text[256];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(ch_server_port(r->server))};
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(s >= 0);
    assert_int_equal(connect(s, (const struct sockaddr *)&a, sizeof(a)), 0);
    int size = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    assert_int_equal(send(s, text, (size_t)size, 0), size);
    return s;
}

static bool is_readable(int s, int ms)
{
    struct pollfd p = {.fd = s, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

/* All that comes, NUL-terminated; closes. */
static void answer_of(int s, char text[TEXT_MAX])
{
    size_t size = 0;
    ssize_t got;
    while (is_readable(s, 10000) && (got = recv(s, text + size, TEXT_MAX - 1 - size, 0)) > 0)
        size += (size_t)got;
    text[size] = '\0';
    close(s);
}

static int status_of(int s)
{
    char text[TEXT_MAX];
    int status = 0;
    answer_of(s, text);
    if (strncmp(text, "HTTP/1.1 ", 9) == 0)
        status = (text[9] - '0') * 100 + (text[10] - '0') * 10 + text[11] - '0';
    return status;
}

static void a_part_and_its_playlist_come_together(void **state)
{
    (void)state;
    rig r;
    char text[TEXT_MAX];
    start(&r);
    int part = request(&r, "/ll/v/12.0.m4s");
    int playlist = request(&r, "/ll/v/index.m3u8?_HLS_msn=12&_HLS_part=0");
    assert_false(is_readable(part, 100));
    assert_false(is_readable(playlist, 0));
    add(&r, 1);
    assert_true(is_readable(part, 1000));
    assert_true(is_readable(playlist, 1000));
    answer_of(part, text);
    assert_non_null(strstr(text, "\r\n\r\npart"));
    answer_of(playlist, text);
    assert_non_null(strstr(text, "URI=\"12.0.m4s\""));
    assert_non_null(strstr(text, "max-age=6\r\n"));
    stop(&r);
}

static void who_waits_in_vain_is_told_so_in_time(void **state)
{
    (void)state;
    rig r;
    start(&r);
    int64_t began = ch_parked_now_ns();
    int playlist = request(&r, "/ll/v/index.m3u8?_HLS_msn=12");
    int part = request(&r, "/ll/v/12.0.m4s");
    assert_int_equal(status_of(playlist), 503);
    assert_int_equal(status_of(part), 503);
    int64_t took_ms = (ch_parked_now_ns() - began) / 1000000;
    assert_in_range(took_ms, 2900, 4500);
    stop(&r);
}

static void a_promise_that_is_withdrawn_is_not_found(void **state)
{
    (void)state;
    rig r;
    start(&r);
    int part = request(&r, "/ll/v/12.0.m4s");
    assert_false(is_readable(part, 100));
    ch_store_remove(r.store, "/ll/v/12.0.m4s");
    assert_int_equal(status_of(part), 404);
    stop(&r);
}

static void a_growing_segment_is_sent_as_it_grows(void **state)
{
    (void)state;
    rig r;
    char text[TEXT_MAX];
    start(&r);
    assert_true(ch_store_promise(r.store, "/v/1.ts", "video/mp2t", "no-cache"));
    int s = request(&r, "/v/1.ts");
    assert_false(is_readable(s, 100));
    assert_true(ch_store_append(r.store, "/v/1.ts", "first", 5));
    assert_true(is_readable(s, 1000));
    size_t size = 0;
    do {
        ssize_t got = recv(s, text + size, sizeof(text) - 1 - size, 0);
        assert_true(got > 0);
        size += (size_t)got;
        text[size] = '\0';
    } while (!strstr(text, "5\r\nfirst\r\n"));
    assert_non_null(strstr(text, "Transfer-Encoding: chunked"));
    assert_false(is_readable(s, 100));
    assert_true(ch_store_append(r.store, "/v/1.ts", "then", 4));
    assert_true(is_readable(s, 1000));
    assert_true(ch_store_finish(r.store, "/v/1.ts"));
    answer_of(s, text);
    assert_string_equal(text, "4\r\nthen\r\n0\r\n\r\n");
    answer_of(request(&r, "/v/1.ts"), text);
    assert_non_null(strstr(text, "\r\n\r\nfirstthen"));
    stop(&r);
}

/* An answer that was begun and cannot be ended: no end of chunks. */
static void a_segment_that_is_withdrawn_or_stands_still_breaks_off(void **state)
{
    (void)state;
    rig r;
    char text[TEXT_MAX];
    start(&r);
    for (int i = 0; i < 2; i++) {
        assert_true(ch_store_promise(r.store, "/v/1.ts", "video/mp2t", "no-cache"));
        assert_true(ch_store_append(r.store, "/v/1.ts", "first", 5));
        int s = request(&r, "/v/1.ts");
        assert_true(is_readable(s, 1000));
        if (i == 0)
            ch_store_remove(r.store, "/v/1.ts");
        answer_of(s, text);
        assert_non_null(strstr(text, "first"));
        assert_null(strstr(text, "\r\n0\r\n\r\n"));
    }
    stop(&r);
}

static void those_who_wait_are_let_go_at_the_end(void **state)
{
    (void)state;
    rig r;
    char text[TEXT_MAX];
    int sockets[20];
    start(&r);
    for (size_t i = 0; i < 20; i++)
        sockets[i] = request(&r, i % 2 ? "/ll/v/12.0.m4s" : "/ll/v/index.m3u8?_HLS_msn=12");
    assert_false(is_readable(sockets[19], 200));
    int64_t began = ch_parked_now_ns();
    stop(&r);
    assert_in_range((ch_parked_now_ns() - began) / 1000000, 0, 1500);
    for (size_t i = 0; i < 20; i++)
        answer_of(sockets[i], text); /* 503 or nothing, but an end */
}

static void a_transfer_that_takes_too_long_is_cut_off(void **state)
{
    (void)state;
    int pairs[3][2];
    ch_transfer transfers[3];
    char byte;
    ch_transfers *t = ch_transfers_create(60);
    assert_non_null(t);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
    ch_transfers_begin(t, &transfers[0], pairs[0][0], 0);
    ch_transfers_begin(t, &transfers[1], pairs[1][0], 30);
    ch_transfers_begin(t, &transfers[2], pairs[2][0], 61);
    assert_true(is_readable(pairs[0][1], 0));
    assert_int_equal(recv(pairs[0][1], &byte, 1, 0), 0);
    assert_false(is_readable(pairs[1][1], 0));
    assert_false(is_readable(pairs[2][1], 0));
    for (size_t i = 0; i < 3; i++) {
        ch_transfers_end(t, &transfers[i]);
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    ch_transfers_destroy(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_and_its_playlist_come_together),
        cmocka_unit_test(who_waits_in_vain_is_told_so_in_time),
        cmocka_unit_test(a_promise_that_is_withdrawn_is_not_found),
        cmocka_unit_test(a_growing_segment_is_sent_as_it_grows),
        cmocka_unit_test(a_segment_that_is_withdrawn_or_stands_still_breaks_off),
        cmocka_unit_test(those_who_wait_are_let_go_at_the_end),
        cmocka_unit_test(a_transfer_that_takes_too_long_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
