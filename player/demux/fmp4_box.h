/*
 * Boxes (ISO/IEC 14496-12, 4.2) that lie in memory with the box around them, and where all parts of the
 * fMP4 demuxer put their output and trouble. Spans point into the input.
 */
#ifndef AZ_DEMUX_FMP4_BOX_H
#define AZ_DEMUX_FMP4_BOX_H

#include "base/reader.h"
#include "demux/demux.h"

#define AZ_FOURCC(a, b, c, d) \
    ((uint32_t)(uint8_t)(a) << 24 | (uint32_t)(uint8_t)(b) << 16 | (uint32_t)(uint8_t)(c) << 8 | (uint8_t)(d))

/* Times past this are not believed, so that sums of them cannot overflow. */
#define AZ_FMP4_TIME_MAX (INT64_C(1) << 60)

/* byte_offset is that of the box at hand. */
typedef struct az_fmp4_out {
    az_demux_sink sink;
    uint64_t troubles[AZ_DEMUX_TROUBLES];
    unsigned told; /* kinds of trouble that were told in this feed */
    uint64_t byte_offset;
    bool is_out_of_memory;
} az_fmp4_out;

void az_fmp4_trouble(az_fmp4_out *out, az_demux_trouble trouble);

typedef struct az_box {
    uint32_t type;
    const uint8_t *uuid; /* its 16 bytes where the type is 'uuid', else NULL */
    az_span body;        /* after size, type and uuid */
} az_box;

/* The boxes in a span, one after the other. */
typedef struct az_box_reader {
    az_span rest;
    bool failed; /* a box was not whole: what follows it cannot be found */
} az_box_reader;

void az_box_reader_init(az_box_reader *r, az_span boxes);
bool az_box_next(az_box_reader *r, az_box *box);

/* The body of the first box of a type. False: there is none. */
bool az_box_find(az_span boxes, uint32_t type, az_span *body);

/* The version and flags that a full box begins with (4.2). */
uint8_t az_full_box_open(az_reader *r, az_span body, uint32_t *flags);

/* Four characters as text, with '?' for what cannot be printed. */
void az_fourcc_text(char out[5], uint32_t type);

static inline uint32_t az_load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t az_load_be64(const uint8_t *p)
{
    return (uint64_t)az_load_be32(p) << 32 | az_load_be32(p + 4);
}

#endif
