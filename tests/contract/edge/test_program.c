/* The real boomgate-edge: one car in, the arm and the outbox across kill -9, journals that fail, and a
 * clean stop.
 *
 * usage: edge_program boomgate-edge */
#include "tests/contract/edge/program_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void one_car_in(void **state)
{
    struct world *w = *state;
    const struct command open = {COMMAND_OPEN, 1, 1}, close = {COMMAND_CLOSE, 2, 1};
    give_spaces(w);
    set_inputs(w, A, 0);
    wait_until(w, saw, "io.boomgate.vehicle.presented.v1");
    server_set_plate(w->gate, 1, 2, "22아2222");
    wait_until(w, executed, &open);
    set_inputs(w, UP, DOWN);
    set_inputs(w, B, 0);
    wait_until(w, saw, "io.boomgate.passage.started.v1");
    set_inputs(w, C, A);
    const struct timespec drive = {.tv_nsec = 100000000};
    nanosleep(&drive, NULL); /* the car's own time under the arm */
    set_inputs(w, 0, B);
    nanosleep(&drive, NULL);
    set_inputs(w, 0, C);
    wait_until(w, saw, "io.boomgate.passage.completed.v1");
    wait_until(w, executed, &close);
    set_inputs(w, DOWN, UP);
    wait_until(w, saw, "\"outcome\":\"drove_through\"");
    assert_true(double_saw(w->cloud, "22아2222"));
    assert_int_equal(end_edge(w, SIGTERM), 0);
    assert_int_equal(double_offlines(w->cloud), 1);
}

/* Nothing the edge said is lost or said differently, whenever it dies. */
static void killed_edges_go_on_where_they_were(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    int64_t acked = w->acked;
    for (int i = 0; i < 5; i++) {
        assert_true(WIFSIGNALED(end_edge(w, SIGKILL)));
        start_edge(w);
        char boot[16];
        snprintf(boot, sizeof boot, "\"boot\":%d,", i + 2);
        wait_until(w, saw, boot);
    }
    assert_true(w->acked >= acked + 5);
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "22아2222");
    const struct command open = {COMMAND_OPEN, 1, 1};
    wait_until(w, executed, &open); /* the spaces survived */
}

static bool no_more_events(struct world *w, const void *arg)
{
    static int64_t last, since_ms;
    (void)arg;
    make_events(w);
    if (w->acked != last) {
        last = w->acked;
        since_ms = test_ms();
    }
    return test_ms() - since_ms > 2000;
}

static void limit_files(const struct world *w, rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    assert_int_equal(prlimit(w->edge, RLIMIT_FSIZE, &limit, NULL), 0);
}

/* A disk that is full, played by a limit on the size of files: nobody is admitted, an exit opens,
 * and what happened meanwhile is told once it can be committed. */
static void an_edge_that_cannot_commit_opens_exits(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    limit_files(w, 160 * 1024);
    wait_until(w, no_more_events, NULL);
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "12AB34");
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, 2, "56CD78");
    const struct command open = {COMMAND_OPEN, 1, 2}, entry = {COMMAND_OPEN, 1, 1};
    wait_until(w, executed, &open);
    assert_false(executed(w, &entry));
    assert_false(double_saw(w->cloud, "56CD78"));

    limit_files(w, RLIM_INFINITY);
    wait_until(w, saw, "nothing could be committed for");
    wait_until(w, executed, &entry); /* with the spaces it had */
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

static void damage(const struct world *w)
{
    char path[64];
    snprintf(path, sizeof path, "%s/journal.db", w->folder);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    for (int i = 0; i < 8; i++)
        assert_true(fputs("this is no database any more, and it was one a moment ago\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* The answers of the double are always epoch 1, which is as good as any for a new journal. */
static void a_damaged_journal_is_set_aside_at_the_start(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    damage(w);
    w->acked = 0;
    start_edge(w);
    wait_until(w, saw, "a damaged journal was set aside");
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, 2, "56CD78");
    const struct command open = {COMMAND_OPEN, 1, 2};
    wait_until(w, executed, &open);
}

/* Without any journal: the exit opens, and the process ends for a proper start when there is one. */
static void an_edge_without_a_journal_opens_exits(void **state)
{
    struct world *w = *state;
    char path[64];
    int status;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    snprintf(path, sizeof path, "%s/journal.db.lock", w->folder);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    start_edge(w);
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, 2, "56CD78");
    const struct command open = {COMMAND_OPEN, 1, 2};
    wait_until(w, executed, &open);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(waitpid(w->edge, &status, 0), w->edge);
    assert_int_equal(WEXITSTATUS(status), 3);
    start_edge(w);
    wait_until(w, saw, "\"boot\":3,"); /* the second one was the look whether it can be opened */
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_car_in),
        TEST(killed_edges_go_on_where_they_were),
        TEST(an_edge_that_cannot_commit_opens_exits),
        TEST(a_damaged_journal_is_set_aside_at_the_start),
        TEST(an_edge_without_a_journal_opens_exits),
    };
    if (argc != 2)
        return 2;
    world_options.program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
