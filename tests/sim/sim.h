/*
 * The simulator: a driver for the engine with a virtual clock. Everything outside the engine is a model that
 * follows from one seed: origin (world.c, origin.c), network (network.c), decoders and sinks (output.c),
 * viewer (viewer.c). The checker (check.c, check_cue.c) knows the truth and looks at what a user would
 * notice. driver.c carries events and actions between them. See docs/internals/simulator.md.
 *
 * Three scales of time: `now` is virtual monotonic time, ns; true time is the channel's media timeline,
 * ticks of 90 kHz without gaps or wraps ("ticks"); pts is what the engine says, ns.
 */
#ifndef AZ_SIM_SIM_H
#define AZ_SIM_SIM_H

#include <stdio.h>

#include "base/base.h"
#include "base/random.h"
#include "engine/engine.h"

#define TICKS_PER_SECOND 90000
#define VARIANTS_MAX     4
#define SOUND            VARIANTS_MAX /* the rendition of sound, where a variant is asked for */
#define SOURCES_MAX      (VARIANTS_MAX + 1)
#define URL_BASE         "https://origin.example/live/"

/* ---- options (main.c) ---- */

typedef enum sim_defect {
    DEFECT_NONE = 0,
    DEFECT_CUE_LOST,        /* a cue action is not carried out */
    DEFECT_CUE_EARLY,       /* a cue is called back when its frame is handed to the output */
    DEFECT_CUE_HELD,        /* a cue is called back 300 ms after the action */
    DEFECT_CUE_TWICE,       /* a cue is called back twice */
    DEFECT_CUE_SWAPPED,     /* two cues of different times change places */
    DEFECT_CUE_CHANGED,     /* a payload is not what was sent */
    DEFECT_CUE_ID,          /* a replayed cue has another id */
    DEFECT_CUE_FLAGS,       /* flags are not handed on */
    DEFECT_PRESENT_UNTOLD,  /* a frame is shown 400 ms later than the engine is told */
    DEFECT_FRAME_LEAK,      /* a frame that came back is handed in again */
    DEFECT_FRAME_REPEAT,    /* a frame is shown twice */
    DEFECT_POSITION_BACK,   /* a getter goes back */
    DEFECT_SINK_DEAD,       /* the output never tells of a presentation any more */
    DEFECT_FETCH_FORGOTTEN, /* a cancelled fetch goes on for the driver */
    DEFECT_NOISE,           /* something that does not follow from the seed */
    DEFECTS,
} sim_defect;

const char *sim_defect_name(sim_defect defect);

typedef struct sim_options {
    uint64_t seed;
    int64_t duration; /* virtual ns */
    bool is_live_day; /* a live channel all day */
    bool is_verbose;
    int64_t verbose_from; /* virtual ns */
    sim_defect defect;
    uint64_t noise; /* DEFECT_NOISE */
    FILE *out;      /* violations and trace; NULL: silent */
} sim_options;

typedef struct sim_result {
    uint64_t hash; /* of all actions */
    uint64_t violations;
    int64_t simulated;
    uint64_t steps, actions;
    uint64_t cues_expected, cues_delivered, cues_late, cues_skipped, cues_replayed;
    uint64_t frames, loads, seeks, switches, stalls, fatal_errors, fetches;
    int64_t stall_time, play_time; /* of the time that the viewer wanted to play */
    uint64_t faults[16];           /* by sim_fault */
} sim_result;

/* ---- queue.c: what will happen ---- */

typedef enum sim_event_type {
    SIM_REQUEST = 1, /* a request's next step */
    SIM_UNIT,        /* a decoder has worked off its next unit */
    SIM_PRESENT,     /* a queued frame reaches the screen */
    SIM_AUDIO_CLOCK, /* the sound device tells where it is */
    SIM_VIEWER,      /* the viewer does something */
    SIM_FAULT,       /* a fault window begins or ends */
    SIM_HELD_CUE,    /* DEFECT_CUE_HELD */
} sim_event_type;

typedef struct sim_event {
    int64_t time;
    uint64_t order; /* ties: first come, first served */
    sim_event_type type;
    uint32_t index; /* slot, stream */
    uint64_t serial;
} sim_event;

typedef struct sim_queue {
    sim_event *items;
    size_t count, capacity;
    uint64_t order;
} sim_queue;

void sim_queue_push(sim_queue *queue, int64_t time, sim_event_type type, uint32_t index, uint64_t serial);
bool sim_queue_pop(sim_queue *queue, int64_t now, sim_event *event); /* the next one up to now */
int64_t sim_queue_next(const sim_queue *queue);                      /* AZ_NEVER: empty */

/* ---- world.c: the channel, and the truth about it ---- */

typedef enum world_kind {
    WORLD_VOD = 0,
    WORLD_EVENT,
    WORLD_LIVE,
} world_kind;

typedef struct world_segment {
    int64_t frame; /* the first one; frames are numbered from 0 over the channel's life */
    int32_t frame_count;
    uint32_t domain;
    uint32_t cue, cue_count; /* that its bytes carry */
    int64_t wall;            /* programme date-time */
} world_segment;

typedef struct world_cue {
    int64_t time;    /* ticks */
    uint32_t number; /* of its text */
    uint32_t segment;
    int32_t slot; /* frame of the segment before whose bytes it stands; frame_count: at the end */
} world_cue;

typedef struct world_domain {
    int64_t begin; /* ticks, true */
    int64_t media; /* the timestamp there, 33 bits */
} world_domain;

typedef struct world {
    world_kind kind;
    az_random random;
    uint64_t salt;
    int variant_count;
    bool is_plain; /* a media playlist alone */
    bool has_wall;
    bool has_audio;
    bool has_own_texts;
    bool has_sound_lane;     /* sound is a rendition of its own */
    int part_frames;         /* of a part of low latency, 0: there are none */
    int64_t target;          /* ns */
    int64_t ticks_per_frame; /* constant over the channel */
    int64_t segment_total;   /* VOD, EVENT: how many there will be; LIVE: INT64_MAX */
    uint64_t sequence_first; /* media sequence number of segment 0 */
    int window;              /* segments in a live playlist */
    int64_t lead;            /* media that is there at time 0, ns */
    int64_t wall_begin;      /* Unix time of true time 0 */
    int64_t wall_shift;      /* media that was lost at the encoder so far, ns */
    bool is_cut;             /* the next segment begins a new domain */
    uint32_t discontinuity_in_million;
    uint32_t cue_in_million; /* a frame */
    int frame_packets[VARIANTS_MAX];
    int64_t bandwidth[VARIANTS_MAX];   /* bits per second, as declared */
    int playlist_lag[SOURCES_MAX];     /* segments that a variant is behind */
    int bandwidth_order[VARIANTS_MAX]; /* position in the multivariant playlist */
    world_segment *segments;
    size_t segment_count, segment_capacity;
    world_cue *cues;
    size_t cue_count, cue_capacity;
    world_domain *domains;
    size_t domain_count, domain_capacity;
} world;

/* has_own_texts: no cue's text is sent again at another time. */
void world_init(world *w, uint64_t seed, bool is_live_day, bool has_own_texts);
void world_deinit(world *w);
/* Makes segments until one ends after `ticks` or the channel ends. */
void world_extend(world *w, int64_t ticks);
size_t world_segment_at(const world *w, int64_t ticks);      /* the index; the last for later times */
int64_t world_segment_begin(const world *w, size_t segment); /* ticks */
int64_t world_segment_end(const world *w, size_t segment);   /* ticks */
int64_t world_media_time(const world *w, size_t segment, int64_t ticks); /* 33-bit timestamp */
int world_cue_text(const world *w, const world_cue *cue, char *out, size_t size);
int world_part_count(const world *w, size_t segment);
int64_t world_part_end(const world *w, size_t segment, int part); /* ticks */
uint64_t world_hash(const world *w, uint64_t a, uint64_t b);      /* a number that follows from the seed */

/* ---- origin.c: what a server answers ---- */

typedef enum resource_kind {
    RESOURCE_UNKNOWN = 0,
    RESOURCE_MULTIVARIANT,
    RESOURCE_MEDIA,
    RESOURCE_SEGMENT,
} resource_kind;

typedef struct resource {
    resource_kind kind;
    int variant;
    uint64_t segment; /* index, not sequence number */
    int part;         /* of it, -1: the whole one */
    bool is_waiting;  /* a playlist that is to have this segment or part */
} resource;

typedef struct segment_cache {
    az_buf *buf;
    uint64_t segment;
    int variant;
    size_t size;
    uint32_t *marks; /* where each frame begins, and the end */
} segment_cache;

typedef struct origin {
    world *world;
    segment_cache cache[64];
    az_buf *list_cache[SOURCES_MAX]; /* of a finished VOD */
    size_t list_size[SOURCES_MAX];
    int64_t stopped;    /* ns that the encoder has stood still so far */
    int64_t stop_begin; /* now it stands still since, or AZ_NEVER */
    int64_t frozen_at;  /* playlists are served as they were at this media time, or AZ_NEVER */
} origin;

void origin_init(origin *o, world *w);
void origin_deinit(origin *o);
resource origin_parse(const origin *o, const char *url);
int64_t origin_media_now(const origin *o, int64_t now); /* ticks that are finished */
/* How long the answer has to wait for what is not there yet, ns. */
int64_t origin_wait(origin *o, resource r, int64_t now);
/* The body, with a reference for the caller; 0 is 200, else the HTTP status. */
int origin_get(origin *o, resource r, int64_t now, az_slice *body);

/* segment.c: the bytes of a segment */
bool segment_write(const world *w, int variant, size_t segment, segment_cache *out);
/* What was written into a video or audio unit; false when it is damaged. */
bool segment_read_unit(az_span bytes, int64_t *number, int *variant);

/* ---- network.c ---- */

typedef enum sim_fault {
    FAULT_CONNECT = 0, /* no connection */
    FAULT_RESET,       /* broken off in the middle */
    FAULT_TRUNCATED,   /* ends early with a good status */
    FAULT_STATUS,      /* 403, 404, 500, 503 */
    FAULT_THROTTLED,   /* 429 with Retry-After */
    FAULT_STALL,       /* no byte any more, for a while or for ever */
    FAULT_HTML,        /* a playlist that is a web page */
    FAULT_GARBAGE,     /* a segment that is noise */
    FAULT_OUTAGE,      /* next to no bandwidth */
    FAULT_STALE,       /* playlists do not change */
    FAULT_STOP,        /* the encoder stops, then goes on where it was */
    FAULT_JUMP,        /* the encoder stops, and what happened meanwhile is lost */
    FAULT_DECODER,     /* units are refused */
    FAULT_SINK,        /* frames are shown late or given up */
    FAULTS,
} sim_fault;

const char *sim_fault_name(sim_fault fault);

typedef struct request {
    uint64_t id; /* 0: the slot is free */
    uint64_t serial;
    resource what;
    char url[256];
    bool is_answered;
    bool is_paused;
    bool is_waiting; /* its chunk was due while it was paused */
    int fault;       /* sim_fault, -1 none */
    int64_t started, last_progress;
    az_slice body;
    size_t sent, chunk, cut; /* cut: where the fault strikes */
    int chunks_left;
} request;

#define REQUESTS_MAX 32

typedef struct network {
    request requests[REQUESTS_MAX];
    uint64_t serial;
    int active;
    uint64_t last_id, ended_id;
    int cut_in_row; /* media playlists */
    int64_t ended_at;
    int64_t bandwidth; /* bytes per second */
    int64_t bandwidth_until;
    int64_t latency;
    int64_t bandwidth_low, bandwidth_high;
    az_random random;
} network;

/* ---- output.c ---- */

typedef struct frame {
    uint64_t magic;
    struct frame *next; /* free list, or the decoder's queue */
    az_stream stream;
    int64_t number; /* true frame number */
    int variant;
    int64_t pts, duration;
    uint64_t frame_id;
    int64_t at;
    bool is_with_engine;
} frame;

typedef struct unit {
    int64_t number, pts, duration;
    int variant;
    uint32_t generation;
    bool is_refused;
} unit;

#define UNITS_MAX 1024 /* in one decoder */

typedef struct decoder {
    bool is_open;
    uint32_t generation;
    uint64_t serial; /* of its scheduled events; grows with each flush */
    unit units[UNITS_MAX];
    size_t begin, count;
    int64_t busy_until;
    frame *held_first, *held_last; /* pipeline delay */
    int held, delay;
    bool is_draining;
    uint32_t drain_generation;
} decoder;

#define PRESENTS_MAX 256

typedef struct output {
    decoder decoders[AZ_STREAMS];
    frame *free_frames;
    size_t frames_out; /* handed to the engine and not back */
    frame *presents[PRESENTS_MAX];
    size_t present_begin, present_count;
    uint64_t present_serial;
    int64_t refresh; /* ns of the display, 0: at any time */
    bool has_device; /* sound */
    bool is_sounding;
    int64_t sound_pts, sound_at; /* heard at */
    int64_t last_sound;          /* appended, AIZU_NO_TIME */
    int64_t drift_ppm;
    uint64_t clock_serial;
    int64_t clock_interval;
    az_random random;
} output;

/* ---- viewer.c ---- */

typedef struct viewer {
    az_random random;
    bool wants_play;
    bool is_loaded;
    bool is_manual;
    int64_t think_mean;
    int64_t last_action;
    uint64_t serial;
    bool is_reload_due;
} viewer;

/* ---- check.c, check_cue.c ---- */

typedef struct cue_state {
    uint64_t id;         /* in this session */
    uint32_t session;    /* in which it was delivered last, 0 never */
    uint32_t pass;       /* in which it was delivered last */
    uint32_t pass_due;   /* in which it was counted as expected last */
    uint32_t next_same;  /* another cue with its text, + 1; 0 none */
    bool is_skipped_due; /* it was delivered ahead of its frame, as skipped */
} cue_state;

typedef struct segment_state {
    uint32_t session;   /* in which it was fed whole last */
    uint32_t pass;      /* the same */
    uint32_t pass_part; /* in which some of it was fed last */
    uint32_t parts;     /* bits of those that were fed whole in this pass */
    int64_t whole_at;   /* now */
    int64_t fed_at;     /* now */
} segment_state;

typedef struct domain_state {
    uint32_t session;
    int64_t offset; /* pts - true time, ns */
} domain_state;

typedef struct hole {
    int64_t begin, end; /* frames that were not shown */
} hole;

#define HOLES_MAX 64
#define EARLY_MAX 64

/* A cue that was delivered with a frame before its own: right if its own is lost. */
typedef struct early_cue {
    uint32_t cue;
    int64_t shown; /* the frame it came with */
    int64_t pts;
} early_cue;

typedef struct checker {
    cue_state *cues;
    size_t cue_count, cue_capacity; /* looked at so far */
    uint32_t *by_number;            /* the first cue with a text, + 1 */
    size_t number_capacity;
    segment_state *segments;
    size_t segment_capacity;
    domain_state *domains;
    size_t domain_capacity;
    int64_t last_offset; /* of any domain */
    uint32_t session, pass;
    /* the playhead in this pass */
    int64_t frame;       /* shown last, -1: none yet */
    int64_t frame_first; /* shown first */
    int64_t frame_time, frame_pts;
    int64_t floor;      /* ticks from which cues are due */
    bool is_first_open; /* the first frame was shown in this instant */
    bool is_from_start;
    bool is_seeking; /* AIZU_EVENT_SEEKED is owed */
    int64_t landing; /* pts where a seek says that it ended, AIZU_NO_TIME */
    hole holes[HOLES_MAX];
    size_t hole_count;
    early_cue early[EARLY_MAX];
    size_t early_count;
    int64_t last_frame_time; /* over all passes */
    /* order of cues */
    int64_t last_cue_pts, last_cue_index;
    uint32_t *due; /* cues to be delivered before time moves on */
    size_t due_count, due_capacity;
    /* position */
    int64_t position;
    int64_t last_trouble; /* the last thing that may tear a hole */
    int64_t next_slow;    /* now; checks that need not be made at each step */
    int64_t stuck_told;
    int64_t stall_begin;
    aizu_state state;
} checker;

/* ---- driver.c ---- */

typedef struct sim {
    const sim_options *options;
    sim_result result;
    int64_t now, end;
    az_engine_config config;
    az_engine *engine;
    sim_queue queue;
    world world;
    origin origin;
    network network;
    output output;
    viewer viewer;
    checker check;
    az_random fault_random;
    uint32_t faults_on; /* bits of sim_fault */
    bool is_calm;
    int64_t calm_since;
    bool is_poisoned; /* a truncated document that the engine reads once: only a reload helps */
    az_snapshot snapshot;
    uint64_t defect_count;
    az_cue *cue_aside; /* of a defect */
    az_action action_aside;
    bool has_failed_hard;
} sim;

/* Runs one seed. */
void sim_run(const sim_options *options, sim_result *result);

void sim_feed(sim *s, az_event *event); /* sets its time */
void sim_trace(sim *s, const char *format, ...) AZ_PRINTF(2, 3);
void sim_fail(sim *s, const char *rule, const char *format, ...) AZ_PRINTF(3, 4);
bool sim_has_defect(sim *s, sim_defect defect, uint64_t one_in); /* strike now? */
double sim_seconds(int64_t ns);

void network_init(sim *s);
void network_deinit(sim *s);
void network_fetch(sim *s, const az_action *action);
void network_cancel(sim *s, uint64_t id);
void network_pause(sim *s, uint64_t id, bool is_paused);
void network_step(sim *s, uint32_t slot, uint64_t serial);
void network_check_idle(sim *s, int64_t stall_max);

void fault_init(sim *s);
void fault_step(sim *s);

void output_init(sim *s);
void output_deinit(sim *s);
void output_action(sim *s, az_action *action); /* those of decoders and sinks */
void output_unit(sim *s, uint32_t stream, uint64_t serial);
void output_present(sim *s, uint64_t serial);
void output_audio_clock(sim *s, uint64_t serial);
void output_audio_lost(sim *s);
int64_t output_heard(const output *o, int64_t now); /* pts, AIZU_NO_TIME when nothing sounds */
void output_take_back(void *user, az_stream stream, void *pointer);

void viewer_init(sim *s);
void viewer_step(sim *s, uint64_t serial);
void viewer_report(sim *s, const az_report *report);

void check_init(sim *s);
void check_deinit(sim *s);
void check_begin_session(sim *s, bool is_from_start);
void check_begin_pass(sim *s);
void check_segment_bytes(sim *s, const request *r, bool is_whole);
void check_unit(sim *s, az_stream stream, int64_t number, int64_t pts);
void check_presented(sim *s, const frame *f);
void check_report(sim *s, const az_report *report);
void check_step(sim *s);    /* after each run, before its actions */
void check_instant(sim *s); /* before time moves on */
void check_end(sim *s);
bool check_is_quiet(const sim *s, int64_t margin); /* no fault, command or loss for so long */
int64_t check_ticks_ns(int64_t ticks);

/* check_cue.c */
void check_cue(sim *s, const aizu_cue *cue, aizu_cue_phase phase, unsigned flags, int64_t due,
               int64_t late_by);
void check_cues_passed(sim *s, int64_t from_ticks, int64_t to_ticks);
void check_cues_received(sim *s, size_t segment);
void check_cues_due(sim *s);
void check_cues_early(sim *s, const frame *f); /* a frame is shown */
void check_cues_deinit(sim *s);
domain_state *check_domain(sim *s, uint32_t domain);
segment_state *check_segment(sim *s, size_t segment);
bool check_was_shown(const checker *c, int64_t number); /* in this pass */

#endif
