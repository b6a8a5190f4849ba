/*
 * Every playlist of the corpus against what three independent parsers (hls.js, m3u8-parser, hls-parser) make
 * of it. Our document is written down in the shape of their reports, and each of its fields is compared with
 * the value that at least two of them share; a field on which no two agree has no judge and is counted as
 * such. Where we differ on purpose, the file, the field and the reason stand in DEVIATIONS; one that does
 * not occur any more fails the test as well.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "playlist/playlist.h"
#include "timeline/list.h"

#define PARSERS 3

typedef struct deviation {
    const char *file; /* a part of its path */
    const char *field;
    const char *reason;
} deviation;

static const char MERGED[] = "theirs are merged by ID; here each tag stays, the timeline merges";
static const char NO_TARGET[] = "without a target duration that can be read, the longest segment gives it";
static const char EMPTY_RANGE[] = "a range of no bytes cannot be requested: the segment is a gap";

static const deviation DEVIATIONS[] = {
    {"media__media-playlist-with-date-range.m3u8", "counts.dateranges", MERGED},
    {"media__media-playlist-with-date-range.m3u8", "dateranges", MERGED},
    {"benches__long_media_playlist.m3u8", "counts.dateranges", MERGED},
    {"benches__long_media_playlist.m3u8", "dateranges", MERGED},
    {"resources__negativeDurationMediaPlaylist.m3u8", "targetDuration", NO_TARGET},
    {"fixtures__iframes.m3u8", "targetDuration", NO_TARGET},
    {"integration__invalidTargetDuration.m3u8", "targetDuration", NO_TARGET},
    {"resources__mediaPlaylistWithByteRanges.m3u8", "segments[].byteRange", EMPTY_RANGE},
    {"resources__mediaPlaylistWithByteRanges.m3u8", "segments[].gap", EMPTY_RANGE},
    {"resources__mediaPlaylistWithByteRanges.m3u8", "counts.gaps", EMPTY_RANGE},
    {"resources__mediaPlaylistWithInvalidByteRanges.m3u8", "segments[].byteRange", EMPTY_RANGE},
    {"resources__mediaPlaylistWithInvalidByteRanges.m3u8", "segments[].gap", EMPTY_RANGE},
    {"resources__mediaPlaylistWithInvalidByteRanges.m3u8", "counts.gaps", EMPTY_RANGE},
    {"media__media-variables.m3u8", "refused",
     "IMPORT without the multivariant playlist must fail (bis 4.4.2.3)"},
    {"fixtures__content_steering.m3u8", "refused",
     "IMPORT in a multivariant playlist must fail (bis 4.4.2.3)"},
    {"fixtures__master_full.m3u8", "refused", "a QUERYPARAM that the URL lacks must fail (bis 4.4.2.3)"},
    {"open-m3u8__playlistWithMultipleEncryptedMediaSegments.m3u8", "keys",
     "keys of two formats hold together (4.3.2.4); theirs keep the last"},
    {"open-m3u8__playlistWithMultipleEncryptedMediaSegments.m3u8", "counts.keys",
     "keys of two formats hold together (4.3.2.4); theirs keep the last"},
    {"fixtures__map_playlist.m3u8", "maps", "a map without segments: theirs list what segments name"},
    {"fixtures__map_playlist.m3u8", "counts.maps", "a map without segments: theirs list what segments name"},
    {"integration__extXPlaylistTypeInvalidPlaylist.m3u8", "playlistType", "only EVENT and VOD are types"},
    {"integration__extinf.m3u8", "totalDuration",
     "a duration that cannot be read is the target duration, not 0"},
    {"integration__negativeMediaSequence.m3u8", "mediaSequence",
     "a sequence number has no sign (4.3.3.2): 0"},
};

static const char *PARSER_NAMES[PARSERS] = {"hls.js", "m3u8-parser", "hls-parser"};

typedef struct tally {
    size_t files, agreeing, deviating, refused, noted;
    size_t fields, unjudged;
    size_t unexpected;
    bool seen[AZ_COUNT(DEVIATIONS)];
} tally;

typedef struct judge {
    tally *tally;
    const char *file;
    bool deviates;
    char last[128]; /* the field reported last: one line a field and file */
} judge;

/* Of long lists the expectations hold the first and the last segments. */
#define SEGMENTS_HEAD 100
#define SEGMENTS_TAIL 20

/* --- our document in the shape of theirs ------------------------------------------------------------ */

static json_t *text(az_span span)
{
    return span.size ? json_stringn((const char *)span.data, span.size) : json_null();
}

static json_t *url(const char *base, az_span uri)
{
    char out[4096];
    if (uri.size == 0)
        return json_null();
    if (az_url_resolve(out, sizeof(out), az_span_str(base), uri) != AIZU_OK)
        return text(uri);
    return json_string(out);
}

static json_t *seconds(int64_t ns)
{
    return ns == AIZU_NO_TIME ? json_null() : json_real((double)ns / 1e9);
}

static json_t *seconds_or_null(int64_t ns)
{
    return ns == 0 ? json_null() : seconds(ns);
}

static json_t *date(int64_t wall)
{
    if (wall == AIZU_NO_TIME)
        return json_null();
    int64_t ms = wall / AIZU_MILLISECOND;
    time_t second = (time_t)(ms / 1000);
    struct tm tm;
    char out[64];
    gmtime_r(&second, &tm);
    size_t size = strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + size, sizeof(out) - size, ".%03dZ", (int)(ms % 1000));
    return json_string(out);
}

static json_t *range(uint64_t offset, uint64_t size)
{
    if (size == 0)
        return json_null();
    return json_pack("{sI sI}", "offset", (json_int_t)offset, "length", (json_int_t)size);
}

static const char *METHODS[] = {"NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"};

static json_t *key_report(const char *base, const az_key *key)
{
    char iv[35] = "0x";
    for (int i = 0; i < 16; i++)
        snprintf(iv + 2 + i * 2, 3, "%02x", key->iv[i]);
    json_t *out = json_pack("{so}", "uri", url(base, key->uri));
    if (key->method != AZ_KEY_OTHER)
        json_object_set_new(out, "method", json_string(METHODS[key->method]));
    json_object_set_new(out, "iv", key->has_iv ? json_string(iv) : json_null());
    return out;
}

static json_t *parts_of(const char *base, const az_media_playlist *m, uint32_t segment)
{
    json_t *out = json_array();
    for (size_t i = 0; i < m->part_count; i++) {
        const az_part *part = &m->parts[i];
        if (m->part_segments[i] != segment)
            continue;
        json_array_append_new(out, json_pack("{so so sb sb so}", "uri", url(base, part->uri), "duration",
                                             seconds(part->duration), "independent", part->is_independent,
                                             "gap", part->is_gap, "byteRange",
                                             range(part->range.offset, part->range.size)));
    }
    return out;
}

static json_t *segment_report(const char *base, const az_media_playlist *m, size_t i)
{
    const az_segment *s = &m->segments[i];
    json_t *out =
        json_pack("{so so so sb sb}", "uri", url(base, s->uri), "duration", seconds(s->duration), "byteRange",
                  range(s->range_offset, s->range_size), "discontinuity",
                  (s->flags & AZ_SEGMENT_DISCONTINUITY) != 0, "gap", (s->flags & AZ_SEGMENT_GAP) != 0);
    bool is_written = (s->flags & AZ_SEGMENT_PDT) != 0;
    json_object_set_new(out, "programDateTime", date(is_written ? s->wall : AIZU_NO_TIME));
    json_object_set_new(out, "sn", json_integer((json_int_t)(m->media_sequence + m->skipped_segments + i)));
    json_object_set_new(out, "cc",
                        json_integer((json_int_t)(m->discontinuity_sequence + s->discontinuities)));
    json_object_set_new(out, "map", s->map == AZ_NO_INDEX ? json_null() : url(base, m->maps[s->map].uri));
    json_object_set_new(out, "parts", parts_of(base, m, (uint32_t)i));
    const az_key *key = s->key == AZ_NO_INDEX ? NULL : &m->keys[s->key];
    if (!key || key->method != AZ_KEY_OTHER)
        json_object_set_new(out, "key", key ? json_string(METHODS[key->method]) : json_null());
    return out;
}

/* Theirs list the keys that segments name, not those of init sections alone. */
static bool key_is_of_segments(const az_media_playlist *m, size_t key)
{
    for (size_t i = 0; i < m->segment_count; i++) {
        uint32_t first = m->segments[i].key;
        if (first != AZ_NO_INDEX && key >= first && key <= first + m->keys[first].alternatives)
            return true;
    }
    return false;
}

static json_t *media_counts(const az_media_playlist *m, size_t keys)
{
    size_t gaps = 0;
    size_t discontinuities = 0;
    for (size_t i = 0; i < m->segment_count; i++) {
        gaps += (m->segments[i].flags & AZ_SEGMENT_GAP) != 0;
        discontinuities += (m->segments[i].flags & AZ_SEGMENT_DISCONTINUITY) != 0;
    }
    return json_pack("{si si si sI sI sI sI sI sI sI}", "variants", 0, "iframeVariants", 0, "renditions", 0,
                     "segments", (json_int_t)m->segment_count, "parts", (json_int_t)m->part_count, "keys",
                     (json_int_t)keys, "maps", (json_int_t)m->map_count, "dateranges",
                     (json_int_t)m->date_range_count, "discontinuities", (json_int_t)discontinuities, "gaps",
                     (json_int_t)gaps);
}

static json_t *date_ranges_report(const az_media_playlist *m)
{
    json_t *out = json_array();
    for (size_t i = 0; i < m->date_range_count; i++) {
        const az_date_range *r = &m->date_ranges[i];
        json_array_append_new(out,
                              json_pack("{so so so so so sb}", "id", text(r->id), "class",
                                        text(r->class_name), "start", date(r->start), "end", date(r->end),
                                        "duration", seconds(r->duration), "endOnNext", r->end_on_next));
    }
    return out;
}

static json_t *control_report(const az_media_playlist *m)
{
    return json_pack("{sb so so so}", "canBlockReload", m->can_block_reload, "canSkipUntil",
                     seconds_or_null(m->can_skip_until), "holdBack", seconds_or_null(m->hold_back),
                     "partHoldBack", seconds_or_null(m->part_hold_back));
}

static json_t *media_report(const char *base, const az_media_playlist *m)
{
    static const char *types[] = {NULL, "EVENT", "VOD"};
    int64_t total = 0;
    json_t *segments = json_array();
    json_t *maps = json_array();
    json_t *keys = json_array();
    for (size_t i = 0; i < m->segment_count; i++) {
        total += m->segments[i].duration;
        if (i < SEGMENTS_HEAD || i + SEGMENTS_TAIL >= m->segment_count)
            json_array_append_new(segments, segment_report(base, m, i));
    }
    for (size_t i = 0; i < m->map_count; i++) {
        const az_map *map = &m->maps[i];
        json_array_append_new(maps, json_pack("{so so}", "uri", url(base, map->uri), "byteRange",
                                              range(map->range.offset, map->range.size)));
    }
    for (size_t i = 0; i < m->key_count; i++) {
        if (key_is_of_segments(m, i))
            json_array_append_new(keys, key_report(base, &m->keys[i]));
    }
    json_t *out =
        json_pack("{ss so so so}", "kind", "media", "segments", segments, "maps", maps, "keys", keys);
    if (m->can_block_reload || m->can_skip_until || m->hold_back || m->part_hold_back)
        json_object_set_new(out, "serverControl", control_report(m));
    json_object_set_new(out, "targetDuration", seconds(m->target_duration));
    json_object_set_new(out, "mediaSequence", json_integer((json_int_t)m->media_sequence));
    json_object_set_new(out, "discontinuitySequence", json_integer((json_int_t)m->discontinuity_sequence));
    json_object_set_new(out, "endList", json_boolean(m->has_endlist));
    json_object_set_new(out, "iFramesOnly", json_boolean(m->is_i_frames_only));
    json_object_set_new(out, "independentSegments", json_boolean(m->is_independent_segments));
    json_object_set_new(out, "playlistType", types[m->type] ? json_string(types[m->type]) : json_null());
    json_object_set_new(out, "partTarget", seconds_or_null(m->part_target));
    json_object_set_new(out, "skippedSegments", json_integer((json_int_t)m->skipped_segments));
    json_object_set_new(out, "totalDuration", seconds(total));
    json_object_set_new(out, "counts", media_counts(m, json_array_size(keys)));
    json_object_set_new(out, "dateranges", date_ranges_report(m));
    json_object_set_new(out, "trailingParts", parts_of(base, m, (uint32_t)m->segment_count));
    return out;
}

static json_t *variant_report(const char *base, const az_variant *v)
{
    const az_attribute *captions = az_attribute_find(&v->attributes, "CLOSED-CAPTIONS"); /* NONE included */
    bool has_bandwidth = az_attribute_find(&v->attributes, "BANDWIDTH") != NULL;
    char resolution[32];
    snprintf(resolution, sizeof(resolution), "%ux%u", v->width, v->height);
    json_t *out = json_pack("{so so so so so so so}", "uri", url(base, v->uri), "codecs", text(v->codecs),
                            "audio", text(v->audio), "video", text(v->video), "subtitles", text(v->subtitles),
                            "closedCaptions", captions ? text(captions->value) : json_null(), "bandwidth",
                            has_bandwidth ? json_integer((json_int_t)v->bandwidth) : json_null());
    json_object_set_new(out, "averageBandwidth",
                        v->average_bandwidth ? json_integer((json_int_t)v->average_bandwidth) : json_null());
    json_object_set_new(out, "resolution", v->width ? json_string(resolution) : json_null());
    json_object_set_new(out, "frameRate", v->frame_rate > 0 ? json_real(v->frame_rate) : json_null());
    return out;
}

static json_t *rendition_report(const char *base, const az_rendition *r)
{
    return json_pack("{so so so so so sb sb sb}", "type", text(r->type), "groupId", text(r->group_id), "name",
                     text(r->name), "language", text(r->language), "uri", url(base, r->uri), "default",
                     r->is_default, "autoselect", r->is_autoselect, "forced", r->is_forced);
}

static const char *field_text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static int compare_renditions(const void *a, const void *b)
{
    static const char *keys[] = {"type", "groupId", "name", "language", "uri"};
    int order = 0;
    for (size_t i = 0; i < AZ_COUNT(keys) && order == 0; i++)
        order = strcmp(field_text(*(json_t *const *)a, keys[i]), field_text(*(json_t *const *)b, keys[i]));
    return order;
}

/* The parsers group renditions by type: their order carries no meaning, so all are sorted alike. */
static void sort_renditions(json_t *report)
{
    json_t *items[AZ_PLAYLIST_RENDITIONS_MAX];
    json_t *renditions = json_object_get(report, "renditions");
    size_t count = json_array_size(renditions);
    for (size_t i = 0; i < count; i++)
        items[i] = json_incref(json_array_get(renditions, i));
    qsort(items, count, sizeof(items[0]), compare_renditions);
    for (size_t i = 0; i < count; i++)
        json_array_set_new(renditions, i, items[i]);
}

static json_t *multivariant_report(const char *base, const az_multivariant *m)
{
    json_t *variants = json_array();
    json_t *i_frames = json_array();
    json_t *renditions = json_array();
    json_t *keys = json_array();
    for (size_t i = 0; i < m->variant_count; i++)
        json_array_append_new(variants, variant_report(base, &m->variants[i]));
    for (size_t i = 0; i < m->i_frame_variant_count; i++)
        json_array_append_new(i_frames, variant_report(base, &m->i_frame_variants[i]));
    for (size_t i = 0; i < m->rendition_count; i++)
        json_array_append_new(renditions, rendition_report(base, &m->renditions[i]));
    for (size_t i = 0; i < m->session_key_count; i++)
        json_array_append_new(keys, key_report(base, &m->session_keys[i]));
    json_t *counts =
        json_pack("{sI sI sI}", "variants", (json_int_t)m->variant_count, "iframeVariants",
                  (json_int_t)m->i_frame_variant_count, "renditions", (json_int_t)m->rendition_count);
    return json_pack("{ss so so so so so sb}", "kind", "master", "variants", variants, "iframes", i_frames,
                     "renditions", renditions, "sessionKeys", keys, "counts", counts, "independentSegments",
                     m->is_independent_segments);
}

static json_t *report(const char *base, const az_playlist *p)
{
    json_t *out = p->kind == AZ_PLAYLIST_MEDIA ? media_report(base, &p->u.media)
                                               : multivariant_report(base, &p->u.multivariant);
    if (p->version > 1) /* theirs is null when the tag is absent */
        json_object_set_new(out, "version", json_integer((json_int_t)p->version));
    return out;
}

/* --- judging ---------------------------------------------------------------------------------------- */

static void deviate(judge *j, const char *field, const json_t *ours, const json_t *theirs)
{
    j->deviates = true;
    for (size_t i = 0; i < AZ_COUNT(DEVIATIONS); i++) {
        const deviation *d = &DEVIATIONS[i];
        if (*d->file && strstr(j->file, d->file) && strcmp(d->field, field) == 0) {
            j->tally->seen[i] = true;
            return;
        }
    }
    if (strcmp(j->last, field) == 0)
        return;
    snprintf(j->last, sizeof(j->last), "%s", field);
    char *a = ours ? json_dumps(ours, JSON_ENCODE_ANY) : NULL;
    char *b = theirs ? json_dumps(theirs, JSON_ENCODE_ANY) : NULL;
    fprintf(stderr, "%s: %s: ours %.200s, two of them %.200s\n", j->file, field, a ? a : "-", b ? b : "-");
    free(a);
    free(b);
    j->tally->unexpected++;
}

/* URLs are compared without percent-encoding: the parsers leave it to whoever fetches. */
static void decode(char *out, size_t size, const char *in)
{
    size_t used = 0;
    for (; *in && used + 1 < size; in++) {
        unsigned value;
        if (*in == '%' && sscanf(in + 1, "%2x", &value) == 1 && in[1] && in[2]) {
            out[used++] = (char)value;
            in += 2;
        } else {
            out[used++] = *in;
        }
    }
    out[used] = '\0';
}

static bool scalar_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return fabs(json_number_value(a) - json_number_value(b)) < 1e-6;
    if (json_is_string(a) && json_is_string(b)) {
        char x[4096], y[4096];
        decode(x, sizeof(x), json_string_value(a));
        decode(y, sizeof(y), json_string_value(b));
        return strcmp(x, y) == 0;
    }
    return json_equal(a, b);
}

static bool same_size(const json_t *a, const json_t *b)
{
    return json_is_array(a) && json_is_array(b) && json_array_size(a) == json_array_size(b);
}

/* The value that two of the parsers share, NULL when none. Objects are compared field by field later. */
static const json_t *shared(json_t *const theirs[PARSERS], bool (*equal)(const json_t *, const json_t *))
{
    for (int i = 0; i < PARSERS; i++) {
        for (int k = i + 1; k < PARSERS; k++) {
            if (theirs[i] && theirs[k] && equal(theirs[i], theirs[k]))
                return theirs[i];
        }
    }
    return NULL;
}

static void compare(judge *j, const char *field, json_t *ours, json_t *const theirs[PARSERS]);

static void compare_arrays(judge *j, const char *field, json_t *ours, json_t *const theirs[PARSERS])
{
    const json_t *same = shared(theirs, same_size);
    if (!same) {
        j->tally->unjudged++;
        return;
    }
    j->tally->fields++;
    if (!same_size(same, ours)) {
        deviate(j, field, ours, same);
        return;
    }
    char name[128];
    snprintf(name, sizeof(name), "%s[]", field);
    for (size_t i = 0; i < json_array_size(ours); i++) {
        json_t *items[PARSERS] = {0};
        for (int k = 0; k < PARSERS; k++)
            items[k] = theirs[k] && same_size(theirs[k], ours) ? json_array_get(theirs[k], i) : NULL;
        compare(j, name, json_array_get(ours, i), items);
    }
}

static void compare_objects(judge *j, const char *field, json_t *ours, json_t *const theirs[PARSERS])
{
    const char *key;
    json_t *value;
    json_object_foreach(ours, key, value)
    {
        char name[128];
        json_t *fields[PARSERS] = {0};
        snprintf(name, sizeof(name), "%s%s%s", field, *field ? "." : "", key);
        for (int k = 0; k < PARSERS; k++)
            fields[k] = json_is_object(theirs[k]) ? json_object_get(theirs[k], key) : NULL;
        compare(j, name, value, fields);
    }
}

/* Recursion as deep as our own report: three levels. */
static void compare(judge *j, const char *field, json_t *ours, json_t *const theirs[PARSERS])
{
    int objects = 0;
    for (int k = 0; k < PARSERS; k++)
        objects += json_is_object(theirs[k]);
    if (json_is_object(ours) && objects >= 2) {
        compare_objects(j, field, ours, theirs);
    } else if (json_is_array(ours)) {
        compare_arrays(j, field, ours, theirs);
    } else {
        const json_t *same = shared(theirs, scalar_equal);
        j->tally->fields += same != NULL;
        j->tally->unjudged += same == NULL;
        if (same && !scalar_equal(ours, same))
            deviate(j, field, ours, same);
    }
}

/* Dates that no tag gives: hls.js alone derives them; the rule is 6.3.3. */
static void compare_derived_dates(judge *j, const az_playlist *p, const json_t *hls_js)
{
    const json_t *theirs = json_object_get(hls_js, "segments");
    if (p->kind != AZ_PLAYLIST_MEDIA)
        return;
    const az_media_playlist *m = &p->u.media;
    size_t count = json_array_size(theirs);
    size_t missing =
        m->segment_count > count ? m->segment_count - count : 0; /* in the middle of long lists */
    for (size_t i = 0; i < AZ_MIN(count, m->segment_count); i++) {
        size_t at = missing && i >= SEGMENTS_HEAD ? i + missing : i;
        const char *want = json_string_value(json_object_get(json_array_get(theirs, i), "programDateTime"));
        int64_t wall;
        if (!want || !az_date_time_parse(az_span_str(want), &wall))
            continue;
        j->tally->fields++;
        int64_t ours = m->segments[at].wall;
        /* They add up in floating point and cut to milliseconds at each segment. */
        if (ours == AIZU_NO_TIME || llabs(ours - wall) > AIZU_MILLISECOND * (int64_t)(at + 1)) {
            json_t *mine = date(ours);
            deviate(j, "derivedDate", mine, json_object_get(json_array_get(theirs, i), "programDateTime"));
            json_decref(mine);
        }
    }
}

/* --- files ------------------------------------------------------------------------------------------ */

static bool read_file(const char *path, az_slice *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *data = malloc((size_t)size + 1);
    bool is_good = data && fread(data, 1, (size_t)size, file) == (size_t)size &&
                   az_slice_copy(out, az_span_make(data, (size_t)size));
    free(data);
    fclose(file);
    return is_good;
}

static void check_refusal(judge *j, const json_t *expect, aizu_result result, const az_playlist_error *error)
{
    json_t *readers = json_object_get(json_object_get(expect, "agreement"), "readWithoutError");
    printf("%s: refused, line %u: %s\n", j->file, error->line, error->text);
    j->tally->refused++;
    if (result != AIZU_E_PLAYLIST || json_array_size(readers) >= 2)
        deviate(j, "refused", NULL, readers);
}

static void check_playlist(judge *j, const json_t *expect, const az_playlist *p)
{
    json_t *theirs[PARSERS];
    json_t *results = json_object_get(expect, "results");
    for (int k = 0; k < PARSERS; k++)
        theirs[k] = json_object_get(results, PARSER_NAMES[k]);
    json_t *ours = report(json_string_value(json_object_get(expect, "base")), p);
    sort_renditions(ours);
    for (int k = 0; k < PARSERS; k++)
        sort_renditions(theirs[k]);
    compare(j, "", ours, theirs);
    compare_derived_dates(j, p, theirs[0]);
    json_decref(ours);
    j->tally->noted += p->diagnostic_count_all > 0;
    json_t *readers = json_object_get(json_object_get(expect, "agreement"), "readWithoutError");
    if (json_array_size(readers) == 0 && p->diagnostic_count_all == 0)
        deviate(j, "nothingNoted", NULL, readers);
}

static bool is_listed(const az_list *list, const az_media_playlist *m)
{
    size_t complete = m->segment_count;
    while (complete > 0 && (m->segments[complete - 1].flags & AZ_SEGMENT_PREFETCH))
        complete--;
    bool is_good = az_list_count(list) == complete;
    for (size_t i = 0; i < complete && is_good; i++) {
        const az_segment *segment = &m->segments[i];
        az_list_item item = az_list_at(list, i);
        is_good = az_span_equal(item.uri, segment->uri) && item.duration == segment->duration &&
                  item.wall == segment->wall && item.range.offset == segment->range_offset &&
                  item.range.size == segment->range_size &&
                  (item.key != NULL) == (segment->key != AZ_NO_INDEX) &&
                  (item.map != NULL) == (segment->map != AZ_NO_INDEX);
    }
    return is_good;
}

/* A list made of the text has the document's segments, and has them still when it is loaded again. */
static void check_list(judge *j, az_slice bytes, const az_playlist *p)
{
    az_list *list = az_list_create();
    az_list_change change;
    bool is_full_needed;
    bool is_good = list != NULL;
    for (unsigned i = 0; i < 2 && is_good && p->u.media.skipped_segments == 0; i++) {
        is_good = az_list_reload(list, bytes, NULL, &change, &is_full_needed, NULL) == AIZU_OK &&
                  is_listed(list, &p->u.media);
        is_good = is_good && (i == 0 || change == AZ_LIST_SAME || az_list_count(list) == 0);
    }
    if (!is_good)
        deviate(j, "list", NULL, NULL);
    az_list_destroy(&list);
}

static bool check_file(tally *t, const char *corpus, const char *file)
{
    char path[4096];
    judge j = {.tally = t, .file = file};
    az_slice bytes;
    az_playlist *p = NULL;
    az_playlist_error error;
    json_error_t json_error;
    snprintf(path, sizeof(path), "%s/expect/%s.json", corpus, file);
    json_t *expect = json_load_file(path, 0, &json_error);
    snprintf(path, sizeof(path), "%s/%s", corpus, file);
    if (!expect || !read_file(path, &bytes)) {
        fprintf(stderr, "%s: cannot be read, or has no expectation\n", file);
        json_decref(expect);
        return false;
    }
    aizu_result result = az_playlist_parse_slice(&p, bytes, &error);
    if (result == AIZU_OK && p->kind == AZ_PLAYLIST_MEDIA)
        check_list(&j, bytes, p);
    az_slice_unref(&bytes);
    if (result == AIZU_OK)
        check_playlist(&j, expect, p);
    else
        check_refusal(&j, expect, result, &error);
    az_playlist_destroy(&p);
    json_decref(expect);
    t->files++;
    t->agreeing += !j.deviates;
    t->deviating += j.deviates;
    return true;
}

static bool check_folder(tally *t, const char *corpus, const char *folder)
{
    char path[2048];
    snprintf(path, sizeof(path), "%s/playlists/%s", corpus, folder);
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    bool is_good = count >= 0;
    for (int i = 0; i < count; i++) {
        char file[1024];
        snprintf(file, sizeof(file), "playlists/%.255s/%.255s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            is_good = check_file(t, corpus, file) && is_good;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return is_good;
}

int main(int argc, char **argv)
{
    tally t = {0};
    char path[2048];
    struct dirent **folders;
    if (argc < 2)
        return 2;
    snprintf(path, sizeof(path), "%s/playlists", argv[1]);
    int count = scandir(path, &folders, NULL, alphasort);
    if (count < 0) {
        printf("skipped: no corpus at %s\n", path);
        return 77;
    }
    bool is_good = true;
    for (int i = 0; i < count; i++) {
        if (folders[i]->d_name[0] != '.')
            is_good = check_folder(&t, argv[1], folders[i]->d_name) && is_good;
        free(folders[i]);
    }
    free(folders);
    for (size_t i = 0; i < AZ_COUNT(DEVIATIONS); i++) {
        if (!t.seen[i]) {
            fprintf(stderr, "listed deviation does not occur: %s %s\n", DEVIATIONS[i].file,
                    DEVIATIONS[i].field);
            is_good = false;
        }
    }
    printf(
        "%zu files: %zu agree, %zu deviate as listed or worse, %zu of them refused; %zu with diagnostics\n",
        t.files, t.agreeing, t.deviating, t.refused, t.noted);
    printf("%zu fields judged, %zu without two parsers that agree; %zu deviations listed, %zu unexpected\n",
           t.fields, t.unjudged, AZ_COUNT(DEVIATIONS), t.unexpected);
    return is_good && t.unexpected == 0 && t.files > 0 ? 0 : 1;
}
