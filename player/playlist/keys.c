/*
 * EXT-X-KEY (4.3.2.4), EXT-X-SESSION-KEY (4.3.4.5) and EXT-X-MAP (4.3.2.5): tags that stay in force for the
 * segments after them. Keys of different formats stand in force side by side; a set of them becomes array
 * items when a segment or an init section first uses it, so that a tag repeated before each segment
 * costs nothing.
 */
#include "playlist/parser.h"

#include <string.h>

static bool key_equal(const az_key *a, const az_key *b)
{
    return a->method == b->method && az_span_equal(a->uri, b->uri) && a->has_iv == b->has_iv &&
           memcmp(a->iv, b->iv, sizeof(a->iv)) == 0 && az_span_equal(a->key_format, b->key_format) &&
           az_span_equal(a->key_format_versions, b->key_format_versions);
}

static bool is_identity(const az_key *key)
{
    return key->key_format.size == 0 || az_span_equal_str(key->key_format, "identity");
}

static az_key_method read_method(az_parser *p, az_span uri)
{
    az_span method = az_attribute_word(p, "METHOD");
    if (az_span_equal_str(method, "NONE"))
        return AZ_KEY_NONE;
    if (az_span_equal_str(method, "AES-128"))
        return AZ_KEY_AES_128;
    if (az_span_equal_str(method, "SAMPLE-AES"))
        return AZ_KEY_SAMPLE_AES;
    if (az_span_equal_str(method, "SAMPLE-AES-CTR"))
        return AZ_KEY_SAMPLE_AES_CTR;
    if (method.size == 0 && uri.size > 0) {
        az_parser_note(p, "key without METHOD: read as AES-128");
        return AZ_KEY_AES_128;
    }
    if (method.size == 0) {
        az_parser_note(p, "key without METHOD and URI: read as NONE");
        return AZ_KEY_NONE;
    }
    az_parser_note(p, "unknown key method: segments under it cannot be played");
    return AZ_KEY_OTHER;
}

static az_key read_key_attributes(az_parser *p, az_span value)
{
    az_key key = {0};
    az_attributes_read(p, value);
    key.uri = az_attribute_string(p, "URI");
    key.method = read_method(p, key.uri);
    key.key_format = az_attribute_string(p, "KEYFORMAT");
    key.key_format_versions = az_attribute_string(p, "KEYFORMATVERSIONS");
    az_span iv = az_attribute_word(p, "IV");
    if (iv.size > 0) {
        key.has_iv = az_value_iv(iv, key.iv);
        if (!key.has_iv)
            az_parser_note(p, "IV is not a hexadecimal number of 128 bits: ignored");
        else if (iv.size != 34)
            az_parser_note(p, "IV with fewer than 32 digits: zeros put before it");
    }
    if (key.method != AZ_KEY_NONE && key.uri.size == 0)
        az_parser_note(p, "key without URI");
    return key;
}

static void key_put_in_force(az_parser *p, const az_key *key)
{
    az_key *keys = p->keys_in_force;
    for (size_t i = 0; i < p->key_in_force_count; i++) {
        bool is_same_format =
            is_identity(&keys[i]) ? is_identity(key) : az_span_equal(keys[i].key_format, key->key_format);
        if (!is_same_format)
            continue;
        if (!key_equal(&keys[i], key)) {
            keys[i] = *key;
            p->keys_changed = true;
        }
        return;
    }
    if (p->key_in_force_count == AZ_PLAYLIST_KEY_FORMATS_MAX) {
        az_parser_note(p, "too many key formats in force at once: this key is ignored");
        return;
    }
    size_t at = is_identity(key) ? 0 : p->key_in_force_count;
    memmove(keys + at + 1, keys + at, (p->key_in_force_count - at) * sizeof(*keys));
    keys[at] = *key;
    p->key_in_force_count++;
    p->keys_changed = true;
}

void az_read_key(az_parser *p, az_span value)
{
    az_key key = read_key_attributes(p, value);
    if (key.method == AZ_KEY_NONE) {
        p->keys_changed = p->keys_changed || p->key_in_force_count > 0;
        p->key_in_force_count = 0;
    } else {
        key_put_in_force(p, &key);
    }
}

void az_read_session_key(az_parser *p, az_span value)
{
    az_key key = read_key_attributes(p, value);
    if (key.method == AZ_KEY_NONE) {
        az_parser_note(p, "session key with METHOD=NONE: ignored");
        return;
    }
    az_key *out = az_parser_add(p, &p->session_keys, sizeof(*out), AZ_PLAYLIST_KEYS_MAX);
    if (out)
        *out = key;
}

/* Adds a key and its alternatives in other formats. */
static uint32_t add_keys(az_parser *p, const az_key *keys)
{
    uint32_t index = (uint32_t)p->keys.count;
    for (size_t i = 0; i <= keys->alternatives; i++) {
        az_key *out = az_parser_add(p, &p->keys, sizeof(*out), AZ_PLAYLIST_KEYS_MAX);
        if (!out)
            return AZ_NO_INDEX;
        *out = keys[i];
    }
    return index;
}

void az_keys_resume(az_parser *p, const az_playlist_gap *gap)
{
    size_t count = gap->keys ? AZ_MIN(gap->keys->alternatives + 1, AZ_PLAYLIST_KEY_FORMATS_MAX) : 0;
    for (size_t i = 0; i < count; i++)
        p->keys_in_force[i] = gap->keys[i];
    p->key_in_force_count = count;
    p->keys_changed = true;
    p->map_index = AZ_NO_INDEX;
    if (!gap->map)
        return;
    az_map map = *gap->map;
    map.key = gap->map_keys ? add_keys(p, gap->map_keys) : AZ_NO_INDEX;
    az_map *out = az_parser_add(p, &p->maps, sizeof(*out), AZ_PLAYLIST_KEYS_MAX);
    if (!out)
        return;
    *out = map;
    p->map_index = (uint32_t)(p->maps.count - 1);
}

uint32_t az_key_in_force(az_parser *p)
{
    if (!p->keys_changed)
        return p->key_index;
    p->keys_changed = false;
    p->key_index = p->key_in_force_count ? (uint32_t)p->keys.count : AZ_NO_INDEX;
    for (size_t i = 0; i < p->key_in_force_count; i++) {
        az_key *out = az_parser_add(p, &p->keys, sizeof(*out), AZ_PLAYLIST_KEYS_MAX);
        if (!out)
            return AZ_NO_INDEX;
        *out = p->keys_in_force[i];
        out->alternatives = (uint32_t)(p->key_in_force_count - 1 - i);
    }
    return p->key_index;
}

static bool map_equal(const az_map *a, const az_map *b)
{
    return az_span_equal(a->uri, b->uri) && a->range.offset == b->range.offset &&
           a->range.size == b->range.size && a->key == b->key;
}

void az_read_map(az_parser *p, az_span value)
{
    az_map map = {0};
    az_attributes_read(p, value);
    map.uri = az_attribute_string(p, "URI");
    map.key = az_key_in_force(p);
    if (map.uri.size == 0) {
        az_parser_note(p, "EXT-X-MAP without URI: ignored");
        return;
    }
    az_span range = az_attribute_string(p, "BYTERANGE");
    bool has_offset = true;
    bool is_good = range.size == 0 || (az_value_byte_range(range, &map.range, &has_offset) &&
                                       map.range.size > 0 && map.range.offset <= INT64_MAX - map.range.size);
    if (!is_good) {
        az_parser_note(p, "byte range of EXT-X-MAP cannot be read: the whole resource is taken");
        map.range = (az_byte_range){0};
    }
    if (!has_offset)
        az_parser_note(p, "byte range of EXT-X-MAP without offset: read from 0");
    const az_map *maps = p->maps.items;
    if (p->map_index != AZ_NO_INDEX && map_equal(&maps[p->map_index], &map))
        return;
    az_map *out = az_parser_add(p, &p->maps, sizeof(*out), AZ_PLAYLIST_KEYS_MAX);
    if (!out)
        return;
    *out = map;
    p->map_index = (uint32_t)(p->maps.count - 1);
}
