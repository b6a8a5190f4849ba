/*
 * The facade; see demux/demuxer.h. It holds the first bytes of a segment until probe.c knows them, then gives
 * everything to the demuxer of that container. A demuxer lives until a segment is of another container: its
 * tracks are known that long. TTML documents are collected here: what is in them a parser outside the core
 * says.
 */
#include "demux/demuxer.h"

#include <stdlib.h>
#include <string.h>

#include "demux/fmp4.h"
#include "demux/packed_audio.h"
#include "demux/probe.h"
#include "demux/ts.h"
#include "demux/webvtt.h"

#define PROBE_EAGER ((size_t)1024) /* up to here each feed is probed again, then each doubling */
#define TEXT_TICKS  1000           /* timescale of a track whose samples have no ticks */

typedef enum demuxer_state {
    DEMUXER_PROBING, /* between segments, or `head` has too few bytes */
    DEMUXER_FEEDING,
    DEMUXER_FAILED,
} demuxer_state;

/* Bytes that are collected. */
typedef struct bytes_held {
    az_buf *buf;
    size_t size;
} bytes_held;

struct az_demuxer {
    az_demux_sink sink;
    demuxer_state state;
    az_container container; /* of the segment in hand, else of the last one */
    bytes_held head;
    size_t head_probed; /* bytes of it that were not enough */

    az_ts *ts; /* of these, only the container's is there */
    az_fmp4 *fmp4;
    az_packed_audio *audio;
    az_webvtt *webvtt;
    bytes_held document;
    bool is_document_dropped; /* it is too large */
    bool is_document_announced;

    uint64_t troubles[AZ_DEMUX_TROUBLES]; /* of demuxers that are gone, and our own */
};

az_demuxer *az_demuxer_create(const az_demux_sink *sink)
{
    az_demuxer *d = calloc(1, sizeof(*d));
    if (d)
        d->sink = *sink;
    return d;
}

static void drop_bytes(bytes_held *held)
{
    az_buf_unref(&held->buf);
    held->size = 0;
}

/* False when out of memory. */
static bool append_bytes(bytes_held *held, az_span bytes, size_t capacity_max)
{
    size_t capacity = held->buf ? az_buf_capacity(held->buf) : 0, size = held->size + bytes.size;
    if (size > capacity) {
        capacity = AZ_MIN(AZ_MAX(size, AZ_MAX(2 * capacity, PROBE_EAGER)), AZ_MAX(capacity_max, size));
        az_buf *larger = az_buf_create(capacity);
        if (!larger)
            return false;
        if (held->size)
            memcpy(az_buf_data(larger), az_buf_data(held->buf), held->size);
        az_buf_unref(&held->buf);
        held->buf = larger;
    }
    if (bytes.size)
        memcpy(az_buf_data(held->buf) + held->size, bytes.data, bytes.size);
    held->size = size;
    return true;
}

static uint64_t container_troubles(const az_demuxer *d, az_demux_trouble trouble)
{
    uint64_t count = 0;
    if (d->ts)
        count += az_ts_troubles(d->ts, trouble);
    if (d->fmp4)
        count += az_fmp4_troubles(d->fmp4, trouble);
    if (d->audio)
        count += az_packed_audio_troubles(d->audio, trouble);
    if (d->webvtt)
        count += az_webvtt_troubles(d->webvtt, trouble);
    return count;
}

/* Ends the container's demuxer; its tracks are forgotten. */
static void destroy_container(az_demuxer *d)
{
    for (int i = 0; i < AZ_DEMUX_TROUBLES; i++)
        d->troubles[i] += container_troubles(d, (az_demux_trouble)i);
    az_ts_destroy(&d->ts);
    az_fmp4_destroy(&d->fmp4);
    az_packed_audio_destroy(&d->audio);
    az_webvtt_destroy(&d->webvtt);
    drop_bytes(&d->document);
    d->is_document_dropped = d->is_document_announced = false;
}

static bool create_container(az_demuxer *d)
{
    switch (d->container) {
    case AZ_CONTAINER_TS:
        return d->ts || (d->ts = az_ts_create(&d->sink));
    case AZ_CONTAINER_FMP4:
        return d->fmp4 || (d->fmp4 = az_fmp4_create(&d->sink));
    case AZ_CONTAINER_PACKED_AUDIO:
        return d->audio || (d->audio = az_packed_audio_create(&d->sink));
    case AZ_CONTAINER_WEBVTT:
        return d->webvtt || (d->webvtt = az_webvtt_create(&d->sink));
    case AZ_CONTAINER_TTML:
    case AZ_CONTAINER_UNKNOWN:
        break;
    }
    return true;
}

void az_demuxer_destroy(az_demuxer **demuxer)
{
    if (*demuxer) {
        destroy_container(*demuxer);
        drop_bytes(&(*demuxer)->head);
    }
    free(*demuxer);
    *demuxer = NULL;
}

static aizu_result collect_document(az_demuxer *d, az_span bytes)
{
    if (d->is_document_dropped)
        return AIZU_OK;
    if (bytes.size > AZ_TTML_SIZE_MAX - d->document.size) {
        drop_bytes(&d->document);
        d->is_document_dropped = true;
        d->troubles[AZ_DEMUX_LIMIT]++;
        if (d->sink.trouble)
            d->sink.trouble(d->sink.user, AZ_DEMUX_LIMIT, AZ_TTML_SIZE_MAX);
        return AIZU_OK;
    }
    return append_bytes(&d->document, bytes, AZ_TTML_SIZE_MAX) ? AIZU_OK : AIZU_E_MEMORY;
}

static void give_document(az_demuxer *d)
{
    if (d->document.size > 0 && !d->is_document_announced) {
        az_track track = {.media = AZ_MEDIA_TEXT, .codec = AZ_CODEC_TTML, .timescale = TEXT_TICKS};
        d->is_document_announced = true;
        if (d->sink.track)
            d->sink.track(d->sink.user, &track);
    }
    if (d->document.size > 0 && d->sink.text) {
        az_text_sample sample = {.codec = AZ_CODEC_TTML, .timescale = TEXT_TICKS};
        sample.begin = sample.end = AZ_NO_TICKS;
        sample.data = (az_slice){d->document.buf, az_buf_data(d->document.buf), d->document.size};
        d->sink.text(d->sink.user, &sample);
    }
    drop_bytes(&d->document);
    d->is_document_dropped = false;
}

static aizu_result feed_container(az_demuxer *d, az_slice bytes)
{
    switch (d->container) {
    case AZ_CONTAINER_TS:
        return az_ts_feed(d->ts, az_slice_span(bytes));
    case AZ_CONTAINER_FMP4:
        return az_fmp4_feed(d->fmp4, bytes);
    case AZ_CONTAINER_PACKED_AUDIO:
        return az_packed_audio_feed(d->audio, bytes);
    case AZ_CONTAINER_WEBVTT:
        return az_webvtt_feed(d->webvtt, az_slice_span(bytes));
    case AZ_CONTAINER_TTML:
        return collect_document(d, az_slice_span(bytes));
    case AZ_CONTAINER_UNKNOWN:
        break;
    }
    return AIZU_E_MEDIA;
}

static aizu_result finish_container(az_demuxer *d)
{
    switch (d->container) {
    case AZ_CONTAINER_TS:
        return az_ts_finish(d->ts);
    case AZ_CONTAINER_FMP4:
        return az_fmp4_finish(d->fmp4);
    case AZ_CONTAINER_PACKED_AUDIO:
        return az_packed_audio_finish(d->audio);
    case AZ_CONTAINER_WEBVTT:
        return az_webvtt_finish(d->webvtt);
    case AZ_CONTAINER_TTML:
        give_document(d);
        break;
    case AZ_CONTAINER_UNKNOWN:
        break;
    }
    return AIZU_OK;
}

static void reset_container(az_demuxer *d)
{
    if (d->ts)
        az_ts_reset(d->ts);
    if (d->fmp4)
        az_fmp4_reset(d->fmp4);
    if (d->audio)
        az_packed_audio_reset(d->audio);
    if (d->webvtt)
        az_webvtt_reset(d->webvtt);
    drop_bytes(&d->document);
    d->is_document_dropped = false;
}

static aizu_result push(az_demuxer *d, az_slice bytes)
{
    if (bytes.size == 0)
        return AIZU_OK;
    aizu_result result = feed_container(d, bytes);
    if (result != AIZU_E_MEDIA)
        return result;
    d->state = DEMUXER_FAILED;
    /* a transport stream without sync stays one for ever, and never had a track */
    if (d->ts)
        destroy_container(d);
    else
        reset_container(d);
    return result;
}

/* A segment of this container begins. */
static aizu_result begin(az_demuxer *d, az_container container)
{
    if (container != d->container)
        destroy_container(d);
    d->container = container;
    d->state = DEMUXER_FEEDING;
    return create_container(d) ? AIZU_OK : AIZU_E_MEMORY;
}

static aizu_result begin_with_head(az_demuxer *d, az_container container)
{
    aizu_result result = begin(d, container);
    az_slice head = {d->head.buf, az_buf_data(d->head.buf), d->head.size};
    if (result == AIZU_OK)
        result = push(d, head);
    drop_bytes(&d->head);
    return result;
}

static aizu_result fail(az_demuxer *d)
{
    drop_bytes(&d->head);
    d->state = DEMUXER_FAILED;
    return AIZU_E_MEDIA;
}

/* Without a head the bytes themselves are probed: as a rule they are enough, and nothing is copied. */
static aizu_result probe(az_demuxer *d, az_slice bytes)
{
    az_container container = AZ_CONTAINER_UNKNOWN;
    if (d->head.size == 0) {
        aizu_result result = az_probe(az_slice_span(bytes), false, &container);
        if (result == AIZU_OK)
            result = begin(d, container);
        if (result == AIZU_OK)
            return push(d, bytes);
        if (result != AIZU_AGAIN)
            return result == AIZU_E_MEDIA ? fail(d) : result;
        d->head_probed = bytes.size;
        return append_bytes(&d->head, az_slice_span(bytes), AZ_PROBE_SIZE_MAX) ? AIZU_OK : AIZU_E_MEMORY;
    }
    size_t count = AZ_MIN(bytes.size, AZ_PROBE_SIZE_MAX - d->head.size);
    if (!append_bytes(&d->head, az_span_make(bytes.data, count), AZ_PROBE_SIZE_MAX))
        return AIZU_E_MEMORY;
    size_t due = AZ_MIN(2 * d->head_probed, AZ_PROBE_SIZE_MAX);
    if (d->head.size > PROBE_EAGER && d->head.size < due)
        return AIZU_OK;
    az_span head = az_span_make(az_buf_data(d->head.buf), d->head.size);
    aizu_result result = az_probe(head, false, &container);
    d->head_probed = head.size;
    if (result == AIZU_AGAIN)
        return AIZU_OK;
    if (result == AIZU_OK)
        result = begin_with_head(d, container);
    else
        return fail(d);
    if (result != AIZU_OK)
        return result;
    return push(d, (az_slice){bytes.buf, bytes.data + count, bytes.size - count});
}

aizu_result az_demuxer_feed(az_demuxer *d, az_slice bytes)
{
    switch (d->state) {
    case DEMUXER_FEEDING:
        return push(d, bytes);
    case DEMUXER_FAILED:
        return AIZU_E_MEDIA;
    case DEMUXER_PROBING:
        break;
    }
    return bytes.size > 0 ? probe(d, bytes) : AIZU_OK;
}

aizu_result az_demuxer_finish(az_demuxer *d)
{
    az_container container = AZ_CONTAINER_UNKNOWN;
    aizu_result result = d->state == DEMUXER_FAILED ? AIZU_E_MEDIA : AIZU_OK;
    if (d->state == DEMUXER_PROBING && d->head.size > 0) {
        result = az_probe(az_span_make(az_buf_data(d->head.buf), d->head.size), true, &container);
        if (result == AIZU_OK)
            result = begin_with_head(d, container);
    }
    if (d->state == DEMUXER_FEEDING && result == AIZU_OK) {
        result = finish_container(d);
        if (result == AIZU_E_MEDIA && d->ts)
            destroy_container(d);
        else if (result == AIZU_E_MEDIA)
            reset_container(d);
    }
    drop_bytes(&d->head);
    d->state = DEMUXER_PROBING;
    return result;
}

void az_demuxer_reset(az_demuxer *d)
{
    reset_container(d);
    drop_bytes(&d->head);
    d->state = DEMUXER_PROBING;
}

void az_demuxer_forget(az_demuxer *d)
{
    destroy_container(d);
    drop_bytes(&d->head);
    d->state = DEMUXER_PROBING;
}

az_container az_demuxer_container(const az_demuxer *d)
{
    return d->container;
}

bool az_demuxer_has_track(const az_demuxer *d, uint32_t id)
{
    if (d->ts)
        return az_ts_has_track(d->ts, id);
    if (d->fmp4)
        return az_fmp4_has_track(d->fmp4, id);
    return id == 0 && (d->audio || d->webvtt || d->is_document_announced);
}

uint64_t az_demuxer_troubles(const az_demuxer *d, az_demux_trouble trouble)
{
    if (trouble >= AZ_DEMUX_TROUBLES)
        return 0;
    return d->troubles[trouble] + container_troubles(d, trouble);
}

const char *az_container_name(az_container container)
{
    switch (container) {
    case AZ_CONTAINER_UNKNOWN:
        return "unknown";
    case AZ_CONTAINER_TS:
        return "ts";
    case AZ_CONTAINER_FMP4:
        return "fmp4";
    case AZ_CONTAINER_PACKED_AUDIO:
        return "packed audio";
    case AZ_CONTAINER_WEBVTT:
        return "webvtt";
    case AZ_CONTAINER_TTML:
        return "ttml";
    }
    return "?";
}
