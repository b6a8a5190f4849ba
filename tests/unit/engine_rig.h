/*
 * A small driver for tests of the engine: a virtual clock, an origin that answers what the test put there,
 * decoders and a screen that work at once, and a log of all that the engine asked for. No policy.
 */
#ifndef AZ_TESTS_ENGINE_RIG_H
#define AZ_TESTS_ENGINE_RIG_H

#include "engine/engine.h"
#include "ts_writer.h"

#define RIG_BASE         "http://a.example/"
#define RIG_FRAME        (AIZU_SECOND / 25)
#define RIG_RESOURCES    1024
#define RIG_EVENTS       4096
#define RIG_LOG_MAX      65536
#define RIG_PRESENTED    ((az_action_type)100) /* in the log: a frame reached the screen */
#define RIG_TICKS_SECOND INT64_C(90000)

typedef struct rig rig;
typedef struct rig_resource rig_resource;

/* What the origin has under a URL. Ranges of it are answered with 206. */
struct rig_resource {
    char name[96]; /* after RIG_BASE */
    ts_bytes body;
    int status;         /* 0: 200 */
    aizu_result result; /* of the transfer */
    int64_t retry_after;
    int failures;    /* so many requests fail with status and result, then it answers */
    bool is_stalled; /* half of it comes, and then nothing */
    bool is_endless; /* the body comes again and again */
    int requests;
    /* A live origin: before `due` a request waits, or is answered with 404; from `due` to `whole` the body is
     * being written and comes as it grows. Of the rig's clock; 0: it is there. */
    int64_t due, whole;
    bool is_impatient;
    /* Until when a request for these directives is held back (as `due`), and what its answer is then. */
    int64_t (*hold)(rig *r, const rig_resource *resource, const char *query);
    void (*write)(rig *r, rig_resource *resource, const char *query);
};

typedef struct rig_entry {
    az_action_type type;
    int64_t time;
    int64_t pts, at;
    uint64_t id; /* cue, frame or fetch */
    size_t cue_count;
    aizu_cue_kind kind;
    aizu_cue_phase phase;
    unsigned flags;
    int64_t duration; /* of a cue */
    char key[64];
    int64_t due, late_by;
    az_stream stream;
    uint32_t generation;
    int64_t trim;
    aizu_event_type event;
    aizu_state state;
    int64_t position;
    int quality;
    int rendition;
    double rate;
    uint64_t range_offset, range_size;
    bool is_blocking;
    bool has_frame; /* a thumbnail */
    aizu_result result;
    bool is_fatal;
    int http_status;
    char text[160]; /* URL after the base, payload of a cue, stage of an error */
} rig_entry;

typedef struct rig_event {
    int64_t time;
    uint64_t serial;
    az_event event;
    rig_resource *resource; /* of a request that ends now */
    size_t sent;            /* bytes of its answer */
    bool is_answered;
    uint64_t range_offset, range_size;
    char query[96];
} rig_event;

struct rig {
    az_engine_config config;
    az_engine *engine;
    int64_t now;
    int64_t latency;      /* of a request, ns */
    int64_t bytes_second; /* 0: at once */
    size_t chunk;         /* bytes of one data event, 0: all */
    bool is_deaf;         /* the screen never says that it showed a frame */
    rig_resource resources[RIG_RESOURCES];
    size_t resource_count;
    rig_event *events;
    size_t event_count;
    uint64_t serial;
    rig_entry *log;
    size_t log_count;
    size_t frames_out;    /* handed to the engine and not back yet */
    size_t frames_queued; /* on the screen's queue */
    uint64_t hash;        /* of all actions */
    int64_t last_presented;
    void *user; /* the test's */
};

/* A cue in a segment: ns after the segment's beginning. */
typedef struct rig_cue {
    int64_t offset;
    const char *text;
} rig_cue;

/* Captions of CEA-608: a pair of bytes, without parity, in the picture of a frame. */
typedef struct rig_caption {
    int frame;
    uint8_t pair[2];
} rig_caption;

typedef struct rig_segment {
    int64_t ticks; /* of its first frame */
    int frames;    /* 0: 50, which is two seconds */
    bool has_audio;
    size_t frame_size; /* 0: 100 */
    const rig_cue *cues;
    size_t cue_count;
    const rig_caption *captions;
    size_t caption_count;
} rig_segment;

rig *rig_create(void); /* config may be changed before rig_start() */
void rig_start(rig *r);
void rig_destroy(rig *r); /* fails when a frame did not come back */

rig_resource *rig_find(rig *r, const char *name);
rig_resource *rig_put(rig *r, const char *name, const void *data, size_t size);
rig_resource *rig_text(rig *r, const char *name, const char *text);
rig_resource *rig_put_segment(rig *r, const char *name, const rig_segment *segment);

/* The same segment, and its parts of `part_frames` frames each as NAME.0, NAME.1 ... */
void rig_put_parts(rig *r, const char *name, const rig_segment *segment, int part_frames);

/* Fragmented MP4 (engine_rig_fmp4.c): an initialisation section with a video track of 90 kHz, clear or with
 * samples encrypted as "cenc"; and a segment of it, whose cues become event messages. */
typedef struct rig_emsg {
    int version;
    const char *scheme, *value;
    uint32_t id;
    int64_t ticks; /* of 90 kHz: from the segment's first picture with version 0, of its clock with 1 */
    uint32_t duration;
    const void *data;
    size_t size;
} rig_emsg;

rig_resource *rig_put_map(rig *r, const char *name, bool is_encrypted);
rig_resource *rig_put_fragment(rig *r, const char *name, int64_t ticks, int frames, const rig_emsg *emsg);

/* A recording of `count` segments of two seconds: NAME.m3u8, NAME0.ts ..., timestamps from 10 s. */
void rig_put_vod(rig *r, const char *name, int count, const rig_cue *cues, size_t cue_count);

/* A live playlist NAME.m3u8 that lists segments first .. first + count - 1, written as they are listed. */
void rig_put_live(rig *r, const char *name, int first, int count, bool is_ended);

void rig_feed(rig *r, az_event_type type, az_event event);
void rig_load(rig *r, const char *name);
void rig_play(rig *r);
void rig_pause(rig *r);
void rig_seek(rig *r, int64_t pts);
void rig_stop(rig *r);

void rig_run(rig *r, int64_t duration);
az_snapshot rig_snapshot(const rig *r);

/* The n-th entry of a kind from an index on; NULL for none. */
const rig_entry *rig_nth(const rig *r, az_action_type type, size_t from, size_t n);
const rig_entry *rig_report(const rig *r, aizu_event_type event, size_t from, size_t n);
const rig_entry *rig_error(const rig *r, aizu_result result);
const rig_entry *rig_cue_entry(const rig *r, const char *text, size_t from);
const rig_entry *rig_fetch_of(const rig *r, const char *name, size_t n);
size_t rig_count(const rig *r, az_action_type type, size_t from);
size_t rig_errors(const rig *r, bool only_fatal);
size_t rig_fetches(const rig *r, const char *name); /* of a URL, whatever its query */

#endif
