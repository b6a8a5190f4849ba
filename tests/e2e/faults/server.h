/*
 * An HTTP server on loopback that breaks on purpose. Each session is a small programme of its own under
 * BASE/ID/ (master.m3u8, a/list.m3u8, a/0.ts, b/...), with rules that say which answers go wrong, how, and
 * how often. A thread for each connection; bytes that a client does not take stay with the server.
 */
#ifndef AZ_TESTS_FAULTS_SERVER_H
#define AZ_TESTS_FAULTS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define FAULT_RULES_MAX    3
#define FAULT_SESSIONS_MAX 128
#define FAULT_ALWAYS       0

typedef enum fault_kind {
    FAULT_NONE = 0,
    FAULT_STATUS,        /* number: the status, retry_after seconds; text: the body */
    FAULT_RESET,         /* no answer: the connection is reset */
    FAULT_RESET_HEADERS, /* reset in the middle of the headers */
    FAULT_RESET_BODY,    /* reset in the middle of the body */
    FAULT_CLOSE_BODY,    /* the same, ended politely: Content-Length was too long */
    FAULT_NOT_HTTP,      /* the greeting of another protocol */
    FAULT_SILENT,        /* no answer, and the connection stays open */
    FAULT_STALL_BODY,    /* half of the body, then silence */
    FAULT_SHORT_LENGTH,  /* Content-Length says half; all bytes follow */
    FAULT_CHUNKED,       /* nothing wrong: chunks of odd sizes */
    FAULT_CHUNK_BROKEN,  /* a chunk without a size in the middle */
    FAULT_BODY,          /* `text` in place of the body, as type/html where it looks like it */
    FAULT_ENDLESS,       /* the body, then `text` (or packets without content) for ever */
    FAULT_ENDLESS_MEDIA, /* segment after segment for ever in one answer */
    FAULT_DTS,           /* a segment with sound that is not played */
    FAULT_GZIP_BOMB,     /* a gigabyte of comment lines, compressed */
    FAULT_TRUNCATED,     /* a third of the body, well-formed HTTP */
    FAULT_GARBAGE,       /* random bytes */
    FAULT_ENDLESS_GARBAGE,
    FAULT_REDIRECT, /* to `text`; "%s" in it is the base of the session, "%o" of the other server */
    FAULT_LORIS,    /* one byte a second */
    FAULT_TYPE,     /* nothing wrong but the Content-Type: `text` */
    FAULT_DRIP,     /* nothing wrong: small pieces with pauses, in 0.5 s */
} fault_kind;

typedef struct fault_rule {
    const char *path; /* end of the path, as in "a/1.ts"; NULL: no rule */
    fault_kind kind;
    int times; /* FAULT_ALWAYS: for ever */
    int number;
    int retry_after;
    int after; /* so many right answers come first */
    const char *text;
} fault_rule;

typedef struct fault_server fault_server;

/* On any free port. Ends the program when it cannot listen. */
fault_server *fault_server_start(void);
void fault_server_stop(fault_server **server); /* connections are reset */
/* Away: connections are reset and new ones refused, until it is back on the same port. */
void fault_server_set_away(fault_server *server, bool is_away);
int fault_server_port(const fault_server *server);
/* Where FAULT_REDIRECT with "%o" leads. */
void fault_server_set_other(fault_server *server, const fault_server *other);

/* A new programme; its id. rules: FAULT_RULES_MAX, copied but for their strings. */
int fault_server_add(fault_server *server, int variants, bool is_live, const fault_rule *rules);

/* Requests whose path ended so; NULL: all. */
int fault_server_requests(fault_server *server, int session, const char *path);

#endif
