/*
 * Timed ID3 (stream type 0x15, RFC 8216 3.4): PES payloads into metadata that begins with the first byte of a
 * tag. A tag may go on in the next PES packets; several tags in one packet stay together.
 */
#include "demux/ts_stream.h"

#include <string.h>

#define HEADER_SIZE 10
#define CELL_SIZE   5 /* metadata_AU_cell header, ISO/IEC 13818-1 2.12.4 */

static bool is_tag(az_span bytes)
{
    return bytes.size >= 3 && memcmp(bytes.data, "ID3", 3) == 0;
}

/* The offset where the tags that begin at `begin` say they end; 0 when a header is not whole. A tag that is
 * whole is not looked at again. */
static size_t find_tags_end(az_ts_stream *s, size_t begin)
{
    az_span bytes = az_span_make(s->data, s->size);
    size_t end = AZ_MAX(begin, s->tags_end);
    while (end < bytes.size) {
        az_span tag = az_span_sub(bytes, end, bytes.size);
        if (tag.size >= 3 && !is_tag(tag))
            return bytes.size; /* what follows the tags is padding */
        if (tag.size < HEADER_SIZE)
            return 0;
        const uint8_t *d = tag.data;
        size_t size = (size_t)(d[6] & 127) << 21 | (size_t)(d[7] & 127) << 14 | (size_t)(d[8] & 127) << 7 |
                      (d[9] & 127);
        s->tags_end = end;
        end += HEADER_SIZE + size + (d[5] & 0x10 ? HEADER_SIZE : 0); /* bit 4: a footer */
    }
    return end;
}

static void take_mark(az_ts_stream *s, int64_t *pts)
{
    *pts = s->mark_count ? s->marks[0].pts : AZ_NO_TICKS;
    s->mark_count = 0;
}

static void give_out(az_ts_stream *s, size_t begin, size_t end)
{
    az_metadata metadata = {.track = s->track.id, .codec = AZ_CODEC_ID3};
    take_mark(s, &metadata.pts);
    metadata.data = (az_slice){s->buf, s->data + begin, end - begin};
    memset(s->data + end, 0, AZ_BUF_PADDING);
    if (s->out->sink.metadata)
        s->out->sink.metadata(s->out->sink.user, &metadata);
}

static void drop(az_ts_stream *s)
{
    az_ts_held none = {.is_set = false};
    az_ts_held_release(s, &none, s->size);
    s->mark_count = 0;
}

/* A PES packet that begins a tag while another is not whole: the other one never will be. */
static void drop_cut_tag(az_ts_stream *s)
{
    if (s->mark_count < 2)
        return;
    az_ts_mark last = s->marks[s->mark_count - 1];
    if (last.offset == 0 || last.offset >= s->size ||
        !is_tag(az_span_sub(az_span_make(s->data, s->size), last.offset, 3)))
        return;
    az_ts_trouble(s->out, AZ_DEMUX_BAD_PES);
    az_ts_held none = {.is_set = false};
    az_ts_held_release(s, &none, last.offset);
    s->marks[0] = last;
    s->marks[0].offset = 0;
    s->mark_count = 1;
    s->tags_end = 0;
}

void az_ts_id3_parse(az_ts_stream *s, bool is_pes_end, bool is_end)
{
    if (!is_pes_end && s->is_bounded)
        return; /* the end of the PES packet will be told */
    if (is_pes_end)
        drop_cut_tag(s);
    az_span bytes = az_span_make(s->data, s->size);
    size_t begin = 0;
    if (!is_tag(bytes)) {
        begin = CELL_SIZE;
        if (!is_tag(az_span_sub(bytes, CELL_SIZE, bytes.size))) {
            if (is_pes_end && s->size > 0) {
                az_ts_trouble(s->out, AZ_DEMUX_UNSUPPORTED);
                drop(s);
            }
            return;
        }
    }
    size_t end = find_tags_end(s, begin);
    bool is_whole = end > 0 && end <= bytes.size;
    /* without a length in the PES header the tag's own says when it is there */
    if (is_whole && (is_pes_end || (!s->is_bounded && end == bytes.size))) {
        give_out(s, begin, bytes.size);
        drop(s);
    } else if (is_end) {
        az_ts_trouble(s->out, AZ_DEMUX_BAD_PES);
        drop(s);
    }
}
