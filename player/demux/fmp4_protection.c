/*
 * How tracks are encrypted: sinf with schm and tenc (ISO/IEC 14496-12, 8.12; ISO/IEC 23001-7, 4 and 8.2), its
 * forerunner PIFF, and sample groups of kind 'seig' (6); see demux/fmp4_movie.h.
 */
#include <stdlib.h>
#include <string.h>

#include "demux/fmp4_movie.h"

static const uint8_t piff_tenc[16] = {0x89, 0x74, 0xDB, 0xCE, 0x7B, 0xE7, 0x4C, 0x51,
                                      0x84, 0xF9, 0x71, 0x48, 0xF9, 0x88, 0x25, 0x54};

#define PIFF_CBC 2 /* its AlgorithmID */

/* IV size, key id and, without IVs of the samples' own, the constant one: they stand so in both boxes. */
static bool read_key(az_fmp4_key *key, az_reader *r)
{
    key->iv_size = az_reader_u8(r);
    az_span id = az_reader_bytes(r, sizeof(key->key_id));
    if (r->failed || (key->iv_size != 0 && key->iv_size != 8 && key->iv_size != 16))
        return false;
    memcpy(key->key_id, id.data, id.size);
    if (!key->is_protected || key->iv_size > 0)
        return true;
    uint8_t size = az_reader_u8(r);
    az_span iv = az_reader_bytes(r, size);
    if (r->failed || (size != 8 && size != 16))
        return false;
    memcpy(key->constant_iv, iv.data, iv.size);
    return true;
}

static bool read_tenc(az_fmp4_key *key, az_span tenc)
{
    az_reader r;
    uint8_t version = az_full_box_open(&r, tenc, NULL);
    az_reader_skip(&r, 1);
    uint8_t pattern = az_reader_u8(&r);
    if (version > 0) {
        key->pattern_encrypted = pattern >> 4;
        key->pattern_clear = pattern & 15;
    }
    key->is_protected = az_reader_u8(&r) == 1;
    return read_key(key, &r);
}

/* *algorithm: PIFF's, which says more than its scheme. */
static bool read_piff_tenc(az_fmp4_key *key, az_span tenc, uint32_t *algorithm)
{
    az_reader r;
    (void)az_full_box_open(&r, tenc, NULL);
    *algorithm = az_reader_u24(&r);
    key->is_protected = *algorithm != 0;
    return read_key(key, &r);
}

static bool find_tenc(az_fmp4_key *key, az_span schi, uint32_t *algorithm)
{
    az_box_reader r;
    az_box box;
    az_box_reader_init(&r, schi);
    while (az_box_next(&r, &box)) {
        if (box.type == AZ_FOURCC('t', 'e', 'n', 'c'))
            return read_tenc(key, box.body);
        if (box.uuid && memcmp(box.uuid, piff_tenc, sizeof(piff_tenc)) == 0)
            return read_piff_tenc(key, box.body, algorithm);
    }
    return false;
}

static bool read_scheme(az_crypt_scheme *scheme, uint32_t type, uint32_t algorithm)
{
    static const struct {
        uint32_t type;
        az_crypt_scheme scheme;
    } schemes[] = {
        {AZ_FOURCC('c', 'e', 'n', 'c'), AZ_CRYPT_CENC}, {AZ_FOURCC('c', 'b', 'c', '1'), AZ_CRYPT_CBC1},
        {AZ_FOURCC('c', 'e', 'n', 's'), AZ_CRYPT_CENS}, {AZ_FOURCC('c', 'b', 'c', 's'), AZ_CRYPT_CBCS},
        {AZ_FOURCC('p', 'i', 'f', 'f'), AZ_CRYPT_CENC},
    };
    for (size_t i = 0; i < AZ_COUNT(schemes); i++)
        if (schemes[i].type == type) {
            *scheme = algorithm == PIFF_CBC ? AZ_CRYPT_CBC1 : schemes[i].scheme;
            return true;
        }
    return false;
}

/* One of possibly several ways in which an entry is protected. */
static bool read_sinf(az_fmp4_entry *entry, az_span sinf, uint32_t *type)
{
    az_reader r;
    az_span frma, schm, schi;
    az_fmp4_key key = {0};
    uint32_t algorithm = 0;
    if (az_box_find(sinf, AZ_FOURCC('f', 'r', 'm', 'a'), &frma) && frma.size >= 4)
        *type = az_load_be32(frma.data);
    if (!az_box_find(sinf, AZ_FOURCC('s', 'c', 'h', 'm'), &schm) ||
        !az_box_find(sinf, AZ_FOURCC('s', 'c', 'h', 'i'), &schi) || !find_tenc(&key, schi, &algorithm))
        return false;
    (void)az_full_box_open(&r, schm, NULL);
    if (!read_scheme(&entry->scheme, az_reader_u32(&r), algorithm) || r.failed)
        return false;
    entry->key = key;
    entry->is_protected = true;
    return true;
}

bool az_fmp4_protection_parse(az_fmp4_entry *entry, az_span boxes, uint32_t *type)
{
    az_box_reader r;
    az_box box;
    az_box_reader_init(&r, boxes);
    while (az_box_next(&r, &box))
        if (box.type == AZ_FOURCC('s', 'i', 'n', 'f') && read_sinf(entry, box.body, type))
            return true;
    return false;
}

static bool read_seig(az_fmp4_key *key, az_span bytes)
{
    az_reader r;
    az_reader_init(&r, bytes);
    az_reader_skip(&r, 1);
    uint8_t pattern = az_reader_u8(&r);
    key->pattern_encrypted = pattern >> 4;
    key->pattern_clear = pattern & 15;
    key->is_protected = az_reader_u8(&r) == 1;
    return read_key(key, &r);
}

/* ISO/IEC 14496-12, 8.9.3 */
bool az_fmp4_keys_add(az_fmp4_keys *keys, az_span sgpd, az_fmp4_out *out)
{
    az_reader r;
    uint8_t version = az_full_box_open(&r, sgpd, NULL);
    if (az_reader_u32(&r) != AZ_FOURCC('s', 'e', 'i', 'g'))
        return true;
    uint32_t size_default = version >= 1 ? az_reader_u32(&r) : 0;
    if (version >= 2)
        az_reader_skip(&r, 4);
    uint32_t count = az_reader_u32(&r);
    for (uint32_t i = 0; i < count && !r.failed; i++) {
        if (keys->count == AZ_FMP4_KEYS_MAX) {
            az_fmp4_trouble(out, AZ_DEMUX_LIMIT);
            return true;
        }
        size_t size = size_default;
        if (version >= 1 && size == 0)
            size = az_reader_u32(&r);
        else if (version == 0) /* says no sizes: as long as one with a key of its own IVs is */
            size = 20;
        az_fmp4_key key = {0};
        if (!read_seig(&key, az_reader_bytes(&r, size)))
            return false;
        if (!keys->items)
            keys->items = calloc(AZ_FMP4_KEYS_MAX, sizeof(*keys->items));
        if (!keys->items) {
            out->is_out_of_memory = true;
            return false;
        }
        keys->items[keys->count++] = key;
    }
    return !r.failed;
}
