/*
 * Playlist text; see playlist_writer.h. Durations are printed to the microsecond: a viewer that adds them up
 * over an hour is then still within a few milliseconds of the media times.
 */
#include "playlist_writer.h"

#include <inttypes.h>
#include <stdio.h>

#define NS_PER_MS     INT64_C(1000000)
#define MS_PER_DAY    INT64_C(86400000)
#define TICKS_PER_SEC 90000

/* Days since 1970 to a civil date, counted in eras of 400 years that begin on 1 March. */
static void civil_of(int64_t days, ch_calendar *out)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */
    out->day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
    out->month = (unsigned)(month < 10 ? month + 3 : month - 9);
    out->year = year_of_era + era * 400 + (out->month <= 2);
}

ch_calendar ch_calendar_of(int64_t wall_ns)
{
    ch_calendar out = {0};
    int64_t ms = wall_ns / NS_PER_MS - (wall_ns % NS_PER_MS < 0);
    int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
    int64_t rest = ms - days * MS_PER_DAY;
    civil_of(days, &out);
    out.hour = (unsigned)(rest / 3600000);
    out.minute = (unsigned)(rest / 60000 % 60);
    out.second = (unsigned)(rest / 1000 % 60);
    out.millisecond = (unsigned)(rest % 1000);
    return out;
}

void ch_iso_time(char *out, int64_t wall_ns)
{
    ch_calendar c = ch_calendar_of(wall_ns);
    snprintf(out, CH_ISO_TIME_SIZE, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year % 10000,
             c.month % 100, c.day % 100, c.hour % 100, c.minute % 100, c.second % 100, c.millisecond % 1000);
}

void ch_playlist_write_media(ch_bytes *out, const ch_media_playlist *playlist)
{
    ch_bytes_printf(out, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%" PRId64 "\n",
                    playlist->target_seconds);
    ch_bytes_printf(out, "#EXT-X-MEDIA-SEQUENCE:%" PRId64 "\n",
                    playlist->count ? playlist->segments[0].sequence : 0);
    if (playlist->is_vod)
        ch_bytes_printf(out, "#EXT-X-PLAYLIST-TYPE:VOD\n");
    ch_bytes_printf(out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    for (size_t i = 0; i < playlist->count; i++) {
        const ch_segment_info *s = &playlist->segments[i];
        int64_t us = (s->duration_ticks * 1000000 + TICKS_PER_SEC / 2) / TICKS_PER_SEC;
        char wall[CH_ISO_TIME_SIZE];
        ch_iso_time(wall, s->wall_ns);
        ch_bytes_printf(out, "#EXT-X-PROGRAM-DATE-TIME:%s\n", wall);
        ch_bytes_printf(out, "#EXTINF:%" PRId64 ".%06" PRId64 ",%s\n", us / 1000000, us % 1000000,
                        playlist->is_vod ? "" : "live");
        ch_bytes_printf(out, "%" PRId64 ".ts\n", s->sequence);
    }
    for (unsigned i = 0; i < playlist->prefetch_count; i++)
        ch_bytes_printf(out, "#EXT-X-PREFETCH:%" PRId64 ".ts\n", playlist->prefetch_first + i);
    if (playlist->is_vod)
        ch_bytes_printf(out, "#EXT-X-ENDLIST\n");
}

void ch_playlist_write_master(ch_bytes *out, const ch_variant *variants, size_t count, const char *list)
{
    ch_bytes_printf(out, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    for (size_t i = 0; i < count; i++) {
        const ch_variant *v = &variants[i];
        ch_bytes_printf(out, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64 ",AVERAGE-BANDWIDTH=%" PRId64,
                        v->bandwidth, v->average_bandwidth);
        ch_bytes_printf(out, ",RESOLUTION=%dx%d,FRAME-RATE=%.3f,CODECS=\"%s\",NAME=\"%s\"\n%s/%s\n", v->width,
                        v->height, v->frame_rate, v->codecs, v->name, v->name, list);
    }
}
