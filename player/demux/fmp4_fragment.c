/*
 * moof: track fragments and runs into samples; see demux/fmp4_fragment.h. ISO/IEC 14496-12, 8.8.4 to 8.8.12.
 */
#include "demux/fmp4_fragment.h"

#include <stdlib.h>
#include <string.h>

#include "demux/fmp4.h"

#define MDAT_HEADER     8
#define MDAT_HEADER_64  16
#define OFFSET_MAX      (UINT64_C(1) << 62)
#define TRAF_BASE       0x000001u /* flags of tfhd */
#define TRAF_ENTRY      0x000002u
#define TRAF_DURATION   0x000008u
#define TRAF_SIZE       0x000010u
#define TRAF_FLAGS      0x000020u
#define TRAF_FROM_MOOF  0x020000u
#define RUN_OFFSET      0x000001u /* flags of trun */
#define RUN_FIRST_FLAGS 0x000004u
#define RUN_DURATION    0x000100u
#define RUN_SIZE        0x000200u
#define RUN_FLAGS       0x000400u
#define RUN_COMPOSITION 0x000800u

/* What is known while the boxes of a moof are gone through. */
typedef struct builder {
    az_fmp4_fragment *f;
    const az_fmp4_movie *movie;
    az_fmp4_out *out;
    uint64_t origin, moof_end;
    uint64_t data_end; /* of the run before, or of the header of the mdat that ought to follow */
    uint64_t traf_end; /* of the track fragment before */
    bool is_first;     /* no track fragment before */
} builder;

static size_t stride_of(uint32_t flags)
{
    return 4 * (size_t)(!!(flags & RUN_DURATION) + !!(flags & RUN_SIZE) + !!(flags & RUN_FLAGS) +
                        !!(flags & RUN_COMPOSITION));
}

/* One more element in an array that grows. NULL: out of memory. */
static void *grow(void *items, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return items;
    size_t wanted = AZ_MAX(*capacity * 2, (size_t)4);
    void *more = realloc(items, wanted * size);
    if (more)
        *capacity = wanted;
    return more;
}

static az_fmp4_run *add_run(builder *b)
{
    az_fmp4_fragment *f = b->f;
    if (f->run_count == AZ_FMP4_RUNS_MAX) {
        az_fmp4_trouble(b->out, AZ_DEMUX_LIMIT);
        return NULL;
    }
    az_fmp4_run *runs = grow(f->runs, sizeof(*runs), f->run_count, &f->run_capacity);
    if (!runs) {
        b->out->is_out_of_memory = true;
        return NULL;
    }
    f->runs = runs;
    return &runs[f->run_count++];
}

/* What a run adds up to. */
typedef struct sums {
    uint64_t size, duration;
    int64_t earliest; /* presentation time less the decoding time of the first sample */
} sums;

static sums add_up(const az_fmp4_traf *traf, const az_fmp4_run *run)
{
    if (!(run->flags & (RUN_DURATION | RUN_SIZE | RUN_COMPOSITION))) /* a few bytes may name any number */
        return (sums){(uint64_t)run->count * traf->size, (uint64_t)run->count * traf->duration, 0};
    sums s = {.earliest = run->count > 0 ? INT64_MAX : 0};
    size_t stride = stride_of(run->flags);
    const uint8_t *p = run->table;
    for (uint32_t i = 0; i < run->count; i++, p += stride) {
        const uint8_t *field = p;
        uint32_t duration = traf->duration, size = traf->size;
        int32_t composition = 0;
        if (run->flags & RUN_DURATION) {
            duration = az_load_be32(field);
            field += 4;
        }
        if (run->flags & RUN_SIZE) {
            size = az_load_be32(field);
            field += 4;
        }
        if (run->flags & RUN_COMPOSITION)
            composition = (int32_t)az_load_be32(field + (run->flags & RUN_FLAGS ? 4 : 0));
        s.earliest = AZ_MIN(s.earliest, (int64_t)s.duration + composition);
        s.duration += duration;
        s.size += size;
    }
    return s;
}

/* Fields of trun up to its table (8.8.8). False: it cannot be read. */
static bool open_run(az_span trun, az_fmp4_run *run, bool *has_offset, int32_t *offset)
{
    az_reader r;
    (void)az_full_box_open(&r, trun, &run->flags);
    run->count = az_reader_u32(&r);
    *has_offset = run->flags & RUN_OFFSET;
    *offset = *has_offset ? (int32_t)az_reader_u32(&r) : 0;
    run->first_flags = run->flags & RUN_FIRST_FLAGS ? az_reader_u32(&r) : 0;
    size_t size;
    if (r.failed || !az_mul_size(run->count, stride_of(run->flags), &size) || size > az_reader_left(&r))
        return false;
    run->table = trun.data + r.pos; /* may be its end where no field is in it */
    return true;
}

static void note_time(builder *b, const az_fmp4_traf *traf, int64_t pts)
{
    az_fmp4_time *earliest = &b->f->earliest;
    const az_track *t = &traf->entry->track;
    int64_t ticks = AZ_MAX(az_add_sat(pts, t->edit_offset), 0); /* what is before 0 is edited out */
    if (earliest->timescale == 0 || az_rescale(ticks, AIZU_SECOND, t->timescale) <
                                        az_rescale(earliest->ticks, AIZU_SECOND, earliest->timescale))
        *earliest = (az_fmp4_time){ticks, t->timescale};
}

/* Where the run's bytes are. Without an offset they follow the run before, in whatever fragment (8.8.8). */
static bool place_run(const builder *b, az_fmp4_run *run, uint64_t base, bool has_offset, int32_t offset,
                      uint64_t size)
{
    run->begin = has_offset ? base + (uint64_t)(int64_t)offset : b->data_end;
    run->end = run->begin + size;
    return run->begin >= b->moof_end && run->begin < OFFSET_MAX;
}

/* One trun. False: nothing after it in the track fragment can be placed. */
static bool read_run(builder *b, az_fmp4_traf *traf, az_span trun, uint64_t base, int64_t *dts)
{
    az_fmp4_run run = {.traf = (uint32_t)(b->f->traf_count - 1), .dts = *dts};
    bool has_offset;
    int32_t offset;
    if (!open_run(trun, &run, &has_offset, &offset)) {
        az_fmp4_trouble(b->out, AZ_DEMUX_BAD_BOX);
        return false;
    }
    if (run.count > AZ_FMP4_SAMPLES_MAX - b->f->sample_count) {
        az_fmp4_trouble(b->out, AZ_DEMUX_LIMIT);
        return false;
    }
    sums total = add_up(traf, &run);
    *dts = AZ_MIN(*dts + (int64_t)total.duration, AZ_FMP4_TIME_MAX);
    if (total.size == 0 && stride_of(run.flags) == 0) { /* time without samples */
        traf->aux.is_lost |= run.count > 0;
        if (run.count > 0)
            note_time(b, traf, run.dts);
        return true;
    }
    bool is_after = place_run(b, &run, base, has_offset, offset, total.size);
    const az_fmp4_run *last = b->f->run_count > 0 ? &b->f->runs[b->f->run_count - 1] : NULL;
    if (!is_after || (last && last->traf == run.traf && last->table && run.begin < last->end)) {
        az_fmp4_trouble(b->out, AZ_DEMUX_BAD_BOX);
        return true;
    }
    note_time(b, traf, az_add_sat(run.dts, total.earliest));
    b->data_end = run.end;
    b->f->sample_count += run.count;
    az_fmp4_run *kept = add_run(b);
    if (kept)
        *kept = run;
    return kept != NULL;
}

/*
 * Where offsets count from when tfhd has a base-data-offset (8.8.7.1): the start of the resource. A segment
 * that was cut out of a larger file has it from the start of that one, which is not known here; the mdat that
 * follows at once then tells that the start of the moof is meant.
 */
static uint64_t choose_base(const builder *b, uint64_t base, bool has_offset, int32_t offset)
{
    const uint64_t candidates[] = {b->origin + base, b->f->begin};
    for (size_t i = 0; has_offset && i < AZ_COUNT(candidates); i++) {
        uint64_t begin = candidates[i] + (uint64_t)(int64_t)offset;
        if (begin == b->moof_end + MDAT_HEADER || begin == b->moof_end + MDAT_HEADER_64)
            return candidates[i];
    }
    if (base == 0 || candidates[0] >= b->moof_end)
        return candidates[0];
    return has_offset ? b->f->begin : b->data_end;
}

static uint64_t base_of(const builder *b, uint32_t flags, uint64_t base, az_span boxes)
{
    az_span trun;
    az_fmp4_run run = {0};
    bool has_offset = false;
    int32_t offset = 0;
    if (flags & TRAF_BASE) {
        if (az_box_find(boxes, AZ_FOURCC('t', 'r', 'u', 'n'), &trun))
            (void)open_run(trun, &run, &has_offset, &offset);
        return choose_base(b, base, has_offset, offset);
    }
    return flags & TRAF_FROM_MOOF || b->is_first ? b->f->begin : b->traf_end;
}

/* tfhd (8.8.7) and the entry and defaults it names. NULL: a track that is not known, or cannot be read. */
static az_fmp4_traf *open_traf(builder *b, az_span boxes, uint32_t *flags, uint64_t *base)
{
    az_reader r;
    az_span tfhd;
    if (!az_box_find(boxes, AZ_FOURCC('t', 'f', 'h', 'd'), &tfhd))
        return NULL;
    (void)az_full_box_open(&r, tfhd, flags);
    az_fmp4_track *track = az_fmp4_movie_find(b->movie, az_reader_u32(&r));
    *base = *flags & TRAF_BASE ? az_reader_u64(&r) : 0;
    if (!track || *base > OFFSET_MAX)
        return NULL;
    az_fmp4_traf traf = {.track = track};
    uint32_t entry = *flags & TRAF_ENTRY ? az_reader_u32(&r) : track->entry_default;
    traf.duration = *flags & TRAF_DURATION ? az_reader_u32(&r) : track->duration_default;
    traf.size = *flags & TRAF_SIZE ? az_reader_u32(&r) : track->size_default;
    traf.flags = *flags & TRAF_FLAGS ? az_reader_u32(&r) : track->flags_default;
    if (r.failed || entry == 0 || entry > track->entry_count)
        return NULL;
    traf.entry = &track->entries[entry - 1];
    az_fmp4_fragment *f = b->f;
    az_fmp4_traf *trafs = grow(f->trafs, sizeof(*trafs), f->traf_count, &f->traf_capacity);
    if (!trafs) {
        b->out->is_out_of_memory = true;
        return NULL;
    }
    f->trafs = trafs;
    trafs[f->traf_count] = traf;
    return &trafs[f->traf_count++];
}

/* Where the fragment begins (8.8.12); without tfdt where the one before ended. */
static bool read_decode_time(const az_fmp4_traf *traf, az_span boxes, int64_t *dts)
{
    az_reader r;
    az_span tfdt;
    *dts = traf->track->next_dts;
    if (!az_box_find(boxes, AZ_FOURCC('t', 'f', 'd', 't'), &tfdt))
        return true;
    uint8_t version = az_full_box_open(&r, tfdt, NULL);
    uint64_t time = version == 1 ? az_reader_u64(&r) : az_reader_u32(&r);
    if (r.failed || time > (uint64_t)AZ_FMP4_TIME_MAX)
        return false;
    *dts = (int64_t)time;
    return true;
}

/* Auxiliary information that saio names: in the moof, or somewhere on the way to the samples. */
static void place_aux(builder *b, az_fmp4_traf *traf, uint64_t base)
{
    az_fmp4_aux *aux = &traf->aux;
    uint64_t begin = base + aux->offset;
    if (aux->size == 0)
        return;
    if (aux->offset < OFFSET_MAX && begin >= b->f->begin && begin < b->moof_end &&
        aux->size <= b->moof_end - begin) {
        aux->bytes = az_span_sub(az_slice_span(b->f->moof), (size_t)(begin - b->f->begin), aux->size);
    } else if (aux->offset < OFFSET_MAX && begin >= b->moof_end) {
        az_fmp4_run *run = add_run(b);
        if (run)
            *run = (az_fmp4_run){
                .begin = begin, .end = begin + aux->size, .traf = (uint32_t)(b->f->traf_count - 1)};
    }
}

/* Where in TTML samples the document ends and its pictures begin (subs, 8.7.7). */
static void open_parts(az_fmp4_traf *traf, az_span boxes)
{
    az_reader r;
    az_span subs;
    if (traf->entry->track.codec != AZ_CODEC_TTML ||
        !az_box_find(boxes, AZ_FOURCC('s', 'u', 'b', 's'), &subs))
        return;
    traf->parts_version = az_full_box_open(&r, subs, NULL);
    az_reader_skip(&r, 4);
    traf->parts_next = az_reader_u32(&r);
    traf->parts = az_span_sub(subs, r.pos, subs.size);
}

/* The first part of the sample at hand; 0: it is one. */
static uint32_t next_part(az_fmp4_traf *traf)
{
    az_reader r;
    if (traf->parts_next == 0 || --traf->parts_next > 0)
        return 0;
    bool is_long = traf->parts_version == 1;
    az_reader_init(&r, traf->parts);
    unsigned count = az_reader_u16(&r);
    uint32_t first = 0;
    if (count > 0) {
        first = is_long ? az_reader_u32(&r) : az_reader_u16(&r);
        az_reader_skip(&r, 6 + (size_t)(count - 1) * (is_long ? 10 : 8));
    }
    traf->parts_next = az_reader_u32(&r);
    traf->parts = az_span_sub(traf->parts, r.pos, traf->parts.size);
    return first;
}

static void read_traf(builder *b, az_span boxes)
{
    uint32_t flags;
    uint64_t base;
    int64_t dts;
    if (b->f->traf_count == AZ_FMP4_TRAFS_MAX) {
        az_fmp4_trouble(b->out, AZ_DEMUX_LIMIT);
        return;
    }
    az_fmp4_traf *traf = open_traf(b, boxes, &flags, &base);
    if (!traf || !read_decode_time(traf, boxes, &dts)) {
        az_fmp4_trouble(b->out, AZ_DEMUX_BAD_BOX);
        return;
    }
    base = base_of(b, flags, base, boxes);
    if (flags & TRAF_BASE)
        b->data_end = AZ_MAX(base, b->moof_end + MDAT_HEADER);
    if (traf->entry->is_protected) {
        az_fmp4_crypt_open(traf, boxes, b->out);
        place_aux(b, traf, base);
    }
    open_parts(traf, boxes);
    int64_t begin = dts;
    az_box_reader r;
    az_box box;
    az_box_reader_init(&r, boxes);
    while (az_box_next(&r, &box))
        if (box.type == AZ_FOURCC('t', 'r', 'u', 'n') && !read_run(b, traf, box.body, base, &dts))
            break;
    if (r.failed)
        az_fmp4_trouble(b->out, AZ_DEMUX_BAD_BOX);
    if (dts == begin) /* no samples: a time all the same */
        note_time(b, traf, dts);
    traf->track->next_dts = dts;
    b->is_first = false;
    b->traf_end = b->data_end;
}

static int compare_runs(const void *a, const void *b)
{
    const az_fmp4_run *left = a, *right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    if (left->traf != right->traf)
        return left->traf < right->traf ? -1 : 1;
    return (left->table > right->table) - (left->table < right->table);
}

static void sort_runs(az_fmp4_fragment *f)
{
    for (size_t i = 1; i < f->run_count; i++)
        if (compare_runs(&f->runs[i - 1], &f->runs[i]) > 0) {
            qsort(f->runs, f->run_count, sizeof(*f->runs), compare_runs);
            return;
        }
}

/* The next sample of the run at hand into f->item. */
static void read_item(az_fmp4_fragment *f, const az_fmp4_run *run)
{
    az_fmp4_item *item = &f->item;
    az_fmp4_traf *traf = &f->trafs[run->traf];
    const uint8_t *p = f->table;
    uint32_t flags = run->flags;
    int32_t composition = 0;
    item->traf = traf;
    item->is_aux = item->is_crypt_bad = false;
    item->is_first = f->left == run->count;
    item->duration = traf->duration;
    item->size = traf->size;
    item->flags = traf->flags;
    if (flags & RUN_DURATION) {
        item->duration = az_load_be32(p);
        p += 4;
    }
    if (flags & RUN_SIZE) {
        item->size = az_load_be32(p);
        p += 4;
    }
    if (flags & RUN_FLAGS) {
        item->flags = az_load_be32(p);
        p += 4;
    }
    if (flags & RUN_COMPOSITION) { /* version 0 has no sign, and writers that put one there all the same */
        composition = (int32_t)az_load_be32(p);
        p += 4;
    }
    if (item->is_first && flags & RUN_FIRST_FLAGS)
        item->flags = run->first_flags;
    item->offset = f->offset;
    item->dts = f->dts;
    item->pts = az_add_sat(f->dts, composition);
    f->table = p;
    f->left--;
    f->offset += item->size;
    f->dts += item->duration;
    item->key = NULL;
    if (traf->entry->is_protected)
        az_fmp4_crypt_next(traf, item);
    else
        item->subsamples = (az_span){NULL, 0};
    item->text_size = traf->parts_next > 0 ? next_part(traf) : 0;
}

static void read_aux_item(az_fmp4_fragment *f, const az_fmp4_run *run)
{
    f->item = (az_fmp4_item){
        .traf = &f->trafs[run->traf],
        .offset = run->begin,
        .size = (uint32_t)(run->end - run->begin),
        .is_aux = true,
    };
}

void az_fmp4_fragment_next(az_fmp4_fragment *f)
{
    for (;;) {
        while (f->left == 0) {
            f->has_item = f->run < f->run_count;
            if (!f->has_item)
                return;
            const az_fmp4_run *run = &f->runs[f->run++];
            f->left = run->count;
            f->table = run->table;
            f->offset = run->begin;
            f->dts = run->dts;
            if (!run->table) {
                read_aux_item(f, run);
                return;
            }
        }
        read_item(f, &f->runs[f->run - 1]);
        if (f->item.size > 0) /* an empty sample is a pause, and nothing to give out */
            return;
    }
}

bool az_fmp4_fragment_open(az_fmp4_fragment *f, const az_fmp4_movie *movie, az_slice moof, uint64_t begin,
                           uint64_t origin, az_fmp4_out *out)
{
    az_box_reader r;
    az_box box;
    az_fmp4_fragment_close(f);
    f->moof = az_slice_ref(moof);
    f->begin = begin;
    builder b = {.f = f, .movie = movie, .out = out, .origin = origin, .is_first = true};
    b.moof_end = begin + moof.size;
    b.data_end = b.traf_end = b.moof_end + MDAT_HEADER;
    az_box_reader_init(&r, az_slice_span(moof));
    if (az_box_next(&r, &box)) /* the moof itself */
        az_box_reader_init(&r, box.body);
    while (!out->is_out_of_memory && az_box_next(&r, &box))
        if (box.type == AZ_FOURCC('t', 'r', 'a', 'f'))
            read_traf(&b, box.body);
    if (r.failed)
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
    sort_runs(f);
    az_fmp4_fragment_next(f);
    return !out->is_out_of_memory;
}

void az_fmp4_fragment_shift(az_fmp4_fragment *f, uint64_t bytes)
{
    f->item.offset += bytes;
    f->offset += bytes;
    f->runs[f->run - 1].end += bytes;
}

bool az_fmp4_fragment_skip_run(az_fmp4_fragment *f, uint64_t offset)
{
    if (f->item.is_aux || f->runs[f->run - 1].end > offset)
        return false;
    f->item.traf->aux.is_lost = true;
    f->left = 0;
    return true;
}

void az_fmp4_fragment_lose(az_fmp4_fragment *f)
{
    if (f->has_item)
        f->item.traf->track->is_broken = true;
    for (; f->run < f->run_count; f->run++)
        f->trafs[f->runs[f->run].traf].track->is_broken = true;
    f->left = 0;
    f->has_item = false;
}

void az_fmp4_fragment_set_aux(az_fmp4_fragment *f, az_slice bytes)
{
    az_fmp4_aux *aux = &f->item.traf->aux;
    az_slice_unref(&aux->owned);
    aux->owned = az_slice_ref(bytes);
    aux->bytes = az_slice_span(bytes);
}

void az_fmp4_fragment_close(az_fmp4_fragment *f)
{
    for (size_t i = 0; i < f->traf_count; i++)
        az_fmp4_crypt_close(&f->trafs[i]);
    az_slice_unref(&f->moof);
    f->traf_count = f->run_count = f->run = f->sample_count = 0;
    f->left = 0;
    f->has_item = false;
    f->earliest = (az_fmp4_time){0, 0};
}

void az_fmp4_fragment_deinit(az_fmp4_fragment *f)
{
    az_fmp4_fragment_close(f);
    free(f->trafs);
    free(f->runs);
    *f = (az_fmp4_fragment){0};
}
