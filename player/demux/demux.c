/*
 * Names of codecs and troubles, for logs and tools; see demux/demux.h.
 */
#include "demux/demux.h"

const char *az_codec_name(az_codec codec)
{
    switch (codec) {
    case AZ_CODEC_UNKNOWN:
        return "unknown";
    case AZ_CODEC_H264:
        return "h264";
    case AZ_CODEC_H265:
        return "h265";
    case AZ_CODEC_MPEG2_VIDEO:
        return "mpeg2video";
    case AZ_CODEC_AAC:
        return "aac";
    case AZ_CODEC_AAC_LATM:
        return "aac_latm";
    case AZ_CODEC_AC3:
        return "ac3";
    case AZ_CODEC_EAC3:
        return "eac3";
    case AZ_CODEC_MP3:
        return "mp3";
    case AZ_CODEC_ID3:
        return "id3";
    case AZ_CODEC_SCTE35:
        return "scte35";
    case AZ_CODEC_AV1:
        return "av1";
    case AZ_CODEC_VP9:
        return "vp9";
    case AZ_CODEC_OPUS:
        return "opus";
    case AZ_CODEC_FLAC:
        return "flac";
    case AZ_CODEC_ALAC:
        return "alac";
    case AZ_CODEC_EMSG:
        return "emsg";
    case AZ_CODEC_WEBVTT:
        return "webvtt";
    case AZ_CODEC_TTML:
        return "ttml";
    }
    return "?";
}

const char *az_demux_trouble_name(az_demux_trouble trouble)
{
    switch (trouble) {
    case AZ_DEMUX_SYNC_LOST:
        return "sync lost";
    case AZ_DEMUX_CONTINUITY:
        return "continuity";
    case AZ_DEMUX_SCRAMBLED:
        return "scrambled";
    case AZ_DEMUX_TRANSPORT_ERROR:
        return "transport error";
    case AZ_DEMUX_BAD_SECTION:
        return "bad section";
    case AZ_DEMUX_BAD_PES:
        return "bad PES";
    case AZ_DEMUX_BAD_FRAME:
        return "bad frame";
    case AZ_DEMUX_UNSUPPORTED:
        return "unsupported stream";
    case AZ_DEMUX_LIMIT:
        return "limit";
    case AZ_DEMUX_BAD_BOX:
        return "bad box";
    case AZ_DEMUX_BAD_TEXT:
        return "bad text";
    case AZ_DEMUX_TROUBLES:
        break;
    }
    return "?";
}
