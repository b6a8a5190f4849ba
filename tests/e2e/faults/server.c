/*
 * See server.h: connections, sessions and rules. How an answer goes wrong stands in answer.c.
 */
#define _DEFAULT_SOURCE

#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "media.h"

#define REQUEST_SIZE_MAX 16384
#define PATHS_MAX        64

typedef struct session {
    int variants;
    bool is_live;
    fault_rule rules[FAULT_RULES_MAX];
    int used[FAULT_RULES_MAX];
    double begin; /* first request, 0: none yet */
    char paths[PATHS_MAX][32];
    int path_counts[PATHS_MAX];
} session;

struct fault_server {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    pthread_t thread;
    int fd, port;
    int other_port;
    bool is_stopping, is_away;
    int connections;
    session sessions[FAULT_SESSIONS_MAX];
    int session_count;
};

typedef struct connection {
    fault_server *server;
    answer_socket socket;
} connection;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(bool is_good, const char *what)
{
    if (is_good)
        return;
    perror(what);
    exit(1);
}

bool answer_is_over(void *owner)
{
    fault_server *s = owner;
    pthread_mutex_lock(&s->lock);
    bool is_over = s->is_stopping || s->is_away;
    pthread_mutex_unlock(&s->lock);
    return is_over;
}

/* ---- sessions ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static void count_locked(session *n, const char *path)
{
    int i = 0;
    while (i < PATHS_MAX - 1 && n->paths[i][0] && strcmp(n->paths[i], path) != 0)
        i++;
    snprintf(n->paths[i], sizeof(n->paths[i]), "%s", path);
    n->path_counts[i]++;
}

/* The rule for a path; its times are counted down. */
static fault_rule take_rule_locked(session *n, const char *path)
{
    for (int i = 0; i < FAULT_RULES_MAX; i++) {
        const fault_rule *rule = &n->rules[i];
        if (!rule->path || !ends_with(path, rule->path))
            continue;
        int hit = n->used[i]++ - rule->after;
        if (hit >= 0 && (rule->times == 0 || hit < rule->times))
            return *rule;
    }
    return (fault_rule){.kind = FAULT_NONE};
}

static bool make_body(const session *n, const char *path, double seconds, ts_bytes *out, int *number)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (strcmp(path, "master.m3u8") == 0)
        media_master(out, n->variants);
    else if (strcmp(name, "list.m3u8") == 0 && n->is_live)
        media_live(out, seconds);
    else if (strcmp(name, "list.m3u8") == 0)
        media_recording(out);
    else if (strstr(name, ".ts") && name[0] >= '0' && name[0] <= '9')
        media_segment(out, *number = atoi(name));
    else
        return false;
    return true;
}

/* One request. False: the connection is of no use any more. */
static bool serve(connection *c, char *target)
{
    fault_server *s = c->server;
    char *end = NULL;
    target[strcspn(target, "?")] = '\0';
    long id = target[0] == '/' ? strtol(target + 1, &end, 10) : -1;
    bool is_known = id >= 0 && end && *end == '/';
    fault_rule rule = {.kind = FAULT_STATUS, .number = 404};
    answer_request request = {.socket = &c->socket, .port = s->port, .session = (int)id};
    ts_bytes body = {0};
    pthread_mutex_lock(&s->lock);
    request.other_port = s->other_port;
    if (is_known && id < s->session_count) {
        session *n = &s->sessions[id];
        if (n->begin <= 0)
            n->begin = seconds_now();
        count_locked(n, end + 1);
        rule = take_rule_locked(n, end + 1);
        if (!make_body(n, end + 1, seconds_now() - n->begin, &body, &request.number) &&
            rule.kind == FAULT_NONE)
            rule = (fault_rule){.kind = FAULT_STATUS, .number = 404};
    }
    pthread_mutex_unlock(&s->lock);
    request.is_text = strstr(target, ".m3u8") != NULL;
    bool is_open = answer_send(&request, &rule, &body);
    ts_bytes_free(&body);
    return is_open;
}

/* ---- connections ---- */

/* Reads one request head. False: none came. */
static bool read_head(connection *c, char *head)
{
    size_t used = 0;
    while (used < REQUEST_SIZE_MAX - 1) {
        struct pollfd waiting = {.fd = c->socket.fd, .events = POLLIN};
        if (answer_is_over(c->server))
            return false;
        if (poll(&waiting, 1, 100) <= 0)
            continue;
        ssize_t size = recv(c->socket.fd, head + used, REQUEST_SIZE_MAX - 1 - used, 0);
        if (size <= 0)
            return false;
        used += (size_t)size;
        head[used] = '\0';
        if (strstr(head, "\r\n\r\n"))
            return true;
    }
    return false;
}

static void *converse(void *user)
{
    connection *c = user;
    fault_server *s = c->server;
    char *head = malloc(REQUEST_SIZE_MAX);
    must(head != NULL, "malloc");
    while (read_head(c, head)) {
        char *target = strchr(head, ' ');
        char *end = target ? strchr(target + 1, ' ') : NULL;
        if (!end)
            break;
        *end = '\0';
        if (!serve(c, target + 1))
            break;
    }
    free(head);
    if (answer_is_over(s))
        answer_reset(&c->socket);
    else if (c->socket.fd >= 0)
        close(c->socket.fd);
    free(c);
    pthread_mutex_lock(&s->lock);
    s->connections--;
    pthread_cond_signal(&s->idle);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void begin_connection(fault_server *s, int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connection *c = calloc(1, sizeof(*c));
    must(c != NULL, "calloc");
    *c = (connection){.server = s, .socket = {.fd = fd, .owner = s}};
    pthread_mutex_lock(&s->lock);
    s->connections++;
    pthread_mutex_unlock(&s->lock);
    pthread_t thread;
    must(pthread_create(&thread, NULL, converse, c) == 0, "pthread_create");
    pthread_detach(thread);
}

static void open_port(fault_server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    int on = 1;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    must(bind(s->fd, (const struct sockaddr *)&address, size) == 0, "bind");
    must(listen(s->fd, 256) == 0, "listen");
    must(getsockname(s->fd, (struct sockaddr *)&address, &size) == 0, "getsockname");
    s->port = ntohs(address.sin_port);
}

static void close_port(fault_server *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static bool is_stopping(fault_server *s, bool *is_away)
{
    pthread_mutex_lock(&s->lock);
    bool result = s->is_stopping;
    *is_away = s->is_away;
    pthread_mutex_unlock(&s->lock);
    return result;
}

static void *listen_on(void *user)
{
    fault_server *s = user;
    bool is_away;
    while (!is_stopping(s, &is_away)) {
        if (is_away)
            close_port(s);
        else if (s->fd < 0)
            open_port(s);
        struct pollfd waiting = {.fd = s->fd, .events = POLLIN};
        if (poll(&waiting, 1, 50) <= 0)
            continue;
        int fd = accept(s->fd, NULL, NULL);
        if (fd >= 0)
            begin_connection(s, fd);
    }
    close_port(s);
    return NULL;
}

/* ---- the server ---- */

fault_server *fault_server_start(void)
{
    fault_server *s = calloc(1, sizeof(*s));
    must(s != NULL, "calloc");
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->idle, NULL);
    open_port(s);
    must(pthread_create(&s->thread, NULL, listen_on, s) == 0, "pthread_create");
    return s;
}

void fault_server_stop(fault_server **pointer)
{
    fault_server *s = *pointer;
    *pointer = NULL;
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->is_stopping = true;
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_mutex_lock(&s->lock);
    while (s->connections > 0)
        pthread_cond_wait(&s->idle, &s->lock);
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->idle);
    free(s);
}

void fault_server_set_away(fault_server *s, bool is_away)
{
    pthread_mutex_lock(&s->lock);
    s->is_away = is_away;
    pthread_mutex_unlock(&s->lock);
}

int fault_server_port(const fault_server *server)
{
    return server->port;
}

void fault_server_set_other(fault_server *server, const fault_server *other)
{
    server->other_port = other->port;
}

int fault_server_add(fault_server *s, int variants, bool is_live, const fault_rule *rules)
{
    pthread_mutex_lock(&s->lock);
    must(s->session_count < FAULT_SESSIONS_MAX, "sessions");
    session *n = &s->sessions[s->session_count];
    *n = (session){.variants = variants, .is_live = is_live};
    if (rules)
        memcpy(n->rules, rules, sizeof(n->rules));
    int id = s->session_count++;
    pthread_mutex_unlock(&s->lock);
    return id;
}

int fault_server_requests(fault_server *s, int id, const char *path)
{
    int count = 0;
    pthread_mutex_lock(&s->lock);
    const session *n = &s->sessions[id];
    for (int i = 0; i < PATHS_MAX; i++)
        if (n->paths[i][0] && (!path || ends_with(n->paths[i], path)))
            count += n->path_counts[i];
    pthread_mutex_unlock(&s->lock);
    return count;
}
