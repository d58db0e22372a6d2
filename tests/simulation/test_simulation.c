/* Runs the simulation over seeds:
 *
 *   test_simulation                          1000 seeds from the first one, or as many of them as
 *                                            150 s of CPU allow: what CI runs
 *   test_simulation [--seed N] [--seeds N] [--steps N] [--seconds N]   from which seed, how many,
 *                                            how long each, how long all; 0 seconds: no limit
 *   test_simulation --seed N [--trace]       one seed, as it failed
 *   test_simulation --mutations              each way to break the surroundings must be found
 *   test_simulation --mutation K             one of them, until it is found
 *
 * A seed that fails is named with its step and replays exactly. */
#include "tests/simulation/sim.h"

#include "protocol/support/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LANES = 6, SEEDS = 1000, STEPS = 100000, SECONDS = 150, MUTATION_SEEDS = 60 };

static const char *const mutation_names[MUTATIONS] = {
    [MUTATION_NONE] = "none",
    [MUTATION_ACK_EARLY] = "the network acknowledges before the commit",
    [MUTATION_GRANT_TWICE] = "the journal forgets which grants were answered",
    [MUTATION_COMMIT_LIE] = "the journal says committed and is not",
    [MUTATION_LEDGER_LIE] = "the ledger says committed and is not",
    [MUTATION_CHARGE_AGAIN] = "the store forgets open payments in a restart",
    [MUTATION_ANSWER_ANEW] = "the store forgets decisions",
    [MUTATION_LANE_LOST] = "the journal forgets what a lane was doing",
    [MUTATION_LOSE_EVENT] = "the store drops an event",
    [MUTATION_ORDER_FORGOTTEN] = "the journal forgets which commands it began",
    [MUTATION_FENCE_FORGOTTEN] = "the store forgets which epochs are over",
    [MUTATION_AUDIT_EARLY] = "the store has an audit wait for less than was written before it",
    [MUTATION_RECALL_TWICE] = "the journal forgets which recalls were answered",
    [MUTATION_REFUND_LOST] = "the store forgets open refunds in a restart",
    [MUTATION_LEASE_LONGER] = "leases last longer than they were given",
};

static int64_t cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* An abort of the code under test is a failure of this seed. */
static volatile sig_atomic_t aborted_seed;
static void on_abort(int number)
{
    char text[64];
    (void)number;
    int n = snprintf(text, sizeof text, "FAILED seed %d: aborted\n", (int)aborted_seed);
    if (write(STDOUT_FILENO, text, (size_t)n) < 0)
        _exit(2);
    _exit(1);
}

static void add(struct totals *to, const struct totals *t)
{
    to->ms += t->ms;
    to->entered += t->entered;
    to->left += t->left;
    to->turned_away += t->turned_away;
    to->edge_deaths += t->edge_deaths;
    to->cloud_deaths += t->cloud_deaths;
    to->charges += t->charges;
    to->refunds += t->refunds;
    to->events += t->events;
    to->debts += t->debts;
    to->replaced += t->replaced;
    to->gone += t->gone;
    to->set_back += t->set_back;
    to->copied += t->copied;
    to->restored += t->restored;
    to->crippled += t->crippled;
    to->orders += t->orders;
    to->device_faults += t->device_faults;
    to->audits += t->audits;
    to->frugal += t->frugal;
}

static void report(const struct totals *t, uint64_t seeds, uint64_t steps, int64_t ms)
{
    double gate_hours = (double)t->ms * LANES / 3600000.0;
    printf("%llu seeds x %llu steps: %.0f simulated gate-hours in %.1f s of CPU, %.0f per "
           "CPU-minute (lanes are scanned on change and every %d s)\n",
           (unsigned long long)seeds, (unsigned long long)steps, gate_hours, (double)ms / 1000,
           ms > 0 ? gate_hours * 60000 / (double)ms : 0.0, LANE_BEAT_MS / 1000);
    printf(
        "%lld in, %lld out, %lld turned away, %lld events, %lld charges, %lld refunds, %lld debts, "
        "%lld deaths of edges, %lld of clouds; %lld edges replaced, %lld gone for good; "
        "%lld journals set back, %lld copied, %lld databases restored; %lld times a journal could "
        "not commit, %lld its storage was nearly full; %lld commands begun, %lld device faults, "
        "%lld audits\n",
        (long long)t->entered, (long long)t->left, (long long)t->turned_away, (long long)t->events,
        (long long)t->charges, (long long)t->refunds, (long long)t->debts,
        (long long)t->edge_deaths, (long long)t->cloud_deaths, (long long)t->replaced,
        (long long)t->gone, (long long)t->set_back, (long long)t->copied, (long long)t->restored,
        (long long)t->crippled, (long long)t->frugal, (long long)t->orders,
        (long long)t->device_faults, (long long)t->audits);
}

static int run_seeds(struct sim_options o, uint64_t seeds, int64_t seconds)
{
    struct totals all = {0};
    uint64_t n = 0;
    int64_t begin = cpu_ms();
    while (n < seeds && (seconds == 0 || cpu_ms() - begin < seconds * 1000)) {
        aborted_seed = (sig_atomic_t)o.seed;
        struct totals t = sim_run(&o);
        add(&all, &t);
        o.seed++;
        n++;
    }
    report(&all, n, o.steps, cpu_ms() - begin);
    return 0;
}

/* In a child of its own, since a failure ends the process. */
static bool found(enum mutation m)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct sim_options o = {.seed = 1, .steps = STEPS, .mutation = m};
        exit(run_seeds(o, MUTATION_SEEDS, 0));
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static int find_mutations(void)
{
    int missed = 0;
    for (int m = MUTATION_NONE + 1; m < MUTATIONS; m++) {
        printf("-- %s\n", mutation_names[m]);
        if (!found((enum mutation)m)) {
            printf("NOT FOUND in %d seeds\n", MUTATION_SEEDS);
            missed++;
        }
    }
    printf("%d of %d mutations found\n", MUTATIONS - 1 - missed, MUTATIONS - 1);
    return missed > 0;
}

static uint64_t number(const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long long n = text ? strtoull(text, &end, 10) : 0;
    if (!text || *end != '\0' || end == text || errno != 0) {
        fprintf(stderr, "a number is missing\n");
        exit(2);
    }
    return n;
}

int main(int argc, char **argv)
{
    struct sim_options o = {.seed = 1, .steps = STEPS};
    uint64_t seeds = SEEDS;
    int64_t seconds = SECONDS;
    log_setup(LOG_ERROR, false);
    signal(SIGABRT, on_abort);
    for (int i = 1; i < argc; i++) {
        const char *next = argv[i + 1];
        if (strcmp(argv[i], "--trace") == 0) {
            o.trace = true;
        } else if (strcmp(argv[i], "--mutations") == 0) {
            return find_mutations();
        } else if (strcmp(argv[i], "--seed") == 0) {
            o.seed = number(next);
            seeds = seeds == SEEDS ? 1 : seeds;
            i++;
        } else if (strcmp(argv[i], "--seeds") == 0) {
            seeds = number(next);
            i++;
        } else if (strcmp(argv[i], "--steps") == 0) {
            o.steps = number(next);
            i++;
        } else if (strcmp(argv[i], "--seconds") == 0) {
            seconds = (int64_t)number(next);
            i++;
        } else if (strcmp(argv[i], "--mutation") == 0) {
            o.mutation = (enum mutation)(number(next) % MUTATIONS);
            i++;
        } else {
            fprintf(stderr, "unknown option %s\n", argv[i]);
            return 2;
        }
    }
    return run_seeds(o, seeds, seconds);
}
