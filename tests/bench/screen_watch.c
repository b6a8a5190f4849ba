/*
 * An eye on a screen: `screen_watch FRAMEBUFFER SECONDS [--first]` reads the screen of an Xvfb (which with
 * -fbdir DIR keeps it in DIR/Xvfb_screen0, a mapped X window dump) and prints a line each time that another
 * frame of the channel is on it: Unix time in seconds, and the number in the frame's marker
 * (demo/channel/marker.h). With --first it ends at the first one. It looks each half millisecond and only
 * reads: neither player nor server notice. The picture has to fill the screen.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "marker.h"

#define LOOK_EVERY_NS 500000
#define WIDTH_MAX     8192

/* The fields of an XWD header, 32 bits each, big-endian (XWDFile.h of the X Window System). */
enum {
    XWD_HEADER_SIZE = 0,
    XWD_WIDTH = 4,
    XWD_HEIGHT = 5,
    XWD_BITS_PER_PIXEL = 11,
    XWD_BYTES_PER_LINE = 12,
    XWD_COLORS = 19,
    XWD_FIELDS = 25,
};
#define XWD_COLOR_SIZE 12

typedef struct screen {
    const uint8_t *pixels;
    size_t bytes_per_line;
    int width, height;
} screen;

static bool screen_open(screen *s, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) || (size_t)status.st_size < 4 * XWD_FIELDS)
        return false;
    const uint8_t *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return false;
    uint32_t header[XWD_FIELDS];
    memcpy(header, bytes, sizeof(header));
    for (int i = 0; i < XWD_FIELDS; i++)
        header[i] = ntohl(header[i]);
    size_t offset = header[XWD_HEADER_SIZE] + (size_t)header[XWD_COLORS] * XWD_COLOR_SIZE;
    *s =
        (screen){bytes + offset, header[XWD_BYTES_PER_LINE], (int)header[XWD_WIDTH], (int)header[XWD_HEIGHT]};
    return header[XWD_BITS_PER_PIXEL] == 32 && s->width <= WIDTH_MAX &&
           offset + s->bytes_per_line * (size_t)s->height <= (size_t)status.st_size;
}

/* The line in the middle of the marker, its green as luma, given to the reader as a picture of its own. */
static bool screen_read(const screen *s, uint32_t *number)
{
    uint8_t luma[2 * WIDTH_MAX];
    const uint8_t *line =
        s->pixels + s->bytes_per_line * (size_t)(s->height - (ch_marker_height(s->height) + 1) / 2);
    for (int x = 0; x < s->width; x++)
        luma[x] = luma[s->width + x] = line[4 * x + 1];
    return ch_marker_read(luma, s->width, s->width, 2, number);
}

static double wall_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    screen s;
    bool is_first_only = argc > 3 && strcmp(argv[3], "--first") == 0;
    if (argc < 3 || !screen_open(&s, argv[1])) {
        fprintf(stderr, "usage: screen_watch FRAMEBUFFER SECONDS [--first]\n");
        return 2;
    }
    int64_t last = -1;
    double now, end = wall_now() + strtod(argv[2], NULL);
    while ((now = wall_now()) < end) {
        uint32_t number;
        if (screen_read(&s, &number) && number != last) {
            printf("%.6f %u\n", now, (unsigned)number);
            fflush(stdout);
            last = number;
            if (is_first_only)
                return 0;
        }
        struct timespec pause = {0, LOOK_EVERY_NS};
        nanosleep(&pause, NULL);
    }
    return last < 0;
}
