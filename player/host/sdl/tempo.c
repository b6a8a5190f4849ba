/*
 * atempo; see host/sdl/tempo.h. One instance goes down to half the speed, so slower rates take several in a
 * row. A graph cannot be emptied, so that beginning anew builds one; that takes a fraction of a millisecond.
 */
#include "host/sdl/tempo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <SDL_loadso.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>

#include "host/sdl/sound.h"

#ifdef __APPLE__
#define LIBRARY "libavfilter." AV_STRINGIFY(LIBAVFILTER_VERSION_MAJOR) ".dylib"
#else
#define LIBRARY "libavfilter.so." AV_STRINGIFY(LIBAVFILTER_VERSION_MAJOR)
#endif

#define STAGE_RATE_MIN 0.5
#define STAGES_MAX     3

/* The functions of libavfilter, by their types in its headers. */
typedef struct calls {
    const AVFilter *(*get_by_name)(const char *name);
    AVFilterGraph *(*graph_alloc)(void);
    AVFilterContext *(*graph_alloc_filter)(AVFilterGraph *graph, const AVFilter *filter, const char *name);
    int (*init_str)(AVFilterContext *filter, const char *arguments);
    int (*link)(AVFilterContext *from, unsigned from_pad, AVFilterContext *to, unsigned to_pad);
    int (*graph_config)(AVFilterGraph *graph, void *log);
    void (*graph_free)(AVFilterGraph **graph);
    int (*write_frame)(AVFilterContext *source, const AVFrame *frame);
    int (*get_frame)(AVFilterContext *sink, AVFrame *frame);
} calls;

struct az_tempo {
    calls call;
    AVFilterGraph *graph;
    AVFilterContext *source, *sink; /* the graph's */
    AVFrame *in, *out;
    int sample_rate;
    int64_t fed; /* samples */
};

/* SDL gives functions as pointers to data, which C does not convert. */
static bool find(void *library, const char *name, void *function)
{
    void *found = SDL_LoadFunction(library, name);
    memcpy(function, &found, sizeof(found));
    return found != NULL;
}

/* The library stays for good: many of those behind it do not bear to be unloaded. */
static bool load(calls *call)
{
    void *library = SDL_LoadObject(LIBRARY);
    return library && find(library, "avfilter_get_by_name", &call->get_by_name) &&
           find(library, "avfilter_graph_alloc", &call->graph_alloc) &&
           find(library, "avfilter_graph_alloc_filter", &call->graph_alloc_filter) &&
           find(library, "avfilter_init_str", &call->init_str) &&
           find(library, "avfilter_link", &call->link) &&
           find(library, "avfilter_graph_config", &call->graph_config) &&
           find(library, "avfilter_graph_free", &call->graph_free) &&
           find(library, "av_buffersrc_write_frame", &call->write_frame) &&
           find(library, "av_buffersink_get_frame", &call->get_frame) && call->get_by_name("atempo");
}

aizu_result az_tempo_create(az_tempo **out)
{
    *out = NULL;
    az_tempo *tempo = calloc(1, sizeof(*tempo));
    if (!tempo)
        return AIZU_E_MEMORY;
    aizu_result result = AIZU_E_UNSUPPORTED;
    if (!load(&tempo->call))
        goto fail;
    result = AIZU_E_MEMORY;
    tempo->in = av_frame_alloc();
    tempo->out = av_frame_alloc();
    if (!tempo->in || !tempo->out)
        goto fail;
    *out = tempo;
    return AIZU_OK;
fail:
    av_frame_free(&tempo->in);
    av_frame_free(&tempo->out);
    free(tempo);
    return result;
}

void az_tempo_destroy(az_tempo **pointer)
{
    az_tempo *tempo = *pointer;
    *pointer = NULL;
    if (!tempo)
        return;
    tempo->call.graph_free(&tempo->graph);
    av_frame_free(&tempo->in);
    av_frame_free(&tempo->out);
    free(tempo);
}

/* Adds a filter behind *last (NULL: the first). `arguments` without fractions: a decimal point is the
 * locale's. */
static bool add(az_tempo *tempo, const char *name, double rate, const char *arguments, AVFilterContext **last)
{
    const calls *call = &tempo->call;
    const AVFilter *filter = call->get_by_name(name);
    AVFilterContext *added = filter ? call->graph_alloc_filter(tempo->graph, filter, NULL) : NULL;
    if (!added)
        return false;
    if (rate > 0 && av_opt_set_double(added, "tempo", rate, AV_OPT_SEARCH_CHILDREN) < 0)
        return false;
    if (call->init_str(added, arguments) < 0 || (*last && call->link(*last, 0, added, 0) < 0))
        return false;
    *last = added;
    return true;
}

static bool build(az_tempo *tempo, double rate)
{
    char arguments[128];
    snprintf(arguments, sizeof(arguments),
             "time_base=1/%d:sample_rate=%d:sample_fmt=flt:channel_layout=stereo", tempo->sample_rate,
             tempo->sample_rate);
    AVFilterContext *last = NULL;
    if (!add(tempo, "abuffer", 0, arguments, &last))
        return false;
    tempo->source = last;
    int stages = 1;
    while (stages < STAGES_MAX && pow(rate, 1.0 / stages) < STAGE_RATE_MIN)
        stages++;
    for (int i = 0; i < stages; i++) {
        if (!add(tempo, "atempo", pow(rate, 1.0 / stages), NULL, &last))
            return false;
    }
    if (!add(tempo, "abuffersink", 0, NULL, &last))
        return false;
    tempo->sink = last;
    return tempo->call.graph_config(tempo->graph, NULL) >= 0;
}

aizu_result az_tempo_open(az_tempo *tempo, int sample_rate, double rate)
{
    AZ_ASSERT(rate >= AZ_TEMPO_RATE_MIN && rate <= AZ_TEMPO_RATE_MAX);
    tempo->call.graph_free(&tempo->graph);
    tempo->sample_rate = sample_rate;
    tempo->fed = 0;
    tempo->graph = tempo->call.graph_alloc();
    if (!tempo->graph)
        return AIZU_E_MEMORY;
    tempo->graph->nb_threads = 1;
    if (build(tempo, rate))
        return AIZU_OK;
    tempo->call.graph_free(&tempo->graph);
    return AIZU_E_INTERNAL;
}

aizu_result az_tempo_feed(az_tempo *tempo, const float *values, size_t count)
{
    AVFrame *in = tempo->in;
    if (!tempo->graph)
        return AIZU_E_INTERNAL;
    av_frame_unref(in);
    in->format = AV_SAMPLE_FMT_FLT;
    in->sample_rate = tempo->sample_rate;
    in->nb_samples = (int)count;
    in->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    in->pts = tempo->fed;
    if (av_frame_get_buffer(in, 0) < 0)
        return AIZU_E_MEMORY;
    memcpy(in->data[0], values, count * AZ_SOUND_CHANNELS * sizeof(*values));
    tempo->fed += (int64_t)count;
    if (tempo->call.write_frame(tempo->source, in) >= 0)
        return AIZU_OK;
    tempo->call.graph_free(&tempo->graph);
    return AIZU_E_INTERNAL;
}

bool az_tempo_take(az_tempo *tempo, const float **values, size_t *count)
{
    av_frame_unref(tempo->out);
    if (!tempo->graph || tempo->call.get_frame(tempo->sink, tempo->out) < 0)
        return false;
    *values = (const float *)(const void *)tempo->out->data[0];
    *count = (size_t)tempo->out->nb_samples;
    return true;
}
