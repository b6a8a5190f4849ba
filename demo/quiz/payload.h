/*
 * Payloads of cues, as quiz shows, polls and shops really send them, to one struct.
 *
 * Pure: bytes in, a struct by value out; nothing is kept or owned. Every shape is tried, whatever fits none
 * is free text, and nothing in the payload can make the result larger than the struct.
 */
#ifndef QUIZ_PAYLOAD_H
#define QUIZ_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* Limits; longer texts end in an ellipsis, further answers are dropped. */
#define QUIZ_PAYLOAD_MAX     65536 /* bytes; larger payloads are QUIZ_IGNORED */
#define QUIZ_ANSWERS_MAX     9     /* as many as there are digit keys */
#define QUIZ_TEXT_SIZE       512   /* bytes of a question or free text */
#define QUIZ_ANSWER_SIZE     160
#define QUIZ_ID_SIZE         64
#define QUIZ_DURATION_MAX_NS (INT64_C(600) * 1000000000) /* of a countdown or notice */

enum quiz_kind {
    QUIZ_IGNORED = 0, /* nothing for a viewer: empty, binary, or JSON of an unknown shape */
    QUIZ_QUESTION,    /* text, answers, correct >= 0 */
    QUIZ_POLL,        /* text, answers, no right one */
    QUIZ_STOP,        /* takes the question away */
    QUIZ_NOTICE,      /* text is the title, detail the message */
    QUIZ_PRODUCT,     /* id, text is the name or empty */
    QUIZ_OVERLAY,     /* text is the keyword, detail the host it leads to */
    QUIZ_FREE_TEXT,   /* text */
};

struct quiz_item {
    enum quiz_kind kind;
    int answer_count;
    int correct;           /* index of the right answer, -1: there is none */
    int64_t duration_ns;   /* of the countdown or notice, 0: none given */
    char id[QUIZ_ID_SIZE]; /* poll_id or productId, may be empty */
    char text[QUIZ_TEXT_SIZE];
    char detail[QUIZ_TEXT_SIZE];
    char answers[QUIZ_ANSWERS_MAX][QUIZ_ANSWER_SIZE];
};

/* Any bytes. Every field of *item is set; out of memory gives QUIZ_IGNORED. */
void quiz_payload_parse(const void *data, size_t size, struct quiz_item *item);

/* "question", "poll", ... Static. */
const char *quiz_kind_name(enum quiz_kind kind);

#endif
