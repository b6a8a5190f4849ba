/*
 * Writes ID3v2.4 tags (id3.org, "ID3 tag version 2.4.0") with one frame each, as they stand in a PES packet
 * of a timed-metadata stream. Pure: appends to the caller's bytes.
 */
#ifndef CH_ID3_WRITER_H
#define CH_ID3_WRITER_H

#include "bytes.h"

/* Sizes are synchsafe, 28 bits; a bigger frame sets out->failed. */
#define CH_ID3_SIZE_MAX ((size_t)1 << 20)

/* PRIV (4.27): owner as NUL-terminated Latin-1, then the bytes as they are. */
void ch_id3_write_priv(ch_bytes *out, const char *owner, const void *data, size_t size);

/* TXXX (4.2.6) in UTF-8. */
void ch_id3_write_txxx(ch_bytes *out, const char *description, const char *value);

#endif
