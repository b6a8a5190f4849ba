/*
 * The request headers of one player: set by the application on any thread, sent with each request.
 */
#ifndef AZ_HOST_CURL_HEADERS_H
#define AZ_HOST_CURL_HEADERS_H

#include <curl/curl.h>

#include "base/base.h"

typedef struct az_headers az_headers;

az_headers *az_headers_create(void); /* NULL when out of memory */
void az_headers_destroy(az_headers **headers);

/*
 * A line "Name: value": replaces the line of the same name; "Name:" removes it. Copied. Any thread.
 * AIZU_E_ARGUMENT: no name, control characters, too long, or a name that the transport owns (Range,
 * Accept-Encoding, Content-Length, Transfer-Encoding). AIZU_E_LIMIT past AIZU_HEADERS_MAX.
 */
AZ_NODISCARD aizu_result az_headers_set(az_headers *headers, const char *line);

/* A copy of all lines; the caller frees it with curl_slist_free_all(). False when out of memory. Any thread.
 */
AZ_NODISCARD bool az_headers_copy(az_headers *headers, struct curl_slist **out);

#endif
