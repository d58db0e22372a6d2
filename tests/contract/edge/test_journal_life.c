/* The journal's life: kills, owners, programs of other ages, failing writes, new epochs. Numbers cite
 * edge/journal/journal.h. */
#include "tests/contract/edge/journal_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The child writes turns without end and says each number it has committed; then it is killed. */
static void child_writes(const struct place *p, int out)
{
    struct journal *j;
    if (journal_open(p->file, &p->clock, &j) != ERR_OK)
        _exit(1);
    struct journal_port port = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    for (;;) {
        if (port.begin(port.self) != ERR_OK || write_row(&port, &m) != ERR_OK ||
            write_row(&port, &m) != ERR_OK || port.commit(port.self) != ERR_OK)
            _exit(2);
        if (write(out, &m.next, sizeof m.next) != sizeof m.next)
            _exit(3);
    }
}

static int64_t kill_a_writer(const struct place *p, int turns)
{
    int fds[2];
    int64_t next = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        child_writes(p, fds[1]);
    }
    close(fds[1]);
    for (int i = 0; i < turns; i++)
        assert_int_equal(read(fds[0], &next, sizeof next), sizeof next);
    kill(child, SIGKILL);
    int64_t more;
    while (read(fds[0], &more, sizeof more) == sizeof more)
        next = more; /* committed before the kill arrived */
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(fds[0]);
    return next;
}

/* J1, J2: a killed writer loses nothing it said, and never leaves half a turn. */
static void a_killed_writer_leaves_whole_turns(void **state)
{
    const struct place *p = *state;
    for (int round = 0; round < 10; round++) {
        int64_t said = kill_a_writer(p, 1 + round * 3);
        struct journal *j = open_journal(p);
        struct edge_memory m = load(j);
        assert_true(m.next >= said);
        assert_int_equal(m.next % 2, 1); /* turns of two rows */
        struct reading r = read_rows(j, 1, 1000000, 0);
        assert_int_equal(r.last, m.next - 1);
        assert_int_equal(r.count, m.next - 1);
        assert_string_equal(m.head.text, digest_for(m.next - 1).text);
        assert_int_equal(m.boot, 2 * round + 2);
        journal_close(j);
    }
}

/* Killed between append and commit: the pipe is written inside the turn. */
static void a_turn_without_commit_never_happened(void **state)
{
    const struct place *p = *state;
    int fds[2];
    char byte;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        struct journal *j;
        if (journal_open(p->file, &p->clock, &j) != ERR_OK)
            _exit(1);
        struct journal_port port = journal_port(j);
        struct edge_memory m = *journal_memory(j);
        if (port.begin(port.self) != ERR_OK || write_row(&port, &m) != ERR_OK ||
            write(fds[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(1);
    }
    assert_int_equal(read(fds[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(fds[0]);
    close(fds[1]);
    struct journal *j = open_journal(p);
    assert_int_equal(load(j).next, 1);
    assert_int_equal(read_rows(j, 1, 10, 0).count, 0);
    journal_close(j);
}

static off_t size_of(const struct place *p, const char *ending)
{
    char path[96];
    struct stat s;
    snprintf(path, sizeof path, "%s%s", p->file, ending);
    return stat(path, &s) == 0 ? s.st_size : -1;
}

/* The log grows until a checkpoint is asked for, and then no more. */
static void a_checkpoint_comes_when_it_is_asked_for(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    for (int i = 0; i < 800; i++)
        write_rows(j, 1);
    off_t before = size_of(p, ""), log = size_of(p, "-wal");
    assert_true(log > 1000 * 4096);
    assert_int_equal(journal_checkpoint(j), ERR_OK);
    assert_true(size_of(p, "") > before);
    for (int i = 0; i < 100; i++)
        write_rows(j, 1);
    assert_int_equal(size_of(p, "-wal"), log); /* used again from its start */
    assert_int_equal(read_rows(j, 1, 10000, 0).count, 900);
    journal_close(j);
}

static void one_owner_at_a_time(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p), *second = NULL;
    assert_int_equal(journal_open(p->file, &p->clock, &second), ERR_UNAVAIL);
    assert_null(second);
    journal_close(j);
    journal_close(open_journal(p));
}

static void what_cannot_be_opened_is_refused(void **state)
{
    const struct place *p = *state;
    struct journal *j = NULL;
    assert_int_equal(journal_open("/nowhere/at/all/journal.db", &p->clock, &j), ERR_IO);
    assert_int_equal(mkdir(p->file, 0700), 0);
    assert_int_equal(journal_open(p->file, &p->clock, &j), ERR_IO);
    assert_null(j);
    assert_int_equal(rmdir(p->file), 0);
}

static void a_newer_journal_is_refused(void **state)
{
    const struct place *p = *state;
    struct journal *j = NULL;
    journal_close(open_journal(p));
    run_sql(p->file, "INSERT INTO migration VALUES(1000, 'from afar')");
    assert_int_not_equal(journal_open(p->file, &p->clock, &j), ERR_OK);
    assert_null(j);
}

/* J5: a history that no program wrote is damage, not a newer program. */
static void an_impossible_history_is_set_aside(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct request_id before = journal_memory(j)->journal;
    journal_close(j);
    run_sql(p->file, "UPDATE migration SET number = number + 1000 WHERE number = 2");
    j = open_journal(p);
    assert_true(journal_aside(j)[0] != '\0');
    assert_string_not_equal(journal_memory(j)->journal.text, before.text);
    journal_close(j);
}

/* J4: a table that vanishes under us stands for a disk that fails. */
static void a_failed_write_fails_the_commit(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    run_sql(p->file, "DROP TABLE outbox");
    struct edge_memory m = *journal_memory(j);
    if (port.begin(port.self) == ERR_OK) {
        assert_int_equal(write_row(&port, &m), ERR_IO);
        assert_int_equal(port.commit(port.self), ERR_IO);
        port.rollback(port.self);
    }
    journal_close(j);
}

/* A new epoch: the later rows come back under new numbers; all of it or nothing. */
struct replaying {
    const struct journal_port *port;
    struct edge_memory memory;
    int64_t expected; /* of the old numbers */
    int fail_at;
};

static enum err write_anew(void *arg, const void *bytes, size_t len)
{
    struct replaying *r = arg;
    char text[32];
    int n = snprintf(text, sizeof text, "event %lld", (long long)r->expected++);
    assert_int_equal(len, n);
    assert_memory_equal(bytes, text, len);
    if (r->fail_at > 0 && --r->fail_at == 0)
        return ERR_IO;
    return write_row(r->port, &r->memory);
}

static enum err begin_anew(struct journal *j, int64_t common, int fail_at)
{
    struct journal_port p = journal_port(j);
    struct replaying r = {&p, *journal_memory(j), common + 1, fail_at};
    r.memory.epoch += 1;
    r.memory.next = 1;
    r.memory.base = 0;
    assert_int_equal(p.begin(p.self), ERR_OK);
    enum err e = p.replay(p.self, common, write_anew, &r);
    if (e == ERR_OK)
        e = p.save_edge(p.self, &r.memory);
    if (e == ERR_OK)
        return p.commit(p.self);
    p.rollback(p.self);
    return e;
}

static void a_new_epoch_renumbers_the_rows(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    write_rows(j, 20);
    struct edge_memory m = *journal_memory(j);
    m.base = 12;
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.grant_answered(port.self, m.epoch, 7), ERR_OK);
    assert_int_equal(port.acknowledge(port.self, 12, (struct wall_ms){1000}), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);

    assert_int_equal(begin_anew(j, 5, 3), ERR_IO); /* nothing of it happened */
    assert_int_equal(read_rows(j, 1, 100, 0).count, 20);
    assert_int_equal(journal_memory(j)->next, 21);

    assert_int_equal(begin_anew(j, 5, 0), ERR_OK);
    assert_int_equal(read_rows(j, 1, 100, 0).last, 15);
    assert_int_equal(journal_memory(j)->next, 16);
    /* Its rows are not acknowledged, and a grant of the same number is another one. */
    assert_int_equal(journal_prune(j, (struct wall_ms){INT64_MAX / 2}, 0), ERR_OK);
    assert_int_equal(read_rows(j, 1, 100, 0).count, 15);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.grant_answered(port.self, m.epoch, 7), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);
    j = open_journal(p);
    assert_int_equal(load(j).next, 16);
    assert_int_equal(read_rows(j, 1, 100, 0).count, 15);
    journal_close(j);
}

static void rows_can_be_shown_and_unacknowledged(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct digest d = {"untouched"};
    int64_t oldest = -1;
    assert_int_equal(port.oldest(port.self, &oldest), ERR_OK);
    assert_int_equal(oldest, 0);
    assert_int_equal(port.digest_at(port.self, 1, &d), ERR_NOTFOUND);
    assert_string_equal(d.text, "untouched");
    write_rows(j, 8);
    assert_int_equal(port.digest_at(port.self, 3, &d), ERR_OK);
    assert_string_equal(d.text, digest_for(3).text);
    assert_int_equal(port.digest_at(port.self, 9, &d), ERR_NOTFOUND);

    struct edge_memory m = *journal_memory(j);
    m.base = 6;
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.acknowledge(port.self, 6, (struct wall_ms){1000}), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    m.base = 4;
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.rewind(port.self, 4), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(journal_prune(j, (struct wall_ms){2000}, 10), ERR_OK);
    assert_int_equal(port.oldest(port.self, &oldest), ERR_OK);
    assert_int_equal(oldest, 5);
    /* Acknowledged again they go as ever. */
    m.base = 6;
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.acknowledge(port.self, 6, (struct wall_ms){3000}), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(journal_prune(j, (struct wall_ms){4000}, 10), ERR_OK);
    assert_int_equal(port.oldest(port.self, &oldest), ERR_OK);
    assert_int_equal(oldest, 7);
    journal_close(j);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, journal_set_up, journal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_killed_writer_leaves_whole_turns),      TEST(a_turn_without_commit_never_happened),
        TEST(a_checkpoint_comes_when_it_is_asked_for), TEST(one_owner_at_a_time),
        TEST(what_cannot_be_opened_is_refused),        TEST(a_newer_journal_is_refused),
        TEST(an_impossible_history_is_set_aside),      TEST(a_failed_write_fails_the_commit),
        TEST(a_new_epoch_renumbers_the_rows),          TEST(rows_can_be_shown_and_unacknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
