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
    if (cue->kind == AIZU_CUE_TEXT && cue->phase == AIZU_CUE_END)
        return; /* people see that it is over */
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

static const char *rendition_kind_name(aizu_rendition_kind kind)
{
    return kind == AIZU_RENDITION_AUDIO ? "audio" : "text";
}

/* Those of one that is not there are left out. */
static void add_rendition(json_t *line, const aizu_player *player, aizu_rendition_kind kind, int index)
{
    aizu_rendition rendition = {.size_struct = sizeof(rendition)};
    json_object_set_new(line, "kind", json_string(rendition_kind_name(kind)));
    json_object_set_new(line, "index", index < 0 ? json_null() : json_integer(index));
    if (aizu_player_get_rendition(player, kind, index, &rendition) != AIZU_OK)
        return;
    json_object_set_new(line, "name", json_string(rendition.name));
    json_object_set_new(line, "language", json_string(rendition.language));
    json_object_set_new(line, "channels", json_string(rendition.channels));
    json_object_set_new(line, "characteristics", json_string(rendition.characteristics));
    json_object_set_new(line, "default", json_boolean(rendition.is_default));
    json_object_set_new(line, "autoselect", json_boolean(rendition.is_autoselect));
    json_object_set_new(line, "forced", json_boolean(rendition.is_forced));
    json_object_set_new(line, "caption", json_boolean(rendition.is_caption));
}

static void add_renditions(json_t *line, const aizu_player *player)
{
    json_t *list = json_array();
    for (int kind = AIZU_RENDITION_AUDIO; kind <= AIZU_RENDITION_TEXT; kind++) {
        int count = aizu_player_rendition_count(player, (aizu_rendition_kind)kind);
        for (int i = 0; i < count; i++) {
            json_t *rendition = json_object();
            add_rendition(rendition, player, (aizu_rendition_kind)kind, i);
            json_array_append_new(list, rendition);
        }
    }
    json_object_set_new(line, "list", list);
}

static void add_thumbnail(json_t *line, const aizu_event *event)
{
    const aizu_frame *picture = event->thumbnail;
    json_object_set_new(line, "position", seconds(event->position));
    json_object_set_new(line, "pts", picture ? seconds(picture->pts) : json_null());
    json_object_set_new(line, "width", json_integer(picture ? picture->width : 0));
    json_object_set_new(line, "height", json_integer(picture ? picture->height : 0));
}

/* A key's URL without what may be a secret: user information, query, fragment. */
static void add_key(json_t *line, const aizu_event *event)
{
    const char *scheme_end = strstr(event->key_url, "://");
    const char *host = scheme_end ? scheme_end + 3 : event->key_url;
    const char *user = memchr(host, '@', strcspn(host, "/?#"));
    int scheme_size = (int)(host - event->key_url);
    host = user ? user + 1 : host;
    char url[AIZU_URL_SIZE_MAX];
    snprintf(url, sizeof(url), "%.*s%.*s", scheme_size, event->key_url, (int)strcspn(host, "?#"), host);
    json_object_set_new(line, "id", json_integer((json_int_t)event->key_id));
    json_object_set_new(line, "url", json_string(url));
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

static void say_rendition(double t, const aizu_event *event, const aizu_player *player)
{
    aizu_rendition rendition = {.size_struct = sizeof(rendition)};
    const char *name = "off";
    if (aizu_player_get_rendition(player, event->rendition_kind, event->rendition, &rendition) == AIZU_OK)
        name = rendition.name[0] ? rendition.name : rendition.language;
    printf("%9.3f  %s: %s\n", t, rendition_kind_name(event->rendition_kind), name);
}

static void say_event(const event_log *l, const aizu_event *event, const aizu_player *player, int64_t now)
{
    double t = aizu_seconds(now - l->load);
    if (event->type == AIZU_EVENT_STATE)
        printf("%9.3f  %s\n", t, log_state_name(event->state));
    else if (event->type == AIZU_EVENT_ERROR)
        printf("%9.3f  %s: %s: %s %s\n", t, aizu_result_name(event->error->result), event->error->stage,
               event->error->detail, event->error->url);
    else if (event->type == AIZU_EVENT_QUALITY)
        printf("%9.3f  quality %d\n", t, event->quality);
    else if (event->type == AIZU_EVENT_RENDITION)
        say_rendition(t, event, player);
    else if (event->type == AIZU_EVENT_THUMBNAIL)
        printf("%9.3f  thumbnail: %s\n", t, event->thumbnail ? "a picture" : "none");
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
        say_event(l, event, player, now);
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
        add_renditions(line, player);
        break;
    case AIZU_EVENT_RENDITION:
        add_rendition(line, player, event->rendition_kind, event->rendition);
        break;
    case AIZU_EVENT_THUMBNAIL:
        add_thumbnail(line, event);
        break;
    case AIZU_EVENT_KEY:
        add_key(line, event);
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
    json_object_set_new(line, "rate", json_real(aizu_player_rate(player)));
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
