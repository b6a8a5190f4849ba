/*
 * libcurl's codes, HTTP statuses and the Content-Range header, turned into aizu's results; see status.h.
 */
#define _POSIX_C_SOURCE 200809L

#include "host/curl/status.h"

#include <strings.h>

aizu_result az_http_status_result(int status)
{
    if (status >= 200 && status < 300)
        return AIZU_OK;
    switch (status) {
    case 401:
    case 403:
        return AIZU_E_FORBIDDEN;
    case 404:
    case 410:
        return AIZU_E_NOT_FOUND;
    case 429:
        return AIZU_E_THROTTLED;
    }
    return AIZU_E_HTTP;
}

aizu_result az_http_curl_result(CURLcode code, int status)
{
    bool is_redirected = status >= 300 && status < 400;
    switch ((int)code) {
    case CURLE_OK:
        return az_http_status_result(status);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return AIZU_E_RESOLVE;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return AIZU_E_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return AIZU_E_STALLED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return AIZU_E_TLS;
    case CURLE_TOO_MANY_REDIRECTS:
        return AIZU_E_REDIRECT;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return is_redirected ? AIZU_E_REDIRECT : AIZU_E_SCHEME;
    case CURLE_OUT_OF_MEMORY:
        return AIZU_E_MEMORY;
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
        return AIZU_E_INTERNAL;
    }
    return AIZU_E_TRANSFER; /* reset, cut short, or bytes that are not HTTP */
}

bool az_http_content_range(const char *value, uint64_t *begin)
{
    if (strncasecmp(value, "bytes ", 6) != 0)
        return false;
    const char *at = value + 6;
    while (*at == ' ')
        at++;
    uint64_t number = 0;
    const char *digits = at;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (number > (UINT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    if (at == digits || *at != '-')
        return false;
    *begin = number;
    return true;
}
