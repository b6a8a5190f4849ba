/*
 * Diagnostics out of the core: a callback that the owner of a module hands in. The core never prints.
 */
#ifndef AZ_BASE_LOG_H
#define AZ_BASE_LOG_H

#include "base/base.h"

typedef enum az_log_level {
    AZ_LOG_ERROR,
    AZ_LOG_WARNING,
    AZ_LOG_INFO,
    AZ_LOG_DEBUG,
    AZ_LOG_TRACE,
} az_log_level;

/* A NULL function drops everything. `text` is one line without its end, valid during the call. */
typedef struct az_log {
    void (*write)(void *user, az_log_level level, const char *module, const char *text);
    void *user;
    az_log_level level_max; /* lines above it are not even formatted */
} az_log;

void az_log_printf(const az_log *log, az_log_level level, const char *module, const char *format, ...)
    AZ_PRINTF(4, 5);

/* A URL as a log or error may show it: scheme, host and path, without userinfo, query and fragment
 * (they hold tokens). Cut to fit and always terminated; size > 0. */
void az_log_url(char *out, size_t size, const char *url);

#endif
