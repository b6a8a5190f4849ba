/*
 * The engine: all playback policy in one sans-IO state machine. It opens no socket, starts no thread,
 * reads no clock and decodes nothing: a driver feeds it events, runs it, and carries out its actions.
 *
 *     feed what happened -> run(now) -> take actions until AIZU_AGAIN -> sleep until deadline or event
 *
 * One engine is used by one thread at a time. Times called `time`, `at` or `now` are of the driver's
 * monotonic clock, ns; `pts` is presentation time, ns; `wall` is Unix time, ns.
 */
#ifndef AZ_ENGINE_ENGINE_H
#define AZ_ENGINE_ENGINE_H

#include "aizu/player.h"
#include "base/cipher.h"
#include "base/log.h"
#include "cue/cue.h"
#include "demux/demux.h"
#include "demux/ttml.h"
#include "playlist/steering.h"

typedef struct az_engine az_engine;

typedef struct az_engine_config {
    uint64_t seed;             /* of jitter; the same seed and events give the same actions */
    bool decode;               /* false: samples stand for frames; no decoder, no output, no sound */
    int64_t buffer_ahead_max;  /* ns */
    uint64_t buffer_bytes_max; /* bytes */
    int64_t live_hold_back;    /* ns, 0: what the playlist asks for */
    bool early_cues;
    bool housekeeping_cues;
    bool report_frames;        /* AIZU_EVENT_FRAME for each presented frame */
    char audio_languages[128]; /* preferred, best first, comma-separated; "": the stream's default */
    char text_languages[128];  /* likewise; "": no subtitles but forced ones */
    bool ask_keys;             /* keys come by AZ_EVENT_KEY; false: they are fetched */
    /* Pure functions of the driver's libraries; NULL: what needs them is reported and left out. */
    const az_cipher_provider *cipher;
    az_ttml_parser parse_ttml;
    az_steering_parser parse_steering;
    az_log log;
} az_engine_config;

/* The defaults of include/aizu/player.h. */
void az_engine_config_init(az_engine_config *config);

/* The two streams that are played, and what else is decoded. */
typedef enum az_stream {
    AZ_STREAM_VIDEO = 0,
    AZ_STREAM_AUDIO = 1,
    AZ_STREAMS,
    AZ_STREAM_THUMBNAIL = AZ_STREAMS, /* single pictures, on request */
    AZ_DECODERS,
} az_stream;

/* ---- events: what happened ---- */

typedef enum az_event_type {
    /* the application */
    AZ_EVENT_LOAD = 1, /* url, pts (start position or AIZU_NO_TIME) */
    AZ_EVENT_PLAY,
    AZ_EVENT_PAUSE,
    AZ_EVENT_SEEK, /* pts, AIZU_NO_TIME: live edge less the hold-back; index: 1 to the key frame before it */
    AZ_EVENT_STOP,
    AZ_EVENT_QUALITY,       /* index, AIZU_QUALITY_AUTO */
    AZ_EVENT_RENDITION,     /* kind, index: of a rendition, AIZU_RENDITION_AUTO, AIZU_RENDITION_OFF */
    AZ_EVENT_RATE,          /* rate: of playback, 0.25 to 2 */
    AZ_EVENT_THUMBNAIL,     /* pts: a picture of about that time is wanted */
    AZ_EVENT_KEY,           /* key_id, data: 16 bytes; none: refused */
    AZ_EVENT_REPORT_FRAMES, /* index: 1 or 0, as in the config */
    /* clocks */
    AZ_EVENT_WALL, /* wall: Unix time at `time`; fed at the start and when it was set anew */
    /* the network; events of a cancelled or ended fetch are ignored */
    AZ_EVENT_FETCH_RESPONSE, /* fetch, http_status, url (after redirects), size (Content-Length, -1 unknown)
                              */
    AZ_EVENT_FETCH_DATA,     /* fetch, data; before any data of a 2xx response only */
    AZ_EVENT_FETCH_END,      /* fetch, result, http_status, retry_after */
    /* decoders; those of an older generation are ignored (frames are dropped) */
    AZ_EVENT_FRAME,   /* stream, generation, pts, duration, frame, width, height */
    AZ_EVENT_DECODED, /* stream, generation, result: one unit was taken by the decoder (or refused) */
    AZ_EVENT_DRAINED, /* stream, generation: all frames of the units before AZ_ACTION_DRAIN were fed */
    /* outputs */
    AZ_EVENT_PRESENTED,   /* frame_id; time: when it reached the screen */
    AZ_EVENT_DROPPED,     /* frame_id: the output gave it up; time */
    AZ_EVENT_AUDIO_CLOCK, /* pts: what the listener heard at `time` */
    AZ_EVENT_AUDIO_LOST,  /* no sound device, or it broke: sound is thrown away from now on */
} az_event_type;

typedef struct az_event {
    az_event_type type;
    int64_t time;    /* when it happened */
    const char *url; /* copied */
    int64_t pts;
    int64_t duration;
    int64_t wall;
    int index;
    uint64_t fetch;
    int http_status;
    int64_t size;
    int64_t retry_after; /* Retry-After as a delay in ns, 0 none */
    aizu_result result;
    const char *detail; /* a sentence from the library that failed, or NULL; copied */
    az_slice data;      /* the engine takes its own reference */
    az_stream stream;
    uint32_t generation;
    aizu_rendition_kind kind;
    double rate;
    uint64_t key_id;
    void *frame; /* the driver's; comes back in exactly one PRESENT, AUDIO or DROP action */
    uint64_t frame_id;
    int width, height;
} az_event;

/* ---- actions: what to do next ---- */

typedef enum az_action_type {
    AZ_ACTION_FETCH = 1,    /* start a GET: fetch, url, range_offset, range_size (0: no range;
                               AZ_RANGE_OPEN: to the end), is_blocking: the server may hold the answer back */
    AZ_ACTION_FETCH_CANCEL, /* fetch: no event of it is wanted any more */
    AZ_ACTION_FETCH_PAUSE,  /* fetch: stop reading from the socket */
    AZ_ACTION_FETCH_RESUME, /* fetch */
    AZ_ACTION_DECODER,      /* stream, generation, codec, track: (re)create the decoder */
    AZ_ACTION_DECODE,       /* stream, generation, unit */
    AZ_ACTION_FLUSH,        /* stream, generation (the new one): forget units and queued output */
    AZ_ACTION_DRAIN,        /* stream, generation: feed all frames that are left, then DRAINED */
    AZ_ACTION_PRESENT,      /* frame, frame_id, pts, at, cues: show it at that time (at once if past) */
    AZ_ACTION_AUDIO,        /* frame, pts, trim_begin: append it to the sound output; a gap before its
                               pts is filled with silence, an overlap cut */
    AZ_ACTION_AUDIO_START,  /* pts, at, rate: let the sound run so that pts is heard at `at`, from there on at
                               a  rate with its pitch kept. Again with another rate while it runs */
    AZ_ACTION_AUDIO_PAUSE,  /* hold the sound where it is */
    AZ_ACTION_DROP,         /* stream, frame: not needed; release it */
    AZ_ACTION_THUMBNAIL,    /* frame (NULL: there is none), pts: the answer to AZ_EVENT_THUMBNAIL */
    AZ_ACTION_CUE,          /* cue (az_cue_unref() it), phase, flags, due, late_by */
    AZ_ACTION_REPORT,       /* report: for the application's event callback */
} az_action_type;

/* One compressed access unit on its way to a decoder. */
typedef struct az_unit {
    int64_t pts, dts, duration; /* presentation scale, ns; dts may be AIZU_NO_TIME */
    unsigned flags;             /* az_sample_flag */
    az_slice data;              /* the driver takes it over */
} az_unit;

typedef struct az_report {
    aizu_event_type type;
    aizu_state state;
    int64_t position;
    int quality;
    aizu_rendition_kind rendition_kind;
    int rendition;
    uint64_t key_id;
    char key_url[AIZU_URL_SIZE_MAX];
    struct {
        aizu_result result;
        bool is_fatal;
        const char *stage; /* static */
        char url[512];     /* redacted */
        int http_status;
        int64_t segment;
        int64_t position;
        char detail[256];
    } error;
} az_report;

typedef struct az_action {
    az_action_type type;
    uint64_t fetch;
    const char *url; /* the engine's; valid until the next run */
    uint64_t range_offset;
    uint64_t range_size; /* 0: the whole resource */
    bool is_blocking;
    double rate;
    az_stream stream;
    uint32_t generation;
    az_codec codec;
    const az_track *track; /* valid until the next run */
    az_unit unit;
    void *frame;
    uint64_t frame_id;
    int64_t pts;
    int64_t at;
    int64_t trim_begin; /* ns to cut from the front of an audio frame */
    az_cue **cues;      /* PRESENT: the cues that the frame starts, each with a reference for the driver;
                           the array is the engine's, valid until the next run */
    size_t cue_count;
    uint64_t cue_replays; /* PRESENT: bit i says that cues[i] was delivered before (AIZU_CUE_REPLAY) */
    az_cue *cue;
    aizu_cue_phase phase;
    unsigned cue_flags;
    int64_t due;
    int64_t late_by;
    int64_t time;            /* of the run that made it */
    const az_report *report; /* valid until the next run */
} az_action;

/* ---- the four verbs ---- */

/* NULL when out of memory. */
az_engine *az_engine_create(const az_engine_config *config);

/* Frees everything. Frames that the engine still holds come back through `drop` first (may be NULL). */
void az_engine_destroy(az_engine **engine, void (*drop)(void *user, az_stream stream, void *frame),
                       void *user);

/* Records what happened. AIZU_E_MEMORY: not recorded (a frame in the event stays the driver's). */
AZ_NODISCARD aizu_result az_engine_feed(az_engine *engine, const az_event *event);

/* Decides. A bounded amount of work; when more is left, the deadline is `now`. `now` never goes back. */
void az_engine_run(az_engine *engine, int64_t now);

/* The next action, AIZU_AGAIN when there is none. Take all before the next run. */
AZ_NODISCARD aizu_result az_engine_take(az_engine *engine, az_action *action);

/* Whether events wait to be handled: one run takes a bounded number of bytes. A driver reads no more from the
 * network meanwhile. */
bool az_engine_has_events(const az_engine *engine);

/* When to run again if nothing happens before; AZ_NEVER. */
int64_t az_engine_deadline(const az_engine *engine);

/* ---- what getters read; copy it out after each run ---- */

typedef struct az_snapshot {
    aizu_state state;
    bool is_live;
    bool is_over;     /* ended, failed or stopped: nothing will follow without a command */
    int64_t position; /* pts at `position_time`, AIZU_NO_TIME */
    int64_t position_time;
    int64_t position_max; /* position must not be extrapolated past it */
    double rate;          /* 0 while the playback clock stands */
    int64_t duration;
    int64_t seekable_begin, seekable_end; /* AIZU_NO_TIME */
    int64_t buffered_begin, buffered_end; /* AIZU_NO_TIME */
    int64_t live_edge;                    /* end of the playlist, pts, at live_edge_time */
    int64_t live_edge_time;
    int64_t wall_offset; /* programme date-time = pts + wall_offset around the position, AIZU_NO_TIME */
    int quality;         /* on screen, -1 */
    bool is_quality_auto;
    int quality_count;
    uint64_t qualities_version; /* changes when one of the lists does */
    int rendition_counts[2];    /* by aizu_rendition_kind */
    int renditions[2];          /* played, or AIZU_RENDITION_OFF */
    double wanted_rate;
    aizu_stats stats;
} az_snapshot;

void az_engine_snapshot(const az_engine *engine, az_snapshot *snapshot);

/* One of the qualities of the snapshot. False for an unknown index. */
bool az_engine_quality(const az_engine *engine, int index, aizu_quality *quality);
bool az_engine_rendition(const az_engine *engine, aizu_rendition_kind kind, int index,
                         aizu_rendition *rendition);
/* The n-th EXT-X-SESSION-DATA; false: there are no more. Spans live until the next load. */
bool az_engine_session_data(const az_engine *engine, size_t index, az_span *id, az_span *language,
                            az_span *value);

#endif
