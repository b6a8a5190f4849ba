/*
 * Bytes for `aizu probe`, from a file or over http and https.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "probe.h"

static bool append(probe_bytes *bytes, const void *data, size_t size)
{
    if (size > PROBE_BYTES_MAX - bytes->size)
        return false;
    uint8_t *longer = realloc(bytes->data, bytes->size + size + 1);
    if (!longer)
        return false;
    if (size > 0)
        memcpy(longer + bytes->size, data, size);
    bytes->data = longer;
    bytes->size += size;
    return true;
}

bool probe_read_file(const char *path, probe_bytes *out)
{
    *out = (probe_bytes){0};
    FILE *file = fopen(path, "rbe");
    char part[65536];
    size_t size;
    bool is_whole = file && append(out, "", 0);
    while (is_whole && (size = fread(part, 1, sizeof(part), file)) > 0)
        is_whole = append(out, part, size);
    if (!file || ferror(file) || !is_whole)
        fprintf(stderr, "aizu: %s: %s\n", path, file && !is_whole ? "too large" : strerror(errno));
    bool is_read = file && is_whole && !ferror(file);
    if (file)
        fclose(file);
    return is_read;
}

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    return append(user, data, size) ? size : 0;
}

static bool perform(CURL *easy, const char *url, probe_bytes *out)
{
    char error[CURL_ERROR_SIZE] = "";
    long status = 0;
    char *final = NULL;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 20L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "aizu-probe");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, out);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &final);
    if (code != CURLE_OK)
        fprintf(stderr, "aizu: %s\n", error[0] ? error : curl_easy_strerror(code));
    else if (status < 200 || status > 299)
        fprintf(stderr, "aizu: the server answers %ld\n", status);
    out->url = strdup(final ? final : url);
    return code == CURLE_OK && status >= 200 && status <= 299 && append(out, "", 0);
}

bool probe_fetch(const probe_options *o, const char *url, uint64_t range_offset, uint64_t range_size,
                 probe_bytes *out)
{
    *out = (probe_bytes){0};
    CURL *easy = curl_easy_init();
    if (!easy)
        return false;
    struct curl_slist *headers = NULL;
    for (int i = 0; i < o->header_count; i++)
        headers = curl_slist_append(headers, o->headers[i]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (o->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
    char range[64];
    if (range_size > 0) {
        snprintf(range, sizeof(range), "%llu-%llu", (unsigned long long)range_offset,
                 (unsigned long long)(range_offset + range_size - 1));
        curl_easy_setopt(easy, CURLOPT_RANGE, range);
    }
    bool is_there = perform(easy, url, out);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return is_there;
}
