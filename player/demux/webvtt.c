/*
 * WebVTT segments; see demux/webvtt.h. Bytes become lines, lines become blocks (W3C WebVTT, 6.1), blocks
 * become cues, regions or nothing. A line belongs to the parser until its end is seen; nothing is looked at
 * twice.
 *
 * STYLE blocks are read and left out: what a cue says of itself (its classes among the default ones) is
 * drawn, CSS is not.
 */
#include "demux/webvtt.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "demux/webvtt_text.h"

#define SIGNATURE      "WEBVTT"
#define TIMESTAMP_MAP  "X-TIMESTAMP-MAP"
#define COUNTER_BITS   33
#define TICKS_MASK     ((INT64_C(1) << COUNTER_BITS) - 1)
#define MERGED_MAX     (AZ_WEBVTT_SETTINGS_MAX + 160)
#define CAPACITY_FIRST ((size_t)256)

typedef enum vtt_state {
    VTT_SIGNATURE, /* at the first line */
    VTT_HEADER,    /* up to the first blank line */
    VTT_BODY,
    VTT_FAILED, /* no WebVTT */
} vtt_state;

typedef struct bytes {
    uint8_t *data;
    size_t size, capacity;
} bytes;

/* The block in hand; a line count of 0: none. */
typedef struct block {
    size_t line_count;
    bool has_arrow; /* a timing line was seen, ... */
    bool is_cue;    /* ... and could be read */
    bool is_region;
    bool is_dropped;    /* larger than its limit */
    int64_t begin, end; /* ms of the segment's clock */
    char settings[AZ_WEBVTT_SETTINGS_MAX];
    size_t settings_size;
    bytes id, text;
} block;

struct az_webvtt {
    az_demux_sink sink;
    vtt_state state;
    bytes line;
    bool is_line_dropped; /* the line in hand is larger than a block may be */
    bool is_after_cr;     /* a LF that follows belongs to it */
    bool has_cues;        /* regions are not defined any more */
    block block;
    bool has_map;
    int64_t map_ticks, map_local;
    az_webvtt_region regions[AZ_WEBVTT_REGIONS_MAX];
    size_t region_count;
    uint64_t byte_offset;
    uint64_t troubles[AZ_DEMUX_TROUBLES];
    unsigned told; /* bit of each trouble told in this feed */
};

/* ---- small things ---- */

static void report(az_webvtt *vtt, az_demux_trouble trouble)
{
    vtt->troubles[trouble]++;
    if (vtt->sink.trouble && !(vtt->told & 1u << trouble))
        vtt->sink.trouble(vtt->sink.user, trouble, vtt->byte_offset);
    vtt->told |= 1u << trouble;
}

static bool bytes_reserve(bytes *b, size_t size)
{
    size_t capacity = AZ_MAX(b->capacity, CAPACITY_FIRST);
    while (capacity < size)
        capacity *= 2;
    if (capacity == b->capacity)
        return true;
    uint8_t *data = realloc(b->data, capacity);
    if (!data)
        return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

/* Sizes are at most a few times AZ_WEBVTT_BLOCK_MAX: no overflow. */
static bool bytes_append(bytes *b, az_span more)
{
    if (!bytes_reserve(b, b->size + more.size))
        return false;
    if (more.size > 0)
        memcpy(b->data + b->size, more.data, more.size);
    b->size += more.size;
    return true;
}

static az_span bytes_span(const bytes *b)
{
    return az_span_make(b->data, b->size);
}

/* ---- blocks ---- */

static void begin_block(block *b)
{
    b->line_count = 0;
    b->has_arrow = b->is_cue = b->is_region = b->is_dropped = false;
    b->settings_size = 0;
    b->id.size = b->text.size = 0;
}

static const az_webvtt_region *find_region(const az_webvtt *vtt, az_span id)
{
    for (size_t i = vtt->region_count; i > 0; i--) { /* the last of a name counts */
        if (az_span_equal_str(id, vtt->regions[i - 1].id))
            return &vtt->regions[i - 1];
    }
    return NULL;
}

/* A cue that says where it stands itself is not in its region (W3C WebVTT, 6.3). */
static bool is_placed(az_span settings)
{
    az_span size = az_webvtt_setting(settings, "size");
    return az_webvtt_setting(settings, "line").size > 0 || az_webvtt_setting(settings, "vertical").size > 0 ||
           (size.size > 0 && !az_span_equal_str(size, "100%"));
}

static void place(const az_webvtt *vtt, int64_t ms, int64_t *ticks)
{
    *ticks = ms;
    if (vtt->has_map) /* below zero and past 33 bits it wraps, as MPEG times do */
        *ticks = (vtt->map_ticks + (ms - vtt->map_local) * 90) & TICKS_MASK;
}

static aizu_result give_cue(az_webvtt *vtt)
{
    const block *b = &vtt->block;
    char merged[MERGED_MAX];
    az_span settings = az_span_make(b->settings, b->settings_size);
    const az_webvtt_region *region = find_region(vtt, az_webvtt_setting(settings, "region"));
    if (region && !is_placed(settings))
        settings = az_span_make(merged, az_webvtt_merge(merged, sizeof(merged), settings, region));
    az_text_sample cue = {
        .codec = AZ_CODEC_WEBVTT,
        .timescale = vtt->has_map ? 90000 : 1000,
        .counter_bits = vtt->has_map ? COUNTER_BITS : 0,
        .id = bytes_span(&b->id),
        .settings = settings,
    };
    place(vtt, b->begin, &cue.begin);
    place(vtt, b->end, &cue.end);
    if (!vtt->sink.text)
        return AIZU_OK;
    if (!az_slice_copy(&cue.data, bytes_span(&b->text)))
        return AIZU_E_MEMORY;
    vtt->sink.text(vtt->sink.user, &cue);
    az_slice_unref(&cue.data);
    return AIZU_OK;
}

static void keep_region(az_webvtt *vtt)
{
    az_webvtt_region region;
    if (!az_webvtt_region_parse(&region, bytes_span(&vtt->block.text)))
        report(vtt, AZ_DEMUX_BAD_TEXT);
    else if (vtt->region_count == AZ_WEBVTT_REGIONS_MAX)
        report(vtt, AZ_DEMUX_LIMIT);
    else
        vtt->regions[vtt->region_count++] = region;
}

static aizu_result finish_block(az_webvtt *vtt)
{
    aizu_result result = AIZU_OK;
    if (vtt->block.line_count > 0 && !vtt->block.is_dropped) {
        if (vtt->block.is_cue)
            result = give_cue(vtt);
        else if (vtt->block.is_region)
            keep_region(vtt);
    }
    begin_block(&vtt->block);
    return result;
}

static void read_map(az_webvtt *vtt, az_span line)
{
    int64_t ticks, local;
    if (az_webvtt_map(line, &ticks, &local)) {
        vtt->has_map = true;
        vtt->map_ticks = ticks;
        vtt->map_local = local;
    } else {
        report(vtt, AZ_DEMUX_BAD_TEXT);
    }
}

static void read_timing(az_webvtt *vtt, az_span line)
{
    block *b = &vtt->block;
    az_span settings;
    b->has_arrow = vtt->has_cues = true;
    /* a cue that is over before it begins is never to be seen */
    b->is_cue = az_webvtt_timing(line, &b->begin, &b->end, &settings) && b->end > b->begin;
    if (!b->is_cue) {
        report(vtt, AZ_DEMUX_BAD_TEXT);
        return;
    }
    if (settings.size > sizeof(b->settings)) {
        report(vtt, AZ_DEMUX_LIMIT);
    } else if (settings.size > 0) {
        memcpy(b->settings, settings.data, settings.size);
        b->settings_size = settings.size;
    }
    bytes id = b->id;
    b->id = b->text;
    b->text = id;
    b->text.size = 0;
}

static bool is_title(az_span text, const char *name)
{
    az_span rest = text;
    return az_span_equal_str(az_webvtt_word(&rest), name) && az_span_starts_with(text, name) &&
           az_webvtt_word(&rest).size == 0;
}

/* A line of a block, not blank and no timing line. */
static aizu_result add_line(az_webvtt *vtt, az_span line)
{
    block *b = &vtt->block;
    /* RFC 8216 has the map in the header; before the first cue some have a blank line before it */
    if (b->line_count == 1 && !vtt->has_cues && az_span_starts_with(line, TIMESTAMP_MAP))
        read_map(vtt, line);
    if (b->line_count == 2 && !vtt->has_cues && !b->has_arrow && is_title(bytes_span(&b->text), "REGION")) {
        b->is_region = true;
        b->text.size = 0;
    }
    if (b->is_dropped)
        return AIZU_OK;
    if (b->text.size + line.size + 1 > AZ_WEBVTT_BLOCK_MAX) {
        b->is_dropped = true;
        b->text.size = 0;
        report(vtt, AZ_DEMUX_LIMIT);
        return AIZU_OK;
    }
    if (b->text.size > 0 && !bytes_append(&b->text, az_span_make("\n", 1)))
        return AIZU_E_MEMORY;
    return bytes_append(&b->text, line) ? AIZU_OK : AIZU_E_MEMORY;
}

static aizu_result take_body_line(az_webvtt *vtt, az_span line)
{
    block *b = &vtt->block;
    if (line.size == 0)
        return finish_block(vtt);
    if (!az_webvtt_has_arrow(line)) {
        b->line_count++;
        return add_line(vtt, line);
    }
    bool belongs = b->line_count == 0 || (b->line_count == 1 && !b->has_arrow);
    aizu_result result = belongs ? AIZU_OK : finish_block(vtt);
    b->line_count++;
    read_timing(vtt, line);
    return result;
}

/* ---- lines ---- */

static bool is_signature(az_span line)
{
    if (!az_span_starts_with(line, SIGNATURE))
        return false;
    size_t size = strlen(SIGNATURE);
    return line.size == size || line.data[size] == ' ' || line.data[size] == '\t';
}

static aizu_result take_line(az_webvtt *vtt, az_span line)
{
    switch (vtt->state) {
    case VTT_SIGNATURE:
        if (az_span_starts_with(line, "\xEF\xBB\xBF"))
            line = az_span_sub(line, 3, line.size);
        vtt->state = is_signature(line) ? VTT_HEADER : VTT_FAILED;
        return vtt->state == VTT_FAILED ? AIZU_E_MEDIA : AIZU_OK;
    case VTT_HEADER:
        if (line.size > 0 && !az_webvtt_has_arrow(line)) {
            if (az_span_starts_with(line, TIMESTAMP_MAP))
                read_map(vtt, line);
            return AIZU_OK;
        }
        vtt->state = VTT_BODY;
        return take_body_line(vtt, line);
    case VTT_BODY:
        return take_body_line(vtt, line);
    case VTT_FAILED:
        break;
    }
    return AIZU_E_MEDIA;
}

/* A line that is too long makes its block too large: it counts as one that says nothing. */
static aizu_result drop_line(az_webvtt *vtt)
{
    if (vtt->state != VTT_BODY)
        return take_line(vtt, az_span_make("-", 1));
    vtt->block.line_count++;
    vtt->block.is_dropped = true;
    return AIZU_OK;
}

static aizu_result end_line(az_webvtt *vtt)
{
    aizu_result result;
    az_span line = bytes_span(&vtt->line);
    size_t size = az_utf8_clean(NULL, 0, line);
    if (vtt->is_line_dropped) {
        result = drop_line(vtt);
    } else if (size == line.size) { /* a byte that is replaced becomes three */
        result = take_line(vtt, line);
    } else {
        if (!bytes_reserve(&vtt->line, line.size + size))
            return AIZU_E_MEMORY;
        uint8_t *clean = vtt->line.data + line.size;
        az_utf8_clean(clean, size, bytes_span(&vtt->line));
        result = take_line(vtt, az_span_make(clean, size));
    }
    vtt->line.size = 0;
    vtt->is_line_dropped = false;
    return result;
}

/* Bytes without a line end. */
static aizu_result grow_line(az_webvtt *vtt, az_span more)
{
    if (more.size == 0 || vtt->is_line_dropped)
        return AIZU_OK;
    if (more.size > AZ_WEBVTT_BLOCK_MAX - AZ_MIN(vtt->line.size, AZ_WEBVTT_BLOCK_MAX)) {
        vtt->is_line_dropped = true;
        report(vtt, AZ_DEMUX_LIMIT);
        return AIZU_OK;
    }
    return bytes_append(&vtt->line, more) ? AIZU_OK : AIZU_E_MEMORY;
}

aizu_result az_webvtt_feed(az_webvtt *vtt, az_span input)
{
    aizu_result result = vtt->state == VTT_FAILED ? AIZU_E_MEDIA : AIZU_OK;
    vtt->told = 0;
    while (input.size > 0 && !result) {
        if (vtt->is_after_cr && input.data[0] == '\n') {
            input = az_span_sub(input, 1, input.size);
            vtt->byte_offset++;
        }
        vtt->is_after_cr = false;
        size_t size = 0;
        while (size < input.size && input.data[size] != '\n' && input.data[size] != '\r')
            size++;
        result = grow_line(vtt, az_span_sub(input, 0, size));
        if (!result && size < input.size) {
            vtt->is_after_cr = input.data[size++] == '\r';
            result = end_line(vtt);
        }
        input = az_span_sub(input, size, input.size);
        vtt->byte_offset += size;
    }
    return result;
}

/* ---- a segment ---- */

static void begin_segment(az_webvtt *vtt)
{
    vtt->state = VTT_SIGNATURE;
    vtt->line.size = 0;
    vtt->is_line_dropped = vtt->is_after_cr = vtt->has_cues = vtt->has_map = false;
    vtt->region_count = 0;
    vtt->byte_offset = 0;
    vtt->told = 0;
    begin_block(&vtt->block);
}

aizu_result az_webvtt_finish(az_webvtt *vtt)
{
    aizu_result result = vtt->state == VTT_FAILED ? AIZU_E_MEDIA : AIZU_OK;
    vtt->told = 0;
    if (!result && (vtt->line.size > 0 || vtt->is_line_dropped))
        result = end_line(vtt);
    if (!result)
        result = finish_block(vtt);
    begin_segment(vtt);
    return result;
}

void az_webvtt_reset(az_webvtt *vtt)
{
    begin_segment(vtt);
}

uint64_t az_webvtt_troubles(const az_webvtt *vtt, az_demux_trouble trouble)
{
    return (unsigned)trouble < AZ_DEMUX_TROUBLES ? vtt->troubles[trouble] : 0;
}

az_webvtt *az_webvtt_create(const az_demux_sink *sink)
{
    az_webvtt *vtt = calloc(1, sizeof(*vtt));
    if (!vtt)
        return NULL;
    vtt->sink = *sink;
    begin_segment(vtt);
    return vtt;
}

void az_webvtt_destroy(az_webvtt **pointer)
{
    az_webvtt *vtt = *pointer;
    *pointer = NULL;
    if (!vtt)
        return;
    free(vtt->line.data);
    free(vtt->block.id.data);
    free(vtt->block.text.data);
    free(vtt);
}
