/*
 * The internal cue: what an author sent goes in (az_cue_info), one immutable, refcounted block comes out.
 *
 * One allocation holds the public struct and, behind it, key, name and payload, each with a 0 byte after its
 * last, so that a C string function on a text payload is safe. The frame kinds are those of id3.org,
 * "ID3 tag version 2.4.0 - Native Frames", chapter 4.
 */
#include "cue/cue.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct az_cue {
    aizu_cue shown;
    atomic_size_t refs;
    uint8_t bytes[]; /* key, name, data */
};

/* Copies with a 0 byte behind and gives the place of the next copy. */
static uint8_t *put(uint8_t *at, az_span bytes)
{
    if (bytes.size)
        memcpy(at, bytes.data, bytes.size);
    at[bytes.size] = 0;
    return at + bytes.size + 1;
}

az_cue *az_cue_create(const az_cue_info *info)
{
    if (info->data.size > AIZU_CUE_PAYLOAD_MAX || info->key.size > AIZU_CUE_PAYLOAD_MAX ||
        info->name.size > AIZU_CUE_PAYLOAD_MAX)
        return NULL;
    az_cue *cue = malloc(sizeof(*cue) + info->key.size + info->name.size + info->data.size + 3);
    if (!cue)
        return NULL;
    uint8_t *key = cue->bytes;
    uint8_t *name = put(key, info->key);
    uint8_t *data = put(name, info->name);
    put(data, info->data);
    atomic_init(&cue->refs, 1);
    cue->shown = (aizu_cue){
        .size_struct = sizeof(aizu_cue),
        .kind = info->kind,
        .key = (const char *)key,
        .name = (const char *)name,
        .pts = info->pts,
        .duration = info->duration,
        .wall = info->wall,
        .due = AIZU_NO_TIME,
        .data = data,
        .size = info->data.size,
    };
    return cue;
}

az_cue *az_cue_ref(az_cue *cue)
{
    if (cue)
        atomic_fetch_add_explicit(&cue->refs, 1, memory_order_relaxed);
    return cue;
}

void az_cue_unref(az_cue **pointer)
{
    az_cue *cue = *pointer;
    *pointer = NULL;
    if (cue && atomic_fetch_sub_explicit(&cue->refs, 1, memory_order_acq_rel) == 1)
        free(cue);
}

const aizu_cue *az_cue_public(const az_cue *cue)
{
    return &cue->shown;
}

/* The size goes in as well: without it "ab" + "c" and "a" + "bc" would be one. */
static uint64_t hash_span(uint64_t seed, az_span bytes)
{
    uint8_t size[8];
    for (size_t i = 0; i < sizeof(size); i++)
        size[i] = (uint8_t)((uint64_t)bytes.size >> (8 * i));
    return az_hash(az_hash(seed, size, sizeof(size)), bytes.data, bytes.size);
}

uint64_t az_cue_hash(const az_cue_info *info)
{
    uint8_t kind = (uint8_t)info->kind;
    uint64_t hash = az_hash(AZ_HASH_SEED, &kind, 1);
    hash = hash_span(hash, info->key);
    hash = hash_span(hash, info->name);
    return hash_span(hash, info->data);
}

void az_cue_info_from_id3(az_cue_info *info, const az_id3_frame *frame)
{
    az_span id = az_span_str(frame->id);
    *info = (az_cue_info){
        .kind = AIZU_CUE_ID3,
        .name = id,
        .pts = AIZU_NO_TIME,
        .wall = AIZU_NO_TIME,
        .data = frame->value,
    };
    switch (frame->kind) {
    case AZ_ID3_TEXT:
    case AZ_ID3_URL:
        info->key = id;
        break;
    case AZ_ID3_TXXX:
    case AZ_ID3_WXXX:
    case AZ_ID3_COMM:
    case AZ_ID3_PRIV:
    case AZ_ID3_GEOB:
    case AZ_ID3_APIC:
    case AZ_ID3_UFID:
        info->key = frame->owner;
        break;
    case AZ_ID3_RAW:
        break;
    }
}

bool az_cue_is_housekeeping(const az_cue_info *info)
{
    if (info->kind != AIZU_CUE_ID3)
        return false;
    if (az_span_equal_str(info->name, "TXXX"))
        return az_span_equal_str(info->key, "segmentmetadata");
    if (az_span_equal_str(info->name, "PRIV")) /* where packed audio stands (RFC 8216, 3.4) */
        return az_span_equal_str(info->key, "com.apple.streaming.transportStreamTimestamp");
    return az_span_equal_str(info->name, "TDEN");
}

void az_cue_set_id(az_cue *cue, uint64_t id)
{
    cue->shown.id = id;
}
