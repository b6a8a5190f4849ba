/*
 * MPEG-2 transport streams (ISO/IEC 13818-1): bytes in, tracks, access units and timed metadata out.
 */
#ifndef AZ_DEMUX_TS_H
#define AZ_DEMUX_TS_H

#include "demux/demux.h"

/* Limits; what passes them is dropped with AZ_DEMUX_LIMIT. */
#define AZ_TS_PES_SIZE_MAX ((size_t)16 << 20) /* bytes of one access unit or PES packet */
#define AZ_TS_TRACKS_MAX   32                 /* elementary streams of one programme */
#define AZ_TS_PROGRAMS_MAX 64

typedef struct az_ts az_ts;

/* A demuxer for the first programme of the stream. NULL when out of memory. The sink is copied. */
az_ts *az_ts_create(const az_demux_sink *sink);
void az_ts_destroy(az_ts **ts);

/*
 * The next bytes, cut anywhere: any split of the input gives the same output. Packets of 188 bytes, and
 * 192 and 204 where they are recognised. AIZU_OK, AIZU_E_MEDIA (no sync in the first 64 KiB: not a transport
 * stream; stays so), AIZU_E_MEMORY (output is incomplete; destroy).
 */
AZ_NODISCARD aizu_result az_ts_feed(az_ts *ts, az_span bytes);

/* The input ends here (end of a segment): gives out what is still held. Feeding may go on afterwards:
 * PAT, PMT and parameter sets stay known, continuity counters are forgotten. */
AZ_NODISCARD aizu_result az_ts_finish(az_ts *ts);

/* Drops what is held without giving it out (a seek or a broken-off download). Knowledge of tracks stays. */
void az_ts_reset(az_ts *ts);

/* Whether the programme, as its last PMT says, has an elementary stream of this id. */
bool az_ts_has_track(const az_ts *ts, uint32_t id);

/* How often each kind of trouble was met since creation. */
uint64_t az_ts_troubles(const az_ts *ts, az_demux_trouble trouble);

#endif
