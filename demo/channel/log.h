/*
 * Messages for the person at the terminal: one line each on standard error.
 */
#ifndef CH_LOG_H
#define CH_LOG_H

#include "bytes.h"

void ch_error(const char *format, ...) CH_PRINTF(1, 2);

/* "what: FFmpeg's words for the error"; gives `error` back. */
int ch_av_error(int error, const char *what);

#endif
