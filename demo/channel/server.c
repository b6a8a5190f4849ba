/*
 * Requests to answers; see server.h. The shapes of PutMetadata's errors are those of Amazon IVS's API: the
 * name in the header x-amzn-ErrorType, the words in "exceptionMessage".
 */
#include "server.h"

#include "limit.h"
#include "log.h"
#include "parked.h"
#include "transfers.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BODY_SIZE_MAX     ((size_t)16 * 1024) /* 1 KB of payload, each byte escaped, and its wrapping */
#define BODY_IGNORED_MAX  ((size_t)1 << 20)   /* a longer one is cut off without an answer */
#define CHANNEL_ARN_MAX   256
#define CONNECTIONS_MAX   10000
#define DESCRIPTORS_KEPT  64 /* for all but connections */
#define IDLE_SECONDS_MAX  15
#define ANSWER_SECONDS    60 /* and as long as segments take to grow: more than any answer needs */
#define CONNECTION_MEMORY ((size_t)8 * 1024)
#define THREADS           2
#define PARKED_MAX        2000 /* requests that wait for what is still to come */
#define WAIT_TARGETS      3    /* target durations that they wait (rfc8216bis 6.2.5.2) */
#define CACHED_TARGETS    6    /* target durations that an answer to a blocking reload may be kept */
#define GROWING_BLOCK     ((size_t)16 * 1024)
#define NS_PER_SECOND     INT64_C(1000000000)
#define TYPE_JSON         "application/json"
#define TYPE_HTML         "text/html; charset=utf-8"

struct ch_server {
    ch_server_settings settings;
    struct MHD_Daemon *daemon;
    pthread_mutex_t limit_mutex;
    ch_limit limit;
    ch_parked *parked;
    ch_transfers *transfers;
    int64_t started_ns;
};

typedef struct request {
    ch_bytes body;
    size_t size;  /* received, kept or not */
    ch_wait wait; /* until_ns is 0 where it has not waited; its blob has a reference */
    ch_transfer transfer;
} request;

/* A blob that is sent while it grows. */
typedef struct growing {
    ch_server *server;
    ch_blob *blob; /* with a reference */
    ch_wait wait;
} growing;

static void add_headers(struct MHD_Response *r, const char *type, const char *cache)
{
    if (type)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    MHD_add_response_header(r, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    MHD_add_response_header(r, "Access-Control-Expose-Headers", "Date, ETag, x-amzn-ErrorType");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
}

/* Sends and lets go of the response; NULL closes the connection. */
static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status,
                                     struct MHD_Response *r)
{
    if (!r)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(connection, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result send_static(struct MHD_Connection *connection, unsigned status, const char *type,
                                   const char *text)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (r)
        add_headers(r, type, "no-store");
    return send_response(connection, status, r);
}

/* A JSON object, which is let go of. `error` names it for x-amzn-ErrorType; NULL when it is none. */
static enum MHD_Result send_json(struct MHD_Connection *connection, unsigned status, json_t *object,
                                 const char *error)
{
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(10)) : NULL;
    json_decref(object);
    if (!text)
        return MHD_NO;
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(text);
        return MHD_NO;
    }
    add_headers(r, TYPE_JSON, "no-store");
    if (error)
        MHD_add_response_header(r, "x-amzn-ErrorType", error);
    return send_response(connection, status, r);
}

static enum MHD_Result send_error(struct MHD_Connection *connection, unsigned status, const char *error,
                                  const char *message)
{
    return send_json(connection, status, json_pack("{s:s}", "exceptionMessage", message), error);
}

static enum MHD_Result send_not_allowed(struct MHD_Connection *connection, const char *allowed)
{
    static const char text[] = "{\"exceptionMessage\":\"method not allowed\"}";
    struct MHD_Response *r =
        MHD_create_response_from_buffer(sizeof(text) - 1, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (r) {
        add_headers(r, TYPE_JSON, "no-store");
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, allowed);
    }
    return send_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED, r);
}

/* A page of another origin asks whether it may; it may. */
static enum MHD_Result send_preflight(struct MHD_Connection *connection)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (r) {
        add_headers(r, NULL, "no-store");
        MHD_add_response_header(r, "Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS");
        MHD_add_response_header(r, "Access-Control-Allow-Headers", "*");
        MHD_add_response_header(r, "Access-Control-Max-Age", "600");
    }
    return send_response(connection, MHD_HTTP_NO_CONTENT, r);
}

static void release_blob(void *blob)
{
    ch_blob_unref(blob);
}

/* Whether If-None-Match names the blob (RFC 9110 13.1.2). */
static bool is_known(struct MHD_Connection *connection, const ch_blob *blob)
{
    const char *known =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
    return known && (strcmp(known, "*") == 0 || strstr(known, blob->etag));
}

/* Lets go of the blob once it is sent; `cache` NULL: as the blob says. */
static enum MHD_Result send_blob(struct MHD_Connection *connection, ch_blob *blob, const char *cache)
{
    bool known = is_known(connection, blob); /* then only the headers go out */
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback_cls(
        blob->size, (void *)(uintptr_t)blob->data, release_blob, blob);
    if (!r) {
        ch_blob_unref(blob);
        return MHD_NO;
    }
    add_headers(r, blob->content_type, cache ? cache : blob->cache);
    MHD_add_response_header(r, MHD_HTTP_HEADER_ETAG, blob->etag);
    return send_response(connection, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, r);
}

static int64_t wait_until_ns(const ch_server *s)
{
    return ch_parked_now_ns() + WAIT_TARGETS * ch_ll_target_seconds(s->settings.ll) * NS_PER_SECOND;
}

/* Parks the connection of a blob that has nothing from `position` on. False: look again. */
static bool park_growing(growing *g, size_t position, ssize_t *result)
{
    if (g->wait.until_ns == 0 || g->wait.size != position)
        g->wait.until_ns = wait_until_ns(g->server);
    g->wait.blob = g->blob;
    g->wait.size = position;
    *result = MHD_CONTENT_READER_END_WITH_ERROR;
    if (ch_parked_now_ns() >= g->wait.until_ns)
        return true;
    switch (ch_parked_add(g->server->parked, &g->wait)) {
    case CH_PARK_PARKED:
        *result = 0;
        return true;
    case CH_PARK_REFUSED:
        return true;
    case CH_PARK_GO_ON:
        break;
    }
    return false;
}

/* What there is from `position` on. */
static ssize_t read_growing(void *user, uint64_t position, char *out, size_t max)
{
    growing *g = user;
    ssize_t result = 0;
    for (;;) {
        ch_blob_state state = ch_blob_state_of(g->blob);
        size_t size = ch_store_read(g->server->settings.store, g->blob, (size_t)position, out, max);
        if (size)
            return (ssize_t)size;
        if (state == CH_BLOB_WHOLE)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (state == CH_BLOB_WITHDRAWN)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (park_growing(g, (size_t)position, &result))
            return result;
    }
}

static void release_growing(void *user)
{
    growing *g = user;
    ch_blob_unref(g->blob);
    free(g);
}

/* In chunks, as it is produced. */
static enum MHD_Result send_growing(ch_server *s, struct MHD_Connection *connection, ch_blob *blob)
{
    growing *g = malloc(sizeof(*g));
    struct MHD_Response *r = NULL;
    if (g) {
        *g = (growing){.server = s, .blob = blob, .wait = {.connection = connection}};
        r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, GROWING_BLOCK, read_growing, g,
                                              release_growing);
    }
    if (!r) {
        free(g);
        ch_blob_unref(blob);
        return MHD_NO;
    }
    add_headers(r, blob->content_type, blob->cache);
    return send_response(connection, MHD_HTTP_OK, r);
}

static enum MHD_Result send_busy(struct MHD_Connection *connection, const char *message)
{
    return send_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "ServiceUnavailableException", message);
}

/* Parks the request with its wait. `*answer` is then what the handler gives back; false: look again. */
static bool park(ch_server *s, struct MHD_Connection *connection, request *q, enum MHD_Result *answer)
{
    if (q->wait.until_ns == 0)
        q->wait.until_ns = wait_until_ns(s);
    else if (ch_parked_now_ns() >= q->wait.until_ns) {
        *answer = send_busy(connection, "it did not come in time");
        return true;
    }
    q->wait.connection = connection;
    switch (ch_parked_add(s->parked, &q->wait)) {
    case CH_PARK_PARKED:
        *answer = MHD_YES;
        return true;
    case CH_PARK_REFUSED:
        *answer = send_busy(connection, "too many requests wait already");
        return true;
    case CH_PARK_GO_ON:
        break;
    }
    return false;
}

static void forget_blob(request *q)
{
    ch_blob_unref(q->wait.blob);
    q->wait.blob = NULL;
}

/* Segments, parts and all else that has a path in the store. */
static enum MHD_Result answer_blob(ch_server *s, struct MHD_Connection *connection, request *q,
                                   const char *path)
{
    enum MHD_Result answer = MHD_NO;
    ch_blob *blob = q->wait.blob; /* it has waited for this one */
    if (!blob)
        blob = ch_store_get(s->settings.store, path);
    q->wait.blob = blob;
    q->wait.size = 0;
    while (blob && ch_blob_state_of(blob) == CH_BLOB_PROMISED) {
        if (park(s, connection, q, &answer))
            return answer;
    }
    q->wait.blob = NULL;
    switch (blob ? ch_blob_state_of(blob) : CH_BLOB_WITHDRAWN) {
    case CH_BLOB_GROWING:
        return send_growing(s, connection, blob);
    case CH_BLOB_WHOLE:
        return send_blob(connection, blob, NULL);
    case CH_BLOB_PROMISED:
    case CH_BLOB_WITHDRAWN:
        break;
    }
    ch_blob_unref(blob);
    return send_error(connection, MHD_HTTP_NOT_FOUND, "ResourceNotFoundException",
                      "there is no such thing here");
}

static const char *argument(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

/* A low-latency playlist. An answer to a directive never grows old: it holds what was asked for. */
static enum MHD_Result answer_playlist(ch_server *s, struct MHD_Connection *connection, request *q)
{
    enum MHD_Result answer = MHD_NO;
    ch_blob *blob = NULL;
    char cache[48];
    if (!ch_ll_query_parse(&q->wait.query, argument(connection, "_HLS_msn"),
                           argument(connection, "_HLS_part"), argument(connection, "_HLS_skip")))
        return send_error(connection, MHD_HTTP_BAD_REQUEST, "ValidationException",
                          "directives make no sense");
    q->wait.ll = s->settings.ll;
    for (;;) {
        switch (ch_ll_ask(s->settings.ll, q->wait.rendition, &q->wait.query, &blob)) {
        case CH_LL_READY:
            snprintf(cache, sizeof(cache), "public, max-age=%d",
                     (int)(CACHED_TARGETS * ch_ll_target_seconds(s->settings.ll)));
            return send_blob(connection, blob, q->wait.query.sequence >= 0 ? cache : NULL);
        case CH_LL_WRONG:
            return send_error(connection, MHD_HTTP_BAD_REQUEST, "ValidationException",
                              "that is too far ahead");
        case CH_LL_FAILED:
            return MHD_NO;
        case CH_LL_WAIT:
            if (park(s, connection, q, &answer))
                return answer;
        }
    }
}

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static enum MHD_Result send_health(ch_server *s, struct MHD_Connection *connection)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    size_t count, size_bytes;
    ch_store_totals(s->settings.store, &count, &size_bytes);
    json_t *health = json_pack("{s:s, s:I, s:I, s:I, s:f, s:f, s:I, s:I}", "status", "ok", "frames",
                               (json_int_t)atomic_load(&s->settings.counters->frames), "segments",
                               (json_int_t)atomic_load(&s->settings.counters->segments), "cues",
                               (json_int_t)atomic_load(&s->settings.counters->cues), "uptime",
                               (double)(ch_parked_now_ns() - s->started_ns) / 1e9, "cpu",
                               seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime), "stored_files",
                               (json_int_t)count, "stored_bytes", (json_int_t)size_bytes);
    return send_json(connection, MHD_HTTP_OK, health, NULL);
}

/* Checks the body of PutMetadata. NULL when it is sound, with *metadata pointing into it, else what is wrong.
 */
static const char *check_put(json_t *body, const char **metadata, size_t *size)
{
    if (!json_is_object(body))
        return "the body must be a JSON object";
    json_t *arn = json_object_get(body, "channelArn");
    json_t *text = json_object_get(body, "metadata");
    if (!json_is_string(arn) || json_string_length(arn) == 0)
        return "channelArn must be a string that is not empty";
    if (json_string_length(arn) > CHANNEL_ARN_MAX)
        return "channelArn is too long";
    if (!json_is_string(text) || json_string_length(text) == 0)
        return "metadata must be a string that is not empty";
    if (json_string_length(text) > CH_CUE_SIZE_MAX)
        return "metadata must not be longer than 1024 bytes";
    *metadata = json_string_value(text);
    *size = json_string_length(text);
    return NULL;
}

static bool take_permit(ch_server *s)
{
    pthread_mutex_lock(&s->limit_mutex);
    bool ok = ch_limit_take(&s->limit, ch_parked_now_ns());
    pthread_mutex_unlock(&s->limit_mutex);
    return ok;
}

static enum MHD_Result put_metadata(ch_server *s, struct MHD_Connection *connection, const request *q)
{
    if (q->size > BODY_SIZE_MAX)
        return send_error(connection, MHD_HTTP_CONTENT_TOO_LARGE, "ValidationException",
                          "the body is too long");
    if (q->body.failed)
        return MHD_NO;
    /* Strings with U+0000 and invalid UTF-8 are refused here. */
    json_t *body = json_loadb((const char *)q->body.data, q->body.size, JSON_REJECT_DUPLICATES, NULL);
    const char *metadata = NULL;
    size_t size = 0;
    const char *wrong = body ? check_put(body, &metadata, &size) : "the body is not valid JSON";
    enum MHD_Result result;
    if (wrong)
        result = send_error(connection, MHD_HTTP_BAD_REQUEST, "ValidationException", wrong);
    else if (!take_permit(s) || !ch_cues_push(s->settings.cues, metadata, size))
        result =
            send_error(connection, MHD_HTTP_TOO_MANY_REQUESTS, "ThrottlingException", "too many requests");
    else
        result = send_static(connection, MHD_HTTP_NO_CONTENT, NULL, "");
    json_decref(body);
    return result;
}

static enum MHD_Result answer_get(ch_server *s, struct MHD_Connection *connection, request *q,
                                  const char *path)
{
    if (strcmp(path, "/") == 0)
        return send_static(connection, MHD_HTTP_OK, TYPE_HTML, ch_page);
    if (strcmp(path, "/health") == 0)
        return send_health(s, connection);
    if (ch_ll_find(s->settings.ll, path, &q->wait.rendition))
        return answer_playlist(s, connection, q);
    return answer_blob(s, connection, q, path);
}

static bool announces_too_much(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > BODY_SIZE_MAX;
}

/* Collects the body; false: it goes on for too long. */
static bool take_body(request *q, const char *data, size_t size)
{
    q->size += size;
    if (q->size <= BODY_SIZE_MAX)
        ch_bytes_append(&q->body, data, size);
    return q->size <= BODY_IGNORED_MAX;
}

/* Called once when the headers are there, for each piece of the body, once at its end, and after it was
 * parked.
 */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **state)
{
    (void)version;
    ch_server *s = user;
    request *q = *state;
    bool is_put = strcmp(path, "/PutMetadata") == 0;
    bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (!q) {
        q = calloc(1, sizeof(*q));
        if (!q)
            return MHD_NO;
        *state = q;
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        ch_transfers_begin(s->transfers, &q->transfer, info ? info->connect_fd : -1, ch_parked_now_ns());
        if (announces_too_much(connection))
            return send_error(connection, MHD_HTTP_CONTENT_TOO_LARGE, "ValidationException",
                              "the body is too long");
        return MHD_YES;
    }
    if (*data_size) {
        bool goes_on = take_body(q, data, *data_size);
        *data_size = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    if (strcmp(method, "OPTIONS") == 0)
        return send_preflight(connection);
    if (is_put)
        return strcmp(method, "POST") == 0 ? put_metadata(s, connection, q)
                                           : send_not_allowed(connection, "POST, OPTIONS");
    return is_get ? answer_get(s, connection, q, path) : send_not_allowed(connection, "GET, HEAD, OPTIONS");
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    (void)connection;
    (void)why;
    ch_server *s = user;
    request *q = *state;
    *state = NULL;
    if (!q)
        return;
    ch_transfers_end(s->transfers, &q->transfer);
    ch_bytes_deinit(&q->body);
    forget_blob(q);
    free(q);
}

/* The library's own words about clients that went away are not for the terminal. */
static void drop_log(void *user, const char *format, va_list args)
{
    (void)user;
    (void)format;
    (void)args;
}

/* As many as the process may have descriptors for: idle connections then do not keep viewers out soon. */
static unsigned connections_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return CONNECTIONS_MAX / 100;
    rlim_t wanted = CONNECTIONS_MAX + DESCRIPTORS_KEPT;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted)
        return CONNECTIONS_MAX;
    return limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? (unsigned)limit.rlim_cur - DESCRIPTORS_KEPT
                                                 : DESCRIPTORS_KEPT;
}

static bool start(ch_server *s, const struct sockaddr_in *address)
{
    s->daemon = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, s->settings.port, NULL, NULL, on_request, s,
        MHD_OPTION_EXTERNAL_LOGGER, drop_log, NULL, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_CONNECTION_LIMIT, connections_max(),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_MEMORY, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_END);
    return s->daemon != NULL;
}

ch_server *ch_server_create(const ch_server_settings *settings)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(settings->port)};
    if (inet_pton(AF_INET, settings->bind, &address.sin_addr) != 1) {
        ch_error("--bind: \"%s\" is not an IPv4 address", settings->bind);
        return NULL;
    }
    ch_server *s = calloc(1, sizeof(*s));
    if (!s || pthread_mutex_init(&s->limit_mutex, NULL)) {
        free(s);
        ch_error("out of memory");
        return NULL;
    }
    s->settings = *settings;
    s->started_ns = ch_parked_now_ns();
    ch_limit_init(&s->limit, settings->put_rate);
    s->parked = ch_parked_create(ch_store_bell(settings->store), PARKED_MAX);
    int64_t answer_seconds = ANSWER_SECONDS + 2 * WAIT_TARGETS * ch_ll_target_seconds(settings->ll);
    s->transfers = ch_transfers_create(answer_seconds * NS_PER_SECOND);
    if (!s->parked || !s->transfers) {
        ch_error("no thread or no memory");
        ch_server_destroy(&s);
    } else if (!start(s, &address)) {
        ch_error("port %u of %s cannot be listened on", (unsigned)settings->port, settings->bind);
        ch_server_destroy(&s);
    }
    return s;
}

void ch_server_destroy(ch_server **pointer)
{
    ch_server *s = *pointer;
    *pointer = NULL;
    if (!s)
        return;
    if (s->parked)
        ch_parked_stop(s->parked);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    ch_parked_destroy(&s->parked);
    ch_transfers_destroy(&s->transfers);
    pthread_mutex_destroy(&s->limit_mutex);
    free(s);
}

uint16_t ch_server_port(const ch_server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : s->settings.port;
}
