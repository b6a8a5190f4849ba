/*
 * The kinds of trouble, and what a viewer must see of each: one table, read by faults_test.c. docs/errors.md
 * says the same in words.
 */
#ifndef AZ_TESTS_FAULTS_CASES_H
#define AZ_TESTS_FAULTS_CASES_H

#include <aizu/aizu.h>

#include "server.h"

#define FAULT_ANY_SEGMENT (-1)

typedef struct fault_case {
    const char *name; /* "trouble: what comes of it" */
    int variants;     /* 0: the media playlist is loaded, else the multivariant playlist */
    bool is_live;
    bool has_outage; /* a server of its own, gone for OUTAGE seconds */
    fault_rule rules[FAULT_RULES_MAX];
    /* expected */
    bool is_fatal;           /* else it plays to the end */
    aizu_result error;       /* one that is told, AIZU_OK: none is told at all */
    const char *stage, *url; /* of that error; url: how its path ends */
    int http_status;
    int segment;  /* plus 1; 0: none concerned; or FAULT_ANY_SEGMENT */
    int missing;  /* cues that may be lost; negative: so many more than the recording has */
    int seconds;  /* until the end, at most; 0: 30 */
    int requests; /* for the rule's path, at least */
    bool is_kept; /* neither end nor failure is waited for: plays until the test is over */
} fault_case;

extern const fault_case fault_cases[];
extern const size_t fault_case_count;

void cases_init(void);

#endif
