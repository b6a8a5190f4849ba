/*
 * Placing: what the demuxer gives of the segment in hand, put where it belongs in presentation time: samples
 * to the streams, metadata to the cue queue.
 *
 * The media decides where a segment is (timemap); the playlist's estimate is corrected by it. Metadata that
 * comes before the first sample of its segment waits until the place is known.
 */
#include "engine/internal.h"

#include <string.h>

#define COVER_SLACK (100 * AIZU_MILLISECOND)

static const az_timebase TS_TIMEBASE = {.timescale = 90000, .bits = 33};

static void reanchor(az_engine *e, int64_t ticks, int64_t pts)
{
    if (az_timemap_anchor(e->timemap, e->lane.segment.domain, TS_TIMEBASE, ticks, pts) != AIZU_OK)
        e->lane.verdict = AZ_LANE_NO_MEMORY;
}

static bool is_far(int64_t a, int64_t b)
{
    if (b == AIZU_NO_TIME)
        return true;
    int64_t drift = az_sub_sat(a, b);
    return drift > AZ_DRIFT_MAX || drift < -AZ_DRIFT_MAX;
}

/* Where the first sample of the segment should stand if nothing is known of its timestamps. */
static int64_t expected_begin(const az_engine *e, az_media media)
{
    const az_lane *lane = &e->lane;
    int64_t end = media == AZ_MEDIA_VIDEO   ? e->streams[AZ_STREAM_VIDEO].end
                  : media == AZ_MEDIA_AUDIO ? e->streams[AZ_STREAM_AUDIO].end
                                            : AIZU_NO_TIME;
    if (!lane->is_contiguous || end == AIZU_NO_TIME)
        return lane->segment.start;
    return is_far(end, lane->segment.start) ? lane->segment.start : end;
}

/* The segment begins too late for what has to be covered, and there is one before it. */
static bool is_too_late(const az_engine *e, int64_t begin)
{
    const az_lane *lane = &e->lane;
    const az_list *list = az_source_list(e);
    return lane->cover != AIZU_NO_TIME && begin > az_add_sat(lane->cover, COVER_SLACK) &&
           lane->steps_back < AZ_STEPS_BACK_MAX && lane->source == e->presentation.current && list &&
           !az_list_is_empty(list) && lane->segment.sequence > az_list_at(list, 0).sequence;
}

/* The first sample of the segment: says where the segment is. */
static bool place(az_engine *e, az_media media, int64_t ticks)
{
    az_lane *lane = &e->lane;
    uint64_t domain = lane->segment.domain;
    int64_t expected = expected_begin(e, media);
    if (!az_timemap_has(e->timemap, domain))
        reanchor(e, ticks, expected);
    if (lane->verdict != AZ_LANE_GO_ON)
        return false;
    int64_t pts = az_timemap_pts(e->timemap, domain, TS_TIMEBASE, ticks, expected);
    if (lane->is_contiguous && is_far(pts, expected) && is_far(pts, az_playback_available_end(e))) {
        az_trace(e, AZ_LOG_WARNING, "engine", "timestamps jump without a discontinuity");
        reanchor(e, ticks, expected);
        pts = expected;
    }
    if (is_too_late(e, pts)) { /* the one before it will say where both are */
        lane->verdict = AZ_LANE_STEP_BACK;
        return false;
    }
    lane->segment.start = pts;
    lane->last_pts = pts;
    if (lane->verdict != AZ_LANE_GO_ON)
        return false;
    lane->is_placed = true;
    return true;
}

/* The playlist said when the segment begins; its first picture says so better (or sound, where there is
 * none). */
static void correct_list(az_engine *e, az_media media, int64_t pts)
{
    az_lane *lane = &e->lane;
    bool is_leading = media == AZ_MEDIA_VIDEO || !e->streams[AZ_STREAM_VIDEO].is_announced;
    if (lane->is_list_corrected || !is_leading || lane->source != e->presentation.current)
        return;
    lane->is_list_corrected = true;
    int64_t error = pts - lane->listed_start;
    if (error > AZ_SHIFT_MIN || error < -AZ_SHIFT_MIN)
        az_list_shift(e->presentation.sources[lane->source].list, lane->segment.sequence, error);
}

/* Joining somewhere: the cues from the first picture on are passed, or from the first sound where there is no
 * picture. Until that is known metadata waits. */
static void set_cue_floor(az_engine *e, int64_t pts)
{
    if (e->playback.cue_floor != AIZU_NO_TIME)
        return;
    e->playback.cue_floor = pts;
    az_cue_queue_begin(e->cues, pts);
}

static int64_t map_ticks(const az_engine *e, int64_t ticks)
{
    return az_timemap_pts(e->timemap, e->lane.segment.domain, TS_TIMEBASE, ticks, e->lane.last_pts);
}

/* Far from all that the segment held so far: damaged, or a jump that nobody announced. */
static bool is_misplaced(const az_lane *lane, int64_t pts)
{
    int64_t distance = az_sub_sat(pts, lane->last_pts);
    return distance > AZ_DRIFT_MAX || distance < -AZ_DRIFT_MAX;
}

/* ---- what the demuxer gives ---- */

static bool is_playable(const az_track *track)
{
    return track->codec != AZ_CODEC_UNKNOWN && track->codec != AZ_CODEC_AAC_LATM && !track->is_encrypted;
}

/* Silence or a black picture is not to be wondered at. */
static void tell_unplayable(az_engine *e, const az_track *track)
{
    bool is_video = track->media == AZ_MEDIA_VIDEO;
    az_fetch_outcome outcome = {.result = AIZU_E_CODEC};
    outcome.detail = is_video ? "the picture is of a codec that is not played"
                              : "the sound is of a codec that is not played";
    if (track->is_encrypted) {
        outcome.result = AIZU_E_UNSUPPORTED;
        outcome.detail = is_video ? "the picture is encrypted" : "the sound is encrypted";
    }
    az_lane_fault(e, &outcome, false, "demux");
}

static void on_track(void *user, const az_track *track)
{
    az_engine *e = user;
    az_lane *lane = &e->lane;
    size_t at = 0;
    while (at < lane->track_count && lane->tracks[at].id != track->id)
        at++;
    if (at == AZ_TS_TRACKS_MAX)
        return;
    bool was_told = at < lane->track_count && !is_playable(&lane->tracks[at]);
    lane->track_count = AZ_MAX(lane->track_count, at + 1);
    lane->tracks[at] = *track;
    if (track->media != AZ_MEDIA_VIDEO && track->media != AZ_MEDIA_AUDIO)
        return;
    if (!is_playable(track) && !was_told)
        tell_unplayable(e, track);
    const az_stream_state *s =
        &e->streams[track->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    if (!s->is_announced || s->track.id == track->id)
        az_stream_track(e, track);
}

/* One track of a kind is played: the first one, until the programme no longer has it. */
static bool is_played(az_engine *e, const az_sample *sample)
{
    az_stream stream = sample->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO;
    const az_stream_state *s = &e->streams[stream];
    if (sample->track == s->track.id)
        return true;
    if (s->is_announced && az_ts_has_track(e->lane.ts, s->track.id))
        return false;
    for (size_t i = 0; i < e->lane.track_count; i++)
        if (e->lane.tracks[i].id == sample->track)
            az_stream_track(e, &e->lane.tracks[i]);
    return s->track.id == sample->track;
}

static void on_trouble(void *user, az_demux_trouble trouble, uint64_t offset)
{
    az_trace(user, AZ_LOG_DEBUG, "demux", "%s at byte %llu", az_demux_trouble_name(trouble),
             (unsigned long long)offset);
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

static void take_cue(az_engine *e, az_cue_info *info)
{
    az_lane *lane = &e->lane;
    if (!e->config.housekeeping_cues && az_cue_is_housekeeping(info))
        return;
    const az_list *list = az_source_list(e);
    int64_t offset = list ? az_list_wall_offset(list, info->pts) : AIZU_NO_TIME;
    info->wall = offset == AIZU_NO_TIME ? AIZU_NO_TIME : az_add_sat(info->pts, offset);
    aizu_result result = az_cue_queue_add(e->cues, info, ordinal_of(lane, info));
    if (result >= 0 || lane->is_cue_limit_told)
        return;
    lane->is_cue_limit_told = true;
    az_lane_fault(e, &(az_fetch_outcome){.result = result, .detail = "cues are dropped: there are too many"},
                  false, "cue");
}

static void take_metadata(az_engine *e, az_codec codec, int64_t ticks, az_slice data)
{
    if (codec != AZ_CODEC_ID3)
        return;
    az_id3_list *list;
    int64_t pts = ticks != AZ_NO_TICKS ? map_ticks(e, ticks) : e->lane.last_pts;
    if (is_misplaced(&e->lane, pts))
        return;
    if (az_id3_parse(&list, az_slice_span(data)) != AIZU_OK) {
        az_trace(e, AZ_LOG_WARNING, "cue", "an ID3 tag that cannot be read is dropped");
        return;
    }
    for (size_t i = 0; i < az_id3_count(list); i++) {
        az_cue_info info;
        az_cue_info_from_id3(&info, az_id3_at(list, i));
        info.pts = pts;
        take_cue(e, &info);
    }
    az_id3_list_destroy(&list);
}

static void take_early(az_engine *e)
{
    az_lane *lane = &e->lane;
    for (size_t i = 0; i < lane->early_count; i++)
        take_metadata(e, lane->early[i].codec, lane->early[i].ticks, lane->early[i].data);
    az_place_drop_early(lane);
}

/* A segment without a sample: metadata is placed by the playlist's word. */
static void place_early(az_engine *e)
{
    az_lane *lane = &e->lane;
    for (size_t i = 0; i < lane->early_count; i++) {
        int64_t ticks = lane->early[i].ticks;
        if (ticks == AZ_NO_TICKS)
            continue;
        if (!place(e, AZ_MEDIA_METADATA, ticks))
            return;
        set_cue_floor(e, lane->segment.start);
        take_early(e);
        return;
    }
}

static void on_sample(void *user, const az_sample *sample)
{
    az_engine *e = user;
    az_lane *lane = &e->lane;
    if (lane->verdict != AZ_LANE_GO_ON ||
        (sample->media != AZ_MEDIA_VIDEO && sample->media != AZ_MEDIA_AUDIO) || !is_played(e, sample))
        return;
    const az_stream_state *s =
        &e->streams[sample->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    int64_t ticks = sample->pts != AZ_NO_TICKS ? sample->pts : sample->dts;
    if (!lane->is_placed && (ticks == AZ_NO_TICKS || !place(e, sample->media, ticks)))
        return;
    int64_t pts = ticks != AZ_NO_TICKS ? map_ticks(e, ticks) : s->end;
    if (pts == AIZU_NO_TIME || is_misplaced(lane, pts))
        return;
    correct_list(e, sample->media, pts);
    if (sample->media == AZ_MEDIA_VIDEO || !e->streams[AZ_STREAM_VIDEO].is_announced)
        set_cue_floor(e, pts);
    if (e->playback.cue_floor != AIZU_NO_TIME)
        take_early(e);
    int64_t dts = sample->dts != AZ_NO_TICKS ? map_ticks(e, sample->dts) : AIZU_NO_TIME;
    int64_t duration = az_rescale(sample->duration, AIZU_SECOND, TS_TIMEBASE.timescale);
    lane->last_pts = pts;
    if (az_stream_push(e, sample, pts, dts, duration, (uint32_t)lane->source))
        lane->bytes_idle = 0;
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    az_engine *e = user;
    az_lane *lane = &e->lane;
    if (lane->is_placed && e->playback.cue_floor != AIZU_NO_TIME) {
        take_metadata(e, metadata->codec, metadata->pts, metadata->data);
    } else if (lane->early_count < AZ_EARLY_METADATA_MAX) {
        lane->early[lane->early_count++] =
            (az_early_metadata){metadata->codec, metadata->pts, az_slice_ref(metadata->data)};
    }
}

void az_place_drop_early(az_lane *lane)
{
    for (size_t i = 0; i < lane->early_count; i++)
        az_slice_unref(&lane->early[i].data);
    lane->early_count = 0;
}

void az_place_finish(az_engine *e)
{
    if (!e->lane.is_placed)
        place_early(e);
    set_cue_floor(e, e->lane.segment.start);
    if (e->lane.is_placed)
        take_early(e);
    az_place_drop_early(&e->lane);
}

az_demux_sink az_place_sink(az_engine *e)
{
    return (az_demux_sink){
        .user = e, .track = on_track, .sample = on_sample, .metadata = on_metadata, .trouble = on_trouble};
}
