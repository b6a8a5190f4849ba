/*
 * Placing: what a lane's demuxer gives of the segment in hand, put where it belongs in presentation time:
 * samples to the streams, metadata and subtitles to the cue queue (through metadata.c).
 *
 * The media decides where a segment is (timemap); the playlist's estimate is corrected by it. Metadata that
 * comes before the first sample of its segment waits until the place is known.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define COVER_SLACK (100 * AIZU_MILLISECOND)
#define OWN_DOMAIN  (UINT64_C(1) << 60) /* domains of a rendition whose clock is not that of the variant */

/* ---- times ---- */

static uint64_t domain_of(const az_lane *lane)
{
    return lane->segment.domain + (lane->has_own_domain ? OWN_DOMAIN * (uint64_t)lane->kind : 0);
}

static const az_track *track_of(const az_lane *lane, uint32_t id)
{
    for (size_t i = 0; i < lane->track_count; i++)
        if (lane->tracks[i].id == id)
            return &lane->tracks[i];
    return NULL;
}

static az_timebase timebase_of(const az_track *track)
{
    if (!track || track->timescale == 0)
        return (az_timebase){.timescale = 90000, .bits = 33};
    return (az_timebase){.timescale = track->timescale, .bits = track->counter_bits};
}

static void anchor(az_lane *lane, az_timebase base, int64_t ticks, int64_t pts)
{
    if (az_timemap_anchor(lane->e->timemap, domain_of(lane), base, ticks, pts) != AIZU_OK)
        lane->verdict = AZ_LANE_NO_MEMORY;
}

static bool is_far(int64_t a, int64_t b)
{
    if (b == AIZU_NO_TIME)
        return true;
    int64_t drift = az_sub_sat(a, b);
    return drift > AZ_DRIFT_MAX || drift < -AZ_DRIFT_MAX;
}

/* What the lane has queued of a kind of media ends there. */
static int64_t stream_end(const az_lane *lane, az_media media)
{
    const az_stream_state *s = &lane->e->streams[media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    if ((media != AZ_MEDIA_VIDEO && media != AZ_MEDIA_AUDIO) || s->lane != lane->kind)
        return AIZU_NO_TIME;
    return az_stream_queue_end(s);
}

/* Where the first sample of the segment should stand if nothing is known of its timestamps. */
static int64_t expected_begin(const az_lane *lane, az_media media)
{
    int64_t end = stream_end(lane, media);
    if (!lane->is_contiguous || end == AIZU_NO_TIME)
        return lane->segment.start;
    return is_far(end, lane->segment.start) ? lane->segment.start : end;
}

/* The segment begins too late for what has to be covered, and there is one before it. */
static bool is_too_late(const az_lane *lane, int64_t begin)
{
    const az_list *list = az_source_list(lane);
    return lane->cover != AIZU_NO_TIME && begin > az_add_sat(lane->cover, COVER_SLACK) &&
           lane->steps_back < AZ_STEPS_BACK_MAX && lane->source == lane->current && list &&
           !az_list_is_empty(list) && lane->segment.sequence > az_list_at(list, 0).sequence &&
           lane->segment.part == AZ_LIST_WHOLE;
}

/* Timestamps that are where they cannot be: of a jump that nobody announced, or of a rendition that counts
 * for itself. Placed by the playlist's word. */
static int64_t replace_clock(az_lane *lane, az_timebase base, int64_t ticks, int64_t expected)
{
    if (lane->kind != AZ_LANE_MAIN && !lane->has_own_domain) {
        az_log_printf(&lane->e->config.log, AZ_LOG_WARNING, "engine", "a rendition has a clock of its own");
        lane->has_own_domain = true;
    } else {
        az_log_printf(&lane->e->config.log, AZ_LOG_WARNING, "engine",
                      "timestamps jump without a discontinuity");
    }
    anchor(lane, base, ticks, expected);
    return expected;
}

/* All of the segment would stand where media of segments before it is queued already. */
static bool is_behind(const az_lane *lane, az_media media, int64_t pts)
{
    int64_t end = stream_end(lane, media);
    int64_t duration = lane->segment.duration;
    return lane->is_contiguous && !lane->is_overlapping && end != AIZU_NO_TIME && duration > 0 &&
           az_add_sat(pts, duration + duration / 2) <= end;
}

/* The first sample of the segment: says where the segment is. */
static bool place(az_lane *lane, az_media media, az_timebase base, int64_t ticks)
{
    az_engine *e = lane->e;
    int64_t expected = expected_begin(lane, media);
    if (!az_timemap_has(e->timemap, domain_of(lane)))
        anchor(lane, base, ticks, expected);
    if (lane->verdict != AZ_LANE_GO_ON)
        return false;
    int64_t pts = az_timemap_pts(e->timemap, domain_of(lane), base, ticks, expected);
    bool is_lost =
        lane->kind == AZ_LANE_MAIN ? lane->is_contiguous && is_far(pts, az_playback_available_end(e)) : true;
    if ((is_far(pts, expected) && is_lost) || is_behind(lane, media, pts))
        pts = replace_clock(lane, base, ticks, expected);
    if (is_too_late(lane, pts)) { /* the one before it will say where both are */
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
static void correct_list(az_lane *lane, az_media media, int64_t pts)
{
    az_engine *e = lane->e;
    bool is_leading =
        media == AZ_MEDIA_VIDEO || lane->kind != AZ_LANE_MAIN || !e->streams[AZ_STREAM_VIDEO].is_announced;
    bool is_inside = lane->segment.part != AZ_LIST_WHOLE && lane->segment.part != 0;
    if (lane->is_list_corrected || !is_leading || is_inside || lane->source != lane->current)
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

int64_t az_place_map(const az_lane *lane, az_timebase base, int64_t ticks)
{
    return az_timemap_pts(lane->e->timemap, domain_of(lane), base, ticks, lane->last_pts);
}

bool az_place_has_clock(const az_lane *lane)
{
    return az_timemap_has(lane->e->timemap, domain_of(lane));
}

/* Far from all that the segment held so far: damaged, or a jump that nobody announced. */
bool az_place_is_off(const az_lane *lane, int64_t pts)
{
    return is_far(pts, lane->last_pts);
}

/* ---- tracks ---- */

static bool is_playable(const az_lane *lane, const az_track *track)
{
    if (track->codec == AZ_CODEC_UNKNOWN)
        return false;
    az_key_method method = lane->opening.key.method; /* a section comes before the cipher is made */
    bool is_per_sample = az_demuxer_container(lane->demuxer) == AZ_CONTAINER_FMP4; /* some may be clear */
    return !track->is_encrypted || is_per_sample || method == AZ_KEY_SAMPLE_AES ||
           method == AZ_KEY_SAMPLE_AES_CTR;
}

/* Silence or a black picture is not to be wondered at. */
static void tell_unplayable(az_lane *lane, const az_track *track)
{
    bool is_video = track->media == AZ_MEDIA_VIDEO;
    az_fetch_outcome outcome = {.result = AIZU_E_CODEC};
    outcome.detail = is_video ? "the picture is of a codec that is not played"
                              : "the sound is of a codec that is not played";
    if (track->is_encrypted) {
        outcome.result = AIZU_E_UNSUPPORTED;
        outcome.detail = is_video ? "the picture is encrypted" : "the sound is encrypted";
    }
    az_lane_fault(lane, &outcome, false, "demux");
}

/* Sound comes from one lane: that of a rendition, where one is chosen. */
static bool is_of_lane(const az_lane *lane, az_media media)
{
    if (media == AZ_MEDIA_VIDEO)
        return lane->kind == AZ_LANE_MAIN;
    return media == AZ_MEDIA_AUDIO && lane->kind == az_rendition_audio_lane(lane->e);
}

static void on_track(void *user, const az_track *track)
{
    az_lane *lane = user;
    az_engine *e = lane->e;
    size_t at = 0;
    while (at < lane->track_count && lane->tracks[at].id != track->id)
        at++;
    if (at == AZ_LANE_TRACKS_MAX)
        return;
    bool was_told = at < lane->track_count && !is_playable(lane, &lane->tracks[at]);
    if (at < lane->track_count)
        az_slice_unref(&lane->tracks[at].config);
    lane->track_count = AZ_MAX(lane->track_count, at + 1);
    lane->tracks[at] = *track;
    lane->tracks[at].config = az_slice_ref(track->config);
    if (!is_of_lane(lane, track->media))
        return;
    if (!is_playable(lane, track) && !was_told)
        tell_unplayable(lane, track);
    const az_stream_state *s =
        &e->streams[track->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    if (!s->is_announced || (s->track.id == track->id && s->lane == lane->kind))
        az_stream_track(e, lane->kind, track);
}

/* One track of a kind is played: the first one, until the programme no longer has it. */
static bool is_played(az_lane *lane, const az_sample *sample)
{
    az_engine *e = lane->e;
    az_stream stream = sample->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO;
    const az_stream_state *s = &e->streams[stream];
    if (!is_of_lane(lane, sample->media))
        return false;
    if (s->is_announced && s->lane == lane->kind && sample->track == s->track.id)
        return true;
    if (s->is_announced && s->lane == lane->kind && az_demuxer_has_track(lane->demuxer, s->track.id))
        return false;
    const az_track *track = track_of(lane, sample->track);
    if (track)
        az_stream_track(e, lane->kind, track);
    return track != NULL;
}

static void on_trouble(void *user, az_demux_trouble trouble, uint64_t offset)
{
    const az_lane *lane = user;
    az_log_printf(&lane->e->config.log, AZ_LOG_DEBUG, "demux", "%s at byte %llu",
                  az_demux_trouble_name(trouble), (unsigned long long)offset);
}

/* ---- samples ---- */

/* The clear sample, or the same one. False: it cannot be had. */
static bool decrypt(az_lane *lane, const az_sample *sample, az_sample *clear)
{
    /* packed audio says nothing of its encryption when its tag is missing: the playlist does */
    static const az_sample_crypt by_playlist = {.scheme = AZ_CRYPT_SAMPLE_AES};
    bool is_packed = az_demuxer_container(lane->demuxer) == AZ_CONTAINER_PACKED_AUDIO;
    *clear = *sample;
    if (!sample->crypt && lane->sample_cipher && is_packed)
        clear->crypt = &by_playlist;
    if (!clear->crypt) {
        clear->data = az_slice_ref(sample->data);
        return true;
    }
    aizu_result result = az_open_decrypt_sample(lane, clear, &clear->data);
    if (result == AIZU_OK)
        return true;
    if (result == AIZU_E_UNSUPPORTED)
        lane->verdict = AZ_LANE_NO_KEY;
    else
        az_log_printf(&lane->e->config.log, AZ_LOG_DEBUG, "demux",
                      "a sample that cannot be decrypted is dropped");
    return false;
}

/* Whether subtitles and metadata of the segment have their place by now. */
static bool is_settled(const az_lane *lane)
{
    return lane->is_placed && lane->e->playback.cue_floor != AIZU_NO_TIME;
}

static void take_early(az_lane *lane)
{
    for (size_t i = 0; i < lane->early_count; i++) {
        az_early *early = &lane->early[i];
        if (early->is_text)
            az_metadata_take_text(lane, &early->text);
        else if (early->pts != AIZU_NO_TIME)
            az_metadata_take(lane, &early->metadata, early->pts);
        else
            az_metadata_take(lane, &early->metadata, az_metadata_pts(lane, &early->metadata));
    }
    az_place_drop_early(lane);
}

/* Decoding has to begin before this: segments of the playlist are not independent of each other (4.3.5.1). */
static bool is_undecodable(const az_lane *lane, const az_sample *sample)
{
    const az_list *list = az_source_list(lane);
    return sample->media == AZ_MEDIA_VIDEO && !(sample->flags & AZ_SAMPLE_KEY) && !lane->is_contiguous &&
           lane->is_exact && lane->cover != AIZU_NO_TIME && lane->steps_back < AZ_STEPS_BACK_MAX && list &&
           !az_list_is_empty(list) && lane->segment.sequence > az_list_at(list, 0).sequence &&
           stream_end(lane, AZ_MEDIA_VIDEO) == AIZU_NO_TIME && lane->source == lane->current;
}

/* A sample with its ticks as the track's edit list has them. */
static void take_sample(az_lane *lane, const az_sample *sample, const az_track *track)
{
    az_engine *e = lane->e;
    const az_stream_state *s =
        &e->streams[sample->media == AZ_MEDIA_VIDEO ? AZ_STREAM_VIDEO : AZ_STREAM_AUDIO];
    az_timebase base = timebase_of(track);
    int64_t ticks = sample->pts != AZ_NO_TICKS ? sample->pts : sample->dts;
    if (!lane->is_placed && ticks == AZ_NO_TICKS && lane->kind == AZ_LANE_AUDIO)
        ticks = 0; /* packed audio without a timestamp: where the playlist says */
    if (!lane->is_placed && (ticks == AZ_NO_TICKS || !place(lane, sample->media, base, ticks)))
        return;
    if (is_undecodable(lane, sample)) {
        lane->verdict = AZ_LANE_STEP_BACK;
        return;
    }
    int64_t end = az_stream_queue_end(s);
    int64_t pts = ticks != AZ_NO_TICKS ? az_place_map(lane, base, ticks) : end;
    if (pts == AIZU_NO_TIME || az_place_is_off(lane, pts))
        return;
    correct_list(lane, sample->media, pts);
    bool is_leading = sample->media == AZ_MEDIA_VIDEO || !e->streams[AZ_STREAM_VIDEO].is_announced;
    if (lane->kind == AZ_LANE_MAIN && is_leading)
        set_cue_floor(e, pts);
    if (is_settled(lane))
        take_early(lane);
    az_placed placed = {.pts = pts, .dts = AIZU_NO_TIME, .source = (uint32_t)lane->source};
    if (sample->dts != AZ_NO_TICKS)
        placed.dts = az_place_map(lane, base, sample->dts);
    placed.duration = az_rescale(sample->duration, AIZU_SECOND, base.timescale);
    placed.domain = lane->segment.domain;
    lane->last_pts = pts;
    if (az_stream_push(e, sample, &placed)) {
        lane->bytes_idle = 0;
        az_metadata_scan(lane, sample, pts, track);
    }
}

static int64_t edited(int64_t ticks, const az_track *track)
{
    return ticks == AZ_NO_TICKS || !track ? ticks : az_add_sat(ticks, track->edit_offset);
}

/* One picture, wherever it stands. */
static void scrub_sample(az_lane *lane, const az_sample *sample)
{
    az_sample clear;
    if (!decrypt(lane, sample, &clear))
        return;
    az_scrub_sample(lane, &clear, track_of(lane, sample->track));
    az_slice_unref(&clear.data);
}

static void on_sample(void *user, const az_sample *sample)
{
    az_lane *lane = user;
    if (lane->kind == AZ_LANE_SCRUB) {
        scrub_sample(lane, sample);
        return;
    }
    if (lane->verdict != AZ_LANE_GO_ON ||
        (sample->media != AZ_MEDIA_VIDEO && sample->media != AZ_MEDIA_AUDIO) || !is_played(lane, sample))
        return;
    az_sample clear;
    if (!decrypt(lane, sample, &clear))
        return;
    const az_track *track = track_of(lane, sample->track);
    clear.pts = edited(sample->pts, track);
    clear.dts = edited(sample->dts, track);
    take_sample(lane, &clear, track);
    az_slice_unref(&clear.data);
}

/* ---- metadata and subtitles ---- */

static az_early *early_add(az_lane *lane)
{
    return lane->early_count < AZ_EARLY_METADATA_MAX ? &lane->early[lane->early_count++] : NULL;
}

static void on_metadata(void *user, const az_metadata *metadata)
{
    az_lane *lane = user;
    if (lane->kind == AZ_LANE_SCRUB)
        return;
    if (is_settled(lane)) {
        az_metadata_take(lane, metadata, az_metadata_pts(lane, metadata));
        return;
    }
    az_early *early = early_add(lane);
    if (!early)
        return;
    *early = (az_early){.metadata = *metadata, .pts = AIZU_NO_TIME};
    early->metadata.data = az_slice_ref(metadata->data);
}

static void on_text(void *user, const az_text_sample *text)
{
    az_lane *lane = user;
    if (lane->kind == AZ_LANE_TEXT && !lane->is_placed) { /* no sample will say where: the playlist does */
        lane->is_placed = true;
        lane->last_pts = lane->segment.start;
    }
    if (is_settled(lane)) {
        az_metadata_take_text(lane, text);
        return;
    }
    az_early *early = early_add(lane);
    if (!early)
        return;
    *early = (az_early){.is_text = true, .text = *text};
    early->text.id = (az_span){0};
    early->text.data = az_slice_ref(text->data);
    early->settings = malloc(text->settings.size + 1);
    if (early->settings && text->settings.size)
        memcpy(early->settings, text->settings.data, text->settings.size);
    early->text.settings = az_span_make(early->settings, early->settings ? text->settings.size : 0);
}

void az_place_drop_early(az_lane *lane)
{
    for (size_t i = 0; i < lane->early_count; i++) {
        az_slice_unref(&lane->early[i].metadata.data);
        az_slice_unref(&lane->early[i].text.data);
        free(lane->early[i].settings);
    }
    lane->early_count = 0;
}

/* A segment without a sample: metadata is placed by the playlist's word. */
static void place_early(az_lane *lane)
{
    for (size_t i = 0; i < lane->early_count; i++) {
        const az_metadata *m = &lane->early[i].metadata;
        if (lane->early[i].is_text || m->pts == AZ_NO_TICKS || lane->early[i].pts != AIZU_NO_TIME)
            continue;
        if (!place(lane, AZ_MEDIA_METADATA, az_metadata_timebase(m), m->pts))
            return;
        set_cue_floor(lane->e, lane->segment.start);
        take_early(lane);
        return;
    }
}

/* The segment is over and nothing has said yet where the passing of the cues begins: what waits is given its
 * time, and goes on waiting. */
static void keep_early(az_lane *lane)
{
    for (size_t i = 0; i < lane->early_count; i++) {
        az_early *early = &lane->early[i];
        if (!early->is_text && early->pts == AIZU_NO_TIME)
            early->pts = az_metadata_pts(lane, &early->metadata);
    }
}

void az_place_finish(az_lane *lane)
{
    bool is_over = lane->segment.part == AZ_LIST_WHOLE || lane->segment.is_last_part;
    if (!lane->is_placed && is_over)
        place_early(lane);
    if (lane->kind == AZ_LANE_MAIN && is_over)
        set_cue_floor(lane->e, lane->segment.start);
    if (is_settled(lane))
        take_early(lane);
    if (is_over && lane->is_placed && lane->kind == AZ_LANE_AUDIO)
        keep_early(lane);
    else if (is_over)
        az_place_drop_early(lane);
}

az_demux_sink az_place_sink(az_lane *lane)
{
    return (az_demux_sink){.user = lane,
                           .track = on_track,
                           .sample = on_sample,
                           .metadata = on_metadata,
                           .text = on_text,
                           .trouble = on_trouble};
}
