/*
 * What packed audio has to know of an ID3v2 tag (id3.org, "ID3 tag version 2.4.0 - Main Structure"): its
 * size, and what two PRIV frames of Apple say. Everything else in it is for those who take the tag as
 * metadata. Pure; internal to demux/.
 */
#ifndef AZ_DEMUX_PACKED_TAG_H
#define AZ_DEMUX_PACKED_TAG_H

#include "base/base.h"

#define AZ_PACKED_TAG_HEADER_SIZE ((size_t)10)

/* The size of the tag at the start of `bytes`, header and footer included. AIZU_OK; AIZU_AGAIN: fewer bytes
 * than a header, and so far it may be one; AIZU_E_MEDIA: no tag. */
AZ_NODISCARD aizu_result az_packed_tag_size(az_span bytes, size_t *size);

typedef struct az_packed_tag {
    bool has_stamp;
    int64_t stamp;     /* com.apple.streaming.transportStreamTimestamp: 33 bits of 90 kHz (RFC 8216, 3.4) */
    bool is_encrypted; /* com.apple.streaming.audioDescription: the frames are under SAMPLE-AES */
} az_packed_tag;

/* `tag` is whole. */
void az_packed_tag_read(az_span tag, az_packed_tag *out);

#endif
