/*
 * Where access units begin in a byte stream of start codes: H.264 (ITU-T H.264 7.4.1.2.3, Annex B), H.265
 * (ITU-T H.265 7.4.2.4.4) and MPEG-2 video. The caller owns a buffer that grows at its end; the splitter
 * looks at each byte once and remembers how far it is.
 */
#ifndef AZ_DEMUX_ACCESS_UNIT_H
#define AZ_DEMUX_ACCESS_UNIT_H

#include "demux/demux.h"
#include "demux/video_format.h"

#define AZ_AU_NONE SIZE_MAX

/* One access unit: [begin, end) in the caller's buffer. */
typedef struct az_au {
    size_t begin, end;
    bool is_key;
    bool has_picture;
} az_au;

/* Offsets count from the start of the caller's buffer. */
typedef struct az_au_splitter {
    az_codec codec;
    size_t scan;         /* no start code ends before here that was not handled */
    size_t begin;        /* of the open access unit, AZ_AU_NONE before the first */
    size_t unit;         /* first byte of the open NAL unit, AZ_AU_NONE without */
    size_t prefix;       /* H.264: where a prefix NAL unit after the picture began, AZ_AU_NONE without */
    uint32_t last_slice; /* position of the last slice in the picture */
    bool has_picture;    /* the open access unit has a slice */
    bool is_key;
    bool is_format_known;
    bool is_format_new; /* set by the splitter, cleared by the caller */
    bool is_format_bad; /* a parameter set that cannot be read: set here, cleared by the caller */
    uint64_t format_hash;
    az_video_format format;
} az_au_splitter;

void az_au_splitter_init(az_au_splitter *s, az_codec codec);

/* Forgets the open access unit; the format stays known. */
void az_au_splitter_reset(az_au_splitter *s);

/* The next access unit that is complete in bytes[0..size): true and *au, or false when more bytes are
 * needed. Call until false. `is_end`: nothing follows, units are not waited for. */
bool az_au_splitter_next(az_au_splitter *s, az_span bytes, bool is_end, az_au *au);

/* At the end of the input, after next() said false: the open access unit as [begin, size); false without. */
bool az_au_splitter_flush(az_au_splitter *s, az_span bytes, az_au *au);

/* The caller took `count` bytes from the start of its buffer, none of them of the open access unit. */
void az_au_splitter_move(az_au_splitter *s, size_t count);

#endif
