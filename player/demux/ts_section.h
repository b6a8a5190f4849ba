/*
 * PSI sections (ISO/IEC 13818-1 2.4.4): packet payloads in, whole sections with a good CRC out.
 */
#ifndef AZ_DEMUX_TS_SECTION_H
#define AZ_DEMUX_TS_SECTION_H

#include "base/base.h"

#define AZ_SECTION_SIZE_MAX 4096

typedef struct az_section {
    size_t size;      /* bytes collected */
    size_t last_size; /* `data` still holds a whole good section of so many bytes, 0 not */
    bool is_active;   /* inside a section */
    uint8_t data[AZ_SECTION_SIZE_MAX];
} az_section;

typedef struct az_section_sink {
    void *user;
    void (*section)(void *user, az_span section); /* CRC included */
    void (*bad)(void *user);                      /* wrong CRC or structure */
    bool wants_repeats;                           /* sections that repeat the one before them come, too */
} az_section_sink;

void az_section_init(az_section *s);

/* The payload of one packet; may hold the ends and starts of several sections. */
void az_section_feed(az_section *s, bool is_unit_start, az_span payload, const az_section_sink *sink);

/* Drops a section that is not whole: packets are missing. */
void az_section_reset(az_section *s);

/* CRC-32 of Annex A; 0 over a section with its CRC. */
uint32_t az_section_crc(az_span bytes);

#endif
