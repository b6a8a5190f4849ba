/*
 * See answer.h. Everything is sent in pieces with a look at the owner, so that a client that does not read,
 * or an answer that never ends, does not keep the server from stopping.
 */
#define _GNU_SOURCE

#include "answer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media.h"

#define HEAD_SIZE       1024
#define ENDLESS_PIECE   65536
#define BOMB_COMPRESSED ((size_t)64 << 20) /* ten gigabytes unpacked */

void answer_reset(answer_socket *s)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (s->fd < 0)
        return;
    setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(s->fd);
    s->fd = -1;
}

/* False: the client has gone, or the server stops. */
static bool put(answer_socket *s, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        struct pollfd waiting = {.fd = s->fd, .events = POLLOUT};
        if (answer_is_over(s->owner))
            return false;
        if (poll(&waiting, 1, 100) <= 0)
            continue;
        ssize_t sent = send(s->fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Waits until the client goes. */
static void wait_for_end(answer_socket *s)
{
    char ignored[256];
    while (!answer_is_over(s->owner)) {
        struct pollfd waiting = {.fd = s->fd, .events = POLLIN};
        if (poll(&waiting, 1, 100) > 0 && recv(s->fd, ignored, sizeof(ignored), 0) <= 0)
            return;
    }
}

/* Waits; false when the client has gone or the server stops. */
static bool wait_ms(answer_socket *s, int ms)
{
    for (; ms > 0; ms -= 100) {
        struct pollfd waiting = {.fd = s->fd, .events = POLLRDHUP};
        if (answer_is_over(s->owner) || poll(&waiting, 1, ms < 100 ? ms : 100) > 0)
            return false;
    }
    return true;
}

static bool put_head(answer_socket *s, int status, const char *type, long long length, const char *more)
{
    char head[HEAD_SIZE], length_line[64] = "";
    if (length >= 0)
        snprintf(length_line, sizeof(length_line), "Content-Length: %lld\r\n", length);
    int size = snprintf(head, sizeof(head), "HTTP/1.1 %d Status\r\nContent-Type: %s\r\n%s%s\r\n", status,
                        type, length_line, more ? more : "");
    return put(s, head, (size_t)size);
}

static const char *type_of(const answer_request *r)
{
    return r->is_text ? "application/vnd.apple.mpegurl" : "video/mp2t";
}

static bool send_whole(const answer_request *r, int status, const char *type, const void *data, size_t size,
                       const char *more)
{
    return put_head(r->socket, status, type, (long long)size, more) && put(r->socket, data, size);
}

static bool send_status(const answer_request *r, const fault_rule *rule)
{
    char more[64] = "";
    const char *text = rule->text ? rule->text : "no";
    if (rule->retry_after)
        snprintf(more, sizeof(more), "Retry-After: %d\r\n", rule->retry_after);
    return send_whole(r, rule->number, "text/plain", text, strlen(text), more);
}

static bool send_redirect(const answer_request *r, const char *pattern)
{
    char place[512], base[64], more[640];
    const char *at = strchr(pattern, '%');
    if (at) {
        bool is_other = at[1] == 'o';
        snprintf(base, sizeof(base), "http://127.0.0.1:%d/%d", is_other ? r->other_port : r->port,
                 is_other ? 0 : r->session);
        snprintf(place, sizeof(place), "%.*s%s%s", (int)(at - pattern), pattern, base, at + 2);
    } else {
        snprintf(place, sizeof(place), "%s", pattern);
    }
    snprintf(more, sizeof(more), "Location: %s\r\n", place);
    return send_whole(r, 302, "text/plain", "", 0, more);
}

static bool put_chunk(answer_socket *s, const uint8_t *data, size_t size)
{
    char line[32];
    int line_size = snprintf(line, sizeof(line), "%zx\r\n", size);
    return put(s, line, (size_t)line_size) && put(s, data, size) && put(s, "\r\n", 2);
}

static bool send_chunked(const answer_request *r, const ts_bytes *body, bool is_broken)
{
    answer_socket *s = r->socket;
    if (!put_head(s, 200, type_of(r), -1, "Transfer-Encoding: chunked\r\n"))
        return false;
    size_t at = 0;
    for (size_t size = 1; at < body->size; size = size * 3 + 1) {
        size_t left = body->size - at, part = size < left ? size : left;
        if (is_broken && at > body->size / 2)
            return put(s, "what?\r\n", 7) && false;
        if (!put_chunk(s, body->data + at, part))
            return false;
        at += part;
    }
    return put(s, "0\r\n\r\n", 5);
}

/* Half of the body, and then. */
static void send_half(const answer_request *r, const ts_bytes *body, fault_kind kind)
{
    answer_socket *s = r->socket;
    if (!put_head(s, 200, type_of(r), (long long)body->size, NULL) || !put(s, body->data, body->size / 2))
        return;
    if (kind == FAULT_STALL_BODY)
        wait_for_end(s);
    else if (kind == FAULT_RESET_BODY && wait_ms(s, 200))
        answer_reset(s);
}

static void fill_random(uint8_t *data, size_t size, unsigned *state)
{
    for (size_t i = 0; i < size; i++) {
        *state = *state * 1664525u + 1013904223u;
        data[i] = (uint8_t)(*state >> 24);
    }
}

static void send_endless(const answer_request *r, const fault_rule *rule, const ts_bytes *body)
{
    ts_bytes piece = {0};
    unsigned random = 1;
    bool is_going = put_head(r->socket, 200, type_of(r), -1, "Connection: close\r\n");
    if (rule->kind == FAULT_ENDLESS)
        is_going = is_going && put(r->socket, body->data, body->size);
    for (int number = r->number; is_going; number++) {
        ts_bytes_clear(&piece);
        if (rule->kind == FAULT_ENDLESS_MEDIA) {
            media_segment(&piece, number);
        } else if (rule->kind == FAULT_ENDLESS_GARBAGE) {
            uint8_t noise[ENDLESS_PIECE];
            fill_random(noise, sizeof(noise), &random);
            ts_bytes_append(&piece, noise, sizeof(noise));
        } else if (rule->text) {
            while (piece.size < ENDLESS_PIECE)
                media_text(&piece, rule->text);
        } else {
            media_null(&piece, 350);
        }
        is_going = put(r->socket, piece.data, piece.size);
    }
    ts_bytes_free(&piece);
}

typedef struct bits {
    ts_bytes *out;
    unsigned held, count;
} bits;

static void put_bit(bits *b, unsigned bit)
{
    b->held |= bit << b->count;
    if (++b->count < 8)
        return;
    ts_bytes_u8(b->out, b->held);
    b->held = b->count = 0;
}

/* A Huffman code: its first bit first (RFC 1951, 3.1.1). */
static void put_code(bits *b, unsigned code, unsigned size)
{
    while (size-- > 0)
        put_bit(b, code >> size & 1);
}

/* gzip with one fixed block: '#', then for ever "258 bytes from 1 byte before" (RFC 1951, 3.2.6). */
static void send_bomb(const answer_request *r)
{
    static const uint8_t head[10] = {0x1f, 0x8b, 8};
    ts_bytes out = {0};
    bits b = {&out, 0, 0};
    ts_bytes_append(&out, head, sizeof(head));
    put_code(&b, 2, 3);    /* not the last block, type 1 */
    put_code(&b, 0x53, 8); /* '#' */
    put_code(&b, 0xc5, 8); /* length 258 */
    put_code(&b, 0, 5);    /* distance 1 */
    bool is_going =
        put_head(r->socket, 200, type_of(r), -1, "Content-Encoding: gzip\r\nConnection: close\r\n");
    for (size_t sent = 0; is_going && sent < BOMB_COMPRESSED; sent += out.size) {
        while (out.size < ENDLESS_PIECE) {
            put_code(&b, 0xc5, 8);
            put_code(&b, 0, 5);
        }
        is_going = put(r->socket, out.data, out.size);
        ts_bytes_clear(&out);
    }
    ts_bytes_free(&out);
}

static bool send_in_pieces(const answer_request *r, const ts_bytes *body, size_t size, int pause_ms)
{
    bool is_going = put_head(r->socket, 200, type_of(r), (long long)body->size, NULL);
    for (size_t at = 0; is_going && at < body->size; at += size) {
        size_t left = body->size - at;
        is_going = put(r->socket, body->data + at, size < left ? size : left) && wait_ms(r->socket, pause_ms);
    }
    return is_going;
}

static bool send_garbage(const answer_request *r, const ts_bytes *body)
{
    uint8_t noise[65536];
    unsigned random = 7;
    size_t size = body->size < sizeof(noise) ? body->size : sizeof(noise);
    fill_random(noise, size, &random);
    return send_whole(r, 200, type_of(r), noise, size, NULL);
}

static bool send_dts(const answer_request *r)
{
    ts_bytes body = {0};
    media_segment_dts(&body, r->number);
    bool is_open = send_whole(r, 200, type_of(r), body.data, body.size, NULL);
    ts_bytes_free(&body);
    return is_open;
}

/* The answers after which the connection is of no use. */
static void send_last(const answer_request *r, const fault_rule *rule, const ts_bytes *body)
{
    switch (rule->kind) {
    case FAULT_RESET:
        answer_reset(r->socket);
        break;
    case FAULT_NOT_HTTP:
        put(r->socket, "220 files.example ready\r\n", 25);
        break;
    case FAULT_RESET_HEADERS:
        if (put(r->socket, "HTTP/1.1 200 OK\r\nContent-", 25) && wait_ms(r->socket, 100))
            answer_reset(r->socket);
        break;
    case FAULT_RESET_BODY:
    case FAULT_CLOSE_BODY:
    case FAULT_STALL_BODY:
        send_half(r, body, rule->kind);
        break;
    case FAULT_SILENT:
        wait_for_end(r->socket);
        break;
    case FAULT_SHORT_LENGTH:
        if (put_head(r->socket, 200, type_of(r), (long long)body->size / 2, NULL))
            put(r->socket, body->data, body->size);
        break;
    case FAULT_ENDLESS:
    case FAULT_ENDLESS_MEDIA:
    case FAULT_ENDLESS_GARBAGE:
        send_endless(r, rule, body);
        break;
    default:
        send_bomb(r);
        break;
    }
}

bool answer_send(const answer_request *r, const fault_rule *rule, const ts_bytes *body)
{
    const char *text = rule->text ? rule->text : "";
    switch (rule->kind) {
    case FAULT_NONE:
        return send_whole(r, 200, type_of(r), body->data, body->size, NULL);
    case FAULT_STATUS:
        return send_status(r, rule);
    case FAULT_CHUNKED:
    case FAULT_CHUNK_BROKEN:
        return send_chunked(r, body, rule->kind == FAULT_CHUNK_BROKEN);
    case FAULT_BODY:
        return send_whole(r, 200, text[0] == '<' ? "text/html" : type_of(r), text, strlen(text), NULL);
    case FAULT_TRUNCATED:
        return send_whole(r, 200, type_of(r), body->data, body->size / 3, NULL);
    case FAULT_GARBAGE:
        return send_garbage(r, body);
    case FAULT_DTS:
        return send_dts(r);
    case FAULT_REDIRECT:
        return send_redirect(r, text);
    case FAULT_LORIS:
        return send_in_pieces(r, body, 1, 1000);
    case FAULT_DRIP:
        return send_in_pieces(r, body, body->size / 16 + 1, 30);
    case FAULT_TYPE:
        return send_whole(r, 200, text, body->data, body->size, NULL);
    case FAULT_RESET:
    case FAULT_NOT_HTTP:
    case FAULT_RESET_HEADERS:
    case FAULT_RESET_BODY:
    case FAULT_CLOSE_BODY:
    case FAULT_SILENT:
    case FAULT_STALL_BODY:
    case FAULT_SHORT_LENGTH:
    case FAULT_ENDLESS:
    case FAULT_ENDLESS_MEDIA:
    case FAULT_ENDLESS_GARBAGE:
    case FAULT_GZIP_BOMB:
        break;
    }
    send_last(r, rule, body);
    return false;
}
