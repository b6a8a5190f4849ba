/*
 * The public API's calls for renditions, rates, keys and thumbnails, against a server in this process:
 * arguments, states, and what comes of them. Playback is without decoding, in real time.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include <aizu/aizu.h>

#include "api_server.h"

#define PATIENCE (20 * AIZU_SECOND)

static void calls_for_tracks_refuse_what_they_cannot_take(void **state)
{
    (void)state;
    aizu_player *player = NULL;
    char text[16];
    aizu_rendition rendition = {.size_struct = sizeof(rendition)}, no_size = {0};
    const aizu_rendition_kind no_kind = (aizu_rendition_kind)7;
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    assert_int_equal(aizu_player_create(&player, &config), AIZU_OK);
    assert_int_equal(aizu_player_set_rate(NULL, 1.0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rate(player, 0.2), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rate(player, 2.1), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rate(player, NAN), AIZU_E_ARGUMENT);
    assert_true(fabs(aizu_player_rate(NULL) - 1.0) < 1e-9);
    assert_int_equal(aizu_player_seek_fast(NULL, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_seek_fast(player, 0), AIZU_E_STATE);
    assert_int_equal(aizu_player_request_thumbnail(NULL, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_request_thumbnail(player, -1), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_request_thumbnail(player, 0), AIZU_E_STATE);
    assert_int_equal(aizu_player_set_rendition(NULL, AIZU_RENDITION_TEXT, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rendition(player, no_kind, AIZU_RENDITION_AUTO), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rendition(player, AIZU_RENDITION_TEXT, AIZU_RENDITION_OFF),
                     AIZU_E_STATE);
    assert_int_equal(aizu_player_rendition_count(NULL, AIZU_RENDITION_TEXT), 0);
    assert_int_equal(aizu_player_rendition_count(player, no_kind), 0);
    assert_int_equal(aizu_player_rendition_count(player, AIZU_RENDITION_AUDIO), 0);
    assert_int_equal(aizu_player_rendition(NULL, AIZU_RENDITION_TEXT), AIZU_RENDITION_OFF);
    assert_int_equal(aizu_player_rendition(player, AIZU_RENDITION_TEXT), AIZU_RENDITION_OFF);
    assert_int_equal(aizu_player_get_rendition(player, AIZU_RENDITION_TEXT, 0, &rendition), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_get_rendition(player, AIZU_RENDITION_TEXT, 0, &no_size), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_get_rendition(player, AIZU_RENDITION_TEXT, 0, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_session_data(player, NULL, NULL, text, sizeof(text)), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_session_data(player, "x", NULL, text, 0), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_session_data(player, "x", NULL, text, sizeof(text)), AIZU_AGAIN);
    assert_int_equal(aizu_player_provide_key(NULL, 1, NULL), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_provide_key(player, 1, NULL), AIZU_OK); /* nobody waits for it */
    aizu_player_destroy(&player);
}

/* What a viewer with subtitles hears. */
typedef struct reader {
    aizu_player *player;
    int starts, ends, renditions, thumbnails, keys;
    bool has_picture;
    int text; /* the rendition that was told last */
    char said[32];
    char key_url[128];
    aizu_result error;
    bool gives_key;
} reader;

static void on_text(void *user, const aizu_cue *cue)
{
    reader *r = user;
    if (cue->kind != AIZU_CUE_TEXT)
        return;
    r->starts += cue->phase == AIZU_CUE_START;
    r->ends += cue->phase == AIZU_CUE_END;
    assert_string_equal(cue->name, "line:0");
    assert_true(llabs(cue->pts - AIZU_SECOND / 2) < AIZU_MILLISECOND);
    snprintf(r->said, sizeof(r->said), "%s", (const char *)cue->data);
}

static void on_track_event(void *user, const aizu_event *event)
{
    reader *r = user;
    static const uint8_t key[16] = {1};
    if (event->type == AIZU_EVENT_RENDITIONS)
        r->renditions++;
    if (event->type == AIZU_EVENT_RENDITION && event->rendition_kind == AIZU_RENDITION_TEXT)
        r->text = event->rendition;
    if (event->type == AIZU_EVENT_THUMBNAIL) {
        r->thumbnails++;
        r->has_picture = event->thumbnail != NULL;
    }
    if (event->type == AIZU_EVENT_ERROR && r->error == AIZU_OK)
        r->error = event->error->result;
    if (event->type == AIZU_EVENT_KEY) {
        r->keys++;
        assert_true(event->key_id != 0);
        snprintf(r->key_url, sizeof(r->key_url), "%s", event->key_url);
        aizu_player_provide_key(r->player, event->key_id, r->gives_key ? key : NULL);
    }
}

static void open_reader(reader *r, const aizu_config *config, const char *path)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", api_server_base, path);
    r->text = AIZU_RENDITION_OFF;
    assert_int_equal(aizu_player_create(&r->player, config), AIZU_OK);
    aizu_player_on_cue(r->player, on_text, r);
    aizu_player_on_event(r->player, on_track_event, r);
    assert_int_equal(aizu_player_load(r->player, url), AIZU_OK);
}

static void read_to_end(reader *r)
{
    int64_t limit = aizu_now() + PATIENCE;
    while (aizu_now() < limit && aizu_player_dispatch(r->player, AIZU_SECOND) != AIZU_END)
        ;
    assert_true(aizu_now() < limit);
}

static void subtitles_are_listed_chosen_by_language_and_delivered(void **state)
{
    (void)state;
    reader r = {0};
    char text[32];
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    config.text_languages = "de,ja";
    open_reader(&r, &config, "/master.m3u8");
    while (r.renditions == 0)
        aizu_player_dispatch(r.player, PATIENCE);
    assert_int_equal(aizu_player_rendition_count(r.player, AIZU_RENDITION_TEXT), 2);
    aizu_rendition found = {.size_struct = sizeof(found)};
    assert_int_equal(aizu_player_get_rendition(r.player, AIZU_RENDITION_TEXT, 0, &found), AIZU_OK);
    assert_string_equal(found.name, "English");
    assert_string_equal(found.language, "en");
    assert_string_equal(found.characteristics, "public.easy-to-read");
    assert_true(found.is_autoselect && !found.is_default && !found.is_forced && !found.is_caption);
    assert_int_equal(aizu_player_set_rendition(r.player, AIZU_RENDITION_TEXT, 2), AIZU_E_ARGUMENT);
    assert_int_equal(aizu_player_set_rendition(r.player, AIZU_RENDITION_TEXT, -3), AIZU_E_ARGUMENT);

    assert_int_equal(aizu_player_session_data(r.player, "aizu.title", "ja", text, sizeof(text)), AIZU_OK);
    assert_string_equal(text, "題名");
    assert_int_equal(aizu_player_session_data(r.player, "aizu.title", "en", text, 3), AIZU_E_LIMIT);
    assert_int_equal(aizu_player_session_data(r.player, "aizu.none", NULL, text, sizeof(text)), AIZU_AGAIN);

    aizu_player_play(r.player);
    read_to_end(&r);
    assert_int_equal(r.text, 1);
    assert_string_equal(r.said, "はい");
    assert_int_equal(r.starts, 1);
    assert_int_equal(r.ends, 1);
    aizu_player_destroy(&r.player);
}

static void subtitles_are_off_until_they_are_chosen(void **state)
{
    (void)state;
    reader r = {0};
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    open_reader(&r, &config, "/master.m3u8");
    aizu_player_play(r.player);
    read_to_end(&r);
    assert_int_equal(r.starts, 0);
    assert_int_equal(aizu_player_rendition(r.player, AIZU_RENDITION_TEXT), AIZU_RENDITION_OFF);
    aizu_player_seek(r.player, 0);
    assert_int_equal(aizu_player_set_rendition(r.player, AIZU_RENDITION_TEXT, 0), AIZU_OK);
    aizu_player_play(r.player);
    read_to_end(&r);
    assert_string_equal(r.said, "yes");
    assert_int_equal(r.starts, 1);
    assert_int_equal(r.text, 0);
    aizu_player_destroy(&r.player);
}

static void a_rate_changes_how_long_a_recording_takes(void **state)
{
    (void)state;
    reader r = {0};
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    open_reader(&r, &config, "/list.m3u8");
    assert_int_equal(aizu_player_set_rate(r.player, 2.0), AIZU_OK);
    int64_t begin = aizu_now();
    aizu_player_play(r.player);
    read_to_end(&r);
    int64_t took = aizu_now() - begin;
    assert_true(took > 9 * AIZU_SECOND / 10 && took < 18 * AIZU_SECOND / 10); /* of two seconds */
    assert_true(fabs(aizu_player_rate(r.player) - 2.0) < 1e-9);
    aizu_player_destroy(&r.player);
}

static void a_stream_without_i_frames_answers_that_there_is_no_thumbnail(void **state)
{
    (void)state;
    reader r = {0};
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    open_reader(&r, &config, "/list.m3u8");
    assert_int_equal(aizu_player_request_thumbnail(r.player, AIZU_SECOND), AIZU_OK);
    aizu_player_play(r.player);
    read_to_end(&r);
    assert_int_equal(r.thumbnails, 1);
    assert_false(r.has_picture);
    aizu_player_destroy(&r.player);
}

static void a_key_is_asked_for_and_may_be_refused(void **state)
{
    (void)state;
    aizu_config config = api_settings(AIZU_VIDEO_NO_DECODE);
    config.ask_keys = 1;
    for (int gives = 0; gives < 2; gives++) {
        reader r = {.gives_key = gives};
        open_reader(&r, &config, "/sealed.m3u8");
        aizu_player_play(r.player);
        read_to_end(&r);
        assert_true(r.keys >= 1);
        assert_non_null(
            strstr(r.key_url, "/secret.key?token=1")); /* as it is: it may be what names the key */
        assert_true(r.error != AIZU_OK); /* refused, or not the right one: the segment was never encrypted */
        assert_int_equal(aizu_result_class(r.error), gives ? AIZU_CLASS_CONTENT : AIZU_CLASS_AUTHORISATION);
        aizu_player_destroy(&r.player);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_for_tracks_refuse_what_they_cannot_take),
        cmocka_unit_test(subtitles_are_listed_chosen_by_language_and_delivered),
        cmocka_unit_test(subtitles_are_off_until_they_are_chosen),
        cmocka_unit_test(a_rate_changes_how_long_a_recording_takes),
        cmocka_unit_test(a_stream_without_i_frames_answers_that_there_is_no_thumbnail),
        cmocka_unit_test(a_key_is_asked_for_and_may_be_refused),
    };
    return cmocka_run_group_tests(tests, api_server_start, api_server_stop);
}
