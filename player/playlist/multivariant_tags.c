/*
 * Tags of a multivariant playlist (4.3.4): variants, I-frame variants, renditions, session data. Each keeps
 * its whole attribute list, so that attributes without a field reach whoever asks for them.
 */
#include "playlist/parser.h"

#include <string.h>

void az_read_media(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    az_rendition *rendition =
        az_parser_add(p, &p->renditions, sizeof(*rendition), AZ_PLAYLIST_RENDITIONS_MAX);
    if (!rendition)
        return;
    rendition->type = az_attribute_word(p, "TYPE");
    rendition->group_id = az_attribute_string(p, "GROUP-ID");
    rendition->name = az_attribute_string(p, "NAME");
    rendition->language = az_attribute_string(p, "LANGUAGE");
    rendition->uri = az_attribute_string(p, "URI");
    rendition->is_default = az_attribute_yes(p, "DEFAULT");
    rendition->is_autoselect = az_attribute_yes(p, "AUTOSELECT");
    rendition->is_forced = az_attribute_yes(p, "FORCED");
    rendition->assoc_language = az_attribute_string(p, "ASSOC-LANGUAGE");
    rendition->instream_id = az_attribute_string(p, "INSTREAM-ID");
    rendition->characteristics = az_attribute_string(p, "CHARACTERISTICS");
    rendition->channels = az_attribute_string(p, "CHANNELS");
    rendition->stable_id = az_attribute_string(p, "STABLE-RENDITION-ID");
    rendition->attributes = az_attributes_keep(p);
    rendition->line = p->line;
    if (rendition->type.size == 0 || rendition->group_id.size == 0 || rendition->name.size == 0)
        az_parser_note(p, "EXT-X-MEDIA without TYPE, GROUP-ID or NAME");
}

/* Decimal digits read as ns are exact enough for a double. */
static double read_decimal(az_parser *p, const char *name, double absent)
{
    int64_t value;
    return az_attribute_ns(p, name, &value) ? (double)value / (double)AIZU_SECOND : absent;
}

static az_span read_group(az_parser *p, const char *name)
{
    az_span empty = {0};
    az_attribute_list list = {p->attributes, p->attribute_count};
    const az_attribute *attribute = az_attribute_find(&list, name);
    /* CLOSED-CAPTIONS=NONE is the one group that is a word. */
    if (attribute && !attribute->is_quoted && az_span_equal_str(attribute->value, "NONE"))
        return empty;
    return az_attribute_string(p, name);
}

/* bis 4.4.6.2: a variant asks for something that not every client can do. Of what it may ask for, only a
 * layout of one flat picture is known here. */
static bool has_unknown_requirement(const az_parser *p)
{
    for (size_t i = 0; i < p->attribute_count; i++) {
        const az_attribute *attribute = &p->attributes[i];
        bool is_flat = az_span_equal_str(attribute->value, "CH-MONO") ||
                       az_span_equal_str(attribute->value, "PROJ-RECT") ||
                       az_span_equal_str(attribute->value, "CH-MONO/PROJ-RECT");
        bool is_known = az_span_equal_str(attribute->name, "REQ-VIDEO-LAYOUT") && is_flat;
        if (az_span_starts_with(attribute->name, "REQ-") && !is_known)
            return true;
    }
    return false;
}

static az_variant read_variant(az_parser *p, az_span value)
{
    az_variant variant = {0};
    az_attributes_read(p, value);
    if (!az_attribute_u64(p, "BANDWIDTH", &variant.bandwidth))
        az_parser_note(p, "variant without BANDWIDTH");
    az_attribute_u64(p, "AVERAGE-BANDWIDTH", &variant.average_bandwidth);
    variant.codecs = az_attribute_string(p, "CODECS");
    az_span resolution = az_attribute_word(p, "RESOLUTION");
    if (resolution.size > 0 && !az_value_resolution(resolution, &variant.width, &variant.height))
        az_parser_note(p, "RESOLUTION cannot be read: ignored");
    variant.frame_rate = read_decimal(p, "FRAME-RATE", 0);
    variant.score = read_decimal(p, "SCORE", -1);
    variant.video_range = az_attribute_word(p, "VIDEO-RANGE");
    variant.hdcp_level = az_attribute_word(p, "HDCP-LEVEL");
    variant.supplemental_codecs = az_attribute_string(p, "SUPPLEMENTAL-CODECS");
    variant.stable_id = az_attribute_string(p, "STABLE-VARIANT-ID");
    variant.pathway_id = az_attribute_string(p, "PATHWAY-ID");
    variant.audio = read_group(p, "AUDIO");
    variant.video = read_group(p, "VIDEO");
    variant.subtitles = read_group(p, "SUBTITLES");
    variant.closed_captions = read_group(p, "CLOSED-CAPTIONS");
    variant.name = az_attribute_string(p, "IVS-NAME");
    if (variant.name.size == 0)
        variant.name = az_attribute_string(p, "NAME");
    variant.line = p->line;
    variant.attributes = az_attributes_keep(p);
    return variant;
}

void az_read_stream_inf(az_parser *p, az_span value)
{
    if (p->has_variant_pending)
        az_parser_note(p, "EXT-X-STREAM-INF without a URI before the next one: the earlier one is dropped");
    p->variant_pending = read_variant(p, value);
    p->has_variant_pending = true;
    p->is_variant_refused = has_unknown_requirement(p);
    if (p->is_variant_refused)
        az_parser_note(p, "variant with a requirement that is not known: ignored");
}

void az_read_variant_uri(az_parser *p, az_span uri)
{
    p->has_variant_pending = false;
    if (az_parser_segments(p) > 0 || p->pending.extinf_line != 0) {
        az_parser_fail(p, AIZU_E_PLAYLIST, "a variant in a media playlist");
        return;
    }
    if (p->is_variant_refused)
        return;
    az_variant *variant = az_parser_add(p, &p->variants, sizeof(*variant), AZ_PLAYLIST_VARIANTS_MAX);
    if (!variant)
        return;
    *variant = p->variant_pending;
    variant->uri = uri;
}

void az_read_i_frame_stream_inf(az_parser *p, az_span value)
{
    az_variant variant = read_variant(p, value);
    variant.uri = az_attribute_string(p, "URI");
    if (variant.uri.size == 0) {
        az_parser_note(p, "EXT-X-I-FRAME-STREAM-INF without URI: ignored");
        return;
    }
    if (has_unknown_requirement(p)) {
        az_parser_note(p, "variant with a requirement that is not known: ignored");
        return;
    }
    az_variant *out = az_parser_add(p, &p->i_frame_variants, sizeof(*out), AZ_PLAYLIST_VARIANTS_MAX);
    if (out)
        *out = variant;
}

void az_read_session_data(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    az_session_data *data = az_parser_add(p, &p->session_data, sizeof(*data), AZ_PLAYLIST_ENTRIES_MAX);
    if (!data)
        return;
    data->attributes = az_attributes_keep(p);
    data->line = p->line;
    if (!az_attribute_find(&data->attributes, "DATA-ID"))
        az_parser_note(p, "EXT-X-SESSION-DATA without DATA-ID");
}

void az_read_content_steering(az_parser *p, az_span value)
{
    az_attributes_read(p, value);
    az_span uri = az_attribute_string(p, "SERVER-URI");
    if (uri.size == 0) {
        az_parser_note(p, "EXT-X-CONTENT-STEERING without SERVER-URI: ignored");
        return;
    }
    if (p->steering_uri.size > 0)
        az_parser_note(p, "EXT-X-CONTENT-STEERING stands more than once: the last one counts");
    p->steering_uri = uri;
    p->steering_pathway = az_attribute_string(p, "PATHWAY-ID");
}

void az_multivariant_finish(az_parser *p)
{
    if (p->has_variant_pending)
        az_parser_note(p, "EXT-X-STREAM-INF at the end without a URI: dropped");
    if (p->media_line != 0) {
        p->line = p->media_line;
        az_parser_note(p, "tag of a media playlist in a multivariant playlist: ignored");
    }
}
