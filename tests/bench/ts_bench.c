/*
 * How fast transport streams are demuxed: aizu against libavformat's demuxer with its parsers, both from
 * memory and in the same run, and against a loop that only reads packet headers.
 *
 *   ts_bench [file.ts]     without a file: a corpus file, else a made one; repeated up to 64 MiB
 *
 * Figures are the best of some rounds, in CPU time, so that other work on the machine disturbs them little.
 */
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "demux/ts.h"
#include "ts_writer.h"

#define SIZE_WANTED ((size_t)64 << 20)
#define FEED_SIZE   ((size_t)64 << 10) /* as from a socket */
#define AVIO_SIZE   (64 << 10)
#define ROUNDS      5

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

static double run_aizu(az_span bytes, totals *t)
{
    double start = now();
    az_demux_sink sink = {.user = t, .sample = on_sample};
    az_ts *ts = az_ts_create(&sink);
    aizu_result result = AIZU_OK;
    for (size_t pos = 0; pos < bytes.size && !result; pos += FEED_SIZE)
        result = az_ts_feed(ts, az_span_sub(bytes, pos, FEED_SIZE));
    if (!result)
        result = az_ts_finish(ts);
    az_ts_destroy(&ts);
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

/* Opening, which reads the first bytes twice, is not counted. */
static double run_libavformat(az_span bytes, totals *t)
{
    memory_file file = {bytes, 0};
    AVFormatContext *format = avformat_alloc_context();
    format->pb =
        avio_alloc_context(av_malloc(AVIO_SIZE), AVIO_SIZE, 0, &file, read_memory, NULL, seek_memory);
    AVIOContext *io = format->pb;
    if (avformat_open_input(&format, NULL, av_find_input_format("mpegts"), NULL) < 0) {
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

static double run_headers(az_span bytes, totals *t)
{
    double start = now();
    for (size_t pos = 0; pos + TS_PACKET_SIZE <= bytes.size; pos += TS_PACKET_SIZE) {
        const uint8_t *p = bytes.data + pos;
        t->samples += p[0] == 0x47;
        t->bytes += (uint64_t)((p[1] & 0x1F) << 8 | p[2]) ^ (p[3] & 15);
    }
    return now() - start;
}

static void load(ts_bytes *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    uint8_t block[65536];
    for (size_t got; (got = fread(block, 1, sizeof(block), f)) > 0;)
        ts_bytes_append(b, block, got);
    fclose(f);
}

/* Two seconds of 4 Mbit/s video and sound. */
static void make(ts_bytes *b)
{
    ts_writer w;
    ts_h264 format = {.width = 1280, .height = 720, .frame_rate_num = 30, .frame_rate_den = 1};
    ts_bytes unit = {0};
    ts_writer_init(&w, b);
    ts_writer_add(&w, 0x100, 0x1B, NULL);
    ts_writer_add(&w, 0x101, 0x0F, NULL);
    ts_writer_tables(&w);
    for (uint32_t i = 0; i < 60; i++) {
        ts_pes pes = ts_pes_make(0x100, 9000 + i * 3000);
        pes.is_unbounded = true;
        ts_bytes_clear(&unit);
        ts_es_h264(&unit, &format, i == 0, i, i == 0 ? 90000 : 15000);
        ts_writer_pes(&w, &pes, unit.data, unit.size);
        pes = ts_pes_make(0x101, 9000 + i * 3000);
        ts_bytes_clear(&unit);
        ts_es_adts(&unit, 48000, 2, 340);
        ts_writer_pes(&w, &pes, unit.data, unit.size);
    }
    ts_bytes_free(&unit);
    ts_writer_deinit(&w);
}

/* Repeats whole packets with continuity counters that go on. */
static void repeat(ts_bytes *b)
{
    size_t once = b->size / TS_PACKET_SIZE * TS_PACKET_SIZE;
    b->size = once;
    while (once > 0 && b->size < SIZE_WANTED) {
        ts_bytes part = {0};
        ts_bytes_append(&part, b->data, once);
        ts_bytes_append(b, part.data, part.size);
        ts_bytes_free(&part);
    }
    uint8_t counters[8192] = {0};
    for (size_t pos = 0; pos < b->size; pos += TS_PACKET_SIZE) {
        uint8_t *p = b->data + pos, *counter = &counters[(p[1] & 0x1F) << 8 | p[2]];
        p[3] = (uint8_t)((p[3] & 0xF0) | ((p[3] & 0x10 ? (*counter)++ : *counter - 1) & 15));
    }
}

static void print(const char *name, size_t size, double seconds, const totals *t, double reference)
{
    printf("%-22s %7.3f GB/s", name, (double)size / seconds / 1e9);
    if (reference > 0)
        printf("   %5.2f x libavformat", reference / seconds);
    printf("   (%llu, %llu)\n", (unsigned long long)t->samples, (unsigned long long)t->bytes);
}

int main(int argc, char **argv)
{
    ts_bytes input = {0};
    load(&input, argc > 1 ? argv[1] : TS_BENCH_FILE);
    if (input.size == 0)
        make(&input);
    repeat(&input);
    az_span bytes = az_span_make(input.data, input.size);
    av_log_set_level(AV_LOG_QUIET);
    double aizu = 1e9, libavformat = 1e9, headers = 1e9;
    totals aizu_totals, libavformat_totals, headers_totals;
    for (int i = 0; i < ROUNDS; i++) {
        aizu_totals = libavformat_totals = headers_totals = (totals){0};
        double a = run_aizu(bytes, &aizu_totals), l = run_libavformat(bytes, &libavformat_totals);
        double h = run_headers(bytes, &headers_totals);
        aizu = AZ_MIN(aizu, a);
        libavformat = AZ_MIN(libavformat, l);
        headers = AZ_MIN(headers, h);
    }
    printf("%zu MiB, best of %d, CPU time; (samples, bytes)\n", input.size >> 20, ROUNDS);
    print("aizu", bytes.size, aizu, &aizu_totals, libavformat);
    print("libavformat + parsers", bytes.size, libavformat, &libavformat_totals, 0);
    print("packet headers only", bytes.size, headers, &headers_totals, libavformat);
    ts_bytes_free(&input);
    return 0;
}
