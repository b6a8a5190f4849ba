/*
 * AudioSpecificConfig; see demux/aac_config.h.
 */
#include "demux/aac_config.h"

#define SBR             5 /* audio object types */
#define LOW_DELAY       23
#define PS              29
#define ESCAPE          31
#define LOW_DELAY_2     39
#define SYNC_SBR        0x2B7
#define SYNC_PS         0x548
#define RATE_ESCAPED    15
#define EXTENSION_REACH 256 /* bits of a core's configuration, at most */

static unsigned read_object_type(az_bits *b)
{
    unsigned type = az_bits_u(b, 5);
    return type == ESCAPE ? 32 + az_bits_u(b, 6) : type;
}

static int read_rate(az_bits *b)
{
    static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                22050, 16000, 12000, 11025, 8000,  7350};
    unsigned index = az_bits_u(b, 4);
    if (index == RATE_ESCAPED)
        return (int)az_bits_u(b, 24);
    return index < AZ_COUNT(rates) ? rates[index] : 0;
}

/* Whether an extension follows the configuration of the core that a decoder of old does not see. */
static bool find_extension(az_bits b, size_t end, int *rate, bool *has_ps)
{
    end = AZ_MIN(end, b.pos + EXTENSION_REACH + 16);
    for (; b.pos + 16 <= end && az_bits_left(&b) >= 16; az_bits_skip(&b, 1)) {
        az_bits at = b;
        if (az_bits_u(&at, 11) != SYNC_SBR)
            continue;
        if (read_object_type(&at) != SBR || !az_bits_flag(&at))
            return false;
        *rate = read_rate(&at);
        *has_ps = az_bits_left(&at) >= 12 && az_bits_u(&at, 11) == SYNC_PS && az_bits_flag(&at);
        return !at.failed;
    }
    return false;
}

/* GASpecificConfig and its like begin with frameLengthFlag. */
static int read_frame_length(az_bits b, unsigned type)
{
    bool is_short = az_bits_flag(&b);
    if (type == LOW_DELAY || type == LOW_DELAY_2)
        return is_short ? 480 : 512;
    return is_short ? 960 : 1024;
}

bool az_aac_config_parse(az_bits b, size_t end, az_aac_config *out)
{
    static const uint8_t channels[] = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8};
    unsigned type = read_object_type(&b), config;
    out->rate = out->core_rate = read_rate(&b);
    config = az_bits_u(&b, 4);
    bool has_ps = type == PS;
    out->object_type = type;
    if (type == SBR || type == PS) {
        out->rate = read_rate(&b);
        type = read_object_type(&b);
    } else if (find_extension(b, end, &out->rate, &has_ps)) {
        out->object_type = has_ps ? PS : SBR;
    }
    out->core_samples = read_frame_length(b, type);
    out->channels = config < AZ_COUNT(channels) ? channels[config] : 0;
    if (has_ps && config == 1)
        out->channels = 2;
    return !b.failed && type != 0;
}
