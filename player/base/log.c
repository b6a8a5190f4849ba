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

void az_log_url(char *out, size_t size, const char *url)
{
    size_t end = strcspn(url, "?#");
    size_t begin = 0;
    size_t used = 0;
    const char *authority = strstr(url, "://");
    if (authority && (size_t)(authority - url) < end) {
        size_t scheme = (size_t)(authority - url) + 3;
        size_t host_end = scheme + strcspn(url + scheme, "/?#");
        begin = scheme;
        for (size_t i = scheme; i < host_end; i++)
            if (url[i] == '@')
                begin = i + 1;
        used = AZ_MIN(scheme, size - 1);
        memcpy(out, url, used);
    }
    size_t rest = AZ_MIN(end > begin ? end - begin : 0, size - 1 - used);
    memcpy(out + used, url + begin, rest);
    out[used + rest] = '\0';
}
