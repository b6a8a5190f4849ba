/*
 * The quiz as a viewer plays it, on stream time (demo/quiz/game.h), and the cues it gets
 * (demo/quiz/cue_source.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cue_source.h"
#include "game.h"

#define SECOND INT64_C(1000000000)

static const char TIMED[] =
    "{\"question\":\"Q\",\"answers\":[\"a\",\"b\",\"c\"],\"correctIndex\":1,\"duration\":10}";
static const char UNTIMED[] = "{\"question\":\"U\",\"answers\":[\"a\",\"b\",\"c\"],\"correctIndex\":1}";
static const char POLL[] = "{\"question\":\"P\",\"options\":[\"a\",\"b\",\"c\"]}";

static struct quiz_game begin(void)
{
    struct quiz_game game;
    quiz_game_init(&game);
    return game;
}

static bool show(struct quiz_game *game, const char *payload, uint64_t id, int64_t pts, int64_t now)
{
    struct quiz_item item;
    quiz_payload_parse(payload, strlen(payload), &item);
    return quiz_game_show(game, &item, id, pts, now);
}

static void a_timed_question_reveals_when_time_is_up(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    assert_true(show(&game, TIMED, 1, 100 * SECOND, 100 * SECOND));
    assert_int_equal(game.phase, QUIZ_OPEN);
    assert_int_equal(quiz_game_remaining(&game, 103 * SECOND), 7 * SECOND);
    assert_true(quiz_game_answer(&game, 1, 103 * SECOND));
    assert_int_equal(game.phase, QUIZ_LOCKED);
    assert_false(quiz_game_answer(&game, 0, 104 * SECOND)); /* no second thoughts */
    assert_false(quiz_game_advance(&game, 109 * SECOND));
    assert_int_equal(game.counted, 0);
    assert_true(quiz_game_advance(&game, 110 * SECOND));
    assert_int_equal(game.phase, QUIZ_REVEALED);
    assert_true(quiz_game_is_right(&game));
    assert_int_equal(game.right_count, 1);
    assert_int_equal(game.counted, 1);
    assert_true(quiz_game_advance(&game, 116 * SECOND));
    assert_int_equal(game.phase, QUIZ_HIDDEN);
}

static void an_untimed_question_reveals_at_once(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, UNTIMED, 1, 0, 0);
    assert_true(quiz_game_answer(&game, 2, SECOND));
    assert_int_equal(game.phase, QUIZ_REVEALED);
    assert_false(quiz_game_is_right(&game));
    assert_int_equal(game.right_count, 0);
    assert_int_equal(game.counted, 1);
}

static void silence_counts_only_against_a_countdown(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, TIMED, 1, 0, 0);
    quiz_game_advance(&game, 10 * SECOND);
    assert_int_equal(game.phase, QUIZ_REVEALED);
    assert_int_equal(game.counted, 1);
    show(&game, UNTIMED, 2, 20 * SECOND, 20 * SECOND);
    quiz_game_advance(&game, 20 * SECOND + QUIZ_OPEN_MAX_NS);
    assert_int_equal(game.phase, QUIZ_HIDDEN);
    assert_int_equal(game.counted, 1);
}

static void a_vote_is_thanked_for_and_not_scored(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, POLL, 1, 0, 0);
    assert_true(quiz_game_answer(&game, 0, SECOND));
    assert_int_equal(game.phase, QUIZ_THANKED);
    assert_int_equal(game.counted, 0);
    quiz_game_advance(&game, SECOND + QUIZ_THANKS_NS);
    assert_int_equal(game.phase, QUIZ_HIDDEN);
}

static void a_stalled_stream_stops_the_countdown(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, TIMED, 1, 0, 0);
    for (int i = 0; i < 1000; i++)
        quiz_game_advance(&game, 3 * SECOND); /* the position does not move */
    assert_int_equal(quiz_game_remaining(&game, 3 * SECOND), 7 * SECOND);
}

static void a_late_question_has_less_time_or_none(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    assert_true(show(&game, TIMED, 1, 0, 4 * SECOND));
    assert_int_equal(quiz_game_remaining(&game, 4 * SECOND), 6 * SECOND);
    game = begin();
    assert_false(show(&game, TIMED, 1, 0, 11 * SECOND));
    assert_int_equal(game.phase, QUIZ_HIDDEN);
}

static void stop_takes_the_card_away(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    assert_false(show(&game, "null", 1, 0, 0));
    show(&game, TIMED, 2, 0, 0);
    assert_true(show(&game, "{\"name\":\"quiz\",\"data\":null}", 3, SECOND, SECOND));
    assert_int_equal(game.phase, QUIZ_HIDDEN);
    assert_true(show(&game, TIMED, 4, 2 * SECOND, 2 * SECOND)); /* asked anew */
    assert_int_equal(game.phase, QUIZ_OPEN);
}

static void a_new_question_replaces_the_old(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, TIMED, 1, 0, 0);
    quiz_game_answer(&game, 1, SECOND);
    show(&game, UNTIMED, 2, 2 * SECOND, 2 * SECOND);
    assert_string_equal(game.item.text, "U");
    assert_int_equal(game.phase, QUIZ_OPEN);
    assert_int_equal(game.choice, -1);
    assert_int_equal(game.number, 2);
}

static void repetitions_for_late_joiners_change_nothing(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, UNTIMED, 1, 0, 0);
    for (int second = 1; second < 5; second++)
        assert_false(show(&game, UNTIMED, (uint64_t)second + 1, second * SECOND, second * SECOND));
    quiz_game_answer(&game, 1, 5 * SECOND);
    for (int second = 5; second < 60; second++) { /* neither while revealed nor afterwards */
        assert_false(show(&game, UNTIMED, (uint64_t)second + 1, second * SECOND, second * SECOND));
        quiz_game_advance(&game, second * SECOND);
    }
    assert_int_equal(game.phase, QUIZ_HIDDEN);
    assert_int_equal(game.number, 1);
    assert_true(show(&game, UNTIMED, 99, 100 * SECOND, 100 * SECOND)); /* much later it is a new one */
}

static void an_answer_that_comes_later_reveals(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, "{\"question\":\"Q\",\"answers\":[\"a\",\"b\"]}", 1, 0, 0);
    quiz_game_answer(&game, 1, SECOND);
    assert_int_equal(game.phase, QUIZ_THANKED);
    assert_true(show(&game, "{\"question\":\"Q\",\"answers\":[\"a\",\"b\"],\"correctIndex\":1}", 2,
                     8 * SECOND, 8 * SECOND));
    assert_int_equal(game.phase, QUIZ_REVEALED);
    assert_true(quiz_game_is_right(&game));
    assert_int_equal(game.right_count, 1);
}

static void seeking_back_asks_again_but_scores_once(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, TIMED, 7, 100 * SECOND, 100 * SECOND);
    quiz_game_answer(&game, 1, 101 * SECOND);
    quiz_game_advance(&game, 110 * SECOND);
    assert_int_equal(game.right_count, 1);
    assert_true(quiz_game_advance(&game, 50 * SECOND));
    assert_int_equal(game.phase, QUIZ_HIDDEN);
    assert_true(show(&game, TIMED, 7, 100 * SECOND, 100 * SECOND));
    assert_int_equal(game.phase, QUIZ_OPEN);
    assert_int_equal(game.number, 1);
    quiz_game_answer(&game, 1, 101 * SECOND);
    quiz_game_advance(&game, 110 * SECOND);
    assert_int_equal(game.phase, QUIZ_REVEALED);
    assert_int_equal(game.right_count, 1);
    assert_int_equal(game.counted, 1);
}

static void answers_outside_the_list_are_not_taken(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    assert_false(quiz_game_answer(&game, 0, 0));
    show(&game, TIMED, 1, 0, 0);
    assert_false(quiz_game_answer(&game, 3, SECOND));
    assert_false(quiz_game_answer(&game, -1, SECOND));
    assert_false(quiz_game_answer(&game, 0, 10 * SECOND)); /* too late, even before advance() said so */
}

static void arrows_walk_the_grid(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    show(&game, TIMED, 1, 0, 0);                       /* 0 1 */
    assert_true(quiz_game_move_focus(&game, 0, 1, 2)); /* 2   */
    assert_int_equal(game.focus, 0);
    assert_true(quiz_game_move_focus(&game, 1, 0, 2));
    assert_int_equal(game.focus, 1);
    assert_false(quiz_game_move_focus(&game, 1, 0, 2));
    assert_false(quiz_game_move_focus(&game, 0, 1, 2));
    assert_true(quiz_game_move_focus(&game, -1, 0, 2));
    assert_true(quiz_game_move_focus(&game, 0, 1, 2));
    assert_int_equal(game.focus, 2);
    assert_false(quiz_game_move_focus(&game, 1, 0, 2));
    assert_true(quiz_game_move_focus(&game, 0, -1, 2));
    assert_int_equal(game.focus, 0);
}

static void notices_come_and_go(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    assert_true(show(&game, "{\"title\":\"T\",\"message\":\"M\",\"duration\":3}", 1, 0, 0));
    assert_true(show(&game, "hello", 2, 0, 0));
    assert_int_equal(game.toast_count, 2);
    assert_true(quiz_game_advance(&game, 3 * SECOND));
    assert_int_equal(game.toast_count, 1);
    assert_string_equal(game.toasts[0].text, "hello");
    assert_true(quiz_game_advance(&game, QUIZ_TOAST_NS));
    assert_int_equal(game.toast_count, 0);
    assert_false(show(&game, "old", 3, 0, 60 * SECOND));
}

static void a_product_repeated_each_second_is_one_notice(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    assert_true(show(&game, "{\"productId\":1}", 1, 0, 0));
    for (int second = 1; second < 60; second++) {
        assert_false(
            show(&game, "{\"productId\":1}", (uint64_t)second + 1, second * SECOND, second * SECOND));
        assert_false(quiz_game_advance(&game, second * SECOND));
        assert_int_equal(game.toast_count, 1);
    }
}

static void a_flood_of_notices_stays_bounded(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    for (int i = 0; i < 1000; i++) {
        char text[2] = {(char)('a' + i % 26), '\0'};
        show(&game, text, (uint64_t)i + 1, 0, 0);
        assert_true(game.toast_count <= QUIZ_TOASTS_MAX);
    }
    assert_string_equal(game.toasts[QUIZ_TOASTS_MAX - 1].text, "l"); /* the newest stays */
}

static void the_automatic_player_answers_in_time(void **state)
{
    (void)state;
    struct quiz_game game = begin();
    assert_int_equal(quiz_game_auto_answer(&game, 0), -1);
    show(&game, TIMED, 1, 0, 0);
    assert_int_equal(quiz_game_auto_answer(&game, SECOND), -1);
    assert_int_equal(quiz_game_auto_answer(&game, 4 * SECOND), 1);
    for (uint64_t i = 2; i < 200; i++) { /* always one that exists, also when it is wrong on purpose */
        int64_t at = (int64_t)i * 100 * SECOND;
        show(&game, i % 2 ? TIMED : POLL, i, at, at);
        int choice = quiz_game_auto_answer(&game, at + 5 * SECOND);
        assert_true(quiz_game_answer(&game, choice, at + 5 * SECOND));
    }
}

static void a_cue_on_a_frame_is_not_taken_again_from_the_callback(void **state)
{
    (void)state;
    struct quiz_cue_source source = {0};
    quiz_cue_source_carry(&source, 5);
    quiz_cue_source_carry(&source, 6);
    assert_true(quiz_cue_source_is_new(&source, 4)); /* skipped: no frame had it */
    assert_false(quiz_cue_source_is_new(&source, 5));
    assert_true(quiz_cue_source_is_new(&source, 5)); /* a second passing without a frame */
    assert_false(quiz_cue_source_is_new(&source, 6));
    for (int replay = 0; replay < 2; replay++) {
        quiz_cue_source_carry(&source, 5);
        assert_false(quiz_cue_source_is_new(&source, 5));
    }
}

static void cues_that_are_never_called_back_are_forgotten(void **state)
{
    (void)state;
    struct quiz_cue_source source = {0};
    for (uint64_t id = 1; id <= 3 * QUIZ_CARRIED_MAX; id++)
        quiz_cue_source_carry(&source, id);
    assert_true(quiz_cue_source_is_new(&source, 1));
    for (uint64_t id = 2 * QUIZ_CARRIED_MAX + 1; id <= 3 * QUIZ_CARRIED_MAX; id++)
        assert_false(quiz_cue_source_is_new(&source, id));
    assert_int_equal(source.count, 0);
}

static void an_encoders_signature_is_no_message(void **state)
{
    (void)state;
    struct quiz_item item;
    aizu_cue cue = {.kind = AIZU_CUE_SEI, .data = (const uint8_t *)"x264 - core 164", .size = 15};
    quiz_cue_read(&cue, &item);
    assert_int_equal(item.kind, QUIZ_IGNORED);
    cue.data = (const uint8_t *)POLL;
    cue.size = strlen(POLL);
    quiz_cue_read(&cue, &item);
    assert_int_equal(item.kind, QUIZ_POLL);
    cue.kind = AIZU_CUE_DATERANGE;
    quiz_cue_read(&cue, &item);
    assert_int_equal(item.kind, QUIZ_IGNORED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timed_question_reveals_when_time_is_up),
        cmocka_unit_test(an_untimed_question_reveals_at_once),
        cmocka_unit_test(silence_counts_only_against_a_countdown),
        cmocka_unit_test(a_vote_is_thanked_for_and_not_scored),
        cmocka_unit_test(a_stalled_stream_stops_the_countdown),
        cmocka_unit_test(a_late_question_has_less_time_or_none),
        cmocka_unit_test(stop_takes_the_card_away),
        cmocka_unit_test(a_new_question_replaces_the_old),
        cmocka_unit_test(repetitions_for_late_joiners_change_nothing),
        cmocka_unit_test(an_answer_that_comes_later_reveals),
        cmocka_unit_test(seeking_back_asks_again_but_scores_once),
        cmocka_unit_test(answers_outside_the_list_are_not_taken),
        cmocka_unit_test(arrows_walk_the_grid),
        cmocka_unit_test(notices_come_and_go),
        cmocka_unit_test(a_product_repeated_each_second_is_one_notice),
        cmocka_unit_test(a_flood_of_notices_stays_bounded),
        cmocka_unit_test(the_automatic_player_answers_in_time),
        cmocka_unit_test(a_cue_on_a_frame_is_not_taken_again_from_the_callback),
        cmocka_unit_test(cues_that_are_never_called_back_are_forgotten),
        cmocka_unit_test(an_encoders_signature_is_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
