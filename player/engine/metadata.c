/*
 * Metadata: what carriers bring (ID3, event messages, subtitles, captions in the picture), made into cues and
 * given to the cue queue with its presentation time. Which of several lanes it came from makes no difference.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

#include "cue/emsg.h"

az_timebase az_metadata_timebase(const az_metadata *metadata)
{
    bool is_box = metadata->codec == AZ_CODEC_EMSG;
    return (az_timebase){.timescale = metadata->timescale ? metadata->timescale : 90000,
                         .bits = is_box ? 0 : 33};
}

/* How many equal cues of the same time the segment had before this one. */
static uint32_t ordinal_of(az_lane *lane, const az_cue_info *info)
{
    uint64_t identity = az_hash(az_cue_hash(info), &info->pts, sizeof(info->pts));
    uint32_t ordinal = 0;
    for (size_t i = 0; i < lane->ordinal_count; i++)
        ordinal += lane->ordinals[i] == identity;
    if (lane->ordinal_count < AZ_ORDINALS_MAX)
        lane->ordinals[lane->ordinal_count++] = identity;
    return ordinal;
}

static void take_cue(az_lane *lane, az_cue_info *info)
{
    az_engine *e = lane->e;
    if (!e->config.housekeeping_cues && az_cue_is_housekeeping(info))
        return;
    const az_list *list = az_source_main_list(e);
    int64_t offset = list ? az_list_wall_offset(list, info->pts) : AIZU_NO_TIME;
    info->wall = offset == AIZU_NO_TIME ? AIZU_NO_TIME : az_add_sat(info->pts, offset);
    aizu_result result = az_cue_queue_add(e->cues, info, ordinal_of(lane, info));
    if (result >= 0 || lane->is_cue_limit_told)
        return;
    lane->is_cue_limit_told = true;
    az_lane_fault(lane,
                  &(az_fetch_outcome){.result = result, .detail = "cues are dropped: there are too many"},
                  false, "cue");
}

/* ---- ID3 and event messages ---- */

static void take_id3(az_lane *lane, az_span data, int64_t pts)
{
    az_id3_list *list;
    if (az_id3_parse(&list, data) != AIZU_OK) {
        az_log_printf(&lane->e->config.log, AZ_LOG_WARNING, "cue",
                      "an ID3 tag that cannot be read is dropped");
        return;
    }
    for (size_t i = 0; i < az_id3_count(list); i++) {
        az_cue_info info;
        az_cue_info_from_id3(&info, az_id3_at(list, i));
        info.pts = pts;
        take_cue(lane, &info);
    }
    az_id3_list_destroy(&list);
}

/* Time of an event message: version 0 counts from the earliest sample of its segment (ISO/IEC
 * 23009-1, 5.10.3.3). */
static int64_t emsg_ticks(const az_emsg *emsg, int64_t earliest)
{
    if (emsg->version == 1)
        return (int64_t)AZ_MIN(emsg->presentation_time, (uint64_t)INT64_MAX);
    return earliest == AZ_NO_TICKS ? AZ_NO_TICKS
                                   : az_add_sat(earliest, (int64_t)emsg->presentation_time_delta);
}

int64_t az_metadata_pts(const az_lane *lane, const az_metadata *metadata)
{
    az_emsg emsg;
    az_timebase base = az_metadata_timebase(metadata);
    int64_t ticks = metadata->pts;
    if (metadata->codec == AZ_CODEC_EMSG && az_emsg_parse(&emsg, az_slice_span(metadata->data)) == AIZU_OK) {
        base.timescale = emsg.timescale;
        ticks = emsg_ticks(&emsg, ticks);
    }
    return ticks != AZ_NO_TICKS ? az_place_map(lane, base, ticks) : lane->last_pts;
}

static void take_emsg(az_lane *lane, const az_metadata *metadata, int64_t pts)
{
    az_emsg emsg;
    if (az_emsg_parse(&emsg, az_slice_span(metadata->data)) != AIZU_OK) {
        az_log_printf(&lane->e->config.log, AZ_LOG_WARNING, "cue",
                      "an event message that cannot be read is dropped");
        return;
    }
    if (az_emsg_is_id3(&emsg)) {
        take_id3(lane, emsg.data, pts);
        return;
    }
    az_cue_info info;
    az_cue_info_from_emsg(&info, &emsg);
    info.pts = pts;
    take_cue(lane, &info);
}

void az_metadata_take(az_lane *lane, const az_metadata *metadata, int64_t pts)
{
    if (metadata->codec == AZ_CODEC_EMSG)
        take_emsg(lane, metadata, pts);
    else if (metadata->codec == AZ_CODEC_ID3 && !az_place_is_off(lane, pts))
        take_id3(lane, az_slice_span(metadata->data), pts);
}

/* ---- subtitles ---- */

/* Name of the rendition that the lane's text belongs to. */
static az_span text_key(const az_lane *lane)
{
    const az_source *source = az_source_current(lane);
    const az_rendition_list *list = &lane->e->presentation.renditions[AIZU_RENDITION_TEXT];
    if (!source || source->rendition < 0)
        return (az_span){0};
    const aizu_rendition *face = &list->items[source->rendition].face;
    return az_span_str(face->language[0] ? face->language : face->name);
}

static void take_text_cue(az_lane *lane, int64_t begin, int64_t end, az_span settings, az_span text)
{
    az_cue_info info = {.kind = AIZU_CUE_TEXT,
                        .key = text_key(lane),
                        .name = settings,
                        .pts = begin,
                        .duration = end > begin ? end - begin : 0,
                        .wall = AIZU_NO_TIME,
                        .data = text};
    if (end == AZ_NEVER)
        info.duration = AIZU_NO_TIME;
    take_cue(lane, &info);
}

/* Presentation time of a subtitle's tick. Without a clock of the media it counts from the start of the
 * presentation (RFC 8216, 3.5). */
static int64_t map_text(const az_lane *lane, const az_text_sample *text, int64_t ticks)
{
    az_timebase base = {.timescale = text->timescale ? text->timescale : 1000, .bits = text->counter_bits};
    bool is_clocked = lane->kind != AZ_LANE_TEXT || text->counter_bits > 0 ||
                      az_demuxer_container(lane->demuxer) == AZ_CONTAINER_FMP4;
    if (is_clocked && az_place_has_clock(lane))
        return az_place_map(lane, base, ticks);
    return az_rescale(ticks, AIZU_SECOND, base.timescale);
}

typedef struct ttml_frame {
    az_lane *lane;
    int64_t origin;     /* presentation time of document time 0 */
    int64_t begin, end; /* what the sample covers; AIZU_NO_TIME: all */
} ttml_frame;

static void on_ttml(void *user, const az_ttml_cue *cue)
{
    const ttml_frame *frame = user;
    int64_t begin = az_add_sat(frame->origin, cue->begin);
    int64_t end = cue->end == AZ_NEVER ? AZ_NEVER : az_add_sat(frame->origin, cue->end);
    if (frame->begin != AIZU_NO_TIME) {
        begin = AZ_MAX(begin, frame->begin);
        end = AZ_MIN(end, frame->end);
    }
    if (end > begin)
        take_text_cue(frame->lane, begin, end, cue->settings, cue->text);
}

static void take_ttml(az_lane *lane, const az_text_sample *text)
{
    az_engine *e = lane->e;
    ttml_frame frame = {.lane = lane, .begin = AIZU_NO_TIME, .end = AIZU_NO_TIME};
    if (!e->config.parse_ttml)
        return;
    if (text->begin != AZ_NO_TICKS) {
        frame.origin = map_text(lane, text, 0);
        frame.begin = map_text(lane, text, text->begin);
        frame.end = map_text(lane, text, text->end);
    }
    if (e->config.parse_ttml(az_slice_span(text->data), on_ttml, &frame) != AIZU_OK)
        az_log_printf(&e->config.log, AZ_LOG_WARNING, "cue",
                      "a TTML document that cannot be read is dropped");
}

void az_metadata_take_text(az_lane *lane, const az_text_sample *text)
{
    if (lane->kind != AZ_LANE_TEXT)
        return; /* subtitles inside a variant are not a rendition that could be chosen */
    if (text->codec == AZ_CODEC_TTML) {
        take_ttml(lane, text);
        return;
    }
    int64_t begin = map_text(lane, text, text->begin);
    int64_t end = map_text(lane, text, text->end);
    take_text_cue(lane, begin, end, text->settings, az_slice_span(text->data));
}

/* ---- captions in the picture (CEA-608, CEA-708) ---- */

/* A channel that nobody announced is offered all the same. */
static void list_channels(az_engine *e)
{
    az_caption_state *c = &e->captions;
    az_rendition_list *list = &e->presentation.renditions[AIZU_RENDITION_TEXT];
    uint64_t fresh = az_captions_seen(c->decoder) & ~c->listed;
    c->listed |= fresh;
    for (unsigned channel = 0; fresh != 0 && channel < 64; channel++) {
        if (!(fresh >> channel & 1) || list->count == AIZU_RENDITIONS_MAX)
            continue;
        bool is_known = false;
        for (size_t i = 0; i < list->count; i++)
            is_known = is_known || list->items[i].caption == (int)channel;
        if (is_known)
            continue;
        az_rendition_info *info = &list->items[list->count];
        *info = (az_rendition_info){.is_in_main = true, .caption = (int)channel};
        info->face = (aizu_rendition){.size_struct = sizeof(info->face), .kind = AIZU_RENDITION_TEXT};
        info->face.index = (int)list->count++;
        info->face.is_caption = 1;
        snprintf(info->face.name, sizeof(info->face.name), "%s", az_caption_channel_name(channel));
        e->presentation.version++;
        az_report_event(e, AIZU_EVENT_RENDITIONS, AIZU_NO_TIME);
    }
}

/* Only the channel that was chosen becomes cues. */
static void on_caption(void *user, const az_caption *caption)
{
    az_engine *e = user;
    const az_rendition_list *list = &e->presentation.renditions[AIZU_RENDITION_TEXT];
    if (list->used < 0 || list->items[list->used].caption != (int)caption->channel || caption->text.size == 0)
        return;
    az_cue_info info = {.kind = AIZU_CUE_TEXT,
                        .key = az_span_str(az_caption_channel_name(caption->channel)),
                        .name = caption->settings,
                        .pts = caption->begin,
                        .duration = AIZU_NO_TIME,
                        .wall = AIZU_NO_TIME,
                        .data = caption->text};
    if (caption->end != AIZU_NO_TIME && az_cue_queue_close(e->cues, &info, 0, caption->end) == AIZU_OK)
        return;
    if (caption->end != AIZU_NO_TIME)
        info.duration = AZ_MAX(0, az_sub_sat(caption->end, caption->begin));
    if (az_cue_queue_add(e->cues, &info, 0) == AIZU_E_LIMIT)
        az_log_printf(&e->config.log, AZ_LOG_WARNING, "cue", "a caption is dropped: there are too many cues");
}

static void feed_first(az_caption_state *c)
{
    size_t first = 0;
    for (size_t i = 1; i < c->count; i++)
        if (c->pictures[i].pts < c->pictures[first].pts)
            first = i;
    az_caption_picture *picture = &c->pictures[first];
    az_captions_feed(c->decoder, picture->pts, az_span_make(picture->triplets, picture->size));
    c->last = picture->pts;
    *picture = c->pictures[--c->count];
}

/* No picture that is decoded later is presented before `dts`: what stands before it is in order. */
static void feed_until(az_caption_state *c, int64_t dts)
{
    for (;;) {
        bool is_due = c->count == AZ_CAPTION_PICTURES_MAX;
        for (size_t i = 0; i < c->count; i++)
            is_due = is_due || c->pictures[i].pts <= dts;
        if (!is_due)
            return;
        feed_first(c);
    }
}

typedef struct sei_scan {
    az_caption_picture picture;
} sei_scan;

static void on_triplets(void *user, az_span triplets)
{
    sei_scan *scan = user;
    size_t size = AZ_MIN(triplets.size, sizeof(scan->picture.triplets) - scan->picture.size);
    size -= size % 3;
    if (size > 0)
        memcpy(scan->picture.triplets + scan->picture.size, triplets.data, size);
    scan->picture.size += size;
}

/* Pictures come in the order of decoding; `order` is the DTS of this one. */
static void scan_picture(az_engine *e, az_span data, int64_t pts, int64_t order, const az_track *track)
{
    az_caption_state *c = &e->captions;
    sei_scan scan = {.picture = {.pts = pts}};
    const az_sei_sink sink = {.user = &scan, .triplets = on_triplets};
    az_sei_scan(data, track->codec == AZ_CODEC_H265, az_metadata_length_size(track), &sink);
    if (c->decoder)
        feed_until(c, order);
    if (scan.picture.size == 0 && !c->decoder)
        return;
    if (!c->decoder)
        c->decoder = az_captions_create(on_caption, e);
    if (!c->decoder)
        return;
    if (c->count == AZ_CAPTION_PICTURES_MAX)
        feed_first(c);
    c->pictures[c->count++] = scan.picture;
    list_channels(e);
}

static bool has_captions(const az_track *track)
{
    return track && (track->codec == AZ_CODEC_H264 || track->codec == AZ_CODEC_H265);
}

void az_metadata_scan(az_lane *lane, const az_sample *sample, int64_t pts, const az_track *track)
{
    if (lane->kind == AZ_LANE_MAIN && has_captions(track) && sample->media == AZ_MEDIA_VIDEO)
        scan_picture(lane->e, az_slice_span(sample->data), pts, lane->e->streams[AZ_STREAM_VIDEO].last_dts,
                     track);
}

void az_metadata_rescan(az_engine *e)
{
    az_caption_state *c = &e->captions;
    const az_unit_ring *ring = &e->streams[AZ_STREAM_VIDEO].units;
    if (!c->decoder)
        return;
    az_captions_destroy(&c->decoder);
    c->count = 0;
    c->last = AIZU_NO_TIME;
    for (size_t i = 0; i < ring->count; i++) {
        const az_unit_node *node = &ring->nodes[(ring->begin + i) % ring->capacity];
        if (has_captions(&node->format->track))
            scan_picture(e, az_slice_span(node->unit.data), node->unit.pts, node->unit.dts,
                         &node->format->track);
    }
}

/* Bytes of the length before each NAL unit, 0 for Annex B (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1). */
unsigned az_metadata_length_size(const az_track *track)
{
    if (!track || track->config.size == 0)
        return 0;
    size_t at = track->codec == AZ_CODEC_H265 ? 21 : 4;
    return track->config.size > at ? (track->config.data[at] & 3u) + 1u : 0;
}

void az_metadata_flush(az_engine *e)
{
    az_caption_state *c = &e->captions;
    c->count = 0;
    if (c->decoder) /* what is on the screen ends with the last picture that is known */
        az_captions_reset(c->decoder, c->last);
    c->last = AIZU_NO_TIME;
}

void az_metadata_deinit(az_engine *e)
{
    az_captions_destroy(&e->captions.decoder);
}
