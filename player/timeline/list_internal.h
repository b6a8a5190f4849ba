/*
 * Inside timeline/: a list, and what its files offer each other; see timeline/list.h.
 *
 *   list.c          life, complete segments, times
 *   list_edge.c     what is behind the last complete segment
 *   list_align.c    two lists of one presentation
 *   list_version.c  text to a version: what of it is known already
 *   list_update.c   a version to the list: what changed, and where its segments stand
 *   list_ranges.c   date ranges over versions
 *   list_rows.c     the memory of segments
 */
#ifndef AZ_TIMELINE_LIST_INTERNAL_H
#define AZ_TIMELINE_LIST_INTERNAL_H

#include "base/arena.h"
#include "timeline/list.h"
#include "timeline/list_rows.h"

#include <string.h>

#define AZ_LIST_MEMORIES 256
/* Parts are kept for so many target durations before the end; servers list them for three (bis 4.4.4.9). */
#define AZ_LIST_PARTS_TARGETS 6

/* A segment that was listed. */
typedef struct az_list_memory {
    uint64_t sequence;
    uint64_t identity; /* of its name and date; 0: none */
} az_list_memory;

/* Date ranges, each with the sequence number of the segment that it stands before and its own memory. */
typedef struct az_list_ranges {
    az_date_range *items;
    uint64_t *sequences; /* media sequence numbers, as the server counts */
    az_buf **memories;
    size_t count;
} az_list_ranges;

struct az_list {
    az_rows rows; /* `count` complete segments, and those ahead of them */
    size_t count; /* complete segments */
    size_t
        prefetch_count; /* rows ahead of them that are EXT-X-PREFETCH; else one stands for the open segment */
    size_t ahead_placed;     /* of the rows ahead, whose start the media told */
    bool has_version;        /* a playlist was taken */
    az_media_playlist media; /* the newest version's; segments, keys and maps stand in the rows */
    az_arena edge;           /* its parts, hints and reports */
    az_list_ranges ranges;
    uint64_t variables;       /* hash of the names and values of EXT-X-DEFINE */
    uint64_t sequence_offset; /* added to media sequence numbers: grows with restarts */
    uint64_t domain_offset;   /* added to discontinuity sequence numbers, likewise */
    uint64_t domain_origin;   /* what rows count discontinuities from, the offset included */
    unsigned same_count;      /* versions in a row that had nothing new */
    unsigned steps_back;      /* versions in a row whose numbers went back */
    az_list_memory
        memories[AZ_LIST_MEMORIES]; /* what stood at the last sequence numbers, by their remainder */
    bool was_ended_at_first;
};

/*
 * A new version of the playlist before the list takes it: some segments that are known, then those that were
 * parsed, as rows of their own. Their starts count from the first of them, and so do their domains until the
 * list takes them.
 */
typedef struct az_list_version {
    az_playlist *playlist; /* without its segments */
    size_t known_first;    /* index in the list of the first segment, if there are known ones */
    size_t known_count;
    size_t parsed_from;    /* segments of the document before the parsed ones: 1 where the first is known */
    az_rows rows;          /* parsed segments, those ahead of the complete ones included */
    size_t count;          /* complete segments: known and parsed */
    size_t prefetch_count; /* of the rows ahead; none: one stands for the open segment */
    uint32_t discontinuities; /* before and at the first segment of all */
    bool is_first_dated;      /* the first segment of all has a date of its own */
    bool is_delta;
    uint64_t variables;
} az_list_version;

/* list.c */
uint64_t az_list_first_sequence(const az_list *list);
uint64_t az_list_identity(az_span uri, uint32_t flags, int64_t wall); /* of a segment: name and date */
/* The segment that is being written (ahead 0) or the one after it, without URI and duration. */
az_list_item az_list_open_item(const az_list *list, size_t ahead);
/* A segment of EXT-X-PREFETCH. False: there is none. */
bool az_list_prefetch_item(const az_list *list, size_t ahead, az_list_item *item);
/* list_edge.c: parts of the segment that is being written */
size_t az_list_open_part_count(const az_list *list);
/* Rows that are nearer to the end than parts are kept begin here. */
int64_t az_list_parts_begin(const az_list *list);

/* list_version.c */
aizu_result az_list_version_read(const az_list *list, az_list_version *version, az_slice text,
                                 const az_playlist_context *context, bool *is_full_needed,
                                 az_playlist_error *error);
/* Of a document that was parsed as a whole, which is taken over. AIZU_E_MEMORY. */
aizu_result az_list_version_of(const az_list *list, az_list_version *version, az_playlist *playlist);
void az_list_version_deinit(az_list_version *version);

/* list_update.c: takes the version over in each case. */
aizu_result az_list_take(az_list *list, az_list_version *version, az_list_change *change);

/* list_ranges.c */
/* What is to be kept of the list's and what the version brings. False: out of memory, *out is empty. */
bool az_list_ranges_merge(az_list_ranges *out, const az_list *list, const az_list_version *version);
void az_list_ranges_deinit(az_list_ranges *ranges);

#endif
