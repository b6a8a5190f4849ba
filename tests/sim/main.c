/*
 * aizu-sim: runs seeds of the simulator and says what happened. Exit status 1 when the checker found
 * something (with --defect: when it did not).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

static const char *const DEFECT_NAMES[DEFECTS] = {
    "none",          "cue-lost",  "cue-early",       "cue-held",       "cue-twice",  "cue-swapped",
    "cue-changed",   "cue-id",    "cue-flags",       "present-untold", "frame-leak", "frame-repeat",
    "position-back", "sink-dead", "fetch-forgotten", "noise",
};

static const char USAGE[] = "usage: aizu-sim [options]\n"
                            "  --seed N          the first seed (default 1); fresh: from the time\n"
                            "  --seeds COUNT     how many seeds from there on (default 1)\n"
                            "  --hours H         virtual time of each (default 1)\n"
                            "  --live-day        a live channel, 24 hours unless --hours is given\n"
                            "  --twice           runs each seed twice and compares the actions\n"
                            "  --defect NAME     plants a defect in the driver: the checker has to find it\n"
                            "  --list-defects\n"
                            "  --verbose         prints every event and action\n"
                            "  --from S          prints from virtual second S on\n";

const char *sim_defect_name(sim_defect defect)
{
    return DEFECT_NAMES[defect];
}

typedef struct arguments {
    sim_options options;
    uint64_t seeds;
    bool is_twice;
    bool has_hours;
    double hours;
} arguments;

static double real_seconds(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_replay(const arguments *a, uint64_t seed)
{
    printf("replay: aizu-sim --seed %llu --hours %g%s%s%s --verbose\n", (unsigned long long)seed, a->hours,
           a->options.is_live_day ? " --live-day" : "", a->options.defect ? " --defect " : "",
           a->options.defect ? sim_defect_name(a->options.defect) : "");
}

static void print_summary(const sim_result *r, uint64_t seeds, double real)
{
    double simulated = sim_seconds(r->simulated);
    printf("%llu seeds, %.2f h simulated in %.2f s: %.0f x real time; %.1f M steps, %.1f M actions\n",
           (unsigned long long)seeds, simulated / 3600, real, simulated / real, (double)r->steps / 1e6,
           (double)r->actions / 1e6);
    printf("cues: %llu expected, %llu delivered, %llu late, %llu skipped, %llu replayed\n",
           (unsigned long long)r->cues_expected, (unsigned long long)r->cues_delivered,
           (unsigned long long)r->cues_late, (unsigned long long)r->cues_skipped,
           (unsigned long long)r->cues_replayed);
    printf(
        "%llu frames, %llu fetches, %llu loads, %llu seeks, %llu switches, %llu stalls (%.1f s buffering), "
        "%llu fatal errors\n",
        (unsigned long long)r->frames, (unsigned long long)r->fetches, (unsigned long long)r->loads,
        (unsigned long long)r->seeks, (unsigned long long)r->switches, (unsigned long long)r->stalls,
        sim_seconds(r->stall_time), (unsigned long long)r->fatal_errors);
    printf("faults:");
    for (int i = 0; i < FAULTS; i++)
        printf(" %s %llu", sim_fault_name((sim_fault)i), (unsigned long long)r->faults[i]);
    printf("\nviolations: %llu\n", (unsigned long long)r->violations);
}

static void add_up(sim_result *total, const sim_result *r)
{
    total->hash = (total->hash ^ r->hash) * UINT64_C(1099511628211);
    total->violations += r->violations;
    total->simulated += r->simulated;
    total->steps += r->steps;
    total->actions += r->actions;
    total->cues_expected += r->cues_expected;
    total->cues_delivered += r->cues_delivered;
    total->cues_late += r->cues_late;
    total->cues_skipped += r->cues_skipped;
    total->cues_replayed += r->cues_replayed;
    total->frames += r->frames;
    total->loads += r->loads;
    total->seeks += r->seeks;
    total->switches += r->switches;
    total->stalls += r->stalls;
    total->fatal_errors += r->fatal_errors;
    total->fetches += r->fetches;
    total->stall_time += r->stall_time;
    for (int i = 0; i < FAULTS; i++)
        total->faults[i] += r->faults[i];
}

/* True when nothing was found. */
static bool run_seed(const arguments *a, uint64_t seed, sim_result *total)
{
    sim_options options = a->options;
    sim_result result;
    options.seed = seed;
    sim_run(&options, &result);
    bool is_fine = result.violations == 0;
    if (a->is_twice) {
        sim_result again;
        options.noise = options.defect == DEFECT_NOISE ? 1 : 0;
        sim_run(&options, &again);
        if (again.hash != result.hash) {
            if (options.out)
                printf("seed %llu: two runs differ: %016llx and %016llx\n", (unsigned long long)seed,
                       (unsigned long long)result.hash, (unsigned long long)again.hash);
            is_fine = false;
        }
    }
    add_up(total, &result);
    return is_fine;
}

static int run_seeds(const arguments *a)
{
    sim_result total = {.hash = AZ_HASH_SEED};
    uint64_t failed = 0;
    double begin = real_seconds();
    for (uint64_t i = 0; i < a->seeds; i++) {
        uint64_t seed = a->options.seed + i;
        if (run_seed(a, seed, &total))
            continue;
        failed++;
        print_replay(a, seed);
        fflush(stdout);
    }
    print_summary(&total, a->seeds, real_seconds() - begin);
    printf("hash: %016llx\n", (unsigned long long)total.hash);
    if (a->options.defect) {
        printf("defect %s: %s\n", sim_defect_name(a->options.defect), failed ? "found" : "NOT FOUND");
        return failed == 0;
    }
    return failed != 0;
}

static bool parse_defect(const char *name, sim_defect *defect)
{
    for (int i = 0; i < DEFECTS; i++) {
        if (strcmp(name, DEFECT_NAMES[i]) == 0) {
            *defect = (sim_defect)i;
            return true;
        }
    }
    return false;
}

static bool parse_value(arguments *a, const char *name, const char *value)
{
    char *end = NULL;
    if (strcmp(name, "--defect") == 0)
        return parse_defect(value, &a->options.defect);
    if (strcmp(name, "--seed") == 0 && strcmp(value, "fresh") == 0) {
        a->options.seed = (uint64_t)time(NULL);
        return true;
    }
    if (strcmp(name, "--seed") == 0)
        a->options.seed = strtoull(value, &end, 10);
    else if (strcmp(name, "--seeds") == 0)
        a->seeds = strtoull(value, &end, 10);
    else if (strcmp(name, "--from") == 0)
        a->options.verbose_from = (int64_t)(strtod(value, &end) * 1e9);
    else if (strcmp(name, "--hours") == 0)
        a->hours = strtod(value, &end);
    else
        return false;
    a->has_hours |= strcmp(name, "--hours") == 0;
    return end != value && *end == '\0';
}

static bool parse(arguments *a, int argc, char **argv)
{
    *a = (arguments){.options = {.seed = 1, .out = stdout}, .seeds = 1, .hours = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--live-day") == 0)
            a->options.is_live_day = true;
        else if (strcmp(argv[i], "--twice") == 0)
            a->is_twice = true;
        else if (strcmp(argv[i], "--verbose") == 0)
            a->options.is_verbose = true;
        else if (i + 1 >= argc || !parse_value(a, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    if (a->options.is_live_day && !a->has_hours)
        a->hours = 24;
    a->options.duration = (int64_t)(a->hours * 3600e9);
    return true;
}

int main(int argc, char **argv)
{
    arguments a;
    if (argc == 2 && strcmp(argv[1], "--list-defects") == 0) {
        for (int i = 1; i < DEFECTS; i++)
            puts(DEFECT_NAMES[i]);
        return 0;
    }
    if (!parse(&a, argc, argv)) {
        fputs(USAGE, stderr);
        return 2;
    }
    printf("seeds %llu to %llu\n", (unsigned long long)a.options.seed,
           (unsigned long long)(a.options.seed + a.seeds - 1));
    return run_seeds(&a);
}
