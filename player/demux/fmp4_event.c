/*
 * emsg and prft; see demux/fmp4_event.h.
 */
#include "demux/fmp4_event.h"

#include <stdlib.h>
#include <string.h>

#define UNIX_EPOCH   INT64_C(2208988800) /* in seconds of NTP */
#define NTP_ERA      (INT64_C(1) << 32)
#define NTP_FRACTION 32

static void skip_text(az_reader *r)
{
    while (!r->failed && az_reader_u8(r) != 0)
        continue;
}

/* Version, timescale and, of version 1, the time. False: it cannot be read. */
static bool read_message(az_span whole, uint8_t *version, az_metadata *metadata)
{
    az_reader r;
    az_box_reader boxes;
    az_box box;
    az_box_reader_init(&boxes, whole);
    if (!az_box_next(&boxes, &box))
        return false;
    *version = az_full_box_open(&r, box.body, NULL);
    if (*version == 0) {
        skip_text(&r); /* scheme, value */
        skip_text(&r);
    }
    metadata->timescale = az_reader_u32(&r);
    uint64_t time = *version == 0 ? az_reader_u32(&r) : az_reader_u64(&r);
    metadata->pts = *version == 0 ? AZ_NO_TICKS : (int64_t)time;
    return !r.failed && *version <= 1 && metadata->timescale > 0 && metadata->timescale <= INT32_MAX &&
           time <= (uint64_t)AZ_FMP4_TIME_MAX;
}

static void tell(const az_metadata *metadata, az_fmp4_out *out)
{
    if (out->sink.metadata)
        out->sink.metadata(out->sink.user, metadata);
}

/* A copy: a reference would keep all that came with it. */
static void hold(az_fmp4_events *events, az_slice box, az_fmp4_out *out)
{
    if (events->held_count == AZ_FMP4_HELD_MAX || box.size > AZ_FMP4_HELD_SIZE - events->held_size) {
        az_fmp4_trouble(out, AZ_DEMUX_LIMIT);
        return;
    }
    if (!events->held)
        events->held = calloc(AZ_FMP4_HELD_MAX, sizeof(*events->held));
    if (!events->held) {
        out->is_out_of_memory = true;
        return;
    }
    if (!az_slice_copy(&events->held[events->held_count], az_slice_span(box))) {
        out->is_out_of_memory = true;
        return;
    }
    events->held_count++;
    events->held_size += box.size;
}

void az_fmp4_events_feed(az_fmp4_events *events, az_slice box, az_fmp4_out *out)
{
    az_metadata metadata = {.codec = AZ_CODEC_EMSG, .data = box};
    uint8_t version;
    if (!read_message(az_slice_span(box), &version, &metadata))
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
    else if (version == 0)
        hold(events, box, out);
    else
        tell(&metadata, out);
}

void az_fmp4_events_release(az_fmp4_events *events, az_fmp4_time earliest, az_fmp4_out *out)
{
    for (size_t i = 0; i < events->held_count; i++) {
        az_metadata metadata = {.codec = AZ_CODEC_EMSG, .data = events->held[i]};
        uint8_t version;
        (void)read_message(az_slice_span(events->held[i]), &version, &metadata);
        if (earliest.timescale > 0)
            metadata.pts = az_rescale(earliest.ticks, metadata.timescale, earliest.timescale);
        tell(&metadata, out);
    }
    az_fmp4_events_reset(events);
}

void az_fmp4_events_reset(az_fmp4_events *events)
{
    for (size_t i = 0; i < events->held_count; i++)
        az_slice_unref(&events->held[i]);
    events->held_count = events->held_size = 0;
}

void az_fmp4_events_deinit(az_fmp4_events *events)
{
    az_fmp4_events_reset(events);
    free(events->held);
    *events = (az_fmp4_events){0};
}

void az_fmp4_producer_time(const az_fmp4_movie *movie, az_span prft, az_fmp4_out *out)
{
    az_reader r;
    uint8_t version = az_full_box_open(&r, prft, NULL);
    const az_fmp4_track *track = az_fmp4_movie_find(movie, az_reader_u32(&r));
    int64_t seconds = az_reader_u32(&r);
    uint64_t fraction = az_reader_u32(&r);
    uint64_t ticks = version == 0 ? az_reader_u32(&r) : az_reader_u64(&r);
    if (r.failed || version > 1 || ticks > (uint64_t)AZ_FMP4_TIME_MAX || !track) {
        az_fmp4_trouble(out, AZ_DEMUX_BAD_BOX);
        return;
    }
    if (seconds < UNIX_EPOCH) /* the counter began anew in 2036 */
        seconds += NTP_ERA;
    az_producer_time time = {
        .track = track->id,
        .timescale = track->entries[0].track.timescale,
        .ticks = (int64_t)ticks,
        .wall = (seconds - UNIX_EPOCH) * AIZU_SECOND +
                (int64_t)((fraction * (uint64_t)AIZU_SECOND) >> NTP_FRACTION),
    };
    if (out->sink.producer_time)
        out->sink.producer_time(out->sink.user, &time);
}
