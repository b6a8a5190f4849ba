/*
 * What an initialisation section says (ISO/IEC 14496-12, 8.2 to 8.8.3): tracks with their sample entries,
 * edit lists, defaults of fragments, and how samples are encrypted (ISO/IEC 23001-7).
 *
 * A moov box that lies in memory comes in, a table of tracks goes out; it owns what it points to.
 */
#ifndef AZ_DEMUX_FMP4_MOVIE_H
#define AZ_DEMUX_FMP4_MOVIE_H

#include "demux/fmp4_box.h"

#define AZ_FMP4_ENTRIES_MAX 8   /* sample entries of a track */
#define AZ_FMP4_KEYS_MAX    256 /* descriptions in one sample group of kind 'seig' */

/* How the samples of an entry or a sample group are encrypted: tenc (ISO/IEC 23001-7, 8.2), 'seig' (6). */
typedef struct az_fmp4_key {
    bool is_protected;
    uint8_t iv_size; /* of each sample, 0: the constant one */
    uint8_t pattern_encrypted, pattern_clear;
    uint8_t key_id[16];
    uint8_t constant_iv[16];
} az_fmp4_key;

typedef struct az_fmp4_keys {
    az_fmp4_key *items; /* NULL without; free() */
    size_t count;
} az_fmp4_keys;

/* One sample entry: how a track's samples are coded, for as long as a fragment refers to it. */
typedef struct az_fmp4_entry {
    az_track track; /* config is owned */
    bool is_protected;
    az_crypt_scheme scheme;
    az_fmp4_key key;
    uint8_t nal_length_size; /* 0: not H.264 or H.265 */
} az_fmp4_entry;

typedef struct az_fmp4_track {
    uint32_t id;
    az_fmp4_entry *entries;
    size_t entry_count;
    az_fmp4_keys keys;
    /* trex (ISO/IEC 14496-12, 8.8.3) */
    uint32_t entry_default; /* counts from 1 */
    uint32_t duration_default, size_default, flags_default;
    /* state of the stream */
    const az_fmp4_entry *announced; /* as it was told last */
    bool is_broken;                 /* samples were dropped since the last that was given out */
    int64_t next_dts;               /* where the next fragment begins that does not say */
    int64_t segment_dts;            /* the same at the start of the segment */
} az_fmp4_track;

typedef struct az_fmp4_movie {
    az_fmp4_track *tracks;
    size_t track_count;
    uint64_t hash; /* of the box */
} az_fmp4_movie;

/*
 * Reads the body of a moov. A track that cannot be read is left out, with trouble. AIZU_OK; AIZU_E_MEDIA: no
 * track at all; AIZU_E_MEMORY. *movie is written in any case and the caller's to deinit.
 */
AZ_NODISCARD aizu_result az_fmp4_movie_parse(az_fmp4_movie *movie, az_span moov, az_fmp4_out *out);
void az_fmp4_movie_deinit(az_fmp4_movie *movie);
az_fmp4_track *az_fmp4_movie_find(const az_fmp4_movie *movie, uint32_t id);

/*
 * A sample entry, box header taken off, into entry->track, whose media, timescale and language are set;
 * `type` is the box's. False: it cannot be read (or no memory, see out).
 */
bool az_fmp4_entry_parse(az_fmp4_entry *entry, uint32_t type, az_span body, az_fmp4_out *out);

/* The sinf of an encrypted entry; *type becomes what it was before. False: no scheme that is known. */
bool az_fmp4_protection_parse(az_fmp4_entry *entry, az_span boxes, uint32_t *type);

/* Appends the descriptions of a sgpd of grouping type 'seig'. False: cannot be read or no memory. */
bool az_fmp4_keys_add(az_fmp4_keys *keys, az_span sgpd, az_fmp4_out *out);

/* What a sample entry's type means: its codec, and the box with its configuration. */
typedef struct az_fmp4_kind {
    uint32_t type, box;
    az_codec codec;
    void (*read)(az_fmp4_entry *entry, az_span config, az_fmp4_out *out);
} az_fmp4_kind;

/* Reads an entry by the kind of its type; one that none has is reported as unsupported. */
void az_fmp4_kind_read(const az_fmp4_kind *kinds, size_t count, az_fmp4_entry *entry, uint32_t type,
                       az_span boxes, az_fmp4_out *out);

/* The decoder configurations of audio (demux/fmp4_audio.c): each reads what `boxes`, the children of an
 * audio sample entry, say about its codec into entry->track. */
void az_fmp4_audio_parse(az_fmp4_entry *entry, uint32_t type, az_span boxes, az_fmp4_out *out);
/* Likewise of pictures (demux/fmp4_video.c). */
void az_fmp4_video_parse(az_fmp4_entry *entry, uint32_t type, az_span boxes, az_fmp4_out *out);

/* Keeps a copy as the track's config. */
void az_fmp4_set_config(az_fmp4_entry *entry, az_span config, az_fmp4_out *out);

#endif
