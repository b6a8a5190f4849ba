/*
 * Fragmented MP4 for engine_rig.h: initialisation sections and segments of one video track.
 */
#include "engine_rig.h"
#include "fmp4_fixture.h"

#define TRACK_TICKS 90000
#define SAMPLE_SIZE 60

static void encrypted_entry(fixture *f)
{
    size_t b = visual_entry(f, "encv", 1080, 720);
    hex_box(f, "avcC", AVCC);
    size_t sinf = box(f, "sinf");
    size_t part = box(f, "frma");
    text(f, "avc1");
    end(f, part);
    part = full_box(f, "schm", 0, 0);
    text(f, "cenc");
    u32(f, 0x10000);
    end(f, part);
    part = box(f, "schi");
    /* protected, IVs of 8 bytes, a key id */
    hex_box(f, "tenc",
            "00000000"
            "0000"
            "01"
            "08"
            "000102030405060708090a0b0c0d0e0f");
    end(f, part);
    end(f, sinf);
    end(f, b);
}

rig_resource *rig_put_map(rig *r, const char *name, bool is_encrypted)
{
    fixture f = {0};
    trak t = {.id = VIDEO, .timescale = TRACK_TICKS, .handler = "vide"};
    if (is_encrypted)
        t.entries = encrypted_entry;
    write_ftyp(&f);
    write_moov(&f, &t, 1);
    rig_resource *resource = rig_put(r, name, f.bytes.data, f.bytes.size);
    ts_bytes_free(&f.bytes);
    return resource;
}

static void write_emsg(fixture *f, const rig_emsg *emsg)
{
    size_t b = full_box(f, "emsg", (unsigned)emsg->version, 0);
    if (emsg->version == 1) {
        u32(f, TRACK_TICKS);
        u64(f, (uint64_t)emsg->ticks);
        u32(f, emsg->duration);
        u32(f, emsg->id);
    }
    text(f, emsg->scheme);
    u8(f, 0);
    text(f, emsg->value);
    u8(f, 0);
    if (emsg->version == 0) {
        u32(f, TRACK_TICKS);
        u32(f, (uint32_t)emsg->ticks);
        u32(f, emsg->duration);
        u32(f, emsg->id);
    }
    ts_bytes_append(&f->bytes, emsg->data, emsg->size);
    end(f, b);
}

rig_resource *rig_put_fragment(rig *r, const char *name, int64_t ticks, int frames, const rig_emsg *emsg)
{
    fixture f = {0};
    entry entries[64];
    assert_true(frames <= 64);
    for (int i = 0; i < frames; i++)
        entries[i] = (entry){SAMPLE_SIZE, 3600, i == 0 ? SYNC : NOT_SYNC, 0};
    if (emsg)
        write_emsg(&f, emsg);
    write_fragment(&f, VIDEO, ticks, entries, (size_t)frames, 1);
    rig_resource *resource = rig_put(r, name, f.bytes.data, f.bytes.size);
    ts_bytes_free(&f.bytes);
    return resource;
}
