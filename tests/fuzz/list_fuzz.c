/*
 * Versions of a playlist one after the other, each as a reload. The input is cut at lines of "----". What the
 * list made of a reload is compared with a list that parses every version anew: they agree in what changed
 * and in every segment. Besides: starts and sequences grow, cursors lead to the end, directives are short.
 */
#include "timeline/list.h"

#include <stdlib.h>
#include <string.h>

#define VERSIONS_MAX 16
#define STEPS_MAX    4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static void touch(az_span span)
{
    for (size_t i = 0; i < span.size; i++)
        sink += span.data[i];
}

static void touch_item(const az_list *list, const az_list_item *item)
{
    touch(item->uri);
    for (const az_key *key = item->key; key; key = az_list_key_next(list, key)) {
        touch(key->uri);
        touch(key->key_format);
        touch(key->key_format_versions);
    }
    if (item->map)
        touch(item->map->uri);
    if (item->map_key)
        touch(item->map_key->uri);
    AZ_ASSERT(item->duration >= 0);
    AZ_ASSERT(item->range.size == AZ_RANGE_OPEN || item->range.offset <= INT64_MAX - item->range.size);
}

static bool keys_equal(const az_list *a, const az_key *x, const az_list *b, const az_key *y)
{
    while (x && y) {
        if (x->method != y->method || !az_span_equal(x->uri, y->uri) ||
            !az_span_equal(x->key_format, y->key_format))
            return false;
        x = az_list_key_next(a, x);
        y = az_list_key_next(b, y);
    }
    return x == y;
}

/* All but dates, and what follows from dates: the reloaded list remembers those that are not written again.
 */
static void compare_items(const az_list *a, const az_list *b, size_t index)
{
    az_list_item x = az_list_at(a, index);
    az_list_item y = az_list_at(b, index);
    unsigned mask = AZ_SEGMENT_GAP;
    AZ_ASSERT(x.sequence == y.sequence && x.duration == y.duration);
    AZ_ASSERT(az_span_equal(x.uri, y.uri));
    AZ_ASSERT(x.range.offset == y.range.offset && x.range.size == y.range.size);
    AZ_ASSERT((x.flags & mask) == (y.flags & mask) && x.bitrate == y.bitrate);
    AZ_ASSERT(keys_equal(a, x.key, b, y.key) && keys_equal(a, x.map_key, b, y.map_key));
    AZ_ASSERT(!x.map == !y.map && (!x.map || az_span_equal(x.map->uri, y.map->uri)));
}

static void compare(const az_list *reloaded, const az_list *updated)
{
    const az_media_playlist *a = az_list_playlist(reloaded);
    const az_media_playlist *b = az_list_playlist(updated);
    AZ_ASSERT(az_list_count(reloaded) == az_list_count(updated));
    for (size_t i = 0; i < az_list_count(reloaded); i++)
        compare_items(reloaded, updated, i);
    AZ_ASSERT(!a == !b);
    if (!a)
        return;
    AZ_ASSERT(a->date_range_count == b->date_range_count && a->hint_count == b->hint_count);
    for (size_t i = 0; i < a->date_range_count; i++)
        AZ_ASSERT(az_span_equal(a->date_ranges[i].id, b->date_ranges[i].id));
}

/* Follows the cursor from the beginning as a player would. */
static void walk(const az_list *list)
{
    az_list_cursor cursor = {0, 0};
    az_list_item item;
    uint64_t sequence = 0;
    for (unsigned i = 0; i < STEPS_MAX && az_list_next(list, cursor, &item); i++) {
        AZ_ASSERT(item.sequence >= cursor.sequence || i == 0 || item.sequence < sequence);
        touch_item(list, &item);
        sequence = item.sequence;
        cursor = (az_list_cursor){item.sequence + 1, 0};
        if (item.part != AZ_LIST_WHOLE)
            cursor = (az_list_cursor){item.sequence, item.part + 1};
    }
    for (uint32_t part = 1; part < 4 && az_list_count(list) > 0; part++) {
        uint64_t last = az_list_at(list, az_list_count(list) - 1).sequence;
        if (az_list_next(list, (az_list_cursor){last, part}, &item))
            touch_item(list, &item);
    }
}

static void look(const az_list *list)
{
    static const int64_t times[] = {INT64_MIN, -1, 0, 1000000000, 7000000000, INT64_MAX};
    char text[128];
    az_list_item item;
    for (size_t i = 0; i < AZ_COUNT(times); i++) {
        if (az_list_locate(list, times[i], &item))
            touch_item(list, &item);
        sink += (uint64_t)az_list_wall_offset(list, times[i]);
    }
    sink += az_list_directives(list, true, true, 0, text, sizeof(text));
    const az_media_playlist *media = az_list_playlist(list);
    for (size_t i = 0; media && i < media->report_count; i++) {
        touch(media->reports[i].uri);
        sink += az_list_report_directives(list, i, text, sizeof(text));
    }
    for (size_t i = 0; media && i < media->date_range_count; i++) {
        for (size_t k = 0; k < media->date_ranges[i].attributes.count; k++)
            touch(media->date_ranges[i].attributes.items[k].value);
    }
    sink += (uint64_t)az_list_end(list) + (uint64_t)az_list_hold_back(list) + az_list_is_low_latency(list);
}

static bool contains(az_span text, const char *word)
{
    for (size_t i = 0; i < text.size; i++) {
        if (az_span_starts_with(az_span_sub(text, i, text.size), word))
            return true;
    }
    return false;
}

/* False: the two lists may differ from here on, since only one takes delta updates. */
static bool take(az_list *reloaded, az_list *updated, az_span text, bool has_dates, bool is_comparable)
{
    az_slice slice;
    az_playlist *playlist = NULL;
    az_list_change change = AZ_LIST_STALE;
    bool is_full_needed;
    if (!az_slice_copy(&slice, text))
        return false;
    aizu_result result = az_list_reload(reloaded, slice, NULL, &change, &is_full_needed, NULL);
    aizu_result parsed = az_playlist_parse_slice(&playlist, slice, NULL);
    az_slice_unref(&slice);
    AZ_ASSERT(!is_full_needed || result == AIZU_E_PLAYLIST);
    bool is_media = parsed == AIZU_OK && playlist->kind == AZ_PLAYLIST_MEDIA;
    bool is_delta = is_media && playlist->u.media.skipped_segments > 0;
    if (!is_media || is_delta || is_full_needed) {
        az_playlist_destroy(&playlist);
        AZ_ASSERT(is_delta || result != AIZU_OK); /* EXT-X-SKIP may be there without a number, too */
        return is_comparable && (!is_delta || result != AIZU_OK);
    }
    AZ_ASSERT(result == AIZU_OK);
    az_list_change expected;
    if (az_list_update(updated, &playlist, &expected) != AIZU_OK)
        return false;
    /* A date that is not written again is remembered, and what names a segment with it. */
    AZ_ASSERT(!is_comparable || change == expected || has_dates);
    return is_comparable && change == expected;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char cut[] = "\n----\n";
    az_span rest = az_span_make(data, size);
    az_list *reloaded = az_list_create();
    az_list *updated = az_list_create();
    bool is_comparable = reloaded && updated;
    bool has_dates = contains(rest, "DATE-TIME");
    for (unsigned version = 0; reloaded && updated && version < VERSIONS_MAX && rest.size > 0; version++) {
        size_t at = 0;
        while (at < rest.size && (rest.size - at < 6 || memcmp(rest.data + at, cut, sizeof(cut) - 1) != 0))
            at++;
        is_comparable = take(reloaded, updated, az_span_sub(rest, 0, at), has_dates, is_comparable);
        if (is_comparable)
            compare(reloaded, updated);
        walk(reloaded);
        look(reloaded);
        rest = az_span_sub(rest, AZ_MIN(at + 6, rest.size), rest.size);
    }
    az_list_destroy(&reloaded);
    az_list_destroy(&updated);
    return 0;
}
