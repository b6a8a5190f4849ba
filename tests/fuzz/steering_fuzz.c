/*
 * Arbitrary bytes as a content steering manifest: what is read keeps to the limits and the alphabets that the
 * header promises, and a failure leaves nothing behind.
 */
#include "host/json/steering.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends within its array, without control characters. */
static void check_text(const char *text, size_t size, bool may_be_empty)
{
    AZ_ASSERT(memchr(text, 0, size));
    AZ_ASSERT(may_be_empty || text[0]);
    for (; *text; text++)
        AZ_ASSERT((unsigned char)*text >= 0x20 && *text != 0x7F);
}

static void check_uris(const az_uri_pair *pairs, size_t count)
{
    AZ_ASSERT(count <= AZ_PATHWAY_URIS_MAX);
    for (size_t i = 0; i < count; i++) {
        check_text(pairs[i].id, sizeof(pairs[i].id), false);
        check_text(pairs[i].uri, sizeof(pairs[i].uri), false);
    }
}

static void check_clone(const az_pathway_clone *clone)
{
    check_text(clone->base_id, sizeof(clone->base_id), false);
    check_text(clone->id, sizeof(clone->id), false);
    check_text(clone->host, sizeof(clone->host), true);
    AZ_ASSERT(!strpbrk(clone->host, "/?#@ \\%"));
    AZ_ASSERT(clone->param_count <= AZ_PATHWAY_PARAMS_MAX);
    for (size_t i = 0; i < clone->param_count; i++) {
        check_text(clone->params[i].name, sizeof(clone->params[i].name), false);
        check_text(clone->params[i].value, sizeof(clone->params[i].value), true);
    }
    check_uris(clone->variants, clone->variant_count);
    check_uris(clone->renditions, clone->rendition_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static az_steering steering;
    aizu_result result = az_json_steering_parse(&steering, az_span_make(data, size));
    if (result) {
        AZ_ASSERT(!steering.priority_count && !steering.clone_count && !steering.reload_uri[0]);
        return 0;
    }
    AZ_ASSERT(steering.ttl >= AZ_STEERING_TTL_MIN && steering.ttl <= AZ_STEERING_TTL_MAX);
    AZ_ASSERT(steering.priority_count > 0 && steering.priority_count <= AZ_PATHWAYS_MAX);
    for (size_t i = 0; i < steering.priority_count; i++)
        check_text(steering.priority[i], sizeof(steering.priority[i]), false);
    check_text(steering.reload_uri, sizeof(steering.reload_uri), true);
    AZ_ASSERT(steering.clone_count <= AZ_PATHWAYS_MAX);
    for (size_t i = 0; i < steering.clone_count; i++)
        check_clone(&steering.clones[i]);
    return 0;
}
