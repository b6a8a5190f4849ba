/*
 * The driver of engine_rig.h: the engine's actions become events at later virtual times.
 */
#include "engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RUNS_MAX      500 /* of the engine without time passing */
#define VIDEO_PID     0x100
#define AUDIO_PID     0x101
#define DATA_PID      0x102
#define AUDIO_TICKS   1920 /* 1024 samples at 48 kHz */
#define DECODE_TIME   AIZU_MILLISECOND
#define ENDLESS_CHUNK ((size_t)1 << 20)

typedef struct frame {
    uint64_t magic;
} frame;

#define FRAME_MAGIC UINT64_C(0x72696766)

rig *rig_create(void)
{
    rig *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    az_engine_config_init(&r->config);
    r->latency = 20 * AIZU_MILLISECOND;
    r->now = 1000 * AIZU_SECOND;
    r->events = calloc(RIG_EVENTS, sizeof(*r->events));
    r->log = calloc(RIG_LOG_MAX, sizeof(*r->log));
    assert_true(r->events && r->log);
    r->hash = AZ_HASH_SEED;
    r->last_presented = AIZU_NO_TIME;
    return r;
}

void rig_start(rig *r)
{
    r->engine = az_engine_create(&r->config);
    assert_non_null(r->engine);
}

static void frame_back(rig *r, void *pointer)
{
    frame *f = pointer;
    assert_true(f->magic == FRAME_MAGIC);
    f->magic = 0;
    free(f);
    r->frames_out--;
}

static void frame_drop(void *user, az_stream stream, void *pointer)
{
    (void)stream;
    frame_back(user, pointer);
}

static void event_free(rig *r, rig_event *e)
{
    if (e->event.frame)
        frame_back(r, e->event.frame);
    az_slice_unref(&e->event.data);
}

void rig_destroy(rig *r)
{
    az_engine_destroy(&r->engine, frame_drop, r);
    for (size_t i = 0; i < r->event_count; i++)
        event_free(r, &r->events[i]);
    assert_int_equal(r->frames_out, 0);
    for (size_t i = 0; i < r->resource_count; i++)
        ts_bytes_free(&r->resources[i].body);
    free(r->events);
    free(r->log);
    free(r);
}

/* ---- the origin ---- */

rig_resource *rig_find(rig *r, const char *name)
{
    for (size_t i = 0; i < r->resource_count; i++)
        if (strcmp(r->resources[i].name, name) == 0)
            return &r->resources[i];
    return NULL;
}

rig_resource *rig_put(rig *r, const char *name, const void *data, size_t size)
{
    rig_resource *resource = rig_find(r, name);
    if (!resource) {
        assert_true(r->resource_count < RIG_RESOURCES);
        resource = &r->resources[r->resource_count++];
        snprintf(resource->name, sizeof(resource->name), "%s", name);
    }
    ts_bytes_clear(&resource->body);
    ts_bytes_append(&resource->body, data, size);
    return resource;
}

rig_resource *rig_text(rig *r, const char *name, const char *text)
{
    return rig_put(r, name, text, strlen(text));
}

static void write_sound(ts_writer *w, ts_bytes *unit, int64_t *audio, int64_t until)
{
    for (; *audio < until; *audio += AUDIO_TICKS) {
        ts_bytes_clear(unit);
        ts_es_adts(unit, 48000, 2, 64);
        ts_pes pes = ts_pes_make(AUDIO_PID, *audio);
        ts_writer_pes(w, &pes, unit->data, unit->size);
    }
}

static void write_cues(ts_writer *w, ts_bytes *unit, const rig_segment *s, int64_t from, int64_t until)
{
    for (size_t i = 0; i < s->cue_count; i++) {
        if (s->cues[i].offset < from || s->cues[i].offset >= until)
            continue;
        ts_bytes_clear(unit);
        ts_es_id3_priv(unit, "test", s->cues[i].text, strlen(s->cues[i].text));
        ts_pes pes = ts_pes_make(DATA_PID, s->ticks + az_rescale(s->cues[i].offset, 90000, AIZU_SECOND));
        ts_writer_pes(w, &pes, unit->data, unit->size);
    }
}

static unsigned with_parity(unsigned byte)
{
    unsigned ones = 0;
    for (unsigned i = 0; i < 7; i++)
        ones += byte >> i & 1;
    return byte | (ones % 2 ? 0 : 0x80);
}

/* A delimiter, and the pairs of a picture in a message (CTA-708, 4.4). */
static void write_captions(ts_bytes *unit, const rig_segment *s, int picture)
{
    static const uint8_t head[] = {0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x06, 0x04};
    static const uint8_t body[] = {0xB5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03};
    unsigned count = 0;
    ts_bytes_append(unit, head, sizeof(head));
    for (size_t i = 0; i < s->caption_count; i++)
        count += s->captions[i].frame == picture;
    ts_bytes_u8(unit, (unsigned)sizeof(body) + 3 + 3 * count);
    ts_bytes_append(unit, body, sizeof(body));
    ts_bytes_u8(unit, 0x40 | count);
    ts_bytes_u8(unit, 0xFF);
    for (size_t i = 0; i < s->caption_count; i++) {
        if (s->captions[i].frame != picture)
            continue;
        ts_bytes_u8(unit, 0xFC);
        ts_bytes_u8(unit, with_parity(s->captions[i].pair[0]));
        ts_bytes_u8(unit, with_parity(s->captions[i].pair[1]));
    }
    ts_bytes_u8(unit, 0xFF);
    ts_bytes_u8(unit, 0x80);
}

#define PARTS_MAX 16

/* Writes a segment; marks are where each `part_frames` frames begin. The number of marks. */
static size_t write_segment(ts_bytes *whole, const rig_segment *s, int part_frames, size_t *marks)
{
    ts_h264 format = {.width = 64, .height = 64, .frame_rate_num = 25, .frame_rate_den = 1};
    format.has_no_delimiter = s->caption_count > 0;
    ts_bytes unit = {0};
    ts_writer w;
    int frames = s->frames ? s->frames : 50;
    ts_writer_init(&w, whole);
    ts_writer_add(&w, VIDEO_PID, 0x1B, NULL);
    if (s->has_audio)
        ts_writer_add(&w, AUDIO_PID, 0x0F, NULL);
    ts_writer_add(&w, DATA_PID, 0x15, NULL);
    ts_writer_tables(&w);
    int64_t audio = (s->ticks + AUDIO_TICKS - 1) / AUDIO_TICKS * AUDIO_TICKS;
    size_t mark_count = 0;
    for (int i = 0; i < frames; i++) {
        if (part_frames > 0 && i % part_frames == 0 && mark_count < PARTS_MAX)
            marks[mark_count++] = i == 0 ? 0 : whole->size;
        int64_t ticks = s->ticks + i * INT64_C(3600);
        write_cues(&w, &unit, s, i * RIG_FRAME, (i + 1) * RIG_FRAME);
        ts_bytes_clear(&unit);
        if (s->caption_count > 0)
            write_captions(&unit, s, i);
        ts_es_h264(&unit, &format, i == 0, (uint32_t)i, s->frame_size ? s->frame_size : 100);
        ts_pes pes = ts_pes_make(VIDEO_PID, ticks);
        pes.is_random_access = i == 0;
        pes.pcr = i == 0 ? ticks : TS_NO_TIME;
        ts_writer_pes(&w, &pes, unit.data, unit.size);
        if (s->has_audio)
            write_sound(&w, &unit, &audio, ticks + 3600);
    }
    write_cues(&w, &unit, s, frames * RIG_FRAME, INT64_MAX);
    ts_writer_deinit(&w);
    ts_bytes_free(&unit);
    return mark_count;
}

rig_resource *rig_put_segment(rig *r, const char *name, const rig_segment *s)
{
    ts_bytes whole = {0};
    (void)write_segment(&whole, s, 0, NULL);
    rig_resource *resource = rig_put(r, name, whole.data, whole.size);
    ts_bytes_free(&whole);
    return resource;
}

void rig_put_parts(rig *r, const char *name, const rig_segment *s, int part_frames)
{
    ts_bytes whole = {0};
    size_t marks[PARTS_MAX + 1];
    size_t count = write_segment(&whole, s, part_frames, marks);
    marks[count] = whole.size;
    rig_put(r, name, whole.data, whole.size);
    for (size_t i = 0; i < count; i++) {
        char part[96];
        snprintf(part, sizeof(part), "%.70s.%zu", name, i);
        rig_put(r, part, whole.data + marks[i], marks[i + 1] - marks[i]);
    }
    ts_bytes_free(&whole);
}

/* The cues of a presentation that fall into one of its segments, all that are behind the end into the last.
 */
static size_t cues_of(rig_cue *out, const rig_cue *cues, size_t count, int64_t begin, int64_t end)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (cues[i].offset >= begin && cues[i].offset < end)
            out[used++] = (rig_cue){cues[i].offset - begin, cues[i].text};
    return used;
}

void rig_put_vod(rig *r, const char *name, int count, const rig_cue *cues, size_t cue_count)
{
    static char text[32768];
    int at = snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
    for (int i = 0; i < count; i++) {
        char segment[96];
        rig_cue own[64];
        int64_t begin = i * 2 * AIZU_SECOND;
        int64_t end = i + 1 == count ? INT64_MAX : begin + 2 * AIZU_SECOND;
        snprintf(segment, sizeof(segment), "%s%d.ts", name, i);
        at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXTINF:2,\n%s\n", segment);
        rig_put_segment(r, segment,
                        &(rig_segment){.ticks = (10 + 2 * i) * RIG_TICKS_SECOND,
                                       .cues = own,
                                       .cue_count = cues_of(own, cues, cue_count, begin, end)});
    }
    snprintf(text + at, sizeof(text) - (size_t)at, "#EXT-X-ENDLIST\n");
    char playlist[96];
    snprintf(playlist, sizeof(playlist), "%s.m3u8", name);
    rig_text(r, playlist, text);
}

void rig_put_live(rig *r, const char *name, int first, int count, bool is_ended)
{
    static char text[32768];
    int at =
        snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n", first);
    for (int i = first; i < first + count; i++) {
        char segment[96];
        snprintf(segment, sizeof(segment), "%s%d.ts", name, i);
        at += snprintf(text + at, sizeof(text) - (size_t)at, "#EXTINF:2,\n%s\n", segment);
        if (!rig_find(r, segment)) {
            char cue[32];
            snprintf(cue, sizeof(cue), "%s%d", name, i);
            rig_cue own = {AIZU_SECOND, cue};
            rig_put_segment(
                r, segment,
                &(rig_segment){.ticks = (10 + 2 * i) * RIG_TICKS_SECOND, .cues = &own, .cue_count = 1});
        }
    }
    if (is_ended)
        snprintf(text + at, sizeof(text) - (size_t)at, "#EXT-X-ENDLIST\n");
    char playlist[96];
    snprintf(playlist, sizeof(playlist), "%s.m3u8", name);
    rig_text(r, playlist, text);
}

/* ---- events ---- */

static rig_event *event_add(rig *r, int64_t time, az_event_type type)
{
    assert_true(r->event_count < RIG_EVENTS);
    rig_event *e = &r->events[r->event_count++];
    *e = (rig_event){.time = time, .serial = ++r->serial, .event = {.type = type, .pts = AIZU_NO_TIME}};
    return e;
}

void rig_feed(rig *r, az_event_type type, az_event event)
{
    event.type = type;
    event.time = r->now;
    assert_int_equal(az_engine_feed(r->engine, &event), AIZU_OK);
}

static void events_of_fetch_drop(rig *r, uint64_t fetch)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->event_count; i++) {
        bool is_of_fetch = r->events[i].event.type == AZ_EVENT_FETCH_END && r->events[i].event.fetch == fetch;
        if (!is_of_fetch)
            r->events[kept++] = r->events[i];
    }
    r->event_count = kept;
}

static void events_of_stream_drop(rig *r, az_stream stream)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->event_count; i++) {
        rig_event *e = &r->events[i];
        bool is_of_stream = e->event.type >= AZ_EVENT_FRAME && e->event.type <= AZ_EVENT_PRESENTED &&
                            e->event.stream == stream;
        if (is_of_stream && e->event.frame)
            frame_back(r, e->event.frame);
        if (is_of_stream && e->event.type == AZ_EVENT_PRESENTED)
            r->frames_queued--;
        if (!is_of_stream)
            r->events[kept++] = *e;
    }
    r->event_count = kept;
}

static void send_data(rig *r, uint64_t fetch, const uint8_t *data, size_t size)
{
    size_t chunk = r->chunk ? r->chunk : AZ_MAX(size, 1);
    for (size_t at = 0; at < size; at += chunk) {
        az_slice slice;
        assert_true(az_slice_copy(&slice, az_span_make(data + at, AZ_MIN(chunk, size - at))));
        rig_feed(r, AZ_EVENT_FETCH_DATA, (az_event){.fetch = fetch, .data = slice});
        az_slice_unref(&slice);
    }
}

/* The part of a body that a request asks for: how much of it there is by now, and in the end. */
static size_t body_now(const rig *r, const rig_event *e, size_t *begin, size_t *end)
{
    const rig_resource *resource = e->resource;
    size_t size = resource->body.size;
    size_t written = size;
    if (resource->whole > r->now)
        written = (size_t)az_rescale((int64_t)size, AZ_MAX(r->now - resource->due, 0),
                                     resource->whole - resource->due);
    *begin = (size_t)AZ_MIN(e->range_offset, size);
    *end = e->range_size > 0 && e->range_size < size - *begin ? *begin + (size_t)e->range_size : size;
    return AZ_MIN(*end, AZ_MAX(written, *begin));
}

/* More of an answer, later. */
static void answer_later(rig *r, const rig_event *e, int64_t time)
{
    assert_true(r->event_count < RIG_EVENTS);
    rig_event *more = &r->events[r->event_count++];
    *more = *e;
    more->time = time;
    more->serial = ++r->serial;
    more->is_answered = true;
}

/* True: that was all of the body. */
static bool answer_body(rig *r, rig_event *e)
{
    const rig_resource *resource = e->resource;
    size_t begin, end;
    size_t now = body_now(r, e, &begin, &end);
    size_t stop = resource->is_stalled ? begin + (end - begin) / 2 : now;
    if (e->sent < stop - begin)
        send_data(r, e->event.fetch, resource->body.data + begin + e->sent, stop - begin - e->sent);
    e->sent = resource->is_endless ? 0 : stop - begin;
    if (resource->is_stalled)
        return false;
    bool is_all = now == end && !resource->is_endless;
    if (!is_all)
        answer_later(r, e, r->now + (resource->is_endless ? AIZU_MILLISECOND : 50 * AIZU_MILLISECOND));
    return is_all;
}

/* A request is answered. */
static void answer(rig *r, rig_event *e)
{
    rig_resource *resource = e->resource;
    uint64_t fetch = e->event.fetch;
    if (resource && resource->write && !e->is_answered)
        resource->write(r, resource, e->query);
    bool is_there = resource && resource->due <= r->now;
    int status = is_there && resource->status ? resource->status : is_there ? 200 : 404;
    aizu_result result = is_there ? resource->result : AIZU_E_NOT_FOUND;
    if (is_there && resource->failures > 0 && resource->requests > resource->failures) {
        status = 200;
        result = AIZU_OK;
    }
    if (status == 200 && e->range_size > 0)
        status = 206;
    if (!e->is_answered)
        rig_feed(r, AZ_EVENT_FETCH_RESPONSE, (az_event){.fetch = fetch, .http_status = status, .size = -1});
    if ((status == 200 || status == 206) && !answer_body(r, e))
        return;
    rig_feed(r, AZ_EVENT_FETCH_END,
             (az_event){.fetch = fetch,
                        .http_status = status,
                        .result = result,
                        .retry_after = resource ? resource->retry_after : 0});
}

static rig_entry *log_add(rig *r, az_action_type type)
{
    assert_true(r->log_count < RIG_LOG_MAX);
    rig_entry *entry = &r->log[r->log_count++];
    *entry = (rig_entry){.type = type, .time = r->now};
    return entry;
}

static void event_carry_out(rig *r, rig_event *e)
{
    if (e->event.type == AZ_EVENT_FETCH_END) {
        answer(r, e);
        return;
    }
    if (e->event.type == AZ_EVENT_PRESENTED) {
        r->frames_queued--;
        r->last_presented = e->event.pts;
        rig_entry *entry = log_add(r, RIG_PRESENTED);
        entry->id = e->event.frame_id;
        entry->pts = e->event.pts;
    }
    rig_feed(r, e->event.type, e->event);
}

/* ---- actions ---- */

static void act_decode(rig *r, az_action *a)
{
    frame *f = malloc(sizeof(*f));
    assert_non_null(f);
    f->magic = FRAME_MAGIC;
    r->frames_out++;
    rig_event *e = event_add(r, r->now + DECODE_TIME, AZ_EVENT_FRAME);
    e->event.stream = a->stream;
    e->event.generation = a->generation;
    e->event.pts = a->unit.pts;
    e->event.duration = a->unit.duration;
    e->event.frame = f;
    e->event.width = e->event.height = 64;
    e = event_add(r, r->now + DECODE_TIME, AZ_EVENT_DECODED);
    e->event.stream = a->stream;
    e->event.generation = a->generation;
    az_slice_unref(&a->unit.data);
}

static void act_present(rig *r, az_action *a, rig_entry *entry)
{
    entry->cue_count = a->cue_count;
    for (size_t i = 0; i < a->cue_count; i++) {
        const aizu_cue *cue = az_cue_public(a->cues[i]);
        size_t used = strlen(entry->text);
        snprintf(entry->text + used, sizeof(entry->text) - used, "%s%s", used ? "," : "",
                 (const char *)cue->data);
        az_cue_unref(&a->cues[i]);
    }
    frame_back(r, a->frame);
    if (r->is_deaf)
        return;
    rig_event *e = event_add(r, AZ_MAX(a->at, r->now), AZ_EVENT_PRESENTED);
    e->event.frame_id = a->frame_id;
    e->event.pts = a->pts;
    r->frames_queued++;
}

static void act_cue(az_action *a, rig_entry *entry)
{
    const aizu_cue *cue = az_cue_public(a->cue);
    entry->id = cue->id;
    entry->pts = cue->pts;
    entry->kind = cue->kind;
    entry->duration = cue->duration;
    entry->phase = a->phase;
    snprintf(entry->key, sizeof(entry->key), "%.63s", cue->key);
    entry->flags = a->cue_flags;
    entry->due = a->due;
    entry->late_by = a->late_by;
    snprintf(entry->text, sizeof(entry->text), "%s", (const char *)cue->data);
    az_cue_unref(&a->cue);
}

static void act_report(const az_report *report, rig_entry *entry)
{
    entry->event = report->type;
    entry->state = report->state;
    entry->position = report->position;
    entry->quality = report->quality;
    entry->rendition = report->rendition;
    if (report->type == AIZU_EVENT_KEY) {
        entry->id = report->key_id;
        snprintf(entry->text, sizeof(entry->text), "%.159s", report->key_url);
    }
    if (report->type != AIZU_EVENT_ERROR)
        return;
    entry->result = report->error.result;
    entry->is_fatal = report->error.is_fatal;
    entry->http_status = report->error.http_status;
    snprintf(entry->text, sizeof(entry->text), "%s", report->error.stage);
}

static void act_fetch(rig *r, const az_action *a, rig_entry *entry)
{
    const char *name = strncmp(a->url, RIG_BASE, strlen(RIG_BASE)) == 0 ? a->url + strlen(RIG_BASE) : a->url;
    char path[96];
    snprintf(path, sizeof(path), "%.*s", (int)strcspn(name, "?"), name);
    rig_resource *resource = rig_find(r, name);
    if (!resource) /* what is asked for in a query makes no difference to most resources */
        resource = rig_find(r, path);
    entry->id = a->fetch;
    entry->range_offset = a->range_offset;
    entry->range_size = a->range_size;
    entry->is_blocking = a->is_blocking;
    snprintf(entry->text, sizeof(entry->text), "%s", name);
    int64_t time = r->now + r->latency;
    const char *query = name + strlen(path) + (name[strlen(path)] == '?');
    if (resource) {
        resource->requests++;
        if (r->bytes_second > 0)
            time += az_rescale((int64_t)resource->body.size, AIZU_SECOND, r->bytes_second);
        if (resource->hold)
            time = AZ_MAX(time, resource->hold(r, resource, query) + r->latency / 2);
        if (!resource->is_impatient)
            time = AZ_MAX(time, resource->due);
    }
    rig_event *e = event_add(r, time, AZ_EVENT_FETCH_END);
    e->event.fetch = a->fetch;
    e->resource = resource;
    e->range_offset = a->range_offset;
    e->range_size = a->range_size;
    snprintf(e->query, sizeof(e->query), "%.95s", query);
}

static void hash_action(rig *r, const az_action *a)
{
    const int64_t words[] = {
        r->now, a->type,     (int64_t)a->fetch,    a->stream, a->generation, (int64_t)a->frame_id, a->pts,
        a->at,  a->unit.pts, (int64_t)a->cue_flags};
    r->hash = az_hash(r->hash, words, sizeof(words));
    if (a->url)
        r->hash = az_hash(r->hash, a->url, strlen(a->url));
}

static void act(rig *r, az_action *a)
{
    hash_action(r, a);
    rig_entry *entry = log_add(r, a->type);
    entry->stream = a->stream;
    entry->generation = a->generation;
    entry->pts = a->type == AZ_ACTION_DECODE ? a->unit.pts : a->pts;
    entry->at = a->at;
    entry->trim = a->trim_begin;
    entry->id = a->frame_id ? a->frame_id : a->fetch;
    switch (a->type) {
    case AZ_ACTION_FETCH:
        act_fetch(r, a, entry);
        break;
    case AZ_ACTION_FETCH_CANCEL:
        events_of_fetch_drop(r, a->fetch);
        break;
    case AZ_ACTION_DECODE:
        act_decode(r, a);
        break;
    case AZ_ACTION_FLUSH:
        events_of_stream_drop(r, a->stream);
        break;
    case AZ_ACTION_DRAIN: {
        rig_event *e = event_add(r, r->now + 2 * DECODE_TIME, AZ_EVENT_DRAINED);
        e->event.stream = a->stream;
        e->event.generation = a->generation;
        break;
    }
    case AZ_ACTION_PRESENT:
        act_present(r, a, entry);
        break;
    case AZ_ACTION_AUDIO:
    case AZ_ACTION_DROP:
        frame_back(r, a->frame);
        break;
    case AZ_ACTION_CUE:
        act_cue(a, entry);
        break;
    case AZ_ACTION_REPORT:
        act_report(a->report, entry);
        break;
    case AZ_ACTION_FETCH_PAUSE:
    case AZ_ACTION_FETCH_RESUME:
    case AZ_ACTION_DECODER:
    case AZ_ACTION_AUDIO_PAUSE:
        break;
    case AZ_ACTION_AUDIO_START:
        entry->rate = a->rate;
        break;
    case AZ_ACTION_THUMBNAIL:
        entry->has_frame = a->frame != NULL;
        if (a->frame)
            frame_back(r, a->frame);
        break;
    }
}

/* ---- time ---- */

static void settle(rig *r)
{
    int runs = 0;
    do {
        az_action action;
        az_engine_run(r->engine, r->now);
        while (az_engine_take(r->engine, &action) == AIZU_OK)
            act(r, &action);
        if (++runs == RUNS_MAX)
            fail_msg("the engine asks to be run again and again");
    } while (az_engine_deadline(r->engine) <= r->now);
}

static size_t event_first(const rig *r)
{
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < r->event_count; i++) {
        const rig_event *e = &r->events[i];
        if (first == SIZE_MAX || e->time < r->events[first].time ||
            (e->time == r->events[first].time && e->serial < r->events[first].serial))
            first = i;
    }
    return first;
}

void rig_run(rig *r, int64_t duration)
{
    int64_t end = r->now + duration;
    settle(r);
    for (;;) {
        size_t first = event_first(r);
        int64_t next = first == SIZE_MAX ? AZ_NEVER : r->events[first].time;
        next = AZ_MIN(next, az_engine_deadline(r->engine));
        if (next > end)
            break;
        r->now = AZ_MAX(r->now, next);
        if (first != SIZE_MAX && r->events[first].time <= r->now) {
            rig_event e = r->events[first];
            r->event_count--;
            memmove(&r->events[first], &r->events[first + 1], (r->event_count - first) * sizeof(e));
            event_carry_out(r, &e);
        }
        settle(r);
    }
    r->now = end;
    settle(r);
}

az_snapshot rig_snapshot(const rig *r)
{
    az_snapshot snapshot;
    az_engine_snapshot(r->engine, &snapshot);
    return snapshot;
}

void rig_load(rig *r, const char *name)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", RIG_BASE, name);
    rig_feed(r, AZ_EVENT_LOAD, (az_event){.url = url, .pts = AIZU_NO_TIME});
}

void rig_play(rig *r)
{
    rig_feed(r, AZ_EVENT_PLAY, (az_event){0});
}

void rig_pause(rig *r)
{
    rig_feed(r, AZ_EVENT_PAUSE, (az_event){0});
}

void rig_seek(rig *r, int64_t pts)
{
    rig_feed(r, AZ_EVENT_SEEK, (az_event){.pts = pts});
}

void rig_stop(rig *r)
{
    rig_feed(r, AZ_EVENT_STOP, (az_event){0});
}

/* ---- the log ---- */

const rig_entry *rig_nth(const rig *r, az_action_type type, size_t from, size_t n)
{
    for (size_t i = from; i < r->log_count; i++)
        if (r->log[i].type == type && n-- == 0)
            return &r->log[i];
    return NULL;
}

const rig_entry *rig_report(const rig *r, aizu_event_type event, size_t from, size_t n)
{
    for (size_t i = from; i < r->log_count; i++)
        if (r->log[i].type == AZ_ACTION_REPORT && r->log[i].event == event && n-- == 0)
            return &r->log[i];
    return NULL;
}

const rig_entry *rig_error(const rig *r, aizu_result result)
{
    for (size_t i = 0; i < r->log_count; i++)
        if (r->log[i].type == AZ_ACTION_REPORT && r->log[i].event == AIZU_EVENT_ERROR &&
            r->log[i].result == result)
            return &r->log[i];
    return NULL;
}

const rig_entry *rig_cue_entry(const rig *r, const char *text, size_t from)
{
    for (size_t i = from; i < r->log_count; i++)
        if (r->log[i].type == AZ_ACTION_CUE && strcmp(r->log[i].text, text) == 0)
            return &r->log[i];
    return NULL;
}

const rig_entry *rig_fetch_of(const rig *r, const char *name, size_t n)
{
    for (size_t i = 0; i < r->log_count; i++)
        if (r->log[i].type == AZ_ACTION_FETCH && strcmp(r->log[i].text, name) == 0 && n-- == 0)
            return &r->log[i];
    return NULL;
}

size_t rig_count(const rig *r, az_action_type type, size_t from)
{
    size_t count = 0;
    for (size_t i = from; i < r->log_count; i++)
        count += r->log[i].type == type;
    return count;
}

size_t rig_errors(const rig *r, bool only_fatal)
{
    size_t count = 0;
    for (size_t i = 0; i < r->log_count; i++)
        count += r->log[i].type == AZ_ACTION_REPORT && r->log[i].event == AIZU_EVENT_ERROR &&
                 (r->log[i].is_fatal || !only_fatal);
    return count;
}

size_t rig_fetches(const rig *r, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < r->log_count; i++) {
        const char *text = r->log[i].text;
        size_t path = strcspn(text, "?");
        count += r->log[i].type == AZ_ACTION_FETCH && strlen(name) == path && strncmp(text, name, path) == 0;
    }
    return count;
}
