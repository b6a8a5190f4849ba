/*
 * AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), as MP4 files and LATM have it: bits in, what they say about
 * rate, channels and frames out. Pure.
 */
#ifndef AZ_DEMUX_AAC_CONFIG_H
#define AZ_DEMUX_AAC_CONFIG_H

#include "base/base.h"
#include "base/reader.h"

typedef struct az_aac_config {
    unsigned object_type; /* as codec strings have it, mp4a.40.N: SBR and PS where they are announced */
    int rate;             /* Hz of what is decoded; 0: a reserved index */
    int core_rate;        /* without SBR */
    int channels;         /* 0: not in the configuration */
    int core_samples;     /* per channel and frame, without SBR */
} az_aac_config;

/*
 * The configuration that begins where `bits` stands and ends at bit `end`. `end` 0: where it ends is not
 * known; then an extension behind the core's configuration cannot be told from other bits and is not looked
 * for. False: cut, or of no type.
 */
bool az_aac_config_parse(az_bits bits, size_t end, az_aac_config *out);

#endif
