/*
 * ISO 8601 date-times (4.3.2.6, RFC 3339) to Unix time in ns. Pure. Read besides the form of the
 * specification: a space or 't' for the 'T', a comma for the point, no seconds, no time at all, zones as
 * +0900 or +09, no zone (UTC), a leap second, 24:00:00.
 */
#include "playlist/parser.h"

#include <string.h>

typedef struct cursor {
    const uint8_t *at;
    const uint8_t *end;
} cursor;

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `count` digits. */
static inline bool scan_digits(cursor *c, int count, int *out)
{
    int value = 0;
    unsigned odd = 0;
    if (c->end - c->at < count)
        return false;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)c->at[i] - '0';
        odd |= digit > 9;
        value = value * 10 + (int)digit;
    }
    if (odd)
        return false;
    c->at += count;
    *out = value;
    return true;
}

static bool scan_char(cursor *c, uint8_t want)
{
    if (c->at == c->end || *c->at != want)
        return false;
    c->at++;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01, Gregorian. */
static int64_t days_from_date(int year, int month, int day)
{
    static const int days_before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t before = year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400;
    days += days_before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
    return days - 719162;
}

static bool scan_date(cursor *c, int64_t *days)
{
    static const int month_days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!scan_digits(c, 4, &year) || !scan_char(c, '-') || !scan_digits(c, 2, &month) || !scan_char(c, '-') ||
        !scan_digits(c, 2, &day))
        return false;
    if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 || day > month_days[month - 1])
        return false;
    if (month == 2 && day == 29 && !is_leap(year))
        return false;
    *days = days_from_date(year, month, day);
    return true;
}

static int64_t scan_fraction(cursor *c)
{
    int64_t unit = AIZU_SECOND;
    int64_t value = 0;
    for (; c->at < c->end && is_digit(*c->at); c->at++) {
        unit /= 10; /* 0 from the tenth digit on: cut off */
        value += (*c->at - '0') * unit;
    }
    return value;
}

/* hh:mm[:ss[.f]] as ns of the day. */
static bool scan_time(cursor *c, int64_t *time, bool *is_strict)
{
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if (!scan_digits(c, 2, &hour) || !scan_char(c, ':') || !scan_digits(c, 2, &minute))
        return false;
    if (scan_char(c, ':')) {
        if (!scan_digits(c, 2, &second))
            return false;
        bool has_comma = scan_char(c, ',');
        if (has_comma || scan_char(c, '.')) {
            const uint8_t *point = c->at;
            fraction = scan_fraction(c);
            if (c->at == point)
                return false;
        }
        *is_strict = *is_strict && !has_comma;
    } else {
        *is_strict = false;
    }
    bool is_midnight = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    if ((hour > 23 && !is_midnight) || minute > 59 || second > 60)
        return false;
    *time = (hour * 3600 + minute * 60 + second) * AIZU_SECOND + fraction;
    return true;
}

/* The offset from UTC in seconds; none is 0. */
static bool scan_zone(cursor *c, int *offset, bool *is_strict)
{
    *offset = 0;
    if (scan_char(c, 'Z'))
        return true;
    if (scan_char(c, 'z') || c->at == c->end) {
        *is_strict = false;
        return true;
    }
    bool is_negative = *c->at == '-';
    if (!scan_char(c, '-') && !scan_char(c, '+'))
        return false;
    int hours, minutes = 0;
    if (!scan_digits(c, 2, &hours))
        return false;
    bool has_colon = scan_char(c, ':');
    if ((has_colon || c->at < c->end) && !scan_digits(c, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *is_strict = *is_strict && has_colon;
    *offset = (hours * 3600 + minutes * 60) * (is_negative ? -1 : 1);
    return true;
}

bool az_date_time_scan(az_span text, az_date_memory *memory, int64_t *wall, bool *is_strict)
{
    int64_t days, time = 0;
    int offset = 0;
    *is_strict = true;
    if (text.size < sizeof(memory->text))
        return false;
    cursor c = {text.data, text.data + text.size};
    if (memcmp(memory->text, text.data, sizeof(memory->text)) == 0) {
        days = memory->days;
        c.at += sizeof(memory->text);
    } else {
        if (!scan_date(&c, &days))
            return false;
        memcpy(memory->text, text.data, sizeof(memory->text));
        memory->days = days;
    }
    if (c.at == c.end) {
        *is_strict = false;
    } else {
        if (!scan_char(&c, 'T')) {
            *is_strict = false;
            if (!scan_char(&c, 't') && !scan_char(&c, ' '))
                return false;
        }
        if (!scan_time(&c, &time, is_strict) || !scan_zone(&c, &offset, is_strict) || c.at != c.end)
            return false;
    }
    *wall = (days * 86400 - offset) * AIZU_SECOND + time;
    return true;
}

bool az_date_time_parse(az_span text, int64_t *wall)
{
    az_date_memory memory = {0};
    bool is_strict;
    return az_date_time_scan(text, &memory, wall, &is_strict);
}
