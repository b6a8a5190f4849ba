/*
 * What the application is told: reports for its event callback. A report lives until the next run.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static az_report *report_add(az_engine *e, aizu_event_type type, int64_t position, int64_t time)
{
    az_report *report = e->report_count < AZ_REPORTS_MAX ? calloc(1, sizeof(*report)) : NULL;
    if (!report)
        return NULL;
    e->reports[e->report_count++] = report;
    report->type = type;
    report->state = az_report_public_state(e);
    report->position = position;
    report->quality = e->quality_shown;
    az_action *action = az_mailbox_act(&e->mailbox, AZ_ACTION_REPORT);
    action->report = report;
    action->time = time;
    return report;
}

void az_report_event(az_engine *e, aizu_event_type type, int64_t position)
{
    (void)report_add(e, type, position, e->now);
}

void az_report_frame(az_engine *e, aizu_event_type type, int64_t position, int64_t time)
{
    (void)report_add(e, type, position, time);
}

void az_report_key(az_engine *e, uint64_t key_id, const char *url)
{
    az_report *report = report_add(e, AIZU_EVENT_KEY, AIZU_NO_TIME, e->now);
    if (!report)
        return;
    report->key_id = key_id;
    snprintf(report->key_url, sizeof(report->key_url), "%s", url);
}

void az_report_rendition(az_engine *e, aizu_rendition_kind kind, int index)
{
    az_report *report = report_add(e, AIZU_EVENT_RENDITION, az_playback_position(e), e->now);
    if (!report)
        return;
    report->rendition_kind = kind;
    report->rendition = index;
}

void az_report_fault(az_engine *e, const az_fault *fault)
{
    az_log_printf(&e->config.log, fault->is_fatal ? AZ_LOG_ERROR : AZ_LOG_WARNING, "engine", "%s: %s%s%s",
                  fault->stage, aizu_result_name(fault->result), fault->detail ? ": " : "",
                  fault->detail ? fault->detail : "");
    az_report *report = report_add(e, AIZU_EVENT_ERROR, az_playback_position(e), e->now);
    if (report) {
        report->error.result = fault->result;
        report->error.is_fatal = fault->is_fatal;
        report->error.stage = fault->stage;
        report->error.http_status = fault->http_status;
        report->error.segment = fault->segment;
        report->error.position = fault->position;
        if (fault->url)
            az_log_url(report->error.url, sizeof(report->error.url), fault->url);
        snprintf(report->error.detail, sizeof(report->error.detail), "%s",
                 fault->detail ? fault->detail : "");
    }
    if (fault->is_fatal)
        az_playback_stop(e, AZ_PHASE_IDLE);
}

aizu_state az_report_public_state(const az_engine *e)
{
    const az_playback *p = &e->playback;
    switch (p->phase) {
    case AZ_PHASE_IDLE:
        return AIZU_STATE_IDLE;
    case AZ_PHASE_LOADING:
        return p->want_play ? AIZU_STATE_BUFFERING : AIZU_STATE_IDLE;
    case AZ_PHASE_FILLING:
        return p->want_play ? AIZU_STATE_BUFFERING : AIZU_STATE_READY;
    case AZ_PHASE_RUNNING:
        return p->want_play ? AIZU_STATE_PLAYING : AIZU_STATE_READY;
    case AZ_PHASE_ENDED:
        return AIZU_STATE_ENDED;
    }
    return AIZU_STATE_IDLE;
}

void az_report_state(az_engine *e)
{
    aizu_state state = az_report_public_state(e);
    if (state == e->state_told)
        return;
    e->state_told = state;
    az_log_printf(&e->config.log, AZ_LOG_DEBUG, "engine", "state %d", (int)state);
    az_report_event(e, AIZU_EVENT_STATE, az_playback_position(e));
}
