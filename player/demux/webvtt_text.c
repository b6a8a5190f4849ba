/*
 * The small grammars inside WebVTT; see demux/webvtt_text.h. Numbers are read and written without the C
 * library, whose decimal point follows the locale of the application.
 */
#include "demux/webvtt_text.h"

#include <stdio.h>
#include <string.h>

#define HUNDRED     INT32_C(100000) /* percent, in thousandths */
#define LINE_HEIGHT INT32_C(5330)   /* of a region: 5.33 % of the picture (W3C WebVTT, 7.2) */
#define LINES_MAX   18              /* more do not fit into a picture */
#define HOURS_MAX   INT64_C(999999999)

bool az_webvtt_is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

static az_span from(az_span text, size_t begin)
{
    return az_span_sub(text, begin, text.size);
}

static az_span skip_space(az_span text)
{
    size_t count = 0;
    while (count < text.size && az_webvtt_is_space(text.data[count]))
        count++;
    return from(text, count);
}

az_span az_webvtt_word(az_span *text)
{
    az_span rest = skip_space(*text);
    size_t size = 0;
    while (size < rest.size && !az_webvtt_is_space(rest.data[size]))
        size++;
    *text = from(rest, size);
    return az_span_sub(rest, 0, size);
}

bool az_webvtt_has_arrow(az_span line)
{
    for (size_t i = 2; i < line.size; i++) {
        if (line.data[i] == '>' && line.data[i - 1] == '-' && line.data[i - 2] == '-')
            return true;
    }
    return false;
}

/* ---- times ---- */

/* Digits off the front; how many there were. The value stops growing past HOURS_MAX. */
static size_t digits(az_span *text, int64_t *value)
{
    size_t count = 0;
    *value = 0;
    for (; count < text->size && text->data[count] >= '0' && text->data[count] <= '9'; count++) {
        if (*value <= HOURS_MAX)
            *value = *value * 10 + (text->data[count] - '0');
    }
    *text = from(*text, count);
    return count;
}

static bool take(az_span *text, char wanted)
{
    if (text->size == 0 || text->data[0] != (uint8_t)wanted)
        return false;
    *text = from(*text, 1);
    return true;
}

bool az_webvtt_time(az_span *text, int64_t *milliseconds)
{
    int64_t hours = 0, minutes, seconds, fraction;
    size_t count = digits(text, &minutes);
    bool has_hours = count > 0 && (count != 2 || minutes > 59);
    if (count == 0 || !take(text, ':') || digits(text, &seconds) != 2)
        return false;
    if (has_hours || (text->size > 0 && text->data[0] == ':')) {
        hours = minutes;
        minutes = seconds;
        if (!take(text, ':') || digits(text, &seconds) != 2)
            return false;
    }
    if (!take(text, '.') || digits(text, &fraction) != 3)
        return false;
    if (hours > HOURS_MAX || minutes > 59 || seconds > 59)
        return false;
    *milliseconds = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
    return true;
}

bool az_webvtt_timing(az_span line, int64_t *begin, int64_t *end, az_span *settings)
{
    line = skip_space(line);
    if (!az_webvtt_time(&line, begin))
        return false;
    line = skip_space(line);
    if (!az_span_starts_with(line, "-->"))
        return false;
    line = skip_space(from(line, 3));
    if (!az_webvtt_time(&line, end))
        return false;
    *settings = skip_space(line);
    return true;
}

/* A count of ticks, of which 33 bits matter: some packagers write the unrolled value, or one below zero. */
static bool take_ticks(az_span *text, int64_t *ticks)
{
    const uint64_t mask = (UINT64_C(1) << 33) - 1;
    bool is_negative = take(text, '-');
    uint64_t value = 0;
    size_t count = 0;
    for (; count < text->size && text->data[count] >= '0' && text->data[count] <= '9'; count++)
        value = value * 10 + (uint64_t)(text->data[count] - '0'); /* wraps at 64 bits: 33 stay right */
    *text = from(*text, count);
    *ticks = (int64_t)((is_negative ? 0 - value : value) & mask);
    return count > 0;
}

bool az_webvtt_map(az_span line, int64_t *ticks, int64_t *local)
{
    bool has_ticks = false, has_local = false;
    const char *name = "X-TIMESTAMP-MAP=";
    if (!az_span_starts_with(line, name))
        return false;
    line = from(line, strlen(name));
    do {
        line = skip_space(line);
        if (az_span_starts_with(line, "MPEGTS:")) {
            line = from(line, strlen("MPEGTS:"));
            has_ticks = take_ticks(&line, ticks);
        } else if (az_span_starts_with(line, "LOCAL:")) {
            line = from(line, strlen("LOCAL:"));
            has_local = az_webvtt_time(&line, local);
        } else {
            return false;
        }
        line = skip_space(line);
    } while (take(&line, ','));
    return has_ticks && has_local && line.size == 0;
}

/* ---- settings and regions ---- */

/* "name:value" with both there. */
static bool split_setting(az_span word, az_span *name, az_span *value)
{
    const uint8_t *colon = word.size > 0 ? memchr(word.data, ':', word.size) : NULL;
    size_t at = colon ? (size_t)(colon - word.data) : 0;
    if (at == 0 || at + 1 == word.size)
        return false;
    *name = az_span_sub(word, 0, at);
    *value = from(word, at + 1);
    return true;
}

az_span az_webvtt_setting(az_span settings, const char *wanted)
{
    az_span found = {NULL, 0};
    for (az_span word = az_webvtt_word(&settings); word.size > 0; word = az_webvtt_word(&settings)) {
        az_span name, value;
        if (split_setting(word, &name, &value) && az_span_equal_str(name, wanted))
            found = value;
    }
    return found;
}

/* "0%" to "100%", as thousandths of a percent. */
static bool take_percent(az_span *text, int32_t *percent)
{
    int64_t whole;
    int32_t fraction = 0;
    if (digits(text, &whole) == 0)
        return false;
    if (take(text, '.')) {
        int32_t unit = 1000;
        size_t count = 0;
        for (; count < text->size && text->data[count] >= '0' && text->data[count] <= '9'; count++) {
            unit /= 10;
            fraction += unit * (text->data[count] - '0');
        }
        *text = from(*text, count);
        if (count == 0)
            return false;
    }
    if (!take(text, '%') || whole > 100 || (whole == 100 && fraction > 0))
        return false;
    *percent = (int32_t)whole * 1000 + fraction;
    return true;
}

static void parse_anchor(az_span value, int32_t *x, int32_t *y)
{
    int32_t new_x, new_y;
    if (take_percent(&value, &new_x) && take(&value, ',') && take_percent(&value, &new_y) &&
        value.size == 0) {
        *x = new_x;
        *y = new_y;
    }
}

bool az_webvtt_region_parse(az_webvtt_region *region, az_span text)
{
    *region = (az_webvtt_region){
        .width = HUNDRED, .height = 3 * LINE_HEIGHT, .anchor_y = HUNDRED, .viewport_y = HUNDRED};
    for (az_span word = az_webvtt_word(&text); word.size > 0; word = az_webvtt_word(&text)) {
        az_span name, value;
        if (!split_setting(word, &name, &value))
            continue;
        if (az_span_equal_str(name, "id")) {
            if (value.size >= sizeof(region->id))
                return false;
            memcpy(region->id, value.data, value.size);
            region->id[value.size] = 0;
        } else if (az_span_equal_str(name, "width")) {
            int32_t width;
            if (take_percent(&value, &width) && value.size == 0)
                region->width = width;
        } else if (az_span_equal_str(name, "lines")) {
            int64_t lines;
            if (digits(&value, &lines) > 0 && value.size == 0)
                region->height = (int32_t)AZ_MIN(lines, LINES_MAX) * LINE_HEIGHT;
        } else if (az_span_equal_str(name, "regionanchor")) {
            parse_anchor(value, &region->anchor_x, &region->anchor_y);
        } else if (az_span_equal_str(name, "viewportanchor")) {
            parse_anchor(value, &region->viewport_x, &region->viewport_y);
        }
    }
    return region->id[0] != 0;
}

static int32_t clamp_percent(int64_t percent)
{
    return (int32_t)AZ_MIN(AZ_MAX(percent, 0), HUNDRED);
}

/* Where in a region of this width the text of a cue stands: its "position", or by its alignment. */
static int32_t position_in(const az_webvtt_region *region, az_span settings, az_span *alignment)
{
    az_span position = az_webvtt_setting(settings, "position"), align = az_webvtt_setting(settings, "align");
    int32_t percent;
    if (take_percent(&position, &percent)) {
        *alignment = position;
    } else if (az_span_equal_str(align, "start") || az_span_equal_str(align, "left")) {
        percent = 0;
    } else if (az_span_equal_str(align, "end") || az_span_equal_str(align, "right")) {
        percent = HUNDRED;
    } else {
        percent = HUNDRED / 2;
    }
    return (int32_t)((int64_t)region->width * percent / HUNDRED);
}

size_t az_webvtt_merge(char *out, size_t out_size, az_span settings, const az_webvtt_region *region)
{
    char placed[160];
    size_t size = 0;
    az_span alignment = az_span_str(""), rest = settings;
    int64_t left = region->viewport_x - (int64_t)region->anchor_x * region->width / HUNDRED;
    int64_t top = region->viewport_y - (int64_t)region->anchor_y * region->height / HUNDRED;
    int32_t position = clamp_percent(left + position_in(region, settings, &alignment));
    int32_t line = clamp_percent(top + region->height);
    int count =
        snprintf(placed, sizeof(placed), "line:%d.%03d%%,end position:%d.%03d%%%.*s size:%d.%03d%%",
                 line / 1000, line % 1000, position / 1000, position % 1000, (int)AZ_MIN(alignment.size, 16),
                 (const char *)alignment.data, region->width / 1000, region->width % 1000);
    if (count > 0 && (size_t)count < out_size) {
        memcpy(out, placed, (size_t)count);
        size = (size_t)count;
    }
    for (az_span word = az_webvtt_word(&rest); word.size > 0; word = az_webvtt_word(&rest)) {
        bool is_replaced = az_span_starts_with(word, "region:") || az_span_starts_with(word, "position:");
        if (is_replaced || word.size + 1 > out_size - size)
            continue;
        out[size++] = ' ';
        memcpy(out + size, word.data, word.size);
        size += word.size;
    }
    return size;
}
