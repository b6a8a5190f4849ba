/*
 * SAMPLE-AES; see demux/sample_aes.h. Each NAL unit and each frame of sound is CBC from the same IV; bytes
 * that do not fill a block stay clear.
 *
 * An encrypted NAL unit was encrypted as it stood, with its emulation prevention, and the result got
 * emulation prevention of its own: that one comes off, the other stays.
 */
#include "demux/sample_aes.h"

#include <string.h>

#include "demux/audio_frame.h"
#include "demux/video_format.h"

#define BLOCK_SIZE     ((size_t)16)
#define NAL_CLEAR_SIZE ((size_t)48)  /* NAL units up to this are clear */
#define NAL_LEADER     ((size_t)32)  /* bytes in front that are clear, with the header's */
#define NAL_SKIP       ((size_t)144) /* after each encrypted block */
#define AUDIO_LEADER   ((size_t)16)

/* The offset of the next 00 00 01; the end without. */
static size_t find_start_code(az_span bytes, size_t pos)
{
    while (pos + 3 <= bytes.size) {
        const uint8_t *one = memchr(bytes.data + pos + 2, 1, bytes.size - pos - 2);
        if (!one)
            break;
        size_t at = (size_t)(one - bytes.data);
        if (one[-1] == 0 && one[-2] == 0)
            return at - 2;
        pos = at - 1;
    }
    return bytes.size;
}

static size_t put(uint8_t *out, az_span bytes)
{
    if (bytes.size)
        memcpy(out, bytes.data, bytes.size);
    return bytes.size;
}

static bool is_encrypted(az_span nal)
{
    unsigned type = nal.size > NAL_CLEAR_SIZE ? nal.data[0] & 31 : 0;
    return type == 1 || type == 5;
}

/* The last bytes are never encrypted: a block needs more than 16. */
static size_t put_nal(uint8_t *out, const az_cipher_provider *provider, void *context, const uint8_t iv[16],
                      az_span nal)
{
    if (!is_encrypted(nal))
        return put(out, nal);
    size_t size = az_nal_unescape(out, nal.size, nal);
    provider->restart(context, iv);
    for (size_t pos = NAL_LEADER; pos + BLOCK_SIZE < size; pos += BLOCK_SIZE + NAL_SKIP)
        provider->decrypt(context, out + pos, out + pos, BLOCK_SIZE);
    return size;
}

size_t az_sample_aes_video(uint8_t *out, const az_cipher_provider *provider, void *context,
                           const az_sample *sample)
{
    az_span bytes = az_slice_span(sample->data);
    size_t next = find_start_code(bytes, 0), used = put(out, az_span_sub(bytes, 0, next));
    while (next < bytes.size) {
        size_t begin = next + 3, end;
        next = end = find_start_code(bytes, begin);
        while (end > begin && bytes.data[end - 1] == 0)
            end--;
        used += put(out + used, az_span_sub(bytes, begin - 3, 3));
        used +=
            put_nal(out + used, provider, context, sample->crypt->iv, az_span_sub(bytes, begin, end - begin));
        used += put(out + used, az_span_sub(bytes, end, next - end));
    }
    return used;
}

/* Header bytes of a frame that are clear before the leader. */
static size_t header_size(az_codec codec, az_span frame)
{
    if (codec != AZ_CODEC_AAC)
        return 0;
    return frame.data[1] & 1 ? 7 : 9; /* protection_absent */
}

size_t az_sample_aes_audio(uint8_t *out, const az_cipher_provider *provider, void *context,
                           const az_sample *sample)
{
    az_span bytes = az_slice_span(sample->data);
    az_audio_frame frame;
    put(out, bytes);
    for (size_t pos = 0; pos < bytes.size; pos += frame.size) {
        az_span rest = az_span_sub(bytes, pos, bytes.size);
        if (az_audio_frame_parse(sample->codec, rest, &frame) != AIZU_OK || frame.size > rest.size)
            break;
        size_t begin = header_size(frame.codec, rest) + AUDIO_LEADER;
        if (frame.size < begin + BLOCK_SIZE)
            continue;
        provider->restart(context, sample->crypt->iv);
        provider->decrypt(context, out + pos + begin, out + pos + begin,
                          (frame.size - begin) / BLOCK_SIZE * BLOCK_SIZE);
    }
    return bytes.size;
}
