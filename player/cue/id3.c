/*
 * ID3v2 tags (ID3v2.4.0 structure; ID3v2.3.0; ID3v2.2.0): bytes in, a list of frames out.
 *
 * This file knows tags, extended headers, unsynchronisation and the chain of frames; id3_frame.c knows what
 * is in a frame. Spans of the list point into the caller's bytes, or into the list's arena where bytes had to
 * be changed. Nothing is believed that a later byte of the tag refutes: see chain_walk().
 */
#include "cue/id3.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cue/id3_frame.h"

#define TAG_HEADER_SIZE ((size_t)10)

/* Tag header flags. */
#define TAG_UNSYNCHRONISED 0x80
#define TAG_EXTENDED       0x40 /* 2.3, 2.4 */
#define TAG_COMPRESSED     0x40 /* 2.2 */
#define TAG_FOOTER         0x10 /* 2.4 */

struct az_id3_list {
    az_arena arena;
    az_id3_frame *frames;
    size_t count;
    size_t capacity;
    size_t size_used;
    bool is_damaged;
};

/* The body of a tag while it is read: everything between header and footer, from the next frame on. */
typedef struct tag {
    uint8_t version;
    uint8_t flags;
    bool is_cut; /* the bytes end before the tag does */
    bool has_plain_sizes;
    bool was_unsynchronised; /* as a whole: 2.2 and 2.3 */
    az_span body;
} tag;

typedef struct frame_header {
    char id[5];
    uint8_t status;
    uint8_t format;
    az_span body;
} frame_header;

/* What stands at a place in a tag. */
typedef enum place {
    PLACE_FRAME,
    PLACE_END, /* of the tag, or zeros up to it */
    PLACE_CUT, /* a frame that the bytes of a cut tag do not hold in full */
    PLACE_BROKEN,
} place;

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* 28 bits in four bytes of seven; false when a high bit is set. */
static bool read_synchsafe(const uint8_t *bytes, uint32_t *out)
{
    uint32_t value = read_u32(bytes);
    if (value & 0x80808080)
        return false;
    *out = (value & 0x7f) | (value & 0x7f00) >> 1 | (value & 0x7f0000) >> 2 | (value & 0x7f000000) >> 3;
    return true;
}

static bool is_zeros(az_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] != 0)
            return false;
    return true;
}

/* Bytes as before unsynchronisation (2.4 structure, 6.1). False when out of memory. *done is false, and the
 * bytes stay, when they hold what unsynchronisation removes: some encoders set the flag and do nothing. */
static bool resynchronise(az_arena *arena, az_span *bytes, bool *done)
{
    size_t stuffed = 0;
    *done = true;
    for (size_t i = 0; i + 1 < bytes->size; i++) {
        stuffed += bytes->data[i] == 0xff && bytes->data[i + 1] == 0;
        if (bytes->data[i] == 0xff && bytes->data[i + 1] >= 0xe0) {
            *done = false;
            return true;
        }
    }
    if (stuffed == 0)
        return true;
    uint8_t *out = az_arena_alloc(arena, bytes->size - stuffed);
    if (!out)
        return false;
    size_t size = 0;
    for (size_t i = 0; i < bytes->size; i++) {
        out[size++] = bytes->data[i];
        if (bytes->data[i] == 0xff && i + 1 < bytes->size && bytes->data[i + 1] == 0)
            i++;
    }
    *bytes = az_span_make(out, size);
    return true;
}

static bool is_id(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!((bytes[i] >= 'A' && bytes[i] <= 'Z') || (bytes[i] >= '0' && bytes[i] <= '9')))
            return false;
    return true;
}

/* The frame id, by its 2.3 name. iTunes writes three letters and a NUL or space into 2.3 and 2.4 tags. */
static bool read_id(uint8_t version, const uint8_t *bytes, char id[5])
{
    size_t size = version == 2 ? 3 : 4;
    bool is_short = version == 2 || bytes[3] == 0 || bytes[3] == ' ';
    if (!is_id(bytes, is_short ? 3 : size))
        return false;
    memset(id, 0, 5);
    memcpy(id, bytes, is_short ? 3 : size);
    const char *name = is_short ? az_id3_frame_name(id) : NULL;
    if (name)
        memcpy(id, name, 5);
    return true;
}

static size_t frame_header_size(uint8_t version)
{
    return version == 2 ? 6 : 10;
}

/* Reads the header of the frame at the start of `rest`. */
static place frame_header_read(const tag *t, az_span rest, bool plain_sizes, frame_header *out)
{
    size_t header_size = frame_header_size(t->version);
    if (rest.size == 0 || rest.data[0] == 0)
        return is_zeros(rest) ? PLACE_END : PLACE_BROKEN;
    if (rest.size < header_size)
        return t->is_cut ? PLACE_CUT : PLACE_BROKEN;
    if (!read_id(t->version, rest.data, out->id))
        return PLACE_BROKEN;
    uint32_t size;
    if (t->version == 2)
        size = read_u32(rest.data + 2) & 0xffffff;
    else if (t->version == 3 || plain_sizes)
        size = read_u32(rest.data + 4);
    else if (!read_synchsafe(rest.data + 4, &size))
        return PLACE_BROKEN;
    out->status = t->version == 2 ? 0 : rest.data[8];
    out->format = t->version == 2 ? 0 : rest.data[9];
    if (size > rest.size - header_size)
        return t->is_cut ? PLACE_CUT : PLACE_BROKEN;
    out->body = az_span_sub(rest, header_size, size);
    return PLACE_FRAME;
}

/* Steps over all frames, read with synchsafe or plain sizes: how it ends, and how many there are. */
static place chain_walk(const tag *t, bool plain_sizes, size_t *count)
{
    az_span rest = t->body;
    frame_header header;
    place at;
    *count = 0;
    while ((at = frame_header_read(t, rest, plain_sizes, &header)) == PLACE_FRAME) {
        rest = az_span_sub(rest, frame_header_size(t->version) + header.body.size, rest.size);
        ++*count;
    }
    return at;
}

/* Encoders of the first years wrote the frame sizes of 2.4 as those of 2.3. The reading that leads from frame
 * to frame to the end is the right one; where none does, the one that finds more frames. */
static bool has_plain_sizes(const tag *t)
{
    if (t->version != 4)
        return false;
    size_t synchsafe_count, plain_count;
    if (chain_walk(t, false, &synchsafe_count) != PLACE_BROKEN)
        return false;
    return chain_walk(t, true, &plain_count) != PLACE_BROKEN || plain_count > synchsafe_count;
}

/* In a cut tag nothing behind the last frame may be left to tell which reading of its size is right. */
static bool is_size_ambiguous(const tag *t, const frame_header *header, az_span rest)
{
    frame_header next;
    return t->is_cut && t->version == 4 && !t->has_plain_sizes && header->body.size > 0x7f &&
           (rest.size < TAG_HEADER_SIZE || !read_id(t->version, rest.data, next.id));
}

/* Takes the bytes between frame header and content off the body, and says in flags what they mean. Those that
 * do not fit are not there: some encoders set the flags and write nothing. */
static void read_format(az_id3_frame *frame, az_span *body, uint8_t format)
{
    bool is_v4 = frame->version == 4;
    bool is_compressed = format & (is_v4 ? 0x08 : 0x80);
    bool is_encrypted = format & (is_v4 ? 0x04 : 0x40);
    bool is_grouped = format & (is_v4 ? 0x40 : 0x20);
    bool has_length = is_v4 ? format & 0x01 : is_compressed;
    size_t extra = (has_length ? 4u : 0u) + is_encrypted + is_grouped;
    if (is_compressed)
        frame->flags |= AZ_ID3_COMPRESSED;
    if (is_encrypted)
        frame->flags |= AZ_ID3_ENCRYPTED;
    if (is_grouped)
        frame->flags |= AZ_ID3_GROUPED;
    if (extra <= body->size)
        *body = az_span_sub(*body, extra, body->size);
}

static az_id3_frame *frame_add(az_id3_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        az_id3_frame *frames = realloc(list->frames, capacity * sizeof(*frames));
        if (!frames)
            return NULL;
        list->frames = frames;
        list->capacity = capacity;
    }
    az_id3_frame *frame = &list->frames[list->count++];
    *frame = (az_id3_frame){.kind = AZ_ID3_RAW};
    return frame;
}

static aizu_result frame_read(az_id3_list *list, const tag *t, const frame_header *header)
{
    if (list->count == AZ_ID3_FRAMES_MAX)
        return AIZU_E_LIMIT;
    az_id3_frame *frame = frame_add(list);
    if (!frame)
        return AIZU_E_MEMORY;
    memcpy(frame->id, header->id, sizeof(frame->id));
    frame->version = t->version;
    az_span body = header->body;
    bool was_unsynchronised = t->was_unsynchronised;
    if (t->version == 4 && ((header->format & 0x02) || (t->flags & TAG_UNSYNCHRONISED)))
        if (!resynchronise(&list->arena, &body, &was_unsynchronised))
            return AIZU_E_MEMORY;
    if (was_unsynchronised)
        frame->flags |= AZ_ID3_UNSYNCHRONISED;
    if (t->has_plain_sizes)
        frame->flags |= AZ_ID3_PLAIN_SIZES;
    read_format(frame, &body, header->format);
    return az_id3_frame_read(frame, &list->arena, body, t->version == 2) ? AIZU_OK : AIZU_E_MEMORY;
}

/* True when a frame, padding or the end of the tag stands behind an extended header of that size. */
static bool is_extended_size(const tag *t, size_t size)
{
    frame_header header;
    if (size < 6 || size > t->body.size)
        return false;
    az_span rest = az_span_sub(t->body, size, t->body.size);
    return rest.size < 4 || is_zeros(rest) || read_id(t->version, rest.data, header.id);
}

/* The size counts itself in 2.4 and not in 2.3, and is synchsafe in 2.4 only. Encoders mix that up, so the
 * reading of the version is tried first and the other ones after it. False when none fits. */
static bool extended_header_skip(tag *t)
{
    uint32_t safe = 0;
    if (t->body.size < 4)
        return false;
    size_t plain = read_u32(t->body.data);
    bool is_safe = read_synchsafe(t->body.data, &safe);
    size_t sizes[4] = {plain + 4, plain, 0, 0};
    if (t->version == 4) {
        sizes[0] = is_safe ? safe : 0;
        sizes[1] = is_safe ? (size_t)safe + 4 : 0;
        sizes[2] = plain;
        sizes[3] = plain + 4;
    }
    for (size_t i = 0; i < AZ_COUNT(sizes); i++) {
        if (is_extended_size(t, sizes[i])) {
            t->body = az_span_sub(t->body, sizes[i], t->body.size);
            return true;
        }
    }
    return false;
}

static aizu_result frames_read(az_id3_list *list, tag *t)
{
    t->has_plain_sizes = has_plain_sizes(t);
    az_span rest = t->body;
    frame_header header;
    place at;
    while ((at = frame_header_read(t, rest, t->has_plain_sizes, &header)) == PLACE_FRAME) {
        rest = az_span_sub(rest, frame_header_size(t->version) + header.body.size, rest.size);
        if (is_size_ambiguous(t, &header, rest))
            break;
        aizu_result result = frame_read(list, t, &header);
        if (result != AIZU_OK)
            return result;
    }
    if (at != PLACE_END)
        list->is_damaged = true;
    return AIZU_OK;
}

static aizu_result tag_read(az_id3_list *list, tag *t)
{
    bool is_known = t->version >= 2 && t->version <= 4;
    if (!is_known || (t->version == 2 && (t->flags & TAG_COMPRESSED))) {
        list->is_damaged = true; /* to be ignored as a whole (2.4 structure, 3.1; 2.2, 3.1) */
        return AIZU_OK;
    }
    if (t->is_cut)
        list->is_damaged = true;
    if (t->version < 4 && (t->flags & TAG_UNSYNCHRONISED))
        if (!resynchronise(&list->arena, &t->body, &t->was_unsynchronised))
            return AIZU_E_MEMORY;
    if (t->version > 2 && (t->flags & TAG_EXTENDED) && !extended_header_skip(t)) {
        list->is_damaged = true;
        return AIZU_OK;
    }
    return frames_read(list, t);
}

/* The tag at the start of `bytes`; its size without header and footer is in *size. */
static bool tag_header_read(az_span bytes, tag *out, uint32_t *size)
{
    if (bytes.size < TAG_HEADER_SIZE || !az_span_starts_with(bytes, "ID3"))
        return false;
    if (bytes.data[3] == 0xff || bytes.data[4] == 0xff || !read_synchsafe(bytes.data + 6, size))
        return false;
    *out = (tag){
        .version = bytes.data[3],
        .flags = bytes.data[5],
        .is_cut = *size > bytes.size - TAG_HEADER_SIZE,
        .body = az_span_sub(bytes, TAG_HEADER_SIZE, *size),
    };
    return true;
}

size_t az_id3_tag_size(az_span bytes)
{
    tag t;
    uint32_t size;
    if (!tag_header_read(bytes, &t, &size))
        return 0;
    bool has_footer = t.version >= 4 && (t.flags & TAG_FOOTER);
    return TAG_HEADER_SIZE + size + (has_footer ? TAG_HEADER_SIZE : 0);
}

static aizu_result tags_read(az_id3_list *list, az_span bytes)
{
    tag t;
    uint32_t size;
    if (!tag_header_read(bytes, &t, &size))
        return AIZU_E_METADATA;
    do {
        if (size > AZ_ID3_TAG_SIZE_MAX)
            return AIZU_E_LIMIT;
        size_t used = TAG_HEADER_SIZE + t.body.size;
        aizu_result result = tag_read(list, &t);
        if (result != AIZU_OK)
            return result;
        bytes = az_span_sub(bytes, used, bytes.size);
        list->size_used += used;
        if ((t.flags & TAG_FOOTER) && t.version >= 4) {
            size_t footer = az_span_starts_with(bytes, "3DI") ? AZ_MIN(TAG_HEADER_SIZE, bytes.size) : 0;
            list->is_damaged |= footer < TAG_HEADER_SIZE;
            list->size_used += footer;
            bytes = az_span_sub(bytes, footer, bytes.size);
        }
    } while (tag_header_read(bytes, &t, &size));
    return AIZU_OK;
}

aizu_result az_id3_parse(az_id3_list **out, az_span bytes)
{
    az_id3_list *list = calloc(1, sizeof(*list));
    if (!list)
        return AIZU_E_MEMORY;
    az_arena_init(&list->arena, 0);
    aizu_result result = tags_read(list, bytes);
    if (result != AIZU_OK) {
        az_id3_list_destroy(&list);
        return result;
    }
    *out = list;
    return AIZU_OK;
}

void az_id3_list_destroy(az_id3_list **pointer)
{
    az_id3_list *list = *pointer;
    *pointer = NULL;
    if (!list)
        return;
    az_arena_deinit(&list->arena);
    free(list->frames);
    free(list);
}

size_t az_id3_count(const az_id3_list *list)
{
    return list->count;
}

const az_id3_frame *az_id3_at(const az_id3_list *list, size_t index)
{
    AZ_ASSERT(index < list->count);
    return &list->frames[index];
}

bool az_id3_is_damaged(const az_id3_list *list)
{
    return list->is_damaged;
}

size_t az_id3_size_used(const az_id3_list *list)
{
    return list->size_used;
}
