/*
 * Programme tables into streams; see demux/ts_program.h.
 */
#include "demux/ts_program.h"

#include <string.h>

#define PAT_PID 0

static void reset_link(az_ts_link *link)
{
    *link = (az_ts_link){.counter = -1};
}

void az_ts_program_init(az_ts_program *p, az_ts_out *out)
{
    memset(p, 0, sizeof(*p));
    p->out = out;
    p->slots[PAT_PID] = AZ_SLOT_PAT;
    az_section_init(&p->pat_section);
    az_section_init(&p->pmt_section);
    az_ts_program_reset(p);
}

void az_ts_program_deinit(az_ts_program *p)
{
    for (size_t i = 0; i < AZ_TS_TRACKS_MAX; i++)
        az_ts_stream_destroy(&p->streams[i]);
}

void az_ts_program_reset(az_ts_program *p)
{
    for (size_t i = 0; i < AZ_SLOTS; i++)
        reset_link(&p->links[i]);
    az_section_reset(&p->pat_section);
    az_section_reset(&p->pmt_section);
    p->section_pid = 0;
}

void az_ts_program_gap(az_ts_program *p, uint8_t slot)
{
    az_section_reset(slot == AZ_SLOT_PAT ? &p->pat_section : &p->pmt_section);
}

static void remove_stream(az_ts_program *p, size_t index)
{
    az_ts_stream *s = p->streams[index];
    uint8_t slot = (uint8_t)(AZ_SLOT_STREAM + index);
    az_ts_stream_finish(s);
    if (p->slots[s->track.id] == slot)
        p->slots[s->track.id] = AZ_SLOT_NONE;
    az_ts_stream_destroy(&p->streams[index]);
}

static bool is_same_stream(const az_ts_stream *s, const az_pmt_stream *d)
{
    return s->track.id == d->pid && s->track.stream_type == d->stream_type && s->track.media == d->media &&
           (s->track.codec == AZ_CODEC_OPUS) == (d->codec == AZ_CODEC_OPUS);
}

static void remove_streams_not_in(az_ts_program *p, const az_pmt *pmt)
{
    for (size_t i = 0; i < AZ_TS_TRACKS_MAX; i++) {
        bool is_kept = !p->streams[i];
        for (size_t j = 0; j < pmt->count && !is_kept; j++)
            is_kept = is_same_stream(p->streams[i], &pmt->streams[j]);
        if (!is_kept)
            remove_stream(p, i);
    }
}

static void add_stream(az_ts_program *p, const az_pmt_stream *description)
{
    size_t i = 0;
    while (i < AZ_TS_TRACKS_MAX && p->streams[i])
        i++;
    if (i == AZ_TS_TRACKS_MAX || p->slots[description->pid] != AZ_SLOT_NONE)
        return; /* listed twice, or the PID of a table */
    p->streams[i] = az_ts_stream_create(description, p->out);
    if (!p->streams[i]) {
        p->out->is_out_of_memory = true;
        return;
    }
    uint8_t slot = (uint8_t)(AZ_SLOT_STREAM + i);
    p->slots[description->pid] = slot;
    reset_link(&p->links[slot]);
    az_ts_stream_announce(p->streams[i]);
}

static void add_or_update_stream(az_ts_program *p, const az_pmt_stream *description)
{
    for (size_t i = 0; i < AZ_TS_TRACKS_MAX; i++) {
        az_ts_stream *s = p->streams[i];
        if (!s || !is_same_stream(s, description))
            continue;
        if (!az_ts_stream_describe(s, description))
            p->out->is_out_of_memory = true;
        az_ts_stream_announce(s);
        return;
    }
    add_stream(p, description);
}

/* PIDs of PMTs: of the chosen programme, or of all while none is. */
static void mark_pmt_pids(az_ts_program *p)
{
    for (size_t i = 0; i < AZ_PID_COUNT; i++)
        if (p->slots[i] == AZ_SLOT_PMT)
            p->slots[i] = AZ_SLOT_NONE;
    for (size_t i = 0; i < p->program_count; i++) {
        const az_pat_program *program = &p->programs[i];
        bool is_wanted = p->number == 0 || p->number == program->number;
        if (is_wanted && p->slots[program->pmt_pid] == AZ_SLOT_NONE)
            p->slots[program->pmt_pid] = AZ_SLOT_PMT;
    }
}

static bool is_listed(const az_ts_program *p, uint16_t number, uint16_t pid)
{
    for (size_t i = 0; i < p->program_count; i++)
        if (p->programs[i].number == number && (pid == 0 || p->programs[i].pmt_pid == pid))
            return true;
    return false;
}

static bool has_all_pat_sections(const az_ts_program *p, unsigned last)
{
    for (unsigned i = 0; i <= last; i++)
        if (!(p->pat_sections[i / 8] & 1u << i % 8))
            return false;
    return true;
}

static void take_pat(az_ts_program *p, const az_pat *pat)
{
    if (!pat->is_current)
        return;
    if (!p->has_pat || p->pat_version != pat->version) {
        p->has_pat = true;
        p->pat_version = pat->version;
        p->program_count = 0;
        memset(p->pat_sections, 0, sizeof(p->pat_sections));
        az_section_init(&p->pmt_section); /* the PMT is looked at again, even if it repeats */
    }
    uint8_t *seen = &p->pat_sections[pat->section / 8], bit = (uint8_t)(1u << pat->section % 8);
    if (*seen & bit)
        return;
    *seen |= bit;
    size_t count = AZ_MIN(pat->count, AZ_TS_PROGRAMS_MAX - p->program_count);
    if (pat->is_cut || count < pat->count)
        az_ts_trouble(p->out, AZ_DEMUX_LIMIT);
    memcpy(p->programs + p->program_count, pat->programs, count * sizeof(pat->programs[0]));
    p->program_count += count;
    if (p->number && has_all_pat_sections(p, pat->last_section) && !is_listed(p, p->number, 0))
        p->number = 0; /* the programme ended; its streams go when another one's PMT is there */
    mark_pmt_pids(p);
}

static void take_pmt(az_ts_program *p, const az_pmt *pmt)
{
    if (p->number == 0 && pmt->count == 0)
        return; /* a programme without streams is not worth choosing */
    p->number = pmt->program;
    mark_pmt_pids(p);
    if (pmt->is_cut)
        az_ts_trouble(p->out, AZ_DEMUX_LIMIT);
    remove_streams_not_in(p, pmt);
    for (size_t i = 0; i < pmt->count; i++)
        add_or_update_stream(p, &pmt->streams[i]);
}

static void on_bad_section(void *user)
{
    az_ts_program *p = user;
    az_ts_trouble(p->out, AZ_DEMUX_BAD_SECTION);
}

static void on_pat_section(void *user, az_span section)
{
    az_ts_program *p = user;
    az_pat pat;
    if (section.data[0] != 0x00)
        return; /* another table on the PAT's PID */
    if (az_pat_parse(section, &pat))
        take_pat(p, &pat);
    else
        on_bad_section(p);
}

static void on_pmt_section(void *user, az_span section)
{
    az_ts_program *p = user;
    az_pmt pmt;
    if (section.data[0] != 0x02)
        return; /* splice information and private tables may share the PID */
    uint64_t hash = az_hash(AZ_HASH_SEED, section.data, section.size);
    if (p->has_pmt && hash == p->pmt_hash && p->number)
        return;
    if (!az_pmt_parse(section, &pmt)) {
        on_bad_section(p);
        return;
    }
    bool is_ours = p->number == 0 || p->number == pmt.program;
    if (!pmt.is_current || !is_ours || !is_listed(p, pmt.program, p->section_pid))
        return;
    p->has_pmt = true;
    p->pmt_hash = hash;
    take_pmt(p, &pmt);
}

void az_ts_program_feed(az_ts_program *p, uint16_t pid, bool is_unit_start, az_span payload)
{
    az_section_sink sink = {p, on_pat_section, on_bad_section, false};
    if (pid == PAT_PID) {
        az_section_feed(&p->pat_section, is_unit_start, payload, &sink);
        return;
    }
    if (pid != p->section_pid) {
        if (!is_unit_start)
            return;
        az_section_init(&p->pmt_section);
        p->section_pid = pid;
    }
    sink.section = on_pmt_section;
    az_section_feed(&p->pmt_section, is_unit_start, payload, &sink);
}
