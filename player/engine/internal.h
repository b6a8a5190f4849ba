/*
 * What the files of the engine share: its state, and the functions by which one part asks another.
 *
 *     engine.c    the four verbs, commands, snapshot
 *     mailbox.c   events recorded and actions to take
 *     fetch.c     requests: retries, time-outs, bodies of playlists
 *     source.c    playlists and their reloads
 *     multivariant.c  variants and renditions
 *     rendition.c which sound and which subtitles
 *     steering.c  which pathway
 *     lane.c      which segment next, and what if it does not come
 *     scrub.c     thumbnails
 *     open.c      keys and initialisation sections
 *     place.c     samples of the segment into presentation time
 *     metadata.c  carriers of cues, subtitles and captions into the cue queue
 *     stream.c    samples -> decoder -> frames
 *     clock.c     the playback clock
 *     playback.c  start, stall, seek, holes, end
 *     latency.c   the distance from the live edge
 *     present.c   frames to the output, cues on their frames
 *     quality.c   throughput and choice of variant
 *     report.c    what the application is told
 *
 * A part never changes another one's state but through these functions.
 */
#ifndef AZ_ENGINE_INTERNAL_H
#define AZ_ENGINE_INTERNAL_H

#include "base/random.h"
#include "cue/captions.h"
#include "cue/queue.h"
#include "demux/demuxer.h"
#include "demux/sample_crypt.h"
#include "demux/segment_crypt.h"
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
#define AZ_RATE_AHEAD              (120 * AIZU_MILLISECOND) /* sound changes its rate so much later */
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

/* ---- lanes ---- */

/* A lane is a way of segments into the engine: one for the variant, one for a rendition of sound, one for
 * subtitles. Each has its playlist, its requests and its demuxer. */
typedef enum az_lane_kind {
    AZ_LANE_MAIN = 0, /* the variant: picture, and sound where it is muxed in */
    AZ_LANE_AUDIO,    /* sound from a playlist of its own */
    AZ_LANE_TEXT,     /* subtitles */
    AZ_LANE_SCRUB,    /* pictures of I-frame playlists, one at a time */
    AZ_LANES,
} az_lane_kind;

typedef struct az_lane az_lane;

/* ---- fetch.c ---- */

typedef enum az_fetch_purpose {
    AZ_FETCH_MULTIVARIANT = 0,
    AZ_FETCH_STEERING,
    /* one for each lane */
    AZ_FETCH_PLAYLIST, /* of the source in use */
    AZ_FETCH_SWITCH,   /* of the source to switch to */
    AZ_FETCH_SEGMENT,
    AZ_FETCH_MAP,
    AZ_FETCH_KEY,
    AZ_FETCH_PURPOSES,
} az_fetch_purpose;

/* Slots: one request at a time for each purpose and lane. */
typedef unsigned az_fetch_slot;

#define AZ_FETCH_SHARED   2u /* purposes without a lane */
#define AZ_FETCH_PER_LANE ((unsigned)AZ_FETCH_PURPOSES - AZ_FETCH_SHARED)
#define AZ_FETCH_SLOTS    (AZ_FETCH_SHARED + AZ_LANES * AZ_FETCH_PER_LANE)
#define AZ_FETCH_MAP_MAX  ((size_t)4 << 20) /* bytes of an initialisation section */
#define AZ_FETCH_KEY_MAX  ((size_t)4096)    /* of what should be 16 bytes */

static inline az_fetch_slot az_slot(az_lane_kind lane, az_fetch_purpose purpose)
{
    return AZ_FETCH_SHARED + (unsigned)lane * AZ_FETCH_PER_LANE + ((unsigned)purpose - AZ_FETCH_SHARED);
}

static inline az_fetch_purpose az_slot_purpose(az_fetch_slot slot)
{
    return (az_fetch_purpose)(slot < AZ_FETCH_SHARED
                                  ? slot
                                  : AZ_FETCH_SHARED + (slot - AZ_FETCH_SHARED) % AZ_FETCH_PER_LANE);
}

static inline az_lane_kind az_slot_lane(az_fetch_slot slot)
{
    return (az_lane_kind)(slot < AZ_FETCH_SHARED ? 0 : (slot - AZ_FETCH_SHARED) / AZ_FETCH_PER_LANE);
}

typedef enum az_fetch_state {
    AZ_FETCH_IDLE = 0,
    AZ_FETCH_WAITING, /* to be tried at `due` */
    AZ_FETCH_ACTIVE,
    AZ_FETCH_PAUSED, /* active, reading stopped */
} az_fetch_state;

typedef struct az_fetch_request {
    const char *url;
    az_byte_range range;
    int64_t patience; /* ns that the server may hold the answer back; 0: it answers at once */
} az_fetch_request;

typedef struct az_fetch {
    az_fetch_state state;
    uint64_t id;
    char *url;
    char *url_final; /* after redirects; NULL before the response */
    az_byte_range range;
    int64_t patience;
    int64_t due;
    int64_t started;   /* of this try */
    int64_t responded; /* first byte of this try */
    int64_t progress;  /* last sign of life ... */
    size_t unmarked;   /* ... and bytes since */
    unsigned tries;    /* begun */
    unsigned breaks;   /* tries that were answered and then broke off */
    uint64_t bytes;    /* of this try */
    uint8_t *body;     /* not of segments */
    size_t body_size, body_capacity;
} az_fetch;

aizu_result az_fetch_start(az_engine *e, az_fetch_slot slot, const az_fetch_request *request);
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
    const char *url; /* that failed, where it is not that of the slot's owner; NULL */
} az_fetch_outcome;

/* A copy on the heap; NULL when out of memory. */
char *az_text_copy(const char *text);

/* ---- source.c ---- */

#define AZ_NO_SOURCE       SIZE_MAX
#define AZ_SOURCE_URLS_MAX 8   /* redundant copies of one variant or rendition */
#define AZ_SOURCES_MAX     512 /* variants and renditions in all their groups */

/* Where a source can be fetched from. Copies of a variant that differ in nothing else are one source. */
typedef struct az_source_url {
    char *url; /* absolute */
    char pathway[AZ_PATHWAY_ID_MAX];
    uint64_t audio_group, text_group; /* variants: hash of the GROUP-ID of their renditions, 0 none */
    int64_t penalty_until;
} az_source_url;

/* One variant or rendition: its playlist over all reloads. */
typedef struct az_source {
    az_lane_kind lane;
    int rendition;     /* index in the list of renditions; -1: a variant */
    uint64_t group;    /* renditions: hash of GROUP-ID */
    uint64_t identity; /* variants: what redundant copies have in common */
    uint64_t stable;   /* hash of STABLE-VARIANT-ID or STABLE-RENDITION-ID, 0 none */
    az_source_url urls[AZ_SOURCE_URLS_MAX];
    size_t url_count, url_current;
    char *base;    /* as last fetched from, after redirects */
    az_list *list; /* NULL until it is loaded for the first time */
    aizu_quality quality;
    int64_t loaded;        /* when the last load began */
    int64_t reload_due;    /* AZ_NEVER when there is nothing to reload */
    int64_t changed;       /* when it last had something new */
    int64_t penalty_until; /* not chosen by itself before */
    bool is_stale_reported;
    bool is_full_needed; /* the next reload asks for no delta */
    bool is_unblocked;   /* the server refused delivery directives: reloads have none */
} az_source;

typedef struct az_rendition_info {
    aizu_rendition face;
    bool is_in_main; /* muxed into the variant, or captions in its picture */
    int caption;     /* channel of captions (see cue/captions.h), -1 none */
} az_rendition_info;

typedef struct az_rendition_list {
    az_rendition_info items[AIZU_RENDITIONS_MAX];
    size_t count;
    int asked; /* what the application chose: an index, AUTO or OFF */
    int used;  /* index or AIZU_RENDITION_OFF */
} az_rendition_list;

#define AZ_RENDITION_KINDS 2

typedef struct az_presentation {
    char *url;
    az_playlist *multivariant; /* NULL for a single media playlist */
    char *multivariant_base;
    az_source *sources; /* variants first; NULL before the multivariant playlist is known */
    size_t source_count;
    size_t variant_count;
    bool is_manual; /* the variant was the application's choice */
    az_rendition_list renditions[AZ_RENDITION_KINDS];
    int64_t start; /* where to begin, AIZU_NO_TIME: the default */
    int64_t duration_told;
    uint64_t version;
} az_presentation;

aizu_result az_source_load(az_engine *e, const char *url, int64_t start);
void az_source_unload(az_engine *e);
void az_source_fetched(az_engine *e, az_fetch_slot slot, const az_fetch_outcome *outcome);
void az_source_step(az_lane *lane);
void az_source_switch_to(az_lane *lane, size_t index);
void az_source_reload(az_lane *lane); /* the playlist in use is fetched anew, from where the source is now */
/* The list of the source that a lane uses; NULL before it is loaded. */
az_list *az_source_list(const az_lane *lane);
az_source *az_source_current(const az_lane *lane);
const char *az_source_url_of(const az_source *source);
bool az_source_is_ready(const az_lane *lane, size_t index);
/* Makes a source whose list is ready the one in use, from about `pts` on. */
void az_source_adopt(az_lane *lane, size_t index, int64_t pts);
/* The source failed: another one is taken if there is one. */
bool az_source_fail_over(az_lane *lane);
/* Of the variant in use. */
az_list *az_source_main_list(const az_engine *e);
bool az_source_is_live(const az_engine *e);
bool az_source_seekable(const az_engine *e, int64_t *begin, int64_t *end);
int64_t az_source_live_start(const az_engine *e);

/* ---- multivariant.c ---- */

/* Sources and renditions out of a multivariant playlist, which the presentation takes over. AIZU_E_PLAYLIST:
 * no variant that can be used. */
aizu_result az_multivariant_take(az_engine *e, az_playlist **playlist, const char *base);
void az_multivariant_forget(az_engine *e);
uint64_t az_multivariant_hash(az_span id); /* of a group or a stable id, 0 for an empty one */

/* ---- rendition.c ---- */

void az_rendition_choose(az_engine *e, aizu_rendition_kind kind, int index); /* the application's wish */
void az_rendition_step(az_engine *e); /* lets the lanes of sound and text follow the variant and the wishes */
void az_rendition_begin(az_engine *e, int64_t pts, bool is_exact); /* playback begins there, or goes there */
/* The lane that sound comes from; AZ_LANES: the application wants none. */
az_lane_kind az_rendition_audio_lane(const az_engine *e);
/* A rendition cannot be had: playback goes on without it. */
void az_rendition_give_up(az_lane *lane, const az_fetch_outcome *outcome);

/* ---- open.c ---- */

#define AZ_KEYS_MAX 64 /* remembered */
#define AZ_MAPS_MAX 32

typedef enum az_key_state {
    AZ_KEY_WANTED = 1, /* on its way */
    AZ_KEY_READY,
    AZ_KEY_FAILED,
} az_key_state;

typedef struct az_key_entry {
    char *url;
    az_key_state state;
    uint64_t id; /* that the application is asked with */
    uint8_t key[16];
    uint64_t used;            /* when it was last needed, to forget the oldest */
    az_fetch_outcome outcome; /* of a failure */
    int64_t failed;
} az_key_entry;

typedef struct az_map_entry {
    char *url;
    az_byte_range range;
    az_slice data; /* clear */
    uint64_t used;
} az_map_entry;

typedef struct az_keyring {
    az_key_entry keys[AZ_KEYS_MAX];
    size_t key_count;
    az_map_entry maps[AZ_MAPS_MAX];
    size_t map_count;
    uint64_t uses;
    uint64_t id;
} az_keyring;

/* A key that bytes are encrypted with, in words that outlive the playlist. */
typedef struct az_key_need {
    az_key_method method; /* AZ_KEY_NONE: clear */
    char *url;
    uint8_t iv[16];
} az_key_need;

/* What the segment in hand needs before its bytes can be read. */
typedef struct az_opening {
    az_key_need key;
    az_key_need map_key;
    char *map_url; /* NULL: no map */
    az_byte_range map_range;
} az_opening;

typedef enum az_open_state {
    AZ_OPEN_READY = 0,
    AZ_OPEN_WAIT,
    AZ_OPEN_FAILED,
} az_open_state;

/* Notes what a segment needs. AIZU_E_UNSUPPORTED: encrypted in a way that cannot be undone here. */
aizu_result az_open_begin(az_lane *lane, const az_list_item *item);
/* Fetches what is missing; once ready the lane's ciphers are set and the map is in its demuxer. */
az_open_state az_open_step(az_lane *lane, az_fetch_outcome *outcome);
void az_open_end(az_lane *lane);
void az_open_fetched(az_lane *lane, az_fetch_purpose purpose, const az_fetch_outcome *outcome);
void az_open_key(az_engine *e, const az_event *event); /* from the application */
void az_open_preload(az_engine *e);                    /* session keys */
void az_open_forget(az_engine *e);
/* The bytes of a "data:...;base64,..." URI (RFC 2397). False: there are none, or too many. */
bool az_open_inline(const char *url, uint8_t *out, size_t size_max, size_t *size);
/* Undoes the encryption of a segment's bytes. *clear is the caller's. */
aizu_result az_open_decrypt(az_lane *lane, az_slice data, az_slice *clear);
aizu_result az_open_decrypt_end(az_lane *lane, az_slice *clear);
/* And of a sample. */
aizu_result az_open_decrypt_sample(az_lane *lane, const az_sample *sample, az_slice *clear);

/* ---- scrub.c ---- */

typedef struct az_scrub {
    bool is_wanted; /* a picture is owed ... */
    bool is_sent;   /* ... and on its way through the decoder */
    int64_t pts;
    uint32_t generation;
    az_track track; /* that the decoder was told of */
} az_scrub;

void az_scrub_request(az_engine *e, int64_t pts);
void az_scrub_sample(az_lane *lane, const az_sample *sample, const az_track *track);
void az_scrub_complete(az_engine *e);
void az_scrub_failed(az_engine *e);
void az_scrub_event(az_engine *e, const az_event *event); /* of its decoder */
void az_scrub_forget(az_engine *e);

/* ---- steering.c ---- */

typedef struct az_steering_state {
    char *url;   /* of the manifest, NULL: no steering */
    int64_t due; /* of the next look at it */
    char priority[AZ_PATHWAYS_MAX][AZ_PATHWAY_ID_MAX];
    size_t priority_count;
} az_steering_state;

void az_steering_begin(az_engine *e);
/* A pathway failed: the next one in the manifest's order. False: there is no steering. */
bool az_steering_leave(az_engine *e, const az_source *source, int64_t until);
void az_steering_apply(az_engine *e); /* sources go to the best pathway that has no penalty */
void az_steering_fetched(az_engine *e, const az_fetch_outcome *outcome);
void az_steering_step(az_engine *e);
void az_steering_forget(az_engine *e);

/* ---- lane.c ---- */

typedef enum az_lane_state {
    AZ_LANE_STOPPED = 0,
    AZ_LANE_CHOOSING, /* the next segment is to be found */
    AZ_LANE_OPENING,  /* it waits for its key or initialisation section */
    AZ_LANE_LOADING,  /* a segment is on its way */
    AZ_LANE_ENDED,    /* the last segment of a finished playlist is in */
} az_lane_state;

/* What a callback of the demuxer found out that has to wait until the demuxer has returned. */
typedef enum az_lane_verdict {
    AZ_LANE_GO_ON = 0,
    AZ_LANE_STEP_BACK, /* the segment before this one is needed first */
    AZ_LANE_NO_MEMORY,
    AZ_LANE_NO_KEY, /* samples that cannot be decrypted */
} az_lane_verdict;

#define AZ_LANE_TRACKS_MAX 32

/* Metadata and subtitles that came before the first sample of their segment. */
typedef struct az_early {
    bool is_text;
    int64_t pts; /* of metadata whose segment is over, else AIZU_NO_TIME */
    az_metadata metadata;
    az_text_sample text; /* without id */
    char *settings;
} az_early;

struct az_lane {
    az_engine *e;
    az_lane_kind kind;
    size_t current; /* the source whose segments are fetched, AZ_NO_SOURCE none */
    size_t wanted;  /* the source to fetch from next */
    az_lane_state state;
    az_demuxer *demuxer;
    az_track tracks[AZ_LANE_TRACKS_MAX]; /* announced since the last reset */
    size_t track_count;
    size_t source;        /* that the segment is from */
    az_list_item segment; /* being loaded; its spans and pointers are not used after the start */
    char *url;            /* of it */
    az_list_cursor next;  /* what to load next, in the numbering of `source` */
    bool is_by_time;      /* the next segment is found by `cover`, not by `next` */
    int64_t cover;        /* presentation time that has to be covered (seek, switch), AIZU_NO_TIME none */
    bool is_exact;        /* `cover` was asked for by a seek */
    unsigned steps_back;  /* segments gone back to cover it */
    az_lane_verdict verdict;
    bool is_placed;         /* the first sample of the segment was mapped */
    bool is_list_corrected; /* the start in the playlist's list agrees with the media */
    int64_t listed_start;   /* what the list said at first */
    bool is_contiguous;     /* the segment follows the one before it ... */
    bool is_overlapping;    /* ... or is what parts of it were loaded from */
    bool has_own_domain;    /* its timestamps have nothing to do with those of the variant */
    size_t bytes_idle;      /* bytes since the last sample that was new */
    int64_t complete_end;   /* end of the media of complete segments, AIZU_NO_TIME */
    int64_t last_pts;       /* of any sample, to unroll the next */
    int64_t success;        /* when a segment last came in */
    aizu_result skipped;    /* why the last segment was that was skipped, ... */
    int skipped_status;     /* ... and what the server said */
    uint64_t gap;           /* sequence of the gap for which other variants were looked at */
    bool has_refused_hint;  /* this hint did not come true: */
    az_list_cursor refused_hint;
    az_opening opening;
    az_segment_cipher *segment_cipher; /* of the segment in hand, NULL: clear */
    az_sample_cipher *sample_cipher;
    uint8_t sample_iv[16];
    uint64_t map_fed; /* identity of the initialisation section that the demuxer has, 0 none */
    az_early early[AZ_EARLY_METADATA_MAX];
    size_t early_count;
    uint64_t ordinals[AZ_ORDINALS_MAX]; /* identity and time of the segment's cues */
    size_t ordinal_count;
    bool is_cue_limit_told;
};

aizu_result az_lane_init(az_lane *lane, az_engine *e, az_lane_kind kind);
void az_lane_deinit(az_lane *lane);
void az_lane_stop(az_lane *lane);
void az_lane_forget(az_lane *lane); /* the tracks too */
/* From the segment at a time on. is_exact: the media must begin at or before it. */
void az_lane_begin(az_lane *lane, int64_t pts, bool is_exact);
void az_lane_data(az_lane *lane, az_slice data);
void az_lane_fetched(az_lane *lane, const az_fetch_outcome *outcome);
void az_lane_step(az_lane *lane);

/* The segment cannot be had: another way, or it is left out. */
void az_lane_refused(az_lane *lane, const az_fetch_outcome *outcome);
void az_lane_fault(az_lane *lane, const az_fetch_outcome *outcome, bool is_fatal, const char *stage);

/* Whether a lane takes part in playback. */
static inline bool az_lane_is_active(const az_lane *lane)
{
    return lane->state != AZ_LANE_STOPPED;
}

/* ---- place.c ---- */

#define AZ_STEPS_BACK_MAX 3 /* segments gone back when one begins too late */

az_demux_sink az_place_sink(az_lane *lane);
void az_place_finish(az_lane *lane); /* the segment in hand is complete */
void az_place_drop_early(az_lane *lane);
/* Presentation time of a tick near the segment's last one; the segment must have its place. */
int64_t az_place_map(const az_lane *lane, az_timebase base, int64_t ticks);
/* Far from all that the segment held so far. */
bool az_place_is_off(const az_lane *lane, int64_t pts);
/* Whether something has told how the media's clock stands to presentation time. */
bool az_place_has_clock(const az_lane *lane);

/* ---- metadata.c ---- */

#define AZ_CAPTION_PICTURES_MAX 32  /* whose captions wait for their turn */
#define AZ_CAPTION_BYTES_MAX    128 /* of one picture */

typedef struct az_caption_picture {
    int64_t pts;
    size_t size;
    uint8_t triplets[AZ_CAPTION_BYTES_MAX];
} az_caption_picture;

/* Captions come with pictures in the order of decoding, and are read in that of presentation. */
typedef struct az_caption_state {
    az_captions *decoder; /* NULL before the first */
    az_caption_picture pictures[AZ_CAPTION_PICTURES_MAX];
    size_t count;
    int64_t last;    /* pts of the last picture that was read, AIZU_NO_TIME none */
    uint64_t listed; /* channels that are among the renditions */
} az_caption_state;

az_timebase az_metadata_timebase(const az_metadata *metadata);
/* Presentation time; the segment must have its place. */
int64_t az_metadata_pts(const az_lane *lane, const az_metadata *metadata);
void az_metadata_take(az_lane *lane, const az_metadata *metadata, int64_t pts);
void az_metadata_take_text(az_lane *lane, const az_text_sample *text);
unsigned az_metadata_length_size(const az_track *track);
void az_metadata_flush(az_engine *e); /* other media follows */
void az_metadata_deinit(az_engine *e);
/* Captions in the picture. */
void az_metadata_scan(az_lane *lane, const az_sample *sample, int64_t pts, const az_track *track);
void az_metadata_rescan(az_engine *e); /* another channel was chosen: those of what is queued are read anew */

/* ---- stream.c ---- */

/* What a decoder is made for: shared by the units that it fits. */
typedef struct az_format {
    az_track track;
    unsigned refs;
} az_format;

typedef struct az_unit_node {
    az_unit unit;
    az_format *format;
    uint32_t source; /* quality that it is from */
} az_unit_node;

typedef struct az_unit_ring {
    az_unit_node *nodes;
    size_t begin, count, capacity;
    uint64_t bytes;
    int64_t held;  /* duration of the units, ns */
    int64_t first; /* pts of the first unit since it was empty ... */
    int64_t end;   /* ... and the latest end, AIZU_NO_TIME; of `next` only */
} az_unit_ring;

typedef struct az_frame_node {
    void *frame;
    uint64_t id;
    int64_t pts;
    int64_t duration;
    uint32_t source;
    int width, height;
} az_frame_node;

/* Where a sample stands, and what it is from. */
typedef struct az_placed {
    int64_t pts, dts; /* dts may be AIZU_NO_TIME */
    int64_t duration; /* 0 unknown */
    uint32_t source;
    uint64_t domain;
} az_placed;

typedef enum az_decoder_state {
    AZ_DECODER_NONE = 0,
    AZ_DECODER_READY,
    AZ_DECODER_DRAINING,
    AZ_DECODER_DRAINED,
    AZ_DECODER_DEAD, /* no decoder takes this stream: it is dropped */
} az_decoder_state;

typedef struct az_stream_state {
    az_lane_kind lane;   /* that it comes from */
    az_track track;      /* without its config */
    bool is_announced;   /* a track exists */
    az_format *incoming; /* of the units that are queued now, NULL before the first track */
    az_unit_ring units;
    az_unit_ring next;      /* of another rendition, to take their place */
    bool is_replacing;      /* samples go to `next` */
    int64_t begin;          /* pts of the first sample since the flush, AIZU_NO_TIME */
    int64_t end;            /* latest pts queued, plus its duration, AIZU_NO_TIME */
    int64_t last_dts;       /* of the last unit queued, AIZU_NO_TIME ... */
    uint64_t last_domain;   /* ... and its domain: decoding begins anew with each */
    int64_t frame_duration; /* estimate, 0 while unknown */
    int64_t last_delta;     /* between the last two units */
    int64_t hide_before;    /* frames that end before it are not shown */
    int64_t sent_end;       /* end of the units that left for the decoder, AIZU_NO_TIME */
    az_decoder_state decoder;
    az_format *format; /* that the decoder was made for, NULL none */
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

/* Where the media that is being queued ends: that of another rendition while it takes over. AIZU_NO_TIME:
 * none. */
static inline int64_t az_stream_queue_end(const az_stream_state *s)
{
    return s->is_replacing ? s->next.end : s->end;
}

void az_stream_deinit(az_engine *e, void (*drop)(void *user, az_stream stream, void *frame), void *user);
void az_stream_flush(az_engine *e, int64_t hide_before); /* both: a new generation */
void az_stream_silence(az_engine *e);                    /* no more sound, not even what is queued */
void az_stream_hide(az_engine *e, int64_t pts);          /* what was decoded before it is not shown */
void az_stream_reset(az_engine *e);                      /* forgets the tracks too */
void az_stream_track(az_engine *e, az_lane_kind lane, const az_track *track);
/* What is queued of the sound and not with the decoder yet gives way to another rendition, which will begin
 * at the time that is returned, as soon as that has come. */
int64_t az_stream_replace_audio(az_engine *e, az_lane_kind lane);
/* Queues a sample. False: it was queued before and is dropped. */
bool az_stream_push(az_engine *e, const az_sample *sample, const az_placed *placed);
void az_stream_event(az_engine *e, const az_event *event);
void az_stream_step(az_engine *e);
/* The next frame to show; NULL while none is ready. */
const az_frame_node *az_stream_head(const az_engine *e);
az_frame_node az_stream_pop_frame(az_stream_state *s);
bool az_stream_is_drained(const az_engine *e, az_stream stream);
uint64_t az_stream_bytes(const az_engine *e);
int64_t az_stream_held(const az_lane *lane);                    /* media that waits, ns: holes do not count */
bool az_stream_is_ending(const az_engine *e, az_stream stream); /* nothing more will be queued */
bool az_stream_is_fed(const az_engine *e, az_stream stream); /* has samples, and a decoder that takes them */

/* ---- clock.c ---- */

/* The playback clock: one linear map, presentation time to monotonic time. */
typedef struct az_clock {
    bool is_running;
    int64_t base_pts;
    int64_t base_time;
    double pace; /* the rate that is wanted, 0: 1 ... */
    double rate; /* ... and as it is bent to follow the sound */
} az_clock;

void az_clock_set(az_clock *clock, int64_t pts, int64_t time);
void az_clock_set_pace(az_clock *clock, double pace, int64_t time);
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
    double rate;      /* that the application wants, times ... */
    double bend;      /* ... this, to keep up with the edge, ... */
    int64_t rate_due; /* ... and when the clock changes to it, AZ_NEVER: it has */
    az_clock clock;
    int64_t begin;     /* where the media was asked to begin */
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
void az_playback_seek(az_engine *e, int64_t pts, bool is_fast);
void az_playback_set_rate(az_engine *e, double rate); /* the application's */
void az_playback_bend(az_engine *e, double bend);     /* a factor to it */
void az_playback_event(az_engine *e, const az_event *event);
void az_playback_step(az_engine *e);
int64_t az_playback_position(const az_engine *e);
int64_t az_playback_ahead(const az_engine *e);         /* media ahead of the position */
int64_t az_playback_available_end(const az_engine *e); /* AIZU_NO_TIME when nothing is there */

/* ---- latency.c ---- */

void az_latency_step(az_engine *e); /* keeps the distance from the live edge */

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
void az_quality_choose(az_engine *e, size_t index); /* the application's choice */

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
void az_report_key(az_engine *e, uint64_t key_id, const char *url);
void az_report_rendition(az_engine *e, aizu_rendition_kind kind, int index);
void az_report_state(az_engine *e); /* tells a state that changed */
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
    az_lane lanes[AZ_LANES];
    az_keyring keyring;
    az_steering_state steering;
    az_scrub scrub;
    az_stream_state streams[AZ_STREAMS];
    az_playback playback;
    az_cue_queue *cues;
    az_caption_state captions;
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

#endif
