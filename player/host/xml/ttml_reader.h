/*
 * A document while it is read: what ttml_doc.c knows of the elements that are open, and what ttml_nodes.c
 * makes of them. Internal to host/xml/ttml_doc.c and ttml_nodes.c.
 */
#ifndef AZ_HOST_XML_TTML_READER_H
#define AZ_HOST_XML_TTML_READER_H

#include <libxml/parser.h>

#include "host/xml/ttml_doc.h"

#define TTML_STYLE_SLOTS ((size_t)4 * AZ_TTML_STYLES_MAX)

typedef struct az_ttml_named_style {
    const char *id;
    const char *names; /* of the styles that it names */
    const az_ttml_ref *refs;
    az_ttml_style own, whole;
} az_ttml_named_style;

/* What an open element is to those in it. */
typedef enum az_ttml_role {
    TTML_ROLE_SKIPPED, /* and all in it */
    TTML_ROLE_ROOT,
    TTML_ROLE_HEAD, /* head, layout */
    TTML_ROLE_STYLING,
    TTML_ROLE_NODE,
} az_ttml_role;

typedef struct az_ttml_open {
    az_ttml_role role;
    uint32_t node; /* TTML_ROLE_NODE */
    bool keeps_space;
    const char *lang;
} az_ttml_open;

typedef struct az_ttml_reader {
    az_ttml_doc *doc;
    xmlParserCtxtPtr xml;
    aizu_result result;
    az_ttml_open open[AZ_TTML_DEPTH_MAX];
    size_t depth;
    size_t skipped; /* elements open below the skipped one */
    az_ttml_named_style *styles;
    size_t style_count;
    uint16_t slots[TTML_STYLE_SLOTS];         /* of a table by id: 1 + index, 0 is free */
    const char *regions[AZ_TTML_REGIONS_MAX]; /* their ids, NULL none */
    char *text;                               /* of the text node in hand */
    size_t text_size, text_capacity;
} az_ttml_reader;

/* An attribute as libxml2 hands it over. */
typedef struct az_ttml_attribute {
    const char *name;
    enum {
        TTML_OWN,
        TTML_STYLING,
        TTML_PARAMETER,
        TTML_XML,
        TTML_FOREIGN
    } space;
    az_span value;
} az_ttml_attribute;

/* Ends the reading with a result. */
void az_ttml_stop(az_ttml_reader *r, aizu_result result);

/* A string that lives as long as the document. NULL: the reading was ended. */
const char *az_ttml_copy(az_ttml_reader *r, az_span text);

/* NULL: it is not there. */
const az_ttml_attribute *az_ttml_attribute_of(const az_ttml_attribute *list, size_t count, const char *name,
                                              int space);

/* Styles: the attributes of one, one of the document, all of them when each is known, one in a region. */
void az_ttml_read_style(const az_ttml_attribute *list, size_t count, az_ttml_style *style);
void az_ttml_add_style(az_ttml_reader *r, const az_ttml_attribute *list, size_t count);
void az_ttml_resolve_styles(az_ttml_reader *r);
void az_ttml_nest_style(az_ttml_reader *r, uint32_t index, const az_ttml_attribute *list, size_t count);

/* The element on top of the open ones becomes a node, a region, ... */
az_ttml_node *az_ttml_open_node(az_ttml_reader *r, az_ttml_kind kind, const az_ttml_attribute *list,
                                size_t count);
void az_ttml_open_region(az_ttml_reader *r, const az_ttml_attribute *list, size_t count);
/* ... text before the next tag a node in it, where text counts, ... */
void az_ttml_flush_text(az_ttml_reader *r);
/* ... and its end tag gives it its end. */
void az_ttml_finish_times(az_ttml_node *node, az_ttml_node *parent);

#endif
