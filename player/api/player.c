/*
 * The public functions of include/aizu/player.h: they check arguments and pass on to the driver (host/loop).
 * No logic lives here; what each one promises stands in the header.
 */
#include <stdlib.h>
#include <string.h>

#include "aizu/aizu.h"
#include "api/config.h"
#include "host/loop/loop.h"
#include "host/loop/view.h"
#include "playlist/playlist.h"

struct aizu_player {
    az_loop *loop;
};

/* ---- life ---- */

aizu_result aizu_player_create(aizu_player **player, const aizu_config *given)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    *player = NULL;
    aizu_config config;
    aizu_result result = az_config_read(&config, given);
    if (result != AIZU_OK)
        return result;
    aizu_player *created = calloc(1, sizeof(*created));
    if (!created)
        return AIZU_E_MEMORY;
    result = az_loop_create(&created->loop, &config);
    if (result != AIZU_OK) {
        free(created);
        return result;
    }
    *player = created;
    return AIZU_OK;
}

void aizu_player_destroy(aizu_player **player)
{
    if (!player || !*player)
        return;
    aizu_player *ended = *player;
    *player = NULL;
    az_loop_destroy(&ended->loop);
    free(ended);
}

/* ---- commands ---- */

static aizu_result command(aizu_player *player, az_event event)
{
    event.time = aizu_now();
    return az_loop_command(player->loop, &event);
}

static aizu_result simple_command(aizu_player *player, az_event_type type)
{
    return player ? command(player, (az_event){.type = type}) : AIZU_E_ARGUMENT;
}

aizu_result aizu_player_load_at(aizu_player *player, const char *url, int64_t position)
{
    if (!player || !url || (position < 0 && position != AIZU_NO_TIME))
        return AIZU_E_ARGUMENT;
    const char *end = memchr(url, '\0', AIZU_URL_SIZE_MAX);
    if (!end)
        return AIZU_E_ARGUMENT;
    if (!az_url_is_fetchable(az_span_make(url, (size_t)(end - url))))
        return AIZU_E_SCHEME;
    return command(player, (az_event){.type = AZ_EVENT_LOAD, .url = url, .pts = position});
}

aizu_result aizu_player_load(aizu_player *player, const char *url)
{
    return aizu_player_load_at(player, url, AIZU_NO_TIME);
}

aizu_result aizu_player_play(aizu_player *player)
{
    return simple_command(player, AZ_EVENT_PLAY);
}

aizu_result aizu_player_pause(aizu_player *player)
{
    return simple_command(player, AZ_EVENT_PAUSE);
}

aizu_result aizu_player_stop(aizu_player *player)
{
    return simple_command(player, AZ_EVENT_STOP);
}

aizu_result aizu_player_seek(aizu_player *player, int64_t position)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    if (!az_loop_is_loaded(player->loop))
        return AIZU_E_STATE;
    return command(player, (az_event){.type = AZ_EVENT_SEEK, .pts = position});
}

aizu_result aizu_player_seek_fast(aizu_player *player, int64_t position)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    if (!az_loop_is_loaded(player->loop))
        return AIZU_E_STATE;
    return command(player, (az_event){.type = AZ_EVENT_SEEK, .pts = position, .index = 1});
}

aizu_result aizu_player_request_thumbnail(aizu_player *player, int64_t position)
{
    if (!player || position < 0)
        return AIZU_E_ARGUMENT;
    if (!az_loop_is_loaded(player->loop))
        return AIZU_E_STATE;
    return command(player, (az_event){.type = AZ_EVENT_THUMBNAIL, .pts = position});
}

aizu_result aizu_player_set_rate(aizu_player *player, double rate)
{
    if (!player || !(rate >= 0.25 && rate <= 2.0))
        return AIZU_E_ARGUMENT;
    return command(player, (az_event){.type = AZ_EVENT_RATE, .rate = rate});
}

static bool is_rendition_kind(aizu_rendition_kind kind)
{
    return kind == AIZU_RENDITION_AUDIO || kind == AIZU_RENDITION_TEXT;
}

aizu_result aizu_player_set_rendition(aizu_player *player, aizu_rendition_kind kind, int index)
{
    if (!player || !is_rendition_kind(kind))
        return AIZU_E_ARGUMENT;
    if (!az_loop_is_loaded(player->loop))
        return AIZU_E_STATE;
    bool is_special = index == AIZU_RENDITION_AUTO || index == AIZU_RENDITION_OFF;
    if (!is_special && (index < 0 || index >= aizu_player_rendition_count(player, kind)))
        return AIZU_E_ARGUMENT;
    return command(player, (az_event){.type = AZ_EVENT_RENDITION, .kind = kind, .index = index});
}

aizu_result aizu_player_provide_key(aizu_player *player, uint64_t key_id, const uint8_t *key)
{
    az_slice data = {0};
    if (!player)
        return AIZU_E_ARGUMENT;
    if (key && !az_slice_copy(&data, az_span_make(key, 16)))
        return AIZU_E_MEMORY;
    aizu_result result = command(player, (az_event){.type = AZ_EVENT_KEY, .key_id = key_id, .data = data});
    az_slice_unref(&data);
    return result;
}

aizu_result aizu_player_set_quality(aizu_player *player, int index)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    if (!az_loop_is_loaded(player->loop))
        return AIZU_E_STATE;
    if (index != AIZU_QUALITY_AUTO && (index < 0 || index >= aizu_player_quality_count(player)))
        return AIZU_E_ARGUMENT;
    return command(player, (az_event){.type = AZ_EVENT_QUALITY, .index = index});
}

aizu_result aizu_player_set_volume(aizu_player *player, double volume)
{
    if (!player || !(volume >= 0.0 && volume <= 1.0))
        return AIZU_E_ARGUMENT;
    az_loop_set_volume(player->loop, volume);
    return AIZU_OK;
}

double aizu_player_volume(const aizu_player *player)
{
    return player ? az_loop_volume(player->loop) : 0.0;
}

aizu_result aizu_player_set_muted(aizu_player *player, int muted)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    az_loop_set_muted(player->loop, muted != 0);
    return AIZU_OK;
}

int aizu_player_muted(const aizu_player *player)
{
    return player && az_loop_is_muted(player->loop);
}

aizu_result aizu_player_set_header(aizu_player *player, const char *line)
{
    return player && line ? az_loop_set_header(player->loop, line) : AIZU_E_ARGUMENT;
}

/* ---- getters ---- */

int aizu_player_quality_count(const aizu_player *player)
{
    if (!player)
        return 0;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.quality_count;
}

aizu_result aizu_player_get_quality(const aizu_player *player, int index, aizu_quality *quality)
{
    aizu_quality found;
    if (!player || !quality || quality->size_struct < sizeof(size_t) ||
        !az_loop_quality(player->loop, index, &found))
        return AIZU_E_ARGUMENT;
    found.size_struct = quality->size_struct;
    memcpy(quality, &found, AZ_MIN(quality->size_struct, sizeof(found)));
    return AIZU_OK;
}

int aizu_player_quality(const aizu_player *player)
{
    if (!player)
        return -1;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.quality;
}

int aizu_player_quality_is_auto(const aizu_player *player)
{
    if (!player)
        return 0;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.is_quality_auto;
}

int aizu_player_rendition_count(const aizu_player *player, aizu_rendition_kind kind)
{
    if (!player || !is_rendition_kind(kind))
        return 0;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.rendition_counts[kind];
}

aizu_result aizu_player_get_rendition(const aizu_player *player, aizu_rendition_kind kind, int index,
                                      aizu_rendition *rendition)
{
    aizu_rendition found;
    if (!player || !rendition || !is_rendition_kind(kind) || rendition->size_struct < sizeof(size_t) ||
        !az_loop_rendition(player->loop, kind, index, &found))
        return AIZU_E_ARGUMENT;
    found.size_struct = rendition->size_struct;
    memcpy(rendition, &found, AZ_MIN(rendition->size_struct, sizeof(found)));
    return AIZU_OK;
}

int aizu_player_rendition(const aizu_player *player, aizu_rendition_kind kind)
{
    if (!player || !is_rendition_kind(kind))
        return AIZU_RENDITION_OFF;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.renditions[kind];
}

double aizu_player_rate(const aizu_player *player)
{
    if (!player)
        return 1.0;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.wanted_rate;
}

aizu_result aizu_player_session_data(const aizu_player *player, const char *data_id, const char *language,
                                     char *out, size_t out_size)
{
    if (!player || !data_id || !out || out_size == 0)
        return AIZU_E_ARGUMENT;
    return az_loop_session_data(player->loop, data_id, language, out, out_size);
}

aizu_state aizu_player_state(const aizu_player *player)
{
    if (!player)
        return AIZU_STATE_IDLE;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.state;
}

int64_t aizu_player_position(const aizu_player *player)
{
    if (!player)
        return AIZU_NO_TIME;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return az_snapshot_position(&snapshot, aizu_now());
}

int64_t aizu_player_duration(const aizu_player *player)
{
    if (!player)
        return AIZU_NO_TIME;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.duration;
}

int aizu_player_is_live(const aizu_player *player)
{
    if (!player)
        return 0;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return snapshot.is_live;
}

/* Fills a range; AIZU_AGAIN while it is not known. */
static aizu_result give_range(int64_t from, int64_t to, int64_t *begin, int64_t *end)
{
    bool is_known = from != AIZU_NO_TIME && to != AIZU_NO_TIME;
    *begin = is_known ? from : AIZU_NO_TIME;
    *end = is_known ? to : AIZU_NO_TIME;
    return is_known ? AIZU_OK : AIZU_AGAIN;
}

aizu_result aizu_player_seekable(const aizu_player *player, int64_t *begin, int64_t *end)
{
    if (!player || !begin || !end)
        return AIZU_E_ARGUMENT;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return give_range(snapshot.seekable_begin, snapshot.seekable_end, begin, end);
}

aizu_result aizu_player_buffered(const aizu_player *player, int64_t *begin, int64_t *end)
{
    if (!player || !begin || !end)
        return AIZU_E_ARGUMENT;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return give_range(snapshot.buffered_begin, snapshot.buffered_end, begin, end);
}

int64_t aizu_player_live_latency(const aizu_player *player)
{
    if (!player)
        return AIZU_NO_TIME;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    return az_snapshot_live_latency(&snapshot, aizu_now(), az_loop_wall());
}

int64_t aizu_player_wall_clock(const aizu_player *player)
{
    if (!player)
        return AIZU_NO_TIME;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    int64_t position = az_snapshot_position(&snapshot, aizu_now());
    if (position == AIZU_NO_TIME || snapshot.wall_offset == AIZU_NO_TIME)
        return AIZU_NO_TIME;
    return position + snapshot.wall_offset;
}

aizu_result aizu_player_get_stats(const aizu_player *player, aizu_stats *stats)
{
    if (!player || !stats || stats->size_struct < sizeof(size_t))
        return AIZU_E_ARGUMENT;
    az_snapshot snapshot;
    az_loop_snapshot(player->loop, &snapshot);
    snapshot.stats.size_struct = stats->size_struct;
    memcpy(stats, &snapshot.stats, AZ_MIN(stats->size_struct, sizeof(snapshot.stats)));
    return AIZU_OK;
}

/* ---- callbacks and frames ---- */

aizu_result aizu_player_on_cue(aizu_player *player, aizu_cue_callback callback, void *user)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    az_loop_on_cue(player->loop, callback, user);
    return AIZU_OK;
}

aizu_result aizu_player_on_event(aizu_player *player, aizu_event_callback callback, void *user)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    az_loop_on_event(player->loop, callback, user);
    return AIZU_OK;
}

aizu_result aizu_player_on_frame(aizu_player *player, aizu_event_callback callback, void *user)
{
    return player ? az_loop_on_frame(player->loop, callback, user) : AIZU_E_ARGUMENT;
}

aizu_result aizu_player_dispatch(aizu_player *player, int64_t timeout)
{
    return player && timeout >= 0 ? az_loop_dispatch(player->loop, timeout) : AIZU_E_ARGUMENT;
}

int aizu_player_wakeup_fd(const aizu_player *player)
{
    return player ? az_loop_wakeup_fd(player->loop) : -1;
}

aizu_result aizu_player_set_wakeup(aizu_player *player, void (*wakeup)(void *user), void *user)
{
    if (!player)
        return AIZU_E_ARGUMENT;
    az_loop_set_wakeup(player->loop, wakeup, user);
    return AIZU_OK;
}

aizu_result aizu_player_acquire_frame(aizu_player *player, const aizu_frame **frame)
{
    if (frame)
        *frame = NULL;
    return player && frame ? az_loop_acquire(player->loop, frame) : AIZU_E_ARGUMENT;
}

void aizu_player_release_frame(aizu_player *player, const aizu_frame **frame)
{
    if (player && frame && *frame)
        az_loop_release(player->loop, frame);
}
