/*
 * Thumbnails for scrubbing, out of I-frame playlists (RFC 8216, 4.3.4.3 and 4.3.3.6): one picture for each
 * request of the application. A lane and a decoder of their own; playback does not notice.
 */
#include "engine/internal.h"

#include <stdlib.h>

#define HEIGHT_GOOD 360 /* the largest picture up to this is taken, else the smallest there is */

static az_lane *scrub_lane(az_engine *e)
{
    return &e->lanes[AZ_LANE_SCRUB];
}

static bool is_better(const aizu_quality *a, const aizu_quality *b)
{
    bool is_a_good = a->height > 0 && a->height <= HEIGHT_GOOD;
    bool is_b_good = b->height > 0 && b->height <= HEIGHT_GOOD;
    if (is_a_good != is_b_good)
        return is_a_good;
    return is_a_good ? a->bandwidth > b->bandwidth : a->bandwidth < b->bandwidth;
}

static size_t best_source(const az_engine *e)
{
    const az_presentation *p = &e->presentation;
    size_t best = AZ_NO_SOURCE;
    for (size_t i = p->variant_count; i < p->source_count; i++)
        if (p->sources[i].lane == AZ_LANE_SCRUB && p->sources[i].penalty_until <= e->now &&
            (best == AZ_NO_SOURCE || is_better(&p->sources[i].quality, &p->sources[best].quality)))
            best = i;
    return best;
}

/* frame NULL: there is no picture. */
static void answer(az_engine *e, void *frame, int64_t pts)
{
    az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_THUMBNAIL);
    action->stream = AZ_STREAM_THUMBNAIL;
    action->frame = frame;
    action->pts = pts;
    action->time = e->now;
    e->scrub.is_wanted = false;
}

void az_scrub_failed(az_engine *e)
{
    az_lane_stop(scrub_lane(e));
    if (e->scrub.is_wanted)
        answer(e, NULL, e->scrub.pts);
}

void az_scrub_request(az_engine *e, int64_t pts)
{
    az_lane *lane = scrub_lane(e);
    size_t source = best_source(e);
    if (e->scrub.is_wanted) /* only the newest wish counts */
        answer(e, NULL, e->scrub.pts);
    e->scrub.is_wanted = true;
    e->scrub.is_sent = false;
    e->scrub.pts = pts;
    e->scrub.generation++;
    if (source == AZ_NO_SOURCE || !e->config.decode) {
        az_scrub_failed(e);
        return;
    }
    if (lane->current == AZ_NO_SOURCE) {
        lane->current = lane->wanted = source;
        az_source_reload(lane);
    }
    az_lane_begin(lane, pts, true);
}

static az_action *act(az_engine *e, az_action_type type)
{
    az_action *action = az_mailbox_act(&e->mailbox, type);
    action->stream = AZ_STREAM_THUMBNAIL;
    action->generation = e->scrub.generation;
    return action;
}

void az_scrub_sample(az_lane *lane, const az_sample *sample, const az_track *track)
{
    az_engine *e = lane->e;
    az_scrub *s = &e->scrub;
    lane->is_placed = true;
    if (!s->is_wanted || s->is_sent || sample->media != AZ_MEDIA_VIDEO || !track)
        return;
    s->is_sent = true;
    az_slice_unref(&s->track.config);
    s->track = *track;
    s->track.config = az_slice_ref(track->config);
    az_action *action = act(e, AZ_ACTION_DECODER);
    action->codec = sample->codec;
    action->track = &s->track;
    action = act(e, AZ_ACTION_DECODE);
    action->codec = sample->codec;
    action->unit = (az_unit){.pts = lane->segment.start, .dts = lane->segment.start, .flags = sample->flags};
    action->unit.data = az_slice_ref(sample->data);
    act(e, AZ_ACTION_DRAIN);
}

/* The segment is in. */
void az_scrub_complete(az_engine *e)
{
    az_lane_stop(scrub_lane(e));
    if (!e->scrub.is_sent)
        az_scrub_failed(e);
}

void az_scrub_event(az_engine *e, const az_event *event)
{
    az_scrub *s = &e->scrub;
    bool is_mine = event->generation == s->generation && s->is_wanted;
    if (event->type == AZ_EVENT_FRAME && is_mine) {
        answer(e, event->frame, s->pts);
    } else if (event->type == AZ_EVENT_FRAME) {
        az_action *action = act(e, AZ_ACTION_DROP);
        action->frame = event->frame;
    } else if (is_mine && (event->type == AZ_EVENT_DRAINED || event->result != AIZU_OK)) {
        answer(e, NULL, s->pts);
    }
}

void az_scrub_forget(az_engine *e)
{
    if (e->scrub.is_wanted)
        answer(e, NULL, e->scrub.pts);
    az_slice_unref(&e->scrub.track.config);
}
