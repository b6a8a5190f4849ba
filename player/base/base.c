/*
 * Spans, checked arithmetic, hashing, and the end of the road for our own bugs.
 */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void az_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "aizu: assertion failed: %s (%s:%d)\n", condition, file, line);
    abort();
}

az_span az_span_str(const char *text)
{
    return az_span_make(text, text ? strlen(text) : 0);
}

az_span az_span_sub(az_span span, size_t begin, size_t size)
{
    if (begin >= span.size)
        return (az_span){NULL, 0};
    return az_span_make(span.data + begin, AZ_MIN(size, span.size - begin));
}

bool az_span_equal(az_span a, az_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool az_span_equal_str(az_span span, const char *text)
{
    return az_span_equal(span, az_span_str(text));
}

bool az_span_starts_with(az_span span, const char *prefix)
{
    size_t size = strlen(prefix);
    return span.size >= size && (size == 0 || memcmp(span.data, prefix, size) == 0);
}

bool az_add_size(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return false;
    *out = a + b;
    return true;
}

bool az_mul_size(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}

/* The product of two 64-bit numbers as high and low halves. */
static void multiply_wide(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
    uint64_t middle = (p00 >> 32) + (p01 & UINT32_MAX) + (p10 & UINT32_MAX);
    *low = (p00 & UINT32_MAX) | (middle << 32);
    *high = p11 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}

/* high:low / den by long division, with high < den. */
static uint64_t divide_wide(uint64_t high, uint64_t low, uint64_t den)
{
    uint64_t quotient = 0;
    for (int bit = 63; bit >= 0; bit--) {
        bool carry = high >> 63;
        high = (high << 1) | ((low >> bit) & 1);
        if (carry || high >= den) {
            high -= den;
            quotient |= UINT64_C(1) << bit;
        }
    }
    return quotient;
}

int64_t az_rescale(int64_t a, int64_t num, int64_t den)
{
    AZ_ASSERT(den > 0);
    bool negative = (a < 0) != (num < 0);
    uint64_t ua = a < 0 ? 0 - (uint64_t)a : (uint64_t)a;
    uint64_t un = num < 0 ? 0 - (uint64_t)num : (uint64_t)num;
    uint64_t half = (uint64_t)den / 2;
    uint64_t quotient;
    if (un == 0 || ua <= (UINT64_MAX - half) / un) {
        quotient = (ua * un + half) / (uint64_t)den;
    } else {
        uint64_t high, low;
        multiply_wide(ua, un, &high, &low);
        low += half;
        high += low < half;
        if (high >= (uint64_t)den)
            return negative ? INT64_MIN : INT64_MAX;
        quotient = divide_wide(high, low, (uint64_t)den);
    }
    if (quotient > (uint64_t)INT64_MAX)
        return negative ? INT64_MIN : INT64_MAX;
    return negative ? -(int64_t)quotient : (int64_t)quotient;
}

uint64_t az_hash(uint64_t seed, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ bytes[i]) * UINT64_C(1099511628211);
    return seed;
}
