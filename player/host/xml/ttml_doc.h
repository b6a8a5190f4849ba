/*
 * A TTML document as a list of nodes in document order, with absolute times and the styles each one was
 * given. Built by ttml_doc.c out of SAX events, read by ttml_cues.c. Internal to host/xml/.
 */
#ifndef AZ_HOST_XML_TTML_DOC_H
#define AZ_HOST_XML_TTML_DOC_H

#include "base/arena.h"
#include "host/xml/ttml.h"
#include "host/xml/ttml_style.h"
#include "host/xml/ttml_time.h"

#define TTML_NONE UINT32_MAX /* no node */

typedef enum az_ttml_kind {
    TTML_NODE_CONTAINER, /* body, div */
    TTML_NODE_PARAGRAPH,
    TTML_NODE_SPAN,
    TTML_NODE_BREAK,
    TTML_NODE_TEXT,
    TTML_NODE_SET, /* changes styles of its parent for a while; stands before the other children */
    TTML_NODE_REGION,
} az_ttml_kind;

/* A style attribute. */
typedef struct az_ttml_pair {
    struct az_ttml_pair *next;
    az_ttml_property property;
    az_ttml_value value;
} az_ttml_pair;

/* A reference to a style of the document. */
typedef struct az_ttml_ref {
    struct az_ttml_ref *next;
    const az_ttml_style *style;
} az_ttml_ref;

typedef struct az_ttml_node {
    az_ttml_kind kind;
    uint32_t parent;          /* TTML_NONE: body and regions */
    uint32_t end;             /* index after its last descendant */
    uint32_t region;          /* its own or an ancestor's; TTML_NONE: the whole picture */
    int64_t begin_ns, end_ns; /* absolute, not cut to its ancestors */
    const az_ttml_ref *refs;
    const az_ttml_style *nested; /* regions: of the style elements in them */
    const az_ttml_pair *pairs;
    const char *lang; /* "": that of the document */
    bool keeps_space;
    const char *text; /* TEXT, NUL-terminated */
    /* while it is open */
    bool is_seq, has_children;
    int64_t implicit_begin, implicit_end, previous_end;
    int64_t explicit_end, explicit_dur; /* AZ_NEVER: not given */
} az_ttml_node;

/* What is shown of one paragraph in one region. */
typedef struct az_ttml_piece {
    uint32_t node;
    uint32_t region;
    int64_t begin_ns, end_ns; /* cut to the ancestors */
} az_ttml_piece;

typedef struct az_ttml_doc {
    az_arena arena;
    az_ttml_node *nodes;
    size_t node_count, node_capacity;
    az_ttml_piece *pieces; /* in document order */
    size_t piece_count, piece_capacity;
    az_ttml_rates rates;
    az_ttml_root root;
    az_ttml_style initial; /* of <initial>: what the document has for initial values */
    uint32_t region_count; /* regions are numbered in order; `regions` has their nodes */
    uint32_t regions[AZ_TTML_REGIONS_MAX];
    bool has_images;
} az_ttml_doc;

/* AIZU_OK, AIZU_E_MEDIA, AIZU_E_LIMIT, AIZU_E_MEMORY. az_ttml_doc_deinit() in any case. */
AZ_NODISCARD aizu_result az_ttml_doc_read(az_ttml_doc *doc, az_span xml);
void az_ttml_doc_deinit(az_ttml_doc *doc);

/* Collects the cues of a document and gives them out by begin; see host/xml/ttml.h. */
AZ_NODISCARD aizu_result az_ttml_cues_give(const az_ttml_doc *doc,
                                           void (*cue)(void *user, const az_ttml_cue *cue), void *user);

#endif
