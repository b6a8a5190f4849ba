/*
 * Content steering manifests (bis 7): where to fetch from, as a server says while playback goes on. The
 * document is JSON: the driver supplies the parser.
 */
#ifndef AZ_PLAYLIST_STEERING_H
#define AZ_PLAYLIST_STEERING_H

#include "base/base.h"

#define AZ_PATHWAYS_MAX       16
#define AZ_PATHWAY_ID_MAX     64
#define AZ_STEERING_SIZE_MAX  ((size_t)256 << 10)
#define AZ_PATHWAY_PARAMS_MAX 8
#define AZ_PATHWAY_URIS_MAX   32

typedef struct az_uri_pair {
    char id[AZ_PATHWAY_ID_MAX]; /* STABLE-VARIANT-ID or STABLE-RENDITION-ID */
    char uri[1024];
} az_uri_pair;

typedef struct az_uri_param {
    char name[128];
    char value[512];
} az_uri_param;

/* A pathway that is another one with other URIs (bis 7.3). */
typedef struct az_pathway_clone {
    char base_id[AZ_PATHWAY_ID_MAX];
    char id[AZ_PATHWAY_ID_MAX];
    char host[256]; /* replaces the host of each URI; "" none */
    az_uri_param params[AZ_PATHWAY_PARAMS_MAX];
    size_t param_count;
    az_uri_pair variants[AZ_PATHWAY_URIS_MAX]; /* PER-VARIANT-URIS */
    size_t variant_count;
    az_uri_pair renditions[AZ_PATHWAY_URIS_MAX]; /* PER-RENDITION-URIS */
    size_t rendition_count;
} az_pathway_clone;

typedef struct az_steering {
    int64_t ttl;           /* ns; default 300 s */
    char reload_uri[2048]; /* "" : the same again */
    char priority[AZ_PATHWAYS_MAX][AZ_PATHWAY_ID_MAX];
    size_t priority_count;
    az_pathway_clone clones[AZ_PATHWAYS_MAX];
    size_t clone_count;
} az_steering;

/* AIZU_E_PLAYLIST: no manifest of a version that is known (VERSION 1), no PATHWAY-PRIORITY. Items that do not
 * fit their limit are left out. */
typedef aizu_result (*az_steering_parser)(az_steering *out, az_span json);

#endif
