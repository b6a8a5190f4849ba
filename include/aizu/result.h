/*
 * Results: what every function of aizu returns, and what the caller does next.
 *
 * 0 is success, a positive value means "nothing wrong, nothing yet", a negative one is an error. Each
 * error belongs to a class by its hundred, and each class has one duty; see aizu_result_class().
 */
#ifndef AIZU_RESULT_H
#define AIZU_RESULT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef AIZU_API
#if defined(__GNUC__) && defined(AIZU_BUILD)
#define AIZU_API __attribute__((visibility("default")))
#else
#define AIZU_API
#endif
#endif

typedef enum aizu_result {
    AIZU_OK = 0,
    AIZU_AGAIN = 1,   /* nothing to take yet: call again after the next wakeup */
    AIZU_TIMEOUT = 2, /* the time given passed and nothing happened */
    AIZU_END = 3,     /* playback is over: nothing will follow */

    /* usage: the caller's mistake; the state is unchanged */
    AIZU_E_ARGUMENT = -101, /* a parameter is NULL or out of its range */
    AIZU_E_STATE = -102,    /* not possible in the present state */
    AIZU_E_SCHEME = -103,   /* the URL is not an absolute http or https URL */

    /* content: skipped, or another variant is taken */
    AIZU_E_PLAYLIST = -201,    /* not a playlist, or one that breaks the grammar beyond repair */
    AIZU_E_MEDIA = -202,       /* media bytes that cannot be demuxed */
    AIZU_E_CODEC = -203,       /* a codec or format that no decoder takes */
    AIZU_E_LIMIT = -204,       /* the input passed a named limit */
    AIZU_E_METADATA = -205,    /* a metadata tag or box that cannot be read */
    AIZU_E_UNSUPPORTED = -206, /* well-formed, but of a kind that aizu does not play */

    /* network: retried by policy */
    AIZU_E_RESOLVE = -301,   /* the host name cannot be resolved */
    AIZU_E_CONNECT = -302,   /* no connection */
    AIZU_E_TLS = -303,       /* handshake or certificate failure */
    AIZU_E_STALLED = -304,   /* a transfer or connection made no progress in time */
    AIZU_E_TRANSFER = -305,  /* broken off, reset, or shorter than announced */
    AIZU_E_HTTP = -306,      /* an HTTP status that is none of those below */
    AIZU_E_NOT_FOUND = -307, /* 404, 410: offline, or a wrong URL */
    AIZU_E_THROTTLED = -308, /* 429: too many viewers or requests */
    AIZU_E_REDIRECT = -309,  /* too many redirects, or one to a scheme that is not followed */
    AIZU_E_STALE = -310,     /* a live playlist that no longer changes */

    /* authorisation: the application has to supply a new token or URL */
    AIZU_E_FORBIDDEN = -401, /* 401, 403 */

    /* device: degraded and reported */
    AIZU_E_AUDIO_DEVICE = -501,
    AIZU_E_VIDEO_DEVICE = -502,
    AIZU_E_DECODER = -503, /* a decoder failed on data that it should take */

    /* fatal: playback stops */
    AIZU_E_MEMORY = -601,
    AIZU_E_INTERNAL = -602,
} aizu_result;

typedef enum aizu_class {
    AIZU_CLASS_NONE = 0,          /* not an error */
    AIZU_CLASS_USAGE = 1,         /* fix the call */
    AIZU_CLASS_CONTENT = 2,       /* skipped or replaced by the player */
    AIZU_CLASS_NETWORK = 3,       /* retried by the player */
    AIZU_CLASS_AUTHORISATION = 4, /* ask for a new token, then load again */
    AIZU_CLASS_DEVICE = 5,        /* playback goes on without the device */
    AIZU_CLASS_FATAL = 6,         /* playback stopped */
} aizu_class;

/* Times and durations are nanoseconds in an int64_t. No time known: */
#define AIZU_NO_TIME     INT64_MIN
#define AIZU_SECOND      INT64_C(1000000000)
#define AIZU_MILLISECOND INT64_C(1000000)

/* The class of a result. Any value is allowed; unknown negative ones are AIZU_CLASS_FATAL. Any thread. */
AIZU_API aizu_class aizu_result_class(aizu_result result);

/* The name of a result without its prefix, as in "E_PLAYLIST"; "UNKNOWN" for other values. Static. */
AIZU_API const char *aizu_result_name(aizu_result result);

#ifdef __cplusplus
}
#endif
#endif
