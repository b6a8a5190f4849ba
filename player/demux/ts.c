/*
 * Transport packets: sync, headers, continuity, and the way of each payload to its table or stream; see
 * demux/ts.h. ISO/IEC 13818-1 2.4.3.
 */
#include "demux/ts.h"

#include <stdlib.h>
#include <string.h>

#include "demux/ts_program.h"

#define SYNC_BYTE    0x47
#define PACKET_SIZE  ((size_t)188)
#define STRIDE_MAX   ((size_t)204)
#define LOCK_PACKETS 5                                 /* sync bytes in a row that are believed */
#define SEARCH_SIZE  ((size_t)2048)                    /* bytes that a search looks at at once */
#define SEARCH_REACH ((LOCK_PACKETS - 1) * STRIDE_MAX) /* from the first of them to the last */
#define NO_SYNC_SIZE ((size_t)64 << 10)                /* without sync in these it is no transport stream */
#define EARLY_MAX    ((size_t)8192)                    /* packets that are kept while no PMT is known */
#define PID_FIRST    0x20                              /* PIDs below are for tables */
#define PID_NULL     0x1FFF
#define AHEAD        ((size_t)2048) /* input is asked for so far ahead: processors do not look over a page's end */

typedef enum sync_state {
    SYNC_SEARCHING, /* `pending` collects bytes to search in */
    SYNC_LOCKED,    /* packets stand every `stride` bytes; `pending` holds the start of one */
    SYNC_FAILED,
} sync_state;

struct az_ts {
    az_ts_out out;
    sync_state sync;
    bool was_locked;
    size_t stride;
    size_t skip; /* bytes up to the next packet */
    size_t unsynced_bytes;
    size_t pending_size;
    uint8_t pending[SEARCH_SIZE];
    uint8_t *early; /* packets from before the first PMT: some segments begin with media */
    size_t early_count, early_capacity;
    az_ts_program program;
};

az_ts *az_ts_create(const az_demux_sink *sink)
{
    az_ts *ts = malloc(sizeof(*ts));
    if (!ts)
        return NULL;
    ts->out = (az_ts_out){.sink = *sink};
    ts->sync = SYNC_SEARCHING;
    ts->was_locked = false;
    ts->stride = PACKET_SIZE;
    ts->skip = ts->unsynced_bytes = ts->pending_size = 0;
    ts->early = NULL;
    ts->early_count = ts->early_capacity = 0;
    az_ts_program_init(&ts->program, &ts->out);
    return ts;
}

void az_ts_destroy(az_ts **ts)
{
    if (*ts) {
        az_ts_program_deinit(&(*ts)->program);
        free((*ts)->early);
    }
    free(*ts);
    *ts = NULL;
}

uint64_t az_ts_troubles(const az_ts *ts, az_demux_trouble trouble)
{
    return trouble < AZ_DEMUX_TROUBLES ? ts->out.troubles[trouble] : 0;
}

bool az_ts_has_track(const az_ts *ts, uint32_t id)
{
    return id < AZ_PID_COUNT && ts->program.slots[id] >= AZ_SLOT_STREAM;
}

typedef enum continuity {
    CONTINUITY_GOOD,
    CONTINUITY_DUPLICATE,
    CONTINUITY_GAP,
} continuity;

/* Of bytes that duplicates share: not those of the adaptation field, whose clock may differ (2.4.3.3). */
static uint64_t fingerprint(const uint8_t *p)
{
    uint64_t middle, end;
    memcpy(&middle, p + 108, sizeof(middle));
    memcpy(&end, p + PACKET_SIZE - sizeof(end), sizeof(end));
    return middle * 3 + end;
}

/* Whether a packet with the counter of the one before it has its bytes, too. */
static bool is_repeated(const az_ts_link *link, const az_ts_stream *s, const uint8_t *p)
{
    if (link->is_duplicate) /* only one copy is allowed */
        return false;
    if (!link->is_easy)
        return link->fingerprint == fingerprint(p);
    return (p[3] & 0x30) == 0x10 && az_ts_stream_is_last(s, p + 4, PACKET_SIZE - 4);
}

static continuity check_continuity(az_ts_link *link, const az_ts_stream *s, const uint8_t *p)
{
    int counter = p[3] & 15, last = link->counter;
    bool is_duplicate = last == counter && is_repeated(link, s, p);
    *link = (az_ts_link){(int8_t)counter, is_duplicate, false, fingerprint(p)};
    if (last < 0 || counter == ((last + 1) & 15))
        return CONTINUITY_GOOD;
    return is_duplicate ? CONTINUITY_DUPLICATE : CONTINUITY_GAP;
}

static void on_splice_section(void *user, az_span section)
{
    az_ts_stream *s = user;
    if (section.data[0] != 0xFC || !s->out->sink.metadata)
        return;
    az_metadata metadata = {.track = s->track.id, .codec = AZ_CODEC_SCTE35, .pts = AZ_NO_TICKS};
    if (!az_slice_copy(&metadata.data, section)) {
        s->out->is_out_of_memory = true;
        return;
    }
    s->out->sink.metadata(s->out->sink.user, &metadata);
    az_slice_unref(&metadata.data);
}

static void on_bad_splice_section(void *user)
{
    az_ts_stream *s = user;
    az_ts_trouble(s->out, AZ_DEMUX_BAD_SECTION);
}

static void feed_stream(az_ts *ts, az_ts_stream *s, const uint8_t *p, size_t offset)
{
    bool is_unit_start = p[1] & 0x40;
    if (p[3] & 0xC0) {
        az_ts_trouble(&ts->out, AZ_DEMUX_SCRAMBLED);
        s->track.is_encrypted = true;
        az_ts_stream_announce(s);
    } else if (s->section) {
        az_section_sink sink = {s, on_splice_section, on_bad_splice_section, true};
        az_section_feed(s->section, is_unit_start, az_span_make(p + offset, PACKET_SIZE - offset), &sink);
    } else {
        az_ts_stream_feed(s, is_unit_start, p + offset, PACKET_SIZE - offset);
    }
}

/* The adaptation field says that the counter may jump here (2.4.3.5). */
static void begin_discontinuity(az_ts *ts, uint8_t slot)
{
    ts->program.links[slot].counter = -1;
    if (slot >= AZ_SLOT_STREAM)
        az_ts_stream_discontinuity(ts->program.streams[slot - AZ_SLOT_STREAM]);
}

/* A packet whose PID carries something that is wanted. */
static void handle_known(az_ts *ts, const uint8_t *p, uint16_t pid, uint8_t slot)
{
    size_t offset = 4;
    bool is_random_access = false;
    if (p[3] & 0x20) {
        if (p[4] > 0 && p[5] & 0x80)
            begin_discontinuity(ts, slot);
        is_random_access = p[4] > 0 && p[5] & 0x40;
        offset += 1 + (size_t)p[4];
    }
    if (!(p[3] & 0x10)) /* no payload: the counter stands still */
        return;
    az_ts_stream *s = slot >= AZ_SLOT_STREAM ? ts->program.streams[slot - AZ_SLOT_STREAM] : NULL;
    continuity state = check_continuity(&ts->program.links[slot], s, p);
    if (state == CONTINUITY_DUPLICATE)
        return;
    if (state == CONTINUITY_GAP) {
        az_ts_trouble(&ts->out, AZ_DEMUX_CONTINUITY);
        if (s)
            az_ts_stream_gap(s);
        else
            az_ts_program_gap(&ts->program, slot);
    }
    if (offset > PACKET_SIZE) {
        az_ts_trouble(&ts->out, AZ_DEMUX_BAD_PES);
        return;
    }
    if (s && p[1] & 0x40)
        s->is_key_next = is_random_access;
    if (s)
        feed_stream(ts, s, p, offset);
    else if (!(p[3] & 0xC0))
        az_ts_program_feed(&ts->program, pid, p[1] & 0x40, az_span_make(p + offset, PACKET_SIZE - offset));
}

static void drop_early(az_ts *ts)
{
    free(ts->early);
    ts->early = NULL;
    ts->early_count = ts->early_capacity = 0;
}

/* Which packets will be wanted only a PMT can say. */
static void keep_early(az_ts *ts, const uint8_t *p)
{
    if (ts->early_count == EARLY_MAX) {
        az_ts_trouble(&ts->out, AZ_DEMUX_LIMIT);
        ts->early_count = 0;
    }
    if (ts->early_count == ts->early_capacity) {
        size_t capacity = AZ_MAX(ts->early_capacity * 2, (size_t)32);
        uint8_t *packets = realloc(ts->early, capacity * PACKET_SIZE);
        if (!packets) {
            ts->out.is_out_of_memory = true;
            return;
        }
        ts->early = packets;
        ts->early_capacity = capacity;
    }
    memcpy(ts->early + ts->early_count++ * PACKET_SIZE, p, PACKET_SIZE);
}

static void handle_early(az_ts *ts)
{
    for (size_t i = 0; i < ts->early_count; i++) {
        const uint8_t *p = ts->early + i * PACKET_SIZE;
        uint16_t pid = (uint16_t)((p[1] & 0x1F) << 8 | p[2]);
        if (ts->program.slots[pid] >= AZ_SLOT_STREAM)
            handle_known(ts, p, pid, ts->program.slots[pid]);
    }
    drop_early(ts);
}

/* The packet that nearly every one is: no flags, no adaptation field, the next counter, and a stream that
 * only has to append it. False: something else. */
static inline bool handle_easy(az_ts *ts, const uint8_t *p, uint8_t slot)
{
    if (slot < AZ_SLOT_STREAM || p[1] & 0xC0 || (p[3] & 0xF0) != 0x10)
        return false;
    az_ts_link *link = &ts->program.links[slot];
    int counter = p[3] & 15;
    if (link->counter < 0 || counter != ((link->counter + 1) & 15) ||
        !az_ts_stream_feed_easy(ts->program.streams[slot - AZ_SLOT_STREAM], p + 4, PACKET_SIZE - 4))
        return false;
    link->counter = (int8_t)counter;
    link->is_duplicate = false;
    link->is_easy = true;
    return true;
}

static void handle_packet(az_ts *ts, const uint8_t *p)
{
    uint16_t pid = (uint16_t)((p[1] & 0x1F) << 8 | p[2]);
    uint8_t slot = ts->program.slots[pid];
    if (AZ_LIKELY(handle_easy(ts, p, slot))) {
        ts->out.byte_offset += ts->stride;
        return;
    }
    if (AZ_UNLIKELY(p[1] & 0x80)) {
        az_ts_trouble(&ts->out, AZ_DEMUX_TRANSPORT_ERROR); /* not even the PID is sure */
    } else if (AZ_LIKELY(slot != AZ_SLOT_NONE)) {
        handle_known(ts, p, pid, slot);
        if (AZ_UNLIKELY(ts->early_count > 0) && ts->program.number != 0)
            handle_early(ts);
    } else if (AZ_UNLIKELY(ts->program.number == 0) && pid >= PID_FIRST && pid != PID_NULL) {
        keep_early(ts, p);
    }
    ts->out.byte_offset += ts->stride;
}

/* How many packets in a row begin at `offset`, every `stride` bytes; LOCK_PACKETS at most. */
static size_t count_syncs(const az_ts *ts, size_t offset, size_t stride)
{
    size_t count = 0;
    while (count < LOCK_PACKETS && offset < ts->pending_size && ts->pending[offset] == SYNC_BYTE) {
        offset += stride;
        count++;
    }
    return count;
}

/* With no more bytes to come fewer packets must do. */
static bool is_lock(const az_ts *ts, size_t offset, size_t stride, bool is_end)
{
    size_t count = count_syncs(ts, offset, stride);
    if (count == LOCK_PACKETS)
        return true;
    if (!is_end || count == 0 || offset + PACKET_SIZE > ts->pending_size)
        return false;
    bool is_all = offset + count * stride >= ts->pending_size;
    return is_all && (count > 1 || offset == 0 || (offset == 4 && stride == 192));
}

static void drop_pending(az_ts *ts, size_t count)
{
    memmove(ts->pending, ts->pending + count, ts->pending_size - count);
    ts->pending_size -= count;
}

static void lose_sync(az_ts *ts)
{
    az_ts_trouble(&ts->out, AZ_DEMUX_SYNC_LOST);
    ts->sync = SYNC_SEARCHING;
}

/* Handles packets in `pending` until fewer than one is left, or sync is lost. */
static void handle_pending(az_ts *ts)
{
    size_t pos = 0;
    while (ts->pending_size >= pos + PACKET_SIZE) {
        if (ts->pending[pos] != SYNC_BYTE) {
            lose_sync(ts);
            break;
        }
        handle_packet(ts, ts->pending + pos);
        pos += ts->stride;
    }
    ts->skip = pos > ts->pending_size ? pos - ts->pending_size : 0;
    drop_pending(ts, AZ_MIN(pos, ts->pending_size));
}

static bool find_lock(az_ts *ts, bool is_end, size_t *offset)
{
    static const uint8_t strides[] = {188, 192, 204};
    for (*offset = 0; *offset < ts->pending_size; ++*offset) {
        if (!is_end && *offset + SEARCH_REACH >= ts->pending_size)
            return false;
        for (size_t i = 0; ts->pending[*offset] == SYNC_BYTE && i < AZ_COUNT(strides); i++)
            if (is_lock(ts, *offset, strides[i], is_end)) {
                ts->stride = strides[i];
                return true;
            }
    }
    return false;
}

/* Looks for packets in what is pending; goes on as far as the bytes allow. */
static void search(az_ts *ts, bool is_end)
{
    size_t offset;
    if (find_lock(ts, is_end, &offset)) {
        if (!ts->was_locked && offset > 0 && !(offset == 4 && ts->stride == 192))
            az_ts_trouble(&ts->out, AZ_DEMUX_SYNC_LOST);
        ts->out.byte_offset += offset;
        drop_pending(ts, offset);
        ts->sync = SYNC_LOCKED;
        ts->was_locked = true;
        ts->unsynced_bytes = 0;
        handle_pending(ts);
        return;
    }
    ts->out.byte_offset += offset;
    ts->unsynced_bytes += offset;
    drop_pending(ts, offset);
    if (!ts->was_locked && ts->unsynced_bytes + ts->pending_size >= NO_SYNC_SIZE)
        ts->sync = SYNC_FAILED;
}

static size_t take_pending(az_ts *ts, az_span bytes, size_t size_wanted)
{
    size_t count = AZ_MIN(size_wanted - ts->pending_size, bytes.size);
    memcpy(ts->pending + ts->pending_size, bytes.data, count);
    ts->pending_size += count;
    return count;
}

/* Whole packets straight out of the input; how many bytes were used. */
static size_t feed_locked(az_ts *ts, az_span bytes)
{
    size_t pos = AZ_MIN(ts->skip, bytes.size);
    ts->skip -= pos;
    while (bytes.size - pos >= PACKET_SIZE && ts->skip == 0) {
        if (AZ_UNLIKELY(bytes.data[pos] != SYNC_BYTE)) {
            lose_sync(ts);
            return pos;
        }
        if (bytes.size - pos > AHEAD + PACKET_SIZE) {
            AZ_PREFETCH(bytes.data + pos + AHEAD);
            AZ_PREFETCH(bytes.data + pos + AHEAD + 64);
            AZ_PREFETCH(bytes.data + pos + AHEAD + 128);
        }
        handle_packet(ts, bytes.data + pos);
        size_t step = AZ_MIN(ts->stride, bytes.size - pos);
        ts->skip = ts->stride - step;
        pos += step;
    }
    return pos;
}

aizu_result az_ts_feed(az_ts *ts, az_span bytes)
{
    ts->out.told = 0;
    while (bytes.size > 0 && ts->sync != SYNC_FAILED && !ts->out.is_out_of_memory) {
        size_t used;
        if (ts->sync == SYNC_SEARCHING) {
            used = take_pending(ts, bytes, SEARCH_SIZE);
            if (ts->pending_size == SEARCH_SIZE)
                search(ts, false);
        } else if (ts->pending_size > 0) {
            used = take_pending(ts, bytes, PACKET_SIZE);
            if (ts->pending_size == PACKET_SIZE)
                handle_pending(ts);
        } else {
            used = feed_locked(ts, bytes);
            if (ts->sync == SYNC_LOCKED && used < bytes.size)
                used += take_pending(ts, az_span_sub(bytes, used, bytes.size), PACKET_SIZE);
        }
        bytes = az_span_sub(bytes, used, bytes.size);
    }
    if (ts->out.is_out_of_memory)
        return AIZU_E_MEMORY;
    return ts->sync == SYNC_FAILED ? AIZU_E_MEDIA : AIZU_OK;
}

/* The next bytes belong to another place of the stream. */
static void restart(az_ts *ts)
{
    ts->out.byte_offset += ts->pending_size;
    ts->pending_size = ts->skip = 0;
    drop_early(ts);
    if (ts->sync == SYNC_LOCKED)
        ts->sync = SYNC_SEARCHING;
    az_ts_program_reset(&ts->program);
}

aizu_result az_ts_finish(az_ts *ts)
{
    ts->out.told = 0;
    while (ts->sync == SYNC_SEARCHING && ts->pending_size > 0)
        search(ts, true);
    for (size_t i = 0; i < AZ_TS_TRACKS_MAX; i++)
        if (ts->program.streams[i])
            az_ts_stream_finish(ts->program.streams[i]);
    restart(ts);
    if (ts->out.is_out_of_memory)
        return AIZU_E_MEMORY;
    return ts->sync == SYNC_FAILED ? AIZU_E_MEDIA : AIZU_OK;
}

void az_ts_reset(az_ts *ts)
{
    for (size_t i = 0; i < AZ_TS_TRACKS_MAX; i++)
        if (ts->program.streams[i])
            az_ts_stream_reset(ts->program.streams[i]);
    restart(ts);
}
