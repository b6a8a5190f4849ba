/*
 * One answer of the fault server, right or wrong in a given way.
 */
#ifndef AZ_TESTS_FAULTS_ANSWER_H
#define AZ_TESTS_FAULTS_ANSWER_H

#include "server.h"
#include "ts_writer.h"

typedef struct answer_socket {
    int fd; /* -1: closed */
    void *owner;
} answer_socket;

typedef struct answer_request {
    answer_socket *socket;
    bool is_text;
    int number; /* of the segment */
    int port, other_port, session;
} answer_request;

/* Whether the server that owns the socket stops; its file defines it. */
bool answer_is_over(void *owner);

/* Sends what the rule says. False: the connection is at its end. */
bool answer_send(const answer_request *request, const fault_rule *rule, const ts_bytes *body);

/* Closes with a reset. */
void answer_reset(answer_socket *s);

#endif
