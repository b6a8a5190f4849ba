/*
 * moov: tracks, edit lists and defaults; see demux/fmp4_movie.h. ISO/IEC 14496-12, 8.2 to 8.8.3.
 */
#include "demux/fmp4_movie.h"

#include <stdlib.h>
#include <string.h>

#include "demux/fmp4.h"

#define EDITS_MAX 1024 /* entries of an edit list that are looked at */

/* What the boxes of one trak say that its entries are made from. */
typedef struct trak {
    az_span tkhd, mdhd, hdlr, stbl, stsd, elst;
} trak;

static bool find_boxes(trak *t, az_span body)
{
    az_span mdia, minf, edts;
    bool is_whole = az_box_find(body, AZ_FOURCC('t', 'k', 'h', 'd'), &t->tkhd) &&
                    az_box_find(body, AZ_FOURCC('m', 'd', 'i', 'a'), &mdia) &&
                    az_box_find(mdia, AZ_FOURCC('m', 'd', 'h', 'd'), &t->mdhd) &&
                    az_box_find(mdia, AZ_FOURCC('h', 'd', 'l', 'r'), &t->hdlr) &&
                    az_box_find(mdia, AZ_FOURCC('m', 'i', 'n', 'f'), &minf) &&
                    az_box_find(minf, AZ_FOURCC('s', 't', 'b', 'l'), &t->stbl) &&
                    az_box_find(t->stbl, AZ_FOURCC('s', 't', 's', 'd'), &t->stsd);
    t->elst = (az_span){NULL, 0};
    if (is_whole && az_box_find(body, AZ_FOURCC('e', 'd', 't', 's'), &edts))
        (void)az_box_find(edts, AZ_FOURCC('e', 'l', 's', 't'), &t->elst);
    return is_whole;
}

/* The timescale of mvhd and mdhd, which begin alike (8.2.2, 8.4.2); 0: cannot be read. */
static uint32_t read_timescale(az_reader *r, az_span header)
{
    uint8_t version = az_full_box_open(r, header, NULL);
    az_reader_skip(r, version == 1 ? 16 : 8);
    uint32_t timescale = az_reader_u32(r);
    az_reader_skip(r, version == 1 ? 8 : 4);
    return timescale > INT32_MAX ? 0 : timescale;
}

static void read_language(az_track *track, uint16_t packed)
{
    char code[4] = {(char)((packed >> 10 & 31) + 0x60), (char)((packed >> 5 & 31) + 0x60),
                    (char)((packed & 31) + 0x60), '\0'};
    for (int i = 0; i < 3; i++)
        if (code[i] < 'a' || code[i] > 'z')
            return;
    if (strcmp(code, "und") != 0)
        memcpy(track->language, code, sizeof(code));
}

static az_media media_of(uint32_t handler)
{
    switch (handler) {
    case AZ_FOURCC('v', 'i', 'd', 'e'):
        return AZ_MEDIA_VIDEO;
    case AZ_FOURCC('s', 'o', 'u', 'n'):
        return AZ_MEDIA_AUDIO;
    case AZ_FOURCC('t', 'e', 'x', 't'):
    case AZ_FOURCC('s', 'u', 'b', 't'):
        return AZ_MEDIA_TEXT;
    default:
        return AZ_MEDIA_OTHER;
    }
}

/*
 * What is added to media times: how long the empty edits at the start last, less where the first part begins
 * that is shown (8.6.6). More parts than one are no shift; they are not what segments are made of.
 */
static int64_t read_edits(az_span elst, uint32_t timescale, uint32_t movie_timescale, az_fmp4_out *out)
{
    az_reader r;
    uint8_t version = az_full_box_open(&r, elst, NULL);
    uint32_t count = az_reader_u32(&r);
    int64_t offset = 0;
    bool is_found = false;
    for (uint32_t i = 0; i < count && i < EDITS_MAX; i++) {
        uint64_t duration = version == 1 ? az_reader_u64(&r) : az_reader_u32(&r);
        uint64_t bits = version == 1 ? az_reader_u64(&r) : az_reader_u32(&r);
        az_reader_skip(&r, 4);
        int64_t begin = version == 1 ? (int64_t)bits : (int32_t)(uint32_t)bits;
        if (r.failed || begin > AZ_FMP4_TIME_MAX || begin < -1 || duration > AZ_FMP4_TIME_MAX) {
            az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
            break;
        }
        if (is_found && begin >= 0) {
            az_fmp4_trouble(out, AZ_DEMUX_UNSUPPORTED);
            break;
        }
        if (begin >= 0) {
            offset -= begin;
            is_found = true;
        } else if (!is_found && movie_timescale > 0) {
            offset = az_add_sat(offset, az_rescale((int64_t)duration, timescale, movie_timescale));
        }
        if (offset > AZ_FMP4_TIME_MAX) {
            az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
            return 0;
        }
    }
    return offset;
}

static bool read_entries(az_fmp4_track *t, const az_track *common, az_span stsd, az_fmp4_out *out)
{
    az_reader r;
    az_box_reader boxes;
    az_box box;
    (void)az_full_box_open(&r, stsd, NULL);
    uint32_t count = az_reader_u32(&r);
    if (r.failed || count == 0)
        return false;
    if (count > AZ_FMP4_ENTRIES_MAX) {
        az_fmp4_trouble(out, AZ_DEMUX_LIMIT);
        count = AZ_FMP4_ENTRIES_MAX;
    }
    t->entries = calloc(count, sizeof(*t->entries));
    if (!t->entries) {
        out->is_out_of_memory = true;
        return false;
    }
    az_box_reader_init(&boxes, az_span_sub(stsd, r.pos, stsd.size));
    while (t->entry_count < count && az_box_next(&boxes, &box)) {
        az_fmp4_entry *entry = &t->entries[t->entry_count++];
        entry->track = *common;
        if (!az_fmp4_entry_parse(entry, box.type, box.body, out))
            return false;
    }
    return t->entry_count > 0;
}

/* Samples in the tables of moov are those of a file that is not fragmented, which segments never are. */
static void look_for_samples(az_span stbl, az_fmp4_out *out)
{
    az_reader r;
    az_span stts;
    if (!az_box_find(stbl, AZ_FOURCC('s', 't', 't', 's'), &stts))
        return;
    (void)az_full_box_open(&r, stts, NULL);
    if (az_reader_u32(&r) > 0)
        az_fmp4_trouble(out, AZ_DEMUX_UNSUPPORTED);
}

static bool read_keys(az_fmp4_track *t, az_span stbl, az_fmp4_out *out)
{
    az_box_reader r;
    az_box box;
    az_box_reader_init(&r, stbl);
    while (az_box_next(&r, &box))
        if (box.type == AZ_FOURCC('s', 'g', 'p', 'd') && !az_fmp4_keys_add(&t->keys, box.body, out))
            return false;
    return true;
}

static bool read_trak(az_fmp4_track *t, az_span body, uint32_t movie_timescale, az_fmp4_out *out)
{
    trak boxes;
    az_reader r;
    az_track common = {0};
    if (!find_boxes(&boxes, body))
        return false;
    uint8_t version = az_full_box_open(&r, boxes.tkhd, NULL);
    az_reader_skip(&r, version == 1 ? 16 : 8);
    common.id = t->id = az_reader_u32(&r);
    if (r.failed || t->id == 0)
        return false;
    common.timescale = read_timescale(&r, boxes.mdhd);
    uint16_t language = az_reader_u16(&r);
    if (r.failed || common.timescale == 0)
        return false;
    read_language(&common, language);
    (void)az_full_box_open(&r, boxes.hdlr, NULL);
    az_reader_skip(&r, 4);
    common.media = media_of(az_reader_u32(&r));
    if (boxes.elst.size > 0)
        common.edit_offset = read_edits(boxes.elst, common.timescale, movie_timescale, out);
    t->entry_default = 1;
    look_for_samples(boxes.stbl, out);
    return read_entries(t, &common, boxes.stsd, out) && read_keys(t, boxes.stbl, out);
}

static void track_deinit(az_fmp4_track *t)
{
    for (size_t i = 0; i < t->entry_count; i++)
        az_slice_unref(&t->entries[i].track.config);
    free(t->entries);
    free(t->keys.items);
    *t = (az_fmp4_track){0};
}

void az_fmp4_movie_deinit(az_fmp4_movie *movie)
{
    for (size_t i = 0; i < movie->track_count; i++)
        track_deinit(&movie->tracks[i]);
    free(movie->tracks);
    *movie = (az_fmp4_movie){0};
}

az_fmp4_track *az_fmp4_movie_find(const az_fmp4_movie *movie, uint32_t id)
{
    for (size_t i = 0; i < movie->track_count; i++)
        if (movie->tracks[i].id == id)
            return &movie->tracks[i];
    return NULL;
}

static void read_trex(const az_fmp4_movie *movie, az_span body, az_fmp4_out *out)
{
    az_reader r;
    (void)az_full_box_open(&r, body, NULL);
    az_fmp4_track *t = az_fmp4_movie_find(movie, az_reader_u32(&r));
    uint32_t entry = az_reader_u32(&r), duration = az_reader_u32(&r);
    uint32_t size = az_reader_u32(&r), flags = az_reader_u32(&r);
    if (r.failed) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    if (!t) /* of a track that was not understood */
        return;
    t->entry_default = entry > 0 ? entry : 1;
    t->duration_default = duration;
    t->size_default = size;
    t->flags_default = flags;
}

static void read_tracks(az_fmp4_movie *movie, az_span moov, uint32_t movie_timescale, az_fmp4_out *out)
{
    az_box_reader r;
    az_box box;
    az_box_reader_init(&r, moov);
    while (az_box_next(&r, &box) && !out->is_out_of_memory) {
        if (box.type != AZ_FOURCC('t', 'r', 'a', 'k'))
            continue;
        if (movie->track_count == AZ_FMP4_TRACKS_MAX) {
            az_fmp4_trouble(out, AZ_DEMUX_LIMIT);
            break;
        }
        az_fmp4_track t = {0};
        if (read_trak(&t, box.body, movie_timescale, out) && !az_fmp4_movie_find(movie, t.id)) {
            movie->tracks[movie->track_count++] = t;
        } else {
            az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
            track_deinit(&t);
        }
    }
    if (r.failed)
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
}

aizu_result az_fmp4_movie_parse(az_fmp4_movie *movie, az_span moov, az_fmp4_out *out)
{
    az_reader r;
    az_span mvhd, mvex;
    *movie = (az_fmp4_movie){.hash = az_hash(AZ_HASH_SEED, moov.data, moov.size)};
    movie->tracks = calloc(AZ_FMP4_TRACKS_MAX, sizeof(*movie->tracks));
    if (!movie->tracks)
        return AIZU_E_MEMORY;
    uint32_t movie_timescale = 0;
    if (az_box_find(moov, AZ_FOURCC('m', 'v', 'h', 'd'), &mvhd))
        movie_timescale = read_timescale(&r, mvhd);
    read_tracks(movie, moov, movie_timescale, out);
    if (az_box_find(moov, AZ_FOURCC('m', 'v', 'e', 'x'), &mvex)) {
        az_box_reader boxes;
        az_box box;
        az_box_reader_init(&boxes, mvex);
        while (az_box_next(&boxes, &box))
            if (box.type == AZ_FOURCC('t', 'r', 'e', 'x'))
                read_trex(movie, box.body, out);
    }
    if (out->is_out_of_memory)
        return AIZU_E_MEMORY;
    return movie->track_count > 0 ? AIZU_OK : AIZU_E_MEDIA;
}
