/*
 * The names and classes of results (include/aizu/result.h).
 */
#include "aizu/result.h"

aizu_class aizu_result_class(aizu_result result)
{
    int code = (int)result;
    if (code >= 0)
        return AIZU_CLASS_NONE;
    int hundred = -(code / 100);
    if (hundred < AIZU_CLASS_USAGE || hundred > AIZU_CLASS_FATAL)
        return AIZU_CLASS_FATAL;
    return (aizu_class)hundred;
}

const char *aizu_result_name(aizu_result result)
{
    switch (result) {
#define NAME(code)    \
    case AIZU_##code: \
        return #code
        NAME(OK);
        NAME(AGAIN);
        NAME(TIMEOUT);
        NAME(END);
        NAME(E_ARGUMENT);
        NAME(E_STATE);
        NAME(E_SCHEME);
        NAME(E_PLAYLIST);
        NAME(E_MEDIA);
        NAME(E_CODEC);
        NAME(E_LIMIT);
        NAME(E_METADATA);
        NAME(E_UNSUPPORTED);
        NAME(E_RESOLVE);
        NAME(E_CONNECT);
        NAME(E_TLS);
        NAME(E_STALLED);
        NAME(E_TRANSFER);
        NAME(E_HTTP);
        NAME(E_NOT_FOUND);
        NAME(E_THROTTLED);
        NAME(E_REDIRECT);
        NAME(E_STALE);
        NAME(E_FORBIDDEN);
        NAME(E_AUDIO_DEVICE);
        NAME(E_VIDEO_DEVICE);
        NAME(E_DECODER);
        NAME(E_MEMORY);
        NAME(E_INTERNAL);
#undef NAME
    }
    return "UNKNOWN";
}
