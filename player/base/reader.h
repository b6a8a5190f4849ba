/*
 * Reading big-endian fields and bits out of a span, with a sticky error: after the first read past the
 * end every read gives 0 and `failed` stays set, so a parser checks once at the end of a structure.
 */
#ifndef AZ_BASE_READER_H
#define AZ_BASE_READER_H

#include "base/base.h"

typedef struct az_reader {
    az_span span;
    size_t pos; /* bytes consumed */
    bool failed;
} az_reader;

void az_reader_init(az_reader *r, az_span span);
size_t az_reader_left(const az_reader *r);
uint8_t az_reader_u8(az_reader *r);
uint16_t az_reader_u16(az_reader *r);
uint32_t az_reader_u24(az_reader *r);
uint32_t az_reader_u32(az_reader *r);
uint64_t az_reader_u64(az_reader *r);
az_span az_reader_bytes(az_reader *r, size_t size); /* empty and failed when fewer are left */
void az_reader_skip(az_reader *r, size_t size);

/* The same for bits, most significant first (ISO 13818-1 and the video codecs). */
typedef struct az_bits {
    az_span span;
    size_t pos; /* bits consumed */
    bool failed;
} az_bits;

void az_bits_init(az_bits *b, az_span span);
size_t az_bits_left(const az_bits *b);
uint32_t az_bits_u(az_bits *b, unsigned count);   /* count 0..32 */
uint64_t az_bits_u64(az_bits *b, unsigned count); /* count 0..64 */
bool az_bits_flag(az_bits *b);
void az_bits_skip(az_bits *b, size_t count);
uint32_t az_bits_ue(az_bits *b); /* Exp-Golomb, ITU-T H.264 9.1; failed when over 32 bits */
int32_t az_bits_se(az_bits *b);

#endif
