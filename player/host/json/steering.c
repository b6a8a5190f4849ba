/*
 * Content steering manifests; see host/json/steering.h. jansson bounds the depth, the size of its tree
 * follows from that of the text.
 */
#include "host/json/steering.h"

#include <string.h>

#include <jansson.h>

#define VERSION     1
#define TTL_DEFAULT (300 * AIZU_SECOND)

/* ---- strings ---- */

/* Copies a string that fits and has no control characters. False: *out is "". */
static bool copy_text(char *out, size_t out_size, const char *text, size_t size)
{
    out[0] = '\0';
    if (!text || size >= out_size)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 || byte == 0x7F)
            return false;
    }
    memcpy(out, text, size);
    out[size] = '\0';
    return true;
}

/* The same of a value. Something other than a string: false. */
static bool copy_string(char *out, size_t out_size, const json_t *value)
{
    return copy_text(out, out_size, json_string_value(value), json_string_length(value));
}

static bool is_made_of(const char *text, const char *more)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
    for (; *text; text++) {
        if (!strchr(letters, *text) && !strchr(more, *text))
            return false;
    }
    return true;
}

static bool copy_id(char out[AZ_PATHWAY_ID_MAX], const json_t *value)
{
    if (copy_string(out, AZ_PATHWAY_ID_MAX, value) && out[0] && is_made_of(out, "_"))
        return true;
    out[0] = '\0';
    return false;
}

/* ---- parts of the document ---- */

static int64_t read_ttl(const json_t *value)
{
    double ttl = json_number_value(value) * (double)AIZU_SECOND;
    if (!json_is_number(value) || ttl <= 0)
        return TTL_DEFAULT;
    if (ttl >= (double)AZ_STEERING_TTL_MAX)
        return AZ_STEERING_TTL_MAX;
    return AZ_MAX((int64_t)ttl, AZ_STEERING_TTL_MIN);
}

static bool has_pathway(const az_steering *out, const char *id)
{
    for (size_t i = 0; i < out->priority_count; i++) {
        if (strcmp(out->priority[i], id) == 0)
            return true;
    }
    return false;
}

/* Best first; the first counts of one that comes twice. */
static void read_priority(az_steering *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && out->priority_count < AZ_PATHWAYS_MAX; i++) {
        char id[AZ_PATHWAY_ID_MAX];
        if (copy_id(id, json_array_get(list, i)) && !has_pathway(out, id))
            memcpy(out->priority[out->priority_count++], id, sizeof(id));
    }
}

static size_t read_params(az_uri_param *params, json_t *object)
{
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (count == AZ_PATHWAY_PARAMS_MAX)
            break;
        az_uri_param *param = &params[count];
        bool has_name = copy_text(param->name, sizeof(param->name), name, strlen(name)) && name[0];
        count += has_name && copy_string(param->value, sizeof(param->value), value);
    }
    if (count < AZ_PATHWAY_PARAMS_MAX)
        params[count] = (az_uri_param){0};
    return count;
}

/* STABLE-VARIANT-ID and STABLE-RENDITION-ID have '+', '/' and '=' too (bis 4.4.6.2). */
static size_t read_uris(az_uri_pair *pairs, json_t *object)
{
    size_t count = 0;
    const char *id;
    json_t *value;
    json_object_foreach(object, id, value)
    {
        if (count == AZ_PATHWAY_URIS_MAX)
            break;
        az_uri_pair *pair = &pairs[count];
        bool has_id =
            copy_text(pair->id, sizeof(pair->id), id, strlen(id)) && id[0] && is_made_of(id, "_+/=");
        count += has_id && copy_string(pair->uri, sizeof(pair->uri), value) && pair->uri[0];
    }
    if (count < AZ_PATHWAY_URIS_MAX)
        pairs[count] = (az_uri_pair){0};
    return count;
}

/* A host, with a port or not. One that cannot be used would leave URIs that lead back to the old one. */
static bool read_host(az_pathway_clone *clone, const json_t *host)
{
    return !host || (copy_string(clone->host, sizeof(clone->host), host) && is_made_of(clone->host, "_:[]"));
}

static bool read_clone(az_pathway_clone *clone, const json_t *object)
{
    json_t *replacement = json_object_get(object, "URI-REPLACEMENT");
    if (!json_is_object(replacement) || !copy_id(clone->base_id, json_object_get(object, "BASE-ID")) ||
        !copy_id(clone->id, json_object_get(object, "ID")) || strcmp(clone->id, clone->base_id) == 0)
        return false;
    if (!read_host(clone, json_object_get(replacement, "HOST")))
        return false;
    clone->param_count = read_params(clone->params, json_object_get(replacement, "PARAMS"));
    clone->variant_count = read_uris(clone->variants, json_object_get(replacement, "PER-VARIANT-URIS"));
    clone->rendition_count = read_uris(clone->renditions, json_object_get(replacement, "PER-RENDITION-URIS"));
    return true;
}

static void read_clones(az_steering *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && out->clone_count < AZ_PATHWAYS_MAX; i++) {
        az_pathway_clone *clone = &out->clones[out->clone_count];
        if (read_clone(clone, json_array_get(list, i)))
            out->clone_count++;
        else
            memset(clone, 0, sizeof(*clone));
    }
}

static aizu_result read_manifest(az_steering *out, const json_t *root)
{
    if (json_number_value(json_object_get(root, "VERSION")) != VERSION)
        return AIZU_E_PLAYLIST;
    read_priority(out, json_object_get(root, "PATHWAY-PRIORITY"));
    if (!out->priority_count)
        return AIZU_E_PLAYLIST;
    out->ttl = read_ttl(json_object_get(root, "TTL"));
    (void)copy_string(out->reload_uri, sizeof(out->reload_uri), json_object_get(root, "RELOAD-URI"));
    read_clones(out, json_object_get(root, "PATHWAY-CLONES"));
    return AIZU_OK;
}

aizu_result az_json_steering_parse(az_steering *out, az_span json)
{
    memset(out, 0, sizeof(*out));
    if (json.size > AZ_STEERING_SIZE_MAX)
        return AIZU_E_LIMIT;
    if (az_span_starts_with(json, "\xEF\xBB\xBF")) /* a byte order mark, which editors leave */
        json = az_span_sub(json, 3, json.size);
    if (!json.size)
        return AIZU_E_PLAYLIST;
    json_error_t error;
    json_t *root = json_loadb((const char *)json.data, json.size, 0, &error);
    if (!root)
        return json_error_code(&error) == json_error_out_of_memory ? AIZU_E_MEMORY : AIZU_E_PLAYLIST;
    aizu_result result = read_manifest(out, root);
    json_decref(root);
    if (result)
        memset(out, 0, sizeof(*out));
    return result;
}
