/*
 * URL references (RFC 3986, 5): a reference and its base in, an absolute http or https URL out. Pure, in the
 * caller's memory. Nothing is looked up and nothing decoded; what no URL may hold is percent-encoded, as
 * browsers do, because real playlists have spaces and UTF-8 in file names.
 */
#include "playlist/playlist.h"

#include <string.h>

typedef struct url_parts {
    az_span scheme, authority, path, query; /* without ":", "//", "?" */
    bool has_scheme, has_authority, has_query;
} url_parts;

typedef struct writer {
    char *out;
    size_t size;
    size_t used;
    bool is_full;
} writer;

static bool is_alpha(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_scheme_char(uint8_t c)
{
    return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

static bool is_control(uint8_t c)
{
    return c < 0x20 || c == 0x7f;
}

/* Never allowed as they are (RFC 3986, appendix A). '{' and '}' are kept out too. */
static bool must_encode(uint8_t c)
{
    return c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL;
}

static az_span cut(const uint8_t *begin, const uint8_t *end)
{
    return az_span_make(begin, (size_t)(end - begin));
}

/* RFC 3986, appendix B. False for control characters. */
static bool url_split(az_span text, url_parts *parts)
{
    *parts = (url_parts){0};
    if (text.size == 0)
        return true;
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;
    for (const uint8_t *c = at; c < end; c++) {
        if (is_control(*c))
            return false;
        if (*c == '#') {
            end = c;
            break;
        }
    }
    const uint8_t *c = at;
    while (c < end && is_scheme_char(*c))
        c++;
    if (c < end && *c == ':' && c > at && is_alpha(*at)) {
        parts->has_scheme = true;
        parts->scheme = cut(at, c);
        at = c + 1;
    }
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        for (c = at + 2; c < end && *c != '/' && *c != '?';)
            c++;
        parts->has_authority = true;
        parts->authority = cut(at + 2, c);
        at = c;
    }
    for (c = at; c < end && *c != '?';)
        c++;
    parts->path = cut(at, c);
    if (c < end) {
        parts->has_query = true;
        parts->query = cut(c + 1, end);
    }
    return true;
}

static bool scheme_equal(az_span scheme, const char *name)
{
    if (scheme.size != strlen(name))
        return false;
    for (size_t i = 0; i < scheme.size; i++) {
        if ((scheme.data[i] | 0x20) != (uint8_t)name[i])
            return false;
    }
    return true;
}

static bool is_http(az_span scheme)
{
    return scheme_equal(scheme, "http") || scheme_equal(scheme, "https");
}

/* A port: empty, or digits up to 65535. */
static bool port_is_valid(az_span port)
{
    uint32_t value = 0;
    for (size_t i = 0; i < port.size; i++) {
        if (port.data[i] < '0' || port.data[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(port.data[i] - '0');
        if (value > 65535)
            return false;
    }
    return true;
}

/* [userinfo@]host[:port] with a host. Lenient inside the host, which the resolver checks. */
static bool authority_is_valid(az_span authority)
{
    size_t host = 0;
    for (size_t i = 0; i < authority.size; i++) {
        if (must_encode(authority.data[i]))
            return false;
        if (authority.data[i] == '@')
            host = i + 1;
    }
    az_span rest = az_span_sub(authority, host, authority.size);
    size_t colon = 0;
    if (rest.size > 0 && rest.data[0] == '[') {
        while (colon < rest.size && rest.data[colon] != ']')
            colon++;
        if (colon < 3 || colon == rest.size)
            return false;
        colon++;
    } else {
        while (colon < rest.size && rest.data[colon] != ':')
            colon++;
        if (colon == 0)
            return false;
    }
    if (colon == rest.size)
        return true;
    return rest.data[colon] == ':' && port_is_valid(az_span_sub(rest, colon + 1, rest.size));
}

static void put(writer *w, uint8_t c)
{
    if (w->used + 1 >= w->size)
        w->is_full = true;
    else
        w->out[w->used++] = (char)c;
}

static void put_str(writer *w, const char *text)
{
    while (*text)
        put(w, (uint8_t)*text++);
}

static void put_encoded(writer *w, az_span text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size && !w->is_full; i++) {
        uint8_t c = text.data[i];
        if (!must_encode(c)) {
            put(w, c);
            continue;
        }
        put(w, '%');
        put(w, (uint8_t)hex[c >> 4]);
        put(w, (uint8_t)hex[c & 15]);
    }
}

/* RFC 3986, 5.2.4, in place on what was written from `begin` on; it starts with '/'. */
static void remove_dot_segments(writer *w, size_t begin)
{
    char *out = w->out;
    size_t to = begin;
    size_t from = begin;
    while (from < w->used) {
        size_t end = from + 1;
        while (end < w->used && out[end] != '/')
            end++;
        size_t size = end - from - 1;
        bool is_dot = size == 1 && out[from + 1] == '.';
        bool is_up = size == 2 && out[from + 1] == '.' && out[from + 2] == '.';
        if (is_up) {
            while (to > begin && out[--to] != '/')
                ;
        }
        if (!is_dot && !is_up) {
            memmove(out + to, out + from, end - from);
            to += end - from;
        } else if (end == w->used) {
            out[to++] = '/';
        }
        from = end;
    }
    w->used = to;
}

/* The base's path up to its last slash (RFC 3986, 5.2.3). */
static az_span path_folder(az_span path)
{
    size_t size = path.size;
    while (size > 0 && path.data[size - 1] != '/')
        size--;
    return az_span_sub(path, 0, size);
}

static void put_path(writer *w, const url_parts *base, const url_parts *reference)
{
    size_t begin = w->used;
    if (reference->has_scheme || reference->has_authority ||
        (reference->path.size > 0 && reference->path.data[0] == '/')) {
        put_encoded(w, reference->path);
    } else if (reference->path.size == 0) {
        put_encoded(w, base->path);
    } else {
        az_span folder = path_folder(base->path);
        if (folder.size == 0)
            put(w, '/');
        put_encoded(w, folder);
        put_encoded(w, reference->path);
    }
    if (!w->is_full)
        remove_dot_segments(w, begin);
}

static az_span trim(az_span text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = az_span_sub(text, 1, text.size);
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

aizu_result az_url_resolve(char *out, size_t out_size, az_span base_text, az_span reference_text)
{
    url_parts base, reference;
    if (out_size == 0)
        return AIZU_E_LIMIT;
    out[0] = '\0';
    if (!url_split(trim(base_text), &base) || !url_split(trim(reference_text), &reference) ||
        !base.has_scheme)
        return AIZU_E_ARGUMENT;
    az_span scheme = reference.has_scheme ? reference.scheme : base.scheme;
    if (!is_http(scheme))
        return AIZU_E_SCHEME;
    bool is_absolute = reference.has_scheme || reference.has_authority;
    az_span authority = is_absolute ? reference.authority : base.authority;
    if (!authority_is_valid(authority))
        return AIZU_E_ARGUMENT;

    writer w = {out, out_size, 0, false};
    put_str(&w, scheme.size == 5 ? "https://" : "http://");
    put_encoded(&w, authority);
    put_path(&w, &base, &reference);
    bool takes_base_query = !is_absolute && reference.path.size == 0 && !reference.has_query;
    const url_parts *source = takes_base_query ? &base : &reference;
    if (source->has_query) {
        put(&w, '?');
        put_encoded(&w, source->query);
    }
    if (w.is_full) {
        out[0] = '\0';
        return AIZU_E_LIMIT;
    }
    out[w.used] = '\0';
    return AIZU_OK;
}

bool az_url_is_fetchable(az_span url)
{
    url_parts parts;
    for (size_t i = 0; i < url.size; i++) {
        if (is_control(url.data[i]) || url.data[i] == ' ')
            return false;
    }
    return url_split(url, &parts) && parts.has_scheme && is_http(parts.scheme) &&
           authority_is_valid(parts.authority);
}
