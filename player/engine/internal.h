/*
 * What the files of the engine share: its state, and the functions by which one part asks another.
 *
 *     engine.c    the four verbs, commands, snapshot
 *     mailbox.c   events recorded and actions to take
 *     fetch.c     requests: retries, time-outs, bodies of playlists
 *     source.c    the multivariant playlist, variants, reloads
 *     lane.c      which segment next, and what if it does not come
 *     place.c     samples and cues of the segment into presentation time
 *     stream.c    samples -> decoder -> frames
 *     clock.c     the playback clock
 *     playback.c  start, stall, seek, holes, end
 *     present.c   frames to the output, cues on their frames
 *     quality.c   throughput and choice of variant
 *     report.c    what the application is told
 *
 * A part never changes another one's state but through these functions.
 */
#ifndef AZ_ENGINE_INTERNAL_H
#define AZ_ENGINE_INTERNAL_H

#include "base/random.h"
#include "cue/queue.h"
#include "demux/ts.h"
#include "engine/engine.h"
#include "timeline/list.h"
#include "timeline/timemap.h"

/* ---- limits and times of the policy ---- */

#define AZ_EVENT_BYTES_PER_RUN_MAX ((size_t)256 << 10) /* media demuxed in one run */
#define AZ_STALLED_AFTER           (10 * AIZU_SECOND)  /* a request without progress is given up */
#define AZ_PROGRESS_BYTES          1000                /* fewer are no progress */
#define AZ_RETRY_FIRST             (AIZU_SECOND / 2)   /* back-off: doubles ... */
#define AZ_RETRY_LAST              (8 * AIZU_SECOND)   /* ... up to this; the wait is random below it */
#define AZ_RETRY_AFTER_MAX         (30 * AIZU_SECOND)  /* a server may ask for so much patience */
#define AZ_RETRY_START_MAX         6                   /* tries of the first playlists */
#define AZ_RETRY_SEGMENT_MAX       3                   /* tries of a segment that the server refuses */
#define AZ_RETRY_BREAKS_MAX        5                   /* transfers of a segment that break off */
#define AZ_IDLE_BYTES_MAX          ((size_t)16 << 20) /* of a segment, without anything new to play in them */
#define AZ_HOLD_BEYOND             (60 * AIZU_SECOND) /* past buffer_ahead_max a segment is read no more */
#define AZ_GIVE_UP_AFTER           (120 * AIZU_SECOND)      /* without any success: fatal */
#define AZ_START_AHEAD             (AIZU_SECOND * 3 / 10)   /* media needed to start */
#define AZ_RESUME_AHEAD            AIZU_SECOND              /* media needed to go on after a stall */
#define AZ_PRESENT_AHEAD           (40 * AIZU_MILLISECOND)  /* frames go to the output so early */
#define AZ_PRESENT_PATIENCE        (100 * AIZU_MILLISECOND) /* an output that says nothing has shown it */
#define AZ_FRAME_PATIENCE          (250 * AIZU_MILLISECOND) /* a decoder may be so late with a frame */
#define AZ_AUDIO_AHEAD             (400 * AIZU_MILLISECOND) /* sound goes to the output so early */
#define AZ_GAP_MIN                 (250 * AIZU_MILLISECOND) /* a hole that playback jumps over */
#define AZ_DRIFT_MAX               (10 * AIZU_SECOND)       /* media this far from its place is misplaced */
#define AZ_SHIFT_MIN               (5 * AIZU_MILLISECOND)   /* EXTINF errors below this are let be */
#define AZ_FRAMES_MAX              64                       /* frames held: a drained decoder may give many */
/* Decoders are given work in bursts, which is cheaper than unit by unit: below the first of these begins one,
 * at the second it ends. */
#define AZ_FRAMES_LOW  2 /* pictures decoded ahead */
#define AZ_FRAMES_HIGH 5
#define AZ_AUDIO_LOW   (200 * AIZU_MILLISECOND) /* sound with the output */
#define AZ_REORDER_MAX 16                       /* no-decode: units that may pass each other */
#define AZ_SHOWING_MAX 4                        /* frames in the output's hands */
/* as many as az_action.cue_replays has bits */
#define AZ_FRAME_CUES_MAX     64   /* cues that one frame carries */
#define AZ_ORDINALS_MAX       1024 /* cues of one segment looked through for repetitions */
#define AZ_EARLY_METADATA_MAX 256  /* metadata before the first sample of a segment */

/* ---- mailbox.c ---- */

typedef struct az_mailbox {
    az_event *events;
    size_t event_begin, event_count, event_capacity;
    az_action *actions;
    size_t action_begin, action_count, action_capacity;
    bool is_out_of_memory;
} az_mailbox;

void az_mailbox_deinit(az_mailbox *box);
aizu_result az_mailbox_put(az_mailbox *box, const az_event *event); /* copies strings, refs data */
bool az_mailbox_get(az_mailbox *box, az_event *event);              /* az_event_deinit() it */
void az_event_deinit(az_event *event);
az_action *az_mailbox_act(az_mailbox *box, az_action_type type); /* a zeroed action to fill; never NULL */

/* ---- fetch.c ---- */

typedef enum az_fetch_slot {
    AZ_FETCH_MULTIVARIANT = 0,
    AZ_FETCH_PLAYLIST, /* of the source in use */
    AZ_FETCH_SWITCH,   /* of the source to switch to */
    AZ_FETCH_SEGMENT,
    AZ_FETCH_SLOTS,
} az_fetch_slot;

typedef enum az_fetch_state {
    AZ_FETCH_IDLE = 0,
    AZ_FETCH_WAITING, /* to be tried at `due` */
    AZ_FETCH_ACTIVE,
    AZ_FETCH_PAUSED, /* active, reading stopped */
} az_fetch_state;

typedef struct az_fetch {
    az_fetch_state state;
    uint64_t id;
    char *url;
    char *url_final; /* after redirects; NULL before the response */
    az_byte_range range;
    int64_t due;
    int64_t started;   /* of this try */
    int64_t responded; /* first byte of this try */
    int64_t progress;  /* last sign of life ... */
    size_t unmarked;   /* ... and bytes since */
    unsigned tries;    /* begun */
    unsigned breaks;   /* tries that were answered and then broke off */
    uint64_t bytes;    /* of this try */
    uint8_t *body;     /* playlists only */
    size_t body_size, body_capacity;
} az_fetch;

aizu_result az_fetch_start(az_engine *e, az_fetch_slot slot, const char *url, az_byte_range range);
void az_fetch_stop(az_engine *e, az_fetch_slot slot);
void az_fetch_stop_all(az_engine *e);
bool az_fetch_is_busy(const az_engine *e, az_fetch_slot slot);
void az_fetch_again(az_engine *e, az_fetch_slot slot, int64_t retry_after); /* after back-off */
void az_fetch_retarget(az_engine *e, az_fetch_slot slot, const char *url);  /* of a try that waits */
void az_fetch_hold(az_engine *e, az_fetch_slot slot, bool hold);
void az_fetch_event(az_engine *e, const az_event *event);
void az_fetch_step(az_engine *e);
void az_fetch_deinit(az_engine *e);
/* How the base of relative URIs in a fetched playlist reads. */
const char *az_fetch_base(const az_fetch *fetch);

/* How a try ended, for the owner of the slot. */
typedef struct az_fetch_outcome {
    aizu_result result;
    int http_status;
    int64_t retry_after;
    const char *detail;
} az_fetch_outcome;

/* ---- source.c ---- */

/* One variant: its playlist over all reloads. */
typedef struct az_source {
    char *url;     /* as the multivariant playlist says, absolute */
    char *base;    /* as last fetched from, after redirects */
    az_list *list; /* NULL until it is loaded for the first time */
    aizu_quality quality;
    int64_t loaded;        /* when the last load began */
    int64_t reload_due;    /* AZ_NEVER when there is nothing to reload */
    int64_t changed;       /* when it last had something new */
    int64_t penalty_until; /* not chosen by itself before */
    bool is_stale_reported;
} az_source;

typedef struct az_presentation {
    char *url;
    az_source *sources; /* NULL before the multivariant playlist is known */
    size_t source_count;
    size_t current; /* the source whose segments are fetched */
    size_t wanted;  /* the source to fetch from next */
    bool is_manual; /* wanted was the application's choice */
    int64_t start;  /* where to begin, AIZU_NO_TIME: the default */
    int64_t duration_told;
    uint64_t version;
} az_presentation;

aizu_result az_source_load(az_engine *e, const char *url, int64_t start);
void az_source_unload(az_engine *e);
void az_source_fetched(az_engine *e, az_fetch_slot slot, const az_fetch_outcome *outcome);
void az_source_step(az_engine *e);
void az_source_switch_to(az_engine *e, size_t index, bool is_manual);
/* The list of the source in use; NULL before it is loaded. */
az_list *az_source_list(const az_engine *e);
const az_source *az_source_current(const az_engine *e);
bool az_source_is_ready(const az_engine *e, size_t index);
/* Makes a source whose list is ready the one in use, from about `pts` on. */
void az_source_adopt(az_engine *e, size_t index, int64_t pts);
/* The source failed: another one is taken if there is one. */
bool az_source_fail_over(az_engine *e);
bool az_source_is_live(const az_engine *e);
bool az_source_seekable(const az_engine *e, int64_t *begin, int64_t *end);
int64_t az_source_live_start(const az_engine *e);

/* ---- lane.c ---- */

typedef enum az_lane_state {
    AZ_LANE_STOPPED = 0,
    AZ_LANE_CHOOSING, /* the next segment is to be found */
    AZ_LANE_LOADING,  /* a segment is on its way */
    AZ_LANE_ENDED,    /* the last segment of a finished playlist is in */
} az_lane_state;

/* What a callback of the demuxer found out that has to wait until the demuxer has returned. */
typedef enum az_lane_verdict {
    AZ_LANE_GO_ON = 0,
    AZ_LANE_STEP_BACK, /* the segment before this one is needed first */
    AZ_LANE_NO_MEMORY,
} az_lane_verdict;

typedef struct az_early_metadata {
    az_codec codec;
    int64_t ticks;
    az_slice data;
} az_early_metadata;

typedef struct az_lane {
    az_lane_state state;
    az_ts *ts;
    az_track tracks[AZ_TS_TRACKS_MAX]; /* announced since the last reset */
    size_t track_count;
    size_t source;        /* that the segment is from */
    az_list_item segment; /* being loaded; its uri is not used after the start */
    uint64_t next;        /* sequence to load next, in the numbering of `source` */
    bool is_by_time;      /* the next segment is found by `cover`, not by `next` */
    int64_t cover;        /* presentation time that has to be covered (seek, switch), AIZU_NO_TIME none */
    bool is_exact;        /* `cover` was asked for by a seek */
    unsigned steps_back;  /* segments gone back to cover it */
    az_lane_verdict verdict;
    bool is_placed;         /* the first sample of the segment was mapped */
    bool is_list_corrected; /* the start in the playlist's list agrees with the media */
    int64_t listed_start;   /* what the list said at first */
    bool is_contiguous;     /* the segment follows the one before it */
    size_t bytes_idle;      /* bytes since the last sample that was new */
    int64_t complete_end;   /* end of the media of complete segments, AIZU_NO_TIME */
    int64_t last_pts;       /* of any sample, to unroll the next */
    int64_t success;        /* when a segment last came in */
    aizu_result skipped;    /* why the last segment was that was skipped, ... */
    int skipped_status;     /* ... and what the server said */
    az_early_metadata early[AZ_EARLY_METADATA_MAX];
    size_t early_count;
    uint64_t ordinals[AZ_ORDINALS_MAX]; /* identity and time of the segment's cues */
    size_t ordinal_count;
    bool is_cue_limit_told;
} az_lane;

aizu_result az_lane_init(az_engine *e);
void az_lane_deinit(az_engine *e);
void az_lane_stop(az_engine *e);
void az_lane_forget(az_engine *e); /* the tracks too */
/* From the segment at a time on. is_exact: the media must begin at or before it. */
void az_lane_begin(az_engine *e, int64_t pts, bool is_exact);
void az_lane_data(az_engine *e, az_slice data);
void az_lane_fetched(az_engine *e, const az_fetch_outcome *outcome);
void az_lane_step(az_engine *e);

void az_lane_fault(az_engine *e, const az_fetch_outcome *outcome, bool is_fatal, const char *stage);

/* ---- place.c ---- */

#define AZ_STEPS_BACK_MAX 3 /* segments gone back when one begins too late */

az_demux_sink az_place_sink(az_engine *e);
void az_place_finish(az_engine *e); /* the segment in hand is complete */
void az_place_drop_early(az_lane *lane);

/* ---- stream.c ---- */

typedef struct az_unit_node {
    az_unit unit;
    az_codec codec;
    uint32_t source; /* quality that it is from */
} az_unit_node;

typedef struct az_frame_node {
    void *frame;
    uint64_t id;
    int64_t pts;
    int64_t duration;
    uint32_t source;
    int width, height;
} az_frame_node;

typedef enum az_decoder_state {
    AZ_DECODER_NONE = 0,
    AZ_DECODER_READY,
    AZ_DECODER_DRAINING,
    AZ_DECODER_DRAINED,
    AZ_DECODER_DEAD, /* no decoder takes this stream: it is dropped */
} az_decoder_state;

typedef struct az_stream_state {
    az_track track;
    bool is_announced;   /* a track exists */
    az_unit_node *units; /* ring */
    size_t unit_begin, unit_count, unit_capacity;
    uint64_t bytes;
    int64_t held;           /* duration of the units, ns */
    int64_t begin;          /* pts of the first sample since the flush, AIZU_NO_TIME */
    int64_t end;            /* latest pts queued, plus its duration, AIZU_NO_TIME */
    int64_t last_dts;       /* of the last unit queued, AIZU_NO_TIME */
    int64_t frame_duration; /* estimate, 0 while unknown */
    int64_t last_delta;     /* between the last two units */
    int64_t hide_before;    /* frames that end before it are not shown */
    int64_t sent_end;       /* end of the units that left for the decoder, AIZU_NO_TIME */
    az_decoder_state decoder;
    az_codec codec; /* that the decoder was made for */
    uint32_t generation;
    unsigned sent;                       /* units in the decoder's hands */
    bool is_bursting;                    /* it is given units until there is enough */
    az_frame_node frames[AZ_FRAMES_MAX]; /* in order of presentation */
    size_t frame_count;
    int64_t last_frame_pts; /* of the newest frame taken since the flush, AIZU_NO_TIME */
    int64_t popped_pts;     /* of the newest frame given on since the flush, AIZU_NO_TIME */
    int64_t passed_dts;     /* no-decode: of the newest unit that became a frame */
    uint32_t source;        /* quality of the newest unit ... */
    uint32_t source_before; /* ... and of those before ... */
    int64_t source_since;   /* ... this pts */
} az_stream_state;

void az_stream_deinit(az_engine *e, void (*drop)(void *user, az_stream stream, void *frame), void *user);
void az_stream_flush(az_engine *e, int64_t hide_before); /* both: a new generation */
void az_stream_reset(az_engine *e);                      /* forgets the tracks too */
void az_stream_track(az_engine *e, const az_track *track);
/* Queues a sample. False: it was queued before and is dropped. */
bool az_stream_push(az_engine *e, const az_sample *sample, int64_t pts, int64_t dts, int64_t duration,
                    uint32_t source);
void az_stream_event(az_engine *e, const az_event *event);
void az_stream_step(az_engine *e);
/* The next frame to show; NULL while none is ready. */
const az_frame_node *az_stream_head(const az_engine *e);
az_frame_node az_stream_pop_frame(az_stream_state *s);
bool az_stream_is_drained(const az_engine *e, az_stream stream);
uint64_t az_stream_bytes(const az_engine *e);
int64_t az_stream_held(const az_engine *e);                  /* media that waits, ns: holes do not count */
bool az_stream_is_fed(const az_engine *e, az_stream stream); /* has samples, and a decoder that takes them */

/* ---- clock.c ---- */

/* The playback clock: one linear map, presentation time to monotonic time. */
typedef struct az_clock {
    bool is_running;
    int64_t base_pts;
    int64_t base_time;
    double rate;
} az_clock;

void az_clock_set(az_clock *clock, int64_t pts, int64_t time);
void az_clock_run(az_clock *clock, int64_t time);
void az_clock_hold(az_clock *clock, int64_t time);
int64_t az_clock_pts(const az_clock *clock, int64_t time);
int64_t az_clock_time(const az_clock *clock, int64_t pts); /* AZ_NEVER while it stands */
void az_clock_correct(az_clock *clock, int64_t pts, int64_t time, int64_t now);
void az_clock_straighten(az_clock *clock, int64_t now); /* no correction will follow: the plain rate again */

/* ---- playback.c ---- */

typedef enum az_phase {
    AZ_PHASE_IDLE = 0,
    AZ_PHASE_LOADING, /* playlists are on their way */
    AZ_PHASE_FILLING, /* waiting for media: start, seek, stall */
    AZ_PHASE_RUNNING, /* plays, or is paused with a picture */
    AZ_PHASE_ENDED,
} az_phase;

typedef enum az_fill {
    AZ_FILL_START = 0,
    AZ_FILL_SEEK,
    AZ_FILL_STALL,
} az_fill;

typedef struct az_showing {
    uint64_t id;
    int64_t pts;
    int64_t duration;
    int64_t end; /* of the time that it covers: at the next frame where that is known */
    int64_t at;
    uint32_t source;
    int width, height;
} az_showing;

typedef struct az_playback {
    az_phase phase;
    az_fill fill;
    bool want_play;
    az_clock clock;
    int64_t target;    /* where filling goes to, AIZU_NO_TIME: where the media begins */
    int64_t load_time; /* when load was called */
    int64_t stall_begin;
    az_showing showing[AZ_SHOWING_MAX]; /* in the output's hands, oldest first */
    size_t showing_count;
    az_showing shown; /* on screen */
    bool has_shown;
    int64_t cue_floor;    /* where the passing of the cues begins, AIZU_NO_TIME: with the media */
    bool is_seek_open;    /* AIZU_EVENT_SEEKED is owed */
    bool is_picture_owed; /* the next frame is shown even though the clock stands */
    bool is_first_frame_told;
    bool is_audio_running;
    bool is_audio_lost;
    int64_t position_last; /* never goes back but by a seek */
    uint64_t frame_id;
} az_playback;

void az_playback_load(az_engine *e);
void az_playback_stop(az_engine *e, az_phase phase);
void az_playback_media_ready(az_engine *e); /* the first media playlist is there */
void az_playback_play(az_engine *e);
void az_playback_pause(az_engine *e);
void az_playback_seek(az_engine *e, int64_t pts);
void az_playback_event(az_engine *e, const az_event *event);
void az_playback_step(az_engine *e);
int64_t az_playback_position(const az_engine *e);
int64_t az_playback_ahead(const az_engine *e);         /* media ahead of the position */
int64_t az_playback_available_end(const az_engine *e); /* AIZU_NO_TIME when nothing is there */

/* ---- present.c ---- */

void az_present_due(az_engine *e);     /* gives the output what is due soon */
void az_present_presume(az_engine *e); /* an output that does not tell is taken to have shown what it got */
void az_present_event(az_engine *e, const az_event *event); /* PRESENTED, DROPPED */
void az_present_pass_cues(
    az_engine *e); /* cues that no PRESENTED brings: sound alone, a picture that stays */
void az_present_deliver(az_engine *e, int64_t due); /* cues that are due as actions */
int64_t az_present_frame_duration(const az_engine *e, const az_showing *showing);
/* The next frame is further away than frames of this stream are from each other. */
bool az_present_is_hole(const az_engine *e, const az_showing *showing, int64_t next_pts);

/* ---- quality.c ---- */

/* Bits over the seconds they took, older ones fading. */
typedef struct az_rate_mean {
    double bits, seconds;
} az_rate_mean;

typedef struct az_throughput {
    az_rate_mean fast, slow;
} az_throughput;

void az_quality_measured(az_engine *e, uint64_t bytes, int64_t duration);
int64_t az_quality_estimate(const az_engine *e); /* bit/s, 0 unknown */
void az_quality_step(az_engine *e);
size_t az_quality_first(const az_engine *e);

/* ---- report.c ---- */

typedef struct az_fault {
    aizu_result result;
    bool is_fatal;
    const char *stage;
    const char *url; /* may be NULL; redacted here */
    int http_status;
    int64_t segment;    /* -1 none */
    int64_t position;   /* AIZU_NO_TIME none */
    const char *detail; /* may be NULL */
} az_fault;

void az_report_event(az_engine *e, aizu_event_type type, int64_t position);
/* With the time at which the frame was on the screen. */
void az_report_frame(az_engine *e, aizu_event_type type, int64_t position, int64_t time);
void az_report_fault(az_engine *e, const az_fault *fault); /* a fatal one stops playback */
void az_report_state(az_engine *e);                        /* tells a state that changed */
aizu_state az_report_public_state(const az_engine *e);

/* ---- engine.c ---- */

#define AZ_REPORTS_MAX 64

struct az_engine {
    az_engine_config config;
    az_random random;
    int64_t now;
    int64_t deadline;
    bool is_again; /* a step changed what an earlier one decides on */
    az_mailbox mailbox;
    int64_t wall, wall_time; /* wall clock at a monotonic time, AIZU_NO_TIME unknown */
    az_fetch fetches[AZ_FETCH_SLOTS];
    uint64_t fetch_id;
    az_presentation presentation;
    az_timemap *timemap;
    az_lane lane;
    az_stream_state streams[AZ_STREAMS];
    az_playback playback;
    az_cue_queue *cues;
    az_throughput throughput;
    aizu_stats stats;
    int quality_shown;
    aizu_state state_told;
    az_report *reports[AZ_REPORTS_MAX]; /* of this run */
    size_t report_count;
    az_cue *frame_cues[AZ_SHOWING_MAX][AZ_FRAME_CUES_MAX]; /* of this run's PRESENT actions */
    size_t frame_cues_used;
    struct az_retired *retired; /* strings that actions of this run point to */
};

/* Frees a string at the next run: actions that are not taken yet may point to it. */
void az_engine_retire(az_engine *e, char *string);

/* Asks to be run again at a time. */
static inline void az_engine_wake(az_engine *e, int64_t time)
{
    e->deadline = AZ_MIN(e->deadline, time);
}

void az_trace(const az_engine *e, az_log_level level, const char *module, const char *format, ...)
    AZ_PRINTF(4, 5);

#endif
