/*
 * The player's driver: the engine thread with its clock, network, decoders and outputs, and the queue to the
 * application. What api/ builds on. Functions on any thread unless they say otherwise.
 */
#ifndef AZ_HOST_LOOP_LOOP_H
#define AZ_HOST_LOOP_LOOP_H

#include "aizu/player.h"
#include "engine/engine.h"

typedef struct az_loop az_loop;

/* `config` has been checked. AIZU_E_MEMORY, AIZU_E_INTERNAL (no thread, no libcurl). */
AZ_NODISCARD aizu_result az_loop_create(az_loop **loop, const aizu_config *config);

/* As aizu_player_destroy(). */
void az_loop_destroy(az_loop **loop);

/* LOAD to REPORT_FRAMES of az_event_type; copied. AIZU_E_MEMORY. */
AZ_NODISCARD aizu_result az_loop_command(az_loop *loop, const az_event *command);

/* Something is loaded, or will be once the commands so far are carried out. */
bool az_loop_is_loaded(az_loop *loop);

void az_loop_snapshot(az_loop *loop, az_snapshot *snapshot);
AZ_NODISCARD bool az_loop_quality(az_loop *loop, int index, aizu_quality *quality);
AZ_NODISCARD bool az_loop_rendition(az_loop *loop, aizu_rendition_kind kind, int index,
                                    aizu_rendition *rendition);
AZ_NODISCARD aizu_result az_loop_session_data(az_loop *loop, const char *id, const char *language, char *out,
                                              size_t out_size);
int64_t az_loop_wall(void); /* Unix time, ns */

AZ_NODISCARD aizu_result az_loop_set_header(az_loop *loop, const char *line);

void az_loop_set_volume(az_loop *loop, double volume);
double az_loop_volume(az_loop *loop);
void az_loop_set_muted(az_loop *loop, bool is_muted);
bool az_loop_is_muted(az_loop *loop);

void az_loop_on_cue(az_loop *loop, aizu_cue_callback callback, void *user);
void az_loop_on_event(az_loop *loop, aizu_event_callback callback, void *user);
aizu_result az_loop_on_frame(az_loop *loop, aizu_event_callback callback, void *user);
void az_loop_set_wakeup(az_loop *loop, void (*wakeup)(void *user), void *user);

/* As aizu_player_dispatch() and so on. */
aizu_result az_loop_dispatch(az_loop *loop, int64_t timeout);
int az_loop_wakeup_fd(const az_loop *loop);
aizu_result az_loop_acquire(az_loop *loop, const aizu_frame **frame);
void az_loop_release(az_loop *loop, const aizu_frame **frame);

#endif
