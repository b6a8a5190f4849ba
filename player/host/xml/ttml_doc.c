/*
 * SAX events to nodes; see host/xml/ttml_doc.h. Elements of other namespaces and metadata are left out with
 * all that is in them. A document type ends the parsing before anything of it is read: TTML has none, and
 * entities could only do harm.
 */
#include "host/xml/ttml_doc.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

#include "demux/demuxer.h"
#include "host/xml/ttml_reader.h"

#define ATTRIBUTES_MAX 256

/* ---- names ---- */

/* The namespaces of TTML2 and of the drafts before it, which some still write. */
static bool is_ttml(const xmlChar *uri)
{
    const char *text = (const char *)uri;
    return text && (!strncmp(text, "http://www.w3.org/ns/ttml", 25) || strstr(text, "/ttaf1"));
}

static bool is_content(const xmlChar *uri)
{
    return is_ttml(uri) && !strchr((const char *)uri, '#');
}

static az_ttml_attribute read_attribute(const xmlChar **fields)
{
    const char *uri = (const char *)fields[2];
    az_ttml_attribute a = {.name = (const char *)fields[0],
                           .value = az_span_make(fields[3], (size_t)(fields[4] - fields[3])),
                           .space = TTML_FOREIGN};
    if (!uri)
        a.space = TTML_OWN;
    else if (!strcmp(uri, "http://www.w3.org/XML/1998/namespace"))
        a.space = TTML_XML;
    else if (is_ttml(fields[2]) && strstr(uri, "#style")) /* and "#style-extension" of the drafts */
        a.space = TTML_STYLING;
    else if (is_ttml(fields[2]) && strstr(uri, "#styling"))
        a.space = TTML_STYLING;
    else if (is_ttml(fields[2]) && strstr(uri, "#parameter"))
        a.space = TTML_PARAMETER;
    return a;
}

/* ---- elements ---- */

/* Up to four digits; 0: something else. */
static double read_count(az_span text)
{
    double count = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (i == 4 || text.data[i] < '0' || text.data[i] > '9')
            return 0;
        count = count * 10 + (text.data[i] - '0');
    }
    return count;
}

static void read_root(az_ttml_reader *r, const az_ttml_attribute *list, size_t count)
{
    az_ttml_root *root = &r->doc->root;
    for (size_t i = 0; i < count; i++) {
        az_span value = list[i].value;
        az_ttml_length x, y;
        if (list[i].space == TTML_STYLING && !strcmp(list[i].name, "extent")) {
            bool is_good = az_ttml_length_parse(az_ttml_word(&value), &x) &&
                           az_ttml_length_parse(az_ttml_word(&value), &y) && x.unit == TTML_PIXEL &&
                           y.unit == TTML_PIXEL && x.value >= 1 && y.value >= 1;
            if (is_good) {
                root->width = (double)x.value;
                root->height = (double)y.value;
            }
        } else if (list[i].space == TTML_PARAMETER && !strcmp(list[i].name, "cellResolution")) {
            double columns = read_count(az_ttml_word(&value)), lines = read_count(az_ttml_word(&value));
            if (columns > 0 && lines > 0) {
                root->columns = columns;
                root->lines = lines;
            }
        } else if (list[i].space == TTML_PARAMETER) {
            az_ttml_rates_set(&r->doc->rates, list[i].name, value);
        }
    }
}

/* The elements that are nodes where they stand in another node, or body. */
static bool find_kind(const char *name, const az_ttml_node *outer, az_ttml_kind *kind)
{
    bool is_in_text = outer && (outer->kind == TTML_NODE_PARAGRAPH || outer->kind == TTML_NODE_SPAN);
    bool is_in_container = outer && outer->kind == TTML_NODE_CONTAINER;
    if (!strcmp(name, "set"))
        *kind = TTML_NODE_SET;
    else if (!strcmp(name, "div") && is_in_container)
        *kind = TTML_NODE_CONTAINER;
    else if (!strcmp(name, "p") && is_in_container)
        *kind = TTML_NODE_PARAGRAPH;
    else if (!strcmp(name, "span") && is_in_text)
        *kind = TTML_NODE_SPAN;
    else if (!strcmp(name, "br") && is_in_text)
        *kind = TTML_NODE_BREAK;
    else
        return false;
    return true;
}

static void open_in_head(az_ttml_reader *r, const char *name, const az_ttml_attribute *list, size_t count)
{
    az_ttml_open *open = &r->open[r->depth - 1];
    az_ttml_role outer = r->open[r->depth - 2].role;
    if (outer == TTML_ROLE_ROOT && !strcmp(name, "body"))
        az_ttml_open_node(r, TTML_NODE_CONTAINER, list, count);
    else if (outer == TTML_ROLE_ROOT && !strcmp(name, "head"))
        open->role = TTML_ROLE_HEAD;
    else if (outer == TTML_ROLE_HEAD && !strcmp(name, "layout"))
        open->role = TTML_ROLE_HEAD;
    else if (outer == TTML_ROLE_HEAD && !strcmp(name, "styling"))
        open->role = TTML_ROLE_STYLING;
    else if (outer == TTML_ROLE_HEAD && !strcmp(name, "region"))
        az_ttml_open_region(r, list, count);
    else if (outer == TTML_ROLE_STYLING && !strcmp(name, "style"))
        az_ttml_add_style(r, list, count);
    else if (outer == TTML_ROLE_STYLING && !strcmp(name, "initial"))
        az_ttml_read_style(list, count, &r->doc->initial);
}

static void open_element_of(az_ttml_reader *r, const char *name, const az_ttml_attribute *list, size_t count)
{
    az_ttml_open *open = &r->open[r->depth - 1];
    if (r->depth == 1) {
        if (strcmp(name, "tt")) {
            az_ttml_stop(r, AIZU_E_MEDIA);
            return;
        }
        open->role = TTML_ROLE_ROOT;
        open->lang = "";
        read_root(r, list, count);
        return;
    }
    az_ttml_open *outer = &r->open[r->depth - 2];
    if (outer->role != TTML_ROLE_NODE) {
        open_in_head(r, name, list, count);
        return;
    }
    az_ttml_kind kind;
    if (!strcmp(name, "region"))
        az_ttml_open_region(r, list, count);
    else if (!strcmp(name, "style"))
        az_ttml_nest_style(r, outer->node, list, count);
    else if (find_kind(name, &r->doc->nodes[outer->node], &kind))
        az_ttml_open_node(r, kind, list, count);
    r->doc->has_images = r->doc->has_images || !strcmp(name, "image");
}

static void read_xml_attributes(az_ttml_reader *r, az_ttml_open *open, const az_ttml_attribute *list,
                                size_t count)
{
    const az_ttml_attribute *space = az_ttml_attribute_of(list, count, "space", TTML_XML);
    const az_ttml_attribute *lang = az_ttml_attribute_of(list, count, "lang", TTML_XML);
    if (space)
        open->keeps_space = az_span_equal_str(space->value, "preserve");
    if (lang && r->depth > 1 && !az_span_equal_str(lang->value, open->lang)) {
        const char *copy = az_ttml_copy(r, lang->value);
        open->lang = copy ? copy : "";
    }
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count, int default_count,
                     const xmlChar **fields)
{
    az_ttml_reader *r = user;
    az_ttml_attribute list[ATTRIBUTES_MAX];
    (void)prefix, (void)namespace_count, (void)namespaces, (void)default_count;
    if (r->result)
        return;
    az_ttml_flush_text(r);
    if (r->skipped > 0) {
        r->skipped++;
        return;
    }
    if (r->depth == 0 && !is_content(uri)) {
        az_ttml_stop(r, AIZU_E_MEDIA);
        return;
    }
    if (r->depth == AZ_TTML_DEPTH_MAX || attribute_count > ATTRIBUTES_MAX) {
        az_ttml_stop(r, AIZU_E_LIMIT);
        return;
    }
    size_t count = (size_t)attribute_count;
    for (size_t i = 0; i < count; i++) {
        list[i] = read_attribute(fields + 5 * i);
        bool is_image = list[i].space == TTML_FOREIGN && !strcmp(list[i].name, "backgroundImage");
        r->doc->has_images = r->doc->has_images || is_image;
    }
    az_ttml_open *open = &r->open[r->depth];
    *open = r->depth > 0 ? r->open[r->depth - 1] : (az_ttml_open){.lang = ""};
    open->role = TTML_ROLE_SKIPPED;
    open->node = TTML_NONE;
    r->depth++;
    read_xml_attributes(r, open, list, count);
    if (is_content(uri))
        open_element_of(r, (const char *)name, list, count);
    if (open->role == TTML_ROLE_SKIPPED) {
        r->depth--;
        r->skipped = 1;
    }
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    az_ttml_reader *r = user;
    (void)name, (void)prefix, (void)uri;
    if (r->result)
        return;
    if (r->skipped > 0) {
        r->skipped--;
        r->text_size = 0;
        return;
    }
    az_ttml_flush_text(r);
    if (r->depth == 0 || r->result)
        return;
    const az_ttml_open *open = &r->open[--r->depth];
    if (open->role == TTML_ROLE_STYLING)
        az_ttml_resolve_styles(r);
    if (open->role != TTML_ROLE_NODE)
        return;
    az_ttml_doc *doc = r->doc;
    az_ttml_node *node = &doc->nodes[open->node];
    node->end = (uint32_t)doc->node_count;
    az_ttml_finish_times(node, node->parent == TTML_NONE ? NULL : &doc->nodes[node->parent]);
}

static void on_text(void *user, const xmlChar *text, int size)
{
    az_ttml_reader *r = user;
    size_t wanted = r->text_size + (size_t)size;
    if (r->result || r->skipped > 0 || size <= 0)
        return;
    if (wanted > r->text_capacity) {
        size_t capacity = AZ_MAX(wanted, 2 * r->text_capacity);
        char *grown = realloc(r->text, capacity);
        if (!grown) {
            az_ttml_stop(r, AIZU_E_MEMORY);
            return;
        }
        r->text = grown;
        r->text_capacity = capacity;
    }
    memcpy(r->text + r->text_size, text, (size_t)size);
    r->text_size = wanted;
}

static void on_document_type(void *user, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    az_ttml_stop(user, AIZU_E_MEDIA);
}

/* libxml2 would print. */
static void on_error(void *user, xmlErrorPtr error)
{
    (void)user, (void)error;
}

/* ---- the document ---- */

/* Cuts each piece to the paragraph and what it stands in; those that are never shown go. */
static void finish_pieces(az_ttml_doc *doc)
{
    size_t kept = 0;
    for (size_t i = 0; i < doc->piece_count; i++) {
        az_ttml_piece piece = doc->pieces[i];
        piece.begin_ns = 0;
        piece.end_ns = AZ_NEVER;
        for (uint32_t at = piece.node; at != TTML_NONE; at = doc->nodes[at].parent) {
            piece.begin_ns = AZ_MAX(piece.begin_ns, doc->nodes[at].begin_ns);
            piece.end_ns = AZ_MIN(piece.end_ns, doc->nodes[at].end_ns);
        }
        if (piece.begin_ns < piece.end_ns)
            doc->pieces[kept++] = piece;
    }
    doc->piece_count = kept;
}

static aizu_result run(az_ttml_reader *r, az_span xml)
{
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = on_document_type,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .serror = on_error,
    };
    xmlInitParser();
    r->xml = xmlCreateMemoryParserCtxt((const char *)xml.data, (int)xml.size);
    if (!r->xml)
        return AIZU_E_MEMORY;
    xmlCtxtUseOptions(r->xml, XML_PARSE_NONET);
    *r->xml->sax = handler;
    r->xml->userData = r;
    int failed = xmlParseDocument(r->xml);
    if (r->result == AIZU_OK && (failed || !r->xml->wellFormed))
        r->result = r->xml->errNo == XML_ERR_NO_MEMORY ? AIZU_E_MEMORY : AIZU_E_MEDIA;
    if (r->xml->myDoc)
        xmlFreeDoc(r->xml->myDoc);
    xmlFreeParserCtxt(r->xml);
    return r->result;
}

aizu_result az_ttml_doc_read(az_ttml_doc *doc, az_span xml)
{
    *doc = (az_ttml_doc){.root = {1280, 720, 32, 15}};
    az_arena_init(&doc->arena, AZ_TTML_MEMORY_MAX / 2);
    az_ttml_rates_init(&doc->rates);
    if (xml.size == 0)
        return AIZU_E_MEDIA;
    if (xml.size > AZ_TTML_SIZE_MAX)
        return AIZU_E_LIMIT;
    az_ttml_reader r = {.doc = doc};
    aizu_result result = AIZU_E_MEMORY;
    r.styles = az_arena_alloc_array(&doc->arena, AZ_TTML_STYLES_MAX, sizeof(*r.styles));
    if (r.styles)
        result = run(&r, xml);
    free(r.text);
    if (!result)
        finish_pieces(doc);
    return result;
}

void az_ttml_doc_deinit(az_ttml_doc *doc)
{
    az_arena_deinit(&doc->arena);
    free(doc->nodes);
    free(doc->pieces);
    doc->nodes = NULL;
    doc->pieces = NULL;
}
