/*
 * The version, the clock and the small helpers of the public API (include/aizu/player.h).
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>

#include "aizu/aizu.h"
#include "host/sync.h"

#define TEXT_OF(number)     #number
#define VERSION_OF(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)

const char *aizu_version(void)
{
    return VERSION_OF(AIZU_VERSION_MAJOR, AIZU_VERSION_MINOR, AIZU_VERSION_PATCH);
}

int64_t aizu_now(void)
{
    return az_clock_now();
}

double aizu_seconds(int64_t time)
{
    return time == AIZU_NO_TIME ? (double)NAN : (double)time / (double)AIZU_SECOND;
}
