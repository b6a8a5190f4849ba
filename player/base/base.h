/*
 * The vocabulary of the core: assertions, spans, checked arithmetic, time constants.
 *
 * The core (everything but host/ and api/) needs a C11 compiler and nothing else. Compiler extensions
 * stand in this header only.
 */
#ifndef AZ_BASE_BASE_H
#define AZ_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aizu/result.h"

#if defined(__GNUC__) || defined(__clang__)
#define AZ_LIKELY(x)         __builtin_expect(!!(x), 1)
#define AZ_UNLIKELY(x)       __builtin_expect(!!(x), 0)
#define AZ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define AZ_NODISCARD         __attribute__((warn_unused_result))
#define AZ_NORETURN          __attribute__((noreturn))
#define AZ_PREFETCH(address) __builtin_prefetch(address)
#else
#define AZ_LIKELY(x)   (x)
#define AZ_UNLIKELY(x) (x)
#define AZ_PRINTF(fmt, args)
#define AZ_NODISCARD
#define AZ_NORETURN
#define AZ_PREFETCH(address) ((void)(address))
#endif

/* For our own bugs, never for input; stays on in release builds. */
#define AZ_ASSERT(cond)                                  \
    do {                                                 \
        if (AZ_UNLIKELY(!(cond)))                        \
            az_assert_failed(#cond, __FILE__, __LINE__); \
    } while (0)
AZ_NORETURN void az_assert_failed(const char *condition, const char *file, int line);

#define AZ_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AZ_MIN(a, b)    ((a) < (b) ? (a) : (b))
#define AZ_MAX(a, b)    ((a) > (b) ? (a) : (b))

/* Time that never comes: a deadline that is not set. */
#define AZ_NEVER INT64_MAX

/* Bytes that somebody else owns. An empty span may have a NULL pointer. */
typedef struct az_span {
    const uint8_t *data;
    size_t size;
} az_span;

static inline az_span az_span_make(const void *data, size_t size)
{
    return (az_span){(const uint8_t *)data, size};
}

/* The span of a string literal or NUL-terminated string, without its NUL. NULL gives an empty span. */
az_span az_span_str(const char *text);

/* The part [begin, begin + size) of a span, cut to what is there. */
az_span az_span_sub(az_span span, size_t begin, size_t size);

bool az_span_equal(az_span a, az_span b);
bool az_span_equal_str(az_span span, const char *text);
bool az_span_starts_with(az_span span, const char *prefix);

/* a + b and a * b; false and *out unchanged when the result does not fit. */
bool az_add_size(size_t a, size_t b, size_t *out);
bool az_mul_size(size_t a, size_t b, size_t *out);

/* a * num / den rounded half away from zero, without overflow in between; saturates at the ends of
 * int64_t. den > 0. */
int64_t az_rescale(int64_t a, int64_t num, int64_t den);

/* a + b, saturating at the ends of int64_t. */
static inline int64_t az_add_sat(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b)
        return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b)
        return INT64_MIN;
    return a + b;
}

/* a - b, likewise. */
static inline int64_t az_sub_sat(int64_t a, int64_t b)
{
    if (b < 0 && a > INT64_MAX + b)
        return INT64_MAX;
    if (b > 0 && a < INT64_MIN + b)
        return INT64_MIN;
    return a - b;
}

/* FNV-1a, 64 bit: for identity and tables, not for security. Chain with the last result as `seed`;
 * start with AZ_HASH_SEED. */
#define AZ_HASH_SEED UINT64_C(14695981039346656037)
uint64_t az_hash(uint64_t seed, const void *data, size_t size);

#endif
