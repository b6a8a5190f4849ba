/*
 * TTML and IMSC1 text (W3C TTML2, IMSC 1.1) through libxml2: a document in, cues in the terms of WebVTT out;
 * an az_ttml_parser. See docs/internals/text.md.
 *
 * A cue is what one region shows during one interval in which nothing of it changes: paragraphs that overlap
 * in time and region are lines of one cue. Entities, document types, network and includes do not exist here.
 */
#ifndef AZ_HOST_XML_TTML_H
#define AZ_HOST_XML_TTML_H

#include "demux/ttml.h"

#define AZ_TTML_NODES_MAX   ((size_t)1 << 16) /* elements and texts of a document */
#define AZ_TTML_DEPTH_MAX   64                /* elements in each other */
#define AZ_TTML_STYLES_MAX  1024
#define AZ_TTML_REGIONS_MAX 256
#define AZ_TTML_MEMORY_MAX  ((size_t)64 << 20)
#define AZ_TTML_WORK_MAX                                                               \
    ((size_t)4 << 20) /* nodes, styles and pieces of text looked at over all intervals \
                       */
#define AZ_TTML_TEXT_MAX   ((size_t)32 << 10) /* bytes of one cue: what follows is left out */
#define AZ_TTML_OUTPUT_MAX ((size_t)16 << 20) /* bytes of all cues */

/* Besides what az_ttml_parser says: AIZU_E_UNSUPPORTED, a document of pictures (IMSC1 image profile); past a
 * limit no cue is given. */
AZ_NODISCARD aizu_result az_xml_ttml_parse(az_span xml, void (*cue)(void *user, const az_ttml_cue *cue),
                                           void *user);

#endif
