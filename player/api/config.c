/*
 * aizu_config: defaults and ranges as include/aizu/player.h states them.
 */
#include "api/config.h"

#include <string.h>

#define USER_AGENT_SIZE_MAX 1024
#define TEXT_OF(number)     #number
#define AGENT_OF(a, b, c)   "aizu/" TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)
#define USER_AGENT          AGENT_OF(AIZU_VERSION_MAJOR, AIZU_VERSION_MINOR, AIZU_VERSION_PATCH)
#define BYTES_MIN           ((uint64_t)4 << 20)

void aizu_config_init(aizu_config *config)
{
    if (!config)
        return;
    *config = (aizu_config){
        .size_struct = sizeof(*config),
        .video = AIZU_VIDEO_WINDOW,
        .audio = AIZU_AUDIO_DEVICE,
        .buffer_ahead_max = 30 * AIZU_SECOND,
        .buffer_bytes_max = (uint64_t)64 << 20,
        .log_level = AIZU_LOG_WARNING,
        .draw_text = 1,
    };
}

/* What goes into a request line must not begin another. */
static bool is_header_value(const char *text)
{
    size_t size = 0;
    for (; text[size]; size++) {
        unsigned char c = (unsigned char)text[size];
        if (c < 0x20 || c == 0x7f || size >= USER_AGENT_SIZE_MAX)
            return false;
    }
    return true;
}

static bool is_valid(const aizu_config *c)
{
    return c->video >= AIZU_VIDEO_WINDOW && c->video <= AIZU_VIDEO_NO_DECODE &&
           c->audio >= AIZU_AUDIO_DEVICE && c->audio <= AIZU_AUDIO_SILENT &&
           c->buffer_ahead_max >= 2 * AIZU_SECOND && c->buffer_ahead_max <= 600 * AIZU_SECOND &&
           c->buffer_bytes_max >= BYTES_MIN && c->live_hold_back >= 0 && c->log_level >= AIZU_LOG_ERROR &&
           c->log_level <= AIZU_LOG_TRACE && is_header_value(c->user_agent);
}

aizu_result az_config_read(aizu_config *out, const aizu_config *given)
{
    aizu_config_init(out);
    if (given) {
        if (given->size_struct < offsetof(aizu_config, dispatch_thread))
            return AIZU_E_ARGUMENT; /* not from aizu_config_init() */
        memcpy(out, given, AZ_MIN(given->size_struct, sizeof(*out)));
        out->size_struct = sizeof(*out);
    }
    if (!out->user_agent)
        out->user_agent = USER_AGENT;
    if (!out->window_title)
        out->window_title = "aizu";
    return is_valid(out) ? AIZU_OK : AIZU_E_ARGUMENT;
}
