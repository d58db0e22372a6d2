/* The journal: what survives what. Numbers cite edge/journal/journal.h. */
#include "edge/journal/journal.h"

#include "protocol/support/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char folder[32];
    char file[64];
    struct clock_source clock;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/boomgate-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->file, sizeof p->file, "%s/journal.db", p->folder);
    p->clock = clock_real();
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    struct place *p = *state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", p->file, endings[i]);
        unlink(path);
    }
    rmdir(p->folder);
    free(p);
    return 0;
}

static struct journal *open_journal(const struct place *p)
{
    struct journal *j = NULL;
    assert_int_equal(journal_open(p->file, &p->clock, &j), ERR_OK);
    return j;
}

static struct digest digest_for(int64_t seq)
{
    struct digest d;
    char bytes[32];
    int len = snprintf(bytes, sizeof bytes, "event %lld", (long long)seq);
    digest_of(bytes, (size_t)len, &d);
    return d;
}

/* One turn as the agent does it: a row, the new memory. */
static enum err write_row(const struct journal_port *p, struct edge_memory *m)
{
    char bytes[32];
    int64_t seq = m->next;
    int len = snprintf(bytes, sizeof bytes, "event %lld", (long long)seq);
    struct digest d = digest_for(seq);
    TRY(p->append(p->self, seq, &d, bytes, (size_t)len));
    m->next = seq + 1;
    m->head = d;
    return p->save_edge(p->self, m);
}

static void write_rows(struct journal *j, int count)
{
    struct journal_port p = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    for (int i = 0; i < count; i++)
        assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
}

struct reading {
    int64_t first, last;
    size_t count, stop_at;
    bool contiguous;
};

static bool read_one(void *arg, int64_t seq, const void *bytes, size_t len)
{
    struct reading *r = arg;
    char expected[32];
    int n = snprintf(expected, sizeof expected, "event %lld", (long long)seq);
    assert_int_equal(len, n);
    assert_memory_equal(bytes, expected, len);
    if (r->count == 0)
        r->first = seq;
    else if (seq != r->last + 1)
        r->contiguous = false;
    r->last = seq;
    r->count++;
    return r->count != r->stop_at;
}

static struct reading read_rows(struct journal *j, int64_t from, size_t max, size_t stop_at)
{
    struct reading r = {.contiguous = true, .stop_at = stop_at};
    assert_int_equal(journal_read(j, from, max, read_one, &r), ERR_OK);
    assert_true(r.contiguous);
    return r;
}

static struct edge_memory load(struct journal *j)
{
    struct edge_memory m;
    struct lane_memory lanes[2];
    size_t count;
    assert_int_equal(journal_load(j, &m, lanes, 2, &count), ERR_OK);
    return m;
}

/* J2 */
static void a_new_journal_has_an_identity_and_no_epoch(void **state)
{
    const struct place *p = *state;
    struct request_id id;
    struct journal *j = open_journal(p);
    struct edge_memory first = load(j);
    assert_int_equal(request_id_parse(first.journal.text, strlen(first.journal.text), &id), ERR_OK);
    assert_int_equal(first.epoch, 0);
    assert_int_equal(first.next, 1);
    assert_int_equal(first.base, 0);
    assert_int_equal(first.boot, 1);
    assert_string_equal(first.head.text, "00000000000000000000000000000000");
    journal_close(j);

    j = open_journal(p);
    struct edge_memory second = load(j);
    assert_string_equal(second.journal.text, first.journal.text);
    assert_int_equal(second.boot, 2);
    assert_true(first.since.v > 0);
    assert_true(second.since.v == first.since.v);
    journal_close(j);
}

/* J1 */
static void everything_comes_back(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct edge_memory m = load(j);
    struct lane_memory lane = {.lane = {"in-1"},
                               .state = 5,
                               .movement = {"0123456789abcdef"},
                               .plate = {"22아2222"},
                               .credential = {"T00000000000000000"},
                               .ticket = TICKET_OFFERED,
                               .credential_sequence = 65532,
                               .authorised = true,
                               .basis = BASIS_SPACE,
                               .request = {"0123456789abcdef0123456789abcdef"},
                               .b_seen = true,
                               .a_clear_seen = true,
                               .c_seen = true,
                               .plate_sequence = 65534,
                               .presented = {1763620000123},
                               .decided = {1763620001123},
                               .reversed = true,
                               .modes = 0x18,
                               .alarms = 0x80000001};
    m.epoch = 5;
    m.spaces = (struct spaces){.free = 7, .overdraft = 2};
    m.audit_due = 42;
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(write_row(&port, &m), ERR_OK);
    assert_int_equal(port.save_lane(port.self, &lane), ERR_OK);
    lane.state = 6; /* the later one stands */
    assert_int_equal(port.save_lane(port.self, &lane), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(journal_memory(j)->next, 2);
    journal_close(j);

    struct lane_memory lanes[2];
    size_t count;
    j = open_journal(p);
    assert_int_equal(journal_load(j, &m, lanes, 2, &count), ERR_OK);
    assert_int_equal(m.epoch, 5);
    assert_int_equal(m.next, 2);
    assert_int_equal(m.spaces.free, 7);
    assert_int_equal(m.spaces.overdraft, 2);
    assert_int_equal(m.audit_due, 42);
    assert_string_equal(m.head.text, digest_for(1).text);
    assert_int_equal(count, 1);
    assert_string_equal(lanes[0].lane.text, "in-1");
    assert_int_equal(lanes[0].state, 6);
    assert_string_equal(lanes[0].movement.text, lane.movement.text);
    assert_string_equal(lanes[0].plate.text, "22아2222");
    assert_true(lanes[0].authorised && lanes[0].b_seen && lanes[0].a_clear_seen);
    assert_true(lanes[0].c_seen);
    assert_int_equal(lanes[0].basis, BASIS_SPACE);
    assert_string_equal(lanes[0].request.text, lane.request.text);
    assert_int_equal(lanes[0].plate_sequence, 65534);
    assert_int_equal(lanes[0].presented.v, lane.presented.v);
    assert_int_equal(lanes[0].decided.v, lane.decided.v);
    assert_true(lanes[0].reversed);
    assert_int_equal(lanes[0].modes, lane.modes);
    assert_int_equal(lanes[0].alarms, lane.alarms);
    assert_string_equal(lanes[0].credential.text, lane.credential.text);
    assert_int_equal(lanes[0].ticket, TICKET_OFFERED);
    assert_int_equal(lanes[0].credential_sequence, 65532);
    count = 77;
    assert_int_equal(journal_load(j, &m, lanes, 0, &count), ERR_FULL);
    assert_int_equal(count, 77); /* untouched on failure */
    journal_close(j);
}

/* J1 */
static void a_rolled_back_turn_leaves_nothing(void **state)
{
    struct journal *j = open_journal(*state);
    struct journal_port p = journal_port(j);
    write_rows(j, 2);
    struct edge_memory m = *journal_memory(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_OK);
    assert_int_equal(p.acknowledge(p.self, 2, (struct wall_ms){1}), ERR_OK);
    p.rollback(p.self);
    p.rollback(p.self); /* harmless without a turn */
    assert_int_equal(journal_memory(j)->next, 3);
    assert_int_equal(read_rows(j, 1, 10, 0).count, 2);

    /* Nothing of it is remembered: the same turn works. */
    m = *journal_memory(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
    journal_close(j);
}

static void a_grant_is_answered_once_per_epoch(void **state)
{
    struct journal *j = open_journal(*state);
    struct journal_port p = journal_port(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_CONFLICT);
    assert_int_equal(p.grant_answered(p.self, 2, 9), ERR_OK);
    /* A conflict spoils neither the transaction nor what follows. */
    struct edge_memory m = *journal_memory(j);
    assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
    journal_close(j);

    j = open_journal(*state);
    p = journal_port(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_CONFLICT);
    p.rollback(p.self);
    assert_int_equal(journal_memory(j)->next, 2);
    journal_close(j);
}

static struct order_memory order_number(int n, enum stage stage, int64_t not_after)
{
    struct order_memory o = {
        .lane = {"in-1"}, .action = ACTION_OPEN, .stage = stage, .not_after = {not_after}};
    snprintf(o.id.text, sizeof o.id.text, "%032d", n);
    return o;
}

/* Ids of commands are kept, the open ones are found after a restart, and only those that ended and
 * expired long ago are forgotten. */
static void commands_are_remembered(void **state)
{
    struct place *p = *state;
    enum { DAY_MS = 24 * 3600 * 1000 };
    size_t count = 99;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct order_memory open = order_number(1, STAGE_EXECUTING, 1000), found;
    struct order_memory done = order_number(2, STAGE_DONE, 1000);
    struct order_memory new = order_number(3, STAGE_REJECTED, 5000);
    assert_int_equal(port.open_orders(port.self, &found, 1, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_order(port.self, &open), ERR_OK);
    port.rollback(port.self);
    assert_int_equal(port.find_order(port.self, &open.id, &found), ERR_NOTFOUND);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_order(port.self, &open), ERR_OK);
    assert_int_equal(port.save_order(port.self, &done), ERR_OK);
    assert_int_equal(port.save_order(port.self, &new), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);

    j = open_journal(p);
    port = journal_port(j);
    assert_int_equal(port.find_order(port.self, &open.id, &found), ERR_OK);
    assert_string_equal(found.id.text, open.id.text);
    assert_string_equal(found.lane.text, "in-1");
    assert_int_equal(found.action, ACTION_OPEN);
    assert_int_equal(found.stage, STAGE_EXECUTING);
    assert_int_equal(found.not_after.v, 1000);
    assert_int_equal(port.open_orders(port.self, &found, 1, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_string_equal(found.id.text, open.id.text);
    assert_int_equal(journal_prune(j, (struct wall_ms){1000 + DAY_MS + 1}, 1000), ERR_OK);
    assert_int_equal(port.find_order(port.self, &done.id, &found), ERR_NOTFOUND);
    assert_int_equal(port.find_order(port.self, &new.id, &found), ERR_OK);
    assert_int_equal(port.find_order(port.self, &open.id, &found), ERR_OK); /* no end yet */
    assert_int_equal(port.begin(port.self), ERR_OK);
    open.stage = STAGE_FAILED;
    assert_int_equal(port.save_order(port.self, &open), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(port.open_orders(port.self, &found, 1, &count), ERR_OK);
    assert_int_equal(count, 0);
    journal_close(j);
}

static void a_row_is_never_overwritten(void **state)
{
    struct journal *j = open_journal(*state);
    struct journal_port p = journal_port(j);
    struct digest d = digest_for(99);
    write_rows(j, 1);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.append(p.self, 1, &d, "other", 5), ERR_CONFLICT);
    p.rollback(p.self);
    assert_int_equal(read_rows(j, 1, 10, 0).count, 1);
    journal_close(j);
}

static void rows_are_read_from_anywhere_in_order(void **state)
{
    struct journal *j = open_journal(*state);
    write_rows(j, 10);
    struct reading r = read_rows(j, 4, 5, 0);
    assert_int_equal(r.first, 4);
    assert_int_equal(r.count, 5);
    r = read_rows(j, 1, 100, 3);
    assert_int_equal(r.last, 3);
    assert_int_equal(read_rows(j, 11, 5, 0).count, 0);
    write_rows(j, 1); /* a reading that stopped early holds no lock */
    assert_int_equal(read_rows(j, 11, 5, 0).count, 1);
    journal_close(j);
}

static void acknowledge(struct journal *j, int64_t upto, struct wall_ms now)
{
    struct journal_port p = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    m.base = upto;
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.acknowledge(p.self, upto, now), ERR_OK);
    assert_int_equal(p.save_edge(p.self, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
}

static void acknowledged_rows_are_kept_for_a_while(void **state)
{
    const struct place *place = *state;
    struct journal *j = open_journal(place);
    struct wall_ms now = clock_now(&place->clock).wall;
    int64_t age_ms;
    write_rows(j, 10);
    assert_int_equal(journal_backlog_age(j, 0, wall_after(now, 60000), &age_ms), ERR_OK);
    assert_in_range(age_ms, 50000, 60000);
    assert_int_equal(journal_backlog_age(j, 9, wall_after(now, -60000), &age_ms), ERR_OK);
    assert_int_equal(age_ms, 0); /* the wall clock went back */

    acknowledge(j, 4, now);
    acknowledge(j, 7, wall_after(now, 1000));
    assert_int_equal(journal_prune(j, wall_after(now, 1500), 1000), ERR_OK);
    assert_int_equal(read_rows(j, 1, 100, 0).first, 5); /* 1..4 were old enough */
    assert_int_equal(journal_prune(j, wall_after(now, 3000), 1000), ERR_OK);
    struct reading r = read_rows(j, 1, 100, 0);
    assert_int_equal(r.first, 8); /* never a row that was not acknowledged */
    assert_int_equal(r.last, 10);

    acknowledge(j, 10, now);
    assert_int_equal(journal_backlog_age(j, 10, wall_after(now, 60000), &age_ms), ERR_OK);
    assert_int_equal(age_ms, 0);
    journal_close(j);
}

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

static void run_sql(const char *file, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
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

static void a_lease_knows_its_machine(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    assert_false(m.lease.here);
    assert_int_equal(m.owed, 0);
    m.owed = 3;
    m.lease = (struct lease){true, {7000}, {1000}, {8000}};
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);

    j = open_journal(p); /* the process is another, the machine's run is not */
    m = load(j);
    assert_int_equal(m.owed, 3);
    assert_true(m.lease.here);
    assert_int_equal(m.lease.until.v, 7000);
    assert_int_equal(m.lease.from.v, 1000);
    assert_int_equal(m.lease.until_wall.v, 8000);
    journal_close(j);

    run_sql(p->file, "UPDATE edge_memory SET lease_machine = 'another run of the machine'");
    j = open_journal(p);
    m = load(j);
    assert_false(m.lease.here);
    assert_int_equal(m.lease.until_wall.v, 8000);
    journal_close(j);
}

static void bound_spaces_come_back(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    struct right_id one = {"permit:1"}, two = {"booking:2"};
    assert_int_equal(bound_add(&m.bound, &one, 2), ERR_OK);
    assert_int_equal(bound_add(&m.bound, &two, 1), ERR_OK);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);
    j = open_journal(p);
    port = journal_port(j);
    m = load(j);
    assert_int_equal(bound_of(&m.bound, &one), 2);
    assert_int_equal(bound_of(&m.bound, &two), 1);
    bound_take(&m.bound, &one, 2);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);
    j = open_journal(p);
    m = load(j);
    assert_int_equal(m.bound.count, 1);
    journal_close(j);
}

/* A grant that was answered long ago is not under way any more. */
static void old_grants_are_forgotten(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    assert_int_equal(port.begin(port.self), ERR_OK);
    for (int64_t id = 1; id <= 1200; id++)
        assert_int_equal(port.grant_answered(port.self, 1, id), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(journal_prune(j, (struct wall_ms){0}, 0), ERR_OK);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.grant_answered(port.self, 1, 201), ERR_CONFLICT);
    assert_int_equal(port.grant_answered(port.self, 1, 200), ERR_OK);
    port.rollback(port.self);
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

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_new_journal_has_an_identity_and_no_epoch),
        TEST(everything_comes_back),
        TEST(a_rolled_back_turn_leaves_nothing),
        TEST(a_grant_is_answered_once_per_epoch),
        TEST(commands_are_remembered),
        TEST(a_row_is_never_overwritten),
        TEST(rows_are_read_from_anywhere_in_order),
        TEST(acknowledged_rows_are_kept_for_a_while),
        TEST(a_killed_writer_leaves_whole_turns),
        TEST(a_turn_without_commit_never_happened),
        TEST(a_checkpoint_comes_when_it_is_asked_for),
        TEST(one_owner_at_a_time),
        TEST(what_cannot_be_opened_is_refused),
        TEST(a_newer_journal_is_refused),
        TEST(an_impossible_history_is_set_aside),
        TEST(a_failed_write_fails_the_commit),
        TEST(a_lease_knows_its_machine),
        TEST(bound_spaces_come_back),
        TEST(old_grants_are_forgotten),
        TEST(a_new_epoch_renumbers_the_rows),
        TEST(rows_can_be_shown_and_unacknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
