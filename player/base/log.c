/*
 * Formatting of log lines and redaction of URLs; see base/log.h.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE_MAX 1024

void az_log_printf(const az_log *log, az_log_level level, const char *module, const char *format, ...)
{
    if (!log || !log->write || level > log->level_max)
        return;
    char line[LINE_SIZE_MAX];
    va_list args;
    va_start(args, format);
    int written = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (written >= 0)
        log->write(log->user, level, module, line);
}

/* Where the authority of a URL begins: behind the scheme and its slashes, or behind "//". Backslashes count
 * as slashes, and text without either may be one too: a URL that is written wrong must not show its password.
 */
static size_t authority_begin(const char *url)
{
    size_t scheme = strcspn(url, ":/\\?#@");
    bool has_scheme = url[scheme] == ':' && (url[scheme + 1] == '/' || url[scheme + 1] == '\\');
    size_t begin = has_scheme ? scheme + 1 : 0;
    return begin + strspn(url + begin, "/\\");
}

void az_log_url(char *out, size_t size, const char *url)
{
    size_t end = strcspn(url, "?#");
    size_t prefix = authority_begin(url);
    size_t host = prefix;
    size_t host_end = prefix + strcspn(url + prefix, "/?#");
    bool is_path = prefix == 1 && url[0] == '/';
    for (size_t i = prefix; i < host_end && !is_path; i++)
        if (url[i] == '@')
            host = i + 1;
    size_t used = AZ_MIN(prefix, size - 1);
    memcpy(out, url, used);
    size_t rest = AZ_MIN(end > host ? end - host : 0, size - 1 - used);
    memcpy(out + used, url + host, rest);
    out[used + rest] = '\0';
}
