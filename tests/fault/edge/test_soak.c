/* The real boomgate-edge over a long time: its memory grows by less than 5 %. Vehicles come and go in
 * domain time two hundred times as fast as ours, then sessions come and go. Each part takes
 * SOAK_SECONDS (default 30) of real time; set it to hours where that matters.
 *
 * usage: edge_soak boomgate-edge */
#include "tests/contract/edge/program_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { GROWTH_MAX_PERCENT = 5, TURN_MS = 60, SKIPPED = 77 };

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static int64_t part_ms(void)
{
    const char *text = getenv("SOAK_SECONDS");
    long s = text ? strtol(text, NULL, 10) : 0;
    return (s > 0 ? s : 30) * 1000;
}

static long memory_kib(pid_t pid)
{
    char path[32], line[128];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    assert_int_equal(fclose(f), 0);
    assert_true(kib > 0);
    return kib;
}

/* Runs `step` for the part's time; its first half is for what a start fills once, such as the
 * journal's cache. */
static void soak(struct world *w, void (*step)(struct world *w))
{
    int64_t start = test_ms(), early = 0;
    while (test_ms() - start < part_ms()) {
        step(w);
        if (early == 0 && test_ms() - start > part_ms() / 2)
            early = memory_kib(w->edge);
    }
    int64_t late = memory_kib(w->edge);
    printf("soak: %lld KiB early, %lld KiB late\n", (long long)early, (long long)late);
    assert_true(late * 100 < early * (100 + GROWTH_MAX_PERCENT));
}

static void vehicles_come_and_go(struct world *w)
{
    static bool there;
    const struct timespec turn = {.tv_nsec = TURN_MS * 1000000};
    there = !there;
    set_inputs(w, there ? A : 0, there ? 0 : A);
    set_unit_inputs(w, 2, there ? 0 : A, there ? A : 0);
    be_the_cloud(w);
    nanosleep(&turn, NULL); /* the vehicle's own time */
}

static void many_vehicles(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    soak(w, vehicles_come_and_go);
    assert_true(w->acked > 100);
}

static void sessions_come_and_go(struct world *w)
{
    const struct timespec session = {.tv_sec = 1, .tv_nsec = 500000000};
    broker_kill(w->broker);
    broker_restart(w->broker);
    nanosleep(&session, NULL); /* the edge's own time to come back */
}

static void many_sessions(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    w->cut = true;
    soak(w, sessions_come_and_go);
}

static int fast_set_up(void **state)
{
    world_options.clock_rate = "200";
    int result = world_set_up(state);
    world_options.clock_rate = NULL;
    return result;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_vehicles, fast_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(many_sessions, world_set_up, world_tear_down),
    };
    if (argc != 2)
        return 2;
    if (SANITIZED) {
        fprintf(stderr, "skipped: a sanitizer keeps what was freed\n");
        return SKIPPED;
    }
    world_options.program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
