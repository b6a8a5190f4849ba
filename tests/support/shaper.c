/*
 * A long, narrow line in front of a server on loopback: `shaper --to PORT [--rtt MS] [--mbit N]` takes
 * connections on a free port, prints "listening on PORT" and, of the first one,
 * "connected at UNIX-TIME", and passes bytes on as late as a line with that
 * round trip and that rate towards the client would. All connections share the rate. A client is ahead by a
 * round trip, since loopback connects at once: the first bytes it sends wait for that one too. Slow start,
 * loss and the limit on the way up are not modelled. Ends with SIGTERM. For measurements and tests, IPv4
 * loopback only.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define CHUNKS_MAX      256 /* on their way in one direction */
#define CHUNK_SIZE      1448
#define NEVER           INT64_MAX

/* Bytes that arrive at the far end at `at`. */
typedef struct chunk {
    int64_t at;
    size_t size, sent;
    char bytes[CHUNK_SIZE];
} chunk;

/* One direction of a connection. */
typedef struct way {
    int from, to;
    bool is_down;     /* towards the client: the rate counts */
    bool has_ended;   /* `from` sent its end */
    bool is_shut;     /* and `to` was told */
    bool is_blocked;  /* `to` takes no more */
    int64_t ready_at; /* nothing arrives earlier */
    size_t begin, count;
    chunk *chunks; /* ring */
} way;

typedef struct connection {
    bool is_used;
    way up, down;
} connection;

typedef struct line {
    int64_t delay; /* one way, ns */
    int64_t bits_per_second;
    bool has_client; /* there was a first one */
    int64_t free_at; /* when the rate allows the next byte */
    uint16_t server_port;
    connection connections[CONNECTIONS_MAX];
} line;

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
    (void)number;
    is_over = 1;
}

static int64_t clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static bool prepare(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static bool way_init(way *w, int from, int to, bool is_down)
{
    *w = (way){.from = from, .to = to, .is_down = is_down};
    w->chunks = malloc(CHUNKS_MAX * sizeof(*w->chunks));
    return w->chunks != NULL;
}

static void close_connection(connection *c)
{
    close(c->up.from);
    close(c->down.from);
    free(c->up.chunks);
    free(c->down.chunks);
    *c = (connection){0};
}

static void tell_first_client(line *l)
{
    struct timespec t;
    if (l->has_client)
        return;
    l->has_client = true;
    clock_gettime(CLOCK_REALTIME, &t);
    printf("connected at %lld.%06ld\n", (long long)t.tv_sec, t.tv_nsec / 1000);
    fflush(stdout);
}

static void take_connection(line *l, int listener)
{
    int client = accept(listener, NULL, NULL);
    if (client < 0)
        return;
    tell_first_client(l);
    connection *c = NULL;
    for (int i = 0; i < CONNECTIONS_MAX && !c; i++)
        if (!l->connections[i].is_used)
            c = &l->connections[i];
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(l->server_port);
    if (!c || server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address)) ||
        !prepare(client) || !prepare(server)) {
        close(client);
        close(server);
        return;
    }
    c->is_used = true;
    bool is_whole = way_init(&c->up, client, server, false);
    is_whole = way_init(&c->down, server, client, true) && is_whole;
    c->up.ready_at = clock_now() + 3 * l->delay;
    if (!is_whole)
        close_connection(c);
}

/* When bytes that are sent now arrive: after all before them, as the rate allows, one way later. */
static int64_t arrival(line *l, way *w, size_t size, int64_t now)
{
    int64_t sent = now;
    if (w->is_down && l->bits_per_second > 0) {
        l->free_at = l->free_at > now ? l->free_at : now;
        l->free_at += (int64_t)size * 8 * 1000000000 / l->bits_per_second;
        sent = l->free_at;
    }
    int64_t at = sent + l->delay;
    w->ready_at = at > w->ready_at ? at : w->ready_at;
    return w->ready_at;
}

/* How far ahead of the rate a sender may be: what its line and a router's queue would hold. */
static bool has_room(const line *l, const way *w, int64_t now)
{
    if (w->has_ended || w->count == CHUNKS_MAX)
        return false;
    return !w->is_down || l->free_at <= now + 2000000;
}

static void take_bytes(line *l, way *w)
{
    chunk *c = &w->chunks[(w->begin + w->count) % CHUNKS_MAX];
    ssize_t size = read(w->from, c->bytes, CHUNK_SIZE);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        w->has_ended = true;
        return;
    }
    c->size = (size_t)size;
    c->sent = 0;
    c->at = arrival(l, w, c->size, clock_now());
    w->count++;
}

/* Passes on what has arrived, and the end behind it. False when nobody takes it. */
static bool give_bytes(way *w, int64_t now)
{
    w->is_blocked = false;
    while (w->count && w->chunks[w->begin].at <= now) {
        chunk *c = &w->chunks[w->begin];
        ssize_t size = send(w->to, c->bytes + c->sent, c->size - c->sent, MSG_NOSIGNAL);
        if (size < 0) {
            w->is_blocked = errno == EAGAIN || errno == EINTR;
            return w->is_blocked;
        }
        c->sent += (size_t)size;
        if (c->sent < c->size)
            continue;
        w->begin = (w->begin + 1) % CHUNKS_MAX;
        w->count--;
    }
    if (w->has_ended && !w->count && !w->is_shut) {
        shutdown(w->to, SHUT_WR);
        w->is_shut = true;
    }
    return true;
}

/* When the way has something to do without a descriptor saying so. */
static int64_t way_deadline(const line *l, const way *w)
{
    int64_t deadline = NEVER;
    if (w->count && !w->is_blocked)
        deadline = w->chunks[w->begin].at;
    if (w->is_down && !w->has_ended && w->count < CHUNKS_MAX && l->free_at - 2000000 < deadline)
        deadline = l->free_at - 2000000;
    return deadline;
}

static short way_events(const line *l, const connection *c, bool is_client, int64_t now)
{
    const way *in = is_client ? &c->up : &c->down, *out = is_client ? &c->down : &c->up;
    return (short)((has_room(l, in, now) ? POLLIN : 0) | (out->is_blocked ? POLLOUT : 0));
}

/* The descriptors of all connections behind the listener's; returns when something is due at the latest. */
static int64_t fill(const line *l, struct pollfd *fds, int64_t now)
{
    int64_t deadline = NEVER;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        const connection *c = &l->connections[i];
        struct pollfd *pair = &fds[1 + 2 * i];
        pair[0] = pair[1] = (struct pollfd){.fd = -1};
        if (!c->is_used)
            continue;
        const way *ways[2] = {&c->up, &c->down};
        for (int j = 0; j < 2; j++) {
            int64_t at = way_deadline(l, ways[j]);
            bool waits_for_rate = j == 1 && !has_room(l, ways[j], now);
            if (ways[j]->count || waits_for_rate)
                deadline = at < deadline ? at : deadline;
            pair[j].events = way_events(l, c, j == 0, now);
            pair[j].fd = pair[j].events ? ways[j]->from : -1;
        }
    }
    return deadline;
}

static void work(line *l, const struct pollfd *fds, int first)
{
    for (int n = 0; n < CONNECTIONS_MAX; n++) {
        int i = (first + n) % CONNECTIONS_MAX;
        connection *c = &l->connections[i];
        const struct pollfd *pair = &fds[1 + 2 * i];
        if (!c->is_used)
            continue;
        int64_t now = clock_now();
        if (pair[0].revents && has_room(l, &c->up, now))
            take_bytes(l, &c->up);
        if (pair[1].revents && has_room(l, &c->down, now))
            take_bytes(l, &c->down);
        bool is_alive = give_bytes(&c->up, now) && give_bytes(&c->down, now);
        if (!is_alive || (c->up.is_shut && c->down.is_shut))
            close_connection(c);
    }
}

static void run(line *l, int listener)
{
    static struct pollfd fds[1 + 2 * CONNECTIONS_MAX];
    for (int turn = 0; !is_over; turn++) {
        int64_t now = clock_now(), deadline = fill(l, fds, now);
        struct timespec wait = {3600, 0};
        if (deadline != NEVER) {
            int64_t left = deadline > now ? deadline - now : 0;
            wait = (struct timespec){(time_t)(left / 1000000000), (long)(left % 1000000000)};
        }
        fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        if (ppoll(fds, 1 + 2 * CONNECTIONS_MAX, &wait, NULL) < 0)
            continue;
        work(l, fds, turn);
        if (fds[0].revents)
            take_connection(l, listener);
    }
}

static int open_listener(uint16_t *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 16) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static bool parse(line *l, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        double value = strtod(argv[i + 1], NULL);
        if (strcmp(argv[i], "--to") == 0)
            l->server_port = (uint16_t)value;
        else if (strcmp(argv[i], "--rtt") == 0)
            l->delay = (int64_t)(value * 1e6 / 2);
        else if (strcmp(argv[i], "--mbit") == 0)
            l->bits_per_second = (int64_t)(value * 1e6);
        else
            return false;
    }
    return argc % 2 == 1 && l->server_port;
}

int main(int argc, char **argv)
{
    static line l;
    uint16_t port;
    if (!parse(&l, argc, argv)) {
        fprintf(stderr, "usage: shaper --to PORT [--rtt MS] [--mbit N]\n");
        return 2;
    }
    int listener = open_listener(&port);
    if (listener < 0) {
        perror("shaper");
        return 1;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    printf("listening on %u\n", (unsigned)port);
    fflush(stdout);
    run(&l, listener);
    return 0;
}
