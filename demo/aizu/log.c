/*
 * JSON lines about everything that happens in a session; see log.h. The fields are stable: docs/aizu.md
 * documents them for test teams, and they only grow.
 */
#define _POSIX_C_SOURCE 200809L

#include "log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

const char *log_state_name(aizu_state state)
{
    switch (state) {
    case AIZU_STATE_IDLE:
        return "idle";
    case AIZU_STATE_READY:
        return "ready";
    case AIZU_STATE_BUFFERING:
        return "buffering";
    case AIZU_STATE_PLAYING:
        return "playing";
    case AIZU_STATE_ENDED:
        return "ended";
    }
    return "unknown";
}

static const char *kind_name(aizu_cue_kind kind)
{
    switch (kind) {
    case AIZU_CUE_ID3:
        return "id3";
    case AIZU_CUE_EMSG:
        return "emsg";
    case AIZU_CUE_DATERANGE:
        return "daterange";
    case AIZU_CUE_SCTE35:
        return "scte35";
    case AIZU_CUE_SEI:
        return "sei";
    case AIZU_CUE_TEXT:
        return "text";
    }
    return "unknown";
}

static const char *phase_name(aizu_cue_phase phase)
{
    switch (phase) {
    case AIZU_CUE_RECEIVED:
        return "received";
    case AIZU_CUE_START:
        return "start";
    case AIZU_CUE_END:
        return "end";
    }
    return "unknown";
}

bool log_open(event_log *out, const char *path)
{
    *out = (event_log){.load = aizu_now()};
    pthread_mutex_init(&out->lock, NULL);
    if (!path)
        return true;
    out->is_own = strcmp(path, "-") != 0;
    out->file = out->is_own ? fopen(path, "we") : stdout;
    if (!out->file)
        fprintf(stderr, "aizu: cannot write %s: %s\n", path, strerror(errno));
    return out->file != NULL;
}

void log_close(event_log *l)
{
    if (l->file && l->is_own)
        fclose(l->file);
    l->file = NULL;
    pthread_mutex_destroy(&l->lock);
}

/* Times go out with a microsecond; more digits are noise, fewer would hide what is measured. */
static json_t *seconds(int64_t time)
{
    return time == AIZU_NO_TIME ? json_null() : json_real(round(aizu_seconds(time) * 1e6) / 1e6);
}

static json_t *milliseconds(int64_t time)
{
    return json_real(round((double)time / 1e3) / 1e3);
}

static json_t *begin(const event_log *l, const char *event, int64_t now)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    json_t *line = json_object();
    json_object_set_new(line, "t", seconds(now - l->load));
    json_object_set_new(line, "wall", seconds((int64_t)wall.tv_sec * AIZU_SECOND + wall.tv_nsec));
    json_object_set_new(line, "event", json_string(event));
    return line;
}

static void write_line(event_log *l, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (text) {
        pthread_mutex_lock(&l->lock);
        fputs(text, l->file);
        fputc('\n', l->file);
        fflush(l->file);
        pthread_mutex_unlock(&l->lock);
    }
    free(text);
    json_decref(line);
}

/* ---- cues ---- */

static void say_cue(const event_log *l, const aizu_cue *cue, int64_t now)
{
    bool is_text = text_is_utf8(cue->data, cue->size);
    printf("%9.3f  cue %s %s %s%s%s", aizu_seconds(now - l->load), kind_name(cue->kind), cue->name, cue->key,
           cue->flags & AIZU_CUE_LATE ? " (late)" : "", cue->flags & AIZU_CUE_SKIPPED ? " (skipped)" : "");
    if (is_text)
        printf(": %.*s\n", (int)cue->size, (const char *)cue->data);
    else
        printf(": %zu bytes\n", cue->size);
    fflush(stdout);
}

void log_cue(event_log *l, const aizu_cue *cue, int64_t now)
{
    if (!l->file) {
        say_cue(l, cue, now);
        return;
    }
    json_t *line = begin(l, "cue", now);
    json_object_set_new(line, "id", json_integer((json_int_t)cue->id));
    json_object_set_new(line, "kind", json_string(kind_name(cue->kind)));
    json_object_set_new(line, "phase", json_string(phase_name(cue->phase)));
    json_object_set_new(line, "key", json_string(cue->key));
    json_object_set_new(line, "name", json_string(cue->name));
    json_object_set_new(line, "pts", seconds(cue->pts));
    json_object_set_new(line, "duration", seconds(cue->duration));
    json_object_set_new(line, "pdt", seconds(cue->wall));
    bool is_shown = cue->due != AIZU_NO_TIME;
    json_object_set_new(line, "due", is_shown ? seconds(cue->due - l->load) : json_null());
    json_object_set_new(line, "error_ms", is_shown ? milliseconds(now - cue->due) : json_null());
    json_object_set_new(line, "late", json_boolean(cue->flags & AIZU_CUE_LATE));
    json_object_set_new(line, "skipped", json_boolean(cue->flags & AIZU_CUE_SKIPPED));
    json_object_set_new(line, "replay", json_boolean(cue->flags & AIZU_CUE_REPLAY));
    if (cue->flags & AIZU_CUE_LATE)
        json_object_set_new(line, "late_ms", milliseconds(cue->late_by));
    text_add_payload(line, cue->data, cue->size);
    write_line(l, line);
}

/* ---- events ---- */

static void add_quality(json_t *line, const aizu_player *player, int index)
{
    aizu_quality quality = {.size_struct = sizeof(quality)};
    json_object_set_new(line, "index", json_integer(index));
    if (aizu_player_get_quality(player, index, &quality) != AIZU_OK)
        return;
    json_object_set_new(line, "name", json_string(quality.name));
    json_object_set_new(line, "bandwidth", json_integer(quality.bandwidth));
    json_object_set_new(line, "width", json_integer(quality.width));
    json_object_set_new(line, "height", json_integer(quality.height));
    json_object_set_new(line, "frame_rate", json_real(quality.frame_rate));
    json_object_set_new(line, "codecs", json_string(quality.codecs));
}

static void add_error(json_t *line, const aizu_error *error)
{
    json_object_set_new(line, "result", json_string(aizu_result_name(error->result)));
    json_object_set_new(line, "fatal", json_boolean(error->is_fatal));
    json_object_set_new(line, "stage", json_string(error->stage));
    json_object_set_new(line, "url", json_string(error->url));
    json_object_set_new(line, "http_status", json_integer(error->http_status));
    json_object_set_new(line, "segment", json_integer(error->segment));
    json_object_set_new(line, "position", seconds(error->position));
    json_object_set_new(line, "detail", json_string(error->detail));
}

static void say_event(const event_log *l, const aizu_event *event, int64_t now)
{
    double t = aizu_seconds(now - l->load);
    if (event->type == AIZU_EVENT_STATE)
        printf("%9.3f  %s\n", t, log_state_name(event->state));
    else if (event->type == AIZU_EVENT_ERROR)
        printf("%9.3f  %s: %s: %s %s\n", t, aizu_result_name(event->error->result), event->error->stage,
               event->error->detail, event->error->url);
    else if (event->type == AIZU_EVENT_QUALITY)
        printf("%9.3f  quality %d\n", t, event->quality);
    else if (event->type == AIZU_EVENT_STALL)
        printf("%9.3f  stall\n", t);
    fflush(stdout);
}

static const char *event_name(aizu_event_type type)
{
    switch (type) {
    case AIZU_EVENT_STATE:
        return "state";
    case AIZU_EVENT_DURATION:
        return "duration";
    case AIZU_EVENT_QUALITIES:
        return "qualities";
    case AIZU_EVENT_QUALITY:
        return "quality";
    case AIZU_EVENT_FIRST_FRAME:
        return "first_frame";
    case AIZU_EVENT_FRAME:
        return "frame";
    case AIZU_EVENT_SEEKED:
        return "seek";
    case AIZU_EVENT_STALL:
        return "stall";
    case AIZU_EVENT_ERROR:
        return "error";
    case AIZU_EVENT_INPUT:
        return "input";
    case AIZU_EVENT_RENDITIONS:
        return "renditions";
    case AIZU_EVENT_RENDITION:
        return "rendition";
    case AIZU_EVENT_THUMBNAIL:
        return "thumbnail";
    case AIZU_EVENT_KEY:
        return "key";
    }
    return "unknown";
}

static void add_qualities(json_t *line, const aizu_player *player)
{
    json_t *list = json_array();
    int count = aizu_player_quality_count(player);
    for (int i = 0; i < count; i++) {
        json_t *quality = json_object();
        add_quality(quality, player, i);
        json_array_append_new(list, quality);
    }
    json_object_set_new(line, "list", list);
}

void log_event(event_log *l, const aizu_event *event, const aizu_player *player, int64_t now)
{
    if (!l->file) {
        say_event(l, event, now);
        return;
    }
    json_t *line = begin(l, event_name(event->type), now);
    json_object_set_new(line, "at", seconds(event->time - l->load));
    switch (event->type) {
    case AIZU_EVENT_STATE:
        json_object_set_new(line, "state", json_string(log_state_name(event->state)));
        json_object_set_new(line, "position", seconds(event->position));
        break;
    case AIZU_EVENT_DURATION:
        json_object_set_new(line, "duration", seconds(event->position));
        break;
    case AIZU_EVENT_FIRST_FRAME:
    case AIZU_EVENT_FRAME:
        json_object_set_new(line, "pts", seconds(event->position));
        break;
    case AIZU_EVENT_SEEKED:
    case AIZU_EVENT_STALL:
        json_object_set_new(line, "position", seconds(event->position));
        break;
    case AIZU_EVENT_QUALITIES:
        add_qualities(line, player);
        break;
    case AIZU_EVENT_QUALITY:
        add_quality(line, player, event->quality);
        break;
    case AIZU_EVENT_ERROR:
        add_error(line, event->error);
        break;
    case AIZU_EVENT_RENDITIONS:
    case AIZU_EVENT_KEY:
        break;
    case AIZU_EVENT_THUMBNAIL:
        json_object_set_new(line, "position", seconds(event->position));
        if (event->thumbnail) {
            json_object_set_new(line, "pts", seconds(event->thumbnail->pts));
            json_object_set_new(line, "width", json_integer(event->thumbnail->width));
            json_object_set_new(line, "height", json_integer(event->thumbnail->height));
        }
        break;
    case AIZU_EVENT_RENDITION:
        json_object_set_new(line, "kind",
                            json_string(event->rendition_kind == AIZU_RENDITION_AUDIO ? "audio" : "text"));
        json_object_set_new(line, "index", json_integer(event->rendition));
        break;
    case AIZU_EVENT_INPUT:
        json_object_set_new(line, "key", json_string(event->input_key ? event->input_key : "close"));
        break;
    }
    write_line(l, line);
}

void log_stats(event_log *l, const aizu_player *player, int64_t now)
{
    aizu_stats s = {.size_struct = sizeof(s)};
    if (!l->file || aizu_player_get_stats(player, &s) != AIZU_OK)
        return;
    json_t *line = begin(l, "stats", now);
    json_object_set_new(line, "position", seconds(aizu_player_position(player)));
    json_object_set_new(line, "live_latency", seconds(aizu_player_live_latency(player)));
    json_object_set_new(line, "first_frame_delay", seconds(s.first_frame_delay));
    json_object_set_new(line, "stall_duration", seconds(s.stall_duration));
    json_object_set_new(line, "buffered_ahead", seconds(s.buffered_ahead));
    const struct {
        const char *name;
        uint64_t value;
    } counters[] = {
        {"buffered_bytes", s.buffered_bytes},
        {"bytes_received", s.bytes_received},
        {"requests", s.requests},
        {"requests_failed", s.requests_failed},
        {"throughput", (uint64_t)s.throughput},
        {"frames_presented", s.frames_presented},
        {"frames_dropped", s.frames_dropped},
        {"frames_corrupt", s.frames_corrupt},
        {"stalls", s.stalls},
        {"quality_switches", s.quality_switches},
        {"cues_received", s.cues_received},
        {"cues_delivered", s.cues_delivered},
        {"cues_late", s.cues_late},
        {"cues_skipped", s.cues_skipped},
        {"cue_copies", s.cue_copies},
        {"width", (uint64_t)s.width},
        {"height", (uint64_t)s.height},
    };
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        json_object_set_new(line, counters[i].name, json_integer((json_int_t)counters[i].value));
    write_line(l, line);
}

void log_end(event_log *l, const char *reason, int status, int64_t now)
{
    if (!l->file) {
        printf("%9.3f  %s\n", aizu_seconds(now - l->load), reason);
        return;
    }
    json_t *line = begin(l, "end", now);
    json_object_set_new(line, "reason", json_string(reason));
    json_object_set_new(line, "status", json_integer(status));
    write_line(l, line);
}
