/*
 * Payloads of quiz shows, polls and shops, and what strangers send instead; demo/quiz/payload.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lz_string.h"
#include "payload.h"
#include "utf8.h"

#define SECOND INT64_C(1000000000)

static struct quiz_item parse(const char *text)
{
    struct quiz_item item;
    quiz_payload_parse(text, strlen(text), &item);
    return item;
}

static void assert_question(const struct quiz_item *item, int answers, int correct)
{
    assert_int_equal(item->kind, correct < 0 ? QUIZ_POLL : QUIZ_QUESTION);
    assert_int_equal(item->answer_count, answers);
    assert_int_equal(item->correct, correct);
}

static void takes_the_reference_quiz(void **state)
{
    (void)state;
    struct quiz_item item = parse(
        "{\"question\":\"Capital of Japan?\",\"answers\":[\"Kyoto\",\"Tokyo\",\"Nara\"],\"correctIndex\":1}");
    assert_question(&item, 3, 1);
    assert_string_equal(item.text, "Capital of Japan?");
    assert_string_equal(item.answers[1], "Tokyo");
    assert_int_equal(item.duration_ns, 0);
}

static void takes_the_named_quiz_with_a_countdown(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("{\"name\":\"quiz\",\"data\":{\"question\":\"2+2\",\"answers\":[\"3\",\"4\",\"5\"],"
              "\"correctAnswerIndex\":1,\"duration\":12.5}}");
    assert_question(&item, 3, 1);
    assert_int_equal(item.duration_ns, 12 * SECOND + SECOND / 2);
}

static void takes_lettered_answers(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("{\"question\":\"Which?\",\"A\":\"one\",\"B\":\"two\",\"C\":\"three\",\"D\":\"four\","
              "\"answer\":\"C\"}");
    assert_question(&item, 4, 2);
    assert_string_equal(item.answers[3], "four");
}

static void takes_the_right_answer_by_its_words(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("{\"question\":\"Which?\",\"answers\":[\"red\",\"blue\"],\"answer\":\"blue\"}");
    assert_question(&item, 2, 1);
    item = parse("{\"question\":\"Which?\",\"answers\":{\"x\":\"red\",\"y\":\"blue\"},\"answer\":\"y\"}");
    assert_question(&item, 2, 1);
    item = parse("{\"question\":\"Which?\",\"answers\":[\"red\",\"blue\"],\"correctIndex\":\"1\"}");
    assert_question(&item, 2, 1);
}

static void takes_every_poll(void **state)
{
    (void)state;
    static const char *const polls[] = {
        "{\"question\":\"Next?\",\"answers\":{\"a\":\"Tea\",\"b\":\"Milk\"},\"poll_id\":\"p7\",\"current_"
        "time\":17}",
        "{\"question\":\"Next?\",\"answers\":[\"Tea\",\"Milk\"],\"poll_id\":\"p7\"}",
        "{\"type\":\"poll\",\"question\":\"Next?\",\"options\":[{\"id\":1,\"label\":\"Tea\"},{\"id\":2,"
        "\"label\":\"Milk\"}],"
        "\"poll_id\":\"p7\"}",
        "{\"question\":\"Next?\",\"options\":[\"Tea\",\"Milk\"],\"poll_id\":\"p7\"}",
    };
    for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++) {
        struct quiz_item item = parse(polls[i]);
        assert_question(&item, 2, -1);
        assert_string_equal(item.text, "Next?");
        assert_string_equal(item.answers[0], "Tea");
        assert_string_equal(item.answers[1], "Milk");
        assert_string_equal(item.id, "p7");
    }
}

static void a_poll_stays_one_even_with_an_answer(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("{\"type\":\"poll\",\"question\":\"Next?\",\"options\":[\"Tea\",\"Milk\"],\"answer\":\"Tea\"}");
    assert_question(&item, 2, -1);
}

static void keeps_the_order_of_keyed_answers(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("{\"question\":\"?\",\"answers\":{\"z\":\"1st\",\"a\":\"2nd\",\"m\":\"3rd\"}}");
    assert_string_equal(item.answers[0], "1st");
    assert_string_equal(item.answers[1], "2nd");
    assert_string_equal(item.answers[2], "3rd");
}

static void null_stops_a_quiz(void **state)
{
    (void)state;
    assert_int_equal(parse("null").kind, QUIZ_STOP);
    assert_int_equal(parse("{\"name\":\"quiz\",\"data\":null}").kind, QUIZ_STOP);
    assert_int_equal(parse("{\"data\":null}").kind, QUIZ_STOP);
    assert_int_equal(parse("{\"question\":null}").kind, QUIZ_STOP);
    assert_int_equal(parse("N4IgdghgtgpiBcICOBXAlgLxAGhAEwgBcIEwUAbcgXyA").kind, QUIZ_STOP);
}

static void a_notice_is_not_taken_for_a_stop(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"title\":\"Break\",\"data\":null}").kind, QUIZ_NOTICE);
}

static void takes_shop_notice_and_overlay(void **state)
{
    (void)state;
    struct quiz_item item = parse("{\"productId\":4711}");
    assert_int_equal(item.kind, QUIZ_PRODUCT);
    assert_string_equal(item.id, "4711");
    item = parse("{\"productId\":\"SKU-9\",\"name\":\"Akabeko\"}");
    assert_string_equal(item.id, "SKU-9");
    assert_string_equal(item.text, "Akabeko");
    item = parse("{\"title\":\"Break\",\"message\":\"Back at nine\",\"duration\":8}");
    assert_int_equal(item.kind, QUIZ_NOTICE);
    assert_string_equal(item.text, "Break");
    assert_string_equal(item.detail, "Back at nine");
    assert_int_equal(item.duration_ns, 8 * SECOND);
    item = parse("{\"type\":\"overlay\",\"imgUrl\":\"https://a.example/x.png\",\"keyword\":\"Sale\","
                 "\"url\":\"https://user:secret@shop.example/p?token=1\"}");
    assert_int_equal(item.kind, QUIZ_OVERLAY);
    assert_string_equal(item.text, "Sale");
    assert_string_equal(item.detail, "shop.example");
    item = parse("{\"type\":\"overlay\",\"keyword\":\"Sale\",\"url\":\"javascript://alert(1)\"}");
    assert_string_equal(item.detail, "");
}

static void unpacks_lz_string(void **state)
{
    (void)state;
    struct quiz_item item = parse("N4IgdghgtgpiBcICOBXAlgLxAGhAEwgBcIFRUYBnQtAezARAHUALNAY2YAI2aAbGlACdOaCpwi"
                                  "YUAfhwgIYCgHcYgiggDaIAJJg8aAOY1ZAJRh"
                                  "5ZAcUEwY9ALq4eg620IBBBcsE68MAB4IAAy4eEJEtPTwAIyBAL6xQA");
    assert_question(&item, 3, 0);
    assert_string_equal(item.text, "Which colour is aizu?");
    assert_string_equal(item.answers[2], "Green");
    assert_int_equal(item.duration_ns, 10 * SECOND);
    item = parse("N4IgjgrgpgzgLgSwPYDsQC4SCx5QpLaDsGQJyDB7BkHx/"
                 "kAGhAEMUYB3KAJxgwG0RBZ0IpEBNYkAXUoBjJI0ZQhcAJIoAJlAAeGAAwBfIA==");
    assert_question(&item, 2, 0);
    assert_string_equal(item.text, "会津の色は？");
    assert_string_equal(item.answers[1], "赤");
    item = parse("N4IgjgrgpgzgLgSwPYDsQC4QEMe7-gwookAGmxRgHcoAnGDAbWwCMs2P2vOWyReAugF8gA"); /* URL-safe */
    assert_question(&item, 2, -1);
    item = parse("N4IgjgrgpgzgLgSwPYDsQC4QEMe7/gwookAGmxRgHcoAnGDAbWwCMs2P2vOWyReAugF8gA==");
    assert_string_equal(item.text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_string_equal(item.answers[0], "ababababababababab");
}

static void joins_surrogates_out_of_lz_string(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("N4IgjgrgpgzgLgSwPYDsQC4RQLZIFYIAEgPBuCR+wPwgA0IAhijAO5QBOMGA2ndSAEYgBdAL5A==");
    assert_string_equal(item.text, "emoji \xF0\x9F\x8E\x89?");
}

static void unpacks_json_inside_strings(void **state)
{
    (void)state;
    struct quiz_item item = parse(
        "{\"name\":\"quiz\",\"data\":\"{\\\"question\\\":\\\"Q\\\",\\\"answers\\\":[\\\"a\\\",\\\"b\\\"],"
        "\\\"correctIndex\\\":0}\"}");
    assert_question(&item, 2, 0);
    item = parse("\"{\\\"question\\\":\\\"Q\\\",\\\"options\\\":[\\\"a\\\",\\\"b\\\"]}\"");
    assert_question(&item, 2, -1);
    item = parse("{\"data\":\"N4IgdghgtgpiBcICOBXAlgLxAGhAEwgBcIEwUAbcgXyA\"}");
    assert_int_equal(item.kind, QUIZ_STOP);
}

static void wrapping_without_end_ends(void **state)
{
    (void)state;
    static char text[40000];
    size_t used = 0;
    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "{\"data\":");
    used += (size_t)snprintf(text + used, sizeof(text) - used, "{\"question\":\"deep\",\"answers\":[\"a\"]}");
    for (int i = 0; i < 1000; i++)
        text[used++] = '}';
    text[used] = '\0';
    assert_int_equal(parse(text).kind, QUIZ_IGNORED);
    memset(text, '[', sizeof(text) - 1);
    assert_int_not_equal(parse(text).kind, QUIZ_QUESTION);
}

static void other_text_is_free_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "hello from the studio", "42", "true", "SGVsbG8gd29ybGQ=", "<b>hi</b>", "[LIVE] now", "こんにちは"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct quiz_item item = parse(texts[i]);
        assert_int_equal(item.kind, QUIZ_FREE_TEXT);
        assert_string_equal(item.text, texts[i]);
    }
    assert_string_equal(parse("\"quoted\"").text, "quoted");
}

static void what_says_nothing_is_ignored(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "   \n",
                                        "{}",
                                        "[]",
                                        "[1,2]",
                                        "{\"question\":\"cut",
                                        "{\"a\":1}",
                                        "\"\"",
                                        "{\"data\":{\"x\":1}}",
                                        "\xEF\xBB\xBF",
                                        "\xE2\x80\x8B"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(parse(texts[i]).kind, QUIZ_IGNORED);
    struct quiz_item item;
    quiz_payload_parse(NULL, 0, &item);
    assert_int_equal(item.kind, QUIZ_IGNORED);
    quiz_payload_parse("a\0b", 3, &item);
    assert_int_equal(item.kind, QUIZ_IGNORED);
    quiz_payload_parse("\xFF\xFE\x12\x80", 4, &item);
    assert_int_equal(item.kind, QUIZ_IGNORED);
}

static void trailing_zero_and_bom_do_not_matter(void **state)
{
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBF{\"question\":\"Q\",\"answers\":[\"a\",\"b\"],\"correctIndex\":0}\r\n";
    struct quiz_item item;
    quiz_payload_parse(text, sizeof(text), &item); /* with its NUL */
    assert_question(&item, 2, 0);
}

static void an_index_out_of_range_makes_a_poll(void **state)
{
    (void)state;
    static const char *const values[] = {"2",    "-1",   "1e300", "\"Z\"",
                                         "\"\"", "null", "[0]",   "9223372036854775807"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "{\"question\":\"Q\",\"answers\":[\"a\",\"b\"],\"correctIndex\":%s}",
                 values[i]);
        struct quiz_item item = parse(text);
        assert_question(&item, 2, -1);
    }
}

static void a_question_without_answers_can_be_read(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"question\":\"Are you there?\"}").kind, QUIZ_NOTICE);
    assert_int_equal(parse("{\"question\":\"Are you there?\",\"answers\":[]}").kind, QUIZ_NOTICE);
    assert_int_equal(parse("{\"question\":\"Are you there?\",\"answers\":7}").kind, QUIZ_NOTICE);
}

static void odd_answers_keep_their_places(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("{\"question\":\"Q\",\"answers\":[1,2.5,null,{\"x\":1},\"last\"],\"correctIndex\":4}");
    assert_question(&item, 5, 4);
    assert_string_equal(item.answers[0], "1");
    assert_string_equal(item.answers[1], "2.5");
    assert_string_equal(item.answers[2], "-");
    assert_string_equal(item.answers[4], "last");
}

static void durations_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t expected;
    } cases[] = {{"5", 5 * SECOND},
                 {"\"20\"", 20 * SECOND},
                 {"0", 0},
                 {"-3", 0},
                 {"1e308", QUIZ_DURATION_MAX_NS},
                 {"\"nan\"", 0},
                 {"null", 0},
                 {"{}", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "{\"question\":\"Q\",\"answers\":[\"a\"],\"duration\":%s}",
                 cases[i].value);
        assert_int_equal(parse(text).duration_ns, cases[i].expected);
    }
}

static void long_texts_end_in_an_ellipsis(void **state)
{
    (void)state;
    static char text[60000];
    size_t used = (size_t)snprintf(text, sizeof(text), "{\"question\":\"");
    for (int i = 0; i < 3000; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "会津");
    used += (size_t)snprintf(text + used, sizeof(text) - used, "\",\"answers\":[");
    for (int i = 0; i < 400; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\"answer %d\"", i ? "," : "", i);
    snprintf(text + used, sizeof(text) - used, "],\"correctIndex\":399}");
    struct quiz_item item = parse(text);
    assert_question(&item, QUIZ_ANSWERS_MAX, -1);
    size_t length = strlen(item.text);
    assert_true(length < QUIZ_TEXT_SIZE);
    assert_string_equal(item.text + length - 3, "…");
    assert_true(quiz_utf8_is_valid(item.text, length));
}

static void text_is_cleaned_for_display(void **state)
{
    (void)state;
    struct quiz_item item =
        parse("{\"question\":\"  a\\n\\tb\\u0000c\\u202Eevil\\u200B\\u3000d  \",\"answers\":[\"\\u0007\"]}");
    assert_string_equal(item.text, "a b cevil d");
    assert_string_equal(item.answers[0], "-");
}

static void a_payload_past_the_limit_is_ignored(void **state)
{
    (void)state;
    char *text = malloc(QUIZ_PAYLOAD_MAX + 1);
    struct quiz_item item;
    assert_non_null(text);
    memset(text, 'a', QUIZ_PAYLOAD_MAX + 1);
    quiz_payload_parse(text, QUIZ_PAYLOAD_MAX, &item);
    assert_int_equal(item.kind, QUIZ_FREE_TEXT);
    quiz_payload_parse(text, QUIZ_PAYLOAD_MAX + 1, &item);
    assert_int_equal(item.kind, QUIZ_IGNORED);
    free(text);
}

static void cut_and_changed_payloads_never_break(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "{\"name\":\"quiz\",\"data\":{\"question\":\"会津?\",\"answers\":[\"a\",\"b\",\"c\"],"
        "\"correctAnswerIndex\":1,"
        "\"duration\":9}}",
        "N4IgdghgtgpiBcICOBXAlgLxAGhAEwgBcIEwUAbcgXyA",
        "{\"type\":\"overlay\",\"imgUrl\":\"http://x\",\"keyword\":\"k\",\"url\":\"https://x@\"}",
    };
    uint32_t random = 1;
    for (size_t s = 0; s < sizeof(seeds) / sizeof(seeds[0]); s++) {
        size_t size = strlen(seeds[s]);
        struct quiz_item item;
        for (size_t cut = 0; cut <= size; cut++)
            quiz_payload_parse(seeds[s], cut, &item);
        for (int round = 0; round < 3000; round++) {
            char text[256];
            memcpy(text, seeds[s], size);
            for (int change = 0; change < 3; change++) {
                random = random * 1664525u + 1013904223u;
                text[(random >> 8) % size] = (char)(random >> 24);
            }
            quiz_payload_parse(text, size, &item);
            assert_true(item.answer_count >= 0 && item.answer_count <= QUIZ_ANSWERS_MAX);
            assert_true(item.correct >= -1 && item.correct < (item.answer_count ? item.answer_count : 1));
            assert_non_null(memchr(item.text, 0, sizeof(item.text)));
            assert_true(quiz_utf8_is_valid(item.text, strlen(item.text)));
        }
    }
}

/* Appends `count` bits of a value, least significant first, six bits to a character. */
static void put_bits(char *text, size_t *bit, unsigned value, unsigned count)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < count; i++, ++*bit) {
        char *at = &text[*bit / 6];
        unsigned six = *bit % 6 == 0 ? 0 : (unsigned)(strchr(alphabet, *at) - alphabet);
        *at = alphabet[six | (value >> i & 1u) << (5 - *bit % 6)];
    }
}

/* "a", and then `tokens` times the phrase that is just being added: each is one unit longer than the last. */
static size_t write_bomb(char *text, unsigned tokens)
{
    size_t bit = 0;
    unsigned width = 3, until_wider = 4;
    put_bits(text, &bit, 0, 2);
    put_bits(text, &bit, 'a', 8);
    for (unsigned i = 0; i < tokens; i++) {
        put_bits(text, &bit, 4 + i, width);
        if (--until_wider == 0)
            until_wider = 1u << width++;
    }
    put_bits(text, &bit, 2, width);
    return bit / 6 + 1;
}

static void lz_string_output_is_bounded(void **state)
{
    (void)state;
    static char text[QUIZ_LZ_INPUT_MAX + 2];
    size_t size = 0;
    char *plain = quiz_lz_string_decode(text, write_bomb(text, 300), &size);
    assert_non_null(plain);
    assert_int_equal(size, 301 * 302 / 2);
    assert_int_equal(strspn(plain, "a"), size);
    free(plain);
    assert_null(quiz_lz_string_decode(text, write_bomb(text, 2000), &size));

    memset(text, 'A', sizeof(text));
    assert_null(quiz_lz_string_decode(text, QUIZ_LZ_INPUT_MAX + 1, &size));
    free(quiz_lz_string_decode(text, QUIZ_LZ_INPUT_MAX, &size));
    memset(text, '/', sizeof(text));
    assert_null(quiz_lz_string_decode(text, 4096, &size));
    assert_null(quiz_lz_string_decode("", 0, &size));
    assert_null(quiz_lz_string_decode("BYUwNm", 6, &size)); /* cut */
}

static void lz_string_may_be_empty(void **state)
{
    (void)state;
    size_t size = 1;
    char *plain = quiz_lz_string_decode("Q===", 4, &size);
    assert_non_null(plain);
    assert_int_equal(size, 0);
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_reference_quiz),
        cmocka_unit_test(takes_the_named_quiz_with_a_countdown),
        cmocka_unit_test(takes_lettered_answers),
        cmocka_unit_test(takes_the_right_answer_by_its_words),
        cmocka_unit_test(takes_every_poll),
        cmocka_unit_test(a_poll_stays_one_even_with_an_answer),
        cmocka_unit_test(keeps_the_order_of_keyed_answers),
        cmocka_unit_test(null_stops_a_quiz),
        cmocka_unit_test(a_notice_is_not_taken_for_a_stop),
        cmocka_unit_test(takes_shop_notice_and_overlay),
        cmocka_unit_test(unpacks_lz_string),
        cmocka_unit_test(joins_surrogates_out_of_lz_string),
        cmocka_unit_test(unpacks_json_inside_strings),
        cmocka_unit_test(wrapping_without_end_ends),
        cmocka_unit_test(other_text_is_free_text),
        cmocka_unit_test(what_says_nothing_is_ignored),
        cmocka_unit_test(trailing_zero_and_bom_do_not_matter),
        cmocka_unit_test(an_index_out_of_range_makes_a_poll),
        cmocka_unit_test(a_question_without_answers_can_be_read),
        cmocka_unit_test(odd_answers_keep_their_places),
        cmocka_unit_test(durations_are_bounded),
        cmocka_unit_test(long_texts_end_in_an_ellipsis),
        cmocka_unit_test(text_is_cleaned_for_display),
        cmocka_unit_test(a_payload_past_the_limit_is_ignored),
        cmocka_unit_test(cut_and_changed_payloads_never_break),
        cmocka_unit_test(lz_string_output_is_bounded),
        cmocka_unit_test(lz_string_may_be_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
