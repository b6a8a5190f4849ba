/*
 * Documents to cues; see host/xml/ttml.h. The document is swept over the times at which something of it
 * begins or ends: paragraphs come and go, what each region shows is written anew, and a region that shows the
 * same as before goes on with its cue.
 */
#include "host/xml/ttml.h"

#include <stdlib.h>
#include <string.h>

#include "host/xml/ttml_markup.h"

#define SLOTS_MAX (AZ_TTML_REGIONS_MAX + 1) /* the last: no region */

typedef struct interval {
    int64_t begin, end;
    size_t number; /* in the order of their beginning */
    const char *settings, *text;
} interval;

typedef struct sweep {
    const az_ttml_doc *doc;
    az_arena arena; /* settings and texts */
    interval *cues;
    size_t count, capacity;
    size_t open[SLOTS_MAX]; /* 1 + index of the cue that a region shows, 0 none */
    bool is_touched[SLOTS_MAX];
    uint32_t *active; /* pieces, in document order */
    size_t active_count;
    az_ttml_writer writer;
} sweep;

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static size_t slot_of(const az_ttml_doc *doc, uint32_t region)
{
    return region == TTML_NONE ? doc->region_count : region;
}

/* All times at which something changes, each once. */
static int64_t *list_times(const az_ttml_doc *doc, size_t *count)
{
    int64_t *times = malloc((2 * doc->node_count + 1) * sizeof(*times));
    size_t all = 0, kept = 0;
    if (!times)
        return NULL;
    for (size_t i = 0; i < doc->node_count; i++) {
        const az_ttml_node *node = &doc->nodes[i];
        if (node->kind == TTML_NODE_TEXT || node->begin_ns >= node->end_ns)
            continue;
        times[all++] = node->begin_ns;
        if (node->end_ns != AZ_NEVER)
            times[all++] = node->end_ns;
    }
    qsort(times, all, sizeof(*times), compare_times);
    for (size_t i = 0; i < all; i++) {
        if (kept == 0 || times[i] != times[kept - 1])
            times[kept++] = times[i];
    }
    *count = kept;
    return times;
}

/* ---- cues ---- */

static const char *keep(sweep *s, const char *text, size_t size)
{
    char *copy = az_arena_alloc(&s->arena, size + 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static aizu_result open_cue(sweep *s, size_t slot, int64_t time, const char *settings)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        interval *cues = realloc(s->cues, capacity * sizeof(*cues));
        if (!cues)
            return AIZU_E_MEMORY;
        s->cues = cues;
        s->capacity = capacity;
    }
    if (s->writer.size + AZ_TTML_SETTINGS_MAX >
        AZ_TTML_OUTPUT_MAX - AZ_MIN(s->arena.bytes, AZ_TTML_OUTPUT_MAX))
        return AIZU_E_LIMIT;
    interval cue = {.begin = time, .end = AZ_NEVER, .number = s->count};
    cue.settings = keep(s, settings, strlen(settings));
    cue.text = keep(s, s->writer.data, s->writer.size);
    if (!cue.settings || !cue.text)
        return AIZU_E_MEMORY;
    s->cues[s->count++] = cue;
    s->open[slot] = s->count;
    return AIZU_OK;
}

static bool shows_same(const sweep *s, size_t slot, const char *settings)
{
    if (s->open[slot] == 0)
        return s->writer.size == 0;
    const interval *cue = &s->cues[s->open[slot] - 1];
    return s->writer.size > 0 && !strcmp(cue->settings, settings) && strlen(cue->text) == s->writer.size &&
           !memcmp(cue->text, s->writer.data, s->writer.size);
}

/* What a region shows from a time on. */
static aizu_result show(sweep *s, size_t slot, int64_t time)
{
    const az_ttml_doc *doc = s->doc;
    bool is_region = slot < doc->region_count;
    uint32_t node = is_region ? doc->regions[slot] : TTML_NONE;
    az_ttml_look region, paragraph;
    char settings[AZ_TTML_SETTINGS_MAX] = "";
    az_ttml_look_of(&region, doc, node, NULL, time, &s->writer.work);
    bool is_shown =
        !is_region ||
        (az_ttml_is_active(&doc->nodes[node], time) &&
         !(az_ttml_style_has(&region.style, TTML_DISPLAY) && region.style.values[TTML_DISPLAY].number));
    s->writer.size = 0;
    s->writer.is_full = false;
    for (size_t i = 0; i < s->active_count && is_shown; i++) {
        const az_ttml_piece *piece = &doc->pieces[s->active[i]];
        s->writer.work++;
        if (slot_of(doc, piece->region) != slot)
            continue;
        bool is_first = s->writer.size == 0;
        az_ttml_write(&s->writer, doc, piece, &region, time, &paragraph);
        if (is_first && s->writer.size > 0) /* of lines that are aligned differently the first decides */
            az_ttml_settings(settings, doc, &region, &paragraph, is_region);
    }
    if (s->writer.has_failed)
        return AIZU_E_MEMORY;
    if (s->writer.work > AZ_TTML_WORK_MAX)
        return AIZU_E_LIMIT;
    if (shows_same(s, slot, settings))
        return AIZU_OK;
    if (s->open[slot])
        s->cues[s->open[slot] - 1].end = time;
    s->open[slot] = 0;
    return s->writer.size > 0 ? open_cue(s, slot, time, settings) : AIZU_OK;
}

/* ---- the sweep ---- */

typedef struct beginning {
    int64_t begin;
    uint32_t piece;
} beginning;

static int compare_beginnings(const void *a, const void *b)
{
    const beginning *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->piece < y->piece ? -1 : x->piece > y->piece;
}

static beginning *list_beginnings(const az_ttml_doc *doc)
{
    beginning *list = malloc((doc->piece_count + 1) * sizeof(*list));
    for (uint32_t i = 0; list && i < doc->piece_count; i++)
        list[i] = (beginning){doc->pieces[i].begin_ns, i};
    if (list)
        qsort(list, doc->piece_count, sizeof(*list), compare_beginnings);
    return list;
}

static void add_active(sweep *s, uint32_t piece)
{
    size_t at = s->active_count++;
    for (; at > 0 && s->active[at - 1] > piece; at--, s->writer.work++)
        s->active[at] = s->active[at - 1];
    s->active[at] = piece;
}

static void drop_ended(sweep *s, int64_t time)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->active_count; i++) {
        if (s->doc->pieces[s->active[i]].end_ns > time)
            s->active[kept++] = s->active[i];
    }
    s->writer.work += s->active_count;
    s->active_count = kept;
}

static aizu_result run(sweep *s, const int64_t *times, size_t time_count, const beginning *list)
{
    const az_ttml_doc *doc = s->doc;
    aizu_result result = AIZU_OK;
    size_t next = 0;
    for (size_t i = 0; i < time_count && !result; i++) {
        drop_ended(s, times[i]);
        for (; next < doc->piece_count && list[next].begin <= times[i]; next++)
            add_active(s, list[next].piece);
        memset(s->is_touched, 0, sizeof(s->is_touched));
        for (size_t j = 0; j < s->active_count; j++)
            s->is_touched[slot_of(doc, doc->pieces[s->active[j]].region)] = true;
        for (size_t slot = 0; slot <= doc->region_count && !result; slot++) {
            if (s->is_touched[slot] || s->open[slot])
                result = show(s, slot, times[i]);
        }
    }
    return result;
}

static int compare_cues(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

aizu_result az_ttml_cues_give(const az_ttml_doc *doc, void (*cue)(void *user, const az_ttml_cue *cue),
                              void *user)
{
    sweep s = {.doc = doc};
    size_t time_count = 0;
    aizu_result result = AIZU_E_MEMORY;
    az_arena_init(&s.arena, 0);
    int64_t *times = list_times(doc, &time_count);
    beginning *list = list_beginnings(doc);
    s.active = malloc((doc->piece_count + 1) * sizeof(*s.active));
    if (times && list && s.active)
        result = run(&s, times, time_count, list);
    if (!result && s.count > 0)
        qsort(s.cues, s.count, sizeof(*s.cues), compare_cues);
    for (size_t i = 0; i < s.count && !result; i++) {
        az_ttml_cue out = {s.cues[i].begin, s.cues[i].end, az_span_str(s.cues[i].settings),
                           az_span_str(s.cues[i].text)};
        cue(user, &out);
    }
    if (!result && s.count == 0 && doc->has_images)
        result = AIZU_E_UNSUPPORTED;
    az_ttml_writer_deinit(&s.writer);
    az_arena_deinit(&s.arena);
    free(s.cues);
    free(s.active);
    free(times);
    free(list);
    return result;
}

aizu_result az_xml_ttml_parse(az_span xml, void (*cue)(void *user, const az_ttml_cue *cue), void *user)
{
    az_ttml_doc doc;
    aizu_result result = az_ttml_doc_read(&doc, xml);
    if (!result)
        result = az_ttml_cues_give(&doc, cue, user);
    az_ttml_doc_deinit(&doc);
    return result;
}
