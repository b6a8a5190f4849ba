/*
 * PES assembly; see demux/ts_stream.h.
 */
#include "demux/ts_stream.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN ((size_t)2048)
#define SCAN_STEP \
    ((size_t)32 << 10) /* an open PES packet is parsed when so much came: bytes are still in cache */

void az_ts_trouble(az_ts_out *out, az_demux_trouble trouble)
{
    out->troubles[trouble]++;
    if (out->told & 1u << trouble)
        return;
    out->told |= 1u << trouble;
    if (out->sink.trouble)
        out->sink.trouble(out->sink.user, trouble, out->byte_offset);
}

void az_ts_stream_announce(az_ts_stream *s)
{
    if (memcmp(&s->track, &s->announced, sizeof(s->track)) == 0)
        return;
    memcpy(&s->announced, &s->track, sizeof(s->track));
    if (s->out->sink.track)
        s->out->sink.track(s->out->sink.user, &s->track);
}

static void drop_buffer(az_ts_stream *s)
{
    az_buf_unref(&s->buf);
    s->data = NULL;
    s->size = s->capacity = s->easy_end = 0;
    s->pes_end = AZ_OFFSET_NONE;
    s->tags_end = 0;
    s->mark_count = 0;
    s->gap_begin = s->gap_end = s->open_begin = AZ_OFFSET_NONE;
    if (s->discontinuity_begin != AZ_OFFSET_NONE)
        s->discontinuity_begin = 0;
    az_au_splitter_reset(&s->splitter);
}

void az_ts_stream_reset(az_ts_stream *s)
{
    drop_buffer(s);
    s->state = AZ_PES_IDLE;
    s->discontinuity_begin = AZ_OFFSET_NONE;
    s->is_in_sync = false;
    s->base_pts = AZ_NO_TICKS;
    s->latm_frames = 0;
    if (s->section)
        az_section_reset(s->section);
}

static bool is_demuxed(const az_track *track)
{
    return track->codec != AZ_CODEC_UNKNOWN;
}

/* Key and IV stand in the playlist. */
static const az_sample_crypt sample_aes = {.scheme = AZ_CRYPT_SAMPLE_AES};

static bool describe_opus(az_track *track, const az_opus_config *opus)
{
    az_span config = az_span_make(opus->data, opus->size), old = az_slice_span(track->config);
    if (old.size == config.size && memcmp(old.data, config.data, config.size) == 0)
        return true;
    az_slice copy;
    if (!az_slice_copy(&copy, config))
        return false;
    az_slice_unref(&track->config);
    track->config = copy;
    track->sample_rate = 48000; /* what it is decoded to, always */
    track->channels = opus->data[1];
    memcpy(track->codec_string, "opus", 5);
    return true;
}

bool az_ts_stream_describe(az_ts_stream *s, const az_pmt_stream *description)
{
    if (description->codec == AZ_CODEC_OPUS && !describe_opus(&s->track, &description->opus))
        return false;
    memcpy(s->track.language, description->language, sizeof(s->track.language));
    return true;
}

az_ts_stream *az_ts_stream_create(const az_pmt_stream *description, az_ts_out *out)
{
    az_ts_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->out = out;
    s->track.id = description->pid;
    s->track.media = description->media;
    s->track.codec = description->codec;
    s->track.stream_type = description->stream_type;
    s->track.timescale = 90000;
    s->track.counter_bits = 33;
    s->track.is_encrypted = description->is_encrypted;
    s->crypt = description->is_encrypted ? &sample_aes : NULL;
    if (!az_ts_stream_describe(s, description)) {
        free(s);
        return NULL;
    }
    az_au_splitter_init(&s->splitter, description->codec);
    if (description->codec == AZ_CODEC_SCTE35) {
        s->section = malloc(sizeof(*s->section));
        if (!s->section) {
            free(s);
            return NULL;
        }
        az_section_init(s->section);
    }
    az_ts_stream_reset(s);
    if (!is_demuxed(&s->track))
        az_ts_trouble(out, AZ_DEMUX_UNSUPPORTED);
    return s;
}

void az_ts_stream_destroy(az_ts_stream **stream)
{
    az_ts_stream *s = *stream;
    *stream = NULL;
    if (!s)
        return;
    az_buf_unref(&s->buf);
    az_slice_unref(&s->track.config);
    free(s->section);
    free(s);
}

static bool set_buffer(az_ts_stream *s, size_t capacity, const uint8_t *bytes, size_t size)
{
    az_buf *buf = az_buf_create(capacity);
    if (!buf) {
        s->out->is_out_of_memory = true;
        return false;
    }
    uint8_t *data = az_buf_data(buf);
    if (size)
        memcpy(data, bytes, size);
    az_buf_unref(&s->buf);
    s->buf = buf;
    s->data = data;
    s->size = size;
    s->capacity = capacity;
    return true;
}

/* Room for `size` more bytes. */
static bool grow(az_ts_stream *s, size_t size)
{
    if (s->size + size > AZ_TS_PES_SIZE_MAX) {
        az_ts_trouble(s->out, AZ_DEMUX_LIMIT);
        drop_buffer(s);
        s->state = AZ_PES_IDLE;
        s->is_in_sync = false;
        s->discontinuity_begin = 0;
        return false;
    }
    size_t capacity = AZ_MAX(s->capacity ? s->capacity * 2 : s->capacity_hints[s->is_key_next], CAPACITY_MIN);
    if (!s->capacity && s->pes_end != AZ_OFFSET_NONE)
        capacity = AZ_MAX(s->pes_end, CAPACITY_MIN);
    return set_buffer(s, AZ_MAX(capacity, s->size + size), s->data, s->size);
}

static size_t move_offset(size_t offset, size_t count)
{
    return offset == AZ_OFFSET_NONE ? offset : offset - AZ_MIN(offset, count);
}

/* Keeps only bytes [count, size), in a new buffer: the old one is the consumer's now. */
static void take_bytes(az_ts_stream *s, size_t count)
{
    size_t rest = s->size - count;
    s->capacity_hints[s->is_key_last] = count + count / 8 + 512;
    size_t hint = s->capacity_hints[s->is_key_next];
    if (rest > 0) {
        if (!set_buffer(s, AZ_MAX(hint, rest + CAPACITY_MIN), s->data + count, rest))
            drop_buffer(s);
    } else {
        az_buf_unref(&s->buf);
        s->data = NULL;
        s->size = s->capacity = 0;
    }
    for (size_t i = 0; i < s->mark_count; i++)
        s->marks[i].offset = move_offset(s->marks[i].offset, count);
    s->gap_begin = move_offset(s->gap_begin, count);
    s->gap_end = move_offset(s->gap_end, count);
    s->discontinuity_begin = move_offset(s->discontinuity_begin, count);
    s->open_begin = move_offset(s->open_begin, count);
    s->tags_end = move_offset(s->tags_end, count);
    s->pes_end = move_offset(s->pes_end, count);
}

static void give_out(az_ts_stream *s, const az_sample *sample)
{
    if (s->out->sink.sample)
        s->out->sink.sample(s->out->sink.user, sample);
}

void az_ts_held_set(az_ts_stream *s, az_ts_held *held, const az_sample *sample, size_t begin, size_t end)
{
    held->is_set = true;
    held->sample = *sample;
    s->is_key_last = s->track.media == AZ_MEDIA_VIDEO && sample->flags & AZ_SAMPLE_KEY;
    held->sample.data = (az_slice){s->buf, s->data + begin, end - begin};
}

void az_ts_held_release(az_ts_stream *s, az_ts_held *held, size_t count)
{
    if (!held->is_set) {
        if (count > 0)
            take_bytes(s, count);
        return;
    }
    az_buf *buf = az_buf_ref(s->buf);
    az_slice *data = &held->sample.data;
    size_t begin = (size_t)(data->data - s->data);
    take_bytes(s, count);
    az_buf_shrink(&buf, begin + data->size); /* it may wait for half a minute */
    *data = (az_slice){buf, az_buf_data(buf) + begin, data->size};
    memset(az_buf_data(buf) + begin + data->size, 0, AZ_BUF_PADDING); /* never past that of the buffer */
    give_out(s, &held->sample);
    az_buf_unref(&buf);
}

/* What is in the buffer is looked at; called at the ends of PES packets and when much has come. */
static void parse(az_ts_stream *s, bool is_pes_end, bool is_end)
{
    if (s->track.media == AZ_MEDIA_VIDEO)
        az_ts_video_parse(s, is_end);
    else if (s->track.media == AZ_MEDIA_AUDIO)
        az_ts_audio_parse(s, is_end);
    else
        az_ts_id3_parse(s, is_pes_end, is_end);
}

static void append(az_ts_stream *s, const uint8_t *bytes, size_t size)
{
    if (AZ_UNLIKELY(size > s->capacity - s->size) && !grow(s, size))
        return;
    memcpy(s->data + s->size, bytes, size);
    s->size += size;
}

static int64_t read_ticks(const uint8_t *p)
{
    return (int64_t)(p[0] & 0x0E) << 29 | (int64_t)p[1] << 22 | (int64_t)(p[2] & 0xFE) << 14 |
           (int64_t)p[3] << 7 | p[4] >> 1;
}

static void set_mark(az_ts_stream *s, int64_t pts, int64_t dts)
{
    if (s->mark_count == AZ_TS_MARKS) {
        memmove(s->marks, s->marks + 1, sizeof(s->marks[0]) * (AZ_TS_MARKS - 1));
        s->mark_count--;
    }
    s->marks[s->mark_count++] = (az_ts_mark){s->size, pts, dts, false};
}

static void bad_pes(az_ts_stream *s)
{
    az_ts_trouble(s->out, AZ_DEMUX_BAD_PES);
    s->state = AZ_PES_IDLE;
}

/* A whole PES header (2.4.3.6), of 9 + h[8] bytes. */
static void read_header(az_ts_stream *s, const uint8_t *h)
{
    size_t length = (size_t)h[4] << 8 | h[5], used = 3 + (size_t)h[8];
    if ((h[6] & 0xC0) != 0x80 || (length != 0 && length < used)) {
        bad_pes(s);
        return;
    }
    if (h[6] & 0x30) {
        az_ts_trouble(s->out, AZ_DEMUX_SCRAMBLED);
        s->track.is_encrypted = true;
        az_ts_stream_announce(s);
        s->state = AZ_PES_IDLE;
        return;
    }
    int64_t pts = AZ_NO_TICKS, dts = AZ_NO_TICKS;
    if (h[7] & 0x80 && h[8] >= 5)
        pts = dts = read_ticks(h + 9);
    if ((h[7] & 0xC0) == 0xC0 && h[8] >= 10)
        dts = read_ticks(h + 14);
    s->is_bounded = length != 0;
    s->pes_end = length ? s->size + length - used : AZ_OFFSET_NONE;
    s->state = AZ_PES_PAYLOAD;
    s->is_payload_started = false;
    set_mark(s, pts, dts);
}

/* stream_id values whose packets have no such header (table 2-21): nothing for a decoder in them. */
static bool is_plain_stream_id(uint8_t id)
{
    return id == 0xBC || id == 0xBE || id == 0xBF || id == 0xF0 || id == 0xF1 || id == 0xF2 || id == 0xF8 ||
           id == 0xFF;
}

static bool is_header_good(const uint8_t *h, size_t size)
{
    static const uint8_t start[3] = {0, 0, 1};
    return memcmp(h, start, AZ_MIN(size, sizeof(start))) == 0;
}

/* Collects the header over packets; how many bytes of the payload belonged to it. */
static size_t collect_header(az_ts_stream *s, const uint8_t *payload, size_t size)
{
    size_t used = 0;
    while (used < size && s->state == AZ_PES_HEADER) {
        s->header[s->header_size++] = payload[used++];
        if (s->header_size == 4 && (!is_header_good(s->header, 3) || is_plain_stream_id(s->header[3]))) {
            if (!is_header_good(s->header, 3))
                az_ts_trouble(s->out, AZ_DEMUX_BAD_PES);
            s->state = AZ_PES_IDLE;
        } else if (s->header_size >= 9 && s->header_size == 9 + (size_t)s->header[8]) {
            read_header(s, s->header);
        }
    }
    return used;
}

/* Whether the PES packet says that more of it should follow. */
static bool is_pes_cut(const az_ts_stream *s)
{
    return s->pes_end != AZ_OFFSET_NONE && s->size < s->pes_end;
}

static void end_pes(az_ts_stream *s)
{
    if (s->state == AZ_PES_PAYLOAD && is_pes_cut(s)) {
        az_ts_trouble(s->out, AZ_DEMUX_BAD_PES);
        if (s->track.media == AZ_MEDIA_VIDEO) {
            s->gap_begin = AZ_MIN(s->gap_begin, s->size);
            s->gap_end = s->size;
        }
    } else if (s->state == AZ_PES_HEADER) {
        az_ts_trouble(s->out, AZ_DEMUX_BAD_PES);
    }
    /* video waits for the next payload: only that shows where the access unit ends */
    if (s->state == AZ_PES_PAYLOAD && s->track.media != AZ_MEDIA_VIDEO)
        parse(s, true, false);
    s->state = AZ_PES_IDLE;
}

/* Payload of the PES packet that is open. */
static void feed_payload(az_ts_stream *s, const uint8_t *payload, size_t size)
{
    if (AZ_UNLIKELY(size > s->pes_end - s->size)) {
        /* more than the header said: a length that lost its upper bits (video) or rubbish */
        if (s->track.media == AZ_MEDIA_VIDEO)
            s->pes_end = s->size + size;
        size = s->pes_end - s->size;
    }
    if (size > 0)
        append(s, payload, size);
    bool is_first = !s->is_payload_started, is_whole = s->size == s->pes_end;
    s->is_payload_started = true;
    if (is_first ? s->track.media == AZ_MEDIA_VIDEO || is_whole : is_whole)
        parse(s, is_whole, false);
    else if (s->track.media == AZ_MEDIA_METADATA)
        parse(s, false, false);
    else if (s->size - s->splitter.scan > SCAN_STEP && s->size > SCAN_STEP) /* see find_easy_end() */
        parse(s, false, false);
    if (is_whole && s->track.media != AZ_MEDIA_VIDEO)
        s->state = AZ_PES_IDLE;
}

/* Up to where nothing but appending is due: neither growing, nor the end of the PES packet, nor parsing. */
static size_t find_easy_end(const az_ts_stream *s)
{
    if (s->state != AZ_PES_PAYLOAD || !s->is_payload_started || s->track.media == AZ_MEDIA_METADATA)
        return 0;
    size_t end = AZ_MIN(s->capacity, s->splitter.scan + SCAN_STEP);
    return AZ_MIN(end, s->pes_end - 1);
}

void az_ts_stream_feed(az_ts_stream *s, bool is_unit_start, const uint8_t *payload, size_t size)
{
    if (is_unit_start) {
        if (!is_demuxed(&s->track))
            return;
        end_pes(s);
        s->state = AZ_PES_HEADER;
        s->header_size = 0;
    }
    if (s->state == AZ_PES_HEADER) {
        size_t used = collect_header(s, payload, size);
        payload += used;
        size -= used;
    }
    if (s->state == AZ_PES_PAYLOAD && (size > 0 || s->size == s->pes_end))
        feed_payload(s, payload, size);
    s->easy_end = find_easy_end(s);
}

bool az_ts_stream_is_last(const az_ts_stream *s, const uint8_t *payload, size_t size)
{
    return s->size >= size && memcmp(s->data + s->size - size, payload, size) == 0;
}

void az_ts_stream_gap(az_ts_stream *s)
{
    if (s->section) {
        az_section_reset(s->section);
        return;
    }
    bool is_inside = s->state != AZ_PES_IDLE && s->size != s->pes_end;
    if (s->track.media == AZ_MEDIA_VIDEO) {
        if (is_inside) {
            s->gap_begin = AZ_MIN(s->gap_begin, s->size);
            s->gap_end = s->size;
        }
    } else {
        /* a hole cannot be concealed in sound or text: what is whole goes out, the rest is dropped */
        if (s->track.media == AZ_MEDIA_AUDIO && s->size > 0)
            az_ts_audio_parse(s, true);
        drop_buffer(s);
        s->is_in_sync = false;
        s->state = AZ_PES_IDLE;
    }
    s->discontinuity_begin = s->size;
}

void az_ts_stream_discontinuity(az_ts_stream *s)
{
    s->discontinuity_begin = s->size;
}

void az_ts_stream_finish(az_ts_stream *s)
{
    if (is_demuxed(&s->track) && !s->section) {
        if (s->state == AZ_PES_PAYLOAD && is_pes_cut(s))
            az_ts_trouble(s->out, AZ_DEMUX_BAD_PES);
        if (s->size > 0)
            parse(s, true, true);
    }
    az_ts_stream_reset(s);
}
