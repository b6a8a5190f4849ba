/*
 * The low-latency window: parts in, playlists out. Parts and segments go into the store; playlists are
 * written when somebody asks for them, and kept until something changes. The channel's thread adds while the
 * server's threads ask.
 */
#ifndef CH_LL_H
#define CH_LL_H

#include "fragmenter.h"
#include "ll_writer.h"
#include "store.h"

#define CH_LL_RENDITIONS_MAX 8
#define CH_LL_NAME           16
#define CH_LL_CODECS         48

typedef struct ch_ll_rendition_settings {
    char name[CH_LL_NAME];
    bool is_audio; /* at most one, the last */
    int width, height;
    double frame_rate;
    unsigned channels;
    int64_t bandwidth; /* as planned, for video without the sound */
    int64_t average_bandwidth;
    int64_t part_target_us;
} ch_ll_rendition_settings;

typedef struct ch_ll_settings {
    ch_store *store; /* lent */
    unsigned window; /* segments listed; as many again stay fetchable */
    int64_t target_seconds;
    int64_t sequence_first;
    int64_t pts_first;
    int64_t wall_first_ns;
    size_t renditions_count;
    ch_ll_rendition_settings renditions[CH_LL_RENDITIONS_MAX];
} ch_ll_settings;

typedef struct ch_ll ch_ll;

ch_ll *ch_ll_create(const ch_ll_settings *settings); /* NULL: out of memory */
void ch_ll_destroy(ch_ll **ll);

/* The header and codecs of a rendition, before its first part. False: out of memory. */
bool ch_ll_set_header(ch_ll *ll, size_t rendition, const char *codecs, const void *header, size_t size);

/* 0, or below 0: out of memory. */
int ch_ll_add(ch_ll *ll, size_t rendition, const ch_part *part);

typedef enum ch_ll_answer {
    CH_LL_READY, /* *blob is the playlist, with a reference */
    CH_LL_WAIT,  /* what was asked for is not there yet */
    CH_LL_WRONG, /* nobody may ask for that: 400 */
    CH_LL_FAILED /* out of memory */
} ch_ll_answer;

/* The rendition whose playlist is `path`; false: none. */
bool ch_ll_find(const ch_ll *ll, const char *path, size_t *rendition);
ch_ll_answer ch_ll_ask(ch_ll *ll, size_t rendition, const ch_ll_query *query, ch_blob **blob);

/* Whether ch_ll_ask() would no longer say WAIT. */
bool ch_ll_has(ch_ll *ll, size_t rendition, const ch_ll_query *query);

int64_t ch_ll_target_seconds(const ch_ll *ll);

#endif
