/*
 * How fast fragmented MP4 is demuxed: aizu against libavformat's demuxer, both from memory and in the same
 * run, with pictures and sound in fragments of half a second (as in CMAF chunks) and of two seconds.
 *
 *   fmp4_bench [file.mp4]     without a file: a made one
 *
 * Figures are the best of some rounds, in CPU time, so that other work on the machine disturbs them little.
 */
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "demux/fmp4.h"
#include "ts_writer.h"

#define SIZE_WANTED ((size_t)64 << 20)
#define FEED_SIZE   ((size_t)64 << 10) /* as from a socket */
#define AVIO_SIZE   (64 << 10)
#define ROUNDS      5
#define PICTURE     16000 /* bytes; 30 a second are 4 Mbit/s */
#define SOUND       340

static double now(void)
{
    return (double)clock() / CLOCKS_PER_SEC; /* CPU time of this process */
}

/* What a run gave, so that the work cannot be left out and can be compared. */
typedef struct totals {
    uint64_t samples, bytes;
} totals;

static void on_sample(void *user, const az_sample *sample)
{
    totals *t = user;
    t->samples++;
    t->bytes += sample->data.size;
}

/* As the engine gets them: pieces of buffers that are not copied. */
static double run_aizu(az_slice bytes, totals *t)
{
    double start = now();
    az_demux_sink sink = {.user = t, .sample = on_sample};
    az_fmp4 *fmp4 = az_fmp4_create(&sink);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result; pos += FEED_SIZE) {
        az_span piece = az_span_sub(az_slice_span(bytes), pos, FEED_SIZE);
        result = az_fmp4_feed(fmp4, (az_slice){bytes.buf, piece.data, piece.size});
    }
    if (!result)
        result = az_fmp4_finish(fmp4);
    az_fmp4_destroy(&fmp4);
    if (result)
        fprintf(stderr, "demuxing failed: %d\n", result);
    return now() - start;
}

typedef struct memory_file {
    az_span bytes;
    int64_t pos;
} memory_file;

static int read_memory(void *opaque, uint8_t *out, int size)
{
    memory_file *f = opaque;
    az_span part = az_span_sub(f->bytes, (size_t)f->pos, (size_t)size);
    if (part.size == 0)
        return AVERROR_EOF;
    memcpy(out, part.data, part.size);
    f->pos += (int64_t)part.size;
    return (int)part.size;
}

static int64_t seek_memory(void *opaque, int64_t offset, int whence)
{
    memory_file *f = opaque;
    if (whence == AVSEEK_SIZE)
        return (int64_t)f->bytes.size;
    f->pos = whence == SEEK_CUR   ? f->pos + offset
             : whence == SEEK_END ? (int64_t)f->bytes.size + offset
                                  : offset;
    return f->pos;
}

/* Opening, which reads the first bytes, is not counted. */
static double run_libavformat(az_slice bytes, totals *t)
{
    memory_file file = {az_slice_span(bytes), 0};
    AVFormatContext *format = avformat_alloc_context();
    format->pb =
        avio_alloc_context(av_malloc(AVIO_SIZE), AVIO_SIZE, 0, &file, read_memory, NULL, seek_memory);
    AVIOContext *io = format->pb;
    if (avformat_open_input(&format, NULL, av_find_input_format("mp4"), NULL) < 0) {
        fprintf(stderr, "libavformat cannot open it\n");
        exit(1);
    }
    AVPacket *packet = av_packet_alloc();
    double start = now();
    while (av_read_frame(format, packet) >= 0) {
        t->samples++;
        t->bytes += (uint64_t)packet->size;
        av_packet_unref(packet);
    }
    double seconds = now() - start;
    av_packet_free(&packet);
    avformat_close_input(&format);
    av_free(io->buffer);
    avio_context_free(&io);
    return seconds;
}

/* --- a file of our own ------------------------------------------------------------------------------------
 */

static size_t box(ts_bytes *b, const char *type)
{
    size_t begin = b->size;
    ts_bytes_u32(b, 0);
    ts_bytes_append(b, type, 4);
    return begin;
}

static void patch(ts_bytes *b, size_t pos, size_t value)
{
    for (unsigned i = 0; i < 4; i++)
        b->data[pos + i] = (uint8_t)(value >> (24 - 8 * i));
}

static void end(ts_bytes *b, size_t begin)
{
    patch(b, begin, b->size - begin);
}

/* Words; a box from the outside in is one line of them. */
static void words(ts_bytes *b, size_t count, const uint32_t *values)
{
    for (size_t i = 0; i < count; i++)
        ts_bytes_u32(b, values[i]);
}
#define WORDS(b, ...) words(b, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

static void zeros(ts_bytes *b, size_t count)
{
    while (count-- > 0)
        ts_bytes_u8(b, 0);
}

static void write_entry(ts_bytes *b, bool is_video)
{
    static const uint8_t avcc[] = {1,    0x64, 0,    0x1F, 0xFF, 0xE1, 0,    0x19, 0x67, 0x64, 0,
                                   0x1F, 0xAC, 0xD9, 0x40, 0x44, 5,    0xBE, 0x5F, 1,    0x10, 0,
                                   0,    3,    0,    0xE9, 0,    0,    0xEA, 0x60, 0xF,  0x18, 0x31,
                                   0x96, 1,    0,    6,    0x68, 0xEB, 0xE3, 0xCB, 0x22, 0xC0};
    static const uint8_t esds[] = {0, 0, 0, 0, 3, 0x19, 0, 1, 0, 4, 0x11, 0x40, 0x15, 0, 0, 0,
                                   0, 0, 0, 0, 0, 0,    0, 0, 5, 2, 0x11, 0x90, 6,    1, 2};
    size_t entry = box(b, is_video ? "avc1" : "mp4a"), config;
    WORDS(b, 0, 1);
    zeros(b, is_video ? 16 : 8);
    WORDS(b, is_video ? 1280u << 16 | 720 : 2u << 16 | 16);
    if (is_video)
        zeros(b, 50);
    else
        WORDS(b, 0, 48000u << 16);
    config = box(b, is_video ? "avcC" : "esds");
    if (is_video)
        ts_bytes_append(b, avcc, sizeof(avcc));
    else
        ts_bytes_append(b, esds, sizeof(esds));
    end(b, config);
    end(b, entry);
}

static void write_trak(ts_bytes *b, uint32_t id, uint32_t timescale)
{
    static const char *const empty[] = {"stts", "stsc", "stco"};
    size_t trak = box(b, "trak"), x = box(b, "tkhd");
    WORDS(b, 7, 0, 0, id);
    zeros(b, 68);
    end(b, x);
    size_t mdia = box(b, "mdia");
    x = box(b, "mdhd");
    WORDS(b, 0, 0, 0, timescale, 0, 0x55C40000);
    end(b, x);
    x = box(b, "hdlr");
    WORDS(b, 0, 0);
    ts_bytes_append(b, id == 1 ? "vide" : "soun", 4);
    zeros(b, 13);
    end(b, x);
    size_t minf = box(b, "minf"), stbl = box(b, "stbl");
    x = box(b, "stsd");
    WORDS(b, 0, 1);
    write_entry(b, id == 1);
    end(b, x);
    for (size_t i = 0; i < AZ_COUNT(empty); i++) {
        x = box(b, empty[i]);
        WORDS(b, 0, 0);
        end(b, x);
    }
    x = box(b, "stsz");
    WORDS(b, 0, 0, 0);
    end(b, x);
    end(b, stbl);
    end(b, minf);
    end(b, mdia);
    end(b, trak);
}

static void write_init(ts_bytes *b)
{
    size_t x = box(b, "ftyp");
    ts_bytes_append(b, "iso6\0\0\0\0iso6cmfc", 16);
    end(b, x);
    size_t moov = box(b, "moov");
    x = box(b, "mvhd");
    WORDS(b, 0, 0, 0, 1000, 0, 0x10000, 0x1000000);
    zeros(b, 68);
    WORDS(b, 3);
    end(b, x);
    write_trak(b, 1, 30000);
    write_trak(b, 2, 48000);
    size_t mvex = box(b, "mvex");
    for (uint32_t id = 1; id <= 2; id++) {
        x = box(b, "trex");
        WORDS(b, 0, id, 1, 0, 0, 0);
        end(b, x);
    }
    end(b, mvex);
    end(b, moov);
}

/* A track fragment and its run; where the offset of its data stands. */
static size_t write_traf(ts_bytes *b, uint32_t id, uint32_t time, uint32_t count, uint32_t size)
{
    size_t traf = box(b, "traf"), x = box(b, "tfhd"), offset;
    WORDS(b, 0x20000, id);
    end(b, x);
    x = box(b, "tfdt");
    WORDS(b, 0, time);
    end(b, x);
    x = box(b, "trun");
    WORDS(b, id == 1 ? 0xF01 : 0x701, count);
    offset = b->size;
    WORDS(b, 0);
    for (uint32_t i = 0; i < count; i++) {
        WORDS(b, id == 1 ? 1000 : 1024, size, id == 2 || i == 0 ? 0x2000000 : 0x1010000);
        if (id == 1)
            WORDS(b, i % 2 ? 0 : 2000);
    }
    end(b, x);
    end(b, traf);
    return offset;
}

/* Fragments of so many pictures and the sound that goes with them. */
static void make(ts_bytes *b, uint32_t pictures)
{
    static const uint8_t noise[PICTURE] = {0, 0, (PICTURE - 4) >> 8, (PICTURE - 4) & 0xFF, 0x41, 0x9A};
    uint32_t frames = pictures * 48000 / 30 / 1024;
    write_init(b);
    for (uint32_t n = 0; b->size < SIZE_WANTED; n++) {
        size_t moof = box(b, "moof"), x = box(b, "mfhd");
        WORDS(b, 0, n + 1);
        end(b, x);
        size_t video = write_traf(b, 1, n * pictures * 1000, pictures, PICTURE);
        size_t sound = write_traf(b, 2, n * frames * 1024, frames, SOUND);
        end(b, moof);
        x = box(b, "mdat");
        patch(b, video, b->size - moof);
        for (uint32_t i = 0; i < pictures; i++)
            ts_bytes_append(b, noise, PICTURE);
        patch(b, sound, b->size - moof);
        for (uint32_t i = 0; i < frames; i++)
            ts_bytes_append(b, noise, SOUND);
        end(b, x);
    }
}

static bool load(ts_bytes *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    uint8_t block[65536];
    for (size_t got; (got = fread(block, 1, sizeof(block), f)) > 0;)
        ts_bytes_append(b, block, got);
    fclose(f);
    return b->size > 0;
}

static void print(const char *name, size_t size, double seconds, const totals *t, double reference)
{
    printf("  %-12s %8.3f GB/s %9.1f ns a sample", name, (double)size / seconds / 1e9,
           seconds * 1e9 / (double)AZ_MAX(t->samples, (uint64_t)1));
    if (reference > 0)
        printf("   %6.2f x libavformat", reference / seconds);
    printf("   (%llu, %llu)\n", (unsigned long long)t->samples, (unsigned long long)t->bytes);
}

static void compare(const char *name, const ts_bytes *input)
{
    az_slice bytes;
    double aizu = 1e9, libavformat = 1e9;
    totals aizu_totals, libavformat_totals;
    if (!az_slice_copy(&bytes, az_span_make(input->data, input->size)))
        exit(1);
    for (int i = 0; i < ROUNDS; i++) {
        aizu_totals = libavformat_totals = (totals){0};
        double a = run_aizu(bytes, &aizu_totals), l = run_libavformat(bytes, &libavformat_totals);
        aizu = AZ_MIN(aizu, a);
        libavformat = AZ_MIN(libavformat, l);
    }
    printf("%s: %zu MiB, best of %d, CPU time; (samples, bytes)\n", name, input->size >> 20, ROUNDS);
    print("aizu", input->size, AZ_MAX(aizu, 1e-6), &aizu_totals, libavformat);
    print("libavformat", input->size, libavformat, &libavformat_totals, 0);
    az_slice_unref(&bytes);
}

int main(int argc, char **argv)
{
    static const uint32_t pictures[] = {15, 60};
    ts_bytes input = {0};
    av_log_set_level(AV_LOG_QUIET);
    if (argc > 1) {
        if (!load(&input, argv[1])) {
            fprintf(stderr, "cannot read %s\n", argv[1]);
            return 1;
        }
        compare(argv[1], &input);
    }
    for (size_t i = 0; argc < 2 && i < AZ_COUNT(pictures); i++) {
        ts_bytes_clear(&input);
        make(&input, pictures[i]);
        compare(pictures[i] == 60 ? "fragments of 2 s" : "fragments of 0.5 s", &input);
    }
    ts_bytes_free(&input);
    return 0;
}
