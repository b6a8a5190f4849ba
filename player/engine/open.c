/*
 * Opening a segment: the keys that it is encrypted with (RFC 8216, 4.3.2.4) and its initialisation section
 * (4.3.2.5). Both are remembered, since a presentation comes back to them with each switch. In: a list item;
 * out: ciphers and the section in the lane's demuxer. Keys are fetched, or asked of the application.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define FAILED_AGAIN_AFTER (10 * AIZU_SECOND) /* a key that could not be had is asked for once more */
#define INLINE_KEY_MAX     256                /* bytes of its URI */
#define MAP_TRIES_MAX      3

/* ---- what a segment needs ---- */

static bool is_identity(const az_key *key)
{
    return key->key_format.size == 0 || az_span_equal_str(key->key_format, "identity");
}

static bool is_method_known(az_key_method method)
{
    return method == AZ_KEY_AES_128 || method == AZ_KEY_SAMPLE_AES || method == AZ_KEY_SAMPLE_AES_CTR;
}

static void need_drop(az_engine *e, az_key_need *need)
{
    az_engine_retire(e, need->url);
    *need = (az_key_need){0};
}

/* Without an IV of its own the media sequence number stands in its place (5.2). */
static void set_iv(az_key_need *need, const az_key *key, uint64_t number)
{
    memcpy(need->iv, key->iv, sizeof(need->iv));
    if (key->has_iv)
        return;
    memset(need->iv, 0, sizeof(need->iv));
    for (unsigned i = 0; i < 8; i++)
        need->iv[15 - i] = (uint8_t)(number >> (8 * i));
}

/* A key that stands in the playlist itself: "data:...;base64,..." (RFC 2397). It is its own URL. */
static bool is_inline(az_span uri)
{
    return az_span_starts_with(uri, "data:");
}

static aizu_result key_url(const az_lane *lane, az_span uri, char *out, size_t size)
{
    if (!is_inline(uri))
        return az_url_resolve(out, size, az_span_str(az_source_current(lane)->base), uri);
    if (uri.size >= INLINE_KEY_MAX || uri.size >= size)
        return AIZU_E_LIMIT;
    memcpy(out, uri.data, uri.size);
    out[uri.size] = '\0';
    return AIZU_OK;
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool az_open_inline(const char *url, uint8_t *out, size_t size_max, size_t *size)
{
    const char *at = strstr(url, ";base64,");
    uint32_t bits = 0;
    unsigned count = 0;
    *size = 0;
    for (at = at ? at + 8 : ""; base64_value(*at) >= 0; at++) {
        bits = bits << 6 | (uint32_t)base64_value(*at);
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        if (*size == size_max)
            return false;
        out[(*size)++] = (uint8_t)(bits >> count);
    }
    return *size > 0;
}

static aizu_result need_set(const az_lane *lane, az_key_need *need, const az_key *first, uint64_t number)
{
    const az_list *list = az_source_list(lane);
    char url[AIZU_URL_SIZE_MAX];
    if (!first || !lane->e->config.cipher)
        return first ? AIZU_E_UNSUPPORTED : AIZU_OK;
    for (const az_key *key = first; key; key = az_list_key_next(list, key)) {
        if (!is_identity(key) || !is_method_known(key->method))
            continue;
        aizu_result result = key_url(lane, key->uri, url, sizeof(url));
        if (result != AIZU_OK)
            return result;
        need->url = az_text_copy(url);
        if (!need->url)
            return AIZU_E_MEMORY;
        need->method = key->method;
        set_iv(need, key, number);
        return AIZU_OK;
    }
    return AIZU_E_UNSUPPORTED;
}

void az_open_end(az_lane *lane)
{
    az_opening *o = &lane->opening;
    need_drop(lane->e, &o->key);
    need_drop(lane->e, &o->map_key);
    az_engine_retire(lane->e, o->map_url);
    *o = (az_opening){0};
    az_segment_cipher_destroy(&lane->segment_cipher);
    az_sample_cipher_destroy(&lane->sample_cipher);
}

/* I-frame playlists without EXT-X-MAP: the section stands before the first I-frame of the resource (4.3.3.6).
 */
static aizu_result head_of_resource(az_lane *lane, const az_list_item *item)
{
    az_opening *o = &lane->opening;
    const az_list *list = az_source_list(lane);
    uint64_t first = item->range.offset;
    for (size_t i = 0; i < az_list_count(list); i++) {
        az_list_item other = az_list_at(list, i);
        if (!az_span_equal(other.uri, item->uri))
            continue;
        first = AZ_MIN(first, other.range.offset);
        break;
    }
    if (item->range.size == 0 || first == 0 || !lane->url)
        return AIZU_OK;
    o->map_url = az_text_copy(lane->url);
    o->map_range = (az_byte_range){0, first};
    return o->map_url ? AIZU_OK : AIZU_E_MEMORY;
}

aizu_result az_open_begin(az_lane *lane, const az_list_item *item)
{
    az_opening *o = &lane->opening;
    char url[AIZU_URL_SIZE_MAX];
    az_open_end(lane);
    aizu_result result = need_set(lane, &o->key, item->key, item->number);
    if (result == AIZU_OK && !item->map && lane->kind == AZ_LANE_SCRUB)
        return head_of_resource(lane, item);
    if (result != AIZU_OK || !item->map)
        return result;
    result = need_set(lane, &o->map_key, item->map_key, item->number);
    if (result == AIZU_OK)
        result = az_url_resolve(url, sizeof(url), az_span_str(az_source_current(lane)->base), item->map->uri);
    if (result != AIZU_OK)
        return result;
    o->map_url = az_text_copy(url);
    o->map_range = item->map->range;
    return o->map_url ? AIZU_OK : AIZU_E_MEMORY;
}

/* ---- keys ---- */

static az_key_entry *key_find(az_engine *e, const char *url)
{
    az_keyring *ring = &e->keyring;
    for (size_t i = 0; i < ring->key_count; i++)
        if (strcmp(ring->keys[i].url, url) == 0) {
            ring->keys[i].used = ++ring->uses;
            return &ring->keys[i];
        }
    return NULL;
}

static az_key_entry *key_add(az_engine *e, const char *url)
{
    az_keyring *ring = &e->keyring;
    char *copy = az_text_copy(url);
    if (!copy)
        return NULL;
    size_t at = ring->key_count;
    if (at == AZ_KEYS_MAX) {
        at = 0;
        for (size_t i = 1; i < ring->key_count; i++)
            if (ring->keys[i].used < ring->keys[at].used)
                at = i;
        az_engine_retire(e, ring->keys[at].url);
    } else {
        ring->key_count++;
    }
    ring->keys[at] = (az_key_entry){.url = copy, .id = ++ring->id, .used = ++ring->uses};
    return &ring->keys[at];
}

static void key_failed(az_engine *e, az_key_entry *entry, const az_fetch_outcome *outcome)
{
    entry->state = AZ_KEY_FAILED;
    entry->outcome = *outcome;
    entry->outcome.detail = entry->outcome.url = NULL; /* they may not live as long */
    entry->failed = e->now;
}

static void key_request(az_lane *lane, az_key_entry *entry)
{
    az_engine *e = lane->e;
    entry->state = AZ_KEY_WANTED;
    if (is_inline(az_span_str(entry->url))) {
        size_t size;
        entry->state = AZ_KEY_READY;
        if (!az_open_inline(entry->url, entry->key, sizeof(entry->key), &size) || size != sizeof(entry->key))
            key_failed(e, entry, &(az_fetch_outcome){.result = AIZU_E_MEDIA});
        return;
    }
    if (e->config.ask_keys) {
        az_report_key(e, entry->id, entry->url);
        return;
    }
    az_fetch_request request = {.url = entry->url};
    if (az_fetch_start(e, az_slot(lane->kind, AZ_FETCH_KEY), &request) != AIZU_OK)
        key_failed(e, entry, &(az_fetch_outcome){.result = AIZU_E_MEMORY});
}

/* A key that another lane asked for is not asked for again; if that lane stopped, it is. */
static bool is_on_its_way(const az_engine *e, const az_key_entry *entry)
{
    if (e->config.ask_keys)
        return true;
    for (unsigned i = 0; i < AZ_LANES; i++) {
        const az_fetch *fetch = &e->fetches[az_slot((az_lane_kind)i, AZ_FETCH_KEY)];
        if (fetch->state != AZ_FETCH_IDLE && fetch->url && strcmp(fetch->url, entry->url) == 0)
            return true;
    }
    return false;
}

static az_open_state key_get(az_lane *lane, const az_key_need *need, const uint8_t **key,
                             az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    az_key_entry *entry = key_find(e, need->url);
    bool is_stale =
        entry && entry->state == AZ_KEY_FAILED && az_add_sat(entry->failed, FAILED_AGAIN_AFTER) <= e->now;
    if (!entry) {
        entry = key_add(e, need->url);
        if (!entry) {
            *outcome = (az_fetch_outcome){.result = AIZU_E_MEMORY};
            return AZ_OPEN_FAILED;
        }
        key_request(lane, entry);
    } else if (is_stale || (entry->state == AZ_KEY_WANTED && !is_on_its_way(e, entry))) {
        key_request(lane, entry);
    }
    *key = entry->key;
    *outcome = entry->outcome;
    outcome->url = need->url;
    return entry->state == AZ_KEY_READY    ? AZ_OPEN_READY
           : entry->state == AZ_KEY_FAILED ? AZ_OPEN_FAILED
                                           : AZ_OPEN_WAIT;
}

static void key_fetched(az_lane *lane, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    az_fetch *fetch = &e->fetches[slot];
    az_key_entry *entry = key_find(e, fetch->url);
    az_fetch_outcome mine = *outcome;
    if (mine.result == AIZU_OK && fetch->body_size != sizeof(entry->key))
        mine = (az_fetch_outcome){.result = AIZU_E_MEDIA};
    bool is_refused = mine.result == AIZU_E_FORBIDDEN || mine.result == AIZU_E_NOT_FOUND ||
                      mine.result == AIZU_E_SCHEME || mine.result == AIZU_E_MEDIA;
    if (mine.result != AIZU_OK && entry && fetch->tries < (is_refused ? 2u : AZ_RETRY_START_MAX)) {
        az_fetch_again(e, slot, mine.retry_after);
        return;
    }
    if (entry && mine.result == AIZU_OK) {
        memcpy(entry->key, fetch->body, sizeof(entry->key));
        entry->state = AZ_KEY_READY;
    } else if (entry) {
        key_failed(e, entry, &mine);
    }
    az_fetch_stop(e, slot);
}

void az_open_key(az_engine *e, const az_event *event)
{
    az_keyring *ring = &e->keyring;
    for (size_t i = 0; i < ring->key_count; i++) {
        az_key_entry *entry = &ring->keys[i];
        if (entry->id != event->key_id || entry->state != AZ_KEY_WANTED)
            continue;
        if (event->data.size == sizeof(entry->key)) {
            memcpy(entry->key, event->data.data, sizeof(entry->key));
            entry->state = AZ_KEY_READY;
        } else {
            key_failed(e, entry, &(az_fetch_outcome){.result = AIZU_E_FORBIDDEN});
        }
    }
}

/* ---- initialisation sections ---- */

static bool is_same_range(az_byte_range a, az_byte_range b)
{
    return a.offset == b.offset && a.size == b.size;
}

static az_map_entry *map_find(az_engine *e, const az_opening *o)
{
    az_keyring *ring = &e->keyring;
    for (size_t i = 0; i < ring->map_count; i++) {
        az_map_entry *entry = &ring->maps[i];
        if (strcmp(entry->url, o->map_url) == 0 && is_same_range(entry->range, o->map_range)) {
            entry->used = ++ring->uses;
            return entry;
        }
    }
    return NULL;
}

/* Takes the bytes over. */
static aizu_result map_add(az_engine *e, const az_opening *o, az_slice data)
{
    az_keyring *ring = &e->keyring;
    char *url = az_text_copy(o->map_url);
    if (!url) {
        az_slice_unref(&data);
        return AIZU_E_MEMORY;
    }
    size_t at = ring->map_count;
    if (at == AZ_MAPS_MAX) {
        at = 0;
        for (size_t i = 1; i < ring->map_count; i++)
            if (ring->maps[i].used < ring->maps[at].used)
                at = i;
        az_engine_retire(e, ring->maps[at].url);
        az_slice_unref(&ring->maps[at].data);
    } else {
        ring->map_count++;
    }
    ring->maps[at] = (az_map_entry){url, o->map_range, data, ++ring->uses};
    return AIZU_OK;
}

static aizu_result decrypt_whole(az_engine *e, const az_key_need *need, az_span bytes, az_slice *clear)
{
    const az_key_entry *entry = key_find(e, need->url);
    az_slice head = {0}, tail = {0};
    if (!entry || entry->state != AZ_KEY_READY)
        return AIZU_E_MEDIA;
    az_segment_cipher *cipher = az_segment_cipher_create(e->config.cipher, entry->key, need->iv);
    aizu_result result = cipher ? az_segment_cipher_feed(cipher, bytes, &head) : AIZU_E_MEMORY;
    if (result == AIZU_OK)
        result = az_segment_cipher_finish(cipher, &tail);
    az_buf *whole = result == AIZU_OK ? az_buf_create(head.size + tail.size) : NULL;
    if (whole) {
        if (head.size)
            memcpy(az_buf_data(whole), head.data, head.size);
        if (tail.size)
            memcpy(az_buf_data(whole) + head.size, tail.data, tail.size);
        *clear = (az_slice){whole, az_buf_data(whole), head.size + tail.size};
    } else if (result == AIZU_OK) {
        result = AIZU_E_MEMORY;
    }
    az_slice_unref(&head);
    az_slice_unref(&tail);
    az_segment_cipher_destroy(&cipher);
    return result;
}

static aizu_result map_take(az_lane *lane, const az_fetch *fetch)
{
    const az_opening *o = &lane->opening;
    az_span bytes = az_span_make(fetch->body, fetch->body_size);
    az_slice data;
    if (bytes.size == 0)
        return AIZU_E_MEDIA;
    aizu_result result = AIZU_OK;
    if (o->map_key.method == AZ_KEY_AES_128)
        result = decrypt_whole(lane->e, &o->map_key, bytes, &data);
    else if (!az_slice_copy(&data, bytes))
        result = AIZU_E_MEMORY;
    return result == AIZU_OK ? map_add(lane->e, o, data) : result;
}

static uint64_t map_identity(const az_opening *o)
{
    uint64_t identity = az_hash(AZ_HASH_SEED, o->map_url, strlen(o->map_url));
    identity = az_hash(identity, &o->map_range.offset, sizeof(o->map_range.offset));
    return az_hash(identity, &o->map_range.size, sizeof(o->map_range.size)) | 1;
}

static void map_fetched(az_lane *lane, az_fetch_slot slot, const az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    az_fetch *fetch = &e->fetches[slot];
    az_fetch_outcome mine = *outcome;
    if (mine.result == AIZU_OK && lane->state == AZ_LANE_OPENING && lane->opening.map_url)
        mine.result = map_take(lane, fetch);
    if (mine.result == AIZU_OK) {
        az_fetch_stop(e, slot);
    } else if (fetch->tries < MAP_TRIES_MAX) {
        az_fetch_again(e, slot, mine.retry_after);
    } else {
        az_fetch_stop(e, slot);
        mine.url = lane->opening.map_url;
        if (mine.result == AIZU_E_MEDIA)
            mine.detail = "the initialisation section cannot be read";
        else if (!mine.detail)
            mine.detail = "the initialisation section cannot be had";
        az_lane_refused(lane, &mine);
    }
}

void az_open_fetched(az_lane *lane, az_fetch_purpose purpose, const az_fetch_outcome *outcome)
{
    az_fetch_slot slot = az_slot(lane->kind, purpose);
    if (purpose == AZ_FETCH_KEY)
        key_fetched(lane, slot, outcome);
    else
        map_fetched(lane, slot, outcome);
    lane->e->is_again = true;
}

/* The demuxer gets the section when it does not have it already. */
static az_open_state map_step(az_lane *lane, az_fetch_outcome *outcome)
{
    az_engine *e = lane->e;
    az_opening *o = &lane->opening;
    az_fetch_slot slot = az_slot(lane->kind, AZ_FETCH_MAP);
    uint64_t identity = map_identity(o);
    if (lane->map_fed == identity)
        return AZ_OPEN_READY;
    const az_map_entry *entry = map_find(e, o);
    if (!entry) {
        az_fetch_request request = {.url = o->map_url, .range = o->map_range};
        if (az_fetch_is_busy(e, slot) || az_fetch_start(e, slot, &request) == AIZU_OK)
            return AZ_OPEN_WAIT;
        *outcome = (az_fetch_outcome){.result = AIZU_E_MEMORY};
        return AZ_OPEN_FAILED;
    }
    aizu_result result = az_demuxer_feed(lane->demuxer, entry->data);
    if (result == AIZU_OK)
        result = az_demuxer_finish(lane->demuxer);
    *outcome = (az_fetch_outcome){.result = result, .detail = "the initialisation section cannot be read"};
    lane->map_fed = result == AIZU_OK ? identity : 0;
    return result == AIZU_OK ? AZ_OPEN_READY : AZ_OPEN_FAILED;
}

/* ---- ciphers ---- */

static aizu_result ciphers_set(az_lane *lane, const uint8_t *key)
{
    const az_key_need *need = &lane->opening.key;
    const az_cipher_provider *provider = lane->e->config.cipher;
    if (need->method == AZ_KEY_NONE)
        return AIZU_OK;
    memcpy(lane->sample_iv, need->iv, sizeof(lane->sample_iv));
    if (need->method == AZ_KEY_AES_128)
        lane->segment_cipher = az_segment_cipher_create(provider, key, need->iv);
    else
        lane->sample_cipher = az_sample_cipher_create(provider, key);
    return lane->segment_cipher || lane->sample_cipher ? AIZU_OK : AIZU_E_MEMORY;
}

az_open_state az_open_step(az_lane *lane, az_fetch_outcome *outcome)
{
    az_opening *o = &lane->opening;
    const uint8_t *key = NULL;
    const uint8_t *map_key = NULL;
    az_open_state state = AZ_OPEN_READY;
    if (o->key.method != AZ_KEY_NONE)
        state = key_get(lane, &o->key, &key, outcome);
    if (state == AZ_OPEN_READY && o->map_key.method != AZ_KEY_NONE)
        state = key_get(lane, &o->map_key, &map_key, outcome);
    if (state == AZ_OPEN_READY && o->map_url)
        state = map_step(lane, outcome);
    if (state != AZ_OPEN_READY)
        return state;
    outcome->result = ciphers_set(lane, key);
    return outcome->result == AIZU_OK ? AZ_OPEN_READY : AZ_OPEN_FAILED;
}

aizu_result az_open_decrypt(az_lane *lane, az_slice data, az_slice *clear)
{
    if (lane->segment_cipher)
        return az_segment_cipher_feed(lane->segment_cipher, az_slice_span(data), clear);
    *clear = az_slice_ref(data);
    return AIZU_OK;
}

aizu_result az_open_decrypt_end(az_lane *lane, az_slice *clear)
{
    *clear = (az_slice){0};
    return lane->segment_cipher ? az_segment_cipher_finish(lane->segment_cipher, clear) : AIZU_OK;
}

aizu_result az_open_decrypt_sample(az_lane *lane, const az_sample *sample, az_slice *clear)
{
    if (!lane->sample_cipher)
        return AIZU_E_UNSUPPORTED;
    az_sample encrypted = *sample;
    az_sample_crypt crypt = *sample->crypt;
    if (crypt.scheme == AZ_CRYPT_SAMPLE_AES)
        memcpy(crypt.iv, lane->sample_iv, sizeof(crypt.iv));
    encrypted.crypt = &crypt;
    return az_sample_decrypt(lane->sample_cipher, &encrypted, clear);
}

/* ---- ahead of time ---- */

/* EXT-X-SESSION-KEY (4.3.4.5): keys that the media playlists will name. One at a time, while the first media
 * playlist is on its way. */
void az_open_preload(az_engine *e)
{
    const az_playlist *playlist = e->presentation.multivariant;
    az_lane *lane = &e->lanes[AZ_LANE_MAIN];
    if (!playlist || !e->config.cipher || az_fetch_is_busy(e, az_slot(AZ_LANE_MAIN, AZ_FETCH_KEY)))
        return;
    const az_multivariant *m = &playlist->u.multivariant;
    for (size_t i = 0; i < m->session_key_count && i < AZ_KEYS_MAX / 2; i++) {
        const az_key *key = &m->session_keys[i];
        char url[AIZU_URL_SIZE_MAX];
        if (!is_identity(key) || !is_method_known(key->method) ||
            az_url_resolve(url, sizeof(url), az_span_str(e->presentation.multivariant_base), key->uri) !=
                AIZU_OK ||
            key_find(e, url))
            continue;
        az_key_entry *entry = key_add(e, url);
        if (entry)
            key_request(lane, entry);
        if (!e->config.ask_keys)
            return;
    }
}

void az_open_forget(az_engine *e)
{
    az_keyring *ring = &e->keyring;
    for (size_t i = 0; i < ring->key_count; i++)
        az_engine_retire(e, ring->keys[i].url);
    for (size_t i = 0; i < ring->map_count; i++) {
        az_engine_retire(e, ring->maps[i].url);
        az_slice_unref(&ring->maps[i].data);
    }
    *ring = (az_keyring){.id = ring->id};
}
