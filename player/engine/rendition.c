/*
 * Renditions (RFC 8216, 4.3.4.1): which sound and which subtitles are played. What is chosen follows the
 * application's wish or the languages that it prefers; where it comes from follows the groups of the variant
 * in use. The lanes of sound and text are begun, switched and stopped here.
 */
#include "engine/internal.h"

#include <string.h>

static az_rendition_list *list_of(az_engine *e, aizu_rendition_kind kind)
{
    return &e->presentation.renditions[kind];
}

static az_lane *lane_of(az_engine *e, aizu_rendition_kind kind)
{
    return &e->lanes[kind == AIZU_RENDITION_AUDIO ? AZ_LANE_AUDIO : AZ_LANE_TEXT];
}

az_lane_kind az_rendition_audio_lane(const az_engine *e)
{
    if (e->presentation.renditions[AIZU_RENDITION_AUDIO].asked == AIZU_RENDITION_OFF)
        return AZ_LANES;
    return e->lanes[AZ_LANE_AUDIO].current != AZ_NO_SOURCE ? AZ_LANE_AUDIO : AZ_LANE_MAIN;
}

/* ---- choosing ---- */

/* The source of a rendition in the groups of the variant in use; AZ_NO_SOURCE where there is none of its own.
 */
static size_t source_for(const az_engine *e, aizu_rendition_kind kind, int index)
{
    const az_presentation *p = &e->presentation;
    const az_source *main = az_source_current(&e->lanes[AZ_LANE_MAIN]);
    if (!main || index < 0)
        return AZ_NO_SOURCE;
    const az_source_url *url = &main->urls[main->url_current];
    uint64_t group = kind == AIZU_RENDITION_AUDIO ? url->audio_group : url->text_group;
    az_lane_kind lane = kind == AIZU_RENDITION_AUDIO ? AZ_LANE_AUDIO : AZ_LANE_TEXT;
    for (size_t i = p->variant_count; group != 0 && i < p->source_count; i++) {
        const az_source *source = &p->sources[i];
        if (source->lane == lane && source->group == group && source->rendition == index &&
            source->penalty_until <= e->now)
            return i;
    }
    return AZ_NO_SOURCE;
}

static bool is_available(const az_engine *e, const az_rendition_list *list, aizu_rendition_kind kind,
                         int index)
{
    return list->items[index].is_in_main || source_for(e, kind, index) != AZ_NO_SOURCE;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether a language tag is one of a range, as "en-US" is of "en" (RFC 4647, 3.3.1). */
static bool is_language(const char *tag, const char *range, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (lower(tag[i]) != lower(range[i]) || tag[i] == '\0')
            return false;
    return tag[size] == '\0' || tag[size] == '-';
}

/* The first rendition in a language, of those that AUTOSELECT offers or of all. */
static int in_language(const az_engine *e, const az_rendition_list *list, aizu_rendition_kind kind,
                       const char *range, size_t size, bool is_offered)
{
    for (size_t i = 0; i < list->count; i++) {
        const aizu_rendition *face = &list->items[i].face;
        bool is_taken = !face->is_forced && (face->is_autoselect || !is_offered);
        if (is_taken && is_available(e, list, kind, (int)i) && is_language(face->language, range, size))
            return (int)i;
    }
    return -1;
}

/* The first rendition in the language that is wanted most; -1: none. */
static int by_language(const az_engine *e, const az_rendition_list *list, aizu_rendition_kind kind,
                       const char *languages)
{
    for (const char *at = languages; *at;) {
        size_t size = strcspn(at, ", ");
        int index = size > 0 ? in_language(e, list, kind, at, size, true) : -1;
        if (index < 0 && size > 0)
            index = in_language(e, list, kind, at, size, false);
        if (index >= 0)
            return index;
        at += size;
        at += strspn(at, ", ");
    }
    return -1;
}

static int first_with(const az_engine *e, const az_rendition_list *list, aizu_rendition_kind kind,
                      bool is_default)
{
    for (size_t i = 0; i < list->count; i++) {
        const aizu_rendition *face = &list->items[i].face;
        if ((!is_default || face->is_default) && is_available(e, list, kind, (int)i))
            return (int)i;
    }
    return -1;
}

static int choose_audio(const az_engine *e, const az_rendition_list *list)
{
    int index = by_language(e, list, AIZU_RENDITION_AUDIO, e->config.audio_languages);
    if (index < 0)
        index = first_with(e, list, AIZU_RENDITION_AUDIO, true);
    if (index < 0)
        index = first_with(e, list, AIZU_RENDITION_AUDIO, false);
    return index < 0 ? AIZU_RENDITION_OFF : index;
}

/* Subtitles are shown when they are asked for; forced ones in the language of the sound always (4.3.4.1). */
static int choose_text(const az_engine *e, const az_rendition_list *list)
{
    int index = by_language(e, list, AIZU_RENDITION_TEXT, e->config.text_languages);
    if (index >= 0)
        return index;
    const az_rendition_list *audio = &e->presentation.renditions[AIZU_RENDITION_AUDIO];
    const char *language = audio->used >= 0 ? audio->items[audio->used].face.language : "";
    for (size_t i = 0; i < list->count; i++) {
        const aizu_rendition *face = &list->items[i].face;
        if (face->is_forced && is_available(e, list, AIZU_RENDITION_TEXT, (int)i) &&
            (!language[0] || is_language(face->language, language, strlen(language))))
            return (int)i;
    }
    return AIZU_RENDITION_OFF;
}

static int choose(const az_engine *e, const az_rendition_list *list, aizu_rendition_kind kind)
{
    if (list->asked == AIZU_RENDITION_OFF)
        return AIZU_RENDITION_OFF;
    if (list->asked >= 0 && is_available(e, list, kind, list->asked))
        return list->asked;
    return kind == AIZU_RENDITION_AUDIO ? choose_audio(e, list) : choose_text(e, list);
}

void az_rendition_choose(az_engine *e, aizu_rendition_kind kind, int index)
{
    az_rendition_list *list = list_of(e, kind);
    bool is_silenced = kind == AIZU_RENDITION_AUDIO && index == AIZU_RENDITION_OFF && list->asked != index;
    if (index < (int)list->count)
        list->asked = index;
    if (is_silenced)
        az_stream_silence(e);
}

/* ---- the lanes ---- */

static bool is_playing(const az_engine *e)
{
    return e->playback.phase == AZ_PHASE_FILLING || e->playback.phase == AZ_PHASE_RUNNING;
}

static void lane_leave(az_lane *lane)
{
    az_engine *e = lane->e;
    az_source *source = az_source_current(lane);
    az_lane_stop(lane);
    az_lane_forget(lane);
    az_fetch_stop(e, az_slot(lane->kind, AZ_FETCH_PLAYLIST));
    az_fetch_stop(e, az_slot(lane->kind, AZ_FETCH_SWITCH));
    if (source && source->list && !az_list_is_ended(source->list))
        az_list_destroy(&source->list); /* it would be out of date when it is needed again */
    lane->current = lane->wanted = AZ_NO_SOURCE;
    if (lane->kind == AZ_LANE_AUDIO)
        (void)az_stream_replace_audio(e, AZ_LANE_MAIN);
}

/* Another rendition takes over from where playback is. */
static void lane_enter(az_lane *lane, size_t index)
{
    az_engine *e = lane->e;
    if (lane->current != AZ_NO_SOURCE)
        lane_leave(lane);
    lane->current = lane->wanted = index;
    int64_t at =
        lane->kind == AZ_LANE_AUDIO ? az_stream_replace_audio(e, AZ_LANE_AUDIO) : az_playback_position(e);
    if (!az_source_list(lane))
        az_source_reload(lane);
    if (is_playing(e))
        az_lane_begin(lane, at == AIZU_NO_TIME ? e->playback.begin : at, at != AIZU_NO_TIME);
}

static void kind_step(az_engine *e, aizu_rendition_kind kind)
{
    az_rendition_list *list = list_of(e, kind);
    az_lane *lane = lane_of(e, kind);
    const az_presentation *p = &e->presentation;
    if (list->count == 0)
        return;
    int index = choose(e, list, kind);
    size_t source = source_for(e, kind, index);
    if (source == AZ_NO_SOURCE && lane->current != AZ_NO_SOURCE)
        lane_leave(lane);
    else if (source != AZ_NO_SOURCE && lane->current == AZ_NO_SOURCE)
        lane_enter(lane, source);
    else if (source != lane->wanted && p->sources[lane->wanted].rendition == index)
        az_source_switch_to(lane, source); /* the variant has it in another group: at the next segment */
    else if (source != lane->wanted)
        lane_enter(lane, source);
    if (index == list->used)
        return;
    if (kind == AIZU_RENDITION_TEXT && list->used >= 0) { /* what was received of it stays away */
        az_cue_queue_withdraw(e->cues, AIZU_CUE_TEXT);
        az_present_deliver(e, e->now);
    }
    list->used = index;
    if (index >= 0 && list->items[index].caption >= 0)
        az_metadata_rescan(e);
    az_report_rendition(e, kind, index);
}

void az_rendition_step(az_engine *e)
{
    kind_step(e, AIZU_RENDITION_AUDIO);
    kind_step(e, AIZU_RENDITION_TEXT);
}

void az_rendition_begin(az_engine *e, int64_t pts, bool is_exact)
{
    for (unsigned i = AZ_LANE_AUDIO; i <= AZ_LANE_TEXT; i++)
        if (e->lanes[i].current != AZ_NO_SOURCE)
            az_lane_begin(&e->lanes[i], pts, is_exact);
}

void az_rendition_give_up(az_lane *lane, const az_fetch_outcome *outcome)
{
    az_source *source = az_source_current(lane);
    if (!source)
        return;
    source->penalty_until = AZ_NEVER;
    if (lane->kind == AZ_LANE_SCRUB) {
        az_scrub_failed(lane->e);
        lane_leave(lane);
        return;
    }
    az_report_fault(lane->e,
                    &(az_fault){.result = outcome->result,
                                .stage = lane->kind == AZ_LANE_AUDIO ? "audio rendition" : "text rendition",
                                .url = az_source_url_of(source),
                                .http_status = outcome->http_status,
                                .segment = -1,
                                .position = AIZU_NO_TIME,
                                .detail = outcome->detail});
    lane_leave(lane);
    lane->e->is_again = true;
}
