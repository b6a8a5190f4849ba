/*
 * The segments of the corpus whose key is published with them (a ClearKey test vector of Axinom under cenc,
 * with subsamples and IVs of 8 bytes), demuxed and decrypted by us, against libavformat with the same key:
 * every sample's bytes.
 */
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demux/demuxer.h"
#include "demux/sample_crypt.h"
#include "host/ffmpeg/cipher.h"

#define FOLDER      "fmp4/shaka-project+shaka-player/dash-clearkey__video-H264-288-400k_"
#define SEGMENTS    5
#define KEY_HEX     "fc35340837310cc0fb53de97e22a69e0"
#define SAMPLES_MAX 512
#define PATH_LENGTH 4096

static const uint8_t key[16] = {0xfc, 0x35, 0x34, 0x08, 0x37, 0x31, 0x0c, 0xc0,
                                0xfb, 0x53, 0xde, 0x97, 0xe2, 0x2a, 0x69, 0xe0};

typedef struct file {
    uint8_t *data;
    size_t size, pos;
} file;

typedef struct samples {
    az_sample_cipher *cipher;
    az_slice data[SAMPLES_MAX];
    size_t count;
    bool is_wrong;
} samples;

static int values_equal, failures;

/* Appends a file; false without it. */
static bool append(file *out, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    uint8_t *data = realloc(out->data, out->size + (size_t)size);
    if (!data)
        abort();
    out->data = data;
    out->size += fread(data + out->size, 1, (size_t)size, f);
    fclose(f);
    return true;
}

static void on_sample(void *user, const az_sample *sample)
{
    samples *s = user;
    if (s->count == SAMPLES_MAX || !sample->crypt)
        s->is_wrong = true;
    else
        s->is_wrong |= az_sample_decrypt(s->cipher, sample, &s->data[s->count++]) != AIZU_OK;
}

static void demux(samples *s, const file *in)
{
    az_demux_sink sink = {.user = s, .sample = on_sample};
    az_demuxer *demuxer = az_demuxer_create(&sink);
    az_slice slice;
    if (!demuxer || !az_slice_copy(&slice, az_span_make(in->data, in->size)))
        abort();
    s->is_wrong |= az_demuxer_feed(demuxer, slice) != AIZU_OK;
    s->is_wrong |= az_demuxer_finish(demuxer) != AIZU_OK;
    az_slice_unref(&slice);
    az_demuxer_destroy(&demuxer);
}

static int read_file(void *user, uint8_t *out, int size)
{
    file *f = user;
    size_t count = AZ_MIN((size_t)size, f->size - f->pos);
    memcpy(out, f->data + f->pos, count);
    f->pos += count;
    return count > 0 ? (int)count : AVERROR_EOF;
}

static int64_t seek_file(void *user, int64_t offset, int whence)
{
    file *f = user;
    if (whence == AVSEEK_SIZE)
        return (int64_t)f->size;
    if (whence != SEEK_SET || offset < 0 || (uint64_t)offset > f->size)
        return AVERROR(EINVAL);
    f->pos = (size_t)offset;
    return offset;
}

/* libavformat's packets against ours, one by one. */
static void compare(const samples *s, file *in)
{
    AVDictionary *options = NULL;
    av_dict_set(&options, "decryption_key", KEY_HEX, 0);
    AVFormatContext *format = avformat_alloc_context();
    AVIOContext *io = avio_alloc_context(av_malloc(4096), 4096, 0, in, read_file, NULL, seek_file);
    AVPacket *packet = av_packet_alloc();
    if (!format || !io || !packet)
        abort();
    format->pb = io;
    size_t count = 0;
    if (avformat_open_input(&format, NULL, av_find_input_format("mov"), &options) == 0) {
        for (; av_read_frame(format, packet) == 0; count++) {
            az_span theirs = az_span_make(packet->data, (size_t)packet->size);
            bool is_equal = count < s->count && az_span_equal(theirs, az_slice_span(s->data[count]));
            values_equal += is_equal;
            failures += !is_equal;
            av_packet_unref(packet);
        }
        avformat_close_input(&format);
    }
    if (s->is_wrong || count == 0 || count != s->count) {
        failures++;
        printf("ours %zu samples, theirs %zu\n", s->count, count);
    }
    av_packet_free(&packet);
    av_free(io->buffer);
    avio_context_free(&io);
    av_dict_free(&options);
}

/* False: the corpus is not there. */
static bool check_segment(const char *corpus, int number)
{
    char path[PATH_LENGTH];
    file in = {.data = NULL};
    snprintf(path, sizeof(path), "%s/" FOLDER "init.mp4", corpus);
    bool is_there = append(&in, path);
    snprintf(path, sizeof(path), "%s/" FOLDER "%d.m4s", corpus, number);
    is_there = is_there && append(&in, path);
    if (is_there) {
        static samples s;
        memset(&s, 0, sizeof(s));
        s.cipher = az_sample_cipher_create(az_ffmpeg_cipher(), key);
        demux(&s, &in);
        compare(&s, &in);
        for (size_t i = 0; i < s.count; i++)
            az_slice_unref(&s.data[i]);
        az_sample_cipher_destroy(&s.cipher);
    }
    free(in.data);
    return is_there;
}

int main(int argc, char **argv)
{
    const char *corpus = argc > 1 ? argv[1] : "";
    for (int number = 1; number <= SEGMENTS; number++)
        if (!check_segment(corpus, number)) {
            printf("skipped: no corpus in %s\n", corpus);
            return 77;
        }
    printf("%d segments, %d samples equal, %d wrong\n", SEGMENTS, values_equal, failures);
    return failures > 0;
}
