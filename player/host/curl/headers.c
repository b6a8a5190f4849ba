/*
 * Request headers: "Name: value" lines come in from the application, a curl list of copies goes out for each
 * request. A lock guards the list, because the application's threads set and the engine thread reads.
 * Names are tokens (RFC 9110, 5.6.2) and compare without case; values hold no control characters (5.5).
 */
#define _POSIX_C_SOURCE 200809L

#include "host/curl/headers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aizu/player.h"

struct az_headers {
    pthread_mutex_t lock;
    char *lines[AIZU_HEADERS_MAX];
    size_t count;
};

/* They decide what arrives; one that the application sent would make the answer unreadable. */
static const char *const owned_names[] = {"Range", "Accept-Encoding", "Content-Length", "Transfer-Encoding"};

az_headers *az_headers_create(void)
{
    az_headers *headers = calloc(1, sizeof(*headers));
    if (headers && pthread_mutex_init(&headers->lock, NULL)) {
        free(headers);
        headers = NULL;
    }
    return headers;
}

void az_headers_destroy(az_headers **pointer)
{
    az_headers *headers = *pointer;
    *pointer = NULL;
    if (!headers)
        return;
    for (size_t i = 0; i < headers->count; i++)
        free(headers->lines[i]);
    pthread_mutex_destroy(&headers->lock);
    free(headers);
}

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

/* The length of the name, 0 when the line is not one that may be sent. */
static size_t check_line(const char *line)
{
    size_t name_size = 0;
    while (is_token_char(line[name_size]))
        name_size++;
    if (line[name_size] != ':')
        return 0;
    size_t size = name_size;
    for (; line[size]; size++) {
        unsigned char c = (unsigned char)line[size];
        if ((c < 0x20 && c != '\t') || c == 0x7f || size >= AIZU_HEADER_SIZE_MAX)
            return 0;
    }
    for (size_t i = 0; i < AZ_COUNT(owned_names); i++)
        if (strlen(owned_names[i]) == name_size && strncasecmp(line, owned_names[i], name_size) == 0)
            return 0;
    return name_size;
}

static size_t find_locked(const az_headers *headers, const char *line, size_t name_size)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strncasecmp(headers->lines[i], line, name_size + 1) == 0)
            return i;
    return headers->count;
}

aizu_result az_headers_set(az_headers *headers, const char *line)
{
    size_t name_size = check_line(line);
    if (name_size == 0)
        return AIZU_E_ARGUMENT;
    bool is_removal = line[name_size + 1 + strspn(line + name_size + 1, " \t")] == '\0';
    char *copy = is_removal ? NULL : strdup(line);
    if (!is_removal && !copy)
        return AIZU_E_MEMORY;
    aizu_result result = AIZU_OK;
    pthread_mutex_lock(&headers->lock);
    size_t index = find_locked(headers, line, name_size);
    bool is_known = index < headers->count;
    if (is_removal) {
        if (is_known) {
            copy = headers->lines[index];
            headers->lines[index] = headers->lines[--headers->count];
        }
    } else if (is_known || headers->count < AIZU_HEADERS_MAX) {
        char *old = is_known ? headers->lines[index] : NULL;
        headers->lines[index] = copy;
        headers->count += !is_known;
        copy = old;
    } else {
        result = AIZU_E_LIMIT;
    }
    pthread_mutex_unlock(&headers->lock);
    free(copy);
    return result;
}

bool az_headers_copy(az_headers *headers, struct curl_slist **out)
{
    struct curl_slist *list = NULL;
    bool is_whole = true;
    pthread_mutex_lock(&headers->lock);
    for (size_t i = 0; i < headers->count && is_whole; i++) {
        struct curl_slist *longer = curl_slist_append(list, headers->lines[i]);
        is_whole = longer != NULL;
        list = longer ? longer : list;
    }
    pthread_mutex_unlock(&headers->lock);
    if (!is_whole) {
        curl_slist_free_all(list);
        list = NULL;
    }
    *out = list;
    return is_whole;
}
