/*
 * What a command costs: `measure OUT COMMAND [ARGUMENT]...` runs it, adds a line of JSON to the file OUT and
 * exits with its status. User and system CPU in seconds and the peak of its resident memory in MiB are the
 * kernel's figures for the process and the children that it waited for; `pss` is the highest of samples of
 * its proportional share, one in two seconds, in which pages that several processes map are counted once.
 */
#define _GNU_SOURCE

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define LOOK_EVERY_MS  100
#define PSS_EVERY_LOOK 20

extern char **environ;

static pid_t child;

static void on_signal(int number)
{
    if (child > 0)
        kill(child, number);
}

static double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* In KiB; 0 when the process has none any more. */
static long read_pss(pid_t pid)
{
    char path[64], text[256];
    long pss = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(text, sizeof(text), file))
        if (strncmp(text, "Pss:", 4) == 0)
            pss = strtol(text + 4, NULL, 10);
    if (file)
        fclose(file);
    return pss;
}

static int wait_for(pid_t pid, struct rusage *usage, long *pss_max)
{
    int status = 0;
    for (int look = 1; wait4(pid, &status, WNOHANG, usage) == 0; look++) {
        struct timespec pause = {0, LOOK_EVERY_MS * 1000000L};
        nanosleep(&pause, NULL);
        long pss = look % PSS_EVERY_LOOK == 0 ? read_pss(pid) : 0;
        *pss_max = pss > *pss_max ? pss : *pss_max;
    }
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure OUT COMMAND [ARGUMENT]...\n");
        return 2;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    double begin = clock_now();
    if (posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ)) {
        fprintf(stderr, "measure: cannot run %s\n", argv[2]);
        return 127;
    }
    struct rusage usage = {0};
    long pss = 0;
    int status = wait_for(child, &usage, &pss);
    FILE *out = fopen(argv[1], "ae");
    if (!out) {
        perror(argv[1]);
        return 2;
    }
    double user = seconds(usage.ru_utime), system_time = seconds(usage.ru_stime);
    fprintf(out,
            "{\"wall\":%.3f,\"cpu\":%.3f,\"user\":%.3f,\"system\":%.3f,\"rss\":%.1f,\"pss\":%.1f,"
            "\"switches\":%ld}\n",
            clock_now() - begin, user + system_time, user, system_time, (double)usage.ru_maxrss / 1024,
            (double)pss / 1024, usage.ru_nvcsw + usage.ru_nivcsw);
    fclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
