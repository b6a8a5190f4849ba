/*
 * Playlist text of Low-Latency HLS; see ll_writer.h. Section numbers are those of the draft.
 */
#include "ll_writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_SECOND   INT64_C(1000000)
#define TARGETS_SKIPPED 6 /* CAN-SKIP-UNTIL: the least that 4.4.3.8 allows */
#define TARGETS_HELD    3 /* HOLD-BACK, the same */
#define SEQUENCE_DIGITS 18
#define FORMAT_US       "%" PRId64 ".%06" PRId64
#define SECONDS_OF(us)  (us) / US_PER_SECOND, (us) % US_PER_SECOND

static void write_head(ch_bytes *out, const ch_ll_playlist *p)
{
    ch_bytes_printf(out, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:%" PRId64 "\n", p->target_seconds);
    ch_bytes_printf(out,
                    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=" FORMAT_US
                    ",CAN-SKIP-UNTIL=%" PRId64 ".0,HOLD-BACK=%" PRId64 ".0\n",
                    SECONDS_OF(p->part_hold_back_us), TARGETS_SKIPPED * p->target_seconds,
                    TARGETS_HELD * p->target_seconds);
    ch_bytes_printf(out, "#EXT-X-PART-INF:PART-TARGET=" FORMAT_US "\n", SECONDS_OF(p->part_target_us));
    ch_bytes_printf(out, "#EXT-X-MEDIA-SEQUENCE:%" PRId64 "\n",
                    p->count ? p->segments[0].sequence : p->sequence_next);
}

static void write_parts(ch_bytes *out, const ch_ll_segment *s)
{
    for (size_t i = 0; i < s->parts_count; i++)
        ch_bytes_printf(out, "#EXT-X-PART:DURATION=" FORMAT_US ",URI=\"%" PRId64 ".%zu.m4s\"%s%s\n",
                        SECONDS_OF(s->parts[i].duration_us), s->sequence, i,
                        s->parts[i].is_independent ? ",INDEPENDENT=YES" : "",
                        s->parts[i].is_gap ? ",GAP=YES" : "");
}

static void write_segment(ch_bytes *out, const ch_ll_segment *s)
{
    char wall[CH_ISO_TIME_SIZE];
    ch_iso_time(wall, s->wall_ns);
    ch_bytes_printf(out, "#EXT-X-PROGRAM-DATE-TIME:%s\n", wall);
    if (s->has_parts_listed || !s->is_complete)
        write_parts(out, s);
    if (s->is_complete)
        ch_bytes_printf(out, "%s#EXTINF:" FORMAT_US ",live\n%" PRId64 ".m4s\n",
                        s->is_gap ? "#EXT-X-GAP\n" : "", SECONDS_OF(s->duration_us), s->sequence);
}

/* The end: what comes next, and how far the others are (4.4.5.3, 4.4.5.4). */
static void write_outlook(ch_bytes *out, const ch_ll_playlist *p)
{
    const ch_ll_segment *last = p->count ? &p->segments[p->count - 1] : NULL;
    int64_t sequence = last ? last->sequence + (last->is_complete ? 1 : 0) : p->sequence_next;
    size_t part = last && !last->is_complete ? last->parts_count : 0;
    ch_bytes_printf(out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%" PRId64 ".%zu.m4s\"\n", sequence, part);
    for (size_t i = 0; i < p->reports_count; i++)
        ch_bytes_printf(
            out, "#EXT-X-RENDITION-REPORT:URI=\"../%s/index.m3u8\",LAST-MSN=%" PRId64 ",LAST-PART=%zu\n",
            p->reports[i].name, p->reports[i].sequence, p->reports[i].part);
}

size_t ch_ll_skippable(const ch_ll_playlist *p)
{
    int64_t after = 0; /* from the end of the segment to the end of the playlist */
    size_t i = p->count;
    while (i > 0 && after < TARGETS_SKIPPED * p->target_seconds * US_PER_SECOND)
        after += p->segments[--i].duration_us;
    return i;
}

void ch_ll_write_media(ch_bytes *out, const ch_ll_playlist *p, bool is_delta)
{
    size_t skipped = is_delta ? ch_ll_skippable(p) : 0;
    write_head(out, p);
    ch_bytes_printf(out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    if (skipped)
        ch_bytes_printf(out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%zu\n", skipped);
    /* In a delta, too, where it changes nothing: not every player keeps it with the segments it had. */
    ch_bytes_printf(out, "#EXT-X-MAP:URI=\"init.mp4\"\n");
    for (size_t i = skipped; i < p->count; i++)
        write_segment(out, &p->segments[i]);
    write_outlook(out, p);
}

void ch_ll_write_master(ch_bytes *out, const char *folder, const ch_variant *variants, size_t count,
                        const char *audio, unsigned audio_channels)
{
    ch_bytes_printf(out, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    if (audio)
        ch_bytes_printf(out,
                        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"%s\",NAME=\"%s\",DEFAULT=YES,AUTOSELECT=YES,"
                        "CHANNELS=\"%u\",URI=\"%s/%s/index.m3u8\"\n",
                        audio, audio, audio_channels, folder, audio);
    for (size_t i = 0; i < count; i++) {
        const ch_variant *v = &variants[i];
        ch_bytes_printf(out, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64 ",AVERAGE-BANDWIDTH=%" PRId64,
                        v->bandwidth, v->average_bandwidth);
        ch_bytes_printf(out, ",RESOLUTION=%dx%d,FRAME-RATE=%.3f,CODECS=\"%s\",CLOSED-CAPTIONS=NONE", v->width,
                        v->height, v->frame_rate, v->codecs);
        if (audio)
            ch_bytes_printf(out, ",AUDIO=\"%s\"", audio);
        ch_bytes_printf(out, ",NAME=\"%s\"\n%s/%s/index.m3u8\n", v->name, folder, v->name);
    }
}

static bool parse_number(const char *text, int64_t *out)
{
    size_t size = strspn(text, "0123456789");
    if (size == 0 || size > SEQUENCE_DIGITS || text[size])
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

bool ch_ll_query_parse(ch_ll_query *query, const char *msn, const char *part, const char *skip)
{
    *query = (ch_ll_query){.sequence = -1, .part = -1};
    if (part && !msn)
        return false;
    if ((msn && !parse_number(msn, &query->sequence)) || (part && !parse_number(part, &query->part)))
        return false;
    query->may_skip = skip != NULL;
    return !skip || strcmp(skip, "YES") == 0 || strcmp(skip, "v2") == 0;
}
