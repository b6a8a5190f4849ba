/*
 * Encryption of the samples of a track fragment: senc, saiz and saio, PIFF's box (ISO/IEC 23001-7, 7), sbgp
 * and sgpd of kind 'seig' (ISO/IEC 14496-12, 8.9); see demux/fmp4_fragment.h. Read in place, sample by
 * sample.
 */
#include <stdlib.h>
#include <string.h>

#include "demux/fmp4.h"
#include "demux/fmp4_fragment.h"

#define GROUP_SIZE     8       /* of an entry of sbgp */
#define LOCAL_GROUPS   0x10000 /* indices above are of the fragment's own sgpd */
#define SUBSAMPLE_SIZE 6

static const uint8_t piff_senc[16] = {0xA2, 0x39, 0x4F, 0x52, 0x5A, 0x9B, 0x4F, 0x14,
                                      0xA2, 0x44, 0x6C, 0x42, 0x7C, 0x64, 0x8D, 0xF4};

static bool open_senc(az_fmp4_aux *aux, az_span senc, bool is_piff, const az_fmp4_entry *entry)
{
    az_reader r;
    uint32_t flags;
    (void)az_full_box_open(&r, senc, &flags);
    if (is_piff && flags & 1) {
        aux->key = entry->key;
        aux->is_key_overridden = true;
        aux->key.is_protected = az_reader_u24(&r) != 0;
        aux->key.iv_size = az_reader_u8(&r);
        az_span id = az_reader_bytes(&r, sizeof(aux->key.key_id));
        if (r.failed || (aux->key.iv_size != 8 && aux->key.iv_size != 16))
            return false;
        memcpy(aux->key.key_id, id.data, id.size);
    }
    az_reader_skip(&r, 4); /* sample_count: the samples themselves are counted */
    aux->is_senc = true;
    aux->has_subsamples = flags & 2;
    aux->bytes = az_span_sub(senc, r.pos, senc.size);
    return !r.failed;
}

/* Of another kind of information than that of encryption, where it says of which. */
static bool is_foreign(az_reader *r, uint32_t flags)
{
    if (!(flags & 1))
        return false;
    uint32_t type = az_reader_u32(r);
    az_reader_skip(r, 4);
    return type != AZ_FOURCC('c', 'e', 'n', 'c') && type != AZ_FOURCC('c', 'b', 'c', '1') &&
           type != AZ_FOURCC('c', 'e', 'n', 's') && type != AZ_FOURCC('c', 'b', 'c', 's') && type != 0;
}

/* ISO/IEC 14496-12, 8.7.8 */
static bool open_saiz(az_fmp4_aux *aux, az_span saiz)
{
    az_reader r;
    uint32_t flags;
    (void)az_full_box_open(&r, saiz, &flags);
    if (aux->has_sizes || is_foreign(&r, flags))
        return true;
    aux->size_default = az_reader_u8(&r);
    uint32_t count = az_reader_u32(&r);
    if (count > AZ_FMP4_SAMPLES_MAX)
        return false;
    aux->size = (size_t)aux->size_default * count;
    if (aux->size_default == 0) {
        aux->sizes = az_reader_bytes(&r, count);
        for (size_t i = 0; i < aux->sizes.size; i++)
            aux->size += aux->sizes.data[i];
    }
    aux->has_sizes = true;
    return !r.failed;
}

/* 8.7.9; more than one place is not what is made of fragments. */
static bool open_saio(az_fmp4_aux *aux, az_span saio, bool *is_found)
{
    az_reader r;
    uint32_t flags;
    uint8_t version = az_full_box_open(&r, saio, &flags);
    if (*is_found || is_foreign(&r, flags))
        return true;
    uint32_t count = az_reader_u32(&r);
    aux->offset = version == 0 ? az_reader_u32(&r) : az_reader_u64(&r);
    *is_found = !r.failed && count == 1;
    return !r.failed;
}

static bool open_sbgp(az_fmp4_groups *groups, az_span sbgp)
{
    az_reader r;
    uint8_t version = az_full_box_open(&r, sbgp, NULL);
    if (az_reader_u32(&r) != AZ_FOURCC('s', 'e', 'i', 'g'))
        return true;
    az_reader_skip(&r, version == 1 ? 4 : 0);
    uint32_t count = az_reader_u32(&r);
    size_t size;
    if (r.failed || !az_mul_size(count, GROUP_SIZE, &size))
        return false;
    groups->entries = az_reader_bytes(&r, size);
    return !r.failed;
}

void az_fmp4_crypt_open(az_fmp4_traf *traf, az_span boxes, az_fmp4_out *out)
{
    az_box_reader r;
    az_box box;
    bool is_good = true, has_place = false;
    az_fmp4_aux *aux = &traf->aux;
    az_box_reader_init(&r, boxes);
    while (is_good && az_box_next(&r, &box)) {
        bool is_piff = box.uuid && memcmp(box.uuid, piff_senc, sizeof(piff_senc)) == 0;
        if (box.type == AZ_FOURCC('s', 'e', 'n', 'c') || (is_piff && !aux->is_senc))
            is_good = open_senc(aux, box.body, is_piff, traf->entry);
        else if (box.type == AZ_FOURCC('s', 'a', 'i', 'z'))
            is_good = open_saiz(aux, box.body);
        else if (box.type == AZ_FOURCC('s', 'a', 'i', 'o'))
            is_good = open_saio(aux, box.body, &has_place);
        else if (box.type == AZ_FOURCC('s', 'b', 'g', 'p'))
            is_good = open_sbgp(&traf->groups, box.body);
        else if (box.type == AZ_FOURCC('s', 'g', 'p', 'd'))
            is_good = az_fmp4_keys_add(&traf->groups.keys, box.body, out);
    }
    if (!is_good)
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
    if (aux->is_senc || !has_place)
        aux->size = 0;
}

void az_fmp4_crypt_close(az_fmp4_traf *traf)
{
    az_slice_unref(&traf->aux.owned);
    free(traf->groups.keys.items);
    traf->groups.keys = (az_fmp4_keys){NULL, 0};
}

/* The group of the next sample; 0: none. */
static uint32_t next_group(az_fmp4_groups *g)
{
    while (g->left == 0 && g->entries.size >= GROUP_SIZE) {
        g->left = az_load_be32(g->entries.data);
        g->index = az_load_be32(g->entries.data + 4);
        g->entries = az_span_sub(g->entries, GROUP_SIZE, g->entries.size);
    }
    if (g->left == 0)
        return 0;
    g->left--;
    return g->index;
}

/* NULL: a description that is not there. */
static const az_fmp4_key *next_key(az_fmp4_traf *traf)
{
    uint32_t group = next_group(&traf->groups);
    if (group == 0)
        return traf->aux.is_key_overridden ? &traf->aux.key : &traf->entry->key;
    bool is_local = group > LOCAL_GROUPS;
    const az_fmp4_keys *keys = is_local ? &traf->groups.keys : &traf->track->keys;
    uint32_t index = is_local ? group - LOCAL_GROUPS : group;
    return index <= keys->count ? &keys->items[index - 1] : NULL;
}

/* IV and subsamples out of a sample's part of the auxiliary information; false: they do not fit it. */
static bool read_aux(az_reader *r, const az_fmp4_aux *aux, const az_fmp4_key *key, az_fmp4_item *item)
{
    item->iv = az_reader_bytes(r, key->is_protected ? key->iv_size : 0);
    bool has_subsamples = aux->is_senc ? aux->has_subsamples : az_reader_left(r) > 0;
    if (has_subsamples && (aux->is_senc || !r->failed)) {
        uint16_t count = az_reader_u16(r);
        item->subsamples = az_reader_bytes(r, (size_t)count * SUBSAMPLE_SIZE);
    }
    return !r->failed;
}

static size_t next_size(az_fmp4_aux *aux)
{
    size_t sample = aux->sample++;
    if (aux->size_default > 0)
        return aux->size_default;
    return sample < aux->sizes.size ? aux->sizes.data[sample] : 0;
}

void az_fmp4_crypt_next(az_fmp4_traf *traf, az_fmp4_item *item)
{
    az_fmp4_aux *aux = &traf->aux;
    az_reader r;
    const az_fmp4_key *key = next_key(traf);
    size_t left = aux->bytes.size - AZ_MIN(aux->pos, aux->bytes.size);
    size_t size = aux->has_sizes ? next_size(aux) : left;
    item->iv = item->subsamples = (az_span){NULL, 0};
    item->key = key && key->is_protected ? key : NULL;
    if (!key || aux->is_lost) {
        item->is_crypt_bad = true;
        aux->pos += aux->has_sizes ? size : 0;
        return;
    }
    bool is_empty = aux->has_sizes ? size == 0 : aux->bytes.size == 0;
    az_reader_init(&r, az_span_sub(aux->bytes, aux->pos, size));
    if (is_empty) /* clear, or whole and with the constant IV */
        item->is_crypt_bad = key->is_protected && key->iv_size > 0;
    else
        item->is_crypt_bad = !read_aux(&r, aux, key, item) && key->is_protected;
    aux->pos += aux->has_sizes ? size : r.failed ? left : r.pos;
}

size_t az_fmp4_crypt_subsamples(const az_fmp4_item *item)
{
    return item->subsamples.size / SUBSAMPLE_SIZE;
}

void az_fmp4_crypt_fill(const az_fmp4_item *item, az_sample_crypt *crypt, az_subsample *subsamples)
{
    const az_fmp4_key *key = item->key;
    size_t count = az_fmp4_crypt_subsamples(item);
    *crypt = (az_sample_crypt){
        .scheme = item->traf->entry->scheme,
        .pattern_encrypted = key->pattern_encrypted,
        .pattern_clear = key->pattern_clear,
        .subsamples = count > 0 ? subsamples : NULL,
        .subsample_count = count,
    };
    memcpy(crypt->key_id, key->key_id, sizeof(crypt->key_id));
    if (key->iv_size > 0)
        memcpy(crypt->iv, item->iv.data, item->iv.size);
    else
        memcpy(crypt->iv, key->constant_iv, sizeof(crypt->iv));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = item->subsamples.data + i * SUBSAMPLE_SIZE;
        subsamples[i] = (az_subsample){(uint32_t)p[0] << 8 | p[1], az_load_be32(p + 2)};
    }
}
