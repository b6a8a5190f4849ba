/*
 * A list in order of time behind a mutex; see transfers.h.
 */
#include "transfers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct ch_transfers {
    pthread_mutex_t mutex;
    int64_t time_ns_max;
    ch_transfer *first, *last;
};

ch_transfers *ch_transfers_create(int64_t time_ns_max)
{
    ch_transfers *t = calloc(1, sizeof(*t));
    if (t && pthread_mutex_init(&t->mutex, NULL)) {
        free(t);
        t = NULL;
    }
    if (t)
        t->time_ns_max = time_ns_max;
    return t;
}

void ch_transfers_destroy(ch_transfers **pointer)
{
    ch_transfers *t = *pointer;
    *pointer = NULL;
    if (!t)
        return;
    pthread_mutex_destroy(&t->mutex);
    free(t);
}

static void unlink_transfer(ch_transfers *t, ch_transfer *transfer)
{
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        t->first = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
    else
        t->last = transfer->previous;
}

static void link_last(ch_transfers *t, ch_transfer *transfer)
{
    transfer->previous = t->last;
    transfer->next = NULL;
    if (t->last)
        t->last->next = transfer;
    else
        t->first = transfer;
    t->last = transfer;
}

void ch_transfers_begin(ch_transfers *t, ch_transfer *transfer, int socket, int64_t now_ns)
{
    *transfer = (ch_transfer){.socket = socket, .began_ns = now_ns};
    pthread_mutex_lock(&t->mutex);
    link_last(t, transfer);
    while (now_ns - t->first->began_ns > t->time_ns_max) {
        ch_transfer *late = t->first;
        shutdown(late->socket, SHUT_RDWR);
        unlink_transfer(t, late);
        late->began_ns = now_ns; /* it may take its time to end, and is in order again */
        link_last(t, late);
    }
    pthread_mutex_unlock(&t->mutex);
}

void ch_transfers_end(ch_transfers *t, ch_transfer *transfer)
{
    pthread_mutex_lock(&t->mutex);
    unlink_transfer(t, transfer);
    pthread_mutex_unlock(&t->mutex);
}
