/*
 * Attribute lists (4.2): NAME=value pairs with commas between them in, an array of spans out. The list being
 * read stands in the parser; tags that keep theirs copy it into the arena. What the grammar forbids is read
 * as far as its meaning is plain, and noted.
 */
#include "playlist/parser.h"

#include <string.h>

typedef struct cursor {
    const uint8_t *at;
    const uint8_t *end;
} cursor;

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static az_span trim(const uint8_t *begin, const uint8_t *end)
{
    while (begin < end && is_blank(*begin))
        begin++;
    while (end > begin && is_blank(end[-1]))
        end--;
    return az_span_make(begin, (size_t)(end - begin));
}

static bool is_name_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static const uint8_t *find(const cursor *c, uint8_t wanted)
{
    const uint8_t *at = c->at < c->end ? memchr(c->at, wanted, (size_t)(c->end - c->at)) : NULL;
    return at ? at : c->end;
}

/* The cursor stands behind the opening quote; afterwards on the comma or at the end. */
static az_span read_quoted(az_parser *p, cursor *c)
{
    const uint8_t *quote = find(c, '"');
    if (quote == c->end) {
        az_parser_note(p, "quoted attribute value without its closing quote: read up to the next comma");
        const uint8_t *comma = find(c, ',');
        az_span value = az_span_make(c->at, (size_t)(comma - c->at));
        c->at = comma;
        return value;
    }
    az_span value = az_span_make(c->at, (size_t)(quote - c->at));
    c->at = quote + 1;
    if (c->at < c->end && *c->at != ',') {
        az_parser_note(p, "text between the closing quote and the comma of an attribute: ignored");
        c->at = find(c, ',');
    }
    return value;
}

static az_span read_unquoted(az_parser *p, cursor *c)
{
    const uint8_t *comma = find(c, ',');
    az_span value = trim(c->at, comma);
    if (value.size == 0)
        az_parser_note(p, "attribute without a value");
    else if (value.size != (size_t)(comma - c->at))
        az_parser_note(p, "white space around an attribute value: ignored");
    c->at = comma;
    return value;
}

/* The cursor ends on the '=', the comma or at the end. */
static az_span read_name(az_parser *p, cursor *c)
{
    const uint8_t *begin = c->at;
    while (c->at < c->end && is_name_char(*c->at))
        c->at++;
    if (AZ_LIKELY(c->at < c->end && *c->at == '=' && c->at != begin))
        return az_span_make(begin, (size_t)(c->at - begin));
    while (c->at < c->end && *c->at != '=' && *c->at != ',')
        c->at++;
    az_span name = trim(begin, c->at);
    if (name.size != (size_t)(c->at - begin))
        az_parser_note(p, "white space around an attribute name: ignored");
    bool is_valid = name.size > 0;
    for (size_t i = 0; i < name.size; i++)
        is_valid = is_valid && is_name_char(name.data[i]);
    if (!is_valid)
        az_parser_note(p, "attribute name with characters other than A-Z, 0-9 and '-', or without any");
    return name;
}

/* One attribute; the cursor ends on the comma or at the end. False when there is no '=' before either. */
static bool read_attribute(az_parser *p, cursor *c, az_attribute *out)
{
    out->name = read_name(p, c);
    if (c->at == c->end || *c->at == ',')
        return false;
    const uint8_t *value = ++c->at;
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
    out->is_quoted = c->at < c->end && *c->at == '"';
    if (!out->is_quoted) {
        c->at = value;
        out->value = read_unquoted(p, c);
        return true;
    }
    if (c->at != value)
        az_parser_note(p, "white space around an attribute value: ignored");
    c->at++;
    out->value = read_quoted(p, c);
    return true;
}

/* bis 4.3: quoted strings and hexadecimal sequences. */
static bool may_hold_variables(const az_attribute *attribute)
{
    az_span value = attribute->value;
    return attribute->is_quoted || (value.size > 2 && value.data[0] == '0' && (value.data[1] | 0x20) == 'x');
}

static bool is_repeated(const az_parser *p, az_span name)
{
    for (size_t i = 0; i < p->attribute_count; i++) {
        az_span other = p->attributes[i].name;
        if (other.size == name.size && az_span_equal(other, name))
            return true;
    }
    return false;
}

void az_attributes_read(az_parser *p, az_span value)
{
    p->attribute_count = 0;
    if (value.size == 0) {
        az_parser_note(p, "tag without its attribute list");
        return;
    }
    cursor c = {value.data, value.data + value.size};
    while (c.at < c.end) {
        az_attribute attribute = {0};
        bool has_value = read_attribute(p, &c, &attribute);
        if (!has_value)
            az_parser_note(p, "attribute without '=': ignored");
        else if (p->attribute_count == AZ_PLAYLIST_ATTRIBUTES_MAX) {
            az_parser_fail(p, AIZU_E_LIMIT, "too many attributes in one list");
            return;
        } else {
            if (AZ_UNLIKELY(p->has_brace) && may_hold_variables(&attribute))
                attribute.value = az_variables_put_in(p, attribute.value);
            if (is_repeated(p, attribute.name))
                az_parser_note(p, "attribute repeated in one list: the last one counts");
            p->attributes[p->attribute_count++] = attribute;
        }
        if (c.at < c.end && ++c.at == c.end)
            az_parser_note(p, "comma at the end of an attribute list");
    }
}

az_attribute_list az_attributes_keep(az_parser *p)
{
    az_attribute_list list = {0};
    if (p->attribute_count == 0)
        return list;
    size_t size = p->attribute_count * sizeof(az_attribute);
    if (size > AZ_PLAYLIST_LISTS_SIZE_MAX - p->lists_size) {
        az_parser_fail(p, AIZU_E_LIMIT, "too many attributes in the playlist");
        return list;
    }
    az_attribute *items = az_arena_alloc(&p->arena, size);
    if (!items) {
        az_parser_fail(p, AIZU_E_MEMORY, "out of memory");
        return list;
    }
    p->lists_size += size;
    memcpy(items, p->attributes, size);
    list.items = items;
    list.count = p->attribute_count;
    return list;
}

const az_attribute *az_attribute_find(const az_attribute_list *list, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = list->count; i > 0; i--) {
        const az_attribute *item = &list->items[i - 1];
        if (item->name.size == size && memcmp(item->name.data, name, size) == 0)
            return item;
    }
    return NULL;
}

static const az_attribute *find_read(const az_parser *p, const char *name)
{
    az_attribute_list list = {p->attributes, p->attribute_count};
    return az_attribute_find(&list, name);
}

bool az_attribute_has(const az_parser *p, const char *name)
{
    return find_read(p, name) != NULL;
}

az_span az_attribute_string(az_parser *p, const char *name)
{
    const az_attribute *attribute = find_read(p, name);
    if (!attribute)
        return az_span_make(NULL, 0);
    if (!attribute->is_quoted)
        az_parser_note(p, "attribute value without the quotes that it needs");
    return attribute->value;
}

az_span az_attribute_word(az_parser *p, const char *name)
{
    const az_attribute *attribute = find_read(p, name);
    if (!attribute)
        return az_span_make(NULL, 0);
    if (attribute->is_quoted)
        az_parser_note(p, "attribute value in quotes that it must not have");
    return attribute->value;
}

bool az_attribute_yes(az_parser *p, const char *name)
{
    az_span value = az_attribute_word(p, name);
    if (value.size > 0 && !az_span_equal_str(value, "YES") && !az_span_equal_str(value, "NO"))
        az_parser_note(p, "attribute value is neither YES nor NO: read as NO");
    return az_span_equal_str(value, "YES");
}

bool az_attribute_u64(az_parser *p, const char *name, uint64_t *out)
{
    if (!find_read(p, name))
        return false;
    bool is_good = az_value_u64(az_attribute_word(p, name), out);
    if (!is_good)
        az_parser_note(p, "attribute value is not a decimal integer: ignored");
    return is_good;
}

bool az_attribute_ns(az_parser *p, const char *name, int64_t *out)
{
    if (!find_read(p, name))
        return false;
    bool is_good = az_value_ns(az_attribute_word(p, name), out);
    if (!is_good)
        az_parser_note(p, "attribute value is not a number of seconds: ignored");
    return is_good;
}

bool az_attribute_date(az_parser *p, const char *name, int64_t *out)
{
    bool is_strict = true;
    if (!find_read(p, name))
        return false;
    bool is_good = az_date_time_scan(az_attribute_string(p, name), &p->date_memory, out, &is_strict);
    if (!is_good)
        az_parser_note(p, "attribute value is not a date-time: ignored");
    else if (!is_strict)
        az_parser_note(p, "date-time in an unusual form; UTC where it names no zone");
    return is_good;
}
