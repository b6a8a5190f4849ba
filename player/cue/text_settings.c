/*
 * The settings list of a text cue (W3C WebVTT, 4.1.3 and 6.3); see cue/text.h. A setting that cannot be read
 * changes nothing; of two with one name the last counts.
 */
#include <string.h>

#include "cue/text.h"

#define LINE_MAX 1e6 /* numbers grow no further */

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

static az_span take_word(az_span *text)
{
    size_t begin = 0, end;
    while (begin < text->size && is_space(text->data[begin]))
        begin++;
    for (end = begin; end < text->size && !is_space(text->data[end]); end++)
        ;
    az_span word = az_span_sub(*text, begin, end - begin);
    *text = az_span_sub(*text, end, text->size);
    return word;
}

/* What stands before the first `separator`; *rest: what stands after it. */
static az_span split(az_span text, char separator, az_span *rest)
{
    const uint8_t *at = text.size > 0 ? memchr(text.data, separator, text.size) : NULL;
    size_t size = at ? (size_t)(at - text.data) : text.size;
    *rest = az_span_sub(text, size + 1, text.size);
    return az_span_sub(text, 0, size);
}

/* "-1", "12.5", "12.5%": the whole of it. Not by strtod(), whose decimal point follows the locale. */
static bool parse_number(az_span text, double *value, bool *is_percent)
{
    double whole = 0, fraction = 0, unit = 1;
    size_t i = 0, digits = 0;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    for (i = is_negative; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++, digits++)
        whole = AZ_MIN(whole * 10 + (text.data[i] - '0'), LINE_MAX);
    if (i < text.size && text.data[i] == '.') {
        for (i++; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++, digits++)
            fraction += (text.data[i] - '0') * (unit /= 10);
    }
    *is_percent = i < text.size && text.data[i] == '%';
    if (digits == 0 || i + *is_percent != text.size)
        return false;
    *value = is_negative ? -(whole + fraction) : whole + fraction;
    return !*is_percent || (*value >= 0 && *value <= 100);
}

static bool parse_percent(az_span text, double *value)
{
    double parsed;
    bool is_percent;
    if (!parse_number(text, &parsed, &is_percent) || !is_percent)
        return false;
    *value = parsed;
    return true;
}

static bool parse_align(az_span text, az_text_align *align)
{
    static const struct {
        const char *name;
        az_text_align align;
    } names[] = {
        {"start", AZ_TEXT_START},     {"center", AZ_TEXT_CENTER},  {"middle", AZ_TEXT_CENTER},
        {"end", AZ_TEXT_END},         {"left", AZ_TEXT_LEFT},      {"right", AZ_TEXT_RIGHT},
        {"line-left", AZ_TEXT_START}, {"line-right", AZ_TEXT_END},
    };
    for (size_t i = 0; i < AZ_COUNT(names); i++) {
        if (az_span_equal_str(text, names[i].name)) {
            *align = names[i].align;
            return true;
        }
    }
    return false;
}

static void parse_line(az_text_settings *settings, az_span value)
{
    az_span rest, number = split(value, ',', &rest);
    double line;
    bool is_percent;
    az_text_align align = AZ_TEXT_START;
    bool is_good = parse_number(number, &line, &is_percent) &&
                   (number.size == value.size || (parse_align(rest, &align) && align <= AZ_TEXT_END));
    if (!is_good)
        return;
    settings->has_line = true;
    settings->is_line_percent = is_percent;
    settings->line = line;
    settings->line_align = align;
}

static void parse_position(az_text_settings *settings, az_span value, bool *has_align)
{
    az_span rest, number = split(value, ',', &rest);
    double position;
    az_text_align align = AZ_TEXT_CENTER;
    bool gives_align = number.size != value.size;
    if (!parse_percent(number, &position) ||
        (gives_align && (!parse_align(rest, &align) || align > AZ_TEXT_END)))
        return;
    settings->position = position;
    settings->position_align = align;
    *has_align = gives_align;
}

/* Where the text is anchored when nobody says so: where it is aligned. */
static az_text_align auto_anchor(az_text_align align)
{
    switch (align) {
    case AZ_TEXT_START:
    case AZ_TEXT_LEFT:
        return AZ_TEXT_START;
    case AZ_TEXT_END:
    case AZ_TEXT_RIGHT:
        return AZ_TEXT_END;
    case AZ_TEXT_CENTER:
        break;
    }
    return AZ_TEXT_CENTER;
}

void az_text_settings_parse(az_text_settings *settings, az_span text)
{
    bool has_anchor = false;
    *settings = (az_text_settings){.position = -1, .size = 100, .align = AZ_TEXT_CENTER};
    for (az_span word = take_word(&text); word.size > 0; word = take_word(&text)) {
        az_span value, name = split(word, ':', &value);
        if (az_span_equal_str(name, "vertical")) {
            bool is_left_to_right = az_span_equal_str(value, "lr");
            if (is_left_to_right || az_span_equal_str(value, "rl")) {
                settings->is_vertical = true;
                settings->is_left_to_right = is_left_to_right;
            }
        } else if (az_span_equal_str(name, "line")) {
            parse_line(settings, value);
        } else if (az_span_equal_str(name, "position")) {
            parse_position(settings, value, &has_anchor);
        } else if (az_span_equal_str(name, "size")) {
            (void)parse_percent(value, &settings->size);
        } else if (az_span_equal_str(name, "align")) {
            (void)parse_align(value, &settings->align);
        }
    }
    if (!has_anchor)
        settings->position_align = auto_anchor(settings->align);
}
