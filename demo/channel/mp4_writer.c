/*
 * Boxes; see mp4_writer.h. Section numbers are ISO/IEC 14496-12's where nothing else is said.
 */
#include "mp4_writer.h"

#include <string.h>

#define TRACK           1
#define NAL_SPS         7
#define NAL_PPS         8
#define NAL_DELIMITER   9
#define SETS_MAX        31 /* of one kind: 5 bits in the configuration record */
#define EVENT_SCHEME    "https://aomedia.org/emsg/ID3"
#define NTP_EPOCH       INT64_C(2208988800) /* 1900 to 1970 */
#define NS_PER_SECOND   INT64_C(1000000000)
#define BASE_IS_MOOF    0x020000u
#define SYNC_SAMPLE     0x02000000u /* depends on no other */
#define NON_SYNC_SAMPLE 0x01010000u
#define CONFIG_SIZE_MAX 64

static void put8(ch_bytes *out, unsigned value)
{
    const uint8_t byte = (uint8_t)value;
    ch_bytes_append(out, &byte, 1);
}

static void put16(ch_bytes *out, unsigned value)
{
    put8(out, value >> 8 & 0xff);
    put8(out, value & 0xff);
}

static void put32(ch_bytes *out, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    ch_bytes_append(out, bytes, sizeof(bytes));
}

static void put64(ch_bytes *out, uint64_t value)
{
    put32(out, (uint32_t)(value >> 32));
    put32(out, (uint32_t)value);
}

static void put_text(ch_bytes *out, const char *text)
{
    ch_bytes_append(out, text, strlen(text));
}

static void patch32(ch_bytes *out, size_t at, uint32_t value)
{
    if (out->failed)
        return;
    for (unsigned i = 0; i < 4; i++)
        out->data[at + i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Where the box begins, for end_box(). */
static size_t begin_box(ch_bytes *out, const char type[4])
{
    size_t at = out->size;
    put32(out, 0);
    ch_bytes_append(out, type, 4);
    return at;
}

static size_t begin_full_box(ch_bytes *out, const char type[4], unsigned version, uint32_t flags)
{
    size_t at = begin_box(out, type);
    put32(out, (uint32_t)version << 24 | flags);
    return at;
}

static void end_box(ch_bytes *out, size_t at)
{
    patch32(out, at, (uint32_t)(out->size - at));
}

/* The next NAL unit at or after *at; false: no more. Zeros behind a unit are not part of it (14496-10 B.1).
 */
static bool next_nal(const uint8_t *data, size_t size, size_t *at, const uint8_t **nal, size_t *nal_size)
{
    size_t i = *at;
    while (i + 3 <= size && !(data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1))
        i++;
    if (i + 3 >= size)
        return false;
    size_t begin = i + 3, end = begin;
    while (end < size && !(end + 3 <= size && data[end] == 0 && data[end + 1] == 0 && data[end + 2] <= 1))
        end++;
    *at = end;
    while (end > begin + 1 && data[end - 1] == 0)
        end--;
    *nal = data + begin;
    *nal_size = end - begin;
    return true;
}

/* Whether a list of sized units holds this one. */
static bool holds(const ch_bytes *set, const uint8_t *nal, size_t size)
{
    for (size_t at = 0; at + 2 <= set->size;) {
        size_t unit = (size_t)set->data[at] << 8 | set->data[at + 1];
        if (unit == size && memcmp(set->data + at + 2, nal, size) == 0)
            return true;
        at += 2 + unit;
    }
    return false;
}

static void add_set(ch_bytes *set, unsigned *count, const uint8_t *nal, size_t size)
{
    if (*count == SETS_MAX || size < 4 || size > UINT16_MAX || holds(set, nal, size))
        return;
    put16(set, (unsigned)size);
    ch_bytes_append(set, nal, size);
    ++*count;
}

bool ch_mp4_avc_find(ch_mp4_avc *avc, const uint8_t *data, size_t size)
{
    const uint8_t *nal;
    size_t at = 0, nal_size;
    while (next_nal(data, size, &at, &nal, &nal_size)) {
        if ((nal[0] & 0x1f) == NAL_SPS)
            add_set(&avc->sps, &avc->sps_count, nal, nal_size);
        else if ((nal[0] & 0x1f) == NAL_PPS)
            add_set(&avc->pps, &avc->pps_count, nal, nal_size);
    }
    return avc->sps_count && avc->pps_count && !avc->sps.failed && !avc->pps.failed;
}

void ch_mp4_avc_deinit(ch_mp4_avc *avc)
{
    ch_bytes_deinit(&avc->sps);
    ch_bytes_deinit(&avc->pps);
    *avc = (ch_mp4_avc){0};
}

void ch_mp4_append_access_unit(ch_bytes *out, const ch_mp4_avc *avc, const uint8_t *data, size_t size)
{
    const uint8_t *nal;
    size_t at = 0, nal_size;
    while (next_nal(data, size, &at, &nal, &nal_size)) {
        unsigned type = nal[0] & 0x1fu;
        if (type == NAL_DELIMITER || (type == NAL_SPS && holds(&avc->sps, nal, nal_size)) ||
            (type == NAL_PPS && holds(&avc->pps, nal, nal_size)))
            continue;
        put32(out, (uint32_t)nal_size);
        ch_bytes_append(out, nal, nal_size);
    }
}

static void write_file_type(ch_bytes *out, const char type[4], const char *brands)
{
    size_t box = begin_box(out, type);
    ch_bytes_append(out, brands, 4);
    put32(out, 0);
    put_text(out, brands);
    end_box(out, box);
}

static void write_matrix(ch_bytes *out)
{
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (size_t i = 0; i < 9; i++)
        put32(out, unity[i]);
}

static void write_movie_header(ch_bytes *out, uint32_t timescale)
{
    size_t box = begin_full_box(out, "mvhd", 0, 0);
    put64(out, 0); /* made, changed */
    put32(out, timescale);
    put32(out, 0); /* duration: in the fragments */
    put32(out, 0x10000);
    put16(out, 0x100);
    ch_bytes_extend(out, 10);
    write_matrix(out);
    ch_bytes_extend(out, 24);
    put32(out, TRACK + 1);
    end_box(out, box);
}

static void write_track_header(ch_bytes *out, const ch_mp4_track *t)
{
    size_t box = begin_full_box(out, "tkhd", 0, 7); /* enabled, in the movie, in the preview */
    put64(out, 0);
    put32(out, TRACK);
    put32(out, 0);
    put32(out, 0); /* duration */
    put64(out, 0);
    put32(out, 0); /* layer, group */
    put16(out, t->avc ? 0 : 0x100);
    put16(out, 0);
    write_matrix(out);
    put32(out, t->avc ? t->width << 16 : 0);
    put32(out, t->avc ? t->height << 16 : 0);
    end_box(out, box);
}

static void write_media_header(ch_bytes *out, const ch_mp4_track *t)
{
    size_t box = begin_full_box(out, "mdhd", 0, 0);
    put64(out, 0);
    put32(out, t->timescale);
    put32(out, 0);
    put16(out, 0x55c4); /* "und" */
    put16(out, 0);
    end_box(out, box);
    box = begin_full_box(out, "hdlr", 0, 0);
    put32(out, 0);
    put_text(out, t->avc ? "vide" : "soun");
    ch_bytes_extend(out, 12);
    put_text(out, "aizu channel");
    put8(out, 0);
    end_box(out, box);
}

/* 14496-15 5.3.3.1. Profiles from High on say their chroma and depth: 4:2:0 and 8 bits is all that comes. */
static void write_avc_config(ch_bytes *out, const ch_mp4_avc *avc)
{
    size_t box = begin_box(out, "avcC");
    const uint8_t *sps = avc->sps.data + 2;
    put8(out, 1);
    ch_bytes_append(out, sps + 1, 3);
    put8(out, 0xff); /* sizes of four bytes */
    put8(out, 0xe0 | avc->sps_count);
    ch_bytes_append(out, avc->sps.data, avc->sps.size);
    put8(out, avc->pps_count);
    ch_bytes_append(out, avc->pps.data, avc->pps.size);
    if (sps[1] == 100 || sps[1] == 110 || sps[1] == 122 || sps[1] == 144)
        put32(out, 0xfdf8f800);
    end_box(out, box);
}

static void write_avc_entry(ch_bytes *out, const ch_mp4_track *t)
{
    size_t box = begin_box(out, "avc1");
    ch_bytes_extend(out, 6);
    put16(out, 1);
    ch_bytes_extend(out, 16);
    put16(out, t->width);
    put16(out, t->height);
    put32(out, 0x480000);
    put32(out, 0x480000);
    put32(out, 0);
    put16(out, 1);
    ch_bytes_extend(out, 32); /* no compressor's name */
    put16(out, 0x18);
    put16(out, 0xffff);
    write_avc_config(out, t->avc);
    end_box(out, box);
}

/* 14496-1 7.2.6.5 and 14496-14 5.6; all sizes fit in one byte. */
static void write_aac_config(ch_bytes *out, const ch_mp4_track *t)
{
    unsigned config = (unsigned)t->audio_config_size;
    size_t box = begin_full_box(out, "esds", 0, 0);
    put8(out, 3);
    put8(out, 3 + 2 + 13 + 2 + config + 3);
    put16(out, 0);
    put8(out, 0);
    put8(out, 4);
    put8(out, 13 + 2 + config);
    put8(out, 0x40); /* AAC */
    put8(out, 0x15); /* audio */
    ch_bytes_extend(out, 3);
    put64(out, 0); /* rates: unknown */
    put8(out, 5);
    put8(out, config);
    ch_bytes_append(out, t->audio_config, config);
    put8(out, 6);
    put8(out, 1);
    put8(out, 2);
    end_box(out, box);
}

static void write_aac_entry(ch_bytes *out, const ch_mp4_track *t)
{
    size_t box = begin_box(out, "mp4a");
    ch_bytes_extend(out, 6);
    put16(out, 1);
    ch_bytes_extend(out, 8);
    put16(out, t->channels);
    put16(out, 16);
    put32(out, 0);
    put32(out, t->timescale << 16);
    write_aac_config(out, t);
    end_box(out, box);
}

/* The tables are empty: all samples are in fragments (8.8.1). */
static void write_sample_table(ch_bytes *out, const ch_mp4_track *t)
{
    static const char *const empty[] = {"stts", "stsc", "stsz", "stco"};
    size_t table = begin_box(out, "stbl");
    size_t entries = begin_full_box(out, "stsd", 0, 0);
    put32(out, 1);
    if (t->avc)
        write_avc_entry(out, t);
    else
        write_aac_entry(out, t);
    end_box(out, entries);
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        size_t box = begin_full_box(out, empty[i], 0, 0);
        put32(out, 0);
        if (i == 2)
            put32(out, 0); /* sizes: a default and a count */
        end_box(out, box);
    }
    end_box(out, table);
}

static void write_media_information(ch_bytes *out, const ch_mp4_track *t)
{
    size_t information = begin_box(out, "minf");
    size_t box = begin_full_box(out, t->avc ? "vmhd" : "smhd", 0, t->avc ? 1 : 0);
    ch_bytes_extend(out, t->avc ? 8 : 4);
    end_box(out, box);
    size_t data = begin_box(out, "dinf");
    size_t references = begin_full_box(out, "dref", 0, 0);
    put32(out, 1);
    box = begin_full_box(out, "url ", 0, 1); /* in this file */
    end_box(out, box);
    end_box(out, references);
    end_box(out, data);
    write_sample_table(out, t);
    end_box(out, information);
}

void ch_mp4_write_header(ch_bytes *out, const ch_mp4_track *t)
{
    if (!t->avc && t->audio_config_size > CONFIG_SIZE_MAX) {
        out->failed = true;
        return;
    }
    write_file_type(out, "ftyp", "iso6cmfcmp41");
    size_t movie = begin_box(out, "moov");
    write_movie_header(out, t->timescale);
    size_t track = begin_box(out, "trak");
    write_track_header(out, t);
    size_t media = begin_box(out, "mdia");
    write_media_header(out, t);
    write_media_information(out, t);
    end_box(out, media);
    end_box(out, track);
    size_t extends = begin_box(out, "mvex");
    size_t box = begin_full_box(out, "trex", 0, 0);
    put32(out, TRACK);
    put32(out, 1);
    ch_bytes_extend(out, 12);
    end_box(out, box);
    end_box(out, extends);
    end_box(out, movie);
}

/* 8.16.5, version 1; the flags say that the clock is that of the capture. */
static void write_producer_time(ch_bytes *out, const ch_mp4_fragment *f)
{
    uint64_t seconds = (uint64_t)(f->wall_ns / NS_PER_SECOND + NTP_EPOCH);
    uint64_t fraction = ((uint64_t)(f->wall_ns % NS_PER_SECOND) << 32) / (uint64_t)NS_PER_SECOND;
    size_t box = begin_full_box(out, "prft", 1, 24);
    put32(out, TRACK);
    put64(out, seconds << 32 | fraction);
    put64(out, (uint64_t)f->samples[0].pts);
    end_box(out, box);
}

/* 23009-1 5.10.3.3, version 1, as in "Carriage of ID3 Timed Metadata in CMAF". */
static void write_event(ch_bytes *out, uint32_t timescale, const ch_mp4_event *event)
{
    size_t box = begin_full_box(out, "emsg", 1, 0);
    put32(out, timescale);
    put64(out, (uint64_t)event->pts);
    put32(out, 0); /* duration */
    put32(out, event->id);
    ch_bytes_append(out, EVENT_SCHEME, sizeof(EVENT_SCHEME));
    put8(out, 0); /* value: "" */
    ch_bytes_append(out, event->tag, event->size);
    end_box(out, box);
}

enum {
    RUN_OFFSET = 0x1,
    RUN_FIRST_FLAGS = 0x4,
    RUN_DURATIONS = 0x100,
    RUN_SIZES = 0x200,
    RUN_FLAGS = 0x400,
    RUN_COMPOSITION = 0x800,
};

/* What the samples have of their own, and what the defaults of the header cover. */
static uint32_t run_flags(const ch_mp4_fragment *f)
{
    const ch_mp4_sample *s = f->samples;
    uint32_t flags = RUN_OFFSET | RUN_SIZES;
    for (size_t i = 0; i < f->samples_count; i++) {
        if (s[i].duration != s[0].duration)
            flags |= RUN_DURATIONS;
        if (s[i].pts != s[i].dts)
            flags |= RUN_COMPOSITION;
        if (i > 1 && s[i].key != s[1].key)
            flags |= RUN_FLAGS;
    }
    if (f->samples_count > 1 && s[0].key != s[1].key && !(flags & RUN_FLAGS))
        flags |= RUN_FIRST_FLAGS;
    return flags;
}

static uint32_t sample_flags(const ch_mp4_sample *s)
{
    return s->key ? SYNC_SAMPLE : NON_SYNC_SAMPLE;
}

/* 8.8.8, version 1: composition offsets have a sign. Gives the place of the data offset. */
static size_t write_run(ch_bytes *out, const ch_mp4_fragment *f)
{
    uint32_t flags = run_flags(f);
    size_t box = begin_full_box(out, "trun", 1, flags);
    put32(out, (uint32_t)f->samples_count);
    size_t offset = out->size;
    put32(out, 0);
    if (flags & RUN_FIRST_FLAGS)
        put32(out, sample_flags(&f->samples[0]));
    for (size_t i = 0; i < f->samples_count; i++) {
        const ch_mp4_sample *s = &f->samples[i];
        if (flags & RUN_DURATIONS)
            put32(out, s->duration);
        put32(out, s->size);
        if (flags & RUN_FLAGS)
            put32(out, sample_flags(s));
        if (flags & RUN_COMPOSITION)
            put32(out, (uint32_t)(s->pts - s->dts));
    }
    end_box(out, box);
    return offset;
}

void ch_mp4_write_fragment(ch_bytes *out, const ch_mp4_fragment *f)
{
    if (f->begins_segment)
        write_file_type(out, "styp", "msdhmsixcmfs");
    write_producer_time(out, f);
    for (size_t i = 0; i < f->events_count; i++)
        write_event(out, f->timescale, &f->events[i]);
    size_t movie = begin_box(out, "moof");
    size_t box = begin_full_box(out, "mfhd", 0, 0);
    put32(out, f->sequence);
    end_box(out, box);
    size_t track = begin_box(out, "traf");
    box = begin_full_box(out, "tfhd", 0, BASE_IS_MOOF | 0x8 | 0x20); /* a default duration, default flags */
    put32(out, TRACK);
    put32(out, f->samples[0].duration);
    put32(out, sample_flags(&f->samples[f->samples_count > 1 ? 1 : 0]));
    end_box(out, box);
    box = begin_full_box(out, "tfdt", 1, 0);
    put64(out, (uint64_t)f->samples[0].dts);
    end_box(out, box);
    size_t offset = write_run(out, f);
    end_box(out, track);
    end_box(out, movie);
    patch32(out, offset, (uint32_t)(out->size - movie + 8));
    box = begin_box(out, "mdat");
    ch_bytes_append(out, f->data, f->size);
    end_box(out, box);
}
