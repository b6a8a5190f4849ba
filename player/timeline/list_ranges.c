/*
 * Date ranges of a list over versions of its playlist (bis 4.4.5.1): those that stand before segments which
 * were recognised stay, those of what was parsed again come new. A delta update merges by ID, and names those
 * that are gone (RECENTLY-REMOVED-DATERANGES, 4.4.5.2). The memory of a range is a buffer that both versions
 * refer to.
 */
#include "timeline/list_internal.h"

#include <stdlib.h>

/* --- one range ------------------------------------------------------------------------------------ */

static az_span put_span(uint8_t **at, az_span span)
{
    az_span out = {*at, span.size};
    if (span.size > 0)
        memcpy(*at, span.data, span.size);
    *at += span.size;
    return out;
}

/* A copy of the range with these attributes. NULL: out of memory. */
static az_buf *copy_range(az_date_range *out, const az_date_range *range, az_attribute_list attributes)
{
    size_t text_size = range->id.size + range->class_name.size;
    for (size_t i = 0; i < attributes.count; i++)
        text_size += attributes.items[i].name.size + attributes.items[i].value.size;
    size_t list_size = attributes.count * sizeof(az_attribute);
    az_buf *memory = az_buf_create(list_size + text_size);
    if (!memory)
        return NULL;
    az_attribute *items = (void *)az_buf_data(memory);
    uint8_t *at = az_buf_data(memory) + list_size;
    *out = *range;
    out->id = put_span(&at, range->id);
    out->class_name = put_span(&at, range->class_name);
    for (size_t i = 0; i < attributes.count; i++) {
        items[i] = attributes.items[i];
        items[i].name = put_span(&at, items[i].name);
        items[i].value = put_span(&at, items[i].value);
    }
    out->attributes = (az_attribute_list){items, attributes.count};
    return memory;
}

static bool has_attribute(const az_attribute_list *list, az_span name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].name.size == name.size && az_span_equal(list->items[i].name, name))
            return true;
    }
    return false;
}

static int64_t known_or(int64_t time, int64_t other)
{
    return time != AIZU_NO_TIME ? time : other;
}

/* What two tags of one ID say together; the newer one counts where both say something. */
static az_buf *merge_range(az_date_range *out, const az_date_range *known, const az_date_range *next)
{
    az_date_range both = *next;
    size_t count = next->attributes.count;
    az_attribute *items = malloc((known->attributes.count + count + 1) * sizeof(*items));
    if (!items)
        return NULL;
    if (count > 0)
        memcpy(items, next->attributes.items, count * sizeof(*items));
    for (size_t i = 0; i < known->attributes.count; i++) {
        if (!has_attribute(&next->attributes, known->attributes.items[i].name))
            items[count++] = known->attributes.items[i];
    }
    both.class_name = next->class_name.size ? next->class_name : known->class_name;
    both.start = known_or(next->start, known->start);
    both.end = known_or(next->end, known->end);
    both.duration = known_or(next->duration, known->duration);
    both.planned_duration = known_or(next->planned_duration, known->planned_duration);
    both.end_on_next = next->end_on_next || known->end_on_next;
    az_buf *memory = copy_range(out, &both, (az_attribute_list){items, count});
    free(items);
    return memory;
}

/* --- sets ----------------------------------------------------------------------------------------- */

static bool ranges_create(az_list_ranges *ranges, size_t capacity)
{
    *ranges = (az_list_ranges){0};
    if (capacity == 0)
        return true;
    ranges->items = malloc(capacity * sizeof(*ranges->items));
    ranges->sequences = malloc(capacity * sizeof(*ranges->sequences));
    ranges->memories = malloc(capacity * sizeof(*ranges->memories));
    return ranges->items && ranges->sequences && ranges->memories;
}

void az_list_ranges_deinit(az_list_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        az_buf_unref(&ranges->memories[i]);
    free(ranges->items);
    free(ranges->sequences);
    free(ranges->memories);
    *ranges = (az_list_ranges){0};
}

static void keep(az_list_ranges *out, const az_list_ranges *known, size_t index)
{
    size_t n = out->count++;
    out->items[n] = known->items[index];
    out->sequences[n] = known->sequences[index];
    out->memories[n] = az_buf_ref(known->memories[index]);
}

static bool add(az_list_ranges *out, const az_date_range *range, uint64_t sequence)
{
    size_t n = out->count;
    out->memories[n] = copy_range(&out->items[n], range, range->attributes);
    out->sequences[n] = sequence;
    out->count += out->memories[n] != NULL;
    return out->memories[n] != NULL;
}

/* --- IDs ------------------------------------------------------------------------------------------ */

/* A hash table of the ranges of a set by ID, open addressing; 0 is free, else index + 1. */
typedef struct id_table {
    uint32_t *slots;
    size_t mask;
} id_table;

static bool table_create(id_table *table, size_t count)
{
    size_t size = 16;
    while (size < count * 2)
        size *= 2;
    table->mask = size - 1;
    table->slots = calloc(size, sizeof(*table->slots));
    return table->slots != NULL;
}

/* The slot of an ID: free, or that of the range. */
static uint32_t *table_slot(const id_table *table, const az_list_ranges *set, az_span id)
{
    size_t at = (size_t)az_hash(AZ_HASH_SEED, id.data, id.size) & table->mask;
    while (table->slots[at] != 0 && !az_span_equal(set->items[table->slots[at] - 1].id, id))
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

/* Marks what is named in a list of IDs with tabs between them. */
static void mark_removed(const id_table *table, const az_list_ranges *known, az_span ids, bool *is_removed)
{
    while (ids.size > 0) {
        const uint8_t *tab = memchr(ids.data, '\t', ids.size);
        size_t size = tab ? (size_t)(tab - ids.data) : ids.size;
        uint32_t slot = *table_slot(table, known, az_span_sub(ids, 0, size));
        if (slot != 0)
            is_removed[slot - 1] = true;
        ids = az_span_sub(ids, AZ_MIN(size + 1, ids.size), ids.size);
    }
}

/* --- merging -------------------------------------------------------------------------------------- */

static uint64_t sequence_of(const az_list_version *version, const az_date_range *range)
{
    const az_media_playlist *next = &version->playlist->u.media;
    size_t index = range->segment < version->parsed_from
                       ? 0
                       : version->known_count + range->segment - version->parsed_from;
    return next->media_sequence + index;
}

/* What was not parsed again is what stands between the first segment and the end of the known ones. */
static bool merge_full(az_list_ranges *out, const az_list_ranges *known, const az_list_version *version)
{
    const az_media_playlist *next = &version->playlist->u.media;
    uint64_t first = next->media_sequence;
    size_t n = 0;
    for (; n < next->date_range_count && next->date_ranges[n].segment < version->parsed_from; n++) {
        if (!add(out, &next->date_ranges[n], first))
            return false;
    }
    for (size_t i = 0; i < known->count && version->known_count > 0; i++) {
        uint64_t away = known->sequences[i] - first;
        if (known->sequences[i] > first && away < version->known_count)
            keep(out, known, i);
    }
    for (; n < next->date_range_count; n++) {
        if (!add(out, &next->date_ranges[n], sequence_of(version, &next->date_ranges[n])))
            return false;
    }
    return true;
}

/* A range of a delta: new, or more of one that is known. */
static bool add_or_merge(az_list_ranges *out, const id_table *table, const az_date_range *range,
                         uint64_t sequence)
{
    uint32_t *slot = table_slot(table, out, range->id);
    if (*slot == 0) {
        *slot = (uint32_t)out->count + 1;
        return add(out, range, sequence);
    }
    size_t n = *slot - 1;
    az_date_range both;
    az_buf *memory = merge_range(&both, &out->items[n], range);
    if (!memory)
        return false;
    az_buf_unref(&out->memories[n]);
    out->items[n] = both;
    out->memories[n] = memory;
    return true;
}

/* Where the server skips ranges it says which ones are gone; else those of segments that are gone go. */
static void keep_known(az_list_ranges *out, const id_table *kept, const az_list_ranges *known,
                       const id_table *before, const az_list_version *version, const bool *is_removed)
{
    const az_media_playlist *next = &version->playlist->u.media;
    bool has_removed = next->removed_date_ranges.size > 0 || next->can_skip_date_ranges;
    for (size_t i = 0; i < known->count; i++) {
        bool is_gone = is_removed[*table_slot(before, known, known->items[i].id) - 1];
        if (is_gone || (!has_removed && known->sequences[i] < next->media_sequence))
            continue;
        uint32_t *slot = table_slot(kept, out, known->items[i].id);
        *slot = *slot ? *slot : (uint32_t)out->count + 1;
        keep(out, known, i);
    }
}

static bool merge_delta(az_list_ranges *out, const az_list_ranges *known, const az_list_version *version)
{
    const az_media_playlist *next = &version->playlist->u.media;
    id_table before = {0};
    id_table after = {0};
    bool *is_removed = calloc(known->count + 1, sizeof(*is_removed));
    bool is_good = is_removed && table_create(&before, known->count) &&
                   table_create(&after, known->count + next->date_range_count);
    for (size_t i = 0; i < known->count && is_good; i++)
        *table_slot(&before, known, known->items[i].id) = (uint32_t)i + 1;
    if (is_good) {
        mark_removed(&before, known, next->removed_date_ranges, is_removed);
        keep_known(out, &after, known, &before, version, is_removed);
    }
    for (size_t i = 0; i < next->date_range_count && is_good; i++)
        is_good =
            add_or_merge(out, &after, &next->date_ranges[i], sequence_of(version, &next->date_ranges[i]));
    free(before.slots);
    free(after.slots);
    free(is_removed);
    return is_good;
}

bool az_list_ranges_merge(az_list_ranges *out, const az_list *list, const az_list_version *version)
{
    const az_list_ranges *known = &list->ranges;
    const az_media_playlist *next = &version->playlist->u.media;
    bool is_good = ranges_create(out, known->count + next->date_range_count);
    if (is_good)
        is_good = version->is_delta ? merge_delta(out, known, version) : merge_full(out, known, version);
    if (!is_good)
        az_list_ranges_deinit(out);
    return is_good;
}
