/*
 * Strings of ID3 frames: carried bytes in, valid UTF-8 out. Folder-internal.
 */
#ifndef AZ_CUE_ID3_TEXT_H
#define AZ_CUE_ID3_TEXT_H

#include "base/arena.h"
#include "base/base.h"

/* As carried (ID3v2.4.0 structure, chapter 4). */
typedef enum az_id3_encoding {
    AZ_ID3_LATIN1 = 0,
    AZ_ID3_UTF16 = 1, /* with a byte order mark */
    AZ_ID3_UTF16BE = 2,
    AZ_ID3_UTF8 = 3,
} az_id3_encoding;

/* Reads the strings of one frame one after the other. */
typedef struct az_id3_text {
    az_arena *arena; /* converted strings live here */
    az_span rest;
    az_id3_encoding encoding;
    enum {
        AZ_ID3_ORDER_UNKNOWN,
        AZ_ID3_ORDER_BIG,
        AZ_ID3_ORDER_LITTLE
    } order;            /* UTF-16: of the last string */
    bool failed;        /* a terminator was missing */
    bool out_of_memory; /* the strings are not to be used */
} az_id3_text;

void az_id3_text_init(az_id3_text *text, az_arena *arena, az_span bytes);

/* The encoding byte; failed when there is none or it has no meaning. */
void az_id3_text_encoding(az_id3_text *text);

/* The string up to its terminator in the frame's encoding. failed when there is no terminator. */
az_span az_id3_text_terminated(az_id3_text *text);

/* The string that ends the frame; cut at its first terminator, or with `values` a list of strings that
 * stay parted by NUL. Terminators at the end are taken off. */
az_span az_id3_text_last(az_id3_text *text, bool values);

/* The same two for what the specification keeps in Latin-1 whatever the encoding byte says: owners, URLs,
 * MIME types. Bytes that make valid UTF-8 are taken as that. */
az_span az_id3_text_plain_terminated(az_id3_text *text);
az_span az_id3_text_plain_last(az_id3_text *text);

#endif
