/*
 * Pairing of carried and called-back cues; see cue_source.h.
 */
#include "cue_source.h"

#include <string.h>

void quiz_cue_source_carry(struct quiz_cue_source *source, uint64_t id)
{
    if (source->count == QUIZ_CARRIED_MAX) {
        source->begin = (source->begin + 1) % QUIZ_CARRIED_MAX;
        source->count--;
    }
    source->carried[(source->begin + source->count) % QUIZ_CARRIED_MAX] = id;
    source->count++;
}

bool quiz_cue_source_is_new(struct quiz_cue_source *source, uint64_t id)
{
    for (unsigned i = 0; i < source->count; i++) {
        if (source->carried[(source->begin + i) % QUIZ_CARRIED_MAX] != id)
            continue;
        for (; i + 1 < source->count; i++) /* nearly always the first: callbacks come in order */
            source->carried[(source->begin + i) % QUIZ_CARRIED_MAX] =
                source->carried[(source->begin + i + 1) % QUIZ_CARRIED_MAX];
        source->count--;
        return false;
    }
    return true;
}

void quiz_cue_read(const aizu_cue *cue, struct quiz_item *item)
{
    memset(item, 0, sizeof(*item));
    item->correct = -1;
    switch (cue->kind) {
    case AIZU_CUE_ID3:
    case AIZU_CUE_EMSG:
        quiz_payload_parse(cue->data, cue->size, item);
        break;
    case AIZU_CUE_SEI:
        quiz_payload_parse(cue->data, cue->size, item);
        if (item->kind == QUIZ_FREE_TEXT)
            item->kind = QUIZ_IGNORED;
        break;
    case AIZU_CUE_DATERANGE:
    case AIZU_CUE_SCTE35:
    case AIZU_CUE_TEXT:
        break;
    }
}
