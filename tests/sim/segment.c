/*
 * The bytes of a segment: a real transport stream of tiny access units. Each unit ends in its number, so
 * that the decoders know which frame they were given.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "ts_writer.h"

#define VIDEO_PID   0x100
#define AUDIO_PID   0x101
#define ID3_PID     0x102
#define AUDIO_TICKS 11520 /* 1024 samples at 8 kHz */
#define AUDIO_SIZE  40
#define TAIL_SIZE   9

/* What makes a picture as large as its variant has it; like the tail, nothing in it looks like a start code.
 */
static const char FILL[] =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
    "8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
    "67890123";

/* No byte of it is below 0x80, so that it never looks like a start code. */
static void tail_write(uint8_t *out, int64_t number, int variant)
{
    out[0] = 0xC5;
    for (int i = 0; i < 6; i++)
        out[1 + i] = (uint8_t)(0x80 | (number >> (7 * i) & 127));
    out[7] = (uint8_t)(0x80 | variant);
    out[8] = 0xBA;
}

bool segment_read_unit(az_span bytes, int64_t *number, int *variant)
{
    if (bytes.size < TAIL_SIZE)
        return false;
    const uint8_t *tail = bytes.data + bytes.size - TAIL_SIZE;
    if (tail[0] != 0xC5 || tail[8] != 0xBA)
        return false;
    *number = 0;
    for (int i = 0; i < 6; i++)
        *number |= (int64_t)(tail[1 + i] & 127) << (7 * i);
    *variant = tail[7] & 127;
    return true;
}

typedef struct muxer {
    const world *world;
    int variant;
    size_t segment;
    ts_writer writer;
    ts_bytes out, unit;
    int64_t audio; /* next frame */
} muxer;

static void put_video(muxer *m, int32_t slot)
{
    const world *w = m->world;
    if (m->variant == SOUND)
        return;
    const world_segment *g = &w->segments[m->segment];
    int64_t ticks = (g->frame + slot) * w->ticks_per_frame;
    ts_h264 format = {.width = 64 + 16 * m->variant, .height = 64 + 16 * m->variant};
    ts_bytes_clear(&m->unit);
    ts_es_h264(&m->unit, &format, slot == 0, (uint32_t)(g->frame + slot), 16);
    for (int i = 1; i < w->frame_packets[m->variant]; i++)
        ts_bytes_append(&m->unit, FILL, sizeof(FILL) - 1);
    uint8_t tail[TAIL_SIZE];
    tail_write(tail, g->frame + slot, m->variant);
    ts_bytes_append(&m->unit, tail, sizeof(tail));
    ts_pes pes = ts_pes_make(VIDEO_PID, world_media_time(w, m->segment, ticks));
    pes.is_random_access = slot == 0;
    if (slot == 0)
        pes.pcr = world_media_time(w, m->segment, ticks);
    ts_writer_pes(&m->writer, &pes, m->unit.data, m->unit.size);
}

/* Sound up to a time, several frames a packet. */
static void put_audio(muxer *m, int64_t until)
{
    const world *w = m->world;
    int64_t per_packet = 1 + (int64_t)(w->salt >> 8) % 4;
    bool has_audio = w->has_audio && w->has_sound_lane == (m->variant == SOUND);
    while (has_audio && m->audio * AUDIO_TICKS < until) {
        ts_pes pes = ts_pes_make(AUDIO_PID, world_media_time(w, m->segment, m->audio * AUDIO_TICKS));
        ts_bytes_clear(&m->unit);
        for (int64_t i = 0; i < per_packet && m->audio * AUDIO_TICKS < until; i++) {
            ts_es_adts(&m->unit, 8000, 1, AUDIO_SIZE);
            tail_write(m->unit.data + m->unit.size - TAIL_SIZE, m->audio, m->variant);
            m->audio++;
        }
        ts_writer_pes(&m->writer, &pes, m->unit.data, m->unit.size);
    }
}

static void put_cue(muxer *m, const world_cue *cue)
{
    char text[48];
    if (m->variant == SOUND)
        return;
    int size = world_cue_text(m->world, cue, text, sizeof(text));
    ts_bytes_clear(&m->unit);
    ts_es_id3_priv(&m->unit, "aizu.sim", text, (size_t)size);
    ts_pes pes = ts_pes_make(ID3_PID, world_media_time(m->world, m->segment, cue->time));
    ts_writer_pes(&m->writer, &pes, m->unit.data, m->unit.size);
}

static void put_all(muxer *m, uint32_t *marks)
{
    const world *w = m->world;
    const world_segment *g = &w->segments[m->segment];
    ts_writer_init(&m->writer, &m->out);
    if (m->variant != SOUND)
        ts_writer_add(&m->writer, VIDEO_PID, 0x1B, NULL);
    if (w->has_audio && w->has_sound_lane == (m->variant == SOUND))
        ts_writer_add(&m->writer, AUDIO_PID, 0x0F, NULL);
    if (m->variant != SOUND)
        ts_writer_add(&m->writer, ID3_PID, 0x15, NULL);
    ts_writer_tables(&m->writer);
    m->audio = (world_segment_begin(w, m->segment) + AUDIO_TICKS - 1) / AUDIO_TICKS;
    uint32_t cue = g->cue;
    for (int32_t slot = 0; slot <= g->frame_count; slot++) {
        marks[slot] = slot == 0 ? 0 : (uint32_t)m->out.size;
        for (; cue < g->cue + g->cue_count && w->cues[cue].slot <= slot; cue++)
            put_cue(m, &w->cues[cue]);
        if (slot == g->frame_count)
            break;
        put_video(m, slot);
        put_audio(m, AZ_MIN((g->frame + slot + 1) * w->ticks_per_frame, world_segment_end(w, m->segment)));
    }
}

bool segment_write(const world *w, int variant, size_t segment, segment_cache *out)
{
    muxer m = {.world = w, .variant = variant, .segment = segment};
    size_t frames = (size_t)w->segments[segment].frame_count;
    *out = (segment_cache){.segment = segment, .variant = variant};
    out->marks = malloc((frames + 1) * sizeof(*out->marks));
    AZ_ASSERT(out->marks);
    put_all(&m, out->marks);
    out->marks[frames] = (uint32_t)m.out.size; /* what stands behind the last picture is of its part */
    out->buf = az_buf_create(m.out.size);
    if (out->buf) {
        memcpy(az_buf_data(out->buf), m.out.data, m.out.size);
        out->size = m.out.size;
    }
    ts_writer_deinit(&m.writer);
    ts_bytes_free(&m.out);
    ts_bytes_free(&m.unit);
    return out->buf != NULL;
}
