/*
 * Styles of TTML; see host/xml/ttml_style.h and TTML2, 10.2 and 10.3.
 */
#include "host/xml/ttml_style.h"

#include "cue/text.h"

#include <string.h>

#define LENGTH_MAX 1e6

typedef struct keyword {
    const char *name;
    uint32_t number;
} keyword;

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

az_span az_ttml_word(az_span *text)
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

static bool find(const keyword *keywords, size_t count, az_span name, uint32_t *number)
{
    for (size_t i = 0; i < count; i++) {
        if (az_span_equal_str(name, keywords[i].name)) {
            *number = keywords[i].number;
            return true;
        }
    }
    return false;
}

/* ---- numbers and lengths ---- */

/* Not by strtod(), whose decimal point follows the locale. */
static bool take_float(az_span *text, double *value)
{
    double unit = 1, number = 0;
    size_t i, digits = 0, begin = text->size > 0 && (text->data[0] == '-' || text->data[0] == '+');
    for (i = begin; i < text->size && text->data[i] >= '0' && text->data[i] <= '9'; i++, digits++)
        number = AZ_MIN(number * 10 + (text->data[i] - '0'), LENGTH_MAX);
    if (i < text->size && text->data[i] == '.') {
        for (i++; i < text->size && text->data[i] >= '0' && text->data[i] <= '9'; i++, digits++)
            number += (text->data[i] - '0') * (unit /= 10);
    }
    *value = begin && text->data[0] == '-' ? -number : number;
    *text = az_span_sub(*text, i, text->size);
    return digits > 0;
}

bool az_ttml_length_parse(az_span text, az_ttml_length *length)
{
    static const keyword units[] = {
        {"%", TTML_PERCENT}, {"px", TTML_PIXEL},      {"c", TTML_CELL},
        {"em", TTML_EM},     {"rw", TTML_ROOT_WIDTH}, {"rh", TTML_ROOT_HEIGHT},
    };
    double value;
    uint32_t unit;
    if (!take_float(&text, &value) || !find(units, AZ_COUNT(units), text, &unit))
        return false;
    *length = (az_ttml_length){(float)value, (az_ttml_unit)unit};
    return true;
}

double az_ttml_length_share(const az_ttml_root *root, az_ttml_length length, bool is_width, double whole,
                            double em)
{
    double value = (double)length.value;
    double aspect = root->height / root->width; /* shares of the height to shares of the width */
    switch (length.unit) {
    case TTML_PERCENT:
        return value / 100 * whole;
    case TTML_PIXEL:
        return value / (is_width ? root->width : root->height);
    case TTML_CELL:
        return value / (is_width ? root->columns : root->lines);
    case TTML_EM:
        return value * em * (is_width ? aspect : 1);
    case TTML_ROOT_WIDTH:
        return value / 100 / (is_width ? 1 : aspect);
    case TTML_ROOT_HEIGHT:
        return value / 100 * (is_width ? aspect : 1);
    }
    return 0;
}

/* ---- colours ---- */

/* "rgb(1,2,3)", "rgba(1,2,3,255)" */
static bool parse_rgb(az_span text, uint32_t *color)
{
    bool has_alpha = az_span_starts_with(text, "rgba(");
    if (!has_alpha && !az_span_starts_with(text, "rgb("))
        return false;
    text = az_span_sub(text, has_alpha ? 5 : 4, text.size);
    uint32_t value = 0;
    size_t count = has_alpha ? 4 : 3;
    for (size_t i = 0; i < count; i++) {
        double part;
        while (text.size > 0 && is_space(text.data[0]))
            text = az_span_sub(text, 1, text.size);
        if (!take_float(&text, &part) || part < 0 || text.size == 0)
            return false;
        while (text.size > 1 && is_space(text.data[0]))
            text = az_span_sub(text, 1, text.size);
        if (text.data[0] != (i + 1 < count ? ',' : ')'))
            return false;
        text = az_span_sub(text, 1, text.size);
        value = value << 8 | (uint32_t)AZ_MIN(part, 255.0);
    }
    *color = has_alpha ? value : value << 8 | 0xFF;
    return text.size == 0;
}

static bool parse_color(az_span text, uint32_t *color)
{
    static const keyword names[] = {
        {"transparent", 0},      {"black", 0x000000FF},   {"silver", 0xC0C0C0FF}, {"gray", 0x808080FF},
        {"white", 0xFFFFFFFF},   {"maroon", 0x800000FF},  {"red", 0xFF0000FF},    {"purple", 0x800080FF},
        {"fuchsia", 0xFF00FFFF}, {"magenta", 0xFF00FFFF}, {"green", 0x008000FF},  {"lime", 0x00FF00FF},
        {"olive", 0x808000FF},   {"yellow", 0xFFFF00FF},  {"navy", 0x000080FF},   {"blue", 0x0000FFFF},
        {"teal", 0x008080FF},    {"aqua", 0x00FFFFFF},    {"cyan", 0x00FFFFFF},
    };
    if (text.size > 0 && text.data[0] == '#')
        return az_text_color_parse(az_span_sub(text, 1, text.size), color);
    return find(names, AZ_COUNT(names), text, color) || parse_rgb(text, color);
}

/* ---- attributes ---- */

static bool parse_pair(az_span text, az_ttml_value *value)
{
    az_span x = az_ttml_word(&text), y = az_ttml_word(&text);
    if (az_span_equal_str(x, "auto") && y.size == 0)
        return true; /* the initial value, as if not given */
    return az_ttml_length_parse(x, &value->x) && az_ttml_length_parse(y, &value->y);
}

static bool parse_font_size(az_span text, az_ttml_value *value)
{
    az_span word = az_ttml_word(&text), height = az_ttml_word(&text); /* the second, where there are two */
    return az_ttml_length_parse(height.size > 0 ? height : word, &value->y) && value->y.value >= 0;
}

static bool parse_decoration(az_span text, az_ttml_value *value)
{
    bool is_known = false;
    for (az_span word = az_ttml_word(&text); word.size > 0; word = az_ttml_word(&text)) {
        bool is_underline = az_span_equal_str(word, "underline");
        if (is_underline || az_span_equal_str(word, "none") || az_span_equal_str(word, "noUnderline")) {
            value->number = is_underline;
            is_known = true;
        }
    }
    return is_known;
}

static bool parse_opacity(az_span text, az_ttml_value *value)
{
    double opacity;
    if (!take_float(&text, &opacity) || text.size > 0)
        return false;
    value->number = (uint32_t)(AZ_MIN(AZ_MAX(opacity, 0.0), 1.0) * 1000);
    return true;
}

/* Edges and offsets as CSS has them: "center", "left 10% top", "10% 20%", "right 5% bottom 10%". */
static bool parse_position(az_span text, az_ttml_value *value)
{
    az_ttml_length middle = {50, TTML_PERCENT}, none = {0, TTML_PERCENT}, offset;
    az_span words[4];
    size_t count = 0;
    bool has_x = false, has_y = false;
    for (az_span word = az_ttml_word(&text); word.size > 0; word = az_ttml_word(&text)) {
        if (count == AZ_COUNT(words))
            return false;
        words[count++] = word;
    }
    value->x = value->y = middle;
    for (size_t i = 0; i < count; i++) {
        bool is_right = az_span_equal_str(words[i], "right"),
             is_bottom = az_span_equal_str(words[i], "bottom");
        bool takes_offset = count > 2 && i + 1 < count && az_ttml_length_parse(words[i + 1], &offset);
        if (is_right || az_span_equal_str(words[i], "left")) {
            value->x = takes_offset ? offset : none;
            value->number |= is_right ? TTML_FROM_RIGHT : 0;
            has_x = true;
        } else if (is_bottom || az_span_equal_str(words[i], "top")) {
            value->y = takes_offset ? offset : none;
            value->number |= is_bottom ? TTML_FROM_BOTTOM : 0;
            has_y = true;
        } else if (az_ttml_length_parse(words[i], &offset)) {
            *(has_x ? &value->y : &value->x) = offset;
            *(has_x ? &has_y : &has_x) = true;
            takes_offset = false;
        } else if (az_span_equal_str(words[i], "center")) {
            has_x = has_x || i + 1 < count; /* of the other axis where that is not yet named */
            takes_offset = false;
        } else {
            return false;
        }
        i += takes_offset;
    }
    return count > 0;
}

static bool parse_keyword(az_ttml_property property, az_span text, uint32_t *number)
{
    static const keyword aligns[] = {{"left", TTML_LEFT},
                                     {"center", TTML_CENTER},
                                     {"right", TTML_RIGHT},
                                     {"start", TTML_START},
                                     {"end", TTML_END}};
    static const keyword display_aligns[] = {
        {"before", TTML_BEFORE}, {"center", TTML_MIDDLE}, {"after", TTML_AFTER}};
    static const keyword modes[] = {{"lrtb", TTML_HORIZONTAL},    {"lr", TTML_HORIZONTAL},
                                    {"rltb", TTML_HORIZONTAL_RL}, {"rl", TTML_HORIZONTAL_RL},
                                    {"tbrl", TTML_VERTICAL_RL},   {"tb", TTML_VERTICAL_RL},
                                    {"tblr", TTML_VERTICAL_LR}};
    static const keyword rubies[] = {{"none", TTML_NO_RUBY},
                                     {"container", TTML_RUBY_CONTAINER},
                                     {"baseContainer", TTML_RUBY_BASES},
                                     {"base", TTML_RUBY_BASE},
                                     {"textContainer", TTML_RUBY_TEXTS},
                                     {"text", TTML_RUBY_TEXT},
                                     {"delimiter", TTML_RUBY_DELIMITER}};
    static const keyword styles[] = {{"normal", 0}, {"italic", 1}, {"oblique", 1}};
    static const keyword weights[] = {{"normal", 0}, {"bold", 1}};
    static const keyword visibilities[] = {{"visible", 0}, {"hidden", 1}};
    static const keyword displays[] = {{"auto", 0}, {"inlineBlock", 0}, {"none", 1}};
    static const keyword directions[] = {{"ltr", 0}, {"rtl", 1}};
    static const struct {
        const keyword *keywords;
        size_t count;
    } tables[TTML_PROPERTIES] = {
        [TTML_TEXT_ALIGN] = {aligns, AZ_COUNT(aligns)},
        [TTML_DISPLAY_ALIGN] = {display_aligns, AZ_COUNT(display_aligns)},
        [TTML_WRITING_MODE] = {modes, AZ_COUNT(modes)},
        [TTML_RUBY] = {rubies, AZ_COUNT(rubies)},
        [TTML_FONT_STYLE] = {styles, AZ_COUNT(styles)},
        [TTML_FONT_WEIGHT] = {weights, AZ_COUNT(weights)},
        [TTML_VISIBILITY] = {visibilities, AZ_COUNT(visibilities)},
        [TTML_DISPLAY] = {displays, AZ_COUNT(displays)},
        [TTML_DIRECTION] = {directions, AZ_COUNT(directions)},
    };
    return find(tables[property].keywords, tables[property].count, az_ttml_word(&text), number);
}

static bool parse_value(az_ttml_property property, az_span text, az_ttml_value *value)
{
    switch (property) {
    case TTML_COLOR:
    case TTML_BACKGROUND:
        return parse_color(text, &value->number);
    case TTML_FONT_SIZE:
        return parse_font_size(text, value);
    case TTML_DECORATION:
        return parse_decoration(text, value);
    case TTML_OPACITY:
        return parse_opacity(text, value);
    case TTML_ORIGIN:
        return parse_pair(text, value);
    case TTML_EXTENT:
        value->x = value->y = (az_ttml_length){100, TTML_PERCENT};
        return parse_pair(text, value);
    case TTML_POSITION:
        return parse_position(text, value);
    case TTML_FONT_STYLE:
    case TTML_FONT_WEIGHT:
    case TTML_TEXT_ALIGN:
    case TTML_VISIBILITY:
    case TTML_DIRECTION:
    case TTML_DISPLAY_ALIGN:
    case TTML_DISPLAY:
    case TTML_WRITING_MODE:
    case TTML_RUBY:
        return parse_keyword(property, text, &value->number);
    case TTML_PROPERTIES:
        break;
    }
    return false;
}

bool az_ttml_style_parse(const char *name, az_span text, az_ttml_property *property, az_ttml_value *value)
{
    static const char *const names[TTML_PROPERTIES] = {
        [TTML_COLOR] = "color",
        [TTML_FONT_SIZE] = "fontSize",
        [TTML_FONT_STYLE] = "fontStyle",
        [TTML_FONT_WEIGHT] = "fontWeight",
        [TTML_DECORATION] = "textDecoration",
        [TTML_TEXT_ALIGN] = "textAlign",
        [TTML_VISIBILITY] = "visibility",
        [TTML_DIRECTION] = "direction",
        [TTML_BACKGROUND] = "backgroundColor",
        [TTML_DISPLAY_ALIGN] = "displayAlign",
        [TTML_DISPLAY] = "display",
        [TTML_OPACITY] = "opacity",
        [TTML_WRITING_MODE] = "writingMode",
        [TTML_ORIGIN] = "origin",
        [TTML_EXTENT] = "extent",
        [TTML_POSITION] = "position",
        [TTML_RUBY] = "ruby",
    };
    *value = (az_ttml_value){0};
    for (size_t i = 0; i < TTML_PROPERTIES; i++) {
        if (!strcmp(name, names[i])) {
            *property = (az_ttml_property)i;
            return parse_value(*property, text, value);
        }
    }
    return false;
}

void az_ttml_style_set(az_ttml_style *style, az_ttml_property property, const az_ttml_value *value)
{
    style->given |= UINT32_C(1) << property;
    style->values[property] = *value;
}

void az_ttml_style_lay(az_ttml_style *below, const az_ttml_style *above)
{
    for (unsigned i = 0; i < TTML_PROPERTIES; i++) {
        if (above->given >> i & 1)
            az_ttml_style_set(below, (az_ttml_property)i, &above->values[i]);
    }
}

bool az_ttml_style_has(const az_ttml_style *style, az_ttml_property property)
{
    return style->given >> property & 1;
}
