/*
 * ID3v2.4 tags of one frame; see id3_writer.h.
 */
#include "id3_writer.h"

#include <string.h>

#define HEADER_SIZE  10
#define UTF8_ENCODED 3

static void write_synchsafe(uint8_t *out, size_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)((value >> (7 * (3 - i))) & 0x7f);
}

/* Both headers for a frame body of `size` bytes: no unsynchronisation, no flags. */
static bool write_headers(ch_bytes *out, const char id[4], size_t size)
{
    if (size > CH_ID3_SIZE_MAX) {
        out->failed = true;
        return false;
    }
    uint8_t *header = ch_bytes_extend(out, 2 * (size_t)HEADER_SIZE);
    if (!header)
        return false;
    memcpy(header, "ID3\4\0\0", 6);
    write_synchsafe(header + 6, HEADER_SIZE + size);
    memcpy(header + HEADER_SIZE, id, 4);
    write_synchsafe(header + HEADER_SIZE + 4, size);
    return true;
}

void ch_id3_write_priv(ch_bytes *out, const char *owner, const void *data, size_t size)
{
    size_t owner_size = strlen(owner) + 1;
    if (size > CH_ID3_SIZE_MAX || !write_headers(out, "PRIV", owner_size + size)) {
        out->failed = true;
        return;
    }
    ch_bytes_append(out, owner, owner_size);
    ch_bytes_append(out, data, size);
}

void ch_id3_write_txxx(ch_bytes *out, const char *description, const char *value)
{
    const uint8_t encoding = UTF8_ENCODED;
    size_t description_size = strlen(description) + 1;
    size_t value_size = strlen(value) + 1;
    if (!write_headers(out, "TXXX", 1 + description_size + value_size))
        return;
    ch_bytes_append(out, &encoding, 1);
    ch_bytes_append(out, description, description_size);
    ch_bytes_append(out, value, value_size);
}
