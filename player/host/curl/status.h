/*
 * What libcurl's codes and HTTP's answers mean to aizu. Pure.
 */
#ifndef AZ_HOST_CURL_STATUS_H
#define AZ_HOST_CURL_STATUS_H

#include <curl/curl.h>

#include "base/base.h"

/* Of a final response's status (RFC 9110, 15). */
aizu_result az_http_status_result(int status);

/* Of a transfer's end; `status` is that of the last response, 0 when there was none. */
aizu_result az_http_curl_result(CURLcode code, int status);

/* "bytes 5-9/100" (RFC 9110, 14.4): the first byte's offset. */
AZ_NODISCARD bool az_http_content_range(const char *value, uint64_t *begin);

#endif
