/*
 * A playlist's life: runs the parser over the text, decides of which kind it is, and makes the
 * document out of the parser's arrays. The document holds the text, the arrays and the arena of attribute
 * lists; everything goes in az_playlist_destroy(). Faces: playlist/playlist.h, playlist/parser.h.
 */
#include "playlist/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAYS_MAX      20
#define CAPACITY_FIRST  ((size_t)16)
#define ITEMS_FOR_GUESS 32

/* An array is cut to size at the end when more than this part of it is left over: cutting always would hand
 * memory back and forth with the system at each reload. */
#define SPARE_DIVISOR 8

typedef struct document {
    az_playlist playlist; /* first: the handle points here */
    az_arena arena;
    az_slice text;
    void *arrays[ARRAYS_MAX];
    size_t array_count;
    size_t bytes; /* without the arena */
} document;

void az_parser_fail(az_parser *p, aizu_result result, const char *text)
{
    if (p->result != AIZU_OK)
        return;
    p->is_stopped = true;
    p->result = result;
    p->error_line = p->line;
    p->error_text = text;
}

void az_parser_fail_with(az_parser *p, const char *text, az_span about)
{
    if (p->result != AIZU_OK)
        return;
    snprintf(p->error_buffer, sizeof(p->error_buffer), "%s: %.*s", text, (int)AZ_MIN(about.size, 64),
             about.size ? (const char *)about.data : "");
    az_parser_fail(p, AIZU_E_PLAYLIST, p->error_buffer);
}

void az_parser_note(az_parser *p, const char *text)
{
    p->diagnostic_count_all++;
    if (p->diagnostics.count == AZ_PLAYLIST_DIAGNOSTICS_MAX)
        return;
    az_diagnostic *diagnostic =
        az_parser_add(p, &p->diagnostics, sizeof(*diagnostic), AZ_PLAYLIST_DIAGNOSTICS_MAX);
    if (diagnostic)
        *diagnostic = (az_diagnostic){p->line, text};
}

bool az_parser_grow(az_parser *p, az_vector *vector, size_t item_size, size_t count, size_t count_max)
{
    if (vector->count >= count_max) {
        az_parser_fail(p, AIZU_E_LIMIT, "too many entries of one kind");
        return false;
    }
    size_t wanted = count > vector->capacity ? count : vector->capacity * 2;
    size_t capacity = AZ_MIN(AZ_MAX(wanted, CAPACITY_FIRST), count_max);
    size_t size;
    void *items = az_mul_size(capacity, item_size, &size) ? realloc(vector->items, size) : NULL;
    if (!items) {
        az_parser_fail(p, AIZU_E_MEMORY, "out of memory");
        return false;
    }
    vector->items = items;
    vector->capacity = capacity;
    return true;
}

size_t az_parser_guess(const az_parser *p, size_t count)
{
    if (count < ITEMS_FOR_GUESS || p->stop_count != SIZE_MAX || p->at == 0)
        return 0;
    size_t guess = (size_t)((uint64_t)count * p->text_size / p->at);
    return guess + guess / 16;
}

void *az_parser_add(az_parser *p, az_vector *vector, size_t item_size, size_t count_max)
{
    if (AZ_UNLIKELY(vector->count == vector->capacity || vector->count >= count_max) &&
        !az_parser_grow(p, vector, item_size, 0, count_max))
        return NULL;
    void *item = (uint8_t *)vector->items + vector->count++ * item_size;
    memset(item, 0, item_size);
    return item;
}

/* Of zeroed memory. */
static void parser_init(az_parser *p, az_span text)
{
    p->text = text.data;
    p->text_size = text.size;
    p->is_plain = true;
    p->version = 1;
    p->pending.duration = p->pending.wall = p->wall_next = AIZU_NO_TIME;
    p->duration_max = INT64_MAX;
    p->first_wall = SIZE_MAX;
    p->stop_count = SIZE_MAX;
    p->key_index = p->map_index = AZ_NO_INDEX;
    az_arena_init(&p->arena, 0);
}

static void parser_deinit(az_parser *p)
{
    az_vector *vectors[] = {&p->diagnostics,
                            &p->tags,
                            &p->segments,
                            &p->prefetches,
                            &p->keys,
                            &p->maps,
                            &p->date_ranges,
                            &p->parts,
                            &p->part_segments,
                            &p->variants,
                            &p->i_frame_variants,
                            &p->renditions,
                            &p->session_data,
                            &p->session_keys,
                            &p->hints,
                            &p->reports,
                            &p->variables};
    for (size_t i = 0; i < AZ_COUNT(vectors); i++)
        free(vectors[i]->items);
    az_arena_deinit(&p->arena);
}

/* Moves a vector's items to the document, cut to size. */
static const void *take_array(document *d, az_vector *vector, size_t item_size)
{
    void *items = vector->items;
    size_t size = vector->count * item_size;
    if (!items || size == 0)
        return NULL;
    if (vector->capacity - vector->count > vector->count / SPARE_DIVISOR) {
        void *smaller = realloc(items, size);
        items = smaller ? smaller : items;
    } else {
        size = vector->capacity * item_size;
    }
    AZ_ASSERT(d->array_count < ARRAYS_MAX);
    d->arrays[d->array_count++] = items;
    d->bytes += size;
    *vector = (az_vector){0};
    return items;
}

static az_playlist_kind decide_kind(az_parser *p)
{
    bool has_media = az_parser_segments(p) + p->parts.count + p->prefetches.count > 0;
    bool has_variants = p->variants.count + p->i_frame_variants.count + p->renditions.count > 0;
    if (p->variants.count > 0 && has_media)
        az_parser_fail(p, AIZU_E_PLAYLIST, "both variants and segments: neither kind of playlist");
    if (has_media || (!has_variants && p->media_line != 0))
        return AZ_PLAYLIST_MEDIA;
    if (!has_variants && p->multivariant_line == 0)
        az_parser_fail(p, AIZU_E_PLAYLIST, "neither variants nor segments, nor tags that tell the kind");
    return AZ_PLAYLIST_MULTIVARIANT;
}

static void make_media(document *d, az_parser *p)
{
    az_media_playlist *media = &d->playlist.u.media;
    *media = p->media;
    media->is_independent_segments = p->is_independent_segments;
    media->has_start = p->start_line != 0;
    media->start_offset = p->start_offset;
    media->start_is_precise = p->start_is_precise;
    media->segment_count = p->segments.count;
    media->segments = take_array(d, &p->segments, sizeof(az_segment));
    media->key_count = p->keys.count;
    media->keys = take_array(d, &p->keys, sizeof(az_key));
    media->map_count = p->maps.count;
    media->maps = take_array(d, &p->maps, sizeof(az_map));
    media->date_range_count = p->date_ranges.count;
    media->date_ranges = take_array(d, &p->date_ranges, sizeof(az_date_range));
    media->part_count = p->parts.count;
    media->parts = take_array(d, &p->parts, sizeof(az_part));
    media->part_segments = take_array(d, &p->part_segments, sizeof(uint32_t));
    media->hint_count = p->hints.count;
    media->hints = take_array(d, &p->hints, sizeof(az_preload_hint));
    media->report_count = p->reports.count;
    media->reports = take_array(d, &p->reports, sizeof(az_rendition_report));
}

static void make_multivariant(document *d, az_parser *p)
{
    az_multivariant *m = &d->playlist.u.multivariant;
    m->is_independent_segments = p->is_independent_segments;
    m->has_start = p->start_line != 0;
    m->start_offset = p->start_offset;
    m->start_is_precise = p->start_is_precise;
    m->variant_count = p->variants.count;
    m->variants = take_array(d, &p->variants, sizeof(az_variant));
    m->i_frame_variant_count = p->i_frame_variants.count;
    m->i_frame_variants = take_array(d, &p->i_frame_variants, sizeof(az_variant));
    m->rendition_count = p->renditions.count;
    m->renditions = take_array(d, &p->renditions, sizeof(az_rendition));
    m->session_data_count = p->session_data.count;
    m->session_data = take_array(d, &p->session_data, sizeof(az_session_data));
    m->session_key_count = p->session_keys.count;
    m->session_keys = take_array(d, &p->session_keys, sizeof(az_key));
    m->steering_uri = p->steering_uri;
    m->steering_pathway = p->steering_pathway;
}

static document *make_document(az_parser *p, az_playlist_kind kind)
{
    document *d = calloc(1, sizeof(*d));
    if (!d) {
        az_parser_fail(p, AIZU_E_MEMORY, "out of memory");
        return NULL;
    }
    az_playlist *playlist = &d->playlist;
    d->bytes = sizeof(*d) + p->text_size;
    d->arena = p->arena;
    az_arena_init(&p->arena, 0);
    playlist->kind = kind;
    playlist->version = p->version;
    playlist->text = az_span_make(p->text, p->text_size);
    if (kind == AZ_PLAYLIST_MEDIA)
        make_media(d, p);
    else
        make_multivariant(d, p);
    playlist->variable_count = p->variables.count;
    playlist->variables = take_array(d, &p->variables, sizeof(az_variable));
    playlist->tag_count = p->tags.count;
    playlist->tags = take_array(d, &p->tags, sizeof(az_tag));
    playlist->diagnostic_count = p->diagnostics.count;
    playlist->diagnostic_count_all = p->diagnostic_count_all;
    playlist->diagnostics = take_array(d, &p->diagnostics, sizeof(az_diagnostic));
    return d;
}

static document *parse(az_parser *p)
{
    az_parser_read_lines(p);
    if (p->result != AIZU_OK)
        return NULL;
    az_playlist_kind kind = decide_kind(p);
    if (p->result == AIZU_OK) {
        if (kind == AZ_PLAYLIST_MEDIA)
            az_media_finish(p);
        else
            az_multivariant_finish(p);
    }
    return p->result == AIZU_OK ? make_document(p, kind) : NULL;
}

static aizu_result report(az_playlist_error *error, aizu_result result, uint32_t line, const char *text)
{
    if (error) {
        error->line = line;
        snprintf(error->text, sizeof(error->text), "%s", text);
    }
    return result;
}

aizu_result az_playlist_parse_slice(az_playlist **out, az_slice text, az_playlist_error *error)
{
    return az_playlist_parse_context(out, text, NULL, error);
}

aizu_result az_playlist_parse_context(az_playlist **out, az_slice text, const az_playlist_context *context,
                                      az_playlist_error *error)
{
    az_playlist_reader *reader;
    *out = NULL;
    aizu_result result = az_playlist_reader_create(&reader, text, context, error);
    return result == AIZU_OK ? az_playlist_reader_finish(&reader, out, error) : result;
}

aizu_result az_playlist_parse(az_playlist **out, az_span text, az_playlist_error *error)
{
    az_slice copy = {0};
    *out = NULL;
    if (error)
        *error = (az_playlist_error){0};
    if (text.size > AZ_PLAYLIST_SIZE_MAX)
        return report(error, AIZU_E_LIMIT, 0, "playlist too large");
    if (!az_slice_copy(&copy, text))
        return report(error, AIZU_E_MEMORY, 0, "out of memory");
    aizu_result result = az_playlist_parse_slice(out, copy, error);
    az_slice_unref(&copy);
    return result;
}

/* --- readers -------------------------------------------------------------------------------------- */

struct az_playlist_reader {
    az_parser parser;
    az_slice text;
};

aizu_result az_playlist_reader_create(az_playlist_reader **out, az_slice text,
                                      const az_playlist_context *context, az_playlist_error *error)
{
    az_span span = az_slice_span(text);
    *out = NULL;
    if (error)
        *error = (az_playlist_error){0};
    if (span.size > AZ_PLAYLIST_SIZE_MAX)
        return report(error, AIZU_E_LIMIT, 0, "playlist too large");
    az_playlist_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return report(error, AIZU_E_MEMORY, 0, "out of memory");
    az_parser *p = &reader->parser;
    bool has_mark = span.size >= 3 && memcmp(span.data, "\xef\xbb\xbf", 3) == 0;
    parser_init(p, has_mark ? az_span_sub(span, 3, span.size) : span);
    if (context)
        p->context = *context;
    if (has_mark) {
        p->line = 1;
        az_parser_note(p, "byte order mark before the text: ignored");
        p->line = 0;
    }
    reader->text = az_slice_ref(text);
    *out = reader;
    return AIZU_OK;
}

bool az_playlist_reader_stop(az_playlist_reader *reader, size_t count, az_playlist_stop *stop)
{
    az_parser *p = &reader->parser;
    p->stop_count = count;
    az_parser_read_lines(p);
    p->stop_count = SIZE_MAX;
    if (p->result != AIZU_OK || !p->is_stopped)
        return false;
    p->is_stopped = false;
    *stop = (az_playlist_stop){
        .media = &p->media,
        .segments = p->segments.items,
        .segment_count = p->segments.count,
        .keys = p->keys.items,
        .maps = p->maps.items,
        .variables = p->variables.items,
        .variable_count = p->variables.count,
        .rest = az_span_make(p->text + p->at, p->text_size - p->at),
        .offset = p->at,
        .line = p->line,
    };
    return true;
}

/* Of segments that were taken, those of the last ones stay. */
static void drop_parts(az_parser *p)
{
    az_part *parts = p->parts.items;
    uint32_t *segments = p->part_segments.items;
    size_t keep = p->parts.count;
    while (keep > 0 && segments[keep - 1] + AZ_PLAYLIST_STEP_PARTS >= p->segments_taken)
        keep--;
    if (keep == 0)
        return;
    p->parts.count -= keep;
    p->part_segments.count -= keep;
    memmove(parts, parts + keep, p->parts.count * sizeof(*parts));
    memmove(segments, segments + keep, p->part_segments.count * sizeof(*segments));
}

void az_playlist_reader_take(az_playlist_reader *reader)
{
    az_parser *p = &reader->parser;
    p->segments_taken += p->segments.count;
    p->segments.count = 0;
    drop_parts(p);
    p->first_wall = 0; /* nothing is here to derive backwards for */
    if (p->segments_taken > AZ_PLAYLIST_SEGMENTS_MAX)
        az_parser_fail(p, AIZU_E_LIMIT, "too many entries of one kind");
}

void az_playlist_reader_leave_out(az_playlist_reader *reader, const az_playlist_gap *gap)
{
    az_parser *p = &reader->parser;
    AZ_ASSERT(gap->size <= p->text_size - p->at);
    p->at += gap->size;
    p->line += gap->line_count;
    p->plain_size = AZ_MAX(p->plain_size, p->at);
    az_segments_resume(p, gap);
}

aizu_result az_playlist_reader_finish(az_playlist_reader **pointer, az_playlist **out,
                                      az_playlist_error *error)
{
    az_playlist_reader *reader = *pointer;
    az_parser *p = &reader->parser;
    *pointer = NULL;
    document *d = out ? parse(p) : NULL;
    aizu_result result = p->result;
    if (d) {
        d->text = reader->text;
        reader->text = (az_slice){0};
        *out = &d->playlist;
    } else if (out) {
        *out = NULL;
        report(error, result, p->error_line, p->error_text);
    }
    parser_deinit(p);
    az_slice_unref(&reader->text);
    free(reader);
    return result;
}

void az_playlist_destroy(az_playlist **playlist)
{
    if (!playlist || !*playlist)
        return;
    document *d = (document *)*playlist;
    for (size_t i = 0; i < d->array_count; i++)
        free(d->arrays[i]);
    az_arena_deinit(&d->arena);
    az_slice_unref(&d->text);
    free(d);
    *playlist = NULL;
}

size_t az_playlist_bytes(const az_playlist *playlist)
{
    const document *d = (const document *)playlist;
    return d->bytes + d->arena.bytes;
}
