/*
 * HTTP over one curl multi handle: fetch requests come in, engine events go out (RFC 9110 for statuses,
 * ranges and Retry-After). Bytes are copied once, from libcurl's buffer into the refcounted one that travels
 * on to the decoder. libcurl keeps connections alive and speaks HTTP/2 where TLS offers it; http and https
 * only, also after a redirect. No policy: retries, low-speed limits and the number of transfers are the
 * engine's.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/curl/http.h"

#include <curl/curl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/curl/headers.h"
#include "host/curl/status.h"
#include "timeline/list.h"

/* How far a transfer is; it only moves down this list. */
typedef enum phase {
    PHASE_WAITING,   /* for the final response */
    PHASE_BODY,      /* a 2xx body is handed on */
    PHASE_DISCARD,   /* the body of an error is read away */
    PHASE_SATISFIED, /* all that was asked for is there; the rest is not read */
    PHASE_FAILED,    /* `failure` says why */
    PHASE_CANCELLED, /* removed as soon as libcurl allows */
} phase;

typedef struct transfer {
    struct transfer *next;
    az_http *http;
    CURL *easy;
    struct curl_slist *headers;
    uint64_t id;
    phase phase;
    aizu_result failure;
    const char *failure_text;
    uint64_t range_offset;
    uint64_t skip;      /* bytes of the body before what was asked for */
    uint64_t left;      /* bytes still to hand on, AZ_RANGE_OPEN: to the end */
    uint64_t discarded; /* of an error body */
    uint64_t room;      /* bytes that the body may still have: a little may unpack to a lot */
    char error[CURL_ERROR_SIZE];
} transfer;

struct az_http {
    CURLM *multi;
    az_http_config config;
    char *user_agent, *ca_file;
    az_headers *headers;
    transfer *transfers;
    size_t count;
    bool is_busy; /* transfers must not be removed now */
};

static void global_init(void)
{
    /* Its failure shows as failure of curl_multi_init() or of each transfer. */
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

aizu_result az_http_create(az_http **out, const az_http_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, global_init);
    *out = NULL;
    az_http *http = calloc(1, sizeof(*http));
    if (!http)
        return AIZU_E_MEMORY;
    http->config = *config;
    http->headers = az_headers_create();
    http->user_agent = strdup(config->user_agent);
    http->ca_file = config->ca_file ? strdup(config->ca_file) : NULL;
    if (!http->headers || !http->user_agent || (config->ca_file && !http->ca_file)) {
        az_http_destroy(&http);
        return AIZU_E_MEMORY;
    }
    http->multi = curl_multi_init();
    if (!http->multi) {
        az_http_destroy(&http);
        return AIZU_E_INTERNAL;
    }
    *out = http;
    return AIZU_OK;
}

/* Takes the transfer out of the list and frees it. Not from inside libcurl. */
static void remove_transfer(transfer *t)
{
    az_http *http = t->http;
    for (transfer **link = &http->transfers; *link; link = &(*link)->next) {
        if (*link == t) {
            *link = t->next;
            http->count--;
            break;
        }
    }
    if (t->easy) {
        curl_multi_remove_handle(http->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->headers);
    free(t);
}

void az_http_destroy(az_http **pointer)
{
    az_http *http = *pointer;
    *pointer = NULL;
    if (!http)
        return;
    while (http->transfers)
        remove_transfer(http->transfers);
    if (http->multi)
        curl_multi_cleanup(http->multi);
    az_headers_destroy(&http->headers);
    free(http->user_agent);
    free(http->ca_file);
    free(http);
}

aizu_result az_http_set_header(az_http *http, const char *line)
{
    return az_headers_set(http->headers, line);
}

static transfer *find(az_http *http, uint64_t id)
{
    transfer *t = http->transfers;
    while (t && (t->id != id || t->phase == PHASE_CANCELLED))
        t = t->next;
    return t;
}

static void send_event(const transfer *t, az_event *event)
{
    if (t->phase == PHASE_CANCELLED)
        return;
    event->fetch = t->id;
    event->time = t->http->config.now();
    t->http->config.event(t->http->config.user, event);
}

/* ---- the response ---- */

static int status_of(const transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static const char *header_of(const transfer *t, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

static void fail(transfer *t, aizu_result result, const char *text)
{
    t->phase = PHASE_FAILED;
    t->failure = result;
    t->failure_text = text;
}

static bool is_ranged(const transfer *t)
{
    return t->range_offset > 0 || t->left != AZ_RANGE_OPEN;
}

/* Where the body stands in the resource, and with it what is to skip and to hand on. */
static void place_body(transfer *t, int status)
{
    uint64_t begin = 0;
    const char *content_range = header_of(t, "Content-Range");
    if (is_ranged(t) && status == 206) {
        begin = t->range_offset;
        if (content_range && !az_http_content_range(content_range, &begin)) {
            fail(t, AIZU_E_TRANSFER, "the answer to a range request has a malformed Content-Range");
            return;
        }
    }
    if (begin > t->range_offset) {
        fail(t, AIZU_E_TRANSFER, "the answer to a range request begins behind the range");
        return;
    }
    t->skip = is_ranged(t) ? t->range_offset - begin : 0;
    t->phase = PHASE_BODY;
}

/* The bytes that will be handed on, -1 unknown. */
static int64_t body_size(const transfer *t)
{
    curl_off_t size = -1;
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    const char *encoding = header_of(t, "Content-Encoding");
    if (size < 0 || (encoding && strcasecmp(encoding, "identity") != 0))
        return -1;
    uint64_t after_skip = (uint64_t)size > t->skip ? (uint64_t)size - t->skip : 0;
    return (int64_t)AZ_MIN(after_skip, t->left);
}

/* Called once, when the headers of the final response are there. */
static void respond(transfer *t)
{
    int status = status_of(t);
    if (status >= 200 && status < 300)
        place_body(t, status);
    else
        t->phase = PHASE_DISCARD;
    char *url = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
    az_event event = {.type = AZ_EVENT_FETCH_RESPONSE, .http_status = status, .url = url ? url : ""};
    event.size = t->phase == PHASE_BODY ? body_size(t) : -1;
    send_event(t, &event);
}

/* ---- the body ---- */

/* Each piece in a buffer of its own size: nothing is held back, and what is kept wastes nothing. libcurl's
 * pieces are 16 KiB when the transfer is fast. */
static void hand_on(transfer *t, const uint8_t *bytes, size_t size)
{
    az_event event = {.type = AZ_EVENT_FETCH_DATA};
    if (size == 0)
        return;
    if (!az_slice_copy(&event.data, az_span_make(bytes, size))) {
        fail(t, AIZU_E_MEMORY, "out of memory");
        return;
    }
    send_event(t, &event);
    az_slice_unref(&event.data);
}

static void take_body(transfer *t, const uint8_t *bytes, size_t size)
{
    size_t skipped = (size_t)AZ_MIN(t->skip, size);
    t->skip -= skipped;
    size_t wanted = (size_t)AZ_MIN(t->left, size - skipped);
    hand_on(t, bytes + skipped, wanted);
    if (t->left != AZ_RANGE_OPEN)
        t->left -= wanted;
    if (t->left == 0 && t->phase == PHASE_BODY)
        t->phase = PHASE_SATISFIED;
}

/* libcurl's write callback. Another number than `size` ends the transfer, with CURLE_WRITE_ERROR. */
static size_t on_body(char *bytes, size_t one, size_t size, void *user)
{
    transfer *t = user;
    (void)one;
    if (t->phase == PHASE_WAITING)
        respond(t);
    switch (t->phase) {
    case PHASE_BODY:
        if (size > t->room) {
            fail(t, AIZU_E_LIMIT, "the body is too large");
            return 0;
        }
        t->room -= size;
        take_body(t, (const uint8_t *)bytes, size);
        break;
    case PHASE_DISCARD:
        t->discarded += size;
        return t->discarded <= AZ_HTTP_ERROR_BODY_MAX ? size : 0;
    case PHASE_SATISFIED: /* a whole resource for a range: the rest is not worth reading */
        return 0;
    case PHASE_WAITING:
    case PHASE_FAILED:
    case PHASE_CANCELLED:
        break;
    }
    return t->phase == PHASE_BODY || t->phase == PHASE_SATISFIED ? size : 0;
}

/* ---- the end ---- */

static void send_end(transfer *t, aizu_result result, const char *detail)
{
    az_event event = {.type = AZ_EVENT_FETCH_END, .result = result, .detail = detail};
    event.http_status = t->easy ? status_of(t) : 0;
    curl_off_t retry_after = 0;
    if (t->easy && result != AIZU_OK)
        curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0)
        event.retry_after = AZ_MIN(retry_after, AZ_HTTP_RETRY_AFTER_NS_MAX / AIZU_SECOND) * AIZU_SECOND;
    send_event(t, &event);
}

/* What came of a transfer that libcurl has ended. */
static aizu_result outcome(const transfer *t, CURLcode code, const char **detail)
{
    int status = status_of(t);
    *detail = NULL;
    if (t->phase == PHASE_FAILED) {
        *detail = t->failure_text;
        return t->failure;
    }
    if (t->phase == PHASE_DISCARD)
        return az_http_status_result(status);
    if (t->phase == PHASE_SATISFIED)
        return AIZU_OK;
    if (code == CURLE_OK && t->phase == PHASE_BODY &&
        (t->skip > 0 || (t->left > 0 && t->left != AZ_RANGE_OPEN))) {
        *detail = "the resource ends before the byte range does";
        return AIZU_E_TRANSFER;
    }
    if (code != CURLE_OK)
        *detail = t->error[0] ? t->error : curl_easy_strerror(code);
    /* libcurl says so too of an answer that is not HTTP; the scheme was refused only if nothing was asked */
    long asked = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &asked);
    if (code == CURLE_UNSUPPORTED_PROTOCOL && asked > 0 && status == 0)
        return AIZU_E_TRANSFER;
    return az_http_curl_result(code, status);
}

static void finish(transfer *t, CURLcode code)
{
    if (t->phase == PHASE_WAITING && code == CURLE_OK)
        respond(t);
    const char *detail;
    aizu_result result = outcome(t, code, &detail);
    send_end(t, result, detail);
    remove_transfer(t);
}

/* ---- requests ---- */

/* Playlists and texts are sent compressed; media is compressed already and its length is wanted. */
static bool is_text(const char *url)
{
    static const char *const endings[] = {".m3u8", ".m3u", ".mpd", ".vtt", ".ttml", ".xml", ".json"};
    size_t end = strcspn(url, "?#");
    for (size_t i = 0; i < AZ_COUNT(endings); i++) {
        size_t size = strlen(endings[i]);
        if (end >= size && strncasecmp(url + end - size, endings[i], size) == 0)
            return true;
    }
    return false;
}

static bool set_transport_options(CURL *easy)
{
    bool ok = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)AZ_HTTP_REDIRECTS_MAX) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)AZ_HTTP_CONNECT_MS_MAX) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    /* Otherwise a cancel waits for the resolver's thread, seconds long without a network. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    return ok;
}

static bool set_request_options(transfer *t, const char *url)
{
    az_http *http = t->http;
    CURL *easy = t->easy;
    t->room = UINT64_MAX;
    bool ok = curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
    if (http->ca_file)
        ok = ok && curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file) == CURLE_OK;
    if (is_ranged(t)) {
        char range[64];
        uint64_t last = t->range_offset + AZ_MIN(t->left - 1, UINT64_MAX - t->range_offset);
        if (t->left != AZ_RANGE_OPEN)
            snprintf(range, sizeof(range), "%llu-%llu", (unsigned long long)t->range_offset,
                     (unsigned long long)last);
        else
            snprintf(range, sizeof(range), "%llu-", (unsigned long long)t->range_offset);
        ok = ok && curl_easy_setopt(easy, CURLOPT_RANGE, range) == CURLE_OK;
    } else if (is_text(url)) {
        t->room = AZ_HTTP_TEXT_SIZE_MAX;
        ok = ok && curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "") == CURLE_OK;
    }
    return ok;
}

void az_http_fetch(az_http *http, uint64_t id, const char *url, uint64_t range_offset, uint64_t range_size)
{
    transfer none = {.http = http, .id = id};
    transfer *t = calloc(1, sizeof(*t));
    if (!t) {
        send_end(&none, AIZU_E_MEMORY, "out of memory");
        return;
    }
    *t = (transfer){.http = http, .id = id, .range_offset = range_offset};
    t->left = range_size > 0 ? range_size : AZ_RANGE_OPEN;
    t->easy = curl_easy_init();
    if (!t->easy || !az_headers_copy(http->headers, &t->headers) || !set_transport_options(t->easy) ||
        !set_request_options(t, url) || curl_multi_add_handle(http->multi, t->easy) != CURLM_OK) {
        if (t->easy)
            curl_easy_cleanup(t->easy);
        curl_slist_free_all(t->headers);
        free(t);
        send_end(&none, AIZU_E_MEMORY, "the request cannot be set up");
        return;
    }
    t->next = http->transfers;
    http->transfers = t;
    http->count++;
    char shown[256];
    az_log_url(shown, sizeof(shown), url);
    az_log_printf(&http->config.log, AZ_LOG_DEBUG, "http", "fetch %llu: GET %s", (unsigned long long)id,
                  shown);
}

static void remove_cancelled(az_http *http)
{
    for (transfer *t = http->transfers, *next; t; t = next) {
        next = t->next;
        if (t->phase == PHASE_CANCELLED)
            remove_transfer(t);
    }
}

void az_http_cancel(az_http *http, uint64_t id)
{
    transfer *t = find(http, id);
    if (!t)
        return;
    t->phase = PHASE_CANCELLED;
    if (!http->is_busy)
        remove_transfer(t);
}

void az_http_pause(az_http *http, uint64_t id)
{
    transfer *t = find(http, id);
    if (t)
        curl_easy_pause(t->easy, CURLPAUSE_RECV);
}

void az_http_resume(az_http *http, uint64_t id)
{
    transfer *t = find(http, id);
    if (!t)
        return;
    bool was_busy = http->is_busy;
    http->is_busy = true; /* held bytes come out of this call */
    curl_easy_pause(t->easy, CURLPAUSE_CONT);
    http->is_busy = was_busy;
    if (!was_busy)
        remove_cancelled(http);
}

/* ---- the loop ---- */

/* Ends what libcurl has ended. */
static void finish_done(az_http *http)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finish((transfer *)(void *)private, code);
    }
}

/* Where a server sends the whole resource in place of a range, its rest is not waited for. */
static void finish_satisfied(az_http *http)
{
    for (transfer *t = http->transfers, *next; t; t = next) {
        next = t->next;
        if (t->phase == PHASE_SATISFIED && status_of(t) == 200)
            finish(t, CURLE_OK);
    }
}

void az_http_run(az_http *http)
{
    if (http->count == 0)
        return;
    int running;
    http->is_busy = true;
    curl_multi_perform(http->multi, &running);
    finish_done(http);
    finish_satisfied(http);
    http->is_busy = false;
    remove_cancelled(http);
}

void az_http_wait(az_http *http, struct pollfd *fds, size_t count, int timeout_ms)
{
    AZ_ASSERT(count <= AZ_HTTP_WAIT_FDS_MAX);
    if (http->count == 0) {
        poll(fds, (nfds_t)count, timeout_ms);
        return;
    }
    struct curl_waitfd extra[AZ_HTTP_WAIT_FDS_MAX];
    for (size_t i = 0; i < count; i++)
        extra[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = CURL_WAIT_POLLIN};
    if (timeout_ms < 0)
        timeout_ms = INT_MAX;
    curl_multi_poll(http->multi, extra, (unsigned)count, timeout_ms, NULL);
    for (size_t i = 0; i < count; i++)
        fds[i].revents = extra[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0;
}

size_t az_http_count(const az_http *http)
{
    return http->count;
}
