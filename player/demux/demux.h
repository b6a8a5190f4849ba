/*
 * What every demuxer of aizu gives: tracks, samples and raw metadata, in container ticks.
 *
 * A demuxer is pushed bytes as they arrive and calls a sink. It holds no policy and knows no
 * presentation time: ticks are as the container has them (for TS 33-bit values, rollover not resolved, for
 * fMP4 without the edit list); timeline/ maps them.
 */
#ifndef AZ_DEMUX_DEMUX_H
#define AZ_DEMUX_DEMUX_H

#include "base/base.h"
#include "base/buf.h"

#define AZ_NO_TICKS INT64_MIN

typedef enum az_media {
    AZ_MEDIA_VIDEO = 0,
    AZ_MEDIA_AUDIO = 1,
    AZ_MEDIA_METADATA = 2,
    AZ_MEDIA_TEXT = 3, /* subtitles */
    AZ_MEDIA_OTHER = 4,
} az_media;

typedef enum az_codec {
    AZ_CODEC_UNKNOWN = 0,
    AZ_CODEC_H264,
    AZ_CODEC_H265,
    AZ_CODEC_MPEG2_VIDEO,
    AZ_CODEC_AV1,
    AZ_CODEC_VP9,
    AZ_CODEC_AAC,      /* ADTS frames where az_track.config is empty, else raw ones */
    AZ_CODEC_AAC_LATM, /* LOAS frames, whole; az_track.config is empty */
    AZ_CODEC_AC3,
    AZ_CODEC_EAC3,
    AZ_CODEC_MP3, /* MPEG-1/2 audio, layers I to III */
    AZ_CODEC_OPUS,
    AZ_CODEC_FLAC,
    AZ_CODEC_ALAC,
    AZ_CODEC_ID3, /* timed ID3 */
    AZ_CODEC_SCTE35,
    AZ_CODEC_EMSG,   /* an event message box, whole (ISO/IEC 23009-1, 5.10.3.3) */
    AZ_CODEC_WEBVTT, /* cues: az_text_sample */
    AZ_CODEC_TTML,   /* XML documents: az_text_sample */
} az_codec;

/* One elementary stream. Announced before its first sample, and again when something of it changes. */
typedef struct az_track {
    uint32_t id; /* TS: the PID; fMP4: track_ID; 0 where the container has one only */
    az_media media;
    az_codec codec;
    uint32_t stream_type;               /* TS: as in the PMT */
    uint32_t timescale;                 /* ticks per second of its samples; TS: 90000 */
    char language[4];                   /* ISO 639-2, "" unknown */
    char codec_string[32];              /* RFC 6381, as in "avc1.64001f"; "" while unknown */
    int width, height;                  /* pixels after cropping, 0 unknown */
    int sar_num, sar_den;               /* 0 unknown */
    int frame_rate_num, frame_rate_den; /* from the stream's timing info, 0 unknown */
    int sample_rate, channels;          /* 0 unknown */
    bool is_encrypted;                  /* scrambled; SAMPLE-AES stream type; encv, enca */
    unsigned counter_bits;              /* width of the time stamps' counter; TS: 33; 0: it does not wrap */
    int64_t edit_offset; /* fMP4: ticks to add to each time of the track: what its edit list says
                            (ISO/IEC 14496-12, 8.6.6) */
    az_slice config;     /* decoder configuration, empty where it is in the stream: avcC, hvcC, av1C,
                            vpcC, AudioSpecificConfig, dOps, dfLa, alac: the boxes' contents. With
                            avcC and hvcC samples are length-prefixed NAL units, else Annex B */
} az_track;

typedef enum az_sample_flag {
    AZ_SAMPLE_KEY = 1 << 0,           /* decoding can start here */
    AZ_SAMPLE_DISCONTINUITY = 1 << 1, /* bytes were lost or the container says so before it */
    AZ_SAMPLE_CORRUPT = 1 << 2,       /* bytes of it are missing or flagged as damaged */
} az_sample_flag;

typedef enum az_crypt_scheme {
    AZ_CRYPT_CBCS = 1,   /* AES-128 CBC over a pattern of blocks (ISO/IEC 23001-7, 10.4) */
    AZ_CRYPT_CENC,       /* AES-128 CTR (10.1) */
    AZ_CRYPT_CBC1,       /* AES-128 CBC, no pattern (10.2) */
    AZ_CRYPT_CENS,       /* AES-128 CTR over a pattern (10.3) */
    AZ_CRYPT_SAMPLE_AES, /* of TS and packed audio: by the rules of the codec; iv is that of EXT-X-KEY */
} az_crypt_scheme;

typedef struct az_subsample {
    uint32_t clear, encrypted; /* bytes; they follow each other */
} az_subsample;

/* How a sample is encrypted. */
typedef struct az_sample_crypt {
    az_crypt_scheme scheme;
    uint8_t key_id[16];             /* zeros where the container has none */
    uint8_t iv[16];                 /* of 8 bytes: zeros follow */
    uint8_t pattern_encrypted;      /* blocks of 16 bytes encrypted, ... */
    uint8_t pattern_clear;          /* ... then clear; both 0: all are encrypted */
    const az_subsample *subsamples; /* none: the whole sample */
    size_t subsample_count;
} az_sample_crypt;

/* One access unit (video) or frame (audio), whole. */
typedef struct az_sample {
    uint32_t track; /* az_track.id */
    az_media media;
    az_codec codec;
    unsigned flags;   /* az_sample_flag */
    int64_t pts, dts; /* ticks, AZ_NO_TICKS unknown; dts is pts where the container has one only */
    int64_t duration; /* ticks, 0 unknown */
    az_slice data;    /* see az_track.config; AAC without it: with ADTS header */
    const az_sample_crypt *crypt; /* NULL: clear */
} az_sample;

/* A metadata payload as carried: a timed ID3 access unit, a splice_info_section, an emsg box. */
typedef struct az_metadata {
    uint32_t track;
    az_codec codec;     /* AZ_CODEC_ID3, AZ_CODEC_SCTE35 or AZ_CODEC_EMSG */
    uint32_t timescale; /* of pts */
    int64_t pts; /* ticks, AZ_NO_TICKS unknown. emsg version 1: its presentation_time; version 0: of the
                    earliest sample of its fragment, to which its delta is still to be added */
    az_slice data;
} az_metadata;

/*
 * Subtitles. WebVTT: one cue. TTML: one document, whose times are of the container's timeline (in fMP4: of
 * the track, clipped to begin and end) or, raw, of the presentation as the segment's timestamps say.
 */
typedef struct az_text_sample {
    uint32_t track;
    az_codec codec;        /* AZ_CODEC_WEBVTT or AZ_CODEC_TTML */
    uint32_t timescale;    /* of begin and end */
    unsigned counter_bits; /* of begin and end; 33 with X-TIMESTAMP-MAP */
    int64_t begin, end;    /* ticks; TTML raw: AZ_NO_TICKS in both */
    az_span id;            /* WebVTT: the cue identifier */
    az_span settings; /* WebVTT: the cue settings, as in "line:90% align:start"; a region's are merged in */
    az_slice data;    /* WebVTT: cue text with its markup; TTML: XML */
} az_text_sample;

/* Wall-clock time of a sample's production (prft, ISO/IEC 14496-12, 8.16.5). */
typedef struct az_producer_time {
    uint32_t track;
    uint32_t timescale;
    int64_t ticks;
    int64_t wall; /* Unix time, ns */
} az_producer_time;

/* Trouble in the input that was survived. Counted and, at most once a kind and feed, told. */
typedef enum az_demux_trouble {
    AZ_DEMUX_SYNC_LOST = 1,   /* skipped bytes up to the next sync */
    AZ_DEMUX_CONTINUITY,      /* packets are missing */
    AZ_DEMUX_SCRAMBLED,       /* packets that cannot be read without a key */
    AZ_DEMUX_TRANSPORT_ERROR, /* transport_error_indicator */
    AZ_DEMUX_BAD_SECTION,     /* PAT or PMT with a wrong CRC or structure */
    AZ_DEMUX_BAD_PES,         /* PES header that cannot be read, or data of no PES */
    AZ_DEMUX_BAD_FRAME,       /* an audio frame header or parameter set that cannot be read */
    AZ_DEMUX_UNSUPPORTED,     /* a stream that is not demuxed, as DTS */
    AZ_DEMUX_LIMIT,           /* something was larger than its limit and was dropped */
    AZ_DEMUX_BAD_BOX,         /* fMP4: a box that cannot be read, or contradicts another */
    AZ_DEMUX_BAD_TEXT,        /* WebVTT: a cue that cannot be read */
    AZ_DEMUX_TROUBLES,        /* how many there are */
} az_demux_trouble;

const char *az_codec_name(az_codec codec);
const char *az_demux_trouble_name(az_demux_trouble trouble);

/*
 * Where the output goes. Each callback may be NULL. Arguments live during the call; to keep a sample's
 * or metadata's bytes take a reference with az_slice_ref(). Called from inside feed and finish only.
 */
typedef struct az_demux_sink {
    void *user;
    void (*track)(void *user, const az_track *track);
    void (*sample)(void *user, const az_sample *sample);
    void (*metadata)(void *user, const az_metadata *metadata);
    void (*text)(void *user, const az_text_sample *text);
    void (*producer_time)(void *user, const az_producer_time *time);
    void (*trouble)(void *user, az_demux_trouble trouble, uint64_t byte_offset);
} az_demux_sink;

#endif
