/*
 * The player: loads HLS over http and https, plays it, and calls back when something happens.
 *
 * Threads. Every function may be called from any thread and from inside any callback, unless its
 * comment says otherwise. Callbacks run on one thread only: the one that calls
 * aizu_player_dispatch(), or the dispatch thread if aizu_config.dispatch_thread is set. A slow callback
 * delays later callbacks, never playback. Commands (load, play, pause, seek, stop, set_quality) return
 * at once; what comes of them arrives as an event.
 *
 * Times are nanoseconds. Positions are presentation time: 0 is the start of a recording, or for a live
 * stream the start of the first playlist that was loaded.
 */
#ifndef AIZU_PLAYER_H
#define AIZU_PLAYER_H

#include "aizu/cue.h"
#include "aizu/frame.h"
#include "aizu/result.h"
#include "aizu/version.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct aizu_player aizu_player;

/* Limits of what the API takes. */
#define AIZU_URL_SIZE_MAX    8192 /* bytes with the closing NUL */
#define AIZU_HEADERS_MAX     64   /* request headers of one player */
#define AIZU_HEADER_SIZE_MAX 8192 /* bytes of one request header line */
#define AIZU_QUALITIES_MAX   64   /* variants that the quality list shows */
#define AIZU_QUALITY_AUTO    (-1)
#define AIZU_FOREVER         INT64_MAX /* dispatch: no time-out */

typedef enum aizu_state {
    AIZU_STATE_IDLE = 0,  /* nothing loaded, stopped, or failed */
    AIZU_STATE_READY,     /* loaded and paused: position and duration are known */
    AIZU_STATE_BUFFERING, /* wants to play and waits for media */
    AIZU_STATE_PLAYING,
    AIZU_STATE_ENDED, /* the recording or stream is over; seek or load to go on */
} aizu_state;

typedef enum aizu_video_output {
    AIZU_VIDEO_WINDOW = 0, /* the library opens a window of its own */
    AIZU_VIDEO_PULL,       /* the application takes frames: aizu_player_acquire_frame(); aizu/sdl.h puts
                              them into its own SDL_Renderer */
    AIZU_VIDEO_HEADLESS,   /* frames are decoded, timed and dropped: no window, no device */
    AIZU_VIDEO_NO_DECODE,  /* nothing is decoded: network, demuxing and cues in real time; no sound either */
} aizu_video_output;

typedef enum aizu_audio_output {
    AIZU_AUDIO_DEVICE = 0, /* the default sound device; the monotonic clock where there is none */
    AIZU_AUDIO_SILENT,     /* decoded, timed and dropped */
} aizu_audio_output;

typedef enum aizu_log_level {
    AIZU_LOG_ERROR = 0,
    AIZU_LOG_WARNING,
    AIZU_LOG_INFO,
    AIZU_LOG_DEBUG,
    AIZU_LOG_TRACE,
} aizu_log_level;

/*
 * Settings of a player, read once by aizu_player_create(). Fill with aizu_config_init(), then change
 * what is needed. The struct grows only at its end.
 */
typedef struct aizu_config {
    size_t size_struct;        /* set by aizu_config_init() */
    aizu_video_output video;   /* default AIZU_VIDEO_WINDOW */
    aizu_audio_output audio;   /* default AIZU_AUDIO_DEVICE */
    int dispatch_thread;       /* 1: the library calls callbacks on a thread of its own; default 0 */
    int early_cues;            /* 1: cues are also announced when parsed (AIZU_CUE_RECEIVED); default 0 */
    int housekeeping_cues;     /* 1: deliver a service's own frames too (TXXX "segmentmetadata",
                                  TDEN); default 0 */
    int64_t buffer_ahead_max;  /* media to hold ahead of the position, ns; default 30 s, 2 s .. 600 s */
    uint64_t buffer_bytes_max; /* bytes of media held at most; default 64 MiB, at least 4 MiB */
    int64_t live_hold_back;    /* distance from the live edge to start at, ns; default 0: what the
                                  playlist asks for (RFC 8216, 6.3.3) */
    uint64_t random_seed;      /* of retry jitter; default 0: chosen by the library */
    void (*log)(void *user, aizu_log_level level, const char *module, const char *text);
    void *log_user;              /* log is called on any thread, must return soon and must not call aizu */
    aizu_log_level log_level;    /* default AIZU_LOG_WARNING */
    const char *user_agent;      /* default "aizu/VERSION"; copied */
    const char *ca_file;         /* PEM file with the certificates to trust instead of the system's;
                                    default NULL; copied */
    const char *window_title;    /* default "aizu"; copied */
    const char *audio_languages; /* preferred ones, best first, comma-separated (RFC 5646), as in "ja,en";
                                    default NULL: the stream's DEFAULT; copied */
    const char
        *text_languages; /* the same for subtitles and captions; default NULL: off, but for forced ones */
    int draw_text;       /* 1: the library's window draws subtitles and captions; default 1 */
    int ask_keys;        /* 1: keys of encrypted streams are asked for with AIZU_EVENT_KEY instead of being
                            fetched; default 0 */
} aizu_config;

/* Fills in the defaults. */
AIZU_API void aizu_config_init(aizu_config *config);

/*
 * Creates a player in AIZU_STATE_IDLE. config NULL: the defaults. On success the caller owns *player
 * and ends with aizu_player_destroy(); on failure *player is NULL.
 * AIZU_E_ARGUMENT (a setting out of range), AIZU_E_MEMORY, AIZU_E_INTERNAL (no thread). Does not wait for the
 * network or a device.
 */
AIZU_API aizu_result aizu_player_create(aizu_player **player, const aizu_config *config);

/*
 * Stops playback, ends the player's threads, frees everything and sets *player to NULL. NULL and a
 * pointer to NULL are allowed. No callback runs after it returned. From inside a callback it returns at
 * once and the player ends when the callback has returned. Otherwise it blocks for the time of a video
 * frame, at most 500 ms with a broken device, and with a dispatch thread until a callback that runs at this
 * moment has returned. No other call on the player may be under way or follow.
 */
AIZU_API void aizu_player_destroy(aizu_player **player);

/*
 * Loads a multivariant or media playlist; what was loaded before is stopped. The URL is copied.
 * Buffering begins at once; playback begins with aizu_player_play(), before or after this call.
 * AIZU_E_SCHEME, AIZU_E_ARGUMENT (longer than AIZU_URL_SIZE_MAX), AIZU_E_MEMORY.
 */
AIZU_API aizu_result aizu_player_load(aizu_player *player, const char *url);

/* The same, starting at a position (ns, not negative). AIZU_NO_TIME: the default (0, or live the hold-back).
 */
AIZU_API aizu_result aizu_player_load_at(aizu_player *player, const char *url, int64_t position);

/* Plays, or goes on after a pause. In AIZU_STATE_ENDED it starts again from the beginning. */
AIZU_API aizu_result aizu_player_play(aizu_player *player);

/* Pauses; the picture stays. */
AIZU_API aizu_result aizu_player_pause(aizu_player *player);

/*
 * Goes to a position, clamped to the seekable range; AIZU_NO_TIME means the live edge less the
 * hold-back. Frame exact. Ends with AIZU_EVENT_SEEKED. AIZU_E_STATE when nothing is loaded.
 */
AIZU_API aizu_result aizu_player_seek(aizu_player *player, int64_t position);

/* Unloads: AIZU_STATE_IDLE. */
AIZU_API aizu_result aizu_player_stop(aizu_player *player);

/* Volume 0.0 to 1.0, default 1.0. AIZU_E_ARGUMENT outside. Muting keeps the volume. */
AIZU_API aizu_result aizu_player_set_volume(aizu_player *player, double volume);
AIZU_API double aizu_player_volume(const aizu_player *player);
AIZU_API aizu_result aizu_player_set_muted(aizu_player *player, int muted);
AIZU_API int aizu_player_muted(const aizu_player *player);

/*
 * A header line "Name: value" for each request of this player from now on, redirects included; a later one of
 * the same name replaces it, "Name:" removes it. Copied. AIZU_E_ARGUMENT for control characters, no colon,
 * too long, or a name that the player sets itself (Range, Accept-Encoding, Content-Length,
 * Transfer-Encoding); AIZU_E_LIMIT past AIZU_HEADERS_MAX; AIZU_E_MEMORY.
 */
AIZU_API aizu_result aizu_player_set_header(aizu_player *player, const char *line);

/* One variant of the multivariant playlist (RFC 8216, 4.3.4.2). A media playlist alone is one quality. */
typedef struct aizu_quality {
    size_t size_struct;
    int index;           /* for aizu_player_set_quality() */
    char name[64];       /* NAME, IVS-NAME, VIDEO group or "HEIGHTp" */
    int64_t bandwidth;   /* BANDWIDTH, bits per second, 0 unknown */
    int width, height;   /* RESOLUTION, 0 unknown */
    double frame_rate;   /* FRAME-RATE, 0 unknown */
    char codecs[128];    /* CODECS */
    char video_range[8]; /* VIDEO-RANGE: "SDR", "HLG", "PQ", "" unknown */
    char hdcp_level[16]; /* HDCP-LEVEL: "NONE", "TYPE-0", "TYPE-1", "" unknown */
    double score;        /* SCORE, negative: not given */
} aizu_quality;

/* The number of qualities, 0 before a playlist is loaded. */
AIZU_API int aizu_player_quality_count(const aizu_player *player);
/* Fills *quality, whose size_struct the caller set. AIZU_E_ARGUMENT for an unknown index. */
AIZU_API aizu_result aizu_player_get_quality(const aizu_player *player, int index, aizu_quality *quality);
/* The quality that is on screen; -1 when nothing is. */
AIZU_API int aizu_player_quality(const aizu_player *player);
/* 1 while the player chooses. */
AIZU_API int aizu_player_quality_is_auto(const aizu_player *player);
/* Takes a quality from the next segment that is not buffered yet, or AIZU_QUALITY_AUTO. AIZU_E_ARGUMENT,
 * AIZU_E_STATE when nothing is loaded. */
AIZU_API aizu_result aizu_player_set_quality(aizu_player *player, int index);

/* What can be chosen beside the quality: renditions of the multivariant playlist (RFC 8216, 4.3.4.1), tracks
 * within the variant, closed captions in the picture. */
typedef enum aizu_rendition_kind {
    AIZU_RENDITION_AUDIO = 0,
    AIZU_RENDITION_TEXT, /* subtitles and closed captions */
} aizu_rendition_kind;

#define AIZU_RENDITIONS_MAX 64   /* of one kind that the list shows */
#define AIZU_RENDITION_AUTO (-1) /* by DEFAULT, AUTOSELECT and the languages of aizu_config */
#define AIZU_RENDITION_OFF  (-2) /* none */

typedef struct aizu_rendition {
    size_t size_struct;
    aizu_rendition_kind kind;
    int index;                 /* for aizu_player_set_rendition() */
    char name[64];             /* NAME */
    char language[36];         /* LANGUAGE (RFC 5646), "" unknown */
    char channels[16];         /* CHANNELS, "" unknown */
    char characteristics[128]; /* CHARACTERISTICS */
    int is_default;            /* DEFAULT=YES */
    int is_autoselect;         /* AUTOSELECT=YES */
    int is_forced;             /* FORCED=YES */
    int is_caption;            /* closed captions: carried in the picture */
} aizu_rendition;

/* The number of renditions of a kind, 0 before a playlist is loaded. */
AIZU_API int aizu_player_rendition_count(const aizu_player *player, aizu_rendition_kind kind);
/* Fills *rendition, whose size_struct the caller set. AIZU_E_ARGUMENT for an unknown index. */
AIZU_API aizu_result aizu_player_get_rendition(const aizu_player *player, aizu_rendition_kind kind, int index,
                                               aizu_rendition *rendition);
/* The one that is played, or AIZU_RENDITION_OFF. */
AIZU_API int aizu_player_rendition(const aizu_player *player, aizu_rendition_kind kind);
/* Takes another one, AIZU_RENDITION_AUTO or AIZU_RENDITION_OFF; sound goes over without a gap.
 * AIZU_E_ARGUMENT, AIZU_E_STATE when nothing is loaded. */
AIZU_API aizu_result aizu_player_set_rendition(aizu_player *player, aizu_rendition_kind kind, int index);

/* Playback rate, 0.25 to 2.0, default 1.0; the pitch of the sound is kept. AIZU_E_ARGUMENT outside. */
AIZU_API aizu_result aizu_player_set_rate(aizu_player *player, double rate);
AIZU_API double aizu_player_rate(const aizu_player *player);

/* As aizu_player_seek(), to the key frame at or before the position: quicker. */
AIZU_API aizu_result aizu_player_seek_fast(aizu_player *player, int64_t position);

/* Asks for a small picture of about a position, as for a seek bar, out of the stream's I-frame playlist (RFC
 * 8216, 4.3.4.3). AIZU_EVENT_THUMBNAIL answers, without a picture where there is none; a newer request
 * replaces one that is not answered yet. Playback goes on. AIZU_E_ARGUMENT, AIZU_E_STATE when nothing is
 * loaded. */
AIZU_API aizu_result aizu_player_request_thumbnail(aizu_player *player, int64_t position);

/* The value of EXT-X-SESSION-DATA (RFC 8216, 4.3.4.4) with this DATA-ID and, unless NULL, language, into
 * `out` with a NUL; its URI where it has one instead. AIZU_AGAIN: there is none; AIZU_E_LIMIT: it does not
 * fit. */
AIZU_API aizu_result aizu_player_session_data(const aizu_player *player, const char *data_id,
                                              const char *language, char *out, size_t out_size);

/* The answer to AIZU_EVENT_KEY: 16 bytes, or NULL to refuse; for an id that is not waited for, or not any
 * more, nothing happens. AIZU_E_MEMORY. */
AIZU_API aizu_result aizu_player_provide_key(aizu_player *player, uint64_t key_id, const uint8_t *key);

/* Getters never wait: they read what the engine wrote last (at most one frame ago). */
AIZU_API aizu_state aizu_player_state(const aizu_player *player);
AIZU_API int64_t aizu_player_position(const aizu_player *player); /* ns, AIZU_NO_TIME when idle */
AIZU_API int64_t aizu_player_duration(const aizu_player *player); /* ns, AIZU_NO_TIME when live */
AIZU_API int aizu_player_is_live(const aizu_player *player);
/* Where aizu_player_seek() can go. AIZU_AGAIN and AIZU_NO_TIME in both before it is known. */
AIZU_API aizu_result aizu_player_seekable(const aizu_player *player, int64_t *begin, int64_t *end);
/* The media held around the position. AIZU_AGAIN as above. */
AIZU_API aizu_result aizu_player_buffered(const aizu_player *player, int64_t *begin, int64_t *end);
/* Time from the live edge of the playlist to the position, or with programme date-time from the
 * wall clock; ns, AIZU_NO_TIME when not live. */
AIZU_API int64_t aizu_player_live_latency(const aizu_player *player);
/* Programme date-time of the position, Unix time in ns, or AIZU_NO_TIME. */
AIZU_API int64_t aizu_player_wall_clock(const aizu_player *player);

/* Counters since load, and the present condition. */
typedef struct aizu_stats {
    size_t size_struct;
    uint64_t bytes_received;
    uint64_t requests;         /* started */
    uint64_t requests_failed;  /* ended with an error, each try counted */
    int64_t throughput;        /* estimate, bits per second, 0 unknown */
    int64_t first_frame_delay; /* from load to the first frame, ns, AIZU_NO_TIME before it */
    uint64_t frames_presented;
    uint64_t frames_dropped; /* decoded too late to be shown */
    uint64_t frames_corrupt; /* decoder errors */
    uint64_t stalls;         /* times that playback ran dry */
    int64_t stall_duration;  /* ns */
    uint64_t quality_switches;
    uint64_t cues_received; /* after copies were collapsed */
    uint64_t cues_delivered;
    uint64_t cues_late;
    uint64_t cues_skipped;
    uint64_t cue_copies;    /* copies that were collapsed */
    int64_t buffered_ahead; /* ns */
    uint64_t buffered_bytes;
    int width, height; /* of the picture on screen */
} aizu_stats;
/* Fills *stats, whose size_struct the caller set. */
AIZU_API aizu_result aizu_player_get_stats(const aizu_player *player, aizu_stats *stats);

typedef enum aizu_event_type {
    AIZU_EVENT_STATE = 1,   /* state */
    AIZU_EVENT_DURATION,    /* position: the duration became known or changed; AIZU_NO_TIME: live */
    AIZU_EVENT_QUALITIES,   /* the quality list is there */
    AIZU_EVENT_QUALITY,     /* quality: on screen from now on */
    AIZU_EVENT_FIRST_FRAME, /* position: the first picture since load is on screen */
    AIZU_EVENT_FRAME,       /* position: a frame was presented; only with aizu_player_on_frame() */
    AIZU_EVENT_SEEKED,      /* position: where playback goes on */
    AIZU_EVENT_STALL,       /* position: ran dry, buffering */
    AIZU_EVENT_ERROR,       /* error: state says whether playback goes on */
    AIZU_EVENT_INPUT,       /* input: key, mouse or close in a window of the library */
    AIZU_EVENT_RENDITIONS,  /* the lists of renditions are there, or changed */
    AIZU_EVENT_RENDITION,   /* rendition_kind, rendition: played from now on */
    AIZU_EVENT_THUMBNAIL, /* thumbnail (NULL: there is none), position: of aizu_player_request_thumbnail() */
    AIZU_EVENT_KEY,       /* key_id, key_url: only with aizu_config.ask_keys; aizu_player_provide_key() */
} aizu_event_type;

/* What is known about an error where it happened. */
typedef struct aizu_error {
    aizu_result result;
    int is_fatal;       /* 1: playback stopped, AIZU_STATE_IDLE follows */
    const char *stage;  /* "multivariant playlist", "media playlist", "segment", "demux", "decode", ... */
    const char *url;    /* without userinfo, query and fragment; "" when none is concerned */
    int http_status;    /* 0 when there was no response */
    int64_t segment;    /* media sequence number, -1 when none is concerned */
    int64_t position;   /* presentation time concerned, or AIZU_NO_TIME */
    const char *detail; /* a sentence for people; never NULL */
} aizu_error;

typedef enum aizu_input_type {
    AIZU_INPUT_CLOSE = 1, /* the window's close button */
    AIZU_INPUT_KEY,       /* a key went down */
} aizu_input_type;

/* Pointers live as long as the callback. Which fields count stands at aizu_event_type. */
typedef struct aizu_event {
    size_t size_struct;
    aizu_event_type type;
    int64_t time;     /* monotonic, when it happened */
    aizu_state state; /* the player's state at that moment */
    int64_t position; /* ns or AIZU_NO_TIME */
    int quality;
    const aizu_error *error; /* NULL but for AIZU_EVENT_ERROR */
    aizu_input_type input;
    const char *input_key; /* SDL's key name, as in "Space"; NULL but for AIZU_INPUT_KEY */
    aizu_rendition_kind rendition_kind;
    int rendition;               /* index, AIZU_RENDITION_OFF */
    uint64_t key_id;             /* never 0 */
    const char *key_url;         /* absolute, with its query; NULL but for AIZU_EVENT_KEY */
    const aizu_frame *thumbnail; /* lives as long as the callback, like all pointers here */
} aizu_event;

typedef void (*aizu_cue_callback)(void *user, const aizu_cue *cue);
typedef void (*aizu_event_callback)(void *user, const aizu_event *event);

/*
 * The callbacks; NULL takes one away. Set them before load so as to miss nothing. on_frame asks for
 * AIZU_EVENT_FRAME events with each presented frame, for tests.
 */
AIZU_API aizu_result aizu_player_on_cue(aizu_player *player, aizu_cue_callback callback, void *user);
AIZU_API aizu_result aizu_player_on_event(aizu_player *player, aizu_event_callback callback, void *user);
AIZU_API aizu_result aizu_player_on_frame(aizu_player *player, aizu_event_callback callback, void *user);

/*
 * Runs the callbacks of what has happened, waiting up to `timeout` ns for something (0: not at all,
 * AIZU_FOREVER: as long as it takes). Ends after the callbacks that were due when it was called.
 * AIZU_OK: some ran. AIZU_TIMEOUT: none. AIZU_END: the stream ended, failed for good, was stopped, or the
 * library's window was closed (which stops it), and everything before was delivered; so again with each call
 * until a command (load, seek, play) goes on. AIZU_END also when a callback destroyed the player.
 * AIZU_E_STATE with a dispatch thread, from inside a callback, or while another thread dispatches.
 * AIZU_E_ARGUMENT for a negative time-out.
 *
 * What waits is bounded: past 16384 callbacks or 32 MiB of payloads the oldest are dropped, and an
 * AIZU_EVENT_ERROR with AIZU_E_LIMIT and the stage "dispatch" says how many. Nothing waits for a callback
 * that is not set.
 */
AIZU_API aizu_result aizu_player_dispatch(aizu_player *player, int64_t timeout);

/*
 * For an application with a loop of its own: a descriptor that is readable while callbacks, the news of the
 * end, or (with AIZU_VIDEO_PULL) a frame wait; dispatch and acquire_frame drain it. Owned by the player. And
 * a function called on a thread of the library each time something of that comes, which must return soon and
 * must not call aizu; once set_wakeup returned, the function that was set before is not called any more.
 */
AIZU_API int aizu_player_wakeup_fd(const aizu_player *player);
AIZU_API aizu_result aizu_player_set_wakeup(aizu_player *player, void (*wakeup)(void *user), void *user);

/*
 * With AIZU_VIDEO_PULL: the newest frame that is due and was not taken yet. AIZU_AGAIN when there is none;
 * ask again after the next wakeup. Draw it, show it, then release it: the moment of release counts as its
 * presentation, and its cues are called back from then on. A frame that is not released within 100 ms
 * counts as presented when it was due. One frame at a time: AIZU_E_STATE while one is held.
 * AIZU_E_STATE with another kind of output.
 */
AIZU_API aizu_result aizu_player_acquire_frame(aizu_player *player, const aizu_frame **frame);
/* Gives a frame back and sets *frame to NULL; a pointer to NULL is allowed. */
AIZU_API void aizu_player_release_frame(aizu_player *player, const aizu_frame **frame);

/* The monotonic clock of all `due` and `time` fields, ns. */
AIZU_API int64_t aizu_now(void);

/* Nanoseconds as seconds; AIZU_NO_TIME gives NaN. */
AIZU_API double aizu_seconds(int64_t time);

/* The version of the library at run time, as in "0.1.0". Static. */
AIZU_API const char *aizu_version(void);

#ifdef __cplusplus
}
#endif
#endif
