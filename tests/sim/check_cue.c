/*
 * The cue contract (include/aizu/cue.h) against the truth: once, in order, with its frame, nothing lost.
 *
 * Which cues are due is known from the frames that were shown and from the segments that the engine was fed:
 * a cue has to come when the frame that covers it is shown, if the segment that carries it was fed whole in
 * this pass; where it was fed in part, the cue may come or not.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define PTS_SLACK (25 * INT64_C(1000))

void check_cues_deinit(sim *s)
{
    free(s->check.cues);
    free(s->check.by_number);
    free(s->check.due);
}

/* Takes notice of the cues that the channel has had since. */
static void look_at_new(sim *s)
{
    checker *c = &s->check;
    const world *w = &s->world;
    if (w->cue_count > c->cue_capacity) {
        size_t capacity = w->cue_count * 2;
        c->cues = realloc(c->cues, capacity * sizeof(*c->cues));
        AZ_ASSERT(c->cues);
        memset(&c->cues[c->cue_capacity], 0, (capacity - c->cue_capacity) * sizeof(*c->cues));
        c->cue_capacity = capacity;
    }
    for (; c->cue_count < w->cue_count; c->cue_count++) {
        uint32_t number = w->cues[c->cue_count].number;
        if (number >= c->number_capacity) {
            size_t capacity = (size_t)number * 2 + 64;
            c->by_number = realloc(c->by_number, capacity * sizeof(*c->by_number));
            AZ_ASSERT(c->by_number);
            memset(&c->by_number[c->number_capacity], 0,
                   (capacity - c->number_capacity) * sizeof(*c->by_number));
            c->number_capacity = capacity;
        }
        c->cues[c->cue_count].next_same = c->by_number[number];
        c->by_number[number] = (uint32_t)c->cue_count + 1;
    }
}

static int64_t frame_of(const sim *s, const world_cue *cue)
{
    return cue->time / s->world.ticks_per_frame;
}

/* ---- which cue is it ---- */

static bool read_number(const aizu_cue *cue, uint32_t *number)
{
    char text[32];
    unsigned long value = 0;
    if (cue->size >= sizeof(text) || strcmp(cue->key, "aizu.sim") != 0 || strcmp(cue->name, "PRIV") != 0)
        return false;
    memcpy(text, cue->data, cue->size);
    text[cue->size] = '\0';
    if (strncmp(text, "{\"q\":", 5) != 0)
        return false;
    char *end;
    value = strtoul(text + 5, &end, 10);
    *number = (uint32_t)value;
    return strcmp(end, "}") == 0;
}

/* How far a cue's pts is from where it should be. While nothing was decoded of the timestamps that carry
 * it, those before it tell roughly. */
static int64_t distance(sim *s, const world_cue *t, int64_t pts, bool *is_exact)
{
    const domain_state *d = check_domain(s, s->world.segments[t->segment].domain);
    *is_exact = d->session == s->check.session;
    int64_t apart = pts - check_ticks_ns(t->time) - (*is_exact ? d->offset : s->check.last_offset);
    return apart < 0 ? -apart : apart;
}

/* The true cue that was delivered: of those with its text the nearest one, of twins the one that has the
 * id, else one that has none yet. -1: none. */
static int64_t identify(sim *s, const aizu_cue *cue)
{
    checker *c = &s->check;
    uint32_t number;
    int64_t best = -1;
    int64_t best_distance = INT64_MAX;
    int best_rank = -1;
    if (!read_number(cue, &number) || number >= c->number_capacity)
        return -1;
    for (uint32_t at = c->by_number[number]; at; at = c->cues[at - 1].next_same) {
        const cue_state *state = &c->cues[at - 1];
        bool is_exact;
        int64_t apart = distance(s, &s->world.cues[at - 1], cue->pts, &is_exact);
        int rank = state->session != c->session ? 1 : state->id == cue->id ? 2 : 0;
        bool is_nearer = apart / 1000 < best_distance / 1000;
        bool is_as_near = apart / 1000 == best_distance / 1000;
        /* chains run from the newest cue to the oldest, so the last of equals is the first in the stream */
        if (best < 0 || is_nearer || (is_as_near && rank >= best_rank)) {
            best = at - 1;
            best_distance = apart;
            best_rank = rank;
        }
    }
    return best;
}

/* ---- what is due ---- */

/* Whether the engine must have the cue: its segment was fed whole in this pass, or is still held from before,
 * as the frame shows that it carries. */
static bool is_known(sim *s, const world_cue *t)
{
    checker *c = &s->check;
    const segment_state *g = check_segment(s, t->segment);
    if (g->session != c->session)
        return false;
    if (g->pass == c->pass)
        return true;
    size_t of_frame = world_segment_at(&s->world, t->time);
    return of_frame == t->segment && g->pass_part != c->pass && check_was_shown(c, frame_of(s, t));
}

static void due_add(sim *s, size_t index)
{
    checker *c = &s->check;
    cue_state *state = &c->cues[index];
    if (state->pass == c->pass && state->session == c->session)
        return;
    if (state->pass_due == c->pass || !is_known(s, &s->world.cues[index]))
        return;
    state->pass_due = c->pass;
    s->result.cues_expected++;
    if (c->due_count == c->due_capacity) {
        c->due_capacity = c->due_capacity * 2 + 64;
        c->due = realloc(c->due, c->due_capacity * sizeof(*c->due));
        AZ_ASSERT(c->due);
    }
    c->due[c->due_count++] = (uint32_t)index;
}

void check_cues_passed(sim *s, int64_t from_ticks, int64_t to_ticks)
{
    const world *w = &s->world;
    look_at_new(s);
    if (from_ticks >= to_ticks)
        return;
    /* cues stand up to a segment away from the segment of their time */
    size_t first = world_segment_at(w, from_ticks);
    size_t last = world_segment_at(w, to_ticks);
    first = first > 0 ? first - 1 : 0;
    last = AZ_MIN(last + 1, w->segment_count - 1);
    uint32_t end = w->segments[last].cue + w->segments[last].cue_count;
    for (uint32_t i = w->segments[first].cue; i < end; i++) {
        if (w->cues[i].time < from_ticks || w->cues[i].time >= to_ticks)
            continue;
        if (s->check.cues[i].pass == s->check.pass && s->check.cues[i].is_skipped_due &&
            s->check.frame == frame_of(s, &w->cues[i]))
            sim_fail(s, "cue-skipped", "cue %u was delivered as skipped before its frame was shown", i);
        due_add(s, i);
    }
}

void check_cues_received(sim *s, size_t segment)
{
    checker *c = &s->check;
    const world_segment *g = &s->world.segments[segment];
    look_at_new(s);
    if (c->frame < 0)
        return;
    /* without decoding the position may stand where the next frame would begin */
    int64_t passed = (c->frame + s->config.decode) * s->world.ticks_per_frame;
    for (uint32_t i = g->cue; i < g->cue + g->cue_count; i++)
        if (s->world.cues[i].time >= c->floor && s->world.cues[i].time < passed)
            due_add(s, i);
}

/* The timestamps of a new domain may overlap those before or leave a gap: which of the two frames covers a
 * cue there is a matter of presentation time. */
static bool is_at_domain_edge(const sim *s, int64_t number)
{
    const world *w = &s->world;
    size_t segment = world_segment_at(w, number * w->ticks_per_frame);
    return segment + 1 < w->segment_count && w->segments[segment + 1].domain != w->segments[segment].domain &&
           number + 1 == w->segments[segment + 1].frame;
}

void check_cues_due(sim *s)
{
    checker *c = &s->check;
    size_t kept = 0;
    for (size_t i = 0; i < c->due_count; i++) {
        const cue_state *state = &c->cues[c->due[i]];
        const world_cue *t = &s->world.cues[c->due[i]];
        int64_t number = frame_of(s, t);
        if (state->pass == c->pass && state->session == c->session)
            continue;
        if (number == c->frame && c->state != AIZU_STATE_ENDED && is_at_domain_edge(s, number))
            c->due[kept++] = c->due[i];
        else
            sim_fail(s, "cue-lost",
                     "cue %u {\"q\":%u} of frame %lld (segment %u) was not delivered; frame %lld is shown",
                     c->due[i], t->number, (long long)number, t->segment, (long long)c->frame);
    }
    c->due_count = kept;
}

/* ---- a delivery ---- */

static void check_identity(sim *s, size_t index, const aizu_cue *cue, unsigned flags)
{
    checker *c = &s->check;
    cue_state *state = &c->cues[index];
    bool is_replay = state->session == c->session;
    if (cue->id == 0)
        sim_fail(s, "cue-id", "cue %zu has the id 0", index);
    if (is_replay && state->id != cue->id)
        sim_fail(s, "cue-id", "cue %zu has had the id %llu, now %llu", index, (unsigned long long)state->id,
                 (unsigned long long)cue->id);
    if (is_replay && state->pass == c->pass)
        sim_fail(s, "cue-twice", "cue %zu {\"q\":%u} was delivered twice in one passing", index,
                 s->world.cues[index].number);
    else if (is_replay != ((flags & AIZU_CUE_REPLAY) != 0))
        sim_fail(s, "cue-replay", "cue %zu: delivered before %d, flagged %d", index, is_replay, !is_replay);
}

/* By presentation time; true time tells which of those at one time comes first in the stream. */
static void check_order(sim *s, size_t index, int64_t pts, unsigned flags)
{
    checker *c = &s->check;
    if (flags & AIZU_CUE_LATE)
        return;
    bool is_tie =
        c->last_cue_index >= 0 && s->world.cues[c->last_cue_index].time == s->world.cues[index].time;
    if (pts < c->last_cue_pts || (is_tie && (int64_t)index < c->last_cue_index))
        sim_fail(s, "cue-order", "cue %zu was delivered after cue %lld", index, (long long)c->last_cue_index);
    c->last_cue_pts = pts;
    c->last_cue_index = (int64_t)index;
}

void check_cues_early(sim *s, const frame *f)
{
    checker *c = &s->check;
    for (size_t i = 0; i < c->early_count; i++)
        if (f->number > c->early[i].shown && f->pts <= c->early[i].pts)
            sim_fail(s, "cue-early",
                     "cue %u of %.6f was delivered with frame %lld, and frame %lld of %.6f comes",
                     c->early[i].cue, sim_seconds(c->early[i].pts), (long long)c->early[i].shown,
                     (long long)f->number, sim_seconds(f->pts));
    c->early_count = 0;
}

static bool was_whole(sim *s, size_t segment, int64_t time)
{
    const segment_state *g = check_segment(s, segment);
    return g->session == s->check.session && g->pass == s->check.pass && g->whole_at < time;
}

/* On its frame, or with a frame behind it if its own was never shown. */
static void check_unflagged(sim *s, size_t index, int64_t pts, int64_t due)
{
    checker *c = &s->check;
    const world_cue *t = &s->world.cues[index];
    int64_t number = frame_of(s, t);
    if (c->frame < 0) {
        sim_fail(s, "cue-early", "cue %zu was delivered before any frame", index);
    } else if (number > c->frame) {
        /* the picture before a lost one covers its time: known for sure when the next one is shown */
        if (c->early_count < EARLY_MAX)
            c->early[c->early_count++] = (early_cue){(uint32_t)index, c->frame, pts};
    } else if (number == c->frame && c->frame_time != s->now) {
        /* how long a frame lasts may become known only with the bytes of the next one */
        if (!was_whole(s, t->segment, c->frame_time) ||
            !was_whole(s, world_segment_at(&s->world, (number + 1) * s->world.ticks_per_frame),
                       c->frame_time))
            return;
        sim_fail(s, "cue-late", "cue %zu was delivered %.3f ms after its frame and not flagged", index,
                 (double)(s->now - c->frame_time) / 1e6);
    } else if (number < c->frame && check_was_shown(c, number) && !is_at_domain_edge(s, number)) {
        sim_fail(s, "cue-late", "cue %zu of frame %lld was delivered with frame %lld and not flagged", index,
                 (long long)number, (long long)c->frame);
    } else if (number == c->frame && s->config.decode && due != c->frame_time) {
        sim_fail(s, "cue-due", "cue %zu was due %.6f, its frame was shown %.6f", index, sim_seconds(due),
                 sim_seconds(c->frame_time));
    }
}

static void check_flagged(sim *s, size_t index, unsigned flags, int64_t late_by)
{
    checker *c = &s->check;
    const world_cue *t = &s->world.cues[index];
    const segment_state *g = check_segment(s, t->segment);
    int64_t number = frame_of(s, t);
    if ((flags & AIZU_CUE_LATE) && late_by <= 0 && number < c->frame)
        sim_fail(s, "cue-late-by", "cue %zu is flagged late by %.6f s", index, sim_seconds(late_by));
    if ((flags & AIZU_CUE_LATE) && g->fed_at != s->now)
        sim_fail(s, "cue-late", "cue %zu came late although nothing of its segment arrives", index);
    if (flags & AIZU_CUE_LATE)
        return;
    if (s->config.decode && check_was_shown(c, number))
        sim_fail(s, "cue-skipped", "cue %zu is flagged skipped, but its frame %lld was shown", index,
                 (long long)number);
}

/* Without decoding the first cue tells where the timestamps stand. */
static void learn_offset(sim *s, const world_cue *t, int64_t pts)
{
    domain_state *d = check_domain(s, s->world.segments[t->segment].domain);
    if (s->config.decode || d->session == s->check.session)
        return;
    *d = (domain_state){s->check.session, pts - check_ticks_ns(t->time)};
    s->check.last_offset = d->offset;
}

void check_cue(sim *s, const aizu_cue *cue, aizu_cue_phase phase, unsigned flags, int64_t due,
               int64_t late_by)
{
    checker *c = &s->check;
    if (phase != AIZU_CUE_START)
        return;
    look_at_new(s);
    int64_t index = identify(s, cue);
    if (index < 0) {
        sim_fail(s, "cue-unknown", "a cue that was never sent: %s %s %.*s", cue->name, cue->key,
                 (int)cue->size, (const char *)cue->data);
        return;
    }
    const world_cue *t = &s->world.cues[index];
    learn_offset(s, t, cue->pts);
    bool is_exact;
    int64_t apart = distance(s, t, cue->pts, &is_exact);
    if (is_exact && apart > PTS_SLACK)
        sim_fail(s, "cue-pts", "cue %lld stands at %.6f, %.6f s away from its place", (long long)index,
                 sim_seconds(cue->pts), sim_seconds(apart));
    check_identity(s, (size_t)index, cue, flags);
    check_order(s, (size_t)index, cue->pts, flags);
    if (flags & (AIZU_CUE_LATE | AIZU_CUE_SKIPPED))
        check_flagged(s, (size_t)index, flags, late_by);
    else if (s->config.decode)
        check_unflagged(s, (size_t)index, cue->pts, due);
    cue_state *state = &c->cues[index];
    state->id = cue->id;
    state->session = c->session;
    state->pass = c->pass;
    state->is_skipped_due = (flags & AIZU_CUE_SKIPPED) && !(flags & AIZU_CUE_LATE);
    s->result.cues_delivered++;
    s->result.cues_late += (flags & AIZU_CUE_LATE) != 0;
    s->result.cues_skipped += (flags & AIZU_CUE_SKIPPED) != 0;
    s->result.cues_replayed += (flags & AIZU_CUE_REPLAY) != 0;
}
