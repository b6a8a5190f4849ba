/*
 * Time expressions; see host/xml/ttml_time.h. Whole and fractional part are scaled apart, each from its
 * digits, so that nothing is rounded twice and nothing overflows.
 */
#include "host/xml/ttml_time.h"

#include <string.h>

#define NUMBER_MAX INT64_C(1000000000000)
#define RATE_MAX   INT64_C(1000000000)
#define NANO       INT64_C(1000000000)

typedef struct number {
    int64_t whole;
    int64_t nano; /* the fraction, in 1e-9 */
} number;

void az_ttml_rates_init(az_ttml_rates *rates)
{
    *rates = (az_ttml_rates){30, 1, 1, 1, 0};
}

static bool take_digits(az_span *text, int64_t *value)
{
    size_t count = 0;
    *value = 0;
    for (; count < text->size && text->data[count] >= '0' && text->data[count] <= '9'; count++)
        *value = AZ_MIN(*value * 10 + (text->data[count] - '0'), NUMBER_MAX);
    *text = az_span_sub(*text, count, text->size);
    return count > 0;
}

static bool take(az_span *text, char wanted)
{
    if (text->size == 0 || text->data[0] != (uint8_t)wanted)
        return false;
    *text = az_span_sub(*text, 1, text->size);
    return true;
}

static bool take_number(az_span *text, number *value)
{
    value->nano = 0;
    if (!take_digits(text, &value->whole))
        return false;
    if (!take(text, '.'))
        return true;
    int64_t unit = NANO;
    size_t count = 0;
    for (; count < text->size && text->data[count] >= '0' && text->data[count] <= '9'; count++) {
        unit /= 10;
        value->nano += unit * (text->data[count] - '0');
    }
    *text = az_span_sub(*text, count, text->size);
    return count > 0;
}

/* value * num / den seconds */
static int64_t scale(number value, int64_t num, int64_t den)
{
    return az_add_sat(az_rescale(value.whole, num * NANO, den), az_rescale(value.nano, num, den));
}

static int64_t frames(const az_ttml_rates *rates, number value)
{
    return scale(value, rates->multiplier_den, rates->frame_rate * rates->multiplier_num);
}

static bool parse_rate(az_span *text, int64_t max, int64_t *out)
{
    int64_t value;
    if (!take_digits(text, &value) || value == 0 || value > max)
        return false;
    *out = value;
    return true;
}

void az_ttml_rates_set(az_ttml_rates *rates, const char *name, az_span value)
{
    int64_t num, den;
    if (!strcmp(name, "frameRate")) {
        if (parse_rate(&value, 100000, &num) && value.size == 0)
            rates->frame_rate = num;
    } else if (!strcmp(name, "subFrameRate")) {
        if (parse_rate(&value, 100000, &num) && value.size == 0)
            rates->sub_frame_rate = num;
    } else if (!strcmp(name, "tickRate")) {
        if (parse_rate(&value, RATE_MAX, &num) && value.size == 0)
            rates->tick_rate = num;
    } else if (!strcmp(name, "frameRateMultiplier")) {
        /* "1000 1001"; "1:1" in the first edition */
        if (parse_rate(&value, 100000, &num) && (take(&value, ' ') || take(&value, ':')) &&
            parse_rate(&value, 100000, &den) && value.size == 0) {
            rates->multiplier_num = num;
            rates->multiplier_den = den;
        }
    }
}

/* After "hh:mm:": seconds with a fraction, or with frames. */
static bool parse_seconds(const az_ttml_rates *rates, az_span text, int64_t *ns)
{
    number seconds, part = {0, 0}, sub = {0, 0};
    if (!take_number(&text, &seconds))
        return false;
    *ns = scale(seconds, 1, 1);
    if (!take(&text, ':'))
        return text.size == 0;
    if (seconds.nano != 0 || !take_digits(&text, &part.whole))
        return false;
    if (take(&text, '.') && !take_digits(&text, &sub.whole))
        return false;
    part.nano = az_rescale(AZ_MIN(sub.whole, rates->sub_frame_rate), NANO, rates->sub_frame_rate);
    *ns = az_add_sat(*ns, frames(rates, part));
    return text.size == 0;
}

static bool parse_offset(const az_ttml_rates *rates, number value, az_span unit, int64_t *ns)
{
    int64_t ticks = rates->tick_rate;
    if (ticks == 0)
        ticks = rates->frame_rate * rates->sub_frame_rate;
    if (az_span_equal_str(unit, "s"))
        *ns = scale(value, 1, 1);
    else if (az_span_equal_str(unit, "ms"))
        *ns = scale(value, 1, 1000);
    else if (az_span_equal_str(unit, "m"))
        *ns = scale(value, 60, 1);
    else if (az_span_equal_str(unit, "h"))
        *ns = scale(value, 3600, 1);
    else if (az_span_equal_str(unit, "f"))
        *ns = frames(rates, value);
    else if (az_span_equal_str(unit, "t"))
        *ns = scale(value, 1, ticks);
    else
        return false;
    return true;
}

bool az_ttml_time(const az_ttml_rates *rates, az_span text, int64_t *ns)
{
    number value;
    int64_t minutes, seconds;
    if (!take_number(&text, &value))
        return false;
    if (!take(&text, ':'))
        return parse_offset(rates, value, text, ns);
    if (value.nano != 0 || !take_digits(&text, &minutes) || !take(&text, ':') ||
        !parse_seconds(rates, text, &seconds))
        return false;
    *ns = az_add_sat(seconds, az_add_sat(scale(value, 3600, 1), scale((number){minutes, 0}, 60, 1)));
    return true;
}
