/*
 * Byte and bit readers over spans; see base/reader.h.
 */
#include "base/reader.h"

void az_reader_init(az_reader *r, az_span span)
{
    *r = (az_reader){.span = span};
}

size_t az_reader_left(const az_reader *r)
{
    return r->failed ? 0 : r->span.size - r->pos;
}

az_span az_reader_bytes(az_reader *r, size_t size)
{
    if (r->failed || size > r->span.size - r->pos) {
        r->failed = true;
        return (az_span){NULL, 0};
    }
    az_span out = az_span_sub(r->span, r->pos, size);
    r->pos += size;
    return out;
}

void az_reader_skip(az_reader *r, size_t size)
{
    (void)az_reader_bytes(r, size);
}

static uint64_t read_be(az_reader *r, size_t size)
{
    az_span bytes = az_reader_bytes(r, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = (value << 8) | bytes.data[i];
    return value;
}

uint8_t az_reader_u8(az_reader *r)
{
    return (uint8_t)read_be(r, 1);
}

uint16_t az_reader_u16(az_reader *r)
{
    return (uint16_t)read_be(r, 2);
}

uint32_t az_reader_u24(az_reader *r)
{
    return (uint32_t)read_be(r, 3);
}

uint32_t az_reader_u32(az_reader *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t az_reader_u64(az_reader *r)
{
    return read_be(r, 8);
}

void az_bits_init(az_bits *b, az_span span)
{
    *b = (az_bits){.span = span};
    if (span.size > SIZE_MAX / 8)
        b->failed = true;
}

size_t az_bits_left(const az_bits *b)
{
    return b->failed ? 0 : b->span.size * 8 - b->pos;
}

uint64_t az_bits_u64(az_bits *b, unsigned count)
{
    AZ_ASSERT(count <= 64);
    if (count > az_bits_left(b)) {
        b->failed = true;
        return 0;
    }
    uint64_t value = 0;
    while (count > 0) {
        unsigned offset = (unsigned)(b->pos & 7);
        unsigned take = AZ_MIN(8 - offset, count);
        unsigned byte = b->span.data[b->pos >> 3];
        value = (value << take) | ((byte >> (8 - offset - take)) & ((1u << take) - 1));
        b->pos += take;
        count -= take;
    }
    return value;
}

uint32_t az_bits_u(az_bits *b, unsigned count)
{
    AZ_ASSERT(count <= 32);
    return (uint32_t)az_bits_u64(b, count);
}

bool az_bits_flag(az_bits *b)
{
    return az_bits_u(b, 1) != 0;
}

void az_bits_skip(az_bits *b, size_t count)
{
    if (count > az_bits_left(b))
        b->failed = true;
    else
        b->pos += count;
}

uint32_t az_bits_ue(az_bits *b)
{
    unsigned zeros = 0;
    while (!b->failed && !az_bits_flag(b))
        if (++zeros > 31)
            b->failed = true;
    uint32_t suffix = az_bits_u(b, b->failed ? 0 : zeros);
    return b->failed ? 0 : ((UINT32_C(1) << zeros) - 1) + suffix;
}

int32_t az_bits_se(az_bits *b)
{
    uint32_t code = az_bits_ue(b);
    int64_t half = ((int64_t)code + 1) / 2;
    return (int32_t)(code & 1 ? half : -half);
}
