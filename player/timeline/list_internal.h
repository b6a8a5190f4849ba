/*
 * Inside timeline/: a list, and what its files offer each other; see timeline/list.h.
 *
 * The list keeps the newest playlist document and, beside it, one start per segment, and some more for the
 * segments ahead that are not complete yet.
 */
#ifndef AZ_TIMELINE_LIST_INTERNAL_H
#define AZ_TIMELINE_LIST_INTERNAL_H

#include "timeline/list.h"

#include <string.h>

#define AZ_LIST_MEMORIES 256

/* A segment that was listed. */
typedef struct az_list_memory {
    uint64_t sequence;
    uint64_t identity; /* of its name and date; 0: none */
} az_list_memory;

struct az_list {
    az_playlist *playlist;
    int64_t *starts;          /* one per segment of the playlist, complete or ahead, and one more */
    size_t ahead_count;       /* starts behind those of complete segments, at least one */
    size_t ahead_placed;      /* of those, that the media told */
    uint64_t sequence_offset; /* added to media sequence numbers: grows with restarts */
    uint64_t domain_offset;   /* added to discontinuity sequence numbers, likewise */
    size_t count;             /* segments, without those that are still being written */
    unsigned same_count;      /* versions in a row that had nothing new */
    unsigned steps_back;      /* versions in a row whose numbers went back */
    az_list_memory
        memories[AZ_LIST_MEMORIES]; /* what stood at the last sequence numbers, by their remainder */
    bool was_ended_at_first;
};

uint64_t az_list_first_sequence(const az_list *list);

/* The segment that is being written (ahead 0) or the one after it, without URI and duration. */
az_list_item az_list_open_item(const az_list *list, size_t ahead);

/* A segment of EXT-X-PREFETCH. False: there is none. */
bool az_list_prefetch_item(const az_list *list, size_t ahead, az_list_item *item);

/* How many parts a complete segment had while they were listed; 0 unknown. */
size_t az_list_part_count(const az_list *list, size_t index);

#endif
