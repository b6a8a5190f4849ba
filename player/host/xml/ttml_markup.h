/*
 * What a document shows at one moment, as cue text and settings. Internal to host/xml/.
 */
#ifndef AZ_HOST_XML_TTML_MARKUP_H
#define AZ_HOST_XML_TTML_MARKUP_H

#include "host/xml/ttml_doc.h"

/* What an element has at a moment: its own styles over inherited ones. */
typedef struct az_ttml_look {
    az_ttml_style style;
    double font_height; /* share of the root's height */
    double opacity;
    bool has_background; /* somebody said one */
    uint32_t background; /* of the innermost that has a visible one */
} az_ttml_look;

/* How an element or the root of all (TTML_NONE) looks at a time. *work grows by the nodes and
 * styles looked at. */
void az_ttml_look_of(az_ttml_look *look, const az_ttml_doc *doc, uint32_t node, const az_ttml_look *parent,
                     int64_t time, size_t *work);
bool az_ttml_is_active(const az_ttml_node *node, int64_t time);

/* Cue text that grows. Zero it before the first use. */
typedef struct az_ttml_writer {
    char *data;
    size_t size, capacity;
    bool is_full;    /* AZ_TTML_TEXT_MAX was reached */
    bool has_failed; /* out of memory */
    size_t work;     /* nodes looked at so far */
} az_ttml_writer;

void az_ttml_writer_deinit(az_ttml_writer *writer);

/* Adds a paragraph as it is at a time, on a line of its own; nothing when there is nothing of it to see.
 * *look: how the paragraph itself looks. */
void az_ttml_write(az_ttml_writer *writer, const az_ttml_doc *doc, const az_ttml_piece *piece,
                   const az_ttml_look *region, int64_t time, az_ttml_look *look);

#define AZ_TTML_SETTINGS_MAX 128

/* The settings that put a paragraph where its region is; is_placed: there is one. NUL-terminated. */
void az_ttml_settings(char out[AZ_TTML_SETTINGS_MAX], const az_ttml_doc *doc, const az_ttml_look *region,
                      const az_ttml_look *paragraph, bool is_placed);

#endif
