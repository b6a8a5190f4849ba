/*
 * Lines on standard error; see log.h.
 */
#include "log.h"

#include <libavutil/error.h>
#include <stdarg.h>
#include <stdio.h>

void ch_error(const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    fprintf(stderr, "aizu-channel: %s\n", line);
}

int ch_av_error(int error, const char *what)
{
    char words[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(error, words, sizeof(words));
    ch_error("%s: %s", what, words);
    return error;
}
