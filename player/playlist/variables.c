/*
 * Variables (bis 4.3, 4.4.2.3): EXT-X-DEFINE tags and the parser's context in, text with the values in place
 * of {$name} out. Text without a reference stays a span of the playlist; what was put together lives in the
 * arena. What is written counts against one budget for the whole playlist, and so does each reference: values
 * may refer to earlier variables, which would grow without it as fast as 2 to the power of their number.
 */
#include "playlist/parser.h"

#include <string.h>

#define REFERENCE_COST ((size_t)16) /* taken from the budget for each, even if its value is empty */

static bool is_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_name(az_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_name_char(text.data[i]))
            return false;
    }
    return text.size > 0;
}

static const az_variable *find(const az_variable *variables, size_t count, az_span name)
{
    for (size_t i = 0; i < count; i++) {
        if (variables[i].name.size == name.size && az_span_equal(variables[i].name, name))
            return &variables[i];
    }
    return NULL;
}

/* The name of the first reference at or behind *at; moves *at to its '{'. Empty: no more. */
static az_span next_reference(az_span text, size_t *at)
{
    while (*at < text.size) {
        const uint8_t *brace = memchr(text.data + *at, '{', text.size - *at);
        if (!brace)
            break;
        size_t begin = (size_t)(brace - text.data) + 2;
        size_t end = begin;
        *at = begin - 2;
        if (begin <= text.size && brace[1] == '$') {
            while (end < text.size && is_name_char(text.data[end]))
                end++;
            if (end > begin && end < text.size && text.data[end] == '}')
                return az_span_make(text.data + begin, end - begin);
        }
        ++*at;
    }
    *at = text.size;
    return az_span_make(NULL, 0);
}

static bool spend(az_parser *p, size_t size)
{
    if (size > AZ_PLAYLIST_EXPANSION_MAX - p->expansion_size) {
        az_parser_fail(p, AIZU_E_LIMIT, "variables make the playlist too large");
        return false;
    }
    p->expansion_size += size;
    return true;
}

/* The size of the text with all values put in. False after az_parser_fail(). */
static bool measure(az_parser *p, az_span text, size_t *size)
{
    size_t at = 0;
    *size = text.size;
    for (;;) {
        az_span name = next_reference(text, &at);
        if (name.size == 0)
            break;
        const az_variable *variable = find(p->variables.items, p->variables.count, name);
        if (!variable) {
            az_parser_fail_with(p, "variable that is not defined", name);
            return false;
        }
        if (!spend(p, REFERENCE_COST + variable->value.size))
            return false;
        *size += variable->value.size - (name.size + 3);
        at += name.size + 3;
    }
    if (*size > AZ_PLAYLIST_LINE_SIZE_MAX) {
        az_parser_fail(p, AIZU_E_LIMIT, "variables make a line too long");
        return false;
    }
    return spend(p, text.size);
}

static void put(uint8_t **out, const uint8_t *data, size_t size)
{
    if (size > 0)
        memcpy(*out, data, size);
    *out += size;
}

az_span az_variables_put_in(az_parser *p, az_span text)
{
    size_t at = 0;
    size_t size;
    if (next_reference(text, &at).size == 0 || !measure(p, text, &size))
        return text;
    uint8_t *out = az_arena_alloc(&p->arena, size);
    if (!out) {
        az_parser_fail(p, AIZU_E_MEMORY, "out of memory");
        return text;
    }
    uint8_t *end = out;
    size_t from = 0;
    for (at = 0; at < text.size; from = at) {
        az_span name = next_reference(text, &at);
        put(&end, text.data + from, at - from);
        if (name.size == 0)
            break;
        const az_variable *variable = find(p->variables.items, p->variables.count, name);
        put(&end, variable->value.data, variable->value.size);
        at += name.size + 3;
    }
    return az_span_make(out, size);
}

/* --- definitions ---------------------------------------------------------------------------------- */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A copy without percent-encoding. */
static az_span decode(az_parser *p, az_span text)
{
    uint8_t *out = az_arena_alloc(&p->arena, text.size);
    if (!out || !spend(p, text.size)) {
        az_parser_fail(p, AIZU_E_MEMORY, "out of memory");
        return az_span_make(NULL, 0);
    }
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        int high = c == '%' && i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
        if (low >= 0) {
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        out[size++] = c;
    }
    return az_span_make(out, size);
}

/* The value of a query parameter of the playlist's URL, as it stands there. False: none, or without '='. */
static bool find_parameter(az_span url, az_span name, az_span *value)
{
    const uint8_t *mark = url.size ? memchr(url.data, '?', url.size) : NULL;
    if (!mark)
        return false;
    const uint8_t *end = url.data + url.size;
    const uint8_t *fragment = memchr(mark, '#', (size_t)(end - mark));
    end = fragment ? fragment : end;
    for (const uint8_t *at = mark + 1; at < end;) {
        const uint8_t *next = memchr(at, '&', (size_t)(end - at));
        next = next ? next : end;
        const uint8_t *sign = memchr(at, '=', (size_t)(next - at));
        if (sign && az_span_equal(az_span_make(at, (size_t)(sign - at)), name)) {
            *value = az_span_make(sign + 1, (size_t)(next - sign - 1));
            return true;
        }
        at = next + 1;
    }
    return false;
}

static void define(az_parser *p, az_span name, az_span value)
{
    if (find(p->variables.items, p->variables.count, name)) {
        az_parser_fail_with(p, "variable that is defined twice", name);
        return;
    }
    az_variable *variable = az_parser_add(p, &p->variables, sizeof(*variable), AZ_PLAYLIST_VARIABLES_MAX);
    if (variable)
        *variable = (az_variable){name, value};
}

static void define_import(az_parser *p, az_span name)
{
    const az_variable *variable = find(p->context.imports, p->context.import_count, name);
    if (!variable) {
        az_parser_fail_with(p, "imported variable that the multivariant playlist does not define", name);
        return;
    }
    /* the other document may go before this one */
    char *value = spend(p, variable->value.size) ? az_arena_strdup(&p->arena, variable->value) : NULL;
    if (!value) {
        az_parser_fail(p, AIZU_E_MEMORY, "out of memory");
        return;
    }
    define(p, name, az_span_make(value, variable->value.size));
}

static void define_parameter(az_parser *p, az_span name)
{
    az_span value;
    if (!find_parameter(p->context.url, name, &value))
        az_parser_fail_with(p, "variable whose query parameter the playlist's URL does not have", name);
    else
        define(p, name, decode(p, value));
}

void az_read_define(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    az_span name = az_attribute_string(p, "NAME");
    az_span import = az_attribute_string(p, "IMPORT");
    az_span parameter = az_attribute_string(p, "QUERYPARAM");
    int kinds = (name.size > 0) + (import.size > 0) + (parameter.size > 0);
    az_span defined = name.size ? name : import.size ? import : parameter;
    if (p->result != AIZU_OK)
        return;
    if (kinds != 1)
        az_parser_fail(p, AIZU_E_PLAYLIST, "EXT-X-DEFINE needs one of NAME, IMPORT and QUERYPARAM");
    else if (!is_name(defined))
        az_parser_fail_with(p, "variable name with characters that it must not have", defined);
    else if (import.size > 0)
        define_import(p, import);
    else if (parameter.size > 0)
        define_parameter(p, parameter);
    else if (!az_attribute_has(p, "VALUE"))
        az_parser_fail_with(p, "EXT-X-DEFINE without VALUE", name);
    else
        define(p, name, az_attribute_string(p, "VALUE"));
}
