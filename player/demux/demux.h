/*
 * What every demuxer of aizu gives: tracks, samples and raw metadata, in container ticks.
 *
 * A demuxer is pushed bytes as they arrive and calls a sink. It holds no policy and knows no
 * presentation time: ticks are as the container has them (for TS 33-bit values, rollover not resolved);
 * timeline/ maps them.
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
    AZ_MEDIA_OTHER = 3,
} az_media;

typedef enum az_codec {
    AZ_CODEC_UNKNOWN = 0,
    AZ_CODEC_H264,
    AZ_CODEC_H265,
    AZ_CODEC_MPEG2_VIDEO,
    AZ_CODEC_AAC,      /* ADTS frames in TS */
    AZ_CODEC_AAC_LATM, /* signalled, not demuxed into frames */
    AZ_CODEC_AC3,
    AZ_CODEC_EAC3,
    AZ_CODEC_MP3, /* MPEG-1/2 audio, layers I to III */
    AZ_CODEC_ID3, /* timed ID3 */
    AZ_CODEC_SCTE35,
} az_codec;

/* One elementary stream. Announced before its first sample, and again when something of it changes. */
typedef struct az_track {
    uint32_t id; /* TS: the PID */
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
    bool is_encrypted;                  /* scrambled, or SAMPLE-AES stream type */
} az_track;

typedef enum az_sample_flag {
    AZ_SAMPLE_KEY = 1 << 0,           /* decoding can start here */
    AZ_SAMPLE_DISCONTINUITY = 1 << 1, /* bytes were lost or the container says so before it */
    AZ_SAMPLE_CORRUPT = 1 << 2,       /* bytes of it are missing or flagged as damaged */
} az_sample_flag;

/* One access unit (video) or frame (audio), whole. */
typedef struct az_sample {
    uint32_t track; /* az_track.id */
    az_media media;
    az_codec codec;
    unsigned flags;   /* az_sample_flag */
    int64_t pts, dts; /* ticks, AZ_NO_TICKS unknown; dts is pts where the container has one only */
    int64_t duration; /* ticks, 0 unknown */
    az_slice data;    /* H.264/H.265: Annex B with parameter sets as in the stream; AAC: with ADTS header */
} az_sample;

/* A metadata payload as carried: a timed ID3 access unit, a splice_info_section. */
typedef struct az_metadata {
    uint32_t track;
    az_codec codec; /* AZ_CODEC_ID3 or AZ_CODEC_SCTE35 */
    int64_t pts;    /* ticks, AZ_NO_TICKS unknown */
    az_slice data;
} az_metadata;

/* Trouble in the input that was survived. Counted and, at most once a kind and feed, told. */
typedef enum az_demux_trouble {
    AZ_DEMUX_SYNC_LOST = 1,   /* skipped bytes up to the next sync */
    AZ_DEMUX_CONTINUITY,      /* packets are missing */
    AZ_DEMUX_SCRAMBLED,       /* packets that cannot be read without a key */
    AZ_DEMUX_TRANSPORT_ERROR, /* transport_error_indicator */
    AZ_DEMUX_BAD_SECTION,     /* PAT or PMT with a wrong CRC or structure */
    AZ_DEMUX_BAD_PES,         /* PES header that cannot be read, or data of no PES */
    AZ_DEMUX_BAD_FRAME,       /* an audio frame header or parameter set that cannot be read */
    AZ_DEMUX_UNSUPPORTED,     /* a stream that is not demuxed, as LATM */
    AZ_DEMUX_LIMIT,           /* something was larger than its limit and was dropped */
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
    void (*trouble)(void *user, az_demux_trouble trouble, uint64_t byte_offset);
} az_demux_sink;

#endif
