/*
 * Any bytes as the payload of a cue: the result stays inside its struct, can be drawn, and can be played.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "game.h"
#include "payload.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_text(const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);
    require(end && quiz_utf8_is_valid(text, (size_t)(end - text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct quiz_item item;
    struct quiz_game game;
    quiz_payload_parse(data, size, &item);
    bool has_answers = item.kind == QUIZ_QUESTION || item.kind == QUIZ_POLL;
    require(item.answer_count >= 0 && item.answer_count <= QUIZ_ANSWERS_MAX);
    require(!has_answers || item.answer_count > 0);
    require(item.kind != QUIZ_QUESTION || (item.correct >= 0 && item.correct < item.answer_count));
    require(item.duration_ns >= 0 && item.duration_ns <= QUIZ_DURATION_MAX_NS);
    require_text(item.id, sizeof(item.id));
    require_text(item.text, sizeof(item.text));
    require_text(item.detail, sizeof(item.detail));
    for (int i = 0; i < item.answer_count; i++)
        require_text(item.answers[i], sizeof(item.answers[i]));

    quiz_game_init(&game);
    quiz_game_show(&game, &item, 1, 0, 0);
    require(quiz_game_answer(&game, 0, 0) == has_answers);
    for (int64_t now = 0; now < 2 * QUIZ_DURATION_MAX_NS; now += QUIZ_DURATION_MAX_NS / 16)
        quiz_game_advance(&game, now);
    require(game.phase == QUIZ_HIDDEN && game.toast_count == 0);
    return 0;
}
