/*
 * A movie fragment (ISO/IEC 14496-12, 8.8): which samples it names, where their bytes lie, when they are due
 * and how they are encrypted (ISO/IEC 23001-7, 7).
 *
 * A moof box comes in and is kept, by reference, until its last sample is done; its tables are read in place,
 * one sample at a time, in the order of the file. Offsets count from the first byte that was ever fed.
 */
#ifndef AZ_DEMUX_FMP4_FRAGMENT_H
#define AZ_DEMUX_FMP4_FRAGMENT_H

#include "demux/fmp4_movie.h"

#define AZ_FMP4_TRAFS_MAX 128  /* track fragments in a fragment */
#define AZ_FMP4_RUNS_MAX  8192 /* track runs in a fragment */

/* Auxiliary information of encrypted samples: a cursor that goes from sample to sample. */
typedef struct az_fmp4_aux {
    az_span bytes; /* entries of senc, or what saio points to */
    size_t pos;
    az_slice owned; /* of bytes that came in mdat */
    bool is_senc;
    bool has_subsamples;    /* senc */
    bool is_key_overridden; /* PIFF */
    az_fmp4_key key;
    bool has_sizes;       /* saiz */
    uint8_t size_default; /* 0: as the table says */
    az_span sizes;        /* one byte a sample */
    size_t sample;        /* index in the track fragment */
    uint64_t offset;      /* saio: from the base of the track fragment */
    size_t size;          /* there, all samples; 0: nothing to look for there */
    bool is_lost;         /* samples were passed over without looking: nothing is known of later ones */
} az_fmp4_aux;

/* Samples of a track fragment to descriptions 'seig' (8.9.2): the same for each run of samples. */
typedef struct az_fmp4_groups {
    az_span entries; /* of sbgp: count, index */
    uint32_t left;   /* samples to which `index` applies */
    uint32_t index;  /* 0: none */
    az_fmp4_keys keys;
} az_fmp4_groups;

typedef struct az_fmp4_traf {
    az_fmp4_track *track;
    const az_fmp4_entry *entry;
    uint32_t duration, size, flags; /* of samples of which their run does not say */
    az_fmp4_aux aux;
    az_fmp4_groups groups;
    az_span parts; /* subs, entries; TTML only */
    uint8_t parts_version;
    uint32_t parts_next; /* samples up to the one that the next entry is about; 0: none */
} az_fmp4_traf;

/* Samples whose bytes follow each other; or, without a table, auxiliary information. */
typedef struct az_fmp4_run {
    uint64_t begin, end;
    int64_t dts;
    const uint8_t *table; /* NULL: auxiliary information */
    uint32_t count;
    uint32_t flags;       /* of the box: which fields its table has */
    uint32_t first_flags; /* of the first sample, where flags say so */
    uint32_t traf;
} az_fmp4_run;

/* A presentation time, edit list applied. */
typedef struct az_fmp4_time {
    int64_t ticks;
    uint32_t timescale; /* 0: not known */
} az_fmp4_time;

/* The sample at hand. */
typedef struct az_fmp4_item {
    az_fmp4_traf *traf;
    uint64_t offset;
    uint32_t size;
    uint32_t flags;
    uint32_t duration;
    int64_t dts, pts;
    size_t text_size; /* TTML: bytes of the document; what follows are its pictures */
    bool is_first;    /* of its run */
    bool is_aux;      /* not a sample but auxiliary information */
    bool is_crypt_bad;
    const az_fmp4_key *key; /* NULL: clear */
    az_span iv, subsamples; /* as they stand in the file */
} az_fmp4_item;

typedef struct az_fmp4_fragment {
    az_slice moof;
    uint64_t begin; /* of moof */
    az_fmp4_traf *trafs;
    size_t traf_count, traf_capacity;
    az_fmp4_run *runs; /* in the order of the file */
    size_t run_count, run_capacity;
    size_t run;    /* at hand */
    uint32_t left; /* samples of it that are not done */
    const uint8_t *table;
    uint64_t offset;
    int64_t dts;
    az_fmp4_item item;
    bool has_item;
    az_fmp4_time earliest; /* of all its samples */
    size_t sample_count;
} az_fmp4_fragment;

/*
 * Reads a whole moof box, header included, that begins at `begin` in a resource that begins at `origin`, and
 * moves the tracks' next_dts. What cannot be read of it is left out, with trouble. False: out of memory.
 */
bool az_fmp4_fragment_open(az_fmp4_fragment *f, const az_fmp4_movie *movie, az_slice moof, uint64_t begin,
                           uint64_t origin, az_fmp4_out *out);

/* Goes on to the next sample: fragment->item, while has_item. */
void az_fmp4_fragment_next(az_fmp4_fragment *f);

/* The sample at hand and those that follow it in its run lie so many bytes further on. */
void az_fmp4_fragment_shift(az_fmp4_fragment *f, uint64_t bytes);

/* Passes over the rest of the run at hand, which ends before `offset`; false where it does not. */
bool az_fmp4_fragment_skip_run(az_fmp4_fragment *f, uint64_t offset);

/* Marks the tracks of the samples that are not done: they will not come. */
void az_fmp4_fragment_lose(az_fmp4_fragment *f);

/* The bytes of an item that is_aux. */
void az_fmp4_fragment_set_aux(az_fmp4_fragment *f, az_slice bytes);

/* Forgets the moof; what was allocated for its tables is used again. */
void az_fmp4_fragment_close(az_fmp4_fragment *f);
void az_fmp4_fragment_deinit(az_fmp4_fragment *f);

/* Auxiliary information and groups (demux/fmp4_crypt.c): those of the next sample into *item. */
void az_fmp4_crypt_next(az_fmp4_traf *traf, az_fmp4_item *item);
/* senc, saiz and the like of a track fragment. */
void az_fmp4_crypt_open(az_fmp4_traf *traf, az_span boxes, az_fmp4_out *out);
void az_fmp4_crypt_close(az_fmp4_traf *traf);
/* What a sink is told. `subsamples` has room for those of the item. */
void az_fmp4_crypt_fill(const az_fmp4_item *item, az_sample_crypt *crypt, az_subsample *subsamples);
size_t az_fmp4_crypt_subsamples(const az_fmp4_item *item);

#endif
