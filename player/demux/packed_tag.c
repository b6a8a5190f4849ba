/*
 * ID3 as far as packed audio needs it; see demux/packed_tag.h.
 *
 * The two PRIV frames are found by their owner's name, not by walking the frames before them: sizes of frames
 * are written wrongly by some encoders, and a segment without its time does not play.
 */
#include "demux/packed_tag.h"

#include <string.h>

#define FRAME_HEADER_SIZE 10
#define STAMP_SIZE        8
#define TAG_UNSYNC        0x80 /* of the tag's flags: 00 stands behind each FF */
#define TAG_FOOTER        0x10
#define FRAME_UNSYNC      0x02 /* of a 2.4 frame's second flag byte */

aizu_result az_packed_tag_size(az_span bytes, size_t *size)
{
    const uint8_t *d = bytes.data;
    if (memcmp(d, "ID3", AZ_MIN(bytes.size, (size_t)3)) != 0)
        return AIZU_E_MEDIA;
    if (bytes.size < AZ_PACKED_TAG_HEADER_SIZE)
        return AIZU_AGAIN;
    if (d[3] == 0xFF || d[4] == 0xFF || (d[6] | d[7] | d[8] | d[9]) & 0x80)
        return AIZU_E_MEDIA;
    *size = (size_t)d[6] << 21 | (size_t)d[7] << 14 | (size_t)d[8] << 7 | d[9];
    *size += AZ_PACKED_TAG_HEADER_SIZE + (d[3] >= 4 && d[5] & TAG_FOOTER ? AZ_PACKED_TAG_HEADER_SIZE : 0);
    return AIZU_OK;
}

/* The offset behind a PRIV frame's owner and its NUL; 0: there is no such frame. */
static size_t find_owner(az_span tag, const char *owner)
{
    size_t size = strlen(owner) + 1;
    for (size_t pos = AZ_PACKED_TAG_HEADER_SIZE; pos + size <= tag.size; pos++) {
        const uint8_t *found = memchr(tag.data + pos, owner[0], tag.size - size - pos + 1);
        if (!found)
            return 0;
        pos = (size_t)(found - tag.data);
        if (memcmp(found, owner, size) == 0)
            return pos + size;
    }
    return 0;
}

/* Whether the frame that the owner begins, or the whole tag, is unsynchronised. */
static bool is_unsynchronised(az_span tag, size_t owner)
{
    if (tag.data[5] & TAG_UNSYNC)
        return true;
    if (tag.data[3] < 4 || owner < AZ_PACKED_TAG_HEADER_SIZE + FRAME_HEADER_SIZE)
        return false;
    const uint8_t *header = tag.data + owner - FRAME_HEADER_SIZE;
    return memcmp(header, "PRIV", 4) == 0 && header[9] & FRAME_UNSYNC;
}

static bool read_stamp(az_span tag, size_t begin, bool is_unsync, int64_t *out)
{
    uint64_t value = 0;
    size_t pos = begin;
    for (int i = 0; i < STAMP_SIZE; i++) {
        if (pos >= tag.size)
            return false;
        value = value << 8 | tag.data[pos++];
        if (is_unsync && tag.data[pos - 1] == 0xFF && pos < tag.size && tag.data[pos] == 0)
            pos++;
    }
    *out = (int64_t)(value & ((UINT64_C(1) << 33) - 1));
    return true;
}

void az_packed_tag_read(az_span tag, az_packed_tag *out)
{
    static const char stamp[] = "com.apple.streaming.transportStreamTimestamp";
    *out = (az_packed_tag){.has_stamp = false};
    size_t behind = find_owner(tag, stamp);
    if (behind > 0) {
        bool is_unsync = is_unsynchronised(tag, behind - sizeof(stamp));
        out->has_stamp = read_stamp(tag, behind, is_unsync, &out->stamp);
    }
    out->is_encrypted = find_owner(tag, "com.apple.streaming.audioDescription") > 0;
}
