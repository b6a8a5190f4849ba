/*
 * HTTP for the engine: GET requests by id over one curl multi handle; what arrives comes out as engine
 * events.
 *
 * All functions on one thread (the engine's) but for az_http_set_header(). Events come out of az_http_run(),
 * az_http_resume() and az_http_fetch() through `config.event`, for one fetch always in this order: at most
 * one FETCH_RESPONSE, any number of FETCH_DATA (2xx only), exactly one FETCH_END unless it was cancelled.
 * From inside `event` only cancel, pause and resume may be called.
 */
#ifndef AZ_HOST_CURL_HTTP_H
#define AZ_HOST_CURL_HTTP_H

#include <poll.h>

#include "base/log.h"
#include "engine/engine.h"

#define AZ_HTTP_REDIRECTS_MAX  10
#define AZ_HTTP_CONNECT_MS_MAX 10000 /* to resolve, connect and shake hands */
#define AZ_HTTP_ERROR_BODY_MAX                                                   \
    65536 /* bytes of a non-2xx body read to keep the connection, then it is cut \
           */
#define AZ_HTTP_TEXT_SIZE_MAX      ((uint64_t)34 << 20) /* of a body that may come compressed, unpacked */
#define AZ_HTTP_RETRY_AFTER_NS_MAX (3600 * AIZU_SECOND)
#define AZ_HTTP_WAIT_FDS_MAX       4

typedef struct az_http az_http;

typedef struct az_http_config {
    void (*event)(void *user, const az_event *event); /* pointers in the event live during the call */
    void *user;
    int64_t (*now)(void);   /* for az_event.time */
    const char *user_agent; /* copied */
    const char *ca_file;    /* NULL: the system's certificates; copied */
    az_log log;
} az_http_config;

/* AIZU_E_MEMORY; AIZU_E_INTERNAL when libcurl cannot start. */
AZ_NODISCARD aizu_result az_http_create(az_http **http, const az_http_config *config);

/* Breaks off what runs, without events. Does not wait for the network. */
void az_http_destroy(az_http **http);

/* See az_headers_set(). Any thread. */
AZ_NODISCARD aizu_result az_http_set_header(az_http *http, const char *line);

/*
 * Starts a GET. range_size 0 or AZ_RANGE_OPEN: from the offset to the end, which from 0 on is the whole
 * resource, asked for without a range. A server that ignores the range is borne: bytes around it are dropped.
 * Failure to start is a FETCH_END event too. Ids are not used twice.
 *
 * A server may take its time: once connected there is no time-out here, neither for the answer nor between
 * its bytes. Requests that are held back (blocking reloads, preload hints) hold up no other.
 */
void az_http_fetch(az_http *http, uint64_t id, const char *url, uint64_t range_offset, uint64_t range_size);

/* No event of the fetch follows. Unknown ids are ignored, as in the next two. */
void az_http_cancel(az_http *http, uint64_t id);

/* Stops and goes on with reading; what libcurl holds already may come out of resume. */
void az_http_pause(az_http *http, uint64_t id);
void az_http_resume(az_http *http, uint64_t id);

/* Moves the transfers on as far as the sockets allow. */
void az_http_run(az_http *http);

/* Waits until a socket wants az_http_run(), one of `fds` is ready (revents are set), or the time is over; -1
 * for no time-out. count <= AZ_HTTP_WAIT_FDS_MAX. */
void az_http_wait(az_http *http, struct pollfd *fds, size_t count, int timeout_ms);

/* Transfers under way. */
size_t az_http_count(const az_http *http);

#endif
