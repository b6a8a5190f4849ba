/*
 * Elements to nodes: their times, their region, the styles that they name; see host/xml/ttml_reader.h.
 */
#include "host/xml/ttml_reader.h"

#include <stdlib.h>
#include <string.h>

#define REFS_MAX  64 /* styles that one element may name */
#define CHAIN_MAX 16 /* styles that name styles that name ... */

void az_ttml_stop(az_ttml_reader *r, aizu_result result)
{
    if (r->result == AIZU_OK)
        r->result = result;
    xmlStopParser(r->xml);
}

/* NULL: the reader was stopped, past the memory limit or out of memory. */
static void *take_memory(az_ttml_reader *r, size_t size)
{
    void *memory = az_arena_alloc(&r->doc->arena, size);
    if (!memory)
        az_ttml_stop(r, r->doc->arena.bytes + size > AZ_TTML_MEMORY_MAX / 2 ? AIZU_E_LIMIT : AIZU_E_MEMORY);
    return memory;
}

const char *az_ttml_copy(az_ttml_reader *r, az_span text)
{
    char *copy = take_memory(r, text.size + 1);
    if (copy && text.size > 0)
        memcpy(copy, text.data, text.size);
    return copy;
}

const az_ttml_attribute *az_ttml_attribute_of(const az_ttml_attribute *list, size_t count, const char *name,
                                              int space)
{
    for (size_t i = 0; i < count; i++) {
        if ((int)list[i].space == space && !strcmp(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

/* ---- styles ---- */

/* The slot of a style, or the free one where it belongs. */
static size_t find_slot(const az_ttml_reader *r, az_span id)
{
    size_t slot = (size_t)az_hash(AZ_HASH_SEED, id.data, id.size) % TTML_STYLE_SLOTS;
    while (r->slots[slot] && !az_span_equal_str(id, r->styles[r->slots[slot] - 1].id))
        slot = (slot + 1) % TTML_STYLE_SLOTS;
    return slot;
}

static const az_ttml_style *find_style(const az_ttml_reader *r, az_span id)
{
    size_t slot = find_slot(r, id);
    return r->slots[slot] ? &r->styles[r->slots[slot] - 1].whole : NULL;
}

/* The styles of a list of names, in its order; unknown ones are left out. */
static const az_ttml_ref *read_refs(az_ttml_reader *r, az_span names)
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
void az_ttml_resolve_styles(az_ttml_reader *r)
{
    for (size_t i = 0; i < r->style_count; i++) {
        r->styles[i].whole = r->styles[i].own;
        r->styles[i].refs = read_refs(r, az_span_str(r->styles[i].names));
    }
    bool is_changed = true;
    for (int round = 0; round < CHAIN_MAX && is_changed; round++) {
        is_changed = false;
        for (size_t i = 0; i < r->style_count; i++) {
            az_ttml_named_style *style = &r->styles[i];
            az_ttml_style whole = {0};
            for (const az_ttml_ref *ref = style->refs; ref; ref = ref->next)
                az_ttml_style_lay(&whole, ref->style);
            az_ttml_style_lay(&whole, &style->own);
            is_changed = is_changed || memcmp(&whole, &style->whole, sizeof(whole)) != 0;
            style->whole = whole;
        }
    }
}

void az_ttml_read_style(const az_ttml_attribute *list, size_t count, az_ttml_style *style)
{
    for (size_t i = 0; i < count; i++) {
        az_ttml_property property;
        az_ttml_value value;
        if (list[i].space == TTML_STYLING &&
            az_ttml_style_parse(list[i].name, list[i].value, &property, &value))
            az_ttml_style_set(style, property, &value);
    }
}

void az_ttml_add_style(az_ttml_reader *r, const az_ttml_attribute *list, size_t count)
{
    const az_ttml_attribute *id = az_ttml_attribute_of(list, count, "id", TTML_XML);
    const az_ttml_attribute *names = az_ttml_attribute_of(list, count, "style", TTML_OWN);
    if (!id || id->value.size == 0)
        return;
    if (r->style_count == AZ_TTML_STYLES_MAX) {
        az_ttml_stop(r, AIZU_E_LIMIT);
        return;
    }
    az_ttml_named_style style = {.names = ""};
    style.id = az_ttml_copy(r, id->value);
    if (names)
        style.names = az_ttml_copy(r, names->value);
    if (!style.id || !style.names)
        return;
    az_ttml_read_style(list, count, &style.own);
    size_t slot = find_slot(r, id->value); /* of two with one name the last counts */
    r->styles[r->style_count++] = style;
    r->slots[slot] = (uint16_t)r->style_count;
}

/* ---- nodes ---- */

static az_ttml_node *add_node(az_ttml_reader *r, az_ttml_kind kind)
{
    az_ttml_doc *doc = r->doc;
    if (doc->node_count == AZ_TTML_NODES_MAX) {
        az_ttml_stop(r, AIZU_E_LIMIT);
        return NULL;
    }
    if (doc->node_count == doc->node_capacity) {
        size_t capacity = doc->node_capacity ? 2 * doc->node_capacity : 256;
        az_ttml_node *nodes = realloc(doc->nodes, capacity * sizeof(*nodes));
        if (!nodes) {
            az_ttml_stop(r, AIZU_E_MEMORY);
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
void az_ttml_finish_times(az_ttml_node *node, az_ttml_node *parent)
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
static void add_piece(az_ttml_reader *r, uint32_t index)
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
            az_ttml_stop(r, AIZU_E_MEMORY);
            return;
        }
        doc->pieces = pieces;
        doc->piece_capacity = capacity;
    }
    doc->pieces[doc->piece_count++] = (az_ttml_piece){.node = paragraph, .region = region};
}

/* The text up to here becomes a node, where text counts: in paragraphs and spans. */
void az_ttml_flush_text(az_ttml_reader *r)
{
    az_ttml_open *open = r->depth > 0 ? &r->open[r->depth - 1] : NULL;
    size_t size = r->text_size;
    r->text_size = 0;
    if (size == 0 || r->result || !open || open->role != TTML_ROLE_NODE)
        return;
    az_ttml_kind kind = r->doc->nodes[open->node].kind;
    if (kind != TTML_NODE_PARAGRAPH && kind != TTML_NODE_SPAN)
        return;
    const char *text = az_ttml_copy(r, az_span_make(r->text, size));
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
    az_ttml_finish_times(node, parent);
    if (!is_blank(text))
        add_piece(r, (uint32_t)(node - r->doc->nodes));
}

static void read_times(const az_ttml_reader *r, az_ttml_node *node, const az_ttml_attribute *list,
                       size_t count)
{
    const az_ttml_attribute *begin = az_ttml_attribute_of(list, count, "begin", TTML_OWN);
    const az_ttml_attribute *end = az_ttml_attribute_of(list, count, "end", TTML_OWN);
    const az_ttml_attribute *dur = az_ttml_attribute_of(list, count, "dur", TTML_OWN);
    const az_ttml_attribute *container = az_ttml_attribute_of(list, count, "timeContainer", TTML_OWN);
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
static void read_node_styles(az_ttml_reader *r, az_ttml_node *node, const az_ttml_attribute *list,
                             size_t count)
{
    const az_ttml_attribute *names = az_ttml_attribute_of(list, count, "style", TTML_OWN);
    if (names)
        node->refs = read_refs(r, names->value);
    for (size_t i = 0; i < count; i++) {
        az_ttml_pair pair = {0};
        if (list[i].space != TTML_STYLING ||
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

static uint32_t find_region(const az_ttml_reader *r, az_span id)
{
    for (uint32_t i = 0; i < r->doc->region_count; i++) {
        if (r->regions[i] && az_span_equal_str(id, r->regions[i]))
            return i;
    }
    return TTML_NONE;
}

/* The region that an element is in: an ancestor's before its own. */
static void read_region(const az_ttml_reader *r, az_ttml_node *node, const az_ttml_attribute *list,
                        size_t count)
{
    const az_ttml_attribute *region = az_ttml_attribute_of(list, count, "region", TTML_OWN);
    if (node->parent != TTML_NONE)
        node->region = r->doc->nodes[node->parent].region;
    if (node->region == TTML_NONE && region)
        node->region = find_region(r, region->value);
}

az_ttml_node *az_ttml_open_node(az_ttml_reader *r, az_ttml_kind kind, const az_ttml_attribute *list,
                                size_t count)
{
    az_ttml_open *open = &r->open[r->depth - 1], *outer = &r->open[r->depth - 2];
    az_ttml_node *node = add_node(r, kind);
    if (!node)
        return NULL;
    open->role = TTML_ROLE_NODE;
    open->node = (uint32_t)(node - r->doc->nodes);
    if (outer->role == TTML_ROLE_NODE && kind != TTML_NODE_REGION)
        node->parent = outer->node;
    node->lang = open->lang;
    node->keeps_space = open->keeps_space;
    read_times(r, node, list, count);
    read_region(r, node, list, count);
    read_node_styles(r, node, list, count);
    return node;
}

/* In the layout, or in the element that it is for (TTML2, 11.1.2). */
void az_ttml_open_region(az_ttml_reader *r, const az_ttml_attribute *list, size_t count)
{
    const az_ttml_open *outer = &r->open[r->depth - 2];
    const az_ttml_attribute *id = az_ttml_attribute_of(list, count, "id", TTML_XML);
    az_ttml_doc *doc = r->doc;
    if (doc->region_count == AZ_TTML_REGIONS_MAX) {
        az_ttml_stop(r, AIZU_E_LIMIT);
        return;
    }
    const char *name = id ? az_ttml_copy(r, id->value) : NULL;
    az_ttml_node *node = az_ttml_open_node(r, TTML_NODE_REGION, list, count);
    if (!node)
        return;
    uint32_t region = doc->region_count++;
    r->regions[region] = name;
    doc->regions[region] = (uint32_t)(node - doc->nodes);
    if (outer->role == TTML_ROLE_NODE && doc->nodes[outer->node].region == TTML_NONE)
        doc->nodes[outer->node].region = region;
}

/* A style in a region: below what the region says itself. */
void az_ttml_nest_style(az_ttml_reader *r, uint32_t index, const az_ttml_attribute *list, size_t count)
{
    az_ttml_node *node = &r->doc->nodes[index];
    if (node->kind != TTML_NODE_REGION)
        return;
    az_ttml_style *style = (az_ttml_style *)node->nested;
    if (!style)
        style = take_memory(r, sizeof(*style));
    if (!style)
        return;
    const az_ttml_attribute *names = az_ttml_attribute_of(list, count, "style", TTML_OWN);
    for (const az_ttml_ref *ref = names ? read_refs(r, names->value) : NULL; ref; ref = ref->next)
        az_ttml_style_lay(style, ref->style);
    az_ttml_read_style(list, count, style);
    node->nested = style;
}
