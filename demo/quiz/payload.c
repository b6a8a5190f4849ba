/*
 * Payload shapes; see payload.h. JSON is jansson's: depth and size of its trees are bounded by the payload.
 *
 *   quiz      {"question","answers":[..],"correctIndex"},
 * {"name":"quiz","data":{..,"correctAnswerIndex","duration"}},
 *             {"question","A","B",..,"answer":"A"}; the same as LZ-string base64; null or "data":null stops
 * it poll      {"question","answers":{key:label}|[label],"poll_id"},
 * {"type":"poll","question","options":[..]} the rest  {"productId"}, {"title","message","duration"},
 * {"type":"overlay","imgUrl","keyword","url"}, free text
 */
#include "payload.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lz_string.h"
#include "utf8.h"

/* Wrappings around a shape: JSON in a string in a "data" member, compressed or not. */
#define WRAPPINGS_MAX 4

static bool copy_text(char *out, size_t out_size, const json_t *value)
{
    char number[32];
    if (json_is_integer(value)) {
        int length = snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return quiz_utf8_clean(out, out_size, number, (size_t)length);
    }
    if (json_is_real(value)) {
        int length = snprintf(number, sizeof(number), "%g", json_real_value(value));
        return quiz_utf8_clean(out, out_size, number, (size_t)length);
    }
    if (json_is_string(value))
        return quiz_utf8_clean(out, out_size, json_string_value(value), json_string_length(value));
    out[0] = '\0';
    return false;
}

/* The first member of these names that holds text. */
static bool copy_member(char *out, size_t out_size, const json_t *object, const char *const *names)
{
    for (; *names; names++)
        if (copy_text(out, out_size, json_object_get(object, *names)))
            return true;
    out[0] = '\0';
    return false;
}

static int64_t read_duration(const json_t *object)
{
    const json_t *value = json_object_get(object, "duration");
    double seconds = 0;
    if (json_is_number(value))
        seconds = json_number_value(value);
    else if (json_is_string(value))
        seconds = strtod(json_string_value(value), NULL);
    if (!(seconds > 0))
        return 0;
    if (seconds >= (double)QUIZ_DURATION_MAX_NS / 1e9)
        return QUIZ_DURATION_MAX_NS;
    return (int64_t)(seconds * 1e9);
}

static void add_answer(struct quiz_item *item, const json_t *value)
{
    static const char *const names[] = {"label", "text", "answer", "title", "name", "value", "id", NULL};
    if (item->answer_count >= QUIZ_ANSWERS_MAX)
        return;
    char *out = item->answers[item->answer_count];
    bool has_text = json_is_object(value) ? copy_member(out, QUIZ_ANSWER_SIZE, value, names)
                                          : copy_text(out, QUIZ_ANSWER_SIZE, value);
    if (!has_text) /* keeps its place, so that the index of the right answer stays true */
        memcpy(out, "-", 2);
    item->answer_count++;
}

/* "A", "B", ... beside the question, up to the first that is missing. */
static void add_lettered_answers(struct quiz_item *item, const json_t *object)
{
    for (char letter = 'A'; letter < 'A' + QUIZ_ANSWERS_MAX; letter++) {
        const char upper[2] = {letter, '\0'};
        const char lower[2] = {(char)(letter - 'A' + 'a'), '\0'};
        const json_t *value = json_object_get(object, upper);
        if (!value)
            value = json_object_get(object, lower);
        if (!value)
            return;
        add_answer(item, value);
    }
}

static void add_answers(struct quiz_item *item, json_t *object)
{
    static const char *const lists[] = {"answers", "options", "choices"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && item->answer_count == 0; i++) {
        json_t *list = json_object_get(object, lists[i]);
        const char *key;
        json_t *value;
        size_t index;
        if (json_is_array(list))
            json_array_foreach(list, index, value) add_answer(item, value);
        else if (json_is_object(list))
            json_object_foreach(list, key, value) add_answer(item, value);
    }
    if (item->answer_count == 0)
        add_lettered_answers(item, object);
}

/* The place of a key in {"answers":{key:label}}, -1 when it is not there. */
static int key_index(json_t *object, const char *wanted)
{
    json_t *list = json_object_get(object, "answers");
    if (!json_is_object(list))
        list = json_object_get(object, "options");
    const char *key;
    json_t *value;
    int index = 0;
    json_object_foreach(list, key, value)
    {
        if (strcmp(key, wanted) == 0)
            return index;
        index++;
    }
    return -1;
}

/* The right answer by its words, its key, its letter or its number as text. */
static int find_answer(const struct quiz_item *item, json_t *object, const char *text)
{
    char clean[QUIZ_ANSWER_SIZE];
    if (!quiz_utf8_clean(clean, sizeof(clean), text, strlen(text)))
        return -1;
    for (int i = 0; i < item->answer_count; i++)
        if (strcmp(item->answers[i], clean) == 0)
            return i;
    int by_key = key_index(object, text);
    if (by_key >= 0)
        return by_key;
    if (clean[1] == '\0' && clean[0] >= 'A' && clean[0] <= 'I')
        return clean[0] - 'A';
    if (clean[1] == '\0' && clean[0] >= 'a' && clean[0] <= 'i')
        return clean[0] - 'a';
    if (clean[1] == '\0' && clean[0] >= '0' && clean[0] <= '9')
        return clean[0] - '0';
    return -1;
}

static int read_correct(const struct quiz_item *item, json_t *object)
{
    static const char *const names[] = {"correctIndex", "correctAnswerIndex", "correctAnswer", "correct",
                                        "answer"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const json_t *value = json_object_get(object, names[i]);
        double index = -1;
        if (json_is_number(value))
            index = json_number_value(value);
        else if (json_is_string(value))
            index = find_answer(item, object, json_string_value(value));
        if (index >= 0 && index < item->answer_count)
            return (int)index;
    }
    return -1;
}

static bool has_type(const json_t *object, const char *type)
{
    const char *text = json_string_value(json_object_get(object, "type"));
    const char *name = json_string_value(json_object_get(object, "name"));
    return (text && strcasecmp(text, type) == 0) || (name && strcasecmp(name, type) == 0);
}

static bool read_question(struct quiz_item *item, json_t *object)
{
    static const char *const text_names[] = {"question", NULL};
    static const char *const id_names[] = {"poll_id", "pollId", "question_id", "id", NULL};
    if (!copy_member(item->text, sizeof(item->text), object, text_names))
        return false;
    copy_member(item->id, sizeof(item->id), object, id_names);
    add_answers(item, object);
    item->duration_ns = read_duration(object);
    if (item->answer_count == 0) {
        item->kind = QUIZ_NOTICE; /* nothing to choose from: it can still be read */
        return true;
    }
    item->correct = has_type(object, "poll") ? -1 : read_correct(item, object);
    item->kind = item->correct >= 0 ? QUIZ_QUESTION : QUIZ_POLL;
    return true;
}

/* The host of an http(s) URL: what a viewer may see of where an overlay leads. */
static void copy_host(char *out, size_t out_size, const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL;
    out[0] = '\0';
    if (!host || (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0))
        return;
    host += 3;
    size_t size = strcspn(host, "/?#");
    const char *at = memchr(host, '@', size);
    if (at) {
        size -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    quiz_utf8_clean(out, out_size, host, size);
}

static bool read_overlay(struct quiz_item *item, const json_t *object)
{
    static const char *const names[] = {"keyword", "title", NULL};
    if (!has_type(object, "overlay") && !json_object_get(object, "imgUrl"))
        return false;
    copy_member(item->text, sizeof(item->text), object, names);
    copy_host(item->detail, sizeof(item->detail), json_string_value(json_object_get(object, "url")));
    item->duration_ns = read_duration(object);
    item->kind = item->text[0] || item->detail[0] ? QUIZ_OVERLAY : QUIZ_IGNORED;
    return true;
}

static bool read_product(struct quiz_item *item, const json_t *object)
{
    static const char *const id_names[] = {"productId", "product_id", NULL};
    static const char *const text_names[] = {"name", "title", NULL};
    if (!copy_member(item->id, sizeof(item->id), object, id_names))
        return false;
    copy_member(item->text, sizeof(item->text), object, text_names);
    item->kind = QUIZ_PRODUCT;
    return true;
}

static bool read_notice(struct quiz_item *item, const json_t *object)
{
    static const char *const title_names[] = {"title", NULL};
    static const char *const message_names[] = {"message", "text", "body", NULL};
    bool has_title = copy_member(item->text, sizeof(item->text), object, title_names);
    bool has_message = copy_member(item->detail, sizeof(item->detail), object, message_names);
    if (!has_title && !has_message)
        return false;
    item->duration_ns = read_duration(object);
    item->kind = QUIZ_NOTICE;
    return true;
}

/* A shape in an object, or false with *inner set when the object only wraps something. */
static bool read_object(struct quiz_item *item, json_t *object, json_t **inner)
{
    json_t *data = json_object_get(object, "data");
    if (read_question(item, object) || read_overlay(item, object) || read_product(item, object) ||
        read_notice(item, object))
        return true;
    if (json_is_null(data) || json_is_null(json_object_get(object, "question"))) {
        item->kind = QUIZ_STOP;
        return true;
    }
    *inner = json_is_object(data) || json_is_string(data) ? data : NULL;
    return false;
}

/* JSON out of text, or out of LZ-string base64. NULL when it is neither. */
static json_t *load_json(const char *text, size_t size)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *json = json_loadb(text, size, flags, NULL);
    if (json)
        return json;
    size_t plain_size;
    char *plain = quiz_lz_string_decode(text, size, &plain_size);
    if (!plain)
        return NULL;
    json = json_loadb(plain, plain_size, flags, NULL);
    free(plain);
    if (json && !json_is_object(json) && !json_is_null(json)) { /* a word that only looks compressed */
        json_decref(json);
        json = NULL;
    }
    return json;
}

static void read_free_text(struct quiz_item *item, const char *text, size_t size)
{
    if (quiz_utf8_clean(item->text, sizeof(item->text), text, size))
        item->kind = QUIZ_FREE_TEXT;
}

/* Unwraps until a shape is found. `text` lives as long as `root`, which the caller frees. */
static void read_root(struct quiz_item *item, json_t *root, const char *text, size_t size)
{
    json_t *value = root;
    json_t *loaded = NULL;
    for (int depth = 0; depth < WRAPPINGS_MAX && value; depth++) {
        json_t *inner = NULL;
        if (json_is_null(value)) {
            item->kind = QUIZ_STOP;
        } else if (json_is_object(value)) {
            read_object(item, value, &inner);
        } else if (json_is_string(value)) {
            inner = load_json(json_string_value(value), json_string_length(value));
            if (!inner || json_is_string(inner)) {
                read_free_text(item, json_string_value(value), json_string_length(value));
                json_decref(inner);
                break;
            }
            json_decref(loaded); /* `value` came out of it and is not needed any more */
            loaded = inner;
        } else if (value == root && !json_is_array(value)) {
            read_free_text(item, text, size); /* 42, true: somebody's plain text */
        }
        value = inner;
    }
    json_decref(loaded);
}

static bool is_text(const char *text, size_t size)
{
    return !memchr(text, '\0', size) && quiz_utf8_is_valid(text, size);
}

void quiz_payload_parse(const void *data, size_t size, struct quiz_item *item)
{
    const char *text = data;
    memset(item, 0, sizeof(*item));
    item->correct = -1;
    if (!text || size > QUIZ_PAYLOAD_MAX)
        return;
    while (size > 0 && (text[size - 1] == '\0' || strchr(" \t\r\n", text[size - 1])))
        size--;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (!is_text(text, size))
        return;

    json_t *root = load_json(text, size);
    if (root)
        read_root(item, root, text, size);
    else if (size > 0 && text[0] != '{') /* broken JSON is nothing to read out to a viewer */
        read_free_text(item, text, size);
    json_decref(root);
}

const char *quiz_kind_name(enum quiz_kind kind)
{
    switch (kind) {
    case QUIZ_IGNORED:
        return "ignored";
    case QUIZ_QUESTION:
        return "question";
    case QUIZ_POLL:
        return "poll";
    case QUIZ_STOP:
        return "stop";
    case QUIZ_NOTICE:
        return "notice";
    case QUIZ_PRODUCT:
        return "product";
    case QUIZ_OVERLAY:
        return "overlay";
    case QUIZ_FREE_TEXT:
        return "text";
    }
    return "ignored";
}
