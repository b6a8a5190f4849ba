/*
 * Frames and tags out of bytes; see demux/packed_audio.h.
 *
 * What lies whole within the bytes of a feed goes out as a slice of them. What is cut waits in `waiting`
 * until so many bytes are there that it can be told and taken; bytes behind it that came with the same feed
 * are looked at in their place again. What is at a place never depends on where the input was cut.
 *
 * A frame's time is that of the segment's timestamp plus the samples since, rounded once: durations are never
 * added up. Tags wait for the frame behind them, whose time is theirs.
 */
#include "demux/packed_audio.h"

#include <stdlib.h>
#include <string.h>

#include "demux/audio_frame.h"
#include "demux/packed_tag.h"

#define TIMESCALE      90000
#define COUNTER_BITS   33
#define TICKS_MASK     ((INT64_C(1) << COUNTER_BITS) - 1)
#define NO_FRAME_SIZE  ((size_t)64 << 10) /* without a frame in these it is no audio */
#define SUBSTREAMS_MAX 72                 /* E-AC-3 frames of one access unit: 8 with 8 dependent ones each */
#define TAGS_MAX       64                 /* that wait for a frame */
#define WAITING_MIN    ((size_t)2048)
#define ID3V1_SIZE     ((size_t)128)

static const az_sample_crypt sample_aes = {.scheme = AZ_CRYPT_SAMPLE_AES};

/* What stands at the start of some bytes. */
typedef enum unit_kind {
    UNIT_CUT, /* `size` bytes are needed to tell, or to have it whole */
    UNIT_FRAME,
    UNIT_TAG,
    UNIT_LARGE_TAG, /* past the limit */
    UNIT_ID3V1,     /* an ID3v1 tag, at the end of files */
    UNIT_OTHER,     /* one byte of something else */
} unit_kind;

typedef struct unit {
    unit_kind kind;
    size_t size;
    az_audio_frame frame;
} unit;

struct az_packed_audio {
    az_demux_sink sink;
    uint64_t troubles[AZ_DEMUX_TROUBLES];
    unsigned told; /* kinds of trouble that were told in this feed */
    uint64_t byte_offset;
    bool is_out_of_memory;
    bool is_failed;

    az_buf *waiting;
    size_t begin, end; /* of what waits */
    size_t need;       /* so many bytes of it have to be there */
    size_t skip;       /* bytes of a large tag that are still to come */
    bool is_shared;    /* a slice of `waiting` was given away */

    az_slice tags[TAGS_MAX];
    size_t tag_count;

    az_track track;
    az_track announced;
    bool is_in_sync;
    bool is_discontinuity; /* the next frame does not follow the last */
    bool has_frame;        /* of this segment */
    bool is_encrypted;     /* a tag of this segment says so */
    size_t unknown_size;   /* bytes before the first frame that are nothing */

    bool has_stamp;
    int64_t stamp; /* the timestamp that was taken last */
    int64_t base;  /* ticks, AZ_NO_TICKS without a timestamp */
    int64_t samples;
    int rate;
};

static void trouble(az_packed_audio *a, az_demux_trouble kind)
{
    a->troubles[kind]++;
    if (a->told & 1u << kind)
        return;
    a->told |= 1u << kind;
    if (a->sink.trouble)
        a->sink.trouble(a->sink.user, kind, a->byte_offset);
}

uint64_t az_packed_audio_troubles(const az_packed_audio *a, az_demux_trouble kind)
{
    return kind < AZ_DEMUX_TROUBLES ? a->troubles[kind] : 0;
}

static void drop_waiting(az_packed_audio *a)
{
    az_buf_unref(&a->waiting);
    a->begin = a->end = 0;
    a->is_shared = false;
}

/* A new segment: nothing of the last one counts but the track. */
static void begin_segment(az_packed_audio *a)
{
    drop_waiting(a);
    for (size_t i = 0; i < a->tag_count; i++)
        az_slice_unref(&a->tags[i]);
    a->tag_count = 0;
    a->need = 1;
    a->skip = a->unknown_size = 0;
    a->is_in_sync = a->is_discontinuity = a->has_frame = a->is_encrypted = a->has_stamp = false;
    a->is_failed = false;
    a->base = AZ_NO_TICKS;
    a->samples = 0;
    a->rate = 0;
}

az_packed_audio *az_packed_audio_create(const az_demux_sink *sink)
{
    az_packed_audio *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->sink = *sink;
    a->track.media = AZ_MEDIA_AUDIO;
    a->track.timescale = TIMESCALE;
    a->track.counter_bits = COUNTER_BITS;
    begin_segment(a);
    return a;
}

void az_packed_audio_destroy(az_packed_audio **audio)
{
    if (*audio)
        begin_segment(*audio);
    free(*audio);
    *audio = NULL;
}

/* ---- what stands at a place ---- */

static unit unit_of(unit_kind kind, size_t size)
{
    unit u = {.kind = kind, .size = size};
    return u;
}

/* A frame of any kind; each has another sync word. */
static aizu_result parse_header(az_span bytes, az_audio_frame *frame)
{
    if (bytes.size > 0 && bytes.data[0] == 0x0B)
        return az_audio_frame_parse(AZ_CODEC_AC3, bytes, frame);
    aizu_result result = az_audio_frame_parse(AZ_CODEC_AAC, bytes, frame);
    return result == AIZU_E_MEDIA ? az_audio_frame_parse(AZ_CODEC_MP3, bytes, frame) : result;
}

/* Out of sync a header is believed when something known follows its frame: AIZU_OK, AIZU_AGAIN, AIZU_E_MEDIA.
 */
static aizu_result verify(az_span behind, const az_audio_frame *frame, bool is_end)
{
    az_audio_frame next;
    if (behind.size < AZ_AUDIO_HEADER_SIZE && !is_end)
        return AIZU_AGAIN;
    if (behind.size == 0 || az_span_starts_with(behind, "ID3") || az_span_starts_with(behind, "TAG"))
        return AIZU_OK;
    aizu_result result = parse_header(behind, &next);
    if (result != AIZU_OK)
        return result == AIZU_AGAIN ? AIZU_OK : result;
    return next.codec == frame->codec && next.sample_rate == frame->sample_rate ? AIZU_OK : AIZU_E_MEDIA;
}

/* E-AC-3: frames of further substreams belong to the access unit of the frame before them. */
static unit extend(unit u, az_span bytes, bool is_end)
{
    for (int i = 1; i < SUBSTREAMS_MAX; i++) {
        az_audio_frame next;
        az_span behind = az_span_sub(bytes, u.size, bytes.size);
        aizu_result result = parse_header(behind, &next);
        if (result == AIZU_AGAIN && !is_end)
            return unit_of(UNIT_CUT, u.size + AZ_AUDIO_HEADER_SIZE);
        if (result != AIZU_OK || next.codec != AZ_CODEC_EAC3 || !next.is_dependent)
            return u;
        if (next.size > behind.size)
            return is_end ? u : unit_of(UNIT_CUT, u.size + next.size);
        u.size += next.size;
    }
    return u;
}

static unit look_at_frame(const az_packed_audio *a, az_span bytes, bool is_end)
{
    unit u = unit_of(UNIT_FRAME, 0), other = unit_of(UNIT_OTHER, 1);
    aizu_result result = parse_header(bytes, &u.frame);
    if (result == AIZU_AGAIN)
        return is_end ? other : unit_of(UNIT_CUT, AZ_AUDIO_HEADER_SIZE);
    if (result != AIZU_OK)
        return other;
    u.size = u.frame.size;
    if (!a->is_in_sync && (bytes.size >= u.size || !is_end)) {
        result = verify(az_span_sub(bytes, u.size, bytes.size), &u.frame, is_end);
        if (result == AIZU_AGAIN)
            return unit_of(UNIT_CUT, u.size + AZ_AUDIO_HEADER_SIZE);
        if (result != AIZU_OK)
            return other;
    }
    if (bytes.size < u.size)
        return is_end ? other : unit_of(UNIT_CUT, u.size);
    return u.frame.codec == AZ_CODEC_EAC3 ? extend(u, bytes, is_end) : u;
}

static unit look(const az_packed_audio *a, az_span bytes, bool is_end)
{
    if (bytes.data[0] == 'I') {
        size_t size = 0;
        aizu_result result = az_packed_tag_size(bytes, &size);
        if (result == AIZU_AGAIN && !is_end)
            return unit_of(UNIT_CUT, AZ_PACKED_TAG_HEADER_SIZE);
        if (result == AIZU_OK && size > AZ_PACKED_AUDIO_TAG_MAX)
            return unit_of(UNIT_LARGE_TAG, size);
        if (result == AIZU_OK && size <= bytes.size)
            return unit_of(UNIT_TAG, size);
        /* at the end a tag that is not whole may as well be none: frames in it are not given up */
        return result == AIZU_OK && !is_end ? unit_of(UNIT_CUT, size) : unit_of(UNIT_OTHER, 1);
    }
    if (bytes.data[0] == 'T' && a->has_frame) {
        if (bytes.size < 3 && !is_end)
            return unit_of(UNIT_CUT, 3);
        return az_span_starts_with(bytes, "TAG") ? unit_of(UNIT_ID3V1, ID3V1_SIZE) : unit_of(UNIT_OTHER, 1);
    }
    return look_at_frame(a, bytes, is_end);
}

/* ---- what goes out ---- */

static int64_t ticks_at(const az_packed_audio *a, int64_t samples)
{
    return a->rate > 0 ? az_rescale(samples, TIMESCALE, a->rate) : 0;
}

static int64_t now(const az_packed_audio *a)
{
    return a->base == AZ_NO_TICKS ? AZ_NO_TICKS : (a->base + ticks_at(a, a->samples)) & TICKS_MASK;
}

static void give_tags(az_packed_audio *a)
{
    az_metadata metadata = {.codec = AZ_CODEC_ID3, .timescale = TIMESCALE, .pts = now(a)};
    for (size_t i = 0; i < a->tag_count; i++) {
        metadata.data = a->tags[i];
        if (a->sink.metadata)
            a->sink.metadata(a->sink.user, &metadata);
        az_slice_unref(&a->tags[i]);
    }
    a->tag_count = 0;
}

/* A timestamp in the middle counts too, as of joined segments; but not a copy of the one before. */
static void take_stamp(az_packed_audio *a, int64_t stamp)
{
    if (a->has_stamp && (a->samples == 0 || stamp == a->stamp))
        return;
    a->has_stamp = true;
    a->stamp = a->base = stamp;
    a->samples = 0;
}

static void take_tag(az_packed_audio *a, az_slice tag)
{
    az_packed_tag content;
    az_packed_tag_read(az_slice_span(tag), &content);
    if (a->tag_count == TAGS_MAX)
        give_tags(a);
    if (content.has_stamp)
        take_stamp(a, content.stamp);
    a->is_encrypted |= content.is_encrypted;
    a->tags[a->tag_count++] = az_slice_ref(tag);
    a->is_shared = true;
}

static void update_track(az_packed_audio *a, const az_audio_frame *frame)
{
    az_track *t = &a->track;
    t->codec = frame->codec;
    t->sample_rate = frame->sample_rate;
    t->channels = frame->channels;
    t->is_encrypted = a->is_encrypted;
    if (strcmp(t->codec_string, frame->codec_string) != 0) {
        memset(t->codec_string, 0, sizeof(t->codec_string));
        memcpy(t->codec_string, frame->codec_string, strlen(frame->codec_string));
    }
    if (memcmp(t, &a->announced, sizeof(*t)) == 0)
        return;
    memcpy(&a->announced, t, sizeof(*t));
    if (a->sink.track)
        a->sink.track(a->sink.user, t);
}

/* The first frame of an MP3 file may hold a table of contents in place of sound: behind the side information
 * of layer III (ISO/IEC 11172-3, 2.4.1.7), whose size the version and the number of channels give. */
static bool is_contents(const az_audio_frame *frame, az_span bytes)
{
    if (frame->codec != AZ_CODEC_MP3 || bytes.size < 4)
        return false;
    bool is_mpeg1 = bytes.data[1] & 8;
    size_t side = is_mpeg1 ? (frame->channels == 1 ? 17 : 32) : (frame->channels == 1 ? 9 : 17);
    az_span tag = az_span_sub(bytes, 4 + side, 4);
    return az_span_equal_str(tag, "Xing") || az_span_equal_str(tag, "Info") ||
           az_span_equal_str(az_span_sub(bytes, 4 + 32, 4), "VBRI");
}

static void take_frame(az_packed_audio *a, const az_audio_frame *frame, az_slice data)
{
    a->is_in_sync = true;
    if (!a->has_frame && is_contents(frame, az_slice_span(data)))
        return;
    if (a->rate != frame->sample_rate) {
        a->base = now(a);
        a->samples = 0;
        a->rate = frame->sample_rate;
    }
    update_track(a, frame);
    give_tags(a);
    az_sample sample = {.media = AZ_MEDIA_AUDIO, .codec = frame->codec, .flags = AZ_SAMPLE_KEY};
    sample.pts = sample.dts = now(a);
    sample.duration = ticks_at(a, a->samples + frame->samples) - ticks_at(a, a->samples);
    sample.flags |= a->is_discontinuity ? (unsigned)AZ_SAMPLE_DISCONTINUITY : 0;
    sample.crypt = a->is_encrypted ? &sample_aes : NULL;
    sample.data = data;
    a->samples += frame->samples;
    a->has_frame = true;
    a->is_discontinuity = false;
    a->is_shared = true;
    if (a->sink.sample)
        a->sink.sample(a->sink.user, &sample);
}

/* A byte that begins nothing. */
static void pass_other(az_packed_audio *a)
{
    if (a->is_in_sync)
        trouble(a, AZ_DEMUX_BAD_FRAME);
    else if (a->unknown_size == 0 && !a->has_frame)
        trouble(a, AZ_DEMUX_SYNC_LOST);
    a->is_in_sync = false;
    a->is_discontinuity |= a->has_frame;
    if (!a->has_frame && ++a->unknown_size >= NO_FRAME_SIZE)
        a->is_failed = true;
}

/* ---- the bytes ---- */

/* Takes what is whole; how many bytes. What is left needs `need`. */
static size_t parse(az_packed_audio *a, az_slice bytes, bool is_end)
{
    size_t pos = 0;
    while (pos < bytes.size && !a->is_failed) {
        az_slice rest = {bytes.buf, bytes.data + pos, bytes.size - pos};
        unit u = look(a, az_slice_span(rest), is_end);
        rest.size = AZ_MIN(u.size, rest.size);
        switch (u.kind) {
        case UNIT_CUT:
            AZ_ASSERT(u.size > rest.size && !is_end);
            a->need = u.size;
            return pos;
        case UNIT_FRAME:
            take_frame(a, &u.frame, rest);
            break;
        case UNIT_TAG:
            take_tag(a, rest);
            break;
        case UNIT_LARGE_TAG:
            trouble(a, AZ_DEMUX_LIMIT);
            a->skip = u.size - rest.size;
            break;
        case UNIT_ID3V1:
            a->skip = u.size - rest.size;
            break;
        case UNIT_OTHER:
            pass_other(a);
            break;
        }
        pos += rest.size;
        a->byte_offset += rest.size;
    }
    return pos;
}

/* Room for `size` more bytes. What was given away is not written behind, either: a decoder may look there. */
static bool reserve(az_packed_audio *a, size_t size)
{
    size_t held = a->end - a->begin;
    if (a->waiting && !a->is_shared && size <= az_buf_capacity(a->waiting) - a->end)
        return true;
    az_buf *buf = az_buf_create(AZ_MAX(2 * held + size, WAITING_MIN));
    if (!buf) {
        a->is_out_of_memory = true;
        return false;
    }
    if (held > 0)
        memcpy(az_buf_data(buf), az_buf_data(a->waiting) + a->begin, held);
    drop_waiting(a);
    a->waiting = buf;
    a->end = held;
    return true;
}

static void wait_for_more(az_packed_audio *a, az_span bytes)
{
    if (bytes.size == 0 || !reserve(a, bytes.size))
        return;
    memcpy(az_buf_data(a->waiting) + a->end, bytes.data, bytes.size);
    a->end += bytes.size;
}

static az_slice waiting_slice(const az_packed_audio *a)
{
    return (az_slice){a->waiting, az_buf_data(a->waiting) + a->begin, a->end - a->begin};
}

/* Completes what waits with the start of `bytes`; how many of them were used. */
static size_t feed_waiting(az_packed_audio *a, az_span bytes)
{
    size_t count = AZ_MIN(a->need - (a->end - a->begin), bytes.size);
    wait_for_more(a, az_span_sub(bytes, 0, count));
    if (a->is_out_of_memory || a->end - a->begin < a->need)
        return count;
    a->begin += parse(a, waiting_slice(a), false);
    size_t left = a->end - a->begin;
    if (left > count)
        return count;
    drop_waiting(a); /* what is left stands in the input, too */
    return count - left;
}

aizu_result az_packed_audio_feed(az_packed_audio *a, az_slice bytes)
{
    a->told = 0;
    while (bytes.size > 0 && !a->is_failed && !a->is_out_of_memory) {
        size_t used;
        if (a->skip > 0) {
            used = AZ_MIN(a->skip, bytes.size);
            a->skip -= used;
            a->byte_offset += used;
        } else if (a->end > a->begin) {
            used = feed_waiting(a, az_slice_span(bytes));
        } else {
            used = parse(a, bytes, false);
            if (a->skip == 0 && !a->is_failed) {
                wait_for_more(a, az_span_sub(az_slice_span(bytes), used, bytes.size));
                used = bytes.size;
            }
        }
        bytes = (az_slice){bytes.buf, bytes.data + used, bytes.size - used};
    }
    if (a->is_out_of_memory)
        return AIZU_E_MEMORY;
    return a->is_failed ? AIZU_E_MEDIA : AIZU_OK;
}

aizu_result az_packed_audio_finish(az_packed_audio *a)
{
    a->told = 0;
    if (a->end > a->begin)
        (void)parse(a, waiting_slice(a), true);
    give_tags(a);
    bool is_failed = a->is_failed;
    begin_segment(a);
    if (a->is_out_of_memory)
        return AIZU_E_MEMORY;
    a->is_failed = is_failed;
    return is_failed ? AIZU_E_MEDIA : AIZU_OK;
}

void az_packed_audio_reset(az_packed_audio *a)
{
    begin_segment(a);
}
