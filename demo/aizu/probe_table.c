/*
 * JSON for people: scalars as "name: value", a list of objects as a table with a column for each field,
 * objects indented below their name.
 */
#include <stdio.h>
#include <string.h>

#include "probe.h"

#define COLUMNS_MAX   16
#define CELL_SIZE     128
#define INDENT_PER    2
#define VALUE_CUT_OFF 60

/* The fields of an object in one cell. */
static void format_object(char *out, size_t size, const json_t *object)
{
    const char *name;
    json_t *value;
    size_t used = 0;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        const char *text = json_is_string(value) ? json_string_value(value) : "?";
        int wanted =
            used < size ? snprintf(out + used, size - used, "%s%s=%s", used ? " " : "", name, text) : 0;
        used += wanted > 0 ? (size_t)wanted : 0;
    }
    if (used > VALUE_CUT_OFF)
        snprintf(out + VALUE_CUT_OFF, size - VALUE_CUT_OFF, "...");
}

/* As text; long ones are cut, control characters shown as dots. */
static void format(char *out, size_t size, const json_t *value)
{
    out[0] = '\0';
    if (json_is_string(value)) {
        snprintf(out, size, "%.*s%s", VALUE_CUT_OFF, json_string_value(value),
                 json_string_length(value) > VALUE_CUT_OFF ? "..." : "");
        for (char *c = out; *c; c++)
            if ((unsigned char)*c < 0x20)
                *c = '.';
    } else if (json_is_integer(value)) {
        snprintf(out, size, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(out, size, "%.13g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(out, size, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_object(value)) {
        format_object(out, size, value);
    } else if (json_is_null(value)) {
        snprintf(out, size, "-");
    }
}

static void indent(int depth)
{
    printf("%*s", depth * INDENT_PER, "");
}

/* The fields of all rows, in the order in which they first appear. */
static size_t find_columns(const json_t *rows, const char **names)
{
    size_t count = 0, row_index;
    json_t *row, *value;
    const char *name;
    json_array_foreach(rows, row_index, row)
    {
        json_object_foreach(row, name, value)
        {
            size_t i = 0;
            while (i < count && strcmp(names[i], name) != 0)
                i++;
            if (i == count && count < COLUMNS_MAX && !json_is_array(value))
                names[count++] = name;
        }
    }
    return count;
}

static void print_table(const json_t *rows, int depth)
{
    const char *names[COLUMNS_MAX];
    int widths[COLUMNS_MAX];
    char cell[CELL_SIZE];
    size_t count = find_columns(rows, names), index;
    json_t *row;
    for (size_t i = 0; i < count; i++)
        widths[i] = (int)strlen(names[i]);
    json_array_foreach(rows, index, row)
    {
        for (size_t i = 0; i < count; i++) {
            format(cell, sizeof(cell), json_object_get(row, names[i]));
            widths[i] = (int)strlen(cell) > widths[i] ? (int)strlen(cell) : widths[i];
        }
    }
    indent(depth);
    for (size_t i = 0; i < count; i++)
        printf("%-*s  ", widths[i], names[i]);
    printf("\n");
    json_array_foreach(rows, index, row)
    {
        indent(depth);
        for (size_t i = 0; i < count; i++) {
            const json_t *value = json_object_get(row, names[i]);
            format(cell, sizeof(cell), value);
            printf(json_is_number(value) ? "%*s  " : "%-*s  ", widths[i], cell);
        }
        printf("\n");
    }
}

static void print_scalar(const char *name, const json_t *value, int depth)
{
    char text[CELL_SIZE];
    format(text, sizeof(text), value);
    indent(depth);
    printf("%s: %s\n", name, text);
}

/* Depth is that of what probe builds: three levels. */
static void print_nested(const char *name, const json_t *value, int depth)
{
    indent(depth);
    if (json_is_array(value)) {
        printf("%s: %zu\n", name, json_array_size(value));
        if (json_array_size(value) > 0)
            print_table(value, depth + 1);
    } else {
        printf("%s:\n", name);
        probe_print(value, depth + 1);
    }
}

void probe_print(const json_t *object, int depth)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (json_is_array(value) || json_is_object(value))
            print_nested(name, value, depth);
        else
            print_scalar(name, value, depth);
    }
}
