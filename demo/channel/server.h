/*
 * The HTTP server (libmicrohttpd): the store's paths, the low-latency playlists, the page, /health and POST
 * /PutMetadata. Runs on threads of its own until destroyed. What a client sends is bounded, and so is how
 * many wait for what is still to come; a slow or broken one costs only its connection.
 */
#ifndef CH_SERVER_H
#define CH_SERVER_H

#include "channel.h"

typedef struct ch_server_settings {
    const char *bind; /* IPv4 */
    uint16_t port;    /* 0: any free one */
    unsigned put_rate;
    ch_store *store; /* these are lent */
    ch_ll *ll;
    ch_cues *cues;
    const ch_counters *counters;
} ch_server_settings;

typedef struct ch_server ch_server;

ch_server *ch_server_create(const ch_server_settings *settings); /* NULL on failure, with a message printed */
void ch_server_destroy(ch_server **server);                      /* answers under way are cut off */
uint16_t ch_server_port(const ch_server *server);

/* The page at /, NUL-terminated. */
extern const char ch_page[];

#endif
