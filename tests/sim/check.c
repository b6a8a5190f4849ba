/*
 * What must hold at each step, but for cues: the order of frames, the position, the buffers, the fetches, and
 * that the player plays when it can. See docs/internals/simulator.md for the list.
 */
#include <stdlib.h>

#include "sim.h"

#define RECOVER_MAX (60 * AIZU_SECOND) /* after the last fault or command it plays again */
#define STARVE_MAX                                                                           \
    (30 * AIZU_SECOND) /* and from then on frames come; a fall in bandwidth may take so long \
                        */
#define FETCH_IDLE     (30 * AIZU_SECOND)   /* a fetch without a byte is given up */
#define FETCHES_MAX    8                    /* at a time */
#define PTS_SLACK      (25 * INT64_C(1000)) /* rounding of 90 kHz ticks */
#define AUDIO_TICKS    11520                /* of a frame: 1024 samples at 8 kHz */
#define SYNC_MAX       (200 * AIZU_MILLISECOND)
#define POSITION_SLACK (200 * AIZU_MILLISECOND)
/* What a fault or a long pause has torn may still be in the buffer for a while. */
#define BUFFERED(s) ((s)->config.buffer_ahead_max + 4 * (s)->world.target + 20 * AIZU_SECOND)

int64_t check_ticks_ns(int64_t ticks)
{
    return az_rescale(ticks, AIZU_SECOND, TICKS_PER_SECOND);
}

void check_init(sim *s)
{
    checker *c = &s->check;
    c->frame = -1;
    c->position = AIZU_NO_TIME;
    c->stall_begin = AIZU_NO_TIME;
}

void check_deinit(sim *s)
{
    free(s->check.segments);
    free(s->check.domains);
    check_cues_deinit(s);
}

bool check_is_quiet(const sim *s, int64_t margin)
{
    return s->is_calm && !s->is_poisoned && s->now - s->calm_since >= margin &&
           s->now - s->viewer.last_action >= margin && s->now - s->check.last_trouble >= margin;
}

void check_begin_pass(sim *s)
{
    checker *c = &s->check;
    c->pass++;
    c->frame = -1;
    c->floor = INT64_MAX;
    c->landing = AIZU_NO_TIME;
    c->is_from_start = false;
    c->is_seeking = true;
    c->hole_count = 0;
    c->early_count = 0;
    c->due_count = 0;
    c->last_cue_pts = INT64_MIN;
    c->last_cue_index = -1;
    c->position = AIZU_NO_TIME;
}

void check_begin_session(sim *s, bool is_from_start)
{
    s->check.session++;
    check_begin_pass(s);
    s->check.is_from_start = is_from_start;
    s->check.is_seeking = false;
}

static void *grow_to(void *items, size_t index, size_t *capacity, size_t size)
{
    if (index < *capacity)
        return items;
    size_t wanted = AZ_MAX(index + 1, *capacity * 2 + 64);
    items = realloc(items, wanted * size);
    AZ_ASSERT(items);
    for (size_t i = *capacity * size; i < wanted * size; i++)
        ((char *)items)[i] = 0;
    *capacity = wanted;
    return items;
}

domain_state *check_domain(sim *s, uint32_t domain)
{
    checker *c = &s->check;
    c->domains = grow_to(c->domains, domain, &c->domain_capacity, sizeof(*c->domains));
    return &c->domains[domain];
}

segment_state *check_segment(sim *s, size_t segment)
{
    checker *c = &s->check;
    c->segments = grow_to(c->segments, segment, &c->segment_capacity, sizeof(*c->segments));
    return &c->segments[segment];
}

/* ---- bytes and units ---- */

void check_segment_bytes(sim *s, const request *r, bool is_whole)
{
    checker *c = &s->check;
    if (r->what.variant == SOUND)
        return; /* there are no pictures and cues in it */
    segment_state *g = check_segment(s, (size_t)r->what.segment);
    if (g->pass_part != c->pass)
        g->parts = 0;
    g->pass_part = c->pass;
    g->fed_at = s->now;
    if (!is_whole)
        return;
    if (r->what.part >= 0) {
        g->parts |= 1u << r->what.part;
        if (g->parts + 1 != 1u << world_part_count(&s->world, (size_t)r->what.segment))
            return;
    }
    g->session = c->session;
    g->pass = c->pass;
    g->whole_at = s->now;
    check_cues_received(s, (size_t)r->what.segment);
}

void check_unit(sim *s, az_stream stream, int64_t number, int64_t pts)
{
    const world *w = &s->world;
    int64_t ticks = number * (stream == AZ_STREAM_VIDEO ? w->ticks_per_frame : AUDIO_TICKS);
    domain_state *d = check_domain(s, w->segments[world_segment_at(w, ticks)].domain);
    int64_t offset = pts - check_ticks_ns(ticks);
    int64_t moved = offset - d->offset;
    /* the rest of a part that was cut off with a good status may look like more of the same picture */
    if (w->part_frames > 0 && s->result.faults[FAULT_TRUNCATED] > 0 && !check_is_quiet(s, BUFFERED(s)) &&
        d->session == s->check.session)
        return;
    if (d->session == s->check.session && (moved > PTS_SLACK || moved < -PTS_SLACK))
        sim_fail(s, "pts", "stream %d, frame %lld stands %.6f s away from where its domain stood",
                 (int)stream, (long long)number, sim_seconds(moved));
    d->session = s->check.session;
    d->offset = s->check.last_offset = offset;
}

/* ---- frames ---- */

bool check_was_shown(const checker *c, int64_t number)
{
    if (c->frame < 0 || number < c->frame_first || number > c->frame)
        return false;
    for (size_t i = 0; i < c->hole_count; i++)
        if (c->holes[i].begin <= number && number < c->holes[i].end)
            return false;
    return true;
}

/* What follows a frame is not offered any more: playing this far behind, the viewer was overtaken. */
static bool is_overtaken(const sim *s, int64_t number)
{
    const world *w = &s->world;
    if (w->kind != WORLD_LIVE)
        return false;
    int64_t media = origin_media_now(&s->origin, s->now);
    return world_segment_at(w, (number + 1) * w->ticks_per_frame) + (size_t)w->window <
           world_segment_at(w, media) + 1;
}

/* A discontinuity that was met while the segment before it was cut off stays where it was put then: later,
 * when the whole of that segment comes, its last frames and the first ones behind it stand at the same time.
 */
static bool is_overlap(const sim *s, int64_t begin, int64_t end)
{
    const world *w = &s->world;
    size_t before = world_segment_at(w, (begin - 1) * w->ticks_per_frame);
    size_t after = world_segment_at(w, end * w->ticks_per_frame);
    return w->segments[before].domain != w->segments[after].domain && s->result.faults[FAULT_TRUNCATED] > 0;
}

static void hole_add(sim *s, int64_t begin, int64_t end)
{
    checker *c = &s->check;
    /* a decoder that has to catch up when the buffer has just run low may lose a few */
    int64_t lost = check_ticks_ns((end - begin) * s->world.ticks_per_frame);
    bool is_low = s->snapshot.stats.buffered_ahead < 2 * s->world.target && lost < AIZU_SECOND / 2;
    if (check_is_quiet(s, BUFFERED(s)) && !is_low && !is_overtaken(s, begin - 1) &&
        !is_overlap(s, begin, end))
        sim_fail(s, "frame-hole", "frames %lld to %lld were not shown, for no reason", (long long)begin,
                 (long long)end - 1);
    if (c->hole_count == HOLES_MAX) { /* the oldest are not asked for any more */
        for (size_t i = 1; i < HOLES_MAX; i++)
            c->holes[i - 1] = c->holes[i];
        c->hole_count--;
    }
    c->holes[c->hole_count++] = (hole){begin, end};
}

static void check_sync(sim *s, const frame *f)
{
    const output *o = &s->output;
    if (!o->has_device || !o->is_sounding || o->sound_at > s->now || !check_is_quiet(s, BUFFERED(s)))
        return;
    int64_t apart = output_heard(o, s->now) - f->pts;
    if (apart > SYNC_MAX || apart < -SYNC_MAX)
        sim_fail(s, "av-sync", "the sound is %.3f s ahead of the picture", sim_seconds(apart));
}

void check_presented(sim *s, const frame *f)
{
    checker *c = &s->check;
    int64_t tpf = s->world.ticks_per_frame;
    s->result.frames++;
    if (c->frame >= 0 && f->number <= c->frame) {
        sim_fail(s, "frame-order", "frame %lld was shown after %lld", (long long)f->number,
                 (long long)c->frame);
        return;
    }
    check_sync(s, f);
    check_cues_early(s, f);
    int64_t before = c->frame;
    if (before >= 0 && f->number > before + 1)
        hole_add(s, before + 1, f->number);
    c->frame = f->number;
    c->frame_time = c->last_frame_time = s->now;
    c->frame_pts = f->pts;
    if (before < 0) {
        c->frame_first = f->number;
        c->is_first_open = true;
    } else {
        check_cues_passed(s, AZ_MAX(c->floor, (before + 1) * tpf), (f->number + 1) * tpf);
    }
}

/* Cues of a pass's first frame are due from where the pass begins. */
static void first_frame(sim *s)
{
    checker *c = &s->check;
    int64_t tpf = s->world.ticks_per_frame;
    int64_t begin = c->frame_first * tpf;
    int64_t end = begin + tpf;
    c->is_first_open = false;
    c->floor = c->is_from_start ? begin : end;
    if (c->landing != AIZU_NO_TIME) {
        int64_t into = az_rescale(c->landing - c->frame_pts, TICKS_PER_SECOND, AIZU_SECOND);
        c->floor = into <= 0 ? begin : AZ_MIN(begin + into + 1, end);
        if (s->is_calm && s->now - s->calm_since > RECOVER_MAX && (into < -3 * tpf - 9000 || into > 2 * tpf))
            sim_fail(s, "seek-exact", "the seek ended at %.6f, but frame %lld at %.6f is shown",
                     sim_seconds(c->landing), (long long)c->frame_first, sim_seconds(c->frame_pts));
    }
    check_cues_passed(s, c->floor, end);
}

/* Without decoding there are no frames to see: the position tells which one would be shown. */
static void show_by_position(sim *s, int64_t position)
{
    checker *c = &s->check;
    if (c->is_seeking || s->snapshot.state == AIZU_STATE_BUFFERING)
        return;
    for (size_t i = s->world.domain_count; i-- > 0;) {
        const domain_state *d = check_domain(s, (uint32_t)i);
        int64_t ticks = az_rescale(position - d->offset, TICKS_PER_SECOND, AIZU_SECOND);
        if (d->session != c->session || ticks < s->world.domains[i].begin)
            continue;
        int64_t number = ticks / s->world.ticks_per_frame;
        if (c->frame < 0 || number > c->frame) {
            s->result.frames++;
            c->frame_first = c->frame < 0 ? number : c->frame_first;
            c->frame = number;
            c->frame_time = c->last_frame_time = s->now;
            c->floor = AZ_MIN(c->floor, (number + 1) * s->world.ticks_per_frame);
        }
        return;
    }
}

/* ---- each step ---- */

/* The last pictures were lost, and the sound of its own rendition goes on to its end. */
static bool is_sound_left(const sim *s)
{
    const decoder *d = &s->output.decoders[AZ_STREAM_VIDEO];
    return s->world.has_sound_lane && d->drain_generation != 0 && d->drain_generation == d->generation;
}

static void check_position(sim *s)
{
    checker *c = &s->check;
    const az_snapshot *p = &s->snapshot;
    if (p->position == AIZU_NO_TIME)
        return;
    int64_t position = p->position + (int64_t)((double)(s->now - p->position_time) * p->rate);
    position = AZ_MAX(AZ_MIN(position, p->position_max), p->position);
    if (sim_has_defect(s, DEFECT_POSITION_BACK, 5000))
        position -= 50 * AIZU_MILLISECOND;
    if (c->position != AIZU_NO_TIME && position < c->position - 1000)
        sim_fail(s, "position-back", "from %.6f to %.6f without a seek", sim_seconds(c->position),
                 sim_seconds(position));
    if (!s->config.decode && (c->position == AIZU_NO_TIME || position > c->position))
        c->last_frame_time = s->now;
    /* until a pass shows something the position may be anything */
    c->position = c->frame >= 0 ? position : AIZU_NO_TIME;
    if (!s->config.decode)
        show_by_position(s, position);
    int64_t apart = position - c->frame_pts;
    int64_t frame_ns = check_ticks_ns(s->world.ticks_per_frame);
    if (s->config.decode && c->frame >= 0 && c->state == AIZU_STATE_PLAYING &&
        check_is_quiet(s, BUFFERED(s)) && (apart < -POSITION_SLACK || apart > frame_ns + POSITION_SLACK) &&
        !is_overtaken(s, c->frame) && !is_sound_left(s))
        sim_fail(s, "position", "%.6f while the frame of %.6f is shown", sim_seconds(position),
                 sim_seconds(c->frame_pts));
}

void check_step(sim *s)
{
    check_position(s);
}

/* Media that was fed whole in this pass and lies ahead of the picture; holes do not count. */
static int64_t held_ahead(sim *s)
{
    const checker *c = &s->check;
    const world *w = &s->world;
    int64_t held = 0;
    if (c->frame < 0)
        return 0;
    size_t i = world_segment_at(w, c->frame * w->ticks_per_frame) + 1;
    for (; i < w->segment_count && i < c->segment_capacity; i++)
        if (c->segments[i].pass == c->pass && c->segments[i].session == c->session)
            held += world_segment_end(w, i) - world_segment_begin(w, i);
    return check_ticks_ns(held);
}

static void check_buffers(sim *s)
{
    const aizu_stats *stats = &s->snapshot.stats;
    int64_t ahead = held_ahead(s);
    /* one segment more; of a live window also what is about to slide out */
    int64_t segments = s->world.kind == WORLD_VOD ? 1 : 4;
    int64_t frames = s->config.decode ? 8 : 20; /* on their way out, which are not counted as held */
    int64_t ahead_max = s->config.buffer_ahead_max + segments * s->world.target + AIZU_SECOND +
                        check_ticks_ns(frames * s->world.ticks_per_frame);
    if (ahead > ahead_max)
        sim_fail(s, "buffer-ahead", "%.3f s were fetched ahead, %.3f allowed", sim_seconds(ahead),
                 sim_seconds(ahead_max));
    uint64_t segment = 0;
    for (int v = 0; v < s->world.variant_count; v++)
        segment =
            AZ_MAX(segment, (uint64_t)s->world.bandwidth[v] / 8 * (uint64_t)(s->world.target / AIZU_SECOND));
    if (stats->buffered_bytes > s->config.buffer_bytes_max + segment * 2)
        sim_fail(s, "buffer-bytes", "%llu bytes are held", (unsigned long long)stats->buffered_bytes);
}

static void check_fetches(sim *s)
{
    int count = 0;
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        count += s->network.requests[i].id != 0;
    if (count > FETCHES_MAX)
        sim_fail(s, "fetch-count", "%d fetches at a time", count);
    if (count > 0 && !s->viewer.is_loaded && s->now - s->viewer.last_action > AIZU_SECOND)
        sim_fail(s, "fetch-idle", "%d fetches while nothing is loaded", count);
    network_check_idle(s, FETCH_IDLE);
}

static void check_alive(sim *s)
{
    checker *c = &s->check;
    const viewer *v = &s->viewer;
    if (!v->wants_play || !v->is_loaded || v->is_reload_due || c->state == AIZU_STATE_ENDED)
        return;
    int64_t quiet = s->now - AZ_MAX(s->calm_since, v->last_action);
    int64_t since = s->now - AZ_MAX(c->last_frame_time, c->stuck_told);
    if (!s->is_calm || s->is_poisoned || quiet < RECOVER_MAX || since < STARVE_MAX)
        return;
    sim_fail(s, "stuck", "no frame for %.1f s, %.1f s after the last fault and command; state %d",
             sim_seconds(since), sim_seconds(quiet), (int)c->state);
    c->stuck_told = s->now;
}

void check_instant(sim *s)
{
    checker *c = &s->check;
    if (c->is_first_open)
        first_frame(s);
    if (c->due_count > 0)
        check_cues_due(s);
    if (s->now < c->next_slow)
        return;
    c->next_slow = s->now + AIZU_SECOND;
    check_buffers(s);
    check_fetches(s);
    check_alive(s);
}

/* ---- reports ---- */

static void check_state(sim *s, aizu_state state)
{
    checker *c = &s->check;
    if (c->state == AIZU_STATE_BUFFERING && c->stall_begin != AIZU_NO_TIME)
        s->result.stall_time += s->now - c->stall_begin;
    c->stall_begin = state == AIZU_STATE_BUFFERING ? s->now : AIZU_NO_TIME;
    c->state = state;
    if (state == AIZU_STATE_ENDED && c->frame >= 0) {
        if (s->world.kind == WORLD_LIVE)
            sim_fail(s, "ended", "a live channel without an end has ended");
        check_cues_passed(s, AZ_MAX(c->floor, (c->frame + 1) * s->world.ticks_per_frame), INT64_MAX);
    }
}

void check_report(sim *s, const az_report *report)
{
    checker *c = &s->check;
    switch (report->type) {
    case AIZU_EVENT_STATE:
        check_state(s, report->state);
        return;
    case AIZU_EVENT_SEEKED:
        c->landing = report->position;
        c->is_seeking = false;
        return;
    case AIZU_EVENT_ERROR:
        if (report->error.is_fatal && check_is_quiet(s, RECOVER_MAX))
            sim_fail(s, "fatal", "%s %s: %s", aizu_result_name(report->error.result), report->error.url,
                     report->error.detail);
        c->last_trouble = s->now;
        return;
    default:
        return;
    }
}

void check_end(sim *s)
{
    (void)s;
}
