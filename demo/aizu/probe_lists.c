/*
 * What a playlist says, as JSON: a list for each kind of thing, and only those of which there are any. Fields
 * are named as the tags name them.
 */
#include <math.h>
#include <stdio.h>

#include "probe.h"

json_t *probe_text(az_span span)
{
    json_t *string = json_stringn((const char *)(span.size ? span.data : (const uint8_t *)""), span.size);
    return string ? string : json_string("(not UTF-8)");
}

json_t *probe_seconds(int64_t time)
{
    return time == AIZU_NO_TIME ? json_null() : json_real(round((double)time / 1e3) / 1e6);
}

static void set_text(json_t *row, const char *name, az_span value)
{
    json_object_set_new(row, name, probe_text(value));
}

static void set_integer(json_t *row, const char *name, uint64_t value)
{
    json_object_set_new(row, name, json_integer((json_int_t)value));
}

static json_t *add_row(json_t *list)
{
    json_t *row = json_object();
    json_array_append_new(list, row);
    return row;
}

/* Empty lists are left out, but for those that every playlist of the kind has. */
static void give(json_t *out, const char *name, json_t *list)
{
    if (json_array_size(list) > 0)
        json_object_set(out, name, list);
    json_decref(list);
}

static json_t *attributes(const az_attribute_list *list)
{
    json_t *object = json_object();
    for (size_t i = 0; i < list->count; i++) {
        az_span name = list->items[i].name;
        char text[64];
        snprintf(text, sizeof(text), "%.*s", (int)AZ_MIN(name.size, sizeof(text) - 1),
                 (const char *)name.data);
        json_object_set_new(object, text, probe_text(list->items[i].value));
    }
    return object;
}

static void set_range(json_t *row, az_byte_range range)
{
    if (range.size == 0)
        return;
    set_integer(row, "range_offset", range.offset);
    set_integer(row, "range_size", range.size);
}

static const char *method_name(az_key_method method)
{
    switch (method) {
    case AZ_KEY_NONE:
        return "NONE";
    case AZ_KEY_AES_128:
        return "AES-128";
    case AZ_KEY_SAMPLE_AES:
        return "SAMPLE-AES";
    case AZ_KEY_SAMPLE_AES_CTR:
        return "SAMPLE-AES-CTR";
    case AZ_KEY_OTHER:
        return "unknown";
    }
    return "unknown";
}

static void add_keys(json_t *out, const char *name, const az_key *keys, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char iv[2 * sizeof(keys[i].iv) + 1] = "";
        for (size_t j = 0; keys[i].has_iv && j < sizeof(keys[i].iv); j++)
            snprintf(iv + 2 * j, 3, "%02x", keys[i].iv[j]);
        json_t *row = add_row(list);
        set_integer(row, "index", i);
        json_object_set_new(row, "method", json_string(method_name(keys[i].method)));
        json_object_set_new(row, "iv", json_string(iv));
        json_object_set_new(row, "format",
                            keys[i].key_format.size ? probe_text(keys[i].key_format)
                                                    : json_string("identity"));
        set_text(row, "versions", keys[i].key_format_versions);
        set_text(row, "uri", keys[i].uri);
    }
    give(out, name, list);
}

/* ---- media playlists ---- */

static void add_maps(json_t *out, const az_media_playlist *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->map_count; i++) {
        json_t *row = add_row(list);
        set_integer(row, "index", i);
        if (m->maps[i].key != AZ_NO_INDEX)
            set_integer(row, "key", m->maps[i].key);
        set_range(row, m->maps[i].range);
        set_text(row, "uri", m->maps[i].uri);
    }
    give(out, "maps", list);
}

static void add_segments(json_t *out, const az_media_playlist *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->segment_count; i++) {
        const az_segment *s = &m->segments[i];
        json_t *row = add_row(list);
        set_integer(row, "sequence", m->media_sequence + m->skipped_segments + i);
        json_object_set_new(row, "duration", probe_seconds(s->duration));
        json_object_set_new(row, "pdt", probe_seconds(s->wall));
        json_object_set_new(row, "discontinuity", json_boolean(s->flags & AZ_SEGMENT_DISCONTINUITY));
        json_object_set_new(row, "gap", json_boolean(s->flags & AZ_SEGMENT_GAP));
        if (s->flags & AZ_SEGMENT_PREFETCH)
            json_object_set_new(row, "prefetch", json_true());
        if (s->key != AZ_NO_INDEX)
            set_integer(row, "key", s->key);
        if (s->map != AZ_NO_INDEX)
            set_integer(row, "map", s->map);
        if (s->bitrate > 0)
            set_integer(row, "bitrate", s->bitrate);
        if (s->part_count > 0)
            set_integer(row, "parts", s->part_count);
        set_range(row, (az_byte_range){s->range_offset, s->range_size});
        set_text(row, "uri", s->uri);
    }
    json_object_set_new(out, "segments", list);
}

static void add_parts(json_t *out, const az_media_playlist *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->part_count; i++) {
        const az_part *part = &m->parts[i];
        json_t *row = add_row(list);
        set_integer(row, "sequence", m->media_sequence + m->skipped_segments + m->part_segments[i]);
        json_object_set_new(row, "duration", probe_seconds(part->duration));
        json_object_set_new(row, "independent", json_boolean(part->is_independent));
        json_object_set_new(row, "gap", json_boolean(part->is_gap));
        set_range(row, part->range);
        set_text(row, "uri", part->uri);
    }
    give(out, "parts", list);
}

static void add_hints(json_t *out, const az_media_playlist *m)
{
    json_t *hints = json_array(), *reports = json_array();
    for (size_t i = 0; i < m->hint_count; i++) {
        json_t *row = add_row(hints);
        json_object_set_new(row, "type", json_string(m->hints[i].is_map ? "MAP" : "PART"));
        if (m->hints[i].range_offset > 0 || m->hints[i].range_size > 0) {
            set_integer(row, "range_offset", m->hints[i].range_offset);
            set_integer(row, "range_size", m->hints[i].range_size);
        }
        set_text(row, "uri", m->hints[i].uri);
    }
    for (size_t i = 0; i < m->report_count; i++) {
        json_t *row = add_row(reports);
        set_integer(row, "last_sequence", m->reports[i].last_msn);
        if (m->reports[i].last_part != AZ_NO_INDEX)
            set_integer(row, "last_part", m->reports[i].last_part);
        set_text(row, "uri", m->reports[i].uri);
    }
    give(out, "preload_hints", hints);
    give(out, "rendition_reports", reports);
}

static void add_date_ranges(json_t *out, const az_media_playlist *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->date_range_count; i++) {
        const az_date_range *r = &m->date_ranges[i];
        json_t *row = add_row(list);
        set_text(row, "id", r->id);
        set_text(row, "class", r->class_name);
        json_object_set_new(row, "start", probe_seconds(r->start));
        json_object_set_new(row, "end", probe_seconds(r->end));
        json_object_set_new(row, "duration", probe_seconds(r->duration));
        json_object_set_new(row, "planned", probe_seconds(r->planned_duration));
        json_object_set_new(row, "end_on_next", json_boolean(r->end_on_next));
        json_object_set_new(row, "attributes", attributes(&r->attributes));
    }
    json_object_set_new(out, "date_ranges", list);
}

static void add_start(json_t *out, bool has_start, int64_t offset, bool is_precise)
{
    if (!has_start)
        return;
    json_object_set_new(out, "start_offset", probe_seconds(offset));
    json_object_set_new(out, "start_precise", json_boolean(is_precise));
}

/* EXT-X-SERVER-CONTROL, EXT-X-PART-INF and EXT-X-SKIP. */
static void add_delivery(json_t *out, const az_media_playlist *m)
{
    const struct {
        const char *name;
        int64_t time;
    } times[] = {{"part_target", m->part_target},
                 {"part_hold_back", m->part_hold_back},
                 {"hold_back", m->hold_back},
                 {"can_skip_until", m->can_skip_until}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (times[i].time > 0)
            json_object_set_new(out, times[i].name, probe_seconds(times[i].time));
    if (m->can_block_reload)
        json_object_set_new(out, "can_block_reload", json_true());
    if (m->can_skip_date_ranges)
        json_object_set_new(out, "can_skip_date_ranges", json_true());
    if (m->skipped_segments > 0)
        set_integer(out, "skipped_segments", m->skipped_segments);
}

void probe_add_media(json_t *out, const az_media_playlist *m)
{
    static const char *const types[] = {"live", "event", "vod"};
    int64_t total = 0;
    for (size_t i = 0; i < m->segment_count; i++)
        total += m->segments[i].duration;
    json_object_set_new(out, "type", json_string(types[m->type]));
    json_object_set_new(out, "ended", json_boolean(m->has_endlist));
    if (m->is_i_frames_only)
        json_object_set_new(out, "i_frames_only", json_true());
    if (m->is_independent_segments)
        json_object_set_new(out, "independent_segments", json_true());
    json_object_set_new(out, "target_duration", probe_seconds(m->target_duration));
    set_integer(out, "media_sequence", m->media_sequence);
    set_integer(out, "discontinuity_sequence", m->discontinuity_sequence);
    json_object_set_new(out, "duration", probe_seconds(total));
    add_start(out, m->has_start, m->start_offset, m->start_is_precise);
    add_delivery(out, m);
    add_keys(out, "keys", m->keys, m->key_count);
    add_maps(out, m);
    add_segments(out, m);
    add_parts(out, m);
    add_hints(out, m);
    add_date_ranges(out, m);
}

/* ---- multivariant playlists ---- */

static void add_variants(json_t *out, const char *name, const az_variant *variants, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const az_variant *v = &variants[i];
        json_t *row = add_row(list);
        set_integer(row, "index", i);
        set_integer(row, "bandwidth", v->bandwidth);
        set_integer(row, "average", v->average_bandwidth);
        set_integer(row, "width", v->width);
        set_integer(row, "height", v->height);
        json_object_set_new(row, "frame_rate", json_real(v->frame_rate));
        set_text(row, "codecs", v->codecs);
        set_text(row, "name", v->name);
        const struct {
            const char *name;
            az_span value;
        } optional[] = {{"audio", v->audio},
                        {"subtitles", v->subtitles},
                        {"captions", v->closed_captions},
                        {"video_range", v->video_range},
                        {"hdcp_level", v->hdcp_level},
                        {"supplemental", v->supplemental_codecs},
                        {"pathway", v->pathway_id},
                        {"stable_id", v->stable_id}};
        for (size_t j = 0; j < sizeof(optional) / sizeof(optional[0]); j++)
            if (optional[j].value.size > 0)
                set_text(row, optional[j].name, optional[j].value);
        if (v->score >= 0)
            json_object_set_new(row, "score", json_real(v->score));
        set_text(row, "uri", v->uri);
    }
    json_object_set_new(out, name, list);
}

static void add_renditions(json_t *out, const az_multivariant *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->rendition_count; i++) {
        const az_rendition *r = &m->renditions[i];
        json_t *row = add_row(list);
        set_integer(row, "index", i);
        set_text(row, "type", r->type);
        set_text(row, "group", r->group_id);
        set_text(row, "name", r->name);
        set_text(row, "language", r->language);
        json_object_set_new(row, "default", json_boolean(r->is_default));
        json_object_set_new(row, "autoselect", json_boolean(r->is_autoselect));
        json_object_set_new(row, "forced", json_boolean(r->is_forced));
        const struct {
            const char *name;
            az_span value;
        } optional[] = {{"channels", r->channels},
                        {"assoc", r->assoc_language},
                        {"instream_id", r->instream_id},
                        {"characteristics", r->characteristics},
                        {"stable_id", r->stable_id}};
        for (size_t j = 0; j < sizeof(optional) / sizeof(optional[0]); j++)
            if (optional[j].value.size > 0)
                set_text(row, optional[j].name, optional[j].value);
        set_text(row, "uri", r->uri);
    }
    json_object_set_new(out, "renditions", list);
}

void probe_add_multivariant(json_t *out, const az_multivariant *m)
{
    json_t *data = json_array();
    if (m->is_independent_segments)
        json_object_set_new(out, "independent_segments", json_true());
    add_start(out, m->has_start, m->start_offset, m->start_is_precise);
    add_variants(out, "variants", m->variants, m->variant_count);
    if (m->i_frame_variant_count > 0)
        add_variants(out, "i_frame_variants", m->i_frame_variants, m->i_frame_variant_count);
    add_renditions(out, m);
    for (size_t i = 0; i < m->session_data_count; i++)
        json_array_append_new(data, attributes(&m->session_data[i].attributes));
    give(out, "session_data", data);
    add_keys(out, "session_keys", m->session_keys, m->session_key_count);
    if (m->steering_uri.size > 0) {
        json_t *steering = json_object();
        set_text(steering, "server", m->steering_uri);
        set_text(steering, "pathway", m->steering_pathway.size ? m->steering_pathway : az_span_str("."));
        json_object_set_new(out, "steering", steering);
    }
}
