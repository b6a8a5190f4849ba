/*
 * SAX events to nodes; see host/xml/ttml_doc.h. Elements of other namespaces and metadata are left out with
 * all that is in them. A document type ends the parsing before anything of it is read: TTML has none, and
 * entities could only do harm.
 */
#include "host/xml/ttml_doc.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demux/demuxer.h"

#define REFS_MAX       64 /* styles that one element may name */
#define CHAIN_MAX      16 /* styles that name styles that name ... */
#define ATTRIBUTES_MAX 256

#define STYLE_SLOTS ((size_t)4 * AZ_TTML_STYLES_MAX)

typedef struct named_style {
    const char *id;
    const char *names; /* of the styles that it names */
    const az_ttml_ref *refs;
    az_ttml_style own, whole;
} named_style;

typedef struct named_region {
    const char *id;
} named_region;

/* What an open element is to those in it. */
typedef enum role {
    ROLE_SKIPPED, /* and all in it */
    ROLE_ROOT,
    ROLE_HEAD, /* head, layout */
    ROLE_STYLING,
    ROLE_STYLE,
    ROLE_NODE,
} role;

typedef struct open_element {
    role role;
    uint32_t node; /* ROLE_NODE */
    bool keeps_space;
    const char *lang;
} open_element;

typedef struct reader {
    az_ttml_doc *doc;
    xmlParserCtxtPtr xml;
    aizu_result result;
    open_element open[AZ_TTML_DEPTH_MAX];
    size_t depth;
    size_t skipped; /* elements open below the skipped one */
    named_style *styles;
    size_t style_count;
    uint16_t slots[STYLE_SLOTS]; /* of a table by id: 1 + index, 0 is free */
    named_region regions[AZ_TTML_REGIONS_MAX];
    char *text; /* of the text node in hand */
    size_t text_size, text_capacity;
} reader;

/* An attribute as libxml2 hands it over. */
typedef struct attribute {
    const char *name;
    enum {
        OWN,
        STYLING,
        PARAMETER,
        XML,
        FOREIGN
    } space;
    az_span value;
} attribute;

static void stop(reader *r, aizu_result result)
{
    if (r->result == AIZU_OK)
        r->result = result;
    xmlStopParser(r->xml);
}

/* NULL: the reader was stopped, past the memory limit or out of memory. */
static void *take_memory(reader *r, size_t size)
{
    void *memory = az_arena_alloc(&r->doc->arena, size);
    if (!memory)
        stop(r, r->doc->arena.bytes + size > AZ_TTML_MEMORY_MAX / 2 ? AIZU_E_LIMIT : AIZU_E_MEMORY);
    return memory;
}

static const char *copy_string(reader *r, az_span text)
{
    char *copy = take_memory(r, text.size + 1);
    if (copy && text.size > 0)
        memcpy(copy, text.data, text.size);
    return copy;
}

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

static attribute read_attribute(const xmlChar **fields)
{
    const char *uri = (const char *)fields[2];
    attribute a = {.name = (const char *)fields[0],
                   .value = az_span_make(fields[3], (size_t)(fields[4] - fields[3])),
                   .space = FOREIGN};
    if (!uri)
        a.space = OWN;
    else if (!strcmp(uri, "http://www.w3.org/XML/1998/namespace"))
        a.space = XML;
    else if (is_ttml(fields[2]) && strstr(uri, "#style")) /* and "#style-extension" of the drafts */
        a.space = STYLING;
    else if (is_ttml(fields[2]) && strstr(uri, "#styling"))
        a.space = STYLING;
    else if (is_ttml(fields[2]) && strstr(uri, "#parameter"))
        a.space = PARAMETER;
    return a;
}

static const attribute *find_attribute(const attribute *list, size_t count, const char *name, int space)
{
    for (size_t i = 0; i < count; i++) {
        if ((int)list[i].space == space && !strcmp(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

/* ---- styles ---- */

/* The slot of a style, or the free one where it belongs. */
static size_t find_slot(const reader *r, az_span id)
{
    size_t slot = (size_t)az_hash(AZ_HASH_SEED, id.data, id.size) % STYLE_SLOTS;
    while (r->slots[slot] && !az_span_equal_str(id, r->styles[r->slots[slot] - 1].id))
        slot = (slot + 1) % STYLE_SLOTS;
    return slot;
}

static const az_ttml_style *find_style(const reader *r, az_span id)
{
    size_t slot = find_slot(r, id);
    return r->slots[slot] ? &r->styles[r->slots[slot] - 1].whole : NULL;
}

/* The styles of a list of names, in its order; unknown ones are left out. */
static const az_ttml_ref *read_refs(reader *r, az_span names)
{
    const az_ttml_ref *first = NULL;
    az_ttml_ref *last = NULL;
    size_t count = 0;
    for (az_span name = az_ttml_word(&names); name.size > 0 && count < REFS_MAX;
         name = az_ttml_word(&names), count++) {
        const az_ttml_style *style = find_style(r, name);
        az_ttml_ref *ref = style ? take_memory(r, sizeof(*ref)) : NULL;
        if (!ref)
            continue;
        ref->style = style;
        if (last)
            last->next = ref;
        else
            first = ref;
        last = ref;
    }
    return first;
}

/* Puts together what each style has of those that it names. A chain is followed link by link, one a round, so
 * a circle ends by itself. */
static void resolve_styles(reader *r)
{
    for (size_t i = 0; i < r->style_count; i++) {
        r->styles[i].whole = r->styles[i].own;
        r->styles[i].refs = read_refs(r, az_span_str(r->styles[i].names));
    }
    bool is_changed = true;
    for (int round = 0; round < CHAIN_MAX && is_changed; round++) {
        is_changed = false;
        for (size_t i = 0; i < r->style_count; i++) {
            named_style *style = &r->styles[i];
            az_ttml_style whole = {0};
            for (const az_ttml_ref *ref = style->refs; ref; ref = ref->next)
                az_ttml_style_lay(&whole, ref->style);
            az_ttml_style_lay(&whole, &style->own);
            is_changed = is_changed || memcmp(&whole, &style->whole, sizeof(whole)) != 0;
            style->whole = whole;
        }
    }
}

static void read_style(const attribute *list, size_t count, az_ttml_style *style)
{
    for (size_t i = 0; i < count; i++) {
        az_ttml_property property;
        az_ttml_value value;
        if (list[i].space == STYLING && az_ttml_style_parse(list[i].name, list[i].value, &property, &value))
            az_ttml_style_set(style, property, &value);
    }
}

static void add_style(reader *r, const attribute *list, size_t count)
{
    const attribute *id = find_attribute(list, count, "id", XML);
    const attribute *names = find_attribute(list, count, "style", OWN);
    if (!id || id->value.size == 0)
        return;
    if (r->style_count == AZ_TTML_STYLES_MAX) {
        stop(r, AIZU_E_LIMIT);
        return;
    }
    named_style style = {.names = ""};
    style.id = copy_string(r, id->value);
    if (names)
        style.names = copy_string(r, names->value);
    if (!style.id || !style.names)
        return;
    read_style(list, count, &style.own);
    size_t slot = find_slot(r, id->value); /* of two with one name the last counts */
    r->styles[r->style_count++] = style;
    r->slots[slot] = (uint16_t)r->style_count;
}

/* ---- nodes ---- */

static az_ttml_node *add_node(reader *r, az_ttml_kind kind)
{
    az_ttml_doc *doc = r->doc;
    if (doc->node_count == AZ_TTML_NODES_MAX) {
        stop(r, AIZU_E_LIMIT);
        return NULL;
    }
    if (doc->node_count == doc->node_capacity) {
        size_t capacity = doc->node_capacity ? 2 * doc->node_capacity : 256;
        az_ttml_node *nodes = realloc(doc->nodes, capacity * sizeof(*nodes));
        if (!nodes) {
            stop(r, AIZU_E_MEMORY);
            return NULL;
        }
        doc->nodes = nodes;
        doc->node_capacity = capacity;
    }
    az_ttml_node *node = &doc->nodes[doc->node_count++];
    *node = (az_ttml_node){
        .kind = kind,
        .parent = TTML_NONE,
        .end = (uint32_t)doc->node_count,
        .region = TTML_NONE,
        .end_ns = AZ_NEVER,
        .lang = "",
        .explicit_end = AZ_NEVER,
        .explicit_dur = AZ_NEVER,
    };
    return node;
}

/* When it begins: with its parent, or in a sequence after the one before it. */
static void place(az_ttml_node *node, const az_ttml_node *parent, int64_t begin)
{
    if (parent)
        node->implicit_begin =
            parent->is_seq && parent->has_children ? parent->previous_end : parent->begin_ns;
    node->begin_ns = az_add_sat(node->implicit_begin, begin);
    node->implicit_end = node->begin_ns;
}

/* When it ends: as it says, or with the last of what is in it; text alone stays as long as there is something
 * to stay in, but takes no time in a sequence (TTML2, 12.2.4 and SMIL). */
static void finish_times(az_ttml_node *node, az_ttml_node *parent)
{
    bool is_leaf =
        node->kind == TTML_NODE_TEXT || node->kind == TTML_NODE_BREAK || node->kind == TTML_NODE_SET;
    if (is_leaf && !(parent && parent->is_seq))
        node->implicit_end = AZ_NEVER;
    if (node->kind == TTML_NODE_REGION)
        node->implicit_end = AZ_NEVER;
    node->end_ns = node->implicit_end;
    if (node->explicit_end != AZ_NEVER || node->explicit_dur != AZ_NEVER) {
        int64_t by_end = az_add_sat(node->implicit_begin, node->explicit_end);
        int64_t by_dur = az_add_sat(node->begin_ns, node->explicit_dur);
        node->end_ns = AZ_MIN(by_end, by_dur); /* AZ_NEVER saturates */
    }
    if (!parent)
        return;
    parent->has_children = true;
    parent->previous_end = node->end_ns;
    parent->implicit_end = parent->is_seq ? node->end_ns : AZ_MAX(parent->implicit_end, node->end_ns);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == 0;
}

/* Notes that a paragraph shows something in a region. */
static void add_piece(reader *r, uint32_t index)
{
    az_ttml_doc *doc = r->doc;
    uint32_t region = doc->nodes[index].region, paragraph = index;
    while (doc->nodes[paragraph].kind != TTML_NODE_PARAGRAPH)
        paragraph = doc->nodes[paragraph].parent;
    for (size_t i = doc->piece_count; i > 0 && doc->pieces[i - 1].node == paragraph; i--) {
        if (doc->pieces[i - 1].region == region)
            return;
    }
    if (doc->piece_count == doc->piece_capacity) {
        size_t capacity = doc->piece_capacity ? 2 * doc->piece_capacity : 64;
        az_ttml_piece *pieces = realloc(doc->pieces, capacity * sizeof(*pieces));
        if (!pieces) {
            stop(r, AIZU_E_MEMORY);
            return;
        }
        doc->pieces = pieces;
        doc->piece_capacity = capacity;
    }
    doc->pieces[doc->piece_count++] = (az_ttml_piece){.node = paragraph, .region = region};
}

/* The text up to here becomes a node, where text counts: in paragraphs and spans. */
static void flush_text(reader *r)
{
    open_element *open = r->depth > 0 ? &r->open[r->depth - 1] : NULL;
    size_t size = r->text_size;
    r->text_size = 0;
    if (size == 0 || r->result || !open || open->role != ROLE_NODE)
        return;
    az_ttml_kind kind = r->doc->nodes[open->node].kind;
    if (kind != TTML_NODE_PARAGRAPH && kind != TTML_NODE_SPAN)
        return;
    const char *text = copy_string(r, az_span_make(r->text, size));
    az_ttml_node *node = text ? add_node(r, TTML_NODE_TEXT) : NULL;
    if (!node)
        return;
    az_ttml_node *parent = &r->doc->nodes[open->node];
    node->parent = open->node;
    node->region = parent->region;
    node->lang = open->lang;
    node->keeps_space = open->keeps_space;
    node->text = text;
    place(node, parent, 0);
    finish_times(node, parent);
    if (!is_blank(text))
        add_piece(r, (uint32_t)(node - r->doc->nodes));
}

static void read_times(const reader *r, az_ttml_node *node, const attribute *list, size_t count)
{
    const attribute *begin = find_attribute(list, count, "begin", OWN);
    const attribute *end = find_attribute(list, count, "end", OWN);
    const attribute *dur = find_attribute(list, count, "dur", OWN);
    const attribute *container = find_attribute(list, count, "timeContainer", OWN);
    int64_t time = 0;
    if (!begin || !az_ttml_time(&r->doc->rates, begin->value, &time))
        time = 0;
    node->is_seq = container && az_span_equal_str(container->value, "seq");
    place(node, node->parent == TTML_NONE ? NULL : &r->doc->nodes[node->parent], time);
    if (end && az_ttml_time(&r->doc->rates, end->value, &time))
        node->explicit_end = time;
    if (dur && az_ttml_time(&r->doc->rates, dur->value, &time))
        node->explicit_dur = time;
}

/* The styles that an element names and those that it has itself. */
static void read_node_styles(reader *r, az_ttml_node *node, const attribute *list, size_t count)
{
    const attribute *names = find_attribute(list, count, "style", OWN);
    if (names)
        node->refs = read_refs(r, names->value);
    for (size_t i = 0; i < count; i++) {
        az_ttml_pair pair = {0};
        if (list[i].space != STYLING ||
            !az_ttml_style_parse(list[i].name, list[i].value, &pair.property, &pair.value))
            continue;
        az_ttml_pair *kept = take_memory(r, sizeof(*kept));
        if (!kept)
            return;
        *kept = pair;
        kept->next = (az_ttml_pair *)node->pairs;
        node->pairs = kept;
    }
}

static uint32_t find_region(const reader *r, az_span id)
{
    for (uint32_t i = 0; i < r->doc->region_count; i++) {
        if (r->regions[i].id && az_span_equal_str(id, r->regions[i].id))
            return i;
    }
    return TTML_NONE;
}

/* The region that an element is in: an ancestor's before its own. */
static void read_region(const reader *r, az_ttml_node *node, const attribute *list, size_t count)
{
    const attribute *region = find_attribute(list, count, "region", OWN);
    if (node->parent != TTML_NONE)
        node->region = r->doc->nodes[node->parent].region;
    if (node->region == TTML_NONE && region)
        node->region = find_region(r, region->value);
}

static az_ttml_node *open_node(reader *r, az_ttml_kind kind, const attribute *list, size_t count)
{
    open_element *open = &r->open[r->depth - 1], *outer = &r->open[r->depth - 2];
    az_ttml_node *node = add_node(r, kind);
    if (!node)
        return NULL;
    open->role = ROLE_NODE;
    open->node = (uint32_t)(node - r->doc->nodes);
    if (outer->role == ROLE_NODE && kind != TTML_NODE_REGION)
        node->parent = outer->node;
    node->lang = open->lang;
    node->keeps_space = open->keeps_space;
    read_times(r, node, list, count);
    read_region(r, node, list, count);
    read_node_styles(r, node, list, count);
    return node;
}

/* In the layout, or in the element that it is for (TTML2, 11.1.2). */
static void open_region(reader *r, const attribute *list, size_t count)
{
    const open_element *outer = &r->open[r->depth - 2];
    const attribute *id = find_attribute(list, count, "id", XML);
    az_ttml_doc *doc = r->doc;
    if (doc->region_count == AZ_TTML_REGIONS_MAX) {
        stop(r, AIZU_E_LIMIT);
        return;
    }
    const char *name = id ? copy_string(r, id->value) : NULL;
    az_ttml_node *node = open_node(r, TTML_NODE_REGION, list, count);
    if (!node)
        return;
    uint32_t region = doc->region_count++;
    r->regions[region].id = name;
    doc->regions[region] = (uint32_t)(node - doc->nodes);
    if (outer->role == ROLE_NODE && doc->nodes[outer->node].region == TTML_NONE)
        doc->nodes[outer->node].region = region;
}

/* A style in a region: below what the region says itself. */
static void nest_style(reader *r, uint32_t index, const attribute *list, size_t count)
{
    az_ttml_node *node = &r->doc->nodes[index];
    if (node->kind != TTML_NODE_REGION)
        return;
    az_ttml_style *style = (az_ttml_style *)node->nested;
    if (!style)
        style = take_memory(r, sizeof(*style));
    if (!style)
        return;
    const attribute *names = find_attribute(list, count, "style", OWN);
    for (const az_ttml_ref *ref = names ? read_refs(r, names->value) : NULL; ref; ref = ref->next)
        az_ttml_style_lay(style, ref->style);
    read_style(list, count, style);
    node->nested = style;
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

static void read_root(reader *r, const attribute *list, size_t count)
{
    az_ttml_root *root = &r->doc->root;
    for (size_t i = 0; i < count; i++) {
        az_span value = list[i].value;
        az_ttml_length x, y;
        if (list[i].space == STYLING && !strcmp(list[i].name, "extent")) {
            bool is_good = az_ttml_length_parse(az_ttml_word(&value), &x) &&
                           az_ttml_length_parse(az_ttml_word(&value), &y) && x.unit == TTML_PIXEL &&
                           y.unit == TTML_PIXEL && x.value >= 1 && y.value >= 1;
            if (is_good) {
                root->width = (double)x.value;
                root->height = (double)y.value;
            }
        } else if (list[i].space == PARAMETER && !strcmp(list[i].name, "cellResolution")) {
            double columns = read_count(az_ttml_word(&value)), lines = read_count(az_ttml_word(&value));
            if (columns > 0 && lines > 0) {
                root->columns = columns;
                root->lines = lines;
            }
        } else if (list[i].space == PARAMETER) {
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

static void open_in_head(reader *r, const char *name, const attribute *list, size_t count)
{
    open_element *open = &r->open[r->depth - 1];
    role outer = r->open[r->depth - 2].role;
    if (outer == ROLE_ROOT && !strcmp(name, "body"))
        open_node(r, TTML_NODE_CONTAINER, list, count);
    else if (outer == ROLE_ROOT && !strcmp(name, "head"))
        open->role = ROLE_HEAD;
    else if (outer == ROLE_HEAD && !strcmp(name, "layout"))
        open->role = ROLE_HEAD;
    else if (outer == ROLE_HEAD && !strcmp(name, "styling"))
        open->role = ROLE_STYLING;
    else if (outer == ROLE_HEAD && !strcmp(name, "region"))
        open_region(r, list, count);
    else if (outer == ROLE_STYLING && !strcmp(name, "style"))
        add_style(r, list, count);
    else if (outer == ROLE_STYLING && !strcmp(name, "initial"))
        read_style(list, count, &r->doc->initial);
}

static void open_element_of(reader *r, const char *name, const attribute *list, size_t count)
{
    open_element *open = &r->open[r->depth - 1];
    if (r->depth == 1) {
        if (strcmp(name, "tt")) {
            stop(r, AIZU_E_MEDIA);
            return;
        }
        open->role = ROLE_ROOT;
        open->lang = "";
        read_root(r, list, count);
        return;
    }
    open_element *outer = &r->open[r->depth - 2];
    if (outer->role != ROLE_NODE) {
        open_in_head(r, name, list, count);
        return;
    }
    az_ttml_kind kind;
    if (!strcmp(name, "region"))
        open_region(r, list, count);
    else if (!strcmp(name, "style"))
        nest_style(r, outer->node, list, count);
    else if (find_kind(name, &r->doc->nodes[outer->node], &kind))
        open_node(r, kind, list, count);
    r->doc->has_images = r->doc->has_images || !strcmp(name, "image");
}

static void read_xml_attributes(reader *r, open_element *open, const attribute *list, size_t count)
{
    const attribute *space = find_attribute(list, count, "space", XML);
    const attribute *lang = find_attribute(list, count, "lang", XML);
    if (space)
        open->keeps_space = az_span_equal_str(space->value, "preserve");
    if (lang && r->depth > 1 && !az_span_equal_str(lang->value, open->lang)) {
        const char *copy = copy_string(r, lang->value);
        open->lang = copy ? copy : "";
    }
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count, int default_count,
                     const xmlChar **fields)
{
    reader *r = user;
    attribute list[ATTRIBUTES_MAX];
    (void)prefix, (void)namespace_count, (void)namespaces, (void)default_count;
    if (r->result)
        return;
    flush_text(r);
    if (r->skipped > 0) {
        r->skipped++;
        return;
    }
    if (r->depth == 0 && !is_content(uri)) {
        stop(r, AIZU_E_MEDIA);
        return;
    }
    if (r->depth == AZ_TTML_DEPTH_MAX || attribute_count > ATTRIBUTES_MAX) {
        stop(r, AIZU_E_LIMIT);
        return;
    }
    size_t count = (size_t)attribute_count;
    for (size_t i = 0; i < count; i++) {
        list[i] = read_attribute(fields + 5 * i);
        bool is_image = list[i].space == FOREIGN && !strcmp(list[i].name, "backgroundImage");
        r->doc->has_images = r->doc->has_images || is_image;
    }
    open_element *open = &r->open[r->depth];
    *open = r->depth > 0 ? r->open[r->depth - 1] : (open_element){.lang = ""};
    open->role = ROLE_SKIPPED;
    open->node = TTML_NONE;
    r->depth++;
    read_xml_attributes(r, open, list, count);
    if (is_content(uri))
        open_element_of(r, (const char *)name, list, count);
    if (open->role == ROLE_SKIPPED) {
        r->depth--;
        r->skipped = 1;
    }
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    reader *r = user;
    (void)name, (void)prefix, (void)uri;
    if (r->result)
        return;
    if (r->skipped > 0) {
        r->skipped--;
        r->text_size = 0;
        return;
    }
    flush_text(r);
    if (r->depth == 0 || r->result)
        return;
    const open_element *open = &r->open[--r->depth];
    if (open->role == ROLE_STYLING)
        resolve_styles(r);
    if (open->role != ROLE_NODE)
        return;
    az_ttml_doc *doc = r->doc;
    az_ttml_node *node = &doc->nodes[open->node];
    node->end = (uint32_t)doc->node_count;
    finish_times(node, node->parent == TTML_NONE ? NULL : &doc->nodes[node->parent]);
}

static void on_text(void *user, const xmlChar *text, int size)
{
    reader *r = user;
    size_t wanted = r->text_size + (size_t)size;
    if (r->result || r->skipped > 0 || size <= 0)
        return;
    if (wanted > r->text_capacity) {
        size_t capacity = AZ_MAX(wanted, 2 * r->text_capacity);
        char *grown = realloc(r->text, capacity);
        if (!grown) {
            stop(r, AIZU_E_MEMORY);
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
    stop(user, AIZU_E_MEDIA);
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

static aizu_result run(reader *r, az_span xml)
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
    reader r = {.doc = doc};
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
