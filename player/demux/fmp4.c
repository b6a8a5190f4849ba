/*
 * The boxes of a stream as its bytes come: small ones are put together and handled, of mdat the samples are
 * taken that a fragment named, all else is passed over; see demux/fmp4.h. ISO/IEC 14496-12, 4.2 and 8.1.1.
 */
#include "demux/fmp4.h"

#include <stdlib.h>
#include <string.h>

#include "demux/fmp4_event.h"
#include "demux/fmp4_sample.h"

#define HEADER_SIZE       8
#define HEADER_SIZE_64    16
#define FRAGMENTS_MAX     4                  /* whose samples are waited for at a time */
#define BOX_SIZE_MIN      ((size_t)64 << 10) /* memory that a box is first given, whatever size it claims */
#define SAMPLE_SIZE_MIN   ((size_t)4 << 20)  /* likewise a sample */
#define TO_THE_END        UINT64_MAX
#define SIZE_MAX_BELIEVED (UINT64_C(1) << 60)

typedef enum state {
    STATE_HEADER,  /* `header` collects the start of a box */
    STATE_COLLECT, /* `part` collects a box that is wanted as a whole */
    STATE_MDAT,
    STATE_SKIP,
    STATE_FAILED,
} state;

/* Bytes that are put together, of a box or a sample. */
typedef struct part {
    az_buf *buf; /* NULL: none */
    size_t size, wanted;
} part;

struct az_fmp4 {
    az_fmp4_out out;
    az_fmp4_movie movie;
    az_fmp4_fragment fragments[FRAGMENTS_MAX]; /* those with samples to come first, by age */
    size_t fragment_count;
    az_fmp4_time earliest; /* of the last fragment of the segment */
    az_fmp4_events events;
    az_fmp4_scratch scratch;

    state state;
    uint64_t pos;    /* bytes done since the first that was fed */
    uint64_t origin; /* of the segment */
    uint8_t header[HEADER_SIZE_64];
    size_t header_size;
    uint32_t box_type;
    uint64_t box_begin, box_end; /* TO_THE_END: until finish */
    part box;
    part sample;            /* of the first item of `open` */
    az_fmp4_fragment *open; /* NULL: no sample is put together */
    az_slice fed;           /* the bytes at hand, and where they began */
    uint64_t fed_pos;
};

az_fmp4 *az_fmp4_create(const az_demux_sink *sink)
{
    az_fmp4 *fmp4 = calloc(1, sizeof(*fmp4));
    if (fmp4)
        fmp4->out.sink = *sink;
    return fmp4;
}

static void part_drop(part *p)
{
    az_buf_unref(&p->buf);
    p->size = p->wanted = 0;
}

static void drop_fragments(az_fmp4 *fmp4)
{
    part_drop(&fmp4->sample);
    fmp4->open = NULL;
    for (size_t i = 0; i < fmp4->fragment_count; i++)
        az_fmp4_fragment_close(&fmp4->fragments[i]);
    fmp4->fragment_count = 0;
}

void az_fmp4_destroy(az_fmp4 **pointer)
{
    az_fmp4 *fmp4 = *pointer;
    *pointer = NULL;
    if (!fmp4)
        return;
    drop_fragments(fmp4);
    part_drop(&fmp4->box);
    for (size_t i = 0; i < FRAGMENTS_MAX; i++)
        az_fmp4_fragment_deinit(&fmp4->fragments[i]);
    az_fmp4_events_deinit(&fmp4->events);
    az_fmp4_scratch_deinit(&fmp4->scratch);
    az_fmp4_movie_deinit(&fmp4->movie);
    free(fmp4);
}

bool az_fmp4_has_track(const az_fmp4 *fmp4, uint32_t id)
{
    return az_fmp4_movie_find(&fmp4->movie, id) != NULL;
}

uint64_t az_fmp4_troubles(const az_fmp4 *fmp4, az_demux_trouble trouble)
{
    return trouble < AZ_DEMUX_TROUBLES ? fmp4->out.troubles[trouble] : 0;
}

/* Memory for `wanted` bytes, but at first not more than `first`: what is claimed may be a lie. */
static bool part_begin(part *p, size_t wanted, size_t first)
{
    *p = (part){.buf = az_buf_create(AZ_MIN(wanted, first)), .wanted = wanted};
    return p->buf != NULL;
}

/* Appends what is wanted of the bytes; how many those were. False: out of memory. */
static bool part_append(part *p, az_span bytes, size_t *used)
{
    *used = AZ_MIN(bytes.size, p->wanted - p->size);
    size_t capacity = az_buf_capacity(p->buf);
    if (*used > capacity - p->size) {
        az_buf *more = az_buf_create(AZ_MIN(p->wanted, AZ_MAX(capacity * 2, p->size + *used)));
        if (!more)
            return false;
        memcpy(az_buf_data(more), az_buf_data(p->buf), p->size);
        az_buf_unref(&p->buf);
        p->buf = more;
    }
    if (*used > 0)
        memcpy(az_buf_data(p->buf) + p->size, bytes.data, *used);
    p->size += *used;
    return true;
}

static az_slice part_slice(const part *p)
{
    return (az_slice){p->buf, az_buf_data(p->buf), p->size};
}

/* Samples that will not come. */
static void give_up_fragments(az_fmp4 *fmp4)
{
    for (size_t i = 0; i < fmp4->fragment_count; i++) {
        if (fmp4->fragments[i].has_item)
            az_fmp4_trouble(&fmp4->out, AZ_DEMUX_BAD_BOX);
        az_fmp4_fragment_lose(&fmp4->fragments[i]);
    }
    drop_fragments(fmp4);
}

/* A moov that is there already (it may stand before each segment) changes nothing, times least of all. */
static void handle_moov(az_fmp4 *fmp4, az_span body)
{
    az_fmp4_movie movie, before = fmp4->movie;
    if (before.track_count > 0 && before.hash == az_hash(AZ_HASH_SEED, body.data, body.size))
        return;
    aizu_result result = az_fmp4_movie_parse(&movie, body, &fmp4->out);
    if (result == AIZU_E_MEMORY)
        fmp4->out.is_out_of_memory = true;
    else if (result != AIZU_OK)
        az_fmp4_trouble(&fmp4->out, AZ_DEMUX_BAD_BOX);
    if (result != AIZU_OK) {
        az_fmp4_movie_deinit(&movie);
        return;
    }
    give_up_fragments(fmp4);
    fmp4->movie = movie;
    for (size_t i = 0; i < movie.track_count; i++) {
        az_fmp4_track *track = &movie.tracks[i], *old = az_fmp4_movie_find(&before, track->id);
        size_t entry = AZ_MIN(track->entry_default, track->entry_count) - 1;
        track->announced = old ? old->announced : NULL;
        az_fmp4_announce(track, &track->entries[entry], &fmp4->out);
    }
    az_fmp4_movie_deinit(&before);
}

/* A place for one more fragment: a free one, or that of the oldest. */
static az_fmp4_fragment *new_fragment(az_fmp4 *fmp4)
{
    if (fmp4->fragment_count < FRAGMENTS_MAX)
        return &fmp4->fragments[fmp4->fragment_count++];
    az_fmp4_fragment oldest = fmp4->fragments[0];
    az_fmp4_trouble(&fmp4->out, AZ_DEMUX_LIMIT);
    az_fmp4_fragment_lose(&oldest);
    memmove(fmp4->fragments, fmp4->fragments + 1, (FRAGMENTS_MAX - 1) * sizeof(oldest));
    fmp4->fragments[FRAGMENTS_MAX - 1] = oldest;
    return &fmp4->fragments[FRAGMENTS_MAX - 1];
}

/* Fragments without samples to come make room; `open` is none while a box is handled. */
static void compact_fragments(az_fmp4 *fmp4)
{
    size_t count = 0;
    for (size_t i = 0; i < fmp4->fragment_count; i++) {
        az_fmp4_fragment f = fmp4->fragments[i];
        if (!f.has_item) {
            az_fmp4_fragment_close(&fmp4->fragments[i]);
            continue;
        }
        fmp4->fragments[i] = fmp4->fragments[count];
        fmp4->fragments[count++] = f;
    }
    fmp4->fragment_count = count;
}

static void handle_moof(az_fmp4 *fmp4, az_slice box)
{
    compact_fragments(fmp4);
    az_fmp4_fragment *f = new_fragment(fmp4);
    if (!az_fmp4_fragment_open(f, &fmp4->movie, box, fmp4->box_begin, fmp4->origin, &fmp4->out)) {
        fmp4->out.is_out_of_memory = true;
        return;
    }
    if (f->earliest.timescale == 0)
        return;
    fmp4->earliest = f->earliest;
    az_fmp4_events_release(&fmp4->events, f->earliest, &fmp4->out);
}

static void handle_box(az_fmp4 *fmp4, az_slice box)
{
    az_span body = az_span_sub(az_slice_span(box), fmp4->header_size, box.size);
    fmp4->out.byte_offset = fmp4->box_begin;
    switch (fmp4->box_type) {
    case AZ_FOURCC('m', 'o', 'o', 'v'):
        handle_moov(fmp4, body);
        break;
    case AZ_FOURCC('m', 'o', 'o', 'f'):
        handle_moof(fmp4, box);
        break;
    case AZ_FOURCC('e', 'm', 's', 'g'):
        az_fmp4_events_feed(&fmp4->events, box, &fmp4->out);
        break;
    case AZ_FOURCC('p', 'r', 'f', 't'):
        az_fmp4_producer_time(&fmp4->movie, body, &fmp4->out);
        break;
    }
}

static bool is_wanted(uint32_t type)
{
    return type == AZ_FOURCC('m', 'o', 'o', 'v') || type == AZ_FOURCC('m', 'o', 'o', 'f') ||
           type == AZ_FOURCC('e', 'm', 's', 'g') || type == AZ_FOURCC('p', 'r', 'f', 't');
}

static bool is_type(uint32_t type)
{
    for (int shift = 0; shift < 32; shift += 8) {
        uint8_t c = type >> shift & 0xFF;
        if ((c < 0x20 || c > 0x7E) && c != 0xA9)
            return false;
    }
    return true;
}

static void begin_box(az_fmp4 *fmp4, uint64_t size)
{
    fmp4->box_begin = fmp4->pos - fmp4->header_size;
    fmp4->out.byte_offset = fmp4->box_begin;
    fmp4->box_end = size == 0 || size > SIZE_MAX_BELIEVED ? TO_THE_END : fmp4->box_begin + size;
    if (fmp4->box_type == AZ_FOURCC('m', 'd', 'a', 't')) {
        fmp4->state = STATE_MDAT;
    } else if (!is_wanted(fmp4->box_type)) {
        fmp4->state = STATE_SKIP;
    } else if (size == 0 || size > AZ_FMP4_BOX_MAX) {
        az_fmp4_trouble(&fmp4->out, size == 0 ? AZ_DEMUX_BAD_BOX : AZ_DEMUX_LIMIT);
        fmp4->state = STATE_SKIP;
    } else {
        fmp4->state = STATE_COLLECT;
    }
}

/* How many bytes were used; the header may not be whole yet. */
static size_t feed_header(az_fmp4 *fmp4, az_span bytes)
{
    size_t wanted = HEADER_SIZE, used;
    if (fmp4->header_size >= HEADER_SIZE)
        wanted = HEADER_SIZE_64;
    used = AZ_MIN(wanted - fmp4->header_size, bytes.size);
    memcpy(fmp4->header + fmp4->header_size, bytes.data, used);
    fmp4->header_size += used;
    fmp4->pos += used;
    if (fmp4->header_size < wanted)
        return used;
    uint64_t size = az_load_be32(fmp4->header);
    fmp4->box_type = az_load_be32(fmp4->header + 4);
    if (size == 1 && wanted == HEADER_SIZE)
        return used; /* a 64-bit size follows */
    if (size == 1)
        size = az_load_be64(fmp4->header + HEADER_SIZE);
    bool is_padding = size == 0 && fmp4->box_type == 0 && fmp4->pos - fmp4->header_size > fmp4->origin;
    if ((size != 0 && size < fmp4->header_size) || (!is_type(fmp4->box_type) && !is_padding)) {
        fmp4->out.byte_offset = fmp4->pos - fmp4->header_size;
        az_fmp4_trouble(&fmp4->out, AZ_DEMUX_BAD_BOX);
        fmp4->state = STATE_FAILED;
    } else {
        begin_box(fmp4, size);
    }
    return used;
}

/* A box that lies in the bytes at hand is handled there, another one is put together. */
static size_t feed_box(az_fmp4 *fmp4, az_span bytes)
{
    size_t size = (size_t)(fmp4->box_end - fmp4->box_begin), used = 0;
    if (fmp4->box.buf == NULL && fmp4->fed.buf && fmp4->box_begin >= fmp4->fed_pos &&
        fmp4->box_end - fmp4->fed_pos <= fmp4->fed.size) {
        const uint8_t *data = fmp4->fed.data + (fmp4->box_begin - fmp4->fed_pos);
        used = size - fmp4->header_size;
        fmp4->pos += used;
        handle_box(fmp4, (az_slice){fmp4->fed.buf, data, size});
        return used;
    }
    if (!fmp4->box.buf) {
        size_t header;
        if (!part_begin(&fmp4->box, size, BOX_SIZE_MIN) ||
            !part_append(&fmp4->box, az_span_make(fmp4->header, fmp4->header_size), &header))
            fmp4->out.is_out_of_memory = true;
    }
    if (fmp4->out.is_out_of_memory || !part_append(&fmp4->box, bytes, &used)) {
        fmp4->out.is_out_of_memory = true;
        return bytes.size;
    }
    fmp4->pos += used;
    if (fmp4->box.size == fmp4->box.wanted) {
        handle_box(fmp4, part_slice(&fmp4->box));
        part_drop(&fmp4->box);
    }
    return used;
}

/* The fragment whose next sample is first in the file. NULL: no samples are to come. */
static az_fmp4_fragment *first_fragment(az_fmp4 *fmp4)
{
    az_fmp4_fragment *first = NULL;
    for (size_t i = 0; i < fmp4->fragment_count; i++) {
        az_fmp4_fragment *f = &fmp4->fragments[i];
        if (f->has_item && (!first || f->item.offset < first->item.offset))
            first = f;
    }
    return first;
}

static void give_item(az_fmp4 *fmp4, az_fmp4_fragment *f, az_slice data)
{
    if (f->item.is_aux)
        az_fmp4_fragment_set_aux(f, data);
    else
        az_fmp4_sample_give(&f->item, data, false, &fmp4->scratch, &fmp4->out);
    az_fmp4_fragment_next(f);
}

/* Samples that do not begin in the bytes from `at` on, or that no mdat holds as a whole. Where a run goes on
 * over the border of two, the header between them was left out of its sizes: no sample can begin with one. */
static bool drop_item(az_fmp4 *fmp4, az_fmp4_fragment *f, uint64_t at)
{
    const az_fmp4_item *item = &f->item;
    if (item->offset == fmp4->box_begin)
        az_fmp4_fragment_shift(f, fmp4->header_size);
    bool is_missed = item->offset < at;
    bool is_cut = item->offset < fmp4->box_end && item->size > fmp4->box_end - item->offset;
    if (!is_missed && !is_cut && item->size <= AZ_FMP4_SAMPLE_MAX)
        return false;
    if (is_missed)
        (void)az_fmp4_fragment_skip_run(f, at);
    az_fmp4_sample_drop(item, is_missed || is_cut ? AZ_DEMUX_BAD_BOX : AZ_DEMUX_LIMIT, &fmp4->out);
    az_fmp4_fragment_next(f);
    return true;
}

/* The rest of the sample that is put together. */
static size_t feed_sample(az_fmp4 *fmp4, az_span bytes)
{
    size_t used;
    if (!part_append(&fmp4->sample, bytes, &used)) {
        fmp4->out.is_out_of_memory = true;
        return bytes.size;
    }
    if (fmp4->sample.size == fmp4->sample.wanted) {
        az_fmp4_fragment *f = fmp4->open;
        fmp4->open = NULL;
        give_item(fmp4, f, part_slice(&fmp4->sample));
        part_drop(&fmp4->sample);
    }
    return used;
}

/* Bytes of mdat, all of the same one. */
static void feed_mdat(az_fmp4 *fmp4, az_slice bytes)
{
    size_t used = 0;
    while (used < bytes.size && !fmp4->out.is_out_of_memory) {
        az_span rest = az_span_make(bytes.data + used, bytes.size - used);
        if (fmp4->open) {
            used += feed_sample(fmp4, rest);
            continue;
        }
        az_fmp4_fragment *f = first_fragment(fmp4);
        if (!f || f->item.offset >= fmp4->pos + bytes.size)
            break;
        if (drop_item(fmp4, f, fmp4->pos + used))
            continue;
        used = (size_t)(f->item.offset - fmp4->pos);
        size_t size = f->item.size;
        if (bytes.buf && size <= bytes.size - used) {
            give_item(fmp4, f, (az_slice){bytes.buf, bytes.data + used, size});
            used += size;
        } else if (part_begin(&fmp4->sample, size, SAMPLE_SIZE_MIN)) {
            fmp4->open = f;
        } else {
            fmp4->out.is_out_of_memory = true;
        }
    }
    fmp4->pos += bytes.size;
}

/* Bytes inside a box; how many of them belong to it. */
static size_t feed_inside(az_fmp4 *fmp4, az_slice bytes)
{
    uint64_t left = fmp4->box_end - fmp4->pos;
    if (bytes.size > left)
        bytes.size = (size_t)left;
    if (fmp4->state == STATE_COLLECT)
        return feed_box(fmp4, az_slice_span(bytes));
    if (fmp4->state == STATE_MDAT)
        feed_mdat(fmp4, bytes);
    else
        fmp4->pos += bytes.size;
    return bytes.size;
}

static void end_box(az_fmp4 *fmp4)
{
    fmp4->state = STATE_HEADER;
    fmp4->header_size = 0;
}

aizu_result az_fmp4_feed(az_fmp4 *fmp4, az_slice bytes)
{
    fmp4->out.told = 0;
    fmp4->fed = bytes;
    fmp4->fed_pos = fmp4->pos;
    while (bytes.size > 0 && fmp4->state != STATE_FAILED && !fmp4->out.is_out_of_memory) {
        size_t used =
            fmp4->state == STATE_HEADER ? feed_header(fmp4, az_slice_span(bytes)) : feed_inside(fmp4, bytes);
        bytes.data += used;
        bytes.size -= used;
        if (fmp4->state == STATE_COLLECT && fmp4->box_end - fmp4->box_begin == fmp4->header_size)
            (void)feed_box(fmp4, (az_span){NULL, 0}); /* a box without a body */
        if (fmp4->state != STATE_HEADER && fmp4->state != STATE_FAILED && fmp4->pos == fmp4->box_end)
            end_box(fmp4);
    }
    fmp4->fed = (az_slice){NULL, NULL, 0};
    if (fmp4->out.is_out_of_memory)
        return AIZU_E_MEMORY;
    return fmp4->state == STATE_FAILED ? AIZU_E_MEDIA : AIZU_OK;
}

/* The next bytes are the start of a box. */
static void restart(az_fmp4 *fmp4)
{
    drop_fragments(fmp4);
    part_drop(&fmp4->box);
    end_box(fmp4);
    az_fmp4_events_reset(&fmp4->events);
    fmp4->origin = fmp4->pos;
    fmp4->earliest = (az_fmp4_time){0, 0};
}

/* A sample that the end cut off: a decoder may make something of what there is. */
static void give_cut_sample(az_fmp4 *fmp4)
{
    az_fmp4_fragment *f = fmp4->open;
    fmp4->open = NULL;
    if (f->item.is_aux || fmp4->sample.size == 0)
        return;
    az_fmp4_sample_give(&f->item, part_slice(&fmp4->sample), true, &fmp4->scratch, &fmp4->out);
    az_fmp4_fragment_next(f);
    if (!f->has_item)
        az_fmp4_trouble(&fmp4->out, AZ_DEMUX_BAD_BOX);
}

aizu_result az_fmp4_finish(az_fmp4 *fmp4)
{
    fmp4->out.told = 0;
    fmp4->out.byte_offset = fmp4->pos;
    if (fmp4->state == STATE_FAILED)
        return AIZU_E_MEDIA;
    if (fmp4->open)
        give_cut_sample(fmp4);
    if (fmp4->state == STATE_COLLECT || (fmp4->state == STATE_HEADER && fmp4->header_size > 0))
        az_fmp4_trouble(&fmp4->out, AZ_DEMUX_BAD_BOX);
    give_up_fragments(fmp4);
    az_fmp4_events_release(&fmp4->events, fmp4->earliest, &fmp4->out);
    for (size_t i = 0; i < fmp4->movie.track_count; i++)
        fmp4->movie.tracks[i].segment_dts = fmp4->movie.tracks[i].next_dts;
    restart(fmp4);
    return fmp4->out.is_out_of_memory ? AIZU_E_MEMORY : AIZU_OK;
}

void az_fmp4_reset(az_fmp4 *fmp4)
{
    restart(fmp4);
    for (size_t i = 0; i < fmp4->movie.track_count; i++) {
        fmp4->movie.tracks[i].next_dts = fmp4->movie.tracks[i].segment_dts;
        fmp4->movie.tracks[i].is_broken = false;
    }
}
